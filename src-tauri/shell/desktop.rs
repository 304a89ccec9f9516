//! What the desktop does for the owner outside the window: file dialogs, the browser, notifications, starting with the
//! session. The window itself may do none of it.

use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use paydesk_core::Failure;
use paydesk_core::language::{said, words};
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri::AppHandle;
use tauri_plugin_dialog::DialogExt;
use tauri_plugin_opener::OpenerExt;

use crate::{autostart, notify};

type Choose = dyn Fn(Wanted) -> BoxFuture<'static, Option<PathBuf>> + Send + Sync;
type Name = dyn Fn(String) -> BoxFuture<'static, Option<PathBuf>> + Send + Sync;
type Open = dyn Fn(&str) -> Result<(), String> + Send + Sync;
type Reveal = dyn Fn(&Path) -> Result<(), String> + Send + Sync;
type Tell = dyn Fn(&str, &str) + Send + Sync;
type Ask = dyn Fn() -> Result<bool, String> + Send + Sync;
type Do = dyn Fn() -> Result<(), String> + Send + Sync;

/// What the owner is to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A file of payouts.
    Payouts,
    /// A picture.
    Picture,
    /// A backup of a shop.
    Backup,
}

impl Wanted {
    /// What the dialog calls such files, and how their names end.
    fn files(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Payouts => ("CSV, Excel", &["csv", "tsv", "txt", "xlsx"]),
            Self::Backup => ("Paydesk", &["paydesk"]),
            Self::Picture => ("PNG, JPEG, WebP", &["png", "jpg", "jpeg", "webp"]),
        }
    }
}

/// Whether Paydesk starts with the owner's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Autostart {
    /// It does.
    pub on: bool,
}

/// The desktop, as functions, so that tests can stand in for the owner.
pub struct Desktop {
    /// Lets the owner choose a file to read.
    pub choose: Box<Choose>,
    /// Lets the owner name a file to write; a name is suggested.
    pub name: Box<Name>,
    /// Opens an address in the browser.
    pub open: Box<Open>,
    /// Shows a file in its folder.
    pub reveal: Box<Reveal>,
    /// Shows a notification: its title and its text.
    pub tell: Box<Tell>,
    /// Whether Paydesk starts with the session.
    pub starts: Box<Ask>,
    /// Has it start with the session.
    pub start: Box<Do>,
    /// Has it not start with the session.
    pub no_start: Box<Do>,
}

impl Desktop {
    pub(crate) fn native(app: &AppHandle) -> Self {
        let (chooser, namer, opener, teller) = (app.clone(), app.clone(), app.clone(), app.clone());
        let revealer = app.clone();
        let (starts, start, no_start) = (app.clone(), app.clone(), app.clone());
        Self {
            choose: Box::new(move |wanted: Wanted| {
                let (send, receive) = tokio::sync::oneshot::channel();
                let (kind, endings) = wanted.files();
                chooser.dialog().file().add_filter(kind, endings).pick_file(|path| {
                    let _ = send.send(path);
                });
                Box::pin(async { receive.await.ok().flatten()?.into_path().ok() })
            }),
            name: Box::new(move |suggestion| {
                let (send, receive) = tokio::sync::oneshot::channel();
                namer.dialog().file().set_file_name(suggestion).save_file(|path| {
                    let _ = send.send(path);
                });
                Box::pin(async { receive.await.ok().flatten()?.into_path().ok() })
            }),
            open: Box::new(move |address| {
                opener.opener().open_url(address, None::<&str>).map_err(|error| error.to_string())
            }),
            reveal: Box::new(move |path| {
                revealer.opener().reveal_item_in_dir(path).map_err(|error| error.to_string())
            }),
            tell: Box::new(move |title, body| notify::tell(&teller, title, body)),
            starts: Box::new(move || autostart::is_on(&starts)),
            start: Box::new(move || autostart::turn_on(&start)),
            no_start: Box::new(move || autostart::turn_off(&no_start)),
        }
    }

