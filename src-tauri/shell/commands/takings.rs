//! What came in.

use paydesk_core::{
    Core,
    charts::{Chart, ChartSize, Palette},
    takings::{TakingsBreakdown, TakingsSeries, TakingsStep, TakingsSummary},
};
use tauri::State;

use super::Answer;

/// What has come in today, this week and this month.
#[tauri::command]
#[specta::specta]
pub(crate) async fn takings_summary(
    core: State<'_, Core>,
    currency: Option<String>,
) -> Answer<TakingsSummary> {
    core.shop()?.takings.summary(currency).await
}

/// Takings by the last days, weeks or months.
#[tauri::command]
#[specta::specta]
pub(crate) async fn takings_series(
    core: State<'_, Core>,
    step: TakingsStep,
    count: u32,
    currency: String,
) -> Answer<TakingsSeries> {
    core.shop()?.takings.series(step, count, &currency).await
}

/// What became of the payments of the last days, and in which coins they were paid.
#[tauri::command]
#[specta::specta]
pub(crate) async fn takings_breakdown(
    core: State<'_, Core>,
    days: u32,
    currency: String,
) -> Answer<TakingsBreakdown> {
    core.shop()?.takings.breakdown(days, &currency).await
}

/// Sales by the last days, weeks or months, as a chart in the colours of the window.
#[tauri::command]
#[specta::specta]
pub(crate) async fn takings_chart(
    core: State<'_, Core>,
    step: TakingsStep,
    count: u32,
    currency: String,
    palette: Palette,
    size: ChartSize,
) -> Answer<Chart> {
    core.shop()?.takings.chart(step, count, &currency, &palette, size).await
}
