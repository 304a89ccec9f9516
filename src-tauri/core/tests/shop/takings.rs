//! Takings, against what the simulator's own books say.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{Local, NaiveDate};
use futures_util::TryStreamExt;
use nowpayments::{
    Amount, PaymentId,
    custody::{CreateCustodyPayment, CreateCustodyUser, ListCustodyPayments},
    payments::{CreatePayment, ListPayments, Payment, PaymentStatus},
};
use nowpayments_simulator::{Cause, Fault, FaultRule, History, PaymentChange};
use paydesk_core::{
    Core,
    payments::{IntoBalance, PaymentQuery},
    takings::{Takings, TakingsStep, TakingsSummary},
};

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

    // What into users' balances is no takings, though it stands in the list of payments like all others.
    let theirs: Vec<Payment> =
        world.client().pages(ListCustodyPayments::default()).try_concat().await.unwrap();
    let theirs: BTreeSet<PaymentId> = theirs.into_iter().map(|payment| payment.payment_id).collect();
    assert_eq!(theirs.is_empty(), history != History::Demo);
    // Those are asked for in coins, and nothing else is: none of these is left once all of them are known.
    let known = |summary: &TakingsSummary| summary.complete && summary.currencies == ["eur", "usd"];
    let summary = wait_for(&core, || takings.summary(None), known).await;
    let breakdown = takings.breakdown(ALL, "usd").await.unwrap();
    assert_eq!((breakdown.complete, breakdown.leaves_out_balances), (true, !theirs.is_empty()));

    // What payments brought, by the ledger.
    let mut received: BTreeMap<String, Amount> = BTreeMap::new();
    for movement in world.simulator.ledger().movements {
        if movement.cause == Cause::Payment && movement.customer.is_none() {
            *received.entry(movement.currency).or_default() += &movement.amount.to_string().parse().unwrap();
        }
    }
    assert!(received.len() > 5, "{received:?}");
    let ours: BTreeMap<_, _> =
        breakdown.received.into_iter().map(|received| (received.coin, received.amount)).collect();
    assert_eq!(ours, received);

    // Sales, by the answers themselves.
    let payments: Vec<Payment> = world.client().pages(ListPayments::default()).try_concat().await.unwrap();
    let is_theirs = |payment: &Payment| {
        let ids = [Some(&payment.payment_id), payment.parent_payment_id.as_ref()];
        ids.into_iter().flatten().any(|id| theirs.contains(id))
    };
    let payments: Vec<_> = payments.into_iter().filter(|payment| !is_theirs(payment)).collect();
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
        assert_eq!((outcomes.made, made >= 100), (ended + outcomes.open, true));
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
    let payment = client.send(&sale()).await.unwrap();
    pay(&world, payment);
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

/// A sale of 12.34 EUR.
fn sale() -> CreatePayment {
    CreatePayment::new("12.34".parse().unwrap(), "eur".parse().unwrap(), "ltc".parse().unwrap())
}

/// Has a payment be paid and finished; says its id.
fn pay(world: &World, payment: Payment) -> PaymentId {
    let due = nowpayments_simulator::Amount::parse(&payment.pay_amount.unwrap().to_string()).unwrap();
    let id = payment.payment_id.as_str().parse().unwrap();
    world.simulator.change_payment(id, PaymentChange::Pay(due)).unwrap();
    world.simulator.step(Duration::from_hours(1));
    payment.payment_id
}

/// A user called anna, and a payment of 2 LTC into her balance that has arrived; says the ids of both.
async fn pay_into_a_balance(world: &World) -> (String, PaymentId) {
    let client = world.client();
    let anna = client.send(&CreateCustodyUser { name: "anna".parse().unwrap() }).await.unwrap().id;
    let new = CreateCustodyPayment::new("ltc".parse().unwrap(), "2".parse().unwrap(), anna.clone());
    let payment = client.send(&new).await.unwrap();
    (anna.to_string(), pay(world, payment))
}

/// How often the list of payments into balances was asked for.
fn asked(world: &World) -> usize {
    let calls = world.simulator.requests();
    calls.iter().filter(|call| call.target.contains("/sub-partner/payments")).count()
}

