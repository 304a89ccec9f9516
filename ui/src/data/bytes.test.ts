import { expect, test } from "vitest";
import { bytesText } from "./bytes";

test("a size is said in the unit that has few digits", () => {
  const check = (bytes: number, text: string) => expect(bytesText(bytes)).toBe(text);
  check(0, "0 bytes");
  check(999, "999 bytes");
  check(1000, "1 kB");
  check(123_456, "123.5 kB");
  check(1_234_567, "1.2 MB");
  check(45_600_000_000, "45.6 GB");
  check(7_000_000_000_000_000, "7,000 TB");
});
