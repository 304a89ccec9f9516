use std::{cmp::Ordering, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::Amount;
use proptest::{prelude::*, sample::select};
use sqlx::{SqlitePool, migrate::Migrator};

use super::{page::NEAR, *};
use crate::{
    payments::{
        self, PaymentColumn, PaymentRow, Worth,
        cache::{Answered, absorb},
    },
    shops::ShopContext,
    store,
};

/// A payment as the provider would answer it.
#[derive(Debug, Clone)]
struct Made {
    status: &'static str,
    order: Option<&'static str>,
    description: Option<&'static str>,
    price: &'static str,
    currency: &'static str,
    to_pay: Option<&'static str>,
    paid: Option<&'static str>,
    coin: &'static str,
    invoice: Option<&'static str>,
    purchase: Option<&'static str>,
    address: Option<&'static str>,
    /// What the API says it was worth when it was paid.
    stated: Option<&'static str>,
    outcome: Option<&'static str>,
    origin: Option<&'static str>,
    day: i64,
}

/// Few values, so that there are ties everywhere, and such as text would sort otherwise than they are.
fn made() -> impl Strategy<Value = Made> {
    let amounts = vec!["0", "0.05", "0.5", "5", "9.99", "10", "10.000000000000000001", "100"];
    let maybe = |values: Vec<&'static str>| proptest::option::weighted(0.7, select(values));
    let texts = (
        maybe(vec!["", "A-9", "a-10", "B", "é", "_"]),
        maybe(vec!["", "Red mug", "blue mug", "Mug \"XL\"", "%"]),
        maybe(vec!["41", "42", "5"]),
        maybe(vec!["7", "71", "8"]),
        maybe(vec!["TVjs", "bc1q", "TVJS"]),
    );
    let prices = (select(amounts.clone()), select(vec!["eur", "usd"]));
    let coins = (maybe(amounts.clone()), maybe(amounts.clone()), select(vec!["btc", "ltc", "btcln"]));
    let origins = proptest::option::weighted(0.3, select(vec!["REPEATED", "wrong_asset"]));
    let received = (maybe(amounts.clone()), maybe(amounts), origins);
    let statuses = vec!["waiting", "finished", "failed", "partially_paid", "quantum_held"];
    (select(statuses), texts, prices, coins, received, 0_i64..6).prop_map(
        |(status, texts, (price, currency), (to_pay, paid, coin), (stated, outcome, origin), day)| {
            let (order, description, invoice, purchase, address) = texts;
            let texts = Made { order, description, invoice, purchase, address, ..PLAIN };
            Made { status, price, currency, to_pay, paid, coin, stated, outcome, origin, day, ..texts }
        },
    )
}

/// One whose only fields are those that each has.
const PLAIN: Made = Made {
    status: "finished",
    order: None,
    description: None,
    price: "5",
    currency: "eur",
    to_pay: None,
    paid: None,
    coin: "btc",
    invoice: None,
    purchase: None,
    address: None,
    stated: None,
    outcome: None,
    origin: None,
    day: 0,
};

fn answer(number: usize, made: &Made) -> Answered {
    let start: DateTime<Utc> = "2026-01-01T12:00:00Z".parse().unwrap();
    let at = |days| store::time(start + TimeDelta::days(days));
    let json = serde_json::json!({
        // Ids that sort otherwise as text than as numbers.
        "payment_id": 95 + number, "payment_status": made.status, "price_amount": made.price,
        "price_currency": made.currency, "pay_amount": made.to_pay, "actually_paid": made.paid,
        "pay_currency": made.coin, "order_id": made.order, "order_description": made.description,
        "invoice_id": made.invoice, "purchase_id": made.purchase, "pay_address": made.address,
        "actually_paid_at_fiat": made.stated, "outcome_amount": made.outcome,
        "outcome_currency": made.outcome.map(|_| "usdttrc20"), "origin_type": made.origin, "created_at": at(made.day), "updated_at": at(10 - made.day),
    })
    .to_string();
    Answered { payment: serde_json::from_str(&json).unwrap(), json }
}

/// A shop that has these payments.
async fn shop(folder: &Path, made: &[Made]) -> Payments {
    let ctx = ShopContext::for_test(folder).await;
    let answers: Vec<_> = made.iter().enumerate().map(|(number, made)| answer(number, made)).collect();
    let mut db = ctx.write().await.unwrap();
    absorb(&mut db, &answers, Utc::now()).await.unwrap();
    db.commit().await.unwrap();
    Payments::new(ctx)
}

/// A list read page by page, each checked against what is said about the whole of it.
async fn all(payments: &Payments, mut query: PaymentQuery) -> Vec<PaymentRow> {
    let mut rows = Vec::new();
    loop {
        query.from = u32::try_from(rows.len()).unwrap();
        let page = payments.list(query.clone()).await.unwrap();
        rows.extend(page.rows);
        assert!(rows.len() <= page.total as usize, "{query:?}");
        if rows.len() == page.total as usize {
            return rows;
        }
        assert_eq!(rows.len(), (query.from + query.limit) as usize, "{query:?}");
    }
}

/// The order of two rows as it should be, found without the database.
fn compare(sort: PaymentSort, descending: bool, a: &PaymentRow, b: &PaymentRow) -> Ordering {
    let text = |text: &Option<String>| {
        text.clone().filter(|text| !text.is_empty()).map(|text| text.to_ascii_lowercase())
    };
    let shown = |row: &PaymentRow| {
        row.actually_paid.clone().filter(|paid| !paid.is_zero()).or(row.pay_amount.clone())
    };
    fn keys<K: Ord>(a: Option<K>, b: Option<K>, descending: bool) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if descending => b.cmp(&a),
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }
    let by_key = match sort {
        PaymentSort::Created => keys(Some(a.created_at), Some(b.created_at), descending),
        PaymentSort::Updated => keys(Some(a.updated_at), Some(b.updated_at), descending),
        PaymentSort::Order => keys(text(&a.order_id), text(&b.order_id), descending),
        PaymentSort::Description => keys(text(&a.order_description), text(&b.order_description), descending),
        PaymentSort::Price => keys(Some(&a.price_amount), Some(&b.price_amount), descending),
        PaymentSort::Amount => keys(shown(a), shown(b), descending),
        PaymentSort::Worth => {
            let worth = |row: &PaymentRow| row.worth.as_ref().map(|worth| worth.amount.clone());
            keys(worth(a), worth(b), descending)
        }
        PaymentSort::Outcome => keys(a.outcome_amount.as_ref(), b.outcome_amount.as_ref(), descending),
        PaymentSort::Id => Ordering::Equal,
        PaymentSort::Address => keys(a.pay_address.as_ref(), b.pay_address.as_ref(), descending),
        PaymentSort::Invoice => keys(a.invoice_id.as_ref(), b.invoice_id.as_ref(), descending),
        PaymentSort::Purchase => keys(a.purchase_id.as_ref(), b.purchase_id.as_ref(), descending),
        PaymentSort::Coin => {
            keys(Some((&a.pay_currency, a.created_at)), Some((&b.pay_currency, b.created_at)), descending)
        }
        PaymentSort::Status => {
            keys(Some((&a.status, a.created_at)), Some((&b.status, b.created_at)), descending)
        }
    };
    let number = |row: &PaymentRow| row.id.parse::<usize>().unwrap(); // they became known in this order
    match sort.columns().last() {
        Some(&"number") => by_key.then_with(|| keys(Some(number(a)), Some(number(b)), descending)),
        _ => by_key.then_with(|| keys(Some(&a.id), Some(&b.id), descending)),
    }
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

type Matches = fn(&PaymentRow) -> bool;

/// Searches, and what they should find.
const SEARCHES: [(&str, Matches); 17] = [
    ("", |_| true),
    ("coin:btc", |row| row.pay_currency == "btc"),
    ("amount>=9.99", |row| row.price_amount >= amount("9.99")),
    ("amount=10 currency:eur", |row| row.price_amount == amount("10") && row.price_currency == "eur"),
    ("paid<0.5", |row| row.actually_paid.clone().unwrap_or_default() < amount("0.5")),
    ("-paid>10 -coin:ltc", |row| {
        row.actually_paid.clone().unwrap_or_default() <= amount("10") && row.pay_currency != "ltc"
    }),
    ("after:2026-01-02 before:2026-01-05", |row| (1..4).contains(&day(row))),
    ("-on:2026-01-03", |row| day(row) != 2),
    ("mug -\"red mug\"", |row| described(row).contains("mug") && !described(row).contains("red")),
    ("status:underpaid", |row| row.status == "partially_paid"),
    ("status:finished", |row| row.status == "finished"),
    ("status:finished,failed coin:ltc", |row| {
        ["finished", "failed"].contains(&row.status.as_str()) && row.pay_currency == "ltc"
    }),
    ("on:2026-01-03", |row| day(row) == 2),
    ("invoice:4 -status:waiting", |row| {
        row.invoice_id.as_deref().is_some_and(|invoice| invoice.starts_with('4')) && row.status != "waiting"
    }),
    ("-mug", |row| !described(row).contains("mug")),
    ("coin:btc,btcln after:2026-01-02", |row| row.pay_currency != "ltc" && day(row) >= 1),
    ("order:a -mug", |row| {
        row.order_id.as_deref().is_some_and(|order| order.to_lowercase().starts_with('a'))
            && !described(row).contains("mug")
    }),
];

fn day(row: &PaymentRow) -> i64 {
    (row.created_at - "2026-01-01T12:00:00Z".parse::<DateTime<Utc>>().unwrap()).num_days()
}

fn described(row: &PaymentRow) -> String {
    row.order_description.clone().unwrap_or_default().to_lowercase()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_list_is_what_sorting_and_sifting_all_rows_gives(
        made in proptest::collection::vec(made(), 1..40),
        limit in 1_u32..12,
        from in 0_u32..45,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let payments = shop(folder.path(), &made).await;
            let cached = all(&payments, PaymentQuery { limit: 500, ..PaymentQuery::default() }).await;
            assert_eq!(cached.len(), made.len());
            for sort in PaymentSort::ALL {
                for descending in [false, true] {
                    let mut sorted = cached.clone();
                    sorted.sort_by(|a, b| compare(sort, descending, a, b));
                    for (search, matches) in SEARCHES {
                        let expected: Vec<_> = sorted.iter().filter(|row| matches(row)).cloned().collect();
                        let query = PaymentQuery { search: search.to_owned(), sort, descending, from, limit };
                        assert_eq!(all(&payments, query.clone()).await, expected, "{query:?}");
                        let page = payments.list(query.clone()).await.unwrap();
                        let piece: Vec<_> = expected.iter().skip(from as usize).take(limit as usize).cloned().collect();
                        assert_eq!((page.rows, page.total as usize), (piece, expected.len()), "{query:?}");
                    }
                }
            }
        });
    }
}

