//! Conversions of one coin into another. They are made as moves.

use paydesk_core::{
    Core,
    conversions::{Conversion, ConversionPage, ConversionQuery, ConversionQuote, ConversionRequest},
};
use tauri::State;

use super::Answer;

/// What a conversion would come to. A newer question ends an older one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn quote_conversion(
    core: State<'_, Core>,
    request: ConversionRequest,
) -> Answer<ConversionQuote> {
    core.shop()?.conversions.quote(request).await
}

/// Conversions, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn conversions(core: State<'_, Core>, query: ConversionQuery) -> Answer<ConversionPage> {
    core.shop()?.conversions.list(&query).await
}

/// One conversion.
#[tauri::command]
#[specta::specta]
pub(crate) async fn conversion(core: State<'_, Core>, id: String) -> Answer<Conversion> {
    core.shop()?.conversions.get(&id).await
}

/// Reads what is new of the conversions from NOWPayments.
#[tauri::command]
#[specta::specta]
pub(crate) async fn refresh_conversions(core: State<'_, Core>) -> Answer<()> {
    core.shop()?.conversions.refresh().await
}
