//! A read-only shop: nothing is made, moved or changed at NOWPayments, whatever is asked for, and what is there is read on.

use chrono::{TimeDelta, Utc};
use nowpayments_simulator::{Fault, LoggedCall};
use paydesk_core::{
    Failure, FailureCode, OpenShop,
    custody::NewCustodyPayment,
    invoices::{NewInvoice, NewInvoicePayment},
    moves::NewMove,
    payments::{NewPayment, Terms},
    payouts::{
        batch::{Batch, BatchState},
        rules::RulesEdit,
        schedule::Schedule,
    },
    shops::NewShop,
    subscriptions::{PlanEdit, SubscriberFileOpened, SubscriberFileState, WhoSubscribes},
};
use std::sync::Arc;

use crate::common::{
    payouts::{FILE, Owner, PIN, TRX},
    world::wait_for,
};

const SAID: &str = "This shop is read-only on this computer";

impl Owner {
    fn shop(&self) -> Arc<OpenShop> {
        self.core.shop().unwrap()
    }

    async fn begin_read_only(&self) {
        let id = self.shop().shop.id.clone();
        let shop = self.core.begin_read_only(&id).await.unwrap();
        assert!(shop.read_only && self.core.state().await.unwrap().shops[0].read_only);
    }

    /// Calls that could have changed something.
    fn changing_calls(&self) -> Vec<LoggedCall> {
        let only_asks = ["/auth", "/payout/validate-address"];
        let changes = |call: &LoggedCall| call.method != "GET" && !only_asks.contains(&call.target.as_str());
        self.world.simulator.requests().into_iter().filter(changes).collect()
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(what: &str, answer: Result<T, Failure>) {
    match answer {
        Err(failure) => assert!(failure.message.starts_with(SAID), "{what}: {failure}"),
        Ok(done) => panic!("{what}: {done:?}"),
    }
}

fn payment() -> NewPayment {
    NewPayment {
        price_amount: "25".to_owned(),
        price_currency: "usd".to_owned(),
        pay_currency: "ltc".to_owned(),
        ..NewPayment::default()
    }
}

fn invoice() -> NewInvoice {
    NewInvoice { price_amount: "25".to_owned(), price_currency: "usd".to_owned(), ..NewInvoice::default() }
}

fn plan(title: &str) -> PlanEdit {
    PlanEdit {
        title: title.to_owned(),
        interval_days: "30".to_owned(),
        amount: "24.90".to_owned(),
        currency: "EUR".to_owned(),
        ..PlanEdit::default()
    }
}

fn by_email(email: &str) -> WhoSubscribes {
    WhoSubscribes::Email { email: email.to_owned() }
}

fn deposit(user: &str) -> NewMove {
    NewMove::Deposit { user: user.to_owned(), coin: "trx".to_owned(), amount: "10".to_owned() }
}

async fn scheduled(owner: &Owner) -> Batch {
    let text = format!("address,currency,amount\n{TRX},trx,31\n");
    let batch = owner.import(&text).await;
    let schedule = Schedule { execute_at: Utc::now() + TimeDelta::hours(5), repetition: None };
    let batch = owner.payouts().set_schedule(&batch.summary.id, Some(&schedule)).await.unwrap();
    let batch = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
    assert!(batch.can_be_called_off, "{batch:?}");
    batch
}

#[tokio::test]
async fn nothing_that_makes_moves_or_changes_something_leaves_a_read_only_shop() {
    let owner = Owner::new().await;
    let shop = owner.shop();
    let made = shop.payments.make(payment()).await.unwrap().payment.unwrap();
    let bill = shop.invoices.make(invoice()).await.unwrap().id;
    let coffee = shop.subscriptions.make_plan(plan("Coffee")).await.unwrap().plan.unwrap();
    let subscribed = shop.subscriptions.subscribe(&coffee, by_email("ann@example.org")).await.unwrap();
    let subscription = subscribed.subscription.unwrap();
    shop.subscriptions.refresh().await.unwrap();
    let opened = shop.subscriptions.open_text(&coffee, "more.csv", "bo@example.org\n").await.unwrap();
    let SubscriberFileOpened::Draft { file } = opened else { panic!("{opened:?}") };
    let user = shop.custody.make_user("ann").await.unwrap().made.unwrap();
    let moved = shop.moves.preview(&deposit(&user)).await.unwrap();
    shop.moves.confirm(&moved.id, &moved.hash, None).await.unwrap();
    owner.enrol().await;
    let later = scheduled(&owner).await;
    let created = owner.sent().await;
    let ready = owner.import(&format!("address,currency,amount\n{TRX},trx,32\n")).await;
    assert_eq!(ready.obstacles, [""; 0]);

    owner.begin_read_only().await;
    let before = owner.changing_calls();
    let journals = async || {
        let shop = owner.shop();
        let batches = shop.payouts.list().await.unwrap();
        (shop.invoices.list().await.unwrap(), shop.moves.list().await.unwrap(), batches.len())
    };
    let written = journals().await;
    let shop = owner.shop();
    assert!(shop.shop.read_only);

    refused("a payment", shop.payments.make(payment()).await);
    refused("a new amount", shop.payments.renew(&made).await);
    refused("an invoice", shop.invoices.make(invoice()).await);
    let pay =
        NewInvoicePayment { invoice: bill, pay_currency: "ltc".to_owned(), ..NewInvoicePayment::default() };
    refused("a payment of an invoice", shop.invoices.pay(pay).await);
    refused("a plan", shop.subscriptions.make_plan(plan("Tea")).await);
    refused("another plan", shop.subscriptions.change_plan(&coffee, plan("Tea")).await);
    refused("a subscriber", shop.subscriptions.subscribe(&coffee, by_email("cy@example.org")).await);
    refused("the end of one", shop.subscriptions.end(&subscription).await);
    refused("a file of them", shop.subscriptions.send_file(&file.id).await);
    refused("a user", shop.custody.make_user("bo").await);
    let new = NewCustodyPayment {
        user: user.clone(),
        coin: "ltc".to_owned(),
        amount: "1".to_owned(),
        terms: Terms::default(),
    };
    refused("a payment into a balance", shop.custody.make_payment(&new).await);
    for new in [
        deposit(&user),
        NewMove::WriteOff { user: user.clone(), coin: "trx".to_owned(), amount: "1".to_owned() },
        NewMove::Conversion {
            from_coin: "trx".to_owned(),
            to_coin: "eth".to_owned(),
            amount: "200".to_owned(),
        },
    ] {
        let Ok(shown) = shop.moves.preview(&new).await else { continue };
        refused("a move", shop.moves.confirm(&shown.id, &shown.hash, None).await);
    }
    refused("calling off", shop.payouts.cancel(&later.summary.id, None).await);
    refused("calling off a row", shop.payouts.cancel(&later.summary.id, Some(1)).await);
    refused("approving with a code", owner.approve(&created, &owner.code()).await);
    refused("approving with the PIN", owner.approve_with_pin(&created, PIN).await);
    let ready = owner.get(&ready.summary.id).await;
    assert!(ready.obstacles.iter().any(|words| words.starts_with(SAID)), "{:?}", ready.obstacles);
    refused("sending", shop.payouts.send(&ready.summary.id, &ready.rows_hash, None).await);

    assert_eq!(owner.changing_calls(), before);
    // Nothing was written down as under way, and no code was used up.
    assert_eq!(journals().await, written);
    assert!(shop.payments.unsettled().await.unwrap().is_empty());
    assert!(shop.subscriptions.unsettled().await.unwrap().is_empty());
    let still = owner.get(&created.summary.id).await;
    assert_eq!(still.approval.unwrap().attempts_left, created.approval.as_ref().unwrap().attempts_left);

    // What is there is read, and can be checked.
    owner.payouts().look(&created.summary.id).await.unwrap();
    let checked = owner.import(&format!("address,currency,amount\n{TRX},trx,33\n")).await;
    assert_eq!(checked.summary.state, BatchState::Checked);
    shop.subscriptions.refresh().await.unwrap();

    // And all of it can be done once that is over.
    owner.core.end_read_only(&shop.shop.id, None).await.unwrap();
    owner.approve(&created, &owner.code()).await.unwrap();
    owner.shop().payments.make(payment()).await.unwrap();
}

#[tokio::test]
async fn the_next_part_waits_while_the_shop_is_read_only_and_goes_on_by_itself_after_it() {
    let owner = Owner::new().await;
    let rules = RulesEdit { part_size: "2".to_owned(), ..RulesEdit::default() };
    owner.payouts().set_rules(&rules, None).await.unwrap();
    let batch = owner.import(FILE).await;
    let whole = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap().summary.id;
    let parts = owner.payouts().parts(&whole).await.unwrap();
    let first = owner.get(&parts[0].id).await;
    // It is approved at NOWPayments while nothing may be sent from here.
    owner.begin_read_only().await;
    let sent = owner.changing_calls().len();
    let provider_id = first.provider_id.clone().unwrap();
    let verify = nowpayments::payouts::VerifyPayout {
        id: provider_id.parse().unwrap(),
        verification_code: owner.code().into(),
    };
    owner.world.client().send(&verify).await.unwrap();
    owner.payouts().look(&first.summary.id).await.unwrap();
    owner.payouts().look(&whole).await.unwrap();
    let parts = owner.payouts().parts(&whole).await.unwrap();
    assert_eq!(parts[1].state, BatchState::Checked);
    assert_eq!(owner.get(&whole).await.trouble, None);
    assert_eq!(owner.changing_calls().len(), sent + 1, "the code alone, which came from elsewhere");

    let shop = owner.shop().shop.id.clone();
    owner.core.end_read_only(&shop, None).await.unwrap();
    let payouts = owner.payouts();
    wait_for(&owner.core, || payouts.parts(&whole), |parts| parts[1].state == BatchState::Created).await;
}

#[tokio::test]
async fn a_file_of_subscribers_that_was_being_sent_stops_and_says_why() {
    let owner = Owner::new().await;
    let shop = owner.shop();
    let coffee = shop.subscriptions.make_plan(plan("Coffee")).await.unwrap().plan.unwrap();
    shop.subscriptions.refresh().await.unwrap();
    let emails: String = (0..200).map(|number| format!("nr{number}@example.org\n")).collect();
    let opened = shop.subscriptions.open_text(&coffee, "many.csv", &emails).await.unwrap();
    let SubscriberFileOpened::Draft { file } = opened else { panic!("{opened:?}") };
    shop.subscriptions.send_file(&file.id).await.unwrap();
    owner.begin_read_only().await;
    let sent = owner.changing_calls().len();
    let subscriptions = owner.shop().subscriptions.clone();
    let stopped =
        |file: &paydesk_core::subscriptions::SubscriberFile| file.state == SubscriberFileState::Stopped;
    let file = wait_for(&owner.core, || subscriptions.file(&file.id), stopped).await;
    assert!(file.trouble.unwrap().starts_with(SAID));
    assert_eq!(owner.changing_calls().len(), sent);
}

#[tokio::test]
async fn what_is_not_known_is_still_looked_for() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    owner.fault("POST", "/payout", Fault::DropAfter);
    owner.fault("GET", "/payout", Fault::ServerError { handled: false });
    let batch = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
    owner.begin_read_only().await;
    let payouts = owner.payouts();
    let found = wait_for(
        &owner.core,
        || payouts.look(&batch.summary.id),
        |batch| batch.summary.state == BatchState::Created,
    )
    .await;
    assert!(found.approval.is_some());
}

#[tokio::test]
async fn a_shop_is_added_read_only_and_stays_so_over_a_restart() {
    let owner = Owner::new().await;
    let new = NewShop { read_only: true, ..owner.world.new_shop() };
    let shop = owner.core.add_shop(new).await.unwrap();
    assert!(shop.read_only);
    refused("a payment", owner.shop().payments.make(payment()).await);
    let mut owner = owner;
    owner.restart().await;
    assert_eq!(owner.shop().shop, shop);
    refused("a payment", owner.shop().payments.make(payment()).await);
}

#[tokio::test]
async fn ending_it_takes_the_pin_of_the_lock() {
    let owner = Owner::new().await;
    owner.core.set_lock("482100".into(), None, 10).await.unwrap();
    owner.begin_read_only().await;
    let id = owner.shop().shop.id.clone();
    for pin in [None, Some("482200".into())] {
        let failure = owner.core.end_read_only(&id, pin).await.unwrap_err();
        assert_eq!(
            (failure.code, failure.field.as_deref()),
            (FailureCode::WrongPin, Some("pin")),
            "{failure}"
        );
        assert!(owner.shop().shop.read_only);
    }
    let shop = owner.core.end_read_only(&id, Some("482100".into())).await.unwrap();
    assert!(!shop.read_only && !owner.shop().shop.read_only);
}

#[tokio::test]
async fn the_demo_shop_can_be_read_only_too() {
    let owner = Owner::new().await;
    let demo = owner.core.open_demo(owner.world.demo()).await.unwrap();
    owner.core.begin_read_only(&demo.id).await.unwrap();
    refused("a payment", owner.shop().payments.make(payment()).await);
    owner.core.end_read_only(&demo.id, None).await.unwrap();
    owner.shop().payments.make(payment()).await.unwrap();
    let failure = owner.core.begin_read_only("no such").await.unwrap_err();
    assert_eq!(failure.code, FailureCode::NotFound);
}
