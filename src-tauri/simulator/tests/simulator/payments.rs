use std::collections::BTreeSet;

use nowpayments_simulator::{Amount, History, PaymentChange, PaymentStatus};
use reqwest::Method;
use serde_json::{Value, json};

use crate::till::{TRON, Till, options, refusal};

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
async fn the_estimate_is_renewed_once_it_has_ended_and_never_after_the_deposit() {
    let till = Till::open().await;
    let id = create(&till, json!({ "pay_currency": "btc" })).await;
    let path = format!("/payment/{id}/update-merchant-estimate");
    let before = till.read(&format!("/payment/{id}")).await["pay_amount"].clone();
    till.step(599);
    let (status, same) = till.post(&path, json!({})).await;
    assert_eq!(status, 200);
    assert_eq!((&same["id"], &same["pay_amount"]), (&json!(id.to_string()), &before));
    assert_eq!(same["expiration_estimate_date"], "2026-03-02T09:12:05.000Z");
    assert!(same["token_id"].is_string());
    till.step(3_601);
    let answer = till.send(Method::POST, &path, None, None).await.unwrap();
    assert_eq!(answer.status(), 200, "the body may be empty");
    let renewed: Value = answer.json().await.unwrap();
    assert_ne!(renewed["pay_amount"], before);
    assert_eq!(renewed["expiration_estimate_date"], "2026-03-02T10:22:05.000Z");
    assert_eq!(till.read(&format!("/payment/{id}")).await["pay_amount"], renewed["pay_amount"]);
    till.simulator.change_payment(id, PaymentChange::Pay(amount("0.0001"))).unwrap();
    assert_eq!(refusal(till.post(&path, json!({})).await).2, "Payment is not waiting");
    assert_eq!(refusal(till.post("/payment/9/update-merchant-estimate", json!({})).await).0, 404);
}

#[tokio::test]
async fn an_amount_that_the_shop_named_itself_follows_no_rate() {
    let till = Till::open().await;
    let id = create(&till, json!({ "pay_currency": "btc", "pay_amount": 0.001 })).await;
    till.step(3_600);
    let (_, renewed) = till.post(&format!("/payment/{id}/update-merchant-estimate"), json!({})).await;
    assert_eq!(renewed["pay_amount"], json!(0.001));
}

#[tokio::test]
async fn fees_that_the_customer_pays_are_on_top_so_that_the_shop_gets_the_price() {
    let till = Till::open().await;
    let order = json!({
        "price_amount": 60, "price_currency": "usd", "pay_currency": "usdttrc20", "is_fee_paid_by_user": true,
    });
    let (_, made) = till.post("/payment", order).await;
    // 60 and 1.33 for the network are 99.5 percent of it.
    assert_eq!(made["pay_amount"], json!(61.638191));
    assert_eq!((&made["is_fixed_rate"], &made["is_fee_paid_by_user"]), (&json!(true), &json!(true)));
    let id: u64 = made["payment_id"].as_str().unwrap().parse().unwrap();
    till.simulator.change_payment(id, PaymentChange::Pay(amount("61.638191"))).unwrap();
    till.step(60);
    let read = till.read(&format!("/payment/{id}")).await;
    assert_eq!(read["payment_status"], "finished");
    assert_eq!(read["outcome_amount"], json!(60.00000004));
    assert_eq!(read["outcome_amount"], made["amount_received"]);
}

#[tokio::test]
async fn a_payment_is_at_least_what_min_amount_says() {
    let till = Till::open().await;
    for (query, flow) in [
        ("currency_from=usdttrc20", json!({})),
        ("currency_from=btc&is_fixed_rate=true", json!({ "is_fixed_rate": true })),
        (
            "currency_from=eth&is_fee_paid_by_user=true&is_fixed_rate=true",
            json!({ "is_fee_paid_by_user": true }),
        ),
        ("currency_from=zec&currency_to=usdttrc20", json!({})),
    ] {
        let least = till.read(&format!("/min-amount?{query}")).await;
        let coin = least["currency_from"].clone();
        let exact = amount(&least["min_amount"].to_string()).to_string();
        let mut order = json!({ "pay_currency": coin, "pay_amount": exact });
        order.as_object_mut().unwrap().extend(flow.as_object().unwrap().clone());
        create(&till, order.clone()).await;
        order["pay_amount"] = json!((amount(&exact) - amount("0.00000100")).to_string());
        let answer = till.post("/payment", self::order(order)).await;
        assert_eq!(refusal(answer).1, "AMOUNT_MINIMAL_ERROR", "{query}");
    }
}

