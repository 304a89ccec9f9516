//! Moves of money inside the account and out of it to a bank: from the shop's balance to a user and back, from user to user, of
//! one coin into another, and of a coin into an account at a bank.
//!
//! Each is shown before it is made, with what it does in words and the balances before and after, and is made once. What is
//! about to be asked of NOWPayments is on the disk before it is asked, after a look at the newest part of the list where it
//! will stand. A clear no is a refusal; anything but a clear yes is unknown, and ends by looking at that list. What custody
//! asks for besides, a new user and a payment into a balance, goes the same way, and so does a new account at a bank.

pub(crate) mod cache;
mod call;
mod follow;
mod incoming;
pub(crate) mod journal;
pub(crate) mod lists;
mod look;
mod preview;
pub(crate) mod words;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

use self::{call::Order, journal::MoveRow, preview::Shown};
use crate::{
    changes::Changed,
    failure::{Failure, FailureCode},
    language::said,
    payouts::{BothPins, Payouts},
    shops::ShopContext,
    under_way::UnderWay,
};

/// What is moved, and between whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum MoveKind {
    /// From the shop's balance to a user's.
    Deposit,
    /// From a user's balance to the shop's.
    WriteOff,
    /// From a user's balance to another user's.
    Transfer,
    /// Of one coin of the shop's balance into another.
    Conversion,
    /// A payment by which somebody pays into a user's balance. It moves nothing by itself.
    Payment,
    /// A new user. It moves nothing.
    User,
    /// Of a coin of the shop's balance into an account at a bank, as money.
    FiatPayout,
    /// A new account at a bank. It moves nothing.
    FiatAccount,
}

/// How far a move has come on its way to NOWPayments. What becomes of it there is [`Move::status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum MoveState {
    /// The call that makes it is on its way.
    Sending,
    /// It is there, and has its number.
    Made,
    /// NOWPayments refused: it was not made.
    Refused,
    /// The call ended without a clear answer. Ended only by looking.
    Unknown,
    /// It could not be found, and the owner does not wait for it any more.
    GivenUp,
}

/// What the owner wants to move, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NewMove {
    /// From the shop's balance to a user's.
    Deposit {
        /// NOWPayments' id of the user.
        user: String,
        /// The coin.
        coin: String,
        /// How much.
        amount: String,
    },
    /// From a user's balance to the shop's.
    WriteOff {
        /// NOWPayments' id of the user.
        user: String,
        /// The coin.
        coin: String,
        /// How much.
        amount: String,
    },
    /// From a user's balance to another user's.
    Transfer {
        /// NOWPayments' id of whoever gives.
        from: String,
        /// NOWPayments' id of whoever gets.
        to: String,
        /// The coin.
        coin: String,
        /// How much.
        amount: String,
    },
    /// Of one coin of the shop's balance into another.
    Conversion {
        /// The coin that is given.
        from_coin: String,
        /// The coin that comes of it.
        to_coin: String,
        /// How much is given.
        amount: String,
    },
    /// Of a coin of the shop's balance into an account at a bank, as money.
    FiatPayout {
        /// The company that pays out, by its code.
        provider: String,
        /// The coin that is given.
        coin: String,
        /// How much of it.
        amount: String,
        /// The currency that arrives.
        currency: String,
    },
}

/// What a move does, before it is made. Confirmed with its id and hash while nothing of it has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MovePreview {
    /// The id that the move will have, a UUID.
    pub id: String,
    /// The hash of all that is shown here.
    pub hash: String,
    /// What it is.
    pub kind: MoveKind,
    /// How much.
    #[specta(type = String)]
    pub amount: Amount,
    /// The coin, lower case.
    pub coin: String,
    /// Where it comes from.
    pub from: MoveEnd,
    /// Where it goes to; `None`: out of NOWPayments. Of a conversion what it has after is an estimate.
    pub to: Option<MoveEnd>,
    /// The account at a bank that it goes to.
    pub bank: Option<MoveBank>,
    /// About how much comes of a conversion, in the coin of `to`, or of a fiat payout before what the provider keeps, in the
    /// currency of `bank`. NOWPayments does not say it of every currency.
    #[specta(type = Option<String>)]
    pub estimate: Option<Amount>,
    /// All of this in words.
    pub words: String,
    /// It is confirmed with the PINs of both persons.
    pub two_persons: bool,
    /// Until when it can be confirmed.
    pub until: DateTime<Utc>,
}

