import { expect, test } from "vitest";
import { formsOf } from "../messages/language.svelte";
import { countText, dateFormat, numberFormat } from "./formats";

test("a format is made once for each language and each way", () => {
  const short = dateFormat("en", { dateStyle: "short" });
  expect(dateFormat("en", { dateStyle: "short" })).toBe(short);
  expect(dateFormat("de", { dateStyle: "short" })).not.toBe(short);
  expect(dateFormat("en", { dateStyle: "long" })).not.toBe(short);
});

test("each language has its own way", () => {
  const [english, german] = ["en", "de"].map((language) => numberFormat(language, {}).format(1234.5));
  expect([english, german]).toEqual(["1,234.5", "1.234,5"]);
  expect(countText(1_028_504).replace(/\D/g, "")).toBe("1028504");
});

const date = new Date(2026, 11, 31, 14, 5, 9);
const short = {
  year: "2-digit",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
} as const;

test.each([
  ["german", "1.234.567,5", "31.12.2026, 14:05", "31.12.2026"],
  ["english_uk", "1,234,567.5", "31/12/2026, 14:05", "31/12/2026"],
  ["english_us", "1,234,567.5", "12/31/2026, 14:05", "12/31/2026"],
  ["iso", "1234567.5", "2026-12-31 14:05", "2026-12-31"],
] as const)("in the form %s numbers and dates are written as it says", (formats, number, time, day) => {
  const forms = formsOf(formats)!;
  expect(numberFormat(forms, {}).format(1234567.5)).toBe(number);
  expect(dateFormat(forms, { ...short, hourCycle: "h23" }).format(date)).toBe(time);
  expect(dateFormat(forms, { dateStyle: "long" }).format(date)).toBe(day);
});

test("of a date in digits the weekday is in the language of the window", () => {
  const words = dateFormat(formsOf("german")!, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
  expect(words.format(date)).toBe("Thursday, 31.12.2026");
});
