//! Exact money: whole units of 10^-18, the finest that any coin of the world has.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const DECIMALS: usize = 18;
const ONE: i128 = 1_000_000_000_000_000_000;
/// Digits that are read before the point. Larger amounts would leave no room for a product.
const WHOLE_DIGITS: i64 = 15;

/// An exact decimal with up to 18 places, in the coin or the fiat currency that stands beside it.
///
/// It is a string in the control interface and in the state file. On the API it is a number token, or a string
/// where NOWPayments sends strings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i128);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A whole number of units.
    pub const fn whole(units: i64) -> Self {
        Self(units as i128 * ONE)
    }

    /// `digits` divided by ten to the power of `places`: `scaled(25, 1)` is 2.5.
    ///
    /// # Panics
    /// When `places` exceeds 18.
    pub const fn scaled(digits: i64, places: u32) -> Self {
        Self(digits as i128 * (ONE / 10_i128.pow(places)))
    }

    /// Reads a JSON number, exponent included. `None` for anything else, for more than 18 decimals and for more
    /// than 15 digits before the point.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        if whole.is_empty() || fraction.is_empty() {
            return None;
        }
        let digits = format!("{whole}{fraction}");
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let significant = digits.trim_start_matches('0').trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self::ZERO);
        }
        let trailing = digits.len() - digits.trim_end_matches('0').len();
        let exponent =
            i64::from(exponent) + i64::try_from(trailing).ok()? - i64::try_from(fraction.len()).ok()?;
        if i64::try_from(significant.len()).ok()? + exponent > WHOLE_DIGITS {
            return None;
        }
        let places = u32::try_from(exponent + 18).ok()?;
        Some(Self(sign * significant.parse::<i128>().ok()? * 10_i128.pow(places)))
    }

    /// How many places after the point are needed to write it.
    pub fn decimals(self) -> usize {
        let mut fraction = (self.0 % ONE).abs();
        let mut places = if fraction == 0 { 0 } else { DECIMALS };
        while places > 0 && fraction % 10 == 0 {
            fraction /= 10;
            places -= 1;
        }
        places
    }

    /// The product, cut after 18 decimals.
    pub fn times(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        let (a1, a0, b1, b0) = (a / ONE, a % ONE, b / ONE, b % ONE);
        Self(a1 * b1 * ONE + a1 * b0 + a0 * b1 + a0 * b0 / ONE)
    }

    /// The quotient, cut after 18 decimals.
    ///
    /// # Panics
    /// When `divisor` is zero.
    pub fn over(self, divisor: Self) -> Self {
        let (mut quotient, mut rest) = (self.0 / divisor.0, self.0 % divisor.0);
        for _ in 0..DECIMALS {
            quotient = quotient * 10 + rest * 10 / divisor.0;
            rest = rest * 10 % divisor.0;
        }
        Self(quotient)
    }

    /// Cut after `places` decimals.
    pub fn cut(self, places: u32) -> Self {
        let step = 10_i128.pow(18_u32.saturating_sub(places));
        Self(self.0 / step * step)
    }

    /// Raised to the next number with `places` decimals, if it has more.
    pub fn cut_up(self, places: u32) -> Self {
        let cut = self.cut(places);
        if cut < self { cut + Self(10_i128.pow(18_u32.saturating_sub(places))) } else { cut }
    }

    /// Text with at least `places` decimals, as the payout list prints `10.000000`.
    pub fn padded(self, places: usize) -> String {
        let text = self.to_string();
        let missing = places.saturating_sub(self.decimals());
        match (missing, text.contains('.')) {
            (0, _) => text,
            (_, true) => format!("{text}{}", "0".repeat(missing)),
            (_, false) => format!("{text}.{}", "0".repeat(missing)),
        }
    }

    /// The token that JavaScript prints: plain down to 0.000001, scientific below (`1e-7`, `2.496e-8`).
    pub fn token(self) -> String {
        if self.0 == 0 || self.0.abs() >= ONE / 1_000_000 {
            return self.to_string();
        }
        let digits = self.0.abs().to_string();
        let exponent = DECIMALS + 1 - digits.len();
        let significant = digits.trim_end_matches('0');
        let (first, rest) = significant.split_at(1);
        let sign = if self.0 < 0 { "-" } else { "" };
        let point = if rest.is_empty() { "" } else { "." };
        format!("{sign}{first}{point}{rest}e-{exponent}")
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = ((self.0 / ONE).abs(), (self.0 % ONE).abs());
        match self.decimals() {
            0 => write!(f, "{sign}{whole}"),
            places => write!(f, "{sign}{whole}.{}", &format!("{fraction:018}")[..places]),
        }
    }
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Amount {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Amount {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not an amount")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        Amount::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("200", "200"),
            ("3.493353", "3.493353"),
            ("10.000000", "10"),
            ("1e3", "1000"),
            ("1.5E-7", "0.00000015"),
            ("0.000000000000000001", "0.000000000000000001"),
            ("-12.5", "-12.5"),
            ("999999999999999", "999999999999999"),
        ] {
            assert_eq!(amount(text).to_string(), expected, "{text}");
        }
        for text in ["", "-", ".5", "5.", "+1", "1e", "abc", "1,5", "1e-19", "1e15", "1e2147483648", "0x10"] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
    }

    #[test]
    fn number_tokens_are_those_of_javascript() {
        for (text, token) in
            [("0.000001", "0.000001"), ("0.0000001", "1e-7"), ("0.0000002496", "2.496e-7"), ("20.0", "20")]
        {
            assert_eq!(amount(text).token(), token);
        }
    }

    #[test]
    fn products_and_quotients_are_cut_and_rounded_up_only_when_asked() {
        assert_eq!(amount("0.1").times(amount("0.2")), amount("0.02"));
        assert_eq!(amount("2").over(amount("3")).to_string(), "0.666666666666666666");
        assert_eq!(amount("100000000000").times(amount("0.000000000001")), amount("0.1"));
        assert_eq!(amount("1.23456789").cut(6), amount("1.234567"));
        assert_eq!(amount("1.23456701").cut_up(6), amount("1.234568"));
        assert_eq!(amount("1.234567").cut_up(6), amount("1.234567"));
    }

    #[test]
    fn padding_adds_zeros_and_drops_nothing() {
        assert_eq!(amount("10").padded(6), "10.000000");
        assert_eq!(amount("94.088939").padded(6), "94.088939");
        assert_eq!(amount("99.84449793").padded(6), "99.84449793");
    }
}
