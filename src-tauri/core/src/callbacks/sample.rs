//! A test callback, which Paydesk signs and posts to its own listener: all of the way but NOWPayments itself.

use std::{fmt::Write as _, net::Ipv4Addr, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Request,
    body::Bytes,
    client::conn::http1,
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::Sha512;
use tokio::net::TcpStream;

use super::{Callbacks, PATH, SIGNATURE, TestDelivery};
use crate::failure::Failure;
use crate::language::{said, words};

/// NOWPayments waits three seconds; the rest is for a computer that is busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// Our own answers are one line.
const LONGEST_ANSWER: usize = 4096;

/// What only a test callback has: no kind of NOWPayments' own.
#[derive(Deserialize)]
struct Sample {
    #[serde(rename = "paydesk_test")]
    _id: String,
}

/// Whether a signed text is a test callback.
pub(super) fn is_one(text: &str) -> bool {
    serde_json::from_str::<Sample>(text).is_ok()
}

/// The signature of a text, with exactly the characters of the secret.
fn sign(secret: &SecretString, text: &[u8]) -> Hmac<Sha512> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let key = Hmac::<Sha512>::new_from_slice(secret.expose_secret().as_bytes()).expect("a key of any length");
    key.chain_update(text)
}

/// Whether a text was signed with exactly the characters of the secret.
pub(super) fn has_signed(secret: &SecretString, text: &[u8], signature: &str) -> bool {
    let signature = signature.trim();
    let bytes: Option<Vec<u8>> = (0..signature.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(signature.get(at..at + 2)?, 16).ok())
        .collect();
    bytes.is_some_and(|bytes| sign(secret, text).verify_slice(&bytes).is_ok())
}

impl Callbacks {
    pub(super) async fn post_sample(&self) -> Result<TestDelivery, Failure> {
        let not_listening = || {
            Failure::other(said!(
                en: "Paydesk does not listen for callbacks now. Turn that on first.",
                de: "Paydesk nimmt gerade keine Rückmeldungen an. Schalten Sie das zuerst ein.",
            ))
        };
        let port = self.listener.port().ok_or_else(not_listening)?;
        let secret = self.listener.secret().ok_or_else(not_listening)?;
        let body = format!(
            r#"{{"message":"Paydesk has sent this to itself","paydesk_test":"{}"}}"#,
            self.ctx.surroundings.uuid()
        );
        let mut signature = String::with_capacity(128);
        let trimmed = SecretString::from(secret.expose_secret().trim());
        for byte in sign(&trimmed, body.as_bytes()).finalize().into_bytes() {
            let _ = write!(signature, "{byte:02x}"); // a text takes everything
        }
        let posted = tokio::time::timeout(PATIENCE, post(port, body, signature)).await;
        let failed = |why: String| {
            Failure::other(words!(
                en: "The test callback did not arrive: {why}. Turn the listener off and on again, or choose another \
                     port.",
                de: "Die Probe ist nicht angekommen: {why}. Schalten Sie den Empfang aus und wieder ein, oder wählen \
                     Sie einen anderen Port.",
            ))
        };
        match posted {
            Ok(Ok((status, answer))) => Ok(TestDelivery { taken: status == 200, status, answer }),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(failed(
                said!(
                    en: "there was no answer in time",
                    de: "es kam keine Antwort in der Zeit",
                )
                .to_owned(),
            )),
        }
    }
}

/// What may go wrong on the way to our own listener.
type Wrong = Box<dyn std::error::Error + Send + Sync>;

async fn post(port: u16, body: String, signature: String) -> Result<(u16, String), Wrong> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::post(PATH)
        .header(HOST, format!("127.0.0.1:{port}"))
        .header(CONTENT_TYPE, "application/json")
        .header(SIGNATURE, signature)
        .body(Full::new(Bytes::from(body)))?;
    let exchange = async {
        let answer = sender.send_request(request).await?;
        let status = answer.status().as_u16();
        let text = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&text).trim().to_owned()))
    };
    let mut exchange = std::pin::pin!(exchange);
    tokio::select! {
        answered = &mut exchange => answered,
        // The connection may end as soon as it has brought the answer.
        _ = connection => exchange.await,
    }
}
