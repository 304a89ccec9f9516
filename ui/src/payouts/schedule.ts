import type { BatchSummary, Interval, Repetition, Schedule } from "../bridge";
import { isAhead } from "../lib/clock.svelte";
import { dateFormat } from "../lib/formats";
import { m } from "../messages";
import { language } from "../messages/language.svelte";

/** Whether a batch is approved and its time has not come. */
export function waitsForItsTime({ state, execute_at }: Pick<BatchSummary, "state" | "execute_at">): boolean {
  return state === "verified" && !!execute_at && isAhead(execute_at);
}

/** "Monday, 30 November 2026 at 09:00 CET": a time that money moves at, by the clock of this computer. */
export function momentText(time: string): string {
  const format = dateFormat(language.forms, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  });
  return format.format(new Date(time));
}

const everyWords: Record<Interval, (inputs: { count: number }) => string> = {
  days: m.schedule_every_days,
  weeks: m.schedule_every_weeks,
  months_by_day: m.schedule_every_months,
  months_by_weekday: m.schedule_every_weekdays,
};

/** When a batch is paid, and how it comes back. */
export function scheduleText({ execute_at, repetition }: Schedule): string {
  const time = momentText(execute_at);
  if (!repetition) return time;
  const every = everyWords[repetition.interval]({ count: repetition.every });
  if (!repetition.until) return m.schedule_then({ time, every });
  const until = dateFormat(language.forms, { dateStyle: "long" }).format(new Date(repetition.until));
  return m.schedule_then_until({ time, every, until });
}

/** The first times that a batch is paid, `count` at the most. NOWPayments counts days and months in UTC. */
export function firstRuns({ execute_at, repetition }: Schedule, count: number): string[] {
  const first = new Date(execute_at);
  if (!repetition || !(repetition.every > 0)) return [first.toISOString()];
  const end = repetition.until ? new Date(repetition.until).getTime() : Infinity;
  const runs = Array.from({ length: count }, (_, at) => runOf(first, repetition, at));
  return runs.filter((run, at) => at === 0 || run.getTime() <= end).map((run) => run.toISOString());
}

/** All runs are counted from the first, so that the 31st comes back after February. */
function runOf(first: Date, { interval, every }: Repetition, at: number): Date {
  const steps = every * at;
  const run = new Date(first);
  if (interval === "days" || interval === "weeks") {
    run.setUTCDate(first.getUTCDate() + steps * (interval === "weeks" ? 7 : 1));
    return run;
  }
  run.setUTCDate(1);
  run.setUTCMonth(first.getUTCMonth() + steps);
  const length = new Date(Date.UTC(run.getUTCFullYear(), run.getUTCMonth() + 1, 0)).getUTCDate();
  if (interval === "months_by_day") {
    run.setUTCDate(Math.min(first.getUTCDate(), length));
    return run;
  }
  const earliest = 1 + ((first.getUTCDay() - run.getUTCDay() + 7) % 7);
  const wanted = earliest + 7 * Math.floor((first.getUTCDate() - 1) / 7);
  run.setUTCDate(wanted <= length ? wanted : wanted - 7);
  return run;
}

/** Whether the clocks of this computer are put forward and back in the year of a time. */
export function clocksChange(time: string): boolean {
  const year = new Date(time).getFullYear();
  const offset = (month: number) => new Date(year, month, 1).getTimezoneOffset();
  return offset(0) !== offset(6);
}
