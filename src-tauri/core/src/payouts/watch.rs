//! Looking after batches that were sent, until nothing can change any more.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use chrono::TimeDelta;
use nowpayments::{
    Amount,
    payouts::{GetPayout, Payout, PayoutBatch, PayoutStatus},
};
use sqlx::SqliteConnection;

use super::{
    Payouts,
    batch::{BatchState, CoinTotal, RowStatus},
    check::rows_in_words,
    lookup,
    reading::totals,
    record::{self, PayableRow, Record},
};
use crate::{
    changes::Changed,
    failure::Failure,
    language::{Language, decimal, said, words},
    notifications::{self, Notification, Subject},
    second_factor::provider_now,
    shops::ShopContext,
    store,
};

/// A batch with failed rows may still be paid: for so long it is looked at,
const FAILED_MAY_BE_PAID: TimeDelta = TimeDelta::days(7);
/// this often.
const FAILED_RHYTHM: Duration = Duration::from_secs(10 * 60);
/// A batch whose time has not come is looked at this often.
const SCHEDULED_RHYTHM: Duration = Duration::from_secs(10 * 60);
/// The next run of a series is looked for this often.
const NEXT_RUN_RHYTHM: Duration = Duration::from_secs(10 * 60);
/// An unknown batch is looked for ever more rarely, down to this.
const UNKNOWN_RHYTHM: Duration = Duration::from_secs(60);
/// The provider's clock is read from a header with whole seconds, and its own work takes a while.
const DEADLINE_SLACK: TimeDelta = TimeDelta::seconds(60);

/// What has become of a batch after it was looked at.
pub(super) enum Next {
    /// Nothing more can happen.
    Settled,
    /// Something has changed.
    Changed,
    /// Nothing has; it is not looked at before.
    Same(Duration),
}

