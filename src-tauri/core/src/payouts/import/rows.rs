//! One record becomes a payout, or the list of what is wrong with it.

use std::{cell::OnceCell, collections::HashMap};

use super::{
    AcceptedRow, Column, Problem, ProblemCode, RejectedRow, Warning, WarningCode,
    amounts::{self, Points},
    csv::{self, Fault, FaultKind, Field, Reader, Record},
    cut,
    header::Header,
    lossless, quote,
};
use crate::{
    addresses::{self, Checked, Family, Kind, characters},
    coins::{Catalogue, ListedCoin, Memo, Unusable},
};

/// The longest description, in characters. NOWPayments names no limit; longer ones are texts that slipped in.
pub const LONGEST_DESCRIPTION: usize = 500;

/// The longest external id, in characters.
pub const LONGEST_EXTERNAL_ID: usize = 128;

/// The longest memo or tag, in characters.
pub const LONGEST_EXTRA_ID: usize = 256;

/// Checks the rows of a file, one after the other.
pub(super) struct Checker<'a> {
    text: &'a [u8],
    header: Header,
    coins: &'a Catalogue,
    points: OnceCell<Points>,
    /// The lines on which payouts to an account were accepted first.
    paid: HashMap<Recipient, u32>,
    /// The lines on which external ids were seen first.
    external_ids: HashMap<String, u32>,
    /// What to suggest for unknown tickers.
    suggestions: HashMap<String, Option<String>>,
}

/// Whom a row pays: the ticker, the account and the memo.
type Recipient = (String, Vec<u8>, Option<String>);

