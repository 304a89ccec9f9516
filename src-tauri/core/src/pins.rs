//! PINs that only say yes or no: for the lock of the app, and for the two persons of the two-person rule. What a PIN is
//! checked against is random bytes sealed with it (argon2id), in the keychain. Wrong ones slow down the next.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use sqlx::SqlitePool;

use crate::{
    failure::{Failure, FailureCode},
    language::{said, words},
    second_factor::{
        blocking, in_words,
        sealed::{self, Cost, Fresh, Unopened},
        secret::accept_pin,
        wait_after,
    },
    secrets::Secret,
    store,
    surroundings::Surroundings,
};

/// The longest that no PIN is taken.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// How long none is taken after that many wrong ones.
fn wait(wrong: u32) -> Option<TimeDelta> {
    wait_after(wrong).map(|wait| wait.min(LONGEST_WAIT))
}

/// The waits that run, by what they are for: until when by the clock that can be set, and when they end by the one that cannot.
#[derive(Debug, Default)]
pub struct Waits(Mutex<HashMap<String, (DateTime<Utc>, Duration)>>);

impl Surroundings {
    /// How much is left of a wait that was to end at `until` and was `set` long; `None` when nothing is.
    ///
    /// In the process that has seen it begin it goes by the clock that nobody can set. After a start it goes by the clock of the
    /// computer, and is never longer than it was set: that clock may have been ahead meanwhile.
    pub(crate) fn wait_left(
        &self,
        of: &str,
        until: Option<DateTime<Utc>>,
        set: TimeDelta,
    ) -> Option<TimeDelta> {
        let mut waits = self.waits.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = until else {
            waits.remove(of);
            return None;
        };
        let awake = (self.awake)();
        let known = waits.get(of).filter(|(known, _)| *known == until).map(|(_, ends)| *ends);
        let ends =
            known.unwrap_or_else(|| awake + (until - self.now()).min(set).to_std().unwrap_or_default());
        waits.insert(of.to_owned(), (until, ends));
        TimeDelta::from_std(ends.saturating_sub(awake)).ok().filter(|left| *left > TimeDelta::zero())
    }

    /// A wait begins now.
    pub(crate) fn begin_wait(&self, of: &str, until: Option<DateTime<Utc>>, wait: Option<TimeDelta>) {
        if let (Some(until), Some(wait)) = (until, wait.and_then(|wait| wait.to_std().ok())) {
            let ends = (self.awake)() + wait;
            let mut waits = self.waits.0.lock().unwrap_or_else(PoisonError::into_inner);
            waits.insert(of.to_owned(), (until, ends));
        }
    }
}

/// One PIN of a shop or of the app.
pub(crate) struct Pin<'a> {
    pub(crate) db: &'a SqlitePool,
    pub(crate) surroundings: &'a Surroundings,
    /// The shop, or the app.
    pub(crate) owner: &'a str,
    pub(crate) which: Secret,
}

