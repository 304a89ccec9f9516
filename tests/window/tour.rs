//! A walk through every screen. Where `PAYDESK_TOUR_PICTURES` is set it leaves pictures: in `target/tour`, numbered, in both themes and
//! at two sizes.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use paydesk_window_tests::{Desktop, Keychain, PAYROLL, PIN, Simulator, Window, repository};
use serde_json::json;

/// An address that takes TRX and USDT on TRON.
const TRON: &str = "TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH";

/// The sizes of the window that pictures are taken at.
const SIZES: [(&str, u32, u32); 2] = [("large", 1280, 800), ("small", 900, 600)];

/// Payouts of what sums of money buy, and of an amount; one says both.
const SUMS: &str = "\
address,currency,amount,fiat_amount,fiat_currency,description
bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4,btc,,120,eur,Logo
1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,btc,0.00075,,,Green beans
TYCCSF52J5fzgiARgmkugPvgLMXxckBDpv,usdttrc20,,99.90,usd,Texts
TPSguHpA4iyNaHH6Kj6x3hM7tVYeRSbQ5x,trx,,35.5,eur,Courier
0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,eth,0.01,30,gbp,Both
";

const SEARCH: &str = "Search order, address, ID…";
const ESCAPE: &str = "\u{e00c}";

#[tokio::test]
async fn the_tour_shows_every_screen() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start().await?;
    let window = Window::open(&desktop, Some(&simulator), &[]).await?;
    let mut tour = Tour::begin(&window)?;
    connecting(&mut tour).await?;
    payments(&mut tour).await?;
    finding_payments(&mut tour).await?;
    fetching_payments(&mut tour, &simulator).await?;
    making_payments(&mut tour).await?;
    payment_links(&mut tour).await?;
    needing_attention(&mut tour).await?;
    overview(&mut tour).await?;
    balances(&mut tour).await?;
    subscriptions(&mut tour).await?;
    callbacks(&mut tour, &simulator).await?;
    second_factor(&mut tour, &simulator).await?;
    importing_payouts(&mut tour, &desktop).await?;
    sending_payouts(&mut tour, &desktop, &simulator).await?;
    paying_sums(&mut tour, &desktop).await?;
    guarding_payouts(&mut tour).await?;
    payouts_in_parts(&mut tour, &desktop).await?;
    locking(&mut tour).await?;
    tour.end()?;
    window.close().await
}

async fn connecting(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
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
    window.sees("Up to date").await
}

