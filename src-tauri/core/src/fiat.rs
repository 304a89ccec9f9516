//! The currencies that are no coins.

use crate::{failure::Failure, language::words};

/// Those in which NOWPayments takes prices and the sums of payouts (api: `/estimate`), the most common first.
pub const CURRENCIES: [&str; 7] = ["usd", "eur", "gbp", "cad", "aud", "ils", "ron"];

/// What a shop counts in until its owner says otherwise.
pub const FIRST_CURRENCY: &str = CURRENCIES[0];

/// They have cents at the most.
pub(crate) const DECIMALS: u32 = 2;

/// The currency that a code in any case means.
pub(crate) fn find(code: &str) -> Option<&'static str> {
    CURRENCIES.into_iter().find(|known| known.eq_ignore_ascii_case(code))
}

/// The same of a form, whose field is `currency`.
pub(crate) fn accept(code: &str) -> Result<&'static str, Failure> {
    find(code.trim()).ok_or_else(|| {
        Failure::invalid(
            "currency",
            words!(
                en: "NOWPayments tells nothing in “{code}”. Choose one of the currencies on the list.",
                de: "In „{code}“ gibt NOWPayments nichts an. Wählen Sie eine Währung aus der Liste.",
            ),
        )
    })
}
