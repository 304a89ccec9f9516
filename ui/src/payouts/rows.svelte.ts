import { untrack } from "svelte";
import { api, Failure, onChanged, type BatchRow, type RowFilter } from "../bridge";

const PAGE = 500;

/** Rows of a batch in the order of the file, read page by page as they come into sight. Made while a component is set up. */
export class BatchRows {
  /** What has been read so far, without gaps from the top. */
  rows = $state.raw<BatchRow[]>([]);
  /** How many there are in all; `undefined` before the first answer. */
  total = $state<number>();
  error = $state.raw<Failure>();
  readonly #batch: string;
  readonly #filter: () => RowFilter;
  #sight: [number, number] = [0, 0];
  /** Counts the changes of the batch; a page that was read before the newest one is read again once it is in sight. */
  #change = 0;
  #pages: number[] = [];
  #life = 0;
  #reading = false;

  constructor(batch: string, filter: () => RowFilter) {
    this.#batch = batch;
    this.#filter = filter;
    $effect(() => {
      filter();
      untrack(() => this.reload());
      return () => void this.#life++;
    });
    $effect(() =>
      onChanged((change) => {
        if (change.kind !== "everything" && !(change.kind === "payouts" && change.batch === batch)) return;
        this.#change++;
        void this.#read();
      }),
    );
  }

  /** Forgets what was read and reads again from the top. */
  reload = (): void => {
    this.#life++;
    this.#reading = false;
    this.#pages = [];
    this.rows = [];
    this.total = undefined;
    this.error = undefined;
    void this.#read();
  };

  /** Rows from `first` up to `end` are in sight: reads until they are there and up to date. */
  see(first: number, end: number): void {
    this.#sight = [first, end];
    void this.#read();
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    const life = this.#life;
    try {
      for (let page = this.#wanted(); page !== undefined; page = this.#wanted()) {
        const change = this.#change;
        const after = page ? (this.rows[page * PAGE - 1]?.number ?? null) : null;
        const { rows, total } = await api.payoutRows({
          batch: this.#batch,
          filter: this.#filter(),
          limit: PAGE,
          after,
        });
        if (life !== this.#life) return;
        this.error = undefined;
        this.#take(page, rows, total, change);
      }
    } catch (thrown) {
      if (life === this.#life) this.error = Failure.from(thrown);
    } finally {
      if (life === this.#life) this.#reading = false;
    }
  }

  /** The page to read next, if any: one in sight that is old, or the one below what was read while more is in sight. */
  #wanted(): number | undefined {
    if (this.total === undefined || !this.#pages.length) return 0;
    const [first, end] = this.#sight;
    const last = Math.min(Math.max(end, 1), this.total);
    for (let page = Math.min(Math.floor(first / PAGE), this.#pages.length - 1); page * PAGE < last; page++)
      if ((this.#pages[page] ?? -1) < this.#change || page >= this.#pages.length) return page;
    return undefined;
  }

  #take(page: number, rows: BatchRow[], total: number, change: number): void {
    // Rows were taken out, or no longer belong here: what was read stands in another place now.
    if (page > 0 && total !== this.total) {
      this.#pages = [];
      return;
    }
    const below = total === this.total ? this.rows.slice(page * PAGE + rows.length) : [];
    if (total !== this.total) this.#pages = [];
    this.rows = [...this.rows.slice(0, page * PAGE), ...rows, ...below];
    this.#pages[page] = change;
    this.total = total;
  }
}
