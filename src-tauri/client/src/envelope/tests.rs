use super::*;
use crate::Amount;

#[derive(Debug, PartialEq, Deserialize)]
struct Thing {
    id: u32,
    amount: Amount,
}

const ONE: &str = r#"{"id": 1, "amount": 0.000041013900000000004}"#;
const TWO: &str = r#"{"id": 2, "amount": "7"}"#;

fn page(body: &str) -> Page<Thing> {
    json(body.as_bytes()).unwrap_or_else(|problem| panic!("{body}: {problem}"))
}

#[test]
fn one_thing_is_read_from_every_envelope() {
    for body in [
        format!(r#"{{"result": {ONE}}}"#),
        format!(r#"{{"result": [{ONE}]}}"#),
        format!(r#"{{"success": true, "result": {ONE}, "more": {{"result": 5}}}}"#),
        ONE.to_owned(),
    ] {
        let thing: Thing = result(body.as_bytes()).unwrap_or_else(|problem| panic!("{body}: {problem}"));
        assert_eq!((thing.id, thing.amount.to_string().as_str()), (1, "0.000041013900000000004"), "{body}");
    }
}

#[test]
fn what_is_wrong_with_one_thing_is_told_with_its_place() {
    fn check(body: &str, path: &str, words: &str) {
        let problem = result::<Thing>(body.as_bytes()).unwrap_err();
        assert_eq!(problem.path, path, "{body}: {problem}");
        assert!(problem.message.contains(words), "{body}: {problem}");
    }
    check(r#"{"result": {"id": 1, "amount": "many"}}"#, "result.amount", "invalid amount");
    check(r#"{"result": [{"id": 1, "amount": "many"}]}"#, "result[0].amount", "invalid amount");
    check(r#"{"id": 1, "amount": "many"}"#, "amount", "invalid amount");
    check(r#"{"result": []}"#, "result", "invalid length 0, expected an array of one");
    check(&format!(r#"{{"result": [{ONE}, {TWO}]}}"#), "result", "invalid length 2");
    check(r#"{"result": null}"#, "result", "expected an object or an array");
    check(r#"{"result": "ok"}"#, "result", "expected an object or an array");
    check("{}", "", "missing field `id`");
    check("[]", "", "invalid");
    check("", "", "expected JSON");
    check("<html>", "", "HTML page");
    check(r#"{"result": {"id": 1"#, "", "expected JSON");
}

#[test]
fn a_page_is_read_from_every_envelope() {
    for name in ["result", "data", "rows", "payouts", "conversions", "users", "transfers"] {
        let page = page(&format!(r#"{{"{name}": [{ONE}, {TWO}], "brand_new": []}}"#));
        assert_eq!((page.items.len(), page.items[1].id, page.count), (2, 2, None), "{name}");
    }
    assert_eq!(page(&format!(r#"{{"result": {{"rows": [{TWO}]}}}}"#)).items[0].id, 2);
    assert_eq!(page(&format!("[{TWO}]")).items[0].id, 2);
    assert_eq!(page(r#"{"result": []}"#).items, []);
    let both = format!(r#"{{"data": [], "result": [{TWO}], "rows": null}}"#);
    assert_eq!(page(&both).items[0].id, 2, "the documented one");
}

#[test]
fn a_count_is_read_wherever_it_is() {
    fn check(body: &str, count: Option<u32>) {
        assert_eq!(page(body).count, count, "{body}");
    }
    check(r#"{"result": [], "count": 7}"#, Some(7));
    check(r#"{"result": [], "count": "7"}"#, Some(7));
    check(r#"{"result": [], "count": null}"#, None);
    check(r#"{"data": [], "total": 7, "limit": 10}"#, Some(7));
    check(r#"{"result": [], "count": 7, "total": 8}"#, Some(7));
    check(r#"{"result": {"count": 7, "rows": []}}"#, Some(7));
}

#[test]
fn what_is_wrong_with_a_page_is_told_with_its_place() {
    fn check(body: &str, path: &str) {
        let problem = json::<Page<Thing>>(body.as_bytes()).unwrap_err();
        assert_eq!(problem.path, path, "{body}: {problem}");
    }
    check(&format!(r#"{{"result": [{ONE}, {{"id": 1}}]}}"#), "result[1]");
    check(r#"{"result": {"rows": [{"id": 1, "amount": []}]}}"#, "result.rows[0].amount");
    check(r#"{"result": 7}"#, "result");
    check(r#"{"result": null}"#, "");
    check(r#"{"count": 7}"#, "");
    let deep = r#"{"result":"#.repeat(100_000);
    assert!(json::<Page<Thing>>(deep.as_bytes()).unwrap_err().message.contains("expected JSON"));
}
