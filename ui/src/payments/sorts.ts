import type { PaymentSort } from "../bridge";
import type { Direction, Sorting } from "../components/table";
import { m } from "../messages";
import type { PaymentFilter } from "./list.svelte";

/** A payment list's sorting: its columns go by the names of the program's sorts. */
export interface PaymentSorting extends Sorting {
  column: PaymentSort;
}

/** What payments can be sorted by: its name, and the direction that comes first. Some have no column of their own. */
export const sorts: Record<PaymentSort, { label: () => string; first: Direction }> = {
  created: { label: m.payments_created, first: "descending" },
  updated: { label: m.payments_updated, first: "descending" },
  order: { label: m.payments_order, first: "ascending" },
  description: { label: m.payments_description, first: "ascending" },
  amount: { label: m.payments_amount, first: "descending" },
  price: { label: m.payments_price, first: "descending" },
  coin: { label: m.payments_coin, first: "ascending" },
  status: { label: m.payments_status, first: "ascending" },
};

const newestFirst: PaymentSorting = { column: "created", direction: "descending" };

/** The sorting that stands in an address: `price`, or `-price` for the largest first; newest first if none does. */
export function sortingFrom(text: string | null): PaymentSorting {
  const column = text?.replace(/^-/, "") ?? "";
  if (!isSort(column)) return newestFirst;
  return { column, direction: text?.startsWith("-") ? "descending" : "ascending" };
}

/** A sorting as it stands in an address; empty for newest first. */
export function sortingText({ column, direction }: Sorting): string {
  if (column === newestFirst.column && direction === newestFirst.direction) return "";
  return (direction === "descending" ? "-" : "") + column;
}

/** The list of what is found by `search`, in this order. */
export function listOf(search: string, { column, direction }: PaymentSorting): PaymentFilter {
  return { search, sort: column, descending: direction === "descending" };
}

function isSort(text: string): text is PaymentSort {
  return Object.hasOwn(sorts, text);
}
