import "@testing-library/jest-dom/vitest";
import { configure } from "@testing-library/svelte";
import { afterAll } from "vitest";

// A timer that a component leaves behind (bits-ui sets some of seconds for its fields of digits) must not strike when the
// tests of a file are over and jsdom is being taken down.
const timers = new Set<ReturnType<typeof setTimeout>>();
const later = globalThis.setTimeout;
globalThis.setTimeout = Object.assign((...wish: Parameters<typeof later>) => {
  const timer = later(...wish);
  timers.add(timer);
  return timer;
}, later);
afterAll(() => timers.forEach((timer) => clearTimeout(timer)));

// What jsdom leaves out, since it lays nothing out: nothing changes its size, no condition on the screen holds.
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
globalThis.matchMedia ??= (media) =>
  Object.assign(new EventTarget(), { media, matches: false, onchange: null }) as unknown as MediaQueryList;
if ("Element" in globalThis) Element.prototype.scrollIntoView ??= () => {};

// A machine that is busy with something else is slow, not wrong.
configure({ asyncUtilTimeout: 5_000 });
if ("CSS" in globalThis) CSS.supports ??= () => false;
if ("document" in globalThis) document.elementFromPoint ??= () => null;
