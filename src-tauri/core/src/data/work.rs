//! Work that takes its time: how far it is, and whether it shall stop.

use std::{
    fmt,
    io::{self, Read},
    sync::Arc,
};

use tokio_util::sync::CancellationToken;

use crate::{failure::Failure, language::said};

/// Whoever waits for long work: is told how far it is, and may stop it. Cheap to clone.
#[derive(Clone)]
pub struct Work {
    stop: CancellationToken,
    tell: Arc<dyn Fn(u64, u64) + Send + Sync>,
}

impl Work {
    /// Work that ends soon after `stop` is cancelled. `tell` hears how much of how much is done, of no certain unit.
    pub fn new(stop: CancellationToken, tell: impl Fn(u64, u64) + Send + Sync + 'static) -> Self {
        Self { stop, tell: Arc::new(tell) }
    }

    pub(crate) fn progress(&self, done: u64, total: u64) {
        (self.tell)(done, total);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// The failure of what was stopped.
    ///
    /// # Errors
    /// When it was.
    pub(crate) fn go_on(&self) -> Result<(), Failure> {
        match self.is_stopped() {
            true => Err(stopped()),
            false => Ok(()),
        }
    }

    /// The token that stops it.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.stop
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("stopped", &self.is_stopped()).finish_non_exhaustive()
    }
}

fn stopped() -> Failure {
    Failure::other(said!(
        en: "It was stopped. Nothing was changed.",
        de: "Es wurde abgebrochen. Es wurde nichts geändert.",
    ))
}

/// Reads on until the work is stopped, and tells how far it is: so much of `total`, from `done` on.
pub(crate) struct Watched<'a, R> {
    pub(crate) from: R,
    pub(crate) work: &'a Work,
    pub(crate) done: u64,
    pub(crate) total: u64,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.work.is_stopped() {
            return Err(io::Error::other("stopped"));
        }
        let read = self.from.read(into)?;
        self.done += read as u64;
        self.work.progress(self.done, self.total);
        Ok(read)
    }
}
