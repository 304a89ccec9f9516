//! Payouts from the file to the report, what guards them, and the lock.

use anyhow::Result;
use paydesk_window_tests::{Desktop, PAYROLL, PIN, Simulator};
use serde_json::json;

use crate::{ESCAPE, pictures::Tour};

/// An address that takes TRX and USDT on TRON.
const TRON: &str = "TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH";

/// Payouts of what sums of money buy, and of an amount; one says both.
const SUMS: &str = "\
address,currency,amount,fiat_amount,fiat_currency,description
bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4,btc,,120,eur,Logo
1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,btc,0.00075,,,Green beans
TYCCSF52J5fzgiARgmkugPvgLMXxckBDpv,usdttrc20,,99.90,usd,Texts
TPSguHpA4iyNaHH6Kj6x3hM7tVYeRSbQ5x,trx,,35.5,eur,Courier
0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,eth,0.01,30,gbp,Both
";

pub(crate) async fn second_factor(tour: &mut Tour<'_>, simulator: &Simulator) -> Result<()> {
    let window = tour.window;
    window.press("Settings").await?;
    window.press("Set up codes on this computer").await?;
    window.press("Use the practice phone's secret").await?;
    tour.picture("second-factor").await?;
    window.press("Cancel").await?;
    window.set_up_codes(simulator).await
}

pub(crate) async fn importing(tour: &mut Tour<'_>, desktop: &Desktop) -> Result<()> {
    let window = tour.window;
    window.press("Payouts").await?;
    window.sees("Drop a file here").await?;
    tour.picture("payouts-empty").await?;
    window.press("How the file must look").await?;
    tour.picture("payouts-format").await?;
    window.keys(ESCAPE).await?;
    let numbers = format!("address;currency;amount\n{TRON};trx;1.000\n{TRON};usdttrc20;2.500,75\n");
    desktop.open_with_paydesk(&desktop.write("numbers.csv", numbers)?).await?;
    window.sees("How does this file write numbers?").await?;
    window.press("A comma before decimals").await?;
    tour.picture("file-numbers").await?;
    window.press("Cancel").await?;
    let columns = format!("who,how much,purpose\n{TRON},5,May rent\n{TRON},120.5,water\n");
    desktop.open_with_paydesk(&desktop.write("columns.csv", columns)?).await?;
    window.sees("What does each column hold?").await?;
    tour.picture("file-columns").await?;
    window.press("Cancel").await?;
    window.press("Paste").await?;
    window.paste("Rows", "not a table").await?;
    window.press("Check these rows").await?;
    window.sees("This text was not taken").await?;
    tour.picture("payouts-paste-refused").await?;
    window.press("Cancel").await?;
    desktop.open_with_paydesk(&desktop.write("empty.csv", "")?).await?;
    window.sees("This file was not taken").await?;
    tour.picture("file-refused").await?;
    window.press("Understood").await
}

pub(crate) async fn sending(tour: &mut Tour<'_>, desktop: &Desktop, simulator: &Simulator) -> Result<()> {
    let window = tour.window;
    desktop.open_with_paydesk(&desktop.write("payroll-november.csv", PAYROLL)?).await?;
    window.sees("Remove the 3 bad rows").await?;
    window.is_checked().await?;
    tour.picture("batch-bad-rows").await?;
    window.press("All (13)").await?;
    window.open_row("Green beans").await?;
    tour.picture("batch-row").await?;
    window.press("Correct row").await?;
    tour.picture("batch-row-correcting").await?;
    window.press("Cancel").await?;
    window.keys(ESCAPE).await?;
    window.press("Compare with control totals…").await?;
    tour.picture("batch-control-totals").await?;
    window.press("Cancel").await?;
    window.press("Remove the 3 bad rows").await?;
    tour.picture("batch-remove").await?;
    window.press("Remove").await?;
    window.press("Send 10 payouts…").await?;
    window.sees("No money moves before your code").await?;
    tour.picture("batch-send").await?;

    let lost = json!({ "method": "POST", "path": "/payout", "times": 1, "fault": { "kind": "drop_before" } });
    simulator.call("POST", "/faults", Some(lost)).await?;
    window.press("Hand over to NOWPayments").await?;
    window.sees("We do not know yet whether NOWPayments took this batch").await?;
    tour.picture("batch-unknown").await?;

    let file = desktop.write("suppliers.csv", PAYROLL.replace("0.0005", "0.0006"))?;
    desktop.open_with_paydesk(&file).await?;
    window.sees("suppliers.csv").await?;
    window.remove_bad_rows_and_send().await?;
    tour.picture("approval").await?;
    window.press("Code from the phone").await?;
    window.fill("Six digits from your phone", &simulator.wrong_code().await?).await?;
    window.press("Approve 10 payouts").await?;
    window.sees("9 attempts left").await?;
    tour.picture("approval-wrong-code").await?;
    window.approve_with_pin().await?;
    window.sees("On its way").await?;
    tour.picture("batch-on-its-way").await?;
    window.sees("All paid").await?;
    tour.picture("batch-paid").await?;
    window.press("Report").await?;
    window.sees("Payout report").await?;
    tour.picture("report").await?;
    window.press("Notifications").await?;
    tour.picture("notifications").await?;
    window.press("Payouts").await?;
    window.sees("Drop a file here").await?;
    tour.picture("payouts").await
}

