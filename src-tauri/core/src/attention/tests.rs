use std::{collections::BTreeSet, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};
use sqlx::migrate::Migrator;

use super::{
    list::{Cursor, KINDS, statement},
    notice::statements,
    *,
};
use crate::{changes::Changed, failure::FailureCode, payments::several::take, store};

/// When all that happens here was made known.
fn now() -> DateTime<Utc> {
    "2026-03-20T12:00:00Z".parse().unwrap()
}

fn days_ago(days: i64) -> String {
    store::time(now() - TimeDelta::days(days))
}

/// A payment of 0.5 ltc for 25 usd, as the API would answer.
fn payment(id: u64, status: &str, paid: &str, changed: String) -> Value {
    json!({
        "payment_id": id, "payment_status": status, "pay_address": "ltc1qexample", "price_amount": 25,
        "price_currency": "usd", "pay_amount": "0.5", "actually_paid": paid, "pay_currency": "ltc",
        "order_id": format!("ORDER-{id}"), "purchase_id": 9000 + id, "created_at": days_ago(8),
        "updated_at": changed,
    })
}

fn with(mut payment: Value, own: Value) -> Value {
    payment.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    payment
}

async fn shop(folder: &Path) -> Attention {
    let ctx = ShopContext::for_test(folder).await;
    Attention::new(ctx.clone(), Payouts::new(ctx))
}

async fn happens(attention: &Attention, answers: &[Value]) {
    let mut db = attention.ctx.write().await.unwrap();
    take(&mut db, answers, now()).await;
    db.commit().await.unwrap();
}

async fn on(attention: &Attention, shelf: AttentionShelf) -> Vec<AttentionCase> {
    let query = AttentionQuery { shelf, kind: None, limit: 500, after: None };
    attention.list(query).await.unwrap().rows
}

/// What is open: the payment and what is wrong.
async fn open(attention: &Attention) -> Vec<(String, AttentionKind)> {
    on(attention, AttentionShelf::Open).await.into_iter().map(|case| (case.payment.id, case.kind)).collect()
}

fn wrong(id: u64, kind: AttentionKind) -> (String, AttentionKind) {
    (id.to_string(), kind)
}

#[tokio::test]
async fn what_went_as_it_should_makes_no_case() {
    let folder = tempfile::tempdir().unwrap();
    let attention = shop(folder.path()).await;
    let fine = [
        ("waiting", "0"),
        ("confirming", "0.5"),
        ("finished", "0.5"),
        ("finished", "0.500"),
        ("finished", "0.49"), // NOWPayments lets little be missing
        ("expired", "0"),
        ("refunded", "0.5"),
        ("quantum_held", "0.7"),
    ];
    let answers = (1..).zip(fine).map(|(id, (status, paid))| payment(id, status, paid, days_ago(0)));
    happens(&attention, &answers.collect::<Vec<_>>()).await;
    assert_eq!(open(&attention).await, []);
}

