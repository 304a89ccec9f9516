//! Sending a batch: fixing its rows, the one call that creates it, and finding out what became of that call.

use std::collections::{BTreeMap, HashSet};

use bigdecimal::RoundingMode;
use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::{
    Amount, Outcome, PayoutBatchId,
    payouts::{CreatePayout, GetPayout, NewPayout, PayoutBatch},
};
use sqlx::SqliteConnection;

use super::{
    Payouts,
    amount::PayoutAmount,
    batch::BatchState,
    check::ticker,
    control::payouts_in_words,
    earlier,
    import::MOST_DECIMALS,
    lookup::{self, Contents, Found, Listing},
    parts,
    reading::{LOOKS_TO_RELEASE, totals},
    record::{self, PayableRow, Record, stale},
    rules::rules,
    watch::absorb,
};
use crate::{
    changes::Changed,
    failure::{Failure, FailureCode},
    language::{said, words},
    second_factor::provider_now,
    store,
};

/// NOWPayments rejects a batch by itself when no code was given within this time (api: "auto-rejected after 1 h").
const TIME_TO_APPROVE: TimeDelta = TimeDelta::hours(1);
/// So many codes may be tried (api: "10 attempts").
const CODES: u32 = 10;
/// A call whose end is not known may still be on its way; looks within this time prove nothing.
pub(super) const STILL_ON_ITS_WAY: TimeDelta = TimeDelta::seconds(60);
/// A list that goes on longer than this does not end.
pub(super) const ALL_PAGES: u32 = 10_000;

impl Payouts {
    /// Sends a batch, once. Runs to its end whatever becomes of the caller.
    pub(super) async fn submit(&self, id: &str, hash: &str) -> Result<(), Failure> {
        self.ctx.may_change()?;
        let _writer = self.writer(id).await;
        let mut record = Record::load(&self.ctx.db, id).await?;
        // The parts that are left are sent as they were shown.
        if record.state == BatchState::InParts {
            let left = parts::hash_of_unsent(&mut *self.ctx.db.acquire().await?, id).await?;
            if left.as_deref() == Some(hash) {
                return self.send_next_part(&mut record).await;
            }
        }
        if record.rows_hash != hash {
            return Err(stale());
        }
        match record.state {
            BatchState::Draft | BatchState::Checked => {}
            // Left by a failure on this computer: nobody else writes now.
            BatchState::Locked | BatchState::Submitting => return self.take_up_as_writer(id).await.map(drop),
            // A second click, or a second window: exactly these rows were sent already.
            _ => return Ok(()),
        }
        self.nothing_in_the_way(&mut *self.ctx.db.begin().await?, &record).await?;
        self.look_at_origins(&record).await?;
        let found = earlier::found_since_check(&mut *self.ctx.db.begin().await?, &record).await?;
        if found > 0 {
            return Err(self.check_before_sending(&mut record, earlier::found_in_words(found)).await?);
        }
        let rows = record::payable(&self.ctx.db, id).await?;
        if record::hash(&rows, record.schedule().as_ref())? != hash {
            return Err(stale());
        }
        if self.was_created_after_all(&mut record, &rows).await? {
            return Ok(());
        }
        let size = rules(&self.ctx.db, &self.ctx).await?.part_size;
        if record.whole.is_none() && rows.len() > size as usize {
            self.split(&mut record, &rows, size).await?;
            return self.send_next_part(&mut record).await;
        }
        // Should this come to no end, somebody looks.
        self.desk.follow(id);
        let rows = self.lock_rows(&mut record, rows, hash).await?;
        let request = request(&record, &rows)?;
        self.announce_call(&mut record).await?;
        let answer = self.ctx.client.send(&request).await;
        let result = self.conclude(&mut record, &rows, answer).await;
        self.desk.follow(id);
        self.announce(&record);
        result
    }

    /// Nothing keeps a batch from being sent.
    async fn nothing_in_the_way(&self, tx: &mut SqliteConnection, record: &Record) -> Result<(), Failure> {
        let totals = totals(&mut *tx, &record.id).await?;
        let checking = self.desk.progress(&record.id).is_some();
        let obstacles = self.obstacles(tx, record, &totals, checking).await?;
        if obstacles.is_empty() {
            return Ok(());
        }
        Err(Failure::other(words!(
            en: "This batch cannot be sent yet. {}",
            de: "Diese Zahlliste kann noch nicht gesendet werden. {}",
            obstacles.join(" "),
        )))
    }

