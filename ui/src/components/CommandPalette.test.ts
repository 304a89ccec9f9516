import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import { argumentsOf, program } from "../bridge/test-program";
import { whole } from "../frame/test-everywhere";
import { route } from "../lib/router.svelte";
import { importing } from "../payouts/importing.svelte";

// What the window loads when it is needed is there before a test waits for it.
import "../contacts/ContactsScreen.svelte";
import "../conversions/ConversionsScreen.svelte";
import "../custody/CustodyPlace.svelte";
import "../fiat-payouts/BankPlace.svelte";
import "../payouts/PayoutsScreen.svelte";
import "../settings/SettingsPlace.svelte";
import "../subscriptions/SubscriptionsScreen.svelte";

beforeEach(() => importing.forget());

/** Does something by its name in the palette. */
async function palette(user: ReturnType<typeof userEvent.setup>, name: string) {
  await user.keyboard("{Control>}k{/Control}");
  const box = within(await screen.findByRole("dialog"));
  await user.click(box.getByRole("combobox"));
  await user.paste(name);
  await user.click(await box.findByRole("option", { name: new RegExp(`^${name}`) }));
}

test("what is typed narrows the palette, and Enter does what is left", async () => {
  program({ list_payments: () => ({ rows: [], total: 0 }) });
  route.replace(["payments"]);
  const user = userEvent.setup();
  render(App);
  await screen.findByRole("navigation", { name: "Main" });
  await user.keyboard("{Control>}k{/Control}");
  const palette = await screen.findByRole("dialog");
  expect(within(palette).getAllByRole("option").length).toBeGreaterThan(2);
  await user.type(within(palette).getByRole("combobox"), "go to settings");
  await waitFor(() => expect(within(palette).getAllByRole("option")).toHaveLength(1));
  await user.keyboard("{Enter}");
  await waitFor(() => expect(route.path).toEqual(["settings"]));
});

test.each([
  { named: "Convert", path: ["conversions"], dialog: "Convert" },
  { named: "Pay out to a bank", path: ["payouts", "bank"], dialog: "Pay out to a bank" },
  { named: "Add an account", path: ["payouts", "bank", "accounts"], dialog: "Add an account" },
  { named: "Paste payouts as text", path: ["payouts"], dialog: "Paste payouts" },
  { named: "Add contact", path: ["payouts", "contacts"], dialog: "Add contact" },
  { named: "New user", path: ["custody"], dialog: "New user" },
  { named: "Move from the shop's balance", path: ["custody"], dialog: "Move from the shop's balance" },
  { named: "Make a plan", path: ["subscriptions"], dialog: "Make a plan" },
])("on every screen: $named", async ({ named, path, dialog }) => {
  whole();
  route.replace(["payments"]);
  const user = userEvent.setup();
  render(App);
  await screen.findByRole("navigation", { name: "Main" });
  await palette(user, named);
  expect(await screen.findByRole("dialog", { name: dialog })).toBeInTheDocument();
  expect(route.path).toEqual(path);
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test.each([
  { named: "Bank payouts", path: ["payouts", "bank"] },
  { named: "Accounts", path: ["payouts", "bank", "accounts"] },
  { named: "Transfers", path: ["custody", "transfers"] },
  { named: "Go to Unpaid", path: ["subscriptions", "unpaid"] },
])("from every screen one goes to: $named", async ({ named, path }) => {
  whole();
  route.replace(["payments"]);
  const user = userEvent.setup();
  render(App);
  await screen.findByRole("navigation", { name: "Main" });
  await palette(user, named);
  await waitFor(() => expect(route.path).toEqual(path));
});

test("a file of payouts is chosen from every screen, and what was asked for is done once", async () => {
  whole();
  route.replace(["payments"]);
  const user = userEvent.setup();
  render(App);
  await screen.findByRole("navigation", { name: "Main" });
  await user.keyboard("{Control>}o{/Control}");
  await waitFor(() => expect(argumentsOf("choose_payout_file")).toHaveLength(1));
  expect(route.path).toEqual(["payouts"]);
  route.go(["payments"]);
  await waitFor(() => expect(screen.queryByRole("heading", { name: "Payouts" })).toBeNull());
  route.go(["payouts"]);
  await screen.findByRole("heading", { name: "Payouts" });
  expect(argumentsOf("choose_payout_file")).toHaveLength(1);
});
