//! `cargo xtask bench`: everything that is measured, built in the release profile and run on this computer.

use std::process::Command;

use anyhow::Result;

use crate::{
    setup::{self, Need},
    step::{self, cargo, npm, target},
};

/// Where the pages are that show the results.
const DOCS: &str = "docs";

/// Where the program for Node is that files of payouts are read with for comparison.
const NPM: &str = "tests/bench/npm-baseline";

/// Builds and measures, all or only `payouts`, `payments` or `overview`; further `arguments` go to the program that measures.
pub(crate) fn run(arguments: &[&str]) -> Result<String> {
    let (only, arguments) = match arguments.split_first() {
        Some((section, rest)) if !section.starts_with('-') => (Some(*section), rest),
        _ => (None, arguments),
    };
    let only_payouts = only == Some("payouts");
    setup::set_up(&[Need::Window, Need::Node, Need::Desktop])?;
    if !only_payouts {
        step::run("ui", &mut npm(["run", "--silent", "--workspace", "ui", "build"]))?;
    }
    step::run("npm", &mut npm(["ci", "--silent", "--no-audit", "--no-fund", "--prefix", NPM]))?;
    let mut build = cargo(["build", "--release"]);
    let window = ["paydesk", "nowpayments-simulator"].into_iter().filter(|_| !only_payouts);
    for package in window.chain(["paydesk-bench"]) {
        build.args(["--package", package]);
    }
    step::run("release build", &mut build)?;
    let programs = target().join("release");
    let mut bench = Command::new(programs.join("paydesk-bench"));
    bench.arg("--simulator").arg(programs.join("nowpayments-simulator"));
    bench.arg("--paydesk").arg(programs.join("paydesk")).args(["--docs", DOCS, "--npm", NPM]);
    if let Some(only) = only {
        bench.args(["--only", only]);
    }
    step::run_aloud("measuring; leave the computer alone", bench.args(arguments))?;
    Ok("docs/benchmarks.md and docs/query-plans.md were written".to_owned())
}
