import CloudAlert from "@lucide/svelte/icons/cloud-alert";
import CloudCheck from "@lucide/svelte/icons/cloud-check";
import CloudOff from "@lucide/svelte/icons/cloud-off";
import Pause from "@lucide/svelte/icons/pause";
import Play from "@lucide/svelte/icons/play";
import RefreshCw from "@lucide/svelte/icons/refresh-cw";
import type { Component } from "svelte";
import { toast } from "svelte-sonner";
import { api, Failure, type SyncStatus } from "../bridge";
import type { Action } from "../lib/actions.svelte";
import { ago } from "../lib/clock.svelte";
import { countText } from "../lib/formats";
import { m } from "../messages";

/** How the sync stands, in a line. */
interface Standing {
  tone: "good" | "warn" | "busy" | "quiet";
  icon: Component<{ size?: number | string }>;
  words: string;
}

export function standing(sync: SyncStatus): Standing {
  const since = sync.last_success ? ago(sync.last_success) : undefined;
  if (sync.stopped)
    return {
      tone: "quiet",
      icon: Pause,
      words: since ? m.sync_stopped_since({ since }) : m.sync_stopped(),
    };
  if (sync.trouble?.offline)
    return {
      tone: "warn",
      icon: CloudOff,
      words: since ? m.sync_offline_since({ since }) : m.sync_offline(),
    };
  if (sync.trouble)
    return {
      tone: "warn",
      icon: CloudAlert,
      words: since ? m.sync_trouble_since({ since }) : m.sync_trouble(),
    };
  if (!sync.complete)
    return {
      tone: "busy",
      icon: RefreshCw,
      words: sync.total
        ? m.sync_filling({ done: countText(sync.cached), total: countText(sync.total) })
        : m.sync_filling_start(),
    };
  return { tone: "good", icon: CloudCheck, words: since ? m.sync_good({ since }) : m.sync_filling_start() };
}

async function run(command: () => Promise<unknown>): Promise<void> {
  try {
    await command();
  } catch (thrown) {
    toast.error(Failure.from(thrown).message);
  }
}

/** What the owner can have the sync do now. */
export function orders(sync: SyncStatus | undefined): Action[] {
  if (!sync) return [];
  const group = m.payments();
  const order = (id: string, label: string, icon: Component, command: () => Promise<unknown>): Action => ({
    id,
    label,
    group,
    icon,
    run: () => void run(command),
  });
  if (sync.stopped) return [order("sync-go-on", m.sync_go_on(), Play, api.resumeSync)];
  return [
    order("sync-now", m.sync_now(), RefreshCw, api.syncNow),
    order("sync-stop", m.sync_stop(), Pause, api.stopSync),
  ];
}
