//! What the owner does not want to be possible: limits, payouts to strangers, batches of any size.

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::Amount;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::{SqliteConnection, SqliteExecutor};

use super::{
    Payouts,
    batch::BatchState,
    reading::{Worth, totals},
    record::{Record, amount, stale},
};
use crate::{
    audit::{self, AuditArea},
    changes::Changed,
    failure::{Failure, FailureCode},
    fiat,
    language::{amount_error, decimal, said, words},
    pins::{Pin, given},
    screen_lock::lock_pin_missing,
    second_factor::{provider_now, secret::accept_pin},
    secrets::Secret,
    shops::ShopContext,
    store,
};

/// How many payouts are sent at once when the owner has not said otherwise. What the API takes at most is not documented.
const PART_SIZE: u32 = 1000;
/// The most that can be said.
const LARGEST_PART: u32 = 10_000;
/// What counts for the limit of a day.
const DAY: TimeDelta = TimeDelta::hours(24);

/// The rules for payouts of a shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Rules {
    /// Only contacts of the address book are paid.
    pub contacts_only: bool,
    /// What a batch may be worth at the most.
    #[specta(type = Option<String>)]
    pub batch_limit: Option<Amount>,
    /// What all batches of 24 hours may be worth together.
    #[specta(type = Option<String>)]
    pub day_limit: Option<Amount>,
    /// The currency of the limits, which stays what they were set in; without limits that of the shop.
    pub currency: String,
    /// How many payouts are sent at once at the most: a larger batch is sent in parts.
    pub part_size: u32,
    /// Rules are loosened with the PIN only: that of whoever approves, of the secret that is sealed on this device, or of the
    /// app's lock.
    pub needs_pin: bool,
    /// That PIN is the one of the app's lock.
    pub lock_pin: bool,
    /// A batch is sent with the PIN of one person and approved with that of another.
    pub two_persons: bool,
}

/// Rules as the owner writes them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RulesEdit {
    /// Only contacts of the address book are paid.
    pub contacts_only: bool,
    /// What a batch may be worth at the most; empty for no limit.
    pub batch_limit: String,
    /// What all batches of 24 hours may be worth together; empty for no limit.
    pub day_limit: String,
    /// The currency of both; empty for the one so far.
    pub currency: String,
    /// How many payouts are sent at once at the most.
    pub part_size: String,
}

impl Rules {
    /// Whether `next` lets something through that these rules do not.
    fn is_loosened_by(&self, next: &Self) -> bool {
        // Limits in two currencies cannot be compared.
        let other = self.currency != next.currency;
        let is_higher = |now: &Option<Amount>, next: &Option<Amount>| match (now, next) {
            (Some(now), Some(next)) => other || next > now,
            (Some(_), None) => true,
            (None, _) => false,
        };
        self.contacts_only && !next.contacts_only
            || is_higher(&self.batch_limit, &next.batch_limit)
            || is_higher(&self.day_limit, &next.day_limit)
    }

    /// The rules in words, for the audit log.
    fn in_words(&self) -> String {
        let limit = |limit: &Option<Amount>| match limit {
            Some(limit) => format!("{} {}", decimal(limit), self.currency.to_ascii_uppercase()),
            None => said!(en: "none", de: "keine").to_owned(),
        };
        words!(
            en: "Limit per batch: {}. Limit in 24 hours: {}. Recipients: {}. At most {} payouts at once.",
            de: "Grenze je Zahlliste: {}. Grenze in 24 Stunden: {}. Empfänger: {}. Höchstens {} Auszahlungen auf \
                 einmal.",
            limit(&self.batch_limit),
            limit(&self.day_limit),
            match self.contacts_only {
                true => said!(en: "contacts only", de: "nur Kontakte"),
                false => said!(en: "all", de: "alle"),
            },
            self.part_size,
        )
    }
}

/// Rules as they stand in the database.
#[derive(sqlx::FromRow)]
struct StoredRules {
    contacts_only: bool,
    batch_limit: Option<String>,
    day_limit: Option<String>,
    currency: String,
    part_size: u32,
}

