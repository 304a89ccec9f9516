//! Listing payments: any part of what matches, in some order, and never by counting rows away.
//!
//! Near its beginning or end a list that an index holds as it stands is read out of that index. Everything else is found by
//! numbers: each condition of a search is a set of them, each sort a sequence, both read out of an index alone and kept
//! until payments change. A list is then the sequence without what is not in the sets, and a page a piece of it.

mod kept;
mod numbers;
mod selection;
mod table;
mod whole;

use std::{collections::HashMap, sync::Arc};

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

pub(super) use self::kept::Kept;
use self::numbers::{Ordered, Set, json, parse};
pub use self::selection::{CurrencyTotal, PaymentSelection, PaymentTotals};
pub(crate) use self::whole::{Which, WholeList, WholePayment};
use super::{
    COLUMNS, CoinCount, PaymentFilters, PaymentPage, PaymentQuery, PaymentRow, Payments, StatusCount, Stored,
    damaged,
    search::{Condition, Context, Search},
    sort::PaymentSort,
};
use crate::failure::Failure;

/// As near to an end a list is read out of its index, instead of all of its numbers being read first.
const NEAR: u32 = 2_000;
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
        let PaymentQuery { search, sort, descending, from, limit } = query;
        let limit = limit.clamp(1, 500);
        let mut db = self.ctx.db.begin().await?; // one look, so that rows and counts agree
        let look = self.understand(&mut db, &search).await?;
        let straight = match Straight::of(&look.search, sort) {
            Some(straight) => straight.page(&mut db, &look, descending, from, limit).await?,
            None => None,
        };
        let (numbers, total) = match straight {
            Some(page) => page,
            None => {
                let list = look.ordered(&mut db, sort).await?;
                let piece = list.iter(descending).skip(from as usize).take(limit as usize);
                (piece.collect(), u32::try_from(list.len()).unwrap_or(u32::MAX))
            }
        };
        let rows = rows(&mut db, &numbers).await?;
        Ok(PaymentPage { rows, total })
    }

    /// What the cached payments can be narrowed to: the statuses and coins that they have.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn filters(&self) -> Result<PaymentFilters, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let look = self.understand(&mut db, "").await?;
        let slot = self.kept.choices(look.revision);
        let cached = look.cached;
        let choices = slot.get_or_try_init(|| async {
            let sql = "SELECT pay_currency, count(*) FROM payments INDEXED BY payments_by_coin \
                GROUP BY pay_currency ORDER BY count(*) DESC, pay_currency";
            let coins: Vec<(String, u32)> = sqlx::query_as(sql).fetch_all(&mut *db).await?;
            let coins = coins.into_iter().map(|(coin, count)| CoinCount { coin, count }).collect();
            Ok::<_, sqlx::Error>(Arc::new(PaymentFilters { statuses: cached, coins }))
        });
        Ok(PaymentFilters::clone(choices.await?))
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
        let surroundings = &self.ctx.surroundings;
        let context =
            Context { now: self.ctx.now(), day_begins: &*surroundings.day_begins, statuses: &names };
        let search = Search::parse(typed, &context)?;
        let cached = cached.into_iter().map(|(status, count)| StatusCount { status, count }).collect();
        Ok(Look { kept: &self.kept, revision, cached, search })
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

/// The two parts of a list: first those that have something to sort by, then the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Sorted,
    Blank,
}

/// A list that an index holds as it stands, with nothing between its rows.
struct Straight<'a> {
    sort: PaymentSort,
    index: &'static str,
    /// What holds of all rows in a row of the index.
    of: Option<&'a Condition>,
}

impl<'a> Straight<'a> {
    fn of(search: &'a Search, sort: PaymentSort) -> Option<Self> {
        if search.is_empty() {
            return Some(Self { sort, index: sort.index(), of: None });
        }
        let condition = search.only()?;
        let index = condition.index_by_time()?;
        (sort == PaymentSort::Created || sort.index() == index).then_some(Self {
            sort,
            index,
            of: Some(condition),
        })
    }

    /// The numbers of a page and how many there are in all; `None` where the page is not near an end.
    async fn page(
        &self,
        db: &mut SqliteConnection,
        look: &Look<'_>,
        descending: bool,
        from: u32,
        limit: u32,
    ) -> Result<Option<(Vec<u32>, u32)>, sqlx::Error> {
        let total = self.count(db, look).await?;
        let end = from.saturating_add(limit).min(total);
        if from >= end {
            return Ok(Some((Vec::new(), total)));
        }
        let parts = match self.sort.has_blanks() {
            true => [Part::Sorted, Part::Blank].as_slice(),
            false => &[Part::Sorted],
        };
        let numbers = if end <= NEAR {
            let numbers = self.walk(db, parts.iter().copied(), descending, end).await?;
            numbers.into_iter().skip(from as usize).collect()
        } else if total - from <= NEAR {
            let mut numbers = self.walk(db, parts.iter().rev().copied(), !descending, total - from).await?;
            numbers.reverse();
            numbers.truncate((end - from) as usize);
            numbers
        } else {
            return Ok(None);
        };
        Ok(Some((numbers, total)))
    }

