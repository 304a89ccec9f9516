//! What is asked of NOWPayments, written before the call, and what became of it. Each step stands in the audit log, in the
//! transaction that makes it.

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::Amount;
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

use super::{
    Move, MoveKind, MoveState,
    call::Order,
    lists::{End, List},
    words,
};
use crate::{
    audit::{self, AuditArea},
    failure::{Failure, FailureCode},
    language::{said, words},
    notifications::{self, Notification, Subject},
    payments::exact,
    store,
};

/// So many late looks that find nothing let the owner say that a move was not made.
pub(super) const LOOKS_TO_GIVE_UP: u32 = 2;
/// A call whose end is not known may still be on its way; looks within this time prove nothing. So far the provider's clock
/// may be from what we take it for, too.
pub(super) const STILL_ON_ITS_WAY: TimeDelta = TimeDelta::seconds(60);
/// What was made so long after the call has ended was made by something else, as far as the provider's clock tells.
const MADE_WITHIN: TimeDelta = TimeDelta::minutes(5);
/// The longest that a call takes whose end nobody saw, with the login before it.
const LONGEST_CALL: TimeDelta = TimeDelta::minutes(5);
/// Late looks that are closer to each other than this are one: what the API shows a moment later proves no more.
const LOOKS_APART: TimeDelta = TimeDelta::seconds(4);
/// So long what was given up may turn up.
const MAY_TURN_UP: TimeDelta = TimeDelta::days(30);

/// A line of the journal with what the caches know of it.
const SELECT: &str = "SELECT moves.*, f.name AS from_name, coalesce(t.name, moves.name) AS to_name, \
     CASE moves.list WHEN 'transfers' THEN (SELECT status FROM custody_transfers WHERE id = moves.made) \
         WHEN 'conversions' THEN (SELECT status FROM conversions WHERE id = moves.made) \
         WHEN 'payments' THEN (SELECT status FROM custody_payments WHERE id = moves.made) \
         WHEN 'fiat_payouts' THEN (SELECT status FROM fiat_payouts WHERE id = moves.made) END AS status, \
     coalesce(CASE moves.list WHEN 'transfers' THEN (SELECT is_open FROM custody_transfers WHERE id = moves.made) \
         WHEN 'conversions' THEN (SELECT is_open FROM conversions WHERE id = moves.made) \
         WHEN 'payments' THEN (SELECT is_open FROM custody_payments WHERE id = moves.made) \
         WHEN 'fiat_payouts' THEN (SELECT is_open FROM fiat_payouts WHERE id = moves.made) END, \
         moves.list NOT IN ('users', 'fiat_accounts')) AS is_open, \
     CASE moves.list WHEN 'conversions' THEN (SELECT to_amount FROM conversions WHERE id = moves.made) \
         WHEN 'fiat_payouts' THEN (SELECT fiat_amount FROM fiat_payouts WHERE id = moves.made) END AS to_amount, \
     CASE moves.list WHEN 'fiat_payouts' THEN (SELECT error FROM fiat_payouts WHERE id = moves.made) END AS error \
     FROM moves LEFT JOIN custody_users AS f ON f.id = from_user LEFT JOIN custody_users AS t ON t.id = to_user ";

/// A line of the journal.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct MoveRow {
    pub(super) id: String,
    pub(super) kind: MoveKind,
    pub(super) list: List,
    pub(super) state: MoveState,
    pub(super) from_user: Option<String>,
    pub(super) to_user: Option<String>,
    pub(super) coin: Option<String>,
    pub(super) amount: Option<String>,
    pub(super) to_coin: Option<String>,
    estimate: Option<String>,
    pub(super) name: Option<String>,
    pub(super) provider: Option<String>,
    method: Option<String>,
    words: String,
    there_before: String,
    pub(super) sent_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    late_look_at: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
    made: Option<String>,
    late: bool,
    pub(super) unclear: bool,
    trouble: Option<String>,
    pub(super) looks: u32,
    late_looks: u32,
    from_name: Option<String>,
    to_name: Option<String>,
    status: Option<String>,
    is_open: bool,
    to_amount: Option<String>,
    /// Why it failed, in NOWPayments' words.
    error: Option<String>,
}

