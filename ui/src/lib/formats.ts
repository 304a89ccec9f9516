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

export const numberFormat = kept<Intl.NumberFormatOptions, Intl.NumberFormat>(
  (language, options) => new Intl.NumberFormat(language, options),
);
export const dateFormat = kept<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>(
  (language, options) => new Intl.DateTimeFormat(language, options),
);
export const agoFormat = kept<Intl.RelativeTimeFormatOptions, Intl.RelativeTimeFormat>(
  (language, options) => new Intl.RelativeTimeFormat(language, options),
);
export const listFormat = kept<Intl.ListFormatOptions, Intl.ListFormat>(
  (language, options) => new Intl.ListFormat(language, options),
);

/** A count in the language of the window: "1,234". */
export function countText(count: number): string {
  return numberFormat(language.tag, {}).format(count);
}
