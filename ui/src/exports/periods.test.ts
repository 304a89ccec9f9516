import { expect, test } from "vitest";
import { periods } from "./periods";

test("months and years are whole, and January's last month is of the year before", () => {
  const on = (day: Date) => Object.fromEntries(periods(day).map(({ id, from, to }) => [id, [from, to]]));
  expect(on(new Date(2024, 2, 31, 23, 59))).toEqual({
    "this-month": ["2024-03-01", "2024-03-31"],
    "last-month": ["2024-02-01", "2024-02-29"],
    "this-year": ["2024-01-01", "2024-12-31"],
    "last-year": ["2023-01-01", "2023-12-31"],
  });
  expect(on(new Date(2026, 0, 1))["last-month"]).toEqual(["2025-12-01", "2025-12-31"]);
});
