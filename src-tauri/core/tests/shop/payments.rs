//! Payments: the cache is what NOWPayments has, whatever happened on the way; and it is found.

use std::collections::BTreeSet;

use chrono::Utc;
use futures_util::TryStreamExt;
use nowpayments::{
    Amount,
    payments::{CreatePayment, ListPayments, Payment},
};
use nowpayments_simulator::{Fault, FaultRule, History, PaymentChange, PaymentStatus, Simulator};
use paydesk_core::{
    Core, FailureCode,
    payments::{PaymentPage, PaymentQuery, PaymentRow},
};

use crate::common::world::{World, wait_for, wait_for_sync};

async fn at_the_provider(world: &World) -> Vec<Payment> {
    let mut all: Vec<Payment> = world.client().pages(ListPayments::default()).try_concat().await.unwrap();
    all.sort_by_key(|payment| std::cmp::Reverse((payment.created_at, payment.payment_id.clone())));
    all
}

async fn list(core: &Core, query: PaymentQuery) -> PaymentPage {
    core.shop().unwrap().payments.list(query).await.unwrap()
}

async fn found(core: &Core, search: &str) -> Vec<PaymentRow> {
    list(core, PaymentQuery { search: search.to_owned(), limit: 500, ..PaymentQuery::default() }).await.rows
}

/// All that is cached, page by page.
async fn cached(core: &Core) -> Vec<PaymentRow> {
    let mut query = PaymentQuery { limit: 170, ..PaymentQuery::default() };
    let mut rows = Vec::new();
    loop {
        query.from = u32::try_from(rows.len()).unwrap();
        let page = list(core, query.clone()).await;
        rows.extend(page.rows);
        if rows.len() >= page.total as usize {
            assert_eq!(page.total as usize, rows.len());
            return rows;
        }
    }
}

/// Compares the cache with the provider, row by row and field by field.
async fn assert_same(core: &Core, world: &World) {
    let (ours, theirs) = (cached(core).await, at_the_provider(world).await);
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        let expected = PaymentRow {
            id: theirs.payment_id.to_string(),
            status: theirs.payment_status.as_str().to_owned(),
            order_id: theirs.order_id.clone(),
            order_description: theirs.order_description.clone(),
            price_amount: theirs.price_amount.clone(),
            price_currency: theirs.price_currency.to_string(),
            pay_amount: theirs.pay_amount.clone(),
            actually_paid: theirs.actually_paid.clone(),
            pay_currency: theirs.pay_currency.to_string(),
            // Has tests of its own: it is worked out of the other fields.
            worth: ours.worth.clone(),
            pay_address: theirs.pay_address.clone(),
            invoice_id: theirs.invoice_id.as_ref().map(ToString::to_string),
            purchase_id: theirs.purchase_id.as_ref().map(ToString::to_string),
            outcome_amount: theirs.outcome_amount.clone(),
            outcome_currency: theirs.outcome_currency.as_ref().map(ToString::to_string),
            // Stands in another list of theirs.
            into_balance: ours.into_balance.clone(),
            created_at: theirs.created_at.unwrap(),
            updated_at: theirs.updated_at.unwrap(),
        };
        assert_eq!(*ours, expected);
    }
}

async fn create(world: &World, order: &str, description: &str) -> Payment {
    let new = CreatePayment {
        order_id: Some(order.to_owned()),
        order_description: Some(description.to_owned()),
        ..CreatePayment::new("25".parse().unwrap(), "usd".parse().unwrap(), "ltc".parse().unwrap())
    };
    world.client().send(&new).await.unwrap()
}

fn fault(fault: Fault) -> FaultRule {
    FaultRule { method: "GET".to_owned(), path: "/payment".to_owned(), skip: 0, times: None, fault }
}

