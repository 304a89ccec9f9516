//! Payments.

use paydesk_core::{
    Core,
    payments::{PaymentDetail, PaymentPage, PaymentQuery, PaymentTrace, SyncStatus},
    qr_codes::{self, QrCode},
};
use tauri::State;

use super::Answer;
use crate::Desktop;

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

/// What NOWPayments answered last about a payment, laid out to be read.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payment_answer(core: State<'_, Core>, id: String) -> Answer<String> {
    core.shop()?.payments.answer(&id).await
}

/// Asks NOWPayments for one payment again; says whether anything has changed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn read_payment_again(core: State<'_, Core>, id: String) -> Answer<bool> {
    core.shop()?.payments.read_again(&id).await
}

/// Opens the page of a block explorer that shows the address or a transaction of a payment in the browser.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_payment_in_explorer(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
    id: String,
    trace: PaymentTrace,
) -> Answer<()> {
    desktop.open(&core.shop()?.payments.explorer_page(&id, trace).await?)
}

/// The QR code of an address, a memo or a link.
#[tauri::command]
#[specta::specta]
pub(crate) fn qr_code(text: String) -> Answer<QrCode> {
    qr_codes::qr_code(&text)
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
