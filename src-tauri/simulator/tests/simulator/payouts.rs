use nowpayments_simulator::{PayoutStatus, Switches};
use serde_json::{Value, json};

use crate::till::{BITCOIN, ETHEREUM, TRON, Till, refusal};

fn three() -> Value {
    json!([
        { "address": TRON, "currency": "TRX", "amount": 200, "unique_external_id": "row-1" },
        { "address": ETHEREUM, "currency": "eth", "amount": "0.25", "unique_external_id": "row-2" },
        { "address": BITCOIN, "currency": "btc", "amount": 0.001234, "payout_description": "beans" },
    ])
}

#[tokio::test]
async fn an_address_is_valid_or_named() {
    let till = Till::open().await;
    for (currency, address) in [("TRX", TRON), ("usdttrc20", TRON), ("btc", BITCOIN), ("ETH", ETHEREUM)] {
        let body = json!({ "address": address, "currency": currency, "extra_id": null });
        assert_eq!(till.post("/payout/validate-address", body).await, (200, json!("OK")));
    }
    for (currency, address) in [
        ("eth", TRON),
        ("trx", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u"),
        ("btc", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"),
        ("eth", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"),
        ("nope", TRON),
    ] {
        let answer =
            till.post("/payout/validate-address", json!({ "address": address, "currency": currency })).await;
        let message = format!("Invalid payout_address: [{currency}] [{address}]");
        assert_eq!(refusal(answer), (400, "BAD_CREATE_WITHDRAWAL_REQUEST".to_owned(), message));
    }
    let tagged =
        json!({ "address": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "currency": "xrp", "extra_id": "12x" });
    assert_eq!(
        refusal(till.post("/payout/validate-address", tagged).await).2,
        "Invalid payout_extra_id: [xrp] [12x]"
    );
}

#[tokio::test]
async fn a_batch_is_created_verified_and_finished() {
    let till = Till::open().await;
    let before = till.simulator.ledger().accounts["trx"];
    let batch = till.create(three()).await;
    assert_eq!(till.statuses(&batch).await, ["CREATING"; 3]);
    till.step(120);
    assert_eq!(till.statuses(&batch).await, ["CREATING"; 3], "nothing happens before the code");
    till.approve(&batch).await;
    assert_eq!(till.statuses(&batch).await, ["WAITING"; 3]);
    till.step(3);
    assert_eq!(till.statuses(&batch).await, ["PROCESSING"; 3]);
    till.step(12);
    assert_eq!(till.statuses(&batch).await, ["FINISHED"; 3]);
    let ledger = till.simulator.ledger();
    assert!(ledger.payouts.iter().all(|row| row.times_paid == 1 && row.hash.is_some()));
    let after = ledger.accounts["trx"];
    assert_eq!(after.paid.to_string(), "200");
    assert_eq!(before.balance, after.balance + after.paid + after.fees);
    assert!(till.is_conserved());
}

#[tokio::test]
async fn the_answer_of_creation_mixes_two_spellings_and_reading_does_not() {
    let till = Till::open().await;
    let (_, created) = till.post_with_login("/payout", json!({ "withdrawals": three() })).await;
    let rows = created["withdrawals"].as_array().unwrap();
    assert!(rows[0]["created_at"].is_string() && rows[1]["createdAt"].is_string());
    assert!(rows[1].get("created_at").is_none());
    assert_eq!((&rows[0]["amount"], &rows[0]["currency"]), (&json!("200"), &json!("trx")));
    assert_eq!((&rows[0]["fee"], &rows[0]["batch_withdrawal_id"]), (&Value::Null, &created["id"]));
    let read = till.read(&format!("/payout/{}", created["id"].as_str().unwrap())).await;
    assert!(read["createdAt"].is_string() && read.get("created_at").is_none());
    assert!(read["withdrawals"].as_array().unwrap().iter().all(|row| row["created_at"].is_string()));
    assert_eq!(read["withdrawals"][0]["amount"], "200.000000");
    let one = till.read(&format!("/payout/{}", rows[1]["id"].as_str().unwrap())).await;
    assert_eq!((&one["id"], one["withdrawals"].as_array().unwrap().len()), (&created["id"], 1));
}

#[tokio::test]
async fn ten_wrong_codes_close_a_batch_for_good() {
    let till = Till::open().await;
    let batch = till.create(three()).await;
    for _ in 0..10 {
        let (status, _, message) = refusal(till.verify(&batch, "000000").await);
        assert_eq!((status, message.as_str()), (400, "Invalid verification code"));
    }
    let right = till.simulator.code().code;
    assert_eq!(refusal(till.verify(&batch, &right).await).2, "Verification attempts limit exceeded");
    assert_eq!(till.statuses(&batch).await, ["CREATING"; 3]);
    till.step(3600);
    assert_eq!(till.statuses(&batch).await, ["REJECTED"; 3]);
    assert!(till.simulator.ledger().payouts.iter().all(|row| row.times_paid == 0));
}

#[tokio::test]
async fn nine_wrong_codes_leave_one_more() {
    let till = Till::open().await;
    let batch = till.create(three()).await;
    for _ in 0..9 {
        refusal(till.verify(&batch, "000000").await);
    }
    till.approve(&batch).await;
}

#[tokio::test]
async fn a_code_opens_one_batch_and_the_next_one_waits_for_the_next_code() {
    let till = Till::open().await;
    let (first, second) = (till.create(three()).await, till.create(three()).await);
    let code = till.simulator.code().code;
    till.approve(&first).await;
    assert_eq!(refusal(till.verify(&second, &code).await).2, "Invalid verification code");
    assert_eq!(refusal(till.verify(&first, &code).await).2, "Payout is already verified");
    till.step(30);
    till.approve(&second).await;
}

#[tokio::test]
async fn an_unverified_batch_is_rejected_after_an_hour_and_the_money_comes_back() {
    let till = Till::open().await;
    let before = till.simulator.ledger().accounts;
    let batch = till.create(three()).await;
    let reserved = till.simulator.ledger().accounts["btc"];
    assert!(reserved.balance < before["btc"].balance && reserved.pending > Default::default());
    till.step(3599);
    assert_eq!(till.statuses(&batch).await, ["CREATING"; 3]);
    till.step(1);
    assert_eq!(till.statuses(&batch).await, ["REJECTED"; 3]);
    assert_eq!(till.simulator.ledger().accounts, before);
    let code = till.simulator.code().code;
    assert_eq!(refusal(till.verify(&batch, &code).await).2, "Payout is rejected");
}

#[tokio::test]
async fn wrong_bodies_are_refused_with_the_field_and_the_reason() {
    let till = Till::open().await;
    let row = |extra: Value| {
        let mut row = json!({ "address": TRON, "currency": "trx", "amount": 200 });
        row.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({ "withdrawals": [row] })
    };
    let withdrawal = "BAD_CREATE_WITHDRAWAL_REQUEST";
    let params = "INVALID_REQUEST_PARAMS";
    for (body, code, message) in [
        (json!({}), params, "withdrawals is required"),
        (json!({ "withdrawals": [] }), params, "withdrawals must contain at least 1 items"),
        (json!({ "withdrawals": {} }), params, "withdrawals must be an array"),
        (
            json!({ "payout_description": "x", "withdrawals": three() }),
            params,
            "payout_description is not allowed",
        ),
        (row(json!({ "memo": "x" })), params, "\"withdrawals[0]\" does not match any of the allowed types"),
        (json!({ "withdrawals": [7] }), params, "\"withdrawals[0]\" does not match any of the allowed types"),
        (row(json!({ "address": null })), params, "withdrawals[0].address is required"),
        (row(json!({ "amount": null })), params, "withdrawals[0].amount is required"),
        (row(json!({ "amount": 0 })), params, "withdrawals[0].amount must be a positive number"),
        (
            row(json!({ "amount": "12.1234567" })),
            params,
            "withdrawals[0].amount must have no more than 6 decimal places",
        ),
        (row(json!({ "fiat_amount": 5 })), params, "withdrawals[0].fiat_currency is required"),
        (row(json!({ "currency": "gusd" })), withdrawal, "Currency gusd is not available for payouts"),
        (
            row(json!({ "address": ETHEREUM })),
            withdrawal,
            &format!("Invalid payout_address: [trx] [{ETHEREUM}]"),
        ),
        (row(json!({ "amount": 0.5 })), withdrawal, "trx min amount is 7.10479573"),
    ] {
        let answer = till.post_with_login("/payout", body).await;
        assert_eq!(refusal(answer), (400, code.to_owned(), message.to_owned()));
    }
    assert!(till.simulator.ledger().payouts.is_empty());
    assert_eq!(refusal(till.verify("12", "000000").await).0, 404);
    assert_eq!(refusal(till.get("/payout/12").await).0, 404);
}

#[tokio::test]
async fn too_much_is_refused_with_what_there_is() {
    let till = Till::open().await;
    let rows = json!([
        { "address": BITCOIN, "currency": "btc", "amount": 1 },
        { "address": BITCOIN, "currency": "btc", "amount": 0.35 },
        { "address": TRON, "currency": "trx", "amount": 10 },
    ]);
    let (status, answer) = till.post_with_login("/payout", json!({ "withdrawals": rows })).await;
    assert_eq!(status, 400);
    assert_eq!(answer["code"], "BAD_CREATE_WITHDRAWAL_REQUEST");
    assert!(answer["message"].as_str().unwrap().contains("Insufficient balance"));
    let short = answer["current_values"].as_object().unwrap();
    assert_eq!(short.keys().collect::<Vec<_>>(), ["btc"]);
    assert_eq!(short["btc"]["actualBalance"], json!(1.35));
    assert!(short["btc"]["requested"].as_f64() > Some(1.35), "the fee counts");
}

#[tokio::test]
async fn an_amount_in_fiat_overrides_the_amount() {
    let till = Till::open().await;
    let row = json!([{
        "address": TRON, "currency": "usdttrc20", "amount": 1, "fiat_amount": 100, "fiat_currency": "EUR",
    }]);
    let (_, created) = till.post_with_login("/payout", json!({ "withdrawals": row })).await;
    let row = &created["withdrawals"][0];
    assert_eq!(
        (&row["amount"], &row["fiat_amount"], &row["fiat_currency"]),
        (&json!("115.84"), &json!("100"), &json!("eur"))
    );
}

#[tokio::test]
async fn only_whitelisted_addresses_are_paid_when_there_is_a_list() {
    let till = Till::open().await;
    till.simulator
        .set_switches(Switches { address_whitelist: Some(vec![TRON.to_owned()]), ..Switches::default() });
    let (status, code, _) = refusal(till.post_with_login("/payout", json!({ "withdrawals": three() })).await);
    assert_eq!((status, code.as_str()), (400, "BAD_CREATE_WITHDRAWAL_REQUEST"));
    till.create(json!([{ "address": TRON, "currency": "trx", "amount": 10 }])).await;
}

#[tokio::test]
async fn a_failed_row_gets_its_money_back_and_may_still_be_paid_later() {
    let till = Till::open().await;
    let before = till.simulator.ledger().accounts["eth"].balance;
    till.simulator
        .set_switches(Switches { failing_addresses: vec![ETHEREUM.to_owned()], ..Switches::default() });
    let batch = till.create(three()).await;
    till.approve(&batch).await;
    till.step(20);
    assert_eq!(till.statuses(&batch).await, ["FINISHED", "FAILED", "FINISHED"]);
    let ledger = till.simulator.ledger();
    assert_eq!(ledger.accounts["eth"].balance, before);
    let failed = ledger.payouts.iter().find(|row| row.status == PayoutStatus::Failed).unwrap();
    assert_eq!(failed.times_paid, 0);
    till.simulator.change_payout(failed.id.parse().unwrap(), PayoutStatus::Sending).unwrap();
    till.step(20);
    assert_eq!(till.statuses(&batch).await, ["FINISHED"; 3]);
    assert!(till.simulator.ledger().payouts.iter().all(|row| row.times_paid == 1));
    assert!(till.is_conserved());
}

#[tokio::test]
async fn what_has_ended_cannot_be_forced() {
    let till = Till::open().await;
    let batch = till.create(three()).await;
    till.approve(&batch).await;
    till.step(20);
    let row: u64 = till.simulator.ledger().payouts[0].id.parse().unwrap();
    for status in [PayoutStatus::Failed, PayoutStatus::Finished, PayoutStatus::Rejected] {
        assert!(till.simulator.change_payout(row, status).is_err());
    }
    assert!(till.simulator.change_payout(7, PayoutStatus::Failed).is_err());
}

#[tokio::test]
async fn the_list_is_filtered_ordered_and_paged() {
    let till = Till::open().await;
    let first = till.create(three()).await;
    till.step(60);
    let second = till.create(three()).await;
    till.approve(&second).await;
    till.step(20);
    let rows = async |query: &str| {
        till.read(&format!("/payout?{query}")).await["payouts"].as_array().unwrap().clone()
    };
    assert_eq!(rows("").await.len(), 6);
    assert_eq!(rows("status=finished").await.len(), 3);
    assert_eq!(rows("status=CREATING").await.len(), 3);
    assert!(rows(&format!("batch_id={first}")).await.iter().all(|row| row["batch_withdrawal_id"] == first));
    assert_eq!(rows("date_from=2026-03-02T09:02:30Z").await.len(), 3);
    let ids = async |query| {
        rows(query).await.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = ids("order=asc&limit=500").await;
    assert!(all.is_sorted());
    assert_eq!([ids("order=asc&limit=4").await, ids("order=asc&limit=4&page=1").await].concat(), all);
    let by_coin = rows("order_by=currency&order=asc").await;
    assert!(by_coin.is_sorted_by_key(|row| row["currency"].as_str().unwrap()));
    assert_eq!(refusal(till.get("/payout?order=up").await).0, 500);
}

#[tokio::test]
async fn fees_echo_the_ticker_and_minimums_come_in_their_own_envelope() {
    let till = Till::open().await;
    let fee = till.read("/payout/fee?currency=USDTTRC20&amount=500").await;
    assert_eq!(fee, json!({ "currency": "USDTTRC20", "fee": 1.33 }));
    let least = till.read("/payout-withdrawal/min-amount/btc").await;
    assert_eq!(least, json!({ "success": true, "result": 0.00005194 }));
    assert_eq!(refusal(till.get("/payout/fee?currency=nope&amount=5").await).0, 400);
}
