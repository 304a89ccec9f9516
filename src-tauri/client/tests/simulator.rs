//! The endpoints against the simulator, which was written from the documents and shares no type with the client.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{sync::Arc, time::Duration};

use chrono::{TimeDelta, Utc};
use futures_util::StreamExt;
use nowpayments::{
    Amount, Client, Credentials, Error, Login, Options, Outcome, Ticker,
    auth::{GetStatus, LogIn},
    balance::GetBalance,
    callbacks::{self, Callback, CallbackError, Form, InvalidSignature, Verified},
    currencies::{GetCurrencies, GetFullCurrencies, GetMerchantCoins},
    estimates::{GetEstimate, GetMinAmount},
    payments::{CreatePayment, GetPayment, ListPayments, PaymentStatus, SandboxCase},
    payouts::*,
};
use nowpayments_simulator::{CallbackFault, CallbackRule, Fault, FaultRule, Simulator};

/// A TRON address whose checksum holds.
const ADDRESS: &str = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";

async fn start() -> (Simulator, Client) {
    let simulator = Simulator::start(nowpayments_simulator::Options::default()).await.unwrap();
    simulator.pause();
    let client = client(&simulator, None);
    (simulator, client)
}

/// A client whose clock is `ahead` of the computer's.
fn client(simulator: &Simulator, ahead: Option<TimeDelta>) -> Client {
    let given = simulator.credentials();
    let login = Login { email: given.email, password: given.password.into() };
    let mut options = Options::default();
    options.retry.shortest = Duration::from_millis(1);
    if let Some(ahead) = ahead {
        options.now = Arc::new(move || Utc::now() + ahead);
    }
    let credentials = Credentials { api_key: given.api_key.into(), login: Some(login) };
    Client::with(simulator.url().parse().unwrap(), credentials, options).unwrap()
}

