use std::time::{Duration, Instant};

use nowpayments_simulator::{EchoForm, Fault, FaultRule, History, Options};
use reqwest::Method;
use serde_json::{Value, json};

use crate::till::{ENDPOINTS, LOGIN_ALONE, TRON, Till, options};

fn once(method: &str, path: &str, fault: Fault) -> FaultRule {
    FaultRule { method: method.to_owned(), path: path.to_owned(), skip: 0, times: Some(1), fault }
}

fn batch() -> Value {
    json!({ "withdrawals": [{ "address": TRON, "currency": "trx", "amount": 20 }] })
}

/// Creates a payout under a fault: the status and the body of the answer, if one came, and how many rows exist.
async fn create_under(fault: Fault) -> (Option<(u16, String)>, usize) {
    let till = Till::open().await;
    let token = till.log_in().await;
    till.simulator.set_fault(once("POST", "/payout", fault));
    let answer = match till.send(Method::POST, "/payout", Some(&token), Some(batch())).await {
        Ok(response) => {
            let status = response.status().as_u16();
            response.text().await.ok().map(|text| (status, text))
        }
        Err(error) => {
            assert!(!error.is_connect() && !error.is_timeout(), "{error:?}");
            None
        }
    };
    let rows = till.simulator.ledger().payouts.len();
    // The fault was for one call only.
    assert_eq!(till.call(Method::POST, "/payout", Some(&token), Some(batch())).await.0, 200);
    (answer, rows)
}

#[tokio::test]
async fn a_connection_dropped_before_the_effect_leaves_nothing() {
    assert_eq!(create_under(Fault::DropBefore).await, (None, 0));
}

#[tokio::test]
async fn a_connection_dropped_after_the_effect_leaves_the_batch() {
    assert_eq!(create_under(Fault::DropAfter).await, (None, 1));
}

#[tokio::test]
async fn a_truncated_answer_cannot_be_read_and_the_batch_exists() {
    assert_eq!(create_under(Fault::Truncated).await, (None, 1));
}

#[tokio::test]
async fn a_truncated_answer_announces_its_whole_length() {
    let till = Till::open().await;
    let whole = till.send(Method::GET, "/currencies", None, None).await.unwrap().text().await.unwrap();
    till.simulator.set_fault(once("GET", "/currencies", Fault::Truncated));
    let answer = till.send(Method::GET, "/currencies", None, None).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.content_length()), (200, Some(whole.len() as u64)));
    assert!(answer.bytes().await.is_err());
}

#[tokio::test]
async fn an_empty_answer_has_its_status_and_the_batch_exists() {
    assert_eq!(create_under(Fault::Empty).await, (Some((200, String::new())), 1));
}

#[tokio::test]
async fn server_errors_come_with_and_without_the_effect() {
    for (handled, rows) in [(false, 0), (true, 1)] {
        let (answer, count) = create_under(Fault::ServerError { handled }).await;
        let (status, body) = answer.unwrap();
        assert_eq!((status, count), (500, rows));
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["statusCode"], 500);
        let (answer, count) = create_under(Fault::BadGateway { handled }).await;
        let (status, body) = answer.unwrap();
        assert_eq!((status, count), (502, rows));
        assert!(body.starts_with("<html>"));
    }
}

#[tokio::test]
async fn too_many_requests_say_when_to_come_back_or_do_not() {
    for retry_after in [None, Some(7)] {
        let till = Till::open().await;
        till.simulator.set_fault(once("GET", "*", Fault::TooManyRequests { retry_after }));
        let answer = till.send(Method::GET, "/currencies", None, None).await.unwrap();
        assert_eq!(answer.status(), 429);
        let header = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header, retry_after.map(|seconds| seconds.to_string()));
    }
}

#[tokio::test]
async fn a_duplicated_request_is_handled_twice() {
    let (answer, rows) = create_under(Fault::Duplicated).await;
    assert_eq!((answer.unwrap().0, rows), (200, 2));
}

#[tokio::test]
async fn during_maintenance_a_page_is_served_and_nothing_happens() {
    let (answer, rows) = create_under(Fault::Maintenance).await;
    let (status, body) = answer.unwrap();
    assert_eq!((status, rows), (503, 0));
    assert!(body.starts_with("<!DOCTYPE html>") && body.contains("Maintenance"));
}

