//! A batch before it is sent: thinned out, corrected, thrown away.

use nowpayments::Amount;
use sqlx::SqliteConnection;

use super::{
    Payouts,
    batch::{BatchState, RowEdit, RowProblem, RowStatus},
    files::{self, unreadable},
    import::{self, AcceptedRow, Column, ProblemCode, Row, WarningCode},
    parts,
    reading::is_open,
    recipients,
    record::{Record, stale},
};
use crate::{
    addresses,
    changes::Changed,
    failure::Failure,
    language::{said, words},
    store,
};

impl Payouts {
    /// Takes rows out: those with `numbers`, or all bad ones.
    pub(super) async fn remove(&self, id: &str, numbers: Option<&[u32]>) -> Result<(), Failure> {
        let _writer = self.writer(id).await;
        let now = self.ctx.now();
        let mut tx = self.ctx.write().await?;
        let mut record = Record::load(&mut *tx, id).await?;
        not_sent(&record)?;
        let mut removed = 0;
        match numbers {
            None => {
                let done = sqlx::query("UPDATE payout_rows SET removed_at = ? WHERE batch = ? AND removed_at IS NULL AND status = 'bad'")
                    .bind(store::time(now))
                    .bind(id)
                    .execute(&mut *tx)
                    .await?;
                removed += done.rows_affected();
            }
            Some(numbers) => {
                for number in numbers {
                    let done = sqlx::query("UPDATE payout_rows SET removed_at = ? WHERE batch = ? AND number = ? AND removed_at IS NULL")
                        .bind(store::time(now))
                        .bind(id)
                        .bind(number)
                        .execute(&mut *tx)
                        .await?;
                    removed += done.rows_affected();
                }
            }
        }
        if removed == 0 {
            return Ok(());
        }
        // Two that looked alike may be one now.
        let alike: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM payout_rows WHERE batch = ? AND removed_at IS NULL AND taken_for > '')")
            .bind(id)
            .fetch_one(&mut *tx)
            .await?;
        if record.state == BatchState::Checked && alike {
            recipients::judge(&mut tx, id).await?;
        }
        record.recount(&mut tx).await?;
        let note = words!(
            one: removed, en: "1 row was removed.", de: "1 Zeile wurde entfernt.",
            more: en: "{removed} rows were removed.", de: "{removed} Zeilen wurden entfernt.",
        );
        record.note(&mut tx, now, &note).await?;
        parts::hold_after_edit(&mut tx, &record, now).await?;
        tx.commit().await?;
        self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
        Ok(())
    }

    /// Writes other values into a row, whether they are good or not. What stood in the file is kept.
    pub(super) async fn edit(&self, id: &str, number: u32, edit: &RowEdit) -> Result<(), Failure> {
        let coins = self.ctx.coins().await?;
        let _writer = self.writer(id).await;
        let now = self.ctx.now();
        let mut tx = self.ctx.write().await?;
        let mut record = Record::load(&mut *tx, id).await?;
        not_sent(&record)?;
        let before: Option<Before> = sqlx::query_as(
            "SELECT line, address, currency, network, amount, fiat_amount, fiat_currency, extra_id, description, external_id FROM payout_rows
             WHERE batch = ? AND number = ? AND removed_at IS NULL",
        )
        .bind(id)
        .bind(number)
        .fetch_optional(&mut *tx)
        .await?;
        let before = before.ok_or_else(|| Failure::not_found(said!(en: "row", de: "diese Zeile")))?;
        let fields = [
            (Column::Address, edit.address.trim()),
            (Column::Currency, edit.currency.trim()),
            (Column::Network, edit.network.trim()),
            (Column::Amount, edit.amount.trim()),
            (Column::FiatAmount, edit.fiat_amount.trim()),
            (Column::FiatCurrency, edit.fiat_currency.trim()),
            (Column::ExtraId, edit.extra_id.trim()),
            (Column::Description, edit.description.trim()),
            (Column::ExternalId, edit.external_id.trim()),
        ];
        let changes = before.changes(&fields);
        if changes.is_empty() {
            return Ok(());
        }
        let row = import::check_row(&fields, before.line, &coins).map_err(unreadable)?;
        // What stood there is certain: only what was typed just now can be meant in two ways.
        let typed = fields.iter().filter(|(column, now)| before.of(*column) != *now);
        let ambiguous = typed.into_iter().find_map(|(column, now)| match column {
            Column::Amount | Column::FiatAmount => import::ambiguous_amount(*column, now),
            _ => None,
        });
        let (row, mut problems, mut warnings) = match (row, ambiguous) {
            (Row::Accepted(_), Some(ambiguous)) => (None, vec![files::problem(&ambiguous)], Vec::new()),
            (Row::Accepted(row), None) => (Some(row.clone()), Vec::new(), files::warnings(&row)),
            (Row::Rejected(row), ambiguous) => {
                let more = ambiguous.iter().map(files::problem);
                (None, files::problems(&row).into_iter().chain(more).collect(), Vec::new())
            }
        };
        if let Some(twin) = same_external_id(&mut tx, id, number, edit.external_id.trim()).await? {
            problems.push(twin);
        }
        if let Some(row) = &row {
            warnings.extend(same_recipient(&mut tx, id, number, row).await?);
        }
        let [
            address,
            currency,
            mut network,
            mut amount,
            mut fiat_amount,
            mut fiat_currency,
            extra_id,
            description,
            external_id,
        ] = fields.map(|(_, value)| value.to_owned());
        if let Some(row) = &row {
            // The ticker says it now.
            network.clear();
            amount = row.amount.coins().map(Amount::to_string).unwrap_or_default();
            let fiat = row.amount.fiat().map(|fiat| (fiat.amount.to_string(), fiat.currency.to_owned()));
            (fiat_amount, fiat_currency) = fiat.unwrap_or_default();
        }
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        sqlx::query(
            "UPDATE payout_rows SET address = ?3, account = ?13, currency = ?4, network = ?16, amount = ?5, fiat_amount = ?14, fiat_currency = ?15, coin_amount = NULL, extra_id = ?6, description = ?7, external_id = ?8,
                    status = ?9, problems = ?10, warnings = ?11, edited_at = ?12,
                    found_problems = '[]', found_warnings = '[]', address_checked = 0, fee_estimate = NULL
             WHERE batch = ?1 AND number = ?2",
        )
        .bind(id)
        .bind(number)
        .bind(&address)
        .bind(row.as_ref().map_or(&currency, |row| &row.currency))
        .bind(amount)
        .bind(some(extra_id))
        .bind(some(description))
        .bind(some(external_id))
        .bind(if problems.is_empty() { RowStatus::Ready } else { RowStatus::Bad })
        .bind(json(&problems))
        .bind(json(&warnings))
        .bind(store::time(now))
        .bind(addresses::account(&address))
        .bind(some(fiat_amount))
        .bind(some(fiat_currency))
        .bind(some(network))
        .execute(&mut *tx)
        .await?;
        if record.state == BatchState::Checked {
            record
                .back_to_draft(
                    &mut tx,
                    now,
                    said!(
                        en: "A row was changed.",
                        de: "Eine Zeile wurde geändert.",
                    ),
                )
                .await?;
        }
        record.recount(&mut tx).await?;
        files::keep_explorers(&mut tx, id, &coins).await?;
        record
            .note(
                &mut tx,
                now,
                &words!(
                    en: "Line {} was corrected: {}.",
                    de: "Zeile {} wurde berichtigt: {}.",
                    before.line, changes.join("; "),
                ),
            )
            .await?;
        parts::hold_after_edit(&mut tx, &record, now).await?;
        tx.commit().await?;
        self.begin_check(id);
        self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
        Ok(())
    }

    pub(super) async fn delete(&self, id: &str) -> Result<(), Failure> {
        let _writer = self.writer(id).await;
        let mut tx = self.ctx.write().await?;
        let record = Record::load(&mut *tx, id).await?;
        not_sent(&record)?;
        if record.whole.is_some() {
            return Err(Failure::other(said!(
                en: "This is a part of a larger batch and cannot be discarded by itself. Nothing was changed.",
                de: "Das ist ein Teil einer größeren Zahlliste und lässt sich nicht allein verwerfen. Es wurde \
                     nichts geändert.",
            )));
        }
        let tried: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM payout_sent_ids WHERE batch = ?)")
            .bind(id)
            .fetch_one(&mut *tx)
            .await?;
        let words = match tried {
            true => said!(
                en: "It was discarded. It had been sent, and that try was given up or refused: as far as NOWPayments has \
                     shown, nothing was created.",
                de: "Sie wurde verworfen. Sie war gesendet worden, und dieser Versuch wurde aufgegeben oder abgelehnt: \
                     Soweit NOWPayments es gezeigt hat, wurde nichts angelegt.",
            ),
            false => said!(
                en: "It was discarded; it was never sent.",
                de: "Sie wurde verworfen; gesendet wurde sie nie.",
            ),
        };
        record.audit(&mut tx, self.ctx.now(), words).await?;
        sqlx::query("DELETE FROM payout_batches WHERE id = ?").bind(id).execute(&mut *tx).await?;
        tx.commit().await?;
        self.desk.forget(id);
        self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
        Ok(())
    }
}

