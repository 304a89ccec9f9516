//! Writing what the API answers into the cache. The same answers in any order, any number of times, come to the same.

use std::{cmp::Ordering, collections::HashMap, mem, path::Path};

use chrono::{DateTime, Utc};
use nowpayments::payments::Payment;
use sqlx::{AssertSqlSafe, SqliteConnection, SqlitePool};

pub(super) use self::row::fee;
use self::row::{Row, Stored};
use super::{PaymentFee, callback, open};
use crate::{
    attention,
    failure::Failure,
    notifications::{self, StatusChange},
    payouts::recipients,
    store, takings,
};

mod row;
#[cfg(test)]
mod tests;

/// Opens the database of a shop at `path` and brings it up to date, as far as that takes more than SQL, too.
///
/// # Errors
/// As [`store::open`].
pub(crate) async fn open_database(path: &Path) -> Result<SqlitePool, Failure> {
    let db = store::open(path, &store::SHOP).await?;
    row::complete_keys(&db).await?;
    recipients::complete_accounts(&db).await?;
    Ok(db)
}

/// A payment as the API answered it, whole.
pub(super) struct Answered {
    /// What the client reads of it.
    pub(super) payment: Payment,
    /// The API's own JSON.
    pub(super) json: String,
}

/// A payment as a callback tells of it: with a fee, but without the time at which it was made.
pub(super) struct Told {
    /// What the client reads of it.
    pub(super) payment: Payment,
    /// What it cost the shop.
    pub(super) fee: Option<PaymentFee>,
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
    let known: Vec<(String, String)> =
        sqlx::query_as("SELECT id, answer FROM payments WHERE id IN (SELECT value FROM json_each(?))")
            .bind(serde_json::Value::from(ids).to_string())
            .fetch_all(&mut *db)
            .await?;
    let mut known: HashMap<_, _> = known.into_iter().collect();

    let (mut new, mut changed, mut moved) = (Vec::new(), 0, Vec::new());
    for answered in page {
        let id = answered.payment.payment_id.as_str();
        match known.get(id) {
            Some(answer) if *answer == answered.json => continue,
            Some(_) => {
                // What is on the page twice must be there before it can change.
                insert(db, mem::take(&mut new), now).await?;
                let Some(stored) = Stored::read(db, id).await? else { continue };
                let Some(row) = after_answer(&stored.row, Row::of_answer(answered, now)) else { continue };
                let at = row.updated_at.clone();
                moved.extend(stored.row.moved(&row, &answered.payment));
                update(db, &stored, row, &at, now).await?;
            }
            None => {
                let row = Row::of_answer(answered, now);
                let (payment, to) = (&answered.payment, row.status.clone());
                moved.push(StatusChange { payment, from: None, to });
                new.push(row);
            }
        }
        known.insert(id.to_owned(), answered.json.clone());
        changed += 1;
    }
    insert(db, new, now).await?;
    notifications::decide_on_payments(db, &moved, now).await?;
    Ok(changed)
}

/// Takes what a callback tells into the cache, inside a transaction of the caller; says whether that changed anything,
/// and `None` when the payment is not there.
pub(super) async fn absorb_told(
    db: &mut SqliteConnection,
    told: &Told,
    now: DateTime<Utc>,
) -> Result<Option<bool>, sqlx::Error> {
    let Some(stored) = Stored::read(db, told.payment.payment_id.as_str()).await? else { return Ok(None) };
    let row = after_callback(&stored.row, told);
    if row == stored.row {
        return Ok(Some(false));
    }
    let at = store::time(told.payment.updated_at.unwrap_or(now));
    let moved = Vec::from_iter(stored.row.moved(&row, &told.payment));
    update(db, &stored, row, &at, now).await?;
    notifications::decide_on_payments(db, &moved, now).await?;
    Ok(Some(true))
}

/// What a payment is after a whole answer; `None` when that tells nothing new.
fn after_answer(known: &Row, answer: Row) -> Option<Row> {
    let forward = answer.may_follow(&known.status);
    match (answer.updated_at.cmp(&known.updated_at), forward) {
        (Ordering::Less, _) | (Ordering::Equal, false) => {
            // When a callback was quicker, this can still be newer than the answer that is kept.
            let kept: Payment = serde_json::from_str(&known.answer).ok()?;
            let newer = match answer.updated_at.cmp(&store::time(kept.updated_at.or(kept.created_at)?)) {
                Ordering::Less => false,
                Ordering::Equal => answer.may_follow(kept.payment_status.as_str()),
                Ordering::Greater => true,
            };
            newer.then(|| Row { answer: answer.answer.clone(), ..known.clone().or(&answer) })
        }
        (Ordering::Equal, true) => Some(answer.or(known).of_the_same(known)),
        (Ordering::Greater, true) => Some(answer.of_the_same(known)),
        (Ordering::Greater, false) => {
            tracing::warn!(payment = known.id, from = known.status, to = answer.status, "a status went back");
            Some(Row { status: known.status.clone(), ..answer.or(known).of_the_same(known) })
        }
    }
}

