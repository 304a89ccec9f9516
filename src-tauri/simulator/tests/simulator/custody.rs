use nowpayments_simulator::{PaymentChange, TransferStatus};
use serde_json::{Value, json};

use crate::till::{Till, id, refusal, result};

#[tokio::test]
async fn a_customer_is_created_once_and_has_nothing_yet() {
    let till = Till::open().await;
    let created = till.make("/sub-partner/balance", json!({ "name": "café Lumen" })).await;
    let expected = json!({
        "id": created["id"], "name": "café Lumen",
        "created_at": "2026-03-02T09:02:05.000Z", "updated_at": "2026-03-02T09:02:05.000Z",
    });
    assert_eq!(created, expected);
    assert!(created["id"].is_string());
    let path = format!("/sub-partner/balance/{}", created["id"].as_str().unwrap());
    let balance = till.read(&path).await;
    assert_eq!(balance, json!({ "result": { "subPartnerId": created["id"], "balances": {} } }));
    let again = till.post_with_login("/sub-partner/balance", json!({ "name": "café Lumen" })).await;
    assert_eq!(refusal(again), (400, "BAD_REQUEST".to_owned(), "sub partner already exist".to_owned()));
}

#[tokio::test]
async fn a_name_has_up_to_thirty_characters_and_is_no_email_address() {
    let till = Till::open().await;
    till.customer(&"é".repeat(30)).await;
    for (body, message) in [
        (json!({ "name": "é".repeat(31) }), "name length must be less than or equal to 30 characters long"),
        (json!({ "name": "ines@beans.example" }), "name must not be an email"),
        (json!({ "name": "" }), "name is not allowed to be empty"),
        (json!({ "name": 7 }), "name must be a string"),
        (json!({}), "name is required"),
        (json!({ "name": "a", "email": "b" }), "email is not allowed"),
    ] {
        let (status, code, text) = refusal(till.post_with_login("/sub-partner/balance", body).await);
        assert_eq!((status, code.as_str(), text.as_str()), (400, "INVALID_REQUEST_PARAMS", message));
    }
}

#[tokio::test]
async fn customers_are_listed_by_their_ids_in_every_spelling_and_page_by_page() {
    let till = Till::open().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d"] {
        ids.push(till.customer(name).await);
        till.step(1);
    }
    let names = async |query: String| -> String {
        let found = till.look(&format!("/sub-partner?{query}")).await;
        found.as_array().unwrap().iter().map(|customer| customer["name"].as_str().unwrap()).collect()
    };
    let [_, b, _, d] = &ids[..] else { panic!("four") };
    for (query, expected) in [
        (String::new(), "abcd"),
        ("order=DESC".to_owned(), "dcba"),
        ("offset=1&limit=2".to_owned(), "bc"),
        ("offset=9".to_owned(), ""),
        (format!("id={d}"), "d"),
        (format!("id={d}&id={b}"), "bd"),
        (format!("id[]={d}&id[]={b}"), "bd"),
        (format!("id%5B0%5D={d}&id%5B1%5D={b}&order=DESC"), "db"),
    ] {
        assert_eq!(names(query.clone()).await, expected, "{query}");
    }
    let (_, answer) = till.get_with_login("/sub-partner?limit=1").await;
    assert_eq!(answer["count"], 4, "all that there are");
    for (query, message) in [
        ("id=x", "id must be a number"),
        ("order=asc", "order must be one of [ASC, DESC]"),
        ("limit=0", "limit must be greater than or equal to 1"),
        ("limit=501", "limit must be less than or equal to 500"),
        ("offset=-1", "offset must be a number"),
    ] {
        assert_eq!(refusal(till.get_with_login(&format!("/sub-partner?{query}")).await).2, message);
    }
}

