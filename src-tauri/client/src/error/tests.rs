use super::*;

fn refused(method: Method, path: &str, status: u16, body: &str) -> Refused {
    Refused::read(Call { method, path: path.to_owned() }, status, body.as_bytes())
}

fn get(status: u16, body: &str) -> Refused {
    refused(Method::GET, "balance", status, body)
}

fn payout(status: u16, body: &str) -> Refused {
    refused(Method::POST, "payout", status, body)
}

/// An envelope as the API writes it.
fn envelope(status: u16, code: &str, message: &str) -> String {
    serde_json::json!({"status": false, "statusCode": status, "code": code, "message": message}).to_string()
}

/// The names of the questions that are answered with yes.
fn answers(refused: &Refused) -> Vec<&'static str> {
    [
        ("wrong_key", refused.is_wrong_key()),
        ("login_refused", refused.is_login_refused()),
        ("expired_login", refused.is_expired_login()),
        ("computer_not_allowed", refused.is_computer_not_allowed()),
        ("recipient_not_allowed", refused.is_recipient_not_allowed()),
        ("insufficient_balance", refused.is_insufficient_balance()),
        ("balance_missing", refused.is_balance_missing()),
        ("rate_limited", refused.is_rate_limited()),
        ("maintenance", refused.is_maintenance()),
        ("below_minimum", refused.is_below_minimum()),
        ("above_maximum", refused.is_above_maximum()),
        ("invalid_address", refused.is_invalid_address()),
        ("currency_unavailable", refused.is_currency_unavailable()),
        ("wrong_code", refused.is_wrong_code()),
        ("out_of_attempts", refused.is_out_of_attempts()),
        ("not_found", refused.is_not_found()),
        ("plan_not_found", refused.is_plan_not_found()),
        ("fiat_plan_wanted", refused.is_fiat_plan_wanted()),
        ("duplicate_user", refused.is_duplicate_user()),
        ("duplicate_account", refused.is_duplicate_account()),
        ("invalid_request", refused.is_invalid_request()),
    ]
    .into_iter()
    .filter_map(|(name, yes)| yes.then_some(name))
    .collect()
}

#[test]
fn a_refusal_names_a_parameter_as_a_word_of_its_own() {
    let body = envelope(400, "INVALID_REQUEST_PARAMS", "fields.accountNumber is required");
    let refused = refused(Method::POST, "fiat-payouts/account", 400, &body);
    assert!(refused.names("accountnumber") && refused.names("fields"));
    assert!(!refused.names("account") && !refused.names("number"));
}

