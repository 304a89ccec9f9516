//! Fiat payouts: coins of the shop's balance that a provider pays out to a bank account. Everything is in camel case
//! here.
//!
//! The coins are set aside when the payout is requested, and leave when it has finished; if it fails they come back.
//! An account cannot be changed and requests do not name one, so that there is one for each currency of a provider.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::amount::Amount;
use crate::api::{Answer, Call, Outcome, Refusal};
use crate::coins::{self, Coin};
use crate::currencies::unknown;
use crate::ledger::Cause;
use crate::roll::{Entry, Roll};
use crate::wire::{Fields, Object, object, stamp};
use crate::world::{Event, World};

/// The only provider that was ever seen.
const PROVIDER: &str = "transfi";

/// What the provider keeps, in thousandths.
const SHARE: i64 = 15;

/// A currency that is paid out.
struct Fiat {
    code: &'static str,
    /// In USD, if it is none of those that can be estimated.
    price: Option<Amount>,
    is_enabled: bool,
}

const FIATS: &[Fiat] = &[
    Fiat { code: "EUR", price: None, is_enabled: true },
    Fiat { code: "IDR", price: Some(Amount::scaled(599, 7)), is_enabled: true },
    Fiat { code: "INR", price: Some(Amount::scaled(1_113, 5)), is_enabled: true },
    Fiat { code: "MYR", price: Some(Amount::scaled(2_421, 4)), is_enabled: true },
    Fiat { code: "PHP", price: Some(Amount::scaled(1_698, 5)), is_enabled: true },
    Fiat { code: "THB", price: Some(Amount::scaled(3_086, 5)), is_enabled: false },
];

/// The coins that are taken.
const COINS: [&str; 6] = ["USDC", "USDTERC20", "USDTTRC20", "BTC", "ETH", "BNBBSC"];

/// The coin that needs no conversion on its way.
const UNCONVERTED: &str = "usdttrc20";

/// A way to pay out a currency, and what must be known of the account.
struct Method {
    code: &'static str,
    name: &'static str,
    currency: &'static str,
    fields: &'static [Field],
}

struct Field {
    name: &'static str,
    is_mandatory: bool,
    description: &'static str,
}

const fn needed(name: &'static str, description: &'static str) -> Field {
    Field { name, is_mandatory: true, description }
}

const ACCOUNT_NUMBER: Field = needed("accountNumber", "Beneficiary account number");
const NUMBER: &[Field] = &[ACCOUNT_NUMBER];

const METHODS: &[Method] = &[
    Method {
        code: "sepa_bank",
        name: "SEPA Bank Transfer",
        currency: "EUR",
        fields: &[
            needed("iban", "Beneficiary IBAN"),
            Field { name: "swiftbic", is_mandatory: false, description: "Beneficiary bank's SWIFT or BIC" },
        ],
    },
    Method { code: "id_bca", name: "Bank Central Asia", currency: "IDR", fields: NUMBER },
    Method { code: "id_mandiri", name: "Bank Mandiri", currency: "IDR", fields: NUMBER },
    Method {
        code: "in_imps",
        name: "IMPS Bank Transfer",
        currency: "INR",
        fields: &[ACCOUNT_NUMBER, needed("ifsc", "Beneficiary bank's IFSC")],
    },
    Method { code: "my_maybank", name: "Malayan Banking Berhad", currency: "MYR", fields: NUMBER },
    Method { code: "ph_aib", name: "Al-Amanah Islamic Bank", currency: "PHP", fields: NUMBER },
    Method { code: "ph_mega", name: "Mega Intl Comml Bank Co Ltd", currency: "PHP", fields: NUMBER },
    Method { code: "ph_onb", name: "Bdo Network Bank", currency: "PHP", fields: NUMBER },
];

/// Where a fiat payout stands; upper case on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Queued. The answer to the request itself says `NEW`.
    Creating,
    /// Being converted to USDT on Tron; skipped when that is what was taken.
    Converting,
    /// On its way to the provider.
    Depositing,
    /// The provider is paying.
    Processing,
    /// The money is in the bank account.
    Finished,
    /// It is not, and the coins are back.
    Failed,
}

impl Status {
    const WORDS: [&str; 6] = ["CREATING", "CONVERTING", "DEPOSITING", "PROCESSING", "FINISHED", "FAILED"];

