import { api } from "../bridge";
import { drawn } from "./drawn";

let marked = false;

/**
 * Marks the first moment at which the window can be used: what it begins with is on the screen. Until then the program has
 * held back what it does by itself. `cargo xtask bench` reads the mark.
 */
export async function markUsable(): Promise<void> {
  if (marked) return;
  marked = true;
  await drawn();
  performance.mark("usable");
  await api.usable();
}
