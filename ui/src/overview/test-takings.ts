// What came in, for tests: a shop that sells in EUR, and what a test changes of it.
import type { Chart, Takes, TakingsBreakdown, TakingsSpan, TakingsStep, TakingsSummary } from "../bridge";

export function takes(own: Partial<Takes> = {}): Takes {
  return { sales: "0", orders: 0, besides: "0", besides_count: 0, besides_about: false, ...own };
}

export function span(step: TakingsStep, own: Partial<TakingsSpan> = {}): TakingsSpan {
  return { step, begins: "2026-11-27", now: takes(), before: takes(), change: null, ...own };
}

export function summary(own: Partial<TakingsSummary> = {}): TakingsSummary {
  return {
    currency: "eur",
    currencies: ["eur"],
    spans: [
      span("day", { now: takes({ sales: "1234.5", orders: 12 }), change: 12 }),
      span("week", { now: takes({ sales: "5000", orders: 40 }), change: -8 }),
      span("month", { now: takes({ sales: "20000.123", orders: 1 }) }),
    ],
    complete: true,
    ...own,
  };
}

export function breakdown(own: Partial<TakingsBreakdown> = {}): TakingsBreakdown {
  return {
    begins: "2026-10-29",
    ends: "2026-11-27",
    outcomes: {
      made: 1200,
      finished: 1000,
      open: 20,
      underpaid: 30,
      expired: 140,
      other: 10,
      finished_per_mille: 847,
    },
    coins: [
      { coin: "btc", orders: 700, sales: "15000.5", paid: "0.25" },
      { coin: "usdttrc20", orders: 300, sales: "5000", paid: "5432.123456" },
    ],
    received: [{ coin: "btc", count: 700, amount: "0.2488" }],
    leaves_out_balances: false,
    complete: true,
    ...own,
  };
}

export function chart(own: Partial<Chart> = {}): Chart {
  return {
    svg: '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="220" viewBox="0 0 640 220"><title>Sales</title></svg>',
    title: "Sales by day, in EUR",
    table: {
      columns: ["Day", "Sales"],
      rows: [
        ["2026-11-26", "1100"],
        ["2026-11-27", "1234.5"],
      ],
    },
    ...own,
  };
}
