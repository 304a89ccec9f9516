import { m } from "../messages";

/** So long a passphrase is at least, as the program wants it. */
const SHORTEST = 12;

/** A passphrase that is being chosen, typed twice. */
export class NewPassphrase {
  passphrase = $state("");
  again = $state("");
  /** What is wrong with it, at the field where it is. */
  readonly wrong: { passphrase?: string; again?: string } = $derived.by(() => {
    if ([...this.passphrase].length < SHORTEST)
      return { passphrase: m.data_passphrase_short({ n: SHORTEST }) };
    return this.again === this.passphrase ? {} : { again: m.data_passphrase_differs() };
  });
  readonly good: boolean = $derived(!this.wrong.passphrase && !this.wrong.again);

  forget(): void {
    [this.passphrase, this.again] = ["", ""];
  }
}