async fn payments(tour: &mut Tour<'_>) -> Result<()> {
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

async fn finding_payments(tour: &mut Tour<'_>) -> Result<()> {
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

async fn fetching_payments(tour: &mut Tour<'_>, simulator: &Simulator) -> Result<()> {
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

async fn making_payments(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("New payment").await?;
    window.sees("What is sold").await?;
    tour.picture("make").await?;
    window.fill("Amount", "1").await?;
    window.choose_coin("btc").await?;
    window.sees("is too small to be paid in BTC").await?;
    window.sees_not("Looking for coins").await?;
    tour.picture("make-too-small").await?;
    window.press("Your customer pays in").await?;
    window.sees("Coins of your shop").await?;
    tour.picture("make-coins").await?;
    window.keys(ESCAPE).await?;
    window.fill("Amount", "48.50").await?;
    window.fill("Order", "TABLE-7").await?;
    window.fill("Description", "Two bags of Guji, one grinder brush").await?;
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

async fn payment_links(tour: &mut Tour<'_>) -> Result<()> {
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

async fn needing_attention(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("Needs attention").await?;
    window.sees("Open:").await?;
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

async fn overview(tour: &mut Tour<'_>) -> Result<()> {
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

async fn balances(tour: &mut Tour<'_>) -> Result<()> {
    let window = tour.window;
    window.press("Balances").await?;
    window.sees("Worth together").await?;
    tour.picture("balances").await?;
    window.open_row("BTC").await?;
    window.sees("Show as a table").await?;
    tour.picture("balance").await?;
    window.keys(ESCAPE).await
}

async fn subscriptions(tour: &mut Tour<'_>) -> Result<()> {
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
    tour.picture("subscribers").await
}

async fn callbacks(tour: &mut Tour<'_>, simulator: &Simulator) -> Result<()> {
    let window = tour.window;
    window.press("Settings").await?;
    tour.picture("settings").await?;
    window.scroll_to("Notifications").await?;
    tour.picture("settings-notifications").await?;
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

async fn second_factor(tour: &mut Tour<'_>, simulator: &Simulator) -> Result<()> {
    let window = tour.window;
    window.press("Settings").await?;
    window.press("Set up codes on this computer").await?;
    window.press("Use the practice phone's secret").await?;
    tour.picture("second-factor").await?;
    window.press("Cancel").await?;
    window.set_up_codes(simulator).await
}

async fn importing_payouts(tour: &mut Tour<'_>, desktop: &Desktop) -> Result<()> {
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
    let columns = format!("who,how much,what for\n{TRON},5,rent of May\n{TRON},120.5,water\n");
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

async fn sending_payouts(tour: &mut Tour<'_>, desktop: &Desktop, simulator: &Simulator) -> Result<()> {
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

async fn paying_sums(tour: &mut Tour<'_>, desktop: &Desktop) -> Result<()> {
    let window = tour.window;
    window.press("Control totals first…").await?;
    window.sees("Control totals of the next file").await?;
    window.fill("Number of payouts", "5").await?;
    window.press("Compare").await?;
    window.sees("The next file must add up to 5 payouts").await?;
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
    window.sees("With your code NOWPayments pays 4 recipients").await?;
    tour.picture("approval-sums").await?;
    window.press("Not now, back to the batch").await?;
    window.sees("Waits for your code").await?;
    window.press("Payouts").await?;
    window.sees("Drop a file here").await
}

async fn guarding_payouts(tour: &mut Tour<'_>) -> Result<()> {
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

async fn payouts_in_parts(tour: &mut Tour<'_>, desktop: &Desktop) -> Result<()> {
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
    window.sees("With your code NOWPayments pays 5 recipients").await?;
    window.press("Not now, back to the batch").await?;
    window.sees("Sent in 2 parts").await?;
    tour.picture("batch-parts").await
}

async fn locking(tour: &mut Tour<'_>) -> Result<()> {
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

/// Takes pictures and numbers them.
struct Tour<'a> {
    window: &'a Window,
    /// Where the pictures go; `None` when nobody wants any.
    folder: Option<PathBuf>,
    taken: u32,
    troubles: Vec<String>,
}

impl<'a> Tour<'a> {
    fn begin(window: &'a Window) -> Result<Self> {
        let wanted = std::env::var_os("PAYDESK_TOUR_PICTURES").is_some();
        let folder = wanted.then(|| repository("target/tour"));
        if let Some(folder) = &folder {
            if folder.exists() {
                std::fs::remove_dir_all(folder)?;
            }
            std::fs::create_dir_all(folder)?;
        }
        Ok(Self { window, folder, taken: 0, troubles: Vec::new() })
    }

    /// Pictures of the screen as it is now, in both themes at both sizes, and a look at whether it is accessible.
    async fn picture(&mut self, name: &str) -> Result<()> {
        self.taken += 1;
        if let Some(folder) = &self.folder {
            for (size, width, height) in SIZES {
                self.window.resize(width, height).await?;
                for theme in ["light", "dark"] {
                    self.window.set_theme(Some(theme)).await?;
                    let file = format!("{:02}-{name}-{theme}-{size}.png", self.taken);
                    self.window.photograph(&folder.join(file)).await?;
                }
            }
            self.window.set_theme(None).await?;
            let (_, width, height) = SIZES[0];
            self.window.resize(width, height).await?;
        }
        if let Err(trouble) = self.window.is_accessible(name).await {
            self.troubles.push(format!("{trouble:#}"));
        }
        Ok(())
    }

    /// Tells what is not accessible, on all screens together.
    fn end(self) -> Result<()> {
        ensure!(self.troubles.is_empty(), "{}", self.troubles.join("\n"));
        Ok(())
    }
}
