import { api, Failure, type Move, type MovePreview, type NewMove } from "../bridge";

/** A move on its way from what is typed to what was made: shown first, confirmed as it was shown, and made once. */
export class MoveFlow {
  preview = $state.raw<MovePreview>();
  made = $state.raw<Move>();
  failure = $state.raw<Failure>();
  busy = $state(false);
  /** The PINs of both persons, where it takes them. */
  pins = $state({ preparer: "", approver: "" });
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
    this.pins = { preparer: "", approver: "" };
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
    const { preparer, approver } = this.pins;
    const [first, second] = preview.two_persons ? [preparer, approver] : [null, null];
    await this.#once(async (current) => {
      const made = await api.confirmMove(preview.id, preview.hash, first, second).catch((thrown: unknown) => {
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
      const { field } = this.failure;
      // Only the PIN that was refused has to be typed again.
      if (isPin(field)) this.pins[field] = "";
      // What is wrong with a field is said there.
      else if (field) this.preview = undefined;
    }
    if (current()) this.busy = false;
  }
}

/** Whether a field is that of a PIN, which is asked for when the move is confirmed. */
export function isPin(field: string | null | undefined): field is "preparer" | "approver" {
  return field === "preparer" || field === "approver";
}

/** A refusal at a field, or one that came before anything was sent, is a failure; of anything else the journal knows more. */
async function whatBecameOf(id: string, failure: Failure): Promise<Move> {
  if (failure.field || failure.code === "stale" || failure.code === "unknown_outcome") throw failure;
  return await api.moveMade(id).catch(() => {
    throw failure;
  });
}