#[test]
fn each_refusal_answers_its_own_question() {
    fn check(path: &str, status: u16, code: &str, message: &str, expected: &[&str]) {
        let refused = refused(Method::POST, path, status, &envelope(status, code, message));
        assert_eq!(answers(&refused), expected, "{refused}");
        assert!(refused.from_api);
    }
    check("balance", 403, "INVALID_API_KEY", "Invalid api key", &["wrong_key"]);
    check("fiat-payouts/account", 400, "BAD_REQUEST", "account already exist", &["duplicate_account"]);
    check("payout", 401, "AUTH_REQUIRED", "Authorization header is empty", &["expired_login"]);
    check("auth", 403, "ACCESS_DENIED", "Access denied", &["login_refused"]);
    check("auth", 401, "AUTH_REQUIRED", "Wrong credentials", &["login_refused"]);
    check(
        "payout",
        403,
        "ENDPOINT_NOT_ALLOWED",
        "Access denied | Invalid IP - ::1",
        &["computer_not_allowed"],
    );
    check("auth", 403, "ENDPOINT_NOT_ALLOWED", "Access denied | Invalid IP - ::1", &["computer_not_allowed"]);
    check("payout", 400, "BAD_REQUEST", "Address is not in the whitelist", &["recipient_not_allowed"]);
    let withdrawal = "BAD_CREATE_WITHDRAWAL_REQUEST";
    check("payout", 400, withdrawal, "Invalid payout_address: eth 0x00", &["invalid_address"]);
    check("payout", 400, withdrawal, "Invalid payout_extra_id: [xrp] [x]", &["invalid_address"]);
    check("payout", 400, withdrawal, "Insufficient balance for usdtbsc", &["insufficient_balance"]);
    check("payout", 400, withdrawal, "min amount is 0.5", &["below_minimum"]);
    check("payment", 400, "AMOUNT_MINIMAL_ERROR", "amountTo is too small", &["below_minimum"]);
    check("payment", 400, "AMOUNT_MAXIMAL_ERROR", "amountTo is too large", &["above_maximum"]);
    check("payment", 400, "CURRENCY_UNAVAILABLE", "off", &["currency_unavailable"]);
    check(
        "estimate",
        400,
        "BAD_REQUEST",
        "Currency luna is not convertable to btc now",
        &["currency_unavailable"],
    );
    check("payout/5/verify", 400, "BAD_REQUEST", "Invalid verification code", &["wrong_code"]);
    check("payout/5/verify", 401, "BAD_REQUEST", "Invalid verification code", &["wrong_code"]);
    check("payout/5/verify", 401, "AUTH_REQUIRED", "jwt expired", &["expired_login"]);
    check("payout/5/verify", 403, "INVALID_API_KEY", "Invalid api key", &["wrong_key"]);
    let attempts = &["wrong_code", "out_of_attempts"];
    check("payout/5/verify", 400, "BAD_REQUEST", "Verification attempts limit exceeded", attempts);
    check("payout/5/verify", 403, "BAD_REQUEST", "Too many attempts", attempts);
    check("payout/5/verify", 400, "BAD_REQUEST", "Invalid code, 9 attempts left", &["wrong_code"]);
    check("payout", 400, "BAD_REQUEST", "Too many attempts", &[]);
    check("payment/5", 404, "NOT_FOUND", "Payment not found", &["not_found"]);
    check("subscriptions/5", 404, "NOT_FOUND", "subscription not found", &["not_found"]);
    let no_plan = &["not_found", "plan_not_found"];
    check("subscriptions", 404, "NOT_FOUND", "subscription plan not found", no_plan);
    check(
        "subscriptions",
        400,
        "INVALID_REQUEST_PARAMS",
        "For email subscriptions, only fiat currencies are available in plan",
        &["fiat_plan_wanted", "invalid_request"],
    );
    check("sub-partner/balance", 400, "BAD_REQUEST", "sub partner already exist", &["duplicate_user"]);
    let none_of_it = &["insufficient_balance", "balance_missing"];
    check("conversion", 400, "BAD_REQUEST", "Partner balance not found", none_of_it);
    check("estimate", 400, "BAD_REQUEST", "Currency x is not convertible now", &["currency_unavailable"]);
    check("payout", 400, "INVALID_REQUEST_PARAMS", "payout_description is not allowed", &["invalid_request"]);
    check("payout", 429, "TOO_MANY", "slow down", &["rate_limited"]);
    check("payout", 503, "CLOSED", "Service is under maintenance", &["maintenance"]);
    check("payout", 500, "INTERNAL_ERROR", "The server encountered an internal error", &[]);
}

