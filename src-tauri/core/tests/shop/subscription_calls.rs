//! What goes wrong around calls for subscriptions and is no word about them: logins that fail, proxies that answer, rows of a list
//! that cannot be read, a disk that is full. And what the audit log says of them.

use std::time::Duration;

use nowpayments_simulator::{EchoForm, Fault, FaultRule, History};
use paydesk_core::{
    Core, FailureCode,
    audit::AuditArea,
    subscriptions::{
        CallState, PlanEdit, SubscriberFileOpened, SubscriberFileState, SubscriptionQuery, Subscriptions,
        WhoSubscribes,
    },
};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::common::{
    between::Between,
    world::{World, wait_for},
};

const SUBSCRIPTIONS: &str = "/subscriptions";
const ONE: &str = "/subscriptions/:id";

fn fault(method: &str, path: &str, times: Option<u32>, fault: Fault) -> FaultRule {
    FaultRule { method: method.to_owned(), path: path.to_owned(), skip: 0, times, fault }
}

async fn open() -> (World, Between, Core, Subscriptions) {
    let world = World::new(History::None).await;
    let between = Between::new(&world).await;
    let core = Core::open_with(world.surroundings(), between.bases()).await.unwrap();
    core.add_shop(world.new_shop()).await.unwrap();
    let subscriptions = core.shop().unwrap().subscriptions.clone();
    subscriptions.refresh().await.unwrap();
    (world, between, core, subscriptions)
}

fn coffee() -> PlanEdit {
    PlanEdit {
        title: "Coffee".to_owned(),
        interval_days: "30".to_owned(),
        amount: "24.90".to_owned(),
        currency: "EUR".to_owned(),
        ..PlanEdit::default()
    }
}

fn by_email(email: &str) -> WhoSubscribes {
    WhoSubscribes::Email { email: email.to_owned() }
}

/// A plan, and somebody who has subscribed to it.
async fn plan_with(subscriptions: &Subscriptions, emails: &[&str]) -> (String, Vec<String>) {
    let plan = subscriptions.make_plan(coffee()).await.unwrap().plan.unwrap();
    let mut ids = Vec::new();
    for email in emails {
        ids.push(subscriptions.subscribe(&plan, by_email(email)).await.unwrap().subscription.unwrap());
    }
    (plan, ids)
}

async fn status(subscriptions: &Subscriptions, id: &str) -> String {
    subscriptions.get(id).await.unwrap().row.status
}

#[tokio::test]
async fn a_login_that_fails_says_nothing_of_the_rows_of_a_file() {
    for broken in [
        Fault::TooManyRequests { retry_after: Some(1) },
        Fault::ServerError { handled: false },
        Fault::Unreadable,
    ] {
        let (world, _between, core, subscriptions) = open().await;
        let (plan, _) = plan_with(&subscriptions, &[]).await;
        let text = "ann@post.example\nben@post.example\ncem@post.example\n";
        let opened = subscriptions.open_text(&plan, "members.csv", text).await.unwrap();
        let SubscriberFileOpened::Draft { file } = opened else { panic!("{opened:?}") };
        // The token has ended, and the login for the next one fails at first.
        world.simulator.step(Duration::from_secs(6 * 60));
        world.simulator.set_fault(fault("POST", "/auth", Some(1), broken.clone()));
        subscriptions.send_file(&file.id).await.unwrap();
        let ended = |state| state != SubscriberFileState::Sending;
        let file = wait_for(&core, || subscriptions.file(&file.id), |file| ended(file.state)).await;
        assert_eq!(file.state, SubscriberFileState::Done, "{broken:?}: {file:?}");
        assert_eq!((file.progress.subscribed, file.progress.refused), (3, 0), "{broken:?}");
        assert_eq!(world.simulator.ledger().subscriptions.len(), 3);
    }
}

