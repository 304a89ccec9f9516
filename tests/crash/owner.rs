//! A life of Paydesk: the real core in a process of its own, and the owner, who does what the screen offers until the
//! rows are paid.

use std::{
    io::{BufRead, Write},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use keyring_core::mock;
use paydesk_core::{
    Changed, Core, Failure, FailureCode,
    payouts::{
        Payouts,
        batch::{Batch, BatchState, BatchSummary, RowFilter, RowQuery, RowStatus, Step},
        rules::RulesEdit,
        schedule::{Interval, Repetition, Schedule},
    },
    secrets::{Keychain, Secret},
    shops::Bases,
    surroundings::Surroundings,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::sync::broadcast;

use crate::journey::{Again, Approval, Dawdles, Journey, PIN, Then};

/// What a life is given, as the first line of its standard input.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Birth {
    pub(crate) folder: PathBuf,
    pub(crate) url: String,
    pub(crate) shop: String,
    pub(crate) secrets: Secrets,
    /// What the clock of the computer shows.
    pub(crate) now: DateTime<Utc>,
    /// The question to the clock that is the last one.
    pub(crate) dies_at: Option<u64>,
    pub(crate) journey: Journey,
}

/// What is in the keychain.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Secrets {
    pub(crate) api_key: String,
    pub(crate) password: String,
    pub(crate) sealed_totp: String,
}

/// What a life says, a line each. Each is answered before the life goes on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Said {
    /// How the batches stand; answered by nothing.
    Sees(Vec<Sight>),
    /// Time passes, in seconds; answered by nothing.
    Waits(u64),
    /// The owner looks at the phone; answered by what it shows.
    LooksAtPhone,
    /// The owner asks what becomes of the rows that have failed; answered by nothing, when it is settled.
    AsksSupport,
    /// The owner wants the row that is to be revised to be paid as revised, from now on; answered by nothing.
    Revises,
    /// All is paid, after so many questions to the clock; answered by nothing.
    Done(u64),
    /// It does not go on, or went wrong; answered by nothing.
    Fails(Trouble),
}

/// Why a journey did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Trouble {
    /// The owner has done all that the screen offers, often enough.
    Stuck(String),
    /// Something happened that must not.
    Wrong(String),
}

/// How a batch stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sight {
    pub(crate) id: String,
    pub(crate) state: BatchState,
    pub(crate) provider_id: Option<String>,
    /// The batch that it is a part of.
    pub(crate) whole: Option<String>,
    /// Rows that were paid, and rows that were not and are not going to be.
    pub(crate) rows: (u32, u32),
    pub(crate) steps: Vec<Step>,
}

/// The file, and the same file opened again.
const FIRST: &str = "wages.csv";
const AGAIN: &str = "wages again.csv";
/// NOWPayments waits an hour for a code.
const TOO_LONG: u64 = 3_700;
/// How long the owner waits where something may still become of an earlier try.
const A_WHILE: u64 = 600;
const A_DAY: TimeDelta = TimeDelta::days(1);
/// After so many turns the owner gives up.
const TURNS: u32 = 300;

/// Lives until all is paid or the end comes.
pub(crate) fn live() -> Result<()> {
    let birth: Birth = read_line()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let ended = runtime.block_on(async {
        let owner = Owner::open(birth).await?;
        let ended = owner.pay().await;
        if ended.is_ok() {
            owner.core.close().await;
        }
        ended?;
        Ok(Said::Done(owner.clock.questions.load(Ordering::SeqCst)))
    });
    let last = ended.unwrap_or_else(|error: anyhow::Error| {
        Said::Fails(match error.downcast::<Trouble>() {
            Ok(trouble) => trouble,
            Err(error) => Trouble::Wrong(format!("{error:#}")),
        })
    });
    say(&last)
}

/// The clock of a computer: it moves when the owner waits, and a little with every look at it.
struct Clock {
    start: DateTime<Utc>,
    waited: AtomicU64,
    questions: AtomicU64,
    dies_at: Option<u64>,
}

