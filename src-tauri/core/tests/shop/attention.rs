//! What needs attention: each way in which a payment can go wrong at the provider is one case, which ends when it is over.

use std::{sync::Arc, time::Duration};

use chrono::{TimeDelta, Utc};
use nowpayments::payments::{CreatePayment, Payment};
use nowpayments_simulator::{Amount, History, LoggedCall, PaymentChange, PaymentStatus};
use paydesk_core::{
    Core, FailureCode,
    attention::{
        AttentionCase, AttentionCount, AttentionKind, AttentionQuery, AttentionShelf, NewRefund, SettledBy,
    },
    payouts::batch::{BatchState, RowFilter, RowQuery, RowStatus},
    surroundings::Surroundings,
};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::common::world::{World, wait_for, wait_for_sync};

const HOUR: Duration = Duration::from_hours(1);

/// A payment that waits for its customer: 25 usd in `coin`.
async fn create(world: &World, coin: &str, purchase: Option<&Payment>) -> Payment {
    let new = CreatePayment {
        purchase_id: purchase.and_then(|first| first.purchase_id.clone()),
        ..CreatePayment::new("25".parse().unwrap(), "usd".parse().unwrap(), coin.parse().unwrap())
    };
    world.client().send(&new).await.unwrap()
}

fn change(world: &World, payment: &Payment, change: PaymentChange) {
    world.simulator.change_payment(payment.payment_id.as_str().parse().unwrap(), change).unwrap();
}

/// The customer pays so many hundredths of what is due.
fn pays(world: &World, payment: &Payment, hundredths: i64) -> Amount {
    let due = Amount::parse(&payment.pay_amount.as_ref().unwrap().to_string()).unwrap();
    let paid = due.times(Amount::scaled(hundredths, 2)).cut(8);
    change(world, payment, PaymentChange::Pay(paid));
    paid
}

async fn on(core: &Core, shelf: AttentionShelf) -> Vec<AttentionCase> {
    let query = AttentionQuery { shelf, kind: None, limit: 500, after: None };
    core.shop().unwrap().attention.list(query).await.unwrap().rows
}

/// Syncs until cases are on a shelf as `wanted`.
async fn wait_until(
    core: &Core,
    shelf: AttentionShelf,
    wanted: impl Fn(&[AttentionCase]) -> bool,
) -> Vec<AttentionCase> {
    let shop = core.shop().unwrap();
    let read = || async {
        shop.payments.sync_now();
        Ok(on(core, shelf).await)
    };
    wait_for(core, read, |cases: &Vec<AttentionCase>| wanted(cases)).await
}

fn kinds(cases: &[AttentionCase]) -> Vec<AttentionKind> {
    cases.iter().map(|case| case.kind).collect()
}

/// The only case there is.
async fn the_case(core: &Core, kind: AttentionKind) -> AttentionCase {
    wait_until(core, AttentionShelf::Open, |cases| kinds(cases) == [kind]).await.remove(0)
}

#[tokio::test]
async fn paid_in_part_it_is_open_until_a_follow_up_payment_brings_the_rest() {
    let world = World::new(History::None).await;
    let (core, _) = world.open_shop().await;
    let payment = create(&world, "ltc", None).await;
    let paid = pays(&world, &payment, 60);
    world.simulator.step(HOUR);
    let case = the_case(&core, AttentionKind::Underpaid).await;
    let missing =
        payment.pay_amount.clone().unwrap() - paid.to_string().parse::<nowpayments::Amount>().unwrap();
    assert_eq!(case.amount, Some(missing));
    assert_eq!(case.refundable.unwrap().to_string(), paid.to_string());
    assert_eq!(case.payment.id, payment.payment_id.to_string());

    let further = create(&world, "ltc", Some(&payment)).await;
    pays(&world, &further, 100);
    world.simulator.step(HOUR);
    let settled = wait_until(&core, AttentionShelf::Settled, |cases| !cases.is_empty()).await;
    assert_eq!(settled[0].settled.as_ref().map(|settled| settled.by), Some(SettledBy::Itself));
    assert_eq!(on(&core, AttentionShelf::Open).await, []);
}

