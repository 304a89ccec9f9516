//! What each endpoint puts on the wire: method, path, query, body, and how it shows who calls.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use nowpayments::{
    Access, Amount, Client, Endpoint, Error, Order, Outcome, Paged, Ticker,
    auth::{GetStatus, LogIn},
    balance::GetBalance,
    conversions::*,
    currencies::{GetCurrencies, GetFullCurrencies, GetMerchantCoins},
    custody::*,
    estimates::{GetEstimate, GetMinAmount},
    fiat_payouts::*,
    invoices::*,
    payments::*,
    payouts::*,
    subscriptions::*,
};

use crate::{
    server::{KEY, PASSWORD, Server, json},
    with_login,
};

const PAYMENT: &str = r#"{"payment_id": "7", "payment_status": "waiting", "price_amount": 1, "price_currency": "usd",
    "pay_currency": "btc"}"#;
const BATCH: &str = r#"{"id": "7", "withdrawals": []}"#;
const CONVERSION: &str = r#"{"result": {"id": "7", "status": "WAITING", "from_currency": "TRX", "to_currency": "ETH",
    "from_amount": 1, "to_amount": null}}"#;
const USER: &str = r#"{"result": {"id": "7", "name": "ann"}}"#;
const TRANSFER: &str = r#"{"result": {"id": "7", "from_sub_id": "1", "to_sub_id": "2", "status": "WAITING",
    "amount": "1", "currency": "trx"}}"#;
const PLAN: &str =
    r#"{"result": {"id": "7", "title": "beans", "interval_day": "30", "amount": 1, "currency": "USD"}}"#;
const SUBSCRIPTION: &str =
    r#"{"result": [{"id": "7", "subscription_plan_id": "8", "is_active": false, "status": "WAITING_PAY"}]}"#;
const FIAT_PAYOUT: &str = r#"{"result": {"id": "7", "provider": "transfi", "status": "NEW", "fiatCurrencyCode": "EUR",
    "cryptoCurrencyCode": "TRX"}}"#;
const NOTHING: &str = r#"{"result": [], "count": 0}"#;

