//! Thousands of calls and interventions, right and wrong ones, in any order and over a network that fails: after each
//! of them no coin was lost or made up, and no row was paid twice.
//!
//! What moves money in a new way is another [`Operation`]; where money can be in a new way, [`Soak::check`] counts it.

use std::collections::{BTreeMap, BTreeSet};

use nowpayments_simulator::{
    Account, Amount, Cause, ConversionStatus, Fault, FaultRule, FiatPayoutStatus, History, Ledger, Options,
    PaymentChange, PaymentStatus, PayoutStatus, Share, Subscriber, SubscriptionChange, SubscriptionStatus,
    Switches, TransferStatus,
};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Value, json};

use crate::till::{BITCOIN, ETHEREUM, TRON, Till, options};

/// How many seeds the gate plays. `SIMULATOR_SEEDS` asks for more.
const SEEDS: u64 = 4;
/// How many operations a seed has.
const ROUNDS: usize = 1_500;
/// What moves between the shop, its customers and the exchange.
const COINS: [&str; 5] = ["trx", "usdttrc20", "btc", "eth", "usdcmatic"];

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operation {
    CreatePayout,
    SchedulePayout,
    Verify,
    CancelRow,
    CancelBatch,
    ForcePayout,
    CreatePayment,
    SendInvoice,
    PayInvoice,
    RenewEstimate,
    Deposit,
    WrongAsset,
    ForcePayment,
    RegisterCustomer,
    Transfer,
    TopUp,
    ForceTransfer,
    Convert,
    ForceConversion,
    OfferPlan,
    ChangePlan,
    Subscribe,
    PayBill,
    ForceBill,
    Unsubscribe,
    AddBank,
    CashOut,
    ForceCashOut,
    SetBalance,
    SetSwitches,
    Step,
    Leap,
}

/// All of them, and how often each comes.
const OPERATIONS: [(Operation, u32); 32] = [
    (Operation::CreatePayout, 14),
    (Operation::SchedulePayout, 6),
    (Operation::Verify, 18),
    (Operation::CancelRow, 4),
    (Operation::CancelBatch, 2),
    (Operation::ForcePayout, 7),
    (Operation::CreatePayment, 9),
    (Operation::SendInvoice, 4),
    (Operation::PayInvoice, 4),
    (Operation::RenewEstimate, 2),
    (Operation::Deposit, 10),
    (Operation::WrongAsset, 2),
    (Operation::ForcePayment, 5),
    (Operation::RegisterCustomer, 2),
    (Operation::Transfer, 14),
    (Operation::TopUp, 6),
    (Operation::ForceTransfer, 5),
    (Operation::Convert, 9),
    (Operation::ForceConversion, 6),
    (Operation::OfferPlan, 2),
    (Operation::ChangePlan, 2),
    (Operation::Subscribe, 6),
    (Operation::PayBill, 6),
    (Operation::ForceBill, 3),
    (Operation::Unsubscribe, 2),
    (Operation::AddBank, 2),
    (Operation::CashOut, 5),
    (Operation::ForceCashOut, 4),
    (Operation::SetBalance, 1),
    (Operation::SetSwitches, 2),
    (Operation::Step, 20),
    (Operation::Leap, 2),
];

struct Soak {
    till: Till,
    rng: ChaCha8Rng,
    batches: Vec<String>,
    payments: Vec<u64>,
    invoices: Vec<u64>,
    customers: Vec<String>,
    plans: Vec<String>,
    /// Rows that have ended for good.
    ended: BTreeMap<String, PayoutStatus>,
    /// How often each operation took effect.
    effects: BTreeMap<Operation, u32>,
    unanswered: u32,
}

