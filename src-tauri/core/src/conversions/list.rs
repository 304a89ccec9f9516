//! The conversions of the account, cached.

use std::num::NonZeroU64;

use bigdecimal::RoundingMode;
use chrono::{DateTime, Utc};
use nowpayments::{
    Amount,
    conversions::{Conversion as Answered, ConversionStatus},
};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

use super::Conversions;
use crate::{
    failure::Failure,
    language::said,
    moves::lists::{Absorbed, Cached, End, List, changed_at},
    payments::exact,
    second_factor::local,
    store,
};

/// The most conversions of a page.
const LARGEST_PAGE: u32 = 500;
/// With so many digits a rate is shown, counted from the first that is no zero.
const RATE_DIGITS: NonZeroU64 = NonZeroU64::new(10).unwrap();

/// Which conversions are listed, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ConversionQuery {
    /// Only those of these statuses, in any case; all when empty.
    pub statuses: Vec<String>,
    /// Only those from this coin.
    pub from_coin: Option<String>,
    /// Only those into this coin.
    pub to_coin: Option<String>,
    /// Only those made at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Only those made before this time.
    pub before: Option<DateTime<Utc>>,
    /// The cursor of the page before; `None` for the first page.
    pub after: Option<String>,
    /// How many at most, 500 at the most.
    pub limit: u32,
}

/// A page of conversions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ConversionPage {
    /// The conversions.
    pub conversions: Vec<Conversion>,
    /// The cursor of the next page; `None` when this is the last.
    pub next: Option<String>,
    /// How many there are in all that match.
    pub total: u32,
    /// The coins of all conversions, lower case: what can be narrowed to.
    pub coins: Vec<String>,
    /// When they were last read; `None`: never whole.
    pub read_at: Option<DateTime<Utc>>,
}

/// A conversion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Conversion {
    /// NOWPayments' id.
    pub id: String,
    /// The status, lower case: `waiting`, `processing`, `finished`, `rejected`, or one that this Paydesk does not know.
    pub status: String,
    /// Nothing more happens to it.
    pub ended: bool,
    /// The coin that is given, lower case.
    pub from_coin: String,
    /// The coin that comes of it, lower case.
    pub to_coin: String,
    /// How much is given.
    #[specta(type = String)]
    pub from_amount: Amount,
    /// How much comes of it, as far as NOWPayments says. Before the end it is an estimate.
    #[specta(type = Option<String>)]
    pub to_amount: Option<Amount>,
    /// How much of the one coin that is for one of the other.
    pub rate: Option<Rate>,
    /// When it was made, by the clock of this computer.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// Our id of the move that made it, where that was here.
    pub made_by: Option<String>,
}

/// How much of one coin comes for one of another: a fraction, of which no more than ten digits are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Rate {
    /// It, rounded half to even to ten digits where it has more.
    #[specta(type = String)]
    pub value: Amount,
    /// It was not rounded.
    pub exact: bool,
}

impl Rate {
    /// The rate at which `given` becomes `comes`; `None` when there is none.
    pub(super) fn of(given: &Amount, comes: &Amount) -> Option<Self> {
        if !given.is_positive() || comes.is_negative() {
            return None;
        }
        let fraction = comes.as_decimal() / given.as_decimal();
        let rounded = fraction.with_precision_round(RATE_DIGITS, RoundingMode::HalfEven);
        let exact = &rounded * given.as_decimal() == *comes.as_decimal();
        Some(Self { value: Amount::try_from(rounded).ok()?, exact })
    }
}

#[derive(sqlx::FromRow)]
struct Stored {
    id: String,
    status: String,
    is_open: bool,
    from_coin: String,
    to_coin: String,
    from_amount: String,
    to_amount: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: Option<DateTime<Utc>>,
    made_by: Option<String>,
}

const SELECT: &str = "SELECT conversions.*, moves.id AS made_by FROM conversions \
     LEFT JOIN moves ON moves.list = 'conversions' AND moves.made = conversions.id WHERE ";

