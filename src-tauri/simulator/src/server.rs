//! HTTP: the API's port on the loopback, where faults strike.

use std::collections::VecDeque;
use std::io;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::serve::{IncomingStream, Listener};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::RateLimit;
use crate::api::{self, Answer, Call, Refusal};
use crate::clock::Clock;
use crate::faults::{EchoForm, Fault, Faults};
use crate::hold::{Hold, Point};
use crate::state_file::StateFile;
use crate::wire::object;
use crate::world::World;

/// Bodies beyond this are refused, as by the real server.
const LARGEST_BODY: usize = 10 * 1024 * 1024;
/// Calls that are remembered for the control interface.
const LOGGED: usize = 10_000;
/// How much of a body the log keeps.
const LOGGED_BODY: usize = 64 * 1024;

/// An answer that overtakes another is on its way this much earlier.
const HEAD_START: Duration = Duration::from_millis(30);

/// What the two ports and the ticking share.
pub(crate) struct Shared {
    scene: Mutex<Scene>,
    file: Option<StateFile>,
    /// How many calls have been answered.
    answered: watch::Sender<u64>,
}

/// The world and what surrounds it while it runs.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) log: VecDeque<LoggedCall>,
    /// The calls that are to be held.
    pub(crate) holds: Vec<Hold>,
    /// The tokens that were handed out.
    pub(crate) tokens: VecDeque<String>,
    /// When the calls of the last second came, for the rate limit.
    recent: VecDeque<DateTime<Utc>>,
    calls: u64,
}

/// A call that reached the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedCall {
    /// Simulated time.
    pub at: DateTime<Utc>,
    /// `GET`, `POST`, …
    pub method: String,
    /// Path behind `/v1` and query.
    pub target: String,
    /// The body, unless it holds a password or a code.
    pub body: Option<String>,
    /// The status of the answer; none, if the call was dropped before it was handled.
    pub status: Option<u16>,
    /// The fault that struck.
    pub fault: Option<Fault>,
    /// Whether it was held on its way before it was handled, so that its caller may be gone.
    pub held: bool,
}

impl Shared {
    pub(crate) fn new(world: World, clock: Clock, file: Option<StateFile>) -> Self {
        let chance = world.stream("faults", 0);
        let scene = Scene {
            world,
            clock,
            faults: Faults::new(chance),
            log: VecDeque::new(),
            holds: Vec::new(),
            tokens: VecDeque::new(),
            recent: VecDeque::new(),
            calls: 0,
        };
        Self { scene: Mutex::new(scene), file, answered: watch::Sender::new(0) }
    }

    /// The scene at this moment.
    pub(crate) fn now(&self) -> MutexGuard<'_, Scene> {
        let mut scene = self.scene.lock().unwrap_or_else(PoisonError::into_inner);
        scene.catch_up();
        scene
    }

    /// Writes the state file, if there is one and something changed.
    pub(crate) async fn save(&self) {
        if let Some(file) = &self.file {
            file.save(|saved| {
                let scene = self.now();
                (scene.world.revision != saved)
                    .then(|| (scene.world.revision, serde_json::to_vec(&scene.world)))
            })
            .await;
        }
    }
}

impl Scene {
    /// Brings the world to the time of the clock.
    pub(crate) fn catch_up(&mut self) {
        self.world.advance(self.clock.at(Utc::now()));
    }

    fn handle(&mut self, call: &mut Call, target: &str, fault: Option<&Fault>) -> Answer {
        let answer = if let Some(limit) = self.over_limit() {
            too_many(limit.retry_after)
        } else {
            let answer = match fault {
                Some(Fault::ServerError { handled: false }) => Refusal::internal().into(),
                Some(Fault::BadGateway { handled: false }) => Answer::bad_gateway(),
                Some(Fault::TooManyRequests { retry_after }) => too_many(*retry_after),
                Some(Fault::Maintenance) => Answer::maintenance(),
                Some(Fault::ExpiredToken) => Refusal::new(401, "AUTH_REQUIRED", "jwt expired").into(),
                Some(Fault::Echo { status, form }) => Answer::echo(call, target, *status, *form),
                _ => api::answer(&mut self.world, call),
            };
            if fault == Some(&Fault::Duplicated) { api::answer(&mut self.world, call) } else { answer }
        };
        match fault {
            Some(Fault::ServerError { .. }) => Refusal::internal().into(),
            Some(Fault::BadGateway { .. }) => Answer::bad_gateway(),
            Some(Fault::Unreadable) => answer.unreadable(),
            Some(
                Fault::TooManyRequests { .. } | Fault::Maintenance | Fault::ExpiredToken | Fault::Echo { .. },
            ) => answer,
            _ if call.method == "GET" => self.faults.recall(target, fault == Some(&Fault::Stale), answer),
            _ => answer,
        }
    }

