import { untrack } from "svelte";
import { api, type AttentionCase, type AttentionPage, type AttentionQuery, type Failure } from "../bridge";
import { live, type Live } from "../lib/live.svelte";

const PAGE = 100;

/** Which cases are listed. */
export type CaseFilter = Pick<AttentionQuery, "shelf" | "kind">;

/** Cases, read page by page as they come into sight. Make it while a component is being set up. */
export class Cases {
  /** What has been read so far, without gaps from the top. */
  rows = $state.raw<AttentionCase[]>([]);
  #filter: () => CaseFilter;
  #of: CaseFilter | undefined;
  #next: string | null = null;
  #head: Live<{ page: AttentionPage; of: CaseFilter }>;
  #reading = false;

  constructor(filter: () => CaseFilter) {
    this.#filter = filter;
    this.#head = live(["attention", "payments", "payouts"], async () => {
      const of = filter();
      return { page: await api.attentionCases({ ...of, limit: PAGE, after: null }), of };
    });
    $effect.pre(() => {
      const head = this.#head.data;
      if (head) untrack(() => this.#take(head.page, head.of));
    });
  }

  /** The answer about the whole list; `undefined` until there is one to the present filter. */
  get summary(): AttentionPage | undefined {
    const [now, head] = [this.#filter(), this.#head.data];
    return head && head.of.shelf === now.shelf && head.of.kind === now.kind ? head.page : undefined;
  }

  get error(): Failure | undefined {
    return this.#head.error;
  }

  reload = (): Promise<void> => this.#head.reload();

  /** A case may have gone from anywhere: what was read further down is read again as it comes into sight. */
  #take(page: AttentionPage, of: CaseFilter): void {
    this.#of = of;
    this.rows = page.rows;
    this.#next = page.next;
  }

  /** Reads on until row `end` is there. */
  async see(end: number): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#of && this.#next && this.rows.length < end) {
        const [after, of] = [this.#next, this.#of];
        const page = await api.attentionCases({ ...of, limit: PAGE, after });
        if (of !== this.#of || after !== this.#next) continue;
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
