//! Exports.

use paydesk_core::{
    Core,
    exports::{ExportChoices, ExportPreview, ExportRequest, ExportStatus},
};
use tauri::State;

use super::Answer;
use crate::Desktop;

/// The beginning of what an export would write.
#[tauri::command]
#[specta::specta]
pub(crate) async fn preview_export(core: State<'_, Core>, request: ExportRequest) -> Answer<ExportPreview> {
    core.shop()?.exports.preview(request).await
}

/// Lets the owner name a file and begins to write payments into it; says whether one was named.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_payments(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
    request: ExportRequest,
) -> Answer<bool> {
    let shop = core.shop()?;
    let Some(path) = desktop.name_file(shop.exports.file_name(&request)?).await else { return Ok(false) };
    shop.exports.start(request, &path).await.map(|()| true)
}

/// How the export that runs, or ran last, stands.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_status(core: State<'_, Core>) -> Answer<Option<ExportStatus>> {
    Ok(core.shop()?.exports.status())
}

/// Stops the export that runs.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_export(core: State<'_, Core>) -> Answer<()> {
    core.shop()?.exports.cancel();
    Ok(())
}

/// How the owner last had payments exported.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_choices(core: State<'_, Core>) -> Answer<Option<ExportChoices>> {
    core.shop()?.exports.choices().await
}

/// Shows the file that was written last in its folder.
#[tauri::command]
#[specta::specta]
pub(crate) async fn show_exported_file(core: State<'_, Core>, desktop: State<'_, Desktop>) -> Answer<()> {
    desktop.reveal(&core.shop()?.exports.file()?)
}
