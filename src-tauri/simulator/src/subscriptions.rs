//! Subscriptions: plans, and the subscribers who are billed again and again.
//!
//! A subscriber by e-mail gets a payment link, and another one a day before each paid period ends. A subscriber with a
//! balance, a customer of the shop, is charged at the same moments: in the plan's coin if there is enough of it,
//! otherwise in any coins, at the rate of the moment; what is there is taken, and the rest as soon as money comes in.
//! A bill of which nothing was paid for seven days expires, and none follows it. One that was paid in part gives no
//! access, and is followed by the next when its interval is over.
//!
//! A bill keeps the price and the interval that the plan had when it was made.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::api::{Answer, Call, Outcome, Refusal};
use crate::callbacks;
use crate::coins::{self, Coin};
use crate::currencies::unknown;
use crate::custody::{self, Order, Purse, Transfer};
use crate::payments::{self, Purpose, Terms};
use crate::regulars;
use crate::roll::{Entry, Roll};
use crate::wire::{Fields, Number, Object, object, stamp};
use crate::world::{Event, World};

/// A bill that nobody paid expires after this.
const PATIENCE: Duration = Duration::days(7);
/// So long before a paid period ends, the next bill is made; half of a period, if that is less.
const LEAD: Duration = Duration::days(1);
/// The longest interval of a plan, in days.
const LONGEST_INTERVAL: u32 = 3_650;
/// In dollars: what is worth less is not charged as a part of a bill.
const DUST: Amount = Amount::scaled(1, 2);

/// Where a subscription's last bill stands; upper case on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Nothing of it was paid yet.
    WaitingPay,
    /// Paid in full.
    Paid,
    /// Some of it was paid.
    PartiallyPaid,
    /// Nothing of it was paid in seven days.
    Expired,
}

impl Status {
    const WORDS: [&str; 4] = ["WAITING_PAY", "PAID", "PARTIALLY_PAID", "EXPIRED"];

    fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    fn is_due(self) -> bool {
        matches!(self, Self::WaitingPay | Self::PartiallyPaid)
    }
}

/// What is offered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Plan {
    id: u64,
    title: String,
    interval_day: u32,
    amount: Amount,
    /// Ticker of a coin or a fiat currency, lower case.
    currency: String,
    callback: Option<String>,
    success: Option<String>,
    cancel: Option<String>,
    partially_paid: Option<String>,
    created: DateTime<Utc>,
    updated: DateTime<Utc>,
}

/// Who is billed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subscriber {
    /// Somebody who gets links to pay with.
    Email(String),
    /// A customer whose balance is charged, by the id.
    Customer(u64),
}

/// A subscriber's subscription to a plan, and its last bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The subscription's id.
    pub id: u64,
    /// The plan's id.
    pub plan: u64,
    /// Who is billed.
    pub subscriber: Subscriber,
    /// Where the bill stands.
    pub status: Status,
    /// Until when it is paid for.
    pub expire_date: DateTime<Utc>,
    /// Counts the bills, from 1.
    pub period: u32,
    /// When the bill was made.
    pub billed_at: DateTime<Utc>,
    /// What the bill asks for, in its currency.
    pub amount: Amount,
    /// Ticker of a coin or a fiat currency, lower case.
    pub currency: String,
    /// The days that the bill is for.
    pub interval_day: u32,
    /// What of the bill was paid, in its currency.
    pub paid: Amount,
    /// The transfers under way that pay it, by their ids, and what they are worth in its currency.
    pub charges: BTreeMap<u64, Amount>,
    /// Whether the demo shop's world plays the subscriber.
    pub played: bool,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// All plans and subscriptions.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Subscriptions {
    pub(crate) plans: Roll<Plan>,
    pub(crate) all: Roll<Subscription>,
    /// How many there ever were, the deleted ones too.
    subscribed: u64,
}

impl Entry for Plan {
    fn id(&self) -> u64 {
        self.id
    }
}

impl Entry for Subscription {
    fn id(&self) -> u64 {
        self.id
    }
}

/// What happens to a bill next.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Step {
    /// The paid period is coming to an end: the next bill is made.
    Renew,
    /// The interval is over, although the bill was paid in part only: the next one is made.
    Resume,
    /// The subscriber, whom the world plays, pays so much of a hundred.
    Pay(u8),
    /// Nobody waits any longer.
    Expire,
}