pub(crate) async fn paying_sums(tour: &mut Tour<'_>, desktop: &Desktop) -> Result<()> {
    let window = tour.window;
    window.press("Control totals first…").await?;
    window.sees("Control totals of the next file").await?;
    window.fill("Number of payouts", "5").await?;
    window.press("Compare").await?;
    window.sees("The next file must add up to").await?;
    tour.picture("payouts-control-first").await?;
    desktop.open_with_paydesk(&desktop.write("freelancers.csv", SUMS)?).await?;
    window.press("Remove the bad row").await?;
    window.press("Remove").await?;
    window.is_checked().await?;
    window.sees("5 payouts are to be made").await?;
    tour.picture("batch-sums").await?;
    window.open_row("Logo").await?;
    tour.picture("batch-sums-row").await?;
    window.press("Correct row").await?;
    tour.picture("batch-sums-correcting").await?;
    window.press("Cancel").await?;
    window.keys(ESCAPE).await?;
    window.press("Change control totals…").await?;
    window.fill("Number of payouts", "4").await?;
    window.press("Compare").await?;
    window.press("Send 4 payouts…").await?;
    window.sees("No money moves before your code").await?;
    tour.picture("batch-sums-send").await?;
    window.press("Hand over to NOWPayments").await?;
    window.sees("4 recipients").await?;
    tour.picture("approval-sums").await?;
    window.press("Not now, back to the batch").await?;
    window.sees("Waits for your code").await?;
    window.press("Payouts").await?;
    window.sees("Drop a file here").await
}

pub(crate) async fn guarding(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("Address book").await?;
    window.sees("The recipients you know will be here").await?;
    tour.picture("address-book-empty").await?;
    window.press("Add the first contact").await?;
    window.fill("Name", "Anna, beans").await?;
    window.fill("Coin", "eth").await?;
    window.fill("Address", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed").await?;
    tour.picture("address-book-adding").await?;
    window.press("Keep contact").await?;
    window.sees_not("Keep contact").await?;
    window.sees("Times paid").await?;
    tour.picture("address-book").await?;
    window.press("Settings").await?;
    window.scroll_to("Limits and recipients").await?;
    window.fill("Payouts at once at the most", "5").await?;
    tour.picture("settings-limits").await?;
    window.press("Keep rules").await?;
    window.sees("The rules are kept").await?;
    window.scroll_to("Two persons").await?;
    tour.picture("settings-two-persons").await?;
    window.press("Require two persons…").await?;
    tour.picture("two-persons").await?;
    window.press("Cancel").await?;
    window.press("Show the log, check it, or save it").await?;
    window.sees("What was done").await?;
    window.press("Check the log").await?;
    window.sees("The fingerprint of the last entry").await?;
    tour.picture("audit-log").await
}

pub(crate) async fn in_parts(tour: &mut Tour<'_>, desktop: &Desktop) -> Result<()> {
    let window = tour.window;
    let file = desktop.write("bonuses.csv", PAYROLL.replace("0.0005", "0.0007"))?;
    desktop.open_with_paydesk(&file).await?;
    window.press("Remove the 3 bad rows").await?;
    window.press("Remove").await?;
    window.is_checked().await?;
    window.sees("Anna, beans").await?;
    tour.picture("batch-checked").await?;
    window.press("Change when it is paid…").await?;
    window.press("At a date and time").await?;
    window.press("Again and again").await?;
    window.sees("The first times").await?;
    tour.picture("batch-schedule").await?;
    window.press("Cancel").await?;
    window.press("Send 10 payouts…").await?;
    window.sees("It is sent in 2 parts").await?;
    tour.picture("batch-send-parts").await?;
    window.press("Hand over to NOWPayments").await?;
    window.sees("Part 1 of 2").await?;
    tour.picture("approval-part").await?;
    window.press("PIN on this computer").await?;
    window.fill("PIN", PIN).await?;
    window.press("Approve 5 payouts").await?;
    window.sees("Approve part 2 of 2").await?;
    tour.picture("approval-next-part").await?;
    window.press("Approve part 2 of 2").await?;
    window.sees("5 recipients").await?;
    window.press("Not now, back to the batch").await?;
    window.sees("Open one to see its rows").await?;
    tour.picture("batch-parts").await
}

pub(crate) async fn locking(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.set_lock().await?;
    tour.picture("settings-lock").await?;
    window.find_and_do("Lock now").await?;
    window.sees("Paydesk is locked").await?;
    tour.picture("locked").await?;
    window.fill("PIN", "not the pin").await?;
    window.press("Unlock").await?;
    window.sees("This PIN is wrong").await?;
    tour.picture("locked-wrong-pin").await?;
    window.press("I have forgotten the PIN…").await?;
    tour.picture("locked-forgotten").await?;
    window.press("Cancel").await?;
    window.fill("PIN", PIN).await?;
    window.press("Unlock").await?;
    window.sees("Settings").await
}
