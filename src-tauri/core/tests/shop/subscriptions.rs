//! Plans and subscribers: made once whatever happens to the answer, read whole, counted exactly, and told once.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use nowpayments::{Amount, subscriptions::CreatePlan};
use nowpayments_simulator::{
    Fault, FaultRule, History, LoggedCall, Subscriber, Subscription as Theirs, SubscriptionChange,
    SubscriptionStatus,
};
use paydesk_core::{
    Core, Failure, FailureCode,
    attention::UnclearPlace,
    charts::{ChartSize, Palette},
    notifications::{Notification, NotificationRules, Subject, SubscriptionNews},
    subscriptions::{
        CallState, PlanChart, PlanEdit, SubscriberFile, SubscriberFileOpened, SubscriberFileState,
        SubscriberRowStatus, SubscriptionEventKind, SubscriptionQuery, SubscriptionSort, Subscriptions,
        WhoSubscribes,
    },
};

use crate::common::{
    killer::Killer,
    world::{World, unclear, wait_for},
};

const PLANS: &str = "/subscriptions/plans";
const SUBSCRIPTIONS: &str = "/subscriptions";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn world() -> (World, Core, Subscriptions) {
    let world = World::new(History::None).await;
    let (core, _) = world.open_shop().await;
    let subscriptions = core.shop().unwrap().subscriptions.clone();
    subscriptions.refresh().await.unwrap();
    (world, core, subscriptions)
}

fn plan(title: &str, amount: &str, currency: &str) -> PlanEdit {
    PlanEdit {
        title: title.to_owned(),
        interval_days: "30".to_owned(),
        amount: amount.to_owned(),
        currency: currency.to_owned(),
        ..PlanEdit::default()
    }
}

fn by_email(email: &str) -> WhoSubscribes {
    WhoSubscribes::Email { email: email.to_owned() }
}

/// A plan of 24.90 EUR for 30 days.
async fn coffee(subscriptions: &Subscriptions) -> String {
    let made = subscriptions.make_plan(plan("Coffee", "24.90", "EUR")).await.unwrap();
    assert_eq!(made.state, CallState::Done, "{made:?}");
    made.plan.unwrap()
}

async fn subscribed(subscriptions: &Subscriptions, plan: &str, email: &str) -> String {
    let made = subscriptions.subscribe(plan, by_email(email)).await.unwrap();
    assert_eq!(made.state, CallState::Done, "{made:?}");
    made.subscription.unwrap()
}

fn theirs(world: &World) -> Vec<Theirs> {
    world.simulator.ledger().subscriptions
}

fn emails(world: &World) -> Vec<String> {
    let email = |theirs: Theirs| match theirs.subscriber {
        Subscriber::Email(email) => email,
        Subscriber::Customer(id) => panic!("{id} is no e-mail address"),
    };
    let mut emails: Vec<_> = theirs(world).into_iter().map(email).collect();
    emails.sort();
    emails
}

fn change(world: &World, id: &str, status: SubscriptionStatus) {
    world.simulator.change_subscription(id.parse().unwrap(), SubscriptionChange::Status(status)).unwrap();
}

fn fault(method: &str, path: &str, fault: Fault) -> FaultRule {
    FaultRule { method: method.to_owned(), path: path.to_owned(), skip: 0, times: Some(1), fault }
}

fn calls(world: &World, method: &str, path: &str) -> Vec<LoggedCall> {
    let of = |call: &LoggedCall| {
        call.method == method && call.target.split('?').next().is_some_and(|target| target.starts_with(path))
    };
    world.simulator.requests().into_iter().filter(of).collect()
}

async fn told(core: &Core) -> Vec<Notification> {
    core.shop().unwrap().notifications.take().await.unwrap().now
}

async fn opened(subscriptions: &Subscriptions, plan: &str, text: &str) -> SubscriberFile {
    match subscriptions.open_text(plan, "members.csv", text).await.unwrap() {
        SubscriberFileOpened::Draft { file } => file,
        asks => panic!("{asks:?}"),
    }
}

async fn sent(core: &Core, subscriptions: &Subscriptions, id: &str) -> SubscriberFile {
    wait_for(core, || subscriptions.file(id), |file| file.state != SubscriberFileState::Sending).await
}

