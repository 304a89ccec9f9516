//! Which numbers a worksheet shows as something else, as dates, percentages or money: the number formats of ECMA-376, part 1, 18.8.30.

use std::collections::HashMap;

use chrono::{Days, NaiveDate, TimeDelta};

use super::Attributes;
use crate::fiat;

/// How a number is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Number,
    /// With the sign or code of a currency.
    Money,
    /// Divided by a thousand, or by a million.
    Scaled,
    Percentage,
    Date,
}

/// How the cells of a workbook are shown, by the number of their style.
#[derive(Debug, Default)]
pub(super) struct Formats {
    styles: Vec<Shown>,
    /// Days count from 1904 instead of 1900.
    of_1904: bool,
}

/// What is read of the styles of a workbook.
pub(super) const ELEMENTS: &[&str] = &["numFmt", "cellXfs", "xf", "cellStyles", "dxfs"];
/// What of each of them.
pub(super) const ATTRIBUTES: &[&str] = &["numFmtId", "formatCode"];

impl Formats {
    pub(super) fn read(elements: Vec<(&str, Attributes)>, of_1904: bool) -> Self {
        let mut own = HashMap::new();
        let mut styles = Vec::new();
        let mut in_cells = false;
        for (name, attributes) in elements {
            let id = || attributes.get("numFmtId").and_then(|id| id.parse::<u32>().ok());
            match name {
                "numFmt" => {
                    if let (Some(id), Some(code)) = (id(), attributes.get("formatCode")) {
                        own.insert(id, shown_by(code));
                    }
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => {
                    let id = id().unwrap_or_default();
                    styles.push(own.get(&id).copied().unwrap_or_else(|| built_in(id)));
                }
                "cellStyles" | "dxfs" => in_cells = false,
                _ => {}
            }
        }
        Self { styles, of_1904 }
    }

    pub(super) fn of(&self, style: Option<usize>) -> Shown {
        style.and_then(|style| self.styles.get(style)).copied().unwrap_or(Shown::Number)
    }

    /// The date that a number of days means, to the second. `days` is plain decimal text.
    pub(super) fn date(&self, days: &str) -> Option<String> {
        // 1900 counts as a leap year: from March on, days count from the day before the last one of 1899.
        let (year, month, day) = if self.of_1904 { (1904, 1, 1) } else { (1899, 12, 30) };
        let (whole, fraction) = days.split_once('.').unwrap_or((days, "0"));
        // The first nine decimals of a day tell more than a second.
        let fraction = format!("{fraction:0<9}").get(..9)?.parse::<u64>().ok()?;
        let seconds = (fraction * 86_400 + 500_000_000) / 1_000_000_000;
        let date =
            NaiveDate::from_ymd_opt(year, month, day)?.checked_add_days(Days::new(whole.parse().ok()?))?;
        let time = date
            .and_hms_opt(0, 0, 0)?
            .checked_add_signed(TimeDelta::seconds(i64::try_from(seconds).ok()?))?;
        Some(match seconds {
            0 => time.format("%Y-%m-%d").to_string(),
            _ => time.format("%Y-%m-%d %H:%M:%S").to_string(),
        })
    }
}

fn built_in(id: u32) -> Shown {
    match id {
        // The others of accounting (37 to 41, 43) show no sign of a currency.
        5..=8 | 42 | 44 => Shown::Money,
        9 | 10 => Shown::Percentage,
        14..=22 | 27..=36 | 45..=47 | 50..=58 => Shown::Date,
        _ => Shown::Number,
    }
}

/// Reads a format code: what stands in quotes, after a backslash, or as a currency in brackets, is shown as it is.
fn shown_by(code: &str) -> Shown {
    // What is shown beside the digits.
    let mut literal = String::new();
    let mut scaled = false;
    let mut before = ' ';
    let mut characters = code.chars().peekable();
    while let Some(c) = characters.next() {
        // A comma between digits groups them; one behind the last of them divides by a thousand.
        if c == ',' && is_digit(before) {
            while characters.next_if_eq(&',').is_some() {}
            scaled |= !characters.peek().copied().is_some_and(is_digit);
        }
        before = c;
        match c {
            '"' => literal.extend(characters.by_ref().take_while(|c| *c != '"')),
            '\\' => literal.extend(characters.next()),
            '_' | '*' => drop(characters.next()),
            '[' => {
                let inside: String = characters.by_ref().take_while(|c| *c != ']').collect();
                if let Some(symbol) = inside.strip_prefix('$') {
                    literal.push(' ');
                    literal.extend(symbol.chars().take_while(|c| *c != '-'));
                    literal.push(' ');
                    continue;
                }
                if matches!(inside.to_ascii_lowercase().as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                    return Shown::Date;
                }
            }
            '%' => return Shown::Percentage,
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' | 's' | 'S' => return Shown::Date,
            other => literal.push(other),
        }
    }
    match () {
        () if names_money(&literal) => Shown::Money,
        () if scaled => Shown::Scaled,
        () => Shown::Number,
    }
}

/// Whether it stands for a digit in a format code.
fn is_digit(c: char) -> bool {
    matches!(c, '0' | '#' | '?')
}

/// Whether a text has the sign or the code of a currency in it.
fn names_money(text: &str) -> bool {
    const SIGNS: [&str; 10] = ["kr", "kr.", "zł", "kč", "ft", "fr", "fr.", "chf", "rub", "lei"];
    let is_sign = |c: char| matches!(c, '$' | '¢' | '£' | '¤' | '¥' | '\u{20A0}'..='\u{20CF}');
    text.chars().any(is_sign)
        || text.split(|c: char| c.is_whitespace() || is_digit(c)).any(|word| {
            let bare = word.trim_matches(|c: char| !c.is_alphabetic());
            fiat::find(bare).is_some() || SIGNS.contains(&word.to_lowercase().as_str())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_says_whether_a_number_is_a_date_a_percentage_or_money() {
        for (code, expected) in [
            ("General", Shown::Number),
            ("0.00", Shown::Number),
            ("#,##0.00\\ \"USD per day\"", Shown::Money),
            ("#,##0.00\\ \"days\"", Shown::Number),
            ("[Red]#,##0.00;[$m-409]0", Shown::Number),
            ("\"$\"#,##0.00", Shown::Money),
            ("#,##0.00\\ [$€-407]", Shown::Money),
            ("#,##0.00 €", Shown::Money),
            ("[$CHF-807] 0.00", Shown::Money),
            ("[$-407]0.00", Shown::Number),
            ("_(\"$\"* #,##0.00_)", Shown::Money),
            ("0,", Shown::Scaled),
            ("#,##0,,\"M\"", Shown::Scaled),
            ("0.0,", Shown::Scaled),
            ("#,##0,.00", Shown::Scaled),
            ("#,##0;[Red]-#,##0", Shown::Number),
            ("#,###", Shown::Number),
            ("_(* #,##0.00_)", Shown::Number),
            ("\\d0", Shown::Number),
            ("0.0%", Shown::Percentage),
            ("yyyy-mm-dd", Shown::Date),
            ("D.M.YY", Shown::Date),
            ("[h]:mm", Shown::Date),
            ("mmm", Shown::Date),
        ] {
            assert_eq!(shown_by(code), expected, "{code}");
        }
        assert_eq!((built_in(0), built_in(9), built_in(14)), (Shown::Number, Shown::Percentage, Shown::Date));
        assert_eq!((built_in(4), built_in(7), built_in(44)), (Shown::Number, Shown::Money, Shown::Money));
    }

    #[test]
    fn days_are_counted_from_1900_or_1904() {
        let date = |days: &str, of_1904| Formats { of_1904, ..Formats::default() }.date(days);
        assert_eq!(date("46143", false).as_deref(), Some("2026-05-01"));
        assert_eq!(date("44681", true).as_deref(), Some("2026-05-01"));
        assert_eq!(date("46143.75", false).as_deref(), Some("2026-05-01 18:00:00"));
        assert_eq!(date("46143.9999999999", false).as_deref(), Some("2026-05-02 00:00:00"));
        for none in ["-1", "NaN", "1000000000000", "", "1.x"] {
            assert_eq!(date(none, false), None, "{none}");
        }
    }
}
