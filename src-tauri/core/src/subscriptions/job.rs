//! Subscribing the rows of a file one by one, as fast as NOWPayments bears, until it is stopped; it goes on where it was after a
//! restart. What is not known is looked for before anything else is sent.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use specta::Type;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    Subscriptions, WhoSubscribes,
    import::{self, Asking, SubscriberFile, SubscriberRowStatus},
    journal::CallRow,
    making::CallState,
};
use crate::{
    changes::Changed,
    failure::{Failure, FailureCode},
    language::said,
    payouts::rhythm::Rhythm,
};

/// The pause after failures that pass by themselves, at first and later.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// So many answers that are lost, with nothing to be found, are reason enough not to go on by itself.
const MOST_LOST: u32 = 3;
/// The window is told of progress no more often than this.
const TOLD: Duration = Duration::from_millis(500);

/// How far a file of subscribers is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum SubscriberFileState {
    /// Nothing of it was sent.
    Draft,
    /// Its rows are being sent.
    Sending,
    /// Its sending was stopped, and can go on.
    Stopped,
    /// All that could be sent was sent.
    Done,
}

/// How the rows of a file stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubscriberProgress {
    /// They can be sent.
    pub ready: u32,
    /// They were subscribed.
    pub subscribed: u32,
    /// NOWPayments refused them.
    pub refused: u32,
    /// Being sent, or their end is not known.
    pub unknown: u32,
    /// No e-mail addresses.
    pub bad: u32,
    /// With an address of an earlier row.
    pub duplicates: u32,
    /// Subscribed before.
    pub already: u32,
    /// Left out by the owner.
    pub left_out: u32,
}

/// What is known of files beside what the database holds.
#[derive(Debug, Default)]
pub(super) struct Job {
    running: Mutex<HashMap<String, CancellationToken>>,
    asking: Mutex<Option<Asking>>,
}

impl Job {
    fn running(&self) -> MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file that waits for an answer.
    pub(super) fn asking(&self) -> MutexGuard<'_, Option<Asking>> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the sending of a file ends.
enum End {
    /// It was told to.
    Told,
    /// There is nothing more to send.
    Done,
    /// It cannot go on by itself.
    Trouble(Failure),
}

impl Subscriptions {
    /// Begins to subscribe the rows of a file that are ready, or goes on with it.
    ///
    /// # Errors
    /// When there is no such file or no row that could be sent, or the shop was closed.
    pub async fn send_file(&self, id: &str) -> Result<SubscriberFile, Failure> {
        self.ctx.may_change()?;
        let file = self.file(id).await?;
        if file.progress.ready == 0 {
            return Err(Failure::new(
                FailureCode::Stale,
                said!(en: "There is no row that could be sent.", de: "Es gibt keine Zeile, die gesendet werden könnte."),
            ));
        }
        self.set_state(id, SubscriberFileState::Sending, None).await?;
        self.start(id);
        self.file(id).await
    }

    /// Stops the sending of a file after the row that is under way.
    ///
    /// # Errors
    /// When there is no such file, or the shop was closed.
    pub async fn stop_file(&self, id: &str) -> Result<SubscriberFile, Failure> {
        if self.file(id).await?.state == SubscriberFileState::Sending {
            self.set_state(id, SubscriberFileState::Stopped, None).await?;
        }
        if let Some(told) = self.job.running().get(id) {
            told.cancel();
        }
        self.file(id).await
    }

    /// Goes on with what was being sent when Paydesk ended. In a shop that is read-only by now it is stopped, and says why.
    pub(super) async fn go_on_with_files(&self) {
        let sending: Result<Vec<String>, _> =
            sqlx::query_scalar("SELECT id FROM subscriber_files WHERE state = 'sending'")
                .fetch_all(&self.ctx.db)
                .await;
        match sending {
            Ok(files) => match self.ctx.may_change() {
                Ok(()) => files.iter().for_each(|id| self.start(id)),
                Err(failure) => {
                    for id in &files {
                        let stopped =
                            self.set_state(id, SubscriberFileState::Stopped, Some(&failure.message)).await;
                        if let Err(failure) = stopped {
                            tracing::error!(%failure, "it could not be written that a file is not sent");
                        }
                    }
                }
            },
            Err(error) => {
                tracing::error!(%error, "it cannot be read which files of subscribers were being sent");
            }
        }
    }

