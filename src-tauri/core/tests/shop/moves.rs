//! What moves have in common: lists that are read without holes and whatever a row of theirs looks like, ends that are looked for
//! within their time, and what guards money on its way to a bank.

use std::time::Duration;

use nowpayments::custody::{CreateDeposit, CreateTransfer};
use nowpayments_simulator::{Fault, FaultRule, History, Point};
use paydesk_core::{
    Core, FailureCode,
    custody::TransferQuery,
    fiat_payouts::{FiatAccountValue, FiatPayoutQuery, NewFiatAccount},
    moves::{MoveState, NewMove},
    payouts::{BothPins, Opened, batch::Batch, rules::RulesEdit},
};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::common::{
    between::Between,
    moving::{Owner, conversion, deposit, exact},
    payouts::TRX,
    world::{World, wait_for},
};

const TRANSFERS: &str = "/sub-partner/transfers";
const DEPOSIT: &str = "/sub-partner/deposit";

fn blind(path: &str, skip: u32, fault: Fault) -> FaultRule {
    FaultRule { method: "GET".to_owned(), path: path.to_owned(), skip, times: None, fault }
}

/// The shop's own site moves something, past Paydesk.
async fn elsewhere(world: &World, user: &str, amount: &str) {
    let theirs = CreateDeposit {
        currency: "btc".parse().unwrap(),
        amount: exact(amount),
        user_id: user.parse().unwrap(),
    };
    world.client().send(&theirs).await.unwrap();
}

/// As many transfers as there are on more than one page, past Paydesk, each of them ended.
async fn many_elsewhere(owner: &Owner, from: &str, to: &str) {
    let client = owner.world.client();
    for _ in 0..130 {
        let theirs = CreateTransfer {
            currency: "btc".parse().unwrap(),
            amount: exact("0.001"),
            from_id: from.parse().unwrap(),
            to_id: to.parse().unwrap(),
        };
        client.send(&theirs).await.unwrap();
    }
    owner.world.simulator.step(Duration::from_secs(90));
}

async fn listed(owner: &Owner) -> u32 {
    let query = TransferQuery { limit: 1, ..TransferQuery::default() };
    owner.custody.transfers(&query).await.unwrap().total
}

/// Two users, of whom the first has coins, and lists that were read whole.
async fn two_users(owner: &Owner) -> (String, String) {
    let anna = owner.user_with("anna", "btc", "0.5").await;
    let ben = owner.user("ben").await;
    owner.custody.refresh().await.unwrap();
    (anna, ben)
}

#[tokio::test]
async fn a_list_has_no_hole_where_a_page_could_not_be_read() {
    let owner = Owner::new().await;
    let (anna, ben) = two_users(&owner).await;
    let before = listed(&owner).await;
    many_elsewhere(&owner, &anna, &ben).await;
    owner.world.simulator.set_fault(blind(TRANSFERS, 1, Fault::ServerError { handled: false }));
    owner.custody.refresh().await.unwrap_err();
    assert_eq!(listed(&owner).await, before + 100, "the first page was read");
    owner.world.simulator.clear_faults();
    owner.custody.refresh().await.unwrap();
    assert_eq!(listed(&owner).await, before + 130);
}

#[tokio::test]
async fn a_list_has_no_hole_where_it_was_read_back_to_a_call_only() {
    let owner = Owner::new().await;
    let (anna, ben) = two_users(&owner).await;
    let before = listed(&owner).await;
    many_elsewhere(&owner, &anna, &ben).await;
    let moved = owner.make(deposit(&ben, "btc", "0.25")).await.unwrap();
    owner.ended(&moved.id).await;
    assert_eq!(listed(&owner).await, before + 101, "no more than what is newer than the call");
    owner.custody.refresh().await.unwrap();
    assert_eq!(listed(&owner).await, before + 131);
}