#[tokio::test]
async fn a_token_can_end_before_its_time() {
    let (answer, rows) = create_under(Fault::ExpiredToken).await;
    let (status, body) = answer.unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, rows), (401, 0));
    assert_eq!((&body["code"], &body["message"]), (&json!("AUTH_REQUIRED"), &json!("jwt expired")));
}

#[tokio::test]
async fn an_echo_repeats_what_it_was_sent_and_nothing_happens() {
    for (form, begins) in [
        (EchoForm::Envelope, "{"),
        (EchoForm::Text, "Cannot POST /payout"),
        (EchoForm::Page, "<!DOCTYPE html>"),
        (EchoForm::Json, "\"Cannot POST"),
    ] {
        let till = Till::open().await;
        let token = till.log_in().await;
        till.simulator.set_fault(once("POST", "/payout", Fault::Echo { status: 418, form }));
        let answer = till.send(Method::POST, "/payout", Some(&token), Some(batch())).await.unwrap();
        let key = till.simulator.credentials().api_key;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["x-request-id"].as_bytes()),
            (418, key.as_bytes())
        );
        let body = answer.text().await.unwrap();
        assert!(body.starts_with(begins) && body.contains("withdrawals"), "{body}");
        assert!(body.contains(&key) && body.contains(&token), "{body}");
        assert_eq!(till.simulator.ledger().payouts.len(), 0);
        assert_eq!(till.simulator.tokens(), [token]);
    }
}

#[tokio::test]
async fn an_unreadable_answer_has_its_status_and_another_shape_and_the_batch_exists() {
    let (answer, rows) = create_under(Fault::Unreadable).await;
    let (status, body) = answer.unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, rows), (200, 1));
    assert!(body.get("id").is_none() && body.get("withdrawals").is_none(), "{body}");
}

#[tokio::test]
async fn an_answer_comes_after_that_of_the_next_call() {
    let till = Till::open().await;
    till.simulator.set_fault(once("GET", "/balance", Fault::OutOfOrder { ms: 60_000 }));
    let order = std::sync::Mutex::new(Vec::new());
    let call = async |path: &'static str| {
        till.read(path).await;
        order.lock().unwrap().push(path);
    };
    let next = async {
        while till.simulator.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        call("/currencies").await;
    };
    tokio::join!(call("/balance"), next);
    assert_eq!(*order.lock().unwrap(), ["/currencies", "/balance"]);
}

#[tokio::test]
async fn an_answer_that_nothing_overtakes_comes_all_the_same() {
    let till = Till::open().await;
    till.simulator.set_fault(once("GET", "/balance", Fault::OutOfOrder { ms: 50 }));
    till.read("/balance").await;
}

/// The statuses of many reads under faults of chance.
async fn by_chance(seed: u64) -> Vec<Option<u16>> {
    let till = Till::with(Options { seed, ..options(History::None) }).await;
    let sometimes = |percent, fault| FaultRule {
        times: None,
        ..once("*", "/currencies", Fault::Sometimes { percent, fault: Box::new(fault) })
    };
    till.simulator.set_fault(sometimes(0, Fault::Maintenance));
    till.simulator.set_fault(sometimes(20, Fault::ServerError { handled: false }));
    till.simulator.set_fault(sometimes(40, Fault::DropAfter));
    let mut statuses = Vec::new();
    for _ in 0..120 {
        let answer = till.send(Method::GET, "/currencies", None, None).await;
        statuses.push(answer.ok().map(|answer| answer.status().as_u16()));
    }
    let met = till.simulator.requests().iter().filter(|call| call.fault.is_some()).count();
    let harmed = statuses.iter().filter(|status| **status != Some(200)).count();
    assert_eq!(met, harmed, "what struck is in the log, and nothing else");
    statuses
}

#[tokio::test]
async fn chance_strikes_as_often_as_it_is_told_and_the_same_way_for_the_same_seed() {
    let (one, same, other) = (by_chance(1).await, by_chance(1).await, by_chance(2).await);
    let count = |status| one.iter().filter(|found| **found == status).count();
    assert_eq!(count(Some(503)), 0);
    assert!((12..40).contains(&count(Some(500))), "a fifth: {one:?}");
    assert!((22..60).contains(&count(None)), "two fifths of the rest: {one:?}");
    assert_eq!(one, same);
    assert_ne!(one, other);
}

