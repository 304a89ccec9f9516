// A payment for tests: an order of 25 EUR, paid with 0.5 LTC, and what a test changes of it.
import type { PaymentDetail, PaymentRow } from "../bridge";

const MADE = "2026-11-20T09:00:00Z";

export function paymentRow(own: Partial<PaymentRow> = {}): PaymentRow {
  return {
    id: "5077125051",
    status: "finished",
    order_id: "ORD-1",
    order_description: "Two bags",
    price_amount: "25",
    price_currency: "eur",
    pay_amount: "0.5",
    actually_paid: "0.5",
    pay_currency: "ltc",
    worth: { amount: "25", about: false },
    pay_address: null,
    invoice_id: null,
    purchase_id: null,
    outcome_amount: null,
    outcome_currency: null,
    into_balance: null,
    created_at: MADE,
    updated_at: MADE,
    ...own,
  };
}

export function detail(own: Partial<PaymentDetail> = {}): PaymentDetail {
  return {
    row: paymentRow(),
    pay_address: "TVjsyZ7fYF3qLF6BQgPmTEZy1xrNNyVAAA",
    payin_extra_id: null,
    pay_link: null,
    network: null,
    smart_contract: null,
    purchase_id: "60001",
    invoice_id: null,
    parent_payment_id: null,
    origin_type: null,
    kind: null,
    is_fixed_rate: null,
    is_fee_paid_by_user: null,
    outcome_amount: null,
    outcome_currency: null,
    missing: null,
    missing_worth: null,
    fees: null,
    fee: null,
    payin_hash: null,
    payout_hash: null,
    explorers: [],
    callback_url: null,
    price_holds_until: null,
    waits_until: null,
    timeline: [{ status: "waiting", at: MADE }],
    related: { payments: [], more: null },
    ...own,
  };
}
