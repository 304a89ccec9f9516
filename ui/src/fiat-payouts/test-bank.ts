// A shop that pays out to a bank, for tests.
import type {
  FiatAccount,
  FiatCatalogue,
  FiatMethod,
  FiatPayout,
  FiatPayoutDetail,
  FiatPayoutPage,
  Move,
} from "../bridge";
import { program } from "../bridge/test-program";
import { move as moved, preview, shopHas } from "../custody/test-custody";

export const catalogue: FiatCatalogue = {
  providers: [{ code: "transfi", name: "TransFi" }],
  currencies: [
    { provider: "transfi", currency: "eur" },
    { provider: "transfi", currency: "php" },
  ],
  coins: [
    { provider: "transfi", coin: "trx", network: "trx" },
    { provider: "transfi", coin: "usdttrc20", network: "trx" },
  ],
};

const sepa: FiatMethod = {
  code: "sepa_bank",
  name: "SEPA bank transfer",
  fields: [
    { name: "iban", kind: "String", mandatory: true, description: "Beneficiary IBAN" },
    { name: "swiftbic", kind: "String", mandatory: false, description: "SWIFT or BIC" },
  ],
};

export const account: FiatAccount = {
  id: "a1",
  provider: "transfi",
  currency: "eur",
  method: "SEPA bank transfer",
  name: "Kestrel Coffee EUR",
  account: "…3000",
  status: "active",
  created_at: "2026-11-19T09:00:00Z",
};

export function payout(own: Partial<FiatPayout> = {}): FiatPayout {
  return {
    id: "5001",
    provider: "transfi",
    request_id: "77001",
    status: "finished",
    ended: true,
    coin: "usdttrc20",
    amount: "500",
    currency: "eur",
    fiat_amount: "452.15",
    method: "SEPA bank transfer",
    account: "…3000",
    error: null,
    created_at: "2026-11-20T09:00:00Z",
    updated_at: "2026-11-20T09:02:00Z",
    made_by: "m1",
    ...own,
  };
}

export function detail(own: Partial<FiatPayout> = {}): FiatPayoutDetail {
  const at = "2026-11-20T09:01:00Z";
  return {
    payout: payout(own),
    steps: ["new", "converting", "finished"].map((status) => ({ status, at })),
  };
}

export function page(payouts: FiatPayout[]): FiatPayoutPage {
  const read_at = "2026-11-20T09:00:00Z";
  return {
    payouts,
    next: null,
    total: payouts.length,
    providers: ["transfi"],
    currencies: ["eur", "php"],
    read_at,
  };
}

export function move(own: Partial<Move> = {}): Move {
  return moved({
    kind: "fiat_payout",
    to_user: null,
    to_name: null,
    coin: "trx",
    amount: "50",
    to_coin: "eur",
    estimate: "12.5",
    provider: "transfi",
    words: "50 TRX leaves the balance of the shop, and TransFi pays it out in EUR.",
    made: "5001",
    status: "creating",
    ...own,
  });
}

/** A program with a payout and an account, unless the test says otherwise. */
export function bank(own: Record<string, (args: never) => unknown> = {}): void {
  program({
    fiat_payouts: () => page([payout()]),
    fiat_payout: () => detail(),
    fiat_payout_catalogue: () => catalogue,
    fiat_payout_methods: () => [sepa],
    fiat_accounts: () => [account],
    add_fiat_account: () =>
      move({ kind: "fiat_account", coin: null, amount: null, estimate: null, status: null, made: "a1" }),
    refresh_fiat_payouts: () => null,
    unsettled_moves: () => [],
    balances: () => shopHas("120.5"),
    preview_move: () =>
      preview({
        kind: "fiat_payout",
        amount: "50",
        from: { user: null, name: null, coin: "trx", before: "120.5", after: "70.5" },
        to: null,
        bank: { provider: "TransFi", currency: "eur", account: "SEPA bank transfer …3000" },
        estimate: "12.5",
        words: "50 TRX leaves the balance of the shop. It cannot be taken back.",
      }),
    confirm_move: () => move(),
    move_made: () => move(),
    ...own,
  });
}
