//! Files that come in from outside the window: dropped on it, or given on the command line (also to a second
//! Paydesk, which hands them to the first). Their paths never cross into the window.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use paydesk_core::{Changed, Core, payouts::Opened};
use tauri::{AppHandle, Manager};

/// Files that wait until the window listens.
#[derive(Default)]
pub struct Files {
    waiting: Mutex<Vec<PathBuf>>,
    listening: AtomicBool,
}

impl Files {
    /// Opens what has waited, and from now on nothing waits.
    pub(crate) async fn window_is_ready(&self, core: &Core) {
        self.listening.store(true, Ordering::SeqCst);
        let waiting = std::mem::take(&mut *self.waiting());
        for path in waiting {
            open(core, &path).await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads files as batches of payouts, now or once the window listens.
pub(crate) async fn take(app: &AppHandle, paths: Vec<PathBuf>) {
    let files = app.state::<Files>();
    files.waiting().extend(paths);
    if files.listening.load(Ordering::SeqCst) {
        files.window_is_ready(&app.state::<Core>()).await;
    }
}

async fn open(core: &Core, path: &Path) {
    let opened = match core.shop() {
        Ok(shop) => shop.payouts.open_file(path).await,
        Err(failure) => Err(failure),
    };
    core.announce(match opened {
        Ok(Opened::Batch { batch }) => Changed::Opened { batch: batch.summary.id },
        Ok(Opened::Asks { file }) => Changed::Asks { file: file.id },
        Err(failure) => Changed::NotOpened { failure },
    });
}
