import type { Batch, BatchRow, BatchState, BatchSummary, RowStatus } from "../bridge";
import type { Tone } from "../components/tone";
import { m } from "../messages";
import { waitsForItsTime } from "./schedule";

/** NOWPayments' word for a payout that was called off. */
const CALLED_OFF = "CANCELLED";

/** Where a batch or a row stands, as the shop owner reads it. */
export interface StatusWords {
  tone: Tone;
  word: string;
  /** What it means for the money, and what to do. */
  meaning: string;
}

type Entry = { tone: Tone; word: () => string; meaning: () => string };

const batches: Record<BatchState | "bad_rows" | "unchecked" | "scheduled" | "called_off", Entry> = {
  draft: { tone: "moving", word: m.batch_draft, meaning: m.batch_draft_meaning },
  unchecked: { tone: "warn", word: m.batch_unchecked, meaning: m.batch_unchecked_meaning },
  bad_rows: { tone: "warn", word: m.batch_bad_rows, meaning: m.batch_bad_rows_meaning },
  checked: { tone: "ready", word: m.batch_checked, meaning: m.batch_checked_meaning },
  locked: { tone: "moving", word: m.batch_locked, meaning: m.batch_locked_meaning },
  submitting: { tone: "moving", word: m.batch_submitting, meaning: m.batch_submitting_meaning },
  unknown: { tone: "warn", word: m.batch_unknown, meaning: m.batch_unknown_meaning },
  created: { tone: "waiting", word: m.batch_created, meaning: m.batch_created_meaning },
  verified: { tone: "moving", word: m.batch_verified, meaning: m.batch_verified_meaning },
  sending: { tone: "moving", word: m.batch_sending, meaning: m.batch_sending_meaning },
  finished: { tone: "good", word: m.batch_finished, meaning: m.batch_finished_meaning },
  finished_with_failures: {
    tone: "warn",
    word: m.batch_finished_with_failures,
    meaning: m.batch_finished_with_failures_meaning,
  },
  rejected: { tone: "bad", word: m.batch_rejected, meaning: m.batch_rejected_meaning },
  expired: { tone: "quiet", word: m.batch_expired, meaning: m.batch_expired_meaning },
  cancelled: { tone: "quiet", word: m.batch_cancelled, meaning: m.batch_cancelled_meaning },
  scheduled: { tone: "waiting", word: m.batch_scheduled, meaning: m.batch_scheduled_meaning },
  called_off: { tone: "quiet", word: m.batch_called_off, meaning: m.batch_called_off_meaning },
  in_parts: { tone: "moving", word: m.batch_in_parts, meaning: m.batch_in_parts_meaning },
};

const rows: Record<RowStatus | "warned" | "scheduled" | "called_off", Entry> = {
  bad: { tone: "bad", word: m.row_bad, meaning: m.row_bad_meaning },
  warned: { tone: "warn", word: m.row_warned, meaning: m.row_warned_meaning },
  ready: { tone: "ready", word: m.row_ready, meaning: m.row_ready_meaning },
  waiting: { tone: "waiting", word: m.row_waiting, meaning: m.row_waiting_meaning },
  processing: { tone: "moving", word: m.row_processing, meaning: m.row_processing_meaning },
  sending: { tone: "moving", word: m.row_sending, meaning: m.row_sending_meaning },
  paid: { tone: "good", word: m.row_paid, meaning: m.row_paid_meaning },
  failed: { tone: "warn", word: m.row_failed, meaning: m.row_failed_meaning },
  rejected: { tone: "bad", word: m.row_rejected, meaning: m.row_rejected_meaning },
  scheduled: { tone: "waiting", word: m.row_scheduled, meaning: m.row_scheduled_meaning },
  called_off: { tone: "quiet", word: m.row_called_off, meaning: m.row_called_off_meaning },
};

/** Words for a batch. One with bad rows waits for its owner, not for anything else. */
export function batchWords({
  state,
  bad,
  execute_at = null,
}: Pick<BatchSummary, "state" | "bad"> & Partial<Pick<BatchSummary, "execute_at">>): StatusWords {
  if (waitsForItsTime({ state, execute_at })) return said(batches.scheduled);
  if (state === "cancelled" && execute_at) return said(batches.called_off);
  return said(batches[state === "checked" && bad > 0 ? "bad_rows" : state]);
}

/** Words for a batch that is looked at, whose check may have been stopped. */
export function wordsOf({ summary, checking, trouble }: Batch): StatusWords {
  return isUnchecked({ summary, checking, trouble }) ? said(batches.unchecked) : batchWords(summary);
}

/** The check of the batch ended before its end. */
export function isUnchecked({
  summary,
  checking,
  trouble,
}: Pick<Batch, "summary" | "checking" | "trouble">): boolean {
  return summary.state === "draft" && !checking && !!trouble;
}

/**
 * Words for a row of a batch in `state`, which may wait for its time. A row that was handed over shares the batch's fate
 * until it has one of its own.
 */
export function rowWords(
  { status, warnings, provider_status }: Pick<BatchRow, "status" | "warnings" | "provider_status">,
  state: BatchState,
  waits = false,
): StatusWords {
  if (status === "rejected" && provider_status === CALLED_OFF) return said(rows.called_off);
  if (status === "processing" && waits) return said(rows.scheduled);
  if (status === "ready" && !isOpen(state)) return said(batches[state]);
  return said(rows[status === "ready" && warnings.length > 0 ? "warned" : status]);
}

const said = ({ tone, word, meaning }: Entry): StatusWords => ({ tone, word: word(), meaning: meaning() });

/** Nothing of the batch was handed to NOWPayments: rows can be removed, and it can be discarded. */
export function isOpen(state: BatchState): boolean {
  return state === "draft" || state === "checked";
}

/** NOWPayments pays, or has paid: what was paid is counted. */
export function isPaying(state: BatchState): boolean {
  return ["verified", "sending", "finished", "finished_with_failures", "in_parts"].includes(state);
}

/** Nothing of the batch moves any more, and not all of it was paid. A part is paid again with its whole. */
export function canPayAgain({ state, part }: Pick<BatchSummary, "state" | "part">): boolean {
  return !part && ["finished_with_failures", "rejected", "expired", "cancelled"].includes(state);
}

const steps: Record<BatchState, () => string> = {
  draft: m.step_draft,
  checked: m.step_checked,
  locked: m.step_locked,
  submitting: m.step_submitting,
  unknown: m.step_unknown,
  created: m.step_created,
  verified: m.step_verified,
  sending: m.step_sending,
  finished: m.step_finished,
  finished_with_failures: m.step_finished_with_failures,
  rejected: m.step_rejected,
  expired: m.step_expired,
  cancelled: m.step_cancelled,
  in_parts: m.step_in_parts,
};

/** What happened when a batch came into `state`. */
export function stepWord(state: BatchState): string {
  return steps[state]();
}