#[tokio::test]
async fn a_plan_its_subscribers_from_a_file_and_a_payment_move_figures_timeline_and_notifications() {
    let (world, core, subscriptions) = world().await;
    let plan = coffee(&subscriptions).await;
    let file = opened(&subscriptions, &plan, "Name;E-Mail\nAnn;ann@post.example\nBen;ben@post\nCem;cem@post.example\nAnn;ANN@post.example\n\nDora;dora@post.example\n").await;
    let counts = file.counts;
    assert_eq!(
        (counts.records, counts.header, counts.blank, counts.accepted, counts.rejected),
        (7, 1, 1, 3, 2)
    );
    assert_eq!((counts.bad, counts.duplicates, counts.already), (1, 1, 0));
    let bad = subscriptions.rows(&file.id, Some(SubscriberRowStatus::Bad), None, 10).await.unwrap().rows;
    assert_eq!((bad[0].line, bad[0].notes.clone()), (3, vec![("Name".to_owned(), "Ben".to_owned())]));
    let problem = bad[0].problem.clone().unwrap();
    assert_eq!((problem.column.as_deref(), problem.value.as_str()), (Some("email"), "ben@post"));
    assert!(theirs(&world).is_empty(), "nothing is sent before the owner says so");

    subscriptions.send_file(&file.id).await.unwrap();
    let file = sent(&core, &subscriptions, &file.id).await;
    assert_eq!((file.state, file.progress.subscribed, file.progress.bad), (SubscriberFileState::Done, 3, 1));
    assert_eq!(emails(&world), ["ann@post.example", "cem@post.example", "dora@post.example"]);
    assert_eq!(told(&core).await, [], "a bill that waits is no news");

    let rows =
        subscriptions.rows(&file.id, Some(SubscriberRowStatus::Subscribed), None, 10).await.unwrap().rows;
    let ann = rows[0].subscription.clone().unwrap();
    change(&world, &ann, SubscriptionStatus::Paid);
    subscriptions.refresh().await.unwrap();
    let [news] = &told(&core).await[..] else { panic!("one is told") };
    assert_eq!(
        (news.title.as_str(), news.subject.clone()),
        ("Subscription paid", Some(Subject::Subscription { id: ann.clone() }))
    );
    assert_eq!(news.body, "ann@post.example has paid 24.90 EUR for “Coffee”.");
    subscriptions.refresh().await.unwrap();
    assert_eq!(told(&core).await, []);

    let detail = subscriptions.plan(&plan).await.unwrap();
    let figures = &detail.figures;
    assert_eq!((figures.subscribers, figures.active), (3, 1));
    let tally: Vec<_> = figures.by_status.iter().map(|of| (of.status.as_str(), of.count)).collect();
    assert_eq!(tally, [("paid", 1), ("waiting_pay", 2)]);
    // 24.90 * 30.4375 / 30
    assert_eq!((figures.monthly.amount.to_string().as_str(), figures.monthly.exact), ("25.26", false));
    assert_eq!((figures.collected.periods, figures.collected.unpriced), (1, 0));
    assert_eq!(figures.collected.sums[0].amount.to_string(), "24.9");
    assert_eq!(figures.churn.left, 0);
    assert_eq!(figures.renewals, detail.renewals.iter().map(|day| day.count).sum::<u32>());
    assert_eq!(figures.renewals, 1);

    let detail = subscriptions.get(&ann).await.unwrap();
    let kinds: Vec<_> = detail.events.iter().map(|event| event.kind).collect();
    use SubscriptionEventKind::{Paid, Seen, Status};
    assert_eq!(kinds, [Paid, Status, Seen]);
    assert_eq!(detail.events[1].to.as_deref(), Some("paid"));
    assert_eq!(detail.row.expires_at, detail.events[0].expires_at);

    let unpaid = subscriptions.unpaid().await.unwrap();
    assert_eq!(unpaid.len(), 2);
    assert!(
        unpaid
            .iter()
            .all(|unpaid| unpaid.until.unwrap() - unpaid.since.unwrap() == chrono::TimeDelta::days(7))
    );
    let csv = subscriptions.unpaid_csv().await.unwrap();
    assert!(csv.starts_with("E-mail,User,Plan,Status,Price,Currency,") && csv.lines().count() == 3, "{csv}");
    assert!(csv.contains("cem@post.example,,Coffee,waiting_pay,24.9,EUR,"), "{csv}");
}

#[tokio::test]
async fn what_was_there_when_a_shop_is_added_is_not_told_and_what_comes_later_is_as_the_owner_wants() {
    let world = World::new(History::Demo).await;
    world.simulator.pause();
    let (core, _) = world.open_shop().await;
    let subscriptions = core.shop().unwrap().subscriptions.clone();
    subscriptions.refresh().await.unwrap();
    let list = subscriptions.list(SubscriptionQuery::default()).await.unwrap();
    assert!(list.total > 5);
    let about = |told: Vec<Notification>| {
        told.into_iter().filter(|told| matches!(told.subject, Some(Subject::Subscription { .. }))).count()
    };
    assert_eq!(about(told(&core).await), 0);

    let unpaid = subscriptions.unpaid().await.unwrap();
    let waits = &unpaid
        .iter()
        .find(|unpaid| unpaid.row.status == "waiting_pay" && unpaid.row.email.is_some())
        .unwrap()
        .row;
    let notifications = core.shop().unwrap().notifications.clone();
    let wanted = vec![SubscriptionNews::Underpaid];
    let rules = NotificationRules { subscriptions: wanted, ..NotificationRules::default() };
    notifications.save_rules(rules).await.unwrap();
    change(&world, &waits.id, SubscriptionStatus::PartiallyPaid);
    subscriptions.refresh().await.unwrap();
    let [news] = &told(&core).await[..] else { panic!("one is told") };
    assert_eq!(news.title, "Subscription underpaid");
    change(&world, &waits.id, SubscriptionStatus::Paid);
    subscriptions.refresh().await.unwrap();
    assert_eq!(about(told(&core).await), 0, "the owner does not want it");
    assert_eq!(subscriptions.get(&waits.id).await.unwrap().row.status, "paid");
}