impl Soak {
    async fn begin(seed: u64) -> Self {
        let till = Till::with(Options { seed, ..options(History::None) }).await;
        for (path, fault) in [
            ("/payout", Fault::DropAfter),
            ("/payout", Fault::Duplicated),
            ("/payout", Fault::DropBefore),
            ("/payout/:id/verify", Fault::DropAfter),
            ("/payout/:id/verify", Fault::Duplicated),
            ("/payout/:id/verify", Fault::BadGateway { handled: true }),
            ("/payout/:id/cancel", Fault::Truncated),
            ("/payment", Fault::Maintenance),
            ("/payment", Fault::Unreadable),
            ("/invoice-payment", Fault::Duplicated),
            ("/sub-partner/write-off", Fault::Duplicated),
            ("/conversion", Fault::Duplicated),
            ("/subscriptions", Fault::DropAfter),
            ("/fiat-payouts", Fault::Duplicated),
            ("*", Fault::ServerError { handled: true }),
        ] {
            let fault = Fault::Sometimes { percent: 6, fault: Box::new(fault) };
            till.simulator.set_fault(FaultRule {
                method: "POST".to_owned(),
                path: path.to_owned(),
                skip: 0,
                times: None,
                fault,
            });
        }
        Self {
            till,
            rng: ChaCha8Rng::seed_from_u64(seed),
            batches: Vec::new(),
            payments: Vec::new(),
            invoices: Vec::new(),
            customers: Vec::new(),
            plans: Vec::new(),
            ended: BTreeMap::new(),
            effects: BTreeMap::new(),
            unanswered: 0,
        }
    }

    /// A call with a login whose answer may get lost.
    async fn post(&mut self, path: &str, body: Value) -> Option<(u16, Value)> {
        self.call(Method::POST, path, body).await
    }

    async fn call(&mut self, method: Method, path: &str, body: Value) -> Option<(u16, Value)> {
        let credentials = &self.till.credentials;
        let login = json!({ "email": credentials.email, "password": credentials.password });
        let answer = async {
            let token = self.till.send(Method::POST, "/auth", None, Some(login)).await.ok()?;
            let token: Value = token.json().await.ok()?;
            let answer = self.till.send(method, path, token["token"].as_str(), Some(body)).await.ok()?;
            let status = answer.status().as_u16();
            let text = answer.text().await.ok()?;
            Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
        };
        let answer = answer.await;
        self.unanswered += u32::from(answer.is_none());
        answer
    }

    /// The id in the answer to a call that made something.
    async fn make(&mut self, path: &str, body: Value, id: &str) -> Option<String> {
        let (status, answer) = self.post(path, body).await?;
        (status < 300).then(|| answer[id].as_str().map(str::to_owned)).flatten()
    }

    /// The same for an answer whose id is below `result`.
    async fn make_result(&mut self, path: &str, body: Value) -> Option<String> {
        let (status, answer) = self.post(path, body).await?;
        (status < 300).then(|| answer["result"]["id"].as_str().map(str::to_owned)).flatten()
    }

    fn customer(&mut self) -> Option<String> {
        self.customers.choose(&mut self.rng).cloned()
    }

    /// A coin, and from a grain of it to more than there is.
    fn sum(&mut self) -> (&'static str, String) {
        let coin = self.one_of(&COINS);
        let places = if ["btc", "eth"].contains(&coin) { 5 } else { 2 } + self.rng.random_range(0..3);
        (coin, Amount::scaled(self.rng.random_range(1..90_000), places).to_string())
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        *choices.choose(&mut self.rng).unwrap()
    }

    /// One of the last few things, which are the likeliest to be still open.
    fn recent<T: Clone>(&mut self, things: &[T]) -> Option<T> {
        things[things.len().saturating_sub(6)..].choose(&mut self.rng).cloned()
    }

    fn rows(&mut self) -> Value {
        let row = |soak: &mut Self| {
            let (address, currency, most) = soak.one_of(&[
                (TRON, "trx", 9_000),
                (TRON, "usdttrc20", 5_000),
                (BITCOIN, "btc", 1),
                (ETHEREUM, "eth", 4),
            ]);
            let amount = Amount::scaled(soak.rng.random_range(1..most * 100_000), 5);
            match soak.rng.random_ratio(1, 5) {
                true => {
                    json!({ "address": address, "currency": currency, "fiat_amount": 250, "fiat_currency": "eur" })
                }
                false => json!({ "address": address, "currency": currency, "amount": amount.to_string() }),
            }
        };
        (0..self.rng.random_range(1..4)).map(|_| row(self)).collect()
    }

