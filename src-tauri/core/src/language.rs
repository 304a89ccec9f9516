//! The language of the words that core writes for the shop owner.
//!
//! It belongs to the process, as the locale of a program does: there is one owner and one window. What is written down (the
//! steps of a batch, the audit log, notifications) stays in the language of its time.

use std::{
    fmt::Display,
    sync::atomic::{AtomicU8, Ordering},
};

use chrono::{DateTime, NaiveDate, Utc, Weekday};
use nowpayments::{Amount, AmountError};
use serde::{Deserialize, Serialize};
use specta::Type;

/// A language that all words exist in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

static SPOKEN: AtomicU8 = AtomicU8::new(0);
static WRITTEN: AtomicU8 = AtomicU8::new(0);
static SYSTEM: AtomicU8 = AtomicU8::new(0);
static WEEK: AtomicU8 = AtomicU8::new(0);

/// The day that weeks begin with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum WeekStart {
    /// The one that goes with the form of days: Sunday in that of the US, Monday in all others.
    #[default]
    Formats,
    /// Monday.
    Monday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl WeekStart {
    const ALL: [Self; 4] = [Self::Formats, Self::Monday, Self::Saturday, Self::Sunday];

    /// The day that weeks begin with now.
    #[must_use]
    pub fn now() -> Weekday {
        match Self::ALL.get(usize::from(WEEK.load(Ordering::Relaxed))).copied().unwrap_or_default() {
            Self::Formats if Formats::written() == Formats::EnglishUs => Weekday::Sun,
            Self::Formats | Self::Monday => Weekday::Mon,
            Self::Saturday => Weekday::Sat,
            Self::Sunday => Weekday::Sun,
        }
    }

    /// From now on weeks begin so.
    pub fn begin(self) {
        WEEK.store(self as u8, Ordering::Relaxed);
    }
}

/// How numbers and days are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Formats {
    /// As the system writes the language of the window. Until the window has said how that is, as the language does.
    #[default]
    System,
    /// `1.234,5` and `31.12.2026`.
    German,
    /// `1,234.5` and `31/12/2026`.
    EnglishUk,
    /// `1,234.5` and `12/31/2026`.
    EnglishUs,
    /// `1234.5` and `2026-12-31`.
    Iso,
}

impl Formats {
    const ALL: [Self; 5] = [Self::System, Self::German, Self::EnglishUk, Self::EnglishUs, Self::Iso];

    /// What is written in now; never [`Self::System`].
    #[must_use]
    pub fn written() -> Self {
        let kept = |form: &AtomicU8| {
            Self::ALL.get(usize::from(form.load(Ordering::Relaxed))).copied().unwrap_or_default()
        };
        let chosen = match kept(&WRITTEN) {
            Self::System => kept(&SYSTEM),
            chosen => chosen,
        };
        match (chosen, Language::spoken()) {
            (Self::System, Language::English) => Self::Iso,
            (Self::System, Language::German) => Self::German,
            (chosen, _) => chosen,
        }
    }

    /// From now on this is written.
    pub fn write(self) {
        WRITTEN.store(self as u8, Ordering::Relaxed);
    }

    /// The one of these forms that a system writes whose language and region a BCP 47 tag names. A language without a region is
    /// written as where most speak it.
    #[must_use]
    pub fn of_system(tag: &str) -> Self {
        let tag = tag.to_ascii_lowercase();
        let mut parts = tag.split('-');
        let language = parts.next().unwrap_or_default();
        let region = parts.find(|part| part.len() == 2);
        match (language, region) {
            ("de", _) => Self::German,
            ("en", None | Some("us" | "ph" | "pr" | "gu" | "vi" | "as" | "um" | "mh" | "mp")) => {
                Self::EnglishUs
            }
            ("en", Some("ca" | "za" | "se")) => Self::Iso,
            ("en", Some(_)) => Self::EnglishUk,
            _ => Self::System,
        }
    }

    /// From now on the system is known to write this.
    pub fn are_those_of_the_system(self) {
        SYSTEM.store(self as u8, Ordering::Relaxed);
    }