impl Payouts {
    /// Runs as long as the shop is open.
    pub(super) async fn watch(&self) {
        let open: Result<Vec<(String, BatchState)>, _> = sqlx::query_as(
            "SELECT id, state FROM payout_batches
             WHERE state NOT IN ('checked', 'finished', 'rejected', 'expired', 'cancelled')
               AND (state <> 'finished_with_failures' OR updated_at > ?)
                OR state IN ('finished', 'finished_with_failures') AND repeat_interval IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM payout_batches AS next WHERE next.repeats = payout_batches.id)",
        )
        .bind(store::time(self.ctx.now() - FAILED_MAY_BE_PAID))
        .fetch_all(&self.ctx.db)
        .await;
        match open {
            Ok(open) => {
                for (id, state) in open {
                    match state {
                        BatchState::Draft => self.begin_check(&id),
                        _ => self.desk.follow_now(&id),
                    }
                }
            }
            Err(error) => tracing::error!(%error, "the open batches cannot be read"),
        }
        loop {
            match self.desk.next() {
                Some((at, _)) => {
                    let _ = tokio::time::timeout_at(at, self.desk.wake.notified()).await;
                }
                None => self.desk.wake.notified().await,
            }
            while let Some((_, id)) = self.desk.next().filter(|(at, _)| *at <= tokio::time::Instant::now()) {
                let Some(_writer) = self.desk.writer_now(&id) else {
                    self.desk.later(&id, Duration::ZERO);
                    continue;
                };
                match self.take_up_as_writer(&id).await {
                    Ok(Next::Settled) => self.desk.leave(&id),
                    Ok(Next::Changed) => self.desk.follow(&id),
                    Ok(Next::Same(at_least)) => self.desk.later(&id, at_least),
                    Err(failure) => {
                        tracing::info!(batch = id, %failure, "a batch could not be looked at");
                        self.desk.later(&id, Duration::from_secs(10));
                    }
                }
            }
        }
    }

    /// Finds out how a batch stands, whatever state it was left in.
    pub(super) async fn take_up(&self, id: &str) -> Result<(), Failure> {
        let _writer = self.writer(id).await;
        self.take_up_as_writer(id).await.map(drop)
    }

    /// The same for whoever has the right to write.
    pub(super) async fn take_up_as_writer(&self, id: &str) -> Result<Next, Failure> {
        let mut record = Record::load(&self.ctx.db, id).await?;
        let now = self.ctx.now();
        // Whoever holds the right to write and finds a batch in the middle of being sent comes after a crash.
        match record.state {
            BatchState::Locked => {
                let mut tx = self.ctx.write().await?;
                let note = said!(
                    en: "Paydesk ended before this batch was sent. Nothing was sent; it can be sent again.",
                    de: "Paydesk wurde beendet, bevor diese Zahlliste gesendet wurde. Es wurde nichts gesendet; \
                         sie kann wieder gesendet werden.",
                );
                record.unsend(&mut tx, now, note).await?;
                tx.commit().await?;
                self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
            }
            BatchState::Submitting => {
                let mut tx = self.ctx.write().await?;
                let note = said!(
                    en: "Paydesk ended while this batch was being created. It is not known whether it was.",
                    de: "Paydesk wurde beendet, während diese Zahlliste angelegt wurde. Es ist nicht bekannt, ob \
                         sie angelegt wurde.",
                );
                record.lose_sight(&mut tx, now, note).await?;
                tx.commit().await?;
                self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
            }
            _ => {}
        }
        match record.state {
            BatchState::Unknown => {
                let rows = record::payable(&self.ctx.db, id).await?;
                let before = (record.looks, record.trouble.clone());
                self.look_for(&mut record, &rows).await?;
                if record.state != BatchState::Unknown || before != (record.looks, record.trouble.clone()) {
                    self.announce(&record);
                }
                Ok(match record.state {
                    BatchState::Unknown => {
                        // 2, 4, 8, … seconds.
                        Next::Same(Duration::from_secs(1 << record.looks.clamp(1, 6)).min(UNKNOWN_RHYTHM))
                    }
                    _ => Next::Changed,
                })
            }
            // The whole of a batch in parts: it follows its parts, to its end and after it.
            _ if record.parts > 0 => self.carry_on(&mut record).await,
            BatchState::Created
            | BatchState::Verified
            | BatchState::Sending
            | BatchState::FinishedWithFailures => self.refresh(&mut record).await,
            BatchState::Finished => Ok(match self.find_next_run(&record).await? {
                true => Next::Same(NEXT_RUN_RHYTHM),
                false => Next::Settled,
            }),
            _ => Ok(Next::Settled),
        }
    }

    /// Tells that a batch has changed, and that there may be something to tell its owner.
    pub(super) fn announce(&self, record: &Record) {
        if let Some(whole) = &record.whole {
            self.desk.follow_now(whole);
        }
        self.ctx.announce(Changed::Payouts { batch: record.id.clone() });
        if rank(record.state) >= rank(BatchState::FinishedWithFailures) {
            self.ctx.announce(Changed::Notifications);
        }
    }

    /// Reads a created batch again, and writes what has changed.
    pub(super) async fn refresh_now(&self, record: &mut Record) -> Result<(), Failure> {
        self.refresh(record).await.map(drop)
    }

    async fn refresh(&self, record: &mut Record) -> Result<Next, Failure> {
        let Some(id) = record.provider_id.as_deref().and_then(|id| id.parse().ok()) else {
            return Err(Failure::other(said!(
                en: "This batch has no number of NOWPayments.",
                de: "Diese Zahlliste hat keine Nummer von NOWPayments.",
            )));
        };
        let batch = self
            .ctx
            .client
            .send(&GetPayout { id })
            .await
            .inspect_err(|error| self.desk.wait_as_asked(&record.id, error))?;
        let rows = record::payable(&self.ctx.db, &record.id).await?;
        let mut tx = self.ctx.write().await?;
        let changed = absorb(&self.ctx, &mut tx, record, &rows, &batch).await?;
        // Nobody else can write before this has ended, not even what follows.
        tx.commit().await?;
        if changed {
            self.announce(record);
        }
        let may_be_followed = self.find_next_run(record).await?;
        Ok(match record.state {
            BatchState::Created | BatchState::Verified | BatchState::Sending if changed => Next::Changed,
            BatchState::Verified if record.waits_until(provider_now(&self.ctx)).is_some() => {
                let left = record.execute_at.unwrap_or_default() - provider_now(&self.ctx);
                Next::Same(left.to_std().unwrap_or_default().min(SCHEDULED_RHYTHM))
            }
            BatchState::Created | BatchState::Verified | BatchState::Sending => Next::Same(Duration::ZERO),
            BatchState::FinishedWithFailures
                if record.updated_at > self.ctx.now() - FAILED_MAY_BE_PAID && may_still_be_paid(&batch) =>
            {
                Next::Same(FAILED_RHYTHM)
            }
            _ if may_be_followed => Next::Same(NEXT_RUN_RHYTHM),
            _ => Next::Settled,
        })
    }
}

