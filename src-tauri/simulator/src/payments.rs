//! Payments: created, paid by a customer, confirmed, sent, settled; or underpaid, failed, refunded, expired.
//!
//! A payment's statuses only move forward. What is settled goes to the account's balance in the outcome's coin,
//! unless the payment names an address of its own (`payout_address`).

use std::cmp::Ordering;
use std::ops::Range;

use chrono::{DateTime, Duration, Utc};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::access::token_id;
use crate::address::transaction_hash;
use crate::amount::Amount;
use crate::api::{Answer, Call, Outcome, Refusal};
use crate::callbacks;
use crate::coins::{self, Coin};
use crate::currencies::{self, known, not_convertible};
use crate::ledger::Cause;
use crate::quotes::{self, Flow};
use crate::roll::{Entry, Roll};
use crate::subscriptions;
use crate::wire::{Fields, Number, Object, object, stamp};
use crate::world::{Event, World};

/// A payment is tracked for seven days.
const TRACKED: Duration = Duration::days(7);
/// A fixed rate holds for ten minutes (OpenAPI document of July 2026).
const RATE_HELD: Duration = Duration::minutes(10);

/// Where a payment stands; spelled as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing was paid yet.
    Waiting,
    /// The customer's transaction was seen.
    Confirming,
    /// It has confirmations enough.
    Confirmed,
    /// The outcome is on its way.
    Sending,
    /// Less than the price arrived; it was settled all the same.
    PartiallyPaid,
    /// Settled in full.
    Finished,
    /// Something went wrong.
    Failed,
    /// The customer has the money back.
    Refunded,
    /// Nobody paid in time.
    Expired,
}

impl Status {
    fn is_final(self) -> bool {
        self >= Self::PartiallyPaid
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Confirming => "confirming",
            Self::Confirmed => "confirmed",
            Self::Sending => "sending",
            Self::PartiallyPaid => "partially_paid",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Refunded => "refunded",
            Self::Expired => "expired",
        }
    }
}

/// What happens to a payment next.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Step {
    /// The customer pays.
    Deposit(Amount),
    /// The customer pays again, perhaps in another coin of the same address: a new payment with a parent.
    Repeat { currency: String, amount: Amount },
    /// The next status on the ordinary way.
    Advance(Status),
    /// The end of the ordinary way: finished or partially paid.
    Settle,
    /// Another end.
    End(Status),
}

/// What a payment is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// Something that the shop sells.
    #[default]
    Sale,
    /// The balance of this customer.
    TopUp(u64),
    /// This period of this subscription.
    Subscription(u64, u32),
}

/// One payment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) purpose: Purpose,
    pub(crate) status: Status,
    pub(crate) price: Amount,
    pub(crate) price_currency: String,
    pub(crate) pay_amount: Amount,
    pub(crate) pay_currency: String,
    pub(crate) address: String,
    pub(crate) extra_id: Option<String>,
    pub(crate) order_id: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) purchase_id: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) wrong_asset: bool,
    pub(crate) children: Vec<u64>,
    pub(crate) actually_paid: Amount,
    pub(crate) outcome: Option<Amount>,
    pub(crate) outcome_currency: String,
    /// The outcome leaves for an address of the shop's own.
    pub(crate) external: bool,
    pub(crate) payin_hash: Option<String>,
    pub(crate) payout_hash: Option<String>,
    pub(crate) callback: Option<String>,
    pub(crate) fixed_rate: bool,
    pub(crate) fee_paid_by_user: bool,
    /// Made with a sandbox `case`.
    pub(crate) sandbox: bool,
    pub(crate) created: DateTime<Utc>,
    pub(crate) updated: DateTime<Utc>,
    /// Whether the money moves at the pace of a demonstration or of the real chains.
    pub(crate) lively: bool,
    /// The invoice that it was made from.
    pub(crate) invoice: Option<u64>,
    pub(crate) customer_email: Option<String>,
    /// The shop named the amount due itself, so that no rate changes it.
    #[serde(default)]
    pub(crate) own_amount: bool,
    /// When the amount due was worked out anew.
    pub(crate) estimated: Option<DateTime<Utc>>,
}

