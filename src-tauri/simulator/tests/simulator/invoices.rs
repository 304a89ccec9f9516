use nowpayments_simulator::{History, PaymentChange, PaymentStatus};
use reqwest::Method;
use serde_json::{Value, json};

use crate::till::{BITCOIN, TRON, Till, options, refusal};

fn invoice(extra: Value) -> Value {
    let mut invoice = json!({ "price_amount": 80, "price_currency": "EUR", "order_id": "B-7" });
    invoice.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    invoice
}

/// Makes an invoice and gives its id.
async fn send(till: &Till, extra: Value) -> String {
    let (status, answer) = till.post("/invoice", invoice(extra)).await;
    assert_eq!(status, 201, "{answer}");
    answer["id"].as_str().unwrap().to_owned()
}

/// Makes a payment of an invoice and gives the answer.
async fn pay(till: &Till, id: &str, extra: Value) -> (u16, Value) {
    let mut body = json!({ "iid": id, "pay_currency": "ltc" });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    till.post("/invoice-payment", body).await
}

#[tokio::test]
async fn an_invoice_has_an_address_a_price_in_letters_and_no_coin() {
    let till = Till::open().await;
    let (status, made) = till
        .post(
            "/invoice",
            invoice(json!({ "price_amount": "25.00", "success_url": "https://shop.example/thanks" })),
        )
        .await;
    assert_eq!(status, 201);
    let id = made["id"].as_str().unwrap();
    assert!(id.parse::<u64>().is_ok() && made["token_id"].is_string());
    assert_eq!(made["invoice_url"], format!("https://nowpayments.io/payment/?iid={id}"));
    assert_eq!((&made["price_amount"], &made["price_currency"]), (&json!("25.00"), &json!("eur")));
    assert_eq!((&made["pay_currency"], &made["cancel_url"]), (&Value::Null, &Value::Null));
    assert_eq!(made["success_url"], "https://shop.example/thanks");
    assert_eq!((&made["is_fixed_rate"], &made["order_id"]), (&json!(false), &json!("B-7")));
    let (_, number) = till.post("/invoice", invoice(json!({}))).await;
    assert_eq!(number["price_amount"], "80", "a number becomes a string");
    assert_eq!(number["token_id"], made["token_id"]);
    assert_ne!(number["id"], made["id"]);
}

#[tokio::test]
async fn a_payment_of_an_invoice_carries_its_number_and_is_found_by_it() {
    let till = Till::open().await;
    let (first, second) = (send(&till, json!({})).await, send(&till, json!({})).await);
    let (status, made) = pay(&till, &first, json!({ "customer_email": "ada@shop.example" })).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!((&made["order_id"], &made["price_amount"]), (&json!("B-7"), &json!(80)));
    assert_eq!(made["customer_email"], "ada@shop.example");
    pay(&till, &second, json!({ "pay_currency": "XRP" })).await;
    till.post("/payment", json!({ "price_amount": 9, "price_currency": "usd", "pay_currency": "ltc" })).await;

    let id = made["payment_id"].as_str().unwrap();
    let read = till.read(&format!("/payment/{id}")).await;
    assert_eq!(read["invoice_id"].to_string(), first, "a number");
    let token = till.log_in().await;
    let list = async |query: &str| till.call(Method::GET, query, Some(&token), None).await.1;
    let found = list(&format!("/payment/?invoiceId={first}")).await;
    assert_eq!((&found["total"], &found["data"][0]["payment_id"].to_string()), (&json!(1), &id.to_owned()));
    assert_eq!(list("/payment/?invoiceId=1").await["total"], json!(0));
    let all = list("/payment/").await;
    assert_eq!(all["data"][0]["invoice_id"], Value::Null, "the newest is of no invoice");
    assert_eq!(refusal(till.call(Method::GET, "/payment/?invoiceId=x", Some(&token), None).await).0, 400);
}

