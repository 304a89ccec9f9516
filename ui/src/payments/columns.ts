import type { ListColumn, PaymentColumn, PaymentSort } from "../bridge";
import type { Column, Direction } from "../components/table";
import { m } from "../messages";

type Look = Pick<Column<never>, "min" | "grow" | "align">;

/**
 * The columns there are: their names, the least width they need, and in which direction they are sorted first. Payments can be
 * sorted by each of them.
 */
export const columns: Record<PaymentColumn | PaymentSort, Look & { label: () => string; sort: Direction }> = {
  created: { label: m.payments_created, sort: "descending", min: 7.5 },
  updated: { label: m.payments_updated, sort: "descending", min: 7.5 },
  order: { label: m.payments_order, sort: "ascending", min: 5, grow: 1 },
  description: { label: m.payments_description, sort: "ascending", min: 8, grow: 3 },
  amount: { label: m.payments_amount, sort: "descending", min: 8, align: "end" },
  price: { label: m.payments_price, sort: "descending", min: 5.75, align: "end" },
  worth: { label: m.payments_worth, sort: "descending", min: 7, align: "end" },
  coin: { label: m.payments_coin, sort: "ascending", min: 6 },
  status: { label: m.payments_status, sort: "ascending", min: 9 },
  id: { label: m.payments_id, sort: "descending", min: 7.5 },
  address: { label: m.payments_address, sort: "ascending", min: 10, grow: 2 },
  invoice: { label: m.payments_invoice, sort: "descending", min: 7.5 },
  purchase: { label: m.payments_purchase, sort: "descending", min: 7.5 },
  outcome: { label: m.payments_outcome, sort: "descending", min: 9, align: "end" },
};

/** Every column, in the order in which they are offered. */
export const allColumns = Object.keys(columns) as PaymentColumn[];

const atFirst: PaymentColumn[] = ["created", "order", "description", "amount", "price", "worth", "status"];

/** The columns of a list that nobody has changed. */
export const firstColumns: ListColumn[] = atFirst.map((column) => ({ column, width: null }));

/** How important a column is when the list gets narrow; without one it always stays. */
const importance: PaymentColumn[] = ["created", "price", "amount", "worth"];

export function keep(column: PaymentColumn, at: number): number | undefined {
  if (column === "status" || column === "order") return undefined;
  const known = importance.indexOf(column);
  return known < 0 ? 1 / (at + 2) : importance.length - known;
}
