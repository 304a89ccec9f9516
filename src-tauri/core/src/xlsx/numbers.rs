//! Numbers as spreadsheets hold them, made of digits alone.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use nowpayments::Amount;

/// The digits of an amount, if a number of a spreadsheet holds them all: Excel keeps 15.
pub(crate) fn exact(amount: &Amount) -> Option<String> {
    const DIGITS: usize = 15;
    let text = amount.to_string();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let whole = !text.contains('.');
    let significant = digits.trim_start_matches('0');
    let significant = if whole { significant.trim_end_matches('0') } else { significant };
    (significant.len() <= DIGITS).then_some(text)
}

/// A time as spreadsheets count it: days since the end of 1899, to the microsecond; `None` where they have no such day
/// (their February of 1900 has a day too many).
pub(super) fn serial(time: NaiveDateTime) -> Option<String> {
    const DAY: u64 = 24 * 60 * 60;
    const PARTS: u64 = 100_000_000_000;
    let first = NaiveDate::from_ymd_opt(1900, 3, 1)?;
    if time.date() < first || time.year() > 9999 {
        return None;
    }
    let days = (time.date() - first).num_days() + 61;
    let seconds = u64::from(time.num_seconds_from_midnight());
    let parts = (seconds * PARTS + DAY / 2) / DAY;
    let fraction = format!("{parts:011}");
    Some(match fraction.trim_end_matches('0') {
        "" => days.to_string(),
        fraction => format!("{days}.{fraction}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_number_where_fifteen_digits_hold_it() {
        #[track_caller]
        fn check(amount: &str, expected: Option<&str>) {
            assert_eq!(exact(&amount.parse().unwrap()).as_deref(), expected);
        }
        check("-1.5", Some("-1.5"));
        check("0", Some("0"));
        check("0.000000000000000001", Some("0.000000000000000001"));
        check("123456789.012345", Some("123456789.012345"));
        check("123456789.0123456", None);
        check("100000000000000000000", Some("100000000000000000000"));
        check("1000000000000000.5", None);
        check("0.000041013900000000004", None);
    }

    #[test]
    fn times_are_counted_as_excel_counts_them() {
        #[track_caller]
        fn check(time: &str, expected: Option<&str>) {
            assert_eq!(serial(time.parse().unwrap()).as_deref(), expected);
        }
        check("1900-03-01T00:00:00", Some("61"));
        check("2026-11-20T12:00:00", Some("46346.5"));
        check("2026-11-20T23:59:59", Some("46346.99998842593"));
        check("9999-12-31T00:00:00", Some("2958465"));
        check("1900-02-28T00:00:00", None);
        check("+10000-01-01T00:00:00", None);
    }
}
