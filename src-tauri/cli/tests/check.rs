//! The program as a user runs it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

#[path = "common/output.rs"]
mod output;

use output::{code, parsed, stderr, stdout};

const TRX: &str = "TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH";
const ETH: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

const COINS: &str = r#"{"currencies":[
  {"id":1,"code":"TRX","name":"Tron","enable":true,"wallet_regex":"^T[1-9A-HJ-NP-Za-km-z]{33}$","priority":1,"extra_id_exists":false,
   "extra_id_regex":null,"logo_url":"/images/coins/trx.svg","track":true,"cg_id":"tron","is_maxlimit":false,"network":"trx",
   "smart_contract":null,"network_precision":"6"},
  {"id":2,"code":"ETH","name":"Ethereum","enable":true,"wallet_regex":"^(0x)[0-9A-Fa-f]{40}$","priority":2,"extra_id_exists":false,
   "extra_id_regex":null,"logo_url":"/images/coins/eth.svg","track":true,"cg_id":"ethereum","is_maxlimit":false,"network":"eth",
   "smart_contract":null,"network_precision":"18"}
]}"#;

/// Runs `check` on a file of this content, with further arguments.
fn check(content: &[u8], more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payouts.csv");
    fs::write(&file, content).unwrap();
    run(&file, folder.path(), more)
}

fn run(file: &Path, folder: &Path, more: &[&str]) -> Output {
    let coins = folder.join("coins.json");
    fs::write(&coins, COINS).unwrap();
    program().arg(file).arg("--coins").arg(coins).args(more).output().unwrap()
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paydesk-cli"));
    command.arg("check");
    command
}

#[test]
fn the_json_has_the_documented_keys_and_nothing_else() {
    let file = format!("address,currency,amount\n{TRX},TRX,200\n{TRX},trx,0.50\n\n{ETH},eth,1e3\n");
    let output = check(file.as_bytes(), &["--json"]);
    let report = parsed(&output);
    assert_eq!(code(&output), 1);
    assert_eq!(report["rows"], json!({"records": 5, "header": 1, "blank": 1, "accepted": 2, "rejected": 1}));
    assert_eq!(
        report["accepted"][0],
        json!({"line": 2, "address": TRX, "currency": "trx", "amount": "200", "extra_id": null, "warnings": []})
    );
    assert_eq!(report["accepted"][1]["amount"], json!("0.5"));
    assert_eq!(report["accepted"][1]["warnings"][0]["code"], json!("duplicate"));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&report["accepted"][1]["warnings"][0]), ["code", "message"]);
    let rejected = &report["rejected"][0];
    assert_eq!(
        (&rejected["line"], &rejected["column"], &rejected["value"], &rejected["code"]),
        (&json!(5), &json!("amount"), &json!("1e3"), &json!("amount_format"))
    );
    assert_eq!(keys(rejected), ["code", "column", "line", "message", "value"]);
    assert_eq!(report["totals"], json!({"trx": "200.5"}));
    assert_eq!(keys(&report), ["accepted", "rejected", "rows", "totals"]);
}

#[test]
fn the_exit_code_says_whether_all_rows_are_good() {
    let header = "address,currency,amount\n";
    for (content, expected) in [
        (format!("{header}{TRX},trx,1\n"), 0),
        (header.to_owned(), 0),
        (format!("{header}{TRX},trx,1\n{TRX},trx,0\n"), 1),
        (String::new(), 2),
        (format!("{TRX},trx,1\n"), 2),
    ] {
        for more in [&[][..], &["--json"]] {
            assert_eq!(code(&check(content.as_bytes(), more)), expected, "{content:?} {more:?}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    for (file, code_word, words) in [
        (folder.path().join("none.csv"), "not_found", "none.csv"),
        (folder.path().to_owned(), "directory", "is a folder"),
    ] {
        let output = run(&file, folder.path(), &[]);
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
        let output = run(&file, folder.path(), &["--json"]);
        assert_eq!((code(&output), stderr(&output).as_str()), (2, ""));
        assert_eq!(parsed(&output)["error"]["code"], json!(code_word));
        assert_eq!(parsed(&output)["error"]["line"], Value::Null);
    }
    let output = check(format!("\n{TRX},trx,1\n").as_bytes(), &["--json"]);
    assert_eq!(parsed(&output)["error"]["code"], json!("header_missing"));
    assert_eq!(parsed(&output)["error"]["line"], json!(2));
}

#[test]
fn a_list_of_coins_that_cannot_be_read_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payouts.csv");
    fs::write(&file, "address,currency,amount\n").unwrap();
    let coins = folder.path().join("coins.json");
    for content in [None, Some("not json"), Some("{}"), Some("[1]")] {
        if let Some(content) = content {
            fs::write(&coins, content).unwrap();
        }
        let output = program().arg(&file).arg("--coins").arg(&coins).arg("--json").output().unwrap();
        assert_eq!(code(&output), 2, "{content:?}");
        assert_eq!(parsed(&output)["error"]["code"], json!("coins"), "{content:?}");
        let output = program().arg(&file).arg("--coins").arg(&coins).output().unwrap();
        assert!(stderr(&output).contains("The list of coins cannot be read."), "{content:?}");
    }
}

#[test]
fn the_standard_input_is_read_for_a_dash() {
    let folder = tempfile::tempdir().unwrap();
    let coins = folder.path().join("coins.json");
    fs::write(&coins, COINS).unwrap();
    let mut child = program()
        .args(["-", "--json", "--coins"])
        .arg(coins)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(format!("address,currency,amount\n{TRX},trx,7\n").as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), &parsed(&output)["totals"]), (0, &json!({"trx": "7"})));
}

#[test]
fn the_report_for_people_names_totals_warnings_and_every_rejected_row() {
    let file = format!(
        "address,currency,amount,note\n{TRX},trx,200,\n{TRX},trx,0.25,\n{ETH},eth,1000,\n{ETH},eth,-1,\u{1b}[31m\n"
    );
    let output = check(file.as_bytes(), &[]);
    let text = stdout(&output);
    for line in [
        "5 records = 1 header + 0 blank + 3 accepted + 1 rejected",
        "  eth  1000     1 row",
        "  trx   200.25  2 rows",
        "  line 3  TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH  0.25 trx",
        "  line 5  amount: \"-1\"",
        "          The amount is negative: a payout can only pay.",
        "          note: \"\\u{1b}[31m\"",
    ] {
        assert!(text.lines().any(|found| found == line || found.ends_with(line)), "{line}\n{text}");
    }
    assert!(!text.contains('\u{1b}'));
    let empty = check(b"address,currency,amount\n", &[]);
    assert!(stdout(&empty).contains("no payouts"), "{}", stdout(&empty));
}
