/** The periods that a list can be narrowed to. */
export const PERIODS = ["today", "7-days", "this-month", "last-month"] as const;
export type Period = (typeof PERIODS)[number];

/** From when on, and before when, by the clock of this computer. */
export function bounds(
  period: Period | undefined,
  now: Date,
): { since: string | null; before: string | null } {
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()];
  const at = (...of: [number, number, number]) => new Date(...of).toISOString();
  switch (period) {
    case "today":
      return { since: at(year, month, day), before: null };
    case "7-days":
      return { since: at(year, month, day - 6), before: null };
    case "this-month":
      return { since: at(year, month, 1), before: null };
    case "last-month":
      return { since: at(year, month - 1, 1), before: at(year, month, 1) };
  }
  return { since: null, before: null };
}
