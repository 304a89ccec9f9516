import { api, Failure, type Choices, type OpenFile, type Opened } from "../bridge";
import { route } from "../lib/router.svelte";

/** Files and pasted text on their way in. Lives as long as the window, so that nothing typed or said is lost. */
class Importing {
  name = $state("");
  text = $state("");
  /** A file is being read. */
  busy = $state(false);
  /** A file that waits for the owner to say how it is to be read. */
  file = $state.raw<OpenFile>();
  /** Why the last file was not taken. */
  failure = $state.raw<Failure>();
  /** Why the text was not taken. */
  textFailure = $state.raw<Failure>();
  /** What is on its way was pasted. */
  #pasted = false;

  /** Lets the owner choose a file, and shows the batch that it became. */
  choose = async (): Promise<void> => {
    if (this.busy) return;
    this.failure = undefined;
    this.#pasted = false;
    this.failure = await this.#take(() => api.choosePayoutFile());
  };

  /** Reads the pasted text. True once it was taken; what was pasted stays until it is a batch. */
  async paste(name: string): Promise<boolean> {
    if (this.busy) return false;
    this.#pasted = true;
    this.textFailure = await this.#take(() => api.openPayoutText(name, this.text));
    return !this.textFailure;
  }

  /** Shows a file that came in from outside the window and waits. */
  async ask(id: string): Promise<void> {
    this.file = await api.openPayoutFile(id);
  }

  /** Reads the file that waits as the owner says; why not, where it could not be taken. */
  async answer(choices: Choices): Promise<Failure | undefined> {
    const file = this.file;
    if (!file || this.busy) return undefined;
    return this.#take(() => api.answerPayoutFile(file.id, choices));
  }

  /** Closes the file that waits. */
  close(): void {
    if (this.file) void api.closePayoutFile(this.file.id);
    this.file = undefined;
  }

  /** Forgets all that was typed and said. */
  forget(): void {
    [this.name, this.text] = ["", ""];
    this.file = this.failure = this.textFailure = undefined;
  }

  async #take(read: () => Promise<Opened | null>): Promise<Failure | undefined> {
    this.busy = true;
    try {
      const opened = await read();
      if (opened?.kind === "asks") this.file = opened.file;
      if (opened?.kind === "batch") {
        this.file = undefined;
        if (this.#pasted) [this.name, this.text] = ["", ""];
        route.go(["payouts", opened.batch.summary.id]);
      }
      return undefined;
    } catch (thrown) {
      return Failure.from(thrown);
    } finally {
      this.busy = false;
    }
  }
}

export const importing = new Importing();
