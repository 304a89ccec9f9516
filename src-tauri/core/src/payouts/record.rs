//! Batches and their rows as they stand in the database, and the one way in which a batch goes from state to state.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use nowpayments::Amount;
use sqlx::{SqliteConnection, SqliteExecutor};

use super::{
    amount::{FiatAmount, PayoutAmount},
    batch::{BatchState, RowStatus},
    schedule::{Interval, Schedule},
};
use crate::{
    audit::{self, AuditArea},
    failure::{Failure, FailureCode},
    fiat,
    hashing::FieldHash,
    language::said,
    store,
};

/// A batch as it stands in the database. Times of the provider are by its clock.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) state: BatchState,
    pub(super) records: u32,
    pub(super) header: u32,
    pub(super) blank: u32,
    pub(super) accepted: u32,
    pub(super) rejected: u32,
    pub(super) payable: u32,
    pub(super) bad: u32,
    pub(super) removed: u32,
    pub(super) paid: u32,
    pub(super) failed: u32,
    pub(super) rows_hash: String,
    pub(super) checked_at: Option<DateTime<Utc>>,
    /// When the check came to its end that has found what stands here.
    pub(super) check_ended_at: Option<DateTime<Utc>>,
    /// The provider's list did not show at the check what was sent from elsewhere.
    pub(super) seen_in_part: bool,
    pub(super) submitted_at: Option<DateTime<Utc>>,
    pub(super) provider_id: Option<String>,
    pub(super) approval: Option<String>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) attempts_left: u32,
    pub(super) trouble: Option<String>,
    /// What is to be read before it is approved: more coins than at the check.
    pub(super) dearer: Option<String>,
    pub(super) looks: u32,
    pub(super) late_looks: u32,
    pub(super) control_rows: Option<u32>,
    pub(super) file_hash: Option<String>,
    pub(super) new_recipients: u32,
    /// The batch that this one is a part of, and its place in it, from 1.
    pub(super) whole: Option<String>,
    pub(super) part: Option<u32>,
    /// In how many parts it is sent; 0 when it is sent as it is.
    pub(super) parts: u32,
    pub(super) execute_at: Option<DateTime<Utc>>,
    pub(super) repeat_interval: Option<Interval>,
    pub(super) repeat_every: Option<u16>,
    pub(super) repeat_until: Option<DateTime<Utc>>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
}

/// A row that is to be paid, and what the provider said of it last.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct PayableRow {
    pub(super) number: u32,
    pub(super) address: String,
    pub(super) currency: String,
    /// Canonical text, empty where a sum of money is paid; [`Self::pays`] is what counts.
    pub(super) amount: String,
    pub(super) fiat_amount: Option<String>,
    pub(super) fiat_currency: Option<String>,
    /// What the sum of money is in coins: about, or exactly once it was created. `None` for an amount of the coin.
    pub(super) coin_amount: Option<String>,
    pub(super) extra_id: Option<String>,
    pub(super) description: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) status: RowStatus,
    pub(super) fee_estimate: Option<String>,
    pub(super) unique_external_id: Option<String>,
    pub(super) provider_id: Option<String>,
    pub(super) provider_status: Option<String>,
    pub(super) hash: Option<String>,
    pub(super) fee: Option<String>,
    pub(super) error: Option<String>,
}

impl PayableRow {
    /// What it pays, exactly.
    pub(super) fn pays(&self) -> Result<PayoutAmount, Failure> {
        let (Some(sum), Some(currency)) = (&self.fiat_amount, &self.fiat_currency) else {
            return amount(&self.amount).map(PayoutAmount::Coin);
        };
        let currency = fiat::find(currency).ok_or_else(|| damaged(currency))?;
        Ok(PayoutAmount::Fiat(FiatAmount { amount: amount(sum)?, currency }))
    }

    /// How much of its coin that is: about, where a sum of money is paid, and `None` as long as nobody has said.
    pub(super) fn in_coins(&self) -> Result<Option<Amount>, Failure> {
        match &self.fiat_amount {
            None => amount(&self.amount).map(Some),
            Some(_) => self.coin_amount.as_deref().map(amount).transpose(),
        }
    }

    /// What it pays, as text.
    pub(super) fn content(&self) -> Content<'_> {
        match (&self.fiat_amount, &self.fiat_currency) {
            (Some(sum), Some(currency)) => (sum, Some(currency)),
            _ => (&self.amount, None),
        }
    }
}

/// The amount of a coin and nothing, or a sum of money and its currency, in their canonical forms.
pub(super) type Content<'a> = (&'a str, Option<&'a str>);

/// Reads an amount that we wrote.
pub(super) fn amount(text: &str) -> Result<Amount, Failure> {
    text.parse().map_err(|_| damaged(text))
}

