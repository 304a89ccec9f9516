import type { CallbackEffect, CallbackKind, CallbackRow, SignedForm } from "../bridge";
import type { Tone } from "../components/tone";
import { m } from "../messages";
import { statusWords } from "../payments/status";

/** What a callback has done, for its owner. */
export function effectWords(effect: CallbackEffect): { tone: Tone; word: string; meaning: string } {
  const words: Record<CallbackEffect, [Tone, string, string]> = {
    changed: ["good", m.callback_changed(), m.callback_changed_meaning()],
    known: ["quiet", m.callback_known(), m.callback_known_meaning()],
    repeated: ["quiet", m.callback_repeated(), m.callback_repeated_meaning()],
    looked_up: ["good", m.callback_looked_up(), m.callback_looked_up_meaning()],
    noted: ["quiet", m.callback_noted(), m.callback_noted_meaning()],
    not_taken: ["warn", m.callback_not_taken(), m.callback_not_taken_meaning()],
    refused: ["bad", m.callback_refused(), m.callback_refused_meaning()],
  };
  const [tone, word, meaning] = words[effect];
  return { tone, word, meaning };
}

export function kindWord(kind: CallbackKind): string {
  const words: Record<CallbackKind, () => string> = {
    payment: m.payment,
    payout: m.callback_payout,
    recurring: m.callback_recurring,
    test: m.callback_test,
    other: m.callback_other,
  };
  return words[kind]();
}

/** The status that a callback tells, in the words of its kind. */
export function toldWord({ kind, status }: Pick<CallbackRow, "kind" | "status">): string {
  if (!status) return "";
  return kind === "payment" ? statusWords(status).word : status;
}

export function formWords(form: SignedForm): string {
  const words: Record<SignedForm, () => string> = {
    raw: m.callback_form_raw,
    canonical: m.callback_form_canonical,
    documented: m.callback_form_documented,
  };
  return words[form]();
}