/// All payments.
pub(crate) type Payments = Roll<Payment>;

impl Entry for Payment {
    const IDS: Range<u64> = 4_000_000_000..6_900_000_000;

    fn id(&self) -> u64 {
        self.id
    }
}

/// What is asked for when a payment is made.
pub(crate) struct Terms {
    pub(crate) price: Amount,
    pub(crate) price_currency: String,
    pub(crate) pay_amount: Amount,
    pub(crate) coin: &'static Coin,
    pub(crate) order_id: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) purchase_id: Option<u64>,
    pub(crate) callback: Option<String>,
    pub(crate) outcome_currency: Option<String>,
    pub(crate) fixed_rate: bool,
    pub(crate) fee_paid_by_user: bool,
    pub(crate) sandbox: bool,
    pub(crate) lively: bool,
    pub(crate) invoice: Option<u64>,
    pub(crate) customer_email: Option<String>,
    pub(crate) own_amount: bool,
}

/// Adds a payment that waits for its customer, and its expiry to the agenda.
pub(crate) fn open(world: &mut World, terms: Terms, rng: &mut impl Rng) -> u64 {
    open_for(world, Purpose::Sale, terms, rng)
}

/// The same for something other than a sale.
pub(crate) fn open_for(world: &mut World, purpose: Purpose, terms: Terms, rng: &mut impl Rng) -> u64 {
    let id = world.payments.new_id(rng);
    let external = terms.outcome_currency.is_some();
    let settled_in = purpose.settles_in(&terms.coin.lower).to_owned();
    let has_tag = terms.coin.family.extra_id_regex.is_some();
    let payment = Payment {
        id,
        purpose,
        status: Status::Waiting,
        price: terms.price,
        price_currency: terms.price_currency,
        pay_amount: terms.pay_amount,
        pay_currency: terms.coin.lower.clone(),
        address: terms.coin.family.codec.generate(rng),
        extra_id: has_tag.then(|| rng.random_range(100_000_000..999_999_999_u64).to_string()),
        order_id: terms.order_id,
        description: terms.description,
        purchase_id: terms.purchase_id.unwrap_or_else(|| rng.random_range(4_000_000_000..6_900_000_000)),
        parent: None,
        wrong_asset: false,
        children: Vec::new(),
        actually_paid: Amount::ZERO,
        outcome: None,
        outcome_currency: terms.outcome_currency.unwrap_or(settled_in),
        external,
        payin_hash: None,
        payout_hash: None,
        callback: terms.callback,
        fixed_rate: terms.fixed_rate,
        fee_paid_by_user: terms.fee_paid_by_user,
        sandbox: terms.sandbox,
        created: world.now,
        updated: world.now,
        lively: terms.lively,
        invoice: terms.invoice,
        customer_email: terms.customer_email,
        own_amount: terms.own_amount,
        estimated: None,
    };
    let lifetime = if payment.fixed_rate { RATE_HELD } else { TRACKED };
    world.payments.add(payment);
    world.after(lifetime, Event::Payment(id, Step::End(Status::Expired)));
    announce(world, id);
    id
}

/// Tells the shop where a payment stands, if it wants to be told.
fn announce(world: &mut World, id: u64) {
    callbacks::announce(world, |world| {
        let payment = world.payments.get(id)?;
        Some((payment.callback.clone()?, callback_form(payment)))
    });
}

/// The coin that payments in `currency` are settled in: itself when the account holds it, else USDT on Tron.
pub(crate) fn settles_in(currency: &str) -> &str {
    const KEPT: [&str; 11] =
        ["ada", "btc", "doge", "eth", "ltc", "sol", "trx", "usdterc20", "usdttrc20", "xlm", "xrp"];
    if KEPT.contains(&currency) { currency } else { "usdttrc20" }
}