impl Clock {
    fn now(&self) -> DateTime<Utc> {
        let question = self.questions.fetch_add(1, Ordering::SeqCst);
        if self.dies_at.is_some_and(|last| question >= last) {
            // No destructor runs, nothing is flushed, no other thread goes on.
            std::process::abort();
        }
        self.shows(question)
    }

    /// What it shows, for the owner, who does not ask for core.
    fn glance(&self) -> DateTime<Utc> {
        self.shows(self.questions.load(Ordering::SeqCst))
    }

    fn shows(&self, question: u64) -> DateTime<Utc> {
        let milliseconds = self.waited.load(Ordering::SeqCst) * 1_000 + question;
        self.start + TimeDelta::milliseconds(i64::try_from(milliseconds).unwrap_or(i64::MAX))
    }
}

struct Owner {
    core: Core,
    payouts: Payouts,
    clock: Arc<Clock>,
    journey: Journey,
}

impl Owner {
    async fn open(birth: Birth) -> Result<Self> {
        let Birth { folder, url, shop, secrets, now, dies_at, journey } = birth;
        let keychain = Keychain::in_store("paydesk", mock::Store::new()?);
        keychain.store(&shop, Secret::ApiKey, secrets.api_key.into()).await?;
        keychain.store(&shop, Secret::Password, secrets.password.into()).await?;
        keychain.store(&shop, Secret::SealedTotp, secrets.sealed_totp.into()).await?;
        let clock =
            Arc::new(Clock { start: now, waited: AtomicU64::new(0), questions: AtomicU64::new(0), dies_at });
        let ask = clock.clone();
        let surroundings =
            Surroundings { now: Arc::new(move || ask.now()), ..Surroundings::native(folder, keychain) };
        let base: url::Url = url.parse()?;
        let core = Core::open_with(surroundings, Bases { sandbox: base.clone(), live: base }).await?;
        core.reopen(|| async { Err(Failure::other("there is no demo")) }).await?;
        let payouts = core.shop()?.payouts.clone();
        Ok(Self { core, payouts, clock, journey })
    }

    /// One turn after the other, each of which looks at the screen anew.
    async fn pay(&self) -> Result<()> {
        self.make_rules().await;
        let mut changes = self.core.changes();
        let mut sights = Vec::new();
        for _ in 0..TURNS {
            let batches = self.payouts.list().await?;
            sights = self.look_at(&batches).await?;
            say_and_hear::<()>(&Said::Sees(sights.clone()))?;
            if self.take_turn(&batches, &mut changes).await? {
                return Ok(());
            }
        }
        bail!(Trouble::Stuck(format!("{sights:#?}")))
    }

    /// Whatever goes wrong with this is done by the next life, or shows in batches that are too large.
    async fn make_rules(&self) {
        if let Some(part_size) = self.journey.part_size {
            let rules = RulesEdit { part_size: part_size.to_string(), ..RulesEdit::default() };
            let _ = self.payouts.set_rules(&rules, None).await;
        }
    }

    async fn look_at(&self, batches: &[BatchSummary]) -> Result<Vec<Sight>> {
        let mut sights = Vec::new();
        for batch in batches {
            sights.push(self.sight(&batch.id, None).await?);
            if batch.parts > 0 {
                for part in self.payouts.parts(&batch.id).await? {
                    sights.push(self.sight(&part.id, Some(&batch.id)).await?);
                }
            }
        }
        Ok(sights)
    }

    async fn sight(&self, id: &str, whole: Option<&str>) -> Result<Sight> {
        let Batch { summary, provider_id, steps, .. } = self.payouts.get(id).await?;
        let rows = (summary.paid, summary.failed);
        let whole = whole.map(str::to_owned);
        Ok(Sight { id: summary.id, state: summary.state, provider_id, whole, rows, steps })
    }

