import Plus from "@lucide/svelte/icons/plus";
import Repeat from "@lucide/svelte/icons/repeat";
import type { Action } from "../lib/actions.svelte";
import { Asked } from "../lib/asked.svelte";
import { route } from "../lib/router.svelte";
import { m } from "../messages";

/** A plan that is made. */
export const planAsked = new Asked<true>(["subscriptions"]);

/** What can be done with subscriptions, from everywhere. */
export function subscriptionActions(): Action[] {
  const group = m.subs();
  const go = (part: string, label: string): Action => ({
    id: `subscriptions-${part}`,
    label: m.go_to({ place: label }),
    group,
    icon: Repeat,
    run: () => route.go(["subscriptions", part]),
  });
  return [
    { id: "plan-make", label: m.subs_plan_make(), group, icon: Plus, run: () => planAsked.for(true) },
    go("all", m.subs_subscribers()),
    go("unpaid", m.subs_unpaid()),
    go("files", m.subs_files()),
  ];
}
