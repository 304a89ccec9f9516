//! The simulated world: one clock, one seed, an agenda of what is going to happen, and the state of every noun.
//!
//! Nothing here knows the real time or HTTP. The world is moved to a moment with [`World::advance`]; between two
//! moments the events of the agenda happen in order. What chance decides about a thing comes from a stream of
//! its own, derived from the seed, the purpose and an ordinal, so that calls of a client do not change what the
//! shop's customers do, and no state of a generator has to be kept.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Months, SubsecRound, Utc};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::access::Access;
use crate::amount::Amount;
use crate::callbacks::{self, Callbacks};
use crate::conversions::{self, Conversions};
use crate::custody::{self, Custody};
use crate::fiat_payouts::{self, FiatPayouts};
use crate::invoices::Invoices;
use crate::ledger::{Cause, Ledger, Movement};
use crate::payments::{self, Payments};
use crate::payouts::{self, Payouts};
use crate::regulars::{self, Regulars};
use crate::shop::{self, Shop};
use crate::subscriptions::{self, Subscriptions};
use crate::{History, Switches};

/// Everything there is.
#[derive(Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) now: DateTime<Utc>,
    pub(crate) history: History,
    pub(crate) access: Access,
    pub(crate) ledger: Ledger,
    pub(crate) payments: Payments,
    #[serde(default)]
    pub(crate) invoices: Invoices,
    pub(crate) payouts: Payouts,
    #[serde(default)]
    pub(crate) custody: Custody,
    #[serde(default)]
    pub(crate) conversions: Conversions,
    #[serde(default)]
    pub(crate) subscriptions: Subscriptions,
    #[serde(default)]
    pub(crate) fiat_payouts: FiatPayouts,
    #[serde(default)]
    pub(crate) callbacks: Callbacks,
    pub(crate) shop: Shop,
    #[serde(default)]
    pub(crate) regulars: Regulars,
    agenda: Agenda,
    entries: u64,
    /// How far the world is behind the clock.
    #[serde(skip)]
    lag: Duration,
    /// Counts changes, so that it is known when to write the state file.
    #[serde(skip)]
    pub(crate) revision: u64,
    #[serde(skip)]
    pub(crate) switches: Switches,
}

/// Something that is going to happen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    /// A customer of the demo shop orders.
    Order,
    /// The demo shop pays its suppliers.
    Payday,
    /// A payment takes its next step.
    Payment(u64, payments::Step),
    /// A payout row takes its next step.
    Payout(u64, payouts::Status),
    /// A batch that nobody verified in time is rejected.
    RejectBatch(u64),
    /// The time of a scheduled batch has come.
    Scheduled(u64),
    /// A callback is sent, or sent again.
    Callback(u64),
    /// A transfer takes its next step.
    Transfer(u64, custody::Status),
    /// A conversion takes its next step.
    Conversion(u64, conversions::Status),
    /// The bill of this period of a subscription takes its next step.
    Subscription(u64, u32, subscriptions::Step),
    /// A fiat payout takes its next step.
    FiatPayout(u64, fiat_payouts::Status),
    /// Something else happens in the demo shop.
    Visit(regulars::Visit),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    at: DateTime<Utc>,
    /// Tells apart what happens at the same time: first written, first happened.
    number: u64,
    event: Event,
}

/// What is going to happen, the next first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
struct Agenda(BTreeMap<(DateTime<Utc>, u64), Event>);

impl From<Vec<Entry>> for Agenda {
    fn from(entries: Vec<Entry>) -> Self {
        Self(entries.into_iter().map(|Entry { at, number, event }| ((at, number), event)).collect())
    }
}

impl From<Agenda> for Vec<Entry> {
    fn from(Agenda(events): Agenda) -> Self {
        events.into_iter().map(|((at, number), event)| Entry { at, number, event }).collect()
    }
}

/// What every world owns in the beginning.
const OPENING: &[(&str, Amount)] = &[
    ("ada", Amount::whole(4_200)),
    ("btc", Amount::scaled(135, 2)),
    ("doge", Amount::whole(38_000)),
    ("eth", Amount::scaled(185, 1)),
    ("ltc", Amount::scaled(964, 1)),
    ("sol", Amount::whole(140)),
    ("trx", Amount::whole(52_000)),
    ("usdterc20", Amount::whole(12_500)),
    ("usdttrc20", Amount::whole(31_000)),
    ("xlm", Amount::whole(9_000)),
    ("xrp", Amount::whole(8_500)),
];

impl World {
    /// A world at this moment, with its history behind it.
    pub(crate) fn new(seed: u64, history: History, start: DateTime<Utc>) -> Self {
        let start = start.trunc_subsecs(3);
        let past = match history {
            History::None => start,
            History::Demo | History::Orders(_) => start.checked_sub_months(Months::new(18)).unwrap_or(start),
        };
        let mut world = Self {
            seed,
            now: past,
            history,
            access: Access::new(&mut stream(seed, "access", 0)),
            ledger: Ledger::default(),
            payments: Payments::default(),
            invoices: Invoices::default(),
            payouts: Payouts::default(),
            custody: Custody::default(),
            conversions: Conversions::default(),
            subscriptions: Subscriptions::default(),
            fiat_payouts: FiatPayouts::default(),
            callbacks: Callbacks::default(),
            shop: Shop::new(&mut stream(seed, "shop", 0)),
            regulars: Regulars::default(),
            agenda: Agenda::default(),
            entries: 0,
            lag: Duration::zero(),
            revision: 1,
            switches: Switches::default(),
        };
        for (currency, amount) in OPENING {
            world.record(Cause::Opening, currency, *amount, Amount::ZERO, None);
        }
        if history == History::Demo {
            shop::open(&mut world);
            regulars::open(&mut world, start);
        }
        world.callbacks.is_past = true;
        if let History::Orders(count) = history {
            world.live_through_orders(count, start);
        }
        world.live_through(start);
        world.callbacks.is_past = false;
        world.hasten(shop::FIRST_ORDER, |event| matches!(event, Event::Order));
        world.hasten(regulars::FIRST_VISIT, |event| matches!(event, Event::Visit(_)));
        world
    }

