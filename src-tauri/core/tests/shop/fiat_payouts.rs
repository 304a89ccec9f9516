//! Fiat payouts: accounts made known, payouts asked for once whatever happens to the answer, followed to their end, and listed.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use nowpayments::fiat_payouts::{CreateFiatAccount, CreateFiatPayout};
use nowpayments_simulator::{Fault, FiatPayoutStatus, History, Point};
use paydesk_core::{
    Core, Failure, FailureCode,
    audit::AuditArea,
    fiat_payouts::{FiatAccountValue, FiatPayoutQuery, FiatPayouts, NewFiatAccount},
    moves::{Move, MoveState, NewMove},
    notifications::Subject,
};

use crate::common::{
    killer::Killer,
    moving::{Owner, exact, lost_after, lost_before},
    world::{World, wait_for},
};

const IBAN: &str = "DE89370400440532013000";

fn account(currency: &str, method: &str, values: &[(&str, &str)]) -> NewFiatAccount {
    let value = |(name, value): &(&str, &str)| FiatAccountValue {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
    };
    NewFiatAccount {
        provider: "transfi".to_owned(),
        currency: currency.to_owned(),
        method: method.to_owned(),
        country: "de".to_owned(),
        values: values.iter().map(value).collect(),
    }
}

fn sepa() -> NewFiatAccount {
    account("EUR", "sepa_bank", &[("iban", IBAN)])
}

fn payout(coin: &str, amount: &str, currency: &str) -> NewMove {
    NewMove::FiatPayout {
        provider: "transfi".to_owned(),
        coin: coin.to_owned(),
        amount: amount.to_owned(),
        currency: currency.to_owned(),
    }
}

fn of(owner: &Owner) -> FiatPayouts {
    owner.core.shop().unwrap().fiat_payouts.clone()
}

/// A shop with an account for euros.
async fn with_account() -> (Owner, FiatPayouts) {
    account_of(Owner::new().await).await
}

async fn account_of(owner: Owner) -> (Owner, FiatPayouts) {
    let fiat = of(&owner);
    let made = fiat.add_account(&sepa(), None).await.unwrap();
    assert_eq!(made.state, MoveState::Made, "{made:?}");
    (owner, fiat)
}

/// Lets the minute pass that a payout takes.
async fn ended(owner: &Owner, id: &str) -> Move {
    owner.world.simulator.step(Duration::from_secs(90));
    wait_for(&owner.core, || owner.moves.get(id), |moved| moved.ended).await
}

fn asked(owner: &Owner) -> usize {
    owner.world.simulator.ledger().fiat_payouts.len()
}

