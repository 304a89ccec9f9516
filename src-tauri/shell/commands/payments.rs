//! Payments.

use paydesk_core::{
    Core,
    payments::{
        CoinMinimum, FollowUp, ListColumn, MadePayment, NewPayment, NewPaymentView, PaymentChoices,
        PaymentColumn, PaymentDetail, PaymentDraft, PaymentFilters, PaymentPage, PaymentQuery, PaymentRate,
        PaymentSelection, PaymentTotals, PaymentTrace, PaymentView, Quote, QuoteRequest, RenewedRate,
        SyncStatus,
    },
    qr_codes::{self, QrCode},
};
use tauri::State;

use super::Answer;
use crate::Desktop;

/// A page of payments.
#[tauri::command]
#[specta::specta]
pub(crate) async fn list_payments(core: State<'_, Core>, query: PaymentQuery) -> Answer<PaymentPage> {
    core.shop()?.payments.list(query).await
}

/// What payments can be narrowed to.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payment_filters(core: State<'_, Core>) -> Answer<PaymentFilters> {
    core.shop()?.payments.filters().await
}

/// What selected payments come to.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payment_totals(
    core: State<'_, Core>,
    selection: PaymentSelection,
) -> Answer<PaymentTotals> {
    core.shop()?.payments.totals(selection).await
}

/// The ids of selected payments.
#[tauri::command]
#[specta::specta]
pub(crate) async fn selected_payment_ids(
    core: State<'_, Core>,
    selection: PaymentSelection,
) -> Answer<Vec<String>> {
    core.shop()?.payments.selected_ids(selection).await
}

/// Selected payments as a table for a spreadsheet.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payment_table(
    core: State<'_, Core>,
    selection: PaymentSelection,
    columns: Vec<PaymentColumn>,
    heads: Vec<String>,
    currency: String,
) -> Answer<String> {
    core.shop()?.payments.table(selection, columns, heads, currency).await
}

/// The lists of payments that the owner gave a name.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payment_views(core: State<'_, Core>) -> Answer<Vec<PaymentView>> {
    core.shop()?.payments.views().await
}

/// Keeps a list under a name.
#[tauri::command]
#[specta::specta]
pub(crate) async fn add_payment_view(core: State<'_, Core>, view: NewPaymentView) -> Answer<PaymentView> {
    core.shop()?.payments.add_view(view).await
}

/// Gives a list another name.
#[tauri::command]
#[specta::specta]
pub(crate) async fn rename_payment_view(core: State<'_, Core>, id: u32, name: String) -> Answer<()> {
    core.shop()?.payments.rename_view(id, &name).await
}

/// Forgets a list.
#[tauri::command]
#[specta::specta]
pub(crate) async fn delete_payment_view(core: State<'_, Core>, id: u32) -> Answer<()> {
    core.shop()?.payments.delete_view(id).await
}

/// The columns of the list as the owner left them.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payment_columns(core: State<'_, Core>) -> Answer<Vec<ListColumn>> {
    core.shop()?.payments.columns().await
}

/// Keeps the columns of the list.
#[tauri::command]
#[specta::specta]
pub(crate) async fn keep_payment_columns(core: State<'_, Core>, columns: Vec<ListColumn>) -> Answer<()> {
    core.shop()?.payments.keep_columns(columns).await
}

/// One payment.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payment(core: State<'_, Core>, id: String) -> Answer<PaymentDetail> {
    core.shop()?.payments.get(&id).await
}

/// What NOWPayments answered last about a payment, laid out to be read.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payment_answer(core: State<'_, Core>, id: String) -> Answer<String> {
    core.shop()?.payments.answer(&id).await
}

/// Asks NOWPayments for one payment again; says whether anything has changed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn read_payment_again(core: State<'_, Core>, id: String) -> Answer<bool> {
    core.shop()?.payments.read_again(&id).await
}

