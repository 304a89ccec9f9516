import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import { announce, argumentsOf, failure } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { anna, custody, move, payment, preview } from "./test-custody";

// What the window loads when it is needed is there before a test waits for it.
import "./CustodyPlace.svelte";

beforeEach(() => route.replace(["custody", "user", anna.id]));

function open(own: Parameters<typeof custody>[0] = {}) {
  custody(own);
  render(App);
  return userEvent.setup();
}

type User = ReturnType<typeof userEvent.setup>;

const rail = () => screen.findByRole("complementary", { name: "Balance" });
const dialog = (name: string) => screen.findByRole("dialog", { name });
const CONFIRM = "Is this what you want?";

/** Opens the form of a move. */
async function form(user: User, name: string) {
  await user.click(within(await rail()).getByRole("button", { name }));
  return within(await dialog(name));
}

/** Chooses a coin where all are listed. */
async function pickCoin(user: User, within_: Awaited<ReturnType<typeof form>>, ticker: string) {
  await user.click(within_.getByRole("button", { name: /^Coin/ }));
  await user.type(await screen.findByPlaceholderText("Name, ticker or network"), ticker);
  await user.keyboard("{Enter}");
}

/** Chooses a coin of those that a user has. */
async function selectCoin(user: User, of: Awaited<ReturnType<typeof form>>, coin: string) {
  of.getByRole("combobox", { name: /^Coin/ }).focus();
  await user.keyboard(coin.slice(0, 1).toLowerCase());
  expect(await of.findByRole("combobox", { name: `Coin ${coin}` })).toBeInTheDocument();
}

test("what a user has is read from NOWPayments and shown to the last digit, what is on its way apart", async () => {
  open();
  const balance = await rail();
  expect(balance).toHaveTextContent("120.000001 TRX");
  expect(balance).toHaveTextContent("on its way: 3 TRX");
  await waitFor(() => expect(argumentsOf("refresh_custody_user")).toEqual([{ id: anna.id }]));
  expect(await screen.findByRole("heading", { name: "Anna", level: 1 })).toBeInTheDocument();
});

test("where NOWPayments tells no balances to this computer that is said, and the rest stays", async () => {
  open({
    refresh_custody_user: () => {
      throw failure("address_not_allowed", "Add the address of this computer to the list.");
    },
  });
  expect(await screen.findByText("The balance could not be read")).toBeInTheDocument();
  expect(screen.getByText("Add the address of this computer to the list.")).toBeInTheDocument();
  expect(await screen.findByRole("grid", { name: "Movements" })).toBeInTheDocument();
});

test("the movements add up to what NOWPayments says, and what Paydesk has not seen is a line that says so", async () => {
  const user = open({ save_custody_ledger: () => "/tmp/movements-101.xlsx" });
  const sums = await screen.findByRole("list", { name: "What the movements come to" });
  const [btc, trx] = within(sums).getAllByRole("listitem");
  expect(btc).toHaveTextContent("Does not add up");
  expect(btc).toHaveTextContent("The movements come to 0.4 BTC, NOWPayments says 0.5 BTC.");
  expect(btc).toHaveTextContent("0.1 BTC come from something that Paydesk has not seen");
  expect(trx).toHaveTextContent("Adds up");
  const rows = within(screen.getByRole("grid", { name: "Movements" })).getAllByRole("row");
  expect(rows[1]).toHaveTextContent("Not seen by Paydesk");
  expect(rows[2]).toHaveTextContent("From the shop");
  expect(argumentsOf("custody_ledger")).toEqual([
    { query: { user: anna.id, coin: null, from: 0, limit: 200 } },
  ]);
  await user.click(screen.getByRole("button", { name: "Save as Excel" }));
  await user.click(screen.getByRole("button", { name: "Save as CSV" }));
  expect(argumentsOf("save_custody_ledger")).toEqual([
    { user: anna.id, format: "xlsx" },
    { user: anna.id, format: "csv" },
  ]);
  expect(await screen.findAllByText("The movements are saved")).not.toHaveLength(0);
});

