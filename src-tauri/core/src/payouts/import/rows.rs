//! One record becomes a payout, or the list of what is wrong with it.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
};

use super::{
    AcceptedRow, Column, Problem, ProblemCode, RejectedRow, Warning, WarningCode,
    amounts::{self, Reading},
    csv::{self, Reader},
    cut,
    header::Header,
    lossless, quote,
    record::{Cell, Fault, FaultKind, Field, Record},
    table::Table,
};
use crate::{
    addresses::{self, Checked, Family, Kind, characters},
    coins::{Catalogue, ListedCoin, Memo, Unusable},
    fiat,
    language::{said, words},
    payouts::amount::{FiatAmount, PayoutAmount},
};

/// The longest description, in characters. NOWPayments names no limit; longer ones are texts that slipped in.
pub const LONGEST_DESCRIPTION: usize = 500;

/// The longest external id, in characters.
pub const LONGEST_EXTERNAL_ID: usize = 128;

/// The longest memo or tag, in characters.
pub const LONGEST_EXTRA_ID: usize = 256;

/// The longest text that Stellar takes as a memo, in bytes.
const LONGEST_STELLAR_MEMO: usize = 28;

/// Checks rows of a file, on several threads at once.
pub(super) struct Checker<'a> {
    header: &'a Header,
    coins: &'a Catalogue,
    reading: Reading,
    /// What separates the fields of the file.
    delimiter: u8,
    /// The lines on which external ids that occur more than once were seen first, by their hash.
    repeated: HashMap<u64, u32>,
    hasher: RandomState,
    /// What to suggest for unknown tickers, at most [`MOST_SUGGESTIONS`] in a file.
    suggestions: Mutex<HashMap<String, Option<String>>>,
}

/// For how many different unknown tickers of a file it is found out what may be meant, which is slow.
const MOST_SUGGESTIONS: usize = 1000;

/// What one thread has found out beside its rows.
#[derive(Debug, Default)]
pub(super) struct Aside<'a> {
    /// What is meant by a ticker and a network that are no ticker by themselves.
    meant: HashMap<(String, String), Option<&'a ListedCoin>>,
    /// What was written instead of a ticker, which was meant, and how often.
    pub(super) translated: BTreeMap<(String, String), u32>,
}

/// A row that was checked by itself.
pub(super) struct CheckedRow {
    pub(super) row: AcceptedRow,
    /// The hash of whom it pays: the ticker, the account and the memo.
    pub(super) recipient: u64,
}

/// What stands in the known columns of a record. An absent column and an empty field are the same.
#[derive(Default)]
pub(super) struct Cells<'r> {
    address: Value<'r>,
    currency: Value<'r>,
    network: Value<'r>,
    amount: Value<'r>,
    fiat_amount: Value<'r>,
    fiat_currency: Value<'r>,
    extra_id: Value<'r>,
    description: Value<'r>,
    external_id: Value<'r>,
    /// By their place in the header.
    notes: Vec<(usize, Value<'r>)>,
}

/// A value and how it was written.
#[derive(Clone, Copy)]
pub(super) struct Value<'r> {
    pub(super) text: &'r str,
    pub(super) cell: Cell,
    formula: bool,
}

impl Default for Value<'_> {
    fn default() -> Self {
        Self { text: "", cell: Cell::Written, formula: false }
    }
}

impl Value<'_> {
    /// Whether nothing was written. A formula without its result is something.
    fn is_empty(self) -> bool {
        self.text.is_empty() && self.cell.is_text()
    }
}

impl<'a> Checker<'a> {
    pub(super) fn new(
        table: &'a Table<'_>,
        coins: &'a Catalogue,
        reading: Reading,
        repeated: HashMap<u64, u32>,
        hasher: RandomState,
    ) -> Self {
        let suggestions = Mutex::default();
        Self {
            header: &table.header,
            coins,
            reading,
            delimiter: table.delimiter,
            repeated,
            hasher,
            suggestions,
        }
    }