    /// Has a batch checked again in which something was found that its check has not seen, and says so.
    async fn check_before_sending(&self, record: &mut Record, trouble: String) -> Result<Failure, Failure> {
        let mut tx = self.ctx.write().await?;
        record.back_to_draft(&mut tx, self.ctx.now(), &trouble).await?;
        tx.commit().await?;
        self.begin_check(&record.id);
        self.ctx.announce(Changed::Payouts { batch: record.id.clone() });
        Ok(Failure::new(FailureCode::Stale, trouble))
    }

    /// Before anything is sent: whether an earlier try of this batch, which was given up, turned up at NOWPayments; and
    /// whether the same rows were sent from elsewhere since the check.
    async fn was_created_after_all(&self, record: &mut Record, rows: &[PayableRow]) -> Result<bool, Failure> {
        let tries = self.earlier_tries(record).await?;
        let checked = record.checked_at.unwrap_or(record.created_at);
        let since = tries.iter().map(|earlier| earlier.at).min().map_or(checked, |at| at.min(checked));
        let looked_at = provider_now(&self.ctx);
        let listing = lookup::list(&self.ctx.client, since - STILL_ON_ITS_WAY, ALL_PAGES).await?;
        // The check has said so, and its owner sends the batch all the same.
        if tries.is_empty() && !listing.complete && !record.seen_in_part {
            let trouble = said!(
                en: "NOWPayments does not show its list of payouts whole now, so it is not certain that these rows were \
                     not sent from elsewhere since this batch was checked. Nothing was sent now. It is checked again: \
                     look at the warnings before you send it.",
                de: "NOWPayments zeigt seine Liste der Auszahlungen jetzt nicht ganz, darum ist nicht sicher, dass diese \
                     Zeilen seit der Prüfung nicht von anderswo gesendet wurden. Jetzt wurde nichts gesendet. Die \
                     Zahlliste wird noch einmal geprüft: Sehen Sie sich die Hinweise an, bevor Sie sie senden.",
            );
            return Err(self.check_before_sending(record, trouble.to_owned()).await?);
        }
        if !tries.is_empty() && !listing.complete {
            return Err(Failure::other(said!(
                en: "NOWPayments did not show its list of payouts whole, so it is not certain that an earlier \
                     try to send this batch came to nothing. Nothing was sent. Try again later.",
                de: "NOWPayments hat seine Liste der Auszahlungen nicht ganz gezeigt, darum ist nicht sicher, \
                     dass aus einem früheren Versuch, diese Zahlliste zu senden, nichts wurde. Es wurde nichts \
                     gesendet. Versuchen Sie es später noch einmal.",
            )));
        }
        let mut db = self.ctx.db.acquire().await?;
        let taken = lookup::taken(&mut db, &record.id).await?;
        for earlier in tries {
            let ids = earlier.rows.iter().filter_map(|row| row.unique_external_id.clone()).collect();
            match lookup::find(
                &earlier.rows,
                &ids,
                &taken,
                &listing,
                earlier.at,
                record.execute_at.is_some(),
            )? {
                Found::Nothing => {}
                Found::Unclear(words, _) => return Err(Failure::new(FailureCode::UnknownOutcome, words)),
                Found::Batch(found) if is_dead(&listing, &found) => {}
                Found::Batch(found) if earlier.hash == record.rows_hash => {
                    let batch = self.ctx.client.send(&GetPayout { id: found }).await?;
                    let mut tx = self.ctx.write().await?;
                    for row in &earlier.rows {
                        set_id(&mut tx, &record.id, row.number, row.unique_external_id.as_deref()).await?;
                    }
                    let note = said!(
                        en: "An earlier try to send it was created at NOWPayments after all: nothing was sent again.",
                        de: "Ein früherer Versuch, sie zu senden, wurde bei NOWPayments doch angelegt: Es wurde \
                             nichts noch einmal gesendet.",
                    );
                    self.adopt(&mut tx, record, &earlier.rows, &batch, note).await?;
                    tx.commit().await?;
                    self.desk.follow(&record.id);
                    self.announce(record);
                    return Ok(true);
                }
                Found::Batch(found) => {
                    return Err(Failure::new(
                        FailureCode::UnknownOutcome,
                        words!(
                            en: "An earlier try to send this batch, with other rows, was created at NOWPayments \
                                 after all (number {found}). Nothing was sent now. Do not approve it there: \
                                 NOWPayments rejects it within an hour, then this batch can be sent.",
                            de: "Ein früherer Versuch, diese Zahlliste zu senden, mit anderen Zeilen, wurde bei \
                                 NOWPayments doch angelegt (Nummer {found}). Jetzt wurde nichts gesendet. Geben Sie \
                                 ihn dort nicht frei: NOWPayments weist ihn innerhalb einer Stunde zurück, dann kann \
                                 diese Zahlliste gesendet werden.",
                        ),
                    ));
                }
            }
        }
        // What this look shows counts for all parts that are still to be sent.
        let all = match &record.whole {
            Some(whole) => record::payable_of_parts(&mut *db, whole).await?,
            None => Vec::new(),
        };
        let contents = Contents::of(if record.whole.is_some() { &all } else { rows });
        let mut elsewhere = 0_u32;
        for payout in
            listing.payouts.iter().filter(|payout| payout.created_at.is_some_and(|at| at >= checked))
        {
            if !lookup::is_over(&payout.status)
                && !contents.alike(payout).is_empty()
                && !lookup::is_ours(&mut *db, payout).await?
            {
                elsewhere += 1;
            }
        }
        drop(db);
        if elsewhere > 0 {
            let trouble = words!(
                en: "Since this batch was checked, {} like these appeared at NOWPayments that are not from this \
                     batch. Nothing was sent now. It is checked again: look at the warnings before you send it.",
                de: "Seit diese Zahlliste geprüft wurde, sind bei NOWPayments solche Auszahlungen erschienen, die \
                     nicht aus ihr stammen: {}. Jetzt wurde nichts gesendet. Sie wird noch einmal geprüft: Sehen Sie \
                     sich die Hinweise an, bevor Sie sie senden.",
                payouts_in_words(elsewhere),
            );
            return Err(self.check_before_sending(record, trouble).await?);
        }
        if let Some(whole) = record.whole.as_deref().filter(|_| listing.complete) {
            sqlx::query("UPDATE payout_batches SET checked_at = ? WHERE whole = ? AND state = 'checked'")
                .bind(store::time(looked_at))
                .bind(whole)
                .execute(&self.ctx.db)
                .await?;
        }
        Ok(false)
    }

