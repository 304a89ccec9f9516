//! A batch of payouts: what the window sees of it.

use chrono::{DateTime, Utc};
use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::schedule::Schedule;
use crate::language::{decimal, said, words};

/// Where a batch stands. One writer; each step is on disk before the call that it announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum BatchState {
    /// Imported; the check against the shop has not ended.
    Draft,
    /// Checked against the shop. It can be sent when no row is bad.
    Checked,
    /// The exact rows are fixed and have their ids. Nothing was sent.
    Locked,
    /// The call that creates the batch at NOWPayments is on its way.
    Submitting,
    /// That call ended without a clear answer. Ended only by looking.
    Unknown,
    /// Created at NOWPayments; waits for the code. No money has moved.
    Created,
    /// The code was accepted; NOWPayments pays.
    Verified,
    /// Some rows are on their way.
    Sending,
    /// Every row was paid.
    Finished,
    /// Nothing moves any more, and some rows were not paid.
    FinishedWithFailures,
    /// NOWPayments rejected the batch: nothing was paid.
    Rejected,
    /// No code was given in time: nothing was paid.
    Expired,
    /// The owner gave it up: nothing was paid.
    Cancelled,
    /// It is sent in several parts, each a batch of its own.
    InParts,
}

/// A batch in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BatchSummary {
    /// Our id, a UUID.
    pub id: String,
    /// The file it came from, or what the owner called it.
    pub name: String,
    /// Where it stands.
    pub state: BatchState,
    /// Rows that are to be paid.
    pub payable: u32,
    /// Rows that are bad and not yet removed.
    pub bad: u32,
    /// Rows that were paid.
    pub paid: u32,
    /// Rows that were not paid, for good.
    pub failed: u32,
    /// Totals per coin, in the order of the tickers.
    pub totals: Vec<CoinTotal>,
    /// When it is paid, if not as soon as it is approved.
    pub execute_at: Option<DateTime<Utc>>,
    /// Which part of a larger batch it is.
    pub part: Option<Part>,
    /// In how many parts it is sent; 0 when it is sent as it is.
    pub parts: u32,
    /// When it was imported.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// Which part of a batch another one is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Part {
    /// The whole batch.
    pub whole: String,
    /// Its place, from 1.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

/// What a batch pays in one coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CoinTotal {
    /// The ticker, lower case.
    pub currency: String,
    /// How many rows.
    pub rows: u32,
    /// The exact sum of the rows that name an amount of the coin.
    #[specta(type = String)]
    pub amount: Amount,
    /// The exact sums of money of the rows that name one instead; empty when none does.
    pub fiat: Vec<FiatTotal>,
    /// How much of the coin those sums buy: about, by the rate at the check, and as NOWPayments has worked it out once it
    /// created the batch. `None` before the check, or when there are none.
    #[specta(type = Option<String>)]
    pub fiat_in_coins: Option<Amount>,
    /// The fees that NOWPayments estimates for all of them, in the same coin; `None` before the check.
    #[specta(type = Option<String>)]
    pub fee: Option<Amount>,
    /// What the shop holds of it; `None` before the check.
    #[specta(type = Option<String>)]
    pub balance: Option<Amount>,
    /// What is missing of amount and fee; `None` when the balance is enough or not known.
    #[specta(type = Option<String>)]
    pub short: Option<Amount>,
    /// About what it is worth; `None` before the check.
    #[specta(type = Option<String>)]
    pub worth: Option<Amount>,
    /// The currency of `worth`.
    pub worth_currency: Option<String>,
}

/// What rows of a coin pay in a currency that is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatTotal {
    /// The code of the currency, lower case.
    pub currency: String,
    /// How many rows.
    pub rows: u32,
    /// Their exact sum.
    #[specta(type = String)]
    pub amount: Amount,
}

impl CoinTotal {
    /// How much of the coin is paid in all, fees aside; `None` as long as it is not known what a sum of money buys.
    #[must_use]
    pub fn in_coins(&self) -> Option<Amount> {
        match (self.fiat.is_empty(), &self.fiat_in_coins) {
            (true, _) => Some(self.amount.clone()),
            (false, bought) => bought.as_ref().map(|bought| &self.amount + bought),
        }
    }

    /// What is paid, in words: `0.5 BTC and 250 EUR in BTC`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let coin = self.currency.to_ascii_uppercase();
        let fiat = self.fiat.iter().map(|fiat| {
            words!(
                en: "{} {} in {coin}",
                de: "{} {} in {coin}",
                decimal(&fiat.amount),
                fiat.currency.to_ascii_uppercase(),
            )
        });
        let coins = (self.fiat.is_empty() || self.amount.is_positive())
            .then(|| format!("{} {coin}", decimal(&self.amount)));
        coins.into_iter().chain(fiat).collect::<Vec<_>>().join(said!(en: " and ", de: " und "))
    }
}

