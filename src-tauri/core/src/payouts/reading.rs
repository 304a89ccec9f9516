//! What the window sees of batches, rows and approvals.

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::Amount;
use sqlx::{FromRow, SqliteConnection, SqliteExecutor};

use super::{
    Payouts,
    batch::{
        Batch, BatchRow, BatchState, BatchSummary, CoinTotal, Control, FileCounts, Part, PendingApproval,
        RowFilter, RowPage, RowProblem, RowQuery, RowStatus, Step,
    },
    control::{control, differences},
    parts, recipients,
    record::{Record, amount},
    rules::rules,
};
use crate::{
    coins::explorers,
    failure::Failure,
    language::{day, decimal, said, words},
    second_factor::{local, provider_now},
};

/// How many complete looks, late enough, must have found nothing before the owner may give up an unknown batch.
pub(super) const LOOKS_TO_RELEASE: u32 = 2;

/// What a check has found is good for so long.
const CHECK_IS_GOOD_FOR: TimeDelta = TimeDelta::hours(1);
/// What the look before a part has shown is good for the next one for so long: an hour for the code, and some more.
const PART_IS_GOOD_FOR: TimeDelta = TimeDelta::hours(2);

impl Payouts {
    pub(super) async fn read_list(&self) -> Result<Vec<BatchSummary>, Failure> {
        let db = &self.ctx.db;
        let records: Vec<Record> =
            sqlx::query_as("SELECT * FROM payout_batches WHERE whole IS NULL ORDER BY created_at DESC, id")
                .fetch_all(db)
                .await?;
        summaries(&mut *db.acquire().await?, records).await
    }

    pub(super) async fn read(&self, id: &str) -> Result<Batch, Failure> {
        // Before the batch: a check that has ended by now has written what it found.
        let checking = self.desk.progress(id);
        let mut tx = self.ctx.db.begin().await?;
        let record = Record::load(&mut *tx, id).await?;
        let checking = checking.filter(|_| record.state == BatchState::Draft);
        let totals = totals(&mut *tx, id).await?;
        let steps =
            sqlx::query_as("SELECT at, state, note FROM payout_steps WHERE batch = ? ORDER BY number")
                .bind(id)
                .fetch_all(&mut *tx)
                .await?;
        let worth = worth(&totals);
        let rules = rules(&mut *tx, &self.ctx).await?;
        let obstacles = self.obstacles(&mut tx, &record, &totals, checking.is_some()).await?;
        let control = control(&mut *tx, &record).await?;
        let warnings = warnings(&mut tx, &record, &totals).await?;
        let summary = summary(&mut tx, record.clone(), totals.clone()).await?;
        let unsent = match record.state {
            BatchState::InParts => parts::hash_of_unsent(&mut tx, id).await?,
            _ => None,
        };
        let candidates = sqlx::query_scalar(
            "SELECT provider_id FROM payout_candidates WHERE batch = ? AND not_ours_at IS NULL ORDER BY provider_id",
        )
        .bind(id)
        .fetch_all(&mut *tx)
        .await?;
        let edited =
            sqlx::query_scalar("SELECT count(*) FROM payout_rows WHERE batch = ? AND edited_at IS NOT NULL")
                .bind(id)
                .fetch_one(&mut *tx)
                .await?;
        tx.commit().await?;
        let approval = match self.is_pending(&record) {
            true => Some(self.approval(&record, totals).await?),
            false => None,
        };
        Ok(Batch {
            file: FileCounts {
                records: record.records,
                header: record.header,
                blank: record.blank,
                accepted: record.accepted,
                rejected: record.rejected,
            },
            removed: record.removed,
            edited,
            control,
            rows_hash: unsent.unwrap_or_else(|| record.rows_hash.clone()),
            checking,
            obstacles,
            warnings,
            new_recipients: record.new_recipients,
            will_be_parts: record.payable.div_ceil(rules.part_size).max(1),
            provider_id: record.provider_id.clone(),
            approval,
            trouble: record.trouble.clone().or_else(|| self.past_its_time(&record)),
            looks: record.looks,
            schedule: self.local_schedule(&record),
            can_be_called_off: record.can_be_called_off(provider_now(&self.ctx)),
            candidates: if record.state == BatchState::Unknown { candidates } else { Vec::new() },
            may_release: record.state == BatchState::Unknown && record.late_looks >= LOOKS_TO_RELEASE,
            steps,
            worth_currency: worth.as_ref().map(|worth| worth.currency.clone()),
            worth: worth.map(|worth| worth.amount),
            summary,
        })
    }