impl Pin<'_> {
    fn name(&self) -> &'static str {
        self.which.name()
    }

    pub(crate) async fn is_set(&self) -> Result<bool, Failure> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pins WHERE which = ?)")
            .bind(self.name())
            .fetch_one(self.db)
            .await?)
    }

    /// Until when no PIN is taken, if that is in the future.
    pub(crate) async fn locked_until(&self) -> Result<Option<DateTime<Utc>>, Failure> {
        let (wrong, until) = self.stored().await?;
        Ok(self.left(wrong, until).map(|left| self.surroundings.now() + left))
    }

    /// How many wrong ones were given, and until when none is taken, by the clock of then.
    async fn stored(&self) -> Result<(u32, Option<DateTime<Utc>>), Failure> {
        let stored = sqlx::query_as("SELECT wrong, locked_until FROM pins WHERE which = ?")
            .bind(self.name())
            .fetch_optional(self.db)
            .await?;
        Ok(stored.unwrap_or_default())
    }

    fn left(&self, wrong: u32, until: Option<DateTime<Utc>>) -> Option<TimeDelta> {
        self.surroundings.wait_left(&self.bound(), until, wait(wrong).unwrap_or_default())
    }

    /// Sets or replaces the PIN.
    pub(crate) async fn set(&self, pin: SecretString, field: &str) -> Result<(), Failure> {
        accept_pin(&pin).map_err(|failure| Failure { field: Some(field.to_owned()), ..failure })?;
        let random = self.surroundings;
        let fresh = Fresh { salt: random.random_bytes(), nonce: random.random_bytes() };
        let (token, bound) = (random.random_bytes::<32>(), self.bound());
        let sealed = blocking(move || sealed::seal(&token, &pin, &bound, Cost::STANDARD, &fresh))
            .await?
            .ok_or_else(|| {
                Failure::other(said!(
                    en: "The PIN could not be kept on this computer. Nothing was changed.",
                    de: "Die PIN konnte auf diesem Rechner nicht behalten werden. Es wurde nichts geändert.",
                ))
            })?;
        random.keychain.store(self.owner, self.which, sealed).await?;
        sqlx::query(
            "INSERT INTO pins (which, set_at) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET set_at = ?2, wrong = 0, locked_until = NULL",
        )
        .bind(self.name())
        .bind(store::time(random.now()))
        .execute(self.db)
        .await?;
        Ok(())
    }

    /// Whether it is this PIN.
    ///
    /// Every try is counted, and the wait after it set, before it is made: killing the app does not undo it.
    pub(crate) async fn check(&self, pin: SecretString, field: &str) -> Result<(), Failure> {
        let wrong_pin =
            |message: String| Failure { code: FailureCode::WrongPin, message, field: Some(field.to_owned()) };
        let (wrong, locked_until) = self.stored().await?;
        if let Some(left) = self.left(wrong, locked_until) {
            let wait = in_words(left.num_seconds() + 1);
            return Err(wrong_pin(words!(
                en: "Too many wrong PINs. Try again in {wait}.",
                de: "Zu viele falsche PINs. Versuchen Sie es in {wait} noch einmal.",
            )));
        }
        let Some(sealed) = self.surroundings.keychain.read(self.owner, self.which).await? else {
            return Err(Failure::new(
                FailureCode::Keychain,
                said!(
                    en: "What the PIN is checked against is not in the keychain of this computer any more. Nothing \
                         was done.",
                    de: "Womit die PIN verglichen wird, ist nicht mehr im Schlüsselbund dieses Rechners. Es wurde \
                         nichts getan.",
                ),
            ));
        };
        let wait = wait(wrong + 1);
        let until = wait.map(|wait| self.surroundings.now() + wait);
        let counted =
            sqlx::query("UPDATE pins SET wrong = ?, locked_until = ? WHERE which = ? AND wrong = ?")
                .bind(wrong + 1)
                .bind(until.map(store::time))
                .bind(self.name())
                .bind(wrong)
                .execute(self.db)
                .await?;
        if counted.rows_affected() == 0 {
            return Err(wrong_pin(
                said!(
                    en: "Another PIN is being tried just now. Try again.",
                    de: "Gerade wird eine andere PIN versucht. Versuchen Sie es noch einmal.",
                )
                .to_owned(),
            ));
        }
        let bound = self.bound();
        self.surroundings.begin_wait(&bound, until, wait);
        match blocking(move || sealed::open(&sealed, &pin, &bound)).await? {
            Ok(_) => {
                sqlx::query("UPDATE pins SET wrong = 0, locked_until = NULL WHERE which = ?")
                    .bind(self.name())
                    .execute(self.db)
                    .await?;
                Ok(())
            }
            Err(Unopened::WrongPin) => {
                let next = wait.map(|wait| {
                    words!(
                        en: " The next one is taken in {}.",
                        de: " Die nächste wird in {} angenommen.",
                        in_words(wait.num_seconds()),
                    )
                });
                Err(wrong_pin(words!(
                    en: "This PIN is wrong. Nothing was done.{}",
                    de: "Diese PIN ist falsch. Es wurde nichts getan.{}",
                    next.unwrap_or_default(),
                )))
            }
            Err(Unopened::Damaged) => Err(Failure::new(
                FailureCode::Keychain,
                said!(
                    en: "What the PIN is checked against is damaged in the keychain of this computer. Nothing was \
                         done.",
                    de: "Womit die PIN verglichen wird, ist im Schlüsselbund dieses Rechners beschädigt. Es wurde \
                         nichts getan.",
                ),
            )),
        }
    }

    pub(crate) async fn clear(&self) -> Result<(), Failure> {
        // The row first: killed in between, a PIN that nothing fits any more would guard for ever.
        sqlx::query("DELETE FROM pins WHERE which = ?").bind(self.name()).execute(self.db).await?;
        self.surroundings.keychain.delete(self.owner, self.which).await
    }

    fn bound(&self) -> String {
        format!("{}/{}", self.owner, self.name())
    }
}

