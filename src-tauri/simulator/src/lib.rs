#![doc = include_str!("../README.md")]

mod access;
mod address;
mod amount;
mod api;
mod balances;
mod callbacks;
mod clock;
mod coins;
mod control;
mod conversions;
mod courier;
mod currencies;
mod custody;
mod faults;
mod fiat_payouts;
mod hold;
mod invoices;
mod ledger;
mod payments;
mod payouts;
mod quotes;
mod regulars;
mod roll;
mod server;
mod shop;
mod signature;
mod state_file;
mod subscriptions;
mod wire;
mod world;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use crate::amount::Amount;
pub use crate::callbacks::{
    Callback, CallbackAttempt, CallbackFault, CallbackRule, CallbackSettings, CallbackState,
};
pub use crate::clock::ClockReading;
pub use crate::control::{Code, Ledger, PaymentChange, SubscriptionChange};
pub use crate::conversions::{Conversion, Status as ConversionStatus};
pub use crate::custody::{LedgerCustomer, Status as TransferStatus, Transfer};
pub use crate::faults::{EchoForm, Fault, FaultRule};
pub use crate::fiat_payouts::{FiatPayout, Status as FiatPayoutStatus};
pub use crate::hold::{Held, Point};
pub use crate::ledger::{Account, Cause, Movement};
pub use crate::payments::Status as PaymentStatus;
pub use crate::payouts::{LedgerRow, Status as PayoutStatus};
pub use crate::server::LoggedCall;
pub use crate::subscriptions::{Share, Status as SubscriptionStatus, Subscriber, Subscription};

use crate::clock::Clock;
use crate::hold::Hold;
use crate::server::{Cut, Loopback, Shared};
use crate::state_file::StateFile;
use crate::world::World;

/// How often the world moves on its own while nobody calls.
const TICK: Duration = Duration::from_millis(200);
/// The state file is written this often, if anything changed.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// Writing it on its own takes no more than this part of the time, however large the world has grown.
const SAVE_SHARE: u32 = 20;
/// How long open connections may hold up the end.
const PATIENCE: Duration = Duration::from_secs(1);

/// How to start a simulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// The API's port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// The control interface's port on 127.0.0.1; 0 takes any free one.
    pub control_port: u16,
    /// The same seed and the same start give the same world.
    pub seed: u64,
    /// Simulated seconds per real second. With 1, and from the real time on, one-time codes of an authenticator
    /// app are accepted. With 0 the clock is paused from the beginning and moves only when it is stepped.
    pub speed: u32,
    /// What lies behind the shop.
    pub history: History,
    /// Where the simulated clock starts; `None` is now.
    pub start: Option<DateTime<Utc>>,
    /// Where the world is kept between two runs; `None` forgets it. A world that is read from it keeps its own
    /// seed and history.
    pub state_file: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            control_port: 0,
            seed: 1,
            speed: 1,
            history: History::None,
            start: None,
            state_file: None,
        }
    }
}

/// What lies behind the shop when the simulator starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// Nothing but an opening balance, and nothing happens by itself.
    None,
    /// Eighteen months of a small roastery's orders and payouts, and customers who go on ordering.
    Demo,
    /// So many orders in the last eighteen months, evenly and with all that customers do; nothing happens by itself
    /// afterwards. For large accounts: it is quick.
    Orders(u32),
}

/// What a client needs to call the simulated account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// For `x-api-key`.
    pub api_key: String,
    /// For `POST /auth`.
    pub email: String,
    /// For `POST /auth`.
    pub password: String,
    /// The secret of the one-time codes, in Base32.
    pub totp_secret: String,
    /// The secret that callbacks are signed with.
    pub ipn_secret: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("email", &self.email).finish_non_exhaustive()
    }
}

/// What the account's owner could have set, and the network between. Off in the beginning, and not in the state
/// file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// The caller seems to come from this address, which is not whitelisted: balance and payouts are refused.
    pub foreign_address: Option<String>,
    /// Payouts go to these addresses only.
    pub address_whitelist: Option<Vec<String>>,
    /// More calls than this get 429.
    pub rate_limit: Option<RateLimit>,
    /// Payouts to these addresses fail.
    pub failing_addresses: Vec<String>,
    /// The dashboard has no IPN secret: no callback is sent.
    pub no_ipn_secret: bool,
}

/// How many calls are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// In one simulated second.
    pub per_second: u32,
    /// The seconds in the `Retry-After` header of a refusal, which is absent otherwise.
    #[serde(default)]
    pub retry_after: Option<u64>,
}

/// A running NOWPayments on the loopback. Dropping it ends it too, without waiting.
pub struct Simulator {
    shared: Arc<Shared>,
    port: u16,
    control_port: u16,
    running: watch::Sender<()>,
    tasks: Vec<JoinHandle<()>>,
}

