//! The data of Paydesk as a whole.

use paydesk_core::{
    Core, GuardingPin,
    data::{DataJob, DataJobKind, DataSize, Erasure, Host},
    exports::ExportState,
};
use secrecy::SecretString;
use tauri::State;

use super::Answer;
use crate::{Demo, Desktop};

/// What Paydesk takes on the disk.
#[tauri::command]
#[specta::specta]
pub(crate) async fn data_size(core: State<'_, Core>) -> Answer<DataSize> {
    core.data_size().await
}

/// Whose PIN it takes to back up the open shop; nobody's, where there is none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn backup_pin(core: State<'_, Core>) -> Answer<Option<GuardingPin>> {
    core.guarding_pin(&core.shop()?.shop.id).await
}

/// Lets the owner name a file and begins to write the open shop into it, sealed; says whether one was named.
#[tauri::command]
#[specta::specta]
pub(crate) async fn back_up_shop(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
    passphrase: String,
    pin: Option<String>,
) -> Answer<bool> {
    let (shop, passphrase) = (core.shop()?.shop.id.clone(), SecretString::from(passphrase));
    let pin = pin.map(SecretString::from);
    let name = core.backup_name(&shop, &passphrase, pin.clone()).await?;
    let Some(path) = desktop.name_file(name).await else { return Ok(false) };
    core.begin_backup(&shop, &path, passphrase, pin).await.map(|()| true)
}

/// Lets the owner choose a backup and begins to restore the shop that is in it; says whether one was chosen.
#[tauri::command]
#[specta::specta]
pub(crate) async fn restore_backup(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
    passphrase: String,
) -> Answer<bool> {
    let passphrase = SecretString::from(passphrase);
    let Some(path) = desktop.choose_backup().await else { return Ok(false) };
    core.begin_restore(&path, passphrase).map(|()| true)
}

/// Begins to restore from the same backup again, with another passphrase.
#[tauri::command]
#[specta::specta]
pub(crate) async fn restore_backup_again(core: State<'_, Core>, passphrase: String) -> Answer<()> {
    core.begin_restore_again(passphrase.into())
}

/// Lets the owner name a file and begins to write everything of the open shop into it; says whether one was named.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_everything(core: State<'_, Core>, desktop: State<'_, Desktop>) -> Answer<bool> {
    let Some(path) = desktop.name_file(core.everything_name()?).await else { return Ok(false) };
    core.begin_everything(&path).map(|()| true)
}

/// How the backup, restore or export of everything stands that runs, or ran last.
#[tauri::command]
#[specta::specta]
pub(crate) async fn data_job(core: State<'_, Core>) -> Answer<Option<DataJob>> {
    core.data_job()
}

/// Stops the one that runs.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_data_job(core: State<'_, Core>) -> Answer<()> {
    core.cancel_data_job()
}

/// Shows the file that the last one has written in its folder.
#[tauri::command]
#[specta::specta]
pub(crate) async fn show_data_file(core: State<'_, Core>, desktop: State<'_, Desktop>) -> Answer<()> {
    let written = [DataJobKind::Backup, DataJobKind::Everything];
    desktop.reveal(&core.data_file(&[ExportState::Done], &written)?)
}

/// Writes what helps to find a fault to a file that the owner names; the file's path, or `None` when none was named.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_diagnostics(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
) -> Answer<Option<String>> {
    let webview = tauri::webview_version().unwrap_or_default();
    let (name, zip) = core.diagnostics(&Host { webview }).await?;
    desktop.save_file(&name, &zip).await
}

/// What would be deleted, and what is under way meanwhile.
#[tauri::command]
#[specta::specta]
pub(crate) async fn erasure(core: State<'_, Core>) -> Answer<Erasure> {
    core.erasure().await
}

/// Deletes everything of Paydesk from this computer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn erase_everything(
    core: State<'_, Core>,
    demo: State<'_, Demo>,
    desktop: State<'_, Desktop>,
    word: String,
    seen: u32,
) -> Answer<()> {
    core.erase_everything(&word, seen).await?;
    demo.forget().await?;
    desktop.forget()
}
