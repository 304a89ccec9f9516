use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
};

use super::*;

const QUICK: Limits = Limits {
    connections: 4,
    headers: Duration::from_millis(300),
    reading: Duration::from_millis(300),
    ..Limits::STANDARD
};

struct Door {
    port: u16,
    stop: CancellationToken,
    taken: Arc<AtomicUsize>,
    ended: tokio::task::JoinHandle<()>,
}

impl Door {
    async fn open(limits: Limits) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let (stop, taken) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
        let count = taken.clone();
        let take = move |_: Delivery| {
            let count = count.clone();
            async move {
                count.fetch_add(1, Ordering::SeqCst);
                Answer(StatusCode::OK, "Taken.")
            }
        };
        let ended = tokio::spawn(serve(socket, limits, stop.clone(), oneshot::channel().0, take));
        Self { port, stop, taken, ended }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// Sends bytes and reads all that is answered until the end.
    async fn send(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        let _ = stream.write_all(bytes.as_ref()).await; // who is refused may have hung up
        read(&mut stream).await
    }

    async fn assert_alive(&self) {
        let before = self.taken.load(Ordering::SeqCst);
        assert!(self.send(post("{}")).await.starts_with("HTTP/1.1 200 "));
        assert_eq!(self.taken.load(Ordering::SeqCst), before + 1);
    }
}

async fn read(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn post(body: &str) -> String {
    format!("POST /ipn HTTP/1.1\r\nHost: shop\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn only_what_can_be_a_callback_is_taken() {
    let door = Door::open(QUICK).await;
    for (request, status) in [
        ("GET /ipn HTTP/1.1\r\nHost: shop\r\n\r\n", "405"),
        ("DELETE /ipn HTTP/1.1\r\nHost: shop\r\n\r\n", "405"),
        ("OPTIONS /ipn HTTP/1.1\r\nHost: shop\r\nOrigin: https://evil.example\r\n\r\n", "405"),
        ("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\n{}", "404"),
        (
            "POST /ipn HTTP/1.1\r\nHost: shop\r\nOrigin: https://evil.example\r\nContent-Length: 2\r\n\r\n{}",
            "403",
        ),
        ("POST /ipn HTTP/1.1\r\nHost: shop\r\nContent-Length: 10485760\r\n\r\n", "413"),
        ("POST /ipn HTTP/1.1\r\nHost: shop\r\nContent-Length: -1\r\n\r\n", "400"),
        ("\u{0}\u{1}\u{2} garbage \u{7f}\r\n\r\n", "400"),
    ] {
        let answer = door.send(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?} was answered {answer:?}");
        assert!(!answer.to_ascii_lowercase().contains("access-control"), "{answer}");
    }
    assert_eq!(door.taken.load(Ordering::SeqCst), 0);
    door.assert_alive().await;
}

#[tokio::test]
async fn a_request_without_end_ends() {
    let door = Door::open(QUICK).await;
    let lines = "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(1000);
    door.send(format!("POST /ipn HTTP/1.1\r\nHost: shop\r\n{lines}")).await;
    let many = "A: b\r\n".repeat(200);
    door.send(format!("POST /ipn HTTP/1.1\r\nHost: shop\r\n{many}\r\n")).await;
    door.send("x".repeat(1 << 20)).await;
    // Ten megabytes in pieces, which say no length at first.
    let piece = format!("{:x}\r\n{}\r\n", 1 << 16, "a".repeat(1 << 16));
    let mut endless = "POST /ipn HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    endless.push_str(&piece.repeat(160));
    door.send(endless).await;
    assert_eq!(door.taken.load(Ordering::SeqCst), 0);
    door.assert_alive().await;
}

#[tokio::test]
async fn those_who_keep_their_place_and_say_nothing_lose_it() {
    let door = Door::open(QUICK).await;
    let mut silent = Vec::new();
    for begun in
        ["", "POST /i", "POST /ipn HTTP/1.1\r\nHost: sh", "POST /ipn HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"]
    {
        for _ in 0..QUICK.connections * 2 {
            let mut stream = door.connect().await;
            stream.write_all(begun.as_bytes()).await.unwrap();
            silent.push(stream);
        }
    }
    door.assert_alive().await;
    for mut stream in silent {
        read(&mut stream).await; // comes to its end
    }
    assert_eq!(door.taken.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_without_it() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(socket.local_addr().unwrap()).await.unwrap();
    let limits = Limits { answer: Duration::from_millis(50), ..QUICK };
    tokio::spawn(serve(socket, limits, CancellationToken::new(), oneshot::channel().0, |_| {
        std::future::pending::<Answer>()
    }));
    stream.write_all(post("{}").as_bytes()).await.unwrap();
    assert!(read(&mut stream).await.starts_with("HTTP/1.1 503 "));
}

#[tokio::test]
async fn the_end_frees_the_port_waits_for_an_answer_and_for_nobody_who_is_silent() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let (begun, mut has_begun) = mpsc::channel(1);
    let (stop, (release, released)) = (CancellationToken::new(), oneshot::channel::<()>());
    let go_on = CancellationToken::new();
    let wait = go_on.clone();
    let take = move |_: Delivery| {
        let (begun, wait) = (begun.clone(), wait.clone());
        async move {
            begun.send(()).await.unwrap();
            wait.cancelled().await;
            Answer(StatusCode::OK, "Taken.")
        }
    };
    let limits = Limits { farewell: Duration::from_secs(60), ..QUICK };
    let ended = tokio::spawn(serve(socket, limits, stop.clone(), release, take));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(post("{}").as_bytes()).await.unwrap();
    has_begun.recv().await.unwrap();
    stop.cancel();
    released.await.unwrap_err();
    drop(TcpListener::bind(address).await.unwrap());
    go_on.cancel();
    assert!(read(&mut stream).await.starts_with("HTTP/1.1 200 "));
    ended.await.unwrap();

    let door =
        Door::open(Limits { headers: Duration::from_secs(600), farewell: Duration::ZERO, ..QUICK }).await;
    let mut silent = door.connect().await;
    silent.write_all(b"POST").await.unwrap();
    door.assert_alive().await;
    door.stop.cancel();
    door.ended.await.unwrap();
    read(&mut silent).await;
}
