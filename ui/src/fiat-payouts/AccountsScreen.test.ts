import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import { announce, argumentsOf, failure } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { account, bank, move } from "./test-bank";

// What the window loads when it is needed is there before a test waits for it.
import "../payouts/PayoutsScreen.svelte";
import "./BankPlace.svelte";

beforeEach(() => route.replace(["payouts", "bank", "accounts"]));

function open(own: Record<string, (args: never) => unknown> = {}) {
  bank(own);
  render(App);
  return userEvent.setup();
}

type User = ReturnType<typeof userEvent.setup>;

/** Chooses what begins with a letter, from the keyboard. */
async function choose(user: User, name: string, letter: string, option: string) {
  (await screen.findByRole("combobox", { name: `${name} Choose` })).focus();
  await user.keyboard(letter);
  await screen.findByRole("combobox", { name: `${name} ${option}` });
}

/** The form, with the kind of account chosen. */
async function form(user: User) {
  await user.click(await screen.findByRole("button", { name: "Add an account" }));
  const form = within(await screen.findByRole("dialog", { name: "Add an account" }));
  await choose(user, "Currency that arrives", "e", "EUR");
  await choose(user, "Kind of account", "s", "SEPA bank transfer");
  return form;
}

test("accounts are listed with no more of their number than the end, and read when somebody looks", async () => {
  open();
  const table = await screen.findByRole("table", { name: "Accounts" });
  const rows = within(table).getAllByRole("row");
  expect(rows[1]).toHaveTextContent(/^EUR ?SEPA bank transfer ?Kestrel Coffee EUR ?…3000 ?transfi/);
  expect(argumentsOf("refresh_fiat_payouts")).toHaveLength(1);
});

test("an account is added with the fields of its kind, once it was compared", async () => {
  let accounts: (typeof account)[] = [];
  const user = open({ fiat_accounts: () => accounts });
  expect(await screen.findByText("Your accounts will be here")).toBeInTheDocument();
  const fields = await form(user);
  expect(argumentsOf("fiat_payout_methods")).toEqual([{ provider: "transfi", currency: "eur" }]);
  await user.type(fields.getByRole("textbox", { name: "Beneficiary IBAN" }), "DE89370400440532013000");
  expect(fields.getByRole("textbox", { name: "SWIFT or BIC (if there is one)" })).toBeInTheDocument();
  await user.type(fields.getByRole("textbox", { name: "Country of the account" }), "DE");
  const add = fields.getByRole("button", { name: "Add this account" });
  expect(add).toBeDisabled();
  await user.click(fields.getByRole("checkbox", { name: "I have compared it with a bank statement" }));
  await user.click(add);
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(argumentsOf("add_fiat_account")).toEqual([
    {
      account: {
        provider: "transfi",
        currency: "eur",
        method: "sepa_bank",
        country: "DE",
        values: [
          { name: "iban", value: "DE89370400440532013000" },
          { name: "swiftbic", value: "" },
        ],
      },
      preparer: null,
      approver: null,
    },
  ]);
  accounts = [account];
  await announce({ kind: "fiat_payouts" });
  expect(await screen.findByRole("table", { name: "Accounts" })).toBeInTheDocument();
});

test("what the kind of account wants is said at its field, and what was typed is gone with the dialog", async () => {
  const user = open({
    add_fiat_account: () => {
      throw failure("invalid", "This is needed for an account of this kind.", "iban");
    },
  });
  let fields = await form(user);
  await user.type(fields.getByRole("textbox", { name: /^SWIFT/ }), "COBADEFF");
  await user.click(fields.getByRole("checkbox"));
  await user.click(fields.getByRole("button", { name: "Add this account" }));
  const iban = fields.getByRole("textbox", { name: "Beneficiary IBAN" });
  await waitFor(() => expect(iban).toHaveAccessibleDescription(/This is needed/));
  await user.click(fields.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  fields = await form(user);
  expect(fields.getByRole("textbox", { name: /^SWIFT/ })).toHaveValue("");
  expect(fields.getByRole("checkbox")).not.toBeChecked();
});

test("a currency without a kind of account, and an account whose end is not known, say so", async () => {
  const unknown = move({ kind: "fiat_account", state: "unknown", coin: null, amount: null, made: null });
  const user = open({ fiat_payout_methods: () => [], unsettled_moves: () => [unknown] });
  expect(await screen.findByText("Account for EUR: not known whether it was done")).toBeInTheDocument();
  await user.click(await screen.findByRole("button", { name: "Add an account" }));
  await choose(user, "Currency that arrives", "p", "PHP");
  const kind = await screen.findByRole("combobox", { name: "Kind of account Choose" });
  await waitFor(() => expect(kind).toHaveAccessibleDescription(/no kind of account/));
});

test("Escape leads back to the payouts", async () => {
  const user = open();
  await screen.findByRole("table", { name: "Accounts" });
  await user.keyboard("{Escape}");
  expect(route.path).toEqual(["payouts", "bank"]);
});
