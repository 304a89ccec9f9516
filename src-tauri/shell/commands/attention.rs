//! What needs attention.

use paydesk_core::{
    Core,
    attention::{AttentionCase, AttentionCount, AttentionPage, AttentionQuery, NewRefund, Unclear},
};
use tauri::State;

use super::Answer;

/// A page of what needs attention.
#[tauri::command]
#[specta::specta]
pub(crate) async fn attention_cases(core: State<'_, Core>, query: AttentionQuery) -> Answer<AttentionPage> {
    core.shop()?.attention.list(query).await
}

/// One case.
#[tauri::command]
#[specta::specta]
pub(crate) async fn attention_case(core: State<'_, Core>, id: u32) -> Answer<AttentionCase> {
    core.shop()?.attention.get(id).await
}

/// What is wrong with a payment and not settled yet.
#[tauri::command]
#[specta::specta]
pub(crate) async fn attention_of_payment(core: State<'_, Core>, id: String) -> Answer<Vec<AttentionCase>> {
    core.shop()?.attention.of_payment(&id).await
}

/// How much needs attention.
#[tauri::command]
#[specta::specta]
pub(crate) async fn attention_count(core: State<'_, Core>) -> Answer<AttentionCount> {
    core.shop()?.attention.count().await
}

/// Where something is whose end nobody knows yet.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unclear(core: State<'_, Core>) -> Answer<Vec<Unclear>> {
    core.shop()?.attention.unclear().await
}

/// Marks a case as settled.
#[tauri::command]
#[specta::specta]
pub(crate) async fn settle_attention(
    core: State<'_, Core>,
    id: u32,
    note: Option<String>,
) -> Answer<AttentionCase> {
    core.shop()?.attention.settle(id, note.as_deref()).await
}

/// Takes back that a case was settled.
#[tauri::command]
#[specta::specta]
pub(crate) async fn reopen_attention(core: State<'_, Core>, id: u32) -> Answer<AttentionCase> {
    core.shop()?.attention.reopen(id).await
}

/// Prepares the refund of a case: a batch of one payout, of which nothing is sent.
#[tauri::command]
#[specta::specta]
pub(crate) async fn prepare_refund(
    core: State<'_, Core>,
    id: u32,
    refund: NewRefund,
) -> Answer<AttentionCase> {
    core.shop()?.attention.prepare_refund(id, refund).await
}