/// A PIN that must be given; `without` says what it is for.
pub(crate) fn given(pin: Option<SecretString>, without: &str) -> Result<SecretString, Failure> {
    pin.filter(|pin| !pin.expose_secret().is_empty()).ok_or_else(|| Failure {
        code: FailureCode::WrongPin,
        message: without.to_owned(),
        field: Some("pin".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use keyring_core::{Error, api::CredentialStoreApi, mock};

    use super::*;
    use crate::secrets::Keychain;

    #[tokio::test]
    async fn a_pin_that_is_cleared_guards_nothing_even_where_the_keychain_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let db = store::open(&folder.path().join("paydesk.sqlite"), &store::APP).await.unwrap();
        let items = mock::Store::new().unwrap();
        let keychain = Keychain::in_store("paydesk", items.clone());
        let surroundings = Surroundings::native(folder.path().to_owned(), keychain);
        let pin = Pin { db: &db, surroundings: &surroundings, owner: "app", which: Secret::LockPin };
        pin.set("7351 door".into(), "pin").await.unwrap();
        // As a kill between the two does.
        let item = items.build("paydesk", "app/lock-pin", None).unwrap();
        let error = Error::NoStorageAccess("locked".into());
        item.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
        pin.clear().await.unwrap_err();
        assert!(!pin.is_set().await.unwrap());
        pin.set("another one".into(), "pin").await.unwrap();
        pin.check("another one".into(), "pin").await.unwrap();
        db.close().await;
    }

    #[test]
    fn a_wait_is_never_longer_than_it_was_set_and_goes_by_the_clock_that_nobody_sets() {
        let keychain = Keychain::in_store("paydesk", mock::Store::new().unwrap());
        let native = Surroundings::native("/nowhere".into(), keychain);
        let (now, awake) = (Arc::new(Mutex::new(native.now())), Arc::new(Mutex::new(Duration::ZERO)));
        let clocks = (now.clone(), awake.clone());
        let surroundings = Surroundings {
            now: Arc::new(move || *clocks.0.lock().unwrap()),
            awake: Arc::new(move || *clocks.1.lock().unwrap()),
            ..native
        };
        let set = TimeDelta::seconds(30);
        // After a start, with a wait that was begun while the clock was a day ahead.
        let until = Some(surroundings.now() + TimeDelta::days(1) + set);
        let left = || surroundings.wait_left("a", until, set);
        assert_eq!(left(), Some(set));
        *awake.lock().unwrap() = Duration::from_secs(10);
        assert_eq!(left(), Some(TimeDelta::seconds(20)));
        *now.lock().unwrap() += TimeDelta::days(5);
        assert_eq!(left(), Some(TimeDelta::seconds(20)));
        *awake.lock().unwrap() = Duration::from_secs(30);
        assert_eq!(left(), None);
        assert_eq!(surroundings.wait_left("b", None, set), None);
    }
}
