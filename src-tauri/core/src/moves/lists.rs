//! The lists of NOWPayments in which moves stand, and their caches.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use nowpayments::{
    ByRow, Listing, Order, Paged, Row,
    conversions::ListConversions,
    custody::{ListCustodyUsers, ListTransfers},
    fiat_payouts::ListFiatPayouts,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sqlx::SqliteConnection;

use super::{MoveKind, Moves, journal};
use crate::{
    changes::Changed, custody::payments::PaymentsOfUsers, failure::Failure, fiat_payouts::Accounts,
    language::said, second_factor::provider_now, store,
};

/// A list of NOWPayments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub(crate) enum List {
    /// Transfers, deposits and write-offs.
    Transfers,
    /// Conversions.
    Conversions,
    /// Payments into users' balances.
    Payments,
    /// Users.
    Users,
    /// Fiat payouts.
    FiatPayouts,
    /// Accounts at banks.
    FiatAccounts,
}

/// How something has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As it was meant.
    Finished,
    /// It came to nothing.
    Rejected,
}

impl End {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Rejected => "rejected",
        }
    }
}

/// What an answer has changed in a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absorbed {
    /// Nothing.
    Same,
    /// Something beside the status.
    Changed,
    /// The status.
    Moved,
    /// It was not there before.
    New,
}

impl Absorbed {
    /// Whether it has a status that it was not seen with before.
    pub(crate) fn has_status(self) -> bool {
        matches!(self, Self::Moved | Self::New)
    }
}

/// Something of a list that is cached.
pub(crate) trait Cached: Send + Sync {
    /// Where it stands.
    const LIST: List;

    /// NOWPayments' id.
    fn id(&self) -> &str;

    /// When it was made.
    fn created_at(&self) -> Option<DateTime<Utc>>;

    /// How it has ended, if it has.
    fn end(&self) -> Option<End>;

    /// Takes it into the cache. `owner` is the user in whose list it stands, where each has one.
    fn absorb(
        &self,
        db: &mut SqliteConnection,
        owner: Option<&str>,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<Absorbed, Failure>> + Send;
}

/// What the reading of a list has found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Something in the cache has changed.
    pub(crate) changed: bool,
    /// There were rows that cannot be read: what is not found may be one of them.
    pub(crate) unreadable: bool,
}

/// How far a list is read, from its newest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BackTo {
    /// To what is known; all of it for the first time.
    Known,
    /// To what was made before this time.
    Time(DateTime<Utc>),
}

impl List {
    /// Those whose things have a status.
    pub(super) const WITH_STATUS: [Self; 4] =
        [Self::Transfers, Self::Conversions, Self::Payments, Self::FiatPayouts];

    pub(super) const fn of(kind: MoveKind) -> Self {
        match kind {
            MoveKind::Deposit | MoveKind::WriteOff | MoveKind::Transfer => Self::Transfers,
            MoveKind::Conversion => Self::Conversions,
            MoveKind::Payment => Self::Payments,
            MoveKind::User => Self::Users,
            MoveKind::FiatPayout => Self::FiatPayouts,
            MoveKind::FiatAccount => Self::FiatAccounts,
        }
    }

