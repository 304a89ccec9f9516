//! One step of a command: it is named when it begins, timed, and shows what it printed only when it fails.

use std::{
    env,
    fs::{self, File},
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};

/// How many of the last lines of a failed step are shown.
const SHOWN: usize = 300;
/// How often a step that goes on says so.
const ON_A_TERMINAL: Duration = Duration::from_millis(500);
const IN_A_LOG: Duration = Duration::from_secs(10);
/// How wide the line may get that says what a step is at.
const WIDTH: usize = 78;

/// The repository, which is where every command runs.
pub(crate) fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    PathBuf::from(package).parent().map(Path::to_owned).unwrap_or_default()
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// A program that cargo has built in the dev profile.
pub(crate) fn built(name: &str) -> PathBuf {
    target().join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX))
}

/// `cargo` with these arguments.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments);
    command
}

/// `npm` with these arguments.
pub(crate) fn npm<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments);
    command
}

/// Runs a command as a step and returns what it printed.
///
/// Its output goes to a file and not through a pipe, so that a program it may leave behind cannot hold the step up.
pub(crate) fn run(label: &str, command: &mut Command) -> Result<String> {
    let log = log_file(label)?;
    let file = File::create(&log)?;
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .env("CARGO_TERM_COLOR", "never")
        .env("NO_COLOR", "1")
        .env("TERM", "dumb")
        .env_remove("FORCE_COLOR");
    begin(label)?;
    let begun = Instant::now();
    let mut said_so = begun;
    let mut child = command.spawn().with_context(|| format!("cannot run {:?}", command.get_program()))?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(50));
        let rhythm = if io::stdout().is_terminal() { ON_A_TERMINAL } else { IN_A_LOG };
        if said_so.elapsed() >= rhythm {
            say_alive(label, begun, &log)?;
            said_so = Instant::now();
        }
    };
    let output = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    end(label, begun, status.success());
    if !status.success() {
        println!("{}", last_lines(&output, SHOWN));
        bail!("{} ({status}; all it printed is in {})", said(command), log.display());
    }
    Ok(output)
}

/// Runs a command as a step that prints as it goes, and may ask.
pub(crate) fn run_aloud(label: &str, command: &mut Command) -> Result<()> {
    println!("{label}");
    let status = command.status().with_context(|| format!("cannot run {:?}", command.get_program()))?;
    succeed(command, status)
}

/// Runs a check of our own as a step.
pub(crate) fn check(label: &str, check: impl FnOnce() -> Result<()>) -> Result<()> {
    begin(label)?;
    let begun = Instant::now();
    let result = check();
    end(label, begun, result.is_ok());
    result.map_err(|found| {
        println!("{found:#}");
        anyhow!("see above")
    })
}

/// What a command prints, when it can be run and succeeds.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A span of time in words.
pub(crate) fn spell(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{seconds}.{} s", time.subsec_millis() / 100),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

fn succeed(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("{} ({status})", said(command));
    }
    Ok(())
}

fn said(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    format!("`{}` failed", words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" "))
}

fn log_file(label: &str) -> Result<PathBuf> {
    let folder = target().join("xtask");
    fs::create_dir_all(&folder)?;
    // Without the count before it: `[3/16] clippy`.
    let name = label.rsplit("] ").next().unwrap_or(label);
    Ok(folder.join(name.replace(|c: char| !c.is_ascii_alphanumeric(), "-")).with_extension("log"))
}

fn begin(label: &str) -> Result<()> {
    print!("{label} … ");
    Ok(io::stdout().flush()?)
}

/// Shows what a step is at, or in a log only that it goes on.
fn say_alive(label: &str, begun: Instant, log: &Path) -> Result<()> {
    if io::stdout().is_terminal() {
        let output = String::from_utf8_lossy(&fs::read(log)?).into_owned();
        let at = output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let line = format!("{label} … {}  {}", spell(begun.elapsed()), at.trim());
        print!("\r\x1b[2K{}", line.chars().take(WIDTH).collect::<String>());
    } else {
        print!(".");
    }
    Ok(io::stdout().flush()?)
}

fn end(label: &str, begun: Instant, good: bool) {
    if io::stdout().is_terminal() {
        print!("\r\x1b[2K{label} … ");
    }
    println!("{} {}", if good { "ok" } else { "FAILED" }, spell(begun.elapsed()));
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_spelled_as_a_person_would_say_it() {
        let check = |millis, words| assert_eq!(spell(Duration::from_millis(millis)), words);
        check(0, "0.0 s");
        check(1_480, "1.4 s");
        check(59_999, "59 s");
        check(60_000, "1 min 0 s");
        check(723_000, "12 min 3 s");
    }

    #[test]
    fn a_failed_step_shows_the_end_of_what_it_printed() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("a", 2), "a");
    }

    #[test]
    fn a_step_returns_what_the_command_printed_on_both_channels() {
        let output = run("xtask-test-good", cargo(["--version"]).stdin(Stdio::null())).unwrap();
        assert!(output.starts_with("cargo "), "{output}");
        let failure = run("xtask-test-bad", &mut cargo(["no-such-command-of-cargo"])).unwrap_err();
        assert!(failure.to_string().starts_with("`cargo no-such-command-of-cargo` failed"), "{failure}");
    }
}
