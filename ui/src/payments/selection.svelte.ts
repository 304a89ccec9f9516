import { SvelteSet } from "svelte/reactivity";
import type { PaymentRow, PaymentSelection } from "../bridge";
import type { RowSelection } from "../components/table";
import { m } from "../messages";
import type { PaymentFilter, PaymentList } from "./list.svelte";

/** Payments that are selected: some by their ids, or all that match but for some. It goes with the list it was made in. */
export class Selection implements RowSelection {
  /** The list of which all are selected. */
  #all = $state.raw<PaymentFilter>();
  /** Those that are selected, or of all those that are not. */
  #ids = new SvelteSet<string>();
  #list: PaymentList;

  constructor(list: PaymentList) {
    this.#list = list;
  }

  has = (at: number): boolean => {
    const row = this.#list.row(at);
    return row !== undefined && this.#ids.has(row.id) === (this.#all === undefined);
  };

  get count(): number {
    return this.#all ? Math.max(0, (this.#list.total ?? 0) - this.#ids.size) : this.#ids.size;
  }

  get extent(): "none" | "some" | "all" {
    if (this.count === 0) return "none";
    return this.count === this.#list.total ? "all" : "some";
  }

  /** What is selected, as the program is asked about it. */
  get asked(): PaymentSelection {
    const ids = [...this.#ids];
    return this.#all ? { kind: "all", ...this.#all, except: ids } : { kind: "ids", ids };
  }

  label = (at: number): string => {
    const row = this.#list.row(at);
    return m.select_row({ row: row?.order_id ?? row?.id ?? String(at + 1) });
  };

  toggle = (at: number): void => {
    const row = this.#list.row(at);
    if (row && !this.#ids.delete(row.id)) this.#ids.add(row.id);
  };

  extend = (from: number, to: number): void => void this.#extend(Math.min(from, to), Math.max(from, to) + 1);

  all = (): void => {
    this.#ids.clear();
    this.#all = this.#list.of;
  };

  none = (): void => {
    this.#ids.clear();
    this.#all = undefined;
  };

  /** Rows far apart are read first, so that none between them is left out. */
  async #extend(first: number, end: number): Promise<void> {
    const places = Array.from({ length: end - first }, (_, n) => this.#list.row(first + n));
    const rows = places.every((row) => row) ? places : await this.#list.between(first, end).catch(() => []);
    for (const { id } of rows as PaymentRow[]) {
      if (this.#all) this.#ids.delete(id);
      else this.#ids.add(id);
    }
  }
}