impl Purpose {
    /// The coin that it is settled in. A customer keeps what was paid.
    fn settles_in(self, currency: &str) -> &str {
        if matches!(self, Self::TopUp(_)) { currency } else { settles_in(currency) }
    }
}

/// A step of the agenda. One that comes too late, because the payment moved on otherwise, does nothing.
pub(crate) fn happen(world: &mut World, id: u64, step: Step) {
    let Some(status) = world.payments.get(id).map(|payment| payment.status) else { return };
    match step {
        Step::Deposit(amount) => deposit(world, id, amount),
        Step::Repeat { currency, amount } => repeat(world, id, &currency, amount),
        Step::Advance(next) if status < next => set_status(world, id, next),
        Step::Settle if !status.is_final() && status != Status::Waiting => settle(world, id),
        Step::End(Status::Expired) if status != Status::Waiting => {}
        Step::End(end) if !status.is_final() => set_status(world, id, end),
        Step::Advance(_) | Step::Settle | Step::End(_) => {}
    }
}

/// Money arrives at the payment's address. After the end it opens a new payment with this one as its parent.
pub(crate) fn deposit(world: &mut World, id: u64, amount: Amount) {
    let now = world.now;
    let Some(payment) = world.payments.get(id) else { return };
    if payment.status.is_final() {
        let currency = payment.pay_currency.clone();
        return repeat(world, id, &currency, amount);
    }
    let hash = deposit_hash(world, payment);
    let Some(payment) = world.payments.get_mut(id) else { return };
    payment.actually_paid += amount;
    payment.updated = now;
    payment.payin_hash.get_or_insert(hash);
    if payment.status == Status::Waiting {
        payment.status = Status::Confirming;
        announce(world, id);
        confirm(world, id);
    }
}

fn deposit_hash(world: &World, payment: &Payment) -> String {
    hash(world, "deposit", payment.id, &payment.pay_currency)
}

fn hash(world: &World, purpose: &str, id: u64, currency: &str) -> String {
    let codec = coins::find(currency).map_or(crate::address::Codec::Hedera, |coin| coin.family.codec);
    transaction_hash(codec, &mut world.stream(purpose, id))
}

/// Puts the ordinary way of a payment that was seen on the agenda.
fn confirm(world: &mut World, id: u64) {
    let mut rng = world.stream("confirm", id);
    let lively = world.payments.get(id).is_some_and(|payment| payment.lively);
    let mut at = Duration::zero();
    let steps = [Step::Advance(Status::Confirmed), Step::Advance(Status::Sending), Step::Settle];
    for (step, slow) in steps.into_iter().zip([1_500, 240, 420]) {
        let seconds = if lively { rng.random_range(2..7) } else { rng.random_range(slow / 8..slow) };
        at += Duration::milliseconds(seconds * 1000 + rng.random_range(0..1000));
        world.after(at, Event::Payment(id, step));
    }
}

fn set_status(world: &mut World, id: u64, status: Status) {
    let now = world.now;
    if let Some(payment) = world.payments.get_mut(id) {
        payment.status = status;
        payment.updated = now;
    }
    announce(world, id);
}

/// Pays out what arrived, less the service's share.
fn settle(world: &mut World, id: u64) {
    let Some(payment) = world.payments.get(id) else { return };
    let (from, to) = (payment.pay_currency.clone(), payment.outcome_currency.clone());
    let outcome =
        quotes::outcome(world, payment.actually_paid, &from, &to, payment.flow()).unwrap_or_default();
    let external = payment.external;
    let hash = hash(world, "outcome", id, &to);
    let now = world.now;
    if let Some(payment) = world.payments.get_mut(id) {
        let enough = payment.actually_paid >= payment.pay_amount;
        payment.status = if enough { Status::Finished } else { Status::PartiallyPaid };
        payment.outcome = Some(outcome);
        payment.payout_hash = Some(hash);
        payment.updated = now;
    }
    if !external {
        credit(world, id, &to, outcome);
    }
}