fn damaged(text: &str) -> Failure {
    tracing::error!(text, "an amount in the database cannot be read");
    Failure::other(said!(
        en: "Paydesk's own file on this computer is damaged: an amount in it cannot be read. Nothing was sent.",
        de: "Paydesks eigene Datei auf diesem Rechner ist beschädigt: Ein Betrag darin kann nicht gelesen \
             werden. Es wurde nichts gesendet.",
    ))
}

impl Record {
    pub(super) async fn load(db: impl SqliteExecutor<'_>, id: &str) -> Result<Self, Failure> {
        sqlx::query_as("SELECT * FROM payout_batches WHERE id = ?")
            .bind(id)
            .fetch_optional(db)
            .await?
            .ok_or_else(|| Failure::not_found(said!(en: "batch of payouts", de: "diese Zahlliste")))
    }

    /// Goes to another state, in the transaction that writes everything that belongs to it. It fails when the batch is
    /// not in the state any more in which it was loaded: whoever was first has done it.
    pub(super) async fn advance(
        &mut self,
        tx: &mut SqliteConnection,
        to: BatchState,
        at: DateTime<Utc>,
        note: &str,
    ) -> Result<(), Failure> {
        let moved =
            sqlx::query("UPDATE payout_batches SET state = ?, updated_at = ? WHERE id = ? AND state = ?")
                .bind(to)
                .bind(store::time(at))
                .bind(&self.id)
                .bind(self.state)
                .execute(&mut *tx)
                .await?;
        if moved.rows_affected() == 0 {
            return Err(stale());
        }
        self.state = to;
        self.note(tx, at, note).await
    }

    /// Writes a step that leaves the batch in its state.
    pub(super) async fn note(
        &self,
        tx: &mut SqliteConnection,
        at: DateTime<Utc>,
        note: &str,
    ) -> Result<(), Failure> {
        sqlx::query(
            "INSERT INTO payout_steps (batch, number, at, state, note)
             SELECT ?1, 1 + coalesce(max(number), 0), ?2, ?3, ?4 FROM payout_steps WHERE batch = ?1",
        )
        .bind(&self.id)
        .bind(store::time(at))
        .bind(self.state)
        .bind(note)
        .execute(&mut *tx)
        .await?;
        self.audit(tx, at, note).await
    }

    /// Writes something about the batch into the audit log.
    pub(super) async fn audit(
        &self,
        tx: &mut SqliteConnection,
        at: DateTime<Utc>,
        words: &str,
    ) -> Result<(), Failure> {
        let reference = format!("{}, rows {}", self.id, self.rows_hash);
        audit::write(tx, at, AuditArea::Payouts, &self.name, &reference, words).await
    }

    /// Says what is amiss, or that nothing is.
    pub(super) async fn set_trouble(
        &mut self,
        db: impl SqliteExecutor<'_>,
        trouble: Option<&str>,
    ) -> Result<(), Failure> {
        sqlx::query("UPDATE payout_batches SET trouble = ? WHERE id = ?")
            .bind(trouble)
            .bind(&self.id)
            .execute(db)
            .await?;
        self.trouble = trouble.map(str::to_owned);
        Ok(())
    }