/// The rules as they stand.
pub(super) async fn rules(db: impl SqliteExecutor<'_>, ctx: &ShopContext) -> Result<Rules, Failure> {
    let stored: Option<StoredRules> =
        sqlx::query_as("SELECT contacts_only, batch_limit, day_limit, currency, part_size FROM payout_rules")
            .fetch_optional(db)
            .await?;
    let read = |limit: Option<&String>| limit.map(|limit| amount(limit)).transpose();
    let stored = stored.as_ref();
    let batch_limit = read(stored.and_then(|rules| rules.batch_limit.as_ref()))?;
    let day_limit = read(stored.and_then(|rules| rules.day_limit.as_ref()))?;
    let limited = stored.filter(|_| batch_limit.is_some() || day_limit.is_some());
    Ok(Rules {
        contacts_only: stored.is_some_and(|rules| rules.contacts_only),
        currency: limited.map_or(&ctx.shop.currency, |rules| &rules.currency).clone(),
        part_size: stored.map_or(PART_SIZE, |rules| rules.part_size),
        batch_limit,
        day_limit,
        needs_pin: false,
        lock_pin: false,
        two_persons: false,
    })
}

/// Whether only contacts of the address book are paid.
pub(super) async fn contacts_only(db: impl SqliteExecutor<'_>) -> Result<bool, Failure> {
    let only: Option<bool> =
        sqlx::query_scalar("SELECT contacts_only FROM payout_rules").fetch_optional(db).await?;
    Ok(only.unwrap_or_default())
}

/// Whose PIN guards the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// Nobody's.
    None,
    /// That of whoever approves.
    Approver,
    /// That of the secret that is sealed on this device.
    Sealed,
    /// That of the app's lock.
    Lock,
    /// That of a sealed secret which has vanished from the keychain: none fits.
    Lost,
}

impl Payouts {
    pub(super) async fn read_rules(&self) -> Result<Rules, Failure> {
        let guard = self.guard().await?;
        let (needs_pin, two_persons) = (guard != Guard::None, guard == Guard::Approver);
        let lock_pin = guard == Guard::Lock;
        Ok(Rules { needs_pin, lock_pin, two_persons, ..rules(&self.ctx.db, &self.ctx).await? })
    }

