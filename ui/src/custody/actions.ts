import ArrowLeftRight from "@lucide/svelte/icons/arrow-left-right";
import UserPlus from "@lucide/svelte/icons/user-plus";
import Vault from "@lucide/svelte/icons/vault";
import type { Action } from "../lib/actions.svelte";
import { Asked } from "../lib/asked.svelte";
import { route } from "../lib/router.svelte";
import { m } from "../messages";

const PATH = ["custody"];

/** A user who is made. */
export const userAsked = new Asked<true>(PATH);
/** A move of this coin, of any where it is empty, from the shop's balance to a user who is chosen then. */
export const depositAsked = new Asked<string>(PATH);

/** What can be done with users and their balances, from everywhere. */
export function custodyActions(): Action[] {
  const group = m.custody();
  return [
    { id: "custody-make", label: m.custody_make(), group, icon: UserPlus, run: () => userAsked.for(true) },
    {
      id: "custody-deposit",
      label: m.custody_deposit(),
      group,
      icon: Vault,
      run: () => depositAsked.for(""),
    },
    {
      id: "custody-transfers",
      label: m.transfers(),
      group,
      icon: ArrowLeftRight,
      run: () => route.go([...PATH, "transfers"]),
    },
  ];
}
