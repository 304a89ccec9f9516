//! Which column of a file holds what.

use super::{Choices, Column, FileError, FileErrorCode, quote, record::Record, rows};
use crate::{
    coins::Catalogue,
    fiat,
    language::{said, words},
};

/// What each column of a file holds, in the order of the file.
#[derive(Debug, Clone)]
pub(super) struct Header {
    columns: Vec<(Option<Column>, String)>,
    /// The ticker of every row, where no column holds it.
    currency: Option<String>,
    /// The currency of every sum of money, where no column holds it.
    fiat_currency: Option<&'static str>,
    /// The first record names the columns, and is no payout.
    named: bool,
}

impl Header {
    /// Reads the header from the first record of a file that is not blank, or takes what the owner says of its columns.
    pub(super) fn read(record: &Record<'_>, choices: &Choices, coins: &Catalogue) -> Result<Self, FileError> {
        let refuse = |code, message| Err(FileError { code, message, line: Some(record.line) });
        if let Some(fault) = record.fault {
            let message = words!(
                en: "The header is broken. {}",
                de: "Die Kopfzeile ist beschädigt. {}",
                rows::explain_quotes(fault, record),
            );
            return refuse(FileErrorCode::HeaderBroken, message);
        }
        if let Some(message) = rows::explain_encoding(record) {
            return refuse(
                FileErrorCode::Encoding,
                words!(
                    en: "The header is not UTF-8. {message}",
                    de: "Die Kopfzeile ist kein UTF-8. {message}",
                ),
            );
        }
        if record.count > record.fields.len() {
            let message = words!(
                en: "The header has {} columns, which is too many.",
                de: "Die Kopfzeile hat {} Spalten, und das sind zu viele.",
                record.count,
            );
            return refuse(FileErrorCode::HeaderBroken, message);
        }
        let named = choices.header.unwrap_or(true);
        let meaning = |index: usize, name: &str| match &choices.columns {
            Some(chosen) => chosen.get(index).copied().flatten(),
            None if named => known(name),
            None => None,
        };
        let names = names(record, named).into_iter().enumerate();
        let columns = names.map(|(index, name)| (meaning(index, &name), name)).collect();
        if let Some(ticker) = choices.currency.as_deref()
            && coins.get(ticker.trim()).is_none()
        {
            let hint = coins.suggest(ticker).map_or(String::new(), |hint| format!(" {hint}"));
            return refuse(
                FileErrorCode::ColumnMissing,
                words!(
                    en: "NOWPayments has no coin “{}”.{hint}",
                    de: "NOWPayments hat keinen Coin „{}“.{hint}",
                    ticker.trim(),
                ),
            );
        }
        let fiat_currency = match choices.fiat_currency.as_deref() {
            None => None,
            Some(code) => match fiat::find(code.trim()) {
                Some(currency) => Some(currency),
                None => {
                    let message = words!(
                        en: "NOWPayments takes no sums in “{}”: write one of {}.",
                        de: "NOWPayments nimmt keine Geldbeträge in „{}“: Schreiben Sie eine von {}.",
                        code.trim(), fiat::CURRENCIES.join(", "),
                    );
                    return refuse(FileErrorCode::ColumnMissing, message);
                }
            },
        };
        let this = Self { columns, currency: choices.currency.clone(), fiat_currency, named };
        // What the owner says of the columns does not say that the file names them.
        if named && choices.header != Some(true) && rows::looks_like_payout(record, coins) {
            return refuse(FileErrorCode::HeaderMissing, no_header(record.line));
        }
        let missing = this.missing();
        if !missing.is_empty() {
            return refuse(FileErrorCode::ColumnMissing, this.explain_missing(record, &missing));
        }
        if choices.columns.is_none()
            && let Some((name, column)) = this.unclear()
        {
            let message = words!(
                en: "The column {} may hold the {column}, and would be kept as a note. Say what each column holds.",
                de: "Die Spalte {} enthält vielleicht {column} und würde als Notiz behalten. Sagen Sie, was jede \
                     Spalte enthält.",
                quote(name),
            );
            return refuse(FileErrorCode::ColumnUnclear, message);
        }
        for column in this.columns.iter().filter_map(|(column, _)| *column) {
            let same = this.columns.iter().filter(|(other, _)| *other == Some(column));
            let names: Vec<String> = same.map(|(_, name)| quote(name)).collect();
            if names.len() > 1 {
                let message = words!(
                    en: "The columns {} all mean {column}: keep one of them.",
                    de: "Die Spalten {} bedeuten alle {column}: Behalten Sie eine davon.",
                    names.join(said!( en: " and ", de: " und ", )),
                );
                return refuse(FileErrorCode::ColumnDuplicate, message);
            }
        }
        Ok(this)
    }

