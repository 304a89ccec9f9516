//! What a conversion would come to, asked for while the owner types.

use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Conversions, Rate};
use crate::{
    failure::{Failure, FailureCode},
    moves::{read_amount, read_coin},
};

/// What is to be converted, as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ConversionRequest {
    /// The coin that is given.
    pub from_coin: String,
    /// The coin that comes of it.
    pub to_coin: String,
    /// How much is given.
    pub amount: String,
}

/// What a conversion would come to. Nothing is promised: the rate is that of the moment in which it is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ConversionQuote {
    /// About how much comes of it.
    #[specta(type = String)]
    pub estimate: Amount,
    /// How much of the one coin that is for one of the other.
    pub rate: Option<Rate>,
    /// What the shop has of the coin that is given; `None` when NOWPayments does not tell this computer.
    #[specta(type = Option<String>)]
    pub balance: Option<Amount>,
    /// The money is there, as far as is known.
    pub enough: bool,
    /// Why the balance is not known.
    pub trouble: Option<String>,
}

impl Conversions {
    /// What a conversion would come to. A newer question ends an older one.
    ///
    /// The smallest conversion is not part of it: NOWPayments names none beforehand. What it refuses as too little, or what
    /// nothing would come of, is refused at the amount.
    ///
    /// # Errors
    /// When what was typed is not right (with its field), it is too little, NOWPayments cannot be asked, or a newer question
    /// came (`Stale`).
    pub async fn quote(&self, request: ConversionRequest) -> Result<ConversionQuote, Failure> {
        let question = async {
            let coins = self.ctx.coins().await?;
            let from = read_coin("from_coin", &request.from_coin, &coins)?;
            let to = read_coin("to_coin", &request.to_coin, &coins)?;
            let amount = read_amount("amount", &request.amount, &from, &coins)?;
            let estimate = self.moves.estimate(&amount, &from, &to).await?;
            let (balance, trouble) = match self.moves.balances().await {
                Ok(balances) => {
                    (Some(balances.get(&from).map(|has| has.amount.clone()).unwrap_or_default()), None)
                }
                Err(failure) if failure.code == FailureCode::AddressNotAllowed => {
                    (None, Some(failure.message))
                }
                Err(failure) => return Err(failure),
            };
            let enough = balance.as_ref().is_none_or(|balance| *balance >= amount);
            Ok(ConversionQuote { rate: Rate::of(&amount, &estimate), estimate, balance, enough, trouble })
        };
        self.quoting.take(question).await
    }
}