#[tokio::test]
async fn what_can_be_paid_out_is_shown_with_the_fields_of_each_kind_of_account() {
    let owner = Owner::new().await;
    let fiat = of(&owner);
    let catalogue = fiat.catalogue().await.unwrap();
    let [provider] = &catalogue.providers[..] else { panic!("{catalogue:?}") };
    assert_eq!((provider.code.as_str(), provider.name.as_str()), ("transfi", "TransFi"));
    let currencies: Vec<_> = catalogue.currencies.iter().map(|each| each.currency.as_str()).collect();
    assert_eq!(currencies, ["eur", "idr", "inr", "myr", "php"], "one that is switched off is not there");
    assert!(catalogue.coins.iter().any(|each| each.coin == "usdttrc20"));
    let methods = fiat.methods("transfi", "EUR").await.unwrap();
    let [sepa] = &methods[..] else { panic!("{methods:?}") };
    let fields: Vec<_> = sepa.fields.iter().map(|field| (field.name.as_str(), field.mandatory)).collect();
    assert_eq!((sepa.code.as_str(), fields), ("sepa_bank", vec![("iban", true), ("swiftbic", false)]));
    assert!(fiat.methods("somebody", "eur").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_payout_is_shown_asked_for_and_followed_to_its_end() {
    let (owner, fiat) = with_account().await;
    let preview = owner.moves.preview(&payout("USDTTRC20", "500", "eur")).await.unwrap();
    let about = preview.estimate.clone().unwrap();
    assert_eq!(
        preview.words,
        format!(
            "500 USDTTRC20 leaves the balance of the shop, and TransFi pays it out in EUR to the account SEPA bank transfer …3000. It is \
             worth about {about} EUR now; what TransFi and NOWPayments keep of it, and how much arrives, they do not say \
             beforehand. The shop has 31000 USDTTRC20 before and 30500 USDTTRC20 after. It cannot be taken back."
        )
    );
    assert!(preview.to.is_none());
    let made = owner.moves.confirm(&preview.id, &preview.hash, None).await.unwrap();
    assert_eq!(made.state, MoveState::Made, "{made:?}");
    let again = owner.moves.confirm(&preview.id, &preview.hash, None).await.unwrap();
    assert_eq!(again.made, made.made, "a second press asks for nothing");

    let made = ended(&owner, &made.id).await;
    assert_eq!(made.status.as_deref(), Some("finished"));
    let detail = fiat.get(&made.made.clone().unwrap()).await.unwrap();
    let shown = &detail.payout;
    assert_eq!((shown.made_by.as_deref(), shown.account.as_deref()), (Some(made.id.as_str()), Some("…3000")));
    assert!(shown.request_id.is_some() && shown.ended);
    let came = shown.fiat_amount.clone().unwrap();
    assert_eq!(made.to_amount.as_ref(), Some(&came));
    let steps: Vec<_> = detail.steps.iter().map(|step| step.status.as_str()).collect();
    assert_eq!((steps.first(), steps.last()), (Some(&"new"), Some(&"finished")));

    let theirs = owner.world.simulator.ledger();
    assert!(theirs.conserved);
    assert_eq!((theirs.fiat_payouts.len(), owner.shop_has("usdttrc20").as_str()), (1, "30500"));
    let told = owner.core.shop().unwrap().notifications.list().await.unwrap().entries;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].notification.body, format!("500 USDTTRC20 became {came} EUR."));
    assert_eq!(told[0].notification.subject, Some(Subject::BankPayout { id: shown.id.clone() }));
    let log = owner.core.shop().unwrap().audit.list(None, 10).await.unwrap().entries;
    assert_eq!(log.len(), 5, "an account sent and made, a payout sent, made, and paid: {log:?}");
    assert!(log.iter().all(|entry| entry.area == AuditArea::FiatPayouts));
    assert!(log.iter().all(|entry| !format!("{entry:?}").contains(IBAN)), "{log:?}");
}

