//! The lock of the app: behind a PIN, by hand or when nobody has used it for a while. While it is locked nothing of a shop
//! is shown and no command answers; what goes on by itself goes on.
//!
//! It keeps others from the screen. Whoever can read the files of this account on the computer can read what Paydesk
//! has cached; keys and secrets are in the keychain.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqlitePool;
use tokio::{sync::Notify, time::Instant};

use crate::{
    Core,
    app::{DATABASE, Inner},
    changes::Changed,
    failure::{Failure, FailureCode},
    language::{said, words},
    pins::{Pin, given},
    secrets::Secret,
    store,
    surroundings::Surroundings,
};

/// Whom secrets belong to that are of no shop.
const APP: &str = "app";
/// When it locks by itself, if the owner has not said otherwise, and the bounds of what can be said, in minutes.
const AFTER_MINUTES: u32 = 10;
const MINUTES: std::ops::RangeInclusive<u32> = 1..=240;
/// A computer that slept is noticed within this.
const TICK: Duration = Duration::from_secs(10);

/// How the lock stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LockState {
    /// There is a PIN.
    pub enabled: bool,
    /// It takes the PIN to go on.
    pub locked: bool,
    /// It locks by itself when nobody has used it for so many minutes.
    pub after_minutes: u32,
    /// Too many wrong PINs: none is taken before this time.
    pub locked_until: Option<DateTime<Utc>>,
}

/// What the lock keeps in memory.
#[derive(Debug, Default)]
pub(crate) struct ScreenLock {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    locked: bool,
    /// `None`: it does not lock by itself.
    after_minutes: Option<u32>,
    /// When somebody used it last, by both clocks: one stands still while the computer sleeps, the other can be set.
    used: Option<(Instant, DateTime<Utc>)>,
}

impl ScreenLock {
    pub(crate) fn is_locked(&self) -> bool {
        self.state().locked
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether it locks by itself some time. Where it does not, the clock need not be asked.
    fn is_armed(&self) -> bool {
        self.after_minutes.is_some() && !self.locked
    }

    /// How long it may still rest before it locks; `None`: as long as it likes.
    fn left(&self, now: (Instant, DateTime<Utc>)) -> Option<Duration> {
        let (instant, time) = self.used.filter(|_| !self.locked)?;
        let rested = (now.0 - instant).max((now.1 - time).to_std().unwrap_or_default());
        Some(Duration::from_secs(60 * u64::from(self.after_minutes?)).saturating_sub(rested))
    }
}

impl Core {
    /// Looks up whether there is a lock: if there is, the app begins locked.
    pub(crate) async fn begin_locked(&self) -> Result<(), Failure> {
        let enabled = self.lock_pin().is_set().await?;
        let minutes = self.lock_minutes().await?;
        {
            let mut state = self.inner.screen_lock.state();
            state.locked = enabled;
            state.after_minutes = enabled.then_some(minutes);
        }
        tokio::spawn(mind(Arc::downgrade(&self.inner), self.inner.screen_lock.clone()));
        Ok(())
    }

    /// How the lock stands.
    ///
    /// # Errors
    /// When the app's database fails.
    pub async fn lock_state(&self) -> Result<LockState, Failure> {
        let pin = self.lock_pin();
        Ok(LockState {
            enabled: pin.is_set().await?,
            locked: self.is_locked(),
            after_minutes: self.lock_minutes().await?,
            locked_until: pin.locked_until().await?,
        })
    }

    /// Whether nothing may be shown or done before the PIN was given. Where nobody has used it for too long it is locked by this
    /// very question: a computer that wakes up is asked before the lock has had its turn to look at the clock.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        let is_armed = self.inner.screen_lock.state().is_armed();
        if is_armed {
            let now = self.both_clocks();
            let left = self.inner.screen_lock.state().left(now);
            if left == Some(Duration::ZERO) {
                self.lock();
            }
        }
        self.inner.screen_lock.is_locked()
    }

    pub(crate) fn unlocked(&self) -> Result<(), Failure> {
        match self.is_locked() {
            true => Err(Failure::new(
                FailureCode::Locked,
                said!(
                    en: "Paydesk is locked. Enter your PIN first.",
                    de: "Paydesk ist gesperrt. Geben Sie zuerst Ihre PIN ein.",
                ),
            )),
            false => Ok(()),
        }
    }

