import { locales, overwriteGetLocale, type Locale } from "./generated/runtime.js";

export type { Locale };

/** The language of the window; reading it in a template follows it. */
class LanguageChoice {
  #chosen = $state<Locale | null>(null);
  readonly current: Locale = $derived(this.#chosen ?? ofTheSystem());
  /** The same with the region of the system where there is one (`en-GB`): for dates and numbers. */
  readonly tag: string = $derived(
    navigator.languages.find((tag) => spoken(tag) === this.current) ?? this.current,
  );

  /** Takes the owner's choice; `null` follows the system. */
  choose(language: Locale | null): void {
    this.#chosen = language;
  }
}

/** The language of the window that goes with a BCP 47 tag. */
export function spoken(tag: string | null | undefined): Locale | null {
  return locales.find((locale) => tag === locale || tag?.startsWith(`${locale}-`)) ?? null;
}

function ofTheSystem(): Locale {
  return navigator.languages.map(spoken).find((found) => found !== null) ?? "en";
}

export const language = new LanguageChoice();
overwriteGetLocale(() => language.current);