/// A step of the agenda for the bill of this period. One that comes too late does nothing.
pub(crate) fn happen(world: &mut World, id: u64, period: u32, step: Step) {
    let Some(subscription) = world.subscriptions.all.get(id).filter(|known| known.period == period) else {
        return;
    };
    match (step, subscription.status) {
        (Step::Renew, Status::Paid) | (Step::Resume, Status::PartiallyPaid) => bill(world, id),
        (Step::Pay(percent), status) if status.is_due() => regulars::pay(world, id, percent),
        // A charge that is under way will say how it ended.
        (Step::Expire, Status::WaitingPay) if subscription.charges.is_empty() => {
            set_status(world, id, Status::Expired);
        }
        _ => {}
    }
}

/// Subscribes somebody and makes the first bill. None if there is no such plan.
pub(crate) fn subscribe(
    world: &mut World,
    plan: u64,
    subscriber: Subscriber,
    played: bool,
    rng: &mut impl Rng,
) -> Option<u64> {
    let known = world.subscriptions.plans.get(plan)?;
    let id = world.subscriptions.all.new_id(rng);
    let subscription = Subscription {
        id,
        plan,
        subscriber,
        status: Status::WaitingPay,
        expire_date: world.now,
        period: 0,
        billed_at: world.now,
        amount: known.amount,
        currency: known.currency.clone(),
        interval_day: known.interval_day,
        paid: Amount::ZERO,
        charges: BTreeMap::new(),
        played,
        created_at: world.now,
        updated_at: world.now,
    };
    world.subscriptions.subscribed += 1;
    world.subscriptions.all.add(subscription);
    bill(world, id);
    Some(id)
}

/// Makes the next bill, and charges it or sends the link to pay it with.
fn bill(world: &mut World, id: u64) {
    let now = world.now;
    let Some(subscription) = world.subscriptions.all.get_mut(id) else { return };
    let Some(plan) = world.subscriptions.plans.get(subscription.plan) else { return };
    subscription.period += 1;
    subscription.billed_at = now;
    subscription.amount = plan.amount;
    subscription.currency.clone_from(&plan.currency);
    subscription.interval_day = plan.interval_day;
    subscription.paid = Amount::ZERO;
    let (period, played) = (subscription.period, subscription.played);
    let subscriber = subscription.subscriber.clone();
    set_status(world, id, Status::WaitingPay);
    world.after(PATIENCE, Event::Subscription(id, period, Step::Expire));
    if let Subscriber::Customer(customer) = subscriber {
        charge(world, id, customer);
    }
    if played {
        regulars::read_letter(world, id, period);
    }
}

fn set_status(world: &mut World, id: u64, status: Status) {
    let now = world.now;
    if let Some(subscription) = world.subscriptions.all.get_mut(id) {
        subscription.status = status;
        subscription.updated_at = now;
    }
}

/// Money has come to a customer: what their subscriptions still ask for is charged.
pub(crate) fn collect(world: &mut World, customer: u64) {
    let now = world.now;
    let waits = |subscription: &&Subscription| {
        subscription.subscriber == Subscriber::Customer(customer)
            && subscription.status.is_due()
            && subscription.charges.is_empty()
            && now < subscription.billed_at + PATIENCE
    };
    let waiting: Vec<_> = world.subscriptions.all.all().iter().filter(waits).map(Subscription::id).collect();
    for id in waiting {
        charge(world, id, customer);
    }
}

/// Charges what is still asked for: from the plan's coin if it is enough, else from another coin that is enough, else
/// from all of them, the most valuable first.
fn charge(world: &mut World, id: u64, customer: u64) {
    let Some(subscription) = world.subscriptions.all.get(id) else { return };
    let under_way: Amount = subscription.charges.values().copied().sum();
    let (bill, mut left) = (subscription.currency.clone(), subscription.left() - under_way);
    let now = world.now;
    let convert = |amount: Amount, from: &str, to: &str| {
        coins::convert(amount, from, to, now).filter(|converted| *converted > Amount::ZERO)
    };
    let price = |left: Amount, purse: &Purse| {
        convert(left, &bill, &purse.currency).filter(|price| *price <= purse.balance)
    };
    let mut purses = custody::purses(world, customer);
    // From the last to the first.
    purses.sort_by_key(|purse| (price(left, purse).is_some(), purse.currency == bill, purse.dollars));
    let mut charges = Vec::new();
    while left > Amount::ZERO
        && let Some(purse) = purses.pop()
    {
        if let Some(price) = price(left, &purse) {
            charges.push((purse.currency, price, left));
            left = Amount::ZERO;
        } else if purse.dollars >= DUST
            && let Some(worth) = convert(purse.balance, &purse.currency, &bill)
        {
            charges.push((purse.currency, purse.balance, worth));
            left -= worth;
        }
    }
    let mut rng = world.stream(&format!("charge {}", now.timestamp_millis()), id);
    for (currency, amount, worth) in charges {
        let order = Order { from: Some(customer), to: None, currency: &currency, amount };
        let transfer = custody::charge(world, order, id, &mut rng);
        if let Some(subscription) = world.subscriptions.all.get_mut(id) {
            subscription.charges.insert(transfer, worth);
        }
    }
}