/// Payments enough that a list has a middle, which is near neither end, and that few of them match.
fn many() -> Vec<Made> {
    let coins = ["btc", "ltc", "btcln"];
    let prices = ["0.05", "5", "9.99", "10", "100"];
    (0..NEAR as usize * 5 / 2)
        .map(|n| Made {
            status: if n % 50 == 7 { "failed" } else { "finished" },
            order: (n % 3 > 0).then_some(["A-9", "a-10", "B"][n % 3]),
            description: (n % 500 == 3).then_some("Rare mug"),
            price: prices[n * 7 % 5],
            to_pay: (n % 4 > 0).then_some(prices[n * 3 % 5]),
            coin: coins[n * 11 % 3],
            paid: (n % 7 > 2).then_some(prices[n * 3 % 5]),
            stated: (n % 7 > 4).then_some(prices[n % 5]),
            outcome: (n % 2 > 0).then_some(prices[n * 13 % 5]),
            invoice: (n % 9 == 0).then_some(["41", "42"][n % 2]),
            purchase: (n % 4 > 1).then_some(["7", "71"][n % 2]),
            address: (n % 5 > 0).then_some(["TVjs", "bc1q", "TVJS"][n % 3]),
            day: i64::try_from(n % 6).unwrap(),
            ..PLAIN
        })
        .collect()
}