#[tokio::test]
async fn paid_twice_too_late_in_another_coin_and_failed_are_told_apart() {
    let world = World::new(History::None).await;
    let (core, _) = world.open_shop().await;
    let [twice, wrong, late, failed] = [
        create(&world, "ltc", None).await,
        create(&world, "eth", None).await,
        create(&world, "ltc", None).await,
        create(&world, "ltc", None).await,
    ];
    for payment in [&twice, &wrong] {
        pays(&world, payment, 100);
    }
    change(&world, &failed, PaymentChange::Status(PaymentStatus::Failed));
    world.simulator.step(HOUR * 24 * 8);
    pays(&world, &twice, 50);
    change(&world, &wrong, PaymentChange::PayIn(Amount::whole(7), "usdterc20".to_owned()));
    pays(&world, &late, 100);
    world.simulator.step(HOUR);
    let cases = wait_until(&core, AttentionShelf::Open, |cases| cases.len() == 4).await;
    for (payment, kind) in [
        (&twice, AttentionKind::Repeated),
        (&wrong, AttentionKind::WrongAsset),
        (&late, AttentionKind::Late),
        (&failed, AttentionKind::Failed),
    ] {
        let case = cases.iter().find(|case| case.kind == kind).unwrap();
        let of = case.parent.as_ref().map_or(&case.payment.id, |parent| &parent.id);
        assert_eq!(*of, payment.payment_id.to_string(), "{kind:?}");
    }
    let wrong = cases.iter().find(|case| case.kind == AttentionKind::WrongAsset).unwrap();
    assert_eq!(
        (wrong.payment.pay_currency.as_str(), wrong.amount.as_ref().unwrap().to_string().as_str()),
        ("usdterc20", "7")
    );
}

#[tokio::test]
async fn what_was_settled_stays_settled_after_a_restart_and_further_syncs() {
    let world = World::new(History::None).await;
    let (core, _) = world.open_shop().await;
    let payment = create(&world, "ltc", None).await;
    pays(&world, &payment, 60);
    world.simulator.step(HOUR);
    let case = the_case(&core, AttentionKind::Underpaid).await;
    core.shop().unwrap().attention.settle(case.id, Some("paid the rest in cash")).await.unwrap();
    core.close().await;

    let core = world.open().await;
    core.reopen(async || panic!("not the demo shop")).await.unwrap();
    create(&world, "ltc", None).await;
    core.shop().unwrap().payments.sync_now();
    wait_for_sync(&core, |status| status.cached == 2 && !status.running).await;
    assert_eq!(
        core.shop().unwrap().attention.count().await.unwrap(),
        AttentionCount { open: 0, earlier: 0, settled: 1 }
    );
    let settled = on(&core, AttentionShelf::Settled).await.remove(0).settled.unwrap();
    assert_eq!((settled.by, settled.note.as_deref()), (SettledBy::Owner, Some("paid the rest in cash")));
}

#[tokio::test]
async fn what_stands_still_for_a_day_is_found_without_a_sync_and_ends_when_it_moves_on() {
    let world = World::new(History::None).await;
    let (core, _) = world.open_shop().await;
    let payment = create(&world, "ltc", None).await;
    change(&world, &payment, PaymentChange::Status(PaymentStatus::Confirming));
    core.shop().unwrap().payments.sync_now();
    wait_for_sync(&core, |status| status.cached == 1 && !status.running).await;
    assert_eq!(on(&core, AttentionShelf::Open).await, []);
    core.close().await;

    let tomorrow =
        Surroundings { now: Arc::new(|| Utc::now() + TimeDelta::hours(25)), ..world.surroundings() };
    let core = Core::open_with(tomorrow, world.bases()).await.unwrap();
    core.reopen(async || panic!("not the demo shop")).await.unwrap();
    the_case(&core, AttentionKind::Stuck).await;
    change(&world, &payment, PaymentChange::Status(PaymentStatus::Finished));
    wait_until(&core, AttentionShelf::Settled, |cases| kinds(cases) == [AttentionKind::Stuck]).await;
    assert_eq!(on(&core, AttentionShelf::Open).await, []);
}