impl MoveRow {
    pub(super) async fn find(db: impl SqliteExecutor<'_>, id: &str) -> Result<Option<Self>, sqlx::Error> {
        query(&["WHERE moves.id = "]).push_bind(id).build_query_as().fetch_optional(db).await
    }

    pub(super) async fn load(db: impl SqliteExecutor<'_>, id: &str) -> Result<Self, Failure> {
        Self::find(db, id)
            .await?
            .ok_or_else(|| Failure::not_found(said!(en: "move made here", de: "diese Bewegung")))
    }

    pub(super) async fn newest(db: &SqlitePool, limit: u32) -> Result<Vec<Self>, sqlx::Error> {
        query(&["ORDER BY moves.at DESC, moves.id DESC LIMIT "])
            .push_bind(limit)
            .build_query_as()
            .fetch_all(db)
            .await
    }

    /// Those that are not settled, newest first.
    pub(super) async fn unsettled(db: &SqlitePool) -> Result<Vec<Self>, sqlx::Error> {
        query(&["WHERE moves.state IN ('sending', 'unknown') ORDER BY moves.at DESC, moves.id DESC"])
            .build_query_as()
            .fetch_all(db)
            .await
    }

    /// Those of a list that may still turn up there, those that nobody waits for last, the newest first.
    async fn missing(
        db: &mut SqliteConnection,
        list: List,
        now: DateTime<Utc>,
    ) -> Result<Vec<Self>, sqlx::Error> {
        query(&["WHERE moves.state IN ('unknown', 'given_up') AND moves.list = "])
            .push_bind(list)
            .push(" AND moves.at > ")
            .push_bind(store::time(now - MAY_TURN_UP))
            .push(" ORDER BY moves.state = 'given_up', moves.sent_at DESC, moves.id DESC")
            .build_query_as()
            .fetch_all(db)
            .await
    }

    /// Whether a look at `now`, by the provider's clock, is late enough to prove something, and not the one before it again.
    fn is_late(&self, now: DateTime<Utc>) -> bool {
        now >= self.ended_at.unwrap_or(self.sent_at) + STILL_ON_ITS_WAY
            && self.late_look_at.is_none_or(|before| now >= before + LOOKS_APART)
    }

    /// When what it makes was made at the latest.
    fn latest(&self) -> DateTime<Utc> {
        self.ended_at.unwrap_or(self.sent_at + LONGEST_CALL) + MADE_WITHIN
    }

    pub(super) fn may_give_up(&self) -> bool {
        self.state == MoveState::Unknown && (self.late_looks >= LOOKS_TO_GIVE_UP || self.unclear)
    }

    pub(super) fn into_move(self) -> Result<Move, Failure> {
        let amount = |text: Option<String>| text.map(|text| exact(&text)).transpose();
        Ok(Move {
            may_give_up: self.may_give_up(),
            ended: match self.state {
                MoveState::Sending | MoveState::Unknown => false,
                MoveState::Refused | MoveState::GivenUp => true,
                MoveState::Made => !self.is_open,
            },
            id: self.id,
            kind: self.kind,
            state: self.state,
            from_user: self.from_user,
            from_name: self.from_name,
            to_user: self.to_user,
            to_name: self.to_name,
            coin: self.coin,
            amount: amount(self.amount)?,
            to_coin: self.to_coin,
            estimate: amount(self.estimate)?,
            to_amount: amount(self.to_amount)?,
            provider: self.provider,
            words: self.words,
            at: self.at,
            made: self.made,
            status: self.status.map(|status| status.to_lowercase()),
            late: self.late,
            trouble: self.trouble,
        })
    }

    /// What has come of it, as far as that is known.
    fn came(&self) -> Result<String, Failure> {
        Ok(match (&self.to_amount, &self.to_coin) {
            (Some(amount), Some(coin)) => words::coins(&exact(amount)?, coin),
            (_, coin) => coin.as_deref().unwrap_or_default().to_uppercase(),
        })
    }

