//! The lists of NOWPayments in which moves stand, and their caches.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use nowpayments::{
    Listing, Order, Paged,
    conversions::ListConversions,
    custody::{ListCustodyUsers, ListTransfers},
    fiat_payouts::ListFiatPayouts,
};
use serde::{Deserialize, Serialize};
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

    /// Whether all of it was read once.
    pub(crate) async fn is_whole(self, db: impl sqlx::SqliteExecutor<'_>) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sync_marks WHERE key = ?)")
            .bind(self.table())
            .fetch_one(db)
            .await
    }

    /// When it was last read, if it ever was.
    pub(crate) async fn read_at(
        self,
        db: impl sqlx::SqliteExecutor<'_>,
    ) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
        let at: Option<String> = sqlx::query_scalar("SELECT value FROM sync_marks WHERE key = ?")
            .bind(self.table())
            .fetch_optional(db)
            .await?;
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
    /// payments are read, where it is not those of all. Whether anything has changed.
    pub(crate) async fn read_list(
        &self,
        list: List,
        owner: Option<&str>,
        back_to: BackTo,
    ) -> Result<bool, Failure> {
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
                let changed = self.walk(PaymentsOfUsers::new(user), owner, back_to).await?;
                if changed {
                    // They stand among the payments of the shop, with a mark, and out of its takings.
                    self.ctx.announce(Changed::Payments);
                }
                Ok(changed)
            }
        }
    }

    async fn walk<E, T>(&self, request: E, owner: Option<&str>, back_to: BackTo) -> Result<bool, Failure>
    where
        E: Paged,
        E::Response: Listing<Item = T>,
        T: Cached,
    {
        // That of one user's payments is read whole each time: it is short.
        let whole = owner.is_none() && T::LIST.is_whole(&self.ctx.db).await?;
        let mut pages = self.ctx.client.pages(request);
        let (mut changed, mut to_the_end) = (false, true);
        while let Some(page) = pages.try_next().await.map_err(|error| Failure::from_api(&error))? {
            let mut db = self.ctx.write().await?;
            let (now, mut new) = (self.ctx.now(), false);
            for item in &page {
                let absorbed = absorb(&mut db, item, owner, now).await?;
                changed |= absorbed != Absorbed::Same;
                new |= absorbed == Absorbed::New;
            }
            changed |= journal::take_found(&mut db, T::LIST, now).await?;
            db.commit().await?;
            let reached = match back_to {
                BackTo::Known => whole && !new,
                BackTo::Time(time) => is_past(&page, time),
            };
            if reached {
                to_the_end = false;
                break;
            }
        }
        if owner.is_none() && (whole && back_to == BackTo::Known || to_the_end) {
            let mut db = self.ctx.write().await?;
            sqlx::query("INSERT INTO sync_marks (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")
                .bind(T::LIST.table())
                .bind(store::time(self.ctx.now()))
                .execute(&mut *db)
                .await?;
            db.commit().await?;
        }
        Ok(changed)
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
fn is_past<T: Cached>(page: &[T], time: DateTime<Utc>) -> bool {
    let (Some(first), Some(last)) = (page.first().map(T::created_at), page.last().map(T::created_at)) else {
        return false;
    };
    matches!((first, last), (Some(first), Some(last)) if first >= last && last < time)
}

impl Moves {
    /// The time before which nothing was made by a call that is sent now.
    pub(super) fn earliest(&self) -> DateTime<Utc> {
        provider_now(&self.ctx) - journal::STILL_ON_ITS_WAY
    }
}
