//! Reading cases.

use chrono::{DateTime, Utc};
use nowpayments::Amount;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{
    Attention, AttentionCase, AttentionCount, AttentionKind, AttentionPage, AttentionQuery, AttentionShelf,
    KindCount, Refund, Settled, SettledBy,
};
use crate::{
    failure::Failure,
    language::said,
    payments::several::{self, Seen},
    payouts::batch::BatchState,
};

impl Attention {
    /// A page of cases.
    ///
    /// # Errors
    /// When the cursor is not one of ours (field `after`), or the shop was closed.
    pub async fn list(&self, query: AttentionQuery) -> Result<AttentionPage, Failure> {
        let after = query.after.as_deref().map(Cursor::parse).transpose()?;
        let limit = query.limit.clamp(1, 500);
        let mut db = self.ctx.db.begin().await?; // one look, so that rows and counts agree
        let kinds: Vec<(AttentionKind, u32)> =
            sqlx::query_as(KINDS).bind(query.shelf).fetch_all(&mut *db).await?;
        let shelves = count(&mut db).await?;
        let mut stored: Vec<Stored> =
            statement(&query, after.as_ref(), limit + 1).build_query_as().fetch_all(&mut *db).await?;
        let more = stored.len() > limit as usize;
        stored.truncate(limit as usize);
        let next = stored.last().filter(|_| more).map(|last| Cursor::of(last).text());
        let rows = cases(&mut db, stored).await?;
        db.commit().await?;
        let total = kinds
            .iter()
            .filter(|(kind, _)| query.kind.is_none_or(|only| only == *kind))
            .map(|(_, n)| n)
            .sum();
        let kinds = kinds.into_iter().map(|(kind, count)| KindCount { kind, count }).collect();
        Ok(AttentionPage { rows, next, total, kinds, shelves })
    }

    /// How many cases there are.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn count(&self) -> Result<AttentionCount, Failure> {
        Ok(count(&mut *self.ctx.db.acquire().await?).await?)
    }

    /// One case.
    ///
    /// # Errors
    /// When there is none with this id, or the shop was closed.
    pub async fn get(&self, id: u32) -> Result<AttentionCase, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let case = case(&mut db, id).await?;
        db.commit().await?;
        Ok(case)
    }

    /// What is wrong with a payment and not settled yet, the newest first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn of_payment(&self, payment: &str) -> Result<Vec<AttentionCase>, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let mut sql = QueryBuilder::new(SELECT);
        sql.push(" WHERE payment = (SELECT number FROM payments WHERE id = ").push_bind(payment);
        sql.push(") AND shelf <> 'settled' ORDER BY at DESC, attention_cases.id DESC");
        let stored = sql.build_query_as().fetch_all(&mut *db).await?;
        let cases = cases(&mut db, stored).await?;
        db.commit().await?;
        Ok(cases)
    }
}

pub(super) const KINDS: &str =
    "SELECT kind, count(*) FROM attention_cases WHERE shelf = ? GROUP BY kind ORDER BY count(*) DESC, kind";

const SELECT: &str = "SELECT attention_cases.id, payment, kind, shelf, at, since, settled_at, settled_by, note, batch, \
    payout_batches.name AS batch_name, payout_batches.state AS batch_state \
    FROM attention_cases LEFT JOIN payout_batches ON payout_batches.id = batch";

pub(super) fn statement(query: &AttentionQuery, after: Option<&Cursor>, limit: u32) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(SELECT);
    sql.push(" WHERE shelf = ").push_bind(query.shelf);
    if let Some(kind) = query.kind {
        sql.push(" AND kind = ").push_bind(kind);
    }
    if let Some(Cursor { at, id }) = after {
        sql.push(" AND (at, attention_cases.id) < (")
            .push_bind(at.clone())
            .push(", ")
            .push_bind(*id)
            .push(")");
    }
    sql.push(" ORDER BY at DESC, attention_cases.id DESC LIMIT ").push_bind(limit);
    sql
}

async fn count(db: &mut SqliteConnection) -> Result<AttentionCount, sqlx::Error> {
    let shelves: Vec<(AttentionShelf, u32)> =
        sqlx::query_as("SELECT shelf, count(*) FROM attention_cases GROUP BY shelf").fetch_all(db).await?;
    let of = |shelf| shelves.iter().find(|(of, _)| *of == shelf).map_or(0, |(_, count)| *count);
    Ok(AttentionCount {
        open: of(AttentionShelf::Open),
        earlier: of(AttentionShelf::Earlier),
        settled: of(AttentionShelf::Settled),
    })
}

