//! Laying out JSON to be read, token by token: nothing in it is read as a number or a text and written again.

/// Deeper than this nothing is indented further: the text must not become much longer than what came.
const DEEPEST_INDENT: usize = 12;

/// The same JSON with each member and element on a line of its own.
pub(super) fn laid_out(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut rest = json.trim_ascii();
    while let Some(first) = rest.chars().next() {
        let token = match first {
            '"' => text(rest),
            '{' | '[' | '}' | ']' | ',' | ':' => &rest[..1],
            _ => other(rest),
        };
        let after = rest[token.len()..].trim_ascii_start();
        match first {
            '{' | '[' if after.starts_with(['}', ']']) => {
                out.push_str(token);
                out.push_str(&after[..1]);
                rest = after[1..].trim_ascii_start();
                continue;
            }
            '{' | '[' => {
                depth += 1;
                out.push_str(token);
                new_line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push_str(token);
            }
            ',' => {
                out.push_str(token);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => out.push_str(token),
        }
        rest = after;
    }
    out
}

/// The text that `rest` begins with, in its quotes.
fn text(rest: &str) -> &str {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return &rest[..=at],
            _ => {}
        }
    }
    rest
}

/// The number or word that `rest` begins with.
fn other(rest: &str) -> &str {
    let ends = |character: char| character.is_ascii_whitespace() || "{}[],:\"".contains(character);
    &rest[..rest.find(ends).unwrap_or(rest.len())]
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth.min(DEEPEST_INDENT)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_and_texts_stay_as_they_came() {
        let json = r#"{"payment_id":5077125051,"pay_amount": 0.10000000000000000001e-3,"fee":{"a":1E5,"b":-0.0},
            "list":[1,[],{}],"none":null,"text":"a \"b\": {1,2} \\","id":5077125051.0,"payment_id":2}"#;
        let expected = r#"{
  "payment_id": 5077125051,
  "pay_amount": 0.10000000000000000001e-3,
  "fee": {
    "a": 1E5,
    "b": -0.0
  },
  "list": [
    1,
    [],
    {}
  ],
  "none": null,
  "text": "a \"b\": {1,2} \\",
  "id": 5077125051.0,
  "payment_id": 2
}"#;
        assert_eq!(laid_out(json), expected);
        assert_eq!(laid_out(expected), expected);
    }

    #[test]
    fn what_nests_deeply_or_is_no_json_does_no_harm() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(laid_out(&deep).len() < 40 * deep.len());
        for odd in ["", "\"", "\"\\", "}", "]]]", ",", "é", "{\"a\"", "nul", "\u{feff}{}"] {
            laid_out(odd);
        }
    }

    fn value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<i64>().prop_map(Into::into),
            ".{0,12}".prop_map(Into::into),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                proptest::collection::hash_map(".{0,6}", inner, 0..5)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn laid_out_it_means_the_same(value in value()) {
            let read: serde_json::Value = serde_json::from_str(&laid_out(&value.to_string())).unwrap();
            prop_assert_eq!(read, value);
        }
    }
}
