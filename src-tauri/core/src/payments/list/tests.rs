use std::{cmp::Ordering, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::Amount;
use proptest::{prelude::*, sample::select};
use sqlx::{SqlitePool, migrate::Migrator};

use super::*;
use crate::{
    payments::{
        PaymentRow,
        cache::{Answered, absorb},
    },
    shops::ShopContext,
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
    );
    let prices = (select(amounts.clone()), select(vec!["eur", "usd"]));
    let coins = (maybe(amounts.clone()), maybe(amounts), select(vec!["btc", "ltc", "btcln"]));
    let statuses = vec!["waiting", "finished", "failed", "partially_paid", "quantum_held"];
    (select(statuses), texts, prices, coins, 0_i64..6).prop_map(
        |(status, (order, description, invoice), (price, currency), (to_pay, paid, coin), day)| Made {
            status,
            order,
            description,
            price,
            currency,
            to_pay,
            paid,
            coin,
            invoice,
            day,
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
        "invoice_id": made.invoice, "created_at": at(made.day), "updated_at": at(10 - made.day),
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

/// All pages of a list, each checked against what is said about the whole of it.
async fn all(payments: &Payments, mut query: PaymentQuery) -> Vec<PaymentRow> {
    let mut rows = Vec::new();
    loop {
        let page = payments.list(query.clone()).await.unwrap();
        let last = page.next.is_none();
        assert!(last || page.rows.len() == query.limit as usize, "{query:?}");
        rows.extend(page.rows);
        if last {
            assert_eq!(page.total as usize, rows.len(), "{query:?}");
            return rows;
        }
        query.after = page.next;
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
        PaymentSort::Coin => {
            keys(Some((&a.pay_currency, a.created_at)), Some((&b.pay_currency, b.created_at)), descending)
        }
        PaymentSort::Status => {
            keys(Some((&a.status, a.created_at)), Some((&b.status, b.created_at)), descending)
        }
    };
    by_key.then_with(|| keys(Some(&a.id), Some(&b.id), descending))
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

type Matches = fn(&PaymentRow) -> bool;

/// Searches, and what they should find.
const SEARCHES: [(&str, Matches); 11] = [
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
                        for status in [None, Some("finished".to_owned())] {
                            let of_status = |row: &&PaymentRow| status.as_ref().is_none_or(|status| row.status == *status);
                            let expected: Vec<_> = sorted.iter().filter(|row| matches(row)).filter(of_status).cloned().collect();
                            let query = PaymentQuery {
                                search: search.to_owned(), status: status.clone(), sort, descending, limit, after: None,
                            };
                            assert_eq!(all(&payments, query.clone()).await, expected, "{query:?}");
                        }
                    }
                }
            }
        });
    }
}

fn order<'a>(sort: PaymentSort, descending: bool, search: &'a Search) -> Order<'a> {
    Order { sort, descending, status: None, search, in_order: true }
}

