import { expect, test } from "vitest";
import { argumentsOf, program } from "../bridge/test-program";
import { reportUse } from "./in-use";

function use(kind: string, second: number): void {
  const event = new Event(kind);
  Object.defineProperty(event, "timeStamp", { value: second * 1000 });
  document.body.dispatchEvent(event);
}

test("that the window is used is told at once, and then every 15 seconds at the most", () => {
  program({ in_use: () => null });
  const stop = reportUse();
  for (const [kind, second, told] of [
    ["pointermove", 0, 1],
    ["keydown", 5, 1],
    ["wheel", 14.9, 1],
    ["keydown", 15, 2],
    ["pointerdown", 16, 2],
    ["pointerdown", 31, 3],
  ] as const) {
    use(kind, second);
    expect(argumentsOf("in_use"), `${kind} after ${second} s`).toHaveLength(told);
  }
  stop();
  use("keydown", 100);
  expect(argumentsOf("in_use")).toHaveLength(3);
});

test("what cannot be told does no harm", () => {
  program();
  const stop = reportUse();
  expect(() => use("keydown", 0)).not.toThrow();
  stop();
});
