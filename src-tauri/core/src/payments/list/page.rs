//! Pages that are read at once: of a list that an index holds as it stands, or of a few payments.
//!
//! There is no transaction around them, which would take longer than the reading. The statement that reads the rows says
//! itself whether payments have changed since the search was understood; then the page is read again.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::numbers::json;
use super::{
    super::{
        PaymentPage, PaymentQuery, Stored,
        search::{Condition, Search},
        sort::PaymentSort,
    },
    Look, REVISION, listed, numbers_of, push_few, short_columns,
};
use crate::failure::Failure;

/// So many payments are few.
const FEW: usize = 500;
/// As near to an end a list is always read out of its index.
pub(super) const NEAR: u32 = 2_000;

/// What came of reading a page at once.
pub(super) enum Quick {
    Page(PaymentPage),
    /// Payments have changed meanwhile.
    Changed,
    /// It would take long, each time: the numbers of the whole list are read, and kept.
    Long,
}

/// The two parts of a list: first those that have something to sort by, then the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Sorted,
    Blank,
}

impl Look<'_> {
    /// Reads a page, if that takes one short reading of an index. Far from both ends of a list this takes some hundredths of a
    /// second, and so is done once: who asks for a second such page will ask for more.
    pub(super) async fn quick(
        &self,
        db: &mut SqliteConnection,
        query: &PaymentQuery,
    ) -> Result<Quick, Failure> {
        let sort = query.sort;
        if let Some(straight) = Straight::of(&self.search, sort) {
            let total = straight.count(db, self).await?;
            let far = query.from > NEAR && total.saturating_sub(query.from) > NEAR;
            if far && self.kept.was_asked_for(self.revision, &self.search, sort) {
                return Ok(Quick::Long);
            }
            return self
                .page(db, query, total, |sql, part, descending| straight.push(sql, part, descending))
                .await;
        }
        let wanted = self.search.wanted();
        let ([condition], []) = (wanted.as_slice(), self.search.excluded()) else {
            return Ok(Quick::Long);
        };
        let found = numbers_of(db, |sql| {
            condition.push_numbers(sql);
            sql.push(" LIMIT ").push_bind(FEW as i64 + 1);
        });
        let numbers: Vec<u32> = found.await?.collect();
        if numbers.len() > FEW {
            return Ok(Quick::Long);
        }
        let (total, numbers) = (numbers.len() as u32, json(numbers));
        self.page(db, query, total, |sql, part, descending| push_few(sql, sort, part, descending, &numbers))
            .await
    }

    /// Reads a page of a list of `total` payments, whose parts `push` appends the statements of, from the end that is nearer.
    async fn page(
        &self,
        db: &mut SqliteConnection,
        query: &PaymentQuery,
        total: u32,
        push: impl Fn(&mut QueryBuilder<Sqlite>, Part, bool),
    ) -> Result<Quick, Failure> {
        let from = query.from.min(total);
        let end = from.saturating_add(query.limit).min(total);
        let backwards = from > total - end;
        let descending = query.descending != backwards;
        let (mut skip, wanted) = (if backwards { total - end } else { from }, (end - from) as usize);
        let mut parts = vec![Part::Sorted];
        if query.sort.has_blanks() {
            parts.insert(if backwards { 0 } else { 1 }, Part::Blank);
        }
        let mut found = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let left = wanted - found.len();
            let (revision, rows) = read(db, |sql| {
                push(sql, *part, descending);
                sql.push(" LIMIT ").push_bind(left as i64).push(" OFFSET ").push_bind(skip);
            })
            .await?;
            if revision != self.revision {
                return Ok(Quick::Changed);
            }
            let none = rows.is_empty();
            found.extend(rows);
            if found.len() == wanted {
                break;
            }
            // The page begins, or goes on, in the next part.
            let passed = match none && skip > 0 && at + 1 < parts.len() {
                true => count(db, |sql| push(sql, *part, descending)).await?,
                false => skip,
            };
            skip = skip.saturating_sub(passed);
        }
        if backwards {
            found.reverse();
        }
        let rows = found.into_iter().map(listed).collect::<Result<_, _>>()?;
        Ok(Quick::Page(PaymentPage { rows, total }))
    }
}

/// The rows whose numbers a statement finds, in its order, and the revision that they are of.
async fn read(
    db: &mut SqliteConnection,
    push: impl FnOnce(&mut QueryBuilder<Sqlite>),
) -> Result<(i64, Vec<Stored>), Failure> {
    let mut sql = QueryBuilder::new("WITH page (wanted) AS (");
    push(&mut sql);
    sql.push(") SELECT ").push(REVISION).push(", json_group_array(json_array(").push(short_columns());
    sql.push(")) FROM page CROSS JOIN payments ON number = wanted");
    let (revision, rows): (i64, String) = sql.build_query_as().fetch_one(db).await?;
    Ok((revision, Stored::of_json(&rows)?))
}

async fn count(
    db: &mut SqliteConnection,
    push: impl FnOnce(&mut QueryBuilder<Sqlite>),
) -> Result<u32, sqlx::Error> {
    let mut sql = QueryBuilder::new("SELECT count(*) FROM (");
    push(&mut sql);
    sql.push(")");
    sql.build_query_scalar().fetch_one(db).await
}

/// A list that an index holds as it stands, with nothing between its rows.
pub(super) struct Straight<'a> {
    sort: PaymentSort,
    pub(super) index: &'static str,
    /// What holds of all rows in a row of the index.
    of: Option<&'a Condition>,
}

impl<'a> Straight<'a> {
    pub(super) fn of(search: &'a Search, sort: PaymentSort) -> Option<Self> {
        if search.is_empty() {
            return Some(Self::all(sort));
        }
        let condition = search.only()?;
        let index = condition.index_by_time()?;
        (sort == PaymentSort::Created || sort.index() == index).then_some(Self {
            sort,
            index,
            of: Some(condition),
        })
    }

    /// All payments.
    pub(super) fn all(sort: PaymentSort) -> Self {
        Self { sort, index: sort.index(), of: None }
    }

    /// How many payments it has.
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

    /// Appends the statement of a part's numbers, as the index has them or the other way round.
    pub(super) fn push(&self, sql: &mut QueryBuilder<Sqlite>, part: Part, descending: bool) {
        sql.push("SELECT number FROM payments INDEXED BY ").push(self.index).push(" WHERE TRUE");
        if let Some(condition) = self.of {
            sql.push(" AND ");
            condition.push(sql);
        }
        push_order(sql, self.sort, part, descending);
    }
}

/// Appends which part is meant, and its order.
pub(super) fn push_order(sql: &mut QueryBuilder<Sqlite>, sort: PaymentSort, part: Part, descending: bool) {
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
