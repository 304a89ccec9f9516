//! Files that come in from outside the window: dropped on it, or given on the command line (also to a second
//! Paydesk, which hands them to the first). Their paths never cross into the window.
//!
//! What is dropped goes to the importer of the screen that is open. Payouts are read at once; a file of subscribers waits
//! until the owner has said to which plan.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use paydesk_core::{Changed, Core, Failure, FailureCode, language::said, payouts::Opened};
use serde::Deserialize;
use specta::Type;
use tauri::{AppHandle, Manager};

/// Files that wait until the window listens, and what is dropped on it.
#[derive(Default)]
pub struct Files {
    waiting: Mutex<Vec<PathBuf>>,
    listening: AtomicBool,
    drops: Mutex<Drops>,
}

/// Who takes what is dropped on the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DropTarget {
    /// The importer of payouts.
    #[default]
    Payouts,
    /// The importer of subscribers.
    Subscribers,
}

#[derive(Default)]
struct Drops {
    target: DropTarget,
    /// The file of subscribers that was dropped last.
    subscribers: Option<PathBuf>,
}

impl Files {
    /// From now on what is dropped goes to `target`. What it has not read by then is forgotten.
    pub(crate) fn aim_drops(&self, target: DropTarget) {
        *self.drops() = Drops { target, subscribers: None };
    }

    /// The file of subscribers that was dropped last.
    pub(crate) fn dropped_subscribers(&self) -> Result<PathBuf, Failure> {
        self.drops().subscribers.clone().ok_or_else(|| {
            Failure::new(
                FailureCode::Stale,
                said!(
                    en: "The file that was dropped is not at hand any more. Drop it again.",
                    de: "Die hineingezogene Datei ist nicht mehr zur Hand. Ziehen Sie sie noch einmal hierher.",
                ),
            )
        })
    }

    /// Keeps the first of the files that were dropped, if they are for the importer of subscribers, and says so.
    fn keep_dropped(&self, paths: &[PathBuf]) -> Option<Changed> {
        let mut drops = self.drops();
        let first = paths.first().filter(|_| drops.target == DropTarget::Subscribers)?;
        drops.subscribers = Some(first.clone());
        let name = first.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Some(Changed::Dropped { name, only_first: paths.len() > 1 })
    }

    fn drops(&self) -> MutexGuard<'_, Drops> {
        self.drops.lock().unwrap_or_else(PoisonError::into_inner)
    }

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

/// Hands what was dropped on the window to the importer of the screen that is open.
pub(crate) async fn take_dropped(app: &AppHandle, paths: Vec<PathBuf>) {
    match app.state::<Files>().keep_dropped(&paths) {
        Some(dropped) => app.state::<Core>().announce(dropped),
        None => take(app, paths).await,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_goes_to_the_importer_of_the_screen_that_is_open() {
        let files = Files::default();
        let club = Path::new("/there/club.csv").to_owned();
        let only = std::slice::from_ref(&club);
        assert_eq!(files.keep_dropped(only), None, "payouts take what nobody else wants");

        files.aim_drops(DropTarget::Subscribers);
        assert_eq!(files.dropped_subscribers().unwrap_err().code, FailureCode::Stale);
        let dropped = |only_first| Changed::Dropped { name: "club.csv".to_owned(), only_first };
        assert_eq!(files.keep_dropped(only), Some(dropped(false)));
        assert_eq!(files.keep_dropped(&[club.clone(), "/there/more.csv".into()]), Some(dropped(true)));
        // It can be read again, for another plan.
        for _ in 0..2 {
            assert_eq!(files.dropped_subscribers().unwrap(), club);
        }
        files.aim_drops(DropTarget::Payouts);
        assert!(files.dropped_subscribers().is_err(), "the screen was left");
        assert_eq!(files.keep_dropped(only), None);
    }
}
