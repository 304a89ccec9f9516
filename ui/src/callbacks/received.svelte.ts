import { untrack } from "svelte";
import { api, type CallbackPage, type CallbackRow, type Failure } from "../bridge";
import { live, type Live } from "../lib/live.svelte";

const PAGE = 200;

/** The callbacks that came in, read page by page as they come into sight. Make it while a component is being set up. */
export class Received {
  /** What has been read so far, newest first, without gaps. */
  rows = $state.raw<CallbackRow[]>([]);
  #next: number | null = null;
  #head: Live<CallbackPage>;
  #reading = false;

  constructor() {
    this.#head = live(["callbacks"], () => api.listCallbacks(PAGE, null));
    $effect.pre(() => {
      const page = this.#head.data;
      if (page) untrack(() => this.#take(page));
    });
  }

  /** How many there are in all; `undefined` before the first answer. */
  get total(): number | undefined {
    return this.#head.data?.total;
  }

  get error(): Failure | undefined {
    return this.#head.error;
  }

  reload = (): Promise<void> => this.#head.reload();

  /** Puts a fresh first page in front of what was read further down. */
  #take(page: CallbackPage): void {
    const last = page.rows.at(-1)?.number;
    const at = this.rows.findIndex(({ number }) => number === last);
    const rest = at < 0 ? [] : this.rows.slice(at + 1);
    this.rows = [...page.rows, ...rest];
    if (!rest.length) this.#next = page.next;
  }

  /** Reads on until row `end` is there. */
  async see(end: number): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#next && this.rows.length < end) {
        const after = this.#next;
        const page = await api.listCallbacks(PAGE, after);
        if (after !== this.#next) continue;
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
