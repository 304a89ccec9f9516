//! Custody: the shop's customers ("sub-partners") with balances of their own, the payments that top them up, and the
//! transfers between them and the shop.
//!
//! A transfer whose money is there sets it aside at once, so that two transfers cannot spend the same money. One whose
//! money is not there is created all the same and waits for it, as its status says; when it is carried out a few
//! seconds later and the money is still missing, it is rejected.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::api::{Answer, Call, Outcome, Refusal};
use crate::coins::{self, Coin};
use crate::currencies::known;
use crate::ledger::{Account, Cause};
use crate::payments::{self, Payment, Purpose, Terms};
use crate::quotes::{self, Flow};
use crate::roll::{Entry, Roll};
use crate::wire::{Fields, Object, is_email, object, stamp};
use crate::world::{Event, World};
use crate::{balances, subscriptions};

/// The longest name of a customer.
const LONGEST_NAME: usize = 30;

/// A customer of the shop.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Customer {
    id: u64,
    name: String,
    created: DateTime<Utc>,
}

/// Where a transfer stands; upper case on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Being created. Only the charges of subscriptions are seen so; what a call creates waits at once.
    Created,
    /// It waits for its money, or for its turn.
    Waiting,
    /// The money has moved.
    Finished,
    /// It has not moved and never will.
    Rejected,
}

impl Status {
    const WORDS: [&str; 4] = ["CREATED", "WAITING", "FINISHED", "REJECTED"];

    fn is_final(self) -> bool {
        self >= Self::Finished
    }

    fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// Money on its way between two accounts of the same coin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The transfer's id.
    pub id: u64,
    /// Whose money it is, by the customer's id; none for the shop's.
    pub from: Option<u64>,
    /// Who gets it, by the customer's id; none for the shop.
    pub to: Option<u64>,
    /// Where it stands.
    pub status: Status,
    /// Ticker, lower case.
    pub currency: String,
    /// How much, in the coin.
    pub amount: Amount,
    /// Whether the money is in `pending`.
    pub set_aside: bool,
    /// The subscription that it pays for.
    pub subscription: Option<u64>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// One customer as the ledger of the control interface shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCustomer {
    /// The customer's id.
    pub id: u64,
    /// The customer's name.
    pub name: String,
    /// By ticker, lower case.
    pub accounts: BTreeMap<String, Account>,
}

/// All customers and transfers.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Custody {
    pub(crate) customers: Roll<Customer>,
    pub(crate) transfers: Roll<Transfer>,
}

impl Entry for Customer {
    fn id(&self) -> u64 {
        self.id
    }
}

impl Entry for Transfer {
    fn id(&self) -> u64 {
        self.id
    }
}

/// Every customer in the order of creation, with all accounts.
pub(crate) fn ledger(world: &World) -> Vec<LedgerCustomer> {
    let customer = |customer: &Customer| LedgerCustomer {
        id: customer.id,
        name: customer.name.clone(),
        accounts: world.ledger.customers.get(&customer.id).cloned().unwrap_or_default(),
    };
    world.custody.customers.all().iter().map(customer).collect()
}

/// Adds a customer with an empty balance.
pub(crate) fn register(world: &mut World, name: String, rng: &mut impl Rng) -> u64 {
    let id = world.custody.customers.new_id(rng);
    world.custody.customers.add(Customer { id, name, created: world.now });
    id
}

/// Creates a transfer that waits at once and is carried out within nine seconds.
pub(crate) fn send(world: &mut World, order: Order<'_>, rng: &mut impl Rng) -> u64 {
    let id = open(world, order, None, rng);
    world
        .after(Duration::milliseconds(rng.random_range(4_000..9_000)), Event::Transfer(id, Status::Finished));
    id
}

/// Creates the charge of a subscription, which goes through all steps.
pub(crate) fn charge(world: &mut World, order: Order<'_>, subscription: u64, rng: &mut impl Rng) -> u64 {
    let id = open(world, order, Some(subscription), rng);
    for (status, range) in [(Status::Waiting, 800..1_800), (Status::Finished, 5_000..10_000)] {
        world.after(Duration::milliseconds(rng.random_range(range)), Event::Transfer(id, status));
    }
    id
}