fn may_still_be_paid(batch: &PayoutBatch) -> bool {
    batch.withdrawals.iter().any(|payout| !payout.status.is_final())
}

/// Writes what the provider says of a batch: its rows, and the state that follows from them. Whether anything has changed.
pub(super) async fn absorb(
    ctx: &ShopContext,
    tx: &mut SqliteConnection,
    record: &mut Record,
    rows: &[PayableRow],
    batch: &PayoutBatch,
) -> Result<bool, Failure> {
    let now = ctx.now();
    let payouts: Vec<&Payout> = batch.withdrawals.iter().collect();
    let exact = lookup::pair(rows, &payouts)?;
    let mut changed = false;
    // What was shown to be approved.
    let shown = record
        .approval
        .clone()
        .filter(|_| record.state == BatchState::Created && record.execute_at.is_none());
    let told = match (&shown, &exact) {
        (Some(_), Some(pairs)) => dearer(rows, pairs, &payouts)?,
        _ => None,
    };
    let mut other_coins = false;
    // A batch is approved only as exactly ours. Once it is known to be, an answer that leaves something out changes nothing.
    if record.state == BatchState::Created && record.approval.is_none() {
        if exact.is_none() {
            let words = said!(
                each: en: "NOWPayments created this batch with other rows than were sent. Do not approve it. \
                           NOWPayments rejects it by itself within an hour; nothing is paid until then.",
                de: "NOWPayments hat diese Zahlliste mit anderen Zeilen angelegt, als gesendet wurden. Geben Sie sie \
                     nicht frei. NOWPayments weist sie innerhalb einer Stunde von selbst zurück; bis dahin wird \
                     nichts gezahlt.",
            );
            // It is said once, whatever language was spoken then.
            if record.trouble.as_deref().is_none_or(|said| !words.contains(&said)) {
                let trouble = words[Language::spoken() as usize];
                record.set_trouble(&mut *tx, Some(trouble)).await?;
                record.note(tx, now, trouble).await?;
                changed = true;
            }
        } else {
            let approval = ctx.surroundings.uuid().to_string();
            sqlx::query("UPDATE payout_batches SET approval = ? WHERE id = ?")
                .bind(&approval)
                .bind(&record.id)
                .execute(&mut *tx)
                .await?;
            record.approval = Some(approval);
            record.dearer = dearer(rows, exact.as_deref().unwrap_or_default(), &payouts)?;
            sqlx::query("UPDATE payout_batches SET dearer = ? WHERE id = ?")
                .bind(record.dearer.as_deref())
                .bind(&record.id)
                .execute(&mut *tx)
                .await?;
            record.set_trouble(&mut *tx, None).await?;
            changed = true;
        }
    }
    let pairs: Vec<Option<&Payout>> = match exact {
        Some(pairs) => pairs.into_iter().map(|index| Some(payouts[index])).collect(),
        None => {
            let by_id: HashMap<_, _> = payouts.iter().map(|payout| (payout.id.as_str(), *payout)).collect();
            rows.iter().map(|row| row.provider_id.as_deref().and_then(|id| by_id.get(id).copied())).collect()
        }
    };

    let mut moves = Vec::with_capacity(rows.len());
    for (row, payout) in rows.iter().zip(pairs) {
        let before = row.provider_status.as_deref().map(PayoutStatus::from);
        let status = payout.map(|payout| &payout.status);
        let after = match (&before, status) {
            (Some(before), Some(status)) if status.may_follow(before) => Some(status.clone()),
            (None, Some(status)) => Some(status.clone()),
            (before, _) => before.clone(),
        };
        moves.push((row, payout, before, after));
    }
    let statuses: Option<Vec<_>> =
        moves.iter().map(|(_, _, before, after)| Some((before.clone(), after.clone()?))).collect();
    let over = record.attempts_left == 0
        || record.expires_at.is_some_and(|deadline| provider_now(ctx) >= deadline - DEADLINE_SLACK);
    // A batch that is not exactly ours is shown by none of our rows: it ends with what NOWPayments says of its own.
    let state = match statuses {
        Some(statuses) => standing(record.state, &statuses, over),
        None => standing(
            record.state,
            &payouts.iter().map(|payout| (None, payout.status.clone())).collect::<Vec<_>>(),
            over,
        ),
    };
    let approved = !matches!(state, BatchState::Created | BatchState::Expired);
    for (row, payout, _, after) in &moves {
        let Some(after) = after else { continue };
        let status = row_status(after, approved);
        let payout = payout.filter(|payout| payout.status == *after);
        let keep = |new: Option<String>, old: &Option<String>| new.or_else(|| old.clone());
        let own = (
            row.provider_id.clone(),
            row.hash.clone(),
            row.fee.clone(),
            row.error.clone(),
            row.coin_amount.clone(),
        );
        let bought = payout.filter(|_| row.fiat_amount.is_some()).map(|payout| payout.amount.to_string());
        let new = (
            keep(payout.map(|payout| payout.id.to_string()), &row.provider_id),
            keep(payout.and_then(|payout| payout.hash.clone()), &row.hash),
            keep(payout.and_then(|payout| Some(payout.fee.as_ref()?.to_string())), &row.fee),
            // What went wrong is over when a later answer does not say so any more.
            payout.map_or_else(|| row.error.clone(), |payout| payout.error.clone()),
            keep(bought, &row.coin_amount),
        );
        if status == row.status && row.provider_status.as_deref() == Some(after.as_str()) && own == new {
            continue;
        }
        changed = true;
        other_coins |= new.4 != row.coin_amount;
        sqlx::query(
            "UPDATE payout_rows SET status = ?1, provider_status = ?2, provider_id = ?3, hash = ?4, fee = ?5, error = ?6,
                    coin_amount = ?10, paid_at = iif(?1 = 'paid', coalesce(paid_at, ?9), NULL)
             WHERE batch = ?7 AND number = ?8",
        )
        .bind(status)
        .bind(after.as_str())
        .bind(new.0)
        .bind(new.1)
        .bind(new.2)
        .bind(new.3)
        .bind(&record.id)
        .bind(row.number)
        .bind(store::time(payout.and_then(|payout| payout.updated_at).unwrap_or_else(|| provider_now(ctx))))
        .bind(new.4)
        .execute(&mut *tx)
        .await?;
    }
    if changed {
        record.recount(tx).await?;
    }
    if shown.is_some() && other_coins && state == BatchState::Created {
        // It is another approval: whoever read the one before did not read this.
        record.approval = Some(ctx.surroundings.uuid().to_string());
        record.dearer = told.or_else(|| record.dearer.take());
        sqlx::query("UPDATE payout_batches SET approval = ?, dearer = ? WHERE id = ?")
            .bind(record.approval.as_deref())
            .bind(record.dearer.as_deref())
            .bind(&record.id)
            .execute(&mut *tx)
            .await?;
    }
    if state != record.state {
        changed = true;
        enter(ctx, tx, record, state).await?;
    }
    Ok(changed)
}

