//! `ipn` as a user runs it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha512;

#[path = "common/output.rs"]
mod output;

use output::{code, parsed, stderr, stdout};

const SECRET: &str = "Qm7-secret of the shop";

const PAYMENT: &str = r#"{"actually_paid":0.2987,"fee":{"currency":"ltc","depositFee":0.000002,"serviceFee":0,"withdrawalFee":0},"pay_currency":"ltc","payment_extra_ids":[4412087714],"payment_id":4412087713,"payment_status":"partially_paid","price_amount":25,"price_currency":"eur"}"#;

fn sign(text: impl AsRef<[u8]>) -> String {
    let mut hmac = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).unwrap();
    hmac.update(text.as_ref());
    hmac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Runs `ipn` on a file of this body, with the secret as an editor leaves it in a file.
fn ipn(body: impl AsRef<[u8]>, signature: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body.json");
    fs::write(&file, body).unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, format!("{SECRET}\r\n")).unwrap();
    run(&file, signature, &secret, more)
}

fn run(file: &Path, signature: &str, secret: &Path, more: &[&str]) -> Output {
    let mut command = program();
    command.arg(file).args(["--signature", signature, "--secret-file"]).arg(secret).args(more);
    let output = command.output().unwrap();
    for printed in [&output.stdout, &output.stderr] {
        assert!(!String::from_utf8_lossy(printed).contains(SECRET));
    }
    output
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paydesk-cli"));
    command.arg("ipn");
    command
}

#[test]
fn a_right_signature_is_valid_and_the_callback_is_told_in_words() {
    let output = ipn(PAYMENT, &sign(PAYMENT), &[]);
    assert_eq!(
        stdout(&output),
        "valid: the signature is that of the body as it came (form: raw)\n\
         kind: payment\n\
         id: 4412087713\n\
         status: partially_paid, less than the price was paid\n"
    );
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
}

