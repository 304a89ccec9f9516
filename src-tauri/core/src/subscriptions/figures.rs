//! What a plan comes to: who is subscribed, what that brings in, what was collected, who left, what is due next.

use std::collections::BTreeMap;

use bigdecimal::{BigDecimal, RoundingMode};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Plan, Subscriptions, list::takes_email};
use crate::{failure::Failure, fiat, payments::exact, second_factor::provider_now, store};

/// The days of a month, on average, times 10,000: 365.25 / 12.
const MONTH_DAYS: (i64, i64) = (304_375, 10_000);
/// The decimals that sums in coins are shown with, where they have more.
const COIN_DECIMALS: u32 = 8;
/// How far churn looks back, and renewals ahead.
const LOOK: TimeDelta = TimeDelta::days(30);

/// What a plan comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PlanFigures {
    /// Who is subscribed, by the status of their period; those that were ended do not count.
    pub by_status: Vec<StatusTally>,
    /// How many those are.
    pub subscribers: u32,
    /// For how many of them the period that is paid for has not ended.
    pub active: u32,
    /// What those that are active and paid bring in a month.
    pub monthly: MonthlyRevenue,
    /// What was paid since Paydesk looks.
    pub collected: Collected,
    /// Who left in the last 30 days.
    pub churn: Churn,
    /// How many paid periods end within the next 30 days.
    pub renewals: u32,
}

/// How many subscriptions have a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct StatusTally {
    /// The status, lower case.
    pub status: String,
    /// How many.
    pub count: u32,
}

/// The price of all that are active and paid, times 30.4375 days, divided by the days of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MonthlyRevenue {
    /// How many subscriptions are counted.
    pub subscriptions: u32,
    /// The sum, with `decimals` decimals at the most.
    #[specta(type = String)]
    pub amount: Amount,
    /// The currency of the plan, lower case.
    pub currency: String,
    /// With how many decimals it is shown.
    pub decimals: u32,
    /// Whether nothing was rounded away.
    pub exact: bool,
}

/// What was paid, as far as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Collected {
    /// How many periods were paid.
    pub periods: u32,
    /// The exact sums of those whose price is certain, by currency.
    pub sums: Vec<Sum>,
    /// How many are not in the sums, since the plan changed while Paydesk did not look.
    pub unpriced: u32,
    /// Since when Paydesk looks; `None` before the first reading.
    pub since: Option<DateTime<Utc>>,
}

/// A sum in a currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Sum {
    /// The currency, lower case.
    pub currency: String,
    /// The sum.
    #[specta(type = String)]
    pub amount: Amount,
}

/// Who left: `left` of `of`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Churn {
    /// How many of them have ended or expired since.
    pub left: u32,
    /// How many were subscribed, and not expired, at that time.
    pub of: u32,
    /// At which time: 30 days ago, or when Paydesk began to look, if that is later. `None` before the first reading.
    pub since: Option<DateTime<Utc>>,
}

/// The paid periods that end on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RenewalDay {
    /// The day where the owner is, `2026-11-28`.
    pub day: NaiveDate,
    /// How many end.
    pub count: u32,
    /// What their next periods cost together, at the price of the plan now.
    #[specta(type = String)]
    pub amount: Amount,
    /// The currency of the plan, lower case.
    pub currency: String,
}

impl Subscriptions {
    pub(super) async fn figures(&self, plan: &Plan) -> Result<PlanFigures, Failure> {
        let by_status: Vec<(String, u32, u32)> = sqlx::query_as(
            "SELECT status, count(*), coalesce(sum(active), 0) FROM subscriptions WHERE plan = ? AND ended_at IS NULL \
             GROUP BY status ORDER BY status",
        )
        .bind(&plan.id)
        .fetch_all(&self.ctx.db)
        .await?;
        let active = by_status.iter().map(|(_, _, active)| active).sum();
        let subscribers = by_status.iter().map(|(_, count, _)| count).sum();
        let paid = by_status.iter().find(|(status, ..)| status == "paid").map_or(0, |(_, _, active)| *active);
        let tally = |(status, count, _)| StatusTally { status, count };
        Ok(PlanFigures {
            subscribers,
            active,
            monthly: monthly(plan, paid)?,
            collected: self.collected(&plan.id).await?,
            churn: self.churn(&plan.id).await?,
            renewals: self.renewals(plan).await?.iter().map(|day| day.count).sum(),
            by_status: by_status.into_iter().map(tally).collect(),
        })
    }

    async fn collected(&self, plan: &str) -> Result<Collected, Failure> {
        let mut collected =
            Collected { periods: 0, sums: Vec::new(), unpriced: 0, since: self.sync_status().await?.since };
        let mut sums: BTreeMap<String, Amount> = BTreeMap::new();
        let paid: Vec<(Option<String>, Option<String>, u32)> = sqlx::query_as(
            "SELECT amount, currency, count(*) FROM subscription_events WHERE plan = ? AND kind = 'paid' GROUP BY amount, currency",
        )
        .bind(plan)
        .fetch_all(&self.ctx.db)
        .await?;
        for (amount, currency, count) in paid {
            collected.periods += count;
            match amount.zip(currency) {
                Some((amount, currency)) => {
                    *sums.entry(currency).or_default() += &times(&exact(&amount)?, count)?;
                }
                None => collected.unpriced += count,
            }
        }
        collected.sums = sums.into_iter().map(|(currency, amount)| Sum { currency, amount }).collect();
        Ok(collected)
    }

