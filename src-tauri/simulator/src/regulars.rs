//! The demo shop's regulars: subscribers of its coffee, and cafés and offices with store credit. And its owner, who
//! converts a coin now and then, or has some paid out to the bank.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;

use crate::amount::Amount;
use crate::coins::{self, Coin};
use crate::custody::{self, Order, TopUp};
use crate::payments;
use crate::quotes::Flow;
use crate::shop;
use crate::subscriptions::{self, PlanTerms, Share, Subscriber};
use crate::world::{Event, World};
use crate::{conversions, fiat_payouts};

/// In a demonstration the next visit comes after this at the earliest.
const SHORTEST_GAP: Duration = Duration::seconds(35);
/// In a demonstration the next visit comes after this at the latest.
pub(crate) const LONGEST_GAP: Duration = Duration::seconds(90);
/// So soon after the start.
pub(crate) const FIRST_VISIT: Duration = Duration::seconds(20);

/// What can be subscribed to: title, days, price and its currency. The last one is for those with store credit.
const PLANS: [(&str, u32, Amount, &str); 3] = [
    ("Espresso Club, monthly", 30, Amount::scaled(2_490, 2), "eur"),
    ("Filter Club, every two weeks", 14, Amount::scaled(1_650, 2), "eur"),
    ("Office Coffee, monthly", 30, Amount::whole(45), "usdttrc20"),
];

/// Who subscribes by e-mail, in the order of their coming.
const SUBSCRIBERS: [&str; 26] = [
    "ines.moreira",
    "t.lindqvist",
    "hannah.weiss",
    "oskar.b",
    "mireille.d",
    "j.okafor",
    "paula.reis",
    "s.tanaka",
    "lukas.horn",
    "annika.vik",
    "r.castellano",
    "nora.byrne",
    "d.petrov",
    "amelie.roux",
    "k.haddad",
    "jonas.meer",
    "sofia.laine",
    "m.adeyemi",
    "eva.novak",
    "p.schmid",
    "clara.fonseca",
    "h.nilsen",
    "leo.marchetti",
    "y.demir",
    "greta.olsen",
    "w.kowalski",
];

/// Who has store credit, in the order of their coming.
const CUSTOMERS: [&str; 8] = [
    "cafe-lumen",
    "studio-okapi",
    "atelier-nord",
    "maren-k",
    "quayside-books",
    "brewlab-porto",
    "halden-office",
    "two-owls-bakery",
];

/// What store credit is paid with.
const TOPPED_UP_WITH: [&str; 5] = ["usdttrc20", "usdcmatic", "trx", "ltc", "eth"];
/// What bills are paid with.
const PAID_WITH: [&str; 6] = ["usdttrc20", "usdttrc20", "btc", "ltc", "sol", "usdcmatic"];
/// What the owner has too much of.
const CONVERTED: [&str; 5] = ["doge", "xlm", "ada", "trx", "xrp"];

/// What is remembered of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Regulars {
    visits: u64,
    plans: Vec<u64>,
    subscribers: usize,
    customers: Vec<u64>,
}

/// What somebody comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Visit {
    /// Whatever chance decides; another visit follows.
    Any,
    /// To subscribe, and to pay so much of a hundred of the first bill soon.
    Subscribe(u8),
}

/// Offers the plans and puts the first visits on the agenda. The last subscribers come shortly before `start`: one of
/// them has paid nothing by then, and one a part.
pub(crate) fn open(world: &mut World, start: DateTime<Utc>) {
    let mut rng = world.stream("plans", 0);
    for (title, interval_day, amount, currency) in PLANS {
        let terms = PlanTerms {
            title: Some(title.to_owned()),
            interval_day: Some(interval_day),
            amount: Some(amount),
            currency: Some(currency.to_owned()),
            callback: Some(shop::CALLBACK.to_owned()),
            ..PlanTerms::default()
        };
        let plan = subscriptions::offer(world, terms, &mut rng);
        world.regulars.plans.push(plan);
    }
    world.after(Duration::days(3), Event::Visit(Visit::Any));
    for (minutes, percent) in [(100, 60), (70, 0)] {
        let before = start - world.now - Duration::minutes(minutes);
        world.after(before, Event::Visit(Visit::Subscribe(percent)));
    }
}

