use std::time::{Duration, Instant};

use nowpayments_simulator::{Fault, FaultRule};
use reqwest::Method;
use serde_json::{Value, json};

use crate::till::{TRON, Till};

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