/// A batch, whole but for its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Batch {
    /// As in the list.
    pub summary: BatchSummary,
    /// Counts of the file: `records = header + blank + accepted + rejected`.
    pub file: FileCounts,
    /// Rows that were removed by the owner.
    pub removed: u32,
    /// Rows that the owner corrected after they were read.
    pub edited: u32,
    /// What the owner says that the batch must add up to.
    pub control: Option<Control>,
    /// The hash of the exact rows as they stand (SHA-256, hex): what an approval is bound to. Of a batch in parts: of those that
    /// are still to be sent.
    pub rows_hash: String,
    /// The check against the shop while it runs: rows done, of how many.
    pub checking: Option<Progress>,
    /// Why the batch cannot be sent now, in words; empty when it can.
    pub obstacles: Vec<String>,
    /// What its owner should know before it is sent, in words: the same file was read before, and the like.
    pub warnings: Vec<String>,
    /// How many recipients were never paid by this shop and are not in its address book.
    pub new_recipients: u32,
    /// How many parts it will be sent in: 1 when it is small enough to be sent at once.
    pub will_be_parts: u32,
    /// NOWPayments' id of the batch, once created.
    pub provider_id: Option<String>,
    /// What waits for the owner's code.
    pub approval: Option<PendingApproval>,
    /// What happened last that needs words: a refusal, an unknown outcome.
    pub trouble: Option<String>,
    /// When it is paid, by the clock of this computer; `None`: as soon as it is approved.
    pub schedule: Option<Schedule>,
    /// It can be called off: it was created, and its time has not come.
    pub can_be_called_off: bool,
    /// How often we looked for an unknown batch without finding it since the last answer.
    pub looks: u32,
    /// The provider's batches that an unknown one may be: of each a person may say that it is not.
    pub candidates: Vec<String>,
    /// The owner may say that an unknown batch was not created (we looked, and found nothing).
    pub may_release: bool,
    /// What happened, oldest first.
    pub steps: Vec<Step>,
    /// The total of all coins, in the shop's currency, about; `None` before the check.
    #[specta(type = Option<String>)]
    pub worth: Option<Amount>,
    /// The currency of `worth`.
    pub worth_currency: Option<String>,
}

/// What a batch must add up to, as the owner knows from elsewhere: a batch that does not cannot be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Control {
    /// How many rows are to be paid; `None` when nothing was said of that.
    pub rows: Option<u32>,
    /// The sum of each coin; when there is any, every coin of the batch must be among them.
    pub sums: Vec<ControlSum>,
}

/// What all rows in a currency must add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ControlSum {
    /// The ticker, for the rows that name an amount of the coin; or the code of the currency, for those that name a sum of
    /// money, whatever coin they are paid in.
    pub currency: String,
    /// The exact sum, as plain decimal text.
    pub amount: String,
}

/// What the owner writes into a row instead of what stood there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RowEdit {
    /// Where to pay.
    pub address: String,
    /// The ticker.
    pub currency: String,
    /// The network that it is paid on; empty where the ticker says it.
    pub network: String,
    /// How much, with a point before decimals and nothing between thousands; empty where a sum of money is meant.
    pub amount: String,
    /// The sum of money, with a point before decimals; empty where an amount of the coin is meant.
    pub fiat_amount: String,
    /// The currency of that sum.
    pub fiat_currency: String,
    /// The memo or tag; empty for none.
    pub extra_id: String,
    /// What for; empty for nothing.
    pub description: String,
    /// The owner's id; empty for none.
    pub external_id: String,
}

/// How many records a file had, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FileCounts {
    /// All records.
    pub records: u32,
    /// Header records (0 or 1).
    pub header: u32,
    /// Blank records.
    pub blank: u32,
    /// Records taken as payouts.
    pub accepted: u32,
    /// Records that were refused.
    pub rejected: u32,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Progress {
    /// Done.
    pub done: u32,
    /// Of how many.
    pub of: u32,
}

/// One step in the life of a batch, as written before it was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Step {
    /// When.
    pub at: DateTime<Utc>,
    /// The state that it led to.
    pub state: BatchState,
    /// In words.
    pub note: String,
}

