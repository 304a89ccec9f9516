//! A part of the crash test that every change passes; `cargo xtask crash` runs the whole.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use std::process::Command;

/// Whether it passed, its last line, and what else it said.
fn crash(arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_paydesk-crash")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn killed_at_any_instant_the_core_pays_every_row_once() {
    let (passed, line, details) = crash(&["40", "--every", "13"]);
    assert!(passed, "{line}{details}");
    assert!(line.contains(": 0 paid twice, 0 lost, 0 stuck; "), "{line}");
    assert!(line.ends_with(" unknown, all resolved by looking\n"), "{line}");
    // What is never in doubt was not tested, nor what nobody does.
    assert!(!line.contains("; 0 unknown"), "{line}");
    let ways = details.lines().find(|line| line.ends_with(" revised")).unwrap();
    assert!(ways.split(", ").all(|way| !way.starts_with("0 ")), "{ways}");
}

#[test]
fn an_owner_who_pays_twice_is_noticed() {
    let (passed, line, details) = crash(&["--only", "code-clock:60", "--pay-twice"]);
    assert!(!passed && line.contains(": 4 paid twice, 0 lost, 0 stuck; "), "{line}");
    assert!(details.contains("cargo xtask crash --only code-clock:60"), "{details}");
    for (case, rows) in [("parts-clock:90", 4), ("series-late:20", 4)] {
        let (passed, line, _) = crash(&["--only", case, "--pay-twice"]);
        assert!(!passed && line.contains(&format!(": {rows} paid twice, 0 lost, 0 stuck; ")), "{line}");
    }
}