/// One case, in a transaction of the caller's.
pub(super) async fn case(db: &mut SqliteConnection, id: u32) -> Result<AttentionCase, Failure> {
    let mut sql = QueryBuilder::new(SELECT);
    sql.push(" WHERE attention_cases.id = ").push_bind(id);
    let stored = sql.build_query_as().fetch_all(&mut *db).await?;
    cases(db, stored).await?.pop().ok_or_else(|| Failure::not_found(said!(en: "case", de: "diesen Vorgang")))
}

/// Puts their payments to cases.
async fn cases(db: &mut SqliteConnection, stored: Vec<Stored>) -> Result<Vec<AttentionCase>, Failure> {
    let payments = several::by_number(&mut *db, stored.iter().map(|stored| stored.payment)).await?;
    let parents = payments.values().filter_map(|seen| seen.parent_payment_id.as_deref());
    let parents = several::by_id(db, parents).await?;
    let case = |stored: Stored| {
        let payment = payments.get(&stored.payment)?; // a case has its payment: the table says so
        let parent = payment.parent_payment_id.as_ref().and_then(|id| parents.get(id));
        Some(stored.case(payment, parent))
    };
    Ok(stored.into_iter().filter_map(case).collect())
}

/// A case as it stands in the database.
#[derive(sqlx::FromRow)]
struct Stored {
    id: u32,
    payment: i64,
    kind: AttentionKind,
    shelf: AttentionShelf,
    at: String,
    since: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
    settled_by: Option<SettledBy>,
    note: Option<String>,
    batch: Option<String>,
    batch_name: Option<String>,
    batch_state: Option<BatchState>,
}

impl Stored {
    fn case(self, payment: &Seen, parent: Option<&Seen>) -> AttentionCase {
        let row = &payment.row;
        let paid = row.actually_paid.clone().filter(Amount::is_positive);
        let expected = row.pay_amount.clone();
        // What the customer may get back is what the shop has got.
        let got = paid.clone().filter(|_| matches!(row.status.as_str(), "finished" | "partially_paid"));
        let (amount, worth, refundable) = match self.kind {
            AttentionKind::Underpaid => {
                let missing = expected.map(|expected| expected - paid.unwrap_or_default());
                let missing = missing.filter(Amount::is_positive);
                let worth = missing.as_ref().and_then(|missing| payment.worth_of(missing));
                (missing, worth, got)
            }
            AttentionKind::Overpaid => {
                let beyond = paid.zip(expected).map(|(paid, expected)| paid - expected);
                let beyond = beyond.filter(Amount::is_positive);
                let worth = beyond.as_ref().and_then(|beyond| payment.worth_of(beyond));
                (beyond.clone(), worth, beyond)
            }
            // The price and its rate are of another coin.
            AttentionKind::WrongAsset => (paid, payment.stated_worth(), got),
            AttentionKind::Late | AttentionKind::Repeated => (paid, row.worth.clone(), got),
            AttentionKind::Failed | AttentionKind::Stuck => (paid, row.worth.clone(), None),
        };
        AttentionCase {
            id: self.id,
            kind: self.kind,
            shelf: self.shelf,
            since: self.since,
            payment: row.clone(),
            parent: parent.map(|parent| parent.row.clone()),
            amount,
            worth,
            refundable,
            refund: match (self.batch, self.batch_name, self.batch_state) {
                (Some(batch), Some(name), Some(state)) => Some(Refund { batch, name, state }),
                _ => None,
            },
            settled: self.settled_at.zip(self.settled_by).map(|(at, by)| Settled { at, by, note: self.note }),
        }
    }
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) at: String,
    pub(super) id: u32,
}

impl Cursor {
    fn of(last: &Stored) -> Self {
        Self { at: last.at.clone(), id: last.id }
    }

    fn text(&self) -> String {
        format!("{}_{}", self.at, self.id)
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let parts = text.split_once('_');
        let cursor = parts.and_then(|(at, id)| {
            DateTime::parse_from_rfc3339(at).ok()?;
            Some(Self { at: at.to_owned(), id: id.parse().ok()? })
        });
        cursor.ok_or_else(|| {
            Failure::invalid(
                "after",
                said!(
                    en: "The list cannot go on from there. Begin at its top.",
                    de: "Die Liste lässt sich von dort nicht fortsetzen. Beginnen Sie oben.",
                ),
            )
        })
    }
}