/// A charge has ended, with or without the money.
pub(crate) fn settle(world: &mut World, id: u64, transfer: u64, is_paid: bool) {
    let Some(subscription) = world.subscriptions.all.get_mut(id) else { return };
    let worth = subscription.charges.remove(&transfer).filter(|_| is_paid);
    subscription.paid += worth.unwrap_or_default();
    if subscription.charges.is_empty() {
        conclude(world, id);
    }
}

/// A payment for the bill of this period was settled. If that bill is not due any more, it is a gift.
pub(crate) fn receive(world: &mut World, id: u64, period: u32, payment: u64) {
    let Some(payment) = world.payments.get(payment) else { return };
    let worth = match payment.status {
        // The amount that was asked for says nothing about another coin.
        _ if payment.wrong_asset => {
            let (from, to) = (&payment.pay_currency, &payment.price_currency);
            coins::convert(payment.actually_paid, from, to, world.now).unwrap_or_default()
        }
        payments::Status::Finished => payment.price,
        _ => payment.price.times(payment.actually_paid.over(payment.pay_amount)).cut(8),
    };
    if let Some(subscription) = world.subscriptions.all.get_mut(id)
        && subscription.period == period
        && subscription.status.is_due()
    {
        subscription.paid += worth;
        conclude(world, id);
    }
}

/// Says what has become of a bill, now that all that was under way has ended.
fn conclude(world: &mut World, id: u64) {
    let now = world.now;
    let Some(subscription) = world.subscriptions.all.get_mut(id) else { return };
    let status = if subscription.left() <= Amount::ZERO {
        Status::Paid
    } else if subscription.paid > Amount::ZERO {
        Status::PartiallyPaid
    } else if now >= subscription.billed_at + PATIENCE {
        Status::Expired
    } else {
        Status::WaitingPay
    };
    let interval = Duration::days(subscription.interval_day.into());
    let period = subscription.period;
    match status {
        Status::Paid => {
            subscription.expire_date = subscription.expire_date.max(now) + interval;
            let delay = subscription.expire_date - LEAD.min(interval / 2) - now;
            world.after(delay, Event::Subscription(id, period, Step::Renew));
        }
        Status::PartiallyPaid if subscription.status != Status::PartiallyPaid => {
            let delay = (subscription.billed_at + interval - now).max(Duration::zero());
            world.after(delay, Event::Subscription(id, period, Step::Resume));
        }
        _ => {}
    }
    set_status(world, id, status);
}

/// How much somebody pays of what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Share {
    /// All of it: `full` in JSON.
    Full,
    /// So much, in the plan's currency; an amount in JSON.
    Part(Amount),
}

impl TryFrom<String> for Share {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let part = || Amount::parse(&text).map(Self::Part);
        if text == "full" { Some(Self::Full) } else { part() }
            .ok_or_else(|| format!("{text:?} is neither \"full\" nor an amount"))
    }
}

impl From<Share> for String {
    fn from(share: Share) -> Self {
        match share {
            Share::Full => "full".to_owned(),
            Share::Part(amount) => amount.to_string(),
        }
    }
}

/// The subscriber follows the link and sends so much in this coin: a payment like any other.
///
/// # Errors
/// The reason why this cannot be.
pub(crate) fn pay(
    world: &mut World,
    id: u64,
    share: Share,
    coin: &'static Coin,
    lively: bool,
) -> Result<(), &'static str> {
    let left = still_due(world, id)?;
    if let Share::Part(part) = share
        && (part <= Amount::ZERO || part > left.times(Amount::whole(10)))
    {
        return Err("the amount must be positive and at most ten times what is due");
    }
    let (payment, due) = follow_link(world, id, coin, lively)?;
    let sent = match share {
        Share::Full => due,
        Share::Part(part) => due.times(part).over(left).cut(8),
    };
    payments::deposit(world, payment, sent);
    Ok(())
}

