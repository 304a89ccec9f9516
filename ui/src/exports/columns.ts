import type { ExportColumn } from "../bridge";
import { m } from "../messages";

/** The columns that an export can have, in their order, and what they are called. */
export const columnWords: Record<ExportColumn, () => string> = {
  created_at: m.export_col_created,
  updated_at: m.export_col_updated,
  utc_offset: m.export_col_offset,
  payment_id: m.export_col_payment_id,
  status: m.export_col_status_api,
  status_word: m.export_col_status,
  order_id: m.export_col_order,
  order_description: m.export_col_description,
  price_amount: m.export_col_price,
  price_currency: m.export_col_currency,
  pay_currency: m.export_col_coin,
  pay_amount: m.export_col_expected,
  actually_paid: m.export_col_paid,
  missing: m.export_col_missing,
  worth: m.export_col_worth,
  worth_origin: m.export_col_worth_origin,
  outcome_amount: m.export_col_outcome,
  outcome_currency: m.export_col_outcome_coin,
  fee_currency: m.export_col_fee_coin,
  deposit_fee: m.export_col_fee_deposit,
  service_fee: m.export_col_fee_service,
  withdrawal_fee: m.export_col_fee_withdrawal,
  pay_address: m.export_col_address,
  payin_extra_id: m.export_col_memo,
  invoice_id: m.export_col_invoice,
  purchase_id: m.export_col_purchase,
  parent_payment_id: m.export_col_parent,
};

export const everything = Object.keys(columnWords) as ExportColumn[];

/** What somebody who keeps the books asks for. */
export const forTheBooks: ExportColumn[] = [
  "created_at",
  "payment_id",
  "status_word",
  "order_id",
  "order_description",
  "price_amount",
  "price_currency",
  "pay_currency",
  "actually_paid",
  "worth",
  "worth_origin",
  "outcome_amount",
  "outcome_currency",
];

/** The same columns in their order. */
export function inOrder(columns: ExportColumn[]): ExportColumn[] {
  return everything.filter((column) => columns.includes(column));
}
