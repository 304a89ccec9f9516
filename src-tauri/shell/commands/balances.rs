//! What the shop holds at NOWPayments.

use paydesk_core::{
    Core,
    balances::{BalanceHistory, Balances},
    charts::{Chart, ChartSize, Palette},
};
use tauri::State;

use super::Answer;

/// What the shop holds, as it was read last.
#[tauri::command]
#[specta::specta]
pub(crate) async fn balances(core: State<'_, Core>) -> Answer<Balances> {
    core.shop()?.balance.held().await
}

/// Reads the balances at NOWPayments now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn read_balances(core: State<'_, Core>) -> Answer<Balances> {
    core.shop()?.balance.read().await
}

/// What the shop held of a coin on each of the last days.
#[tauri::command]
#[specta::specta]
pub(crate) async fn balance_history(
    core: State<'_, Core>,
    coin: String,
    days: u32,
) -> Answer<BalanceHistory> {
    core.shop()?.balance.history(&coin, days).await
}

/// The same as a chart in the colours of the window.
#[tauri::command]
#[specta::specta]
pub(crate) async fn balance_chart(
    core: State<'_, Core>,
    coin: String,
    days: u32,
    palette: Palette,
    size: ChartSize,
) -> Answer<Chart> {
    core.shop()?.balance.chart(&coin, days, &palette, size).await
}
