//! Batches that are too large to be sent at once: each is split into parts, which are batches of their own and sent one after
//! the other. The next part is created when the one before was approved, so that none waits for its code longer than it must.

use std::{collections::HashSet, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use sqlx::SqliteConnection;

use super::{
    Payouts,
    batch::{BatchState, BatchSummary},
    check::rows_in_words,
    reading::{is_open, summaries},
    record::{PayableRow, Record, stale},
    watch::{self, Next},
};
use crate::{
    changes::Changed,
    failure::Failure,
    hashing::FieldHash,
    language::{said, words},
    store,
};

/// What is to be done about the parts of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The part at this place is next. Whether it was sent before and came back.
    Send { at: usize, again: bool },
    /// The part at this place is under way.
    Wait { at: usize },
    /// The part at this place has ended without being paid: whether the others are still wanted, its owner must say.
    Ask { at: usize },
    /// All have ended, or none of them can be sent any more.
    Over(BatchState),
}

/// Whose turn it is among parts in these states. `tried` says which ones were sent before. Those that ended unpaid are passed
/// over when `goes_on`.
fn turn(parts: &[(BatchState, bool)], goes_on: bool) -> Turn {
    use BatchState as S;
    for (at, (state, tried)) in parts.iter().enumerate() {
        match state {
            S::Verified | S::Sending | S::Finished | S::FinishedWithFailures => {}
            S::Checked => return Turn::Send { at, again: *tried },
            S::Rejected | S::Expired if !goes_on && nobody_went_on(&parts[at + 1..]) => {
                return Turn::Ask { at };
            }
            S::Rejected | S::Expired | S::Cancelled => {}
            _ => return Turn::Wait { at },
        }
    }
    if let Some(at) = parts.iter().position(|(state, _)| matches!(state, S::Verified | S::Sending)) {
        return Turn::Wait { at };
    }
    let all = |wanted: &[S]| parts.iter().all(|(state, _)| wanted.contains(state));
    Turn::Over(if all(&[S::Finished]) {
        S::Finished
    } else if all(&[S::Rejected]) {
        S::Rejected
    } else if all(&[S::Rejected, S::Expired, S::Cancelled]) {
        S::Cancelled
    } else {
        S::FinishedWithFailures
    })
}

/// Whether of the parts after one that has ended unpaid some could be sent and none was: its owner has not said so yet.
fn nobody_went_on(later: &[(BatchState, bool)]) -> bool {
    later.iter().any(|(state, _)| *state == BatchState::Checked) && !later.iter().any(|(_, tried)| *tried)
}

impl Payouts {
    /// The parts of a batch, in their order.
    pub(super) async fn read_parts(&self, whole: &str) -> Result<Vec<BatchSummary>, Failure> {
        let mut tx = self.ctx.db.begin().await?;
        let parts = parts(&mut tx, whole).await?;
        summaries(&mut tx, parts).await
    }

