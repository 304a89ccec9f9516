//! Conversions: one coin of the shop's balance exchanged for another.
//!
//! The coin that is given is set aside while the conversion is under way, and is gone when the other coin comes in,
//! at the rate of that moment. If there is not enough of it, the conversion is created all the same and rejected when
//! it is to be carried out.

use chrono::{DateTime, Duration, Utc};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::api::{Answer, Call, Outcome, Refusal};
use crate::coins;
use crate::currencies::{known, not_convertible};
use crate::ledger::Cause;
use crate::roll::{Entry, Roll};
use crate::wire::{Fields, Number, Object, Product, object, stamp};
use crate::world::{Event, World};

/// Where a conversion stands; upper case on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Created, waiting for its turn.
    Waiting,
    /// Being carried out.
    Processing,
    /// The other coin has come in.
    Finished,
    /// Nothing was exchanged.
    Rejected,
}

impl Status {
    const WORDS: [&str; 4] = ["WAITING", "PROCESSING", "FINISHED", "REJECTED"];

    fn is_final(self) -> bool {
        self >= Self::Finished
    }

    fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// One exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// The conversion's id.
    pub id: u64,
    /// Where it stands.
    pub status: Status,
    /// Ticker of what is given, lower case.
    pub from_currency: String,
    /// Ticker of what comes in, lower case.
    pub to_currency: String,
    /// How much is given, in its coin.
    pub from_amount: Amount,
    /// How much comes in, in its coin: estimated until the end, none if it was rejected.
    pub to_amount: Option<Amount>,
    /// Whether what is given is in `pending`.
    pub set_aside: bool,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// All conversions.
pub(crate) type Conversions = Roll<Conversion>;

impl Entry for Conversion {
    fn id(&self) -> u64 {
        self.id
    }
}

impl Conversion {
    /// Tickers in upper case and amounts as numbers. What came in has the digits of binary floating point.
    fn form(&self) -> Object {
        let mut body = object! {
            "id": self.id.to_string(),
            "status": self.status.word(),
            "from_currency": self.from_currency.to_uppercase(),
            "to_currency": self.to_currency.to_uppercase(),
            "from_amount": Number(self.from_amount),
        };
        match self.to_amount {
            Some(amount) if self.status == Status::Finished => {
                body.put("to_amount", &Product(self.from_amount, amount.over(self.from_amount)));
            }
            amount => body.put("to_amount", &amount.map(Number)),
        }
        body.extend(object! { "created_at": stamp(self.created_at), "updated_at": stamp(self.updated_at) });
        body
    }
}

/// Starts a conversion: it changes for the first time after two seconds, and has ended within twelve.
pub(crate) fn open(
    world: &mut World,
    from: &str,
    to: &str,
    from_amount: Amount,
    estimate: Amount,
    rng: &mut impl Rng,
) -> u64 {
    let id = world.conversions.new_id(rng);
    let conversion = Conversion {
        id,
        status: Status::Waiting,
        from_currency: from.to_owned(),
        to_currency: to.to_owned(),
        from_amount,
        to_amount: Some(estimate),
        set_aside: false,
        created_at: world.now,
        updated_at: world.now,
    };
    world.conversions.add(conversion);
    set_aside(world, id);
    for (status, range) in [(Status::Processing, 2_000..4_000), (Status::Finished, 6_000..12_000)] {
        world.after(Duration::milliseconds(rng.random_range(range)), Event::Conversion(id, status));
    }
    id
}

/// Sets aside what is given, if it is there and not set aside yet. Whether it is then.
fn set_aside(world: &mut World, id: u64) -> bool {
    let Some(conversion) = world.conversions.get_mut(id) else { return false };
    let (currency, amount) = (conversion.from_currency.clone(), conversion.from_amount);
    if !conversion.set_aside && world.ledger.balance(&currency) >= amount {
        conversion.set_aside = true;
        world.record_for(None, Cause::Reserved, &currency, amount, id);
        return true;
    }
    conversion.set_aside
}

/// A step of the agenda. One that comes too late does nothing.
pub(crate) fn happen(world: &mut World, id: u64, status: Status) {
    let Some(conversion) = world.conversions.get(id) else { return };
    if conversion.status.is_final() || conversion.status >= status {
        return;
    }
    let is_there = set_aside(world, id);
    change(world, id, if is_there { status } else { Status::Rejected });
}

/// Changes a conversion that is not final and moves its money, which is set aside unless it is rejected.
fn change(world: &mut World, id: u64, status: Status) {
    let now = world.now;
    let Some(conversion) = world.conversions.get_mut(id) else { return };
    conversion.status = status;
    conversion.updated_at = now;
    let was_set_aside = conversion.set_aside;
    conversion.set_aside &= !status.is_final();
    let (from, to) = (conversion.from_currency.clone(), conversion.to_currency.clone());
    let amount = conversion.from_amount;
    match status {
        Status::Finished => {
            let bought = coins::convert(amount, &from, &to, now).unwrap_or_default();
            conversion.to_amount = Some(bought);
            world.record_for(None, Cause::Sold, &from, amount, id);
            world.record_for(None, Cause::Bought, &to, bought, id);
        }
        Status::Rejected => {
            conversion.to_amount = None;
            if was_set_aside {
                world.record_for(None, Cause::Released, &from, amount, id);
            }
        }
        Status::Waiting | Status::Processing => {}
    }
}

/// Puts a conversion into a status, as the control interface asks, and moves its money.
///
/// # Errors
/// The reason why this cannot be.
pub(crate) fn force(world: &mut World, id: u64, status: Status) -> Result<(), &'static str> {
    let conversion = world.conversions.get(id).ok_or("no such conversion")?;
    if conversion.status.is_final() {
        return Err("the conversion has already ended");
    }
    if status <= conversion.status {
        return Err("a conversion only moves forward");
    }
    if status != Status::Rejected && !set_aside(world, id) {
        return Err("the balance is too small for the conversion");
    }
    change(world, id, status);
    Ok(())
}

