//! Amounts as people and programs write them: one plain form is read, every other is named and refused.

use nowpayments::{Amount, AmountError};

use super::{Problem, ProblemCode};
use crate::addresses::characters;

/// The most decimals of an amount that NOWPayments takes.
pub const MOST_DECIMALS: usize = 6;

/// What a point before exactly three digits (`1.000`, `12.345`) means in a file.
///
/// The file itself can settle it: `0.5` or `12.25` show that its points are decimal points. Nothing else does, and
/// where the file contradicts itself (`1,5` beside `0.5`) nothing is settled either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Points {
    /// A decimal point.
    Decimal,
    /// Perhaps a decimal point, perhaps one between thousands.
    Unsettled,
}

impl Points {
    /// What all the amounts of a file show together.
    pub(super) fn of<'a>(amounts: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut decimal = false;
        for amount in amounts {
            match Self::shown_by(amount) {
                Some(Self::Decimal) => decimal = true,
                Some(Self::Unsettled) => return Self::Unsettled,
                None => {}
            }
        }
        if decimal { Self::Decimal } else { Self::Unsettled }
    }

    /// What one amount shows; `None` when it shows nothing.
    fn shown_by(amount: &[u8]) -> Option<Self> {
        let text = str::from_utf8(amount).ok()?.trim_matches([' ', '\t']);
        if !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')) {
            return None;
        }
        match (text.matches('.').count(), text.matches(',').count()) {
            (0, 0) => None,
            (1, 0) if is_ambiguous(text) => None,
            (1, 0) => Some(Self::Decimal),
            // 1,000.50 and 1,234,567: the comma stands between thousands.
            (1, _) if text.rfind('.') > text.rfind(',') => Some(Self::Decimal),
            (0, 2..) => Some(Self::Decimal),
            _ => Some(Self::Unsettled),
        }
    }
}

/// Whether a number with one point could have it between thousands: `1.000` and `123.456`, not `0.125` nor `1234.567`.
fn is_ambiguous(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, decimals)| {
        decimals.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0')
    })
}

/// Reads the amount of a payout. `points` is asked only when the answer matters.
pub(super) fn read(text: &str, points: impl FnOnce() -> Points) -> Result<Amount, Problem> {
    let problem = |code, message: String| Problem::new(super::Column::Amount, text, code, message);
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    if !is_digits(whole) || !decimals.is_none_or(is_digits) {
        let (code, message) = explain(text);
        return Err(problem(code, message));
    }
    let digits = |text: &str| text.bytes().any(|byte| byte != b'0');
    if !digits(whole) && !decimals.is_some_and(digits) {
        return Err(problem(
            ProblemCode::AmountZero,
            "The amount is zero: there is nothing to pay.".to_owned(),
        ));
    }
    if decimals.is_some_and(|decimals| decimals.len() > MOST_DECIMALS) {
        return Err(problem(
            ProblemCode::AmountDecimals,
            format!("NOWPayments takes at most {MOST_DECIMALS} decimals; round the amount in the file."),
        ));
    }
    if is_ambiguous(text) && points() == Points::Unsettled {
        // One decimal fewer or more than three leaves only one reading.
        let decimal = match text.trim_end_matches('0') {
            short if short.len() < text.len() => short.trim_end_matches('.').to_owned(),
            _ => format!("{text}0"),
        };
        return Err(problem(
            ProblemCode::AmountAmbiguous,
            format!(
                "The point can stand before decimals or between thousands, and no other amount in the file shows which: \
             write {decimal} or {}, whichever is meant.",
                text.replace('.', ""),
            ),
        ));
    }
    text.parse().map_err(|error| match error {
        AmountError::TooLarge => problem(
            ProblemCode::AmountTooLarge,
            format!("The amount has more than {} digits before the point.", Amount::MAX_WHOLE_DIGITS),
        ),
        AmountError::Malformed | AmountError::TooPrecise => {
            problem(ProblemCode::AmountFormat, format!("This is not a number: {error}."))
        }
    })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Says what is wrong with a text that is not plain digits with at most one point between them.
fn explain(text: &str) -> (ProblemCode, String) {
    use ProblemCode::{AmountAmbiguous, AmountFormat, AmountMissing, AmountNegative};
    const PLAIN: &str = "Write the digits 0 to 9 and, before decimals, one point";

    if text.is_empty() {
        return (AmountMissing, "The amount is missing.".to_owned());
    }
    if text != text.trim_matches([' ', '\t', '\r', '\n']) {
        return (
            AmountFormat,
            "There is a blank at the beginning or end of the amount, inside the quotes: remove it."
                .to_owned(),
        );
    }
    if let Some((position, c)) = characters::first_strange(text)
        && c != ' '
    {
        return (AmountFormat, format!("Position {position} holds {}. {PLAIN}.", characters::name(c)));
    }
    let lower = text.to_ascii_lowercase();
    let unsigned = lower.trim_start_matches(['+', '-']);
    if matches!(
        unsigned,
        "nan" | "inf" | "infinity" | "null" | "none" | "nil" | "n/a" | "#n/a" | "#value!" | "#ref!"
    ) {
        return (AmountFormat, format!("\"{text}\" is not a number. {PLAIN}."));
    }
    if is_number(unsigned) && lower.starts_with('-') {
        return (AmountNegative, "The amount is negative: a payout can only pay.".to_owned());
    }
    if lower.starts_with(['+', '-']) {
        return (AmountFormat, "Write the amount without a sign before it.".to_owned());
    }
    if text.starts_with('(') && text.ends_with(')') {
        return (
            AmountFormat,
            "Write the amount without brackets, which mean a negative amount in accounts.".to_owned(),
        );
    }
    if text.starts_with('=') {
        return (AmountFormat, "This is a formula, not a number: save the file with its values.".to_owned());
    }
    if unsigned.starts_with("0x") || unsigned.starts_with("0b") || unsigned.starts_with("0o") {
        return (AmountFormat, format!("This is not a decimal number. {PLAIN}."));
    }
    if let Some((mantissa, exponent)) = unsigned.split_once('e')
        && is_number(mantissa)
        && is_digits(exponent.trim_start_matches(['+', '-']))
    {
        return (AmountFormat, "Write the amount out in full, without an exponent. A spreadsheet shows all digits when the column is formatted as text or number.".to_owned());
    }
    if text.contains('_') {
        return (AmountFormat, "Write the digits without underscores between them.".to_owned());
    }
    if text.contains(['\'', '`']) {
        return (AmountFormat, "Write the digits without apostrophes.".to_owned());
    }
    if text.contains('$') {
        return (
            AmountFormat,
            "Write the amount without a currency sign; it is an amount of the coin in the column currency."
                .to_owned(),
        );
    }
    if text.contains('%') {
        return (AmountFormat, "Write an amount, not a percentage.".to_owned());
    }
    if text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return if text.bytes().any(|byte| byte.is_ascii_digit()) {
            (AmountFormat, "Write the number alone; the coin belongs in the column currency.".to_owned())
        } else {
            (AmountFormat, format!("This is not a number. {PLAIN}."))
        };
    }
    if let Some(decimals) = text.strip_prefix('.')
        && is_digits(decimals)
    {
        return (AmountFormat, format!("Write a digit before the point: 0{text}."));
    }
    if let Some(whole) = text.strip_suffix('.')
        && is_digits(whole)
    {
        return (AmountFormat, format!("Write a digit after the point, or no point: {whole}."));
    }
    if is_grouped(text) {
        return (AmountAmbiguous, ambiguity(text));
    }
    (AmountFormat, format!("This is not a plain number. {PLAIN}."))
}

