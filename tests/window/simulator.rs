//! The simulator as a program of its own, so that it outlives a Paydesk that is killed.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::{process::Program, program};

/// A running simulator.
#[derive(Debug)]
pub struct Simulator {
    line: String,
    control: String,
    history: usize,
    _program: Program,
}

impl Simulator {
    /// Starts a simulator with the demo shop's history.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start() -> Result<Self> {
        Self::with_history("demo").await
    }

    /// Starts a simulator with an account in which nothing happens but what a test does.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_quiet() -> Result<Self> {
        Self::with_history("none").await
    }

    async fn with_history(history: &str) -> Result<Self> {
        let (program, mut lines) =
            Program::listen(Command::new(program("SIMULATOR_BINARY", "nowpayments-simulator")).args([
                "--port",
                "0",
                "--control-port",
                "0",
                "--seed",
                "1",
                "--history",
                history,
            ]))?;
        let line = lines.next_line().await?.context("the simulator says where it is")?;
        let said: Value = serde_json::from_str(&line)?;
        let control = said["control_url"].as_str().context("it has a control interface")?.to_owned();
        let mut simulator = Self { line, control, history: 0, _program: program };
        simulator.history = simulator.payouts().await?.len();
        Ok(simulator)
    }

    /// What `PAYDESK_SIMULATOR` must be for Paydesk to use it.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The same without its secrets: where it is, and nothing else that is true.
    pub(crate) fn address_line(&self) -> Result<String> {
        let mut line: Value = serde_json::from_str(&self.line)?;
        for field in line.as_object_mut().context("the line is an object")?.iter_mut() {
            if !field.0.ends_with("url") {
                *field.1 = "none".into();
            }
        }
        Ok(line.to_string())
    }

    /// What the line says: `api_key`, `email`, `password`, `totp_secret` or `ipn_secret`.
    ///
    /// # Errors
    /// When it says nothing of the kind.
    pub fn told(&self, field: &str) -> Result<String> {
        let line: Value = serde_json::from_str(&self.line)?;
        Ok(line[field].as_str().with_context(|| format!("the line says {field}"))?.to_owned())
    }

    /// Everything that the simulator knows of the account.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ledger(&self) -> Result<Value> {
        self.call("GET", "/ledger", None).await
    }

    /// The payouts that were made since the start, in the order of their creation.
    ///
    /// # Errors
    /// When the simulator does not answer.
    pub async fn payouts(&self) -> Result<Vec<Value>> {
        let ledger = self.ledger().await?;
        ensure!(ledger["conserved"] == true, "money came from nowhere or was lost: {}", ledger["accounts"]);
        let all = ledger["payouts"].as_array().context("the ledger lists payouts")?;
        Ok(all[self.history..].to_vec())
    }

    /// The code that the owner's phone shows now.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn code(&self) -> Result<String> {
        let answer = self.call("GET", "/code", None).await?;
        Ok(answer["code"].as_str().context("a code")?.to_owned())
    }

    /// Ends it, as when the network is gone.
    pub fn end(self) {
        drop(self);
    }

    /// Calls the control interface.
    ///
    /// # Errors
    /// When it does not answer with 200.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        let url = format!("{}{path}", self.control);
        let (method, body) = (method.to_owned(), body.map(|body| body.to_string()).unwrap_or_default());
        tokio::task::spawn_blocking(move || call(&method, &url, "", &body)).await?
    }

    /// Has the shop's own program make a payment, as its website does; returns its id.
    ///
    /// # Errors
    /// When it does not answer with 201.
    pub async fn make_payment(&self, payment: Value) -> Result<String> {
        let shop: Value = serde_json::from_str(&self.line)?;
        let text = |field: &str| shop[field].as_str().map(str::to_owned).context("the line says it");
        let (url, key) = (format!("{}/payment", text("url")?), text("api_key")?);
        let made = tokio::task::spawn_blocking(move || {
            call("POST", &url, &format!("x-api-key: {key}\r\n"), &payment.to_string())
        });
        Ok(made.await??["payment_id"].as_str().context("a payment has an id")?.to_owned())
    }
}

/// One plain HTTP/1.0 request with these further `headers`: the simulator is on this computer, and needs no client library.
fn call(method: &str, url: &str, headers: &str, body: &str) -> Result<Value> {
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).context("a URL")?;
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "{method} /{path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an HTTP answer")?;
    ensure!(head.split(' ').nth(1).is_some_and(|status| status.starts_with('2')), "{method} {url}: {answer}");
    Ok(if body.is_empty() { Value::Null } else { serde_json::from_str(body)? })
}