/// All figures of all plans against those that are worked out from the simulator's own state.
#[tokio::test]
async fn the_figures_are_those_of_the_provider() {
    let world = World::new(History::Demo).await;
    world.simulator.pause();
    let (core, _) = world.open_shop().await;
    let subscriptions = core.shop().unwrap().subscriptions.clone();
    subscriptions.refresh().await.unwrap();
    let before: BTreeMap<u64, Theirs> =
        theirs(&world).into_iter().map(|theirs| (theirs.id, theirs)).collect();
    let mut paid: BTreeMap<(u64, String), (u32, Amount)> = BTreeMap::new();
    let mut last = before.clone();
    for _ in 0..45 {
        world.simulator.step(DAY);
        subscriptions.refresh().await.unwrap();
        for theirs in theirs(&world) {
            if last.get(&theirs.id).is_none_or(|last| last.expire_date < theirs.expire_date) {
                let is_first = !last.contains_key(&theirs.id) && theirs.expire_date == theirs.created_at;
                if !is_first {
                    let sum = paid.entry((theirs.plan, theirs.currency.clone())).or_default();
                    sum.0 += 1;
                    sum.1 += &theirs.amount.to_string().parse::<Amount>().unwrap();
                }
            }
            last.insert(theirs.id, theirs);
        }
    }
    let now = world.simulator.clock().now;
    let all = theirs(&world);
    let mut seen = 0;
    for row in subscriptions.plans().await.unwrap().plans {
        let id: u64 = row.plan.id.parse().unwrap();
        let of_plan: Vec<_> = all.iter().filter(|theirs| theirs.plan == id).collect();
        let figures = row.figures;
        assert_eq!(figures.subscribers as usize, of_plan.len());
        let active = of_plan.iter().filter(|theirs| now < theirs.expire_date).count();
        assert_eq!(figures.active as usize, active);
        for tally in &figures.by_status {
            let word = |status| serde_json::to_value(status).unwrap().as_str().unwrap().to_lowercase();
            let count = of_plan.iter().filter(|theirs| word(theirs.status) == tally.status).count();
            assert_eq!(tally.count as usize, count, "{tally:?}");
        }
        let brings = of_plan
            .iter()
            .filter(|theirs| now < theirs.expire_date && theirs.status == SubscriptionStatus::Paid)
            .count();
        assert_eq!(figures.monthly.subscriptions as usize, brings);
        let (periods, sum) = paid.get(&(id, row.plan.currency.clone())).cloned().unwrap_or_default();
        assert_eq!(
            (figures.collected.periods, figures.collected.unpriced),
            (periods, 0),
            "{}",
            row.plan.title
        );
        assert_eq!(figures.collected.sums.first().map(|sum| sum.amount.clone()).unwrap_or_default(), sum);
        seen += periods;
        // Who expired stays in the list of the simulator, and 45 days are more than 30: who is there at the beginning counts.
        assert!(figures.churn.left <= figures.churn.of && figures.churn.of > 0, "{:?}", figures.churn);
        let day = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&chrono::Local).date_naive();
        let last = day(now + chrono::TimeDelta::days(30));
        let renewals = of_plan.iter().filter(|theirs| {
            theirs.status != SubscriptionStatus::Expired
                && theirs.expire_date > now
                && day(theirs.expire_date) <= last
        });
        assert_eq!(figures.renewals as usize, renewals.count());
    }
    assert!(seen > 5, "only {seen} periods were paid in 45 days");
}

#[tokio::test]
async fn who_left_in_the_last_30_days_is_counted_of_those_who_were_there() {
    let (world, _core, subscriptions) = world().await;
    let plan = coffee(&subscriptions).await;
    let mut ids = Vec::new();
    for name in ["ann", "ben", "cem", "dora"] {
        let id = subscribed(&subscriptions, &plan, &format!("{name}@post.example")).await;
        change(&world, &id, SubscriptionStatus::Paid);
        ids.push(id);
    }
    subscriptions.refresh().await.unwrap();
    world.simulator.step(31 * DAY);
    // Paid on, so that it does not expire.
    change(&world, &ids[0], SubscriptionStatus::Paid);
    subscriptions.refresh().await.unwrap();
    let ended = subscriptions.end(&ids[1]).await.unwrap();
    assert_eq!(ended.state, CallState::Done);
    world.simulator.step(8 * DAY);
    subscriptions.refresh().await.unwrap();
    subscribed(&subscriptions, &plan, "eva@post.example").await;
    let churn = subscriptions.plan(&plan).await.unwrap().figures.churn;
    assert_eq!((churn.left, churn.of), (3, 4), "one was ended and two expired: {churn:?}");
    let gone = SubscriptionQuery { ended: true, ..SubscriptionQuery::default() };
    let gone = subscriptions.list(gone).await.unwrap().rows;
    assert_eq!((gone.len(), gone[0].id.as_str()), (1, ids[1].as_str()));
    let kind = subscriptions.get(&ids[1]).await.unwrap().events[0].kind;
    assert_eq!(kind, SubscriptionEventKind::Ended);
}