    /// The name of what it is about.
    fn subject(&self) -> String {
        let name = |name: &Option<String>, id: &Option<String>| name.clone().or_else(|| id.clone());
        let shop = || said!(en: "the shop", de: "der Shop").to_owned();
        let from = name(&self.from_name, &self.from_user);
        let to = name(&self.to_name, &self.to_user);
        match self.kind {
            MoveKind::Conversion | MoveKind::FiatPayout => format!(
                "{} → {}",
                self.coin.as_deref().unwrap_or_default().to_uppercase(),
                self.to_coin.as_deref().unwrap_or_default().to_uppercase()
            ),
            MoveKind::Payment | MoveKind::User => to.unwrap_or_default(),
            MoveKind::FiatAccount => format!(
                "{}, {}",
                self.to_coin.as_deref().unwrap_or_default().to_uppercase(),
                self.method.as_deref().unwrap_or_default()
            ),
            _ => format!("{} → {}", from.unwrap_or_else(shop), to.unwrap_or_else(shop)),
        }
    }

    async fn note(&self, db: &mut SqliteConnection, now: DateTime<Utc>, words: &str) -> Result<(), Failure> {
        let area = match self.kind {
            MoveKind::Conversion => AuditArea::Conversions,
            MoveKind::FiatPayout | MoveKind::FiatAccount => AuditArea::FiatPayouts,
            _ => AuditArea::Custody,
        };
        audit::write(db, now, area, &self.subject(), &self.id, words).await
    }
}

fn query(conditions: &[&'static str]) -> sqlx::QueryBuilder<sqlx::Sqlite> {
    let mut query = sqlx::QueryBuilder::new(SELECT);
    for condition in conditions {
        query.push(*condition);
    }
    query
}

/// Refuses an order when one just like it is under way, or its end is not known: a second press makes no second move.
pub(super) async fn refuse_twin(db: &mut SqliteConnection, order: &Order) -> Result<(), Failure> {
    let twin: Option<MoveState> = sqlx::query_scalar(
        "SELECT state FROM moves WHERE state IN ('sending', 'unknown') AND kind = ? AND from_user IS ? AND to_user IS ? \
         AND coin IS ? AND amount IS ? AND to_coin IS ? AND name IS ? AND provider IS ? AND method IS ?",
    )
    .bind(order.kind)
    .bind(order.giver())
    .bind(order.taker())
    .bind(order.coin())
    .bind(order.amount())
    .bind(order.to_coin())
    .bind(order.name())
    .bind(&order.provider)
    .bind(order.method())
    .fetch_optional(db)
    .await?;
    let words = match twin {
        None => return Ok(()),
        Some(MoveState::Sending) => said!(
            en: "One just like this is being sent this moment. Nothing was done a second time.",
            de: "Genau so etwas wird in diesem Augenblick gesendet. Es wurde nichts ein zweites Mal getan."
        ),
        Some(_) => said!(
            en: "It is not known yet whether one just like this was done. Paydesk is looking for it; nothing was done a second \
                 time.",
            de: "Es ist noch nicht bekannt, ob genau so etwas schon geschehen ist. Paydesk sucht danach; es wurde nichts ein \
                 zweites Mal getan."
        ),
    };
    Err(Failure::new(FailureCode::UnknownOutcome, words))
}

/// Writes that the call is about to be made.
pub(super) async fn announce_call(
    db: &mut SqliteConnection,
    id: &str,
    order: &Order,
    sent_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO moves (id, kind, list, state, from_user, to_user, coin, amount, to_coin, estimate, name, provider, method, \
         words, worth, worth_currency, there_before, sent_at, at) \
         VALUES (?, ?, ?, 'sending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]', ?, ?)",
    )
    .bind(id)
    .bind(order.kind)
    .bind(List::of(order.kind))
    .bind(order.giver())
    .bind(order.taker())
    .bind(order.coin())
    .bind(order.amount())
    .bind(order.to_coin())
    .bind(order.estimate.as_ref().map(Amount::to_string))
    .bind(order.name())
    .bind(&order.provider)
    .bind(order.method())
    .bind(&order.words)
    .bind(order.worth.as_ref().map(|(worth, _)| worth.to_string()))
    .bind(order.worth.as_ref().map(|(_, currency)| currency))
    .bind(store::time(sent_at))
    .bind(store::time(now))
    .execute(&mut *db)
    .await?;
    let row = MoveRow::load(&mut *db, id).await?;
    let before: Vec<String> = alike(db, &row).await?.into_iter().map(|found| found.id).collect();
    sqlx::query("UPDATE moves SET there_before = ? WHERE id = ?")
        .bind(serde_json::Value::from(before).to_string())
        .bind(id)
        .execute(&mut *db)
        .await?;
    let words =
        words!(en: "Sent to NOWPayments: {what}", de: "An NOWPayments gesendet: {what}", what = order.words);
    row.note(db, now, &words).await
}

