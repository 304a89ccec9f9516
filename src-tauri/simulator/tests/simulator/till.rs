//! A running simulator and a client with its credentials.

use std::time::Duration;

use nowpayments_simulator::{Credentials, History, Options, Simulator};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// Addresses from the chains' own documents.
pub(crate) const TRON: &str = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
pub(crate) const BITCOIN: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
pub(crate) const ETHEREUM: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

/// Two minutes into a 30-second step, on a Monday.
pub(crate) const START: &str = "2026-03-02T09:02:05Z";

/// One call of every endpoint that looks at the key, or at nothing.
pub(crate) const ENDPOINTS: [(&str, &str); 32] = [
    ("GET", "/status"),
    ("POST", "/auth"),
    ("GET", "/currencies"),
    ("GET", "/full-currencies"),
    ("GET", "/merchant/coins"),
    ("GET", "/min-amount"),
    ("GET", "/estimate"),
    ("GET", "/balance"),
    ("POST", "/payment"),
    ("GET", "/payment/"),
    ("GET", "/payment/1"),
    ("POST", "/payment/1/update-merchant-estimate"),
    ("POST", "/invoice"),
    ("POST", "/invoice-payment"),
    ("POST", "/payout/validate-address"),
    ("POST", "/payout"),
    ("POST", "/payout/1/verify"),
    ("POST", "/payout/1/cancel"),
    ("POST", "/payout/1/cancel-batch"),
    ("GET", "/payout"),
    ("GET", "/payout/1"),
    ("GET", "/payout/fee"),
    ("GET", "/payout-withdrawal/min-amount/btc"),
    ("GET", "/sub-partner/balance/1"),
    ("POST", "/sub-partner/payment"),
    ("GET", "/subscriptions/plans"),
    ("GET", "/subscriptions/plans/1"),
    ("POST", "/subscriptions"),
    ("GET", "/subscriptions"),
    ("GET", "/subscriptions/1"),
    ("POST", "/fiat-payouts/account"),
    ("POST", "/fiat-payouts"),
];

/// One call of every other endpoint: they want a login and do not look at the key.
pub(crate) const LOGIN_ALONE: [(&str, &str); 20] = [
    ("POST", "/conversion"),
    ("GET", "/conversion"),
    ("GET", "/conversion/1"),
    ("POST", "/sub-partner/balance"),
    ("GET", "/sub-partner"),
    ("GET", "/sub-partner/transfers"),
    ("GET", "/sub-partner/transfer/1"),
    ("POST", "/sub-partner/transfer"),
    ("POST", "/sub-partner/deposit"),
    ("POST", "/sub-partner/write-off"),
    ("GET", "/sub-partner/payments"),
    ("POST", "/subscriptions/plans"),
    ("PATCH", "/subscriptions/plans/1"),
    ("DELETE", "/subscriptions/1"),
    ("GET", "/fiat-payouts/providers"),
    ("GET", "/fiat-payouts/fiat-currencies"),
    ("GET", "/fiat-payouts/crypto-currencies"),
    ("GET", "/fiat-payouts/payment-methods"),
    ("GET", "/fiat-payouts/accounts"),
    ("GET", "/fiat-payouts"),
];

pub(crate) struct Till {
    pub(crate) simulator: Simulator,
    pub(crate) credentials: Credentials,
    pub(crate) http: reqwest::Client,
}

pub(crate) fn options(history: History) -> Options {
    Options { history, speed: 0, start: Some(START.parse().unwrap()), ..Options::default() }
}

impl Till {
    pub(crate) async fn open() -> Self {
        Self::with(options(History::None)).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let simulator = Simulator::start(options).await.unwrap();
        let credentials = simulator.credentials();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { simulator, credentials, http }
    }

    pub(crate) async fn log_in(&self) -> String {
        let body = json!({ "email": self.credentials.email, "password": self.credentials.password });
        let (status, answer) = self.call(Method::POST, "/auth", None, Some(body)).await;
        assert_eq!(status, 200, "{answer}");
        answer["token"].as_str().unwrap().to_owned()
    }