    fn start(&self, id: &str) {
        let mut running = self.job.running();
        if running.get(id).is_some_and(|told| !told.is_cancelled()) {
            return;
        }
        let (subscriptions, file) = (self.clone(), id.to_owned());
        let told = self.ctx.until_told(move |told| async move {
            subscriptions.work(&file, &told).await;
        });
        running.insert(id.to_owned(), told);
    }

    async fn set_state(
        &self,
        id: &str,
        state: SubscriberFileState,
        trouble: Option<&str>,
    ) -> Result<(), Failure> {
        sqlx::query("UPDATE subscriber_files SET state = ?, trouble = ? WHERE id = ?")
            .bind(state)
            .bind(trouble)
            .bind(id)
            .execute(&self.ctx.db)
            .await?;
        self.ctx.announce(Changed::Subscriptions);
        Ok(())
    }

    async fn work(&self, id: &str, told: &CancellationToken) {
        let end = self.send_rows(id, told).await;
        let ended = match end {
            // Whoever has told it to end has written why; the closing of the shop is no reason to begin anew.
            End::Told => Ok(()),
            End::Done => self.set_state(id, SubscriberFileState::Done, None).await,
            End::Trouble(failure) => {
                self.set_state(id, SubscriberFileState::Stopped, Some(&failure.message)).await
            }
        };
        if let Err(failure) = ended {
            tracing::error!(%failure, "it could not be written how the sending of a file has ended");
        }
        told.cancel();
        self.sync.soon();
        self.ctx.announce(Changed::Subscriptions);
    }

    async fn send_rows(&self, id: &str, told: &CancellationToken) -> End {
        let rhythm = Rhythm::new();
        let mut pause = FIRST_PAUSE;
        // Rows that another call stands in the way of.
        let mut skipped = HashSet::new();
        let mut last_told = Instant::now();
        let mut prepared = false;
        // How many rows were not known at the beginning.
        let mut unknown = None;
        loop {
            if told.is_cancelled() {
                return End::Told;
            }
            if !prepared {
                let preparing = async {
                    self.sync.may_ask().await;
                    self.prepare(id).await
                };
                match told.run_until_cancelled(preparing).await {
                    None => return End::Told,
                    Some(Ok(now)) if now >= *unknown.get_or_insert(now) + MOST_LOST => {
                        return End::Trouble(Failure::other(said!(
                            en: "Several answers in a row were lost, and what they were to say cannot be found. Nothing more is sent until you go on.",
                            de: "Mehrere Antworten hintereinander gingen verloren, und was sie sagen sollten, ist nicht zu finden. Es wird nichts mehr gesendet, bis Sie fortfahren."
                        )));
                    }
                    Some(Ok(_)) => prepared = true,
                    Some(Err(failure)) if is_for_the_owner(&failure) => return End::Trouble(failure),
                    Some(Err(failure)) => {
                        tracing::info!(%failure, "a file of subscribers waits");
                        if told.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                            return End::Told;
                        }
                        pause = LONGEST_PAUSE.min(pause * 2);
                        continue;
                    }
                }
            }
            let row = match self.next_row(id, &skipped).await {
                Ok(Some(row)) => row,
                Ok(None) if skipped.is_empty() => return End::Done,
                Ok(None) => {
                    return End::Trouble(Failure::other(said!(
                        en: "Of some addresses it is not known yet whether they were subscribed by another call. Go on later.",
                        de: "Von einigen Adressen ist noch nicht bekannt, ob ein anderer Aufruf sie angemeldet hat. Machen Sie später weiter."
                    )));
                }
                Err(failure) => return End::Trouble(failure),
            };
            let turn = async {
                self.sync.may_ask().await;
                rhythm.turn().await;
            };
            if told.run_until_cancelled(turn).await.is_none() {
                return End::Told;
            }
            match self.send_row(id, &row).await {
                Ok(Sent::Done) => {
                    rhythm.faster();
                    pause = FIRST_PAUSE;
                }
                Ok(Sent::Unknown) => {
                    rhythm.slower(None);
                    prepared = false;
                }
                Ok(Sent::InTheWay) => drop(skipped.insert(row.number)),
                Ok(Sent::Later) => {
                    rhythm.slower(Some(pause));
                    pause = LONGEST_PAUSE.min(pause * 2);
                }
                Err(failure) => return End::Trouble(failure),
            }
            if last_told.elapsed() >= TOLD {
                self.ctx.announce(Changed::Subscriptions);
                last_told = Instant::now();
            }
        }
    }

