//! What was typed into forms and not yet sent.

use paydesk_core::{Core, drafts::DraftForm};
use tauri::State;

use super::Answer;

/// What was typed into a form and not yet sent, as the window wrote it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn form_draft(core: State<'_, Core>, form: DraftForm) -> Answer<Option<String>> {
    core.shop()?.drafts.get(form).await
}

/// Keeps what was typed, or forgets it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn keep_form_draft(
    core: State<'_, Core>,
    form: DraftForm,
    typed: Option<String>,
) -> Answer<()> {
    core.shop()?.drafts.keep(form, typed.as_deref()).await
}