/// Waits until so many sales in a coin or currency were made today.
async fn wait_for_orders(core: &Core, takings: &Takings, currency: &str, orders: u32) {
    let currency = Some(currency.to_owned());
    let today = |summary: &TakingsSummary| {
        summary.complete && summary.spans.first().is_some_and(|today| today.now.orders == orders)
    };
    wait_for(core, || takings.summary(currency.clone()), today).await;
}

#[tokio::test]
async fn a_payment_into_a_users_balance_is_no_takings_and_says_whose_it_is() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    let (anna, id) = pay_into_a_balance(&world).await;
    pay(&world, world.client().send(&sale()).await.unwrap());
    let (core, _) = world.open_shop().await;
    let shop = core.shop().unwrap();
    let takings = shop.takings.clone();
    wait_for(
        &core,
        || takings.breakdown(ALL, "ltc"),
        |breakdown| breakdown.complete && breakdown.leaves_out_balances && breakdown.outcomes.made == 0,
    )
    .await;
    wait_for_orders(&core, &takings, "eur", 1).await;
    assert_eq!(takings.summary(None).await.unwrap().currencies, ["eur"]);

    // The user's name is known once the users were read.
    let whose = async || shop.payments.get(id.as_str()).await.unwrap().row.into_balance;
    let user = Some(anna.clone());
    assert_eq!(whose().await, Some(IntoBalance { user: user.clone(), name: None }));
    shop.custody.refresh().await.unwrap();
    let named = IntoBalance { user, name: Some("anna".to_owned()) };
    assert_eq!(whose().await, Some(named.clone()));
    let page = shop.payments.list(PaymentQuery { limit: 10, ..PaymentQuery::default() }).await.unwrap();
    let marks: Vec<_> = page.rows.iter().filter_map(|row| row.into_balance.clone()).collect();
    assert_eq!((page.rows.len(), marks), (2, vec![named]));
}

#[tokio::test]
async fn payments_are_synced_without_the_list_of_those_into_balances_and_leave_the_takings_when_it_is_read() {
    for fault in [Fault::ExpiredToken, Fault::Unreadable, Fault::ServerError { handled: false }] {
        let world = World::new(History::None).await;
        world.simulator.pause();
        let (anna, id) = pay_into_a_balance(&world).await;
        let (method, path) = ("GET".to_owned(), "/sub-partner/payments".to_owned());
        world.simulator.set_fault(FaultRule { method, path, skip: 0, times: None, fault });
        let (core, _) = world.open_shop().await;
        let shop = core.shop().unwrap();
        let takings = shop.takings.clone();
        wait_for_orders(&core, &takings, "ltc", 1).await;
        shop.payments.sync_now();
        wait_for(&core, async || Ok(asked(&world)), |asked| *asked > 0).await;
        let status = wait_for_sync(&core, |status| status.complete && !status.running).await;
        assert_eq!((status.trouble, status.cached), (None, 1));
        assert_eq!(shop.payments.get(id.as_str()).await.unwrap().row.into_balance, None);

        world.simulator.clear_faults();
        shop.custody.refresh().await.unwrap();
        shop.custody.refresh_user(&anna).await.unwrap();
        wait_for_orders(&core, &takings, "ltc", 0).await;
        assert_eq!(takings.breakdown(ALL, "ltc").await.unwrap().received, []);
        core.close().await;
    }
}

#[tokio::test]
async fn a_shop_without_balances_of_users_asks_once_whether_a_payment_went_into_one() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    pay(&world, world.client().send(&sale()).await.unwrap());
    let (core, _) = world.open_shop().await;
    let shop = core.shop().unwrap();
    wait_for_orders(&core, &shop.takings, "eur", 1).await;
    shop.payments.sync_now();
    wait_for(&core, async || Ok(asked(&world)), |asked| *asked > 0).await;
    pay(&world, world.client().send(&sale()).await.unwrap());
    shop.payments.sync_now();
    wait_for_orders(&core, &shop.takings, "eur", 2).await;
    core.close().await;
    assert_eq!(asked(&world), 1);
}
