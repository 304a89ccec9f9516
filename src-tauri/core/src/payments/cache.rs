//! Writing what the API answers into the cache. The same answers in any order, any number of times, come to the same.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use nowpayments::{
    Amount,
    payments::{Payment, PaymentStatus},
};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use super::amounts::key;
use crate::{attention, store};

/// A payment as the API answered it.
pub(super) struct Answered {
    /// What the client reads of it.
    pub(super) payment: Payment,
    /// The API's own JSON.
    pub(super) json: String,
}

/// What the cache knows of a payment.
#[derive(sqlx::FromRow)]
struct Known {
    number: i64,
    id: String,
    status: String,
    updated_at: String,
    answer: String,
}

/// Takes a page of answers into the cache, inside a transaction of the caller; says how many payments changed.
///
/// A late, older answer never overwrites a newer one, and a status only moves forward. A status that is new is written
/// into the timeline.
pub(super) async fn absorb(
    db: &mut SqliteConnection,
    page: &[Answered],
    now: DateTime<Utc>,
) -> Result<usize, sqlx::Error> {
    let ids: Vec<&str> = page.iter().map(|answered| answered.payment.payment_id.as_str()).collect();
    let known: Vec<Known> = sqlx::query_as(
        "SELECT number, id, status, updated_at, answer FROM payments WHERE id IN (SELECT value FROM json_each(?))",
    )
    .bind(serde_json::Value::from(ids).to_string())
    .fetch_all(&mut *db)
    .await?;
    let mut known: HashMap<_, _> = known.into_iter().map(|known| (known.id.clone(), known)).collect();

    let mut changed = Vec::new();
    for answered in page {
        let line = Line::new(answered, now);
        let earlier = known.get(line.id);
        if earlier.is_some_and(|earlier| earlier.answer == answered.json) {
            continue;
        }
        let status = match earlier {
            None => line.status.clone(),
            Some(earlier) => match line.over(earlier) {
                Some(status) => status,
                None => continue,
            },
        };
        let number = line.write(db, earlier.map(|earlier| earlier.number), &status).await?;
        if earlier.is_none_or(|earlier| earlier.status != status) {
            append_event(db, number, &line.updated_at, &status).await?;
        }
        changed.push(number);
        let (id, updated_at, answer) = (line.id.to_owned(), line.updated_at, answered.json.clone());
        known.insert(id.clone(), Known { number, id, status, updated_at, answer });
    }
    attention::notice(db, &changed, now).await?;
    Ok(changed.len())
}

/// How a payment is written.
struct Line<'a> {
    payment: &'a Payment,
    json: &'a str,
    id: &'a str,
    status: String,
    created_at: String,
    updated_at: String,
}

impl<'a> Line<'a> {
    /// An answer without times is as new as the moment at which it came.
    fn new(answered: &'a Answered, now: DateTime<Utc>) -> Self {
        let Answered { payment, json } = answered;
        let created_at = payment.created_at.or(payment.updated_at).unwrap_or(now);
        Self {
            payment,
            json,
            id: payment.payment_id.as_str(),
            status: payment.payment_status.as_str().to_ascii_lowercase(),
            created_at: store::time(created_at),
            updated_at: store::time(payment.updated_at.unwrap_or(created_at)),
        }
    }

    /// The status to write when this comes after `earlier`; `None` when it is an older answer, which changes nothing.
    fn over(&self, earlier: &Known) -> Option<String> {
        let forward = self.payment.payment_status.may_follow(&PaymentStatus::from(earlier.status.as_str()));
        match (self.updated_at.cmp(&earlier.updated_at), forward) {
            (std::cmp::Ordering::Less, _) | (std::cmp::Ordering::Equal, false) => None,
            (_, true) => Some(self.status.clone()),
            (std::cmp::Ordering::Greater, false) => {
                tracing::warn!(
                    payment = self.id,
                    from = earlier.status,
                    to = self.status,
                    "a status went back"
                );
                Some(earlier.status.clone())
            }
        }
    }