#[tokio::test]
async fn each_kind_says_how_many_coins_it_is_about_and_what_they_are_worth_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let attention = shop(folder.path()).await;
    let child = |coin: &str, own: Value| {
        with(json!({ "parent_payment_id": 1, "pay_currency": coin, "purchase_id": 9001 }), own)
    };
    let answers = [
        payment(1, "finished", "0.5", days_ago(5)),
        payment(2, "partially_paid", "0.123456789", days_ago(1)),
        payment(3, "finished", "0.500000000000000001", days_ago(1)),
        payment(4, "expired", "0.1", days_ago(1)),
        payment(5, "failed", "0", days_ago(1)),
        payment(6, "sending", "0.5", days_ago(2)),
        with(payment(7, "finished", "0.5", days_ago(1)), child("ltc", json!({}))),
        with(
            payment(8, "finished", "3", days_ago(1)),
            child("btc", json!({ "pay_amount": "3", "actually_paid_at_fiat": 7.25 })),
        ),
    ];
    happens(&attention, &answers).await;
    type Expected = (AttentionKind, Option<&'static str>, Option<(&'static str, bool)>, Option<&'static str>);
    let expected: [(u64, Expected); 7] = [
        (2, (AttentionKind::Underpaid, Some("0.376543211"), Some(("18.82", true)), Some("0.123456789"))),
        (
            3,
            (
                AttentionKind::Overpaid,
                Some("0.000000000000000001"),
                Some(("0", true)),
                Some("0.000000000000000001"),
            ),
        ),
        (4, (AttentionKind::Late, Some("0.1"), Some(("5", true)), None)),
        (5, (AttentionKind::Failed, None, None, None)),
        (6, (AttentionKind::Stuck, Some("0.5"), Some(("25", false)), None)),
        (7, (AttentionKind::Repeated, Some("0.5"), Some(("25", false)), Some("0.5"))),
        (8, (AttentionKind::WrongAsset, Some("3"), Some(("7.25", false)), Some("3"))),
    ];
    let cases = on(&attention, AttentionShelf::Open).await;
    assert_eq!(cases.len(), expected.len());
    for (id, (kind, amount, worth, refundable)) in expected {
        let case = cases.iter().find(|case| case.payment.id == id.to_string()).unwrap();
        let text = |amount: &Option<Amount>| amount.as_ref().map(ToString::to_string);
        assert_eq!(case.kind, kind, "{id}");
        assert_eq!(text(&case.amount).as_deref(), amount, "{id}");
        let found = case.worth.as_ref().map(|worth| (worth.amount.to_string(), worth.about));
        assert_eq!(found, worth.map(|(amount, about)| (amount.to_owned(), about)), "{id}");
        assert_eq!(text(&case.refundable).as_deref(), refundable, "{id}");
        assert_eq!(case.parent.as_ref().map(|parent| parent.id.as_str()), (id > 6).then_some("1"), "{id}");
        assert_eq!(attention.get(case.id).await.unwrap(), *case);
        assert_eq!(attention.of_payment(&case.payment.id).await.unwrap(), std::slice::from_ref(case));
    }
    assert_eq!(attention.of_payment("1").await.unwrap(), []);
    assert_eq!(attention.get(404).await.unwrap_err().code, FailureCode::NotFound);
}

#[tokio::test]
async fn a_case_ends_by_itself_when_what_was_wrong_is_over_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let attention = shop(folder.path()).await;
    happens(&attention, &[payment(1, "partially_paid", "0.4", days_ago(2))]).await;
    assert_eq!(open(&attention).await, [wrong(1, AttentionKind::Underpaid)]);
    happens(&attention, &[payment(1, "finished", "0.5", days_ago(1))]).await;
    assert_eq!(open(&attention).await, []);
    let settled = on(&attention, AttentionShelf::Settled).await;
    assert_eq!(settled.len(), 1);
    assert_eq!(settled[0].settled, Some(Settled { at: now(), by: SettledBy::Itself, note: None }));
    // More came than was missing, which is another thing.
    happens(&attention, &[payment(1, "finished", "0.6", days_ago(0))]).await;
    assert_eq!(open(&attention).await, [wrong(1, AttentionKind::Overpaid)]);
    happens(&attention, &[payment(1, "refunded", "0.6", store::time(now() + TimeDelta::hours(1)))]).await;
    assert_eq!(attention.count().await.unwrap(), AttentionCount { open: 0, earlier: 0, settled: 2 });
}

#[tokio::test]
async fn a_further_payment_of_the_purchase_brings_the_rest_and_takes_it_away_again() {
    let folder = tempfile::tempdir().unwrap();
    let attention = shop(folder.path()).await;
    let further =
        |status, at| with(payment(2, status, "0.1", at), json!({ "purchase_id": 9001, "pay_amount": "0.1" }));
    let lacking = payment(1, "partially_paid", "0.4", days_ago(4));
    happens(&attention, &[further("waiting", days_ago(3)), lacking]).await;
    assert_eq!(open(&attention).await, [wrong(1, AttentionKind::Underpaid)]);
    happens(&attention, &[further("finished", days_ago(2))]).await;
    assert_eq!(open(&attention).await, []);
    happens(&attention, &[further("refunded", days_ago(1))]).await;
    assert_eq!(open(&attention).await, [wrong(1, AttentionKind::Underpaid)]);

    // The same when nothing was lacking as it was first seen.
    let further = |status, at| with(payment(4, status, "0.1", at), json!({ "purchase_id": 9003 }));
    let lacking = payment(3, "partially_paid", "0.4", days_ago(4));
    happens(&attention, &[further("finished", days_ago(3)), lacking]).await;
    assert_eq!(open(&attention).await, [wrong(1, AttentionKind::Underpaid)]);
    happens(&attention, &[further("refunded", days_ago(1))]).await;
    assert!(open(&attention).await.contains(&wrong(3, AttentionKind::Underpaid)));
}

