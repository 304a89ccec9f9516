import ArrowDownToLine from "@lucide/svelte/icons/arrow-down-to-line";
import CircleAlert from "@lucide/svelte/icons/circle-alert";
import Repeat from "@lucide/svelte/icons/repeat";
import Send from "@lucide/svelte/icons/send";
import Settings from "@lucide/svelte/icons/settings-2";
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

/** The place that the window begins with is there with it. */
const beginning = { default: PaymentsPlace };

/** The places of the navigation, in its order. A place is listed once it exists. */
export const places: Place[] = [
  {
    id: "payments",
    title: m.payments,
    icon: ArrowDownToLine,
    screen: async () => beginning,
    readAhead: readAheadOf,
    keys: "g p",
    alone: ([, part, , view]) => part === "made" && view === "customer",
  },
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
];

export const settings: Place = {
  id: "settings",
  title: m.settings,
  icon: Settings,
  screen: () => import("../settings/SettingsPlace.svelte"),
  keys: "mod+,",
};

/** The place that a path is in; the first one where it is in none. */
export function placeOf([id]: string[]): Place {
  return [...places, settings].find((each) => each.id === id) ?? places[0]!;
}