    /// Checks a record that is not blank.
    pub(super) fn check(
        &self,
        record: &Record<'_>,
        hidden: bool,
        aside: &mut Aside<'a>,
    ) -> Result<CheckedRow, Box<RejectedRow>> {
        let reject = |mut problems: Vec<Problem>, fields| {
            Box::new(RejectedRow {
                line: record.line,
                problem: problems.remove(0),
                also: problems,
                fields,
                raw: lossless(&record.raw),
            })
        };
        let cells = self.header.cells(record).map_err(|problem| reject(vec![problem], Vec::new()))?;

        let mut problems = Vec::new();
        let mut keep = |problem: Problem| problems.push(problem);
        let coin = self.coin(&cells, aside);
        let address =
            check_address(cells.address, coin.as_ref().ok().copied(), self.coins).map_err(&mut keep).ok();
        let coin = coin.map_err(&mut keep).ok();
        let amount = self.amount(&cells).map_err(&mut keep).ok();
        if let (Some(coin), Some(PayoutAmount::Coin(amount))) = (coin, &amount)
            && let Some(most) = coin.decimals().filter(|most| amount.decimals() > *most)
        {
            let message = words!(
                en: "{} has at most {most} decimals on its network: round the amount in the file.",
                de: "{} hat in seinem Netzwerk höchstens {most} Nachkommastellen: Runden Sie den Betrag in der Datei.",
                coin.ticker(),
            );
            keep(Problem::new(Column::Amount, cells.amount.text, ProblemCode::AmountDecimals, message));
        }
        let extra_id = coin.map(|coin| check_extra_id(cells.extra_id, coin).map_err(&mut keep));
        let description = cells.description;
        let no_result = matches!(description.cell, Cell::NoResult | Cell::Error);
        match explain_cell(description, said!(en: "a description", de: "einer Beschreibung")) {
            Some(message) if no_result => {
                keep(Problem::new(Column::Description, description.text, ProblemCode::CellContent, message));
            }
            _ => {
                check_text(Column::Description, description.text, LONGEST_DESCRIPTION)
                    .map_err(&mut keep)
                    .ok();
            }
        }
        match self.check_external_id(&cells, record.line) {
            Ok(()) => {}
            Err(problem) => keep(problem),
        }
        for (index, value) in &cells.notes {
            if let Some(problem) = control_character(Column::Description, value.text) {
                keep(Problem { column: self.header.name(*index), ..problem });
            }
        }
        if hidden {
            keep(Problem {
                column: None,
                value: String::new(),
                code: ProblemCode::RowHidden,
                message: said!(
                    en: "The spreadsheet hides this row. Show it there or delete it, so that it is certain whether \
                         it is to be paid.",
                    de: "Die Tabellenkalkulation blendet diese Zeile aus. Blenden Sie sie dort ein, oder löschen Sie \
                         sie, damit sicher ist, ob sie gezahlt werden soll.",
                ).to_owned(),
            });
        }

        let (Some(coin), Some(Some(address)), Some(amount), Some(Ok(no_memo)), true) =
            (coin, address, amount, extra_id, problems.is_empty())
        else {
            return Err(reject(problems, self.known(&cells)));
        };
        let some = |value: Value<'_>| (!value.text.is_empty()).then(|| value.text.to_owned());
        let warnings = [
            address.caution.map(|caution| (WarningCode::AddressUnusual, words!(
                en: "The address {caution}.",
                de: "Die Adresse {caution}.",
            ))),
            coin.is_contract(cells.address.text).then(|| {
                (
                    WarningCode::AddressContract,
                    said!(
                        en: "This is the address of the token itself: coins sent there are lost. Ask the recipient \
                             for their own address.",
                        de: "Das ist die Adresse des Tokens selbst: Dorthin gesendete Coins sind verloren. Fragen \
                             Sie den Empfänger nach seiner eigenen Adresse.",
                    ).to_owned(),
                )
            }),
            no_memo,
            self.warn_quoted_lines(record),
            cells.formula().map(|column| {
                (
                    WarningCode::Formula,
                    words!(
                        en: "The {column} is the result of a formula, as it was when the workbook was saved.",
                        de: "{column} ist das Ergebnis einer Formel, wie es beim Speichern der Mappe war.",
                    ),
                )
            }),
        ];
        let row = AcceptedRow {
            line: record.line,
            address: cells.address.text.to_owned(),
            currency: coin.ticker().to_owned(),
            amount,
            extra_id: some(cells.extra_id),
            description: some(cells.description),
            external_id: some(cells.external_id),
            notes: cells
                .notes
                .iter()
                .flat_map(|(index, value)| Some((self.header.name(*index)?, value.text.to_owned())))
                .collect(),
            warnings: warnings
                .into_iter()
                .flatten()
                .map(|(code, message)| Warning { code, message })
                .collect(),
        };
        let recipient = self.hasher.hash_one((&row.currency, &address.account, &row.extra_id));
        Ok(CheckedRow { row, recipient })
    }

