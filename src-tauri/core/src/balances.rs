//! Balances: what the shop holds at NOWPayments, and how that changed. NOWPayments tells the present only, so each reading in
//! which something has changed is kept here.

mod chart;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use nowpayments::{Amount, Ticker, balance::GetBalance, estimates::GetEstimate};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::{FromRow, SqliteConnection};
use tokio::sync::broadcast::error::RecvError;

use crate::{
    changes::Changed,
    failure::Failure,
    payments::{amount, exact},
    shops::ShopContext,
    store,
};

/// How often the balances are read while nothing happens.
const RHYTHM: Duration = Duration::from_mins(5);
/// After something has happened with money they are read again, but not before this time is over.
const SOONEST: Duration = Duration::from_mins(1);
/// What an amount is worth is asked again after this time.
const RATE_IS_GOOD_FOR: TimeDelta = TimeDelta::minutes(10);
/// What a coin is worth is told to the hundredth.
const WORTH_DECIMALS: i64 = 2;
/// When NOWPayments was asked for balances last.
const READ_AT: &str = "balances_read_at";

/// What the shop holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Balances {
    /// Its coins: those of the most worth first, then those whose worth is not known.
    pub coins: Vec<HeldCoin>,
    /// What all of it is worth together, as far as that is known.
    #[specta(type = String)]
    pub worth: Amount,
    /// The currency of that, lower case.
    pub worth_currency: String,
    /// How many coins are not in it, because NOWPayments does not say what they are worth.
    pub without_worth: u32,
    /// When this was so; `None` before the first reading.
    pub read_at: Option<DateTime<Utc>>,
    /// Why the last reading failed, if it did: what is shown is that much older.
    pub trouble: Option<Failure>,
}

/// How much of a coin the shop holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HeldCoin {
    /// The coin, lower case.
    pub coin: String,
    /// What can be paid out.
    #[specta(type = String)]
    pub amount: Amount,
    /// What is on its way, in or out.
    #[specta(type = String)]
    pub pending: Amount,
    /// What both are worth together, at the rate of the reading.
    #[specta(type = Option<String>)]
    pub worth: Option<Amount>,
    /// How much more or less both are together than a day ago; `None` when nobody has looked as long ago as that.
    #[specta(type = Option<String>)]
    pub day_change: Option<Amount>,
}

/// What the shop held of a coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BalanceHistory {
    /// The coin, lower case.
    pub coin: String,
    /// The days, oldest first, from the first one on whose end is known.
    pub days: Vec<HeldOnDay>,
}

/// What the shop held at the end of a day; today: now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HeldOnDay {
    /// The day of the owner's clock.
    pub day: NaiveDate,
    /// What could be paid out.
    #[specta(type = String)]
    pub amount: Amount,
    /// What was on its way.
    #[specta(type = String)]
    pub pending: Amount,
}

/// The balances of a shop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Balance {
    ctx: Arc<ShopContext>,
    trouble: Arc<Mutex<Option<Failure>>>,
    /// Held while they are read: who comes meanwhile waits and reads once more. What amounts were worth, and when.
    rates: Arc<tokio::sync::Mutex<Rates>>,
}

type Rates = BTreeMap<Ticker, (DateTime<Utc>, Amount, Option<Amount>)>;

impl Balance {
    pub(crate) fn new(ctx: Arc<ShopContext>) -> Self {
        Self { ctx, trouble: Arc::default(), rates: Arc::default() }
    }

