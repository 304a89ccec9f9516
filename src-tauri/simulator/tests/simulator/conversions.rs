use nowpayments_simulator::{Amount, ConversionStatus};
use serde_json::{Value, json};

use crate::till::{Till, id, refusal};

async fn convert(till: &Till, from: &str, to: &str, amount: &str) -> Value {
    let body = json!({ "amount": amount, "from_currency": from, "to_currency": to });
    till.make("/conversion", body).await
}

async fn read(till: &Till, conversion: &Value) -> Value {
    till.look(&format!("/conversion/{}", conversion["id"].as_str().unwrap())).await
}

#[tokio::test]
async fn one_coin_is_set_aside_and_becomes_another() {
    let till = Till::open().await;
    let created = convert(&till, "usdttrc20", "USDTERC20", "50").await;
    let expected = json!({
        "id": created["id"], "status": "WAITING", "from_currency": "USDTTRC20", "to_currency": "USDTERC20",
        "from_amount": 50, "to_amount": 50,
        "created_at": "2026-03-02T09:02:05.000Z", "updated_at": "2026-03-02T09:02:05.000Z",
    });
    assert_eq!(created, expected);
    assert!(created["id"].is_string());
    assert_eq!(till.balance(None, "usdttrc20").await, (json!(30950), json!(50)));
    till.step(4);
    assert_eq!(read(&till, &created).await["status"], "PROCESSING");
    assert_eq!(till.balance(None, "usdterc20").await.0, json!(12500));
    till.step(8);
    let done = read(&till, &created).await;
    assert_eq!((&done["status"], &done["to_amount"]), (&json!("FINISHED"), &json!(50)));
    assert_eq!(till.balance(None, "usdttrc20").await, (json!(30950), json!(0)));
    assert_eq!(till.balance(None, "usdterc20").await, (json!(12550), json!(0)));
    assert!(till.is_conserved());
}

#[tokio::test]
async fn the_rate_is_that_of_the_end_and_what_came_in_is_what_the_ledger_says() {
    let till = Till::open().await;
    let created = convert(&till, "TRX", "eth", "333.3").await;
    till.step(15);
    let ledger = till.simulator.ledger();
    let done = &ledger.conversions[0];
    let came = done.to_amount.unwrap();
    assert_eq!(done.status, ConversionStatus::Finished);
    assert_eq!(ledger.accounts["eth"].bought, came);
    assert_eq!(ledger.accounts["trx"].sold.to_string(), "333.3");
    // The answer has the digits of binary floating point; what was booked is exact.
    let shown = read(&till, &created).await["to_amount"].as_f64().unwrap();
    let exact: f64 = came.to_string().parse().unwrap();
    assert!((shown - exact).abs() < 1e-15 && exact > 0.02, "{shown} {exact}");
    let worth = till.read("/estimate?amount=333.3&currency_from=trx&currency_to=eth").await;
    assert_eq!(worth["estimated_amount"], json!(came.to_string()));
}

#[tokio::test]
async fn more_than_there_is_waits_and_is_rejected() {
    let till = Till::open().await;
    let hopeless = convert(&till, "btc", "usdttrc20", "1.36").await;
    assert_eq!(hopeless["status"], "WAITING");
    assert_eq!(till.balance(None, "btc").await, (json!(1.35), json!(0)), "nothing is set aside");
    till.step(15);
    let rejected = read(&till, &hopeless).await;
    assert_eq!((&rejected["status"], &rejected["to_amount"]), (&json!("REJECTED"), &Value::Null));
    assert_eq!(till.balance(None, "btc").await, (json!(1.35), json!(0)));

    let patient = convert(&till, "btc", "usdttrc20", "1.36").await;
    till.simulator.set_balances(&[("btc".to_owned(), Amount::whole(2))].into()).unwrap();
    till.step(15);
    assert_eq!(read(&till, &patient).await["status"], "FINISHED");
    assert_eq!(till.balance(None, "btc").await.0, json!(0.64));
    assert!(till.is_conserved());
}

#[tokio::test]
async fn two_conversions_do_not_spend_the_same_money() {
    let till = Till::open().await;
    for _ in 0..2 {
        convert(&till, "btc", "ltc", "0.8").await;
    }
    till.step(15);
    let statuses: Vec<_> = till.simulator.ledger().conversions.iter().map(|one| one.status).collect();
    assert_eq!(statuses, [ConversionStatus::Finished, ConversionStatus::Rejected]);
}

