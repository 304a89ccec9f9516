import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import { argumentsOf, program } from "../bridge/test-program";
import { whole } from "../frame/test-everywhere";
import { route } from "../lib/router.svelte";
import { importing } from "../payouts/importing.svelte";

// What the window loads when it is needed is there before a test waits for it.
import "../conversions/ConversionsScreen.svelte";
import "../custody/CustodyPlace.svelte";
import "../fiat-payouts/BankPlace.svelte";
import "../payouts/PayoutsScreen.svelte";
import "../settings/SettingsPlace.svelte";
import "../subscriptions/SubscriptionsScreen.svelte";
import "./CommandPalette.svelte";

beforeEach(() => importing.forget());

/** Does something by its name in the palette. */
async function palette(user: ReturnType<typeof userEvent.setup>, name: string) {
  await user.keyboard("{Control>}k{/Control}");
  const box = within(await screen.findByRole("dialog"));
  await user.click(box.getByRole("combobox"));
  await user.paste(name);
  await user.click(await box.findByText(name, { selector: ".words" }));
}

test("what is typed narrows the palette, and Enter does what is left", async () => {
  program({ list_payments: () => ({ rows: [], total: 0 }) });
  route.replace(["payments"]);
  const user = userEvent.setup();
  render(App);
  await screen.findByRole("navigation", { name: "Main" });
  await user.keyboard("{Control>}k{/Control}");
  const palette = await screen.findByRole("dialog");
  // They are many: whether each is in sight takes its time to find out.
  const options = () => within(palette).getAllByRole("option", { hidden: true });
  expect(options().length).toBeGreaterThan(2);
  await user.click(within(palette).getByRole("combobox"));
  await user.paste("go to settings");
  await waitFor(() => expect(options()).toHaveLength(1));
  await user.keyboard("{Enter}");
  await waitFor(() => expect(route.path).toEqual(["settings"]));
});

test.each([
  { named: "Convert", path: ["conversions"], dialog: "Convert" },
  { named: "Pay out to a bank", path: ["payouts", "bank"], dialog: "Pay out to a bank" },
  { named: "Paste payouts as text", path: ["payouts"], dialog: "Paste payouts" },
  { named: "New user", path: ["custody"], dialog: "New user" },
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
  { named: "Transfers", path: ["custody", "transfers"] },
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
