//! What an owner does with the data as a whole: backs a shop up, loses it, has it back; exports all of it; deletes everything.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use paydesk_window_tests::{Desktop, Keychain, PAYROLL, Simulator, Window, repository, wait_for};
use serde_json::{Value, json};

const PASSPHRASE: &str = "green coffee in the morning";

/// What a shop has that nothing changes by itself.
const TABLES: [&str; 9] = [
    "payments",
    "payment_events",
    "payout_batches",
    "payout_rows",
    "payout_steps",
    "contacts",
    "audit_log",
    "payout_rules",
    "payment_views",
];

async fn look_into(desktop: &Desktop, kind: &str, path: &Path, names: &[&str]) -> Result<Value> {
    let mut command = desktop.command("/usr/bin/python3");
    let told =
        command.arg(repository("tests/window/tables.py")).arg(kind).arg(path).args(names).output().await?;
    ensure!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    Ok(serde_json::from_slice(&told.stdout)?)
}

/// The database of the one shop there is.
fn database(desktop: &Desktop) -> Result<PathBuf> {
    let mut folders = vec![desktop.home().join("data")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.parent().is_some_and(|parent| parent.ends_with("shops"))
                && path.extension().is_some_and(|ending| ending == "sqlite")
            {
                return Ok(path);
            }
        }
    }
    anyhow::bail!("there is no database of a shop")
}

async fn connect(window: &Window, simulator: &Simulator) -> Result<()> {
    window.press("Connect my NOWPayments account").await?;
    window.fill("Name", "Corner shop").await?;
    window.press("Sandbox").await?;
    window.fill("API key", &simulator.told("api_key")?).await?;
    window.fill("E-mail address", &simulator.told("email")?).await?;
    window.fill("Password", &simulator.told("password")?).await?;
    window.press("Check and connect").await?;
    window.sees("Corner shop").await
}

/// Fails when something stands out of the window at the side, in a small one or with text twice as large.
async fn fits(window: &Window) -> Result<()> {
    for size in ["100%", "200%"] {
        window.run(&format!("document.documentElement.style.fontSize = '{size}'")).await?;
        let out = "return [...document.querySelectorAll('main, [role=dialog], [role=dialog] *, section[aria-label=Data] *')]
            .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
            .map(each => each.tagName + ' ' + each.textContent.slice(0, 40))";
        let out = window.run(out).await?;
        ensure!(out == json!([]), "at {size} this is cut off: {out}");
    }
    window.run("document.documentElement.style.fontSize = ''").await?;
    Ok(())
}

#[tokio::test]
async fn a_shop_is_backed_up_lost_restored_and_what_it_was_and_everything_can_be_taken_out_and_away()
-> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start_quiet().await?;
    let payment =
        json!({ "price_amount": 60, "price_currency": "usd", "pay_currency": "ltc", "order_id": "ORDER-7" });
    let id = simulator.make_payment(payment).await?;
    let window = Window::open_on_sandbox(&desktop, &simulator, &desktop.home().join("output")).await?;
    connect(&window, &simulator).await?;
    window.sees("ORDER-7").await?;
    let payroll = desktop.write("payroll.csv", PAYROLL)?;
    desktop.open_with_paydesk(&payroll).await?;
    window.is_checked().await?;
    window.sees("Remove the 3 bad rows").await?;

    window.press("Settings").await?;
    window.resize(900, 600).await?;
    window.scroll_to("Data").await?;
    fits(&window).await?;
    window.is_accessible("the data in the settings").await?;
    window.press("Back up this shop…").await?;
    window.sees("Nobody can open the file without this passphrase").await?;
    window.fill("Passphrase", PASSPHRASE).await?;
    window.fill("Passphrase again", PASSPHRASE).await?;
    window.is_accessible("the dialog of a backup").await?;
    fits(&window).await?;
    let backup = desktop.home().join("corner-shop.paydesk");
    window.press("Choose a place…").await?;
    desktop.answer_file_dialog(&backup).await?;
    window.sees("The backup is saved").await?;
    window.press("Close").await?;
    let path = database(&desktop)?;
    let before = look_into(&desktop, "database", &path, &TABLES).await?;
    ensure!(before["payments"].as_array().is_some_and(|payments| payments.len() == 1), "{before}");
    ensure!(before["payout_rows"].as_array().is_some_and(|rows| rows.len() == 13), "{before}");

    let everything = desktop.home().join("everything.zip");
    window.press("Export everything…").await?;
    desktop.answer_file_dialog(&everything).await?;
    window.sees("Everything is exported").await?;
    let files = look_into(&desktop, "zip", &everything, &[]).await?;
    let payments = files["payments.csv"].as_str().context("payments are in it")?;
    ensure!(payments.contains(&id) && payments.contains("ORDER-7"), "{payments}");
    ensure!(files["payout_rows.csv"].as_str().is_some_and(|rows| rows.lines().count() >= 14), "{files}");

    let diagnostics = desktop.home().join("diagnostics.zip");
    window.press("Save diagnostics…").await?;
    desktop.answer_file_dialog(&diagnostics).await?;
    window.sees("The diagnostics are saved").await?;
    let told = look_into(&desktop, "zip", &diagnostics, &[]).await?;
    ensure!(told["paydesk.json"].as_str().is_some_and(|about| about.contains("\"webview\"")), "{told}");
    for secret in ["api_key", "password", "email", "totp_secret"] {
        let secret = simulator.told(secret)?;
        for files in [&files, &told] {
            ensure!(!files.to_string().contains(&secret), "a secret is in {files}");
        }
    }
    ensure!(!told.to_string().contains("ORDER-7") && !told.to_string().contains(&id), "{told}");

    window.press("Remove from this computer").await?;
    window.sees("Its keys leave the keychain").await?;
    // The button that asked is called the same, and is behind the dialog.
    let remove = "[...document.querySelectorAll('[role=dialog] button')].at(-1).click()";
    window.run(remove).await?;
    window.sees("Try the demo shop").await?;
    wait_for("the end of the database", async || Ok((!path.exists()).then_some(()))).await?;

    window.press("Restore a backup").await?;
    window.fill("Passphrase of the backup", "another passphrase").await?;
    window.press("Choose the file…").await?;
    desktop.answer_file_dialog(&backup).await?;
    window.sees("This is not the passphrase of this backup").await?;
    window.fill("Passphrase of the backup", PASSPHRASE).await?;
    window.press("Try this passphrase").await?;
    window.sees("The shop is restored").await?;
    window.is_accessible("a restored shop").await?;
    window.press("Close").await?;
    let after = look_into(&desktop, "database", &path, &TABLES).await?;
    assert_eq!(after, before, "what was restored is not what was backed up");
    window.press("Corner shop").await?;
    window.sees("ORDER-7").await?;

    window.press("Settings").await?;
    window.press("Delete everything…").await?;
    window.press("I know that this cannot be undone").await?;
    window.is_accessible("what deleting everything means").await?;
    fits(&window).await?;
    window.press("Go on…").await?;
    window.fill("Type “delete” to say so", "delete").await?;
    window.press("Delete everything").await?;
    window.sees("Your crypto till, in one calm place.").await?;
    ensure!(!path.exists() && database(&desktop).is_err(), "a database is left");
    ensure!(backup.exists() && everything.exists(), "what was saved stays");
    window.close().await
}
