//! Takings: what customers paid, by day, week and month, summed from days that were summed before (`days.rs`), so that a
//! million payments take no longer than ten.
//!
//! A payment belongs to the day of the owner's clock on which it was made. **Sales** are the prices of payments that are
//! finished, exactly. What came for underpaid ones, and what came once more to the address of an earlier one, is told
//! **besides**: it is worth something and no sale. What was paid into the balances of users is theirs: it is left out of every
//! figure, as soon as NOWPayments' list of these payments was read ([`crate::custody`]).

mod chart;
mod days;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Utc, Weekday};
use nowpayments::{Amount, payments::PaymentStatus};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;
use tokio::sync::broadcast::error::RecvError;

use self::days::{Kind, Sums};
pub(crate) use self::days::{stale_above, stale_at};
use crate::{changes::Changed, failure::Failure, language::WeekStart, shops::ShopContext};

/// So many days are summed before an answer is given; others are summed in the background.
const BEFORE_AN_ANSWER: usize = 16;
/// So many are summed in the background before whoever looks is told.
const BEFORE_TELLING: usize = 64;
/// Payments come in crowds while the history is fetched: after each round it is waited this long.
const PAUSE: Duration = Duration::from_secs(2);
/// So often the days are compared with the time zone, at least.
const ZONE: Duration = Duration::from_secs(15 * 60);

/// Days, weeks, or months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum TakingsStep {
    /// Days.
    Day,
    /// Weeks, from the day on that was set ([`WeekStart`]).
    Week,
    /// Months.
    Month,
}

/// What has come in today, this week and this month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TakingsSummary {
    /// The currency of the prices that these are in, lower case; `None` before the first payment.
    pub currency: Option<String>,
    /// All currencies of prices, that of most payments first.
    pub currencies: Vec<String>,
    /// Today, this week and this month.
    pub spans: Vec<TakingsSpan>,
    /// Whether every day is summed; otherwise some are still to come.
    pub complete: bool,
}

/// What has come in since the beginning of a day, a week or a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TakingsSpan {
    /// Which.
    pub step: TakingsStep,
    /// Its first day.
    pub begins: NaiveDate,
    /// What has come in so far.
    pub now: Takes,
    /// What had come in as long after the beginning of the day, week or month before.
    pub before: Takes,
    /// How much more the sales are than they were before, in percent, rounded to whole ones; negative when less, `None`
    /// when there were none before.
    pub change: Option<i32>,
}

/// What came in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Takes {
    /// The prices of the payments that are finished.
    #[specta(type = String)]
    pub sales: Amount,
    /// How many those are.
    pub orders: u32,
    /// What came besides: for underpaid payments, and once more to the address of earlier ones.
    #[specta(type = String)]
    pub besides: Amount,
    /// How many payments brought that.
    pub besides_count: u32,
    /// A part of it is worked out, cut off behind its last decimal.
    pub besides_about: bool,
}

/// Takings step by step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TakingsSeries {
    /// The steps, oldest first, the last of which is not over yet.
    pub steps: Vec<TakingsOfStep>,
    /// Whether every day is summed.
    pub complete: bool,
}

/// Takings of a day, a week or a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TakingsOfStep {
    /// The first day.
    pub begins: NaiveDate,
    /// The last day.
    pub ends: NaiveDate,
    /// What came in.
    pub takes: Takes,
}

/// What became of the payments of some days, and in which coins they were paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TakingsBreakdown {
    /// The first day.
    pub begins: NaiveDate,
    /// The last day: today.
    pub ends: NaiveDate,
    /// How far they have come, without those that repeat others.
    pub outcomes: Outcomes,
    /// The coins of finished payments, that of the largest sales first.
    pub coins: Vec<TakingsOfCoin>,
    /// What finished and underpaid payments, of whatever currency their prices are, brought into the shop's balance after
    /// what NOWPayments took; by coin, alphabetically.
    pub received: Vec<Received>,
    /// Payments into users' balances are known, of these days or others: none of the figures counts them.
    pub leaves_out_balances: bool,
    /// Whether every day is summed.
    pub complete: bool,
}

