//! Invoices.

use paydesk_core::{
    Core,
    invoices::{Invoice, InvoiceDetail, NewInvoice, NewInvoicePayment},
    payments::MadePayment,
};
use tauri::State;

use super::Answer;
use crate::Desktop;

/// The invoices that were made here, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn invoices(core: State<'_, Core>) -> Answer<Vec<Invoice>> {
    core.shop()?.invoices.list().await
}

/// One invoice with its payments.
#[tauri::command]
#[specta::specta]
pub(crate) async fn invoice(core: State<'_, Core>, id: String) -> Answer<InvoiceDetail> {
    core.shop()?.invoices.get(&id).await
}

/// Makes an invoice, once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn make_invoice(core: State<'_, Core>, invoice: NewInvoice) -> Answer<Invoice> {
    core.shop()?.invoices.make(invoice).await
}

/// Makes a payment for an invoice, without its page.
#[tauri::command]
#[specta::specta]
pub(crate) async fn pay_invoice(core: State<'_, Core>, payment: NewInvoicePayment) -> Answer<MadePayment> {
    core.shop()?.invoices.pay(payment).await
}

/// Opens the page of an invoice in the browser.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_invoice(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
    id: String,
) -> Answer<()> {
    desktop.open(&core.shop()?.invoices.page(&id).await?)
}
