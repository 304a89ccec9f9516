import { numberFormat } from "./formats";

/** An amount cut where the eye cuts it. Joined, the parts are the whole amount: nothing is rounded away. */
export interface MoneyParts {
  sign: string;
  whole: string;
  point: string;
  /** The decimals that matter at a glance. */
  fraction: string;
  /** The decimals after them, shown dimmed. */
  small: string;
}

const CLEAR_DECIMALS = 2;
const CLEAR_DIGITS_BELOW_ONE = 4;
/** Widths at the size of a table, 13 px. */
const [DIGIT_REM, TICKER_REM, POINT_AND_GAP_REM] = [0.515, 0.515, 0.6];

/** Whether an amount is nothing, seen from its digits. */
export function isZero(amount: string): boolean {
  return !/[1-9]/.test(amount);
}

/** What was typed as the program takes it. A comma before one or two digits can only be that before the decimals. */
export function plainAmount(typed: string): string {
  const text = typed.trim();
  return /^\d+,\d{1,2}$/.test(text) ? text.replace(",", ".") : text;
}

/** The number of decimals in `amount`, which is plain decimal text. */
export function decimals(amount: string): number {
  return amount.split(".")[1]?.length ?? 0;
}

/** `amount` (plain decimal text, up to 18 decimals) in the way of `language`, with at least `least` decimals. */
export function moneyParts(amount: string, language: string, least = 0): MoneyParts {
  // Intl reads the text itself, digit by digit; as a number it would lose what a float cannot hold.
  const exact = amount as `${number}`;
  const cut: MoneyParts = { sign: "", whole: "", point: "", fraction: "", small: "" };
  const places = Math.max(decimals(amount), least);
  const format = numberFormat(language, { minimumFractionDigits: places, maximumFractionDigits: places });
  for (const { type, value } of format.formatToParts(exact)) {
    if (type === "minusSign") cut.sign = "−";
    else if (type === "integer" || type === "group") cut.whole += value;
    else if (type === "decimal") cut.point = value;
    else if (type === "fraction") cut.fraction = value;
  }
  const zeros = /^0*/.exec(cut.fraction)?.[0].length ?? 0;
  const clear = Math.max(cut.whole === "0" ? zeros + CLEAR_DIGITS_BELOW_ONE : CLEAR_DECIMALS, least);
  cut.small = cut.fraction.slice(clear);
  cut.fraction = cut.fraction.slice(0, clear);
  return cut;
}

/** The amount as one line of text, with its coin. */
export function moneyText(amount: string, currency: string, language: string, least = 0): string {
  const { sign, whole, point, fraction, small } = moneyParts(amount, language, least);
  return `${sign}${whole}${point}${fraction}${small} ${currency.toUpperCase()}`;
}

/**
 * About how much an amount is, never less, for words such as "from about": two decimals, or the first two digits of what is
 * tiny. Whatever is paid is shown exactly.
 */
export function aboutText(amount: string, currency: string, language: string): string {
  const format = numberFormat(language, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    maximumSignificantDigits: 2,
    roundingPriority: "morePrecision",
    roundingMode: "ceil",
  });
  return `${format.format(amount as `${number}`)} ${currency.toUpperCase()}`;
}

/** What a column of amounts needs, so that their points stand in line and nothing is cut. */
export interface MoneyRoom {
  places: number;
  ticker: number;
  /** The width of the column in a table, in rem. */
  width: number;
}

/** Of ten amounts, one may be out of line: a rare coin with many decimals must not take the room of other columns. */
const OUT_OF_LINE = 10;

/** The room that `amounts` need in a column. */
export function roomFor(amounts: { amount: string | null; currency: string }[]): MoneyRoom {
  const parts = amounts.map(({ amount, currency }) => {
    const digits = amount?.split(".")[0]?.length ?? 0;
    const whole = digits + Math.floor((digits - 1) / 3);
    return { whole, places: decimals(amount ?? ""), ticker: currency.length };
  });
  const usual = (of: number[]): number => of.sort((a, b) => b - a)[Math.floor(of.length / OUT_OF_LINE)] ?? 0;
  const places = Math.max(2, usual(parts.map((part) => part.places)));
  const ticker = Math.max(4, usual(parts.map((part) => part.ticker)));
  const width = Math.max(
    ...[{ whole: 4, places, ticker }, ...parts].map(
      (part) =>
        (part.whole + Math.max(places, part.places)) * DIGIT_REM + Math.max(ticker, part.ticker) * TICKER_REM,
    ),
  );
  return { places, ticker, width: width + POINT_AND_GAP_REM };
}

/** The exact sum of amounts, which are plain decimal text. */
export function sum(amounts: string[]): string {
  const places = Math.max(0, ...amounts.map(decimals));
  const units = amounts.reduce((total, amount) => {
    const [whole = "", fraction = ""] = amount.split(".");
    return total + BigInt(whole + fraction.padEnd(places, "0"));
  }, 0n);
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const cut = digits.length - places;
  return (units < 0n ? "-" : "") + digits.slice(0, cut) + (places ? `.${digits.slice(cut)}` : "");
}

/** `amount` without `less`, exactly. */
export function difference(amount: string, less: string): string {
  return sum([amount, less.startsWith("-") ? less.slice(1) : `-${less}`]);
}
