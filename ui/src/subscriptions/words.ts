import type {
  CallState,
  MonthlyRevenue,
  Plan,
  StatusTally,
  SubscriberFileState,
  SubscriberRowStatus,
  SubscriptionCall,
  SubscriptionEvent,
  SubscriptionRow,
} from "../bridge";
import type { Tone } from "../components/tone";
import { countText, listFormat } from "../lib/formats";
import { moneyText } from "../lib/money";
import { m } from "../messages";
import { language } from "../messages/language.svelte";

/** How something stands, as the shop owner reads it. */
export interface StatusWords {
  tone: Tone;
  word: string;
}

const statuses: Record<string, { tone: Tone; word: () => string; meaning: () => string }> = {
  paid: { tone: "good", word: m.subs_paid, meaning: m.subs_paid_meaning },
  waiting_pay: { tone: "waiting", word: m.subs_waiting, meaning: m.subs_waiting_meaning },
  partially_paid: { tone: "warn", word: m.subs_underpaid, meaning: m.subs_underpaid_meaning },
  expired: { tone: "quiet", word: m.subs_expired, meaning: m.subs_expired_meaning },
};

/** The statuses that there always are, in the order in which they are listed. */
export const STATUSES = Object.keys(statuses);

/** How far the payment of a period is. A word that only NOWPayments knows is shown as it is. */
export function statusWords(status: string): StatusWords & { meaning: string } {
  const known = Object.hasOwn(statuses, status) ? statuses[status] : undefined;
  if (!known) return { tone: "quiet", word: status, meaning: m.subs_other_meaning() };
  return { tone: known.tone, word: known.word(), meaning: known.meaning() };
}

/** How a subscription stands: one that was ended is nothing else any more. */
export function subscriptionWords({ status, ended_at }: SubscriptionRow): ReturnType<typeof statusWords> {
  if (ended_at) return { tone: "quiet", word: m.subs_ended(), meaning: m.subs_ended_meaning() };
  return statusWords(status);
}

/** "3 paid, 1 waiting for payment". */
export function tallyText(tallies: StatusTally[]): string {
  const counted = tallies
    .filter(({ count }) => count)
    .map(({ status, count }) => m.subs_tally({ count: countText(count), status: statusWords(status).word }));
  return listFormat(language.tag, { type: "unit" }).format(counted);
}

/** "24.90 EUR every 30 days". */
export function priceText({ amount, currency, takes_email, interval_days }: Plan): string {
  const price = moneyText(amount, currency, language.forms, takes_email ? 2 : 0);
  return m.subs_price({ price, every: m.subs_every({ count: interval_days }) });
}

/** What a plan brings in a month; "about" where digits were rounded away. */
export function monthlyText({ amount, currency, decimals, exact }: MonthlyRevenue): string {
  // Only currencies that are not coins have zeros at their end.
  const sum = moneyText(amount, currency, language.forms, decimals > 2 ? 0 : decimals);
  return exact ? sum : m.subs_about({ sum });
}

/** Who has subscribed. */
export function whoText({
  email,
  user,
  user_name,
}: Pick<SubscriptionRow, "email" | "user"> & { user_name?: string | null }): string {
  return email ?? user_name ?? (user ? m.subs_user_number({ id: user }) : m.subs_nobody());
}

/** What was asked for, in words. */
export function callText({ kind, title, email, user, subscription }: SubscriptionCall): string {
  if (kind === "make_plan") return m.subs_call_make({ title: title ?? "" });
  if (kind === "change_plan") return m.subs_call_change({ title: title ?? "" });
  if (kind === "end") return m.subs_call_end({ id: subscription ?? "" });
  return m.subs_call_subscribe({ who: whoText({ email, user }) });
}

const calls: Record<CallState, { tone: Tone; word: () => string }> = {
  sending: { tone: "moving", word: m.subs_call_sending },
  done: { tone: "good", word: m.subs_call_done },
  refused: { tone: "bad", word: m.subs_call_refused },
  unknown: { tone: "warn", word: m.subs_call_unknown },
  given_up: { tone: "quiet", word: m.subs_call_given_up },
};

/** How far a call has come. */
export function callWords(state: CallState): StatusWords {
  return { tone: calls[state].tone, word: calls[state].word() };
}

/** What was seen to happen. */
export function eventWords({ kind, to }: SubscriptionEvent): StatusWords {
  if (kind === "paid") return { tone: "good", word: m.subs_event_paid() };
  if (kind === "ended") return { tone: "quiet", word: m.subs_event_ended() };
  if (kind === "back") return { tone: "ready", word: m.subs_event_back() };
  const { tone, word } = statusWords(to ?? "");
  return { tone, word: kind === "seen" ? m.subs_event_seen({ status: word }) : word };
}

const rows: Record<SubscriberRowStatus, { tone: Tone; word: () => string; meaning: () => string }> = {
  ready: { tone: "ready", word: m.subs_row_ready, meaning: m.subs_row_ready_meaning },
  bad: { tone: "bad", word: m.subs_row_bad, meaning: m.subs_row_bad_meaning },
  duplicate: { tone: "quiet", word: m.subs_row_duplicate, meaning: m.subs_row_duplicate_meaning },
  already: { tone: "quiet", word: m.subs_row_already, meaning: m.subs_row_already_meaning },
  subscribed: { tone: "good", word: m.subs_row_subscribed, meaning: m.subs_row_subscribed_meaning },
  refused: { tone: "bad", word: m.subs_row_refused, meaning: m.subs_row_refused_meaning },
  unknown: { tone: "warn", word: m.subs_row_unknown, meaning: m.subs_row_unknown_meaning },
  left_out: { tone: "quiet", word: m.subs_row_left_out, meaning: m.subs_row_left_out_meaning },
};

/** How a row of a file stands, and what becomes of it. */
export function rowWords(status: SubscriberRowStatus): StatusWords & { meaning: string } {
  const { tone, word, meaning } = rows[status];
  return { tone, word: word(), meaning: meaning() };
}

const files: Record<SubscriberFileState, { tone: Tone; word: () => string }> = {
  draft: { tone: "ready", word: m.subs_file_draft },
  sending: { tone: "moving", word: m.subs_file_sending },
  stopped: { tone: "warn", word: m.subs_file_stopped },
  done: { tone: "good", word: m.subs_file_done },
};

/** How far a file is. */
export function fileWords(state: SubscriberFileState): StatusWords {
  return { tone: files[state].tone, word: files[state].word() };
}
