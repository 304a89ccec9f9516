//! The HTTP side of the listener: one request a connection, with bounds on everything that a stranger could stretch.
//! Nothing of a request is ever logged.

#[cfg(test)]
mod tests;

use std::{convert::Infallible, sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body as _, Bytes, Incoming},
    header::{ALLOW, CONTENT_TYPE, HeaderValue, ORIGIN},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{PATH, SIGNATURE};

/// How far a request may go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// So many are answered at a time; others wait at the door.
    pub(super) connections: usize,
    /// The largest body, in bytes.
    pub(super) body: usize,
    /// How long the request line and the headers may take.
    pub(super) headers: Duration,
    /// How long a body may take.
    pub(super) reading: Duration,
    /// How long the answer may take: NOWPayments waits three seconds.
    pub(super) answer: Duration,
    /// How long those who are being answered are waited for when the listener ends.
    pub(super) farewell: Duration,
}

impl Limits {
    pub(super) const STANDARD: Self = Self {
        connections: 32,
        body: 1 << 20,
        headers: Duration::from_secs(3),
        reading: Duration::from_secs(3),
        answer: Duration::from_millis(2500),
        farewell: Duration::from_secs(1),
    };

    /// How long one connection may take in all.
    fn whole(&self) -> Duration {
        self.headers + self.reading + self.answer + Duration::from_secs(2)
    }
}

/// A request that may be a callback.
pub(super) struct Delivery {
    pub(super) body: Bytes,
    pub(super) signature: Option<String>,
}

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer(pub(super) StatusCode, pub(super) &'static str);

impl Answer {
    /// It comes again when it was not taken in time.
    pub(super) const LATER: Self = Self(StatusCode::SERVICE_UNAVAILABLE, "Not taken now. Send it again.");
}

/// Answers until it is told to stop. `released` is dropped as soon as the port is free.
pub(super) async fn serve<T, F>(
    socket: TcpListener,
    limits: Limits,
    stop: CancellationToken,
    released: oneshot::Sender<()>,
    take: T,
) where
    T: Fn(Delivery) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&socket, &places) => {
                if let Some((stream, place)) = accepted {
                    connections.spawn(converse(stream, place, limits, take.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
    drop(socket);
    drop(released);
    let _ = timeout(limits.farewell, async { while connections.join_next().await.is_some() {} }).await;
}

/// The next connection, once there is a place for it.
async fn accept(socket: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    match socket.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection to the listener for callbacks was not accepted");
            // Files may have run out: there will be some again.
            sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn converse<T, F>(stream: TcpStream, place: OwnedSemaphorePermit, limits: Limits, take: T)
where
    T: Fn(Delivery) -> F + Clone,
    F: Future<Output = Answer>,
{
    let service = service_fn(|request| {
        let take = take.clone();
        async move { Ok::<_, Infallible>(response(answer(request, limits, take).await)) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .keep_alive(false)
        .max_buf_size(16 << 10)
        .max_headers(64)
        .serve_connection(TokioIo::new(stream), service);
    // However it ends: whoever sent it has the answer, or sends it again.
    let _ = timeout(limits.whole(), connection).await;
    drop(place);
}

async fn answer<T, F>(request: Request<Incoming>, limits: Limits, take: T) -> Answer
where
    T: Fn(Delivery) -> F,
    F: Future<Output = Answer>,
{
    if request.uri().path() != PATH {
        return Answer(StatusCode::NOT_FOUND, "Callbacks are posted to /ipn.");
    }
    if request.method() != Method::POST {
        return Answer(
            StatusCode::METHOD_NOT_ALLOWED,
            "Paydesk listens for callbacks here. They are posted.",
        );
    }
    // Only a page in a browser says where it comes from, and no page has anything to tell us.
    if request.headers().contains_key(ORIGIN) {
        return Answer(StatusCode::FORBIDDEN, "Callbacks do not come from pages.");
    }
    let too_large = Answer(StatusCode::PAYLOAD_TOO_LARGE, "No callback is that large.");
    if request.body().size_hint().lower() > limits.body as u64 {
        return too_large;
    }
    let signature = request.headers().get(SIGNATURE);
    let signature = signature.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let body = match timeout(limits.reading, Limited::new(request.into_body(), limits.body).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return too_large,
        Ok(Err(_)) => return Answer(StatusCode::BAD_REQUEST, "The body broke off."),
        Err(_) => return Answer(StatusCode::REQUEST_TIMEOUT, "The body did not come in time."),
    };
    timeout(limits.answer, take(Delivery { body, signature })).await.unwrap_or(Answer::LATER)
}

fn response(Answer(status, text): Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("POST"));
    }
    response
}
