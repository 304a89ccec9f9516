use std::ops::Range;

use proptest::{collection::vec, prelude::*, sample::select};
use sqlx::{Connection, SqliteConnection};

use super::*;

/// The answers of one payment's life, in the order in which they are true.
const LIFE: [(&str, &str, Option<&str>); 5] = [
    ("waiting", "2026-03-01T10:00:00.000Z", None),
    ("confirming", "2026-03-01T10:05:00.000Z", Some("0.4")),
    ("confirmed", "2026-03-01T10:05:00.000Z", Some("0.4")), // a change that the API did not date
    ("partially_paid", "2026-03-01T10:09:00.000Z", Some("0.4")),
    ("finished", "2026-03-01T11:00:00.000Z", Some("0.5")),
];

fn answer(id: u64, (status, updated_at, paid): (&str, &str, Option<&str>)) -> Answered {
    let json = serde_json::json!({
        "payment_id": id, "payment_status": status, "pay_address": "ltc1qexample", "price_amount": 25,
        "price_currency": "usd", "pay_amount": "0.5", "actually_paid": paid, "pay_currency": "ltc",
        "order_id": format!("ORDER-{id}"), "created_at": "2026-03-01T10:00:00.000Z", "updated_at": updated_at,
    })
    .to_string();
    Answered { payment: serde_json::from_str(&json).unwrap(), json }
}

async fn database() -> SqliteConnection {
    let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    store::SHOP.run(&mut db).await.unwrap();
    db
}

async fn absorb_all(db: &mut SqliteConnection, answers: &[Answered]) -> usize {
    absorb(db, answers, "2026-03-02T00:00:00Z".parse().unwrap()).await.unwrap()
}

/// Everything that can be seen of the payments but the timeline, which is what was seen.
async fn contents(db: &mut SqliteConnection) -> Vec<(String, String, String, Option<String>)> {
    let sql = "SELECT id, status, updated_at, actually_paid FROM payments ORDER BY id";
    sqlx::query_as(sql).fetch_all(db).await.unwrap()
}

fn orders(length: usize) -> Vec<Vec<usize>> {
    if length == 0 {
        return vec![vec![]];
    }
    let shorter = orders(length - 1);
    let insert = |order: &Vec<usize>, at: usize| [&order[..at], &[length - 1], &order[at..]].concat();
    shorter.iter().flat_map(|order| (0..length).map(|at| insert(order, at))).collect()
}

#[tokio::test]
async fn any_order_of_the_same_answers_comes_to_the_same_and_never_goes_back() {
    let orders = orders(LIFE.len());
    assert_eq!(orders.len(), 120);
    for order in orders {
        let mut db = database().await;
        for i in &order {
            absorb_all(&mut db, &[answer(7, LIFE[*i])]).await;
        }
        let expected = ("7", "finished", "2026-03-01T11:00:00.000Z", Some("0.5"));
        let contents = contents(&mut db).await;
        let (id, status, updated_at, paid) = &contents[0];
        assert_eq!(
            (id.as_str(), status.as_str(), updated_at.as_str(), paid.as_deref()),
            expected,
            "{order:?}"
        );

        let timeline: Vec<String> = sqlx::query_scalar("SELECT status FROM payment_events ORDER BY number")
            .fetch_all(&mut db)
            .await
            .unwrap();
        let places: Vec<_> = timeline
            .iter()
            .map(|seen| LIFE.iter().position(|(status, ..)| status == seen).unwrap())
            .collect();
        assert!(places.is_sorted_by(|a, b| a < b), "{order:?} gave {timeline:?}");
        assert_eq!(timeline.last().unwrap(), "finished");
    }
}

#[tokio::test]
async fn a_status_does_not_go_back_even_when_the_answer_is_newer() {
    let mut db = database().await;
    absorb_all(&mut db, &[answer(7, LIFE[4])]).await;
    absorb_all(&mut db, &[answer(7, ("waiting", "2026-03-01T12:00:00.000Z", Some("0.6")))]).await;
    let (_, status, updated_at, paid) = &contents(&mut db).await[0];
    assert_eq!((status.as_str(), paid.as_deref()), ("finished", Some("0.6")));
    assert_eq!(updated_at, "2026-03-01T12:00:00.000Z");
}

#[tokio::test]
async fn the_same_page_twice_and_a_payment_twice_in_a_page_change_nothing_more() {
    let mut db = database().await;
    let page = || [answer(1, LIFE[0]), answer(2, LIFE[1]), answer(1, LIFE[0]), answer(2, LIFE[4])];
    assert_eq!(absorb_all(&mut db, &page()).await, 3);
    let before = contents(&mut db).await;
    assert_eq!(absorb_all(&mut db, &page()).await, 0);
    assert_eq!(contents(&mut db).await, before);
    let counts: Vec<(String, u32)> =
        sqlx::query_as("SELECT status, count FROM payment_counts WHERE count > 0 ORDER BY status")
            .fetch_all(&mut db)
            .await
            .unwrap();
    assert_eq!(counts, [("finished".to_owned(), 1), ("waiting".to_owned(), 1)]);
}

