import { language } from "../messages/language.svelte";
import { agoFormat, dateFormat } from "./formats";

/** The time of the window, to the nearest half minute, for "5 minutes ago". */
class Clock {
  now = $state(Date.now());
  readonly quarter = $derived(Math.floor(this.now / 900_000));

  constructor() {
    setInterval(() => (this.now = Date.now()), 30_000);
  }
}

const clock = new Clock();

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "5 minutes ago" in the language of the window. */
export function ago(time: string | number): string {
  const seconds = Math.round((new Date(time).getTime() - clock.now) / 1000);
  const words = agoFormat(language.tag, { numeric: "auto" });
  const [unit, length] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 0];
  return length ? words.format(Math.trunc(seconds / length), unit) : words.format(0, "second");
}

/** The quarter of an hour that it is: for what is compared with as much of another day, and ends with its day. */
export function quarterOfAnHour(): number {
  return clock.quarter;
}

/** Whether a time is still to come. */
export function isAhead(time: string): boolean {
  return new Date(time).getTime() > clock.now;
}

/** A list has no room for "AM" and "PM", and the same time must look the same everywhere. */
const hourCycle = "h23";

/** The day and time in the zone of this computer: short for lists, in full where it matters. */
export function dateTime(time: string, style: "short" | "full" = "short"): string {
  const date = new Date(time);
  if (style === "full")
    return dateFormat(language.forms, { dateStyle: "long", timeStyle: "long", hourCycle }).format(date);
  const thisYear = date.getFullYear() === new Date(clock.now).getFullYear();
  return dateFormat(language.forms, {
    year: thisYear ? undefined : "2-digit",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle,
  }).format(date);
}

/** The time of day in the zone of this computer. */
export function clockTime(time: string): string {
  const format = dateFormat(language.forms, { hour: "2-digit", minute: "2-digit", hourCycle });
  return format.format(new Date(time));
}