    fn is_final(self) -> bool {
        self >= Self::Finished
    }

    fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// One request to pay out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiatPayout {
    /// The payout's id.
    pub id: u64,
    /// Where it stands.
    pub status: Status,
    /// Ticker of what is taken, lower case.
    pub currency: String,
    /// How much is taken, in the coin.
    pub amount: Amount,
    /// The currency that is paid out, upper case.
    pub fiat_currency: String,
    /// How much of it, once it is known.
    pub fiat_amount: Option<Amount>,
    /// The provider's id, once it has one.
    pub request_id: Option<u64>,
    /// How the account is paid.
    pub payment_code: String,
    /// Account number or IBAN.
    pub account_number: String,
    /// What went wrong.
    pub error: Option<String>,
    /// When it was requested.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A bank account of the shop's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BankAccount {
    /// Counted from one, unlike all others.
    id: u64,
    /// The provider's id.
    provider_id: u64,
    /// Upper case.
    currency: String,
    country: String,
    payment_code: String,
    /// What the caller sent, as it was sent.
    fields: BTreeMap<String, Box<RawValue>>,
    number: String,
    created: DateTime<Utc>,
}

/// All accounts and requests.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct FiatPayouts {
    accounts: Vec<BankAccount>,
    pub(crate) requests: Roll<FiatPayout>,
}

impl Entry for FiatPayout {
    fn id(&self) -> u64 {
        self.id
    }
}

/// The bank account for a currency, written in upper case.
pub(crate) fn account(world: &World, currency: &str) -> Option<BankAccount> {
    world.fiat_payouts.accounts.iter().find(|account| account.currency == currency).cloned()
}

/// Adds a bank account.
pub(crate) fn add_account(
    world: &mut World,
    currency: &str,
    country: &str,
    payment_code: &str,
    fields: BTreeMap<String, Box<RawValue>>,
) -> BankAccount {
    let id = world.fiat_payouts.accounts.len() as u64 + 1;
    let provider_id = world.stream("bank account", id).random_range(1_000_000_000..9_999_999_999);
    let text = |name: &str| serde_json::from_str::<String>(fields.get(name)?.get()).ok();
    let account = BankAccount {
        id,
        provider_id,
        currency: currency.to_owned(),
        country: country.to_owned(),
        payment_code: payment_code.to_owned(),
        number: text("accountNumber").or_else(|| text("iban")).unwrap_or_default(),
        fields,
        created: world.now,
    };
    world.fiat_payouts.accounts.push(account.clone());
    account
}

/// Sets the coins aside and lets the payout go its way, in about a minute. None if there is not enough of the coin.
pub(crate) fn open(
    world: &mut World,
    account: &BankAccount,
    coin: &'static Coin,
    amount: Amount,
    rng: &mut impl Rng,
) -> Option<u64> {
    if world.ledger.balance(&coin.lower) < amount {
        return None;
    }
    let id = world.fiat_payouts.requests.new_id(rng);
    let request = FiatPayout {
        id,
        status: Status::Creating,
        currency: coin.lower.clone(),
        amount,
        fiat_currency: account.currency.clone(),
        fiat_amount: None,
        request_id: None,
        payment_code: account.payment_code.clone(),
        account_number: account.number.clone(),
        error: None,
        created_at: world.now,
        updated_at: world.now,
    };
    world.fiat_payouts.requests.add(request);
    world.record_for(None, Cause::Reserved, &coin.lower, amount, id);
    for (status, range) in [
        (Status::Converting, 2_000..4_000),
        (Status::Depositing, 8_000..12_000),
        (Status::Processing, 16_000..24_000),
        (Status::Finished, 40_000..70_000),
    ] {
        let delay = Duration::milliseconds(rng.random_range(range));
        if status != Status::Converting || coin.lower != UNCONVERTED {
            world.after(delay, Event::FiatPayout(id, status));
        }
    }
    Some(id)
}

/// A step of the agenda. One that comes too late does nothing.
pub(crate) fn happen(world: &mut World, id: u64, status: Status) {
    let request = world.fiat_payouts.requests.get(id);
    if request.is_some_and(|request| !request.status.is_final() && request.status < status) {
        change(world, id, status);
    }
}

