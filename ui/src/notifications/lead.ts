import type { Subject } from "../bridge";
import { route } from "../lib/router.svelte";

/** A place in the window: what the router goes by. */
export interface Lead {
  path: string[];
  query?: Record<string, string>;
}

/** Where that is shown which a notification is about; nowhere when that is several things. */
export function lead(subject: Subject | null): Lead | undefined {
  switch (subject?.kind) {
    case "payment":
      return { path: ["payments", subject.id] };
    case "batch":
      return { path: ["payouts", subject.id] };
    case "subscription":
      return { path: ["subscriptions", subject.id] };
    case "conversion":
      return { path: ["conversions", subject.id] };
    case "transfer":
      return { path: ["custody", "transfers"], query: { open: subject.id } };
    case "custody_payment":
      return { path: ["custody", "user", subject.user], query: { view: "payments", open: subject.id } };
    case "custody_user":
      return { path: ["custody", "user", subject.id] };
    case "bank_payout":
      return { path: ["payouts", "bank"], query: { open: subject.id } };
    case "bank_accounts":
      return { path: ["payouts", "bank", "accounts"] };
  }
}

/** Whether the window is there. */
export function isHere({ path, query = {} }: Lead): boolean {
  return (
    path.every((segment, at) => route.path[at] === segment) &&
    Object.entries(query).every(([key, value]) => route.query.get(key) === value)
  );
}
