//! Custody: users with balances of their own.

use paydesk_core::{
    Core,
    custody::{
        CustodyPayment, CustodyStatus, CustodyTransfer, CustodyUser, Ledger, LedgerQuery, NewCustodyPayment,
        TransferPage, TransferQuery, UserPage, UserQuery,
    },
    moves::Move,
    payouts::ReportFormat,
};
use tauri::State;

use super::Answer;
use crate::Desktop;

/// How the cache of users and transfers stands.
#[tauri::command]
#[specta::specta]
pub(crate) async fn custody_status(core: State<'_, Core>) -> Answer<CustodyStatus> {
    core.shop()?.custody.status().await
}

/// Reads what is new of users and transfers from NOWPayments.
#[tauri::command]
#[specta::specta]
pub(crate) async fn refresh_custody(core: State<'_, Core>) -> Answer<CustodyStatus> {
    core.shop()?.custody.refresh().await
}

/// Users by name.
#[tauri::command]
#[specta::specta]
pub(crate) async fn custody_users(core: State<'_, Core>, query: UserQuery) -> Answer<UserPage> {
    core.shop()?.custody.users(&query).await
}

/// One user.
#[tauri::command]
#[specta::specta]
pub(crate) async fn custody_user(core: State<'_, Core>, id: String) -> Answer<CustodyUser> {
    core.shop()?.custody.user(&id).await
}

/// Reads what a user has, what was paid in, and what was moved, from NOWPayments.
#[tauri::command]
#[specta::specta]
pub(crate) async fn refresh_custody_user(core: State<'_, Core>, id: String) -> Answer<CustodyUser> {
    core.shop()?.custody.refresh_user(&id).await
}

/// Makes a user.
#[tauri::command]
#[specta::specta]
pub(crate) async fn make_custody_user(core: State<'_, Core>, name: String) -> Answer<Move> {
    core.shop()?.custody.make_user(&name).await
}

/// Makes a payment by which somebody pays into a user's balance.
#[tauri::command]
#[specta::specta]
pub(crate) async fn make_custody_payment(core: State<'_, Core>, payment: NewCustodyPayment) -> Answer<Move> {
    core.shop()?.custody.make_payment(&payment).await
}

/// The payments into a user's balance, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn custody_payments(core: State<'_, Core>, user: String) -> Answer<Vec<CustodyPayment>> {
    core.shop()?.custody.payments(&user).await
}

/// The moves that were made here to and from a user, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn moves_of_custody_user(core: State<'_, Core>, user: String) -> Answer<Vec<Move>> {
    core.shop()?.custody.moves_of(&user).await
}

/// Transfers, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn custody_transfers(core: State<'_, Core>, query: TransferQuery) -> Answer<TransferPage> {
    core.shop()?.custody.transfers(&query).await
}

/// One transfer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn custody_transfer(core: State<'_, Core>, id: String) -> Answer<CustodyTransfer> {
    core.shop()?.custody.transfer(&id).await
}

/// The movements of a user, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn custody_ledger(core: State<'_, Core>, query: LedgerQuery) -> Answer<Ledger> {
    core.shop()?.custody.ledger(&query).await
}

/// Writes all movements of a user to a file that the owner names; the file's path, or `None` when none was named.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_custody_ledger(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
    user: String,
    format: ReportFormat,
) -> Answer<Option<String>> {
    let statement = core.shop()?.custody.statement(&user, format).await?;
    desktop.save_file(&format!("movements-{user}.{}", format.extension()), &statement).await
}
