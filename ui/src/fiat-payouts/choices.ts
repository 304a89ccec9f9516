import { m } from "../messages";

interface Choice {
  value: string;
  label: string;
  note?: string;
}

/** What can be chosen, after the word that nothing is chosen yet. */
export function choices(all: Choice[]): Choice[] {
  return [{ value: "", label: m.bank_choose() }, ...all];
}
