import { afterEach, beforeEach, expect, test } from "vitest";
import type { Repetition } from "../bridge";
import { firstRuns } from "./schedule";
import { ScheduleForm } from "./schedule-form.svelte";

let zone: string | undefined;
beforeEach(() => {
  zone = process.env.TZ;
  process.env.TZ = "Europe/Berlin";
});
afterEach(() => {
  process.env.TZ = zone;
});

const every = (every: number, interval: Repetition["interval"], until: string | null = null): Repetition => ({
  interval,
  every,
  until,
});

test.each([
  ["2028-02-20T08:30:00Z", every(10, "days"), ["2028-02-20", "2028-03-01", "2028-03-11"]],
  ["2028-02-20T08:30:00Z", every(2, "weeks"), ["2028-02-20", "2028-03-05", "2028-03-19"]],
  ["2027-01-31T08:30:00Z", every(1, "months_by_day"), ["2027-01-31", "2027-02-28", "2027-03-31"]],
  ["2026-11-20T08:30:00Z", every(1, "months_by_weekday"), ["2026-11-20", "2026-12-18", "2027-01-15"]],
  // A fifth Monday that a month does not have is its last.
  ["2026-11-30T08:30:00Z", every(1, "months_by_weekday"), ["2026-11-30", "2026-12-28", "2027-01-25"]],
  ["2026-12-01T08:30:00Z", every(1, "months_by_day", "2027-01-15T00:00:00Z"), ["2026-12-01", "2027-01-01"]],
  ["2026-12-01T08:30:00Z", null, ["2026-12-01"]],
])("the first times from %s on are counted from the first", (execute_at, repetition, days) => {
  expect(firstRuns({ execute_at, repetition }, 3)).toEqual(days.map((day) => `${day}T08:30:00.000Z`));
});

test("days and times are read by the clock of this computer, in either way to write them", () => {
  const form = new ScheduleForm();
  form.begin(null, new Date("2026-11-27T22:30:00Z"));
  expect([form.later, form.day, form.time]).toEqual([false, "2026-11-28", "09:00"]);
  expect(form.schedule).toBeNull();
  form.later = true;
  for (const [day, time, at] of [
    ["2026-12-01", "09:00", "2026-12-01T08:00:00.000Z"],
    ["1.7.2027", "9", "2027-07-01T07:00:00.000Z"],
    ["2027-07-01", "9.30", "2027-07-01T07:30:00.000Z"],
  ] as const) {
    [form.day, form.time] = [day, time];
    expect(form.schedule, `${day} ${time}`).toEqual({ execute_at: at, repetition: null });
  }
});

test("what is no day, no time and no number is named at its field", () => {
  const form = new ScheduleForm();
  form.begin(null, new Date("2026-11-27T12:00:00Z"));
  Object.assign(form, { later: true, again: true, ends: true });
  Object.assign(form, { day: "2027-02-29", time: "25:00", every: "two", lastDay: "" });
  expect(Object.keys(form.wrong)).toEqual(["day", "time", "every", "lastDay"]);
  expect(form.schedule).toBeUndefined();
});

test("a series begins and ends as it was kept, its last day whole", () => {
  const schedule = {
    execute_at: "2026-12-01T08:00:00.000Z",
    repetition: every(2, "weeks", "2027-03-31T21:59:00.000Z"),
  };
  const form = new ScheduleForm();
  form.begin(schedule, new Date("2026-11-27T12:00:00Z"));
  expect([form.day, form.time, form.every, form.lastDay]).toEqual(["2026-12-01", "09:00", "2", "2027-03-31"]);
  expect(form.schedule).toEqual(schedule);
});
