//! Tests: what the owner is told of the payments that the cache takes in.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use sqlx::{Connection, SqliteConnection};

use super::cache::{Answered, absorb};
use crate::{
    notifications::{NotificationRules, PaymentNews, take, tell_from},
    store,
};

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

const TOLD_FROM: &str = "2026-03-01T10:03:00.000Z";

/// What is true of a payment, in the order in which it is: those before [`TOLD_FROM`] were so when the shop was added.
const LIFE: [(&str, &str); 6] = [
    ("waiting", "2026-03-01T10:00:00.000Z"),
    ("confirming", "2026-03-01T10:02:00.000Z"),
    ("confirmed", "2026-03-01T10:02:00.000Z"), // a change that the API did not date
    ("partially_paid", "2026-03-01T10:09:00.000Z"),
    ("finished", "2026-03-01T11:00:00.000Z"),
    ("refunded", "2026-03-02T11:00:00.000Z"),
];

fn answer(id: u64, (status, updated_at): (&str, &str)) -> Answered {
    let json = serde_json::json!({
        "payment_id": id, "payment_status": status, "price_amount": 25, "price_currency": "usd", "pay_amount": "0.5",
        "pay_currency": "ltc", "order_id": format!("A-{id}"), "created_at": "2026-03-01T10:00:00.000Z",
        "updated_at": updated_at,
    })
    .to_string();
    Answered { payment: serde_json::from_str(&json).unwrap(), json }
}

/// A shop whose owner wants to hear everything, one by one.
async fn shop() -> SqliteConnection {
    let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    store::SHOP.run(&mut db).await.unwrap();
    let news = vec![
        PaymentNews::Finished,
        PaymentNews::PartiallyPaid,
        PaymentNews::Failed,
        PaymentNews::Expired,
        PaymentNews::Refunded,
        PaymentNews::New,
    ];
    let rules =
        serde_json::to_string(&NotificationRules { news, singles: 1000, ..Default::default() }).unwrap();
    sqlx::query("UPDATE notification_rules SET rules = ?").bind(rules).execute(&mut db).await.unwrap();
    db
}

async fn told(db: &mut SqliteConnection) -> Vec<String> {
    let now = at("2026-03-03T00:00:00Z");
    take(db, now, now.time()).await.unwrap().now.into_iter().map(|told| told.key).collect()
}

async fn absorb_all(db: &mut SqliteConnection, page: &[Answered]) {
    absorb(db, page, at("2026-03-03T00:00:00Z")).await.unwrap();
}

#[tokio::test]
async fn what_was_so_when_the_shop_was_added_is_not_told_however_often_it_is_read() {
    let mut db = shop().await;
    let history: Vec<_> = ["waiting", "finished", "partially_paid", "failed", "expired", "refunded"]
        .iter()
        .enumerate()
        .map(|(id, status)| answer(id as u64, (status, TOLD_FROM)))
        .collect();
    absorb_all(&mut db, &history[..2]).await; // something was answered before anybody said when it begins
    tell_from(&mut db, at(TOLD_FROM)).await.unwrap();
    for _ in 0..2 {
        absorb_all(&mut db, &history).await;
        tell_from(&mut db, at("2026-01-01T00:00:00Z")).await.unwrap(); // said once
    }
    assert_eq!(told(&mut db).await, [""; 0]);

    absorb_all(&mut db, &[answer(7, ("finished", "2026-03-01T10:03:00.001Z"))]).await;
    assert_eq!(told(&mut db).await, ["payment:7:finished"], "changed later, and never seen before");
    absorb_all(&mut db, &[answer(0, ("failed", TOLD_FROM))]).await;
    assert_eq!(told(&mut db).await, ["payment:0:failed"], "seen as it moved, though the API did not date it");
}

#[tokio::test]
async fn a_new_payment_is_one_that_was_made_later_and_has_not_come_to_its_end() {
    let mut db = shop().await;
    tell_from(&mut db, at("2026-03-01T09:59:59Z")).await.unwrap();
    absorb_all(&mut db, &[answer(1, LIFE[1]), answer(2, LIFE[4])]).await;
    let mut keys = told(&mut db).await;
    keys.sort();
    assert_eq!(keys, ["payment:1:new", "payment:2:finished"]);
    absorb_all(&mut db, &[answer(1, LIFE[3])]).await;
    assert_eq!(told(&mut db).await, ["payment:1:partially_paid"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_the_order_of_the_answers_each_is_told_at_most_once_and_the_end_exactly_once(
        answers in prop::collection::vec((0_u64..3, 0_usize..LIFE.len()), 1..24),
        page in 1_usize..5,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut db = shop().await;
            tell_from(&mut db, at(TOLD_FROM)).await.unwrap();
            let mut keys = Vec::new();
            for answers in answers.chunks(page) {
                let page: Vec<_> = answers.iter().map(|(id, step)| answer(*id, LIFE[*step])).collect();
                absorb_all(&mut db, &page).await;
                keys.extend(told(&mut db).await);
            }
            let mut once = keys.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), keys.len(), "{keys:?}");
            for id in 0..3 {
                let reached = answers.iter().filter(|(of, _)| *of == id).map(|(_, step)| *step).max();
                let end = reached.map(|step| format!("payment:{id}:{}", LIFE[step].0));
                let told = keys.iter().filter(|key| Some(*key) == end.as_ref()).count();
                assert_eq!(told, usize::from(reached.is_some_and(|step| step >= 3)), "{id} in {keys:?}");
                let early = keys.iter().filter(|key| key.ends_with(":new")).count();
                assert_eq!(early, 0, "made before the shop was added");
            }
        });
    }
}
