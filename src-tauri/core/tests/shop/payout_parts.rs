//! A batch that is too large to be sent at once, and rows that are paid again.

use nowpayments_simulator::PayoutStatus;
use paydesk_core::{
    FailureCode,
    payouts::{
        ReportFormat,
        batch::{Batch, BatchState, RowEdit, RowFilter, RowQuery, RowStatus},
        rules::RulesEdit,
    },
};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::common::{
    payouts::{ETH, Owner, TRX},
    world::wait_for,
};

/// Seven payouts of different amounts.
fn seven() -> String {
    let rows: String = (1..=7).map(|row| format!("{TRX},trx,{}\n", 50 + row)).collect();
    format!("address,currency,amount\n{rows}")
}

/// A shop that sends three payouts at once at the most, and its batch of seven, sent.
async fn in_parts() -> (Owner, Batch) {
    let owner = Owner::new().await;
    let rules = RulesEdit { part_size: "3".to_owned(), ..RulesEdit::default() };
    owner.payouts().set_rules(&rules, None).await.unwrap();
    let batch = owner.import(&seven()).await;
    assert_eq!((batch.will_be_parts, batch.obstacles.len()), (3, 0), "{:?}", batch.obstacles);
    let batch = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
    assert_eq!(
        (batch.summary.state, batch.summary.parts, batch.summary.payable),
        (BatchState::InParts, 3, 7)
    );
    (owner, batch)
}

async fn part(owner: &Owner, whole: &str, number: usize) -> Batch {
    let parts = owner.payouts().parts(whole).await.unwrap();
    owner.get(&parts[number - 1].id).await
}

/// Waits until a part has come to a state.
async fn wait_for_part(owner: &Owner, whole: &str, number: usize, state: BatchState) -> Batch {
    let payouts = owner.payouts();
    let parts =
        wait_for(&owner.core, || payouts.parts(whole), |parts| parts[number - 1].state == state).await;
    owner.get(&parts[number - 1].id).await
}

async fn approve(owner: &Owner, part: &Batch) {
    owner.pass(31);
    owner.payouts().look(&part.summary.id).await.unwrap(); // sees the provider's clock
    owner.approve(part, &owner.code()).await.unwrap();
}

#[track_caller]
fn assert_seven_paid_once(owner: &Owner) {
    let paid = owner.paid();
    assert_eq!(paid.len(), 7, "{paid:?}");
    assert!(paid.values().all(|times| *times == 1), "{paid:?}");
    assert!(owner.world.simulator.ledger().conserved);
}

#[tokio::test]
async fn the_next_part_is_created_once_the_one_before_was_approved_and_all_end_in_one_word() {
    let (owner, whole) = in_parts().await;
    let id = whole.summary.id.as_str();
    let states = |parts: &[paydesk_core::payouts::batch::BatchSummary]| {
        parts.iter().map(|part| (part.state, part.payable)).collect::<Vec<_>>()
    };
    let parts = owner.payouts().parts(id).await.unwrap();
    assert_eq!(
        states(&parts),
        [(BatchState::Created, 3), (BatchState::Checked, 3), (BatchState::Checked, 1)]
    );
    assert_eq!(parts[1].name, "wages.csv (2 of 3)");
    assert_eq!(parts[1].part.as_ref().map(|part| (part.number, part.of)), Some((2, 3)));
    // The list shows the whole, and the code is asked for one part at a time.
    assert_eq!(owner.payouts().list().await.unwrap().len(), 1);
    assert_eq!(owner.payouts().approvals().await.unwrap().len(), 1);
    for number in 1..=3 {
        let part = wait_for_part(&owner, id, number, BatchState::Created).await;
        assert_eq!(part.approval.as_ref().unwrap().name, format!("wages.csv ({number} of 3)"));
        approve(&owner, &part).await;
    }
    owner.pass(20);
    for part in owner.payouts().parts(id).await.unwrap() {
        owner.payouts().look(&part.id).await.unwrap();
    }
    let done = owner.wait(id, |batch| batch.summary.state == BatchState::Finished).await;
    assert_eq!((done.summary.paid, done.trouble), (7, None));
    assert_seven_paid_once(&owner);
    let report = owner.payouts().report_file(id, ReportFormat::Csv).await.unwrap();
    let report = String::from_utf8(report).unwrap();
    assert_eq!(report.lines().count(), 8, "{report}");
    let lines: Vec<_> = report.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(lines, ["2", "3", "4", "5", "6", "7", "8"]);
    let told = owner.core.shop().unwrap().notifications.take().await.unwrap().now;
    assert_eq!(told.iter().map(|told| told.title.as_str()).collect::<Vec<_>>(), ["Paid: wages.csv"]);
}

