//! Payouts.

use paydesk_core::{
    Core,
    payouts::{
        self, FileInProgress, OpenFile, Opened, ReportFormat,
        batch::{Batch, BatchSummary, Control, PendingApproval, RowEdit, RowPage, RowQuery},
        import::Choices,
        recipients::{Contact, ContactEdit, ContactPage},
        rules::{Rules, RulesEdit},
        schedule::Schedule,
    },
};
use secrecy::SecretString;
use tauri::State;

use super::Answer;
use crate::Desktop;

/// Lets the owner choose a file and opens it; `None` when nothing was chosen.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_payout_file(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
) -> Answer<Option<Opened>> {
    let shop = core.shop()?;
    let Some(path) = desktop.choose_file().await else { return Ok(None) };
    shop.payouts.open_file(&path).await.map(Some)
}

/// Opens pasted text.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_payout_text(core: State<'_, Core>, name: String, text: String) -> Answer<Opened> {
    core.shop()?.payouts.open_text(&name, &text).await
}

/// A file that waits for an answer.
#[tauri::command]
#[specta::specta]
pub(crate) fn open_payout_file(core: State<'_, Core>, id: String) -> Answer<OpenFile> {
    core.shop()?.payouts.open_file_again(&id)
}

/// Reads a file that waits as the owner says.
#[tauri::command]
#[specta::specta]
pub(crate) async fn answer_payout_file(
    core: State<'_, Core>,
    id: String,
    choices: Choices,
) -> Answer<Opened> {
    core.shop()?.payouts.answer_file(&id, choices).await
}

/// Closes a file that waits.
#[tauri::command]
#[specta::specta]
pub(crate) fn close_payout_file(core: State<'_, Core>, id: String) -> Answer<()> {
    core.shop()?.payouts.close_file(&id);
    Ok(())
}

/// The file that is being read.
#[tauri::command]
#[specta::specta]
pub(crate) fn payout_file_in_progress(core: State<'_, Core>) -> Answer<Option<FileInProgress>> {
    Ok(core.shop()?.payouts.reading_file())
}

/// Stops reading a file.
#[tauri::command]
#[specta::specta]
pub(crate) fn stop_payout_file(core: State<'_, Core>) -> Answer<()> {
    core.shop()?.payouts.stop_reading();
    Ok(())
}

/// All batches, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payout_batches(core: State<'_, Core>) -> Answer<Vec<BatchSummary>> {
    core.shop()?.payouts.list().await
}

/// One batch.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payout_batch(core: State<'_, Core>, id: String) -> Answer<Batch> {
    core.shop()?.payouts.get(&id).await
}

/// Rows of a batch.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payout_rows(core: State<'_, Core>, query: RowQuery) -> Answer<RowPage> {
    core.shop()?.payouts.rows(query).await
}

/// Checks a batch against the shop again.
#[tauri::command]
#[specta::specta]
pub(crate) async fn check_payout_batch(core: State<'_, Core>, id: String) -> Answer<Batch> {
    core.shop()?.payouts.check(&id).await
}

/// Takes rows out of a batch that was not sent.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_payout_rows(
    core: State<'_, Core>,
    id: String,
    numbers: Vec<u32>,
) -> Answer<Batch> {
    core.shop()?.payouts.remove_rows(&id, &numbers).await
}

/// Takes all bad rows out of a batch that was not sent.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_bad_payout_rows(core: State<'_, Core>, id: String) -> Answer<Batch> {
    core.shop()?.payouts.remove_bad_rows(&id).await
}

/// Deletes a batch that was not sent.
#[tauri::command]
#[specta::specta]
pub(crate) async fn discard_payout_batch(core: State<'_, Core>, id: String) -> Answer<()> {
    core.shop()?.payouts.discard(&id).await
}

/// Creates the batch at NOWPayments, exactly as the owner saw it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn send_payout_batch(
    core: State<'_, Core>,
    id: String,
    rows_hash: String,
    pin: Option<String>,
) -> Answer<Batch> {
    core.shop()?.payouts.send(&id, &rows_hash, pin.map(SecretString::from)).await
}

