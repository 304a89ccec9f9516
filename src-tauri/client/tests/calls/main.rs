//! How calls are made: what they carry, when they are repeated, how they fail.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, future::join_all};
use nowpayments::{
    Client, Credentials, Endpoint, Error, Options, Outcome, SetupError, auth::GetStatus, balance::GetBalance,
    currencies::GetCurrencies, estimates::GetEstimate, payments::*, payouts::*,
};

mod endpoints;
mod server;

use server::{KEY, PASSWORD, Seen, Server, answer, credentials, json, options, raw_server, token};

const REFUSED: &str =
    r#"{"status": false, "statusCode": 401, "code": "AUTH_REQUIRED", "message": "jwt expired"}"#;

fn payout() -> CreatePayout {
    let row = NewPayout::new("T1".to_owned(), "trx".parse().unwrap(), "12.5".parse().unwrap());
    CreatePayout { withdrawals: vec![row], ..CreatePayout::default() }
}

fn verify() -> VerifyPayout {
    VerifyPayout { id: "7".parse().unwrap(), verification_code: "492817".into() }
}

/// A server that logs everybody in and answers the rest as told.
async fn with_login(
    rest: impl Fn(usize, &Seen) -> Option<axum::http::Response<axum::body::Body>> + Send + Sync + 'static,
) -> Server {
    Server::start(move |n, seen| if seen.line == "POST /v1/auth" { token(n) } else { rest(n, seen) }).await
}