#[test]
fn the_form_that_matched_is_named() {
    let objects = PAYMENT.replace("[4412087714]", r#"{"0":4412087714}"#);
    for (body, signed, form) in [
        (PAYMENT.to_owned(), PAYMENT, "raw"),
        (PAYMENT.replace(':', " : "), PAYMENT, "canonical"),
        (format!("{PAYMENT}\n"), PAYMENT, "canonical"),
        (PAYMENT.to_owned(), &objects, "documented"),
    ] {
        let output = ipn(&body, &sign(signed), &[]);
        assert_eq!(code(&output), 0, "{}", stdout(&output));
        assert!(stdout(&output).contains(&format!("(form: {form})")), "{}", stdout(&output));
        assert_eq!(parsed(&ipn(&body, &sign(signed), &["--json"]))["form"], json!(form));
    }
}

#[test]
fn the_json_has_the_documented_keys_and_nothing_else() {
    let output = ipn(PAYMENT, &sign(PAYMENT).to_uppercase(), &["--json"]);
    assert_eq!(code(&output), 0);
    assert_eq!(
        parsed(&output),
        json!({
            "valid": true, "form": "raw", "kind": "payment", "id": "4412087713", "status": "partially_paid",
            "meaning": "less than the price was paid", "key": "payment:4412087713:partially_paid:0.2987", "problem": null,
        })
    );
    let output = ipn(PAYMENT, &sign("another"), &["--json"]);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((code(&output), keys(&parsed(&output))), (1, vec!["error".to_owned(), "valid".to_owned()]));
    assert_eq!(keys(&parsed(&output)["error"]), ["code", "message"]);
}

#[test]
fn every_kind_is_told() {
    for (body, kind, id, status) in [
        (
            r#"{"id":"5000000713","batch_withdrawal_id":"5000000711","status":"FAILED","address":"T1","currency":"trx","amount":"5"}"#,
            "payout",
            "5000000713",
            "status: FAILED, it went wrong, and may be taken up again",
        ),
        (
            r#"{"id":"17","status":"FINISHED","currency":"trx","amount":"5"}"#,
            "recurring",
            "17",
            "status: FINISHED, the money has moved",
        ),
        (
            r#"{"payment_id":17,"payment_status":"on_\u001b[31mhold"}"#,
            "payment",
            "17",
            "status: on_\\u{1b}[31mhold, which this version does not know",
        ),
    ] {
        let output = ipn(body, &sign(body), &[]);
        let text = stdout(&output);
        assert_eq!(code(&output), 0, "{body}");
        for line in [&format!("kind: {kind}"), &format!("id: {id}"), status] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
    let output = ipn("{}", &sign("{}"), &[]);
    let text = stdout(&output);
    assert!(text.ends_with("\nkind: other, with the fields of none that this version knows\n"), "{text}");
    assert_eq!((code(&output), &parsed(&ipn("{}", &sign("{}"), &["--json"]))["id"]), (0, &Value::Null));
}

#[test]
fn a_wrong_signature_is_invalid_and_explained() {
    let good = sign(PAYMENT);
    for (body, signature, code_word, words) in [
        (PAYMENT, sign("another"), "mismatch", "not that of this body"),
        (&PAYMENT.replace("25", "26"), good.clone(), "mismatch", "not that of this body"),
        (PAYMENT, good[1..].to_owned(), "length", "127 hex digits instead of 128"),
        (PAYMENT, format!("{good}0"), "length", "129 hex digits instead of 128"),
        (PAYMENT, String::new(), "length", "is empty"),
        (PAYMENT, good.replace('a', "g"), "not_hex", "the character 'g'"),
        (PAYMENT, "-".to_owned(), "not_hex", "the character '-'"),
        (PAYMENT, "\u{1b}[2J".to_owned(), "not_hex", "the character '\\u{1b}'"),
        (
            &PAYMENT.replace(":4412087713", ":4412087713.0"),
            good.clone(),
            "respelled",
            "payment_id is spelled 4412087713.0, but 4412087713 was signed",
        ),
    ] {
        let output = ipn(body, &signature, &[]);
        let text = stdout(&output);
        assert_eq!((code(&output), stderr(&output).as_str()), (1, ""), "{words}");
        assert!(text.starts_with("invalid: ") && text.contains(words), "{words}\n{text}");
        let output = ipn(body, &signature, &["--json"]);
        let report = parsed(&output);
        assert_eq!(
            (code(&output), &report["valid"], &report["error"]["code"]),
            (1, &json!(false), &json!(code_word))
        );
    }
}

#[test]
fn a_body_that_cannot_be_read_is_explained_even_when_it_is_signed() {
    let deep = "[".repeat(200_000);
    let closed = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let digits = format!(r#"{{"a":{}}}"#, "9".repeat(1_000_000));
    let large = format!("\"{}\"", "x".repeat(17 << 20));
    for (body, code_word, words) in [
        (&b""[..], "not_json", "found the end at byte 0"),
        (b"payment_id=17", "not_json", "expected a value, found 'p'"),
        (br#"{"payment_id":17,"payment_id":18}"#, "duplicate_key", "the key \"payment_id\" occurs twice"),
        (
            br#"{"payment_id":17,"payment\u005fid":18}"#,
            "duplicate_key",
            "the key \"payment_id\" occurs twice",
        ),
        (b"\xff\xfe{\0}\0", "not_json", "expected UTF-8"),
        (deep.as_bytes(), "too_deep", "nested more than 64 deep"),
        (closed.as_bytes(), "too_deep", "nested more than 64 deep"),
        (digits.as_bytes(), "not_finite", "is too large"),
        (
            br#"{"payment_id":17.0,"payment_status":"waiting"}"#,
            "unexpected",
            "payment_id: expected an identifier",
        ),
        (
            br#"{"payment_id":17,"payment_status":null}"#,
            "unexpected",
            "payment_status: expected a text, found null",
        ),
    ] {
        let output = ipn(body, &sign(body), &[]);
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""), "{words}");
        let text = stderr(&output);
        assert!(text.starts_with("The body cannot be read: ") && text.contains(words), "{words}\n{text}");
        assert!(text.contains("Its signature is right"), "{text}");
        let output = ipn(body, &sign(body), &["--json"]);
        assert_eq!((code(&output), &parsed(&output)["error"]["code"]), (2, &json!(code_word)));
        if code_word != "unexpected" {
            let output = ipn(body, &"0".repeat(128), &[]);
            assert!(code(&output) == 2 && !stderr(&output).contains("is right"), "{}", stderr(&output));
        }
    }
    let output = ipn(&large, &sign(&large), &[]);
    assert!(code(&output) == 2 && stderr(&output).contains("larger than 16 MiB"), "{}", stderr(&output));
}

#[test]
fn half_a_surrogate_pair_is_valid_and_named() {
    let body = PAYMENT.replace(r#""ltc","payment"#, r#""ltc","order_id":"\ud83d","payment"#);
    let output = ipn(&body, &sign(&body), &[]);
    let text = stdout(&output);
    assert_eq!(code(&output), 0, "{text}");
    assert!(text.contains("(form: raw)\n") && text.contains("id: 4412087713\n"), "{text}");
    assert!(text.ends_with(
        "the rest cannot be read: order_id: a text holds half of a surrogate pair, which is no character\n"
    ));
    let problem = &parsed(&ipn(&body, &sign(&body), &["--json"]))["problem"];
    assert!(problem.as_str().unwrap().starts_with("order_id: "), "{problem}");
}

#[test]
fn megabytes_are_checked() {
    let body = format!(r#"{{ "payment_status":"waiting","payment_id":17,"a":"{}" }}"#, "x".repeat(5_000_000));
    let signed = format!(r#"{{"a":"{}","payment_id":17,"payment_status":"waiting"}}"#, "x".repeat(5_000_000));
    let output = ipn(&body, &sign(&signed), &[]);
    assert!(code(&output) == 0 && stdout(&output).contains("canonical"), "{}", stdout(&output));
}

#[test]
fn a_file_that_cannot_be_read_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, SECRET).unwrap();
    for (file, code_word, words) in [
        (folder.path().join("none.json"), "not_found", "none.json"),
        (folder.path().to_owned(), "directory", "is a folder"),
    ] {
        let output = run(&file, "00", &secret, &[]);
        assert_eq!((code(&output), stdout(&output).as_str()), (2, ""));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
        let output = run(&file, "00", &secret, &["--json"]);
        assert_eq!((code(&output), &parsed(&output)["error"]["code"]), (2, &json!(code_word)));
    }
}

#[test]
fn a_secret_that_cannot_be_read_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body.json");
    fs::write(&file, PAYMENT).unwrap();
    let secret = folder.path().join("secret");
    let contents = [
        (None, "There is no file"),
        (Some(Vec::new()), "is empty"),
        (Some(b" \r\n".to_vec()), "is empty"),
        (Some(b"\xff\xfes\0".to_vec()), "is not text in UTF-8"),
        (Some(vec![b'x'; 5000]), "is too large"),
    ];
    for (content, words) in contents {
        if let Some(content) = content {
            fs::write(&secret, content).unwrap();
        }
        let output = run(&file, &sign(PAYMENT), &secret, &[]);
        let text = stderr(&output);
        assert_eq!(code(&output), 2, "{words}");
        assert!(text.starts_with("The secret cannot be read. ") && text.contains(words), "{words}\n{text}");
        let output = run(&file, &sign(PAYMENT), &secret, &["--json"]);
        assert_eq!((code(&output), &parsed(&output)["error"]["code"]), (2, &json!("secret")));
    }
    assert_eq!(code(&run(&file, &sign(PAYMENT), folder.path(), &[])), 2);
}

#[test]
fn the_standard_input_is_read_for_a_dash() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, SECRET).unwrap();
    let mut child = program()
        .args(["-", "--json", "--signature", &sign(PAYMENT), "--secret-file"])
        .arg(secret)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(PAYMENT.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), &parsed(&output)["form"]), (0, &json!("raw")));
}