#[tokio::test]
async fn a_payment_whose_coin_changes_counts_in_its_new_coin() {
    let mut db = database().await;
    absorb_all(&mut db, &[answer(1, LIFE[0]), answer(2, LIFE[0])]).await;
    let json = answer(1, LIFE[1]).json.replace("\"ltc\"", "\"btc\"");
    let changed = Answered { payment: serde_json::from_str(&json).unwrap(), json };
    assert_eq!(absorb_all(&mut db, &[changed]).await, 1);
    let counts: Vec<(String, u32)> =
        sqlx::query_as("SELECT coin, count FROM payment_coin_counts ORDER BY coin")
            .fetch_all(&mut db)
            .await
            .unwrap();
    assert_eq!(counts, [("btc".to_owned(), 1), ("ltc".to_owned(), 1)]);
}

#[tokio::test]
async fn the_words_follow_the_payment() {
    let mut db = database().await;
    absorb_all(&mut db, &[answer(7, LIFE[0])]).await;
    let mut moved = answer(7, LIFE[4]);
    moved.json = moved.json.replace("ORDER-7", "CHANGED-7");
    moved.payment = serde_json::from_str(&moved.json).unwrap();
    absorb_all(&mut db, &[moved]).await;
    for (word, expected) in [("order", 0), ("changed", 1), ("ltc1qexample", 1)] {
        let found: u32 =
            sqlx::query_scalar("SELECT count(*) FROM payments_search WHERE payments_search MATCH ?")
                .bind(word)
                .fetch_one(&mut db)
                .await
                .unwrap();
        assert_eq!(found, expected, "{word}");
    }
}

/// How a payment can go. A callback and an answer about the same moment tell the same.
const WAYS: [&[&str]; 9] = [
    &["waiting", "confirming", "confirmed", "sending", "finished"],
    &["waiting", "confirming", "confirmed", "sending", "partially_paid"],
    &["waiting", "confirming", "partially_paid", "finished"],
    &["waiting", "confirming", "sending", "finished", "refunded"],
    &["waiting", "confirming", "failed"],
    &["waiting", "confirming", "failed", "finished"],
    &["waiting", "expired"],
    &["waiting", "expired", "finished"],
    &["waiting"],
];

/// One moment of a payment.
#[derive(Debug, Clone)]
struct Moment {
    id: u64,
    status: &'static str,
    /// In seconds since the payment was made.
    at: u32,
    paid: u32,
}

impl Moment {
    fn outcome(&self) -> Option<String> {
        ["finished", "partially_paid", "refunded"].contains(&self.status).then(|| format!("{}.25", self.paid))
    }

    fn updated_at(&self) -> DateTime<Utc> {
        CREATED.parse::<DateTime<Utc>>().unwrap() + chrono::TimeDelta::seconds(self.at.into())
    }

    /// As the list and a single read have it.
    fn answer(&self) -> Answered {
        let Self { id, status, paid, .. } = self;
        let json = serde_json::json!({
            "payment_id": id, "payment_status": status, "pay_address": format!("ltc1q{id}"), "price_amount": 25.50,
            "price_currency": "usd", "pay_amount": 500, "actually_paid": paid, "pay_currency": "ltc",
            "actually_paid_at_fiat": self.outcome().is_some().then_some(24.97), "order_id": format!("ORDER-{id}"),
            "order_description": null, "purchase_id": id + 1, "outcome_amount": self.outcome(),
            "outcome_currency": "usdttrc20", "payin_hash": (*paid > 0).then_some("abcdef"),
            "created_at": CREATED, "updated_at": store::time(self.updated_at()), "parent_payment_id": id + 2,
        })
        .to_string();
        Answered { payment: serde_json::from_str(&json).unwrap(), json }
    }

    /// As a callback has it: ids are texts and numbers the other way round, some fields are missing, and the time is a
    /// number.
    fn callback(&self) -> String {
        let Self { id, status, paid, .. } = self;
        serde_json::json!({
            "actually_paid": paid, "actually_paid_at_fiat": if self.outcome().is_some() { 24.97 } else { 0.0 },
            "fee": {
                "currency": "usdttrc20", "depositFee": 0, "withdrawalFee": null,
                "serviceFee": self.outcome().map_or(0, |_| 1),
            },
            "order_id": format!("ORDER-{id}"), "outcome_amount": self.outcome(), "pay_amount": "500",
            "pay_currency": "ltc", "payment_id": id, "payment_status": status, "price_amount": "25.5",
            "price_currency": "usd", "purchase_id": (id + 1).to_string(),
            "updated_at": self.updated_at().timestamp_millis(),
        })
        .to_string()
    }
}

const CREATED: &str = "2026-03-01T10:00:00.000Z";

