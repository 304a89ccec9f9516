use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

use super::*;

const SECRET: &str = "kT4-secret of the shop";
const PAYMENT: &str = r#"{"actually_paid":12.5,"order_description":"Café / Röstung","pay_currency":"usdttrc20","payment_id":6601309579,"payment_status":"finished","price_amount":12.5,"price_currency":"usd"}"#;

fn sign_with(secret: &str, text: impl AsRef<[u8]>) -> String {
    let mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).unwrap().chain_update(text.as_ref());
    mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn sign(text: impl AsRef<[u8]>) -> String {
    sign_with(SECRET, text)
}

/// What is said of a callback with the secret of the shop.
fn said(body: &str, signature: &str) -> (bool, String) {
    let verdict = verdict(body, signature, &SECRET.into(), true);
    (verdict.genuine, std::iter::once(verdict.message).chain(verdict.notes).collect::<Vec<_>>().join(" "))
}

#[track_caller]
fn check(body: &str, signature: &str, genuine: bool, words: &[&str]) {
    let (is_genuine, text) = said(body, signature);
    assert_eq!(is_genuine, genuine, "{text}");
    for words in words {
        assert!(text.contains(words), "{words:?} is not in {text:?}");
    }
    assert!(!text.contains(SECRET), "{text:?}");
    for right in [sign(body), sign(body.trim())] {
        assert!(!text.contains(&right), "{text:?} has the right signature");
    }
}

#[test]
fn a_genuine_callback_is_told_in_words() {
    let right = sign(PAYMENT);
    check(
        PAYMENT,
        &right,
        true,
        &["the body as it came", "The payment 6601309579 is finished: the shop has got its money"],
    );
    check(PAYMENT, &format!("X-Nowpayments-Sig: \"{}\"\n", right.to_uppercase()), true, &["as it came"]);
    let verdict = verdict(PAYMENT, &right, &SECRET.into(), true);
    assert_eq!(
        (verdict.kind, verdict.form),
        (Some(CallbackKind::Payment), Some(super::super::SignedForm::Raw))
    );
    assert_eq!(
        (verdict.subject.as_deref(), verdict.status.as_deref()),
        (Some("6601309579"), Some("finished"))
    );
    assert!(verdict.notes.is_empty());
}

#[test]
fn a_body_that_was_written_anew_is_genuine_and_says_how_it_differs() {
    let right = sign(PAYMENT);
    let spaced = tokens::laid_out(PAYMENT);
    check(&spaced, &right, true, &["keys sorted", "spaces or line breaks"]);
    check(&format!("{PAYMENT}\n"), &right, true, &["spaces or line breaks"]);
    check(&PAYMENT.replace("12.5,", "12.50,"), &right, true, &["numbers are written in another way"]);
    check(&PAYMENT.replace('é', "\\u00e9"), &right, true, &["characters are written in another way"]);
    let turned =
        PAYMENT.replacen(r#""actually_paid":12.5,"#, "", 1).replace('}', r#","actually_paid":12.5}"#);
    check(&turned, &right, true, &["keys are in another order"]);
    let (_, text) = said(&turned, &right);
    assert!(!text.contains("spaces") && !text.contains("numbers"), "{text}");
}

#[test]
fn arrays_that_were_signed_as_objects_are_said() {
    let body = r#"{"id":1,"status":"FINISHED","currency":"trx","amount":5,"parts":[7]}"#;
    let signed = Form::Documented.text(body.as_bytes()).unwrap();
    check(body, &sign(signed), true, &["its arrays as objects", "keys are in another order"]);
}

#[test]
fn what_was_changed_is_refused_with_the_likely_reason() {
    let other = PAYMENT.replace("12.5", "13.5");
    check(&other, &sign(PAYMENT), false, &["with another secret, or something in the body"]);
    check(PAYMENT, &sign_with("another secret", PAYMENT), false, &["with another secret"]);
    for secret in [format!("{SECRET}\n"), format!("{SECRET}\r\n"), format!(" {SECRET}")] {
        check(PAYMENT, &sign_with(&secret, PAYMENT), false, &["space or line break at its end or beginning"]);
    }
    // Keys in an order of their own cannot be put right by sorting them.
    let unsorted = r#"{"payment_status":"finished","payment_id":5,"note":"Café/1"}"#;
    check(&format!("{unsorted}\n"), &sign(unsorted), false, &["without the space or line break around it"]);
    check(unsorted, &sign(format!("{unsorted}\n")), false, &["line break at its end, which is missing"]);
    check(&tokens::laid_out(unsorted), &sign(unsorted), false, &["laid it out anew"]);
    let windows = tokens::laid_out(unsorted).replace('\n', "\r\n");
    check(&windows, &sign(tokens::laid_out(unsorted)), false, &["those of Windows"]);
    let escaped = PAYMENT.replace('é', "\\u00e9").replace('ö', "\\u00f6");
    check(PAYMENT, &sign(&escaped), false, &["as Python and PHP"]);
    check(PAYMENT, &sign(escaped.replace('/', "\\/")), false, &["as Python and PHP"]);
    let misread: String = PAYMENT.bytes().map(char::from).collect();
    check(&misread, &sign(PAYMENT), false, &["as Latin-1"]);
    check(&serde_json::to_string(PAYMENT).unwrap(), &sign(PAYMENT), false, &["as a quoted text"]);
}

#[test]
fn what_is_no_signature_is_told_apart() {
    check(PAYMENT, "", false, &["The signature is empty", "anybody can have sent it"]);
    check(PAYMENT, &"ab".repeat(32), false, &["64 hex digits instead of 128", "SHA256"]);
    check(PAYMENT, &"ab".repeat(60), false, &["120 hex digits"]);
    check(PAYMENT, &format!("{}==", "aB3/".repeat(21) + "x9"), false, &["no hex digit", "Base64"]);
    check(PAYMENT, &sign(PAYMENT).replacen(|c: char| c.is_ascii_hexdigit(), "g", 1), false, &["'g'"]);
}

#[test]
fn a_body_that_cannot_be_read_is_refused_with_its_place() {
    let broken = "{\n  \"payment_id\": 5,\n  \"é\": ,\n}";
    check(broken, &sign(broken), false, &["not JSON", "line 3, column 8", "signature is right"]);
    check(broken, &sign("other"), false, &["not JSON", "not that of these bytes either"]);
    let twice = r#"{"payment_id":5,"payment_id":6}"#;
    check(twice, &sign(twice), false, &["occurs twice"]);
    let respelled = r#"{"payment_id":4412087713.0,"payment_status":"finished"}"#;
    check(respelled, &sign(Form::Canonical.text(respelled.as_bytes()).unwrap()), false, &["4412087713.0"]);
}

#[test]
fn a_secret_of_the_shop_may_be_an_old_one() {
    let secret = SECRET.into();
    let verdict = verdict(PAYMENT, &sign(PAYMENT), &secret, false);
    assert!(verdict.genuine && verdict.notes.is_empty());
    let refused = super::verdict(PAYMENT, &"ab".repeat(60), &secret, false);
    assert!(refused.notes[0].contains("enter the new one"), "{refused:?}");
}
