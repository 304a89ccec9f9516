//! What goes wrong is said in words on the screen, and nothing is lost.

use std::os::unix::fs::PermissionsExt;

use anyhow::Result;
use paydesk_window_tests::{Desktop, Keychain, Simulator, Window};

#[tokio::test]
async fn files_that_cannot_be_read_are_refused_in_words() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start().await?;
    let window = Window::open(&desktop, Some(&simulator), &["--demo"]).await?;
    window.sees("Payments").await?;
    let headless = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4,btc,0.1\n";
    let folder = desktop.home().join("a folder");
    std::fs::create_dir(&folder)?;
    let missing = desktop.home().join("nothing.csv");
    for (file, words) in [
        (desktop.write("empty.csv", "")?, "empty"),
        (desktop.write("headless.csv", headless)?, "header"),
        (folder, "folder"),
        (missing, "nothing.csv"),
    ] {
        desktop.open_with_paydesk(&file).await?;
        window.sees("This file was not taken").await?;
        window.sees(words).await?;
        window.press("Understood").await?;
    }
    window.close().await
}