    async fn count(&self, db: &mut SqliteConnection, look: &Look<'_>) -> Result<u32, sqlx::Error> {
        let Some(condition) = self.of else { return Ok(look.all()) };
        if let Some(status) = condition.only_status() {
            let counts = look.cached.iter().filter(|count| count.status == status);
            return Ok(counts.map(|count| count.count).sum());
        }
        let mut sql = QueryBuilder::new("SELECT count(*) FROM payments INDEXED BY ");
        sql.push(self.index).push(" WHERE ");
        condition.push(&mut sql);
        sql.build_query_scalar().fetch_one(db).await
    }

    /// The first `wanted` numbers of the parts in this direction.
    async fn walk(
        &self,
        db: &mut SqliteConnection,
        parts: impl Iterator<Item = Part>,
        descending: bool,
        wanted: u32,
    ) -> Result<Vec<u32>, sqlx::Error> {
        let mut found: Vec<u32> = Vec::new();
        for part in parts {
            let left = wanted.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            if left == 0 {
                break;
            }
            let numbers = numbers_of(db, |sql| {
                self.push(sql, part, descending);
                sql.push(" LIMIT ").push_bind(left);
            });
            found.extend(numbers.await?);
        }
        Ok(found)
    }

    /// Appends the statement of a part's numbers, as the index has them or the other way round.
    fn push(&self, sql: &mut QueryBuilder<Sqlite>, part: Part, descending: bool) {
        sql.push("SELECT number FROM payments INDEXED BY ").push(self.index).push(" WHERE TRUE");
        if let Some(condition) = self.of {
            sql.push(" AND ");
            condition.push(sql);
        }
        push_order(sql, self.sort, part, descending);
    }
}

/// Appends which part is meant, and its order.
fn push_order(sql: &mut QueryBuilder<Sqlite>, sort: PaymentSort, part: Part, descending: bool) {
    let mut columns = sort.columns();
    let key = columns[0];
    match part {
        Part::Sorted if sort.has_blanks() => {
            sql.push(" AND ").push(key).push(" IS NOT NULL");
        }
        Part::Sorted => {}
        Part::Blank => {
            sql.push(" AND ").push(key).push(" IS NULL");
            columns = &columns[1..];
        }
    }
    let direction = if descending { " DESC" } else { "" };
    let columns: Vec<_> = columns.iter().map(|column| format!("{column}{direction}")).collect();
    sql.push(" ORDER BY ").push(columns.join(", "));
}

/// All payments in order.
async fn sequence(db: &mut SqliteConnection, sort: PaymentSort) -> Result<Ordered, sqlx::Error> {
    let straight = Straight { sort, index: sort.index(), of: None };
    both_parts(db, sort, |sql, part| straight.push(sql, part, false)).await
}

/// These payments, which are few, in order.
async fn few(db: &mut SqliteConnection, sort: PaymentSort, set: &Set) -> Result<Ordered, sqlx::Error> {
    let numbers = json(set.iter());
    both_parts(db, sort, |sql, part| push_few(sql, sort, part, &numbers)).await
}

fn push_few(sql: &mut QueryBuilder<Sqlite>, sort: PaymentSort, part: Part, numbers: &str) {
    sql.push("SELECT number FROM payments NOT INDEXED WHERE number IN (SELECT value FROM json_each(");
    sql.push_bind(numbers.to_owned()).push("))");
    push_order(sql, sort, part, false);
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

/// Rows with these numbers, in this order. Long texts are cut: a list has no room for them.
async fn rows(db: &mut SqliteConnection, numbers: &[u32]) -> Result<Vec<PaymentRow>, Failure> {
    let text = |column: &str| format!("substr({column}, 1, {})", LONGEST_TEXT + 1);
    let columns = ["order_id", "order_description"].iter().fold(COLUMNS.to_owned(), |columns, column| {
        columns.replace(&format!(" {column},"), &format!(" {},", text(column)))
    });
    let found = Stored::read(db, &columns, "", |sql| {
        sql.push("FROM payments NOT INDEXED WHERE number IN (SELECT value FROM json_each(");
        sql.push_bind(json(numbers.iter().copied())).push("))");
    });
    let found = found.await?;
    let mut found: HashMap<_, _> = found.into_iter().map(|stored| (stored.number, stored)).collect();
    let in_order = numbers.iter().filter_map(|number| found.remove(&i64::from(*number)));
    in_order
        .map(|mut stored| {
            for text in [&mut stored.order_id, &mut stored.order_description].into_iter().flatten() {
                cut(text, LONGEST_TEXT);
            }
            stored.row()
        })
        .collect()
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
