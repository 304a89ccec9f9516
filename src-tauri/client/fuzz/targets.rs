//! What is done with each input. The fuzzer runs it on inputs of its own; the test `fuzz` runs it on the seeds and on
//! bodies made up, so that it stays true between two runs of the fuzzer.

use std::{collections::BTreeMap, fmt::Debug, str::FromStr};

use hmac::{Hmac, KeyInit, Mac};
use nowpayments::{
    Amount, Call, Endpoint, Method, Refused,
    auth::{GetStatus, LogIn},
    balance::GetBalance,
    callbacks::{Callback, CallbackError, Form, InvalidSignature, UnreadableBody, Verified, verify},
    conversions::{CreateConversion, GetConversion, ListConversions},
    currencies::{GetCurrencies, GetFullCurrencies, GetMerchantCoins},
    custody::*,
    estimates::{GetEstimate, GetMinAmount},
    fiat_payouts::*,
    invoices::{CreateInvoice, CreateInvoicePayment},
    payments::{CreatePayment, GetPayment, ListPayments, RenewEstimate},
    payouts::*,
    subscriptions::*,
};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use sha2::Sha512;

const SECRET: &str = "secret";

/// Treats the input as the body of a callback, signed in every form.
pub(crate) fn callback(input: &[u8]) {
    let text = Form::Canonical.text(input);
    agrees_with_serde(input, text.as_ref());
    match (checked(input, input), &text) {
        (Ok(verified), Ok(_)) => {
            assert_eq!((verified.form(), verified.text().as_bytes()), (Form::Raw, input));
            read(&verified);
        }
        (Err(CallbackError::Unreadable { problem, signed }), Err(expected)) => {
            assert_eq!(&problem, expected);
            assert!(signed || problem == UnreadableBody::TooLarge, "{problem}");
        }
        (result, text) => panic!("{result:?}, but {text:?}"),
    }
    // Almost no input is the signature of anything; none is that of another text.
    if let Ok(header) = str::from_utf8(input) {
        assert!(verify(b"{}", header, &SECRET.into()).is_err());
    }
    let other = checked(input, &[input, b" "].concat());
    assert!(matches!(
        other,
        Err(CallbackError::Invalid(InvalidSignature::Mismatch)
            | CallbackError::Unreadable { signed: false, .. })
    ));

    let Ok(canonical) = text else { return };
    let documented = documented(input);
    assert!(
        says_the_same(str::from_utf8(input).unwrap_or_default(), &canonical) != Some(false),
        "{canonical}"
    );
    // A number can take more room than it took, and then the text is too large to be a body.
    if let Ok(again) = Form::Canonical.text(canonical.as_bytes()) {
        assert_eq!(again, canonical);
    }
    for signed in [&canonical, &documented] {
        match checked(input, signed.as_bytes()) {
            Ok(verified) if verified.form() == Form::Raw => assert_eq!(signed.as_bytes(), input),
            Ok(verified) => {
                assert_eq!(verified.text(), canonical);
                read(&verified);
            }
            Err(problem) => {
                assert!(
                    matches!(problem, CallbackError::Invalid(InvalidSignature::Respelled { .. })),
                    "{problem}"
                );
            }
        }
    }
}

fn documented(body: &[u8]) -> String {
    let text = Form::Documented.text(body).unwrap_or_else(|problem| panic!("in one form only: {problem}"));
    assert!(!text.starts_with('['), "{text}");
    text
}

/// Checks a body against the signature of a text.
fn checked(body: &[u8], signed: &[u8]) -> Result<Verified, CallbackError> {
    let hmac = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).map(|hmac| hmac.chain_update(signed));
    let bytes = hmac.unwrap_or_else(|problem| panic!("{problem}")).finalize().into_bytes();
    let signature: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    verify(body, &signature, &SECRET.into())
}

