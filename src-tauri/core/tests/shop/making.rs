//! Making payments and invoices: priced before they are sent, made once whatever happens to the answer, and followed.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use futures_util::TryStreamExt;
use nowpayments::{
    Amount,
    payments::{ListPayments, Payment, PaymentStatus as Status},
};
use nowpayments_simulator::{Fault, FaultRule, History, LoggedCall, PaymentChange, PaymentStatus};
use paydesk_core::{
    Core, Failure, FailureCode,
    attention::UnclearPlace,
    invoices::{InvoiceState, NewInvoice, NewInvoicePayment},
    payments::{
        MadePayment, MadeState, NewPayment, PaymentDraft, Payments, QuoteRequest, SandboxCase, Terms,
    },
    shops::{Environment, NewShop},
};

use crate::common::{
    killer::Killer,
    world::{World, unclear, wait_for},
};

async fn world() -> (World, Core, Payments) {
    let world = World::new(History::None).await;
    let (core, _) = world.open_shop().await;
    let payments = core.shop().unwrap().payments.clone();
    (world, core, payments)
}

fn payment(price: &str, coin: &str, order: &str) -> NewPayment {
    NewPayment {
        price_amount: price.to_owned(),
        price_currency: "usd".to_owned(),
        pay_currency: coin.to_owned(),
        order_id: order.to_owned(),
        order_description: "Two bags of coffee".to_owned(),
        ..NewPayment::default()
    }
}

fn question(price: &str, coin: &str) -> QuoteRequest {
    let NewPayment { price_amount, price_currency, pay_currency, terms, .. } = payment(price, coin, "");
    QuoteRequest { price_amount, price_currency, pay_currency, terms }
}

async fn at_the_provider(world: &World) -> Vec<Payment> {
    world.client().pages(ListPayments::default()).try_concat().await.unwrap()
}

/// The calls of that method that came behind a path.
fn calls(world: &World, method: &str, path: &str) -> Vec<LoggedCall> {
    let of = |call: &LoggedCall| call.method == method && call.target.split('?').next() == Some(path);
    world.simulator.requests().into_iter().filter(of).collect()
}

fn fault(method: &str, path: &str, fault: Fault) -> FaultRule {
    FaultRule { method: method.to_owned(), path: path.to_owned(), skip: 0, times: Some(1), fault }
}

fn pay(world: &World, id: &str, amount: &Amount) {
    let amount = serde_json::from_value(serde_json::json!(amount.to_string())).unwrap();
    world.simulator.change_payment(id.parse().unwrap(), PaymentChange::Pay(amount)).unwrap();
}

fn set_status(world: &World, id: &str, status: PaymentStatus) {
    world.simulator.change_payment(id.parse().unwrap(), PaymentChange::Status(status)).unwrap();
}

#[tokio::test]
async fn a_price_is_quoted_and_the_payment_stands_in_the_list_at_once() {
    let (world, _core, payments) = world().await;
    let quote = payments.quote(question("25", "ltc")).await.unwrap();
    assert!(quote.enough && quote.estimate > quote.minimum.amount);
    let worth = quote.minimum.worth.unwrap();
    assert!(worth > "1.09".parse().unwrap() && worth <= "1.1".parse().unwrap(), "{worth}");

    let new =
        NewPayment { terms: Terms { fixed_rate: true, ..Terms::default() }, ..payment("25", "LTC", "A-1") };
    let made = payments.make(new).await.unwrap();
    assert_eq!(made.state, MadeState::Made, "{made:?}");
    let id = made.payment.unwrap();
    let detail = payments.get(&id).await.unwrap();
    assert_eq!(detail.row.status, "waiting");
    assert_eq!(detail.row.order_id.as_deref(), Some("A-1"));
    assert_eq!(detail.row.order_description.as_deref(), Some("Two bags of coffee"));
    assert!(detail.pay_address.is_some() && detail.row.pay_amount.is_some());
    let rate = payments.rate(&id).await.unwrap();
    assert!(rate.renewable && rate.until.unwrap() > detail.row.created_at);
    let theirs = at_the_provider(&world).await;
    assert_eq!((theirs.len(), theirs[0].payment_id.as_str()), (1, id.as_str()));
    let body = calls(&world, "POST", "/payment")[0].body.clone().unwrap();
    assert!(body.contains("\"is_fixed_rate\":true") && body.contains("\"price_amount\":25"), "{body}");
}

