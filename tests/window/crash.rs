//! Paydesk is killed at the worst moment, and nothing is paid twice or lost.

use anyhow::Result;
use paydesk_window_tests::{Desktop, Keychain, PAYROLL, Simulator, Window};

#[tokio::test]
async fn killed_between_creating_and_approving_it_finishes_the_same_batch() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start().await?;
    let window = Window::open(&desktop, Some(&simulator), &["--demo"]).await?;
    window.set_up_codes(&simulator).await?;
    desktop.open_with_paydesk(&desktop.write("payroll.csv", PAYROLL)?).await?;
    window.remove_bad_rows_and_send().await?;
    window.kill().await?;

    let window = Window::open(&desktop, Some(&simulator), &[]).await?;
    window.press("Payouts").await?;
    window.sees("payroll.csv is waiting for your code").await?;
    window.press("Give the code for payroll.csv").await?;
    window.approve_with_pin().await?;
    window.sees("All paid").await?;
    simulator.has_paid_the_payroll_once().await?;
    window.close().await
}
