//! What the program is started with: `paydesk [--demo] [--hidden] [FILE…]`. A second Paydesk hands its own to the first.

use std::path::{Path, PathBuf};

use paydesk_core::{Changed, Core};
use tauri::{AppHandle, Manager};

use crate::{Demo, files};

/// Start in the tray, without the window.
pub(crate) const HIDDEN: &str = "--hidden";

/// The arguments, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// Open the demo shop.
    pub(crate) demo: bool,
    /// Start in the tray, without the window: nobody has asked to see it.
    pub(crate) hidden: bool,
    /// Files of payouts to open.
    pub(crate) files: Vec<PathBuf>,
}

impl Arguments {
    /// Reads the arguments of a program that was started in `folder`; the first is the program itself.
    pub(crate) fn read(arguments: impl IntoIterator<Item = String>, folder: &Path) -> Self {
        let (switches, files): (Vec<_>, Vec<_>) =
            arguments.into_iter().skip(1).partition(|argument| argument.starts_with('-'));
        Self {
            demo: switches.iter().any(|switch| switch == "--demo"),
            hidden: switches.iter().any(|switch| switch == HIDDEN),
            files: files.into_iter().map(|file| folder.join(file)).collect(),
        }
    }
}

/// Does what the arguments ask for.
pub(crate) async fn take(app: &AppHandle, arguments: Arguments) {
    if arguments.demo {
        let (core, demo) = (app.state::<Core>(), app.state::<Demo>());
        let opened = match demo.connection().await {
            Ok(connection) => core.open_demo(connection).await.map(drop),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = opened {
            core.announce(Changed::NotOpened { failure });
        }
    }
    files::take(app, arguments.files).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_taken_from_the_folder_that_the_program_was_started_in() {
        let arguments = ["paydesk", "--demo", "a.csv", "/b.csv"].map(str::to_owned);
        let read = Arguments::read(arguments, Path::new("/shop"));
        let files = vec!["/shop/a.csv".into(), "/b.csv".into()];
        assert_eq!(read, Arguments { demo: true, hidden: false, files });
    }

    #[test]
    fn with_the_session_it_starts_hidden() {
        let read = Arguments::read(["paydesk", HIDDEN].map(str::to_owned), Path::new("/"));
        assert_eq!(read, Arguments { demo: false, hidden: true, files: vec![] });
    }
}
