import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { NewKeys, Shop, ShopCheck } from "../bridge";
import { appState, argumentsOf, demoShop, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
// Loaded by now, and not within the time of the first test.
import "../settings/SettingsScreen.svelte";

beforeEach(() => route.replace(["settings", "shop"]));

const shop: Shop = {
  ...demoShop,
  id: "1",
  name: "Kestrel Coffee",
  environment: "live",
  email: "ann@example.org",
};
const good = (message: string) => ({ state: "good" as const, message });

function check(): ShopCheck {
  return {
    connection: {
      reachable: good("NOWPayments answers."),
      key: good("NOWPayments knows the API key."),
      login: good("NOWPayments takes the login."),
      address: { state: "bad", message: "Not allowed from this computer (203.0.113.7)." },
      keychain: good("The keychain keeps your keys."),
    },
    payouts: good("Payouts can be read."),
    second_factor: { state: "not_tried", message: "You type the code." },
    clock: good("The clock agrees."),
  };
}

async function open(own = {}, of = shop) {
  program({
    app_state: () => appState({ shops: [of], open: of.id }),
    second_factor: () => null,
    check_shop: check,
    ...own,
  });
  render(App);
  const section = within(await screen.findByRole("region", { name: "Connection" }));
  return { user: userEvent.setup(), section };
}

test("the check tells every item apart, with what to do in words", async () => {
  const { user, section } = await open();
  await user.click(section.getByRole("button", { name: "Check the connection" }));
  const found = within(await section.findByRole("list", { name: "What the check found" }));
  const items = found.getAllByRole("listitem").map((item) => item.textContent?.replace(/\s+/g, " ").trim());
  expect(items).toHaveLength(8);
  expect(items[3]).toContain("Needs you");
  expect(items[3]).toContain("203.0.113.7");
  expect(items[6]).toMatch(/Codes for payouts \(2FA\).*Not tried yet.*You type the code\./);
  expect(section.getByRole("button", { name: "Check again" })).toBeInTheDocument();
});

test("other keys are typed, a refusal is said at its field, and nothing that was typed stays", async () => {
  const { user, section } = await open({
    change_keys: ({ keys }: { keys: NewKeys }) => {
      if (keys.api_key !== "RIGHT")
        throw failure("wrong_key", "NOWPayments does not know this key.", "api_key");
      return shop;
    },
  });
  await user.click(section.getByRole("button", { name: "Other keys…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Other keys for Kestrel Coffee" }));
  expect(dialog.getByLabelText("E-mail address")).toHaveValue("ann@example.org");
  const key = dialog.getByLabelText("API key");
  expect(key).toHaveAttribute("type", "password");
  const keep = dialog.getByRole("button", { name: "Check and keep" });
  await user.type(key, "WRONG");
  await user.click(keep);
  await waitFor(() => expect(key).toHaveAccessibleDescription(/NOWPayments does not know this key/));
  await user.clear(key);
  await user.type(key, "RIGHT");
  await user.click(keep);
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(argumentsOf("change_keys")).toMatchObject([
    { keys: { api_key: "WRONG", email: "ann@example.org", password: "" } },
    { keys: { api_key: "RIGHT", email: "ann@example.org", password: "" } },
  ]);
  await user.click(section.getByRole("button", { name: "Other keys…" }));
  expect(await screen.findByLabelText("API key")).toHaveValue("");
});

test("keys of another account are refused in words", async () => {
  const { user, section } = await open({
    change_keys: () => {
      throw failure("other", "These keys are of another account.");
    },
  });
  await user.click(section.getByRole("button", { name: "Other keys…" }));
  await user.click(await screen.findByRole("button", { name: "Check and keep" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("These keys are of another account.");
});

test("the demo shop has no keys to change", async () => {
  const { section } = await open({}, demoShop);
  expect(section.queryByRole("button", { name: "Other keys…" })).not.toBeInTheDocument();
});
