// A shop with users who have balances of their own, for tests.
import type {
  Balances,
  CustodyPayment,
  CustodyTransfer,
  CustodyUser,
  Ledger,
  LedgerQuery,
  Move,
  MovePreview,
  NewMove,
  UserPage,
  UserQuery,
} from "../bridge";
import { program } from "../bridge/test-program";
import { coin } from "../payments/make/test-shop";

export const anna: CustodyUser = {
  id: "101",
  name: "Anna",
  created_at: "2026-11-01T10:00:00Z",
  balances: [
    { coin: "btc", amount: "0.5", pending: "0" },
    { coin: "trx", amount: "120.000001", pending: "3" },
  ],
  balances_read_at: "2026-11-20T09:00:00Z",
};
export const ben: CustodyUser = {
  id: "102",
  name: "Ben",
  created_at: null,
  balances: [],
  balances_read_at: null,
};

export function move(own: Partial<Move> = {}): Move {
  return {
    id: "m1",
    kind: "deposit",
    state: "made",
    from_user: null,
    from_name: null,
    to_user: anna.id,
    to_name: anna.name,
    coin: "trx",
    amount: "10",
    to_coin: null,
    estimate: null,
    to_amount: null,
    provider: null,
    words: "10 TRX goes from the balance of the shop to Anna.",
    at: "2026-11-20T09:00:00Z",
    made: "900",
    status: "created",
    ended: false,
    late: false,
    trouble: null,
    may_give_up: false,
    ...own,
  };
}

export function preview(own: Partial<MovePreview> = {}): MovePreview {
  return {
    id: "m1",
    two_persons: false,
    hash: "h1",
    kind: "deposit",
    amount: "10",
    coin: "trx",
    from: { user: null, name: null, coin: "trx", before: "50", after: "40" },
    to: { user: anna.id, name: anna.name, coin: "trx", before: "120.000001", after: "130.000001" },
    bank: null,
    estimate: null,
    words: "10 TRX goes from the balance of the shop to Anna. NOWPayments cannot take it back.",
    until: "2026-11-20T09:10:00Z",
    ...own,
  };
}

export function payment(own: Partial<CustodyPayment> = {}): CustodyPayment {
  return {
    id: "700",
    user: anna.id,
    status: "waiting",
    ended: false,
    coin: "xrp",
    amount: "25",
    pay_amount: "25.1",
    actually_paid: null,
    outcome_amount: null,
    outcome_coin: null,
    pay_address: "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh",
    memo: "4820117",
    created_at: "2026-11-20T09:00:00Z",
    updated_at: null,
    made_by: "m7",
    ...own,
  };
}

export function transfer(own: Partial<CustodyTransfer> = {}): CustodyTransfer {
  return {
    id: "900",
    from: "1",
    from_name: null,
    to: anna.id,
    to_name: anna.name,
    status: "finished",
    ended: true,
    coin: "trx",
    amount: "10",
    created_at: "2026-11-20T09:00:00Z",
    updated_at: "2026-11-20T09:01:00Z",
    made_by: "m1",
    ...own,
  };
}

const ledger: Ledger = {
  lines: [
    {
      at: "2026-11-20T09:00:00Z",
      kind: "unexplained",
      coin: "btc",
      amount: "0.1",
      balance: "0.5",
      other: null,
      words: "Not explained: NOWPayments says 0.1 BTC more than all movements that Paydesk has seen come to",
      reference: null,
      made_by: null,
    },
    {
      at: "2026-11-19T09:00:00Z",
      kind: "deposit",
      coin: "trx",
      amount: "120.000001",
      balance: "120.000001",
      other: null,
      words: "From the shop",
      reference: "900",
      made_by: null,
    },
  ],
  total: 2,
  coins: [
    { coin: "btc", sum: "0.4", balance: "0.5", difference: "0.1" },
    { coin: "trx", sum: "120.000001", balance: "120.000001", difference: "0" },
  ],
  balances_read_at: "2026-11-20T09:00:00Z",
};

/** A page of those of `users` that a query finds. */
export function found(users: CustodyUser[], { search }: UserQuery): UserPage {
  const some = users.filter(
    ({ id, name }) => id === search || name.toLowerCase().includes(search.toLowerCase()),
  );
  return {
    users: some,
    next: null,
    total: some.length,
    sums: users.flatMap(({ balances }) => balances),
    balances_read: users.filter(({ balances_read_at }) => balances_read_at).length,
  };
}

/** What the shop has of Tron. */
export function shopHas(amount: string): Balances {
  const trx = { coin: "trx", amount, pending: "0", worth: null, day_change: null };
  const read_at = "2026-11-20T09:00:00Z";
  return { coins: [trx], worth: "0", worth_currency: "eur", without_worth: 1, read_at, trouble: null };
}

/** A program with two users, unless the test says otherwise. */
export function custody(own: Record<string, (args: never) => unknown> = {}): void {
  const status = { users_read_at: "2026-11-20T09:00:00Z", transfers_read_at: "2026-11-20T09:00:00Z" };
  program({
    custody_status: () => status,
    refresh_custody: () => status,
    custody_users: ({ query }: { query: UserQuery }) => found([anna, ben], query),
    custody_user: ({ id }: { id: string }) => (id === ben.id ? ben : anna),
    refresh_custody_user: () => anna,
    custody_payments: () => [],
    custody_ledger: ({ query }: { query: LedgerQuery }): Ledger => {
      const of = ({ coin }: { coin: string }) => !query.coin || coin === query.coin;
      const lines = ledger.lines.filter(of);
      return { ...ledger, lines, total: lines.length, coins: ledger.coins.filter(of) };
    },
    custody_transfers: () => ({ transfers: [transfer()], next: null, total: 1 }),
    moves_of_custody_user: () => [],
    unsettled_moves: () => [],
    balances: () => shopHas("50"),
    payment_choices: () => ({
      coins: [coin("trx", "Tron"), coin("btc", "Bitcoin"), coin("xrp", "Ripple")],
      currencies: ["eur"],
    }),
    preview_move: ({ wanted }: { wanted: NewMove }) => preview({ kind: wanted.kind }),
    confirm_move: () => move(),
    move_made: () => move({ status: "finished", ended: true }),
    ...own,
  });
}