/// What the bill of a subscriber by e-mail still asks for.
fn still_due(world: &World, id: u64) -> Result<Amount, &'static str> {
    let subscription = world.subscriptions.all.get(id).ok_or("no such subscription")?;
    match subscription.subscriber {
        Subscriber::Customer(_) => Err("a customer's balance is charged, it pays nothing itself"),
        Subscriber::Email(_) if !subscription.status.is_due() => Err("nothing is due"),
        Subscriber::Email(_) => Ok(subscription.left()),
    }
}

/// Opens the payment of a bill, or of what is left of it.
fn follow_link(
    world: &mut World,
    id: u64,
    coin: &'static Coin,
    lively: bool,
) -> Result<(u64, Amount), &'static str> {
    let price = still_due(world, id)?;
    let subscription = world.subscriptions.all.get(id).ok_or("no such subscription")?;
    let plan = world.subscriptions.plans.get(subscription.plan).ok_or("no such plan")?;
    let currency = subscription.currency.clone();
    let customer_email = match &subscription.subscriber {
        Subscriber::Email(email) => Some(email.clone()),
        Subscriber::Customer(_) => None,
    };
    let due = coins::convert(price, &currency, &coin.lower, world.now);
    let due = due.filter(|due| *due > Amount::ZERO).ok_or("the price cannot be paid in this coin")?;
    let terms = Terms {
        price,
        price_currency: currency,
        pay_amount: due,
        coin,
        order_id: None,
        description: Some(plan.title.clone()),
        purchase_id: None,
        callback: plan.callback.clone(),
        outcome_currency: None,
        fixed_rate: false,
        fee_paid_by_user: false,
        sandbox: false,
        lively,
        invoice: None,
        customer_email,
        own_amount: false,
    };
    let purpose = Purpose::Subscription(id, subscription.period);
    let mut rng = world.stream(&format!("bill {}", world.now.timestamp_millis()), id);
    Ok((payments::open_for(world, purpose, terms, &mut rng), due))
}

/// Puts a subscription's bill into a status, as the control interface asks. What is paid is paid with real payments.
///
/// # Errors
/// The reason why this cannot be.
pub(crate) fn force(
    world: &mut World,
    id: u64,
    status: Status,
    coin: &'static Coin,
) -> Result<(), &'static str> {
    let subscription = world.subscriptions.all.get(id).ok_or("no such subscription")?;
    let (is_due, is_charged) = (subscription.status.is_due(), !subscription.charges.is_empty());
    let ending = match status {
        Status::WaitingPay if is_due => return Err("a bill is waiting already"),
        Status::WaitingPay => {
            bill(world, id);
            return Ok(());
        }
        Status::Expired if !is_due => return Err("nothing is due"),
        Status::Expired if is_charged => return Err("a charge is under way"),
        Status::Expired => {
            set_status(world, id, Status::Expired);
            return Ok(());
        }
        Status::Paid => payments::Status::Finished,
        Status::PartiallyPaid => payments::Status::PartiallyPaid,
    };
    let (payment, _) = follow_link(world, id, coin, true)?;
    payments::force(world, payment, ending)
}

/// Tells the plan's address how far a charge has come. A transfer that is no charge is not told of.
pub(crate) fn announce_charge(world: &mut World, transfer: u64) {
    callbacks::announce(world, |world| {
        let transfer = world.custody.transfers.get(transfer)?;
        let subscription = world.subscriptions.all.get(transfer.subscription?)?;
        let url = world.subscriptions.plans.get(subscription.plan)?.callback.clone()?;
        let body = transfer.charge_form(&url);
        Some((url, body))
    });
}

impl Transfer {
    /// What a callback says of a charge: the status is the transfer's.
    fn charge_form(&self, url: &str) -> Object {
        object! {
            "id": self.id.to_string(),
            "status": self.status,
            "currency": self.currency,
            "amount": self.amount,
            "ipn_callback_url": url,
            "created_at": stamp(self.created_at),
            "updated_at": stamp(self.updated_at),
        }
    }
}

impl Plan {
    fn change(&mut self, terms: PlanTerms) {
        let PlanTerms { title, interval_day, amount, currency, callback, success, cancel, partially_paid } =
            terms;
        self.title = title.unwrap_or(std::mem::take(&mut self.title));
        self.interval_day = interval_day.unwrap_or(self.interval_day);
        self.amount = amount.unwrap_or(self.amount);
        self.currency = currency.unwrap_or(std::mem::take(&mut self.currency));
        self.callback = callback.or(self.callback.take());
        self.success = success.or(self.success.take());
        self.cancel = cancel.or(self.cancel.take());
        self.partially_paid = partially_paid.or(self.partially_paid.take());
    }

