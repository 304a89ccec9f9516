//! The gates: what must hold before a change is good. The cheap ones come first, and the first that fails ends the run.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{
    files,
    setup::{self, Need},
    step::{self, built, cargo, npm},
};

/// A module that the bridge's tests need; with it in every build cargo compiles Tauri once for all of them.
const FEATURES: [&str; 2] = ["--features", "tauri/test"];

/// What the app and its tests are built from: always the same packages, for cargo to resolve the same features, so
/// that what one gate has compiled serves the next. The window tests and the bench stay apart, for they know the app only from
/// outside, and their libraries must not give it features that it would not have in a release.
const APP: [&str; 5] = ["--workspace", "--exclude", "paydesk-window-tests", "--exclude", "paydesk-bench"];

/// Something that must hold.
struct Gate {
    name: &'static str,
    says: &'static str,
    needs: &'static [Need],
    /// The gates whose work it builds upon.
    after: &'static [&'static str],
    work: Work,
}

enum Work {
    /// A command succeeds.
    Command(fn() -> Command),
    /// A check of our own finds nothing.
    Check(fn() -> Result<()>),
}

const GATES: &[Gate] = &[
    Gate {
        name: "locks",
        says: "the lock files name the public registries and nothing else",
        needs: &[],
        after: &[],
        work: Work::Check(files::lock_files),
    },
    Gate {
        name: "paths",
        says: "no tracked file holds a path of somebody's machine",
        needs: &[],
        after: &[],
        work: Work::Check(files::paths),
    },
    Gate {
        name: "messages",
        says: "every language has the same messages, with the same placeholders",
        needs: &[],
        after: &[],
        work: Work::Check(files::messages),
    },
    Gate {
        name: "fmt",
        says: "cargo fmt --check",
        needs: &[Need::RustTools],
        after: &[],
        work: Work::Command(|| cargo(["fmt", "--all", "--check"])),
    },
    Gate {
        name: "prettier",
        says: "prettier --check",
        needs: &[Need::Node],
        after: &[],
        work: Work::Command(|| ui("format:check")),
    },
    Gate {
        name: "eslint",
        says: "eslint",
        needs: &[Need::Node],
        after: &[],
        work: Work::Command(|| ui("lint")),
    },
    Gate {
        name: "svelte-check",
        says: "svelte-check, which is TypeScript's compiler too",
        needs: &[Need::Node],
        after: &[],
        work: Work::Command(|| ui("check")),
    },
    Gate {
        name: "knip",
        says: "knip: no file, export or package of the UI is unused",
        needs: &[Need::Node],
        after: &[],
        work: Work::Command(|| ui("knip")),
    },
    Gate {
        name: "vitest",
        says: "the UI's own tests",
        needs: &[Need::Node],
        after: &[],
        work: Work::Command(|| ui("test")),
    },
    Gate {
        name: "ui",
        says: "the UI builds",
        needs: &[Need::Node],
        after: &[],
        work: Work::Command(|| ui("build")),
    },
    Gate {
        name: "clippy",
        says: "cargo clippy, where a warning is an error",
        needs: &[Need::Window, Need::RustTools],
        after: &["ui"],
        work: Work::Command(|| {
            cargo(
                ["clippy", "--workspace", "--all-targets"]
                    .into_iter()
                    .chain(FEATURES)
                    .chain(["--", "-D", "warnings"]),
            )
        }),
    },
    Gate {
        name: "doc",
        says: "cargo doc, where a warning is an error",
        needs: &[Need::Window],
        after: &["ui"],
        work: Work::Command(|| {
            let mut doc = cargo(["doc", "--workspace", "--no-deps", "--lib"].into_iter().chain(FEATURES));
            doc.env("RUSTDOCFLAGS", "-D warnings");
            doc
        }),
    },
    Gate {
        name: "deny",
        says: "cargo deny: licences, sources, wildcards",
        needs: &[Need::Deny],
        after: &[],
        work: Work::Command(|| {
            let mut deny = setup::deny();
            deny.args(["--workspace", "--all-features", "check", "bans", "licenses", "sources"]);
            deny
        }),
    },
    Gate {
        name: "test",
        says: "the Rust tests without a window, and that the UI's bindings are those of the shell",
        needs: &[Need::Window],
        after: &["ui"],
        work: Work::Command(|| cargo(["test", "--no-fail-fast"].into_iter().chain(APP).chain(FEATURES))),
    },
    Gate {
        name: "app",
        says: "Paydesk and its simulator build",
        needs: &[Need::Window],
        after: &["ui"],
        work: Work::Command(|| cargo(["build", "--exclude", "xtask"].into_iter().chain(APP).chain(FEATURES))),
    },
    Gate {
        name: "window",
        says: "the tests that drive the real window",
        needs: &[Need::Desktop],
        after: &["app"],
        work: Work::Command(|| {
            let mut test = window_tests();
            test.arg("--no-fail-fast");
            test
        }),
    },
];

