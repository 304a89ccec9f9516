use super::*;
use crate::endpoint::json;

#[test]
fn an_invoice_is_read_and_its_amount_is_exact() {
    let request = CreateInvoice::new("1000".parse().unwrap(), "usd".parse().unwrap());
    let invoice = request
        .read(
            br#"{"id": "6104417720", "token_id": "88", "order_id": "A-1", "order_description": null, "price_amount": "1000.10",
                "price_currency": "usd", "pay_currency": null, "ipn_callback_url": "https://shop.example/ipn",
                "invoice_url": "https://pay.example/?iid=6104417720", "success_url": "https://shop.example/thanks", "cancel_url": "",
                "partially_paid_url": null, "payout_currency": null, "created_at": "2026-03-01T10:00:00.250Z",
                "updated_at": "2026-03-01T10:00:00.250Z", "is_fixed_rate": true, "is_fee_paid_by_user": "False", "source": null}"#,
        )
        .unwrap();
    assert_eq!(invoice.id.as_str(), "6104417720");
    assert_eq!(invoice.price_amount.to_string(), "1000.1");
    assert_eq!(invoice.invoice_url, "https://pay.example/?iid=6104417720");
    assert_eq!((invoice.pay_currency, invoice.payout_currency, invoice.cancel_url), (None, None, None));
    assert_eq!(invoice.success_url.as_deref(), Some("https://shop.example/thanks"));
    assert_eq!((invoice.is_fixed_rate, invoice.is_fee_paid_by_user), (Some(true), Some(false)));
    assert!(invoice.created_at.is_some() && invoice.created_at == invoice.updated_at);
}

#[test]
fn an_invoice_without_its_page_is_unreadable() {
    let problem = json::<Invoice>(br#"{"id": "1", "price_amount": 1, "price_currency": "usd"}"#).unwrap_err();
    assert!(problem.message.contains("missing field `invoice_url`"), "{problem}");
}

#[test]
fn a_request_has_exact_numbers_and_only_what_was_said() {
    fn check(request: &impl Serialize, json: &str) {
        assert_eq!(serde_json::to_string(request).unwrap(), json);
    }
    let invoice = CreateInvoice::new("0.10".parse().unwrap(), "USD".parse().unwrap());
    check(&invoice, r#"{"price_amount":0.1,"price_currency":"usd"}"#);
    let invoice = CreateInvoice {
        pay_currency: Some("btc".parse().unwrap()),
        partially_paid_url: Some("https://shop.example/more".to_owned()),
        is_fixed_rate: Some(true),
        customer_email: Some("ann@customer.example".to_owned()),
        ..invoice
    };
    check(
        &invoice,
        r#"{"price_amount":0.1,"price_currency":"usd","pay_currency":"btc","partially_paid_url":"https://shop.example/more","is_fixed_rate":true,"customer_email":"ann@customer.example"}"#,
    );
    let payment = CreateInvoicePayment::new("6104417720".parse().unwrap(), "btc".parse().unwrap());
    check(&payment, r#"{"iid":6104417720,"pay_currency":"btc"}"#);
    let payment = CreateInvoicePayment {
        purchase_id: Some("6001".parse().unwrap()),
        case: Some(SandboxCase::Success),
        origin_ip: Some([203, 0, 113, 9].into()),
        ..payment
    };
    check(&payment, r#"{"iid":6104417720,"pay_currency":"btc","purchase_id":6001,"case":"success"}"#);
}

#[test]
fn an_invoice_id_that_is_no_number_stays_a_text() {
    for id in ["X6JH", "007", "99999999999999999999"] {
        let payment = CreateInvoicePayment::new(id.parse().unwrap(), "btc".parse().unwrap());
        assert!(serde_json::to_string(&payment).unwrap().contains(&format!(r#""iid":"{id}""#)), "{id}");
    }
}
