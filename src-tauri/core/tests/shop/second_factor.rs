//! Codes that are made on the device, and the PIN that guards them.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use nowpayments_simulator::{Fault, History};
use paydesk_core::{
    Core, Failure, FailureCode,
    payouts::{batch::BatchState, rules::RulesEdit},
    second_factor::Enrolment,
    secrets::Secret,
    surroundings::Surroundings,
};
use secrecy::ExposeSecret;

use crate::common::{
    payouts::{Owner, PIN},
    world::{World, ahead_by},
};

#[tokio::test]
async fn a_pin_approves_and_a_wrong_one_sends_nothing() {
    let owner = Owner::new().await;
    owner.enrol().await;
    let state = owner.core.shop().unwrap().second_factor.get().await.unwrap();
    assert!(
        state.enrolled && !state.short_secret && state.pins_left == 10 && state.clock_skew.is_some(),
        "{state:?}"
    );
    let batch = owner.sent().await;
    let failure = owner.approve_with_pin(&batch, "another pin").await.unwrap_err();
    assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::WrongPin, Some("pin")));
    assert_eq!(owner.calls("POST", &format!("payout/{}/verify", batch.provider_id.as_ref().unwrap())), 0);
    let batch = owner.approve_with_pin(&batch, PIN).await.unwrap();
    assert_eq!(batch.summary.state, BatchState::Verified);
    owner.finish(&batch.summary.id).await;
    owner.assert_paid_once();
    assert_eq!(owner.core.shop().unwrap().second_factor.get().await.unwrap().pins_left, 10);
}

#[tokio::test]
async fn a_pin_given_again_after_a_lost_answer_does_not_pay_twice() {
    let owner = Owner::new().await;
    owner.enrol().await;
    let batch = owner.sent().await;
    owner.fault("POST", "/payout/:id/verify", Fault::DropBefore);
    let failure = owner.approve_with_pin(&batch, PIN).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::UnknownOutcome);
    owner.pass(31);
    owner.payouts().look(&batch.summary.id).await.unwrap();
    let batch = owner.approve_with_pin(&batch, PIN).await.unwrap();
    assert_eq!(batch.summary.state, BatchState::Verified);
    owner.finish(&batch.summary.id).await;
    owner.assert_paid_once();
}

