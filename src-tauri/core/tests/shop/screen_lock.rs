//! The lock of the app, and the rule of two persons.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use nowpayments_simulator::History;
use paydesk_core::{
    Changed, Core, Failure, FailureCode,
    payouts::{batch::BatchState, rules::RulesEdit},
    surroundings::Surroundings,
};
use tokio::sync::broadcast::Receiver;

use crate::common::{
    payouts::{FILE, Owner, PIN},
    world::{World, ahead_by},
};

const LOCK: &str = "7351 door";

/// Core whose clock is as far ahead as is said.
async fn open(world: &World, ahead: &Arc<AtomicI64>) -> Core {
    let ahead = ahead.clone();
    let surroundings = ahead_by(move || ahead.load(Ordering::SeqCst), world.surroundings());
    Core::open_with(surroundings, world.bases()).await.unwrap()
}

/// Waits until it has locked by itself, without asking it anything.
async fn locked(mut changes: Receiver<Changed>) {
    while changes.recv().await.unwrap() != Changed::Lock {}
}

#[tokio::test]
async fn while_it_is_locked_nothing_is_told_of_shops_and_no_command_answers() {
    let world = World::new(History::None).await;
    let ahead = Arc::default();
    let core = open(&world, &ahead).await;
    let shop = core.add_shop(world.new_shop()).await.unwrap();
    core.lock();
    assert!(!core.is_locked(), "there is no PIN yet");
    let state = core.set_lock(LOCK.into(), None, 5).await.unwrap();
    assert_eq!((state.enabled, state.locked, state.after_minutes), (true, false, 5));
    core.lock();
    let state = core.state().await.unwrap();
    assert!(state.lock.locked && state.shops.is_empty() && state.open.is_none());
    let refused = |failure: Failure| assert_eq!(failure.code, FailureCode::Locked);
    refused(core.shop().unwrap_err());
    refused(core.select_shop(&shop.id).await.unwrap_err());
    refused(core.remove_shop(&shop.id, None, 9).await.unwrap_err());
    refused(core.add_shop(world.new_shop()).await.unwrap_err());
    refused(core.open_demo(world.demo()).await.unwrap_err());
    refused(core.remove_lock(LOCK.into()).await.unwrap_err());
    refused(core.set_lock("another pin".into(), Some(LOCK.into()), 5).await.unwrap_err());
    refused(core.set_lock_minutes(60, None).await.unwrap_err());

    assert_eq!(core.unlock("7351 dior".into()).await.unwrap_err().code, FailureCode::WrongPin);
    assert!(core.is_locked());
    core.unlock(LOCK.into()).await.unwrap();
    assert_eq!(core.state().await.unwrap().shops.len(), 1);
    core.shop().unwrap();
    core.close().await;
}

#[tokio::test]
async fn it_begins_locked_and_what_goes_on_by_itself_goes_on() {
    let mut owner = Owner::new().await;
    let batch = owner.sent().await;
    owner.approve(&batch, &owner.code()).await.unwrap();
    owner.core.set_lock(LOCK.into(), None, 5).await.unwrap();
    owner.restart().await;
    assert!(owner.core.is_locked());
    owner.pass(20);
    // The batch is followed to its end, and the owner is told that there is something.
    let mut changes = owner.core.changes();
    let mut news = 0;
    while news == 0 {
        let _: Result<Changed, _> = changes.recv().await;
        news = owner.core.take_news().await;
    }
    owner.core.unlock(LOCK.into()).await.unwrap();
    assert_eq!(owner.get(&batch.summary.id).await.summary.state, BatchState::Finished);
    owner.assert_paid_once();
}

#[tokio::test]
async fn it_locks_by_itself_when_nobody_has_used_it_for_a_while() {
    let world = World::new(History::None).await;
    let ahead = Arc::new(AtomicI64::new(0));
    let core = open(&world, &ahead).await;
    core.set_lock(LOCK.into(), None, 2).await.unwrap();
    ahead.store(100, Ordering::SeqCst);
    core.in_use();
    ahead.store(200, Ordering::SeqCst);
    assert!(!core.is_locked());
    // Any change of the lock has it look at the clock again.
    core.set_lock_minutes(1, None).await.unwrap();
    assert!(!core.is_locked());
    let changes = core.changes();
    ahead.store(261, Ordering::SeqCst);
    locked(changes).await;
    core.in_use();
    assert!(core.is_locked());
    core.close().await;
}

