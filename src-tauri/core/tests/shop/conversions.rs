//! Conversions: estimated, made once whatever happens to the answer, followed to their end, and listed.

use std::time::Duration;

use nowpayments::conversions::CreateConversion;
use nowpayments_simulator::{ConversionStatus, Fault, Point, Switches};
use paydesk_core::{
    FailureCode,
    attention::UnclearPlace,
    audit::AuditArea,
    conversions::{ConversionQuery, ConversionRequest},
    moves::MoveState,
    notifications::Subject,
};

use crate::common::{
    moving::{Owner, conversion, exact, lost_after, lost_before},
    world::{unclear, wait_for},
};

fn question(from: &str, to: &str, amount: &str) -> ConversionRequest {
    ConversionRequest { from_coin: from.to_owned(), to_coin: to.to_owned(), amount: amount.to_owned() }
}

#[tokio::test]
async fn a_conversion_is_estimated_made_and_followed_to_its_end() {
    let owner = Owner::new().await;
    let quote = owner.conversions.quote(question("LTC", "usdttrc20", "10")).await.unwrap();
    assert!(quote.enough && quote.estimate.is_positive() && quote.rate.is_some());
    assert_eq!(quote.balance, Some(exact("96.4")));

    let preview = owner.moves.preview(&conversion("ltc", "usdttrc20", "10")).await.unwrap();
    let about = preview.estimate.clone().unwrap();
    assert_eq!(
        preview.words,
        format!(
            "10 LTC of the shop's balance becomes about {about} USDTTRC20. The rate is that of the moment in which NOWPayments \
             converts it, so that it may be more or less. The shop has 96.4 LTC before and 86.4 LTC after. It cannot be taken \
             back: only another conversion, at its own rate, leads back."
        )
    );
    let made = owner.moves.confirm(&preview.id, &preview.hash, None).await.unwrap();
    assert_eq!(made.state, MoveState::Made, "{made:?}");
    let made = owner.ended(&made.id).await;
    assert_eq!(made.status.as_deref(), Some("finished"));
    let listed = owner.conversions.get(&made.made.clone().unwrap()).await.unwrap();
    assert_eq!((listed.made_by.as_deref(), listed.ended), (Some(made.id.as_str()), true));
    let comes = listed.to_amount.unwrap();
    assert_eq!(made.to_amount.as_ref(), Some(&comes));
    assert!(listed.rate.unwrap().value.is_positive());

    let theirs = owner.world.simulator.ledger();
    assert!(theirs.conserved);
    assert_eq!((theirs.conversions.len(), owner.shop_has("ltc").as_str()), (1, "86.4"));
    let told = owner.core.shop().unwrap().notifications.list().await.unwrap().entries;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].notification.body, format!("10 LTC became {comes} USDTTRC20."));
    assert_eq!(told[0].notification.subject, Some(Subject::Conversion { id: listed.id }));
    let log = owner.core.shop().unwrap().audit.list(None, 10).await.unwrap().entries;
    assert_eq!(log.len(), 3, "sent, made, converted: {log:?}");
    assert!(
        log.iter().all(|entry| entry.area == AuditArea::Conversions && entry.subject == "LTC → USDTTRC20")
    );
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_effect_is_found_and_nothing_is_converted_twice() {
    let owner = Owner::new().await;
    for (made, fault) in lost_after().into_iter().enumerate() {
        owner.fault("/conversion", fault.clone());
        let moved = owner.make(conversion("ltc", "trx", "1.5")).await.unwrap();
        assert_eq!(moved.state, MoveState::Made, "{fault:?}: {moved:?}");
        let theirs = owner.world.simulator.ledger();
        assert_eq!(theirs.conversions.len(), made + 1, "{fault:?}");
        assert_eq!(moved.made, theirs.conversions.last().map(|conversion| conversion.id.to_string()));
        owner.ended(&moved.id).await;
    }
    assert_eq!(owner.calls("POST", "/conversion"), lost_after().len());
    assert!(owner.world.simulator.ledger().conserved);
}