/// Puts the outcome where it belongs.
fn credit(world: &mut World, id: u64, currency: &str, outcome: Amount) {
    let Some(purpose) = world.payments.get(id).map(|payment| payment.purpose) else { return };
    let customer = if let Purpose::TopUp(customer) = purpose { Some(customer) } else { None };
    world.record_for(customer, Cause::Payment, currency, outcome, id);
    match purpose {
        Purpose::Sale => {}
        Purpose::TopUp(customer) => subscriptions::collect(world, customer),
        Purpose::Subscription(subscription, period) => {
            subscriptions::receive(world, subscription, period, id);
        }
    }
    announce(world, id);
}

/// Money arrives once more, or in another coin: a new payment with this one as its parent.
pub(crate) fn repeat(world: &mut World, parent: u64, currency: &str, amount: Amount) {
    let Some(first) = world.payments.get(parent) else { return };
    let mut child = first.clone();
    let mut rng = world.stream("repeat", parent + child.children.len() as u64);
    child.id = world.payments.new_id(&mut rng);
    child.status = Status::Confirming;
    child.wrong_asset = child.pay_currency != currency;
    child.pay_currency = currency.to_owned();
    child.outcome_currency =
        if child.external { child.outcome_currency } else { child.purpose.settles_in(currency).to_owned() };
    child.parent = Some(parent);
    child.children = Vec::new();
    if child.wrong_asset {
        child.pay_amount = amount;
    }
    child.actually_paid = amount;
    child.outcome = None;
    child.payout_hash = None;
    (child.created, child.updated) = (world.now, world.now);
    child.payin_hash = Some(deposit_hash(world, &child));
    let id = child.id;
    world.payments.add(child);
    if let Some(first) = world.payments.get_mut(parent) {
        first.children.push(id);
    }
    announce(world, id);
    confirm(world, id);
}

/// Puts a payment into a status, as the control interface asks; a settled one also moves the money.
///
/// # Errors
/// The reason why this cannot be: there is no such payment, or it has already ended.
pub(crate) fn force(world: &mut World, id: u64, status: Status) -> Result<(), &'static str> {
    let payment = world.payments.get_mut(id).ok_or("no such payment")?;
    if payment.status.is_final() {
        return Err("the payment has already ended");
    }
    match status {
        Status::Finished | Status::PartiallyPaid => {
            let short = payment.pay_amount.times(Amount::scaled(6, 1)).cut(8);
            let due = if status == Status::Finished { payment.pay_amount } else { short };
            let due = due.max(if status == Status::Finished { payment.actually_paid } else { Amount::ZERO });
            payment.actually_paid = due;
            settle(world, id);
        }
        _ => set_status(world, id, status),
    }
    Ok(())
}

/// What a call that makes a payment asks for.
pub(crate) struct Order {
    pub(crate) price: Amount,
    pub(crate) price_currency: String,
    /// One that is [`payable`].
    pub(crate) coin: &'static Coin,
    /// What the shop wants to be paid, if it does not leave that to the rate.
    pub(crate) pay_amount: Option<Amount>,
    pub(crate) order_id: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) purchase_id: Option<u64>,
    pub(crate) callback: Option<String>,
    pub(crate) recipient: Option<Recipient>,
    pub(crate) invoice: Option<u64>,
    pub(crate) customer_email: Option<String>,
    pub(crate) flow: Flow,
    pub(crate) case: Option<Case>,
}

/// Where the outcome goes, if not into the balance.
pub(crate) struct Recipient {
    address: String,
    currency: String,
    extra_id: Option<String>,
}

impl Recipient {
    /// Reads it from a body. The address asks for a currency; a currency alone is nothing.
    pub(crate) fn read(fields: &mut Fields) -> Result<Option<Self>, Refusal> {
        let (address, currency) = (fields.text("payout_address")?, fields.text("payout_currency")?);
        let extra_id = fields.text("payout_extra_id")?;
        match (address, currency) {
            (None, _) => Ok(None),
            (Some(_), None) => fields.refuse("payout_currency", "is required"),
            (Some(address), Some(currency)) => {
                Ok(Some(Self { address, currency: currency.to_lowercase(), extra_id }))
            }
        }
    }
}

