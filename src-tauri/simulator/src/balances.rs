//! The balance of the account.

use crate::api::{Answer, Call, Outcome};
use crate::ledger::Accounts;
use crate::wire::{Number, Object, object};
use crate::world::World;

/// A map by lower-case ticker. `pendingAmount` is what has been set aside for that which is not final, like payouts.
pub(crate) fn show(world: &mut World, _: &Call) -> Outcome {
    Ok(Answer::json(200, &form(&world.ledger.accounts)))
}

/// Balances as NOWPayments writes them.
pub(crate) fn form(accounts: &Accounts) -> Object {
    let mut body = Object::default();
    for (currency, account) in accounts {
        let entry = object! { "amount": Number(account.balance), "pendingAmount": Number(account.pending) };
        body.put(currency, &entry);
    }
    body
}
