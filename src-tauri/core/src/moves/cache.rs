//! The caches of the lists: each is shown the newest first, page by page, and takes answers whose statuses only move forward. What
//! differs is data: the columns, what is asked for, and the rows. The table of a list is that of [`List::table`].

use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection, sqlite::SqliteRow};

use super::lists::{Absorbed, Cached, List, changed_at};
use crate::{second_factor::local, shops::ShopContext, store};

/// The most rows of a page.
const LARGEST_PAGE: u32 = 500;

/// A row of a cache with what is shown beside its columns: `made_by`, our id of the move that made it, and [`Self::ALSO`].
pub(crate) trait Shown: for<'r> FromRow<'r, SqliteRow> + Send + Unpin {
    /// The list.
    const LIST: List;
    /// Further columns, each behind a comma.
    const ALSO: &'static str = "";
    /// The tables of these, joined to `kept`, which is the row of the cache.
    const JOINED: &'static str = "";

    /// Its place in the list: when it was made, and its id.
    fn place(&self) -> (DateTime<Utc>, &str);
}

/// A piece of a list.
pub(crate) struct Page<R> {
    pub(crate) rows: Vec<R>,
    /// The cursor of the next page; `None` when this is the last.
    pub(crate) next: Option<String>,
    /// How many rows there are in all that match.
    pub(crate) total: u32,
}

