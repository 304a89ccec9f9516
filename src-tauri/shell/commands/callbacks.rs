//! Callbacks.

use paydesk_core::{
    Core,
    callbacks::{CallbackDetail, CallbackListener, CallbackPage, CallbackToCheck, TestDelivery, Verdict},
};
use secrecy::SecretString;
use tauri::State;

use super::Answer;

/// How the listener for callbacks stands.
#[tauri::command]
#[specta::specta]
pub(crate) async fn callback_listener(core: State<'_, Core>) -> Answer<CallbackListener> {
    core.shop()?.callbacks.listener().await
}

/// Listens for callbacks on a port, or on one that is free.
#[tauri::command]
#[specta::specta]
pub(crate) async fn listen_for_callbacks(
    core: State<'_, Core>,
    port: Option<u16>,
) -> Answer<CallbackListener> {
    core.shop()?.callbacks.listen(port).await
}

/// Listens for callbacks no more.
#[tauri::command]
#[specta::specta]
pub(crate) async fn stop_listening_for_callbacks(core: State<'_, Core>) -> Answer<CallbackListener> {
    core.shop()?.callbacks.stop_listening().await
}

/// Keeps the IPN secret in the keychain.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_ipn_secret(core: State<'_, Core>, secret: String) -> Answer<CallbackListener> {
    core.shop()?.callbacks.set_secret(SecretString::from(secret)).await
}

/// Deletes the IPN secret from the keychain, and listens no more.
#[tauri::command]
#[specta::specta]
pub(crate) async fn forget_ipn_secret(core: State<'_, Core>) -> Answer<CallbackListener> {
    core.shop()?.callbacks.forget_secret().await
}

/// The last callbacks that came in.
#[tauri::command]
#[specta::specta]
pub(crate) async fn list_callbacks(
    core: State<'_, Core>,
    limit: u32,
    after: Option<u32>,
) -> Answer<CallbackPage> {
    core.shop()?.callbacks.list(limit, after).await
}

/// One callback.
#[tauri::command]
#[specta::specta]
pub(crate) async fn callback(core: State<'_, Core>, number: u32) -> Answer<CallbackDetail> {
    core.shop()?.callbacks.get(number).await
}

/// Posts a signed sample to the listener.
#[tauri::command]
#[specta::specta]
pub(crate) async fn send_test_callback(core: State<'_, Core>) -> Answer<TestDelivery> {
    core.shop()?.callbacks.send_test().await
}

/// Checks a callback that the owner brings; keeps nothing.
#[tauri::command]
#[specta::specta]
pub(crate) async fn check_callback(core: State<'_, Core>, callback: CallbackToCheck) -> Answer<Verdict> {
    core.shop()?.callbacks.check(callback).await
}
