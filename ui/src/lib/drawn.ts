/** Resolves once what is set up by now is on the screen: the second frame begins when the first is there. */
export function drawn(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}
