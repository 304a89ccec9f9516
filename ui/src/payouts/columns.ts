import { m } from "../messages";

const names: Record<string, () => string> = {
  address: m.address,
  currency: m.col_currency,
  amount: m.col_amount,
  fiat_amount: m.col_fiat_amount,
  fiat_currency: m.col_fiat_currency,
  extra_id: m.col_extra_id,
  description: m.col_description,
  external_id: m.col_external_id,
  network: m.col_network,
};

/** A column of the file in words; one that we do not know keeps the name it has there. */
export function columnName(column: string): string {
  return names[column]?.() ?? column;
}
