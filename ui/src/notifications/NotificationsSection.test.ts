import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { NotificationRules } from "../bridge";
import { announce, argumentsOf, failure, notificationRules, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { typedAmount } from "./rules";

// What the window loads when it is needed is there before a test waits for it.
import "../settings/SettingsPlace.svelte";

beforeEach(() => route.replace(["settings"]));

/** A program that keeps the rules it is given. */
async function open(first: Partial<NotificationRules> = {}, own = {}) {
  let rules = notificationRules(first);
  program({
    second_factor: () => null,
    notification_rules: () => rules,
    save_notification_rules: (args: { rules: NotificationRules }) => {
      rules = args.rules;
      void announce({ kind: "notifications" });
      return null;
    },
    ...own,
  });
  render(App);
  const section = within(await screen.findByRole("region", { name: "Notifications" }));
  await section.findByRole("group", { name: "What you are told of" });
  return { user: userEvent.setup(), section, example: () => section.getByRole("status").textContent };
}

const saved = () =>
  (argumentsOf("save_notification_rules") as { rules: NotificationRules }[]).map(({ rules }) => rules);

test("the rules are said in sentences that follow them at once", async () => {
  const { user, section, example } = await open();
  expect(example()).toContain(
    "Your desktop tells you of payments received, underpaid payments, and failed payments.",
  );
  await user.click(section.getByRole("checkbox", { name: "Payment expired" }));
  await waitFor(() => expect(example()).toContain("failed payments, and expired payments."));
  for (const name of ["Payment received", "Underpaid", "Payment failed", "Payment expired"])
    await user.click(section.getByRole("checkbox", { name }));
  await waitFor(() => expect(example()).toContain("Your desktop tells you of no payments."));
  expect(saved().at(-1)?.news).toEqual([]);
});

test("what is told of subscriptions is chosen apart from payments, and said in a sentence", async () => {
  const { user, section, example } = await open();
  const group = within(section.getByRole("group", { name: "What you are told of subscriptions" }));
  expect(example()).toContain("Of subscriptions it tells you when they are paid, underpaid, or expired.");
  await user.click(group.getByRole("checkbox", { name: "A period was paid" }));
  await waitFor(() => expect(example()).toContain("when they are underpaid or expired."));
  expect(saved()).toEqual([notificationRules({ subscriptions: ["underpaid", "expired"] })]);
  for (const name of ["Less than the price was paid", "Nothing was paid in time"])
    await user.click(group.getByRole("checkbox", { name }));
  await waitFor(() => expect(example()).not.toContain("Of subscriptions"));
  expect(saved().at(-1)?.subscriptions).toEqual([]);
});

test("how transfers, conversions and payouts to a bank have ended is told or not", async () => {
  const { user, section, example } = await open();
  const box = section.getByRole("checkbox", { name: /^How they have ended/ });
  expect(box).toBeChecked();
  expect(example()).toContain("Of transfers, conversions and payouts to a bank it tells you");
  await user.click(box);
  await waitFor(() => expect(example()).not.toContain("Of transfers"));
  expect(saved()).toEqual([notificationRules({ moves: false })]);
});

test("an amount is set for its own currency, and taken away again", async () => {
  const { user, section, example } = await open();
  await user.type(section.getByLabelText("Smallest price"), "49,90");
  await user.type(section.getByLabelText("Currency"), " EUR");
  await user.click(section.getByRole("button", { name: "Set" }));
  await waitFor(() =>
    expect(example()).toContain("Only from a price of 49.90 EUR on; prices in other currencies always."),
  );
  expect(saved()).toEqual([notificationRules({ at_least: [{ currency: "eur", amount: "49.90" }] })]);
  expect(section.getByLabelText("Smallest price")).toHaveValue("");
  await user.click(section.getByRole("button", { name: "Remove 49.90 EUR" }));
  await waitFor(() => expect(saved().at(-1)?.at_least).toEqual([]));
});

test("an amount that could mean two is not set, and its field says so", async () => {
  const { user, section } = await open();
  await user.type(section.getByLabelText("Smallest price"), "1.000");
  await user.click(section.getByRole("button", { name: "Set" }));
  expect(section.getByText(/without signs between thousands/)).toBeInTheDocument();
  expect(section.getByText("Type its code, such as EUR.")).toBeInTheDocument();
  expect(saved()).toEqual([]);
  const typed = ["50", "0.001", "0,5", "1.2345", "1,000", "1e3", "-5", "0", "", "1.000,00", "٣"].map(
    typedAmount,
  );
  expect(typed).toEqual(["50", "0.001", "0.5", "1.2345", ...Array(7).fill(undefined)]);
});

test("quiet hours have a beginning, an end, and payouts as the owner wants", async () => {
  const { user, section, example } = await open();
  await user.click(section.getByRole("checkbox", { name: "Tell me nothing at certain hours" }));
  expect(await section.findByLabelText("From")).toHaveValue("22:00");
  const until = section.getByLabelText("To");
  await user.clear(until);
  await user.type(until, "25:00");
  await user.tab();
  expect(await section.findByText("Type a time such as 22:30.")).toBeInTheDocument();
  await user.clear(until);
  await user.type(until, "630");
  await user.tab();
  await waitFor(() => expect(example()).toContain("From 22:00 to 06:30 it tells you of payouts alone."));
  expect(until).toHaveValue("06:30");
  await user.click(section.getByRole("checkbox", { name: "Tell me of payouts all the same" }));
  await waitFor(() => expect(example()).toContain("From 22:00 to 06:30 it tells you of nothing."));
  expect(saved().at(-1)).toMatchObject({ quiet: { from: "22:00", to: "06:30" }, payouts_when_quiet: false });
});

test("rules that are refused stay as they were, and it says why", async () => {
  const { user, section } = await open(
    {},
    {
      save_notification_rules: () => {
        throw failure("other", "The disk is full.");
      },
    },
  );
  await user.click(section.getByRole("checkbox", { name: "Underpaid" }));
  expect(await section.findByText("The disk is full.")).toBeInTheDocument();
  expect(section.getByRole("checkbox", { name: "Underpaid" })).toBeChecked();
});

test("starting with the session is shown as the system says, whatever was wanted", async () => {
  let on = false;
  const { user, section } = await open(
    {},
    {
      autostart: () => ({ on }),
      save_autostart: ({ autostart }: { autostart: { on: boolean } }) => {
        if (!autostart.on)
          throw failure("other", "The system did not take it (read-only). Nothing was changed.");
        on = true;
        return { on };
      },
    },
  );
  const box = await section.findByRole("checkbox", { name: "Start Paydesk when I log in" });
  expect(box).not.toBeChecked();
  await user.click(box);
  await waitFor(() => expect(argumentsOf("save_autostart")).toEqual([{ autostart: { on: true } }]));
  await waitFor(() => expect(box).toBeChecked());
  await user.click(box);
  expect(await section.findByText(/did not take it/)).toBeInTheDocument();
  expect(box).toBeChecked();
});

test("a test notification is sent when it is asked for", async () => {
  const { user, section } = await open({}, { send_test_notification: () => null });
  await user.click(section.getByRole("button", { name: "Send a test notification" }));
  expect(await screen.findByText(/Sent. If nothing was shown/)).toBeInTheDocument();
  expect(argumentsOf("send_test_notification")).toHaveLength(1);
});