    /// Does it, and says whether it took effect, as far as the answer tells.
    async fn perform(&mut self, operation: Operation) -> Option<()> {
        match operation {
            Operation::CreatePayout => {
                let body = json!({ "withdrawals": self.rows() });
                let batch = self.make("/payout", body, "id").await?;
                self.batches.push(batch);
            }
            Operation::SchedulePayout => {
                let at = self.till.simulator.clock().now
                    + chrono::Duration::seconds(self.rng.random_range(5..4_000));
                let interval = self.one_of(&["ONETIME", "DAILY", "WEEKLY", "MONTHLY_BY_DAY_OF_WEEK"]);
                let mut body = json!({ "execute_at": at.to_rfc3339(), "interval": interval, "withdrawals": self.rows() });
                if interval != "ONETIME" {
                    body["execute_until"] = json!((at + chrono::Duration::days(20)).to_rfc3339());
                }
                let batch = self.make("/payout", body, "id").await?;
                self.batches.push(batch);
            }
            Operation::Verify => {
                let batch = self.recent(&self.batches.clone())?;
                let right = self.till.simulator.code().code;
                let code = if self.rng.random_ratio(4, 5) { right } else { "000000".to_owned() };
                let path = format!("/payout/{batch}/verify");
                let (status, _) = self.post(&path, json!({ "verification_code": code })).await?;
                return (status == 200).then_some(());
            }
            Operation::CancelRow | Operation::CancelBatch => {
                let rows = self.till.simulator.ledger().payouts;
                let row = self.recent(&rows)?;
                let path = match operation {
                    Operation::CancelRow => format!("/payout/{}/cancel", row.id),
                    _ => format!("/payout/{}/cancel-batch", row.batch_id),
                };
                let (status, _) = self.post(&path, json!({})).await?;
                return (status == 200).then_some(());
            }
            Operation::ForcePayout => {
                let rows = self.till.simulator.ledger().payouts;
                let row = self.recent(&rows)?;
                let status = self.one_of(&[
                    PayoutStatus::Creating,
                    PayoutStatus::Waiting,
                    PayoutStatus::Sending,
                    PayoutStatus::Finished,
                    PayoutStatus::Failed,
                    PayoutStatus::Failed,
                    PayoutStatus::Rejected,
                    PayoutStatus::Cancelled,
                ]);
                self.till.simulator.change_payout(row.id.parse().unwrap(), status).ok()?;
            }
            Operation::CreatePayment => {
                let coin = self.one_of(&["eth", "btc", "trx", "usdttrc20", "zec", "xlm", "shib"]);
                let case =
                    self.one_of(&[None, None, None, Some("success"), Some("failed"), Some("partially_paid")]);
                let mut body = json!({
                    "price_amount": self.rng.random_range(5..900), "price_currency": "usd", "pay_currency": coin,
                    "case": case, "is_fee_paid_by_user": self.rng.random_ratio(1, 4),
                });
                if self.rng.random_ratio(1, 8) {
                    body["payout_address"] = json!(TRON);
                    body["payout_currency"] = json!("usdttrc20");
                }
                let id = self.make("/payment", body, "payment_id").await?;
                self.payments.push(id.parse().unwrap());
            }
            Operation::SendInvoice => {
                let body = json!({ "price_amount": self.rng.random_range(5..900), "price_currency": "eur" });
                let id = self.make("/invoice", body, "id").await?;
                self.invoices.push(id.parse().unwrap());
            }
            Operation::PayInvoice => {
                let invoice = self.recent(&self.invoices.clone())?;
                let coin = self.one_of(&["eth", "ltc", "trx", "doge"]);
                let payment = if self.rng.random() {
                    self.till.simulator.pay_invoice(invoice, coin).ok()?
                } else {
                    let body = json!({ "iid": invoice, "pay_currency": coin });
                    self.make("/invoice-payment", body, "payment_id").await?.parse().unwrap()
                };
                self.payments.push(payment);
            }
            Operation::RenewEstimate => {
                let payment = self.recent(&self.payments.clone())?;
                let (status, _) =
                    self.post(&format!("/payment/{payment}/update-merchant-estimate"), json!({})).await?;
                return (status == 200).then_some(());
            }
            Operation::Deposit => {
                let id = self.recent(&self.payments.clone())?;
                let due = self.till.read(&format!("/payment/{id}")).await["pay_amount"].to_string();
                let part = self.one_of(&[30, 100, 100, 100, 130]);
                let amount = Amount::parse(&due).unwrap().times(Amount::scaled(part, 2)).cut(8);
                self.till.simulator.change_payment(id, PaymentChange::Pay(amount)).ok()?;
            }
            Operation::WrongAsset => {
                let id = self.recent(&self.payments.clone())?;
                let (amount, coin) = self.one_of(&[(30, "usdterc20"), (40, "usdttrc20"), (12, "usdcbase")]);
                let change = PaymentChange::PayIn(Amount::whole(amount), coin.to_owned());
                self.till.simulator.change_payment(id, change).ok()?;
            }
            Operation::ForcePayment => {
                let id = self.recent(&self.payments.clone())?;
                let status = self.one_of(&[
                    PaymentStatus::Confirming,
                    PaymentStatus::Finished,
                    PaymentStatus::PartiallyPaid,
                    PaymentStatus::Refunded,
                    PaymentStatus::Failed,
                    PaymentStatus::Expired,
                ]);
                self.till.simulator.change_payment(id, PaymentChange::Status(status)).ok()?;
            }
            Operation::RegisterCustomer => {
                let name = format!("customer {}", self.customers.len());
                let id = self.make_result("/sub-partner/balance", json!({ "name": name })).await?;
                self.customers.push(id);
            }
            Operation::Transfer => {
                let ((coin, amount), customer) = (self.sum(), self.customer()?);
                let mut body = json!({ "currency": coin, "amount": amount });
                let way = self.one_of(&["deposit", "deposit", "write-off", "transfer"]);
                match way {
                    "transfer" => {
                        body["from_id"] = json!(customer);
                        body["to_id"] = json!(self.customer()?);
                    }
                    _ => body["sub_partner_id"] = json!(customer),
                }
                self.make_result(&format!("/sub-partner/{way}"), body).await?;
            }
            Operation::TopUp => {
                let ((coin, amount), customer) = (self.sum(), self.customer()?);
                let by_user = self.rng.random_ratio(1, 4);
                let body = json!({
                    "currency": coin, "amount": amount, "sub_partner_id": customer, "is_fee_paid_by_user": by_user,
                });
                let (status, answer) = self.post("/sub-partner/payment", body).await?;
                if status != 200 {
                    return None;
                }
                self.payments.push(answer["result"]["payment_id"].as_str()?.parse().unwrap());
            }
            Operation::ForceTransfer => {
                let mut transfers = self.till.simulator.ledger().transfers;
                transfers.retain(|one| one.status < TransferStatus::Finished);
                let transfer = self.recent(&transfers)?;
                let status = self.one_of(&[TransferStatus::Finished, TransferStatus::Rejected]);
                self.till.simulator.change_transfer(transfer.id, status).ok()?;
            }
            Operation::Convert => {
                let (coin, amount) = self.sum();
                let to = self.one_of(&["trx", "btc", "usdttrc20"]);
                let body = json!({ "amount": amount, "from_currency": coin, "to_currency": to });
                self.make_result("/conversion", body).await?;
            }
            Operation::ForceConversion => {
                let mut conversions = self.till.simulator.ledger().conversions;
                conversions.retain(|one| one.status < ConversionStatus::Finished);
                let conversion = self.recent(&conversions)?;
                let status = self.one_of(&[
                    ConversionStatus::Processing,
                    ConversionStatus::Finished,
                    ConversionStatus::Rejected,
                ]);
                self.till.simulator.change_conversion(conversion.id, status).ok()?;
            }
            Operation::OfferPlan | Operation::ChangePlan => {
                let (currency, amount) =
                    self.one_of(&[("usd", 20), ("eur", 300), ("usdttrc20", 45), ("trx", 90)]);
                let days = self.rng.random_range(1..9);
                let body =
                    json!({ "title": "Plan", "interval_day": days, "amount": amount, "currency": currency });
                if operation == Operation::OfferPlan {
                    let id = self.make_result("/subscriptions/plans", body).await?;
                    self.plans.push(id);
                } else {
                    let path = format!("/subscriptions/plans/{}", self.plans.choose(&mut self.rng)?);
                    let (status, _) = self.call(Method::PATCH, &path, body).await?;
                    return (status == 200).then_some(());
                }
            }
            Operation::Subscribe => {
                let plan = self.plans.choose(&mut self.rng)?.clone();
                let mut body = json!({ "subscription_plan_id": plan });
                match self.rng.random_ratio(1, 3) {
                    true => body["email"] = json!("ines@beans.example"),
                    false => body["sub_partner_id"] = json!(self.customer()?),
                }
                let (status, _) = self.post("/subscriptions", body).await?;
                return (status == 200).then_some(());
            }
            Operation::PayBill => {
                let share = self.one_of(&[Share::Full, Share::Part(Amount::scaled(75, 1))]);
                let mut subscriptions = self.till.simulator.ledger().subscriptions;
                subscriptions.retain(|one| matches!(one.subscriber, Subscriber::Email(_)));
                let subscription = self.recent(&subscriptions)?;
                let change = SubscriptionChange::Pay(share);
                self.till.simulator.change_subscription(subscription.id, change).ok()?;
            }
            Operation::ForceBill => {
                let status = self.one_of(&[
                    SubscriptionStatus::WaitingPay,
                    SubscriptionStatus::Paid,
                    SubscriptionStatus::PartiallyPaid,
                    SubscriptionStatus::Expired,
                ]);
                let subscriptions = self.till.simulator.ledger().subscriptions;
                let subscription = subscriptions.choose(&mut self.rng)?;
                let change = SubscriptionChange::Status(status);
                self.till.simulator.change_subscription(subscription.id, change).ok()?;
            }
            Operation::Unsubscribe => {
                let subscriptions = self.till.simulator.ledger().subscriptions;
                let path = format!("/subscriptions/{}", subscriptions.choose(&mut self.rng)?.id);
                let (status, _) = self.call(Method::DELETE, &path, json!({})).await?;
                return (status == 200).then_some(());
            }
            Operation::AddBank => {
                let (currency, code) = self.one_of(&[
                    ("EUR", "sepa_bank"),
                    ("IDR", "id_bca"),
                    ("INR", "in_imps"),
                    ("MYR", "my_maybank"),
                    ("PHP", "ph_onb"),
                ]);
                let body = json!({
                    "currency": currency, "paymentCode": code, "provider": "transfi", "countryCode": "PT",
                    "fields": { "iban": "PT50000201231234567890154", "accountNumber": "1", "ifsc": "1" },
                });
                self.make_result("/fiat-payouts/account", body).await?;
            }
            Operation::CashOut => {
                let currency = self.one_of(&["EUR", "IDR", "INR", "MYR", "PHP"]);
                let (_, amount) = self.sum();
                let coin = self.one_of(&["usdttrc20", "usdterc20", "btc", "eth"]);
                let body = json!({
                    "fiatCurrency": currency, "cryptoCurrency": coin, "amount": amount, "provider": "transfi",
                });
                self.make_result("/fiat-payouts", body).await?;
            }
            Operation::ForceCashOut => {
                let mut payouts = self.till.simulator.ledger().fiat_payouts;
                payouts.retain(|one| one.status < FiatPayoutStatus::Finished);
                let payout = self.recent(&payouts)?;
                let status = self.one_of(&[
                    FiatPayoutStatus::Depositing,
                    FiatPayoutStatus::Finished,
                    FiatPayoutStatus::Failed,
                ]);
                self.till.simulator.change_fiat_payout(payout.id, status).ok()?;
            }
            Operation::SetBalance => {
                let coin = self.one_of(&["trx", "btc", "eth", "usdttrc20"]);
                let amount = Amount::whole(self.rng.random_range(0..20_000));
                self.till.simulator.set_balances(&BTreeMap::from([(coin.to_owned(), amount)])).unwrap();
            }
            Operation::SetSwitches => {
                let failing_addresses = if self.rng.random() { vec![TRON.to_owned()] } else { Vec::new() };
                self.till.simulator.set_switches(Switches { failing_addresses, ..Switches::default() });
            }
            Operation::Step => self.till.step(self.rng.random_range(1..60)),
            Operation::Leap => self.till.step(self.rng.random_range(3_600..8 * 86_400)),
        }
        Some(())
    }

