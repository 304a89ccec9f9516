//! The sums of days: made anew from the payments of a day whenever one of them has changed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use futures_util::TryStreamExt;
use nowpayments::Amount;
use sqlx::{SqliteConnection, SqliteExecutor};

use super::Takings;
use crate::{
    failure::Failure,
    payments::{Worth, amount, asked, exact},
    store,
};

/// So many days at the most are summed in one transaction, which holds up whoever else writes.
const AT_ONCE: usize = 8;
/// A day has 25 hours at the most, and where zones begin at half an hour two days share one.
const HOURS: u32 = 26 * 8;

/// What was summed anew.
pub(super) struct Settled {
    /// How many days.
    pub(super) days: usize,
    /// Others are not up to date yet.
    pub(super) others_are_left: bool,
}

/// Payments that have much in common, and what they come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) count: u32,
    /// Their prices.
    pub(super) price: Amount,
    /// What was paid, in the currency of the price.
    pub(super) worth: Amount,
    /// Some of that is worked out.
    pub(super) about: bool,
}

impl Sum {
    pub(super) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.price += &other.price;
        self.worth += &other.worth;
        self.about |= other.about;
    }
}

/// Payments of one currency that have come equally far.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    /// The currency of their prices, lower case.
    pub(super) currency: String,
    /// Lower case.
    pub(super) status: String,
    /// They came to the address of an earlier payment, whose price they carry.
    pub(super) repeats: bool,
}

/// What some payments come to.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) kinds: BTreeMap<Kind, Sum>,
    /// How many payments have brought something in a coin, what they cost, and how much of the coin came.
    pub(super) coins: BTreeMap<(Kind, String), (u32, Amount, Amount)>,
    /// How many payments have brought how much of a coin into the shop's balance.
    pub(super) outcomes: BTreeMap<String, (u32, Amount)>,
}

impl Sums {
    /// Those of the payments that were made from `begins` until `ends`, with prices in one currency or in any, without what went
    /// into users' balances, and what came once more to an address of these.
    pub(super) async fn between(
        db: impl SqliteExecutor<'_>,
        begins: DateTime<Utc>,
        ends: DateTime<Utc>,
        currency: Option<&str>,
    ) -> Result<Self, Failure> {
        let mut lines = sqlx::query_as::<_, Line>(
            "SELECT status, price_amount, price_currency, pay_amount, actually_paid, actually_paid_at_fiat, pay_currency, \
             parent_payment_id IS NOT NULL AS repeats, origin_type, outcome_amount, outcome_currency \
             FROM payments INDEXED BY payments_by_created WHERE created_at >= ? AND created_at < ? \
             AND (?3 IS NULL OR price_currency = ?3) AND NOT EXISTS (SELECT 1 FROM custody_payments AS c WHERE c.id IN (payments.id, payments.parent_payment_id))",
        )
        .bind(store::time(begins))
        .bind(store::time(ends))
        .bind(currency)
        .fetch(db);
        let mut sums = Self::default();
        while let Some(line) = lines.try_next().await? {
            sums.take(line)?;
        }
        Ok(sums)
    }

    fn take(&mut self, line: Line) -> Result<(), Failure> {
        let price = exact(&line.price_amount)?;
        let [to_pay, paid, stated] = [&line.pay_amount, &line.actually_paid, &line.actually_paid_at_fiat]
            .map(|text| amount(text.as_deref()));
        let (to_pay, paid) = (to_pay?, paid?.filter(Amount::is_positive));
        let to_pay = asked(to_pay.as_ref(), line.origin_type.as_deref());
        let worth = Worth::of(&price, to_pay, paid.as_ref(), stated?.as_ref());
        let kind = Kind { currency: line.price_currency, status: line.status, repeats: line.repeats };
        let outcome = amount(line.outcome_amount.as_deref())?.zip(line.outcome_currency);
        if let Some((outcome, coin)) = outcome.filter(|_| kind.has_brought_something()) {
            let (count, coins) = self.outcomes.entry(coin).or_default();
            *count += 1;
            *coins += &outcome;
        }
        if let Some(paid) = paid {
            let (count, prices, coins) = self.coins.entry((kind.clone(), line.pay_currency)).or_default();
            *count += 1;
            *prices += &price;
            *coins += &paid;
        }
        let (about, worth) = worth.map(|worth| (worth.about, worth.amount)).unwrap_or_default();
        self.kinds.entry(kind).or_default().add(&Sum { count: 1, price, worth, about });
        Ok(())
    }

