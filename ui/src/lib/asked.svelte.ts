import { untrack } from "svelte";
import { route } from "./router.svelte";

/** Something that is asked of a screen from elsewhere, until the screen is there to do it. */
export class Asked<T> {
  #wanted = $state.raw<{ what: T }>();
  #path: string[];

  constructor(path: string[]) {
    this.#path = path;
  }

  /** Goes to the screen, which does it. */
  for(what: T): void {
    this.#wanted = { what };
    route.go(this.#path);
  }

  /** Does what was asked for, once. Call it while the screen is being set up. */
  answer(does: (what: T) => void): void {
    $effect(() => {
      const wanted = this.#wanted;
      if (!wanted) return;
      this.#wanted = undefined;
      untrack(() => does(wanted.what));
    });
  }
}
