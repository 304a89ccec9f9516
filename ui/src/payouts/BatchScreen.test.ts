import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Batch, BatchRow } from "../bridge";
import { announce, appState, argumentsOf, demoShop, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { badRow, batch, mixed, paged, row, summary, sumRow } from "./test-batch";

// What the window loads when it is needed is there before a test waits for it.
import "./PayoutsScreen.svelte";

beforeEach(() => route.replace(["payouts", "b1"]));

/** The window with one batch, which the test may change through what it gave. */
function open(now: () => Batch, rows: () => BatchRow[] = () => [row(1), row(2), row(3)], own = {}) {
  program({ payout_batch: now, payout_rows: paged(rows), ...own });
  render(App);
  return userEvent.setup();
}

const withBad = () =>
  batch("checked", {
    summary: summary("checked", { payable: 2, bad: 1 }),
    file: { records: 4, header: 1, blank: 0, accepted: 2, rejected: 1 },
    obstacles: ["1 row cannot be paid."],
  });

test("a bad row is named by its line, its column, what stood there, and the reason", async () => {
  open(withBad, () => [row(1), badRow(2), row(3)]);
  const line = (await screen.findByText("Write the amount out in full.")).closest<HTMLElement>("[role=row]")!;
  expect(within(line).getByText("3")).toBeInTheDocument();
  expect(within(line).getByText("Amount")).toBeInTheDocument();
  expect(within(line).getByText("1e3")).toBeInTheDocument();
});

test("the records of the file add up in sight", async () => {
  open(withBad);
  const note = await screen.findByRole("note", { name: /records of the file/ });
  expect(note).toHaveTextContent("4 records = 1 header + 0 blank + 2 taken + 1 refused");
});

test("what stands in the way is said, and nothing can be sent", async () => {
  open(withBad);
  const obstacles = await screen.findByRole("status", { name: "Before it can be sent" });
  expect(obstacles).toHaveTextContent("1 row cannot be paid.");
  expect(screen.getByRole("button", { name: /^Send 2 payouts/ })).toBeDisabled();
});

test("bad rows are removed once that was confirmed", async () => {
  let rows = [row(1), badRow(2), row(3)];
  let now = withBad();
  const user = open(
    () => now,
    () => rows,
    {
      remove_bad_payout_rows: () => {
        rows = rows.filter(({ status }) => status !== "bad");
        now = batch("checked", { summary: summary("checked", { payable: 2 }), removed: 1 });
        void announce({ kind: "payouts", batch: "b1" });
        return now;
      },
    },
  );
  await user.click(await screen.findByRole("button", { name: "Remove the bad row" }));
  expect(argumentsOf("remove_bad_payout_rows")).toEqual([]);
  const dialog = await screen.findByRole("dialog", { name: "Remove the bad row?" });
  await user.click(within(dialog).getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(screen.queryByText("1e3")).not.toBeInTheDocument());
  expect(await screen.findByText(/1 row removed by you/)).toBeInTheDocument();
  expect(screen.getByRole("button", { name: /^Send 2 payouts/ })).toBeEnabled();
});

test("the Delete key asks, then removes the row it stands on", async () => {
  const user = open(() => batch("checked"), undefined, { remove_payout_rows: () => batch("checked") });
  const grid = await screen.findByRole("grid", { name: "Rows of payouts.csv" });
  await screen.findAllByText(row(1).address);
  grid.focus();
  await user.keyboard("{ArrowDown}{Delete}");
  const dialog = await screen.findByRole("dialog", { name: "Remove the row of line 3?" });
  await user.click(within(dialog).getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(argumentsOf("remove_payout_rows")).toEqual([{ id: "b1", numbers: [2] }]));
});

test("before sending, the totals are said in words", async () => {
  const user = open(() => batch("checked"));
  await user.click(await screen.findByRole("button", { name: /^Send 3 payouts/ }));
  const dialog = await screen.findByRole("dialog", { name: "Send 3 payouts?" });
  expect(dialog).toHaveTextContent(
    /3 payouts in 2 coins: 0\.0052 BTC,? and 400 TRX\. Together about 598\.50 USD\./,
  );
  expect(dialog).toHaveTextContent("No money moves before your code.");
});

test("a double click sends once, with the rows that were seen", async () => {
  let answer: (sent: Batch) => void = () => {};
  const user = open(() => batch("checked"), undefined, {
    send_payout_batch: () => new Promise<Batch>((resolve) => (answer = resolve)),
  });
  await user.click(await screen.findByRole("button", { name: /^Send 3 payouts/ }));
  await user.dblClick(await screen.findByRole("button", { name: "Hand over to NOWPayments" }));
  expect(argumentsOf("send_payout_batch")).toEqual([{ id: "b1", rowsHash: "h1", pin: null }]);
  answer(batch("created"));
  await waitFor(() => expect(route.path).toEqual(["payouts", "b1", "approve"]));
});

test("a batch that has changed since is not sent, and says so", async () => {
  const user = open(() => batch("checked"), undefined, {
    send_payout_batch: () => {
      throw failure("stale", "changed");
    },
  });
  await user.click(await screen.findByRole("button", { name: /^Send 3 payouts/ }));
  await user.click(await screen.findByRole("button", { name: "Hand over to NOWPayments" }));
  expect(await screen.findByText(/has changed since. Nothing was sent/)).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Hand over to NOWPayments" })).toBeDisabled();
});

test("while the outcome is not known there is nothing to send, only to look", async () => {
  const user = open(() => batch("unknown", { looks: 2 }), undefined, {
    look_up_payout_batch: () => batch("unknown"),
  });
  expect(await screen.findByText(/Nothing is sent again/)).toBeInTheDocument();
  const batchScreen = within(screen.getByRole("main"));
  expect(batchScreen.queryByRole("button", { name: /send|pay|approve|not taken/i })).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Look again" }));
  expect(argumentsOf("look_up_payout_batch")).toEqual([{ id: "b1" }]);
});

test("an unknown batch is released only after the owner has looked", async () => {
  const user = open(() => batch("unknown", { may_release: true }), undefined, {
    release_payout_batch: () => batch("checked"),
  });
  await user.click(await screen.findByRole("button", { name: /It was not taken/ }));
  const dialog = await screen.findByRole("dialog", { name: /did not take this batch/ });
  const go = within(dialog).getByRole("button", { name: "It was not taken" });
  expect(go).toBeDisabled();
  await user.click(within(dialog).getByRole("checkbox", { name: /I looked in the dashboard/ }));
  await user.click(go);
  await waitFor(() => expect(argumentsOf("release_payout_batch")).toEqual([{ id: "b1" }]));
});

test("of each batch that may be an unknown one its owner says that it is another", async () => {
  const user = open(() => batch("unknown", { candidates: ["5500000713"] }), undefined, {
    declare_not_payout_batch: () => batch("unknown"),
  });
  await user.click(await screen.findByRole("button", { name: "5500000713 is not this batch…" }));
  const dialog = await screen.findByRole("dialog", { name: /5500000713 at NOWPayments is not this batch/ });
  const go = within(dialog).getByRole("button", { name: "It is not this batch" });
  expect(go).toBeDisabled();
  await user.click(within(dialog).getByRole("checkbox", { name: /I compared them/ }));
  await user.click(go);
  await waitFor(() =>
    expect(argumentsOf("declare_not_payout_batch")).toEqual([{ id: "b1", candidate: "5500000713" }]),
  );
});

test("rows are followed as they are paid", async () => {
  let rows = [row(1, { status: "sending" })];
  open(
    () => batch("sending", { summary: summary("sending", { payable: 1 }) }),
    () => rows,
  );
  const grid = await screen.findByRole("grid", { name: "Rows of payouts.csv" });
  expect(await within(grid).findByText("On its way")).toBeInTheDocument();
  rows = [row(1, { status: "paid" })];
  await announce({ kind: "payouts", batch: "b1" });
  expect(await within(grid).findByText("Paid")).toBeInTheDocument();
});

test("it speaks German", async () => {
  open(withBad, () => [row(1), badRow(2), row(3)], {
    app_state: () =>
      appState({
        shops: [demoShop],
        open: demoShop.id,
        settings: { theme: "system", text_size: "normal" as const, language: "de", formats: "system" },
      }),
  });
  expect(await screen.findByRole("button", { name: "Die schlechte Zeile entfernen" })).toBeInTheDocument();
  expect(screen.getByRole("note", { name: /Datensätzen/ })).toHaveTextContent(
    "4 Datensätze = 1 Kopfzeile + 0 leer + 2 übernommen + 1 abgelehnt",
  );
});

test("a bad row is corrected where it stands, with what is wrong beside each field", async () => {
  let rows = [row(1), { ...badRow(2), raw: "T1,trx,1e3" }, row(3)];
  let now = withBad();
  const edits: unknown[] = [];
  const user = open(
    () => now,
    () => rows,
    {
      edit_payout_row: (asked: unknown) => {
        edits.push(asked);
        rows = [row(1), { ...row(2, { amount: "1000" }), edited: true }, row(3)];
        now = batch("checked", { edited: 1 });
        void announce({ kind: "payouts", batch: "b1" });
        return now;
      },
    },
  );
  await user.click(await screen.findByText("Write the amount out in full."));
  const panel = await screen.findByRole("complementary", { name: "Row 2" });
  await user.click(within(panel).getByRole("button", { name: "Correct row" }));
  const amount = within(panel).getByRole("textbox", { name: "Amount" });
  expect(amount).toHaveAccessibleDescription("Write the amount out in full.");
  expect(panel).toHaveTextContent("T1,trx,1e3");
  await user.clear(amount);
  await user.type(amount, "1000");
  await user.click(within(panel).getByRole("button", { name: "Keep and check" }));
  await waitFor(() => expect(screen.getByRole("note", { name: /records/ })).toHaveTextContent("1 corrected"));
  expect(edits).toEqual([
    {
      id: "b1",
      number: 2,
      edit: {
        address: rows[0]!.address,
        currency: "trx",
        network: "",
        amount: "1000",
        fiat_amount: "",
        fiat_currency: "",
        extra_id: "",
        description: "",
        external_id: "",
      },
    },
  ]);
});

test("control totals are typed by hand, and what is no sum is named in its field", async () => {
  let now = batch("checked");
  const given: unknown[] = [];
  const user = open(() => now, undefined, {
    set_payout_control: ({ control }: { control: Batch["control"] }) => {
      given.push(control);
      if (control?.sums[0]?.amount === "2,5")
        throw { ...failure("invalid", "“2,5” is not a sum."), field: "amount 0" };
      now = batch("checked", { control, obstacles: ["By your control totals 5 payouts are to be made."] });
      void announce({ kind: "payouts", batch: "b1" });
      return now;
    },
  });
  await user.click(await screen.findByRole("button", { name: "Compare with control totals…" }));
  const dialog = await screen.findByRole("dialog", { name: "Control totals" });
  await user.type(within(dialog).getByRole("textbox", { name: "Number of payouts" }), "5");
  await user.type(within(dialog).getByRole("combobox", { name: "Coin or currency" }), "trx");
  const sum = within(dialog).getByRole("textbox", { name: "Sum" });
  await user.type(sum, "2,5");
  await user.click(within(dialog).getByRole("button", { name: "Compare" }));
  await waitFor(() => expect(sum).toHaveAccessibleDescription("“2,5” is not a sum."));
  await user.clear(sum);
  await user.type(sum, "2.5");
  await user.click(within(dialog).getByRole("button", { name: "Compare" }));
  expect(await screen.findByText("By your control totals 5 payouts are to be made.")).toBeInTheDocument();
  expect(given[1]).toEqual({ rows: 5, sums: [{ currency: "trx", amount: "2.5" }] });
});

test("warnings stand above the rows, and nothing is sent before the owner says to have seen them", async () => {
  const warning = "Exactly these rows were sent before, as “wages.csv” on 2026-11-01.";
  const user = open(() => batch("checked", { warnings: [warning] }), undefined, {
    send_payout_batch: () => batch("created"),
  });
  expect(await screen.findByText(warning)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: /^Send 3 payouts/ }));
  const dialog = within(await screen.findByRole("dialog", { name: "Send 3 payouts?" }));
  expect(dialog.getByText(warning)).toBeInTheDocument();
  const go = dialog.getByRole("button", { name: "Hand over to NOWPayments" });
  expect(go).toBeDisabled();
  const seen = () => dialog.getByRole("checkbox", { name: "I have looked at this, and want to send it" });
  await user.click(seen());
  expect(go).toBeEnabled();
  // Opened anew, it is looked at anew.
  await user.click(dialog.getByRole("button", { name: "Not yet" }));
  await user.click(await screen.findByRole("button", { name: /^Send 3 payouts/ }));
  const again = within(await screen.findByRole("dialog", { name: "Send 3 payouts?" }));
  expect(again.getByRole("checkbox")).not.toBeChecked();
  await user.click(again.getByRole("checkbox"));
  await user.click(again.getByRole("button", { name: "Hand over to NOWPayments" }));
  await waitFor(() => expect(argumentsOf("send_payout_batch")).toHaveLength(1));
});

