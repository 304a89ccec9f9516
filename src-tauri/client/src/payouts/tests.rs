use super::*;

const SNAKE: &str = r#"{"is_request_payouts": false, "id": "700001", "address": "T1", "currency": "trx", "amount": "200",
    "batch_withdrawal_id": "800001", "ipn_callback_url": null, "status": "WAITING", "extra_id": null, "hash": null, "error": null,
    "payout_description": "wages", "unique_external_id": "u-1", "created_at": "2026-01-02T03:04:05.678Z", "requested_at": null,
    "updated_at": null, "update_history_log": null, "rejected_check_attempts": 0, "fee": null, "fee_paid_by": null}"#;

const CAMEL: &str = r#"{"id": 700002, "address": "r1", "currency": "XRP", "amount": 0.1, "batchWithdrawalId": 800001, "status": "finished",
    "extraId": "17", "hash": "ab12", "error": {"reason": "none"}, "fiat_amount": "100", "fiat_currency": "usd", "fee": 1.32765969,
    "createdAt": "2026-01-02T03:04:05.678Z", "requestedAt": "2026-01-02T03:05:05.678Z", "updatedAt": 1767323165678}"#;

fn batch(body: &str) -> PayoutBatch {
    let request = GetPayout { id: "800001".parse().unwrap() };
    request.read(body.as_bytes()).unwrap_or_else(|problem| panic!("{problem}"))
}

