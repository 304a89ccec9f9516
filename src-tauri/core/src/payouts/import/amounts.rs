//! Amounts as people and programs write them: one plain form is read, every other is named and refused.

use nowpayments::{Amount, AmountError};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Column, Problem, ProblemCode, record::Cell};
use crate::{
    addresses::characters,
    fiat,
    language::{amount_error, said, words},
};

/// The most decimals of an amount that NOWPayments takes.
pub const MOST_DECIMALS: usize = 6;

/// The most digits of a number that a spreadsheet keeps exactly: it holds numbers as binary fractions of 53 bits.
pub(super) const DIGITS_OF_A_SPREADSHEET: usize = 15;

/// How a file writes its numbers, as the owner says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Numbers {
    /// A point before decimals: `1234.5`, `1,234.5` or `1 234.5`.
    Point,
    /// A comma before decimals: `1234,5`, `1.234,5` or `1 234,5`.
    Comma,
}

/// What a file shows, and its owner says, of its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// The owner says how they are written.
    Said(Numbers),
    /// They were not read from a file but typed: digits, one point before decimals, and nothing between thousands.
    Typed,
    /// Nobody said anything: only what has one meaning is taken.
    Shown(Points),
}

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
    /// What one amount shows; `None` when it shows nothing.
    pub(super) fn shown_by(text: &str) -> Option<Self> {
        if has_decimal_comma(text) {
            return Some(Self::Unsettled);
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')) {
            return None;
        }
        let count = |sign| text.bytes().filter(|byte| *byte == sign).count();
        match (count(b'.'), count(b',')) {
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

/// Whether the last separator of a number is a comma that cannot stand between thousands, whatever else is written with the
/// number: `1,5`, `-1,50`, `1.234,56 €`, `1'234,5678`, and `1 234,567`, which has something else between thousands.
fn has_decimal_comma(text: &str) -> bool {
    let Some(last) = text.rfind([',', '.']).filter(|last| text[*last..].starts_with(',')) else {
        return false;
    };
    let (before, after) = (&text[..last], &text[last + 1..]);
    let decimals = after.bytes().take_while(u8::is_ascii_digit).count();
    let ends_in_digits = |text: &str| text.bytes().next_back().is_some_and(|byte| byte.is_ascii_digit());
    let grouped = before.char_indices().any(|(at, c)| {
        matches!(c, '.' | '\'' | '’' | ' ' | '\u{A0}' | '\u{202F}' | '\u{2009}')
            && ends_in_digits(&before[..at])
    });
    ends_in_digits(before) && (matches!(decimals, 1 | 2 | 4..) || decimals == 3 && grouped)
}

/// What is wrong with an amount that was typed and could be meant in two ways, as `1.500`.
pub(super) fn ambiguous(column: Column, text: &str) -> Option<Problem> {
    if !is_plain(text) || !is_ambiguous(text) {
        return None;
    }
    let readings = readings(text, column == Column::FiatAmount);
    Some(Problem::new(
        column,
        text,
        ProblemCode::AmountAmbiguous,
        words!(
            en: "The point can stand before decimals or between thousands: write {readings}, whichever is meant.",
            de: "Der Punkt kann vor Nachkommastellen oder zwischen Tausendern stehen: Schreiben Sie {readings}, was \
                 davon gemeint ist.",
        ),
    ))
}

/// What may be meant by a number whose point is ambiguous, each in a way that leaves only that.
fn readings(text: &str, is_fiat: bool) -> String {
    let plain = text.replace('.', "");
    // One decimal fewer or more than three leaves only one reading.
    match text.trim_end_matches('0') {
        short if short.len() < text.len() => either(short.trim_end_matches('.'), &plain),
        _ if is_fiat => plain,
        _ => either(&format!("{text}0"), &plain),
    }
}

/// What of an amount that was refused is kept for the row: as it stood, but nothing where that would be another amount, or a
/// certain one, for whoever reads it without the file. `1.500` is that where nobody knows what its point means.
pub(super) fn kept(text: &str, problem: &Problem) -> String {
    let unread = matches!(problem.code, ProblemCode::AmountFormat | ProblemCode::AmountAmbiguous);
    if unread && is_plain(text) { String::new() } else { text.to_owned() }
}

/// Whether it is digits and at most one point, with digits on both of its sides.
fn is_plain(text: &str) -> bool {
    text.split_once('.').map_or(is_digits(text), |(whole, decimals)| is_digits(whole) && is_digits(decimals))
}

/// Whether a number with one point could have it between thousands: `1.000` and `123.456`, not `0.125` nor `1234.567`.
fn is_ambiguous(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, decimals)| {
        decimals.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0')
    })
}

