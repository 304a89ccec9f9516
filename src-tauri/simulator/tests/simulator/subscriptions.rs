use nowpayments_simulator::{Amount, Share, SubscriptionChange, SubscriptionStatus, TransferStatus};
use reqwest::Method;
use serde_json::{Value, json};

use crate::till::{Till, id, refusal, result};

const DAY: u64 = 86_400;

async fn plan(till: &Till, amount: &str, currency: &str, days: u32) -> String {
    let body = json!({ "title": "Club", "interval_day": days, "amount": amount, "currency": currency });
    till.make("/subscriptions/plans", body).await["id"].as_str().unwrap().to_owned()
}

/// Subscribes by e-mail.
async fn by_email(till: &Till, plan: &str) -> Value {
    let body = json!({ "subscription_plan_id": plan, "email": "ines@beans.example" });
    till.make("/subscriptions", body).await[0].take()
}

/// Subscribes a customer.
async fn by_customer(till: &Till, plan: &str, customer: &str) -> Value {
    let body = json!({ "subscription_plan_id": plan, "sub_partner_id": customer });
    till.make("/subscriptions", body).await
}

async fn read(till: &Till, subscription: &Value) -> Value {
    till.read(&format!("/subscriptions/{}", subscription["id"].as_str().unwrap())).await["result"].take()
}

/// Status, whether it is active, and the day on which it ends.
async fn state(till: &Till, subscription: &Value) -> (String, bool, String) {
    let read = read(till, subscription).await;
    let text = |field: &str| read[field].as_str().unwrap().to_owned();
    (text("status"), read["is_active"].as_bool().unwrap(), text("expire_date")[..10].to_owned())
}

fn is(status: &str, is_active: bool, expires: &str) -> (String, bool, String) {
    (status.to_owned(), is_active, expires.to_owned())
}

fn pay(till: &Till, subscription: &Value, share: Share) -> Result<(), String> {
    let change = SubscriptionChange::Pay(share);
    till.simulator.change_subscription(id(subscription), change).map_err(|error| error.to_string())
}

fn part(amount: &str) -> Share {
    Share::Part(Amount::parse(amount).unwrap())
}

#[tokio::test]
async fn a_plan_writes_its_interval_as_a_string_and_its_currency_in_upper_case() {
    let till = Till::open().await;
    let body = json!({
        "title": "Espresso Club", "interval_day": 30, "amount": 24.9, "currency": "usd",
        "ipn_callback_url": "https://shop.example/ipn", "success_url": "https://shop.example/thanks",
    });
    let created = till.make("/subscriptions/plans", body).await;
    let expected = json!({
        "id": created["id"], "title": "Espresso Club", "interval_day": "30",
        "ipn_callback_url": "https://shop.example/ipn", "success_url": "https://shop.example/thanks",
        "cancel_url": null, "partially_paid_url": null, "amount": 24.9, "currency": "USD",
        "created_at": "2026-03-02T09:02:05.000Z", "updated_at": "2026-03-02T09:02:05.000Z",
    });
    assert_eq!(created, expected);
    let path = format!("/subscriptions/plans/{}", created["id"].as_str().unwrap());
    assert_eq!(till.read(&path).await["result"], expected);

    till.step(60);
    let change = json!({ "amount": 26, "cancel_url": "https://shop.example/pity" });
    let changed = result(till.call_with_login(Method::PATCH, &path, Some(change)).await);
    let mut expected = expected;
    expected["amount"] = json!(26);
    expected["cancel_url"] = json!("https://shop.example/pity");
    expected["updated_at"] = json!("2026-03-02T09:03:05.000Z");
    assert_eq!(changed, expected, "what is absent stays");

    plan(&till, "0.002", "btc", 7).await;
    let list = till.read("/subscriptions/plans?limit=1&offset=1").await;
    assert_eq!((&list["count"], &list["result"][0]["currency"]), (&json!(2), &json!("BTC")));
}

