use chrono::{FixedOffset, TimeZone};

use super::*;

/// Two hours east of Greenwich.
fn day_begins(day: NaiveDate) -> DateTime<Utc> {
    let zone = FixedOffset::east_opt(2 * 3600).unwrap();
    zone.from_local_datetime(&day.and_hms_opt(0, 0, 0).unwrap()).unwrap().to_utc()
}

fn parse(typed: &str) -> Result<Search, Failure> {
    // Half past ten in the evening in Greenwich: the owner's next day has begun.
    let now = "2026-03-31T22:30:00Z".parse().unwrap();
    Search::parse(typed, &Context { now, day_begins: &day_begins, statuses: &["finished", "quantum_held"] })
}

/// The conditions as SQL, with the values in their places.
fn sql(typed: &str) -> String {
    let search = parse(typed).unwrap_or_else(|failure| panic!("{typed}: {failure}"));
    let text = |condition: &Condition| {
        let mut sql = QueryBuilder::<Sqlite>::new("");
        condition.push(&mut sql);
        sql.sql().as_str().to_owned()
    };
    let wanted = search.wanted();
    let excluded = search.excluded().iter().map(|condition| format!("NOT ({})", text(condition)));
    let sql = wanted.iter().map(text).chain(excluded).collect::<Vec<_>>().join(" AND ");
    let values = wanted.iter().chain(search.excluded()).map(|condition| match condition {
        Condition::Words(expression) => expression.clone(),
        Condition::OfInvoice(value) => value.clone(),
        Condition::Is(_, values) => values.join(","),
        Condition::Amount(_, _, amount) => amount.to_string(),
        Condition::Made(from, to) => {
            let time = |at: &Option<DateTime<Utc>>| at.map(store::time).unwrap_or_default();
            format!("{}/{}", time(from), time(to))
        }
    });
    format!("{sql} [{}]", values.collect::<Vec<_>>().join(" "))
}

/// The expression of FTS5 that must match.
#[track_caller]
fn check_words(typed: &str, expected: &[&str]) {
    let expected = expected.iter().map(|words| Condition::Words((*words).to_owned())).collect::<Vec<_>>();
    assert_eq!(parse(typed).unwrap(), Search { wanted: expected, excluded: Vec::new() }, "{typed}");
}

#[test]
fn what_is_typed_as_a_word_is_never_syntax() {
    check_words("", &[]);
    check_words("  \t", &[]);
    check_words("coffee", &["\"coffee\"*"]);
    check_words("coffee beans", &["\"coffee\"*", "\"beans\"*"]);
    check_words("order-17", &["\"order-17\"*"]);
    check_words("a\" OR b\"", &["\"a\"\"\"*", "\"OR\"*", "\"b\"\"\"*"]);
    check_words("x:5 ^y* a\0b", &["\"x:5\"*", "\"^y*\"*", "\"a b\"*"]);
    check_words("-- ' \0 %", &["\"\""]);
    check_words("- + \"\" -\"", &["\"\""]);
}

#[test]
fn a_word_with_a_colon_that_is_no_operators_stays_a_word() {
    for word in [
        "https://shop.example/?order=17",
        "bitcoincash:qq5j",
        "stat:failed",
        "a:b:c",
        "12:30",
        "note=5",
        "x>y",
        ":x",
    ] {
        check_words(word, &[&format!("\"{word}\"*")]);
    }
}

#[test]
fn quotes_keep_words_together_and_a_missing_one_goes_to_the_end() {
    check_words("\"two bags\"", &["\"two bags\""]);
    check_words("\"two bags\"now", &["\"two bags\"", "\"now\"*"]);
    check_words("\"two ba", &["\"two ba\"*"]);
    check_words("order:\"A 17\" id:50", &["order_id : \"A 17\"", "id : \"50\"*"]);
    check_words("Address:TVjs purchase:4", &["pay_address : \"TVjs\"*", "purchase_id : \"4\"*"]);
}

