use super::*;

/// One coin with the fields of 2024, as JSON to which more can be added.
fn coin(more: &str) -> String {
    format!(r#"{{"id": 7, "code": "XRP", "name": "Ripple", "enable": true, "priority": 3 {more}}}"#)
}

fn answer(coins: &[String]) -> String {
    format!(r#"{{"currencies": [{}]}}"#, coins.join(","))
}

fn read_one(more: &str) -> Coin {
    read_full_currencies(answer(&[coin(more)]).as_bytes()).unwrap().remove(0)
}

#[test]
fn a_coin_of_today_is_read_whole() {
    let coin = read_one(
        r#", "wallet_regex": "^r[1-9A-HJ-NP-Za-km-z]{24,34}$", "extra_id_exists": true, "extra_id_optional": true,
           "extra_id_regex": "^[0-9]{1,10}$", "network": "xrp", "smart_contract": "", "network_precision": "6",
           "ticker": "xrp", "precision": 8, "available_for_payment": false, "available_for_payout": false,
           "is_popular": true, "is_stable": false, "logo_url": "/images/coins/xrp.svg",
           "explorer_link_hash": "https://explorer.example/tx/", "trust_wallet_id": "false", "cg_id": "ripple",
           "brand_new": {"deep": [1]}"#,
    );
    assert_eq!(
        coin,
        Coin {
            code: "xrp".parse().unwrap(),
            name: "Ripple".to_owned(),
            enable: true,
            wallet_regex: Some("^r[1-9A-HJ-NP-Za-km-z]{24,34}$".to_owned()),
            extra_id_exists: true,
            extra_id_optional: true,
            extra_id_regex: Some("^[0-9]{1,10}$".to_owned()),
            network: Some("xrp".to_owned()),
            smart_contract: None,
            network_precision: Some(6),
            ticker: Some("xrp".to_owned()),
            precision: Some(8),
            available_for_payment: false,
            available_for_payout: false,
            is_popular: true,
            is_stable: false,
            logo_url: Some("/images/coins/xrp.svg".to_owned()),
            explorer_link_hash: Some("https://explorer.example/tx/".to_owned()),
        }
    );
}

#[test]
fn a_coin_of_2024_can_be_paid_out_and_needs_its_memo() {
    for more in [
        r#", "extra_id_exists": true"#,
        r#", "extra_id_exists": true, "available_for_payment": null, "available_for_payout": null, "extra_id_optional": null,
           "network": null, "network_precision": null, "wallet_regex": null, "ticker": "null""#,
    ] {
        let coin = read_one(more);
        assert!(coin.available_for_payment && coin.available_for_payout && coin.extra_id_exists, "{more}");
        assert!(!coin.extra_id_optional && !coin.is_popular && !coin.is_stable, "{more}");
        assert_eq!((coin.network, coin.network_precision, coin.wallet_regex), (None, None, None), "{more}");
    }
}

#[test]
fn flags_and_precisions_may_be_texts() {
    let coin = read_one(
        r#", "is_stable": "true", "extra_id_exists": 1, "is_popular": "FALSE", "network_precision": 18"#,
    );
    assert_eq!((coin.is_stable, coin.extra_id_exists, coin.is_popular), (true, true, false));
    assert_eq!(coin.network_precision, Some(18));
}

#[test]
fn one_bad_coin_is_named_and_none_is_dropped() {
    fn check(bad: &str, path: &str) {
        let body = answer(&[coin(""), bad.to_owned(), coin("")]);
        let problem = read_full_currencies(body.as_bytes()).unwrap_err();
        assert_eq!(problem.path, path, "{problem}");
        assert!(!problem.message.is_empty());
    }
    check(r#"{"code": "X/Y", "name": "x", "enable": true}"#, "currencies[1].code");
    check(r#"{"code": 5, "name": "x", "enable": true}"#, "currencies[1].code");
    check(r#"{"code": "XY", "name": "x", "enable": "perhaps"}"#, "currencies[1].enable");
    check(&coin(r#", "network_precision": "many""#), "currencies[1].network_precision");
    check(r#"{"name": "x", "enable": true}"#, "currencies[1]");
    check("null", "currencies[1]");
}

#[test]
fn what_is_no_answer_of_full_currencies_says_so() {
    fn check(body: &[u8], words: &str) {
        let problem = read_full_currencies(body).unwrap_err().to_string();
        assert!(problem.contains(words), "{problem}");
    }
    check(b"", "expected JSON");
    check(b"address,currency,amount\n", "expected JSON");
    check(b"<html>", "HTML page");
    check(br#"{"currencies": [{"code""#, "expected JSON");
    check(br#"{"coins": []}"#, "missing field `currencies`");
    check(b"[]", "expected");
}

#[test]
fn a_file_may_begin_with_a_byte_order_mark() {
    let body = format!("\u{feff}{}", answer(&[coin("")]));
    assert_eq!(read_full_currencies(body.as_bytes()).unwrap().len(), 1);
}

#[test]
fn both_envelopes_and_both_forms_of_a_coin_are_read() {
    let tickers = |body: &str| -> Vec<String> {
        let coins = GetMerchantCoins::default().read(body.as_bytes()).unwrap();
        coins.into_iter().map(|coin| coin.currency.into()).collect()
    };
    assert_eq!(tickers(r#"{"currencies": ["btc", "usdttrc20"]}"#), ["btc", "usdttrc20"]);
    assert_eq!(tickers(r#"{"selectedCurrencies": ["BTC", "USDTTRC20"]}"#), ["btc", "usdttrc20"]);
    let limited = GetCurrencies { fixed_rate: Some(true) }
        .read(br#"{"currencies": [{"currency": "BTC", "min_amount": 0.0001701, "max_amount": "12.5"}, {"currency": "eth", "min_amount": null}]}"#)
        .unwrap();
    assert_eq!(limited[0].min_amount.as_ref().unwrap().to_string(), "0.0001701");
    assert_eq!(limited[0].max_amount.as_ref().unwrap().to_string(), "12.5");
    assert_eq!((&limited[1].min_amount, &limited[1].max_amount), (&None, &None));
}

#[test]
fn tickers_are_the_same_in_any_case_and_never_a_path() {
    let ticker: Ticker = "USDTTRC20".parse().unwrap();
    assert_eq!(ticker, "usdttrc20");
    assert_eq!(serde_json::to_string(&ticker).unwrap(), "\"usdttrc20\"");
    let map = std::collections::HashMap::from([(ticker, 1)]);
    assert_eq!(map.get("usdttrc20"), Some(&1));
    for text in ["", "..", ".a", "a/b", "a b", "a?b", "ä", &"a".repeat(33)] {
        assert_eq!(text.parse::<Ticker>(), Err(TickerError), "{text:?}");
    }
}
