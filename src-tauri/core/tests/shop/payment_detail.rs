//! One payment: what NOWPayments says of it and of what belongs to it, through the cache.

use nowpayments::payments::{CreatePayment, Payment};
use nowpayments_simulator::{Amount, History, PaymentChange, PaymentStatus};
use paydesk_core::{
    Core,
    payments::{PaymentDetail, PaymentTrace, Relation},
};

use crate::common::world::{World, wait_for, wait_for_sync};

async fn create(world: &World) -> Payment {
    let new = CreatePayment::new("25".parse().unwrap(), "usd".parse().unwrap(), "eth".parse().unwrap());
    world.client().send(&new).await.unwrap()
}

fn change(world: &World, id: &str, change: PaymentChange) {
    world.simulator.change_payment(id.parse().unwrap(), change).unwrap();
}

/// The payment once so many payments belong to it.
async fn with_related(core: &Core, id: &str, count: usize) -> PaymentDetail {
    let payments = core.shop().unwrap().payments.clone();
    payments.sync_now();
    wait_for(core, || payments.get(id), |detail| detail.related.payments.len() == count).await
}

#[tokio::test]
async fn a_further_deposit_and_one_in_another_coin_are_found_beside_the_payment() {
    let world = World::new(History::None).await;
    let id = create(&world).await.payment_id.to_string();
    change(&world, &id, PaymentChange::Status(PaymentStatus::Finished));
    change(&world, &id, PaymentChange::Pay(Amount::scaled(1, 3)));
    change(&world, &id, PaymentChange::PayIn(Amount::scaled(5, 0), "usdterc20".to_owned()));
    let (core, _) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;

    let detail = with_related(&core, &id, 2).await;
    assert!(detail.related.payments.iter().all(|related| related.relation == Relation::Repeat));
    assert_eq!(detail.fees.unwrap().currency, "eth");
    let payments = core.shop().unwrap().payments.clone();
    for related in &detail.related.payments {
        let repeat = payments.get(&related.row.id).await.unwrap();
        assert_eq!(repeat.parent_payment_id.as_deref(), Some(id.as_str()));
        let wrong_asset = repeat.row.pay_currency == "usdterc20";
        let origin = if wrong_asset { "WRONG_ASSET" } else { "REPEATED" };
        assert_eq!(repeat.origin_type.as_deref(), Some(origin));
        assert_eq!(repeat.missing.is_some(), !wrong_asset);
        let nearest: Vec<_> = repeat.related.payments.iter().map(|related| related.relation).collect();
        assert_eq!(nearest, [Relation::First, Relation::Sibling]);
    }
}

#[tokio::test]
async fn the_transaction_of_a_payment_is_shown_by_the_explorer_of_its_coin() {
    let world = World::new(History::None).await;
    let id = create(&world).await.payment_id.to_string();
    change(&world, &id, PaymentChange::Pay(Amount::scaled(1, 3)));
    let (core, _) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    let payments = core.shop().unwrap().payments.clone();
    // Payouts are read against the list of coins, which is there from then on.
    let file = "address,currency,amount\nTR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t,trx,1\n";
    core.shop().unwrap().payouts.open_text("coins.csv", file).await.unwrap();
    let detail = payments.get(&id).await.unwrap();
    let hash = detail.payin_hash.unwrap();
    assert_eq!(detail.explorers, [PaymentTrace::Address, PaymentTrace::Payin]);
    let page = payments.explorer_page(&id, PaymentTrace::Payin).await.unwrap();
    assert_eq!(page, format!("https://etherscan.io/tx/{hash}"));
    let answer = payments.answer(&id).await.unwrap();
    assert!(answer.contains(&format!("\"payin_hash\": \"{hash}\"")), "{answer}");
}
