//! How codes are given.

use paydesk_core::{
    Core,
    second_factor::{DemoPhone, Enrolment, SecondFactor},
};
use tauri::State;

use super::Answer;
use crate::{Demo, Desktop};

/// How it stands.
#[tauri::command]
#[specta::specta]
pub(crate) async fn second_factor(core: State<'_, Core>) -> Answer<SecondFactor> {
    core.shop()?.second_factor.get().await
}

/// Has codes made on this device.
#[tauri::command]
#[specta::specta]
pub(crate) async fn enrol_second_factor(core: State<'_, Core>, enrolment: Enrolment) -> Answer<SecondFactor> {
    core.shop()?.second_factor.enrol(enrolment).await
}

/// Lets the owner choose a picture of the QR code and reads it; false when none was chosen. The secret in it stays in core.
#[tauri::command]
#[specta::specta]
pub(crate) async fn choose_second_factor_picture(
    core: State<'_, Core>,
    desktop: State<'_, Desktop>,
) -> Answer<bool> {
    let shop = core.shop()?;
    let Some(picture) = desktop.choose_picture().await? else { return Ok(false) };
    shop.second_factor.read_picture(picture).await?;
    Ok(true)
}

/// Deletes the sealed secret from this device, with its PIN.
#[tauri::command]
#[specta::specta]
pub(crate) async fn forget_second_factor(core: State<'_, Core>, pin: Option<String>) -> Answer<SecondFactor> {
    core.shop()?.second_factor.forget(pin.map(Into::into)).await
}

/// What the phone of the demo shop's owner would show; `None` in a shop of one's own.
#[tauri::command]
#[specta::specta]
pub(crate) async fn demo_phone(core: State<'_, Core>, demo: State<'_, Demo>) -> Answer<Option<DemoPhone>> {
    demo.phone(&core).await
}
