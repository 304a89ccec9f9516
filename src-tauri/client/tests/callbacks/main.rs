//! Callbacks, against what JavaScript makes of the same bodies. The expected signatures are computed by Node in the
//! same run, in the two ways that NOWPayments has published.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{
    io::Write,
    process::{Command, Stdio},
};

use nowpayments::callbacks::{
    Callback, CallbackError, Form, InvalidSignature, UnreadableBody, Verified, verify,
};
use proptest::prelude::*;
use serde::Deserialize;

mod bodies;

use bodies::{any_json, made_up, payments};

const SECRET: &str = "aL+8/secret of the shop";

/// What JavaScript makes of a body.
#[derive(Deserialize)]
struct Signed {
    /// The signature of the bytes.
    raw: String,
    /// Of the body with sorted keys; `None` when it is not JSON.
    canonical: Option<Text>,
    /// Of that with arrays as objects; `None` when it is neither an object nor an array.
    documented: Option<Text>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
    signature: String,
}

/// Has Node sign bodies, all in one go.
fn sign<B: AsRef<[u8]>>(bodies: &[B]) -> Vec<Signed> {
    let hex = |body: &B| body.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let question = serde_json::json!({
        // Space around it is copied with it.
        "secret": format!("  {SECRET}\n"),
        "bodies": bodies.iter().map(hex).collect::<Vec<_>>(),
    });
    let mut node = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/callbacks/sign.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|problem| {
            panic!("these tests need Node 20 or later, but `node` cannot be run: {problem}")
        });
    // Node reads to the end before it writes.
    node.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "node failed: {}", output.status);
    let signed: Vec<Signed> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(signed.len(), bodies.len());
    signed
}

fn check(body: &[u8], signature: &str) -> Result<Verified, CallbackError> {
    verify(body, signature, &SECRET.into())
}

/// Compares what is made of a body with what JavaScript makes of it, and returns whether it was read.
fn compare(body: &[u8], signed: &Signed) -> bool {
    let shown = String::from_utf8_lossy(body);
    let problem = match Form::Canonical.text(body) {
        Ok(text) => {
            let expected =
                signed.canonical.as_ref().unwrap_or_else(|| panic!("only JavaScript refuses {shown}"));
            assert_eq!(text, expected.text, "{shown}");
            None
        }
        Err(problem) => Some(problem),
    };
    match problem {
        Some(UnreadableBody::NotJson { .. }) if str::from_utf8(body).is_ok() => {
            assert!(signed.canonical.is_none(), "only JavaScript takes {shown}");
            return false;
        }
        // These JavaScript takes, and they are refused nevertheless.
        Some(_) => return false,
        None => {}
    }
    let verified = check(body, &signed.raw).unwrap_or_else(|problem| panic!("{shown}: {problem}"));
    assert_eq!((verified.form(), verified.text()), (Form::Raw, shown.as_ref()));

    let canonical = signed.canonical.as_ref().unwrap();
    let form = if canonical.text == shown { Form::Raw } else { Form::Canonical };
    let verified = check(body, &canonical.signature).unwrap_or_else(|problem| panic!("{shown}: {problem}"));
    assert_eq!((verified.form(), verified.text()), (form, canonical.text.as_str()), "{shown}");

    let Some(documented) = &signed.documented else { return true };
    assert_eq!(Form::Documented.text(body).unwrap(), documented.text, "{shown}");
    let form = if documented.text == canonical.text { form } else { Form::Documented };
    let verified = check(body, &documented.signature).unwrap_or_else(|problem| panic!("{shown}: {problem}"));
    assert_eq!((verified.form(), verified.text()), (form, canonical.text.as_str()), "{shown}");
    true
}

/// The keys that are lost when JavaScript copies an object by assignment.
fn loses_keys(body: &str) -> bool {
    body.contains("__proto__")
}

