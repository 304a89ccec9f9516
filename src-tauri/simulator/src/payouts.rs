//! Payouts: batches of withdrawals that are created, verified with a one-time code, and sent.
//!
//! Amount and fee leave the balance when the batch is created and wait in `pending`, so that two batches can not
//! spend the same money; they come back when a row is rejected or fails. A row that failed can still be sent
//! later, as at NOWPayments, if the balance allows it.
//!
//! A scheduled batch sets nothing aside until its time has come. Then it runs like any other, or fails for want of
//! money; the next run of its series is a new batch that waits for its own time.

mod runs;
mod schedule;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::address::transaction_hash;
use crate::amount::Amount;
use crate::api::{Answer, Call, Outcome, Refusal};
use crate::callbacks;
use crate::coins::{self, Coin};
use crate::ledger::Cause;
use crate::wire::{Fields, Number, Object, object, stamp};
use crate::world::{Event, World};

pub(crate) use self::runs::{cancel, cancel_batch, run};
use self::schedule::Schedule;

/// Wrong codes that a batch bears; afterwards no code verifies it.
const ATTEMPTS: u32 = 10;
/// An unverified batch is rejected after this.
const DEADLINE: Duration = Duration::hours(1);

/// Where a row stands; upper case on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Created, not verified.
    Creating,
    /// Verified.
    Waiting,
    /// Being prepared.
    Processing,
    /// On the chain, without enough confirmations.
    Sending,
    /// The recipient has it.
    Finished,
    /// It did not go through; it may still be sent later.
    Failed,
    /// It was not verified in time, or refused.
    Rejected,
    /// It was scheduled, and called off before its time.
    Cancelled,
}

impl Status {
    fn is_final(self) -> bool {
        self >= Self::Finished
    }

    fn word(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Waiting => "WAITING",
            Self::Processing => "PROCESSING",
            Self::Sending => "SENDING",
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
            Self::Rejected => "REJECTED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// What was created in one call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Batch {
    created: DateTime<Utc>,
    verified: Option<DateTime<Utc>>,
    wrong_codes: u32,
    rows: Vec<u64>,
    schedule: Option<Schedule>,
}

/// One withdrawal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    id: u64,
    batch: u64,
    status: Status,
    address: String,
    currency: String,
    amount: Amount,
    fee: Amount,
    fiat: Option<(Amount, String)>,
    extra_id: Option<String>,
    description: Option<String>,
    external_id: Option<String>,
    callback: Option<String>,
    hash: Option<String>,
    error: Option<String>,
    /// Made in the dashboard.
    by_hand: bool,
    created: DateTime<Utc>,
    requested: Option<DateTime<Utc>>,
    updated: Option<DateTime<Utc>>,
    times_paid: u32,
    /// The time that it was scheduled for and that has not come; nothing is set aside until then.
    awaits: Option<DateTime<Utc>>,
}

/// All batches and rows, by their ids.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Payouts {
    batches: BTreeMap<u64, Batch>,
    rows: BTreeMap<u64, Row>,
}

/// One payout row as the ledger of the control interface shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// The row's id.
    pub id: String,
    /// The batch's id.
    pub batch_id: String,
    /// Where it stands.
    pub status: Status,
    /// The recipient.
    pub address: String,
    /// Ticker, lower case.
    pub currency: String,
    /// What the recipient gets, in the coin.
    pub amount: Amount,
    /// The sum of money that was asked for instead of an amount,
    pub fiat_amount: Option<Amount>,
    /// and its currency, lower case.
    pub fiat_currency: Option<String>,
    /// What the network gets, in the coin.
    pub fee: Amount,
    /// Tag or memo.
    pub extra_id: Option<String>,
    /// The caller's own id.
    pub unique_external_id: Option<String>,
    /// The transaction, once there is one.
    pub hash: Option<String>,
    /// How often the recipient got it: never more than once, if all is well.
    pub times_paid: u32,
    /// When the batch was created.
    pub created_at: DateTime<Utc>,
    /// When the batch was verified.
    pub verified_at: Option<DateTime<Utc>>,
    /// When it is going to run, if it is scheduled and its time has not come.
    pub execute_at: Option<DateTime<Utc>>,
    /// Whether amount and fee are set aside for it.
    pub set_aside: bool,
}