    /// Writes the row and its words; gives the number of the row.
    async fn write(
        &self,
        db: &mut SqliteConnection,
        number: Option<i64>,
        status: &str,
    ) -> Result<i64, sqlx::Error> {
        let Self { payment, json, id, created_at, updated_at, .. } = self;
        let text = |amount: &Option<Amount>| amount.as_ref().map(ToString::to_string);
        let purchase_id = payment.purchase_id.as_ref().map(|id| id.as_str());
        let paid = payment.actually_paid.as_ref().filter(|paid| !paid.is_zero());
        let shown = paid.or(payment.pay_amount.as_ref());
        let number: i64 = sqlx::query_scalar(
            "INSERT INTO payments (number, id, status, price_amount, price_key, price_currency, pay_amount, \
             actually_paid, actually_paid_at_fiat, paid_key, amount_key, pay_currency, pay_address, payin_extra_id, order_id, order_description, purchase_id, invoice_id, \
             parent_payment_id, outcome_amount, outcome_currency, created_at, updated_at, answer) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (number) DO UPDATE SET status = excluded.status, price_amount = excluded.price_amount, \
             price_key = excluded.price_key, paid_key = excluded.paid_key, amount_key = excluded.amount_key, \
             price_currency = excluded.price_currency, pay_amount = excluded.pay_amount, \
             actually_paid = excluded.actually_paid, \
             actually_paid_at_fiat = excluded.actually_paid_at_fiat, pay_currency = excluded.pay_currency, \
             pay_address = excluded.pay_address, payin_extra_id = excluded.payin_extra_id, \
             order_id = excluded.order_id, order_description = excluded.order_description, \
             purchase_id = excluded.purchase_id, invoice_id = excluded.invoice_id, \
             parent_payment_id = excluded.parent_payment_id, outcome_amount = excluded.outcome_amount, \
             outcome_currency = excluded.outcome_currency, updated_at = excluded.updated_at, answer = excluded.answer \
             RETURNING number",
        )
        .bind(number)
        .bind(id)
        .bind(status)
        .bind(payment.price_amount.to_string())
        .bind(key(&payment.price_amount))
        .bind(payment.price_currency.as_str())
        .bind(text(&payment.pay_amount))
        .bind(text(&payment.actually_paid))
        .bind(text(&payment.actually_paid_at_fiat))
        .bind(key(paid.unwrap_or(&Amount::zero())))
        .bind(shown.map(key))
        .bind(payment.pay_currency.as_str())
        .bind(&payment.pay_address)
        .bind(&payment.payin_extra_id)
        .bind(&payment.order_id)
        .bind(&payment.order_description)
        .bind(purchase_id)
        .bind(payment.invoice_id.as_ref().map(|id| id.as_str()))
        .bind(payment.parent_payment_id.as_ref().map(|id| id.as_str()))
        .bind(text(&payment.outcome_amount))
        .bind(payment.outcome_currency.as_ref().map(|currency| currency.as_str()))
        .bind(created_at)
        .bind(updated_at)
        .bind(json)
        .fetch_one(&mut *db)
        .await?;
        sqlx::query(
            "INSERT OR REPLACE INTO payments_search \
             (rowid, id, order_id, order_description, pay_address, purchase_id, pay_currency) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(number)
        .bind(id)
        .bind(&payment.order_id)
        .bind(&payment.order_description)
        .bind(&payment.pay_address)
        .bind(purchase_id)
        .bind(payment.pay_currency.as_str())
        .execute(db)
        .await?;
        Ok(number)
    }
}

async fn append_event(
    db: &mut SqliteConnection,
    payment: i64,
    at: &str,
    status: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO payment_events (payment, number, at, status) \
         VALUES (?1, (SELECT count(*) + 1 FROM payment_events WHERE payment = ?1), ?2, ?3)",
    )
    .bind(payment)
    .bind(at)
    .bind(status)
    .execute(db)
    .await?;
    Ok(())
}

/// How far the sync has come. One line per shop, as JSON beside the marks of others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Every payment made up to this time is cached: where an interrupted history goes on.
    pub(super) filled_to: Option<DateTime<Utc>>,
    /// The history was read to its end.
    pub(super) complete: bool,
    /// It was found to have a gap, and was read a second time.
    pub(super) repeated: bool,
    /// How many payments the API says there are.
    pub(super) total: Option<u32>,
    /// When a pass last ended well.
    pub(super) last_success: Option<DateTime<Utc>>,
}

impl Progress {
    const MARK: &str = "payments";

    pub(super) async fn read(db: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let mark: Option<String> = sqlx::query_scalar("SELECT value FROM sync_marks WHERE key = ?")
            .bind(Self::MARK)
            .fetch_optional(db)
            .await?;
        // A mark that cannot be read costs a second reading of the history and nothing else.
        Ok(mark.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
    }

    pub(super) async fn write(&self, db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let json = serde_json::to_string(self).map_err(|error| sqlx::Error::Encode(error.into()))?;
        sqlx::query(
            "INSERT INTO sync_marks (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(Self::MARK)
        .bind(json)
        .execute(db)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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

            let timeline: Vec<String> =
                sqlx::query_scalar("SELECT status FROM payment_events ORDER BY number")
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
}
