use std::cell::Cell;

use super::*;
use crate::callbacks::Form;

thread_local! {
    /// How many bytes were looked at.
    pub(super) static WORK: Cell<usize> = const { Cell::new(0) };
}

/// What is read, written again.
fn written(body: impl AsRef<[u8]>) -> String {
    let body = body.as_ref();
    Form::Canonical
        .text(body)
        .unwrap_or_else(|problem| panic!("{}: {problem}", String::from_utf8_lossy(body)))
}

fn unreadable(body: impl AsRef<[u8]>) -> UnreadableBody {
    let body = body.as_ref();
    Form::Canonical.text(body).err().unwrap_or_else(|| panic!("{} was read", String::from_utf8_lossy(body)))
}

#[test]
fn a_key_that_occurs_twice_is_refused_in_every_spelling() {
    for (body, key) in [
        (r#"{"a":1,"a":1}"#, "a"),
        (r#"{"payment_id":1,"b":[{"x":{"y":1,"z":2,"\u0079":3}}]}"#, "y"),
        (r#"{"payment_id":1,"payment\u005fid":2}"#, "payment_id"),
        (r#"{"1":1,"\u0031":2}"#, "1"),
        (r#"{"":1,"":2}"#, ""),
        ("{\"😀\":1,\"\\ud83d\\ude00\":2}", "😀"),
        (r#"{"\ud800":1,"\uD800":2}"#, "\u{fffd}"),
    ] {
        assert_eq!(unreadable(body), UnreadableBody::DuplicateKey { key: key.to_owned() }, "{body}");
    }
    for body in [r#"{"a":{"a":{"a":1}},"A":1,"a ":2}"#, r#"[{"a":1},{"a":1}]"#, r#"{"\ud800":1,"\ud801":2}"#]
    {
        written(body);
    }
}

#[test]
fn what_is_not_json_is_refused_with_the_place() {
    for (body, at, message) in [
        ("", 0, "expected a value, found the end"),
        ("<html>", 0, "expected a value, found '<'"),
        ("\u{feff}{}", 0, "expected a value, found '\\u{feff}'"),
        ("{", 1, "expected a key in double quotes, found the end"),
        ("{a:1}", 1, "expected a key in double quotes, found 'a'"),
        ("{'a':1}", 1, "expected a key in double quotes, found '\\''"),
        (r#"{"a":1,}"#, 7, "expected a key in double quotes, found '}'"),
        (r#"{"a" 1}"#, 5, "expected a colon, found '1'"),
        (r#"{"a":1 "b":2}"#, 7, "expected a comma or }, found '\"'"),
        (r#"{"a":1]"#, 6, "expected a comma or }, found ']'"),
        ("[1,]", 3, "expected a value, found ']'"),
        ("[1", 2, "expected a comma or ], found the end"),
        ("[1}", 2, "expected a comma or ], found '}'"),
        ("[1] 2", 4, "expected the end, found '2'"),
        ("{}{}", 2, "expected the end, found '{'"),
        ("nul", 0, "expected a value, found 'n'"),
        ("True", 0, "expected a value, found 'T'"),
        ("NaN", 0, "expected a value, found 'N'"),
        ("[nullx]", 5, "expected a comma or ], found 'x'"),
        ("+1", 0, "expected a value, found '+'"),
        ("01", 1, "expected the end, found '1'"),
        ("-", 1, "expected a digit, found the end"),
        ("-a", 1, "expected a digit, found 'a'"),
        (".5", 0, "expected a value, found '.'"),
        ("1.", 2, "expected a digit, found the end"),
        ("1.e5", 2, "expected a digit, found 'e'"),
        ("1e", 2, "expected a digit, found the end"),
        ("1e+", 3, "expected a digit, found the end"),
        ("0x10", 1, "expected the end, found 'x'"),
        ("1_000", 1, "expected the end, found '_'"),
        ("\"a", 2, "expected a closing quote, found the end"),
        ("\"a\nb\"", 2, "expected a control character to be escaped, found '\\n'"),
        ("\"\0\"", 1, "expected a control character to be escaped, found '\\0'"),
        (r#""\x41""#, 2, "expected an escape that JSON knows, found 'x'"),
        ("\"\\é\"", 2, "expected an escape that JSON knows, found 'é'"),
        ("\"\\", 2, "expected an escape that JSON knows, found the end"),
        (r#""\u12""#, 2, "expected an escape with four hex digits, found 'u'"),
        (r#""\u12g4""#, 2, "expected an escape with four hex digits, found 'u'"),
        (r#""\u+123""#, 2, "expected an escape with four hex digits, found 'u'"),
        ("[1,\u{a0}2]", 3, "expected a value, found '\\u{a0}'"),
        ("/* a */ 1", 0, "expected a value, found '/'"),
    ] {
        let problem = UnreadableBody::NotJson { at, message: message.to_owned() };
        assert_eq!(unreadable(body), problem, "{body:?}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    for (body, at) in
        [(&b"[\"\xff\"]"[..], 2), (b"\xff\xfe{\0}\0", 0), (b"\"\xed\xa0\x80\"", 1), (b"\"\xc3", 1)]
    {
        let problem = UnreadableBody::NotJson { at, message: "expected UTF-8".to_owned() };
        assert_eq!(unreadable(body), problem, "{body:?}");
    }
}

#[test]
fn a_number_that_is_infinite_in_javascript_is_refused() {
    for token in ["1e309", "-1e400", "1.8e308", &"9".repeat(400)] {
        let number = shortened(token);
        assert_eq!(unreadable(format!(r#"{{"a":{token}}}"#)), UnreadableBody::NotFinite { number });
    }
}

#[test]
fn nesting_is_read_up_to_its_limit() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]")] {
        let levels = open.matches(['[', '{']).count();
        let nested = |deep: usize| format!("{}0{}", open.repeat(deep), close.repeat(deep));
        assert_eq!(written(nested(DEEPEST / levels)), nested(DEEPEST / levels));
        assert_eq!(unreadable(nested(DEEPEST / levels + 1)), UnreadableBody::TooDeep);
        assert_eq!(unreadable(open.repeat(200_000)), UnreadableBody::TooDeep);
    }
    // Only what is open at once counts.
    written(format!("[{}0]", "[[]],".repeat(10_000)));
}

#[test]
fn size_is_read_up_to_its_limits() {
    let long = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    assert_eq!(written(long(LARGEST_BODY)).len(), LARGEST_BODY);
    assert_eq!(unreadable(long(LARGEST_BODY + 1)), UnreadableBody::TooLarge);

    let zeros = |values: usize| format!("[0{}]", ",0".repeat(values - 2));
    assert_eq!(written(zeros(MOST_VALUES)).len(), 2 * MOST_VALUES - 1);
    assert_eq!(unreadable(zeros(MOST_VALUES + 1)), UnreadableBody::TooLarge);
}

/// The work of reading a body and writing it in both forms.
fn work(body: &str) -> usize {
    WORK.set(0);
    let result = (Form::Canonical.text(body.as_bytes()), Form::Documented.text(body.as_bytes()));
    drop(result);
    WORK.get()
}

#[test]
fn the_work_grows_with_the_body_and_no_faster() {
    let keys = |n: usize, key: &dyn Fn(usize) -> String| {
        format!("{{{}}}", (0..n).map(|i| format!("\"{}\":0", key(i))).collect::<Vec<_>>().join(","))
    };
    let bodies: [(&str, &dyn Fn(usize) -> String); 12] = [
        ("open brackets", &|n| "[".repeat(n)),
        ("closed brackets", &|n| format!("[{}0]", "[],".repeat(n / 3))),
        ("deep branches", &|n| {
            format!("[{}0]", format!("{}{},", "[".repeat(60), "]".repeat(60)).repeat(n / 121))
        }),
        ("digits", &|n| "1".repeat(n)),
        ("decimals", &|n| format!("0.{}", "1".repeat(n))),
        ("many numbers", &|n| format!("[0{}]", ",0.1".repeat(n / 4))),
        ("escapes", &|n| format!("\"{}\"", r"\ud800".repeat(n / 6))),
        ("an unending string", &|n| format!("\"{}", "x".repeat(n))),
        ("space", &|n| format!("{}1", " ".repeat(n))),
        ("keys in order", &|n| keys(n / 12, &|i| format!("{i:08}"))),
        ("keys out of order", &|n| keys(n / 12, &|i| format!("{:08}", (i * 7919) % 1_000_003))),
        ("long keys that differ at their end", &|n| {
            keys(n / 1012, &|i| format!("{}{i:08}", "k".repeat(1000)))
        }),
    ];
    for (name, body) in bodies {
        let (small, large) = (body(20_000), body(320_000));
        let (less, more) = (work(&small), work(&large));
        // Sorting n keys takes n log n comparisons: log n grows by less than two in this step. Quadratic would be 256.
        let bound = 16 * 2 * less + 10_000;
        assert!(more <= bound, "{name}: {less} for {}, {more} for {}", small.len(), large.len());
        // And it is little: some fifty looks at each byte at the most, and those for sorting.
        assert!(more <= 50 * large.len(), "{name}: {more} for {}", large.len());
    }
}

#[test]
fn megabytes_of_digits_are_read() {
    let nines = "9".repeat(1_000_000);
    assert_eq!(unreadable(&nines), UnreadableBody::NotFinite { number: shortened(&nines) });
    assert_eq!(written(format!("0.{}1", "0".repeat(1_000_000))), "0");
}
