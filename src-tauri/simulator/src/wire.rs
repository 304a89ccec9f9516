//! JSON as NOWPayments writes it: exact number tokens, keys in the order given, times with milliseconds.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::amount::Amount;
use crate::api::Refusal;

/// An object under construction; see [`object!`].
#[derive(Default)]
pub(crate) struct Object(Vec<(String, Box<RawValue>)>);

/// Builds an [`Object`] whose keys keep their order.
macro_rules! object {
    ($($key:literal: $value:expr),* $(,)?) => {{
        let mut object = $crate::wire::Object::default();
        $(object.put($key, &$value);)*
        object
    }};
}
pub(crate) use object;

impl Object {
    /// Whether it has no keys.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends the keys of another.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Appends a key.
    #[expect(clippy::expect_used, reason = "strings, numbers and lists of them can always be written")]
    pub(crate) fn put(&mut self, key: &str, value: &(impl Serialize + ?Sized)) {
        self.0.push((key.to_owned(), to_raw_value(value).expect("a plain value")));
    }

    /// Its JSON, the keys in their order.
    #[expect(clippy::expect_used, reason = "its values are JSON already")]
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("JSON")
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// An amount as a JSON number instead of a string.
pub(crate) struct Number(pub(crate) Amount);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let token = RawValue::from_string(self.0.token()).map_err(serde::ser::Error::custom)?;
        token.serialize(serializer)
    }
}

/// The product of two amounts as JavaScript works it out: in binary floating point, so that 0.1 times 0.000410139
/// is 0.000041013900000000004. It is for the eye alone; what is booked stays exact.
pub(crate) struct Product(pub(crate) Amount, pub(crate) Amount);

impl Serialize for Product {
    #[expect(clippy::float_arithmetic, reason = "this is the error that JavaScript makes")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [a, b] = [self.0, self.1].map(|amount| amount.to_string().parse::<f64>().unwrap_or_default());
        let product = a * b;
        let text =
            if product == 0.0 || product >= 1e-6 { format!("{product}") } else { format!("{product:e}") };
        RawValue::from_string(text).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// Whether the text is an e-mail address, as far as its look goes.
pub(crate) fn is_email(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c == '@');
    text.split_once('@').is_some_and(|(name, host)| {
        plain(name)
            && plain(host)
            && host.split('.').count() > 1
            && host.split('.').all(|part| !part.is_empty())
    })
}

/// `2020-12-22T15:00:22.742Z`
pub(crate) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads a filter's date as JavaScript does: a bare day is its midnight in UTC.
pub(crate) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let day = || text.parse::<NaiveDate>().ok().map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc());
    DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).ok().or_else(day)
}

/// The fields of a request's body, taken one by one. What is left in the end was not allowed, as with Joi, the
/// library that validates for NOWPayments: known fields are checked first, then the strangers are named.
pub(crate) struct Fields {
    path: String,
    left: BTreeMap<String, Box<RawValue>>,
}

