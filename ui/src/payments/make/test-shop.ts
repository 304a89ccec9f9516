// A shop at whose counter payments are made, for tests.
import type {
  CoinMinimum,
  MadePayment,
  NewPayment,
  PayCoin,
  PaymentChoices,
  PaymentDetail,
  PaymentRow,
  Quote,
  QuoteRequest,
} from "../../bridge";
import { program } from "../../bridge/test-program";
import { detail as whole } from "../test-payment";

export function coin(ticker: string, name: string, own: Partial<PayCoin> = {}): PayCoin {
  return { ticker, name, network: ticker, memo: false, popular: true, chosen: true, used: 0, ...own };
}

const choices: PaymentChoices = {
  coins: [
    coin("btc", "Bitcoin", { used: 9 }),
    coin("ltc", "Litecoin"),
    coin("xrp", "Ripple", { memo: true }),
    coin("dgb", "DigiByte", { chosen: false }),
  ],
  currencies: ["eur", "usd"],
};

export function made(own: Partial<MadePayment> = {}): MadePayment {
  return {
    id: "5e0c",
    state: "made",
    payment: "5077",
    price_amount: "25",
    price_currency: "eur",
    pay_currency: "btc",
    order_id: "A-1",
    at: "2026-11-20T09:00:00Z",
    trouble: null,
    may_give_up: false,
    ...own,
  };
}

export function row(own: Partial<PaymentRow> = {}): PaymentRow {
  return {
    id: "5077",
    status: "waiting",
    order_id: "A-1",
    order_description: null,
    price_amount: "25",
    price_currency: "eur",
    pay_amount: "0.00025978",
    actually_paid: null,
    pay_currency: "btc",
    worth: null,
    pay_address: null,
    invoice_id: null,
    purchase_id: null,
    outcome_amount: null,
    outcome_currency: null,
    into_balance: null,
    created_at: "2026-11-20T09:00:00Z",
    updated_at: "2026-11-20T09:00:00Z",
    ...own,
  };
}

export function detail(own: Partial<PaymentDetail> = {}): PaymentDetail {
  return whole({
    row: row(),
    pay_address: "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    timeline: [],
    ...own,
  });
}

/** A price below 5 is too small for Bitcoin, and for Bitcoin alone. */
function quoted({ price_amount, pay_currency }: QuoteRequest): Quote {
  const enough = pay_currency !== "btc" || Number(price_amount) >= 5;
  const minimum = { amount: pay_currency === "btc" ? "0.0000519" : "0.01", worth: "5" };
  return { estimate: "0.00025978", minimum, enough };
}

/** A program that answers like this to who makes payments, unless the test says otherwise. */
export function counter(own: Record<string, (args: never) => unknown> = {}): void {
  program({
    list_payments: () => ({ rows: [], total: 0 }),
    payment_choices: () => choices,
    quote_payment: ({ request }: { request: QuoteRequest }) => quoted(request),
    coins_for_price: (): CoinMinimum[] => [
      { coin: coin("ltc", "Litecoin"), minimum: { amount: "0.01", worth: "1.1" } },
    ],
    make_payment: ({ payment }: { payment: NewPayment }) => made({ order_id: payment.order_id }),
    payment: () => detail(),
    payment_rate: () => ({ until: new Date(Date.now() + 600_000).toISOString(), renewable: true }),
    ...own,
  });
}