    /// How many fields a record must have.
    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether the first record names the columns.
    pub(super) fn is_named(&self) -> bool {
        self.named
    }

    /// The ticker of every row, where no column holds it.
    pub(super) fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// The currency of every sum of money, where no column holds it.
    pub(super) fn fiat_currency(&self) -> Option<&'static str> {
        self.fiat_currency
    }

    /// What the column at `index` is called in messages: the known name, or that of the file.
    pub(super) fn name(&self, index: usize) -> Option<String> {
        let (column, name) = self.columns.get(index)?;
        Some(column.map_or_else(|| name.clone(), |column| column.to_string()))
    }

    /// What the columns hold.
    pub(super) fn columns(&self) -> &[(Option<Column>, String)] {
        &self.columns
    }

    /// Where a column is.
    pub(super) fn position(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|(known, _)| *known == Some(column))
    }

    fn missing(&self) -> Vec<Column> {
        let has = |column: &Column| self.position(*column).is_some();
        let in_fiat = has(&Column::FiatAmount) || has(&Column::FiatCurrency);
        let needed = [
            (Column::Address, true),
            (Column::Currency, self.currency.is_none()),
            (Column::Amount, !in_fiat),
            (Column::FiatAmount, in_fiat),
            (Column::FiatCurrency, in_fiat && self.fiat_currency.is_none()),
        ];
        let needed = needed.into_iter().filter(|(_, needed)| *needed).map(|(column, _)| column);
        needed.filter(|column| !has(column)).collect()
    }

    /// A column that is not known and whose name has a word for memos or networks, where no other column holds that.
    fn unclear(&self) -> Option<(&str, Column)> {
        let unknown = self.columns.iter().filter(|(column, _)| self.named && column.is_none());
        let mut meant = unknown.filter_map(|(_, name)| Some((name.as_str(), hinted(name)?)));
        meant.find(|(_, column)| self.position(*column).is_none())
    }

    /// Says which columns are missing.
    fn explain_missing(&self, record: &Record<'_>, missing: &[Column]) -> String {
        let line = record.line;
        let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        let found: Vec<String> = self.columns.iter().take(20).map(|(_, name)| quote(name)).collect();
        words!(
            en: "The header in line {line} has no column {}. It names {}; needed are {NEEDED}.",
            de: "Die Kopfzeile in Zeile {line} hat keine Spalte {}. Sie nennt {}; nötig sind {NEEDED}.",
            missing.join(said!(en: " and no column ", de: " und keine Spalte ")), found.join(", "),
        )
    }
}

/// The columns that every file needs.
const NEEDED: &str = "address,currency,amount";

/// Says that a payout stands in the place of the header.
fn no_header(line: u32) -> String {
    words!(
        en: "Line {line} looks like a payout, not like a header. Add the line {NEEDED} above it, or say that the file has \
             no header and what each column holds.",
        de: "Zeile {line} sieht aus wie eine Auszahlung und nicht wie eine Kopfzeile. Schreiben Sie die Zeile {NEEDED} \
             darüber, oder sagen Sie, dass die Datei keine Kopfzeile hat und was jede Spalte enthält.",
    )
}

