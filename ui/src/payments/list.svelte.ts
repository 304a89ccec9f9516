import { untrack } from "svelte";
import {
  api,
  onChanged,
  type Failure,
  type PaymentPage,
  type PaymentQuery,
  type PaymentRow,
} from "../bridge";
import { live, type Live } from "../lib/live.svelte";

const PAGE = 100;
/** So many pages are kept around what is in sight: however long the list, the window remembers little of it. */
const KEPT = 12;
const LONGEST_READ = 500;

/** The first page of a list that was asked for before there is a view of it. */
let ahead: { key: string; page?: PaymentPage; forget: () => void } | undefined;

/**
 * Asks for the first page of a list before there is a view of it: the list that is made next begins with it, if it is that
 * one and nothing has changed. Resolves once there is an answer of any kind.
 */
export async function readAhead(filter: PaymentFilter): Promise<void> {
  ahead?.forget();
  const stop = onChanged(({ kind }) => (kind === "payments" || kind === "everything") && forget());
  const forget = () => {
    stop();
    ahead = undefined;
  };
  const mine: typeof ahead = (ahead = { key: key(filter), forget });
  // A refusal is not handed on: the list asks for itself.
  mine.page = await api.listPayments({ ...filter, from: 0, limit: PAGE }).catch(() => undefined);
}

/** What the list is narrowed to, and its order. */
export type PaymentFilter = Omit<PaymentQuery, "from" | "limit">;

interface Answer {
  page: PaymentPage;
  of: PaymentFilter;
  /** The place of its first row. */
  from: number;
}

/**
 * Payments, of which only what is in sight is read, wherever in the list that is. A change has just that read again. A
 * filter that the program refuses leaves what was listed before it, whole. Make it while a component is being set up.
 */
export class PaymentList {
  /** The filter of what is listed, which is an earlier one until there is an answer to the present one. */
  of = $state.raw<PaymentFilter>();
  #pages = $state.raw<ReadonlyMap<number, PaymentRow[]>>(new Map());
  #filter: () => PaymentFilter;
  #head: Live<Answer>;
  #first = 0;
  #end = 1;
  #reading = false;

  constructor(filter: () => PaymentFilter) {
    this.#filter = filter;
    this.#head = live(["payments"], () => {
      const of = filter();
      const same = untrack(() => this.of !== undefined && key(of) === key(this.of));
      const page = ahead?.key === key(of) ? ahead.page : undefined;
      ahead?.forget();
      return page ? { page, of, from: 0 } : this.#read(of, same ? this.#first : 0, same ? this.#end : 1);
    });
    $effect.pre(() => {
      const head = this.#head.data;
      if (head) untrack(() => this.#take(head));
    });
  }

  /** How many rows there are in all; `undefined` until that is known. */
  get total(): number | undefined {
    return this.#head.data?.page.total;
  }

  /** Another list has another of these: it begins at its top. */
  get key(): string {
    return key(this.of ?? this.#filter());
  }

  get error(): Failure | undefined {
    return this.#head.error;
  }

  /** The rows that are at hand, with their places. */
  get rows(): [number, PaymentRow][] {
    const pages = [...this.#pages].sort(([a], [b]) => a - b);
    return pages.flatMap(([page, rows]) =>
      rows.map((row, at): [number, PaymentRow] => [page * PAGE + at, row]),
    );
  }

  reload = (): Promise<void> => this.#head.reload();

  /** The row at a place; `undefined` while it is not at hand. */
  row = (at: number): PaymentRow | undefined => this.#pages.get(Math.floor(at / PAGE))?.[at % PAGE];

  /** The rows from place `first` up to `end` are in sight: those that are not at hand are read. */
  see(first: number, end: number): void {
    [this.#first, this.#end] = [first, end];
    untrack(() => void this.#fill());
  }

  /** The rows from place `first` up to `end`, at hand or not. */
  async between(first: number, end: number): Promise<PaymentRow[]> {
    const of = this.of ?? this.#filter();
    const rows: PaymentRow[] = [];
    while (first + rows.length < end) {
      const limit = Math.min(LONGEST_READ, end - first - rows.length);
      const page = await api.listPayments({ ...of, from: first + rows.length, limit });
      if (!page.rows.length) break;
      rows.push(...page.rows);
    }
    return rows;
  }

  async #fill(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.of && !this.#has(this.#first, this.#end)) {
        const of = this.of;
        const answer = await this.#read(of, this.#first, this.#end);
        if (of === this.of) this.#keep(answer);
      }
    } catch {
      // The rows stay blank; the next scroll or change reads them again.
    } finally {
      this.#reading = false;
    }
  }

  #has(first: number, end: number): boolean {
    const last = Math.min(end, this.total ?? end) - 1;
    return last < first || (this.row(first) !== undefined && this.row(last) !== undefined);
  }

  /** Reads the whole pages around some rows, and one more, which a list goes on with. */
  async #read(of: PaymentFilter, first: number, end: number): Promise<Answer> {
    const from = Math.floor(first / PAGE) * PAGE;
    const limit = Math.min(LONGEST_READ, Math.ceil((end - from) / PAGE) * PAGE + PAGE);
    return { page: await api.listPayments({ ...of, from, limit }), of, from };
  }

  /** What has come takes the place of everything: what was read before it may have changed. */
  #take(answer: Answer): void {
    if (this.of === undefined || key(this.of) !== key(answer.of)) {
      [this.#first, this.#end] = [0, 1];
      this.of = answer.of;
    }
    this.#pages = new Map(pages(answer));
    void this.#fill();
  }

  #keep(answer: Answer): void {
    const here = Math.floor(answer.from / PAGE);
    const kept = new Map([...this.#pages, ...pages(answer)]);
    const near = [...kept].sort(([a], [b]) => Math.abs(a - here) - Math.abs(b - here));
    this.#pages = new Map(near.slice(0, KEPT));
  }
}

function pages({ page, from }: Answer): [number, PaymentRow[]][] {
  const count = Math.ceil(page.rows.length / PAGE);
  return Array.from({ length: count }, (_, n) => [
    from / PAGE + n,
    page.rows.slice(n * PAGE, (n + 1) * PAGE),
  ]);
}

const key = ({ search, sort, descending }: PaymentFilter) => JSON.stringify([search, sort, descending]);
