import type { Formats } from "../bridge";
import { locales, overwriteGetLocale, type Locale } from "./generated/runtime.js";

export type { Locale };

/** What stands for a form of numbers and dates that the owner has chosen: a tag that says, behind `-x-`, that it was. */
const FORMS: Record<Exclude<Formats, "system">, string> = {
  german: "de-DE-x-form",
  english_uk: "en-GB-x-form",
  english_us: "en-US-x-form",
  iso: "sv-SE-x-iso",
};

/** The language of the window; reading it in a template follows it. */
class LanguageChoice {
  #chosen = $state<Locale | null>(null);
  readonly current: Locale = $derived(this.#chosen ?? ofTheSystem());
  #formats = $state<Formats>("system");
  /** The same with the region of the system where there is one (`en-GB`): for words that have such a form. */
  readonly tag: string = $derived(
    navigator.languages.find((tag) => spoken(tag) === this.current) ?? this.current,
  );

  /** Of what form numbers and dates are: that of the tag above, or what the owner has chosen. */
  readonly forms: string = $derived(formsOf(this.#formats) ?? this.tag);

  /** Takes the owner's choice of how numbers and dates are written. */
  write(formats: Formats): void {
    this.#formats = formats;
  }

  /** Takes the owner's choice; `null` follows the system. */
  choose(language: Locale | null): void {
    this.#chosen = language;
  }
}

/** What stands for a chosen form; nothing does for that of the system. */
export function formsOf(formats: Formats): string | undefined {
  return formats === "system" ? undefined : FORMS[formats];
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
