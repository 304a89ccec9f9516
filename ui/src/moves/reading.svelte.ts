import { untrack } from "svelte";
import { Failure } from "../bridge";

/** Asks NOWPayments for what is new, one time after another, and keeps why that failed. */
export class Reading {
  busy = $state(false);
  failure = $state.raw<Failure>();
  #read: () => Promise<unknown>;

  constructor(read: () => Promise<unknown>) {
    this.#read = read;
  }

  run = async (): Promise<void> => {
    // An effect that begins it does not begin it again when it is done.
    if (untrack(() => this.busy)) return;
    this.busy = true;
    try {
      await this.#read();
      this.failure = undefined;
    } catch (thrown) {
      this.failure = Failure.from(thrown);
    }
    this.busy = false;
  };
}
