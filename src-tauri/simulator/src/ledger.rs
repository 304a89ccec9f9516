//! Where the money is. Every coin has an account of the shop's, and one for each customer who holds it. In every
//! account, what came in equals the balance, what is pending and what went out; every change of these is a movement.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::amount::Amount;

/// The money of one coin that the shop, or one customer, has and had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// Everything that came in from outside: opening balance, payments, and what the control interface added or took.
    pub received: Amount,
    /// Free to be paid out.
    pub balance: Amount,
    /// Set aside for what is under way and not final: payouts, fees included, transfers, conversions, fiat payouts.
    pub pending: Amount,
    /// Sent to recipients.
    pub paid: Amount,
    /// Spent on network fees of payouts.
    pub fees: Amount,
    /// Came from other accounts of the same coin.
    pub transferred_in: Amount,
    /// Went to other accounts of the same coin.
    pub transferred_out: Amount,
    /// Came in exchange for another coin.
    pub bought: Amount,
    /// Was given in exchange for another coin.
    pub sold: Amount,
    /// Was given to a provider who paid it out in fiat.
    pub cashed_out: Amount,
}

impl Account {
    /// Whether nothing was lost or made up.
    pub fn is_conserved(&self) -> bool {
        let came = self.received + self.transferred_in + self.bought;
        let went = self.paid + self.fees + self.transferred_out + self.sold + self.cashed_out;
        came == self.balance + self.pending + went
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
    /// Something began that money leaves for, like a payout: from the balance into pending, amount and fee.
    Reserved,
    /// It was rejected or failed: back into the balance.
    Released,
    /// A payout was sent: from pending to the recipient, and the fee to the network.
    Paid,
    /// The control interface set the balance.
    Adjusted,
    /// A transfer was carried out: from pending to another account.
    TransferOut,
    /// The same transfer arrived: into the balance.
    TransferIn,
    /// A conversion was carried out: from pending into the exchange.
    Sold,
    /// What the same conversion gave: into the balance.
    Bought,
    /// A fiat payout was carried out: from pending to the provider.
    CashedOut,
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
    /// The id of what moved it: a payment, a payout row, a transfer, a conversion, a fiat payout.
    pub reference: Option<u64>,
    /// Whose account it is, by the customer's id; none for the shop's.
    pub customer: Option<u64>,
}

/// Accounts by ticker.
pub(crate) type Accounts = BTreeMap<String, Account>;

/// All accounts, and how they came to be what they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// The shop's own.
    pub(crate) accounts: Accounts,
    /// Those of its customers, by their ids.
    #[serde(default)]
    pub(crate) customers: BTreeMap<u64, Accounts>,
    pub(crate) movements: Vec<Movement>,
}

impl Ledger {
    /// What the shop can spend of a coin.
    pub(crate) fn balance(&self, currency: &str) -> Amount {
        self.balance_of(None, currency)
    }

    /// What a customer can spend of a coin; none is the shop.
    pub(crate) fn balance_of(&self, customer: Option<u64>, currency: &str) -> Amount {
        let accounts = match customer {
            Some(id) => self.customers.get(&id),
            None => Some(&self.accounts),
        };
        accounts.and_then(|accounts| accounts.get(currency)).map_or(Amount::ZERO, |account| account.balance)
    }

    /// Whether nothing was lost or made up: in every account, and between the accounts of each coin.
    pub(crate) fn is_conserved(&self) -> bool {
        let all = || self.accounts.iter().chain(self.customers.values().flatten());
        let mut between: BTreeMap<&str, Amount> = BTreeMap::new();
        for (currency, account) in all() {
            *between.entry(currency).or_default() += account.transferred_in - account.transferred_out;
        }
        all().all(|(_, account)| account.is_conserved()) && between.values().all(|rest| *rest == Amount::ZERO)
    }

    /// Records a movement and applies it.
    pub(crate) fn record(&mut self, movement: Movement) {
        let accounts = match movement.customer {
            Some(id) => self.customers.entry(id).or_default(),
            None => &mut self.accounts,
        };
        let account = accounts.entry(movement.currency.clone()).or_default();
        let (amount, fee) = (movement.amount, movement.fee);
        match movement.cause {
            Cause::Opening | Cause::Payment | Cause::Adjusted => {
                account.received += amount;
                account.balance += amount;
            }
            Cause::TransferIn => {
                account.transferred_in += amount;
                account.balance += amount;
            }
            Cause::Bought => {
                account.bought += amount;
                account.balance += amount;
            }
            Cause::TransferOut => {
                account.pending -= amount;
                account.transferred_out += amount;
            }
            Cause::Sold => {
                account.pending -= amount;
                account.sold += amount;
            }
            Cause::CashedOut => {
                account.pending -= amount;
                account.cashed_out += amount;
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
