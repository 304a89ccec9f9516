use nowpayments_simulator::Point;
use reqwest::Method;
use serde_json::{Value, json};

use crate::till::{TRON, Till};

fn batch() -> Value {
    json!({ "withdrawals": [{ "address": TRON, "currency": "trx", "amount": 20 }] })
}

/// Logs in, and makes a payout whose caller hangs up as soon as it is held.
async fn hang_up(till: &Till, point: Point) -> nowpayments_simulator::Held {
    let token = till.log_in().await;
    // The list is read first.
    let mut held = till.simulator.hold(1, point);
    assert_eq!(till.call(Method::GET, "/payout", Some(&token), None).await.0, 200);
    tokio::select! {
        biased;
        answer = till.send(Method::POST, "/payout", Some(&token), Some(batch())) => panic!("{answer:?}"),
        () = held.reached() => {}
    }
    held
}

fn rows(till: &Till) -> usize {
    till.simulator.ledger().payouts.len()
}

#[tokio::test]
async fn a_call_that_was_held_is_handled_though_its_caller_has_hung_up() {
    let till = Till::open().await;
    let held = hang_up(&till, Point::Arrived).await;
    assert_eq!((rows(&till), till.simulator.requests().len()), (0, 2));
    drop(held);
    while rows(&till) == 0 {
        tokio::task::yield_now().await;
    }
    let calls = till.simulator.requests();
    assert_eq!((calls[2].status, calls[2].held, calls[1].held), (Some(200), true, false));
}

#[tokio::test]
async fn a_call_that_is_lost_before_it_was_handled_never_is() {
    let till = Till::open().await;
    hang_up(&till, Point::Arrived).await.lose();
    while till.simulator.requests().len() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!((rows(&till), till.simulator.requests()[2].status), (0, None));
}

#[tokio::test]
async fn a_call_that_is_held_after_it_was_handled_has_its_effect() {
    let till = Till::open().await;
    let held = hang_up(&till, Point::Handled).await;
    assert_eq!((rows(&till), till.simulator.requests().len()), (1, 3));
    drop(held);
    assert_eq!(till.get("/currencies").await.0, 200);
}

#[tokio::test]
async fn a_call_that_is_held_is_answered_once_it_is_let_go() {
    let till = Till::open().await;
    for point in [Point::Arrived, Point::Handled] {
        let mut held = till.simulator.hold(0, point);
        let let_go = async {
            held.reached().await;
            drop(held);
        };
        let ((status, _), ()) = tokio::join!(till.get("/currencies"), let_go);
        assert_eq!(status, 200);
    }
}

#[tokio::test]
async fn a_call_of_one_kind_is_held_however_many_others_pass() {
    let till = Till::open().await;
    let token = till.log_in().await;
    let mut held = till.simulator.hold_call("POST", "/payout", 1, Point::Arrived);
    let create = || till.call(Method::POST, "/payout", Some(&token), Some(batch()));
    assert_eq!(create().await.0, 200);
    assert_eq!(till.call(Method::GET, "/payout", Some(&token), None).await.0, 200);
    tokio::select! {
        biased;
        answer = create() => panic!("{answer:?}"),
        () = held.reached() => {}
    }
    assert_eq!(rows(&till), 1);
}