/// A row before it is changed.
#[derive(sqlx::FromRow)]
struct Before {
    line: u32,
    address: String,
    currency: String,
    network: Option<String>,
    amount: String,
    fiat_amount: Option<String>,
    fiat_currency: Option<String>,
    extra_id: Option<String>,
    description: Option<String>,
    external_id: Option<String>,
}

impl Before {
    /// What stands in a column; empty for nothing.
    fn of(&self, column: Column) -> &str {
        let text = match column {
            Column::Address => Some(&self.address),
            Column::Currency => Some(&self.currency),
            Column::Network => self.network.as_ref(),
            Column::Amount => Some(&self.amount),
            Column::FiatAmount => self.fiat_amount.as_ref(),
            Column::FiatCurrency => self.fiat_currency.as_ref(),
            Column::ExtraId => self.extra_id.as_ref(),
            Column::Description => self.description.as_ref(),
            Column::ExternalId => self.external_id.as_ref(),
        };
        text.map_or("", String::as_str)
    }

    /// What changes, in words.
    fn changes(&self, fields: &[(Column, &str)]) -> Vec<String> {
        let change = |(column, now): &(Column, &str)| {
            let before = self.of(*column);
            (before != *now).then(|| {
                words!(
                    en: "{column} “{before}” is “{now}” now",
                    de: "{column} „{before}“ ist jetzt „{now}“",
                )
            })
        };
        fields.iter().filter_map(change).collect()
    }
}

