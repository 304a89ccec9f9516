import { m } from "../messages";

/** Whole days, the first and the last, as `2026-03-01`. */
export interface Period {
  from: string;
  to: string;
}

/** The periods that one asks for most, as they are on a day. */
export function periods(today: Date): (Period & { id: string; label: string })[] {
  const [year, month] = [today.getFullYear(), today.getMonth()];
  return [
    { id: "this-month", label: m.export_this_month(), ...days([year, month, 1], [year, month + 1, 0]) },
    { id: "last-month", label: m.export_last_month(), ...days([year, month - 1, 1], [year, month, 0]) },
    { id: "this-year", label: m.export_this_year(), ...days([year, 0, 1], [year, 11, 31]) },
    { id: "last-year", label: m.export_last_year(), ...days([year - 1, 0, 1], [year - 1, 11, 31]) },
  ];
}

type Day = [year: number, month: number, day: number];

function days(from: Day, to: Day): Period {
  const text = (day: Day) => new Date(Date.UTC(...day)).toISOString().slice(0, 10);
  return { from: text(from), to: text(to) };
}