/// What waits for the owner's code.
#[tauri::command]
#[specta::specta]
pub(crate) async fn pending_approvals(core: State<'_, Core>) -> Answer<Vec<PendingApproval>> {
    core.shop()?.payouts.approvals().await
}

/// Approves with a typed code.
#[tauri::command]
#[specta::specta]
pub(crate) async fn approve_with_code(
    core: State<'_, Core>,
    approval: String,
    rows_hash: String,
    code: String,
    pin: Option<String>,
) -> Answer<Batch> {
    let (code, pin) = (SecretString::from(code), pin.map(SecretString::from));
    core.shop()?.payouts.approve_with_code(&approval, &rows_hash, code, pin).await
}

/// Approves with a code made on this device.
#[tauri::command]
#[specta::specta]
pub(crate) async fn approve_with_pin(
    core: State<'_, Core>,
    approval: String,
    rows_hash: String,
    pin: String,
) -> Answer<Batch> {
    core.shop()?.payouts.approve_with_pin(&approval, &rows_hash, SecretString::from(pin)).await
}

/// Looks up at NOWPayments how a batch stands.
#[tauri::command]
#[specta::specta]
pub(crate) async fn look_up_payout_batch(core: State<'_, Core>, id: String) -> Answer<Batch> {
    core.shop()?.payouts.look(&id).await
}

/// The owner's word that an unknown batch was not created.
#[tauri::command]
#[specta::specta]
pub(crate) async fn release_payout_batch(core: State<'_, Core>, id: String) -> Answer<Batch> {
    core.shop()?.payouts.release(&id).await
}

/// A person's word that one of the provider's batches which an unknown one may be is another.
#[tauri::command]
#[specta::specta]
pub(crate) async fn declare_not_payout_batch(
    core: State<'_, Core>,
    id: String,
    candidate: String,
) -> Answer<Batch> {
    core.shop()?.payouts.is_not(&id, &candidate).await
}

/// Writes other values into a row of a batch that was not sent.
#[tauri::command]
#[specta::specta]
pub(crate) async fn edit_payout_row(
    core: State<'_, Core>,
    id: String,
    number: u32,
    edit: RowEdit,
) -> Answer<Batch> {
    core.shop()?.payouts.edit_row(&id, number, &edit).await
}

/// Says what a batch that was not sent must add up to.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_payout_control(core: State<'_, Core>, id: String, control: Control) -> Answer<Batch> {
    core.shop()?.payouts.set_control(&id, &control).await
}

/// Says what the next file of payouts must add up to.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_next_payout_control(core: State<'_, Core>, control: Control) -> Answer<()> {
    core.shop()?.payouts.set_next_control(&control).await
}

/// What the next file of payouts must add up to.
#[tauri::command]
#[specta::specta]
pub(crate) async fn next_payout_control(core: State<'_, Core>) -> Answer<Option<Control>> {
    core.shop()?.payouts.next_control().await
}

/// Writes the bad rows of a batch to a file that the owner names; the file's path, or `None` when none was named.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_bad_payout_rows(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
    id: String,
) -> Answer<Option<String>> {
    let rows = core.shop()?.payouts.bad_rows_csv(&id).await?;
    desktop.save_file("payouts-to-correct.csv", rows.as_bytes()).await
}

/// Writes an example of a file of payouts, which cannot be paid, to a file that the owner names; the file's path, or `None`
/// when none was named.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_payout_template(
    desktop: State<'_, Desktop>,
    format: ReportFormat,
) -> Answer<Option<String>> {
    desktop.save_file(&format!("payouts.{}", format.extension()), &payouts::template(format)?).await
}

/// Writes the report of a batch to a file that the owner names; the file's path, or `None` when none was named.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_payout_report(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
    id: String,
    format: ReportFormat,
) -> Answer<Option<String>> {
    let report = core.shop()?.payouts.report_file(&id, format).await?;
    desktop.save_file(&format!("payout-report.{}", format.extension()), &report).await
}