    /// The table of its cache, whose name is also that of the mark that stands once all of it was read.
    pub(super) const fn table(self) -> &'static str {
        match self {
            Self::Transfers => "custody_transfers",
            Self::Conversions => "conversions",
            Self::Payments => "custody_payments",
            Self::Users => "custody_users",
            Self::FiatPayouts => "fiat_payouts",
            Self::FiatAccounts => "fiat_accounts",
        }
    }

    /// The mark that stands while something of it, older than what was read last, may never have been read.
    fn behind(self) -> String {
        format!("{}_behind", self.table())
    }

    /// The mark that says when its last whole reading began, by the provider's clock.
    fn whole_since(self) -> String {
        format!("{}_whole_since", self.table())
    }

    /// Whether all of it was read once.
    pub(crate) async fn is_whole(self, db: impl sqlx::SqliteExecutor<'_>) -> Result<bool, sqlx::Error> {
        Ok(mark(db, self.table()).await?.is_some())
    }

    /// When it was last read, if it ever was.
    pub(crate) async fn read_at(
        self,
        db: impl sqlx::SqliteExecutor<'_>,
    ) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
        let at = mark(db, self.table()).await?;
        Ok(at.and_then(|at| at.parse().ok()))
    }

    /// How something in the cache has ended, if it has.
    pub(super) async fn end_of(
        db: &mut SqliteConnection,
        list: Self,
        id: &str,
    ) -> Result<Option<End>, sqlx::Error> {
        if !Self::WITH_STATUS.contains(&list) {
            return Ok(None);
        }
        let mut query = sqlx::QueryBuilder::new("SELECT status FROM ");
        query.push(list.table()).push(" WHERE is_open = 0 AND id = ").push_bind(id);
        let status: Option<String> = query.build_query_scalar().fetch_optional(db).await?;
        Ok(status.and_then(|status| match status.to_lowercase().as_str() {
            "finished" => Some(End::Finished),
            "partially_paid" => None,
            _ => Some(End::Rejected),
        }))
    }
}

impl Moves {
    /// Reads a list from its newest on, and takes what has turned up for what was missing. `owner` is the user whose
    /// payments are read, where it is not those of all.
    pub(crate) async fn read_list(
        &self,
        list: List,
        owner: Option<&str>,
        back_to: BackTo,
    ) -> Result<Seen, Failure> {
        let order = Some(Order::Desc);
        match list {
            List::Transfers => {
                self.walk(ListTransfers { order, ..ListTransfers::default() }, None, back_to).await
            }
            List::Conversions => {
                self.walk(ListConversions { order, ..ListConversions::default() }, None, back_to).await
            }
            List::Users => {
                self.walk(ListCustodyUsers { order, ..ListCustodyUsers::default() }, None, back_to).await
            }
            List::FiatPayouts => {
                let sort_by = Some("createdAt".to_owned());
                let newest = ListFiatPayouts { sort_by, order_by: order, ..ListFiatPayouts::default() };
                self.walk(newest, None, back_to).await
            }
            List::FiatAccounts => self.walk(Accounts::default(), None, back_to).await,
            List::Payments => {
                let user = owner
                    .map(str::parse)
                    .transpose()
                    .map_err(|_| Failure::not_found(said!(en: "custody user", de: "diesen Benutzer")))?;
                let seen = self.walk(PaymentsOfUsers::new(user), owner, back_to).await?;
                if seen.changed {
                    // They stand among the payments of the shop, with a mark, and out of its takings.
                    self.ctx.announce(Changed::Payments);
                }
                Ok(seen)
            }
        }
    }

    /// Reads page by page, each into the cache at once. A page with something new may have more of it behind it: until all
    /// of that was read a mark stands, by which the next reading goes back to when the last whole one began, wherever this
    /// one ends.
    async fn walk<E, T>(&self, request: E, owner: Option<&str>, back_to: BackTo) -> Result<Seen, Failure>
    where
        E: Paged,
        E::Response: Listing<Item = T>,
        T: Cached + Clone + PartialEq + DeserializeOwned,
    {
        let began = self.ctx.now();
        let whole = T::LIST.is_whole(&self.ctx.db).await?;
        let was_behind = whole && mark(&self.ctx.db, &T::LIST.behind()).await?.is_some();
        let whole_since = mark(&self.ctx.db, &T::LIST.whole_since()).await?;
        let whole_since: Option<DateTime<Utc>> = whole_since.and_then(|at| at.parse().ok());
        let mut pages = self.ctx.client.pages(ByRow(request));
        let (mut seen, mut to_the_end, mut caught_up) = (Seen::default(), true, false);
        while let Some(page) = pages.try_next().await.map_err(|error| Failure::from_api(&error))? {
            let mut db = self.ctx.write().await?;
            let (now, mut new) = (self.ctx.now(), false);
            for row in &page {
                let Row::Read(item) = row else { continue };
                let absorbed = absorb(&mut db, item, owner, now).await?;
                seen.changed |= absorbed != Absorbed::Same;
                new |= absorbed == Absorbed::New;
            }
            seen.unreadable |= may_be_missed(&page, back_to);
            caught_up = match whole_since {
                _ if !was_behind => !new,
                Some(since) => is_past(&page, since - journal::STILL_ON_ITS_WAY),
                None => false,
            };
            if whole && new && !caught_up {
                set_mark(&mut db, &T::LIST.behind(), now).await?;
            }
            seen.changed |= journal::take_found(&mut db, T::LIST, now).await?;
            db.commit().await?;
            let reached = match back_to {
                // That of one user's payments is read whole each time: it is short.
                BackTo::Known => whole && owner.is_none() && caught_up,
                BackTo::Time(time) => is_past(&page, time),
            };
            if reached {
                to_the_end = false;
                break;
            }
        }
        if owner.is_none() && (to_the_end || whole && caught_up) {
            let mut db = self.ctx.write().await?;
            set_mark(&mut db, T::LIST.table(), began).await?;
            let offset = self.ctx.client.clock_offset().unwrap_or_default();
            set_mark(&mut db, &T::LIST.whole_since(), began + offset).await?;
            sqlx::query("DELETE FROM sync_marks WHERE key = ?")
                .bind(T::LIST.behind())
                .execute(&mut *db)
                .await?;
            db.commit().await?;
        }
        Ok(seen)
    }

