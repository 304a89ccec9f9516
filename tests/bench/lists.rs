//! Lists: what Paydesk answers to a screen, against the statement that somebody would write for that list by hand.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use paydesk_core::payments::{PaymentQuery, PaymentSort, Payments};
use rusqlite::{Connection, OptionalExtension, ToSql};

use crate::{fill, measure, report::Measured, simulator::Shop};

/// Rows of a page, about as many as the window asks for.
const PAGE: u32 = 100;
/// How often a list is read, at the most and at the least, and the time after which the least is enough.
const READINGS: (u32, u32, Duration) = (1_000, 10, Duration::from_secs(8));
/// Among so many payments it is looked for something to search for.
const MOST_SAMPLES: u32 = 10_000;
/// So many readings come first and are not timed: each connection of Paydesk's has prepared its statements then.
const WARM_UP: u32 = 8;

/// A list that is measured.
struct List {
    name: &'static str,
    sort: PaymentSort,
    search: Search,
    place: Place,
    /// Nothing is kept of the last reading: payments have changed in between.
    changing: bool,
}

/// What is searched for, of a payment that is there.
#[derive(Clone, Copy)]
enum Search {
    All,
    Status,
    NotStatus,
    Coin,
    Currency,
    After,
    On,
    Amount,
    Paid,
    Invoice,
    Word,
    Words,
    OrderId,
    Address,
    PaymentId,
    WordOfStatus,
}

/// Which page is read.
#[derive(Clone, Copy)]
enum Place {
    First,
    Last,
    Any,
}

const LISTS: &[List] = &[
    list("all, newest first: the first page", PaymentSort::Created, Search::All, Place::First),
    list("all, newest first: the last page", PaymentSort::Created, Search::All, Place::Last),
    list("all, newest first: any page", PaymentSort::Created, Search::All, Place::Any),
    list("all, by the last change", PaymentSort::Updated, Search::All, Place::Any),
    list("all, by order", PaymentSort::Order, Search::All, Place::Any),
    list("all, by description", PaymentSort::Description, Search::All, Place::Any),
    list("all, by price", PaymentSort::Price, Search::All, Place::Any),
    list("all, by amount", PaymentSort::Amount, Search::All, Place::Any),
    list("all, by worth", PaymentSort::Worth, Search::All, Place::Any),
    list("all, by what was received", PaymentSort::Outcome, Search::All, Place::Any),
    list("all, by coin", PaymentSort::Coin, Search::All, Place::Any),
    list("all, by status", PaymentSort::Status, Search::All, Place::Any),
    list("all, by id", PaymentSort::Id, Search::All, Place::Any),
    list("all, by address", PaymentSort::Address, Search::All, Place::Any),
    list("all, by invoice", PaymentSort::Invoice, Search::All, Place::Any),
    list("all, by purchase", PaymentSort::Purchase, Search::All, Place::Any),
    list("`status:…`", PaymentSort::Created, Search::Status, Place::Any),
    list("`-status:…`", PaymentSort::Created, Search::NotStatus, Place::Any),
    list("`coin:…`", PaymentSort::Created, Search::Coin, Place::Any),
    list("`currency:…`", PaymentSort::Created, Search::Currency, Place::Any),
    list("`after:…`", PaymentSort::Created, Search::After, Place::Any),
    list("`on:…`", PaymentSort::Created, Search::On, Place::Any),
    list("`amount>…`", PaymentSort::Created, Search::Amount, Place::Any),
    list("`paid>…`, by amount", PaymentSort::Amount, Search::Paid, Place::Any),
    list("`invoice:…`", PaymentSort::Created, Search::Invoice, Place::Any),
    list(
        "a word in the middle of a description: the first page",
        PaymentSort::Created,
        Search::Word,
        Place::First,
    ),
    list("a word in the middle of a description: any page", PaymentSort::Created, Search::Word, Place::Any),
    list("two words of a description, by price", PaymentSort::Price, Search::Words, Place::Any),
    list("a word of a description and `status:…`", PaymentSort::Created, Search::WordOfStatus, Place::Any),
    list("an order", PaymentSort::Created, Search::OrderId, Place::First),
    list("an address", PaymentSort::Created, Search::Address, Place::First),
    list("the id of a payment", PaymentSort::Created, Search::PaymentId, Place::First),
    List {
        name: "all, by price: any page, while nothing changes",
        changing: false,
        ..list("", PaymentSort::Price, Search::All, Place::Any)
    },
    List {
        name: "a word and `status:…`: any page, while nothing changes",
        changing: false,
        ..list("", PaymentSort::Created, Search::WordOfStatus, Place::Any)
    },
];

