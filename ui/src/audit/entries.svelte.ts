import { api, type AuditEntry } from "../bridge";
import { live } from "../lib/live.svelte";

const PAGE = 100;

/** The audit log as far as it was looked at, newest first. Made while a component is set up. */
export class Entries {
  /** What was read before, some of it on the newest page by now. */
  #before = $state.raw<AuditEntry[]>([]);
  // Whatever is written into the log comes with one of these.
  readonly newest = live(["payouts", "second_factor"], async () => {
    const page = await api.auditLog(null, PAGE);
    this.#before = this.all;
    return page;
  });
  readonly all: AuditEntry[] = $derived.by(() => {
    const newest = this.newest.data?.entries ?? [];
    const last = newest.at(-1)?.number ?? 0;
    return [...newest, ...this.#before.filter(({ number }) => number < last)];
  });
  /** How many there are in all. */
  readonly total: number = $derived(this.newest.data?.total ?? 0);
  readonly more: boolean = $derived(this.all.length > 0 && this.all.length < this.total);

  /** Reads the page before the last. */
  async readEarlier(): Promise<void> {
    const last = this.all.at(-1);
    if (!last) return;
    const { entries } = await api.auditLog(last.number, PAGE);
    this.#before = [...this.all, ...entries];
  }
}