test("a deposit is shown with both balances, confirmed with what was shown, and followed to its end", async () => {
  let now = move();
  const user = open({ move_made: () => now });
  const fields = await form(user, "Move from the shop's balance");
  await pickCoin(user, fields, "trx");
  const amount = fields.getByRole("textbox", { name: "Amount" });
  await waitFor(() => expect(amount).toHaveAccessibleDescription("There is 50 TRX."));
  await user.type(amount, "2,5{Enter}");
  const sheet = within(await dialog(CONFIRM));
  expect(argumentsOf("preview_move")).toEqual([
    { wanted: { kind: "deposit", user: anna.id, coin: "trx", amount: "2.5" } },
  ]);
  expect(sheet.getByText(/NOWPayments cannot take it back/)).toHaveFocus();
  const rows = sheet.getAllByRole("row");
  expect(rows[1]).toHaveTextContent(/^The shop ?50 TRX ?40 TRX$/);
  expect(rows[2]).toHaveTextContent(/^Anna ?120.000001 TRX ?130.000001 TRX$/);

  // Enter alone never moves anything.
  await user.keyboard("{Enter}{Enter}");
  expect(argumentsOf("confirm_move")).toEqual([]);
  await user.click(sheet.getByRole("button", { name: "Move it" }));
  expect(argumentsOf("confirm_move")).toEqual([{ id: "m1", hash: "h1", preparer: null, approver: null }]);
  const state = within(await dialog("Move from the shop's balance"));
  expect(await state.findByText("Waits")).toBeInTheDocument();
  now = move({ status: "finished", ended: true });
  await announce({ kind: "moves" });
  expect(await state.findByText("Moved")).toBeInTheDocument();
  expect(state.queryByRole("button", { name: "Move it" })).not.toBeInTheDocument();
});

test("all of a balance is taken back with one press, to the last digit", async () => {
  const user = open();
  const fields = await form(user, "Take back");
  await selectCoin(user, fields, "TRX");
  const amount = fields.getByRole("textbox", { name: "Amount" });
  await waitFor(() => expect(amount).toHaveAccessibleDescription("There is 120.000001 TRX."));
  await user.click(fields.getByRole("button", { name: "All of it" }));
  expect(amount).toHaveValue("120.000001");
  await user.click(fields.getByRole("button", { name: "Show what that does" }));
  await user.click(within(await dialog(CONFIRM)).getByRole("button", { name: "Move it" }));
  expect(argumentsOf("preview_move")).toEqual([
    { wanted: { kind: "write_off", user: anna.id, coin: "trx", amount: "120.000001" } },
  ]);
  expect(argumentsOf("confirm_move")).toHaveLength(1);
});

test("a transfer goes to a user that is searched for, never to the one that gives", async () => {
  const user = open();
  const fields = await form(user, "Move to another user");
  expect(await fields.findByRole("radio", { name: /Ben/ })).toBeInTheDocument();
  expect(fields.queryByRole("radio", { name: /Anna/ })).not.toBeInTheDocument();
  await user.type(fields.getByRole("textbox", { name: /Search who gets it/ }), "be");
  await user.click(fields.getByRole("radio", { name: /Ben/ }));
  await selectCoin(user, fields, "BTC");
  await user.type(fields.getByRole("textbox", { name: "Amount" }), "0.1");
  await user.click(fields.getByRole("button", { name: "Show what that does" }));
  await dialog(CONFIRM);
  expect(argumentsOf("preview_move")).toEqual([
    { wanted: { kind: "transfer", from: anna.id, to: "102", coin: "btc", amount: "0.1" } },
  ]);
});

test("what is refused is said at its field, before the sheet and after it, and what was typed stays", async () => {
  let before = true;
  const user = open({
    preview_move: () => {
      if (before) throw failure("invalid", "Anna has 120 TRX, and this takes 900.", "amount");
      return preview();
    },
    confirm_move: () => {
      throw failure("invalid", "The smallest is 5 TRX.", "amount");
    },
  });
  const fields = await form(user, "Take back");
  await selectCoin(user, fields, "TRX");
  const amount = fields.getByRole("textbox", { name: "Amount" });
  await user.type(amount, "900{Enter}");
  await waitFor(() => expect(amount).toHaveAccessibleDescription(/Anna has 120 TRX, and this takes 900/));
  before = false;
  await user.click(fields.getByRole("button", { name: "Show what that does" }));
  await user.click(within(await dialog(CONFIRM)).getByRole("button", { name: "Move it" }));
  const again = await screen.findByRole("textbox", { name: "Amount" });
  await waitFor(() => expect(again).toHaveAccessibleDescription(/The smallest is 5 TRX/));
  expect(again).toHaveValue("900");
});