/// How many payments have come how far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Outcomes {
    /// Made in all: the sum of all others.
    pub made: u32,
    /// Finished.
    pub finished: u32,
    /// Not at their end yet.
    pub open: u32,
    /// Paid in part, which is where they stay unless more comes.
    pub underpaid: u32,
    /// Nobody paid in time.
    pub expired: u32,
    /// Failed, refunded, or in a status that Paydesk does not know.
    pub other: u32,
    /// Of those that are at their end, how many of a thousand are finished, rounded down; `None` when none is.
    pub finished_per_mille: Option<u32>,
}

/// What finished payments brought in one coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TakingsOfCoin {
    /// The coin, lower case.
    pub coin: String,
    /// How many payments.
    pub orders: u32,
    /// Their prices.
    #[specta(type = String)]
    pub sales: Amount,
    /// How much of the coin came.
    #[specta(type = String)]
    pub paid: Amount,
}

/// How much of a coin came into the shop's balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Received {
    /// The coin, lower case.
    pub coin: String,
    /// From how many payments.
    pub count: u32,
    /// How much.
    #[specta(type = String)]
    pub amount: Amount,
}

/// The takings of a shop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Takings {
    ctx: Arc<ShopContext>,
}

impl Takings {
    pub(crate) fn new(ctx: Arc<ShopContext>) -> Self {
        Self { ctx }
    }

