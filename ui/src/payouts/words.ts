import type { CoinTotal } from "../bridge";
import { listFormat } from "../lib/formats";
import { moneyText, sum } from "../lib/money";
import { m } from "../messages";
import { language } from "../messages/language.svelte";
import { namesCoins, sumText } from "./amounts";

/** What is paid in one coin: the exact amount where rows name one, and each sum of money. */
function amountsOf({ amount, currency, fiat }: CoinTotal): string[] {
  const sums = fiat.map((each) => sumText(each.amount, each.currency, currency));
  return namesCoins({ amount, fiat }) ? [moneyText(amount, currency, language.forms), ...sums] : sums;
}

/** "200 TRX, 0.01 BTC, 250.00 EUR in BTC, and 15 XRP": the exact totals, as one would read them aloud. */
export function amountsAloud(totals: CoinTotal[]): string {
  return listFormat(language.tag, {}).format(totals.flatMap(amountsOf));
}

/** The totals in short, for a line of a list: the first coins, and how many more there are. */
export function amountsInShort(totals: CoinTotal[], most = 2): string {
  const shown = totals.slice(0, totals.length > most + 1 ? most : undefined);
  const amounts = shown.map((total) => amountsOf(total).join(" + ")).join(", ");
  const more = totals.length - shown.length;
  return more ? `${amounts} ${m.more_coins({ count: more })}` : amounts;
}

/** What the totals are worth together, about; `undefined` unless all of them are known in one currency. */
export function worthOf(totals: CoinTotal[]): string | undefined {
  const currency = totals[0]?.worth_currency;
  const worths = totals.flatMap(({ worth, worth_currency }) =>
    worth && worth_currency === currency ? [worth] : [],
  );
  if (!currency || worths.length < totals.length) return undefined;
  return moneyText(sum(worths), currency, language.forms, 2);
}