async fn same_external_id(
    tx: &mut SqliteConnection,
    batch: &str,
    number: u32,
    external_id: &str,
) -> Result<Option<RowProblem>, Failure> {
    if external_id.is_empty() {
        return Ok(None);
    }
    let line: Option<u32> = sqlx::query_scalar(
        "SELECT line FROM payout_rows WHERE batch = ? AND number <> ? AND external_id = ? AND removed_at IS NULL LIMIT 1",
    )
    .bind(batch)
    .bind(number)
    .bind(external_id)
    .fetch_optional(tx)
    .await?;
    Ok(line.map(|line| RowProblem {
        column: Some(Column::ExternalId.to_string()),
        value: external_id.to_owned(),
        code: ProblemCode::ExternalIdDuplicate.to_string(),
        message: words!(
            en: "Line {line} has the same external id. Each payout needs one of its own, so that it cannot be paid \
                 twice.",
            de: "Zeile {line} hat dieselbe external_id. Jede Auszahlung braucht eine eigene, damit sie nicht doppelt \
                 gezahlt werden kann.",
        ),
    }))
}

async fn same_recipient(
    tx: &mut SqliteConnection,
    batch: &str,
    number: u32,
    row: &AcceptedRow,
) -> Result<Option<RowProblem>, Failure> {
    let line: Option<u32> = sqlx::query_scalar(
        "SELECT line FROM payout_rows
         WHERE batch = ? AND number <> ? AND account = ? AND currency = ? AND extra_id IS ? AND removed_at IS NULL LIMIT 1",
    )
    .bind(batch)
    .bind(number)
    .bind(addresses::account(&row.address))
    .bind(&row.currency)
    .bind(&row.extra_id)
    .fetch_optional(tx)
    .await?;
    Ok(line.map(|line| RowProblem {
        column: None,
        value: String::new(),
        code: WarningCode::Duplicate.to_string(),
        message: words!(
            en: "Line {line} pays {} to the same address, too. Both will be paid.",
            de: "Auch Zeile {line} zahlt {} an dieselbe Adresse. Beide werden gezahlt.",
            row.currency,
        ),
    }))
}

/// Only a batch that was not sent may change.
pub(super) fn not_sent(record: &Record) -> Result<(), Failure> {
    if is_open(record.state) { Ok(()) } else { Err(stale()) }
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> String {
    // Plain data of our own: it cannot fail.
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}
