// A shop in which all can be begun that is offered everywhere, for tests.
import type { UserQuery } from "../bridge";
import { anna, ben, found } from "../custody/test-custody";
import { bank } from "../fiat-payouts/test-bank";
import { coin } from "../payments/make/test-shop";

/** A program with an account at a bank, users, conversions, plans and contacts, unless the test says otherwise. */
export function whole(own: Record<string, (args: never) => unknown> = {}): void {
  const read_at = "2026-11-20T09:00:00Z";
  const page = { next: null, total: 0, coins: [], read_at };
  const status = { users_read_at: read_at, transfers_read_at: read_at };
  bank({
    list_payments: () => ({ rows: [], total: 0 }),
    choose_payout_file: () => null,
    payment_choices: () => ({ coins: [coin("trx", "Tron"), coin("btc", "Bitcoin")], currencies: ["eur"] }),
    conversions: () => ({ ...page, conversions: [] }),
    contacts: () => ({ contacts: [], total: 0 }),
    subscription_plans: () => ({ plans: [], sync: { read_at, trouble: null } }),
    unsettled_subscription_calls: () => [],
    custody_status: () => status,
    custody_users: ({ query }: { query: UserQuery }) => found([anna, ben], query),
    custody_transfers: () => ({ ...page, transfers: [] }),
    ...own,
  });
}