impl Conversions {
    /// Conversions, newest first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn list(&self, query: &ConversionQuery) -> Result<ConversionPage, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let limit = query.limit.clamp(1, LARGEST_PAGE);
        let mut sql = sqlx::QueryBuilder::new(SELECT);
        self.push_filter(query, &mut sql);
        let after: Option<(String, String)> =
            query.after.as_deref().and_then(|cursor| serde_json::from_str(cursor).ok());
        if let Some((at, id)) = after {
            sql.push(" AND (conversions.created_at, conversions.id) < (").push_bind(at);
            sql.push(", ").push_bind(id).push(")");
        }
        sql.push(" ORDER BY conversions.created_at DESC, conversions.id DESC LIMIT ").push_bind(limit + 1);
        let rows: Vec<Stored> = sql.build_query_as().fetch_all(&mut *db).await?;
        let mut count = sqlx::QueryBuilder::new("SELECT count(*) FROM conversions WHERE ");
        self.push_filter(query, &mut count);
        let total = count.build_query_scalar().fetch_one(&mut *db).await?;
        let coins = sqlx::query_scalar(
            "SELECT from_coin AS coin FROM conversions UNION SELECT to_coin FROM conversions ORDER BY coin",
        )
        .fetch_all(&mut *db)
        .await?;
        let read_at = List::Conversions.read_at(&mut *db).await?;
        let more = rows.len() > limit as usize;
        let last = rows.get(limit as usize - 1).filter(|_| more);
        let next = last.map(|row| serde_json::json!([store::time(row.created_at), row.id]).to_string());
        let conversions =
            rows.into_iter().take(limit as usize).map(|row| self.row(row)).collect::<Result<_, Failure>>()?;
        Ok(ConversionPage { conversions, next, total, coins, read_at })
    }

    /// One conversion of the cache.
    ///
    /// # Errors
    /// When it is not in the cache, or the shop was closed.
    pub async fn get(&self, id: &str) -> Result<Conversion, Failure> {
        let mut sql = sqlx::QueryBuilder::new(SELECT);
        sql.push("conversions.id = ").push_bind(id);
        let row: Option<Stored> = sql.build_query_as().fetch_optional(&self.ctx.db).await?;
        self.row(row.ok_or_else(|| Failure::not_found(said!(en: "conversion", de: "diese Umwandlung")))?)
    }

    fn row(&self, row: Stored) -> Result<Conversion, Failure> {
        let from_amount = exact(&row.from_amount)?;
        let to_amount = row.to_amount.as_deref().map(exact).transpose()?;
        Ok(Conversion {
            rate: to_amount.as_ref().and_then(|comes| Rate::of(&from_amount, comes)),
            id: row.id,
            status: row.status.to_lowercase(),
            ended: !row.is_open,
            from_coin: row.from_coin,
            to_coin: row.to_coin,
            from_amount,
            to_amount,
            created_at: local(&self.ctx, row.created_at),
            updated_at: row.updated_at.map(|at| local(&self.ctx, at)),
            made_by: row.made_by,
        })
    }

    fn push_filter(&self, query: &ConversionQuery, sql: &mut sqlx::QueryBuilder<sqlx::Sqlite>) {
        sql.push("1 = 1");
        for (column, coin) in [("from_coin", &query.from_coin), ("to_coin", &query.to_coin)] {
            if let Some(coin) = coin {
                sql.push(" AND conversions.").push(column).push(" = ").push_bind(coin.to_lowercase());
            }
        }
        // What is asked for is by the clock of this computer, what is kept by the provider's.
        let theirs = |at: DateTime<Utc>| at + (at - local(&self.ctx, at));
        if let Some(since) = query.since {
            sql.push(" AND conversions.created_at >= ").push_bind(store::time(theirs(since)));
        }
        if let Some(before) = query.before {
            sql.push(" AND conversions.created_at < ").push_bind(store::time(theirs(before)));
        }
        if !query.statuses.is_empty() {
            let statuses: Vec<_> = query.statuses.iter().map(|status| status.to_lowercase()).collect();
            sql.push(" AND lower(conversions.status) IN (SELECT value FROM json_each(");
            sql.push_bind(serde_json::Value::from(statuses).to_string()).push("))");
        }
    }
}

impl Cached for Answered {
    const LIST: List = List::Conversions;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn created_at(&self) -> Option<DateTime<Utc>> {
        self.created_at
    }

    fn end(&self) -> Option<End> {
        match self.status {
            ConversionStatus::Finished => Some(End::Finished),
            ConversionStatus::Rejected => Some(End::Rejected),
            _ => None,
        }
    }

    /// A status only moves forward: an older answer that comes late changes nothing.
    async fn absorb(
        &self,
        db: &mut SqliteConnection,
        _: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Absorbed, Failure> {
        let kept: Option<(String, Option<String>)> =
            sqlx::query_as("SELECT status, to_amount FROM conversions WHERE id = ?")
                .bind(self.id.as_str())
                .fetch_optional(&mut *db)
                .await?;
        let to_amount = self.to_amount.as_ref().map(Amount::to_string);
        if let Some((status, amount)) = kept {
            let before = ConversionStatus::from(status.as_str());
            let moved = before != self.status;
            if !self.status.may_follow(&before) || !moved && to_amount == amount {
                return Ok(Absorbed::Same);
            }
            sqlx::query(
                "UPDATE conversions SET status = ?, is_open = ?, to_amount = ?, updated_at = coalesce(?, updated_at), \
                 changed_at = ? WHERE id = ?",
            )
            .bind(self.status.as_str())
            .bind(!self.status.is_final())
            .bind(to_amount)
            .bind(self.updated_at.map(store::time))
            .bind(store::time(now))
            .bind(self.id.as_str())
            .execute(db)
            .await?;
            return Ok(if moved { Absorbed::Moved } else { Absorbed::Changed });
        }
        sqlx::query(
            "INSERT INTO conversions (id, status, is_open, from_coin, to_coin, from_amount, to_amount, created_at, dated, \
             updated_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.id.as_str())
        .bind(self.status.as_str())
        .bind(!self.status.is_final())
        .bind(self.from_currency.as_str())
        .bind(self.to_currency.as_str())
        .bind(self.from_amount.to_string())
        .bind(to_amount)
        .bind(store::time(self.created_at.unwrap_or(now)))
        .bind(self.created_at.is_some())
        .bind(self.updated_at.map(store::time))
        .bind(store::time(changed_at(self.updated_at.or(self.created_at), now)))
        .execute(db)
        .await?;
        Ok(Absorbed::New)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_exact_or_says_that_it_was_rounded() {
        let check = |given: &str, comes: &str, rate: Option<(&str, bool)>| {
            let of = Rate::of(&given.parse().unwrap(), &comes.parse().unwrap());
            assert_eq!(
                of.map(|rate| (rate.value.to_string(), rate.exact)),
                rate.map(|(value, exact)| (value.to_owned(), exact))
            );
        };
        check("2", "1", Some(("0.5", true)));
        check("3", "1", Some(("0.3333333333", false)));
        check("50", "0.000041013900000000004", Some(("0.000000820278", false)));
        check("0.5", "31234.56789", Some(("62469.13578", true)));
        check("0", "1", None);
    }
}