/// A coin that can be paid with, or the error of the payment endpoints.
pub(crate) fn payable(code: &str) -> Result<&'static Coin, Refusal> {
    let coin = known(code)?;
    match coin.for_payment() {
        true => Ok(coin),
        false => Err(not_convertible(&coin.lower, settles_in(&coin.lower))),
    }
}

pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let price = fields.amount("price_amount")?;
    let (price, price_as_sent) = fields.required("price_amount", price)?;
    let price_currency = fields.text("price_currency")?;
    let price_currency = fields.required("price_currency", price_currency)?.to_lowercase();
    let pay_currency = fields.text("pay_currency")?;
    let pay_currency = fields.required("pay_currency", pay_currency)?;
    let pay_amount = fields.amount("pay_amount")?.map(|(amount, _)| amount);
    let callback = fields.url("ipn_callback_url")?;
    let (order_id, description) = (fields.text("order_id")?, fields.text("order_description")?);
    let purchase_id = fields.whole("purchase_id")?;
    let recipient = Recipient::read(&mut fields)?;
    let (fixed_rate, fee_paid_by_user) = (fields.flag("is_fixed_rate")?, fields.flag("is_fee_paid_by_user")?);
    let case = fields.text("case")?;
    fields.finish()?;

    let order = Order {
        price,
        price_currency,
        coin: payable(&pay_currency)?,
        pay_amount,
        order_id,
        description,
        purchase_id,
        callback,
        recipient,
        invoice: None,
        customer_email: None,
        flow: Flow::new(fixed_rate, fee_paid_by_user),
        case: case.as_deref().map(Case::read).transpose()?,
    };
    let id = place(world, order)?;
    created(world, id, &price_as_sent)
}

/// Makes the payment of an order, if the amount, the coin and the recipient are right.
pub(crate) fn place(world: &mut World, order: Order) -> Result<u64, Refusal> {
    let coin = order.coin;
    currencies::priced(world, &order.price_currency)?;
    if let Some(Recipient { address, currency, extra_id }) = &order.recipient {
        crate::payouts::check_recipient(known(currency)?, address, extra_id.as_deref())?;
    }
    let outcome_currency = order.recipient.map(|recipient| recipient.currency);
    let outcome = known(outcome_currency.as_deref().unwrap_or(settles_in(&coin.lower)))?;
    let due = match order.pay_amount {
        Some(amount) => amount.cut(quotes::places(coin)),
        None => quotes::due(world, order.price, &order.price_currency, coin, &outcome.lower, order.flow)?,
    };
    quotes::check(world, due, coin, outcome, order.flow)?;

    let mut rng = world.stream("call", world.payments.all().len() as u64);
    let terms = Terms {
        price: order.price,
        price_currency: order.price_currency,
        pay_amount: due,
        coin,
        order_id: order.order_id,
        description: order.description,
        purchase_id: order.purchase_id,
        callback: order.callback,
        outcome_currency,
        fixed_rate: order.flow.fixed_rate,
        fee_paid_by_user: order.flow.fee_paid_by_user,
        sandbox: order.case.is_some(),
        lively: true,
        invoice: order.invoice,
        customer_email: order.customer_email,
        own_amount: order.pay_amount.is_some(),
    };
    let id = open(world, terms, &mut rng);
    if let Some(case) = order.case {
        case.play(world, id, due);
    }
    Ok(id)
}

/// The answer to the call that made a payment.
pub(crate) fn created(world: &World, id: u64, price: &impl Serialize) -> Outcome {
    let payment = world.payments.get(id).ok_or_else(Refusal::internal)?;
    Ok(Answer::json(201, &created_form(world, payment, price)))
}

/// The sandbox's `case`: what the customer is going to do.
pub(crate) enum Case {
    Success,
    Failed,
    PartiallyPaid,
}

