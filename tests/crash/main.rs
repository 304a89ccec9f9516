//! Paydesk's core is started as a process against the simulator and killed: between any two steps, at every call, and
//! at random, while the network fails. Started again as often as it takes, it must have paid every row once by the
//! simulator's books.
//!
//! `cargo xtask crash` builds it and runs all of it.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks to the terminal")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails says so"))]

mod journey;
mod owner;
mod plan;
mod stage;
mod verdict;

use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Parser;
use tokio::task::JoinSet;

use crate::{
    journey::{Again, Journey},
    plan::{Case, Course, Plan, Step},
    stage::{Played, Template},
    verdict::Verdict,
};

#[derive(Parser)]
#[command(about = "Kills Paydesk's core in the middle of payouts, and counts what was paid")]
struct Arguments {
    /// How many seeds are played
    #[arg(default_value_t = 1_000)]
    seeds: u64,
    /// Only each so many-th step is played
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Only this case is played, such as `seed:17` or `code-clock:17`
    #[arg(long)]
    only: Option<Case>,
    /// Has the owner pay everything once more than is owed: each case must fail
    #[arg(long)]
    pay_twice: bool,
    /// Lives one life of Paydesk; told the rest by the one who started it
    #[arg(long, hide = true)]
    live: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.live {
        owner::live()?;
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(&arguments))
}

/// How often it is said how far it is.
const RHYTHM: Duration = Duration::from_secs(10);

async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let template = Arc::new(Template::make().await?);
    let cases = match arguments.only {
        Some(case) => vec![case],
        None => cases(arguments, &template).await?,
    };
    let at_once = 3 * std::thread::available_parallelism()?.get();
    let (mut waiting, mut playing) = (cases.iter().copied(), JoinSet::new());
    let (mut total, begun) = (Total::default(), Instant::now());
    let mut told = begun;
    loop {
        while playing.len() < at_once
            && let Some(case) = waiting.next()
        {
            let (template, mut plan) = (template.clone(), case.plan());
            if arguments.pay_twice {
                plan.journey.again = Again::Mistake;
            }
            playing.spawn(async move { (case, stage::play(&plan, &template).await, plan) });
        }
        let Some(played) = playing.join_next().await else { break };
        let (case, played, plan) = played?;
        total.add(case, played?, &plan);
        if told.elapsed() >= RHYTHM {
            eprintln!("{} of {} played, {} kills", total.played(), cases.len(), thousands(total.kills));
            told = Instant::now();
        }
    }
    let [parts, scheduled, failing, revised] = total.ways.map(thousands);
    eprintln!("{parts} in parts, {scheduled} scheduled, {failing} with rows that fail, {revised} revised");
    eprintln!("{} kills in {} s", thousands(total.kills), begun.elapsed().as_secs());
    println!("{total}");
    Ok(if total.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Every step of each course, and the seeds.
async fn cases(arguments: &Arguments, template: &Template) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for course in Course::ALL {
        let calm = Plan { deaths: Vec::new(), ..Case::Step(course, Step::Clock(0)).plan() };
        let Played { evidence, questions, .. } = stage::play(&calm, template).await?;
        let calls = u64::try_from(evidence.log.len())?;
        for kind in Step::KINDS {
            let count = if matches!(kind(0), Step::Clock(_)) { questions } else { calls };
            cases.extend((0..count).map(|nth| Case::Step(course, kind(nth))));
        }
    }
    let every = usize::try_from(arguments.every)?;
    let mut cases: Vec<Case> = cases.into_iter().step_by(every).collect();
    cases.extend((0..arguments.seeds).map(Case::Seed));
    Ok(cases)
}

/// What came of all.
#[derive(Default)]
struct Total {
    seeds: u32,
    steps: u32,
    kills: u32,
    twice: u32,
    lost: u32,
    stuck: u32,
    unknown: u32,
    unresolved: u32,
    failed: bool,
    /// How many of the journeys were sent in parts, were paid at some time, had rows that fail, and were revised.
    ways: [u32; 4],
}

impl Total {
    fn add(&mut self, case: Case, played: Played, plan: &Plan) {
        match case {
            Case::Seed(_) => self.seeds += 1,
            Case::Step(..) => self.steps += 1,
        }
        let Journey { schedule, failing, .. } = &plan.journey;
        let ways = [plan.journey.parts() > 1, schedule.is_some(), failing.is_some(), played.is_revised];
        for (count, went) in self.ways.iter_mut().zip(ways) {
            *count += u32::from(went);
        }
        let Verdict { twice, lost, stuck, unknown, unresolved, wrong } = played.evidence.judge();
        self.kills += played.kills;
        self.twice += twice;
        self.lost += lost;
        self.stuck += u32::from(stuck);
        self.unknown += unknown;
        self.unresolved += unresolved;
        if !wrong.is_empty() {
            self.failed = true;
            eprintln!("{case} failed (alone: cargo xtask crash --only {case})");
            wrong.iter().for_each(|wrong| eprintln!("  {wrong}"));
            eprintln!("  {plan:?}");
        }
    }

    fn played(&self) -> u32 {
        self.seeds + self.steps
    }
}

impl std::fmt::Display for Total {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [seeds, steps, unknown] = [self.seeds, self.steps, self.unknown].map(thousands);
        let Self { twice, lost, stuck, unresolved, .. } = self;
        write!(f, "{seeds} seeds and {steps} steps: {twice} paid twice, {lost} lost, {stuck} stuck; ")?;
        match unresolved {
            0 => write!(f, "{unknown} unknown, all resolved by looking"),
            _ => write!(f, "{unknown} unknown, {unresolved} not resolved by looking"),
        }
    }
}

fn thousands(number: u32) -> String {
    let digits = number.to_string();
    let mut spelled = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            spelled.push(',');
        }
        spelled.push(digit);
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_spelled_with_commas() {
        let check = |number, spelled| assert_eq!(thousands(number), spelled);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(1_234_567, "1,234,567");
    }
}