#[tokio::test]
async fn wrong_plans_are_refused_with_the_field_and_the_reason() {
    let till = Till::open().await;
    let path = format!("/subscriptions/plans/{}", plan(&till, "20", "usd", 30).await);
    let good = json!({ "title": "Club", "interval_day": 30, "amount": 20, "currency": "usd" });
    for (field, value, message) in [
        ("title", json!(""), "title is not allowed to be empty"),
        ("title", json!(7), "title must be a string"),
        ("interval_day", json!(0), "interval_day must be a positive number"),
        ("interval_day", json!(1.5), "interval_day must be an integer"),
        ("interval_day", json!(3651), "interval_day must be less than or equal to 3650"),
        ("interval_day", json!("monthly"), "interval_day must be a number"),
        ("amount", json!(-2), "amount must be a positive number"),
        ("currency", json!("gold"), "Currency GOLD is currently unavailable"),
        ("success_url", json!("thanks"), "success_url must be a valid uri"),
        ("email", json!("ines@beans.example"), "email is not allowed"),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let created = refusal(till.post_with_login("/subscriptions/plans", body.clone()).await);
        assert_eq!((created.0, created.2.as_str()), (400, message), "{body}");
        let changed = refusal(till.call_with_login(Method::PATCH, &path, Some(body)).await);
        assert_eq!(changed, created);
    }
    for field in ["title", "interval_day", "amount", "currency"] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(field);
        let answer = till.post_with_login("/subscriptions/plans", body).await;
        assert_eq!(refusal(answer).2, format!("{field} is required"));
    }
    let missing = (404, "NOT_FOUND".to_owned(), "subscription plan not found".to_owned());
    assert_eq!(refusal(till.get("/subscriptions/plans/7").await), missing);
    let change = till.call_with_login(Method::PATCH, "/subscriptions/plans/7", Some(json!({}))).await;
    assert_eq!(refusal(change), missing);
    assert_eq!(till.read("/subscriptions/plans").await["count"], 1);
}

#[tokio::test]
async fn subscribers_by_email_come_in_an_array_and_customers_alone() {
    let till = Till::open().await;
    let (fiat, ines) = (plan(&till, "20", "eur", 30).await, till.customer("ines").await);
    let body = json!({ "subscription_plan_id": fiat.parse::<u64>().unwrap(), "email": "ines@beans.example" });
    let answer = till.make("/subscriptions", body).await;
    let expected = json!([{
        "id": answer[0]["id"], "subscription_plan_id": fiat, "is_active": false, "status": "WAITING_PAY",
        "expire_date": "2026-03-02T09:02:05.000Z", "subscriber": { "email": "ines@beans.example" },
        "created_at": "2026-03-02T09:02:05.000Z", "updated_at": "2026-03-02T09:02:05.000Z",
    }]);
    assert_eq!(answer, expected);
    let customer = by_customer(&till, &fiat, &ines).await;
    assert_eq!(customer["subscriber"], json!({ "sub_partner_id": ines }));
    assert_eq!(customer["status"], "WAITING_PAY");
    // The documents show a body with both.
    let both = json!({ "subscription_plan_id": fiat, "sub_partner_id": ines, "email": "ines@beans.example" });
    assert_eq!(till.make("/subscriptions", both).await["subscriber"], json!({ "sub_partner_id": ines }));
}