    /// Notes the token of a login, for who looks for it where it must not be.
    fn remember_token(&mut self, answer: &Answer) {
        let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let Some(token) = told["token"].as_str() else { return };
        if self.tokens.len() == LOGGED {
            self.tokens.pop_front();
        }
        self.tokens.push_back(token.to_owned());
    }

    /// The limit, if this call is beyond it.
    fn over_limit(&mut self) -> Option<RateLimit> {
        let limit = self.world.switches.rate_limit?;
        let now = self.world.now;
        self.recent.retain(|at| now - *at < chrono::Duration::seconds(1));
        if self.recent.len() >= usize::try_from(limit.per_second).unwrap_or(usize::MAX) {
            return Some(limit);
        }
        self.recent.push_back(now);
        None
    }

    fn record(&mut self, call: &Call, target: String, status: Option<u16>, fault: Option<Fault>, held: bool) {
        let secret = call.path == "/auth" || call.path.ends_with("/verify");
        let body = String::from_utf8_lossy(&call.body[..call.body.len().min(LOGGED_BODY)]).into_owned();
        let body = (!secret && !body.is_empty()).then_some(body);
        if self.log.len() == LOGGED {
            self.log.pop_front();
        }
        let at = self.world.now;
        self.log.push_back(LoggedCall { at, method: call.method.clone(), target, body, status, fault, held });
    }
}

impl Answer {
    /// The page of the proxy in front of a service that is down.
    fn bad_gateway() -> Self {
        let body = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad \
                    Gateway</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n";
        Self { status: 502, content_type: "text/html", retry_after: None, body: body.to_owned() }
    }

    /// The page while the service is being mended.
    fn maintenance() -> Self {
        let body = "<!DOCTYPE html>\n<html>\n<head><title>Maintenance</title></head>\n<body><h1>We&rsquo;ll be back \
                    soon!</h1></body>\n</html>\n";
        Self {
            status: 503,
            content_type: "text/html; charset=utf-8",
            retry_after: None,
            body: body.to_owned(),
        }
    }

    /// The request as it came, thrown back.
    fn echo(call: &Call, target: &str, status: u16, form: EchoForm) -> Self {
        let shown = |value: &Option<String>| value.clone().unwrap_or_default();
        let (key, bearer) = (shown(&call.key), shown(&call.bearer));
        let body = String::from_utf8_lossy(&call.body);
        let told = format!(
            "Cannot {} {target}\nx-api-key: {key}\nauthorization: Bearer {bearer}\n\n{body}",
            call.method
        );
        let (content_type, body) = match form {
            EchoForm::Envelope => {
                let refusal =
                    object! { "status": false, "statusCode": status, "code": "ECHO", "message": told };
                return Self::json(status, &refusal);
            }
            EchoForm::Json => return Self::json(status, &told),
            EchoForm::Text => ("text/plain; charset=utf-8", told),
            EchoForm::Page => {
                let (head, tail) = ("<!DOCTYPE html>\n<html>\n<body>\n<pre>", "</pre>\n</body>\n</html>\n");
                ("text/html; charset=utf-8", format!("{head}{told}{tail}"))
            }
        };
        Self { status, content_type, retry_after: None, body }
    }

    /// The same status over JSON that means nothing.
    fn unreadable(&self) -> Self {
        Self::json(self.status, &object! { "reply": object! { "version": 7, "entries": [[1, 0], [2, 0]] } })
    }
}

fn too_many(retry_after: Option<u64>) -> Answer {
    let refusal = Refusal::new(429, "TOO_MANY_REQUESTS", "Too many requests, please try again later");
    Answer { retry_after, ..refusal.into() }
}

/// The API's routes: all of them lead to the table in `api`.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(serve).with_state(shared)
}

