//! Custody: users, and what is moved to and from them. Made once whatever happens to the answer, followed, and added up.

use std::time::Duration;

use nowpayments::custody::{CreateCustodyPayment, CreateDeposit};
use nowpayments_simulator::{
    Fault, FaultRule, History, PaymentChange, PaymentStatus, Point, Switches, TransferStatus,
};
use paydesk_core::{
    Core, Failure, FailureCode,
    attention::UnclearPlace,
    audit::AuditArea,
    custody::{CustodyPayment, LedgerKind, NewCustodyPayment, TransferQuery, UserQuery},
    moves::{MoveKind, MoveState, NewMove},
    notifications::Subject,
    payouts::ReportFormat,
};

use crate::common::{
    killer::Killer,
    moving::{Owner, deposit, exact, lost_after, lost_before, transfer, write_off},
    world::{World, unclear, wait_for},
};

#[tokio::test]
async fn a_user_is_made_funded_moved_and_written_off_and_the_ledger_adds_up() {
    let owner = Owner::new().await;
    let (anna, ben) = (owner.user("anna").await, owner.user("ben").await);
    let preview = owner.moves.preview(&deposit(&anna, "BTC", "0.5")).await.unwrap();
    assert_eq!(
        preview.words,
        "0.5 BTC goes from the balance of the shop to anna. The shop has 1.35 BTC before and 0.85 BTC after; anna has 0 BTC \
         before and 0.5 BTC after. NOWPayments cannot take it back: only a write-off brings it back."
    );
    let funded = owner.moves.confirm(&preview.id, &preview.hash, None).await.unwrap();
    assert_eq!((funded.state, funded.kind), (MoveState::Made, MoveKind::Deposit));
    let funded = owner.ended(&funded.id).await;
    assert_eq!(funded.status.as_deref(), Some("finished"));

    for new in [transfer(&anna, &ben, "btc", "0.2"), write_off(&anna, "btc", "0.05")] {
        let moved = owner.make(new).await.unwrap();
        assert_eq!(owner.ended(&moved.id).await.status.as_deref(), Some("finished"));
    }
    owner.custody.refresh_user(&anna).await.unwrap();
    let ledger = owner.ledger(&anna).await;
    let lines: Vec<_> = ledger
        .lines
        .iter()
        .rev()
        .map(|line| (line.kind, line.amount.to_string(), line.balance.to_string()))
        .collect();
    let line = |kind, amount: &str, balance: &str| (kind, amount.to_owned(), balance.to_owned());
    assert_eq!(
        lines,
        [
            line(LedgerKind::Deposit, "0.5", "0.5"),
            line(LedgerKind::TransferOut, "-0.2", "0.3"),
            line(LedgerKind::WriteOff, "-0.05", "0.25"),
        ]
    );
    assert_eq!(ledger.lines[1].other.as_deref(), Some("ben"));
    let [btc] = &ledger.coins[..] else { panic!("{:?}", ledger.coins) };
    assert_eq!((&btc.sum, &btc.difference), (&exact("0.25"), &Some(exact("0"))));

    let theirs = owner.world.simulator.ledger();
    assert!(theirs.conserved);
    assert_eq!((theirs.transfers.len(), owner.shop_has("btc").as_str()), (3, "0.9"));
    // Both have what they have: balances are read again after each move.
    let query = UserQuery { limit: 10, ..UserQuery::default() };
    let both =
        wait_for(&owner.core, || owner.custody.users(&query), |page| page.sums[0].amount == exact("0.45"))
            .await;
    assert_eq!(both.users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["anna", "ben"]);
    assert_eq!(both.balances_read, 2);
}

#[tokio::test]
async fn a_ledger_is_a_file_that_holds_every_line_and_no_formula() {
    let owner = Owner::new().await;
    let anna = owner.user_with("anna", "ltc", "3.25").await;
    let evil = owner.user("=1+1").await;
    let moved = owner.make(transfer(&anna, &evil, "ltc", "0.25")).await.unwrap();
    owner.ended(&moved.id).await;
    let csv = String::from_utf8(owner.custody.statement(&anna, ReportFormat::Csv).await.unwrap()).unwrap();
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines[0], "at,movement,coin,amount,balance,other_user,words,nowpayments_id");
    assert!(lines[1].contains(",deposit,ltc,3.25,3.25,,From the shop,"), "{csv}");
    assert!(lines[2].contains(",transfer_out,ltc,-0.25,3,'=1+1,To =1+1,"), "{csv}");
    let xlsx = owner.custody.statement(&anna, ReportFormat::Xlsx).await.unwrap();
    assert!(xlsx.starts_with(b"PK"));
}

