import { flushSync } from "svelte";
import { beforeEach, expect, test, vi } from "vitest";
import type { Changed } from "../bridge";
import { live, type Live } from "./live.svelte";

const { announce } = vi.hoisted(() => {
  const handlers = new Set<(change: Changed) => void>();
  return {
    announce: Object.assign((change: Changed) => handlers.forEach((each) => each(change)), { handlers }),
  };
});

vi.mock("../bridge", async (original) => ({
  ...(await original<typeof import("../bridge")>()),
  onChanged: (handler: (change: Changed) => void) => {
    announce.handlers.add(handler);
    return () => void announce.handlers.delete(handler);
  },
}));

/** Reads that are answered by hand, in any order. */
class Reads {
  asked: string[] = [];
  #answers: { resolve: (value: string) => void; reject: (reason: unknown) => void }[] = [];

  read = (argument: string) =>
    new Promise<string>((resolve, reject) => {
      this.asked.push(argument);
      this.#answers.push({ resolve, reject });
    });

  async answer(at: number, value: string) {
    this.#answers[at]!.resolve(value);
    await settled();
  }

  async refuse(at: number, reason: unknown) {
    this.#answers[at]!.reject(reason);
    await settled();
  }
}

async function settled() {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  flushSync();
}

let argument = $state("a");
let reads: Reads;
let result: Live<string>;
let stop: () => void;

beforeEach(() => {
  argument = "a";
  reads = new Reads();
  stop = $effect.root(() => {
    result = live(["payments"], () => reads.read(argument));
  });
  flushSync();
  return () => stop();
});

test("it reads at once, and has the answer when it comes", async () => {
  expect(result).toMatchObject({ loading: true, data: undefined });
  await reads.answer(0, "first");
  expect(result).toMatchObject({ loading: false, data: "first", error: undefined });
});

test("it reads again when an argument changes and keeps the last answer meanwhile", async () => {
  await reads.answer(0, "of a");
  argument = "b";
  flushSync();
  expect(reads.asked).toEqual(["a", "b"]);
  expect(result).toMatchObject({ loading: true, data: "of a" });
  await reads.answer(1, "of b");
  expect(result.data).toBe("of b");
});

test("an answer that comes too late is dropped", async () => {
  argument = "b";
  flushSync();
  await reads.answer(1, "of b");
  await reads.answer(0, "of a");
  expect(result).toMatchObject({ data: "of b", loading: false });
});

test("a change with its tag has it read again, another does not", async () => {
  await reads.answer(0, "first");
  announce({ kind: "sync" });
  expect(reads.asked).toHaveLength(1);
  announce({ kind: "payments" });
  expect(reads.asked).toHaveLength(2);
  await reads.answer(1, "second");
  announce({ kind: "everything" });
  expect(reads.asked).toHaveLength(3);
});

test("a flood of changes during a read costs one more read, not a flood of them", async () => {
  for (let n = 0; n < 50; n++) announce({ kind: "payments" });
  expect(reads.asked).toHaveLength(1);
  await reads.answer(0, "first");
  expect(reads.asked).toHaveLength(2);
  await reads.answer(1, "second");
  expect(reads.asked).toHaveLength(2);
});

test("a refusal is shown beside the last answer and goes with the next good one", async () => {
  await reads.answer(0, "first");
  announce({ kind: "payments" });
  await reads.refuse(1, new Error("The disk is full."));
  expect(result).toMatchObject({ data: "first", loading: false, error: { message: "The disk is full." } });
  announce({ kind: "payments" });
  await reads.answer(2, "second");
  expect(result).toMatchObject({ data: "second", error: undefined });
});

test("when its view is gone nothing arrives any more and nothing is listened to", async () => {
  stop();
  await reads.answer(0, "late");
  expect(result.data).toBeUndefined();
  expect(announce.handlers.size).toBe(0);
});
