//! Bodies made up for tests: the same ones in every run.

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// So many values, always the same.
pub(crate) fn made_up<S: Strategy>(how_many: usize, strategy: &S) -> Vec<S::Value> {
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), seed);
    (0..how_many).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Any JSON, with spaces and spellings that JavaScript would not choose. Two keys of an object may be the same.
pub(crate) fn any_json() -> impl Strategy<Value = String> {
    let string =
        r#"("([ -!#-\[\]-~é中😀～\u{7f}\u{2028}]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|\\ud83d\\ude00){0,6}")"#;
    let key = prop_oneof![
        3 => string.boxed(),
        2 => "\"[a-zA-Z_]{0,2}\"".boxed(),
        2 => "\"[0-9]{1,11}\"".boxed(),
        1 => Just("\"__proto__\"".to_owned()).boxed(),
        1 => prop::sample::select(vec!["\"constructor\"", "\"toJSON\"", "\"length\"", "\"4294967294\"", "\"4294967295\""])
            .prop_map(str::to_owned)
            .boxed(),
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just(" true".to_owned()),
        Just("false\n".to_owned()),
        number(),
        string,
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..13)
                .prop_map(|values| format!("[ {} ]", values.join(" ,"))),
            prop::collection::vec((key.clone(), inner), 0..7).prop_map(|members| {
                let members: Vec<String> =
                    members.into_iter().map(|(key, value)| format!("{key} : {value}")).collect();
                format!("{{{}}}", members.join(",\t"))
            }),
        ]
    })
}

/// A number in any spelling. A few are infinite.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,2})?",
        2 => "0\\.0{0,9}[1-9]{1,3}0{0,2}",
        2 => "[1-9][0-9]{15,22}",
        1 => "[1-9]e-?[0-9]{1,3}",
        1 => any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:e}")),
    ]
}

/// A callback about a payment, in the order and the spelling of whatever wrote it anew. Its identifiers are spelled
/// as JavaScript spells them.
pub(crate) fn payments() -> impl Strategy<Value = String> {
    let id = 1_000_000_000_u64..9_999_999_999;
    let text = r#"("([ -!#-\[\]-~é中😀—]|\\u00e9|\\u2014|\\/|\\"){0,12}"|null)"#;
    let amount = prop_oneof!["[0-9]\\.[0-9]{1,8}", "[1-9][0-9]{0,3}\\.0", "[1-9]e-[1-9]", "0"];
    let fields = (
        (id.clone(), prop::option::of(id.clone()), id.clone(), prop::collection::vec(id, 0..3)),
        prop::sample::select(vec!["waiting", "confirming", "partially_paid", "finished", "on_hold"]),
        (amount.clone(), amount.clone(), amount.clone(), amount),
        (text, text),
    );
    fields
        .prop_map(|((id, parent, purchase, extra), status, (price, pay, paid, fee), (order, description))| {
            let parent = parent.map_or("null".to_owned(), |parent| parent.to_string());
            vec![
                format!(r#""payment_id": {id}"#),
                format!(r#""parent_payment_id": {parent}"#),
                format!(r#""purchase_id": "{purchase}""#),
                format!(r#""payment_extra_ids": {extra:?}"#),
                format!(r#""payment_status": "{status}""#),
                format!(r#""price_amount": {price}"#),
                r#""price_currency": "eur""#.to_owned(),
                format!(r#""pay_amount": {pay}"#),
                r#""pay_currency": "ltc""#.to_owned(),
                format!(r#""actually_paid": {paid}"#),
                format!(
                    r#""fee": {{"withdrawalFee": 0, "currency": "ltc", "serviceFee": 0, "depositFee": {fee}}}"#
                ),
                format!(r#""order_id": {order}"#),
                format!(r#""order_description": {description}"#),
                r#""updated_at": 1765249461097"#.to_owned(),
            ]
        })
        .prop_shuffle()
        .prop_map(|fields| format!("{{{}}}", fields.join(", ")))
}