/// What to say where NOWPayments takes more coins for sums of money than they were at the check, by a twentieth or more.
fn dearer(rows: &[PayableRow], pairs: &[usize], payouts: &[&Payout]) -> Result<Option<String>, Failure> {
    let mut coins = BTreeMap::<&str, (Amount, Amount)>::new();
    for (row, index) in rows.iter().zip(pairs).filter(|(row, _)| row.fiat_amount.is_some()) {
        let (about, exact) = coins.entry(&row.currency).or_default();
        *about += &row.in_coins()?.unwrap_or_default();
        *exact += &payouts[*index].amount;
    }
    let words = coins.into_iter().filter(|(_, (about, exact))| exact.as_decimal() * 20 > about.as_decimal() * 21).map(
        |(coin, (about, exact))| {
            let coin = coin.to_ascii_uppercase();
            words!(
                en: "NOWPayments takes {exact} {coin} for the sums of money, which were about {about} {coin} at the \
                     check. Approve this batch only if that is right.",
                de: "NOWPayments nimmt {exact} {coin} für die Geldbeträge, die bei der Prüfung etwa {about} {coin} \
                     waren. Geben Sie diese Zahlliste nur frei, wenn das richtig ist.",
                exact = decimal(&exact),
                about = decimal(&about),
            )
        },
    );
    Ok(Some(words.collect::<Vec<_>>().join(" ")).filter(|words| !words.is_empty()))
}

