//! What the account can do besides: subscriptions, users with balances of their own, conversions, payouts to a bank.

use anyhow::{Context, Result, ensure};
use paydesk_window_tests::{Desktop, Keychain, Simulator, Window, wait_for};
use serde_json::{Value, json};

const ENTER: &str = "\u{e007}";

/// A window on an account in which nothing happens by itself.
async fn open(desktop: &Desktop) -> Result<(Simulator, Window)> {
    let simulator = Simulator::start_quiet().await?;
    let window = Window::open(desktop, Some(&simulator), &["--demo"]).await?;
    window.sees("Your customers' payments will be here").await?;
    Ok((simulator, window))
}

/// What a user has of a coin by the simulator's books.
async fn has(simulator: &Simulator, name: &str, coin: &str) -> Result<String> {
    let ledger = simulator.ledger().await?;
    ensure!(ledger["conserved"] == true, "the books do not add up: {ledger}");
    let customers = ledger["customers"].as_array().context("there are customers")?;
    let user = customers.iter().find(|customer| customer["name"] == name).context("the user is there")?;
    Ok(user["accounts"][coin]["balance"].as_str().unwrap_or("0").to_owned())
}

/// Chooses a coin in a picker.
async fn choose(window: &Window, label: &str, ticker: &str) -> Result<()> {
    window.press(label).await?;
    window.sees("Coins of your shop").await?;
    window.keys(&format!("{ticker}{ENTER}")).await?;
    window.sees_not("Coins of your shop").await
}

/// Looks at what a move does, which Enter alone does not confirm, and makes it.
async fn confirm(window: &Window, go: &str, words: &str, done: &str) -> Result<()> {
    window.press("Show what that does").await?;
    window.sees("Is this what you want?").await?;
    window.sees(words).await?;
    window.is_accessible("a move that is shown").await?;
    window.keys(ENTER).await?;
    window.sees("Is this what you want?").await?;
    window.press(go).await?;
    window.sees(done).await?;
    window.press("Close").await
}

#[tokio::test]
async fn a_user_is_made_funded_moved_from_and_written_off_and_the_movements_add_up() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let (simulator, window) = open(&desktop).await?;
    window.press("Custody").await?;
    window.sees("Users with balances of their own will be here").await?;
    window.press("Make the first user").await?;
    window.fill("Name", "anna").await?;
    window.press("Make the user").await?;
    window.sees("anna has a balance now").await?;
    window.press("All users").await?;
    window.press("New user").await?;
    window.fill("Name", "bert").await?;
    window.press("Make the user").await?;
    window.sees("bert has a balance now").await?;
    window.press("All users").await?;
    window.open_row("anna").await?;

    window.press("Move from the shop's balance").await?;
    choose(&window, "Coin", "trx").await?;
    window.fill("Amount", "250.5").await?;
    confirm(&window, "Move it", "anna", "Moved").await?;
    assert_eq!(has(&simulator, "anna", "trx").await?, "250.5");

    window.press("Move to another user").await?;
    window.press("bert").await?;
    window.fill("Amount", "100.25").await?;
    confirm(&window, "Move it", "bert", "Moved").await?;
    window.press("Take back").await?;
    window.fill("Amount", "50").await?;
    confirm(&window, "Move it", "the shop", "Moved").await?;
    for (user, amount) in [("anna", "100.25"), ("bert", "100.25")] {
        assert_eq!(has(&simulator, user, "trx").await?, amount);
    }
    window.sees("Adds up").await?;
    window.sees("The movements come to what NOWPayments says: 100.25 TRX").await?;
    window.is_accessible("the movements of a user").await?;

    window.press("Take back").await?;
    window.press("All of it").await?;
    confirm(&window, "Move it", "the shop", "Moved").await?;
    assert_eq!(has(&simulator, "anna", "trx").await?, "0");
    window.close().await
}

#[tokio::test]
async fn a_conversion_is_shown_made_once_and_followed_to_its_end() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let (simulator, window) = open(&desktop).await?;
    window.press("Conversions").await?;
    window.sees("Conversions will be here").await?;
    window.press("Convert something").await?;
    choose(&window, "Choose a coin", "trx").await?;
    window.fill("Amount", "1000").await?;
    choose(&window, "Choose a coin", "usdttrc20").await?;
    window.sees("An estimate as of now").await?;
    // The answer to the call is lost, and what it did is not.
    let fault =
        json!({ "method": "POST", "path": "/conversion", "times": 1, "fault": { "kind": "drop_after" } });
    simulator.call("POST", "/faults", Some(fault)).await?;
    window.press("Show what that does").await?;
    window.sees("Is this what you want?").await?;
    window.press("Convert it").await?;
    window.sees("Converted").await?;
    window.press("Close").await?;
    window.row_says("TRX", "Converted").await?;
    window.is_accessible("conversions").await?;
    let ledger = simulator.ledger().await?;
    assert_eq!(ledger["conversions"].as_array().map(Vec::len), Some(1), "{}", ledger["conversions"]);
    assert_eq!(ledger["accounts"]["trx"]["sold"], "1000", "{}", ledger["accounts"]["trx"]);
    assert_eq!(ledger["conserved"], true);
    window.close().await
}

