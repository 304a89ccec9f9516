use super::*;

const STATUSES: [PayoutStatus; 10] = [
    PayoutStatus::New,
    PayoutStatus::Creating,
    PayoutStatus::Waiting,
    PayoutStatus::Processing,
    PayoutStatus::Sending,
    PayoutStatus::Finished,
    PayoutStatus::Failed,
    PayoutStatus::Rejected,
    PayoutStatus::RejectedNotChecked,
    PayoutStatus::Cancelled,
];

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
        ipn_callback_url: None,
        withdrawals: vec![NewPayout {
            extra_id: Some("17".to_owned()),
            unique_external_id: Some("u-1".to_owned()),
            ..NewPayout::new("r1".to_owned(), "XRP".parse().unwrap(), "123456789012.123456".parse().unwrap())
        }],
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
    for status in STATUSES {
        assert_eq!(PayoutStatus::from(status.to_string().as_str()), status);
        assert_eq!(PayoutStatus::from(status.as_str().to_lowercase().as_str()), status);
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
        assert!(STATUSES.iter().all(|status| status.may_follow(&end) == (*status == end)), "{end}");
    }
    assert!(unknown.may_follow(&Failed) && Waiting.may_follow(&unknown));
}