#[tokio::test]
async fn any_piece_of_a_long_list_is_what_sorting_all_of_it_gives() {
    let folder = tempfile::tempdir().unwrap();
    let payments = shop(folder.path(), &many()).await;
    let cached = all(&payments, PaymentQuery { limit: 500, ..PaymentQuery::default() }).await;
    let searches =
        ["", "status:finished", "status:failed", "coin:ltc", "amount>5 -coin:btc", "mug", "-status:failed"];
    for sort in PaymentSort::ALL {
        for descending in [false, true] {
            let mut sorted = cached.clone();
            sorted.sort_by(|a, b| compare(sort, descending, a, b));
            for search in searches {
                let matches = |row: &PaymentRow| match search {
                    "status:finished" | "-status:failed" => row.status == "finished",
                    "status:failed" => row.status == "failed",
                    "coin:ltc" => row.pay_currency == "ltc",
                    "amount>5 -coin:btc" => row.price_amount > amount("5") && row.pay_currency != "btc",
                    "mug" => described(row).contains("mug"),
                    _ => true,
                };
                let expected: Vec<_> = sorted.iter().filter(|row| matches(row)).map(|row| &row.id).collect();
                let total = u32::try_from(expected.len()).unwrap();
                for from in [
                    0,
                    150,
                    NEAR - 50,
                    NEAR,
                    total / 2,
                    (total / 2).saturating_sub(7), // the second far from both ends is found otherwise
                    total.saturating_sub(NEAR),
                    total.saturating_sub(30),
                    total,
                ] {
                    let query =
                        PaymentQuery { search: search.to_owned(), sort, descending, from, limit: 100 };
                    let page = payments.list(query.clone()).await.unwrap();
                    let ids: Vec<_> = page.rows.iter().map(|row| &row.id).collect();
                    let piece: Vec<_> = expected.iter().skip(from as usize).take(100).copied().collect();
                    assert_eq!((ids, page.total), (piece, total), "{query:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_change_is_in_the_next_page_wherever_that_is() {
    let folder = tempfile::tempdir().unwrap();
    let payments = shop(folder.path(), &many()).await;
    let query = PaymentQuery {
        search: "-status:refunded".to_owned(),
        sort: PaymentSort::Price,
        from: 2_300,
        limit: 1,
        ..PaymentQuery::default()
    };
    let before = payments.list(query.clone()).await.unwrap();
    let number = before.rows[0].id.parse::<usize>().unwrap() - 95;
    let mut changed = answer(number, &Made { status: "refunded", ..many()[number].clone() });
    changed.json = changed.json.replace("2026-01-1", "2026-02-1").replace("2026-01-0", "2026-02-0");
    changed.payment = serde_json::from_str(&changed.json).unwrap();
    let mut db = payments.ctx.write().await.unwrap();
    assert_eq!(absorb(&mut db, &[changed], Utc::now()).await.unwrap(), 1);
    db.commit().await.unwrap();
    let after = payments.list(query).await.unwrap();
    assert_eq!(after.total, before.total - 1);
    assert_ne!(after.rows[0].id, before.rows[0].id);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_at_the_same_time_get_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let payments = shop(folder.path(), &many()).await;
    let search = "status:finished coin:ltc -mug".to_owned();
    let query = PaymentQuery { search: search.clone(), from: 700, limit: 9, ..PaymentQuery::default() };
    let all = PaymentSelection::All { search, sort: query.sort, descending: true, except: Vec::new() };
    let asked: Vec<_> = (0..8)
        .map(|_| {
            let (payments, query, all) = (payments.clone(), query.clone(), all.clone());
            tokio::spawn(async move {
                let page = payments.list(query).await.unwrap();
                let ids = payments.selected_ids(all.clone()).await.unwrap();
                let table = payments
                    .table(all.clone(), vec![PaymentColumn::Id], vec![], String::new())
                    .await
                    .unwrap();
                (page, ids, table, payments.totals(all).await.unwrap(), payments.filters().await.unwrap())
            })
        })
        .collect();
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(answer.await.unwrap());
    }
    let (page, ids, table, totals, _) = &answers[0];
    assert_eq!((page.total, totals.count), (u32::try_from(ids.len()).unwrap(), page.total));
    let of_page: Vec<_> = page.rows.iter().map(|row| row.id.clone()).collect();
    assert_eq!(of_page, ids[700..709]);
    assert_eq!(table.lines().skip(1).collect::<Vec<_>>(), *ids);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test]
async fn a_row_of_a_list_has_no_more_of_a_text_than_can_be_shown_and_the_payment_has_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let long: &'static str = "mug é🦀 ".repeat(15_000).leak();
    let made = Made { description: Some(long), order: Some(long), ..PLAIN };
    let payments = shop(folder.path(), &[made]).await;
    let page = payments.list(PaymentQuery { limit: 5, ..PaymentQuery::default() }).await.unwrap();
    let row = &page.rows[0];
    for text in [&row.order_description, &row.order_id] {
        let text = text.as_deref().unwrap();
        assert_eq!(text.chars().count(), LONGEST_TEXT + 1);
        assert!(text.ends_with('…') && long.starts_with(text.trim_end_matches('…')));
    }
    let whole = payments.get(&row.id).await.unwrap().row;
    assert_eq!(whole.order_description.as_deref(), Some(long));
    let exactly: &'static str = "x".repeat(LONGEST_TEXT).leak();
    let folder = tempfile::tempdir().unwrap();
    let payments = shop(folder.path(), &[Made { description: Some(exactly), ..PLAIN }]).await;
    let page = payments.list(PaymentQuery { limit: 5, ..PaymentQuery::default() }).await.unwrap();
    assert_eq!(page.rows[0].order_description.as_deref(), Some(exactly));
}

#[tokio::test]
async fn a_text_of_any_signs_is_listed_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let signs = "\"\\/\u{1}\u{1f}\u{7f}\t\r\n\u{2028}\u{202e}\u{ffff}😀 {\"a\":[1]} ' null";
    let payments = shop(folder.path(), &[Made { order: Some("7"), description: Some(signs), ..PLAIN }]).await;
    let query = PaymentQuery { limit: 5, ..PaymentQuery::default() };
    let page = payments.list(query).await.unwrap();
    assert_eq!(page.rows[0].order_description.as_deref(), Some(signs));
    assert_eq!(page.rows[0].order_id.as_deref(), Some("7"), "a text that is a number stays a text");
}

async fn plan(db: &mut SqliteConnection, statement: &QueryBuilder<Sqlite>) -> String {
    let sql = format!("EXPLAIN QUERY PLAN {}", statement.sql().as_str());
    let lines: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(db).await.unwrap();
    lines.into_iter().map(|(.., line)| line).collect::<Vec<_>>().join("\n")
}

/// Searches with each operator, and words.
const OPERATORS: [(&str, &str); 16] = [
    ("status:failed", "SEARCH payments USING COVERING INDEX payments_by_status (status=?)"),
    ("status:failed,waiting", "SEARCH payments USING COVERING INDEX payments_by_status (status=?)"),
    ("coin:btc", "SEARCH payments USING COVERING INDEX payments_by_coin (pay_currency=?)"),
    ("coin:btc,ltc", "SEARCH payments USING COVERING INDEX payments_by_coin (pay_currency=?)"),
    ("currency:eur", "SEARCH payments USING COVERING INDEX payments_by_currency (price_currency=?)"),
    ("amount>5", "SEARCH payments USING COVERING INDEX payments_by_price (price_key>?)"),
    ("amount<=5", "SEARCH payments USING COVERING INDEX payments_by_price (price_key<?)"),
    ("paid>0.5", "SEARCH payments USING COVERING INDEX payments_by_paid (paid_key>?)"),
    ("paid=0", "SEARCH payments USING COVERING INDEX payments_by_paid (paid_key=?)"),
    (
        "on:2026-03",
        "SEARCH payments USING COVERING INDEX payments_by_created (created_at>? AND created_at<?)",
    ),
    ("after:2026", "SEARCH payments USING COVERING INDEX payments_by_created (created_at>?)"),
    ("before:2026", "SEARCH payments USING COVERING INDEX payments_by_created (created_at<?)"),
    (
        "invoice:45",
        "SEARCH payments USING COVERING INDEX payments_by_invoice (invoice_id>? AND invoice_id<?)",
    ),
    ("mug", "SCAN payments_search VIRTUAL TABLE INDEX 0:M6"),
    ("\"two bags\"", "SCAN payments_search VIRTUAL TABLE INDEX 0:M6"),
    ("order:17", "SCAN payments_search VIRTUAL TABLE INDEX 0:M6"),
];

fn search(typed: &str) -> Search {
    let now = "2026-03-05T12:00:00Z".parse().unwrap();
    let context =
        Context { now, day_begins: &|day| day.and_hms_opt(0, 0, 0).unwrap().and_utc(), statuses: &[] };
    Search::parse(typed, &context).unwrap()
}

#[tokio::test]
async fn what_an_operator_finds_is_read_out_of_one_index_whether_it_is_wanted_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let payments = shop(folder.path(), &[]).await;
    let mut db = payments.ctx.db.acquire().await.unwrap();
    for (typed, expected) in OPERATORS {
        let (wanted, excluded) = (search(typed), search(&format!("-{typed}")));
        assert_eq!(wanted.wanted(), excluded.excluded(), "{typed}");
        let statement = numbers_statement(|sql| wanted.wanted()[0].push_numbers(sql));
        assert_eq!(plan(&mut db, &statement).await, expected, "{typed}");
    }
    let several = search("mug status:failed bag -coin:btc");
    assert_eq!(
        several.wanted().len() + several.excluded().len(),
        3,
        "words are cut with one another by their index"
    );
}

#[tokio::test]
async fn every_order_is_read_out_of_its_index_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let payments = shop(folder.path(), &[]).await;
    let mut db = payments.ctx.db.acquire().await.unwrap();
    let mut straight = 0;
    for sort in PaymentSort::ALL {
        for typed in [""].into_iter().chain(OPERATORS.map(|(typed, _)| typed)) {
            let search = search(typed);
            let Some(list) = Straight::of(&search, sort) else { continue };
            straight += 1;
            for descending in [false, true] {
                for part in [Part::Sorted, Part::Blank] {
                    if part == Part::Blank && !sort.has_blanks() {
                        continue;
                    }
                    let mut page = QueryBuilder::new("");
                    list.push(&mut page, part, descending);
                    page.push(" LIMIT 9");
                    for statement in [page, numbers_statement(|sql| list.push(sql, part, descending))] {
                        let plan = plan(&mut db, &statement).await;
                        let read = plan.trim_end_matches("\nSCAN (subquery-1)");
                        let read = read.trim_start_matches("CO-ROUTINE (subquery-1)\n");
                        assert!(
                            ["SCAN", "SEARCH"].iter().any(|verb| {
                                // SQLite does not call it covering where a key is made of a text, and yet reads no row.
                                let covering = format!("{verb} payments USING COVERING INDEX {}", list.index);
                                let made = format!("{verb} payments USING INDEX {}", list.index);
                                read.starts_with(&covering)
                                    || read.starts_with(&made) && sort.columns()[0].ends_with("_key")
                            }),
                            "{}\n{plan}",
                            statement.sql().as_str()
                        );
                        assert!(!read.contains('\n') && !plan.contains("TEMP B-TREE"), "{plan}");
                    }
                }
            }
        }
    }
    // Every sort; by time also one status, one coin, and spans of time; and the sorts by status and coin.
    assert_eq!(straight, 14 + 5 + 2);
}