impl Numbers {
    /// The number in plain digits with a point before its decimals; `None` when it is not written in this way.
    pub(super) fn plain(self, text: &str) -> Option<String> {
        let (decimal, group) = match self {
            Self::Point => ('.', ','),
            Self::Comma => (',', '.'),
        };
        let (whole, decimals) =
            text.split_once(decimal).map_or((text, None), |(whole, rest)| (whole, Some(rest)));
        if !decimals.is_none_or(is_digits) {
            return None;
        }
        let separator = whole.chars().find(|c| *c == group || *c == ' ');
        let whole = match separator {
            None => whole.to_owned(),
            Some(separator) => {
                let mut groups = whole.split(separator);
                // Nobody writes thousands behind a zero: 0,125 has a comma before decimals.
                let is_first = |first: &&str| (1..=3).contains(&first.len()) && !first.starts_with('0');
                let first = groups.next().filter(is_first)?;
                if !groups.all(|group| group.len() == 3 && is_digits(group)) || !is_digits(first) {
                    return None;
                }
                whole.replace(separator, "")
            }
        };
        is_digits(&whole).then(|| decimals.map_or(whole.clone(), |decimals| format!("{whole}.{decimals}")))
    }

    fn other(self) -> Self {
        match self {
            Self::Point => Self::Comma,
            Self::Comma => Self::Point,
        }
    }
}

/// Whether it is digits with a point between them that can only stand before decimals, as in almost all amounts.
pub(super) fn is_plain_decimal(text: &str) -> bool {
    let Some(point) = text.bytes().position(|byte| byte == b'.') else { return false };
    let (whole, decimals) = (&text.as_bytes()[..point], &text.as_bytes()[point + 1..]);
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    digits(whole) && digits(decimals) && !is_ambiguous(text)
}

/// Whether a number has more than one meaning as long as nobody says how the file writes its numbers.
pub(super) fn is_open(text: &str, points: Points) -> bool {
    read(Column::Amount, text, Cell::Written, Reading::Shown(points))
        .is_err_and(|problem| problem.code == ProblemCode::AmountAmbiguous)
}