/// A deposit of 0.5 BTC whose call is lost before it arrives.
async fn lost(owner: &Owner, user: &str) -> String {
    owner.fault(DEPOSIT, Fault::DropBefore);
    let moved = owner.make(deposit(user, "btc", "0.5")).await.unwrap();
    assert_eq!(moved.state, MoveState::Unknown, "{moved:?}");
    moved.id
}

#[tokio::test]
async fn what_is_made_long_after_a_lost_call_is_not_taken_for_it() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    let id = lost(&owner, &anna).await;
    owner.world.simulator.step(Duration::from_secs(60 * 60));
    elsewhere(&owner.world, &anna, "0.5").await;
    let looked = owner.moves.look_for(&id).await.unwrap();
    assert_eq!((looked.state, looked.may_give_up), (MoveState::Unknown, true));
    assert!(looked.trouble.unwrap().contains("not for certain"));

    // Nor when it was given up.
    assert_eq!(owner.moves.give_up(&id).await.unwrap().state, MoveState::GivenUp);
    elsewhere(&owner.world, &anna, "0.5").await;
    owner.custody.refresh().await.unwrap();
    let moved = owner.moves.get(&id).await.unwrap();
    assert_eq!((moved.state, moved.late, moved.made), (MoveState::GivenUp, false, None));
}

#[tokio::test]
async fn looks_that_follow_each_other_at_once_are_one() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    let id = lost(&owner, &anna).await;
    owner.world.simulator.step(Duration::from_secs(61));
    owner.moves.look_for(&id).await.unwrap();
    assert!(!owner.moves.look_for(&id).await.unwrap().may_give_up);
    owner.world.simulator.step(Duration::from_secs(5));
    assert!(owner.moves.look_for(&id).await.unwrap().may_give_up);
}

#[tokio::test]
async fn whether_a_look_is_late_goes_by_the_end_of_the_call() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    let mut held = owner.world.simulator.hold_call("POST", DEPOSIT, 0, Point::Arrived);
    let preview = owner.moves.preview(&deposit(&anna, "btc", "0.5")).await.unwrap();
    let (moved, ()) = tokio::join!(owner.moves.confirm(&preview.id, &preview.hash, None), async {
        held.reached().await;
        // The clock of the provider is that of an answer.
        owner.world.simulator.step(Duration::from_secs(70));
        owner.custody.refresh().await.unwrap();
        held.lose();
    });
    let id = moved.unwrap().id;
    for _ in 0..3 {
        owner.world.simulator.step(Duration::from_secs(5));
        assert!(!owner.moves.look_for(&id).await.unwrap().may_give_up);
    }
}

/// Has the database of the open shop refuse what a statement of `trigger` names.
async fn refuse(owner: &Owner, trigger: &str) {
    let shop = &owner.core.shop().unwrap().shop.id;
    let file = owner.world.folder.path().join("shops").join(format!("{shop}.sqlite"));
    let mut db = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(trigger.to_owned())).execute(&mut db).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_written_down_after_a_call_is_not_said_to_be_unsent() {
    let owner = Owner::new().await;
    refuse(
        &owner,
        "CREATE TRIGGER full BEFORE UPDATE OF state ON moves WHEN NEW.state = 'made' \
         BEGIN SELECT raise(ABORT, 'database or disk is full'); END",
    )
    .await;
    let failure = owner.custody.make_user("anna").await.unwrap_err();
    assert_eq!(failure.code, FailureCode::UnknownOutcome);
    assert!(failure.message.contains("was sent to NOWPayments"), "{failure}");
    refuse(&owner, "DROP TRIGGER full").await;
    owner.custody.refresh().await.unwrap();
    let id = owner.moves.list().await.unwrap().remove(0).id;
    wait_for(&owner.core, || owner.moves.get(&id), |moved| moved.state == MoveState::Made).await;
}

/// An owner behind something that changes words of the answers.
async fn behind() -> (Owner, Between) {
    let world = World::new(History::None).await;
    let between = Between::new(&world).await;
    let core = Core::open_with(world.surroundings(), between.bases()).await.unwrap();
    core.add_shop(world.new_shop()).await.unwrap();
    (Owner::with(world, core), between)
}

