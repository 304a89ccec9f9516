//! The results as tables, and the page that they are written into.

use std::{fmt, fs, path::Path};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::{Used, measure, overview::Overview, payouts::Checked, plans::Plan, window::Run};

/// One list, read by Paydesk and by bare SQLite: the slow end of many readings.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) readings: usize,
    /// In microseconds.
    pub(crate) bare: u64,
    /// In microseconds.
    pub(crate) paydesk: u64,
}

/// What was measured so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    text: String,
}

impl Report {
    /// Checks by npm's packages, by bare crates and by Paydesk.
    pub(crate) fn payouts(&mut self, [npm, bare, ours]: &[Vec<Checked>; 3]) -> Result<()> {
        let rows = ours.first().map_or(0, |checked| checked.accepted);
        self.line(&format!("### A file of {rows} payouts\n"));
        self.line(&format!("The middle one of {} checks each.\n", ours.len()));
        self.line("| | time | Paydesk | to reach | processor time | most memory |");
        self.line("|---|---:|---:|---:|---:|---:|");
        let middle =
            |checks: &[Checked], of: fn(&Checked) -> u64| measure::median(checks.iter().map(of).collect());
        let elapsed = middle(ours, |checked| checked.elapsed)?;
        let mut row = |who: &str, checks: &[Checked], ratio: String, reach: &str| {
            let time = seconds(middle(checks, |checked| checked.elapsed)?);
            let processor = seconds(middle(checks, |checked| checked.used.microseconds)?);
            let memory = middle(checks, |checked| checked.used.memory)? / 1_000_000;
            self.line(&format!("| {who} | {time} | {ratio} | {reach} | {processor} | {memory} MB |"));
            Ok::<_, anyhow::Error>(())
        };
        let faster = hundredths(measure::ratio(middle(npm, |checked| checked.elapsed)?, elapsed));
        row(
            "papaparse, multicoin-address-validator, bignumber.js",
            npm,
            format!("{faster} times as fast"),
            "at least 25 times",
        )?;
        let slower = hundredths(measure::ratio(elapsed, middle(bare, |checked| checked.elapsed)?));
        row("`csv` and bare hash functions", bare, format!("{slower} times as long"), "at most 4 times")?;
        row("Paydesk", ours, String::new(), "at most 150 MB")
    }

    pub(crate) fn fill(&mut self, plain: Used, alike: Used, paydesk: Used) {
        let Used { payments, .. } = paydesk;
        self.line(&format!("### Filling the cache with {payments} payments\n"));
        self.line("| | processor time | Paydesk takes (to reach: at most 2 times) | most memory |");
        self.line("|---|---:|---:|---:|");
        let row = |who: &str, used: Used, ratio: &str| {
            let memory = used.memory / 1_000_000;
            format!("| {who} | {} | {ratio} | {memory} MB |", seconds(used.microseconds))
        };
        let times = |bare: Used| {
            format!("{} times", hundredths(measure::ratio(paydesk.microseconds, bare.microseconds)))
        };
        self.line(&row("`serde_json` and bare SQLite: a table", plain, &times(plain)));
        self.line(&row("the same, with Paydesk's indices and search", alike, &times(alike)));
        self.line(&row("Paydesk", paydesk, ""));
    }

    pub(crate) fn lists(&mut self, cached: u32, lists: Vec<Measured>) {
        self.line(&format!("\n### Lists of {cached} cached payments, 99 of 100 readings within\n"));
        self.line("| | readings | bare SQLite | Paydesk | ratio (to reach: at most 2) |");
        self.line("|---|---:|---:|---:|---:|");
        for Measured { name, readings, bare, paydesk } in lists {
            let ratio = hundredths(measure::ratio(paydesk, bare));
            let (bare, paydesk) = (milliseconds(bare), milliseconds(paydesk));
            self.line(&format!("| {name} | {readings} | {bare} | {paydesk} | {ratio} |"));
        }
    }

    pub(crate) fn overview(&mut self, overviews: &[Overview]) {
        self.line("### The overview, 99 of 100 readings within\n");
        self.line("| payments | in the last 30 days | bare SQLite | Paydesk | ratio |");
        self.line("|---:|---:|---:|---:|---:|");
        for Overview { payments, lately, bare, paydesk } in overviews {
            let ratio = hundredths(measure::ratio(*paydesk, *bare));
            let (bare, paydesk) = (milliseconds(*bare), milliseconds(*paydesk));
            self.line(&format!("| {payments} | {lately} | {bare} | {paydesk} | {ratio} |"));
        }
    }

    pub(crate) fn windows(&mut self, cached: u32, empty: Vec<Run>, paydesk: Vec<Run>) -> Result<()> {
        let usable = |runs: &[Run]| measure::median(runs.iter().map(|run| run.usable).collect());
        let memory = |runs: &[Run]| measure::median(runs.iter().map(|run| run.memory).collect());
        self.line(&format!("\n### The window, with {cached} cached payments\n"));
        self.line(&format!("The middle one of {} starts each.\n", paydesk.len()));
        self.line("| | empty Tauri window | Paydesk | | to reach |");
        self.line("|---|---:|---:|---:|---:|");
        let (bare, ours) = (usable(&empty)?, usable(&paydesk)?);
        let ratio = hundredths(measure::ratio(ours, bare));
        self.line(&format!(
            "| start to usable | {bare} ms | {ours} ms | {ratio} times | at most 1.25 times |"
        ));
        let (bare, ours) = (memory(&empty)? / 1_000_000, memory(&paydesk)? / 1_000_000);
        let more = i128::from(ours) - i128::from(bare);
        self.line(&format!("| memory at rest | {bare} MB | {ours} MB | {more:+} MB | at most +40 MB |"));
        Ok(())
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The statements with their plans.
pub(crate) fn plans(plans: &[Plan]) -> String {
    let plans = plans.iter().map(|Plan { statement, plan }| {
        let plan: Vec<_> = plan.iter().map(|line| format!("    {line}")).collect();
        format!("```text\n{statement}\n\n{}\n```\n", plan.join("\n"))
    });
    plans.collect::<Vec<_>>().join("\n")
}

/// Puts results between their marks in a page, in place of earlier ones.
pub(crate) fn write(page: &Path, mark: &str, results: &str) -> Result<()> {
    let (begin, end) = (format!("<!-- {mark} -->"), format!("<!-- end of {mark} -->"));
    let text = fs::read_to_string(page)?;
    let (before, rest) = text.split_once(&begin).context("the page has no mark where results begin")?;
    let (_, after) = rest.split_once(&end).context("the page has no mark where results end")?;
    Ok(fs::write(page, format!("{before}{begin}\n\n{}\n\n{end}{after}", results.trim()))?)
}

fn seconds(microseconds: u64) -> String {
    format!("{} s", spelled(microseconds, 1_000_000))
}

fn milliseconds(microseconds: u64) -> String {
    format!("{} ms", spelled(microseconds, 1_000))
}

/// Microseconds in the unit of `per` of them, with two decimals.
fn spelled(microseconds: u64, per: u64) -> String {
    hundredths(microseconds * 100 / per)
}

fn hundredths(number: u64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}