#[tokio::test]
async fn few_rows_are_read_by_their_numbers_and_no_list_is_ever_scanned_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let payments = shop(folder.path(), &[]).await;
    let mut db = payments.ctx.db.acquire().await.unwrap();
    for sort in PaymentSort::ALL {
        let statement = numbers_statement(|sql| {
            push_few(sql, sort, Part::Sorted, false, |sql| {
                sql.push("SELECT value FROM json_each('[]')");
            });
        });
        let plan = plan(&mut db, &statement).await;
        assert!(plan.contains("SEARCH payments USING INTEGER PRIMARY KEY (rowid=?)"), "{plan}");
        assert!(!plan.contains("SCAN payments"), "{plan}");
    }
}

#[tokio::test]
async fn the_payments_of_an_invoice_are_found_by_the_beginning_of_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let of = |invoice| Made { invoice, ..PLAIN };
    let payments = shop(folder.path(), &[of(Some("41")), of(Some("42")), of(Some("5")), of(None)]).await;
    for (search, expected) in
        [("invoice:4", 2), ("invoice:42", 1), ("-invoice:4", 2), ("invoice:42 coin:btc", 1)]
    {
        for sort in PaymentSort::ALL {
            let query = PaymentQuery { search: search.to_owned(), sort, limit: 1, ..PaymentQuery::default() };
            assert_eq!(all(&payments, query).await.len(), expected, "{search} by {sort:?}");
        }
    }
}

