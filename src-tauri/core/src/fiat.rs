//! The currencies that are no coins.

/// Those in which NOWPayments takes prices and the sums of payouts (api: `/estimate`), the most common first.
pub const CURRENCIES: [&str; 7] = ["usd", "eur", "gbp", "cad", "aud", "ils", "ron"];

/// They have cents at the most.
pub(crate) const DECIMALS: u32 = 2;

/// The currency that a code in any case means.
pub(crate) fn find(code: &str) -> Option<&'static str> {
    CURRENCIES.into_iter().find(|known| known.eq_ignore_ascii_case(code))
}