impl Payouts {
    /// Every row that was ever created, in the order of creation.
    pub(crate) fn ledger(&self) -> Vec<LedgerRow> {
        let row = |row: &Row| LedgerRow {
            id: row.id.to_string(),
            batch_id: row.batch.to_string(),
            status: row.status,
            address: row.address.clone(),
            currency: row.currency.clone(),
            amount: row.amount,
            fiat_amount: row.fiat.as_ref().map(|(amount, _)| *amount),
            fiat_currency: row.fiat.as_ref().map(|(_, currency)| currency.clone()),
            fee: row.fee,
            extra_id: row.extra_id.clone(),
            unique_external_id: row.external_id.clone(),
            hash: row.hash.clone(),
            times_paid: row.times_paid,
            created_at: row.created,
            verified_at: row.requested,
            execute_at: row.awaits,
            set_aside: row.is_set_aside(),
        };
        self.rows.values().map(row).collect()
    }

    fn next_batch(&self) -> u64 {
        self.batches.last_key_value().map_or(5_500_000_713, |(id, _)| id + 1)
    }

    fn next_row(&self) -> u64 {
        self.rows.last_key_value().map_or(5_000_000_000, |(id, _)| id + 1)
    }
}

/// What is asked for in one withdrawal.
struct Wish {
    coin: &'static Coin,
    address: String,
    amount: Amount,
    fiat: Option<(Amount, String)>,
    extra_id: Option<String>,
    description: Option<String>,
    external_id: Option<String>,
    callback: Option<String>,
}

/// Reads one withdrawal of the body; only its form is checked.
fn read_wish(fields: &mut Fields) -> Result<Wish, Refusal> {
    let address = fields.text("address")?;
    let address = fields.required("address", address)?;
    let currency = fields.text("currency")?;
    let currency = fields.required("currency", currency)?;
    let amount = fields.amount("amount")?.map(|(amount, _)| amount);
    if amount.is_some_and(|amount| amount.decimals() > 6) {
        return fields.refuse("amount", "must have no more than 6 decimal places");
    }
    let (extra_id, callback) = (fields.text("extra_id")?, fields.url("ipn_callback_url")?);
    let (description, external_id) = (fields.text("payout_description")?, fields.text("unique_external_id")?);
    let fiat_amount = fields.amount("fiat_amount")?.map(|(amount, _)| amount);
    let fiat_currency = fields.text("fiat_currency")?;
    let fiat = match (fiat_amount, fiat_currency) {
        (None, _) => None,
        (Some(_), None) => return fields.refuse("fiat_currency", "is required"),
        (Some(_), Some(currency)) if !coins::is_fiat(&currency) => {
            return fields.refuse("fiat_currency", "must be a supported fiat currency");
        }
        (Some(amount), Some(currency)) => Some((amount, currency.to_lowercase())),
    };
    let amount =
        if fiat.is_some() { amount.unwrap_or_default() } else { fields.required("amount", amount)? };
    let coin = coins::find(&currency).filter(|coin| coin.for_payout()).ok_or_else(|| {
        Refusal::withdrawal(format!("Currency {} is not available for payouts", currency.to_lowercase()))
    })?;
    Ok(Wish { coin, address, amount, fiat, extra_id, description, external_id, callback })
}

/// Refuses an address, tag or memo that the coin does not know.
pub(crate) fn check_recipient(coin: &Coin, address: &str, extra_id: Option<&str>) -> Result<(), Refusal> {
    if !coin.accepts(address) {
        return Err(Refusal::withdrawal(format!("Invalid payout_address: [{}] [{address}]", coin.lower)));
    }
    match extra_id {
        Some(extra_id) if !coin.accepts_extra_id(extra_id) => {
            Err(Refusal::withdrawal(format!("Invalid payout_extra_id: [{}] [{extra_id}]", coin.lower)))
        }
        _ => Ok(()),
    }
}

