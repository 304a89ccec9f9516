import type { Interval, Schedule } from "../bridge";
import { m } from "../messages";

/** What the owner has chosen of when a batch is paid: days and times are text, by the clock of this computer. */
export class ScheduleForm {
  later = $state(false);
  day = $state("");
  time = $state("");
  again = $state(false);
  every = $state("1");
  interval = $state<Interval>("months_by_day");
  ends = $state(false);
  lastDay = $state("");

  readonly #at: Date | undefined = $derived(moment(this.day, this.time));
  readonly #until: Date | undefined = $derived(moment(this.lastDay, "23:59"));

  /** What cannot be read, at the field where it stands. */
  readonly wrong: Partial<Record<"day" | "time" | "every" | "lastDay", string>> = $derived.by(() => {
    if (!this.later) return {};
    return {
      ...(dayOf(this.day) ? {} : { day: m.schedule_day_wrong() }),
      ...(timeOf(this.time) ? {} : { time: m.schedule_time_wrong() }),
      ...(this.again && !/^\s*[1-9]\d{0,3}\s*$/.test(this.every) ? { every: m.schedule_every_wrong() } : {}),
      ...(this.again && this.ends && !this.#until ? { lastDay: m.schedule_day_wrong() } : {}),
    };
  });

  /** When the batch is paid: `null` as soon as it is approved, `undefined` as long as something cannot be read. */
  readonly schedule: Schedule | null | undefined = $derived.by(() => {
    if (!this.later) return null;
    if (!this.#at || Object.keys(this.wrong).length) return undefined;
    const until = this.ends && this.#until ? this.#until.toISOString() : null;
    const repetition = { interval: this.interval, every: Number(this.every), until };
    return { execute_at: this.#at.toISOString(), repetition: this.again ? repetition : null };
  });

  /** Begins with what is kept, or else with 9 o'clock tomorrow. */
  begin(schedule: Schedule | null, now: Date): void {
    const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9);
    const at = schedule ? new Date(schedule.execute_at) : tomorrow;
    const repetition = schedule?.repetition;
    const until = repetition?.until;
    this.later = !!schedule;
    [this.day, this.time] = [dayText(at), timeText(at)];
    this.again = !!repetition;
    this.every = String(repetition?.every ?? 1);
    this.interval = repetition?.interval ?? "months_by_day";
    this.ends = !!until;
    this.lastDay = until ? dayText(new Date(until)) : "";
  }
}

const two = (number: number) => String(number).padStart(2, "0");
const dayText = (date: Date) =>
  m.schedule_day_form({
    year: String(date.getFullYear()),
    month: two(date.getMonth() + 1),
    day: two(date.getDate()),
  });
const timeText = (date: Date) => `${two(date.getHours())}:${two(date.getMinutes())}`;

type Numbers = [number, number, number];

/** A day that was typed as `2026-12-31` or `31.12.2026`; `undefined` when there is none like it. */
function dayOf(text: string): Numbers | undefined {
  const written = text.trim();
  const [, year, month, day] =
    /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(written) ?? turned(/^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(written));
  const date: Numbers = [Number(year), Number(month) - 1, Number(day)];
  const made = new Date(...date);
  return made.getMonth() === date[1] && made.getDate() === date[2] ? date : undefined;
}

const turned = (found: RegExpExecArray | null) => (found ? [found[0], found[3], found[2], found[1]] : []);

/** A time of the day that was typed as `9`, `9:30` or `9.30`. */
function timeOf(text: string): [number, number] | undefined {
  const [, hours, minutes] = /^(\d{1,2})(?:[:.](\d{2}))?$/.exec(text.trim()) ?? [];
  const time: [number, number] = [Number(hours), Number(minutes ?? 0)];
  return hours !== undefined && time[0] < 24 && time[1] < 60 ? time : undefined;
}

function moment(day: string, time: string): Date | undefined {
  const [date, clock] = [dayOf(day), timeOf(time)];
  return date && clock && new Date(...date, ...clock);
}