/// What a payment is after a callback. What that does not tell stays as it is.
fn after_callback(known: &Row, told: &Told) -> Row {
    let line = Row::of_callback(told, known);
    let at = told.payment.updated_at.map(store::time);
    let (forward, same) = (line.may_follow(&known.status), line.status == known.status);
    let row = match at.as_deref().map(|at| at.cmp(known.updated_at.as_str())) {
        Some(Ordering::Less) => known.clone(),
        Some(Ordering::Equal) | None if !forward => known.clone(),
        Some(Ordering::Equal) | None if same => known.clone().or(&line).with_more_paid(&line),
        Some(Ordering::Greater) if !forward => Row { status: known.status.clone(), ..line.clone().or(known) },
        Some(_) | None => line.clone().or(known),
    };
    row.with_fee(told.fee.as_ref(), at.as_deref(), &line.status)
}

/// Writes payments that are not there yet, with their words and their first status.
async fn insert(db: &mut SqliteConnection, rows: Vec<Row>, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let last: i64 =
        sqlx::query_scalar("SELECT coalesce(max(number), 0) FROM payments").fetch_one(&mut *db).await?;
    let numbers: Vec<_> = (last + 1..).zip(&rows).map(|(number, _)| number).collect();
    let open: Vec<_> = (last + 1..)
        .zip(&rows)
        .filter(|(_, row)| open::is_open(&row.status))
        .map(|(number, row)| (number, row.created_at.clone()))
        .collect();
    row::insert(db, last + 1, rows).await?;
    for (counts, key, column) in
        [("payment_counts", "status", "status"), ("payment_coin_counts", "coin", "pay_currency")]
    {
        sqlx::query(AssertSqlSafe(format!(
            "INSERT INTO {counts} ({key}, count) \
             SELECT {column}, count(*) FROM payments NOT INDEXED WHERE number > ? GROUP BY {column} \
             ON CONFLICT ({key}) DO UPDATE SET count = count + excluded.count"
        )))
        .bind(last)
        .execute(&mut *db)
        .await?;
    }
    sqlx::query(
        "INSERT INTO payments_search (rowid, id, order_id, order_description, pay_address, purchase_id, pay_currency) \
         SELECT number, id, order_id, order_description, pay_address, purchase_id, pay_currency \
         FROM payments WHERE number > ?",
    )
    .bind(last)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO payment_events (payment, number, at, status) \
         SELECT number, 1, updated_at, status FROM payments WHERE number > ?",
    )
    .bind(last)
    .execute(&mut *db)
    .await?;
    for (number, created_at) in open {
        open::put(db, number, &created_at, now).await?;
    }
    takings::stale_above(db, last).await?;
    attention::notice(db, &numbers, now).await?;
    callback::catch_up(db, now).await
}

/// Writes a payment that is there anew; `at` is when the API says that it changed.
async fn update(
    db: &mut SqliteConnection,
    stored: &Stored,
    row: Row,
    at: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let Stored { number, row: before } = stored;
    let moved = row.status != before.status;
    let words = (row.words() != before.words()).then(|| row.words().map(|word| word.map(str::to_owned)));
    let (status, created_at) = (row.status.clone(), row.created_at.clone());
    takings::stale_at(db, &created_at).await?;
    if before.created_at != created_at {
        takings::stale_at(db, &before.created_at).await?;
    }
    row::update(db, *number, row).await?;
    if let Some(words) = words {
        write_words(db, *number, words).await?;
    }
    if moved {
        append_event(db, *number, at, &status).await?;
    }
    if open::is_open(&status) {
        open::put(db, *number, &created_at, now).await?;
    } else if moved {
        open::drop(db, *number).await?;
    }
    attention::notice(db, &[*number], now).await
}

async fn write_words(
    db: &mut SqliteConnection,
    number: i64,
    words: [Option<String>; 6],
) -> Result<(), sqlx::Error> {
    let sql = "INSERT OR REPLACE INTO payments_search \
         (rowid, id, order_id, order_description, pay_address, purchase_id, pay_currency) \
         VALUES (?, ?, ?, ?, ?, ?, ?)";
    words.into_iter().fold(sqlx::query(sql).bind(number), |query, word| query.bind(word)).execute(db).await?;
    Ok(())
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
