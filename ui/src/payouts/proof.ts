import type { BatchRow, Shop } from "../bridge";
import { dateTime } from "../lib/clock.svelte";
import { moneyText } from "../lib/money";
import { m } from "../messages";
import { language } from "../messages/language.svelte";
import { CENTS, paysOf } from "./amounts";
import { environmentName } from "../shops/environment";

/** What was paid to a row: the coins, and the sum of money that they were to be worth. */
export function paidOf(row: BatchRow): { amount: string; currency: string; worth: string | null } {
  const pays = paysOf(row);
  if (pays.kind !== "sum") return { amount: row.amount, currency: row.currency, worth: null };
  const { amount, currency, coins } = pays;
  // NOWPayments names the coins of whatever it has paid; if it ever does not, the sum is what is known.
  if (coins === null) return { amount, currency, worth: null };
  return { amount: coins, currency: row.currency, worth: moneyText(amount, currency, language.forms, CENTS) };
}

/**
 * What proves that `row` was paid, as plain text for its recipient: line by line, nothing shortened. What is not known has no
 * line.
 */
export function proofText(row: BatchRow, shop: Pick<Shop, "name" | "environment">): string {
  const { amount, currency, worth } = paidOf(row);
  const lines: [string, string | null][] = [
    [m.proof_from(), shop.name],
    // Practice money proves nothing, and says so.
    [m.shop_environment(), shop.environment === "live" ? null : environmentName(shop.environment)],
    [m.col_amount(), moneyText(amount, currency, language.forms)],
    [m.col_worth(), worth],
    [m.col_payee(), row.contact],
    [m.address(), row.address],
    [m.col_extra_id(), row.extra_id],
    [m.col_description(), row.description],
    [m.proof_reference(), row.external_id],
    [m.proof_paid_at(), row.paid_at && dateTime(row.paid_at, "full")],
    [m.col_hash(), row.hash],
    [m.proof_look_up(), row.explorer],
  ];
  const known = lines.flatMap(([label, value]) => (value ? [`${label}: ${value}`] : []));
  return [m.proof(), "", ...known, ""].join("\n");
}