#[tokio::test]
async fn a_call_that_came_to_nothing_is_not_repeated_and_may_be_given_up_after_looking() {
    let owner = Owner::new().await;
    for (calls, fault) in lost_before().into_iter().enumerate() {
        owner.fault("/conversion", fault.clone());
        let moved = owner.make(conversion("ltc", "trx", "1.5")).await.unwrap();
        assert_eq!(moved.state, MoveState::Unknown, "{fault:?}: {moved:?}");
        let twin = owner.make(conversion("ltc", "trx", "1.5")).await.unwrap_err();
        assert_eq!(twin.code, FailureCode::UnknownOutcome, "{twin}");
        assert_eq!(owner.calls("POST", "/conversion"), calls + 1, "{fault:?}");
        owner.world.simulator.step(Duration::from_secs(61));
        owner.moves.look_for(&moved.id).await.unwrap();
        owner.world.simulator.step(Duration::from_secs(5));
        assert!(owner.moves.look_for(&moved.id).await.unwrap().may_give_up);
        assert_eq!(owner.moves.give_up(&moved.id).await.unwrap().state, MoveState::GivenUp);
    }
    assert!(owner.world.simulator.ledger().conversions.is_empty());
}

#[tokio::test]
async fn an_expired_token_and_an_answer_out_of_order_convert_once() {
    let owner = Owner::new().await;
    for (amount, fault) in [("1", Fault::ExpiredToken), ("2", Fault::OutOfOrder { ms: 50 })] {
        owner.fault("/conversion", fault);
        let moved = owner.make(conversion("ltc", "trx", amount)).await.unwrap();
        assert_eq!(moved.state, MoveState::Made, "{moved:?}");
    }
    assert_eq!(owner.world.simulator.ledger().conversions.len(), 2);
}

#[tokio::test]
async fn a_conversion_that_nobody_answers_in_time_is_found() {
    let owner = Owner::impatient().await;
    let held = owner.world.simulator.hold_call("POST", "/conversion", 0, Point::Arrived);
    let moved = owner.make(conversion("ltc", "trx", "1")).await.unwrap();
    assert_eq!(moved.state, MoveState::Unknown, "it has not been handled: {moved:?}");
    assert_eq!(unclear(&owner.core).await, [(UnclearPlace::Conversions, 1)]);
    drop(held);
    let moved =
        wait_for(&owner.core, || owner.moves.get(&moved.id), |moved| moved.state != MoveState::Unknown).await;
    assert_eq!(moved.state, MoveState::Made);
    assert_eq!(owner.world.simulator.ledger().conversions.len(), 1);
}

#[tokio::test]
async fn a_rejected_conversion_is_followed_and_told() {
    let owner = Owner::new().await;
    owner.world.simulator.pause();
    let moved = owner.make(conversion("ltc", "trx", "1")).await.unwrap();
    let id = moved.made.unwrap().parse().unwrap();
    owner.world.simulator.change_conversion(id, ConversionStatus::Rejected).unwrap();
    let moved = wait_for(&owner.core, || owner.moves.get(&moved.id), |moved| moved.ended).await;
    assert_eq!((moved.status.as_deref(), moved.to_amount), (Some("rejected"), None));
    let told = owner.core.shop().unwrap().notifications.list().await.unwrap().entries;
    assert_eq!(told[0].notification.title, "Conversion rejected");
    assert_eq!(owner.shop_has("ltc"), "96.4");
}