#[tokio::test]
async fn a_change_of_price_is_described_and_holds_for_the_bills_that_follow() {
    let (world, _core, subscriptions) = world().await;
    let plan_id = coffee(&subscriptions).await;
    let id = subscribed(&subscriptions, &plan_id, "ann@post.example").await;
    let dearer = plan("Coffee", "30", "eur");
    let said = subscriptions.describe_change(&plan_id, dearer.clone()).await.unwrap().join(" ");
    assert!(said.contains("from 24.9 EUR to 30 EUR") && said.contains("1 bill that is out"), "{said}");
    let unchanged = subscriptions.change_plan(&plan_id, plan("Coffee", "24.9", "eur")).await.unwrap_err();
    assert_eq!(unchanged.code, FailureCode::Invalid);
    world.simulator.step(Duration::from_secs(60));
    let changed = subscriptions.change_plan(&plan_id, dearer).await.unwrap();
    assert_eq!(changed.state, CallState::Done);
    let body = calls(&world, "PATCH", PLANS)[0].body.clone().unwrap();
    assert_eq!(body, r#"{"amount":30}"#, "only what changes is sent");
    assert_eq!(subscriptions.plan(&plan_id).await.unwrap().plan.amount.to_string(), "30");

    world.simulator.step(Duration::from_secs(60));
    change(&world, &id, SubscriptionStatus::Paid);
    subscriptions.refresh().await.unwrap();
    let sum =
        |figures: paydesk_core::subscriptions::PlanFigures| figures.collected.sums[0].amount.to_string();
    let figures = subscriptions.plan(&plan_id).await.unwrap().figures;
    assert_eq!(sum(figures), "24.9", "the bill that was out keeps its price");
    world.simulator.step(29 * DAY + DAY / 2);
    subscriptions.refresh().await.unwrap();
    change(&world, &id, SubscriptionStatus::Paid);
    subscriptions.refresh().await.unwrap();
    let figures = subscriptions.plan(&plan_id).await.unwrap().figures;
    assert_eq!((figures.collected.periods, sum(figures)), (2, "54.9".to_owned()));
}

#[tokio::test]
async fn what_is_not_right_is_refused_at_its_field_before_anything_is_sent() {
    let (world, _core, subscriptions) = world().await;
    let field = |failure: Failure| (failure.code, failure.field.unwrap());
    for (edit, wrong) in [
        (plan("", "5", "eur"), "title"),
        (PlanEdit { interval_days: "0".to_owned(), ..plan("A", "5", "eur") }, "interval_days"),
        (PlanEdit { interval_days: "+5".to_owned(), ..plan("A", "5", "eur") }, "interval_days"),
        (plan("A", "0", "eur"), "amount"),
        (plan("A", "1,50", "eur"), "amount"),
        (plan("A", "5", "gold"), "currency"),
        (PlanEdit { success_url: "example.com".to_owned(), ..plan("A", "5", "eur") }, "success_url"),
    ] {
        let failure = subscriptions.make_plan(edit).await.unwrap_err();
        assert_eq!(field(failure), (FailureCode::Invalid, wrong.to_owned()));
    }
    let in_coins = subscriptions.make_plan(plan("Office", "45", "usdttrc20")).await.unwrap().plan.unwrap();
    let refused = subscriptions.subscribe(&in_coins, by_email("ann@post.example")).await.unwrap_err();
    assert_eq!(field(refused), (FailureCode::Invalid, "plan".to_owned()));
    let refused = subscriptions.open_text(&in_coins, "a.csv", "ann@post.example").await.unwrap_err();
    assert_eq!(field(refused), (FailureCode::Invalid, "plan".to_owned()));
    let refused = subscriptions.subscribe("5", by_email("ann@post.example")).await.unwrap_err();
    assert_eq!(field(refused), (FailureCode::Invalid, "plan".to_owned()));
    let coffee = coffee(&subscriptions).await;
    let refused = subscriptions.subscribe(&coffee, by_email("ann@post")).await.unwrap_err();
    assert_eq!(field(refused), (FailureCode::Invalid, "email".to_owned()));
    assert!(calls(&world, "POST", SUBSCRIPTIONS).iter().all(|call| call.target.contains("plans")));
    subscribed(&subscriptions, &coffee, "ann@post.example").await;
    let refused = subscriptions.subscribe(&coffee, by_email("Ann@post.example")).await.unwrap_err();
    assert_eq!(field(refused), (FailureCode::Invalid, "email".to_owned()));
    assert_eq!(theirs(&world).len(), 1);
}

#[tokio::test]
async fn a_custody_user_is_subscribed_and_called_by_name() {
    let (world, _core, subscriptions) = world().await;
    let new = nowpayments::custody::CreateCustodyUser { name: "cafe-lumen".parse().unwrap() };
    let user = world.client().send(&new).await.unwrap().id.to_string();
    let plan = subscriptions.make_plan(plan("Office", "45", "usdttrc20")).await.unwrap().plan.unwrap();
    let who = WhoSubscribes::User { user: user.clone() };
    let made = subscriptions.subscribe(&plan, who).await.unwrap();
    assert_eq!((made.state, made.user.as_deref()), (CallState::Done, Some(user.as_str())));
    subscriptions.refresh().await.unwrap();
    let query = SubscriptionQuery { search: "LUMEN".to_owned(), ..SubscriptionQuery::default() };
    let found = subscriptions.list(query).await.unwrap().rows;
    assert_eq!(found[0].user_name.as_deref(), Some("cafe-lumen"));
    let nobody =
        subscriptions.subscribe(&plan, WhoSubscribes::User { user: "77".to_owned() }).await.unwrap_err();
    assert!(nobody.message.contains("Nothing was done"), "{nobody}");
}

#[tokio::test]
async fn the_list_is_filtered_sorted_and_read_page_by_page() {
    let world = World::new(History::Demo).await;
    world.simulator.pause();
    let (core, _) = world.open_shop().await;
    let subscriptions = core.shop().unwrap().subscriptions.clone();
    subscriptions.refresh().await.unwrap();
    let all = theirs(&world);
    for sort in [
        SubscriptionSort::Created,
        SubscriptionSort::Updated,
        SubscriptionSort::Expires,
        SubscriptionSort::Subscriber,
        SubscriptionSort::Plan,
        SubscriptionSort::Status,
    ] {
        for descending in [false, true] {
            let (mut read, mut after) = (Vec::new(), None);
            loop {
                let query =
                    SubscriptionQuery { sort, descending, after, limit: 3, ..SubscriptionQuery::default() };
                let page = subscriptions.list(query).await.unwrap();
                assert_eq!(page.total as usize, all.len());
                read.extend(page.rows.into_iter().map(|row| row.id));
                let Some(next) = page.next else { break };
                after = Some(next);
            }
            let mut ids = read.clone();
            ids.sort();
            ids.dedup();
            assert_eq!((ids.len(), read.len()), (all.len(), all.len()), "{sort:?}");
        }
    }
    let paid = SubscriptionQuery { status: Some("PAID".to_owned()), ..SubscriptionQuery::default() };
    let paid = subscriptions.list(paid).await.unwrap().total as usize;
    assert_eq!(paid, all.iter().filter(|theirs| theirs.status == SubscriptionStatus::Paid).count());
    let plan = all[0].plan;
    let of_plan = SubscriptionQuery {
        plan: Some(plan.to_string()),
        active: Some(true),
        ..SubscriptionQuery::default()
    };
    let now = world.simulator.clock().now;
    let count = all.iter().filter(|theirs| theirs.plan == plan && now < theirs.expire_date).count();
    assert_eq!(subscriptions.list(of_plan).await.unwrap().total as usize, count);
}

/// What can go wrong with a call: whether it was done all the same.
fn faults() -> Vec<(Fault, bool)> {
    vec![
        (Fault::DropBefore, false),
        (Fault::DropAfter, true),
        (Fault::ServerError { handled: false }, false),
        (Fault::ServerError { handled: true }, true),
        (Fault::BadGateway { handled: true }, true),
        (Fault::Truncated, true),
        (Fault::Empty, true),
        (Fault::Unreadable, true),
        (Fault::Slow { ms: 40 }, true),
    ]
}

/// Looks until an unknown call is settled; when nothing is found, the owner gives it up. Whether it was done.
async fn ends_by_looking(world: &World, subscriptions: &Subscriptions, id: &str, fault: &Fault) -> bool {
    for _ in 0..6 {
        let call = subscriptions.made(id).await.unwrap();
        match call.state {
            CallState::Done => return true,
            CallState::Unknown if call.may_give_up => {
                assert_eq!(subscriptions.give_up(id).await.unwrap().state, CallState::GivenUp);
                return false;
            }
            CallState::Unknown => {
                let early = subscriptions.give_up(id).await.unwrap_err();
                assert_eq!(early.code, FailureCode::Stale);
                world.simulator.step(Duration::from_secs(61));
                subscriptions.look_for(id).await.unwrap();
            }
            other => panic!("{other:?} after {fault:?}"),
        }
    }
    panic!("{fault:?} never ends");
}

#[tokio::test]
async fn no_plan_is_made_twice_whatever_happens_to_the_answer() {
    for (fault_kind, was_done) in faults() {
        let (world, _core, subscriptions) = world().await;
        // One that looks alike from before is not taken for it.
        coffee(&subscriptions).await;
        world.simulator.set_fault(fault("POST", PLANS, fault_kind.clone()));
        let made = subscriptions.make_plan(plan("Coffee", "24.90", "EUR")).await.unwrap();
        if !was_done {
            assert_eq!(made.state, CallState::Unknown, "{fault_kind:?}");
            let twin = subscriptions.make_plan(plan("Coffee", "24.90", "EUR")).await.unwrap_err();
            assert_eq!(twin.code, FailureCode::UnknownOutcome);
        }
        assert_eq!(
            ends_by_looking(&world, &subscriptions, &made.id, &fault_kind).await,
            was_done,
            "{fault_kind:?}"
        );
        let plans = subscriptions.plans().await.unwrap().plans.len();
        assert_eq!(plans, 1 + usize::from(was_done), "{fault_kind:?}");
        assert_eq!(calls(&world, "POST", PLANS).len(), 2);
    }
}

#[tokio::test]
async fn where_several_could_be_the_one_none_is_taken_and_the_owner_ends_the_search() {
    let (world, core, subscriptions) = world().await;
    // Nobody looks before both are there.
    let blind = FaultRule { times: None, ..fault("GET", PLANS, Fault::ServerError { handled: false }) };
    world.simulator.set_fault(blind);
    world.simulator.set_fault(fault("POST", PLANS, Fault::DropBefore));
    let made = subscriptions.make_plan(plan("Coffee", "24.90", "EUR")).await.unwrap();
    assert_eq!(made.state, CallState::Unknown);
    assert_eq!(unclear(&core).await, [(UnclearPlace::Subscriptions, 1)]);
    let twice: Vec<_> = (0..2)
        .map(|_| CreatePlan::new("Coffee".to_owned(), 30, "24.90".parse().unwrap(), "eur".parse().unwrap()))
        .collect();
    for elsewhere in &twice {
        world.client().send(elsewhere).await.unwrap();
    }
    world.simulator.clear_faults();

    let looked = subscriptions.look_for(&made.id).await.unwrap();
    assert_eq!((looked.state, looked.plan, looked.may_give_up), (CallState::Unknown, None, false));
    assert!(looked.trouble.unwrap().contains("more than one"));
    let twin = subscriptions.make_plan(plan("Coffee", "24.90", "EUR")).await.unwrap_err();
    assert_eq!(twin.code, FailureCode::UnknownOutcome);
    assert!(!ends_by_looking(&world, &subscriptions, &made.id, &Fault::DropBefore).await);
    assert_eq!(subscriptions.plans().await.unwrap().plans.len(), 2);
    coffee(&subscriptions).await;
}

#[tokio::test]
async fn a_plan_is_changed_once_and_seen_to_be_changed() {
    for (fault_kind, was_done) in faults() {
        let (world, _core, subscriptions) = world().await;
        let id = coffee(&subscriptions).await;
        world.simulator.set_fault(fault("PATCH", "/subscriptions/plans/:id", fault_kind.clone()));
        let edit = PlanEdit {
            success_url: "https://kestrel.example/thanks".to_owned(),
            ..plan("Coffee Club", "24.90", "EUR")
        };
        let made = subscriptions.change_plan(&id, edit.clone()).await.unwrap();
        if !was_done {
            let twin = subscriptions.change_plan(&id, plan("Tea", "24.90", "EUR")).await.unwrap_err();
            assert_eq!(twin.code, FailureCode::UnknownOutcome);
        }
        assert_eq!(
            ends_by_looking(&world, &subscriptions, &made.id, &fault_kind).await,
            was_done,
            "{fault_kind:?}"
        );
        let title = subscriptions.plan(&id).await.unwrap().plan.title;
        assert_eq!(title == "Coffee Club", was_done, "{fault_kind:?}");
        assert_eq!(calls(&world, "PATCH", PLANS).len(), 1);
    }
}

#[tokio::test]
async fn nobody_is_subscribed_twice_whatever_happens_to_the_answer() {
    for (fault_kind, was_done) in faults() {
        let (world, _core, subscriptions) = world().await;
        let plan = coffee(&subscriptions).await;
        world.simulator.set_fault(fault("POST", SUBSCRIPTIONS, fault_kind.clone()));
        let made = subscriptions.subscribe(&plan, by_email("ann@post.example")).await.unwrap();
        if !was_done {
            let twin = subscriptions.subscribe(&plan, by_email("ANN@post.example")).await.unwrap_err();
            assert_eq!(twin.code, FailureCode::UnknownOutcome);
        }
        assert_eq!(
            ends_by_looking(&world, &subscriptions, &made.id, &fault_kind).await,
            was_done,
            "{fault_kind:?}"
        );
        assert_eq!(theirs(&world).len(), usize::from(was_done), "{fault_kind:?}");
        if was_done {
            let call = subscriptions.made(&made.id).await.unwrap();
            assert_eq!(call.subscription, Some(theirs(&world)[0].id.to_string()));
        } else {
            subscribed(&subscriptions, &plan, "ann@post.example").await;
            assert_eq!(theirs(&world).len(), 1);
        }
    }
}

#[tokio::test]
async fn a_subscription_is_ended_once_and_seen_to_be_gone() {
    for (fault_kind, was_done) in faults() {
        let (world, _core, subscriptions) = world().await;
        let plan = coffee(&subscriptions).await;
        let id = subscribed(&subscriptions, &plan, "ann@post.example").await;
        world.simulator.set_fault(fault("DELETE", "/subscriptions/:id", fault_kind.clone()));
        let made = subscriptions.end(&id).await.unwrap();
        assert_eq!(
            ends_by_looking(&world, &subscriptions, &made.id, &fault_kind).await,
            was_done,
            "{fault_kind:?}"
        );
        assert_eq!(theirs(&world).is_empty(), was_done, "{fault_kind:?}");
        assert_eq!(subscriptions.get(&id).await.unwrap().row.ended_at.is_some(), was_done);
        assert_eq!(calls(&world, "DELETE", SUBSCRIPTIONS).len(), 1);
    }
}

#[tokio::test]
async fn two_that_it_could_be_are_for_the_owner_to_tell_apart() {
    let (world, _core, subscriptions) = world().await;
    let plan = coffee(&subscriptions).await;
    world.simulator.set_fault(fault("POST", SUBSCRIPTIONS, Fault::Duplicated));
    world.simulator.set_fault(fault("POST", SUBSCRIPTIONS, Fault::DropAfter));
    let made = subscriptions.subscribe(&plan, by_email("ann@post.example")).await.unwrap();
    assert_eq!(theirs(&world).len(), 2);
    assert_eq!(made.state, CallState::Done, "the second answer was given: {made:?}");

    let other = subscriptions.make_plan(self::plan("Tea", "5", "EUR")).await.unwrap().plan.unwrap();
    let made = subscriptions.subscribe(&other, by_email("ben@post.example")).await.unwrap();
    assert_eq!(made.state, CallState::Done, "found by looking: {made:?}");
}

#[tokio::test]
async fn a_file_that_was_interrupted_by_too_many_calls_and_lost_answers_subscribes_everybody_once() {
    let (world, core, subscriptions) = world().await;
    let plan = coffee(&subscriptions).await;
    let text: String = (0..12).map(|n| format!("person{n:02}@post.example\n")).collect();
    let file = opened(&subscriptions, &plan, &text).await;
    let rule = |skip, fault| FaultRule { skip, ..self::fault("POST", SUBSCRIPTIONS, fault) };
    world.simulator.set_fault(rule(2, Fault::TooManyRequests { retry_after: Some(1) }));
    world.simulator.set_fault(rule(2, Fault::DropAfter));
    world.simulator.set_fault(rule(3, Fault::TooManyRequests { retry_after: None }));
    subscriptions.send_file(&file.id).await.unwrap();
    let file = sent(&core, &subscriptions, &file.id).await;
    assert_eq!((file.state, file.progress.subscribed), (SubscriberFileState::Done, 12), "{file:?}");
    let expected: Vec<_> = (0..12).map(|n| format!("person{n:02}@post.example")).collect();
    assert_eq!(emails(&world), expected);
}

#[tokio::test]
async fn a_row_whose_end_is_not_known_waits_for_the_owner_and_can_be_sent_again_once_it_is_given_up() {
    let (world, core, subscriptions) = world().await;
    let plan = coffee(&subscriptions).await;
    let file = opened(&subscriptions, &plan, "ann@post.example\nben@post.example\n").await;
    world.simulator.set_fault(fault("POST", SUBSCRIPTIONS, Fault::DropBefore));
    subscriptions.send_file(&file.id).await.unwrap();
    let file = sent(&core, &subscriptions, &file.id).await;
    assert_eq!(
        (file.state, file.progress.unknown, file.progress.subscribed),
        (SubscriberFileState::Done, 1, 1)
    );
    let thrown = subscriptions.delete_file(&file.id).await.unwrap_err();
    assert_eq!(thrown.code, FailureCode::Stale);
    let row = subscriptions
        .rows(&file.id, Some(SubscriberRowStatus::Unknown), None, 5)
        .await
        .unwrap()
        .rows
        .remove(0);
    let call = row.call.unwrap();
    assert!(!ends_by_looking(&world, &subscriptions, &call, &Fault::DropBefore).await);
    assert_eq!(subscriptions.file(&file.id).await.unwrap().progress.ready, 1);
    subscriptions.send_file(&file.id).await.unwrap();
    let file = sent(&core, &subscriptions, &file.id).await;
    assert_eq!(file.progress.subscribed, 2);
    assert_eq!(emails(&world), ["ann@post.example", "ben@post.example"]);
}

#[tokio::test]
async fn a_provider_that_loses_every_answer_is_not_sent_a_whole_file() {
    let (world, core, subscriptions) = world().await;
    let plan = coffee(&subscriptions).await;
    let text: String = (0..9).map(|n| format!("person{n}@post.example\n")).collect();
    let file = opened(&subscriptions, &plan, &text).await;
    let always =
        FaultRule { times: None, ..fault("POST", SUBSCRIPTIONS, Fault::ServerError { handled: false }) };
    world.simulator.set_fault(always);
    subscriptions.send_file(&file.id).await.unwrap();
    let file = sent(&core, &subscriptions, &file.id).await;
    assert_eq!(
        (file.state, file.progress.unknown, file.progress.ready),
        (SubscriberFileState::Stopped, 3, 6)
    );
    assert!(file.trouble.unwrap().contains("Several answers"));
}

#[tokio::test]
async fn what_is_turned_away_for_being_too_much_was_not_done_once_that_is_seen() {
    let (world, core, subscriptions) = world().await;
    let plan = coffee(&subscriptions).await;
    world.simulator.set_fault(fault("POST", SUBSCRIPTIONS, Fault::TooManyRequests { retry_after: None }));
    let refused = subscriptions.subscribe(&plan, by_email("ann@post.example")).await.unwrap_err();
    assert!(refused.message.contains("Nothing was done"), "{refused}");
    world.simulator.set_fault(fault("POST", SUBSCRIPTIONS, Fault::TooManyRequests { retry_after: Some(1) }));
    let made = subscriptions.subscribe(&plan, by_email("ann@post.example")).await.unwrap();
    assert_eq!(made.state, CallState::Unknown, "NOWPayments does not want to be asked yet");
    wait_for(&core, || subscriptions.made(&made.id), |made| made.state == CallState::Refused).await;
    subscribed(&subscriptions, &plan, "ann@post.example").await;
    assert_eq!(theirs(&world).len(), 1);
}

#[tokio::test]
async fn many_that_are_paid_at_once_are_told_as_one() {
    let (world, core, subscriptions) = world().await;
    let plan = coffee(&subscriptions).await;
    for number in 0..5 {
        let id = subscribed(&subscriptions, &plan, &format!("person{number}@post.example")).await;
        change(&world, &id, SubscriptionStatus::Paid);
    }
    subscriptions.refresh().await.unwrap();
    let told = told(&core).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].title.as_str(), told[0].body.as_str()), ("5 subscriptions", "5 paid."));
}