#[tokio::test]
async fn money_goes_to_a_customer_to_another_and_back() {
    let till = Till::open().await;
    let (ines, oskar) = (till.customer("ines").await, till.customer("oskar").await);
    let body = json!({ "currency": "TRX", "amount": 50, "sub_partner_id": ines });
    let deposit = till.make("/sub-partner/deposit", body).await;
    assert_eq!(deposit["status"], "WAITING");
    assert_eq!((&deposit["amount"], &deposit["currency"]), (&json!("50"), &json!("trx")));
    assert_eq!(deposit["to_sub_id"], json!(ines));
    let shop = deposit["from_sub_id"].as_str().unwrap().to_owned();
    assert!(shop.parse::<u64>().is_ok() && shop != ines);
    assert_eq!(till.balance(None, "trx").await, (json!(51950), json!(50)), "set aside");
    assert_eq!(till.balance(Some(&ines), "trx").await, (Value::Null, Value::Null));
    till.step(10);
    assert_eq!(till.balance(None, "trx").await, (json!(51950), json!(0)));
    assert_eq!(till.balance(Some(&ines), "trx").await, (json!(50), json!(0)));
    let read = till.look(&format!("/sub-partner/transfer/{}", deposit["id"].as_str().unwrap())).await;
    assert_eq!(read["status"], "FINISHED");
    assert!(read["updated_at"].as_str() > read["created_at"].as_str());

    let body =
        json!({ "currency": "trx", "amount": "20.5", "from_id": ines, "to_id": id(&json!({ "id": oskar })) });
    let transfer = till.make("/sub-partner/transfer", body).await;
    assert_eq!((&transfer["from_sub_id"], &transfer["to_sub_id"]), (&json!(ines), &json!(oskar)));
    assert_eq!(till.balance(Some(&ines), "trx").await, (json!(29.5), json!(20.5)));
    till.step(10);
    let body = json!({ "currency": "trx", "amount": 0.5, "sub_partner_id": oskar });
    let write_off = till.make("/sub-partner/write-off", body).await;
    assert_eq!((&write_off["from_sub_id"], &write_off["to_sub_id"]), (&json!(oskar), &json!(shop)));
    till.step(10);
    assert_eq!(till.balance(Some(&ines), "trx").await.0, json!(29.5));
    assert_eq!(till.balance(Some(&oskar), "trx").await.0, json!(20));
    assert_eq!(till.balance(None, "trx").await.0, json!(51950.5));
    assert!(till.is_conserved());
}

