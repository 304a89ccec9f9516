import { expect, test } from "vitest";
import { visible } from "./visible";

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
