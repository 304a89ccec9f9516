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
    moves::{
        cache::{self, Answer, Entry, Filter, Shown},
        lists::{Absorbed, Cached, End, List},
    },
    payments::exact,
    second_factor::local,
};

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

impl Shown for Stored {
    const LIST: List = List::Conversions;

    fn place(&self) -> (DateTime<Utc>, &str) {
        (self.created_at, &self.id)
    }
}

impl Conversions {
    /// Conversions, newest first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn list(&self, query: &ConversionQuery) -> Result<ConversionPage, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let filter = Filter::default()
            .and("from_coin = ?", query.from_coin.as_ref().map(|coin| coin.to_lowercase()))
            .and("to_coin = ?", query.to_coin.as_ref().map(|coin| coin.to_lowercase()))
            .made(&self.ctx, query.since, query.before)
            .statuses(&query.statuses);
        let page = cache::page(&mut db, &filter, query.after.as_deref(), query.limit).await?;
        let coins = sqlx::query_scalar(
            "SELECT from_coin AS coin FROM conversions UNION SELECT to_coin FROM conversions ORDER BY coin",
        )
        .fetch_all(&mut *db)
        .await?;
        let read_at = List::Conversions.read_at(&mut *db).await?;
        Ok(ConversionPage {
            conversions: page.rows.into_iter().map(|row| self.row(row)).collect::<Result<_, _>>()?,
            next: page.next,
            total: page.total,
            coins,
            read_at,
        })
    }

    /// One conversion of the cache.
    ///
    /// # Errors
    /// When it is not in the cache, or the shop was closed.
    pub async fn get(&self, id: &str) -> Result<Conversion, Failure> {
        let row = cache::find(&mut *self.ctx.db.acquire().await?, id).await?;
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

    async fn absorb(
        &self,
        db: &mut SqliteConnection,
        _: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Absorbed, Failure> {
        Ok(cache::absorb(db, self, now).await?)
    }
}

impl Entry for Answered {
    fn answer(&self) -> Answer<'_> {
        Answer {
            status: self.status.as_str(),
            is_final: self.status.is_final(),
            updated_at: self.updated_at,
            fixed: vec![
                ("from_coin", Some(self.from_currency.to_string())),
                ("to_coin", Some(self.to_currency.to_string())),
                ("from_amount", Some(self.from_amount.to_string())),
            ],
            moving: vec![("to_amount", self.to_amount.as_ref().map(Amount::to_string))],
            silence_keeps: false,
        }
    }

    fn may_follow(&self, before: &str) -> bool {
        self.status.may_follow(&before.into())
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