/// Runs the gates that the arguments ask for, and returns the closing words.
pub(crate) fn test(arguments: &[&str]) -> Result<String> {
    let (options, names): (Vec<&str>, Vec<&str>) = arguments.iter().partition(|word| word.starts_with('-'));
    if let Some(unknown) = options.iter().find(|option| !["--list", "--verbose"].contains(option)) {
        bail!("there is no option {unknown}; see `cargo xtask help`");
    }
    let gates = select(&names)?;
    if options.contains(&"--list") {
        for gate in &gates {
            println!("{:<14}{}", gate.name, gate.says);
        }
        return Ok(format!("{} gates listed", gates.len()));
    }
    let needs: Vec<Need> = gates.iter().flat_map(|gate| gate.needs).copied().collect();
    setup::set_up(&needs)?;
    let verbose = options.contains(&"--verbose");
    for (passed, gate) in gates.iter().enumerate() {
        let label = format!("[{}/{}] {}", passed + 1, gates.len(), gate.name);
        if let Err(error) = pass(gate, &label, verbose) {
            println!("{passed} passed, 1 failed, {} not run", gates.len() - passed - 1);
            return Err(
                error.context(format!("the gate {0} failed (alone: cargo xtask test {0})", gate.name))
            );
        }
    }
    if names.is_empty() && !cfg!(target_os = "linux") {
        println!("the window tests need Linux and were not run");
    }
    println!("{} passed, 0 failed", gates.len());
    Ok(match names.as_slice() {
        [] => format!("all {} gates passed", gates.len()),
        _ => format!("{} passed", gates.iter().map(|gate| gate.name).collect::<Vec<_>>().join(", ")),
    })
}

/// Builds what `demo` and `tour` show.
pub(crate) fn build_app() -> Result<()> {
    setup::set_up(&[Need::Window, Need::Node])?;
    for gate in select(&["app"])? {
        pass(gate, gate.says, false)?;
    }
    Ok(())
}

/// `cargo test` for the window tests, which are told where the programs are that they drive.
pub(crate) fn window_tests() -> Command {
    let mut test = cargo(["test", "--package", "paydesk-window-tests"]);
    test.env("PAYDESK_BINARY", built("paydesk")).env("SIMULATOR_BINARY", built("nowpayments-simulator"));
    test
}

/// Writes the bindings anew.
pub(crate) fn write_bindings() -> Result<String> {
    setup::set_up(&[Need::Window, Need::Node])?;
    for gate in select(&["ui"])? {
        pass(gate, gate.says, false)?;
    }
    let mut write =
        cargo(["test", "--test", "bridge"].into_iter().chain(APP).chain(FEATURES).chain(["bindings"]));
    step::run("bindings", write.env("PAYDESK_WRITE_BINDINGS", "1"))?;
    Ok("ui/src/bridge/bindings.ts was written".to_owned())
}

/// The gates of these names and those that they build upon; all of them when none is named.
fn select(names: &[&str]) -> Result<Vec<&'static Gate>> {
    let mut wanted = names.to_vec();
    let mut next = 0;
    while let Some(name) = wanted.get(next) {
        let gate = GATES.iter().find(|gate| gate.name == *name);
        let gate = gate.with_context(|| format!("there is no gate {name}; see `cargo xtask test --list`"))?;
        wanted.extend(gate.after);
        next += 1;
    }
    Ok(GATES
        .iter()
        .filter(|gate| names.is_empty() || wanted.contains(&gate.name))
        .filter(|gate| cfg!(target_os = "linux") || !gate.needs.contains(&Need::Desktop))
        .collect())
}

fn pass(gate: &Gate, label: &str, verbose: bool) -> Result<()> {
    match gate.work {
        Work::Check(check) => step::check(label, check),
        Work::Command(command) if verbose => step::run_aloud(label, &mut command()),
        Work::Command(command) => {
            for line in results(&step::run(label, &mut command())?) {
                println!("      {line}");
            }
            Ok(())
        }
    }
}

fn ui(script: &str) -> Command {
    npm(["run", "--silent", "--workspace", "ui", script])
}

/// The lines in which test runners say how many tests passed, without those of empty suites.
fn results(output: &str) -> impl Iterator<Item = &str> {
    output
        .lines()
        .map(str::trim)
        .filter(|line| ["test result:", "Test Files ", "Tests "].iter().any(|start| line.starts_with(start)))
        .filter(|line| !line.starts_with("test result: ok. 0 passed; 0 failed; 0 ignored"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(gates: &[&Gate]) -> Vec<&'static str> {
        gates.iter().map(|gate| gate.name).collect()
    }

    #[test]
    fn without_a_name_every_gate_runs() {
        let all = select(&[]).unwrap();
        assert!(all.len() >= GATES.len() - 1, "only the window tests may be left out: {:?}", names(&all));
    }

    #[test]
    fn a_named_gate_runs_after_those_that_it_builds_upon() {
        let check =
            |wanted: &[&str], expected: &[&str]| assert_eq!(names(&select(wanted).unwrap()), expected);
        check(&["fmt"], &["fmt"]);
        check(&["clippy"], &["ui", "clippy"]);
        check(&["clippy", "fmt"], &["fmt", "ui", "clippy"]);
        if cfg!(target_os = "linux") {
            check(&["window"], &["ui", "app", "window"]);
        }
    }

    #[test]
    fn a_gate_that_does_not_exist_is_refused() {
        assert!(select(&["flippy"]).is_err());
        assert!(test(&["--flippy"]).is_err());
    }

    #[test]
    fn names_are_unique_and_a_gate_builds_only_upon_earlier_ones() {
        for (at, gate) in GATES.iter().enumerate() {
            let earlier: Vec<&str> = GATES[..at].iter().map(|gate| gate.name).collect();
            assert!(!earlier.contains(&gate.name), "{} twice", gate.name);
            assert!(gate.after.iter().all(|name| earlier.contains(name)), "{} comes too early", gate.name);
        }
    }

    #[test]
    fn the_results_of_test_runners_are_shown_and_empty_suites_are_not() {
        let output = "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured\n\
                      test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured\n\
                      \x20Test Files  3 passed (3)\n      Tests  41 passed (41)\n   Duration  3 s\n";
        let shown: Vec<&str> = results(output).collect();
        assert_eq!(
            shown,
            [
                "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured",
                "Test Files  3 passed (3)",
                "Tests  41 passed (41)"
            ]
        );
    }
}