test("without warnings there is nothing to tick", async () => {
  const user = open(() => batch("checked"));
  await user.click(await screen.findByRole("button", { name: /^Send 3 payouts/ }));
  const dialog = within(await screen.findByRole("dialog", { name: "Send 3 payouts?" }));
  expect(dialog.queryByRole("checkbox")).not.toBeInTheDocument();
  expect(dialog.getByRole("button", { name: "Hand over to NOWPayments" })).toBeEnabled();
});

test("new recipients are counted, marked, and found by themselves; known ones have their name", async () => {
  const rows = [row(1, { contact: "Anna Weber" }), row(2, { is_new: true }), row(3, { is_new: true })];
  const user = open(
    () => batch("checked", { new_recipients: 2 }),
    () => rows,
  );
  const grid = within(await screen.findByRole("grid", { name: "Rows of payouts.csv" }));
  expect(await grid.findByText("Anna Weber")).toBeInTheDocument();
  expect(grid.getAllByText("new")).toHaveLength(2);
  expect(screen.getByRole("link", { name: "2 recipients are new." })).toBeInTheDocument();
  await user.click(await screen.findByRole("radio", { name: "New (2)" }));
  await waitFor(() => expect(screen.queryByText("Anna Weber")).not.toBeInTheDocument());
});

