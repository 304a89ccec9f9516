use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha2::Sha512;

use super::*;

const SECRET: &str = "pXk0-secret of the shop";

/// A callback about a payment as they really come: keys sorted, no spaces, numbers as JavaScript prints them.
const PAYMENT: &str = r#"{"actually_paid":0.2987,"actually_paid_at_fiat":0,"fee":{"currency":"ltc","depositFee":0.000002,"serviceFee":0.0015,"withdrawalFee":0},"invoice_id":null,"order_description":"Kaffee – 2 × 500 g ☕","order_id":"A-17/3","outcome_amount":0.2951,"outcome_currency":"ltc","parent_payment_id":null,"pay_address":"LXp9cW","pay_amount":0.2987,"pay_currency":"ltc","payin_extra_id":null,"payment_extra_ids":["4412087714"],"payment_id":4412087713,"payment_status":"finished","price_amount":25,"price_currency":"eur","purchase_id":"6001","updated_at":1765249461097}"#;

fn sign(text: impl AsRef<[u8]>) -> String {
    let mut hmac = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).unwrap();
    hmac.update(text.as_ref());
    hmac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn check_with(body: impl AsRef<[u8]>, signature: &str) -> Result<Verified, CallbackError> {
    verify(body.as_ref(), signature, &SECRET.into())
}

/// Verifies a body of which another text was signed.
fn signed_as(body: &str, text: &str) -> Result<Verified, CallbackError> {
    check_with(body, &sign(text))
}

/// Reads a body that was signed as it is.
fn read(body: &str) -> Result<Callback, UnreadableBody> {
    let verified = signed_as(body, body).unwrap_or_else(|problem| panic!("{body}: {problem}"));
    Callback::read(&verified)
}

