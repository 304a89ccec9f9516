//! The fiat payouts of the account, cached.

use chrono::{DateTime, Utc};
use nowpayments::{
    Amount,
    fiat_payouts::{FiatPayout as Answered, FiatPayoutStatus},
};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

use super::{FiatPayouts, accounts::masked, kinds};
use crate::{
    failure::Failure,
    language::said,
    moves::lists::{Absorbed, Cached, End, List, changed_at},
    payments::exact,
    second_factor::local,
    store,
};

/// The most payouts of a page.
const LARGEST_PAGE: u32 = 500;

/// Which fiat payouts are listed, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatPayoutQuery {
    /// Only those of these statuses, in any case; all when empty.
    pub statuses: Vec<String>,
    /// Only those of this company, by its code.
    pub provider: Option<String>,
    /// Only those that arrive in this currency.
    pub currency: Option<String>,
    /// Only those made at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Only those made before this time.
    pub before: Option<DateTime<Utc>>,
    /// The cursor of the page before; `None` for the first page.
    pub after: Option<String>,
    /// How many at most, 500 at the most.
    pub limit: u32,
}

/// A page of fiat payouts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatPayoutPage {
    /// The payouts.
    pub payouts: Vec<FiatPayout>,
    /// The cursor of the next page; `None` when this is the last.
    pub next: Option<String>,
    /// How many there are in all that match.
    pub total: u32,
    /// The companies of all payouts, by their codes: what can be narrowed to.
    pub providers: Vec<String>,
    /// The currencies of all payouts, lower case.
    pub currencies: Vec<String>,
    /// When they were last read; `None`: never whole.
    pub read_at: Option<DateTime<Utc>>,
}

/// A fiat payout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatPayout {
    /// NOWPayments' id.
    pub id: String,
    /// The company, by its code.
    pub provider: String,
    /// What the company calls it, once it knows of it.
    pub request_id: Option<String>,
    /// The status, lower case: `new`, `creating`, `converting`, `depositing`, `processing`, `finished`, `failed`, or one that
    /// this Paydesk does not know.
    pub status: String,
    /// Nothing more is expected to happen to it.
    pub ended: bool,
    /// The coin that is paid with, lower case.
    pub coin: String,
    /// How much of it, where NOWPayments says.
    #[specta(type = Option<String>)]
    pub amount: Option<Amount>,
    /// The currency that arrives, lower case.
    pub currency: String,
    /// How much of it, once that is known.
    #[specta(type = Option<String>)]
    pub fiat_amount: Option<Amount>,
    /// The kind of account, in words.
    pub method: Option<String>,
    /// The end of the number of the account.
    pub account: Option<String>,
    /// Why it failed, in NOWPayments' words.
    pub error: Option<String>,
    /// When it was made, by the clock of this computer.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// Our id of the move that made it, where that was here.
    pub made_by: Option<String>,
}

/// A fiat payout with its course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatPayoutDetail {
    /// It.
    pub payout: FiatPayout,
    /// The statuses in which it was seen, in their order.
    pub steps: Vec<FiatPayoutStep>,
}

/// A status in which a payout was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatPayoutStep {
    /// The status, lower case.
    pub status: String,
    /// Since when, as far as is known, by the clock of this computer.
    pub at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Stored {
    id: String,
    provider: String,
    request_id: Option<String>,
    status: String,
    is_open: bool,
    coin: String,
    amount: Option<String>,
    currency: String,
    fiat_amount: Option<String>,
    method: Option<String>,
    account: Option<String>,
    error: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: Option<DateTime<Utc>>,
    made_by: Option<String>,
}

const SELECT: &str = "SELECT fiat_payouts.*, moves.id AS made_by FROM fiat_payouts \
     LEFT JOIN moves ON moves.list = 'fiat_payouts' AND moves.made = fiat_payouts.id WHERE ";