#[tokio::test]
async fn what_the_owner_settled_comes_back_for_another_reason_only() {
    let folder = tempfile::tempdir().unwrap();
    let attention = shop(folder.path()).await;
    happens(&attention, &[payment(1, "partially_paid", "0.3", days_ago(3))]).await;
    let id = on(&attention, AttentionShelf::Open).await[0].id;
    let settled = attention.settle(id, Some("  let it be \n")).await.unwrap();
    assert_eq!(settled.shelf, AttentionShelf::Settled);
    let by_owner = Settled {
        at: settled.settled.clone().unwrap().at,
        by: SettledBy::Owner,
        note: Some("let it be".to_owned()),
    };
    assert_eq!(settled.settled, Some(by_owner.clone()));

    happens(&attention, &[payment(1, "partially_paid", "0.4", days_ago(2))]).await;
    assert_eq!(open(&attention).await, [], "still less than was to be paid");
    happens(&attention, &[payment(1, "finished", "0.7", days_ago(1))]).await;
    assert_eq!(open(&attention).await, [wrong(1, AttentionKind::Overpaid)]);
    assert_eq!(attention.get(id).await.unwrap().settled, Some(by_owner), "and what was settled stays");

    let too_long = attention.settle(id, Some(&"x".repeat(501))).await.unwrap_err();
    assert_eq!(too_long.field.as_deref(), Some("note"));
    assert_eq!(attention.settle(404, None).await.unwrap_err().code, FailureCode::NotFound);
}

#[tokio::test]
async fn settling_can_be_taken_back_and_ends_by_itself_if_it_is_over_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let attention = shop(folder.path()).await;
    let old = days_ago(40);
    happens(
        &attention,
        &[
            payment(1, "partially_paid", "0.3", days_ago(3)),
            with(payment(2, "failed", "0", old.clone()), json!({ "created_at": old })),
        ],
    )
    .await;
    for (shelf, payment) in [(AttentionShelf::Open, "1"), (AttentionShelf::Earlier, "2")] {
        let before = on(&attention, shelf).await;
        assert_eq!(before[0].payment.id, payment);
        attention.settle(before[0].id, Some("a mistake")).await.unwrap();
        assert_eq!(on(&attention, shelf).await, []);
        assert_eq!(attention.reopen(before[0].id).await.unwrap(), before[0]);
        assert_eq!(on(&attention, shelf).await, before);
        assert_eq!(attention.reopen(before[0].id).await.unwrap(), before[0], "again changes nothing");
    }
    let id = on(&attention, AttentionShelf::Open).await[0].id;
    attention.settle(id, None).await.unwrap();
    happens(&attention, &[payment(1, "finished", "0.5", days_ago(1))]).await;
    let reopened = attention.reopen(id).await.unwrap();
    assert_eq!(reopened.settled.map(|settled| settled.by), Some(SettledBy::Itself));
    assert_eq!(attention.reopen(404).await.unwrap_err().code, FailureCode::NotFound);
}

