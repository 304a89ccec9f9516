import type { CustodyBalance, CustodyTransfer, LedgerKind, MoveKind } from "../bridge";
import { isZero, moneyText } from "../lib/money";
import { m } from "../messages";
import { language } from "../messages/language.svelte";

/** The moves that custody is about. */
export const custodyKinds: MoveKind[] = ["deposit", "write_off", "transfer", "payment", "user"];

/** What can be spent, in one line; coins of which there is nothing are left out. */
export function balancesText(balances: CustodyBalance[]): string {
  const some = balances.filter(({ amount }) => !isZero(amount));
  return some.map(({ coin, amount }) => moneyText(amount, coin, language.forms)).join(", ");
}

/** Who gives and who gets. Who is no user is the shop. */
export function endsOf({ from_name, to_name }: CustodyTransfer): { from: string; to: string } {
  return { from: from_name ?? m.move_shop(), to: to_name ?? m.move_shop() };
}

/** What a movement is, in a word. */
export function ledgerWord(kind: LedgerKind): string {
  const words: Record<LedgerKind, () => string> = {
    payment: m.ledger_payment,
    deposit: m.ledger_deposit,
    write_off: m.ledger_write_off,
    transfer_in: m.ledger_transfer_in,
    transfer_out: m.ledger_transfer_out,
    unexplained: m.ledger_unexplained,
  };
  return words[kind]();
}
