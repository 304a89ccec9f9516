import { expect, test } from "vitest";
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
