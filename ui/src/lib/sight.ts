/** Brings what has just appeared into sight: `{@attach intoSight}`. */
export function intoSight(element: Element): void {
  element.scrollIntoView({ block: "nearest" });
}
