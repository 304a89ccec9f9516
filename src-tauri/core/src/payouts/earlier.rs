//! What other batches of this computer have paid of the rows of a batch, or may: judged at its check, and again when it is sent.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;

use super::{
    Payouts,
    batch::{RowProblem, RowStatus},
    check::{find_problem, rows_in_words, warn},
    record::Record,
    report,
};
use crate::{
    failure::{Failure, FailureCode},
    language::{day, said, words},
};

/// Rows of other batches that have moved money, or may have or may still: those under way or paid, those that are fixed or were
/// sent without NOWPayments having said anything of them, and those of parts that are going to be sent.
const MAY_PAY: &str = "(other.status IN ('waiting', 'processing', 'sending', 'paid')
        OR other.status = 'ready' AND batches.state IN
           ('locked', 'submitting', 'unknown', 'created', 'verified', 'sending', 'finished', 'finished_with_failures')
        OR other.status = 'ready' AND batches.whole IS NOT NULL AND batches.state IN ('draft', 'checked'))";

/// A row of another batch that pays what a row of this one does.
#[derive(sqlx::FromRow)]
struct Alike {
    number: u32,
    other: String,
    other_number: u32,
    status: RowStatus,
    /// Its batch was sent, and NOWPayments has never shown this row: what became of it is not known.
    unseen: bool,
    name: String,
    at: DateTime<Utc>,
}

impl Alike {
    /// What tells it from all others: a row that has failed and then moves on after all is found anew.
    fn mark(&self) -> String {
        let failed = if self.status == RowStatus::Failed { ":failed" } else { "" };
        format!("{}:{}{failed}", self.other, self.other_number)
    }

    fn warning(&self) -> (&'static str, String) {
        let (name, at) = (&self.name, day(self.at));
        match self.status {
            RowStatus::Paid => (
                "paid_before",
                words!(
                    en: "The same amount was paid to this address before, in “{name}” of {at}.",
                    de: "Derselbe Betrag wurde schon an diese Adresse gezahlt, in „{name}“ vom {at}.",
                ),
            ),
            _ if self.unseen => (
                "may_be_paid",
                words!(
                    en: "“{name}” of {at} was sent with the same amount to this address, and NOWPayments never showed \
                         that row: it may have been paid. Look it up in the dashboard of NOWPayments.",
                    de: "„{name}“ vom {at} wurde mit demselben Betrag an diese Adresse gesendet, und NOWPayments hat \
                         diese Zeile nie gezeigt: Sie kann gezahlt sein. Sehen Sie im Dashboard von NOWPayments nach.",
                ),
            ),
            _ => (
                "sent_before",
                words!(
                    en: "“{name}” of {at} sends the same amount to this address, and has not ended.",
                    de: "„{name}“ vom {at} sendet denselben Betrag an diese Adresse und ist nicht beendet.",
                ),
            ),
        }
    }
}

/// A row with an id of the owner's that another row has.
#[derive(sqlx::FromRow)]
struct SameId {
    number: u32,
    external_id: String,
    name: String,
    at: DateTime<Utc>,
}

/// Refuses and warns of rows that other batches have paid, or are about to; at the end of a check.
pub(super) async fn judge(tx: &mut SqliteConnection, record: &Record) -> Result<(), Failure> {
    let batch = &record.id;
    for SameId { number, external_id, name, at } in same_ids(tx, batch).await? {
        let problem = RowProblem {
            column: Some("external_id".to_owned()),
            message: words!(
                en: "A row of “{name}” of {} has the same external id and was paid or is about to be. An id stands for one \
                     payout: remove the row, or give it an id of its own.",
                de: "Eine Zeile von „{name}“ vom {} hat dieselbe external_id und wurde gezahlt oder wird es bald. \
                     Sie steht für eine Auszahlung: Entfernen Sie die Zeile, oder geben Sie ihr eine eigene.",
                day(at),
            ),
            value: external_id,
            code: "external_id_paid".to_owned(),
        };
        find_problem(tx, batch, number, &problem).await?;
    }
    for number in paid_meanwhile(tx, record).await? {
        let problem = RowProblem {
            column: None,
            value: String::new(),
            code: "paid_meanwhile".to_owned(),
            message: said!(
                en: "What this row was to pay again is paid by now, or on its way. Remove the row.",
                de: "Was diese Zeile erneut zahlen sollte, ist inzwischen gezahlt oder unterwegs. Entfernen Sie die Zeile.",
            )
            .to_owned(),
        };
        find_problem(tx, batch, number, &problem).await?;
    }
    let mut rows = BTreeMap::<u32, Vec<Alike>>::new();
    for alike in alike(tx, record).await? {
        rows.entry(alike.number).or_default().push(alike);
    }
    sqlx::query("UPDATE payout_rows SET earlier = NULL WHERE batch = ?")
        .bind(batch)
        .execute(&mut *tx)
        .await?;
    for (number, alikes) in rows {
        let marks: Vec<String> = alikes.iter().map(Alike::mark).collect();
        sqlx::query("UPDATE payout_rows SET earlier = ? WHERE batch = ? AND number = ?")
            .bind(marks.join(" "))
            .bind(batch)
            .bind(number)
            .execute(&mut *tx)
            .await?;
        // They come in order: the last is the newest.
        if let Some((code, message)) = alikes.last().map(Alike::warning) {
            warn(tx, batch, number, code, message).await?;
        }
    }
    Ok(())
}

