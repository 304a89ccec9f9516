use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use nowpayments_simulator::{
    Callback, CallbackFault, CallbackRule, CallbackSettings, CallbackState, History, Options, PaymentChange,
    PaymentStatus, Share, SubscriptionChange, Switches,
};
use serde_json::{Value, json};
use sha2::Sha512;

use crate::till::{TRON, Till, id, options};

/// A shop's endpoint for callbacks: remembers what it heard, and answers as it was told.
#[derive(Clone, Default)]
struct Shop {
    heard: Arc<Mutex<Vec<Heard>>>,
    /// The next answers' statuses; 200 afterwards. Nothing is answered at all for 0.
    answers: Arc<Mutex<VecDeque<u16>>>,
}

#[derive(Clone, Debug)]
struct Heard {
    signature: Option<String>,
    body: String,
}

impl Heard {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Shop {
    /// Opens it and gives its address.
    async fn open() -> (Self, String) {
        let shop = Self::default();
        let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/ipn?from=here", port.local_addr().unwrap());
        let router = Router::new().route("/ipn", post(hear)).with_state(shop.clone());
        tokio::spawn(async move { axum::serve(port, router).await });
        (shop, url)
    }

    fn answers(&self, statuses: impl IntoIterator<Item = u16>) {
        self.answers.lock().unwrap().extend(statuses);
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// The statuses that it heard of.
    fn statuses(&self) -> Vec<String> {
        let status = |heard: &Heard| heard.json()["payment_status"].as_str().unwrap().to_owned();
        self.heard().iter().map(status).collect()
    }
}

async fn hear(State(shop): State<Shop>, headers: HeaderMap, body: String) -> StatusCode {
    assert_eq!(headers["content-type"], "application/json");
    assert!(headers["host"].to_str().unwrap().starts_with("127.0.0.1:"));
    let signature = headers.get("x-nowpayments-sig").map(|value| value.to_str().unwrap().to_owned());
    shop.heard.lock().unwrap().push(Heard { signature, body });
    let status = shop.answers.lock().unwrap().pop_front().unwrap_or(200);
    if status == 0 {
        std::future::pending::<()>().await;
    }
    StatusCode::from_u16(status).unwrap()
}

fn signature(till: &Till, body: &str) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(till.credentials.ipn_secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An order that is paid and settled within a minute.
async fn order(till: &Till, url: &str) -> u64 {
    ordered(till, url, Some("success")).await
}

/// An order that waits for its customer.
async fn unpaid(till: &Till, url: &str) -> u64 {
    ordered(till, url, None).await
}

async fn ordered(till: &Till, url: &str, case: Option<&str>) -> u64 {
    let order = json!({
        "price_amount": 60, "price_currency": "usd", "pay_currency": "xlm", "case": case,
        "order_id": "A-1", "order_description": "Täglich Kaffee — 1 kg", "ipn_callback_url": url,
    });
    let (status, answer) = till.post("/payment", order).await;
    assert_eq!(status, 201, "{answer}");
    answer["payment_id"].as_str().unwrap().parse().unwrap()
}

/// Lets a minute pass second by second, with every callback sent in its second.
async fn live(till: &Till, seconds: u64) {
    for _ in 0..seconds {
        till.simulator.callbacks_sent().await;
        till.step(1);
    }
    till.simulator.callbacks_sent().await;
}

fn with(fault: CallbackFault) -> CallbackRule {
    CallbackRule { containing: None, skip: 0, times: Some(1), fault }
}

fn states(till: &Till) -> Vec<CallbackState> {
    till.simulator.callbacks().iter().map(|callback| callback.state).collect()
}

#[tokio::test]
async fn every_step_of_a_payment_is_told_in_order_and_signed_over_the_exact_body() {
    let (till, (shop, url)) = (Till::open().await, Shop::open().await);
    order(&till, &url).await;
    live(&till, 40).await;
    assert_eq!(shop.statuses(), ["waiting", "confirming", "confirmed", "sending", "finished"]);
    for heard in shop.heard() {
        assert_eq!(heard.signature, Some(signature(&till, &heard.body)));
    }
    let callbacks = till.simulator.callbacks();
    assert!(callbacks.iter().all(|callback| callback.state == CallbackState::Delivered));
    assert!(callbacks.iter().all(|callback| callback.attempts.len() == 1 && callback.url == url));
}

#[tokio::test]
async fn a_payments_callback_has_sorted_keys_and_types_of_its_own() {
    let (till, (shop, url)) = (Till::open().await, Shop::open().await);
    let id = order(&till, &url).await;
    live(&till, 40).await;
    let heard = shop.heard().pop().unwrap();
    let body = heard.json();
    assert_eq!(body["payment_id"], json!(id));
    assert!(body["purchase_id"].is_string() && body["price_amount"].is_number());
    assert_eq!((&body["parent_payment_id"], &body["invoice_id"]), (&Value::Null, &Value::Null));
    assert_eq!(body["payment_extra_ids"], Value::Null);
    assert!(body.get("created_at").is_none());
    let told = body["updated_at"].as_i64().unwrap();
    assert_eq!(told, till.simulator.callbacks().pop().unwrap().at.timestamp_millis());
    let fee = body["fee"].as_object().unwrap();
    let names: Vec<_> = fee.keys().map(String::as_str).collect();
    assert_eq!(names, ["currency", "depositFee", "serviceFee", "withdrawalFee"]);
    assert!(fee["serviceFee"].as_f64() > Some(0.0), "{fee:?}");
    let places = |name: &str| heard.body.find(&format!("\"{name}\":")).unwrap();
    for pair in ["actually_paid", "fee", "order_id", "pay_address", "payment_id", "updated_at"].windows(2) {
        assert!(places(pair[0]) < places(pair[1]), "{}", heard.body);
    }
    assert!(heard.body.contains("\"Täglich Kaffee — 1 kg\""), "{}", heard.body);
}

#[tokio::test]
async fn a_repeated_deposit_is_told_with_its_parent_and_the_parent_with_its_children() {
    let (till, (shop, url)) = (Till::open().await, Shop::open().await);
    let id = order(&till, &url).await;
    live(&till, 40).await;
    let amount = nowpayments_simulator::Amount::whole(20);
    till.simulator.change_payment(id, PaymentChange::Pay(amount)).unwrap();
    till.simulator.callbacks_sent().await;
    let child = shop.heard().pop().unwrap().json();
    assert_eq!(child["parent_payment_id"], json!(id));
    assert_ne!(child["payment_id"], json!(id));
    assert_eq!((&child["payment_status"], &child["order_id"]), (&json!("confirming"), &json!("A-1")));
}

#[tokio::test]
async fn every_row_of_a_payout_is_told_on_its_own() {
    let (till, (shop, url)) = (Till::open().await, Shop::open().await);
    let rows = json!([
        { "address": TRON, "currency": "trx", "amount": 50, "ipn_callback_url": format!("{url}&row=1") },
        { "address": TRON, "currency": "trx", "amount": 60 },
    ]);
    let body = json!({ "ipn_callback_url": url, "withdrawals": rows });
    let (_, created) = till.post_with_login("/payout", body).await;
    live(&till, 1).await;
    till.approve(created["id"].as_str().unwrap()).await;
    live(&till, 20).await;
    let told = till.simulator.callbacks();
    let of_row = |row: usize| -> Vec<Value> {
        let id = &created["withdrawals"][row]["id"];
        let bodies = told.iter().map(|callback| serde_json::from_str::<Value>(&callback.body).unwrap());
        bodies.filter(|body| body["id"] == *id).collect()
    };
    for (row, amount) in [(0, "50"), (1, "60")] {
        let bodies = of_row(row);
        let statuses: Vec<_> = bodies.iter().map(|body| body["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["CREATING", "WAITING", "PROCESSING", "SENDING", "FINISHED"]);
        let last = &bodies[4];
        assert_eq!((&last["amount"], &last["fee"]), (&json!(amount), &Value::Null));
        assert_eq!(last["batch_withdrawal_id"], created["id"]);
        assert!(last["created_at"].is_string() && last["hash"].is_string());
    }
    assert!(told.iter().filter(|callback| callback.url.ends_with("&row=1")).count() == 5);
    assert_eq!(shop.heard().len(), 10);
}

#[tokio::test]
async fn a_shop_that_does_not_answer_well_is_told_again_after_a_minute_and_then_given_up() {
    let (till, (shop, url)) = (Till::open().await, Shop::open().await);
    shop.answers([500, 404, 302, 503]);
    unpaid(&till, &url).await;
    for attempts in 1..=4 {
        till.simulator.callbacks_sent().await;
        let callback = &till.simulator.callbacks()[0];
        assert_eq!(callback.attempts.len(), attempts);
        let expected = if attempts == 4 { CallbackState::GivenUp } else { CallbackState::Due };
        assert_eq!(callback.state, expected);
        till.step(59);
        till.simulator.callbacks_sent().await;
        assert_eq!(till.simulator.callbacks()[0].attempts.len(), attempts, "a minute has 60 seconds");
        till.step(1);
    }
    let callback = &till.simulator.callbacks()[0];
    let statuses: Vec<_> = callback.attempts.iter().map(|attempt| attempt.status.unwrap()).collect();
    assert_eq!(statuses, [500, 404, 302, 503]);
    let heard = shop.heard();
    assert!(heard.iter().filter(|heard| heard.body == callback.body).count() == 4, "always the same body");
}

#[tokio::test]
async fn the_dashboard_sets_how_often_and_how_fast_callbacks_are_repeated() {
    let (till, (shop, url)) = (Till::open().await, Shop::open().await);
    let settings = CallbackSettings { repeats: 1, interval: 5, patience: 40, forward_to: None };
    till.simulator.set_callbacks(settings);
    shop.answers([0, 0]);
    unpaid(&till, &url).await;
    till.simulator.callbacks_sent().await;
    till.step(5);
    till.simulator.callbacks_sent().await;
    let callback = &till.simulator.callbacks()[0];
    assert_eq!(callback.state, CallbackState::GivenUp);
    let errors: Vec<_> = callback.attempts.iter().map(|attempt| attempt.error.as_deref().unwrap()).collect();
    assert_eq!(errors, ["no answer in time"; 2]);
}

#[tokio::test]
async fn a_closed_port_is_an_attempt_that_failed() {
    let till = Till::open().await;
    let closed = {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", port.local_addr().unwrap())
    };
    unpaid(&till, &closed).await;
    till.simulator.callbacks_sent().await;
    let callback = &till.simulator.callbacks()[0];
    assert_eq!((callback.state, callback.attempts[0].status), (CallbackState::Due, None));
    assert!(callback.attempts[0].error.is_some());
}

#[tokio::test]
async fn nothing_leaves_this_computer() {
    let till = Till::open().await;
    for url in ["https://shop.example/ipn", "http://203.0.113.9/ipn", "http://127.0.0.1@203.0.113.9/"] {
        order(&till, url).await;
    }
    till.simulator.callbacks_sent().await;
    for callback in till.simulator.callbacks() {
        assert_eq!((callback.state, callback.attempts.len()), (CallbackState::Skipped, 0));
        assert_eq!(callback.reason.as_deref(), Some("only http addresses of the loopback are called"));
    }
}

#[tokio::test]
async fn callbacks_for_other_computers_can_be_forwarded_to_this_one() {
    let (till, (shop, url)) = (Till::with(options(History::Demo)).await, Shop::open().await);
    assert!(till.simulator.callbacks().is_empty(), "nobody is told of what is past");
    till.simulator.set_callbacks(CallbackSettings { forward_to: Some(url), ..CallbackSettings::default() });
    live(&till, 60).await;
    let heard = shop.heard();
    assert!(heard.len() > 5);
    assert!(heard[0].json()["order_id"].as_str().unwrap().starts_with("KC-"));
    assert!(till.simulator.callbacks()[0].url.starts_with("https://"));
}

#[tokio::test]
async fn without_a_secret_in_the_dashboard_nothing_is_sent() {
    let (till, (shop, url)) = (Till::open().await, Shop::open().await);
    till.simulator.set_switches(Switches { no_ipn_secret: true, ..Switches::default() });
    order(&till, &url).await;
    till.simulator.callbacks_sent().await;
    assert_eq!((states(&till), shop.heard().len()), (vec![CallbackState::Skipped], 0));
    till.simulator.set_switches(Switches::default());
    live(&till, 10).await;
    assert!(!shop.heard().is_empty());
}

#[tokio::test]
async fn a_callback_can_be_sent_again_by_hand() {
    let (till, (shop, url)) = (Till::open().await, Shop::open().await);
    unpaid(&till, &url).await;
    till.simulator.callbacks_sent().await;
    let first: Callback = till.simulator.callbacks().remove(0);
    shop.answers([500]);
    till.simulator.resend_callback(first.id).unwrap();
    till.simulator.callbacks_sent().await;
    assert_eq!(states(&till), [CallbackState::Due], "repeated as the first time");
    till.step(60);
    till.simulator.callbacks_sent().await;
    assert_eq!(shop.heard().iter().filter(|heard| heard.body == first.body).count(), 3);
    assert!(till.simulator.resend_callback(9_999).is_err());
}

#[tokio::test]
async fn a_duplicated_callback_comes_twice_and_a_lost_one_never() {
    let (till, (shop, url)) = (Till::open().await, Shop::open().await);
    till.simulator.set_callback_fault(with(CallbackFault::Duplicated));
    let lost = CallbackRule { containing: Some("\"confirmed\"".to_owned()), ..with(CallbackFault::Lost) };
    order(&till, &url).await;
    till.simulator.set_callback_fault(lost);
    live(&till, 40).await;
    assert_eq!(shop.statuses(), ["waiting", "waiting", "confirming", "sending", "finished"]);
    let heard = shop.heard();
    assert_eq!((&heard[0].body, &heard[0].signature), (&heard[1].body, &heard[1].signature));
    assert_eq!(till.simulator.callbacks()[2].state, CallbackState::Lost);
}

#[tokio::test]
async fn callbacks_come_out_of_order_when_they_are_overtaken_or_delayed() {
    let (till, (shop, url)) = (Till::open().await, Shop::open().await);
    let about =
        |status: &str, fault| CallbackRule { containing: Some(format!("\"{status}\"")), ..with(fault) };
    till.simulator.set_callback_fault(about("waiting", CallbackFault::Delayed { seconds: 50 }));
    till.simulator.set_callback_fault(about("confirming", CallbackFault::OutOfOrder));
    till.simulator.set_callback_fault(about("finished", CallbackFault::OutOfOrder));
    order(&till, &url).await;
    live(&till, 110).await;
    assert_eq!(shop.statuses(), ["confirmed", "confirming", "sending", "waiting", "finished"]);
}

#[tokio::test]
async fn callbacks_can_be_wrong_in_every_way_that_a_signature_should_show() {
    let till = Till::open().await;
    for (fault, raw_is_right, sorted_is_right) in [
        (CallbackFault::Tampered, false, false),
        (CallbackFault::Forged, false, false),
        (CallbackFault::Unsigned, false, false),
        (CallbackFault::SignedUnsorted, true, false),
        (CallbackFault::SentUnsorted, false, true),
    ] {
        let (shop, url) = Shop::open().await;
        till.simulator.set_callback_fault(with(fault.clone()));
        order(&till, &url).await;
        till.simulator.callbacks_sent().await;
        let heard = shop.heard().pop().unwrap();
        // The map of serde_json sorts its keys, and none of the numbers changes when it is written again.
        let sorted = heard.json().to_string();
        let is_right = |body: &str| heard.signature == Some(signature(&till, body));
        assert_eq!(is_right(&heard.body), raw_is_right, "{fault:?}");
        assert_eq!(is_right(&sorted), sorted_is_right, "{fault:?}");
        assert_eq!(heard.signature.is_none(), fault == CallbackFault::Unsigned);
    }
}

#[tokio::test]
async fn an_unreadable_callback_is_no_json_although_its_signature_is_right() {
    let (till, (shop, url)) = (Till::open().await, Shop::open().await);
    till.simulator.set_callback_fault(with(CallbackFault::Unreadable));
    order(&till, &url).await;
    till.simulator.callbacks_sent().await;
    let heard = shop.heard().pop().unwrap();
    assert_eq!(heard.signature, Some(signature(&till, &heard.body)));
    assert!(serde_json::from_str::<Value>(&heard.body).is_err());
}

#[tokio::test]
async fn chance_decides_about_callbacks_the_same_way_for_the_same_seed() {
    let play = async |seed| {
        let till = Till::with(Options { seed, ..options(History::None) }).await;
        let fault = CallbackFault::Sometimes { percent: 40, fault: Box::new(CallbackFault::Lost) };
        till.simulator.set_callback_fault(CallbackRule { times: None, ..with(fault) });
        for _ in 0..40 {
            order(&till, "http://127.0.0.1:1/").await;
        }
        states(&till).iter().map(|state| *state == CallbackState::Lost).collect::<Vec<_>>()
    };
    let (one, same, other) = (play(1).await, play(1).await, play(2).await);
    assert!((6..30).contains(&one.iter().filter(|lost| **lost).count()), "{one:?}");
    assert_eq!(one, same);
    assert_ne!(one, other);
}

#[tokio::test]
async fn a_shop_that_hangs_holds_up_neither_the_api_nor_other_shops() {
    let (till, (slow, slow_url), (quick, quick_url)) =
        (Till::open().await, Shop::open().await, Shop::open().await);
    slow.answers([0]);
    let (first, second) = (order(&till, &slow_url).await, order(&till, &quick_url).await);
    till.step(1);
    till.read(&format!("/payment/{first}")).await;
    till.simulator.change_payment(second, PaymentChange::Status(PaymentStatus::Failed)).unwrap();
    while quick.heard().len() < 2 {
        tokio::task::yield_now().await;
    }
    let of_slow = &till.simulator.callbacks()[0];
    assert_eq!((of_slow.state, of_slow.attempts.len()), (CallbackState::UnderWay, 0));
}

#[tokio::test]
async fn what_was_to_be_sent_is_sent_after_a_restart() {
    let (shop, url) = Shop::open().await;
    let folder = tempfile::tempdir().unwrap();
    let kept = || Options { state_file: Some(folder.path().join("world.json")), ..options(History::None) };
    shop.answers([0, 500]);
    let till = Till::with(kept()).await;
    order(&till, &url).await;
    while shop.heard().is_empty() {
        tokio::task::yield_now().await;
    }
    till.simulator.stop().await;

    let till = Till::with(kept()).await;
    till.simulator.callbacks_sent().await;
    assert_eq!(states(&till), [CallbackState::Due], "under way when it ended, and refused since");
    till.simulator.stop().await;

    let till = Till::with(kept()).await;
    till.step(60);
    till.simulator.callbacks_sent().await;
    let heard = shop.heard();
    assert!(heard.iter().filter(|again| again.body == heard[0].body).count() == 3);
}

#[tokio::test]
async fn the_control_interface_shows_and_sets_everything_about_callbacks() {
    let (till, (shop, url)) = (Till::open().await, Shop::open().await);
    let control = async |method: &str, path: &str, body: Value| {
        let url = format!("{}{path}", till.simulator.control_url());
        let request = till.http.request(method.parse().unwrap(), url);
        let answer = request.header("content-type", "application/json").body(body.to_string());
        let answer = answer.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    };
    shop.answers([500]);
    let rule = json!({ "containing": "waiting", "times": 1, "fault": { "kind": "forged" } });
    assert_eq!(control("POST", "/callbacks/faults", rule).await.0, 200);
    assert_eq!(control("POST", "/callbacks", json!({ "repeats": 0 })).await.0, 200);
    assert_eq!(control("GET", "/callbacks/faults", json!({})).await.1[0]["fault"]["kind"], "forged");
    order(&till, &url).await;
    till.simulator.callbacks_sent().await;
    let (_, shown) = control("GET", "/callbacks", json!({})).await;
    let callback = &shown[0];
    assert_eq!((&callback["state"], &callback["id"]), (&json!("given_up"), &json!(1)));
    assert_eq!((&callback["fault"]["kind"], &callback["url"]), (&json!("forged"), &json!(url)));
    assert_eq!(callback["attempts"][0]["status"], 500);
    assert_eq!(callback["signature"].as_str().unwrap().len(), 128);
    assert_eq!(control("POST", "/callbacks/resend", json!({ "id": 1 })).await.0, 200);
    till.simulator.callbacks_sent().await;
    assert_eq!(control("GET", "/callbacks", json!({})).await.1[0]["state"], "delivered");
    assert_eq!(control("POST", "/callbacks/resend", json!({ "id": 7 })).await.0, 404);
    assert_eq!(control("POST", "/callbacks", json!({ "again": 1 })).await.0, 422);
    control("POST", "/callbacks/faults", json!({ "fault": { "kind": "lost" } })).await;
    control("DELETE", "/callbacks/faults", json!({})).await;
    assert_eq!(control("GET", "/callbacks/faults", json!({})).await.1, json!([]));
}

/// The status in it is the transfer's, unlike that of any other callback.
#[tokio::test]
async fn every_step_of_a_charge_is_called_back_and_no_other_transfer_is() {
    let till = Till::open().await;
    let (shop, url) = Shop::open().await;
    let plan = json!({
        "title": "Office", "interval_day": 30, "amount": 45, "currency": "usdttrc20", "ipn_callback_url": url,
    });
    let plan = till.make("/subscriptions/plans", plan).await;
    let ines = till.customer("ines").await;
    till.deposit(&ines, "usdttrc20", "60").await;
    let body = json!({ "subscription_plan_id": plan["id"], "sub_partner_id": ines });
    till.make("/subscriptions", body).await;
    for _ in 0..12 {
        till.step(1);
        till.simulator.callbacks_sent().await;
    }
    let heard = shop.heard();
    let statuses: Vec<_> = heard.iter().map(|heard| heard.json()["status"].clone()).collect();
    assert_eq!(statuses, ["CREATED", "WAITING", "FINISHED"]);
    let charge = till.simulator.ledger().transfers.pop().unwrap();
    let last = heard[2].json();
    let expected = json!({
        "id": charge.id.to_string(), "status": "FINISHED", "currency": "usdttrc20", "amount": "45",
        "ipn_callback_url": url, "created_at": "2026-03-02T09:02:15.000Z", "updated_at": last["updated_at"],
    });
    assert_eq!(last, expected);
    assert_eq!(heard[2].signature.as_deref(), Some(signature(&till, &heard[2].body).as_str()));
}

#[tokio::test]
async fn a_payment_by_link_is_called_back_to_the_address_of_its_plan() {
    let till = Till::open().await;
    let (shop, url) = Shop::open().await;
    let plan = json!({
        "title": "Club", "interval_day": 30, "amount": 20, "currency": "eur", "ipn_callback_url": url,
    });
    let plan = till.make("/subscriptions/plans", plan).await;
    let body = json!({ "subscription_plan_id": plan["id"], "email": "ines@beans.example" });
    let subscription = till.make("/subscriptions", body).await[0].take();
    let pays = SubscriptionChange::Pay(Share::Full);
    till.simulator.change_subscription(id(&subscription), pays).unwrap();
    for _ in 0..30 {
        till.step(1);
        till.simulator.callbacks_sent().await;
    }
    assert_eq!(shop.statuses(), ["waiting", "confirming", "confirmed", "sending", "finished"]);
}
