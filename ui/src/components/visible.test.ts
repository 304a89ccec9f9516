import { expect, test } from "vitest";
import { untwisted, visible } from "./visible";

function check(value: string, shown: string) {
  const text = visible(value)
    .map(({ text, sign }) => (sign ? `[${text}]` : text))
    .join("");
  expect(text).toBe(shown);
}

test("what can be seen is left as it is", () => {
  check("TJRab", "TJRab");
  check("two words", "two words");
  check("", "");
});

test("what cannot be seen is shown", () => {
  check(" 5", "[␣]5");
  check("5 ", "5[␣]");
  check("1\u00a0000", "1[U+00A0]000");
  check("T\u200bJ", "T[U+200B]J");
  check("a\tb\nc\u0000", "a[⇥]b[↵]c[U+0000]");
  check("\u202eabc", "[U+202E]abc");
  check("😀\u200d", "😀[U+200D]");
});

test("in words of others only what makes them look otherwise is shown", () => {
  const text = (value: string) =>
    untwisted(value)
      .map(({ text, sign }) => (sign ? `[${text}]` : text))
      .join("");
  expect(text("Two  mugs,\n\tblue \u00a0 שלום 👩‍🚀")).toBe("Two  mugs,\n\tblue \u00a0 שלום 👩‍🚀");
  expect(text("a\u202egnp.exe\u202c")).toBe("a[U+202E]gnp.exe[U+202C]");
  expect(text("\u2066x\u2069\u200f\u0000\r\ufeff")).toBe("[U+2066]x[U+2069][U+200F][U+0000][␍][U+FEFF]");
  expect(text("")).toBe("");
});
