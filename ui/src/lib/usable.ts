import { api } from "../bridge";

let marked = false;

/**
 * Marks the first moment at which the window can be used: what it begins with is on the screen. Until then the program has
 * held back what it does by itself. `cargo xtask bench` reads the mark.
 */
export function markUsable() {
  if (marked) return;
  marked = true;
  // The second frame begins when the first is on the screen.
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      performance.mark("usable");
      void api.usable();
    }),
  );
}