/// Somebody comes, and the next visit is put on the agenda.
pub(crate) fn come(world: &mut World, visit: Visit) {
    world.regulars.visits += 1;
    let number = world.regulars.visits;
    let mut rng = world.stream("visit", number);
    if let Visit::Subscribe(percent) = visit {
        let subscription = subscribe(world, &mut rng);
        if let Some(id) = subscription.filter(|_| percent > 0) {
            let pay = subscriptions::Step::Pay(percent);
            world.after(Duration::minutes(5), Event::Subscription(id, 1, pay));
        }
        return;
    }
    let gap = if world.is_lively() {
        let (shortest, longest) = (SHORTEST_GAP.num_milliseconds(), LONGEST_GAP.num_milliseconds());
        Duration::milliseconds(rng.random_range(shortest..longest))
    } else {
        Duration::minutes(rng.random_range(2 * 24 * 60..9 * 24 * 60))
    };
    world.after(gap, Event::Visit(Visit::Any));
    match number % 24 {
        7 | 19 => return convert(world, &mut rng),
        15 => return cash_out(world, &mut rng),
        _ => {}
    }
    match rng.random_range(0..100) {
        0..30 if world.regulars.subscribers < SUBSCRIBERS.len() - 2 => {
            subscribe(world, &mut rng);
        }
        30..44 if world.regulars.customers.len() < CUSTOMERS.len() => join(world, &mut rng),
        44..64 => spend(world, &mut rng),
        64..72 => thank(world, &mut rng),
        72..80 => give(world, &mut rng),
        _ => top_up(world, &mut rng),
    }
}

/// Somebody subscribes by e-mail.
fn subscribe(world: &mut World, rng: &mut impl Rng) -> Option<u64> {
    let name = SUBSCRIBERS.get(world.regulars.subscribers)?;
    world.regulars.subscribers += 1;
    let plan = world.regulars.plans[usize::from(rng.random_ratio(1, 3))];
    let email = Subscriber::Email(format!("{name}@post.example"));
    subscriptions::subscribe(world, plan, email, true, rng)
}

/// Somebody becomes a customer with store credit, and mostly has coffee sent every month.
fn join(world: &mut World, rng: &mut impl Rng) {
    let Some(name) = CUSTOMERS.get(world.regulars.customers.len()) else { return };
    let customer = custody::register(world, (*name).to_owned(), rng);
    world.regulars.customers.push(customer);
    invite(world, customer, rng);
    if rng.random_ratio(2, 3) {
        let plan = world.regulars.plans[2];
        subscriptions::subscribe(world, plan, Subscriber::Customer(customer), true, rng);
    }
}

fn customer(world: &World, rng: &mut impl Rng) -> Option<u64> {
    let customers = &world.regulars.customers;
    (!customers.is_empty()).then(|| customers[rng.random_range(0..customers.len())])
}

/// A customer buys store credit.
fn top_up(world: &mut World, rng: &mut impl Rng) {
    match customer(world, rng) {
        Some(customer) => invite(world, customer, rng),
        None => join(world, rng),
    }
}

fn invite(world: &mut World, customer: u64, rng: &mut impl Rng) {
    let Some(coin) = any_coin(&TOPPED_UP_WITH, rng) else { return };
    let dollars = Amount::whole(rng.random_range(12..48) * 5);
    let due = dollars.over(coin.price(world.now)).cut(if coin.is_stable() { 2 } else { 6 });
    let lively = world.is_lively();
    let seconds = rng.random_range(4..14);
    let delay = Duration::seconds(if lively { seconds } else { seconds * 60 });
    let callback = Some(shop::CALLBACK.to_owned());
    let flow = Flow::new(false, false);
    let top_up = TopUp { customer, coin, price: due, due, callback, flow, lively };
    let payment = custody::invite(world, top_up, rng);
    world.after(delay, Event::Payment(payment, payments::Step::Deposit(due)));
}

fn any_coin(codes: &[&str], rng: &mut impl Rng) -> Option<&'static Coin> {
    coins::find(codes[rng.random_range(0..codes.len())])
}

/// A part of what a customer has most of; now and then more than there is, which will be rejected.
fn part(world: &World, customer: u64, rng: &mut impl Rng) -> Option<(String, Amount)> {
    let percent = if rng.random_ratio(1, 12) { 130 } else { rng.random_range(15..70) };
    let purse = custody::purses(world, customer).into_iter().max_by_key(|purse| purse.dollars)?;
    let amount = purse.balance.times(Amount::scaled(percent, 2)).cut(6);
    (amount > Amount::ZERO).then_some((purse.currency, amount))
}