impl Case {
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        match text {
            "success" | "common" => Ok(Self::Success),
            "failed" => Ok(Self::Failed),
            "partially_paid" => Ok(Self::PartiallyPaid),
            _ => Err(Refusal::params("case must be one of [success, common, failed, partially_paid]")),
        }
    }

    fn play(&self, world: &mut World, id: u64, due: Amount) {
        let paid =
            if matches!(self, Self::PartiallyPaid) { due.times(Amount::scaled(6, 1)).cut(8) } else { due };
        world.after(Duration::seconds(3), Event::Payment(id, Step::Deposit(paid)));
        if matches!(self, Self::Failed) {
            world.after(Duration::seconds(5), Event::Payment(id, Step::End(Status::Failed)));
        }
    }
}

/// Ids are strings here, and the price is what was sent, number or string. In the sandbox `pay_amount` is a
/// string too.
pub(crate) fn created_form(world: &World, payment: &Payment, price: &impl Serialize) -> Object {
    let coin = coins::find(&payment.pay_currency);
    let mut body = object! {
        "payment_id": payment.id.to_string(),
        "payment_status": payment.status.word(),
        "pay_address": payment.address,
        "price_amount": *price,
        "price_currency": payment.price_currency,
    };
    match payment.sandbox {
        true => body.put("pay_amount", &payment.pay_amount),
        false => body.put("pay_amount", &Number(payment.pay_amount)),
    }
    let (from, to) = (&payment.pay_currency, &payment.outcome_currency);
    let outcome = quotes::outcome(world, payment.pay_amount, from, to, payment.flow());
    let rest = object! {
        "amount_received": outcome.map(Number),
        "pay_currency": payment.pay_currency,
        "order_id": payment.order_id,
        "order_description": payment.description,
        "payin_extra_id": payment.extra_id,
        "ipn_callback_url": payment.callback,
        "customer_email": payment.customer_email,
        "created_at": stamp(payment.created),
        "updated_at": stamp(payment.updated),
        "purchase_id": payment.purchase_id.to_string(),
        "smart_contract": coin.and_then(|coin| coin.contract).unwrap_or(""),
        "network": coin.map(|coin| coin.network),
        "network_precision": coin.and_then(|coin| coin.decimals.parse::<u8>().ok()),
        "time_limit": (),
        "burning_percent": (),
        "expiration_estimate_date": stamp(payment.estimate_ends()),
        "is_fixed_rate": payment.fixed_rate,
        "is_fee_paid_by_user": payment.fee_paid_by_user,
        "valid_until": stamp(payment.created + TRACKED),
        "type": "crypto2crypto",
        "product": "api",
    };
    body.extend(rest);
    body
}

impl Payment {
    fn flow(&self) -> Flow {
        Flow { fixed_rate: self.fixed_rate, fee_paid_by_user: self.fee_paid_by_user }
    }

    /// Until when the amount due stays as it is.
    fn estimate_ends(&self) -> DateTime<Utc> {
        self.estimated.unwrap_or(self.created) + RATE_HELD
    }

    /// The invoice's number. Where there is none, repeated deposits have 0 and all others null.
    fn invoice_id(&self) -> Option<u64> {
        self.invoice.or(self.parent.map(|_| 0))
    }

    /// What was paid, in the currency of the price.
    fn paid_in_fiat(&self) -> Option<Amount> {
        match self.status {
            Status::Waiting | Status::Expired => None,
            // The real API says 0 until the payment is settled, although money has arrived.
            Status::Confirming | Status::Confirmed | Status::Sending => Some(Amount::ZERO),
            _ => {
                // Nothing was quoted for the wrong asset.
                let worth = match self.wrong_asset {
                    true => {
                        let (from, to) = (&self.pay_currency, &self.price_currency);
                        coins::convert(self.actually_paid, from, to, self.updated)?
                    }
                    false => self.price.times(self.actually_paid.over(self.pay_amount)),
                };
                Some((worth + Amount::scaled(5, 3)).cut(2))
            }
        }
    }

    fn settled(&self) -> Option<Amount> {
        self.outcome.filter(|_| self.status != Status::Failed)
    }
}

