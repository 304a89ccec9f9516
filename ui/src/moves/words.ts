import type { Move, MoveKind } from "../bridge";
import { moneyText } from "../lib/money";
import { m } from "../messages";
import { language } from "../messages/language.svelte";
import { statusWords, type StatusWords } from "../payments/status";

/** How a transfer stands, as the shop owner reads it; a status that nobody knows is shown as it came. */
export function transferWords(status: string): StatusWords {
  switch (status) {
    case "created":
    case "waiting":
      return { tone: "waiting", word: m.transfer_waiting(), meaning: m.transfer_waiting_meaning() };
    case "finished":
      return { tone: "good", word: m.transfer_finished(), meaning: m.transfer_finished_meaning() };
    case "rejected":
      return { tone: "bad", word: m.transfer_rejected(), meaning: m.transfer_rejected_meaning() };
  }
  return { tone: "quiet", word: status, meaning: m.move_status_unknown_meaning({ status }) };
}

/** How a conversion stands. */
export function conversionWords(status: string): StatusWords {
  switch (status) {
    case "waiting":
      return { tone: "waiting", word: m.conversion_waiting(), meaning: m.conversion_waiting_meaning() };
    case "processing":
      return { tone: "moving", word: m.conversion_processing(), meaning: m.conversion_processing_meaning() };
    case "finished":
      return { tone: "good", word: m.conversion_finished(), meaning: m.conversion_finished_meaning() };
    case "rejected":
      return { tone: "bad", word: m.conversion_rejected(), meaning: m.conversion_rejected_meaning() };
  }
  return { tone: "quiet", word: status, meaning: m.move_status_unknown_meaning({ status }) };
}

/** How a payout to a bank stands. */
export function bankWords(status: string): StatusWords {
  switch (status) {
    case "new":
      return { tone: "waiting", word: m.bank_status_new(), meaning: m.bank_status_new_meaning() };
    case "creating":
      return { tone: "waiting", word: m.bank_status_creating(), meaning: m.bank_status_creating_meaning() };
    case "converting":
      return {
        tone: "moving",
        word: m.bank_status_converting(),
        meaning: m.bank_status_converting_meaning(),
      };
    case "depositing":
      return {
        tone: "moving",
        word: m.bank_status_depositing(),
        meaning: m.bank_status_depositing_meaning(),
      };
    case "processing":
      return {
        tone: "moving",
        word: m.bank_status_processing(),
        meaning: m.bank_status_processing_meaning(),
      };
    case "finished":
      return { tone: "good", word: m.bank_status_finished(), meaning: m.bank_status_finished_meaning() };
    case "failed":
      return { tone: "bad", word: m.bank_status_failed(), meaning: m.bank_status_failed_meaning() };
  }
  return { tone: "quiet", word: status, meaning: m.move_status_unknown_meaning({ status }) };
}

/** How a move stands that was made here. */
export function moveWords({ kind, state, status }: Move): StatusWords {
  if (state === "sending")
    return { tone: "moving", word: m.move_sending(), meaning: m.move_sending_meaning() };
  if (state === "unknown") return { tone: "warn", word: m.move_unknown(), meaning: m.move_unknown_text() };
  if (state === "refused") return { tone: "bad", word: m.move_refused(), meaning: m.move_refused_meaning() };
  if (state === "given_up")
    return { tone: "quiet", word: m.move_given_up(), meaning: m.move_given_up_meaning() };
  if (kind === "user" || status === null)
    return { tone: "good", word: m.move_made(), meaning: m.move_made_meaning() };
  if (kind === "payment") return statusWords(status);
  if (kind === "fiat_payout") return bankWords(status);
  return kind === "conversion" ? conversionWords(status) : transferWords(status);
}

/** What a move is, in a few words: "10 TRX from the shop to Anna". */
export function moveTitle(move: Move): string {
  const amount = move.amount && move.coin ? moneyText(move.amount, move.coin, language.forms) : "";
  const from = move.from_name ?? move.from_user ?? "";
  const to = move.to_name ?? move.to_user ?? "";
  const titles: Record<MoveKind, () => string> = {
    deposit: () => m.move_of_deposit({ amount, to }),
    write_off: () => m.move_of_write_off({ amount, from }),
    transfer: () => m.move_of_transfer({ amount, from, to }),
    conversion: () => m.move_of_conversion({ amount, coin: move.to_coin?.toUpperCase() ?? "" }),
    payment: () => m.move_of_payment({ amount, to }),
    user: () => m.move_of_user({ name: to }),
    fiat_payout: () => m.move_of_fiat_payout({ amount, coin: move.to_coin?.toUpperCase() ?? "" }),
    fiat_account: () => m.move_of_fiat_account({ coin: move.to_coin?.toUpperCase() ?? "" }),
  };
  return titles[move.kind]();
}