    /// Splits a batch whose rows were approved to be sent, all in one transaction. Nothing is sent by this.
    pub(super) async fn split(
        &self,
        record: &mut Record,
        rows: &[PayableRow],
        size: u32,
    ) -> Result<(), Failure> {
        let now = self.ctx.now();
        let mut tx = self.ctx.write().await?;
        let chunks: Vec<_> = rows.chunks(size as usize).collect();
        for (number, chunk) in (1_u32..).zip(&chunks) {
            let (Some(first), Some(last)) = (chunk.first(), chunk.last()) else { continue };
            let id = self.ctx.surroundings.uuid().to_string();
            let count = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
            sqlx::query(
                "INSERT INTO payout_batches (id, name, state, records, header, blank, accepted, rejected, checked_at, check_ended_at, seen_in_part,
                        whole, part, execute_at, created_at, updated_at)
                 VALUES (?1, ?2, 'checked', ?3, 0, 0, ?3, 0, ?4, ?9, ?10, ?5, ?6, ?8, ?7, ?7)",
            )
            .bind(&id)
            .bind(words!(en: "{} ({number} of {})", de: "{} ({number} von {})", record.name, chunks.len()))
            .bind(count)
            .bind(record.checked_at.map(store::time))
            .bind(&record.id)
            .bind(number)
            .bind(store::time(now))
            .bind(record.execute_at.map(store::time))
            .bind(record.check_ended_at.map(store::time))
            .bind(record.seen_in_part)
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "INSERT INTO payout_coins (batch, currency, rows, amount, fee, balance, worth, worth_of, worth_currency, explorer)
                 SELECT ?1, currency, 0, '0', NULL, balance, worth, worth_of, worth_currency, explorer FROM payout_coins WHERE batch = ?2",
            )
            .bind(&id)
            .bind(&record.id)
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "UPDATE payout_rows SET batch = ?1
                 WHERE batch = ?2 AND number BETWEEN ?3 AND ?4 AND removed_at IS NULL AND status <> 'bad'",
            )
            .bind(&id)
            .bind(&record.id)
            .bind(first.number)
            .bind(last.number)
            .execute(&mut *tx)
            .await?;
            let mut part = Record::load(&mut *tx, &id).await?;
            part.recount(&mut tx).await?;
            if part.payable != count {
                return Err(stale());
            }
            let note = words!(en: "{} of “{}”.", de: "{} aus „{}“.", rows_in_words(count), record.name);
            part.note(&mut tx, now, &note).await?;
        }
        record.parts = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
        sqlx::query("UPDATE payout_batches SET parts = ? WHERE id = ?")
            .bind(record.parts)
            .bind(&record.id)
            .execute(&mut *tx)
            .await?;
        record.set_trouble(&mut *tx, None).await?;
        let note = words!(
            en: "It is sent in {} parts of at most {}.",
            de: "Sie wird in {} Teilen von höchstens {} gesendet.",
            record.parts, rows_in_words(size),
        );
        record.advance(&mut tx, BatchState::InParts, now, &note).await?;
        tx.commit().await?;
        self.ctx.announce(Changed::Payouts { batch: record.id.clone() });
        Ok(())
    }

    /// The owner wants the next part to be sent, whatever held it up.
    pub(super) async fn send_next_part(&self, record: &mut Record) -> Result<(), Failure> {
        self.next_part(record, true).await.map(drop)
    }

    /// What goes on by itself: the next part is sent once the one before was approved, as long as nothing needs the owner.
    pub(super) async fn carry_on(&self, record: &mut Record) -> Result<Next, Failure> {
        match self.next_part(record, false).await {
            Ok(next) => Ok(next),
            Err(failure) => {
                self.hold(record, &failure.message).await?;
                Ok(Next::Settled)
            }
        }
    }

    /// Boxed: sending a whole is sending a part, is sending.
    fn next_part<'a>(
        &'a self,
        record: &'a mut Record,
        asked_for: bool,
    ) -> BoxFuture<'a, Result<Next, Failure>> {
        self.take_turn(record, asked_for).boxed()
    }

    /// The caller has the right to write to the whole; whoever writes to a part never waits for the whole.
    async fn take_turn(&self, record: &mut Record, asked_for: bool) -> Result<Next, Failure> {
        let (parts, tried) = {
            let mut tx = self.ctx.db.begin().await?;
            (parts(&mut tx, &record.id).await?, tried(&mut tx, &record.id).await?)
        };
        let states: Vec<_> = parts.iter().map(|part| (part.state, tried.contains(&part.id))).collect();
        let turn = turn(&states, asked_for);
        match turn {
            Turn::Send { .. } | Turn::Ask { .. } if !asked_for && record.trouble.is_some() => {
                Ok(Next::Settled)
            }
            // Nothing is sent by itself: it goes on where it stands once the shop is not read-only any more.
            Turn::Send { .. } if !asked_for && self.ctx.may_change().is_err() => Ok(Next::Settled),
            Turn::Send { at, again } if asked_for || !again => {
                let part = &parts[at];
                if record.trouble.is_some() {
                    let mut tx = self.ctx.write().await?;
                    record.set_trouble(&mut *tx, None).await?;
                    tx.commit().await?;
                }
                let (this, id, hash) = (self.clone(), part.id.clone(), part.rows_hash.clone());
                let sent = self.ctx.to_the_end(async move { this.submit(&id, &hash).await }).await;
                self.ctx.announce(Changed::Payouts { batch: record.id.clone() });
                if let Err(failure) = sent {
                    self.hold(record, &failure.message).await?;
                    return Err(failure);
                }
                Ok(Next::Changed)
            }
            Turn::Send { at, .. } => {
                let reason = parts[at].trouble.clone().unwrap_or_default();
                let words = words!(
                    en: "Part {} was not created. {reason} Send it when you have looked at it.",
                    de: "Teil {} wurde nicht angelegt. {reason} Senden Sie ihn, wenn Sie ihn angesehen haben.",
                    at + 1,
                );
                self.hold(record, &words).await?;
                Ok(Next::Settled)
            }
            Turn::Ask { at } => {
                let words = words!(
                    en: "Part {} was not paid ({}). The parts after it wait until you say that they are still to be sent.",
                    de: "Teil {} wurde nicht gezahlt ({}). Die Teile danach warten, bis Sie sagen, dass sie noch gesendet \
                         werden sollen.",
                    at + 1,
                    if parts[at].state == BatchState::Expired {
                        said!(
                            en: "no code was given in time",
                            de: "es wurde nicht rechtzeitig ein Code gegeben",
                        )
                    } else {
                        said!(en: "rejected", de: "zurückgewiesen")
                    },
                );
                self.hold(record, &words).await?;
                Ok(Next::Settled)
            }
            Turn::Wait { .. } => Ok(Next::Same(Duration::ZERO)),
            Turn::Over(state) => {
                let before = (record.state, record.paid, record.failed);
                let mut tx = self.ctx.write().await?;
                (record.paid, record.failed) = done(&mut tx, &record.id).await?;
                sqlx::query("UPDATE payout_batches SET paid = ?, failed = ? WHERE id = ?")
                    .bind(record.paid)
                    .bind(record.failed)
                    .bind(&record.id)
                    .execute(&mut *tx)
                    .await?;
                if watch::rank(state) > watch::rank(record.state) {
                    watch::enter(&self.ctx, &mut tx, record, state).await?;
                }
                tx.commit().await?;
                // Whoever looks at what has ended is told of nothing new.
                if before != (record.state, record.paid, record.failed) {
                    self.announce(record);
                }
                Ok(Next::Settled)
            }
        }
    }

    /// Holds the parts that were not sent until their owner says more.
    async fn hold(&self, record: &mut Record, words: &str) -> Result<(), Failure> {
        if record.trouble.as_deref() == Some(words) {
            return Ok(());
        }
        let mut tx = self.ctx.write().await?;
        record.set_trouble(&mut *tx, Some(words)).await?;
        record.note(&mut tx, self.ctx.now(), words).await?;
        tx.commit().await?;
        self.ctx.announce(Changed::Payouts { batch: record.id.clone() });
        Ok(())
    }

    /// Gives up the parts that were not sent. Those that were go on.
    pub(super) async fn stop_parts(&self, id: &str) -> Result<(), Failure> {
        let _writer = self.writer(id).await;
        let now = self.ctx.now();
        let mut record = Record::load(&self.ctx.db, id).await?;
        if record.state != BatchState::InParts {
            return Err(stale());
        }
        let open = parts(&mut *self.ctx.db.acquire().await?, id).await?;
        let mut given_up = 0_u32;
        for part in open.iter().filter(|part| is_open(part.state)) {
            let _writer = self.writer(&part.id).await;
            let mut tx = self.ctx.write().await?;
            let mut part = Record::load(&mut *tx, &part.id).await?;
            if is_open(part.state) {
                part.advance(
                    &mut tx,
                    BatchState::Cancelled,
                    now,
                    said!(
                        en: "You gave it up; it was not sent.",
                        de: "Sie haben ihn aufgegeben; gesendet wurde er nicht.",
                    ),
                )
                .await?;
                tx.commit().await?;
                given_up += 1;
            }
        }
        if given_up > 0 {
            let mut tx = self.ctx.write().await?;
            let note = words!(
                one: given_up, en: "1 part was given up before being sent.",
                de: "1 Teil wurde aufgegeben, bevor er gesendet war.",
                more: en: "{given_up} parts were given up before being sent.",
                de: "{given_up} Teile wurden aufgegeben, bevor sie gesendet waren.",
            );
            record.set_trouble(&mut *tx, None).await?;
            record.note(&mut tx, now, &note).await?;
            tx.commit().await?;
        }
        self.desk.follow_now(id);
        self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
        Ok(())
    }
}

