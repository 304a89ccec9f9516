//! The language of the words that core writes for the shop owner.
//!
//! It belongs to the process, as the locale of a program does: there is one owner and one window. What is written down (the
//! steps of a batch, the audit log, notifications) stays in the language of its time.

use std::sync::atomic::{AtomicU8, Ordering};

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

/// The same words in each language, of which those that are spoken are written. Both are format strings, and may name what is
/// at hand; what else they need follows them by name, and is used by both.
///
/// ```ignore
/// words!(en: "{count} rows are bad.", de: "{count} Zeilen sind fehlerhaft.")
/// words!(en: "Made at {at}.", de: "Um {at} angelegt.", at = hour(time))
/// ```
macro_rules! words {
    (en: $en:literal, de: $de:literal $(, $($name:ident = $value:expr),+)? $(,)?) => {
        match $crate::language::Language::spoken() {
            $crate::language::Language::English => format!($en $(, $($name = $value),+)?),
            $crate::language::Language::German => format!($de $(, $($name = $value),+)?),
        }
    };
}

/// The same for words that never change: a `&'static str`, or whatever else both are.
macro_rules! said {
    (en: $en:expr, de: $de:expr $(,)?) => {
        match $crate::language::Language::spoken() {
            $crate::language::Language::English => $en,
            $crate::language::Language::German => $de,
        }
    };
}

pub(crate) use {said, words};

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
    fn words_are_those_that_are_spoken() {
        let rows = 3;
        assert_eq!(words!(en: "{rows} rows, {more}", de: "{rows} Zeilen, {more}", more = 4), "3 rows, 4");
        assert_eq!(said!(en: "yes", de: "ja"), "yes");
    }
}