    /// How much a row pays: an amount of its coin, or as much of it as a sum of money buys.
    fn amount(&self, cells: &Cells<'_>) -> Result<PayoutAmount, Problem> {
        let (coins, sum, currency) = (cells.amount, cells.fiat_amount, cells.fiat_currency);
        if sum.is_empty() && currency.is_empty() {
            return amounts::read(Column::Amount, coins.text, coins.cell, self.reading)
                .map(PayoutAmount::Coin);
        }
        let known = fiat::CURRENCIES.join(", ");
        let problem =
            |column, value: Value<'_>, code, message| Err(Problem::new(column, value.text, code, message));
        if !sum.is_empty() && !coins.is_empty() {
            let message = words!(
                en: "The row says both {} of the coin and the sum {}, of which NOWPayments would take the sum: empty \
                     the one that is not meant.",
                de: "Die Zeile nennt sowohl {} des Coins als auch den Geldbetrag {}, von denen NOWPayments den \
                     Geldbetrag nähme: Leeren Sie, was nicht gemeint ist.",
                coins.text, sum.text,
            );
            return problem(Column::FiatAmount, sum, ProblemCode::AmountTwice, message);
        }
        if sum.is_empty() {
            let message = words!(
                en: "The row names the currency {} and no sum of it: write the sum in the column fiat_amount, or, if \
                     an amount of the coin is meant, empty fiat_currency.",
                de: "Die Zeile nennt die Währung {} und keinen Geldbetrag darin: Schreiben Sie ihn in die Spalte \
                     fiat_amount, oder leeren Sie fiat_currency, wenn ein Betrag des Coins gemeint ist.",
                quote(currency.text),
            );
            return problem(Column::FiatAmount, sum, ProblemCode::AmountMissing, message);
        }
        if let Some(message) = explain_cell(currency, said!(en: "a currency", de: "einer Währung")) {
            return problem(Column::FiatCurrency, currency, ProblemCode::CurrencyUnknown, message);
        }
        let column = self.header.position(Column::FiatCurrency);
        let said = self.header.fiat_currency().filter(|_| column.is_none());
        if currency.text.is_empty() && said.is_none() {
            let message = words!(
                en: "The currency of the sum is missing: write one of {known}.",
                de: "Die Währung des Geldbetrags fehlt: Schreiben Sie eine von {known}.",
            );
            return problem(Column::FiatCurrency, currency, ProblemCode::CurrencyMissing, message);
        }
        let Some(currency) = said.or_else(|| fiat::find(currency.text)) else {
            let message = words!(
                en: "NOWPayments takes no sums in {}: write one of {known}. The coin that is paid belongs in the \
                     column currency.",
                de: "NOWPayments nimmt keine Geldbeträge in {}: Schreiben Sie eine von {known}. Der Coin, der \
                     gezahlt wird, gehört in die Spalte currency.",
                quote(currency.text),
            );
            return problem(Column::FiatCurrency, currency, ProblemCode::CurrencyUnknown, message);
        };
        let amount = amounts::read(Column::FiatAmount, sum.text, sum.cell, self.reading)?;
        Ok(PayoutAmount::Fiat(FiatAmount { amount, currency }))
    }

