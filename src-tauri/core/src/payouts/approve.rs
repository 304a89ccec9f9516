//! Approving a created batch with a code of the second factor.

use std::{sync::Arc, time::Duration};

use nowpayments::{Outcome, payouts::VerifyPayout};
use secrecy::SecretString;

use super::{
    Payouts,
    batch::BatchState,
    reading::{totals, worth},
    record::{Record, stale},
    rules::rules,
    watch,
};
use crate::{
    failure::{Failure, FailureCode},
    language::{said, words},
    second_factor::{
        Claim, local, provider_now,
        secret::{TotpSecret, read_code, step_of},
    },
};

/// Where a code comes from.
#[derive(Clone)]
enum Given {
    /// The owner typed it.
    Typed(SecretString),
    /// It is made of the opened secret.
    Made(Arc<TotpSecret>),
}

/// What became of a code.
enum Attempt {
    /// The batch is approved.
    Approved,
    /// The code of this half minute was used before. Nothing was sent; the next is good after this time.
    Wait(Duration),
}

impl Payouts {
    pub(super) async fn approve_typed(
        &self,
        approval: &str,
        hash: &str,
        code: SecretString,
    ) -> Result<super::Batch, Failure> {
        self.ctx.may_change()?;
        let code = read_code(&code)?;
        let id = self.batch_of(approval, hash).await?;
        match self.give(&id, approval, hash, Given::Typed(code)).await? {
            Attempt::Approved => self.get(&id).await,
            Attempt::Wait(wait) => Err(must_wait(wait)),
        }
    }

    pub(super) async fn approve_sealed(
        &self,
        approval: &str,
        hash: &str,
        pin: SecretString,
    ) -> Result<super::Batch, Failure> {
        self.ctx.may_change()?;
        // An approval that is no more does not cost a try at the PIN. Before the first answer after a start the provider's
        // clock is not known, so that nothing is judged by it yet.
        let id = self.batch_of(approval, hash).await?;
        let record = Record::load(&self.ctx.db, &id).await?;
        let is_certain = record.attempts_left == 0 || self.ctx.client.clock_offset().is_some();
        if record.state == BatchState::Created && is_certain && !self.is_pending(&record) {
            return Err(self.too_late(&record));
        }
        let secret = Given::Made(Arc::new(self.second_factor.open(pin).await?));
        // The owner has given the PIN: waiting half a minute for the next code is better than asking for it again. Not in
        // what closing the shop waits for, since nothing was sent.
        let mut wait = Duration::ZERO;
        for _ in 0..3 {
            tokio::time::sleep(wait).await;
            match self.give(&id, approval, hash, secret.clone()).await? {
                Attempt::Approved => return self.get(&id).await,
                Attempt::Wait(longer) => wait = longer,
            }
        }
        Err(must_wait(wait))
    }

    /// The batch of an approval that is pending for exactly these rows.
    async fn batch_of(&self, approval: &str, hash: &str) -> Result<String, Failure> {
        let record: Option<Record> = sqlx::query_as("SELECT * FROM payout_batches WHERE approval = ?")
            .bind(approval)
            .fetch_optional(&self.ctx.db)
            .await?;
        let record = record.filter(|record| record.rows_hash == hash).ok_or_else(stale)?;
        Ok(record.id)
    }

    async fn give(&self, id: &str, approval: &str, hash: &str, code: Given) -> Result<Attempt, Failure> {
        let (this, id, approval, hash) = (self.clone(), id.to_owned(), approval.to_owned(), hash.to_owned());
        self.ctx.to_the_end(async move { this.verify(&id, &approval, &hash, code).await }).await
    }

