//! What was typed into forms: kept until it is sent, beside that of a payment.

use nowpayments_simulator::History;
use paydesk_core::{Failure, drafts::DraftForm, payments::PaymentDraft};

use crate::common::world::World;

#[tokio::test]
async fn what_was_typed_into_a_form_is_there_after_a_restart_and_until_it_is_forgotten() {
    let world = World::new(History::None).await;
    let (core, _) = world.open_shop().await;
    let open = core.shop().unwrap();
    open.drafts.keep(DraftForm::Plan, Some(r#"{"title":"Cof"}"#)).await.unwrap();
    open.drafts.keep(DraftForm::Plan, Some(r#"{"title":"Coffee"}"#)).await.unwrap();
    open.payments.keep_draft(Some(PaymentDraft::default())).await.unwrap();
    core.close().await;

    let core = world.open().await;
    core.reopen(|| async { Err(Failure::other("no demo")) }).await.unwrap();
    let open = core.shop().unwrap();
    assert_eq!(open.drafts.get(DraftForm::Plan).await.unwrap().as_deref(), Some(r#"{"title":"Coffee"}"#));
    assert_eq!(open.drafts.get(DraftForm::Conversion).await.unwrap(), None);
    open.drafts.keep(DraftForm::Plan, None).await.unwrap();
    assert_eq!(open.drafts.get(DraftForm::Plan).await.unwrap(), None);
    assert!(open.payments.draft().await.unwrap().is_some(), "that of a payment is its own");
    open.drafts.keep(DraftForm::Plan, Some(&"x".repeat(5 * 1024 * 1024))).await.unwrap_err();
}
