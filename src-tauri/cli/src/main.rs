//! `paydesk-cli`: the parts of Paydesk that make sense without a window.

use std::{
    io::{self, BufWriter, StdoutLock, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use paydesk_core::{
    coins::Catalogue,
    payouts::import::{self, Choices, Column, FieldDelimiter, FileError, Numbers},
};

use ipn::Checked;

mod ipn;
mod report;

#[derive(Parser)]
#[command(version, about = "The parts of Paydesk that make sense without a window.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks a file of payouts without sending anything.
    ///
    /// The exit code is 0 when every row is good, 1 when rows were rejected, and 2 when the file cannot be read.
    Check {
        /// The file: text with the columns address, currency and amount, or a workbook (XLSX); - for the standard input.
        file: PathBuf,
        /// The coins: an answer of NOWPayments to GET /full-currencies.
        #[arg(long)]
        coins: PathBuf,
        /// Prints one JSON object instead of a report.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        says: Says,
    },
    /// Checks that a callback (IPN) is signed with the secret of the shop, and says what it is about.
    ///
    /// The exit code is 0 when the signature is right, 1 when it is not, and 2 when the file, the secret or the body
    /// cannot be read. A body in which a key occurs twice, that is nested deeper than any callback or that is not
    /// JSON counts as one that cannot be read, even when it is signed.
    Ipn {
        /// The body of the callback, byte for byte; - for the standard input.
        body: PathBuf,
        /// The signature: what the header x-nowpayments-sig says.
        #[arg(long, value_name = "HEX", allow_hyphen_values = true)]
        signature: String,
        /// The file that holds the IPN secret, as the dashboard shows it.
        #[arg(long, value_name = "FILE")]
        secret_file: PathBuf,
        /// Prints one JSON object instead of a report.
        #[arg(long)]
        json: bool,
    },
}

/// What is said of a file where it leaves something open.
#[derive(clap::Args)]
struct Says {
    /// How the file writes its numbers: point (1,234.5) or comma (1.234,5). Without it, only what has one meaning is taken.
    #[arg(long, value_enum)]
    numbers: Option<Sign>,
    /// What the columns hold, in their order and separated by commas, as address,amount,-,currency; - for a note.
    /// Without it, the names in the header say it.
    #[arg(long, value_delimiter = ',', value_parser = column)]
    columns: Option<Vec<Held>>,
    /// The first line is a payout and names no columns; needs --columns.
    #[arg(long, requires = "columns")]
    no_header: bool,
    /// The ticker of every row, for a file without such a column.
    #[arg(long, value_name = "TICKER")]
    currency: Option<String>,
    /// The currency of every sum of money, for a file without such a column.
    #[arg(long, value_name = "CODE")]
    fiat_currency: Option<String>,
    /// What separates the fields: one of , ; | or tab.
    #[arg(long, value_parser = delimiter)]
    delimiter: Option<FieldDelimiter>,
    /// The sheet of a workbook.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Sign {
    Point,
    Comma,
}

/// What a column holds: one that is known, or a note.
#[derive(Clone, Copy)]
struct Held(Option<Column>);

fn column(name: &str) -> Result<Held, String> {
    if name == "-" {
        return Ok(Held(None));
    }
    match Column::ALL.into_iter().find(|column| column.to_string() == name) {
        Some(column) => Ok(Held(Some(column))),
        None => {
            let names: Vec<String> = Column::ALL.iter().map(ToString::to_string).collect();
            Err(format!("there are the columns {} and - for a note", names.join(", ")))
        }
    }
}

fn delimiter(text: &str) -> Result<FieldDelimiter, String> {
    Ok(match text {
        "," => FieldDelimiter::Comma,
        ";" => FieldDelimiter::Semicolon,
        "tab" | "\t" => FieldDelimiter::Tab,
        "|" => FieldDelimiter::Bar,
        _ => return Err("it is one of , ; | or tab".to_owned()),
    })
}

impl From<Says> for Choices {
    fn from(says: Says) -> Self {
        Self {
            delimiter: says.delimiter,
            sheet: says.sheet,
            columns: says.columns.map(|columns| columns.into_iter().map(|Held(column)| column).collect()),
            header: says.no_header.then_some(false),
            currency: says.currency,
            fiat_currency: says.fiat_currency,
            numbers: says.numbers.map(|sign| match sign {
                Sign::Point => Numbers::Point,
                Sign::Comma => Numbers::Comma,
            }),
        }
    }
}

fn main() -> ExitCode {
    // Whoever reads the output may stop early: that changes nothing about the file, so the exit code stays.
    match Arguments::parse().command {
        Command::Check { file, coins, json, says } => {
            let choices = says.into();
            let result =
                read_coins(&coins).and_then(|coins| Ok(import::import(&read(&file)?, &choices, &coins)?));
            let _ = print(&result, json, |out, import| {
                if json {
                    report::write_json(out, import)
                } else {
                    report::write_text(out, &file.display().to_string(), import)
                }
            });
            exit_code(&result, |import| import.rejected.is_empty())
        }
        Command::Ipn { body, signature, secret_file, json } => {
            let result = ipn::check(&body, &signature, &secret_file);
            let _ = print(&result, json, |out, checked| {
                if json { ipn::write_json(out, checked) } else { ipn::write_text(out, checked) }
            });
            exit_code(&result, |checked| matches!(checked, Checked::Valid { .. }))
        }
    }
}

fn exit_code<T>(result: &Result<T, Unreadable>, is_good: impl FnOnce(&T) -> bool) -> ExitCode {
    match result {
        Ok(result) if is_good(result) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(_) => ExitCode::from(2),
    }
}

/// Why there is no result.
struct Unreadable {
    code: String,
    message: String,
    line: Option<u32>,
}

impl From<FileError> for Unreadable {
    fn from(error: FileError) -> Self {
        Self { code: error.code.to_string(), message: error.message, line: error.line }
    }
}

fn read_coins(path: &Path) -> Result<Catalogue, Unreadable> {
    let failed = |reason: String| Unreadable {
        code: "coins".to_owned(),
        message: format!("The list of coins cannot be read. {reason}"),
        line: None,
    };
    let bytes = import::read(path).map_err(|error| failed(error.message))?;
    let coins = nowpayments::read_full_currencies(&bytes).map_err(|error| {
        failed(format!("{} is not an answer of GET /full-currencies: {error}", path.display()))
    })?;
    Ok(Catalogue::new(coins))
}

/// Reads a file, or the standard input for a dash.
fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    if path.as_os_str() == "-" {
        import::read_from(io::stdin().lock(), "The standard input")
    } else {
        import::read(path)
    }
}

/// Writes a result, or why there is none.
fn print<T>(
    result: &Result<T, Unreadable>,
    json: bool,
    write: impl FnOnce(&mut BufWriter<StdoutLock<'_>>, &T) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match result {
        Ok(result) => write(&mut out, result)?,
        Err(error) if json => report::write_error(&mut out, &error.code, &error.message, error.line)?,
        Err(error) => writeln!(io::stderr().lock(), "{}", report::visible(&error.message))?,
    }
    out.flush()
}
