//! A payment made at the counter and paid in two parts: the list, its timeline, the inbox and the notifications follow.

use anyhow::{Context, Result};
use paydesk_window_tests::{Desktop, Keychain, Simulator, Window, wait_for};
use serde_json::json;

#[tokio::test]
async fn a_payment_made_here_and_paid_in_two_parts_is_followed_without_a_touch() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start_quiet().await?;
    let window = Window::open(&desktop, Some(&simulator), &["--demo"]).await?;
    window.sees("Your customers' payments will be here").await?;

    window.press("New payment").await?;
    window.fill("Amount", "50").await?;
    window.press("Currency").await?;
    window.press("USD").await?;
    window.choose_coin("usdttrc20").await?;
    window.fill("Order", "TABLE-7").await?;
    window.is_accessible("a new payment").await?;
    window.press("Make the payment").await?;
    window.sees("50 USDTTRC20").await?;
    window.is_accessible("the counter").await?;
    let address = window.run("return location.hash").await?;
    let id = address.as_str().and_then(|hash| hash.rsplit('/').next()).context("a payment")?.to_owned();

    // The first part: too little.
    window.press("Payments").await?;
    window.row_says("TABLE-7", "Awaiting payment").await?;
    simulator.call("POST", &format!("/payments/{id}"), Some(json!({ "pay": "30" }))).await?;
    window.row_says("TABLE-7", "Underpaid").await?;
    told(&desktop, "Underpaid", "30 of 50 USDTTRC20 came for order TABLE-7").await?;
    window.press("Needs attention").await?;
    window.open_row("30 USDTTRC20 of 50 USDTTRC20 came").await?;
    window.is_accessible("what needs attention").await?;
    window.press("Show the payment").await?;
    window.sees("What happened").await?;
    window.is_accessible("an underpaid payment").await?;

    // The second part comes as a payment of its own, as NOWPayments has it.
    simulator.call("POST", &format!("/payments/{id}"), Some(json!({ "pay": "20" }))).await?;
    window.sees("Belongs to it").await?;
    told(&desktop, "Underpaid", "20 of 50 USDTTRC20 came for order TABLE-7").await?;
    window.press("Needs attention").await?;
    window.row_says("Paid again", "came on top of a payment that was underpaid").await?;

    let told = desktop.notifications();
    assert_eq!(told.len(), 2, "{told:#?}");
    window.close().await
}

/// Waits until the desktop was handed a notification with this title, and these words in its text.
async fn told(desktop: &Desktop, title: &str, body: &str) -> Result<()> {
    let heard = wait_for(&format!("“{title}: {body}”"), async || {
        let told = desktop.notifications();
        Ok(told.iter().any(|told| told.title == title && told.body.contains(body)).then_some(()))
    })
    .await;
    heard.with_context(|| format!("told was {:#?}", desktop.notifications()))
}