    /// Sets the PIN of the lock, or another one; then `current` is the one so far.
    ///
    /// # Errors
    /// [`FailureCode::Invalid`] or [`FailureCode::WrongPin`] with the field (`pin`, `current`, `minutes`).
    pub async fn set_lock(
        &self,
        pin: SecretString,
        current: Option<SecretString>,
        after_minutes: u32,
    ) -> Result<LockState, Failure> {
        self.unlocked()?;
        accept_minutes(after_minutes)?;
        let lock = self.lock_pin();
        if lock.is_set().await? {
            let current = given(current, lock_pin_missing())
                .map_err(|failure| Failure { field: Some("current".to_owned()), ..failure })?;
            lock.check(current, "current").await?;
        }
        lock.set(pin, "pin").await?;
        self.keep_minutes(after_minutes).await
    }

    /// Changes after how many minutes it locks by itself. More than so far take the PIN.
    ///
    /// # Errors
    /// [`FailureCode::Invalid`] with the field `minutes`, [`FailureCode::WrongPin`] with the field `pin`.
    pub async fn set_lock_minutes(
        &self,
        after_minutes: u32,
        pin: Option<SecretString>,
    ) -> Result<LockState, Failure> {
        self.unlocked()?;
        accept_minutes(after_minutes)?;
        let lock = self.lock_pin();
        if after_minutes > self.lock_minutes().await? && lock.is_set().await? {
            lock.check(given(pin, lock_pin_missing())?, "pin").await?;
        }
        self.keep_minutes(after_minutes).await
    }

    /// Takes the lock away.
    ///
    /// # Errors
    /// [`FailureCode::WrongPin`].
    pub async fn remove_lock(&self, pin: SecretString) -> Result<LockState, Failure> {
        self.unlocked()?;
        let lock = self.lock_pin();
        lock.check(pin, "pin").await?;
        lock.clear().await?;
        self.inner.screen_lock.state().after_minutes = None;
        self.lock_changed();
        self.lock_state().await
    }

    /// Locks now, if there is a PIN.
    pub fn lock(&self) {
        {
            let mut state = self.inner.screen_lock.state();
            if state.after_minutes.is_none() || state.locked {
                return;
            }
            state.locked = true;
        }
        self.lock_changed();
    }

    /// Unlocks with the PIN.
    ///
    /// # Errors
    /// [`FailureCode::WrongPin`].
    pub async fn unlock(&self, pin: SecretString) -> Result<LockState, Failure> {
        if self.is_locked() {
            self.lock_pin().check(pin, "pin").await?;
            let now = self.both_clocks();
            let mut state = self.inner.screen_lock.state();
            (state.locked, state.used) = (false, Some(now));
            drop(state);
            self.lock_changed();
        }
        self.lock_state().await
    }

    /// How many notifications of the open shop are to be told now. They count as told: while the app is locked nobody is told
    /// what they are about.
    pub async fn take_news(&self) -> usize {
        let Some(shop) = self.open_now() else { return 0 };
        shop.notifications.take().await.map_or(0, |taken| taken.now.len())
    }

    /// Somebody uses it: it does not lock for a while.
    pub fn in_use(&self) {
        if self.is_locked() {
            return;
        }
        let now = self.both_clocks();
        let mut state = self.inner.screen_lock.state();
        if !state.locked {
            state.used = Some(now);
        }
    }

    /// The PIN is forgotten: all shops are taken from this computer, with their keys and what was cached of them, and the lock
    /// with them. Nothing changes at NOWPayments.
    ///
    /// # Errors
    /// When the keychain or the disk fails.
    pub async fn forget_all(&self) -> Result<(), Failure> {
        let shops: Vec<String> = sqlx::query_scalar("SELECT id FROM shops").fetch_all(&self.inner.db).await?;
        for shop in shops {
            self.take_away(&shop).await?;
        }
        self.clear_up_half_shops().await?;
        // Without a lock there is nothing to clear, and perhaps no keychain.
        let lock = self.lock_pin();
        if lock.is_set().await? {
            lock.clear().await?;
        }
        self.delete_earlier_databases().await?;
        {
            let mut state = self.inner.screen_lock.state();
            (state.locked, state.after_minutes) = (false, None);
        }
        self.lock_changed();
        self.announce(Changed::Everything);
        Ok(())
    }