#[tokio::test]
async fn a_second_click_sends_no_further_part_and_a_restart_goes_on() {
    let (mut owner, whole) = in_parts().await;
    let id = whole.summary.id.clone();
    for _ in 0..3 {
        owner.payouts().send(&id, &whole.rows_hash, None).await.unwrap();
    }
    assert_eq!(owner.batches(), 1);
    let first = part(&owner, &id, 1).await;
    approve(&owner, &first).await;
    owner.restart().await;
    let second = wait_for_part(&owner, &id, 2, BatchState::Created).await;
    approve(&owner, &second).await;
    let third = wait_for_part(&owner, &id, 3, BatchState::Created).await;
    approve(&owner, &third).await;
    assert_eq!(owner.batches(), 3);
    owner.pass(20);
    assert_seven_paid_once(&owner);
}

#[tokio::test]
async fn after_a_part_that_expired_its_owner_says_whether_the_others_are_sent() {
    let (owner, whole) = in_parts().await;
    let id = whole.summary.id.clone();
    owner.pass(3700);
    let first = part(&owner, &id, 1).await;
    owner.payouts().look(&first.summary.id).await.unwrap();
    let held = owner.wait(&id, |batch| batch.trouble.is_some()).await;
    assert!(held.trouble.unwrap().contains("Part 1 was not paid"));
    assert_eq!(owner.batches(), 1);

    owner.payouts().send(&id, &whole.rows_hash, None).await.unwrap();
    let second = wait_for_part(&owner, &id, 2, BatchState::Created).await;
    assert_eq!(owner.get(&id).await.trouble, None);
    approve(&owner, &second).await;
    let third = wait_for_part(&owner, &id, 3, BatchState::Created).await;
    approve(&owner, &third).await;
    owner.pass(20);
    for part in [&second, &third] {
        owner.payouts().look(&part.summary.id).await.unwrap();
    }
    let done = owner.wait(&id, |batch| batch.summary.state == BatchState::FinishedWithFailures).await;
    assert_eq!((done.summary.paid, done.summary.failed), (4, 3));

    // What was not paid is paid again, and nothing else.
    let again = owner.payouts().pay_again(&id).await.unwrap();
    let again = owner.wait(&again.summary.id, |batch| batch.summary.state == BatchState::Checked).await;
    assert_eq!((again.summary.name.as_str(), again.summary.payable), ("wages.csv, again", 3));
    let again = owner.payouts().send(&again.summary.id, &again.rows_hash, None).await.unwrap();
    approve(&owner, &again).await;
    owner.pass(20);
    assert_seven_paid_once(&owner);
    // And once only: neither the whole nor the part is taken for it again.
    for batch in [&id, &first.summary.id] {
        let failure = owner.payouts().pay_again(batch).await.unwrap_err();
        assert!(failure.message.contains("“wages.csv, again”"), "{failure}");
    }
}

