//! Settling what earlier lives left behind and what is not known, and following what was made to its end.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Utc};
use nowpayments::{
    ByRow, Row, conversions::GetConversion, custody::GetTransfer, fiat_payouts::ListFiatPayouts,
    payments::GetPayment,
};
use tokio::time::Instant;

use super::{
    MoveState, Moves,
    incoming::{self, payments_change},
    journal::{self, MoveRow},
    lists::{BackTo, List},
    look, words,
};
use crate::{
    custody::{payments::UserPayment, users},
    failure::{Failure, FailureCode},
    language::said,
};

/// How often something that is under way is read again, soon after it changed and when nothing has happened for long.
const SHORTEST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(30);
/// How often the newest part of a list is read that was ever looked at.
const LIST_RHYTHM: Duration = Duration::from_mins(5);
/// How soon a question that failed is asked again.
const AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Something to be read or looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Task {
    /// A move whose end is not known.
    Look(String),
    /// Something of a list that can still change.
    Follow(List, String),
    /// The newest part of a list.
    Read(List),
    /// The newest part of the list of payments into all balances.
    ReadIncoming,
    /// What a user has.
    Balances(String),
}

impl Moves {
    /// Runs from the opening of the shop until it is closed; may be cut off at any await.
    pub(crate) async fn run(self) {
        let mut due: HashMap<Task, Instant> = HashMap::new();
        let mut changes = self.ctx.changes();
        loop {
            let next = self.round(&mut due).await.unwrap_or_else(|failure| {
                tracing::warn!(%failure, "moves cannot be looked after");
                Some(Instant::now() + AFTER_FAILURE)
            });
            let stirred = async {
                tokio::select! {
                    () = self.desk.under_way.stirred() => {}
                    () = payments_change(&mut changes) => {}
                }
            };
            match next {
                None => stirred.await,
                Some(next) => drop(tokio::time::timeout_at(next, stirred).await),
            }
        }
    }

    /// Does what is due; says when something is due next, if anything is.
    async fn round(&self, due: &mut HashMap<Task, Instant>) -> Result<Option<Instant>, Failure> {
        let tasks = self.tasks().await?;
        // That it is not wanted at the moment does not make it due sooner when it is again.
        let rests = |task: &Task, at: &Instant| *task == Task::ReadIncoming && *at > Instant::now();
        due.retain(|task, at| tasks.iter().any(|(wanted, _)| wanted == task) || rests(task, at));
        for (task, pause) in tasks {
            let now = Instant::now();
            // Those were read when they were looked at.
            let first = if matches!(task, Task::Read(_)) { now + pause } else { now };
            if *due.entry(task.clone()).or_insert(first) > now {
                continue;
            }
            let pause = match self.perform(&task).await {
                Ok(changed) => {
                    if changed {
                        self.announce();
                    }
                    pause
                }
                Err(failure) => {
                    tracing::info!(%failure, ?task, "something could not be looked at");
                    let is_refused = task == Task::ReadIncoming && is_refusal(failure.code);
                    pause.max(if is_refused { LONGEST } else { AFTER_FAILURE })
                }
            };
            due.insert(task, Instant::now() + pause);
        }
        Ok(due.values().min().copied())
    }

    /// All there is to do, each with how long to wait after it.
    async fn tasks(&self) -> Result<Vec<(Task, Duration)>, Failure> {
        let mut tasks = Vec::new();
        for row in MoveRow::unsettled(&self.ctx.db).await? {
            if self.desk.under_way.has(&row.id) {
                continue;
            }
            if row.state == MoveState::Sending {
                let mut db = self.ctx.write().await?;
                let now = self.ctx.now();
                journal::settle(&mut db, &row, MoveState::Unknown, Some(words::cut_off()), now).await?;
                db.commit().await?;
                self.announce();
            }
            let pause = look::pause_after(row.looks);
            tasks.push((Task::Look(row.id), pause));
        }
        for list in List::WITH_STATUS {
            let mut open = sqlx::QueryBuilder::new("SELECT id, changed_at FROM ");
            open.push(list.table()).push(" AS kept WHERE is_open = 1");
            if list == List::Payments {
                open.push(incoming::AND_FOLLOWED);
            }
            let open: Vec<(String, DateTime<Utc>)> = open.build_query_as().fetch_all(&self.ctx.db).await?;
            for (id, changed_at) in open {
                let still = (self.ctx.now() - changed_at).to_std().unwrap_or_default();
                tasks.push((Task::Follow(list, id), (still / 10).clamp(SHORTEST, LONGEST)));
            }
        }
        for user in users::with_old_balances(&self.ctx.db).await? {
            tasks.push((Task::Balances(user), SHORTEST));
        }
        for list in [List::Users, List::Transfers, List::Conversions, List::FiatPayouts] {
            if list.is_whole(&self.ctx.db).await? {
                tasks.push((Task::Read(list), LIST_RHYTHM));
            }
        }
        if self.payments_are_new().await? {
            tasks.push((Task::ReadIncoming, self.incoming_pause(LIST_RHYTHM, LONGEST).await?));
        }
        Ok(tasks)
    }

    /// Whether it has changed anything.
    async fn perform(&self, task: &Task) -> Result<bool, Failure> {
        match task {
            Task::Look(id) => self.look(id).await.map(|()| true),
            Task::Read(list) => self.read_list(*list, None, BackTo::Known).await.map(|seen| seen.changed),
            Task::ReadIncoming => self.read_incoming().await,
            Task::Follow(List::Payments, id) if self.take_from_shop(id).await? => Ok(true),
            Task::Follow(list, id) => self.read_one(*list, id).await,
            Task::Balances(user) => {
                let user = user
                    .parse()
                    .map_err(|_| Failure::not_found(said!(en: "custody user", de: "diesen Benutzer")))?;
                self.balances_of(&user).await.map(|_| true)
            }
        }
    }

    /// Asks NOWPayments for one thing of a list again. Whether it has changed.
    pub(crate) async fn read_one(&self, list: List, id: &str) -> Result<bool, Failure> {
        let client = &self.ctx.client;
        let unknown =
            || Failure::not_found(said!(en: "number of NOWPayments", de: "diese Nummer von NOWPayments"));
        match list {
            List::Transfers => {
                let id = id.parse().map_err(|_| unknown())?;
                self.take(&client.send(&GetTransfer { id }).await?, None).await
            }
            List::Conversions => {
                let id = id.parse().map_err(|_| unknown())?;
                self.take(&client.send(&GetConversion { id }).await?, None).await
            }
            List::Payments => {
                let number = id.parse().map_err(|_| unknown())?;
                let payment: UserPayment = client.send(&GetPayment { id: number }).await?.into();
                self.take(&payment, None).await
            }
            List::FiatPayouts => {
                let wanted = id.parse().map_err(|_| unknown())?;
                let question = ListFiatPayouts { id: Some(wanted), ..ListFiatPayouts::default() };
                // Nobody promises that the list keeps to what it is asked.
                let rows = client.send(&ByRow(question)).await?.items;
                match rows.iter().filter_map(Row::read).find(|payout| payout.id.as_str() == id) {
                    Some(payout) => self.take(payout, None).await,
                    None => Ok(false),
                }
            }
            List::Users | List::FiatAccounts => Ok(false),
        }
    }
}

/// Whether NOWPayments says the same until the owner changes something: whoever asks again soon only logs in once more.
fn is_refusal(code: FailureCode) -> bool {
    matches!(
        code,
        FailureCode::WrongKey
            | FailureCode::LoginRefused
            | FailureCode::AddressNotAllowed
            | FailureCode::NotFound
    )
}
