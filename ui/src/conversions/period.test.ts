import { expect, test } from "vitest";
import { bounds } from "./period";

const now = new Date(2026, 0, 5, 15, 30);
const at = (...day: [number, number, number]) => new Date(...day).toISOString();

test("periods are whole days and months by the clock of this computer, across the end of a year", () => {
  expect(bounds("today", now)).toEqual({ since: at(2026, 0, 5), before: null });
  expect(bounds("7-days", now)).toEqual({ since: at(2025, 11, 30), before: null });
  expect(bounds("this-month", now)).toEqual({ since: at(2026, 0, 1), before: null });
  expect(bounds("last-month", now)).toEqual({ since: at(2025, 11, 1), before: at(2026, 0, 1) });
  expect(bounds(undefined, now)).toEqual({ since: null, before: null });
});