#[tokio::test]
async fn eighteen_months_of_payments_are_cached_as_they_are() {
    let world = World::new(History::Demo).await;
    world.simulator.pause();
    let (core, _) = world.open_shop().await;
    let status = wait_for_sync(&core, |status| status.complete && !status.running).await;
    assert!(status.cached > 500, "more than a page, not {}", status.cached);
    assert_eq!(status.total, Some(status.cached));
    assert!(status.trouble.is_none() && status.last_success.is_some());
    assert_same(&core, &world).await;

    let choices = core.shop().unwrap().payments.filters().await.unwrap();
    assert_eq!(choices.statuses.iter().map(|status| status.count).sum::<u32>(), status.cached);
    assert_eq!(choices.coins.iter().map(|coin| coin.count).sum::<u32>(), status.cached);
    for status in &choices.statuses {
        let search = format!("status:{}", status.status);
        let of_status = list(&core, PaymentQuery { search, limit: 500, ..PaymentQuery::default() }).await;
        assert_eq!(of_status.total, status.count);
        assert_eq!(of_status.rows.len(), status.count.min(500) as usize);
        assert!(of_status.rows.iter().all(|row| row.status == status.status));
    }
}

#[test]
fn killed_in_the_middle_of_the_history_it_goes_on_without_a_gap_or_a_double() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::new(History::Demo));
    world.simulator.pause();
    // The newest page and one page of the history pass; then NOWPayments is down.
    world.simulator.set_fault(FaultRule { skip: 2, ..fault(Fault::BadGateway { handled: false }) });

    let killed = tokio::runtime::Runtime::new().unwrap();
    killed.block_on(async {
        let (core, _) = world.open_shop().await;
        let status = wait_for_sync(&core, |status| status.trouble.is_some()).await;
        assert!(!status.complete && status.cached >= 500);
        assert!(status.cached < status.total.unwrap(), "{status:?}");
    });
    drop(killed); // nothing is closed: all tasks end where they are

    runtime.block_on(async {
        world.simulator.clear_faults();
        let before = world.simulator.requests().len();
        let core = world.open().await;
        core.reopen(async || panic!("not the demo shop")).await.unwrap();
        wait_for_sync(&core, |status| status.complete && !status.running).await;
        assert_same(&core, &world).await;
        let requests = world.simulator.requests();
        let history: Vec<_> = requests[before..]
            .iter()
            .filter(|call| call.target.starts_with("/payment") && call.target.contains("orderBy=asc"))
            .collect();
        assert!(history[0].target.contains("dateFrom="), "goes on where it was: {}", history[0].target);
    });
}

#[tokio::test]
async fn answers_that_are_lost_cut_off_or_doubled_do_not_harm_the_cache() {
    let world = World::new(History::Demo).await;
    world.simulator.pause();
    for (skip, what) in [
        (0, Fault::DropBefore),
        (1, Fault::Truncated),
        (0, Fault::DropAfter),
        (0, Fault::BadGateway { handled: true }),
        (1, Fault::Duplicated),
        (0, Fault::Empty),
    ] {
        world.simulator.set_fault(FaultRule { skip, times: Some(1), ..fault(what) });
    }
    let (core, _) = world.open_shop().await;
    let payments = core.shop().unwrap().payments.clone();
    // What failed is tried again at once, not after a pause.
    let hurried = || async {
        payments.sync_now();
        payments.sync_status().await
    };
    wait_for(&core, hurried, |status| status.complete).await;
    wait_for_sync(&core, |status| !status.running).await;
    assert_same(&core, &world).await;
}

#[tokio::test]
async fn a_payment_is_followed_and_its_timeline_is_what_was_seen() {
    let world = World::new(History::None).await;
    let payment = create(&world, "A-1", "Two bags").await;
    let id = payment.payment_id.to_string();
    let (core, _) = world.open_shop().await;
    let payments = core.shop().unwrap().payments.clone();
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    let detail = payments.get(&id).await.unwrap();
    assert_eq!(detail.row.status, "waiting");
    assert_eq!(detail.pay_address, payment.pay_address);
    assert_eq!(detail.missing, None, "nothing was paid yet");

    let pays = async |change: PaymentChange, wanted: &str| {
        world.simulator.change_payment(id.parse().unwrap(), change).unwrap();
        payments.sync_now();
        wait_for(&core, || payments.get(&id), |detail| detail.row.status == wanted).await
    };
    pays(PaymentChange::Status(PaymentStatus::Confirming), "confirming").await;
    let detail = pays(PaymentChange::Status(PaymentStatus::Finished), "finished").await;
    let seen: Vec<_> = detail.timeline.iter().map(|event| event.status.as_str()).collect();
    assert_eq!(seen, ["waiting", "confirming", "finished"]);
    assert!(detail.timeline.is_sorted_by_key(|event| event.at));
    assert_eq!(payments.get("404").await.unwrap_err().code, FailureCode::NotFound);
}

