//! Batches that are paid at a time of the owner's choosing, and calling them off.

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments_simulator::{Fault, FaultRule, Switches};
use paydesk_core::{
    FailureCode,
    payouts::{
        batch::{Batch, BatchState, BatchSummary, RowStatus},
        schedule::{Interval, Repetition, Schedule},
    },
};

use crate::common::{
    payouts::{ETH, FILE, Owner},
    world::wait_for,
};

/// In so many hours by the clock of this computer, which the simulated one is ahead of or behind.
fn hours(hours: i64) -> DateTime<Utc> {
    Utc::now() + TimeDelta::hours(hours)
}

fn once(hour: i64) -> Schedule {
    Schedule { execute_at: hours(hour), repetition: None }
}

/// A batch that was created with a schedule and approved.
async fn approved(owner: &Owner, schedule: &Schedule) -> Batch {
    let batch = owner.import(FILE).await;
    let id = batch.summary.id.clone();
    let batch = owner.payouts().set_schedule(&id, Some(schedule)).await.unwrap();
    assert_eq!(batch.obstacles, [""; 0]);
    let batch = owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap();
    assert_eq!(batch.summary.state, BatchState::Created, "{:?}", batch.trouble);
    let batch = owner.approve(&batch, &owner.code()).await.unwrap();
    assert_eq!((batch.summary.state, batch.can_be_called_off), (BatchState::Verified, true));
    batch
}

#[tokio::test]
async fn a_scheduled_batch_is_paid_when_its_time_comes_and_not_before() {
    let mut owner = Owner::new().await;
    let batch = approved(&owner, &once(30)).await;
    let id = batch.summary.id.clone();
    let shown = batch.schedule.unwrap();
    assert!((shown.execute_at - hours(30)).abs() < TimeDelta::minutes(2), "{shown:?}");
    assert!(batch.steps.last().unwrap().note.starts_with("Approved; NOWPayments pays on "));
    owner.pass(29 * 3600);
    assert_eq!(owner.payouts().look(&id).await.unwrap().summary.state, BatchState::Verified);
    assert_eq!(owner.paid().len(), 0);
    owner.restart().await;
    owner.pass(2 * 3600);
    let done = owner.payouts().look(&id).await.unwrap();
    assert_eq!((done.summary.state, done.can_be_called_off), (BatchState::Finished, false));
    owner.assert_paid_once();
}

#[tokio::test]
async fn what_is_called_off_before_its_time_is_never_paid() {
    let owner = Owner::new().await;
    let batch = approved(&owner, &once(5)).await;
    let id = batch.summary.id.clone();
    let batch = owner.payouts().cancel(&id, None).await.unwrap();
    assert_eq!(batch.summary.state, BatchState::Cancelled);
    owner.pass(6 * 3600);
    assert_eq!(owner.paid().len(), 0);
    let failure = owner.payouts().cancel(&id, None).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Stale);
    assert_eq!(owner.payouts().pay_again(&id).await.unwrap().summary.payable, 4);
}

#[tokio::test]
async fn one_row_is_called_off_and_the_others_are_paid() {
    let owner = Owner::new().await;
    let batch = approved(&owner, &once(5)).await;
    let id = batch.summary.id.clone();
    let batch = owner.payouts().cancel(&id, Some(1)).await.unwrap();
    assert_eq!(batch.summary.state, BatchState::Verified);
    owner.pass(6 * 3600);
    let done = owner.payouts().look(&id).await.unwrap();
    assert_eq!((done.summary.state, done.summary.paid), (BatchState::FinishedWithFailures, 3));
    assert!(!owner.paid().keys().any(|(_, currency, _)| currency == "trx"));
    assert_eq!(owner.payouts().pay_again(&id).await.unwrap().summary.payable, 1);
}

#[tokio::test]
async fn an_answer_that_is_lost_does_not_hide_that_a_batch_was_called_off() {
    for fault in [Fault::DropAfter, Fault::BadGateway { handled: true }, Fault::Empty] {
        let owner = Owner::new().await;
        let batch = approved(&owner, &once(5)).await;
        owner.fault("POST", "/payout/:id/cancel-batch", fault.clone());
        let batch = owner.payouts().cancel(&batch.summary.id, None).await.unwrap();
        assert_eq!(batch.summary.state, BatchState::Cancelled, "{fault:?}");
    }
    let owner = Owner::new().await;
    let batch = approved(&owner, &once(5)).await;
    owner.fault("POST", "/payout/:id/cancel-batch", Fault::DropBefore);
    owner.payouts().cancel(&batch.summary.id, None).await.unwrap_err();
    let batch = owner.payouts().cancel(&batch.summary.id, None).await.unwrap();
    assert_eq!(batch.summary.state, BatchState::Cancelled);
}

