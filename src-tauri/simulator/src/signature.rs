//! The signature of a callback: hexadecimal HMAC-SHA512 over the body's canonical form.
//!
//! NOWPayments sends exactly what it signs, and what it signs is what JavaScript prints of an object whose keys were
//! sorted, in every object inside it too. Lists keep their order.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::value::RawValue;
use sha2::Sha512;

use crate::address::hex;

/// Signs a text with the IPN secret of the dashboard.
#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
pub(crate) fn sign(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// Writes JSON again with sorted keys and JavaScript's numbers. What is no JSON stays as it is.
///
/// The keys of callbacks are ASCII letters, so that the order of their bytes is that of JavaScript.
pub(crate) fn canonical(json: &str) -> String {
    let within = |value: &RawValue| canonical(value.get());
    match json.as_bytes().first() {
        Some(b'{') => serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(json).map_or_else(
            |_| json.to_owned(),
            |members| {
                let members = members.iter().map(|(key, value)| {
                    format!("{}:{}", serde_json::Value::from(key.as_str()), within(value))
                });
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            },
        ),
        Some(b'[') => serde_json::from_str::<Vec<Box<RawValue>>>(json).map_or_else(
            |_| json.to_owned(),
            |items| format!("[{}]", items.iter().map(|item| within(item)).collect::<Vec<_>>().join(",")),
        ),
        Some(b'-' | b'0'..=b'9') => number(json),
        _ => json.to_owned(),
    }
}

/// A number token as JavaScript prints it after reading it (ECMA-262, `Number::toString`): the shortest digits that
/// mean the same double.
fn number(token: &str) -> String {
    let shortest = match token.parse::<f64>() {
        Ok(value) if value.is_finite() => format!("{value:e}"),
        _ => return token.to_owned(),
    };
    let (sign, shortest) = shortest.strip_prefix('-').map_or(("", shortest.as_str()), |rest| ("-", rest));
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let digits = mantissa.replace('.', "");
    if digits == "0" {
        return digits;
    }
    // The value is 0.DIGITS times ten to the power of `point`.
    let point = exponent.parse::<i32>().unwrap_or_default() + 1;
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let written = match point {
        1..=21 if length <= point => format!("{digits}{}", zeros(point - length)),
        1..=21 => {
            let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or_default());
            format!("{whole}.{fraction}")
        }
        -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ => {
            let (first, rest) = digits.split_at(1);
            let point_and_rest = if rest.is_empty() { String::new() } else { format!(".{rest}") };
            format!("{first}{point_and_rest}e{:+}", point - 1)
        }
    };
    format!("{sign}{written}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        for (token, written) in [
            ("10.0", "10"),
            ("2.50", "2.5"),
            ("1e-7", "1e-7"),
            ("0.0000001", "1e-7"),
            ("0.00000012340", "1.234e-7"),
            ("0.000001", "0.000001"),
            ("1e21", "1e+21"),
            ("1E5", "100000"),
            ("123456789012345678901", "123456789012345680000"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("5e-324", "5e-324"),
            ("-0", "0"),
            ("-12.50", "-12.5"),
            ("1765249461097", "1765249461097"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("14.810600000000000001", "14.8106"),
        ] {
            assert_eq!(number(token), written, "{token}");
        }
    }

    #[test]
    fn keys_are_sorted_at_every_depth_and_lists_keep_their_order() {
        let json = r#"{"b":[{"z":1,"a":2.0},"ü/\"\n"],"a":null,"C":{"d":true,"B":{}}}"#;
        assert_eq!(canonical(json), r#"{"C":{"B":{},"d":true},"a":null,"b":[{"a":2,"z":1},"ü/\"\n"]}"#);
    }

    /// The first test case of RFC 4231 with a key that is text, number 2.
    #[test]
    fn a_signature_is_the_one_of_rfc_4231() {
        assert_eq!(
            sign("Jefe", "what do ya want for nothing?"),
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd\
             caeab1a34d4a6b4b636e070a38bce737"
        );
    }
}