#[test]
fn every_form_of_a_refusal_gives_a_message_for_people() {
    fn check(body: &str, message: &str, from_api: bool) {
        let refused = get(404, body);
        assert_eq!((refused.message.as_str(), refused.from_api), (message, from_api), "{body}");
    }
    check(r#"{"message": "Payment not found"}"#, "Payment not found", true);
    check(r#"{"error": "no such thing"}"#, "no such thing", true);
    check(r#"{"code": "NOT_FOUND", "message": null}"#, "Not Found", true);
    check(r#"{"message": ["a", "b"]}"#, r#"["a", "b"]"#, true);
    check("no such thing\n", "no such thing", false);
    check("<!doctype html><title>404</title>", "Not Found", false);
    check("{\"mess", "Not Found", false);
    check("{}", "Not Found", false);
    check("", "Not Found", false);
}

#[test]
fn the_address_of_this_computer_is_found_in_the_message() {
    fn check(message: &str, address: Option<&str>) {
        let refused = get(403, &envelope(403, "ENDPOINT_NOT_ALLOWED", message));
        assert_eq!(refused.computer_address(), address.map(|text| text.parse().unwrap()), "{message}");
        assert!(refused.is_computer_not_allowed());
    }
    check("Access denied | Invalid IP - 203.0.113.9", Some("203.0.113.9"));
    check("Access denied | Invalid IP - 2001:db8::5.", Some("2001:db8::5"));
    check("Access denied | Invalid IP - ::ffff:203.0.113.9", Some("203.0.113.9"));
    check("Access denied | Invalid IP (203.0.113.9)", Some("203.0.113.9"));
    check("Access denied | Invalid IP - undefined", None);
}

#[test]
fn an_insufficient_balance_tells_of_which_coins_and_how_much() {
    let refused = payout(
        400,
        r#"{"status": false, "statusCode": 400, "code": "BAD_CREATE_WITHDRAWAL_REQUEST", "message": "Insufficient balance",
            "current_values": {"usdtbsc": {"requested": 12.50, "actualBalance": "0.000000000000000001"}, "TRX": {"requested": 1}}}"#,
    );
    assert!(refused.is_insufficient_balance());
    let found: Vec<_> = refused
        .shortages
        .iter()
        .map(|s| {
            (
                s.currency.as_str(),
                s.requested.as_ref().map(Amount::to_string),
                s.actual.as_ref().map(Amount::to_string),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("trx", Some("1".to_owned()), None),
            ("usdtbsc", Some("12.5".to_owned()), Some("0.000000000000000001".to_owned())),
        ]
    );
}

#[test]
fn details_in_another_form_leave_the_refusal_as_it_is() {
    for details in ["[]", "null", "\"x\"", r#"{"usdtbsc": 5}"#] {
        let body = format!(r#"{{"message": "Insufficient balance", "current_values": {details}}}"#);
        let refused = payout(400, &body);
        assert!(
            refused.is_insufficient_balance() && refused.from_api && refused.shortages.is_empty(),
            "{details}"
        );
    }
}

#[test]
fn a_page_that_says_that_the_api_is_closed_is_no_answer_of_the_api() {
    let refused = payout(503, "<html><h1>Scheduled maintenance</h1></html>");
    assert!(refused.is_maintenance() && !refused.from_api);
    assert_eq!(refused.message, "Service Unavailable");
    assert!(get(500, "Down for maintenance").is_maintenance());
}

#[test]
fn the_minimum_is_read_exactly() {
    let refused =
        payout(400, &envelope(400, "BAD_CREATE_WITHDRAWAL_REQUEST", "Payout min amount is 0.00002496."));
    assert_eq!(refused.minimum().unwrap().to_string(), "0.00002496");
    assert_eq!(payout(400, &envelope(400, "AMOUNT_MINIMAL_ERROR", "too small")).minimum(), None);
}

#[test]
fn what_the_api_refused_is_not_done_and_all_else_is_unknown() {
    fn check(method: Method, path: &str, status: u16, body: &str, outcome: Outcome) {
        let error = Error::from(Box::new(refused(method, path, status, body)));
        assert_eq!(error.outcome(), outcome, "{error}");
    }
    let body = envelope(400, "SOME", "reason");
    for status in [400, 401, 403, 404, 409, 422] {
        check(Method::POST, "payout", status, &body, Outcome::NotDone);
    }
    for status in [302, 408, 429, 500, 502, 503, 504, 520] {
        check(Method::POST, "payout", status, &body, Outcome::Unknown);
        check(Method::GET, "payout", status, &body, Outcome::NotDone);
        check(Method::POST, "auth", status, &body, Outcome::NotDone);
    }
    let moving = [
        (Method::POST, "conversion"),
        (Method::POST, "sub-partner/transfer"),
        (Method::POST, "sub-partner/deposit"),
        (Method::POST, "sub-partner/write-off"),
        (Method::POST, "fiat-payouts"),
        (Method::POST, "payout/5/cancel"),
        (Method::PATCH, "subscriptions/plans/5"),
        (Method::DELETE, "subscriptions/5"),
    ];
    for (method, path) in moving {
        check(method.clone(), path, 400, &body, Outcome::NotDone);
        check(method.clone(), path, 404, &body, Outcome::NotDone);
        check(method.clone(), path, 429, &body, Outcome::Unknown);
        check(method, path, 500, &body, Outcome::Unknown);
    }
    check(Method::POST, "payout/validate-address", 500, &body, Outcome::NotDone);
    check(Method::POST, "payout", 403, "<html>Attention required</html>", Outcome::Unknown);
    check(Method::POST, "payout", 400, "", Outcome::Unknown);
}

#[test]
fn an_unreadable_answer_is_unknown_when_the_call_had_an_effect() {
    let unreadable = |method| {
        let call = Some(Call { method, path: "payout".to_owned() });
        Error::from(Unreadable { call, ..Unreadable::new("id", "missing field `id`") })
    };
    assert_eq!(unreadable(Method::POST).outcome(), Outcome::Unknown);
    assert_eq!(unreadable(Method::GET).outcome(), Outcome::NotDone);
    assert_eq!(
        unreadable(Method::POST).to_string(),
        "POST /payout: unreadable answer: id: missing field `id`"
    );
}

#[test]
fn only_what_may_pass_is_transient() {
    for (status, transient) in
        [(400, false), (403, false), (404, false), (408, true), (429, true), (500, true), (503, true)]
    {
        assert_eq!(Error::from(Box::new(get(status, "{}"))).is_transient(), transient, "{status}");
    }
}
