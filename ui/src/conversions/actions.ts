import Repeat from "@lucide/svelte/icons/repeat";
import type { Action } from "../lib/actions.svelte";
import { Asked } from "../lib/asked.svelte";
import { m } from "../messages";

/** A conversion of this coin, of any where it is empty. */
export const conversionAsked = new Asked<string>(["conversions"]);

/** What can be done with conversions, from everywhere. */
export function conversionActions(): Action[] {
  return [
    {
      id: "convert",
      label: m.convert(),
      group: m.conversions(),
      icon: Repeat,
      run: () => conversionAsked.for(""),
    },
  ];
}