    /// Those of the days from `first` to `last` in a currency, as they were summed.
    pub(super) async fn of_days(
        db: &mut SqliteConnection,
        first: NaiveDate,
        last: NaiveDate,
        currency: &str,
    ) -> Result<BTreeMap<NaiveDate, Self>, Failure> {
        let mut days: BTreeMap<NaiveDate, Self> = BTreeMap::new();
        let kinds: Vec<KindRow> =
            sqlx::query_as("SELECT * FROM takings_days WHERE day BETWEEN ? AND ? AND currency = ?")
                .bind(first.to_string())
                .bind(last.to_string())
                .bind(currency)
                .fetch_all(&mut *db)
                .await?;
        for row in kinds {
            let kind = Kind { currency: row.currency, status: row.status, repeats: row.repeats };
            let (price, worth) = (exact(&row.price)?, exact(&row.worth)?);
            let sum = Sum { count: row.count, price, worth, about: row.about };
            days.entry(row.day).or_default().kinds.insert(kind, sum);
        }
        Ok(days)
    }

    /// What came in each coin for prices in a currency, and what became of whatever came, on the days from `first` to `last`, all
    /// days together.
    pub(super) async fn of_coins(
        db: &mut SqliteConnection,
        first: NaiveDate,
        last: NaiveDate,
        currency: &str,
    ) -> Result<Self, Failure> {
        let mut sums = Self::default();
        let coins: Vec<CoinRow> =
            sqlx::query_as("SELECT * FROM takings_coins WHERE day BETWEEN ? AND ? AND currency = ?")
                .bind(first.to_string())
                .bind(last.to_string())
                .bind(currency)
                .fetch_all(&mut *db)
                .await?;
        for row in coins {
            let kind = Kind { currency: row.currency, status: row.status, repeats: row.repeats };
            let (count, price, paid) = sums.coins.entry((kind, row.coin)).or_default();
            *count += row.count;
            *price += &exact(&row.price)?;
            *paid += &exact(&row.paid)?;
        }
        let outcomes: Vec<(String, u32, String)> =
            sqlx::query_as("SELECT coin, count, amount FROM takings_outcomes WHERE day BETWEEN ? AND ?")
                .bind(first.to_string())
                .bind(last.to_string())
                .fetch_all(&mut *db)
                .await?;
        for (coin, more, amount) in outcomes {
            let (count, coins) = sums.outcomes.entry(coin).or_default();
            *count += more;
            *coins += &exact(&amount)?;
        }
        Ok(sums)
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (kind, sum) in &other.kinds {
            self.kinds.entry(kind.clone()).or_default().add(sum);
        }
    }

    /// Writes them as those of a day.
    async fn write(&self, db: &mut SqliteConnection, day: NaiveDate) -> Result<(), sqlx::Error> {
        for (kind, sum) in &self.kinds {
            sqlx::query("INSERT INTO takings_days VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
                .bind(day.to_string())
                .bind(&kind.currency)
                .bind(&kind.status)
                .bind(kind.repeats)
                .bind(sum.count)
                .bind(sum.price.to_string())
                .bind(sum.worth.to_string())
                .bind(sum.about)
                .execute(&mut *db)
                .await?;
        }
        for ((kind, coin), (count, price, paid)) in &self.coins {
            sqlx::query("INSERT INTO takings_coins VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
                .bind(day.to_string())
                .bind(&kind.currency)
                .bind(coin)
                .bind(&kind.status)
                .bind(kind.repeats)
                .bind(count)
                .bind(price.to_string())
                .bind(paid.to_string())
                .execute(&mut *db)
                .await?;
        }
        for (coin, (count, amount)) in &self.outcomes {
            sqlx::query("INSERT INTO takings_outcomes VALUES (?, ?, ?, ?)")
                .bind(day.to_string())
                .bind(coin)
                .bind(count)
                .bind(amount.to_string())
                .execute(&mut *db)
                .await?;
        }
        Ok(())
    }
}

#[derive(sqlx::FromRow)]
struct Line {
    status: String,
    price_amount: String,
    price_currency: String,
    pay_amount: Option<String>,
    actually_paid: Option<String>,
    actually_paid_at_fiat: Option<String>,
    pay_currency: String,
    repeats: bool,
    origin_type: Option<String>,
    outcome_amount: Option<String>,
    outcome_currency: Option<String>,
}

#[derive(sqlx::FromRow)]
struct KindRow {
    day: NaiveDate,
    currency: String,
    status: String,
    repeats: bool,
    count: u32,
    price: String,
    worth: String,
    about: bool,
}

#[derive(sqlx::FromRow)]
struct CoinRow {
    currency: String,
    coin: String,
    status: String,
    repeats: bool,
    count: u32,
    price: String,
    paid: String,
}

impl Takings {
    /// Sums up to `most` days anew that are not up to date, the newest first.
    pub(super) async fn settle(&self, most: usize) -> Result<Settled, Failure> {
        let mut days = 0;
        while days < most && self.are_stale().await? {
            days += self.settle_some(AT_ONCE.min(most - days)).await?;
        }
        Ok(Settled { days, others_are_left: self.are_stale().await? })
    }

    /// Whether there is something to do: nobody who writes is held up when there is not.
    async fn are_stale(&self) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM takings_stale)").fetch_one(&self.ctx.db).await
    }