    async fn keep_minutes(&self, after_minutes: u32) -> Result<LockState, Failure> {
        self.set("lock_minutes", Some(&after_minutes.to_string())).await?;
        let enabled = self.lock_pin().is_set().await?;
        let now = self.both_clocks();
        {
            let mut state = self.inner.screen_lock.state();
            state.after_minutes = enabled.then_some(after_minutes);
            state.used = Some(now);
        }
        self.lock_changed();
        self.lock_state().await
    }

    async fn lock_minutes(&self) -> Result<u32, Failure> {
        let minutes = self.setting("lock_minutes").await?.and_then(|minutes| minutes.parse().ok());
        Ok(minutes.unwrap_or(AFTER_MINUTES))
    }

    pub(crate) fn lock_pin(&self) -> Pin<'_> {
        lock_pin(&self.inner.db, &self.inner.surroundings)
    }

    /// Deletes the copies of the app's database that were made before it was migrated: they name shops, too.
    async fn delete_earlier_databases(&self) -> Result<(), Failure> {
        let path = self.inner.surroundings.data.join(DATABASE);
        store::delete_copies(&path).await.map_err(|error| {
            Failure::other(words!(
                en: "Paydesk could not delete the earlier copies of {} ({error}). Delete them yourself.",
                de: "Paydesk konnte die früheren Kopien von {} nicht löschen ({error}). Löschen Sie sie selbst.",
                path.display(),
            ))
        })
    }

    fn lock_changed(&self) {
        self.inner.screen_lock.changed.notify_one();
        self.announce(Changed::Lock);
    }

    fn both_clocks(&self) -> (Instant, DateTime<Utc>) {
        (Instant::now(), self.inner.surroundings.now())
    }
}

/// What is said where the PIN of the lock is needed and was not given.
pub(crate) fn lock_pin_missing() -> &'static str {
    said!(
        en: "This takes the PIN of the lock. Nothing was changed.",
        de: "Das braucht die PIN der Sperre. Es wurde nichts geändert.",
    )
}

fn accept_minutes(minutes: u32) -> Result<(), Failure> {
    match MINUTES.contains(&minutes) {
        true => Ok(()),
        false => Err(Failure::invalid(
            "minutes",
            words!(
                en: "Write a number of minutes from {} to {}.",
                de: "Schreiben Sie eine Anzahl von Minuten von {} bis {}.",
                MINUTES.start(), MINUTES.end(),
            ),
        )),
    }
}

/// The PIN of the lock, which is in the app's database.
pub(crate) fn lock_pin<'a>(app: &'a SqlitePool, surroundings: &'a Surroundings) -> Pin<'a> {
    Pin { db: app, surroundings, owner: APP, which: Secret::LockPin }
}

/// Locks the app when nobody has used it for a while, until it is gone.
async fn mind(app: Weak<Inner>, lock: Arc<ScreenLock>) {
    loop {
        let rest = {
            let Some(inner) = app.upgrade() else { return };
            let armed = lock.state().is_armed();
            let core = Core::of(inner);
            let left = armed.then(|| core.both_clocks()).and_then(|now| lock.state().left(now));
            if left == Some(Duration::ZERO) {
                core.lock();
            }
            left
        };
        // The app itself is not held meanwhile.
        let wait = rest.filter(|left| !left.is_zero()).unwrap_or(TICK).min(TICK);
        let _ = tokio::time::timeout(wait, lock.changed.notified()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_locks_by_whichever_clock_has_gone_further() {
        let (begun, at) = (Instant::now(), DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let mut state = State { locked: false, after_minutes: Some(5), used: Some((begun, at)) };
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let now = |awake: u64, clock: i64| (begun + minutes(awake), at + chrono::TimeDelta::minutes(clock));
        assert_eq!(state.left(now(1, 1)), Some(minutes(4)));
        assert_eq!(state.left(now(1, 6)), Some(Duration::ZERO), "the computer slept");
        assert_eq!(state.left(now(7, -60)), Some(Duration::ZERO), "the clock was put back");
        state.locked = true;
        assert_eq!(state.left(now(9, 9)), None);
        state = State { locked: false, after_minutes: None, used: Some((begun, at)) };
        assert_eq!(state.left(now(9, 9)), None);
    }
}