/// Something that waits for a person. Survives a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PendingApproval {
    /// A UUID.
    pub id: String,
    /// The batch that it approves.
    pub batch: String,
    /// Its name.
    pub name: String,
    /// The hash of the exact rows.
    pub rows_hash: String,
    /// After this NOWPayments rejects the batch by itself.
    pub expires_at: DateTime<Utc>,
    /// How many codes may still be tried.
    pub attempts_left: u32,
    /// How many recipients.
    pub recipients: u32,
    /// How many of them were never paid by this shop before and are not in its address book.
    pub new_recipients: u32,
    /// Totals per coin.
    pub totals: Vec<CoinTotal>,
    /// What must be read before it is approved, in words: NOWPayments takes more coins than at the check.
    pub warning: Option<String>,
    /// A code that is valid can be used from this time on (a code works only once); `None`: now.
    pub not_before: Option<DateTime<Utc>>,
}

/// Which rows of a batch to list, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RowQuery {
    /// The batch.
    pub batch: String,
    /// Which rows.
    pub filter: RowFilter,
    /// How many at the most (1 to 1000).
    pub limit: u32,
    /// Go on after the row with this number.
    pub after: Option<u32>,
}

/// Which rows of a batch are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RowFilter {
    /// All but the removed ones.
    All,
    /// The bad ones.
    Bad,
    /// The ones with a warning.
    Warned,
    /// The good ones.
    Good,
    /// The ones that were not paid, for good.
    Failed,
    /// The good ones to recipients that are new to the shop.
    New,
}

/// A page of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RowPage {
    /// The rows.
    pub rows: Vec<BatchRow>,
    /// How many match in all.
    pub total: u32,
    /// The number to go on after; `None` at the end.
    pub next: Option<u32>,
}

/// A row of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BatchRow {
    /// Its number in the batch, from 1.
    pub number: u32,
    /// The line of the file it began on, from 1.
    pub line: u32,
    /// The address, or what stood there.
    pub address: String,
    /// The ticker, lower case, or what stood there.
    pub currency: String,
    /// What a row that was refused says of its network; `None` where nothing does, or the ticker says it.
    pub network: Option<String>,
    /// The exact amount of the coin as text, or what stood there; empty for a sum of money, and where what stood there would
    /// be another amount without its file.
    pub amount: String,
    /// The sum of money that is paid instead, or what stood there.
    pub fiat_amount: Option<String>,
    /// Its currency, lower case, or what stood there.
    pub fiat_currency: Option<String>,
    /// What that sum is in the coin: about, by the rate at the check; as NOWPayments has worked it out once
    /// `provider_id` is known. `None` before the check, and for an amount of the coin.
    #[specta(type = Option<String>)]
    pub coin_amount: Option<Amount>,
    /// The memo or tag.
    pub extra_id: Option<String>,
    /// The owner's description.
    pub description: Option<String>,
    /// The owner's id.
    pub external_id: Option<String>,
    /// What is wrong with it, the first most important; empty for a good row.
    pub problems: Vec<RowProblem>,
    /// What is unusual about it.
    pub warnings: Vec<RowProblem>,
    /// The record of the file as it stood, for a row that was refused.
    pub raw: Option<String>,
    /// The owner has written other values into it.
    pub edited: bool,
    /// The shop has never paid to this address and does not know it by name.
    pub is_new: bool,
    /// What the owner calls the recipient.
    pub contact: Option<String>,
    /// Where it stands.
    pub status: RowStatus,
    /// The status as NOWPayments says it, upper case; `None` before it was created.
    pub provider_status: Option<String>,
    /// NOWPayments' id of the payout.
    pub provider_id: Option<String>,
    /// The hash of the transaction.
    pub hash: Option<String>,
    /// A page that shows the transaction; `None` when the coin's explorer is not known.
    pub explorer: Option<String>,
    /// What NOWPayments says went wrong.
    pub error: Option<String>,
    /// When it was paid, by the clock of NOWPayments; `None` before.
    pub paid_at: Option<DateTime<Utc>>,
    /// The fee that was taken.
    #[specta(type = Option<String>)]
    pub fee: Option<Amount>,
}

/// What is wrong with a row, or unusual about it, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RowProblem {
    /// The column, where there is one.
    pub column: Option<String>,
    /// What stood there.
    pub value: String,
    /// A code, `snake_case`.
    pub code: String,
    /// In words: what is wrong and what would be right.
    pub message: String,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum RowStatus {
    /// It cannot be paid as it is.
    Bad,
    /// It can be paid.
    Ready,
    /// Created at NOWPayments, waiting for the code.
    Waiting,
    /// NOWPayments is at it.
    Processing,
    /// On its way.
    Sending,
    /// Paid.
    Paid,
    /// NOWPayments says it failed; it may still be paid.
    Failed,
    /// Rejected: not paid, for good.
    Rejected,
}
