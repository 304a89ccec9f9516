//! A payment made at the counter and paid in two parts: the list, its timeline, the inbox and the notifications follow.

use anyhow::{Context, Result};
use paydesk_window_tests::{Desktop, Keychain, Simulator, Window, wait_for};
use serde_json::json;

#[tokio::test]
async fn a_payment_made_here_and_paid_in_two_parts_is_followed_without_a_touch() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start_quiet().await?;
    let window = Window::open(&desktop, Some(&simulator), &["--demo"]).await?;
    window.sees("Your customers' payments will be here").await?;

    window.press("New payment").await?;
    window.fill("Amount", "50").await?;
    window.press("Currency").await?;
    window.press("USD").await?;
    window.choose_coin("usdttrc20").await?;
    window.fill("Order", "TABLE-7").await?;
    window.is_accessible("a new payment").await?;
    window.press("Make the payment").await?;
    window.sees("50 USDTTRC20").await?;
    window.is_accessible("the counter").await?;
    let address = window.run("return location.hash").await?;
    let id = address.as_str().and_then(|hash| hash.rsplit('/').next()).context("a payment")?.to_owned();

    // The first part: too little.
    window.press("Payments").await?;
    window.row_says("TABLE-7", "Awaiting payment").await?;
    simulator.call("POST", &format!("/payments/{id}"), Some(json!({ "pay": "30" }))).await?;
    window.row_says("TABLE-7", "Underpaid").await?;
    told(&desktop, "Underpaid", "30 of 50 USDTTRC20 came for order TABLE-7").await?;
    window.press("Needs attention").await?;
    window.open_row("30 USDTTRC20 of 50 USDTTRC20 came").await?;
    window.is_accessible("what needs attention").await?;
    window.press("Show the payment").await?;
    window.sees("What happened").await?;
    window.is_accessible("an underpaid payment").await?;

    // The second part comes as a payment of its own, as NOWPayments has it.
    simulator.call("POST", &format!("/payments/{id}"), Some(json!({ "pay": "20" }))).await?;
    window.sees("Belongs to it").await?;
    told(&desktop, "Paid again", "20 USDTTRC20 came once more for order TABLE-7").await?;
    window.press("Needs attention").await?;
    window.row_says("Paid again", "came on top of a payment that was underpaid").await?;

    let told = desktop.notifications();
    assert_eq!(told.len(), 2, "{told:#?}");
    window.close().await
}

#[tokio::test]
async fn what_a_customer_writes_is_nothing_but_text_in_the_list_the_payment_and_a_notification() -> Result<()>
{
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start_quiet().await?;
    let long = "a very long mug ".repeat(6_400); // 100 kB
    // An order, a description, and how the list shows both.
    let hostile = [
        ("=1+1", "=HYPERLINK(\"http://127.0.0.1:9/\",\"Mug\")", ["=1+1", "=HYPERLINK("]),
        (
            "<b>A-2</b>",
            "<img src=x onerror=\"document.title='gone'\"><script>document.title='gone'</script>",
            ["<b>A-2</b>", "<img src=x onerror="],
        ),
        ("A-3\u{202e}4", "Mug \u{202e}fdp.exe", ["A-3U+202E4", "Mug U+202Efdp.exe"]),
        ("A-4", long.as_str(), ["A-4", "a very long mug"]),
    ];
    let mut ids = Vec::new();
    for (order, description, _) in hostile {
        let payment = json!({
            "price_amount": 50, "price_currency": "usd", "pay_currency": "usdttrc20", "order_id": order,
            "order_description": description,
        });
        ids.push(simulator.make_payment(payment).await?);
    }
    let window = Window::open(&desktop, Some(&simulator), &["--demo"]).await?;
    for (_, _, [order, description]) in hostile {
        window.row_says(order, description).await?;
    }
    is_harmless(&window).await?;
    for (id, (_, _, [order, description])) in ids.iter().zip(hostile) {
        window.open_row(order).await?;
        window.sees(id).await?;
        window.sees(description).await?;
        is_harmless(&window).await?;
    }
    window.is_accessible("payments with hostile texts").await?;

    // So many are told one by one.
    let (few, _) = ids.split_at(3);
    for id in few {
        simulator.call("POST", &format!("/payments/{id}"), Some(json!({ "pay": "30" }))).await?;
    }
    told(&desktop, "Underpaid", "came for order").await?;
    let all_told = wait_for("all of it", async || {
        let told = desktop.notifications();
        Ok((told.len() >= few.len()).then_some(told))
    });
    for told in all_told.await? {
        // What a desktop takes for markup is written so that it shows as it is.
        anyhow::ensure!(!told.body.contains('<') && !told.body.contains('\u{202e}'), "{told:#?}");
        anyhow::ensure!(told.body.chars().count() < 400, "{told:#?}");
    }
    is_harmless(&window).await?;
    window.close().await
}

/// Nothing of a text has become a part of the window, none turns the direction of others, and none makes it wider than it is.
async fn is_harmless(window: &Window) -> Result<()> {
    let found = window
        .run(
            "const wide = document.documentElement;
             const turned = [...document.querySelectorAll('*')]
                 .filter((element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE
                     && node.data.includes('\\u202e')))
                 .map((element) => element.parentElement.outerHTML.slice(0, 300));
             return [document.title === 'gone', document.querySelectorAll('img, script:not([src])').length,
                 turned, wide.scrollWidth > wide.clientWidth]",
        )
        .await?;
    anyhow::ensure!(found == json!([false, 0, [], false]), "{found}");
    Ok(())
}

/// Waits until the desktop was handed a notification with this title, and these words in its text.
async fn told(desktop: &Desktop, title: &str, body: &str) -> Result<()> {
    let heard = wait_for(&format!("“{title}: {body}”"), async || {
        let told = desktop.notifications();
        Ok(told.iter().any(|told| told.title == title && told.body.contains(body)).then_some(()))
    })
    .await;
    heard.with_context(|| format!("told was {:#?}", desktop.notifications()))
}
