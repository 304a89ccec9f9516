//! Exact amounts of money.

use std::{
    fmt,
    hash::{Hash, Hasher},
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub, SubAssign},
    str::FromStr,
};

use bigdecimal::{
    BigDecimal,
    num_bigint::{BigInt, Sign},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

pub mod number;
#[cfg(test)]
mod tests;

/// An exact decimal amount of some coin or currency, which is named elsewhere.
///
/// It never passes through a float: it is read from the digits that were sent and written from the digits
/// it holds. Equality, order and hash are those of the number (`1.50 == 1.5`), the text is canonical (no
/// exponent, no trailing zeros, no `-0`), and negative amounts are allowed, since the difference of two
/// amounts is one.
///
/// What can be read is bounded by [`Amount::MAX_WHOLE_DIGITS`] and [`Amount::MAX_DECIMALS`], counted without
/// zeros that mean nothing. Sums and differences are exact and may grow beyond these bounds, which takes
/// amounts of 10^30.
///
/// In JSON it is written as a string, and read from a string or from a number, whose token is taken as it
/// stands (`1e-7` too). Reading relies on [`RawValue`], so it works with `serde_json` alone, and not inside
/// `#[serde(untagged)]` or `#[serde(flatten)]`, where it is an error rather than a float. A request field
/// that must be a JSON number is marked `#[serde(with = "nowpayments::amount::number")]`.
///
/// ```
/// use nowpayments::Amount;
///
/// let amount: Amount = serde_json::from_str("4.10139e-5")?;
/// assert_eq!(amount.to_string(), "0.0000410139");
/// assert_eq!(serde_json::to_string(&amount)?, "\"0.0000410139\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(
    /// Canonical: the scale is the number of significant decimals, hence never negative.
    BigDecimal,
);

/// Why a text is not an [`Amount`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not an optional minus, digits, and optionally a point with further digits.
    #[error("not a plain decimal number")]
    Malformed,
    /// More than [`Amount::MAX_WHOLE_DIGITS`] digits before the point.
    #[error("more than {} digits before the decimal point", Amount::MAX_WHOLE_DIGITS)]
    TooLarge,
    /// More than [`Amount::MAX_DECIMALS`] significant decimals.
    #[error("more than {} decimals", Amount::MAX_DECIMALS)]
    TooPrecise,
}

impl Amount {
    /// The most digits before the point that can be read.
    pub const MAX_WHOLE_DIGITS: u32 = 30;

    /// The most significant decimals that can be read. Coins have at most 18 or 24, but the API has answered
    /// with float noise of 21 (`0.000041013900000000004`).
    pub const MAX_DECIMALS: u32 = 30;

    /// Nothing at all.
    #[must_use]
    pub fn zero() -> Self {
        Self::default()
    }