#[tokio::test]
async fn the_same_rows_wait_and_are_warned_of_while_parts_are_under_way() {
    let (owner, whole) = in_parts().await;
    let twin = owner.import(&seven()).await;
    assert!(twin.obstacles.iter().any(|words| words.contains("under way")), "{:?}", twin.obstacles);
    owner.payouts().send(&twin.summary.id, &twin.rows_hash, None).await.unwrap_err();
    let alike = owner.import(&format!("address,currency,amount\n{TRX},trx,57\n{TRX},trx,99\n")).await;
    let query = RowQuery { batch: alike.summary.id, filter: RowFilter::Warned, limit: 10, after: None };
    let warned = owner.payouts().rows(query).await.unwrap().rows;
    let codes = |row: &paydesk_core::payouts::batch::BatchRow| {
        row.warnings.iter().map(|warning| warning.code.clone()).collect::<Vec<_>>()
    };
    assert!(codes(&warned[0]).contains(&"sent_before".to_owned()), "{:?}", warned[0]);
    assert!(!codes(&warned[1]).contains(&"sent_before".to_owned()), "{:?}", warned[1]);
    assert_eq!(owner.get(&whole.summary.id).await.summary.state, BatchState::InParts);
}

#[tokio::test]
async fn rows_of_a_part_that_are_changed_are_not_sent_by_themselves() {
    let (owner, whole) = in_parts().await;
    let id = whole.summary.id.clone();
    let second = part(&owner, &id, 2).await;
    let edit = RowEdit {
        address: TRX.to_owned(),
        currency: "trx".to_owned(),
        amount: "99".to_owned(),
        ..RowEdit::default()
    };
    owner.payouts().edit_row(&second.summary.id, 4, &edit).await.unwrap();
    wait_for_part(&owner, &id, 2, BatchState::Checked).await;
    let first = part(&owner, &id, 1).await;
    approve(&owner, &first).await;
    let held = owner.wait(&id, |batch| batch.trouble.is_some()).await;
    assert!(held.trouble.unwrap().contains("part 2 were changed"));
    owner.payouts().look(&id).await.unwrap();
    assert_eq!(owner.batches(), 1);
    owner.payouts().discard(&second.summary.id).await.unwrap_err();

    // Not by a screen that shows the rows as they were before.
    let failure = owner.payouts().send(&id, &whole.rows_hash, None).await.unwrap_err();
    assert_eq!((failure.code, owner.batches()), (FailureCode::Stale, 1));
    let shown = owner.get(&id).await;
    owner.payouts().send(&id, &shown.rows_hash, None).await.unwrap();
    let second = wait_for_part(&owner, &id, 2, BatchState::Created).await;
    approve(&owner, &second).await;
    owner.pass(20);
    let amounts: Vec<_> = owner.paid().into_keys().map(|(_, _, amount)| amount).collect();
    assert_eq!(amounts, ["51", "52", "53", "55", "56", "99"]);
}

#[tokio::test]
async fn the_limit_per_batch_holds_for_all_parts_together() {
    let owner = Owner::new().await;
    let batch = owner.import(&seven()).await;
    let limit = batch.worth.clone().unwrap() + "5".parse().unwrap();
    let rules =
        RulesEdit { part_size: "3".to_owned(), batch_limit: limit.to_string(), ..RulesEdit::default() };
    owner.payouts().set_rules(&rules, None).await.unwrap();
    let batch = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
    let id = batch.summary.id;
    let third = part(&owner, &id, 3).await;
    let edit = RowEdit {
        address: TRX.to_owned(),
        currency: "trx".to_owned(),
        amount: "200".to_owned(),
        ..RowEdit::default()
    };
    owner.payouts().edit_row(&third.summary.id, 7, &edit).await.unwrap();
    wait_for_part(&owner, &id, 3, BatchState::Checked).await;
    approve(&owner, &part(&owner, &id, 1).await).await;
    let held = owner.wait(&id, |batch| batch.trouble.is_some()).await;
    owner.payouts().send(&id, &held.rows_hash, None).await.unwrap();
    approve(&owner, &wait_for_part(&owner, &id, 2, BatchState::Created).await).await;
    // 200 instead of 57 is more than all may be, though less than one batch may be.
    let held = owner.wait(&id, |batch| batch.trouble.is_some()).await;
    assert!(held.trouble.unwrap().contains("your limit per batch"));
    assert_eq!(owner.batches(), 2);
}