impl FiatPayouts {
    /// Fiat payouts, newest first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn list(&self, query: &FiatPayoutQuery) -> Result<FiatPayoutPage, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let limit = query.limit.clamp(1, LARGEST_PAGE);
        let mut sql = sqlx::QueryBuilder::new(SELECT);
        self.push_filter(query, &mut sql);
        let after: Option<(String, String)> =
            query.after.as_deref().and_then(|cursor| serde_json::from_str(cursor).ok());
        if let Some((at, id)) = after {
            sql.push(" AND (fiat_payouts.created_at, fiat_payouts.id) < (").push_bind(at);
            sql.push(", ").push_bind(id).push(")");
        }
        sql.push(" ORDER BY fiat_payouts.created_at DESC, fiat_payouts.id DESC LIMIT ").push_bind(limit + 1);
        let rows: Vec<Stored> = sql.build_query_as().fetch_all(&mut *db).await?;
        let mut count = sqlx::QueryBuilder::new("SELECT count(*) FROM fiat_payouts WHERE ");
        self.push_filter(query, &mut count);
        let total = count.build_query_scalar().fetch_one(&mut *db).await?;
        let providers = sqlx::query_scalar("SELECT DISTINCT provider FROM fiat_payouts ORDER BY provider")
            .fetch_all(&mut *db)
            .await?;
        let currencies = sqlx::query_scalar("SELECT DISTINCT currency FROM fiat_payouts ORDER BY currency")
            .fetch_all(&mut *db)
            .await?;
        let read_at = List::FiatPayouts.read_at(&mut *db).await?;
        let more = rows.len() > limit as usize;
        let last = rows.get(limit as usize - 1).filter(|_| more);
        let next = last.map(|row| serde_json::json!([store::time(row.created_at), row.id]).to_string());
        let payouts =
            rows.into_iter().take(limit as usize).map(|row| self.row(row)).collect::<Result<_, Failure>>()?;
        Ok(FiatPayoutPage { payouts, next, total, providers, currencies, read_at })
    }

    /// One fiat payout of the cache, with its course.
    ///
    /// # Errors
    /// When it is not in the cache, or the shop was closed.
    pub async fn get(&self, id: &str) -> Result<FiatPayoutDetail, Failure> {
        let mut sql = sqlx::QueryBuilder::new(SELECT);
        sql.push("fiat_payouts.id = ").push_bind(id);
        let row: Option<Stored> = sql.build_query_as().fetch_optional(&self.ctx.db).await?;
        let payout = self.row(
            row.ok_or_else(|| Failure::not_found(said!(en: "fiat payout", de: "diese Bankauszahlung")))?,
        )?;
        let mut steps: Vec<(String, DateTime<Utc>)> =
            sqlx::query_as("SELECT status, at FROM fiat_payout_steps WHERE payout = ?")
                .bind(id)
                .fetch_all(&self.ctx.db)
                .await?;
        // Two of the same moment come in the order of their way.
        let place = |status: &str| {
            let known = FiatPayoutStatus::from(status);
            FiatPayoutStatus::KNOWN.iter().position(|each| *each == known)
        };
        steps.sort_by_key(|(status, at)| (*at, place(status)));
        let step = |(status, at): (String, DateTime<Utc>)| FiatPayoutStep {
            status: status.to_lowercase(),
            at: local(&self.ctx, at),
        };
        Ok(FiatPayoutDetail { payout, steps: steps.into_iter().map(step).collect() })
    }

    fn row(&self, row: Stored) -> Result<FiatPayout, Failure> {
        let amount = |text: Option<String>| text.map(|text| exact(&text)).transpose();
        Ok(FiatPayout {
            id: row.id,
            provider: row.provider,
            request_id: row.request_id,
            status: row.status.to_lowercase(),
            ended: !row.is_open,
            coin: row.coin,
            amount: amount(row.amount)?,
            currency: row.currency,
            fiat_amount: amount(row.fiat_amount)?,
            method: row.method.as_deref().map(kinds::name),
            account: row.account,
            error: row.error,
            created_at: local(&self.ctx, row.created_at),
            updated_at: row.updated_at.map(|at| local(&self.ctx, at)),
            made_by: row.made_by,
        })
    }

    fn push_filter(&self, query: &FiatPayoutQuery, sql: &mut sqlx::QueryBuilder<sqlx::Sqlite>) {
        sql.push("1 = 1");
        if let Some(provider) = &query.provider {
            sql.push(" AND fiat_payouts.provider = ").push_bind(provider);
        }
        if let Some(currency) = &query.currency {
            sql.push(" AND fiat_payouts.currency = ").push_bind(currency.to_lowercase());
        }
        // What is asked for is by the clock of this computer, what is kept by the provider's.
        let theirs = |at: DateTime<Utc>| at + (at - local(&self.ctx, at));
        if let Some(since) = query.since {
            sql.push(" AND fiat_payouts.created_at >= ").push_bind(store::time(theirs(since)));
        }
        if let Some(before) = query.before {
            sql.push(" AND fiat_payouts.created_at < ").push_bind(store::time(theirs(before)));
        }
        if !query.statuses.is_empty() {
            let statuses: Vec<_> = query.statuses.iter().map(|status| status.to_lowercase()).collect();
            sql.push(" AND lower(fiat_payouts.status) IN (SELECT value FROM json_each(");
            sql.push_bind(serde_json::Value::from(statuses).to_string()).push("))");
        }
    }
}

