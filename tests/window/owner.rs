//! What the owner of a shop does, step by step, in the words of the screen.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::{Desktop, Simulator, Window, repository, wait_for};

/// The PIN that seals the secret in tests.
pub const PIN: &str = "471193-till";

/// Thirteen payouts in five coins. Three are bad: an exponent on line 5, a mistyped address on line 9, and the address
/// of another network on line 12.
pub const PAYROLL: &str = "\
address,currency,amount,extra_id,description
bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4,btc,0.0005,,Rent
1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,btc,0.00075,,Green beans
0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,eth,0.0125,,Anna
TYCCSF52J5fzgiARgmkugPvgLMXxckBDpv,trx,1e3,,Written with an exponent
0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359,eth,0.02,,Ben
TPSguHpA4iyNaHH6Kj6x3hM7tVYeRSbQ5x,trx,120.5,,Courier
TFVPtMqpNU9yCEmuLL5WK1KVj3WQhvnbuj,trx,75,,\"Cleaning, November\"
1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb,btc,0.001,,One letter is wrong
TYCCSF52J5fzgiARgmkugPvgLMXxckBDpv,usdttrc20,250,,Clara
THFU1JYM6NeUYjjwhuGKemmACnpmrwBRWf,usdttrc20,99.99,,Design
0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359,usdttrc20,40,,On another network
rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh,xrp,30,1207,Exchange
rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh,xrp,12.25,88,Exchange
";

impl Desktop {
    /// Writes a file into the owner's home.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf> {
        let path = self.home().join(name);
        std::fs::write(&path, content)?;
        Ok(path)
    }

    /// Names this file in the file dialog that is open, or opens soon.
    ///
    /// # Errors
    /// When there is none.
    pub async fn answer_file_dialog(&self, path: &Path) -> Result<()> {
        let mut command = self.command("/usr/bin/python3");
        let status = command.arg(repository("tests/window/file_dialog.py")).arg(path).status().await?;
        ensure!(status.success(), "no file dialog took {}", path.display());
        Ok(())
    }

    /// Opens a file with Paydesk, as the file manager does: a second Paydesk hands it to the one that runs.
    ///
    /// # Errors
    /// When the second Paydesk does not end well.
    pub async fn open_with_paydesk(&self, file: &Path) -> Result<()> {
        let status = self.paydesk().arg(file).status().await?;
        ensure!(status.success(), "the second Paydesk ended with {status}");
        Ok(())
    }
}

impl Window {
    /// Has codes made on this device, with the secret of the demo shop's phone.
    ///
    /// # Errors
    /// When a step is not possible.
    pub async fn set_up_codes(&self, simulator: &Simulator) -> Result<()> {
        self.press("Settings").await?;
        self.press("Set up codes on this computer").await?;
        self.press("Use the practice phone's secret").await?;
        self.fill("New PIN", PIN).await?;
        self.fill("PIN again", PIN).await?;
        self.fill("Code from your phone now", &simulator.code().await?).await?;
        self.press("Seal and keep it").await?;
        self.sees("Codes can now be made on this computer").await
    }

    /// Has Paydesk locked with [`PIN`] from now on.
    ///
    /// # Errors
    /// When a step is not possible.
    pub async fn set_lock(&self) -> Result<()> {
        self.press("Settings").await?;
        self.press("Set a PIN…").await?;
        self.fill("New PIN", PIN).await?;
        self.fill("PIN again", PIN).await?;
        self.press("Lock with this PIN").await?;
        self.sees("Locks by itself").await
    }

    /// Does something by its name in the palette.
    ///
    /// # Errors
    /// When nothing goes by that name.
    pub async fn find_and_do(&self, name: &str) -> Result<()> {
        self.press("Find or do").await?;
        self.keys(&format!("{}\u{e007}", self.word(name))).await
    }

    /// Chooses the coin of a new payment by its ticker.
    ///
    /// # Errors
    /// When there is none.
    pub async fn choose_coin(&self, ticker: &str) -> Result<()> {
        self.press("Your customer pays in").await?;
        self.sees("Coins of your shop").await?;
        self.keys(&format!("{ticker}\u{e007}")).await?;
        self.sees_not("Coins of your shop").await
    }

    /// Waits until the batch on the screen has been checked against the shop.
    ///
    /// # Errors
    /// When that does not end.
    pub async fn is_checked(&self) -> Result<()> {
        self.sees_not("Checking the rows against your shop").await
    }

    /// Takes the three bad rows of [`PAYROLL`] out, and hands the ten others to NOWPayments.
    ///
    /// # Errors
    /// When a step is not possible.
    pub async fn remove_bad_rows_and_send(&self) -> Result<()> {
        self.press("Remove the 3 bad rows").await?;
        self.press("Remove").await?;
        self.press("Send 10 payouts…").await?;
        self.press("Hand over to NOWPayments").await?;
        self.sees("With your code NOWPayments pays").await?;
        self.sees("10 recipients").await
    }

    /// Approves ten payouts with the PIN.
    ///
    /// # Errors
    /// When a step is not possible.
    pub async fn approve_with_pin(&self) -> Result<()> {
        self.press("PIN on this computer").await?;
        self.fill("PIN", PIN).await?;
        self.press("Approve 10 payouts").await
    }
}

impl Simulator {
    /// A code that is not the right one.
    ///
    /// # Errors
    /// When the simulator does not answer.
    pub async fn wrong_code(&self) -> Result<String> {
        let right: u32 = self.code().await?.parse()?;
        Ok(format!("{:06}", (right + 500_000) % 1_000_000))
    }

    /// Waits until every payout of the account is finished, and checks that it was paid exactly once: the ten good rows
    /// of [`PAYROLL`], and nothing else.
    ///
    /// # Errors
    /// When the ledger says anything else.
    pub async fn has_paid_the_payroll_once(&self) -> Result<()> {
        let payouts = wait_for("the last payout", async || {
            let payouts = self.payouts().await?;
            Ok(payouts.iter().all(|payout| payout["status"] == "FINISHED").then_some(payouts))
        })
        .await?;
        ensure!(payouts.iter().all(|payout| payout["times_paid"] == 1), "{payouts:#?}");
        let mut paid: Vec<_> = payouts.iter().map(recipient).collect();
        let mut good: Vec<_> = good_rows().collect();
        paid.sort_unstable();
        good.sort_unstable();
        ensure!(paid == good, "paid were {paid:#?}");
        Ok(())
    }
}

fn recipient(payout: &Value) -> [String; 3] {
    ["address", "currency", "amount"].map(|name| payout[name].as_str().unwrap_or_default().to_owned())
}

/// Address, coin and amount of the rows of [`PAYROLL`] that can be paid.
fn good_rows() -> impl Iterator<Item = [String; 3]> {
    let bad_lines = [5, 9, 12];
    PAYROLL.lines().zip(1..).skip(1).filter(move |(_, line)| !bad_lines.contains(line)).map(|(row, _)| {
        let mut fields = row.split(',');
        [(); 3].map(|()| fields.next().unwrap_or_default().to_owned())
    })
}
