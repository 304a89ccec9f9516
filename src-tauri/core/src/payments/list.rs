//! Listing payments: any part of what matches, in some order.
//!
//! A page of a list that an index holds as it stands, or of few payments, is read by its place (`page.rs`). Everything else is
//! found by numbers: each condition of a search is a set of them, each sort a sequence, both read out of an index alone and kept
//! until payments change. A list is then the sequence without what is not in the sets, and a page a piece of it.

mod kept;
mod numbers;
mod page;
mod selection;
mod table;
mod whole;

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use sqlx::{Acquire, QueryBuilder, Sqlite, SqliteConnection};

pub(super) use self::kept::Kept;
pub use self::selection::{CurrencyTotal, PaymentSelection, PaymentTotals};
pub(crate) use self::whole::{Which, WholeList, WholePayment};
use self::{
    numbers::{Ordered, Set, json, parse},
    page::{Part, Straight, push_order},
};
use super::{
    COLUMNS, CoinCount, PaymentFilters, PaymentPage, PaymentQuery, PaymentRow, Payments, StatusCount, Stored,
    damaged,
    search::{Condition, Context, Search},
    sort::PaymentSort,
};
use crate::failure::Failure;

/// A row is found and put in order about as fast as so many are passed over in a sequence.
const ROW_IN_NUMBERS: usize = 64;
/// What rows of a list say of a long text; the payment itself has all of it.
const LONGEST_TEXT: usize = 200;

impl Payments {
    /// A page of payments: `limit` of those that match, from the row at place `from` on.
    ///
    /// # Errors
    /// When what is searched for cannot be read (field `search`, with what would be right), or when the shop was closed.
    pub async fn list(&self, query: PaymentQuery) -> Result<PaymentPage, Failure> {
        let query = PaymentQuery { limit: query.limit.clamp(1, 500), ..query };
        let mut db = self.ctx.db.acquire().await?;
        // Most searches mean the same whatever is cached.
        if let Ok(search) = self.parse(&query.search, &[])
            && let Some(page) = page::at_once(&mut db, &search, &query).await?
        {
            return Ok(page);
        }
        let mut db = db.begin().await?; // one look, so that rows and counts agree
        let look = self.understand(&mut db, &query.search).await?;
        if let Some(page) = look.by_place(&mut db, &query).await? {
            return Ok(page);
        }
        let list = look.ordered(&mut db, query.sort).await?;
        let piece = list.iter(query.descending).skip(query.from as usize).take(query.limit as usize);
        let rows = rows(&mut db, &piece.collect::<Vec<_>>()).await?;
        Ok(PaymentPage { rows, total: u32::try_from(list.len()).unwrap_or(u32::MAX) })
    }

    /// What the cached payments can be narrowed to: the statuses and coins that they have.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn filters(&self) -> Result<PaymentFilters, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let look = self.understand(&mut db, "").await?;
        let sql = "SELECT coin, count FROM payment_coin_counts WHERE count > 0 ORDER BY count DESC, coin";
        let coins: Vec<(String, u32)> = sqlx::query_as(sql).fetch_all(&mut *db).await?;
        let coins = coins.into_iter().map(|(coin, count)| CoinCount { coin, count }).collect();
        Ok(PaymentFilters { statuses: look.cached, coins })
    }

    /// Reads what was typed, in the light of what is cached.
    async fn understand(&self, db: &mut SqliteConnection, typed: &str) -> Result<Look<'_>, Failure> {
        let sql = "SELECT count, (SELECT json_group_object(status, count) FROM payment_counts WHERE count > 0) \
            FROM payment_changes";
        let (changes, counts): (i64, String) = sqlx::query_as(sql).fetch_one(db).await?;
        let counts: HashMap<String, u32> = serde_json::from_str(&counts).map_err(|_| damaged())?;
        let mut cached: Vec<_> = counts.into_iter().collect();
        cached.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
        // Payments are never deleted: one that is new or another change makes it larger.
        let revision = changes + cached.iter().map(|(_, count)| i64::from(*count)).sum::<i64>();
        let names: Vec<_> = cached.iter().map(|(status, _)| status.as_str()).collect();
        let search = self.parse(typed, &names)?;
        let cached = cached.into_iter().map(|(status, count)| StatusCount { status, count }).collect();
        Ok(Look { kept: &self.kept, revision, cached, search })
    }

    /// Reads what was typed, where cached payments have these statuses.
    fn parse(&self, typed: &str, statuses: &[&str]) -> Result<Search, Failure> {
        let day_begins = &*self.ctx.surroundings.day_begins;
        Search::parse(typed, &Context { now: self.ctx.now(), day_begins, statuses })
    }
}