    /// The interval is a string here and a number in requests; the currency is in upper case however it was sent.
    fn form(&self) -> Object {
        object! {
            "id": self.id.to_string(),
            "title": self.title,
            "interval_day": self.interval_day.to_string(),
            "ipn_callback_url": self.callback,
            "success_url": self.success,
            "cancel_url": self.cancel,
            "partially_paid_url": self.partially_paid,
            "amount": Number(self.amount),
            "currency": self.currency.to_uppercase(),
            "created_at": stamp(self.created),
            "updated_at": stamp(self.updated),
        }
    }
}

impl Subscription {
    /// What the bill still asks for.
    pub(crate) fn left(&self) -> Amount {
        self.amount - self.paid
    }

    fn is_active(&self, now: DateTime<Utc>) -> bool {
        now < self.expire_date
    }

    fn form(&self, now: DateTime<Utc>) -> Object {
        let subscriber = match &self.subscriber {
            Subscriber::Email(email) => object! { "email": email },
            Subscriber::Customer(id) => object! { "sub_partner_id": id.to_string() },
        };
        object! {
            "id": self.id.to_string(),
            "subscription_plan_id": self.plan.to_string(),
            "is_active": self.is_active(now),
            "status": self.status.word(),
            "expire_date": stamp(self.expire_date),
            "subscriber": subscriber,
            "created_at": stamp(self.created_at),
            "updated_at": stamp(self.updated_at),
        }
    }
}

fn no_such_plan() -> Refusal {
    Refusal::not_found("subscription plan not found")
}

fn no_such_subscription() -> Refusal {
    Refusal::not_found("subscription not found")
}

/// What is asked for when a plan is made, or changed; what is absent then stays.
#[derive(Default)]
pub(crate) struct PlanTerms {
    pub(crate) title: Option<String>,
    pub(crate) interval_day: Option<u32>,
    pub(crate) amount: Option<Amount>,
    pub(crate) currency: Option<String>,
    pub(crate) callback: Option<String>,
    pub(crate) success: Option<String>,
    pub(crate) cancel: Option<String>,
    pub(crate) partially_paid: Option<String>,
}

impl PlanTerms {
    fn read(fields: &mut Fields) -> Result<Self, Refusal> {
        Ok(Self {
            title: fields.text("title")?,
            interval_day: fields.count("interval_day", LONGEST_INTERVAL)?,
            amount: fields.amount("amount")?.map(|(amount, _)| amount),
            currency: fields.text("currency")?.map(|currency| currency.to_lowercase()),
            callback: fields.url("ipn_callback_url")?,
            success: fields.url("success_url")?,
            cancel: fields.url("cancel_url")?,
            partially_paid: fields.url("partially_paid_url")?,
        })
    }

    fn check(&self) -> Result<(), Refusal> {
        match &self.currency {
            Some(currency) if coins::find(currency).is_none() && !coins::is_fiat(currency) => {
                Err(unknown(currency))
            }
            _ => Ok(()),
        }
    }
}

/// Offers a plan, of which title, interval, amount and currency must be given.
pub(crate) fn offer(world: &mut World, terms: PlanTerms, rng: &mut impl Rng) -> u64 {
    let id = world.subscriptions.plans.new_id(rng);
    let mut plan = Plan { id, created: world.now, updated: world.now, ..Plan::default() };
    plan.change(terms);
    world.subscriptions.plans.add(plan);
    id
}

pub(crate) fn create_plan(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let terms = PlanTerms::read(&mut fields)?;
    fields.required("title", terms.title.as_ref())?;
    fields.required("interval_day", terms.interval_day)?;
    fields.required("amount", terms.amount)?;
    fields.required("currency", terms.currency.as_ref())?;
    fields.finish()?;
    terms.check()?;
    let mut rng = world.stream("plan", world.subscriptions.plans.count());
    let id = offer(world, terms, &mut rng);
    answer_plan(world, id)
}

/// Takes effect with the next bills; the ones that were made stay as they are.
pub(crate) fn change_plan(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let terms = PlanTerms::read(&mut fields)?;
    fields.finish()?;
    terms.check()?;
    let (id, now) = (call.id.parse().unwrap_or_default(), world.now);
    let plan = world.subscriptions.plans.get_mut(id).ok_or_else(no_such_plan)?;
    plan.change(terms);
    plan.updated = now;
    answer_plan(world, id)
}