/// What is asked for of a cache: conditions that all hold, each with a text in the place of its `?`.
#[derive(Debug, Default)]
pub(crate) struct Filter(Vec<(&'static str, String)>);

impl Filter {
    /// Those that meet this, too, where a text is given.
    pub(crate) fn and(mut self, condition: &'static str, text: Option<impl Into<String>>) -> Self {
        self.0.extend(text.map(|text| (condition, text.into())));
        self
    }

    /// Those of these statuses, in any case; all when there are none.
    pub(crate) fn statuses(self, statuses: &[String]) -> Self {
        let statuses: Vec<_> = statuses.iter().map(|status| status.to_lowercase()).collect();
        let wanted = (!statuses.is_empty()).then(|| serde_json::Value::from(statuses).to_string());
        self.and("lower(status) IN (SELECT value FROM json_each(?))", wanted)
    }

    /// Those made from one time on and before another, by the clock of this computer.
    pub(crate) fn made(
        self,
        ctx: &ShopContext,
        since: Option<DateTime<Utc>>,
        before: Option<DateTime<Utc>>,
    ) -> Self {
        // What is kept is by the provider's.
        let theirs = |at: DateTime<Utc>| store::time(at + (at - local(ctx, at)));
        self.and("created_at >= ?", since.map(theirs)).and("created_at < ?", before.map(theirs))
    }

    fn push(&self, sql: &mut QueryBuilder<Sqlite>) {
        sql.push(" WHERE TRUE");
        for (condition, text) in &self.0 {
            let (head, tail) = condition.split_once('?').unwrap_or((condition, ""));
            sql.push(" AND ").push(head).push_bind(text.clone()).push(tail);
        }
    }
}

/// Rows of a cache, the newest first: at most `limit` and 500, behind the cursor `after`.
pub(crate) async fn page<R: Shown>(
    db: &mut SqliteConnection,
    filter: &Filter,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<R>, sqlx::Error> {
    let limit = limit.clamp(1, LARGEST_PAGE);
    let after: Option<(String, String)> = after.and_then(|cursor| serde_json::from_str(cursor).ok());
    let mut rows = rows::<R>(db, filter, after, limit + 1).await?;
    let mut count = QueryBuilder::new("SELECT count(*) FROM ");
    count.push(R::LIST.table());
    filter.push(&mut count);
    let total = count.build_query_scalar().fetch_one(db).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|row| {
        let (at, id) = row.place();
        serde_json::json!([store::time(at), id]).to_string()
    });
    Ok(Page { rows, next, total })
}

/// One row of a cache.
pub(crate) async fn find<R: Shown>(db: &mut SqliteConnection, id: &str) -> Result<Option<R>, sqlx::Error> {
    Ok(rows(db, &Filter::default().and("id = ?", Some(id)), None, 1).await?.pop())
}

async fn rows<R: Shown>(
    db: &mut SqliteConnection,
    filter: &Filter,
    after: Option<(String, String)>,
    limit: u32,
) -> Result<Vec<R>, sqlx::Error> {
    let mut sql = QueryBuilder::new("SELECT kept.*, moves.id AS made_by");
    sql.push(R::ALSO).push(" FROM (SELECT * FROM ").push(R::LIST.table());
    filter.push(&mut sql);
    if let Some((at, id)) = after {
        sql.push(" AND (created_at, id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    sql.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(limit);
    sql.push(") AS kept LEFT JOIN moves ON moves.made = kept.id AND moves.list = ").push_bind(R::LIST);
    sql.push(" ").push(R::JOINED).push(" ORDER BY kept.created_at DESC, kept.id DESC");
    sql.build_query_as().fetch_all(db).await
}

/// Something of a list whose cache has a status, the times, and whether these were told.
pub(crate) trait Entry: Cached {
    /// What is said of it.
    fn answer(&self) -> Answer<'_>;

    /// Whether that can be newer than what has this status.
    fn may_follow(&self, before: &str) -> bool;
}

/// A column and what is in it.
pub(crate) type Column = (&'static str, Option<String>);

/// What an answer says of something.
pub(crate) struct Answer<'a> {
    pub(crate) status: &'a str,
    pub(crate) is_final: bool,
    pub(crate) updated_at: Option<DateTime<Utc>>,
    /// What never changes.
    pub(crate) fixed: Vec<Column>,
    /// What does.
    pub(crate) moving: Vec<Column>,
    /// What it does not say of that stays as it was.
    pub(crate) silence_keeps: bool,
}

/// Takes an answer into its cache. A status only moves forward: an older answer that comes late changes nothing.
pub(crate) async fn absorb<E: Entry>(
    db: &mut SqliteConnection,
    entry: &E,
    now: DateTime<Utc>,
) -> Result<Absorbed, sqlx::Error> {
    let mut answer = entry.answer();
    let mut sql = QueryBuilder::new("SELECT status, json_array(");
    let mut columns = sql.separated(", ");
    for (column, _) in &answer.moving {
        columns.push(*column);
    }
    sql.push(") FROM ").push(E::LIST.table()).push(" WHERE id = ").push_bind(entry.id().to_owned());
    let kept: Option<(String, String)> = sql.build_query_as().fetch_optional(&mut *db).await?;
    let Some((before, kept)) = kept else {
        insert(db, entry, answer, now).await?;
        return Ok(Absorbed::New);
    };
    let kept: Vec<Option<String>> =
        serde_json::from_str(&kept).map_err(|error| sqlx::Error::Decode(error.into()))?;
    if answer.silence_keeps {
        for ((_, said), kept) in answer.moving.iter_mut().zip(&kept) {
            *said = said.take().or_else(|| kept.clone());
        }
    }
    let moved = !before.eq_ignore_ascii_case(answer.status);
    let is_the_same = !moved && answer.moving.iter().map(|(_, said)| said).eq(&kept);
    if is_the_same || !entry.may_follow(&before) {
        return Ok(Absorbed::Same);
    }
    let mut sql = QueryBuilder::new("UPDATE ");
    sql.push(E::LIST.table()).push(" SET status = ").push_bind(answer.status);
    sql.push(", is_open = ").push_bind(!answer.is_final);
    for (column, said) in answer.moving {
        sql.push(", ").push(column).push(" = ").push_bind(said);
    }
    sql.push(", updated_at = coalesce(").push_bind(answer.updated_at.map(store::time));
    sql.push(", updated_at), changed_at = ").push_bind(store::time(now));
    sql.push(" WHERE id = ").push_bind(entry.id().to_owned());
    sql.build().execute(db).await?;
    Ok(if moved { Absorbed::Moved } else { Absorbed::Changed })
}

async fn insert<E: Entry>(
    db: &mut SqliteConnection,
    entry: &E,
    answer: Answer<'_>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let created_at = entry.created_at();
    let mut sql = QueryBuilder::new("INSERT INTO ");
    sql.push(E::LIST.table()).push(" (id, status, is_open, created_at, dated, updated_at, changed_at");
    let own: Vec<_> = answer.fixed.into_iter().chain(answer.moving).collect();
    for (column, _) in &own {
        sql.push(", ").push(*column);
    }
    sql.push(") VALUES (");
    let mut values = sql.separated(", ");
    values
        .push_bind(entry.id().to_owned())
        .push_bind(answer.status)
        .push_bind(!answer.is_final)
        .push_bind(store::time(created_at.unwrap_or(now)))
        .push_bind(created_at.is_some())
        .push_bind(answer.updated_at.map(store::time))
        .push_bind(store::time(changed_at(answer.updated_at.or(created_at), now)));
    for (_, value) in own {
        values.push_bind(value);
    }
    sql.push(")");
    sql.build().execute(db).await?;
    Ok(())
}
