import type { AttentionCase, AttentionKind, BatchState, Worth } from "../bridge";
import type { Tone } from "../components/tone";
import { moneyText } from "../lib/money";
import { m } from "../messages";
import { language } from "../messages/language.svelte";
import { statusWords } from "../payments/status";

const kinds: Record<AttentionKind, { tone: Tone; word: () => string }> = {
  underpaid: { tone: "warn", word: m.attention_underpaid },
  overpaid: { tone: "warn", word: m.attention_overpaid },
  late: { tone: "warn", word: m.attention_late },
  repeated: { tone: "warn", word: m.attention_repeated },
  wrong_asset: { tone: "warn", word: m.attention_wrong_asset },
  failed: { tone: "bad", word: m.attention_failed },
  stuck: { tone: "moving", word: m.attention_stuck },
};

/** The kind that goes by a name, `null` if none does. */
export function kindFrom(name: string | null): AttentionKind | null {
  return name !== null && Object.hasOwn(kinds, name) ? (name as AttentionKind) : null;
}

/** What is wrong, in a word. */
export function kindWords(kind: AttentionKind): { tone: Tone; word: string } {
  const { tone, word } = kinds[kind];
  return { tone, word: word() };
}

/** What something is worth, in words. */
export function worthText({ amount, about }: Worth, currency: string): string {
  const worth = moneyText(amount, currency, language.forms, 2);
  return about ? m.about_worth({ worth }) : worth;
}

/** What happened, in one plain sentence with the exact amounts. */
export function whatHappened({ kind, payment, parent, amount, worth }: AttentionCase): string {
  const coins = (value: string | null) => moneyText(value ?? "0", payment.pay_currency, language.forms);
  const came = worth
    ? m.attention_and_worth({ amount: coins(amount), worth: worthText(worth, payment.price_currency) })
    : coins(amount);
  const [paid, expected] = [coins(payment.actually_paid), coins(payment.pay_amount)];
  switch (kind) {
    case "underpaid":
      return amount
        ? m.attention_underpaid_what({ paid, expected, came })
        : m.attention_underpaid_what_bare();
    case "overpaid":
      return m.attention_overpaid_what({ paid, expected, came });
    case "late":
      return m.attention_late_what({ came });
    case "repeated":
      return parent?.status === "partially_paid"
        ? m.attention_repeated_what_underpaid({ came })
        : m.attention_repeated_what({ came });
    case "wrong_asset":
      return parent
        ? m.attention_wrong_asset_what({ came, coin: parent.pay_currency.toUpperCase() })
        : m.attention_wrong_asset_what_bare({ came });
    case "failed":
      return amount ? m.attention_failed_what({ came }) : m.attention_failed_what_bare();
    case "stuck":
      return m.attention_stuck_what({ status: statusWords(payment.status).word });
  }
}

/** What it means for the money, and what to do. */
export function whatItMeans({ kind, refundable }: AttentionCase): string {
  switch (kind) {
    case "underpaid":
      return m.attention_underpaid_means();
    case "overpaid":
      return m.attention_overpaid_means();
    case "late":
      return refundable ? m.attention_late_means() : m.attention_late_means_open();
    case "repeated":
      return refundable ? m.attention_repeated_means() : m.attention_means_confirming();
    case "wrong_asset":
      return refundable ? m.attention_wrong_asset_means() : m.attention_means_confirming();
    case "failed":
      return m.attention_failed_means();
    case "stuck":
      return m.attention_stuck_means();
  }
}

/** How a case ended. `undefined` while it has not. */
export function howItEnded({ kind, settled, payment }: AttentionCase): string | undefined {
  if (!settled) return undefined;
  if (settled.by === "owner") return m.attention_ended_owner();
  if (payment.status === "refunded") return m.attention_ended_refunded();
  if (kind === "underpaid") {
    return payment.status === "partially_paid" ? m.attention_ended_further() : m.attention_ended_rest();
  }
  return m.attention_ended_status({ status: statusWords(payment.status).word });
}

/** A batch that ended without having paid anything. */
export function paidNothing(state: BatchState): boolean {
  return state === "rejected" || state === "expired" || state === "cancelled";
}