/// Digits with points, commas or spaces between them, in a way that some country writes numbers.
fn is_grouped(text: &str) -> bool {
    let separators = text.chars().filter(|c| matches!(c, '.' | ',' | ' '));
    let mut kinds: Vec<char> = separators.clone().collect();
    kinds.dedup();
    text.split(['.', ',', ' ']).all(is_digits)
        && kinds.len() <= 2
        && (separators.clone().any(|c| c != '.') || text.split('.').skip(1).all(|group| group.len() == 3))
}

fn ambiguity(text: &str) -> String {
    let plain: String = text.chars().filter(char::is_ascii_digit).collect();
    let readings = match text.rfind(['.', ',']) {
        Some(last) => {
            let whole: String = text[..last].chars().filter(char::is_ascii_digit).collect();
            format!("{whole}.{} or {plain}", &text[last + 1..])
        }
        None => plain,
    };
    format!(
        "Countries differ in what this means, so nothing is assumed: write {readings}, whichever is meant, with a point before decimals and nothing between thousands."
    )
}

/// A number in one of the plain or nearly plain ways, for telling what is wrong with a longer text.
fn is_number(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> Result<String, ProblemCode> {
        read(text, || Points::Unsettled).map(|amount| amount.to_string()).map_err(|problem| problem.code)
    }

    #[test]
    fn plain_amounts_are_read_exactly() {
        for (text, expected) in [
            ("200", "200"),
            ("0.000001", "0.000001"),
            ("412.50", "412.5"),
            ("0.125", "0.125"),
            ("1234.567", "1234.567"),
            ("007", "7"),
            ("10.1000", "10.1"),
            ("123456789012345678901234567890.123456", "123456789012345678901234567890.123456"),
        ] {
            assert_eq!(code(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn every_other_form_is_refused_with_its_code_and_a_message_of_its_own() {
        use ProblemCode::*;
        for (text, expected, words) in [
            ("", AmountMissing, "missing"),
            ("1e3", AmountFormat, "exponent"),
            ("1E+3", AmountFormat, "exponent"),
            ("1.5e-7", AmountFormat, "exponent"),
            ("0x10", AmountFormat, "decimal number"),
            ("+3", AmountFormat, "sign"),
            ("-1", AmountNegative, "negative"),
            ("-0", AmountNegative, "negative"),
            ("--1", AmountNegative, "negative"),
            ("-", AmountFormat, "sign"),
            ("(5)", AmountFormat, "brackets"),
            ("$5", AmountFormat, "currency sign"),
            ("5€", AmountFormat, "U+20AC, a currency sign"),
            ("5 ETH", AmountFormat, "column currency"),
            ("5eth", AmountFormat, "column currency"),
            ("e3", AmountFormat, "column currency"),
            ("1_000", AmountFormat, "underscores"),
            ("NaN", AmountFormat, "not a number"),
            ("-Infinity", AmountFormat, "not a number"),
            ("all", AmountFormat, "not a number"),
            ("１０", AmountFormat, "full-width \"1\""),
            ("٣", AmountFormat, "U+0663"),
            ("1\u{A0}000", AmountFormat, "no-break space"),
            ("1\u{2009}000", AmountFormat, "thin space"),
            ("1\u{200B}0", AmountFormat, "zero width space"),
            ("−1", AmountFormat, "U+2212"),
            ("1'000", AmountFormat, "apostrophes"),
            ("1’000", AmountFormat, "apostrophe"),
            ("5%", AmountFormat, "percentage"),
            ("=5", AmountFormat, "formula"),
            ("1/2", AmountFormat, "plain number"),
            ("1..5", AmountFormat, "plain number"),
            ("1.2.3", AmountFormat, "plain number"),
            (".", AmountFormat, "plain number"),
            (",5", AmountFormat, "plain number"),
            (".5", AmountFormat, "0.5"),
            ("5.", AmountFormat, "or no point: 5"),
            (" 5", AmountFormat, "inside the quotes"),
            ("5\n", AmountFormat, "inside the quotes"),
            ("5\n6", AmountFormat, "a line break"),
            ("0", AmountZero, "zero"),
            ("0.000", AmountZero, "zero"),
            ("0.0000000", AmountZero, "zero"),
            ("0.1234567", AmountDecimals, "at most 6"),
            ("1.0000000", AmountDecimals, "at most 6"),
            ("1,5", AmountAmbiguous, "1.5 or 15"),
            ("1.000,00", AmountAmbiguous, "1000.00 or 100000"),
            ("1,000", AmountAmbiguous, "1.000 or 1000"),
            ("1 000", AmountAmbiguous, "write 1000"),
            ("1.000", AmountAmbiguous, "write 1 or 1000"),
            ("12.340", AmountAmbiguous, "write 12.34 or 12340"),
            ("12.345", AmountAmbiguous, "write 12.3450 or 12345"),
            ("1.000.000", AmountAmbiguous, "1000.000 or 1000000"),
            ("1,000,000.5", AmountAmbiguous, "1000000.5"),
            ("1234567890123456789012345678901", AmountTooLarge, "30 digits"),
        ] {
            let problem = read(text, || Points::Unsettled).unwrap_err();
            assert_eq!(problem.code, expected, "{text:?}: {}", problem.message);
            assert!(problem.message.contains(words), "{text:?}: {}", problem.message);
            assert_eq!(problem.value, text);
        }
    }

    #[test]
    fn the_file_settles_what_a_point_before_three_digits_means() {
        let points = |amounts: &[&str]| Points::of(amounts.iter().map(|amount| amount.as_bytes()));
        for (amounts, expected) in [
            (vec![], Points::Unsettled),
            (vec!["1.000", "200"], Points::Unsettled),
            (vec!["1.000", "0.5"], Points::Decimal),
            (vec!["1.000", "12.25"], Points::Decimal),
            (vec!["1.000", "0.125"], Points::Decimal),
            (vec!["1.000", " 7.5 "], Points::Decimal),
            (vec!["1.000", "1,000.50"], Points::Decimal),
            (vec!["1.000", "0.5", "1,5"], Points::Unsettled),
            (vec!["1.000", "0.5", "1.000,5"], Points::Unsettled),
            (vec!["1.000", "0.5", "1.000.000"], Points::Unsettled),
            (vec!["1.000", "0.5 trx"], Points::Unsettled),
        ] {
            assert_eq!(points(&amounts), expected, "{amounts:?}");
        }
        assert_eq!(read("1.000", || Points::Decimal).unwrap().to_string(), "1");
    }

    proptest! {
        #[test]
        fn what_is_taken_is_what_was_written(whole in 0u64.., decimals in 0u32..1_000_000, width in 1usize..7) {
            let decimals = &format!("{decimals:06}")[..width];
            let text = format!("{whole}.{decimals}");
            let read = read(&text, || Points::Decimal).map(|amount| amount.to_string());
            let canonical = text.trim_end_matches('0').trim_end_matches('.');
            match read {
                Ok(amount) => prop_assert_eq!(amount, canonical),
                Err(problem) => prop_assert_eq!((problem.code, canonical), (ProblemCode::AmountZero, "0")),
            }
        }

        #[test]
        fn nothing_but_plain_digits_is_ever_taken(text in "[0-9.,+e_ x'-]{0,8}|\\PC{0,8}") {
            if read(&text, || Points::Decimal).is_ok() {
                let (whole, decimals) = text.split_once('.').unwrap_or((&text, "0"));
                prop_assert!(is_digits(whole) && is_digits(decimals) && decimals.len() <= MOST_DECIMALS);
            }
        }
    }
}
