import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { toast } from "svelte-sonner";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { AttentionCase, AttentionQuery, NewRefund, PaymentRow } from "../bridge";
import { announce, argumentsOf, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { detail } from "../payments/test-payment";
import { batch, paged, row as batchRow } from "../payouts/test-batch";

const payment: PaymentRow = {
  id: "501",
  status: "partially_paid",
  order_id: "ORD-1",
  order_description: "Two bags",
  price_amount: "18.4",
  price_currency: "eur",
  pay_amount: "20",
  actually_paid: "12.5",
  pay_currency: "usdt",
  worth: { amount: "11.5", about: true },
  pay_address: null,
  invoice_id: null,
  purchase_id: null,
  outcome_amount: null,
  outcome_currency: null,
  into_balance: null,
  created_at: "2026-11-20T09:00:00Z",
  updated_at: "2026-11-20T10:00:00Z",
};

function item(id: number, own: Partial<AttentionCase> = {}, of: Partial<PaymentRow> = {}): AttentionCase {
  return {
    id,
    kind: "underpaid",
    shelf: "open",
    since: "2026-11-20T10:00:00Z",
    payment: { ...payment, id: `50${id}`, order_id: `ORD-${id}`, ...of },
    parent: null,
    amount: "7.5",
    worth: { amount: "6.9", about: true },
    refundable: "12.5",
    refund: null,
    settled: null,
    ...own,
  };
}

const overpaid = (id: number) =>
  item(
    id,
    { kind: "overpaid", amount: "0.12345678", refundable: "0.12345678", worth: { amount: "5", about: true } },
    { status: "finished", pay_amount: "1", actually_paid: "1.12345678", pay_currency: "ltc" },
  );

/** A shop with these cases, listed and settled as the program would. */
function shop(cases: AttentionCase[], own: Record<string, (args: never) => unknown> = {}) {
  const lying = (shelf: string) => cases.filter((each) => each.shelf === shelf);
  const counts = () => ({
    open: lying("open").length,
    earlier: lying("earlier").length,
    settled: lying("settled").length,
  });
  const change = (id: number, to: Partial<AttentionCase>) => {
    const at = cases.findIndex((each) => each.id === id);
    cases[at] = { ...cases[at]!, ...to };
    void announce({ kind: "attention" });
    return cases[at];
  };
  program({
    attention_count: counts,
    attention_cases: ({ query }: { query: AttentionQuery }) => {
      const rows = lying(query.shelf).filter(({ kind }) => !query.kind || kind === query.kind);
      const from = Number(query.after ?? 0);
      const to = from + query.limit;
      const kinds = [...new Set(lying(query.shelf).map(({ kind }) => kind))];
      return {
        rows: rows.slice(from, to),
        next: to < rows.length ? String(to) : null,
        total: rows.length,
        kinds: kinds.map((kind) => ({
          kind,
          count: lying(query.shelf).filter((each) => each.kind === kind).length,
        })),
        shelves: counts(),
      };
    },
    attention_case: ({ id }: { id: number }) => {
      const found = cases.find((each) => each.id === id);
      if (!found) throw failure("not_found", "There is no such case.");
      return found;
    },
    attention_of_payment: ({ id }: { id: string }) =>
      cases.filter((each) => each.payment.id === id && each.shelf !== "settled"),
    settle_attention: ({ id, note }: { id: number; note: string | null }) =>
      change(id, { shelf: "settled", settled: { at: "2026-11-25T10:00:00Z", by: "owner", note } }),
    reopen_attention: ({ id }: { id: number }) => change(id, { shelf: "open", settled: null }),
    ...own,
  });
}

const list = () => screen.findByRole("grid", { name: "Needs attention" });
const line = async (order: string) => (await within(await list()).findByText(order)).closest("[role=row]")!;

beforeEach(() => {
  toast.dismiss();
  route.replace(["attention"]);
});

test("a case says what happened, what it is worth and since when; the navigation says how many are open", async () => {
  shop([item(1), overpaid(2), item(3, { shelf: "earlier" })]);
  render(App);
  const first = await line("ORD-1");
  expect(first).toHaveTextContent("Underpaid");
  expect(first).toHaveTextContent("12.5 USDT of 20 USDT came. Missing: 7.5 USDT (about 6.90 EUR).");
  expect(first).toHaveTextContent("6.90 EUR");
  expect(await line("ORD-2")).toHaveTextContent("1.12345678 LTC came for 1 LTC. Too much: 0.12345678 LTC");
  expect(screen.queryByText("ORD-3")).toBeNull();
  expect(screen.getByRole("link", { name: /Needs attention 2 open/ })).toBeVisible();
});

test("each kind has a sentence with what came of what", async () => {
  const done = { status: "finished", actually_paid: "3", pay_amount: "3" };
  const parent = { ...payment, status: "finished", pay_currency: "btc" };
  shop([
    item(1, { kind: "late", amount: "3", worth: null }, done),
    item(2, { kind: "repeated", amount: "3", worth: null, parent }, done),
    item(
      3,
      { kind: "repeated", amount: "3", worth: null, parent: { ...parent, status: "partially_paid" } },
      done,
    ),
    item(4, { kind: "wrong_asset", amount: "3", worth: null, parent }, done),
    item(5, { kind: "failed", amount: null, worth: null }, { status: "failed" }),
    item(6, { kind: "stuck", amount: "3", worth: null }, { status: "sending" }),
  ]);
  render(App);
  for (const [order, sentence] of [
    ["ORD-1", "3 USDT came after the payment had ended."],
    ["ORD-2", "3 USDT came once more, for a payment that has been paid."],
    ["ORD-3", "3 USDT came on top of a payment that was underpaid."],
    ["ORD-4", "3 USDT came where BTC was expected."],
    ["ORD-5", "It failed. Nothing came."],
    ["ORD-6", "It has stood at “On its way to you” for more than a day."],
  ] as const) {
    expect(await line(order)).toHaveTextContent(sentence);
  }
});

test("a shop in which all is well says so", async () => {
  shop([]);
  render(App);
  expect(await screen.findByText("Nothing needs you")).toBeVisible();
  expect(screen.queryByText(/ open$/)).toBeNull();
});

test("with the keyboard alone a case is opened, settled with a note, and the next one shown; undo brings it back", async () => {
  shop([item(1), overpaid(2)]);
  const user = userEvent.setup();
  render(App);
  (await list()).focus();
  await user.keyboard("{Enter}");
  const panel = await screen.findByRole("complementary", { name: "Underpaid" });
  expect(panel).toHaveTextContent("What came is yours.");
  await user.type(within(panel).getByRole("textbox", { name: "Note" }), "paid in cash{Enter}");
  expect(await screen.findByRole("complementary", { name: "Overpaid" })).toBeVisible();
  expect(argumentsOf("settle_attention")).toEqual([{ id: 1, note: "paid in cash" }]);
  await waitFor(() => expect(screen.queryByText("ORD-1")).toBeNull());

  await user.keyboard("z");
  expect(await line("ORD-1")).toBeVisible();
  expect(argumentsOf("reopen_attention")).toEqual([{ id: 1 }]);
});

test("one key settles what is open beside the list, and Escape goes back", async () => {
  shop([item(1)]);
  route.replace(["attention", "1"]);
  const user = userEvent.setup();
  render(App);
  const panel = await screen.findByRole("complementary", { name: "Underpaid" });
  await user.keyboard("{Escape}");
  await waitFor(() => expect(panel).not.toBeInTheDocument());
  (await list()).focus();
  await user.keyboard("{Enter}");
  await screen.findByRole("button", { name: "Mark as settled" });
  await user.keyboard("e");
  expect(await screen.findByText("Nothing needs you")).toBeVisible();
  expect(argumentsOf("settle_attention")).toEqual([{ id: 1, note: null }]);
  // Pressed as a screen reader does: jsdom has no pointers for the toast to capture.
  (await screen.findByRole("button", { name: "Undo" })).click();
  expect(await line("ORD-1")).toBeVisible();
});

test("the rest is asked for with a further payment that is filled in", async () => {
  shop([item(1), overpaid(2)]);
  route.replace(["attention", "2"]);
  const user = userEvent.setup();
  render(App);
  await screen.findByRole("complementary", { name: "Overpaid" });
  expect(screen.queryByRole("button", { name: "Ask for the rest" })).toBeNull();
  await user.click(await within(await list()).findByText("ORD-1"));
  await user.click(await screen.findByRole("button", { name: "Ask for the rest" }));
  expect(location.hash).toBe("#/payments/new?follow=501");
});

test("a refund is prepared with an address that the owner gives and an amount that is never rounded unasked", async () => {
  let refused = true;
  const prepared = { batch: "b1", name: "Refund of payment 502", state: "draft" as const };
  shop([overpaid(2)], {
    prepare_refund: () => {
      if (refused) throw failure("invalid", "This is no address of LTC.", "address");
      return { ...overpaid(2), refund: prepared };
    },
    payout_batch: () => batch("draft"),
    payout_rows: paged(() => [batchRow(1)]),
  });
  route.replace(["attention", "2"]);
  const user = userEvent.setup();
  render(App);
  await screen.findByRole("button", { name: "Prepare a refund" });
  await user.keyboard("r");
  const dialog = await screen.findByRole("dialog", { name: "Prepare a refund" });
  const address = within(dialog).getByRole("textbox", { name: "Your customer's LTC address" });
  const amount = within(dialog).getByRole("textbox", { name: "Amount in LTC" });
  const go = within(dialog).getByRole("button", { name: "Prepare the draft" });
  expect(amount).toHaveValue("0.12345678");
  await user.type(address, "nowhere");
  expect(go).toBeDisabled();
  expect(dialog).toHaveTextContent("With 0.123456 LTC, 0.00000078 LTC stay with you.");
  await user.click(within(dialog).getByRole("button", { name: "Take 0.123456 LTC" }));
  expect(amount).toHaveValue("0.123456");
  await user.click(go);
  await waitFor(() => expect(address).toBeInvalid());
  expect(address).toHaveAccessibleDescription(/This is no address of LTC\./);

  refused = false;
  await user.clear(address);
  await user.type(address, "ltc1qcustomer");
  await user.click(go);
  await waitFor(() => expect(route.path).toEqual(["payouts", "b1"]));
  const [, last] = argumentsOf("prepare_refund") as { id: number; refund: NewRefund }[];
  expect(last).toEqual({ id: 2, refund: { address: "ltc1qcustomer", extra_id: null, amount: "0.123456" } });
});

test("a refund under way is shown with its state and is not prepared twice; one that paid nothing may be", async () => {
  const refund = { batch: "b1", name: "Refund of payment 502", state: "created" as const };
  shop([
    { ...overpaid(2), refund },
    { ...overpaid(3), refund: { ...refund, state: "expired" } },
  ]);
  route.replace(["attention", "2"]);
  const user = userEvent.setup();
  render(App);
  expect(await screen.findByRole("link", { name: "Refund of payment 502" })).toHaveAttribute(
    "href",
    "#/payouts/b1",
  );
  expect(screen.queryByRole("button", { name: "Prepare a refund" })).toBeNull();
  await user.click(await within(await list()).findByText("ORD-3"));
  expect(await screen.findByRole("button", { name: "Prepare a refund" })).toBeVisible();
});

test("what cannot be sent back is not offered, and why is said", async () => {
  shop([item(1, { kind: "late", refundable: null }, { status: "expired" })]);
  route.replace(["attention", "1"]);
  render(App);
  expect(await screen.findByText(/not credited by itself/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Prepare a refund" })).toBeNull();
});

test("earlier and settled ones have their places, with words and notes", async () => {
  const settled = { at: "2026-11-24T10:00:00Z", by: "owner" as const, note: "forgiven" };
  shop([
    item(1),
    item(2, { shelf: "earlier" }),
    item(3, { shelf: "settled", settled }),
    item(4, { shelf: "settled", settled: { ...settled, by: "itself", note: null } }, { status: "finished" }),
  ]);
  const user = userEvent.setup();
  render(App);
  await line("ORD-1");
  await user.click(screen.getByRole("radio", { name: "Earlier: 1" }));
  expect(await line("ORD-2")).toBeVisible();
  expect(screen.getByText(/do not count as open/)).toBeVisible();
  await user.click(screen.getByRole("radio", { name: "Settled: 2" }));
  expect(await line("ORD-3")).toHaveTextContent("You marked this as settled. forgiven");
  expect(await line("ORD-4")).toHaveTextContent("It ended by itself: the rest came.");
  await user.click(await within(await list()).findByText("ORD-4"));
  expect(await screen.findByRole("complementary", { name: "Underpaid" })).toBeVisible();
  expect(screen.queryByRole("button", { name: "Open again" })).toBeNull();
  await user.click(await within(await list()).findByText("ORD-3"));
  await user.click(await screen.findByRole("button", { name: "Open again" }));
  expect(argumentsOf("reopen_attention")).toEqual([{ id: 3 }]);
});

test("one kind can be looked at alone", async () => {
  shop([item(1), overpaid(2)]);
  route.replace(["attention"], { kind: "overpaid" });
  render(App);
  expect(await line("ORD-2")).toBeVisible();
  expect(screen.queryByText("ORD-1")).toBeNull();
  const asked = argumentsOf("attention_cases") as { query: AttentionQuery }[];
  expect(asked.every(({ query }) => query.kind === "overpaid")).toBe(true);
});

test("a case that comes is there without a touch, and further pages are read as they come into sight", async () => {
  const cases = Array.from({ length: 230 }, (_, n) => item(n + 1));
  shop(cases);
  const user = userEvent.setup();
  render(App);
  await line("ORD-1");
  cases.unshift(item(999));
  await announce({ kind: "payments" });
  expect(await line("ORD-999")).toBeVisible();
  (await list()).focus();
  await user.keyboard("{End}");
  expect(await line("ORD-230")).toBeVisible();
});

test("what cannot be read says why and is read again when asked", async () => {
  let broken = true;
  shop([item(1)], {
    attention_cases: () => {
      if (broken) throw failure("other", "The disk is full.");
      return {
        rows: [item(1)],
        next: null,
        total: 1,
        kinds: [],
        shelves: { open: 1, earlier: 0, settled: 0 },
      };
    },
  });
  const user = userEvent.setup();
  render(App);
  expect(await screen.findByRole("alert")).toHaveTextContent("The disk is full.");
  broken = false;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await line("ORD-1")).toBeVisible();
});

test("the details of a payment begin with what is wrong, and lead to it", async () => {
  const one = item(1);
  shop([one], {
    list_payments: () => ({ rows: [one.payment], total: 1 }),
    payment: () => detail({ row: one.payment, missing: "7.5" }),
  });
  route.replace(["payments", "501"]);
  const user = userEvent.setup();
  render(App);
  const panel = await screen.findByRole("complementary", { name: "Payment" });
  expect(await within(panel).findByText(/Missing: 7\.5 USDT/)).toBeVisible();
  await user.click(within(panel).getByRole("link", { name: "Look into it" }));
  expect(await screen.findByRole("complementary", { name: "Underpaid" })).toBeVisible();
});
