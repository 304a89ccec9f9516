//! In which order payments are listed, and out of which index.

use serde::{Deserialize, Serialize};
use specta::Type;

/// What payments are sorted by. Ties are broken by what was made first, by the id, or by what was known first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PaymentSort {
    /// When it was made.
    #[default]
    Created,
    /// When the API last changed it.
    Updated,
    /// The shop's order id, in any case of its letters; its first 64 characters count.
    Order,
    /// The shop's description, in any case of its letters; its first 64 characters count.
    Description,
    /// The number of the price, whatever its currency.
    Price,
    /// The number of coins that were paid, or that are to be paid where nothing was, whatever the coin.
    Amount,
    /// The number of what was paid, in the currency of the price, whatever that is.
    Worth,
    /// The number of coins that the shop received, whatever the coin.
    Outcome,
    /// The coin.
    Coin,
    /// The status, as the API says it.
    Status,
    /// The id, as a text.
    Id,
    /// The address that is paid to.
    Address,
    /// The id of the invoice, as a text.
    Invoice,
    /// The id of the purchase, as a text.
    Purchase,
}

impl PaymentSort {
    /// All there are.
    pub const ALL: [Self; 14] = [
        Self::Created,
        Self::Updated,
        Self::Order,
        Self::Description,
        Self::Price,
        Self::Amount,
        Self::Worth,
        Self::Outcome,
        Self::Coin,
        Self::Status,
        Self::Id,
        Self::Address,
        Self::Invoice,
        Self::Purchase,
    ];

    /// The columns that decide, the first first; together they are different for each payment.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Created => &["created_at", "id"],
            Self::Updated => &["updated_at", "id"],
            Self::Order => &["order_key", "id"],
            Self::Description => &["description_key", "id"],
            Self::Price => &["price_key", "id"],
            Self::Amount => &["amount_key", "id"],
            Self::Worth => &["worth_key", "number"],
            Self::Outcome => &["outcome_key", "number"],
            Self::Coin => &["pay_currency", "created_at", "id"],
            Self::Status => &["status", "created_at", "id"],
            Self::Id => &["id"],
            Self::Address => &["pay_address", "number"],
            Self::Invoice => &["invoice_id", "number"],
            Self::Purchase => &["purchase_id", "number"],
        }
    }

    /// The index that holds these columns.
    pub(super) fn index(self) -> &'static str {
        match self {
            Self::Created => "payments_by_created",
            Self::Updated => "payments_by_updated",
            Self::Order => "payments_by_order",
            Self::Description => "payments_by_description",
            Self::Price => "payments_by_price",
            Self::Amount => "payments_by_amount",
            Self::Worth => "payments_by_worth",
            Self::Outcome => "payments_by_outcome",
            Self::Coin => "payments_by_coin",
            Self::Status => "payments_by_status",
            Self::Id => "sqlite_autoindex_payments_1", // of its own: no two are the same
            Self::Address => "payments_by_address",
            Self::Invoice => "payments_by_invoice",
            Self::Purchase => "payments_by_purchase",
        }
    }

    /// Whether a payment may have nothing to sort by. Such payments are the last in either direction.
    pub(super) fn has_blanks(self) -> bool {
        match self {
            Self::Created | Self::Updated | Self::Price | Self::Coin | Self::Status | Self::Id => false,
            Self::Order | Self::Description | Self::Amount | Self::Worth | Self::Outcome => true,
            Self::Address | Self::Invoice | Self::Purchase => true,
        }
    }
}