#[tokio::test]
async fn wrong_subscriptions_are_refused_with_their_reason() {
    let till = Till::open().await;
    let (fiat, coin) = (plan(&till, "20", "eur", 30).await, plan(&till, "45", "usdttrc20", 30).await);
    let email = "ines@beans.example";
    for (body, status, message) in [
        (json!({ "email": email }), 400, "subscription_plan_id is required"),
        (
            json!({ "subscription_plan_id": fiat }),
            400,
            "value must contain at least one of [email, sub_partner_id]",
        ),
        (json!({ "subscription_plan_id": fiat, "email": "ines" }), 400, "email must be a valid email"),
        (json!({ "subscription_plan_id": 7, "email": email }), 404, "subscription plan not found"),
        (json!({ "subscription_plan_id": fiat, "sub_partner_id": 7 }), 404, "sub partner not found"),
        (
            json!({ "subscription_plan_id": coin, "email": email }),
            400,
            "For email subscriptions, only fiat currencies are available in plan",
        ),
        (
            json!({ "subscription_plan_id": fiat, "email": email, "order_id": "1" }),
            400,
            "order_id is not allowed",
        ),
    ] {
        let (got, _, text) = refusal(till.post_with_login("/subscriptions", body.clone()).await);
        assert_eq!((got, text.as_str()), (status, message), "{body}");
    }
    assert_eq!(till.read("/subscriptions").await, json!({ "result": [], "count": 0 }));
}

#[tokio::test]
async fn a_subscriber_pays_by_link_and_gets_the_next_one_a_day_before_the_end() {
    let till = Till::open().await;
    let club = plan(&till, "24.90", "eur", 30).await;
    let ines = by_email(&till, &club).await;
    let before = till.balance(None, "usdttrc20").await.0.as_f64().unwrap();
    till.step(2 * DAY);
    assert_eq!(state(&till, &ines).await, is("WAITING_PAY", false, "2026-03-02"));
    pay(&till, &ines, Share::Full).unwrap();
    assert_eq!(state(&till, &ines).await.0, "WAITING_PAY", "the money is on its way");
    till.step(30);
    assert_eq!(state(&till, &ines).await, is("PAID", true, "2026-04-03"));
    let after = till.balance(None, "usdttrc20").await.0.as_f64().unwrap();
    assert!((28.0..29.0).contains(&(after - before)), "{}", after - before);
    assert_eq!(pay(&till, &ines, Share::Full), Err("nothing is due".to_owned()));

    till.step(29 * DAY);
    assert_eq!(state(&till, &ines).await, is("WAITING_PAY", true, "2026-04-03"), "still paid for");
    pay(&till, &ines, Share::Full).unwrap();
    till.step(30);
    assert_eq!(state(&till, &ines).await, is("PAID", true, "2026-05-03"), "a day early loses nothing");
    till.step(31 * DAY);
    assert_eq!(state(&till, &ines).await, is("WAITING_PAY", false, "2026-05-03"));
    let token = till.log_in().await;
    let payments = till.call(Method::GET, "/payment/", Some(&token), None).await.1;
    let payment = &payments["data"][0];
    assert_eq!((&payment["price_amount"], &payment["price_currency"]), (&json!(24.9), &json!("eur")));
    assert_eq!((&payment["order_description"], &payments["total"]), (&json!("Club"), &json!(2)));
    assert!(till.is_conserved());
}

#[tokio::test]
async fn a_bill_that_nobody_pays_expires_after_seven_days() {
    let till = Till::open().await;
    let club = plan(&till, "24.90", "eur", 30).await;
    let (never, once) = (by_email(&till, &club).await, by_email(&till, &club).await);
    pay(&till, &once, Share::Full).unwrap();
    till.step(7 * DAY - 1);
    assert_eq!(state(&till, &never).await.0, "WAITING_PAY");
    till.step(1);
    assert_eq!(state(&till, &never).await, is("EXPIRED", false, "2026-03-02"));
    assert_eq!(pay(&till, &never, Share::Full), Err("nothing is due".to_owned()));
    assert_eq!(state(&till, &once).await, is("PAID", true, "2026-04-01"));
    till.step(29 * DAY + 60);
    assert_eq!(state(&till, &once).await, is("EXPIRED", false, "2026-04-01"));
    till.step(90 * DAY);
    assert_eq!(state(&till, &once).await.0, "EXPIRED");
    assert_eq!(till.simulator.ledger().subscriptions[1].period, 2, "no bill follows");
}

