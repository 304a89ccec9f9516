//! Coins, minimums and estimates.

use crate::amount::Amount;
use crate::api::{Answer, Call, Outcome, Refusal};
use crate::coins::{self, COINS, Coin};
use crate::payments;
use crate::quotes::{self, Flow};
use crate::wire::{Number, Object, object};
use crate::world::World;

fn payable() -> impl Iterator<Item = &'static Coin> {
    COINS.iter().filter(|coin| coin.for_payment())
}

/// Lower-case tickers; with `fixed_rate`, objects with the bounds of an exchange.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    if !call.flag("fixed_rate")? {
        let codes: Vec<_> = payable().map(|coin| &coin.lower).collect();
        return Ok(Answer::json(200, &object! { "currencies": codes }));
    }
    let flow = Flow::new(true, false);
    let bounds = payable().map(|coin| {
        let outcome = known(payments::settles_in(&coin.lower))?;
        Ok(object! {
            "currency": coin.lower,
            "min_amount": Number(quotes::least(world, coin, outcome, flow)?),
            "max_amount": quotes::most(world, coin, flow).map(Number),
        })
    });
    let bounds = bounds.collect::<Result<Vec<_>, Refusal>>()?;
    Ok(Answer::json(200, &object! { "currencies": bounds }))
}

pub(crate) fn list_in_full(_: &mut World, _: &Call) -> Outcome {
    Ok(Answer::json(200, &object! { "currencies": COINS.iter().map(in_full).collect::<Vec<_>>() }))
}

fn in_full(coin: &Coin) -> Object {
    // The recording of January 2026 has null for most and the word "false" for many.
    let trust_wallet_id = if coin.id % 4 == 3 { Some("false") } else { None };
    object! {
        "id": coin.id,
        "code": coin.code,
        "name": coin.name,
        "enable": true,
        "wallet_regex": coin.family.wallet_regex,
        "priority": 100 + coin.id,
        "extra_id_exists": coin.family.extra_id_regex.is_some(),
        "extra_id_regex": coin.family.extra_id_regex,
        "logo_url": format!("/images/coins/{}.svg", coin.lower),
        "track": true,
        "cg_id": coin.cg_id,
        "is_maxlimit": coin.is_capped(),
        "network": coin.network,
        "smart_contract": coin.contract,
        "network_precision": coin.contract.map(|_| coin.decimals),
        "explorer_link_hash": coin.explorer,
        "precision": 8,
        "is_defi": coin.is_defi(),
        "ticker": coin.ticker,
        "is_popular": coin.is_popular(),
        "is_stable": coin.is_stable(),
        "available_for_to_conversion": coin.for_conversion(),
        "trust_wallet_id": trust_wallet_id,
        "created_at": "2022-01-18T09:12:41.337Z",
        "updated_at": "2026-01-09T14:05:03.120Z",
        "available_for_payment": coin.for_payment(),
        "available_for_payout": coin.for_payout(),
        "extra_id_optional": coin.family.extra_id_regex.is_some(),
    }
}

/// The coins ticked in the dashboard, upper case, under the key that is really sent.
pub(crate) fn selected(_: &mut World, _: &Call) -> Outcome {
    let codes: Vec<_> = payable().filter(|coin| coin.is_popular()).map(|coin| coin.code).collect();
    Ok(Answer::json(200, &object! { "selectedCurrencies": codes }))
}

pub(crate) fn minimum(world: &mut World, call: &Call) -> Outcome {
    let from = call.required("currency_from")?.to_lowercase();
    let to = call.parameter("currency_to").map(str::to_lowercase);
    let to = to.unwrap_or_else(|| payments::settles_in(&from).to_owned());
    // A fiat price is paid in the outcome's coin, so its minimum decides.
    let paid_in = if coins::is_fiat(&from) { &to } else { &from };
    let (coin, target) = (known(paid_in)?, known(&to)?);
    if !coin.for_payment() {
        return Err(not_convertible(&from, &to));
    }
    let flow = Flow::new(call.flag("is_fixed_rate")?, call.flag("is_fee_paid_by_user")?);
    let least = quotes::least(world, coin, target, flow)?;
    let least = convert(world, least, &coin.lower, &from)?;
    let mut body = object! { "currency_from": from, "currency_to": to, "min_amount": Number(least) };
    if let Some(fiat) = call.parameter("fiat_equivalent") {
        if !coins::is_fiat(fiat) {
            return Err(Refusal::params("fiat_equivalent must be a supported fiat currency"));
        }
        body.put("fiat_equivalent", &Number(convert(world, least, &from, fiat)?));
    }
    Ok(Answer::json(200, &body))
}

/// `estimated_amount` is a string, as on the live API.
pub(crate) fn estimate(world: &mut World, call: &Call) -> Outcome {
    let amount = call.required("amount")?;
    let amount = Amount::parse(amount).ok_or_else(|| Refusal::params("amount must be a number"))?;
    if amount <= Amount::ZERO || amount > Amount::whole(1_000_000_000_000) {
        return Err(Refusal::params("amount must be a positive number"));
    }
    let (from, to) =
        (call.required("currency_from")?.to_lowercase(), call.required("currency_to")?.to_lowercase());
    let estimated = convert(world, amount, &from, &to)?;
    let body = object! {
        "currency_from": from, "amount_from": Number(amount), "currency_to": to,
        "estimated_amount": estimated.to_string(),
    };
    Ok(Answer::json(200, &body))
}

/// What an amount is worth in another currency, or the error of the payment endpoints.
pub(crate) fn convert(world: &World, amount: Amount, from: &str, to: &str) -> Result<Amount, Refusal> {
    let stranger = [from, to].into_iter().find(|code| coins::price(code, world.now).is_none());
    coins::convert(amount, from, to, world.now).ok_or_else(|| match stranger {
        Some(code) => unknown(code),
        None => Refusal::new(400, "AMOUNT_MAXIMAL_ERROR", "Crypto amount is too large"),
    })
}

/// Refuses a currency in which nothing can be priced.
pub(crate) fn priced(world: &World, code: &str) -> Result<(), Refusal> {
    coins::price(code, world.now).map(|_| ()).ok_or_else(|| unknown(code))
}

/// The coin of a ticker, or the error of the payment endpoints.
pub(crate) fn known(code: &str) -> Result<&'static Coin, Refusal> {
    coins::find(code).ok_or_else(|| unknown(code))
}

/// Of a currency that there is not.
pub(crate) fn unknown(code: &str) -> Refusal {
    Refusal::new(
        400,
        "CURRENCY_UNAVAILABLE",
        format!("Currency {} is currently unavailable", code.to_uppercase()),
    )
}

/// Of a coin that cannot be paid with.
pub(crate) fn not_convertible(from: &str, to: &str) -> Refusal {
    Refusal::new(400, "BAD_REQUEST", format!("Currency {from} is not convertable to {to} now"))
}
