//! What a plan comes to, as charts.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Plan, Subscriptions};
use crate::{
    charts::{self, Chart, ChartSize, Figures, Palette, Series},
    failure::Failure,
    language::{self, date, said, words},
    payments::exact,
    second_factor::provider_now,
};

/// How far back the charts look, in days and months.
const DAYS: i64 = 90;
const MONTHS: usize = 24;

/// A chart of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PlanChart {
    /// The subscribers by status at the end of each day since Paydesk looks, at most of the last 90.
    Statuses,
    /// What was collected in each month since then, at most of the last 24.
    Collected,
    /// How many paid periods end on each of the next 30 days.
    Renewals,
}

impl Subscriptions {
    /// A chart of a plan.
    ///
    /// # Errors
    /// When there is no such plan, a colour cannot be read (`palette`), or the size is out of bounds (`size`).
    pub async fn chart(
        &self,
        plan: &str,
        which: PlanChart,
        palette: Palette,
        size: ChartSize,
    ) -> Result<Chart, Failure> {
        let plan = self.stored_plan(plan).await?;
        match which {
            PlanChart::Statuses => charts::lines(&self.statuses(&plan).await?, &palette, size),
            PlanChart::Collected => charts::bars(&self.months(&plan).await?, &palette, size),
            PlanChart::Renewals => charts::bars(&self.next_renewals(&plan).await?, &palette, size),
        }
    }

    fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        (self.ctx.surroundings.local)(at).date()
    }

    async fn statuses(&self, plan: &Plan) -> Result<Figures, Failure> {
        let now = provider_now(&self.ctx);
        let events: Vec<(String, Option<String>, String, DateTime<Utc>)> = sqlx::query_as(
            "SELECT subscription, to_status, kind, at FROM subscription_events WHERE plan = ? AND kind <> 'paid' ORDER BY at, number",
        )
        .bind(&plan.id)
        .fetch_all(&self.ctx.db)
        .await?;
        let since = self.sync_status().await?.since.unwrap_or(now).max(now - TimeDelta::days(DAYS));
        let days: Vec<NaiveDate> =
            self.day(since).iter_days().take_while(|day| *day <= self.day(now)).collect();
        let mut events = events.into_iter().peekable();
        let mut standing: HashMap<String, String> = HashMap::new();
        let mut tallies: Vec<BTreeMap<String, u32>> = Vec::new();
        for day in &days {
            while let Some((id, to, kind, _)) = events.next_if(|(.., at)| self.day(*at) <= *day) {
                match to.filter(|_| kind != "ended") {
                    Some(status) => drop(standing.insert(id, status)),
                    None => drop(standing.remove(&id)),
                }
            }
            let mut tally = BTreeMap::new();
            for status in standing.values() {
                *tally.entry(status.clone()).or_default() += 1;
            }
            tallies.push(tally);
        }
        let mut names: Vec<String> = KNOWN.iter().map(|known| (*known).to_owned()).collect();
        for name in tallies.iter().flat_map(BTreeMap::keys) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        let series = names.into_iter().map(|status| Series {
            values: tallies
                .iter()
                .map(|tally| count(tally.get(&status).copied().unwrap_or_default()))
                .collect(),
            name: name_of(&status),
        });
        let title = &plan.title;
        Ok(Figures {
            title: words!(en: "Subscribers of “{title}” by status", de: "Abonnenten von „{title}“ nach Status"),
            across: said!(en: "Day", de: "Tag").to_owned(),
            up: said!(en: "Subscribers", de: "Abonnenten").to_owned(),
            places: days.iter().copied().map(date).collect(),
            series: series.collect(),
            whole: true,
            headed: false,
        })
    }

    async fn months(&self, plan: &Plan) -> Result<Figures, Failure> {
        let now = provider_now(&self.ctx);
        let since = self.sync_status().await?.since.unwrap_or(now);
        let month = |at: DateTime<Utc>| (self.day(at).year(), self.day(at).month());
        let mut months = vec![month(now)];
        while months.len() < MONTHS
            && let Some(&(year, number)) = months.last()
            && (year, number) > month(since)
        {
            months.push(if number == 1 { (year - 1, 12) } else { (year, number - 1) });
        }
        months.reverse();
        let paid: Vec<(Option<String>, Option<String>, DateTime<Utc>)> = sqlx::query_as(
            "SELECT amount, currency, at FROM subscription_events WHERE plan = ? AND kind = 'paid' AND amount IS NOT NULL",
        )
        .bind(&plan.id)
        .fetch_all(&self.ctx.db)
        .await?;
        let mut sums: BTreeMap<String, Vec<Amount>> = BTreeMap::new();
        sums.insert(plan.currency.clone(), vec![Amount::zero(); months.len()]);
        for (amount, currency, at) in paid {
            let (Some(amount), Some(currency)) = (amount, currency) else { continue };
            let Some(place) = months.iter().position(|of| *of == month(at)) else { continue };
            let sum = sums.entry(currency).or_insert_with(|| vec![Amount::zero(); months.len()]);
            if let Some(sum) = sum.get_mut(place) {
                *sum += &exact(&amount)?;
            }
        }
        let title = &plan.title;
        Ok(Figures {
            title: words!(en: "Collected with “{title}” per month", de: "Eingenommen mit „{title}“ je Monat"),
            across: said!(en: "Month", de: "Monat").to_owned(),
            up: sums.keys().map(|currency| currency.to_uppercase()).collect::<Vec<_>>().join(", "),
            places: months
                .iter()
                .filter_map(|(year, number)| NaiveDate::from_ymd_opt(*year, *number, 1))
                .map(language::month)
                .collect(),
            series: sums
                .into_iter()
                .map(|(currency, values)| Series { name: currency.to_uppercase(), values })
                .collect(),
            whole: false,
            headed: false,
        })
    }

    async fn next_renewals(&self, plan: &Plan) -> Result<Figures, Failure> {
        let renewals = self.renewals(plan).await?;
        let title = &plan.title;
        let up = said!(en: "Renewals", de: "Verlängerungen").to_owned();
        Ok(Figures {
            title: words!(en: "Next renewals of “{title}”", de: "Nächste Verlängerungen von „{title}“"),
            across: said!(en: "Day", de: "Tag").to_owned(),
            up: up.clone(),
            places: renewals.iter().map(|renewal| date(renewal.day)).collect(),
            series: vec![Series {
                name: up,
                values: renewals.iter().map(|renewal| count(renewal.count)).collect(),
            }],
            whole: true,
            headed: false,
        })
    }
}

/// The statuses that NOWPayments documents, in the order in which they are shown: each keeps its colour.
const KNOWN: [&str; 4] = ["paid", "waiting_pay", "partially_paid", "expired"];

fn name_of(status: &str) -> String {
    match status {
        "paid" => said!(en: "Paid", de: "Bezahlt"),
        "waiting_pay" => said!(en: "Waiting", de: "Wartet"),
        "partially_paid" => said!(en: "Underpaid", de: "Zu wenig gezahlt"),
        "expired" => said!(en: "Expired", de: "Abgelaufen"),
        other => other,
    }
    .to_owned()
}

fn count(count: u32) -> Amount {
    Amount::of_units(count.into(), 0)
}