/// Changes a payout that is not final and moves its coins.
fn change(world: &mut World, id: u64, status: Status) {
    let now = world.now;
    let request_id = world.stream("provider", id).random_range(1_000_000_000..9_999_999_999);
    let Some(request) = world.fiat_payouts.requests.get_mut(id) else { return };
    request.status = status;
    request.updated_at = now;
    if matches!(status, Status::Depositing | Status::Processing | Status::Finished) {
        request.request_id.get_or_insert(request_id);
        request.fiat_amount = request.fiat_amount.or_else(|| {
            let dollars = coins::convert(request.amount, &request.currency, "usd", now)?;
            let fiat = FIATS.iter().find(|fiat| fiat.code == request.fiat_currency)?;
            let price = fiat.price.or_else(|| coins::price(fiat.code, now))?;
            Some(dollars.times(Amount::scaled(1_000 - SHARE, 3)).over(price).cut(2))
        });
    }
    request.error = (status == Status::Failed).then(|| "Payout was declined by the provider".to_owned());
    let cause = match status {
        Status::Finished => Cause::CashedOut,
        Status::Failed => Cause::Released,
        _ => return,
    };
    let (currency, amount) = (request.currency.clone(), request.amount);
    world.record_for(None, cause, &currency, amount, id);
}

/// Puts a payout into a status, as the control interface asks, and moves its coins.
///
/// # Errors
/// The reason why this cannot be.
pub(crate) fn force(world: &mut World, id: u64, status: Status) -> Result<(), &'static str> {
    let request = world.fiat_payouts.requests.get(id).ok_or("no such fiat payout")?;
    if request.status.is_final() {
        return Err("the fiat payout has already ended");
    }
    if status <= request.status {
        return Err("a fiat payout only moves forward");
    }
    change(world, id, status);
    Ok(())
}

impl BankAccount {
    fn display_name(&self, owner: &str) -> String {
        let method = self.payment_code.replace('_', " ").to_uppercase();
        format!("Partner {owner} {} {method} account", self.currency)
    }

    /// As the list shows it: without any id.
    fn form(&self, owner: &str) -> Object {
        object! {
            "provider": PROVIDER,
            "fiatCurrencyCode": self.currency,
            "providerAccountInfo": object! {
                "currency": self.currency,
                "displayName": self.display_name(owner),
                "paymentCode": self.payment_code,
                "accountNumber": self.number,
            },
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.created),
        }
    }

    /// As it is shown when it is made: with all that the provider knows of it.
    fn created_form(&self, partner: &str, owner: &str) -> Object {
        let (created, provider_id) = (stamp(self.created), self.provider_id.to_string());
        let last =
            self.number.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect::<String>();
        object! {
            "id": self.id.to_string(),
            "partnerId": partner,
            "provider": PROVIDER,
            "fiatCurrencyCode": self.currency,
            "countryCode": self.country,
            "providerAccountId": provider_id,
            "providerAccountInfo": object! {
                "__v": 0,
                "_id": provider_id,
                "paId": provider_id,
                "type": "bank_transfer",
                "status": "active",
                "country": self.country,
                "currency": self.currency,
                "metaData": self.fields,
                "createdAt": created,
                "updatedAt": created,
                "displayName": self.display_name(owner),
                "last4Digits": last,
                "paymentCode": self.payment_code,
                "accountNumber": self.number,
            },
            "createdAt": created,
            "updatedAt": created,
        }
    }
}

impl FiatPayout {
    /// Amounts and ids are strings.
    fn form(&self, status: &str) -> Object {
        object! {
            "id": self.id.to_string(),
            "provider": PROVIDER,
            "requestId": self.request_id.map(|id| id.to_string()),
            "status": status,
            "fiatCurrencyCode": self.fiat_currency,
            "fiatAmount": self.fiat_amount,
            "cryptoCurrencyCode": self.currency.to_uppercase(),
            "cryptoCurrencyAmount": self.amount,
            "fiatAccountCode": self.payment_code,
            "fiatAccountNumber": self.account_number,
            "payoutDescription": (),
            "error": self.error,
            "createdAt": stamp(self.created_at),
            "updatedAt": stamp(self.updated_at),
        }
    }
}

/// Whether a parameter is absent or says this, in any case.
fn admits(call: &Call, name: &str, value: &str) -> bool {
    call.parameter(name).is_none_or(|wanted| wanted.eq_ignore_ascii_case(value))
}

