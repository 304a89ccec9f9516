import ClipboardPaste from "@lucide/svelte/icons/clipboard-paste";
import FileUp from "@lucide/svelte/icons/file-up";
import type { Action } from "../lib/actions.svelte";
import { Asked } from "../lib/asked.svelte";
import { m } from "../messages";
import { importing } from "./importing.svelte";

const PATH = ["payouts"];

/** A file of payouts that is to be chosen. */
export const fileAsked = new Asked<true>(PATH);
/** Payouts as text: in this coin, in any where it is empty. */
export const pasteAsked = new Asked<string>(PATH);

/** Begins the text of payouts in a coin, unless something was typed already. */
export function beginTextIn(coin: string): void {
  if (coin && !importing.text.trim()) importing.text = `currency,address,amount\n${coin},`;
}

/** What begins a batch, from everywhere. */
export function payoutActions(): Action[] {
  const group = m.payouts();
  return [
    {
      id: "payouts-choose",
      label: m.payouts_choose_action(),
      group,
      icon: FileUp,
      keys: "mod+o",
      run: () => fileAsked.for(true),
    },
    {
      id: "payouts-paste",
      label: m.payouts_paste_action(),
      group,
      icon: ClipboardPaste,
      run: () => pasteAsked.for(""),
    },
  ];
}
