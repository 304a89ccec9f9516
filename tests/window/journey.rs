//! The main job: a file of payouts, checked, approved, paid, and told of.

use anyhow::Result;
use paydesk_window_tests::{Desktop, Keychain, PAYROLL, Simulator, Window, wait_for};

#[tokio::test]
async fn a_file_of_payouts_is_checked_approved_paid_and_told_of() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start().await?;
    let window = Window::open(&desktop, Some(&simulator), &["--demo"]).await?;
    window.sees("Payments").await?;
    window.sees("KC-").await?;
    window.is_accessible("payments").await?;

    window.set_up_codes(&simulator).await?;
    window.is_accessible("settings").await?;

    let file = desktop.write("payroll-november.csv", PAYROLL)?;
    desktop.open_with_paydesk(&file).await?;
    window.sees("payroll-november.csv").await?;
    for (line, reason) in [("5", "1e3"), ("9", "checksum"), ("12", "TRON")] {
        window.sees(line).await?;
        window.sees(reason).await?;
    }
    window.is_accessible("a batch with bad rows").await?;

    window.remove_bad_rows_and_send().await?;
    window.is_accessible("the approval").await?;
    window.press("Code from the phone").await?;
    window.fill("Six digits from your phone", &simulator.wrong_code().await?).await?;
    window.press("Approve 10 payouts").await?;
    window.sees("9 attempts left").await?;

    window.approve_with_pin().await?;
    window.sees("All paid").await?;
    window.sees("10 of 10 paid").await?;
    window.is_accessible("a paid batch").await?;
    window.press("Report").await?;
    window.sees("Payout report").await?;
    window.is_accessible("the report").await?;

    simulator.has_paid_the_payroll_once().await?;
    // The demo shop's payments are told, too.
    let of_payroll = || {
        let told = desktop.notifications().into_iter();
        told.filter(|told| told.title == "Paid: payroll-november.csv").collect::<Vec<_>>()
    };
    let told = wait_for("the notification", async || Ok(of_payroll().first().cloned())).await?;
    assert!(
        told.body.starts_with("All 10 rows were paid: 0.00125 BTC, 0.0325 ETH, 195.5 TRX"),
        "{}",
        told.body
    );
    assert_eq!(of_payroll().len(), 1);
    window.close().await
}
