//! Rows that another batch pays, or has come to pay, between the check of a batch and its sending.

use nowpayments::payouts::{CreatePayout, NewPayout, VerifyPayout};
use nowpayments_simulator::{Fault, PayoutStatus, Point};
use paydesk_core::{
    FailureCode,
    audit::AuditArea,
    payouts::{
        batch::{Batch, BatchRow, BatchState, RowFilter, RowQuery},
        rules::RulesEdit,
    },
};

use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::common::payouts::{ETH, FILE, Owner, TRX};

async fn rows(owner: &Owner, batch: &Batch, filter: RowFilter) -> Vec<BatchRow> {
    let query = RowQuery { batch: batch.summary.id.clone(), filter, limit: 100, after: None };
    owner.payouts().rows(query).await.unwrap().rows
}

fn codes(row: &BatchRow) -> Vec<&str> {
    row.problems.iter().chain(&row.warnings).map(|found| found.code.as_str()).collect()
}

async fn checked(owner: &Owner, batch: &Batch) -> Batch {
    owner.wait(&batch.summary.id, |batch| batch.summary.state == BatchState::Checked).await
}

/// Sends and approves a batch and lets it go to its end.
async fn pay(owner: &Owner, batch: &Batch) -> Batch {
    let batch = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
    owner.approve(&batch, &owner.code()).await.unwrap();
    let done = owner.finish(&batch.summary.id).await;
    owner.pass(31);
    done
}

/// Sends a batch in vain: it is checked again.
async fn is_checked_again(owner: &Owner, batch: &Batch) -> Batch {
    let failure = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Stale, "{failure}");
    assert!(failure.message.contains("checked again"), "{failure}");
    checked(owner, batch).await
}

/// What somebody else pays, from elsewhere.
async fn from_elsewhere(owner: &Owner, address: &str, currency: &str, amount: &str) -> String {
    let payout = NewPayout::new(address.to_owned(), currency.parse().unwrap(), amount.parse().unwrap());
    let call = CreatePayout { withdrawals: vec![payout], ..CreatePayout::default() };
    owner.world.client().send(&call).await.unwrap().id.to_string()
}

/// The database of the open shop.
async fn database(owner: &Owner) -> SqliteConnection {
    let shop = owner.core.shop().unwrap().shop.id.clone();
    let file = owner.world.folder.path().join("shops").join(format!("{shop}.sqlite"));
    SqliteConnectOptions::new().filename(file).connect().await.unwrap()
}

#[tokio::test]
async fn rows_that_another_batch_was_sent_with_after_the_check_are_said_before_they_are_sent() {
    let owner = Owner::new().await;
    let first = owner.import(FILE).await;
    let second = owner.import(&format!("{FILE}{TRX},trx,77,,\n")).await;
    assert_eq!((first.obstacles.len(), second.obstacles.len()), (0, 0));
    let sent = owner.payouts().send(&first.summary.id, &first.rows_hash, None).await.unwrap();

    let second = is_checked_again(&owner, &second).await;
    let warned = rows(&owner, &second, RowFilter::Warned).await;
    assert_eq!(warned.iter().filter(|row| codes(row).contains(&"sent_before")).count(), 4);
    // That what is under way has been paid is no news; its owner sends it all the same.
    owner.approve(&sent, &owner.code()).await.unwrap();
    owner.finish(&first.summary.id).await;
    owner.pass(31);
    assert_eq!(pay(&owner, &second).await.summary.state, BatchState::Finished);
}

#[tokio::test]
async fn an_external_id_that_was_paid_after_the_check_is_refused_at_sending() {
    let owner = Owner::new().await;
    let file = |address: &str, currency: &str, amount: &str| {
        format!("address,currency,amount,external_id\n{address},{currency},{amount},wage-7\n")
    };
    let first = owner.import(&file(TRX, "trx", "100")).await;
    let second = owner.import(&file(ETH, "eth", "0.2")).await;
    pay(&owner, &first).await;
    let second = is_checked_again(&owner, &second).await;
    assert_eq!(codes(&rows(&owner, &second, RowFilter::Bad).await[0]), ["external_id_paid"]);
    assert_eq!(owner.batches(), 1);
}

#[tokio::test]
async fn an_external_id_of_a_part_that_is_going_to_be_sent_is_refused() {
    let owner = Owner::new().await;
    let rules = RulesEdit { part_size: "1".to_owned(), ..RulesEdit::default() };
    owner.payouts().set_rules(&rules, None).await.unwrap();
    let file = format!("address,currency,amount,external_id\n{TRX},trx,60,a\n{TRX},trx,61,b\n");
    let whole = owner.import(&file).await;
    let whole = owner.payouts().send(&whole.summary.id, &whole.rows_hash, None).await.unwrap();
    assert_eq!(whole.summary.state, BatchState::InParts);
    let other = owner.import(&format!("address,currency,amount,external_id\n{ETH},eth,0.2,b\n")).await;
    assert_eq!(codes(&rows(&owner, &other, RowFilter::Bad).await[0]), ["external_id_paid"]);
}

