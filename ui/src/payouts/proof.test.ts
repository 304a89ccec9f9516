import { afterEach, expect, test } from "vitest";
import { language } from "../messages/language.svelte";
import { dateTime } from "../lib/clock.svelte";
import { proofText } from "./proof";
import { row, sumRow } from "./test-batch";

afterEach(() => language.choose(null));

const hash = "9f2b".repeat(16);
const paid = row(1, {
  address: "rLVo29ML6SNPRYKYWwrcQFk1xd3ktvQwat",
  currency: "xrp",
  amount: "1234.000001",
  extra_id: "4820117",
  contact: "Roastery",
  description: "Invoice 77",
  external_id: "R-77",
  status: "paid",
  paid_at: "2026-11-20T09:00:00Z",
  hash,
  explorer: `https://example.org/tx/${hash}`,
});

test("the proof holds everything that is known, and shortens nothing", () => {
  language.choose("en");
  expect(proofText(paid, { name: "Corner shop", environment: "live" })).toBe(
    [
      "Proof of payment",
      "",
      "Paid by: Corner shop",
      "Amount: 1,234.000001 XRP",
      "Recipient: Roastery",
      "Address: rLVo29ML6SNPRYKYWwrcQFk1xd3ktvQwat",
      "Memo: 4820117",
      "Description: Invoice 77",
      "Reference: R-77",
      `Paid at: ${dateTime("2026-11-20T09:00:00Z", "full")}`,
      `Transaction: ${hash}`,
      `To look it up: https://example.org/tx/${hash}`,
      "",
    ].join("\n"),
  );
});

test("it speaks the language of the window, and leaves out what is not known", () => {
  language.choose("de");
  const bare = row(1, { status: "paid", amount: "0.5" });
  expect(proofText(bare, { name: "Eckladen", environment: "live" })).toBe(
    `Zahlungsnachweis\n\nGezahlt von: Eckladen\nBetrag: 0,5 TRX\nAdresse: ${bare.address}\n`,
  );
});

test("practice money is no proof, and says what it is", () => {
  language.choose("en");
  expect(proofText(paid, { name: "Demo shop", environment: "demo" })).toContain("Practice money");
});

test("the proof of a sum names the coins that were paid, and the sum that they were worth", () => {
  language.choose("de");
  const text = proofText(sumRow(1, { status: "paid" }), { name: "Eckladen", environment: "live" });
  expect(text).toContain("Betrag: 0,0027 BTC\nWert: 250,00 EUR\n");
});
