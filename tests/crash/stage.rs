//! The stage: a NOWPayments that outlives every Paydesk, and whoever kills.

use std::{fs, future::pending, path::Path, process::Stdio, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use keyring_core::mock;
use nowpayments_simulator::{Held, Options, PayoutStatus, Point, Simulator, Switches};
use paydesk_core::{
    Core,
    second_factor::Enrolment,
    secrets::{Keychain, Secret},
    shops::{Bases, Environment, NewShop},
    surroundings::Surroundings,
};
use secrecy::ExposeSecret;
use serde::Serialize;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{ChildStdin, Command},
    time::{sleep, timeout},
};

use crate::{
    journey::{PIN, Then},
    owner::{Birth, Said, Secrets, Sight, Trouble},
    plan::{Death, Fate, Plan},
    verdict::Evidence,
};

/// How long a life may say nothing before it counts as stuck: longer than the slowest machine takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// How much longer than an owner it is waited for what may come by itself: a batch that nobody approves is rejected
/// within an hour, and a series that has no end goes on within a day.
const AFTERWARDS: [Duration; 2] = [Duration::from_secs(4_000), Duration::from_secs(3 * 86_400)];

/// What the simulated clock shows when a case begins.
const START: DateTime<Utc> = DateTime::from_timestamp(1_800_000_000, 0).unwrap();

/// A folder of Paydesk with a shop and an enrolled device, which each case begins with a copy of.
pub(crate) struct Template {
    folder: TempDir,
    shop: String,
    secrets: Secrets,
}

impl Template {
    pub(crate) async fn make() -> Result<Self> {
        let simulator = simulator().await?;
        let folder = tempfile::tempdir()?;
        let keychain = Keychain::in_store("paydesk", mock::Store::new()?);
        let native = Surroundings::native(folder.path().to_owned(), keychain.clone());
        let surroundings = Surroundings { now: Arc::new(|| START), ..native };
        let base: url::Url = simulator.url().parse()?;
        let core = Core::open_with(surroundings, Bases { sandbox: base.clone(), live: base }).await?;
        let credentials = simulator.credentials();
        let shop = NewShop {
            name: "Kestrel Coffee".to_owned(),
            environment: Environment::Live,
            api_key: credentials.api_key.clone().into(),
            email: credentials.email,
            password: credentials.password.clone().into(),
            read_only: false,
        };
        let shop = core.add_shop(shop).await?.id;
        let enrolment = Enrolment {
            secret: credentials.totp_secret.into(),
            pin: PIN.into(),
            code: simulator.code().code.into(),
            current: None,
        };
        core.shop()?.second_factor.enrol(enrolment).await?;
        core.close().await;
        simulator.stop().await;
        let sealed = keychain.read(&shop, Secret::SealedTotp).await?.context("nothing was sealed")?;
        let secrets = Secrets {
            api_key: credentials.api_key,
            password: credentials.password,
            sealed_totp: sealed.expose_secret().to_owned(),
        };
        Ok(Self { folder, shop, secrets })
    }
}

/// A quiet NOWPayments whose clock stands still. All have the same credentials.
async fn simulator() -> Result<Simulator> {
    let simulator = Simulator::start(Options { speed: 0, start: Some(START), ..Options::default() }).await?;
    let plenty = serde_json::from_str(
        r#"{"trx": "1000000", "usdttrc20": "1000000", "eth": "1000000", "xrp": "1000000"}"#,
    )?;
    simulator.set_balances(&plenty)?;
    Ok(simulator)
}

/// What came of a case.
pub(crate) struct Played {
    pub(crate) evidence: Evidence,
    /// How many lives ended before their time.
    pub(crate) kills: u32,
    /// How often the last life asked for the time.
    pub(crate) questions: u64,
    /// Whether the owner gave up a try and changed a row before the next.
    pub(crate) is_revised: bool,
}

/// How a life ended.
enum End {
    Killed,
    Done(u64),
    Failed(Trouble),
}

struct Stage<'a> {
    plan: &'a Plan,
    template: &'a Template,
    folder: TempDir,
    simulator: Simulator,
    seen: Vec<(usize, Vec<Sight>)>,
    /// Calls of lives that are over, and when they go on.
    late: Vec<(Held, DateTime<Utc>)>,
    /// Whether the owner wants the row that is to be revised to be paid as revised.
    is_revised: bool,
}

/// Plays a case to its end.
pub(crate) async fn play(plan: &Plan, template: &Template) -> Result<Played> {
    let folder = tempfile::tempdir()?;
    copy(template.folder.path(), &folder.path().join("data"))?;
    let simulator = simulator().await?;
    plan.faults.iter().for_each(|fault| simulator.set_fault(fault.clone()));
    let failing_addresses = plan.journey.failing.iter().map(|failing| failing.address.clone()).collect();
    simulator.set_switches(Switches { failing_addresses, ..Switches::default() });
    let (seen, late) = (Vec::new(), Vec::new());
    let mut stage = Stage { plan, template, folder, simulator, seen, late, is_revised: false };
    let mut kills = 0;
    let (end, questions) = loop {
        let death = plan.deaths.get(kills).copied();
        let skew = plan.skews.get(kills).copied().unwrap_or_default();
        match stage.live(death, TimeDelta::seconds(skew)).await? {
            End::Killed => kills += 1,
            End::Done(questions) => break (Ok(()), questions),
            End::Failed(trouble) => break (Err(trouble), 0),
        }
    };
    // Whatever else was left at NOWPayments ends by itself, and is not paid.
    let Stage { simulator, seen, late, is_revised, .. } = stage;
    drop(late);
    simulator.clear_faults();
    for time in AFTERWARDS {
        simulator.step(time);
    }
    let ledger = simulator.ledger();
    let evidence = Evidence {
        due: plan.journey.due(is_revised),
        calm: plan.is_calm(),
        part_size: plan.journey.part_size,
        is_scheduled: plan.journey.schedule.is_some(),
        end,
        seen,
        ledger: ledger.payouts,
        conserved: ledger.conserved,
        log: simulator.requests(),
    };
    simulator.stop().await;
    Ok(Played { evidence, kills: u32::try_from(kills)?, questions, is_revised })
}

