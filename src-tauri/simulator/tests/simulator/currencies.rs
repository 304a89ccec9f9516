use serde_json::{Value, json};

use crate::till::{Till, refusal};

#[tokio::test]
async fn tickers_are_lower_case_in_one_list_and_upper_case_in_the_others() {
    let till = Till::open().await;
    let list = till.read("/currencies").await;
    assert!(list["currencies"].as_array().unwrap().contains(&json!("usdttrc20")));
    let selected = till.read("/merchant/coins").await;
    assert!(selected["selectedCurrencies"].as_array().unwrap().contains(&json!("USDTTRC20")));
    assert!(selected.get("currencies").is_none());
    let fixed = till.read("/currencies?fixed_rate=true").await;
    assert!(fixed["currencies"][0]["min_amount"].is_number());
}

#[tokio::test]
async fn full_currencies_has_every_field_with_the_type_that_was_recorded() {
    let till = Till::open().await;
    let answer = till.read("/full-currencies").await;
    let coins = answer["currencies"].as_array().unwrap();
    assert!(coins.len() >= 60);
    for coin in coins {
        for field in
            ["code", "name", "wallet_regex", "logo_url", "cg_id", "network", "created_at", "updated_at"]
        {
            assert!(coin[field].is_string(), "{field} of {coin}");
        }
        for field in ["id", "priority", "precision"] {
            assert!(coin[field].is_u64(), "{field} of {coin}");
        }
        for field in [
            "enable",
            "extra_id_exists",
            "track",
            "is_maxlimit",
            "is_defi",
            "is_popular",
            "is_stable",
            "available_for_to_conversion",
            "available_for_payment",
            "available_for_payout",
            "extra_id_optional",
        ] {
            assert!(coin[field].is_boolean(), "{field} of {coin}");
        }
        for field in ["extra_id_regex", "smart_contract", "network_precision", "ticker", "trust_wallet_id"] {
            assert!(coin[field].is_string() || coin[field].is_null(), "{field} of {coin}");
        }
    }
    let find = |code: &str| coins.iter().find(|coin| coin["code"] == code).unwrap();
    assert_eq!(
        (&find("USDTTRC20")["network"], &find("USDTTRC20")["ticker"]),
        (&json!("trx"), &json!("usdt"))
    );
    assert_eq!(find("USDTERC20")["network_precision"], "6");
    assert_eq!(find("BTC")["network_precision"], Value::Null);
    assert_eq!(find("XRP")["extra_id_exists"], true);
    assert!(coins.iter().any(|coin| coin["trust_wallet_id"] == "false"));
    assert!(coins.iter().any(|coin| coin["available_for_payout"] == false));
}

#[tokio::test]
async fn an_estimate_is_a_string_beside_a_number() {
    let till = Till::open().await;
    let answer = till.read("/estimate?amount=25&currency_from=USD&currency_to=xrp").await;
    assert_eq!((&answer["amount_from"], &answer["currency_from"]), (&json!(25), &json!("usd")));
    let estimated: f64 = answer["estimated_amount"].as_str().unwrap().parse().unwrap();
    assert!((8.0..16.0).contains(&estimated), "{answer}");
    let back = till.read("/estimate?amount=1&currency_from=btc&currency_to=eur").await;
    assert!(back["estimated_amount"].as_str().unwrap().len() > 5);
}

#[tokio::test]
async fn a_minimum_can_be_asked_for_in_coins_and_in_fiat() {
    let till = Till::open().await;
    let answer = till.read("/min-amount?currency_from=btc&currency_to=usdttrc20&fiat_equivalent=usd").await;
    assert!(answer["min_amount"].is_number() && answer["fiat_equivalent"].is_number(), "{answer}");
    let own = till.read("/min-amount?currency_from=eth").await;
    assert_eq!(own["currency_to"], "eth");
    let fiat = till.read("/min-amount?currency_from=eur&currency_to=trx").await;
    assert!(fiat["min_amount"].is_number());
}

#[tokio::test]
async fn a_minimum_is_higher_at_a_fixed_rate_and_where_the_customer_pays_the_fees() {
    let till = Till::open().await;
    let mut last = 0.0;
    for flags in ["False&is_fee_paid_by_user=false", "TRUE", "true&is_fee_paid_by_user=True"] {
        let answer = till.read(&format!("/min-amount?currency_from=eth&is_fixed_rate={flags}")).await;
        let least = answer["min_amount"].as_f64().unwrap();
        assert!(least > last, "{flags}: {least}");
        last = least;
    }
}

#[tokio::test]
async fn wrong_questions_are_refused_with_their_reason() {
    let till = Till::open().await;
    for (path, code, message) in [
        ("/estimate?amount=5&currency_from=usd", "INVALID_REQUEST_PARAMS", "currency_to is required"),
        (
            "/estimate?amount=x&currency_from=usd&currency_to=btc",
            "INVALID_REQUEST_PARAMS",
            "amount must be a number",
        ),
        (
            "/estimate?amount=-1&currency_from=usd&currency_to=btc",
            "INVALID_REQUEST_PARAMS",
            "amount must be a positive number",
        ),
        (
            "/estimate?amount=5&currency_from=usd&currency_to=nope",
            "CURRENCY_UNAVAILABLE",
            "Currency NOPE is currently unavailable",
        ),
        (
            "/estimate?amount=999999999999&currency_from=btc&currency_to=bttc",
            "AMOUNT_MAXIMAL_ERROR",
            "Crypto amount is too large",
        ),
        (
            "/min-amount?currency_from=btc&is_fixed_rate=perhaps",
            "INVALID_REQUEST_PARAMS",
            "is_fixed_rate must be a boolean",
        ),
        (
            "/min-amount?currency_from=btc&fiat_equivalent=true",
            "INVALID_REQUEST_PARAMS",
            "fiat_equivalent must be a supported fiat currency",
        ),
        (
            "/min-amount?currency_from=luna&currency_to=usdttrc20",
            "BAD_REQUEST",
            "Currency luna is not convertable to usdttrc20 now",
        ),
    ] {
        assert_eq!(refusal(till.get(path).await), (400, code.to_owned(), message.to_owned()), "{path}");
    }
}