/// What stands in the known columns of a record. An absent column and an empty field are the same.
#[derive(Default)]
struct Cells<'r> {
    address: &'r str,
    currency: &'r str,
    amount: &'r str,
    extra_id: &'r str,
    description: &'r str,
    external_id: &'r str,
    /// By their place in the header.
    notes: Vec<(usize, &'r str)>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(text: &'a [u8], header: Header, coins: &'a Catalogue) -> Self {
        Self {
            text,
            header,
            coins,
            points: OnceCell::new(),
            paid: HashMap::new(),
            external_ids: HashMap::new(),
            suggestions: HashMap::new(),
        }
    }

    /// Checks a record that is not blank.
    pub(super) fn check(&mut self, record: &Record<'_>) -> Result<AcceptedRow, Box<RejectedRow>> {
        let reject = |mut problems: Vec<Problem>, fields| {
            Box::new(RejectedRow {
                line: record.line,
                problem: problems.remove(0),
                also: problems,
                fields,
                raw: lossless(record.raw),
            })
        };
        let cells = self.cells(record).map_err(|problem| reject(vec![problem], Vec::new()))?;

        let mut problems = Vec::new();
        let mut keep = |problem: Problem| problems.push(problem);
        let coin = self.coin(cells.currency);
        let address =
            check_address(cells.address, coin.as_ref().ok().copied(), self.coins).map_err(&mut keep).ok();
        let coin = coin.map_err(&mut keep).ok();
        let amount = amounts::read(cells.amount, || self.points()).map_err(&mut keep).ok();
        if let (Some(coin), Some(amount)) = (coin, &amount)
            && let Some(most) = coin.decimals().filter(|most| amount.decimals() > *most)
        {
            let message = format!(
                "{} has at most {most} decimals on its network: round the amount in the file.",
                coin.ticker()
            );
            keep(Problem::new(Column::Amount, cells.amount, ProblemCode::AmountDecimals, message));
        }
        let extra_id = coin.map(|coin| check_extra_id(cells.extra_id, coin).map_err(&mut keep));
        check_text(Column::Description, cells.description, LONGEST_DESCRIPTION).map_err(&mut keep).ok();
        let id = check_text(Column::ExternalId, cells.external_id, LONGEST_EXTERNAL_ID);
        if id.map_err(&mut keep).is_ok() && !cells.external_id.is_empty() {
            if let Some(earlier) = self.external_ids.get(cells.external_id) {
                let message = format!(
                    "Line {earlier} has the same external id. Each payout needs one of its own, so that it cannot be paid twice."
                );
                keep(Problem::new(
                    Column::ExternalId,
                    cells.external_id,
                    ProblemCode::ExternalIdDuplicate,
                    message,
                ));
            } else {
                self.external_ids.insert(cells.external_id.to_owned(), record.line);
            }
        }
        for (index, value) in &cells.notes {
            if let Some(problem) = control_character(Column::Description, value) {
                keep(Problem { column: self.header.name(*index), ..problem });
            }
        }

        let (Some(coin), Some(Some(address)), Some(amount), Some(Ok(no_memo)), true) =
            (coin, address, amount, extra_id, problems.is_empty())
        else {
            return Err(reject(problems, cells.known(&self.header)));
        };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let row = AcceptedRow {
            line: record.line,
            address: cells.address.to_owned(),
            currency: coin.ticker().to_owned(),
            amount,
            extra_id: some(cells.extra_id),
            description: some(cells.description),
            external_id: some(cells.external_id),
            notes: cells
                .notes
                .iter()
                .flat_map(|(index, value)| Some((self.header.name(*index)?, (*value).to_owned())))
                .collect(),
            warnings: Vec::new(),
        };
        let warnings = [
            self.warn_duplicate(&row, address.account),
            address.caution.map(|caution| (WarningCode::AddressUnusual, format!("The address {caution}."))),
            coin.is_contract(&row.address).then(|| {
                (
                    WarningCode::AddressContract,
                    "This is the address of the token itself: coins sent there are lost. Ask the recipient for their own address.".to_owned(),
                )
            }),
            no_memo,
            self.warn_quoted_lines(record),
        ];
        let warnings =
            warnings.into_iter().flatten().map(|(code, message)| Warning { code, message }).collect();
        Ok(AcceptedRow { warnings, ..row })
    }

    /// Splits a record into its cells; whatever prevents that is its only problem.
    fn cells<'r>(&self, record: &'r Record<'_>) -> Result<Cells<'r>, Problem> {
        let whole =
            |code, message| Problem { column: None, value: cut(&lossless(record.raw)), code, message };
        if let Some(fault) = record.fault {
            let code = match fault.kind {
                FaultKind::Unclosed => ProblemCode::QuoteUnclosed,
                FaultKind::TextAfter => ProblemCode::QuoteTextAfter,
                FaultKind::Inside => ProblemCode::QuoteInside,
            };
            let column = self.header.name(fault.field);
            return Err(Problem { column, ..whole(code, explain_quotes(fault, record)) });
        }
        if record.count != self.header.len() {
            return Err(whole(
                ProblemCode::FieldCount,
                format!(
                    "The row has {} fields and the header {}. A value that holds a comma must stand in quotes: \"like, this\".",
                    record.count,
                    self.header.len(),
                ),
            ));
        }
        let mut cells = Cells::default();
        for ((index, field), (column, _)) in record.fields.iter().enumerate().zip(self.header.columns()) {
            let Some(value) = value(field) else {
                let message = explain_encoding(record).unwrap_or_default();
                let column = self.header.name(index);
                return Err(Problem {
                    column,
                    value: cut(&lossless(&field.bytes)),
                    code: ProblemCode::Encoding,
                    message,
                });
            };
            match column {
                Some(Column::Address) => cells.address = value,
                Some(Column::Currency) => cells.currency = value,
                Some(Column::Amount) => cells.amount = value,
                Some(Column::ExtraId) => cells.extra_id = value,
                Some(Column::Description) => cells.description = value,
                Some(Column::ExternalId) => cells.external_id = value,
                None if value.is_empty() => {}
                None => cells.notes.push((index, value)),
            }
        }
        Ok(cells)
    }

    fn coin(&mut self, ticker: &str) -> Result<&'a ListedCoin, Problem> {
        let problem = |code, message: String| Problem::new(Column::Currency, ticker, code, message);
        if ticker.is_empty() {
            return Err(problem(
                ProblemCode::CurrencyMissing,
                "The currency is missing: write a ticker, like btc or usdttrc20.".to_owned(),
            ));
        }
        let Some(coin) = self.coins.get(ticker) else {
            let reason = match characters::first_strange(ticker) {
                Some((position, c)) => format!(" Position {position} holds {}.", characters::name(c)),
                None => String::new(),
            };
            let hint = self.suggest(ticker).map_or(String::new(), |hint| format!(" {hint}"));
            let message = format!("NOWPayments has no coin {}.{reason}{hint}", quote(ticker));
            return Err(problem(ProblemCode::CurrencyUnknown, message));
        };
        if let Some(reason) = coin.unavailable() {
            return Err(problem(ProblemCode::CurrencyUnavailable, format!("{} {reason}.", coin.ticker())));
        }
        Ok(coin)
    }

    /// Which ticker may be meant. Finding out is slow, so it ends after a thousand different ones.
    fn suggest(&mut self, ticker: &str) -> Option<String> {
        if self.suggestions.len() < 1000 && !self.suggestions.contains_key(ticker) {
            self.suggestions.insert(ticker.to_owned(), self.coins.suggest(ticker));
        }
        self.suggestions.get(ticker).cloned().flatten()
    }

    /// What a point before three digits means in this file. Read from all its amounts, the first time it matters.
    fn points(&self) -> Points {
        *self.points.get_or_init(|| {
            let column = self.header.position(Column::Amount).unwrap_or_default();
            let mut amounts = Vec::new();
            for record in Reader::new(self.text, b',') {
                if record.fault.is_none() && record.count == self.header.len() {
                    amounts.extend(record.fields.into_iter().nth(column).map(|field| field.bytes));
                }
            }
            Points::of(amounts.iter().map(AsRef::as_ref))
        })
    }

    fn warn_duplicate(&mut self, row: &AcceptedRow, account: Vec<u8>) -> Option<(WarningCode, String)> {
        let recipient = (row.currency.clone(), account, row.extra_id.clone());
        let earlier = *self.paid.entry(recipient).or_insert(row.line);
        (earlier != row.line).then(|| {
            (
                WarningCode::Duplicate,
                format!(
                    "Line {earlier} pays {} to the same address already. Both will be paid.",
                    row.currency
                ),
            )
        })
    }

    /// A line within quotes that looks like a payout: two stray quotes can swallow rows without breaking a rule.
    fn warn_quoted_lines(&self, record: &Record<'_>) -> Option<(WarningCode, String)> {
        if record.line == record.last_line {
            return None;
        }
        let (index, _) =
            record.fields.iter().enumerate().filter(|(_, field)| field.quoted).find(|(_, field)| {
                let lines = field.bytes.split(|byte| matches!(byte, b'\n' | b'\r')).skip(1);
                lines
                    .flat_map(|line| Reader::new(line, b',').next())
                    .any(|line| looks_like_payout(&line, self.coins))
            })?;
        let column = self.header.name(index)?;
        Some((
            WarningCode::QuotedLines,
            format!(
                "The value in {column} stands in quotes and goes on to line {}, and one of its lines looks like a payout, which will not be paid. Check the quotes.",
                record.last_line
            ),
        ))
    }
}