    /// Looks for what is not known, and at who is subscribed by now. How many rows are not known after that.
    async fn prepare(&self, id: &str) -> Result<u32, Failure> {
        let calls: Vec<String> = sqlx::query_scalar(
            "SELECT call FROM subscriber_rows WHERE file = ? AND status = 'unknown' AND call IS NOT NULL",
        )
        .bind(id)
        .fetch_all(&self.ctx.db)
        .await?;
        let mut rows = Vec::new();
        for call in &calls {
            if self.under_way.has(call) {
                continue;
            }
            let row = CallRow::load(&self.ctx.db, call).await?;
            self.lose_left_behind(&row).await?;
            rows.push(row);
        }
        let lists = self.read_lists().await?;
        for row in &rows {
            self.look_in(row, &lists).await?;
        }
        let mut db = self.ctx.write().await?;
        import::judge(&mut db, id).await?;
        db.commit().await?;
        self.ctx.announce(Changed::Subscriptions);
        Ok(sqlx::query_scalar("SELECT count(*) FROM subscriber_rows WHERE file = ? AND status = 'unknown'")
            .bind(id)
            .fetch_one(&self.ctx.db)
            .await?)
    }

    async fn next_row(&self, id: &str, skipped: &HashSet<u32>) -> Result<Option<Row>, Failure> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT number, email, plan FROM subscriber_rows JOIN subscriber_files ON id = file \
             WHERE file = ? AND status = 'ready' ORDER BY number LIMIT ?",
        )
        .bind(id)
        .bind(u32::try_from(skipped.len()).unwrap_or(u32::MAX).saturating_add(1))
        .fetch_all(&self.ctx.db)
        .await?;
        Ok(rows.into_iter().find(|row| !skipped.contains(&row.number)))
    }

    async fn send_row(&self, file: &str, row: &Row) -> Result<Sent, Failure> {
        let who = WhoSubscribes::Email { email: row.email.clone() };
        let order = self.subscription_order(&row.plan, &who).await?;
        let ended = match self.send(order, Some((file, row.number))).await {
            Ok(ended) => ended,
            // Nothing was written nor sent.
            Err(failure) if failure.code == FailureCode::UnknownOutcome => return Ok(Sent::InTheWay),
            Err(failure) if failure.code == FailureCode::Stale => return Ok(Sent::Done),
            Err(failure) if failure.code == FailureCode::Invalid => {
                let mut db = self.ctx.write().await?;
                import::judge(&mut db, file).await?;
                db.commit().await?;
                return Ok(Sent::Done);
            }
            Err(failure) => return Err(failure),
        };
        match (ended.call.state, ended.failure) {
            (CallState::Unknown | CallState::Sending, _) => Ok(Sent::Unknown),
            (CallState::Refused, Some(failure)) if is_for_the_owner(&failure) => {
                self.ready_again(&ended.call.id).await?;
                Err(failure)
            }
            // It was turned away for being too much or not made at all, and is ready again; or it was refused for itself.
            (CallState::Refused, _) => match self.status_of(file, row.number).await? {
                SubscriberRowStatus::Ready => Ok(Sent::Later),
                _ => Ok(Sent::Done),
            },
            _ => Ok(Sent::Done),
        }
    }

    /// What stood in the way had nothing to do with the row: it can be sent again.
    async fn ready_again(&self, call: &str) -> Result<(), Failure> {
        sqlx::query("UPDATE subscriber_rows SET status = 'ready', problem = NULL WHERE call = ? AND status = 'refused'")
            .bind(call)
            .execute(&self.ctx.db)
            .await?;
        Ok(())
    }

    async fn status_of(&self, file: &str, number: u32) -> Result<SubscriberRowStatus, Failure> {
        Ok(sqlx::query_scalar("SELECT status FROM subscriber_rows WHERE file = ? AND number = ?")
            .bind(file)
            .bind(number)
            .fetch_one(&self.ctx.db)
            .await?)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    number: u32,
    email: String,
    plan: String,
}

/// What became of a row.
enum Sent {
    /// It is settled.
    Done,
    /// It is not known.
    Unknown,
    /// Another call for the same address is not settled.
    InTheWay,
    /// It can be sent again after a while.
    Later,
}

/// Whether only the owner can do something about it.
fn is_for_the_owner(failure: &Failure) -> bool {
    matches!(
        failure.code,
        FailureCode::WrongKey
            | FailureCode::LoginRefused
            | FailureCode::AddressNotAllowed
            | FailureCode::Invalid
            | FailureCode::NoShop
    )
}