fn totals(totals: &[CurrencyTotal]) -> Vec<(&str, String, bool)> {
    totals.iter().map(|total| (total.currency.as_str(), total.amount.to_string(), total.about)).collect()
}

#[tokio::test]
async fn what_is_selected_adds_up_exactly_by_currency() {
    let folder = tempfile::tempdir().unwrap();
    let paid = |price, currency, to_pay, paid, coin| Made { price, currency, to_pay, paid, coin, ..PLAIN };
    let made = [
        paid("0.1", "eur", Some("10"), Some("10"), "btc"),
        paid("0.2", "eur", Some("10"), Some("5"), "btc"),
        paid("9.99", "usd", Some("3"), None, "ltc"),
        paid("100", "eur", Some("10.000000000000000001"), Some("10.000000000000000001"), "ltc"),
    ];
    let payments = shop(folder.path(), &made).await;
    let ids = |ids: &[&str]| PaymentSelection::Ids { ids: ids.iter().map(ToString::to_string).collect() };
    let all = |search: &str, except: &[&str]| PaymentSelection::All {
        search: search.to_owned(),
        sort: PaymentSort::Price,
        descending: true,
        except: except.iter().map(ToString::to_string).collect(),
    };
    let sum = payments.totals(ids(&["95", "96", "96", "97", "none"])).await.unwrap();
    assert_eq!(sum.count, 3);
    assert_eq!(totals(&sum.price), [("eur", "0.3".to_owned(), false), ("usd", "9.99".to_owned(), false)]);
    assert_eq!(totals(&sum.paid), [("btc", "15".to_owned(), false)]);
    assert_eq!(totals(&sum.worth), [("eur", "0.2".to_owned(), true)]);

    let sum = payments.totals(all("currency:eur", &["96"])).await.unwrap();
    assert_eq!(sum.count, 2);
    assert_eq!(totals(&sum.price), [("eur", "100.1".to_owned(), false)]);
    assert_eq!(
        totals(&sum.paid),
        [("btc", "10".to_owned(), false), ("ltc", "10.000000000000000001".to_owned(), false)]
    );
    assert_eq!(payments.selected_ids(ids(&["97", "95", "97"])).await.unwrap(), ["97", "95"]);
    assert_eq!(payments.selected_ids(all("", &["97"])).await.unwrap(), ["98", "96", "95"]);
    assert_eq!(payments.totals(all("coin:none", &[])).await.unwrap().count, 0);
    payments.totals(all("amount>x", &[])).await.unwrap_err();
}