#[tokio::test]
async fn a_fixed_rate_is_given_up_to_the_bound_that_the_list_of_currencies_names() {
    let till = Till::open().await;
    let list = till.read("/currencies?fixed_rate=true").await;
    let bounds = list["currencies"].as_array().unwrap();
    let bound = bounds.iter().find(|coin| coin["currency"] == "usdttrc20").unwrap();
    let most =
        json!({ "pay_currency": "usdttrc20", "pay_amount": bound["max_amount"], "is_fixed_rate": true });
    create(&till, most.clone()).await;
    let mut more = most;
    more["pay_amount"] = json!((amount(&bound["max_amount"].to_string()) + Amount::whole(1)).to_string());
    assert_eq!(refusal(till.post("/payment", order(more.clone())).await).1, "AMOUNT_MAXIMAL_ERROR");
    more["is_fixed_rate"] = json!(false);
    create(&till, more).await;
}

#[tokio::test]
async fn all_fields_of_an_order_are_taken_and_the_address_of_its_customer_too() {
    let till = Till::open().await;
    let order = order(json!({
        "pay_currency": "LTC", "order_id": "A-3", "order_description": "beans", "purchase_id": 5_123_456_789_u64,
        "payout_address": TRON, "payout_currency": "USDTTRC20", "payout_extra_id": null,
        "ipn_callback_url": "https://shop.example/ipn", "is_fixed_rate": true, "is_fee_paid_by_user": false,
    }));
    let request = till.http.post(format!("{}/payment", till.simulator.url()));
    let request = request.header("x-api-key", &till.credentials.api_key).header("origin-ip", "203.0.113.7");
    let made: Value = request.body(order.to_string()).send().await.unwrap().json().await.unwrap();
    assert_eq!((&made["purchase_id"], &made["order_id"]), (&json!("5123456789"), &json!("A-3")));
    let id: u64 = made["payment_id"].as_str().unwrap().parse().unwrap();
    let before = till.simulator.ledger().accounts;
    till.simulator.change_payment(id, PaymentChange::Status(PaymentStatus::Finished)).unwrap();
    let read = till.read(&format!("/payment/{id}")).await;
    assert_eq!(
        (&read["outcome_currency"], &read["purchase_id"]),
        (&json!("usdttrc20"), &json!(5_123_456_789_u64))
    );
    assert!(read["payout_hash"].is_string());
    assert_eq!(till.simulator.ledger().accounts, before, "it went to an address of the shop's own");
}

#[tokio::test]
async fn a_payment_that_follows_a_partial_one_shares_its_purchase() {
    let till = Till::open().await;
    let first = create(&till, json!({})).await;
    till.simulator.change_payment(first, PaymentChange::Status(PaymentStatus::PartiallyPaid)).unwrap();
    let purchase = till.read(&format!("/payment/{first}")).await["purchase_id"].clone();
    let second = create(&till, json!({ "pay_currency": "eth", "purchase_id": purchase.to_string() })).await;
    let read = till.read(&format!("/payment/{second}")).await;
    assert_eq!(read["purchase_id"], purchase);
    assert!(read.get("parent_payment_id").is_none());
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
async fn the_wrong_asset_is_a_payment_of_its_own_in_the_coin_that_came() {
    let till = Till::open().await;
    let id = create(&till, json!({ "pay_currency": "eth", "order_id": "A-4" })).await;
    let wrong = |coin: &str| PaymentChange::PayIn(amount("40"), coin.to_owned());
    till.simulator.change_payment(id, wrong("USDTERC20")).unwrap();
    let parent = till.read(&format!("/payment/{id}")).await;
    assert_eq!(parent["payment_status"], "waiting", "its own coin did not come");
    till.step(60);
    let child = till.read(&format!("/payment/{}", parent["payment_extra_ids"][0])).await;
    assert_eq!((&child["parent_payment_id"], &child["origin_type"]), (&json!(id), &json!("WRONG_ASSET")));
    assert_eq!((&child["pay_currency"], &child["actually_paid"]), (&json!("usdterc20"), &json!(40)));
    assert_eq!((&child["payment_status"], &child["order_id"]), (&json!("finished"), &json!("A-4")));
    assert_eq!(child["pay_address"], parent["pay_address"]);
    let worth = child["actually_paid_at_fiat"].as_f64().unwrap();
    assert!((30.0..40.0).contains(&worth), "so many euros, whatever the price was: {worth}");
    for coin in ["btc", "nope"] {
        assert!(till.simulator.change_payment(id, wrong(coin)).is_err(), "{coin}");
    }
    till.simulator.change_payment(id, PaymentChange::PayIn(amount("0.001"), "ETH".to_owned())).unwrap();
    assert_eq!(status(&till, id).await, "confirming", "its own coin is no wrong asset");
    assert!(till.is_conserved());
}

#[tokio::test]
async fn what_comes_while_a_payment_is_confirmed_counts_for_it() {
    let till = Till::open().await;
    let id = create(&till, json!({})).await;
    let due = amount(&till.read(&format!("/payment/{id}")).await["pay_amount"].to_string());
    till.simulator.change_payment(id, PaymentChange::Pay(amount("0.1"))).unwrap();
    till.simulator.change_payment(id, PaymentChange::Pay(due - amount("0.1"))).unwrap();
    till.step(60);
    assert_eq!(status(&till, id).await, "finished");
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
    assert!((2_000..3_800).contains(&total), "{total}");
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
