//! Amounts as JSON numbers, for the requests that want them so.
//!
//! For `#[serde(with = "nowpayments::amount::number")]`. The token that is written is the amount's own text,
//! digit for digit, so it holds only with a `serde_json` serializer.

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::Error};
use serde_json::value::RawValue;

use super::Amount;

/// Writes the amount as a JSON number.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(amount: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(amount.to_string()).map_err(S::Error::custom)?.serialize(serializer)
}

/// Reads the amount as [`Amount`] itself does: from a number or a string.
///
/// # Errors
/// When it is neither, or out of bounds.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
    Amount::deserialize(deserializer)
}

/// The same for an amount that may be missing, for `#[serde(with = "nowpayments::amount::number::option")]`.
pub mod option {
    use super::{Amount, Deserialize, Deserializer, Serializer};

    /// Writes the amount as a JSON number, or null.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(amount: &Option<Amount>, serializer: S) -> Result<S::Ok, S::Error> {
        match amount {
            Some(amount) => super::serialize(amount, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads the amount, or null, as [`Amount`] itself does.
    ///
    /// # Errors
    /// When it is neither, or out of bounds.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Amount>, D::Error> {
        Option::deserialize(deserializer)
    }
}
