//! The app itself.

use paydesk_core::{AppState, Core, Settings};
use tauri::State;

use super::Answer;
use crate::Files;

/// What the window needs to begin.
#[tauri::command]
#[specta::specta]
pub(crate) async fn app_state(core: State<'_, Core>) -> Answer<AppState> {
    core.state().await
}

/// The window listens now: files that were given on the command line are opened.
#[tauri::command]
#[specta::specta]
pub(crate) async fn ready(core: State<'_, Core>, files: State<'_, Files>) -> Answer<()> {
    files.window_is_ready(&core).await;
    Ok(())
}

/// The window shows what it begins with.
#[tauri::command]
#[specta::specta]
pub(crate) async fn usable(core: State<'_, Core>) -> Answer<()> {
    core.begin();
    Ok(())
}

/// The window speaks the language of this tag now, in the forms of its region.
#[tauri::command]
#[specta::specta]
pub(crate) async fn speak(core: State<'_, Core>, tag: String) -> Answer<()> {
    core.speak(&tag).await
}

/// Keeps the settings.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_settings(core: State<'_, Core>, settings: Settings) -> Answer<()> {
    core.save_settings(settings).await
}
