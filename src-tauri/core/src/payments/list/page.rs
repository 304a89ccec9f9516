//! Pages of lists that an index holds as they stand, and of few payments: read out of the index by their place.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{
    super::{
        PaymentPage, PaymentQuery, Stored,
        search::{Condition, Search},
        sort::PaymentSort,
    },
    Look, SHORT_COLUMNS, listed, push_few,
};
use crate::failure::Failure;

/// So many payments are few.
const FEW: u32 = 500;
/// As near to an end a list is always read out of its index.
pub(super) const NEAR: u32 = 2_000;

/// The two parts of a list: first those that have something to sort by, then the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Sorted,
    Blank,
}

/// Reads a page near the beginning of a list with a single statement, which takes less time than a transaction around two;
/// `None` where that cannot be done.
pub(super) async fn at_once(
    db: &mut SqliteConnection,
    search: &Search,
    query: &PaymentQuery,
) -> Result<Option<PaymentPage>, Failure> {
    if query.from > NEAR {
        return Ok(None);
    }
    let mut sql = QueryBuilder::new("WITH ");
    let few = match Straight::of(search, query.sort) {
        Some(straight) => {
            sql.push("page (wanted) AS (");
            straight.push(&mut sql, Part::Sorted, query.descending);
            push_place(&mut sql, query.from, query.limit);
            sql.push(") SELECT (");
            straight.push_count(&mut sql);
            false
        }
        None => {
            let wanted = search.wanted();
            let ([condition], []) = (wanted.as_slice(), search.excluded()) else { return Ok(None) };
            sql.push("found (number) AS MATERIALIZED (");
            condition.push_numbers(&mut sql);
            sql.push(" LIMIT ").push(FEW + 1).push("), page (wanted) AS (");
            push_few(&mut sql, query.sort, Part::Sorted, query.descending, |sql| {
                sql.push("SELECT number FROM found");
            });
            push_place(&mut sql, query.from, query.limit);
            sql.push(") SELECT (SELECT count(*) FROM found");
            true
        }
    };
    sql.push("), ");
    push_rows_of_page(&mut sql);
    let (total, rows): (u32, String) = sql.build_query_as().fetch_one(db).await?;
    if few && total > FEW {
        return Ok(None);
    }
    let rows = Stored::of_json(&rows)?;
    // What has nothing to sort by comes after the others, and is not among these.
    let whole = rows.len() == query.limit.min(total.saturating_sub(query.from)) as usize;
    let rows = rows.into_iter().map(listed).collect::<Result<_, _>>()?;
    Ok(whole.then_some(PaymentPage { rows, total }))
}

impl Look<'_> {
    /// Reads a page of a list that an index holds as it stands. Far from both of its ends that takes some hundredths of a
    /// second, and so it is done once: who asks for a second such page will ask for more. Then, and for any other list, this
    /// is `None`.
    pub(super) async fn by_place(
        &self,
        db: &mut SqliteConnection,
        query: &PaymentQuery,
    ) -> Result<Option<PaymentPage>, Failure> {
        let Some(straight) = Straight::of(&self.search, query.sort) else { return Ok(None) };
        let total = self.count(db, &straight).await?;
        let far = query.from > NEAR && total.saturating_sub(query.from) > NEAR;
        if far && self.kept.was_asked_for(self.revision, &self.search, query.sort) {
            return Ok(None);
        }
        let from = query.from.min(total);
        let end = from.saturating_add(query.limit).min(total);
        // From the end that is nearer.
        let backwards = from > total - end;
        let descending = query.descending != backwards;
        let mut parts = vec![Part::Sorted];
        if query.sort.has_blanks() {
            parts.insert(usize::from(!backwards), Part::Blank);
        }
        let (mut passed, mut left) = (if backwards { total - end } else { from }, end - from);
        let mut found = Vec::new();
        for part in parts {
            let mut sql = QueryBuilder::new("WITH page (wanted) AS (");
            straight.push(&mut sql, part, descending);
            push_place(&mut sql, passed, left);
            sql.push(") SELECT ");
            push_rows_of_page(&mut sql);
            let rows: String = sql.build_query_scalar().fetch_one(&mut *db).await?;
            let rows = Stored::of_json(&rows)?;
            let here = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            found.extend(rows);
            left = left.saturating_sub(here);
            if left == 0 {
                break;
            }
            // It goes on in the other part, or only begins there.
            passed = match here {
                0 if passed > 0 => passed.saturating_sub(straight.count_part(db, part).await?),
                _ => 0,
            };
        }
        if backwards {
            found.reverse();
        }
        let rows = found.into_iter().map(listed).collect::<Result<_, _>>()?;
        Ok(Some(PaymentPage { rows, total }))
    }

    async fn count(&self, db: &mut SqliteConnection, straight: &Straight<'_>) -> Result<u32, sqlx::Error> {
        if straight.of.is_none() {
            return Ok(self.all());
        }
        let mut sql = QueryBuilder::new("");
        straight.push_count(&mut sql);
        sql.build_query_scalar().fetch_one(db).await
    }
}

/// Appends which part of a list is read. SQLite prepares a statement anew for each limit that is bound to it, though the
/// limit be the same: it stands in the statement.
fn push_place(sql: &mut QueryBuilder<Sqlite>, passed: u32, limit: u32) {
    sql.push(" LIMIT ").push(limit).push(" OFFSET ").push_bind(passed);
}

/// Appends the rows of the numbers `wanted` in `page`, in their order.
fn push_rows_of_page(sql: &mut QueryBuilder<Sqlite>) {
    sql.push("json_group_array(json_array(").push(&*SHORT_COLUMNS);
    sql.push(")) FROM page CROSS JOIN payments ON payments.number = wanted");
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

    /// Appends the statement that counts its payments.
    fn push_count(&self, sql: &mut QueryBuilder<Sqlite>) {
        let Some(condition) = self.of else {
            sql.push("SELECT coalesce(sum(count), 0) FROM payment_counts");
            return;
        };
        if let Some((counts, value)) = condition.counted() {
            sql.push("SELECT coalesce(sum(count), 0) FROM ")
                .push(counts)
                .push(" = ")
                .push_bind(value.to_owned());
            return;
        }
        sql.push("SELECT count(*) FROM payments INDEXED BY ").push(self.index).push(" WHERE ");
        condition.push(sql);
    }

    /// How many payments a part of it has.
    async fn count_part(&self, db: &mut SqliteConnection, part: Part) -> Result<u32, sqlx::Error> {
        let mut sql = QueryBuilder::new("SELECT count(*) FROM (");
        self.push(&mut sql, part, false);
        sql.push(")");
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