    /// Counts the rows, sums them per coin and hashes them anew, after any change of rows.
    pub(super) async fn recount(&mut self, tx: &mut SqliteConnection) -> Result<(), Failure> {
        #[derive(Default)]
        struct Sum {
            rows: u32,
            amount: Amount,
            fee: Option<Amount>,
            /// The sums of money, and what they are in coins where that is known of all of them.
            fiat: BTreeMap<&'static str, (u32, Amount)>,
            fiat_in_coins: Option<Amount>,
        }
        let rows = payable(&mut *tx, &self.id).await?;
        let mut coins = BTreeMap::<&str, Sum>::new();
        let (mut paid, mut failed) = (0_u32, 0_u32);
        for row in &rows {
            let sum = coins.entry(&row.currency).or_insert_with(|| Sum {
                fee: Some(Amount::zero()),
                fiat_in_coins: Some(Amount::zero()),
                ..Sum::default()
            });
            sum.rows += 1;
            match row.pays()? {
                PayoutAmount::Coin(amount) => sum.amount += &amount,
                PayoutAmount::Fiat(fiat) => {
                    let (rows, amount) = sum.fiat.entry(fiat.currency).or_default();
                    *rows += 1;
                    *amount += &fiat.amount;
                    sum.fiat_in_coins =
                        sum.fiat_in_coins.take().zip(row.in_coins()?).map(|(sum, own)| sum + own);
                }
            }
            let own = row.fee_estimate.as_deref().map(amount).transpose()?;
            sum.fee = sum.fee.take().zip(own).map(|(fee, own)| fee + own);
            paid += u32::from(row.status == RowStatus::Paid);
            failed += u32::from(matches!(row.status, RowStatus::Failed | RowStatus::Rejected));
        }
        self.payable = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        (self.paid, self.failed) = (paid, failed);
        self.rows_hash = hash(&rows, self.schedule().as_ref())?;
        (self.bad, self.removed, self.new_recipients) = sqlx::query_as(
            "SELECT count(*) FILTER (WHERE removed_at IS NULL AND status = 'bad'), count(*) FILTER (WHERE removed_at IS NOT NULL),
                    count(DISTINCT account) FILTER (WHERE is_new AND removed_at IS NULL AND status <> 'bad')
             FROM payout_rows WHERE batch = ?",
        )
        .bind(&self.id)
        .fetch_one(&mut *tx)
        .await?;
        sqlx::query("UPDATE payout_batches SET payable = ?, bad = ?, removed = ?, new_recipients = ?, paid = ?, failed = ?, rows_hash = ? WHERE id = ?")
            .bind(self.payable)
            .bind(self.bad)
            .bind(self.removed)
            .bind(self.new_recipients)
            .bind(self.paid)
            .bind(self.failed)
            .bind(&self.rows_hash)
            .bind(&self.id)
            .execute(&mut *tx)
            .await?;
        sqlx::query("UPDATE payout_coins SET rows = 0, amount = '0', fiat_in_coins = NULL, fee = NULL WHERE batch = ?")
            .bind(&self.id)
            .execute(&mut *tx)
            .await?;
        sqlx::query("DELETE FROM payout_fiats WHERE batch = ?").bind(&self.id).execute(&mut *tx).await?;
        for (currency, sum) in coins {
            for (fiat, (rows, amount)) in &sum.fiat {
                sqlx::query(
                    "INSERT INTO payout_fiats (batch, currency, fiat, rows, amount) VALUES (?, ?, ?, ?, ?)",
                )
                .bind(&self.id)
                .bind(currency)
                .bind(fiat)
                .bind(rows)
                .bind(amount.to_string())
                .execute(&mut *tx)
                .await?;
            }
            let in_coins = sum.fiat_in_coins.filter(|_| !sum.fiat.is_empty());
            sqlx::query(
                "INSERT INTO payout_coins (batch, currency, rows, amount, fee, fiat_in_coins) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET rows = ?3, amount = ?4, fee = ?5, fiat_in_coins = ?6",
            )
            .bind(&self.id)
            .bind(currency)
            .bind(sum.rows)
            .bind(sum.amount.to_string())
            .bind(sum.fee.map(|fee| fee.to_string()))
            .bind(in_coins.map(|coins| coins.to_string()))
            .execute(&mut *tx)
            .await?;
        }
        Ok(())
    }
}

/// What the screen showed, or what this call began with, is not so any more.
pub(super) fn stale() -> Failure {
    Failure::new(
        FailureCode::Stale,
        said!(
            en: "This batch has changed since it was shown. Nothing was sent. Look at it again before you go on.",
            de: "Diese Zahlliste hat sich geändert, seit sie gezeigt wurde. Es wurde nichts gesendet. Sehen Sie sie \
                 noch einmal an, bevor Sie weitermachen.",
        ),
    )
}

/// The rows that are to be paid, in the order of the file.
pub(super) async fn payable(db: impl SqliteExecutor<'_>, batch: &str) -> Result<Vec<PayableRow>, Failure> {
    Ok(sqlx::query_as(
        "SELECT number, address, currency, amount, fiat_amount, fiat_currency, coin_amount, extra_id, description, external_id, status, fee_estimate,
                unique_external_id, provider_id, provider_status, hash, fee, error
         FROM payout_rows WHERE batch = ? AND removed_at IS NULL AND status <> 'bad' ORDER BY number",
    )
    .bind(batch)
    .fetch_all(db)
    .await?)
}

/// The rows that are to be paid of all parts that were not sent.
pub(super) async fn payable_of_parts(
    db: impl SqliteExecutor<'_>,
    whole: &str,
) -> Result<Vec<PayableRow>, Failure> {
    Ok(sqlx::query_as(
        "SELECT payout_rows.number, address, currency, amount, fiat_amount, fiat_currency, coin_amount, extra_id, description, external_id, status, fee_estimate,
                unique_external_id, payout_rows.provider_id, provider_status, hash, fee, error
         FROM payout_rows JOIN payout_batches ON payout_batches.id = payout_rows.batch
         WHERE whole = ? AND state IN ('draft', 'checked') AND removed_at IS NULL AND status <> 'bad'",
    )
    .bind(whole)
    .fetch_all(db)
    .await?)
}

