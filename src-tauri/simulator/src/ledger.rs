//! Where the money is. For every coin, what came in equals the balance, what is pending, what was paid and what
//! went to fees; every change of these is a movement.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::amount::Amount;

/// The money of one coin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Everything that came in: opening balance, payments, and what the control interface added or took.
    pub received: Amount,
    /// Free to be paid out.
    pub balance: Amount,
    /// Set aside for payouts that are not final, fees included.
    pub pending: Amount,
    /// Sent to recipients.
    pub paid: Amount,
    /// Spent on network fees of payouts.
    pub fees: Amount,
}

impl Account {
    /// Whether nothing was lost or made up.
    pub fn is_conserved(&self) -> bool {
        self.received == self.balance + self.pending + self.paid + self.fees
    }
}

/// What moved the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The balance that the world began with.
    Opening,
    /// A customer's payment was settled: into the balance.
    Payment,
    /// A payout was created: from the balance into pending, amount and fee.
    Reserved,
    /// A payout was rejected or failed: back into the balance.
    Released,
    /// A payout was sent: from pending to the recipient, and the fee to the network.
    Paid,
    /// The control interface set the balance.
    Adjusted,
}

/// One change of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// Simulated time.
    pub at: DateTime<Utc>,
    /// Ticker, lower case.
    pub currency: String,
    /// Why.
    pub cause: Cause,
    /// How much, without the fee.
    pub amount: Amount,
    /// The network's fee that moved with it.
    pub fee: Amount,
    /// The payment's or the payout row's id.
    pub reference: Option<u64>,
}

/// All accounts, and how they came to be what they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) movements: Vec<Movement>,
}

impl Ledger {
    /// What can be spent of a coin.
    pub(crate) fn balance(&self, currency: &str) -> Amount {
        self.accounts.get(currency).map_or(Amount::ZERO, |account| account.balance)
    }

    /// Records a movement and applies it.
    pub(crate) fn record(&mut self, movement: Movement) {
        let account = self.accounts.entry(movement.currency.clone()).or_default();
        let (amount, fee) = (movement.amount, movement.fee);
        match movement.cause {
            Cause::Opening | Cause::Payment | Cause::Adjusted => {
                account.received += amount;
                account.balance += amount;
            }
            Cause::Reserved => {
                account.balance -= amount + fee;
                account.pending += amount + fee;
            }
            Cause::Released => {
                account.pending -= amount + fee;
                account.balance += amount + fee;
            }
            Cause::Paid => {
                account.pending -= amount + fee;
                account.paid += amount;
                account.fees += fee;
            }
        }
        self.movements.push(movement);
    }
}