#[tokio::test]
async fn what_nobody_has_seen_move_is_a_line_of_its_own() {
    let owner = Owner::new().await;
    let anna = owner.user_with("anna", "ltc", "3").await;
    owner.custody.refresh_user(&anna).await.unwrap();
    owner.ledger(&anna).await;
    // The lists of transfers and payments stay what they were, while more comes in.
    for path in ["/sub-partner/transfers", "/sub-partner/payments"] {
        let (method, path) = ("GET".to_owned(), path.to_owned());
        owner.world.simulator.set_fault(FaultRule {
            method,
            path,
            skip: 0,
            times: None,
            fault: Fault::Stale,
        });
    }
    let elsewhere = CreateDeposit {
        currency: "ltc".parse().unwrap(),
        amount: exact("0.75"),
        user_id: anna.parse().unwrap(),
    };
    owner.world.client().send(&elsewhere).await.unwrap();
    owner.world.simulator.step(Duration::from_secs(30));
    owner.custody.refresh_user(&anna).await.unwrap();
    let ledger = owner.ledger(&anna).await;
    let newest = &ledger.lines[0];
    assert_eq!(
        (newest.kind, &newest.amount, &newest.balance),
        (LedgerKind::Unexplained, &exact("0.75"), &exact("3.75"))
    );
    assert!(
        newest.words.starts_with("Not explained: NOWPayments says 0.75 LTC more than"),
        "{}",
        newest.words
    );
    let csv = String::from_utf8(owner.custody.statement(&anna, ReportFormat::Csv).await.unwrap()).unwrap();
    assert!(csv.lines().last().unwrap().contains(",unexplained,ltc,0.75,3.75,"), "{csv}");

    // Once it is seen it is a line like any other, and nothing is left unexplained.
    owner.world.simulator.clear_faults();
    owner.custody.refresh_user(&anna).await.unwrap();
    let ledger = owner.ledger(&anna).await;
    assert_eq!((ledger.lines.len(), ledger.lines[0].kind), (2, LedgerKind::Deposit));
}

#[tokio::test]
async fn money_that_is_not_there_is_not_moved_and_it_is_said_how_much_is_missing() {
    let owner = Owner::new().await;
    let anna = owner.user_with("anna", "btc", "0.1").await;
    let ben = owner.user("ben").await;
    let check = async |new: NewMove, words: &str| {
        let failure = owner.moves.preview(&new).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::Invalid, Some("amount")));
        assert_eq!(failure.message, words);
    };
    check(
        deposit(&anna, "btc", "2"),
        "The shop has 1.25 BTC, and this takes 2 BTC: 0.75 BTC is missing. Nothing was moved.",
    )
    .await;
    let anna_has = "anna has 0.1 BTC, and this takes 0.15 BTC: 0.05 BTC is missing. Nothing was moved.";
    check(write_off(&anna, "btc", "0.15"), anna_has).await;
    check(transfer(&anna, &ben, "btc", "0.15"), anna_has).await;
    assert_eq!(owner.world.simulator.ledger().transfers.len(), 1);
}

#[tokio::test]
async fn what_was_typed_wrong_is_named_at_its_field() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    let check = async |new: NewMove, field: &str| {
        let failure = owner.moves.preview(&new).await.unwrap_err();
        assert_eq!(failure.field.as_deref(), Some(field), "{failure}");
    };
    check(deposit(&anna, "btc", "1,5"), "amount").await;
    check(deposit(&anna, "btc", "0"), "amount").await;
    check(deposit(&anna, "btc", "0.123456789"), "amount").await;
    check(deposit(&anna, "nocoin", "1"), "coin").await;
    check(deposit("../auth", "btc", "1"), "user").await;
    check(transfer(&anna, &anna, "btc", "1"), "to").await;
    let failure = owner.moves.preview(&deposit("99", "btc", "1")).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::NotFound, "{failure}");
    for name in ["", "anna@example.com", &"x".repeat(31)] {
        assert_eq!(owner.custody.make_user(name).await.unwrap_err().field.as_deref(), Some("name"));
    }
    let failure = owner.custody.make_user("anna").await.unwrap_err();
    assert!(failure.message.contains("already"), "{failure}");
}

