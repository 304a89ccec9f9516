import type { BatchRow, Shop } from "../bridge";
import { dateTime } from "../lib/clock.svelte";
import { moneyText } from "../lib/money";
import { m } from "../messages";
import { language } from "../messages/language.svelte";
import { environmentName } from "../shops/environment";

/**
 * What proves that `row` was paid, as plain text for its recipient: line by line, nothing shortened. What is not known has no
 * line.
 */
export function proofText(row: BatchRow, shop: Pick<Shop, "name" | "environment">): string {
  const lines: [string, string | null][] = [
    [m.proof_from(), shop.name],
    // Practice money proves nothing, and says so.
    [m.shop_environment(), shop.environment === "live" ? null : environmentName(shop.environment)],
    [m.col_amount(), moneyText(row.amount, row.currency, language.tag)],
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