/// A row of a part was changed by hand after the whole was sent: nothing more goes on by itself.
pub(super) async fn hold_after_edit(
    tx: &mut SqliteConnection,
    record: &Record,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<(), Failure> {
    let Some(whole) = &record.whole else { return Ok(()) };
    let mut whole = Record::load(&mut *tx, whole).await?;
    let words = words!(
        en: "Rows of part {} were changed. Send it when you have looked at it.",
        de: "Zeilen von Teil {} wurden geändert. Senden Sie ihn, wenn Sie ihn angesehen haben.",
        record.part.unwrap_or_default(),
    );
    whole.set_trouble(&mut *tx, Some(&words)).await?;
    whole.note(tx, at, &words).await
}

/// How many rows of all parts were paid, and how many were not and are not going to be.
pub(super) async fn done(db: &mut SqliteConnection, whole: &str) -> Result<(u32, u32), Failure> {
    Ok(sqlx::query_as(
        "SELECT coalesce(sum(paid), 0), coalesce(sum(iif(state = 'cancelled', payable, failed)), 0) FROM payout_batches WHERE whole = ?",
    )
    .bind(whole)
    .fetch_one(db)
    .await?)
}

/// The hash of what the parts pay that are still to be sent, which the owner is shown before the next one is; `None` when there
/// are none.
pub(super) async fn hash_of_unsent(
    db: &mut SqliteConnection,
    whole: &str,
) -> Result<Option<String>, Failure> {
    let parts = parts(db, whole).await?;
    let mut unsent = parts.iter().filter(|part| is_open(part.state)).peekable();
    if unsent.peek().is_none() {
        return Ok(None);
    }
    let mut hash = FieldHash::new("paydesk parts to be sent 1");
    for part in unsent {
        hash.text(Some(&part.id));
        hash.text(Some(&part.rows_hash));
    }
    Ok(Some(hash.finish()))
}

/// The parts that were sent before, whatever came of it.
async fn tried(db: &mut SqliteConnection, whole: &str) -> Result<HashSet<String>, Failure> {
    let tried: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM payout_batches WHERE whole = ? AND EXISTS (SELECT 1 FROM payout_sent_ids WHERE batch = payout_batches.id)",
    )
    .bind(whole)
    .fetch_all(db)
    .await?;
    Ok(tried.into_iter().collect())
}