    /// What must hold at every moment.
    fn check(&mut self) {
        let ledger = self.till.simulator.ledger();
        assert!(ledger.conserved);
        let mut sums: BTreeMap<&str, Account> = BTreeMap::new();
        for (customer, currency, account) in accounts(&ledger) {
            assert!(account.is_conserved(), "{customer:?} {currency}");
            assert!(account.balance >= Amount::ZERO, "{customer:?} {currency}");
            assert_eq!(account.pending, set_aside(&ledger, customer, currency), "{customer:?} {currency}");
            let sum = sums.entry(currency).or_default();
            sum.received += account.received;
            sum.balance += account.balance;
            sum.pending += account.pending;
            sum.paid += account.paid;
            sum.fees += account.fees;
            sum.transferred_in += account.transferred_in;
            sum.transferred_out += account.transferred_out;
            sum.bought += account.bought;
            sum.sold += account.sold;
            sum.cashed_out += account.cashed_out;
        }
        for (currency, sum) in sums {
            let gone = sum.paid + sum.fees + sum.sold + sum.cashed_out;
            assert_eq!(sum.received + sum.bought, sum.balance + sum.pending + gone, "{currency}");
            assert_eq!(sum.transferred_in, sum.transferred_out, "{currency}");
            let rows = ledger.payouts.iter().filter(|row| row.times_paid > 0 && row.currency == currency);
            let (paid, fees) = (rows.clone().map(|row| row.amount).sum(), rows.map(|row| row.fee).sum());
            assert_eq!((sum.paid, sum.fees), (paid, fees), "{currency}");
            let done = ledger.conversions.iter().filter(|one| one.status == ConversionStatus::Finished);
            let sold =
                done.clone().filter(|one| one.from_currency == currency).map(|one| one.from_amount).sum();
            let bought = done.filter(|one| one.to_currency == currency).filter_map(|one| one.to_amount).sum();
            assert_eq!((sum.sold, sum.bought), (sold, bought), "{currency}");
            let done = ledger.fiat_payouts.iter().filter(|one| one.status == FiatPayoutStatus::Finished);
            let cashed_out = done.filter(|one| one.currency == currency).map(|one| one.amount).sum();
            assert_eq!(sum.cashed_out, cashed_out, "{currency}");
        }
        for row in &ledger.payouts {
            assert_eq!(row.times_paid, u32::from(row.status == PayoutStatus::Finished), "{row:?}");
            if let Some(end) = self.ended.get(&row.id) {
                assert_eq!(row.status, *end, "what has ended stays as it is: {row:?}");
            } else if matches!(
                row.status,
                PayoutStatus::Finished | PayoutStatus::Rejected | PayoutStatus::Cancelled
            ) {
                self.ended.insert(row.id.clone(), row.status);
            }
        }
    }
}

