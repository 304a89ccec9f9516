//! In which order payments are listed, and out of which index.

use serde::{Deserialize, Serialize};
use specta::Type;

/// What payments are sorted by. Ties are broken by what was made first, or by the id.
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
    /// The coin.
    Coin,
    /// The status, as the API says it.
    Status,
}

impl PaymentSort {
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::Updated,
        Self::Order,
        Self::Description,
        Self::Price,
        Self::Amount,
        Self::Coin,
        Self::Status,
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
            Self::Coin => &["pay_currency", "created_at", "id"],
            Self::Status => &["status", "created_at", "id"],
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
            Self::Coin => "payments_by_coin",
            Self::Status => "payments_by_status",
        }
    }

    /// Whether a payment may have nothing to sort by. Such payments are the last in either direction.
    pub(super) fn has_blanks(self) -> bool {
        matches!(self, Self::Order | Self::Description | Self::Amount)
    }
}