/// What is transferred, and between whom; none is the shop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order<'a> {
    pub(crate) from: Option<u64>,
    pub(crate) to: Option<u64>,
    pub(crate) currency: &'a str,
    pub(crate) amount: Amount,
}

fn open(world: &mut World, order: Order<'_>, subscription: Option<u64>, rng: &mut impl Rng) -> u64 {
    let id = world.custody.transfers.new_id(rng);
    let transfer = Transfer {
        id,
        from: order.from,
        to: order.to,
        status: if subscription.is_some() { Status::Created } else { Status::Waiting },
        currency: order.currency.to_owned(),
        amount: order.amount,
        set_aside: false,
        subscription,
        created_at: world.now,
        updated_at: world.now,
    };
    world.custody.transfers.add(transfer);
    set_aside(world, id);
    subscriptions::announce_charge(world, id);
    id
}

/// Sets the money of a transfer aside, if it is there and not set aside yet.
fn set_aside(world: &mut World, id: u64) {
    let Some(transfer) = world.custody.transfers.get_mut(id) else { return };
    let is_there = world.ledger.balance_of(transfer.from, &transfer.currency) >= transfer.amount;
    if transfer.set_aside || !is_there {
        return;
    }
    transfer.set_aside = true;
    let (from, currency, amount) = (transfer.from, transfer.currency.clone(), transfer.amount);
    world.record_for(from, Cause::Reserved, &currency, amount, id);
}

/// A step of the agenda. One that comes too late does nothing.
pub(crate) fn happen(world: &mut World, id: u64, status: Status) {
    let Some(transfer) = world.custody.transfers.get(id) else { return };
    if transfer.status.is_final() || transfer.status >= status {
        return;
    }
    set_aside(world, id);
    let is_there = world.custody.transfers.get(id).is_some_and(|transfer| transfer.set_aside);
    change(world, id, if status.is_final() && !is_there { Status::Rejected } else { status });
}

/// Changes a transfer that is not final and moves its money, which is set aside if it is to finish.
fn change(world: &mut World, id: u64, status: Status) {
    let now = world.now;
    let Some(transfer) = world.custody.transfers.get_mut(id) else { return };
    transfer.status = status;
    transfer.updated_at = now;
    let was_set_aside = transfer.set_aside;
    transfer.set_aside &= !status.is_final();
    let Transfer { from, to, currency, amount, subscription, .. } = transfer.clone();
    match status {
        Status::Finished => {
            world.record_for(from, Cause::TransferOut, &currency, amount, id);
            world.record_for(to, Cause::TransferIn, &currency, amount, id);
        }
        Status::Rejected if was_set_aside => {
            world.record_for(from, Cause::Released, &currency, amount, id);
        }
        _ => {}
    }
    subscriptions::announce_charge(world, id);
    if let Some(subscription) = subscription.filter(|_| status.is_final()) {
        subscriptions::settle(world, subscription, id, status == Status::Finished);
    }
    // What came may be what a subscription waits for.
    if let Some(customer) = to.filter(|_| status == Status::Finished) {
        subscriptions::collect(world, customer);
    }
}

/// Ends a transfer, as the control interface asks, and moves its money.
///
/// # Errors
/// The reason why this cannot be.
pub(crate) fn force(world: &mut World, id: u64, status: Status) -> Result<(), &'static str> {
    let transfer = world.custody.transfers.get(id).ok_or("no such transfer")?;
    if transfer.status.is_final() {
        return Err("the transfer has already ended");
    }
    match status {
        Status::Created | Status::Waiting => return Err("a transfer can only be finished or rejected"),
        Status::Finished => set_aside(world, id),
        Status::Rejected => {}
    }
    let is_there = world.custody.transfers.get(id).is_some_and(|transfer| transfer.set_aside);
    if status == Status::Finished && !is_there {
        return Err("the balance is too small for the transfer");
    }
    change(world, id, status);
    Ok(())
}