test("what is not so any more is shown anew before it can be confirmed", async () => {
  let shown = 0;
  const user = open({
    preview_move: () => preview({ id: `m${++shown}`, hash: `h${shown}` }),
    confirm_move: ({ id }: { id: string }) => {
      if (id === "m1") throw failure("stale", "The shop has 45 TRX by now.");
      return move({ id });
    },
  });
  const fields = await form(user, "Take back");
  await selectCoin(user, fields, "TRX");
  await user.type(fields.getByRole("textbox", { name: "Amount" }), "10{Enter}");
  const sheet = within(await dialog(CONFIRM));
  await user.click(sheet.getByRole("button", { name: "Move it" }));
  expect(await sheet.findByText("The shop has 45 TRX by now.")).toBeInTheDocument();
  expect(sheet.queryByRole("button", { name: "Move it" })).not.toBeInTheDocument();
  await user.click(sheet.getByRole("button", { name: "Look at it again" }));
  await user.click(await sheet.findByRole("button", { name: "Move it" }));
  expect(argumentsOf("confirm_move")).toEqual([
    { id: "m1", hash: "h1", preparer: null, approver: null },
    { id: "m2", hash: "h2", preparer: null, approver: null },
  ]);
});

test("a lost answer is not known: the sheet says what Paydesk does, and offers no second try", async () => {
  const unknown = move({ kind: "write_off", from_name: "Anna", state: "unknown", made: null, status: null });
  const user = open({ confirm_move: () => unknown, move_made: () => unknown });
  const fields = await form(user, "Take back");
  await selectCoin(user, fields, "TRX");
  await user.type(fields.getByRole("textbox", { name: "Amount" }), "10{Enter}");
  await user.click(within(await dialog(CONFIRM)).getByRole("button", { name: "Move it" }));
  const state = within(await dialog("Take back"));
  expect(await state.findByText(/10 TRX from Anna to the shop: not known/)).toBeInTheDocument();
  expect(state.getByRole("button", { name: "Look now" })).toBeInTheDocument();
  expect(state.queryByRole("button", { name: "Move it" })).not.toBeInTheDocument();
});

test("when the confirmation fails, the journal says what became of it", async () => {
  const refused = move({
    state: "refused",
    made: null,
    status: null,
    trouble: "NOWPayments does not know this user.",
  });
  const user = open({
    confirm_move: () => {
      throw failure("not_found", "NOWPayments does not know this user.");
    },
    move_made: () => refused,
  });
  const fields = await form(user, "Take back");
  await selectCoin(user, fields, "TRX");
  await user.type(fields.getByRole("textbox", { name: "Amount" }), "10{Enter}");
  await user.click(within(await dialog(CONFIRM)).getByRole("button", { name: "Move it" }));
  const state = within(await dialog("Take back"));
  expect(await state.findByText("Refused")).toBeInTheDocument();
  expect(state.getByText("NOWPayments does not know this user.")).toBeInTheDocument();
  expect(argumentsOf("move_made")).toContainEqual({ id: "m1" });
});