async fn plan(db: &mut SqliteConnection, statement: &QueryBuilder<Sqlite>) -> String {
    let sql = format!("EXPLAIN QUERY PLAN {}", statement.sql().as_str());
    let lines: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(db).await.unwrap();
    lines.into_iter().map(|(.., line)| line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn every_page_of_every_sort_is_read_out_of_its_index() {
    let folder = tempfile::tempdir().unwrap();
    let payments = shop(folder.path(), &[]).await;
    let mut db = payments.ctx.db.acquire().await.unwrap();
    let search = Search::default();
    for sort in PaymentSort::ALL {
        for descending in [false, true] {
            let order = order(sort, descending, &search);
            let (created_at, id) = (String::new(), "5".to_owned());
            let after = Cursor { sort, descending, key: Some(String::new()), created_at, id };
            let blank = Cursor { key: None, ..after.clone() };
            let mut statements = vec![
                (order.statement(Part::Sorted, None, 9), sort.has_blanks()),
                (order.statement(Part::Sorted, Some(&after), 9), true),
            ];
            if sort.has_blanks() {
                statements.push((order.statement(Part::Blank, None, 9), true));
                statements.push((order.statement(Part::Blank, Some(&blank), 9), true));
            }
            for (statement, sought) in statements {
                let plan = plan(&mut db, &statement).await;
                // The first page begins at the end of the index, the others are sought in it.
                let verb = if sought { "SEARCH" } else { "SCAN" };
                let expected = format!("{verb} payments USING INDEX {}", sort.index());
                assert!(plan.starts_with(&expected), "{}\n{plan}", statement.sql().as_str());
                assert!(!plan.contains('\n') && !plan.contains("TEMP B-TREE"), "{plan}");
            }
        }
    }
    let of_status = Order { status: Some("failed"), ..order(PaymentSort::Created, true, &search) };
    let plan = plan(&mut db, &of_status.statement(Part::Sorted, None, 9)).await;
    assert_eq!(plan, "SEARCH payments USING INDEX payments_by_status (status=?)");
}

#[tokio::test]
async fn what_matches_is_counted_without_reading_a_row() {
    let folder = tempfile::tempdir().unwrap();
    let payments = shop(folder.path(), &[]).await;
    let mut db = payments.ctx.db.acquire().await.unwrap();
    let context = Context { day_begins: &|day| day.and_hms_opt(0, 0, 0).unwrap().and_utc(), statuses: &[] };
    for (typed, expected) in [
        (
            "coin:btc status:failed currency:eur amount>5 paid<1",
            "SCAN payments USING COVERING INDEX payments_by_created",
        ),
        (
            "on:2026-03 coin:btc",
            "SEARCH payments USING COVERING INDEX payments_by_created (created_at>? AND created_at<?)",
        ),
        ("-status:failed", "SCAN payments USING COVERING INDEX payments_by_created"),
        ("invoice:45", "SEARCH payments USING INDEX payments_by_invoice (invoice_id>? AND invoice_id<?)"),
        ("mug coin:btc", "SEARCH payments USING INTEGER PRIMARY KEY (rowid=?)"),
    ] {
        let search = Search::parse(typed, &context).unwrap();
        let plan = plan(&mut db, &matching_statement(&search)).await;
        assert!(plan.starts_with(expected), "{typed}: {plan}");
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

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let payments = shop(folder.path(), &[PLAIN, PLAIN]).await;
    let query = PaymentQuery { sort: PaymentSort::Price, limit: 1, ..PaymentQuery::default() };
    let after = payments.list(query.clone()).await.unwrap().next;
    assert!(after.is_some());
    for other in [
        PaymentQuery { sort: PaymentSort::Amount, after: after.clone(), ..query.clone() },
        PaymentQuery { descending: false, after: after.clone(), ..query.clone() },
    ] {
        assert_eq!(payments.list(other).await.unwrap_err().field.as_deref(), Some("after"));
    }
    assert_eq!(payments.list(PaymentQuery { after, ..query }).await.unwrap().rows.len(), 1);
}

/// A shop's file as the first release made it.
async fn first_release(folder: &Path) -> SqlitePool {
    let (name, only_first) = ("0001_payments_and_payouts.sql", folder.join("first"));
    std::fs::create_dir(&only_first).unwrap();
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/shop");
    std::fs::copy(migrations.join(name), only_first.join(name)).unwrap();
    let migrations = Migrator::new(only_first.as_path()).await.unwrap();
    store::open(&folder.join("shop.sqlite"), Box::leak(Box::new(migrations))).await.unwrap()
}

async fn insert(db: &SqlitePool, id: &str, price: &Amount, to_pay: Option<&Amount>, paid: Option<&Amount>) {
    sqlx::query(
        "INSERT INTO payments (id, status, price_amount, price_currency, pay_amount, actually_paid, pay_currency, \
         created_at, updated_at, answer) VALUES (?, 'finished', ?, 'eur', ?, ?, 'btc', \
         '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', '{}')",
    )
    .bind(id)
    .bind(price.to_string())
    .bind(to_pay.map(ToString::to_string))
    .bind(paid.map(ToString::to_string))
    .execute(db)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_cache_of_the_first_release_is_sorted_and_searched_after_its_migration() {
    let folder = tempfile::tempdir().unwrap();
    let old = first_release(folder.path()).await;
    for (id, price, paid) in [("1", "9.5", None), ("2", "100", Some("0.5")), ("3", "12", Some("0"))] {
        insert(&old, id, &amount(price), Some(&amount("3")), paid.map(amount).as_ref()).await;
    }
    old.close().await;

    let payments = Payments::new(ShopContext::for_test(folder.path()).await);
    for (search, sort, expected) in [
        ("", PaymentSort::Price, ["1", "3", "2"].as_slice()),
        ("", PaymentSort::Amount, &["2", "1", "3"]),
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

#[test]
fn the_migration_makes_the_same_keys_of_any_amounts() {
    use crate::payments::amounts::{key, tests::amount};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() };
    let rows = proptest::collection::vec(
        (amount(), proptest::option::of(amount()), proptest::option::weighted(0.8, amount())),
        60..120,
    );
    proptest!(config, |(rows in rows)| {
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let old = first_release(folder.path()).await;
            for (id, (price, to_pay, paid)) in rows.iter().enumerate() {
                insert(&old, &id.to_string(), price, to_pay.as_ref(), paid.as_ref()).await;
            }
            old.close().await;
            let new = store::open(&folder.path().join("shop.sqlite"), &store::SHOP).await.unwrap();
            let problems: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&new).await.unwrap();
            assert_eq!(problems, ["ok"]);
            let keys: Vec<(String, String, Option<String>)> =
                sqlx::query_as("SELECT price_key, paid_key, amount_key FROM payments ORDER BY number").fetch_all(&new).await.unwrap();
            let expected: Vec<_> = rows.iter().map(|(price, to_pay, paid)| {
                let shown = paid.as_ref().filter(|paid| !paid.is_zero()).or(to_pay.as_ref());
                (key(price), key(&paid.clone().unwrap_or_default()), shown.map(key))
            }).collect();
            assert_eq!(keys, expected);
        });
    });
}
