//! Listing payments: a page of what matches, in some order, out of an index and never by counting rows away.
//!
//! A page begins behind the last row of the one before it. There are two ways to read it, and the numbers that are known
//! beforehand decide between them: where much matches, the rows are taken in order and those that do not match are
//! passed over; where little matches, all of it is found first and then put in order.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{
    COLUMNS, PaymentPage, PaymentQuery, Payments, StatusCount, Stored,
    search::{Context, Search},
    sort::{Cursor, PaymentSort},
};
use crate::{failure::Failure, store};

impl Payments {
    /// A page of payments.
    ///
    /// # Errors
    /// When what is searched for cannot be read (field `search`, with what would be right), when the cursor is not one of
    /// ours or of another order (field `after`), or when the shop was closed.
    pub async fn list(&self, query: PaymentQuery) -> Result<PaymentPage, Failure> {
        let PaymentQuery { sort, descending, .. } = query;
        let after = query.after.as_deref().map(|text| Cursor::parse(text, sort, descending)).transpose()?;
        let limit = query.limit.clamp(1, 500);

        let mut db = self.ctx.db.begin().await?; // one look, so that rows and counts agree
        let cached = cached(&mut db).await?;
        let names: Vec<_> = cached.iter().map(|count| count.status.as_str()).collect();
        let context = Context { day_begins: &*self.ctx.surroundings.day_begins, statuses: &names };
        let search = Search::parse(&query.search, &context)?;
        let statuses = match search.is_empty() {
            true => cached.clone(),
            false => matching(&mut db, &search).await?,
        };
        let status = query.status.map(|status| status.to_ascii_lowercase());
        let of_status = |count: &&StatusCount| status.as_deref().is_none_or(|status| count.status == status);
        let total = statuses.iter().filter(of_status).map(|count| count.count).sum();
        let order = Order {
            sort,
            descending,
            status: status.as_deref(),
            search: &search,
            in_order: in_order(sum(&cached), total, limit),
        };
        let mut found =
            if total == 0 { Vec::new() } else { order.read(&mut db, after.as_ref(), limit + 1).await? };
        db.commit().await?;

        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next = found.last().filter(|_| more).map(|last| order.cursor(last)).transpose()?;
        let rows = found.into_iter().map(|listed| listed.stored.row()).collect::<Result<_, _>>()?;
        Ok(PaymentPage { rows, next, total, statuses })
    }
}

/// Whether it is less work to take rows in order until `limit` match than to find all `total` that do: of `all` rows every
/// `all / total`th matches.
fn in_order(all: u32, total: u32, limit: u32) -> bool {
    u64::from(total) * u64::from(total) >= u64::from(limit) * u64::from(all)
}

fn sum(statuses: &[StatusCount]) -> u32 {
    statuses.iter().map(|count| count.count).sum()
}

/// How many cached payments have each status.
async fn cached(db: &mut SqliteConnection) -> Result<Vec<StatusCount>, sqlx::Error> {
    let sql = "SELECT status, count FROM payment_counts WHERE count > 0 ORDER BY count DESC, status";
    counts(db, QueryBuilder::new(sql)).await
}

/// How many payments of each status match.
async fn matching(db: &mut SqliteConnection, search: &Search) -> Result<Vec<StatusCount>, sqlx::Error> {
    counts(db, matching_statement(search)).await
}

fn matching_statement(search: &Search) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("SELECT status, count(*) FROM payments");
    sql.push(search.source()).push(" WHERE TRUE");
    search.push(&mut sql);
    sql.push(" GROUP BY +status ORDER BY count(*) DESC, status");
    sql
}

async fn counts(
    db: &mut SqliteConnection,
    mut sql: QueryBuilder<Sqlite>,
) -> Result<Vec<StatusCount>, sqlx::Error> {
    let counts: Vec<(String, u32)> = sql.build_query_as().fetch_all(db).await?;
    Ok(counts.into_iter().map(|(status, count)| StatusCount { status, count }).collect())
}