/// Chooses one of the choices of a field.
async fn pick(window: &Window, label: &str, choice: &str) -> Result<()> {
    window.press(label).await?;
    window.press(choice).await
}

#[tokio::test]
async fn an_account_at_a_bank_is_added_and_a_payout_to_it_is_found_again_and_followed_to_its_end()
-> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let (simulator, window) = open(&desktop).await?;
    window.press("Payouts").await?;
    window.press("Bank payouts").await?;
    window.sees("New at NOWPayments").await?;
    window.sees("Payouts to a bank will be here").await?;
    window.press("Accounts").await?;
    window.sees("Your accounts will be here").await?;
    window.press("Add an account").await?;
    pick(&window, "Currency that arrives", "EUR").await?;
    pick(&window, "Kind of account", "SEPA bank transfer").await?;
    window.fill("Beneficiary IBAN", "DE89370400440532013000").await?;
    window.fill("Country of the account", "DE").await?;
    window.is_accessible("the form of an account at a bank").await?;
    window.press("I have compared it with a bank statement").await?;
    window.press("Add this account").await?;
    window.sees("The account for EUR is added").await?;
    window.sees("…3000").await?;
    window.sees_not("DE89370400440532013000").await?;
    window.is_accessible("accounts at banks").await?;

    window.press("All bank payouts").await?;
    window.press("Pay out to a bank").await?;
    pick(&window, "Currency that arrives", "EUR").await?;
    window.sees("SEPA bank transfer …3000").await?;
    pick(&window, "Coin that is paid with", "BTC").await?;
    window.fill("Amount", "0.5").await?;
    // The answer to the call is lost, and what it did is not.
    let fault =
        json!({ "method": "POST", "path": "/fiat-payouts", "times": 1, "fault": { "kind": "drop_after" } });
    simulator.call("POST", "/faults", Some(fault)).await?;
    confirm(&window, "Pay it out", "It cannot be taken back", "As you confirmed it").await?;
    let ledger = simulator.ledger().await?;
    let asked = ledger["fiat_payouts"].as_array().context("there are payouts to a bank")?;
    assert_eq!(asked.len(), 1, "{asked:?}");
    simulator.call("POST", "/clock", Some(json!({ "step": 90 }))).await?;
    window.row_says("BTC", "Paid out").await?;
    window.is_accessible("payouts to a bank").await?;
    window.open_row("BTC").await?;
    window.sees("Goes to").await?;
    window.is_accessible("a payout to a bank").await?;
    window.resize(900, 600).await?;
    window.is_accessible("a payout to a bank in a small window").await?;
    let ledger = simulator.ledger().await?;
    assert_eq!(ledger["accounts"]["btc"]["cashed_out"], "0.5", "{}", ledger["accounts"]["btc"]);
    assert_eq!(ledger["conserved"], true);
    window.close().await
}

#[tokio::test]
async fn a_plan_is_made_subscribers_come_from_a_file_one_pays_and_the_figures_move() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let (simulator, window) = open(&desktop).await?;
    window.press("Subscriptions").await?;
    window.sees("Your plans will be here").await?;
    window.press("Make the first plan").await?;
    window.fill("Name of the plan", "Beans every month").await?;
    window.fill("Days of a period", "30").await?;
    window.fill("Price", "24.50").await?;
    window.press("Choose a currency").await?;
    window.press("EUR").await?;
    window.press("Make the plan").await?;
    window.sees("Beans every month is made").await?;
    window.is_accessible("plans").await?;

    window.press("Files").await?;
    window.press("Many from a file").await?;
    window.press("Choose a plan").await?;
    window.press("Beans every month").await?;
    window.paste("Or paste the rows", "email,name\nines@beans.example,Ines\nnobody,Nobody\nolaf@beans.example,Olaf\nmara@beans.example,Mara\n").await?;
    window.press("Check these rows").await?;
    window.row_says("nobody", "There is no @ in it").await?;
    window.is_accessible("a file of subscribers").await?;
    window.press("Subscribe 3 rows…").await?;
    window.press("Subscribe them").await?;
    window.sees("All sent").await?;
    let subscribed = async || -> Result<Vec<Value>> {
        Ok(simulator.ledger().await?["subscriptions"].as_array().context("there are subscriptions")?.clone())
    };
    let all = subscribed().await?;
    assert_eq!(all.len(), 3, "{all:?}");

    let pays =
        all.iter().find(|one| one["subscriber"]["email"] == "ines@beans.example").context("Ines is there")?;
    simulator.call("POST", &format!("/subscriptions/{}", pays["id"]), Some(json!({ "pay": "full" }))).await?;
    wait_for("the payment", async || {
        Ok(subscribed().await?.iter().any(|one| one["status"] == "PAID").then_some(()))
    })
    .await?;
    window.press("Subscriptions").await?;
    window.find_and_do("Read plans and subscribers now").await?;
    window.row_says("Beans every month", "1 Paid").await?;
    window.row_says("Beans every month", "24.8").await?;
    window.close().await
}
