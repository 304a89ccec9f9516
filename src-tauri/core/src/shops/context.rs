//! What everything that works for one open shop shares, and the life of its background work.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use nowpayments::Client;
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::{broadcast, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::Shop;
use crate::{
    audit::Head, changes::Changed, coins::Catalogue, failure::Failure, language::said, pins::Pin,
    screen_lock, store, surroundings::Surroundings,
};

/// One shop while it is open. `Payments`, `Payouts`, `SecondFactors` and `Notifications` are each an
/// `Arc<ShopContext>` with the methods of their part.
pub(crate) struct ShopContext {
    /// The shop.
    pub(crate) shop: Shop,
    /// Its database.
    pub(crate) db: SqlitePool,
    /// The connection to it that writes.
    writer: SqlitePool,
    /// The app's own database.
    app: SqlitePool,
    /// How far its audit log was written, in the app's database.
    pub(crate) audit_head: Arc<Head>,
    /// Its account at NOWPayments.
    pub(crate) client: Client,
    /// Time, randomness, paths and the keychain.
    pub(crate) surroundings: Surroundings,
    /// See [`Self::coins`].
    pub(super) catalogue: tokio::sync::Mutex<Option<Arc<Catalogue>>>,
    changes: broadcast::Sender<Changed>,
    may_begin: watch::Receiver<bool>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl ShopContext {
    pub(crate) fn new(
        shop: Shop,
        (db, app): (SqlitePool, SqlitePool),
        client: Client,
        surroundings: Surroundings,
        changes: broadcast::Sender<Changed>,
        may_begin: watch::Receiver<bool>,
    ) -> Arc<Self> {
        let ctx = Arc::new(Self {
            writer: store::writer(&db),
            db,
            audit_head: Arc::new(Head::new(app.clone(), &shop.id)),
            app,
            // The one place where a shop becomes read-only: all calls that change something end here.
            client: if shop.read_only { client.only_reading() } else { client.changing() },
            shop,
            surroundings,
            catalogue: tokio::sync::Mutex::default(),
            changes,
            may_begin,
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        ctx.by_itself(ctx.clone().refresh_coins());
        ctx
    }

    /// Whether something may be made, moved or changed at NOWPayments. It is asked before that is written down; where it
    /// is not, the client makes no such call all the same.
    pub(crate) fn may_change(&self) -> Result<(), Failure> {
        if self.client.only_reads() { Err(Failure::read_only()) } else { Ok(()) }
    }

    /// The time now, UTC.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.surroundings.now()
    }

    /// Tells the window what changed; call it after the commit. Nobody listening is no failure.
    pub(crate) fn announce(&self, changed: Changed) {
        let _ = self.changes.send(changed);
    }

    /// What is announced from now on.
    pub(crate) fn changes(&self) -> broadcast::Receiver<Changed> {
        self.changes.subscribe()
    }

    /// Begins a transaction that writes. It takes the write lock at once and waits for it: one that began by reading
    /// could not go on once somebody else has written.
    pub(crate) async fn write(&self) -> Result<Writing, sqlx::Error> {
        let tx = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Writing { tx, head: self.audit_head.clone() })
    }

    /// The PIN of the app's lock.
    pub(crate) fn lock_pin(&self) -> Pin<'_> {
        screen_lock::lock_pin(&self.app, &self.surroundings)
    }

    /// From now on much is written, or little again.
    pub(crate) async fn will_write(&self, much: bool) -> Result<(), sqlx::Error> {
        if much { store::keep_much(&self.writer).await } else { store::keep_little(&self.writer).await }
    }

    /// Runs `work` beside everything else until it ends or the shop is closed, which drops it at its next await:
    /// whatever it does must stand being cut off there, as a kill would.
    pub(crate) fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        let closing = self.closing.clone();
        self.tasks.spawn(async move {
            closing.run_until_cancelled_owned(work).await;
        });
    }

    /// The same, for what nobody has asked for: it begins once nothing holds it back
    /// ([`Core::hold_back`](crate::Core::hold_back)).
    pub(crate) fn by_itself(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut may_begin = self.may_begin.clone();
        let work = Box::pin(work); // the future of a whole sync is large, and was moved thrice
        self.in_background(async move {
            // Fails only when core is gone, and there is nothing to work for.
            if may_begin.wait_for(|may_begin| *may_begin).await.is_ok() {
                work.await;
            }
        });
    }

    /// Runs `work` beside everything else until it ends by itself, which it does soon after its token is cancelled: by the
    /// closing of the shop, which waits for it, or by the caller.
    pub(crate) fn until_told<F>(&self, work: impl FnOnce(CancellationToken) -> F) -> CancellationToken
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let told = self.closing.child_token();
        self.tasks.spawn(work(told.clone()));
        told
    }

    /// Runs `work` to its end, whatever becomes of the caller; closing the shop waits for it. For steps that should not
    /// be cut off between a call to NOWPayments and writing down its answer.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        if self.closing.is_cancelled() {
            return Err(Failure::closed());
        }
        self.tasks.spawn(work).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a step did not come to its end");
            Err(Failure::other(said!(
                en: "Paydesk failed inside. Look at the list before you try again.",
                de: "In Paydesk ist ein Fehler aufgetreten. Sehen Sie in der Liste nach, bevor Sie es noch einmal \
                     versuchen.",
            )))
        })
    }

    /// Ends the background work, waits for it and for [`Self::to_the_end`], and closes the database.
    pub(crate) async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.writer.close().await;
        self.db.close().await;
    }
}

