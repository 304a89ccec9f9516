use crate::callbacks::Form;

fn canonical(body: impl AsRef<[u8]>) -> String {
    let body = body.as_ref();
    Form::Canonical
        .text(body)
        .unwrap_or_else(|problem| panic!("{}: {problem}", String::from_utf8_lossy(body)))
}

fn documented(body: &str) -> String {
    Form::Documented.text(body.as_bytes()).unwrap_or_else(|problem| panic!("{body}: {problem}"))
}

#[test]
fn numbers_are_written_as_ecmascript_prints_them() {
    for (token, expected) in [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("0e5", "0"),
        ("10.0", "10"),
        ("2.50", "2.5"),
        ("20.00", "20"),
        ("1E5", "100000"),
        ("1e+5", "100000"),
        ("-1.5e-3", "-0.0015"),
        ("0.000002", "0.000002"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1e-7"),
        ("1e-7", "1e-7"),
        ("1e-07", "1e-7"),
        ("0.00000123", "0.00000123"),
        ("0.000000123", "1.23e-7"),
        ("100000000000000000000", "100000000000000000000"),
        ("1e21", "1e+21"),
        ("1e22", "1e+22"),
        ("999999999999999999999", "1e+21"),
        ("12345678901234567890", "12345678901234567000"),
        ("123456789012345678901", "123456789012345680000"),
        ("9007199254740993", "9007199254740992"),
        ("5e-324", "5e-324"),
        ("1e-400", "0"),
        ("-1e-400", "0"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("0.1", "0.1"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("0.1000000000000000055", "0.1"),
        ("0.000041013900000000004", "0.000041013900000000004"),
        ("4.1013900000000004e-5", "0.000041013900000000004"),
        ("1765249461097", "1765249461097"),
    ] {
        assert_eq!(canonical(format!("[{token}]")), format!("[{expected}]"), "{token}");
    }
}

#[test]
fn strings_are_written_with_the_fewest_escapes() {
    for (string, expected) in [
        (r"a\/b", "a/b"),
        (r"\u00e9\u2014\u4e2d", "é—中"),
        (r"\ud83d\ude00", "😀"),
        (r"\uD83D\uDE00", "😀"),
        (r#"\" \\ \u0022 \u005c"#, r#"\" \\ \" \\"#),
        (r"\b\t\n\f\r", r"\b\t\n\f\r"),
        (r"\u0008\u0009\u000a\u000c\u000d", r"\b\t\n\f\r"),
        (r"\u0000\u000b\u000E\u001F", r"\u0000\u000b\u000e\u001f"),
        (r"\u007f\u0080\u2028\u2029\ufeff", "\u{7f}\u{80}\u{2028}\u{2029}\u{feff}"),
        ("\u{7f} \u{2028} \u{2029} é 😀", "\u{7f} \u{2028} \u{2029} é 😀"),
        (r"\uD800", r"\ud800"),
        (r"\uDFFF\uD800", r"\udfff\ud800"),
        (r"\ud800\ud83d\ude00\udC00", "\\ud800😀\\udc00"),
        ("\\ud83d😀", "\\ud83d😀"),
        (r"\ud83dx\ude00", r"\ud83dx\ude00"),
    ] {
        assert_eq!(canonical(format!("[\"{string}\"]")), format!("[\"{expected}\"]"), "{string}");
        assert_eq!(canonical(format!("{{\"{string}\":0}}")), format!("{{\"{expected}\":0}}"), "{string}");
    }
}

#[test]
fn keys_are_sorted_by_utf_16_at_every_depth() {
    for (body, expected) in [
        (r#"{"b":1,"a":2,"B":3,"_":4,"aa":5,"":6}"#, r#"{"":6,"B":3,"_":4,"a":2,"aa":5,"b":1}"#),
        // In bytes, and by code point, it is the other way round.
        ("{\"\u{ff5e}\":1,\"😀\":2,\"z\":3}", "{\"z\":3,\"😀\":2,\"\u{ff5e}\":1}"),
        (r#"{"\uff5e":1,"\ud83d\ude00":2}"#, "{\"😀\":2,\"\u{ff5e}\":1}"),
        (r#"{"\ue000":1,"\udc00":2,"\ud800":3}"#, "{\"\\ud800\":3,\"\\udc00\":2,\"\u{e000}\":1}"),
        (r#"{"é":1,"e":2,"\u0065\u0301":3}"#, "{\"e\":2,\"e\u{301}\":3,\"é\":1}"),
        (r#"[{"b":{"d":1,"c":2},"a":[{"f":1,"e":[]}]}]"#, r#"[{"a":[{"e":[],"f":1}],"b":{"c":2,"d":1}}]"#),
    ] {
        assert_eq!(canonical(body), expected, "{body}");
    }
}

#[test]
fn keys_that_are_array_indices_come_first_as_numbers() {
    let body = r#"{"b":0,"10":1,"9":2,"01":3,"-1":4,"1.5":5,"4294967295":6,"4294967294":7,"4294967296":8,"":9,"0":10,"00":11,"1e3":12,"\u0037":13,"99999999999":14}"#;
    let expected = r#"{"0":10,"7":13,"9":2,"10":1,"4294967294":7,"":9,"-1":4,"00":11,"01":3,"1.5":5,"1e3":12,"4294967295":6,"4294967296":8,"99999999999":14,"b":0}"#;
    assert_eq!(canonical(body), expected);
}

#[test]
fn arrays_keep_their_order_and_become_objects_in_the_documents_form() {
    let body = r#"{"a":[11,10,9,8,7,6,5,4,3,2,1,{"y":0,"x":[]}]}"#;
    assert_eq!(canonical(body), r#"{"a":[11,10,9,8,7,6,5,4,3,2,1,{"x":[],"y":0}]}"#);
    assert_eq!(
        documented(body),
        r#"{"a":{"0":11,"1":10,"2":9,"3":8,"4":7,"5":6,"6":5,"7":4,"8":3,"9":2,"10":1,"11":{"x":{},"y":0}}}"#
    );
    assert_eq!(documented("[null,false,[],{}]"), r#"{"0":null,"1":false,"2":{},"3":{}}"#);
}

#[test]
fn a_key_that_javascript_loses_stays() {
    for body in [r#"{"a":{"__proto__":{"b":1},"c":2}}"#, r#"{"__proto__":null,"constructor":1,"toJSON":{}}"#]
    {
        assert_eq!((canonical(body), documented(body)), (body.to_owned(), body.to_owned()));
    }
}

#[test]
fn a_body_need_not_be_an_object() {
    for (body, expected) in [(" null ", "null"), ("\"a\"", "\"a\""), ("\n-0.50\t", "-0.5"), ("[]", "[]")] {
        assert_eq!(canonical(body), expected);
    }
}
