import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Shop } from "../bridge";
import { appState, argumentsOf, demoShop, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";

const shop: Shop = { ...demoShop, id: "s1", name: "Nordlicht", environment: "live" };

beforeEach(() => route.replace([]));

test("another shop that does not open says why, and new keys or its removal are at hand", async () => {
  program({
    app_state: () => appState({ shops: [demoShop, shop], open: demoShop.id }),
    list_payments: () => ({ rows: [], total: 0 }),
    select_shop: () => {
      throw failure("keychain", "The keys are lost.");
    },
    remove_shop: () => null,
  });
  const user = userEvent.setup();
  render(App);
  await screen.findByRole("button", { name: /Switch shop/ });
  await user.keyboard("{Control>}k{/Control}");
  const palette = within(await screen.findByRole("dialog"));
  await user.click(palette.getByRole("combobox"));
  await user.paste("Nordlicht");
  await user.click(await palette.findByText("Nordlicht", { selector: ".words" }));
  const stuck = within(await screen.findByRole("dialog", { name: "Nordlicht cannot be opened" }));
  expect(stuck.getByText("The keys are lost.")).toBeVisible();
  expect(stuck.getByRole("button", { name: "Other keys…" })).toBeEnabled();
  await user.click(stuck.getByRole("button", { name: "Remove from this computer…" }));
  const removal = within(await screen.findByRole("dialog", { name: "Remove Nordlicht from this computer?" }));
  expect(await removal.findByText(/Its audit log, its limits/)).toBeVisible();
  await user.click(removal.getByRole("button", { name: "Remove from this computer" }));
  await waitFor(() => expect(argumentsOf("remove_shop")).toEqual([{ id: shop.id, pin: null, seen: 0 }]));
});