#[tokio::test]
async fn a_subscription_that_cannot_be_asked_for_keeps_nobody_from_knowing_the_others() {
    let (world, between, _core, subscriptions) = open().await;
    let (_, ids) = plan_with(&subscriptions, &["ann@post.example", "ben@post.example"]).await;
    between.change("/subscriptions?", "\"ann@post.example\"", "null");
    between.change(SUBSCRIPTIONS, "\"status\":\"WAITING_PAY\"", "\"status\":\"PAID\"");
    let one = format!("{SUBSCRIPTIONS}/{}", ids[0]);
    world.simulator.set_fault(fault("GET", &one, None, Fault::ServerError { handled: false }));
    subscriptions.refresh().await.unwrap();
    assert_eq!(status(&subscriptions, &ids[1]).await, "paid");
    assert_eq!(status(&subscriptions, &ids[0]).await, "waiting_pay", "it stays as it was");
    world.simulator.clear_faults();
    subscriptions.refresh().await.unwrap();
    assert_eq!(status(&subscriptions, &ids[0]).await, "paid", "it is asked for by itself");
}

#[tokio::test]
async fn those_missing_from_the_list_take_turns_in_being_asked_for() {
    let (world, between, _core, subscriptions) = open().await;
    let emails: Vec<String> = (0..30).map(|number| format!("person{number}@post.example")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    plan_with(&subscriptions, &emails).await;
    // The list has no rows that can be read any more.
    between.change("/subscriptions?", "\"subscriber\":{", "\"subscriber\":7,\"rest\":{");
    let asked = |world: &World| {
        let of = |target: String| {
            target.strip_prefix("/subscriptions/").filter(|id| id.parse::<u64>().is_ok()).map(str::to_owned)
        };
        let calls = world.simulator.requests().into_iter().filter(|call| call.method == "GET");
        calls.filter_map(|call| of(call.target)).collect::<std::collections::HashSet<_>>().len()
    };
    // No reading asks for all of them.
    subscriptions.refresh().await.unwrap();
    subscriptions.refresh().await.unwrap();
    assert_eq!(asked(&world), 30);
}

#[tokio::test]
async fn a_page_of_something_in_between_ends_no_subscription() {
    let (world, _between, _core, subscriptions) = open().await;
    let (_, ids) = plan_with(&subscriptions, &["ann@post.example"]).await;
    let page = Fault::Echo { status: 404, form: EchoForm::Page };
    world.simulator.set_fault(fault("DELETE", ONE, Some(1), page.clone()));
    let call = subscriptions.end(&ids[0]).await.unwrap();
    assert_eq!(call.state, CallState::Unknown, "{call:?}");
    assert!(subscriptions.get(&ids[0]).await.unwrap().row.ended_at.is_none());
    assert_eq!(world.simulator.ledger().subscriptions.len(), 1);
}

#[tokio::test]
async fn a_page_of_something_in_between_is_not_the_end_of_what_is_missing_from_the_list() {
    let (world, between, _core, subscriptions) = open().await;
    let (_, ids) = plan_with(&subscriptions, &["ann@post.example"]).await;
    between.change("/subscriptions?", "\"ann@post.example\"", "null");
    let page = Fault::Echo { status: 404, form: EchoForm::Page };
    world.simulator.set_fault(fault("GET", &format!("{SUBSCRIPTIONS}/{}", ids[0]), None, page));
    subscriptions.refresh().await.unwrap();
    assert!(subscriptions.get(&ids[0]).await.unwrap().row.ended_at.is_none());
}

#[tokio::test]
async fn what_is_looked_for_may_be_the_row_that_cannot_be_read() {
    let (world, between, _core, subscriptions) = open().await;
    let (plan, _) = plan_with(&subscriptions, &["ann@post.example"]).await;
    between.change("/subscriptions?", "\"ben@post.example\"", "null");
    world.simulator.set_fault(fault("POST", SUBSCRIPTIONS, Some(1), Fault::DropAfter));
    let call = subscriptions.subscribe(&plan, by_email("ben@post.example")).await.unwrap();
    assert_eq!(call.state, CallState::Unknown, "{call:?}");
    assert!(call.trouble.unwrap().contains("cannot read"));
    let query = SubscriptionQuery { limit: 10, ..SubscriptionQuery::default() };
    assert_eq!(subscriptions.list(query).await.unwrap().rows.len(), 1, "the others are there");
    between.change_nothing();
    assert_eq!(subscriptions.look_for(&call.id).await.unwrap().state, CallState::Done);
}

#[tokio::test]
async fn looks_that_follow_each_other_at_once_are_one_and_giving_up_looks_again() {
    let (world, _between, _core, subscriptions) = open().await;
    let (plan, _) = plan_with(&subscriptions, &[]).await;
    world.simulator.set_fault(fault("POST", SUBSCRIPTIONS, Some(1), Fault::DropBefore));
    let call = subscriptions.subscribe(&plan, by_email("ann@post.example")).await.unwrap();
    world.simulator.step(Duration::from_secs(61));
    subscriptions.look_for(&call.id).await.unwrap();
    assert!(!subscriptions.look_for(&call.id).await.unwrap().may_give_up);
    world.simulator.step(Duration::from_secs(5));
    assert!(subscriptions.look_for(&call.id).await.unwrap().may_give_up);
    // It was under way all the time.
    let theirs = nowpayments::subscriptions::Subscribe {
        plan_id: plan.parse().unwrap(),
        subscriber: nowpayments::subscriptions::Subscriber::Email("ann@post.example".to_owned()),
    };
    world.client().send(&theirs).await.unwrap();
    assert_eq!(subscriptions.give_up(&call.id).await.unwrap_err().code, FailureCode::Stale);
    assert_eq!(subscriptions.made(&call.id).await.unwrap().state, CallState::Done);
}

#[tokio::test]
async fn what_cannot_be_written_down_after_a_call_is_not_said_to_be_unsent() {
    let (world, _between, core, subscriptions) = open().await;
    let shop = &core.shop().unwrap().shop.id;
    let file = world.folder.path().join("shops").join(format!("{shop}.sqlite"));
    let mut db = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    let full = "CREATE TRIGGER full BEFORE UPDATE OF state ON subscription_calls WHEN NEW.state = 'done' \
                BEGIN SELECT raise(ABORT, 'database or disk is full'); END";
    sqlx::query(full).execute(&mut db).await.unwrap();
    let failure = subscriptions.make_plan(coffee()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::UnknownOutcome);
    assert!(failure.message.contains("was sent to NOWPayments"), "{failure}");
}

#[tokio::test]
async fn the_audit_log_tells_of_every_call() {
    let (world, _between, core, subscriptions) = open().await;
    let user = core.shop().unwrap().custody.make_user("anna").await.unwrap().made.unwrap();
    let (plan, ids) = plan_with(&subscriptions, &["ben@post.example"]).await;
    let dearer = PlanEdit { amount: "29.90".to_owned(), ..coffee() };
    subscriptions.change_plan(&plan, dearer).await.unwrap();
    let who = WhoSubscribes::User { user: user.clone() };
    let words = subscriptions.describe_subscribing(&plan, who.clone()).await.unwrap();
    assert!(
        words.starts_with(&format!(
            "anna (user {user}) is subscribed to “Coffee”: NOWPayments takes 29.9 EUR off this balance now"
        )),
        "{words}"
    );
    assert!(world.simulator.ledger().subscriptions.len() == 1, "that has done nothing");
    world.simulator.set_fault(fault("POST", SUBSCRIPTIONS, Some(1), Fault::DropBefore));
    subscriptions.subscribe(&plan, who).await.unwrap();
    subscriptions.end(&ids[0]).await.unwrap();
    let mut log = core.shop().unwrap().audit.list(None, 50).await.unwrap().entries;
    log.retain(|entry| entry.area == AuditArea::Subscriptions);
    log.reverse();
    let said: Vec<_> = log.iter().map(|entry| (entry.subject.as_str(), entry.words.as_str())).collect();
    let done = "Done by NOWPayments.";
    assert_eq!(
        said,
        [
            ("Coffee", "Sent to NOWPayments: The plan “Coffee” is made: 24.9 EUR, 30 days."),
            ("Coffee", done),
            ("ben@post.example", "Sent to NOWPayments: ben@post.example is subscribed to “Coffee”."),
            ("ben@post.example", done),
            ("Coffee", "Sent to NOWPayments: The plan “Coffee” becomes “Coffee”: 29.9 EUR, 30 days."),
            ("Coffee", done),
            ("anna", "Sent to NOWPayments: anna is subscribed to “Coffee”."),
            ("anna", "The answer of NOWPayments was lost. It is not known whether it was done."),
            ("ben@post.example", "Sent to NOWPayments: The subscription of ben@post.example is ended."),
            ("ben@post.example", done),
        ]
    );
    assert_eq!(core.shop().unwrap().audit.verify().await.unwrap().broken_at, None);
}