#[tokio::test]
async fn where_nobody_says_what_would_arrive_that_is_said() {
    let owner = Owner::new().await;
    let new = account("php", "ph_onb", &[("accountNumber", "111333214444555")]);
    assert_eq!(of(&owner).add_account(&new, None).await.unwrap().state, MoveState::Made);
    let preview = owner.moves.preview(&payout("usdttrc20", "100", "PHP")).await.unwrap();
    assert_eq!(preview.estimate, None);
    assert!(
        preview.words.contains("How much PHP arrives, NOWPayments does not say beforehand."),
        "{}",
        preview.words
    );
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_effect_is_found_and_nothing_is_asked_for_twice() {
    let (owner, _) = with_account().await;
    for (made, fault) in lost_after().into_iter().enumerate() {
        owner.fault("/fiat-payouts", fault.clone());
        let moved = owner.make(payout("usdttrc20", "100", "eur")).await.unwrap();
        assert_eq!(moved.state, MoveState::Made, "{fault:?}: {moved:?}");
        let theirs = owner.world.simulator.ledger();
        assert_eq!(theirs.fiat_payouts.len(), made + 1, "{fault:?}");
        assert_eq!(moved.made, theirs.fiat_payouts.last().map(|payout| payout.id.to_string()));
        ended(&owner, &moved.id).await;
    }
    assert_eq!(owner.calls("POST", "/fiat-payouts"), lost_after().len());
    assert!(owner.world.simulator.ledger().conserved);
}

#[tokio::test]
async fn a_call_that_came_to_nothing_is_not_repeated_and_may_be_given_up_after_looking() {
    let (owner, _) = with_account().await;
    for (calls, fault) in lost_before().into_iter().enumerate() {
        owner.fault("/fiat-payouts", fault.clone());
        let moved = owner.make(payout("usdttrc20", "100", "eur")).await.unwrap();
        assert_eq!(moved.state, MoveState::Unknown, "{fault:?}: {moved:?}");
        let twin = owner.make(payout("usdttrc20", "100", "eur")).await.unwrap_err();
        assert_eq!(twin.code, FailureCode::UnknownOutcome, "{twin}");
        assert_eq!(owner.calls("POST", "/fiat-payouts"), calls + 1, "{fault:?}");
        owner.world.simulator.step(Duration::from_secs(61));
        owner.moves.look_for(&moved.id).await.unwrap();
        owner.world.simulator.step(Duration::from_secs(5));
        assert!(owner.moves.look_for(&moved.id).await.unwrap().may_give_up);
        assert_eq!(owner.moves.give_up(&moved.id).await.unwrap().state, MoveState::GivenUp);
    }
    assert_eq!(asked(&owner), 0);
}

#[tokio::test]
async fn an_expired_token_and_an_answer_out_of_order_ask_once() {
    let (owner, _) = with_account().await;
    for (amount, fault) in [("10", Fault::ExpiredToken), ("20", Fault::OutOfOrder { ms: 50 })] {
        owner.fault("/fiat-payouts", fault);
        let moved = owner.make(payout("usdttrc20", amount, "eur")).await.unwrap();
        assert_eq!(moved.state, MoveState::Made, "{moved:?}");
    }
    assert_eq!(asked(&owner), 2);
}

#[tokio::test]
async fn a_payout_that_nobody_answers_in_time_is_found() {
    let (owner, _) = account_of(Owner::impatient().await).await;
    let held = owner.world.simulator.hold_call("POST", "/fiat-payouts", 0, Point::Arrived);
    let moved = owner.make(payout("usdttrc20", "100", "eur")).await.unwrap();
    assert_eq!(moved.state, MoveState::Unknown, "it has not been handled: {moved:?}");
    drop(held);
    let moved =
        wait_for(&owner.core, || owner.moves.get(&moved.id), |moved| moved.state != MoveState::Unknown).await;
    assert_eq!((moved.state, asked(&owner)), (MoveState::Made, 1));
}

#[tokio::test]
async fn one_that_turns_up_after_it_was_given_up_is_taken_and_told() {
    let (owner, fiat) = account_of(Owner::impatient().await).await;
    let held = owner.world.simulator.hold_call("POST", "/fiat-payouts", 0, Point::Arrived);
    let moved = owner.make(payout("usdttrc20", "100", "eur")).await.unwrap();
    owner.world.simulator.step(Duration::from_secs(61));
    owner.moves.look_for(&moved.id).await.unwrap();
    owner.world.simulator.step(Duration::from_secs(5));
    owner.moves.look_for(&moved.id).await.unwrap();
    assert_eq!(owner.moves.give_up(&moved.id).await.unwrap().state, MoveState::GivenUp);
    drop(held);
    let moved = loop {
        fiat.refresh().await.unwrap();
        let moved = owner.moves.get(&moved.id).await.unwrap();
        if moved.late {
            break moved;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((moved.state, asked(&owner)), (MoveState::Made, 1));
    let told = owner.core.shop().unwrap().notifications.list().await.unwrap().entries;
    assert!(told.iter().any(|entry| entry.notification.title == "It was done after all"), "{told:?}");
}

#[tokio::test]
async fn a_failed_payout_is_followed_and_told_and_the_coins_are_back() {
    let (owner, fiat) = with_account().await;
    owner.world.simulator.pause();
    let moved = owner.make(payout("usdttrc20", "100", "eur")).await.unwrap();
    assert_eq!(owner.shop_has("usdttrc20"), "30900");
    let id = moved.made.clone().unwrap();
    owner.world.simulator.change_fiat_payout(id.parse().unwrap(), FiatPayoutStatus::Failed).unwrap();
    let moved = wait_for(&owner.core, || owner.moves.get(&moved.id), |moved| moved.ended).await;
    assert_eq!((moved.status.as_deref(), moved.to_amount), (Some("failed"), None));
    assert_eq!(
        fiat.get(&id).await.unwrap().payout.error.as_deref(),
        Some("Payout was declined by the provider")
    );
    let told = owner.core.shop().unwrap().notifications.list().await.unwrap().entries;
    assert_eq!(told[0].notification.title, "Bank payout failed");
    assert!(told[0].notification.body.contains("declined by the provider"), "{told:?}");
    assert_eq!(owner.shop_has("usdttrc20"), "31000");
}

#[tokio::test]
async fn payouts_are_listed_by_status_provider_currency_and_time_page_by_page() {
    let (owner, fiat) = with_account().await;
    let client = owner.world.client();
    let php = CreateFiatAccount {
        currency: "php".parse().unwrap(),
        payment_code: "ph_onb".to_owned(),
        fields: BTreeMap::from([("accountNumber".to_owned(), "111333214444555".to_owned())]),
        provider: "transfi".to_owned(),
        country_code: "PH".to_owned(),
    };
    client.send(&php).await.unwrap();
    for (currency, amount) in [("eur", "1"), ("php", "2"), ("eur", "3"), ("php", "4")] {
        let theirs = CreateFiatPayout {
            fiat_currency: currency.parse().unwrap(),
            crypto_currency: "usdttrc20".parse().unwrap(),
            amount: exact(amount),
            provider: "transfi".to_owned(),
        };
        client.send(&theirs).await.unwrap();
    }
    owner.world.simulator.step(Duration::from_secs(90));
    owner.make(payout("usdttrc20", "5", "eur")).await.unwrap();
    fiat.refresh().await.unwrap();
    let all = FiatPayoutQuery { limit: 100, ..FiatPayoutQuery::default() };
    let amounts = async |query: FiatPayoutQuery| {
        let page = fiat.list(&query).await.unwrap();
        let mut amounts: Vec<_> =
            page.payouts.iter().map(|row| row.amount.as_ref().unwrap().to_string()).collect();
        assert_eq!(page.total as usize, amounts.len());
        amounts.sort();
        amounts.join(" ")
    };
    assert_eq!(amounts(all.clone()).await, "1 2 3 4 5");
    assert_eq!(amounts(FiatPayoutQuery { currency: Some("EUR".into()), ..all.clone() }).await, "1 3 5");
    assert_eq!(
        amounts(FiatPayoutQuery { provider: Some("transfi".into()), ..all.clone() }).await,
        "1 2 3 4 5"
    );
    assert_eq!(amounts(FiatPayoutQuery { provider: Some("other".into()), ..all.clone() }).await, "");
    let finished = FiatPayoutQuery { statuses: vec!["FINISHED".into()], ..all.clone() };
    assert_eq!(amounts(finished).await, "1 2 3 4");
    let newest = fiat.list(&all).await.unwrap().payouts[0].clone();
    assert_eq!(amounts(FiatPayoutQuery { since: Some(newest.created_at), ..all.clone() }).await, "5");
    assert_eq!(amounts(FiatPayoutQuery { before: Some(newest.created_at), ..all.clone() }).await, "1 2 3 4");

    let mut query = FiatPayoutQuery { limit: 2, ..FiatPayoutQuery::default() };
    let mut seen = Vec::new();
    loop {
        let page = fiat.list(&query).await.unwrap();
        assert_eq!(
            (page.currencies, page.providers),
            (vec!["eur".to_owned(), "php".into()], vec!["transfi".into()])
        );
        seen.extend(page.payouts.into_iter().map(|row| row.id));
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5);
}

#[tokio::test]
async fn what_is_wrong_with_an_account_or_a_payout_is_said_at_its_field() {
    let owner = Owner::new().await;
    let fiat = of(&owner);
    let at = |failure: Failure| (failure.code, failure.field);
    let invalid = |field: &str| (FailureCode::Invalid, Some(field.to_owned()));
    let refused = async |new: NewFiatAccount| at(fiat.add_account(&new, None).await.unwrap_err());
    assert_eq!(refused(account("eur", "sepa_bank", &[("iban", " ")])).await, invalid("iban"));
    assert_eq!(refused(account("eur", "sepa_bank", &[("iban", "DE\n89")])).await, invalid("iban"));
    assert_eq!(refused(account("inr", "in_imps", &[("accountNumber", "12345678")])).await, invalid("ifsc"));
    assert_eq!(refused(account("eur", "id_bca", &[])).await, invalid("method"));
    assert_eq!(refused(account("thb", "sepa_bank", &[])).await, invalid("currency"));
    assert_eq!(refused(NewFiatAccount { provider: "x".into(), ..sepa() }).await, invalid("provider"));
    assert_eq!(refused(NewFiatAccount { country: "DEU".into(), ..sepa() }).await, invalid("country"));
    assert_eq!(owner.calls("POST", "/fiat-payouts/account"), 0);

    let no_account = owner.moves.preview(&payout("usdttrc20", "1", "eur")).await.unwrap_err();
    assert!(no_account.message.contains("knows no account for EUR yet"), "{no_account}");
    assert_eq!(at(no_account), invalid("currency"));
    fiat.add_account(&sepa(), None).await.unwrap();
    assert_eq!(refused(sepa()).await, invalid("currency"), "there is one already");
    let refused = async |new: NewMove| at(owner.moves.preview(&new).await.unwrap_err());
    assert_eq!(refused(payout("usdttrc20", "1,5", "eur")).await, invalid("amount"));
    assert_eq!(refused(payout("usdttrc20", "31000.5", "eur")).await, invalid("amount"));
    assert_eq!(refused(payout("gold", "1", "eur")).await, invalid("coin"));
    assert_eq!(refused(payout("ltc", "1", "eur")).await, invalid("coin"));
    assert_eq!(refused(payout("usdttrc20", "1", "")).await, invalid("currency"));
    assert_eq!(asked(&owner), 0);
}

#[tokio::test]
async fn an_account_whose_answer_is_lost_is_found_among_the_accounts_and_its_number_is_nowhere_whole() {
    for fault in lost_after() {
        let owner = Owner::new().await;
        owner.fault("/fiat-payouts/account", fault.clone());
        let made = of(&owner).add_account(&sepa(), None).await.unwrap();
        assert_eq!(made.state, MoveState::Made, "{fault:?}: {made:?}");
        assert_eq!(owner.calls("POST", "/fiat-payouts/account"), 1);
        let accounts = of(&owner).accounts().await.unwrap();
        let [account] = &accounts[..] else { panic!("{accounts:?}") };
        assert_eq!(
            (account.account.as_deref(), account.currency.as_str(), made.made.as_deref()),
            (Some("…3000"), "eur", Some(account.id.as_str()))
        );
        assert!(!format!("{made:?} {accounts:?}").contains(IBAN));
    }
    let owner = Owner::new().await;
    owner.fault("/fiat-payouts/account", Fault::DropBefore);
    let unknown = of(&owner).add_account(&sepa(), None).await.unwrap();
    assert_eq!(unknown.state, MoveState::Unknown);
    let twin = of(&owner).add_account(&sepa(), None).await.unwrap_err();
    assert_eq!(twin.code, FailureCode::UnknownOutcome, "{twin}");
    assert_eq!(owner.calls("POST", "/fiat-payouts/account"), 1);
}

/// Does what an owner does who wants one payout, and is patient.
async fn insist(world: &World, killer: &Arc<Killer>) {
    let core = Core::open_with(killer.surroundings(world.surroundings()), world.bases()).await.unwrap();
    core.reopen(|| async { Err(Failure::other("no demo")) }).await.unwrap();
    let (moves, fiat) = {
        let shop = core.shop().unwrap();
        (shop.moves.clone(), shop.fiat_payouts.clone())
    };
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
                fiat.refresh().await.unwrap();
                if fiat.accounts().await.unwrap().is_empty() {
                    let _ = fiat.add_account(&sepa(), None).await;
                    continue;
                }
                let there =
                    fiat.list(&FiatPayoutQuery { limit: 1, ..FiatPayoutQuery::default() }).await.unwrap();
                if there.total > 0 {
                    break;
                }
                if let Ok(preview) = moves.preview(&payout("usdttrc20", "100", "eur")).await {
                    let _ = moves.confirm(&preview.id, &preview.hash, None).await;
                }
            }
        }
    }
    core.close().await;
}

#[test]
fn killed_between_any_two_steps_paydesk_asks_once() {
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
        assert_eq!(theirs.fiat_payouts.len(), 1, "killed after {step}");
        stage.shutdown_background();
        if done {
            break;
        }
    }
    assert!(kills > 10, "a payout has more steps than {kills}");
}
