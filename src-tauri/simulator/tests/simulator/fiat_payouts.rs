use nowpayments_simulator::FiatPayoutStatus;
use serde_json::{Value, json};

use crate::till::{Till, id, refusal, result};

fn account() -> Value {
    json!({
        "currency": "eur", "paymentCode": "sepa_bank", "provider": "transfi", "countryCode": "PT",
        "fields": { "iban": "PT50000201231234567890154", "country": "PT" },
    })
}

async fn request(till: &Till, coin: &str, amount: &str) -> (u16, Value) {
    let body =
        json!({ "fiatCurrency": "eur", "cryptoCurrency": coin, "amount": amount, "provider": "transfi" });
    till.post_with_login("/fiat-payouts", body).await
}

async fn rows(till: &Till, query: &str) -> Vec<Value> {
    till.look(&format!("/fiat-payouts?{query}")).await["rows"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_catalogues_say_what_there_is_and_can_be_narrowed() {
    let till = Till::open().await;
    let provider = json!([{ "code": "transfi", "name": "TransFi", "enabled": true }]);
    assert_eq!(till.look("/fiat-payouts/providers").await, provider);
    let fiats = till.look("/fiat-payouts/fiat-currencies").await;
    assert_eq!(fiats[0], json!({ "provider": "transfi", "currencyCode": "EUR", "enabled": true }));
    assert!(fiats.as_array().unwrap().iter().any(|fiat| fiat["enabled"] == false));
    let coins = till.look("/fiat-payouts/crypto-currencies").await;
    let tron = json!({
        "provider": "transfi", "currencyCode": "USDTTRC20", "currencyNetwork": "trx", "enabled": true,
    });
    assert!(coins.as_array().unwrap().contains(&tron), "{coins}");
    assert_eq!(till.look("/fiat-payouts/crypto-currencies?currency=usdttrc20").await, json!([tron]));
    let methods = till.look("/fiat-payouts/payment-methods?provider=transfi&currency=eur").await;
    assert_eq!(methods.as_array().unwrap().len(), 1);
    assert_eq!(
        (&methods[0]["paymentCode"], &methods[0]["provider"]),
        (&json!("sepa_bank"), &json!("transfi"))
    );
    let field = json!({
        "name": "iban", "type": "String", "mandatory": true, "description": "Beneficiary IBAN",
    });
    assert_eq!(methods[0]["fields"][0], field);
    assert_eq!(methods[0]["fields"][1]["mandatory"], false);
    for path in ["providers", "fiat-currencies", "crypto-currencies", "payment-methods"] {
        assert_eq!(till.look(&format!("/fiat-payouts/{path}?provider=other")).await, json!([]), "{path}");
    }
}

#[tokio::test]
async fn every_payment_method_belongs_to_a_currency_that_is_paid_out() {
    let till = Till::open().await;
    let fiats = till.look("/fiat-payouts/fiat-currencies").await;
    let mut methods = 0;
    for fiat in fiats.as_array().unwrap() {
        let path =
            format!("/fiat-payouts/payment-methods?currency={}", fiat["currencyCode"].as_str().unwrap());
        let found = till.look(&path).await.as_array().unwrap().len();
        assert_eq!(found > 0, fiat["enabled"] == true, "{fiat}");
        methods += found;
    }
    assert_eq!(till.look("/fiat-payouts/payment-methods").await.as_array().unwrap().len(), methods);
}

#[tokio::test]
async fn an_account_is_created_once_for_each_currency() {
    let till = Till::open().await;
    let created = till.make("/fiat-payouts/account", account()).await;
    assert_eq!((&created["id"], &created["fiatCurrencyCode"]), (&json!("1"), &json!("EUR")));
    assert_eq!((&created["countryCode"], &created["provider"]), (&json!("PT"), &json!("transfi")));
    let info = &created["providerAccountInfo"];
    assert_eq!((&info["last4Digits"], &info["paymentCode"]), (&json!("0154"), &json!("sepa_bank")));
    assert_eq!((&info["__v"], &info["metaData"]), (&json!(0), &account()["fields"]));
    assert_eq!(info["_id"], created["providerAccountId"]);
    assert_eq!(
        info["displayName"],
        json!(format!("Partner {} EUR SEPA BANK account", till.credentials.email))
    );
    let again = till.post_with_login("/fiat-payouts/account", account()).await;
    assert_eq!(refusal(again), (400, "BAD_REQUEST".to_owned(), "account already exist".to_owned()));
    let second = json!({
        "currency": "PHP", "paymentCode": "ph_onb", "provider": "transfi", "countryCode": "ph",
        "fields": { "accountNumber": "0098877665" },
    });
    till.step(60);
    assert_eq!(till.make("/fiat-payouts/account", second).await["id"], "2");

    let rows = async |query: &str| -> Vec<Value> {
        till.look(&format!("/fiat-payouts/accounts?{query}")).await["rows"].as_array().unwrap().clone()
    };
    let all = rows("").await;
    assert_eq!(all.len(), 2);
    let newest = json!({
        "provider": "transfi", "fiatCurrencyCode": "PHP",
        "providerAccountInfo": {
            "currency": "PHP", "displayName": format!("Partner {} PHP PH ONB account", till.credentials.email),
            "paymentCode": "ph_onb", "accountNumber": "0098877665",
        },
        "createdAt": "2026-03-02T09:03:05.000Z", "updatedAt": "2026-03-02T09:03:05.000Z",
    });
    assert_eq!(all[0], newest, "newest first, without ids");
    for (query, expected) in [
        ("id=1", "EUR"),
        ("currency=php", "PHP"),
        ("filter=sepa", "EUR"),
        ("filter=9887", "PHP"),
        ("limit=1&page=1", "EUR"),
        ("orderBy=asc&limit=1", "EUR"),
        ("dateFrom=2026-03-02T09:03:00Z", "PHP"),
        ("dateTo=2026-03-02T09:03:00Z", "EUR"),
    ] {
        let found = rows(query).await;
        assert_eq!((found.len(), &found[0]["fiatCurrencyCode"]), (1, &json!(expected)), "{query}");
    }
    assert!(rows("provider=other").await.is_empty());
    assert_eq!(refusal(till.get_with_login("/fiat-payouts/accounts?sortBy=iban").await).0, 500);
}

#[tokio::test]
async fn wrong_accounts_are_refused_with_the_field_and_the_reason() {
    let till = Till::open().await;
    let without = |field: &str| {
        let mut body = account();
        body.as_object_mut().unwrap().remove(field);
        body
    };
    let with = |field: &str, value: Value| {
        let mut body = account();
        body[field] = value;
        body
    };
    for (body, message) in [
        (without("currency"), "currency is required"),
        (without("paymentCode"), "paymentCode is required"),
        (without("fields"), "fields is required"),
        (without("provider"), "provider is required"),
        (without("countryCode"), "countryCode is required"),
        (with("provider", json!("other")), "provider must be one of [transfi]"),
        (with("currency", json!("THB")), "Currency THB is currently unavailable"),
        (with("currency", json!("usd")), "Currency USD is currently unavailable"),
        (with("paymentCode", json!("ph_onb")), "paymentCode must be one of [sepa_bank]"),
        (with("countryCode", json!("PRT")), "countryCode must be a code of two letters"),
        (with("fields", json!("PT50")), "fields must be of type object"),
        (with("fields", json!({})), "fields.iban is required"),
        (with("fields", json!({ "iban": "" })), "fields.iban is not allowed to be empty"),
        (with("fields", json!({ "iban": "PT5", "swiftbic": 7 })), "fields.swiftbic must be a string"),
        (with("holder", json!("Ines")), "holder is not allowed"),
    ] {
        let (status, _, text) = refusal(till.post_with_login("/fiat-payouts/account", body.clone()).await);
        assert_eq!((status, text.as_str()), (400, message), "{body}");
    }
    assert!(till.look("/fiat-payouts/accounts").await["rows"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_payout_takes_its_steps_and_the_coins_leave() {
    let till = Till::open().await;
    till.make("/fiat-payouts/account", account()).await;
    let created = result(request(&till, "eth", "0.5").await);
    let expected = json!({
        "id": created["id"], "provider": "transfi", "requestId": null, "status": "NEW",
        "fiatCurrencyCode": "EUR", "fiatAmount": null,
        "cryptoCurrencyCode": "ETH", "cryptoCurrencyAmount": "0.5",
        "fiatAccountCode": "sepa_bank", "fiatAccountNumber": "PT50000201231234567890154",
        "payoutDescription": null, "error": null,
        "createdAt": "2026-03-02T09:02:05.000Z", "updatedAt": "2026-03-02T09:02:05.000Z",
    });
    assert_eq!(created, expected);
    assert_eq!(till.balance(None, "eth").await, (json!(18), json!(0.5)));
    let mut seen = Vec::new();
    for _ in 0..40 {
        let row = rows(&till, "").await.remove(0);
        let status = row["status"].as_str().unwrap().to_owned();
        assert_eq!(row["requestId"].is_null(), ["CREATING", "CONVERTING"].contains(&status.as_str()));
        if seen.last() != Some(&status) {
            seen.push(status);
        }
        till.step(2);
    }
    assert_eq!(seen, ["CREATING", "CONVERTING", "DEPOSITING", "PROCESSING", "FINISHED"]);
    let row = rows(&till, "").await.remove(0);
    let euros: f64 = row["fiatAmount"].as_str().unwrap().parse().unwrap();
    assert!((1_000.0..1_700.0).contains(&euros), "{euros}");
    assert_eq!(till.balance(None, "eth").await, (json!(18), json!(0)));
    let ledger = till.simulator.ledger();
    assert_eq!(ledger.accounts["eth"].cashed_out.to_string(), "0.5");
    assert!(ledger.conserved);
}

#[tokio::test]
async fn tether_on_tron_is_not_converted() {
    let till = Till::open().await;
    till.make("/fiat-payouts/account", account()).await;
    request(&till, "USDTTRC20", "200").await;
    for _ in 0..40 {
        assert_ne!(rows(&till, "").await[0]["status"], "CONVERTING");
        till.step(2);
    }
    let row = rows(&till, "").await.remove(0);
    assert_eq!((&row["status"], &row["fiatAmount"]), (&json!("FINISHED"), &json!("170.06")));
}

#[tokio::test]
async fn wrong_requests_are_refused_with_their_reason() {
    let till = Till::open().await;
    assert_eq!(refusal(request(&till, "usdttrc20", "100").await).2, "account not found");
    till.make("/fiat-payouts/account", account()).await;
    assert_eq!(
        refusal(request(&till, "usdttrc20", "31000.01").await),
        (400, "BAD_REQUEST".to_owned(), "Insufficient balance".to_owned())
    );
    assert_eq!(refusal(request(&till, "doge", "100").await).2, "Currency DOGE is currently unavailable");
    let good = json!({ "fiatCurrency": "eur", "cryptoCurrency": "eth", "amount": 1, "provider": "transfi" });
    for (field, value, message) in [
        ("provider", json!("other"), "provider must be one of [transfi]"),
        ("provider", Value::Null, "provider is required"),
        ("fiatCurrency", json!("usd"), "Currency USD is currently unavailable"),
        ("fiatCurrency", Value::Null, "fiatCurrency is required"),
        ("cryptoCurrency", Value::Null, "cryptoCurrency is required"),
        ("amount", json!("much"), "amount must be a number"),
        ("amount", Value::Null, "amount is required"),
        ("iban", json!("PT50"), "iban is not allowed"),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let (status, _, text) = refusal(till.post_with_login("/fiat-payouts", body).await);
        assert_eq!((status, text.as_str()), (400, message));
    }
    assert!(till.simulator.ledger().fiat_payouts.is_empty());
}

#[tokio::test]
async fn a_failed_payout_gives_the_coins_back_and_says_why() {
    let till = Till::open().await;
    till.make("/fiat-payouts/account", account()).await;
    let payout = result(request(&till, "usdttrc20", "100").await);
    till.step(13);
    let hand =
        |status| till.simulator.change_fiat_payout(id(&payout), status).map_err(|error| error.to_string());
    assert_eq!(hand(FiatPayoutStatus::Creating), Err("a fiat payout only moves forward".to_owned()));
    hand(FiatPayoutStatus::Failed).unwrap();
    assert_eq!(till.balance(None, "usdttrc20").await, (json!(31000), json!(0)));
    let row = rows(&till, "status=FAILED").await.remove(0);
    assert_eq!(row["error"], "Payout was declined by the provider");
    assert_eq!(hand(FiatPayoutStatus::Finished), Err("the fiat payout has already ended".to_owned()));
    till.step(120);
    assert_eq!(rows(&till, "").await[0]["status"], "FAILED");
    let quick = result(request(&till, "usdttrc20", "100").await);
    till.simulator.change_fiat_payout(id(&quick), FiatPayoutStatus::Finished).unwrap();
    assert!(rows(&till, "status=finished").await[0]["fiatAmount"].is_string());
    assert_eq!(till.balance(None, "usdttrc20").await, (json!(30900), json!(0)));
    assert!(till.simulator.change_fiat_payout(7, FiatPayoutStatus::Failed).is_err());
    assert!(till.is_conserved());
}

#[tokio::test]
async fn payouts_are_filtered_and_paged() {
    let till = Till::open().await;
    till.make("/fiat-payouts/account", account()).await;
    let first = result(request(&till, "usdttrc20", "100").await);
    till.step(120);
    let second = result(request(&till, "eth", "0.1").await);
    till.step(120);
    result(request(&till, "usdterc20", "300").await);
    let done = rows(&till, &format!("id={}", first["id"].as_str().unwrap())).await.remove(0);
    let request_id = done["requestId"].as_str().unwrap();
    for (query, expected) in [
        (String::new(), &["300", "0.1", "100"][..]),
        ("orderBy=asc".to_owned(), &["100", "0.1", "300"]),
        ("limit=1&page=2".to_owned(), &["100"]),
        ("status=FINISHED".to_owned(), &["0.1", "100"]),
        ("status=CREATING".to_owned(), &["300"]),
        ("cryptoCurrency=eth".to_owned(), &["0.1"]),
        ("fiatCurrency=php".to_owned(), &[]),
        ("provider=transfi&fiatCurrency=EUR".to_owned(), &["300", "0.1", "100"]),
        (format!("requestId={request_id}"), &["100"]),
        (format!("provider_payout_id={request_id}"), &["100"]),
        (format!("filter={}", second["id"].as_str().unwrap()), &["0.1"]),
        ("dateFrom=2026-03-02T09:03:00Z&dateTo=2026-03-02T09:05:00Z".to_owned(), &["0.1"]),
        ("sortBy=status&orderBy=asc&limit=1".to_owned(), &["300"]),
    ] {
        let amounts: Vec<_> = rows(&till, &query).await;
        let amounts: Vec<_> =
            amounts.iter().map(|row| row["cryptoCurrencyAmount"].as_str().unwrap()).collect();
        assert_eq!(amounts, expected, "{query}");
    }
    assert_eq!(refusal(till.get_with_login("/fiat-payouts?sortBy=iban").await).0, 500);
}