/// Stops the check of a batch; what it has found is kept.
#[tauri::command]
#[specta::specta]
pub(crate) async fn stop_payout_check(core: State<'_, Core>, id: String) -> Answer<Batch> {
    core.shop()?.payouts.stop_check(&id).await
}

/// Says when a batch that was not sent is paid; `None`: as soon as it is approved.
#[tauri::command]
#[specta::specta]
pub(crate) async fn schedule_payouts(
    core: State<'_, Core>,
    id: String,
    schedule: Option<Schedule>,
) -> Answer<Batch> {
    core.shop()?.payouts.set_schedule(&id, schedule.as_ref()).await
}

/// Calls off a scheduled batch whose time has not come, or one row of it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_payouts(core: State<'_, Core>, id: String, row: Option<u32>) -> Answer<Batch> {
    core.shop()?.payouts.cancel(&id, row).await
}

/// The parts of a batch that was too large to be sent at once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payout_parts(core: State<'_, Core>, id: String) -> Answer<Vec<BatchSummary>> {
    core.shop()?.payouts.parts(&id).await
}

/// Gives up the parts of a batch that were not sent.
#[tauri::command]
#[specta::specta]
pub(crate) async fn give_up_payout_parts(core: State<'_, Core>, id: String) -> Answer<Batch> {
    core.shop()?.payouts.give_up_parts(&id).await
}

/// Makes a new draft of the rows that a batch has not paid.
#[tauri::command]
#[specta::specta]
pub(crate) async fn pay_payouts_again(core: State<'_, Core>, id: String) -> Answer<Batch> {
    core.shop()?.payouts.pay_again(&id).await
}

/// The rules for payouts.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payout_rules(core: State<'_, Core>) -> Answer<Rules> {
    core.shop()?.payouts.rules().await
}

/// Changes the rules for payouts; what is loosened takes the PIN.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_payout_rules(
    core: State<'_, Core>,
    edit: RulesEdit,
    pin: Option<String>,
) -> Answer<Rules> {
    core.shop()?.payouts.set_rules(&edit, pin.map(SecretString::from)).await
}

/// Has every batch sent with the PIN of one person and approved with that of another.
#[tauri::command]
#[specta::specta]
pub(crate) async fn require_two_persons(
    core: State<'_, Core>,
    preparer: String,
    approver: String,
    lock: Option<String>,
) -> Answer<Rules> {
    core.shop()?.payouts.require_two_persons(preparer.into(), approver.into(), lock.map(Into::into)).await
}

/// One person is enough again, which takes both PINs.
#[tauri::command]
#[specta::specta]
pub(crate) async fn require_one_person(
    core: State<'_, Core>,
    preparer: String,
    approver: String,
) -> Answer<Rules> {
    core.shop()?.payouts.require_one_person(preparer.into(), approver.into()).await
}

/// The address book.
#[tauri::command]
#[specta::specta]
pub(crate) async fn contacts(core: State<'_, Core>, search: String) -> Answer<ContactPage> {
    core.shop()?.payouts.contacts(&search).await
}

/// Adds a contact to the address book or changes one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn save_contact(
    core: State<'_, Core>,
    edit: ContactEdit,
    pin: Option<String>,
) -> Answer<Contact> {
    core.shop()?.payouts.save_contact(&edit, pin.map(SecretString::from)).await
}

/// Takes a contact out of the address book.
#[tauri::command]
#[specta::specta]
pub(crate) async fn remove_contact(core: State<'_, Core>, id: String) -> Answer<()> {
    core.shop()?.payouts.remove_contact(&id).await
}

/// Opens the page of a paid row's transaction in the browser.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_payout_in_explorer(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
    id: String,
    number: u32,
) -> Answer<()> {
    desktop.open(&core.shop()?.payouts.explorer_page(&id, number).await?)
}
