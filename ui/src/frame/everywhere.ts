import ScrollText from "@lucide/svelte/icons/scroll-text";
import ShieldCheck from "@lucide/svelte/icons/shield-check";
import Users from "@lucide/svelte/icons/users";
import Webhook from "@lucide/svelte/icons/webhook";
import type { LockState, Shop } from "../bridge";
import { contactActions } from "../contacts/actions";
import { conversionActions } from "../conversions/actions";
import { custodyActions } from "../custody/actions";
import { dataActions } from "../data/actions.svelte";
import { bankActions } from "../fiat-payouts/actions";
import type { Action } from "../lib/actions.svelte";
import { route } from "../lib/router.svelte";
import { lockActions } from "../lock/actions";
import { m } from "../messages";
import { makingActions } from "../payments/make/actions";
import { payoutActions } from "../payouts/actions";
import { settingsGroups } from "../settings/groups";
import { subscriptionActions } from "../subscriptions/actions";
import { places, settings } from "./screens";

/** All that can be done from every screen: where one can go, and what each place begins. */
export function everywhere(shop: Shop, lock: LockState | undefined): Action[] {
  const group = m.go();
  return [
    ...[...places, settings].map(({ id, title, icon, keys }) => ({
      id: `go-${id}`,
      label: m.go_to({ place: title() }),
      group,
      icon,
      keys,
      run: () => route.go([id]),
    })),
    ...makingActions(),
    ...payoutActions(),
    ...bankActions(),
    ...conversionActions(),
    ...custodyActions(),
    ...subscriptionActions(),
    ...contactActions(),
    ...lockActions(lock),
    ...dataActions(shop.environment === "demo"),
    {
      id: "go-callbacks",
      label: m.go_to({ place: m.callbacks() }),
      group,
      icon: Webhook,
      run: () => route.go(["settings", "callbacks"]),
    },
    {
      id: "go-rules",
      label: m.go_to({ place: m.rules() }),
      group,
      icon: ShieldCheck,
      run: () => route.go(["settings"], { section: "rules" }),
    },
    {
      id: "go-two-persons",
      label: m.go_to({ place: m.persons() }),
      group,
      icon: Users,
      run: () => route.go(["settings"], { section: "two-persons" }),
    },
    {
      id: "go-audit",
      label: m.go_to({ place: m.audit() }),
      group,
      icon: ScrollText,
      run: () => route.go(["settings", "audit"]),
    },
    ...settingsGroups.map(({ id, title }) => ({
      id: `settings-${id}`,
      label: m.settings_go({ group: title() }),
      group,
      icon: settings.icon,
      run: () => route.go(["settings", id]),
    })),
  ];
}
