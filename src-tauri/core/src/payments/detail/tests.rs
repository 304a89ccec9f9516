use std::path::Path;

use chrono::Utc;
use serde_json::{Value, json};

use super::*;
use crate::{
    payments::cache::{Answered, absorb},
    shops::ShopContext,
};

const HASH: &str = "a1075db55d416d3ca199f55b6084e2115b9345e16c5cf302fc80e9d5fbf5d48d";
const TRON: &str = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";

/// A payment of 25 USD in TRX that waits, with what a test says of it.
fn payment(id: u64, own: Value) -> Value {
    let mut payment = json!({
        "payment_id": id, "payment_status": "waiting", "pay_address": TRON, "price_amount": 25,
        "price_currency": "usd", "pay_amount": 100, "actually_paid": 0, "pay_currency": "trx",
        "purchase_id": 9_000 + id, "created_at": "2026-03-01T10:00:00.000Z", "updated_at": "2026-03-01T10:00:00.000Z",
    });
    let members = payment.as_object_mut().unwrap();
    members.extend(own.as_object().unwrap().clone());
    payment
}

/// A shop that has these payments, and knows TRX and BTC.
async fn shop(folder: &Path, answers: &[Value]) -> Payments {
    let ctx = ShopContext::for_test(folder).await;
    let mut db = ctx.write().await.unwrap();
    for code in ["trx", "btc"] {
        let coin = json!({ "id": 1, "code": code, "name": code, "enable": true, "network": code });
        sqlx::query("INSERT INTO coins (code, position, answer) VALUES (?, 0, ?)")
            .bind(code)
            .bind(coin.to_string())
            .execute(&mut *db)
            .await
            .unwrap();
    }
    let answers: Vec<_> = answers
        .iter()
        .map(|answer| Answered {
            payment: serde_json::from_value(answer.clone()).unwrap(),
            json: answer.to_string(),
        })
        .collect();
    absorb(&mut db, &answers, Utc::now()).await.unwrap();
    db.commit().await.unwrap();
    Payments::new(ctx)
}

/// The payment with the id 1, alone in its shop.
async fn alone(own: Value) -> PaymentDetail {
    let folder = tempfile::tempdir().unwrap();
    shop(folder.path(), &[payment(1, own)]).await.get("1").await.unwrap()
}

fn text<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

fn said(worth: Option<&Worth>) -> Option<(String, bool)> {
    worth.map(|worth| (worth.amount.to_string(), worth.about))
}

#[tokio::test]
async fn a_payment_that_waits_has_a_link_to_pay_it_and_no_differences() {
    let detail = alone(json!({
        "pay_currency": "btc", "pay_address": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "pay_amount": 0.00025,
        "valid_until": "2026-03-08T10:00:00.000Z", "expiration_estimate_date": "2026-03-01T10:20:00.000Z",
        "outcome_amount": 0.00024, "outcome_currency": "btc", "is_fixed_rate": true, "is_fee_paid_by_user": false,
        "ipn_callback_url": "https://shop.example/ipn", "type": "crypto2crypto",
    }))
    .await;
    let link = "bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa?amount=0.00025";
    assert_eq!(detail.pay_link.as_deref(), Some(link));
    assert_eq!((&detail.missing, &detail.missing_worth, &detail.fees), (&None, &None, &None));
    assert_eq!(detail.row.worth, None);
    assert_eq!(detail.explorers, [PaymentTrace::Address]);
    assert_eq!(text(detail.price_holds_until).as_deref(), Some("2026-03-01 10:20:00 UTC"));
    assert_eq!(text(detail.waits_until).as_deref(), Some("2026-03-08 10:00:00 UTC"));
    assert_eq!((detail.is_fixed_rate, detail.is_fee_paid_by_user), (Some(true), Some(false)));
    assert_eq!(detail.callback_url.as_deref(), Some("https://shop.example/ipn"));
    assert_eq!((detail.kind.as_deref(), detail.network.as_deref()), (Some("crypto2crypto"), Some("btc")));
}

#[tokio::test]
async fn how_long_a_payment_waits_is_known_after_an_answer_that_does_not_say_it() {
    let folder = tempfile::tempdir().unwrap();
    let whole = payment(1, json!({ "valid_until": "2026-03-08T10:00:00.000Z" }));
    let payments = shop(folder.path(), &[whole, payment(1, json!({}))]).await;
    let detail = payments.get("1").await.unwrap();
    assert_eq!(text(detail.waits_until).as_deref(), Some("2026-03-08 10:00:00 UTC"));
    assert!(!payments.answer("1").await.unwrap().contains("valid_until"), "the answer is the last one");
}

