import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { FiatPayoutQuery } from "../bridge";
import { announce, appState, argumentsOf, demoShop, failure } from "../bridge/test-program";
import { preview } from "../custody/test-custody";
import { route } from "../lib/router.svelte";
import { bank, catalogue, detail, move, page, payout } from "./test-bank";

// What the window loads when it is needed is there before a test waits for it.
import "../components/CommandPalette.svelte";
import "../payouts/PayoutsScreen.svelte";
import "./BankPlace.svelte";

beforeEach(() => route.replace(["payouts", "bank"]));

function open(own: Record<string, (args: never) => unknown> = {}) {
  bank(own);
  render(App);
  return userEvent.setup();
}

type User = ReturnType<typeof userEvent.setup>;

const list = () => screen.findByRole("grid", { name: "Bank payouts" });
const dialog = (name: string) => screen.findByRole("dialog", { name });
const queries = () => (argumentsOf("fiat_payouts") as { query: FiatPayoutQuery }[]).map(({ query }) => query);

/** Chooses what begins with a letter, from the keyboard. */
async function choose(user: User, name: string, letter: string, option: string) {
  (await screen.findByRole("combobox", { name: `${name} Choose` })).focus();
  await user.keyboard(letter);
  await screen.findByRole("combobox", { name: `${name} ${option}` });
}

test("there is a way from the payouts, from its button and from the palette", async () => {
  route.replace(["payouts"]);
  const user = open();
  await user.click(await screen.findByRole("button", { name: "Bank payouts" }));
  expect(route.path).toEqual(["payouts", "bank"]);
  await user.click(await screen.findByRole("link", { name: "All payouts" }));
  await waitFor(() => expect(screen.queryByText("New at NOWPayments")).not.toBeInTheDocument());
  await user.keyboard("{Control>}k{/Control}");
  const palette = within(await screen.findByRole("dialog"));
  await user.click(palette.getByRole("combobox"));
  await user.paste("bank payouts");
  await user.click(await palette.findByText("Bank payouts", { selector: ".words" }));
  await waitFor(() => expect(route.path).toEqual(["payouts", "bank"]));
});

test("payouts are listed with what leaves and what arrives, and this part is marked as new", async () => {
  const open_ = payout({ id: "5002", status: "processing", ended: false, fiat_amount: null });
  const odd = payout({ id: "5003", status: "on_hold", ended: false, fiat_amount: null, amount: null });
  open({ fiat_payouts: () => page([odd, open_, payout()]) });
  const rows = await within(await list()).findAllByRole("row");
  expect(rows[1]).toHaveTextContent(/USDTTRC20.*EUR.*on_hold$/);
  expect(rows[2]).toHaveTextContent(/500.00 USDTTRC20.*EUR.*Being paid out$/);
  expect(rows[3]).toHaveTextContent(/500.00 USDTTRC20.*452.15 EUR.*Paid out$/);
  expect(screen.getByText("New at NOWPayments")).toBeInTheDocument();
  expect(screen.getByText(/it may change/)).toBeInTheDocument();
});

test("one is opened from the keyboard with its course, its account and why it failed", async () => {
  let now = detail({ status: "processing", ended: false, fiat_amount: null, request_id: null });
  const user = open({ fiat_payout: () => now });
  (await list()).focus();
  await user.keyboard("{Enter}");
  const panel = await screen.findByRole("complementary", { name: "Bank payout" });
  await waitFor(() => expect(panel).toHaveTextContent("Arrives EUR, not known yet"));
  expect(panel).toHaveTextContent("Goes to SEPA bank transfer …3000");
  expect(within(panel).getByRole("list")).toHaveTextContent(/^Made .*New.*Being converted.*Paid out/);
  now = detail({ status: "failed", fiat_amount: null, error: "Declined by the provider" });
  await announce({ kind: "fiat_payouts" });
  await waitFor(() => expect(panel).toHaveTextContent("Declined by the provider"));
  expect(panel).toHaveTextContent("Look at the balance to see whether the coins are back");
  await user.click(within(panel).getByRole("button", { name: "Read again" }));
  expect(argumentsOf("refresh_fiat_payouts")).toHaveLength(1);
  await user.keyboard("{Escape}");
  expect(route.query.get("open")).toBeNull();
});

