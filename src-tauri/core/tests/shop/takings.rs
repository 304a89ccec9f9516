//! Takings, against what the simulator's own books say.

use std::collections::BTreeMap;

use chrono::{Local, NaiveDate};
use futures_util::TryStreamExt;
use nowpayments::{
    Amount,
    payments::{ListPayments, Payment, PaymentStatus},
};
use nowpayments_simulator::{Cause, History};
use paydesk_core::takings::TakingsStep;

use crate::common::world::{World, wait_for, wait_for_sync};

/// More days than the simulated shop is old.
const ALL: u32 = 700;

#[tokio::test]
async fn takings_are_what_the_books_of_nowpayments_say_to_the_last_digit() {
    agrees(History::Orders(3_000)).await;
}

#[tokio::test]
async fn the_takings_of_the_demo_shop_are_what_its_books_say_to_the_last_digit() {
    agrees(History::Demo).await;
}

/// Compares all figures of the overview with sums over the simulator's ledger and its answers.
async fn agrees(history: History) {
    let world = World::new(history).await;
    world.simulator.pause();
    let (core, _) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    let takings = core.shop().unwrap().takings.clone();
    let breakdown = wait_for(&core, || takings.breakdown(ALL, "usd"), |breakdown| breakdown.complete).await;

    // What payments brought, by the ledger: those into users' balances are in NOWPayments' list like all others.
    let mut received: BTreeMap<String, Amount> = BTreeMap::new();
    for movement in world.simulator.ledger().movements {
        if movement.cause == Cause::Payment {
            *received.entry(movement.currency).or_default() += &movement.amount.to_string().parse().unwrap();
        }
    }
    assert!(received.len() > 5, "{received:?}");
    let ours: BTreeMap<_, _> =
        breakdown.received.into_iter().map(|received| (received.coin, received.amount)).collect();
    assert_eq!(ours, received);

    // Sales, by the answers themselves.
    let payments: Vec<Payment> = world.client().pages(ListPayments::default()).try_concat().await.unwrap();
    let summary = takings.summary(None).await.unwrap();
    // Then the coins that users of the shop were asked for.
    assert!(
        summary.currencies.starts_with(&["eur".to_owned(), "usd".to_owned()]),
        "{:?}",
        summary.currencies
    );
    for currency in summary.currencies {
        let of_currency = || payments.iter().filter(|payment| payment.price_currency == *currency);
        let sales = || of_currency().filter(|payment| is_sale(payment));
        let (mut months, mut coins) = (BTreeMap::<String, Amount>::new(), BTreeMap::<String, Amount>::new());
        for payment in sales() {
            *months.entry(day(payment).format("%Y-%m-01").to_string()).or_default() += &payment.price_amount;
            *coins.entry(payment.pay_currency.to_string()).or_default() +=
                payment.actually_paid.as_ref().unwrap();
        }
        let series = takings.series(TakingsStep::Month, 20, &currency).await.unwrap();
        let ours: BTreeMap<_, _> = series
            .steps
            .iter()
            .filter(|step| step.takes.orders > 0)
            .map(|step| (step.begins.to_string(), step.takes.sales.clone()))
            .collect();
        assert_eq!(ours, months);
        let breakdown = takings.breakdown(ALL, &currency).await.unwrap();
        let in_all: Amount = months.values().sum();
        assert_eq!(breakdown.coins.iter().map(|coin| &coin.sales).sum::<Amount>(), in_all);
        let ours: BTreeMap<_, _> = breakdown.coins.into_iter().map(|coin| (coin.coin, coin.paid)).collect();
        assert_eq!(ours, coins);

        // Days and weeks add up to the same.
        for (step, count) in [(TakingsStep::Day, 400), (TakingsStep::Week, 90)] {
            let series = takings.series(step, count, &currency).await.unwrap();
            assert_eq!(series.steps.len(), usize::try_from(count).unwrap());
            let first = series.steps[0].begins;
            let since = sales().filter(|payment| day(payment) >= first).map(|payment| &payment.price_amount);
            let ours = series.steps.iter().map(|step| &step.takes.sales);
            assert_eq!(ours.sum::<Amount>(), since.sum(), "{step:?}");
        }
        let outcomes = breakdown.outcomes;
        let made = of_currency().filter(|payment| payment.parent_payment_id.is_none()).count();
        let ended = outcomes.finished + outcomes.underpaid + outcomes.expired + outcomes.other;
        assert_eq!(usize::try_from(outcomes.made).unwrap(), made);
        let least = if ["eur", "usd"].contains(&currency.as_str()) { 100 } else { 1 };
        assert_eq!((outcomes.made, made >= least), (ended + outcomes.open, true));
    }
}

fn is_sale(payment: &Payment) -> bool {
    payment.payment_status == PaymentStatus::Finished && payment.parent_payment_id.is_none()
}

/// The day of this computer's clock on which it was made.
fn day(payment: &Payment) -> NaiveDate {
    payment.created_at.unwrap().with_timezone(&Local).date_naive()
}

#[tokio::test]
async fn a_payment_that_is_paid_moves_the_takings_of_today() {
    let world = World::new(History::None).await;
    let (core, _) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    let (shop, client) = (core.shop().unwrap(), world.client());
    let takings = shop.takings.clone();
    assert_eq!(takings.summary(None).await.unwrap().currency, None);
    let new = nowpayments::payments::CreatePayment::new(
        "12.34".parse().unwrap(),
        "eur".parse().unwrap(),
        "ltc".parse().unwrap(),
    );
    let payment = client.send(&new).await.unwrap();
    let due = nowpayments_simulator::Amount::parse(&payment.pay_amount.unwrap().to_string()).unwrap();
    let id = payment.payment_id.as_str().parse().unwrap();
    world.simulator.change_payment(id, nowpayments_simulator::PaymentChange::Pay(due)).unwrap();
    world.simulator.step(std::time::Duration::from_hours(1));
    shop.payments.sync_now();
    let summary = wait_for(
        &core,
        || takings.summary(None),
        |summary| summary.spans.first().is_some_and(|today| today.now.orders == 1),
    )
    .await;
    assert_eq!((summary.currency.as_deref(), summary.complete), (Some("eur"), true));
    assert_eq!(summary.spans[2].now.sales, "12.34".parse().unwrap());
}
