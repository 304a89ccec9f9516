use std::collections::BTreeSet;

use nowpayments_simulator::{Amount, History, PaymentChange, PaymentStatus};
use reqwest::Method;
use serde_json::{Value, json};

use crate::till::{Till, options, refusal};

fn order(extra: Value) -> Value {
    let mut order = json!({ "price_amount": 49.5, "price_currency": "eur", "pay_currency": "ltc" });
    order.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    order
}

/// Creates a payment and gives its id.
async fn create(till: &Till, extra: Value) -> u64 {
    let (status, answer) = till.post("/payment", order(extra)).await;
    assert_eq!(status, 201, "{answer}");
    answer["payment_id"].as_str().unwrap().parse().unwrap()
}

async fn status(till: &Till, id: u64) -> String {
    till.read(&format!("/payment/{id}")).await["payment_status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn ids_are_strings_when_created_and_numbers_when_read() {
    let till = Till::open().await;
    let (_, created) =
        till.post("/payment", order(json!({ "order_id": "A-1", "price_amount": "25.00" }))).await;
    assert!(created["payment_id"].is_string() && created["purchase_id"].is_string());
    assert_eq!(created["price_amount"], "25.00", "echoed as it was sent");
    assert_eq!(created["network_precision"], 8);
    assert_eq!(created["payment_status"], "waiting");
    let id = created["payment_id"].as_str().unwrap();
    let read = till.read(&format!("/payment/{id}")).await;
    assert_eq!(read["payment_id"].to_string(), id);
    assert!(read["purchase_id"].is_u64());
    assert_eq!(read["price_amount"], json!(25));
    assert_eq!(read["burning_percent"], "null");
    assert_eq!(read["outcome_amount"], Value::Null);
    assert!(read.get("parent_payment_id").is_none());
}

#[tokio::test]
async fn a_payment_waits_for_its_customer_and_expires_after_seven_days() {
    let till = Till::open().await;
    let id = create(&till, json!({})).await;
    till.step(7 * 86_400 - 1);
    assert_eq!(status(&till, id).await, "waiting");
    till.step(1);
    assert_eq!(status(&till, id).await, "expired");
}

#[tokio::test]
async fn a_fixed_rate_is_held_for_ten_minutes() {
    let till = Till::open().await;
    let id = create(&till, json!({ "is_fixed_rate": true })).await;
    till.step(599);
    assert_eq!(status(&till, id).await, "waiting");
    till.step(1);
    assert_eq!(status(&till, id).await, "expired");
}

#[tokio::test]
async fn the_cases_of_the_sandbox_come_to_their_ends() {
    let till = Till::open().await;
    for (case, end, credited) in [
        ("success", "finished", true),
        ("common", "finished", true),
        ("partially_paid", "partially_paid", true),
        ("failed", "failed", false),
    ] {
        let (_, created) = till.post("/payment", order(json!({ "case": case }))).await;
        assert!(created["pay_amount"].is_string(), "as in the sandbox: {created}");
        let id = created["payment_id"].as_str().unwrap().parse().unwrap();
        let before = till.simulator.ledger().accounts["ltc"].balance;
        till.step(4);
        assert_eq!(status(&till, id).await, "confirming", "{case}");
        till.step(60);
        assert_eq!(status(&till, id).await, end, "{case}");
        assert_eq!(till.simulator.ledger().accounts["ltc"].balance > before, credited, "{case}");
    }
    assert!(till.is_conserved());
}

#[tokio::test]
async fn statuses_advance_in_their_order_as_the_clock_is_stepped() {
    let till = Till::open().await;
    let id = create(&till, json!({ "case": "success" })).await;
    let mut seen = vec![status(&till, id).await];
    for _ in 0..40 {
        till.step(1);
        let now = status(&till, id).await;
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    assert_eq!(seen, ["waiting", "confirming", "confirmed", "sending", "finished"]);
}

#[tokio::test]
async fn a_second_deposit_is_a_payment_of_its_own_with_a_parent() {
    let till = Till::open().await;
    let id = create(&till, json!({ "order_id": "A-2" })).await;
    till.simulator.change_payment(id, PaymentChange::Status(PaymentStatus::Finished)).unwrap();
    till.simulator.change_payment(id, PaymentChange::Pay(amount("0.2"))).unwrap();
    let parent = till.read(&format!("/payment/{id}")).await;
    let child = parent["payment_extra_ids"][0].as_u64().unwrap();
    till.step(60);
    let child = till.read(&format!("/payment/{child}")).await;
    assert_eq!(child["parent_payment_id"], json!(id));
    assert_eq!(child["order_id"], "A-2");
    assert_eq!(child["actually_paid"], json!(0.2));
    assert!(till.is_conserved());
}

#[tokio::test]
async fn a_payment_paid_in_part_ends_as_partially_paid_and_cannot_be_changed_then() {
    let till = Till::open().await;
    let id = create(&till, json!({})).await;
    till.simulator.change_payment(id, PaymentChange::Pay(amount("0.1"))).unwrap();
    till.step(60);
    assert_eq!(status(&till, id).await, "partially_paid");
    assert!(till.simulator.change_payment(id, PaymentChange::Status(PaymentStatus::Finished)).is_err());
}

#[tokio::test]
async fn wrong_orders_are_refused_with_the_field_and_the_reason() {
    let till = Till::open().await;
    for (extra, code, message) in [
        (json!({ "price_amount": null }), "INVALID_REQUEST_PARAMS", "price_amount is required"),
        (json!({ "price_amount": "a" }), "INVALID_REQUEST_PARAMS", "price_amount must be a number"),
        (json!({ "price_amount": -2 }), "INVALID_REQUEST_PARAMS", "price_amount must be a positive number"),
        (json!({ "customer": "x" }), "INVALID_REQUEST_PARAMS", "customer is not allowed"),
        (
            json!({ "ipn_callback_url": "ftp://x" }),
            "INVALID_REQUEST_PARAMS",
            "ipn_callback_url must be a valid uri",
        ),
        (json!({ "is_fixed_rate": "perhaps" }), "INVALID_REQUEST_PARAMS", "is_fixed_rate must be a boolean"),
        (json!({ "payout_address": "L" }), "INVALID_REQUEST_PARAMS", "payout_currency is required"),
        (
            json!({ "payout_address": "L", "payout_currency": "LTC" }),
            "BAD_CREATE_WITHDRAWAL_REQUEST",
            "Invalid payout_address: [ltc] [L]",
        ),
        (json!({ "pay_currency": "nope" }), "CURRENCY_UNAVAILABLE", "Currency NOPE is currently unavailable"),
        (
            json!({ "pay_currency": "luna" }),
            "BAD_REQUEST",
            "Currency luna is not convertable to usdttrc20 now",
        ),
        (json!({ "pay_amount": 0.001 }), "AMOUNT_MINIMAL_ERROR", "Crypto amount 0.001 is less than minimal"),
        (
            json!({ "pay_currency": "sand", "pay_amount": 90000 }),
            "AMOUNT_MAXIMAL_ERROR",
            "Crypto amount 90000 is more than maximal",
        ),
    ] {
        let answer = till.post("/payment", order(extra)).await;
        assert_eq!(refusal(answer), (400, code.to_owned(), message.to_owned()));
    }
    assert_eq!(refusal(till.get("/payment/12").await), (404, "NOT_FOUND".into(), "Payment not found".into()));
}

#[tokio::test]
async fn pages_give_every_payment_once_and_newest_first() {
    let till = Till::with(options(History::Demo)).await;
    let token = till.log_in().await;
    let page = async |query: String| till.call(Method::GET, &query, Some(&token), None).await.1;
    let first = page("/payment/?limit=500&page=0".to_owned()).await;
    let (total, pages) = (first["total"].as_u64().unwrap(), first["pagesCount"].as_u64().unwrap());
    assert!((2_000..3_200).contains(&total), "{total}");
    assert_eq!(pages, total.div_ceil(500));
    let (mut ids, mut times) = (BTreeSet::new(), Vec::new());
    for number in 0..pages {
        let answer = page(format!("/payment?limit=500&page={number}")).await;
        for payment in answer["data"].as_array().unwrap() {
            assert!(ids.insert(payment["payment_id"].as_u64().unwrap()));
            times.push(payment["created_at"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(ids.len() as u64, total);
    assert!(times.is_sorted_by(|a, b| a >= b));
    let past_the_end = page(format!("/payment/?limit=500&page={pages}")).await;
    assert_eq!(past_the_end["data"], json!([]));
}

#[tokio::test]
async fn a_list_is_sorted_and_bounded_as_asked() {
    let till = Till::with(options(History::Demo)).await;
    let token = till.log_in().await;
    let data = async |query: &str| {
        let (status, answer) = till.call(Method::GET, query, Some(&token), None).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].as_array().unwrap().clone()
    };
    let cheap = data("/payment/?limit=100&sortBy=price_amount&orderBy=asc").await;
    assert!(cheap.is_sorted_by(|a, b| a["price_amount"].as_f64() <= b["price_amount"].as_f64()));
    let march = data("/payment/?limit=500&dateFrom=2025-12-01&dateTo=2026-01-01T00:00:00.000Z").await;
    assert!(march.len() > 30);
    assert!(march.iter().all(|payment| payment["created_at"].as_str().unwrap().starts_with("2025-12")));
}

#[tokio::test]
async fn a_wrong_order_breaks_the_list_and_a_wrong_column_is_refused() {
    let till = Till::open().await;
    let token = till.log_in().await;
    for (query, status) in [
        ("orderBy=sideways", 500),
        ("sortBy=colour", 400),
        ("limit=0", 400),
        ("limit=501", 400),
        ("page=x", 400),
        ("dateFrom=yesterday", 400),
    ] {
        let answer = till.call(Method::GET, &format!("/payment/?{query}"), Some(&token), None).await;
        assert_eq!(refusal(answer).0, status, "{query}");
    }
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}
