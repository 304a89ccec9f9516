//! The days of an export.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};

use super::ExportZone;
use crate::failure::Failure;
use crate::language::said;

/// From the first day to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    from: NaiveDate,
    to: NaiveDate,
}

impl Period {
    pub(super) fn parse(from: &str, to: &str) -> Result<Self, Failure> {
        let (from, to) = (day("from", from)?, day("to", to)?);
        match from <= to {
            true => Ok(Self { from, to }),
            false => Err(Failure::invalid(
                "to",
                said!(
                    en: "The last day is before the first. Choose a later one.",
                    de: "Der letzte Tag liegt vor dem ersten. Wählen Sie einen späteren.",
                ),
            )),
        }
    }

    /// When it begins, and when it is over.
    pub(super) fn times(
        self,
        zone: ExportZone,
        day_begins: &(dyn Fn(NaiveDate) -> DateTime<Utc> + Send + Sync),
    ) -> (DateTime<Utc>, DateTime<Utc>) {
        let begins = |day: NaiveDate| match zone {
            ExportZone::Local => day_begins(day),
            ExportZone::Utc => day.and_time(NaiveTime::MIN).and_utc(),
        };
        (begins(self.from), begins(self.to + Days::new(1)))
    }

    /// `2026` for a year, `2026-11` for a month, `2026-11-05` for a day, `2026-11-05-to-2026-12-01` for anything else.
    pub(super) fn name(self) -> String {
        let Self { from, to } = self;
        let last_of = |first: NaiveDate, months| first + Months::new(months) - Days::new(1);
        if from == to {
            from.to_string()
        } else if from.day() == 1 && to == last_of(from, 1) {
            from.format("%Y-%m").to_string()
        } else if from.ordinal() == 1 && to == last_of(from, 12) {
            from.format("%Y").to_string()
        } else {
            format!("{from}-to-{to}")
        }
    }
}

fn day(field: &str, text: &str) -> Result<NaiveDate, Failure> {
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok();
    day.filter(|day| (1970..=2999).contains(&day.year())).ok_or_else(|| {
        Failure::invalid(
            field,
            said!(
                en: "Write the day as year, month and day, such as 2026-03-05.",
                de: "Schreiben Sie den Tag als Jahr, Monat und Tag, etwa 2026-03-05.",
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_named_as_one_would() {
        #[track_caller]
        fn check(from: &str, to: &str, name: &str) {
            assert_eq!(Period::parse(from, to).unwrap().name(), name);
        }
        check("2026-01-01", "2026-12-31", "2026");
        check("2024-02-01", "2024-02-29", "2024-02");
        check("2026-02-01", "2026-02-27", "2026-02-01-to-2026-02-27");
        check("2026-12-01", "2026-12-31", "2026-12");
        check("2026-03-05", " 2026-03-05 ", "2026-03-05");
    }

    #[test]
    fn days_that_are_none_and_days_the_wrong_way_round_are_refused_at_their_field() {
        for (from, to, field) in [
            ("2026-02-30", "2026-03-01", "from"),
            ("5.3.2026", "2026-03-01", "from"),
            ("", "2026-03-01", "from"),
            ("2026-03-01", "99999-01-01", "to"),
            ("2026-03-02", "2026-03-01", "to"),
        ] {
            assert_eq!(Period::parse(from, to).unwrap_err().field.as_deref(), Some(field), "{from} {to}");
        }
    }
}
