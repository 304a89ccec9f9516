use nowpayments_simulator::{RateLimit, Switches};
use reqwest::Method;
use serde_json::json;

use crate::till::{ENDPOINTS, LOGIN_ALONE, Till, refusal};

#[tokio::test]
async fn status_is_open_to_everybody() {
    let till = Till::open().await;
    let answer =
        till.http.get(format!("{}/status", till.simulator.url())).header("x-api-key", "wrong").send().await;
    assert_eq!(answer.unwrap().text().await.unwrap(), r#"{"message":"OK"}"#);
}

#[tokio::test]
async fn the_endpoints_of_the_account_want_a_login_and_no_key() {
    let mut till = Till::open().await;
    till.credentials.api_key = "wrong".to_owned();
    let token = till.log_in().await;
    for (method, path) in LOGIN_ALONE {
        let (status, answer) = till.call(method.parse().unwrap(), path, None, None).await;
        assert_eq!((status, &answer["code"]), (401, &json!("AUTH_REQUIRED")), "{method} {path}");
        let (status, answer) = till.call(method.parse().unwrap(), path, Some(&token), None).await;
        assert!(![401, 403].contains(&status), "{method} {path}: {answer}");
    }
}

#[tokio::test]
async fn every_other_endpoint_refuses_a_wrong_key() {
    let mut till = Till::open().await;
    till.credentials.api_key = "wrong".to_owned();
    for (method, path) in ENDPOINTS {
        if ["/status", "/auth"].contains(&path) {
            continue;
        }
        let answer = till.call(method.parse().unwrap(), path, None, None).await;
        let expected = (403, "INVALID_API_KEY".to_owned(), "Invalid api key".to_owned());
        assert_eq!(refusal(answer), expected, "{method} {path}");
    }
}

#[tokio::test]
async fn calls_that_need_a_login_refuse_the_key_alone() {
    let till = Till::open().await;
    for (method, path) in [
        ("GET", "/payment/"),
        ("GET", "/payment"),
        ("POST", "/payout"),
        ("POST", "/payout/1/verify"),
        ("POST", "/sub-partner/payment"),
        ("POST", "/subscriptions"),
        ("POST", "/fiat-payouts/account"),
        ("POST", "/fiat-payouts"),
    ] {
        let (status, code, message) = refusal(till.call(method.parse().unwrap(), path, None, None).await);
        assert_eq!((status, code.as_str()), (401, "AUTH_REQUIRED"), "{path}");
        assert_eq!(message, "Authorization header is empty (Bearer JWTtoken is required)");
    }
}

#[tokio::test]
async fn a_login_lasts_five_minutes_of_the_simulated_clock() {
    let till = Till::open().await;
    let token = till.log_in().await;
    till.step(299);
    assert_eq!(till.call(Method::GET, "/payment/", Some(&token), None).await.0, 200);
    till.step(1);
    assert_eq!(refusal(till.call(Method::GET, "/payment/", Some(&token), None).await).0, 401);
    let token = till.log_in().await;
    assert_eq!(till.call(Method::GET, "/payment/", Some(&token), None).await.0, 200);
}

#[tokio::test]
async fn login_is_case_sensitive_and_names_what_is_missing() {
    let till = Till::open().await;
    let (email, password) = (&till.credentials.email, &till.credentials.password);
    for (body, status, message) in [
        (json!({ "email": email.to_uppercase(), "password": password }), 403, "Access denied"),
        (json!({ "email": email, "password": "wrong" }), 403, "Access denied"),
        (json!({ "email": email }), 400, "password is required"),
        (json!({ "email": 7, "password": password }), 400, "email must be a string"),
        (json!({ "email": email, "password": password, "code": "1" }), 400, "code is not allowed"),
        (json!([]), 400, "value must be of type object"),
    ] {
        let (got, _, text) = refusal(till.post("/auth", body).await);
        assert_eq!((got, text.as_str()), (status, message));
    }
}

#[tokio::test]
async fn answers_carry_the_simulated_date_and_the_names_of_cloudflare() {
    let till = Till::open().await;
    till.step(3600);
    let answer = till.send(Method::GET, "/status", None, None).await.unwrap();
    assert_eq!(answer.headers()["date"], "Mon, 02 Mar 2026 10:02:05 GMT");
    assert_eq!(answer.headers()["server"], "cloudflare");
    assert!(answer.headers().contains_key("cf-ray"));
}

#[tokio::test]
async fn a_foreign_address_is_named_and_refused_where_money_is() {
    let till = Till::open().await;
    till.simulator.set_switches(Switches {
        foreign_address: Some("2a05:541:0:1::7".to_owned()),
        ..Switches::default()
    });
    for path in ["/balance", "/payout-withdrawal/min-amount/btc", "/sub-partner/balance/1"] {
        let (status, code, message) = refusal(till.get(path).await);
        assert_eq!((status, code.as_str()), (403, "ENDPOINT_NOT_ALLOWED"));
        assert_eq!(message, "Access denied | Invalid IP - 2a05:541:0:1::7");
    }
    assert_eq!(refusal(till.post_with_login("/payout", json!({})).await).1, "ENDPOINT_NOT_ALLOWED");
    till.read("/currencies").await;
}

#[tokio::test]
async fn calls_beyond_the_limit_wait_for_the_next_second() {
    let till = Till::open().await;
    let limit = RateLimit { per_second: 2, retry_after: Some(4) };
    till.simulator.set_switches(Switches { rate_limit: Some(limit), ..Switches::default() });
    till.read("/currencies").await;
    till.read("/currencies").await;
    let refused = till.send(Method::GET, "/currencies", None, None).await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "4");
    till.step(1);
    till.read("/currencies").await;
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let till = Till::open().await;
    for (method, path) in [("GET", "/payouts"), ("DELETE", "/payment/1"), ("PATCH", "/payment/1")] {
        assert_eq!(
            refusal(till.call(method.parse().unwrap(), path, None, None).await).0,
            404,
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn secrets_are_neither_logged_nor_shown() {
    let till = Till::open().await;
    let batch = till.create(json!([{ "address": crate::till::TRON, "currency": "trx", "amount": 50 }])).await;
    till.approve(&batch).await;
    let log = serde_json::to_string(&till.simulator.requests()).unwrap();
    assert!(log.contains("/verify") && log.contains("/auth"), "{log}");
    for secret in [&till.credentials.password, &till.simulator.code().code, &till.credentials.api_key] {
        assert!(!log.contains(secret.as_str()), "{log}");
    }
    assert!(!format!("{:?}", till.credentials).contains(&till.credentials.totp_secret));
}
