//! The code that approves payouts: typed from a phone, or generated on this device from a secret that is sealed
//! with the shop's PIN (argon2id, XChaCha20-Poly1305) and kept in the keychain.

mod picture;
pub(crate) mod sealed;
pub(crate) mod secret;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

use self::{
    sealed::{Cost, Fresh, Unopened},
    secret::{STEP_SECONDS, TotpSecret, start_of, step_of},
};
use crate::{
    audit::{self, AuditArea},
    changes::Changed,
    failure::{Failure, FailureCode},
    language::{said, words},
    pins::{Pin, given},
    screen_lock::lock_pin_missing,
    secrets::Secret,
    shops::ShopContext,
    store,
};

/// After this many wrong PINs the sealed secret is deleted.
const MOST_WRONG_PINS: u32 = 10;

/// How codes are given in the open shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SecondFactor {
    /// A sealed secret is on this device: codes can be made with the PIN.
    pub enrolled: bool,
    /// When it was enrolled.
    pub enrolled_at: Option<DateTime<Utc>>,
    /// The secret is shorter than RFC 4226 asks for (128 bits).
    pub short_secret: bool,
    /// Too many wrong PINs: no PIN is taken before this time.
    pub locked_until: Option<DateTime<Utc>>,
    /// How many wrong PINs may still be given before the sealed secret is deleted.
    pub pins_left: u32,
    /// How far the clock of this computer is from the provider's, in seconds (positive: ours is behind); `None` when not known.
    pub clock_skew: Option<i32>,
}

/// What the owner gives to have codes made on this device.
#[derive(Deserialize, Type)]
pub struct Enrolment {
    /// The secret as base32 text, or an `otpauth://totp/` link; empty for the one of the picture that was read last.
    #[specta(type = String)]
    pub secret: SecretString,
    /// The PIN that will seal it: 6 to 64 characters.
    #[specta(type = String)]
    pub pin: SecretString,
    /// A code from the phone, as a proof that the secret is the right one.
    #[specta(type = String)]
    pub code: SecretString,
    /// The PIN so far, where a secret is sealed already; else that of the app's lock, where there is one.
    #[specta(type = Option<String>)]
    pub current: Option<SecretString>,
}

/// How codes are given in a shop.
#[derive(Debug, Clone)]
pub struct SecondFactors {
    ctx: Arc<ShopContext>,
    /// What the picture shows that was read last.
    pictured: Arc<Mutex<Option<SecretString>>>,
}

impl SecondFactors {
    pub(crate) fn new(ctx: Arc<ShopContext>) -> Self {
        Self { ctx, pictured: Arc::default() }
    }

