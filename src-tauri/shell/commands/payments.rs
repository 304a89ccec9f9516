//! Payments.

use paydesk_core::{
    Core,
    payments::{PaymentDetail, PaymentPage, PaymentQuery, SyncStatus},
};
use tauri::State;

use super::Answer;

/// A page of payments.
#[tauri::command]
#[specta::specta]
pub(crate) async fn list_payments(core: State<'_, Core>, query: PaymentQuery) -> Answer<PaymentPage> {
    core.shop()?.payments.list(query).await
}

/// One payment.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payment(core: State<'_, Core>, id: String) -> Answer<PaymentDetail> {
    core.shop()?.payments.get(&id).await
}

/// How the sync stands.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sync_status(core: State<'_, Core>) -> Answer<SyncStatus> {
    core.shop()?.payments.sync_status().await
}

/// Has the sync run now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sync_now(core: State<'_, Core>) -> Answer<()> {
    core.shop()?.payments.sync_now();
    Ok(())
}