pub(crate) fn validate_address(_: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let (address, currency) = (fields.text("address")?, fields.text("currency")?);
    let (address, currency) = (fields.required("address", address)?, fields.required("currency", currency)?);
    let extra_id = fields.text("extra_id")?;
    fields.finish()?;
    let invalid = || Refusal::withdrawal(format!("Invalid payout_address: [{currency}] [{address}]"));
    let coin = coins::find(&currency).ok_or_else(invalid)?;
    check_recipient(coin, &address, extra_id.as_deref())?;
    Ok(Answer::ok())
}

/// An estimate; the ticker comes back as it was sent.
pub(crate) fn fee(world: &mut World, call: &Call) -> Outcome {
    let (currency, amount) = (call.required("currency")?, call.required("amount")?);
    Amount::parse(amount).ok_or_else(|| Refusal::params("amount must be a number"))?;
    let coin = crate::currencies::known(currency)?;
    Ok(Answer::json(200, &object! { "currency": currency, "fee": Number(coin.fee(world.now)) }))
}

pub(crate) fn minimum(_: &mut World, call: &Call) -> Outcome {
    let coin = crate::currencies::known(&call.id)?;
    Ok(Answer::json(200, &object! { "success": true, "result": Number(coin.minimum_payout()) }))
}

pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let callback = fields.url("ipn_callback_url")?;
    let schedule = Schedule::read(&mut fields, world.now)?;
    let mut wishes = Vec::new();
    for (i, mut item) in fields.objects("withdrawals")?.into_iter().enumerate() {
        wishes.push(read_wish(&mut item)?);
        if !item.is_empty() {
            return Err(Fields::mismatch("withdrawals", i));
        }
    }
    fields.finish()?;

    let now = world.now;
    let mut wanted: BTreeMap<&str, Amount> = BTreeMap::new();
    for wish in &mut wishes {
        check_recipient(wish.coin, &wish.address, wish.extra_id.as_deref())?;
        if let Some(allowed) = &world.switches.address_whitelist
            && !allowed.contains(&wish.address)
        {
            let message = format!("Address is not whitelisted: [{}] [{}]", wish.coin.lower, wish.address);
            return Err(Refusal::withdrawal(message));
        }
        if let Some((amount, currency)) = &wish.fiat {
            wish.amount = crate::currencies::convert(world, *amount, currency, &wish.coin.lower)?;
        }
        let least = wish.coin.minimum_payout();
        if wish.amount < least {
            return Err(Refusal::withdrawal(format!("{} min amount is {least}", wish.coin.lower)));
        }
        wish.callback = wish.callback.take().or_else(|| callback.clone());
        *wanted.entry(&wish.coin.lower).or_default() += wish.amount + wish.coin.fee(now);
    }
    let mut short = Object::default();
    for (currency, requested) in wanted {
        let actual = world.ledger.balance(currency);
        if requested > actual && schedule.is_none() {
            short.put(currency, &object! { "requested": Number(requested), "actualBalance": Number(actual) });
        }
    }
    if !short.is_empty() {
        return Err(Refusal::withdrawal("Insufficient balance").with("current_values", short));
    }

    let batch = open(world, wishes, false, schedule);
    let created = &world.payouts.batches[&batch];
    let rows = created.rows.iter().enumerate().map(|(i, id)| {
        let row = &world.payouts.rows[id];
        let mut object = row.form(row.amount.to_string(), created.schedule.as_ref());
        // The documents show the first row of an answer in snake case and the others in camel case.
        let names = if i == 0 { SNAKE } else { CAMEL };
        object.extend(row.times(names));
        object
    });
    Ok(Answer::json(200, &object! { "id": batch.to_string(), "withdrawals": rows.collect::<Vec<_>>() }))
}