/// A catalogue, which is empty for another provider.
fn catalogue(call: &Call, rows: impl Iterator<Item = Object>) -> Outcome {
    let rows: Vec<_> = rows.filter(|_| admits(call, "provider", PROVIDER)).collect();
    Ok(Answer::result(&rows))
}

pub(crate) fn providers(_: &mut World, call: &Call) -> Outcome {
    let row = object! { "code": PROVIDER, "name": "TransFi", "enabled": true };
    catalogue(call, [row].into_iter())
}

pub(crate) fn fiat_currencies(_: &mut World, call: &Call) -> Outcome {
    let row =
        |fiat: &Fiat| object! { "provider": PROVIDER, "currencyCode": fiat.code, "enabled": fiat.is_enabled };
    catalogue(call, FIATS.iter().map(row))
}

pub(crate) fn crypto_currencies(_: &mut World, call: &Call) -> Outcome {
    let coins = COINS.into_iter().filter_map(coins::find);
    let row = |coin: &Coin| {
        object! {
            "provider": PROVIDER, "currencyCode": coin.code, "currencyNetwork": coin.network, "enabled": true,
        }
    };
    catalogue(call, coins.filter(|coin| admits(call, "currency", coin.code)).map(row))
}

pub(crate) fn payment_methods(_: &mut World, call: &Call) -> Outcome {
    let field = |field: &Field| {
        object! {
            "name": field.name, "type": "String", "mandatory": field.is_mandatory,
            "description": field.description,
        }
    };
    let row = |method: &Method| {
        let fields: Vec<_> = method.fields.iter().map(field).collect();
        object! {
            "name": method.name, "paymentCode": method.code, "fields": fields, "provider": PROVIDER,
        }
    };
    let methods = METHODS.iter().filter(|method| admits(call, "currency", method.currency));
    catalogue(call, methods.map(row))
}

/// `provider`, and a fiat currency under this name, in upper case.
fn destination(fields: &mut Fields, currency: &str) -> Result<String, Refusal> {
    let provider = fields.text("provider")?;
    let provider = fields.required("provider", provider)?;
    let code = fields.text(currency)?;
    let code = fields.required(currency, code)?.to_uppercase();
    if provider != PROVIDER {
        return fields.refuse("provider", &format!("must be one of [{PROVIDER}]"));
    }
    Ok(code)
}

fn check_fiat(code: &str) -> Result<(), Refusal> {
    let is_paid_out = FIATS.iter().any(|fiat| fiat.code == code && fiat.is_enabled);
    if is_paid_out { Ok(()) } else { Err(unknown(code)) }
}

/// All parameters are mandatory; of the fields, those that the payment method says. Fields that it does not name are
/// handed to the provider as they are.
pub(crate) fn create_account(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let currency = destination(&mut fields, "currency")?;
    let code = fields.text("paymentCode")?;
    let code = fields.required("paymentCode", code)?;
    let country = fields.text("countryCode")?;
    let country = fields.required("countryCode", country)?.to_uppercase();
    if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return fields.refuse("countryCode", "must be a code of two letters");
    }
    let details = fields.object("fields")?;
    let mut details = fields.required("fields", details)?;
    fields.finish()?;
    check_fiat(&currency)?;
    let methods = METHODS.iter().filter(|method| method.currency == currency);
    let Some(method) = methods.clone().find(|method| method.code == code) else {
        let codes: Vec<_> = methods.map(|method| method.code).collect();
        return Err(Refusal::params(format!("paymentCode must be one of [{}]", codes.join(", "))));
    };
    let as_sent = details.as_sent();
    for field in method.fields {
        let value = details.text(field.name)?;
        if field.is_mandatory {
            details.required(field.name, value)?;
        }
    }
    if account(world, &currency).is_some() {
        return Err(Refusal::bad_request("account already exist"));
    }
    let (partner, owner) = (world.access.account.clone(), world.access.email.clone());
    let account = add_account(world, &currency, &country, &code, as_sent);
    Ok(Answer::result(&account.created_form(&partner, &owner)))
}

/// Lists are in `result.rows`, without a count.
fn rows<T>(call: &Call, chosen: Vec<T>, form: impl Fn(T) -> Object) -> Outcome {
    let (limit, page) = call.paging(10)?;
    let rows: Vec<_> = chosen.into_iter().skip(page.saturating_mul(limit)).take(limit).map(form).collect();
    Ok(Answer::result(&object! { "rows": rows }))
}

