//! The control interface, on a port of its own: what a test or a demonstration wants to see and to change.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use chrono::{DateTime, Duration, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::callbacks::{self, Callback, CallbackRule, CallbackSettings};
use crate::clock::ClockReading;
use crate::faults::FaultRule;
use crate::ledger::{Account, Cause, Movement};
use crate::server::{LoggedCall, Scene, Shared};
use crate::{
    Conversion, ConversionStatus, Credentials, FiatPayout, FiatPayoutStatus, LedgerCustomer, LedgerRow,
    PaymentStatus, PayoutStatus, Share, Subscription, SubscriptionStatus, Switches, Transfer, TransferStatus,
    coins, conversions, custody, fiat_payouts, invoices, payments, payouts, subscriptions,
};

/// All the money of the world: where it is and how it came there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Simulated time.
    pub at: DateTime<Utc>,
    /// The shop's, by ticker, lower case.
    pub accounts: BTreeMap<String, Account>,
    /// Every payout row that was ever created.
    pub payouts: Vec<LedgerRow>,
    /// The shop's customers with balances of their own.
    pub customers: Vec<LedgerCustomer>,
    /// Every transfer that was ever created.
    pub transfers: Vec<Transfer>,
    /// Every conversion that was ever created.
    pub conversions: Vec<Conversion>,
    /// Every subscription that was not deleted.
    pub subscriptions: Vec<Subscription>,
    /// Every fiat payout that was ever requested.
    pub fiat_payouts: Vec<FiatPayout>,
    /// Every movement since the world began.
    pub movements: Vec<Movement>,
    /// Whether in each account balance, pending and what went out add up to what came in, and in each coin nothing was
    /// lost between the accounts.
    pub conserved: bool,
}

/// The one-time code of this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Six digits.
    pub code: String,
    /// Until the next one, in simulated seconds.
    pub seconds_left: i64,
}

/// A wish for the clock; what is absent stays as it is.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClockChange {
    step: Option<i64>,
    speed: Option<u32>,
    paused: Option<bool>,
}

/// What happens to a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PaymentWish", into = "PaymentWish")]
pub enum PaymentChange {
    /// The customer sends so much of the payment's coin. After the end of the payment this is a repeated deposit.
    Pay(Amount),
    /// The customer sends so much of another coin to the same address: the wrong asset.
    PayIn(Amount, String),
    /// The payment takes this status; a settled one is credited.
    Status(PaymentStatus),
}

/// A [`PaymentChange`] as JSON.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PaymentWish {
    #[serde(skip_serializing_if = "Option::is_none")]
    pay: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<PaymentStatus>,
}

impl TryFrom<PaymentWish> for PaymentChange {
    type Error = &'static str;

    fn try_from(wish: PaymentWish) -> Result<Self, &'static str> {
        match wish {
            PaymentWish { pay: Some(amount), currency: None, status: None } => Ok(Self::Pay(amount)),
            PaymentWish { pay: Some(amount), currency: Some(currency), status: None } => {
                Ok(Self::PayIn(amount, currency))
            }
            PaymentWish { pay: None, currency: None, status: Some(status) } => Ok(Self::Status(status)),
            _ => Err("either pay, perhaps with a currency, or status"),
        }
    }
}

impl From<PaymentChange> for PaymentWish {
    fn from(change: PaymentChange) -> Self {
        match change {
            PaymentChange::Pay(amount) => Self { pay: Some(amount), ..Self::default() },
            PaymentChange::PayIn(amount, currency) => {
                Self { pay: Some(amount), currency: Some(currency), ..Self::default() }
            }
            PaymentChange::Status(status) => Self { status: Some(status), ..Self::default() },
        }
    }
}

/// What happens to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionChange {
    /// The subscriber follows the link in the letter and pays so much, in USDT on Tron.
    Pay(Share),
    /// The bill takes this status; what is paid is paid with a payment that is settled at once. `WAITING_PAY` makes
    /// the next bill.
    Status(SubscriptionStatus),
}

/// A status to take.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusChange<S> {
    status: S,
}

/// The coin that a customer chooses on an invoice's page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InvoiceChoice {
    pay_currency: String,
}

/// The callback that is sent once more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resend {
    id: u64,
}

/// A wish that cannot be granted.
struct Problem(&'static str);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = if self.0.starts_with("no such") { StatusCode::NOT_FOUND } else { StatusCode::CONFLICT };
        (status, Json(BTreeMap::from([("error", self.0)]))).into_response()
    }
}

impl From<&'static str> for Problem {
    fn from(reason: &'static str) -> Self {
        Self(reason)
    }
}

impl Scene {
    pub(crate) fn ledger(&self) -> Ledger {
        let ledger = &self.world.ledger;
        Ledger {
            at: self.world.now,
            accounts: ledger.accounts.clone(),
            payouts: self.world.payouts.ledger(),
            customers: custody::ledger(&self.world),
            transfers: self.world.custody.transfers.all().to_vec(),
            conversions: self.world.conversions.all().to_vec(),
            subscriptions: self.world.subscriptions.all.all().to_vec(),
            fiat_payouts: self.world.fiat_payouts.requests.all().to_vec(),
            movements: ledger.movements.clone(),
            conserved: ledger.is_conserved(),
        }
    }

