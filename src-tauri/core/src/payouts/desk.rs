//! What payouts keep in memory only, while the shop is open: who writes, what is being checked, what is to be looked at
//! when. All of it can be lost at any time.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use tokio::{
    sync::{Notify, OwnedMutexGuard},
    time::Instant,
};

use super::{Payouts, batch::Progress, files::Files};
use crate::hashing;

#[derive(Debug, Default)]
pub(super) struct Desk {
    writers: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    checks: Mutex<HashMap<String, Check>>,
    tickets: AtomicU64,
    paces: Mutex<HashMap<String, Pace>>,
    /// Held while rows are taken out of an ended batch to be paid again.
    pub(super) again: tokio::sync::Mutex<()>,
    /// The hash of the code that was given last and may be used up.
    last_code: Mutex<Option<String>>,
    /// Files that are open.
    pub(super) files: Files,
    /// Something is to be looked at earlier than was planned.
    pub(super) wake: Notify,
}

/// A check that is running.
#[derive(Debug, Clone, Copy)]
struct Check {
    /// Tells it from an earlier one of the same batch that was called off and has not noticed.
    ticket: u64,
    progress: Progress,
}

/// When a batch is looked at next. The longer nothing has happened, the longer it waits.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// When something happened last.
    since: Instant,
    next: Instant,
}

const SHORTEST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(30);

impl Payouts {
    /// Waits until nobody else writes to a batch.
    pub(super) async fn writer(&self, id: &str) -> OwnedMutexGuard<()> {
        let writer = lock(&self.desk.writers).entry(id.to_owned()).or_default().clone();
        writer.lock_owned().await
    }
}

impl Desk {
    /// The right to write to a batch, unless somebody has it.
    pub(super) fn writer_now(&self, id: &str) -> Option<OwnedMutexGuard<()>> {
        let writer = lock(&self.writers).entry(id.to_owned()).or_default().clone();
        writer.try_lock_owned().ok()
    }

    /// Forgets a batch that is no more.
    pub(super) fn forget(&self, id: &str) {
        lock(&self.checks).remove(id);
        lock(&self.paces).remove(id);
        lock(&self.writers).remove(id);
    }

    /// Begins a check and gives its ticket; `None` when one is running.
    pub(super) fn begin_check(&self, id: &str) -> Option<u64> {
        let mut checks = lock(&self.checks);
        if checks.contains_key(id) {
            return None;
        }
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        checks.insert(id.to_owned(), Check { ticket, progress: Progress { done: 0, of: 0 } });
        Some(ticket)
    }

    /// Notes how far a check is; false when it was called off.
    pub(super) fn set_progress(&self, id: &str, ticket: u64, progress: Progress) -> bool {
        let mut checks = lock(&self.checks);
        let check = checks.get_mut(id).filter(|check| check.ticket == ticket);
        check.map(|check| check.progress = progress).is_some()
    }

    /// Whether a check was not called off.
    pub(super) fn is_checking(&self, id: &str, ticket: u64) -> bool {
        lock(&self.checks).get(id).is_some_and(|check| check.ticket == ticket)
    }

    pub(super) fn progress(&self, id: &str) -> Option<Progress> {
        lock(&self.checks).get(id).map(|check| check.progress)
    }

    /// A check has ended, unless it was called off before.
    pub(super) fn end_check(&self, id: &str, ticket: u64) {
        let mut checks = lock(&self.checks);
        if checks.get(id).is_some_and(|check| check.ticket == ticket) {
            checks.remove(id);
        }
    }

    /// Calls the check of a batch off, which ends soon. Whether there was one.
    pub(super) fn stop_check(&self, id: &str) -> bool {
        lock(&self.checks).remove(id).is_some()
    }

    /// Something happened to a batch, or its owner wants to know: it is looked at soon, and often.
    pub(super) fn follow(&self, id: &str) {
        let now = Instant::now();
        lock(&self.paces).insert(id.to_owned(), Pace { since: now, next: now + SHORTEST });
        self.wake.notify_one();
    }

    /// A batch is to be looked at now.
    pub(super) fn follow_now(&self, id: &str) {
        let now = Instant::now();
        lock(&self.paces).insert(id.to_owned(), Pace { since: now, next: now });
        self.wake.notify_one();
    }

    /// Nothing happened to a batch: it is looked at later, not before `at_least` from now.
    pub(super) fn later(&self, id: &str, at_least: Duration) {
        let now = Instant::now();
        let mut paces = lock(&self.paces);
        let pace = paces.entry(id.to_owned()).or_insert(Pace { since: now, next: now });
        let wait = (now.duration_since(pace.since) / 10).clamp(SHORTEST, LONGEST);
        // An earlier wish to wait longer stands.
        pace.next = pace.next.max(now + wait.max(at_least));
    }

    /// NOWPayments may have asked to be left alone for a while.
    pub(super) fn wait_as_asked(&self, id: &str, error: &nowpayments::Error) {
        if let Some(wait) = error.refused().and_then(|refused| refused.retry_after) {
            self.later(id, wait);
        }
    }

    /// Whether this is the code that was given last, which is good only once.
    pub(super) fn is_last_code(&self, code: &SecretString) -> bool {
        lock(&self.last_code).as_ref() == Some(&hashing::of_bytes(code.expose_secret().as_bytes()))
    }

    /// Remembers a code that may be used up.
    pub(super) fn keep_last_code(&self, code: &SecretString) {
        *lock(&self.last_code) = Some(hashing::of_bytes(code.expose_secret().as_bytes()));
    }

    /// A batch need not be looked at any more.
    pub(super) fn leave(&self, id: &str) {
        lock(&self.paces).remove(id);
    }

    /// The batch that is looked at next, and when.
    pub(super) fn next(&self) -> Option<(Instant, String)> {
        lock(&self.paces).iter().map(|(id, pace)| (pace.next, id.clone())).min()
    }
}

/// Nothing here is left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
