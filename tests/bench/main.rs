//! Measures Paydesk against baselines that are timed in the same run, and writes what it found as a table.
//!
//! `cargo xtask bench` builds everything in the release profile and runs it.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks to the terminal")]

mod fill;
mod lists;
mod measure;
mod overview;
mod payouts;
mod plans;
mod report;
mod simulator;
mod window;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    overview::Overview,
    payouts::Checked,
    plans::Plan,
    report::{Measured, Report},
    simulator::{Shop, Simulator},
    window::Run,
};

#[derive(Parser)]
#[command(about = "Measures Paydesk against baselines that are timed in the same run")]
struct Arguments {
    /// Where the simulator is
    #[arg(long)]
    simulator: Option<PathBuf>,
    /// Where Paydesk is, in the release profile; without it no window is measured
    #[arg(long)]
    paydesk: Option<PathBuf>,
    /// Measure only this; the other results stay as they are
    #[arg(long)]
    only: Option<Section>,
    /// How many payments the cache is filled with
    #[arg(long, default_value_t = 200_000)]
    fill: u32,
    /// How many payments are cached when lists are read
    #[arg(long, default_value_t = 1_000_000)]
    cached: u32,
    /// How many payouts there are in the file that is checked
    #[arg(long, default_value_t = 1_000_000)]
    payouts: u32,
    /// Where the packages of npm are that read files of payouts; without it no file is checked
    #[arg(long)]
    npm: Option<PathBuf>,
    /// How often Paydesk and an empty window are started
    #[arg(long, default_value_t = 7)]
    starts: u32,
    /// The folder with the pages into which the results are written, between their marks
    #[arg(long)]
    docs: Option<PathBuf>,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What is measured by itself, with its own place in the pages.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// A file of payouts
    Payouts,
    /// Filling the cache, its lists, and the window
    Payments,
    /// The overview
    Overview,
}

impl Section {
    /// How its place in a page is marked.
    fn mark(self) -> &'static str {
        match self {
            Self::Payouts => "payouts",
            Self::Payments => "payments",
            Self::Overview => "overview",
        }
    }
}

/// A part that runs in a process of its own, so that its processor time and its memory are its own.
#[derive(Subcommand)]
enum Part {
    #[command(hide = true)]
    FillPaydesk { shop: String, folder: PathBuf },
    #[command(hide = true)]
    FillBare { pages: PathBuf, folder: PathBuf, like: Option<PathBuf> },
    #[command(hide = true)]
    Lists { shop: String, folder: PathBuf },
    #[command(hide = true)]
    Overview { shop: String, folder: PathBuf },
    #[command(hide = true)]
    Plans { shop: String, folder: PathBuf },
    #[command(hide = true)]
    WritePayouts { file: PathBuf, rows: u32 },
    #[command(hide = true)]
    CheckPaydesk { file: PathBuf, coins: PathBuf },
    #[command(hide = true)]
    CheckBare { file: PathBuf },
    #[command(hide = true)]
    Window { program: PathBuf, data: Option<PathBuf> },
}

/// What a part used.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Used {
    /// Payments that it dealt with.
    pub(crate) payments: u32,
    /// Of the processor's time.
    pub(crate) microseconds: u64,
    /// The most memory there was at once, in bytes.
    pub(crate) memory: u64,
}