impl Simulator {
    /// Makes or reads the world and opens both ports.
    ///
    /// # Errors
    /// When a port is taken, or the state file can be neither read nor set aside.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let real = Utc::now();
        let mut start = options.start.unwrap_or(real);
        let (file, saved) = match options.state_file {
            Some(path) => StateFile::open(path).map(|(file, world)| (Some(file), world))?,
            None => (None, None),
        };
        if let Some(world) = &saved {
            start = start.max(world.now);
        }
        let fresh = || World::new(options.seed, options.history, start);
        let mut world = saved.unwrap_or_else(fresh);
        world.revision = 1;
        world.callbacks.resume();
        let shared = Arc::new(Shared::new(world, Clock::new(start, real, options.speed), file));
        shared.save().await;

        let api = Loopback::bind(options.port).await.context("opening the API's port")?;
        let control = Loopback::bind(options.control_port).await.context("opening the control port")?;
        let (port, control_port) = (api.port()?, control.port()?);
        let (running, until) = watch::channel(());
        let tasks = vec![
            serve(api, server::router(Arc::clone(&shared)), until.clone()),
            serve(control, control::router(Arc::clone(&shared)), until.clone()),
            tokio::spawn(courier::carry(Arc::clone(&shared), until.clone())),
            tokio::spawn(tick(Arc::clone(&shared), until)),
        ];
        Ok(Self { shared, port, control_port, running, tasks })
    }

    /// The base of the API: `http://127.0.0.1:PORT/v1`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// The base of the control interface: `http://127.0.0.1:PORT/control`.
    pub fn control_url(&self) -> String {
        format!("http://127.0.0.1:{}/control", self.control_port)
    }

    /// What a client needs.
    pub fn credentials(&self) -> Credentials {
        self.shared.now().world.access.credentials()
    }

    /// Ends it: the ports are closed, and the state file holds the last state.
    pub async fn stop(mut self) {
        drop(self.running);
        for mut task in self.tasks.drain(..) {
            if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
                task.abort();
            }
        }
        self.shared.save().await;
    }

    /// What the simulated clock shows.
    pub fn clock(&self) -> ClockReading {
        self.shared.now().read_clock()
    }

    /// Moves the simulated clock forward and lets happen what is due.
    pub fn step(&self, by: Duration) -> ClockReading {
        let by = chrono::Duration::from_std(by).unwrap_or(chrono::Duration::MAX);
        self.shared.now().set_clock(by, None, None)
    }

    /// Stops the simulated clock; it can still be stepped.
    pub fn pause(&self) -> ClockReading {
        self.shared.now().set_clock(chrono::Duration::zero(), None, Some(true))
    }

    /// Lets the simulated clock run again.
    pub fn resume(&self) -> ClockReading {
        self.shared.now().set_clock(chrono::Duration::zero(), None, Some(false))
    }

    /// Sets how many simulated seconds pass in a real one.
    pub fn set_speed(&self, speed: u32) -> ClockReading {
        self.shared.now().set_clock(chrono::Duration::zero(), Some(speed), None)
    }

    /// All the money of the world.
    pub fn ledger(&self) -> Ledger {
        self.shared.now().ledger()
    }

    /// The calls that reached the API, oldest first; the last ten thousand are kept.
    pub fn requests(&self) -> Vec<LoggedCall> {
        self.shared.now().log.iter().cloned().collect()
    }

    /// The tokens that were handed out for logins, oldest first; the last ten thousand are kept.
    pub fn tokens(&self) -> Vec<String> {
        self.shared.now().tokens.iter().cloned().collect()
    }

    /// Adds a fault. The first rule that matches a call meets it.
    pub fn set_fault(&self, rule: FaultRule) {
        self.shared.now().faults.rules.push(rule);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.shared.now().faults.rules.clear();
    }

    /// Holds a call on its way: the one that comes after `skip` others from now on.
    pub fn hold(&self, skip: u64, point: Point) -> Held {
        self.keep_hold(Hold::new(None, skip, point))
    }

    /// Holds a call of this method and path, with `:id` for any one segment: the one that comes after `skip` others of them.
    pub fn hold_call(&self, method: &str, path: &str, skip: u64, point: Point) -> Held {
        self.keep_hold(Hold::new(Some((method.to_owned(), path.to_owned())), skip, point))
    }

    fn keep_hold(&self, (hold, held): (Hold, Held)) -> Held {
        self.shared.now().holds.push(hold);
        held
    }

    /// Sets the switches.
    pub fn set_switches(&self, switches: Switches) {
        self.shared.now().world.switches = switches;
    }

    /// The one-time code of a moment.
    pub fn totp_code_at(&self, at: DateTime<Utc>) -> String {
        self.shared.now().world.access.code_at(at)
    }

    /// The one-time code of this moment of the simulated clock.
    pub fn code(&self) -> Code {
        self.shared.now().code()
    }

    /// Changes a payment.
    ///
    /// # Errors
    /// When there is no such payment, or it has already ended.
    pub fn change_payment(&self, id: u64, change: PaymentChange) -> anyhow::Result<()> {
        self.shared.now().change_payment(id, change).map_err(anyhow::Error::msg)
    }

    /// Chooses a coin on an invoice's page, as its customer would, and gives the id of the payment that was made.
    ///
    /// # Errors
    /// When there is no such invoice or coin, the invoice was paid already, or this coin cannot pay it.
    pub fn pay_invoice(&self, id: u64, pay_currency: &str) -> anyhow::Result<u64> {
        self.shared.now().pay_invoice(id, pay_currency).map_err(anyhow::Error::msg)
    }

    /// Puts a payout row into a status and moves its money.
    ///
    /// # Errors
    /// When there is no such row, it has already ended, or the balance does not allow it.
    pub fn change_payout(&self, id: u64, status: PayoutStatus) -> anyhow::Result<()> {
        self.shared.now().change_payout(id, status).map_err(anyhow::Error::msg)
    }

    /// Plays the subscriber, or changes the bill of a subscription.
    ///
    /// # Errors
    /// When there is no such subscription, nothing is due, or a customer's balance is charged instead.
    pub fn change_subscription(&self, id: u64, change: SubscriptionChange) -> anyhow::Result<()> {
        self.shared.now().change_subscription(id, change).map_err(anyhow::Error::msg)
    }

    /// Finishes or rejects a transfer and moves its money.
    ///
    /// # Errors
    /// When there is no such transfer, it has already ended, or the balance does not allow it.
    pub fn change_transfer(&self, id: u64, status: TransferStatus) -> anyhow::Result<()> {
        self.shared.now().change_transfer(id, status).map_err(anyhow::Error::msg)
    }

    /// Puts a conversion into a later status and moves its money.
    ///
    /// # Errors
    /// When there is no such conversion, it has already ended, or the balance does not allow it.
    pub fn change_conversion(&self, id: u64, status: ConversionStatus) -> anyhow::Result<()> {
        self.shared.now().change_conversion(id, status).map_err(anyhow::Error::msg)
    }

    /// Puts a fiat payout into a later status and moves its coins.
    ///
    /// # Errors
    /// When there is no such payout, or it has already ended.
    pub fn change_fiat_payout(&self, id: u64, status: FiatPayoutStatus) -> anyhow::Result<()> {
        self.shared.now().change_fiat_payout(id, status).map_err(anyhow::Error::msg)
    }

    /// The callbacks so far, oldest first; the last ten thousand are kept.
    pub fn callbacks(&self) -> Vec<Callback> {
        self.shared.now().world.callbacks.all().cloned().collect()
    }

    /// Sets how callbacks are sent.
    pub fn set_callbacks(&self, settings: CallbackSettings) {
        self.shared.now().world.callbacks.settings = settings;
    }

    /// Adds a fault of callbacks. The first rule that matches a callback meets it.
    pub fn set_callback_fault(&self, rule: CallbackRule) {
        self.shared.now().world.callbacks.rules.push(rule);
    }

    /// Sends a callback once more.
    ///
    /// # Errors
    /// When there is no such callback, its address is not on the loopback, or it is already under way.
    pub fn resend_callback(&self, id: u64) -> anyhow::Result<()> {
        callbacks::resend(&mut self.shared.now().world, id).map_err(anyhow::Error::msg)
    }

    /// Waits until every callback that is due was sent and answered, well or not.
    pub async fn callbacks_sent(&self) {
        let mut under_way = self.shared.now().world.callbacks.under_way();
        // Fails only when the sender is gone, and the world holds it.
        let _ = under_way.wait_for(|count| *count == 0).await;
    }

    /// Sets the shop's balances, by ticker.
    ///
    /// # Errors
    /// When a coin does not exist or an amount is negative; then nothing is changed.
    pub fn set_balances(&self, balances: &BTreeMap<String, Amount>) -> anyhow::Result<()> {
        self.shared.now().set_balances(balances).map_err(anyhow::Error::msg)
    }
}

fn serve(port: Loopback, router: axum::Router, mut until: watch::Receiver<()>) -> JoinHandle<()> {
    let service = router.into_make_service_with_connect_info::<Cut>();
    // The channel is never written to: it closes when the simulator ends.
    let end = async move { while until.changed().await.is_ok() {} };
    tokio::spawn(async move {
        if let Err(error) = axum::serve(port, service).with_graceful_shutdown(end).await {
            tracing::warn!(%error, "a port was closed");
        }
    })
}

async fn tick(shared: Arc<Shared>, mut until: watch::Receiver<()>) {
    let mut next_save = Instant::now() + SAVE_EVERY;
    loop {
        tokio::select! {
            _ = until.changed() => return,
            () = tokio::time::sleep(TICK) => {}
        }
        drop(shared.now());
        let begun = Instant::now();
        if begun >= next_save {
            shared.save().await;
            next_save = Instant::now() + SAVE_EVERY.max(begun.elapsed() * SAVE_SHARE);
        }
    }
}
