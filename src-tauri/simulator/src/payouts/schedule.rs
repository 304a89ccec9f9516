//! When a scheduled payout runs, and when it runs again.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::api::Refusal;
use crate::wire::{Fields, Object, stamp};

/// How often a payout runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Interval {
    Onetime,
    Daily,
    Weekly,
    /// On the same day of the month, or on its last day where the month is shorter.
    MonthlyByDayOfMonth,
    /// On the same weekday of the same week of the month, or on the last one where there is no fifth.
    MonthlyByDayOfWeek,
}

const INTERVALS: [(&str, Interval, u64); 5] = [
    ("ONETIME", Interval::Onetime, 1),
    ("DAILY", Interval::Daily, 365),
    ("WEEKLY", Interval::Weekly, 52),
    ("MONTHLY_BY_DAY_OF_MONTH", Interval::MonthlyByDayOfMonth, 12),
    ("MONTHLY_BY_DAY_OF_WEEK", Interval::MonthlyByDayOfWeek, 12),
];

/// The plan of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Schedule {
    /// The first run of the series, from which all others are counted, so that the 31st comes back after February.
    first: DateTime<Utc>,
    /// When this batch runs.
    pub(super) at: DateTime<Utc>,
    interval: Interval,
    /// Every so many days, weeks or months.
    value: u32,
    /// No run is later than this.
    until: Option<DateTime<Utc>>,
}

impl Schedule {
    /// Reads the fields at the root of a body. `None` if there are none of them.
    pub(super) fn read(fields: &mut Fields, now: DateTime<Utc>) -> Result<Option<Self>, Refusal> {
        let (at, interval) = (fields.moment("execute_at")?, fields.text("interval")?);
        let (value, until) = (fields.whole("interval_value")?, fields.moment("execute_until")?);
        if at.is_none() && interval.is_none() && value.is_none() && until.is_none() {
            return Ok(None);
        }
        let at = fields.required("execute_at", at)?;
        let interval = fields.required("interval", interval)?;
        let Some((_, interval, most)) = INTERVALS.into_iter().find(|(name, ..)| *name == interval) else {
            let names = INTERVALS.map(|(name, ..)| name).join(", ");
            return fields.refuse("interval", &format!("must be one of [{names}]"));
        };
        if at <= now {
            return fields.refuse("execute_at", "must be in the future");
        }
        if interval == Interval::Onetime {
            for (field, is_there) in [("interval_value", value.is_some()), ("execute_until", until.is_some())]
            {
                if is_there {
                    return fields.refuse(field, "is not allowed");
                }
            }
        }
        let value = value.unwrap_or(1);
        if value == 0 {
            return fields.refuse("interval_value", "must be greater than or equal to 1");
        }
        if value > most {
            return fields.refuse("interval_value", &format!("must be less than or equal to {most}"));
        }
        if until.is_some_and(|until| until < at) {
            return fields.refuse("execute_until", "must be greater than or equal to execute_at");
        }
        let value = u32::try_from(value).unwrap_or(u32::MAX);
        Ok(Some(Self { first: at, at, interval, value, until }))
    }

    /// The plan of the next run after `now`, if there is one.
    pub(super) fn next(&self, now: DateTime<Utc>) -> Option<Self> {
        let run = |number: u32| self.run(number);
        let mut runs = (1..).map_while(run).skip_while(|at| *at <= self.at.max(now));
        let at = runs.next().filter(|at| self.until.is_none_or(|until| *at <= until))?;
        Some(Self { at, ..self.clone() })
    }