impl Fields {
    /// Reads a body. An empty one has no fields.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let body = if body.is_empty() { b"{}" } else { body };
        let left = serde_json::from_slice(body)
            .map_err(|_| Refusal::new(400, "INVALID_REQUEST_PARAMS", "value must be of type object"))?;
        Ok(Self { path: String::new(), left })
    }

    fn name(&self, field: &str) -> String {
        format!("{}{field}", self.path)
    }

    /// Refuses the request because of this field.
    pub(crate) fn refuse<T>(&self, field: &str, complaint: &str) -> Result<T, Refusal> {
        Err(Refusal::params(format!("{} {complaint}", self.name(field))))
    }

    /// Refuses the request because the field is missing.
    pub(crate) fn required<T>(&self, field: &str, value: Option<T>) -> Result<T, Refusal> {
        value.map_or_else(|| self.refuse(field, "is required"), Ok)
    }

    fn take(&mut self, field: &str) -> Option<Box<RawValue>> {
        self.left.remove(field).filter(|value| value.get() != "null")
    }

    /// A string; `null` counts as absent.
    pub(crate) fn text(&mut self, field: &str) -> Result<Option<String>, Refusal> {
        let Some(value) = self.take(field) else { return Ok(None) };
        match serde_json::from_str::<String>(value.get()) {
            Ok(text) if text.is_empty() => self.refuse(field, "is not allowed to be empty"),
            Ok(text) => Ok(Some(text)),
            Err(_) => self.refuse(field, "must be a string"),
        }
    }

    /// A whole number that is not negative, or a string that holds one: an id, or a count.
    pub(crate) fn whole(&mut self, field: &str) -> Result<Option<u64>, Refusal> {
        let Some(value) = self.take(field) else { return Ok(None) };
        match value.get().trim_matches('"').parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => self.refuse(field, "must be a number"),
        }
    }

    /// A positive number, or a string that holds one, and the text as it was sent.
    pub(crate) fn amount(&mut self, field: &str) -> Result<Option<(Amount, Box<RawValue>)>, Refusal> {
        const MOST: Amount = Amount::whole(1_000_000_000_000);
        let Some(value) = self.take(field) else { return Ok(None) };
        let text = serde_json::from_str::<String>(value.get()).unwrap_or_else(|_| value.get().to_owned());
        match Amount::parse(text.trim()) {
            Some(amount) if amount <= Amount::ZERO => self.refuse(field, "must be a positive number"),
            Some(amount) if amount > MOST => {
                self.refuse(field, "must be less than or equal to 1000000000000")
            }
            Some(amount) => Ok(Some((amount, value))),
            None if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
                self.refuse(field, "must be a safe number")
            }
            None => self.refuse(field, "must be a number"),
        }
    }

    /// A whole number from one to `most`, or a string that holds one.
    pub(crate) fn count(&mut self, field: &str, most: u32) -> Result<Option<u32>, Refusal> {
        let Some((amount, _)) = self.amount(field)? else { return Ok(None) };
        match amount.to_string().parse() {
            Err(_) if amount.decimals() > 0 => self.refuse(field, "must be an integer"),
            Ok(count) if count <= most => Ok(Some(count)),
            _ => self.refuse(field, &format!("must be less than or equal to {most}")),
        }
    }

    /// An e-mail address.
    pub(crate) fn email(&mut self, field: &str) -> Result<Option<String>, Refusal> {
        let email = self.text(field)?;
        match &email {
            Some(text) if !is_email(text) => self.refuse(field, "must be a valid email"),
            _ => Ok(email),
        }
    }

    /// A moment, as `2026-03-02T09:00:00.000Z`.
    pub(crate) fn moment(&mut self, field: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
        let text = self.text(field)?;
        let read = |text: &str| DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
        match text.as_deref().map(read) {
            None => Ok(None),
            Some(Ok(at)) => Ok(Some(at)),
            Some(Err(_)) => self.refuse(field, "must be in ISO 8601 date format"),
        }
    }

    /// A boolean, or a string that holds one. Absent is false.
    pub(crate) fn flag(&mut self, field: &str) -> Result<bool, Refusal> {
        let Some(value) = self.take(field) else { return Ok(false) };
        match value.get().trim_matches('"').to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => self.refuse(field, "must be a boolean"),
        }
    }

    /// A callback's address.
    pub(crate) fn url(&mut self, field: &str) -> Result<Option<String>, Refusal> {
        let url = self.text(field)?;
        match &url {
            Some(text) if !text.starts_with("http://") && !text.starts_with("https://") => {
                self.refuse(field, "must be a valid uri")
            }
            _ => Ok(url),
        }
    }

    /// A list of at least one object.
    pub(crate) fn objects(&mut self, field: &str) -> Result<Vec<Self>, Refusal> {
        let value = self.take(field);
        let value = self.required(field, value)?;
        let Ok(items) = serde_json::from_str::<Vec<Box<RawValue>>>(value.get()) else {
            return self.refuse(field, "must be an array");
        };
        if items.is_empty() {
            return self.refuse(field, "must contain at least 1 items");
        }
        let objects = items.iter().enumerate().map(|(i, item)| {
            let left = serde_json::from_str(item.get()).map_err(|_| Self::mismatch(field, i))?;
            Ok(Self { path: format!("{field}[{i}]."), left })
        });
        objects.collect()
    }

    /// An object.
    pub(crate) fn object(&mut self, field: &str) -> Result<Option<Self>, Refusal> {
        let Some(value) = self.take(field) else { return Ok(None) };
        match serde_json::from_str(value.get()) {
            Ok(left) => Ok(Some(Self { path: format!("{}.", self.name(field)), left })),
            Err(_) => self.refuse(field, "must be of type object"),
        }
    }

    /// What was not taken yet, as it was sent.
    pub(crate) fn as_sent(&self) -> BTreeMap<String, Box<RawValue>> {
        self.left.clone()
    }

    /// What is said of an object in a list that has a field too many.
    pub(crate) fn mismatch(field: &str, index: usize) -> Refusal {
        Refusal::params(format!("\"{field}[{index}]\" does not match any of the allowed types"))
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Refuses what was not taken.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        match self.left.keys().next() {
            Some(stranger) => self.refuse(stranger, "is not allowed"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_has_the_tail_that_javascript_gives_it() {
        for (a, b, product) in [
            ("0.1", "0.000410139", "0.000041013900000000004"),
            ("0.1", "0.3", "0.03"),
            ("50", "1", "50"),
            ("0.0003", "0.0007", "2.0999999999999997e-7"),
            ("0", "7", "0"),
        ] {
            let [a, b] = [a, b].map(|text| Amount::parse(text).unwrap());
            assert_eq!(to_raw_value(&Product(a, b)).unwrap().get(), product);
        }
    }

    #[test]
    fn an_email_address_has_a_name_and_a_host_with_a_point() {
        for (text, expected) in [
            ("ines@beans.example", true),
            ("a+b@x.co.uk", true),
            ("ines", false),
            ("@beans.example", false),
            ("ines@", false),
            ("ines@localhost", false),
            ("ines@beans..example", false),
            ("ines@@beans.example", false),
            ("i nes@beans.example", false),
        ] {
            assert_eq!(is_email(text), expected, "{text}");
        }
    }
}
