import type { ListColumn, PaymentColumn, PaymentSort } from "../bridge";
import type { Column } from "../components/table";
import { m } from "../messages";
import { sorts } from "./sorts";

type Look = Pick<Column<never>, "min" | "grow" | "align">;

/** The columns there are: their names, the least width they need, and what they are sorted by. */
export const columns: Record<PaymentColumn, Look & { label: () => string; sort?: PaymentSort }> = {
  created: { label: m.payments_created, min: 6.5, sort: "created" },
  updated: { label: m.payments_updated, min: 6.5, sort: "updated" },
  order: { label: m.payments_order, min: 5, grow: 1, sort: "order" },
  description: { label: m.payments_description, min: 8, grow: 3, sort: "description" },
  amount: { label: m.payments_amount, min: 8, align: "end", sort: "amount" },
  price: { label: m.payments_price, min: 5.75, align: "end", sort: "price" },
  worth: { label: m.payments_worth, min: 7, align: "end" },
  coin: { label: m.payments_coin, min: 6, sort: "coin" },
  status: { label: m.payments_status, min: 9, sort: "status" },
  id: { label: m.payments_id, min: 7.5 },
  address: { label: m.payments_address, min: 10, grow: 2 },
  invoice: { label: m.payments_invoice, min: 7.5 },
  purchase: { label: m.payments_purchase, min: 7.5 },
  outcome: { label: m.payments_outcome, min: 9, align: "end" },
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

/** The sort's own column head goes by the column that shows it. */
export function sortOf(column: PaymentColumn) {
  const { sort } = columns[column];
  return sort && sorts[sort].first;
}
