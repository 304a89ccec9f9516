//! `paydesk-cli check` on every file of the corpus: it says what the importer found, and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

#[path = "../../core/tests/common/corpus.rs"]
mod corpus;
#[path = "common/output.rs"]
mod output;

use std::{fs, process::Command};

use corpus::{cases, coins, coins_file};
use output::{code, parsed};
use paydesk_core::payouts::import;
use serde_json::json;

#[test]
fn the_program_says_of_each_file_what_the_importer_found() {
    let coins = coins();
    for case in cases() {
        let output = Command::new(env!("CARGO_BIN_EXE_paydesk-cli"))
            .arg("check")
            .arg(&case.path)
            .arg("--coins")
            .arg(coins_file())
            .args(&case.says)
            .arg("--json")
            .output()
            .unwrap();
        let said = parsed(&output);
        match import::import(&fs::read(&case.path).unwrap(), &case.choices(), &coins) {
            Err(error) => {
                assert_eq!(said["error"]["code"], json!(error.code), "{}", case.name);
                assert_eq!(said["error"]["line"], json!(error.line), "{}", case.name);
                assert_eq!(code(&output), 2, "{}", case.name);
            }
            Ok(import) => {
                assert_eq!(said["rows"], json!(import.summary.rows), "{}", case.name);
                assert_eq!(said["totals"], json!(import.summary.totals), "{}", case.name);
                let fiat_totals = &import.summary.fiat_totals;
                let expected = (!fiat_totals.is_empty()).then(|| json!(fiat_totals));
                assert_eq!(said.get("fiat_totals"), expected.as_ref(), "{}", case.name);
                let accepted: Vec<_> = import
                    .accepted
                    .iter()
                    .map(|row| {
                        let mut expected = json!({
                            "line": row.line, "address": row.address, "currency": row.currency,
                            "amount": row.amount.coins(), "extra_id": row.extra_id, "warnings": row.warnings,
                        });
                        if let Some(fiat) = row.amount.fiat() {
                            expected["fiat_amount"] = json!(fiat.amount);
                            expected["fiat_currency"] = json!(fiat.currency);
                        }
                        expected
                    })
                    .collect();
                assert_eq!(said["accepted"], json!(accepted), "{}", case.name);
                let rejected: Vec<_> = import
                    .rejected
                    .iter()
                    .map(|row| {
                        json!({
                            "line": row.line, "column": row.problem.column, "value": row.problem.value,
                            "code": row.problem.code, "message": row.problem.message,
                        })
                    })
                    .collect();
                assert_eq!(said["rejected"], json!(rejected), "{}", case.name);
                assert_eq!(code(&output), i32::from(!import.rejected.is_empty()), "{}", case.name);
            }
        }
    }
}