#[tokio::test]
async fn a_bill_paid_in_part_can_be_completed_and_gives_no_access_before() {
    let till = Till::open().await;
    let club = plan(&till, "24.90", "eur", 30).await;
    let (ines, oskar) = (by_email(&till, &club).await, by_email(&till, &club).await);
    for wrong in ["0", "-1", "249.01"] {
        let reason = "the amount must be positive and at most ten times what is due";
        assert_eq!(pay(&till, &ines, part(wrong)), Err(reason.to_owned()));
    }
    pay(&till, &ines, part("10")).unwrap();
    pay(&till, &oskar, part("24.8")).unwrap();
    till.step(30);
    assert_eq!(state(&till, &ines).await, is("PARTIALLY_PAID", false, "2026-03-02"));
    let ledger = till.simulator.ledger();
    let left = ledger.subscriptions[0].amount - ledger.subscriptions[0].paid;
    assert!((Amount::scaled(1_489, 2)..=Amount::scaled(1_491, 2)).contains(&left), "{left}");
    pay(&till, &ines, Share::Full).unwrap();
    till.step(30);
    assert_eq!(state(&till, &ines).await, is("PAID", true, "2026-04-01"));

    till.step(10 * DAY);
    assert_eq!(state(&till, &oskar).await, is("PARTIALLY_PAID", false, "2026-03-02"), "it does not expire");
    till.step(20 * DAY);
    assert_eq!(state(&till, &oskar).await.0, "WAITING_PAY", "the next bill");
    assert_eq!(till.simulator.ledger().subscriptions[1].paid, Amount::ZERO);
    assert!(till.is_conserved());
}

#[tokio::test]
async fn a_customer_is_charged_in_the_coin_of_the_plan_again_and_again() {
    let till = Till::open().await;
    let (office, ines) = (plan(&till, "45", "USDTTRC20", 14).await, till.customer("ines").await);
    till.deposit(&ines, "usdttrc20", "100").await;
    till.deposit(&ines, "trx", "5000").await;
    let shop = till.balance(None, "usdttrc20").await.0;
    let subscription = by_customer(&till, &office, &ines).await;
    assert_eq!(till.balance(Some(&ines), "usdttrc20").await, (json!(55), json!(45)), "set aside at once");
    let charge = till.simulator.ledger().transfers.pop().unwrap();
    assert_eq!((charge.status, charge.subscription), (TransferStatus::Created, Some(id(&subscription))));
    till.step(3);
    assert_eq!(till.simulator.ledger().transfers.pop().unwrap().status, TransferStatus::Waiting);
    assert_eq!(state(&till, &subscription).await.0, "WAITING_PAY");
    till.step(9);
    assert_eq!(state(&till, &subscription).await, is("PAID", true, "2026-03-16"));
    assert_eq!(till.balance(Some(&ines), "usdttrc20").await, (json!(55), json!(0)));
    assert_eq!(till.balance(None, "usdttrc20").await.0.as_f64(), shop.as_f64().map(|shop| shop + 45.0));

    till.step(13 * DAY + 12);
    assert_eq!(state(&till, &subscription).await, is("PAID", true, "2026-03-30"), "a day before the end");
    assert_eq!(till.balance(Some(&ines), "usdttrc20").await.0, json!(10));
    // What is left is not enough, but the other coin is, and it is charged alone.
    till.step(14 * DAY);
    assert_eq!(state(&till, &subscription).await, is("PAID", true, "2026-04-13"));
    assert_eq!(till.balance(Some(&ines), "usdttrc20").await.0, json!(10));
    let charge = till.simulator.ledger().transfers.pop().unwrap();
    let worth = till.read("/estimate?amount=45&currency_from=usdttrc20&currency_to=trx").await;
    assert_eq!(charge.currency, "trx");
    let [charged, worth] =
        [charge.amount.to_string(), worth["estimated_amount"].as_str().unwrap().to_owned()]
            .map(|text| text.parse::<f64>().unwrap());
    assert!((charged - worth).abs() < worth / 100.0, "{charged} {worth}");
    assert!(till.is_conserved());
}

