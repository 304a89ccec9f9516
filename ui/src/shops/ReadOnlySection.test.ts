import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { LockState, Shop } from "../bridge";
import {
  announce,
  appState,
  argumentsOf,
  demoShop,
  failure,
  lockState,
  program,
} from "../bridge/test-program";
import { route } from "../lib/router.svelte";
// Loaded by now, and not within the time of the first test.
import "../invoices/InvoicesScreen.svelte";
import "../settings/SettingsScreen.svelte";

beforeEach(() => route.replace(["settings", "shop"]));

function open(own: Partial<Shop> = {}, lock: Partial<LockState> = {}) {
  let shop = { ...demoShop, name: "Kestrel Coffee", ...own };
  const become = (change: Partial<Shop>) => {
    shop = { ...shop, ...change };
    void announce({ kind: "shops" });
    return shop;
  };
  program({
    app_state: () => appState({ shops: [shop], open: shop.id, lock: lockState(lock) }),
    second_factor: () => null,
    begin_read_only: () => become({ read_only: true }),
    end_read_only: ({ pin }: { pin: string | null }) => {
      if (lock.enabled && pin !== "246810") throw failure("wrong_pin", "This PIN is wrong.", "pin");
      return become({ read_only: false });
    },
    rename_shop: ({ name }: { name: string }) => {
      if (!name.trim()) throw failure("invalid", "Give the shop a name.", "name");
      return become({ name });
    },
  });
  render(App);
  return userEvent.setup();
}

const section = async () => within(await screen.findByRole("region", { name: "Read-only" }));
const dialog = async (name: string) => within(await screen.findByRole("dialog", { name }));

test("a shop is made read-only after it was said what that means, and says so at its name", async () => {
  const user = open();
  const part = await section();
  expect(part.getByText("Everything can be done")).toBeInTheDocument();
  expect(screen.queryByRole("note")).not.toBeInTheDocument();
  await user.click(part.getByRole("button", { name: "Make it read-only…" }));
  const ask = await dialog("Make Kestrel Coffee read-only?");
  expect(ask.getByText(/no payments, invoices, payouts, plans or conversions/)).toBeInTheDocument();
  await user.click(ask.getByRole("button", { name: "Make it read-only" }));
  expect(await screen.findByRole("note")).toHaveTextContent("nothing can be made, moved or changed");
  expect(screen.getByRole("button", { name: /Kestrel Coffee.*Read-only/ })).toBeInTheDocument();
  expect(argumentsOf("begin_read_only")).toEqual([{ id: "demo" }]);
});

test("without a lock it ends after a question", async () => {
  const user = open({ read_only: true });
  await user.click((await section()).getByRole("button", { name: "End read-only…" }));
  const ask = await dialog("Allow everything in Kestrel Coffee again?");
  await user.click(ask.getByRole("button", { name: "Allow everything" }));
  await waitFor(() => expect(screen.queryByRole("note")).not.toBeInTheDocument());
  expect(argumentsOf("end_read_only")).toEqual([{ id: "demo", pin: null }]);
});

test("with a lock it takes the PIN, and a wrong one is said at its field", async () => {
  const user = open({ read_only: true }, { enabled: true });
  await user.click((await section()).getByRole("button", { name: "End read-only…" }));
  const ask = await dialog("Allow everything in Kestrel Coffee again?");
  await user.type(ask.getByLabelText("PIN"), "111111{Enter}");
  await waitFor(() => expect(ask.getByLabelText("PIN")).toHaveAccessibleDescription("This PIN is wrong."));
  expect(screen.getByRole("note")).toBeInTheDocument();
  await user.type(ask.getByLabelText("PIN"), "246810{Enter}");
  await waitFor(() => expect(screen.queryByRole("note")).not.toBeInTheDocument());
});

test("what makes something cannot be pressed while the shop is read-only", async () => {
  open({ read_only: true });
  await section();
  route.go(["payments", "links"]);
  expect(await screen.findByRole("button", { name: "New payment link" })).toBeDisabled();
  expect(screen.getByRole("note")).toHaveTextContent("This shop is read-only");
});

test("a shop gets another name, and what cannot be one is said at the field", async () => {
  const user = open();
  await section();
  await user.click(screen.getByRole("button", { name: "Rename…" }));
  const ask = await dialog("Another name for this shop");
  const field = ask.getByLabelText("Name");
  expect(field).toHaveValue("Kestrel Coffee");
  await user.clear(field);
  await user.click(ask.getByRole("button", { name: "Rename" }));
  await waitFor(() => expect(field).toHaveAccessibleDescription("Give the shop a name."));
  await user.type(field, "Kestrel Tea{Enter}");
  expect(await screen.findByRole("button", { name: /Kestrel Tea/ })).toBeInTheDocument();
  expect(argumentsOf("rename_shop")).toEqual([
    { id: "demo", name: "" },
    { id: "demo", name: "Kestrel Tea" },
  ]);
});