/// All accounts: whose they are, by the customer's id, and in which coin.
fn accounts(ledger: &Ledger) -> impl Iterator<Item = (Option<u64>, &str, &Account)> {
    let shop = ledger.accounts.iter().map(|(currency, account)| (None, currency.as_str(), account));
    let customers = ledger.customers.iter().flat_map(|customer| {
        let account = |(currency, account)| (Some(customer.id), String::as_str(currency), account);
        customer.accounts.iter().map(account)
    });
    shop.chain(customers)
}

/// What is set aside in an account, as the things say for which it is.
fn set_aside(ledger: &Ledger, customer: Option<u64>, currency: &str) -> Amount {
    let transfers = ledger
        .transfers
        .iter()
        .filter(|one| one.set_aside && one.from == customer && one.currency == currency)
        .map(|one| one.amount);
    if customer.is_some() {
        return transfers.sum();
    }
    let payouts = ledger.payouts.iter().filter(|row| row.set_aside && row.currency == currency);
    let conversions = ledger.conversions.iter().filter(|one| one.set_aside && one.from_currency == currency);
    let fiat = ledger
        .fiat_payouts
        .iter()
        .filter(|one| one.status < FiatPayoutStatus::Finished && one.currency == currency);
    transfers
        .chain(payouts.map(|row| row.amount + row.fee))
        .chain(conversions.map(|one| one.from_amount))
        .chain(fiat.map(|one| one.amount))
        .sum()
}

