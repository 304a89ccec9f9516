import type { Component } from "svelte";
import { SvelteSet } from "svelte/reactivity";

/** Something the owner can do here and now: it is in the command palette and, with `keys`, on the keyboard. */
export interface Action {
  id: string;
  label: string;
  group: string;
  icon?: Component;
  /** `mod+k`, `/`, `?`, or a sequence such as `g p`. `mod` is Ctrl, and ⌘ on a Mac. */
  keys?: string;
  run: () => void;
}

const sources = new SvelteSet<() => Action[]>();

/** Offers what `source` lists for as long as the component lives. Call it while the component is being set up. */
export function offer(source: () => Action[]): void {
  $effect(() => {
    sources.add(source);
    return () => void sources.delete(source);
  });
}

/** All that can be done now, the newest offer of an id first. */
export function offered(): Action[] {
  const all = [...sources].reverse().flatMap((source) => source());
  return all.filter((action, at) => all.findIndex(({ id }) => id === action.id) === at);
}

/** Things under their group, in the order in which the groups first occur. */
export function grouped<T extends { group: string }>(things: T[]): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const thing of things) groups.set(thing.group, [...(groups.get(thing.group) ?? []), thing]);
  return [...groups];
}

const onMac = navigator.platform.startsWith("Mac");

/** The keys of an action as they are shown: `mod+k` is `["Ctrl", "K"]`, a sequence has its steps one after another. */
export function keyCaps(keys: string): string[] {
  const cap = (key: string) => {
    if (key === "mod") return onMac ? "⌘" : "Ctrl";
    return key.length === 1 ? key.toUpperCase() : key;
  };
  return keys.split(/[ +]/).map(cap);
}

const SEQUENCE_MS = 900;

/** Runs actions by their keys. Typing in a field and open dialogs keep their keys to themselves. */
export class Keyboard {
  #pending = "";
  #since = 0;

  handle = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    const modified = onMac ? event.metaKey : event.ctrlKey;
    if (!modified && (isTyping(event.target) || document.querySelector('[role="dialog"][data-state="open"]')))
      return;

    const key = (modified ? "mod+" : "") + event.key.toLowerCase();
    const sequence = event.timeStamp - this.#since < SEQUENCE_MS ? `${this.#pending} ${key}` : key;
    const actions = offered();
    const action = actions.find(({ keys }) => keys === sequence) ?? actions.find(({ keys }) => keys === key);
    this.#pending = action ? "" : key;
    this.#since = event.timeStamp;
    if (!action) return;
    event.preventDefault();
    action.run();
  };
}

/** Whether letters go where the focus is: into a field, or to the entry of a list or menu that begins with them. */
function isTyping(target: EventTarget | null): boolean {
  const takes =
    'input, textarea, select, [contenteditable], [aria-haspopup="listbox"], [role="combobox"], [role="listbox"], [role="menu"]';
  return target instanceof HTMLElement && target.closest(takes) !== null;
}