/// A transaction that writes into a shop's database. What is not committed is as if it had not been.
pub(crate) struct Writing {
    tx: Transaction<'static, Sqlite>,
    head: Arc<Head>,
}

impl Writing {
    /// Has all of it on the disk, and how far the audit log goes now in the app's database, too.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        self.head.commit(self.tx).await
    }
}

impl Deref for Writing {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.tx
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.tx
    }
}

impl fmt::Debug for ShopContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShopContext").field("shop", &self.shop.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
impl ShopContext {
    /// A shop in `folder` whose NOWPayments cannot be reached.
    pub(crate) async fn for_test(folder: &std::path::Path) -> Arc<Self> {
        Self::for_test_at(folder, "http://127.0.0.1:9/v1", "key", None).await
    }

    /// The same, in other surroundings than those of this computer.
    pub(crate) async fn for_test_with(
        folder: &std::path::Path,
        change: impl FnOnce(&mut Surroundings),
    ) -> Arc<Self> {
        Self::for_test_in(folder, "http://127.0.0.1:9/v1", "key", None, change).await
    }

    /// A shop in `folder` with its account at `base`.
    pub(crate) async fn for_test_at(
        folder: &std::path::Path,
        base: &str,
        api_key: &str,
        login: Option<nowpayments::Login>,
    ) -> Arc<Self> {
        Self::for_test_in(folder, base, api_key, login, |_| {}).await
    }

    async fn for_test_in(
        folder: &std::path::Path,
        base: &str,
        api_key: &str,
        login: Option<nowpayments::Login>,
        change: impl FnOnce(&mut Surroundings),
    ) -> Arc<Self> {
        let keychain =
            crate::secrets::Keychain::in_store("paydesk", keyring_core::mock::Store::new().unwrap());
        let mut surroundings = Surroundings::native(folder.to_owned(), keychain);
        change(&mut surroundings);
        let db = crate::payments::open_database(&folder.join("shop.sqlite")).await.unwrap();
        let retry = nowpayments::Retry { times: 0, ..nowpayments::Retry::default() };
        let client =
            super::client(&base.parse().unwrap(), api_key.into(), login, &surroundings, retry).unwrap();
        let shop = Shop {
            id: "test".to_owned(),
            name: "Test".to_owned(),
            environment: super::Environment::Sandbox,
            email: None,
            added_at: surroundings.now(),
            read_only: false,
            currency: crate::fiat::FIRST_CURRENCY.to_owned(),
        };
        let app = store::open(&folder.join("paydesk.sqlite"), &store::APP).await.unwrap();
        sqlx::query("INSERT INTO shops (id, name, environment, added_at) VALUES (?, ?, 'sandbox', ?) ON CONFLICT DO NOTHING")
            .bind(&shop.id)
            .bind(&shop.name)
            .bind(store::time(shop.added_at))
            .execute(&app)
            .await
            .unwrap();
        Head::new(app.clone(), &shop.id).begin(&db).await.unwrap();
        Self::new(shop, (db, app), client, surroundings, broadcast::channel(64).0, watch::channel(true).1)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::failure::FailureCode;

    #[tokio::test]
    async fn closing_cuts_off_background_work_and_waits_for_what_must_end() {
        let folder = tempfile::tempdir().unwrap();
        let ctx = ShopContext::for_test(folder.path()).await;
        let (alive, cut_off) = oneshot::channel::<()>();
        ctx.in_background(async move {
            let _alive = alive;
            std::future::pending::<()>().await;
        });
        let (begun, has_begun) = oneshot::channel();
        let (go_on, may_go_on) = oneshot::channel();
        let must_end = {
            let ctx = ctx.clone();
            let inner = ctx.clone();
            tokio::spawn(async move {
                ctx.to_the_end(async move {
                    begun.send(()).unwrap();
                    may_go_on.await.unwrap();
                    inner.write().await?.commit().await?; // the database is still open
                    Ok(5)
                })
                .await
            })
        };
        has_begun.await.unwrap();
        let closing = tokio::spawn({
            let ctx = ctx.clone();
            async move { ctx.close().await }
        });
        cut_off.await.unwrap_err();
        assert!(!closing.is_finished());
        go_on.send(()).unwrap();
        closing.await.unwrap();
        assert_eq!(must_end.await.unwrap().unwrap(), 5);
        assert_eq!(ctx.to_the_end(async { Ok(()) }).await.unwrap_err().code, FailureCode::NoShop);
    }

    #[tokio::test]
    async fn what_must_end_goes_on_when_nobody_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let ctx = ShopContext::for_test(folder.path()).await;
        let (done, is_done) = oneshot::channel();
        let (begun, has_begun) = oneshot::channel();
        let caller = tokio::spawn({
            let ctx = ctx.clone();
            async move {
                ctx.to_the_end(async move {
                    begun.send(()).unwrap();
                    tokio::task::yield_now().await;
                    done.send(()).unwrap();
                    Ok(())
                })
                .await
            }
        });
        has_begun.await.unwrap();
        caller.abort();
        is_done.await.unwrap();
        ctx.close().await;
    }
}