    /// How it stands.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn get(&self) -> Result<SecondFactor, Failure> {
        let stored = self.stored().await?;
        // Rounded: the header that tells the provider's time has whole seconds.
        let skew = self
            .ctx
            .client
            .clock_offset()
            .map(|offset| (offset + TimeDelta::milliseconds(500)).num_seconds());
        Ok(SecondFactor {
            enrolled: stored.enrolled_at.is_some(),
            enrolled_at: stored.enrolled_at,
            short_secret: stored.short_secret,
            locked_until: self.wait_left(&stored).map(|left| self.ctx.now() + left),
            pins_left: MOST_WRONG_PINS.saturating_sub(stored.wrong_pins),
            clock_skew: skew.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX)),
        })
    }

    /// Reads the QR code in a picture (PNG, JPEG, WebP) and keeps what it shows for [`Self::enrol`]: it does not cross to the
    /// window.
    ///
    /// # Errors
    /// [`FailureCode::Invalid`] for the field `picture` when it shows no secret.
    pub async fn read_picture(&self, picture: Vec<u8>) -> Result<(), Failure> {
        let link = blocking(move || picture::read_link(&picture)).await??;
        TotpSecret::read(&link)
            .map_err(|failure| Failure { field: Some("picture".to_owned()), ..failure })?;
        *self.pictured() = Some(link);
        Ok(())
    }

    fn pictured(&self) -> MutexGuard<'_, Option<SecretString>> {
        self.pictured.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seals a secret with a PIN and keeps it in the keychain, once a code has proved it. That PIN guards the rules for payouts from
    /// then on, so what guards them so far is asked for: the PIN of the secret that is sealed already, or that of the lock.
    ///
    /// # Errors
    /// [`FailureCode::Invalid`] names the field that is not right, [`FailureCode::WrongPin`] the field `current`; otherwise NOWPayments was not reached (its clock is
    /// needed) or the keychain cannot be used. Nothing is kept then.
    pub async fn enrol(&self, enrolment: Enrolment) -> Result<SecondFactor, Failure> {
        let pictured = match enrolment.secret.expose_secret().trim().is_empty() {
            true => self.pictured().clone(),
            false => None,
        };
        let secret = TotpSecret::read(pictured.as_ref().unwrap_or(&enrolment.secret))?;
        secret::accept_pin(&enrolment.pin)?;
        let code = secret::read_code(&enrolment.code)?;
        if self.ctx.client.clock_offset().is_none() {
            self.ctx.client.send(&nowpayments::auth::GetStatus {}).await?;
        }
        if !secret.proves(&code, step_of(provider_now(&self.ctx))) {
            return Err(Failure::invalid(
                "code",
                said!(
                    en: "This code does not belong to this secret. Nothing was kept. Enter the code that your phone \
                         shows now; if it is refused again, copy the secret again.",
                    de: "Dieser Code gehört nicht zu diesem Geheimnis. Es wurde nichts behalten. Geben Sie den Code \
                         ein, den Ihr Telefon jetzt zeigt; wird er wieder abgelehnt, kopieren Sie das Geheimnis noch \
                         einmal.",
                ),
            ));
        }
        // Where two persons are needed, whoever approves is the one with the PIN that codes are made with.
        let approver = Pin {
            db: &self.ctx.db,
            surroundings: &self.ctx.surroundings,
            owner: &self.ctx.shop.id,
            which: Secret::ApproverPin,
        };
        let two_persons = approver.is_set().await?;
        if two_persons {
            approver.check(enrolment.pin.clone(), "pin").await?;
        }
        self.permit_enrolling(enrolment.current, two_persons).await?;
        let short = secret.is_short();
        let fresh =
            Fresh { salt: self.ctx.surroundings.random_bytes(), nonce: self.ctx.surroundings.random_bytes() };
        let (pin, shop) = (enrolment.pin, self.ctx.shop.id.clone());
        let sealed = blocking(move || sealed::seal(secret.bytes(), &pin, &shop, Cost::STANDARD, &fresh))
            .await?
            .ok_or_else(|| {
                Failure::other(said!(
                    en: "The secret could not be sealed on this computer. Nothing was kept.",
                    de: "Das Geheimnis konnte auf diesem Rechner nicht versiegelt werden. Es wurde nichts behalten.",
                ))
            })?;
        self.ctx.surroundings.keychain.store(&self.ctx.shop.id, Secret::SealedTotp, sealed).await?;
        let mut tx = self.ctx.write().await?;
        sqlx::query(
            "INSERT INTO second_factor (only, enrolled_at, short_secret) VALUES (1, ?1, ?2)
             ON CONFLICT DO UPDATE
             SET enrolled_at = ?1, short_secret = ?2, wrong_pins = 0, locked_until = NULL, lost_at = NULL",
        )
        .bind(store::time(self.ctx.now()))
        .bind(short)
        .execute(&mut *tx)
        .await?;
        self.note(&mut tx, said!(
            en: "A secret was sealed with a PIN on this computer; codes can be made here.",
            de: "Ein Geheimnis wurde auf diesem Rechner mit einer PIN versiegelt; Codes können hier erzeugt werden.",
        ))
            .await?;
        tx.commit().await?;
        self.pictured().take();
        self.ctx.announce(Changed::SecondFactor);
        self.get().await
    }

    /// What a phone that holds `secret` (base32) shows now, by the provider's clock. Only for the demo shop.
    ///
    /// # Errors
    /// When `secret` is none.
    pub fn phone(&self, secret: &SecretString) -> Result<DemoPhone, Failure> {
        let totp = TotpSecret::read(secret)?;
        let now = provider_now(&self.ctx);
        let step = step_of(now);
        let left = (start_of(step + 1) - now).num_seconds() + 1;
        Ok(DemoPhone {
            secret: secret.expose_secret().to_owned(),
            code: totp.code(step).expose_secret().to_owned(),
            seconds_left: u32::try_from(left.min(STEP_SECONDS)).unwrap_or_default(),
        })
    }

    /// Whether another secret may take the place of what guards the rules so far.
    async fn permit_enrolling(
        &self,
        current: Option<SecretString>,
        two_persons: bool,
    ) -> Result<(), Failure> {
        let of_current = |failure: Failure| Failure { field: Some("current".to_owned()), ..failure };
        if self.stored().await?.enrolled_at.is_some() {
            let current = given(
                current,
                said!(
                    en: "A secret is sealed on this computer already: it takes its PIN. Nothing was changed.",
                    de: "Auf diesem Rechner ist schon ein Geheimnis versiegelt: Das braucht dessen PIN. Es wurde \
                         nichts geändert.",
                ),
            );
            return self.open(current.map_err(of_current)?).await.map(drop).map_err(of_current);
        }
        let lock = self.ctx.lock_pin();
        // Whoever approves has given a PIN.
        if !two_persons && lock.is_set().await? {
            let current = given(current, lock_pin_missing()).map_err(of_current)?;
            lock.check(current, "current").await?;
        }
        Ok(())
    }

    /// Deletes the sealed secret from this device, with its PIN.
    ///
    /// # Errors
    /// [`FailureCode::WrongPin`] with the field `pin`; when the keychain or the database fails.
    pub async fn forget(&self, pin: Option<SecretString>) -> Result<SecondFactor, Failure> {
        if self.stored().await?.enrolled_at.is_none() {
            return self.get().await;
        }
        let pin = given(
            pin,
            said!(
                en: "The secret is forgotten with its PIN only. Nothing was changed.",
                de: "Das Geheimnis wird nur mit seiner PIN vergessen. Es wurde nichts geändert.",
            ),
        )?;
        let keychain = &self.ctx.surroundings.keychain;
        keychain.read(&self.ctx.shop.id, Secret::SealedTotp).await?;
        let lost = match self.open(pin).await {
            Ok(_) => false,
            // It is gone or damaged, so that no PIN fits: nothing is kept by keeping it.
            Err(failure) if failure.code == FailureCode::Keychain => true,
            Err(failure) => return Err(failure),
        };
        keychain.delete(&self.ctx.shop.id, Secret::SealedTotp).await?;
        self.not_enrolled(
            said!(
                en: "The sealed secret was deleted from this computer.",
                de: "Das versiegelte Geheimnis wurde von diesem Rechner gelöscht.",
            ),
            lost,
        )
        .await?;
        self.get().await
    }

    /// Opens the sealed secret with the owner's PIN.
    ///
    /// Every try is counted, and the wait after it set, before it is made: killing the app does not undo it. A right PIN
    /// clears both.
    ///
    /// # Errors
    /// [`FailureCode::WrongPin`] for a wrong PIN and while there is a wait.
    pub(crate) async fn open(&self, pin: SecretString) -> Result<TotpSecret, Failure> {
        let stored = self.stored().await?;
        if stored.enrolled_at.is_none() {
            return Err(Failure::other(said!(
                en: "No secret is kept on this device, so no code can be made from a PIN. Enter the code that \
                     your phone shows.",
                de: "Auf diesem Rechner liegt kein Geheimnis, darum kann aus einer PIN kein Code werden. Geben \
                     Sie den Code ein, den Ihr Telefon zeigt.",
            )));
        }
        if let Some(left) = self.wait_left(&stored) {
            let wait = left.num_seconds() + 1;
            return Err(Failure::new(
                FailureCode::WrongPin,
                words!(
                    en: "Too many wrong PINs. Try again in {}, or enter the code from your phone.",
                    de: "Zu viele falsche PINs. Versuchen Sie es in {} noch einmal, oder geben Sie den Code von \
                         Ihrem Telefon ein.",
                    in_words(wait),
                ),
            ));
        }
        let tries = stored.wrong_pins + 1;
        if tries > MOST_WRONG_PINS {
            // Killed after the last try was counted and before the secret was deleted.
            return Err(self.give_up().await?);
        }
        let keychain = &self.ctx.surroundings.keychain;
        let Some(sealed) = keychain.read(&self.ctx.shop.id, Secret::SealedTotp).await? else {
            self.not_enrolled(
                said!(
                    en: "The sealed secret was not in the keychain of this computer any more.",
                    de: "Das versiegelte Geheimnis war nicht mehr im Schlüsselbund dieses Rechners.",
                ),
                true,
            )
            .await?;
            return Err(Failure::new(
                FailureCode::Keychain,
                said!(
                    en: "The sealed secret is not in the keychain of this computer any more. Enter the code from \
                         your phone, and enrol this device again.",
                    de: "Das versiegelte Geheimnis ist nicht mehr im Schlüsselbund dieses Rechners. Geben Sie den \
                         Code von Ihrem Telefon ein, und richten Sie Codes auf diesem Rechner neu ein.",
                ),
            ));
        };
        let wait = wait_after(tries);
        let until = wait.map(|wait| self.ctx.now() + wait);
        let mut tx = self.ctx.write().await?;
        let counted = sqlx::query(
            "UPDATE second_factor SET wrong_pins = ?, locked_until = ? WHERE wrong_pins = ? AND enrolled_at IS NOT NULL",
        )
        .bind(tries)
        .bind(until.map(store::time))
        .bind(stored.wrong_pins)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        if counted.rows_affected() == 0 {
            return Err(Failure::new(
                FailureCode::WrongPin,
                said!(
                    en: "Another PIN is being tried just now. Try again.",
                    de: "Gerade wird eine andere PIN versucht. Versuchen Sie es noch einmal.",
                ),
            ));
        }
        let shop = self.ctx.shop.id.clone();
        self.ctx.surroundings.begin_wait(&self.waits_for(), until, wait);
        let opened = blocking(move || sealed::open(&sealed, &pin, &shop)).await?;
        match opened {
            Ok(bytes) => {
                sqlx::query("UPDATE second_factor SET wrong_pins = 0, locked_until = NULL")
                    .execute(&self.ctx.db)
                    .await?;
                if tries > 1 {
                    self.ctx.announce(Changed::SecondFactor);
                }
                Ok(TotpSecret::from_bytes(bytes))
            }
            Err(Unopened::WrongPin) if tries < MOST_WRONG_PINS => {
                let left = MOST_WRONG_PINS - tries;
                let mut tx = self.ctx.write().await?;
                self.note(
                    &mut tx,
                    &words!(
                        en: "A wrong PIN was given; {left} may still be.",
                        de: "Es wurde eine falsche PIN gegeben; {left} weitere sind noch möglich.",
                    ),
                )
                .await?;
                tx.commit().await?;
                self.ctx.announce(Changed::SecondFactor);
                let left = if left == 1 {
                    said!(
                        en: "1 more try",
                        de: "einem weiteren Versuch",
                    )
                    .to_owned()
                } else {
                    words!(
                        en: "{left} more tries",
                        de: "{left} weiteren Versuchen",
                    )
                };
                let wait = wait_after(tries)
                    .map(|wait| {
                        words!(
                            en: " The next PIN is taken in {}.",
                            de: " Die nächste PIN wird in {} angenommen.",
                            in_words(wait.num_seconds()),
                        )
                    })
                    .unwrap_or_default();
                Err(Failure {
                    code: FailureCode::WrongPin,
                    message: words!(
                        en: "This PIN is wrong. Nothing was sent.{wait} After {left} the secret is deleted from this \
                             device, and codes come from your phone only.",
                        de: "Diese PIN ist falsch. Es wurde nichts gesendet.{wait} Nach {left} wird das Geheimnis \
                             von diesem Rechner gelöscht, und Codes kommen nur noch von Ihrem Telefon.",
                    ),
                    field: Some("pin".to_owned()),
                })
            }
            Err(Unopened::WrongPin) => Err(self.give_up().await?),
            Err(Unopened::Damaged) => Err(Failure::new(
                FailureCode::Keychain,
                said!(
                    en: "The sealed secret in the keychain of this computer is damaged. Enter the code from your \
                         phone, and enrol this device again.",
                    de: "Das versiegelte Geheimnis im Schlüsselbund dieses Rechners ist beschädigt. Geben Sie den \
                         Code von Ihrem Telefon ein, und richten Sie Codes auf diesem Rechner neu ein.",
                ),
            )),
        }
    }

    /// Deletes the sealed secret after too many wrong PINs.
    async fn give_up(&self) -> Result<Failure, Failure> {
        self.ctx.surroundings.keychain.delete(&self.ctx.shop.id, Secret::SealedTotp).await?;
        self.not_enrolled(
            said!(
                en: "The sealed secret was deleted after too many wrong PINs.",
                de: "Das versiegelte Geheimnis wurde nach zu vielen falschen PINs gelöscht.",
            ),
            false,
        )
        .await?;
        Ok(Failure::new(
            FailureCode::WrongPin,
            words!(
                en: "{MOST_WRONG_PINS} wrong PINs: the secret was deleted from this device. Nothing was sent. Enter \
                     the code from your phone; enrol this device again to use a PIN.",
                de: "{MOST_WRONG_PINS} falsche PINs: Das Geheimnis wurde von diesem Rechner gelöscht. Es wurde \
                     nichts gesendet. Geben Sie den Code von Ihrem Telefon ein; richten Sie Codes auf diesem Rechner \
                     neu ein, um wieder eine PIN zu benutzen.",
            ),
        ))
    }

    /// From now on no codes are made here. What was `lost` without anybody having given a PIN guards the rules all the same.
    async fn not_enrolled(&self, why: &str, lost: bool) -> Result<(), Failure> {
        let mut tx = self.ctx.write().await?;
        let changed = sqlx::query(
            "UPDATE second_factor
             SET enrolled_at = NULL, short_secret = 0, wrong_pins = 0, locked_until = NULL, lost_at = ?
             WHERE enrolled_at IS NOT NULL",
        )
        .bind(lost.then(|| store::time(self.ctx.now())))
        .execute(&mut *tx)
        .await?;
        if changed.rows_affected() > 0 {
            self.note(&mut tx, why).await?;
        }
        tx.commit().await?;
        self.ctx.announce(Changed::SecondFactor);
        Ok(())
    }

    /// Writes something about the codes into the audit log.
    async fn note(&self, tx: &mut SqliteConnection, words: &str) -> Result<(), Failure> {
        audit::write(
            tx,
            self.ctx.now(),
            AuditArea::Codes,
            said!(
                en: "Codes on this computer",
                de: "Codes auf diesem Rechner",
            ),
            "",
            words,
        )
        .await
    }

    /// From when on a code can be used that was not used yet: the beginning of the next step when the code of this one
    /// was, by the provider's clock. `None`: now.
    pub(crate) async fn not_before(&self) -> Result<Option<DateTime<Utc>>, Failure> {
        let step = step_of(provider_now(&self.ctx));
        Ok(self.stored().await?.last_step.filter(|last| is_used(*last, step)).map(|last| start_of(last + 1)))
    }

    /// Claims the code of `step` for one use, before it is sent. False when it was used.
    pub(crate) async fn claim(&self, step: i64) -> Result<Claim, Failure> {
        let mut tx = self.ctx.write().await?;
        sqlx::query("INSERT INTO second_factor (only) VALUES (1) ON CONFLICT DO NOTHING")
            .execute(&mut *tx)
            .await?;
        let last: Option<i64> =
            sqlx::query_scalar("SELECT last_step FROM second_factor").fetch_one(&mut *tx).await?;
        if let Some(last) = last.filter(|last| is_used(*last, step)) {
            return Ok(Claim::Used { free_at: start_of(last + 1) });
        }
        sqlx::query("UPDATE second_factor SET last_step = ?").bind(step).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Claim::Mine { before: last })
    }

    /// Gives a claim back: the code was certainly not used up.
    pub(crate) async fn unclaim(&self, step: i64, before: Option<i64>) -> Result<(), Failure> {
        sqlx::query("UPDATE second_factor SET last_step = ? WHERE last_step = ?")
            .bind(before)
            .bind(step)
            .execute(&self.ctx.db)
            .await?;
        Ok(())
    }

    /// Whether the sealed secret has vanished from the keychain and none has taken its place.
    pub(crate) async fn is_lost(&self) -> Result<bool, Failure> {
        Ok(self.stored().await?.lost_at.is_some())
    }

    /// How much is left of the wait after wrong PINs.
    fn wait_left(&self, stored: &Stored) -> Option<TimeDelta> {
        let set = wait_after(stored.wrong_pins).unwrap_or_default();
        self.ctx.surroundings.wait_left(&self.waits_for(), stored.locked_until, set)
    }

    fn waits_for(&self) -> String {
        format!("{}/{}", self.ctx.shop.id, Secret::SealedTotp.name())
    }

    async fn stored(&self) -> Result<Stored, Failure> {
        let stored = sqlx::query_as(
            "SELECT enrolled_at, short_secret, wrong_pins, locked_until, last_step, lost_at FROM second_factor",
        )
        .fetch_optional(&self.ctx.db)
        .await?;
        Ok(stored.unwrap_or_default())
    }
}

