//! A walk through every screen, with pictures: in `target/tour`, numbered, in both themes and at two sizes.

use std::path::PathBuf;

use anyhow::Result;
use paydesk_window_tests::{Desktop, Keychain, PAYROLL, Simulator, Window, repository};
use serde_json::json;

/// The sizes of the window that pictures are taken at.
const SIZES: [(&str, u32, u32); 2] = [("large", 1280, 800), ("small", 900, 600)];

#[tokio::test]
async fn the_tour_shows_every_screen() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start().await?;
    let window = Window::open(&desktop, Some(&simulator), &[]).await?;
    let mut tour = Tour::begin(&window)?;

    window.sees("Try the demo shop").await?;
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

    window.press("Try the demo shop").await?;
    window.sees("Up to date").await?;
    tour.picture("payments").await?;
    window.open_row("KC-").await?;
    window.sees("What happened").await?;
    tour.picture("payment").await?;
    window.keys("\u{e00c}").await?;
    window.fill("Search order, address, ID…", "espresso").await?;
    window.sees_not("Gooseneck").await?;
    tour.picture("payments-search").await?;
    window.fill("Search order, address, ID…", "there is no such order").await?;
    window.sees("No payment matches").await?;
    tour.picture("payments-none").await?;

    window.press("Find or do").await?;
    window.sees("Go to Payouts").await?;
    tour.picture("palette").await?;
    window.keys("\u{e00c}").await?;

    window.press("Payouts").await?;
    window.sees("Drop a CSV file here").await?;
    tour.picture("payouts-empty").await?;
    window.press("How the file must look").await?;
    tour.picture("payouts-format").await?;
    window.keys("\u{e00c}").await?;
    window.press("Paste").await?;
    window.paste("Rows", "not a table").await?;
    window.press("Check these rows").await?;
    window.sees("This text was not taken").await?;
    tour.picture("payouts-paste-refused").await?;
    window.press("Cancel").await?;

    window.press("Settings").await?;
    tour.picture("settings").await?;
    window.press("Set up codes on this computer").await?;
    window.press("Use the practice phone's secret").await?;
    tour.picture("second-factor").await?;
    window.press("Cancel").await?;
    window.set_up_codes(&simulator).await?;

    desktop.open_with_paydesk(&desktop.write("payroll-november.csv", PAYROLL)?).await?;
    window.sees("Remove the 3 bad rows").await?;
    window.is_checked().await?;
    tour.picture("batch-bad-rows").await?;
    window.press("All (13)").await?;
    window.open_row("Green beans").await?;
    tour.picture("batch-row").await?;
    window.keys("\u{e00c}").await?;
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
    window.sees("Drop a CSV file here").await?;
    tour.picture("payouts").await?;

    desktop.open_with_paydesk(&desktop.write("empty.csv", "")?).await?;
    window.sees("This file was not taken").await?;
    tour.picture("file-refused").await?;
    window.close().await
}

/// Takes pictures and numbers them.
struct Tour<'a> {
    window: &'a Window,
    folder: PathBuf,
    taken: u32,
}

impl<'a> Tour<'a> {
    fn begin(window: &'a Window) -> Result<Self> {
        let folder = repository("target/tour");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        Ok(Self { window, folder, taken: 0 })
    }

    /// Pictures of the screen as it is now, in both themes at both sizes.
    async fn picture(&mut self, name: &str) -> Result<()> {
        self.taken += 1;
        for (size, width, height) in SIZES {
            self.window.resize(width, height).await?;
            for theme in ["light", "dark"] {
                self.window.set_theme(Some(theme)).await?;
                let file = format!("{:02}-{name}-{theme}-{size}.png", self.taken);
                self.window.photograph(&self.folder.join(file)).await?;
            }
        }
        self.window.set_theme(None).await?;
        let (_, width, height) = SIZES[0];
        self.window.resize(width, height).await
    }
}
