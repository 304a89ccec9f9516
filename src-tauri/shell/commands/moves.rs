//! Moves of money inside the account.

use paydesk_core::{
    Core,
    moves::{Move, MovePreview, NewMove},
};
use tauri::State;

use super::{Answer, both_pins};

/// What a move would do, in words, with the balances before and after. Nothing is moved.
#[tauri::command]
#[specta::specta]
pub(crate) async fn preview_move(core: State<'_, Core>, wanted: NewMove) -> Answer<MovePreview> {
    core.shop()?.moves.preview(&wanted).await
}

/// Makes the move that was shown, once; with the PINs of both persons, where it takes them.
#[tauri::command]
#[specta::specta]
pub(crate) async fn confirm_move(
    core: State<'_, Core>,
    id: String,
    hash: String,
    preparer: Option<String>,
    approver: Option<String>,
) -> Answer<Move> {
    core.shop()?.moves.confirm(&id, &hash, both_pins(preparer, approver)).await
}

/// The newest moves that were made here, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn moves(core: State<'_, Core>) -> Answer<Vec<Move>> {
    core.shop()?.moves.list().await
}

/// One move that was made here.
#[tauri::command]
#[specta::specta]
pub(crate) async fn move_made(core: State<'_, Core>, id: String) -> Answer<Move> {
    core.shop()?.moves.get(&id).await
}

/// The moves that are not settled, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unsettled_moves(core: State<'_, Core>) -> Answer<Vec<Move>> {
    core.shop()?.moves.unsettled().await
}

/// Looks for a move whose end is not known.
#[tauri::command]
#[specta::specta]
pub(crate) async fn look_for_move(core: State<'_, Core>, id: String) -> Answer<Move> {
    core.shop()?.moves.look_for(&id).await
}

/// The owner's word that a move which could not be found was not made.
#[tauri::command]
#[specta::specta]
pub(crate) async fn give_up_move(core: State<'_, Core>, id: String) -> Answer<Move> {
    core.shop()?.moves.give_up(&id).await
}
