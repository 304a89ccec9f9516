import type { IntoBalance } from "../bridge";
import { m } from "../messages";

/** Whose balance a payment went into, in words. */
export function intoBalance({ name, user }: IntoBalance): string {
  const whose = name ?? user;
  return whose ? m.payments_into_balance_of({ name: whose }) : m.payments_into_balance();
}