pub(crate) fn plan(world: &mut World, call: &Call) -> Outcome {
    answer_plan(world, call.id.parse().unwrap_or_default())
}

fn answer_plan(world: &World, id: u64) -> Outcome {
    let plan = world.subscriptions.plans.get(id).ok_or_else(no_such_plan)?;
    Ok(Answer::result(&plan.form()))
}

/// Oldest first.
pub(crate) fn plans(world: &mut World, call: &Call) -> Outcome {
    call.excerpt(world.subscriptions.plans.all().iter().collect(), Plan::form)
}

/// The answer for an e-mail address is an array, as recorded; for a customer it is an object, as documented.
pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let plan = fields.whole("subscription_plan_id")?;
    let plan = fields.required("subscription_plan_id", plan)?;
    // The documents show both in one body; then the customer is charged.
    let (email, customer) = (fields.email("email")?, fields.whole("sub_partner_id")?);
    fields.finish()?;
    let subscriber = match (customer, email) {
        (Some(customer), _) => Subscriber::Customer(custody::known_customer(world, customer)?),
        (None, Some(email)) => Subscriber::Email(email),
        (None, None) => {
            return Err(Refusal::params("value must contain at least one of [email, sub_partner_id]"));
        }
    };
    let known = world.subscriptions.plans.get(plan).ok_or_else(no_such_plan)?;
    let by_email = matches!(subscriber, Subscriber::Email(_));
    if by_email && !coins::is_fiat(&known.currency) {
        let message = "For email subscriptions, only fiat currencies are available in plan";
        return Err(Refusal::params(message));
    }
    let mut rng = world.stream("subscription", world.subscriptions.subscribed);
    let id = subscribe(world, plan, subscriber, false, &mut rng).ok_or_else(no_such_plan)?;
    let subscription = world.subscriptions.all.get(id).ok_or_else(no_such_subscription)?;
    let form = subscription.form(world.now);
    Ok(if by_email { Answer::result(&[form]) } else { Answer::result(&form) })
}

pub(crate) fn show(world: &mut World, call: &Call) -> Outcome {
    let id = call.id.parse().unwrap_or_default();
    let subscription = world.subscriptions.all.get(id).ok_or_else(no_such_subscription)?;
    Ok(Answer::result(&subscription.form(world.now)))
}

/// Oldest first.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let (statuses, plans) = (call.words("status", &Status::WORDS)?, call.ids("subscription_plan_id")?);
    let is_active = match call.parameter("is_active") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(Refusal::params("is_active must be a boolean")),
    };
    let now = world.now;
    let chosen = world
        .subscriptions
        .all
        .all()
        .iter()
        .filter(|subscription| statuses.is_empty() || statuses.contains(&subscription.status.word()))
        .filter(|subscription| plans.is_empty() || plans.contains(&subscription.plan))
        .filter(|subscription| is_active.is_none_or(|is_active| subscription.is_active(now) == is_active))
        .collect();
    call.excerpt(chosen, |subscription: &Subscription| subscription.form(now))
}

/// Nothing is billed any more. What is under way goes on.
pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    let id = call.id.parse().unwrap_or_default();
    world.subscriptions.all.remove(id).ok_or_else(no_such_subscription)?;
    Ok(Answer::result(&"ok"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::History;

    #[test]
    fn the_wrong_asset_pays_what_it_is_worth() {
        let mut world = World::new(1, History::None, DateTime::UNIX_EPOCH);
        let mut rng = world.stream("test", 0);
        let terms = PlanTerms {
            interval_day: Some(30),
            amount: Some(Amount::whole(20)),
            currency: Some("usd".to_owned()),
            ..PlanTerms::default()
        };
        let plan = offer(&mut world, terms, &mut rng);
        let email = Subscriber::Email("ines@beans.example".to_owned());
        let id = subscribe(&mut world, plan, email, false, &mut rng).unwrap();
        let ether = coins::find("eth").unwrap();
        let (payment, _) = follow_link(&mut world, id, ether, true).unwrap();
        let step = payments::Step::Repeat { currency: "usdterc20".to_owned(), amount: Amount::whole(15) };
        payments::happen(&mut world, payment, step);
        world.advance(DateTime::UNIX_EPOCH + Duration::seconds(30));
        let subscription = world.subscriptions.all.get(id).unwrap();
        assert_eq!((subscription.status, subscription.paid), (Status::PartiallyPaid, Amount::whole(15)));
    }
}