const fn list(name: &'static str, sort: PaymentSort, search: Search, place: Place) -> List {
    List { name, sort, search, place, changing: true }
}

/// Reads each list many times, with other words, statuses and pages each time, by Paydesk and by bare SQLite. Both must find
/// the same payments in the same order.
pub(crate) async fn measure(shop: &Shop, folder: &Path) -> Result<Vec<Measured>> {
    let core = fill::open(folder).await?;
    core.open_demo(shop.connection()).await?;
    let payments = core.shop()?.payments.clone();
    payments.stop_sync().await?;
    let bare = Bare::open(folder)?;
    let mut measured = Vec::new();
    for list in LISTS {
        let of_it = list.measure(&payments, &bare).await.with_context(|| list.name.to_owned())?;
        eprintln!("{}: {} and {} µs in {} readings", of_it.name, of_it.bare, of_it.paydesk, of_it.readings);
        measured.push(of_it);
    }
    core.close().await;
    Ok(measured)
}

/// Reads a page of each list once.
pub(crate) async fn read_each(payments: &Payments, bare: &Bare) -> Result<()> {
    for list in LISTS {
        let Some((search, conditions)) = list.search.of(&bare.sample(0)?) else { continue };
        let total = bare.count(&conditions)?;
        for from in [0, total / 2] {
            let search = search.clone();
            let query = PaymentQuery { search, sort: list.sort, descending: true, from, limit: PAGE };
            payments.list(query).await?;
        }
    }
    Ok(())
}

impl List {
    async fn measure(&self, payments: &Payments, bare: &Bare) -> Result<Measured> {
        let (most, least, enough) = READINGS;
        let (mut by_bare, mut by_paydesk) = (Vec::new(), Vec::new());
        let mut begun = Instant::now();
        let mut warm = 0;
        for reading in 0.. {
            let timed = u32::try_from(by_bare.len())?;
            if reading >= MOST_SAMPLES || timed >= most || timed >= least && begun.elapsed() > enough {
                break;
            }
            // Whatever differs from reading to reading differs only where something was forgotten in between.
            let sample = bare.sample(if self.changing { reading } else { 0 })?;
            let Some((typed, conditions)) = self.search.of(&sample) else { continue };
            let total = bare.count(&conditions)?;
            let from = match self.place {
                Place::First => 0,
                Place::Last => total.saturating_sub(PAGE),
                Place::Any => spread(reading, total.saturating_sub(PAGE) + 1),
            };
            if self.changing {
                bare.forget()?;
            }
            let query = PaymentQuery { search: typed, sort: self.sort, descending: true, from, limit: PAGE };
            let paydesk = async || {
                let begun = Instant::now();
                let page = payments.list(query.clone()).await?;
                Ok::<_, anyhow::Error>((begun.elapsed(), page))
            };
            let by_hand = || {
                let begun = Instant::now();
                let page = bare.page(&conditions, self.sort, from)?;
                Ok::<_, anyhow::Error>((begun.elapsed(), page))
            };
            // Who comes second finds the pages of the database read already: they take turns.
            let ((theirs, expected), (ours, page)) = match reading % 2 {
                0 => {
                    let theirs = by_hand()?;
                    (theirs, paydesk().await?)
                }
                _ => {
                    let ours = paydesk().await?;
                    (by_hand()?, ours)
                }
            };
            let found: Vec<_> = page.rows.iter().map(|row| row.id.as_str()).collect();
            ensure!(
                expected.ids == found && expected.total == page.total,
                "“{}” from {from}: bare SQLite finds {} payments, Paydesk {}, or in another order",
                query.search,
                expected.total,
                page.total
            );
            if warm < WARM_UP {
                warm += 1;
                begun = Instant::now();
                continue;
            }
            by_bare.push(theirs);
            by_paydesk.push(ours);
        }
        let readings = by_bare.len();
        let (bare, paydesk) = (measure::slow(by_bare)?, measure::slow(by_paydesk)?);
        Ok(Measured { name: self.name.to_owned(), readings, bare, paydesk })
    }
}

