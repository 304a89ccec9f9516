//! What goes wrong is said in words on the screen, and nothing is lost.

use anyhow::Result;
use paydesk_window_tests::{Desktop, Keychain, PIN, Simulator, Window};

#[tokio::test]
async fn files_that_cannot_be_read_are_refused_in_words() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start().await?;
    let window = Window::open(&desktop, Some(&simulator), &["--demo"]).await?;
    window.sees("KC-").await?;
    let folder = desktop.home().join("a folder.csv");
    std::fs::create_dir(&folder)?;
    // Reading the memory of a process at address 0 fails even for root, as a broken disk does.
    let broken = desktop.home().join("broken.csv");
    std::os::unix::fs::symlink("/proc/self/mem", &broken)?;
    for (file, words) in [
        (desktop.write("empty.csv", "")?, "The file is empty"),
        (desktop.write("column.csv", "address\nx\n")?, "amount"),
        (desktop.write("page.csv", "<html><table></table></html>")?, "a web page"),
        (folder, "folder"),
        (broken, "could not be read"),
        (desktop.home().join("gone.csv"), "There is no file"),
    ] {
        desktop.open_with_paydesk(&file).await?;
        window.sees("This file was not taken").await?;
        window.sees(words).await?;
        window.is_accessible("a file that was not taken").await?;
        window.press("Understood").await?;
        window.sees_not("This file was not taken").await?;
    }
    window.close().await
}

#[tokio::test]
async fn pasted_text_that_cannot_be_read_stays_where_it_was_typed() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start().await?;
    let window = Window::open(&desktop, Some(&simulator), &["--demo"]).await?;
    window.press("Payouts").await?;
    window.press("Paste").await?;
    window.paste("Rows", "{ \"address\": 1 }\n").await?;
    window.press("Check these rows").await?;
    window.sees("This text was not taken").await?;
    window.sees("JSON").await?;
    assert_eq!(window.value_of("Rows").await?, "{ \"address\": 1 }\n");
    window.close().await
}

#[tokio::test]
async fn what_a_file_leaves_open_is_asked_and_a_bad_row_is_corrected_where_it_stands() -> Result<()> {
    const TRON: &str = "TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH";
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start().await?;
    let window = Window::open(&desktop, Some(&simulator), &["--demo"]).await?;
    window.sees("KC-").await?;
    let file = format!("who;how much;in\n{TRON};1.250;trx\n{TRON};20,5;usdttrc20\n{TRON};1e3;trx\n");
    desktop.open_with_paydesk(&desktop.write("may.csv", file)?).await?;
    window.sees("What does each column hold?").await?;
    window.is_accessible("the columns of a file").await?;
    // What stands in the columns says what they hold: the owner agrees.
    window.sees("Everything that is needed is there").await?;
    window.press("Read the file").await?;
    window.sees("How does this file write numbers?").await?;
    window.press("A comma before decimals").await?;
    window.is_accessible("the numbers of a file").await?;
    window.press("Read the file").await?;
    window.sees("4 records = 1 header + 0 blank + 2 taken + 1 refused").await?;
    window.open_row("1e3").await?;
    window.press("Correct row").await?;
    window.is_accessible("a row that is corrected").await?;
    window.fill("Amount", "1000").await?;
    window.press("Keep and check").await?;
    window.sees("1 corrected").await?;
    window.press("All (3)").await?;
    window.sees("1,250").await?;
    window.sees("20.5").await?;
    window.is_checked().await?;
    window.keys("\u{e00c}").await?;
    window.sees("Send 3 payouts").await?;
    window.close().await
}

#[tokio::test]
async fn a_wrong_key_is_named_and_what_was_typed_stays() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start().await?;
    let window = Window::open(&desktop, Some(&simulator), &[]).await?;
    connect(&window).await?;
    window.sees("API key").await?;
    window.sees("NOWPayments does not know this API key").await?;
    window.is_accessible("a refused account").await?;
    assert_eq!(window.value_of("Name").await?, "Corner shop");
    assert_eq!(window.value_of("API key").await?, "not-a-key");
    window.close().await
}

#[tokio::test]
async fn no_network_is_said_and_what_was_fetched_can_still_be_read() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start().await?;
    let window = Window::open(&desktop, Some(&simulator), &["--demo"]).await?;
    window.sees("Up to date").await?;
    simulator.end();
    window.press("Refresh now").await?;
    window.sees("Offline").await?;
    window.sees("KC-").await?;
    window.press("Switch shop").await?;
    connect(&window).await?;
    window.sees("could not be reached").await?;
    assert_eq!(window.value_of("API key").await?, "not-a-key");
    window.close().await
}

#[tokio::test]
async fn without_a_keychain_the_demo_shop_works_and_says_what_is_missing() -> Result<()> {
    let desktop = Desktop::start(Keychain::Missing).await?;
    let simulator = Simulator::start().await?;
    let window = Window::open(&desktop, Some(&simulator), &["--demo"]).await?;
    window.sees("KC-").await?;
    window.press("Settings").await?;
    window.press("Set up codes on this computer").await?;
    window.press("Use the practice phone's secret").await?;
    window.fill("New PIN", PIN).await?;
    window.fill("PIN again", PIN).await?;
    window.fill("Code from your phone now", &simulator.code().await?).await?;
    window.press("Seal and keep it").await?;
    window.sees("This computer has no keychain running").await?;
    assert_eq!(window.value_of("New PIN").await?, PIN);
    window.close().await
}

/// Fills the form of an account that nobody has, and tries to connect it.
async fn connect(window: &Window) -> Result<()> {
    window.press("Connect my NOWPayments account").await?;
    window.fill("Name", "Corner shop").await?;
    window.press("Sandbox").await?;
    window.fill("API key", "not-a-key").await?;
    window.fill("E-mail address", "owner@example.com").await?;
    window.fill("Password", "wrong").await?;
    window.press("Check and connect").await
}