/// Reads the amount of a payout, or the sum of money in [`Column::FiatAmount`].
pub(super) fn read(column: Column, text: &str, cell: Cell, reading: Reading) -> Result<Amount, Problem> {
    let problem = |code, message: String| Problem::new(column, text, code, message);
    let is_fiat = column == Column::FiatAmount;
    let in_sheet = matches!(cell, Cell::Number | Cell::Money);
    if let Some(message) = explain_cell(column, text, cell) {
        return Err(problem(ProblemCode::AmountFormat, message));
    }
    let plain;
    let number = match reading {
        Reading::Said(numbers) if !in_sheet && text.contains([',', '.', ' ']) => match numbers.plain(text) {
            Some(number) => {
                plain = number;
                plain.as_str()
            }
            None if is_grouped(text) || numbers.other().plain(text).is_some() => {
                let (sign, right) = match numbers {
                    Numbers::Point => (said!(en: "point", de: "einen Punkt"), "1,234.5"),
                    Numbers::Comma => (said!(en: "comma", de: "ein Komma"), "1.234,5"),
                };
                return Err(problem(
                    ProblemCode::AmountFormat,
                    words!(
                        en: "The numbers of this file have a {sign} before decimals, like {right}, and this one is \
                             not written like that.",
                        de: "Die Zahlen dieser Datei haben vor den Nachkommastellen {sign}, wie {right}, und diese \
                             ist nicht so geschrieben.",
                    ),
                ));
            }
            None => text,
        },
        _ => text,
    };
    let (whole, decimals) =
        number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    if !is_digits(whole) || !decimals.is_none_or(is_digits) {
        let (code, message) = explain(text, column);
        return Err(problem(code, message));
    }
    let digits = |text: &str| text.bytes().any(|byte| byte != b'0');
    if !digits(whole) && !decimals.is_some_and(digits) {
        return Err(problem(
            ProblemCode::AmountZero,
            said!(
                en: "The amount is zero: there is nothing to pay.",
                de: "Der Betrag ist null: Es gibt nichts zu zahlen.",
            )
            .to_owned(),
        ));
    }
    if !in_sheet && reading == Reading::Shown(Points::Unsettled) && is_ambiguous(text) {
        let readings = readings(text, is_fiat);
        return Err(problem(
            ProblemCode::AmountAmbiguous,
            words!(
                en: "The point can stand before decimals or between thousands, and no other amount in the file shows \
                     which: write {readings}, whichever is meant.",
                de: "Der Punkt kann vor Nachkommastellen oder zwischen Tausendern stehen, und kein anderer Betrag \
                     der Datei zeigt, welches gemeint ist: Schreiben Sie {readings}, was davon gemeint ist.",
            ),
        ));
    }
    let most = if is_fiat { fiat::DECIMALS as usize } else { MOST_DECIMALS };
    if decimals.is_some_and(|decimals| decimals.len() > most) {
        return Err(problem(
            ProblemCode::AmountDecimals,
            match is_fiat {
                true => words!(
                    en: "A sum of money has at most {most} decimals; round the amount in the file.",
                    de: "Ein Geldbetrag hat höchstens {most} Nachkommastellen; runden Sie ihn in der Datei.",
                ),
                false => words!(
                    en: "NOWPayments takes at most {most} decimals; round the amount in the file.",
                    de: "NOWPayments nimmt höchstens {most} Nachkommastellen; runden Sie den Betrag in der Datei.",
                ),
            },
        ));
    }
    number.parse().map_err(|error| match error {
        AmountError::TooLarge => problem(
            ProblemCode::AmountTooLarge,
            words!(
                en: "The amount has more than {} digits before the point.",
                de: "Der Betrag hat mehr als {} Stellen vor dem Komma.",
                Amount::MAX_WHOLE_DIGITS,
            ),
        ),
        AmountError::Malformed | AmountError::TooPrecise => problem(
            ProblemCode::AmountFormat,
            words!(
                en: "This is not a number: {error}.",
                de: "Das ist keine Zahl: {error}.",
                error = amount_error(error),
            ),
        ),
    })
}

/// What is wrong with a cell of a worksheet, seen from what it is.
fn explain_cell(column: Column, text: &str, cell: Cell) -> Option<String> {
    match cell {
        Cell::Written | Cell::Quoted => None,
        Cell::Money if column == Column::Amount => Some(
            said!(
                en: "The cell shows a sum of money, not an amount of the coin: format the column as number, or call \
                     it fiat_amount, if the sum is meant.",
                de: "Die Zelle zeigt einen Geldbetrag und keinen Betrag des Coins: Formatieren Sie die Spalte als \
                     Zahl, oder nennen Sie sie fiat_amount, wenn der Geldbetrag gemeint ist.",
            ).to_owned(),
        ),
        Cell::Number | Cell::Money if text.starts_with('-') => None,
        Cell::Number | Cell::Money => (significant_digits(text) > DIGITS_OF_A_SPREADSHEET).then(|| {
            words!(
                en: "The cell holds a number with more than {DIGITS_OF_A_SPREADSHEET} digits, which no spreadsheet \
                     keeps exactly: round it there, or format the cell as text and enter the amount again.",
                de: "Die Zelle enthält eine Zahl mit mehr als {DIGITS_OF_A_SPREADSHEET} Stellen, die keine \
                     Tabellenkalkulation genau behält: Runden Sie sie dort, oder formatieren Sie die Zelle als Text, \
                     und geben Sie den Betrag neu ein.",
            )
        }),
        Cell::Scaled => Some(
            said!(
                en: "The cell shows its number in thousands, so that another number is seen than the one in it: \
                     format the column as number.",
                de: "Die Zelle zeigt ihre Zahl in Tausendern, also eine andere Zahl, als darin steht: Formatieren Sie \
                     die Spalte als Zahl.",
            ).to_owned(),
        ),
        Cell::Date => Some(
            said!(
                en: "The cell holds a date, perhaps because the spreadsheet took the amount for one: format the \
                     column as number and enter the amount again.",
                de: "Die Zelle enthält ein Datum, vielleicht weil die Tabellenkalkulation den Betrag für eines \
                     hielt: Formatieren Sie die Spalte als Zahl, und geben Sie den Betrag neu ein.",
            ).to_owned(),
        ),
        Cell::Percentage => Some(said!(
            en: "The cell holds a percentage: format it as number and enter an amount.",
            de: "Die Zelle enthält einen Prozentwert: Formatieren Sie sie als Zahl, und geben Sie einen Betrag ein.",
        ).to_owned()),
        Cell::Truth => Some(said!(
            en: "The cell holds true or false instead of a number.",
            de: "Die Zelle enthält wahr oder falsch statt einer Zahl.",
        ).to_owned()),
        Cell::Error => Some(said!(
            en: "The cell shows an error instead of a number: mend its formula.",
            de: "Die Zelle zeigt einen Fehler statt einer Zahl: Bringen Sie ihre Formel in Ordnung.",
        ).to_owned()),
        Cell::NoResult => Some(
            said!(
                en: "The cell holds a formula without its result: open the workbook in a spreadsheet program and \
                     save it there.",
                de: "Die Zelle enthält eine Formel ohne ihr Ergebnis: Öffnen Sie die Mappe in einer \
                     Tabellenkalkulation, und speichern Sie sie dort.",
            ).to_owned(),
        ),
    }
}