/// Waits for the code, with the money set aside unless it is only needed later.
fn open(world: &mut World, wishes: Vec<Wish>, by_hand: bool, schedule: Option<Schedule>) -> u64 {
    let (id, now) = (world.payouts.next_batch(), world.now);
    let awaits = schedule.as_ref().map(|schedule| schedule.at);
    let mut batch = Batch { created: now, verified: None, wrong_codes: 0, rows: Vec::new(), schedule };
    for wish in wishes {
        let row = Row {
            id: world.payouts.next_row(),
            batch: id,
            status: Status::Creating,
            address: wish.address,
            currency: wish.coin.lower.clone(),
            amount: wish.amount,
            fee: wish.coin.fee(now),
            fiat: wish.fiat,
            extra_id: wish.extra_id,
            description: wish.description,
            external_id: wish.external_id,
            callback: wish.callback,
            hash: None,
            error: None,
            by_hand,
            created: now,
            requested: None,
            updated: None,
            times_paid: 0,
            awaits,
        };
        batch.rows.push(row.id);
        if awaits.is_none() {
            world.record(Cause::Reserved, &row.currency, row.amount, row.fee, Some(row.id));
        }
        world.payouts.rows.insert(row.id, row);
    }
    let rows = batch.rows.clone();
    world.payouts.batches.insert(id, batch);
    world.after(DEADLINE, Event::RejectBatch(id));
    for row in rows {
        announce(world, row);
    }
    id
}

/// Tells the shop where a row stands, if it wants to be told.
fn announce(world: &mut World, id: u64) {
    callbacks::announce(world, |world| {
        let row = world.payouts.rows.get(&id)?;
        Some((row.callback.clone()?, row.callback_form()))
    });
}

/// Makes and verifies a batch in the dashboard.
pub(crate) fn pay_by_hand(world: &mut World, rows: Vec<(&'static Coin, String, Amount, String)>) {
    if rows.is_empty() {
        return;
    }
    let wishes = rows.into_iter().map(|(coin, address, amount, description)| Wish {
        coin,
        address,
        amount,
        fiat: None,
        extra_id: None,
        description: Some(description),
        external_id: None,
        callback: None,
    });
    let id = open(world, wishes.collect(), true, None);
    send(world, id);
}

pub(crate) fn verify(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let code = fields.text("verification_code")?;
    let code = fields.required("verification_code", code)?;
    fields.finish()?;
    let now = world.now;
    let refuse = |message: &str| Err(Refusal::new(400, "BAD_REQUEST", message));
    let id = call.id.parse().unwrap_or_default();
    let Some(batch) = world.payouts.batches.get_mut(&id) else {
        return Err(Refusal::not_found("Payout not found"));
    };
    if batch.verified.is_some() {
        return refuse("Payout is already verified");
    }
    let is_open = batch.rows.iter().any(|row| world.payouts.rows[row].status == Status::Creating);
    if !is_open {
        return refuse("Payout is rejected");
    }
    if batch.wrong_codes >= ATTEMPTS {
        return refuse("Verification attempts limit exceeded");
    }
    if !world.access.accept_code(&code, now) {
        batch.wrong_codes += 1;
        return refuse("Invalid verification code");
    }
    send(world, id);
    Ok(Answer::ok())
}

/// Takes note of the verification. The rows go their way at once, or when the time has come that they were
/// scheduled for.
fn send(world: &mut World, batch: u64) {
    let now = world.now;
    let Some(found) = world.payouts.batches.get_mut(&batch) else { return };
    found.verified = Some(now);
    let (rows, at) = (found.rows.clone(), found.schedule.as_ref().map(|schedule| schedule.at));
    for id in rows {
        let Some(row) = world.payouts.rows.get_mut(&id) else { continue };
        if row.status != Status::Creating {
            continue;
        }
        row.status = Status::Waiting;
        (row.requested, row.updated) = (Some(now), Some(now));
        announce(world, id);
        if at.is_none() {
            go(world, id);
        }
    }
    if let Some(at) = at {
        world.after((at - now).max(Duration::zero()), Event::Scheduled(batch));
    }
}

/// Lets a row go its way: the first change comes after about two seconds, and it is finished within fifteen.
fn go(world: &mut World, id: u64) {
    let mut rng = world.stream("payout", id);
    for (status, range) in [
        (Status::Processing, 1_600..2_600),
        (Status::Sending, 4_000..7_000),
        (Status::Finished, 8_000..14_500),
    ] {
        let delay = Duration::milliseconds(rng.random_range(range));
        world.after(delay, Event::Payout(id, status));
    }
}

/// Sets amount and fee of a row aside.
///
/// # Errors
/// When the balance is too small.
fn reserve(world: &mut World, id: u64) -> Result<(), &'static str> {
    let row = world.payouts.rows.get_mut(&id).ok_or("no such payout")?;
    let (currency, amount, fee) = (row.currency.clone(), row.amount, row.fee);
    if world.ledger.balance(&currency) < amount + fee {
        return Err("the balance is too small");
    }
    row.awaits = None;
    world.record(Cause::Reserved, &currency, amount, fee, Some(id));
    Ok(())
}

