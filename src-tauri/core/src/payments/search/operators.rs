//! The operators of the search, what each may be followed by, and what is said when it is not.

use chrono::{Datelike, Days, Months, NaiveDate};
use nowpayments::{Amount, payments::PaymentStatus};

use super::{Comparison, Condition, Context, tokens::Token, wrong};
use crate::failure::Failure;
use crate::language::words;

/// An operator.
struct Operator {
    name: &'static str,
    takes: Takes,
    /// How it is used, for those who used it otherwise.
    example: &'static str,
}

/// What an operator is followed by.
#[derive(Clone, Copy)]
enum Takes {
    Status,
    /// A ticker, which a column is.
    Ticker(&'static str),
    /// Words that occur in a column of the index of words.
    Words(&'static str),
    Invoice,
    /// An amount, to which a column of keys is compared.
    Amount(&'static str),
    After,
    Before,
    On,
}

const OPERATORS: [Operator; 13] = [
    Operator { name: "status", takes: Takes::Status, example: "status:failed" },
    Operator { name: "coin", takes: Takes::Ticker("pay_currency"), example: "coin:btc" },
    Operator { name: "currency", takes: Takes::Ticker("price_currency"), example: "currency:eur" },
    Operator { name: "amount", takes: Takes::Amount("price_key"), example: "amount>100" },
    Operator { name: "paid", takes: Takes::Amount("paid_key"), example: "paid>0.5" },
    Operator { name: "after", takes: Takes::After, example: "after:2026-01-31" },
    Operator { name: "before", takes: Takes::Before, example: "before:2026-02" },
    Operator { name: "on", takes: Takes::On, example: "on:2026-03-05" },
    Operator { name: "order", takes: Takes::Words("order_id"), example: "order:1017" },
    Operator { name: "id", takes: Takes::Words("id"), example: "id:5077125051" },
    Operator { name: "address", takes: Takes::Words("pay_address"), example: "address:TVjs" },
    Operator { name: "purchase", takes: Takes::Words("purchase_id"), example: "purchase:4944856743" },
    Operator { name: "invoice", takes: Takes::Invoice, example: "invoice:4522625843" },
];

/// What the window calls a status, where one would not find it by the API's word.
const OWNERS_WORDS: [(&str, PaymentStatus); 2] =
    [("paid", PaymentStatus::Finished), ("underpaid", PaymentStatus::PartiallyPaid)];

/// Statuses that the window calls by one word: those of payments that have not come to an end.
const OPEN: (&str, [PaymentStatus; 4]) = (
    "open",
    [PaymentStatus::Waiting, PaymentStatus::Confirming, PaymentStatus::Confirmed, PaymentStatus::Sending],
);

/// What a token asks for; `None` when it has nothing that could be found.
pub(super) fn condition(token: &Token<'_>, context: &Context<'_>) -> Result<Option<Condition>, Failure> {
    let Some((name, sign)) = token.operator else {
        return Ok(words(token.value, token.exact).map(Condition::Words));
    };
    let Some(operator) = OPERATORS.iter().find(|operator| operator.name.eq_ignore_ascii_case(name)) else {
        let compares = sign != ":" && token.value.starts_with(|first: char| first.is_ascii_digit());
        return match compares && sign != "=" {
            true => Err(unknown(name, sign)),
            false => Ok(words(token.typed, false).map(Condition::Words)),
        };
    };
    let example = operator.example;
    let value = token.value.trim();
    if !value.contains(char::is_alphanumeric) {
        return Err(wrong(words!(
            en: "Write what you search for right behind “{name}{sign}”: {example}.",
            de: "Schreiben Sie direkt hinter „{name}{sign}“, wonach Sie suchen: {example}.",
        )));
    }
    let comparison = Comparison::of(sign);
    if !matches!(operator.takes, Takes::Amount(_)) && comparison != Comparison::Equal {
        return Err(wrong(words!(
            en: "“{name}” cannot be compared with “{sign}”. Write a colon: {example}.",
            de: "„{name}“ lässt sich nicht mit „{sign}“ vergleichen. Schreiben Sie einen Doppelpunkt: {example}.",
        )));
    }
    Ok(Some(match operator.takes {
        Takes::Status => one_of("status", value, |value| statuses(value, context.statuses))?,
        Takes::Ticker(column) => one_of(column, value, |value| Ok(vec![ticker(value, operator)?]))?,
        Takes::Words(column) => match words(value, token.exact) {
            Some(words) => Condition::Words(format!("{column} : {words}")),
            None => return Ok(None),
        },
        Takes::Invoice => Condition::OfInvoice(value.to_owned()),
        Takes::Amount(column) => Condition::Amount(column, comparison, amount(value, operator)?),
        Takes::After => Condition::Made(Some((context.day_begins)(span(value, operator, context)?.0)), None),
        Takes::Before => Condition::Made(None, Some((context.day_begins)(span(value, operator, context)?.0))),
        Takes::On => {
            let (first, next) = span(value, operator, context)?;
            Condition::Made(Some((context.day_begins)(first)), Some((context.day_begins)(next)))
        }
    }))
}

impl Comparison {
    fn of(sign: &str) -> Self {
        match sign.trim_start_matches(':') {
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::More,
            ">=" => Self::AtLeast,
            _ => Self::Equal,
        }
    }
}

/// An expression of FTS5 for words: quoted, so that nothing in them is syntax. The last may go on, unless it is exact.
fn words(text: &str, exact: bool) -> Option<String> {
    text.contains(char::is_alphanumeric).then(|| {
        let rest = if exact { "" } else { "*" };
        format!("\"{}\"{rest}", text.replace('"', "\"\"").replace('\0', " "))
    })
}

/// A column is one of the values between commas.
fn one_of(
    column: &'static str,
    value: &str,
    read: impl Fn(&str) -> Result<Vec<String>, Failure>,
) -> Result<Condition, Failure> {
    let values = value.split(',').map(str::trim).filter(|value| !value.is_empty());
    let mut all = values.map(read).collect::<Result<Vec<_>, _>>()?.concat();
    all.sort_unstable();
    all.dedup();
    Ok(Condition::Is(column, all))
}

fn statuses(value: &str, cached: &[&str]) -> Result<Vec<String>, Failure> {
    let (open, of_it) = OPEN;
    match value.eq_ignore_ascii_case(open) {
        true => Ok(of_it.iter().map(|status| status.as_str().to_owned()).collect()),
        false => Ok(vec![status(value, cached)?]),
    }
}

fn status(value: &str, cached: &[&str]) -> Result<String, Failure> {
    let value = value.to_lowercase().replace([' ', '-'], "_");
    if let Some((_, status)) = OWNERS_WORDS.iter().find(|(word, _)| *word == value) {
        return Ok(status.as_str().to_owned());
    }
    let status = PaymentStatus::from(value.as_str());
    if !matches!(status, PaymentStatus::Other(_)) || cached.contains(&status.as_str()) {
        return Ok(status.as_str().to_owned());
    }
    let known = PaymentStatus::KNOWN.iter().map(PaymentStatus::as_str);
    let unknown =
        cached.iter().copied().filter(|word| matches!(PaymentStatus::from(*word), PaymentStatus::Other(_)));
    let words = OWNERS_WORDS.iter().map(|(word, _)| *word).chain([OPEN.0]);
    let all: Vec<_> = known.chain(unknown).chain(words).collect();
    Err(wrong(words!(
        en: "There is no status “{}”. There are: {}.",
        de: "Es gibt keinen Status „{}“. Es gibt: {}.",
        shortened(&value), all.join(", "),
    )))
}

/// Tickers are letters and digits, lower case in the cache.
fn ticker(value: &str, Operator { name, example, .. }: &Operator) -> Result<String, Failure> {
    match value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        true => Ok(value.to_ascii_lowercase()),
        false => Err(wrong(words!(
            en: "“{}” is no {name}. Write its ticker: {example}.",
            de: "„{}“ ist kein Wert für {name}. Schreiben Sie das Kürzel: {example}.",
            shortened(value),
        ))),
    }
}

fn amount(value: &str, Operator { name, .. }: &Operator) -> Result<Amount, Failure> {
    value.parse().map_err(|_| {
        wrong(words!(
            en: "“{}” is no amount. Write digits, with a point before the decimals: {name}>12.50, {name}<=1000.",
            de: "„{}“ ist kein Betrag. Schreiben Sie Ziffern mit einem Punkt vor den Nachkommastellen: {name}>12.50, \
                 {name}<=1000.",
            shortened(value),
        ))
    })
}

/// The first day of a day, a month or a year, and the day after its last.
fn span(
    value: &str,
    Operator { name, .. }: &Operator,
    context: &Context<'_>,
) -> Result<(NaiveDate, NaiveDate), Failure> {
    let read = || {
        if let Some(span) = span_by_name(value, context) {
            return Some(span);
        }
        let mut parts = value.split('-').map(|part| {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u32>().ok().filter(|_| digits)
        });
        let year = parts.next()?.filter(|year| (1970..=2999).contains(year))?;
        let (month, day) = (parts.next(), parts.next());
        if parts.next().is_some() {
            return None;
        }
        let number = |part: Option<Option<u32>>| part.map_or(Some(1), |given| given);
        let first = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, number(month)?, number(day)?)?;
        let next = match (month, day) {
            (None, _) => first.with_year(first.year() + 1),
            (_, None) => first.checked_add_months(Months::new(1)),
            _ => first.checked_add_days(Days::new(1)),
        };
        Some((first, next?))
    };
    read().ok_or_else(|| {
        wrong(words!(
            en: "“{}” is no date. Write the year first, then month and day if you want: {name}:2026-03-05, \
                 {name}:2026-03, {name}:2026; or {name}:today.",
            de: "„{}“ ist kein Datum. Schreiben Sie zuerst das Jahr, dann Monat und Tag, wenn Sie wollen: \
                 {name}:2026-03-05, {name}:2026-03, {name}:2026; oder {name}:today.",
            shortened(value),
        ))
    })
}

/// Days that move on with the clock.
fn span_by_name(name: &str, context: &Context<'_>) -> Option<(NaiveDate, NaiveDate)> {
    let today = context.today();
    let tomorrow = today.succ_opt()?;
    let month = today.with_day(1)?;
    match name.to_ascii_lowercase().as_str() {
        "today" => Some((today, tomorrow)),
        "7-days" => Some((tomorrow.checked_sub_days(Days::new(7))?, tomorrow)),
        "this-month" => Some((month, month.checked_add_months(Months::new(1))?)),
        "last-month" => Some((month.checked_sub_months(Months::new(1))?, month)),
        _ => None,
    }
}

fn unknown(name: &str, sign: &str) -> Failure {
    wrong(words!(
        en: "There is no “{}{sign}”. What can be compared is the price, amount>100, and what was paid, paid>0.5.",
        de: "Es gibt kein „{}{sign}“. Vergleichen lassen sich der Preis, amount>100, und was gezahlt wurde, paid>0.5.",
        shortened(name),
    ))
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
