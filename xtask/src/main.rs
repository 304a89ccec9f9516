//! Paydesk's own commands, run as `cargo xtask …`. Each sets up what it needs, says what it does, and ends in one
//! line that says how it went.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks to the terminal")]

mod bench;
mod crash;
mod demo;
mod files;
mod gates;
mod icons;
mod setup;
mod step;

use std::{process::ExitCode, time::Instant};

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask demo              set up what is missing, build, and open Paydesk on the demo shop
cargo xtask test              set up what is missing and run every gate
cargo xtask test NAME...      run some gates, and those that they build upon
cargo xtask test --list       name the gates
cargo xtask test --verbose    show all that the gates print
cargo xtask tour              leave numbered pictures of the demo shop in target/tour
cargo xtask pictures          take the tour and keep its pictures in docs/pictures
cargo xtask bench [PART]      measure Paydesk, or only `payouts`, `payments` or `overview`, and write docs/benchmarks.md anew
cargo xtask crash [SEEDS]     kill Paydesk at every step and over 1,000 seeds, and count what was paid
cargo xtask setup             only set up
cargo xtask bindings          write ui/src/bridge/bindings.ts anew from the shell's commands
cargo xtask icons             write icons/ anew from icons/paydesk.svg
cargo xtask help              this";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(last_line) => {
            println!("{last_line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("paydesk: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Does what was asked for, and returns the closing line.
fn run(arguments: &[String]) -> Result<String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    std::env::set_current_dir(step::root())?;
    let begun = Instant::now();
    let done = match arguments.as_slice() {
        ["demo"] => demo::open()?,
        ["test", rest @ ..] => gates::test(rest)?,
        ["tour"] => demo::tour()?,
        ["pictures"] => demo::pictures()?,
        ["bench", rest @ ..] => bench::run(rest)?,
        ["crash", rest @ ..] => return crash::run(rest),
        ["setup"] => {
            setup::set_up(setup::Need::ALL)?;
            "everything is set up".to_owned()
        }
        ["bindings"] => gates::write_bindings()?,
        ["icons"] => icons::write()?,
        [] | ["help" | "--help" | "-h"] => return Ok(HELP.to_owned()),
        [other, ..] => bail!("there is no `cargo xtask {other}` of that form; see `cargo xtask help`"),
    };
    Ok(format!("paydesk: {done} in {}", step::spell(begun.elapsed())))
}