    pub(super) async fn write_rules(
        &self,
        edit: &RulesEdit,
        pin: Option<SecretString>,
    ) -> Result<(), Failure> {
        let now = rules(&self.ctx.db, &self.ctx).await?;
        let next = Rules {
            contacts_only: edit.contacts_only,
            batch_limit: limit("batch_limit", &edit.batch_limit)?,
            day_limit: limit("day_limit", &edit.day_limit)?,
            currency: match edit.currency.trim() {
                "" => now.currency.clone(),
                currency => fiat::accept(currency)?.to_owned(),
            },
            part_size: part_size(&edit.part_size)?,
            needs_pin: false,
            lock_pin: false,
            two_persons: false,
        };
        if now.is_loosened_by(&next) {
            self.permit(pin).await?;
        }
        let mut tx = self.ctx.write().await?;
        sqlx::query(
            "INSERT INTO payout_rules (only, contacts_only, batch_limit, day_limit, part_size, currency)
             VALUES (1, ?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET contacts_only = ?1, batch_limit = ?2, day_limit = ?3, part_size = ?4, currency = ?5",
        )
        .bind(next.contacts_only)
        .bind(next.batch_limit.as_ref().map(Amount::to_string))
        .bind(next.day_limit.as_ref().map(Amount::to_string))
        .bind(next.part_size)
        .bind(&next.currency)
        .execute(&mut *tx)
        .await?;
        if now != next {
            let at = self.ctx.now();
            audit::write(
                &mut tx,
                at,
                AuditArea::Rules,
                said!(
                    en: "Payouts",
                    de: "Auszahlungen",
                ),
                "",
                &next.in_words(),
            )
            .await?;
        }
        self.judge_checked(&mut tx).await?;
        tx.commit().await?;
        self.ctx.announce(Changed::Everything);
        Ok(())
    }

    /// What guards the rules now.
    async fn guard(&self) -> Result<Guard, Failure> {
        Ok(if self.has_two_persons().await? {
            Guard::Approver
        } else if self.second_factor.get().await?.enrolled {
            Guard::Sealed
        } else if self.ctx.lock_pin().is_set().await? {
            Guard::Lock
        } else if self.second_factor.is_lost().await? {
            Guard::Lost
        } else {
            Guard::None
        })
    }

    /// What guards the money is loosened with the PIN only, where there is one.
    pub(super) async fn permit(&self, pin: Option<SecretString>) -> Result<(), Failure> {
        let guard = self.guard().await?;
        match guard {
            Guard::None => return Ok(()),
            Guard::Lost => {
                return Err(Failure::new(
                    FailureCode::Keychain,
                    said!(
                        en: "The secret whose PIN guards this is not in the keychain of this computer any more. Nothing \
                             was changed. Set up codes on this computer again, or a lock with a PIN.",
                        de: "Das Geheimnis, dessen PIN dies schützt, ist nicht mehr im Schlüsselbund dieses Rechners. Es \
                             wurde nichts geändert. Richten Sie Codes auf diesem Rechner neu ein, oder eine Sperre mit \
                             PIN.",
                    ),
                ));
            }
            Guard::Approver | Guard::Sealed | Guard::Lock => {}
        }
        let pin = given(
            pin,
            said!(
                en: "This loosens what guards your money: it takes the PIN. Nothing was changed.",
                de: "Damit wird gelockert, was Ihr Geld schützt: Das braucht die PIN. Es wurde nichts geändert.",
            ),
        )?;
        match guard {
            Guard::Approver => self.person(Secret::ApproverPin).check(pin, "pin").await,
            Guard::Lock => self.ctx.lock_pin().check(pin, "pin").await,
            _ => self.second_factor.open(pin).await.map(drop),
        }
    }

    /// Whether a batch is sent with the PIN of one person and approved with that of another.
    pub(super) async fn has_two_persons(&self) -> Result<bool, Failure> {
        self.person(Secret::ApproverPin).is_set().await
    }

    /// Has batches sent with one PIN and approved with another from now on.
    pub(super) async fn begin_two_persons(
        &self,
        preparer: SecretString,
        approver: SecretString,
        lock: Option<SecretString>,
    ) -> Result<(), Failure> {
        if self.has_two_persons().await? {
            return Err(stale());
        }
        if preparer.expose_secret() == approver.expose_secret() {
            return Err(Failure::invalid(
                "approver",
                said!(
                    en: "Two persons need two PINs: these are the same.",
                    de: "Zwei Personen brauchen zwei PINs: Diese sind gleich.",
                ),
            ));
        }
        let of = |field: &str| {
            let field = field.to_owned();
            move |failure: Failure| Failure { field: Some(field), ..failure }
        };
        accept_pin(&preparer).map_err(of("preparer"))?;
        accept_pin(&approver).map_err(of("approver"))?;
        // Codes that are made on this device are made with one PIN: that of whoever approves.
        if self.second_factor.get().await?.enrolled {
            self.second_factor.open(approver.clone()).await.map_err(|failure| {
                let message = words!(
                    en: "Codes are made on this computer with a PIN: whoever approves has that one. {}",
                    de: "Codes werden auf diesem Rechner mit einer PIN erzeugt: Wer freigibt, hat diese. {}",
                    failure.message,
                );
                of("approver")(Failure { message, ..failure })
            })?;
        } else if self.ctx.lock_pin().is_set().await? {
            // Whoever approves guards the rules from now on, in place of the lock.
            let pin = given(lock, lock_pin_missing()).map_err(of("lock"))?;
            self.ctx.lock_pin().check(pin, "lock").await?;
        }
        self.person(Secret::PreparerPin).set(preparer, "preparer").await?;
        self.person(Secret::ApproverPin).set(approver, "approver").await?;
        self.note_rule(said!(
            en: "Two persons: batches are sent with one PIN and approved with another.",
            de: "Zwei Personen: Zahllisten werden mit der einen PIN gesendet und mit der anderen freigegeben.",
        )).await
    }

    /// One person is enough again. It takes both.
    pub(super) async fn end_two_persons(
        &self,
        preparer: SecretString,
        approver: SecretString,
    ) -> Result<(), Failure> {
        self.person(Secret::PreparerPin).check(preparer, "preparer").await?;
        self.person(Secret::ApproverPin).check(approver, "approver").await?;
        // The rule is in force as long as there is an approver.
        self.person(Secret::ApproverPin).clear().await?;
        self.person(Secret::PreparerPin).clear().await?;
        self.note_rule(said!(
            en: "Two persons: no more. One is enough to pay.",
            de: "Zwei Personen: nicht mehr. Zum Zahlen genügt eine.",
        ))
        .await
    }

    /// A batch is sent: by whoever prepares, where two persons are needed.
    pub(super) async fn prepared_by(&self, pin: Option<SecretString>) -> Result<(), Failure> {
        if !self.has_two_persons().await? {
            return Ok(());
        }
        let pin = given(
            pin,
            said!(
                en: "It takes the PIN of whoever prepares payouts. Nothing was sent.",
                de: "Das braucht die PIN der Person, die Auszahlungen vorbereitet. Es wurde nichts gesendet.",
            ),
        )?;
        self.person(Secret::PreparerPin).check(pin, "pin").await
    }

    /// A batch is approved: by whoever approves, where two persons are needed.
    pub(super) async fn approved_by(&self, pin: Option<SecretString>) -> Result<(), Failure> {
        if !self.has_two_persons().await? {
            return Ok(());
        }
        let pin = given(
            pin,
            said!(
                en: "It takes the PIN of whoever approves payouts. Nothing was sent.",
                de: "Das braucht die PIN der Person, die Auszahlungen freigibt. Es wurde nichts gesendet.",
            ),
        )?;
        self.person(Secret::ApproverPin).check(pin, "pin").await
    }

    async fn note_rule(&self, words: &str) -> Result<(), Failure> {
        let mut tx = self.ctx.write().await?;
        audit::write(
            &mut tx,
            self.ctx.now(),
            AuditArea::Rules,
            said!(
                en: "Payouts",
                de: "Auszahlungen",
            ),
            "",
            words,
        )
        .await?;
        tx.commit().await?;
        self.ctx.announce(Changed::Everything);
        Ok(())
    }

    pub(super) fn person(&self, which: Secret) -> Pin<'_> {
        Pin { db: &self.ctx.db, surroundings: &self.ctx.surroundings, owner: &self.ctx.shop.id, which }
    }

