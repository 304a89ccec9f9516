import type { Tone } from "../components/tone";
import { m } from "../messages";

/** A payment's status as the shop owner reads it. */
export interface StatusWords {
  tone: Tone;
  word: string;
  /** What it means for the money. */
  meaning: string;
}

/** The statuses of the API, in the order in which a payment goes through them. */
const known: Record<string, { tone: Tone; word: () => string; meaning: () => string }> = {
  waiting: { tone: "waiting", word: m.payment_waiting, meaning: m.payment_waiting_meaning },
  confirming: { tone: "moving", word: m.payment_confirming, meaning: m.payment_confirming_meaning },
  confirmed: { tone: "moving", word: m.payment_confirmed, meaning: m.payment_confirmed_meaning },
  sending: { tone: "moving", word: m.payment_sending, meaning: m.payment_sending_meaning },
  partially_paid: {
    tone: "warn",
    word: m.payment_partially_paid,
    meaning: m.payment_partially_paid_meaning,
  },
  finished: { tone: "good", word: m.payment_finished, meaning: m.payment_finished_meaning },
  failed: { tone: "bad", word: m.payment_failed, meaning: m.payment_failed_meaning },
  refunded: { tone: "quiet", word: m.payment_refunded, meaning: m.payment_refunded_meaning },
  expired: { tone: "quiet", word: m.payment_expired, meaning: m.payment_expired_meaning },
};

/** Words for `status`; one that nobody knows is shown as it came. */
export function statusWords(status: string): StatusWords {
  const words = known[status];
  if (!words) return { tone: "quiet", word: status, meaning: m.payment_unknown_meaning({ status }) };
  return { tone: words.tone, word: words.word(), meaning: words.meaning() };
}

/** The statuses that have words, in the order in which a payment goes through them. */
export const statuses = Object.keys(known);