#[tokio::test]
async fn a_repeated_deposit_keeps_the_invoice_and_has_zero_where_there_is_none() {
    let till = Till::open().await;
    let invoice = send(&till, json!({})).await;
    let (_, of_invoice) = pay(&till, &invoice, json!({})).await;
    let order = json!({ "price_amount": 80, "price_currency": "usd", "pay_currency": "ltc" });
    let (_, of_none) = till.post("/payment", order).await;
    for (payment, expected) in [(of_invoice, invoice), (of_none, "0".to_owned())] {
        let id: u64 = payment["payment_id"].as_str().unwrap().parse().unwrap();
        till.simulator.change_payment(id, PaymentChange::Status(PaymentStatus::Finished)).unwrap();
        let amount = nowpayments_simulator::Amount::scaled(2, 1);
        till.simulator.change_payment(id, PaymentChange::Pay(amount)).unwrap();
        let child = till.read(&format!("/payment/{id}")).await["payment_extra_ids"][0].clone();
        let child = till.read(&format!("/payment/{child}")).await;
        assert_eq!(child["invoice_id"].to_string(), expected);
    }
}

#[tokio::test]
async fn a_customer_chooses_a_coin_on_the_page_and_another_one_later() {
    let till = Till::open().await;
    let id: u64 = send(&till, json!({})).await.parse().unwrap();
    let first = till.simulator.pay_invoice(id, "btc").unwrap();
    let second = till.simulator.pay_invoice(id, "TRX").unwrap();
    assert_eq!(till.read(&format!("/payment/{first}")).await["pay_currency"], "btc");
    let read = till.read(&format!("/payment/{second}")).await;
    assert_eq!((&read["pay_currency"], &read["invoice_id"]), (&json!("trx"), &json!(id)));
    till.simulator.change_payment(second, PaymentChange::Status(PaymentStatus::Finished)).unwrap();
    assert!(till.simulator.pay_invoice(id, "btc").is_err(), "it is paid");
    assert_eq!(refusal(pay(&till, &id.to_string(), json!({})).await).2, "Invoice is already paid");
    assert!(till.is_conserved());
}

#[tokio::test]
async fn the_control_interface_plays_the_customer_of_an_invoice() {
    let till = Till::open().await;
    let id = send(&till, json!({ "pay_currency": "btc" })).await;
    let choose = async |id: &str, coin: &str| {
        let url = format!("{}/invoices/{id}", till.simulator.control_url());
        let body = json!({ "pay_currency": coin }).to_string();
        let answer = till.http.post(url).header("content-type", "application/json").body(body).send().await;
        let answer = answer.unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    };
    let (status, made): (u16, Value) = choose(&id, "btc").await;
    assert_eq!(status, 200);
    let read = till.read(&format!("/payment/{}", made["payment_id"].as_str().unwrap())).await;
    assert_eq!(read["invoice_id"].to_string(), id);
    for (id, coin, status) in [("1", "btc", 404), (&id, "nope", 404), (&id, "ltc", 409)] {
        let (got, answer) = choose(id, coin).await;
        assert_eq!(got, status, "{answer}");
        assert!(answer["error"].is_string());
    }
}

#[tokio::test]
async fn the_cases_of_the_sandbox_work_for_invoices_too() {
    let till = Till::open().await;
    for (case, end) in [("success", "finished"), ("failed", "failed"), ("partially_paid", "partially_paid")] {
        let id = send(&till, json!({})).await;
        let (_, made) = pay(&till, &id, json!({ "case": case })).await;
        assert!(made["pay_amount"].is_string(), "as in the sandbox: {made}");
        till.step(60);
        let read = till.read(&format!("/payment/{}", made["payment_id"].as_str().unwrap())).await;
        assert_eq!(read["payment_status"], end);
    }
    assert!(till.is_conserved());
}

#[tokio::test]
async fn rate_fees_and_callback_of_an_invoice_are_those_of_its_payments() {
    let till = Till::open().await;
    let flow = json!({
        "is_fixed_rate": false, "is_fee_paid_by_user": true, "ipn_callback_url": "https://shop.example/ipn",
    });
    let id = send(&till, flow).await;
    let (_, made) = pay(&till, &id, json!({ "order_description": "two cups" })).await;
    assert_eq!(made["is_fee_paid_by_user"], true);
    assert_eq!(made["is_fixed_rate"], true, "the customer pays the fees at a fixed rate only");
    assert_eq!(made["ipn_callback_url"], "https://shop.example/ipn");
    assert_eq!(made["order_description"], "two cups");
}

