//! The window: from the start of the program until it can be used, and the memory that it takes at rest; of Paydesk, and of a
//! Tauri window with nothing in it. Both are driven through WebKitWebDriver on a desktop of their own.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use paydesk_window_tests::{Desktop, Keychain, Window, wait_for};
use serde::{Deserialize, Serialize};

use crate::measure::{TICKS, stat};

/// How long a window is left alone before its memory is looked at.
const REST: Duration = Duration::from_secs(15);

/// What one run of a program showed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Milliseconds from its start until it could be used.
    pub(crate) usable: u64,
    /// Bytes that it and its children have at rest; what several of them share is counted once.
    pub(crate) memory: u64,
}

/// Runs `program`, which the environment names to the window tests, too. Its data is in `data`.
pub(crate) async fn run(program: &Path, data: Option<&Path>, arguments: &[&str]) -> Result<Run> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    if let Some(data) = data {
        std::os::unix::fs::symlink(data, desktop.home().join("data/app.paydesk.desktop"))?;
    }
    let window = Window::open(&desktop, None, arguments).await?;
    let usable = wait_for("a window that can be used", async || {
        let usable = "const [mark] = performance.getEntriesByName('usable');
            return mark ? Math.round(performance.timeOrigin + mark.startTime) : null";
        Ok(window.run(usable).await?.as_u64())
    })
    .await?;
    let id = process(program)?;
    let started = started(id)?;
    tokio::time::sleep(REST).await;
    let memory = memory(id)?;
    window.close().await?;
    Ok(Run { usable: usable.saturating_sub(started), memory })
}

/// The process that runs a program.
fn process(program: &Path) -> Result<u32> {
    let program = program.canonicalize()?;
    let runs = |folder: &PathBuf| fs::read_link(folder.join("exe")).is_ok_and(|exe| exe == program);
    let process = processes()?.into_iter().find(|id| runs(&PathBuf::from(format!("/proc/{id}"))));
    process.with_context(|| format!("{} does not run", program.display()))
}

fn processes() -> Result<Vec<u32>> {
    let entries = fs::read_dir("/proc")?.filter_map(Result::ok);
    Ok(entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}

/// When a process has started, in milliseconds since 1970.
fn started(id: u32) -> Result<u64> {
    let fields = stat(id)?;
    let ticks: u64 = fields.get(19).context("no time of its start")?.parse()?;
    let uptime = fs::read_to_string("/proc/uptime")?;
    let now = u64::try_from(chrono::Utc::now().timestamp_millis())?;
    let up = uptime.split_whitespace().next().context("no uptime")?.replace('.', ""); // hundredths of a second
    Ok(now - up.parse::<u64>()? * 10 + ticks * 1000 / TICKS)
}

/// The memory of a process and all below it, in bytes: of a page that several have, each has its part (`Pss`).
fn memory(id: u32) -> Result<u64> {
    let mut family = vec![id];
    let mut at = 0;
    let all: Vec<(u32, u32)> =
        processes()?.into_iter().filter_map(|id| Some((id, stat(id).ok()?.get(1)?.parse().ok()?))).collect();
    while let Some(parent) = family.get(at).copied() {
        family.extend(all.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
        at += 1;
    }
    family.into_iter().map(proportional).sum()
}

fn proportional(id: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}