/// What is asked for when a balance is topped up.
pub(crate) struct TopUp {
    pub(crate) customer: u64,
    pub(crate) coin: &'static Coin,
    pub(crate) price: Amount,
    pub(crate) due: Amount,
    pub(crate) callback: Option<String>,
    pub(crate) flow: Flow,
    pub(crate) lively: bool,
}

/// Opens a payment whose money becomes the customer's.
pub(crate) fn invite(world: &mut World, top_up: TopUp, rng: &mut impl Rng) -> u64 {
    let TopUp { customer, coin, price, due, callback, flow, lively } = top_up;
    let terms = Terms {
        price,
        price_currency: coin.lower.clone(),
        pay_amount: due,
        coin,
        order_id: None,
        description: None,
        purchase_id: None,
        callback,
        outcome_currency: None,
        fixed_rate: flow.fixed_rate,
        fee_paid_by_user: flow.fee_paid_by_user,
        sandbox: false,
        lively,
        invoice: None,
        customer_email: None,
        own_amount: false,
    };
    payments::open_for(world, Purpose::TopUp(customer), terms, rng)
}

/// What a customer can spend of one coin.
pub(crate) struct Purse {
    pub(crate) currency: String,
    pub(crate) balance: Amount,
    pub(crate) dollars: Amount,
}

/// All that a customer can spend.
pub(crate) fn purses(world: &World, customer: u64) -> Vec<Purse> {
    let accounts = world.ledger.customers.get(&customer).into_iter().flatten();
    let purse = |(currency, account): (&String, &Account)| {
        let dollars = coins::convert(account.balance, currency, "usd", world.now)?;
        Some(Purse { currency: currency.clone(), balance: account.balance, dollars })
    };
    accounts.filter_map(purse).collect()
}

impl Customer {
    fn form(&self) -> Object {
        let created = stamp(self.created);
        object! {
            "id": self.id.to_string(), "name": self.name, "created_at": created, "updated_at": created,
        }
    }
}

impl Transfer {
    /// The shop is its account's id among the customers'. The amount is a string.
    fn form(&self, shop: &str) -> Object {
        let party = |id: Option<u64>| id.map_or_else(|| shop.to_owned(), |id| id.to_string());
        object! {
            "id": self.id.to_string(),
            "from_sub_id": party(self.from),
            "to_sub_id": party(self.to),
            "status": self.status.word(),
            "created_at": stamp(self.created_at),
            "updated_at": stamp(self.updated_at),
            "amount": self.amount,
            "currency": self.currency,
        }
    }
}

/// The customer of an id, or the error of all calls that name one.
pub(crate) fn known_customer(world: &World, id: u64) -> Result<u64, Refusal> {
    let customer = world.custody.customers.get(id);
    customer.map(|customer| customer.id).ok_or_else(|| Refusal::not_found("sub partner not found"))
}

pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let name = fields.text("name")?;
    let name = fields.required("name", name)?;
    if name.chars().count() > LONGEST_NAME {
        let complaint = format!("length must be less than or equal to {LONGEST_NAME} characters long");
        return fields.refuse("name", &complaint);
    }
    if is_email(&name) {
        return fields.refuse("name", "must not be an email");
    }
    fields.finish()?;
    if world.custody.customers.all().iter().any(|customer| customer.name == name) {
        return Err(Refusal::bad_request("sub partner already exist"));
    }
    let mut rng = world.stream("customer", world.custody.customers.count());
    let id = register(world, name, &mut rng);
    let customer = world.custody.customers.get(id).ok_or_else(Refusal::internal)?;
    Ok(Answer::result(&customer.form()))
}

/// In camel case, unlike its neighbours.
pub(crate) fn balances(world: &mut World, call: &Call) -> Outcome {
    let id = known_customer(world, call.id.parse().unwrap_or_default())?;
    let balances = world.ledger.customers.get(&id).map(balances::form).unwrap_or_default();
    Ok(Answer::result(&object! { "subPartnerId": id.to_string(), "balances": balances }))
}