test("a payment into the balance is made, shown with address, memo and code, and followed until it ends", async () => {
  let payments = [] as ReturnType<typeof payment>[];
  const user = open({
    custody_payments: () => payments,
    make_custody_payment: () => {
      payments = [payment()];
      return move({ id: "m7", kind: "payment", coin: "xrp", amount: "25", made: "700", status: "waiting" });
    },
  });
  const fields = await form(user, "Payment into this balance");
  await pickCoin(user, fields, "xrp");
  await user.type(fields.getByRole("textbox", { name: "Amount" }), "25");
  await user.click(fields.getByRole("checkbox", { name: "Your customer pays the fees" }));
  await user.click(fields.getByRole("button", { name: "Make the payment" }));
  expect(argumentsOf("make_custody_payment")).toEqual([
    {
      payment: {
        user: anna.id,
        coin: "xrp",
        amount: "25",
        terms: { fixed_rate: true, fee_paid_by_customer: true },
      },
    },
  ]);
  await announce({ kind: "custody" });
  const panel = await screen.findByRole("complementary", { name: "Payment into a balance" });
  expect(panel).toHaveTextContent("rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh");
  expect(within(panel).getByRole("note", { name: "Memo" })).toHaveTextContent("4820117");
  expect(panel).toHaveTextContent("25.1 XRP");
  expect(await within(panel).findByRole("img", { name: "QR code of the address" })).toBeInTheDocument();
  expect(argumentsOf("qr_code")).toEqual([{ text: "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh" }]);

  payments = [payment({ status: "finished", ended: true, actually_paid: "25.1", outcome_amount: "24.9" })];
  await announce({ kind: "custody" });
  await waitFor(() => expect(panel).toHaveTextContent("24.9 XRP"));
  expect(within(panel).queryByRole("img", { name: "QR code of the address" })).not.toBeInTheDocument();
});

test("a payment that is refused says so at its field", async () => {
  const user = open({
    make_custody_payment: () => {
      throw failure("invalid", "The smallest is 1 XRP.", "amount");
    },
  });
  const fields = await form(user, "Payment into this balance");
  const amount = fields.getByRole("textbox", { name: "Amount" });
  await user.type(amount, "0.1{Enter}");
  await waitFor(() => expect(amount).toHaveAccessibleDescription(/The smallest is 1 XRP/));
});

test("a payment into the balance opens by its address, to which a notification leads", async () => {
  open({ custody_payments: () => [payment({ id: "699" }), payment()] });
  route.go(["custody", "user", anna.id], { view: "payments", open: "700" });
  const panel = await screen.findByRole("complementary", { name: "Payment into a balance" });
  expect(within(panel).getByText("700")).toBeInTheDocument();
});

test("what was made here is listed with its state and opened", async () => {
  const user = open({
    moves_of_custody_user: () => [
      move({ status: "finished", ended: true }),
      move({ id: "m2", state: "given_up", late: false, trouble: "Given up: NOWPayments did not show it." }),
    ],
    move_made: () => move({ id: "m2", state: "given_up", trouble: "Given up: NOWPayments did not show it." }),
  });
  await user.click(await screen.findByRole("radio", { name: "Made here" }));
  const list = within(await screen.findByRole("grid", { name: "Made here" }));
  const rows = await list.findAllByRole("row");
  expect(rows[1]).toHaveTextContent("10 TRX from the shop to Anna");
  expect(rows[1]).toHaveTextContent("Moved");
  await user.click(rows[2]!);
  const panel = await screen.findByRole("complementary", { name: "With Paydesk" });
  expect(await within(panel).findByText("Given up: NOWPayments did not show it.")).toBeInTheDocument();
  await user.keyboard("{Escape}");
  await waitFor(() => expect(panel).not.toBeInTheDocument());
  await user.keyboard("{Escape}");
  expect(route.path).toEqual(["custody"]);
});

test("a user without anything has empty lists, and nothing to take back", async () => {
  const nothing = { ...anna, balances: [] };
  const user = open({
    custody_user: () => nothing,
    custody_ledger: () => ({ lines: [], total: 0, coins: [], balances_read_at: null }),
  });
  expect(await screen.findByText("Movements will be here")).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "Payments" }));
  expect(await screen.findByText("Payments into this balance will be here")).toBeInTheDocument();
  const fields = await form(user, "Take back");
  expect(fields.getByText(/There is nothing to move/)).toBeInTheDocument();
  expect(fields.getByRole("button", { name: "Show what that does" })).toBeDisabled();
});

test("a user that there is not says so", async () => {
  open({
    custody_user: () => {
      throw failure("not_found", "There is no such user.");
    },
  });
  expect(await screen.findByText("There is no such user.")).toBeInTheDocument();
});
