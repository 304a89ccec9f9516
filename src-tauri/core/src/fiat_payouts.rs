//! Fiat payouts: coins of the shop's balance that arrive as money in a bank account.
//!
//! Another company ("provider") pays them out, to an account that has to be made known first and cannot be changed. This is
//! the newest part of the API, and its documents leave much open: what cannot be known beforehand is said so. They are asked
//! for through [`crate::moves`], as accounts are made known, and are cached once somebody has asked for them.

mod accounts;
mod catalogue;
mod kinds;
mod list;

use std::sync::Arc;

pub(crate) use self::{
    accounts::{Account, Accounts, NewAccount},
    catalogue::{read as read_catalogue, read_currency},
};
pub use self::{
    accounts::{FiatAccount, FiatAccountValue, NewFiatAccount},
    catalogue::{FiatCatalogue, FiatChoice, FiatCoin, FiatField, FiatMethod, FiatProvider},
    list::{FiatPayout, FiatPayoutDetail, FiatPayoutPage, FiatPayoutQuery, FiatPayoutStep},
};
use crate::{
    failure::Failure,
    moves::{
        Move, Moves,
        lists::{BackTo, List},
    },
    payouts::BothPins,
    shops::ShopContext,
};

/// The fiat payouts of a shop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FiatPayouts {
    ctx: Arc<ShopContext>,
    moves: Moves,
}

impl FiatPayouts {
    pub(crate) fn new(ctx: Arc<ShopContext>, moves: Moves) -> Self {
        Self { ctx, moves }
    }

    /// Who pays out, in which currencies, and from which coins, as NOWPayments says now. Without a provider all are empty.
    ///
    /// # Errors
    /// When NOWPayments does not answer or refuses.
    pub async fn catalogue(&self) -> Result<FiatCatalogue, Failure> {
        catalogue::read(&self.ctx).await
    }

    /// The kinds of account that a provider pays to in a currency, each with what must be known of it.
    ///
    /// # Errors
    /// When the currency is none (field `currency`), NOWPayments does not answer or refuses.
    pub async fn methods(&self, provider: &str, currency: &str) -> Result<Vec<FiatMethod>, Failure> {
        catalogue::methods(&self.ctx, provider, currency).await
    }

    /// Reads what is new of the payouts and the accounts, and all of them for the first time. From then on the payouts are
    /// read on a rhythm.
    ///
    /// # Errors
    /// When NOWPayments does not answer or refuses.
    pub async fn refresh(&self) -> Result<(), Failure> {
        let moves = self.moves.clone();
        self.ctx
            .to_the_end(async move {
                moves.read_list(List::FiatAccounts, None, BackTo::Known).await?;
                moves.read_list(List::FiatPayouts, None, BackTo::Known).await?;
                moves.announce();
                moves.stir();
                Ok(())
            })
            .await
    }

    /// The accounts that are known, the newest first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn accounts(&self) -> Result<Vec<FiatAccount>, Failure> {
        accounts::all(&self.ctx).await
    }

    /// Makes an account known to NOWPayments, once. It cannot be changed afterwards. An answer that is lost makes it
    /// [`MoveState::Unknown`](crate::moves::MoveState::Unknown), which is no error. `pins` are those of both persons, where two
    /// are needed to pay: money goes to what is added here.
    ///
    /// # Errors
    /// When something is not as the kind of account wants it (with its field: `provider`, `currency`, `method`, `country`, or
    /// the name of one of the method's own), a PIN is wrong (field `preparer` or `approver`), NOWPayments refuses, or one just like it is not settled. Nothing was made then.
    pub async fn add_account(&self, new: &NewFiatAccount, pins: Option<BothPins>) -> Result<Move, Failure> {
        let order = accounts::read(&self.ctx, new).await?;
        self.moves.agreed_by_both(pins).await?;
        self.moves.make(order).await
    }
}