#[tokio::test]
async fn what_is_missing_is_exact() {
    let world = World::new(History::None).await;
    let payment = create(&world, "A-2", "One bag").await;
    let id = payment.payment_id.to_string();
    let amount = nowpayments_simulator::Amount::scaled(1, 3);
    world.simulator.change_payment(id.parse().unwrap(), PaymentChange::Pay(amount)).unwrap();
    let (core, _) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    let detail = core.shop().unwrap().payments.get(&id).await.unwrap();
    let paid = detail.row.actually_paid.unwrap();
    assert_eq!(paid.to_string(), "0.001");
    assert_eq!(detail.missing.unwrap(), payment.pay_amount.unwrap() - paid);
}

#[tokio::test]
async fn without_a_network_everything_stays_readable_the_trouble_is_said_and_it_goes_on_by_itself() {
    let world = World::new(History::None).await;
    create(&world, "A-3", "A mug").await;
    let (core, _) = world.open_shop().await;
    let payments = core.shop().unwrap().payments.clone();
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    let port = world.bases().live.port().unwrap();
    let before = Utc::now();
    world.simulator.stop().await;
    payments.sync_now();
    let status = wait_for_sync(&core, |status| status.trouble.is_some()).await;
    let trouble = status.trouble.unwrap();
    assert!(trouble.offline && trouble.message.contains("could not be reached"), "{trouble:?}");
    assert!(trouble.since >= before && status.next_at.unwrap() > trouble.since);
    assert!(status.complete && !status.running && status.last_success.unwrap() <= trouble.since);
    assert_eq!(found(&core, "mug").await.len(), 1);

    let options = nowpayments_simulator::Options { port, ..nowpayments_simulator::Options::default() };
    let world = World { simulator: Simulator::start(options).await.unwrap(), ..world };
    let payment = create(&world, "A-4", "A bowl").await;
    payments.sync_now();
    let status = wait_for_sync(&core, |status| status.trouble.is_none()).await;
    assert!(status.last_success.unwrap() > trouble.since);
    wait_for(&core, || list_rows(&core, "bowl"), |rows| !rows.is_empty()).await;
    assert_eq!(found(&core, payment.payment_id.as_str()).await.len(), 1);
}

async fn list_rows(core: &Core, search: &str) -> Result<Vec<PaymentRow>, paydesk_core::Failure> {
    Ok(found(core, search).await)
}

/// How often the list was asked for.
fn list_calls(world: &World) -> usize {
    world.simulator.requests().iter().filter(|call| call.target.starts_with("/payment/?")).count()
}

