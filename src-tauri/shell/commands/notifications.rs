//! Notifications.

use chrono::{DateTime, Utc};
use paydesk_core::{
    Core,
    notifications::{NotificationList, NotificationRules, Pause},
};
use tauri::State;

use super::Answer;
use crate::desktop::{Autostart, Desktop};

/// The newest notifications.
#[tauri::command]
#[specta::specta]
pub(crate) async fn notifications(core: State<'_, Core>) -> Answer<NotificationList> {
    core.shop()?.notifications.list().await
}

/// Marks notifications as read, by their keys.
#[tauri::command]
#[specta::specta]
pub(crate) async fn mark_notifications_read(core: State<'_, Core>, keys: Vec<String>) -> Answer<()> {
    core.shop()?.notifications.mark_read(keys).await
}

/// Marks all notifications as read up to the newest that the owner has seen.
#[tauri::command]
#[specta::specta]
pub(crate) async fn mark_all_notifications_read(core: State<'_, Core>, newest: DateTime<Utc>) -> Answer<()> {
    core.shop()?.notifications.mark_all_read(newest).await
}

/// The owner's rules for notifications.
#[tauri::command]
#[specta::specta]
pub(crate) async fn notification_rules(core: State<'_, Core>) -> Answer<NotificationRules> {
    core.shop()?.notifications.rules().await
}

/// Keeps the rules for notifications.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_notification_rules(core: State<'_, Core>, rules: NotificationRules) -> Answer<()> {
    core.shop()?.notifications.save_rules(rules).await
}

/// Tells nothing on the desktop for a while.
#[tauri::command]
#[specta::specta]
pub(crate) async fn pause_notifications(core: State<'_, Core>, pause: Pause) -> Answer<()> {
    core.shop()?.notifications.pause(pause).await
}

/// Shows a notification to look at.
#[tauri::command]
#[specta::specta]
pub(crate) async fn send_test_notification(desktop: State<'_, Desktop>) -> Answer<()> {
    desktop.tell_something();
    Ok(())
}

/// Whether Paydesk starts with the session, as the system says.
#[tauri::command]
#[specta::specta]
pub(crate) async fn autostart(desktop: State<'_, Desktop>) -> Answer<Autostart> {
    desktop.autostart()
}

/// Has Paydesk start with the session or not; answers as the system says then.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_autostart(desktop: State<'_, Desktop>, autostart: Autostart) -> Answer<Autostart> {
    desktop.save_autostart(autostart)
}