#[tokio::test]
async fn an_order_without_a_number_gets_one_to_be_known_by() {
    let (_world, _core, payments) = world().await;
    let made = payments.make(payment("25", "ltc", " ")).await.unwrap();
    let order = made.order_id.unwrap();
    assert!(order.starts_with("PD-") && order.len() == 12, "{order}");
    let id = made.payment.unwrap();
    assert_eq!(payments.get(&id).await.unwrap().row.order_id, Some(order));
}

#[tokio::test]
async fn a_price_below_the_minimum_is_refused_in_words_before_anything_is_sent() {
    let (world, _core, payments) = world().await;
    world.simulator.pause();
    let quote = payments.quote(question("5", "btc")).await.unwrap();
    assert!(!quote.enough);
    let failure = payments.make(payment("5", "btc", "A-1")).await.unwrap_err();
    assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::Invalid, Some("price_amount")));
    assert_eq!(
        failure.message,
        format!(
            "5 USD is too little to be paid in BTC. NOWPayments takes no less than {} BTC there, about 6.2 USD: below that, \
             the fees of the network and the exchange would eat up too much of it. Nothing was made. Ask for more, or \
             choose a coin with a lower minimum.",
            quote.minimum.amount
        )
    );
    assert!(calls(&world, "POST", "/payment").is_empty());

    let proposed = payments.coins_for(question("5", "btc")).await.unwrap();
    assert_eq!(proposed.len(), 3);
    for coin in proposed {
        assert!(coin.coin.chosen && coin.minimum.worth.unwrap() <= "5".parse().unwrap());
        let quote = payments.quote(question("5", &coin.coin.ticker)).await.unwrap();
        assert!(quote.enough, "{} would do", coin.coin.ticker);
    }
    assert!(payments.coins_for(question("0.01", "btc")).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_minimum_is_asked_for_the_coin_that_the_shop_got_last_and_with_its_terms() {
    let (world, _core, payments) = world().await;
    let made = payments.make(payment("25", "bch", "A-1")).await.unwrap();
    payments.read_again(&made.payment.unwrap()).await.unwrap();
    let terms = Terms { fixed_rate: false, fee_paid_by_customer: true };
    payments.quote(QuoteRequest { terms, ..question("25", "bch") }).await.unwrap();
    let asked = calls(&world, "GET", "/min-amount").pop().unwrap().target;
    for parameter in [
        "currency_from=bch",
        "currency_to=usdttrc20",
        "fiat_equivalent=usd",
        "is_fixed_rate=true",
        "is_fee_paid_by_user=true",
    ] {
        assert!(asked.contains(parameter), "{parameter} is not in {asked}");
    }
}

#[tokio::test]
async fn the_same_question_is_not_asked_twice_and_a_wanted_pause_is_kept() {
    let (world, _core, payments) = world().await;
    let first = payments.quote(question("25", "ltc")).await.unwrap();
    assert_eq!(payments.quote(question("25.00", "LTC")).await.unwrap(), first);
    // The balances of the shop are estimated, too.
    let estimates = calls(&world, "GET", "/estimate");
    assert_eq!(estimates.iter().filter(|call| call.target.contains("currency_to=ltc")).count(), 1);
    assert_eq!(calls(&world, "GET", "/min-amount").len(), 1);

    world.simulator.set_fault(fault(
        "GET",
        "/min-amount",
        Fault::TooManyRequests { retry_after: Some(3600) },
    ));
    let failure = payments.quote(question("25", "xrp")).await.unwrap_err();
    assert!(failure.message.contains("too many calls"), "{failure}");
    let before = calls(&world, "GET", "/min-amount").len();
    let failure = payments.quote(question("25", "xrp")).await.unwrap_err();
    assert!(failure.message.contains("Try again in 3"), "{failure}");
    assert_eq!(calls(&world, "GET", "/min-amount").len(), before, "it was not asked again");
}

#[tokio::test]
async fn a_quote_without_a_network_says_so() {
    let (world, core, payments) = world().await;
    wait_for(&core, || payments.choices(), |choices| !choices.coins.is_empty()).await;
    world.simulator.stop().await;
    let failure = payments.quote(question("25", "ltc")).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Offline);
}