/// Goes to a state that the provider's answer shows, and decides what the owner is told.
pub(super) async fn enter(
    ctx: &ShopContext,
    tx: &mut SqliteConnection,
    record: &mut Record,
    state: BatchState,
) -> Result<(), Failure> {
    let now = ctx.now();
    let paid = words!(en: "{} of {}", de: "{} von {}", record.paid, rows_in_words(record.payable));
    let (note, trouble) = match state {
        BatchState::Verified => {
            match record.schedule().filter(|_| record.waits_until(provider_now(ctx)).is_some()) {
                Some(schedule) => (
                    words!(
                        en: "Approved; NOWPayments pays on {}.",
                        de: "Freigegeben; NOWPayments zahlt: {}.",
                        schedule.in_words(),
                    ),
                    None,
                ),
                None => (
                    said!(
                        en: "Approved; NOWPayments pays.",
                        de: "Freigegeben; NOWPayments zahlt.",
                    )
                    .to_owned(),
                    None,
                ),
            }
        }
        BatchState::Sending => (
            said!(
                en: "The first payouts are on their way.",
                de: "Die ersten Auszahlungen sind unterwegs.",
            )
            .to_owned(),
            None,
        ),
        BatchState::Finished => (
            said!(
                en: "Every row was paid.",
                de: "Jede Zeile wurde gezahlt.",
            )
            .to_owned(),
            None,
        ),
        BatchState::FinishedWithFailures => {
            let words = words!(
                en: "{paid} were paid, {} not. NOWPayments may still pay what failed: do not pay those rows again \
                     without asking its support.",
                de: "{paid} gezahlt, {} nicht. Was gescheitert ist, kann NOWPayments noch zahlen: Zahlen Sie diese \
                     Zeilen nicht erneut, ohne den Support dort zu fragen.",
                record.failed,
            );
            (words.clone(), Some(words))
        }
        BatchState::Rejected => {
            let words = said!(
                en: "NOWPayments rejected this batch. Nothing was paid.",
                de: "NOWPayments hat diese Zahlliste zurückgewiesen. Es wurde nichts gezahlt.",
            )
            .to_owned();
            (words.clone(), Some(words))
        }
        BatchState::Expired => {
            let words = said!(
                en: "No right code was given in time, so NOWPayments rejected this batch. Nothing was paid. To pay \
                     these rows, import them again.",
                de: "Es wurde nicht rechtzeitig ein richtiger Code gegeben, darum hat NOWPayments diese Zahlliste \
                     zurückgewiesen. Es wurde nichts gezahlt. Um diese Zeilen zu zahlen, importieren Sie sie neu.",
            ).to_owned();
            (words.clone(), Some(words))
        }
        BatchState::Cancelled => (
            said!(
                en: "It was cancelled at NOWPayments. Nothing was paid.",
                de: "Sie wurde bei NOWPayments abgebrochen. Es wurde nichts gezahlt.",
            )
            .to_owned(),
            None,
        ),
        other => (format!("{other:?}"), None),
    };
    // That the rows are not ours stays true whatever becomes of them.
    let trouble = trouble.or_else(|| record.trouble.clone().filter(|_| record.approval.is_none()));
    record.set_trouble(&mut *tx, trouble.as_deref()).await?;
    record.advance(tx, state, now, &note).await?;
    record.updated_at = now;
    // Of many parts each that goes well would be told.
    if record.whole.is_some() && state == BatchState::Finished {
        return Ok(());
    }
    let totals = totals(&mut *tx, &record.id).await?;
    if let Some((title, body)) = told(record, state, &totals) {
        let notification = Notification {
            key: format!("batch:{}:{}", record.id, state_name(state)),
            title,
            body,
            subject: Some(Subject::Batch { id: record.id.clone() }),
            at: now,
        };
        notifications::decide(tx, &notification).await?;
    }
    Ok(())
}