/// Newest first unless asked otherwise.
pub(crate) fn accounts(world: &mut World, call: &Call) -> Outcome {
    let ids = call.ids("id")?;
    let (from, to) = (call.date("dateFrom")?, call.date("dateTo")?);
    let owner = &world.access.email;
    let mut chosen: Vec<_> = world
        .fiat_payouts
        .accounts
        .iter()
        .filter(|account| ids.is_empty() || ids.contains(&account.id))
        .filter(|account| admits(call, "provider", PROVIDER) && admits(call, "currency", &account.currency))
        .filter(|account| from.is_none_or(|from| account.created >= from))
        .filter(|account| to.is_none_or(|to| account.created <= to))
        .filter(|account| {
            contains(call, &[&account.display_name(owner), &account.number, &account.payment_code])
        })
        .collect();
    match call.parameter("sortBy").unwrap_or("createdAt") {
        "id" | "createdAt" | "updatedAt" => {}
        _ => return Err(Refusal::internal()),
    }
    if !call.is_ascending("orderBy")? {
        chosen.reverse();
    }
    rows(call, chosen, |account| account.form(owner))
}

/// Whether one of the texts has the text of `filter` in it.
fn contains(call: &Call, texts: &[&str]) -> bool {
    let wanted = call.parameter("filter").map(str::to_lowercase);
    wanted.is_none_or(|wanted| texts.iter().any(|text| text.to_lowercase().contains(&wanted)))
}

/// The amount is in the coin. The answer says `NEW`, a status that is never seen again.
pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let fiat = destination(&mut fields, "fiatCurrency")?;
    let code = fields.text("cryptoCurrency")?;
    let code = fields.required("cryptoCurrency", code)?;
    let amount = fields.amount("amount")?;
    let (amount, _) = fields.required("amount", amount)?;
    fields.finish()?;
    check_fiat(&fiat)?;
    let coin = coins::find(&code).filter(|coin| COINS.contains(&coin.code)).ok_or_else(|| unknown(&code))?;
    let account = account(world, &fiat).ok_or_else(|| Refusal::not_found("account not found"))?;
    let mut rng = world.stream("fiat payout", world.fiat_payouts.requests.count());
    let id = open(world, &account, coin, amount, &mut rng);
    let id = id.ok_or_else(|| Refusal::bad_request("Insufficient balance"))?;
    let request = world.fiat_payouts.requests.get(id).ok_or_else(Refusal::internal)?;
    Ok(Answer::result(&request.form("NEW")))
}

/// Newest first unless asked otherwise.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let ids = call.ids("id")?;
    let (requests, payouts) = (call.ids("requestId")?, call.ids("provider_payout_id")?);
    let (from, to) = (call.date("dateFrom")?, call.date("dateTo")?);
    let is_of = |ids: &[u64], id: Option<u64>| ids.is_empty() || id.is_some_and(|id| ids.contains(&id));
    let mut chosen: Vec<_> = world
        .fiat_payouts
        .requests
        .all()
        .iter()
        .filter(|request| is_of(&ids, Some(request.id)))
        .filter(|request| is_of(&requests, request.request_id) && is_of(&payouts, request.request_id))
        .filter(|request| admits(call, "provider", PROVIDER) && admits(call, "status", request.status.word()))
        .filter(|request| admits(call, "fiatCurrency", &request.fiat_currency))
        .filter(|request| admits(call, "cryptoCurrency", &request.currency))
        .filter(|request| from.is_none_or(|from| request.created_at >= from))
        .filter(|request| to.is_none_or(|to| request.created_at <= to))
        .filter(|request| {
            let request_id = request.request_id.map(|id| id.to_string()).unwrap_or_default();
            contains(call, &[&request.id.to_string(), &request_id, &request.account_number])
        })
        .collect();
    match call.parameter("sortBy").unwrap_or("createdAt") {
        "id" => chosen.sort_by_key(|request| request.id),
        "createdAt" => {}
        "updatedAt" => chosen.sort_by_key(|request| request.updated_at),
        "status" => chosen.sort_by_key(|request| request.status.word()),
        _ => return Err(Refusal::internal()),
    }
    if !call.is_ascending("orderBy")? {
        chosen.reverse();
    }
    rows(call, chosen, |request| request.form(request.status.word()))
}
