import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { AttentionCase, PaymentQuery, SyncStatus, TakingsStep } from "../bridge";
import { balances } from "../balances/test-balances";
import { announce, appState, argumentsOf, demoShop, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { paymentRow } from "../payments/test-payment";
import { breakdown, chart, span, summary, takes } from "./test-takings";

// What the window loads when it is needed is there before a test waits for it.
import "./OverviewScreen.svelte";

const underpaid: AttentionCase = {
  id: 7,
  kind: "underpaid",
  shelf: "open",
  since: "2026-11-20T10:00:00Z",
  payment: paymentRow({ id: "501", status: "partially_paid", order_id: "ORD-7" }),
  parent: null,
  amount: "0.1",
  worth: { amount: "5.5", about: true },
  refundable: "0.4",
  refund: null,
  settled: null,
};

const synced: SyncStatus = {
  cached: 10,
  total: 10,
  complete: true,
  stopped: false,
  running: false,
  last_success: new Date().toISOString(),
  next_at: null,
  trouble: null,
};

/** A shop that money comes in to; what a test answers otherwise it says. */
function shop(own: Record<string, (args: never) => unknown> = {}) {
  program({
    takings_summary: () => summary(),
    takings_chart: () => chart(),
    takings_breakdown: () => breakdown(),
    attention_count: () => ({ open: 1, earlier: 0, settled: 0 }),
    attention_cases: () => ({ rows: [underpaid], next: null, total: 1, kinds: [], shelves: {} }),
    balances: () => balances(),
    sync_status: () => synced,
    list_payments: () => ({ rows: [paymentRow({ id: "801", order_id: "ORD-801" })], total: 1 }),
    payment_columns: () => [],
    payment_views: () => [],
    ...own,
  });
  render(App);
  return userEvent.setup();
}

const part = async (name: string) => within(await screen.findByRole("region", { name }));
const search = (link: HTMLElement) =>
  new URLSearchParams(link.getAttribute("href")!.split("?")[1]).get("search");

beforeEach(() => route.replace(["overview"]));

test("one glance says what came in today, this week and this month, and how that compares", async () => {
  shop();
  const today = await screen.findByRole("region", { name: "Today" });
  expect(today).toHaveTextContent("1,234.50 EUR");
  expect(today).toHaveTextContent("12 orders");
  expect(today).toHaveTextContent("12% more than by this time yesterday");
  const week = screen.getByRole("region", { name: "This week" });
  expect(week).toHaveTextContent("8% less than by this time last week");
  const month = screen.getByRole("region", { name: "This month" });
  expect(month).toHaveTextContent("20,000.123 EUR");
  expect(month).toHaveTextContent("1 order");
  expect(month).toHaveTextContent("Nothing had come by this time last month");
  expect(within(today).queryByRole("link")).toBeNull();
});

test("what came besides leads to what needs attention", async () => {
  const now = takes({ besides: "40.5", besides_count: 2, besides_about: true });
  shop({ takings_summary: () => summary({ spans: [span("day", { now, change: 0 })] }) });
  const today = await screen.findByRole("region", { name: "Today" });
  expect(today).toHaveTextContent("About as much as by this time yesterday");
  const besides = within(today).getByRole("link", {
    name: "about 40.50 EUR besides, from 2 payments that were underpaid or paid again",
  });
  expect(besides).toHaveAttribute("href", "#/attention");
});

test("what comes in is there as soon as it is told, and what is still added up is said", async () => {
  let now = summary({ complete: false });
  shop({ takings_summary: () => now });
  expect(await screen.findByText(/Older days are still being added up/)).toBeVisible();
  now = summary({ spans: [span("day", { now: takes({ sales: "1300", orders: 13 }) })] });
  await announce({ kind: "takings" });
  expect(await screen.findByText("13 orders")).toBeVisible();
  expect(screen.queryByText(/Older days are still being added up/)).toBeNull();
});

test("with prices in several currencies one is chosen, and everything follows", async () => {
  const user = shop({
    takings_summary: ({ currency }: { currency: string | null }) =>
      summary({ currency: currency ?? "eur", currencies: ["eur", "usd"] }),
  });
  (await screen.findByRole("combobox", { name: "Currency of the prices EUR" })).focus();
  await user.keyboard("u");
  expect(await screen.findByRole("region", { name: "Today" })).toHaveTextContent("USD");
  await waitFor(() => expect(argumentsOf("takings_chart").at(-1)).toMatchObject({ currency: "usd" }));
  expect(argumentsOf("takings_breakdown").at(-1)).toEqual({ days: 30, currency: "usd" });
  expect(route.query.get("currency")).toBe("usd");
});

test("a single currency offers no choice", async () => {
  shop();
  await screen.findByRole("region", { name: "Today" });
  expect(screen.queryByRole("combobox", { name: /Currency of the prices/ })).toBeNull();
});

test("sales are a picture by days, weeks or months, with the same numbers as a table", async () => {
  const user = shop({
    takings_chart: ({ step }: { step: TakingsStep }) => chart({ title: `Sales by ${step}, in EUR` }),
  });
  const sales = await part("Sales");
  expect(await sales.findByRole("img", { name: "Sales by day, in EUR" })).toBeVisible();
  await user.click(sales.getByRole("radio", { name: "Weeks" }));
  expect(await sales.findByRole("img", { name: "Sales by week, in EUR" })).toBeVisible();
  expect(argumentsOf("takings_chart").at(-1)).toMatchObject({ step: "week", count: 26 });
  await user.click(sales.getByRole("button", { name: "Show as a table" }));
  expect(sales.getByRole("table")).toHaveTextContent("1,234.50");
});

test("coins say how much they brought, and lead to their payments", async () => {
  const user = shop();
  const coins = await part("By coin");
  const line = (await coins.findByRole("rowheader", { name: "USDTTRC20" })).closest("tr")!;
  expect(line).toHaveTextContent(/300.*5,000\.00 EUR.*5,432\.123456 USDTTRC20/);
  expect(search(within(line).getByRole("link"))).toBe(
    "status:finished coin:usdttrc20 currency:eur after:2026-10-29",
  );
  coins.getByRole("combobox", { name: "How far back Last 30 days" }).focus();
  await user.keyboard("{Enter}{ArrowDown}{Enter}");
  await waitFor(() => expect(argumentsOf("takings_breakdown").at(-1)).toEqual({ days: 90, currency: "eur" }));
});

test("that payments into users' balances are not counted is said where there are any", async () => {
  let of = breakdown();
  shop({ takings_breakdown: () => of });
  const coins = await part("By coin");
  await coins.findByRole("rowheader", { name: "BTC" });
  expect(coins.queryByText(/users' balances/)).toBeNull();
  of = breakdown({ leaves_out_balances: true });
  await announce({ kind: "takings" });
  expect(await coins.findByText(/paid into users' balances is not counted/)).toBeVisible();
});

test("many coins are shown when somebody asks for all", async () => {
  const coins = Array.from({ length: 12 }, (_, at) => ({
    coin: `coin${at}`,
    orders: 1,
    sales: "1",
    paid: "1",
  }));
  const user = shop({ takings_breakdown: () => breakdown({ coins }) });
  const shown = await part("By coin");
  await user.click(await shown.findByRole("button", { name: "Show all 12 coins" }));
  expect(shown.getByRole("link", { name: "COIN11" })).toBeVisible();
});

test("what became of payments is counted, said in words, and leads to each of them", async () => {
  shop();
  const outcomes = within(await screen.findByRole("table", { name: "From created to paid" }));
  expect(screen.getByText("More than 8 of every 10 payments that ended were paid.")).toBeVisible();
  const counts = outcomes
    .getAllByRole("row")
    .slice(1)
    .map((row) => [...row.children].map(({ textContent }) => textContent.trim()).join(" "));
  expect(counts).toEqual([
    "Created 1,200",
    "Paid 1,000",
    "Still open 20",
    "Underpaid 30",
    "Expired 140",
    "Failed, refunded or unknown 10",
  ]);
  const searches = outcomes.getAllByRole("link").map(search);
  const rest = "currency:eur after:2026-10-29";
  expect(searches).toEqual([
    rest,
    `status:finished ${rest}`,
    `status:open ${rest}`,
    `status:partially_paid ${rest}`,
    `status:expired ${rest}`,
    `status:failed,refunded ${rest}`,
  ]);
});

test("what needs the owner is counted, and its newest cases lead to themselves", async () => {
  let open = 6;
  shop({
    attention_count: () => ({ open, earlier: 0, settled: 0 }),
    attention_cases: () => ({
      rows: open ? [underpaid] : [],
      next: null,
      total: open,
      kinds: [],
      shelves: {},
    }),
  });
  const needs = await part("Needs attention");
  expect(await needs.findByText("6 payments need you")).toBeVisible();
  expect(needs.getByRole("link", { name: /Underpaid ORD-7 .*5\.50\sEUR/ })).toHaveAttribute(
    "href",
    "#/attention/7",
  );
  expect(needs.getByRole("link", { name: "Show all that needs you" })).toHaveAttribute("href", "#/attention");
  open = 0;
  await announce({ kind: "attention" });
  expect(await needs.findByText("Nothing needs you")).toBeVisible();
  expect(needs.queryByRole("link")).toBeNull();
});

test("what nobody knows the end of is said, and nothing says that all is well", async () => {
  let unclear = [
    { place: "payouts", count: 1 },
    { place: "bank_payouts", count: 2 },
  ];
  shop({
    attention_count: () => ({ open: 0, earlier: 0, settled: 0 }),
    attention_cases: () => ({ rows: [], next: null, total: 0, kinds: [], shelves: {} }),
    unclear: () => unclear,
  });
  const needs = await part("Needs attention");
  expect(await needs.findByRole("link", { name: "Payouts: 1 unclear" })).toHaveAttribute("href", "#/payouts");
  expect(needs.getByRole("link", { name: "Bank payouts: 2 unclear" })).toHaveAttribute(
    "href",
    "#/payouts/bank",
  );
  expect(needs.queryByText("Nothing needs you")).toBeNull();
  const navigation = within(screen.getByRole("navigation", { name: "Main" }));
  expect(await navigation.findByText("3 open")).toBeInTheDocument();
  unclear = [];
  await announce({ kind: "moves" });
  expect(await needs.findByText("Nothing needs you")).toBeVisible();
});

test("a payout that waits for a code is at the top, with its deadline", async () => {
  const user = shop({
    pending_approvals: () => [
      {
        id: "a1",
        batch: "b1",
        name: "Wages",
        rows_hash: "00",
        expires_at: new Date(Date.now() + 40 * 60_000 + 5_000).toISOString(),
        attempts_left: 10,
        recipients: 3,
        new_recipients: 0,
        totals: [],
        warning: null,
        not_before: null,
      },
    ],
  });
  expect(await screen.findByText("Wages is waiting for your code")).toBeVisible();
  expect(screen.getByText(/40 minutes left/)).toBeVisible();
  expect(await screen.findByText("1 payout waits for your code")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Give the code for Wages" }));
  expect(route.path).toEqual(["payouts", "b1", "approve"]);
});

test("the balances lead to each coin, and say what is not in their worth", async () => {
  shop();
  const held = await part("Balances");
  expect(await held.findByRole("link", { name: /0\.75\sBTC.*50,000\.50\sUSD/ })).toHaveAttribute(
    "href",
    "#/balances/btc",
  );
  expect(held.getByRole("link", { name: /and on its way\s0\.01\sBTC/ })).toBeVisible();
  expect(held.getByText("Worth together").closest("p")).toHaveTextContent("51,200.50 USD");
  expect(held.getByText(/^1 coin is not in it/)).toBeVisible();
});

test("the latest payments open themselves, and new ones appear", async () => {
  let rows = [paymentRow({ id: "801", order_id: "ORD-801", price_amount: "25" })];
  shop({ list_payments: () => ({ rows, total: rows.length }) });
  const latest = await part("Latest payments");
  expect(await latest.findByRole("link", { name: /ORD-801 Paid 25\.00\sEUR/ })).toHaveAttribute(
    "href",
    "#/payments/801",
  );
  expect(argumentsOf("list_payments")).toEqual([
    { query: { search: "", sort: "created", descending: true, from: 0, limit: 6 } satisfies PaymentQuery },
  ]);
  rows = [paymentRow({ id: "802", order_id: "ORD-802", status: "waiting" }), ...rows];
  await announce({ kind: "payments" });
  expect(await latest.findByRole("link", { name: /ORD-802 Awaiting payment/ })).toBeVisible();
});

test("how the connection stands is said in words, with its trouble", async () => {
  const message = "NOWPayments could not be reached. Nothing was done.";
  shop({
    sync_status: () => ({
      ...synced,
      trouble: { message, offline: true, since: new Date().toISOString() },
    }),
  });
  const service = await part("Connection to NOWPayments");
  expect(await service.findByText(/^Offline/)).toBeVisible();
  expect(service.getByText(new RegExp(message))).toHaveTextContent("can still be read");
});

test("a shop without payments is invited to its first steps", async () => {
  const user = shop({
    takings_summary: () => summary({ currency: null, currencies: [], spans: [] }),
    attention_count: () => ({ open: 0, earlier: 0, settled: 0 }),
    attention_cases: () => ({ rows: [], next: null, total: 0, kinds: [], shelves: {} }),
    balances: () => balances({ coins: [], worth: "0", without_worth: 0, read_at: null }),
  });
  expect(await screen.findByText("What comes in will be here")).toBeVisible();
  expect(screen.queryByRole("region", { name: "Sales" })).toBeNull();
  expect(await screen.findByText("Not read yet")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "New payment link" }));
  expect(route.path).toEqual(["payments", "new"]);
  expect(route.query.get("kind")).toBe("link");
});

test("a shop whose first payments are being fetched is told so, not invited to begin", async () => {
  shop({
    takings_summary: () => summary({ currency: null, currencies: [], spans: [] }),
    sync_status: () => ({ ...synced, complete: false, running: true }),
  });
  expect(await screen.findByText("Your payments are being fetched")).toBeVisible();
  expect(screen.queryByRole("button", { name: "New payment link" })).toBeNull();
});

test("what cannot be read fails alone, says why, and is asked for again", async () => {
  let broken = true;
  const fail = () => {
    throw failure("other", "The disk is full.");
  };
  const user = shop({
    takings_breakdown: () => (broken ? fail() : breakdown()),
    attention_cases: () =>
      broken ? fail() : { rows: [underpaid], next: null, total: 1, kinds: [], shelves: {} },
  });
  const coins = await part("By coin");
  expect(await coins.findByText("The disk is full.")).toBeVisible();
  const needs = await part("Needs attention");
  expect(await needs.findByText("The disk is full.")).toBeVisible();
  expect(needs.queryByText("Nothing needs you")).toBeNull();
  expect(screen.getByRole("region", { name: "Today" })).toHaveTextContent("1,234.50 EUR");
  broken = false;
  await user.click(coins.getByRole("button", { name: "Try again" }));
  expect(await coins.findByRole("link", { name: "BTC" })).toBeVisible();
  expect(coins.queryByText("The disk is full.")).toBeNull();
});

test("without what came in, everything else is still there", async () => {
  shop({
    takings_summary: () => {
      throw failure("other", "The disk is full.");
    },
  });
  expect(await screen.findByText("The disk is full.")).toBeVisible();
  expect(await (await part("Balances")).findByRole("link", { name: /BTC/ })).toBeVisible();
});

test("it is in the navigation, and on the keyboard", async () => {
  route.replace(["attention"]);
  const user = shop();
  const navigation = within(await screen.findByRole("navigation", { name: "Main" }));
  expect(navigation.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual([
    "#/overview",
    "#/payments",
    "#/subscriptions",
    "#/attention",
    "#/payouts",
    "#/balances",
    "#/custody",
    "#/conversions",
    "#/settings",
  ]);
  await user.keyboard("gh");
  expect(await screen.findByRole("region", { name: "Today" })).toBeVisible();
  expect(navigation.getByRole("link", { name: "Overview" })).toHaveAttribute("aria-current", "page");
});

test("the window begins with the payments, as long as it is not told otherwise", async () => {
  route.replace([]);
  shop();
  expect(await screen.findByRole("grid", { name: "Payments" })).toBeVisible();
  expect(argumentsOf("takings_summary")).toEqual([]);
});

test("it speaks German", async () => {
  shop({
    app_state: () =>
      appState({
        shops: [demoShop],
        open: demoShop.id,
        settings: { theme: "system", text_size: "normal" as const, language: "de", formats: "system" },
      }),
  });
  const today = await screen.findByRole("region", { name: "Heute" });
  expect(today).toHaveTextContent("1.234,50 EUR");
  expect(today).toHaveTextContent("12 Bestellungen");
  expect(today).toHaveTextContent(/12\s% mehr als gestern bis zur selben Zeit/);
  expect(
    await screen.findByText("Von je 10 Zahlungen, die zu Ende sind, wurden mehr als 8 bezahlt."),
  ).toBeVisible();
});