#[tokio::test]
async fn wrong_invoices_are_refused_with_the_field_and_the_reason() {
    let till = Till::open().await;
    let params = "INVALID_REQUEST_PARAMS";
    for (extra, code, message) in [
        (json!({ "price_amount": null }), params, "price_amount is required"),
        (json!({ "price_currency": null }), params, "price_currency is required"),
        (json!({ "success_url": "thanks" }), params, "success_url must be a valid uri"),
        (json!({ "iid": 1 }), params, "iid is not allowed"),
        (json!({ "price_currency": "xxx" }), "CURRENCY_UNAVAILABLE", "Currency XXX is currently unavailable"),
        (json!({ "pay_currency": "xxx" }), "CURRENCY_UNAVAILABLE", "Currency XXX is currently unavailable"),
        (json!({ "pay_currency": "NEO" }), "BAD_REQUEST", "Currency neo is not convertable to usdttrc20 now"),
    ] {
        let answer = till.post("/invoice", invoice(extra)).await;
        assert_eq!(refusal(answer), (400, code.to_owned(), message.to_owned()));
    }
    for (extra, code) in [
        (json!({ "pay_currency": "btc", "price_amount": 0.5 }), "AMOUNT_MINIMAL_ERROR"),
        (json!({ "pay_currency": "shib", "price_amount": 2500 }), "AMOUNT_MAXIMAL_ERROR"),
    ] {
        assert_eq!(refusal(till.post("/invoice", invoice(extra)).await).1, code);
    }
}

#[tokio::test]
async fn wrong_payments_of_invoices_are_refused_with_their_reason() {
    let till = Till::open().await;
    let (id, in_btc) = (send(&till, json!({})).await, send(&till, json!({ "pay_currency": "btc" })).await);
    let cheap = send(&till, json!({ "price_amount": 1 })).await;
    for (id, extra, expected) in [
        ("12", json!({}), (404, "NOT_FOUND", "Invoice not found")),
        (&id, json!({ "iid": null }), (400, "INVALID_REQUEST_PARAMS", "iid is required")),
        (&id, json!({ "iid": "X6JH" }), (400, "INVALID_REQUEST_PARAMS", "iid must be a number")),
        (&id, json!({ "pay_currency": null }), (400, "INVALID_REQUEST_PARAMS", "pay_currency is required")),
        (&id, json!({ "price_amount": 5 }), (400, "INVALID_REQUEST_PARAMS", "price_amount is not allowed")),
        (
            &id,
            json!({ "payout_address": TRON }),
            (400, "INVALID_REQUEST_PARAMS", "payout_currency is required"),
        ),
        (
            &id,
            json!({ "payout_address": BITCOIN, "payout_currency": "trx" }),
            (
                400,
                "BAD_CREATE_WITHDRAWAL_REQUEST",
                "Invalid payout_address: [trx] [bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4]",
            ),
        ),
        (
            &id,
            json!({ "pay_currency": "luna" }),
            (400, "BAD_REQUEST", "Currency luna is not convertable to usdttrc20 now"),
        ),
        (&in_btc, json!({}), (400, "BAD_REQUEST", "Invoice is to be paid in another currency")),
    ] {
        let (status, code, message) = refusal(pay(&till, id, extra).await);
        assert_eq!((status, code.as_str(), message.as_str()), expected);
    }
    assert_eq!(refusal(pay(&till, &cheap, json!({ "pay_currency": "eth" })).await).1, "AMOUNT_MINIMAL_ERROR");
}

#[tokio::test]
async fn some_orders_of_the_demo_shop_are_paid_by_invoice() {
    let till = Till::with(options(History::Demo)).await;
    let token = till.log_in().await;
    let (_, page) = till.call(Method::GET, "/payment/?limit=500", Some(&token), None).await;
    let payments = page["data"].as_array().unwrap();
    let of_invoices: Vec<_> =
        payments.iter().filter(|payment| payment["invoice_id"].as_u64().unwrap_or(0) > 0).collect();
    assert!((30..100).contains(&of_invoices.len()), "{}", of_invoices.len());
    let path = format!("/payment/?invoiceId={}", of_invoices[0]["invoice_id"]);
    let (_, found) = till.call(Method::GET, &path, Some(&token), None).await;
    assert!(found["data"].as_array().unwrap().contains(of_invoices[0]));
}