test("they are narrowed by status, currency, provider and period, and shown whole again", async () => {
  const user = open();
  await list();
  for (const [name, letter] of [
    ["Status Any status", "f"],
    ["Currency Any currency", "p"],
    ["Provider Any provider", "t"],
    ["Date Any date", "t"],
  ] as const) {
    (await screen.findByRole("combobox", { name })).focus();
    await user.keyboard(letter);
  }
  const day = new Date();
  day.setHours(0, 0, 0, 0);
  const whole = {
    statuses: [],
    provider: null,
    currency: null,
    since: null,
    before: null,
    after: null,
    limit: 200,
  };
  await waitFor(() =>
    expect(queries().at(-1)).toEqual({
      ...whole,
      statuses: ["failed"],
      currency: "php",
      provider: "transfi",
      since: day.toISOString(),
    }),
  );
  await user.click(screen.getByRole("button", { name: "Show all" }));
  await waitFor(() => expect(queries().at(-1)).toEqual(whole));
});

test("the first time they are read from NOWPayments, and without any the screen says what they are", async () => {
  let now = { ...page([]), read_at: null as string | null };
  open({
    fiat_payouts: () => now,
    refresh_fiat_payouts: () => {
      now = page([]);
      void announce({ kind: "fiat_payouts" });
      return null;
    },
  });
  expect(await screen.findByText("Payouts to a bank will be here")).toBeInTheDocument();
  expect(argumentsOf("refresh_fiat_payouts")).toHaveLength(1);
});

test("a reading that fails, a list that cannot be read and one that is not there say why", async () => {
  route.replace(["payouts", "bank"], { open: "5009" });
  const user = open({
    fiat_payouts: () => {
      throw failure("other", "The shop was closed.");
    },
    fiat_payout: () => {
      throw failure("not_found", "There is no such payout.");
    },
    refresh_fiat_payouts: () => {
      throw failure("offline", "NOWPayments could not be reached.");
    },
  });
  expect(await screen.findByText("The shop was closed.")).toBeInTheDocument();
  expect(await screen.findByText("There is no such payout.")).toBeInTheDocument();
  await user.click(screen.getAllByRole("button", { name: "Read again" })[0]!);
  expect(await screen.findByText("NOWPayments could not be reached.")).toBeInTheDocument();
});

test("without a provider that is said, and what was asked for before is still there", async () => {
  open({ fiat_payout_catalogue: () => ({ ...catalogue, providers: [], currencies: [], coins: [] }) });
  expect(await screen.findByText("There is no provider at the moment")).toBeInTheDocument();
  expect(await within(await list()).findAllByRole("row")).toHaveLength(2);
});

test("a payout is shown in words with the balance, confirmed with what was shown, and followed", async () => {
  let now = move();
  const user = open({ move_made: () => now });
  await user.click(await screen.findByRole("button", { name: "Pay out to a bank" }));
  const form = within(await dialog("Pay out to a bank"));
  await choose(user, "Currency that arrives", "e", "EUR");
  expect(await form.findByText("SEPA bank transfer …3000")).toBeInTheDocument();
  await choose(user, "Coin that is paid with", "t", "TRX");
  const amount = form.getByRole("textbox", { name: "Amount" });
  await waitFor(() => expect(amount).toHaveAccessibleDescription("There is 120.5 TRX."));
  await user.type(amount, "50{Enter}");
  const sheet = within(await dialog("Is this what you want?"));
  expect(argumentsOf("preview_move")).toEqual([
    { wanted: { kind: "fiat_payout", provider: "transfi", coin: "trx", amount: "50", currency: "eur" } },
  ]);
  expect(sheet.getByText(/It cannot be taken back/)).toHaveFocus();
  expect(sheet.getAllByRole("row")).toHaveLength(2);
  expect(sheet.getAllByRole("row")[1]).toHaveTextContent(/120.5 TRX ?70.5 TRX$/);
  expect(sheet.getByText("SEPA bank transfer …3000")).toBeInTheDocument();
  await user.keyboard("{Enter}");
  expect(argumentsOf("confirm_move")).toEqual([]);
  await user.click(sheet.getByRole("button", { name: "Pay it out" }));
  expect(argumentsOf("confirm_move")).toEqual([{ id: "m1", hash: "h1", preparer: null, approver: null }]);
  const state = await dialog("Pay out to a bank");
  expect(await within(state).findByText("Waits for its turn")).toBeInTheDocument();
  expect(state).toHaveTextContent("50 TRX to the bank in EUR");
  now = move({ status: "finished", ended: true, to_amount: "12.31" });
  await announce({ kind: "fiat_payouts" });
  await waitFor(() => expect(state).toHaveTextContent("Came of it 12.31 EUR"));
});