/// Oldest first unless asked otherwise.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let ids = call.ids("id")?;
    let customers = world.custody.customers.all().iter();
    let mut chosen: Vec<_> =
        customers.filter(|customer| ids.is_empty() || ids.contains(&customer.id)).collect();
    if call.is_descending()? {
        chosen.reverse();
    }
    call.excerpt(chosen, Customer::form)
}

/// Oldest first unless asked otherwise. `id` is the transfer's.
pub(crate) fn transfers(world: &mut World, call: &Call) -> Outcome {
    let (ids, statuses) = (call.ids("id")?, call.words("status", &Status::WORDS)?);
    let transfers = world.custody.transfers.all().iter();
    let mut chosen: Vec<_> = transfers
        .filter(|transfer| ids.is_empty() || ids.contains(&transfer.id))
        .filter(|transfer| statuses.is_empty() || statuses.contains(&transfer.status.word()))
        .collect();
    if call.is_descending()? {
        chosen.reverse();
    }
    call.excerpt(chosen, |transfer| transfer.form(&world.access.account))
}

pub(crate) fn transfer(world: &mut World, call: &Call) -> Outcome {
    answer(world, call.id.parse().unwrap_or_default())
}

fn answer(world: &World, id: u64) -> Outcome {
    let transfer = world.custody.transfers.get(id);
    let transfer = transfer.ok_or_else(|| Refusal::not_found("transfer not found"))?;
    Ok(Answer::result(&transfer.form(&world.access.account)))
}

/// From a customer to another.
pub(crate) fn transfer_between(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let (currency, amount) = sum(&mut fields)?;
    let (from, to) = (fields.whole("from_id")?, fields.whole("to_id")?);
    let (from, to) = (fields.required("from_id", from)?, fields.required("to_id", to)?);
    fields.finish()?;
    let (from, to) = (known_customer(world, from)?, known_customer(world, to)?);
    if from == to {
        return Err(Refusal::bad_request("from_id and to_id must be different"));
    }
    transfer_now(world, Some(from), Some(to), known(&currency)?, amount)
}

/// From the shop to a customer.
pub(crate) fn deposit(world: &mut World, call: &Call) -> Outcome {
    let (customer, coin, amount) = with_shop(world, call)?;
    transfer_now(world, None, Some(customer), coin, amount)
}

/// From a customer to the shop.
pub(crate) fn write_off(world: &mut World, call: &Call) -> Outcome {
    let (customer, coin, amount) = with_shop(world, call)?;
    transfer_now(world, Some(customer), None, coin, amount)
}

fn transfer_now(
    world: &mut World,
    from: Option<u64>,
    to: Option<u64>,
    coin: &'static Coin,
    amount: Amount,
) -> Outcome {
    let mut rng = world.stream("transfer", world.custody.transfers.count());
    let id = send(world, Order { from, to, currency: &coin.lower, amount }, &mut rng);
    answer(world, id)
}

fn with_shop(world: &World, call: &Call) -> Result<(u64, &'static Coin, Amount), Refusal> {
    let mut fields = Fields::read(&call.body)?;
    let (currency, amount) = sum(&mut fields)?;
    let customer = fields.whole("sub_partner_id")?;
    let customer = fields.required("sub_partner_id", customer)?;
    fields.finish()?;
    Ok((known_customer(world, customer)?, known(&currency)?, amount))
}

/// `currency` and `amount`, which every call here asks for.
fn sum(fields: &mut Fields) -> Result<(String, Amount), Refusal> {
    let currency = fields.text("currency")?;
    let currency = fields.required("currency", currency)?;
    let amount = fields.amount("amount")?;
    let (amount, _) = fields.required("amount", amount)?;
    Ok((currency, amount))
}

