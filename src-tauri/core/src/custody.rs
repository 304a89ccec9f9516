//! Custody: users who have balances of their own within the shop's account, what is paid into these, and what is moved to and
//! from them.
//!
//! Users and transfers are cached: the lists are read whole when they are first asked for, from then on their newest part on
//! a rhythm. A shop that never asks for them makes no call. Balances are read for the user on the screen, since NOWPayments
//! tells them one by one, and to computers on its list alone. What is made goes through [`crate::moves`].

mod ledger;
pub(crate) mod payments;
mod statement;
mod transfers;
pub(crate) mod users;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use specta::Type;

pub use self::{
    ledger::{Ledger, LedgerCoin, LedgerKind, LedgerLine, LedgerQuery},
    payments::{CustodyPayment, NewCustodyPayment},
    transfers::{CustodyTransfer, TransferPage, TransferQuery},
    users::{CustodyBalance, CustodyUser, UserPage, UserQuery},
};
use crate::{
    failure::Failure,
    language::said,
    moves::{Move, MoveKind, Moves, lists::BackTo, lists::List},
    shops::ShopContext,
};

/// How the cache of custody stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CustodyStatus {
    /// When the users were last read; `None`: never whole.
    pub users_read_at: Option<DateTime<Utc>>,
    /// When the transfers were last read; `None`: never whole.
    pub transfers_read_at: Option<DateTime<Utc>>,
}

/// The custody of a shop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Custody {
    ctx: Arc<ShopContext>,
    moves: Moves,
}

impl Custody {
    pub(crate) fn new(ctx: Arc<ShopContext>, moves: Moves) -> Self {
        Self { ctx, moves }
    }

    /// How the cache stands.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn status(&self) -> Result<CustodyStatus, Failure> {
        Ok(CustodyStatus {
            users_read_at: List::Users.read_at(&self.ctx.db).await?,
            transfers_read_at: List::Transfers.read_at(&self.ctx.db).await?,
        })
    }

    /// Reads what is new of users and transfers, and all of them for the first time. From then on both are read on a rhythm.
    ///
    /// # Errors
    /// When NOWPayments does not answer or refuses.
    pub async fn refresh(&self) -> Result<CustodyStatus, Failure> {
        let custody = self.clone();
        self.ctx
            .to_the_end(async move {
                custody.moves.read_list(List::Users, None, BackTo::Known).await?;
                custody.moves.read_list(List::Transfers, None, BackTo::Known).await?;
                custody.moves.announce();
                custody.moves.stir();
                custody.status().await
            })
            .await
    }

    /// Reads what a user has, what was paid into the balance, and what was moved.
    ///
    /// # Errors
    /// When there is no such user, NOWPayments does not answer, or it does not tell balances to this computer
    /// ([`FailureCode::AddressNotAllowed`](crate::FailureCode::AddressNotAllowed)): the rest was read then.
    pub async fn refresh_user(&self, id: &str) -> Result<CustodyUser, Failure> {
        let (custody, user) = (self.clone(), id.to_owned());
        self.ctx.to_the_end(async move { custody.read_user(&user).await }).await
    }

    async fn read_user(&self, id: &str) -> Result<CustodyUser, Failure> {
        self.user(id).await?;
        let number =
            id.parse().map_err(|_| Failure::not_found(said!(en: "custody user", de: "diesen Benutzer")))?;
        self.moves.read_list(List::Transfers, None, BackTo::Known).await?;
        // What its list looks like is documented nowhere: without it the payments that were made here are followed.
        if let Err(failure) = self.moves.read_list(List::Payments, Some(id), BackTo::Known).await {
            tracing::warn!(%failure, "the payments into a balance could not be read");
        }
        let balances = self.moves.balances_of(&number).await;
        self.moves.announce();
        self.moves.stir();
        balances?;
        self.user(id).await
    }

    /// Makes a user. An answer that is lost makes it [`MoveState::Unknown`](crate::moves::MoveState::Unknown), which is no
    /// error.
    ///
    /// # Errors
    /// When the name is not right or taken (field `name`), or NOWPayments refuses: nothing was made then.
    pub async fn make_user(&self, name: &str) -> Result<Move, Failure> {
        let order = self.new_user(name).await?;
        self.moves.make(order).await
    }

    /// Makes a payment by which somebody pays into a user's balance.
    ///
    /// # Errors
    /// When what was typed is not right (with its field), NOWPayments refuses, or one just like it is not settled: nothing
    /// was made then.
    pub async fn make_payment(&self, new: &NewCustodyPayment) -> Result<Move, Failure> {
        let order = self.new_payment(new).await?;
        self.moves.make(order).await
    }

    /// The moves that were made here to and from a user, newest first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn moves_of(&self, user: &str) -> Result<Vec<Move>, Failure> {
        let mut all = self.moves.list().await?;
        all.retain(|moved| {
            let ends = [&moved.from_user, &moved.to_user];
            moved.kind != MoveKind::User && ends.into_iter().flatten().any(|end| end == user)
        });
        Ok(all)
    }
}