fn ticker(text: &str) -> Ticker {
    text.parse().unwrap()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn payout(external_id: &str) -> CreatePayout {
    let row = NewPayout::new(ADDRESS.to_owned(), ticker("trx"), amount("12.345678"));
    let row = NewPayout { unique_external_id: Some(external_id.to_owned()), ..row };
    CreatePayout { withdrawals: vec![row], ..CreatePayout::default() }
}

fn logins(simulator: &Simulator) -> usize {
    simulator.requests().iter().filter(|call| call.target == "/auth").count()
}

#[tokio::test]
async fn the_service_and_its_coins_are_read() {
    let (simulator, client) = start().await;
    assert_eq!(client.send(&GetStatus {}).await.unwrap().message, "OK");
    let given = simulator.credentials();
    let password = given.password.into();
    client.send(&LogIn { email: &given.email, password: &password }).await.unwrap();

    let coins = client.send(&GetFullCurrencies {}).await.unwrap();
    assert!(coins.len() >= 60, "{}", coins.len());
    let tron = coins.iter().find(|coin| coin.code == "usdttrc20").unwrap();
    assert!(tron.is_stable && tron.wallet_regex.is_some() && tron.available_for_payout);
    assert!(client.send(&GetCurrencies::default()).await.unwrap().iter().any(|coin| coin.currency == "btc"));
    assert!(!client.send(&GetMerchantCoins::default()).await.unwrap().is_empty());
    assert!(client.send(&GetBalance {}).await.unwrap()["trx"].amount.is_positive());
    assert_eq!(logins(&simulator), 1, "only the one that was asked for");
}

#[tokio::test]
async fn a_payment_is_estimated_made_read_and_listed() {
    let (_simulator, client) = start().await;
    let from_to = (ticker("usd"), ticker("btc"));
    let estimate = GetEstimate {
        amount: amount("250.5"),
        currency_from: from_to.0.clone(),
        currency_to: from_to.1.clone(),
    };
    let estimate = client.send(&estimate).await.unwrap();
    assert_eq!((estimate.amount_from, estimate.currency_to), (amount("250.5"), from_to.1.clone()));
    assert!(estimate.estimated_amount.is_positive());
    let minimum = GetMinAmount {
        currency_from: from_to.1.clone(),
        currency_to: None,
        fiat_equivalent: Some(from_to.0.clone()),
        is_fixed_rate: None,
        is_fee_paid_by_user: None,
    };
    let minimum = client.send(&minimum).await.unwrap();
    assert!(minimum.min_amount.is_positive() && minimum.fiat_equivalent.unwrap().is_positive());

    let mut ids = Vec::new();
    for order in ["A-1", "A-2", "A-3"] {
        let new = CreatePayment::new(amount("250.5"), from_to.0.clone(), from_to.1.clone());
        let made = client.send(&CreatePayment { order_id: Some(order.to_owned()), ..new }).await.unwrap();
        assert_eq!((made.payment_status, made.price_amount), (PaymentStatus::Waiting, amount("250.5")));
        let read = client.send(&GetPayment { id: made.payment_id.clone() }).await.unwrap();
        assert_eq!(
            (&read.payment_id, read.order_id.as_deref(), read.pay_amount),
            (&made.payment_id, Some(order), made.pay_amount)
        );
        ids.push(read.payment_id);
    }
    let list = ListPayments { limit: 2, ..ListPayments::default() };
    let pages: Vec<_> = client.pages(list).map(Result::unwrap).collect().await;
    let mut listed: Vec<_> = pages.into_iter().flatten().map(|payment| payment.payment_id).collect();
    listed.sort();
    ids.sort();
    assert_eq!(listed, ids);
    let error = client.send(&GetPayment { id: "1".parse().unwrap() }).await.unwrap_err();
    assert!(error.refused().unwrap().is_not_found(), "{error}");
}

#[tokio::test]
async fn a_payout_is_checked_created_verified_and_found_again() {
    let (simulator, client) = start().await;
    let valid = ValidateAddress { address: ADDRESS.to_owned(), currency: ticker("trx"), extra_id: None };
    client.send(&valid).await.unwrap();
    let invalid = ValidateAddress { address: "T1".to_owned(), ..valid };
    let error = client.send(&invalid).await.unwrap_err();
    assert!(error.refused().unwrap().is_invalid_address(), "{error}");

    assert!(client.send(&GetPayoutMinimum { currency: ticker("trx") }).await.unwrap().is_positive());
    let fee =
        client.send(&GetPayoutFee { currency: ticker("trx"), amount: amount("12.345678") }).await.unwrap();
    assert_eq!(fee.currency, "trx");

    let batch = client.send(&payout("u-1")).await.unwrap();
    assert_eq!(batch.withdrawals[0].amount, amount("12.345678"));
    let wrong = simulator.totp_code_at(Utc::now() - TimeDelta::hours(5));
    let verify = |code: String| VerifyPayout { id: batch.id.clone(), verification_code: code.into() };
    let error = client.send(&verify(wrong)).await.unwrap_err();
    assert!(error.refused().unwrap().is_wrong_code() && error.outcome() == Outcome::NotDone, "{error}");
    client.send(&verify(simulator.code().code)).await.unwrap();

    let read = client.send(&GetPayout { id: batch.id.clone() }).await.unwrap();
    assert_eq!(read.id, batch.id);
    assert!(read.withdrawals[0].status.may_follow(&batch.withdrawals[0].status));
    let list = ListPayouts { batch_id: Some(batch.id.clone()), ..ListPayouts::default() };
    let pages: Vec<_> = client.pages(list).map(Result::unwrap).collect().await;
    let found: Vec<_> = pages.iter().flatten().map(|row| row.unique_external_id.as_deref()).collect();
    assert_eq!(found, [Some("u-1")]);
    assert_eq!(logins(&simulator), 1);
}

/// What became of the callbacks that the simulator has written.
fn verified(simulator: &Simulator) -> Vec<Result<Verified, CallbackError>> {
    let secret = simulator.credentials().ipn_secret.into();
    let callbacks = simulator.callbacks().into_iter();
    callbacks.map(|sent| callbacks::verify(sent.body.as_bytes(), &sent.signature.unwrap(), &secret)).collect()
}

#[tokio::test]
async fn the_callbacks_of_a_payment_tell_its_way() {
    let (simulator, client) = start().await;
    let new = CreatePayment {
        ipn_callback_url: Some("https://shop.example/ipn".to_owned()),
        order_description: Some("Täglich Kaffee — 1 kg".to_owned()),
        case: Some(SandboxCase::Success),
        ..CreatePayment::new(amount("60.5"), ticker("usd"), ticker("xlm"))
    };
    let id = client.send(&new).await.unwrap().payment_id;
    simulator.step(Duration::from_secs(3600));

    let mut told = Vec::new();
    for verified in verified(&simulator) {
        let verified = verified.unwrap();
        assert_eq!(verified.form(), Form::Raw);
        let Callback::Payment(callback) = Callback::read(&verified).unwrap() else {
            unreachable!("{}", verified.text())
        };
        assert_eq!(callback.payment_id, id);
        told.push(callback);
    }
    assert!(told.windows(2).all(|pair| pair[1].payment_status.may_follow(&pair[0].payment_status)));
    let last = told.last().unwrap();
    let (payment, read) = (last.payment().unwrap(), client.send(&GetPayment { id }).await.unwrap());
    assert_eq!(last.payment_status, PaymentStatus::Finished);
    assert_eq!(payment.payment_status, read.payment_status);
    assert_eq!((payment.actually_paid, payment.purchase_id), (read.actually_paid, read.purchase_id));
    assert_eq!((payment.price_amount, payment.outcome_amount), (read.price_amount, read.outcome_amount));
    assert_eq!(payment.order_description, new.order_description);
    assert!(last.fee().unwrap().is_some());
}

#[tokio::test]
async fn the_callbacks_of_a_payout_tell_its_way() {
    let (simulator, client) = start().await;
    let request =
        CreatePayout { ipn_callback_url: Some("https://shop.example/ipn".to_owned()), ..payout("u-1") };
    let batch = client.send(&request).await.unwrap();
    let code = simulator.code().code.into();
    client.send(&VerifyPayout { id: batch.id.clone(), verification_code: code }).await.unwrap();
    simulator.step(Duration::from_secs(3600));

    let mut told = Vec::new();
    for verified in verified(&simulator) {
        let verified = verified.unwrap();
        let Callback::Payout(callback) = Callback::read(&verified).unwrap() else {
            unreachable!("{}", verified.text())
        };
        assert_eq!((&callback.id, &callback.batch_withdrawal_id), (&batch.withdrawals[0].id, &batch.id));
        assert_eq!(callback.payout().unwrap().amount, amount("12.345678"));
        told.push(callback.status);
    }
    assert!(told.windows(2).all(|pair| pair[1].may_follow(&pair[0])), "{told:?}");
    assert_eq!(told.last(), Some(&PayoutStatus::Finished));
}

#[tokio::test]
async fn a_callback_that_was_touched_is_found_out_or_does_not_matter() {
    async fn check(fault: CallbackFault, expected: Result<Form, CallbackError>) {
        let (simulator, client) = start().await;
        simulator.set_callback_fault(CallbackRule {
            containing: None,
            skip: 0,
            times: None,
            fault: fault.clone(),
        });
        let request =
            CreatePayout { ipn_callback_url: Some("https://shop.example/ipn".to_owned()), ..payout("u-1") };
        client.send(&request).await.unwrap();
        let found = verified(&simulator).into_iter().map(|result| result.map(|verified| verified.form()));
        assert_eq!(found.collect::<Vec<_>>(), [expected], "{fault:?}");
    }
    check(CallbackFault::SignedUnsorted, Ok(Form::Raw)).await;
    check(CallbackFault::SentUnsorted, Ok(Form::Canonical)).await;
    let mismatch = || Err(CallbackError::Invalid(InvalidSignature::Mismatch));
    check(CallbackFault::Tampered, mismatch()).await;
    check(CallbackFault::Forged, mismatch()).await;
}

#[tokio::test]
async fn too_large_a_payout_is_refused_with_what_there_is() {
    let (_simulator, client) = start().await;
    let mut request = payout("u-1");
    request.withdrawals[0].amount = amount("99999999999");
    let error = client.send(&request).await.unwrap_err();
    let refused = error.refused().unwrap();
    assert!(refused.is_insufficient_balance() && error.outcome() == Outcome::NotDone, "{error}");
    assert_eq!(refused.shortages[0].currency, "trx");
}

#[tokio::test]
async fn a_token_that_the_api_takes_for_expired_is_renewed_once() {
    let (simulator, client) = start().await;
    client.send(&ListPayments::default()).await.unwrap();
    simulator.step(Duration::from_secs(301));
    client.send(&payout("u-1")).await.unwrap();
    assert_eq!((logins(&simulator), simulator.ledger().payouts.len()), (2, 1));
}

#[tokio::test]
async fn a_payout_whose_answer_is_lost_is_unknown_and_was_made_once() {
    for fault in [
        Fault::DropAfter,
        Fault::Truncated,
        Fault::Empty,
        Fault::ServerError { handled: true },
        Fault::BadGateway { handled: true },
    ] {
        let (simulator, client) = start().await;
        let rule = FaultRule {
            method: "POST".to_owned(),
            path: "/payout".to_owned(),
            skip: 0,
            times: None,
            fault: fault.clone(),
        };
        simulator.set_fault(rule);
        let error = client.send(&payout("u-1")).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{fault:?}: {error}");
        assert_eq!(simulator.ledger().payouts.len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_read_survives_passing_faults() {
    for fault in [
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::Truncated,
        Fault::ServerError { handled: false },
        Fault::BadGateway { handled: false },
    ] {
        let (simulator, client) = start().await;
        let rule = FaultRule {
            method: "GET".to_owned(),
            path: "*".to_owned(),
            skip: 0,
            times: Some(2),
            fault: fault.clone(),
        };
        simulator.set_fault(rule);
        client.send(&GetBalance {}).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
    }
}

#[tokio::test]
async fn a_wrong_key_a_wrong_password_and_a_strange_computer_are_told_apart() {
    let (simulator, client) = start().await;
    let given = simulator.credentials();
    let with = |api_key: &str, password: &str| {
        let login = Login { email: given.email.clone(), password: password.into() };
        let credentials = Credentials { api_key: api_key.into(), login: Some(login) };
        Client::new(simulator.url().parse().unwrap(), credentials).unwrap()
    };
    let error = with("WRONG", &given.password).send(&GetBalance {}).await.unwrap_err();
    assert!(error.refused().unwrap().is_wrong_key(), "{error}");
    let error = with(&given.api_key, "wrong").send(&payout("u-1")).await.unwrap_err();
    assert!(error.refused().unwrap().is_login_refused(), "{error}");
    simulator.set_switches(nowpayments_simulator::Switches {
        foreign_address: Some("203.0.113.9".to_owned()),
        ..Default::default()
    });
    let error = client.send(&GetBalance {}).await.unwrap_err();
    assert_eq!(error.refused().and_then(|refused| refused.computer_address()), Some([203, 0, 113, 9].into()));
    assert!(matches!(error, Error::Refused(_)));
}

#[tokio::test]
async fn the_clock_of_the_provider_is_seen() {
    let (simulator, _) = start().await;
    let behind = client(&simulator, Some(TimeDelta::minutes(-7)));
    behind.send(&GetStatus {}).await.unwrap();
    let offset = behind.clock_offset().unwrap();
    assert!((offset - TimeDelta::minutes(7)).abs() < TimeDelta::seconds(30), "{offset}");
}