#[tokio::test]
async fn a_customer_without_enough_of_one_coin_is_charged_in_several() {
    let till = Till::open().await;
    let (club, ines) = (plan(&till, "50", "usd", 30).await, till.customer("ines").await);
    for (coin, amount) in [("usdttrc20", "20"), ("usdterc20", "25"), ("sol", "0.00001"), ("xlm", "100")] {
        till.deposit(&ines, coin, amount).await;
    }
    let subscription = by_customer(&till, &club, &ines).await;
    till.step(12);
    assert_eq!(state(&till, &subscription).await, is("PAID", true, "2026-04-01"));
    let charges: Vec<_> =
        till.simulator.ledger().transfers.into_iter().filter(|t| t.subscription.is_some()).collect();
    let coins: Vec<_> = charges.iter().map(|charge| charge.currency.as_str()).collect();
    assert_eq!(coins, ["usdterc20", "xlm", "usdttrc20"], "the most valuable first, and the last in part");
    assert_eq!(till.balance(Some(&ines), "usdterc20").await.0, json!(0));
    assert_eq!(till.balance(Some(&ines), "sol").await.0, json!(0.00001));
    let rest = till.balance(Some(&ines), "usdttrc20").await.0.as_f64().unwrap();
    assert!(rest > 0.0 && rest < 20.0, "{rest}");
    assert!(till.is_conserved());
}

#[tokio::test]
async fn a_customer_with_nothing_is_waited_for_and_charged_when_money_comes() {
    let till = Till::open().await;
    let (office, ines) = (plan(&till, "45", "usdttrc20", 30).await, till.customer("ines").await);
    let subscription = by_customer(&till, &office, &ines).await;
    till.step(3 * DAY);
    assert_eq!(state(&till, &subscription).await.0, "WAITING_PAY");
    till.deposit(&ines, "usdttrc20", "30").await;
    till.step(12);
    assert_eq!(state(&till, &subscription).await, is("PARTIALLY_PAID", false, "2026-03-02"));
    assert_eq!(till.balance(Some(&ines), "usdttrc20").await.0, json!(0), "what is there is taken");
    // A payment for the balance counts as much as a deposit of the shop's.
    let body = json!({ "currency": "usdttrc20", "amount": 40, "sub_partner_id": ines });
    let payment =
        till.make("/sub-partner/payment", body).await["payment_id"].as_str().unwrap().parse().unwrap();
    let finished =
        nowpayments_simulator::PaymentChange::Status(nowpayments_simulator::PaymentStatus::Finished);
    till.simulator.change_payment(payment, finished).unwrap();
    till.step(12);
    assert_eq!(state(&till, &subscription).await, is("PAID", true, "2026-04-04"));
    assert_eq!(till.balance(Some(&ines), "usdttrc20").await, (json!(24.8), json!(0)), "only the rest");

    let oskar = by_customer(&till, &office, &till.customer("oskar").await).await;
    till.step(7 * DAY);
    assert_eq!(state(&till, &oskar).await.0, "EXPIRED");
    assert!(till.is_conserved());
}

#[tokio::test]
async fn a_charge_that_is_rejected_leaves_the_bill_unpaid() {
    let till = Till::open().await;
    let (office, ines) = (plan(&till, "45", "usdttrc20", 30).await, till.customer("ines").await);
    till.deposit(&ines, "usdttrc20", "50").await;
    let subscription = by_customer(&till, &office, &ines).await;
    let charge = till.simulator.ledger().transfers.pop().unwrap();
    till.simulator.change_transfer(charge.id, TransferStatus::Rejected).unwrap();
    till.step(60);
    assert_eq!(state(&till, &subscription).await.0, "WAITING_PAY");
    assert_eq!(till.balance(Some(&ines), "usdttrc20").await, (json!(50), json!(0)));
    till.deposit(&ines, "usdttrc20", "1").await;
    till.step(12);
    assert_eq!(state(&till, &subscription).await.0, "PAID");
    assert_eq!(till.balance(Some(&ines), "usdttrc20").await, (json!(6), json!(0)));
}

