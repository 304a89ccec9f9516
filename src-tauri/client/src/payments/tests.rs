use super::*;
use crate::endpoint::json;

/// A payment with what is always there, as JSON to which more can be added.
fn payment(more: &str) -> String {
    format!(
        r#"{{"payment_id": 4412087713, "payment_status": "waiting", "price_amount": 12.50, "price_currency": "EUR", "pay_currency": "ltc"{more}}}"#
    )
}

fn read(more: &str) -> Payment {
    json(payment(more).as_bytes()).unwrap_or_else(|problem| panic!("{more}: {problem}"))
}

fn text(amount: &Option<Amount>) -> Option<String> {
    amount.as_ref().map(Amount::to_string)
}

#[test]
fn a_payment_as_it_is_created_is_read() {
    let payment: Payment = json(
        br#"{"payment_id": "4412087713", "payment_status": "waiting", "pay_address": "LXp9...", "price_amount": "25.00",
            "price_currency": "usd", "pay_amount": "0.29875141", "pay_currency": "ltc", "order_id": "A-1", "order_description": null,
            "ipn_callback_url": "https://shop.example/ipn", "created_at": "2026-03-01T10:00:00.250Z",
            "updated_at": "2026-03-01T10:00:00.250Z", "purchase_id": "6001", "amount_received": 0.295, "payin_extra_id": null,
            "smart_contract": "", "network": "ltc", "network_precision": 8, "time_limit": null, "burning_percent": null,
            "expiration_estimate_date": "2026-03-01T10:20:00.250Z", "is_fixed_rate": true, "is_fee_paid_by_user": "False",
            "valid_until": "2026-03-08T10:00:00.250Z", "type": "crypto2crypto", "product": "api"}"#,
    )
    .unwrap();
    assert_eq!(payment.payment_id.as_str(), "4412087713");
    assert_eq!(payment.price_amount.to_string(), "25");
    assert_eq!(text(&payment.pay_amount).as_deref(), Some("0.29875141"));
    assert_eq!(payment.purchase_id.unwrap().as_str(), "6001");
    assert_eq!((payment.is_fixed_rate, payment.is_fee_paid_by_user), (Some(true), Some(false)));
    assert_eq!((payment.network_precision, payment.smart_contract), (Some(8), None));
    assert_eq!(payment.created_at.unwrap().timestamp_millis(), 1_772_359_200_250);
    assert_eq!(payment.kind.as_deref(), Some("crypto2crypto"));
}