/// The life of a payment. Now and then the API does not date a change of the status.
fn life(id: u64) -> impl Strategy<Value = Vec<Moment>> {
    let steps = vec((prop_oneof![1 => Just(0_u32), 4 => 1..600_u32], 0..200_u32), 5);
    (select(&WAYS[..]), steps).prop_map(move |(way, steps)| {
        let (mut at, mut paid) = (0, 0);
        let moment = |(status, (later, more)): (&'static str, (u32, u32))| {
            at += later;
            paid += if ["waiting", "expired"].contains(&status) { 0 } else { more };
            Moment { id, status, at, paid }
        };
        way.iter().copied().zip(steps).map(moment).collect()
    })
}

/// Something that tells of payments: a page of the list, a single read or a callback.
#[derive(Debug, Clone)]
enum News {
    Page(Vec<Moment>),
    Callback(Moment),
}

impl News {
    async fn take(&self, db: &mut SqliteConnection) {
        let now = "2026-03-02T00:00:00Z".parse().unwrap();
        match self {
            Self::Page(moments) => {
                let page: Vec<_> = moments.iter().map(Moment::answer).collect();
                absorb(db, &page, now).await.unwrap();
            }
            Self::Callback(moment) => {
                callback::take(db, &moment.id.to_string(), &moment.callback(), now).await.unwrap();
            }
        }
    }

    fn moments(&self) -> &[Moment] {
        match self {
            Self::Page(moments) => moments,
            Self::Callback(moment) => std::slice::from_ref(moment),
        }
    }
}

/// The lives of three payments, and what is told of them: each piece of news any number of times, in any order.
fn histories() -> impl Strategy<Value = (Vec<Vec<Moment>>, Vec<News>, Vec<News>)> {
    const IDS: Range<u64> = 7..10;
    let lives = IDS.map(life).collect::<Vec<_>>();
    lives
        .prop_flat_map(|lives| {
            let moments: Vec<Moment> = lives.concat();
            let news = prop_oneof![
                vec(select(moments.clone()), 1..5).prop_map(News::Page),
                select(moments).prop_map(News::Callback),
            ];
            (Just(lives), vec(news, 1..14))
        })
        .prop_flat_map(|(lives, news)| {
            let again = vec(select(news.clone()), 0..8);
            let order = again.prop_map({
                let news = news.clone();
                move |again| [news.clone(), again].concat()
            });
            (Just(lives), Just(news), order.prop_shuffle())
        })
}

/// Everything that can be seen, but for the timeline, which is what was seen, and for the number of the row, which is the
/// order in which payments were first seen.
async fn all_columns(db: &mut SqliteConnection) -> Vec<Row> {
    sqlx::query_as("SELECT * FROM payments ORDER BY id").fetch_all(db).await.unwrap()
}

async fn timelines(db: &mut SqliteConnection) -> Vec<(String, String, String)> {
    sqlx::query_as(
        "SELECT id, payment_events.status, at FROM payment_events JOIN payments ON payment = payments.number \
         ORDER BY id, payment_events.number",
    )
    .fetch_all(db)
    .await
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_any_repetition_of_the_same_news_come_to_the_same((lives, news, shuffled) in histories()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (mut one, mut other) = (database().await, database().await);
            for news in &news {
                news.take(&mut one).await;
            }
            for news in &shuffled {
                news.take(&mut other).await;
            }
            let rows = all_columns(&mut one).await;
            assert_eq!(rows, all_columns(&mut other).await);

            // And that is the newest of what was told, of every payment that an answer told of.
            let told: Vec<&Moment> = news.iter().flat_map(News::moments).collect();
            let answered = news.iter().filter(|news| matches!(news, News::Page(_))).flat_map(News::moments);
            let mut ids: Vec<_> = answered.map(|moment| moment.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(rows.len(), ids.len());
            let place = |moment: &Moment| {
                lives.iter().flatten().position(|other| (other.id, other.status) == (moment.id, moment.status))
            };
            for (row, id) in rows.iter().zip(ids) {
                let newest = told.iter().filter(|moment| moment.id == id).max_by_key(|moment| place(moment));
                let newest = newest.unwrap();
                assert_eq!((row.id.as_str(), row.status.as_str()), (&*id.to_string(), newest.status));
                assert_eq!(row.updated_at, store::time(newest.updated_at()));
            }

            for db in [&mut one, &mut other] {
                let seen = timelines(db).await;
                for row in &rows {
                    let places: Vec<_> = seen
                        .iter()
                        .filter(|(id, ..)| *id == row.id)
                        .map(|(id, status, at)| {
                            let moment = lives
                                .iter()
                                .flatten()
                                .find(|moment| moment.id.to_string() == *id && moment.status == status)
                                .unwrap();
                            assert_eq!(*at, store::time(moment.updated_at()), "the time of a status is the API's");
                            place(moment)
                        })
                        .collect();
                    assert!(places.is_sorted_by(|a, b| a < b), "a timeline went back: {seen:?}");
                    let end = seen.iter().rfind(|(id, ..)| *id == row.id).unwrap();
                    assert_eq!(end.1, row.status);
                }
                let counts: u32 = sqlx::query_scalar("SELECT coalesce(sum(count), 0) FROM payment_counts").fetch_one(db).await.unwrap();
                assert_eq!(counts as usize, rows.len());
            }
        });
    }
}