    /// Why the limits do not let a batch be sent, in words.
    pub(super) async fn over_limits(
        &self,
        tx: &mut SqliteConnection,
        record: &Record,
        rules: &Rules,
        worth: Option<&Worth>,
    ) -> Result<Vec<String>, Failure> {
        let mut over = Vec::new();
        if rules.batch_limit.is_none() && rules.day_limit.is_none() {
            return Ok(over);
        }
        let currency = rules.currency.to_ascii_uppercase();
        // In another currency it was worked out before these limits were set.
        let worth = worth.filter(|worth| worth.currency == rules.currency).map(|worth| &worth.amount);
        let Some(worth) = worth else {
            // Nothing was asked about its worth yet, and that is said elsewhere.
            if record.checked_at.is_some() {
                over.push(unknown_worth());
            }
            return Ok(over);
        };
        if let Some(limit) = &rules.batch_limit {
            // A part counts with those that were sent before it.
            let others = self.worth_of_sent_parts(tx, record, &rules.currency).await?;
            match others.map(|others| &others + worth) {
                Some(worth) if worth > *limit => {
                    over.push(words!(
                en: "It is worth about {worth} {currency}, and your limit per batch is {limit} {currency}. Remove rows, or \
                     change the limit in the settings.",
                de: "Sie ist etwa {worth} {currency} wert, und Ihre Grenze je Zahlliste ist {limit} {currency}. \
                     Entfernen Sie Zeilen, oder ändern Sie die Grenze in den Einstellungen.",
                worth = decimal(&worth),
                limit = decimal(limit),
            ));
                }
                Some(_) => {}
                None => over.push(unknown_worth()),
            }
        }
        if let Some(limit) = &rules.day_limit {
            let now = provider_now(&self.ctx);
            let times = record.run_times(now);
            match self.paid_by_others(tx, &record.id, &times, &rules.currency).await? {
                Some(others) => {
                    let (sum, ahead) = most_within_a_day(&times, &others, now);
                    if worth + &sum > *limit && ahead {
                        over.push(words!(
                            en: "About {sent} {currency} are paid within the same 24 hours, and this batch is worth about \
                                 {worth} {currency}; your limit is {limit} {currency}. Choose another time, remove rows, \
                                 or change the limit in the settings.",
                            de: "Innerhalb derselben 24 Stunden werden etwa {sent} {currency} gezahlt, und diese Zahlliste \
                                 ist etwa {worth} {currency} wert; Ihre Grenze ist {limit} {currency}. Wählen Sie einen \
                                 anderen Zeitpunkt, entfernen Sie Zeilen, oder ändern Sie die Grenze in den Einstellungen.",
                            sent = decimal(&sum),
                            worth = decimal(worth),
                            limit = decimal(limit),
                        ));
                    } else if worth + &sum > *limit {
                        over.push(words!(
                            en: "About {sent} {currency} were sent in the last 24 hours and this batch is worth about \
                                 {worth} {currency}; your limit is {limit} {currency}. Wait, remove rows, or change the \
                                 limit in the settings.",
                            de: "In den letzten 24 Stunden wurden etwa {sent} {currency} gesendet, und diese Zahlliste ist \
                                 etwa {worth} {currency} wert; Ihre Grenze ist {limit} {currency}. Warten Sie, entfernen Sie \
                                 Zeilen, oder ändern Sie die Grenze in den Einstellungen.",
                            sent = decimal(&sum),
                            worth = decimal(worth),
                            limit = decimal(limit),
                        ));
                    }
                }
                None => over.push(
                    said!(
                        en: "What was sent in the last 24 hours is worth an amount that is not known, so your limit \
                             of a day cannot be kept. Wait, or change the limit in the settings.",
                        de: "Was in den letzten 24 Stunden gesendet wurde, hat einen unbekannten Wert, darum kann \
                             Ihre Grenze für einen Tag nicht eingehalten werden. Warten Sie, oder ändern Sie die \
                             Grenze in den Einstellungen.",
                    ).to_owned(),
                ),
            }
        }
        Ok(over)
    }

