import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Rules, RulesEdit } from "../bridge";
import { argumentsOf, failure, payoutRules, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";

// What the window loads when it is needed is there before a test waits for it.
import "../settings/SettingsPlace.svelte";

beforeEach(() => route.replace(["settings"]));

async function open(rules: Partial<Rules> = {}, own = {}) {
  program({
    second_factor: () => null,
    payout_rules: () => payoutRules(rules),
    save_payout_rules: ({ edit }: { edit: RulesEdit }) =>
      payoutRules({
        ...rules,
        contacts_only: edit.contacts_only,
        batch_limit: edit.batch_limit || null,
        day_limit: edit.day_limit || null,
        currency: edit.currency,
        part_size: Number(edit.part_size),
      }),
    ...own,
  });
  render(App);
  const section = within(await screen.findByRole("region", { name: "Limits and recipients" }));
  await section.findByRole("button", { name: "Keep rules" });
  return { user: userEvent.setup(), section };
}

test("limits, recipients and the size of parts are kept together", async () => {
  const { user, section } = await open();
  const keep = section.getByRole("button", { name: "Keep rules" });
  expect(keep).toBeDisabled();
  await user.type(section.getByLabelText("Limit per batch, in USD"), "500");
  await user.type(section.getByLabelText("Limit in 24 hours, in USD"), "2000");
  await user.click(section.getByLabelText("Pay contacts of the address book only"));
  const size = section.getByLabelText("Payouts at once at the most");
  await user.clear(size);
  await user.type(size, "250");
  await user.click(keep);
  await waitFor(() => expect(keep).toBeDisabled());
  expect(argumentsOf("save_payout_rules")).toEqual([
    {
      edit: {
        currency: "usd",
        contacts_only: true,
        batch_limit: "500",
        day_limit: "2000",
        part_size: "250",
      },
      pin: null,
    },
  ]);
  expect(size).toHaveValue("250");
});

test("what is no limit is said at its field", async () => {
  const { user, section } = await open(
    {},
    {
      save_payout_rules: () => {
        throw failure("invalid", "“five” is not an amount.", "day_limit");
      },
    },
  );
  const day = section.getByLabelText("Limit in 24 hours, in USD");
  await user.type(day, "five");
  await user.click(section.getByRole("button", { name: "Keep rules" }));
  await waitFor(() => expect(day).toHaveAccessibleDescription(/“five” is not an amount\./));
});

test("where only the app has a lock, loosening asks for its PIN", async () => {
  const rules = { batch_limit: "500", needs_pin: true, lock_pin: true };
  const { user, section } = await open(rules, {
    save_payout_rules: ({ pin }: { pin: string | null }) => {
      if (pin === null) throw failure("wrong_pin", "It takes the PIN.", "pin");
      return payoutRules({ ...rules, batch_limit: null });
    },
  });
  expect(section.getByText(/Loosening them takes the PIN of the lock\./)).toBeInTheDocument();
  await user.clear(section.getByLabelText("Limit per batch, in USD"));
  await user.click(section.getByRole("button", { name: "Keep rules" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Loosen the rules?" }));
  await user.type(dialog.getByLabelText("PIN of the lock"), "246810{Enter}");
  await waitFor(() =>
    expect(argumentsOf("save_payout_rules")).toMatchObject([{ pin: null }, { pin: "246810" }]),
  );
});

test("loosening asks for the PIN, says a wrong one there, and is done with the right one", async () => {
  const rules = { batch_limit: "500", needs_pin: true };
  const { user, section } = await open(rules, {
    save_payout_rules: ({ edit, pin }: { edit: RulesEdit; pin: string | null }) => {
      if (pin === null) throw failure("wrong_pin", "It takes your PIN.", "pin");
      if (pin !== "246810") throw failure("wrong_pin", "This PIN is wrong.", "pin");
      return payoutRules({ ...rules, batch_limit: edit.batch_limit || null });
    },
  });
  await user.clear(section.getByLabelText("Limit per batch, in USD"));
  await user.click(section.getByRole("button", { name: "Keep rules" }));
  const dialog = await screen.findByRole("dialog", { name: "Loosen the rules?" });
  const pin = within(dialog).getByLabelText("PIN");
  await user.type(pin, "111111{Enter}");
  await waitFor(() => expect(pin).toHaveAccessibleDescription("This PIN is wrong."));
  expect(pin).toHaveValue("");
  await user.type(pin, "246810");
  await user.click(within(dialog).getByRole("button", { name: "Keep rules" }));
  await waitFor(() => expect(dialog).not.toBeInTheDocument());
  expect(argumentsOf("save_payout_rules")).toMatchObject([
    { pin: null },
    { pin: "111111" },
    { pin: "246810", edit: { batch_limit: "" } },
  ]);
  expect(section.getByRole("button", { name: "Keep rules" })).toBeDisabled();
});

test("what was changed and not kept can be undone", async () => {
  const { user, section } = await open({ day_limit: "2000" });
  const day = section.getByLabelText("Limit in 24 hours, in USD");
  await user.type(day, "0");
  expect(section.getByText("Not kept yet")).toBeInTheDocument();
  await user.click(section.getByRole("button", { name: "Undo" }));
  expect(day).toHaveValue("2000");
});

test("limits keep the currency that is chosen for them", async () => {
  const { user, section } = await open({ batch_limit: "500", currency: "usd" });
  section.getByRole("combobox", { name: /Currency of the limits/ }).focus();
  await user.keyboard("eur");
  expect(await section.findByLabelText("Limit per batch, in EUR")).toHaveValue("500");
  await user.click(section.getByRole("button", { name: "Keep rules" }));
  await waitFor(() =>
    expect(argumentsOf("save_payout_rules")).toMatchObject([{ edit: { currency: "eur" } }]),
  );
});