/// A step of the agenda. One that comes too late does nothing.
pub(crate) fn happen(world: &mut World, id: u64, status: Status) {
    let Some(row) = world.payouts.rows.get(&id) else { return };
    if row.status.is_final() || row.status >= status || row.awaits.is_some() {
        return;
    }
    let fails = status == Status::Sending && world.switches.failing_addresses.contains(&row.address);
    change(world, id, if fails { Status::Failed } else { status });
}

/// Rejects what nobody verified.
pub(crate) fn reject(world: &mut World, batch: u64) {
    let rows = match world.payouts.batches.get(&batch) {
        Some(batch) if batch.verified.is_none() => batch.rows.clone(),
        _ => return,
    };
    for id in rows {
        if !world.payouts.rows[&id].status.is_final() {
            change(world, id, Status::Rejected);
        }
    }
}

/// Changes a row that is not final and moves its money.
fn change(world: &mut World, id: u64, status: Status) {
    let now = world.now;
    let mut rng = world.stream("transaction", id);
    let Some(row) = world.payouts.rows.get_mut(&id) else { return };
    let was_set_aside = row.is_set_aside();
    row.status = status;
    row.updated = Some(now);
    row.awaits = row.awaits.filter(|_| !status.is_final());
    if matches!(status, Status::Sending | Status::Finished) && row.hash.is_none() {
        row.hash = coins::find(&row.currency).map(|coin| transaction_hash(coin.family.codec, &mut rng));
    }
    let complaint = if was_set_aside { "Withdrawal failed" } else { "Insufficient balance" };
    row.error = (status == Status::Failed).then(|| complaint.to_owned());
    row.times_paid += u32::from(status == Status::Finished);
    let cause = match status {
        Status::Finished => Cause::Paid,
        Status::Failed | Status::Rejected | Status::Cancelled if was_set_aside => Cause::Released,
        _ => return announce(world, id),
    };
    let (currency, amount, fee) = (row.currency.clone(), row.amount, row.fee);
    world.record(cause, &currency, amount, fee, Some(id));
    announce(world, id);
}

/// Puts a row into a status, as the control interface asks, and moves its money. One that failed can be resumed.
///
/// # Errors
/// The reason why this cannot be.
pub(crate) fn force(world: &mut World, id: u64, status: Status) -> Result<(), &'static str> {
    let row = world.payouts.rows.get(&id).ok_or("no such payout")?;
    let needs_money = !row.is_set_aside() && (!status.is_final() || status == Status::Finished);
    match row.status {
        Status::Finished | Status::Rejected | Status::Cancelled => {
            return Err("the payout has already ended");
        }
        Status::Failed if !needs_money => return Err("a failed payout can only be resumed"),
        _ if row.awaits.is_some() && status <= Status::Waiting => {}
        _ if needs_money => reserve(world, id)?,
        _ => {}
    }
    change(world, id, status);
    if !status.is_final() && status != Status::Creating {
        world.after(Duration::seconds(6), Event::Payout(id, Status::Finished));
    }
    Ok(())
}

const SNAKE: [&str; 3] = ["created_at", "requested_at", "updated_at"];
const CAMEL: [&str; 3] = ["createdAt", "requestedAt", "updatedAt"];

impl Row {
    fn is_set_aside(&self) -> bool {
        !self.status.is_final() && self.awaits.is_none()
    }

    fn can_be_cancelled(&self) -> bool {
        !self.status.is_final() && self.awaits.is_some()
    }

    /// Whether it only waits for its time.
    fn is_ready(&self) -> bool {
        self.status == Status::Waiting && self.awaits.is_some()
    }