#[test]
fn hard_cases_are_signed_as_javascript_signs_them() {
    let numbers = [
        "10.0",
        "2.50",
        "1e-7",
        "0.0000001",
        "0.000001",
        "0.00000123",
        "1e21",
        "1E5",
        "-0",
        "-0.0",
        "0e9",
        "1e-400",
        "123456789012345678901",
        "12345678901234567890",
        "9007199254740993",
        "5e-324",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "0.1000000000000000055",
        "4.1013900000000004e-5",
        "100000000000000000000",
        "999999999999999999999",
        "1.5e300",
        "8.41e21",
        "9.0e-265",
        "5e-7",
        "0.30000000000000004",
        "1e23",
        "2e-323",
    ];
    let mut bodies: Vec<String> =
        numbers.iter().map(|number| format!(r#"{{"z":{number},"a":[{number}]}}"#)).collect();
    bodies.extend(
        [
            r#" { "b" : [ ] , "a" : { } } "#,
            r#"{"b":{"d":1,"c":2},"a":[{"f":1,"e":[]}]}"#,
            r#"{"a":[11,10,9,8,7,6,5,4,3,2,1,0]}"#,
            r#"{"a":[null,false,[null],[[]],{},""]}"#,
            "[]",
            "{}",
            "null",
            "-0.50",
            r#""\u00e9""#,
            r#"{"10":1,"9":2,"01":3,"-1":4,"1.5":5,"4294967295":6,"4294967294":7,"4294967296":8,"":9,"0":10,"b":11,"1e3":12}"#,
            r#"{"2147483648":1,"2147483647":2,"99999999999":3,"9007199254740993":4,"10":5}"#,
            r#"{"\u0031\u0030":1,"9":2,"\u0061":3,"A":4}"#,
            "{\"\u{ff5e}\":1,\"😀\":2,\"z\":3,\"é\":4,\"e\u{301}\":5}",
            r#"{"\uff5e":1,"\ud83d\ude00":2,"\ud83d":3,"\ude00":4,"\ue000":5}"#,
            r#"{"a":"\ud800","b":"\udc00\ud800","c":"\ud800x","d":"\ud83d\ud83d\ude00","e":"\uDFFF"}"#,
            "{\"a\":\"\\ud83d😀\"}",
            r#"{"a":"\u0000\u0001\b\t\n\u000b\f\r\u001f\u007f\u0080\u2028\u2029\ufeff\ufffe\uffff"}"#,
            "{\"a\":\"\u{7f}\u{80}\u{2028}\u{2029}\u{feff}\u{fffe}\u{10ffff}\"}",
            r#"{"a":"\/ \" \\ / < > & ' \u0022 \u005C \u002f"}"#,
            r#"{"toJSON":{"b":1,"a":2},"hasOwnProperty":1,"length":2,"valueOf":null,"toString":"x"}"#,
            r#"{"order_description":"Kaffee \u2014 2 \u00d7 500 g","fee":{"withdrawalFee":0,"currency":"btc"},"payment_id":1}"#,
        ]
        .map(str::to_owned),
    );
    let signed = sign(&bodies);
    for (body, signed) in bodies.iter().zip(&signed) {
        assert!(compare(body.as_bytes(), signed), "{body}");
    }
}

#[test]
fn made_up_bodies_are_signed_as_javascript_signs_them() {
    let mut bodies = made_up(300, &payments());
    bodies.extend(made_up(700, &any_json()).into_iter().filter(|body| !loses_keys(body)));
    let signed = sign(&bodies);
    let read = bodies.iter().zip(&signed).filter(|(body, signed)| compare(body.as_bytes(), signed)).count();
    assert!(read >= 700, "only {read} of {} bodies were compared", bodies.len());
    let arrays = signed.iter().filter(|signed| {
        signed
            .documented
            .as_ref()
            .is_some_and(|own| Some(&own.text) != signed.canonical.as_ref().map(|own| &own.text))
    });
    assert!(arrays.count() >= 300, "too few bodies have arrays");
}

#[test]
fn damaged_bodies_are_json_for_us_when_they_are_json_for_javascript() {
    let damaged = (
        prop_oneof![payments(), any_json()],
        any::<prop::sample::Index>(),
        prop_oneof![
            prop::sample::select(b"{}[]\",:\\0123456789.eE+-u \t\n\0ntfa\x1f\x7f".to_vec()),
            any::<u8>()
        ],
        0..3_usize,
    )
        .prop_map(|(body, at, byte, how)| {
            let mut body = body.into_bytes();
            let at = at.index(body.len());
            match how {
                0 => body[at] = byte,
                1 => body.insert(at, byte),
                _ => body.truncate(at),
            }
            body
        });
    let bodies: Vec<Vec<u8>> = made_up(1500, &damaged)
        .into_iter()
        .filter(|body| !loses_keys(&String::from_utf8_lossy(body)))
        .collect();
    let signed = sign(&bodies);
    let mut counts = [0, 0];
    for (body, signed) in bodies.iter().zip(&signed) {
        // An identifier that was damaged may be spelled in another way than JavaScript would.
        let respelled = signed.canonical.as_ref().is_some_and(|text| {
            matches!(
                check(body, &text.signature),
                Err(CallbackError::Invalid(InvalidSignature::Respelled { .. }))
            )
        });
        if !respelled {
            counts[usize::from(compare(body, signed))] += 1;
        }
    }
    assert!(counts.into_iter().all(|count| count >= 200), "{counts:?}");
}

#[test]
fn a_signature_that_leaves_out_a_key_is_not_taken() {
    let bodies = [
        r#"{"a":1,"__proto__":{"payment_id":2}}"#,
        r#"{"a":1,"__proto__":null}"#,
        r#"{"a":1,"__proto__":5}"#,
        r#"{"a":[{"b":{"\u005f_proto__":[1]}}]}"#,
    ];
    for (body, signed) in bodies.iter().zip(sign(&bodies)) {
        let canonical = signed.canonical.unwrap();
        assert!(!canonical.text.contains("__proto__"), "JavaScript keeps it: {}", canonical.text);
        for signature in [canonical.signature, signed.documented.unwrap().signature] {
            let result = check(body.as_bytes(), &signature);
            assert_eq!(result, Err(CallbackError::Invalid(InvalidSignature::Mismatch)), "{body}");
        }
        assert_eq!(check(body.as_bytes(), &signed.raw).unwrap().form(), Form::Raw);
    }
}

#[test]
fn what_javascript_takes_and_loses_is_refused() {
    let bodies = [r#"{"a":1,"a":2}"#, r#"{"a":1,"\u0061":1}"#, r#"{"a":1e400}"#, r#"[-1e400]"#];
    for (body, signed) in bodies.iter().zip(sign(&bodies)) {
        for signature in
            [signed.raw, signed.canonical.unwrap().signature, signed.documented.unwrap().signature]
        {
            let result = check(body.as_bytes(), &signature);
            assert!(matches!(result, Err(CallbackError::Unreadable { .. })), "{body}: {result:?}");
        }
    }
}

#[test]
fn one_changed_byte_is_found_out_in_every_form() {
    let bodies = made_up(12, &payments());
    for (body, signed) in bodies.iter().zip(sign(&bodies)) {
        let canonical = signed.canonical.unwrap();
        let documented = signed.documented.unwrap();
        for (form, signature) in [
            (Form::Raw, signed.raw),
            (Form::Canonical, canonical.signature),
            (Form::Documented, documented.signature),
        ] {
            for at in 0..body.len() {
                let mut changed = body.clone().into_bytes();
                changed[at] ^= 1;
                // A comma for a minus, a quote for a hash. What verifies nevertheless says what was signed.
                let Ok(verified) = check(&changed, &signature) else { continue };
                let shown = String::from_utf8_lossy(&changed);
                assert_ne!(form, Form::Raw, "{shown}");
                assert_eq!(verified.text(), canonical.text, "{shown}");
            }
            for at in 0..signature.len() {
                let mut changed = signature.clone().into_bytes();
                changed[at] = if changed[at] == b'f' { b'e' } else { b'f' };
                let result = check(body.as_bytes(), str::from_utf8(&changed).unwrap());
                assert_eq!(result, Err(CallbackError::Invalid(InvalidSignature::Mismatch)), "at {at}");
            }
        }
    }
}

#[test]
fn made_up_payments_are_read_in_every_form() {
    let bodies = made_up(60, &payments());
    for (body, signed) in bodies.iter().zip(sign(&bodies)) {
        let signatures =
            [signed.raw, signed.canonical.unwrap().signature, signed.documented.unwrap().signature];
        let read = signatures.map(|signature| {
            let verified = check(body.as_bytes(), &signature).unwrap();
            let Callback::Payment(callback) = Callback::read(&verified).unwrap() else { panic!("{body}") };
            let key = Callback::Payment(callback.clone()).key();
            (key, callback.payment().unwrap(), callback.fee().unwrap())
        });
        assert_eq!(read[0], read[1], "{body}");
        assert_eq!(read[1], read[2], "{body}");
    }
}
