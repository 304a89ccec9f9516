//! What a payment was worth when it was paid, in the currency of its price. The rates of today never come into it.

use bigdecimal::RoundingMode;
use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

/// What was paid, in the currency of the price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Worth {
    /// How much, in the currency of the price.
    #[specta(type = String)]
    pub amount: Amount,
    /// NOWPayments did not say it: it is worked out at the payment's own rate, and cut off behind its last decimal.
    pub about: bool,
}

impl Worth {
    /// The worth of what was `paid` where `expected` coins were to be paid for the `price`; `None` when nothing was paid, or
    /// nothing was to be paid. What NOWPayments has `stated` counts; it states 0 also where something was paid.
    pub(crate) fn of(
        price: &Amount,
        expected: Option<&Amount>,
        paid: Option<&Amount>,
        stated: Option<&Amount>,
    ) -> Option<Self> {
        let paid = paid.filter(|paid| paid.is_positive())?;
        if let Some(stated) = stated.filter(|stated| stated.is_positive()) {
            return Some(Self { amount: stated.clone(), about: false });
        }
        let expected = expected.filter(|expected| expected.is_positive())?;
        if paid == expected {
            return Some(Self { amount: price.clone(), about: false });
        }
        let exact = price.as_decimal() * paid.as_decimal() / expected.as_decimal();
        let decimals = i64::from(price.decimals().max(2));
        let cut = exact.with_scale_round(decimals, RoundingMode::Down);
        Some(Self { about: true, amount: Amount::try_from(cut).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_paid_is_worth_what_was_said_then_or_its_part_of_the_price() {
        #[track_caller]
        fn check(
            expected: Option<&str>,
            paid: Option<&str>,
            stated: Option<&str>,
            worth: Option<(&str, bool)>,
        ) {
            let amount = |text: &str| text.parse::<Amount>().unwrap();
            let [expected, paid, stated] = [expected, paid, stated].map(|text| text.map(amount));
            let found = Worth::of(&amount("25"), expected.as_ref(), paid.as_ref(), stated.as_ref());
            assert_eq!(found, worth.map(|(text, about)| Worth { amount: amount(text), about }));
        }
        check(Some("0.5"), None, None, None);
        check(Some("0.5"), Some("0"), Some("0"), None);
        check(Some("0.5"), Some("0.5"), Some("24.97"), Some(("24.97", false)));
        check(Some("0.5"), Some("0.5"), Some("0"), Some(("25", false)));
        check(Some("0.5"), Some("0.50"), None, Some(("25", false)));
        check(Some("0.5"), Some("0.25"), None, Some(("12.5", true)));
        check(Some("0.3"), Some("0.1"), None, Some(("8.33", true)));
        check(Some("0.3"), Some("0.2"), None, Some(("16.66", true)));
        check(None, Some("0.2"), None, None);
        check(Some("0"), Some("0.2"), None, None);
    }
}
