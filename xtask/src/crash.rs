//! `cargo xtask crash`: the core is killed at every step and over many seeds, far more than the gate has time for.

use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use crate::step::{self, built, cargo};

/// Builds the crash test and runs it; `arguments` go to it. Returns the line that it ends with.
pub(crate) fn run(arguments: &[&str]) -> Result<String> {
    step::run("build", &mut cargo(["build", "--package", "paydesk-crash-tests"]))?;
    println!("killing Paydesk");
    let mut crash = Command::new(built("paydesk-crash"));
    // How far it is, and what has failed, is said on the other channel.
    let output = crash.args(arguments).stderr(Stdio::inherit()).output()?;
    let last_line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    ensure!(output.status.success(), "{last_line}");
    Ok(last_line)
}
