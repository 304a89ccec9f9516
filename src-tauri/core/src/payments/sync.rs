//! Keeping the cache up to date: the history once, from the oldest payment on, then the recent window again and again.
//! The owner sees how far it is, stops it, and has it go on.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use self::{progress::Progress, walk::Read};
use super::{Payments, SyncStatus, SyncTrouble};
use crate::{
    changes::Changed,
    failure::{Failure, FailureCode},
};

mod progress;
#[cfg(test)]
mod tests;
mod walk;

/// The life of a payment is seven days; it is looked at a day longer.
pub(super) const WINDOW: TimeDelta = TimeDelta::days(8);

/// How often the window is read while payments change, and when nothing does.
const BUSY: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_secs(60);
/// The longest that a refusal is taken to ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest pause after failures that pass by themselves.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// The pause after a refusal that only the owner can end. Each pass logs in, and too many refused logins lock an account.
const REFUSED_PAUSE: Duration = Duration::from_mins(15);
/// How many payments the API puts on a page at the most.
const PAGE: u16 = 500;

/// What is known of the sync beside what the database holds.
#[derive(Debug)]
pub(super) struct Sync {
    now: Notify,
    look: Notify,
    /// Whether the owner has stopped it, as it stands in the database.
    stopped: watch::Sender<bool>,
    state: Mutex<State>,
    page: u16,
}

#[derive(Debug, Clone, Default)]
struct State {
    running: bool,
    trouble: Option<SyncTrouble>,
    next_at: Option<DateTime<Utc>>,
    /// NOWPayments does not want to be asked before this.
    not_before: Option<Instant>,
}

/// Why a pass ended early.
#[derive(Debug)]
pub(super) struct Interrupted {
    pub(super) failure: Failure,
    retry_after: Option<Duration>,
}

impl From<nowpayments::Error> for Interrupted {
    fn from(error: nowpayments::Error) -> Self {
        let retry_after = error.refused().and_then(|refused| refused.retry_after);
        Self { failure: Failure::from_api(&error), retry_after }
    }
}

impl From<sqlx::Error> for Interrupted {
    fn from(error: sqlx::Error) -> Self {
        Self { failure: error.into(), retry_after: None }
    }
}

impl Default for Sync {
    fn default() -> Self {
        Self {
            now: Notify::new(),
            look: Notify::new(),
            stopped: watch::Sender::new(false),
            state: Mutex::default(),
            page: PAGE,
        }
    }
}

