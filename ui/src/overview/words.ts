import type { TakingsSpan, TakingsStep } from "../bridge";
import { numberFormat } from "../lib/formats";
import { href } from "../lib/router.svelte";
import { m } from "../messages";
import { language } from "../messages/language.svelte";
import { choices, choose } from "../payments/operators";

/** The decimals of currencies that are no coins. */
export const CENTS = 2;

/** How sales compare with those of as much of the day, week or month before, in words. */
interface Comparison {
  way: "more" | "less" | "same" | "none";
  words: string;
}

const thens: Record<TakingsStep, () => string> = {
  day: m.overview_then_day,
  week: m.overview_then_week,
  month: m.overview_then_month,
};

export function compared({ step, change }: TakingsSpan): Comparison {
  const then = thens[step]();
  if (change === null) return { way: "none", words: m.overview_no_comparison({ then }) };
  if (change === 0) return { way: "same", words: m.overview_same({ then }) };
  const percent = numberFormat(language.forms, { style: "unit", unit: "percent" }).format(Math.abs(change));
  return change > 0
    ? { way: "more", words: m.overview_more({ percent, then }) }
    : { way: "less", words: m.overview_less({ percent, then }) };
}

/** How many of ten payments that ended were paid. `perMille` is rounded down, and never says more than was. */
export function shareText(perMille: number | null, finished: number): string {
  if (perMille === null) return m.overview_share_open();
  if (finished === 0) return m.overview_share_none();
  if (perMille === 1000) return m.overview_share_all();
  const n = Math.floor(perMille / 100);
  if (n === 0) return m.overview_share_few();
  return perMille % 100 === 0 ? m.overview_share({ n }) : m.overview_share_over({ n });
}

/** What a list of payments is narrowed to. */
interface Narrowed {
  currency: string;
  /** The first day on which they were made. */
  begins: string;
  status?: string;
  coin?: string;
}

/** The address of the list of these payments. */
export function listed({ currency, begins, status = "", coin = "" }: Narrowed): string {
  let search = choose("", choices.status, status);
  search = choose(search, choices.coin, coin);
  search = choose(search, choices.currency, currency);
  return href(["payments"], { search: choose(search, choices.after, begins) });
}