#[tokio::test]
async fn a_memo_is_never_lost_in_a_link() {
    let own = json!({ "pay_currency": "btc", "pay_address": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "payin_extra_id": "7" });
    let detail = alone(own).await;
    assert_eq!((detail.pay_link, detail.payin_extra_id.as_deref()), (None, Some("7")));
}

#[tokio::test]
async fn a_finished_payment_says_what_was_taken_and_where_it_can_be_seen() {
    let detail = alone(json!({
        "payment_status": "finished", "actually_paid": 100, "actually_paid_at_fiat": 24.97, "outcome_amount": 99.4005,
        "outcome_currency": "trx", "payin_hash": HASH, "payout_hash": HASH,
    }))
    .await;
    assert_eq!((detail.missing, detail.missing_worth), (None, None));
    assert_eq!(said(detail.row.worth.as_ref()), Some(("24.97".to_owned(), false)));
    let fees = detail.fees.unwrap();
    assert_eq!((fees.amount.to_string().as_str(), fees.currency.as_str()), ("0.5995", "trx"));
    assert_eq!(detail.explorers, PaymentTrace::ALL);
    assert_eq!(detail.pay_link, None);
}

#[tokio::test]
async fn fees_are_only_said_where_they_can_be_known() {
    #[track_caller]
    fn check(detail: &PaymentDetail, expected: Option<(&str, &str)>) {
        let fees = detail.fees.as_ref().map(|fees| (fees.amount.to_string(), fees.currency.as_str()));
        assert_eq!(fees, expected.map(|(amount, currency)| (amount.to_owned(), currency)));
    }
    let paid = |own: Value| {
        let mut all = json!({ "payment_status": "finished", "actually_paid": 90 });
        all.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        alone(all)
    };
    check(&paid(json!({ "outcome_amount": 89, "outcome_currency": "trx" })).await, Some(("1", "trx")));
    check(&paid(json!({ "outcome_amount": 0.2, "outcome_currency": "btc" })).await, None);
    check(&paid(json!({ "outcome_amount": 22, "outcome_currency": "usd" })).await, None);
    let stated = json!({ "outcome_amount": 22, "outcome_currency": "usd", "actually_paid_at_fiat": 22.5 });
    check(&paid(stated).await, Some(("0.5", "usd")));
    check(&paid(json!({ "outcome_amount": 91, "outcome_currency": "trx" })).await, None);
    let waits = json!({ "payment_status": "confirming", "outcome_amount": 89, "outcome_currency": "trx" });
    check(&paid(waits).await, None);
}

#[tokio::test]
async fn what_is_missing_or_beyond_is_exact_in_coin_and_said_in_the_currency_of_the_price() {
    #[track_caller]
    fn check(detail: &PaymentDetail, missing: &str, worth: Option<(&str, bool)>) {
        assert_eq!(text(detail.missing.as_ref()).as_deref(), Some(missing));
        let expected = worth.map(|(amount, about)| (amount.to_owned(), about));
        assert_eq!(said(detail.missing_worth.as_ref()), expected);
    }
    let paid = |amount: &'static str, stated: Value| {
        let status = "partially_paid";
        alone(json!({ "payment_status": status, "actually_paid": amount, "actually_paid_at_fiat": stated }))
    };
    check(&paid("60.000000000000000001", Value::Null).await, "39.999999999999999999", Some(("10", true)));
    check(&paid("60", json!(14.99)).await, "40", Some(("10.01", false)));
    check(&paid("120", Value::Null).await, "-20", Some(("-5", true)));
    check(&paid("120", json!(30.5)).await, "-20", Some(("-5.5", false)));
    // The rate of the statement is another than that of the price: it says nothing about what is missing.
    check(&paid("99", json!(26)).await, "1", None);
}

#[tokio::test]
async fn repeated_deposits_are_found_from_either_end_and_from_one_another() {
    let repeat =
        |id| payment(id, json!({ "parent_payment_id": 1, "purchase_id": 9001, "origin_type": "REPEATED" }));
    let folder = tempfile::tempdir().unwrap();
    let first = payment(1, json!({ "payment_extra_ids": [2, 3, 404] }));
    let payments = shop(folder.path(), &[first, repeat(2), repeat(3), payment(4, json!({}))]).await;
    let related = async |id: &str| {
        let related = payments.get(id).await.unwrap().related;
        assert_eq!(related.more, None);
        let related = related.payments.into_iter().map(|related| (related.row.id, related.relation));
        related.collect::<Vec<_>>()
    };
    let owned = |id: &str, relation| (id.to_owned(), relation);
    assert_eq!(related("1").await, [owned("3", Relation::Repeat), owned("2", Relation::Repeat)]);
    assert_eq!(related("2").await, [owned("1", Relation::First), owned("3", Relation::Sibling)]);
    assert_eq!(related("4").await, []);
    assert_eq!(payments.get("2").await.unwrap().origin_type.as_deref(), Some("REPEATED"));
}

