import { api, type DraftForm } from "../bridge";

/** What is typed is kept when nothing more was typed for so long. */
const KEEP_AFTER_MS = 400;

/** What is typed into the form of a dialog, which the program keeps until it is sent. Make it while a component is being set up. */
export class Draft<Typed extends object> {
  typed = $state() as Typed;
  #form: () => DraftForm;
  #nothing: () => Typed;
  #about: () => string;
  #ready = false;
  #kept = "";
  /** What an earlier opening asked for is nothing any more. */
  #turn = 0;

  /**
   * `open`: the dialog is open. `nothing`: what its form begins with. `about`: what it is for, since what was typed for one thing is
   * no draft of another.
   */
  constructor(
    form: () => DraftForm,
    open: () => boolean,
    nothing: () => Typed,
    about: () => string = () => "",
  ) {
    this.#form = form;
    this.#nothing = nothing;
    this.#about = about;
    this.typed = nothing();
    let was = false;
    $effect.pre(() => {
      const is = open();
      if (is && !was) void this.#begin();
      was = is;
    });
    $effect(() => {
      const now = JSON.stringify(this.typed);
      if (!this.#ready || now === this.#kept) return;
      const timer = setTimeout(() => this.#keep(now), KEEP_AFTER_MS);
      return () => clearTimeout(timer);
    });
    // Whatever closes the dialog or takes it away.
    $effect(() => {
      if (!open()) return;
      return () => {
        const now = JSON.stringify(this.typed);
        if (this.#ready && now !== this.#kept) this.#keep(now);
        this.#ready = false;
      };
    });
  }

  /** It was sent: the next one begins anew, when the dialog is opened again. */
  forget(): void {
    this.#ready = false;
    this.#turn++;
    this.typed = this.#nothing();
    void api.keepFormDraft(this.#form(), null).catch(() => undefined);
  }

  async #begin(): Promise<void> {
    const turn = ++this.#turn;
    this.typed = this.#nothing();
    const empty = JSON.stringify(this.typed);
    this.#kept = empty;
    // Without it nothing is lost but what was typed earlier.
    const kept = read<Typed>(await api.formDraft(this.#form()).catch(() => null));
    if (turn !== this.#turn) return;
    // Whoever has begun to type goes on with that.
    if (kept?.about === this.#about() && JSON.stringify(this.typed) === empty) {
      this.typed = { ...this.#nothing(), ...kept.typed };
      this.#kept = JSON.stringify(this.typed);
    }
    this.#ready = true;
    const now = JSON.stringify(this.typed);
    if (now !== this.#kept) this.#keep(now);
  }

  #keep(now: string): void {
    this.#kept = now;
    const is = now !== JSON.stringify(this.#nothing());
    const typed = is ? JSON.stringify({ about: this.#about(), typed: JSON.parse(now) as Typed }) : null;
    void api.keepFormDraft(this.#form(), typed).catch(() => (this.#kept = ""));
  }
}

function read<Typed>(json: string | null): { about: string; typed: Typed } | undefined {
  if (!json) return undefined;
  try {
    return JSON.parse(json) as { about: string; typed: Typed };
  } catch {
    return undefined;
  }
}
