import { api, Failure, type Batch } from "../bridge";
import { route } from "../lib/router.svelte";

/** Files and pasted text on their way in. Lives as long as the window, so that nothing typed or said is lost. */
class Importing {
  name = $state("");
  text = $state("");
  /** A file is being read. */
  busy = $state(false);
  /** Why the last file was not taken. */
  failure = $state.raw<Failure>();
  /** Why the text was not taken. */
  textFailure = $state.raw<Failure>();

  /** Lets the owner choose a file, and shows the batch that it became. */
  choose = async (): Promise<void> => {
    if (this.busy) return;
    this.failure = undefined;
    this.failure = await this.#take(() => api.choosePayoutFile());
  };

  /** Reads the pasted text. True once it is a batch; what was pasted stays until then. */
  async paste(name: string): Promise<boolean> {
    if (this.busy) return false;
    this.textFailure = await this.#take(() => api.importPayoutText(name, this.text));
    if (this.textFailure) return false;
    [this.name, this.text] = ["", ""];
    return true;
  }

  async #take(read: () => Promise<Batch | null>): Promise<Failure | undefined> {
    this.busy = true;
    try {
      const batch = await read();
      if (batch) route.go(["payouts", batch.summary.id]);
      return undefined;
    } catch (thrown) {
      return Failure.from(thrown);
    } finally {
      this.busy = false;
    }
  }
}

export const importing = new Importing();