    /// What has come in today, this week and this month, in the currency of most payments or in another one.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn summary(&self, currency: Option<String>) -> Result<TakingsSummary, Failure> {
        let complete = !self.settle(BEFORE_AN_ANSWER).await?.others_are_left;
        let now = self.ctx.now();
        let today = self.today();
        let mut db = self.ctx.db.begin().await?;
        let currencies = currencies(&mut db).await?;
        let currency = currency.or_else(|| currencies.first().cloned());
        let mut spans = Vec::new();
        if let Some(currency) = &currency {
            for step in [TakingsStep::Day, TakingsStep::Week, TakingsStep::Month] {
                spans.push(self.span(&mut db, step, today, now, currency).await?);
            }
        }
        db.commit().await?;
        Ok(TakingsSummary { currency, currencies, spans, complete })
    }

    /// Takings in a currency, by the last `count` (at most 400) days, weeks or months.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn series(
        &self,
        step: TakingsStep,
        count: u32,
        currency: &str,
    ) -> Result<TakingsSeries, Failure> {
        let complete = !self.settle(BEFORE_AN_ANSWER).await?.others_are_left;
        let mut begins = vec![step.begin(self.today(), WeekStart::now())];
        while begins.len() < usize::try_from(count.clamp(1, 400)).unwrap_or(1) {
            begins.push(step.before(begins[begins.len() - 1]));
        }
        let (first, last) = (begins[begins.len() - 1], step.next(begins[0]) - Days::new(1));
        let mut db = self.ctx.db.begin().await?;
        let days = Sums::of_days(&mut db, first, last, currency).await?;
        db.commit().await?;
        let steps = begins.into_iter().rev().map(|begins| {
            let ends = step.next(begins) - Days::new(1);
            let mut sums = Sums::default();
            days.range(begins..=ends).for_each(|(_, day)| sums.add(day));
            TakingsOfStep { begins, ends, takes: sums.takes(currency) }
        });
        Ok(TakingsSeries { steps: steps.collect(), complete })
    }

    /// What became of the payments of the last `days` (at most 1,000), today included, whose prices are in a currency.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn breakdown(&self, days: u32, currency: &str) -> Result<TakingsBreakdown, Failure> {
        let complete = !self.settle(BEFORE_AN_ANSWER).await?.others_are_left;
        let ends = self.today();
        let begins = ends - Days::new(u64::from(days.clamp(1, 1_000)) - 1);
        let mut db = self.ctx.db.begin().await?;
        let mut sums = Sums::default();
        Sums::of_days(&mut db, begins, ends, currency).await?.values().for_each(|day| sums.add(day));
        let coins = Sums::of_coins(&mut db, begins, ends, currency).await?;
        let leaves_out_balances =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM custody_payments)").fetch_one(&mut *db).await?;
        db.commit().await?;
        Ok(TakingsBreakdown {
            begins,
            ends,
            outcomes: sums.outcomes(currency),
            coins: coins.by_coin(currency),
            received: coins
                .outcomes
                .into_iter()
                .map(|(coin, (count, amount))| Received { coin, count, amount })
                .collect(),
            leaves_out_balances,
            complete,
        })
    }

    /// Sums the days in which payments change, from the opening of the shop until it is closed.
    pub(crate) async fn run(self) {
        let mut changes = self.ctx.changes();
        loop {
            if let Err(failure) = self.mind_the_zone().await {
                tracing::warn!(%failure, "the days cannot be compared with the time zone");
            }
            match self.settle(BEFORE_TELLING).await {
                Ok(settled) => {
                    if settled.days > 0 {
                        self.ctx.announce(Changed::Takings);
                    }
                    if settled.others_are_left {
                        continue;
                    }
                }
                Err(failure) => tracing::warn!(%failure, "takings cannot be summed"),
            }
            let changed = async {
                loop {
                    match changes.recv().await {
                        Ok(Changed::Payments | Changed::Everything) | Err(RecvError::Lagged(_)) => {
                            return true;
                        }
                        Ok(_) => {}
                        Err(RecvError::Closed) => return false,
                    }
                }
            };
            // Whoever travels takes the shop to another time zone, and nothing says so.
            match tokio::time::timeout(ZONE, changed).await {
                Ok(false) => return,
                Ok(true) => tokio::time::sleep(PAUSE).await,
                Err(_) => {}
            }
            changes = changes.resubscribe();
        }
    }

    async fn span(
        &self,
        db: &mut SqliteConnection,
        step: TakingsStep,
        today: NaiveDate,
        now: DateTime<Utc>,
        currency: &str,
    ) -> Result<TakingsSpan, Failure> {
        let begins = step.begin(today, WeekStart::now());
        let (began, _) = self.times_of(begins);
        let before = step.before(begins);
        // When a clock on the wall showed as long after its beginning, and not beyond its end: months are not equally long.
        let shown = (self.ctx.surroundings.local)(now) - begins.and_time(NaiveTime::MIN);
        let until = self.when_clocks_show(before.and_time(NaiveTime::MIN) + shown).min(began);
        let is_now = self.until(db, begins, today, None, currency).await?;
        let last = (self.ctx.surroundings.local)(until).date().min(begins - Days::new(1));
        let was_then = self.until(db, before, last, Some(until), currency).await?;
        let change = change(&was_then.sales, &is_now.sales);
        Ok(TakingsSpan { step, begins, now: is_now, before: was_then, change })
    }

    /// Takings from the day `first` to the day `last`, the last one only until a time.
    async fn until(
        &self,
        db: &mut SqliteConnection,
        first: NaiveDate,
        last: NaiveDate,
        until: Option<DateTime<Utc>>,
        currency: &str,
    ) -> Result<Takes, Failure> {
        let mut days = Sums::of_days(db, first, last, currency).await?;
        if let Some(until) = until {
            let (begins, ends) = self.times_of(last);
            days.insert(last, Sums::between(db, begins, until.min(ends), Some(currency)).await?);
        }
        let mut sums = Sums::default();
        days.values().for_each(|day| sums.add(day));
        Ok(sums.takes(currency))
    }

    /// The first time at which the owner's clock shows this; where clocks are put forward over it, an hour before at the most.
    fn when_clocks_show(&self, shown: NaiveDateTime) -> DateTime<Utc> {
        let surroundings = &self.ctx.surroundings;
        let at = (surroundings.day_begins)(shown.date()) + (shown.time() - NaiveTime::MIN);
        at - ((surroundings.local)(at) - shown)
    }

    fn today(&self) -> NaiveDate {
        (self.ctx.surroundings.local)(self.ctx.now()).date()
    }
}

impl TakingsStep {
    /// The first day of the step that a day is in, where weeks begin with `first`.
    fn begin(self, day: NaiveDate, first: Weekday) -> NaiveDate {
        match self {
            Self::Day => day,
            Self::Week => day - Days::new(day.weekday().days_since(first).into()),
            Self::Month => day - Days::new(day.day0().into()),
        }
    }

