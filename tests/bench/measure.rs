//! What is measured: processor time, memory, and the slow end of many timings.

use std::{fmt::Display, fs, time::Duration};

use anyhow::{Context, Result};

/// Linux counts the time of programs in hundredths of a second, whatever its own clock does (`proc(5)`).
pub(crate) const TICKS: u64 = 100;

/// The processor time that this process has used so far, in all its threads, those that have ended included.
pub(crate) fn processor_time() -> Result<Duration> {
    let fields = stat("self")?;
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).context("no times");
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 1000 / TICKS))
}

/// The fields of a process's `/proc/…/stat` from the state on, which is the third.
pub(crate) fn stat(process: impl Display) -> Result<Vec<String>> {
    let stat =
        fs::read_to_string(format!("/proc/{process}/stat")).context("processes are read on Linux only")?;
    // The name of the program, in brackets, may hold spaces.
    let (_, fields) = stat.rsplit_once(')').context("/proc/…/stat has no name")?;
    Ok(fields.split_whitespace().map(str::to_owned).collect())
}

/// The most memory that this process has had at once, in bytes.
pub(crate) fn peak_memory() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no peak of memory")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

/// The time that 99 of 100 were faster than, in microseconds.
pub(crate) fn slow(mut times: Vec<Duration>) -> Result<u64> {
    times.sort_unstable();
    let at = (times.len() * 99).div_ceil(100);
    let slow = at.checked_sub(1).and_then(|at| times.get(at)).context("nothing was timed")?;
    Ok(u64::try_from(slow.as_micros())?)
}

/// The middle one.
pub(crate) fn median(mut numbers: Vec<u64>) -> Result<u64> {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().context("nothing was measured")
}

/// How many times the second is in the first, in hundredths.
pub(crate) fn ratio(first: u64, second: u64) -> u64 {
    first.saturating_mul(100) / second.max(1)
}