    /// Shows the owner what a notification looks like here.
    pub(crate) fn tell_something(&self) {
        let body = said!(
            en: "This is how Paydesk tells you what happens. Nothing has happened now: you asked for a test.",
            de: "So meldet Ihnen Paydesk, was geschieht. Jetzt ist nichts geschehen: Sie haben um einen Test gebeten.",
        );
        (self.tell)(said!(en: "A test notification", de: "Eine Testmitteilung"), body);
    }

    /// What the system says about starting with the session.
    pub(crate) fn autostart(&self) -> Result<Autostart, Failure> {
        let on = (self.starts)().map_err(|error| {
            Failure::other(words!(
                en: "The system does not say whether Paydesk starts with it ({error}).",
                de: "Das System sagt nicht, ob Paydesk mit ihm startet ({error}).",
            ))
        })?;
        Ok(Autostart { on })
    }

    /// Has the system start Paydesk with the session or not; says what it is then.
    pub(crate) fn save_autostart(&self, wanted: Autostart) -> Result<Autostart, Failure> {
        let done = if wanted.on { (self.start)() } else { (self.no_start)() };
        done.map_err(|error| {
            Failure::other(words!(
                en: "The system did not take it ({error}). Nothing was changed.",
                de: "Das System hat es nicht angenommen ({error}). Es wurde nichts geändert.",
            ))
        })?;
        self.autostart()
    }

    /// Paydesk does not start with the session any more, if it did.
    pub(crate) fn forget(&self) -> Result<(), Failure> {
        match self.autostart() {
            Ok(Autostart { on: true }) => self.save_autostart(Autostart { on: false }).map(drop),
            _ => Ok(()),
        }
    }

    pub(crate) async fn choose_file(&self) -> Option<PathBuf> {
        (self.choose)(Wanted::Payouts).await
    }

    pub(crate) async fn choose_backup(&self) -> Option<PathBuf> {
        (self.choose)(Wanted::Backup).await
    }

    /// The bytes of a picture that the owner chooses; `None` when none was chosen.
    pub(crate) async fn choose_picture(&self) -> Result<Option<Vec<u8>>, Failure> {
        const LARGEST: u64 = 64 * 1024 * 1024;
        let Some(path) = (self.choose)(Wanted::Picture).await else { return Ok(None) };
        let refused = |message: String| Failure::invalid("picture", message);
        let size = tokio::fs::metadata(&path).await.map_err(|error| refused(error.to_string()))?.len();
        if size > LARGEST {
            return Err(refused(
                said!(
                    en: "This file is too large for a picture of a QR code.",
                    de: "Diese Datei ist zu groß für das Bild eines QR-Codes.",
                )
                .to_owned(),
            ));
        }
        tokio::fs::read(&path).await.map(Some).map_err(|error| refused(error.to_string()))
    }

    pub(crate) async fn name_file(&self, suggestion: String) -> Option<PathBuf> {
        (self.name)(suggestion).await
    }

    pub(crate) async fn save_file(
        &self,
        suggestion: &str,
        content: &[u8],
    ) -> Result<Option<String>, Failure> {
        let Some(path) = (self.name)(suggestion.to_owned()).await else { return Ok(None) };
        let shown = path.display().to_string();
        match tokio::fs::write(&path, content).await {
            Ok(()) => Ok(Some(shown)),
            Err(error) => Err(Failure::other(words!(
                en: "The file {shown} could not be written: {error}. Choose another place.",
                de: "Die Datei {shown} konnte nicht geschrieben werden: {error}. Wählen Sie einen anderen Ort.",
            ))),
        }
    }

    pub(crate) fn open(&self, address: &str) -> Result<(), Failure> {
        (self.open)(address).map_err(|error| {
            Failure::other(words!(
                en: "The browser could not be opened ({error}). The page is {address}",
                de: "Der Browser ließ sich nicht öffnen ({error}). Die Seite ist {address}",
            ))
        })
    }

    pub(crate) fn reveal(&self, path: &Path) -> Result<(), Failure> {
        (self.reveal)(path).map_err(|error| {
            Failure::other(words!(
                en: "The folder could not be opened ({error}). The file is {}",
                de: "Der Ordner ließ sich nicht öffnen ({error}). Die Datei ist {}",
                path.display(),
            ))
        })
    }
}