impl Stage<'_> {
    /// One life of Paydesk.
    async fn live(&mut self, death: Option<Death>, skew: TimeDelta) -> Result<End> {
        let complaints = self.folder.path().join("stderr");
        let mut life = Command::new(std::env::current_exe()?)
            .arg("--live")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&complaints)?)
            .kill_on_drop(true)
            .spawn()?;
        let mut to_it = life.stdin.take().context("it listens")?;
        let mut from_it = BufReader::new(life.stdout.take().context("it speaks")?).lines();
        let (dies_at, mut held, time) = match death {
            Some(Death::Question(question)) => (Some(question), None, None),
            Some(Death::Call(nth, point, _)) => (None, Some(self.simulator.hold(nth, point)), None),
            Some(Death::Creation(nth, _)) => {
                (None, Some(self.simulator.hold_call("POST", "/payout", nth, Point::Arrived)), None)
            }
            Some(Death::Instant(time)) => (None, None, Some(time)),
            None => (None, None, None),
        };
        let birth = Birth {
            folder: self.folder.path().join("data"),
            url: self.simulator.url(),
            shop: self.template.shop.clone(),
            secrets: self.template.secrets.clone(),
            now: self.simulator.clock().now + skew,
            dies_at,
            journey: self.plan.journey.clone(),
        };
        tell(&mut to_it, &birth).await?;

        let mut time_is_up = std::pin::pin!(at(time));
        let end = loop {
            let line = tokio::select! {
                line = from_it.next_line() => line?,
                () = reached(&mut held) => break End::Killed,
                () = &mut time_is_up => break End::Killed,
                () = sleep(PATIENCE) => break End::Failed(Trouble::Stuck("it says nothing more".to_owned())),
            };
            let Some(line) = line else {
                let status = life.wait().await?;
                // Whatever else may have ended it has complained, see below.
                if dies_at.is_some() && !status.success() {
                    break End::Killed;
                }
                break End::Failed(Trouble::Wrong(format!("it ended by itself ({status})")));
            };
            match serde_json::from_str(&line)? {
                Said::Sees(sights) => {
                    self.seen.push((self.simulator.requests().len(), sights));
                    tell(&mut to_it, &()).await?;
                }
                Said::Waits(seconds) => {
                    let now = self.simulator.step(Duration::from_secs(seconds)).now;
                    self.late.retain(|(_, until)| *until > now);
                    tell(&mut to_it, &()).await?;
                }
                Said::AsksSupport => {
                    self.settle_failures()?;
                    tell(&mut to_it, &()).await?;
                }
                Said::Revises => {
                    self.is_revised = true;
                    tell(&mut to_it, &()).await?;
                }
                Said::LooksAtPhone => tell(&mut to_it, &self.simulator.code().code).await?,
                Said::Done(questions) => match timeout(PATIENCE, life.wait()).await {
                    Ok(Ok(status)) if status.success() => break End::Done(questions),
                    _ => break End::Failed(Trouble::Wrong("it was done and did not end".to_owned())),
                },
                Said::Fails(trouble) => break End::Failed(trouble),
            }
        };
        life.kill().await?;
        if let (End::Killed, Some(held), Some(Death::Call(_, _, fate) | Death::Creation(_, fate))) =
            (&end, held, death)
        {
            match fate {
                Fate::Lost => held.lose(),
                Fate::Late(seconds) => {
                    let until = self.simulator.clock().now + Duration::from_secs(seconds);
                    self.late.push((held, until));
                }
            }
        }
        let complaints = fs::read_to_string(complaints)?;
        Ok(if complaints.is_empty() { end } else { End::Failed(Trouble::Wrong(complaints)) })
    }

    /// Nothing fails any more. What has failed is paid after all, if that is what becomes of it.
    fn settle_failures(&self) -> Result<()> {
        self.simulator.set_switches(Switches::default());
        if self.plan.journey.failing.as_ref().is_some_and(|failing| failing.then == Then::PaidAfterAll) {
            for row in self.simulator.ledger().payouts {
                if row.status == PayoutStatus::Failed {
                    self.simulator.change_payout(row.id.parse()?, PayoutStatus::Finished)?;
                }
            }
        }
        Ok(())
    }
}

async fn reached(held: &mut Option<Held>) {
    match held {
        Some(held) => held.reached().await,
        None => pending().await,
    }
}

async fn at(time: Option<Duration>) {
    match time {
        Some(time) => sleep(time).await,
        None => pending().await,
    }
}

/// Says something to a life, which may be over by now.
async fn tell(life: &mut ChildStdin, what: &impl Serialize) -> Result<()> {
    let line = serde_json::to_string(what)? + "\n";
    match life.write_all(line.as_bytes()).await {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
