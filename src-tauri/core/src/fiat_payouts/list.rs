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
    moves::{
        cache::{self, Answer, Entry, Filter, Shown},
        lists::{Absorbed, Cached, End, List},
    },
    payments::exact,
    second_factor::local,
    store,
};

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

impl Shown for Stored {
    const LIST: List = List::FiatPayouts;

    fn place(&self) -> (DateTime<Utc>, &str) {
        (self.created_at, &self.id)
    }
}

impl FiatPayouts {
    /// Fiat payouts, newest first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn list(&self, query: &FiatPayoutQuery) -> Result<FiatPayoutPage, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let filter = Filter::default()
            .and("provider = ?", query.provider.as_deref())
            .and("currency = ?", query.currency.as_ref().map(|currency| currency.to_lowercase()))
            .made(&self.ctx, query.since, query.before)
            .statuses(&query.statuses);
        let page = cache::page(&mut db, &filter, query.after.as_deref(), query.limit).await?;
        let providers = sqlx::query_scalar("SELECT DISTINCT provider FROM fiat_payouts ORDER BY provider")
            .fetch_all(&mut *db)
            .await?;
        let currencies = sqlx::query_scalar("SELECT DISTINCT currency FROM fiat_payouts ORDER BY currency")
            .fetch_all(&mut *db)
            .await?;
        let read_at = List::FiatPayouts.read_at(&mut *db).await?;
        Ok(FiatPayoutPage {
            payouts: page.rows.into_iter().map(|row| self.row(row)).collect::<Result<_, _>>()?,
            next: page.next,
            total: page.total,
            providers,
            currencies,
            read_at,
        })
    }

    /// One fiat payout of the cache, with its course.
    ///
    /// # Errors
    /// When it is not in the cache, or the shop was closed.
    pub async fn get(&self, id: &str) -> Result<FiatPayoutDetail, Failure> {
        let row = cache::find(&mut *self.ctx.db.acquire().await?, id).await?;
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

    async fn absorb(
        &self,
        db: &mut SqliteConnection,
        _: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Absorbed, Failure> {
        let absorbed = cache::absorb(db, self, now).await?;
        if absorbed.has_status() {
            note_step(self, db, now).await?;
        }
        Ok(absorbed)
    }
}

impl Entry for Answered {
    fn answer(&self) -> Answer<'_> {
        let text = |amount: &Option<Amount>| amount.as_ref().map(Amount::to_string);
        Answer {
            status: self.status.as_str(),
            is_final: self.status.is_final(),
            updated_at: self.updated_at,
            fixed: vec![
                ("provider", Some(self.provider.clone())),
                ("coin", Some(self.crypto_currency.to_string())),
                ("currency", Some(self.fiat_currency.to_string())),
            ],
            // Some of it is said later only.
            moving: vec![
                ("amount", text(&self.crypto_amount)),
                ("method", self.account_code.clone()),
                ("account", self.account_number.as_deref().map(masked)),
                ("request_id", self.request_id.clone()),
                ("fiat_amount", text(&self.fiat_amount)),
                ("error", self.error.clone()),
            ],
            silence_keeps: true,
        }
    }

    fn may_follow(&self, before: &str) -> bool {
        self.status.may_follow(&before.into())
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
