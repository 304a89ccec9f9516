//! The lock of the app: nothing of a shop is on the screen, and no command answers.

use anyhow::{Result, ensure};
use paydesk_window_tests::{Desktop, Keychain, PIN, Simulator, Window};

#[tokio::test]
async fn while_it_is_locked_the_window_shows_nothing_of_the_shop_and_no_command_answers() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start().await?;
    let window = Window::open(&desktop, Some(&simulator), &["--demo"]).await?;
    window.sees("KC-").await?;
    window.set_lock().await?;
    window.find_and_do("Lock now").await?;
    window.sees("Paydesk is locked").await?;
    window.is_accessible("the lock").await?;
    let whole = window.run("return document.documentElement.outerHTML + document.title").await?.to_string();
    for word in ["Demo shop", "KC-", "owner@kestrel-coffee", "Payments", "Payouts"] {
        ensure!(!whole.contains(word), "{word} is in the locked window");
    }
    let answers = window
        .run_until_done(
            "const done = arguments[arguments.length - 1];
             const ask = (command, given) => window.__TAURI_INTERNALS__.invoke(command, given)
                 .then((answer) => JSON.stringify(answer), (failure) => failure.code);
             Promise.all([ask('payout_batches'), ask('sync_status'), ask('audit_log', { before: null, limit: 5 }), ask('app_state')]).then(done);",
        )
        .await?;
    for refused in 0..3 {
        ensure!(answers[refused] == "locked", "{answers}");
    }
    ensure!(answers[3].as_str().is_some_and(|state| state.contains("\"shops\":[]")), "{answers}");
    window.fill("PIN", "not the pin").await?;
    window.press("Unlock").await?;
    window.sees("This PIN is wrong").await?;
    window.press("I have forgotten the PIN…").await?;
    window.sees("Begin again without the PIN?").await?;
    window.press("Cancel").await?;
    window.fill("PIN", PIN).await?;
    window.press("Unlock").await?;
    window.sees("Settings").await?;
    window.close().await
}