#[test]
fn both_spellings_of_a_payout_are_read_in_one_answer() {
    let batch = batch(&format!(
        r#"{{"id": "800001", "createdAt": "2026-01-02T03:04:05.000Z", "withdrawals": [{SNAKE}, {CAMEL}]}}"#
    ));
    assert_eq!(batch.id.as_str(), "800001");
    assert!(batch.created_at.is_some());
    let [snake, camel] = batch.withdrawals.as_slice() else { panic!("two payouts") };
    assert_eq!(snake.batch_withdrawal_id, camel.batch_withdrawal_id);
    assert_eq!(snake.created_at, camel.created_at);
    assert_eq!((snake.status.clone(), camel.status.clone()), (PayoutStatus::Waiting, PayoutStatus::Finished));
    assert_eq!((snake.amount.to_string(), camel.amount.to_string()), ("200".to_owned(), "0.1".to_owned()));
    assert_eq!((snake.extra_id.as_deref(), camel.extra_id.as_deref()), (None, Some("17")));
    assert_eq!(
        (snake.unique_external_id.as_deref(), snake.payout_description.as_deref()),
        (Some("u-1"), Some("wages"))
    );
    assert_eq!((snake.error.as_deref(), camel.error.as_deref()), (None, Some(r#"{"reason": "none"}"#)));
    assert_eq!(camel.fee.as_ref().unwrap().to_string(), "1.32765969");
    assert_eq!(camel.updated_at.unwrap().timestamp_millis(), 1_767_323_165_678);
}

#[test]
fn a_batch_is_read_from_the_bare_array_of_the_documents_too() {
    let batch = batch(&format!("[{SNAKE}, {CAMEL}]"));
    assert_eq!((batch.id.as_str(), batch.withdrawals.len()), ("800001", 2));
}

#[test]
fn a_batch_without_an_id_is_unreadable() {
    let request = CreatePayout::default();
    let problem = request.read(format!(r#"{{"withdrawals": [{SNAKE}]}}"#).as_bytes()).unwrap_err();
    assert!(problem.message.contains("missing field `id`"), "{problem}");
    for body in
        ["", "OK", "<html>", r#"{"id": "1", "withdrawals": null}"#, r#"{"id": null, "withdrawals": []}"#]
    {
        assert!(request.read(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn the_place_of_a_bad_payout_is_named_in_both_forms_of_a_batch() {
    let request = GetPayout { id: "800001".parse().unwrap() };
    let bad = SNAKE.replace(r#""200""#, r#""two hundred""#);
    let path = |body: String| request.read(body.as_bytes()).unwrap_err().path;
    assert_eq!(path(format!("[{SNAKE}, {bad}]")), "[1].amount");
    assert_eq!(path(format!(r#"{{"id": 1, "withdrawals": [{bad}]}}"#)), "withdrawals[0].amount");
}

#[test]
fn only_ok_is_ok() {
    let request =
        ValidateAddress { address: "T1".to_owned(), currency: "trx".parse().unwrap(), extra_id: None };
    for body in ["OK", "OK\n", "\"OK\""] {
        assert!(request.read(body.as_bytes()).is_ok(), "{body}");
    }
    for body in ["", "ok?", "NOT OK", "{}", "null", "<html>OK</html>"] {
        assert!(request.read(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn a_new_payout_is_written_with_exact_numbers_and_only_what_was_said() {
    let request = CreatePayout {
        withdrawals: vec![NewPayout {
            extra_id: Some("17".to_owned()),
            unique_external_id: Some("u-1".to_owned()),
            ..NewPayout::new("r1".to_owned(), "XRP".parse().unwrap(), "123456789012.123456".parse().unwrap())
        }],
        ..CreatePayout::default()
    };
    assert_eq!(
        serde_json::to_string(&request).unwrap(),
        r#"{"withdrawals":[{"address":"r1","currency":"xrp","amount":123456789012.123456,"extra_id":"17","unique_external_id":"u-1"}]}"#
    );
}

#[test]
fn a_code_is_written_but_never_shown() {
    let request = VerifyPayout { id: "800001".parse().unwrap(), verification_code: "492817".into() };
    assert_eq!(serde_json::to_string(&request).unwrap(), r#"{"verification_code":"492817"}"#);
    assert!(!format!("{request:?}").contains("492817"));
    assert_eq!(request.path(), "payout/800001/verify");
}

#[test]
fn the_minimum_and_the_fee_are_exact() {
    let minimum = GetPayoutMinimum { currency: "BTC".parse().unwrap() };
    assert_eq!(minimum.path(), "payout-withdrawal/min-amount/btc");
    assert_eq!(minimum.read(br#"{"success":true,"result":0.00002496}"#).unwrap().to_string(), "0.00002496");
    assert!(minimum.read(br#"{"success":false}"#).is_err());
    let fee = GetPayoutFee { currency: "usdttrc20".parse().unwrap(), amount: Amount::from(5) };
    let fee = fee.read(br#"{"currency":"USDTTRC20","fee":1.32765969}"#).unwrap();
    assert_eq!((fee.currency.as_str(), fee.fee.to_string().as_str()), ("usdttrc20", "1.32765969"));
}

#[test]
fn statuses_are_read_in_any_case_and_unknown_ones_are_kept() {
    for status in PayoutStatus::KNOWN {
        assert_eq!(PayoutStatus::from(status.to_string().as_str()), *status);
        assert_eq!(PayoutStatus::from(status.as_str().to_lowercase().as_str()), *status);
    }
    let unknown = PayoutStatus::from("On_Hold");
    assert_eq!((unknown.as_str(), unknown.is_final()), ("On_Hold", false));
}

#[test]
fn a_status_only_moves_forward_and_a_failed_payout_may_be_taken_up_again() {
    use PayoutStatus::{Cancelled, Creating, Failed, Finished, Processing, Rejected, Sending, Waiting};
    let way = [Creating, Waiting, Processing, Sending, Finished];
    for (index, earlier) in way.iter().enumerate() {
        for (later_index, later) in way.iter().enumerate() {
            assert_eq!(later.may_follow(earlier), later_index >= index, "{later} after {earlier}");
        }
    }
    for resumed in [Processing, Sending, Failed, Finished, Rejected] {
        assert!(resumed.may_follow(&Failed), "{resumed}");
    }
    assert!(!Waiting.may_follow(&Failed) && !Creating.may_follow(&Failed) && Failed.may_follow(&Sending));
    let unknown = PayoutStatus::Other("ON_HOLD".to_owned());
    for end in [Finished, Rejected, Cancelled] {
        assert!(end.is_final() && !unknown.may_follow(&end) && !Failed.may_follow(&end), "{end}");
        assert!(
            PayoutStatus::KNOWN.iter().all(|status| status.may_follow(&end) == (*status == end)),
            "{end}"
        );
    }
    assert!(unknown.may_follow(&Failed) && Waiting.may_follow(&unknown));
}

#[test]
fn a_new_batch_is_read_from_the_array_of_older_documents_when_its_payouts_name_it() {
    let read = |body: String| CreatePayout::default().read(body.as_bytes());
    let batch = read(format!("[{SNAKE}, {CAMEL}]")).unwrap();
    assert_eq!((batch.id.as_str(), batch.withdrawals.len()), ("800001", 2));
    for rows in [
        "[]".to_owned(),
        format!("[{SNAKE}, {}]", CAMEL.replace("800001", "800002")),
        format!("[{}]", CAMEL.replace("800001", "null")),
    ] {
        assert!(read(rows.clone()).unwrap_err().message.contains("name one batch"), "{rows}");
    }
}

#[test]
fn a_schedule_is_written_before_the_payouts() {
    fn check(repetition: Option<Repetition>, written: &str) {
        let request = CreatePayout {
            schedule: Some(Schedule { execute_at: "2027-03-01T10:35:00Z".parse().unwrap(), repetition }),
            withdrawals: vec![NewPayout::new("T1".to_owned(), "trx".parse().unwrap(), 5.into())],
            ..CreatePayout::default()
        };
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            format!(
                r#"{{"execute_at":"2027-03-01T10:35:00.000Z",{written},"withdrawals":[{{"address":"T1","currency":"trx","amount":5}}]}}"#
            )
        );
    }
    let every = |interval, every| Some(Repetition::new(interval, every, None).unwrap());
    check(None, r#""interval":"ONETIME""#);
    check(every(Interval::Daily, 365), r#""interval":"DAILY","interval_value":365"#);
    check(every(Interval::Weekly, 2), r#""interval":"WEEKLY","interval_value":2"#);
    check(
        every(Interval::MonthlyByDayOfWeek, 12),
        r#""interval":"MONTHLY_BY_DAY_OF_WEEK","interval_value":12"#,
    );
    let until = Some("2027-12-31T23:59:59.999Z".parse().unwrap());
    check(
        Some(Repetition::new(Interval::MonthlyByDayOfMonth, 1, until).unwrap()),
        r#""interval":"MONTHLY_BY_DAY_OF_MONTH","interval_value":1,"execute_until":"2027-12-31T23:59:59.999Z""#,
    );
}

#[test]
fn a_repetition_that_the_api_does_not_take_cannot_be_made() {
    for interval in
        [Interval::Daily, Interval::Weekly, Interval::MonthlyByDayOfMonth, Interval::MonthlyByDayOfWeek]
    {
        assert!(Repetition::new(interval, interval.longest(), None).is_ok());
        assert!(Repetition::new(interval, 0, None).is_err());
        let problem = Repetition::new(interval, interval.longest() + 1, None).unwrap_err();
        assert_eq!(problem.to_string(), format!("not a number from 1 to {}", interval.longest()));
    }
}

#[test]
fn a_payout_is_called_off_by_its_own_id_and_whatever_the_api_answers() {
    let one = CancelPayout { id: "700001".parse().unwrap() };
    let batch = CancelPayoutBatch { id: "800001".parse().unwrap() };
    assert_eq!(one.path(), "payout/700001/cancel");
    assert_eq!(batch.path(), "payout/800001/cancel-batch");
    for body in ["", "OK", "{}", r#"{"id": "700001", "status": "CANCELLED"}"#, "[", "null"] {
        assert!(one.read(body.as_bytes()).is_ok() && batch.read(body.as_bytes()).is_ok(), "{body}");
    }
    assert!(one.read(b"\n<html>Hold on</html>").is_err(), "a page of something between here and there");
}

#[test]
fn payouts_are_listed_from_both_envelopes() {
    for body in [format!(r#"{{"payouts": [{SNAKE}]}}"#), format!(r#"{{"data": [{SNAKE}], "total": 1}}"#)] {
        let payouts = ListPayouts::default().read(body.as_bytes()).unwrap();
        assert_eq!(payouts[0].id.as_str(), "700001", "{body}");
    }
    let problem =
        ListPayouts::default().read(format!(r#"{{"payouts": [{SNAKE}, {{}}]}}"#).as_bytes()).unwrap_err();
    assert_eq!(problem.path, "payouts[1]");
}