#[tokio::test]
async fn the_coins_of_the_shop_come_first_and_the_most_used_before_the_others() {
    let (_world, _core, payments) = world().await;
    payments.make(payment("25", "xrp", "A-1")).await.unwrap();
    let choices = payments.choices().await.unwrap();
    assert_eq!(choices.coins[0].ticker, "xrp");
    assert!(choices.coins[0].memo && choices.coins[0].used == 1);
    let chosen: Vec<_> = choices.coins.iter().map(|coin| coin.chosen).collect();
    assert!(chosen.is_sorted_by(|a, b| a >= b) && chosen.contains(&false) && chosen.contains(&true));
    assert_eq!(choices.currencies[..2], ["usd", "eur"]);
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_effect_is_found_and_nothing_is_made_twice() {
    for what in [
        Fault::DropAfter,
        Fault::BadGateway { handled: true },
        Fault::ServerError { handled: true },
        Fault::Truncated,
        Fault::Empty,
        Fault::Unreadable,
    ] {
        let (world, _core, payments) = world().await;
        world.simulator.set_fault(fault("POST", "/payment", what.clone()));
        let made = payments.make(payment("25", "ltc", "")).await.unwrap();
        assert_eq!(made.state, MadeState::Made, "{what:?}: {made:?}");
        let theirs = at_the_provider(&world).await;
        assert_eq!(theirs.len(), 1, "{what:?}");
        assert_eq!(made.payment.as_deref(), Some(theirs[0].payment_id.as_str()));
        assert_eq!(calls(&world, "POST", "/payment").len(), 1, "{what:?}");
        assert!(payments.get(theirs[0].payment_id.as_str()).await.is_ok());
    }
}

#[tokio::test]
async fn a_call_that_came_to_nothing_is_not_repeated_and_may_be_given_up_after_looking() {
    for what in [
        Fault::DropBefore,
        Fault::BadGateway { handled: false },
        Fault::ServerError { handled: false },
        Fault::TooManyRequests { retry_after: None },
        Fault::Maintenance,
    ] {
        let (world, _core, payments) = world().await;
        world.simulator.set_fault(fault("POST", "/payment", what.clone()));
        let made = payments.make(payment("25", "ltc", "")).await.unwrap();
        assert_eq!(made.state, MadeState::Unknown, "{what:?}: {made:?}");
        assert!(!made.may_give_up && made.trouble.unwrap().contains("goes on looking"));
        assert_eq!(payments.give_up(&made.id).await.unwrap_err().code, FailureCode::Stale);
        // The same order again is no second payment as long as the first is not settled.
        let again = payments.make(payment("25", "ltc", "")).await.unwrap_err();
        assert_eq!(again.code, FailureCode::UnknownOutcome, "{again}");
        assert_eq!(calls(&world, "POST", "/payment").len(), 1, "{what:?}");

        world.simulator.step(Duration::from_secs(61));
        payments.look_for(&made.id).await.unwrap();
        let looked = payments.look_for(&made.id).await.unwrap();
        assert!(looked.may_give_up && looked.trouble.unwrap().contains("most likely not made"));
        assert_eq!(payments.unsettled().await.unwrap().len(), 1);
        assert_eq!(payments.give_up(&made.id).await.unwrap().state, MadeState::GivenUp);
        assert!(payments.unsettled().await.unwrap().is_empty());
        assert_eq!(payments.make(payment("25", "ltc", "")).await.unwrap().state, MadeState::Made);
        assert_eq!(at_the_provider(&world).await.len(), 1, "{what:?}");
    }
}

#[tokio::test]
async fn what_could_be_two_payments_is_not_taken_for_one() {
    let (world, core, payments) = world().await;
    // The shop's own site asks for the same at the same moment.
    let theirs = nowpayments::payments::CreatePayment {
        order_id: Some("A-1".to_owned()),
        ..nowpayments::payments::CreatePayment::new(
            "25".parse().unwrap(),
            "usd".parse().unwrap(),
            "ltc".parse().unwrap(),
        )
    };
    world.client().send(&theirs).await.unwrap();
    world.simulator.set_fault(fault("POST", "/payment", Fault::DropAfter));
    let made = payments.make(payment("25", "ltc", "A-1")).await.unwrap();
    assert_eq!(made.state, MadeState::Unknown);
    assert!(made.trouble.unwrap().contains("more than one payment"));
    assert_eq!(unclear(&core).await, [(UnclearPlace::Payments, 1)]);
}

#[tokio::test]
async fn a_clear_no_is_said_at_its_field() {
    let (world, _core, payments) = world().await;
    let check = async |new: NewPayment, field: &str, words: &str| {
        let failure = payments.make(new).await.unwrap_err();
        assert_eq!(failure.field.as_deref(), Some(field), "{failure}");
        assert!(failure.message.contains(words), "{failure}");
    };
    check(payment("0", "ltc", ""), "price_amount", "more than zero").await;
    check(payment("25", "nosuchcoin", ""), "pay_currency", "no coin").await;
    check(payment("9000000", "bttc", ""), "price_amount", "more than NOWPayments takes").await;
    assert!(at_the_provider(&world).await.is_empty());
    assert!(payments.unsettled().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_payment_at_the_counter_is_followed_closely() {
    let (world, core, payments) = world().await;
    let made = payments.make(payment("25", "ltc", "")).await.unwrap();
    let id = made.payment.unwrap();
    set_status(&world, &id, PaymentStatus::Finished);
    wait_for(&core, || payments.get(&id), |detail| detail.row.status == "finished").await;
    let read = calls(&world, "GET", &format!("/payment/{id}"));
    assert!(!read.is_empty(), "it was read by itself, not only with the list");
}

#[tokio::test]
async fn how_a_payment_ends_can_be_chosen_in_the_sandbox_only() {
    let world = World::new(History::None).await;
    let core = world.open().await;
    core.add_shop(NewShop { environment: Environment::Sandbox, ..world.new_shop() }).await.unwrap();
    let payments = core.shop().unwrap().payments.clone();
    let new = NewPayment { case: Some(SandboxCase::PartiallyPaid), ..payment("25", "ltc", "") };
    let id = payments.make(new.clone()).await.unwrap().payment.unwrap();
    world.simulator.step(Duration::from_secs(3600));
    payments.read_again(&id).await.unwrap();
    assert_eq!(payments.get(&id).await.unwrap().row.status, "partially_paid");

    core.add_shop(NewShop { name: "Live".to_owned(), ..world.new_shop() }).await.unwrap();
    let payments = core.shop().unwrap().payments.clone();
    assert_eq!(payments.make(new).await.unwrap_err().field.as_deref(), Some("case"));
}

#[tokio::test]
async fn the_amount_is_worked_out_anew_when_its_time_is_over() {
    let (world, _core, payments) = world().await;
    let id = payments.make(payment("25", "ltc", "")).await.unwrap().payment.unwrap();
    let before = payments.rate(&id).await.unwrap();
    let same = payments.renew(&id).await.unwrap();
    assert_eq!(same.before.as_ref(), Some(&same.pay_amount), "it still holds");

    world.simulator.step(Duration::from_secs(11 * 60));
    let renewed = payments.renew(&id).await.unwrap();
    let theirs = at_the_provider(&world).await;
    assert_eq!(Some(&renewed.pay_amount), theirs[0].pay_amount.as_ref());
    assert_eq!(payments.get(&id).await.unwrap().row.pay_amount, theirs[0].pay_amount);
    // The first one was over for a minute; this one holds for ten from now.
    assert!(renewed.until > Some(Utc::now() + TimeDelta::minutes(5)), "{renewed:?} after {before:?}");

    let call = format!("/payment/{id}/update-merchant-estimate");
    world.simulator.set_fault(fault("POST", &call, Fault::DropAfter));
    let failure = payments.renew(&id).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::UnknownOutcome, "{failure}");
    assert_eq!(calls(&world, "POST", &call).len(), 3, "and it was not asked again");

    pay(&world, &id, &renewed.pay_amount);
    payments.read_again(&id).await.unwrap();
    assert_eq!(payments.renew(&id).await.unwrap_err().code, FailureCode::Stale);
    assert!(!payments.rate(&id).await.unwrap().renewable);
}

#[tokio::test]
async fn what_is_missing_is_asked_for_in_a_payment_of_the_same_purchase() {
    let (world, core, payments) = world().await;
    let id = payments.make(payment("25", "ltc", "A-1")).await.unwrap().payment.unwrap();
    assert!(payments.follow_up(&id).await.unwrap_err().message.contains("Nothing is missing"));
    set_status(&world, &id, PaymentStatus::PartiallyPaid);
    let short = wait_for(&core, || payments.get(&id), |detail| detail.row.status == "partially_paid").await;

    let follow = payments.follow_up(&id).await.unwrap();
    assert!(follow.exact && follow.others.is_empty());
    let paid = short.row.worth.unwrap();
    assert!(!paid.about);
    assert_eq!(follow.price_amount, &short.row.price_amount - &paid.amount);
    assert_eq!(follow.order_id.as_deref(), Some("A-1"));
    let new = NewPayment {
        price_amount: follow.price_amount.to_string(),
        order_description: follow.order_description.unwrap(),
        purchase_id: follow.purchase_id.clone(),
        ..payment("", &follow.pay_currency, "A-1")
    };
    let further = payments.make(new).await.unwrap().payment.unwrap();
    let further = payments.get(&further).await.unwrap();
    assert_eq!(further.purchase_id, follow.purchase_id);
    assert!(further.purchase_id.is_some());
    assert_eq!(payments.follow_up(&id).await.unwrap().others, [further.row.id]);
}

#[tokio::test]
async fn what_was_typed_survives_until_it_is_made() {
    let world = World::new(History::None).await;
    let (core, _) = world.open_shop().await;
    let typed = PaymentDraft { price_amount: "12,".to_owned(), link: true, ..PaymentDraft::default() };
    core.shop().unwrap().payments.keep_draft(Some(typed.clone())).await.unwrap();
    core.close().await;

    let core = world.open().await;
    core.reopen(async || panic!("not the demo shop")).await.unwrap();
    let payments = core.shop().unwrap().payments.clone();
    assert_eq!(payments.draft().await.unwrap(), Some(typed));
    payments.make(payment("5", "btc", "")).await.unwrap_err();
    assert!(payments.draft().await.unwrap().is_some(), "what was refused can be mended");
    payments.make(payment("25", "ltc", "")).await.unwrap();
    assert_eq!(payments.draft().await.unwrap(), None);
}

fn invoice(price: &str, coin: &str) -> NewInvoice {
    let NewPayment { price_amount, price_currency, pay_currency, terms, .. } = payment(price, coin, "");
    NewInvoice {
        price_amount,
        price_currency,
        pay_currency,
        terms,
        order_id: "A-9".to_owned(),
        order_description: "A year of coffee".to_owned(),
        ..NewInvoice::default()
    }
}

#[tokio::test]
async fn an_invoice_keeps_its_link_and_shows_what_was_paid_for_it() {
    let (world, core, payments) = world().await;
    let invoices = core.shop().unwrap().invoices.clone();
    let new = NewInvoice { success_url: "https://kestrel.example/thanks".to_owned(), ..invoice("25", "") };
    let made = invoices.make(new).await.unwrap();
    assert_eq!((made.state, made.pay_currency.as_deref()), (InvoiceState::Made, None));
    let page = invoices.page(&made.id).await.unwrap();
    assert_eq!(Some(&page), made.url.as_ref());
    assert!(page.starts_with("https://nowpayments.io/"), "{page}");
    assert_eq!(invoices.list().await.unwrap(), std::slice::from_ref(&made));

    // The customer chooses a coin on the page and pays.
    let number = made.number.clone().unwrap();
    let id = world.simulator.pay_invoice(number.parse().unwrap(), "xrp").unwrap().to_string();
    payments.read_again(&id).await.unwrap();
    let detail = invoices.get(&made.id).await.unwrap();
    assert_eq!((detail.invoice.status.as_deref(), detail.invoice.payments), (Some("waiting"), 1));
    assert_eq!(detail.payments[0].id, id);
    set_status(&world, &id, PaymentStatus::Finished);
    payments.read_again(&id).await.unwrap();
    assert_eq!(invoices.list().await.unwrap()[0].status.as_deref(), Some("finished"));

    let failure = invoices
        .pay(NewInvoicePayment {
            invoice: made.id,
            pay_currency: "ltc".to_owned(),
            ..NewInvoicePayment::default()
        })
        .await
        .unwrap_err();
    assert!(failure.message.contains("already paid"), "{failure}");
}

#[tokio::test]
async fn an_invoice_is_paid_from_here_in_its_coin_and_found_when_the_answer_is_lost() {
    let (world, core, payments) = world().await;
    let invoices = core.shop().unwrap().invoices.clone();
    let made = invoices.make(invoice("25", "ltc")).await.unwrap();
    let pays = |coin: &str| {
        invoices.pay(NewInvoicePayment {
            invoice: made.id.clone(),
            pay_currency: coin.to_owned(),
            customer_email: "ada@example.com".to_owned(),
        })
    };
    let failure = pays("xrp").await.unwrap_err();
    assert_eq!(failure.field.as_deref(), Some("pay_currency"));
    world.simulator.set_fault(fault("POST", "/invoice-payment", Fault::DropAfter));
    let paid = pays("ltc").await.unwrap();
    assert_eq!(paid.state, MadeState::Made, "{paid:?}");
    let id = paid.payment.unwrap();
    assert_eq!(payments.get(&id).await.unwrap().invoice_id, made.number);
    assert_eq!(at_the_provider(&world).await.len(), 1);
    assert_eq!(invoices.get(&made.id).await.unwrap().payments.len(), 1);
}

#[tokio::test]
async fn an_invoice_whose_answer_is_lost_is_not_made_again_and_cannot_be_paid() {
    let (world, core, _payments) = world().await;
    let invoices = core.shop().unwrap().invoices.clone();
    world.simulator.set_fault(fault("POST", "/invoice", Fault::Truncated));
    let lost = invoices.make(invoice("25", "")).await.unwrap();
    assert_eq!((lost.state, lost.url.as_deref()), (InvoiceState::Lost, None));
    assert!(lost.trouble.unwrap().contains("Nobody knows that link"));
    assert_eq!(calls(&world, "POST", "/invoice").len(), 1);
    assert_eq!(invoices.page(&lost.id).await.unwrap_err().code, FailureCode::NotFound);

    let failure = invoices.make(invoice("5", "btc")).await.unwrap_err();
    assert!(failure.message.contains("too little to be paid in BTC"), "{failure}");
    let failure = invoices
        .make(NewInvoice { cancel_url: "kestrel.example".to_owned(), ..invoice("25", "") })
        .await
        .unwrap_err();
    assert_eq!(failure.field.as_deref(), Some("cancel_url"));
    assert_eq!(calls(&world, "POST", "/invoice").len(), 1);
}

/// The owner makes one payment, whatever the last life left behind.
async fn insist(world: &World, killer: &std::sync::Arc<Killer>) {
    let core = Core::open_with(killer.surroundings(world.surroundings()), world.bases()).await.unwrap();
    core.reopen(|| async { Err(Failure::other("no demo")) }).await.unwrap();
    let payments = core.shop().unwrap().payments.clone();
    loop {
        let unsettled = payments.unsettled().await.unwrap();
        match unsettled.first() {
            Some(MadePayment { id, may_give_up: true, .. }) => {
                payments.give_up(id).await.unwrap();
            }
            Some(MadePayment { id, state: MadeState::Unknown, .. }) => {
                world.simulator.step(Duration::from_secs(61));
                payments.look_for(id).await.unwrap();
            }
            // Left by the last life: it is taken up by itself.
            Some(MadePayment { id, .. }) => {
                wait_for(&core, || payments.made(id), |made| made.state != MadeState::Sending).await;
            }
            None => {
                let theirs = at_the_provider(world).await;
                if theirs.iter().any(|payment| payment.payment_status == Status::Waiting) {
                    break;
                }
                let _ = payments.make(payment("25", "ltc", "A-1")).await;
            }
        }
    }
    core.close().await;
}

#[test]
fn killed_between_any_two_steps_paydesk_makes_one_payment() {
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
        let theirs = stage.block_on(at_the_provider(&world));
        assert_eq!(theirs.len(), 1, "killed after {step}");
        stage.shutdown_background();
        if done {
            break;
        }
    }
    assert!(kills > 10, "a payment has more steps than {kills}");
}
