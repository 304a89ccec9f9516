import { flushSync } from "svelte";
import { expect, test, vi } from "vitest";
import type { BatchRow, RowFilter, RowQuery } from "../bridge";
import { announce, argumentsOf, program } from "../bridge/test-program";
import { BatchRows } from "./rows.svelte";
import { badRow, paged, row } from "./test-batch";

/** A list of `rows`, made as a component would make it. */
function list(rows: () => BatchRow[], filter: () => RowFilter = () => "all") {
  program({ payout_rows: paged(rows) });
  let made!: BatchRows;
  const stop = $effect.root(() => {
    made = new BatchRows("b1", filter);
  });
  flushSync();
  return { made, stop };
}

const asked = () => (argumentsOf("payout_rows") as { query: RowQuery }[]).map(({ query }) => query.after);
const many = (count: number, own: Partial<BatchRow> = {}) =>
  Array.from({ length: count }, (_, at) => row(at + 1, own));

test("only what comes into sight is read, and the last row can be reached", async () => {
  const rows = many(2_300);
  const { made, stop } = list(() => rows);
  await vi.waitFor(() => expect(made.rows).toHaveLength(500));
  expect(made.total).toBe(2_300);
  made.see(2_270, 2_300);
  await vi.waitFor(() => expect(made.rows).toHaveLength(2_300));
  expect(made.rows.at(-1)?.number).toBe(2_300);
  stop();
});

test("a change reads only what is in sight again", async () => {
  let rows = many(1_500, { status: "sending" });
  const { made, stop } = list(() => rows);
  made.see(1_100, 1_130);
  await vi.waitFor(() => expect(made.rows).toHaveLength(1_500));
  const before = asked().length;
  rows = many(1_500, { status: "paid" });
  await announce({ kind: "payouts", batch: "b1" });
  await vi.waitFor(() => expect(made.rows[1_110]?.status).toBe("paid"));
  expect(asked().slice(before)).toEqual([1_000]);
  made.see(0, 20);
  await vi.waitFor(() => expect(made.rows[5]?.status).toBe("paid"));
  stop();
});

test("rows that were taken out leave no gap and no double", async () => {
  let rows = many(1_200);
  const { made, stop } = list(() => rows);
  made.see(1_150, 1_180);
  await vi.waitFor(() => expect(made.rows).toHaveLength(1_200));
  rows = rows.filter(({ number }) => number % 100 !== 0);
  await announce({ kind: "payouts", batch: "b1" });
  await vi.waitFor(() => expect(made.total).toBe(1_188));
  await vi.waitFor(() =>
    expect(made.rows.map(({ number }) => number)).toEqual(rows.map(({ number }) => number)),
  );
  stop();
});

test("another batch's change reads nothing", async () => {
  const { made, stop } = list(() => many(3));
  await vi.waitFor(() => expect(made.rows).toHaveLength(3));
  await announce({ kind: "payouts", batch: "b2" });
  expect(asked()).toEqual([null]);
  stop();
});

test("another filter begins anew", async () => {
  let filter = $state<RowFilter>("all");
  const { made, stop } = list(
    () => [row(1), badRow(2)],
    () => filter,
  );
  await vi.waitFor(() => expect(made.total).toBe(2));
  filter = "bad";
  flushSync();
  await vi.waitFor(() => expect(made.rows.map(({ number }) => number)).toEqual([2]));
  stop();
});