/// Digits without the zeros at the beginning and, of whole numbers, at the end.
pub(super) fn significant_digits(number: &str) -> usize {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    if number.contains('.') { digits.len() } else { digits.trim_end_matches('0').len() }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Says what is wrong with a text that is not plain digits with at most one point between them.
fn explain(text: &str, column: Column) -> (ProblemCode, String) {
    use ProblemCode::{AmountAmbiguous, AmountFormat, AmountMissing, AmountNegative};
    let plain = said!(
        en: "Write the digits 0 to 9 and, before decimals, one point.",
        de: "Schreiben Sie die Ziffern 0 bis 9 und vor Nachkommastellen einen Punkt.",
    );
    if text.is_empty() {
        return (AmountMissing, said!(en: "The amount is missing.", de: "Der Betrag fehlt.").to_owned());
    }
    if text != text.trim_matches([' ', '\t', '\r', '\n']) {
        return (
            AmountFormat,
            said!(
                en: "There is a blank at the beginning or end of the amount, inside the quotes: remove it.",
                de: "Am Anfang oder Ende des Betrags steht ein Leerzeichen, innerhalb der Anführungszeichen: \
                     Entfernen Sie es.",
            )
            .to_owned(),
        );
    }
    if let Some((position, c)) = characters::first_strange(text)
        && c != ' '
    {
        return (
            AmountFormat,
            words!(
                en: "Position {position} holds {}. {plain}",
                de: "An Stelle {position} steht {}. {plain}",
                characters::name(c),
            ),
        );
    }
    let lower = text.to_ascii_lowercase();
    let unsigned = lower.trim_start_matches(['+', '-']);
    if matches!(
        unsigned,
        "nan" | "inf" | "infinity" | "null" | "none" | "nil" | "n/a" | "#n/a" | "#value!" | "#ref!"
    ) {
        return (
            AmountFormat,
            words!(en: "\"{text}\" is not a number. {plain}", de: "„{text}“ ist keine Zahl. {plain}"),
        );
    }
    if is_number(unsigned) && lower.starts_with('-') {
        return (
            AmountNegative,
            said!(
                en: "The amount is negative: a payout can only pay.",
                de: "Der Betrag ist negativ: Eine Auszahlung kann nur zahlen.",
            )
            .to_owned(),
        );
    }
    if lower.starts_with(['+', '-']) {
        return (
            AmountFormat,
            said!(
                en: "Write the amount without a sign before it.",
                de: "Schreiben Sie den Betrag ohne Vorzeichen.",
            )
            .to_owned(),
        );
    }
    if text.starts_with('(') && text.ends_with(')') {
        return (
            AmountFormat,
            said!(
                en: "Write the amount without brackets, which mean a negative amount in accounts.",
                de: "Schreiben Sie den Betrag ohne Klammern, die in der Buchhaltung einen negativen Betrag bedeuten.",
            ).to_owned(),
        );
    }
    if text.starts_with('=') {
        return (
            AmountFormat,
            said!(
                en: "This is a formula, not a number: save the file with its values.",
                de: "Das ist eine Formel und keine Zahl: Speichern Sie die Datei mit ihren Werten.",
            )
            .to_owned(),
        );
    }
    if unsigned.starts_with("0x") || unsigned.starts_with("0b") || unsigned.starts_with("0o") {
        return (
            AmountFormat,
            words!(en: "This is not a decimal number. {plain}", de: "Das ist keine Dezimalzahl. {plain}"),
        );
    }
    if let Some((mantissa, exponent)) = unsigned.split_once('e')
        && is_number(mantissa)
        && is_digits(exponent.trim_start_matches(['+', '-']))
    {
        return (AmountFormat, said!(
            en: "Write the amount out in full, without an exponent. A spreadsheet shows all digits when the column \
                 is formatted as text or number.",
            de: "Schreiben Sie den Betrag aus, ohne Exponent. Eine Tabellenkalkulation zeigt alle Stellen, wenn die \
                 Spalte als Text oder Zahl formatiert ist.",
        ).to_owned());
    }
    if text.contains('_') {
        return (
            AmountFormat,
            said!(
                en: "Write the digits without underscores between them.",
                de: "Schreiben Sie die Ziffern ohne Unterstriche dazwischen.",
            )
            .to_owned(),
        );
    }
    if text.contains(['\'', '`']) {
        return (
            AmountFormat,
            said!(
                en: "Write the digits without apostrophes.",
                de: "Schreiben Sie die Ziffern ohne Apostrophe.",
            )
            .to_owned(),
        );
    }
    let is_fiat = column == Column::FiatAmount;
    if text.contains('$') {
        let message = match is_fiat {
            true => said!(
                en: "Write the amount without a currency sign; the currency belongs in the column fiat_currency.",
                de: "Schreiben Sie den Betrag ohne Währungszeichen; die Währung gehört in die Spalte fiat_currency.",
            ),
            false => said!(
                en: "Write the amount without a currency sign; it is an amount of the coin in the column currency.",
                de: "Schreiben Sie den Betrag ohne Währungszeichen; es ist ein Betrag des Coins in der Spalte currency.",
            ),
        };
        return (AmountFormat, message.to_owned());
    }
    if text.contains('%') {
        return (
            AmountFormat,
            said!(
                en: "Write an amount, not a percentage.",
                de: "Schreiben Sie einen Betrag und keinen Prozentwert.",
            )
            .to_owned(),
        );
    }
    if text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return if text.bytes().any(|byte| byte.is_ascii_digit()) {
            let message = match is_fiat {
                true => said!(
                    en: "Write the number alone; the currency belongs in the column fiat_currency.",
                    de: "Schreiben Sie die Zahl allein; die Währung gehört in die Spalte fiat_currency.",
                ),
                false => said!(
                    en: "Write the number alone; the coin belongs in the column currency.",
                    de: "Schreiben Sie die Zahl allein; der Coin gehört in die Spalte currency.",
                ),
            };
            (AmountFormat, message.to_owned())
        } else {
            (AmountFormat, words!(en: "This is not a number. {plain}", de: "Das ist keine Zahl. {plain}"))
        };
    }
    if let Some(decimals) = text.strip_prefix('.')
        && is_digits(decimals)
    {
        return (
            AmountFormat,
            words!(
                en: "Write a digit before the point: 0{text}.",
                de: "Schreiben Sie eine Ziffer vor den Punkt: 0{text}.",
            ),
        );
    }
    if let Some(whole) = text.strip_suffix('.')
        && is_digits(whole)
    {
        return (
            AmountFormat,
            words!(
                en: "Write a digit after the point, or no point: {whole}.",
                de: "Schreiben Sie eine Ziffer hinter den Punkt, oder keinen Punkt: {whole}.",
            ),
        );
    }
    if is_grouped(text) {
        return (AmountAmbiguous, ambiguity(text));
    }
    (
        AmountFormat,
        words!(en: "This is not a plain number. {plain}", de: "Das ist keine einfache Zahl. {plain}"),
    )
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

/// Two ways to write what may be meant, as they belong into a file.
fn either(one: &str, other: &str) -> String {
    words!(en: "{one} or {other}", de: "{one} oder {other}")
}

fn ambiguity(text: &str) -> String {
    let plain: String = text.chars().filter(char::is_ascii_digit).collect();
    let readings = match text.rfind(['.', ',']) {
        Some(last) => {
            let whole: String = text[..last].chars().filter(char::is_ascii_digit).collect();
            let decimal = format!("{whole}.{}", &text[last + 1..]);
            // Nobody writes thousands behind a zero.
            if plain.starts_with('0') { decimal } else { either(&decimal, &plain) }
        }
        None => plain,
    };
    words!(
        en: "Countries differ in what this means, so nothing is assumed: write {readings}, whichever is meant, with \
             a point before decimals and nothing between thousands.",
        de: "In verschiedenen Ländern heißt das Verschiedenes, darum wird nichts angenommen: Schreiben Sie \
             {readings}, was davon gemeint ist, mit einem Punkt vor den Nachkommastellen und nichts zwischen den \
             Tausendern.",
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

    const OPEN: Reading = Reading::Shown(Points::Unsettled);
    const DECIMAL: Reading = Reading::Shown(Points::Decimal);

    fn code(text: &str) -> Result<String, ProblemCode> {
        read(Column::Amount, text, Cell::Written, OPEN)
            .map(|amount| amount.to_string())
            .map_err(|problem| problem.code)
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
            ("0,125", AmountAmbiguous, "write 0.125, whichever"),
            ("1 000", AmountAmbiguous, "write 1000"),
            ("1.000", AmountAmbiguous, "write 1 or 1000"),
            ("12.340", AmountAmbiguous, "write 12.34 or 12340"),
            ("12.345", AmountAmbiguous, "write 12.3450 or 12345"),
            ("1.000.000", AmountAmbiguous, "1000.000 or 1000000"),
            ("1,000,000.5", AmountAmbiguous, "1000000.5"),
            ("1234567890123456789012345678901", AmountTooLarge, "30 digits"),
        ] {
            let problem = read(Column::Amount, text, Cell::Written, OPEN).unwrap_err();
            assert_eq!(problem.code, expected, "{text:?}: {}", problem.message);
            assert!(problem.message.contains(words), "{text:?}: {}", problem.message);
            assert_eq!(problem.value, text);
        }
    }

    #[test]
    fn numbers_are_read_as_the_owner_says_that_they_are_written() {
        use Numbers::{Comma, Point};
        for (text, numbers, expected) in [
            ("1.000", Point, Ok("1")),
            ("1.000", Comma, Ok("1000")),
            ("1,000", Point, Ok("1000")),
            ("1,000", Comma, Ok("1")),
            ("1,5", Comma, Ok("1.5")),
            ("1,5", Point, Err(ProblemCode::AmountFormat)),
            ("0.5", Comma, Err(ProblemCode::AmountFormat)),
            ("0.5", Point, Ok("0.5")),
            ("1.234.567,25", Comma, Ok("1234567.25")),
            ("1,234,567.25", Point, Ok("1234567.25")),
            ("1 234 567,25", Comma, Ok("1234567.25")),
            ("1 000", Point, Ok("1000")),
            ("1 000", Comma, Ok("1000")),
            ("200", Comma, Ok("200")),
            ("1234,567", Comma, Ok("1234.567")),
            ("1234,567", Point, Err(ProblemCode::AmountFormat)),
            ("1.23.456", Comma, Err(ProblemCode::AmountFormat)),
            ("1.234 567", Comma, Err(ProblemCode::AmountFormat)),
            ("12,34,567", Point, Err(ProblemCode::AmountFormat)),
            (" 5", Comma, Err(ProblemCode::AmountFormat)),
            ("1\u{A0}000", Comma, Err(ProblemCode::AmountFormat)),
            ("0,125", Point, Err(ProblemCode::AmountFormat)),
            ("0.500", Comma, Err(ProblemCode::AmountFormat)),
            ("0 500", Comma, Err(ProblemCode::AmountFormat)),
            ("01,500", Point, Err(ProblemCode::AmountFormat)),
            ("0,125", Comma, Ok("0.125")),
            ("0,000", Comma, Err(ProblemCode::AmountZero)),
            ("0,1234567", Comma, Err(ProblemCode::AmountDecimals)),
        ] {
            let read = read(Column::Amount, text, Cell::Written, Reading::Said(numbers));
            let read = read.as_ref().map(Amount::to_string).map_err(|problem| problem.code);
            assert_eq!(read, expected.map(str::to_owned), "{text:?} with a {numbers:?}");
        }
    }

    #[test]
    fn a_comma_before_decimals_is_seen_whatever_else_is_written_with_the_number() {
        for (text, expected) in [
            ("1,5", Some(Points::Unsettled)),
            ("-1,5", Some(Points::Unsettled)),
            ("1 234,56", Some(Points::Unsettled)),
            ("1.234,56 €", Some(Points::Unsettled)),
            ("1'234,56", Some(Points::Unsettled)),
            ("1\u{A0}234,567", Some(Points::Unsettled)),
            ("1,2345", Some(Points::Unsettled)),
            ("0,125", Some(Points::Unsettled)),
            ("1,234.5", Some(Points::Decimal)),
            ("1,234,567", Some(Points::Decimal)),
            ("0.5", Some(Points::Decimal)),
            ("1.000", None),
            ("$1,234", None),
            ("5 ETH, 12", None),
            ("", None),
        ] {
            assert_eq!(Points::shown_by(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_of_a_worksheet_have_one_meaning_and_other_cells_are_named() {
        let sheet = |text, cell| {
            read(Column::Amount, text, cell, OPEN)
                .map(|amount| amount.to_string())
                .map_err(|problem| problem.message)
        };
        assert_eq!(sheet("1.125", Cell::Number).as_deref(), Ok("1.125"));
        assert_eq!(sheet("123456789.012345", Cell::Number).as_deref(), Ok("123456789.012345"));
        assert_eq!(sheet("100000000000000000000", Cell::Number).as_deref(), Ok("100000000000000000000"));
        for (text, cell, words) in [
            ("0.30000000000000004", Cell::Number, "more than 15 digits"),
            ("1234567890123456800", Cell::Number, "more than 15 digits"),
            ("-5", Cell::Number, "negative"),
            ("2026-05-01", Cell::Date, "a date"),
            ("0.05", Cell::Percentage, "percentage"),
            ("5", Cell::Money, "a sum of money"),
            ("5000", Cell::Scaled, "in thousands"),
            ("TRUE", Cell::Truth, "true or false"),
            ("#REF!", Cell::Error, "error"),
            ("", Cell::NoResult, "without its result"),
        ] {
            let message = sheet(text, cell).unwrap_err();
            assert!(message.contains(words), "{text:?} as {cell:?}: {message}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_is_what_was_written(whole in 0u64.., decimals in 0u32..1_000_000, width in 1usize..7) {
            let decimals = &format!("{decimals:06}")[..width];
            let text = format!("{whole}.{decimals}");
            let read = read(Column::Amount, &text, Cell::Written, DECIMAL).map(|amount| amount.to_string());
            let canonical = text.trim_end_matches('0').trim_end_matches('.');
            match read {
                Ok(amount) => prop_assert_eq!(amount, canonical),
                Err(problem) => prop_assert_eq!((problem.code, canonical), (ProblemCode::AmountZero, "0")),
            }
        }

        #[test]
        fn nothing_but_plain_digits_is_ever_taken(text in "[0-9.,+e_ x'-]{0,8}|\\PC{0,8}") {
            if read(Column::Amount, &text, Cell::Written, DECIMAL).is_ok() {
                let (whole, decimals) = text.split_once('.').unwrap_or((&text, "0"));
                prop_assert!(is_digits(whole) && is_digits(decimals) && decimals.len() <= MOST_DECIMALS);
            }
        }
    }
}
