import type { PaymentSort } from "../bridge";
import type { Sorting } from "../components/table";
import { columns } from "./columns";
import type { PaymentFilter } from "./list.svelte";

/** A payment list's sorting: its columns go by the names of the program's sorts. */
export interface PaymentSorting extends Sorting {
  column: PaymentSort;
}

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
  return Object.hasOwn(columns, text);
}