#[tokio::test]
async fn what_stands_still_is_found_by_the_time_and_is_over_when_it_moves() {
    let folder = tempfile::tempdir().unwrap();
    let attention = shop(folder.path()).await;
    let mut changes = attention.ctx.changes();
    let hours = |hours| now() + TimeDelta::hours(hours);
    let waiting = payment(1, "waiting", "0", days_ago(6));
    happens(&attention, &[waiting, payment(2, "confirming", "0.5", days_ago(0))]).await;
    attention.look_for_stuck(hours(24)).await.unwrap();
    assert_eq!(open(&attention).await, []);
    assert!(changes.try_recv().is_err(), "nothing changed");
    for _ in 0..2 {
        attention.look_for_stuck(hours(25)).await.unwrap();
        assert_eq!(open(&attention).await, [wrong(2, AttentionKind::Stuck)]);
    }
    assert_eq!(changes.try_recv().unwrap(), Changed::Attention);
    assert!(changes.try_recv().is_err(), "found once");

    // The owner does not want to hear of it while it stands there; standing elsewhere is another thing.
    let id = on(&attention, AttentionShelf::Open).await[0].id;
    attention.settle(id, None).await.unwrap();
    attention.look_for_stuck(hours(48)).await.unwrap();
    assert_eq!(open(&attention).await, []);
    happens(&attention, &[payment(2, "sending", "0.5", store::time(hours(1)))]).await;
    attention.look_for_stuck(hours(26)).await.unwrap();
    assert_eq!(open(&attention).await, [wrong(2, AttentionKind::Stuck)]);
    happens(&attention, &[payment(2, "finished", "0.5", store::time(hours(2)))]).await;
    assert_eq!(open(&attention).await, []);
}

#[tokio::test]
async fn what_is_old_when_it_is_first_seen_lies_apart_until_something_new_happens_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let attention = shop(folder.path()).await;
    let old = |id, days, paid| {
        with(payment(id, "partially_paid", paid, days_ago(days)), json!({ "created_at": days_ago(90) }))
    };
    happens(&attention, &[old(1, 31, "0.1"), old(2, 30, "0.1")]).await;
    assert_eq!(open(&attention).await, [wrong(2, AttentionKind::Underpaid)]);
    assert_eq!(attention.count().await.unwrap(), AttentionCount { open: 1, earlier: 1, settled: 0 });
    happens(&attention, &[old(1, 3, "0.2")]).await;
    assert_eq!(attention.count().await.unwrap(), AttentionCount { open: 2, earlier: 0, settled: 0 });
}

#[tokio::test]
async fn pages_of_every_shelf_and_kind_come_newest_first_without_a_gap_or_a_double() {
    let folder = tempfile::tempdir().unwrap();
    let attention = shop(folder.path()).await;
    let statuses = ["failed", "partially_paid"];
    let answers = (1..=23).map(|id| {
        // Some at the same time.
        let at = store::time(now() - TimeDelta::hours(i64::try_from(id).unwrap() / 3));
        payment(id, statuses[usize::from(id % 3 == 0)], "0.1", at)
    });
    happens(&attention, &answers.collect::<Vec<_>>()).await;
    for id in [2, 5, 9] {
        attention.settle(id, None).await.unwrap();
    }
    for shelf in [AttentionShelf::Open, AttentionShelf::Settled] {
        let all = on(&attention, shelf).await;
        for kind in [None, Some(AttentionKind::Failed), Some(AttentionKind::Underpaid)] {
            let mut query = AttentionQuery { shelf, kind, limit: 4, after: None };
            let mut found = Vec::new();
            loop {
                let page = attention.list(query.clone()).await.unwrap();
                assert_eq!(page.kinds.iter().map(|kind| kind.count as usize).sum::<usize>(), all.len());
                assert_eq!(page.shelves, AttentionCount { open: 20, earlier: 0, settled: 3 });
                found.extend(page.rows);
                query.after = page.next;
                if query.after.is_none() {
                    assert_eq!(page.total as usize, found.len());
                    break;
                }
            }
            let matches = |case: &&AttentionCase| kind.is_none_or(|kind| case.kind == kind);
            let expected: Vec<_> = all.iter().filter(matches).cloned().collect();
            assert_eq!(found, expected, "{shelf:?} {kind:?}");
            if shelf == AttentionShelf::Open {
                assert!(found.is_sorted_by_key(|case| std::cmp::Reverse(case.since)));
            }
        }
    }
    for after in ["", "5", "yesterday_5", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z_x"] {
        let query = AttentionQuery {
            shelf: AttentionShelf::Open,
            kind: None,
            limit: 4,
            after: Some(after.to_owned()),
        };
        assert_eq!(attention.list(query).await.unwrap_err().field.as_deref(), Some("after"), "{after}");
    }
}