    /// Does one thing. Whether there is nothing more to do.
    async fn take_turn(
        &self,
        batches: &[BatchSummary],
        changes: &mut broadcast::Receiver<Changed>,
    ) -> Result<bool> {
        if !self.settle(FIRST, batches, changes).await? {
            return Ok(false);
        }
        match (self.journey.again, named(batches, AGAIN)) {
            (Again::Never, _) | (Again::Discarded, None) => Ok(true),
            (Again::Discarded, Some(again)) => {
                let _ = self.payouts.discard(&again.id).await;
                Ok(false)
            }
            (Again::Paid | Again::Mistake, _) => self.settle(AGAIN, batches, changes).await,
        }
    }

    /// Does one thing about a file. Whether all that it asks for has been done.
    async fn settle(
        &self,
        name: &str,
        batches: &[BatchSummary],
        changes: &mut broadcast::Receiver<Changed>,
    ) -> Result<bool> {
        // The runs of a series have the same name.
        let runs: Vec<_> = batches.iter().filter(|batch| batch.name == name).collect();
        let Some(&batch) = runs.last() else {
            self.open_file(name).await;
            return Ok(false);
        };
        if let Some(open) = runs.iter().find(|run| !is_over(run.state)) {
            if name == FIRST && self.journey.again != Again::Never && self.journey.schedule.is_none() {
                self.tempt(open, named(batches, AGAIN)).await?;
            }
            self.attend(open, changes).await?;
            return Ok(false);
        }
        let was_paid = |state| matches!(state, BatchState::Finished | BatchState::FinishedWithFailures);
        if self.journey.runs() > 1 && runs.iter().all(|run| was_paid(run.state)) {
            if runs.len() == usize::try_from(self.journey.runs())? {
                return Ok(true);
            }
            // Some answers are lost, and some are old ones.
            self.wait(16)?;
            for run in runs {
                let _ = self.payouts.look(&run.id).await;
            }
            return Ok(false);
        }
        match batch.state {
            BatchState::Finished => {
                if self.payouts.pay_again(&batch.id).await.is_ok() {
                    bail!(Trouble::Wrong("what was paid is to be paid again".to_owned()));
                }
                Ok(true)
            }
            BatchState::FinishedWithFailures if self.has_failed(batch).await? => {
                let then = self.journey.failing.as_ref().map(|failing| failing.then);
                match then {
                    Some(Then::Nothing) => return Ok(true),
                    Some(Then::PaidAfterAll | Then::PaidAgain) => say_and_hear::<()>(&Said::AsksSupport)?,
                    None => bail!(Trouble::Wrong(format!("rows have failed: {batch:#?}"))),
                }
                if then == Some(Then::PaidAgain) {
                    return self.pay_the_rest(batch, batches, changes).await;
                }
                for part in self.payouts.parts(&batch.id).await? {
                    let _ = self.payouts.look(&part.id).await;
                }
                let _ = self.payouts.look(&batch.id).await;
                Ok(false)
            }
            _ if self.may_be_unpaid(batch) => self.pay_the_rest(batch, batches, changes).await,
            _ => bail!(Trouble::Wrong(format!("it ended like this: {batch:#?}"))),
        }
    }