/// The cached payments at one moment, and what is searched for in them.
struct Look<'a> {
    kept: &'a Kept,
    revision: i64,
    /// How many payments have each status.
    cached: Vec<StatusCount>,
    search: Search,
}

impl Look<'_> {
    fn all(&self) -> u32 {
        self.cached.iter().map(|count| count.count).sum()
    }

    /// The numbers of all that match, in order.
    async fn ordered(
        &self,
        db: &mut SqliteConnection,
        sort: PaymentSort,
    ) -> Result<Arc<Ordered>, sqlx::Error> {
        let slot = self.kept.list(self.revision, &self.search, sort);
        slot.get_or_try_init(move || async move { self.find(db, sort).await.map(Arc::new) }).await.cloned()
    }

    async fn find(&self, db: &mut SqliteConnection, sort: PaymentSort) -> Result<Ordered, sqlx::Error> {
        let mut excluded = Vec::new();
        for condition in self.search.excluded() {
            excluded.push(self.set(db, condition).await?);
        }
        let mut wanted: Option<Set> = None;
        for condition in &self.search.wanted() {
            let set = self.set(db, condition).await?;
            wanted = Some(match wanted {
                Some(wanted) => wanted.and(&set),
                None => Set::clone(&set),
            });
        }
        let wanted = wanted.map(|wanted| excluded.iter().fold(wanted, |wanted, set| wanted.without(set)));
        match wanted {
            Some(wanted) if wanted.count * ROW_IN_NUMBERS <= self.all() as usize => {
                few(db, sort, &wanted).await
            }
            Some(wanted) => Ok(self.sequence(db, sort).await?.filtered(|number| wanted.has(number))),
            None if excluded.is_empty() => sequence(db, sort).await,
            None => {
                let none_has = |number| !excluded.iter().any(|set| set.has(number));
                Ok(self.sequence(db, sort).await?.filtered(none_has))
            }
        }
    }

    /// All payments in order, as a list that is kept, too.
    async fn sequence(
        &self,
        db: &mut SqliteConnection,
        sort: PaymentSort,
    ) -> Result<Arc<Ordered>, sqlx::Error> {
        let slot = self.kept.list(self.revision, &Search::default(), sort);
        slot.get_or_try_init(move || async move { sequence(db, sort).await.map(Arc::new) }).await.cloned()
    }

    async fn set(&self, db: &mut SqliteConnection, condition: &Condition) -> Result<Arc<Set>, sqlx::Error> {
        let slot = self.kept.set(self.revision, condition);
        let set = slot.get_or_try_init(move || async move {
            let found = numbers_of(db, |sql| condition.push_numbers(sql)).await?;
            Ok(Arc::new(found.collect()))
        });
        set.await.cloned()
    }
}

/// All payments in order.
async fn sequence(db: &mut SqliteConnection, sort: PaymentSort) -> Result<Ordered, sqlx::Error> {
    let straight = Straight::all(sort);
    both_parts(db, sort, |sql, part| straight.push(sql, part, false)).await
}

/// These payments, which are few, in order.
async fn few(db: &mut SqliteConnection, sort: PaymentSort, set: &Set) -> Result<Ordered, sqlx::Error> {
    let numbers = json(set.iter());
    let wanted = |sql: &mut QueryBuilder<Sqlite>| {
        sql.push("SELECT value FROM json_each(").push_bind(numbers.clone()).push(")");
    };
    both_parts(db, sort, |sql, part| push_few(sql, sort, part, false, wanted)).await
}