    /// Whether it is exactly zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.sign() == Sign::NoSign
    }

    /// Whether it is more than zero.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.0.sign() == Sign::Plus
    }

    /// Whether it is less than zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.0.sign() == Sign::Minus
    }

    /// The number of significant decimals: 1 for `2.50`, 0 for `200`.
    #[must_use]
    pub fn decimals(&self) -> u32 {
        u32::try_from(self.0.fractional_digit_count()).unwrap_or_default()
    }

    /// The number itself, for arithmetic that has to choose a rounding.
    #[must_use]
    pub fn as_decimal(&self) -> &BigDecimal {
        &self.0
    }

    /// Reads a decimal with an optional exponent, as JSON numbers may have one.
    ///
    /// The bounds are checked before anything of the size the exponent asks for is built.
    fn from_token(token: &str) -> Result<Self, AmountError> {
        if let Some(small) = Self::from_few_digits(token) {
            return Ok(small);
        }
        let (sign, unsigned) = match token.strip_prefix('-') {
            Some(rest) => (Sign::Minus, rest),
            None => (Sign::Plus, token),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let (whole, decimals) = match mantissa.split_once('.') {
            Some((whole, decimals)) if is_digits(decimals) => (whole, decimals),
            Some(_) => return Err(AmountError::Malformed),
            None => (mantissa, ""),
        };
        if !is_digits(whole) {
            return Err(AmountError::Malformed);
        }
        let exponent = exponent.map_or(Ok(0), read_exponent)?;

        let digits = [whole, decimals].concat();
        let significant = digits.trim_start_matches('0').trim_end_matches('0');
        if significant.is_empty() {
            return Ok(Self::zero());
        }
        let trailing = digits.len() - digits.trim_end_matches('0').len();
        let scale = length(decimals.len()) - length(trailing) - exponent;
        if length(significant.len()) - scale > i64::from(Self::MAX_WHOLE_DIGITS) {
            return Err(AmountError::TooLarge);
        }
        if scale > i64::from(Self::MAX_DECIMALS) {
            return Err(AmountError::TooPrecise);
        }
        let magnitude = match significant.parse::<u64>() {
            Ok(small) => BigInt::from(small),
            Err(_) => significant.parse().map_err(|_| AmountError::Malformed)?,
        };
        let integer = if sign == Sign::Minus { -magnitude } else { magnitude };
        Ok(Self(if scale < 0 {
            let zeros = u32::try_from(-scale).map_err(|_| AmountError::TooLarge)?;
            BigDecimal::from_bigint(integer * BigInt::from(10).pow(zeros), 0)
        } else {
            BigDecimal::from_bigint(integer, scale)
        }))
    }

    /// Reads a plain decimal of at most 18 digits at once, as almost all amounts are.
    fn from_few_digits(token: &str) -> Option<Self> {
        let bytes = token.as_bytes();
        if bytes.len() > 19 {
            return None;
        }
        let (mut value, mut point) = (0_u64, None);
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'0'..=b'9' => value = value.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?,
                b'.' if point.is_none() && at > 0 && at + 1 < bytes.len() => point = Some(at),
                _ => return None,
            }
        }
        let mut scale = point.map_or(0, |point| bytes.len() - point - 1);
        if value == 0 {
            return (!bytes.is_empty()).then(Self::zero);
        }
        while scale > 0 && value.is_multiple_of(10) {
            (value, scale) = (value / 10, scale - 1);
        }
        Some(Self(BigDecimal::from_bigint(BigInt::from(value), length(scale))))
    }

    /// The whole number of units of `10^-decimals` that it is: 1.5 with six decimals is 1,500,000. `None` when it is no whole
    /// number of them, or does not fit.
    #[must_use]
    pub fn in_units(&self, decimals: u32) -> Option<i128> {
        let (integer, scale) = self.0.as_bigint_and_scale();
        let missing = i64::from(decimals).checked_sub(scale)?;
        let factor = 10_i128.checked_pow(u32::try_from(missing).ok()?)?;
        i128::try_from(integer.as_ref()).ok()?.checked_mul(factor)
    }

    /// The amount of so many units of `10^-decimals`. Like the result of an addition it can be larger than what is read.
    #[must_use]
    pub fn of_units(units: i128, decimals: u32) -> Self {
        Self::canonical(BigDecimal::from_bigint(BigInt::from(units), i64::from(decimals)))
    }

    /// Makes the result of exact arithmetic canonical.
    fn canonical(value: BigDecimal) -> Self {
        let (mut integer, mut scale) = value.into_bigint_and_scale();
        let ten = BigInt::from(10);
        if scale < 0 {
            // The scale of a sum is that of one of its terms; only `TryFrom` brings others, which it bounds.
            let zeros = u32::try_from(-scale).unwrap_or(u32::MAX);
            integer *= ten.pow(zeros);
            scale = 0;
        } else if integer.sign() == Sign::NoSign {
            scale = 0;
        } else {
            while scale > 0 {
                let shorter = &integer / &ten;
                if &shorter * &ten != integer {
                    break;
                }
                integer = shorter;
                scale -= 1;
            }
        }
        Self(BigDecimal::from_bigint(integer, scale))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// No text in memory is longer than an `i64`; a longer one would be refused as too large.
fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Reads what follows the `e`. One of more than four digits is as good as infinite: it is cut to a value that
/// is out of bounds in the same direction, for any number but zero.
fn read_exponent(text: &str) -> Result<i64, AmountError> {
    const INFINITE: i64 = 1 << 40;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !is_digits(digits) {
        return Err(AmountError::Malformed);
    }
    let size = match digits.trim_start_matches('0') {
        "" => 0,
        digits if digits.len() > 4 => INFINITE,
        digits => digits.parse().map_err(|_| AmountError::Malformed)?,
    };
    Ok(if negative { -size } else { size })
}

/// Reads plain decimal text: an optional `-`, digits, and optionally a point followed by digits.
///
/// No exponent, no `+`, no spaces, no separators, no digits but ASCII's.
///
/// # Errors
/// Says which of the rules the text breaks.
impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        if text.contains(['e', 'E']) {
            return Err(AmountError::Malformed);
        }
        Self::from_token(text)
    }
}