    /// Takes one answer into its cache. Whether that has changed anything.
    pub(super) async fn take<T: Cached>(&self, item: &T, owner: Option<&str>) -> Result<bool, Failure> {
        let mut db = self.ctx.write().await?;
        let absorbed = absorb(&mut db, item, owner, self.ctx.now()).await?;
        db.commit().await?;
        Ok(absorbed != Absorbed::Same)
    }
}

/// Takes something into its cache, and has the move that made it come to its end.
pub(super) async fn absorb<T: Cached>(
    db: &mut SqliteConnection,
    item: &T,
    owner: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Absorbed, Failure> {
    let absorbed = item.absorb(db, owner, now).await?;
    if let Some(end) = item.end().filter(|_| absorbed == Absorbed::Moved) {
        journal::note_end(db, T::LIST, item.id(), end, now).await?;
    }
    Ok(absorbed)
}

/// When something that is seen for the first time has changed last: what has stood still for long is read again rarely.
pub(crate) fn changed_at(said: Option<DateTime<Utc>>, now: DateTime<Utc>) -> DateTime<Utc> {
    said.map_or(now, |said| said.min(now))
}

/// Whether a page, and with it all that follow, is of before a time. That they come newest first was asked for; where they
/// visibly do not, all of them are read.
fn is_past<T: Cached>(page: &[Row<T>], time: DateTime<Utc>) -> bool {
    let (Some(first), Some(last)) = (page.first().map(made_at), page.last().map(made_at)) else {
        return false;
    };
    matches!((first, last), (Some(first), Some(last)) if first >= last && last < time)
}

fn made_at<T: Cached>(row: &Row<T>) -> Option<DateTime<Utc>> {
    match row {
        Row::Read(item) => item.created_at(),
        Row::Unreadable(row) => row.created_at,
    }
}

/// Whether a page has rows that cannot be read and may be of the time that is looked through.
fn may_be_missed<T: Cached>(page: &[Row<T>], back_to: BackTo) -> bool {
    page.iter().any(|row| match (row, back_to) {
        (Row::Read(_), _) => false,
        (Row::Unreadable(row), BackTo::Time(time)) => row.created_at.is_none_or(|at| at >= time),
        (Row::Unreadable(_), BackTo::Known) => true,
    })
}

async fn mark(db: impl sqlx::SqliteExecutor<'_>, key: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT value FROM sync_marks WHERE key = ?").bind(key).fetch_optional(db).await
}

async fn set_mark(db: &mut SqliteConnection, key: &str, at: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sync_marks (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
    )
    .bind(key)
    .bind(store::time(at))
    .execute(db)
    .await?;
    Ok(())
}

impl Moves {
    /// The time before which nothing was made by a call that is sent now.
    pub(super) fn earliest(&self) -> DateTime<Utc> {
        provider_now(&self.ctx) - journal::STILL_ON_ITS_WAY
    }
}
