//! How the API writes things: one field is seen in several shapes, and each shape is read here.

use std::{borrow::Cow, fmt, marker::PhantomData};

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        self,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
    ser::SerializeMap,
};
use serde_json::value::RawValue;

use crate::Amount;

/// The beginning of something that came from outside, for a message.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A JSON value that is neither an object nor an array, as it was sent.
///
/// No amount is ever read through it: [`Amount`] takes the raw token.
pub(crate) enum Scalar<'de> {
    Null,
    Bool(bool),
    Integer(i128),
    /// A number with a fraction or an exponent, or one that is too large for an integer.
    Fraction(f64),
    Text(Cow<'de, str>),
}

impl fmt::Display for Scalar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Fraction(value) => value.fmt(f),
            Self::Text(text) => write!(f, "{:?}", shortened(text)),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Scalar<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a number, true, false or null")
            }

            fn visit_unit<E>(self) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Integer(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Integer(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Fraction(value))
            }

            fn visit_str<E>(self, text: &str) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }

            fn visit_string<E>(self, text: String) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Text(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// What can be read from a [`Scalar`].
pub(crate) trait FromScalar: Sized {
    /// What it is, for a message.
    const WHAT: &'static str;

    /// The value, or `None` when this is not one.
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self>;

    /// Whether this is one of the ways in which the API says that there is none.
    fn is_none(scalar: &Scalar<'_>) -> bool {
        match scalar {
            Scalar::Null => true,
            Scalar::Text(text) => matches!(text.as_ref(), "" | "null" | "undefined"),
            _ => false,
        }
    }
}

impl FromScalar for String {
    const WHAT: &'static str = "a text";

    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        Some(match scalar {
            Scalar::Text(text) => text.as_ref().to_owned(),
            other => other.to_string(),
        })
    }

    /// A text that reads `null` may be what the shop wrote, so it stands.
    fn is_none(scalar: &Scalar<'_>) -> bool {
        match scalar {
            Scalar::Null => true,
            Scalar::Text(text) => text.is_empty(),
            _ => false,
        }
    }
}

impl FromScalar for u32 {
    const WHAT: &'static str = "a small whole number";

    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Integer(value) => Self::try_from(*value).ok(),
            Scalar::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl FromScalar for bool {
    const WHAT: &'static str = "true or false";

    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Bool(value) => Some(*value),
            Scalar::Integer(0) => Some(false),
            Scalar::Integer(1) => Some(true),
            Scalar::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Scalar::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

impl FromScalar for DateTime<Utc> {
    const WHAT: &'static str = "a time";

    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Integer(epoch) => epoch_time(i64::try_from(*epoch).ok()?),
            Scalar::Text(text) => match iso_time(text) {
                Some(time) => Some(time),
                None => epoch_time(text.parse().ok()?),
            },
            _ => None,
        }
    }

    /// The documents themselves print `valid_until_timestamp` for a time that there is not.
    fn is_none(scalar: &Scalar<'_>) -> bool {
        match scalar {
            Scalar::Null => true,
            Scalar::Text(text) => {
                matches!(text.as_ref(), "" | "null" | "undefined" | "valid_until_timestamp")
            }
            _ => false,
        }
    }
}

/// Reads ISO 8601. A time without a zone is in UTC, as all others of the API are.
fn iso_time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|time| time.and_utc()))
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(|time| time.and_utc()))
        .ok()
}

/// Reads an epoch: in milliseconds, as callbacks have it, or in seconds when milliseconds would mean 1973 or
/// earlier.
fn epoch_time(epoch: i64) -> Option<DateTime<Utc>> {
    if epoch.abs() < 100_000_000_000 {
        DateTime::from_timestamp(epoch, 0)
    } else {
        DateTime::from_timestamp_millis(epoch)
    }
}

/// Reads a value that must be there.
pub(crate) fn required<'de, D: Deserializer<'de>, T: FromScalar>(deserializer: D) -> Result<T, D::Error> {
    let scalar = Scalar::deserialize(deserializer)?;
    T::from_scalar(&scalar).ok_or_else(|| unexpected(T::WHAT, &scalar))
}

/// Reads a value that may be null, or one of the texts that stand for null.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: FromScalar>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let scalar = Scalar::deserialize(deserializer)?;
    if T::is_none(&scalar) {
        return Ok(None);
    }
    T::from_scalar(&scalar).map(Some).ok_or_else(|| unexpected(T::WHAT, &scalar))
}

fn unexpected<E: de::Error>(what: &str, found: &Scalar<'_>) -> E {
    E::custom(format_args!("expected {what}, found {found}"))
}

/// Reads an amount that may be null, or one of the texts that stand for null.
pub(crate) fn optional_amount<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Amount>, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    match raw.get() {
        "null" | "\"\"" | "\"null\"" | "\"undefined\"" => Ok(None),
        token => Amount::from_json(token).map(Some),
    }
}

/// Reads a list where null means an empty one.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a message that is mostly a text, but whose shape nobody has promised: anything else is kept as JSON.
pub(crate) fn message<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    match raw.get() {
        "null" | "\"\"" => Ok(None),
        text if text.starts_with('"') => serde_json::from_str(text).map(Some).map_err(de::Error::custom),
        other => Ok(Some(other.to_owned())),
    }
}

/// An object of one kind or an array of another, where the API answers now with this and now with that.
pub(crate) enum Shape<O, I> {
    Object(O),
    Array(Vec<I>),
}

impl<'de, O: Deserialize<'de>, I: Deserialize<'de>> Deserialize<'de> for Shape<O, I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<O, I>(PhantomData<(O, I)>);

        impl<'de, O: Deserialize<'de>, I: Deserialize<'de>> de::Visitor<'de> for Visitor<O, I> {
            type Value = Shape<O, I>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or an array")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                O::deserialize(MapAccessDeserializer::new(map)).map(Shape::Object)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(Shape::Array)
            }
        }

        deserializer.deserialize_any(Visitor(PhantomData))
    }
}

/// A time as the documents write it: `2026-11-21T09:30:00.000Z`.
pub(crate) fn time_text(time: &DateTime<Utc>) -> impl fmt::Display {
    time.format("%Y-%m-%dT%H:%M:%S%.3fZ")
}

/// Writes a time that may not have been said.
pub(crate) fn write_time<S: Serializer>(
    time: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(&time_text(time)),
        None => serializer.serialize_none(),
    }
}

/// Writes an identifier as a number, where the documents have one. An identifier that is none stays a text.
pub(crate) fn number<S: Serializer>(id: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    let text = id.to_string();
    match text.parse::<u64>() {
        Ok(number) if number.to_string() == text => serializer.serialize_u64(number),
        _ => serializer.serialize_str(&text),
    }
}

/// The same for an identifier that may not have been said.
pub(crate) fn optional_number<S: Serializer>(
    id: &Option<impl fmt::Display>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => number(id, serializer),
        None => serializer.serialize_none(),
    }
}

/// Writes the filter `id` of a list, for `#[serde(flatten)]`: once for each, which is how a query holds an array.
pub(crate) fn each_id<S: Serializer, T: Serialize>(ids: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    each("id", ids, serializer)
}

/// The same for the filter `status`.
pub(crate) fn each_status<S: Serializer, T: Serialize>(
    statuses: &[T],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    each("status", statuses, serializer)
}

fn each<S: Serializer, T: Serialize>(name: &str, values: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(values.len()))?;
    for value in values {
        map.serialize_entry(name, value)?;
    }
    map.end()
}