#[tokio::test]
async fn what_came_in_another_coin_is_worth_nothing_of_the_price_unless_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let made = Made { to_pay: Some("10"), paid: Some("10"), price: "25", ..PLAIN };
    let other = Made { origin: Some("wrong_asset"), ..made.clone() };
    let payments = shop(folder.path(), &[made, other]).await;
    let query = PaymentQuery { descending: false, limit: 5, ..PaymentQuery::default() };
    let worths: Vec<_> = payments.list(query).await.unwrap().rows.into_iter().map(|row| row.worth).collect();
    assert_eq!(worths, [Some(Worth { amount: amount("25"), about: false }), None]);
    let both = PaymentSelection::Ids { ids: vec!["95".to_owned(), "96".to_owned()] };
    let sum = payments.totals(both.clone()).await.unwrap();
    assert_eq!(totals(&sum.worth), [("eur", "25".to_owned(), false)]);
    assert_eq!(totals(&sum.paid), [("btc", "20".to_owned(), false)]);
    let said = "UPDATE payments SET actually_paid_at_fiat = '9.87' WHERE id = '96'";
    sqlx::query(said).execute(&payments.ctx.db).await.unwrap();
    assert_eq!(totals(&payments.totals(both).await.unwrap().worth), [("eur", "34.87".to_owned(), false)]);
}