#[tokio::test]
async fn whoever_uses_a_computer_that_slept_too_long_finds_it_locked() {
    let world = World::new(History::None).await;
    let ahead = Arc::new(AtomicI64::new(0));
    let core = open(&world, &ahead).await;
    core.add_shop(world.new_shop()).await.unwrap();
    core.set_lock(LOCK.into(), None, 2).await.unwrap();
    // It is used before it has had its turn to look at the clock.
    ahead.store(121, Ordering::SeqCst);
    core.in_use();
    assert!(core.is_locked());
    core.unlock(LOCK.into()).await.unwrap();
    ahead.store(242, Ordering::SeqCst);
    assert_eq!(core.shop().unwrap_err().code, FailureCode::Locked);
    core.close().await;
}

#[tokio::test]
async fn to_have_it_lock_later_takes_the_pin() {
    let world = World::new(History::None).await;
    let core = open(&world, &Arc::default()).await;
    core.set_lock_minutes(20, None).await.unwrap();
    core.set_lock(LOCK.into(), None, 5).await.unwrap();
    for pin in [None, Some("7351 dior".into())] {
        let failure = core.set_lock_minutes(6, pin).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::WrongPin, Some("pin")));
        assert_eq!(core.lock_state().await.unwrap().after_minutes, 5);
    }
    assert_eq!(core.set_lock_minutes(4, None).await.unwrap().after_minutes, 4);
    assert_eq!(core.set_lock_minutes(60, Some(LOCK.into())).await.unwrap().after_minutes, 60);
    core.close().await;
}

/// Core with a clock that can be set and one that cannot, each as far ahead as is said.
async fn with_clocks(world: &World, set: &Arc<AtomicI64>, passed: &Arc<AtomicI64>) -> Core {
    let (set, passed) = (set.clone(), passed.clone());
    let awake = ahead_by(move || passed.load(Ordering::SeqCst), world.surroundings()).awake;
    let surroundings = ahead_by(move || set.load(Ordering::SeqCst), world.surroundings());
    Core::open_with(Surroundings { awake, ..surroundings }, world.bases()).await.unwrap()
}

#[tokio::test]
async fn a_clock_that_is_set_neither_ends_a_wait_nor_makes_it_longer() {
    let world = World::new(History::None).await;
    let (set, passed) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicI64::new(0)));
    let core = with_clocks(&world, &set, &passed).await;
    core.set_lock(LOCK.into(), None, 5).await.unwrap();
    core.lock();
    for _ in 0..3 {
        core.unlock("wrong pin".into()).await.unwrap_err();
    }
    set.store(7200, Ordering::SeqCst);
    let failure = core.unlock(LOCK.into()).await.unwrap_err();
    assert!(failure.message.contains("Too many wrong PINs"), "{failure}");
    passed.store(31, Ordering::SeqCst);
    core.unlock(LOCK.into()).await.unwrap();

    // Wrong ones while the clock is far ahead, which is put right then.
    core.lock();
    set.store(86_400, Ordering::SeqCst);
    for _ in 0..3 {
        core.unlock("wrong pin".into()).await.unwrap_err();
    }
    core.close().await;
    set.store(0, Ordering::SeqCst);
    let core = with_clocks(&world, &set, &passed).await;
    let until = core.lock_state().await.unwrap().locked_until.unwrap();
    assert!(until <= chrono::Utc::now() + chrono::TimeDelta::seconds(31), "{until}");
    core.unlock(LOCK.into()).await.unwrap_err();
    passed.fetch_add(31, Ordering::SeqCst);
    core.unlock(LOCK.into()).await.unwrap();
    core.close().await;
}

#[tokio::test]
async fn wrong_pins_slow_down_the_next_and_a_restart_does_not_undo_it() {
    let world = World::new(History::None).await;
    let ahead = Arc::new(AtomicI64::new(0));
    let core = open(&world, &ahead).await;
    core.set_lock(LOCK.into(), None, 5).await.unwrap();
    core.lock();
    for _ in 0..3 {
        core.unlock("wrong pin".into()).await.unwrap_err();
    }
    core.close().await;
    let core = open(&world, &ahead).await;
    assert!(core.lock_state().await.unwrap().locked_until.is_some());
    let failure = core.unlock(LOCK.into()).await.unwrap_err();
    assert!(failure.message.contains("Too many wrong PINs"), "{failure}");
    ahead.store(31, Ordering::SeqCst);
    core.unlock(LOCK.into()).await.unwrap();
    assert_eq!(
        core.set_lock("x".into(), Some(LOCK.into()), 5).await.unwrap_err().field.as_deref(),
        Some("pin")
    );
    let failure = core.set_lock("another pin".into(), None, 5).await.unwrap_err();
    assert_eq!(failure.field.as_deref(), Some("current"));
    assert_eq!(core.set_lock_minutes(0, None).await.unwrap_err().field.as_deref(), Some("minutes"));
    core.remove_lock(LOCK.into()).await.unwrap();
    core.lock();
    assert!(!core.is_locked());
    core.close().await;
}