/// The hash of exactly these rows in this order, and of when they are paid (SHA-256, hex): what an approval is bound to.
///
/// Amounts are in their canonical form.
pub(super) fn hash(rows: &[PayableRow], schedule: Option<&Schedule>) -> Result<String, Failure> {
    let mut hash = FieldHash::new("paydesk payout rows 1");
    for row in rows {
        hash.number(row.number);
        hash.text(Some(&row.address));
        hash.text(Some(&row.currency));
        match row.pays()? {
            PayoutAmount::Coin(amount) => hash.text(Some(&amount.to_string())),
            // No amount is a text that none has: nothing else can be taken for this.
            PayoutAmount::Fiat(fiat) => {
                hash.text(None);
                hash.text(Some(&fiat.amount.to_string()));
                hash.text(Some(fiat.currency));
            }
        }
        hash.text(row.extra_id.as_deref());
        hash.text(row.description.as_deref());
        hash.text(row.external_id.as_deref());
    }
    if let Some(schedule) = schedule {
        hash.text(Some(&format!("paid at {}", store::time(schedule.execute_at))));
        if let Some(repetition) = &schedule.repetition {
            hash.text(Some(&repetition.interval.for_hash(repetition.every)));
            hash.text(repetition.until.map(store::time).as_deref());
        }
    }
    Ok(hash.finish())
}

#[cfg(test)]
pub(super) mod tests {
    use super::{super::schedule::Repetition, *};

    pub(in super::super) fn row(number: u32, address: &str, currency: &str, amount: &str) -> PayableRow {
        PayableRow {
            number,
            address: address.to_owned(),
            currency: currency.to_owned(),
            amount: amount.to_owned(),
            fiat_amount: None,
            fiat_currency: None,
            coin_amount: None,
            extra_id: None,
            description: None,
            external_id: None,
            status: RowStatus::Ready,
            fee_estimate: None,
            unique_external_id: Some(format!("id-{number}")),
            provider_id: None,
            provider_status: None,
            hash: None,
            fee: None,
            error: None,
        }
    }

    pub(in super::super) fn fiat_row(
        number: u32,
        address: &str,
        currency: &str,
        sum: &str,
        fiat: &str,
    ) -> PayableRow {
        PayableRow {
            fiat_amount: Some(sum.to_owned()),
            fiat_currency: Some(fiat.to_owned()),
            ..row(number, address, currency, "")
        }
    }

    #[test]
    fn the_hash_changes_with_anything_that_is_paid() {
        let base = vec![row(1, "A", "trx", "1.5"), row(2, "B", "trx", "2")];
        let mut seen = vec![hash(&base, None).unwrap()];
        let changes: [fn(&mut Vec<PayableRow>); 12] = [
            |rows| rows.swap(0, 1),
            |rows| drop(rows.pop()),
            |rows| rows[0].address = "AB".to_owned(),
            |rows| (rows[0].address, rows[0].currency) = ("At".to_owned(), "rx".to_owned()),
            |rows| rows[0].amount = "1.6".to_owned(),
            |rows| rows[0] = fiat_row(1, "A", "trx", "1.5", "eur"),
            |rows| rows[0] = fiat_row(1, "A", "trx", "1.5", "usd"),
            |rows| rows[0] = fiat_row(1, "A", "trx", "1.6", "eur"),
            |rows| rows[0].extra_id = Some(String::new()),
            |rows| rows[0].description = Some(String::new()),
            |rows| rows[1].external_id = Some("7".to_owned()),
            |rows| rows[1].number = 3,
        ];
        for change in changes {
            let mut rows = base.clone();
            change(&mut rows);
            seen.push(hash(&rows, None).unwrap());
        }
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let execute_at = at("2026-12-01T09:00:00Z");
        for repetition in [
            None,
            Some(Repetition { interval: Interval::Days, every: 2, until: None }),
            Some(Repetition { interval: Interval::Weeks, every: 2, until: None }),
            Some(Repetition { interval: Interval::Days, every: 2, until: Some(at("2027-01-01T00:00:00Z")) }),
        ] {
            seen.push(hash(&base, Some(&Schedule { execute_at, repetition })).unwrap());
        }
        let all = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), all);
    }

    #[test]
    fn the_hash_does_not_depend_on_how_an_amount_is_written_nor_on_our_ids() {
        let mut other = row(1, "A", "trx", "1.50");
        other.unique_external_id = None;
        assert_eq!(hash(&[row(1, "A", "trx", "1.5")], None).unwrap(), hash(&[other], None).unwrap());
        // What a sum is in coins changes by itself.
        let fiat = fiat_row(1, "A", "trx", "5", "eur");
        let later = PayableRow { coin_amount: Some("17".to_owned()), ..fiat.clone() };
        assert_eq!(hash(&[fiat], None).unwrap(), hash(&[later], None).unwrap());
    }
}
