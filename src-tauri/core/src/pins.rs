//! PINs that only say yes or no: for the lock of the app, and for the two persons of the two-person rule. What a PIN is
//! checked against is random bytes sealed with it (argon2id), in the keychain. Wrong ones slow down the next.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
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
        let until: Option<Option<DateTime<Utc>>> =
            sqlx::query_scalar("SELECT locked_until FROM pins WHERE which = ?")
                .bind(self.name())
                .fetch_optional(self.db)
                .await?;
        let now = self.surroundings.now();
        Ok(until.flatten().filter(|until| *until > now))
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
        let stored: Option<(u32, Option<DateTime<Utc>>)> =
            sqlx::query_as("SELECT wrong, locked_until FROM pins WHERE which = ?")
                .bind(self.name())
                .fetch_optional(self.db)
                .await?;
        let now = self.surroundings.now();
        let (wrong, locked_until) = stored.unwrap_or_default();
        if let Some(until) = locked_until.filter(|until| *until > now) {
            let wait = in_words((until - now).num_seconds() + 1);
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
        let wait = wait_after(wrong + 1).map(|wait| wait.min(LONGEST_WAIT));
        let counted =
            sqlx::query("UPDATE pins SET wrong = ?, locked_until = ? WHERE which = ? AND wrong = ?")
                .bind(wrong + 1)
                .bind(wait.map(|wait| store::time(now + wait)))
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
        self.surroundings.keychain.delete(self.owner, self.which).await?;
        sqlx::query("DELETE FROM pins WHERE which = ?").bind(self.name()).execute(self.db).await?;
        Ok(())
    }

    fn bound(&self) -> String {
        format!("{}/{}", self.owner, self.name())
    }
}
