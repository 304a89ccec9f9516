// A small batch for tests: three good rows, two coins, and what a test changes of it.
import type {
  Batch,
  BatchRow,
  BatchState,
  BatchSummary,
  CoinTotal,
  PendingApproval,
  RowPage,
  RowQuery,
} from "../bridge";

const TRON = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8";

export function row(number: number, own: Partial<BatchRow> = {}): BatchRow {
  return {
    number,
    line: number + 1,
    address: TRON,
    currency: "trx",
    network: null,
    amount: "200",
    fiat_amount: null,
    fiat_currency: null,
    coin_amount: null,
    extra_id: null,
    description: null,
    external_id: null,
    problems: [],
    warnings: [],
    raw: null,
    edited: false,
    is_new: false,
    contact: null,
    status: "ready",
    provider_status: null,
    provider_id: null,
    hash: null,
    explorer: null,
    error: null,
    paid_at: null,
    fee: null,
    ...own,
  };
}

/** A row with an exponent for an amount. */
export function badRow(number: number): BatchRow {
  const problem = {
    column: "amount",
    value: "1e3",
    code: "amount_format",
    message: "Write the amount out in full.",
  };
  return row(number, { status: "bad", amount: "1e3", problems: [problem] });
}

/** A row of 250 euros in bitcoin, as it is after the check. */
export function sumRow(number: number, own: Partial<BatchRow> = {}): BatchRow {
  const sum = { fiat_amount: "250", fiat_currency: "eur", coin_amount: "0.0027" };
  return row(number, { currency: "btc", amount: "", ...sum, ...own });
}

const totals: CoinTotal[] = [
  {
    currency: "btc",
    rows: 1,
    amount: "0.0052",
    fiat: [],
    fiat_in_coins: null,
    fee: "0.00004",
    balance: "0.0391",
    short: null,
    worth: "478.4",
    worth_currency: "usd",
  },
  {
    currency: "trx",
    rows: 2,
    amount: "400",
    fiat: [],
    fiat_in_coins: null,
    fee: "2.2",
    balance: "18250.117",
    short: null,
    worth: "120.1",
    worth_currency: "usd",
  },
];

/** Bitcoin of which one row names an amount, and another 250 euros. */
export function mixed(own: Partial<CoinTotal> = {}): CoinTotal {
  const fiat = [{ currency: "eur", rows: 1, amount: "250" }];
  return { ...totals[0]!, rows: 2, fiat, fiat_in_coins: "0.0027", ...own };
}

export function summary(state: BatchState, own: Partial<BatchSummary> = {}): BatchSummary {
  const created_at = "2026-11-20T09:00:00Z";
  return {
    id: "b1",
    name: "payouts.csv",
    state,
    payable: 3,
    bad: 0,
    paid: 0,
    failed: 0,
    totals,
    execute_at: null,
    part: null,
    parts: 0,
    created_at,
    updated_at: created_at,
    ...own,
  };
}

export function approval(own: Partial<PendingApproval> = {}): PendingApproval {
  return {
    id: "a1",
    batch: "b1",
    name: "payouts.csv",
    rows_hash: "h1",
    expires_at: new Date(Date.now() + 43.5 * 60_000).toISOString(),
    attempts_left: 10,
    recipients: 3,
    new_recipients: 0,
    totals,
    warning: null,
    not_before: null,
    ...own,
  };
}

/** Part `number` of three of the batch `w1`, with an id of its own: `p1`, `p2`, `p3`. */
export function part(number: number, state: BatchState, own: Partial<BatchSummary> = {}): BatchSummary {
  return summary(state, {
    id: `p${number}`,
    name: `wages.csv (${number} of 3)`,
    part: { whole: "w1", number, of: 3 },
    ...own,
  });
}

export function batch(state: BatchState, own: Partial<Batch> = {}): Batch {
  return {
    summary: summary(state),
    file: { records: 4, header: 1, blank: 0, accepted: 3, rejected: 0 },
    removed: 0,
    edited: 0,
    control: null,
    rows_hash: "h1",
    checking: null,
    obstacles: [],
    warnings: [],
    new_recipients: 0,
    will_be_parts: 1,
    provider_id: null,
    approval: state === "created" ? approval() : null,
    trouble: null,
    schedule: null,
    can_be_called_off: false,
    looks: 0,
    candidates: [],
    may_release: false,
    steps: [],
    worth: "598.5",
    worth_currency: "usd",
    ...own,
  };
}

/** Answers for `payout_rows`, as the program pages. */
export function paged(rows: () => BatchRow[]) {
  return ({ query }: { query: RowQuery }): RowPage => {
    const matches = {
      all: () => true,
      bad: ({ status }: BatchRow) => status === "bad",
      warned: ({ warnings }: BatchRow) => warnings.length > 0,
      good: ({ status }: BatchRow) => status !== "bad",
      failed: ({ status }: BatchRow) => status === "rejected",
      new: ({ status, is_new }: BatchRow) => status !== "bad" && is_new,
    }[query.filter];
    const found = rows().filter(matches);
    const rest = found.filter(({ number }) => number > (query.after ?? 0));
    const page = rest.slice(0, query.limit);
    return {
      rows: page,
      total: found.length,
      next: page.length < rest.length ? (page.at(-1)?.number ?? null) : null,
    };
  };
}