#[tokio::test]
async fn conversions_are_listed_by_status_coins_and_time_page_by_page() {
    let owner = Owner::new().await;
    for (from, to, amount) in
        [("ltc", "trx", "1"), ("ltc", "btc", "2"), ("sol", "trx", "3"), ("ltc", "trx", "4")]
    {
        let theirs = CreateConversion {
            amount: exact(amount),
            from_currency: from.parse().unwrap(),
            to_currency: to.parse().unwrap(),
        };
        owner.world.client().send(&theirs).await.unwrap();
    }
    owner.world.simulator.step(Duration::from_secs(60));
    owner.make(conversion("sol", "btc", "5")).await.unwrap();
    owner.conversions.refresh().await.unwrap();
    let all = ConversionQuery { limit: 100, ..ConversionQuery::default() };
    let amounts = async |query: ConversionQuery| {
        let page = owner.conversions.list(&query).await.unwrap();
        let mut amounts: Vec<_> = page.conversions.iter().map(|row| row.from_amount.to_string()).collect();
        assert_eq!(page.total as usize, amounts.len());
        amounts.sort();
        amounts.join(" ")
    };
    assert_eq!(amounts(all.clone()).await, "1 2 3 4 5");
    assert_eq!(amounts(ConversionQuery { from_coin: Some("LTC".into()), ..all.clone() }).await, "1 2 4");
    let both = ConversionQuery { from_coin: Some("ltc".into()), to_coin: Some("trx".into()), ..all.clone() };
    assert_eq!(amounts(both).await, "1 4");
    assert_eq!(
        amounts(ConversionQuery { statuses: vec!["FINISHED".into()], ..all.clone() }).await,
        "1 2 3 4"
    );
    let newest = owner.conversions.list(&all).await.unwrap().conversions[0].clone();
    assert_eq!(amounts(ConversionQuery { since: Some(newest.created_at), ..all.clone() }).await, "5");
    assert_eq!(amounts(ConversionQuery { before: Some(newest.created_at), ..all.clone() }).await, "1 2 3 4");

    let mut query = ConversionQuery { limit: 2, ..ConversionQuery::default() };
    let mut seen = Vec::new();
    loop {
        let page = owner.conversions.list(&query).await.unwrap();
        assert_eq!(page.coins, ["btc", "ltc", "sol", "trx"]);
        seen.extend(page.conversions.into_iter().map(|row| row.id));
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
async fn what_cannot_be_converted_is_said_at_its_field() {
    let owner = Owner::new().await;
    let check = async |request: ConversionRequest, field: &str| {
        let failure = owner.conversions.quote(request).await.unwrap_err();
        assert_eq!(
            (failure.code, failure.field.as_deref()),
            (FailureCode::Invalid, Some(field)),
            "{failure}"
        );
    };
    check(question("ltc", "trx", "1,5"), "amount").await;
    check(question("gold", "trx", "1"), "from_coin").await;
    check(question("ltc", "gold", "1"), "to_coin").await;
    let failure = owner.moves.preview(&conversion("ltc", "LTC", "1")).await.unwrap_err();
    assert_eq!(failure.field.as_deref(), Some("to_coin"));
    let failure = owner.moves.preview(&conversion("ltc", "trx", "100")).await.unwrap_err();
    assert_eq!(
        failure.message,
        "The shop has 96.4 LTC, and this takes 100 LTC: 3.6 LTC is missing. Nothing was moved."
    );
    let quote = owner.conversions.quote(question("ltc", "trx", "100")).await.unwrap();
    assert!(!quote.enough);
    let foreign_address = Some("203.0.113.9".to_owned());
    owner.world.simulator.set_switches(Switches { foreign_address, ..Switches::default() });
    let quote = owner.conversions.quote(question("ltc", "trx", "1")).await.unwrap();
    assert!(quote.enough && quote.balance.is_none() && quote.trouble.unwrap().contains("203.0.113.9"));
}

#[tokio::test]
async fn an_amount_of_which_nothing_would_come_is_refused_with_about_how_much_it_takes() {
    let owner = Owner::new().await;
    let failure = owner.conversions.quote(question("trx", "btc", "0.000001")).await.unwrap_err();
    assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::Invalid, Some("amount")), "{failure}");
    let least = failure.message.split("more than about ").nth(1).unwrap().split(' ').next().unwrap();
    assert_eq!(
        failure.message,
        format!(
            "0.000001 TRX is too little to be converted: no BTC would come of it. It takes more than about {least} TRX. \
             Nothing was done."
        )
    );
    let twice = exact(least) + exact(least);
    let quote = owner.conversions.quote(question("trx", "btc", &twice.to_string())).await;
    assert!(quote.is_ok_and(|quote| quote.estimate.is_positive()), "{twice} TRX is more than that");
    let shown = owner.moves.preview(&conversion("ltc", "btc", "0.00000001")).await.unwrap_err();
    assert_eq!(shown.field.as_deref(), Some("amount"), "{shown}");
}

#[tokio::test]
async fn money_that_has_gone_since_it_was_shown_is_not_converted() {
    let owner = Owner::new().await;
    let preview = owner.moves.preview(&conversion("ltc", "usdttrc20", "10")).await.unwrap();
    let theirs = CreateConversion {
        amount: exact("90"),
        from_currency: "ltc".parse().unwrap(),
        to_currency: "trx".parse().unwrap(),
    };
    owner.world.client().send(&theirs).await.unwrap();
    let failure = owner.moves.confirm(&preview.id, &preview.hash, None).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Invalid, "{failure}");
    assert!(failure.message.contains("3.6 LTC is missing"), "{failure}");
    assert_eq!(owner.world.simulator.ledger().conversions.len(), 1);
}
