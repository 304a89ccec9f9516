use std::time::Duration;

use nowpayments_simulator::{History, Options};
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
async fn what_a_client_does_changes_nothing_for_the_customers() {
    let (quiet, busy) = (Till::with(options(History::Demo)).await, Till::with(options(History::Demo)).await);
    let order =
        json!({ "price_amount": 90, "price_currency": "usd", "pay_currency": "eth", "order_id": "mine" });
    for till in [&quiet, &busy] {
        for _ in 0..20 {
            if std::ptr::eq(till, &busy) {
                till.post("/payment", order.clone()).await;
            }
            till.step(15);
        }
    }
    let of_customers = |payments: Vec<Value>| -> Vec<Value> {
        payments.into_iter().filter(|payment| payment["order_id"] != "mine").take(100).collect()
    };
    assert_eq!(of_customers(newest(&quiet, 200).await), of_customers(newest(&busy, 200).await));
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
