//! Something between Paydesk and the simulator that changes words of the answers: rows of a form that no simulator makes by itself.

use std::sync::{Arc, Mutex};

use paydesk_core::shops::Bases;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::common::world::World;

/// A part of a path, the words that are changed in answers to it, and what stands there then.
type Change = (&'static str, String, String);

/// What changes the answers of a simulator, until it is dropped.
pub(crate) struct Between {
    base: url::Url,
    changes: Arc<Mutex<Vec<Change>>>,
}

impl Between {
    pub(crate) async fn new(world: &World) -> Self {
        let theirs: url::Url = world.simulator.url().parse().unwrap();
        let target = format!("{}:{}", theirs.host_str().unwrap(), theirs.port().unwrap());
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut base = theirs;
        base.set_port(Some(socket.local_addr().unwrap().port())).unwrap();
        let changes = Arc::new(Mutex::new(Vec::new()));
        let known = changes.clone();
        tokio::spawn(async move {
            while let Ok((caller, _)) = socket.accept().await {
                tokio::spawn(pass_on(caller, target.clone(), known.clone()));
            }
        });
        Self { base, changes }
    }

    /// Both services are this.
    pub(crate) fn bases(&self) -> Bases {
        Bases { sandbox: self.base.clone(), live: self.base.clone() }
    }

    /// From now on `to` stands in answers to calls of `path` wherever `from` stood.
    pub(crate) fn change(&self, path: &'static str, from: &str, to: &str) {
        self.changes.lock().unwrap().push((path, from.to_owned(), to.to_owned()));
    }

    /// Answers are as they are.
    pub(crate) fn change_nothing(&self) {
        self.changes.lock().unwrap().clear();
    }
}

/// The head of a message, and all of its body.
async fn read(from: &mut TcpStream, until_closed: bool) -> Option<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let end = loop {
        if let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if from.read_buf(&mut all).await.ok()? == 0 {
            return None;
        }
    };
    let body = all.split_off(end);
    let head = String::from_utf8(all).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = body;
    while length.map_or(until_closed, |length| body.len() < length) {
        if from.read_buf(&mut body).await.ok()? == 0 {
            break;
        }
    }
    Some((head, body))
}

/// The lines of a head without those that say how the body comes, which is sent whole.
fn without_length(head: &str) -> String {
    let says = |line: &str| {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        matches!(name.as_str(), "content-length" | "connection" | "transfer-encoding") || line.is_empty()
    };
    head.lines().filter(|line| !says(line)).map(|line| format!("{line}\r\n")).collect()
}

async fn pass_on(mut caller: TcpStream, target: String, changes: Arc<Mutex<Vec<Change>>>) -> Option<()> {
    let (head, body) = read(&mut caller, false).await?;
    let path = head.split(' ').nth(1)?.to_owned();
    let mut theirs = TcpStream::connect(target).await.ok()?;
    let send = async |to: &mut TcpStream, head: &str, body: &[u8]| {
        let head =
            format!("{}content-length: {}\r\nconnection: close\r\n\r\n", without_length(head), body.len());
        to.write_all(&[head.as_bytes(), body].concat()).await
    };
    send(&mut theirs, &head, &body).await.ok()?;
    let (head, body) = read(&mut theirs, true).await?;
    let mut text = String::from_utf8(body).ok()?;
    for (of, from, to) in &*changes.lock().unwrap() {
        if path.contains(of) {
            text = text.replace(from, to);
        }
    }
    send(&mut caller, &head, text.as_bytes()).await.ok()
}