/// What a statement by hand asks for: a condition, and what it is compared with.
type Conditions = Vec<(&'static str, String)>;

impl Search {
    /// What somebody types who has this payment in mind, and the same by hand; `None` where it has no such thing.
    fn of(self, sample: &Sample) -> Option<(String, Conditions)> {
        const WORDS: &str = "number IN (SELECT rowid FROM payments_search WHERE payments_search MATCH ?)";
        let words = |column: &str, text: &str| (WORDS, format!("{column}\"{text}\"*"));
        let description: Vec<_> = sample
            .description
            .split(|character: char| !character.is_alphanumeric())
            .filter(|word| word.len() > 2)
            .collect();
        let word = description.get(description.len() / 2).copied().unwrap_or_default();
        let day = sample.created_at.get(..10)?;
        Some(match self {
            Self::All => (String::new(), Vec::new()),
            Self::Status => {
                (format!("status:{}", sample.status), vec![("status = ?", sample.status.clone())])
            }
            Self::NotStatus => {
                (format!("-status:{}", sample.status), vec![("status <> ?", sample.status.clone())])
            }
            Self::Coin => (format!("coin:{}", sample.coin), vec![("pay_currency = ?", sample.coin.clone())]),
            Self::Currency => (
                format!("currency:{}", sample.currency),
                vec![("price_currency = ?", sample.currency.clone())],
            ),
            Self::After => {
                (format!("after:{day}"), vec![("created_at >= ?", format!("{day}T00:00:00.000Z"))])
            }
            Self::On => (
                format!("on:{day}"),
                vec![
                    ("created_at >= ?", format!("{day}T00:00:00.000Z")),
                    ("created_at < ?", format!("{day}T24")),
                ],
            ),
            Self::Amount => {
                (format!("amount>{}", sample.price), vec![("price_key > ?", sample.price_key.clone())])
            }
            Self::Paid => {
                let paid = sample.paid.as_ref()?;
                (format!("paid>{paid}"), vec![("paid_key > ?", sample.paid_key.clone())])
            }
            Self::Invoice => {
                let invoice = sample.invoice.clone()?;
                (format!("invoice:{invoice}"), vec![("invoice_id = ?", invoice)])
            }
            Self::Word => (word.to_owned(), vec![words("", word)]),
            Self::Words => {
                let first = description.first()?;
                (format!("{first} {word}"), vec![(WORDS, format!("\"{first}\"* \"{word}\"*"))])
            }
            Self::WordOfStatus => (
                format!("{word} status:{}", sample.status),
                vec![words("", word), ("status = ?", sample.status.clone())],
            ),
            Self::OrderId => {
                let order = sample.order.as_ref()?;
                (format!("order:{order}"), vec![words("order_id : ", order)])
            }
            Self::Address => {
                let address = sample.address.as_ref()?;
                (address.clone(), vec![words("", address)])
            }
            Self::PaymentId => (sample.id.clone(), vec![words("", &sample.id)]),
        })
    }
}

/// What searches are made of.
pub(crate) struct Sample {
    pub(crate) id: String,
    status: String,
    order: Option<String>,
    description: String,
    address: Option<String>,
    price: String,
    price_key: String,
    currency: String,
    paid: Option<String>,
    paid_key: String,
    coin: String,
    invoice: Option<String>,
    created_at: String,
}

/// Bare SQLite on Paydesk's own file, with its indices.
pub(crate) struct Bare {
    db: Connection,
    payments: u32,
    /// Who changes payments: neither of those that read them.
    changing: Connection,
}

/// A page as bare SQLite gives it.
struct Page {
    ids: Vec<String>,
    total: u32,
}

impl Bare {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let open = || Connection::open(folder.join("shops").join("demo.sqlite"));
        let (db, changing) = (open()?, open()?);
        let payments = db.query_row("SELECT sum(count) FROM payment_counts", [], |row| row.get(0))?;
        Ok(Self { db, payments, changing })
    }

    /// A payment from somewhere.
    pub(crate) fn sample(&self, reading: u32) -> Result<Sample> {
        let number = 1 + spread(reading, self.payments);
        let sql = "SELECT id, status, order_id, order_description, pay_address, price_amount, price_key, price_currency, \
            actually_paid, paid_key, pay_currency, invoice_id, created_at FROM payments WHERE number = ?";
        let sample = self.db.prepare_cached(sql)?.query_row([number], |row| {
            Ok(Sample {
                id: row.get(0)?,
                status: row.get(1)?,
                order: row.get(2)?,
                description: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
                address: row.get(4)?,
                price: row.get(5)?,
                price_key: row.get(6)?,
                currency: row.get(7)?,
                paid: row.get(8)?,
                paid_key: row.get(9)?,
                coin: row.get(10)?,
                invoice: row.get(11)?,
                created_at: row.get(12)?,
            })
        });
        sample.optional()?.with_context(|| format!("there is no payment {number}"))
    }

    /// Has Paydesk forget what it keeps of lists, as it does when a payment changes, and everybody what SQLite keeps of the
    /// file.
    fn forget(&self) -> Result<()> {
        Ok(self.changing.execute_batch("UPDATE payment_changes SET count = count + 1")?)
    }

    fn count(&self, conditions: &Conditions) -> Result<u32> {
        if conditions.is_empty() {
            return Ok(self.payments);
        }
        let sql = format!("SELECT count(*) FROM payments{}", wanted(conditions));
        let values: Vec<_> = conditions.iter().map(|(_, value)| value as &dyn ToSql).collect();
        Ok(self.db.prepare_cached(&sql)?.query_row(values.as_slice(), |row| row.get(0))?)
    }

    /// A page, newest, largest or last first, and how many payments there are in all: what a list that can be scrolled needs.
    fn page(&self, conditions: &Conditions, sort: PaymentSort, from: u32) -> Result<Page> {
        let total = self.count(conditions)?;
        let sql = format!(
            "SELECT number, id, status, order_id, order_description, price_amount, price_currency, pay_amount, actually_paid, \
                actually_paid_at_fiat, pay_currency, created_at, updated_at, pay_address, payin_extra_id, purchase_id, \
                invoice_id, parent_payment_id, outcome_amount, outcome_currency, fee \
             FROM payments{} ORDER BY {} LIMIT {PAGE} OFFSET {from}",
            wanted(conditions),
            order(sort)
        );
        let values: Vec<_> = conditions.iter().map(|(_, value)| value as &dyn ToSql).collect();
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows = statement.query_map(values.as_slice(), |row| {
            let texts = (1..21).map(|at| row.get(at)).collect::<Result<Vec<Option<String>>, _>>()?;
            Ok(texts.into_iter().next().flatten().unwrap_or_default())
        })?;
        Ok(Page { ids: rows.collect::<Result<_, _>>()?, total })
    }
}