#[tokio::test]
async fn the_owner_stops_the_sync_in_the_middle_of_a_call_and_beyond_a_restart_and_has_it_go_on() {
    let world = World::new(History::Orders(1_200)).await;
    world.simulator.pause();
    // The newest page and one page of the history come; the next one takes its time.
    world.simulator.set_fault(FaultRule { skip: 2, ..fault(Fault::Slow { ms: 600_000 }) });
    let (core, _) = world.open_shop().await;
    wait_for_sync(&core, |status| status.cached == 1_000).await;
    core.shop().unwrap().payments.stop_sync().await.unwrap();
    let stopped = wait_for_sync(&core, |status| status.stopped && !status.running).await;
    assert!(!stopped.complete && stopped.trouble.is_none() && stopped.next_at.is_none(), "{stopped:?}");
    assert_eq!(cached(&core).await.len(), 1_000, "what was read can be read");
    core.close().await;
    world.simulator.clear_faults();

    let core = world.open().await;
    core.reopen(async || panic!("not the demo shop")).await.unwrap();
    let payments = core.shop().unwrap().payments.clone();
    let before = list_calls(&world);
    payments.sync_now();
    let newest = cached(&core).await.remove(0);
    payments.read_again(&newest.id).await.unwrap(); // the owner may look at one all the same
    assert_eq!(payments.sync_status().await.unwrap(), stopped);
    assert_eq!(list_calls(&world), before);

    payments.resume_sync().await.unwrap();
    let status = wait_for_sync(&core, |status| status.complete && !status.running).await;
    assert!(!status.stopped && status.next_at.is_some());
    assert_same(&core, &world).await;
}

#[tokio::test]
async fn a_pause_that_the_provider_asks_for_is_kept_whatever_the_owner_does() {
    let world = World::new(History::None).await;
    let payment = create(&world, "A-5", "A cup").await;
    world.simulator.set_fault(fault(Fault::TooManyRequests { retry_after: Some(3_600) }));
    let (core, _) = world.open_shop().await;
    let payments = core.shop().unwrap().payments.clone();
    let status = wait_for_sync(&core, |status| status.trouble.is_some()).await;
    let trouble = status.trouble.unwrap();
    assert!(!trouble.offline && trouble.message.contains("too many calls"), "{trouble:?}");
    assert!(status.next_at.unwrap() - trouble.since >= chrono::TimeDelta::seconds(3_590));
    let before = list_calls(&world);
    world.simulator.clear_faults();
    payments.sync_now();
    payments.stop_sync().await.unwrap();
    payments.resume_sync().await.unwrap();
    payments.sync_now();
    payments.read_again(payment.payment_id.as_str()).await.unwrap();
    wait_for(&core, || payments.sync_status(), |status| !status.running).await;
    assert_eq!(list_calls(&world), before);
}

#[tokio::test]
async fn each_word_must_occur_and_may_be_the_beginning_of_one() {
    let world = World::new(History::None).await;
    let mug = create(&world, "ORDER-1017", "Blue mug, café size").await;
    create(&world, "ORDER-1018", "Red mug").await;
    let (core, _) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    let check = async |search: &str, expected: usize| {
        let page =
            list(&core, PaymentQuery { search: search.to_owned(), limit: 9, ..PaymentQuery::default() })
                .await;
        assert_eq!((page.rows.len(), page.total as usize), (expected, expected), "{search}");
    };
    check("", 2).await;
    check("   ", 2).await;
    check("mug", 2).await;
    check("MU", 2).await;
    check("blue mug", 1).await;
    check("mug blu", 1).await;
    check("cafe", 1).await;
    check("blue red", 0).await;
    check("order-10", 2).await;
    check("order-1017", 1).await;
    check("ltc", 2).await;
    check(mug.payment_id.as_str(), 1).await;
    check(&mug.pay_address.unwrap()[..12], 1).await;
}

#[tokio::test]
async fn nothing_that_is_typed_is_taken_for_syntax() {
    let world = World::new(History::None).await;
    create(&world, "A-4", "NEAR the \"OR\" of it").await;
    let (core, _) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    for hostile in [
        "\"",
        "\"\"",
        "'",
        "*",
        "a*",
        "^",
        "-",
        "+",
        "(",
        ")",
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        "NEAR(a b, 2)",
        "a OR",
        "{id order_id}: a",
        "a\0b",
        "\0",
        "%",
        "_",
        "\\",
        "; DROP TABLE payments",
        "🦀",
        "\u{301}",
        "\u{202e}abc",
        "´",
        "ª",
    ] {
        found(&core, hostile).await;
    }
    assert_eq!(found(&core, "\"OR\" near").await.len(), 1);
    assert_eq!(found(&core, "-- *").await.len(), 0, "what no payment has is not found");
    assert_eq!(found(&core, "").await.len(), 1, "and the table is still there");
}

