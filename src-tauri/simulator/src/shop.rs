//! The demo shop: a small roastery that sells coffee and the hardware to make it, its customers, and the people
//! it pays.

use chrono::{Datelike, Duration, Timelike};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::coins;
use crate::invoices;
use crate::payments::{self, Status, Step, Terms};
use crate::payouts;
use crate::world::{Event, World};

/// What it sells, with the price in cents of a euro.
const GOODS: &[(&str, i64)] = &[
    ("Kestrel House Espresso 1 kg", 2_690),
    ("Ethiopia Guji Natural 250 g", 1_350),
    ("Colombia El Paraiso 250 g", 1_680),
    ("Kenya Gichathaini AA 250 g", 1_490),
    ("Decaf Sugarcane 500 g", 1_790),
    ("Filter Subscription Box", 3_400),
    ("Paper Filters V60 x 100", 690),
    ("Kestrel Mug, Stoneware", 1_950),
    ("Carafe 600 ml", 2_850),
    ("Brew Scale 0.1 g", 5_900),
    ("Gooseneck Kettle 0.9 l", 8_900),
    ("Hand Grinder K-Series", 14_900),
    ("Walnut Tamper 58 mm", 4_450),
    ("Lever Espresso Maker", 32_900),
    ("Electric Grinder 64 mm", 54_900),
    ("Barista Course, Saturday", 12_000),
    ("Gift Card 50", 5_000),
];

/// What customers pay with, and how often of a hundred.
const PAID_WITH: &[(&str, u32)] = &[
    ("usdttrc20", 24),
    ("btc", 19),
    ("eth", 10),
    ("ltc", 11),
    ("trx", 6),
    ("sol", 6),
    ("usdterc20", 5),
    ("xrp", 5),
    ("xmr", 4),
    ("doge", 4),
    ("usdcmatic", 3),
    ("bnbbsc", 2),
    ("ada", 1),
];

/// Where it wants to be called back.
pub(crate) const CALLBACK: &str = "https://shop.kestrel-coffee.example/ipn";

/// In a demonstration the next order comes after this at the earliest.
const SHORTEST_GAP: Duration = Duration::seconds(6);
/// In a demonstration the next order comes after this at the latest.
pub(crate) const LONGEST_GAP: Duration = Duration::seconds(20);
/// So soon after the start.
pub(crate) const FIRST_ORDER: Duration = Duration::seconds(3);
/// Behind by more than this, the shop lives through ordinary days instead of a demonstration.
pub(crate) const LAG: Duration = Duration::minutes(10);

/// What is remembered of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Shop {
    orders: u64,
    paydays: u64,
    /// Whom it pays every week: coin and address.
    payees: Vec<(String, String, String)>,
}

impl Shop {
    pub(crate) fn new(rng: &mut impl Rng) -> Self {
        const PAYEES: [(&str, &str); 9] = [
            ("Green coffee, Addis", "usdttrc20"),
            ("Packaging, Porto", "usdttrc20"),
            ("Photographer", "eth"),
            ("Affiliate: brewlog", "usdttrc20"),
            ("Affiliate: morningcup", "trx"),
            ("Courier", "ltc"),
            ("Barista trainer", "sol"),
            ("Web design", "btc"),
            ("Affiliate: hand-ground", "xrp"),
        ];
        let payees = PAYEES.into_iter().filter_map(|(name, code)| {
            let coin = coins::find(code)?;
            Some((name.to_owned(), code.to_owned(), coin.family.codec.generate(rng)))
        });
        Self { orders: 10_200, paydays: 0, payees: payees.collect() }
    }
}

/// Puts the first order and the first payday on the agenda.
pub(crate) fn open(world: &mut World) {
    world.after(Duration::hours(2), Event::Order);
    world.after(Duration::days(6), Event::Payday);
}

/// A customer orders, and the next customer is put on the agenda.
pub(crate) fn order(world: &mut World) {
    let (number, mut rng) = next_order(world);
    let lively = world.is_lively();
    let gap = if lively {
        Duration::milliseconds(
            rng.random_range(SHORTEST_GAP.num_milliseconds()..LONGEST_GAP.num_milliseconds()),
        )
    } else {
        ordinary_gap(world, &mut rng)
    };
    world.after(gap, Event::Order);
    serve(world, number, lively, &mut rng);
}

/// A customer orders on an ordinary day, and no other one follows.
pub(crate) fn order_once(world: &mut World) {
    let (number, mut rng) = next_order(world);
    serve(world, number, false, &mut rng);
}

fn next_order(world: &mut World) -> (u64, ChaCha8Rng) {
    world.shop.orders += 1;
    let number = world.shop.orders;
    (number, world.stream("order", number))
}

