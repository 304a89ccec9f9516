import ArrowDownToLine from "@lucide/svelte/icons/arrow-down-to-line";
import CircleAlert from "@lucide/svelte/icons/circle-alert";
import House from "@lucide/svelte/icons/house";
import ArrowRightLeft from "@lucide/svelte/icons/arrow-right-left";
import Repeat from "@lucide/svelte/icons/repeat";
import Send from "@lucide/svelte/icons/send";
import Vault from "@lucide/svelte/icons/vault";
import Settings from "@lucide/svelte/icons/settings-2";
import Wallet from "@lucide/svelte/icons/wallet";
import type { Component } from "svelte";
import OpenCount from "../attention/OpenCount.svelte";
import { m } from "../messages";
import PaymentsPlace, { readAheadOf } from "../payments/PaymentsPlace.svelte";

/** A place in the window. Its id is the first segment of its address; what follows is the screen's own affair. */
export interface Place {
  id: string;
  title: () => string;
  icon: Component<{ size?: number | string; strokeWidth?: number | string }>;
  screen: () => Promise<{ default: Component }>;
  /** Asks for what is drawn first there. Resolves once that is at hand. */
  readAhead?: (path: string[], query: URLSearchParams) => Promise<void>;
  keys: string;
  /** In the navigation beside its title: how much waits there, in words. */
  note?: Component;
  /** Whether a path of this place is shown without the navigation: where money leaves, or a customer looks. */
  alone?: (path: string[]) => boolean;
}

const there = { default: PaymentsPlace };

/** The place that the window begins with is there with it, whatever stands above it in the navigation. */
const beginning: Place = {
  id: "payments",
  title: m.payments,
  icon: ArrowDownToLine,
  screen: async () => there,
  readAhead: readAheadOf,
  keys: "g p",
  alone: ([, part, , view]) => part === "made" && view === "customer",
};

/** The places of the navigation, in its order. A place is listed once it exists. */
export const places: Place[] = [
  {
    id: "overview",
    title: m.overview,
    icon: House,
    screen: () => import("../overview/OverviewScreen.svelte"),
    keys: "g h",
  },
  beginning,
  {
    id: "subscriptions",
    title: m.subs,
    icon: Repeat,
    screen: () => import("../subscriptions/SubscriptionsScreen.svelte"),
    keys: "g s",
  },
  {
    id: "attention",
    title: m.attention,
    icon: CircleAlert,
    screen: () => import("../attention/AttentionScreen.svelte"),
    keys: "g a",
    note: OpenCount,
  },
  {
    id: "payouts",
    title: m.payouts,
    icon: Send,
    screen: () => import("../payouts/PayoutsScreen.svelte"),
    keys: "g o",
    alone: ([, , part]) => part === "approve",
  },
  {
    id: "balances",
    title: m.balances,
    icon: Wallet,
    screen: () => import("../balances/BalancesScreen.svelte"),
    keys: "g m",
  },
  {
    id: "custody",
    title: m.custody,
    icon: Vault,
    screen: () => import("../custody/CustodyPlace.svelte"),
    keys: "g u",
  },
  {
    id: "conversions",
    title: m.conversions,
    icon: ArrowRightLeft,
    screen: () => import("../conversions/ConversionsScreen.svelte"),
    keys: "g c",
  },
];

export const settings: Place = {
  id: "settings",
  title: m.settings,
  icon: Settings,
  screen: () => import("../settings/SettingsPlace.svelte"),
  keys: "mod+,",
};

/** The place that a path is in; the one that the window begins with where it is in none. */
export function placeOf([id]: string[]): Place {
  return [...places, settings].find((each) => each.id === id) ?? beginning;
}