#[tokio::test]
async fn a_row_that_cannot_be_read_leaves_the_list_as_it_is_and_hides_nothing() {
    let (owner, between) = behind().await;
    let anna = owner.user("anna").await;
    elsewhere(&owner.world, &anna, "0.07").await;
    between.change(TRANSFERS, "\"amount\":\"0.07\"", "\"amount\":null");
    let moved = owner.make(deposit(&anna, "btc", "0.25")).await.unwrap();
    assert_eq!(moved.state, MoveState::Made, "{moved:?}");
    owner.custody.refresh().await.unwrap();
    assert_eq!(listed(&owner).await, 1);

    // What is looked for may be the one that cannot be read.
    let id = lost(&owner, &anna).await;
    let looked = owner.moves.look_for(&id).await.unwrap();
    assert!(looked.trouble.unwrap().contains("cannot read"));
    between.change_nothing();
    owner.custody.refresh().await.unwrap();
    assert_eq!(listed(&owner).await, 2);
    assert_eq!(owner.moves.get(&id).await.unwrap().state, MoveState::Unknown);
}

#[tokio::test]
async fn what_could_not_be_asked_before_a_call_is_no_reason_to_look_again() {
    let owner = Owner::new().await;
    let preview = owner.moves.preview(&conversion("ltc", "usdttrc20", "1")).await.unwrap();
    let busy = Fault::TooManyRequests { retry_after: None };
    owner.world.simulator.set_fault(blind("/conversion", 0, busy));
    let failure = owner.moves.confirm(&preview.id, &preview.hash, None).await.unwrap_err();
    assert!(failure.message.contains("too many calls"), "{failure}");
    owner.world.simulator.clear_faults();
    let made = owner.moves.confirm(&preview.id, &preview.hash, None).await.unwrap();
    assert_eq!(made.state, MoveState::Made);
}

fn sepa() -> NewFiatAccount {
    let iban = FiatAccountValue { name: "iban".to_owned(), value: "DE89370400440532013000".to_owned() };
    NewFiatAccount {
        provider: "transfi".to_owned(),
        currency: "eur".to_owned(),
        method: "sepa_bank".to_owned(),
        country: "de".to_owned(),
        values: vec![iban],
    }
}

fn to_the_bank(amount: &str) -> NewMove {
    NewMove::FiatPayout {
        provider: "transfi".to_owned(),
        coin: "usdttrc20".to_owned(),
        amount: amount.to_owned(),
        currency: "eur".to_owned(),
    }
}

fn pins(preparer: &str, approver: &str) -> Option<BothPins> {
    Some(BothPins { preparer: preparer.into(), approver: approver.into() })
}

#[tokio::test]
async fn where_two_persons_are_needed_neither_leads_money_to_a_bank_alone() {
    let owner = Owner::new().await;
    let shop = owner.core.shop().unwrap();
    let (first, second) = ("prepares 1", "approves 2");
    shop.payouts.require_two_persons(first.into(), second.into(), None).await.unwrap();
    let wrong = [
        (None, "preparer"),
        (pins(first, ""), "approver"),
        (pins("", second), "preparer"),
        (pins(second, second), "preparer"),
    ];
    for (given, field) in wrong.clone() {
        let failure = shop.fiat_payouts.add_account(&sepa(), given).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::WrongPin, Some(field)));
    }
    assert_eq!(owner.calls("POST", "/fiat-payouts/accounts"), 0);
    shop.fiat_payouts.add_account(&sepa(), pins(first, second)).await.unwrap();

    let preview = owner.moves.preview(&to_the_bank("500")).await.unwrap();
    assert!(preview.two_persons);
    for (given, field) in wrong {
        let failure = owner.moves.confirm(&preview.id, &preview.hash, given).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::WrongPin, Some(field)));
    }
    assert_eq!(owner.world.simulator.ledger().fiat_payouts.len(), 0);
    let made = owner.moves.confirm(&preview.id, &preview.hash, pins(first, second)).await.unwrap();
    assert_eq!(made.state, MoveState::Made);
    let inside = owner.moves.preview(&conversion("ltc", "usdttrc20", "1")).await.unwrap();
    assert!(!inside.two_persons, "that leaves the shop nothing");
}