    /// The tries to send this batch that were made before, with the ids that their rows had then.
    async fn earlier_tries(&self, record: &Record) -> Result<Vec<Try>, Failure> {
        let sent: Vec<(String, u32, String, DateTime<Utc>)> = sqlx::query_as(
            "SELECT unique_external_id, number, rows_hash, at FROM payout_sent_ids WHERE batch = ? ORDER BY at, number",
        )
        .bind(&record.id)
        .fetch_all(&self.ctx.db)
        .await?;
        if sent.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<PayableRow> = sqlx::query_as(
            "SELECT number, address, currency, amount, fiat_amount, fiat_currency, coin_amount, extra_id, description, external_id, status, fee_estimate,
                    unique_external_id, NULL AS provider_id, NULL AS provider_status, hash, fee, error
             FROM payout_rows WHERE batch = ?",
        )
        .bind(&record.id)
        .fetch_all(&self.ctx.db)
        .await?;
        let rows: BTreeMap<u32, PayableRow> = rows.into_iter().map(|row| (row.number, row)).collect();
        let mut tries: Vec<Try> = Vec::new();
        for (id, number, hash, at) in sent {
            let Some(row) = rows.get(&number) else { continue };
            let row = PayableRow { unique_external_id: Some(id), ..row.clone() };
            match tries.last_mut().filter(|last| last.at == at && last.hash == hash) {
                Some(last) => last.rows.push(row),
                None => tries.push(Try { hash, at, rows: vec![row] }),
            }
        }
        Ok(tries)
    }

