import type { AtLeast, NotificationRules, PaymentNews, SubscriptionNews } from "../bridge";
import { listFormat } from "../lib/formats";
import { moneyText } from "../lib/money";
import { m } from "../messages";
import { language } from "../messages/language.svelte";

/** The news of payments, those first that matter most. */
export const kinds: { news: PaymentNews; label: () => string; said: () => string }[] = [
  { news: "finished", label: m.notify_finished, said: m.notify_says_finished },
  { news: "partially_paid", label: m.notify_partially_paid, said: m.notify_says_partially_paid },
  { news: "failed", label: m.notify_failed, said: m.notify_says_failed },
  { news: "expired", label: m.notify_expired, said: m.notify_says_expired },
  { news: "refunded", label: m.notify_refunded, said: m.notify_says_refunded },
  { news: "new", label: m.notify_new, said: m.notify_says_new },
];

/** The news of subscriptions. */
export const subscriptionKinds: { news: SubscriptionNews; label: () => string; said: () => string }[] = [
  { news: "paid", label: m.notify_subs_paid, said: m.notify_says_subs_paid },
  { news: "underpaid", label: m.notify_subs_underpaid, said: m.notify_says_subs_underpaid },
  { news: "expired", label: m.notify_subs_expired, said: m.notify_says_subs_expired },
];

/** What the rules come to, in sentences. */
export function example(rules: NotificationRules): string[] {
  const told = subscriptionKinds.filter((each) => rules.subscriptions.includes(each.news));
  const said = told.map((each) => each.said());
  return [
    ...ofPayments(rules),
    ...(said.length ? [m.notify_says_subs({ kinds: listed(said, "disjunction") })] : []),
    ...(rules.moves ? [m.notify_says_moves()] : []),
  ];
}

function ofPayments({ news, at_least, quiet, payouts_when_quiet, singles }: NotificationRules): string[] {
  const told = kinds.filter((each) => news.includes(each.news)).map(({ said }) => said());
  if (!told.length) return [m.notify_says_nothing(), ...quietly(quiet, payouts_when_quiet)];
  return [
    m.notify_says({ kinds: listed(told) }),
    ...(at_least.length ? [m.notify_says_from({ amounts: listed(at_least.map(amountText)) })] : []),
    ...quietly(quiet, payouts_when_quiet),
    m.notify_says_many({ count: singles }),
  ];
}

function quietly(quiet: NotificationRules["quiet"], payouts: boolean): string[] {
  if (!quiet) return [];
  return [payouts ? m.notify_says_quiet(quiet) : m.notify_says_all_quiet(quiet)];
}

/** An amount with its currency, as it is said in a sentence. */
export function amountText({ amount, currency }: AtLeast): string {
  return moneyText(amount, currency, language.forms, 2);
}

function listed(words: string[], type: "conjunction" | "disjunction" = "conjunction"): string {
  return listFormat(language.tag, { type }).format(words);
}

/**
 * The amount that was typed, as plain decimal text; `undefined` when it could mean two amounts or none. Three digits after
 * a point may be thousands, unless what stands before it is nothing.
 */
export function typedAmount(text: string): string | undefined {
  const typed = text.trim().replace(",", ".");
  const clear = /^(?:\d{1,30}|\d{1,30}\.(?:\d{1,2}|\d{4,18})|0\.\d{3})$/.test(typed);
  return clear && /[1-9]/.test(typed) ? typed : undefined;
}
