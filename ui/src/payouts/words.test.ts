import { afterEach, beforeEach, expect, test } from "vitest";
import { language } from "../messages/language.svelte";
import { hasSums, inCoins, isWorkedOut, paysText } from "./amounts";
import { batch, mixed, row, summary, sumRow } from "./test-batch";
import { amountsAloud, amountsInShort } from "./words";

beforeEach(() => language.choose("en"));
afterEach(() => language.choose(null));

const onlySums = mixed({
  amount: "0",
  fiat: [
    { currency: "eur", rows: 1, amount: "1250.5" },
    { currency: "usd", rows: 1, amount: "20" },
  ],
});

test("the totals of a mixed coin name its coins and its sums", () => {
  expect(amountsAloud([mixed()])).toBe("0.0052 BTC and 250.00 EUR in BTC");
  expect(amountsInShort([mixed()])).toBe("0.0052 BTC + 250.00 EUR in BTC");
  language.choose("de");
  expect(amountsAloud([mixed()])).toBe("0,0052 BTC und 250,00 EUR in BTC");
});

test("a coin of which all rows are sums has no amount of nothing", () => {
  expect(amountsAloud([onlySums])).toBe("1,250.50 EUR in BTC and 20.00 USD in BTC");
  expect(amountsInShort([onlySums])).toBe("1,250.50 EUR in BTC + 20.00 USD in BTC");
});

test("what is paid of a coin in all is the coins and what the sums buy, or not known", () => {
  expect(inCoins(mixed())).toBe("0.0079");
  expect(inCoins(mixed({ fiat_in_coins: null }))).toBeNull();
  expect(inCoins(mixed({ fiat: [], fiat_in_coins: null }))).toBe("0.0052");
  expect([hasSums([mixed()]), hasSums([mixed({ fiat: [] })])]).toEqual([true, false]);
});

test("a row says how much it pays in one line", () => {
  expect(paysText(row(1))).toBe("200 TRX");
  expect(paysText(sumRow(1, { fiat_currency: "EUR" }))).toBe("250.00 EUR in BTC");
  expect(paysText(sumRow(1, { fiat_currency: "jpy" }))).toBe("250 jpy");
});

test("sums are worked out when the batch is created, or else when its time has come", () => {
  const at = (state: "created" | "sending", execute_at: string | null, provider_id: string | null = "500") =>
    isWorkedOut(batch(state, { summary: summary(state, { execute_at }), provider_id }));
  expect(at("created", null)).toBe(true);
  expect(at("created", null, null)).toBe(false);
  expect(at("created", "2026-11-30T08:00:00Z")).toBe(false);
  expect(at("sending", "2026-11-30T08:00:00Z")).toBe(true);
});