impl Cells<'_> {
    /// What stood in the columns that the file has.
    fn known(&self, header: &Header) -> Vec<(Column, String)> {
        let value = |column| match column {
            Column::Address => self.address,
            Column::Currency => self.currency,
            Column::Amount => self.amount,
            Column::ExtraId => self.extra_id,
            Column::Description => self.description,
            Column::ExternalId => self.external_id,
        };
        let columns = header.columns().iter().filter_map(|(column, _)| *column);
        columns.map(|column| (column, value(column).to_owned())).collect()
    }
}

/// The text of a field: spaces and tabs around it do not count unless it is quoted. `None` when it is not UTF-8.
fn value<'r>(field: &'r Field<'_>) -> Option<&'r str> {
    let text = str::from_utf8(&field.bytes).ok()?;
    Some(if field.quoted { text } else { text.trim_matches([' ', '\t']) })
}

/// Whether a record has both a known ticker and a number in it.
pub(super) fn looks_like_payout(record: &Record<'_>, coins: &Catalogue) -> bool {
    let mut cells = record.fields.iter().filter_map(value);
    let is_number = |cell: &str| {
        cell.starts_with(|c: char| c.is_ascii_digit()) && cell.parse::<nowpayments::Amount>().is_ok()
    };
    cells.clone().any(|cell| coins.get(cell).is_some()) && cells.any(is_number)
}

/// Says what is wrong with the quotes of a record.
pub(super) fn explain_quotes(fault: Fault, record: &Record<'_>) -> String {
    let line = fault.line;
    match fault.kind {
        FaultKind::Unclosed if record.last_line > line => format!(
            "The quote that opens in line {line} is never closed, so that everything from line {} to line {}, the end of the file, \
             became one row. Close the quote, or write \"\" for a quote within a value.",
            record.line, record.last_line
        ),
        FaultKind::Unclosed => {
            format!("The quote that opens in line {line} is never closed. Close it, or write \"\" for a quote within a value.")
        }
        FaultKind::TextAfter => format!(
            "In the value that begins in line {line}, text follows the closing quote{}. Write \"\" for a quote within a value.",
            if record.last_line > record.line {
                format!("; the row goes from line {} to line {}", record.line, record.last_line)
            } else {
                String::new()
            }
        ),
        FaultKind::Inside => {
            "There is a quote within a value that does not begin with one. Put the whole value in quotes, without a blank before them, and \
             write \"\" for the quote within."
                .to_owned()
        }
    }
}

