//! What else the account holds: the overview, balances, subscriptions, users, conversions, payouts to a bank; callbacks.

use anyhow::Result;
use paydesk_window_tests::Simulator;

use crate::{ESCAPE, pictures::Tour};

pub(crate) async fn overview(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("Overview").await?;
    window.sees("This month").await?;
    window.sees("Connection to NOWPayments").await?;
    tour.picture("overview").await?;
    window.scroll_to("Sales").await?;
    window.press("Show as a table").await?;
    tour.picture("overview-table").await?;
    window.press("Hide the table").await?;
    window.scroll_to("By coin").await?;
    tour.picture("overview-coins").await?;
    window.scroll_to("Latest payments").await?;
    tour.picture("overview-latest").await
}

pub(crate) async fn balances(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("Balances").await?;
    window.sees("Worth together").await?;
    tour.picture("balances").await?;
    window.open_row("BTC").await?;
    window.sees("Show as a table").await?;
    tour.picture("balance").await?;
    window.keys(ESCAPE).await
}

pub(crate) async fn subscriptions(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("Subscriptions").await?;
    window.sees("Monthly revenue").await?;
    tour.picture("plans").await?;
    window.press("Make a plan").await?;
    window.sees("Days of a period").await?;
    tour.picture("plan-make").await?;
    window.press("Cancel").await?;
    window.press("Subscribers").await?;
    window.sees("Paid until").await?;
    tour.picture("subscribers").await?;
    window.open_row("clara.fonseca").await?;
    window.sees("End this subscription…").await?;
    tour.picture("subscriber").await?;
    window.press("End this subscription…").await?;
    window.sees("It is to end for good").await?;
    tour.picture("subscriber-end").await?;
    window.press("Leave it running").await?;
    window.keys(ESCAPE).await?;
    window.press("Unpaid").await?;
    window.sees("Copy e-mail addresses").await?;
    tour.picture("unpaid").await?;
    window.press("Files").await?;
    window.sees("Files of subscribers will be here").await?;
    tour.picture("subscriber-files-empty").await
}

pub(crate) async fn custody(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("Custody").await?;
    window.sees("cafe-lumen").await?;
    tour.picture("custody").await?;
    window.open_row("cafe-lumen").await?;
    window.sees("Balance after").await?;
    tour.picture("custody-user").await?;
    window.press("Move from the shop's balance").await?;
    window.press("Coin").await?;
    window.sees("Coins of your shop").await?;
    window.keys("trx\u{e007}").await?;
    window.fill("Amount", "120.5").await?;
    tour.picture("custody-move").await?;
    window.press("Show what that does").await?;
    window.sees("Is this what you want?").await?;
    tour.picture("custody-move-shown").await?;
    window.press("Move it").await?;
    window.sees("Moved").await?;
    tour.picture("custody-moved").await?;
    window.press("Close").await?;
    window.press("Payment into this balance").await?;
    window.sees("So much of the coin is to be added").await?;
    tour.picture("custody-payment").await?;
    window.press("Cancel").await?;
    window.press("Transfers of this user").await?;
    window.sees("cafe-lumen").await?;
    tour.picture("custody-transfers").await
}

pub(crate) async fn conversions(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("Conversions").await?;
    window.sees("Into any coin").await?;
    tour.picture("conversions").await?;
    window.press("Convert").await?;
    window.sees("Will come of it, about").await?;
    window.fill("Amount", "1000").await?;
    tour.picture("convert").await?;
    window.press("Cancel").await?;
    window.open_row("Converted").await?;
    window.sees("Came of it").await?;
    tour.picture("conversion").await?;
    window.keys(ESCAPE).await
}

pub(crate) async fn bank(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("Payouts").await?;
    window.press("Bank payouts").await?;
    window.open_row("Paid out").await?;
    window.sees("What happened").await?;
    tour.picture("bank").await?;
    window.keys(ESCAPE).await?;
    window.press("Pay out to a bank").await?;
    tour.picture("bank-pay").await?;
    window.press("Cancel").await
}

pub(crate) async fn callbacks(tour: &mut Tour<'_>, simulator: &Simulator) -> Result<()> {
    let window = tour.window;
    window.press("Settings").await?;
    tour.picture("settings").await?;
    window.scroll_to("Notifications").await?;
    tour.picture("settings-notifications").await?;
    window.scroll_to("Connection").await?;
    window.press("Check the connection").await?;
    window.sees("Check again").await?;
    tour.picture("settings-shop").await?;
    window.scroll_to("Data").await?;
    tour.picture("settings-data").await?;
    window.press("Callbacks that came in, and how to set them up").await?;
    window.sees("Nothing has come yet").await?;
    tour.picture("callbacks-none").await?;
    window.press("Set up").await?;
    window.sees("Stop listening").await?;
    tour.picture("callbacks-set-up").await?;
    window.press("Send a test callback to myself").await?;
    window.sees("The test callback arrived").await?;
    tour.picture("callbacks-test").await?;
    window.press("Received").await?;
    window.open_row("Test of Paydesk").await?;
    window.sees("Signature ends in").await?;
    window.sees("The signature is right").await?;
    tour.picture("callbacks").await?;
    window.press("Check one").await?;

    let sent = simulator.call("GET", "/callbacks", None).await?;
    let part = |name: &str| sent[0][name].as_str().unwrap_or_default().to_owned();
    let changed = part("body").replacen("\"payment_id\":", "\"payment_id\":1", 1);
    window.paste("Body", &changed).await?;
    window.paste("Signature", &part("signature")).await?;
    window.press("Check it").await?;
    window.sees("This callback is not to be trusted").await?;
    tour.picture("callbacks-check-refused").await?;
    window.paste("Body", &part("body")).await?;
    window.press("Check it").await?;
    window.sees("This callback is genuine").await?;
    tour.picture("callbacks-check-genuine").await
}