#[tokio::test]
async fn what_is_confirmed_is_exactly_what_was_shown() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    let preview = owner.moves.preview(&deposit(&anna, "btc", "0.5")).await.unwrap();
    assert_eq!(owner.moves.confirm(&preview.id, "another", None).await.unwrap_err().code, FailureCode::Stale);
    assert_eq!(
        owner.moves.confirm("unknown", &preview.hash, None).await.unwrap_err().code,
        FailureCode::Stale
    );
    // Something else leaves the balance in between.
    owner.make(deposit(&anna, "btc", "0.25")).await.unwrap();
    let failure = owner.moves.confirm(&preview.id, &preview.hash, None).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Stale);
    assert_eq!(
        failure.message,
        "Nothing was moved: the shop has 1.1 BTC by now, not 1.35 BTC as was shown. Look at it again."
    );
    assert_eq!(owner.world.simulator.ledger().transfers.len(), 1);
}

#[tokio::test]
async fn two_clicks_make_one_move() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    let preview = owner.moves.preview(&deposit(&anna, "btc", "0.5")).await.unwrap();
    let (first, second) = tokio::join!(
        owner.moves.confirm(&preview.id, &preview.hash, None),
        owner.moves.confirm(&preview.id, &preview.hash, None)
    );
    assert_eq!((first.unwrap().id, second.unwrap().id), (preview.id.clone(), preview.id.clone()));
    assert_eq!(owner.moves.confirm(&preview.id, &preview.hash, None).await.unwrap().state, MoveState::Made);
    assert_eq!(owner.world.simulator.ledger().transfers.len(), 1);
    assert_eq!(owner.calls("POST", "/sub-partner/deposit"), 1);
}

/// Every kind of move, with the path of its call.
async fn every_kind(owner: &Owner) -> Vec<(&'static str, NewMove)> {
    let anna = owner.user_with("anna", "ltc", "3").await;
    let ben = owner.user("ben").await;
    vec![
        ("/sub-partner/deposit", deposit(&anna, "ltc", "1")),
        ("/sub-partner/write-off", write_off(&anna, "ltc", "0.5")),
        ("/sub-partner/transfer", transfer(&anna, &ben, "ltc", "0.25")),
    ]
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_effect_is_found_and_nothing_is_moved_twice() {
    let owner = Owner::new().await;
    let kinds = every_kind(&owner).await;
    let mut transfers = 1;
    for fault in lost_after() {
        for (path, new) in &kinds {
            owner.fault(path, fault.clone());
            let before = owner.calls("POST", path);
            let moved = owner.make(new.clone()).await.unwrap();
            transfers += 1;
            assert_eq!(moved.state, MoveState::Made, "{fault:?} {path}: {moved:?}");
            let theirs = owner.world.simulator.ledger();
            assert_eq!(theirs.transfers.len(), transfers, "{fault:?} {path}");
            assert_eq!(moved.made, theirs.transfers.last().map(|transfer| transfer.id.to_string()));
            assert_eq!(owner.calls("POST", path), before + 1);
            owner.ended(&moved.id).await;
        }
        owner.ended(&owner.make(deposit(&user_of(&kinds[0].1), "ltc", "2")).await.unwrap().id).await;
        transfers += 1;
    }
    assert!(owner.world.simulator.ledger().conserved);
}

fn user_of(new: &NewMove) -> String {
    match new {
        NewMove::Deposit { user, .. } => user.clone(),
        _ => panic!("no deposit"),
    }
}

#[tokio::test]
async fn a_call_that_came_to_nothing_is_not_repeated_and_may_be_given_up_after_looking() {
    let owner = Owner::new().await;
    let kinds = every_kind(&owner).await;
    for (fault, (path, new)) in lost_before().into_iter().zip(kinds.iter().cycle()) {
        owner.fault(path, fault.clone());
        let calls = owner.calls("POST", path);
        let moved = owner.make(new.clone()).await.unwrap();
        assert_eq!(moved.state, MoveState::Unknown, "{fault:?}: {moved:?}");
        assert!(!moved.may_give_up && moved.trouble.unwrap().contains("goes on looking"));
        assert_eq!(owner.moves.give_up(&moved.id).await.unwrap_err().code, FailureCode::Stale);
        // One just like it is not made as long as this one is not settled.
        let twin = owner.make(new.clone()).await.unwrap_err();
        assert_eq!(twin.code, FailureCode::UnknownOutcome, "{twin}");
        assert_eq!(owner.calls("POST", path), calls + 1, "{fault:?}");

        owner.world.simulator.step(Duration::from_secs(61));
        owner.moves.look_for(&moved.id).await.unwrap();
        owner.world.simulator.step(Duration::from_secs(5));
        let looked = owner.moves.look_for(&moved.id).await.unwrap();
        assert!(looked.may_give_up && looked.trouble.unwrap().contains("most likely not done"), "{fault:?}");
        assert_eq!(owner.moves.give_up(&moved.id).await.unwrap().state, MoveState::GivenUp);
        assert!(owner.moves.unsettled().await.unwrap().is_empty());
    }
    assert_eq!(owner.world.simulator.ledger().transfers.len(), 1, "only what was there in the beginning");
}

#[tokio::test]
async fn an_answer_out_of_order_and_a_token_that_has_expired_move_once() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    for (amount, fault) in [("0.01", Fault::OutOfOrder { ms: 50 }), ("0.02", Fault::ExpiredToken)] {
        owner.fault("/sub-partner/deposit", fault.clone());
        let moved = owner.make(deposit(&anna, "btc", amount)).await.unwrap();
        assert_eq!(moved.state, MoveState::Made, "{fault:?}: {moved:?}");
        owner.ended(&moved.id).await;
    }
    assert_eq!(owner.world.simulator.ledger().transfers.len(), 2);
}

