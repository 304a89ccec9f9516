//! The corpus: hostile files of payouts, each with what must become of it.
//!
//! Beside `NAME.csv` (or `.xlsx`, …) stands `NAME.expect`, a line for each of:
//! - `says …`: what is said of the file, as arguments of `paydesk-cli check`,
//! - `error CODE`, with `line N` where one is to blame: it cannot be read, and nothing else is expected,
//! - `records …`: what became of its records,
//! - `ok LINE TICKER AMOUNT ADDRESS`, with `memo=…`, `id=…`, `what="…"` and notes by their names where there are any, and
//!   `! CODE,…` for warnings,
//! - `no LINE COLUMN:CODE …`: a row that is refused, and all that is wrong with it; `-` for the whole row,
//! - `total TICKER AMOUNT`: an exact sum; those that are not named are not compared,
//! - `open N`: how many amounts have more than one meaning,
//! - `note CODE`: what the owner is told of how it was read.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use nowpayments::read_full_currencies;
use paydesk_core::{
    coins::Catalogue,
    payouts::import::{AcceptedRow, Choices, Column, FileError, Import, Numbers, RejectedRow},
};

/// A file of the corpus.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) says: Vec<String>,
    pub(crate) expected: Vec<String>,
}

fn folder() -> PathBuf {
    // The same folder from the tests of another package.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/corpus")
}

/// The coins that the corpus is checked against, as NOWPayments gives them.
pub(crate) fn coins_file() -> PathBuf {
    folder().join("coins.json")
}

pub(crate) fn coins() -> Catalogue {
    Catalogue::new(read_full_currencies(&fs::read(coins_file()).unwrap()).unwrap())
}

/// All files, in the order of their names.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder()).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        for file in fs::read_dir(entry.path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "expect") {
                continue;
            }
            let text = fs::read_to_string(path.with_extension("expect")).unwrap();
            let mut lines = text.lines().map(str::to_owned).collect::<Vec<_>>();
            let says = match lines[0].strip_prefix("says ") {
                None => Vec::new(),
                Some(says) => {
                    let says = says.split(' ').map(str::to_owned).collect();
                    lines.remove(0);
                    says
                }
            };
            let name =
                format!("{}/{}", entry.file_name().display(), path.file_name().unwrap_or_default().display());
            cases.push(Case { name, path, says, expected: lines });
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

impl Case {
    pub(crate) fn choices(&self) -> Choices {
        let mut choices = Choices::default();
        let mut says = self.says.iter();
        while let Some(option) = says.next() {
            let mut value = || says.next().unwrap().as_str();
            match option.as_str() {
                "--numbers" => {
                    choices.numbers = Some(if value() == "comma" { Numbers::Comma } else { Numbers::Point });
                }
                "--columns" => {
                    let column = |name| Column::ALL.into_iter().find(|column| column.to_string() == name);
                    choices.columns = Some(value().split(',').map(column).collect());
                }
                "--no-header" => choices.header = Some(false),
                "--currency" => choices.currency = Some(value().to_owned()),
                "--fiat-currency" => choices.fiat_currency = Some(value().to_owned()),
                "--sheet" => choices.sheet = Some(value().to_owned()),
                other => panic!("{other} is said of {}", self.name),
            }
        }
        choices
    }

    /// What of `result` the file expects to be told of.
    pub(crate) fn told(&self, result: &Result<Import, FileError>) -> Vec<String> {
        let import = match result {
            Ok(import) => import,
            Err(error) => {
                let line = error.line.map(|line| format!(" line {line}")).unwrap_or_default();
                return vec![format!("error {}{line}", error.code)];
            }
        };
        let rows = import.summary.rows;
        let mut told = vec![format!(
            "records {} = {} header + {} blank + {} accepted + {} rejected",
            rows.records, rows.header, rows.blank, rows.accepted, rows.rejected
        )];
        let mut lines: Vec<(u32, String)> =
            import.accepted.iter().map(|row| (row.line, accepted(row))).collect();
        lines.extend(import.rejected.iter().map(|row| (row.line, rejected(row))));
        lines.sort();
        told.extend(lines.into_iter().map(|(_, line)| line));
        let fiat = import.summary.fiat_totals.iter();
        let fiat = fiat.map(|(currency, total)| (currency.to_uppercase(), total));
        for (ticker, total) in
            import.summary.totals.iter().map(|(ticker, total)| (ticker.clone(), total)).chain(fiat)
        {
            let total = format!("total {ticker} {total}");
            if self.expected.contains(&total)
                || self.expected.iter().any(|line| line.starts_with(&format!("total {ticker} ")))
            {
                told.push(total);
            }
        }
        if import.summary.open_count > 0 {
            told.push(format!("open {}", import.summary.open_count));
        }
        told.extend(
            import
                .summary
                .notes
                .iter()
                .map(|note| format!("note {}", serde_json::to_value(note.code).unwrap().as_str().unwrap())),
        );
        told
    }
}

fn accepted(row: &AcceptedRow) -> String {
    let mut line = format!("ok {} {} {} {}", row.line, row.currency, row.amount, row.address);
    if let Some(memo) = &row.extra_id {
        line += &format!(" memo={memo}");
    }
    if let Some(id) = &row.external_id {
        line += &format!(" id={id}");
    }
    if let Some(what) = &row.description {
        line += &format!(" what={}", quoted(what));
    }
    for (name, value) in &row.notes {
        line += &format!(" {name}={}", quoted(value));
    }
    let warnings: Vec<String> = row.warnings.iter().map(|warning| warning.code.to_string()).collect();
    if !warnings.is_empty() {
        line += &format!(" ! {}", warnings.join(","));
    }
    line
}

fn rejected(row: &RejectedRow) -> String {
    let problem = |problem: &paydesk_core::payouts::import::Problem| {
        format!("{}:{}", problem.column.as_deref().unwrap_or("-"), problem.code)
    };
    let problems: Vec<String> = std::iter::once(&row.problem).chain(&row.also).map(problem).collect();
    format!("no {} {}", row.line, problems.join(" "))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\"").replace('\n', "\\n"))
}
