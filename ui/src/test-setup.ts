import "@testing-library/jest-dom/vitest";
import { configure } from "@testing-library/svelte";

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