async fn parts(db: &mut SqliteConnection, whole: &str) -> Result<Vec<Record>, Failure> {
    Ok(sqlx::query_as("SELECT * FROM payout_batches WHERE whole = ? ORDER BY part")
        .bind(whole)
        .fetch_all(db)
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use BatchState::{
        Cancelled, Checked, Created, Draft, Expired, Finished, FinishedWithFailures, Rejected, Sending,
        Unknown, Verified,
    };

    #[track_caller]
    fn check(states: &[BatchState], expected: Turn) {
        let parts: Vec<_> = states.iter().map(|state| (*state, false)).collect();
        assert_eq!(turn(&parts, false), expected, "{states:?}");
    }

    #[test]
    fn the_next_part_is_sent_once_all_before_it_were_approved() {
        check(&[Checked, Checked], Turn::Send { at: 0, again: false });
        check(&[Created, Checked], Turn::Wait { at: 0 });
        check(&[Unknown, Checked], Turn::Wait { at: 0 });
        check(&[Draft, Checked], Turn::Wait { at: 0 });
        check(&[Verified, Checked, Checked], Turn::Send { at: 1, again: false });
        check(&[Finished, Sending, Checked], Turn::Send { at: 2, again: false });
        check(&[FinishedWithFailures, Checked], Turn::Send { at: 1, again: false });
        assert_eq!(turn(&[(Finished, true), (Checked, true)], false), Turn::Send { at: 1, again: true });
    }

    #[test]
    fn after_a_part_that_was_not_paid_the_owner_is_asked() {
        check(&[Expired, Checked], Turn::Ask { at: 0 });
        check(&[Finished, Rejected, Checked], Turn::Ask { at: 1 });
        assert_eq!(turn(&[(Expired, true), (Checked, false)], true), Turn::Send { at: 1, again: false });
        check(&[Cancelled, Checked], Turn::Send { at: 1, again: false });
        let went_on = [(Expired, true), (Verified, true), (Checked, false)];
        assert_eq!(turn(&went_on, false), Turn::Send { at: 2, again: false });
    }

    #[test]
    fn it_is_over_when_no_part_moves_any_more() {
        check(&[Finished, Verified], Turn::Wait { at: 1 });
        check(&[Finished, Finished], Turn::Over(Finished));
        check(&[Finished, Expired], Turn::Over(FinishedWithFailures));
        check(&[FinishedWithFailures, Finished], Turn::Over(FinishedWithFailures));
        check(&[Rejected, Rejected], Turn::Over(Rejected));
        check(&[Cancelled, Expired], Turn::Over(Cancelled));
    }
}
