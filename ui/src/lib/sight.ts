/** Brings what has just appeared into sight: `{@attach intoSight}`. */
export function intoSight(element: Element): void {
  element.scrollIntoView({ block: "nearest" });
}

/** Brings what was asked for to the top of what scrolls, and keeps it there while what stands above it still arrives. */
export function toTheTop(element: HTMLElement): () => void {
  const arrivals = new ResizeObserver(() => element.scrollIntoView({ block: "start" }));
  if (element.parentElement) arrivals.observe(element.parentElement);
  const touched = new AbortController();
  const stop = () => (arrivals.disconnect(), touched.abort());
  for (const touch of ["wheel", "pointerdown", "keydown"])
    addEventListener(touch, stop, { capture: true, signal: touched.signal });
  return stop;
}
