import { api, type ListColumn, type PaymentColumn } from "../bridge";
import { firstColumns } from "./columns";

const SETTLED_MS = 400;

/** The columns of the list as the owner has them, kept for the shop. Make it while a component is being set up. */
export class OwnColumns {
  list = $state.raw<ListColumn[]>(firstColumns);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    // Until they are read, and where they cannot be, the list has the columns that it has at first.
    api.paymentColumns().then(
      (kept) => kept.length && (this.list = kept),
      () => undefined,
    );
    $effect(() => () => this.#flush());
  }

  get changed(): boolean {
    return this.list !== firstColumns;
  }

  has(column: PaymentColumn): boolean {
    return this.list.some((each) => each.column === column);
  }

  /** Shows a column behind the others, or hides it. The last one stays. */
  toggle(column: PaymentColumn): void {
    const rest = this.list.filter((each) => each.column !== column);
    if (!this.has(column)) this.set([...this.list, { column, width: null }]);
    else if (rest.length) this.set(rest);
  }

  /** Moves a column by so many places. */
  move(column: PaymentColumn, by: number): void {
    const from = this.list.findIndex((each) => each.column === column);
    const moved = this.list[from];
    const to = from + by;
    if (!moved || to < 0 || to >= this.list.length) return;
    const rest = this.list.filter((each) => each !== moved);
    this.set([...rest.slice(0, to), moved, ...rest.slice(to)]);
  }

  resize(column: PaymentColumn, width: number): void {
    this.set(this.list.map((each) => (each.column === column ? { column, width } : each)));
  }

  reset(): void {
    this.set(firstColumns);
  }

  /** While a column is being drawn wider they are kept once, when it stands still. */
  set(list: ListColumn[]): void {
    this.list = list;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(), SETTLED_MS);
  }

  #flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const kept = this.list === firstColumns ? [] : this.list;
    // They stay as they are in this window when they cannot be kept.
    api.keepPaymentColumns(kept).catch(() => undefined);
  }
}