    fn decimal_mark(self) -> char {
        if self == Self::German { ',' } else { '.' }
    }

    fn group_mark(self) -> Option<char> {
        match self {
            Self::German => Some('.'),
            Self::EnglishUk | Self::EnglishUs => Some(','),
            Self::Iso | Self::System => None,
        }
    }

    /// A plain decimal number with the marks of this form, its digits in groups of three.
    fn number(self, plain: &str) -> String {
        let (sign, digits) = plain.strip_prefix('-').map_or(("", plain), |digits| ("-", digits));
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
        let mut written = String::from(sign);
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                written.extend(self.group_mark());
            }
            written.push(digit);
        }
        if let Some(fraction) = fraction {
            written.push(self.decimal_mark());
            written.push_str(fraction);
        }
        written
    }

    fn day_form(self) -> &'static str {
        match self {
            Self::German => "%d.%m.%Y",
            Self::EnglishUk => "%d/%m/%Y",
            Self::EnglishUs => "%m/%d/%Y",
            Self::Iso | Self::System => "%Y-%m-%d",
        }
    }

    fn month_form(self) -> &'static str {
        match self {
            Self::German => "%m.%Y",
            Self::EnglishUk | Self::EnglishUs => "%m/%Y",
            Self::Iso | Self::System => "%Y-%m",
        }
    }
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// What is spoken now.
    #[must_use]
    pub fn spoken() -> Self {
        match SPOKEN.load(Ordering::Relaxed) {
            1 => Self::German,
            _ => Self::English,
        }
    }

    /// From now on this is spoken.
    pub fn speak(self) {
        SPOKEN.store(self as u8, Ordering::Relaxed);
    }

    /// Its tag in BCP 47.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language of such a tag.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }
}

/// A number as it is written now: an [`Amount`] in a sentence stays exact, with the decimal mark of the form that was chosen.
/// Nothing that a program reads goes through here.
#[must_use]
pub fn decimal(number: impl Display) -> String {
    let mut mark = [0; 4];
    number.to_string().replace('.', Formats::written().decimal_mark().encode_utf8(&mut mark))
}

/// A number as it is written now, its digits in groups of three where the form has them: beside a chart.
#[must_use]
pub fn number(number: impl Display) -> String {
    Formats::written().number(&number.to_string())
}

/// A day as it is written now, by UTC: `2026-12-01`, `01.12.2026`.
#[must_use]
pub fn day(at: DateTime<Utc>) -> String {
    date(at.date_naive())
}

/// A day of a calendar as it is written now.
#[must_use]
pub fn date(day: NaiveDate) -> String {
    day.format(Formats::written().day_form()).to_string()
}

/// The month of a day as it is written now: `2026-12`, `12.2026`.
#[must_use]
pub fn month(day: NaiveDate) -> String {
    day.format(Formats::written().month_form()).to_string()
}

/// Why a text is no amount, as the end of a sentence without its point.
#[must_use]
pub fn amount_error(error: AmountError) -> String {
    match error {
        AmountError::Malformed => said!(
            en: "not a plain decimal number",
            de: "keine einfache Dezimalzahl",
        )
        .to_owned(),
        AmountError::TooLarge => words!(
            en: "more than {} digits before the decimal point",
            de: "mehr als {} Stellen vor dem Komma",
            Amount::MAX_WHOLE_DIGITS,
        ),
        AmountError::TooPrecise => words!(
            en: "more than {} decimals",
            de: "mehr als {} Nachkommastellen",
            Amount::MAX_DECIMALS,
        ),
    }
}

