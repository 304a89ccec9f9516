//! The audit log.

use paydesk_core::{
    Core,
    audit::{AuditPage, AuditVerdict},
};
use tauri::State;

use super::Answer;
use crate::Desktop;

/// The newest entries, or those before the one with the number `before`.
#[tauri::command]
#[specta::specta]
pub(crate) async fn audit_log(core: State<'_, Core>, before: Option<u32>, limit: u32) -> Answer<AuditPage> {
    core.shop()?.audit.list(before, limit).await
}

/// Looks through the whole log.
#[tauri::command]
#[specta::specta]
pub(crate) async fn verify_audit_log(core: State<'_, Core>) -> Answer<AuditVerdict> {
    core.shop()?.audit.verify().await
}

/// Writes the log to a file that the owner names; the file's path, or `None` when none was named.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_audit_log(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
) -> Answer<Option<String>> {
    let log = core.shop()?.audit.csv().await?;
    desktop.save_file("audit-log.csv", log.as_bytes()).await
}
