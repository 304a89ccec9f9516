import type { Invoice } from "../bridge";
import { m } from "../messages";
import { statusWords, type StatusWords } from "../payments/status";

/** How an invoice stands, as the shop owner reads it. */
export function invoiceWords({ state, status }: Invoice): StatusWords {
  if (state === "sending")
    return { tone: "moving", word: m.link_sending(), meaning: m.link_sending_meaning() };
  if (state !== "made") return { tone: "warn", word: m.link_lost(), meaning: m.link_lost_meaning() };
  if (!status) return { tone: "waiting", word: m.link_unused(), meaning: m.link_unused_meaning() };
  return statusWords(status);
}