/// The same words in each language, of which those that are spoken are written. Both are format strings, and may name what is
/// at hand; what else they need follows them, and is used by both.
///
/// ```
/// # use paydesk_core::language::words;
/// # let (count, hour) = (3, |time| time);
/// words!(en: "{count} rows are bad.", de: "{count} Zeilen sind fehlerhaft.");
/// words!(en: "Made at {at}.", de: "Um {at} angelegt.", at = hour("12:30"));
/// words!(one: count, en: "{count} row is bad.", de: "{count} Zeile ist fehlerhaft.",
///     more: en: "{count} rows are bad.", de: "{count} Zeilen sind fehlerhaft.");
/// ```
///
/// With `one:` and a number, the words behind `more:` are taken where the number is not 1.
#[macro_export]
macro_rules! words {
    (
        one: $count:expr, en: $en:literal, de: $de:literal,
        more: en: $more_en:literal, de: $more_de:literal $(, $($argument:tt)*)?
    ) => {
        match $count {
            1 => $crate::language::words!(en: $en, de: $de $(, $($argument)*)?),
            _ => $crate::language::words!(en: $more_en, de: $more_de $(, $($argument)*)?),
        }
    };
    (en: $en:literal, de: $de:literal $(, $($argument:tt)*)?) => {
        match $crate::language::Language::spoken() {
            $crate::language::Language::English => format!($en $(, $($argument)*)?),
            $crate::language::Language::German => format!($de $(, $($argument)*)?),
        }
    };
}

/// The same for words that never change: a `&'static str`, or whatever else both are. With `each:`, those of all languages in
/// their order, for what was written down in any of them.
#[macro_export]
macro_rules! said {
    (each: en: $en:expr, de: $de:expr $(,)?) => {
        [$en, $de]
    };
    (en: $en:expr, de: $de:expr $(,)?) => {
        match $crate::language::Language::spoken() {
            $crate::language::Language::English => $en,
            $crate::language::Language::German => $de,
        }
    };
}

pub use crate::{said, words};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_of_a_language_whatever_its_region() {
        let check = |tag, language| assert_eq!(Language::of_tag(tag), language, "{tag}");
        check("de", Some(Language::German));
        check("de-AT", Some(Language::German));
        check("EN-gb", Some(Language::English));
        check("den", None);
        check("", None);
    }

    #[test]
    fn the_system_writes_as_its_region_does() {
        for (tag, form) in [
            ("de", Formats::German),
            ("de-AT", Formats::German),
            ("en", Formats::EnglishUs),
            ("en-US", Formats::EnglishUs),
            ("en-Latn-US", Formats::EnglishUs),
            ("en-GB", Formats::EnglishUk),
            ("en-IE", Formats::EnglishUk),
            ("en-CA", Formats::Iso),
            ("fr-FR", Formats::System),
        ] {
            assert_eq!(Formats::of_system(tag), form, "{tag}");
        }
    }

    #[test]
    fn words_are_those_that_are_spoken() {
        let rows = 3;
        assert_eq!(words!(en: "{rows} rows, {more}", de: "{rows} Zeilen, {more}", more = 4), "3 rows, 4");
        assert_eq!(words!(en: "{} of {rows}", de: "{} von {rows}", 2), "2 of 3");
        assert_eq!(said!(en: "yes", de: "ja"), "yes");
    }

    #[test]
    fn numbers_and_days_have_the_marks_of_their_form() {
        let day = NaiveDate::from_ymd_opt(2026, 12, 31).unwrap();
        for (form, number, date, month) in [
            (Formats::German, "-1.234.567,125", "31.12.2026", "12.2026"),
            (Formats::EnglishUk, "-1,234,567.125", "31/12/2026", "12/2026"),
            (Formats::EnglishUs, "-1,234,567.125", "12/31/2026", "12/2026"),
            (Formats::Iso, "-1234567.125", "2026-12-31", "2026-12"),
        ] {
            assert_eq!(form.number("-1234567.125"), number);
            assert_eq!(day.format(form.day_form()).to_string(), date);
            assert_eq!(day.format(form.month_form()).to_string(), month);
        }
        assert_eq!(
            ["0", "999", "1000", "0.5"].map(|plain| Formats::German.number(plain)),
            ["0", "999", "1.000", "0,5"]
        );
    }

    #[test]
    fn one_thing_has_words_of_its_own() {
        let rows = |rows: u32| words!(one: rows, en: "a row", de: "eine Zeile", more: en: "{rows} rows", de: "{rows} Zeilen");
        assert_eq!([rows(0), rows(1), rows(2)], ["0 rows", "a row", "2 rows"]);
    }
}