#[tokio::test]
async fn a_series_is_followed_from_run_to_run_until_it_is_called_off() {
    let owner = Owner::new().await;
    let repetition = Repetition { interval: Interval::Days, every: 2, until: None };
    let first = approved(&owner, &Schedule { execute_at: hours(5), repetition: Some(repetition) }).await;
    owner.pass(6 * 3600);
    assert_eq!(owner.payouts().look(&first.summary.id).await.unwrap().summary.state, BatchState::Finished);
    let batches = owner.payouts().list().await.unwrap();
    assert_eq!(batches.len(), 2);
    let second = batches.into_iter().find(|batch| batch.id != first.summary.id).unwrap();
    let second = owner.get(&second.id).await;
    assert_eq!((second.summary.state, second.summary.payable), (BatchState::Verified, 4));
    let due = second.schedule.as_ref().unwrap().execute_at;
    assert!((due - hours(5 + 48 - 6)).abs() < TimeDelta::minutes(2), "{due}");
    // Looking again finds no further one.
    owner.payouts().look(&first.summary.id).await.unwrap();
    assert_eq!(owner.payouts().list().await.unwrap().len(), 2);

    owner.pass(48 * 3600);
    let second = owner.payouts().look(&second.summary.id).await.unwrap();
    assert_eq!(second.summary.state, BatchState::Finished);
    assert!(owner.paid().values().all(|times| *times == 2));
    let third = owner.payouts().list().await.unwrap();
    let third = third.into_iter().find(|batch| batch.state == BatchState::Verified).unwrap();
    let third = owner.payouts().cancel(&third.id, None).await.unwrap();
    assert_eq!(third.summary.state, BatchState::Cancelled);
    owner.pass(10 * 24 * 3600);
    assert!(owner.paid().values().all(|times| *times == 2));
}

/// A batch that was approved and is paid every day, three times in all.
async fn daily(owner: &Owner) -> Batch {
    let until = hours(5) + TimeDelta::days(2) + TimeDelta::hours(1);
    let repetition = Repetition { interval: Interval::Days, every: 1, until: Some(until) };
    approved(owner, &Schedule { execute_at: hours(5), repetition: Some(repetition) }).await
}

#[tokio::test]
async fn a_batch_of_the_same_rows_that_was_made_by_hand_is_no_run_of_a_series() {
    let owner = Owner::new().await;
    let id = daily(&owner).await.summary.id;
    owner.pass(5 * 3600 - 30);
    let rows = owner.world.simulator.ledger().payouts;
    let row = |row: &nowpayments_simulator::LedgerRow| nowpayments::payouts::NewPayout {
        extra_id: row.extra_id.clone(),
        ..nowpayments::payouts::NewPayout::new(
            row.address.clone(),
            row.currency.parse().unwrap(),
            row.amount.to_string().parse().unwrap(),
        )
    };
    let call = nowpayments::payouts::CreatePayout {
        withdrawals: rows.iter().map(row).collect(),
        ..Default::default()
    };
    let by_hand = owner.world.client().send(&call).await.unwrap().id.to_string();
    owner.pass(1800);
    owner.payouts().look(&id).await.unwrap();
    let next = owner.payouts().list().await.unwrap().into_iter().find(|batch| batch.id != id).unwrap();
    let next = owner.get(&next.id).await;
    assert_ne!(next.provider_id, Some(by_hand));
    assert!(next.schedule.is_some());
}

/// NOWPayments' list of payouts cannot be read, however often it is asked for.
fn hide_the_list(owner: &Owner) {
    let (method, path) = ("GET".to_owned(), "/payout".to_owned());
    let rule = FaultRule { method, path, skip: 0, times: None, fault: Fault::Unreadable };
    owner.world.simulator.set_fault(rule);
}

