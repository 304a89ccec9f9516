import Landmark from "@lucide/svelte/icons/landmark";
import Plus from "@lucide/svelte/icons/plus";
import type { Action } from "../lib/actions.svelte";
import { Asked } from "../lib/asked.svelte";
import { route } from "../lib/router.svelte";
import { m } from "../messages";

/** Where payouts to a bank are. */
export const BANK = ["payouts", "bank"];

/** A payout to a bank with this coin, with any where it is empty. */
export const bankPayoutAsked = new Asked<string>(BANK);
/** An account that is made known. */
export const accountAsked = new Asked<true>([...BANK, "accounts"]);

/** What can be done with payouts to a bank, from everywhere. */
export function bankActions(): Action[] {
  const group = m.bank();
  return [
    { id: "payouts-bank", label: m.bank(), group, icon: Landmark, run: () => route.go(BANK) },
    { id: "bank-pay", label: m.bank_pay(), group, icon: Plus, run: () => bankPayoutAsked.for("") },
    {
      id: "bank-accounts",
      label: m.bank_accounts(),
      group,
      icon: Landmark,
      run: () => route.go([...BANK, "accounts"]),
    },
    {
      id: "bank-account-add",
      label: m.bank_account_add(),
      group,
      icon: Plus,
      run: () => accountAsked.for(true),
    },
  ];
}
