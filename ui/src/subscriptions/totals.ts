import type { SubscriberProgress, SubscriberRowStatus } from "../bridge";

/** How many rows of a file stand like this. */
export function countOf(progress: SubscriberProgress, status: SubscriberRowStatus): number {
  return progress[status === "duplicate" ? "duplicates" : status];
}

/** All statuses of rows: those first that need the owner. */
export const ROW_STATUSES: SubscriberRowStatus[] = [
  "bad",
  "unknown",
  "refused",
  "ready",
  "subscribed",
  "duplicate",
  "already",
  "left_out",
];

/** How many rows a file has. */
export function rowsOf(progress: SubscriberProgress): number {
  return ROW_STATUSES.reduce((all, status) => all + countOf(progress, status), 0);
}