#[tokio::test]
async fn who_has_forgotten_the_pin_begins_anew_without_any_shop() {
    let world = World::new(History::None).await;
    let ahead = Arc::default();
    let core = open(&world, &ahead).await;
    core.add_shop(world.new_shop()).await.unwrap();
    core.set_lock(LOCK.into(), None, 5).await.unwrap();
    core.lock();
    core.forget_all().await.unwrap();
    let state = core.state().await.unwrap();
    assert!(!state.lock.enabled && !state.lock.locked && state.shops.is_empty());
    assert_eq!(std::fs::read_dir(world.folder.path().join("shops")).unwrap().count(), 0);
    core.close().await;
}

#[tokio::test]
async fn with_two_persons_one_sends_and_the_other_approves() {
    let (preparer, approver) = ("prepares 1", "approves 2");
    let owner = Owner::new().await;
    let payouts = owner.payouts();
    for (first, second, field) in
        [("short", approver, "preparer"), (preparer, "short", "approver"), (preparer, preparer, "approver")]
    {
        let failure = payouts.require_two_persons(first.into(), second.into(), None).await.unwrap_err();
        assert_eq!(failure.field.as_deref(), Some(field));
    }
    let rules = payouts.require_two_persons(preparer.into(), approver.into(), None).await.unwrap();
    assert!(rules.two_persons && rules.needs_pin);

    let batch = owner.import(FILE).await;
    let (id, hash) = (batch.summary.id.as_str(), batch.rows_hash.as_str());
    for pin in [None, Some(approver.into())] {
        let failure = payouts.send(id, hash, pin).await.unwrap_err();
        assert_eq!((failure.code, owner.batches()), (FailureCode::WrongPin, 0));
    }
    let batch = payouts.send(id, hash, Some(preparer.into())).await.unwrap();
    let approval = batch.approval.unwrap();
    for pin in [None, Some(preparer.into())] {
        let code = owner.code();
        let failure = payouts.approve_with_code(&approval.id, hash, code.into(), pin).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::WrongPin);
    }
    assert_eq!(owner.paid().len(), 0);
    let code = owner.code();
    payouts.approve_with_code(&approval.id, hash, code.into(), Some(approver.into())).await.unwrap();
    owner.finish(id).await;
    owner.assert_paid_once();

    // What guards the money is loosened by whoever approves, and one person is enough again when both say so.
    let rules = |limit: &str| RulesEdit {
        batch_limit: limit.to_owned(),
        part_size: "1000".to_owned(),
        ..RulesEdit::default()
    };
    payouts.set_rules(&rules("5"), None).await.unwrap();
    payouts.set_rules(&rules("6"), Some(preparer.into())).await.unwrap_err();
    payouts.set_rules(&rules("6"), Some(approver.into())).await.unwrap();
    payouts.require_one_person(preparer.into(), preparer.into()).await.unwrap_err();
    assert!(payouts.rules().await.unwrap().two_persons);
    let rules = payouts.require_one_person(preparer.into(), approver.into()).await.unwrap();
    assert!(!rules.two_persons);
}

#[tokio::test]
async fn where_codes_are_made_on_the_device_the_one_with_that_pin_approves() {
    let owner = Owner::new().await;
    owner.enrol().await;
    let payouts = owner.payouts();
    let failure =
        payouts.require_two_persons("prepares 1".into(), "approves 2".into(), None).await.unwrap_err();
    assert_eq!(failure.field.as_deref(), Some("approver"));
    payouts.require_two_persons("prepares 1".into(), PIN.into(), None).await.unwrap();
    owner.pass(31);
    let batch = owner.import(FILE).await;
    let batch = payouts.send(&batch.summary.id, &batch.rows_hash, Some("prepares 1".into())).await.unwrap();
    owner.approve_with_pin(&batch, "prepares 1").await.unwrap_err();
    owner.approve_with_pin(&batch, PIN).await.unwrap();
    owner.finish(&batch.summary.id).await;
    owner.assert_paid_once();
}