/// The movements alone lead to the same accounts, and every payment was credited once or not at all.
async fn audit(till: &Till, ledger: &Ledger) {
    for (customer, currency, account) in accounts(ledger) {
        let sum = |causes: &[Cause]| -> Amount {
            let of = ledger
                .movements
                .iter()
                .filter(|m| causes.contains(&m.cause) && m.currency == currency && m.customer == customer);
            of.map(|m| m.amount + m.fee).sum()
        };
        let received = sum(&[Cause::Opening, Cause::Payment, Cause::Adjusted]);
        assert_eq!(account.received, received, "{customer:?} {currency}");
        let came = received + sum(&[Cause::TransferIn, Cause::Bought]);
        let reserved = sum(&[Cause::Reserved]) - sum(&[Cause::Released]);
        assert_eq!(account.balance, came - reserved, "{customer:?} {currency}");
        let gone = sum(&[Cause::Paid, Cause::TransferOut, Cause::Sold, Cause::CashedOut]);
        assert_eq!(account.pending, reserved - gone, "{customer:?} {currency}");
    }
    let mut credited = BTreeMap::new();
    for movement in ledger.movements.iter().filter(|movement| movement.cause == Cause::Payment) {
        let before = credited.insert(movement.reference.unwrap(), movement.amount);
        assert_eq!(before, None, "{movement:?}");
    }
    till.simulator.clear_faults();
    let token = till.log_in().await;
    let mut known = BTreeSet::new();
    for page in 0.. {
        let path = format!("/payment/?limit=500&page={page}");
        let (_, answer) = till.call(Method::GET, &path, Some(&token), None).await;
        let payments = answer["data"].as_array().unwrap();
        if payments.is_empty() {
            break;
        }
        for payment in payments {
            let id = payment["payment_id"].as_u64().unwrap();
            known.insert(id);
            if let Some(amount) = credited.get(&id) {
                assert!(
                    ["finished", "partially_paid"].contains(&payment["payment_status"].as_str().unwrap())
                );
                assert_eq!(payment["outcome_amount"].to_string(), amount.token(), "{payment}");
            }
        }
    }
    assert!(credited.keys().all(|id| known.contains(id)));
}

#[tokio::test]
async fn money_is_conserved_through_thousands_of_random_operations() {
    let seeds = std::env::var("SIMULATOR_SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(SEEDS);
    let mut effects: BTreeMap<Operation, u32> = BTreeMap::new();
    let mut unanswered = 0;
    for seed in 1..=seeds {
        let mut soak = Soak::begin(seed).await;
        for _ in 0..ROUNDS {
            let (operation, _) = *OPERATIONS.choose_weighted(&mut soak.rng, |(_, weight)| *weight).unwrap();
            if soak.perform(operation).await.is_some() {
                *soak.effects.entry(operation).or_default() += 1;
            }
            soak.check();
        }
        audit(&soak.till, &soak.till.simulator.ledger()).await;
        for (operation, count) in soak.effects {
            *effects.entry(operation).or_default() += count;
        }
        unanswered += soak.unanswered;
    }
    for (operation, _) in OPERATIONS {
        let count = effects.get(&operation).copied().unwrap_or_default();
        assert!(count >= 10, "{operation:?} took effect {count} times, too few to prove anything");
    }
    assert!(unanswered > 20, "{unanswered}");
}
