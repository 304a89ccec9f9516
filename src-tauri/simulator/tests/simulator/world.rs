use std::time::Duration;

use nowpayments_simulator::{
    Cause, ConversionStatus, FiatPayoutStatus, History, Movement, Options, Subscriber, Subscription,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::till::{Till, options};

async fn newest(till: &Till, count: usize) -> Vec<Value> {
    let token = till.log_in().await;
    let path = format!("/payment/?limit={count}");
    till.call(Method::GET, &path, Some(&token), None).await.1["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_same_seed_gives_the_same_world_and_another_seed_another() {
    let (one, same) = (Till::with(options(History::Demo)).await, Till::with(options(History::Demo)).await);
    let other = Till::with(Options { seed: 2, ..options(History::Demo) }).await;
    for till in [&one, &same, &other] {
        till.step(300);
    }
    assert!(one.credentials == same.credentials && one.credentials != other.credentials);
    assert_eq!(one.simulator.ledger(), same.simulator.ledger());
    assert_ne!(one.simulator.ledger(), other.simulator.ledger());
    let payments = newest(&one, 500).await;
    assert_eq!(payments, newest(&same, 500).await);
    assert_ne!(payments, newest(&other, 500).await);
}

#[tokio::test]
async fn so_many_orders_lie_behind_a_shop_the_same_for_the_same_seed_and_it_is_quiet_afterwards() {
    let (one, same) = (
        Till::with(options(History::Orders(2_000))).await,
        Till::with(options(History::Orders(2_000))).await,
    );
    let other = Till::with(Options { seed: 2, ..options(History::Orders(2_000)) }).await;
    assert_eq!(one.simulator.ledger(), same.simulator.ledger());
    assert_ne!(one.simulator.ledger(), other.simulator.ledger());
    assert!(one.simulator.ledger().conserved);

    let token = one.log_in().await;
    let page = one.call(Method::GET, "/payment/?limit=500&orderBy=asc", Some(&token), None).await.1;
    let total = page["total"].as_u64().unwrap();
    assert!((2_000..2_200).contains(&total), "{total} payments");
    let mut statuses: Vec<_> =
        page["data"].as_array().unwrap().iter().map(|row| row["payment_status"].as_str().unwrap()).collect();
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses, ["expired", "failed", "finished", "partially_paid", "refunded"]);
    one.step(86_400 * 30);
    let token = one.log_in().await;
    let page = one.call(Method::GET, "/payment/?limit=1", Some(&token), None).await.1;
    assert_eq!(page["total"], total, "no order came in a month");
}

/// Makes something of everything that has an id.
async fn interfere(till: &Till) {
    let name = till.simulator.ledger().customers.len().to_string();
    let customer = till.customer(&name).await;
    let body = json!({ "currency": "trx", "amount": 20, "sub_partner_id": customer });
    till.make("/sub-partner/deposit", body).await;
    till.make("/conversion", json!({ "amount": 1, "from_currency": "trx", "to_currency": "eth" })).await;
    let plan = till.read("/subscriptions/plans").await["result"][0]["id"].take();
    let body = json!({ "subscription_plan_id": plan, "email": "mine@beans.example" });
    till.make("/subscriptions", body).await;
}

#[tokio::test]
async fn what_a_client_does_changes_nothing_for_the_customers() {
    let (quiet, busy) = (Till::with(options(History::Demo)).await, Till::with(options(History::Demo)).await);
    let order =
        json!({ "price_amount": 90, "price_currency": "usd", "pay_currency": "eth", "order_id": "mine" });
    for till in [&quiet, &busy] {
        for _ in 0..20 {
            if std::ptr::eq(till, &busy) {
                till.post("/payment", order.clone()).await;
                interfere(till).await;
            }
            till.step(15);
        }
    }
    let of_customers = |payments: Vec<Value>| -> Vec<Value> {
        payments.into_iter().filter(|payment| payment["order_id"] != "mine").take(100).collect()
    };
    assert_eq!(of_customers(newest(&quiet, 200).await), of_customers(newest(&busy, 200).await));
    let of_regulars = |till: &Till| -> Vec<_> {
        let played = |one: &Subscription| one.played;
        till.simulator.ledger().subscriptions.into_iter().filter(played).collect()
    };
    assert_eq!(of_regulars(&quiet), of_regulars(&busy));
}

#[tokio::test]
async fn the_demo_shop_has_subscribers_in_every_state_and_regulars_with_store_credit() {
    for seed in 1..=4 {
        let till = Till::with(Options { seed, ..options(History::Demo) }).await;
        let plans = till.read("/subscriptions/plans").await;
        assert_eq!((&plans["count"], &plans["result"][0]["currency"]), (&json!(3), &json!("EUR")));
        for status in ["WAITING_PAY", "PAID", "PARTIALLY_PAID", "EXPIRED"] {
            let found = till.read(&format!("/subscriptions?status={status}")).await;
            assert!(found["count"].as_u64().unwrap() > 0, "{seed} {status}");
        }
        let ledger = till.simulator.ledger();
        assert!((18..40).contains(&ledger.subscriptions.len()), "{}", ledger.subscriptions.len());
        let active = till.read("/subscriptions?is_active=true").await["count"].as_u64().unwrap();
        assert!(active >= 8, "{seed} {active}");
        assert!(ledger.subscriptions.iter().any(|one| one.period > 10), "for more than a year");
        assert!(ledger.subscriptions.iter().any(|one| matches!(one.subscriber, Subscriber::Customer(_))));
        assert!(ledger.customers.len() >= 4, "{}", ledger.customers.len());
        assert!(ledger.transfers.iter().any(|one| one.from.is_none()));
        assert!(ledger.transfers.iter().any(|one| one.subscription.is_some()));
        assert!(ledger.transfers.iter().any(|one| one.from.is_some() && one.to.is_some()), "{seed}");
        assert!(ledger.conversions.iter().any(|one| one.status == ConversionStatus::Finished));
        assert!(ledger.fiat_payouts.iter().any(|one| one.status == FiatPayoutStatus::Finished));
        let days = (ledger.at - ledger.transfers[0].created_at).num_days();
        assert!(days > 400, "{seed} {days}");
        assert!(ledger.conserved);
    }
}

#[tokio::test]
async fn while_it_runs_something_happens_to_the_account_every_other_minute() {
    let till = Till::with(options(History::Demo)).await;
    let happened = |till: &Till| {
        let ledger = till.simulator.ledger();
        let orders = |movement: &&Movement| movement.customer.is_some() || movement.cause != Cause::Payment;
        let of_regulars = ledger.movements.iter().filter(orders).count();
        (of_regulars, ledger.subscriptions.len())
    };
    let (mut before, mut quiet) = (happened(&till), 0);
    for _ in 0..60 {
        till.step(20);
        let now = happened(&till);
        quiet = if now == before { quiet + 20 } else { 0 };
        assert!(quiet <= 300, "nothing happened for {quiet} s");
        before = now;
    }
}

#[tokio::test]
async fn a_world_without_a_history_has_no_customers_and_makes_none() {
    let till = Till::open().await;
    till.step(400 * 86_400);
    let ledger = till.simulator.ledger();
    assert!(ledger.customers.is_empty() && ledger.subscriptions.is_empty() && ledger.transfers.is_empty());
    assert!(ledger.conversions.is_empty() && ledger.fiat_payouts.is_empty());
    assert_eq!(till.read("/subscriptions/plans").await["count"], 0);
}

#[tokio::test]
async fn the_demo_shop_is_a_believable_one() {
    let till = Till::with(options(History::Demo)).await;
    let token = till.log_in().await;
    let mut payments = Vec::new();
    for page in 0.. {
        let path = format!("/payment/?limit=500&page={page}");
        let (_, answer) = till.call(Method::GET, &path, Some(&token), None).await;
        let data = answer["data"].as_array().unwrap().clone();
        if data.is_empty() {
            break;
        }
        payments.extend(data);
    }
    let share = |of: &dyn Fn(&Value) -> bool| {
        payments.iter().filter(|payment| of(payment)).count() * 100 / payments.len()
    };
    let status = |name: &'static str| move |payment: &Value| payment["payment_status"] == name;
    assert!((70..92).contains(&share(&status("finished"))));
    for name in ["expired", "partially_paid", "failed", "refunded"] {
        assert!(payments.iter().any(status(name)), "{name}");
    }
    for origin in ["REPEATED", "WRONG_ASSET"] {
        assert!(payments.iter().any(|payment| payment["origin_type"] == origin), "{origin}");
    }
    let mut coins: Vec<_> =
        payments.iter().map(|payment| payment["pay_currency"].as_str().unwrap()).collect();
    coins.sort_unstable();
    coins.dedup();
    assert!(coins.len() >= 12, "{coins:?}");
    let (newest, oldest) = (&payments[0]["created_at"], &payments[payments.len() - 1]["created_at"]);
    assert!(newest.as_str().unwrap().starts_with("2026-0"), "{newest}");
    assert!(oldest.as_str().unwrap().starts_with("2024-09"), "{oldest}");
    let ledger = till.simulator.ledger();
    assert!(ledger.conserved && ledger.payouts.len() > 100);
}

#[tokio::test]
async fn while_it_runs_something_happens_every_few_seconds() {
    let till = Till::with(options(History::Demo)).await;
    let mut quiet = 0;
    let mut before = newest(&till, 40).await;
    for _ in 0..90 {
        till.step(2);
        let now = newest(&till, 40).await;
        quiet = if now == before { quiet + 2 } else { 0 };
        assert!(quiet <= 30, "nothing happened for {quiet} s");
        before = now;
    }
    assert!(before.iter().any(|payment| payment["payment_status"] == "finished"));
}

#[tokio::test]
async fn a_jump_of_months_brings_ordinary_days_and_not_millions_of_orders() {
    let till = Till::with(options(History::Demo)).await;
    let before = till.simulator.ledger().movements.len();
    till.simulator.step(Duration::from_secs(60 * 86_400));
    let after = till.simulator.ledger();
    assert!((150..900).contains(&(after.movements.len() - before)));
    assert!(after.conserved);
}