    async fn churn(&self, plan: &str) -> Result<Churn, Failure> {
        let Some(began) = self.sync_status().await?.since else {
            return Ok(Churn { left: 0, of: 0, since: None });
        };
        let since = began.max(provider_now(&self.ctx) - LOOK);
        let (left, of) = sqlx::query_as(
            "SELECT coalesce(sum(ended_at IS NOT NULL OR status = 'expired'), 0), count(*) FROM subscriptions \
             WHERE plan = ?1 AND (ended_at IS NULL OR ended_at > ?2) AND coalesce(\
                 (SELECT to_status FROM subscription_events WHERE subscription = subscriptions.id AND to_status IS NOT NULL \
                  AND kind <> 'paid' AND at <= ?2 ORDER BY number DESC LIMIT 1), 'expired') <> 'expired'",
        )
        .bind(plan)
        .bind(store::time(since))
        .fetch_one(&self.ctx.db)
        .await?;
        Ok(Churn { left, of, since: Some(since) })
    }

    /// The paid periods that end from now to the end of the 30th day from today, day by day. Those of subscriptions that have expired are
    /// not renewed.
    pub(super) async fn renewals(&self, plan: &Plan) -> Result<Vec<RenewalDay>, Failure> {
        let now = provider_now(&self.ctx);
        let day = |at: DateTime<Utc>| (self.ctx.surroundings.local)(at).date();
        let last = day(now + LOOK);
        let end = last.succ_opt().map_or(now + LOOK, |day| (self.ctx.surroundings.day_begins)(day));
        let ends: Vec<DateTime<Utc>> = sqlx::query_scalar(
            "SELECT expires_at FROM subscriptions WHERE plan = ? AND ended_at IS NULL AND active AND status <> 'expired' \
             AND expires_at > ? AND expires_at < ?",
        )
        .bind(&plan.id)
        .bind(store::time(now))
        .bind(store::time(end))
        .fetch_all(&self.ctx.db)
        .await?;
        let mut counts: BTreeMap<NaiveDate, u32> = BTreeMap::new();
        for today in day(now).iter_days().take_while(|today| *today <= last) {
            counts.insert(today, 0);
        }
        for ends in ends {
            *counts.entry(day(ends)).or_default() += 1;
        }
        let renewal = |(day, count)| {
            let (amount, currency) = (times(&plan.amount, count)?, plan.currency.clone());
            Ok(RenewalDay { day, count, amount, currency })
        };
        counts.into_iter().map(renewal).collect()
    }
}

/// So many times an amount, exactly.
fn times(amount: &Amount, count: u32) -> Result<Amount, Failure> {
    of_decimal(&(amount.as_decimal() * BigDecimal::from(count)))
}

fn of_decimal(decimal: &BigDecimal) -> Result<Amount, Failure> {
    exact(&decimal.to_plain_string())
}

/// What `paid` subscribers of a plan bring in a month.
fn monthly(plan: &Plan, paid: u32) -> Result<MonthlyRevenue, Failure> {
    let decimals = match takes_email(&plan.currency) {
        true => fiat::DECIMALS,
        false => COIN_DECIMALS,
    };
    let (month, scale) = MONTH_DAYS;
    let dividend = plan.amount.as_decimal() * BigDecimal::from(paid) * BigDecimal::from(month);
    let divisor = BigDecimal::from(scale) * BigDecimal::from(plan.interval_days.max(1));
    // Many more digits than are shown; whether something is left over is asked of the exact product.
    let quotient = (&dividend / &divisor).with_scale_round(i64::from(decimals), RoundingMode::HalfEven);
    let whole = &quotient * &divisor == dividend;
    Ok(MonthlyRevenue {
        subscriptions: paid,
        amount: of_decimal(&quotient)?,
        currency: plan.currency.clone(),
        decimals,
        exact: whole,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(amount: &str, currency: &str, interval_days: u32) -> Plan {
        Plan {
            id: "1".to_owned(),
            title: "Coffee".to_owned(),
            interval_days,
            amount: amount.parse().unwrap(),
            currency: currency.to_owned(),
            takes_email: takes_email(currency),
            callback_url: None,
            success_url: None,
            cancel_url: None,
            partially_paid_url: None,
            created_at: None,
            updated_at: None,
        }
    }

    #[test]
    fn a_month_is_the_average_one_and_what_is_rounded_is_said() {
        let check = |plan: &Plan, paid, amount: &str, exact| {
            let monthly = monthly(plan, paid).unwrap();
            assert_eq!((monthly.amount.to_string().as_str(), monthly.exact), (amount, exact), "{plan:?}");
        };
        check(&plan("24.90", "eur", 30), 0, "0", true);
        // 24.90 * 3 * 30.4375 / 30 = 75.789375
        check(&plan("24.90", "eur", 30), 3, "75.79", false);
        // 16 * 30.4375 / 14 = 34.785714…
        check(&plan("16", "eur", 14), 1, "34.79", false);
        // 48 * 30.4375 / 30 = 48.7, exactly
        check(&plan("48", "eur", 30), 1, "48.7", true);
        check(&plan("45", "usdttrc20", 30), 1, "45.65625", true);
        check(&plan("1", "btc", 7), 1, "4.34821429", false);
    }

    #[test]
    fn so_many_times_an_amount_is_exact() {
        let amount: Amount = "0.000000000000000001".parse().unwrap();
        assert_eq!(times(&amount, 4_000_000_000).unwrap().to_string(), "0.000000004");
        assert_eq!(times(&"1000000".parse().unwrap(), 3).unwrap().to_string(), "3000000");
    }
}
