import { FIAT_CURRENCIES, type Batch, type BatchRow, type BatchState, type CoinTotal } from "../bridge";
import { isZero, moneyText, sum } from "../lib/money";
import { m } from "../messages";
import { language } from "../messages/language.svelte";

/** How much a row pays. A bad one may say neither, or both. */
export type Pays =
  | { kind: "coins"; amount: string }
  /** A sum of money, and what it is in coins as far as that is known. */
  | { kind: "sum"; amount: string; currency: string; coins: string | null }
  | { kind: "unclear"; stood: string[] };

/** Cents are shown even where there are none. */
export const CENTS = 2;

const isPlain = (amount: string | null): amount is string => /^\d+(\.\d+)?$/.test(amount ?? "");

/** The currency that a code in any case means, which NOWPayments takes sums in. */
export function fiatOf(code: string | null): string | undefined {
  return FIAT_CURRENCIES.find((known) => known === code?.toLowerCase());
}

/** The currencies of sums of money to choose from. No currency is taken for meant; a `known` one is not taken away. */
export function sumCurrencies(known = ""): { value: string; label: string }[] {
  return [
    ...(known ? [] : [{ value: "", label: m.row_sum_currency_choose() }]),
    ...FIAT_CURRENCIES.map((code) => ({ value: code as string, label: code.toUpperCase() })),
  ];
}

/** How much a row pays. */
export function paysOf({
  amount,
  fiat_amount,
  fiat_currency,
  coin_amount,
}: Pick<BatchRow, "amount" | "fiat_amount" | "fiat_currency" | "coin_amount">): Pays {
  const said = [fiat_amount, fiat_currency].filter(Boolean).join(" ");
  if (!said && isPlain(amount)) return { kind: "coins", amount };
  const currency = fiatOf(fiat_currency);
  if (!amount && isPlain(fiat_amount) && currency)
    return { kind: "sum", amount: fiat_amount, currency, coins: coin_amount };
  const stood = [amount, said].filter(Boolean);
  return { kind: "unclear", stood: stood.length ? stood : [""] };
}

/** "250.00 EUR in BTC": a sum of money, and the coin that it is paid in. */
export function sumText(amount: string, currency: string, coin: string): string {
  return m.sum_in_coin({
    sum: moneyText(amount, currency, language.forms, CENTS),
    coin: coin.toUpperCase(),
  });
}

/** How much a row pays, as one line of text. */
export function paysText(row: BatchRow): string {
  const pays = paysOf(row);
  if (pays.kind === "coins") return moneyText(pays.amount, row.currency, language.forms);
  if (pays.kind === "sum") return sumText(pays.amount, pays.currency, row.currency);
  return pays.stood.join(" ");
}

/** Whether some of the rows name an amount of the coin, rather than all of them a sum of money. */
export function namesCoins({ amount, fiat }: Pick<CoinTotal, "amount" | "fiat">): boolean {
  return !fiat.length || !isZero(amount);
}

/** How much of the coin is paid in all, fees aside; `null` as long as it is not known what the sums of money buy. */
export function inCoins({
  amount,
  fiat,
  fiat_in_coins,
}: Pick<CoinTotal, "amount" | "fiat" | "fiat_in_coins">): string | null {
  if (!fiat.length) return amount;
  return fiat_in_coins === null ? null : sum([amount, fiat_in_coins]);
}

/** Whether some of what is paid is said as a sum of money. */
export function hasSums(totals: CoinTotal[]): boolean {
  return totals.some(({ fiat }) => fiat.length > 0);
}

const AFTER_ITS_TIME: BatchState[] = ["sending", "finished", "finished_with_failures"];

/**
 * Whether NOWPayments has worked out for good what the sums of money of a batch are in coins: when it was created, or when
 * its time has come.
 */
export function isWorkedOut({ summary, provider_id }: Pick<Batch, "summary" | "provider_id">): boolean {
  return !!provider_id && (!summary.execute_at || AFTER_ITS_TIME.includes(summary.state));
}