    /// Whether rows have failed at NOWPayments, which is not the same as never having been sent.
    async fn has_failed(&self, batch: &BatchSummary) -> Result<bool> {
        let parts = self.payouts.parts(&batch.id).await?;
        for id in parts.iter().map(|part| &part.id).chain([&batch.id]) {
            let query = RowQuery { batch: id.clone(), filter: RowFilter::Failed, limit: 1_000, after: None };
            if self.payouts.rows(query).await?.rows.iter().any(|row| row.status == RowStatus::Failed) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the owner has let its time pass: that for a code, or that at which parts were to be paid.
    fn may_be_unpaid(&self, batch: &BatchSummary) -> bool {
        self.journey.dawdles != Dawdles::Never && batch.name == FIRST
            || self.journey.schedule.is_some() && batch.parts > 0
    }

    /// Pays what a batch that is over has not paid: from the file, or the rows that Paydesk picks out.
    async fn pay_the_rest(
        &self,
        batch: &BatchSummary,
        batches: &[BatchSummary],
        changes: &mut broadcast::Receiver<Changed>,
    ) -> Result<bool> {
        let from_file = self.journey.part_size.is_none()
            && self.journey.schedule.is_none()
            && self.journey.failing.is_none();
        let name = if from_file { AGAIN.to_owned() } else { format!("{}, again", batch.name) };
        if !from_file {
            let Some(again) = named(batches, &name) else {
                let _ = self.payouts.pay_again(&batch.id).await;
                return Ok(false);
            };
            let is_sent = !matches!(again.state, BatchState::Draft | BatchState::Checked);
            if !is_sent && self.payouts.pay_again(&batch.id).await.is_ok() {
                bail!(Trouble::Wrong("the same rows are to be paid again by two batches".to_owned()));
            }
        }
        Box::pin(self.settle(&name, batches, changes)).await
    }

    /// Whatever goes wrong with this or what follows shows on the screen in the next turn.
    async fn open_file(&self, name: &str) {
        let _ = self.payouts.open_text(name, &self.journey.file()).await;
    }

    /// Does what a batch waits for.
    async fn attend(&self, batch: &BatchSummary, changes: &mut broadcast::Receiver<Changed>) -> Result<()> {
        let id = batch.id.as_str();
        let batch = self.payouts.get(id).await?;
        match batch.summary.state {
            // A receiver that lags has missed changes: the screen is read again, too.
            BatchState::Draft if batch.checking.is_some() => drop(changes.recv().await),
            BatchState::Draft | BatchState::Checked if self.corrects(&batch).await? => {}
            BatchState::Draft => drop(self.payouts.check(id).await),
            BatchState::Checked if self.schedules(&batch).await? => {}
            // Above all a check that is too long ago.
            BatchState::Checked if !batch.obstacles.is_empty() => drop(self.payouts.check(id).await),
            BatchState::Checked => self.send(&batch).await?,
            BatchState::Unknown if batch.may_release => drop(self.payouts.release(id).await),
            BatchState::Created => self.approve(&batch).await?,
            BatchState::InParts => self.attend_parts(&batch, changes).await?,
            BatchState::Verified if batch.schedule.is_some() => {
                // Only a look tells which time it is at NOWPayments.
                let schedule = self.payouts.look(id).await.ok().and_then(|batch| batch.schedule);
                self.wait(schedule.map_or(16, |schedule| self.until_just_before(&schedule)))?;
                let _ = self.payouts.look(id).await;
            }
            BatchState::Locked
            | BatchState::Submitting
            | BatchState::Unknown
            | BatchState::Verified
            | BatchState::Sending => {
                self.wait(16)?;
                let _ = self.payouts.look(id).await;
            }
            BatchState::Finished
            | BatchState::FinishedWithFailures
            | BatchState::Rejected
            | BatchState::Expired
            | BatchState::Cancelled => {}
        }
        Ok(())
    }

    /// Does what the parts of a batch wait for. What goes on by itself does so when somebody looks, too.
    async fn attend_parts(&self, whole: &Batch, changes: &mut broadcast::Receiver<Changed>) -> Result<()> {
        use BatchState as S;
        let id = whole.summary.id.as_str();
        let parts = self.payouts.parts(id).await?;
        let under_way = |part: &&BatchSummary| {
            matches!(part.state, S::Draft | S::Locked | S::Submitting | S::Unknown | S::Created)
        };
        if let Some(part) = parts.iter().find(under_way) {
            return Box::pin(self.attend(part, changes)).await;
        }
        if let Some(next) = parts.iter().find(|part| part.state == S::Checked) {
            let next = self.payouts.get(&next.id).await?;
            if self.corrects(&next).await? {
                return Ok(());
            }
            if next.schedule.is_some_and(|schedule| schedule.execute_at <= self.clock.glance()) {
                let _ = self.payouts.give_up_parts(id).await;
            } else if !next.obstacles.is_empty() {
                let _ = self.payouts.check(&next.summary.id).await;
            } else if whole.trouble.is_some() {
                self.send(whole).await?;
            } else {
                let _ = self.payouts.look(id).await;
            }
            return Ok(());
        }
        if let Some(part) = parts.iter().find(|part| !is_over(part.state)) {
            return Box::pin(self.attend(part, changes)).await;
        }
        let _ = self.payouts.look(id).await;
        Ok(())
    }

    /// Sends a batch, or its next part.
    async fn send(&self, batch: &Batch) -> Result<()> {
        match self.payouts.send(&batch.summary.id, &batch.rows_hash, None).await {
            Err(failure) if failure.code == FailureCode::UnknownOutcome => self.wait(A_WHILE),
            _ => Ok(()),
        }
    }

    /// Tries to send the same rows a second time while the first batch is under way and nothing can come of it by itself.
    async fn tempt(&self, first: &BatchSummary, again: Option<&BatchSummary>) -> Result<()> {
        let first = self.payouts.get(&first.id).await?;
        if !self.is_at_rest(&first).await? {
            return Ok(());
        }
        let Some(again) = again else {
            self.open_file(AGAIN).await;
            return Ok(());
        };
        let batch = self.payouts.get(&again.id).await?;
        match batch.summary.state {
            BatchState::Draft if batch.checking.is_some() => {}
            BatchState::Draft | BatchState::Checked if self.corrects(&batch).await? => {}
            BatchState::Draft => drop(self.payouts.check(&again.id).await),
            BatchState::Checked => {
                // Of a batch in parts it is that of what is left.
                let in_parts = first.summary.state == BatchState::InParts;
                ensure!(in_parts || batch.rows_hash == first.rows_hash, "the same rows have another hash");
                if self.payouts.send(&again.id, &batch.rows_hash, None).await.is_ok() {
                    bail!(Trouble::Wrong("the same rows were sent while they were under way".to_owned()));
                }
            }
            other => bail!(Trouble::Wrong(format!("the second batch is {other:?} too early"))),
        }
        Ok(())
    }

    /// Whether a batch was sent, or a part of it, and waits for its owner, who has given no code for it.
    async fn is_at_rest(&self, batch: &Batch) -> Result<bool> {
        let untouched = |batch: &Batch| {
            let approval = batch.approval.as_ref();
            matches!(batch.summary.state, BatchState::Created | BatchState::Unknown)
                && approval.is_none_or(|approval| approval.attempts_left == 10)
        };
        if batch.summary.state == BatchState::InParts {
            for part in self.payouts.parts(&batch.summary.id).await? {
                if untouched(&self.payouts.get(&part.id).await?) {
                    return Ok(true);
                }
            }
        }
        Ok(untouched(batch))
    }

    /// Writes what the owner wants into the first row that says something else. Whether there was one.
    async fn corrects(&self, batch: &Batch) -> Result<bool> {
        // Of the rows that were picked out of another batch none is wrong.
        let root = batch.summary.name.split(" (").next().unwrap_or_default();
        if root != FIRST && root != AGAIN {
            return Ok(false);
        }
        let was_released = batch
            .steps
            .windows(2)
            .any(|steps| steps[0].state == BatchState::Unknown && steps[1].state == BatchState::Checked);
        let id = &batch.summary.id;
        let query = RowQuery { batch: id.clone(), filter: RowFilter::All, limit: 1_000, after: None };
        for row in self.payouts.rows(query).await?.rows {
            let wanted = self.journey.wanted(row.number, was_released);
            let Some(edit) = wanted.filter(|edit| {
                let sum = row.fiat_amount.as_deref().unwrap_or_default();
                (edit.amount.as_str(), edit.fiat_amount.as_str()) != (&row.amount, sum)
            }) else {
                continue;
            };
            if was_released && self.journey.wanted(row.number, false) != Some(edit.clone()) {
                say_and_hear::<()>(&Said::Revises)?;
            }
            let _ = self.payouts.edit_row(id, row.number, &edit).await;
            return Ok(true);
        }
        Ok(false)
    }

    /// Says when a batch is to be paid, if that was not said or its time has come. Whether there was anything to say.
    async fn schedules(&self, batch: &Batch) -> Result<bool> {
        let Some(scheduled) = self.journey.schedule.filter(|_| batch.summary.part.is_none()) else {
            return Ok(false);
        };
        let now = self.clock.glance();
        if batch.schedule.as_ref().is_some_and(|schedule| schedule.execute_at > now + TimeDelta::minutes(1)) {
            return Ok(false);
        }
        let execute_at = now + TimeDelta::seconds(i64::try_from(scheduled.delay)?);
        // Half a day later than the last run.
        let days = i32::try_from(scheduled.runs - 1)?;
        let until = Some(execute_at + A_DAY * days + A_DAY / 2);
        let repetition = Repetition { interval: Interval::Days, every: 1, until };
        let repetition = (scheduled.runs > 1).then_some(repetition);
        let schedule = Schedule { execute_at, repetition };
        let _ = self.payouts.set_schedule(&batch.summary.id, Some(&schedule)).await;
        Ok(true)
    }

    /// How many seconds the owner waits for the time of a batch: almost to it first, and then past it.
    fn until_just_before(&self, schedule: &Schedule) -> u64 {
        let left =
            u64::try_from((schedule.execute_at - self.clock.glance()).num_seconds()).unwrap_or_default();
        if left > 24 { left - 8 } else { 16 }
    }

    /// Gives the next code for a batch, if it still waits for one then.
    async fn approve(&self, batch: &Batch) -> Result<()> {
        let no_code_yet = batch.approval.as_ref().is_some_and(|approval| approval.attempts_left == 10);
        let dawdles = match self.journey.dawdles {
            Dawdles::Never => false,
            Dawdles::AtOnce => true,
            Dawdles::AfterACode => !no_code_yet,
        };
        let name = batch.summary.name.as_str();
        let is_first = name == FIRST || name.starts_with(&format!("{FIRST} (1 of "));
        self.wait(if dawdles && is_first { TOO_LONG } else { 31 })?;
        let Ok(Batch { approval: Some(approval), .. }) = self.payouts.look(&batch.summary.id).await else {
            return Ok(());
        };
        let given = match self.journey.approval {
            Approval::Code => {
                let code: String = say_and_hear(&Said::LooksAtPhone)?;
                self.payouts.approve_with_code(&approval.id, &approval.rows_hash, code.into(), None).await
            }
            Approval::Pin => {
                self.payouts.approve_with_pin(&approval.id, &approval.rows_hash, PIN.into()).await
            }
        };
        drop(given);
        Ok(())
    }

    fn wait(&self, seconds: u64) -> Result<()> {
        say_and_hear::<()>(&Said::Waits(seconds))?;
        self.clock.waited.fetch_add(seconds, Ordering::SeqCst);
        Ok(())
    }
}

/// The newest batch of this name.
fn named<'a>(batches: &'a [BatchSummary], name: &str) -> Option<&'a BatchSummary> {
    batches.iter().find(|batch| batch.name == name)
}

fn is_over(state: BatchState) -> bool {
    matches!(
        state,
        BatchState::Finished
            | BatchState::FinishedWithFailures
            | BatchState::Rejected
            | BatchState::Expired
            | BatchState::Cancelled
    )
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stuck(how) => write!(f, "stuck: {how}"),
            Self::Wrong(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Trouble {}

fn say(said: &Said) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(said)?)?;
    Ok(out.flush()?)
}

/// Blocks the owner, who has nothing else to do; core works on other threads.
fn say_and_hear<T: DeserializeOwned>(said: &Said) -> Result<T> {
    say(said)?;
    read_line()
}

fn read_line<T: DeserializeOwned>() -> Result<T> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    serde_json::from_str(&line).context("the runner is gone")
}