fn ticker(text: &str) -> Ticker {
    text.parse().unwrap()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn time() -> Option<DateTime<Utc>> {
    Some("2026-01-02T03:04:05.678Z".parse().unwrap())
}

/// A server that answers everybody alike, and a client of it.
struct Wire {
    server: Server,
    client: Client,
    answer: Arc<Mutex<(u16, &'static str)>>,
}

impl Wire {
    async fn new() -> Self {
        let answer = Arc::new(Mutex::new((200, "")));
        let now = Arc::clone(&answer);
        let server = with_login(move |_, _| {
            let (status, body) = *now.lock().unwrap();
            json(status, body)
        })
        .await;
        let client = server.client();
        Self { server, client, answer }
    }

    async fn send<E: Endpoint>(
        &self,
        request: &E,
        status: u16,
        answer: &'static str,
    ) -> Result<E::Response, Error> {
        *self.answer.lock().unwrap() = (status, answer);
        self.client.send(request).await
    }

    /// Sends a request, which is answered with 200 and this body, and looks at what has arrived.
    async fn check<E: Endpoint>(
        &self,
        request: E,
        answer: &'static str,
        access: Access,
        line: &str,
        body: &str,
    ) {
        let result = self.send(&request, 200, answer).await;
        assert!(result.is_ok(), "{line}: {}", result.err().unwrap());
        let seen = self.server.seen();
        let seen = seen.last().unwrap();
        assert_eq!((seen.line.as_str(), seen.body.as_str()), (line, body));
        assert_eq!(E::ACCESS, access, "{line}");
        let (key, login) = match access {
            Access::Open => (None, None),
            Access::Key => (Some(KEY), None),
            Access::Login => (None, Some("Bearer token-0-secret")),
            Access::KeyAndLogin => (Some(KEY), Some("Bearer token-0-secret")),
        };
        assert_eq!((seen.header("x-api-key"), seen.header("authorization")), (key, login), "{line}");
        let kind = (!body.is_empty()).then_some("application/json");
        assert_eq!(seen.header("content-type"), kind, "{line}");
        let origin = request.origin_ip().map(|address| address.to_string());
        assert_eq!(seen.header("origin-ip"), origin.as_deref(), "{line}");
    }
}

#[tokio::test]
async fn service_and_coins() {
    let wire = Wire::new().await;
    wire.check(GetStatus {}, r#"{"message": "OK"}"#, Access::Open, "GET /v1/status", "").await;
    let password = PASSWORD.into();
    let login = LogIn { email: "ann@shop.example", password: &password };
    let body = r#"{"email":"ann@shop.example","password":"correct horse secret"}"#;
    wire.check(login, r#"{"token": "t"}"#, Access::Open, "POST /v1/auth", body).await;
    let coins = r#"{"currencies": []}"#;
    wire.check(GetCurrencies::default(), coins, Access::Key, "GET /v1/currencies", "").await;
    wire.check(GetFullCurrencies {}, coins, Access::Key, "GET /v1/full-currencies", "").await;
    let request = GetMerchantCoins { fixed_rate: Some(false) };
    let answer = r#"{"selectedCurrencies": ["BTC"]}"#;
    wire.check(request, answer, Access::Key, "GET /v1/merchant/coins?fixed_rate=false", "").await;
}

#[tokio::test]
async fn estimates() {
    let wire = Wire::new().await;
    let request = GetMinAmount {
        currency_from: ticker("ETH"),
        currency_to: Some(ticker("trx")),
        fiat_equivalent: Some(ticker("usd")),
        is_fixed_rate: Some(true),
        is_fee_paid_by_user: Some(false),
    };
    let answer = r#"{"currency_from": "eth", "min_amount": "0.0078999"}"#;
    let line = "GET /v1/min-amount?currency_from=eth&currency_to=trx&fiat_equivalent=usd&is_fixed_rate=true&is_fee_paid_by_user=false";
    wire.check(request, answer, Access::Key, line, "").await;
    let request =
        GetEstimate { amount: amount("3999.50"), currency_from: ticker("usd"), currency_to: ticker("btc") };
    let answer =
        r#"{"currency_from": "usd", "amount_from": 1, "currency_to": "btc", "estimated_amount": "1"}"#;
    let line = "GET /v1/estimate?amount=3999.5&currency_from=usd&currency_to=btc";
    wire.check(request, answer, Access::Key, line, "").await;
}

#[tokio::test]
async fn payments() {
    let wire = Wire::new().await;
    let new = CreatePayment::new(amount("0.10"), ticker("USD"), ticker("eur"));
    let request = CreatePayment { origin_ip: Some([203, 0, 113, 9].into()), ..new };
    let body = r#"{"price_amount":0.1,"price_currency":"usd","pay_currency":"eur"}"#;
    wire.check(request, PAYMENT, Access::Key, "POST /v1/payment", body).await;
    wire.check(GetPayment { id: id("7") }, PAYMENT, Access::Key, "GET /v1/payment/7", "").await;
    let answer = r#"{"id": "7", "token_id": "1", "pay_amount": 0.5}"#;
    let line = "POST /v1/payment/7/update-merchant-estimate";
    wire.check(RenewEstimate { id: id("7") }, answer, Access::Key, line, "").await;
    let list = ListPayments { limit: 10, invoice_id: Some(id("55")), ..ListPayments::default() };
    let line = "GET /v1/payment/?limit=10&page=0&invoiceId=55";
    wire.check(list, r#"{"data": []}"#, Access::KeyAndLogin, line, "").await;
}

#[tokio::test]
async fn invoices() {
    let wire = Wire::new().await;
    let request = CreateInvoice {
        order_id: Some("A-1".to_owned()),
        ..CreateInvoice::new(amount("1000"), ticker("usd"))
    };
    let answer =
        r#"{"id": "7", "invoice_url": "https://pay.example", "price_amount": "1", "price_currency": "usd"}"#;
    let body = r#"{"price_amount":1000,"price_currency":"usd","order_id":"A-1"}"#;
    wire.check(request, answer, Access::Key, "POST /v1/invoice", body).await;
    let request = CreateInvoicePayment {
        origin_ip: Some("2001:db8::9".parse().unwrap()),
        ..CreateInvoicePayment::new(id("7"), ticker("btc"))
    };
    let body = r#"{"iid":7,"pay_currency":"btc"}"#;
    wire.check(request, PAYMENT, Access::Key, "POST /v1/invoice-payment", body).await;
}

#[tokio::test]
async fn payouts() {
    let wire = Wire::new().await;
    wire.check(GetBalance {}, "{}", Access::Key, "GET /v1/balance", "").await;
    let request =
        ValidateAddress { address: "T1".to_owned(), currency: ticker("TRX"), extra_id: Some("5".to_owned()) };
    let body = r#"{"address":"T1","currency":"trx","extra_id":"5"}"#;
    wire.check(request, "OK", Access::Key, "POST /v1/payout/validate-address", body).await;
    let request = CreatePayout {
        schedule: Some(Schedule { execute_at: time().unwrap(), repetition: None }),
        withdrawals: vec![NewPayout::new("T1".to_owned(), ticker("trx"), amount("12.5"))],
        ..CreatePayout::default()
    };
    let body = r#"{"execute_at":"2026-01-02T03:04:05.678Z","interval":"ONETIME","withdrawals":[{"address":"T1","currency":"trx","amount":12.5}]}"#;
    wire.check(request, BATCH, Access::KeyAndLogin, "POST /v1/payout", body).await;
    let request = VerifyPayout { id: id("7"), verification_code: "492817".into() };
    let body = r#"{"verification_code":"492817"}"#;
    wire.check(request, "OK", Access::KeyAndLogin, "POST /v1/payout/7/verify", body).await;
    wire.check(GetPayout { id: id("7") }, BATCH, Access::Key, "GET /v1/payout/7", "").await;
    let list = ListPayouts { date_from: time(), date_to: time(), ..ListPayouts::default() };
    let line = "GET /v1/payout?date_from=2026-01-02T03%3A04%3A05.678Z&date_to=2026-01-02T03%3A04%3A05.678Z&limit=100&page=0";
    wire.check(list, r#"{"payouts": []}"#, Access::Key, line, "").await;
    let request = GetPayoutMinimum { currency: ticker("trx") };
    let answer = r#"{"success": true, "result": 1}"#;
    wire.check(request, answer, Access::Key, "GET /v1/payout-withdrawal/min-amount/trx", "").await;
    let request = GetPayoutFee { currency: ticker("TRX"), amount: amount("5") };
    let answer = r#"{"currency": "TRX", "fee": 1}"#;
    wire.check(request, answer, Access::Key, "GET /v1/payout/fee?currency=trx&amount=5", "").await;
    wire.check(CancelPayout { id: id("7") }, "", Access::KeyAndLogin, "POST /v1/payout/7/cancel", "").await;
    let request = CancelPayoutBatch { id: id("7") };
    wire.check(request, "OK", Access::KeyAndLogin, "POST /v1/payout/7/cancel-batch", "").await;
}

#[tokio::test]
async fn conversions() {
    let wire = Wire::new().await;
    let request = CreateConversion {
        amount: amount("50.5"),
        from_currency: ticker("usdttrc20"),
        to_currency: ticker("USDTERC20"),
    };
    let body = r#"{"amount":50.5,"from_currency":"usdttrc20","to_currency":"usdterc20"}"#;
    wire.check(request, CONVERSION, Access::Login, "POST /v1/conversion", body).await;
    wire.check(GetConversion { id: id("7") }, CONVERSION, Access::Login, "GET /v1/conversion/7", "").await;
    let list = ListConversions::default();
    wire.check(list, NOTHING, Access::Login, "GET /v1/conversion?limit=100&offset=0", "").await;
    let list = ListConversions {
        ids: vec![id("7"), id("8")],
        statuses: vec![ConversionStatus::Waiting, ConversionStatus::Processing],
        from_currency: Some(ticker("trx")),
        to_currency: Some(ticker("eth")),
        created_at_from: time(),
        created_at_to: time(),
        limit: 10,
        offset: 20,
        order: Some(Order::Desc),
    };
    let line = "GET /v1/conversion?id=7&id=8&status=WAITING&status=PROCESSING&from_currency=trx&to_currency=eth&created_at_from=2026-01-02T03%3A04%3A05.678Z&created_at_to=2026-01-02T03%3A04%3A05.678Z&limit=10&offset=20&order=DESC";
    wire.check(list, NOTHING, Access::Login, line, "").await;
}

#[tokio::test]
async fn custody_users_and_their_payments() {
    let wire = Wire::new().await;
    let request = CreateCustodyUser { name: id("ann") };
    wire.check(request, USER, Access::Login, "POST /v1/sub-partner/balance", r#"{"name":"ann"}"#).await;
    let answer = r#"{"result": {"subPartnerId": "7", "balances": {}}}"#;
    wire.check(GetCustodyBalance { id: id("7") }, answer, Access::Key, "GET /v1/sub-partner/balance/7", "")
        .await;
    let list =
        ListCustodyUsers { ids: vec![id("7")], order: Some(Order::Asc), ..ListCustodyUsers::default() };
    let line = "GET /v1/sub-partner?id=7&limit=100&offset=0&order=ASC";
    wire.check(list, NOTHING, Access::Login, line, "").await;
    let request = CreateCustodyPayment {
        is_fixed_rate: Some(false),
        is_fee_paid_by_user: Some(true),
        ipn_callback_url: Some("https://shop.example/ipn".to_owned()),
        ..CreateCustodyPayment::new(ticker("trx"), amount("50"), id("7"))
    };
    let body = r#"{"currency":"trx","amount":50,"sub_partner_id":"7","is_fixed_rate":false,"is_fee_paid_by_user":true,"ipn_callback_url":"https://shop.example/ipn"}"#;
    wire.check(request, PAYMENT, Access::KeyAndLogin, "POST /v1/sub-partner/payment", body).await;
    let list = ListCustodyPayments {
        id: Some(id("9")),
        pay_currency: Some(ticker("TRX")),
        status: Some(PaymentStatus::Finished),
        user_id: Some(id("7")),
        date_from: time(),
        date_to: time(),
        sort_by: Some(CustodyPaymentSort::CreatedAt),
        order_by: Some(Order::Desc),
        ..ListCustodyPayments::default()
    };
    let line = "GET /v1/sub-partner/payments?limit=100&page=0&id=9&pay_currency=trx&status=finished&sub_partner_id=7&date_from=2026-01-02T03%3A04%3A05.678Z&date_to=2026-01-02T03%3A04%3A05.678Z&sortBy=created_at&orderBy=desc";
    wire.check(list, NOTHING, Access::Login, line, "").await;
}

#[tokio::test]
async fn custody_transfers() {
    let wire = Wire::new().await;
    let request =
        CreateTransfer { currency: ticker("trx"), amount: amount("0.30"), from_id: id("1"), to_id: id("2") };
    let body = r#"{"currency":"trx","amount":0.3,"from_id":"1","to_id":"2"}"#;
    wire.check(request, TRANSFER, Access::Login, "POST /v1/sub-partner/transfer", body).await;
    let body = r#"{"currency":"trx","amount":0.3,"sub_partner_id":"2"}"#;
    let request = CreateDeposit { currency: ticker("trx"), amount: amount("0.3"), user_id: id("2") };
    wire.check(request, TRANSFER, Access::Login, "POST /v1/sub-partner/deposit", body).await;
    let request = CreateWriteOff { currency: ticker("trx"), amount: amount("0.3"), user_id: id("2") };
    wire.check(request, TRANSFER, Access::Login, "POST /v1/sub-partner/write-off", body).await;
    wire.check(GetTransfer { id: id("7") }, TRANSFER, Access::Login, "GET /v1/sub-partner/transfer/7", "")
        .await;
    let list = ListTransfers {
        ids: vec![id("7"), id("8")],
        statuses: vec![TransferStatus::Created],
        order: Some(Order::Asc),
        ..ListTransfers::default()
    };
    let line = "GET /v1/sub-partner/transfers?id=7&id=8&status=CREATED&limit=100&offset=0&order=ASC";
    wire.check(list, NOTHING, Access::Login, line, "").await;
}

#[tokio::test]
async fn subscriptions() {
    let wire = Wire::new().await;
    let request = CreatePlan::new("beans".to_owned(), 30, amount("0.5"), ticker("usd"));
    let body = r#"{"title":"beans","interval_day":30,"amount":0.5,"currency":"usd"}"#;
    wire.check(request, PLAN, Access::Login, "POST /v1/subscriptions/plans", body).await;
    let request = UpdatePlan { title: Some("tea".to_owned()), ..UpdatePlan::new(id("7")) };
    wire.check(request, PLAN, Access::Login, "PATCH /v1/subscriptions/plans/7", r#"{"title":"tea"}"#).await;
    wire.check(GetPlan { id: id("7") }, PLAN, Access::Key, "GET /v1/subscriptions/plans/7", "").await;
    let line = "GET /v1/subscriptions/plans?limit=100&offset=0";
    wire.check(ListPlans::default(), NOTHING, Access::Key, line, "").await;
    let request = Subscribe { plan_id: id("8"), subscriber: Subscriber::User(id("7")) };
    let body = r#"{"subscription_plan_id":8,"sub_partner_id":7}"#;
    wire.check(request, SUBSCRIPTION, Access::KeyAndLogin, "POST /v1/subscriptions", body).await;
    let get = GetSubscription { id: id("7") };
    wire.check(get, SUBSCRIPTION, Access::Key, "GET /v1/subscriptions/7", "").await;
    let list = ListSubscriptions {
        status: Some(SubscriptionStatus::PartiallyPaid),
        plan_id: Some(id("8")),
        is_active: Some(false),
        ..ListSubscriptions::default()
    };
    let line = "GET /v1/subscriptions?status=PARTIALLY_PAID&subscription_plan_id=8&is_active=false&limit=100&offset=0";
    wire.check(list, NOTHING, Access::Key, line, "").await;
    let request = DeleteSubscription { id: id("7") };
    wire.check(request, r#"{"result": "ok"}"#, Access::Login, "DELETE /v1/subscriptions/7", "").await;
}

#[tokio::test]
async fn fiat_payouts() {
    let wire = Wire::new().await;
    let line = |what: &str| format!("GET /v1/fiat-payouts/{what}");
    wire.check(GetFiatProviders {}, NOTHING, Access::Login, &line("providers"), "").await;
    wire.check(GetFiatCurrencies {}, NOTHING, Access::Login, &line("fiat-currencies"), "").await;
    wire.check(GetFiatPayoutCoins::default(), NOTHING, Access::Login, &line("crypto-currencies"), "").await;
    let provider = || Some("transfi".to_owned());
    let request = GetFiatPayoutCoins { provider: provider(), currency: Some(ticker("EUR")) };
    let coins = line("crypto-currencies?provider=transfi&currency=eur");
    wire.check(request, NOTHING, Access::Login, &coins, "").await;
    let request = GetFiatPaymentMethods { provider: provider(), currency: None };
    wire.check(request, NOTHING, Access::Login, &line("payment-methods?provider=transfi"), "").await;
    let request = CreateFiatAccount {
        currency: ticker("eur"),
        payment_code: "sepa_bank".to_owned(),
        fields: BTreeMap::from([("iban".to_owned(), "DE02".to_owned())]),
        provider: "transfi".to_owned(),
        country_code: "DE".to_owned(),
    };
    let answer = r#"{"result": {"id": "4", "provider": "transfi", "fiatCurrencyCode": "EUR"}}"#;
    let body = r#"{"currency":"eur","paymentCode":"sepa_bank","fields":{"iban":"DE02"},"provider":"transfi","countryCode":"DE"}"#;
    wire.check(request, answer, Access::KeyAndLogin, "POST /v1/fiat-payouts/account", body).await;
    let list = ListFiatAccounts {
        id: Some(id("4")),
        provider: provider(),
        currency: Some(ticker("eur")),
        filter: Some("my bank".to_owned()),
        sort_by: Some("createdAt".to_owned()),
        order_by: Some(Order::Desc),
        date_from: time(),
        date_to: time(),
        ..ListFiatAccounts::default()
    };
    let accounts = line(
        "accounts?id=4&provider=transfi&currency=eur&filter=my+bank&limit=100&page=0&sortBy=createdAt&orderBy=desc&dateFrom=2026-01-02T03%3A04%3A05.678Z&dateTo=2026-01-02T03%3A04%3A05.678Z",
    );
    wire.check(list, r#"{"result": {"rows": []}}"#, Access::Login, &accounts, "").await;
    let request = CreateFiatPayout {
        fiat_currency: ticker("eur"),
        crypto_currency: ticker("trx"),
        amount: amount("500"),
        provider: "transfi".to_owned(),
    };
    let body = r#"{"fiatCurrency":"eur","cryptoCurrency":"trx","amount":500,"provider":"transfi"}"#;
    wire.check(request, FIAT_PAYOUT, Access::KeyAndLogin, "POST /v1/fiat-payouts", body).await;
    let list = ListFiatPayouts {
        id: Some(id("7")),
        provider: provider(),
        request_id: Some("r".to_owned()),
        fiat_currency: Some(ticker("eur")),
        crypto_currency: Some(ticker("trx")),
        status: Some(FiatPayoutStatus::Converting),
        filter: Some("x".to_owned()),
        provider_payout_id: Some("p".to_owned()),
        limit: 10,
        page: 2,
        sort_by: Some("id".to_owned()),
        order_by: Some(Order::Asc),
        date_from: time(),
        date_to: time(),
    };
    let line = "GET /v1/fiat-payouts?id=7&provider=transfi&requestId=r&fiatCurrency=eur&cryptoCurrency=trx&status=CONVERTING&filter=x&provider_payout_id=p&limit=10&page=2&sortBy=id&orderBy=asc&dateFrom=2026-01-02T03%3A04%3A05.678Z&dateTo=2026-01-02T03%3A04%3A05.678Z";
    wire.check(list, r#"{"result": {"rows": []}}"#, Access::Login, line, "").await;
}

/// What is in `result`, without an array around it.
fn inner(answer: &str) -> String {
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
    answer["result"].get(0).unwrap_or(&answer["result"]).to_string()
}

/// Answers with pages of these rows, then with empty ones, and tells what was asked for.
async fn asked<E: Paged>(list: E, pages: &[String]) -> Vec<String> {
    let (calls, answers) = (AtomicUsize::new(0), pages.to_owned());
    let server = with_login(move |_, _| {
        let rows = answers.get(calls.fetch_add(1, Ordering::Relaxed)).map_or("", String::as_str);
        json(200, &format!(r#"{{"result": [{rows}]}}"#))
    })
    .await;
    let found: Vec<_> = server.client().pages(list).try_collect().await.unwrap();
    assert_eq!(found.len(), pages.len());
    let lines = server.lines().into_iter().filter(|line| line != "POST /v1/auth");
    lines.map(|line| line.rsplit_once('&').unwrap().1.to_owned()).collect()
}

#[tokio::test]
async fn lists_that_count_items_go_on_after_those_that_came() {
    let user = |id: u32| format!(r#"{{"id": {id}, "name": "ann"}}"#);
    let list = ListCustodyUsers { limit: 2, offset: 10, ..ListCustodyUsers::default() };
    let pages = [[user(1), user(2)].join(","), user(3), user(4)];
    assert_eq!(asked(list, &pages).await, ["offset=10", "offset=12", "offset=13", "offset=14"]);
    let both = ["offset=0", "offset=1"];
    assert_eq!(asked(ListTransfers::default(), &[inner(TRANSFER)]).await, both);
    assert_eq!(asked(ListConversions::default(), &[inner(CONVERSION)]).await, both);
    assert_eq!(asked(ListPlans::default(), &[inner(PLAN)]).await, both);
    assert_eq!(asked(ListSubscriptions::default(), &[inner(SUBSCRIPTION)]).await, both);
}

#[tokio::test]
async fn lists_that_count_pages_go_on_with_the_next() {
    let list = ListCustodyPayments { page: 3, ..ListCustodyPayments::default() };
    assert_eq!(asked(list, &[PAYMENT.to_owned()]).await, ["page=3", "page=4"]);
    assert_eq!(asked(ListFiatPayouts::default(), &[inner(FIAT_PAYOUT)]).await, ["page=0", "page=1"]);
    let account = r#"{"provider": "transfi", "fiatCurrencyCode": "EUR"}"#;
    assert_eq!(asked(ListFiatAccounts::default(), &[account.to_owned()]).await, ["page=0", "page=1"]);
}

#[tokio::test]
async fn a_list_that_does_not_count_ends_with_an_error() {
    let server = with_login(|_, _| json(200, &format!(r#"{{"result": [{}]}}"#, inner(PLAN)))).await;
    let pages = server.client().pages(ListPlans::default());
    let error = pages.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GET /subscriptions/plans: unreadable answer: the page is the one before it again"
    );
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn what_moves_money_is_called_once_and_its_end_is_unknown_when_the_answer_is_lost() {
    async fn fails<E: Endpoint>(wire: &Wire, request: E) {
        let calls = || wire.server.seen().len();
        for (status, answer) in
            [(500, r#"{"message": "no"}"#), (429, "slow down"), (200, "<html>"), (200, "{")]
        {
            let before = calls();
            let error = wire.send(&request, status, answer).await.err().unwrap();
            assert_eq!((error.outcome(), calls() - before), (Outcome::Unknown, 1), "{error}");
        }
        let error = wire.send(&request, 400, r#"{"code": "X", "message": "no"}"#).await.err().unwrap();
        assert_eq!(error.outcome(), Outcome::NotDone, "{error}");
    }
    let wire = Wire::new().await;
    wire.send(&ListConversions::default(), 200, NOTHING).await.unwrap();
    let (trx, one): (Ticker, Amount) = (ticker("trx"), 1.into());
    fails(
        &wire,
        CreateConversion { amount: one.clone(), from_currency: trx.clone(), to_currency: ticker("eth") },
    )
    .await;
    fails(
        &wire,
        CreateTransfer { currency: trx.clone(), amount: one.clone(), from_id: id("1"), to_id: id("2") },
    )
    .await;
    fails(&wire, CreateDeposit { currency: trx.clone(), amount: one.clone(), user_id: id("2") }).await;
    fails(&wire, CreateWriteOff { currency: trx.clone(), amount: one.clone(), user_id: id("2") }).await;
    fails(
        &wire,
        CreateFiatPayout {
            fiat_currency: ticker("eur"),
            crypto_currency: trx,
            amount: one,
            provider: "transfi".to_owned(),
        },
    )
    .await;
    fails(&wire, Subscribe { plan_id: id("1"), subscriber: Subscriber::User(id("2")) }).await;
    fails(&wire, UpdatePlan::new(id("1"))).await;
}

#[tokio::test]
async fn a_subscription_is_deleted_once_even_if_the_answer_is_lost() {
    let server = with_login(|_, _| json(502, "<html>")).await;
    let error = server.client().send(&DeleteSubscription { id: id("7") }).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(server.lines(), ["POST /v1/auth", "DELETE /v1/subscriptions/7"]);
}