#[tokio::test]
async fn wrong_conversions_are_refused_with_their_reason() {
    let till = Till::open().await;
    let body = |from: &str, to: &str, amount: Value| json!({ "amount": amount, "from_currency": from, "to_currency": to });
    for (body, status, code, message) in [
        (json!({}), 400, "INVALID_REQUEST_PARAMS", "amount is required"),
        (json!({ "amount": 1 }), 400, "INVALID_REQUEST_PARAMS", "from_currency is required"),
        (
            json!({ "amount": 1, "from_currency": "trx" }),
            400,
            "INVALID_REQUEST_PARAMS",
            "to_currency is required",
        ),
        (body("trx", "eth", json!(0)), 400, "INVALID_REQUEST_PARAMS", "amount must be a positive number"),
        (body("trx", "eth", json!("ten")), 400, "INVALID_REQUEST_PARAMS", "amount must be a number"),
        (body("xmr", "eth", json!(1)), 404, "NOT_FOUND", "Partner balance not found"),
        (body("usd", "eth", json!(1)), 404, "NOT_FOUND", "Partner balance not found"),
        (body("trx", "trx", json!(1)), 400, "BAD_REQUEST", "Currency trx is not convertable to trx now"),
        (body("trx", "BTG", json!(1)), 400, "BAD_REQUEST", "Currency trx is not convertable to btg now"),
        (body("trx", "eur", json!(1)), 400, "CURRENCY_UNAVAILABLE", "Currency EUR is currently unavailable"),
        (
            body("doge", "btc", json!(0.001)),
            400,
            "AMOUNT_MINIMAL_ERROR",
            "Crypto amount 0.001 is less than minimal",
        ),
    ] {
        let (got, word, text) = refusal(till.post_with_login("/conversion", body.clone()).await);
        assert_eq!((got, word.as_str(), text.as_str()), (status, code, message), "{body}");
    }
    for unknown in ["7", "conv-123"] {
        let (status, _, message) = refusal(till.get_with_login(&format!("/conversion/{unknown}")).await);
        assert_eq!((status, message.as_str()), (500, "The server encountered an internal error"));
    }
    assert!(till.simulator.ledger().conversions.is_empty());
}

#[tokio::test]
async fn conversions_are_filtered_and_paged() {
    let till = Till::open().await;
    let first = convert(&till, "trx", "eth", "10").await;
    till.step(60);
    convert(&till, "btc", "eth", "9").await;
    till.step(60);
    let last = convert(&till, "trx", "btc", "30").await;
    let found = async |query: &str| -> Vec<String> {
        let rows = till.look(&format!("/conversion?{query}")).await;
        rows.as_array().unwrap().iter().map(|row| row["from_amount"].to_string()).collect()
    };
    assert_eq!(found("").await, ["10", "9", "30"]);
    assert_eq!(found("order=DESC&limit=2").await, ["30", "9"]);
    assert_eq!(found("offset=2").await, ["30"]);
    assert_eq!(found("status=FINISHED").await, ["10"]);
    assert_eq!(found("status[]=WAITING&status[]=REJECTED").await, ["9", "30"]);
    assert_eq!(found("from_currency=TRX").await, ["10", "30"]);
    assert_eq!(found("from_currency=trx&to_currency=btc").await, ["30"]);
    assert_eq!(found("created_at_from=2026-03-02T09:03:00Z").await, ["9", "30"]);
    assert_eq!(found("created_at_to=2026-03-02T09:03:00Z").await, ["10"]);
    let ids = format!("id={}&id={}", id(&last), id(&first));
    assert_eq!(found(&ids).await, ["10", "30"]);
    let (_, answer) = till.get_with_login("/conversion?limit=1").await;
    assert_eq!(answer["count"], 3);
    for (query, message) in [
        ("status=DONE", "status must be one of [WAITING, PROCESSING, FINISHED, REJECTED]"),
        ("created_at_from=soon", "created_at_from must be a valid date"),
    ] {
        assert_eq!(refusal(till.get_with_login(&format!("/conversion?{query}")).await).2, message);
    }
}

#[tokio::test]
async fn a_conversion_is_rejected_or_finished_by_hand() {
    let till = Till::open().await;
    let hand = |conversion: &Value, status| {
        till.simulator.change_conversion(id(conversion), status).map_err(|error| error.to_string())
    };
    let failing = convert(&till, "xrp", "trx", "100").await;
    hand(&failing, ConversionStatus::Processing).unwrap();
    assert_eq!(hand(&failing, ConversionStatus::Waiting), Err("a conversion only moves forward".to_owned()));
    hand(&failing, ConversionStatus::Rejected).unwrap();
    assert_eq!(till.balance(None, "xrp").await, (json!(8500), json!(0)));
    assert_eq!(
        hand(&failing, ConversionStatus::Finished),
        Err("the conversion has already ended".to_owned())
    );
    let quick = convert(&till, "xrp", "trx", "100").await;
    hand(&quick, ConversionStatus::Finished).unwrap();
    assert_eq!(till.balance(None, "xrp").await, (json!(8400), json!(0)));
    let short = convert(&till, "xrp", "trx", "90000").await;
    assert_eq!(
        hand(&short, ConversionStatus::Finished),
        Err("the balance is too small for the conversion".to_owned())
    );
    till.step(20);
    assert_eq!(read(&till, &failing).await["status"], "REJECTED");
    assert!(till.simulator.change_conversion(7, ConversionStatus::Rejected).is_err());
    assert!(till.is_conserved());
}