    /// What the shop holds, as it was read last.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn held(&self) -> Result<Balances, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let read_at: Option<DateTime<Utc>> = read_at(&mut db).await?;
        let rows: Vec<HeldRow> = sqlx::query_as("SELECT * FROM balances").fetch_all(&mut *db).await?;
        let a_day_ago = store::time(read_at.unwrap_or_else(|| self.ctx.now()) - TimeDelta::days(1));
        let since: Option<String> =
            sqlx::query_scalar("SELECT min(at) FROM balance_changes").fetch_one(&mut *db).await?;
        let was_known = since.is_some_and(|since| since <= a_day_ago);
        // One reading asks for all of them in one currency, which the shop may not count in any more.
        let worth_currency = rows.iter().find_map(|row| row.worth_currency.clone());
        let worth_currency = worth_currency.unwrap_or_else(|| self.ctx.shop.currency.clone());
        let mut coins = Vec::new();
        for row in rows {
            let mut coin = row.held()?;
            if was_known {
                let before = before(&mut db, &coin.coin, &a_day_ago).await?.unwrap_or_default();
                coin.day_change = Some(&(&coin.amount + &coin.pending) - &(&before.0 + &before.1));
            }
            coins.push(coin);
        }
        db.commit().await?;
        coins.sort_by(|one, other| other.worth.cmp(&one.worth).then_with(|| one.coin.cmp(&other.coin)));
        let is_something = |coin: &&HeldCoin| !coin.amount.is_zero() || !coin.pending.is_zero();
        let without = coins.iter().filter(is_something).filter(|coin| coin.worth.is_none()).count();
        Ok(Balances {
            worth: coins.iter().filter_map(|coin| coin.worth.as_ref()).sum(),
            worth_currency,
            without_worth: u32::try_from(without).unwrap_or(u32::MAX),
            coins,
            read_at,
            trouble: self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        })
    }

    /// Reads the balances at NOWPayments now.
    ///
    /// # Errors
    /// When NOWPayments refuses them to this computer or does not answer; what was read before stays.
    pub async fn read(&self) -> Result<Balances, Failure> {
        let read = self.read_once().await;
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = read.as_ref().err().cloned();
        self.ctx.announce(Changed::Balances);
        read?;
        self.held().await
    }

    /// What the shop held of a coin at the end of each of the last `days` (at most 1,000), today included.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn history(&self, coin: &str, days: u32) -> Result<BalanceHistory, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let changes: Vec<(DateTime<Utc>, String, String)> =
            sqlx::query_as("SELECT at, amount, pending FROM balance_changes WHERE coin = ? ORDER BY at")
                .bind(coin)
                .fetch_all(&mut *db)
                .await?;
        let since: Option<DateTime<Utc>> =
            sqlx::query_scalar("SELECT min(at) FROM balance_changes").fetch_one(&mut *db).await?;
        db.commit().await?;
        let Some(since) = since else {
            return Ok(BalanceHistory { coin: coin.to_owned(), days: Vec::new() });
        };
        let surroundings = &self.ctx.surroundings;
        let today = (surroundings.local)(self.ctx.now()).date();
        let first = (surroundings.local)(since).date();
        let begin = first.max(today - Days::new(u64::from(days.clamp(1, 1_000)) - 1));
        let mut held = Vec::new();
        let (mut changes, mut now) = (changes.into_iter().peekable(), (Amount::zero(), Amount::zero()));
        for day in begin.iter_days().take_while(|day| *day <= today) {
            let ends = (surroundings.day_begins)(day + Days::new(1));
            while let Some((_, amount, pending)) = changes.next_if(|(at, ..)| *at < ends) {
                now = (exact(&amount)?, exact(&pending)?);
            }
            held.push(HeldOnDay { day, amount: now.0.clone(), pending: now.1.clone() });
        }
        Ok(BalanceHistory { coin: coin.to_owned(), days: held })
    }

    /// Reads the balances now and then, and when something has happened with money, until the shop is closed.
    pub(crate) async fn run(self) {
        let mut changes = self.ctx.changes();
        let mut failures = 0_u32;
        loop {
            failures = match self.read().await {
                Ok(_) => 0,
                Err(failure) => {
                    tracing::info!(%failure, "the balances could not be read");
                    failures.saturating_add(1)
                }
            };
            // Who is refused is refused for long.
            let rhythm = RHYTHM * failures.clamp(1, 6);
            tokio::time::sleep(SOONEST).await;
            let something = async {
                loop {
                    match changes.recv().await {
                        Ok(changed) if moves_money(&changed) && failures == 0 => return,
                        Err(RecvError::Lagged(_)) if failures == 0 => return,
                        Ok(_) | Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => std::future::pending().await,
                    }
                }
            };
            drop(tokio::time::timeout(rhythm - SOONEST, something).await);
            changes = changes.resubscribe();
        }
    }

    async fn read_once(&self) -> Result<(), Failure> {
        let mut rates = self.rates.lock().await;
        let held = self.ctx.client.send(&GetBalance {}).await.map_err(|error| Failure::from_api(&error))?;
        let mut may_ask = true;
        for (coin, balance) in &held {
            let all = &balance.amount + &balance.pending_amount;
            let is_good = |(at, of, _): &(DateTime<Utc>, Amount, _)| {
                *of == all && self.ctx.now() - *at < RATE_IS_GOOD_FOR
            };
            if rates.get(coin).is_some_and(is_good) {
                continue;
            }
            let worth = if may_ask { self.worth(coin, &all).await } else { Err(()) };
            match worth {
                Ok(worth) => drop(rates.insert(coin.clone(), (self.ctx.now(), all, worth))),
                Err(()) => {
                    // Whoever waits for the balances is not to wait for the same failure of each coin. What was told the
                    // last time is still about right, as long as it is of the same amount.
                    may_ask = false;
                    rates.retain(|known, (_, of, _)| known != coin || *of == all);
                }
            }
        }
        let now = self.ctx.now();
        let mut db = self.ctx.write().await?;
        let known: Vec<HeldRow> = sqlx::query_as("SELECT * FROM balances").fetch_all(&mut *db).await?;
        let gone: BTreeSet<&str> = known
            .iter()
            .map(|row| row.coin.as_str())
            .filter(|coin| !held.keys().any(|held| *held == **coin))
            .collect();
        sqlx::query("DELETE FROM balances").execute(&mut *db).await?;
        for (coin, balance) in &held {
            let (amount, pending) = (balance.amount.to_string(), balance.pending_amount.to_string());
            let before = known.iter().find(|row| *coin == *row.coin);
            let worth = rates.get(coin).and_then(|(_, _, worth)| worth.as_ref()).map(Amount::to_string);
            let worth_currency = worth.is_some().then(|| self.ctx.shop.currency.clone());
            let row = HeldRow { coin: coin.to_string(), amount, pending, worth, worth_currency };
            row.write(&mut db).await?;
            if before.is_none_or(|before| (&before.amount, &before.pending) != (&row.amount, &row.pending)) {
                row.note(&mut db, now).await?;
            }
        }
        for coin in gone {
            let zero = Amount::zero().to_string();
            let row = HeldRow {
                coin: coin.to_owned(),
                amount: zero.clone(),
                pending: zero,
                worth: None,
                worth_currency: None,
            };
            row.note(&mut db, now).await?;
        }
        sqlx::query("INSERT INTO sync_marks (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
            .bind(READ_AT)
            .bind(store::time(now))
            .execute(&mut *db)
            .await?;
        db.commit().await?;
        Ok(())
    }

    /// What so much of a coin is worth; `None` where NOWPayments has no rate, an error when it could not be asked.
    async fn worth(&self, coin: &Ticker, all: &Amount) -> Result<Option<Amount>, ()> {
        if !all.is_positive() {
            return Ok(Some(Amount::zero()));
        }
        let Ok(currency_to) = self.ctx.shop.currency.parse::<Ticker>() else { return Ok(None) };
        let estimate = GetEstimate { amount: all.clone(), currency_from: coin.clone(), currency_to };
        match self.ctx.client.send(&estimate).await {
            Ok(answer) => Ok(answer.estimated_amount.as_decimal().round(WORTH_DECIMALS).try_into().ok()),
            Err(error) if error.refused().is_some_and(|refused| matches!(refused.status, 400 | 404)) => {
                Ok(None)
            }
            Err(error) => {
                tracing::info!(%error, %coin, "what a coin is worth could not be asked for");
                Err(())
            }
        }
    }
}

