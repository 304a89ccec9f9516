use super::*;

const PLAN: &str = r#"{"id": "1062001", "title": "beans every month", "interval_day": "30", "ipn_callback_url": null,
    "success_url": "https://shop.example/thanks", "cancel_url": null, "partially_paid_url": null, "amount": 0.5, "currency": "USD",
    "created_at": "2026-02-10T16:38:10.675Z", "updated_at": "2026-02-10T16:38:10.675Z"}"#;

const BY_EMAIL: &str = r#"{"id": "148001", "subscription_plan_id": "1062001", "is_active": false, "status": "WAITING_PAY",
    "expire_date": "2026-02-10T16:38:10.675Z", "subscriber": {"email": "ann@customer.example"},
    "created_at": "2026-02-10T16:38:10.675Z", "updated_at": "2026-02-10T16:38:10.675Z"}"#;

const BY_USER: &str = r#"{"id": 148002, "subscription_plan_id": 1062001, "is_active": "true", "status": "paid",
    "subscriber": {"sub_partner_id": "1115001", "email": null}}"#;

fn plan() -> PlanId {
    "1062001".parse().unwrap()
}

fn written(request: &impl Serialize) -> String {
    serde_json::to_string(request).unwrap()
}

fn in_result(json: &str) -> Vec<u8> {
    format!(r#"{{"result": {json}}}"#).into_bytes()
}

#[test]
fn a_plan_is_read_with_its_days_as_a_text_or_a_number() {
    let create = CreatePlan::new("beans".to_owned(), 30, "0.50".parse().unwrap(), "usd".parse().unwrap());
    let update = UpdatePlan::new(plan());
    let get = GetPlan { id: plan() };
    for days in ["\"30\"", "30"] {
        let body = in_result(&PLAN.replace("\"30\"", days));
        for read in [create.read(&body), update.read(&body), get.read(&body)] {
            let read = read.unwrap();
            assert_eq!((read.id, read.interval_day, read.currency.as_str()), (plan(), 30, "usd"), "{days}");
            assert_eq!(read.amount.to_string(), "0.5");
            assert_eq!(read.success_url.as_deref(), Some("https://shop.example/thanks"));
            assert_eq!(read.cancel_url, None);
        }
    }
    let problem = get.read(&in_result(&PLAN.replace("\"30\"", "\"monthly\""))).unwrap_err();
    assert_eq!(problem.path, "result.interval_day");
    let page =
        ListPlans::default().read(format!(r#"{{"result": [{PLAN}], "count": 1}}"#).as_bytes()).unwrap();
    assert_eq!(page.items[0].title, "beans every month");
}

#[test]
fn a_plan_is_written_with_its_days_as_a_number_and_a_change_with_what_changes() {
    let create = CreatePlan {
        cancel_url: Some("https://shop.example/no".to_owned()),
        ..CreatePlan::new("beans".to_owned(), 30, "0.50".parse().unwrap(), "usd".parse().unwrap())
    };
    assert_eq!(
        written(&create),
        r#"{"title":"beans","interval_day":30,"amount":0.5,"currency":"usd","cancel_url":"https://shop.example/no"}"#
    );
    let update =
        UpdatePlan { amount: Some("60".parse().unwrap()), interval_day: Some(7), ..UpdatePlan::new(plan()) };
    assert_eq!(written(&update), r#"{"interval_day":7,"amount":60}"#);
    assert_eq!(update.path(), "subscriptions/plans/1062001");
}

#[test]
fn a_subscription_is_read_as_documented_and_as_it_is_seen() {
    let subscribe =
        Subscribe { plan_id: plan(), subscriber: Subscriber::Email("ann@customer.example".to_owned()) };
    for body in [in_result(BY_EMAIL), in_result(&format!("[{BY_EMAIL}]"))] {
        let subscription = subscribe.read(&body).unwrap();
        assert_eq!((subscription.id.as_str(), &subscription.plan_id), ("148001", &plan()));
        assert_eq!(subscription.subscriber.as_ref(), Some(&subscribe.subscriber));
        assert_eq!(
            (subscription.status, subscription.is_active),
            (SubscriptionStatus::WaitingPay, Some(false))
        );
        assert!(subscription.expire_date.is_some());
    }
    let get = GetSubscription { id: "148002".parse().unwrap() };
    let subscription = get.read(&in_result(BY_USER)).unwrap();
    assert_eq!(subscription.subscriber, Some(Subscriber::User("1115001".parse().unwrap())));
    assert_eq!((subscription.status, subscription.is_active), (SubscriptionStatus::Paid, Some(true)));
    assert_eq!((subscription.plan_id, subscription.expire_date), (plan(), None));
}

#[test]
fn subscriptions_are_listed_and_one_without_a_subscriber_is_named() {
    let list =
        |rows: &str| ListSubscriptions::default().read(format!(r#"{{"result": [{rows}]}}"#).as_bytes());
    assert_eq!(list(&format!("{BY_EMAIL}, {BY_USER}")).unwrap().items.len(), 2);
    let nobody = BY_USER.replace("\"1115001\"", "null");
    let problem = list(&format!("{BY_EMAIL}, {nobody}")).unwrap_err();
    assert_eq!(problem.path, "result[1].subscriber", "{problem}");
    let silent = BY_USER.replace(r#"{"sub_partner_id": "1115001", "email": null}"#, "null");
    assert_eq!(list(&silent).unwrap().items[0].subscriber, None);
}

#[test]
fn who_subscribes_is_written_in_one_of_two_ways() {
    fn check(subscriber: Subscriber, json: &str) {
        assert_eq!(written(&Subscribe { plan_id: plan(), subscriber }), json);
    }
    check(
        Subscriber::Email("ann@customer.example".to_owned()),
        r#"{"subscription_plan_id":1062001,"email":"ann@customer.example"}"#,
    );
    check(
        Subscriber::User("1115001".parse().unwrap()),
        r#"{"subscription_plan_id":1062001,"sub_partner_id":1115001}"#,
    );
}

#[test]
fn a_deleted_subscription_answers_with_as_good_as_nothing() {
    let request = DeleteSubscription { id: "148001".parse().unwrap() };
    assert_eq!(request.path(), "subscriptions/148001");
    for body in [r#"{"result": "ok"}"#, r#"{"result": "OK"}"#, ""] {
        assert!(request.read(body.as_bytes()).is_ok(), "{body}");
    }
    assert!(request.read(b"<html>").is_err());
}

#[test]
fn a_period_follows_another_so_any_status_may_follow_any() {
    for earlier in SubscriptionStatus::KNOWN {
        assert!(SubscriptionStatus::KNOWN.iter().all(|later| later.may_follow(earlier)), "{earlier}");
        assert_eq!(earlier.is_final(), *earlier == SubscriptionStatus::Expired, "{earlier}");
    }
}
