import { api, Failure, type Move, type MovePreview, type NewMove } from "../bridge";

/** A move on its way from what is typed to what was made: shown first, confirmed as it was shown, and made once. */
export class MoveFlow {
  preview = $state.raw<MovePreview>();
  made = $state.raw<Move>();
  failure = $state.raw<Failure>();
  busy = $state(false);
  /** What is answered to an earlier one is nothing any more. */
  #turn = 0;

  get step(): "form" | "confirm" | "made" {
    if (this.made) return "made";
    return this.preview ? "confirm" : "form";
  }

  /** What is wrong with a field. */
  error = (field: string): string | null => (this.failure?.field === field ? this.failure.message : null);

  /** Begins anew. */
  reset(): void {
    this.#turn++;
    this.preview = this.made = this.failure = undefined;
    this.busy = false;
  }

  /** Back to what was typed. */
  back = (): void => this.reset();

  /** Asks what the move would do. */
  async look(wanted: NewMove): Promise<void> {
    await this.#once(async (current) => {
      const preview = await api.previewMove(wanted);
      if (current()) this.preview = preview;
    });
  }

  /** Makes what was shown. */
  async confirm(): Promise<void> {
    const { preview } = this;
    if (!preview) return;
    await this.#once(async (current) => {
      const made = await api.confirmMove(preview.id, preview.hash).catch((thrown: unknown) => {
        return whatBecameOf(preview.id, Failure.from(thrown));
      });
      if (current()) this.made = made;
    });
  }

  async #once(act: (current: () => boolean) => Promise<void>): Promise<void> {
    if (this.busy) return;
    const turn = ++this.#turn;
    const current = () => turn === this.#turn;
    this.busy = true;
    this.failure = undefined;
    try {
      await act(current);
    } catch (thrown) {
      if (!current()) return;
      this.failure = Failure.from(thrown);
      // What is wrong with a field is said there.
      if (this.failure.field) this.preview = undefined;
    }
    if (current()) this.busy = false;
  }
}

/** A refusal at a field, or one that came before anything was sent, is a failure; of anything else the journal knows more. */
async function whatBecameOf(id: string, failure: Failure): Promise<Move> {
  if (failure.field || failure.code === "stale" || failure.code === "unknown_outcome") throw failure;
  return await api.moveMade(id).catch(() => {
    throw failure;
  });
}