    /// The same in one transaction, for two days at least.
    async fn settle_some(&self, most: usize) -> Result<usize, Failure> {
        let mut db = self.ctx.write().await?;
        let hours: Vec<String> =
            sqlx::query_scalar("SELECT hour FROM takings_stale ORDER BY hour DESC LIMIT ?")
                .bind(HOURS)
                .fetch_all(&mut *db)
                .await?;
        let (mut days, mut done) = (BTreeSet::new(), Vec::new());
        for hour in hours {
            let its_days = self.days_of(&hour);
            if days.union(&its_days).count() > most.max(2) {
                break;
            }
            days.extend(its_days);
            done.push(hour);
        }
        for day in &days {
            self.sum(&mut db, *day).await?;
        }
        sqlx::query("DELETE FROM takings_stale WHERE hour IN (SELECT value FROM json_each(?))")
            .bind(serde_json::Value::from(done).to_string())
            .execute(&mut *db)
            .await?;
        db.commit().await?;
        Ok(days.len().max(1))
    }

    /// Sums one day.
    async fn sum(&self, db: &mut SqliteConnection, day: NaiveDate) -> Result<(), Failure> {
        let (begins, ends) = self.times_of(day);
        let sums = Sums::between(&mut *db, begins, ends, None).await?;
        sqlx::query("DELETE FROM takings_known WHERE day = ?")
            .bind(day.to_string())
            .execute(&mut *db)
            .await?;
        sqlx::query("INSERT INTO takings_known VALUES (?, ?, ?)")
            .bind(day.to_string())
            .bind(store::time(begins))
            .bind(store::time(ends))
            .execute(&mut *db)
            .await?;
        Ok(sums.write(db, day).await?)
    }

    /// The days of the owner's clock that an hour lies in. What is no hour lies in none.
    fn days_of(&self, hour: &str) -> BTreeSet<NaiveDate> {
        let Ok(begins) = format!("{hour}:00:00Z").parse::<DateTime<Utc>>() else { return BTreeSet::new() };
        let last = begins + TimeDelta::hours(1) - TimeDelta::milliseconds(1);
        [begins, last].map(|at| (self.ctx.surroundings.local)(at).date()).into()
    }

    /// When a day begins and when it ends.
    pub(super) fn times_of(&self, day: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
        let begins = &self.ctx.surroundings.day_begins;
        (begins(day), begins(day + Days::new(1)))
    }

    /// Where days begin at other times than they did when they were summed, all are summed anew: the computer is in another
    /// time zone.
    pub(super) async fn mind_the_zone(&self) -> Result<(), Failure> {
        let known: Vec<(NaiveDate, DateTime<Utc>, DateTime<Utc>)> =
            sqlx::query_as("SELECT day, begins, ends FROM takings_known").fetch_all(&self.ctx.db).await?;
        if known.iter().all(|(day, begins, ends)| self.times_of(*day) == (*begins, *ends)) {
            return Ok(());
        }
        let mut db = self.ctx.write().await?;
        sqlx::query("DELETE FROM takings_known").execute(&mut *db).await?;
        sqlx::query(
            "INSERT OR IGNORE INTO takings_stale (hour) \
             SELECT DISTINCT substr(created_at, 1, 13) FROM payments INDEXED BY payments_by_created",
        )
        .execute(&mut *db)
        .await?;
        db.commit().await?;
        Ok(())
    }
}

/// The payments with numbers above `number` are new: the hours they were made in are not up to date. In the transaction that
/// writes them.
pub(crate) async fn stale_above(db: &mut SqliteConnection, number: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT OR IGNORE INTO takings_stale (hour) \
         SELECT DISTINCT substr(created_at, 1, 13) FROM payments NOT INDEXED WHERE number > ?",
    )
    .bind(number)
    .execute(db)
    .await?;
    Ok(())
}

/// A payment that was made then has changed.
pub(crate) async fn stale_at(db: &mut SqliteConnection, created_at: &str) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR IGNORE INTO takings_stale (hour) VALUES (substr(?, 1, 13))")
        .bind(created_at)
        .execute(db)
        .await?;
    Ok(())
}