/// A balance that a move changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MoveEnd {
    /// NOWPayments' id of the user; `None`: the shop.
    pub user: Option<String>,
    /// The user's name.
    pub name: Option<String>,
    /// The coin, lower case.
    pub coin: String,
    /// What can be spent before.
    #[specta(type = String)]
    pub before: Amount,
    /// What can be spent after.
    #[specta(type = String)]
    pub after: Amount,
}

/// Where a fiat payout goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MoveBank {
    /// The name of the company that pays out.
    pub provider: String,
    /// The currency that arrives, lower case.
    pub currency: String,
    /// The account, in words. NOWPayments chooses it by the currency: several are named one after the other.
    pub account: String,
}

/// A move that was made here, or is just being made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Move {
    /// Our id, a UUID.
    pub id: String,
    /// What it is.
    pub kind: MoveKind,
    /// How far it has come on its way to NOWPayments.
    pub state: MoveState,
    /// NOWPayments' id of the user that it comes from; `None`: the shop, or somebody who pays.
    pub from_user: Option<String>,
    /// The name of that user.
    pub from_name: Option<String>,
    /// NOWPayments' id of the user that it goes to; `None`: the shop.
    pub to_user: Option<String>,
    /// The name of that user, and that of a new one.
    pub to_name: Option<String>,
    /// The coin, lower case; `None` for a new user.
    pub coin: Option<String>,
    /// How much; `None` for a new user.
    #[specta(type = Option<String>)]
    pub amount: Option<Amount>,
    /// What a conversion or a fiat payout goes into, lower case.
    pub to_coin: Option<String>,
    /// About how much of it, as it was shown.
    #[specta(type = Option<String>)]
    pub estimate: Option<Amount>,
    /// How much came of it, as far as that is known.
    #[specta(type = Option<String>)]
    pub to_amount: Option<Amount>,
    /// The company that pays it out, by its code.
    pub provider: Option<String>,
    /// What it does, as it was confirmed, in the language of that time.
    pub words: String,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// NOWPayments' id of the transfer, the conversion, the payment, the user or the fiat payout, once it is known. Accounts
    /// have none that all answers tell: ours.
    pub made: Option<String>,
    /// How it stands there, in lower case.
    pub status: Option<String>,
    /// Nothing more happens to it.
    pub ended: bool,
    /// It turned up after it had been given up.
    pub late: bool,
    /// What happened that needs words: a refusal, an unknown outcome.
    pub trouble: Option<String>,
    /// We looked often enough: the owner may say that it was not made.
    pub may_give_up: bool,
}

/// The moves of a shop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Moves {
    pub(crate) ctx: Arc<ShopContext>,
    /// What guards money that leaves.
    payouts: Payouts,
    desk: Arc<Desk>,
}

/// What is known of moves beside what the database holds. All of it can be lost at any time.
#[derive(Debug, Default)]
struct Desk {
    /// What was shown and can be confirmed.
    shown: Mutex<HashMap<String, Shown>>,
    /// Held from the look before a call until the call is written down: two clicks are one after the other.
    announcing: tokio::sync::Mutex<()>,
    /// The calls that are under way, and word that there is something to look for, or to follow.
    under_way: UnderWay,
}

impl Desk {
    fn shown(&self) -> MutexGuard<'_, HashMap<String, Shown>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// So many moves are listed, the newest.
const LISTED: u32 = 500;

impl Moves {
    pub(crate) fn new(ctx: Arc<ShopContext>, payouts: Payouts) -> Self {
        Self { ctx, payouts, desk: Arc::default() }
    }

    /// What a move would do, with the balances of now. Nothing is moved.
    ///
    /// # Errors
    /// When what was typed is not right (with its field), the money is not there (field `amount`), or NOWPayments cannot be
    /// asked: it tells balances to computers on its list alone.
    pub async fn preview(&self, new: &NewMove) -> Result<MovePreview, Failure> {
        self.show(new).await
    }

