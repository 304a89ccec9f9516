import type { DataJob, DataJobKind } from "../bridge";
import { countText, numberFormat } from "../lib/formats";
import { m } from "../messages";
import { language } from "../messages/language.svelte";

export const runningWords = (kind: DataJobKind): string =>
  ({ backup: m.data_backup_running, restore: m.data_restore_running, everything: m.data_everything_running })[
    kind
  ]();

export const doneWords = (kind: DataJobKind): string =>
  ({ backup: m.data_backup_done, restore: m.data_restore_done, everything: m.data_everything_done })[kind]();

export const cancelledWords = (kind: DataJobKind): string =>
  ({
    backup: m.data_backup_cancelled,
    restore: m.data_restore_cancelled,
    everything: m.data_everything_cancelled,
  })[kind]();

export const failedWords = (kind: DataJobKind): string =>
  ({ backup: m.data_backup_failed, restore: m.data_restore_failed, everything: m.data_everything_failed })[
    kind
  ]();

/** How far a job is: rows of an export, else hundredths. */
export function progressWords({ kind, done, total }: DataJob): string | undefined {
  if (!total) return undefined;
  if (kind === "everything") return m.export_progress({ done: countText(done), total: countText(total) });
  return numberFormat(language.forms, { style: "percent" }).format(Math.min(1, done / total));
}