#[tokio::test]
async fn the_next_run_is_found_though_the_look_for_it_failed_at_first() {
    let owner = Owner::new().await;
    let id = daily(&owner).await.summary.id;
    owner.pass(6 * 3600);
    hide_the_list(&owner);
    owner.payouts().look(&id).await.unwrap_err();
    assert_eq!(owner.get(&id).await.summary.state, BatchState::Finished);
    owner.world.simulator.clear_faults();
    owner.payouts().look(&id).await.unwrap();
    assert_eq!(owner.payouts().list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn after_a_run_with_failures_the_next_one_is_found_at_a_later_look_too() {
    let owner = Owner::new().await;
    let id = daily(&owner).await.summary.id;
    let failing_addresses = vec![ETH.to_owned()];
    owner.world.simulator.set_switches(Switches { failing_addresses, ..Switches::default() });
    owner.pass(6 * 3600);
    hide_the_list(&owner);
    owner.payouts().look(&id).await.unwrap_err();
    assert_eq!(owner.get(&id).await.summary.state, BatchState::FinishedWithFailures);
    owner.world.simulator.clear_faults();
    // Nothing of the run itself is new by now.
    owner.payouts().look(&id).await.unwrap();
    assert_eq!(owner.payouts().list().await.unwrap().len(), 2);
}

#[tokio::test]
async fn all_runs_are_found_that_came_while_paydesk_was_closed_and_no_more_are_looked_for() {
    let mut owner = Owner::new().await;
    let id = daily(&owner).await.summary.id;
    owner.core.close().await;
    owner.pass(60 * 3600);
    owner.open_again().await;
    let payouts = owner.payouts();
    let all = |batches: &Vec<BatchSummary>| {
        batches.len() == 3 && batches.iter().all(|batch| batch.state == BatchState::Finished)
    };
    wait_for(&owner.core, || payouts.list(), all).await;
    assert!(owner.paid().values().all(|times| *times == 3), "{:?}", owner.paid());
    // The last one has no other after it.
    let lists =
        || owner.world.simulator.requests().iter().filter(|call| call.target.starts_with("/payout?")).count();
    let calls = lists();
    for batch in payouts.list().await.unwrap() {
        payouts.look(&batch.id).await.unwrap();
    }
    assert_eq!((lists(), payouts.list().await.unwrap().len()), (calls, 3));
    assert_eq!(owner.get(&id).await.summary.state, BatchState::Finished);
}

#[tokio::test]
async fn a_run_that_is_over_comes_before_one_that_waits_for_its_time() {
    let mut owner = Owner::new().await;
    daily(&owner).await;
    owner.core.close().await;
    owner.pass(36 * 3600);
    owner.open_again().await;
    let payouts = owner.payouts();
    let all = |batches: &Vec<BatchSummary>| {
        let done = batches.iter().filter(|batch| batch.state == BatchState::Finished).count();
        (batches.len(), done) == (3, 2)
    };
    wait_for(&owner.core, || payouts.list(), all).await;
}

#[tokio::test]
async fn a_time_that_was_changed_since_it_was_shown_is_not_sent_and_a_past_one_is_refused() {
    let owner = Owner::new().await;
    let shown = owner.import(FILE).await;
    let id = shown.summary.id.clone();
    let scheduled = owner.payouts().set_schedule(&id, Some(&once(5))).await.unwrap();
    assert_ne!(shown.rows_hash, scheduled.rows_hash);
    let failure = owner.payouts().send(&id, &shown.rows_hash, None).await.unwrap_err();
    assert_eq!((failure.code, owner.batches()), (FailureCode::Stale, 0));
    for (schedule, field) in [
        (once(-1), "execute_at"),
        (
            Schedule {
                execute_at: hours(5),
                repetition: Some(Repetition { interval: Interval::MonthsByDay, every: 13, until: None }),
            },
            "every",
        ),
    ] {
        let failure = owner.payouts().set_schedule(&id, Some(&schedule)).await.unwrap_err();
        assert_eq!(failure.field.as_deref(), Some(field));
    }
    owner.pass(6 * 3600);
    owner.payouts().check(&id).await.unwrap();
    let late = owner.wait(&id, |batch| batch.summary.state == BatchState::Checked).await;
    assert!(late.obstacles[0].contains("has come"), "{:?}", late.obstacles);
    owner.payouts().send(&id, &late.rows_hash, None).await.unwrap_err();
    let now = owner.payouts().set_schedule(&id, None).await.unwrap();
    assert_eq!((now.rows_hash, now.obstacles.len()), (shown.rows_hash, 0));
}

#[tokio::test]
async fn a_scheduled_batch_may_be_more_than_the_balance_of_today() {
    let owner = Owner::new().await;
    let file = FILE.replace("0.25", "40000");
    let batch = owner.import(&file).await;
    let id = batch.summary.id.clone();
    assert!(batch.obstacles[0].contains("short of"), "{:?}", batch.obstacles);
    let batch = owner.payouts().set_schedule(&id, Some(&once(5))).await.unwrap();
    assert_eq!(batch.obstacles, [""; 0]);
    assert!(batch.warnings[0].contains("short of"), "{:?}", batch.warnings);
    let batch = owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap();
    owner.approve(&batch, &owner.code()).await.unwrap();
    owner.pass(6 * 3600);
    let done = owner.payouts().look(&id).await.unwrap();
    assert_eq!(
        (done.summary.state, done.summary.paid, done.summary.failed),
        (BatchState::FinishedWithFailures, 3, 1)
    );
    let query = paydesk_core::payouts::batch::RowQuery {
        batch: id,
        filter: paydesk_core::payouts::batch::RowFilter::Failed,
        limit: 10,
        after: None,
    };
    let failed = owner.payouts().rows(query).await.unwrap().rows;
    assert_eq!(
        (failed[0].status, failed[0].error.as_deref()),
        (RowStatus::Failed, Some("Insufficient balance"))
    );
}