/// What the owner is told when a batch has come to an end.
fn told(record: &Record, state: BatchState, totals: &[CoinTotal]) -> Option<(String, String)> {
    let sums: Vec<_> = totals.iter().map(CoinTotal::in_words).collect();
    let (sums, name, rows) = (sums.join(", "), &record.name, rows_in_words(record.payable));
    Some(match state {
        BatchState::Finished => {
            let all = if record.payable == 1 {
                said!(en: "1 row was paid", de: "1 Zeile wurde gezahlt").to_owned()
            } else {
                words!(en: "All {rows} were paid", de: "Alle {rows} wurden gezahlt")
            };
            (words!(en: "Paid: {name}", de: "Gezahlt: {name}"), format!("{all}: {sums}."))
        }
        BatchState::FinishedWithFailures => (
            words!(en: "Not all was paid: {name}", de: "Nicht alles gezahlt: {name}"),
            words!(
                en: "{} of {rows} were paid, {} not. The batch was {sums}.",
                de: "{} von {rows} gezahlt, {} nicht. Die Zahlliste: {sums}.",
                record.paid, record.failed,
            ),
        ),
        BatchState::Rejected => (
            words!(en: "Rejected: {name}", de: "Zurückgewiesen: {name}"),
            words!(
                en: "NOWPayments rejected this batch of {rows} ({sums}). Nothing was paid.",
                de: "NOWPayments hat diese Zahlliste mit {rows} ({sums}) zurückgewiesen. Es wurde nichts gezahlt.",
            ),
        ),
        BatchState::Expired => (
            words!(en: "Expired: {name}", de: "Abgelaufen: {name}"),
            words!(
                en: "No right code was given in time for {rows} ({sums}). Nothing was paid.",
                de: "Für {rows} ({sums}) wurde nicht rechtzeitig ein richtiger Code gegeben. Es wurde nichts gezahlt.",
            ),
        ),
        _ => return None,
    })
}

fn state_name(state: BatchState) -> String {
    serde_json::to_value(state).ok().and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default()
}

/// Where a batch stands, by what the provider said of its rows before and says now. It only moves forward.
fn standing(state: BatchState, rows: &[(Option<PayoutStatus>, PayoutStatus)], over: bool) -> BatchState {
    use PayoutStatus::{
        Cancelled, Creating, Failed, Finished, Processing, Rejected, RejectedNotChecked, Sending, Waiting,
    };
    let all = |test: fn(&PayoutStatus) -> bool| rows.iter().all(|(_, now)| test(now));
    let any = |test: fn(&PayoutStatus) -> bool| rows.iter().any(|(_, now)| test(now));
    // Some answers show `WAITING` from the beginning: it tells of an approval only where `CREATING` was seen before.
    let released = rows.iter().any(|(before, now)| {
        matches!(now, Processing | Sending | Finished | Failed)
            || (*now == Waiting && *before == Some(Creating))
    });
    let next = if rows.is_empty() {
        state
    } else if all(|now| *now == Finished) {
        BatchState::Finished
    } else if all(|now| now.is_final() || matches!(now, Failed | RejectedNotChecked)) {
        if any(|now| matches!(now, Finished | Failed | RejectedNotChecked)) {
            BatchState::FinishedWithFailures
        } else if all(|now| *now == Cancelled) {
            BatchState::Cancelled
        } else if state == BatchState::Created && over && all(|now| *now == Rejected) {
            BatchState::Expired
        } else {
            BatchState::Rejected
        }
    } else if any(|now| matches!(now, Sending | Finished)) {
        BatchState::Sending
    } else if released {
        BatchState::Verified
    } else {
        state
    };
    if rank(next) > rank(state) { next } else { state }
}

pub(super) fn rank(state: BatchState) -> u8 {
    match state {
        BatchState::Verified => 1,
        BatchState::Sending => 2,
        BatchState::FinishedWithFailures => 3,
        BatchState::Finished | BatchState::Rejected | BatchState::Expired | BatchState::Cancelled => 4,
        _ => 0,
    }
}

fn row_status(status: &PayoutStatus, approved: bool) -> RowStatus {
    match status {
        PayoutStatus::New | PayoutStatus::Creating | PayoutStatus::Waiting | PayoutStatus::Other(_)
            if !approved =>
        {
            RowStatus::Waiting
        }
        PayoutStatus::New
        | PayoutStatus::Creating
        | PayoutStatus::Waiting
        | PayoutStatus::Processing
        | PayoutStatus::Other(_) => RowStatus::Processing,
        PayoutStatus::Sending => RowStatus::Sending,
        PayoutStatus::Finished => RowStatus::Paid,
        PayoutStatus::Failed | PayoutStatus::RejectedNotChecked => RowStatus::Failed,
        PayoutStatus::Rejected | PayoutStatus::Cancelled => RowStatus::Rejected,
    }
}