    pub(super) async fn read_approvals(&self) -> Result<Vec<PendingApproval>, Failure> {
        let records: Vec<Record> = sqlx::query_as(
            "SELECT * FROM payout_batches WHERE state = 'created' AND approval IS NOT NULL ORDER BY expires_at",
        )
        .fetch_all(&self.ctx.db)
        .await?;
        let mut approvals = Vec::new();
        for record in records {
            if self.is_pending(&record) {
                let totals = totals(&self.ctx.db, &record.id).await?;
                approvals.push(self.approval(&record, totals).await?);
            }
        }
        Ok(approvals)
    }

    /// Whether a code can still approve a batch.
    pub(super) fn is_pending(&self, record: &Record) -> bool {
        record.state == BatchState::Created
            && record.approval.is_some()
            && record.attempts_left > 0
            && record.expires_at.is_some_and(|deadline| deadline > provider_now(&self.ctx))
    }

    /// What to say of a batch whose time for a code is over, until NOWPayments says what has become of it.
    fn past_its_time(&self, record: &Record) -> Option<String> {
        let over =
            record.state == BatchState::Created && record.approval.is_some() && !self.is_pending(record);
        over.then(|| {
            said!(
                en: "The time for a code is over: NOWPayments rejects this batch. Nothing is paid.",
                de: "Die Zeit für einen Code ist um: NOWPayments weist diese Zahlliste zurück. Es wird nichts \
                     gezahlt.",
            ).to_owned()
        })
    }

    /// The approval of a pending batch. Its times are by the clock of this computer, which counts them down.
    async fn approval(&self, record: &Record, totals: Vec<CoinTotal>) -> Result<PendingApproval, Failure> {
        let not_before = self.second_factor.not_before().await?;
        Ok(PendingApproval {
            id: record.approval.clone().unwrap_or_default(),
            batch: record.id.clone(),
            name: record.name.clone(),
            rows_hash: record.rows_hash.clone(),
            expires_at: local(&self.ctx, record.expires_at.unwrap_or_default()),
            attempts_left: record.attempts_left,
            recipients: record.payable,
            new_recipients: record.new_recipients,
            totals,
            warning: record.dearer.clone(),
            not_before: not_before.map(|at| local(&self.ctx, at)),
        })
    }

    pub(super) async fn read_rows(&self, query: RowQuery) -> Result<RowPage, Failure> {
        const FILTER: &str = "batch = ?1 AND CASE ?2
            WHEN 'all' THEN removed_at IS NULL
            WHEN 'bad' THEN removed_at IS NULL AND status = 'bad'
            WHEN 'warned' THEN removed_at IS NULL AND (warnings <> '[]' OR found_warnings <> '[]')
            WHEN 'good' THEN removed_at IS NULL AND status <> 'bad'
            WHEN 'new' THEN removed_at IS NULL AND status <> 'bad' AND is_new
            ELSE removed_at IS NULL AND status IN ('failed', 'rejected') END";
        let filter = match query.filter {
            RowFilter::All => "all",
            RowFilter::Bad => "bad",
            RowFilter::Warned => "warned",
            RowFilter::Good => "good",
            RowFilter::Failed => "failed",
            RowFilter::New => "new",
        };
        let limit = query.limit.clamp(1, 1000);
        let total = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT count(*) FROM payout_rows WHERE {FILTER}"
        )))
        .bind(&query.batch)
        .bind(filter)
        .fetch_one(&self.ctx.db)
        .await?;
        let rows: Vec<StoredRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "SELECT {ROW} FROM payout_rows WHERE {FILTER} AND number > ?3 ORDER BY number LIMIT ?4"
        )))
        .bind(&query.batch)
        .bind(filter)
        .bind(query.after.unwrap_or(0))
        .bind(limit + 1)
        .fetch_all(&self.ctx.db)
        .await?;
        let more = rows.len() > limit as usize;
        let rows: Vec<_> = rows.into_iter().take(limit as usize).map(BatchRow::from).collect();
        Ok(RowPage { next: rows.last().filter(|_| more).map(|row| row.number), rows, total })
    }

    pub(super) async fn read_explorer_page(&self, id: &str, number: u32) -> Result<String, Failure> {
        let row: Option<StoredRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "SELECT {ROW} FROM payout_rows WHERE batch = ? AND number = ?"
        )))
        .bind(id)
        .bind(number)
        .fetch_optional(&self.ctx.db)
        .await?;
        let row = BatchRow::from(row.ok_or_else(|| Failure::not_found(said!(en: "row", de: "diese Zeile")))?);
        row.explorer.ok_or_else(|| {
            Failure::other(said!(
                en: "No page is known that shows this transaction.",
                de: "Es ist keine Seite bekannt, die diese Transaktion zeigt.",
            ))
        })
    }
}

