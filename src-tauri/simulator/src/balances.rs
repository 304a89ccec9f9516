//! The balance of the account.

use crate::api::{Answer, Call, Outcome};
use crate::wire::{Number, Object, object};
use crate::world::World;

/// A map by lower-case ticker. `pendingAmount` is what payouts that are not final have set aside.
pub(crate) fn show(world: &mut World, _: &Call) -> Outcome {
    let mut body = Object::default();
    for (currency, account) in &world.ledger.accounts {
        let entry = object! { "amount": Number(account.balance), "pendingAmount": Number(account.pending) };
        body.put(currency, &entry);
    }
    Ok(Answer::json(200, &body))
}
