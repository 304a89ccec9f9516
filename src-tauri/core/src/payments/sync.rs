//! Keeping the cache up to date: the history once, from the oldest payment on, then the recent window again and again.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::{
    Access, Endpoint, Method, Order,
    payments::{ListPayments, Payment, PaymentSort},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::Notify;

use super::{
    Payments, SyncStatus,
    cache::{Answered, Progress, absorb},
};
use crate::{
    changes::Changed,
    failure::{Failure, FailureCode},
};

/// The life of a payment is seven days; it is looked at a day longer.
const WINDOW: TimeDelta = TimeDelta::days(8);
/// An overlap, since payments made in the same moment may lie on both sides of the end of a page.
const OVERLAP: TimeDelta = TimeDelta::seconds(1);

/// How often the window is read while payments change, and when nothing does.
const BUSY: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_secs(60);
/// The longest pause after failures that pass by themselves.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// The pause after a refusal that only the owner can end. Each pass logs in, and too many refused logins lock an account.
const REFUSED_PAUSE: Duration = Duration::from_mins(15);

/// What is known of the sync beside what the database holds.
#[derive(Debug, Default)]
pub(super) struct Sync {
    now: Notify,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Default)]
struct State {
    running: bool,
    trouble: Option<String>,
}

/// Why a pass ended early.
struct Stopped {
    failure: Failure,
    retry_after: Option<Duration>,
}

impl From<nowpayments::Error> for Stopped {
    fn from(error: nowpayments::Error) -> Self {
        let retry_after = error.refused().and_then(|refused| refused.retry_after);
        Self { failure: Failure::from_api(&error), retry_after }
    }
}

impl From<sqlx::Error> for Stopped {
    fn from(error: sqlx::Error) -> Self {
        Self { failure: error.into(), retry_after: None }
    }
}