#[tokio::test]
async fn a_copied_table_has_the_columns_as_they_are_and_no_formula() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = |order, description| Made { order: Some(order), description: Some(description), ..PLAIN };
    let made = [
        Made { to_pay: Some("0.5"), paid: Some("0.25"), ..hostile("=1+1", "two\tcells\nand lines") },
        hostile("@SUM(A1)", " -2+3"),
        hostile("A-1", "+49 30"),
    ];
    let payments = shop(folder.path(), &made).await;
    let selection = PaymentSelection::Ids { ids: vec!["95".to_owned(), "96".to_owned(), "97".to_owned()] };
    let columns =
        [PaymentColumn::Order, PaymentColumn::Amount, PaymentColumn::Worth, PaymentColumn::Description];
    let heads = ["Order", "Amount", "Worth", "=Description"].map(str::to_owned).to_vec();
    let table = payments.table(selection, columns.to_vec(), heads, "Currency".to_owned()).await.unwrap();
    assert_eq!(
        table,
        "Order\tAmount\tCurrency\tWorth\tCurrency\t'=Description\n\
         '=1+1\t0.25\tBTC\t2.5\tEUR\ttwo cells and lines\n\
         '@SUM(A1)\t\t\t\t\t' -2+3\n\
         A-1\t\t\t\t\t'+49 30\n"
    );
}

#[tokio::test]
async fn what_can_be_chosen_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let of = |coin, status| Made { coin, status, ..PLAIN };
    let payments =
        shop(folder.path(), &[of("ltc", "failed"), of("btc", "failed"), of("ltc", "waiting")]).await;
    let choices = payments.filters().await.unwrap();
    let coins: Vec<_> = choices.coins.iter().map(|each| (each.coin.as_str(), each.count)).collect();
    assert_eq!(coins, [("ltc", 2), ("btc", 1)]);
    let statuses: Vec<_> = choices.statuses.iter().map(|each| (each.status.as_str(), each.count)).collect();
    assert_eq!(statuses, [("failed", 2), ("waiting", 1)]);
}

/// A shop's file as it is with the migrations up to this one.
async fn release(folder: &Path, newest: &str) -> SqlitePool {
    let those = folder.join(newest);
    std::fs::create_dir(&those).unwrap();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/shop")).unwrap() {
        let (path, name) = (file.as_ref().unwrap().path(), file.unwrap().file_name());
        if name.to_string_lossy()[..newest.len()] <= *newest {
            std::fs::copy(path, those.join(name)).unwrap();
        }
    }
    let migrations = Migrator::new(those.as_path()).await.unwrap();
    store::open(&folder.join("shop.sqlite"), Box::leak(Box::new(migrations))).await.unwrap()
}

