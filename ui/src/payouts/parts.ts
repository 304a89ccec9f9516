import { api, type Batch, type BatchState, type BatchSummary, type Part } from "../bridge";
import { countText } from "../lib/formats";
import { route } from "../lib/router.svelte";
import { m } from "../messages";

/** What comes next of a batch that is sent in parts. */
export type Next =
  | {
      /**
       * The part waits for the owner's code (`approve`); it is not known whether it was created; it waits until the owner
       * says that it is to be sent (`held`); it is created by itself (`coming`).
       */
      kind: "approve" | "unknown" | "held" | "coming";
      /** The id of the part. */
      id: string;
      /** Its place, for words about it. */
      place: ReturnType<typeof nth>;
    }
  /** Nothing is left to be sent. */
  | { kind: "none" };

/** What comes next of `parts`; `held` says that something needs the owner before more is sent. */
export function nextOf(parts: BatchSummary[], held: boolean): Next {
  const turns: [Exclude<Next["kind"], "none">, BatchState[]][] = [
    ["approve", ["created"]],
    ["unknown", ["unknown"]],
    [held ? "held" : "coming", ["locked", "submitting", "draft", "checked"]],
  ];
  for (const [kind, states] of turns) {
    const next = parts.find(({ state }) => states.includes(state));
    if (next?.part) return { kind, id: next.id, place: nth(next.part) };
  }
  return { kind: "none" };
}

/** How many of `parts` were not sent yet. */
export function unsent(parts: BatchSummary[]): number {
  return parts.filter(({ state }) => state === "draft" || state === "checked").length;
}

/** The place of a part, for words about it. */
export function nth({ number, of }: Pick<Part, "number" | "of">): { n: string; of: string } {
  return { n: countText(number), of: countText(of) };
}

/** "Part 3 of 100"; what is no part keeps its name. */
export function partName({ part, name }: BatchSummary): string {
  return part ? m.part_of(nth(part)) : name;
}

/** Shows what waits for a code since `batch` was sent: the batch itself, or one of its parts. */
export async function showApproval({ summary }: Batch): Promise<void> {
  const sent = summary.parts ? await api.payoutParts(summary.id) : [summary];
  const created = sent.find(({ state }) => state === "created");
  if (created) route.go(["payouts", created.id, "approve"]);
}
