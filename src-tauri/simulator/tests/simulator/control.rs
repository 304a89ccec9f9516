use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use crate::till::{TRON, Till};

async fn control(till: &Till, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let mut request = till.http.request(method, format!("{}{path}", till.simulator.control_url()));
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
}

async fn post(till: &Till, path: &str, body: Value) -> (u16, Value) {
    control(till, Method::POST, path, Some(body)).await
}

async fn get(till: &Till, path: &str) -> Value {
    let (status, answer) = control(till, Method::GET, path, None).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

#[tokio::test]
async fn the_clock_is_read_stepped_and_paused() {
    let till = Till::open().await;
    assert_eq!(get(&till, "/clock").await["paused"], true);
    let (_, stepped) = post(&till, "/clock", json!({ "step": 3600 })).await;
    assert_eq!(stepped["now"], "2026-03-02T10:02:05Z");
    let (_, running) = post(&till, "/clock", json!({ "speed": 600, "paused": false })).await;
    assert_eq!((&running["speed"], &running["paused"]), (&json!(600), &json!(false)));
    let (_, back) = post(&till, "/clock", json!({ "step": -50, "paused": true })).await;
    let time = |reading: &Value| reading["now"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    assert!(time(&back) >= time(&stepped), "it never goes back");
    assert_eq!(post(&till, "/clock", json!({ "leap": 1 })).await.0, 422);
}

#[tokio::test]
async fn a_payout_can_be_followed_and_failed_over_the_control_port() {
    let till = Till::open().await;
    assert_eq!(post(&till, "/balances", json!({ "TRX": "100" })).await.0, 200);
    let rows = json!([{ "address": TRON, "currency": "trx", "amount": 40, "unique_external_id": "mine" }]);
    let batch = till.create(rows).await;
    let code = get(&till, "/code").await;
    assert!((1..=30).contains(&code["seconds_left"].as_u64().unwrap()));
    assert_eq!(till.verify(&batch, code["code"].as_str().unwrap()).await.0, 200);
    let ledger = get(&till, "/ledger").await;
    let row = &ledger["payouts"][0];
    assert_eq!((&row["status"], &row["unique_external_id"]), (&json!("WAITING"), &json!("mine")));
    assert_eq!(ledger["conserved"], true);
    let path = format!("/payouts/{}", row["id"].as_str().unwrap());
    assert_eq!(post(&till, &path, json!({ "status": "FAILED" })).await.0, 200);
    assert_eq!(till.statuses(&batch).await, ["FAILED"]);
    assert_eq!(get(&till, "/ledger").await["accounts"]["trx"]["balance"], "100");
    let (status, problem) = post(&till, &path, json!({ "status": "REJECTED" })).await;
    assert_eq!((status, &problem["error"]), (409, &json!("a failed payout can only be resumed")));
    assert_eq!(post(&till, "/payouts/1", json!({ "status": "FAILED" })).await.0, 404);
}

#[tokio::test]
async fn a_payment_is_paid_over_the_control_port() {
    let till = Till::open().await;
    let order = json!({ "price_amount": 60, "price_currency": "usd", "pay_currency": "trx" });
    let (_, payment) = till.post("/payment", order).await;
    let path = format!("/payments/{}", payment["payment_id"].as_str().unwrap());
    assert_eq!(post(&till, &path, json!({ "pay": payment["pay_amount"].to_string() })).await.0, 200);
    till.step(60);
    let read = till.read(&format!("/payment/{}", payment["payment_id"].as_str().unwrap())).await;
    assert_eq!((&read["payment_status"], &read["actually_paid_at_fiat"]), (&json!("finished"), &json!(60)));
    assert_eq!(post(&till, &path, json!({ "status": "failed" })).await.0, 409);
    assert_eq!(post(&till, &path, json!({ "pay": "999999999" })).await.0, 409);
    assert_eq!(post(&till, "/payments/1", json!({ "pay": "1" })).await.0, 404);
    assert_eq!(post(&till, &path, json!({ "pay": "40", "currency": "usdttrc20" })).await.0, 200);
    let read = till.read(&format!("/payment/{}", payment["payment_id"].as_str().unwrap())).await;
    assert_eq!(read["payment_extra_ids"].as_array().unwrap().len(), 1, "in the wrong asset");
    for wish in [json!({}), json!({ "currency": "trx" }), json!({ "pay": "1", "status": "failed" })] {
        assert_eq!(post(&till, &path, wish).await.0, 422);
    }
}

#[tokio::test]
async fn the_account_is_followed_and_ended_over_the_control_port() {
    let till = Till::open().await;
    let ines = till.customer("ines").await;
    let body = json!({ "currency": "trx", "amount": 40, "sub_partner_id": ines });
    let transfer = till.make("/sub-partner/deposit", body).await;
    let body = json!({ "amount": 5, "from_currency": "sol", "to_currency": "eth" });
    let conversion = till.make("/conversion", body).await;
    let account = json!({
        "currency": "myr", "paymentCode": "my_maybank", "provider": "transfi", "countryCode": "MY",
        "fields": { "accountNumber": "114008877" },
    });
    till.make("/fiat-payouts/account", account).await;
    let body =
        json!({ "fiatCurrency": "myr", "cryptoCurrency": "btc", "amount": 0.1, "provider": "transfi" });
    let payout = till.make("/fiat-payouts", body).await;
    let ledger = get(&till, "/ledger").await;
    assert_eq!(ledger["customers"][0]["name"], "ines");
    for (what, of, amount, end) in [
        ("transfers", &transfer, "amount", "REJECTED"),
        ("conversions", &conversion, "from_amount", "REJECTED"),
        ("fiat_payouts", &payout, "amount", "FAILED"),
    ] {
        let (row, number) = (&ledger[what][0], of["id"].as_str().unwrap());
        assert_eq!(row["id"].to_string(), number);
        assert!(row[amount].is_string(), "{row}");
        let path = format!("/{}/{number}", what.replace('_', "-"));
        assert_eq!(post(&till, &path, json!({ "status": "LOST" })).await.0, 422);
        assert_eq!(post(&till, &path, json!({ "status": end })).await.0, 200);
        assert_eq!(post(&till, &path, json!({ "status": end })).await.0, 409, "it has ended");
        assert_eq!(get(&till, "/ledger").await[what][0]["status"], end);
        let unknown = format!("/{}/7", what.replace('_', "-"));
        assert_eq!(post(&till, &unknown, json!({ "status": end })).await.0, 404);
    }
    let ledger = get(&till, "/ledger").await;
    for (coin, balance) in [("trx", "52000"), ("sol", "140"), ("btc", "1.35")] {
        assert_eq!(ledger["accounts"][coin]["balance"], balance);
    }
    assert_eq!(ledger["conserved"], true);
}

#[tokio::test]
async fn a_subscriber_pays_over_the_control_port() {
    let till = Till::open().await;
    let plan = json!({ "title": "Club", "interval_day": 30, "amount": 20, "currency": "eur" });
    let plan = till.make("/subscriptions/plans", plan).await;
    let body = json!({ "subscription_plan_id": plan["id"], "email": "ines@beans.example" });
    let subscription = till.make("/subscriptions", body).await[0].take();
    let path = format!("/subscriptions/{}", subscription["id"].as_str().unwrap());
    for (wish, status) in [
        (json!({ "pay": "all" }), 422),
        (json!({ "pay": "-1" }), 409),
        (json!({ "pay": "12.5" }), 200),
        (json!({ "status": "EXPIRED" }), 200),
        (json!({ "pay": "full" }), 409),
        (json!({ "status": "WAITING_PAY" }), 200),
        (json!({ "pay": "full" }), 200),
    ] {
        assert_eq!(post(&till, &path, wish.clone()).await.0, status, "{wish}");
    }
    till.step(30);
    let row = &get(&till, "/ledger").await["subscriptions"][0];
    assert_eq!(
        (&row["status"], &row["subscriber"]),
        (&json!("PAID"), &json!({ "email": "ines@beans.example" }))
    );
    assert_eq!((&row["paid"], &row["period"]), (&json!("20"), &json!(2)));
    assert_eq!(post(&till, "/subscriptions/7", json!({ "pay": "full" })).await.0, 404);
}

#[tokio::test]
async fn balances_of_unknown_coins_or_below_zero_are_refused() {
    let till = Till::open().await;
    let before = till.simulator.ledger();
    assert_eq!(post(&till, "/balances", json!({ "btc": "2", "nope": "1" })).await.0, 404);
    assert_eq!(post(&till, "/balances", json!({ "btc": "-2" })).await.0, 409);
    assert_eq!(till.simulator.ledger(), before);
}

#[tokio::test]
async fn calls_are_logged_with_what_they_asked_and_how_they_were_answered() {
    let till = Till::open().await;
    till.post("/payment", json!({ "price_amount": 1 })).await;
    till.get("/payout?limit=3").await;
    let log = get(&till, "/requests").await;
    assert_eq!(log[0]["body"], r#"{"price_amount":1}"#);
    assert_eq!((&log[0]["status"], &log[0]["method"]), (&json!(400), &json!("POST")));
    assert_eq!(log[1]["target"], "/payout?limit=3");
}
