import { untrack } from "svelte";
import { api, type Failure, type PaymentPage, type PaymentQuery, type PaymentRow } from "../bridge";
import { live, type Live } from "../lib/live.svelte";

const PAGE = 200;

/** What the list is narrowed to, and its order. */
export type PaymentFilter = Omit<PaymentQuery, "limit" | "after">;

/**
 * Payments, read page by page as they come into sight. A filter that the program refuses leaves what was listed before
 * it, whole. Make it while a component is being set up.
 */
export class PaymentList {
  /** What has been read so far, without gaps from the top. */
  rows = $state.raw<PaymentRow[]>([]);
  /** The filter that they belong to, which is an earlier one until there is an answer to the present one. */
  of = $state.raw<PaymentFilter>();
  #filter: () => PaymentFilter;
  #next: string | null = null;
  #head: Live<{ page: PaymentPage; of: PaymentFilter }>;
  #reading = false;

  constructor(filter: () => PaymentFilter) {
    this.#filter = filter;
    this.#head = live(["payments"], async () => {
      const of = filter();
      return { page: await api.listPayments({ ...of, limit: PAGE, after: null }), of };
    });
    $effect.pre(() => {
      const head = this.#head.data;
      if (head) untrack(() => this.#take(head.page, head.of));
    });
  }

  /** The answer about the whole list: totals and statuses. */
  get summary(): PaymentPage | undefined {
    return this.#head.data?.page;
  }

  /** Another list has another of these: it begins at its top. */
  get key(): string {
    return key(this.of ?? this.#filter());
  }

  get error(): Failure | undefined {
    return this.#head.error;
  }

  reload = (): Promise<void> => this.#head.reload();

  /** Puts a fresh first page in front of what was read further down. */
  #take(page: PaymentPage, of: PaymentFilter): void {
    const last = page.rows.at(-1)?.id;
    const same = this.of !== undefined && key(of) === key(this.of);
    const at = same ? this.rows.findIndex(({ id }) => id === last) : -1;
    const rest = at < 0 ? [] : this.rows.slice(at + 1);
    if (!same) this.of = of;
    this.rows = [...page.rows, ...rest];
    if (!rest.length) this.#next = page.next;
  }

  /** Reads on until row `end` is there. */
  async see(end: number): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.of && this.#next && this.rows.length < end) {
        const [after, of] = [this.#next, this.of];
        const page = await api.listPayments({ ...of, limit: PAGE, after });
        if (of !== this.of || after !== this.#next) continue;
        this.rows = [...this.rows, ...page.rows];
        this.#next = page.next;
      }
    } catch {
      // The rows stay blank; the next scroll or change reads them again.
    } finally {
      this.#reading = false;
    }
  }
}

const key = ({ search, status, sort, descending }: PaymentFilter) =>
  JSON.stringify([search, status, sort, descending]);