    /// With the key, and a token if given.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> reqwest::Result<Response> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.simulator.url()))
            .header("x-api-key", &self.credentials.api_key);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        request.send().await
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> (u16, Value) {
        let response = self.send(method, path, token, body).await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None, None).await
    }

    /// A read that must succeed.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let (status, answer) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, None, Some(body)).await
    }

    /// With key and a fresh login.
    pub(crate) async fn call_with_login(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let token = self.log_in().await;
        self.call(method, path, Some(&token), body).await
    }

    /// With key and a fresh login.
    pub(crate) async fn post_with_login(&self, path: &str, body: Value) -> (u16, Value) {
        self.call_with_login(Method::POST, path, Some(body)).await
    }

    /// With key and a fresh login.
    pub(crate) async fn get_with_login(&self, path: &str) -> (u16, Value) {
        self.call_with_login(Method::GET, path, None).await
    }

    /// What a read with key and login that must succeed gives below `result`.
    pub(crate) async fn look(&self, path: &str) -> Value {
        result(self.get_with_login(path).await)
    }

    /// What a call with key and login that must succeed gives below `result`.
    pub(crate) async fn make(&self, path: &str, body: Value) -> Value {
        result(self.post_with_login(path, body).await)
    }

    /// A new customer's id.
    pub(crate) async fn customer(&self, name: &str) -> String {
        let customer = self.make("/sub-partner/balance", json!({ "name": name })).await;
        customer["id"].as_str().unwrap().to_owned()
    }

    /// Gives a customer money of the shop's and lets it arrive.
    pub(crate) async fn deposit(&self, customer: &str, currency: &str, amount: &str) {
        let body = json!({ "currency": currency, "amount": amount, "sub_partner_id": customer });
        self.make("/sub-partner/deposit", body).await;
        self.step(10);
    }

    /// What the shop, or a customer, has of a coin: free and pending, as numbers.
    pub(crate) async fn balance(&self, customer: Option<&str>, currency: &str) -> (Value, Value) {
        let balances = match customer {
            Some(id) => self.read(&format!("/sub-partner/balance/{id}")).await["result"]["balances"].take(),
            None => self.read("/balance").await,
        };
        (balances[currency]["amount"].clone(), balances[currency]["pendingAmount"].clone())
    }

    pub(crate) fn step(&self, seconds: u64) {
        self.simulator.step(Duration::from_secs(seconds));
    }

    /// Creates a batch of one row each and gives its id.
    pub(crate) async fn create(&self, withdrawals: Value) -> String {
        let (status, answer) = self.post_with_login("/payout", json!({ "withdrawals": withdrawals })).await;
        assert_eq!(status, 200, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn verify(&self, batch: &str, code: &str) -> (u16, Value) {
        self.post_with_login(&format!("/payout/{batch}/verify"), json!({ "verification_code": code })).await
    }

    /// With the code of this moment.
    pub(crate) async fn approve(&self, batch: &str) {
        let answer = self.verify(batch, &self.simulator.code().code).await;
        assert_eq!(answer, (200, json!("OK")));
    }

    /// The statuses of a batch's rows.
    pub(crate) async fn statuses(&self, batch: &str) -> Vec<String> {
        let answer = self.read(&format!("/payout/{batch}")).await;
        let rows = answer["withdrawals"].as_array().unwrap();
        rows.iter().map(|row| row["status"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn is_conserved(&self) -> bool {
        self.simulator.ledger().conserved
    }
}

/// The code and the message of an error, after checking its envelope.
pub(crate) fn refusal((status, body): (u16, Value)) -> (u16, String, String) {
    assert_eq!(body["status"], json!(false), "{body}");
    assert_eq!(body["statusCode"], json!(status), "{body}");
    (status, body["code"].as_str().unwrap().to_owned(), body["message"].as_str().unwrap().to_owned())
}

/// What is below `result` of an answer that must be a success.
pub(crate) fn result((status, mut body): (u16, Value)) -> Value {
    assert_eq!(status, 200, "{body}");
    body["result"].take()
}

/// An id that is a string on the wire.
pub(crate) fn id(of: &Value) -> u64 {
    of["id"].as_str().unwrap().parse().unwrap()
}