/// Writes how a call has ended, or that its end is not known. One that is settled stays as it is.
pub(super) async fn settle(
    db: &mut SqliteConnection,
    row: &MoveRow,
    state: MoveState,
    trouble: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let settled = sqlx::query(
        "UPDATE moves SET state = ?, trouble = ? WHERE id = ? AND state IN ('sending', 'unknown')",
    )
    .bind(state)
    .bind(trouble)
    .bind(&row.id)
    .execute(&mut *db)
    .await?;
    match trouble {
        Some(words) if settled.rows_affected() > 0 => row.note(db, now, words).await,
        _ => Ok(()),
    }
}

/// Writes when a call has ended whose end is not known, by the provider's clock.
pub(super) async fn note_end_of_call(
    db: &mut SqliteConnection,
    id: &str,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE moves SET ended_at = ? WHERE id = ?")
        .bind(store::time(at))
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes that a move is this one of NOWPayments' list. `by_answer`: the answer to its own call said so, which is certain;
/// what was found by looking gives way to that.
pub(super) async fn settle_made(
    db: &mut SqliteConnection,
    row: &MoveRow,
    made: &str,
    by_answer: bool,
    trouble: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    if by_answer {
        sqlx::query(
            "UPDATE moves SET state = iif(late = 1, 'given_up', 'unknown'), late = 0, made = NULL \
             WHERE list = ? AND made = ? AND id <> ?",
        )
        .bind(row.list)
        .bind(made)
        .bind(&row.id)
        .execute(&mut *db)
        .await?;
    }
    let late = row.state == MoveState::GivenUp;
    let trouble = if late { Some(words::turned_up()) } else { trouble };
    sqlx::query(
        "UPDATE moves SET state = 'made', made = ?, late = ?, unclear = 0, trouble = ? \
         WHERE id = ? AND state IN ('sending', 'unknown', 'given_up')",
    )
    .bind(made)
    .bind(late)
    .bind(trouble)
    .bind(&row.id)
    .execute(&mut *db)
    .await?;
    // That of an account is ours, and says nothing to anybody.
    let shown = if row.kind == MoveKind::FiatAccount { row.subject() } else { made.to_owned() };
    let said = match (late, by_answer) {
        (true, _) => {
            words!(en: "Turned up as {shown}. {more}", de: "Aufgetaucht als {shown}. {more}", more = words::turned_up())
        }
        (_, true) => words!(en: "Made at NOWPayments: {shown}.", de: "Bei NOWPayments angelegt: {shown}."),
        _ => words!(en: "Found at NOWPayments: {shown}.", de: "Bei NOWPayments gefunden: {shown}."),
    };
    row.note(db, now, &said).await?;
    if late {
        let key = format!("move:{}:late", row.id);
        tell(
            db,
            (row, made),
            key,
            said!(en: "It was done after all", de: "Es ist doch geschehen"),
            words::turned_up(),
            now,
        )
        .await?;
    }
    match List::end_of(db, row.list, made).await? {
        Some(end) => note_end(db, row.list, made, end, now).await,
        None => Ok(()),
    }
}

/// Writes what a move that was made here has come to.
pub(crate) async fn note_end(
    db: &mut SqliteConnection,
    list: List,
    made: &str,
    end: End,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let Some(row): Option<MoveRow> = query(&["WHERE moves.state = 'made' AND moves.list = "])
        .push_bind(list)
        .push(" AND moves.made = ")
        .push_bind(made)
        .build_query_as()
        .fetch_optional(&mut *db)
        .await?
    else {
        return Ok(());
    };
    let key = format!("move:{}:{}", row.id, end.name());
    let sum = match (&row.amount, &row.coin) {
        (Some(amount), Some(coin)) => words::coins(&exact(amount)?, coin),
        _ => String::new(),
    };
    let subject = row.subject();
    let (title, body) = match (end, row.kind) {
        (End::Finished, MoveKind::Conversion) => {
            let came = row.came()?;
            (
                said!(en: "Converted", de: "Umgetauscht"),
                words!(en: "{sum} became {came}.", de: "{sum} wurden zu {came}."),
            )
        }
        (End::Rejected, MoveKind::Conversion) => (
            said!(en: "Conversion rejected", de: "Umtausch abgelehnt"),
            words!(
                en: "NOWPayments did not convert {sum} ({subject}). Nothing was moved.",
                de: "NOWPayments hat {sum} nicht umgetauscht ({subject}). Es wurde nichts bewegt."
            ),
        ),
        (End::Finished, MoveKind::FiatPayout) => (
            said!(en: "Paid out to the bank", de: "An die Bank ausgezahlt"),
            words!(en: "{sum} became {came}.", de: "{sum} wurden zu {came}.", came = row.came()?),
        ),
        (End::Rejected, MoveKind::FiatPayout) => (
            said!(en: "Bank payout failed", de: "Bankauszahlung fehlgeschlagen"),
            words!(
                en: "NOWPayments could not pay out {sum} ({subject}). {why}Look at the balance to see whether the coins are back.",
                de: "NOWPayments konnte {sum} nicht auszahlen ({subject}). {why}Ob die Coins zurück sind, zeigt das Guthaben.",
                why = row.error.as_deref().map(|why| format!("{}. ", why.trim_end_matches('.'))).unwrap_or_default()
            ),
        ),
        (End::Finished, MoveKind::Payment) => (
            said!(en: "Paid into a balance", de: "Auf ein Guthaben eingezahlt"),
            words!(en: "The payment of {sum} for {subject} has come.", de: "Die Zahlung von {sum} für {subject} ist eingegangen."),
        ),
        (End::Rejected, MoveKind::Payment) => (
            said!(en: "Not paid into a balance", de: "Nicht auf ein Guthaben eingezahlt"),
            words!(en: "The payment of {sum} for {subject} came to nothing.", de: "Aus der Zahlung von {sum} für {subject} wurde nichts."),
        ),
        (End::Finished, _) => {
            (said!(en: "Moved", de: "Übertragen"), words!(en: "{sum}: {subject}.", de: "{sum}: {subject}."))
        }
        (End::Rejected, _) => (
            said!(en: "Not moved", de: "Nicht übertragen"),
            words!(
                en: "NOWPayments rejected {sum}: {subject}. Nothing was moved.",
                de: "NOWPayments hat {sum} abgelehnt: {subject}. Es wurde nichts bewegt."
            ),
        ),
    };
    row.note(db, now, &format!("{title}: {body}")).await?;
    tell(db, (&row, made), key, title, &body, now).await
}

/// What a notification of a move leads to, by the id that it has at NOWPayments.
fn subject_of(row: &MoveRow, made: &str) -> Subject {
    let id = made.to_owned();
    match row.kind {
        MoveKind::Deposit | MoveKind::WriteOff | MoveKind::Transfer => Subject::Transfer { id },
        MoveKind::Conversion => Subject::Conversion { id },
        MoveKind::Payment => Subject::CustodyPayment { user: row.to_user.clone().unwrap_or_default(), id },
        MoveKind::User => Subject::CustodyUser { id },
        MoveKind::FiatPayout => Subject::BankPayout { id },
        MoveKind::FiatAccount => Subject::BankAccounts,
    }
}

async fn tell(
    db: &mut SqliteConnection,
    (row, made): (&MoveRow, &str),
    key: String,
    title: &str,
    body: &str,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let body = match row.kind {
        _ if key.ends_with(":late") => format!("{} {body}", row.words),
        _ => body.to_owned(),
    };
    let subject = Some(subject_of(row, made));
    let notification = Notification { key, title: title.to_owned(), body, subject, at };
    Ok(notifications::decide_on_move(db, &notification).await?)
}

/// Counts a look at `now`, by the provider's clock, that found nothing.
pub(super) async fn count_look(
    db: &mut SqliteConnection,
    id: &str,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let is_late = MoveRow::load(&mut *db, id).await?.is_late(now);
    sqlx::query(
        "UPDATE moves SET looks = looks + 1, late_looks = late_looks + ?1, late_look_at = iif(?1, ?6, late_look_at), \
         trouble = CASE WHEN unclear = 1 THEN trouble WHEN late_looks + ?1 >= ?2 THEN ?3 ELSE ?4 END \
         WHERE id = ?5 AND state = 'unknown'",
    )
    .bind(is_late)
    .bind(LOOKS_TO_GIVE_UP)
    .bind(words::not_made())
    .bind(words::not_seen())
    .bind(id)
    .bind(store::time(now))
    .execute(db)
    .await?;
    Ok(())
}

/// Writes that looking cannot say for certain whether a move was made.
pub(super) async fn make_unclear(
    db: &mut SqliteConnection,
    row: &MoveRow,
    why: &str,
    now: DateTime<Utc>,
) -> Result<bool, Failure> {
    let written = sqlx::query(
        "UPDATE moves SET unclear = 1, trouble = ? WHERE id = ? AND state = 'unknown' AND unclear = 0",
    )
    .bind(why)
    .bind(&row.id)
    .execute(&mut *db)
    .await?;
    if written.rows_affected() == 0 {
        return Ok(false);
    }
    row.note(db, now, why).await?;
    Ok(true)
}

/// What a move can be, as it stands in the cache.
#[derive(Debug, sqlx::FromRow)]
struct Found {
    id: String,
    created_at: DateTime<Utc>,
    dated: bool,
}

/// What is in the cache of a list just as a move is: of the same ends, coin and amount.
async fn alike(db: &mut SqliteConnection, row: &MoveRow) -> Result<Vec<Found>, Failure> {
    let mut query = sqlx::QueryBuilder::new("SELECT id, ");
    let is_shop = |query: &mut sqlx::QueryBuilder<sqlx::Sqlite>, end: &str| {
        // The shop's own id is known once a call has told it; before that it is any that is no user's.
        query.push(format_args!(
            " AND {end} NOT IN (SELECT id FROM custody_users) AND {end} = coalesce((SELECT value FROM sync_marks \
             WHERE key = '{SHOP_MARK}'), {end})"
        ));
    };
    match row.kind {
        MoveKind::Conversion => {
            query.push("created_at, dated FROM conversions WHERE from_coin = ").push_bind(&row.coin);
            query.push(" AND to_coin = ").push_bind(&row.to_coin);
            query.push(" AND from_amount = ").push_bind(&row.amount);
        }
        MoveKind::Payment => {
            query.push("created_at, 1 AS dated FROM custody_payments WHERE user = ").push_bind(&row.to_user);
            query.push(" AND coin = ").push_bind(&row.coin);
            query
                .push(" AND (amount = ")
                .push_bind(&row.amount)
                .push(" OR pay_amount = ")
                .push_bind(&row.amount)
                .push(")");
        }
        MoveKind::FiatPayout => {
            // One that does not say how much it is can be any.
            query.push("created_at, dated AND amount IS NOT NULL AS dated FROM fiat_payouts WHERE coin = ");
            query.push_bind(&row.coin).push(" AND currency = ").push_bind(&row.to_coin);
            query.push(" AND provider = ").push_bind(&row.provider);
            query.push(" AND coalesce(amount = ").push_bind(&row.amount).push(", 1)");
        }
        MoveKind::FiatAccount => {
            query.push("created_at, dated FROM fiat_accounts WHERE currency = ").push_bind(&row.to_coin);
            query.push(" AND provider = ").push_bind(&row.provider);
            query.push(" AND method = ").push_bind(&row.method);
        }
        MoveKind::User => {
            // A name is given once: whoever has it is the one.
            query.push(
                "'9999-12-31T00:00:00.000Z' AS created_at, 1 AS dated FROM custody_users WHERE name = ",
            );
            query.push_bind(&row.name);
        }
        MoveKind::Deposit | MoveKind::WriteOff | MoveKind::Transfer => {
            query.push("created_at, dated FROM custody_transfers WHERE coin = ").push_bind(&row.coin);
            query.push(" AND amount = ").push_bind(&row.amount);
            for (end, user) in [("from_id", &row.from_user), ("to_id", &row.to_user)] {
                match user {
                    Some(user) => drop(query.push(format_args!(" AND {end} = ")).push_bind(user)),
                    None => is_shop(&mut query, end),
                }
            }
        }
    }
    query.push(" ORDER BY created_at, id");
    Ok(query.build_query_as().fetch_all(db).await?)
}

/// The mark under which the shop's own id among those of its users is kept.
const SHOP_MARK: &str = "custody_shop";

/// Keeps the shop's own id, which the answer to a call has told.
pub(super) async fn keep_shop(db: &mut SqliteConnection, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sync_marks (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
    )
    .bind(SHOP_MARK)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// Takes what has turned up in the cache of a list for the moves that are missing: exactly one just like it, that was not
/// there before the call, was made no earlier and not long after it, and is no other move's. Several are none. Whether anything has changed.
pub(crate) async fn take_found(
    db: &mut SqliteConnection,
    list: List,
    now: DateTime<Utc>,
) -> Result<bool, Failure> {
    let mut changed = false;
    for row in MoveRow::missing(db, list, now).await? {
        if is_one_like_it_being_sent(db, &row).await? {
            continue;
        }
        let before: Vec<String> = serde_json::from_str(&row.there_before).unwrap_or_default();
        let earliest = row.sent_at - STILL_ON_ITS_WAY;
        let mut found = alike(db, &row).await?;
        found.retain(|found| found.created_at >= earliest && !before.contains(&found.id));
        let mut free = Vec::new();
        for found in found {
            let taken: bool =
                sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM moves WHERE list = ? AND made = ?)")
                    .bind(list)
                    .bind(&found.id)
                    .fetch_one(&mut *db)
                    .await?;
            if !taken {
                free.push(found);
            }
        }
        // Made long after the call, it is somebody else's, unless clocks were very wrong: a name alone is given once.
        let is_near = |found: &Found| row.kind == MoveKind::User || found.created_at <= row.latest();
        let near: Vec<&Found> = free.iter().filter(|found| is_near(found)).collect();
        match near.as_slice() {
            [] if free.is_empty() => {}
            [found] if found.dated => {
                settle_made(db, &row, &found.id, false, None, now).await?;
                changed = true;
            }
            _ => changed |= make_unclear(db, &row, words::unclear(), now).await?,
        }
    }
    Ok(changed)
}

/// What has turned up may be what a call under way has just made: its answer will say.
async fn is_one_like_it_being_sent(db: &mut SqliteConnection, row: &MoveRow) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM moves WHERE state = 'sending' AND kind = ? AND from_user IS ? AND to_user IS ? \
         AND coin IS ? AND amount IS ? AND to_coin IS ? AND name IS ? AND provider IS ? AND method IS ?)",
    )
    .bind(row.kind)
    .bind(&row.from_user)
    .bind(&row.to_user)
    .bind(&row.coin)
    .bind(&row.amount)
    .bind(&row.to_coin)
    .bind(&row.name)
    .bind(&row.provider)
    .bind(&row.method)
    .fetch_one(db)
    .await
}
