// @vitest-environment node
import { expect, test } from "vitest";
import { aboutText, difference, isZero, moneyParts, moneyText, roomFor, sum } from "./money";

const whole = (amount: string, language = "en", least = 0) => {
  const { sign, whole, point, fraction, small } = moneyParts(amount, language, least);
  return `${sign}${whole}${point}${fraction}|${small}`;
};

test("every digit of an amount is shown, however many there are", () => {
  expect(whole("1000000000000000.000000000000000001")).toBe("1,000,000,000,000,000.00|0000000000000001");
  expect(whole("999999999999999999999999999999.999999999999999999")).toBe(
    "999,999,999,999,999,999,999,999,999,999.99|9999999999999999",
  );
});

test("two decimals are clear, and below one the first four digits that say something", () => {
  expect(whole("1.23456789")).toBe("1.23|456789");
  expect(whole("0.00041238771")).toBe("0.0004123|8771");
  expect(whole("0.5")).toBe("0.5|");
  expect(whole("250")).toBe("250|");
});

test("zeros at the end are kept, since they say how exact an amount is", () => {
  expect(whole("1.2300")).toBe("1.23|00");
});

test("a price has its cents", () => {
  expect(whole("250", "en", 2)).toBe("250.00|");
  expect(whole("0.5", "de", 2)).toBe("0,50|");
});

test("the language decides on groups and the point", () => {
  expect(whole("1234567.5", "de")).toBe("1.234.567,5|");
});

test("a negative amount has a minus that is as wide as a plus", () => {
  expect(whole("-0.25")).toBe("−0.25|");
});

test("an amount as text has its coin", () => {
  expect(moneyText("1234.5", "usdttrc20", "en")).toBe("1,234.5 USDTTRC20");
});

test("about how much it is has few digits, and is never less", () => {
  expect(aboutText("0.94158503", "eur", "en")).toBe("0.95 EUR");
  expect(aboutText("12", "eur", "de")).toBe("12,00 EUR");
  expect(aboutText("1234.561", "usd", "en")).toBe("1,234.57 USD");
  expect(aboutText("0.00001231", "btc", "en")).toBe("0.000013 BTC");
});

test("a column makes room for the longest of each part", () => {
  const narrow = roomFor([{ amount: "1.5", currency: "btc" }]);
  const wide = roomFor([
    { amount: "1234567", currency: "btc" },
    { amount: "0.123456789012345678", currency: "usdttrc20" },
    { amount: null, currency: "trx" },
  ]);
  expect(wide).toMatchObject({ places: 18, ticker: 9 });
  expect(wide.width).toBeGreaterThan(narrow.width);
});

test("one amount of ten may be out of line, and is not cut either", () => {
  const usual = Array.from({ length: 10 }, () => ({ amount: "12.50", currency: "eur" }));
  const all = roomFor([...usual, { amount: "1200.123456789012345678", currency: "usdttrc20" }]);
  const alone = roomFor([{ amount: "1200.123456789012345678", currency: "usdttrc20" }]);
  expect(all).toEqual({ places: 2, ticker: 4, width: alone.width });
  const short = roomFor([...usual, { amount: "0.1234", currency: "usdc" }]);
  expect(short.width).toBe(roomFor(usual).width);
});

test("amounts are added and subtracted to the last digit", () => {
  expect(sum([])).toBe("0");
  expect(sum(["0.1", "0.2"])).toBe("0.3");
  expect(sum(["1000000000000000", "0.000000000000000001"])).toBe("1000000000000000.000000000000000001");
  expect(difference("1.5", "0.25")).toBe("1.25");
  expect(difference("0.05", "0.0846")).toBe("-0.0346");
});

test("an amount is nothing only when each of its digits is", () => {
  for (const nothing of ["0", "0.00", "-0.000"]) expect(isZero(nothing)).toBe(true);
  for (const some of ["0.000000000000000001", "-10", "100"]) expect(isZero(some)).toBe(false);
});