/// Whether the code of a step may be used.
pub(crate) enum Claim {
    /// It may; `before` is what to give back.
    Mine { before: Option<i64> },
    /// It was used; the next one is good from `free_at` on, by the provider's clock.
    Used { free_at: DateTime<Utc> },
}

#[derive(Default, sqlx::FromRow)]
struct Stored {
    enrolled_at: Option<DateTime<Utc>>,
    short_secret: bool,
    wrong_pins: u32,
    locked_until: Option<DateTime<Utc>>,
    last_step: Option<i64>,
    lost_at: Option<DateTime<Utc>>,
}

/// The time now by the provider's clock, as far as it is known.
pub(crate) fn provider_now(ctx: &ShopContext) -> DateTime<Utc> {
    ctx.now() + ctx.client.clock_offset().unwrap_or_default()
}

/// A moment of the provider's clock as this computer's clock will show it.
pub(crate) fn local(ctx: &ShopContext, at: DateTime<Utc>) -> DateTime<Utc> {
    at - ctx.client.clock_offset().unwrap_or_default()
}

/// A step is used up to the last one that was; one far ahead was claimed under a clock that was wrong.
fn is_used(last: i64, step: i64) -> bool {
    (step..=step + 2).contains(&last)
}

/// How long no PIN is taken after that many wrong ones: the third costs 30 seconds, each further one twice as much.
pub(crate) fn wait_after(wrong: u32) -> Option<TimeDelta> {
    Some(TimeDelta::seconds(30 << wrong.checked_sub(3)?.min(16)))
}

pub(crate) fn in_words(seconds: i64) -> String {
    match seconds {
        1 => said!(en: "1 second", de: "1 Sekunde").to_owned(),
        2..=90 => words!(en: "{seconds} seconds", de: "{seconds} Sekunden"),
        _ => words!(
            en: "{} minutes",
            de: "{} Minuten",
            seconds.div_euclid(60) + i64::from(seconds % 60 != 0),
        ),
    }
}

/// Work that takes the processor for a while, off the threads that answer.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "blocking work failed");
        Failure::other(said!(
            en: "Paydesk failed inside. Nothing was sent.",
            de: "In Paydesk ist ein Fehler aufgetreten. Es wurde nichts gesendet.",
        ))
    })
}

/// What the phone of the demo shop's owner shows, in place of a real one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DemoPhone {
    /// The secret as base32, to try the enrolment with.
    pub secret: String,
    /// The code now.
    pub code: String,
    /// For how many more seconds.
    pub seconds_left: u32,
}

/// The demo shop's secret is worth nothing, and yet no log is a place for one.
impl fmt::Debug for DemoPhone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoPhone").field("seconds_left", &self.seconds_left).finish_non_exhaustive()
    }
}