#[tokio::test]
async fn a_transfer_waits_for_its_money_and_is_rejected_if_it_does_not_come() {
    let till = Till::open().await;
    let ines = till.customer("ines").await;
    let body = json!({ "currency": "eth", "amount": 0.4, "sub_partner_id": ines });
    let hopeless = till.make("/sub-partner/write-off", body.clone()).await;
    assert_eq!(hopeless["status"], "WAITING");
    till.step(10);
    let status = async |transfer: &Value| {
        let path = format!("/sub-partner/transfer/{}", transfer["id"].as_str().unwrap());
        till.look(&path).await["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(&hopeless).await, "REJECTED");

    let patient = till.make("/sub-partner/write-off", body.clone()).await;
    let deposit = till.make("/sub-partner/deposit", body).await;
    till.simulator.change_transfer(id(&deposit), TransferStatus::Finished).unwrap();
    till.step(10);
    assert_eq!(status(&patient).await, "FINISHED");
    assert_eq!(till.balance(Some(&ines), "eth").await, (json!(0), json!(0)));
    assert_eq!(till.balance(None, "eth").await, (json!(18.5), json!(0)));
    assert!(till.is_conserved());
}

#[tokio::test]
async fn two_transfers_do_not_spend_the_same_money() {
    let till = Till::open().await;
    let ines = till.customer("ines").await;
    till.deposit(&ines, "ltc", "1").await;
    let body = json!({ "currency": "ltc", "amount": 0.6, "sub_partner_id": ines });
    for _ in 0..2 {
        till.make("/sub-partner/write-off", body.clone()).await;
    }
    assert_eq!(till.balance(Some(&ines), "ltc").await, (json!(0.4), json!(0.6)));
    till.step(10);
    let transfers = till.look("/sub-partner/transfers").await;
    let statuses: Vec<_> = transfers.as_array().unwrap().iter().map(|transfer| &transfer["status"]).collect();
    assert_eq!(statuses, ["FINISHED", "FINISHED", "REJECTED"]);
    assert_eq!(till.balance(Some(&ines), "ltc").await, (json!(0.4), json!(0)));
}

#[tokio::test]
async fn wrong_transfers_are_refused_with_the_field_and_the_reason() {
    let till = Till::open().await;
    let ines = till.customer("ines").await;
    for (path, body, status, message) in [
        ("deposit", json!({}), 400, "currency is required"),
        ("deposit", json!({ "currency": "trx" }), 400, "amount is required"),
        ("deposit", json!({ "currency": "trx", "amount": 1 }), 400, "sub_partner_id is required"),
        (
            "deposit",
            json!({ "currency": "trx", "amount": -1, "sub_partner_id": ines }),
            400,
            "amount must be a positive number",
        ),
        (
            "deposit",
            json!({ "currency": "trx", "amount": 1, "sub_partner_id": "ines" }),
            400,
            "sub_partner_id must be a number",
        ),
        (
            "write-off",
            json!({ "currency": "nope", "amount": 1, "sub_partner_id": ines }),
            400,
            "Currency NOPE is currently unavailable",
        ),
        (
            "write-off",
            json!({ "currency": "trx", "amount": 1, "sub_partner_id": 7 }),
            404,
            "sub partner not found",
        ),
        (
            "write-off",
            json!({ "currency": "trx", "amount": 1, "sub_partner_id": ines, "address": "T" }),
            400,
            "address is not allowed",
        ),
        ("transfer", json!({ "currency": "trx", "amount": 1, "from_id": ines }), 400, "to_id is required"),
        (
            "transfer",
            json!({ "currency": "trx", "amount": 1, "from_id": ines, "to_id": 7 }),
            404,
            "sub partner not found",
        ),
        (
            "transfer",
            json!({ "currency": "trx", "amount": 1, "from_id": ines, "to_id": ines }),
            400,
            "from_id and to_id must be different",
        ),
        (
            "payment",
            json!({ "currency": "btc", "amount": 0.000001, "sub_partner_id": ines }),
            400,
            "Crypto amount 0.000001 is less than minimal",
        ),
        (
            "payment",
            json!({ "currency": "trx", "amount": 50, "sub_partner_id": ines, "ipn_callback_url": "shop" }),
            400,
            "ipn_callback_url must be a valid uri",
        ),
        (
            "payment",
            json!({ "currency": "trx", "amount": 50, "sub_partner_id": 7 }),
            404,
            "sub partner not found",
        ),
    ] {
        let answer = till.post_with_login(&format!("/sub-partner/{path}"), body.clone()).await;
        let (got, _, text) = refusal(answer);
        assert_eq!((got, text.as_str()), (status, message), "{path} {body}");
    }
    assert_eq!(refusal(till.get("/sub-partner/balance/7").await).2, "sub partner not found");
    assert_eq!(refusal(till.get_with_login("/sub-partner/transfer/7").await).2, "transfer not found");
    assert!(till.simulator.ledger().transfers.is_empty());
}

#[tokio::test]
async fn transfers_are_listed_by_status_and_id() {
    let till = Till::open().await;
    let ines = till.customer("ines").await;
    till.deposit(&ines, "trx", "100").await;
    for amount in [500, 10, 20] {
        till.make(
            "/sub-partner/write-off",
            json!({ "currency": "trx", "amount": amount, "sub_partner_id": ines }),
        )
        .await;
    }
    till.step(10);
    till.make("/sub-partner/write-off", json!({ "currency": "trx", "amount": 30, "sub_partner_id": ines }))
        .await;
    let amounts = async |query: &str| -> Vec<String> {
        let found = till.look(&format!("/sub-partner/transfers?{query}")).await;
        let amount = |transfer: &Value| transfer["amount"].as_str().unwrap().to_owned();
        found.as_array().unwrap().iter().map(amount).collect()
    };
    assert_eq!(amounts("").await, ["100", "500", "10", "20", "30"]);
    assert_eq!(amounts("status=REJECTED").await, ["500"]);
    assert_eq!(amounts("status=REJECTED&status=WAITING&order=DESC").await, ["30", "500"]);
    assert_eq!(amounts("status=CREATED").await, [""; 0]);
    assert_eq!(amounts("status=FINISHED&offset=1&limit=1").await, ["10"]);
    let transfers = till.simulator.ledger().transfers;
    let both = format!("id={}&id={}", transfers[3].id, transfers[0].id);
    assert_eq!(amounts(&both).await, ["100", "20"]);
    assert_eq!(
        refusal(till.get_with_login("/sub-partner/transfers?status=finished").await).2,
        "status must be one of [CREATED, WAITING, FINISHED, REJECTED]"
    );
}

#[tokio::test]
async fn a_payment_for_a_customer_lands_on_their_balance() {
    let till = Till::open().await;
    let ines = till.customer("ines").await;
    let shop = till.balance(None, "trx").await;
    let body = json!({
        "currency": "TRX", "amount": 50, "sub_partner_id": ines, "is_fixed_rate": false,
        "is_fee_paid_by_user": false, "ipn_callback_url": "https://shop.example/ipn",
    });
    let payment = till.make("/sub-partner/payment", body).await;
    assert!(payment["payment_id"].is_string());
    assert_eq!((&payment["price_amount"], &payment["pay_amount"]), (&json!(50), &json!(50)));
    assert_eq!((&payment["price_currency"], &payment["pay_currency"]), (&json!("trx"), &json!("trx")));
    assert_eq!(payment["ipn_callback_url"], "https://shop.example/ipn");
    let number: u64 = payment["payment_id"].as_str().unwrap().parse().unwrap();
    let pay = |amount: &str| {
        let change = PaymentChange::Pay(nowpayments_simulator::Amount::parse(amount).unwrap());
        till.simulator.change_payment(number, change).unwrap();
        till.step(30);
    };
    pay("50");
    assert_eq!(till.read(&format!("/payment/{number}")).await["payment_status"], "finished");
    assert_eq!(till.balance(Some(&ines), "trx").await, (json!(49.75), json!(0)));
    // What comes later is the customer's too.
    pay("10");
    assert_eq!(till.balance(Some(&ines), "trx").await.0, json!(59.7));
    assert_eq!(till.balance(None, "trx").await, shop);
    assert!(till.is_conserved());
}

#[tokio::test]
async fn a_customer_keeps_the_coin_that_was_paid_and_can_bear_the_fee() {
    let till = Till::open().await;
    let ines = till.customer("ines").await;
    // The older name of the fixed rate is understood too.
    let body = json!({
        "currency": "usdcmatic", "amount": 100, "sub_partner_id": ines, "fixed_rate": true,
        "is_fee_paid_by_user": true,
    });
    let payment = till.make("/sub-partner/payment", body).await;
    assert_eq!((&payment["is_fixed_rate"], &payment["is_fee_paid_by_user"]), (&json!(true), &json!(true)));
    assert_eq!((&payment["price_amount"], &payment["pay_amount"]), (&json!(100), &json!(100.542714)));
    let number = payment["payment_id"].as_str().unwrap().parse().unwrap();
    let finished = PaymentChange::Status(nowpayments_simulator::PaymentStatus::Finished);
    till.simulator.change_payment(number, finished).unwrap();
    assert_eq!(till.balance(Some(&ines), "usdcmatic").await.0, json!(100.00000043), "all that was asked for");
}

#[tokio::test]
async fn the_payments_of_customers_are_listed_apart() {
    let till = Till::open().await;
    let (ines, oskar) = (till.customer("ines").await, till.customer("oskar").await);
    till.post("/payment", json!({ "price_amount": 90, "price_currency": "usd", "pay_currency": "eth" }))
        .await;
    let mut payments = Vec::new();
    for (customer, currency) in [(&ines, "trx"), (&oskar, "usdttrc20"), (&ines, "usdttrc20")] {
        let body = json!({ "currency": currency, "amount": 90, "sub_partner_id": customer });
        payments.push(till.make("/sub-partner/payment", body).await["payment_id"].clone());
        till.step(3600);
    }
    let last = payments[2].as_str().unwrap().parse().unwrap();
    let finished = PaymentChange::Status(nowpayments_simulator::PaymentStatus::Finished);
    till.simulator.change_payment(last, finished).unwrap();
    let found = async |query: &str| -> Vec<usize> {
        let rows = till.look(&format!("/sub-partner/payments?{query}")).await;
        let place = |row: &Value| {
            let number = row["payment_id"].as_u64().unwrap().to_string();
            payments.iter().position(|payment| *payment == json!(number)).unwrap()
        };
        rows.as_array().unwrap().iter().map(place).collect()
    };
    assert_eq!(found("").await, [2, 1, 0], "newest first, and only theirs");
    assert_eq!(found("orderBy=asc").await, [0, 1, 2]);
    assert_eq!(found("limit=2&page=1").await, [0]);
    assert_eq!(found(&format!("sub_partner_id={ines}")).await, [2, 0]);
    assert_eq!(found("pay_currency=USDTTRC20").await, [2, 1]);
    assert_eq!(found("status=finished").await, [2]);
    assert_eq!(found("date_from=2026-03-02T10:00:00Z&date_to=2026-03-02T10:30:00Z").await, [1]);
    assert_eq!(found(&format!("id={}", payments[1].as_str().unwrap())).await, [1]);
    assert_eq!(found("sortBy=status&orderBy=asc").await[0], 2);
    let (_, answer) = till.get_with_login("/sub-partner/payments?limit=1").await;
    assert_eq!((&answer["count"], &answer["result"][0]["sub_partner_id"]), (&json!(3), &json!(ines)));
    assert_eq!(
        refusal(till.get_with_login("/sub-partner/payments?sortBy=price").await).2,
        "sortBy must be one of [id, status, pay_currency, created_at, updated_at]"
    );
    assert_eq!(refusal(till.get_with_login("/sub-partner/payments?orderBy=up").await).0, 500);
}

#[tokio::test]
async fn a_transfer_can_be_ended_by_hand_once_and_only_with_the_money() {
    let till = Till::open().await;
    let ines = till.customer("ines").await;
    let body = json!({ "currency": "sol", "amount": 5, "sub_partner_id": ines });
    let hand = |transfer: &Value, status| {
        till.simulator.change_transfer(id(transfer), status).map_err(|error| error.to_string())
    };
    let short = till.make("/sub-partner/write-off", body.clone()).await;
    assert_eq!(
        hand(&short, TransferStatus::Finished),
        Err("the balance is too small for the transfer".to_owned())
    );
    let deposit = result(till.post_with_login("/sub-partner/deposit", body).await);
    assert_eq!(
        hand(&deposit, TransferStatus::Waiting),
        Err("a transfer can only be finished or rejected".to_owned())
    );
    assert_eq!(till.balance(None, "sol").await, (json!(135), json!(5)));
    hand(&deposit, TransferStatus::Rejected).unwrap();
    assert_eq!(till.balance(None, "sol").await, (json!(140), json!(0)), "the money is back");
    assert_eq!(hand(&deposit, TransferStatus::Finished), Err("the transfer has already ended".to_owned()));
    till.step(20);
    let statuses: Vec<_> = till.simulator.ledger().transfers.iter().map(|transfer| transfer.status).collect();
    assert_eq!(statuses, [TransferStatus::Rejected; 2]);
    assert!(till.simulator.change_transfer(7, TransferStatus::Rejected).is_err());
    assert!(till.is_conserved());
}