#[tokio::test]
async fn parts_that_were_not_sent_are_given_up_and_the_others_go_on() {
    let (owner, whole) = in_parts().await;
    let id = whole.summary.id.clone();
    owner.payouts().give_up_parts(&id).await.unwrap();
    let first = part(&owner, &id, 1).await;
    approve(&owner, &first).await;
    owner.pass(20);
    owner.payouts().look(&first.summary.id).await.unwrap();
    let done = owner.wait(&id, |batch| batch.summary.state == BatchState::FinishedWithFailures).await;
    assert_eq!((done.summary.paid, done.summary.failed, owner.batches()), (3, 4, 1));
    owner.payouts().give_up_parts(&id).await.unwrap_err();
}

#[tokio::test]
async fn rows_that_failed_are_paid_again_only_after_a_look_and_with_a_warning() {
    let owner = Owner::new().await;
    let batch = owner.sent().await;
    let id = batch.summary.id.clone();
    owner.payouts().pay_again(&id).await.unwrap_err();
    owner.approve(&batch, &owner.code()).await.unwrap();
    owner.force("eth", PayoutStatus::Failed);
    let ended = owner.finish(&id).await;
    assert_eq!(ended.summary.state, BatchState::FinishedWithFailures);

    let again = owner.payouts().pay_again(&id).await.unwrap();
    let again = owner.wait(&again.summary.id, |batch| batch.summary.state == BatchState::Checked).await;
    assert_eq!(again.summary.payable, 1);
    let query =
        RowQuery { batch: again.summary.id.clone(), filter: RowFilter::Warned, limit: 10, after: None };
    let warned = owner.payouts().rows(query).await.unwrap().rows;
    assert_eq!((warned[0].address.as_str(), warned[0].status), (ETH, RowStatus::Ready));
    assert!(
        warned[0].warnings.iter().any(|warning| warning.code == "sent_before"),
        "{:?}",
        warned[0].warnings
    );

    // It was paid after all: there is nothing to pay again.
    owner.payouts().discard(&again.summary.id).await.unwrap();
    owner.force("eth", PayoutStatus::Finished);
    owner.payouts().pay_again(&id).await.unwrap_err();
    assert_eq!(owner.get(&id).await.summary.state, BatchState::Finished);
    owner.assert_paid_once();
}

#[tokio::test]
async fn unpaid_rows_are_in_one_new_draft_even_if_paydesk_ends_as_soon_as_there_is_one() {
    let owner = Owner::new().await;
    let batch = owner.sent().await;
    let id = batch.summary.id.clone();
    owner.approve(&batch, &owner.code()).await.unwrap();
    owner.force("eth", PayoutStatus::Failed);
    owner.finish(&id).await;
    // Nothing is written any more about what it is there for, once it is there.
    let shop = owner.core.shop().unwrap().shop.id.clone();
    let file = owner.world.folder.path().join("shops").join(format!("{shop}.sqlite"));
    let mut db = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    sqlx::query("CREATE TRIGGER ended BEFORE UPDATE OF pays_again ON payout_batches BEGIN SELECT RAISE(ABORT, 'ended'); END")
        .execute(&mut db)
        .await
        .unwrap();
    let payouts = owner.payouts();
    let _ = payouts.pay_again(&id).await;
    assert_eq!(payouts.list().await.unwrap().len(), 2);
    let failure = payouts.pay_again(&id).await.unwrap_err();
    assert!(failure.message.contains("“wages.csv, again”"), "{failure}");
}
