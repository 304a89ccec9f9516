import { expect, test, vi } from "vitest";
import { Rows } from "./rows.svelte";

const HEIGHT = 600;
const ROW = 40;

function list(count: number): { rows: Rows; track: HTMLElement } {
  const rows = new Rows({ height: () => ROW, count: () => count });
  rows.height = HEIGHT;
  const track = document.createElement("div");
  rows.attach(track);
  return { rows, track };
}

/** The rows that are whole in sight. */
function inSight(rows: Rows): [number, number] {
  return [Math.ceil(rows.offset / ROW), Math.floor((rows.offset + HEIGHT) / ROW) - 1];
}

test("the rows in sight are drawn at first, and a few around them once they stand there", () => {
  vi.useFakeTimers();
  const { rows } = list(1_000_000);
  expect([rows.first, rows.end]).toEqual([0, 15]);
  vi.runAllTimers();
  expect([rows.first, rows.end]).toEqual([0, 23]);
  vi.useRealTimers();
});

test("the last row of a short list, of a million and of a hundred million can be reached", () => {
  for (const count of [20, 1_000_000, 100_000_000]) {
    const { rows } = list(count);
    rows.reveal(count - 1);
    expect(inSight(rows)[1]).toBe(count - 1);
    expect(rows.end).toBe(count);
    expect(rows.track).toBeLessThan(33_000_000);
  }
});

test("the scrollbar at its end is at the last row", () => {
  const { rows, track } = list(1_000_000);
  track.scrollTop = rows.track - HEIGHT;
  track.dispatchEvent(new Event("scroll"));
  expect(inSight(rows)[1]).toBe(999_999);
});

test("in a list longer than its track the wheel still moves by pixels of the list", () => {
  const { rows, track } = list(1_000_000);
  rows.scrollTo(20_000_000);
  track.dispatchEvent(new WheelEvent("wheel", { deltaY: 40, cancelable: true }));
  expect(rows.offset).toBe(20_000_040);
});

test("drawn rows stand where they are looked at", () => {
  const { rows, track } = list(1_000_000);
  rows.reveal(765_432);
  const top = rows.start + (765_432 - rows.first) * ROW - track.scrollTop;
  expect(top).toBeGreaterThanOrEqual(0);
  expect(top).toBeLessThanOrEqual(HEIGHT - ROW);
});

test("a row that is in sight is revealed without moving", () => {
  const { rows } = list(1000);
  rows.reveal(5);
  expect(rows.offset).toBe(0);
});

test("keys lead up, down, by pages and to the ends, and stop there", () => {
  const { rows } = list(100);
  const steps = ["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End", "x"];
  expect(steps.map((key) => rows.step(key, 0))).toEqual([1, 0, 14, 0, 0, 99, undefined]);
  expect(rows.step("ArrowDown", 99)).toBe(99);
});