#[tokio::test]
async fn a_changed_plan_takes_effect_with_the_next_bill() {
    let till = Till::open().await;
    let (office, ines) = (plan(&till, "10", "usdttrc20", 7).await, till.customer("ines").await);
    till.deposit(&ines, "usdttrc20", "100").await;
    let paid = by_customer(&till, &office, &ines).await;
    let waiting = by_customer(&till, &office, &till.customer("oskar").await).await;
    let change = json!({ "amount": 25, "interval_day": 10 });
    let path = format!("/subscriptions/plans/{office}");
    result(till.call_with_login(Method::PATCH, &path, Some(change)).await);
    till.step(12);
    assert_eq!(state(&till, &paid).await, is("PAID", true, "2026-03-09"), "it was billed before");
    assert_eq!(till.balance(Some(&ines), "usdttrc20").await.0, json!(90));
    let oskar = waiting["subscriber"]["sub_partner_id"].as_str().unwrap();
    till.deposit(oskar, "usdttrc20", "30").await;
    till.step(12);
    assert_eq!(till.balance(Some(oskar), "usdttrc20").await.0, json!(20));
    till.step(6 * DAY);
    assert_eq!(state(&till, &paid).await, is("PAID", true, "2026-03-19"));
    assert_eq!(till.balance(Some(&ines), "usdttrc20").await.0, json!(65));
}

#[tokio::test]
async fn a_deleted_subscription_is_gone_and_never_billed_again() {
    let till = Till::open().await;
    let (office, ines) = (plan(&till, "10", "usdttrc20", 1).await, till.customer("ines").await);
    till.deposit(&ines, "usdttrc20", "100").await;
    let subscription = by_customer(&till, &office, &ines).await;
    let path = format!("/subscriptions/{}", subscription["id"].as_str().unwrap());
    assert_eq!(result(till.call_with_login(Method::DELETE, &path, None).await), "ok");
    let missing = (404, "NOT_FOUND".to_owned(), "subscription not found".to_owned());
    assert_eq!(refusal(till.call_with_login(Method::DELETE, &path, None).await), missing);
    assert_eq!(refusal(till.get(&path).await), missing);
    till.step(12);
    assert_eq!(
        till.balance(Some(&ines), "usdttrc20").await,
        (json!(90), json!(0)),
        "what was under way went on"
    );
    till.step(30 * DAY);
    assert_eq!(till.balance(Some(&ines), "usdttrc20").await.0, json!(90));
    let next = by_customer(&till, &office, &ines).await;
    assert_ne!(next["id"], subscription["id"]);
}