/// What stands in the way of sending a batch that its check has not found: how many rows other batches have come to pay since.
pub(super) async fn found_since_check(tx: &mut SqliteConnection, record: &Record) -> Result<u32, Failure> {
    let seen: Vec<(u32, Option<String>)> =
        sqlx::query_as("SELECT number, earlier FROM payout_rows WHERE batch = ? AND earlier IS NOT NULL")
            .bind(&record.id)
            .fetch_all(&mut *tx)
            .await?;
    let seen: HashMap<u32, Option<String>> = seen.into_iter().collect();
    let is_new = |alike: &Alike| {
        let marks = seen.get(&alike.number).and_then(Option::as_deref).unwrap_or_default();
        let mark = alike.mark();
        !marks.split(' ').any(|known| known == mark)
    };
    let mut rows: Vec<u32> =
        alike(tx, record).await?.iter().filter(|alike| is_new(alike)).map(|alike| alike.number).collect();
    // No check leaves these to be sent.
    rows.extend(same_ids(tx, &record.id).await?.iter().map(|row| row.number));
    rows.extend(paid_meanwhile(tx, record).await?);
    rows.sort_unstable();
    rows.dedup();
    Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
}

/// Why a batch is not sent in which rows were found that others have come to pay.
pub(super) fn found_in_words(rows: u32) -> String {
    words!(
        en: "Since this batch was checked, other batches on this computer have paid or sent {} of it. Nothing was sent \
             now. It is checked again: look at the rows and their warnings before you send it.",
        de: "Seit diese Zahlliste geprüft wurde, haben andere Zahllisten auf diesem Rechner {} daraus gezahlt oder \
             gesendet. Jetzt wurde nichts gesendet. Sie wird noch einmal geprüft: Sehen Sie sich die Zeilen und ihre \
             Hinweise an, bevor Sie sie senden.",
        rows_in_words(rows),
    )
}

async fn same_ids(tx: &mut SqliteConnection, batch: &str) -> Result<Vec<SameId>, Failure> {
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT mine.number, mine.external_id, batches.name, max(batches.created_at) AS at
         FROM payout_rows AS mine
         JOIN payout_rows AS other ON other.external_id = mine.external_id AND other.batch <> mine.batch
         JOIN payout_batches AS batches ON batches.id = other.batch
         WHERE mine.batch = ? AND mine.removed_at IS NULL AND mine.status = 'ready' AND other.removed_at IS NULL
           AND {MAY_PAY}
         GROUP BY mine.number"
    )))
    .bind(batch)
    .fetch_all(&mut *tx)
    .await?)
}

/// Rows of other batches that have paid the same, are about to, or have failed and may still: same address, memo, coin and
/// amount. What the parts of one batch have in common was said when that was read.
async fn alike(tx: &mut SqliteConnection, record: &Record) -> Result<Vec<Alike>, Failure> {
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT mine.number, other.batch AS other, other.number AS other_number, other.status, batches.name, batches.created_at AS at,
                other.status = 'ready' AND batches.state IN ('finished', 'finished_with_failures') AS unseen
         FROM payout_rows AS mine
         JOIN payout_rows AS other ON other.account = mine.account AND other.currency = mine.currency AND other.amount = mine.amount
              AND other.fiat_amount IS mine.fiat_amount AND other.fiat_currency IS mine.fiat_currency
              AND other.extra_id IS mine.extra_id AND other.batch <> mine.batch
         JOIN payout_batches AS batches ON batches.id = other.batch
         WHERE mine.batch = ?1 AND mine.removed_at IS NULL AND mine.status = 'ready' AND other.removed_at IS NULL
           AND (?2 IS NULL OR batches.whole IS NOT ?2)
           AND (other.status = 'failed' OR {MAY_PAY})
         ORDER BY mine.number, batches.created_at, other.batch, other.number"
    )))
    .bind(&record.id)
    .bind(&record.whole)
    .fetch_all(&mut *tx)
    .await?)
}

