//! Notifications.

use paydesk_core::{Core, notifications::Notification};
use tauri::State;

use super::Answer;

/// The newest notifications.
#[tauri::command]
#[specta::specta]
pub(crate) async fn notifications(core: State<'_, Core>) -> Answer<Vec<Notification>> {
    core.shop()?.notifications.list().await
}