fn payment(body: &str) -> PaymentCallback {
    match read(body) {
        Ok(Callback::Payment(payment)) => payment,
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn a_callback_is_verified_by_its_bytes() {
    let verified = signed_as(PAYMENT, PAYMENT).unwrap();
    assert_eq!((verified.form(), verified.text()), (Form::Raw, PAYMENT));
    let spaced = format!(" {PAYMENT}\n");
    assert_eq!(signed_as(&spaced, &spaced).unwrap().text(), spaced);
}

#[test]
fn a_callback_that_was_written_anew_is_verified_by_its_canonical_form() {
    let body = r#"{ "payment_status": "finished", "price_amount": 10.0, "payment_id": 17, "fee": { "withdrawalFee": 1e-07, "currency": "btc" },
        "payment_extra_ids": [ 4, 5 ], "order_description": "\u2014 a\/b" }"#;
    let text = r#"{"fee":{"currency":"btc","withdrawalFee":1e-7},"order_description":"— a/b","payment_extra_ids":[4,5],"payment_id":17,"payment_status":"finished","price_amount":10}"#;
    let verified = signed_as(body, text).unwrap();
    assert_eq!((verified.form(), verified.text()), (Form::Canonical, text));
}

#[test]
fn a_callback_may_be_signed_with_its_arrays_as_objects_as_the_documents_do() {
    let body = r#"{"payment_id":17,"payment_extra_ids":[4,[null,[]]]}"#;
    let text = r#"{"payment_extra_ids":{"0":4,"1":{"0":null,"1":{}}},"payment_id":17}"#;
    let verified = signed_as(body, text).unwrap();
    assert_eq!(verified.form(), Form::Documented);
    assert_eq!(verified.text(), r#"{"payment_extra_ids":[4,[null,[]]],"payment_id":17}"#);
}

#[test]
fn the_first_form_that_matches_is_named() {
    let body = r#"{"a":1,"b":{"c":2}}"#;
    assert_eq!(signed_as(body, body).unwrap().form(), Form::Raw);
    assert_eq!(signed_as(r#"{"b":{"c":2},"a":1}"#, body).unwrap().form(), Form::Canonical);
}

#[test]
fn space_around_the_signature_and_the_secret_and_the_case_of_hex_do_not_count() {
    let signature = sign(PAYMENT);
    for header in [signature.to_uppercase(), format!(" {signature}\r\n"), format!("\t{signature}")] {
        assert!(check_with(PAYMENT, &header).is_ok(), "{header:?}");
    }
    for secret in [format!("{SECRET}\r\n"), format!("  {SECRET}\t"), format!("\u{feff}{SECRET}\u{a0}")] {
        assert!(verify(PAYMENT.as_bytes(), &signature, &secret.as_str().into()).is_ok(), "{secret:?}");
    }
    for secret in [SECRET.to_uppercase(), SECRET.replace(' ', ""), format!("{SECRET}.")] {
        let result = verify(PAYMENT.as_bytes(), &signature, &secret.as_str().into());
        assert_eq!(result, Err(CallbackError::Invalid(InvalidSignature::Mismatch)), "{secret:?}");
    }
}

#[test]
fn without_a_secret_nothing_is_verified() {
    let mut hmac = Hmac::<Sha512>::new_from_slice(b"").unwrap();
    hmac.update(PAYMENT.as_bytes());
    let signature: String = hmac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    for secret in ["", " \r\n", "\u{feff}"] {
        assert_eq!(verify(PAYMENT.as_bytes(), &signature, &secret.into()), Err(CallbackError::NoSecret));
    }
}

#[test]
fn what_is_no_signature_is_called_by_what_is_wrong_with_it() {
    let invalid = |header: &str| match check_with(PAYMENT, header) {
        Err(CallbackError::Invalid(problem)) => problem,
        other => panic!("{header:?}: {other:?}"),
    };
    let good = sign(PAYMENT);
    for header in ["", " ", "ab", &good[1..], &format!("{good}0"), &good.repeat(1000)] {
        assert_eq!(invalid(header), InvalidSignature::Length { found: header.trim().len() });
    }
    for (header, found) in [
        (format!("sha512={good}"), 's'),
        (good.replacen(|c: char| c.is_ascii_digit(), "\u{ff11}", 1), '\u{ff11}'),
        (format!("{} {}", &good[..64], &good[64..]), ' '),
        (format!("{good}\0"), '\0'),
        ("g".repeat(128), 'g'),
    ] {
        assert_eq!(invalid(&header), InvalidSignature::NotHex { found }, "{header:?}");
    }
    assert_eq!(invalid(&"0".repeat(128)), InvalidSignature::Mismatch);
    assert_eq!(invalid(&sign(PAYMENT.to_uppercase())), InvalidSignature::Mismatch);
}

#[test]
fn one_changed_digit_of_the_signature_fails() {
    let good = sign(PAYMENT);
    for at in 0..good.len() {
        let mut changed = good.clone().into_bytes();
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(
            check_with(PAYMENT, &changed),
            Err(CallbackError::Invalid(InvalidSignature::Mismatch)),
            "at {at}"
        );
    }
}

#[test]
fn one_changed_byte_of_the_body_fails() {
    let signature = sign(PAYMENT);
    for at in 0..PAYMENT.len() {
        for changed in (0..8).map(|bit| PAYMENT.as_bytes()[at] ^ (1 << bit)).chain([b'0', b' ', b'"']) {
            let mut body = PAYMENT.as_bytes().to_vec();
            if std::mem::replace(&mut body[at], changed) != changed {
                assert!(check_with(&body, &signature).is_err(), "{changed:#x} at {at}");
            }
        }
    }
}

#[test]
fn a_body_that_lost_or_gained_something_fails() {
    let signature = sign(PAYMENT);
    for body in [
        PAYMENT.replace(r#","serviceFee":0.0015"#, ""),
        PAYMENT.replace(r#"["4412087714"]"#, "[]"),
        PAYMENT.replace(r#"["4412087714"]"#, r#"["4412087714",null]"#),
        PAYMENT.replacen('{', r#"{"__proto__":{"payment_id":1},"#, 1),
        PAYMENT.replacen('{', r#"{"__proto__":null,"#, 1),
        PAYMENT.replacen('{', r#"{"":null,"#, 1),
        PAYMENT.replace(r#""invoice_id":null,"#, ""),
    ] {
        assert_ne!(body, PAYMENT);
        assert!(check_with(&body, &signature).is_err(), "{body}");
    }
}

#[test]
fn a_signature_that_covers_less_than_the_body_is_not_taken() {
    // The published code loses the key, and makes `{}` of any number.
    for (body, text) in [(r#"{"__proto__":{"b":1},"a":2}"#, r#"{"a":2}"#), ("5", "{}")] {
        assert_eq!(signed_as(body, text), Err(CallbackError::Invalid(InvalidSignature::Mismatch)), "{body}");
    }
}

#[test]
fn a_body_that_is_not_to_be_read_is_refused_even_when_it_is_signed() {
    let deep = "[".repeat(200_000);
    let twice = br#"{"payment_id":1,"payment_id":2}"#;
    for body in [&b""[..], b"OK", b"{\"a\":1", deep.as_bytes(), twice, b"{\"a\":1e400}", b"\"\xff\""] {
        let problem = Form::Canonical.text(body).unwrap_err();
        for (signature, signed) in [(sign(body), true), (sign("another"), false)] {
            let expected = CallbackError::Unreadable { problem: problem.clone(), signed };
            assert_eq!(check_with(body, &signature), Err(expected));
        }
    }
    // Of a body that is too large not even the signature is looked at.
    let large = vec![b' '; LARGEST_BODY + 1];
    let expected = CallbackError::Unreadable { problem: UnreadableBody::TooLarge, signed: false };
    assert_eq!(check_with(&large, &sign(&large)), Err(expected));
}

#[test]
fn megabytes_are_verified() {
    let text = "x".repeat(5_000_000);
    let body = format!(r#"{{"payment_status":"waiting","payment_id":1,"order_description":"{text}"}}"#);
    let sorted = format!(r#"{{"order_description":"{text}","payment_id":1,"payment_status":"waiting"}}"#);
    let verified = signed_as(&body, &sorted).unwrap();
    assert_eq!(verified.form(), Form::Canonical);
    assert!(matches!(Callback::read(&verified), Ok(Callback::Payment(_))));
}

#[test]
fn an_identifier_must_be_spelled_as_it_was_signed() {
    let text = r#"{"a":[{"batch_withdrawal_id":5}],"payment_extra_ids":[7,8],"payment_id":5745459419}"#;
    let respelled = |body: &str| match signed_as(body, text) {
        Err(CallbackError::Invalid(InvalidSignature::Respelled { key, sent, signed })) => (key, sent, signed),
        other => panic!("{body}: {other:?}"),
    };
    for (from, to, key, sent, signed) in [
        ("5745459419", "5745459419.0", "payment_id", "5745459419.0", "5745459419"),
        ("5745459419", "5.745459419e9", "payment_id", "5.745459419e9", "5745459419"),
        ("5745459419", "5745459419.0000000000001", "payment_id", "5745459419.0000000000001", "5745459419"),
        ("[7,8]", "[7,8.0]", "payment_extra_ids", "8.0", "8"),
        (":5}", ":5E0}", "batch_withdrawal_id", "5E0", "5"),
        (
            "payment_id\":5745459419",
            "payment\\u005fid\":57454594190e-1",
            "payment_id",
            "57454594190e-1",
            "5745459419",
        ),
    ] {
        let body = text.replace(from, to);
        assert_eq!(respelled(&body), (key.to_owned(), sent.to_owned(), signed.to_owned()), "{body}");
    }
    // 2^53 + 1 is not a double: JavaScript signs it as 2^53.
    let result = signed_as(r#"{"id":9007199254740993}"#, r#"{"id":9007199254740992}"#);
    assert!(matches!(result, Err(CallbackError::Invalid(InvalidSignature::Respelled { .. }))), "{result:?}");
    // Other numbers may be spelled anew, and identifiers that are texts are signed letter for letter.
    let body = r#"{ "payment_id": "17", "price_amount": 10.0, "identity": 1e0 }"#;
    assert!(signed_as(body, r#"{"identity":1,"payment_id":"17","price_amount":10}"#).is_ok());
    // In the form of the documents it is no different.
    let result = signed_as(r#"{"payment_extra_ids":[7.0]}"#, r#"{"payment_extra_ids":{"0":7}}"#);
    assert!(matches!(result, Err(CallbackError::Invalid(InvalidSignature::Respelled { .. }))), "{result:?}");
}

#[test]
fn an_identifier_that_was_signed_in_another_spelling_is_not_read() {
    for id in ["5745459419.0", "5.745459419e9", "-5", "null", "\"\"", "\"a b\"", "[5]", "{}", "true"] {
        let problem = read(&format!(r#"{{"payment_id":{id},"payment_status":"waiting"}}"#)).unwrap_err();
        let UnreadableBody::Unexpected { path, message } = problem else { panic!("{id}: {problem}") };
        assert_eq!(path, "payment_id");
        assert!(message.starts_with("expected an identifier, found "), "{id}: {message}");
    }
}

#[test]
fn an_amount_is_the_one_that_was_signed() {
    let body = r#"{"payment_id":1,"payment_status":"waiting","actually_paid":0.1000000000000000055}"#;
    let text = r#"{"actually_paid":0.1,"payment_id":1,"payment_status":"waiting"}"#;
    let paid = |verified: Verified| match Callback::read(&verified) {
        Ok(Callback::Payment(payment)) => payment.actually_paid.unwrap().to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(paid(signed_as(body, text).unwrap()), "0.1");
    // Whoever signs all digits has them all read.
    assert_eq!(paid(signed_as(body, body).unwrap()), "0.1000000000000000055");
}

#[test]
fn a_payment_is_read_with_what_only_callbacks_have() {
    let callback = payment(PAYMENT);
    assert_eq!(callback.payment_id.as_str(), "4412087713");
    assert_eq!(callback.payment_status, PaymentStatus::Finished);
    assert_eq!(callback.actually_paid, "0.2987".parse().ok());

    let payment = callback.payment().unwrap();
    assert_eq!(payment.payment_id, callback.payment_id);
    assert_eq!(payment.updated_at.unwrap().timestamp_millis(), 1_765_249_461_097);
    assert_eq!((payment.created_at, payment.invoice_id, payment.parent_payment_id), (None, None, None));
    assert_eq!(payment.payment_extra_ids[0].as_str(), "4412087714");
    assert_eq!(payment.purchase_id.unwrap().as_str(), "6001");
    assert_eq!(payment.order_description.as_deref(), Some("Kaffee – 2 × 500 g ☕"));

    let fee = callback.fee().unwrap().unwrap();
    let text = |amount: Option<Amount>| amount.map(|amount| amount.to_string());
    assert_eq!(fee.currency, "ltc");
    assert_eq!(text(fee.deposit_fee).as_deref(), Some("0.000002"));
    assert_eq!(text(fee.service_fee).as_deref(), Some("0.0015"));
    assert_eq!(text(fee.withdrawal_fee).as_deref(), Some("0"));
}

#[test]
fn a_repeated_deposit_names_the_payment_that_it_repeats() {
    let body = PAYMENT.replace(r#""parent_payment_id":null"#, r#""parent_payment_id":4412087700"#);
    let payment = payment(&body).payment().unwrap();
    assert_eq!(payment.parent_payment_id.unwrap().as_str(), "4412087700");
}

#[test]
fn a_payment_that_lacks_most_is_still_news() {
    let callback = payment(r#"{"payment_id":"17","payment_status":"ON_HOLD"}"#);
    assert_eq!(callback.payment_status, PaymentStatus::Other("ON_HOLD".to_owned()));
    assert_eq!((callback.actually_paid.as_ref(), callback.fee()), (None, Ok(None)));
    let UnreadableBody::Unexpected { message, .. } = callback.payment().unwrap_err() else {
        panic!("fields")
    };
    assert!(message.contains("price_amount"), "{message}");
}

#[test]
fn what_is_wrong_in_a_payment_is_named() {
    fn check(more: &str, path: &str) {
        let body = format!(r#"{{"payment_id":17,{more}}}"#);
        match read(&body) {
            Err(UnreadableBody::Unexpected { path: found, .. }) => assert_eq!(found, path, "{more}"),
            other => panic!("{more}: {other:?}"),
        }
    }
    check(r#""payment_status":5"#, "payment_status");
    check(r#""payment_status":"""#, "payment_status");
    check(r#""payment_status":"\ud800""#, "payment_status");
    check(r#""payment_status":"waiting","actually_paid":"a lot""#, "actually_paid");
    check(r#""payment_status":"waiting","actually_paid":[1]"#, "actually_paid");
    let fee = payment(&PAYMENT.replace("0.0015", "true")).fee().unwrap_err();
    assert!(matches!(&fee, UnreadableBody::Unexpected { path, .. } if path == "fee.serviceFee"), "{fee}");
}

#[test]
fn a_payout_is_read() {
    let body = r#"{"id":"5000000713","batch_withdrawal_id":"5000000711","status":"SENDING","error":null,"currency":"usdttrc20","amount":"50","address":"TPSg","fee":null,"extra_id":null,"hash":null,"ipn_callback_url":"https://shop.example/ipn","created_at":"2026-07-27T15:29:40.803Z","requested_at":null,"updated_at":null}"#;
    let Ok(Callback::Payout(callback)) = read(body) else { panic!("a payout") };
    assert_eq!((callback.id.as_str(), callback.batch_withdrawal_id.as_str()), ("5000000713", "5000000711"));
    assert_eq!(callback.status, PayoutStatus::Sending);
    let payout = callback.payout().unwrap();
    assert_eq!((payout.amount, payout.fee, payout.address.as_str()), (50.into(), None, "TPSg"));
    assert_eq!(read(body).unwrap().key().as_deref(), Some("payout:5000000713:SENDING"));
}

#[test]
fn a_recurring_payment_is_read() {
    let body = r#"{"id":"1234567890","status":"FINISHED","currency":"trx","amount":"12.171365564140688","ipn_callback_url":"https://shop.example/ipn","created_at":"2026-07-26T14:20:11.531Z","updated_at":"2026-07-26T14:20:21.079Z"}"#;
    let Ok(Callback::Recurring(callback)) = read(body) else { panic!("a recurring payment") };
    assert_eq!((callback.id.as_str(), callback.status), ("1234567890", TransferStatus::Finished));
    assert_eq!(
        (callback.currency.as_str(), callback.amount.to_string().as_str()),
        ("trx", "12.171365564140688")
    );
    assert_eq!(callback.updated_at.unwrap().timestamp_millis(), 1_785_075_621_079);
    let key = read(body).unwrap().key();
    assert_eq!(key.as_deref(), Some("recurring:1234567890:FINISHED:12.171365564140688"));
    for bad in [body.replace("12.171365564140688", "12,17"), body.replace(r#""trx""#, "null")] {
        assert!(matches!(read(&bad), Err(UnreadableBody::Unexpected { .. })), "{bad}");
    }
}

#[test]
fn the_kinds_are_told_apart_by_their_fields() {
    fn check(body: &str, expected: &str) {
        let kind = match read(body).unwrap_or_else(|problem| panic!("{body}: {problem}")) {
            Callback::Payment(_) => "payment",
            Callback::Payout(_) => "payout",
            Callback::Recurring(_) => "recurring",
            Callback::Other => "other",
        };
        assert_eq!(kind, expected, "{body}");
    }
    check(
        r#"{"payment_id":1,"payment_status":"waiting","id":2,"batch_withdrawal_id":3,"status":"x"}"#,
        "payment",
    );
    check(r#"{"payment\u005fid":1,"payment_status":"waiting"}"#, "payment");
    check(r#"{"id":2,"batch_withdrawal_id":3,"status":"NEW","currency":"trx","amount":1}"#, "payout");
    check(r#"{"id":2,"batchWithdrawalId":3,"status":"NEW"}"#, "payout");
    check(r#"{"id":2,"status":"NEW","currency":"trx","amount":1}"#, "recurring");
    check(r#"{"id":2,"status":"NEW","currency":"trx"}"#, "other");
    check(r#"{"payment_id":1}"#, "other");
    check(r#"{"data":{"payment_id":1,"payment_status":"waiting"}}"#, "other");
    check(r#"[{"payment_id":1,"payment_status":"waiting"}]"#, "other");
    for body in ["{}", "[]", "null", "\"payment_id\"", "-0.50"] {
        check(body, "other");
    }
    assert_eq!(Callback::Other.key(), None);
}

#[test]
fn callbacks_that_tell_the_same_have_the_same_key() {
    let key = |body: &str| read(body).unwrap().key().unwrap();
    assert_eq!(key(PAYMENT), "payment:4412087713:finished:0.2987");
    assert_eq!(key(&PAYMENT.replace("1765249461097", "1765249461098")), key(PAYMENT));
    assert_eq!(
        key(&PAYMENT.replace(r#""actually_paid":0.2987"#, r#""actually_paid":"0.29870""#)),
        key(PAYMENT)
    );
    assert_ne!(key(&PAYMENT.replace(r#""actually_paid":0.2987"#, r#""actually_paid":0.2988"#)), key(PAYMENT));
    assert_ne!(key(&PAYMENT.replace("finished", "sending")), key(PAYMENT));
    assert_eq!(key(r#"{"payment_id":1,"payment_status":"waiting"}"#), "payment:1:waiting:");
}

#[test]
fn half_a_surrogate_pair_is_signed_and_hides_only_the_text_that_has_it() {
    let body = PAYMENT.replace("A-17/3", r"A-17\uD83D");
    let callback = payment(&body);
    assert_eq!(callback.payment_id.as_str(), "4412087713");
    let problem = callback.payment().unwrap_err();
    assert!(
        matches!(&problem, UnreadableBody::Unexpected { message, .. } if message.contains("surrogate")),
        "{problem}"
    );
    // JavaScript escapes it in lower case when it writes it anew.
    let verified = signed_as(&body, &PAYMENT.replace("A-17/3", r"A-17\ud83d")).unwrap();
    assert_eq!(verified.form(), Form::Canonical);
    // In a key that nobody reads it hides nothing.
    let body = r#"{"\ud800":1,"payment_id":17,"payment_status":"waiting"}"#;
    assert_eq!(payment(body).payment_id.as_str(), "17");
}

#[test]
fn errors_say_what_is_wrong() {
    for (error, words) in [
        (CallbackError::NoSecret, "the secret is empty"),
        (
            CallbackError::Invalid(InvalidSignature::Length { found: 127 }),
            "invalid signature: 127 hex digits instead of 128",
        ),
        (
            CallbackError::Unreadable { problem: UnreadableBody::TooDeep, signed: true },
            "unreadable body: it is nested more than 64 deep",
        ),
        (
            CallbackError::Unreadable { problem: UnreadableBody::TooLarge, signed: false },
            "unreadable body: it is larger than 16 MiB, or has more than 1048576 values",
        ),
    ] {
        assert_eq!(error.to_string(), words);
    }
    assert!(!format!("{:?}", check_with(PAYMENT, &sign(""))).contains(SECRET));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), signature in "\\PC{0,140}") {
        let _ = check_with(&bytes, &signature);
        if let Ok(verified) = check_with(&bytes, &sign(&bytes)) {
            let _ = Callback::read(&verified);
        }
    }
}
