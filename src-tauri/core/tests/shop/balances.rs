//! What the shop holds, as NOWPayments says it and as it changed.

use std::collections::BTreeMap;

use nowpayments::Amount;
use nowpayments_simulator::{Fault, FaultRule, History, Switches};
use paydesk_core::{FailureCode, balances::Balances};

use crate::common::world::World;

fn amounts(balances: &Balances) -> Vec<(&str, String)> {
    balances.coins.iter().map(|coin| (coin.coin.as_str(), coin.amount.to_string())).collect()
}

fn set(world: &World, json: &str) {
    world.simulator.set_balances(&serde_json::from_str(json).unwrap()).unwrap();
}

#[tokio::test]
async fn balances_are_those_of_the_books_with_their_worth_and_the_most_valuable_first() {
    let world = World::new(History::Orders(300)).await;
    world.simulator.pause();
    let (core, _) = world.open_shop().await;
    let held = core.shop().unwrap().balance.read().await.unwrap();
    let ours: BTreeMap<_, _> = held
        .coins
        .iter()
        .map(|coin| (coin.coin.clone(), (coin.amount.to_string(), coin.pending.to_string())))
        .collect();
    let accounts = world.simulator.ledger().accounts.into_iter();
    let theirs: BTreeMap<_, _> = accounts
        .map(|(coin, account)| (coin, (account.balance.to_string(), account.pending.to_string())))
        .filter(|(coin, (amount, _))| ours.contains_key(coin) || amount != "0")
        .collect();
    assert_eq!(ours, theirs);
    assert!(ours.len() > 3 && held.without_worth == 0, "{held:?}");
    assert_eq!(held.coins.iter().filter_map(|coin| coin.worth.as_ref()).sum::<Amount>(), held.worth);
    assert!(held.coins.is_sorted_by(|one, other| one.worth >= other.worth));
    assert!(held.read_at.is_some() && held.trouble.is_none());
}

#[tokio::test]
async fn a_coin_that_is_gone_is_gone_and_its_history_says_so() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    set(&world, r#"{"trx": "100", "eth": "2"}"#);
    let (core, _) = world.open_shop().await;
    let balance = core.shop().unwrap().balance.clone();
    balance.read().await.unwrap();
    set(&world, r#"{"trx": "60.5", "eth": "0"}"#);
    let held = balance.read().await.unwrap();
    assert!(amounts(&held).contains(&("trx", "60.5".to_owned())), "{held:?}");
    let now = async |coin: &str| {
        let history = balance.history(coin, 30).await.unwrap();
        history.days.last().map(|day| day.amount.to_string())
    };
    assert_eq!((now("trx").await.as_deref(), now("eth").await.as_deref()), (Some("60.5"), Some("0")));
}

#[tokio::test]
async fn what_was_read_stays_with_the_reason_when_it_cannot_be_read_again() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    set(&world, r#"{"trx": "100"}"#);
    let (core, _) = world.open_shop().await;
    let balance = core.shop().unwrap().balance.clone();
    let before = balance.read().await.unwrap();
    world
        .simulator
        .set_switches(Switches { foreign_address: Some("203.0.113.9".to_owned()), ..Switches::default() });
    let failure = balance.read().await.unwrap_err();
    assert_eq!(failure.code, FailureCode::AddressNotAllowed);
    let held = balance.held().await.unwrap();
    assert_eq!(amounts(&held), amounts(&before));
    assert!(held.read_at >= before.read_at);
    assert_eq!(held.trouble.map(|trouble| trouble.code), Some(FailureCode::AddressNotAllowed));
    world.simulator.set_switches(Switches::default());
    assert_eq!(balance.read().await.unwrap().trouble, None);
}

#[tokio::test]
async fn without_a_rate_the_coins_are_shown_all_the_same() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    set(&world, r#"{"trx": "100"}"#);
    world.simulator.set_fault(FaultRule {
        method: "GET".to_owned(),
        path: "/estimate".to_owned(),
        skip: 0,
        times: None,
        fault: Fault::ServerError { handled: false },
    });
    let (core, _) = world.open_shop().await;
    let balance = core.shop().unwrap().balance.clone();
    let held = balance.read().await.unwrap();
    assert!(held.without_worth >= 1 && held.worth.is_zero(), "{held:?}");
    world.simulator.clear_faults();
    let held = balance.read().await.unwrap();
    assert!(held.without_worth == 0 && held.worth.is_positive(), "{held:?}");
}

#[tokio::test]
async fn worths_are_told_in_the_currency_of_the_shop_and_kept_ones_in_their_own() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    set(&world, r#"{"trx": "100"}"#);
    let (core, shop) = world.open_shop().await;
    let before = core.shop().unwrap().balance.read().await.unwrap();
    assert_eq!(before.worth_currency, "usd");
    let fault = Fault::ServerError { handled: false };
    let (method, path) = ("GET".to_owned(), "/balance".to_owned());
    world.simulator.set_fault(FaultRule { method, path, skip: 0, times: None, fault });
    core.set_shop_currency(&shop.id, "eur").await.unwrap();
    let kept = core.shop().unwrap().balance.held().await.unwrap();
    assert_eq!((kept.worth_currency.as_str(), &kept.worth), ("usd", &before.worth));

    world.simulator.clear_faults();
    let now = core.shop().unwrap().balance.read().await.unwrap();
    assert_eq!(now.worth_currency, "eur");
    assert_ne!(now.worth, before.worth);
    let failure = core.set_shop_currency(&shop.id, "btc").await.unwrap_err();
    assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::Invalid, Some("currency")));
}