/// A customer buys something with store credit.
fn spend(world: &mut World, rng: &mut impl Rng) {
    let Some(customer) = customer(world, rng) else { return };
    if let Some((currency, amount)) = part(world, customer, rng) {
        let order = Order { from: Some(customer), to: None, currency: &currency, amount };
        custody::send(world, order, rng);
    }
}

/// A customer gives store credit to another.
fn give(world: &mut World, rng: &mut impl Rng) {
    let (Some(from), Some(to)) = (customer(world, rng), customer(world, rng)) else { return };
    if from != to
        && let Some((currency, amount)) = part(world, from, rng)
    {
        custody::send(world, Order { from: Some(from), to: Some(to), currency: &currency, amount }, rng);
    }
}

/// The shop thanks a customer with some store credit.
fn thank(world: &mut World, rng: &mut impl Rng) {
    let to = customer(world, rng);
    if to.is_some() {
        let amount = Amount::whole(rng.random_range(5..16));
        custody::send(world, Order { from: None, to, currency: "usdttrc20", amount }, rng);
    }
}

/// The owner converts some of a coin; now and then more than there is, which will be rejected.
fn convert(world: &mut World, rng: &mut impl Rng) {
    let Some(coin) = any_coin(&CONVERTED, rng) else { return };
    let dollars = Amount::whole(rng.random_range(20..90));
    let balance = world.ledger.balance(&coin.lower);
    let amount = dollars.over(coin.price(world.now)).cut(2);
    let is_little = amount < balance.times(Amount::scaled(5, 2));
    let amount = if rng.random_ratio(1, 9) { balance + amount } else { amount };
    let to = "usdttrc20";
    if let Some(estimate) = coins::convert(amount, &coin.lower, to, world.now).filter(|_| is_little) {
        conversions::open(world, &coin.lower, to, amount, estimate, rng);
    }
}

/// The owner has some of the stable coins paid out to the bank; now and then the provider declines.
fn cash_out(world: &mut World, rng: &mut impl Rng) {
    let Some(coin) = coins::find("usdttrc20") else { return };
    let account = match fiat_payouts::account(world, "EUR") {
        Some(account) => account,
        None => {
            let iban = to_raw_value("PT50000201231234567890154").map(|iban| ("iban".to_owned(), iban));
            fiat_payouts::add_account(world, "EUR", "PT", "sepa_bank", BTreeMap::from_iter(iban))
        }
    };
    let amount = Amount::whole(rng.random_range(8..36) * 10);
    let declined = rng.random_ratio(1, 6);
    if let Some(id) = fiat_payouts::open(world, &account, coin, amount, rng)
        && declined
    {
        world.after(Duration::seconds(33), Event::FiatPayout(id, fiat_payouts::Status::Failed));
    }
}

/// A subscriber finds a letter with a bill, and decides what to do with it.
pub(crate) fn read_letter(world: &mut World, id: u64, period: u32) {
    let mut rng = world.stream(&format!("letter {period}"), id);
    let unit = |hours: i64| match world.is_lively() {
        true => Duration::seconds(hours * 2),
        false => Duration::minutes(hours * 60 + 7),
    };
    let soon = unit(rng.random_range(2..40));
    let part = rng.random_range(40..95);
    let plan: &[(Duration, u8)] = match rng.random_range(0..100) {
        // Never pays.
        0..3 => &[],
        3..5 => &[(soon, part)],
        5..8 => &[(soon, part), (soon + unit(30), 100)],
        8..15 => &[(unit(rng.random_range(75..150)), 100)],
        _ => &[(soon, 100)],
    };
    for (delay, percent) in plan {
        world.after(*delay, Event::Subscription(id, period, subscriptions::Step::Pay(*percent)));
    }
}

/// The subscriber pays so much of a hundred of what is still asked for, or tops up the balance that will be charged.
pub(crate) fn pay(world: &mut World, id: u64, percent: u8) {
    let Some(subscription) = world.subscriptions.all.get(id) else { return };
    let mut rng = world.stream(&format!("pay {}", world.now.timestamp_millis()), id);
    if let Subscriber::Customer(customer) = subscription.subscriber {
        return invite(world, customer, &mut rng);
    }
    let share = match percent {
        100 => Share::Full,
        _ => Share::Part(subscription.left().times(Amount::scaled(percent.into(), 2)).cut(2)),
    };
    let lively = world.is_lively();
    if let Some(coin) = any_coin(&PAID_WITH, &mut rng)
        && let Err(reason) = subscriptions::pay(world, id, share, coin, lively)
    {
        tracing::debug!(reason, "a subscriber could not pay");
    }
}