impl From<u64> for Amount {
    fn from(whole: u64) -> Self {
        Self(BigDecimal::from(whole))
    }
}

impl From<Amount> for BigDecimal {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

/// Takes over a number that was computed elsewhere.
///
/// # Errors
/// When it is outside the bounds of what can be read back.
impl TryFrom<BigDecimal> for Amount {
    type Error = AmountError;

    fn try_from(value: BigDecimal) -> Result<Self, AmountError> {
        let value = value.normalized();
        let (digits, scale) =
            (length(usize::try_from(value.digits()).unwrap_or(usize::MAX)), value.fractional_digit_count());
        if digits.saturating_sub(scale) > i64::from(Self::MAX_WHOLE_DIGITS) {
            return Err(AmountError::TooLarge);
        }
        if scale > i64::from(Self::MAX_DECIMALS) {
            return Err(AmountError::TooPrecise);
        }
        Ok(Self::canonical(value))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad_integral(!self.is_negative(), "", &self.0.abs().to_plain_string())
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Hash for Amount {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Canonical, so that equal numbers are equal in both parts.
        self.0.as_bigint_and_scale().hash(state);
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::canonical(self.0 + other.0)
    }
}

impl<'a> Add<&'a Amount> for &'a Amount {
    type Output = Amount;

    fn add(self, other: &'a Amount) -> Amount {
        Amount::canonical(&self.0 + &other.0)
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::canonical(self.0 - other.0)
    }
}

impl<'a> Sub<&'a Amount> for &'a Amount {
    type Output = Amount;

    fn sub(self, other: &'a Amount) -> Amount {
        Amount::canonical(&self.0 - &other.0)
    }
}

impl AddAssign<&Self> for Amount {
    fn add_assign(&mut self, other: &Self) {
        *self = &*self + other;
    }
}

impl SubAssign<&Self> for Amount {
    fn sub_assign(&mut self, other: &Self) {
        *self = &*self - other;
    }
}

impl Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self::canonical(amounts.map(|amount| amount.0).sum())
    }
}

impl<'a> Sum<&'a Self> for Amount {
    fn sum<I: Iterator<Item = &'a Self>>(amounts: I) -> Self {
        Self::canonical(amounts.map(|amount| &amount.0).sum())
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(Box::<RawValue>::deserialize(deserializer)?.get())
    }
}

impl Amount {
    /// Reads one raw JSON value: a number, or a string that holds one.
    pub(crate) fn from_json<E: de::Error>(raw: &str) -> Result<Self, E> {
        // No character of a number is ever escaped, so the text between the quotes is the string.
        let token = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        Self::from_token(token).map_err(|problem| {
            E::custom(format_args!("invalid amount {}: {problem}", crate::wire::shortened(raw)))
        })
    }
}