    /// Fixes the rows and gives each an id of its own for this try.
    ///
    /// Other batches were sent while NOWPayments was asked: what speaks against sending this one is judged once more, where no
    /// other can come in between.
    async fn lock_rows(
        &self,
        record: &mut Record,
        mut rows: Vec<PayableRow>,
        hash: &str,
    ) -> Result<Vec<PayableRow>, Failure> {
        let mut tx = self.ctx.write().await?;
        let now = Record::load(&mut *tx, &record.id).await?;
        if now.rows_hash != hash || now.state != record.state {
            return Err(stale());
        }
        self.nothing_in_the_way(&mut tx, &now).await?;
        let found = earlier::found_since_check(&mut tx, &now).await?;
        if found > 0 {
            drop(tx);
            return Err(self.check_before_sending(record, earlier::found_in_words(found)).await?);
        }
        let at = store::time(provider_now(&self.ctx));
        for row in &mut rows {
            let id = self.ctx.surroundings.uuid().to_string();
            set_id(&mut tx, &record.id, row.number, Some(&id)).await?;
            sqlx::query("INSERT INTO payout_sent_ids (unique_external_id, batch, number, rows_hash, at) VALUES (?, ?, ?, ?, ?)")
                .bind(&id)
                .bind(&record.id)
                .bind(row.number)
                .bind(&record.rows_hash)
                .bind(&at)
                .execute(&mut *tx)
                .await?;
            row.unique_external_id = Some(id);
        }
        record.set_trouble(&mut *tx, None).await?;
        let fixed = record.payable;
        let note = words!(
            one: fixed, en: "1 row is fixed for sending.", de: "1 Zeile ist zum Senden festgeschrieben.",
            more: en: "{fixed} rows are fixed for sending.", de: "{fixed} Zeilen sind zum Senden festgeschrieben.",
        );
        record.advance(&mut tx, BatchState::Locked, self.ctx.now(), &note).await?;
        tx.commit().await?;
        Ok(rows)
    }

    /// Writes that the call is about to be made.
    async fn announce_call(&self, record: &mut Record) -> Result<(), Failure> {
        let mut tx = self.ctx.write().await?;
        let submitted = provider_now(&self.ctx);
        sqlx::query("UPDATE payout_batches SET submitted_at = ?, looks = 0, late_looks = 0 WHERE id = ?")
            .bind(store::time(submitted))
            .bind(&record.id)
            .execute(&mut *tx)
            .await?;
        (record.submitted_at, record.looks, record.late_looks) = (Some(submitted), 0, 0);
        record
            .advance(
                &mut tx,
                BatchState::Submitting,
                self.ctx.now(),
                said!(
                    en: "It is being created at NOWPayments.",
                    de: "Sie wird bei NOWPayments angelegt.",
                ),
            )
            .await?;
        tx.commit().await?;
        self.ctx.announce(Changed::Payouts { batch: record.id.clone() });
        Ok(())
    }

    /// Writes down what became of the call.
    async fn conclude(
        &self,
        record: &mut Record,
        rows: &[PayableRow],
        answer: Result<PayoutBatch, nowpayments::Error>,
    ) -> Result<(), Failure> {
        let now = self.ctx.now();
        let error = match answer {
            Ok(batch) => {
                let mut tx = self.ctx.write().await?;
                self.adopt(
                    &mut tx,
                    record,
                    rows,
                    &batch,
                    said!(
                        en: "Created at NOWPayments; it waits for your code.",
                        de: "Bei NOWPayments angelegt; sie wartet auf Ihren Code.",
                    ),
                )
                .await?;
                tx.commit().await?;
                return Ok(());
            }
            Err(error) => error,
        };
        if error.outcome() == Outcome::NotDone {
            let failure = Failure::from(error);
            let trouble = words!(
                en: "NOWPayments did not create this batch: {}",
                de: "NOWPayments hat diese Zahlliste nicht angelegt: {}",
                failure.message,
            );
            let mut tx = self.ctx.write().await?;
            record.unsend(&mut tx, now, &trouble).await?;
            tx.commit().await?;
            return Err(Failure { message: trouble, ..failure });
        }
        tracing::warn!(batch = record.id, %error, "the creation of a batch has an unknown end");
        let mut tx = self.ctx.write().await?;
        record
            .lose_sight(
                &mut tx,
                now,
                said!(
                    en: "The answer of NOWPayments was lost. It is not known whether the batch was created.",
                    de: "Die Antwort von NOWPayments ging verloren. Es ist nicht bekannt, ob die Zahlliste angelegt \
                         wurde.",
                ),
            )
            .await?;
        tx.commit().await?;
        // Whether this look succeeds or not, others follow.
        if let Err(failure) = self.look_for(record, rows).await {
            tracing::info!(%failure, "the first look failed");
        }
        Ok(())
    }

