import { Failure, onChanged, type Tag } from "../bridge";

/** What a view sees of something it reads: the last answer stays while the next is on its way. */
export class Live<T> {
  data = $state.raw<T>();
  error = $state.raw<Failure>();
  loading = $state(true);
  #read: () => T | Promise<T>;
  #latest = 0;
  #again = false;

  constructor(read: () => T | Promise<T>) {
    this.#read = read;
  }

  /** Reads again now; an older answer that arrives later is dropped. */
  reload = async (): Promise<void> => {
    const mine = ++this.#latest;
    this.#again = false;
    this.loading = true;
    try {
      const answer = this.#read();
      // What is at hand is there at once.
      const data = answer instanceof Promise ? await answer : answer;
      if (mine !== this.#latest) return;
      this.data = data;
      this.error = undefined;
    } catch (thrown) {
      if (mine !== this.#latest) return;
      this.error = Failure.from(thrown);
    }
    this.loading = false;
    if (this.#again) await this.reload();
  };

  /** Reads again once the read under way is done, so that a flood of changes costs one read at a time. */
  refresh(): void {
    if (this.loading) this.#again = true;
    else void this.reload();
  }

  /** Forgets the read under way. */
  stop(): void {
    this.#latest++;
  }
}

/**
 * Reads with `read` and again when a change names one of `tags`, or when reactive state that `read` looks at before
 * its first `await` changes. Call it while a component is being set up.
 */
export function live<T>(tags: Tag[], read: () => T | Promise<T>): Live<T> {
  const result = new Live(read);
  // Before anything is drawn, so that the answer is on its way meanwhile.
  $effect.pre(() => {
    void result.reload();
    return () => result.stop();
  });
  $effect(() => onChanged(({ kind }) => (kind === "everything" || tags.includes(kind)) && result.refresh()));
  return result;
}