#[tokio::test]
async fn a_refund_is_a_draft_of_exactly_one_row_which_the_case_remembers() {
    let world = World::new(History::None).await;
    let (core, _) = world.open_shop().await;
    // The simulator's addresses are right ones: that of another payment stands in for the customer's.
    let customer = create(&world, "ltc", None).await.pay_address.unwrap();
    let payment = create(&world, "ltc", None).await;
    pays(&world, &payment, 125);
    world.simulator.step(HOUR);
    let case = the_case(&core, AttentionKind::Overpaid).await;
    let shop = core.shop().unwrap();
    let refund = |address: &str, amount: &str| {
        let refund = NewRefund { address: address.to_owned(), extra_id: None, amount: amount.to_owned() };
        shop.attention.prepare_refund(case.id, refund)
    };
    for (address, amount, field) in [
        ("ltc1qnothing", "0.05", "address"),
        ("", "0.05", "address"),
        ("x\",ltc,9\ny", "0.05", "address"),
        (&*customer, "0.0500001", "amount"),
        (&*customer, "0", "amount"),
        (&*customer, "-1", "amount"),
        (&*customer, "0,05", "amount"),
        (&*customer, "1000", "amount"),
    ] {
        let failure = refund(address, amount).await.unwrap_err();
        assert_eq!(
            (failure.code, failure.field.as_deref()),
            (FailureCode::Invalid, Some(field)),
            "{failure}"
        );
    }
    assert_eq!(shop.payouts.list().await.unwrap(), [], "what was refused left no draft");
    // Nor does what the case cannot remember: it could be prepared twice.
    let file = world.folder.path().join("shops").join(format!("{}.sqlite", shop.shop.id));
    let mut db = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    let trigger = "CREATE TRIGGER forgets BEFORE UPDATE OF batch ON attention_cases BEGIN SELECT RAISE(ABORT, 'forgets'); END";
    sqlx::query(trigger).execute(&mut db).await.unwrap();
    refund(&customer, "0.05").await.unwrap_err();
    assert_eq!(shop.payouts.list().await.unwrap(), []);
    sqlx::query("DROP TRIGGER forgets").execute(&mut db).await.unwrap();

    // As a file this amount could be read in two ways.
    let prepared = refund(&format!("  {customer} "), "0.051").await.unwrap().refund.unwrap();
    let batch = shop.payouts.get(&prepared.batch).await.unwrap();
    assert!(matches!(batch.summary.state, BatchState::Draft | BatchState::Checked));
    assert_eq!((batch.file.accepted, batch.file.rejected, batch.summary.payable), (1, 0, 1));
    let query = RowQuery { batch: prepared.batch.clone(), filter: RowFilter::All, limit: 9, after: None };
    let rows = shop.payouts.rows(query).await.unwrap().rows;
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (row.address.as_str(), row.currency.as_str(), row.amount.as_str()),
        (&*customer, "ltc", "0.051")
    );
    assert_eq!(row.description, Some(format!("Refund of payment {}", case.payment.id)));
    assert_eq!((row.status, row.extra_id.as_deref()), (RowStatus::Ready, None));

    assert_eq!(
        refund(&customer, "0.051").await.unwrap_err().code,
        FailureCode::Stale,
        "there is one already"
    );
    shop.payouts.discard(&prepared.batch).await.unwrap();
    assert_eq!(shop.attention.get(case.id).await.unwrap().refund, None);
    let again = refund(&customer, "0.04").await.unwrap();
    assert_eq!(again.settled, None, "a draft settles nothing");
    let sent = |call: &LoggedCall| call.method == "POST" && call.target == "/payout";
    assert!(!world.simulator.requests().iter().any(sent));
}