    /// All but the times, with the four fields that no document names.
    fn form(&self, amount: String, schedule: Option<&Schedule>) -> Object {
        let fee = self.requested.map(|_| Number(self.fee));
        let mut object = object! {
            "is_request_payouts": self.by_hand,
            "id": self.id.to_string(),
            "address": self.address,
            "currency": self.currency,
            "amount": amount,
            "batch_withdrawal_id": self.batch.to_string(),
            "status": self.status.word(),
            "error": self.error,
            "extra_id": self.extra_id,
            "hash": self.hash,
            "ipn_callback_url": self.callback,
            "payout_description": self.description,
            "unique_external_id": self.external_id,
            "update_history_log": (),
            "rejected_check_attempts": 0,
            "fee": fee,
            "fee_paid_by": self.requested.map(|_| "sender"),
        };
        if let Some((amount, currency)) = &self.fiat {
            object.put("fiat_amount", amount);
            object.put("fiat_currency", currency);
        }
        if let Some(schedule) = schedule {
            schedule.form(&mut object);
        }
        object
    }

    fn times(&self, names: [&str; 3]) -> Object {
        let mut object = Object::default();
        for (name, time) in names.into_iter().zip([Some(self.created), self.requested, self.updated]) {
            object.put(name, &time.map(stamp));
        }
        object
    }

    fn read_form(&self, payouts: &Payouts) -> Object {
        let batch = payouts.batches.get(&self.batch);
        let mut object = self.form(self.amount.padded(6), batch.and_then(|batch| batch.schedule.as_ref()));
        object.extend(self.times(SNAKE));
        object
    }

    /// What a callback says. The fee is null whatever it is.
    fn callback_form(&self) -> Object {
        let mut object = object! {
            "id": self.id.to_string(),
            "batch_withdrawal_id": self.batch.to_string(),
            "status": self.status.word(),
            "error": self.error,
            "currency": self.currency,
            "amount": self.amount,
            "address": self.address,
            "fee": (),
            "extra_id": self.extra_id,
            "hash": self.hash,
            "ipn_callback_url": self.callback,
        };
        object.extend(self.times(SNAKE));
        object
    }
}

/// The live shape, by the batch's id or by the id of one of its rows.
pub(crate) fn show(world: &mut World, call: &Call) -> Outcome {
    let id: u64 = call.id.parse().unwrap_or_default();
    let payouts = &world.payouts;
    let row = payouts.rows.get(&id);
    let batch_id = row.map_or(id, |row| row.batch);
    let batch = payouts.batches.get(&batch_id).ok_or_else(|| Refusal::not_found("Payout not found"))?;
    let rows: Vec<_> = match row {
        Some(row) => vec![row.read_form(payouts)],
        None => batch.rows.iter().map(|id| payouts.rows[id].read_form(payouts)).collect(),
    };
    let body = object! { "id": batch_id.to_string(), "createdAt": stamp(batch.created), "withdrawals": rows };
    Ok(Answer::json(200, &body))
}

/// Newest first unless asked otherwise; no totals.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let (limit, page) = call.paging(10)?;
    let (from, to) = (call.date("date_from")?, call.date("date_to")?);
    let batch = call.parameter("batch_id");
    let status = call.parameter("status").map(str::to_uppercase);
    let mut chosen: Vec<&Row> = world
        .payouts
        .rows
        .values()
        .filter(|row| batch.is_none_or(|batch| row.batch.to_string() == batch))
        .filter(|row| status.as_deref().is_none_or(|status| row.status.word() == status))
        .filter(|row| from.is_none_or(|from| row.created >= from) && to.is_none_or(|to| row.created <= to))
        .collect();
    match call.parameter("order_by").unwrap_or("id") {
        "id" => {}
        "batchId" => chosen.sort_by_key(|row| row.batch),
        "dateCreated" => chosen.sort_by_key(|row| row.created),
        "dateRequested" => chosen.sort_by_key(|row| row.requested),
        "dateUpdated" => chosen.sort_by_key(|row| row.updated),
        "currency" => chosen.sort_by_key(|row| row.currency.clone()),
        "status" => chosen.sort_by_key(|row| row.status.word()),
        _ => return Err(Refusal::internal()),
    }
    if !call.is_ascending("order")? {
        chosen.reverse();
    }
    let rows =
        chosen.iter().skip(page.saturating_mul(limit)).take(limit).map(|row| row.read_form(&world.payouts));
    Ok(Answer::json(200, &object! { "payouts": rows.collect::<Vec<_>>() }))
}
