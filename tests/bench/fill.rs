//! Filling the cache: Paydesk's sync of a shop from the simulator, against reading the same pages with `serde_json` and
//! inserting them into a table of bare SQLite. Processor time counts, each in a process of its own.

use std::{
    borrow::Cow,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Result, ensure};
use chrono::NaiveTime;
use nowpayments::{
    Access, Client, Credentials, Endpoint, Login, Method,
    payments::{ListPayments, PaymentSort},
};
use paydesk_core::{Core, secrets::Keychain, surroundings::Surroundings};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Used, measure, simulator::Shop};

/// Has Paydesk fill a cache in `folder` with all payments of the shop; returns what that took.
pub(crate) async fn paydesk(shop: &Shop, folder: &Path) -> Result<Used> {
    let core = open(folder).await?;
    let before = measure::processor_time()?;
    core.open_demo(shop.connection()).await?;
    let payments = core.shop()?.payments.clone();
    let mut changes = core.changes();
    let status = loop {
        let status = payments.sync_status().await?;
        if status.complete && !status.running {
            break status;
        }
        ensure!(status.trouble.is_none(), "the sync stopped: {:?}", status.trouble);
        let _ = changes.recv().await; // who lags reads again, too
    };
    let used = Used::since(before, status.cached)?;
    core.close().await;
    Ok(used)
}

/// Core over the databases in `folder`. Days begin at midnight UTC, wherever the computer is.
pub(crate) async fn open(folder: &Path) -> Result<Core> {
    let keychain = Keychain::in_store("paydesk", keyring_core::mock::Store::new()?);
    let mut surroundings = Surroundings::native(folder.to_owned(), keychain);
    surroundings.day_begins = Arc::new(|day| day.and_time(NaiveTime::MIN).and_utc());
    Ok(Core::open(surroundings).await?)
}

/// Reads all pages of the shop into files in `folder`, as they come over the wire.
pub(crate) async fn save_pages(shop: &Shop, folder: &Path) -> Result<Vec<PathBuf>> {
    let login = Login { email: shop.email.clone(), password: shop.password.clone().into() };
    let credentials = Credentials { api_key: shop.api_key.clone().into(), login: Some(login) };
    let client = Client::new(shop.url.clone(), credentials)?;
    let mut files = Vec::new();
    loop {
        let page = u32::try_from(files.len())?;
        let list = ListPayments { sort_by: Some(PaymentSort::CreatedAt), page, ..ListPayments::default() };
        let body = client.send(&Raw(list)).await?;
        let read: Page<'_> = serde_json::from_str(body.get())?;
        if read.data.is_empty() {
            return Ok(files);
        }
        let file = folder.join(format!("page-{page:06}.json"));
        fs::write(&file, body.get())?;
        files.push(file);
    }
}

/// So many pages are a transaction that is on the disk at its end, as in Paydesk when they come as fast.
const TOGETHER: usize = 10;

/// Reads pages from files with `serde_json` and inserts them with bare SQLite; returns what that took.
///
/// The table has the columns of Paydesk's, its identifier as the key, and the answer. Like the database that Paydesk has
/// filled, if one is given, it has the same indices and the same search, too; otherwise neither.
pub(crate) fn bare(pages: &Path, folder: &Path, like: Option<&Path>) -> Result<Used> {
    let mut files: Vec<_> = fs::read_dir(pages)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    let bodies: Vec<String> = files.iter().map(fs::read_to_string).collect::<Result<_, _>>()?;
    let schema = match like {
        Some(filled) => schema(&filled.join("shops").join("demo.sqlite"))?,
        None => PLAIN.to_owned(),
    };
    // Keys are no part of an answer: the amounts that they are made of are about as long.
    let (keys, values) = match like {
        Some(_) => (", price_key, paid_key, amount_key", ", ?3, coalesce(?6, '0'), ?5"),
        None => ("", ""),
    };
    let insert = format!(
        "INSERT INTO payments (id, status, price_amount, price_currency, pay_amount, actually_paid,
             actually_paid_at_fiat, pay_currency, pay_address, payin_extra_id, order_id, order_description, purchase_id,
             invoice_id, parent_payment_id, outcome_amount, outcome_currency, created_at, updated_at, answer{keys})
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?{values})"
    );

    let before = measure::processor_time()?;
    let mut db = rusqlite::Connection::open(folder.join("bare.sqlite"))?;
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")?;
    db.execute_batch(&schema)?;
    let mut count = 0;
    for bodies in bodies.chunks(TOGETHER) {
        let transaction = db.transaction()?;
        let last = count;
        for body in bodies {
            let page: Page<'_> = serde_json::from_str(body)?;
            for answer in page.data {
                insert_into(&transaction, &insert, answer)?;
                count += 1;
            }
        }
        if like.is_some() {
            transaction.prepare_cached(SEARCH)?.execute([last])?;
        }
        transaction.commit()?;
    }
    Used::since(before, count)
}