/// Whether the balances may be other ones after it.
fn moves_money(changed: &Changed) -> bool {
    matches!(changed, Changed::Payments | Changed::Payouts { .. } | Changed::Moves | Changed::Everything)
}

#[derive(Debug, FromRow)]
struct HeldRow {
    coin: String,
    amount: String,
    pending: String,
    worth: Option<String>,
    worth_currency: Option<String>,
}

impl HeldRow {
    fn held(self) -> Result<HeldCoin, Failure> {
        Ok(HeldCoin {
            amount: exact(&self.amount)?,
            pending: exact(&self.pending)?,
            worth: amount(self.worth)?,
            coin: self.coin,
            day_change: None,
        })
    }

    async fn write(&self, db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO balances (coin, amount, pending, worth, worth_currency) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(&self.coin)
        .bind(&self.amount)
        .bind(&self.pending)
        .bind(&self.worth)
        .bind(&self.worth_currency)
        .execute(db)
        .await?;
        Ok(())
    }

    /// Keeps that from now on it is so.
    async fn note(&self, db: &mut SqliteConnection, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT OR REPLACE INTO balance_changes (coin, at, amount, pending) VALUES (?, ?, ?, ?)")
            .bind(&self.coin)
            .bind(store::time(now))
            .bind(&self.amount)
            .bind(&self.pending)
            .execute(db)
            .await?;
        Ok(())
    }
}

async fn read_at(db: &mut SqliteConnection) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    let at: Option<String> = sqlx::query_scalar("SELECT value FROM sync_marks WHERE key = ?")
        .bind(READ_AT)
        .fetch_optional(db)
        .await?;
    Ok(at.and_then(|at| at.parse().ok()))
}

/// What the shop held of a coin at a time, free and pending.
async fn before(
    db: &mut SqliteConnection,
    coin: &str,
    at: &str,
) -> Result<Option<(Amount, Amount)>, Failure> {
    let row: Option<(String, String)> = sqlx::query_as(
        "SELECT amount, pending FROM balance_changes WHERE coin = ? AND at <= ? ORDER BY at DESC LIMIT 1",
    )
    .bind(coin)
    .bind(at)
    .fetch_optional(db)
    .await?;
    row.map(|(amount, pending)| Ok((exact(&amount)?, exact(&pending)?))).transpose()
}
