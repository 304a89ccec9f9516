import type { Unclear, UnclearPlace } from "../bridge";
import { countText } from "../lib/formats";
import { href } from "../lib/router.svelte";
import { m } from "../messages";

const places: Record<UnclearPlace, { name: () => string; path: string[] }> = {
  payouts: { name: m.payouts, path: ["payouts"] },
  payments: { name: m.payments, path: ["payments", "new"] },
  custody: { name: m.custody, path: ["custody"] },
  conversions: { name: m.conversions, path: ["conversions"] },
  bank_payouts: { name: m.bank, path: ["payouts", "bank"] },
  bank_accounts: { name: m.bank_accounts, path: ["payouts", "bank", "accounts"] },
  subscriptions: { name: m.subs, path: ["subscriptions"] },
};

/** What changes with what is unclear. */
export const unclearTags = ["payouts", "payments", "moves", "subscriptions"] as const;

/** How much is unclear somewhere, in words, and where it is settled. */
export function unclearAt({ place, count }: Unclear): { words: string; href: string } {
  const { name, path } = places[place];
  return { words: m.unclear_at({ place: name(), n: countText(count) }), href: href(path) };
}