/// Says where the first byte of a record is that is not UTF-8; `None` when all are.
pub(super) fn explain_encoding(record: &Record<'_>) -> Option<String> {
    let valid = str::from_utf8(record.raw).err()?.valid_up_to();
    let (before, byte) = (&record.raw[..valid], record.raw.get(valid)?);
    let line = record.line + csv::line_ends(before);
    let column = before.iter().rev().take_while(|byte| !matches!(byte, b'\n' | b'\r')).count() + 1;
    Some(format!(
        "Byte {column} of line {line} (0x{byte:02X}) is not UTF-8. Save the file as UTF-8: in Excel choose \"CSV UTF-8\", in an editor the encoding UTF-8."
    ))
}

/// Checks an address against the coin; without one, only its characters.
fn check_address(
    text: &str,
    coin: Option<&ListedCoin>,
    coins: &Catalogue,
) -> Result<Option<Checked>, Problem> {
    let problem = |code, message: String| Err(Problem::new(Column::Address, text, code, message));
    if text.is_empty() {
        return problem(ProblemCode::AddressMissing, "The address is missing.".to_owned());
    }
    if text.chars().count() > addresses::LONGEST {
        return problem(ProblemCode::TooLong, "This is far too long for an address.".to_owned());
    }
    if let Some((position, c)) = characters::first_strange(text) {
        let message = format!(
            "Position {position} of the address holds {}. Copy the address again from its source.",
            characters::name(c)
        );
        return problem(ProblemCode::AddressCharacters, message);
    }
    let Some(coin) = coin else { return Ok(None) };
    let Ok(pattern) = coin.address_pattern() else {
        return problem(ProblemCode::CoinUnusable, unusable(coin, "addresses"));
    };
    let family = coin.family();
    let fits = pattern.is_none_or(|pattern| pattern.is_match(text));
    let fault = match family.check(text) {
        Ok(checked) if fits => return Ok(Some(checked)),
        Ok(_) => None,
        Err(fault) => Some(fault),
    };
    let mistyped = fault.as_ref().is_some_and(|fault| fault.kind == Kind::Checksum);
    if let Some((scheme, _)) = text.split_once(':').filter(|_| !mistyped)
        && scheme.len() > 1
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        let message = format!(
            "Write the address alone, without \"{scheme}:\" before it and without anything after it."
        );
        return problem(ProblemCode::AddressPrefix, message);
    }
    if let Some(fault) = fault.as_ref().filter(|fault| fault.kind == Kind::TestNetwork) {
        return problem(ProblemCode::AddressNetwork, format!("The address {}.", fault.message));
    }
    if (fault.is_some() || family == Family::Unknown)
        && let Some(other) = Family::recognise(text).filter(|other| *other != family)
    {
        let network = if family == Family::Unknown { "another network" } else { family.name() };
        let instead = match coins.same_asset(coin, other).as_slice() {
            [] => "Ask the recipient for an address of the right network.".to_owned(),
            tickers => format!("If that network is meant, the ticker is {}.", tickers.join(" or ")),
        };
        let message = format!(
            "This looks like an address of {}, but {} is paid on {network}. Coins sent there would be lost. {instead}",
            other.name(),
            coin.ticker(),
        );
        return problem(ProblemCode::AddressNetwork, message);
    }
    match fault {
        Some(fault) if fault.kind == Kind::Checksum => problem(
            ProblemCode::AddressChecksum,
            format!("The address {}. Copy it again from its source.", fault.message),
        ),
        Some(fault) => problem(ProblemCode::AddressFormat, format!("The address {}.", fault.message)),
        None => {
            let lower = text.to_ascii_lowercase();
            let fits_lower =
                pattern.is_some_and(|pattern| pattern.is_match(&lower)) && family.check(&lower).is_ok();
            let hint = if fits_lower { " Write it in lower case." } else { "" };
            let message = format!(
                "The address does not have a form that NOWPayments takes for {}.{hint}",
                coin.ticker()
            );
            problem(ProblemCode::AddressFormat, message)
        }
    }
}

