import { m } from "../messages";
import { PIN_MIN } from "./lengths";

/** A PIN that is being chosen, typed twice. */
export class NewPin {
  pin = $state("");
  again = $state("");
  /** What is wrong with it, at the field where it is. */
  readonly wrong: { pin?: string; again?: string } = $derived.by(() => {
    if (this.pin.length < PIN_MIN) return { pin: m.factor_pin_short() };
    return this.again === this.pin ? {} : { again: m.factor_pin_differs() };
  });
  readonly good: boolean = $derived(!this.wrong.pin && !this.wrong.again);

  forget(): void {
    [this.pin, this.again] = ["", ""];
  }
}