    /// An external id may occur once in a file; each row but the first that has it is refused.
    fn check_external_id(&self, cells: &Cells<'_>, line: u32) -> Result<(), Problem> {
        let text = cells.external_id.text;
        let has_lost = !matches!(cells.external_id.cell, Cell::Date | Cell::Percentage | Cell::Truth);
        if let Some(message) =
            explain_cell(cells.external_id, said!(en: "an external id", de: "einer external_id"))
            && has_lost
        {
            return Err(Problem::new(Column::ExternalId, text, ProblemCode::CellContent, message));
        }
        if text.is_empty() {
            return Ok(());
        }
        check_text(Column::ExternalId, text, LONGEST_EXTERNAL_ID)?;
        match self.repeated.get(&self.hasher.hash_one(text)) {
            Some(earlier) if *earlier != line => Err(Problem::new(
                Column::ExternalId,
                text,
                ProblemCode::ExternalIdDuplicate,
                words!(
                    en: "Line {earlier} has the same external id. Each payout needs one of its own, so that it \
                         cannot be paid twice.",
                    de: "Zeile {earlier} hat dieselbe external_id. Jede Auszahlung braucht eine eigene, damit sie \
                         nicht doppelt gezahlt werden kann.",
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The coin that a row is paid in.
    fn coin(&self, cells: &Cells<'_>, aside: &mut Aside<'a>) -> Result<&'a ListedCoin, Problem> {
        let column = self.header.position(Column::Currency).is_some();
        let ticker = if column { cells.currency.text } else { self.header.currency().unwrap_or_default() };
        let problem = |code, message: String| Problem::new(Column::Currency, ticker, code, message);
        if ticker.is_empty() {
            return Err(problem(
                ProblemCode::CurrencyMissing,
                said!(
                    en: "The currency is missing: write a ticker, like btc or usdttrc20.",
                    de: "Der Coin fehlt: Schreiben Sie ein Kürzel wie btc oder usdttrc20.",
                )
                .to_owned(),
            ));
        }
        let network = cells.network.text;
        if let Some(message) = explain_cell(cells.network, said!(en: "a network", de: "eines Netzwerks")) {
            return Err(Problem::new(Column::Network, network, ProblemCode::CellContent, message));
        }
        let coin = match (self.coins.get(ticker), network) {
            (Some(coin), "") => coin,
            (Some(coin), network) if coin.is_on(network) => coin,
            (known, network) => match (self.meant(ticker, network, aside), known) {
                (Some(coin), _) => {
                    let written = if network.is_empty() {
                        ticker.to_owned()
                    } else {
                        words!(
                            en: "{ticker} on {network}",
                            de: "{ticker} auf {network}",
                        )
                    };
                    *aside.translated.entry((written, coin.ticker().to_owned())).or_default() += 1;
                    coin
                }
                (None, Some(coin)) => {
                    let message = words!(
                        en: "The row says {} and the network {}, which is not the one that {} is paid on. Coins sent \
                             on the wrong network are lost: correct whichever is wrong.",
                        de: "Die Zeile nennt {} und das Netzwerk {}, und das ist nicht das, über das {} gezahlt \
                             wird. Im falschen Netzwerk gesendete Coins sind verloren: Berichtigen Sie, was davon \
                             falsch ist.",
                        quote(ticker), quote(network), coin.ticker(),
                    );
                    return Err(Problem::new(
                        Column::Network,
                        network,
                        ProblemCode::NetworkMismatch,
                        message,
                    ));
                }
                (None, None) => return Err(self.unknown(ticker, network)),
            },
        };
        if let Some(reason) = coin.unavailable() {
            return Err(problem(ProblemCode::CurrencyUnavailable, format!("{} {reason}.", coin.ticker())));
        }
        Ok(coin)
    }

    /// The coin that a ticker means together with its network. Finding out is slow: it is found out once for many rows.
    fn meant(&self, ticker: &str, network: &str, aside: &mut Aside<'a>) -> Option<&'a ListedCoin> {
        let written = (ticker.to_owned(), network.to_owned());
        *aside.meant.entry(written).or_insert_with(|| match network {
            "" => self.coins.read_compound(ticker),
            network => self.coins.on_network(ticker, network),
        })
    }

    /// What may be meant by an unknown ticker. Finding out is slow, so it ends after so many different ones.
    fn suggest(&self, ticker: &str) -> Option<String> {
        let mut known = self.suggestions.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(ticker) {
            Some(hint) => hint.clone(),
            None if known.len() >= MOST_SUGGESTIONS => None,
            None => {
                let hint = self.coins.suggest(ticker);
                known.insert(ticker.to_owned(), hint.clone());
                hint
            }
        }
    }

    fn unknown(&self, ticker: &str, network: &str) -> Problem {
        if let Some(fiat) = fiat::find(ticker) {
            let message = words!(
                en: "{} is no coin. Write the coin to pay in here; a sum in {fiat} belongs in the columns \
                     fiat_amount and fiat_currency.",
                de: "{} ist kein Coin. Schreiben Sie hier den Coin, der gezahlt werden soll; ein Geldbetrag in \
                     {fiat} gehört in die Spalten fiat_amount und fiat_currency.",
                quote(ticker),
            );
            return Problem::new(Column::Currency, ticker, ProblemCode::CurrencyUnknown, message);
        }
        let reason = match characters::first_strange(ticker) {
            Some((position, c)) => words!(
                en: " Position {position} holds {}.",
                de: " An Stelle {position} steht {}.",
                characters::name(c),
            ),
            None => String::new(),
        };
        let on = if network.is_empty() {
            String::new()
        } else {
            words!(
                en: " on the network {}",
                de: " im Netzwerk {}",
                quote(network),
            )
        };
        let hint = self.suggest(ticker).map_or(String::new(), |hint| format!(" {hint}"));
        let message = words!(
            en: "NOWPayments has no coin {}{on}.{reason}{hint}",
            de: "NOWPayments hat keinen Coin {}{on}.{reason}{hint}",
            quote(ticker),
        );
        Problem::new(Column::Currency, ticker, ProblemCode::CurrencyUnknown, message)
    }

    /// What stood in the columns that the file has. Amounts that were read are in plain digits, so that they mean the same
    /// without the file.
    fn known(&self, cells: &Cells<'_>) -> Vec<(Column, String)> {
        let columns = self.header.columns().iter().filter_map(|(column, _)| *column);
        let known = |column| {
            let Value { text, cell, .. } = cells.get(column);
            if text.is_empty() || !matches!(column, Column::Amount | Column::FiatAmount) {
                return text.to_owned();
            }
            match amounts::read(column, text, cell, self.reading) {
                Ok(amount) => amount.to_string(),
                Err(problem) => amounts::kept(text, &problem),
            }
        };
        columns.map(|column| (column, known(column))).collect()
    }

    /// A line within quotes that has as many fields as the header, or looks like a payout: two stray quotes can swallow rows without breaking a rule.
    fn warn_quoted_lines(&self, record: &Record<'_>) -> Option<(WarningCode, String)> {
        if record.line == record.last_line {
            return None;
        }
        let (index, _) =
            record.fields.iter().enumerate().filter(|(_, field)| field.cell == Cell::Quoted).find(
                |(_, field)| {
                    let lines = field.bytes.split(|byte| matches!(byte, b'\n' | b'\r')).skip(1);
                    lines
                        .flat_map(|line| Reader::new(line, self.delimiter).next())
                        .any(|line| line.count == self.header.len() || looks_like_payout(&line, self.coins))
                },
            )?;
        let column = self.header.name(index)?;
        Some((
            WarningCode::QuotedLines,
            words!(
                en: "The value in {column} stands in quotes and goes on to line {}, and one of its lines looks like \
                     a payout, which will not be paid. Check the quotes.",
                de: "Der Wert in {column} steht in Anführungszeichen und geht bis Zeile {}, und eine seiner Zeilen \
                     sieht aus wie eine Auszahlung, die nicht gezahlt wird. Prüfen Sie die Anführungszeichen.",
                record.last_line,
            ),
        ))
    }
}

impl Header {
    /// Splits a record into its cells; whatever prevents that is its only problem.
    pub(super) fn cells<'r>(&self, record: &'r Record<'_>) -> Result<Cells<'r>, Problem> {
        let whole =
            |code, message| Problem { column: None, value: cut(&lossless(&record.raw)), code, message };
        if let Some(fault) = record.fault {
            let code = match fault.kind {
                FaultKind::Unclosed => ProblemCode::QuoteUnclosed,
                FaultKind::TextAfter => ProblemCode::QuoteTextAfter,
                FaultKind::Inside => ProblemCode::QuoteInside,
            };
            let column = self.name(fault.field);
            return Err(Problem { column, ..whole(code, explain_quotes(fault, record)) });
        }
        if record.count != self.len() {
            return Err(whole(
                ProblemCode::FieldCount,
                words!(
                    en: "The row has {} fields and the header {}. A value that holds the separator of the fields \
                         must stand in quotes: \"like, this\".",
                    de: "Die Zeile hat {} Felder und die Kopfzeile {}. Ein Wert, der das Trennzeichen der Felder \
                         enthält, muss in Anführungszeichen stehen: \"so, etwa\".",
                    record.count, self.len(),
                ),
            ));
        }
        let mut cells = Cells::default();
        for ((index, field), (column, _)) in record.fields.iter().enumerate().zip(self.columns()) {
            let Some(text) = field.text() else {
                let message = explain_encoding(record).unwrap_or_default();
                let column = self.name(index);
                return Err(Problem {
                    column,
                    value: cut(&lossless(&field.bytes)),
                    code: ProblemCode::Encoding,
                    message,
                });
            };
            let value = Value { text, cell: field.cell, formula: field.formula };
            match column {
                Some(Column::Address) => cells.address = value,
                Some(Column::Currency) => cells.currency = value,
                Some(Column::Network) => cells.network = value,
                Some(Column::Amount) => cells.amount = value,
                Some(Column::FiatAmount) => cells.fiat_amount = value,
                Some(Column::FiatCurrency) => cells.fiat_currency = value,
                Some(Column::ExtraId) => cells.extra_id = value,
                Some(Column::Description) => cells.description = value,
                Some(Column::ExternalId) => cells.external_id = value,
                None if text.is_empty() => {}
                None => cells.notes.push((index, value)),
            }
        }
        Ok(cells)
    }
}

impl<'r> Cells<'r> {
    /// What stood in a column.
    pub(super) fn get(&self, column: Column) -> Value<'r> {
        match column {
            Column::Address => self.address,
            Column::Currency => self.currency,
            Column::Network => self.network,
            Column::Amount => self.amount,
            Column::FiatAmount => self.fiat_amount,
            Column::FiatCurrency => self.fiat_currency,
            Column::ExtraId => self.extra_id,
            Column::Description => self.description,
            Column::ExternalId => self.external_id,
        }
    }

    /// The first column that decides about the money and that a formula gave.
    fn formula(&self) -> Option<Column> {
        use Column::{Address, Amount, Currency, ExtraId, FiatAmount, FiatCurrency, Network};
        [Amount, FiatAmount, FiatCurrency, Address, Currency, Network, ExtraId]
            .into_iter()
            .find(|column| self.get(*column).formula)
    }
}

/// Whether `text` is an external id that rows are compared by.
pub(super) fn is_external_id(text: &str) -> bool {
    !text.is_empty() && check_text(Column::ExternalId, text, LONGEST_EXTERNAL_ID).is_ok()
}

/// Whether a record has both a known ticker and a number in it, or an address.
pub(super) fn looks_like_payout(record: &Record<'_>, coins: &Catalogue) -> bool {
    let mut cells = record.fields.iter().filter_map(Field::text);
    let is_number = |cell: &str| {
        cell.starts_with(|c: char| c.is_ascii_digit()) && cell.parse::<nowpayments::Amount>().is_ok()
    };
    cells.clone().any(|cell| Family::recognise(cell).is_some())
        || cells.clone().any(|cell| coins.get(cell).is_some()) && cells.any(is_number)
}

/// Says what is wrong with the quotes of a record.
pub(super) fn explain_quotes(fault: Fault, record: &Record<'_>) -> String {
    let line = fault.line;
    match fault.kind {
        FaultKind::Unclosed if record.last_line > line => words!(
            en: "The quote that opens in line {line} is never closed, so that everything from line {} to line {}, \
                 the end of the file, became one row. Close the quote, or write \"\" for a quote within a value.",
            de: "Das Anführungszeichen, das in Zeile {line} beginnt, wird nie geschlossen, darum wurde alles von \
                 Zeile {} bis Zeile {}, dem Ende der Datei, zu einer Zeile. Schließen Sie das Anführungszeichen, \
                 oder schreiben Sie \"\" für eines innerhalb eines Werts.",
            record.line, record.last_line,
        ),
        FaultKind::Unclosed => {
            words!(
                en: "The quote that opens in line {line} is never closed. Close it, or write \"\" for a quote within \
                     a value.",
                de: "Das Anführungszeichen, das in Zeile {line} beginnt, wird nie geschlossen. Schließen Sie es, \
                     oder schreiben Sie \"\" für eines innerhalb eines Werts.",
            )
        }
        FaultKind::TextAfter => words!(
            en: "In the value that begins in line {line}, text follows the closing quote{}. Write \"\" for a quote \
                 within a value.",
            de: "In dem Wert, der in Zeile {line} beginnt, folgt Text auf das schließende Anführungszeichen{}. \
                 Schreiben Sie \"\" für ein Anführungszeichen innerhalb eines Werts.",
            if record.last_line > record.line { words!( en: "; the row goes from line {} to line {}", de: "; die Zeile geht von Zeile {} bis Zeile {}", record.line, record.last_line, ) } else { String::new() },
        ),
        FaultKind::Inside => {
            said!(
                en: "There is a quote within a value that does not begin with one. Put the whole value in quotes, \
                     without a blank before them, and write \"\" for the quote within.",
                de: "In einem Wert, der nicht mit einem Anführungszeichen beginnt, steht eines. Setzen Sie den \
                     ganzen Wert in Anführungszeichen, ohne Leerzeichen davor, und schreiben Sie \"\" für das darin.",
            ).to_owned()
        }
    }
}

/// Says where the first byte of a record is that is not UTF-8; `None` when all are.
pub(super) fn explain_encoding(record: &Record<'_>) -> Option<String> {
    let valid = str::from_utf8(&record.raw).err()?.valid_up_to();
    let (before, byte) = (&record.raw[..valid], record.raw.get(valid)?);
    let line = record.line + csv::line_ends(before);
    let column = before.iter().rev().take_while(|byte| !matches!(byte, b'\n' | b'\r')).count() + 1;
    Some(words!(
        en: "Byte {column} of line {line} (0x{byte:02X}) is not UTF-8. Save the file as UTF-8: in Excel choose \"CSV \
             UTF-8\", in an editor the encoding UTF-8.",
        de: "Byte {column} von Zeile {line} (0x{byte:02X}) ist kein UTF-8. Speichern Sie die Datei als UTF-8: in \
             Excel als „CSV UTF-8“, in einem Editor mit der Codierung UTF-8.",
    ))
}

/// Checks an address against the coin; without one, only its characters.
fn check_address(
    value: Value<'_>,
    coin: Option<&ListedCoin>,
    coins: &Catalogue,
) -> Result<Option<Checked>, Problem> {
    let text = value.text;
    let problem = |code, message: String| Err(Problem::new(Column::Address, text, code, message));
    if let Some(message) = explain_cell(value, said!(en: "an address", de: "einer Adresse")) {
        return problem(ProblemCode::AddressFormat, message);
    }
    if text.is_empty() {
        return problem(
            ProblemCode::AddressMissing,
            said!(
                en: "The address is missing.",
                de: "Die Adresse fehlt.",
            )
            .to_owned(),
        );
    }
    if text.chars().count() > addresses::LONGEST {
        return problem(
            ProblemCode::TooLong,
            said!(
                en: "This is far too long for an address.",
                de: "Das ist viel zu lang für eine Adresse.",
            )
            .to_owned(),
        );
    }
    if let Some((position, c)) = characters::first_strange(text) {
        let message = words!(
            en: "Position {position} of the address holds {}. Copy the address again from its source.",
            de: "An Stelle {position} der Adresse steht {}. Kopieren Sie die Adresse noch einmal von ihrer Quelle.",
            characters::name(c),
        );
        return problem(ProblemCode::AddressCharacters, message);
    }
    let Some(coin) = coin else { return Ok(None) };
    let Ok(pattern) = coin.address_pattern() else {
        return problem(ProblemCode::CoinUnusable, unusable(coin, "addresses"));
    };
    let family = coin.family();
    let fits = pattern.is_none_or(|pattern| pattern.is_match(text));
    if family.takes_words() && is_total(text) {
        let message = words!(
            en: "{} is a word for a sum, not an address: delete the row if it adds up the others.",
            de: "{} ist ein Wort für eine Summe und keine Adresse: Löschen Sie die Zeile, wenn sie die anderen \
                 zusammenzählt.",
            quote(text),
        );
        return problem(ProblemCode::AddressFormat, message);
    }
    let (family, checked) = match family.check(text) {
        // Some networks have addresses of their own beside those of Ethereum.
        Err(_) if fits && text.starts_with("0x") && coin.takes_evm() => {
            (Family::Evm, Family::Evm.check(text))
        }
        checked => (family, checked),
    };
    // A pattern that takes many texts takes addresses of other networks, too.
    let is_foreign =
        || family.takes_words() && Family::certain(text).is_some() && !coin.asks_for_beginning(text);
    let fault = match checked {
        Ok(checked) if fits && !is_foreign() => return Ok(Some(checked)),
        Ok(_) => None,
        Err(fault) => Some(fault),
    };
    let mistyped = fault.as_ref().is_some_and(|fault| fault.kind == Kind::Checksum);
    if let Some((scheme, _)) = text.split_once(':').filter(|_| !mistyped)
        && scheme.len() > 1
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        let message = words!(
            en: "Write the address alone, without \"{scheme}:\" before it and without anything after it.",
            de: "Schreiben Sie die Adresse allein, ohne „{scheme}:“ davor und ohne etwas dahinter.",
        );
        return problem(ProblemCode::AddressPrefix, message);
    }
    if let Some(fault) = fault.as_ref().filter(|fault| fault.kind == Kind::TestNetwork) {
        return problem(
            ProblemCode::AddressNetwork,
            words!(
                en: "The address {}.",
                de: "Die Adresse {}.",
                fault.message,
            ),
        );
    }
    if (fault.is_some() || family == Family::Unknown)
        && let Some(other) = Family::recognise(text).filter(|other| *other != family)
    {
        let network = if family == Family::Unknown {
            said!(
                en: "another network",
                de: "ein anderes Netzwerk",
            )
        } else {
            family.name()
        };
        let instead = match coins.same_asset(coin, other).as_slice() {
            [] => said!(
                en: "Ask the recipient for an address of the right network.",
                de: "Fragen Sie den Empfänger nach einer Adresse des richtigen Netzwerks.",
            )
            .to_owned(),
            tickers => words!(
                en: "If that network is meant, the ticker is {}.",
                de: "Ist jenes Netzwerk gemeint, so ist das Kürzel {}.",
                tickers.join(said!(en: " or ", de: " oder ")),
            ),
        };
        let message = words!(
            en: "This looks like an address of {}, but {} is paid on {network}. Coins sent there would be lost. {instead}",
            de: "Das sieht aus wie eine Adresse für {}, {} wird aber über {network} gezahlt. Dorthin gesendete Coins wären \
                 verloren. {instead}",
            other.name(),
            coin.ticker(),
        );
        return problem(ProblemCode::AddressNetwork, message);
    }
    match fault {
        Some(fault) if fault.kind == Kind::Checksum => problem(
            ProblemCode::AddressChecksum,
            words!(
                en: "The address {}. Copy it again from its source.",
                de: "Die Adresse {}. Kopieren Sie sie noch einmal von ihrer Quelle.",
                fault.message,
            ),
        ),
        Some(fault) => problem(
            ProblemCode::AddressFormat,
            words!(
                en: "The address {}.",
                de: "Die Adresse {}.",
                fault.message,
            ),
        ),
        None => {
            let lower = text.to_ascii_lowercase();
            let fits_lower =
                pattern.is_some_and(|pattern| pattern.is_match(&lower)) && family.check(&lower).is_ok();
            let hint = if fits_lower {
                said!(
                    en: " Write it in lower case.",
                    de: " Schreiben Sie sie in Kleinbuchstaben.",
                )
            } else {
                ""
            };
            let message = words!(
                en: "The address does not have a form that NOWPayments takes for {}.{hint}",
                de: "Die Adresse hat keine Form, die NOWPayments für {} nimmt.{hint}",
                coin.ticker(),
            );
            problem(ProblemCode::AddressFormat, message)
        }
    }
}

/// Whether a text is what people write before the sum of a column.
fn is_total(text: &str) -> bool {
    const WORDS: [&str; 10] = [
        "total",
        "totals",
        "subtotal",
        "sum",
        "grandtotal",
        "gesamt",
        "summe",
        "gesamtsumme",
        "zwischensumme",
        "insgesamt",
    ];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(text.trim_end_matches(':')))
}

/// What is wrong with a cell of a worksheet that is to hold a text.
fn explain_cell(value: Value<'_>, what: &str) -> Option<String> {
    let holds = match value.cell {
        Cell::Written | Cell::Quoted => return None,
        Cell::Number | Cell::Money | Cell::Scaled
            if amounts::significant_digits(value.text) > amounts::DIGITS_OF_A_SPREADSHEET
                || value.text.len() > amounts::DIGITS_OF_A_SPREADSHEET =>
        {
            return Some(words!(
                en: "The cell holds a number that is too long for a spreadsheet, which has changed its last digits. \
                     Format the column as text and enter {what} again.",
                de: "Die Zelle enthält eine Zahl, die für eine Tabellenkalkulation zu lang ist; sie hat die letzten \
                     Stellen verändert. Formatieren Sie die Spalte als Text, und geben Sie den Inhalt neu ein.",
            ));
        }
        Cell::Number | Cell::Money | Cell::Scaled => return None,
        Cell::Date => said!(en: "a date", de: "ein Datum"),
        Cell::Percentage => said!(en: "a percentage", de: "einen Prozentwert"),
        Cell::Truth => said!(en: "true or false", de: "wahr oder falsch"),
        Cell::Error => said!(en: "an error", de: "einen Fehler"),
        Cell::NoResult => said!(en: "a formula without its result", de: "eine Formel ohne ihr Ergebnis"),
    };
    Some(words!(
        en: "The cell holds {holds} instead of {what}. Format the column as text and enter it again.",
        de: "Die Zelle enthält {holds} statt {what}. Formatieren Sie die Spalte als Text, und geben Sie den Inhalt \
             neu ein.",
    ))
}

fn unusable(coin: &ListedCoin, what: &str) -> String {
    words!(
        en: "The {what} of {} cannot be checked: the rule that NOWPayments gives for them cannot be understood. \
             Nothing is sent unchecked.",
        de: "{what} von {} lassen sich nicht prüfen: Die Regel, die NOWPayments dafür angibt, ist nicht zu \
             verstehen. Ungeprüft wird nichts gesendet.",
        coin.ticker(),
    )
}

/// Checks a memo or tag against the coin. What it returns is a warning: none is given, and the recipient may need one.
fn check_extra_id(value: Value<'_>, coin: &ListedCoin) -> Result<Option<(WarningCode, String)>, Problem> {
    let text = value.text;
    let problem = |code, message: String| Err(Problem::new(Column::ExtraId, text, code, message));
    if let Some(message) = explain_cell(value, said!(en: "a memo or tag", de: "eines Memos oder Tags")) {
        return problem(ProblemCode::ExtraIdFormat, message);
    }
    let ticker = coin.ticker();
    if text.is_empty() {
        return match coin.memo() {
            Memo::None => Ok(None),
            Memo::Optional => Ok(Some((
                WarningCode::ExtraIdMissing,
                words!(
                    en: "There is no memo or tag. An exchange that receives {ticker} needs one to know whose it is.",
                    de: "Es gibt kein Memo oder Tag. Eine Börse, die {ticker} empfängt, braucht eines, um zu wissen, \
                         wem es gehört.",
                ),
            ))),
            Memo::Required => problem(
                ProblemCode::ExtraIdMissing,
                words!(
                    en: "{ticker} needs a memo or tag in the column extra_id: ask the recipient for it.",
                    de: "{ticker} braucht ein Memo oder Tag in der Spalte extra_id: Fragen Sie den Empfänger danach.",
                ),
            ),
        };
    }
    if coin.memo() == Memo::None {
        let message = words!(
            en: "{ticker} has no memo or tag. Leave extra_id empty, and make sure that the coin is the right one.",
            de: "{ticker} hat kein Memo oder Tag. Lassen Sie extra_id leer, und stellen Sie sicher, dass der Coin \
                 der richtige ist.",
        );
        return problem(ProblemCode::ExtraIdUnexpected, message);
    }
    check_text(Column::ExtraId, text, LONGEST_EXTRA_ID)?;
    if let Some((position, c)) = text.chars().enumerate().find(|(_, c)| !c.is_ascii_graphic() && *c != ' ') {
        let message = words!(
            en: "Position {} of the memo or tag holds {}.",
            de: "An Stelle {} des Memos oder Tags steht {}.",
            position + 1, characters::name(c),
        );
        return problem(ProblemCode::ExtraIdFormat, message);
    }
    if text != text.trim() {
        return problem(
            ProblemCode::ExtraIdFormat,
            said!(
                en: "There is a space at the beginning or end, inside the quotes: remove it.",
                de: "Am Anfang oder Ende steht ein Leerzeichen, innerhalb der Anführungszeichen: Entfernen Sie es.",
            ).to_owned(),
        );
    }
    if let Some((mantissa, exponent)) = text.split_once(['E', 'e'])
        && mantissa.replace(',', ".").parse::<nowpayments::Amount>().is_ok()
        && let Some(exponent) = exponent.strip_prefix('+')
        && exponent.bytes().all(|byte| byte.is_ascii_digit())
    {
        let message = said!(
            en: "A spreadsheet has rounded this number, and its last digits are lost. Format the column as text and \
                 enter the memo or tag again.",
            de: "Eine Tabellenkalkulation hat diese Zahl gerundet, und ihre letzten Stellen sind verloren. \
                 Formatieren Sie die Spalte als Text, und geben Sie das Memo oder Tag neu ein.",
        );
        return problem(ProblemCode::ExtraIdFormat, message.to_owned());
    }
    // Tags of the XRP Ledger are numbers of 32 bits.
    if coin.family() == Family::Ripple && (text.parse::<u32>().is_err() || text.starts_with('+')) {
        return problem(
            ProblemCode::ExtraIdFormat,
            words!(
                en: "A tag is a whole number from 0 to {}.",
                de: "Ein Tag ist eine ganze Zahl von 0 bis {}.",
                u32::MAX,
            ),
        );
    }
    // Text memos of Stellar have at most 28 bytes; hashes are written as 64 digits.
    let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if coin.family() == Family::Stellar && text.len() > LONGEST_STELLAR_MEMO && !is_hash {
        return problem(
            ProblemCode::ExtraIdFormat,
            words!(
                en: "A memo of Stellar has at most {LONGEST_STELLAR_MEMO} characters, or it is a hash of 64 digits.",
                de: "Ein Memo von Stellar hat höchstens {LONGEST_STELLAR_MEMO} Zeichen, oder es ist ein Hash mit 64 \
                     Ziffern.",
            ),
        );
    }
    match coin.memo_pattern() {
        Err(Unusable) => problem(
            ProblemCode::CoinUnusable,
            unusable(
                coin,
                said!(
                    en: "memos and tags",
                    de: "Memos und Tags",
                ),
            ),
        ),
        Ok(Some(pattern)) if !pattern.is_match(text) => problem(
            ProblemCode::ExtraIdFormat,
            words!(
                en: "This does not have the form of a memo or tag of {ticker}.",
                de: "Das hat nicht die Form eines Memos oder Tags von {ticker}.",
            ),
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
        let message = words!(
            en: "This has {length} characters; at most {longest} are taken.",
            de: "Das hat {length} Zeichen; höchstens {longest} werden angenommen.",
        );
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
    let message = words!(
        en: "Position {} holds {}.",
        de: "An Stelle {} steht {}.",
        position + 1, characters::name(c),
    );
    Some(Problem::new(column, text, ProblemCode::ControlCharacter, message))
}