/// A row of a list.
#[derive(sqlx::FromRow)]
struct Listed {
    #[sqlx(flatten)]
    stored: Stored,
    sort_key: Option<String>,
}

/// What is listed, and how.
struct Order<'a> {
    sort: PaymentSort,
    descending: bool,
    status: Option<&'a str>,
    search: &'a Search,
    /// Rows are taken in order, instead of all that match being found first.
    in_order: bool,
}

/// The two parts of a list: first those that have something to sort by, then the others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Sorted,
    Blank,
}

impl Order<'_> {
    /// The next `wanted` rows.
    async fn read(
        &self,
        db: &mut SqliteConnection,
        after: Option<&Cursor>,
        wanted: u32,
    ) -> Result<Vec<Listed>, sqlx::Error> {
        let mut found: Vec<Listed> = Vec::new();
        if after.is_none_or(|after| after.key.is_some()) {
            found = self.statement(Part::Sorted, after, wanted).build_query_as().fetch_all(&mut *db).await?;
        }
        let left = wanted.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        if self.sort.has_blanks() && left > 0 {
            let after = after.filter(|after| after.key.is_none());
            let mut blank = self.statement(Part::Blank, after, left);
            found.extend(blank.build_query_as::<Listed>().fetch_all(&mut *db).await?);
        }
        Ok(found)
    }

    fn statement(&self, part: Part, after: Option<&Cursor>, limit: u32) -> QueryBuilder<Sqlite> {
        let columns = self.sort.columns();
        let key = columns[0];
        let mut sql = QueryBuilder::new("SELECT ");
        sql.push(COLUMNS).push(", ").push(key).push(" AS sort_key FROM payments").push(self.source());
        sql.push(" WHERE TRUE");
        let columns = match part {
            Part::Sorted if self.sort.has_blanks() => {
                sql.push(" AND ").push(key).push(" IS NOT NULL");
                columns
            }
            Part::Sorted => columns,
            Part::Blank => {
                sql.push(" AND ").push(key).push(" IS NULL");
                &columns[1..]
            }
        };
        if let Some(status) = self.status {
            sql.push(" AND status = ").push_bind(status.to_owned());
        }
        if let Some(after) = after {
            sql.push(" AND (").push(columns.join(", ")).push(if self.descending { ") < (" } else { ") > (" });
            let mut values = sql.separated(", ");
            for column in columns {
                values.push_bind(after.value(column).map(str::to_owned));
            }
            sql.push(")");
        }
        self.search.push(&mut sql);
        let direction = if self.descending { " DESC" } else { "" };
        let columns: Vec<_> = columns.iter().map(|column| format!("{column}{direction}")).collect();
        sql.push(" ORDER BY ").push(columns.join(", ")).push(" LIMIT ").push_bind(limit);
        sql
    }

    /// The index that is read, as SQL behind the name of the table.
    fn source(&self) -> String {
        match (self.in_order, self.status) {
            // Those of a status are there by time.
            (true, Some(_)) if self.sort == PaymentSort::Created => {
                " INDEXED BY payments_by_status".to_owned()
            }
            (true, _) => format!(" INDEXED BY {}", self.sort.index()),
            (false, _) if self.search.is_empty() => " INDEXED BY payments_by_status".to_owned(),
            (false, _) => self.search.source().to_owned(),
        }
    }

    /// Where a page that ends with `last` ends.
    fn cursor(&self, last: &Listed) -> Result<String, Failure> {
        let cursor = Cursor {
            sort: self.sort,
            descending: self.descending,
            key: last.sort_key.clone(),
            created_at: store::time(last.stored.created_at),
            id: last.stored.id.clone(),
        };
        serde_json::to_string(&cursor).map_err(|error| {
            tracing::error!(%error, "a cursor cannot be written");
            Failure::other("The list cannot be read further.")
        })
    }
}

#[cfg(test)]
mod tests;