    /// What the other parts of a batch are worth that pay, have paid or may have; `None` when it is not known in that currency.
    async fn worth_of_sent_parts(
        &self,
        tx: &mut SqliteConnection,
        record: &Record,
        currency: &str,
    ) -> Result<Option<Amount>, Failure> {
        let parts: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM payout_batches WHERE whole = ? AND id <> ?
             AND state IN ('locked', 'submitting', 'unknown', 'created', 'verified', 'sending', 'finished', 'finished_with_failures')",
        )
        .bind(&record.whole)
        .bind(&record.id)
        .fetch_all(&mut *tx)
        .await?;
        let mut sum = Amount::zero();
        for part in parts {
            match worth_in(tx, &part, currency).await? {
                Some(worth) => sum += &worth,
                None => return Ok(None),
            }
        }
        Ok(Some(sum))
    }

    /// What batches and payouts to banks are worth that are paid within the 24 hours, holding this moment, in which they are the
    /// most; `None` when it is not known in that currency.
    pub(super) async fn paid_within_a_day(
        &self,
        tx: &mut SqliteConnection,
        currency: &str,
    ) -> Result<Option<Amount>, Failure> {
        let now = provider_now(&self.ctx);
        let paid = self.paid_by_others(tx, "", &[now], currency).await?;
        Ok(paid.map(|paid| most_within_a_day(&[now], &paid, now).0))
    }

    /// When batches other than this one and payouts to banks pay that pay, have paid or may have, and what they are worth: those
    /// within a day of any of these times. `None` when it is not known in that currency.
    async fn paid_by_others(
        &self,
        tx: &mut SqliteConnection,
        this: &str,
        times: &[DateTime<Utc>],
        currency: &str,
    ) -> Result<Option<Vec<(DateTime<Utc>, Amount)>>, Failure> {
        let now = provider_now(&self.ctx);
        let batches: Vec<Record> = sqlx::query_as(
            "SELECT * FROM payout_batches WHERE id <> ?1
             AND state IN ('locked', 'submitting', 'unknown', 'created', 'verified', 'sending', 'finished', 'finished_with_failures')
             AND parts = 0 AND (execute_at > ?2 OR submitted_at > ?2 OR created_at > ?2 OR state = 'locked' OR repeat_interval IS NOT NULL)",
        )
        .bind(this)
        .bind(store::time(now - DAY))
        .fetch_all(&mut *tx)
        .await?;
        let to_banks: Vec<(DateTime<Utc>, Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT sent_at, worth, worth_currency FROM moves WHERE kind = 'fiat_payout' AND sent_at > ?
             AND state IN ('sending', 'made', 'unknown')",
        )
        .bind(store::time(now - DAY))
        .fetch_all(&mut *tx)
        .await?;
        let is_near = |at: DateTime<Utc>| times.iter().any(|time| (at - *time).abs() < DAY);
        let mut paid = Vec::new();
        for (at, worth, told) in to_banks.into_iter().filter(|(at, ..)| is_near(*at)) {
            match worth.filter(|_| told.as_deref() == Some(currency)) {
                Some(worth) => paid.push((at, amount(&worth)?)),
                None => return Ok(None),
            }
        }
        for batch in batches {
            let near: Vec<_> = batch
                .paid_at(now, is_followed(tx, &batch.id).await?)
                .into_iter()
                .filter(|at| is_near(*at))
                .collect();
            if near.is_empty() {
                continue;
            }
            match worth_in(tx, &batch.id, currency).await? {
                Some(worth) => paid.extend(near.into_iter().map(|at| (at, worth.clone()))),
                None => return Ok(None),
            }
        }
        Ok(Some(paid))
    }
}

