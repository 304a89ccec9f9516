import { numberFormat } from "../lib/formats";
import { language } from "../messages/language.svelte";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/** A number of bytes as people say it: "1.2 MB". */
export function bytesText(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const options: Intl.NumberFormatOptions = {
    style: "unit",
    unit: UNITS[step],
    unitDisplay: step ? "short" : "long",
    maximumFractionDigits: step ? 1 : 0,
  };
  return numberFormat(language.forms, options).format(bytes / 1000 ** step);
}
