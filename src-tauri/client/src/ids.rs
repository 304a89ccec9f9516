//! The identifiers of the API.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};

use crate::wire::{FromScalar, Scalar, required};

/// A text that cannot be an identifier: it is empty, too long, or has other characters than ASCII letters,
/// digits, `-` and `_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier: 1 to 64 ASCII letters, digits, - and _")]
pub struct IdError;

/// The same few lines for each kind of identifier, so that one cannot be taken for another.
macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// The API sends it as a number here and as a string there; it holds the text of either. It has no
        /// characters that mean something in a path.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        /// # Errors
        /// When the text cannot be an identifier.
        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                if is_identifier(text) { Ok(Self(text.into())) } else { Err(IdError) }
            }
        }

        impl FromScalar for $name {
            const WHAT: &'static str = "an identifier";

            fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
                match scalar {
                    Scalar::Text(text) => text.parse().ok(),
                    Scalar::Integer(number) if *number >= 0 => Some(Self(number.to_string().into())),
                    _ => None,
                }
            }

            /// An invoice id of 0 is seen where there is no invoice.
            fn is_none(scalar: &Scalar<'_>) -> bool {
                match scalar {
                    Scalar::Null | Scalar::Integer(0) => true,
                    Scalar::Text(text) => matches!(text.as_ref(), "" | "0" | "null" | "undefined"),
                    _ => false,
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                required(deserializer)
            }
        }
    )*};
}

identifiers! {
    /// A payment.
    PaymentId;
    /// What ties the payments of one purchase together.
    PurchaseId;
    /// An invoice.
    InvoiceId;
    /// A batch of payouts, which is created and verified as one.
    PayoutBatchId;
    /// One payout ("withdrawal") of a batch.
    PayoutId;
    /// A conversion of one coin into another.
    ConversionId;
    /// A user with a balance of its own ("sub-partner", "customer"), or the shop's own account ("master").
    CustodyUserId;
    /// A transfer between two such balances.
    TransferId;
    /// A plan of payments that come back.
    PlanId;
    /// A subscriber's part in such a plan ("recurring payment").
    SubscriptionId;
    /// A bank account or the like, to which fiat payouts go.
    FiatAccountId;
    /// A payout in a fiat currency.
    FiatPayoutId;
    /// A payment that recurs, out of the balance of a customer.
    RecurringId;
}

fn is_identifier(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_strings_are_the_same_identifier() {
        let ids: Vec<PaymentId> = serde_json::from_str(r#"[5745459419, "5745459419"]"#).unwrap();
        assert_eq!(ids[0], ids[1]);
        assert_eq!(ids[0].to_string(), "5745459419");
        assert_eq!(serde_json::to_string(&ids[0]).unwrap(), "\"5745459419\"");
    }

    #[test]
    fn other_spellings_of_a_number_and_paths_are_refused() {
        let long = format!("\"{}\"", "1".repeat(65));
        for json in [
            "5745459419.0",
            "5.7e9",
            "-5",
            "null",
            "\"\"",
            "\"../auth\"",
            "\"a/b\"",
            "\"1 \"",
            "true",
            "[]",
            long.as_str(),
        ] {
            assert!(serde_json::from_str::<PaymentId>(json).is_err(), "{json}");
        }
    }
}