#[tokio::test]
async fn a_call_that_is_not_answered_in_time_is_found() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    let mut held = owner.world.simulator.hold_call("POST", "/sub-partner/deposit", 0, Point::Handled);
    let preview = owner.moves.preview(&deposit(&anna, "btc", "0.5")).await.unwrap();
    let (moved, ()) = tokio::join!(owner.moves.confirm(&preview.id, &preview.hash, None), async {
        held.reached().await;
        // Meanwhile it is no one's that a look may find.
        owner.custody.refresh().await.unwrap();
        assert_eq!(owner.moves.unsettled().await.unwrap()[0].state, MoveState::Sending);
        held.lose();
    });
    assert_eq!(moved.unwrap().state, MoveState::Made);
    assert_eq!(owner.world.simulator.ledger().transfers.len(), 1);
}

#[tokio::test]
async fn a_call_slower_than_anybody_waits_is_unknown_until_it_is_seen() {
    let owner = Owner::impatient().await;
    let anna = owner.user("anna").await;
    let held = owner.world.simulator.hold_call("POST", "/sub-partner/deposit", 0, Point::Arrived);
    let moved = owner.make(deposit(&anna, "btc", "0.5")).await.unwrap();
    assert_eq!(moved.state, MoveState::Unknown, "it has not been handled: {moved:?}");
    assert_eq!(unclear(&owner.core).await, [(UnclearPlace::Custody, 1)]);
    drop(held);
    let moved =
        wait_for(&owner.core, || owner.moves.look_for(&moved.id), |moved| moved.state != MoveState::Unknown)
            .await;
    assert_eq!(moved.state, MoveState::Made);
    assert_eq!(unclear(&owner.core).await, []);
    assert_eq!(owner.world.simulator.ledger().transfers.len(), 1);
}

#[tokio::test]
async fn what_was_there_before_is_not_taken_for_ours() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    // The shop's own site moves the same a moment before.
    let theirs = CreateDeposit {
        currency: "btc".parse().unwrap(),
        amount: exact("0.5"),
        user_id: anna.parse().unwrap(),
    };
    owner.world.client().send(&theirs).await.unwrap();
    owner.fault("/sub-partner/deposit", Fault::DropBefore);
    let moved = owner.make(deposit(&anna, "btc", "0.5")).await.unwrap();
    assert_eq!(moved.state, MoveState::Unknown, "{moved:?}");

    // And twice more before it looks again: then nobody can tell which is ours, if any.
    owner.world.simulator.set_fault(FaultRule {
        method: "GET".to_owned(),
        path: "/sub-partner/transfers".to_owned(),
        skip: 0,
        times: None,
        fault: Fault::DropBefore,
    });
    owner.world.client().send(&CreateDeposit { amount: exact("0.1"), ..theirs.clone() }).await.unwrap();
    for _ in 0..2 {
        owner.world.client().send(&theirs).await.unwrap();
    }
    owner.world.simulator.clear_faults();
    let looked = owner.moves.look_for(&moved.id).await.unwrap();
    assert_eq!(looked.state, MoveState::Unknown);
    assert!(looked.may_give_up && looked.trouble.unwrap().contains("more than one"), "the owner decides");
    assert_eq!(owner.calls("POST", "/sub-partner/deposit"), 1 + 4);
}