impl Used {
    /// All since the processor time was `before`.
    pub(crate) fn since(before: Duration, payments: u32) -> Result<Self> {
        let microseconds = u64::try_from((measure::processor_time()? - before).as_micros())?;
        Ok(Self { payments, microseconds, memory: measure::peak_memory()? })
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match &arguments.part {
        None => all(&arguments).await,
        Some(Part::FillPaydesk { shop, folder }) => {
            say(&fill::paydesk(&serde_json::from_str(shop)?, folder).await?)
        }
        Some(Part::FillBare { pages, folder, like }) => say(&fill::bare(pages, folder, like.as_deref())?),
        Some(Part::Lists { shop, folder }) => {
            say(&lists::measure(&serde_json::from_str(shop)?, folder).await?)
        }
        Some(Part::Overview { shop, folder }) => {
            say(&overview::measure(&serde_json::from_str(shop)?, folder).await?)
        }
        Some(Part::Plans { shop, folder }) => {
            say(&plans::explain(&serde_json::from_str(shop)?, folder).await?)
        }
        Some(Part::WritePayouts { file, rows }) => payouts::write(file, *rows),
        Some(Part::CheckPaydesk { file, coins }) => say(&payouts::paydesk(file, coins)?),
        Some(Part::CheckBare { file }) => say(&payouts::bare(file)?),
        Some(Part::Window { program, data }) => {
            let arguments: &[&str] = if data.is_some() { &["--demo"] } else { &[] };
            say(&window::run(program, data.as_deref(), arguments).await?)
        }
    }
}

async fn all(arguments: &Arguments) -> Result<()> {
    let wanted = |section| arguments.only.is_none_or(|only| only == section);
    if wanted(Section::Payouts) {
        measure_payouts(arguments)?;
    }
    if wanted(Section::Payments) {
        measure_payments(arguments).await?;
    }
    if wanted(Section::Overview) {
        measure_overview(arguments)?;
    }
    Ok(())
}

/// Shows what was measured, and writes it into the page.
fn publish(arguments: &Arguments, section: Section, report: &Report) -> Result<()> {
    let text = report.to_string();
    println!("{text}");
    let Some(docs) = &arguments.docs else { return Ok(()) };
    report::write(&docs.join("benchmarks.md"), section.mark(), &text)
}

fn measure_payouts(arguments: &Arguments) -> Result<()> {
    let Some(npm) = &arguments.npm else { return Ok(()) };
    println!("checking a file of {} payouts", arguments.payouts);
    let folder = tempfile::tempdir()?;
    let coins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src-tauri/core/tests/corpus/coins.json");
    let mut report = Report::default();
    report.payouts(&check_payouts(arguments.payouts, npm, &coins, folder.path())?)?;
    publish(arguments, Section::Payouts, &report)
}

async fn measure_payments(arguments: &Arguments) -> Result<()> {
    let simulator = arguments.simulator.as_deref().context("--simulator says where the simulator is")?;
    let mut report = Report::default();
    let folder = tempfile::tempdir()?;

    println!("filling the cache with {} payments", arguments.fill);
    let running = Simulator::start(simulator, arguments.fill)?;
    let pages = new_folder(folder.path(), "pages")?;
    fill::save_pages(&running.shop, &pages).await?;
    let plain = new_folder(folder.path(), "plain")?;
    let plain: Used = part("fill-bare", &[path(&pages)?, path(&plain)?], &[])?;
    let filled = new_folder(folder.path(), "filled")?;
    let by_paydesk: Used = part("fill-paydesk", &[&json(&running.shop)?, path(&filled)?], &[])?;
    let alike = new_folder(folder.path(), "alike")?;
    let alike: Used = part("fill-bare", &[path(&pages)?, path(&alike)?, path(&filled)?], &[])?;
    for bare in [plain, alike] {
        ensure!(
            bare.payments == by_paydesk.payments,
            "Paydesk has {} of {} payments",
            by_paydesk.payments,
            bare.payments
        );
    }
    report.fill(plain, alike, by_paydesk);
    drop(running);

    println!("filling another with {} payments, for what follows", arguments.cached);
    let running = Simulator::start(simulator, arguments.cached)?;
    let cached = new_folder(folder.path(), "cached")?;
    let shop = json(&running.shop)?;
    let used: Used = part("fill-paydesk", &[&shop, path(&cached)?], &[])?;
    println!("reading lists");
    let lists: Vec<Measured> = part("lists", &[&shop, path(&cached)?], &[])?;
    report.lists(used.payments, lists);
    let plans: Vec<Plan> = part("plans", &[&shop, path(&cached)?], &[])?;

    if let Some(paydesk) = &arguments.paydesk {
        println!("starting Paydesk and an empty window");
        let empty = std::env::current_exe()?.with_file_name("empty-window");
        let (mut of_empty, mut of_paydesk) = (Vec::new(), Vec::new());
        for _ in 0..arguments.starts {
            let binary = |program| Ok::<_, anyhow::Error>(("PAYDESK_BINARY", path(program)?));
            of_empty.push(part::<Run>("window", &[path(&empty)?], &[binary(&empty)?])?);
            let surroundings = [binary(paydesk)?, ("PAYDESK_SIMULATOR", running.line.as_str())];
            of_paydesk.push(part::<Run>("window", &[path(paydesk)?, path(&cached)?], &surroundings)?);
        }
        report.windows(used.payments, of_empty, of_paydesk)?;
    }

    publish(arguments, Section::Payments, &report)?;
    let Some(docs) = &arguments.docs else { return Ok(()) };
    report::write(&docs.join("query-plans.md"), "plans", &report::plans(&plans))
}

/// The overview of a shop with few payments, and of one with many.
fn measure_overview(arguments: &Arguments) -> Result<()> {
    let simulator = arguments.simulator.as_deref().context("--simulator says where the simulator is")?;
    println!("reading the overview of {FEW} and of {} payments", arguments.cached);
    let mut of: Vec<Overview> = Vec::new();
    for payments in [FEW, arguments.cached] {
        let (running, folder) = (Simulator::start(simulator, payments)?, tempfile::tempdir()?);
        let shop = [&json(&running.shop)?, path(folder.path())?];
        part::<Used>("fill-paydesk", &shop, &[])?;
        of.push(part("overview", &shop, &[])?);
    }
    let mut report = Report::default();
    report.overview(&of);
    publish(arguments, Section::Overview, &report)
}

/// The payments of a shop whose overview is compared with that of the one with many.
const FEW: u32 = 10;

/// How often a file is checked by each; the middle one counts.
const CHECKS: u32 = 3;

/// Has the same file checked by each in turn. All must come to the same sums.
fn check_payouts(rows: u32, npm: &Path, coins: &Path, folder: &Path) -> Result<[Vec<Checked>; 3]> {
    let file = folder.join("payouts.csv");
    payouts::write(&file, rows)?;
    let mut all = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..CHECKS {
        let ours: Checked = part("check-paydesk", &[path(&file)?, path(coins)?], &[])?;
        let bare: Checked = part("check-bare", &[path(&file)?], &[])?;
        let output = Command::new("node").arg(npm.join("check.mjs")).arg(&file).output()?;
        ensure!(output.status.success(), "node failed: {}", String::from_utf8_lossy(&output.stderr));
        let theirs: Checked = serde_json::from_slice(&output.stdout)?;
        ensure!(ours.accepted == rows && bare.accepted == rows && theirs.accepted == rows, "rows were lost");
        ensure!(ours.totals == theirs.totals, "Paydesk and npm add up to different sums");
        for (list, checked) in all.iter_mut().zip([theirs, bare, ours]) {
            list.push(checked);
        }
    }
    Ok(all)
}

/// Runs a part of this program in a process of its own, and reads what it says.
fn part<T: DeserializeOwned>(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Result<T> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.arg(name).args(arguments).envs(environment.iter().copied()).output()?;
    ensure!(output.status.success(), "{name} failed: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).with_context(|| format!("{name} said something else"))
}

fn say(result: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(result)?);
    Ok(())
}

fn json(shop: &Shop) -> Result<String> {
    Ok(serde_json::to_string(shop)?)
}

fn new_folder(within: &Path, name: &str) -> Result<PathBuf> {
    let folder = within.join(name);
    std::fs::create_dir(&folder)?;
    Ok(folder)
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("the temporary folder has a name that is no text")
}
