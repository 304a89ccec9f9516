//! A server that answers as a test says, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, Response, StatusCode},
};
use nowpayments::{Client, Credentials, Login, Options, Url};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

pub(crate) const KEY: &str = "KEY-5f1c-secret";
pub(crate) const PASSWORD: &str = "correct horse secret";

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Method, path and query, such as `GET /v1/payment/?limit=500`.
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(crate) struct Server {
    pub(crate) base: Url,
    log: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers the request that is the `n`th of its line, from 0. `None` for never.
    pub(crate) async fn start(
        answer: impl Fn(usize, &Seen) -> Option<Response<Body>> + Send + Sync + 'static,
    ) -> Self {
        let log = Arc::new(Mutex::new(Vec::<Seen>::new()));
        let (remembered, answer) = (Arc::clone(&log), Arc::new(answer));
        let app = Router::new().fallback(move |request: Request| {
            let (log, answer) = (Arc::clone(&remembered), Arc::clone(&answer));
            async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, usize::MAX).await.unwrap();
                let seen = Seen {
                    line: format!("{} {}", parts.method, parts.uri),
                    headers: parts.headers,
                    body: String::from_utf8(body.to_vec()).unwrap(),
                };
                let earlier = {
                    let mut log = log.lock().unwrap();
                    log.push(seen.clone());
                    log.iter().filter(|other| other.line == seen.line).count() - 1
                };
                match answer(earlier, &seen) {
                    Some(response) => response,
                    None => std::future::pending().await,
                }
            }
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base, log }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }

    /// A client that repeats quickly.
    pub(crate) fn client(&self) -> Client {
        self.client_with(options())
    }

    pub(crate) fn client_with(&self, options: Options) -> Client {
        Client::with(self.base.clone(), credentials(), options).unwrap()
    }
}

/// The base URL of a server that sends these very bytes to everybody and hangs up, and how often it was called.
pub(crate) async fn raw_server(bytes: &'static str) -> (Url, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap()).parse().unwrap();
    let calls = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&calls);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !is_whole(&request) {
                assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "the client hung up");
            }
            *counter.lock().unwrap() += 1;
            stream.write_all(bytes.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (base, calls)
}

/// Whether a request has come with its whole body; to hang up before would be another kind of failure.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

pub(crate) fn options() -> Options {
    let mut options = Options::default();
    options.retry.shortest = std::time::Duration::from_millis(1);
    options
}

pub(crate) fn credentials() -> Credentials {
    let login = Login { email: "owner@shop.example".to_owned(), password: PASSWORD.into() };
    Credentials { api_key: KEY.into(), login: Some(login) }
}

pub(crate) fn json(status: u16, body: &str) -> Option<Response<Body>> {
    answer(status, &[("content-type", "application/json")], body)
}

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Option<Response<Body>> {
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        let name: axum::http::HeaderName = name.parse().unwrap();
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    Some(response)
}

/// An answer of `/auth` whose token names the login it came from.
pub(crate) fn token(number: usize) -> Option<Response<Body>> {
    json(200, &format!(r#"{{"token": "token-{number}-secret"}}"#))
}