    /// The moment of a run of the series; the first has the number 0.
    fn run(&self, number: u32) -> Option<DateTime<Utc>> {
        let steps = number.checked_mul(self.value)?;
        let date = self.first.date_naive();
        let date = match self.interval {
            Interval::Onetime => return None,
            Interval::Daily => date.checked_add_days(Days::new(steps.into()))?,
            Interval::Weekly => date.checked_add_days(Days::new(u64::from(steps) * 7))?,
            Interval::MonthlyByDayOfMonth => date.checked_add_months(Months::new(steps))?,
            Interval::MonthlyByDayOfWeek => {
                let month = date.with_day(1)?.checked_add_months(Months::new(steps))?;
                let nth = |week| {
                    NaiveDate::from_weekday_of_month_opt(month.year(), month.month(), date.weekday(), week)
                };
                let week = u8::try_from(date.day0() / 7 + 1).ok()?;
                nth(week).or_else(|| nth(week - 1))?
            }
        };
        Some(date.and_time(self.first.time()).and_utc())
    }

    /// The plan as the rows show it.
    pub(super) fn form(&self, object: &mut Object) {
        object.put("execute_at", &stamp(self.at));
        object.put("interval", &self.interval);
        object.put("interval_value", &self.value);
        object.put("execute_until", &self.until.map(stamp));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(interval: &str, value: u64, first: &str, count: usize) -> Vec<String> {
        let first: DateTime<Utc> = first.parse().unwrap();
        let (_, interval, _) = INTERVALS.into_iter().find(|(name, ..)| *name == interval).unwrap();
        let value = value.try_into().unwrap();
        let schedule = Schedule { first, at: first, interval, value, until: None };
        std::iter::successors(Some(schedule), |schedule| schedule.next(schedule.at))
            .map(|schedule| schedule.at.format("%Y-%m-%d %H:%M").to_string())
            .take(count)
            .collect()
    }

    #[test]
    fn days_and_weeks_are_counted_from_the_first_run() {
        assert_eq!(
            runs("DAILY", 10, "2028-02-20T08:30:00Z", 3),
            ["2028-02-20 08:30", "2028-03-01 08:30", "2028-03-11 08:30"]
        );
        assert_eq!(runs("WEEKLY", 52, "2026-01-05T00:00:00Z", 2), ["2026-01-05 00:00", "2027-01-04 00:00"]);
        assert_eq!(runs("ONETIME", 1, "2026-01-05T00:00:00Z", 2), ["2026-01-05 00:00"]);
    }

    #[test]
    fn the_31st_is_the_last_day_of_a_shorter_month_and_comes_back() {
        assert_eq!(
            runs("MONTHLY_BY_DAY_OF_MONTH", 1, "2026-01-31T23:59:00Z", 4),
            ["2026-01-31 23:59", "2026-02-28 23:59", "2026-03-31 23:59", "2026-04-30 23:59"]
        );
        assert_eq!(
            runs("MONTHLY_BY_DAY_OF_MONTH", 12, "2028-02-29T01:00:00Z", 3),
            ["2028-02-29 01:00", "2029-02-28 01:00", "2030-02-28 01:00"]
        );
    }

    #[test]
    fn the_second_tuesday_stays_one_and_a_fifth_friday_becomes_the_last() {
        assert_eq!(
            runs("MONTHLY_BY_DAY_OF_WEEK", 1, "2026-03-10T09:00:00Z", 3),
            ["2026-03-10 09:00", "2026-04-14 09:00", "2026-05-12 09:00"]
        );
        assert_eq!(
            runs("MONTHLY_BY_DAY_OF_WEEK", 1, "2026-05-29T09:00:00Z", 4),
            ["2026-05-29 09:00", "2026-06-26 09:00", "2026-07-31 09:00", "2026-08-28 09:00"]
        );
    }

    #[test]
    fn runs_that_were_missed_are_not_made_up_for() {
        let first = "2026-01-01T00:00:00Z".parse().unwrap();
        let schedule = Schedule { first, at: first, interval: Interval::Daily, value: 2, until: None };
        let now = "2026-01-06T12:00:00Z".parse().unwrap();
        assert_eq!(schedule.next(now).unwrap().at.to_string(), "2026-01-07 00:00:00 UTC");
    }
}
