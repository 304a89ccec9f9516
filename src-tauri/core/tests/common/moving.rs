//! Moves of money inside the account, for tests: a shop with users, and what the simulator has moved.

use std::time::Duration;

use nowpayments::Amount;
use nowpayments_simulator::{Fault, FaultRule, History, LoggedCall};
use paydesk_core::{
    Core, Failure,
    conversions::Conversions,
    custody::{Custody, Ledger, LedgerQuery},
    moves::{Move, MoveState, Moves, NewMove},
};

use crate::common::world::{World, wait_for};

/// A shop with its moves at hand.
pub(crate) struct Owner {
    pub(crate) world: World,
    pub(crate) core: Core,
    pub(crate) moves: Moves,
    pub(crate) custody: Custody,
    pub(crate) conversions: Conversions,
}

/// Everything that can happen to a call that has its effect, and to one that has not.
pub(crate) fn lost_after() -> Vec<Fault> {
    vec![
        Fault::DropAfter,
        Fault::ServerError { handled: true },
        Fault::BadGateway { handled: true },
        Fault::Truncated,
        Fault::Empty,
        Fault::Unreadable,
    ]
}

pub(crate) fn lost_before() -> Vec<Fault> {
    vec![
        Fault::DropBefore,
        Fault::ServerError { handled: false },
        Fault::BadGateway { handled: false },
        Fault::TooManyRequests { retry_after: None },
        Fault::Maintenance,
    ]
}

impl Owner {
    pub(crate) async fn new() -> Self {
        Self::of(World::new(History::None).await).await
    }

    /// One who does not wait long for an answer.
    pub(crate) async fn impatient() -> Self {
        Self::of(World::impatient(History::None).await).await
    }

    async fn of(world: World) -> Self {
        let (core, _) = world.open_shop().await;
        Self::with(world, core)
    }

    /// One whose shop is open.
    pub(crate) fn with(world: World, core: Core) -> Self {
        let shop = core.shop().unwrap();
        let (moves, custody, conversions) =
            (shop.moves.clone(), shop.custody.clone(), shop.conversions.clone());
        Self { world, core, moves, custody, conversions }
    }

    /// A user, by name; NOWPayments' id.
    pub(crate) async fn user(&self, name: &str) -> String {
        let made = self.custody.make_user(name).await.unwrap();
        assert_eq!(made.state, MoveState::Made, "{made:?}");
        made.made.unwrap()
    }

    /// A user who has something.
    pub(crate) async fn user_with(&self, name: &str, coin: &str, amount: &str) -> String {
        let user = self.user(name).await;
        let moved = self.make(deposit(&user, coin, amount)).await.unwrap();
        self.ended(&moved.id).await;
        user
    }

    /// Looks at a move and confirms it.
    pub(crate) async fn make(&self, new: NewMove) -> Result<Move, Failure> {
        let preview = self.moves.preview(&new).await?;
        self.moves.confirm(&preview.id, &preview.hash, None).await
    }

    /// Lets time pass until a move has ended at NOWPayments, and Paydesk knows.
    pub(crate) async fn ended(&self, id: &str) -> Move {
        self.world.simulator.step(Duration::from_secs(30));
        wait_for(&self.core, || self.moves.get(id), |moved| moved.ended).await
    }

    pub(crate) fn fault(&self, path: &str, fault: Fault) {
        let (method, path) = ("POST".to_owned(), path.to_owned());
        self.world.simulator.set_fault(FaultRule { method, path, skip: 0, times: Some(1), fault });
    }

    pub(crate) fn calls(&self, method: &str, path: &str) -> usize {
        calls(&self.world, method, path).len()
    }

    /// The ledger as soon as it can be compared with what NOWPayments says.
    pub(crate) async fn ledger(&self, user: &str) -> Ledger {
        let query = LedgerQuery { user: user.to_owned(), limit: 100, ..LedgerQuery::default() };
        let known = |ledger: &Ledger| ledger.coins.iter().all(|coin| coin.difference.is_some());
        wait_for(&self.core, || self.custody.ledger(&query), known).await
    }

    /// What the simulator says the shop can spend.
    pub(crate) fn shop_has(&self, coin: &str) -> String {
        self.world.simulator.ledger().accounts[coin].balance.to_string()
    }
}

pub(crate) fn calls(world: &World, method: &str, path: &str) -> Vec<LoggedCall> {
    let of = |call: &LoggedCall| call.method == method && call.target.split('?').next() == Some(path);
    world.simulator.requests().into_iter().filter(of).collect()
}

pub(crate) fn deposit(user: &str, coin: &str, amount: &str) -> NewMove {
    NewMove::Deposit { user: user.to_owned(), coin: coin.to_owned(), amount: amount.to_owned() }
}

pub(crate) fn write_off(user: &str, coin: &str, amount: &str) -> NewMove {
    NewMove::WriteOff { user: user.to_owned(), coin: coin.to_owned(), amount: amount.to_owned() }
}

pub(crate) fn transfer(from: &str, to: &str, coin: &str, amount: &str) -> NewMove {
    let (from, to) = (from.to_owned(), to.to_owned());
    NewMove::Transfer { from, to, coin: coin.to_owned(), amount: amount.to_owned() }
}

pub(crate) fn conversion(from: &str, to: &str, amount: &str) -> NewMove {
    NewMove::Conversion { from_coin: from.to_owned(), to_coin: to.to_owned(), amount: amount.to_owned() }
}

pub(crate) fn exact(text: &str) -> Amount {
    text.parse().unwrap()
}
