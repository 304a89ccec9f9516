//! `paydesk-cli`: the parts of Paydesk that make sense without a window.

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use paydesk_core::{
    coins::Catalogue,
    payouts::import::{self, FileError, Import},
};

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
        /// The file, comma-separated values in UTF-8 with the columns address, currency and amount; - for the standard input.
        file: PathBuf,
        /// The coins: an answer of NOWPayments to GET /full-currencies.
        #[arg(long)]
        coins: PathBuf,
        /// Prints one JSON object instead of a report.
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let Command::Check { file, coins, json } = Arguments::parse().command;
    let result = read_coins(&coins).and_then(|coins| check(&file, &coins).map_err(Into::into));
    // Whoever reads the output may stop early: that changes nothing about the file, so the exit code stays.
    let _ = print(&file, &result, json);
    match result {
        Ok(import) if import.rejected.is_empty() => ExitCode::SUCCESS,
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

fn check(path: &Path, coins: &Catalogue) -> Result<Import, FileError> {
    let bytes = if path.as_os_str() == "-" {
        import::read_from(io::stdin().lock(), "The standard input")?
    } else {
        import::read(path)?
    };
    import::import(&bytes, coins)
}

fn print(file: &Path, result: &Result<Import, Unreadable>, json: bool) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match result {
        Ok(import) if json => report::write_json(&mut out, import)?,
        Ok(import) => report::write_text(&mut out, &file.display().to_string(), import)?,
        Err(error) if json => report::write_error(&mut out, &error.code, &error.message, error.line)?,
        Err(error) => writeln!(io::stderr().lock(), "{}", report::visible(&error.message))?,
    }
    out.flush()
}
