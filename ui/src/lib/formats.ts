import { language } from "../messages/language.svelte";

/** Keeps each format that is made: an engine takes a hundred times as long to make one as to use it, and much memory. */
function kept<Options, Format>(make: (language: string, options: Options) => Format) {
  const formats = new Map<string, Format>();
  return (language: string, options: Options): Format => {
    const key = JSON.stringify([language, options]);
    let format = formats.get(key);
    if (!format) {
      format = make(language, options);
      formats.set(key, format);
    }
    return format;
  };
}

/** Numbers in the form of a language, or in one that was chosen (`language.forms`). */
export const numberFormat = kept<Intl.NumberFormatOptions, Intl.NumberFormat>((forms, options) =>
  // A point and no groups, so that no mark can be taken for another.
  forms.endsWith("-x-iso")
    ? new Intl.NumberFormat("en", { ...options, useGrouping: false })
    : new Intl.NumberFormat(forms, options),
);

/** Writes a date. */
interface DateForm {
  format: (date: Date) => string;
}

/** Dates in the form of a language; in one that was chosen they are in digits, since its words may be of another language. */
export const dateFormat: (forms: string, options: Intl.DateTimeFormatOptions) => DateForm = kept(
  (forms, options) => {
    if (!forms.includes("-x-")) return new Intl.DateTimeFormat(forms, options);
    const { weekday, ...rest } = options;
    const digits = new Intl.DateTimeFormat(forms, inDigits(rest));
    if (!weekday) return digits;
    return {
      format: (date) => `${dateFormat(language.tag, { weekday }).format(date)}, ${digits.format(date)}`,
    };
  },
);

/** The same parts of a date, each in as many digits as ever. */
function inDigits({
  dateStyle,
  timeStyle,
  ...parts
}: Intl.DateTimeFormatOptions): Intl.DateTimeFormatOptions {
  const time = { hour: "2-digit", minute: "2-digit" } as const;
  const hasDate = !!(dateStyle ?? parts.day ?? parts.month ?? parts.year);
  const exact = timeStyle === "long" || timeStyle === "full";
  return {
    ...parts,
    ...(hasDate && { year: "numeric", month: "2-digit", day: "2-digit" }),
    ...(timeStyle && time),
    ...(exact && { second: "2-digit", timeZoneName: "short" }),
  };
}

export const agoFormat = kept<Intl.RelativeTimeFormatOptions, Intl.RelativeTimeFormat>(
  (language, options) => new Intl.RelativeTimeFormat(language, options),
);
export const listFormat = kept<Intl.ListFormatOptions, Intl.ListFormat>(
  (language, options) => new Intl.ListFormat(language, options),
);

/** A count in the form of the window: "1,234". */
export function countText(count: number): string {
  return numberFormat(language.forms, {}).format(count);
}