test("where two persons are needed it takes both PINs, and only the one that was refused is typed again", async () => {
  let tries = 0;
  const user = open({
    preview_move: () => preview({ two_persons: true }),
    confirm_move: () => {
      if (tries++) return move();
      throw failure("wrong_pin", "This PIN is wrong. Nothing was done.", "approver");
    },
    move_made: () => move(),
  });
  await user.click(await screen.findByRole("button", { name: "Pay out to a bank" }));
  const form = within(await dialog("Pay out to a bank"));
  await user.click(form.getByRole("button", { name: "Show what that does" }));
  const sheet = within(await dialog("Is this what you want?"));
  const go = sheet.getByRole("button", { name: "Pay it out" });
  expect(go).toBeDisabled();
  const first = sheet.getByLabelText("PIN of whoever prepares");
  const second = sheet.getByLabelText("PIN of whoever approves");
  await user.type(first, "prepares 1");
  await user.type(second, "approves 3");
  await user.click(go);
  await waitFor(() => expect(second).toHaveAccessibleDescription("This PIN is wrong. Nothing was done."));
  expect(first).toHaveValue("prepares 1");
  expect(second).toHaveValue("");
  await user.type(second, "approves 2");
  await user.click(go);
  expect(argumentsOf("confirm_move").at(-1)).toEqual({
    id: "m1",
    hash: "h1",
    preparer: "prepares 1",
    approver: "approves 2",
  });
  expect(
    await within(await dialog("Pay out to a bank")).findByText("Waits for its turn"),
  ).toBeInTheDocument();
});

test("what is wrong is said at its field, and without an account there is a way to add one", async () => {
  const user = open({
    fiat_accounts: () => [],
    preview_move: () => {
      throw failure("invalid", "NOWPayments knows no account for EUR yet. Add one first.", "currency");
    },
  });
  await user.click(await screen.findByRole("button", { name: "Pay out to a bank" }));
  const form = within(await dialog("Pay out to a bank"));
  await choose(user, "Currency that arrives", "e", "EUR");
  expect(await form.findByRole("link", { name: "Add an account" })).toHaveAttribute(
    "href",
    "#/payouts/bank/accounts",
  );
  await user.type(form.getByRole("textbox", { name: "Amount" }), "50{Enter}");
  const currency = await form.findByRole("combobox", { name: "Currency that arrives EUR" });
  await waitFor(() => expect(currency).toHaveAccessibleDescription(/Add one first/));
});

test("a payout whose end is not known stands above the list until it is", async () => {
  let unsettled = [move({ state: "unknown", made: null, status: null })];
  const user = open({
    unsettled_moves: () => unsettled,
    look_for_move: () => {
      unsettled = [];
      void announce({ kind: "moves" });
      return move();
    },
  });
  expect(
    await screen.findByText("50 TRX to the bank in EUR: not known whether it was done"),
  ).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Look now" }));
  await waitFor(() => expect(screen.queryByText(/not known whether/)).not.toBeInTheDocument());
});

test("in German the words are German", async () => {
  const settings = {
    theme: "system" as const,
    text_size: "normal" as const,
    language: "de",
    formats: "system" as const,
  };
  open({ app_state: () => appState({ shops: [demoShop], open: demoShop.id, settings }) });
  const rows = await within(await screen.findByRole("grid", { name: "Bankauszahlungen" })).findAllByRole(
    "row",
  );
  expect(rows[1]).toHaveTextContent(/452,15 EUR.*Ausgezahlt$/);
  expect(screen.getByText("Neu bei NOWPayments")).toBeInTheDocument();
});
