//! Takes out of log lines what is nobody's business: what remains is words, times, and a few technical numbers.
//!
//! No list of secrets is long enough, so it goes the other way round: whatever has a digit in it goes, unless it is known to be
//! harmless; so does what is quoted, has an @, is a place on the disk or the web, or is too long for a word.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};

/// What stands in place of what was taken out.
const GONE: &str = "[…]";
/// Longer ones are no words: an address, a key, a hash.
const LONGEST_WORD: usize = 24;
/// Numbers behind these words tell nothing of the shop.
const TECHNICAL: [&str; 8] = ["status", "code", "line", "version", "page", "pages", "port", "attempt"];

static TIME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z").ok());
static QUOTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#""(?:[^"\\]|\\.)*"|“[^”]*”|„[^“]*“|‘[^’]*’|`[^`]*`"#).ok());
static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[^\s=,;()\[\]{}<>|]+").ok());
static NUMBERED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b([a-z_]+)([= ])(\d{1,5})\b").ok());

/// A log without what is nobody's business. `known` are the secrets and names that are known, which go wherever they stand.
pub(super) fn scrubbed(log: &str, known: &[String]) -> String {
    let mut log = Cow::Borrowed(log);
    // A name of one or two letters is in every other word.
    for secret in known.iter().filter(|secret| secret.trim().chars().count() > 2) {
        if log.contains(secret.as_str()) {
            log = Cow::Owned(log.replace(secret.as_str(), GONE));
        }
    }
    log.lines().map(|line| line_without(line) + "\n").collect()
}

fn line_without(line: &str) -> String {
    let (Some(time), Some(quoted), Some(token), Some(numbered)) = (&*TIME, &*QUOTED, &*TOKEN, &*NUMBERED)
    else {
        return GONE.to_owned();
    };
    let begins = time.find(line).map_or(0, |time| time.end());
    let (time, rest) = line.split_at(begins);
    let rest = quoted.replace_all(rest, GONE);
    // A number that may stay is spelled with letters meanwhile, which no word of a log begins with.
    let rest = numbered.replace_all(&rest, |found: &Captures<'_>| match TECHNICAL.contains(&&found[1]) {
        true => format!("{}{}{}", &found[1], &found[2], veiled(&found[3])),
        false => found[0].to_owned(),
    });
    let rest = token.replace_all(&rest, |found: &Captures<'_>| {
        let token = &found[0];
        let long = token
            .split(|letter: char| !letter.is_alphanumeric())
            .any(|word| word.chars().count() > LONGEST_WORD);
        let shouts = token.chars().filter(char::is_ascii_uppercase).count() >= 8;
        let place = token.contains('@') || token.contains('/') || token.contains('\\');
        if token.chars().any(char::is_numeric) || long || shouts || place {
            GONE.to_owned()
        } else {
            token.to_owned()
        }
    });
    format!("{time}{}", unveiled(&rest))
}

/// The private-use characters of Unicode from here on stand for digits.
const VEIL: u32 = 0xE000;

fn veiled(number: &str) -> String {
    number
        .chars()
        .filter_map(|digit| digit.to_digit(10).and_then(|digit| char::from_u32(VEIL + digit)))
        .collect()
}

fn unveiled(text: &str) -> String {
    text.chars()
        .map(|letter| {
            let digit = u32::from(letter).checked_sub(VEIL).and_then(|digit| char::from_digit(digit, 10));
            digit.unwrap_or(letter)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        assert_eq!(scrubbed(line, &["sesame open".to_owned()]), format!("{expected}\n"));
    }

    #[test]
    fn what_happened_stays_readable() {
        check(
            "2026-11-27T23:00:41.123456Z  WARN paydesk_core::payments::sync: looking at open payments stopped failure=NOWPayments could not be reached.",
            "2026-11-27T23:00:41.123456Z  WARN paydesk_core::payments::sync: looking at open payments stopped failure=NOWPayments could not be reached.",
        );
        check("a page is missing page=12 status=503", "a page is missing page=12 status=503");
    }

    #[test]
    fn whatever_could_be_anybodys_goes() {
        for secret in [
            "till@nordlicht.example",
            "TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "K7Q2M9X-3TRW8PL-ZZ4C6VB-Q1W2E3R",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_123",
            "GEZDGNBVGYZTGQQW",
            "740391",
            "0.00041",
            "250",
            "1,250.00",
            "5077125051",
            "/srv/anna/.local/share/paydesk/shops",
            r"D:\Profiles\anna",
            "https://nordlicht.example/thanks?order=a",
            "sesame open",
        ] {
            let line = format!("something failed what={secret} and (then {secret}): {secret}.");
            let told = scrubbed(&line, &["sesame open".to_owned()]);
            assert!(!told.contains(secret) && !told.contains("anna"), "{secret}: {told}");
            assert!(told.starts_with("something failed"), "{told}");
        }
        check(r#"refused message="the shop Nordlicht is \"closed\"" again"#, "refused message=[…] again");
        check("NOWPayments refused (“Kestrel has no money”, 400).", "NOWPayments refused ([…], […]).");
    }
}
