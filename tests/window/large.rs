//! A hundred thousand payouts: read, scrolled through, corrected, and sent in parts, without the window stalling.

use std::fmt::Write;

use anyhow::{Result, ensure};
use paydesk_window_tests::{Desktop, Keychain, Simulator, Window, wait_for};
use serde_json::json;

const ROWS: usize = 100_000;
/// Every so many rows there is a bad one.
const BAD: usize = 25_000;
/// How long the window may be busy with one thing. Generous: the machine may be, too.
const LONGEST_STALL: f64 = 2000.0;

/// Payouts to a few hundred recipients, in parts of a cent that tell them apart.
fn file() -> Result<String> {
    let mut file = "address,currency,amount,description\n".to_owned();
    for row in 1..=ROWS {
        let amount = if row % BAD == 0 { "1e3".to_owned() } else { format!("21.{row:06}") };
        writeln!(file, "0x{:040x},usdtbsc,{amount},Row {row}", 0x00de_cade_u128 * (row % 300 + 1) as u128)?;
    }
    Ok(file)
}

/// From now on the window notes the longest time that it did not come round to anything.
async fn watch(window: &Window) -> Result<()> {
    window
        .run(
            "window.longestStall = 0; let last = performance.now();
             setInterval(() => { const now = performance.now(); window.longestStall = Math.max(window.longestStall, now - last); last = now; }, 20);",
        )
        .await?;
    Ok(())
}

async fn never_stalled(window: &Window, during: &str) -> Result<()> {
    let longest = window.run("const it = window.longestStall; window.longestStall = 0; return it;").await?;
    let longest = longest.as_f64().unwrap_or(f64::INFINITY);
    ensure!(longest < LONGEST_STALL, "{during} the window stood still for {longest:.0} ms");
    Ok(())
}

#[tokio::test]
async fn a_hundred_thousand_payouts_are_corrected_and_sent_in_parts_without_the_window_stalling() -> Result<()>
{
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start_quiet().await?;
    simulator.call("POST", "/balances", Some(json!({ "usdtbsc": "3000000" }))).await?;
    let window = Window::open(&desktop, Some(&simulator), &["--demo"]).await?;
    window.sees("Payments").await?;
    watch(&window).await?;

    let path = desktop.write("bonuses.csv", file()?)?;
    desktop.open_with_paydesk(&path).await?;
    wait_for("the rows", async || Ok(window.text().await?.contains("100,001 records").then_some(()))).await?;
    never_stalled(&window, "while the file was read").await?;

    // The bad ones come first: one is corrected, the others are taken out.
    window.sees("Bad (4)").await?;
    wait_for("the check", async || Ok((!window.text().await?.contains("Checking the rows")).then_some(())))
        .await?;
    never_stalled(&window, "while the rows were checked").await?;
    window.open_row("25001").await?;
    window.press("Correct row").await?;
    window.fill("Amount", "21.5").await?;
    window.press("Keep and check").await?;
    window.sees("1 corrected").await?;
    window.keys("\u{e00c}").await?;
    window.press("All (100,000)").await?;
    window.sees("21.000001").await?;
    never_stalled(&window, "while a row was corrected").await?;

    // The last row is one key away.
    window.run("document.querySelector('.list [role=grid]').focus()").await?;
    window.keys("\u{e010}").await?;
    window.sees("21.099999").await?;
    never_stalled(&window, "while the rows were scrolled").await?;

    wait_for("the check", async || Ok((!window.text().await?.contains("Checking the rows")).then_some(())))
        .await?;
    window.press("Remove the 3 bad rows").await?;
    window.press("Remove").await?;
    window.press("Send 99,997 payouts…").await?;
    window.sees("100 parts").await?;
    window.press("Hand over to NOWPayments").await?;
    for part in 1..=2 {
        window.sees(&format!("Part {part} of 100")).await?;
        window.press("Code from the phone").await?;
        simulator.call("POST", "/clock", Some(json!({ "step": 31 }))).await?;
        window.fill("Six digits from your phone", &simulator.code().await?).await?;
        window.press("Approve 1,000 payouts").await?;
        window.press(&format!("Approve part {} of 100", part + 1)).await?;
    }
    window.sees("Part 3 of 100").await?;
    never_stalled(&window, "while two parts were sent and approved").await?;
    let payouts = simulator.payouts().await?;
    ensure!(payouts.len() == 3000, "three parts of 1,000 were created, not {} payouts", payouts.len());
    ensure!(
        payouts[2000..].iter().all(|payout| payout["status"] == "CREATING"),
        "the third waits for its code"
    );
    window.close().await
}