#[tokio::test]
async fn what_turns_up_after_it_was_given_up_is_taken_and_said() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    owner.fault("/sub-partner/deposit", Fault::DropBefore);
    let moved = owner.make(deposit(&anna, "btc", "0.5")).await.unwrap();
    owner.world.simulator.step(Duration::from_secs(61));
    owner.moves.look_for(&moved.id).await.unwrap();
    owner.world.simulator.step(Duration::from_secs(5));
    owner.moves.look_for(&moved.id).await.unwrap();
    assert_eq!(owner.moves.give_up(&moved.id).await.unwrap().state, MoveState::GivenUp);
    // The call was under way all the time.
    let late = CreateDeposit {
        currency: "btc".parse().unwrap(),
        amount: exact("0.5"),
        user_id: anna.parse().unwrap(),
    };
    owner.world.client().send(&late).await.unwrap();
    owner.custody.refresh().await.unwrap();
    let moved = owner.moves.get(&moved.id).await.unwrap();
    assert!(moved.state == MoveState::Made && moved.late, "{moved:?}");
    assert!(moved.trouble.unwrap().contains("after it had been given up"));
    let told = owner.core.shop().unwrap().notifications.list().await.unwrap();
    assert!(told.entries.iter().any(|entry| entry.notification.title == "It was done after all"), "{told:?}");
}

#[tokio::test]
async fn a_refusal_is_clear_and_leaves_nothing_open() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    let preview = owner.moves.preview(&deposit(&anna, "btc", "0.5")).await.unwrap();
    let (method, path) = ("POST".to_owned(), "/sub-partner/deposit".to_owned());
    let fault = Fault::Echo { status: 400, form: nowpayments_simulator::EchoForm::Envelope };
    owner.world.simulator.set_fault(FaultRule { method, path, skip: 0, times: Some(1), fault });
    let failure = owner.moves.confirm(&preview.id, &preview.hash, None).await.unwrap_err();
    assert!(failure.message.contains("Nothing was done"), "{failure}");
    let moved = owner.moves.get(&preview.id).await.unwrap();
    assert_eq!(moved.state, MoveState::Refused);
    assert!(owner.moves.unsettled().await.unwrap().is_empty());
    assert_eq!(owner.make(deposit(&anna, "btc", "0.5")).await.unwrap().state, MoveState::Made);
}

#[tokio::test]
async fn a_transfer_is_followed_to_its_rejection_and_the_owner_is_told_once() {
    let owner = Owner::new().await;
    let anna = owner.user_with("anna", "btc", "0.5").await;
    owner.world.simulator.pause();
    let moved = owner.make(write_off(&anna, "btc", "0.5")).await.unwrap();
    let transfer = moved.made.unwrap();
    let id = transfer.parse().unwrap();
    owner.world.simulator.change_transfer(id, TransferStatus::Rejected).unwrap();
    let moved = wait_for(&owner.core, || owner.moves.get(&moved.id), |moved| moved.ended).await;
    assert_eq!(moved.status.as_deref(), Some("rejected"));
    let told = owner.core.shop().unwrap().notifications.list().await.unwrap().entries;
    let told: Vec<_> = told.iter().filter(|entry| entry.notification.key.contains(&moved.id)).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].notification.title, "Not moved");
    assert_eq!(told[0].notification.subject, Some(Subject::Transfer { id: transfer.clone() }));
    let one = owner.custody.transfer(&transfer).await.unwrap();
    assert_eq!((one.id, one.made_by), (transfer, Some(moved.id.clone())));
    assert_eq!(owner.custody.transfer("none").await.unwrap_err().code, FailureCode::NotFound);
    let page = owner
        .custody
        .transfers(&TransferQuery {
            statuses: vec!["REJECTED".to_owned()],
            limit: 10,
            ..TransferQuery::default()
        })
        .await
        .unwrap();
    assert_eq!((page.total, page.transfers[0].made_by.as_deref()), (1, Some(moved.id.as_str())));

    let audit = owner.core.shop().unwrap().audit.clone();
    let log = audit.list(None, 100).await.unwrap().entries;
    let words: Vec<_> =
        log.iter().filter(|entry| entry.reference == moved.id).map(|entry| entry.words.as_str()).collect();
    assert!(words[2].starts_with("Sent to NOWPayments: 0.5 BTC goes from anna"), "{words:?}");
    assert!(words[1].starts_with("Made at NOWPayments"), "{words:?}");
    assert!(words[0].starts_with("Not moved: NOWPayments rejected 0.5 BTC"), "{words:?}");
    assert!(log.iter().all(|entry| entry.area == AuditArea::Custody));
    assert_eq!(audit.verify().await.unwrap().broken_at, None);
}