#[tokio::test]
async fn subscriptions_are_filtered_and_paged() {
    let till = Till::open().await;
    let (club, office) = (plan(&till, "20", "eur", 30).await, plan(&till, "45", "usdttrc20", 30).await);
    let ines = till.customer("ines").await;
    till.deposit(&ines, "usdttrc20", "60").await;
    let (expired, paid) = (by_email(&till, &club).await, by_email(&till, &club).await);
    pay(&till, &paid, Share::Full).unwrap();
    till.step(8 * DAY);
    let (charged, partial, waiting) = (
        by_customer(&till, &office, &ines).await,
        by_email(&till, &club).await,
        by_email(&till, &club).await,
    );
    pay(&till, &partial, part("5")).unwrap();
    till.step(60);
    let found = async |query: &str| -> Vec<Value> {
        let list = till.read(&format!("/subscriptions?{query}")).await;
        list["result"].as_array().unwrap().iter().map(|subscription| subscription["id"].clone()).collect()
    };
    let ids = |subscriptions: &[&Value]| -> Vec<Value> {
        subscriptions.iter().map(|subscription| subscription["id"].clone()).collect()
    };
    assert_eq!(found("").await, ids(&[&expired, &paid, &charged, &partial, &waiting]));
    assert_eq!(found("offset=1&limit=2").await, ids(&[&paid, &charged]));
    assert_eq!(found("status=PAID").await, ids(&[&paid, &charged]));
    assert_eq!(found("status=EXPIRED").await, ids(&[&expired]));
    assert_eq!(found("status=PARTIALLY_PAID").await, ids(&[&partial]));
    assert_eq!(found("status=WAITING_PAY").await, ids(&[&waiting]));
    assert_eq!(found("is_active=true").await, ids(&[&paid, &charged]));
    assert_eq!(found("is_active=false&status=EXPIRED").await, ids(&[&expired]));
    assert_eq!(found(&format!("subscription_plan_id={office}")).await, ids(&[&charged]));
    assert_eq!(till.read("/subscriptions?limit=1").await["count"], 5);
    for (query, message) in [
        ("status=paid", "status must be one of [WAITING_PAY, PAID, PARTIALLY_PAID, EXPIRED]"),
        ("is_active=maybe", "is_active must be a boolean"),
        ("subscription_plan_id=club", "subscription_plan_id must be a number"),
    ] {
        assert_eq!(refusal(till.get(&format!("/subscriptions?{query}")).await).2, message);
    }
}

#[tokio::test]
async fn a_bill_is_paid_made_and_expired_by_hand() {
    let till = Till::open().await;
    let club = plan(&till, "20", "eur", 30).await;
    let (ines, oskar) = (by_email(&till, &club).await, by_email(&till, &club).await);
    let hand = |subscription: &Value, status| {
        let change = SubscriptionChange::Status(status);
        till.simulator.change_subscription(id(subscription), change).map_err(|error| error.to_string())
    };
    assert_eq!(hand(&ines, SubscriptionStatus::WaitingPay), Err("a bill is waiting already".to_owned()));
    hand(&ines, SubscriptionStatus::PartiallyPaid).unwrap();
    assert_eq!(state(&till, &ines).await, is("PARTIALLY_PAID", false, "2026-03-02"));
    hand(&ines, SubscriptionStatus::Paid).unwrap();
    assert_eq!(state(&till, &ines).await, is("PAID", true, "2026-04-01"));
    assert_eq!(hand(&ines, SubscriptionStatus::Expired), Err("nothing is due".to_owned()));
    hand(&ines, SubscriptionStatus::WaitingPay).unwrap();
    assert_eq!(state(&till, &ines).await, is("WAITING_PAY", true, "2026-04-01"));
    hand(&oskar, SubscriptionStatus::Expired).unwrap();
    assert_eq!(state(&till, &oskar).await.0, "EXPIRED");

    let customer = till.customer("halden").await;
    till.deposit(&customer, "usdttrc20", "50").await;
    let charged = by_customer(&till, &club, &customer).await;
    assert_eq!(hand(&charged, SubscriptionStatus::Expired), Err("a charge is under way".to_owned()));
    let reason = Err("a customer's balance is charged, it pays nothing itself".to_owned());
    assert_eq!(hand(&charged, SubscriptionStatus::Paid), reason);
    assert_eq!(pay(&till, &charged, Share::Full), reason);
    let unknown = json!({ "id": "7" });
    assert_eq!(pay(&till, &unknown, part("1")), Err("no such subscription".to_owned()));
    assert_eq!(hand(&unknown, SubscriptionStatus::Paid), Err("no such subscription".to_owned()));
    assert!(till.is_conserved());
}