/// Appends the statement of a part's numbers among those that `wanted` appends the statement of.
fn push_few(
    sql: &mut QueryBuilder<Sqlite>,
    sort: PaymentSort,
    part: Part,
    descending: bool,
    wanted: impl FnOnce(&mut QueryBuilder<Sqlite>),
) {
    sql.push("SELECT number FROM payments NOT INDEXED WHERE number IN (");
    wanted(sql);
    sql.push(")");
    push_order(sql, sort, part, descending);
}

async fn both_parts(
    db: &mut SqliteConnection,
    sort: PaymentSort,
    push: impl Fn(&mut QueryBuilder<Sqlite>, Part),
) -> Result<Ordered, sqlx::Error> {
    let sorted = numbers_of(db, |sql| push(sql, Part::Sorted)).await?.collect();
    let blank = match sort.has_blanks() {
        true => numbers_of(db, |sql| push(sql, Part::Blank)).await?.collect(),
        false => Vec::new(),
    };
    Ok(Ordered { sorted, blank })
}

/// The numbers that a statement finds, in its order.
async fn numbers_of(
    db: &mut SqliteConnection,
    push: impl FnOnce(&mut QueryBuilder<Sqlite>),
) -> Result<impl Iterator<Item = u32>, sqlx::Error> {
    let text: Option<String> = numbers_statement(push).build_query_scalar().fetch_one(db).await?;
    Ok(parse(text))
}

fn numbers_statement(push: impl FnOnce(&mut QueryBuilder<Sqlite>)) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("SELECT group_concat(number) FROM (");
    push(&mut sql);
    sql.push(")");
    sql
}

/// Payments with these numbers, in this order, with all that is known of them.
async fn stored(db: &mut SqliteConnection, numbers: &[u32]) -> Result<Vec<Stored>, Failure> {
    let found = Stored::read(db, COLUMNS, "ORDER BY place", |sql| {
        sql.push("FROM (SELECT key AS place, value AS wanted FROM json_each(");
        sql.push_bind(json(numbers.iter().copied()));
        sql.push(")) JOIN payments ON number = wanted");
    });
    found.await
}

/// Rows with these numbers, in this order.
async fn rows(db: &mut SqliteConnection, numbers: &[u32]) -> Result<Vec<PaymentRow>, Failure> {
    let found = Stored::read(db, &SHORT_COLUMNS, "", |sql| {
        sql.push("FROM payments NOT INDEXED WHERE number IN (SELECT value FROM json_each(");
        sql.push_bind(json(numbers.iter().copied())).push("))");
    });
    let found = found.await?;
    let mut found: HashMap<_, _> = found.into_iter().map(|stored| (stored.number, stored)).collect();
    let in_order = numbers.iter().filter_map(|number| found.remove(&i64::from(*number)));
    in_order.map(listed).collect()
}

/// [`COLUMNS`] for [`listed`]: with long texts cut, for which a list has no room, and without what no row of it says.
static SHORT_COLUMNS: LazyLock<String> = LazyLock::new(|| {
    let column = |name: &str| match name {
        "order_id" | "order_description" => format!("substr({name}, 1, {})", LONGEST_TEXT + 1),
        "payin_extra_id" | "parent_payment_id" | "fee" | "waits_until" => "NULL".to_owned(),
        _ => name.to_owned(),
    };
    COLUMNS.split(',').map(|name| column(name.trim())).collect::<Vec<_>>().join(", ")
});

fn listed(mut stored: Stored) -> Result<PaymentRow, Failure> {
    for text in [&mut stored.order_id, &mut stored.order_description].into_iter().flatten() {
        cut(text, LONGEST_TEXT);
    }
    stored.into_row()
}

/// Cuts a text off behind so many characters, with a mark.
pub(crate) fn cut(text: &mut String, longest: usize) {
    if let Some((end, _)) = text.char_indices().nth(longest) {
        text.truncate(end);
        text.push('…');
    }
}

#[cfg(test)]
mod tests;
