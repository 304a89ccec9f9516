import { untrack } from "svelte";
import { api, type Failure, type PaymentPage, type PaymentRow } from "../bridge";
import { live, type Live } from "../lib/live.svelte";

const PAGE = 200;

/** What the list is narrowed to. */
export interface PaymentFilter {
  search: string;
  status: string | null;
}

/** Payments, newest first, read page by page as they come into sight. Make it while a component is being set up. */
export class PaymentList {
  /** What has been read so far, without gaps from the top. */
  rows = $state.raw<PaymentRow[]>([]);
  #next: string | null = null;
  #filter: () => PaymentFilter;
  #head: Live<{ page: PaymentPage; of: string }>;
  #of = "";
  #reading = false;

  constructor(filter: () => PaymentFilter) {
    this.#filter = filter;
    this.#head = live(["payments"], async () => {
      const wanted = filter();
      return { page: await api.listPayments({ ...wanted, limit: PAGE, after: null }), of: key(wanted) };
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

  get error(): Failure | undefined {
    return this.#head.error;
  }

  reload = (): Promise<void> => this.#head.reload();

  /** Puts a fresh first page in front of what was read further down. */
  #take(page: PaymentPage, of: string): void {
    const last = page.rows.at(-1)?.id;
    const at = of === this.#of ? this.rows.findIndex(({ id }) => id === last) : -1;
    const rest = at < 0 ? [] : this.rows.slice(at + 1);
    this.#of = of;
    this.rows = [...page.rows, ...rest];
    if (!rest.length) this.#next = page.next;
  }

  /** Reads on until row `end` is there. */
  async see(end: number): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#next && this.rows.length < end) {
        const [after, wanted] = [this.#next, this.#filter()];
        const page = await api.listPayments({ ...wanted, limit: PAGE, after });
        if (key(wanted) !== this.#of || after !== this.#next) continue;
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

const key = ({ search, status }: PaymentFilter) => JSON.stringify([search, status]);