#[test]
fn each_operator_is_a_condition() {
    #[track_caller]
    fn check(typed: &str, expected: &str) {
        assert_eq!(sql(typed), expected, "{typed}");
    }
    check("status:failed", "status = ? [failed]");
    check("STATUS:Partially-Paid", "status = ? [partially_paid]");
    check("status:paid", "status = ? [finished]");
    check("status:underpaid", "status = ? [partially_paid]");
    check("status:canceled", "status = ? [cancelled]");
    check("status:quantum_held", "status = ? [quantum_held]");
    check("status:underpaid,FAILED,failed", "status IN (?, ?) [failed,partially_paid]");
    check("status:open", "status IN (?, ?, ?, ?) [confirmed,confirming,sending,waiting]");
    check("coin:ltc,BTC,", "pay_currency IN (?, ?) [btc,ltc]");
    check("coin:BTC currency=eur", "pay_currency = ? AND price_currency = ? [btc eur]");
    check("invoice:452", "invoice_id >= ? AND invoice_id < ? [452]");
    for (sign, means) in
        [(">", ">"), (">=", ">="), ("<", "<"), ("<=", "<="), ("=", "="), (":", "="), (":>=", ">=")]
    {
        check(&format!("amount{sign}12.50"), &format!("price_key {means} ? [12.5]"));
    }
    check("paid>0.000000000000000001", "paid_key > ? [0.000000000000000001]");
    check("after:2026-01-01", "created_at >= ? [2025-12-31T22:00:00.000Z/]");
    check("before:2026-02", "created_at < ? [/2026-01-31T22:00:00.000Z]");
    check(
        "on:2026-03-05",
        "created_at >= ? AND created_at < ? [2026-03-04T22:00:00.000Z/2026-03-05T22:00:00.000Z]",
    );
    check(
        "on:2024-02",
        "created_at >= ? AND created_at < ? [2024-01-31T22:00:00.000Z/2024-02-29T22:00:00.000Z]",
    );
    check(
        "on:2026",
        "created_at >= ? AND created_at < ? [2025-12-31T22:00:00.000Z/2026-12-31T22:00:00.000Z]",
    );
    for (name, from, to) in [
        ("today", "03-31T22", "04-01T22"),
        ("7-days", "03-25T22", "04-01T22"),
        ("this-month", "03-31T22", "04-30T22"),
        ("Last-Month", "02-28T22", "03-31T22"),
    ] {
        let expected =
            format!("created_at >= ? AND created_at < ? [2026-{from}:00:00.000Z/2026-{to}:00:00.000Z]");
        check(&format!("on:{name}"), &expected);
    }
    check("after:today", "created_at >= ? [2026-03-31T22:00:00.000Z/]");
    check(
        "mug -coin:btc -\"gift card\" bag",
        "payments_search MATCH ? AND NOT (pay_currency = ?) AND NOT (payments_search MATCH ?) \
         [\"mug\"* \"bag\"* btc \"gift card\"]",
    );
}

#[test]
fn what_an_operator_cannot_have_is_named_with_what_would_be_right() {
    #[track_caller]
    fn check(typed: &str, words: &[&str]) {
        let failure = parse(typed).unwrap_err();
        assert_eq!(failure.field.as_deref(), Some("search"), "{typed}");
        for word in words {
            assert!(failure.message.contains(word), "{word:?} is not in: {failure}");
        }
    }
    check("mug status:faled", &["“faled”", "waiting", "partially_paid", "quantum_held", "underpaid"]);
    check("status:", &["“status:”", "status:failed"]);
    check("-coin:", &["“coin:”", "coin:btc"]);
    check("coin:bit/coin", &["“bit/coin”", "coin:btc"]);
    check("coin>btc", &["“coin”", "coin:btc"]);
    check("status:failed,faled", &["“faled”"]);
    check("price>100", &["“price>”", "amount>100", "paid>0.5"]);
    assert!(parse("price>100").unwrap_err().message.len() < 120, "all others are in the help");
    for amount in ["12,50", "1e3", "abc", "5eur", "+5", "1_000", &"9".repeat(31)] {
        check(&format!("amount>{amount}"), &["is no amount", "amount>12.50"]);
    }
    for date in
        ["yesterday", "2026-13", "2026-02-30", "05.03.2026", "2026-1-1-1", "26", "-2026", "2026-", "20260305"]
    {
        check(&format!("on:{date}"), &["is no date", "on:2026-03-05", "on:today"]);
    }
    check(&"a".repeat(501), &["500"]);
    check(&format!("status:{}", "x".repeat(200)), &["xxx…”"]);
}