/// A coin that the shop never had has no balance to convert, whether it exists or not.
pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let amount = fields.amount("amount")?;
    let (amount, _) = fields.required("amount", amount)?;
    let (from, to) = (fields.text("from_currency")?, fields.text("to_currency")?);
    let from = fields.required("from_currency", from)?.to_lowercase();
    let to = fields.required("to_currency", to)?.to_lowercase();
    fields.finish()?;
    if !world.ledger.accounts.contains_key(&from) {
        return Err(Refusal::not_found("Partner balance not found"));
    }
    let target = known(&to)?;
    if from == to || !target.for_conversion() {
        return Err(not_convertible(&from, &to));
    }
    let estimate = crate::currencies::convert(world, amount, &from, &to)?;
    if estimate == Amount::ZERO {
        let message = format!("Crypto amount {amount} is less than minimal");
        return Err(Refusal::new(400, "AMOUNT_MINIMAL_ERROR", message));
    }
    let mut rng = world.stream("conversion", world.conversions.count());
    let id = open(world, &from, &to, amount, estimate, &mut rng);
    answer(world, id)
}

pub(crate) fn show(world: &mut World, call: &Call) -> Outcome {
    answer(world, call.id.parse().unwrap_or_default())
}

/// An unknown id is not not found: it breaks the server, as it was recorded.
fn answer(world: &World, id: u64) -> Outcome {
    let conversion = world.conversions.get(id).ok_or_else(Refusal::broken)?;
    Ok(Answer::result(&conversion.form()))
}

/// Oldest first unless asked otherwise.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let (ids, statuses) = (call.ids("id")?, call.words("status", &Status::WORDS)?);
    let (from, to) = (call.date("created_at_from")?, call.date("created_at_to")?);
    let is_of = |name: &str, currency: &str| {
        call.parameter(name).is_none_or(|code| code.eq_ignore_ascii_case(currency))
    };
    let mut chosen: Vec<_> = world
        .conversions
        .all()
        .iter()
        .filter(|conversion| ids.is_empty() || ids.contains(&conversion.id))
        .filter(|conversion| statuses.is_empty() || statuses.contains(&conversion.status.word()))
        .filter(|conversion| is_of("from_currency", &conversion.from_currency))
        .filter(|conversion| is_of("to_currency", &conversion.to_currency))
        .filter(|conversion| from.is_none_or(|from| conversion.created_at >= from))
        .filter(|conversion| to.is_none_or(|to| conversion.created_at <= to))
        .collect();
    if call.is_descending()? {
        chosen.reverse();
    }
    call.excerpt(chosen, Conversion::form)
}