async fn insert(
    db: &SqlitePool,
    id: &str,
    price: &Amount,
    to_pay: Option<&Amount>,
    paid: Option<&Amount>,
    outcome: Option<&Amount>,
) {
    let text = |amount: Option<&Amount>| amount.map(ToString::to_string);
    sqlx::query(
        "INSERT INTO payments (id, status, price_amount, price_currency, pay_amount, actually_paid, outcome_amount, \
         pay_currency, created_at, updated_at, answer) VALUES (?, 'finished', ?, 'eur', ?, ?, ?, 'btc', \
         '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', '{}')",
    )
    .bind(id)
    .bind(price.to_string())
    .bind(text(to_pay))
    .bind(text(paid))
    .bind(text(outcome))
    .execute(db)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_cache_of_the_first_release_is_sorted_and_searched_after_its_migration() {
    let folder = tempfile::tempdir().unwrap();
    let old = release(folder.path(), "0001").await;
    for (id, price, paid) in [("1", "9.5", None), ("2", "100", Some("0.5")), ("3", "12", Some("0"))] {
        insert(&old, id, &amount(price), Some(&amount("3")), paid.map(amount).as_ref(), None).await;
    }
    old.close().await;

    let payments = Payments::new(ShopContext::for_test(folder.path()).await);
    for (search, sort, expected) in [
        ("", PaymentSort::Price, ["1", "3", "2"].as_slice()),
        ("", PaymentSort::Amount, &["2", "1", "3"]),
        ("", PaymentSort::Worth, &["2", "1", "3"]),
        ("amount>9.5", PaymentSort::Order, &["2", "3"]),
        ("paid<=0", PaymentSort::Created, &["1", "3"]),
    ] {
        let query = PaymentQuery {
            search: search.to_owned(),
            sort,
            descending: false,
            limit: 2,
            ..PaymentQuery::default()
        };
        let ids: Vec<_> = all(&payments, query).await.into_iter().map(|row| row.id).collect();
        assert_eq!(ids, expected, "{search} by {sort:?}");
    }
}

/// What a payment is sorted by: price, paid, amount, worth and outcome.
type Keys = (String, String, Option<String>, Option<String>, Option<String>);

#[test]
fn the_migration_makes_the_same_keys_of_any_amounts() {
    use crate::payments::amounts::{key, tests::amount};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() };
    let rows = proptest::collection::vec(
        (
            amount(),
            proptest::option::of(amount()),
            proptest::option::weighted(0.8, amount()),
            any::<bool>(),
            [proptest::option::of(amount()), proptest::option::of(amount())],
        ),
        60..120,
    );
    proptest!(config, |(mut rows in rows)| {
        for (_, to_pay, paid, whole, _) in &mut rows {
            if *whole { paid.clone_from(to_pay); }
        }
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let old = release(folder.path(), "0001").await;
            for (id, (price, to_pay, paid, _, [_, outcome])) in rows.iter().enumerate() {
                insert(&old, &id.to_string(), price, to_pay.as_ref(), paid.as_ref(), outcome.as_ref()).await;
            }
            old.close().await;
            let old = release(folder.path(), "0014").await;
            for (id, (.., [stated, _])) in rows.iter().enumerate() {
                sqlx::query("UPDATE payments SET actually_paid_at_fiat = ? WHERE id = ?")
                    .bind(stated.as_ref().map(ToString::to_string)).bind(id.to_string()).execute(&old).await.unwrap();
            }
            old.close().await;
            let new = payments::open_database(&folder.path().join("shop.sqlite")).await.unwrap();
            let problems: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&new).await.unwrap();
            assert_eq!(problems, ["ok"]);
            let keys: Vec<Keys> =
                sqlx::query_as("SELECT price_key, paid_key, amount_key, worth_key, outcome_key FROM payments ORDER BY number")
                    .fetch_all(&new).await.unwrap();
            let expected: Vec<_> = rows.iter().map(|(price, to_pay, paid, _, [stated, outcome])| {
                let shown = paid.as_ref().filter(|paid| !paid.is_zero()).or(to_pay.as_ref());
                let worth = Worth::of(price, to_pay.as_ref(), paid.as_ref(), stated.as_ref());
                let (worth, outcome) = (worth.map(|worth| key(&worth.amount)), outcome.as_ref().map(key));
                (key(price), key(&paid.clone().unwrap_or_default()), shown.map(key), worth, outcome)
            }).collect();
            assert_eq!(keys, expected);
        });
    });
}