impl Record {
    /// `of` is of how many parts it is one.
    fn summary(self, totals: Vec<CoinTotal>, of: u32) -> BatchSummary {
        BatchSummary {
            id: self.id,
            name: self.name,
            state: self.state,
            payable: self.payable,
            bad: self.bad,
            paid: self.paid,
            failed: self.failed,
            totals,
            execute_at: self.execute_at,
            part: self.whole.zip(self.part).map(|(whole, number)| Part { whole, number, of }),
            parts: self.parts,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

#[derive(FromRow)]
struct StoredTotal {
    currency: String,
    rows: u32,
    amount: String,
    /// JSON.
    fiat: String,
    fiat_in_coins: Option<String>,
    fee: Option<String>,
    balance: Option<String>,
    worth: Option<String>,
    worth_of: Option<String>,
    worth_currency: Option<String>,
}

/// What a batch pays per coin.
pub(super) async fn totals(db: impl SqliteExecutor<'_>, batch: &str) -> Result<Vec<CoinTotal>, Failure> {
    let stored: Vec<StoredTotal> = sqlx::query_as(
        "SELECT currency, rows, amount, fiat_in_coins, fee, balance, worth, worth_of, worth_currency,
                (SELECT json_group_array(json_object('currency', fiat, 'rows', payout_fiats.rows, 'amount', payout_fiats.amount))
                 FROM payout_fiats
                 WHERE payout_fiats.batch = payout_coins.batch AND payout_fiats.currency = payout_coins.currency) AS fiat
         FROM payout_coins WHERE batch = ? AND rows > 0 ORDER BY currency",
    )
    .bind(batch)
    .fetch_all(db)
    .await?;
    stored.into_iter().map(CoinTotal::try_from).collect()
}

impl TryFrom<StoredTotal> for CoinTotal {
    type Error = Failure;

    fn try_from(stored: StoredTotal) -> Result<Self, Failure> {
        let read = |text: Option<&String>| text.map(|text| amount(text)).transpose();
        let mut total = Self {
            currency: stored.currency,
            rows: stored.rows,
            amount: amount(&stored.amount)?,
            fiat: serde_json::from_str(&stored.fiat).unwrap_or_default(),
            fiat_in_coins: read(stored.fiat_in_coins.as_ref())?,
            fee: read(stored.fee.as_ref())?,
            balance: read(stored.balance.as_ref())?,
            short: None,
            worth: None,
            worth_currency: None,
        };
        let Some(coins) = total.in_coins() else { return Ok(total) };
        let needed = &coins + &total.fee.clone().unwrap_or_default();
        total.short = total.balance.as_ref().map(|balance| &needed - balance).filter(Amount::is_positive);
        if let (Some(worth), Some(of)) = (read(stored.worth.as_ref())?, read(stored.worth_of.as_ref())?) {
            total.worth = share(&worth, &coins, &of, WORTH_DECIMALS);
            total.worth_currency = stored.worth_currency.filter(|_| total.worth.is_some());
        }
        Ok(total)
    }
}

/// What something is worth is told to the hundredth.
const WORTH_DECIMALS: i64 = 2;

/// What `part` of something is worth, rounded, when `whole` of it is worth `worth`.
pub(super) fn share(worth: &Amount, part: &Amount, whole: &Amount, decimals: i64) -> Option<Amount> {
    if !whole.is_positive() {
        return None;
    }
    let exact = worth.as_decimal() * part.as_decimal() / whole.as_decimal();
    exact.round(decimals).try_into().ok()
}

/// Another batch of exactly these rows that is under way, by its name.
async fn twin_in_flight(db: impl SqliteExecutor<'_>, record: &Record) -> Result<Option<String>, Failure> {
    Ok(sqlx::query_scalar(
        "SELECT name FROM payout_batches WHERE rows_hash = ? AND id <> ?
         AND state IN ('locked', 'submitting', 'unknown', 'created', 'verified', 'sending', 'in_parts')",
    )
    .bind(&record.rows_hash)
    .bind(&record.id)
    .fetch_optional(db)
    .await?)
}

impl Payouts {
    /// Why a batch cannot be sent now, in words.
    pub(super) async fn obstacles(
        &self,
        tx: &mut SqliteConnection,
        record: &Record,
        totals: &[CoinTotal],
        checking: bool,
    ) -> Result<Vec<String>, Failure> {
        let twin = twin_in_flight(&mut *tx, record).await?;
        let control = control(&mut *tx, record).await?;
        let mut obstacles = own_obstacles(record, totals, checking, twin, control.as_ref());
        if is_open(record.state) && record.payable > 0 {
            obstacles.extend(self.ctx.may_change().err().map(|failure| failure.message));
            let rules = rules(&mut *tx, &self.ctx).await?;
            obstacles.extend(self.over_limits(tx, record, &rules, worth(totals).as_ref()).await?);
            if record.state == BatchState::Checked && self.is_checked_long_ago(record) {
                obstacles.push(
                    said!(
                        en: "It was checked too long ago: balances, rates and what was paid may be others by now. Check \
                             it again.",
                        de: "Sie wurde vor zu langer Zeit geprüft: Guthaben, Kurse und was gezahlt ist können inzwischen \
                             andere sein. Prüfen Sie erneut.",
                    )
                    .to_owned(),
                );
            }
            if record.execute_at.is_some_and(|at| at <= provider_now(&self.ctx)) {
                obstacles.push(
                    said!(
                        en: "The time that it was to be paid at has come. Choose another, or pay it at once.",
                        de: "Der Zeitpunkt, zu dem gezahlt werden sollte, ist gekommen. Wählen Sie einen anderen, \
                             oder zahlen Sie sofort.",
                    ).to_owned(),
                );
            }
            if record.repeat_interval.is_some() && record.payable > rules.part_size {
                obstacles.push(words!(
                    en: "A batch that is paid again and again cannot be sent in parts: it can have {} payouts at the \
                         most.",
                    de: "Eine Zahlliste, die immer wieder gezahlt wird, kann nicht in Teilen gesendet werden: Sie \
                         kann höchstens {} Auszahlungen haben.",
                    rules.part_size,
                ));
            }
        }
        Ok(obstacles)
    }

    /// Whether what the check of a batch has found does not count any more. A part waits for the one before it to be approved: for
    /// it the last look at NOWPayments counts, which was made for that one.
    fn is_checked_long_ago(&self, record: &Record) -> bool {
        let (at, good_for) = match record.whole {
            Some(_) => (record.checked_at.max(record.check_ended_at), PART_IS_GOOD_FOR),
            None => (record.check_ended_at.or(record.checked_at), CHECK_IS_GOOD_FOR),
        };
        at.is_some_and(|at| provider_now(&self.ctx) - at > good_for)
    }
}

/// What something is worth, and in what.
pub(super) struct Worth {
    pub(super) amount: Amount,
    pub(super) currency: String,
}

/// What all coins are worth together: of all of them or of none, since a part would be taken for the whole, and only where all
/// of it is told in one currency.
pub(super) fn worth(totals: &[CoinTotal]) -> Option<Worth> {
    let currency = totals.first()?.worth_currency.clone()?;
    let worths: Option<Vec<&Amount>> = totals
        .iter()
        .map(|total| total.worth.as_ref().filter(|_| total.worth_currency.as_ref() == Some(&currency)))
        .collect();
    Some(Worth { amount: worths?.into_iter().sum(), currency })
}

/// Whether nothing of a batch was sent.
pub(super) fn is_open(state: BatchState) -> bool {
    matches!(state, BatchState::Draft | BatchState::Checked)
}

/// Batches as the list shows them.
pub(super) async fn summaries(
    db: &mut SqliteConnection,
    records: Vec<Record>,
) -> Result<Vec<BatchSummary>, Failure> {
    let mut summaries = Vec::with_capacity(records.len());
    for record in records {
        let totals = totals(&mut *db, &record.id).await?;
        summaries.push(summary(db, record, totals).await?);
    }
    Ok(summaries)
}

/// A batch as the list shows it, which pays `totals`.
async fn summary(
    db: &mut SqliteConnection,
    mut record: Record,
    totals: Vec<CoinTotal>,
) -> Result<BatchSummary, Failure> {
    let mut of = 0;
    if let Some(whole) = &record.whole {
        of = sqlx::query_scalar("SELECT parts FROM payout_batches WHERE id = ?")
            .bind(whole)
            .fetch_one(&mut *db)
            .await?;
    }
    if record.parts > 0 {
        (record.paid, record.failed) = parts::done(&mut *db, &record.id).await?;
    }
    Ok(record.summary(totals, of))
}

/// What the owner should know before a batch is sent, in words.
async fn warnings(
    db: &mut SqliteConnection,
    record: &Record,
    totals: &[CoinTotal],
) -> Result<Vec<String>, Failure> {
    let mut warnings = Vec::new();
    if !is_open(record.state) {
        return Ok(warnings);
    }
    for total in totals.iter().filter(|_| record.execute_at.is_some()) {
        if let Some(short) = &total.short {
            warnings.push(words!(
                en: "Your balance is short of {short} {} now. Top it up before the time comes, or those payouts fail.",
                de: "In Ihrem Guthaben fehlen jetzt {short} {}. Füllen Sie es auf, bevor der Zeitpunkt kommt, sonst \
                     scheitern diese Auszahlungen.",
                total.currency.to_ascii_uppercase(),
                short = decimal(short),
            ));
        }
    }
    if record.seen_in_part && record.state == BatchState::Checked {
        warnings.push(
            said!(
                en: "NOWPayments did not show its list of payouts whole at the check: rows that were sent from elsewhere \
                     may be missing from the warnings. Send this batch only if you know that they were not.",
                de: "NOWPayments hat seine Liste der Auszahlungen bei der Prüfung nicht ganz gezeigt: Zeilen, die von \
                     anderswo gesendet wurden, können in den Hinweisen fehlen. Senden Sie diese Zahlliste nur, wenn Sie \
                     wissen, dass sie es nicht wurden.",
            )
            .to_owned(),
        );
    }
    let earlier: Option<Record> = sqlx::query_as(
        "SELECT * FROM payout_batches WHERE id <> ?1 AND whole IS NULL AND (file_hash = ?2 OR payable > 0 AND rows_hash = ?3)
         ORDER BY state IN ('draft', 'checked'), created_at DESC LIMIT 1",
    )
    .bind(&record.id)
    .bind(&record.file_hash)
    .bind(&record.rows_hash)
    .fetch_optional(&mut *db)
    .await?;
    if let Some(earlier) = earlier {
        let what = match is_open(earlier.state) {
            true => said!(en: "imported", de: "importiert"),
            false => said!(en: "sent", de: "gesendet"),
        };
        let whole = match earlier.rows_hash == record.rows_hash {
            true => said!(en: "Exactly these rows were", de: "Genau diese Zeilen wurden"),
            false => said!(en: "The same file was", de: "Dieselbe Datei wurde"),
        };
        warnings.push(words!(
            en: "{whole} {what} before, as “{}” on {}. Make sure that they are meant to be paid again.",
            de: "{whole} schon {what}, als „{}“ am {}. Stellen Sie sicher, dass noch einmal gezahlt werden soll.",
            earlier.name,
            day(earlier.created_at),
        ));
    }
    Ok(warnings)
}

fn own_obstacles(
    record: &Record,
    totals: &[CoinTotal],
    checking: bool,
    twin: Option<String>,
    control: Option<&Control>,
) -> Vec<String> {
    let mut obstacles = Vec::new();
    if !is_open(record.state) {
        obstacles.push(said!(en: "It was sent already.", de: "Sie wurde schon gesendet.").to_owned());
        return obstacles;
    }
    match record.bad {
        0 => {}
        1 => obstacles.push(
            said!(
                en: "1 row cannot be paid. Correct it here, or remove it.",
                de: "1 Zeile ist nicht zahlbar. Berichtigen Sie sie hier, oder entfernen Sie sie.",
            )
            .to_owned(),
        ),
        bad => obstacles.push(words!(
            en: "{bad} rows cannot be paid. Correct them here, or remove them.",
            de: "{bad} Zeilen sind nicht zahlbar. Berichtigen Sie sie hier, oder entfernen Sie sie.",
        )),
    }
    if record.payable == 0 {
        obstacles.push(
            said!(
                en: "No row is left that could be paid.",
                de: "Es ist keine Zeile übrig, die gezahlt werden könnte.",
            )
            .to_owned(),
        );
        return obstacles;
    }
    if record.state == BatchState::Draft {
        obstacles.push(match (checking, &record.trouble) {
            (true, _) => said!(
                en: "It is being checked against your shop.",
                de: "Sie wird gerade gegen Ihren Shop geprüft.",
            )
            .to_owned(),
            (false, Some(_)) => said!(
                en: "The check against your shop did not end. Check it again.",
                de: "Die Prüfung gegen Ihren Shop kam nicht zu Ende. Prüfen Sie erneut.",
            )
            .to_owned(),
            (false, None) => said!(
                en: "It has not been checked against your shop yet.",
                de: "Sie wurde noch nicht gegen Ihren Shop geprüft.",
            )
            .to_owned(),
        });
    }
    for total in totals {
        // What is paid later needs its money later.
        if let Some(short) = total.short.as_ref().filter(|_| record.execute_at.is_none()) {
            obstacles.push(words!(
                en: "Your balance is short of {short} {}: top it up, or remove rows.",
                de: "In Ihrem Guthaben fehlen {short} {}: Füllen Sie es auf, oder entfernen Sie Zeilen.",
                total.currency.to_ascii_uppercase(),
                short = decimal(short),
            ));
        }
    }
    if let Some(control) = control {
        obstacles.extend(differences(record, totals, control));
    }
    if let Some(name) = twin {
        obstacles.push(words!(
            en: "“{name}” pays exactly the same rows and is under way. Wait until it has ended.",
            de: "„{name}“ zahlt genau dieselben Zeilen und ist unterwegs. Warten Sie, bis sie beendet ist.",
        ));
    }
    obstacles
}

/// The columns of a [`StoredRow`]. What the owner calls the recipient is the name for this coin if there is such a contact,
/// else any for the address.
const ROW: &str = "payout_rows.*,
    (SELECT explorer FROM payout_coins
     WHERE payout_coins.batch = payout_rows.batch AND payout_coins.currency = payout_rows.currency) AS explorer,
    coalesce(
        (SELECT name FROM contacts WHERE contacts.account = payout_rows.account
         AND contacts.currency = payout_rows.currency AND contacts.extra_id IS payout_rows.extra_id),
        (SELECT min(name) FROM contacts WHERE contacts.account = payout_rows.account)) AS contact";

/// A row as it stands in the database.
#[derive(FromRow)]
pub(super) struct StoredRow {
    pub(super) number: u32,
    pub(super) line: u32,
    pub(super) address: String,
    pub(super) currency: String,
    pub(super) network: Option<String>,
    pub(super) amount: String,
    pub(super) fiat_amount: Option<String>,
    pub(super) fiat_currency: Option<String>,
    pub(super) coin_amount: Option<String>,
    pub(super) extra_id: Option<String>,
    pub(super) description: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) problems: String,
    pub(super) warnings: String,
    pub(super) found_problems: String,
    pub(super) found_warnings: String,
    pub(super) raw: Option<String>,
    pub(super) edited_at: Option<DateTime<Utc>>,
    pub(super) removed_at: Option<DateTime<Utc>>,
    pub(super) status: RowStatus,
    pub(super) unique_external_id: Option<String>,
    pub(super) provider_id: Option<String>,
    pub(super) provider_status: Option<String>,
    pub(super) hash: Option<String>,
    pub(super) fee: Option<String>,
    pub(super) error: Option<String>,
    pub(super) paid_at: Option<DateTime<Utc>>,
    is_new: bool,
    taken_for: Option<String>,
    pub(super) contact: Option<String>,
    explorer: Option<String>,
}

impl StoredRow {
    /// Everything that is wrong with it.
    pub(super) fn all_problems(&self) -> Vec<RowProblem> {
        let taken = self.taken_for.as_deref();
        let recipient = taken.map(|taken| recipients::problem(taken, &self.address, &self.currency));
        both(&self.problems, &self.found_problems).into_iter().chain(recipient).collect()
    }
}

impl From<StoredRow> for BatchRow {
    fn from(row: StoredRow) -> Self {
        let explorer = row
            .explorer
            .as_deref()
            .zip(row.hash.as_deref())
            .and_then(|(link, hash)| explorers::page(link, hash));
        Self {
            number: row.number,
            line: row.line,
            problems: row.all_problems(),
            warnings: both(&row.warnings, &row.found_warnings),
            raw: row.raw,
            edited: row.edited_at.is_some(),
            is_new: row.is_new,
            contact: row.contact,
            address: row.address,
            currency: row.currency,
            network: row.network,
            amount: row.amount,
            fiat_amount: row.fiat_amount,
            fiat_currency: row.fiat_currency,
            coin_amount: row.coin_amount.and_then(|amount| amount.parse().ok()),
            extra_id: row.extra_id,
            description: row.description,
            external_id: row.external_id,
            status: row.status,
            provider_status: row.provider_status,
            provider_id: row.provider_id,
            hash: row.hash,
            explorer,
            error: row.error,
            paid_at: row.paid_at,
            fee: row.fee.and_then(|fee| fee.parse().ok()),
        }
    }
}

fn both(first: &str, second: &str) -> Vec<RowProblem> {
    [first, second]
        .iter()
        .flat_map(|json| serde_json::from_str::<Vec<RowProblem>>(json).unwrap_or_default())
        .collect()
}

impl FromRow<'_, sqlx::sqlite::SqliteRow> for Step {
    fn from_row(row: &sqlx::sqlite::SqliteRow) -> Result<Self, sqlx::Error> {
        use sqlx::Row;
        Ok(Self { at: row.try_get("at")?, state: row.try_get("state")?, note: row.try_get("note")? })
    }
}

/// The largest page of rows that a report reads at once.
pub(super) async fn rows_after(
    db: impl SqliteExecutor<'_>,
    batch: &str,
    after: u32,
) -> Result<Vec<StoredRow>, Failure> {
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {ROW} FROM payout_rows WHERE batch = ? AND number > ? ORDER BY number LIMIT 1000"
    )))
    .bind(batch)
    .bind(after)
    .fetch_all(db)
    .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_worth_its_share() {
        let amount = |text: &str| text.parse::<Amount>().unwrap();
        for (worth, part, whole, is) in
            [("100", "1", "3", "33.33"), ("0.1", "2", "2", "0.1"), ("5", "0", "2", "0")]
        {
            assert_eq!(
                share(&amount(worth), &amount(part), &amount(whole), 2),
                Some(amount(is)),
                "{part} of {whole}"
            );
        }
        assert_eq!(share(&amount("1"), &amount("1"), &amount("0"), 2), None);
    }
}
