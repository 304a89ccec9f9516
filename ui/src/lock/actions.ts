import LockKeyhole from "@lucide/svelte/icons/lock-keyhole";
import { api, type LockState } from "../bridge";
import type { Action } from "../lib/actions.svelte";
import { attempt } from "../lib/attempt";
import { route } from "../lib/router.svelte";
import { m } from "../messages";

/** Locks Paydesk at once. */
export function lockNow(): void {
  void attempt(api.lockNow());
}

/** What can be done with the lock, and where it is set up. */
export function lockActions(lock: LockState | undefined): Action[] {
  const settings = {
    id: "go-lock",
    label: m.go_to({ place: m.lock() }),
    group: m.go(),
    icon: LockKeyhole,
    run: () => route.go(["settings"], { section: "lock" }),
  };
  if (!lock?.enabled) return [settings];
  return [
    settings,
    {
      id: "lock-now",
      label: m.lock_now(),
      group: m.app_name(),
      icon: LockKeyhole,
      keys: "mod+l",
      run: lockNow,
    },
  ];
}
