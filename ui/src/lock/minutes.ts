import { m } from "../messages";

const USUAL = [1, 2, 5, 10, 15, 30, 60, 120, 240];

/** After how many minutes it can lock by itself; `now` is among them. */
export function minuteChoices(now: number): { value: string; label: string }[] {
  const all = [...new Set([...USUAL, now])].sort((a, b) => a - b);
  return all.map((count) => ({ value: String(count), label: m.lock_after_minutes({ count }) }));
}