/// Marks a batch as approved by a code that was accepted.
pub(super) async fn approved(
    ctx: &ShopContext,
    tx: &mut SqliteConnection,
    record: &mut Record,
) -> Result<(), Failure> {
    sqlx::query("UPDATE payout_rows SET status = 'processing' WHERE batch = ? AND status = 'waiting'")
        .bind(&record.id)
        .execute(&mut *tx)
        .await?;
    sqlx::query("UPDATE payout_batches SET updated_at = ? WHERE id = ?")
        .bind(store::time(ctx.now()))
        .bind(&record.id)
        .execute(&mut *tx)
        .await?;
    enter(ctx, tx, record, BatchState::Verified).await
}

#[cfg(test)]
mod tests {
    use super::{super::record::tests::fiat_row, *};
    use BatchState::{
        Cancelled, Created, Expired, Finished, FinishedWithFailures, Rejected, Sending, Verified,
    };

    /// Rows as `before>now`, or `now` alone.
    #[track_caller]
    fn check(state: BatchState, rows: &[&str], over: bool, expected: BatchState) {
        let read: Vec<_> = rows
            .iter()
            .map(|row| match row.split_once('>') {
                Some((before, now)) => (Some(before.into()), now.into()),
                None => (None, (*row).into()),
            })
            .collect();
        assert_eq!(standing(state, &read, over), expected, "{rows:?}");
    }

    #[test]
    fn sums_that_cost_a_twentieth_more_coins_than_at_the_check_are_pointed_out() {
        let row = |number: u32, coins: &str| PayableRow {
            coin_amount: Some(coins.to_owned()),
            ..fiat_row(number, "A", "trx", "10", "eur")
        };
        let rows = [row(1, "30"), row(2, "70"), record::tests::row(3, "A", "trx", "5")];
        let payout = |amount: &str| -> Payout {
            let json = serde_json::json!({
                "id": "1", "status": "CREATING", "address": "A", "currency": "trx", "amount": amount
            });
            serde_json::from_value(json).unwrap()
        };
        let words = |amounts: [&str; 3]| {
            let payouts = amounts.map(payout);
            dearer(&rows, &[0, 1, 2], &payouts.each_ref()).unwrap()
        };
        assert_eq!(words(["33", "72", "5"]), None);
        assert_eq!(words(["20", "60", "5"]), None, "fewer coins are no harm");
        let said = words(["33", "72.1", "5"]).unwrap();
        assert!(said.contains("takes 105.1 TRX") && said.contains("about 100 TRX"), "{said}");
    }

    #[test]
    fn a_batch_waits_for_its_code_until_a_row_moves() {
        check(Created, &["CREATING", "CREATING"], false, Created);
        check(Created, &["WAITING", "WAITING"], false, Created);
        check(Created, &["WAITING>WAITING"], false, Created);
        check(Created, &["CREATING>WAITING", "CREATING>CREATING"], false, Verified);
        check(Created, &["CREATING>PROCESSING"], false, Verified);
        check(Created, &["SOMETHING_NEW"], false, Created);
    }

    #[test]
    fn it_is_sending_from_the_first_row_on_its_way_to_the_last() {
        check(Verified, &["SENDING", "PROCESSING"], false, Sending);
        check(Verified, &["FINISHED", "WAITING"], false, Sending);
        check(Sending, &["FINISHED", "FINISHED"], false, Finished);
    }

    #[test]
    fn failed_rows_end_it_but_may_still_be_paid() {
        check(Sending, &["FINISHED", "FAILED"], false, FinishedWithFailures);
        check(Verified, &["FAILED"], false, FinishedWithFailures);
        check(Sending, &["FINISHED", "REJECTED"], false, FinishedWithFailures);
        check(FinishedWithFailures, &["FINISHED", "FINISHED"], false, Finished);
        check(FinishedWithFailures, &["FINISHED", "SENDING"], false, FinishedWithFailures);
    }

    #[test]
    fn what_is_rejected_unapproved_after_its_time_has_expired() {
        check(Created, &["REJECTED", "REJECTED"], true, Expired);
        check(Created, &["REJECTED", "REJECTED"], false, Rejected);
        check(Verified, &["REJECTED"], true, Rejected);
        check(Created, &["REJECTED", "CREATING"], true, Created);
        check(Created, &["CREATING"], true, Created);
        check(Created, &["CANCELLED"], false, Cancelled);
    }

    #[test]
    fn it_never_goes_back() {
        check(Sending, &["CREATING>CREATING"], false, Sending);
        check(Finished, &["REJECTED"], false, Finished);
        check(Created, &[], false, Created);
    }
}