#[tokio::test]
async fn the_owner_is_not_told_what_the_rules_do_not_want() {
    let owner = Owner::new().await;
    let notifications = owner.core.shop().unwrap().notifications.clone();
    let rules = notifications.rules().await.unwrap();
    assert!(rules.moves, "told unless the owner says otherwise");
    notifications
        .save_rules(paydesk_core::notifications::NotificationRules { moves: false, ..rules })
        .await
        .unwrap();
    owner.user_with("anna", "btc", "0.5").await;
    assert!(notifications.list().await.unwrap().entries.is_empty());
}

#[tokio::test]
async fn transfers_are_listed_page_by_page_with_those_of_others() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    for amount in ["1", "2", "3", "4", "5"] {
        let theirs = CreateDeposit {
            currency: "trx".parse().unwrap(),
            amount: exact(amount),
            user_id: anna.parse().unwrap(),
        };
        owner.world.client().send(&theirs).await.unwrap();
    }
    owner.custody.refresh().await.unwrap();
    let mut query = TransferQuery { user: Some(anna), limit: 2, ..TransferQuery::default() };
    let mut seen = Vec::new();
    loop {
        let page = owner.custody.transfers(&query).await.unwrap();
        assert_eq!(page.total, 5);
        seen.extend(page.transfers.into_iter().map(|transfer| transfer.amount.to_string()));
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    seen.sort();
    assert_eq!(seen, ["1", "2", "3", "4", "5"]);
    query.coin = Some("BTC".to_owned());
    assert_eq!(owner.custody.transfers(&query).await.unwrap().total, 0);
}