/// A payment in the coin that is to be on the customer's balance: price and payment are the same.
pub(crate) fn top_up(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let currency = fields.text("currency")?;
    let currency = fields.required("currency", currency)?;
    let amount = fields.amount("amount")?;
    let (price, price_as_sent) = fields.required("amount", amount)?;
    let customer = fields.whole("sub_partner_id")?;
    let customer = fields.required("sub_partner_id", customer)?;
    // The older documents call it `fixed_rate`.
    let fixed_rate = fields.flag("is_fixed_rate")? | fields.flag("fixed_rate")?;
    let flow = Flow::new(fixed_rate, fields.flag("is_fee_paid_by_user")?);
    let callback = fields.url("ipn_callback_url")?;
    fields.finish()?;

    let customer = known_customer(world, customer)?;
    let coin = payments::payable(&currency)?;
    let due = quotes::due(world, price, &coin.lower, coin, &coin.lower, flow)?;
    quotes::check(world, due, coin, coin, flow)?;
    let top_up = TopUp { customer, coin, price, due, callback, flow, lively: true };
    let mut rng = world.stream("call", world.payments.all().len() as u64);
    let id = invite(world, top_up, &mut rng);
    let payment = world.payments.get(id).ok_or_else(Refusal::internal)?;
    Ok(Answer::result(&payments::created_form(world, payment, &price_as_sent)))
}

/// The payments that top up balances, those of all customers unless asked for some, newest first unless asked otherwise: as
/// `GET /payment/:id` shows them, with whose balance it is.
pub(crate) fn payments(world: &mut World, call: &Call) -> Outcome {
    let (limit, page) = call.paging(10)?;
    let (ids, customers) = (call.ids("id")?, call.ids("sub_partner_id")?);
    let (currency, status) = (call.parameter("pay_currency"), call.parameter("status"));
    let (from, to) = (call.date("date_from")?, call.date("date_to")?);
    let sort = call.parameter("sortBy").unwrap_or("created_at");
    let (_, compare) = SORTS.iter().find(|(name, _)| *name == sort).ok_or_else(|| {
        Refusal::params(format!("sortBy must be one of [{}]", SORTS.map(|(name, _)| name).join(", ")))
    })?;
    let is_ascending = call.is_ascending("orderBy")?;
    let mut chosen: Vec<&Payment> = world
        .payments
        .all()
        .iter()
        .filter(|payment| match payment.purpose {
            Purpose::TopUp(customer) => customers.is_empty() || customers.contains(&customer),
            _ => false,
        })
        .filter(|payment| ids.is_empty() || ids.contains(&payment.id))
        .filter(|payment| currency.is_none_or(|code| code.eq_ignore_ascii_case(&payment.pay_currency)))
        .filter(|payment| status.is_none_or(|word| word.eq_ignore_ascii_case(payment.status.word())))
        .filter(|payment| from.is_none_or(|from| payment.created >= from))
        .filter(|payment| to.is_none_or(|to| payment.created <= to))
        .collect();
    chosen.sort_by(|a, b| compare(a, b));
    if !is_ascending {
        chosen.reverse();
    }
    let count = chosen.len();
    let rows = chosen.into_iter().skip(page.saturating_mul(limit)).take(limit).map(|payment| {
        let mut row = payments::read_form(payment);
        if let Purpose::TopUp(customer) = payment.purpose {
            row.put("sub_partner_id", &customer.to_string());
        }
        row
    });
    Ok(Answer::json(200, &object! { "result": rows.collect::<Vec<_>>(), "count": count }))
}

type Comparison = fn(&Payment, &Payment) -> Ordering;

const SORTS: [(&str, Comparison); 5] = [
    ("id", |a, b| a.id.cmp(&b.id)),
    ("status", |a, b| a.status.word().cmp(b.status.word())),
    ("pay_currency", |a, b| a.pay_currency.cmp(&b.pay_currency)),
    ("created_at", |a, b| a.created.cmp(&b.created)),
    ("updated_at", |a, b| a.updated.cmp(&b.updated)),
];