/// The lives that payments have: a status, what was paid by then, and how many hours ago.
const LIVES: [&[(&str, &str, i64)]; 9] = [
    &[("waiting", "0", 90), ("confirming", "0.4", 80)],
    &[("waiting", "0", 90), ("confirming", "0.5", 80), ("sending", "0.5", 5)],
    &[("waiting", "0", 90), ("confirming", "0.5", 80), ("finished", "0.5", 70)],
    &[("waiting", "0", 90), ("confirming", "0.4", 80), ("partially_paid", "0.4", 70)],
    &[("confirming", "0.4", 80), ("partially_paid", "0.4", 70), ("finished", "0.5", 60)],
    &[("waiting", "0", 90), ("confirming", "0.6", 80), ("finished", "0.6", 70), ("refunded", "0.6", 60)],
    &[("waiting", "0", 90), ("confirming", "0.6", 80), ("finished", "0.6", 70)],
    &[("waiting", "0", 90), ("expired", "0", 80)],
    &[("waiting", "0", 90), ("failed", "0", 80)],
];

/// What should be open in the end, found without the database: of a payment, one that repeats it in `coin`, and a later
/// one of the same purchase.
fn expected(lives: [usize; 3], coin: &str) -> BTreeSet<(String, &'static str)> {
    let [first, repeated, further] = lives.map(|life| LIVES[life].last().copied().unwrap());
    let mut wrong = BTreeSet::new();
    let paid = |(_, paid, _): (&str, &str, i64)| paid.parse::<Amount>().unwrap();
    for (id, end) in [("1", first), ("2", repeated), ("3", further)] {
        let kind = match end.0 {
            "failed" => Some("Failed"),
            "refunded" => None,
            _ if id == "2" && paid(end).is_zero() => None,
            _ if id == "2" && coin != "ltc" => Some("WrongAsset"),
            _ if id == "2" && matches!(first.0, "expired" | "failed") => Some("Late"),
            _ if id == "2" => Some("Repeated"),
            "partially_paid" if id == "1" && further.0 == "finished" => None,
            "partially_paid" => Some("Underpaid"),
            "finished" if paid(end) > "0.5".parse().unwrap() => Some("Overpaid"),
            _ => None,
        };
        wrong.extend(kind.map(|kind| (id.to_owned(), kind)));
        if matches!(end.0, "confirming" | "sending") && end.2 > 24 {
            wrong.insert((id.to_owned(), "Stuck"));
        }
    }
    wrong
}

fn answers(lives: [usize; 3], coin: &str) -> Vec<Value> {
    let mut answers = Vec::new();
    for (id, life) in [1_u64, 2, 3].into_iter().zip(lives) {
        let own = match id {
            2 => json!({ "parent_payment_id": 1, "pay_currency": coin, "purchase_id": 9001 }),
            3 => json!({ "created_at": days_ago(7), "purchase_id": 9001 }),
            _ => json!({}),
        };
        for (status, paid, hours) in LIVES[life] {
            let at = store::time(now() - TimeDelta::hours(*hours));
            answers.push(with(payment(id, status, paid, at), own.clone()));
        }
    }
    answers
}