#[tokio::test]
async fn limits_hold_for_what_goes_to_a_bank_and_count_it() {
    let owner = Owner::new().await;
    let shop = owner.core.shop().unwrap();
    shop.fiat_payouts.add_account(&sepa(), None).await.unwrap();
    let shown = owner.moves.preview(&to_the_bank("300")).await.unwrap();
    assert!(!shown.two_persons);
    let limits = RulesEdit {
        batch_limit: "500".to_owned(),
        day_limit: "700".to_owned(),
        currency: "usd".to_owned(),
        part_size: "1000".to_owned(),
        ..RulesEdit::default()
    };
    shop.payouts.set_rules(&limits, None).await.unwrap();
    let failure = owner.moves.preview(&to_the_bank("600")).await.unwrap_err();
    assert_eq!(failure.field.as_deref(), Some("amount"));
    assert!(failure.message.contains("your limit for one is 500 USD"), "{failure}");

    let made = owner.moves.confirm(&shown.id, &shown.hash, None).await.unwrap();
    assert_eq!(made.state, MoveState::Made);
    let other = owner.moves.preview(&to_the_bank("310")).await.unwrap();
    owner.make(to_the_bank("320")).await.unwrap();
    for failure in [
        owner.moves.preview(&to_the_bank("310")).await.unwrap_err(),
        owner.moves.confirm(&other.id, &other.hash, None).await.unwrap_err(),
    ] {
        assert!(failure.message.contains("your limit is 700 USD"), "{failure}");
    }
    assert_eq!(owner.world.simulator.ledger().fiat_payouts.len(), 2);

    // A batch is stopped by them as well.
    let file = &format!("address,currency,amount\n{TRX},usdttrc20,200\n");
    let Opened::Batch { batch } = shop.payouts.open_text("pay.csv", file).await.unwrap() else {
        panic!("it asks");
    };
    let stopped = |batch: &Batch| batch.obstacles.iter().any(|why| why.contains("your limit is 700 USD"));
    wait_for(&owner.core, || shop.payouts.get(&batch.summary.id), stopped).await;
}

#[tokio::test]
async fn without_an_answer_about_the_rate_nothing_is_paid_out_blindly() {
    let owner = Owner::new().await;
    owner.core.shop().unwrap().fiat_payouts.add_account(&sepa(), None).await.unwrap();
    owner.world.simulator.set_fault(blind("/estimate", 0, Fault::ServerError { handled: false }));
    owner.moves.preview(&to_the_bank("300")).await.unwrap_err();
    owner.world.simulator.clear_faults();
    assert!(owner.moves.preview(&to_the_bank("300")).await.unwrap().estimate.is_some());
}

#[tokio::test]
async fn what_a_bank_payout_says_later_only_is_taken_then() {
    let (owner, between) = behind().await;
    let shop = owner.core.shop().unwrap();
    shop.fiat_payouts.add_account(&sepa(), None).await.unwrap();
    between.change("/fiat-payouts", "\"cryptoCurrencyAmount\":\"100\"", "\"cryptoCurrencyAmount\":null");
    owner.fault("/fiat-payouts", Fault::DropAfter);
    let moved = owner.make(to_the_bank("100")).await.unwrap();
    assert_eq!(moved.state, MoveState::Unknown, "{moved:?}");
    assert!(moved.trouble.unwrap().contains("not for certain"));
    between.change_nothing();
    let looked = owner.moves.look_for(&moved.id).await.unwrap();
    assert_eq!(looked.state, MoveState::Made, "{looked:?}");
    let query = FiatPayoutQuery { limit: 1, ..FiatPayoutQuery::default() };
    let kept = shop.fiat_payouts.list(&query).await.unwrap().payouts.remove(0);
    assert_eq!(kept.amount, Some(exact("100")));
}
