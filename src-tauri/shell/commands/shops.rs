//! Shops.

use paydesk_core::{
    Core, Removal,
    shops::{ConnectionReport, NewKeys, NewShop, Shop, ShopCheck},
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

/// Tries the connection of the open shop.
#[tauri::command]
#[specta::specta]
pub(crate) async fn check_shop(core: State<'_, Core>) -> Answer<ShopCheck> {
    core.check_shop().await
}

/// Gives a shop other keys, whether it is open or not.
#[tauri::command]
#[specta::specta]
pub(crate) async fn change_keys(core: State<'_, Core>, id: String, keys: NewKeys) -> Answer<Shop> {
    core.change_keys(&id, keys).await
}

/// Gives a shop another name.
#[tauri::command]
#[specta::specta]
pub(crate) async fn rename_shop(core: State<'_, Core>, id: String, name: String) -> Answer<Shop> {
    core.rename_shop(&id, &name).await
}

/// Has a shop count in another currency.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_shop_currency(core: State<'_, Core>, id: String, currency: String) -> Answer<Shop> {
    core.set_shop_currency(&id, &currency).await
}

/// Makes a shop read-only: nothing is made, moved or changed at NOWPayments from here.
#[tauri::command]
#[specta::specta]
pub(crate) async fn begin_read_only(core: State<'_, Core>, id: String) -> Answer<Shop> {
    core.begin_read_only(&id).await
}

/// Ends that, with the PIN of the lock where there is one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn end_read_only(core: State<'_, Core>, id: String, pin: Option<String>) -> Answer<Shop> {
    core.end_read_only(&id, pin.map(Into::into)).await
}

/// What is to be known before a shop is removed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn removal(core: State<'_, Core>, id: String) -> Answer<Removal> {
    core.removal(&id).await
}

/// Removes a shop, its secrets, and its database.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_shop(
    core: State<'_, Core>,
    id: String,
    pin: Option<String>,
    seen: u32,
) -> Answer<()> {
    core.remove_shop(&id, pin.map(Into::into), seen).await
}
