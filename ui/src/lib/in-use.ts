import { api } from "../bridge";

/** So long it is enough to have said once that the window is used, in milliseconds. */
const EVERY = 15_000;

/** Tells the program that somebody uses the window, as it happens, until the returned function is called. */
export function reportUse(): () => void {
  let told = -Infinity;
  const used = ({ timeStamp }: Event) => {
    if (timeStamp - told < EVERY) return;
    told = timeStamp;
    // Where it cannot be told, Paydesk locks sooner: that is all.
    api.inUse().catch(() => undefined);
  };
  const over = new AbortController();
  for (const activity of ["pointermove", "pointerdown", "wheel", "keydown"])
    addEventListener(activity, used, { capture: true, passive: true, signal: over.signal });
  return () => over.abort();
}