    /// Makes the move that was shown, once. Called again for the same one it does nothing, and tells how that one stands. An
    /// answer that is lost makes it [`MoveState::Unknown`], which is no error.
    ///
    /// `pins` are those of both persons, where [`MovePreview::two_persons`] says that it takes them.
    ///
    /// # Errors
    /// [`FailureCode::Stale`] when the balances or the estimate are not what was shown, or it was shown too long ago;
    /// [`FailureCode::UnknownOutcome`] when one just like it is not settled; [`FailureCode::WrongPin`] (field `preparer` or
    /// `approver`); when the limits do not allow it (field `amount`) or NOWPayments refuses. Nothing was moved then.
    pub async fn confirm(&self, id: &str, hash: &str, pins: Option<BothPins>) -> Result<Move, Failure> {
        let (moves, id, hash) = (self.clone(), id.to_owned(), hash.to_owned());
        self.ctx.to_the_end(async move { moves.make_shown(&id, &hash, pins).await }).await
    }

    /// One move that was made here.
    ///
    /// # Errors
    /// When there is no such one, or the shop was closed.
    pub async fn get(&self, id: &str) -> Result<Move, Failure> {
        MoveRow::load(&self.ctx.db, id).await?.into_move()
    }

    /// The newest moves that were made here, newest first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn list(&self) -> Result<Vec<Move>, Failure> {
        MoveRow::newest(&self.ctx.db, LISTED).await?.into_iter().map(MoveRow::into_move).collect()
    }

    /// The moves that are not settled, newest first: those under way, and those whose end is not known.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn unsettled(&self) -> Result<Vec<Move>, Failure> {
        MoveRow::unsettled(&self.ctx.db).await?.into_iter().map(MoveRow::into_move).collect()
    }

    /// Looks for a move whose end is not known, now.
    ///
    /// # Errors
    /// When NOWPayments does not answer, there is no such move, or the shop was closed.
    pub async fn look_for(&self, id: &str) -> Result<Move, Failure> {
        let (moves, wanted) = (self.clone(), id.to_owned());
        self.ctx.to_the_end(async move { moves.look(&wanted).await }).await?;
        self.announce();
        self.get(id).await
    }

    /// The owner's word that a move which could not be found was not made. It looks once more before it believes. Should it
    /// turn up after all, it is taken for the one that it is, and the owner is told.
    ///
    /// # Errors
    /// [`FailureCode::Stale`] when we have not looked often enough, or it is settled already; when the look failed.
    pub async fn give_up(&self, id: &str) -> Result<Move, Failure> {
        let (moves, wanted) = (self.clone(), id.to_owned());
        self.ctx.to_the_end(async move { moves.give_up_unknown(&wanted).await }).await?;
        self.announce();
        self.get(id).await
    }

    /// Tells the window that moves and what they have changed are to be read again.
    pub(crate) fn announce(&self) {
        for changed in [
            Changed::Moves,
            Changed::Custody,
            Changed::Conversions,
            Changed::FiatPayouts,
            Changed::Notifications,
        ] {
            self.ctx.announce(changed);
        }
    }

    /// Makes something that needs no confirmation, because it moves nothing: a user, a payment into a balance, an account.
    pub(crate) async fn make(&self, order: Order) -> Result<Move, Failure> {
        let moves = self.clone();
        self.ctx
            .to_the_end(async move {
                let id = moves.ctx.surroundings.uuid().to_string();
                let announcing = moves.desk.announcing.lock().await;
                moves.send(&id, &order, announcing).await
            })
            .await
    }

    /// It takes both persons, where two are needed.
    pub(crate) async fn agreed_by_both(&self, pins: Option<BothPins>) -> Result<(), Failure> {
        self.payouts.agreed_by_both(pins).await
    }

    /// There is something new to follow.
    pub(crate) fn stir(&self) {
        self.desk.under_way.stir();
    }
}

/// What was shown is not so any more.
fn not_shown() -> Failure {
    Failure::new(
        FailureCode::Stale,
        said!(
            en: "Nothing was moved: what this would do was shown too long ago. Look at it again.",
            de: "Es wurde nichts bewegt: Die Anzeige ist zu alt. Sehen Sie sich noch einmal an, was geschehen würde."
        ),
    )
}

pub(crate) use self::{
    call::Order as MoveOrder,
    preview::{read_amount, read_coin},
};