    /// Gives one code to NOWPayments, once. Runs to its end whatever becomes of the caller.
    ///
    /// A second code for the same batch is harmless even when the first was accepted and its answer lost: verifying
    /// releases the payouts that were created, each of which is paid once; it creates none. So after an unclear answer the
    /// code may be given again, while creating the batch again would pay twice.
    async fn verify(&self, id: &str, approval: &str, hash: &str, code: Given) -> Result<Attempt, Failure> {
        let _writer = self.writer(id).await;
        let mut record = Record::load(&self.ctx.db, id).await?;
        if record.approval.as_deref() != Some(approval) || record.rows_hash != hash {
            return Err(stale());
        }
        match record.state {
            BatchState::Created => {}
            // A second click, or a second window.
            BatchState::Verified | BatchState::Sending | BatchState::Finished => {
                return Ok(Attempt::Approved);
            }
            _ => return Err(stale()),
        }
        if self.ctx.client.clock_offset().is_none() {
            // Codes go by the provider's clock, which the first answer after a start tells.
            self.refresh_now(&mut record).await?;
            if record.state != BatchState::Created {
                return ended(&record);
            }
        }
        if !self.is_pending(&record) {
            return Err(self.too_late(&record));
        }
        let Some(provider_id) = record.provider_id.as_deref().and_then(|id| id.parse().ok()) else {
            return Err(stale());
        };
        self.keeps_limits(&record).await?;
        self.still_unpaid(&record).await?;

        let now = provider_now(&self.ctx);
        let step = step_of(now);
        let before = match self.second_factor.claim(step).await? {
            Claim::Mine { before } => before,
            Claim::Used { free_at } => {
                return Ok(Attempt::Wait(
                    (free_at - now).to_std().unwrap_or_default() + Duration::from_millis(500),
                ));
            }
        };
        // One that was given at the end of the half minute before would be refused now, and count.
        if let Given::Typed(code) = &code
            && self.desk.is_last_code(code)
        {
            self.second_factor.unclaim(step, before).await?;
            return Err(used_before());
        }
        let typed = matches!(code, Given::Typed(_));
        let verification_code = match code {
            Given::Typed(code) => code,
            Given::Made(secret) => secret.code(step),
        };
        let given = verification_code.clone();
        let how = if typed {
            said!(en: "A typed code", de: "Ein getippter Code")
        } else {
            said!(
                en: "A code made on this device",
                de: "Ein auf diesem Rechner erzeugter Code",
            )
        };
        self.count(
            &mut record,
            -1,
            &words!(
                en: "{how} is given to NOWPayments.",
                de: "{how} wird an NOWPayments gegeben.",
            ),
        )
        .await?;
        self.announce(&record);

        let answer = self.ctx.client.send(&VerifyPayout { id: provider_id, verification_code }).await;
        let error = match answer {
            Ok(()) => {
                self.desk.keep_last_code(&given);
                let mut tx = self.ctx.write().await?;
                watch::approved(&self.ctx, &mut tx, &mut record).await?;
                tx.commit().await?;
                self.desk.follow_now(id);
                self.announce(&record);
                return Ok(Attempt::Approved);
            }
            Err(error) => error,
        };
        let refused = error.refused().is_some_and(nowpayments::Refused::is_wrong_code);
        let not_done = error.outcome() == Outcome::NotDone;
        if !not_done {
            self.desk.keep_last_code(&given);
        }
        // A code that was refused was not the one of this half minute, so that one is still good; but one that was made here
        // was, and would be refused again.
        if not_done && (typed || !refused) {
            self.second_factor.unclaim(step, before).await?;
        }
        if not_done && !refused {
            self.count(
                &mut record,
                1,
                said!(
                    en: "NOWPayments did not look at the code; it does not count.",
                    de: "NOWPayments hat den Code nicht angesehen; er zählt nicht.",
                ),
            )
            .await?;
        }
        // Whatever the answer was: an earlier code whose answer was lost may have been accepted.
        let looked = self.refresh_now(&mut record).await;
        self.desk.follow(id);
        if record.state != BatchState::Created {
            return ended(&record);
        }
        let failure = if refused {
            let left = match record.attempts_left {
                0 => words!(
                    en: "No code is left to try. {}",
                    de: "Es ist kein Versuch mehr übrig. {}",
                    self.too_late(&record).message,
                ),
                1 => said!(
                    en: "One more code can be tried.",
                    de: "Ein weiterer Code kann versucht werden.",
                )
                .to_owned(),
                left => words!(
                    en: "{left} more codes can be tried.",
                    de: "{left} weitere Codes können versucht werden.",
                ),
            };
            let why = if typed {
                said!(
                    en: "NOWPayments refused this code. Enter the one that your phone shows now.",
                    de: "NOWPayments hat diesen Code abgelehnt. Geben Sie den ein, den Ihr Telefon jetzt zeigt.",
                )
            } else {
                said!(
                    en: "NOWPayments refused the code that was made on this device. Check that this device was \
                         enrolled with the secret that NOWPayments uses now.",
                    de: "NOWPayments hat den Code abgelehnt, der auf diesem Rechner erzeugt wurde. Prüfen Sie, ob \
                         hier das Geheimnis eingerichtet ist, das NOWPayments jetzt verwendet.",
                )
            };
            Failure {
                code: FailureCode::WrongCode,
                message: words!(
                    en: "{why} Nothing was paid. {left}",
                    de: "{why} Es wurde nichts gezahlt. {left}",
                ),
                field: typed.then(|| "code".to_owned()),
            }
        } else if not_done {
            Failure::from(error)
        } else {
            let seen = match looked {
                Ok(()) => said!(
                    en: "NOWPayments still shows the batch as waiting.",
                    de: "NOWPayments zeigt die Zahlliste noch als wartend.",
                ),
                Err(_) => said!(
                    en: "NOWPayments could not be asked how the batch stands.",
                    de: "NOWPayments konnte nicht nach dem Stand der Zahlliste gefragt werden.",
                ),
            };
            Failure::new(
                FailureCode::UnknownOutcome,
                words!(
                    en: "The answer to the code was lost. {seen} Paydesk goes on looking. You may enter the next \
                         code: the batch cannot be paid twice by that.",
                    de: "Die Antwort auf den Code ging verloren. {seen} Paydesk sucht weiter. Sie dürfen den \
                         nächsten Code eingeben: Doppelt gezahlt wird die Zahlliste dadurch nicht.",
                ),
            )
        };
        let mut tx = self.ctx.write().await?;
        record.note(&mut tx, self.ctx.now(), &failure.message).await?;
        record.set_trouble(&mut *tx, Some(&failure.message)).await?;
        tx.commit().await?;
        self.announce(&record);
        Err(failure)
    }

