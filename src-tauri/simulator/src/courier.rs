//! The courier: carries callbacks over HTTP, beside the world and never under its lock.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use axum::body::Body;
use axum::http::{Request, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::callbacks::{self, Letter};
use crate::server::Shared;

/// Carries what is in the outbox until the simulator ends.
pub(crate) async fn carry(shared: Arc<Shared>, mut until: watch::Receiver<()>) {
    let mut news = shared.now().world.callbacks.under_way();
    let mut under_way = JoinSet::new();
    loop {
        let letters = {
            let mut scene = shared.now();
            let now = scene.world.now;
            scene.world.callbacks.letters(now)
        };
        for letter in letters {
            under_way.spawn(deliver(Arc::clone(&shared), letter));
        }
        tokio::select! {
            _ = until.changed() => return,
            _ = news.changed() => {}
        }
        while under_way.try_join_next().is_some() {}
    }
}

async fn deliver(shared: Arc<Shared>, letter: Letter) {
    let mut outcomes = Vec::new();
    for _ in 0..letter.copies {
        outcomes.push(match timeout(letter.patience, post(&letter)).await {
            Ok(Ok(status)) => Ok(status),
            Ok(Err(error)) => Err(format!("{error:#}")),
            Err(_) => Err("no answer in time".to_owned()),
        });
    }
    callbacks::answered(&mut shared.now().world, &letter, outcomes);
}

/// Posts a letter on a connection of its own and gives the answer's status. Redirects are not followed.
async fn post(letter: &Letter) -> anyhow::Result<u16> {
    let (uri, address) = callbacks::loopback(&letter.url).context("the address is not on the loopback")?;
    let stream = TcpStream::connect(SocketAddr::new(address, uri.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with this function, whatever its end is.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let mut request = Request::post(uri.path_and_query().map_or("/", |target| target.as_str()))
        .header(header::HOST, host.rsplit('@').next().unwrap_or(host))
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(signature) = &letter.signature {
        request = request.header("x-nowpayments-sig", signature);
    }
    let answer = sender.send_request(request.body(Body::from(letter.body.clone()))?).await?;
    Ok(answer.status().as_u16())
}