/// A batch whose row in ETH has failed, and the one that pays it again.
async fn paid_again(owner: &Owner) -> (Batch, Batch) {
    let batch = owner.sent().await;
    owner.approve(&batch, &owner.code()).await.unwrap();
    owner.force("eth", PayoutStatus::Failed);
    let ended = owner.finish(&batch.summary.id).await;
    assert_eq!(ended.summary.state, BatchState::FinishedWithFailures);
    owner.pass(31);
    let again = owner.payouts().pay_again(&ended.summary.id).await.unwrap();
    (ended, checked(owner, &again).await)
}

#[tokio::test]
async fn a_failed_row_that_was_paid_after_all_is_not_paid_again_by_a_draft_made_before() {
    let owner = Owner::new().await;
    let (first, again) = paid_again(&owner).await;
    owner.force("eth", PayoutStatus::Finished);
    // The watcher does not follow the first one any more by then.
    let again = is_checked_again(&owner, &again).await;
    assert_eq!(owner.get(&first.summary.id).await.summary.state, BatchState::Finished);
    assert!(codes(&rows(&owner, &again, RowFilter::Bad).await[0]).contains(&"paid_meanwhile"));
    owner.payouts().send(&again.summary.id, &again.rows_hash, None).await.unwrap_err();
    assert_eq!(owner.batches(), 1);
    owner.assert_paid_once();
}

#[tokio::test]
async fn a_failed_row_that_was_paid_after_all_is_not_approved_to_be_paid_again() {
    let owner = Owner::new().await;
    let (_, again) = paid_again(&owner).await;
    let again = owner.payouts().send(&again.summary.id, &again.rows_hash, None).await.unwrap();
    owner.force("eth", PayoutStatus::Finished);
    let failure = owner.approve(&again, &owner.code()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Stale);
    assert!(failure.message.contains("paid by now"), "{failure}");
    assert_eq!(owner.get(&again.summary.id).await.approval.unwrap().attempts_left, 10);
    owner.pass(3700);
    owner.assert_paid_once();
}

#[tokio::test]
async fn of_two_equal_rows_the_failed_one_is_paid_again_once() {
    let owner = Owner::new().await;
    let batch = owner.import(&format!("address,currency,amount\n{ETH},eth,0.2\n{ETH},eth,0.2\n")).await;
    let batch = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
    owner.approve(&batch, &owner.code()).await.unwrap();
    owner.force("eth", PayoutStatus::Failed);
    owner.finish(&batch.summary.id).await;
    owner.pass(31);
    let again = owner.payouts().pay_again(&batch.summary.id).await.unwrap();
    let again = checked(&owner, &again).await;
    assert_eq!((again.summary.payable, again.summary.bad), (1, 0));
    assert_eq!(pay(&owner, &again).await.summary.state, BatchState::Finished);
    assert_eq!(owner.paid().into_values().collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn of_two_equal_batches_that_are_sent_at_once_one_is_created() {
    let owner = Owner::new().await;
    let (first, second) = (owner.import(FILE).await, owner.import(FILE).await);
    // Both have found nothing in their way before either is fixed.
    let mut held = owner.world.simulator.hold_call("GET", "/payout", 0, Point::Arrived);
    let payouts = owner.payouts();
    let send = |batch: &Batch| {
        let (payouts, id, hash) = (payouts.clone(), batch.summary.id.clone(), batch.rows_hash.clone());
        tokio::spawn(async move { payouts.send(&id, &hash, None).await })
    };
    let one = send(&first);
    held.reached().await;
    owner.payouts().send(&second.summary.id, &second.rows_hash, None).await.unwrap();
    drop(held);
    let failure = one.await.unwrap().unwrap_err();
    assert!(failure.message.contains("under way"), "{failure}");
    assert_eq!((owner.batches(), owner.calls("POST", "payout")), (1, 1));
    assert_eq!(owner.get(&first.summary.id).await.summary.state, BatchState::Checked);
}

#[tokio::test]
async fn a_check_is_good_for_an_hour() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    owner.pass(3000);
    owner.import(&format!("address,currency,amount\n{TRX},trx,60\n")).await;
    assert_eq!(owner.get(&batch.summary.id).await.obstacles, [""; 0]);
    owner.pass(1000);
    owner.import(&format!("address,currency,amount\n{TRX},trx,61\n")).await;
    let old = owner.get(&batch.summary.id).await;
    assert!(old.obstacles[0].contains("too long ago"), "{:?}", old.obstacles);
    let failure = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap_err();
    assert!(failure.message.contains("too long ago"), "{failure}");
    assert_eq!(owner.batches(), 0);
    owner.payouts().check(&batch.summary.id).await.unwrap();
    let batch = checked(&owner, &batch).await;
    assert_eq!(pay(&owner, &batch).await.summary.state, BatchState::Finished);
}

#[tokio::test]
async fn a_check_looks_back_as_far_as_the_batch_is_old() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    owner.pass(2);
    // Paid from elsewhere, or by what a backup does not know any more.
    let theirs = from_elsewhere(&owner, TRX, "trx", "200").await;
    let verify = VerifyPayout { id: theirs.parse().unwrap(), verification_code: owner.code().into() };
    owner.world.client().send(&verify).await.unwrap();
    owner.pass(9 * 24 * 3600);
    owner.payouts().check(&batch.summary.id).await.unwrap();
    let batch = checked(&owner, &batch).await;
    let warned = rows(&owner, &batch, RowFilter::Warned).await;
    assert_eq!(warned.iter().map(codes).collect::<Vec<_>>(), [["paid_elsewhere"]]);
}