/// Ids are numbers here; `parent_payment_id` is there only where there is a parent.
pub(crate) fn read_form(payment: &Payment) -> Object {
    let mut body = object! {
        "payment_id": payment.id,
        "invoice_id": payment.invoice_id(),
        "payment_status": payment.status.word(),
        "pay_address": payment.address,
        "payin_extra_id": payment.extra_id,
        "price_amount": Number(payment.price),
        "price_currency": payment.price_currency,
        "pay_amount": Number(payment.pay_amount),
        "actually_paid": Number(payment.actually_paid),
        "actually_paid_at_fiat": payment.paid_in_fiat().map(Number),
        "pay_currency": payment.pay_currency,
        "order_id": payment.order_id,
        "order_description": payment.description,
        "purchase_id": payment.purchase_id,
        "outcome_amount": payment.settled().map(Number),
        "outcome_currency": payment.outcome_currency,
        "payout_hash": payment.payout_hash,
        "payin_hash": payment.payin_hash,
        "created_at": stamp(payment.created),
        "updated_at": stamp(payment.updated),
        "burning_percent": "null",
        "type": "crypto2crypto",
        "payment_extra_ids": (!payment.children.is_empty()).then_some(&payment.children),
    };
    if let Some(parent) = payment.parent {
        body.put("parent_payment_id", &parent);
        body.put("origin_type", if payment.wrong_asset { &"WRONG_ASSET" } else { &"REPEATED" });
    }
    body
}

/// What a callback says: the read form in other types. `purchase_id` and the children are strings,
/// `parent_payment_id` is always there, the time is a number, and the names inside `fee` are in camel case.
fn callback_form(payment: &Payment) -> Object {
    let children: Vec<_> = payment.children.iter().map(u64::to_string).collect();
    let service_fee = payment.settled().and_then(|outcome| {
        let (from, to) = (&payment.pay_currency, &payment.outcome_currency);
        Some(coins::convert(payment.actually_paid, from, to, payment.updated)? - outcome)
    });
    object! {
        "payment_id": payment.id,
        "parent_payment_id": payment.parent,
        "invoice_id": payment.invoice_id(),
        "payment_status": payment.status.word(),
        "pay_address": payment.address,
        "payin_extra_id": payment.extra_id,
        "price_amount": Number(payment.price),
        "price_currency": payment.price_currency,
        "pay_amount": Number(payment.pay_amount),
        "actually_paid": Number(payment.actually_paid),
        "actually_paid_at_fiat": Number(payment.paid_in_fiat().unwrap_or_default()),
        "pay_currency": payment.pay_currency,
        "order_id": payment.order_id,
        "order_description": payment.description,
        "purchase_id": payment.purchase_id.to_string(),
        "outcome_amount": payment.settled().map(Number),
        "outcome_currency": payment.outcome_currency,
        "payment_extra_ids": (!children.is_empty()).then_some(children),
        "fee": object! {
            "currency": payment.outcome_currency,
            "depositFee": 0,
            "serviceFee": Number(service_fee.unwrap_or_default().max(Amount::ZERO)),
            "withdrawalFee": 0,
        },
        "updated_at": payment.updated.timestamp_millis(),
    }
}

pub(crate) fn show(world: &mut World, call: &Call) -> Outcome {
    let payment = call.id.parse().ok().and_then(|id| world.payments.get(id));
    let payment = payment.ok_or_else(|| Refusal::not_found("Payment not found"))?;
    Ok(Answer::json(200, &read_form(payment)))
}