#[tokio::test]
async fn users_are_found_by_name_and_number_and_listed_page_by_page() {
    let owner = Owner::new().await;
    let mut ids = Vec::new();
    for name in ["Ben", "anna", "Änne", "anton", "Carl"] {
        ids.push(owner.user(name).await);
    }
    let found = async |search: &str| {
        let query = UserQuery { search: search.to_owned(), limit: 10, ..UserQuery::default() };
        owner.custody.users(&query).await.unwrap().users.into_iter().map(|user| user.name).collect::<Vec<_>>()
    };
    assert_eq!(found("AN").await, ["anna", "anton"]);
    assert_eq!(found(&ids[4]).await, ["Carl"]);
    let mut query = UserQuery { limit: 2, ..UserQuery::default() };
    let mut names = Vec::new();
    loop {
        let page = owner.custody.users(&query).await.unwrap();
        names.extend(page.users.into_iter().map(|user| user.name));
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(names, ["anna", "anton", "Ben", "Carl", "Änne"]);
}

#[tokio::test]
async fn a_user_whose_making_was_lost_is_found_by_name() {
    let owner = Owner::new().await;
    for (name, fault) in [("anna", Fault::DropAfter), ("ben", Fault::Unreadable)] {
        owner.fault("/sub-partner/balance", fault);
        let made = owner.custody.make_user(name).await.unwrap();
        assert_eq!(made.state, MoveState::Made, "{made:?}");
        assert_eq!(owner.custody.user(&made.made.unwrap()).await.unwrap().name, name);
    }
    owner.fault("/sub-partner/balance", Fault::DropBefore);
    let made = owner.custody.make_user("carl").await.unwrap();
    assert_eq!(made.state, MoveState::Unknown);
    assert_eq!(owner.custody.make_user("carl").await.unwrap_err().code, FailureCode::UnknownOutcome);
    assert_eq!(owner.world.simulator.ledger().customers.len(), 2);
}

fn payment(user: &str, amount: &str) -> NewCustodyPayment {
    NewCustodyPayment {
        user: user.to_owned(),
        coin: "ltc".to_owned(),
        amount: amount.to_owned(),
        ..NewCustodyPayment::default()
    }
}

#[tokio::test]
async fn a_payment_into_a_balance_is_made_once_followed_and_counts_in_the_ledger() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    let made = owner.custody.make_payment(&payment(&anna, "2")).await.unwrap();
    assert_eq!((made.state, made.kind), (MoveState::Made, MoveKind::Payment), "{made:?}");
    let [asked] = &owner.custody.payments(&anna).await.unwrap()[..] else { panic!("one payment") };
    assert_eq!((asked.status.as_str(), asked.ended, &asked.amount), ("waiting", false, &exact("2")));
    let address = asked.pay_address.clone().unwrap();
    assert!(paydesk_core::qr_codes::qr_code(&address).unwrap().size > 20);
    let due = asked.pay_amount.clone().unwrap();
    let id = asked.id.parse().unwrap();
    let due = serde_json::from_value(serde_json::json!(due.to_string())).unwrap();
    owner.world.simulator.change_payment(id, PaymentChange::Pay(due)).unwrap();
    owner.world.simulator.change_payment(id, PaymentChange::Status(PaymentStatus::Finished)).unwrap();
    let made = wait_for(&owner.core, || owner.moves.get(&made.id), |made| made.ended).await;
    assert_eq!(made.status.as_deref(), Some("finished"));
    owner.custody.refresh_user(&anna).await.unwrap();
    let ledger = owner.ledger(&anna).await;
    assert_eq!((ledger.lines.len(), ledger.lines[0].kind), (1, LedgerKind::Payment), "{ledger:?}");
    assert_eq!(ledger.coins[0].difference, Some(exact("0")));
}

#[tokio::test]
async fn a_payment_whose_answer_was_lost_is_found_among_the_users_payments() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    for (amount, fault) in
        [("1", Fault::DropAfter), ("2", Fault::ServerError { handled: true }), ("3", Fault::Truncated)]
    {
        owner.fault("/sub-partner/payment", fault);
        let made = owner.custody.make_payment(&payment(&anna, amount)).await.unwrap();
        assert_eq!(made.state, MoveState::Made, "{made:?}");
    }
    owner.fault("/sub-partner/payment", Fault::DropBefore);
    let made = owner.custody.make_payment(&payment(&anna, "4")).await.unwrap();
    assert_eq!(made.state, MoveState::Unknown);
    let twin = owner.custody.make_payment(&payment(&anna, "4")).await.unwrap_err();
    assert_eq!(twin.code, FailureCode::UnknownOutcome);
    assert_eq!(
        (owner.calls("POST", "/sub-partner/payment"), owner.custody.payments(&anna).await.unwrap().len()),
        (4, 3)
    );
}

#[tokio::test]
async fn a_list_of_payments_that_nobody_can_read_does_not_hide_what_was_made_here() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    let (method, path) = ("GET".to_owned(), "/sub-partner/payments".to_owned());
    owner.world.simulator.set_fault(FaultRule {
        method,
        path,
        skip: 0,
        times: None,
        fault: Fault::Unreadable,
    });
    let made = owner.custody.make_payment(&payment(&anna, "2")).await.unwrap();
    assert_eq!(made.state, MoveState::Made, "{made:?}");
    owner.custody.refresh_user(&anna).await.unwrap();
    assert_eq!(owner.custody.payments(&anna).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_payment_into_a_balance_that_was_made_elsewhere_is_known_and_goes_on_with_those_of_the_shop() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    let client = owner.world.client();
    let new = CreateCustodyPayment::new("ltc".parse().unwrap(), exact("2"), anna.parse().unwrap());
    let id = client.send(&new).await.unwrap().payment_id;
    let payments = owner.core.shop().unwrap().payments.clone();
    payments.sync_now();
    let status = async |wanted: &str| {
        let is_so = |list: &Vec<CustodyPayment>| list.iter().any(|payment| payment.status == wanted);
        wait_for(&owner.core, || owner.custody.payments(&anna), is_so).await
    };
    assert_eq!(status("waiting").await[0].id, id.as_str());
    let finished = PaymentChange::Status(PaymentStatus::Finished);
    owner.world.simulator.change_payment(id.as_str().parse().unwrap(), finished).unwrap();
    payments.sync_now();
    assert!(status("finished").await[0].ended);
}

