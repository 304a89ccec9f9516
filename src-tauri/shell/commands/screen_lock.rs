//! The lock of the app.

use paydesk_core::{Core, LockState};
use tauri::State;

use super::Answer;

/// Sets the PIN of the lock, or another one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_lock(
    core: State<'_, Core>,
    pin: String,
    current: Option<String>,
    after_minutes: u32,
) -> Answer<LockState> {
    core.set_lock(pin.into(), current.map(Into::into), after_minutes).await
}

/// Changes after how many minutes it locks by itself; more than so far take the PIN.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_lock_minutes(
    core: State<'_, Core>,
    after_minutes: u32,
    pin: Option<String>,
) -> Answer<LockState> {
    core.set_lock_minutes(after_minutes, pin.map(Into::into)).await
}

/// Takes the lock away.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_lock(core: State<'_, Core>, pin: String) -> Answer<LockState> {
    core.remove_lock(pin.into()).await
}

/// Locks now.
#[tauri::command]
#[specta::specta]
pub(crate) fn lock_now(core: State<'_, Core>) -> Answer<()> {
    core.lock();
    Ok(())
}

/// Unlocks with the PIN.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unlock(core: State<'_, Core>, pin: String) -> Answer<LockState> {
    core.unlock(pin.into()).await
}

/// Somebody uses the window.
#[tauri::command]
#[specta::specta]
pub(crate) fn in_use(core: State<'_, Core>) -> Answer<()> {
    core.in_use();
    Ok(())
}

/// The PIN is forgotten: everything of all shops is taken from this computer, and the lock with it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn forget_all(core: State<'_, Core>) -> Answer<()> {
    core.forget_all().await
}
