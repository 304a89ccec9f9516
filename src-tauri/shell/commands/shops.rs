//! Shops.

use paydesk_core::{
    Core,
    shops::{ConnectionReport, NewShop, Shop},
};
use tauri::State;

use super::Answer;
use crate::Demo;

/// Opens the demo shop.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_demo_shop(core: State<'_, Core>, demo: State<'_, Demo>) -> Answer<Shop> {
    core.open_demo(demo.connection().await?).await
}

/// Tries what the owner typed; keeps nothing.
#[tauri::command]
#[specta::specta]
pub(crate) async fn check_connection(core: State<'_, Core>, shop: NewShop) -> Answer<ConnectionReport> {
    Ok(core.check_connection(&shop).await)
}

/// Adds a shop and opens it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_shop(core: State<'_, Core>, shop: NewShop) -> Answer<Shop> {
    core.add_shop(shop).await
}

/// Opens a sandbox or live shop.
#[tauri::command]
#[specta::specta]
pub(crate) async fn select_shop(core: State<'_, Core>, id: String) -> Answer<Shop> {
    core.select_shop(&id).await
}

/// Removes a shop, its secrets, and its database.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_shop(core: State<'_, Core>, id: String) -> Answer<()> {
    core.remove_shop(&id).await
}