fn unusable(coin: &ListedCoin, what: &str) -> String {
    format!(
        "The {what} of {} cannot be checked: the rule that NOWPayments gives for them cannot be understood. Nothing is sent unchecked.",
        coin.ticker()
    )
}

/// Checks a memo or tag against the coin. What it returns is a warning: none is given, and the recipient may need one.
fn check_extra_id(text: &str, coin: &ListedCoin) -> Result<Option<(WarningCode, String)>, Problem> {
    let problem = |code, message: String| Err(Problem::new(Column::ExtraId, text, code, message));
    let ticker = coin.ticker();
    if text.is_empty() {
        return match coin.memo() {
            Memo::None => Ok(None),
            Memo::Optional => Ok(Some((
                WarningCode::ExtraIdMissing,
                format!(
                    "There is no memo or tag. An exchange that receives {ticker} needs one to know whose it is."
                ),
            ))),
            Memo::Required => problem(
                ProblemCode::ExtraIdMissing,
                format!("{ticker} needs a memo or tag in the column extra_id: ask the recipient for it."),
            ),
        };
    }
    if coin.memo() == Memo::None {
        let message = format!(
            "{ticker} has no memo or tag. Leave extra_id empty, and make sure that the coin is the right one."
        );
        return problem(ProblemCode::ExtraIdUnexpected, message);
    }
    check_text(Column::ExtraId, text, LONGEST_EXTRA_ID)?;
    if let Some((position, c)) = text.chars().enumerate().find(|(_, c)| !c.is_ascii_graphic() && *c != ' ') {
        let message = format!("Position {} of the memo or tag holds {}.", position + 1, characters::name(c));
        return problem(ProblemCode::ExtraIdFormat, message);
    }
    if text != text.trim() {
        return problem(
            ProblemCode::ExtraIdFormat,
            "There is a space at the beginning or end, inside the quotes: remove it.".to_owned(),
        );
    }
    if let Some((mantissa, exponent)) = text.split_once("E+")
        && mantissa.parse::<nowpayments::Amount>().is_ok()
        && exponent.bytes().all(|byte| byte.is_ascii_digit())
    {
        let message = "A spreadsheet has rounded this number, and its last digits are lost. Format the column as text and enter the memo or tag again.";
        return problem(ProblemCode::ExtraIdFormat, message.to_owned());
    }
    // Tags of the XRP Ledger are numbers of 32 bits.
    if coin.family() == Family::Ripple && (text.parse::<u32>().is_err() || text.starts_with('+')) {
        return problem(
            ProblemCode::ExtraIdFormat,
            format!("A tag is a whole number from 0 to {}.", u32::MAX),
        );
    }
    match coin.memo_pattern() {
        Err(Unusable) => problem(ProblemCode::CoinUnusable, unusable(coin, "memos and tags")),
        Ok(Some(pattern)) if !pattern.is_match(text) => problem(
            ProblemCode::ExtraIdFormat,
            format!("This does not have the form of a memo or tag of {ticker}."),
        ),
        Ok(_) => Ok(None),
    }
}

/// Checks a text that is sent as it is.
fn check_text(column: Column, text: &str, longest: usize) -> Result<(), Problem> {
    if let Some(problem) = control_character(column, text) {
        return Err(problem);
    }
    let length = text.chars().count();
    if length > longest {
        let message = format!("This has {length} characters; at most {longest} are taken.");
        return Err(Problem::new(column, text, ProblemCode::TooLong, message));
    }
    Ok(())
}

/// Finds a character that no text should hold: control characters, and signs that make a text read as another one. Line
/// breaks and tabs are allowed in descriptions, and signs without a width where an id could hide them are not.
fn control_character(column: Column, text: &str) -> Option<Problem> {
    let refused = |c: char| match c {
        '\n' | '\r' | '\t' => column != Column::Description,
        '\u{FEFF}' | '\u{FFFD}' => true,
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' => column != Column::Description,
        _ => c.is_control() || characters::is_direction_override(c),
    };
    let (position, c) = text.chars().enumerate().find(|(_, c)| refused(*c))?;
    let message = format!("Position {} holds {}.", position + 1, characters::name(c));
    Some(Problem::new(column, text, ProblemCode::ControlCharacter, message))
}
