import { api, onChanged, type DropTarget } from "../bridge";
import { attempt } from "./attempt";

/** A file that was dropped; the program has it, the window its name. */
export interface Dropped {
  name: string;
  /** Several were dropped, and this is the first. */
  onlyFirst: boolean;
}

/** Who takes what is dropped on the window: the importer of the screen that is open, else that of payouts. */
class Drops {
  target = $state<DropTarget>("payouts");

  /** Has `handler` take what is dropped. Call it while a component is being set up; it ends with the component. */
  take(target: DropTarget, handler: (dropped: Dropped) => void): void {
    $effect(() => {
      this.#aim(target);
      const stop = onChanged((change) => {
        if (change.kind === "dropped") handler({ name: change.name, onlyFirst: change.only_first });
      });
      return () => {
        stop();
        this.#aim("payouts");
      };
    });
  }

  #aim(target: DropTarget): void {
    this.target = target;
    void attempt(api.aimDrops(target));
  }
}

export const drops = new Drops();
