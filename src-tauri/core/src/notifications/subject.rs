//! What a notification is about: where the window is led from it.

use serde::{Deserialize, Serialize};
use specta::Type;

/// What a notification is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// A payment.
    Payment {
        /// NOWPayments' id.
        id: String,
    },
    /// A batch of payouts.
    Batch {
        /// Our id.
        id: String,
    },
    /// A subscription.
    Subscription {
        /// NOWPayments' id.
        id: String,
    },
    /// A conversion of one coin into another.
    Conversion {
        /// NOWPayments' id.
        id: String,
    },
    /// A deposit to a user, a write-off or a transfer between users.
    Transfer {
        /// NOWPayments' id.
        id: String,
    },
    /// A payment by which somebody pays into a user's balance.
    CustodyPayment {
        /// NOWPayments' id of the user.
        user: String,
        /// NOWPayments' id of the payment.
        id: String,
    },
    /// A user with a balance of its own.
    CustodyUser {
        /// NOWPayments' id.
        id: String,
    },
    /// A payout to an account at a bank.
    BankPayout {
        /// NOWPayments' id.
        id: String,
    },
    /// The accounts at banks.
    BankAccounts,
}

impl Subject {
    /// As it stands in the database.
    pub(super) fn stored(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// Reads what [`Self::stored`] has written. One that cannot be read leads nowhere; what is
    /// told stays.
    pub(super) fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json)
            .inspect_err(|error| tracing::warn!(%error, "what a notification is about cannot be read"))
            .ok()
    }
}
