import type { SubscriptionQuery, SubscriptionSort } from "../bridge";
import type { Sorting } from "../components/table";

/** What a list of subscribers is narrowed to, and its order; it stands in the address. */
export type SubscriberFilter = Omit<SubscriptionQuery, "after" | "limit">;

const SORTS: SubscriptionSort[] = ["created", "updated", "expires", "subscriber", "plan", "status"];

export function filterFrom(query: URLSearchParams): SubscriberFilter {
  const sort = SORTS.find((each) => each === query.get("sort")) ?? "created";
  return {
    search: query.get("search") ?? "",
    status: query.get("status"),
    plan: query.get("plan"),
    active: null,
    ended: query.has("ended"),
    sort,
    // The newest first, names from the beginning of the alphabet, unless it is said otherwise.
    descending: query.has("order") ? query.get("order") === "down" : sort === "created" || sort === "updated",
  };
}

/** The same as it stands in the address. */
export function queryOf(filter: SubscriberFilter): Record<string, string | undefined> {
  const { search, status, plan, ended, sort, descending } = filter;
  const usual = sort === "created" && descending;
  return {
    search: search || undefined,
    status: status ?? undefined,
    plan: plan ?? undefined,
    ended: ended ? "yes" : undefined,
    sort: usual ? undefined : sort,
    order: usual ? undefined : descending ? "down" : "up",
  };
}

/** What the heads of the columns show. */
export function sortingOf({ sort, descending }: SubscriberFilter): Sorting {
  return { column: sort, direction: descending ? "descending" : "ascending" };
}