#[tokio::test]
async fn balances_from_an_address_that_is_not_allowed_are_refused_in_words() {
    let owner = Owner::new().await;
    let anna = owner.user("anna").await;
    let foreign_address = Some("203.0.113.9".to_owned());
    owner.world.simulator.set_switches(Switches { foreign_address, ..Switches::default() });
    for failure in [
        owner.moves.preview(&deposit(&anna, "btc", "0.5")).await.unwrap_err(),
        owner.custody.refresh_user(&anna).await.unwrap_err(),
    ] {
        assert_eq!(failure.code, FailureCode::AddressNotAllowed, "{failure}");
        assert!(failure.message.contains("203.0.113.9"), "{failure}");
    }
    assert!(owner.custody.user(&anna).await.unwrap().balances_read_at.is_none());
}

#[tokio::test]
async fn a_shop_without_custody_is_never_asked_about_it() {
    let world = World::new(History::None).await;
    let (core, _) = world.open_shop().await;
    let moves = core.shop().unwrap().moves.clone();
    assert!(moves.list().await.unwrap().is_empty());
    core.close().await;
    let asked = |call: &nowpayments_simulator::LoggedCall| {
        call.target.contains("sub-partner") || call.target.contains("conversion")
    };
    assert!(!world.simulator.requests().iter().any(asked));
}

/// Wants one deposit to be there in the end, whatever became of earlier lives.
async fn insist(world: &World, killer: &std::sync::Arc<Killer>) {
    let core = Core::open_with(killer.surroundings(world.surroundings()), world.bases()).await.unwrap();
    core.reopen(|| async { Err(Failure::other("no demo")) }).await.unwrap();
    let moves = core.shop().unwrap().moves.clone();
    let custody = core.shop().unwrap().custody.clone();
    loop {
        let unsettled = moves.unsettled().await.unwrap();
        match unsettled.first() {
            Some(moved) if moved.may_give_up => drop(moves.give_up(&moved.id).await),
            Some(moved) if moved.state == MoveState::Unknown => {
                world.simulator.step(Duration::from_secs(61));
                let _ = moves.look_for(&moved.id).await;
            }
            // Left by the last life: it is taken up by itself.
            Some(moved) => {
                wait_for(&core, || moves.get(&moved.id), |moved| moved.state != MoveState::Sending).await;
            }
            None => {
                custody.refresh().await.unwrap();
                let users =
                    custody.users(&UserQuery { limit: 1, ..UserQuery::default() }).await.unwrap().users;
                let Some(anna) = users.first() else {
                    let _ = custody.make_user("anna").await;
                    continue;
                };
                let there =
                    custody.transfers(&TransferQuery { limit: 1, ..TransferQuery::default() }).await.unwrap();
                if there.total > 0 {
                    break;
                }
                if let Ok(preview) = moves.preview(&deposit(&anna.id, "btc", "0.5")).await {
                    let _ = moves.confirm(&preview.id, &preview.hash, None).await;
                }
            }
        }
    }
    core.close().await;
}

#[test]
fn killed_between_any_two_steps_paydesk_moves_once() {
    let mut kills = 0;
    for step in 0.. {
        let stage =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let world = stage.block_on(async {
            let world = World::new(History::None).await;
            let (core, _) = world.open_shop().await;
            core.close().await;
            world
        });
        let killer = Killer::after(step);
        let done = killer.live(insist(&world, &killer));
        if !done {
            kills += 1;
            let calm = Killer::after(i64::MAX);
            assert!(calm.live(insist(&world, &calm)));
        }
        let theirs = stage.block_on(async { world.simulator.ledger() });
        assert_eq!((theirs.transfers.len(), theirs.customers.len()), (1, 1), "killed after {step}");
        stage.shutdown_background();
        if done {
            break;
        }
    }
    assert!(kills > 10, "a move has more steps than {kills}");
}