    /// What sums of money are in coins is exact only now: the limits are kept with that, too.
    async fn keeps_limits(&self, record: &Record) -> Result<(), Failure> {
        let mut tx = self.ctx.db.begin().await?;
        let rules = rules(&mut *tx, &self.ctx).await?;
        let totals = totals(&mut *tx, &record.id).await?;
        let over = self.over_limits(&mut tx, record, &rules, worth(&totals).as_ref()).await?;
        if over.is_empty() {
            return Ok(());
        }
        Err(Failure::other(words!(
            en: "This batch cannot be approved. No code was given. {}",
            de: "Diese Zahlliste kann nicht freigegeben werden. Es wurde kein Code gegeben. {}",
            over.join(" "),
        )))
    }

    /// Counts a code as tried, before it is, or takes that back.
    async fn count(&self, record: &mut Record, by: i32, note: &str) -> Result<(), Failure> {
        let mut tx = self.ctx.write().await?;
        record.attempts_left = record.attempts_left.saturating_add_signed(by);
        sqlx::query("UPDATE payout_batches SET attempts_left = ? WHERE id = ?")
            .bind(record.attempts_left)
            .bind(&record.id)
            .execute(&mut *tx)
            .await?;
        record.note(&mut tx, self.ctx.now(), note).await?;
        tx.commit().await?;
        Ok(())
    }

    fn too_late(&self, record: &Record) -> Failure {
        let deadline = record.expires_at.map(|at| local(&self.ctx, at)).filter(|at| *at > self.ctx.now());
        let when = match deadline {
            Some(at) => words!(
                en: "in {} minutes",
                de: "in {} Minuten",
                (at - self.ctx.now()).num_minutes() + 1,
            ),
            None => said!(en: "about now", de: "jetzt gleich").to_owned(),
        };
        Failure::new(
            FailureCode::Stale,
            words!(
                en: "This batch can no longer be approved: NOWPayments rejects it {when}. Nothing is paid. Import \
                     the rows again to pay them.",
                de: "Diese Zahlliste kann nicht mehr freigegeben werden: NOWPayments weist sie {when} zurück. Es \
                     wird nichts gezahlt. Importieren Sie die Zeilen neu, um sie zu zahlen.",
            ),
        )
    }
}

/// What a code means for a batch that does not wait for one any more.
fn ended(record: &Record) -> Result<Attempt, Failure> {
    match record.state {
        BatchState::Rejected | BatchState::Expired | BatchState::Cancelled => {
            Err(Failure::new(FailureCode::Stale, record.trouble.clone().unwrap_or_else(|| stale().message)))
        }
        _ => Ok(Attempt::Approved),
    }
}

fn used_before() -> Failure {
    Failure {
        code: FailureCode::WrongCode,
        message: said!(
            en: "This code was used already, and each is good only once. Nothing was sent. Enter the one that your phone \
                 shows now.",
            de: "Dieser Code wurde schon benutzt, und jeder gilt nur einmal. Es wurde nichts gesendet. Geben Sie den ein, \
                 den Ihr Telefon jetzt zeigt.",
        )
        .to_owned(),
        field: Some("code".to_owned()),
    }
}

fn must_wait(wait: Duration) -> Failure {
    Failure {
        code: FailureCode::WrongCode,
        message: words!(
            en: "The code of this half minute was used already, and each is good only once. Nothing was sent. The \
                 next one is good in {} seconds.",
            de: "Der Code dieser halben Minute wurde schon benutzt, und jeder gilt nur einmal. Es wurde nichts \
                 gesendet. Der nächste gilt in {} Sekunden.",
            wait.as_secs() + 1,
        ),
        field: Some("code".to_owned()),
    }
}
