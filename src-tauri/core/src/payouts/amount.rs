//! How much a payout pays: a number of coins, or what a sum of money is worth in them.

use std::fmt;

use nowpayments::Amount;

/// How much a row pays.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PayoutAmount {
    /// So much of the coin, exactly.
    Coin(Amount),
    /// As much of the coin as this sum of money buys at the rate of NOWPayments when the batch is created there, or when its
    /// time has come (api: `fiat_amount`, which overrides `amount`).
    Fiat(FiatAmount),
}

/// A sum of money.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FiatAmount {
    /// How much, exactly, with two decimals at the most.
    pub amount: Amount,
    /// The code of the currency, lower case.
    pub currency: &'static str,
}

impl PayoutAmount {
    /// The number of coins, where that is what was said.
    #[must_use]
    pub fn coins(&self) -> Option<&Amount> {
        match self {
            Self::Coin(amount) => Some(amount),
            Self::Fiat(_) => None,
        }
    }

    /// The sum of money, where that is what was said.
    #[must_use]
    pub fn fiat(&self) -> Option<&FiatAmount> {
        match self {
            Self::Coin(_) => None,
            Self::Fiat(fiat) => Some(fiat),
        }
    }
}

/// The number of coins alone, whose ticker stands elsewhere, or the sum with its currency.
impl fmt::Display for PayoutAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Coin(amount) => amount.fmt(f),
            Self::Fiat(fiat) => fiat.fmt(f),
        }
    }
}

impl fmt::Display for FiatAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency.to_ascii_uppercase())
    }
}