/// Whether the next run of a series is known.
async fn is_followed(tx: &mut SqliteConnection, batch: &str) -> Result<bool, Failure> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM payout_batches WHERE repeats = ?)")
        .bind(batch)
        .fetch_one(tx)
        .await?)
}

/// What a batch is worth in a currency; `None` when that is not known.
async fn worth_in(tx: &mut SqliteConnection, batch: &str, currency: &str) -> Result<Option<Amount>, Failure> {
    let mut sum = Amount::zero();
    for total in totals(&mut *tx, batch).await? {
        match &total.worth {
            Some(worth) if total.worth_currency.as_deref() == Some(currency) => sum += worth,
            _ => return Ok(None),
        }
    }
    Ok(Some(sum))
}

fn unknown_worth() -> String {
    said!(
        en: "What this batch is worth is not known, so your limits cannot be kept. Check it again.",
        de: "Was diese Zahlliste wert ist, ist nicht bekannt, darum können Ihre Grenzen nicht \
             eingehalten werden. Prüfen Sie erneut.",
    )
    .to_owned()
}

impl Record {
    /// When it pays: at the time that it is scheduled for, and again at that of each further run of a series within a year.
    fn run_times(&self, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let Some(schedule) = self.schedule() else { return vec![now] };
        let further =
            schedule.further_runs().take_while(|at| *at < schedule.execute_at + TimeDelta::days(366));
        std::iter::once(schedule.execute_at).chain(further).collect()
    }

    /// When it has paid or is going to; a further run that is a batch of its own pays by itself, and one that did not come when it
    /// was time is none.
    fn paid_at(&self, now: DateTime<Utc>, is_followed: bool) -> Vec<DateTime<Utc>> {
        let Some(at) = self.execute_at else {
            let now = if self.state == BatchState::Locked { now } else { self.created_at };
            return vec![self.submitted_at.filter(|_| self.state != BatchState::Locked).unwrap_or(now)];
        };
        let mut times = self.run_times(at);
        if is_followed || times.get(1).is_some_and(|next| *next < now) {
            times.truncate(1);
        }
        times
    }
}

/// The most that others pay within any 24 hours that hold one of these times, and whether any of it is still ahead.
fn most_within_a_day(
    times: &[DateTime<Utc>],
    others: &[(DateTime<Utc>, Amount)],
    now: DateTime<Utc>,
) -> (Amount, bool) {
    let mut most = (Amount::zero(), false);
    for time in times {
        let near: Vec<_> = others.iter().filter(|(at, _)| (*at - *time).abs() < DAY).collect();
        // The 24 hours that hold the most begin with a payout.
        let begins = near.iter().map(|(at, _)| *at).filter(|at| at <= time).chain([*time]);
        for begin in begins {
            let within: Vec<_> = near.iter().filter(|(at, _)| (begin..begin + DAY).contains(at)).collect();
            let sum: Amount = within.iter().map(|(_, worth)| worth).sum();
            if sum > most.0 {
                most = (sum, *time > now || within.iter().any(|(at, _)| *at > now));
            }
        }
    }
    most
}