#[tokio::test]
async fn rows_are_corrected_left_out_and_judged_again() {
    let (world, core, subscriptions) = world().await;
    let plan = coffee(&subscriptions).await;
    subscribed(&subscriptions, &plan, "old@post.example").await;
    let text = "email,who\nann@post.example,Ann\nann@post.example,Anna\nold@post.example,Old\nb\u{200B}en@post.example,Ben\n";
    let file = opened(&subscriptions, &plan, text).await;
    let counts = file.counts;
    assert_eq!((counts.accepted, counts.bad, counts.duplicates, counts.already), (1, 1, 1, 1));
    let rows = subscriptions.rows(&file.id, None, None, 2).await.unwrap();
    assert_eq!((rows.total, rows.rows.len(), rows.next), (4, 2, Some(2)));
    let bad = subscriptions.rows(&file.id, None, Some(3), 2).await.unwrap().rows.remove(0);
    assert!(bad.problem.unwrap().message.contains("U+200B, an invisible zero width space"));
    let wrong = subscriptions.edit_row(&file.id, 4, "ben@").await.unwrap_err();
    assert_eq!(wrong.field.as_deref(), Some("email"));
    let file = subscriptions.edit_row(&file.id, 4, "ben@post.example").await.unwrap();
    assert_eq!((file.progress.ready, file.counts.bad), (2, 1), "what the file held does not change");
    // The first of two is left out: the second is not a duplicate any more.
    let file = subscriptions.leave_row_out(&file.id, 1).await.unwrap();
    assert_eq!((file.progress.ready, file.progress.duplicates, file.progress.left_out), (2, 0, 1));
    subscriptions.send_file(&file.id).await.unwrap();
    let file = sent(&core, &subscriptions, &file.id).await;
    assert_eq!((file.progress.subscribed, file.progress.already), (2, 1));
    assert_eq!(emails(&world), ["ann@post.example", "ben@post.example", "old@post.example"]);
    let late = subscriptions.edit_row(&file.id, 4, "cem@post.example").await.unwrap_err();
    assert_eq!(late.code, FailureCode::Stale);
    subscriptions.delete_file(&file.id).await.unwrap();
    assert!(subscriptions.files().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_file_is_stopped_and_goes_on() {
    let (world, core, subscriptions) = world().await;
    let plan = coffee(&subscriptions).await;
    let text: String = (0..8).map(|n| format!("person{n}@post.example\n")).collect();
    let file = opened(&subscriptions, &plan, &text).await;
    let mut held = world.simulator.hold_call("POST", SUBSCRIPTIONS, 3, nowpayments_simulator::Point::Arrived);
    subscriptions.send_file(&file.id).await.unwrap();
    held.reached().await;
    let stopped = subscriptions.stop_file(&file.id).await.unwrap();
    assert_eq!(stopped.state, SubscriberFileState::Stopped);
    drop(held);
    wait_for(&core, || subscriptions.file(&file.id), |file| file.progress.unknown == 0).await;
    assert_eq!(theirs(&world).len(), 4, "the row that was under way is the last one");
    subscriptions.send_file(&file.id).await.unwrap();
    let file = sent(&core, &subscriptions, &file.id).await;
    assert_eq!(file.progress.subscribed, 8);
    assert_eq!(theirs(&world).len(), 8);
}

#[tokio::test]
async fn a_column_that_nobody_knows_is_asked_for() {
    let (_world, _core, subscriptions) = world().await;
    let plan = coffee(&subscriptions).await;
    let text = "who;where\nAnn;ann@post.example\nBen;ben@post.example\n";
    let asks = subscriptions.open_text(&plan, "a.csv", text).await.unwrap();
    let SubscriberFileOpened::Asks { columns, sample } = asks else { panic!("{asks:?}") };
    assert_eq!((columns, sample.len()), (vec!["who".to_owned(), "where".to_owned()], 3));
    let opened = subscriptions.answer_file(1, true).await.unwrap();
    let SubscriberFileOpened::Draft { file } = opened else { panic!("{opened:?}") };
    assert_eq!((file.counts.header, file.counts.accepted), (1, 2));
    assert_eq!(subscriptions.answer_file(1, true).await.unwrap_err().code, FailureCode::NotFound);
}

#[tokio::test]
async fn the_charts_of_a_plan_show_what_the_figures_say() {
    let (world, _core, subscriptions) = world().await;
    let plan = coffee(&subscriptions).await;
    let id = subscribed(&subscriptions, &plan, "ann@post.example").await;
    subscribed(&subscriptions, &plan, "ben@post.example").await;
    change(&world, &id, SubscriptionStatus::Paid);
    subscriptions.refresh().await.unwrap();
    let palette = Palette {
        ink: "#000".to_owned(),
        lines: "#ccc".to_owned(),
        series: vec!["#123456".to_owned(), "#654321".to_owned()],
    };
    let size = ChartSize { width: 600, height: 300 };
    let chart = async |which| subscriptions.chart(&plan, which, palette.clone(), size).await.unwrap();
    let statuses = chart(PlanChart::Statuses).await;
    assert_eq!(statuses.title, "Subscribers of “Coffee” by status");
    assert_eq!(statuses.table.columns, ["Day", "Paid", "Waiting", "Underpaid", "Expired"]);
    assert_eq!(statuses.table.rows.last().unwrap()[1..], ["1", "1", "0", "0"]);
    let collected = chart(PlanChart::Collected).await;
    assert_eq!(collected.table.columns, ["Month", "EUR"]);
    assert_eq!(collected.table.rows.last().unwrap()[1], "24.9");
    let renewals = chart(PlanChart::Renewals).await;
    let sum: u32 = renewals.table.rows.iter().map(|row| row[1].parse::<u32>().unwrap()).sum();
    assert_eq!((sum, renewals.table.rows.len()), (1, 31));
    assert!(renewals.svg.contains("#123456"));
}

/// One life of Paydesk that wants a file to be sent, and does not end before all is settled.
async fn insist(world: &World, killer: &Arc<Killer>, file: &str) {
    let core = Core::open_with(killer.surroundings(world.surroundings()), world.bases()).await.unwrap();
    core.reopen(|| async { Err(Failure::other("no demo")) }).await.unwrap();
    let subscriptions = core.shop().unwrap().subscriptions.clone();
    loop {
        let now = sent(&core, &subscriptions, file).await;
        if now.progress.ready > 0 {
            subscriptions.send_file(file).await.unwrap();
            continue;
        }
        if now.progress.unknown == 0 {
            break;
        }
        for row in subscriptions.rows(file, Some(SubscriberRowStatus::Unknown), None, 10).await.unwrap().rows
        {
            let call = subscriptions.look_for(&row.call.unwrap()).await.unwrap();
            match call.state {
                CallState::Unknown if call.may_give_up => {
                    drop(subscriptions.give_up(&call.id).await.unwrap());
                }
                CallState::Unknown => drop(world.simulator.step(Duration::from_secs(61))),
                _ => {}
            }
        }
    }
    core.close().await;
}

#[test]
fn a_file_subscribes_everybody_once_wherever_paydesk_is_killed() {
    let mut kills = 0;
    for step in (1..400).step_by(3) {
        let stage = tokio::runtime::Runtime::new().unwrap();
        let (world, file) = stage.block_on(async {
            let (world, core, subscriptions) = world().await;
            let plan = coffee(&subscriptions).await;
            let file =
                opened(&subscriptions, &plan, "ann@post.example\nben@post.example\ncem@post.example\n").await;
            core.close().await;
            (world, file.id)
        });
        let killer = Killer::after(step);
        let done = killer.live(insist(&world, &killer, &file));
        if !done {
            kills += 1;
            let calm = Killer::after(i64::MAX);
            assert!(calm.live(insist(&world, &calm, &file)));
        }
        assert_eq!(
            emails(&world),
            ["ann@post.example", "ben@post.example", "cem@post.example"],
            "killed after {step}"
        );
        stage.shutdown_background();
        if done {
            break;
        }
    }
    assert!(kills > 5, "sending a file has more steps than {kills}");
}