#[tokio::test]
async fn a_list_that_was_not_shown_whole_at_the_check_is_said() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    assert_eq!(batch.warnings, [""; 0]);
    sqlx::query("UPDATE payout_batches SET seen_in_part = 1")
        .execute(&mut database(&owner).await)
        .await
        .unwrap();
    let batch = owner.get(&batch.summary.id).await;
    assert!(batch.warnings[0].contains("did not show its list of payouts whole"), "{:?}", batch.warnings);
    // Who knows better sends it.
    assert_eq!(pay(&owner, &batch).await.summary.state, BatchState::Finished);
}

#[tokio::test]
async fn rows_that_nowpayments_never_showed_are_not_drafted_again_and_are_warned_of() {
    let owner = Owner::new().await;
    let (first, again) = paid_again(&owner).await;
    owner.payouts().discard(&again.summary.id).await.unwrap();
    // It is as if NOWPayments had made other rows of it.
    sqlx::query(
        "UPDATE payout_rows SET status = 'ready', provider_id = NULL, provider_status = NULL, unique_external_id = NULL,
         amount = iif(currency = 'trx', '201', amount)",
    )
    .execute(&mut database(&owner).await)
    .await
    .unwrap();
    let failure = owner.payouts().pay_again(&first.summary.id).await.unwrap_err();
    assert!(failure.message.contains("with other rows"), "{failure}");
    let other = owner.import(FILE).await;
    let warned = rows(&owner, &other, RowFilter::Warned).await;
    assert_eq!(warned.iter().filter(|row| codes(row).contains(&"may_be_paid")).count(), 3, "{warned:#?}");
}

#[tokio::test]
async fn a_person_says_which_batch_of_nowpayments_an_unknown_one_is_not() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    let id = batch.summary.id.clone();
    owner.fault("POST", "/payout", Fault::DropBefore);
    owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap();
    owner.pass(61);
    // One row is paid by hand meanwhile.
    let theirs = from_elsewhere(&owner, TRX, "trx", "200").await;
    owner.pass(2);
    for _ in 0..3 {
        assert!(!owner.payouts().look(&id).await.unwrap().may_release);
    }
    let unclear = owner.get(&id).await;
    assert_eq!(unclear.candidates, [theirs.as_str()]);
    assert_eq!(owner.payouts().is_not(&id, "17").await.unwrap_err().code, FailureCode::Stale);
    let said = owner.payouts().is_not(&id, &theirs).await.unwrap();
    assert_eq!((said.summary.state, said.candidates.len()), (BatchState::Unknown, 0));
    let log = owner.core.shop().unwrap().audit.list(None, 500).await.unwrap();
    assert!(log.entries.iter().any(|entry| entry.words.contains(&format!("{theirs} of NOWPayments is not"))));
    owner.payouts().look(&id).await.unwrap();
    let released = owner.payouts().release(&id).await.unwrap();
    // It is one that was made elsewhere: that is said before the rows are sent.
    let batch = is_checked_again(&owner, &released).await;
    assert_eq!(codes(&rows(&owner, &batch, RowFilter::Warned).await[0]), ["paid_elsewhere"]);
    assert_eq!(pay(&owner, &batch).await.summary.state, BatchState::Finished);
    owner.assert_paid_once();
}

#[tokio::test]
async fn what_is_said_of_a_discarded_try_is_true() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    let id = &batch.summary.id;
    owner.give_up(&batch).await;
    owner.payouts().discard(id).await.unwrap();
    let page = owner.core.shop().unwrap().audit.list(None, 500).await.unwrap();
    let words = page.entries.iter().find(|entry| entry.words.contains("It was discarded")).unwrap();
    assert_eq!(words.area, AuditArea::Payouts);
    assert!(words.words.contains("It had been sent") && !words.words.contains("never sent"), "{words:?}");
}