    /// Takes a batch of NOWPayments for ours: its numbers, its deadline, and the approval that it needs.
    async fn adopt(
        &self,
        tx: &mut SqliteConnection,
        record: &mut Record,
        rows: &[PayableRow],
        batch: &PayoutBatch,
        note: &str,
    ) -> Result<(), Failure> {
        let created = batch
            .created_at
            .or_else(|| batch.withdrawals.iter().filter_map(|payout| payout.created_at).min())
            .unwrap_or_else(|| provider_now(&self.ctx));
        record.provider_id = Some(batch.id.to_string());
        record.expires_at = Some(created + TIME_TO_APPROVE);
        record.attempts_left = CODES;
        sqlx::query("UPDATE payout_batches SET provider_id = ?, expires_at = ?, attempts_left = ?, approval = NULL WHERE id = ?")
            .bind(record.provider_id.as_deref())
            .bind(record.expires_at.map(store::time))
            .bind(record.attempts_left)
            .bind(&record.id)
            .execute(&mut *tx)
            .await?;
        record.approval = None;
        record.set_trouble(&mut *tx, None).await?;
        record.advance(tx, BatchState::Created, self.ctx.now(), note).await?;
        absorb(&self.ctx, tx, record, rows, batch).await?;
        Ok(())
    }

    /// Looks for a batch whose creation has an unknown end. A batch that is found is taken for ours.
    pub(super) async fn look_for(&self, record: &mut Record, rows: &[PayableRow]) -> Result<(), Failure> {
        let submitted = record.submitted_at.unwrap_or(record.updated_at);
        let listing = lookup::list(&self.ctx.client, submitted - STILL_ON_ITS_WAY, ALL_PAGES)
            .await
            .inspect_err(|error| self.desk.wait_as_asked(&record.id, error))?;
        let now = self.ctx.now();
        let ids: HashSet<String> = rows.iter().filter_map(|row| row.unique_external_id.clone()).collect();
        let taken = lookup::taken(&mut *self.ctx.db.acquire().await?, &record.id).await?;
        let found = lookup::find(rows, &ids, &taken, &listing, submitted, record.execute_at.is_some())?;
        let (looks, late, trouble) = match found {
            Found::Batch(id) => {
                let batch = self.ctx.client.send(&GetPayout { id }).await?;
                let mut tx = self.ctx.write().await?;
                let note = said!(
                    en: "Found at NOWPayments: it was created. It waits for your code.",
                    de: "Bei NOWPayments gefunden: Sie wurde angelegt. Sie wartet auf Ihren Code.",
                );
                self.adopt(&mut tx, record, rows, &batch, note).await?;
                tx.commit().await?;
                return Ok(());
            }
            Found::Unclear(words, candidates) => {
                self.keep_candidates(&record.id, &candidates).await?;
                (0, 0, words)
            }
            Found::Nothing if !listing.complete => (
                record.looks,
                record.late_looks,
                said!(
                    en: "It is not known whether this batch was created: NOWPayments did not show its list of \
                         payouts whole. Do not send these rows in another way.",
                    de: "Es ist nicht bekannt, ob diese Zahlliste angelegt wurde: NOWPayments hat seine Liste der \
                         Auszahlungen nicht ganz gezeigt. Senden Sie diese Zeilen nicht auf anderem Weg.",
                ).to_owned(),
            ),
            Found::Nothing => {
                let is_late = provider_now(&self.ctx) >= submitted + STILL_ON_ITS_WAY;
                let late = record.late_looks + u32::from(is_late);
                let words = if late >= LOOKS_TO_RELEASE {
                    said!(
                        en: "NOWPayments does not show this batch, so it was most likely not created. You can make \
                             it sendable again.",
                        de: "NOWPayments zeigt diese Zahlliste nicht, sie wurde also sehr wahrscheinlich nicht \
                             angelegt. Sie können sie wieder sendbar machen.",
                    )
                } else {
                    said!(
                        en: "NOWPayments does not show this batch so far. Paydesk goes on looking; do not send these \
                             rows in another way.",
                        de: "NOWPayments zeigt diese Zahlliste bisher nicht. Paydesk sucht weiter; senden Sie diese \
                             Zeilen nicht auf anderem Weg.",
                    )
                };
                (record.looks + 1, late, words.to_owned())
            }
        };
        let mut tx = self.ctx.write().await?;
        sqlx::query("UPDATE payout_batches SET looks = ?, late_looks = ?, trouble = ? WHERE id = ? AND state = 'unknown'")
            .bind(looks)
            .bind(late)
            .bind(&trouble)
            .bind(&record.id)
            .execute(&mut *tx)
            .await?;
        // The same words again and again would bury the other steps. In another language they are there once more.
        if record.trouble.as_deref() != Some(&trouble) {
            record.note(&mut tx, now, &trouble).await?;
        }
        tx.commit().await?;
        (record.looks, record.late_looks, record.trouble) = (looks, late, Some(trouble));
        Ok(())
    }

