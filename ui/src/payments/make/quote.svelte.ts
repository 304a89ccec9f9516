import { Failure } from "../../bridge";

/** Nothing is asked before nothing more was typed for so long. */
const ASK_AFTER_MS = 300;

/** What an amount comes to, asked for as it is typed. Make it while a component is being set up. */
export class LiveQuote<Request, Quote> {
  /** The last answer, and the question that it belongs to. */
  answer = $state.raw<{ quote: Quote; of: Request }>();
  failure = $state.raw<Failure>();
  asking = $state(false);
  #latest = 0;
  #quote: (of: Request) => Promise<Quote>;

  constructor(question: () => Request | undefined, quote: (of: Request) => Promise<Quote>) {
    this.#quote = quote;
    $effect(() => {
      const asked = JSON.stringify(question() ?? null);
      const mine = ++this.#latest;
      const of = JSON.parse(asked) as Request | null;
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

  async #ask(of: Request, mine: number): Promise<void> {
    try {
      const quote = await this.#quote(of);
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