/// The column that a word in a name hints at: `Tag of the exchange`, `networkId`. A fee of the network is neither.
fn hinted(name: &str) -> Option<Column> {
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() && lower_before {
            words.push(String::new());
        }
        lower_before = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    match () {
        () if has(&["fee", "fees", "cost", "costs"]) => None,
        () if has(&["memo", "memos", "tag"]) => Some(Column::ExtraId),
        () if has(&["network", "chain", "blockchain", "netzwerk"]) => Some(Column::Network),
        () => None,
    }
}

/// How many columns that are known by their names a record has.
pub(super) fn known_names(record: &Record<'_>) -> usize {
    let mut found: Vec<Column> =
        record.fields.iter().filter_map(|field| known(&String::from_utf8_lossy(&field.bytes))).collect();
    found.sort_unstable();
    found.dedup();
    found.len()
}

/// The names of columns; those without one are numbered.
fn names(record: &Record<'_>, named: bool) -> Vec<String> {
    let name = |(index, field): (usize, &super::record::Field<'_>)| {
        let name = String::from_utf8_lossy(&field.bytes);
        match name.trim() {
            name if named && !name.is_empty() => name.to_owned(),
            _ => words!(en: "column {}", de: "Spalte {}", index + 1),
        }
    };
    record.fields.iter().enumerate().map(name).collect()
}

/// The column that a name in a header means. Case, blanks and punctuation do not count.
///
/// Among the names are those of the templates of NOWPayments' dashboard (`Ticker`, `Wallet Address`, `ExtraId`, `Amount`),
/// CoinsPaid (`Address`, `Tag`, `Currency`, `Amount`, `Note`), Inqud (`cryptoAddress`, `cryptoCurrency`, `amount`,
/// `clientOrderId`, `comment`) and Trezor Suite (`address`, `amount`, `currency`, `label`). What is for the sender's eyes only in
/// those (a note, a comment, a label) is kept as a note here, too.
pub(super) fn known(name: &str) -> Option<Column> {
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    Some(match name.as_str() {
        "address" | "walletaddress" | "wallet" | "payoutaddress" | "recipientaddress" | "receiveraddress"
        | "payeeaddress" | "destinationaddress" | "toaddress" | "cryptoaddress" | "paymentaddress" => {
            Column::Address
        }
        "currency" | "ticker" | "coin" | "payoutcurrency" | "paymentcurrency" | "cryptocurrency"
        | "currencycode" | "coincode" | "asset" | "token" | "symbol" => Column::Currency,
        "amount" | "payoutamount" | "paymentamount" | "cryptoamount" | "quantity" | "qty" => Column::Amount,
        "fiatamount" | "amountfiat" | "amountinfiat" | "payoutfiatamount" => Column::FiatAmount,
        "fiatcurrency" | "currencyfiat" | "payoutfiatcurrency" => Column::FiatCurrency,
        "extraid"
        | "memo"
        | "tag"
        | "destinationtag"
        | "memotag"
        | "tagmemo"
        | "memoid"
        | "payoutextraid"
        | "addresstag"
        | "addressmemo"
        | "desttag"
        | "destmemo"
        | "destinationmemo"
        | "destinationtagmemo"
        | "memodestinationtag"
        | "withdrawaltag"
        | "withdrawalmemo"
        | "recipienttag"
        | "recipientmemo"
        | "walletmemo"
        | "wallettag"
        | "xrptag"
        | "xlmmemo"
        | "memooptional"
        | "tagoptional"
        | "destinationtagoptional"
        | "memotagoptional"
        | "extraidoptional"
        | "memoifrequired"
        | "memoifapplicable" => Column::ExtraId,
        "description" | "payoutdescription" => Column::Description,
        "externalid" | "uniqueexternalid" | "clientorderid" => Column::ExternalId,
        "network" | "chain" | "blockchain" | "paymentnetwork" | "cryptonetwork" | "networkname"
        | "networktype" | "chainname" | "chaintype" | "blockchainname" | "blockchainnetwork"
        | "withdrawalnetwork" | "payoutnetwork" | "transfernetwork" | "coinnetwork" | "tokennetwork"
        | "assetnetwork" | "protocol" | "protocolname" => Column::Network,
        _ => return None,
    })
}
