import { untrack } from "svelte";
import type { Tag } from "../bridge";
import { live, type Live } from "../lib/live.svelte";

/** So many rows are asked for at a time. */
export const PAGE = 200;

/** What comes with each page: the cursor of the next one, and how many rows there are in all. */
interface Page {
  next: string | null;
  total: number;
}

/** A list that comes in pages, read as far as somebody has scrolled. Make it while a component is being set up. */
export class Pages<Answer extends Page, Row> {
  #wanted = $state(PAGE);
  #read: Live<{ rows: Row[]; answer: Answer }>;

  constructor(tags: Tag[], read: (after: string | null) => Promise<Answer>, rows: (answer: Answer) => Row[]) {
    this.#read = live(tags, async () => {
      const wanted = this.#wanted;
      let answer = await read(null);
      const all = [...rows(answer)];
      while (answer.next !== null && all.length < wanted) {
        answer = await read(answer.next);
        all.push(...rows(answer));
      }
      return { rows: all, answer };
    });
  }

  /** The last answer, for what comes with the rows; `undefined` before the first. */
  get answer(): Answer | undefined {
    return this.#read.data?.answer;
  }
  get rows(): Row[] {
    return this.#read.data?.rows ?? [];
  }
  get error() {
    return this.#read.error;
  }
  reload = (): void => void this.#read.reload();

  row = (at: number): Row | undefined => this.rows[at];

  /** The rows up to `end` are in sight. */
  see = (_first: number, end: number): void => {
    if (end > this.rows.length && this.answer?.next) untrack(() => (this.#wanted = end + PAGE));
  };
}