    /// Remembers which of the provider's batches an unknown one may be.
    async fn keep_candidates(&self, id: &str, candidates: &[String]) -> Result<(), Failure> {
        let mut tx = self.ctx.write().await?;
        sqlx::query("DELETE FROM payout_candidates WHERE batch = ? AND not_ours_at IS NULL")
            .bind(id)
            .execute(&mut *tx)
            .await?;
        for candidate in candidates {
            sqlx::query("INSERT INTO payout_candidates (batch, provider_id) VALUES (?, ?)")
                .bind(id)
                .bind(candidate)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// A person's word that one of the provider's batches which an unknown one may be is another. Then it is looked for without
    /// that one.
    pub(super) async fn declare_not_ours(&self, id: &str, candidate: &str) -> Result<(), Failure> {
        self.ctx.may_change()?;
        let _writer = self.writer(id).await;
        let mut record = Record::load(&self.ctx.db, id).await?;
        if record.state != BatchState::Unknown {
            return Err(stale());
        }
        let mut tx = self.ctx.write().await?;
        let said = sqlx::query(
            "UPDATE payout_candidates SET not_ours_at = ? WHERE batch = ? AND provider_id = ? AND not_ours_at IS NULL",
        )
        .bind(store::time(self.ctx.now()))
        .bind(id)
        .bind(candidate)
        .execute(&mut *tx)
        .await?;
        if said.rows_affected() == 0 {
            return Err(stale());
        }
        let note = words!(
            en: "You said that the batch {candidate} of NOWPayments is not this one.",
            de: "Sie haben gesagt, dass die Zahlliste {candidate} bei NOWPayments nicht diese ist.",
        );
        record.note(&mut tx, self.ctx.now(), &note).await?;
        tx.commit().await?;
        let rows = record::payable(&self.ctx.db, id).await?;
        let looked = self.look_for(&mut record, &rows).await;
        self.desk.follow(id);
        self.announce(&record);
        looked
    }

    /// The owner's word that an unknown batch was not created.
    pub(super) async fn give_up_unknown(&self, id: &str) -> Result<(), Failure> {
        let _writer = self.writer(id).await;
        let mut record = Record::load(&self.ctx.db, id).await?;
        if record.state != BatchState::Unknown {
            return Err(stale());
        }
        if record.late_looks < LOOKS_TO_RELEASE {
            return Err(Failure::new(
                FailureCode::UnknownOutcome,
                said!(
                    en: "It is too early to say that this batch was not created. Paydesk goes on looking; wait a \
                         minute or two.",
                    de: "Es ist zu früh, um zu sagen, dass diese Zahlliste nicht angelegt wurde. Paydesk sucht \
                         weiter; warten Sie ein oder zwei Minuten.",
                ),
            ));
        }
        let rows = record::payable(&self.ctx.db, id).await?;
        let looks = record.looks;
        self.look_for(&mut record, &rows).await?;
        self.announce(&record);
        if record.state != BatchState::Unknown {
            self.desk.follow(id);
            return Err(Failure::new(
                FailureCode::Stale,
                said!(
                    en: "NOWPayments shows this batch now: it was created. Nothing was given up.",
                    de: "NOWPayments zeigt diese Zahlliste jetzt: Sie wurde angelegt. Es wurde nichts aufgegeben.",
                ),
            ));
        }
        if record.looks <= looks {
            return Err(Failure::new(FailureCode::UnknownOutcome, record.trouble.unwrap_or_default()));
        }
        let mut tx = self.ctx.write().await?;
        record
            .unsend(
                &mut tx,
                self.ctx.now(),
                said!(
                    en: "You gave up this try: NOWPayments did not show it. The batch can be sent again.",
                    de: "Sie haben diesen Versuch aufgegeben: NOWPayments hat ihn nicht gezeigt. Die Zahlliste kann \
                         wieder gesendet werden.",
                ),
            )
            .await?;
        record.set_trouble(&mut *tx, None).await?;
        tx.commit().await?;
        self.desk.leave(id);
        self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
        Ok(())
    }
}

/// A try to send a batch.
struct Try {
    hash: String,
    at: DateTime<Utc>,
    rows: Vec<PayableRow>,
}

impl Record {
    /// Back to where it can be sent: nothing was created. The ids of this try stay on record; the next gets new ones.
    pub(super) async fn unsend(
        &mut self,
        tx: &mut SqliteConnection,
        at: DateTime<Utc>,
        trouble: &str,
    ) -> Result<(), Failure> {
        sqlx::query("UPDATE payout_rows SET unique_external_id = NULL WHERE batch = ?")
            .bind(&self.id)
            .execute(&mut *tx)
            .await?;
        self.set_trouble(&mut *tx, Some(trouble)).await?;
        self.advance(tx, BatchState::Checked, at, trouble).await
    }

    /// The call was made, and what became of it is not known.
    pub(super) async fn lose_sight(
        &mut self,
        tx: &mut SqliteConnection,
        at: DateTime<Utc>,
        trouble: &str,
    ) -> Result<(), Failure> {
        self.set_trouble(&mut *tx, Some(trouble)).await?;
        self.advance(tx, BatchState::Unknown, at, trouble).await
    }
}

fn request(record: &Record, rows: &[PayableRow]) -> Result<CreatePayout, Failure> {
    let payout = |row: &PayableRow| {
        let (amount, fiat) = match row.pays()? {
            PayoutAmount::Coin(amount) => (amount, None),
            PayoutAmount::Fiat(fiat) => (about(row.in_coins()?)?, Some(fiat)),
        };
        Ok(NewPayout {
            extra_id: row.extra_id.clone(),
            payout_description: row.description.clone(),
            unique_external_id: row.unique_external_id.clone(),
            fiat_currency: fiat.as_ref().map(|fiat| ticker(fiat.currency)).transpose()?,
            fiat_amount: fiat.map(|fiat| fiat.amount),
            ..NewPayout::new(row.address.clone(), ticker(&row.currency)?, amount)
        })
    };
    let withdrawals = rows.iter().map(payout).collect::<Result<_, Failure>>()?;
    let schedule = record.schedule().map(|schedule| schedule.in_api()).transpose()?;
    Ok(CreatePayout { schedule, withdrawals, ..CreatePayout::default() })
}

/// The amount that goes with a sum of money, which overrides it. It is required, and greater than zero: what the sum was at the
/// check, rounded up to the decimals that the API takes.
fn about(in_coins: Option<Amount>) -> Result<Amount, Failure> {
    let coins = in_coins.ok_or_else(stale)?;
    let rounded = coins.as_decimal().with_scale_round(MOST_DECIMALS as i64, RoundingMode::Up);
    rounded.try_into().map_err(|_| stale())
}

async fn set_id(
    tx: &mut SqliteConnection,
    batch: &str,
    number: u32,
    id: Option<&str>,
) -> Result<(), Failure> {
    sqlx::query("UPDATE payout_rows SET unique_external_id = ? WHERE batch = ? AND number = ?")
        .bind(id)
        .bind(batch)
        .bind(number)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

/// Whether nothing can come of a batch any more.
fn is_dead(listing: &Listing, batch: &PayoutBatchId) -> bool {
    let mut rows =
        listing.payouts.iter().filter(|payout| payout.batch_withdrawal_id.as_ref() == Some(batch)).peekable();
    rows.peek().is_some() && rows.all(|payout| lookup::is_over(&payout.status))
}
