//! Payouts to accounts at banks. They are asked for as moves.

use paydesk_core::{
    Core,
    fiat_payouts::{
        FiatAccount, FiatCatalogue, FiatMethod, FiatPayoutDetail, FiatPayoutPage, FiatPayoutQuery,
        NewFiatAccount,
    },
    moves::Move,
};
use tauri::State;

use super::{Answer, both_pins};

/// Who pays out, in which currencies, and from which coins.
#[tauri::command]
#[specta::specta]
pub(crate) async fn fiat_payout_catalogue(core: State<'_, Core>) -> Answer<FiatCatalogue> {
    core.shop()?.fiat_payouts.catalogue().await
}

/// The kinds of account that a provider pays to in a currency.
#[tauri::command]
#[specta::specta]
pub(crate) async fn fiat_payout_methods(
    core: State<'_, Core>,
    provider: String,
    currency: String,
) -> Answer<Vec<FiatMethod>> {
    core.shop()?.fiat_payouts.methods(&provider, &currency).await
}

/// The accounts that are known, the newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn fiat_accounts(core: State<'_, Core>) -> Answer<Vec<FiatAccount>> {
    core.shop()?.fiat_payouts.accounts().await
}

/// Makes an account known to NOWPayments, once; with the PINs of both persons, where two are needed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_fiat_account(
    core: State<'_, Core>,
    account: NewFiatAccount,
    preparer: Option<String>,
    approver: Option<String>,
) -> Answer<Move> {
    core.shop()?.fiat_payouts.add_account(&account, both_pins(preparer, approver)).await
}

/// Fiat payouts, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn fiat_payouts(core: State<'_, Core>, query: FiatPayoutQuery) -> Answer<FiatPayoutPage> {
    core.shop()?.fiat_payouts.list(&query).await
}

/// One fiat payout, with its course.
#[tauri::command]
#[specta::specta]
pub(crate) async fn fiat_payout(core: State<'_, Core>, id: String) -> Answer<FiatPayoutDetail> {
    core.shop()?.fiat_payouts.get(&id).await
}

/// Reads what is new of the fiat payouts and the accounts from NOWPayments.
#[tauri::command]
#[specta::specta]
pub(crate) async fn refresh_fiat_payouts(core: State<'_, Core>) -> Answer<()> {
    core.shop()?.fiat_payouts.refresh().await
}