#[tokio::test]
async fn operators_find_what_the_provider_has_and_a_wrong_one_is_named() {
    let world = World::new(History::Demo).await;
    world.simulator.pause();
    let (core, _) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    let all = at_the_provider(&world).await;
    let zero = Amount::zero();
    let hundred: Amount = "100".parse().unwrap();
    type Holds<'a> = &'a dyn Fn(&Payment) -> bool;
    let checks: [(&str, Holds<'_>); 4] = [
        ("status:finished coin:btc", &|payment| {
            payment.payment_status.as_str() == "finished" && payment.pay_currency.as_str() == "btc"
        }),
        ("amount>100", &|payment| payment.price_amount > hundred),
        ("-paid>0", &|payment| *payment.actually_paid.as_ref().unwrap_or(&zero) <= zero),
        ("-status:finished -status:expired", &|payment| {
            !["finished", "expired"].contains(&payment.payment_status.as_str())
        }),
    ];
    for (search, holds) in checks {
        let expected = all.iter().filter(|payment| holds(payment)).count();
        let query = PaymentQuery { search: search.to_owned(), limit: 1, ..PaymentQuery::default() };
        assert!(expected > 0 && expected < all.len(), "{search} tells nothing apart");
        assert_eq!(list(&core, query).await.total as usize, expected, "{search}");
    }
    let some = &all[all.len() / 2];
    let address = some.pay_address.as_deref().unwrap();
    let ids = |holds: Holds<'_>| {
        all.iter().filter(|payment| holds(payment)).map(|payment| payment.payment_id.to_string()).collect()
    };
    let lists: [(String, BTreeSet<String>); 2] = [
        (format!("id:{}", some.payment_id), ids(&|payment| payment.payment_id == some.payment_id)),
        // A deposit that was repeated has the address of the payment before it.
        (format!("address:{address}"), ids(&|payment| payment.pay_address.as_deref() == Some(address))),
    ];
    for (search, expected) in lists {
        let found: BTreeSet<_> = found(&core, &search).await.into_iter().map(|row| row.id).collect();
        assert_eq!(found, expected, "{search}");
    }

    let query =
        PaymentQuery { search: "coin:btc amount>lots".to_owned(), limit: 1, ..PaymentQuery::default() };
    let failure = core.shop().unwrap().payments.list(query).await.unwrap_err();
    assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::Invalid, Some("search")));
    assert!(failure.message.contains("“lots”"), "{failure}");
}

#[tokio::test]
async fn limits_are_kept_and_beyond_the_end_there_is_nothing() {
    let world = World::new(History::None).await;
    for order in ["B-1", "B-2", "B-3"] {
        create(&world, order, "x").await;
    }
    let (core, _) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    for (from, limit, rows) in
        [(0, 0, 1), (0, 1, 1), (0, 2, 2), (0, u32::MAX, 3), (2, 5, 1), (3, 5, 0), (u32::MAX, u32::MAX, 0)]
    {
        let page = list(&core, PaymentQuery { from, limit, ..PaymentQuery::default() }).await;
        assert_eq!((page.rows.len(), page.total), (rows, 3), "{limit} from {from}");
    }
}

#[tokio::test]
async fn a_demo_shop_of_another_world_begins_anew() {
    let world = World::new(History::None).await;
    let payment = create(&world, "C-1", "of the first world").await;
    let core = world.open().await;
    core.open_demo(world.demo()).await.unwrap();
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    assert_eq!(found(&core, payment.payment_id.as_str()).await.len(), 1);
    core.open_demo(world.demo()).await.unwrap();
    assert_eq!(found(&core, payment.payment_id.as_str()).await.len(), 1, "the same world is kept");

    let options = nowpayments_simulator::Options { seed: 2, ..nowpayments_simulator::Options::default() };
    let other = World { simulator: Simulator::start(options).await.unwrap(), ..world };
    core.open_demo(other.demo()).await.unwrap();
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    assert_eq!(found(&core, "").await, []);
}
