//! What a payment costs: the amount due, the least and the most of it, and what is left of it for the shop.

use crate::amount::Amount;
use crate::api::Refusal;
use crate::coins::{self, Coin};
use crate::currencies::convert;
use crate::world::World;

/// A coin with a maximum takes payments up to about so many dollars.
const MOST_OF_CAPPED: Amount = Amount::whole(2_000);
/// A fixed rate is given for amounts up to so many dollars.
const MOST_AT_FIXED_RATE: Amount = Amount::whole(100_000);

/// What the shop chose for a payment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    pub(crate) fixed_rate: bool,
    pub(crate) fee_paid_by_user: bool,
}

impl Flow {
    /// Fees can only be paid by the customer at a fixed rate, so that the one brings the other.
    pub(crate) fn new(fixed_rate: bool, fee_paid_by_user: bool) -> Self {
        Self { fixed_rate: fixed_rate || fee_paid_by_user, fee_paid_by_user }
    }
}

/// What a customer has to send for a price, so that the shop gets it in `outcome`.
pub(crate) fn due(
    world: &World,
    price: Amount,
    price_currency: &str,
    coin: &Coin,
    outcome: &str,
    flow: Flow,
) -> Result<Amount, Refusal> {
    let due = convert(world, price, price_currency, &coin.lower)?;
    Ok(if flow.fee_paid_by_user {
        (due + coin.fee(world.now)).over(share(&coin.lower, outcome)).cut_up(places(coin))
    } else {
        due.cut(places(coin))
    })
}

/// How many decimals an amount due in this coin has.
pub(crate) fn places(coin: &Coin) -> u32 {
    coin.decimals.parse().unwrap_or(8).clamp(2, 8)
}

/// The least that can be paid in a coin: its own minimum or that of the outcome, a tenth more at a fixed rate, and
/// the network's fee on top where the customer pays it.
pub(crate) fn least(world: &World, coin: &Coin, outcome: &Coin, flow: Flow) -> Result<Amount, Refusal> {
    let mut least = coin.minimum_payment(world.now);
    if coin.code != outcome.code {
        let worth = convert(world, outcome.minimum_payment(world.now), &outcome.lower, &coin.lower)?;
        least = least.max(worth);
    }
    if flow.fixed_rate {
        least = least.times(Amount::scaled(11, 1)).cut(8);
    }
    Ok(if flow.fee_paid_by_user { least + coin.fee(world.now) } else { least })
}

/// The most that can be paid in a coin; `None` where there is no limit.
pub(crate) fn most(world: &World, coin: &Coin, flow: Flow) -> Option<Amount> {
    let dollars = match (coin.is_capped(), flow.fixed_rate) {
        (true, _) => MOST_OF_CAPPED,
        (false, true) => MOST_AT_FIXED_RATE,
        (false, false) => return None,
    };
    Some(dollars.over(coin.price(world.now)).cut(8))
}

/// Refuses an amount that is too small or too large.
pub(crate) fn check(
    world: &World,
    due: Amount,
    coin: &Coin,
    outcome: &Coin,
    flow: Flow,
) -> Result<(), Refusal> {
    if due < least(world, coin, outcome, flow)? {
        let message = format!("Crypto amount {due} is less than minimal");
        return Err(Refusal::new(400, "AMOUNT_MINIMAL_ERROR", message));
    }
    if most(world, coin, flow).is_some_and(|most| due > most) {
        let message = format!("Crypto amount {due} is more than maximal");
        return Err(Refusal::new(400, "AMOUNT_MAXIMAL_ERROR", message));
    }
    Ok(())
}

/// What the shop gets of what was paid: less the service's share, and less the network's fee where the customer had
/// paid it on top.
pub(crate) fn outcome(world: &World, paid: Amount, from: &str, to: &str, flow: Flow) -> Option<Amount> {
    let mut net = paid.times(share(from, to)).cut(8);
    if flow.fee_paid_by_user {
        let fee = coins::find(from).map_or(Amount::ZERO, |coin| coin.fee(world.now));
        net = (net - fee).max(Amount::ZERO);
    }
    coins::convert(net, from, to, world.now)
}

/// The part that is left after the service's share: half a percent, twice that when coins are exchanged.
fn share(from: &str, to: &str) -> Amount {
    Amount::scaled(if from == to { 995 } else { 990 }, 3)
}