#[tokio::test]
async fn a_deposit_in_another_coin_is_no_part_of_the_price() {
    let own = json!({
        "payment_status": "finished", "pay_currency": "btc", "pay_amount": 0.001, "actually_paid": 0.001,
        "parent_payment_id": 7, "origin_type": "wrong_asset",
    });
    let detail = alone(own.clone()).await;
    assert_eq!(detail.origin_type.as_deref(), Some("WRONG_ASSET"));
    assert_eq!((detail.row.worth, detail.missing, detail.missing_worth), (None, None, None));

    let mut stated = own;
    stated["actually_paid_at_fiat"] = json!(96.5);
    assert_eq!(said(alone(stated).await.row.worth.as_ref()), Some(("96.5".to_owned(), false)));
}

#[tokio::test]
async fn the_payments_of_an_invoice_are_given_in_part_and_the_rest_is_counted_and_found() {
    let folder = tempfile::tempdir().unwrap();
    let of_invoice = |id| payment(id, json!({ "invoice_id": 77 }));
    let mut answers: Vec<_> = (1..=20).map(of_invoice).collect();
    answers.push(payment(21, json!({ "invoice_id": 78 })));
    let payments = shop(folder.path(), &answers).await;
    let related = payments.get("5").await.unwrap().related;
    let ids: Vec<_> = related.payments.iter().map(|related| related.row.id.as_str()).collect();
    assert_eq!(ids, ["20", "19", "18", "17", "16", "15", "14", "13"]);
    assert!(related.payments.iter().all(|related| related.relation == Relation::Invoice));
    let more = related.more.unwrap();
    assert_eq!((more.count, more.search.as_deref()), (11, Some("invoice:77")));
    let query =
        crate::payments::PaymentQuery { search: more.search.unwrap(), limit: 50, ..Default::default() };
    assert_eq!(payments.list(query).await.unwrap().total, 20);
}

#[tokio::test]
async fn a_payment_is_related_once_in_the_nearest_way() {
    let folder = tempfile::tempdir().unwrap();
    let all = json!({ "invoice_id": 77, "purchase_id": 5 });
    let mut repeat = all.clone();
    repeat["parent_payment_id"] = json!(1);
    let answers = [
        payment(1, all.clone()),
        payment(2, repeat),
        payment(3, all),
        payment(4, json!({ "invoice_id": 77 })),
    ];
    let related = shop(folder.path(), &answers).await.get("1").await.unwrap().related;
    let related: Vec<_> = related.payments.iter().map(|one| (one.row.id.as_str(), one.relation)).collect();
    assert_eq!(related, [("2", Relation::Repeat), ("3", Relation::Purchase), ("4", Relation::Invoice)]);
}

#[tokio::test]
async fn the_answer_is_as_it_came_and_a_page_is_that_of_a_known_explorer() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = json!({ "payin_hash": "https://evil.example/#", "payout_hash": HASH, "order_description": "\u{202e}x" });
    let payments = shop(folder.path(), &[payment(1, hostile)]).await;
    let answer = payments.answer("1").await.unwrap();
    assert!(answer.contains("\n  \"price_amount\": 25,\n"), "{answer}");
    let page = payments.explorer_page("1", PaymentTrace::Address).await.unwrap();
    assert_eq!(page, format!("https://tronscan.org/#/address/{TRON}"));
    // The coin of the outcome is not known, and the other hash is none.
    for trace in [PaymentTrace::Payin, PaymentTrace::Payout] {
        let failure = payments.explorer_page("1", trace).await.unwrap_err();
        assert!(failure.message.contains("No page is known"), "{failure}");
    }
    for failure in [
        payments.answer("2").await.unwrap_err(),
        payments.explorer_page("2", PaymentTrace::Payin).await.unwrap_err(),
    ] {
        assert_eq!(failure.code, crate::FailureCode::NotFound);
    }
}

#[tokio::test]
async fn an_answer_that_this_version_cannot_read_leaves_what_the_cache_knows() {
    let folder = tempfile::tempdir().unwrap();
    let payments = shop(folder.path(), &[payment(1, json!({ "payin_hash": HASH }))]).await;
    sqlx::query("UPDATE payments SET answer = '{\"payment_id\": {}}'")
        .execute(&payments.ctx.db)
        .await
        .unwrap();
    let detail = payments.get("1").await.unwrap();
    assert_eq!((detail.payin_hash, detail.pay_address.as_deref()), (None, Some(TRON)));
    assert_eq!(payments.answer("1").await.unwrap(), "{\n  \"payment_id\": {}\n}");
}
