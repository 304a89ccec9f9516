//! The importer on every file of the corpus, by itself and as the window opens it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

#[path = "common"]
mod common {
    pub(crate) mod corpus;
    pub(crate) mod payouts;
    pub(crate) mod world;
}

use std::fs;

use nowpayments::currencies::GetFullCurrencies;
use paydesk_core::{
    coins::Catalogue,
    payouts::{
        Opened,
        batch::{RowFilter, RowQuery},
        import::{self, Ask, Column, FileError, Import, ProblemCode},
    },
};

use crate::common::{
    corpus::{Case, cases, coins},
    payouts::Owner,
};

fn read(case: &Case) -> Result<Import, FileError> {
    import::import(&fs::read(&case.path).unwrap(), &case.choices(), &coins())
}

#[test]
fn every_hostile_file_ends_in_the_rows_and_errors_that_are_written_beside_it() {
    let cases = cases();
    assert!(cases.len() >= 150, "{} files", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let mut told = case.told(&read(case));
        let mut expected = case.expected.clone();
        told.sort();
        expected.sort();
        if told != expected {
            wrong.push(format!("{}\n  expected {expected:#?}\n  found {told:#?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} files:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_record_of_a_file_is_in_one_of_four_places() {
    for case in cases() {
        let Ok(import) = read(&case) else { continue };
        let rows = import.summary.rows;
        assert_eq!(rows.records, rows.header + rows.blank + rows.accepted + rows.rejected, "{}", case.name);
        assert_eq!(rows.accepted as usize, import.accepted.len(), "{}", case.name);
        assert_eq!(rows.rejected as usize, import.rejected.len(), "{}", case.name);
    }
}

#[test]
fn what_is_wrong_is_said_in_words_with_its_place() {
    for case in cases() {
        match read(&case) {
            Err(error) => {
                assert!(error.message.len() > 15 && error.message.ends_with('.'), "{}: {error}", case.name);
            }
            Ok(import) => {
                for row in &import.rejected {
                    for problem in std::iter::once(&row.problem).chain(&row.also) {
                        let words = &problem.message;
                        assert!(row.line > 0 && words.len() > 15, "{}: {words}", case.name);
                        assert!(words.ends_with(['.', '?', '…']), "{}: {words}", case.name);
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn the_window_opens_each_file_as_the_importer_reads_it() {
    let owner = Owner::new().await;
    let coins = Catalogue::new(owner.world.client().send(&GetFullCurrencies {}).await.unwrap());
    let payouts = owner.payouts();
    // What is said of a file is remembered for those like it: first all of which nothing is said.
    let mut cases = cases();
    cases.sort_by_key(|case| !case.says.is_empty());
    for case in cases {
        let read = import::import(&fs::read(&case.path).unwrap(), &case.choices(), &coins);
        let opened = match payouts.open_file(&case.path).await {
            // What it asks is answered with what is said of the file, or left as it is.
            Ok(Opened::Asks { file }) if !case.says.is_empty() => {
                payouts.answer_file(&file.id, case.choices()).await
            }
            other => other,
        };
        let batch = match (opened, &read) {
            (Ok(Opened::Batch { batch }), Ok(_)) => batch,
            (Ok(Opened::Asks { .. }), Ok(import)) if import.summary.open_count > 0 => continue,
            // Which of the two that each row says is the one that counts.
            (Ok(Opened::Asks { file }), Ok(import)) if file.survey.asks == [Ask::Columns] => {
                let problems = import.rejected.iter().map(|row| row.problem.code);
                assert_eq!(problems.collect::<Vec<_>>(), [ProblemCode::AmountTwice], "{}", case.name);
                continue;
            }
            (Ok(Opened::Asks { file }), Err(error)) => {
                assert!(!file.survey.asks.is_empty(), "{}: {error}", case.name);
                continue;
            }
            (Err(failure), Err(error)) => {
                assert!(failure.message.starts_with(error.message.as_str()), "{}: {failure}", case.name);
                continue;
            }
            (opened, read) => panic!("{}: {opened:#?} and {read:#?}", case.name),
        };
        let import = read.unwrap();
        assert_eq!(batch.file, import.summary.rows, "{}", case.name);
        let mut expected: Vec<_> = import
            .accepted
            .iter()
            .map(|row| {
                let warnings = row.warnings.iter().map(|warning| warning.message.clone()).collect();
                let coins = row.amount.coins().map(ToString::to_string).unwrap_or_default();
                let fiat = row.amount.fiat();
                let sum = fiat.map(|fiat| format!("{} {}", fiat.amount, fiat.currency)).unwrap_or_default();
                (row.line, row.address.clone(), row.currency.clone(), [coins, sum], warnings)
            })
            .collect::<Vec<(u32, String, String, [String; 2], Vec<String>)>>();
        expected.extend(import.rejected.iter().map(|row| {
            let field = |column| row.field(column).to_owned();
            let problems =
                std::iter::once(&row.problem).chain(&row.also).map(|problem| problem.message.clone());
            (
                row.line,
                field(Column::Address),
                field(Column::Currency),
                [
                    field(Column::Amount),
                    format!("{} {}", field(Column::FiatAmount), field(Column::FiatCurrency))
                        .trim()
                        .to_owned(),
                ],
                problems.collect(),
            )
        }));
        expected.sort();
        let query =
            RowQuery { batch: batch.summary.id.clone(), filter: RowFilter::All, limit: 1000, after: None };
        let rows = payouts.rows(query).await.unwrap().rows;
        let found: Vec<_> = rows
            .iter()
            .map(|row| {
                let sum = [&row.fiat_amount, &row.fiat_currency].map(|text| text.clone().unwrap_or_default());
                let amounts = [row.amount.clone(), sum.join(" ").trim().to_owned()];
                (row.line, row.address.clone(), row.currency.clone(), amounts)
            })
            .collect();
        let plain: Vec<_> = expected
            .iter()
            .map(|(line, address, currency, amount, _)| {
                (*line, address.clone(), currency.clone(), amount.clone())
            })
            .collect();
        assert_eq!(found, plain, "{}", case.name);
        // The check against the shop may have added to it.
        for (row, (.., words)) in rows.iter().zip(&expected) {
            for message in words {
                let said =
                    row.problems.iter().chain(&row.warnings).any(|problem| problem.message == *message);
                assert!(said, "{} line {}: {message}", case.name, row.line);
            }
        }
        payouts.discard(&batch.summary.id).await.unwrap();
    }
}