fn lives() -> impl Strategy<Value = (Vec<Value>, BTreeSet<(String, &'static str)>)> {
    let life = || 0..LIVES.len();
    (life(), life(), life(), select(vec!["ltc", "doge"])).prop_flat_map(|(first, repeated, further, coin)| {
        let lives = [first, repeated, further];
        (Just(answers(lives, coin)).prop_shuffle(), Just(expected(lives, coin)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_the_same_answers_however_often_leaves_the_same_cases_open(
        (answers, expected) in lives(), size in 1_usize..9,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let attention = shop(folder.path()).await;
            for _ in 0..2 {
                for page in answers.chunks(size) {
                    happens(&attention, page).await;
                }
                let open = on(&attention, AttentionShelf::Open).await;
                let found: BTreeSet<_> =
                    open.iter().map(|case| (case.payment.id.clone(), format!("{:?}", case.kind))).collect();
                assert_eq!(found.len(), open.len(), "each once");
                let expected: BTreeSet<_> =
                    expected.iter().map(|(id, kind)| (id.clone(), (*kind).to_owned())).collect();
                assert_eq!(found, expected, "{answers:#?}");
            }
            attention.ctx.close().await;
        });
    }
}

async fn plan(attention: &Attention, statement: &str) -> String {
    let sql = format!("EXPLAIN QUERY PLAN {statement}");
    let lines: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&attention.ctx.db).await.unwrap();
    lines.into_iter().map(|(.., line)| line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn no_change_and_no_page_reads_more_of_the_tables_than_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let attention = shop(folder.path()).await;
    for (name, statement) in statements::all() {
        let plan = plan(&attention, &statement).await;
        for table in ["p", "payments", "parent", "further", "attention_cases"] {
            let whole =
                |line: &str| line == format!("SCAN {table}") || line.starts_with(&format!("SCAN {table} "));
            assert!(!plan.lines().any(whole), "{name}: {plan}");
        }
        if matches!(name, "end" | "open") {
            // Payments are sought by their numbers, never among all of a status.
            for sought in ["SEARCH p ", "SEARCH payments ", "SEARCH further "] {
                let found: Vec<_> = plan.lines().filter(|line| line.starts_with(sought)).collect();
                assert!(!found.is_empty(), "{name}: {plan}");
                let by_number = format!("{sought}USING INTEGER PRIMARY KEY (rowid=?)");
                assert!(found.iter().all(|line| **line == by_number), "{name}: {plan}");
            }
        }
    }
    let after = Cursor { at: days_ago(1), id: 5 };
    for (kind, index) in
        [(None, "attention_cases_by_time"), (Some(AttentionKind::Failed), "attention_cases_by_kind")]
    {
        let query = AttentionQuery { shelf: AttentionShelf::Open, kind, limit: 9, after: None };
        for after in [None, Some(&after)] {
            let plan = plan(&attention, statement(&query, after, 9).sql().as_str()).await;
            assert!(plan.starts_with(&format!("SEARCH attention_cases USING INDEX {index}")), "{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
    let plan = plan(&attention, KINDS).await;
    assert!(
        plan.starts_with("SEARCH attention_cases USING COVERING INDEX attention_cases_by_kind"),
        "{plan}"
    );
}

#[tokio::test]
async fn what_was_cached_before_there_were_cases_gets_them() {
    let folder = tempfile::tempdir().unwrap();
    let before = folder.path().join("before");
    std::fs::create_dir(&before).unwrap();
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/shop");
    for file in std::fs::read_dir(migrations).unwrap() {
        let name = file.as_ref().unwrap().file_name();
        if name.to_string_lossy().as_ref() < "0007" {
            std::fs::copy(file.unwrap().path(), before.join(name)).unwrap();
        }
    }
    let before = Migrator::new(before.as_path()).await.unwrap();
    let old = store::open(&folder.path().join("shop.sqlite"), Box::leak(Box::new(before))).await.unwrap();
    let rows = [
        ("1", "partially_paid", "9.9", "0199", None, days_ago(2)),
        ("2", "finished", "10.1", "02101", None, days_ago(3)),
        ("3", "finished", "10", "0210", None, days_ago(0)),
        ("4", "finished", "10", "0210", Some("3"), days_ago(1)),
        ("5", "failed", "0", "00", None, days_ago(31)),
        ("6", "waiting", "0", "00", None, days_ago(0)),
    ];
    for (id, status, paid, key, parent, at) in rows {
        sqlx::query(
            "INSERT INTO payments (id, status, price_amount, price_currency, pay_amount, actually_paid, paid_key, \
             pay_currency, purchase_id, parent_payment_id, created_at, updated_at, answer) \
             VALUES (?1, ?2, '20', 'eur', '10', ?3, ?4, 'ltc', '7' || ?1, ?5, ?6, ?6, '{}')",
        )
        .bind(id)
        .bind(status)
        .bind(paid)
        .bind(key)
        .bind(parent)
        .bind(at)
        .execute(&old)
        .await
        .unwrap();
    }
    old.close().await;

    let attention = shop(folder.path()).await;
    let open = open(&attention).await;
    let expected = [
        wrong(4, AttentionKind::Repeated),
        wrong(1, AttentionKind::Underpaid),
        wrong(2, AttentionKind::Overpaid),
    ];
    assert_eq!(open, expected);
    assert_eq!(attention.count().await.unwrap(), AttentionCount { open: 3, earlier: 1, settled: 0 });
}