/// Opens the page of a block explorer that shows the address or a transaction of a payment in the browser.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_payment_in_explorer(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
    id: String,
    trace: PaymentTrace,
) -> Answer<()> {
    desktop.open(&core.shop()?.payments.explorer_page(&id, trace).await?)
}

/// The QR code of an address, a memo or a link.
#[tauri::command]
#[specta::specta]
pub(crate) fn qr_code(text: String) -> Answer<QrCode> {
    qr_codes::qr_code(&text)
}

/// How the sync stands.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sync_status(core: State<'_, Core>) -> Answer<SyncStatus> {
    core.shop()?.payments.sync_status().await
}

/// Has the sync run now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sync_now(core: State<'_, Core>) -> Answer<()> {
    core.shop()?.payments.sync_now();
    Ok(())
}

/// What a payment can be made of.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payment_choices(core: State<'_, Core>) -> Answer<PaymentChoices> {
    core.shop()?.payments.choices().await
}

/// What a price comes to in a coin, and how small it may be there.
#[tauri::command]
#[specta::specta]
pub(crate) async fn quote_payment(core: State<'_, Core>, request: QuoteRequest) -> Answer<Quote> {
    core.shop()?.payments.quote(request).await
}

/// Other coins that a price can be paid with.
#[tauri::command]
#[specta::specta]
pub(crate) async fn coins_for_price(
    core: State<'_, Core>,
    request: QuoteRequest,
) -> Answer<Vec<CoinMinimum>> {
    core.shop()?.payments.coins_for(request).await
}

/// Makes a payment, once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn make_payment(core: State<'_, Core>, payment: NewPayment) -> Answer<MadePayment> {
    core.shop()?.payments.make(payment).await
}

/// The payments whose making is not settled.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unsettled_payments(core: State<'_, Core>) -> Answer<Vec<MadePayment>> {
    core.shop()?.payments.unsettled().await
}

/// Looks for a payment whose making has an unknown end.
#[tauri::command]
#[specta::specta]
pub(crate) async fn look_for_payment(core: State<'_, Core>, id: String) -> Answer<MadePayment> {
    core.shop()?.payments.look_for(&id).await
}

/// The owner's word that an unknown payment was not made.
#[tauri::command]
#[specta::specta]
pub(crate) async fn give_up_payment(core: State<'_, Core>, id: String) -> Answer<MadePayment> {
    core.shop()?.payments.give_up(&id).await
}

/// How the amount of a payment stands.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payment_rate(core: State<'_, Core>, id: String) -> Answer<PaymentRate> {
    core.shop()?.payments.rate(&id).await
}

/// Asks for the amount of a payment at the rate of now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn renew_payment_rate(core: State<'_, Core>, id: String) -> Answer<RenewedRate> {
    core.shop()?.payments.renew(&id).await
}

/// What a further payment for the missing part would be.
#[tauri::command]
#[specta::specta]
pub(crate) async fn follow_up_payment(core: State<'_, Core>, id: String) -> Answer<FollowUp> {
    core.shop()?.payments.follow_up(&id).await
}

/// What was typed and not yet sent.
#[tauri::command]
#[specta::specta]
pub(crate) async fn payment_draft(core: State<'_, Core>) -> Answer<Option<PaymentDraft>> {
    core.shop()?.payments.draft().await
}

/// Keeps what was typed, or forgets it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn keep_payment_draft(core: State<'_, Core>, draft: Option<PaymentDraft>) -> Answer<()> {
    core.shop()?.payments.keep_draft(draft).await
}

/// Stops the sync until it is told to go on, also beyond the end of Paydesk.
#[tauri::command]
#[specta::specta]
pub(crate) async fn stop_sync(core: State<'_, Core>) -> Answer<()> {
    core.shop()?.payments.stop_sync().await
}

/// Has the sync go on where it was stopped.
#[tauri::command]
#[specta::specta]
pub(crate) async fn resume_sync(core: State<'_, Core>) -> Answer<()> {
    core.shop()?.payments.resume_sync().await
}