#[tokio::test]
async fn nothing_is_kept_before_a_code_has_proved_the_secret() {
    let owner = Owner::new().await;
    let factor = owner.core.shop().unwrap().second_factor.clone();
    let secret = owner.world.simulator.credentials().totp_secret;
    for (secret, pin, code, field) in [
        (secret.as_str(), PIN, owner.wrong_code(), "code"),
        ("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", PIN, owner.code(), "code"),
        ("not a secret", PIN, owner.code(), "secret"),
        (secret.as_str(), "123456", owner.code(), "pin"),
        (secret.as_str(), PIN, "12345".to_owned(), "code"),
    ] {
        let enrolment =
            Enrolment { secret: secret.into(), pin: pin.into(), code: code.into(), current: None };
        let failure = factor.enrol(enrolment).await.unwrap_err();
        assert_eq!(
            (failure.code, failure.field.as_deref()),
            (FailureCode::Invalid, Some(field)),
            "{failure}"
        );
    }
    assert!(!factor.get().await.unwrap().enrolled);
    let shop = owner.core.shop().unwrap().shop.id.clone();
    assert!(owner.world.surroundings().keychain.read(&shop, Secret::SealedTotp).await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_kept_shows_neither_the_secret_nor_the_pin_and_can_be_forgotten() {
    let owner = Owner::new().await;
    owner.enrol().await;
    let shop = owner.core.shop().unwrap().shop.id.clone();
    let keychain = owner.world.surroundings().keychain;
    let sealed = keychain.read(&shop, Secret::SealedTotp).await.unwrap().unwrap();
    let secret = owner.world.simulator.credentials().totp_secret;
    assert!(!sealed.expose_secret().contains(&secret) && !sealed.expose_secret().contains(PIN));
    let state = owner.core.shop().unwrap().second_factor.forget(Some(PIN.into())).await.unwrap();
    assert!(!state.enrolled);
    assert!(keychain.read(&shop, Secret::SealedTotp).await.unwrap().is_none());
    let batch = owner.sent().await;
    let failure = owner.approve_with_pin(&batch, PIN).await.unwrap_err();
    assert!(failure.message.contains("phone"), "{failure}");
}

fn limit(batch_limit: &str) -> RulesEdit {
    let (batch_limit, part_size) = (batch_limit.to_owned(), "1000".to_owned());
    RulesEdit { batch_limit, part_size, ..RulesEdit::default() }
}

/// A secret of somebody else's, with a PIN of theirs, which they can prove.
fn somebody_elses(owner: &Owner, current: Option<&str>) -> Enrolment {
    Enrolment {
        secret: owner.world.simulator.credentials().totp_secret.into(),
        pin: "their own pin".into(),
        code: owner.code().into(),
        current: current.map(Into::into),
    }
}

#[tokio::test]
async fn the_secret_is_forgotten_and_replaced_with_its_pin_only() {
    let owner = Owner::new().await;
    owner.enrol().await;
    let factor = owner.core.shop().unwrap().second_factor.clone();
    for pin in [None, Some("another pin".into())] {
        let failure = factor.forget(pin).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::WrongPin, Some("pin")));
    }
    for current in [None, Some("another pin")] {
        let failure = factor.enrol(somebody_elses(&owner, current)).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::WrongPin, Some("current")));
    }
    assert!(factor.get().await.unwrap().enrolled);
    assert_eq!(factor.get().await.unwrap().pins_left, 8, "what was not given does not count");
    owner.payouts().set_rules(&limit("5"), None).await.unwrap();
    owner.payouts().set_rules(&limit("6"), None).await.unwrap_err();

    factor.enrol(somebody_elses(&owner, Some(PIN))).await.unwrap();
    owner.payouts().set_rules(&limit("6"), Some("their own pin".into())).await.unwrap();
    assert!(!factor.forget(Some("their own pin".into())).await.unwrap().enrolled);
    assert!(!factor.forget(None).await.unwrap().enrolled, "nothing is left to be forgotten");
}

#[tokio::test]
async fn where_no_secret_is_sealed_the_lock_guards_the_rules_and_what_would_guard_them() {
    let owner = Owner::new().await;
    let (payouts, factor) = (owner.payouts().clone(), owner.core.shop().unwrap().second_factor.clone());
    payouts.set_rules(&limit("5"), None).await.unwrap();
    payouts.set_rules(&limit("6"), None).await.unwrap();
    owner.core.set_lock("7351 door".into(), None, 10).await.unwrap();
    let rules = payouts.rules().await.unwrap();
    assert!(rules.needs_pin && rules.lock_pin && !rules.two_persons, "{rules:?}");
    let failure = payouts.set_rules(&limit("7"), None).await.unwrap_err();
    assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::WrongPin, Some("pin")));
    payouts.set_rules(&limit("7"), Some("7531 door".into())).await.unwrap_err();
    payouts.set_rules(&limit("7"), Some("7351 door".into())).await.unwrap();

    // Nobody puts a PIN of their own in its place.
    for current in [None, Some("their own pin")] {
        let failure = factor.enrol(somebody_elses(&owner, current)).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::WrongPin, Some("current")));
    }
    let failure =
        payouts.require_two_persons("prepares 1".into(), "approves 2".into(), None).await.unwrap_err();
    assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::WrongPin, Some("lock")));
    assert!(!payouts.rules().await.unwrap().two_persons);
    factor.enrol(somebody_elses(&owner, Some("7351 door"))).await.unwrap();
    let rules = payouts.rules().await.unwrap();
    assert!(rules.needs_pin && !rules.lock_pin, "{rules:?}");
}

