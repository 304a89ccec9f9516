import { untrack } from "svelte";
import { Failure, onChanged, type Changed } from "../bridge";

const PAGE = 500;

/** A page of a list that begins behind a place. */
interface Page<Row, Place> {
  rows: Row[];
  total: number;
  /** Where the next one begins. */
  next: Place | null;
}

/** A list of the program that is read page by page as it comes into sight. Make it while a component is being set up. */
export class Pages<Row, Place, Answer extends Page<Row, Place>> {
  /** What has been read so far, without gaps from the top. */
  rows = $state.raw<Row[]>([]);
  /** How many there are in all; `undefined` before the first answer. */
  total = $state<number>();
  /** The newest page. */
  answer = $state.raw<Answer>();
  error = $state.raw<Failure>();
  readonly #ask: (after: Place | null, limit: number) => Promise<Answer>;
  #sight: [number, number] = [0, 0];
  /** Counts the changes; a page that was read before the newest one is read again once it is in sight. */
  #change = 0;
  #read: number[] = [];
  #next: (Place | null)[] = [];
  #life = 0;
  #reading = false;

  /** `key` names the list: with another one it is read anew. What `concerns` it is read again as far as it is in sight. */
  constructor(
    key: () => string,
    ask: (after: Place | null, limit: number) => Promise<Answer>,
    concerns: (change: Changed) => boolean,
  ) {
    this.#ask = ask;
    $effect(() => {
      key();
      untrack(() => this.reload());
      return () => void this.#life++;
    });
    $effect(() =>
      onChanged((change) => {
        if (change.kind !== "everything" && !concerns(change)) return;
        this.#change++;
        void this.#fill();
      }),
    );
  }

  /** Forgets what was read and reads again from the top. */
  reload = (): void => {
    this.#life++;
    this.#reading = false;
    this.#read = [];
    this.rows = [];
    this.total = undefined;
    this.error = undefined;
    void this.#fill();
  };

  row = (at: number): Row | undefined => this.rows[at];

  /** Rows from `first` up to `end` are in sight: reads until they are there and up to date. */
  see = (first: number, end: number): void => {
    this.#sight = [first, end];
    untrack(() => void this.#fill());
  };

  async #fill(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    const life = this.#life;
    try {
      for (let page = this.#wanted(); page !== undefined; page = this.#wanted()) {
        const change = this.#change;
        const answer = await this.#ask(page ? (this.#next[page - 1] ?? null) : null, PAGE);
        if (life !== this.#life) return;
        this.error = undefined;
        this.#take(page, answer, change);
      }
    } catch (thrown) {
      if (life === this.#life) this.error = Failure.from(thrown);
    } finally {
      if (life === this.#life) this.#reading = false;
    }
  }

  /** The page to read next, if any: one in sight that is old, or the one below what was read while more is in sight. */
  #wanted(): number | undefined {
    if (this.total === undefined || !this.#read.length) return 0;
    const [first, end] = this.#sight;
    const last = Math.min(Math.max(end, 1), this.total);
    for (let page = Math.min(Math.floor(first / PAGE), this.#read.length - 1); page * PAGE < last; page++)
      if ((this.#read[page] ?? -1) < this.#change || page >= this.#read.length) return page;
    // An empty list may have become one that is not.
    return last === 0 && (this.#read[0] ?? -1) < this.#change ? 0 : undefined;
  }

  #take(page: number, answer: Answer, change: number): void {
    const { rows, total, next } = answer;
    // Rows have come or gone: what was read stands in another place now.
    if (page > 0 && total !== this.total) {
      this.#read = [];
      return;
    }
    const below = total === this.total ? this.rows.slice(page * PAGE + rows.length) : [];
    if (total !== this.total) this.#read = [];
    this.rows = [...this.rows.slice(0, page * PAGE), ...rows, ...below];
    this.#read[page] = change;
    this.#next[page] = next;
    this.total = total;
    this.answer = answer;
  }
}
