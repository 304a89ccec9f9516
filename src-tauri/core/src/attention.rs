//! What needs the owner: payments that did not go as they should, each a case with what it is worth and what can be done.
//!
//! What is wrong follows from what is cached, and is said in one place: the view `attention_wrong` of the database. Cases
//! are opened and ended in the transaction that writes the cache (`attention/notice.rs`), so that neither is without the other; what
//! only time makes wrong is looked for on a rhythm. A case ends by itself when what was wrong is over, or when the owner
//! says so, and then it does not come back for the same reason.

mod list;
mod notice;
mod refund;
mod settle;
#[cfg(test)]
mod tests;
mod unclear;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

pub(crate) use self::notice::notice;
pub use self::{
    refund::NewRefund,
    unclear::{Unclear, UnclearPlace},
};
use crate::{
    payments::{PaymentRow, Worth},
    payouts::{Payouts, batch::BatchState},
    shops::ShopContext,
};

/// What is wrong with a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum AttentionKind {
    /// Less came than was to be paid, and no further payment of the purchase has brought the rest.
    Underpaid,
    /// More came than was to be paid.
    Overpaid,
    /// Money came after the payment had ended.
    Late,
    /// The customer paid once more to the address of a payment.
    Repeated,
    /// Another coin came than was to be paid.
    WrongAsset,
    /// It failed at NOWPayments.
    Failed,
    /// It has stood still for a day between the customer and the shop.
    Stuck,
}

/// Where a case lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum AttentionShelf {
    /// It waits for the owner.
    Open,
    /// It was over 30 days old when Paydesk first saw it: there to be looked up, and not counted as waiting.
    Earlier,
    /// Nothing is left to do.
    Settled,
}

/// Which cases to list, the newest first; settled ones by when they were settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AttentionQuery {
    /// Where they lie.
    pub shelf: AttentionShelf,
    /// Only this kind; `None` for all.
    pub kind: Option<AttentionKind>,
    /// How many rows at the most (1 to 500).
    pub limit: u32,
    /// The cursor of an earlier page, to go on after it.
    pub after: Option<String>,
}

/// A page of cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AttentionPage {
    /// The rows.
    pub rows: Vec<AttentionCase>,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
    /// How many match in all.
    pub total: u32,
    /// How many of each kind lie on this shelf (whatever the kind that is asked for), most frequent first.
    pub kinds: Vec<KindCount>,
    /// How many lie on each shelf.
    pub shelves: AttentionCount,
}

/// How many cases are of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct KindCount {
    /// The kind.
    pub kind: AttentionKind,
    /// How many.
    pub count: u32,
}

/// How many cases lie on each shelf.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AttentionCount {
    /// Those that wait for the owner.
    pub open: u32,
    /// Those that were old when Paydesk first saw them.
    pub earlier: u32,
    /// Those with which nothing is left to do.
    pub settled: u32,
}

/// Something that needs the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AttentionCase {
    /// Its number in this shop.
    pub id: u32,
    /// What is wrong.
    pub kind: AttentionKind,
    /// Where it lies.
    pub shelf: AttentionShelf,
    /// Since when it has been so.
    pub since: DateTime<Utc>,
    /// The payment.
    pub payment: PaymentRow,
    /// The payment whose address the customer paid to, where that is another one and cached.
    pub parent: Option<PaymentRow>,
    /// How many coins it is about: what is missing, what came beyond, or what came; `None` when nothing did.
    #[specta(type = Option<String>)]
    pub amount: Option<Amount>,
    /// What these are worth in the currency of the price; `None` when nobody can say.
    pub worth: Option<Worth>,
    /// How many coins would go back to the customer; `None` while there is nothing that the shop could send back.
    #[specta(type = Option<String>)]
    pub refundable: Option<Amount>,
    /// The refund that was prepared.
    pub refund: Option<Refund>,
    /// How it ended.
    pub settled: Option<Settled>,
}

/// A refund that was prepared. It is a batch of payouts like any other: nothing is sent before it was checked and approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Refund {
    /// The batch.
    pub batch: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: BatchState,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Settled {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: SettledBy,
    /// What the owner noted.
    pub note: Option<String>,
}

/// Who ended a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum SettledBy {
    /// The owner.
    Owner,
    /// Nobody: what was wrong is over.
    Itself,
}

/// What needs the owner of a shop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Attention {
    ctx: Arc<ShopContext>,
    payouts: Payouts,
    /// Held while a refund is prepared, so that there is one.
    preparing: Arc<tokio::sync::Mutex<()>>,
}

impl Attention {
    pub(crate) fn new(ctx: Arc<ShopContext>, payouts: Payouts) -> Self {
        Self { ctx, payouts, preparing: Arc::default() }
    }
}