    pub(crate) fn read_clock(&self) -> ClockReading {
        self.clock.read(Utc::now())
    }

    pub(crate) fn change_clock(&mut self, change: ClockChange) -> ClockReading {
        let step = Duration::try_seconds(change.step.unwrap_or(0)).unwrap_or_default();
        self.set_clock(step, change.speed, change.paused)
    }

    pub(crate) fn set_clock(
        &mut self,
        step: Duration,
        speed: Option<u32>,
        paused: Option<bool>,
    ) -> ClockReading {
        let (speed, paused) = (speed.unwrap_or(self.clock.speed()), paused.unwrap_or(self.clock.is_paused()));
        self.clock.set(Utc::now(), step, speed, paused);
        self.catch_up();
        self.read_clock()
    }

    pub(crate) fn code(&self) -> Code {
        let now = self.world.now;
        Code { code: self.world.access.code_at(now), seconds_left: 30 - now.timestamp().rem_euclid(30) }
    }

    pub(crate) fn change_payment(&mut self, id: u64, change: PaymentChange) -> Result<(), &'static str> {
        self.world.revision += 1;
        let (amount, currency) = match change {
            PaymentChange::Status(status) => return payments::force(&mut self.world, id, status),
            PaymentChange::Pay(amount) => (amount, None),
            PaymentChange::PayIn(amount, currency) => (amount, Some(currency)),
        };
        let payment = self.world.payments.get(id).ok_or("no such payment")?;
        let other = match currency {
            None => None,
            Some(code) if code.eq_ignore_ascii_case(&payment.pay_currency) => None,
            Some(code) => Some(coins::find(&code).ok_or("no such coin")?),
        };
        let worth = match other {
            None => Some(amount),
            Some(coin) if !coin.accepts(&payment.address) => {
                return Err("this coin cannot be sent to the payment's address");
            }
            Some(coin) => coins::convert(amount, &coin.lower, &payment.pay_currency, self.world.now),
        };
        let most = payment.pay_amount.times(Amount::whole(10));
        if amount <= Amount::ZERO || worth.is_none_or(|worth| payment.actually_paid + worth > most) {
            return Err("the amount must be positive and at most ten times what is due");
        }
        match other {
            None => payments::deposit(&mut self.world, id, amount),
            Some(coin) => payments::repeat(&mut self.world, id, &coin.lower, amount),
        }
        Ok(())
    }

    pub(crate) fn pay_invoice(&mut self, id: u64, pay_currency: &str) -> Result<u64, &'static str> {
        invoices::choose(&mut self.world, id, pay_currency)
    }

    pub(crate) fn change_payout(&mut self, id: u64, status: PayoutStatus) -> Result<(), &'static str> {
        self.world.revision += 1;
        payouts::force(&mut self.world, id, status)
    }

    pub(crate) fn change_subscription(
        &mut self,
        id: u64,
        change: SubscriptionChange,
    ) -> Result<(), &'static str> {
        self.world.revision += 1;
        let coin = coins::find("usdttrc20").ok_or("no such coin")?;
        match change {
            SubscriptionChange::Pay(share) => subscriptions::pay(&mut self.world, id, share, coin, true),
            SubscriptionChange::Status(status) => subscriptions::force(&mut self.world, id, status, coin),
        }
    }

    pub(crate) fn change_transfer(&mut self, id: u64, status: TransferStatus) -> Result<(), &'static str> {
        self.world.revision += 1;
        custody::force(&mut self.world, id, status)
    }

    pub(crate) fn change_conversion(
        &mut self,
        id: u64,
        status: ConversionStatus,
    ) -> Result<(), &'static str> {
        self.world.revision += 1;
        conversions::force(&mut self.world, id, status)
    }

    pub(crate) fn change_fiat_payout(
        &mut self,
        id: u64,
        status: FiatPayoutStatus,
    ) -> Result<(), &'static str> {
        self.world.revision += 1;
        fiat_payouts::force(&mut self.world, id, status)
    }

    pub(crate) fn set_balances(&mut self, balances: &BTreeMap<String, Amount>) -> Result<(), &'static str> {
        if balances.keys().any(|currency| coins::find(currency).is_none()) {
            return Err("no such coin");
        }
        if balances.values().any(|amount| *amount < Amount::ZERO) {
            return Err("a balance cannot be negative");
        }
        self.world.revision += 1;
        for (currency, amount) in balances {
            let currency = currency.to_lowercase();
            let difference = *amount - self.world.ledger.balance(&currency);
            self.world.record(Cause::Adjusted, &currency, difference, Amount::ZERO, None);
        }
        Ok(())
    }
}

type World = State<Arc<Shared>>;