test("a recipient is taken into the address book from the row, with a word of caution where it looks like another", async () => {
  const problem = {
    column: "address",
    value: row(1).address,
    code: "looks_like_another",
    message: "This address begins and ends like another one.",
  };
  const bad = row(2, { status: "bad", problems: [problem], extra_id: "77" });
  const user = open(withBad, () => [row(1), bad, row(3)], {
    save_contact: () => ({ name: "Anna Weber" }),
  });
  await user.click(await screen.findByText("This address begins and ends like another one."));
  const panel = within(await screen.findByRole("complementary", { name: "Row 2" }));
  await user.click(panel.getByRole("button", { name: "Add to address book" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Add contact" }));
  expect(dialog.getByText("This address begins and ends like another one.")).toBeInTheDocument();
  expect(dialog.getByRole("textbox", { name: "Address" })).toHaveValue(bad.address);
  expect(dialog.getByRole("textbox", { name: "Memo" })).toHaveValue("77");
  await user.type(dialog.getByRole("textbox", { name: "Name" }), "Anna Weber");
  await user.click(dialog.getByRole("button", { name: "Keep contact" }));
  await waitFor(() => expect(argumentsOf("save_contact")).toHaveLength(1));
});

test("a row with another fault, or with a contact, is not offered to the address book", async () => {
  route.replace(["payouts", "b1"], { rows: "all", row: "2" });
  open(withBad, () => [row(1, { contact: "Anna Weber" }), badRow(2), row(3)]);
  const panel = await screen.findByRole("complementary", { name: "Row 2" });
  expect(within(panel).queryByRole("button", { name: "Add to address book" })).not.toBeInTheDocument();
});

test("the check is stopped, and what it has found stays", async () => {
  let now = batch("draft", { checking: { done: 40, of: 90 }, obstacles: ["It is being checked."] });
  const user = open(() => now, undefined, {
    stop_payout_check: () => {
      now = batch("draft", {
        trouble: "You stopped the check against your shop.",
        obstacles: ["Check it again."],
      });
      void announce({ kind: "payouts", batch: "b1" });
      return now;
    },
    check_payout_batch: () => now,
  });
  expect(await screen.findByText("40 of 90")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Stop the check" }));
  expect(await screen.findByText("You stopped the check against your shop.")).toBeInTheDocument();
  expect(screen.queryByRole("progressbar")).not.toBeInTheDocument();
  expect(screen.getByText("Not checked")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Check again" }));
  expect(argumentsOf("check_payout_batch")).toEqual([{ id: "b1" }]);
});

test("unpaid rows become a new draft, after a plain warning", async () => {
  const draft = batch("draft", { summary: summary("draft", { id: "b2", name: "payouts.csv, again" }) });
  const ended = batch("finished_with_failures", {
    summary: summary("finished_with_failures", { paid: 2, failed: 1 }),
  });
  const user = open(() => ended, undefined, {
    payout_batch: ({ id }: { id: string }) => (id === "b2" ? draft : ended),
    pay_payouts_again: () => draft,
  });
  await user.click(await screen.findByRole("button", { name: "Pay the unpaid rows again…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Pay the unpaid rows again?" }));
  expect(dialog.getByText(/may still be paid by NOWPayments/)).toBeInTheDocument();
  expect(dialog.getByText(/Nothing is sent by this/)).toBeInTheDocument();
  expect(argumentsOf("pay_payouts_again")).toEqual([]);
  await user.click(dialog.getByRole("button", { name: "Look, and make a new batch" }));
  await waitFor(() => expect(route.path).toEqual(["payouts", "b2"]));
  expect(await screen.findByRole("heading", { name: "payouts.csv, again" })).toBeInTheDocument();
});

test("what was all paid is not paid again", async () => {
  open(() => batch("finished"));
  await screen.findByRole("grid", { name: "Rows of payouts.csv" });
  expect(screen.queryByRole("button", { name: /again/ })).not.toBeInTheDocument();
});

test("a paid row has its proof, which is copied as text", async () => {
  const hash = "9f2b".repeat(16);
  const paid = row(1, { status: "paid", paid_at: "2026-11-20T09:00:00Z", hash, contact: "Anna Weber" });
  const user = open(
    () => batch("finished"),
    () => [paid, row(2, { status: "sending" })],
  );
  await user.click(await screen.findByText("Anna Weber"));
  const panel = within(await screen.findByRole("complementary", { name: "Row 1" }));
  await user.click(panel.getByRole("button", { name: "Proof of payment" }));
  const dialog = await screen.findByRole("dialog", { name: "Proof of payment" });
  for (const words of ["200 TRX", "Anna Weber", hash, "Demo shop", "Practice money"])
    expect(dialog).toHaveTextContent(words);
  expect(dialog.textContent).toContain(paid.address);
  await user.click(within(dialog).getByRole("button", { name: "Copy as text" }));
  expect(await navigator.clipboard.readText()).toContain(`Transaction: ${hash}`);
});

/** A batch of an amount of bitcoin and of 250 euros in bitcoin. */
const withSum = (
  state: Batch["summary"]["state"],
  own: Partial<Batch> = {},
  execute_at: string | null = null,
) => batch(state, { summary: summary(state, { payable: 2, totals: [mixed()], execute_at }), ...own });

const amountRow = row(1, { currency: "btc", amount: "0.0052" });
const later = () => new Date(Date.now() + 86_400_000).toISOString();

test("a row of a sum shows the sum and about how much of the coin it is, before the check only the coin", async () => {
  let rows = [amountRow, sumRow(2, { coin_amount: null })];
  open(
    () => withSum("checked"),
    () => rows,
  );
  const grid = within(await screen.findByRole("grid", { name: "Rows of payouts.csv" }));
  const line = (await grid.findByText("in BTC")).closest("[role=row]");
  expect(line).toHaveTextContent("250.00 EUR");
  rows = [amountRow, sumRow(2)];
  await announce({ kind: "payouts", batch: "b1" });
  expect(await grid.findByText("about 0.0027 BTC")).toBeInTheDocument();
});

test("what a sum is in coins is exact once the batch was created", async () => {
  open(
    () => withSum("created", { provider_id: "500" }),
    () => [amountRow, sumRow(2, { status: "waiting", provider_id: "501" })],
  );
  const grid = within(await screen.findByRole("grid", { name: "Rows of payouts.csv" }));
  expect(await grid.findByText("0.0027 BTC")).toBeInTheDocument();
  expect(within(screen.getByRole("table", { name: "Totals per coin" })).getByText("0.0079 in all"));
});

test("what a sum is in coins stays about as long as the batch waits for its time", async () => {
  open(
    () => withSum("verified", { provider_id: "500" }, later()),
    () => [amountRow, sumRow(2, { status: "processing", provider_id: "501" })],
  );
  const grid = within(await screen.findByRole("grid", { name: "Rows of payouts.csv" }));
  expect(await grid.findByText("about 0.0027 BTC")).toBeInTheDocument();
  expect(screen.getByText("about 0.0079 in all")).toBeInTheDocument();
});

test("a row that says both an amount and a sum shows what stood there", async () => {
  route.replace(["payouts", "b1"], { row: "2" });
  const problem = { column: "fiat_amount", value: "250", code: "amount_twice", message: "It says both." };
  open(withBad, () => [
    row(1),
    sumRow(2, { status: "bad", amount: "0.01", coin_amount: null, problems: [problem] }),
  ]);
  const panel = within(await screen.findByRole("complementary", { name: "Row 2" }));
  expect(panel.getByText("0.01")).toBeInTheDocument();
  expect(panel.getByText("250 eur")).toBeInTheDocument();
  expect(panel.getByText("Sum of money")).toBeInTheDocument();
});

test("the totals of a coin hold its coins, each sum of money, and about how much of the coin it is in all", async () => {
  open(() => withSum("checked"));
  const table = await screen.findByRole("table", { name: "Totals per coin" });
  expect(table).toHaveTextContent("0.0052");
  expect(within(table).getByText("+ 250.00 EUR")).toBeInTheDocument();
  expect(within(table).getByText("about 0.0079 in all")).toBeInTheDocument();
  // 0.0391 less 0.0079 and the fee.
  expect(table).toHaveTextContent("0.03116");
});

test("where all rows of a coin are sums no coins are made up, and nothing is reckoned before the check", async () => {
  const unchecked = { amount: "0", fiat_in_coins: null, fee: null, balance: null, worth: null };
  open(() => batch("draft", { summary: summary("draft", { totals: [mixed(unchecked)] }) }));
  const table = await screen.findByRole("table", { name: "Totals per coin" });
  expect(within(table).getByText("250.00 EUR")).toBeInTheDocument();
  expect(table).not.toHaveTextContent(/\b0\b|in all|\+/);
});

test("before sending, the owner reads when the coins of sums are worked out", async () => {
  const schedule = { execute_at: later(), repetition: null };
  let now = withSum("checked");
  const user = open(() => now);
  await user.click(await screen.findByRole("button", { name: /^Send 2 payouts/ }));
  const dialog = await screen.findByRole("dialog", { name: "Send 2 payouts?" });
  expect(dialog).toHaveTextContent(/in 1 coin: 0\.0052 BTC and 250\.00 EUR in BTC\./);
  expect(dialog).toHaveTextContent("at its own rate when it creates the batch");
  now = withSum("checked", { schedule }, schedule.execute_at);
  await announce({ kind: "payouts", batch: "b1" });
  await waitFor(() => expect(dialog).toHaveTextContent("at its own rate when the time of the batch comes"));
});

test("a batch without sums says nothing of them", async () => {
  const user = open(() => batch("checked"));
  await user.click(await screen.findByRole("button", { name: /^Send 3 payouts/ }));
  const dialog = await screen.findByRole("dialog", { name: "Send 3 payouts?" });
  expect(dialog).not.toHaveTextContent("sums of money");
});

test("control totals propose the coins and the currencies of the batch, and no sums", async () => {
  const user = open(() =>
    batch("checked", { summary: summary("checked", { totals: [mixed({ amount: "0" })] }) }),
  );
  await user.click(await screen.findByRole("button", { name: "Compare with control totals…" }));
  const dialog = await screen.findByRole("dialog", { name: "Control totals" });
  const field = within(dialog).getByRole("combobox", { name: "Coin or currency" });
  const codes = [...(field as HTMLInputElement).list!.options].map(({ value }) => value);
  expect(codes).toEqual(["eur"]);
  expect(dialog).toHaveTextContent("This batch has sums in EUR.");
  expect(within(dialog).getByRole("textbox", { name: "Sum" })).toHaveValue("");
});

test("the proof of a sum names the coins that were paid, and what they were worth", async () => {
  const user = open(
    () => withSum("finished", { provider_id: "500" }),
    () => [sumRow(1, { status: "paid", provider_id: "501", contact: "Anna Weber" })],
  );
  await user.click(await screen.findByText("Anna Weber"));
  const panel = within(await screen.findByRole("complementary", { name: "Row 1" }));
  await user.click(panel.getByRole("button", { name: "Proof of payment" }));
  const dialog = await screen.findByRole("dialog", { name: "Proof of payment" });
  expect(dialog.querySelector(".amount")).toHaveTextContent(/^0\.0027\sBTC$/);
  expect(within(dialog).getByText("Worth 250.00 EUR")).toBeInTheDocument();
});
