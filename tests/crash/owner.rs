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
    Changed, Core, Failure,
    payouts::{
        Payouts,
        batch::{Batch, BatchState, BatchSummary, Step},
    },
    secrets::{Keychain, Secret},
    shops::Bases,
    surroundings::Surroundings,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::sync::broadcast;

use crate::journey::{Again, Approval, Dawdles, Journey, PIN};

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
    pub(crate) steps: Vec<Step>,
}

/// The file, and the same file opened again.
const FIRST: &str = "wages.csv";
const AGAIN: &str = "wages again.csv";
/// NOWPayments waits an hour for a code.
const TOO_LONG: u64 = 3_700;
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
        let mut changes = self.core.changes();
        let mut sights = Vec::new();
        for _ in 0..TURNS {
            let batches = self.payouts.list().await?;
            sights = self.look_at(&batches).await?;
            say_and_hear::<()>(&Said::Sees(sights.clone()))?;
            let named = |name: &str| batches.iter().find(|batch| batch.name == name);
            let Some(first) = named(FIRST) else {
                self.open_file(FIRST).await;
                continue;
            };
            let again = named(AGAIN);
            let is_over = matches!(first.state, BatchState::Expired | BatchState::Rejected)
                && self.journey.dawdles != Dawdles::Never;
            if first.state != BatchState::Finished && !is_over {
                if self.journey.again != Again::Never {
                    self.tempt(first, again).await?;
                }
                self.attend(first, &mut changes).await?;
                continue;
            }
            match (self.journey.again, again) {
                (Again::Never, _) if !is_over => return Ok(()),
                (Again::Discarded, None) => return Ok(()),
                (Again::Discarded, Some(again)) => drop(self.payouts.discard(&again.id).await),
                (_, None) => self.open_file(AGAIN).await,
                (_, Some(again)) if again.state == BatchState::Finished => return Ok(()),
                (_, Some(again)) => self.attend(again, &mut changes).await?,
            }
        }
        bail!(Trouble::Stuck(format!("{sights:#?}")))
    }

    async fn look_at(&self, batches: &[BatchSummary]) -> Result<Vec<Sight>> {
        let mut sights = Vec::new();
        for batch in batches {
            let Batch { summary, provider_id, steps, .. } = self.payouts.get(&batch.id).await?;
            sights.push(Sight { id: summary.id, state: summary.state, provider_id, steps });
        }
        Ok(sights)
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
            BatchState::Draft | BatchState::Checked if self.is_wrong(&batch) => self.correct(&batch).await,
            BatchState::Draft => drop(self.payouts.check(id).await),
            BatchState::Checked => drop(self.payouts.send(id, &batch.rows_hash, None).await),
            BatchState::Unknown if batch.may_release => drop(self.payouts.release(id).await),
            BatchState::Created => self.approve(&batch).await?,
            BatchState::Locked
            | BatchState::Submitting
            | BatchState::Unknown
            | BatchState::Verified
            | BatchState::Sending => {
                self.wait(16)?;
                let _ = self.payouts.look(id).await;
            }
            BatchState::Finished => {}
            BatchState::FinishedWithFailures
            | BatchState::Rejected
            | BatchState::Expired
            | BatchState::Cancelled
            | BatchState::InParts => bail!(Trouble::Wrong(format!("it ended like this: {batch:#?}"))),
        }
        Ok(())
    }

    /// Tries to send the same rows a second time while the first batch is under way and no code was given for it.
    async fn tempt(&self, first: &BatchSummary, again: Option<&BatchSummary>) -> Result<()> {
        let first = self.payouts.get(&first.id).await?;
        let untouched = first.approval.as_ref().is_none_or(|approval| approval.attempts_left == 10);
        if !matches!(first.summary.state, BatchState::Created | BatchState::Unknown) || !untouched {
            return Ok(());
        }
        let Some(again) = again else {
            self.open_file(AGAIN).await;
            return Ok(());
        };
        let batch = self.payouts.get(&again.id).await?;
        match batch.summary.state {
            BatchState::Draft if batch.checking.is_some() => {}
            BatchState::Draft | BatchState::Checked if self.is_wrong(&batch) => self.correct(&batch).await,
            BatchState::Draft => drop(self.payouts.check(&again.id).await),
            BatchState::Checked => {
                ensure!(batch.rows_hash == first.rows_hash, "the same rows have another hash");
                if self.payouts.send(&again.id, &batch.rows_hash, None).await.is_ok() {
                    bail!(Trouble::Wrong("the same rows were sent while they were under way".to_owned()));
                }
            }
            other => bail!(Trouble::Wrong(format!("the second batch is {other:?} too early"))),
        }
        Ok(())
    }

    fn is_wrong(&self, batch: &Batch) -> bool {
        self.journey.corrected.is_some() && batch.edited == 0
    }

    async fn correct(&self, batch: &Batch) {
        if let Some((number, edit)) = self.journey.correction() {
            let _ = self.payouts.edit_row(&batch.summary.id, number, &edit).await;
        }
    }

    /// Gives the next code for a batch, if it still waits for one then.
    async fn approve(&self, batch: &Batch) -> Result<()> {
        let no_code_yet = batch.approval.as_ref().is_some_and(|approval| approval.attempts_left == 10);
        let dawdles = match self.journey.dawdles {
            Dawdles::Never => false,
            Dawdles::AtOnce => true,
            Dawdles::AfterACode => !no_code_yet,
        };
        self.wait(if dawdles && batch.summary.name == FIRST { TOO_LONG } else { 31 })?;
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