impl Payments {
    /// How the sync stands.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn sync_status(&self) -> Result<SyncStatus, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let cached = sqlx::query_scalar("SELECT coalesce(sum(count), 0) FROM payment_counts")
            .fetch_one(&mut *db)
            .await?;
        let Progress { complete, total, last_success, .. } = Progress::read(&mut db).await?;
        db.commit().await?;
        let State { running, trouble } = self.state().clone();
        Ok(SyncStatus { cached, total, complete, running, last_success, trouble })
    }

    /// Has the sync run now instead of at its next time. A time before which NOWPayments does not want to be asked again
    /// is waited for all the same.
    pub fn sync_now(&self) {
        self.sync.now.notify_one();
    }

    /// The background work of payments, from the opening of the shop until it is closed.
    pub(crate) async fn run(self) {
        let (mut rhythm, mut failures) = (BUSY, 0);
        loop {
            let (at_least, at_most) = match self.pass().await {
                Ok(changed) => {
                    failures = 0;
                    rhythm = if changed { BUSY } else { QUIET.min(rhythm * 2) };
                    (Duration::ZERO, rhythm)
                }
                Err(Stopped { failure, retry_after }) => {
                    tracing::warn!(%failure, "the sync of payments stopped");
                    let pause = match failure.code {
                        FailureCode::WrongKey | FailureCode::LoginRefused => REFUSED_PAUSE,
                        _ => LONGEST_PAUSE.min(BUSY * 2_u32.pow(failures)),
                    };
                    failures = (failures + 1).min(8);
                    self.state().trouble = Some(failure.message);
                    self.ctx.announce(Changed::Sync);
                    let asked = retry_after.unwrap_or_default();
                    (asked, pause.max(asked))
                }
            };
            tokio::time::sleep(at_least).await;
            tokio::select! {
                () = self.sync.now.notified() => {}
                () = tokio::time::sleep(at_most - at_least) => {}
            }
        }
    }

    /// Reads what there is to read at the moment; says whether anything changed.
    async fn pass(&self) -> Result<bool, Stopped> {
        self.state().running = true;
        self.ctx.announce(Changed::Sync);
        let read = self.read().await;
        self.state().running = false;
        let Read { changed, unreadable } = read?;
        self.state().trouble = unreadable;
        self.ctx.announce(Changed::Sync);
        Ok(changed)
    }

    async fn read(&self) -> Result<Read, Stopped> {
        let mut db = self.ctx.db.acquire().await?;
        let progress = Progress::read(&mut db).await?;
        drop(db);
        if progress.complete {
            let from = progress.filled_to.map(|filled_to| filled_to - WINDOW);
            return self.walk(from, progress).await;
        }
        // The newest first, so that the list does not begin with what happened long ago.
        let newest = ListPayments { order_by: Some(Order::Desc), ..sorted(None) };
        let newest = self.ctx.client.send(&List(newest)).await?;
        let mut db = self.ctx.write().await?;
        absorb(&mut db, &newest.payments, self.ctx.now()).await?;
        db.commit().await?;
        self.ctx.announce(Changed::Payments);
        self.walk(progress.filled_to.map(|filled_to| filled_to - OVERLAP), progress).await
    }

    /// Reads all payments from a time on, the oldest first, so that new ones appear behind what was read and never in
    /// it. Each page is written together with how far that takes us: a walk that is cut off goes on from there.
    async fn walk(&self, from: Option<DateTime<Utc>>, mut progress: Progress) -> Result<Read, Stopped> {
        let mut read = Read::default();
        let mut seen = HashSet::new();
        let mut list = sorted(from);
        let mut earlier_first = None;
        loop {
            let page = self.ctx.client.send(&List(list.clone())).await?;
            let first = page.payments.first().map(|answered| answered.payment.payment_id.clone());
            if first.is_some() && first == earlier_first {
                let message = format!("page {} is the one before it again", list.page);
                return Err(nowpayments::Error::Unreadable(unreadable(message)).into());
            }
            earlier_first = first;

            let mut db = self.ctx.write().await?;
            if list.page == 0 {
                progress.total = match page.total {
                    Some(total) => Some(total + count_before(&mut db, from).await?),
                    None => None,
                };
            }
            let changed = absorb(&mut db, &page.payments, self.ctx.now()).await?;
            let newest = page.payments.iter().filter_map(|answered| answered.payment.created_at).max();
            progress.filled_to = progress.filled_to.max(newest);
            let last = page.payments.is_empty() || page.more == Some(false);
            seen.extend(page.payments.into_iter().map(|answered| answered.payment.payment_id));
            if let Some(problem) = page.unreadable {
                read.unreadable = Some(problem);
            }
            if last {
                let gap = page.total.is_some_and(|total| seen.len() < total as usize);
                if gap && !progress.complete && !progress.repeated {
                    tracing::warn!(
                        seen = seen.len(),
                        total = page.total,
                        "the history has a gap; reading it again"
                    );
                    progress = Progress { repeated: true, filled_to: None, ..progress };
                    progress.write(&mut db).await?;
                    db.commit().await?;
                    self.sync.now.notify_one();
                    return Ok(Read { changed: true, ..read });
                }
                progress.complete = true;
                progress.last_success = Some(self.ctx.now());
            }
            progress.write(&mut db).await?;
            db.commit().await?;

            if changed > 0 {
                read.changed = true;
                self.ctx.announce(Changed::Payments);
            }
            if last {
                return Ok(read);
            }
            if !progress.complete {
                self.ctx.announce(Changed::Sync);
            }
            list.page += 1;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.sync.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a pass found.
#[derive(Default)]
struct Read {
    changed: bool,
    /// What is missing because it could not be read, in words.
    unreadable: Option<String>,
}

fn sorted(from: Option<DateTime<Utc>>) -> ListPayments {
    ListPayments {
        sort_by: Some(PaymentSort::CreatedAt),
        order_by: Some(Order::Asc),
        date_from: from,
        ..ListPayments::default()
    }
}

/// How many cached payments are older than a time, hence not in a list that begins there.
async fn count_before(
    db: &mut sqlx::SqliteConnection,
    from: Option<DateTime<Utc>>,
) -> Result<u32, sqlx::Error> {
    let Some(from) = from else { return Ok(0) };
    sqlx::query_scalar("SELECT count(*) FROM payments WHERE created_at < ?")
        .bind(crate::store::time(from))
        .fetch_one(db)
        .await
}

/// `GET /payment/`, with the API's own JSON of each payment beside what the client reads of it. One that cannot be read
/// does not keep the others away.
#[derive(Serialize)]
#[serde(transparent)]
struct List(ListPayments);

#[derive(Deserialize)]
#[serde(from = "RawPage")]
struct Page {
    payments: Vec<Answered>,
    total: Option<u32>,
    more: Option<bool>,
    unreadable: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPage {
    data: Vec<Box<RawValue>>,
    page: Option<u32>,
    pages_count: Option<u32>,
    total: Option<u32>,
}

impl From<RawPage> for Page {
    fn from(raw: RawPage) -> Self {
        let mut problems = Vec::new();
        let mut payments = Vec::with_capacity(raw.data.len());
        for json in raw.data {
            match serde_json::from_str::<Payment>(json.get()) {
                Ok(payment) => {
                    payments.push(Answered { payment, json: String::from(Box::<str>::from(json)) });
                }
                Err(error) => problems.push(error),
            }
        }
        let unreadable = problems.first().map(|error| {
            format!(
                "{} of the payments at NOWPayments cannot be read and are not in the list ({error}). All others are. \
                 See the dashboard for them, and tell us.",
                problems.len()
            )
        });
        let more = raw.page.zip(raw.pages_count).map(|(page, pages)| page + 1 < pages);
        Self { payments, total: raw.total, more, unreadable }
    }
}

impl Endpoint for List {
    const METHOD: Method = ListPayments::METHOD;
    const ACCESS: Access = ListPayments::ACCESS;
    type Response = Page;

    fn path(&self) -> Cow<'static, str> {
        self.0.path()
    }
}

fn unreadable(message: String) -> nowpayments::Unreadable {
    nowpayments::Unreadable { call: None, path: String::new(), message, request_id: None }
}