#[tokio::test]
async fn a_sealed_secret_that_vanished_does_not_open_the_rules() {
    let owner = Owner::new().await;
    owner.enrol().await;
    let payouts = owner.payouts().clone();
    let factor = owner.core.shop().unwrap().second_factor.clone();
    payouts.set_rules(&limit("5"), None).await.unwrap();
    let shop = owner.core.shop().unwrap().shop.id.clone();
    owner.world.surroundings().keychain.delete(&shop, Secret::SealedTotp).await.unwrap();
    for _ in 0..3 {
        let failure = payouts.set_rules(&limit("6"), Some(PIN.into())).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::Keychain, "{failure}");
        assert!(!factor.get().await.unwrap().enrolled);
    }
    assert!(payouts.rules().await.unwrap().needs_pin);
    owner.core.set_lock("7351 door".into(), None, 10).await.unwrap();
    payouts.set_rules(&limit("6"), None).await.unwrap_err();
    payouts.set_rules(&limit("6"), Some("7351 door".into())).await.unwrap();
    factor.enrol(somebody_elses(&owner, Some("7351 door"))).await.unwrap();
    payouts.set_rules(&limit("7"), Some("their own pin".into())).await.unwrap();

    // One that is damaged is forgotten, and the rules stay closed all the same.
    owner.core.remove_lock("7351 door".into()).await.unwrap();
    let keychain = owner.world.surroundings().keychain;
    keychain.store(&shop, Secret::SealedTotp, "not what was sealed".into()).await.unwrap();
    assert!(!factor.forget(Some("any pin".into())).await.unwrap().enrolled);
    assert_eq!(payouts.set_rules(&limit("8"), None).await.unwrap_err().code, FailureCode::Keychain);
}

/// Surroundings with a clock that can be moved ahead.
fn surroundings(world: &World, ahead: &Arc<AtomicI64>) -> Surroundings {
    let ahead = ahead.clone();
    ahead_by(move || ahead.load(Ordering::SeqCst), world.surroundings())
}

#[tokio::test]
async fn wrong_pins_slow_down_then_delete_the_secret_and_a_restart_does_not_help() {
    let ahead = Arc::<AtomicI64>::default();
    let world = World::new(History::None).await;
    let core = Core::open_with(surroundings(&world, &ahead), world.bases()).await.unwrap();
    core.add_shop(world.new_shop()).await.unwrap();
    let mut owner = Owner { core, world };
    owner.enrol().await;
    let batch = owner.sent().await;

    let mut waits = Vec::new();
    for wrong in 1..=10 {
        let failure = owner.approve_with_pin(&batch, "another pin").await.unwrap_err();
        assert_eq!(failure.code, FailureCode::WrongPin);
        let state = owner.core.shop().unwrap().second_factor.get().await.unwrap();
        if wrong == 10 {
            assert!(!state.enrolled && failure.message.contains("deleted"), "{failure}");
            break;
        }
        assert_eq!((state.pins_left, state.enrolled), (10 - wrong, true));
        let Some(until) = state.locked_until else { continue };
        // Not even the right one is taken before its time, also not after a restart.
        owner.core.close().await;
        owner.core = Core::open_with(surroundings(&owner.world, &ahead), owner.world.bases()).await.unwrap();
        owner.core.reopen(|| async { Err(Failure::other("no demo")) }).await.unwrap();
        let failure = owner.approve_with_pin(&batch, PIN).await.unwrap_err();
        assert!(failure.code == FailureCode::WrongPin && failure.message.contains("Too many"), "{failure}");
        let wait = (until - surroundings(&owner.world, &ahead).now()).num_seconds() + 1;
        waits.push(wait);
        ahead.fetch_add(wait, Ordering::SeqCst);
        // The clock of this computer was moved and the provider's was not: an answer of it shows how far they are apart.
        owner.payouts().look(&batch.summary.id).await.unwrap();
    }
    assert_eq!(waits.len(), 7);
    assert!(
        waits.windows(2).all(|pair| pair[1] > pair[0] * 3 / 2) && (20..=31).contains(&waits[0]),
        "{waits:?}"
    );
    let shop = owner.core.shop().unwrap().shop.id.clone();
    assert!(owner.world.surroundings().keychain.read(&shop, Secret::SealedTotp).await.unwrap().is_none());
    assert_eq!(owner.calls("POST", &format!("payout/{}/verify", batch.provider_id.as_ref().unwrap())), 0);
}
