import Archive from "@lucide/svelte/icons/archive";
import ArchiveRestore from "@lucide/svelte/icons/archive-restore";
import FileDown from "@lucide/svelte/icons/file-down";
import Stethoscope from "@lucide/svelte/icons/stethoscope";
import type { Action } from "../lib/actions.svelte";
import { route } from "../lib/router.svelte";
import { m } from "../messages";

/** What can be done with the data as a whole: the section of the settings does it. */
export type Wanted = "backup" | "restore" | "everything" | "diagnostics";

/** What was asked for elsewhere, until the section is there to do it. */
class Asked {
  #wanted = $state<Wanted>();

  for(wanted: Wanted): void {
    this.#wanted = wanted;
    route.go(["settings"], { section: "data" });
  }

  /** What was asked for, once. */
  take(): Wanted | undefined {
    const wanted = this.#wanted;
    if (wanted) this.#wanted = undefined;
    return wanted;
  }
}

export const asked = new Asked();

/** What can be done with the data, from everywhere. */
export function dataActions(practice: boolean): Action[] {
  const action = (wanted: Wanted, label: string, icon: Action["icon"]): Action => ({
    id: `data-${wanted}`,
    label,
    group: m.data(),
    icon,
    run: () => asked.for(wanted),
  });
  const backup = practice ? [] : [action("backup", m.data_backup(), Archive)];
  return [
    ...backup,
    action("restore", m.data_restore(), ArchiveRestore),
    action("everything", m.data_everything(), FileDown),
    action("diagnostics", m.data_diagnostics(), Stethoscope),
  ];
}