const PLAIN: &str = "
    CREATE TABLE payments (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
        price_amount TEXT NOT NULL, price_currency TEXT NOT NULL, pay_amount TEXT, actually_paid TEXT,
        actually_paid_at_fiat TEXT, pay_currency TEXT NOT NULL, pay_address TEXT, payin_extra_id TEXT,
        order_id TEXT, order_description TEXT, purchase_id TEXT, invoice_id TEXT, parent_payment_id TEXT,
        outcome_amount TEXT, outcome_currency TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
        answer TEXT NOT NULL) STRICT";

const SEARCH: &str = "
    INSERT INTO payments_search (rowid, id, order_id, order_description, pay_address, purchase_id, pay_currency)
    SELECT number, id, order_id, order_description, pay_address, purchase_id, pay_currency
    FROM payments WHERE number > ?";

/// The statements that make Paydesk's table of payments, its indices and its search.
fn schema(filled: &Path) -> Result<String> {
    let db = rusqlite::Connection::open(filled)?;
    let mut statement = db.prepare(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND type IN ('table', 'index')
         AND (tbl_name = 'payments' OR name = 'payments_search') ORDER BY type DESC",
    )?;
    let statements =
        statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(statements.join(";\n"))
}

fn insert_into(db: &rusqlite::Connection, insert: &str, answer: &RawValue) -> Result<()> {
    let row: Row<'_> = serde_json::from_str(answer.get())?;
    db.prepare_cached(insert)?.execute(rusqlite::params![
        text(row.payment_id),
        row.payment_status,
        text(row.price_amount),
        row.price_currency,
        row.pay_amount.map(text),
        row.actually_paid.map(text),
        row.actually_paid_at_fiat.map(text),
        row.pay_currency,
        row.pay_address,
        row.payin_extra_id,
        row.order_id,
        row.order_description,
        row.purchase_id.map(text),
        row.invoice_id.map(text),
        row.parent_payment_id.map(text),
        row.outcome_amount.map(text),
        row.outcome_currency,
        row.created_at,
        row.updated_at,
        answer.get(),
    ])?;
    Ok(())
}

/// A number or a string of the API, without its quotes.
fn text(token: &RawValue) -> &str {
    token.get().trim_matches('"')
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
}

/// A payment on a page, every field as it is in the text.
#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    payment_id: &'a RawValue,
    payment_status: &'a str,
    #[serde(borrow)]
    price_amount: &'a RawValue,
    price_currency: &'a str,
    #[serde(borrow, default)]
    pay_amount: Option<&'a RawValue>,
    #[serde(borrow, default)]
    actually_paid: Option<&'a RawValue>,
    #[serde(borrow, default)]
    actually_paid_at_fiat: Option<&'a RawValue>,
    pay_currency: &'a str,
    #[serde(default)]
    pay_address: Option<&'a str>,
    #[serde(default)]
    payin_extra_id: Option<&'a str>,
    #[serde(borrow, default)]
    order_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    order_description: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    purchase_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    invoice_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    parent_payment_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    outcome_amount: Option<&'a RawValue>,
    #[serde(default)]
    outcome_currency: Option<&'a str>,
    created_at: &'a str,
    updated_at: &'a str,
}

/// `GET /payment/`, answered with the bytes of its body.
#[derive(Serialize)]
#[serde(transparent)]
struct Raw(ListPayments);

impl Endpoint for Raw {
    const METHOD: Method = ListPayments::METHOD;
    const ACCESS: Access = ListPayments::ACCESS;
    type Response = Box<RawValue>;

    fn path(&self) -> Cow<'static, str> {
        self.0.path()
    }
}