    /// Lets everything happen that is due until then, and sees to it that the demo shop stays lively: after a jump
    /// of the clock its next order would be hours away, and a demonstration should not wait.
    pub(crate) fn advance(&mut self, until: DateTime<Utc>) {
        self.live_through(until);
        if self.history == History::Demo {
            self.hasten(shop::LONGEST_GAP, |event| matches!(event, Event::Order));
            self.hasten(regulars::LONGEST_GAP, |event| matches!(event, Event::Visit(_)));
        }
    }

    /// Lets everything happen that is due until then. Time never runs backwards.
    fn live_through(&mut self, until: DateTime<Utc>) {
        let until = until.trunc_subsecs(3);
        while let Some(next) = self.agenda.0.first_entry().filter(|next| next.key().0 <= until) {
            let ((at, _), event) = next.remove_entry();
            self.now = self.now.max(at);
            self.lag = until - at;
            self.revision += 1;
            match event {
                Event::Order => shop::order(self),
                Event::Payday => shop::payday(self),
                Event::Payment(id, step) => payments::happen(self, id, step),
                Event::Payout(id, status) => payouts::happen(self, id, status),
                Event::RejectBatch(id) => payouts::reject(self, id),
                Event::Scheduled(id) => payouts::run(self, id),
                Event::Callback(id) => callbacks::happen(self, id),
                Event::Transfer(id, status) => custody::happen(self, id, status),
                Event::Conversion(id, status) => conversions::happen(self, id, status),
                Event::Subscription(id, period, step) => subscriptions::happen(self, id, period, step),
                Event::FiatPayout(id, status) => fiat_payouts::happen(self, id, status),
                Event::Visit(visit) => regulars::come(self, visit),
            }
        }
        self.now = self.now.max(until);
        self.lag = Duration::zero();
    }

    /// Lets so many orders come, evenly until then and a little by chance.
    fn live_through_orders(&mut self, count: u32, until: DateTime<Utc>) {
        let (from, all) = (self.now, (until - self.now).num_milliseconds());
        let mut rng = self.stream("orders", 0);
        let share = (all / i64::from(count.max(1))).max(1);
        for number in 0..i64::from(count) {
            let at = all * number / i64::from(count) + rng.random_range(0..share);
            self.live_through(from + Duration::milliseconds(at));
            shop::order_once(self);
        }
    }

    /// Whether things happen at the pace of a demonstration: not while the world catches up with a jump of the clock.
    pub(crate) fn is_lively(&self) -> bool {
        self.lag <= shop::LAG
    }

    /// Puts something on the agenda.
    pub(crate) fn after(&mut self, delay: Duration, event: Event) {
        self.agenda.0.insert((self.now + delay, self.entries), event);
        self.entries += 1;
    }

    /// Brings an event of this kind forward to this delay, if it would come later.
    fn hasten(&mut self, latest: Duration, is_of_kind: fn(&Event) -> bool) {
        let late = self.now + latest;
        let found = self.agenda.0.iter().rev().find(|((at, _), event)| is_of_kind(event) && *at > late);
        if let Some(key) = found.map(|(key, _)| *key)
            && let Some(event) = self.agenda.0.remove(&key)
        {
            self.after(latest, event);
        }
    }

    /// Random numbers for one thing.
    pub(crate) fn stream(&self, purpose: &str, ordinal: u64) -> ChaCha8Rng {
        stream(self.seed, purpose, ordinal)
    }

    /// Records a movement of money now.
    pub(crate) fn record(
        &mut self,
        cause: Cause,
        currency: &str,
        amount: Amount,
        fee: Amount,
        reference: Option<u64>,
    ) {
        let (at, currency) = (self.now, currency.to_owned());
        self.ledger.record(Movement { at, currency, cause, amount, fee, reference, customer: None });
    }

    /// Records a movement in a customer's account now, or in the shop's own for none.
    pub(crate) fn record_for(
        &mut self,
        customer: Option<u64>,
        cause: Cause,
        currency: &str,
        amount: Amount,
        reference: u64,
    ) {
        let (at, currency) = (self.now, currency.to_owned());
        let (fee, reference) = (Amount::ZERO, Some(reference));
        self.ledger.record(Movement { at, currency, cause, amount, fee, reference, customer });
    }
}

fn stream(seed: u64, purpose: &str, ordinal: u64) -> ChaCha8Rng {
    let digest = Sha256::new()
        .chain_update(seed.to_le_bytes())
        .chain_update(ordinal.to_le_bytes())
        .chain_update(purpose)
        .finalize();
    ChaCha8Rng::from_seed(digest.into())
}
