import { api, Failure, type Quote, type QuoteRequest } from "../../bridge";

/** Nothing is asked before nothing more was typed for so long. */
const ASK_AFTER_MS = 300;

/** What a price comes to, asked for as it is typed. Make it while a component is being set up. */
export class LiveQuote {
  /** The last answer, and the question that it belongs to. */
  answer = $state.raw<{ quote: Quote; of: QuoteRequest }>();
  failure = $state.raw<Failure>();
  asking = $state(false);
  #latest = 0;

  constructor(question: () => QuoteRequest | undefined) {
    $effect(() => {
      const asked = JSON.stringify(question() ?? null);
      const mine = ++this.#latest;
      const of = JSON.parse(asked) as QuoteRequest | null;
      this.failure = undefined;
      this.asking = !!of;
      if (!of) {
        this.answer = undefined;
        return;
      }
      const timer = setTimeout(() => void this.#ask(of, mine), ASK_AFTER_MS);
      return () => clearTimeout(timer);
    });
  }

  /** Whether the last answer is about what stands there now. */
  get fresh(): boolean {
    return !this.asking && !this.failure && !!this.answer;
  }

  async #ask(of: QuoteRequest, mine: number): Promise<void> {
    try {
      const quote = await api.quotePayment(of);
      if (mine !== this.#latest) return;
      this.answer = { quote, of };
    } catch (thrown) {
      if (mine !== this.#latest) return;
      this.answer = undefined;
      this.failure = Failure.from(thrown);
    }
    this.asking = false;
  }
}