#[test]
fn a_payment_as_it_is_read_has_numbers_for_ids() {
    let payment = read(
        r#", "invoice_id": 0, "purchase_id": 6001, "actually_paid": 0, "actually_paid_at_fiat": null, "outcome_amount": null,
           "burning_percent": "null", "payment_extra_ids": [4412087714], "parent_payment_id": null, "payin_extra_id": """#,
    );
    assert_eq!(payment.purchase_id.unwrap().as_str(), "6001");
    assert_eq!((payment.invoice_id, payment.parent_payment_id), (None, None));
    assert_eq!((text(&payment.actually_paid).as_deref(), payment.actually_paid_at_fiat), (Some("0"), None));
    assert_eq!((payment.burning_percent, payment.payin_extra_id, payment.created_at), (None, None, None));
    assert_eq!(payment.price_currency, "eur");
}

#[test]
fn repeated_payments_are_named_in_every_form() {
    fn check(json: &str, expected: &[&str]) {
        let payment = read(&format!(r#", "payment_extra_ids": {json}"#));
        let ids: Vec<_> = payment.payment_extra_ids.iter().map(PaymentId::as_str).collect();
        assert_eq!(ids, expected, "{json}");
    }
    check("null", &[]);
    check("[]", &[]);
    check("[2918473650, 5]", &["2918473650", "5"]);
    check(r#"["2918473650"]"#, &["2918473650"]);
    assert_eq!(read("").payment_extra_ids, []);
}

#[test]
fn times_are_read_in_every_form() {
    fn check(json: &str, millis: Option<i64>) {
        let payment = read(&format!(r#", "updated_at": {json}"#));
        assert_eq!(payment.updated_at.map(|time| time.timestamp_millis()), millis, "{json}");
    }
    check("null", None);
    check("\"\"", None);
    check("\"valid_until_timestamp\"", None);
    check("1765249461097", Some(1_765_249_461_097));
    check("\"1765249461097\"", Some(1_765_249_461_097));
    check("1765249461", Some(1_765_249_461_000));
    check("\"2025-12-09T03:04:21.097Z\"", Some(1_765_249_461_097));
    check("\"2025-12-09T04:04:21.097+01:00\"", Some(1_765_249_461_097));
    check("\"2025-12-09T03:04:21.097\"", Some(1_765_249_461_097));
    check("\"2025-12-09 03:04:21\"", Some(1_765_249_461_000));
}

#[test]
fn what_is_no_time_and_no_amount_is_an_error_with_its_place() {
    fn check(more: &str, path: &str) {
        let page = format!(r#"{{"data": [{}, {}]}}"#, payment(""), payment(more));
        let problem = ListPayments::default().read(page.as_bytes()).unwrap_err();
        assert_eq!(problem.path, path, "{problem}");
    }
    check(r#", "created_at": "yesterday""#, "data[1].created_at");
    check(r#", "created_at": 17.5"#, "data[1].created_at");
    check(r#", "pay_amount": "a lot""#, "data[1].pay_amount");
    check(r#", "pay_amount": 1e1000000000"#, "data[1].pay_amount");
    check(r#", "outcome_amount": [1]"#, "data[1].outcome_amount");
    check(r#", "payment_extra_ids": [1, 2.5]"#, "data[1].payment_extra_ids[1]");
}

#[test]
fn no_digit_of_an_amount_is_lost() {
    let payment =
        read(r#", "pay_amount": 123456789.123456789123456789, "outcome_amount": 4.1013900000000004e-5"#);
    assert_eq!(text(&payment.pay_amount).as_deref(), Some("123456789.123456789123456789"));
    assert_eq!(text(&payment.outcome_amount).as_deref(), Some("0.000041013900000000004"));
}

#[test]
fn statuses_are_read_in_any_case_and_unknown_ones_are_kept() {
    for status in PaymentStatus::KNOWN {
        assert_eq!(PaymentStatus::from(status.to_string().as_str()), *status);
        assert_eq!(PaymentStatus::from(status.as_str().to_uppercase().as_str()), *status);
    }
    assert_eq!(PaymentStatus::from("canceled"), PaymentStatus::Cancelled);
    let unknown = PaymentStatus::from("On_Hold");
    assert_eq!((unknown.as_str(), unknown.is_final()), ("On_Hold", false));
}

#[test]
fn a_status_only_moves_forward() {
    use PaymentStatus::{
        Cancelled, Confirmed, Confirming, Expired, Failed, Finished, PartiallyPaid, Refunded, Sending,
        Waiting,
    };
    let way = [Waiting, Confirming, Confirmed, Sending, PartiallyPaid, Finished, Refunded];
    for (index, earlier) in way.iter().enumerate() {
        for (later_index, later) in way.iter().enumerate() {
            assert_eq!(later.may_follow(earlier), later_index >= index, "{later} after {earlier}");
        }
    }
    for ended in [Failed, Expired, Cancelled] {
        assert!(ended.may_follow(&Waiting) && ended.may_follow(&Sending), "{ended}");
        assert!(
            Finished.may_follow(&ended) && Refunded.may_follow(&ended) && PartiallyPaid.may_follow(&ended),
            "{ended}"
        );
        assert!(!Waiting.may_follow(&ended) && !ended.may_follow(&Finished), "{ended}");
    }
    let unknown = PaymentStatus::Other("on_hold".to_owned());
    assert!(
        PaymentStatus::KNOWN.iter().all(|status| unknown.may_follow(status) && status.may_follow(&unknown))
    );
}

#[test]
fn a_request_has_exact_numbers_and_only_what_was_said() {
    let request = CreatePayment {
        order_id: Some("A-1".to_owned()),
        case: Some(SandboxCase::PartiallyPaid),
        ..CreatePayment::new("0.10".parse().unwrap(), "USD".parse().unwrap(), "btc".parse().unwrap())
    };
    assert_eq!(
        serde_json::to_string(&request).unwrap(),
        r#"{"price_amount":0.1,"price_currency":"usd","pay_currency":"btc","order_id":"A-1","case":"partially_paid"}"#
    );
}

#[test]
fn a_page_tells_whether_more_follow() {
    fn check(more: &str, expected: Option<bool>) {
        let page = ListPayments::default()
            .read(format!(r#"{{"data": [{}]{more}}}"#, payment("")).as_bytes())
            .unwrap();
        assert_eq!(page.into_items().1, expected, "{more}");
    }
    check(r#", "limit": 500, "page": 0, "pagesCount": 2, "total": 501"#, Some(true));
    check(r#", "limit": 500, "page": "1", "pagesCount": "2", "total": 501"#, Some(false));
    check("", None);
}

#[test]
fn the_ends_of_a_payment_are_those_after_which_the_provider_does_nothing() {
    use PaymentStatus::{Cancelled, Expired, Failed, Finished, Refunded};
    let ends: Vec<_> = PaymentStatus::KNOWN.iter().filter(|status| status.is_final()).collect();
    assert_eq!(ends, [&Finished, &Failed, &Refunded, &Expired, &Cancelled]);
}

#[test]
fn a_renewed_estimate_is_exact_and_its_token_is_left_aside() {
    let request = RenewEstimate { id: "4412087713".parse().unwrap() };
    assert_eq!(request.path(), "payment/4412087713/update-merchant-estimate");
    let renewed = request
        .read(
            br#"{"id": "4412087713", "token_id": "77", "pay_amount": 0.0467101300000001,
                "expiration_estimate_date": "2026-03-01T10:40:00.000Z"}"#,
        )
        .unwrap();
    assert_eq!(
        (renewed.id.as_str(), renewed.pay_amount.to_string().as_str()),
        ("4412087713", "0.0467101300000001")
    );
    assert_eq!(renewed.expiration_estimate_date.unwrap().timestamp(), 1_772_361_600);
    let other = request.read(br#"{"payment_id": 5, "pay_amount": "7", "expire_at": null}"#).unwrap();
    assert_eq!(
        (other.id.as_str(), other.pay_amount, other.expiration_estimate_date),
        ("5", Amount::from(7), None)
    );
}

#[test]
fn who_pays_in_a_fiat_currency_is_told_where() {
    let payment =
        read(r#", "type": "fiat2crypto", "redirectData": {"redirect_url": "https://pay.example/7"}"#);
    assert_eq!(payment.redirect.unwrap().redirect_url.as_deref(), Some("https://pay.example/7"));
    assert_eq!(read(r#", "redirectData": null"#).redirect, None);
}

#[test]
fn the_address_of_the_customer_is_no_part_of_the_body() {
    let new = CreatePayment::new(5.into(), "usd".parse().unwrap(), "eur".parse().unwrap());
    let request = CreatePayment { origin_ip: Some([203, 0, 113, 9].into()), ..new };
    assert_eq!(request.origin_ip(), request.origin_ip);
    assert!(!serde_json::to_string(&request).unwrap().contains("203"));
}
