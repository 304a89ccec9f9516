import { expect, test } from "vitest";
import { language } from "../messages/language.svelte";
import { listed, shareText } from "./words";

test.each([
  [null, 0, "No payment has ended yet."],
  [0, 0, "Of the payments that ended none was paid."],
  [0, 1, "Fewer than 1 of every 10 payments that ended was paid."],
  [99, 10, "Fewer than 1 of every 10 payments that ended was paid."],
  [100, 10, "1 of every 10 payments that ended were paid."],
  [999, 1998, "More than 9 of every 10 payments that ended were paid."],
  [1000, 5, "All payments that ended were paid."],
])("of a thousand, %s were paid: it never says more than that", (perMille, finished, words) => {
  language.choose("en");
  expect(shareText(perMille, finished)).toBe(words);
});

test("a list is narrowed to what a number counts, and to nothing else", () => {
  expect(listed({ currency: "eur", begins: "2026-11-01" })).toBe(
    `#/payments?${new URLSearchParams({ search: "currency:eur after:2026-11-01" })}`,
  );
});
