//! Connecting, and all there is of payments.

use anyhow::Result;
use paydesk_window_tests::Simulator;
use serde_json::json;

use crate::{ESCAPE, pictures::Tour};

/// The label of the field that searches payments.
const SEARCH: &str = "Search order, address, ID…";

pub(crate) async fn connecting(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    tour.picture("welcome").await?;
    window.press("Connect my NOWPayments account").await?;
    window.sees("Connect your account").await?;
    tour.picture("connect").await?;
    window.fill("Name", "Corner shop").await?;
    window.press("Sandbox").await?;
    window.fill("API key", "not-a-key").await?;
    window.fill("E-mail address", "owner@example.com").await?;
    window.fill("Password", "wrong").await?;
    window.press("Check and connect").await?;
    window.sees("Needs you").await?;
    tour.picture("connect-wrong-key").await?;
    window.press("Back").await?;
    entering(tour).await
}

/// Opens the demo shop.
pub(crate) async fn entering(tour: &Tour<'_>) -> Result<()> {
    tour.window.press("Try the demo shop").await?;
    tour.window.sees("Up to date").await
}

pub(crate) async fn opening(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    tour.picture("payments").await?;
    window.fill(SEARCH, "status:paid coin:usdttrc20").await?;
    window.sees("found").await?;
    window.open_row("Paid").await?;
    window.sees("What happened").await?;
    tour.picture("payment").await?;
    window.scroll_to("What happened").await?;
    tour.picture("payment-timeline").await?;
    window.press("Show the answer of NOWPayments").await?;
    window.sees("\"payment_status\"").await?;
    window.scroll_to("For support").await?;
    tour.picture("payment-answer").await?;
    window.keys(ESCAPE).await?;
    window.find_and_do("Show all").await?;
    window.sees("in all").await
}

pub(crate) async fn finding(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("Any status").await?;
    window.sees("Awaiting payment").await?;
    tour.picture("payments-statuses").await?;
    window.keys(ESCAPE).await?;
    window.fill(SEARCH, "espresso").await?;
    window.sees_not("Gooseneck").await?;
    tour.picture("payments-search").await?;
    window.fill(SEARCH, "there is no such order").await?;
    window.sees("No payment matches").await?;
    tour.picture("payments-none").await?;
    window.fill(SEARCH, "status:paid,underpaid coin:btc,usdttrc20 amount>20 after:2026-01").await?;
    window.sees("found").await?;
    tour.picture("payments-filtered").await?;
    window.open_row("Paid").await?;
    window.sees("What happened").await?;
    tour.picture("payments-filtered-open").await?;
    window.keys(ESCAPE).await?;
    window.fill(SEARCH, "amount>abc").await?;
    window.sees("is no amount").await?;
    tour.picture("payments-refused").await?;
    window.press("Filters").await?;
    tour.picture("payments-filters").await?;
    window.press("Done").await?;
    window.press("How to search").await?;
    tour.picture("payments-search-help").await?;
    window.press("status:failed").await?;
    window.find_and_do("Show all").await?;
    window.sees("in all").await?;

    window.press("Columns").await?;
    tour.picture("payments-columns").await?;
    window.press("Close").await?;
    window.press("Views").await?;
    window.press("Save this view").await?;
    window.fill("Name", "Large orders").await?;
    tour.picture("payments-save-view").await?;
    window.press("Save").await?;
    window.sees_not("Save this view").await?;
    window.press("Views").await?;
    window.sees("Large orders").await?;
    tour.picture("payments-views").await?;
    window.keys(ESCAPE).await?;

    let boxes =
        "[...document.querySelectorAll('[role=gridcell] input')].slice(0, 5).forEach(box => box.click())";
    window.run(boxes).await?;
    window.sees("5 selected").await?;
    tour.picture("payments-selected").await?;
    window.press("Export…").await?;
    window.sees("Save as…").await?;
    tour.picture("export").await?;
    window.press("Cancel").await?;
    window.press("Clear the selection").await?;

    window.press("Find or do").await?;
    window.sees("Go to Payouts").await?;
    tour.picture("palette").await?;
    window.keys(ESCAPE).await
}

pub(crate) async fn fetching(tour: &mut Tour<'_>, simulator: &Simulator) -> Result<()> {
    let window = tour.window;
    window.find_and_do("Show how fetching payments stands").await?;
    window.sees("On this computer").await?;
    tour.picture("sync").await?;
    window.keys(ESCAPE).await?;
    simulator.call("POST", "/faults", Some(json!({ "fault": { "kind": "drop_before" } }))).await?;
    window.find_and_do("Refresh now").await?;
    window.sees("Offline").await?;
    window.find_and_do("Show how fetching payments stands").await?;
    window.sees("can still be read").await?;
    tour.picture("sync-offline").await?;
    window.keys(ESCAPE).await?;
    simulator.call("DELETE", "/faults", None).await?;
    window.find_and_do("Refresh now").await?;
    window.sees("Up to date").await
}

pub(crate) async fn making(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("New payment").await?;
    window.sees("What is sold").await?;
    tour.picture("make").await?;
    window.fill("Amount", "1").await?;
    window.choose_coin("btc").await?;
    window.sees("is too small to be paid in").await?;
    window.sees_not("Looking for coins").await?;
    tour.picture("make-too-small").await?;
    window.press("Your customer pays in").await?;
    window.sees("Coins of your shop").await?;
    tour.picture("make-coins").await?;
    window.keys(ESCAPE).await?;
    window.fill("Amount", "48.50").await?;
    window.fill("Order", "TABLE-7").await?;
    window.fill("Description", "2 x Guji 250 g, grinder brush").await?;
    window.sees("This is enough").await?;
    tour.picture("make-quote").await?;
    window.press("Make the payment").await?;
    window.sees("Pay to this address").await?;
    tour.picture("counter").await?;
    window.press("Turn to the customer").await?;
    window.sees("Back to the shop").await?;
    tour.picture("counter-customer").await?;
    window.press("Back to the shop").await?;
    window.press("Payments").await?;
    window.open_row("TABLE-7").await?;
    window.sees("What happened").await?;
    tour.picture("payment-waiting").await?;
    window.keys(ESCAPE).await
}

pub(crate) async fn links(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("Payment links").await?;
    window.sees("Your payment links will be here").await?;
    tour.picture("links-empty").await?;
    window.press("New payment link").await?;
    window.sees("Page after paying").await?;
    window.fill("Amount", "80").await?;
    window.fill("Order", "OFFICE-12").await?;
    tour.picture("link-make").await?;
    window.press("Make the link").await?;
    window.sees("Payments of this link").await?;
    tour.picture("links").await?;
    window.press("Pay it here").await?;
    window.sees("E-mail address of your customer").await?;
    tour.picture("link-pay").await?;
    window.press("Cancel").await
}

pub(crate) async fn needing_attention(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("Needs attention").await?;
    window.sees("Underpaid").await?;
    tour.picture("attention").await?;
    window.open_row("Underpaid").await?;
    window.sees("Ask for the rest").await?;
    tour.picture("attention-case").await?;
    window.press("Prepare a refund").await?;
    window.sees("Prepare the draft").await?;
    tour.picture("attention-refund").await?;
    window.press("Cancel").await?;
    window.press("Ask for the rest").await?;
    window.sees("are missing").await?;
    tour.picture("attention-ask").await?;
    window.press("Needs attention").await?;
    window.open_row("Underpaid").await?;
    window.press("Show the payment").await?;
    window.sees("What happened").await?;
    tour.picture("payment-underpaid").await
}