/// What a row pays to whom.
#[derive(PartialEq, Eq, Hash, sqlx::FromRow)]
struct Content {
    account: Option<String>,
    currency: String,
    amount: String,
    fiat_amount: Option<String>,
    fiat_currency: Option<String>,
    extra_id: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Counted {
    #[sqlx(flatten)]
    content: Content,
    rows: u32,
    settled: u32,
}

#[derive(sqlx::FromRow)]
struct Numbered {
    #[sqlx(flatten)]
    content: Content,
    number: u32,
}

/// The rows of a batch that pays again which are not to be paid any more: of the rows that the first batch had, so many are
/// paid or on their way, there or in those that pay it again, that fewer are left.
pub(super) async fn paid_meanwhile(tx: &mut SqliteConnection, record: &Record) -> Result<Vec<u32>, Failure> {
    let own = record.whole.as_ref().unwrap_or(&record.id);
    let origins = origins(tx, own).await?;
    let Some(first) = origins.last() else { return Ok(Vec::new()) };
    let family: Vec<String> = sqlx::query_scalar(
        "WITH RECURSIVE family (id) AS (
             SELECT ?1 UNION SELECT payout_batches.id FROM payout_batches JOIN family ON pays_again = family.id OR whole = family.id
         ) SELECT id FROM family",
    )
    .bind(first)
    .fetch_all(&mut *tx)
    .await?;
    let firsts = report::with_parts(tx, first).await?;
    let mut left = HashMap::<Content, (u32, u32)>::new();
    for batch in family.iter().filter(|batch| *batch != own && **batch != record.id) {
        let counted: Vec<Counted> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "SELECT other.account, other.currency, other.amount, other.fiat_amount, other.fiat_currency, other.extra_id,
                    count(*) AS rows, count(*) FILTER (WHERE {MAY_PAY}) AS settled
             FROM payout_rows AS other JOIN payout_batches AS batches ON batches.id = other.batch
             WHERE other.batch = ? AND other.removed_at IS NULL AND other.status <> 'bad'
             GROUP BY other.account, other.currency, other.amount, other.fiat_amount, other.fiat_currency, other.extra_id"
        )))
        .bind(batch)
        .fetch_all(&mut *tx)
        .await?;
        for row in counted {
            let (all, settled) = left.entry(row.content).or_default();
            *all += if firsts.contains(batch) { row.rows } else { 0 };
            *settled += row.settled;
        }
    }
    let mine: Vec<Numbered> = sqlx::query_as(
        "SELECT number, account, currency, amount, fiat_amount, fiat_currency, extra_id FROM payout_rows
             WHERE batch = ? AND removed_at IS NULL AND status <> 'bad' ORDER BY number",
    )
    .bind(&record.id)
    .fetch_all(&mut *tx)
    .await?;
    let mut paid = Vec::new();
    for Numbered { content, number } in mine {
        // What the first batch did not have is nothing that is paid again.
        let Some((all, settled)) = left.get_mut(&content).filter(|(all, _)| *all > 0) else { continue };
        if *settled >= *all {
            paid.push(number);
        } else {
            *settled += 1;
        }
    }
    Ok(paid)
}

/// The batches that a batch pays again: the one that it was made of, the one that that one was made of, and so on.
async fn origins(tx: &mut SqliteConnection, batch: &str) -> Result<Vec<String>, Failure> {
    let (mut origins, mut at) = (Vec::new(), batch.to_owned());
    loop {
        let next: Option<Option<String>> =
            sqlx::query_scalar("SELECT pays_again FROM payout_batches WHERE id = ?")
                .bind(&at)
                .fetch_optional(&mut *tx)
                .await?;
        match next.flatten().filter(|next| !origins.contains(next)) {
            Some(next) => {
                origins.push(next.clone());
                at = next;
            }
            None => return Ok(origins),
        }
    }
}

impl Payouts {
    /// Looks at NOWPayments how the batches stand that this one pays again: what has failed there may have been paid since.
    pub(super) async fn look_at_origins(&self, record: &Record) -> Result<(), Failure> {
        let own = record.whole.as_ref().unwrap_or(&record.id);
        let origins = origins(&mut *self.ctx.db.acquire().await?, own).await?;
        for origin in origins.iter().rev() {
            self.look_at_all(origin).await?;
        }
        Ok(())
    }

    /// Before a code is given for a batch that pays again: its rows must still be unpaid.
    pub(super) async fn still_unpaid(&self, record: &Record) -> Result<(), Failure> {
        self.look_at_origins(record).await?;
        let paid = {
            let mut tx = self.ctx.db.begin().await?;
            paid_meanwhile(&mut tx, record).await?.len()
        };
        if paid == 0 {
            return Ok(());
        }
        Err(Failure::new(
            FailureCode::Stale,
            words!(
                en: "Rows that this batch pays again are paid by now, or on their way ({}). No code was given. Do not \
                     approve this batch: NOWPayments rejects it within an hour, and nothing of it is paid.",
                de: "Zeilen, die diese Zahlliste erneut zahlt, sind inzwischen gezahlt oder unterwegs ({}). Es wurde \
                     kein Code gegeben. Geben Sie diese Zahlliste nicht frei: NOWPayments weist sie innerhalb einer \
                     Stunde zurück, und nichts daraus wird gezahlt.",
                rows_in_words(u32::try_from(paid).unwrap_or(u32::MAX)),
            ),
        ))
    }
}