/// Reads all that there is to be read.
fn read(verified: &Verified) {
    let Ok(callback) = Callback::read(verified) else { return };
    assert_eq!(callback.key().is_none(), callback == Callback::Other);
    match &callback {
        Callback::Payment(payment) => {
            let _ = payment.fee();
            if let Ok(whole) = payment.payment() {
                assert_eq!(whole.payment_id, payment.payment_id);
                assert_eq!(whole.payment_status, payment.payment_status);
                assert_eq!(whole.actually_paid, payment.actually_paid);
            }
        }
        Callback::Payout(payout) => {
            if let Ok(whole) = payout.payout() {
                assert_eq!((&whole.id, &whole.status), (&payout.id, &payout.status));
            }
        }
        Callback::Recurring(_) | Callback::Other => {}
    }
}

/// What is JSON for us is JSON for `serde_json`, and the other way round but for what is refused.
fn agrees_with_serde(input: &[u8], text: Result<&String, &UnreadableBody>) {
    let Ok(body) = str::from_utf8(input) else { return };
    let is_json = serde_json::from_str::<IgnoredAny>(body).is_ok();
    match text {
        Ok(_) => assert!(is_json, "{body}"),
        Err(UnreadableBody::NotJson { .. }) => assert!(!is_json, "{body}"),
        Err(_) => {}
    }
}

/// Whether two JSON texts say the same: `None` when `serde_json` cannot tell, since a string is no text.
fn says_the_same(one: &str, other: &str) -> Option<bool> {
    let (one, other) = (one.trim_ascii(), other.trim_ascii());
    Some(match one.as_bytes().first()? {
        b'{' => {
            let one: BTreeMap<String, &RawValue> = serde_json::from_str(one).ok()?;
            let other: BTreeMap<String, &RawValue> = serde_json::from_str(other).ok()?;
            let mut same = one.keys().eq(other.keys());
            for (one, other) in one.values().zip(other.values()) {
                same = same && says_the_same(one.get(), other.get())?;
            }
            same
        }
        b'[' => {
            let one: Vec<&RawValue> = serde_json::from_str(one).ok()?;
            let other: Vec<&RawValue> = serde_json::from_str(other).ok()?;
            let mut same = one.len() == other.len();
            for (one, other) in one.iter().zip(&other) {
                same = same && says_the_same(one.get(), other.get())?;
            }
            same
        }
        b'"' => serde_json::from_str::<String>(one).ok()? == serde_json::from_str::<String>(other).ok()?,
        b'n' | b't' | b'f' => one == other,
        _ => one.parse::<f64>().ok()? == other.parse::<f64>().ok()?,
    })
}

/// Treats the input as the answer to a call, which its first byte chooses: `A` the first of [`READERS`].
pub(crate) fn answers(input: &[u8]) {
    if let [first, body @ ..] = input {
        let (_, read) = READERS[usize::from(first.wrapping_sub(b'A')) % READERS.len()];
        read(body);
    }
}

/// Reads an answer, and returns whether it is one.
type Reader = fn(&[u8]) -> bool;

macro_rules! readers {
    ($($request:expr),+ $(,)?) => {
        &[$((stringify!($request), |body| reads(&$request, body))),+, ("a refusal", is_refusal)]
    };
}