/// Every fault can be had at every endpoint, whatever the endpoint would have said.
#[tokio::test]
async fn every_fault_strikes_at_every_endpoint() {
    let till = Till::open().await;
    for (method, path) in ENDPOINTS.into_iter().chain(LOGIN_ALONE) {
        let call = async || {
            let answer = till.send(method.parse().unwrap(), path, None, None).await.ok()?;
            let status = answer.status().as_u16();
            Some((status, answer.text().await.ok()))
        };
        let plain = call().await.unwrap();
        let (status, body) = (plain.0, plain.1.unwrap());
        let pattern = path.replace("/1", "/:id");
        for (fault, expected) in [
            (Fault::Slow { ms: 1 }, Some(status)),
            (Fault::DropBefore, None),
            (Fault::DropAfter, None),
            (Fault::ServerError { handled: true }, Some(500)),
            (Fault::BadGateway { handled: false }, Some(502)),
            (Fault::TooManyRequests { retry_after: None }, Some(429)),
            (Fault::Truncated, Some(status)),
            (Fault::Empty, Some(status)),
            (Fault::Duplicated, Some(status)),
            (Fault::Stale, Some(status)),
            (Fault::Maintenance, Some(503)),
            (Fault::ExpiredToken, Some(401)),
            (Fault::Unreadable, Some(status)),
            (Fault::OutOfOrder { ms: 1 }, Some(status)),
        ] {
            till.simulator.set_fault(once(method, &pattern, fault.clone()));
            let answer = call().await;
            let text = answer.as_ref().and_then(|(_, text)| text.clone());
            // hyper may see the end of the connection before it hands the truncated answer over.
            let is_cut = fault == Fault::Truncated && answer.is_none();
            assert!(is_cut || answer.map(|(status, _)| status) == expected, "{method} {path} {fault:?}");
            let is_whole = text.as_deref() == Some(&body);
            let stays_whole = matches!(
                fault,
                Fault::Slow { .. } | Fault::Duplicated | Fault::Stale | Fault::OutOfOrder { .. }
            );
            assert_eq!(is_whole, stays_whole, "{method} {path} {fault:?}: {text:?}");
            assert_eq!(till.simulator.requests().pop().unwrap().fault, Some(fault));
        }
    }
}

#[tokio::test]
async fn a_slow_call_takes_its_time() {
    let till = Till::open().await;
    till.simulator.set_fault(once("GET", "/status", Fault::Slow { ms: 120 }));
    let begin = Instant::now();
    till.read("/status").await;
    assert!(begin.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn a_stale_answer_is_what_was_read_before() {
    let till = Till::open().await;
    let batch = till.create(batch()["withdrawals"].clone()).await;
    let path = format!("/payout/{batch}");
    let before = till.read(&path).await;
    till.approve(&batch).await;
    till.step(20);
    till.simulator.set_fault(once("GET", "/payout/:id", Fault::Stale));
    assert_eq!(till.read(&path).await, before);
    assert_eq!(till.statuses(&batch).await, ["FINISHED"]);
}

#[tokio::test]
async fn a_rule_meets_its_calls_only_after_those_it_lets_pass() {
    let till = Till::open().await;
    let rule = FaultRule {
        skip: 1,
        times: Some(2),
        ..once("get", "/payment/:id", Fault::ServerError { handled: false })
    };
    till.simulator.set_fault(rule);
    till.read("/currencies").await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(till.get("/payment/5").await.0);
    }
    assert_eq!(statuses, [404, 500, 500, 404]);
}

#[tokio::test]
async fn the_control_interface_sets_shows_and_removes_faults() {
    let till = Till::open().await;
    let url = format!("{}/faults", till.simulator.control_url());
    let rule = json!({ "method": "GET", "path": "/balance", "fault": { "kind": "empty" } });
    let set = till.http.post(&url).header("content-type", "application/json").body(rule.to_string());
    assert_eq!(set.send().await.unwrap().status(), 200);
    for _ in 0..3 {
        assert_eq!(till.get("/balance").await, (200, json!("")));
    }
    let shown: Value = till.http.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(shown[0]["fault"]["kind"], "empty");
    till.http.delete(&url).send().await.unwrap();
    assert!(till.read("/balance").await.is_object());
    let statuses: Vec<_> = till.simulator.requests().iter().map(|call| call.fault.is_some()).collect();
    assert_eq!(statuses, [true, true, true, false]);
}
