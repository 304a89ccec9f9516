//! Payouts.

use paydesk_core::{
    Core,
    payouts::batch::{Batch, BatchSummary, PendingApproval, RowPage, RowQuery},
};
use secrecy::SecretString;
use tauri::State;

use super::Answer;
use crate::Desktop;

/// Lets the owner choose a file and reads it as a new batch; `None` when nothing was chosen.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_payout_file(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
) -> Answer<Option<Batch>> {
    let shop = core.shop()?;
    let Some(path) = desktop.choose_file().await else { return Ok(None) };
    shop.payouts.import_file(&path).await.map(Some)
}

/// Reads pasted text as a new batch.
#[tauri::command]
#[specta::specta]
pub(crate) async fn import_payout_text(core: State<'_, Core>, name: String, text: String) -> Answer<Batch> {
    core.shop()?.payouts.import_text(&name, &text).await
}

/// All batches, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payout_batches(core: State<'_, Core>) -> Answer<Vec<BatchSummary>> {
    core.shop()?.payouts.list().await
}

/// One batch.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payout_batch(core: State<'_, Core>, id: String) -> Answer<Batch> {
    core.shop()?.payouts.get(&id).await
}

/// Rows of a batch.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payout_rows(core: State<'_, Core>, query: RowQuery) -> Answer<RowPage> {
    core.shop()?.payouts.rows(query).await
}

/// Checks a batch against the shop again.
#[tauri::command]
#[specta::specta]
pub(crate) async fn check_payout_batch(core: State<'_, Core>, id: String) -> Answer<Batch> {
    core.shop()?.payouts.check(&id).await
}

/// Takes rows out of a batch that was not sent.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_payout_rows(
    core: State<'_, Core>,
    id: String,
    numbers: Vec<u32>,
) -> Answer<Batch> {
    core.shop()?.payouts.remove_rows(&id, &numbers).await
}

/// Takes all bad rows out of a batch that was not sent.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_bad_payout_rows(core: State<'_, Core>, id: String) -> Answer<Batch> {
    core.shop()?.payouts.remove_bad_rows(&id).await
}

/// Deletes a batch that was not sent.
#[tauri::command]
#[specta::specta]
pub(crate) async fn discard_payout_batch(core: State<'_, Core>, id: String) -> Answer<()> {
    core.shop()?.payouts.discard(&id).await
}

/// Creates the batch at NOWPayments, exactly as the owner saw it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn send_payout_batch(core: State<'_, Core>, id: String, rows_hash: String) -> Answer<Batch> {
    core.shop()?.payouts.send(&id, &rows_hash).await
}

/// What waits for the owner's code.
#[tauri::command]
#[specta::specta]
pub(crate) async fn pending_approvals(core: State<'_, Core>) -> Answer<Vec<PendingApproval>> {
    core.shop()?.payouts.approvals().await
}

/// Approves with a typed code.
#[tauri::command]
#[specta::specta]
pub(crate) async fn approve_with_code(
    core: State<'_, Core>,
    approval: String,
    rows_hash: String,
    code: String,
) -> Answer<Batch> {
    core.shop()?.payouts.approve_with_code(&approval, &rows_hash, SecretString::from(code)).await
}

/// Approves with a code made on this device.
#[tauri::command]
#[specta::specta]
pub(crate) async fn approve_with_pin(
    core: State<'_, Core>,
    approval: String,
    rows_hash: String,
    pin: String,
) -> Answer<Batch> {
    core.shop()?.payouts.approve_with_pin(&approval, &rows_hash, SecretString::from(pin)).await
}

/// Looks up at NOWPayments how a batch stands.
#[tauri::command]
#[specta::specta]
pub(crate) async fn look_up_payout_batch(core: State<'_, Core>, id: String) -> Answer<Batch> {
    core.shop()?.payouts.look(&id).await
}

/// The owner's word that an unknown batch was not created.
#[tauri::command]
#[specta::specta]
pub(crate) async fn release_payout_batch(core: State<'_, Core>, id: String) -> Answer<Batch> {
    core.shop()?.payouts.release(&id).await
}

/// Writes the report of a batch to a file that the owner names; the file's path, or `None` when none was named.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_payout_report(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
    id: String,
) -> Answer<Option<String>> {
    let report = core.shop()?.payouts.report_csv(&id).await?;
    desktop.save_file("payout-report.csv", report.as_bytes()).await
}

/// Opens the page of a paid row's transaction in the browser.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_payout_in_explorer(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
    id: String,
    number: u32,
) -> Answer<()> {
    desktop.open(&core.shop()?.payouts.explorer_page(&id, number).await?)
}