async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let Some(path) = parts.uri.path().strip_prefix("/v1") else {
        return (StatusCode::NOT_FOUND, "Not Found").into_response();
    };
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let call = Call {
        method: parts.method.to_string(),
        path: path.trim_end_matches('/').to_owned(),
        query: Query::try_from_uri(&parts.uri).map(|Query(query)| query).unwrap_or_default(),
        key: text("x-api-key"),
        bearer: text("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned)),
        body: body.to_vec(),
        id: String::new(),
    };
    let target = match parts.uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };

    // What has arrived is handled, even if its caller hangs up meanwhile.
    let handled = tokio::spawn(handle(shared, cut, call, target));
    handled.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn handle(shared: Arc<Shared>, cut: Cut, mut call: Call, target: String) -> Response {
    let mut hold = Hold::next(&mut shared.now().holds, &call.method, &call.path);
    let before = hold.take_if(|hold| hold.point == Point::Arrived);
    let held = before.is_some();
    if let Some(hold) = before
        && hold.wait().await
    {
        shared.now().record(&call, target, None, None, held);
        return cut.close();
    }
    let fault = shared.now().faults.next(&call.method, &call.path);
    match fault {
        Some(Fault::Slow { ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
        Some(Fault::DropBefore) => {
            shared.now().record(&call, target, None, fault, held);
            return cut.close();
        }
        _ => {}
    }
    let mut later = shared.answered.subscribe();
    let (answer, at, number) = {
        let mut scene = shared.now();
        let answer = scene.handle(&mut call, &target, fault.as_ref());
        if call.path == "/auth" {
            scene.remember_token(&answer);
        }
        scene.record(&call, target, Some(answer.status), fault.clone(), held);
        scene.calls += 1;
        (answer, scene.world.now, scene.calls)
    };
    if call.method != "GET" {
        shared.save().await;
    }
    if let Some(hold) = hold
        && hold.wait().await
    {
        return cut.close();
    }
    if let Some(Fault::OutOfOrder { ms }) = fault {
        let overtaken = async {
            let _ = later.changed().await;
            tokio::time::sleep(HEAD_START).await;
        };
        let _ = tokio::time::timeout(Duration::from_millis(ms), overtaken).await;
    }
    shared.answered.send_modify(|count| *count += 1);
    match fault {
        Some(Fault::DropAfter) => cut.close(),
        Some(Fault::Truncated) => truncated(answer, at, number),
        Some(Fault::Empty) => {
            let (status, headers) = head(&answer, at, number);
            (status, headers, Body::empty()).into_response()
        }
        _ => {
            let (status, mut headers) = head(&answer, at, number);
            if let (Some(Fault::Echo { .. }), Some(Ok(key))) = (&fault, call.key.map(HeaderValue::try_from)) {
                headers.insert("x-request-id", key);
            }
            (status, headers, answer.body).into_response()
        }
    }
}

/// Status and headers; the date is the simulated one, and Cloudflare's names are there, as on the real API.
fn head(answer: &Answer, at: DateTime<Utc>, number: u64) -> (StatusCode, HeaderMap) {
    let mut headers = HeaderMap::new();
    let mut put = |name, text: String| {
        if let Ok(value) = text.parse() {
            headers.insert(name, value);
        }
    };
    put(header::DATE, at.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    put(header::CONTENT_TYPE, answer.content_type.to_owned());
    put(header::SERVER, "cloudflare".to_owned());
    put(header::HeaderName::from_static("cf-ray"), format!("{:016x}-SIM", 0x8f00_0000_0000_0000 + number));
    put(header::HeaderName::from_static("cf-cache-status"), "DYNAMIC".to_owned());
    if let Some(seconds) = answer.retry_after {
        put(header::RETRY_AFTER, seconds.to_string());
    }
    (StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), headers)
}

/// Announces the whole body and sends half of it.
fn truncated(answer: Answer, at: DateTime<Utc>, number: u64) -> Response {
    let (status, mut headers) = head(&answer, at, number);
    headers.insert(header::CONTENT_LENGTH, answer.body.len().into());
    let mut body = answer.body.into_bytes();
    body.truncate(body.len() / 2);
    // Without a pause the connection would be aborted before the first half is on its way.
    let aborted = async {
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    };
    let parts = stream::iter([Ok(body)]).chain(stream::once(aborted));
    (status, headers, Body::from_stream(parts)).into_response()
}

/// Cuts a connection from within: what is written after it is refused, so that the socket is closed at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut(Arc<AtomicBool>);

impl Cut {
    fn close(&self) -> Response {
        self.0.store(true, Ordering::Relaxed);
        Response::new(Body::empty())
    }
}

/// A port of the loopback whose connections can be cut.
pub(crate) struct Loopback(TcpListener);

impl Loopback {
    /// Takes the port, or any free one for 0.
    pub(crate) async fn bind(port: u16) -> io::Result<Self> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map(Self)
    }

    pub(crate) fn port(&self) -> io::Result<u16> {
        self.0.local_addr().map(|address| address.port())
    }
}

impl Listener for Loopback {
    type Io = Socket;
    type Addr = Cut;

    async fn accept(&mut self) -> (Socket, Cut) {
        loop {
            match self.0.accept().await {
                Ok((stream, _)) => {
                    let cut = Cut::default();
                    return (Socket { stream, cut: cut.clone() }, cut);
                }
                // Out of files, most likely: others will be closed.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Cut> {
        Ok(Cut::default())
    }
}

impl Connected<IncomingStream<'_, Loopback>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Loopback>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A connection that can be cut.
pub(crate) struct Socket {
    stream: TcpStream,
    cut: Cut,
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        if self.cut.0.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
