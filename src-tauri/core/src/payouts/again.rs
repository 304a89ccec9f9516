//! Paying again what an ended batch has not paid: a new draft of those rows, after a fresh look.

use super::{
    Payouts,
    batch::{Batch, BatchState, RowStatus},
    files::Purpose,
    record::{Record, stale},
    report,
};
use crate::{
    failure::Failure,
    language::{said, words},
    spreadsheet,
};

impl Payouts {
    /// A new draft of the rows that a batch has not paid. One at a time, and no second one of the same batch.
    pub(super) async fn draft_of_unpaid(&self, id: &str) -> Result<Batch, Failure> {
        let _only = self.desk.again.lock().await;
        // What has failed may have been paid since: nothing is decided by an old look.
        self.look_at_all(id).await?;
        let record = Record::load(&self.ctx.db, id).await?;
        if !matches!(
            record.state,
            BatchState::FinishedWithFailures
                | BatchState::Rejected
                | BatchState::Expired
                | BatchState::Cancelled
        ) {
            return Err(stale());
        }
        if self.has_rows_never_shown(id).await? {
            return Err(Failure::other(said!(
                en: "NOWPayments created this batch with other rows than were sent, so it is not known which of them were \
                     paid. Look them up in the dashboard of NOWPayments, and import those that were not.",
                de: "NOWPayments hat diese Zahlliste mit anderen Zeilen angelegt, als gesendet wurden, darum ist nicht \
                     bekannt, welche davon gezahlt wurden. Sehen Sie im Dashboard von NOWPayments nach, und importieren \
                     Sie die, die es nicht wurden.",
            )));
        }
        // Of a part and of its whole only one.
        let again: Option<String> = sqlx::query_scalar(
            "SELECT name FROM payout_batches WHERE pays_again = ?1 OR pays_again = ?2
             OR pays_again IN (SELECT id FROM payout_batches WHERE whole = ?1) LIMIT 1",
        )
        .bind(id)
        .bind(&record.whole)
        .fetch_optional(&self.ctx.db)
        .await?;
        if let Some(name) = again {
            return Err(Failure::other(words!(
                en: "These rows are in “{name}” already, to be paid again. Look at that batch; discard it first if \
                     it is not to be sent.",
                de: "Diese Zeilen stehen schon in „{name}“, um erneut gezahlt zu werden. Sehen Sie sich jene \
                     Zahlliste an; soll sie nicht gesendet werden, verwerfen Sie sie zuerst.",
            )));
        }
        let mut table = String::new();
        spreadsheet::push_record(&mut table, &report::PAYOUT_COLUMNS.map(str::to_owned));
        let mut unpaid = 0_u32;
        let is_unpaid = |status| matches!(status, RowStatus::Ready | RowStatus::Failed | RowStatus::Rejected);
        self.each_row(id, |row, _| {
            if row.removed_at.is_none() && is_unpaid(row.status) {
                unpaid += 1;
                let fields = [
                    row.address,
                    row.currency,
                    row.amount,
                    row.fiat_amount.unwrap_or_default(),
                    row.fiat_currency.unwrap_or_default(),
                    row.extra_id.unwrap_or_default(),
                    row.description.unwrap_or_default(),
                    row.external_id.unwrap_or_default(),
                ];
                spreadsheet::push_record(&mut table, &fields);
            }
            Ok(())
        })
        .await?;
        if unpaid == 0 {
            return Err(Failure::other(said!(
                en: "Every row of this batch was paid: there is nothing to pay again.",
                de: "Jede Zeile dieser Zahlliste wurde gezahlt: Es gibt nichts erneut zu zahlen.",
            )));
        }
        self.import_rows(
            &words!(
                en: "{}, again",
                de: "{}, erneut",
                record.name,
            ),
            &table,
            Purpose::Again(id),
        )
        .await
    }

    /// Whether a batch or a part of it has come to an end in which something may have been paid, with rows that NOWPayments has
    /// never shown.
    async fn has_rows_never_shown(&self, id: &str) -> Result<bool, Failure> {
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM payout_rows JOIN payout_batches ON payout_batches.id = payout_rows.batch
                WHERE (payout_batches.id = ?1 OR whole = ?1) AND state IN ('finished', 'finished_with_failures')
                  AND removed_at IS NULL AND status = 'ready')",
        )
        .bind(id)
        .fetch_one(&self.ctx.db)
        .await?)
    }

    /// Looks at a batch at NOWPayments, or at all of its parts.
    pub(super) async fn look_at_all(&self, id: &str) -> Result<(), Failure> {
        let parts = report::with_parts(&mut *self.ctx.db.acquire().await?, id).await?;
        for part in parts.into_iter().rev() {
            self.take_up(&part).await?;
        }
        Ok(())
    }
}