#[tokio::test]
async fn a_call_shows_who_it_is_only_as_its_endpoint_wants() {
    let server = with_login(|_, seen| match seen.line.as_str() {
        "GET /v1/status" => json(200, r#"{"message": "OK"}"#),
        "GET /v1/balance" => json(200, "{}"),
        _ => json(200, "OK"),
    })
    .await;
    let client = server.client();
    client.send(&GetStatus {}).await.unwrap();
    client.send(&GetBalance {}).await.unwrap();
    client.send(&verify()).await.unwrap();

    let seen = server.seen();
    let shown: Vec<_> = seen
        .iter()
        .map(|seen| (seen.line.as_str(), seen.header("x-api-key"), seen.header("authorization")))
        .collect();
    assert_eq!(
        shown,
        [
            ("GET /v1/status", None, None),
            ("GET /v1/balance", Some(KEY), None),
            ("POST /v1/auth", None, None),
            ("POST /v1/payout/7/verify", Some(KEY), Some("Bearer token-0-secret")),
        ]
    );
    assert_eq!(seen[2].body, format!(r#"{{"email":"owner@shop.example","password":"{PASSWORD}"}}"#));
    assert_eq!(seen[3].body, r#"{"verification_code":"492817"}"#);
    assert_eq!(seen[3].header("content-type"), Some("application/json"));
    assert!(seen[0].header("user-agent").unwrap().starts_with("Paydesk/"));
}

#[tokio::test]
async fn the_parameters_of_a_get_are_its_query() {
    let server = with_login(|_, _| {
        json(
            200,
            r#"{"data": [], "payouts": [], "currencies": [], "currency_from": "usd",
        "amount_from": 0.1, "currency_to": "btc", "estimated_amount": "0.0000010"}"#,
        )
    })
    .await;
    let client = server.client();
    let time: DateTime<Utc> = "2026-01-02T03:04:05.678Z".parse().unwrap();
    let list = ListPayments {
        sort_by: Some(PaymentSort::CreatedAt),
        order_by: Some(nowpayments::Order::Desc),
        date_from: Some(time),
        invoice_id: Some("55".parse().unwrap()),
        ..ListPayments::default()
    };
    client.send(&list).await.unwrap();
    let list = ListPayouts {
        status: Some(PayoutStatus::Sending),
        order_by: Some(PayoutSort::DateCreated),
        batch_id: Some("7".parse().unwrap()),
        ..ListPayouts::default()
    };
    client.send(&list).await.unwrap();
    client.send(&GetCurrencies { fixed_rate: Some(true) }).await.unwrap();
    let estimate = GetEstimate {
        amount: "0.10".parse().unwrap(),
        currency_from: "USD".parse().unwrap(),
        currency_to: "BTC".parse().unwrap(),
    };
    assert_eq!(client.send(&estimate).await.unwrap().estimated_amount.to_string(), "0.000001");
    assert_eq!(
        server.lines(),
        [
            "POST /v1/auth",
            "GET /v1/payment/?limit=500&page=0&sortBy=created_at&orderBy=desc&dateFrom=2026-01-02T03%3A04%3A05.678Z&invoiceId=55",
            "GET /v1/payout?batch_id=7&status=sending&order_by=dateCreated&limit=100&page=0",
            "GET /v1/currencies?fixed_rate=true",
            "GET /v1/estimate?amount=0.1&currency_from=usd&currency_to=btc",
        ]
    );
}

#[tokio::test]
async fn a_get_is_repeated_until_it_succeeds() {
    for status in [408, 429, 500, 502, 503] {
        let server =
            Server::start(move |n, _| if n < 3 { json(status, "{}") } else { json(200, "{}") }).await;
        assert!(server.client().send(&GetBalance {}).await.is_ok(), "{status}");
        assert_eq!(server.seen().len(), 4, "{status}");
    }
}

#[tokio::test]
async fn a_get_is_not_repeated_forever_nor_when_that_is_of_no_use() {
    async fn check(status: u16, calls: usize) {
        let server = Server::start(move |_, _| json(status, r#"{"message": "no"}"#)).await;
        let error = server.client().send(&GetBalance {}).await.unwrap_err();
        assert_eq!(error.refused().unwrap().status, status);
        assert_eq!(server.seen().len(), calls, "{status}");
    }
    check(500, 5).await;
    check(400, 1).await;
    check(403, 1).await;
    check(404, 1).await;
}

#[tokio::test]
async fn a_post_is_never_repeated() {
    for status in [408, 425, 429, 500, 502, 503, 504] {
        let server = with_login(move |_, _| json(status, r#"{"message": "no"}"#)).await;
        let error = server.client().send(&payout()).await.unwrap_err();
        assert_eq!(server.lines(), ["POST /v1/auth", "POST /v1/payout"], "{status}");
        assert_eq!(error.refused().unwrap().status, status);
    }
}

#[tokio::test]
async fn retry_after_is_waited_out() {
    let server = Server::start(|n, _| match n {
        0 => answer(429, &[("retry-after", "1")], "slow down"),
        _ => json(200, "{}"),
    })
    .await;
    let started = Instant::now();
    server.client().send(&GetBalance {}).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_retry_after_beyond_the_patience_is_told_instead() {
    let server = Server::start(|_, _| answer(429, &[("retry-after", "3600")], "slow down")).await;
    let error = server.client().send(&GetBalance {}).await.unwrap_err();
    let refused = error.refused().unwrap();
    assert!(refused.is_rate_limited());
    assert_eq!(
        (refused.retry_after, refused.message.as_str()),
        (Some(Duration::from_secs(3600)), "slow down")
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn retry_after_may_be_a_date_by_the_providers_clock() {
    let server = Server::start(|_, _| {
        let headers =
            [("date", "Sat, 21 Nov 2026 10:00:00 GMT"), ("retry-after", "Sat, 21 Nov 2026 10:02:00 GMT")];
        answer(503, &headers, "")
    })
    .await;
    let error = server.client().send(&GetBalance {}).await.unwrap_err();
    assert_eq!(error.refused().unwrap().retry_after, Some(Duration::from_secs(120)));
    assert!(error.refused().unwrap().is_maintenance());
}

#[tokio::test]
async fn a_401_is_answered_with_one_new_login_and_the_same_call_once_more() {
    let server = with_login(|n, _| if n == 0 { json(401, REFUSED) } else { json(200, "OK") }).await;
    server.client().send(&verify()).await.unwrap();
    let seen = server.seen();
    let lines: Vec<_> = seen.iter().map(|seen| seen.line.as_str()).collect();
    assert_eq!(
        lines,
        ["POST /v1/auth", "POST /v1/payout/7/verify", "POST /v1/auth", "POST /v1/payout/7/verify"]
    );
    assert_eq!(seen[1].body, seen[3].body);
    assert_eq!(seen[3].header("authorization"), Some("Bearer token-1-secret"));
}

#[tokio::test]
async fn a_second_401_is_the_answer() {
    let server = with_login(|_, _| json(401, REFUSED)).await;
    let error = server.client().send(&payout()).await.unwrap_err();
    assert!(error.refused().unwrap().is_expired_login());
    assert_eq!(error.outcome(), Outcome::NotDone);
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_wrong_code_is_no_reason_to_log_in_and_use_up_another_attempt() {
    let server = with_login(|_, _| json(401, r#"{"message": "Invalid verification code"}"#)).await;
    let error = server.client().send(&verify()).await.unwrap_err();
    assert!(error.refused().unwrap().is_wrong_code());
    assert_eq!(server.lines(), ["POST /v1/auth", "POST /v1/payout/7/verify"]);
}

#[tokio::test]
async fn a_call_that_is_documented_to_want_the_key_alone_gets_the_login_when_asked_for() {
    let server = with_login(|n, _| match n {
        0 => json(401, REFUSED),
        _ => json(200, r#"{"id": 7, "withdrawals": []}"#),
    })
    .await;
    server.client().send(&GetPayout { id: "7".parse().unwrap() }).await.unwrap();
    assert_eq!(server.lines(), ["GET /v1/payout/7", "POST /v1/auth", "GET /v1/payout/7"]);
}

#[tokio::test]
async fn without_a_login_a_401_is_the_answer() {
    let server = Server::start(|_, _| json(401, REFUSED)).await;
    let credentials = Credentials { login: None, ..credentials() };
    let client = Client::with(server.base.clone(), credentials, options()).unwrap();
    assert!(client.send(&payout()).await.unwrap_err().refused().unwrap().is_expired_login());
    assert_eq!(server.lines(), ["POST /v1/payout"]);
}

#[tokio::test]
async fn calls_at_the_same_time_share_one_login() {
    let server = with_login(|_, _| json(200, "OK")).await;
    let client = server.client();
    let verify = verify();
    let results = join_all((0..20).map(|_| client.send(&verify))).await;
    assert!(results.iter().all(Result::is_ok));
    let logins = server.lines().iter().filter(|line| *line == "POST /v1/auth").count();
    assert_eq!((logins, server.seen().len()), (1, 21));
}

#[tokio::test]
async fn calls_at_the_same_time_share_a_login_that_is_refused() {
    let server = Server::start(|_, _| {
        json(403, r#"{"code": "ACCESS_DENIED", "message": "Wrong e-mail or password"}"#)
    })
    .await;
    let client = server.client();
    let payout = payout();
    let results = join_all((0..20).map(|_| client.send(&payout))).await;
    for result in results {
        let error = result.unwrap_err();
        assert!(error.refused().unwrap().is_login_refused(), "{error}");
        assert_eq!(error.outcome(), Outcome::NotDone);
    }
    assert_eq!(server.lines(), ["POST /v1/auth"]);
}

#[tokio::test]
async fn calls_that_are_refused_at_the_same_time_share_the_new_login() {
    let server = with_login(|_, seen| match seen.header("authorization") {
        Some("Bearer token-0-secret") => json(401, REFUSED),
        _ => json(200, "OK"),
    })
    .await;
    let client = server.client();
    let verify = verify();
    let results = join_all((0..20).map(|_| client.send(&verify))).await;
    assert!(results.iter().all(Result::is_ok));
    let logins = server.lines().iter().filter(|line| *line == "POST /v1/auth").count();
    assert_eq!((logins, server.seen().len()), (2, 42));
}

#[tokio::test]
async fn a_login_that_fails_for_the_moment_is_not_repeated_and_nothing_was_done() {
    let server = Server::start(|_, _| json(500, "{}")).await;
    let client = server.client();
    assert_eq!(client.send(&payout()).await.unwrap_err().outcome(), Outcome::NotDone);
    assert!(client.send(&ListPayments::default()).await.is_err());
    assert_eq!(server.lines(), ["POST /v1/auth", "POST /v1/auth"]);
}

#[tokio::test]
async fn a_token_is_renewed_after_four_of_its_five_minutes() {
    let server = with_login(|_, _| json(200, "OK")).await;
    let start: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
    let clock = Arc::new(Mutex::new(start));
    let now = Arc::clone(&clock);
    let client = server.client_with(Options { now: Arc::new(move || *now.lock().unwrap()), ..options() });
    for (seconds, logins) in [(0, 1), (239, 1), (240, 2), (479, 2), (480, 3)] {
        *clock.lock().unwrap() = start + TimeDelta::seconds(seconds);
        client.send(&verify()).await.unwrap();
        let lines = server.lines();
        assert_eq!(lines.iter().filter(|line| *line == "POST /v1/auth").count(), logins, "{seconds} s");
    }
}

#[tokio::test]
async fn a_payout_without_an_answer_in_time_is_unknown() {
    let server = with_login(|_, _| None).await;
    let client = server.client_with(Options { timeout: Duration::from_millis(300), ..options() });
    let error = client.send(&payout()).await.unwrap_err();
    let Error::Unreachable(unreachable) = &error else { panic!("{error}") };
    assert!(unreachable.timed_out && unreachable.sent);
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(error.to_string(), "POST /payout: no answer in time");
    assert_eq!(server.lines(), ["POST /v1/auth", "POST /v1/payout"]);
}

#[tokio::test]
async fn a_get_without_an_answer_in_time_is_repeated() {
    let server = Server::start(|n, _| if n == 0 { None } else { json(200, "{}") }).await;
    let client = server.client_with(Options { timeout: Duration::from_millis(300), ..options() });
    client.send(&GetBalance {}).await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_payment_that_never_left_this_computer_is_not_done() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let client = Client::with(base, credentials(), options()).unwrap();
    let payment = CreatePayment::new(5.into(), "usd".parse().unwrap(), "btc".parse().unwrap());
    let error = client.send(&payment).await.unwrap_err();
    let Error::Unreachable(unreachable) = &error else { panic!("{error}") };
    assert!(!unreachable.sent && !unreachable.timed_out);
    assert_eq!(error.outcome(), Outcome::NotDone);
    assert!(error.to_string().starts_with("POST /payment: no answer: "), "{error}");
    assert_eq!(client.clock_offset(), None);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_unknown_for_a_post_and_repeated_for_a_get() {
    for bytes in
        ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"payment_id\": 1"]
    {
        let (base, calls) = raw_server(bytes).await;
        let client = Client::with(base, credentials(), options()).unwrap();
        let payment = CreatePayment::new(5.into(), "usd".parse().unwrap(), "btc".parse().unwrap());
        let error = client.send(&payment).await.unwrap_err();
        assert!(matches!(&error, Error::Unreachable(unreachable) if unreachable.sent), "{bytes:?}: {error}");
        assert_eq!((error.outcome(), *calls.lock().unwrap()), (Outcome::Unknown, 1), "{bytes:?}");

        let error = client.send(&GetBalance {}).await.unwrap_err();
        assert!(matches!(error, Error::Unreachable(_)), "{bytes:?}: {error}");
        assert_eq!(*calls.lock().unwrap(), 1 + 5, "{bytes:?}");
    }
}

#[tokio::test]
async fn a_refusal_that_breaks_off_is_still_one() {
    let (base, _) = raw_server("HTTP/1.1 403 Forbidden\r\ncontent-length: 100\r\n\r\n{\"code\": 1").await;
    let error = Client::with(base, credentials(), options()).unwrap().send(&GetBalance {}).await.unwrap_err();
    assert_eq!((error.refused().unwrap().status, error.refused().unwrap().from_api), (403, false));
}

#[tokio::test]
async fn html_is_no_answer_of_the_api() {
    let server = with_login(|_, seen| {
        let status = if seen.line.contains("verify") { 502 } else { 200 };
        answer(
            status,
            &[("content-type", "text/html"), ("cf-ray", "8f0a-FRA")],
            "<html><title>Hold on</title></html>",
        )
    })
    .await;
    let client = server.client();
    let error = client.send(&payout()).await.unwrap_err();
    let Error::Unreadable(unreadable) = &error else { panic!("{error}") };
    assert_eq!(unreadable.request_id.as_deref(), Some("8f0a-FRA"));
    assert_eq!(error.to_string(), "POST /payout: unreadable answer: expected JSON, found an HTML page");
    assert_eq!(error.outcome(), Outcome::Unknown);

    let error = client.send(&verify()).await.unwrap_err();
    assert_eq!(error.to_string(), "POST /payout/7/verify: refused (502): Bad Gateway");
    assert_eq!(error.refused().unwrap().request_id.as_deref(), Some("8f0a-FRA"));
    assert_eq!(error.outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn a_created_payout_whose_id_is_missing_is_unknown() {
    let server = with_login(|_, _| json(200, r#"{"withdrawals": []}"#)).await;
    let error = server.client().send(&payout()).await.unwrap_err();
    assert!(matches!(error, Error::Unreadable(_)));
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(server.lines(), ["POST /v1/auth", "POST /v1/payout"]);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(|_, _| json(200, "{}")).await;
    let location = format!("{}/balance", elsewhere.base);
    let server = Server::start(move |_, _| answer(307, &[("location", &location)], "")).await;
    let error = server.client().send(&GetBalance {}).await.unwrap_err();
    assert_eq!(error.refused().unwrap().status, 307);
    assert_eq!((server.seen().len(), elsewhere.seen().len()), (1, 0));
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_given_up() {
    let body = format!("{{\"btc\": {{\"amount\": 1}}{}}}", " ".repeat(2000));
    let whole = body.clone();
    let server = Server::start(move |_, seen| match seen.line.as_str() {
        "GET /v1/balance" => json(200, &body),
        // Without a length that is known beforehand.
        _ => {
            let parts: Vec<Result<String, std::io::Error>> =
                vec![Ok(body[..1000].to_owned()), Ok(body[1000..].to_owned())];
            Some(axum::http::Response::new(axum::body::Body::from_stream(futures_util::stream::iter(parts))))
        }
    })
    .await;
    let client = server.client_with(Options { largest_answer: 1500, ..options() });
    let longer = |error: Error| matches!(error, Error::Unreadable(problem) if problem.message == "longer than 1500 bytes");
    assert!(longer(client.send(&GetBalance {}).await.unwrap_err()));
    assert!(longer(client.send(&GetCurrencies::default()).await.unwrap_err()));
    let client = server.client_with(Options { largest_answer: whole.len(), ..options() });
    assert_eq!(client.send(&GetBalance {}).await.unwrap().len(), 1);
}

/// A page of payments with these ids.
fn page(ids: std::ops::Range<u32>, more: &str) -> Option<axum::http::Response<axum::body::Body>> {
    let rows: Vec<_> = ids
        .map(|id| format!(r#"{{"payment_id": {id}, "payment_status": "waiting", "price_amount": 1, "price_currency": "usd", "pay_currency": "btc"}}"#))
        .collect();
    json(200, &format!(r#"{{"data": [{}]{more}}}"#, rows.join(",")))
}

async fn ids_of(client: &Client, list: ListPayments) -> Result<Vec<Vec<String>>, Error> {
    let pages: Vec<_> = client.pages(list).collect().await;
    let ids = |page: Vec<Payment>| page.iter().map(|payment| payment.payment_id.to_string()).collect();
    pages.into_iter().map(|page| page.map(ids)).collect()
}

#[tokio::test]
async fn pages_follow_each_other_to_the_last_that_the_answer_names() {
    let server = with_login(|_, seen| match seen.line.as_str() {
        "GET /v1/payment/?limit=2&page=1" => {
            page(2..4, r#", "limit": 2, "page": 1, "pagesCount": 3, "total": 5"#)
        }
        "GET /v1/payment/?limit=2&page=2" => {
            page(4..5, r#", "limit": 2, "page": 2, "pagesCount": 3, "total": 5"#)
        }
        other => panic!("{other}"),
    })
    .await;
    let list = ListPayments { limit: 2, page: 1, ..ListPayments::default() };
    assert_eq!(ids_of(&server.client(), list).await.unwrap(), [vec!["2", "3"], vec!["4"]]);
}

#[tokio::test]
async fn pages_end_with_an_empty_one_when_the_answer_names_none() {
    let server = with_login(|_, seen| match seen.line.as_str() {
        "GET /v1/payment/?limit=500&page=0" => page(0..2, ""),
        "GET /v1/payment/?limit=500&page=1" => page(2..3, ""),
        _ => page(0..0, ""),
    })
    .await;
    assert_eq!(ids_of(&server.client(), ListPayments::default()).await.unwrap(), [vec!["0", "1"], vec!["2"]]);
    assert_eq!(server.seen().len(), 1 + 3);
}

#[tokio::test]
async fn pages_do_not_run_in_circles() {
    let server = with_login(|_, _| page(0..2, "")).await;
    let error = ids_of(&server.client(), ListPayments::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "GET /payment/: unreadable answer: the page is the one before it again");
    assert_eq!(server.seen().len(), 1 + 2);
}

#[tokio::test]
async fn pages_end_with_the_first_error() {
    let server = with_login(|_, seen| match seen.line.as_str() {
        "GET /v1/payment/?limit=500&page=0" => page(0..2, ""),
        _ => json(403, r#"{"code": "INVALID_API_KEY", "message": "Invalid api key"}"#),
    })
    .await;
    let client = server.client();
    let mut pages = client.pages(ListPayments::default());
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 2);
    assert!(pages.next().await.unwrap().unwrap_err().refused().unwrap().is_wrong_key());
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn the_providers_clock_is_compared_with_the_local_one() {
    let server = Server::start(|n, _| {
        let date = ["Sat, 21 Nov 2026 10:00:30 GMT", "Sat, 21 Nov 2026 09:59:00 GMT", "yesterday"][n];
        answer(if n == 1 { 404 } else { 200 }, &[("date", date)], "{}")
    })
    .await;
    let now: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
    let client = server.client_with(Options { now: Arc::new(move || now), ..options() });
    assert_eq!(client.clock_offset(), None);
    client.send(&GetBalance {}).await.unwrap();
    assert_eq!(client.clone().clock_offset(), Some(TimeDelta::seconds(30)));
    client.send(&GetBalance {}).await.unwrap_err();
    assert_eq!(client.clock_offset(), Some(TimeDelta::seconds(-60)));
    client.send(&GetBalance {}).await.unwrap();
    assert_eq!(client.clock_offset(), Some(TimeDelta::seconds(-60)), "a date that is none changes nothing");
}

#[tokio::test]
async fn nothing_shows_a_secret() {
    let refusing = with_login(|_, _| json(401, REFUSED)).await;
    let garbled = with_login(|_, _| answer(200, &[], "<html>")).await;
    let silent = with_login(|_, _| None).await;
    let tokenless = Server::start(|_, _| json(200, r#"{"token": ["token-0-secret"]}"#)).await;
    let misprinted = Server::start(|_, _| json(200, r#"{"token": "token-0-secret\n"}"#)).await;
    let bare = Server::start(|_, _| json(200, r#""token-0-secret""#)).await;
    for server in [refusing, garbled, silent, tokenless, misprinted, bare] {
        let client = server.client_with(Options { timeout: Duration::from_millis(300), ..options() });
        let mut shown = format!("{client:?} {:?}", credentials());
        for error in [client.send(&payout()).await.unwrap_err(), client.send(&verify()).await.unwrap_err()] {
            let mut source: Option<&dyn std::error::Error> = Some(&error);
            while let Some(error) = source {
                shown.push_str(&format!("{error} {error:?} "));
                source = error.source();
            }
        }
        for secret in [KEY, PASSWORD, "token-0-secret", "492817"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
    }
}

/// A password that JSON spells in other signs.
const ODD_PASSWORD: &str = "pass\"word\\secret";

#[tokio::test]
async fn no_error_repeats_the_secrets_that_a_careless_server_throws_back() {
    // One that is long enough to be cut where an error quotes it.
    let token = format!("token-{}-secret", "0123456789".repeat(8));
    let body = format!(r#"{{"token": "{token}"}}"#);
    for form in 0..6 {
        for status in [200, 400, 403, 404, 409, 429, 500] {
            let (token, body) = (token.clone(), body.clone());
            let login_fails = form == 5;
            let server = Server::start(move |_, seen| {
                if seen.line == "POST /v1/auth" && !login_fails {
                    return json(200, &body);
                }
                let shown = |name| seen.header(name).unwrap_or_default().to_owned();
                let (key, bearer) = (shown("x-api-key"), shown("authorization"));
                let told = format!("It was {key}, {bearer}, {} and {}.", seen.body, token.len());
                let quoted = serde_json::to_string(&told).unwrap();
                let body = match form {
                    0 | 5 => format!(r#"{{"code": "{key}", "message": {quoted}}}"#),
                    1 => told,
                    2 => format!(r#"{{"message": {{"told": {quoted}}}}}"#),
                    3 => quoted,
                    // Escaped as it need not be.
                    _ => format!(r#"{{"id": {}, "message": {0}}}"#, quoted.replace('s', "\\u0073")),
                };
                let id = if bearer.is_empty() { key } else { bearer };
                answer(status, &[("x-request-id", &id)], &body)
            })
            .await;
            let login =
                nowpayments::Login { email: "owner@shop.example".to_owned(), password: ODD_PASSWORD.into() };
            let credentials = Credentials { login: Some(login), ..credentials() };
            let mut options = options();
            options.retry.times = 0;
            let client = Client::with(server.base.clone(), credentials, options).unwrap();
            let errors = [
                client.send(&payout()).await.unwrap_err(),
                client.send(&verify()).await.unwrap_err(),
                client.send(&GetPayout { id: "7".parse().unwrap() }).await.unwrap_err(),
            ];
            let shown = format!("{errors:#?} {errors:?} {} {} {}", errors[0], errors[1], errors[2]);
            for piece in [KEY, "pass\"", "pass\\", "\\secret", "0123456", "492817"] {
                assert!(!shown.contains(piece), "{form}, {status}: {piece} is in {shown}");
            }
            if form == 1 && status == 409 {
                assert!(shown.contains("It was …, Bearer …"), "the rest is still told: {shown}");
            }
        }
    }
}

#[tokio::test]
async fn a_client_is_not_made_with_what_cannot_work_or_gives_secrets_away() {
    fn made(base: &str, key: &str) -> Result<Client, SetupError> {
        Client::new(base.parse().unwrap(), Credentials { api_key: key.into(), login: None })
    }
    assert!(made("https://api.nowpayments.io/v1", KEY).is_ok());
    assert!(made("http://localhost:9/v1/", KEY).is_ok() && made("http://[::1]:9/v1", KEY).is_ok());
    assert!(made("https://api.nowpayments.io/v1", " pasted-key\n").is_ok(), "spaces around a pasted key");
    for base in ["http://api.nowpayments.io/v1", "http://192.168.0.5/v1", "http://localhost.example/v1"] {
        assert!(matches!(made(base, KEY), Err(SetupError::Insecure)), "{base}");
    }
    for base in ["mailto:a@b.c", "file:///v1", "ftp://localhost/v1"] {
        assert!(matches!(made(base, KEY), Err(SetupError::Base)), "{base}");
    }
    for key in ["", "  ", "two\nlines", "nul\0"] {
        assert!(matches!(made("https://api.nowpayments.io/v1", key), Err(SetupError::Key)), "{key:?}");
    }
}

#[test]
fn futures_and_clients_can_go_to_other_threads() {
    fn check<T: Send>(_: T) {}
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Client>();
    shared::<Error>();
    let client = Client::new("https://api.nowpayments.io/v1".parse().unwrap(), credentials()).unwrap();
    let payout = payout();
    check(client.send(&payout));
    check(client.pages(ListPayments::default()));
    assert_eq!(payout.path(), "payout");
}

#[tokio::test]
async fn a_client_that_only_reads_makes_no_call_that_could_change_something() {
    let server = with_login(|_, seen| match seen.line.as_str() {
        "GET /v1/balance" => json(200, "{}"),
        _ => json(200, "OK"),
    })
    .await;
    let client = server.client();
    let reader = client.only_reading();
    assert!(reader.only_reads() && !client.only_reads() && !reader.changing().only_reads());
    let renew = RenewEstimate { id: "7".parse().unwrap() };
    let end = nowpayments::subscriptions::DeleteSubscription { id: "7".parse().unwrap() };
    let errors = [
        reader.send(&payout()).await.unwrap_err(),
        reader.send(&verify()).await.unwrap_err(),
        reader.send(&renew).await.unwrap_err(),
        reader.send(&end).await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(&error, Error::Withheld(call) if error.call() == Some(call)), "{error}");
        assert_eq!((error.outcome(), error.is_transient()), (Outcome::NotDone, false));
    }
    assert!(server.seen().is_empty(), "not even a login");

    reader.send(&GetBalance {}).await.unwrap();
    let address =
        ValidateAddress { address: "T1".to_owned(), currency: "trx".parse().unwrap(), extra_id: None };
    reader.send(&address).await.unwrap();
    reader.changing().send(&verify()).await.unwrap();
}