/// Works the amount due out anew once its estimate has ended, and says until when it holds. Before that the estimate
/// stays as it is, as the documents say.
pub(crate) fn update_estimate(world: &mut World, call: &Call) -> Outcome {
    Fields::read(&call.body)?.finish()?;
    let id = call.id.parse().unwrap_or_default();
    let payment = world.payments.get(id).ok_or_else(|| Refusal::not_found("Payment not found"))?;
    if payment.status != Status::Waiting {
        return Err(Refusal::new(400, "BAD_REQUEST", "Payment is not waiting"));
    }
    let now = world.now;
    if payment.estimate_ends() <= now {
        let coin = known(&payment.pay_currency)?;
        let due = match payment.own_amount {
            true => payment.pay_amount,
            false => quotes::due(
                world,
                payment.price,
                &payment.price_currency,
                coin,
                &payment.outcome_currency,
                payment.flow(),
            )?,
        };
        if let Some(payment) = world.payments.get_mut(id) {
            payment.pay_amount = due;
            (payment.estimated, payment.updated) = (Some(now), now);
        }
    }
    let payment = world.payments.get(id).ok_or_else(Refusal::internal)?;
    let body = object! {
        "id": id.to_string(),
        "token_id": token_id(world),
        "pay_amount": Number(payment.pay_amount),
        "expiration_estimate_date": stamp(payment.estimate_ends()),
    };
    Ok(Answer::json(200, &body))
}

/// Newest first unless asked otherwise. A wrong `orderBy` gives 500, as the official SDK notes.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let (limit, page) = call.paging(10)?;
    let (from, to) = (call.date("dateFrom")?, call.date("dateTo")?);
    let sort = call.parameter("sortBy").unwrap_or("created_at");
    let compare = comparison(sort).ok_or_else(|| {
        Refusal::params(format!("sortBy must be one of [{}]", SORTS.map(|(name, _)| name).join(", ")))
    })?;
    let ascending = call.is_ascending("orderBy")?;
    let invoice = call.parameter("invoiceId").map(str::parse::<u64>).transpose();
    let invoice = invoice.map_err(|_| Refusal::params("invoiceId must be a number"))?;
    let mut chosen: Vec<&Payment> = world
        .payments
        .all()
        .iter()
        .filter(|payment| invoice.is_none() || payment.invoice == invoice)
        .filter(|payment| from.is_none_or(|from| payment.created >= from))
        .filter(|payment| to.is_none_or(|to| payment.created <= to))
        .collect();
    if sort != "created_at" {
        chosen.sort_by(|a, b| compare(a, b));
    }
    if !ascending {
        chosen.reverse();
    }
    let data: Vec<_> = chosen
        .iter()
        .skip(page.saturating_mul(limit))
        .take(limit)
        .map(|payment| read_form(payment))
        .collect();
    let body = object! {
        "data": data, "limit": limit, "page": page,
        "pagesCount": chosen.len().div_ceil(limit), "total": chosen.len(),
    };
    Ok(Answer::json(200, &body))
}

type Comparison = fn(&Payment, &Payment) -> Ordering;

const SORTS: [(&str, Comparison); 14] = [
    ("payment_id", |a, b| a.id.cmp(&b.id)),
    ("payment_status", |a, b| a.status.word().cmp(b.status.word())),
    ("pay_address", |a, b| a.address.cmp(&b.address)),
    ("price_amount", |a, b| a.price.cmp(&b.price)),
    ("price_currency", |a, b| a.price_currency.cmp(&b.price_currency)),
    ("pay_amount", |a, b| a.pay_amount.cmp(&b.pay_amount)),
    ("actually_paid", |a, b| a.actually_paid.cmp(&b.actually_paid)),
    ("pay_currency", |a, b| a.pay_currency.cmp(&b.pay_currency)),
    ("order_id", |a, b| a.order_id.cmp(&b.order_id)),
    ("order_description", |a, b| a.description.cmp(&b.description)),
    ("purchase_id", |a, b| a.purchase_id.cmp(&b.purchase_id)),
    ("outcome_amount", |a, b| a.outcome.cmp(&b.outcome)),
    ("outcome_currency", |a, b| a.outcome_currency.cmp(&b.outcome_currency)),
    ("created_at", |a, b| a.created.cmp(&b.created)),
];

fn comparison(name: &str) -> Option<Comparison> {
    SORTS.iter().find(|(known, _)| *known == name).map(|(_, comparison)| *comparison)
}