impl Sync {
    /// Waits while the sync is stopped, and then does `work`; `None` when the sync is stopped before that has ended. The
    /// work is dropped then, wherever it is.
    pub(super) async fn while_going<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut stopped = self.stopped.subscribe();
        // Fails only when the sender is gone, and `self` holds it.
        let _ = stopped.wait_for(|stopped| !stopped).await;
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => None,
            done = work => Some(done),
        }
    }

    /// Waits until NOWPayments wants to be asked again.
    pub(super) async fn may_ask(&self) {
        let not_before = self.state().not_before;
        if let Some(not_before) = not_before {
            tokio::time::sleep_until(not_before).await;
        }
    }

    /// Has a round of looks begin now.
    pub(super) fn look_now(&self) {
        self.look.notify_one();
    }

    /// Waits for [`Self::look_now`], but not longer than this.
    pub(super) async fn until_look(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.look.notified()).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Payments {
    /// How the sync stands.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn sync_status(&self) -> Result<SyncStatus, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let cached = progress::cached(&mut db).await?;
        let Progress { complete, total, last_success, .. } = Progress::read(&mut db).await?;
        let stopped = progress::is_stopped(&mut db).await?;
        db.commit().await?;
        let State { running, trouble, next_at, .. } = self.sync.state().clone();
        Ok(SyncStatus { cached, total, complete, stopped, running, last_success, next_at, trouble })
    }

    /// Has the sync run now instead of at its next time. A time before which NOWPayments does not want to be asked again
    /// is waited for all the same, and a sync that was stopped stays so.
    pub fn sync_now(&self) {
        self.sync.now.notify_one();
    }

    /// Stops the sync until [`Self::resume_sync`], also beyond the end of Paydesk. A call that is under way is cut off; what
    /// was read stays.
    ///
    /// # Errors
    /// When the shop was closed, or its file cannot be written.
    pub async fn stop_sync(&self) -> Result<(), Failure> {
        self.set_stopped(true).await
    }

    /// Has the sync go on where it was stopped.
    ///
    /// # Errors
    /// When the shop was closed, or its file cannot be written.
    pub async fn resume_sync(&self) -> Result<(), Failure> {
        self.set_stopped(false).await
    }

    async fn set_stopped(&self, stopped: bool) -> Result<(), Failure> {
        let mut db = self.ctx.write().await?;
        progress::set_stopped(&mut db, stopped).await?;
        db.commit().await?;
        self.sync.stopped.send_replace(stopped);
        self.ctx.announce(Changed::Sync);
        Ok(())
    }

    /// The background work of payments, from the opening of the shop until it is closed.
    pub(crate) async fn run(self) {
        if let Err(error) = self.remember().await {
            tracing::error!(%error, "it cannot be read how the sync stood");
        }
        tokio::join!(self.follow(), self.look_after_open());
    }

    /// Stands as the sync stood when Paydesk ended: stopped, or asked to wait.
    pub(super) async fn remember(&self) -> Result<(), sqlx::Error> {
        let mut db = self.ctx.db.acquire().await?;
        self.sync.stopped.send_replace(progress::is_stopped(&mut db).await?);
        let now = self.ctx.now();
        let left =
            progress::not_before(&mut db).await?.and_then(|not_before| (not_before - now).to_std().ok());
        if let Some(left) = left {
            let left = left.min(LONGEST_ASKED); // the clock may have been set back
            let mut state = self.sync.state();
            state.not_before = Some(Instant::now() + left);
            state.next_at = Some(now + left);
        }
        Ok(())
    }

    /// Passes through the list, again and again.
    async fn follow(&self) {
        let (mut pause, mut rhythm, mut failures) = (Duration::ZERO, BUSY, 0);
        loop {
            let pass = self.sync.while_going(async {
                tokio::select! {
                    () = self.sync.now.notified() => {}
                    () = tokio::time::sleep(pause) => {}
                }
                self.sync.may_ask().await;
                self.pass().await
            });
            pause = match pass.await {
                None => {
                    self.rest(None, None);
                    Duration::ZERO
                }
                Some(Ok(read)) => {
                    failures = 0;
                    rhythm = if read.changed { BUSY } else { QUIET.min(rhythm * 2) };
                    let pause = if read.more { Duration::ZERO } else { rhythm };
                    self.rest(read.unreadable.map(|message| (message, false)), Some(pause));
                    pause
                }
                Some(Err(interrupted)) => {
                    tracing::warn!(failure = %interrupted.failure, "the sync of payments was interrupted");
                    let pause = self.pause_after(&interrupted, &mut failures).await;
                    let Failure { code, message, .. } = interrupted.failure;
                    self.rest(Some((message, code == FailureCode::Offline)), Some(pause));
                    pause
                }
            };
        }
    }

    /// Reads what there is to read at the moment.
    async fn pass(&self) -> Result<Read, Interrupted> {
        self.sync.state().running = true;
        self.ctx.announce(Changed::Sync);
        self.read().await
    }

    /// Notes how a pass ended: what is wrong, if anything is, and in how long the next one begins. One that was stopped leaves
    /// what was wrong before it.
    fn rest(&self, trouble: Option<(String, bool)>, pause: Option<Duration>) {
        let now = self.ctx.now();
        let mut state = self.sync.state();
        let until_asked =
            state.not_before.map(|not_before| not_before.saturating_duration_since(Instant::now()));
        let pause = pause.map(|pause| pause.max(until_asked.unwrap_or_default()));
        state.running = false;
        state.next_at = pause.and_then(|pause| TimeDelta::from_std(pause).ok()).map(|pause| now + pause);
        let since = state.trouble.as_ref().map_or(now, |trouble| trouble.since);
        if pause.is_some() {
            state.trouble = trouble.map(|(message, offline)| SyncTrouble { message, offline, since });
        }
        drop(state);
        self.ctx.announce(Changed::Sync);
    }

    /// How long to wait after an interruption: longer each time, and a little by chance, so that many shops do not come back
    /// together. Until the time that NOWPayments asked for nothing is asked at all, also beyond the end of Paydesk.
    pub(super) async fn pause_after(&self, interrupted: &Interrupted, failures: &mut u32) -> Duration {
        if let Some(asked) = interrupted.retry_after.map(|asked| asked.min(LONGEST_ASKED)) {
            let not_before = Some(Instant::now() + asked);
            let later = {
                let mut state = self.sync.state();
                let later = state.not_before < not_before;
                state.not_before = state.not_before.max(not_before);
                later
            };
            if later && let Err(failure) = self.keep_not_before(self.ctx.now() + asked).await {
                tracing::error!(%failure, "how long NOWPayments asked to wait is not kept beyond the end of Paydesk");
            }
        }
        let [chance] = self.ctx.surroundings.random_bytes();
        let pause = pause(interrupted.failure.code, *failures, chance);
        *failures = (*failures + 1).min(8);
        pause
    }

    async fn keep_not_before(&self, not_before: DateTime<Utc>) -> Result<(), Failure> {
        let mut db = self.ctx.write().await?;
        progress::set_not_before(&mut db, not_before).await?;
        Ok(db.commit().await?)
    }
}

/// The pause after so many failures before this one, lengthened by up to a quarter by chance.
fn pause(code: FailureCode, failures: u32, chance: u8) -> Duration {
    let pause = match code {
        FailureCode::WrongKey | FailureCode::LoginRefused | FailureCode::AddressNotAllowed => REFUSED_PAUSE,
        _ => LONGEST_PAUSE.min(BUSY * 2_u32.pow(failures)),
    };
    pause + pause * u32::from(chance) / 1024
}