/// The routes below `/control`.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let routes = Router::new()
        .route("/credentials", get(|State(shared): World| async move { credentials(&shared) }))
        .route("/code", get(|State(shared): World| async move { Json(shared.now().code()) }))
        .route("/ledger", get(|State(shared): World| async move { Json(shared.now().ledger()) }))
        .route("/requests", get(|State(shared): World| async move { requests(&shared) }))
        .route("/tokens", get(|State(shared): World| async move { tokens(&shared) }))
        .route(
            "/clock",
            get(|State(shared): World| async move { Json(shared.now().read_clock()) }).post(change_clock),
        )
        .route(
            "/faults",
            get(|State(shared): World| async move { Json(shared.now().faults.rules.clone()) })
                .post(add_fault)
                .delete(|State(shared): World| async move { shared.now().faults.rules.clear() }),
        )
        .route(
            "/switches",
            get(|State(shared): World| async move { Json(shared.now().world.switches.clone()) })
                .post(set_switches),
        )
        .route(
            "/callbacks",
            get(|State(shared): World| async move { callbacks(&shared) }).post(set_callbacks),
        )
        .route("/callbacks/resend", post(resend_callback))
        .route(
            "/callbacks/faults",
            get(|State(shared): World| async move { Json(shared.now().world.callbacks.rules.clone()) })
                .post(add_callback_fault)
                .delete(|State(shared): World| async move { shared.now().world.callbacks.rules.clear() }),
        )
        .route("/invoices/{id}", post(pay_invoice))
        .route("/payments/{id}", change(Scene::change_payment))
        .route("/payouts/{id}", change_status(Scene::change_payout))
        .route("/subscriptions/{id}", change(Scene::change_subscription))
        .route("/transfers/{id}", change_status(Scene::change_transfer))
        .route("/conversions/{id}", change_status(Scene::change_conversion))
        .route("/fiat-payouts/{id}", change_status(Scene::change_fiat_payout))
        .route("/balances", post(set_balances));
    Router::new().nest("/control", routes).with_state(shared)
}

fn credentials(shared: &Shared) -> Json<Credentials> {
    Json(shared.now().world.access.credentials())
}

fn requests(shared: &Shared) -> Json<Vec<LoggedCall>> {
    Json(shared.now().log.iter().cloned().collect())
}

fn tokens(shared: &Shared) -> Json<Vec<String>> {
    Json(shared.now().tokens.iter().cloned().collect())
}

async fn change_clock(State(shared): World, Json(change): Json<ClockChange>) -> Json<ClockReading> {
    let reading = shared.now().change_clock(change);
    shared.save().await;
    Json(reading)
}

async fn add_fault(State(shared): World, Json(rule): Json<FaultRule>) {
    shared.now().faults.rules.push(rule);
}

async fn set_switches(State(shared): World, Json(switches): Json<Switches>) {
    shared.now().world.switches = switches;
}

fn callbacks(shared: &Shared) -> Json<Vec<Callback>> {
    Json(shared.now().world.callbacks.all().cloned().collect())
}

async fn set_callbacks(State(shared): World, Json(settings): Json<CallbackSettings>) {
    shared.now().world.callbacks.settings = settings;
}

async fn resend_callback(State(shared): World, Json(wish): Json<Resend>) -> Result<(), Problem> {
    Ok(callbacks::resend(&mut shared.now().world, wish.id)?)
}

async fn add_callback_fault(State(shared): World, Json(rule): Json<CallbackRule>) {
    shared.now().world.callbacks.rules.push(rule);
}

async fn pay_invoice(
    State(shared): World,
    Path(id): Path<u64>,
    Json(choice): Json<InvoiceChoice>,
) -> Result<Json<BTreeMap<&'static str, String>>, Problem> {
    let payment = shared.now().pay_invoice(id, &choice.pay_currency)?;
    shared.save().await;
    Ok(Json(BTreeMap::from([("payment_id", payment.to_string())])))
}

/// Changes one thing, by its id.
type Change<T> = fn(&mut Scene, u64, T) -> Result<(), &'static str>;

fn change<T: DeserializeOwned + Send + 'static>(change: Change<T>) -> MethodRouter<Arc<Shared>> {
    post(move |State(shared): World, Path(id): Path<u64>, Json(wish): Json<T>| async move {
        change(&mut shared.now(), id, wish)?;
        shared.save().await;
        Ok::<(), Problem>(())
    })
}

fn change_status<S: DeserializeOwned + Send + 'static>(change: Change<S>) -> MethodRouter<Arc<Shared>> {
    post(move |State(shared): World, Path(id): Path<u64>, Json(wish): Json<StatusChange<S>>| async move {
        change(&mut shared.now(), id, wish.status)?;
        shared.save().await;
        Ok::<(), Problem>(())
    })
}

async fn set_balances(
    State(shared): World,
    Json(balances): Json<BTreeMap<String, Amount>>,
) -> Result<(), Problem> {
    shared.now().set_balances(&balances)?;
    shared.save().await;
    Ok(())
}