/// Every call, in the order of the documentation, each with any parameters, and the refusal of any. A new one wants a seed
/// as well.
pub(crate) const READERS: &[(&str, Reader)] = readers![
    GetStatus {},
    LogIn { email: "", password: &"".into() },
    GetCurrencies::default(),
    GetFullCurrencies {},
    GetMerchantCoins::default(),
    GetMinAmount {
        currency_from: any("btc"),
        currency_to: None,
        fiat_equivalent: None,
        is_fixed_rate: None,
        is_fee_paid_by_user: None,
    },
    GetEstimate { amount: Amount::from(1), currency_from: any("btc"), currency_to: any("eur") },
    CreatePayment::new(Amount::from(1), any("eur"), any("btc")),
    RenewEstimate { id: any("1") },
    GetPayment { id: any("1") },
    ListPayments::default(),
    CreateInvoice::new(Amount::from(1), any("eur")),
    CreateInvoicePayment::new(any("1"), any("btc")),
    GetBalance {},
    ValidateAddress { address: String::new(), currency: any("btc"), extra_id: None },
    CreatePayout::default(),
    VerifyPayout { id: any("1"), verification_code: "1".into() },
    GetPayout { id: any("1") },
    ListPayouts::default(),
    GetPayoutMinimum { currency: any("btc") },
    GetPayoutFee { currency: any("btc"), amount: Amount::from(1) },
    CancelPayout { id: any("1") },
    CancelPayoutBatch { id: any("1") },
    CreateConversion { amount: Amount::from(1), from_currency: any("btc"), to_currency: any("trx") },
    GetConversion { id: any("1") },
    ListConversions::default(),
    CreateCustodyUser { name: any("ann") },
    GetCustodyBalance { id: any("1") },
    ListCustodyUsers::default(),
    ListTransfers::default(),
    GetTransfer { id: any("1") },
    CreateTransfer { currency: any("trx"), amount: Amount::from(1), from_id: any("1"), to_id: any("2") },
    CreateCustodyPayment::new(any("trx"), Amount::from(1), any("1")),
    ListCustodyPayments::default(),
    CreateDeposit { currency: any("trx"), amount: Amount::from(1), user_id: any("1") },
    CreateWriteOff { currency: any("trx"), amount: Amount::from(1), user_id: any("1") },
    CreatePlan::new(String::new(), 30, Amount::from(1), any("usd")),
    UpdatePlan::new(any("1")),
    GetPlan { id: any("1") },
    ListPlans::default(),
    Subscribe { plan_id: any("1"), subscriber: Subscriber::User(any("1")) },
    ListSubscriptions::default(),
    GetSubscription { id: any("1") },
    DeleteSubscription { id: any("1") },
    GetFiatProviders {},
    GetFiatCurrencies {},
    GetFiatPayoutCoins::default(),
    GetFiatPaymentMethods::default(),
    CreateFiatAccount {
        currency: any("eur"),
        payment_code: String::new(),
        fields: BTreeMap::new(),
        provider: String::new(),
        country_code: String::new(),
    },
    ListFiatAccounts::default(),
    CreateFiatPayout {
        fiat_currency: any("eur"),
        crypto_currency: any("trx"),
        amount: Amount::from(1),
        provider: String::new(),
    },
    ListFiatPayouts::default(),
];

/// Reads the body of a refusal and asks it everything.
fn is_refusal(body: &[u8]) -> bool {
    let mut from_api = false;
    for path in ["payout/1/verify", "auth", "balance"] {
        for status in [400, 401, 403, 404, 429, 500, 503] {
            let call = Call { method: Method::POST, path: path.to_owned() };
            let refused = Refused::read(call, status, body);
            assert!(!refused.message.is_empty(), "a refusal without a word");
            assert!(refused.computer_address().is_none() || refused.is_computer_not_allowed());
            assert!(!refused.is_out_of_attempts() || refused.is_wrong_code());
            assert!(!(refused.is_wrong_key() && refused.is_expired_login()));
            let _ = (refused.minimum(), refused.is_login_refused(), refused.is_recipient_not_allowed());
            assert!(!format!("{refused:?} {refused}").is_empty());
            from_api = refused.from_api;
        }
    }
    from_api
}

fn any<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap_or_else(|problem| panic!("{problem:?}"))
}

fn reads<E: Endpoint<Response: Debug>>(request: &E, body: &[u8]) -> bool {
    match request.read(body) {
        Ok(answer) => !format!("{answer:?}").is_empty(),
        Err(problem) => {
            assert!(!problem.message.is_empty(), "an error without a word");
            false
        }
    }
}
