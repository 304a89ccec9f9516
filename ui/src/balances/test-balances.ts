// What a shop holds, for tests, and what a test changes of it.
import type { Balances, HeldCoin } from "../bridge";

export function held(coin: string, own: Partial<HeldCoin> = {}): HeldCoin {
  return { coin, amount: "1", pending: "0", worth: "100", day_change: "0", ...own };
}

export function balances(own: Partial<Balances> = {}): Balances {
  return {
    coins: [
      held("btc", { amount: "0.75", pending: "0.01", worth: "50000.5", day_change: "0.025" }),
      held("usdttrc20", { amount: "1200.5", worth: "1200", day_change: "-35.5" }),
      held("xyz", { amount: "9", worth: null, day_change: null }),
    ],
    worth: "51200.5",
    worth_currency: "usd",
    without_worth: 1,
    read_at: new Date().toISOString(),
    trouble: null,
    ...own,
  };
}