/// What can change of a payout.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
struct Standing {
    status: String,
    request_id: Option<String>,
    fiat_amount: Option<String>,
    error: Option<String>,
}

impl Cached for Answered {
    const LIST: List = List::FiatPayouts;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn created_at(&self) -> Option<DateTime<Utc>> {
        self.created_at
    }

    fn end(&self) -> Option<End> {
        match self.status {
            FiatPayoutStatus::Finished => Some(End::Finished),
            FiatPayoutStatus::Failed => Some(End::Rejected),
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
        let kept: Option<Standing> =
            sqlx::query_as("SELECT status, request_id, fiat_amount, error FROM fiat_payouts WHERE id = ?")
                .bind(self.id.as_str())
                .fetch_optional(&mut *db)
                .await?;
        let text = |amount: &Option<Amount>| amount.as_ref().map(Amount::to_string);
        let Some(kept) = kept else {
            sqlx::query(
                "INSERT INTO fiat_payouts (id, provider, request_id, status, is_open, coin, amount, currency, fiat_amount, \
                 method, account, error, created_at, dated, updated_at, changed_at) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(self.id.as_str())
            .bind(&self.provider)
            .bind(&self.request_id)
            .bind(self.status.as_str())
            .bind(!self.status.is_final())
            .bind(self.crypto_currency.as_str())
            .bind(text(&self.crypto_amount))
            .bind(self.fiat_currency.as_str())
            .bind(text(&self.fiat_amount))
            .bind(&self.account_code)
            .bind(self.account_number.as_deref().map(masked))
            .bind(&self.error)
            .bind(store::time(self.created_at.unwrap_or(now)))
            .bind(self.created_at.is_some())
            .bind(self.updated_at.map(store::time))
            .bind(store::time(changed_at(self.updated_at.or(self.created_at), now)))
            .execute(&mut *db)
            .await?;
            note_step(self, db, now).await?;
            return Ok(Absorbed::New);
        };
        let before = FiatPayoutStatus::from(kept.status.as_str());
        let moved = before != self.status;
        let now_so = Standing {
            status: self.status.as_str().to_owned(),
            request_id: self.request_id.clone().or_else(|| kept.request_id.clone()),
            fiat_amount: text(&self.fiat_amount).or_else(|| kept.fiat_amount.clone()),
            error: self.error.clone().or_else(|| kept.error.clone()),
        };
        if !self.status.may_follow(&before) || now_so == kept {
            return Ok(Absorbed::Same);
        }
        sqlx::query(
            "UPDATE fiat_payouts SET status = ?, is_open = ?, request_id = ?, fiat_amount = ?, error = ?, \
             updated_at = coalesce(?, updated_at), changed_at = ? WHERE id = ?",
        )
        .bind(&now_so.status)
        .bind(!self.status.is_final())
        .bind(&now_so.request_id)
        .bind(&now_so.fiat_amount)
        .bind(&now_so.error)
        .bind(self.updated_at.map(store::time))
        .bind(store::time(now))
        .bind(self.id.as_str())
        .execute(&mut *db)
        .await?;
        if !moved {
            return Ok(Absorbed::Changed);
        }
        note_step(self, db, now).await?;
        Ok(Absorbed::Moved)
    }
}

async fn note_step(
    payout: &Answered,
    db: &mut SqliteConnection,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR IGNORE INTO fiat_payout_steps (payout, status, at) VALUES (?, ?, ?)")
        .bind(payout.id.as_str())
        .bind(payout.status.as_str())
        .bind(store::time(payout.updated_at.unwrap_or(now)))
        .execute(db)
        .await?;
    Ok(())
}