fn limit(field: &str, text: &str) -> Result<Option<Amount>, Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<Amount>() {
        Ok(limit) if limit.is_positive() => Ok(Some(limit)),
        Ok(_) => Err(Failure::invalid(
            field,
            said!(
                en: "A limit is above 0. Leave it empty for none.",
                de: "Eine Grenze ist größer als 0. Lassen Sie das Feld leer, wenn es keine geben soll.",
            ),
        )),
        Err(error) => Err(Failure::invalid(
            field,
            words!(
                en: "“{text}” is not an amount: {error}. Write it like 2500 or 2500.50, or leave it empty for no limit.",
                de: "„{text}“ ist kein Betrag: {error}. Schreiben Sie ihn wie 2500 oder 2500.50, oder lassen Sie das \
                     Feld leer, wenn es keine Grenze geben soll.",
                error = amount_error(error),
            ),
        )),
    }
}

fn part_size(text: &str) -> Result<u32, Failure> {
    let size = text.trim().parse().ok().filter(|size| (1..=LARGEST_PART).contains(size));
    size.ok_or_else(|| {
        Failure::invalid(
            "part_size",
            words!(
                en: "Write a number from 1 to {LARGEST_PART}.",
                de: "Schreiben Sie eine Zahl von 1 bis {LARGEST_PART}.",
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(contacts_only: bool, batch_limit: &str, day_limit: &str) -> Rules {
        Rules {
            contacts_only,
            batch_limit: limit("batch_limit", batch_limit).unwrap(),
            day_limit: limit("day_limit", day_limit).unwrap(),
            currency: "usd".to_owned(),
            part_size: PART_SIZE,
            needs_pin: false,
            lock_pin: false,
            two_persons: false,
        }
    }

    #[test]
    fn rules_are_loosened_by_whatever_lets_more_through() {
        let strict = rules(true, "100", "500");
        for (next, looser) in [
            (rules(true, "100", "500"), false),
            (rules(true, "99.99", "1"), false),
            (rules(false, "100", "500"), true),
            (rules(true, "100.01", "500"), true),
            (rules(true, "", "500"), true),
            (rules(true, "100", "501"), true),
            (rules(true, "100", ""), true),
        ] {
            assert_eq!(strict.is_loosened_by(&next), looser, "{next:?}");
        }
        assert!(!rules(false, "", "").is_loosened_by(&strict));
        let in_euros = |of: Rules| Rules { currency: "eur".to_owned(), ..of };
        assert!(strict.is_loosened_by(&in_euros(rules(true, "1", "5"))), "nobody can tell which is more");
        assert!(!rules(true, "", "").is_loosened_by(&in_euros(rules(true, "1", ""))));
    }

    #[test]
    fn what_others_pay_counts_within_any_24_hours_around_a_time() {
        let hour = |hour: i64| DateTime::from_timestamp(1_800_000_000 + 3600 * hour, 0).unwrap();
        let others: Vec<_> = [(-30, "1"), (-20, "2"), (-3, "4"), (5, "8"), (23, "16"), (24, "32")]
            .map(|(at, worth)| (hour(at), worth.parse::<Amount>().unwrap()))
            .into();
        let most = |others: &[(DateTime<Utc>, Amount)]| {
            let (sum, ahead) = most_within_a_day(&[hour(0)], others, hour(0));
            (sum.to_string(), ahead)
        };
        assert_eq!(most(&others), ("24".to_owned(), true), "from now on, but for what is a day away");
        assert_eq!(most(&others[..4]), ("12".to_owned(), true));
        assert_eq!(most(&others[..3]), ("6".to_owned(), false));
        assert_eq!(most(&others[..1]), ("0".to_owned(), false));
    }

    #[test]
    fn what_is_no_limit_is_said_with_its_field() {
        for text in ["0", "-5", "1e3", "1,000", "five"] {
            assert_eq!(limit("day_limit", text).unwrap_err().field.as_deref(), Some("day_limit"), "{text}");
        }
        for text in ["0", "10001", "", "many"] {
            assert_eq!(part_size(text).unwrap_err().field.as_deref(), Some("part_size"), "{text}");
        }
        assert_eq!(part_size(" 250 ").unwrap(), 250);
    }
}