fn wanted(conditions: &Conditions) -> String {
    if conditions.is_empty() {
        return String::new();
    }
    let conditions: Vec<_> = conditions.iter().map(|(condition, _)| *condition).collect();
    format!(" WHERE {}", conditions.join(" AND "))
}

/// An order that an index has.
fn order(sort: PaymentSort) -> &'static str {
    match sort {
        PaymentSort::Created => "created_at DESC, id DESC",
        PaymentSort::Updated => "updated_at DESC, id DESC",
        PaymentSort::Order => "order_key DESC, id DESC",
        PaymentSort::Description => "description_key DESC, id DESC",
        PaymentSort::Price => "price_key DESC, id DESC",
        PaymentSort::Amount => "amount_key DESC, id DESC",
        PaymentSort::Worth => "worth_key DESC, number DESC",
        PaymentSort::Outcome => "outcome_key DESC, number DESC",
        PaymentSort::Coin => "pay_currency DESC, created_at DESC, id DESC",
        PaymentSort::Status => "status DESC, created_at DESC, id DESC",
        PaymentSort::Id => "id DESC",
        PaymentSort::Address => "pay_address DESC, number DESC",
        PaymentSort::Invoice => "invoice_id DESC, number DESC",
        PaymentSort::Purchase => "purchase_id DESC, number DESC",
    }
}

/// A number below `below`, another one for each reading, and the same in each run.
fn spread(reading: u32, below: u32) -> u32 {
    let golden = u64::from(reading + 1) * 0x9e37_79b9;
    u32::try_from(((golden & 0xffff_ffff) * u64::from(below.max(1))) >> 32).unwrap_or_default()
}