/// Makes the payment of an order, and decides what the customer does with it.
fn serve(world: &mut World, number: u64, lively: bool, rng: &mut impl Rng) {
    let (description, cents) = basket(rng);
    let price_currency = if rng.random_ratio(4, 5) { "eur" } else { "usd" };
    let mut ticket = rng.random_range(0..100);
    let code = PAID_WITH.iter().find(|(_, share)| {
        let found = ticket < *share;
        ticket = ticket.saturating_sub(*share);
        found
    });
    let Some(coin) = code.and_then(|(code, _)| coins::find(code)) else { return };
    let price = Amount::scaled(cents, 2);
    let Some(due) = coins::convert(price, price_currency, &coin.lower, world.now) else { return };
    let fixed_rate = rng.random_ratio(1, 4);
    let order_id = format!("KC-{number}");
    // Some customers order by e-mail and get an invoice.
    let by_invoice = number % 9 == 4;
    let invoice = by_invoice.then(|| invoices::send(world, price, price_currency, &order_id, &description));
    let terms = Terms {
        price,
        price_currency: price_currency.to_owned(),
        pay_amount: due,
        coin,
        order_id: Some(order_id),
        description: Some(description),
        purchase_id: None,
        callback: Some(CALLBACK.to_owned()),
        outcome_currency: None,
        fixed_rate,
        fee_paid_by_user: false,
        sandbox: false,
        lively,
        invoice,
        customer_email: None,
        own_amount: false,
    };
    let id = payments::open(world, terms, rng);
    customer(world, id, due, &coin.lower, lively, rng);
}

/// Decides what the customer does with the payment.
fn customer(world: &mut World, id: u64, due: Amount, code: &str, lively: bool, rng: &mut impl Rng) {
    let part = |percent: i64| due.times(Amount::scaled(percent, 2)).cut(6).max(Amount::scaled(1, 6));
    let unit =
        |seconds: i64| if lively { Duration::seconds(seconds) } else { Duration::seconds(seconds * 45) };
    let pays = unit(rng.random_range(3..12));
    let later = pays + unit(rng.random_range(4..9));
    let mut plan = |after: Duration, step: Step| world.after(after, Event::Payment(id, step));
    match rng.random_range(0..100) {
        // Never pays.
        0..7 => {}
        7..11 => plan(pays, Step::Deposit(part(rng.random_range(55..99)))),
        11..14 => plan(pays, Step::Deposit(part(rng.random_range(101..112)))),
        14..15 => {
            plan(pays, Step::Deposit(due));
            plan(later, Step::End(Status::Failed));
        }
        15..16 => {
            plan(pays, Step::Deposit(due));
            plan(later, Step::End(Status::Refunded));
        }
        // Pays days late, or twice, or in the wrong coin.
        16..19 => plan(Duration::hours(rng.random_range(20..150)), Step::Deposit(due)),
        19..21 => {
            plan(pays, Step::Deposit(due));
            plan(
                later * 4,
                Step::Repeat { currency: code.to_owned(), amount: part(rng.random_range(20..100)) },
            );
        }
        21..22 if code == "eth" => plan(
            pays,
            Step::Repeat {
                currency: "usdterc20".to_owned(),
                amount: Amount::whole(rng.random_range(20..90)),
            },
        ),
        _ => plan(pays, Step::Deposit(due)),
    }
}

/// One to three things, some of them twice.
fn basket(rng: &mut impl Rng) -> (String, i64) {
    let (mut lines, mut cents) = (Vec::new(), 0);
    for _ in 0..[1, 1, 1, 2, 2, 3][rng.random_range(0..6)] {
        // Cheap things come first in the list and sell best.
        let (name, price) = GOODS[rng.random_range(0..GOODS.len()).min(rng.random_range(0..GOODS.len()))];
        let count = if price < 4_000 { [1, 1, 2, 3][rng.random_range(0..4)] } else { 1 };
        lines.push(if count == 1 { name.to_owned() } else { format!("{count} x {name}") });
        cents += price * count;
    }
    (lines.join(", "), cents + if cents < 6_000 { 490 } else { 0 })
}

/// Between two orders of an ordinary day: about five a day, more as the shop grows, before Christmas, on weekends
/// and in the evening.
fn ordinary_gap(world: &World, rng: &mut impl Rng) -> Duration {
    let now = world.now;
    let growth = 70 + i64::try_from(world.shop.orders / 50).unwrap_or(0).min(250) / 2 - 100;
    let season = if now.month() >= 11 { 150 } else { 100 };
    let weekday = if now.weekday().num_days_from_monday() >= 5 { 130 } else { 95 };
    let hour = match now.hour() {
        0..6 => 25,
        6..17 => 105,
        _ => 160,
    };
    let mean_minutes = 185 * 100 / growth.max(60) * 100 / season * 100 / weekday * 100 / hour;
    Duration::seconds(rng.random_range(mean_minutes * 6..mean_minutes * 114))
}

/// The weekly payouts: some of the payees, and what is too much in bitcoin once a month.
pub(crate) fn payday(world: &mut World) {
    world.after(Duration::days(7), Event::Payday);
    world.shop.paydays += 1;
    let number = world.shop.paydays;
    let mut rng = world.stream("payday", number);
    let mut rows = Vec::new();
    for (name, code, address) in world.shop.payees.clone() {
        let dollars = Amount::scaled(rng.random_range(4_000..42_000), 2);
        if rng.random_ratio(3, 5)
            && let Some(coin) = coins::find(&code)
        {
            let amount = dollars.over(coin.price(world.now)).cut(if coin.is_stable() { 2 } else { 4 });
            if amount + coin.fee(world.now) < world.ledger.balance(&code) {
                rows.push((coin, address, amount, format!("{name}, week {number}")));
            }
        }
    }
    payouts::pay_by_hand(world, rows);
}