    /// The first day of the step after the one that begins with a day.
    fn next(self, begins: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => begins + Days::new(1),
            Self::Week => begins + Days::new(7),
            Self::Month => begins + Months::new(1),
        }
    }

    /// The first day of the step before it.
    fn before(self, begins: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => begins - Days::new(1),
            Self::Week => begins - Days::new(7),
            Self::Month => begins - Months::new(1),
        }
    }
}

impl Kind {
    /// Whether payments like it are sales.
    fn is_sale(&self) -> bool {
        !self.repeats && PaymentStatus::from(self.status.as_str()) == PaymentStatus::Finished
    }

    /// Whether payments like it have brought something that stays.
    fn has_brought_something(&self) -> bool {
        matches!(
            PaymentStatus::from(self.status.as_str()),
            PaymentStatus::Finished | PaymentStatus::PartiallyPaid
        )
    }

    /// Whether payments like it have brought something that is no sale.
    fn is_besides(&self) -> bool {
        self.has_brought_something() && !self.is_sale()
    }
}

impl Sums {
    fn takes(&self, currency: &str) -> Takes {
        let mut takes = Takes::default();
        for (kind, sum) in self.kinds.iter().filter(|(kind, _)| kind.currency == currency) {
            if kind.is_sale() {
                takes.sales += &sum.price;
                takes.orders += sum.count;
            } else if kind.is_besides() {
                takes.besides += &sum.worth;
                takes.besides_count += sum.count;
                takes.besides_about |= sum.about;
            }
        }
        takes
    }

    fn outcomes(&self, currency: &str) -> Outcomes {
        let mut outcomes = Outcomes::default();
        for (kind, sum) in &self.kinds {
            if kind.currency != currency || kind.repeats {
                continue;
            }
            let status = PaymentStatus::from(kind.status.as_str());
            let counted = match status {
                PaymentStatus::Finished => &mut outcomes.finished,
                PaymentStatus::PartiallyPaid => &mut outcomes.underpaid,
                PaymentStatus::Expired => &mut outcomes.expired,
                status if !status.is_final() => &mut outcomes.open,
                _ => &mut outcomes.other,
            };
            *counted += sum.count;
            outcomes.made += sum.count;
        }
        let ended = outcomes.made - outcomes.open;
        let per_mille = u64::from(outcomes.finished) * 1_000;
        outcomes.finished_per_mille =
            per_mille.checked_div(ended.into()).and_then(|per_mille| u32::try_from(per_mille).ok());
        outcomes
    }

    fn by_coin(&self, currency: &str) -> Vec<TakingsOfCoin> {
        let mut coins: BTreeMap<&str, TakingsOfCoin> = BTreeMap::new();
        for ((kind, coin), (count, price, paid)) in &self.coins {
            if kind.currency != currency || !kind.is_sale() {
                continue;
            }
            let of_coin = coins.entry(coin).or_insert_with(|| TakingsOfCoin {
                coin: coin.clone(),
                orders: 0,
                sales: Amount::zero(),
                paid: Amount::zero(),
            });
            of_coin.orders += count;
            of_coin.sales += price;
            of_coin.paid += paid;
        }
        let mut coins: Vec<_> = coins.into_values().collect();
        coins.sort_by(|one, other| other.sales.cmp(&one.sales).then_with(|| one.coin.cmp(&other.coin)));
        coins
    }
}

/// The currencies of prices, that of most payments first.
async fn currencies(db: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT currency FROM takings_currencies WHERE count > 0 ORDER BY count DESC, currency",
    )
    .fetch_all(db)
    .await
}

/// How much more one amount is than the other, in whole percent.
fn change(before: &Amount, now: &Amount) -> Option<i32> {
    let more = now.as_decimal() - before.as_decimal();
    let percent = before.is_positive().then(|| more * BigDecimal::from(100) / before.as_decimal())?;
    percent.with_scale_round(0, RoundingMode::HalfUp).to_i32()
}
