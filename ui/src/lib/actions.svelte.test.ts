import { flushSync } from "svelte";
import { beforeEach, expect, test, vi } from "vitest";
import { grouped, keyCaps, Keyboard, offer, offered, type Action } from "./actions.svelte";

const go = vi.fn();
const find = vi.fn();
const search = vi.fn();
const keyboard = new Keyboard();

function press(
  key: string,
  more: KeyboardEventInit = {},
  target: HTMLElement = document.body,
): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  target.addEventListener("keydown", keyboard.handle, { once: true });
  target.dispatchEvent(event);
  return event;
}

function shown(actions: Action[]): () => void {
  const stop = $effect.root(() => offer(() => actions));
  flushSync();
  return stop;
}

beforeEach(() => {
  const stop = shown([
    { id: "go", label: "Go to payments", group: "Go", keys: "g p", run: go },
    { id: "find", label: "Find", group: "Help", keys: "mod+k", run: find },
    { id: "search", label: "Search", group: "Here", keys: "/", run: search },
  ]);
  return () => {
    stop();
    document.body.replaceChildren();
  };
});

test("a key runs its action and does nothing else", () => {
  expect(press("/").defaultPrevented).toBe(true);
  expect(search).toHaveBeenCalledOnce();
});

test("a sequence runs when its keys come one after another, and only then", () => {
  press("p");
  expect(go).not.toHaveBeenCalled();
  press("g");
  press("p");
  expect(go).toHaveBeenCalledOnce();
});

test("what is typed in a field stays in the field, but Ctrl-K works there too", () => {
  const field = document.body.appendChild(document.createElement("input"));
  expect(press("/", {}, field).defaultPrevented).toBe(false);
  press("k", { ctrlKey: true }, field);
  expect(search).not.toHaveBeenCalled();
  expect(find).toHaveBeenCalledOnce();
});

test("letters that choose from a list or a menu run nothing", () => {
  document.body.innerHTML =
    '<button aria-haspopup="listbox">EUR</button><div role="menu"><button role="menuitem">Rename</button></div>';
  for (const control of document.querySelectorAll("button")) press("/", {}, control);
  expect(search).not.toHaveBeenCalled();
});

test("an open dialog keeps plain keys to itself", () => {
  document.body.innerHTML = `<div role="dialog" data-state="open"></div>`;
  press("/");
  expect(search).not.toHaveBeenCalled();
});

test("an action goes with the view that offered it", () => {
  const stop = shown([{ id: "send", label: "Send", group: "Here", run: () => {} }]);
  expect(offered().map(({ id }) => id)).toContain("send");
  stop();
  expect(offered().map(({ id }) => id)).not.toContain("send");
});

test("of two offers with one id the newer counts", () => {
  const stop = shown([{ id: "search", label: "Search rows", group: "Here", run: () => {} }]);
  expect(offered().filter(({ id }) => id === "search")).toMatchObject([{ label: "Search rows" }]);
  stop();
});

test("keys are shown as they stand on the keyboard", () => {
  expect([keyCaps("mod+k"), keyCaps("g p"), keyCaps("Esc")]).toEqual([["Ctrl", "K"], ["G", "P"], ["Esc"]]);
});

test("groups keep the order in which they first occur", () => {
  const things = [{ group: "b" }, { group: "a" }, { group: "b" }];
  expect(grouped(things).map(([name, list]) => [name, list.length])).toEqual([
    ["b", 2],
    ["a", 1],
  ]);
});
