import { isZero } from "../lib/money";

/** The decimals of currencies that are no coins. */
export const CENTS = 2;

/** In which way an amount has changed. */
export function way(change: string): "more" | "less" | "same" {
  if (isZero(change)) return "same";
  return change.startsWith("-") ? "less" : "more";
}
