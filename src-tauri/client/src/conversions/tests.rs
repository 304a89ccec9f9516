use super::*;

const FINISHED: &str = r#"{"id": "2065001", "status": "FINISHED", "from_currency": "TRX", "to_currency": "ETH", "from_amount": 1.50,
    "to_amount": 0.000041013900000000004, "created_at": "2026-02-10T16:38:10.675Z", "updated_at": "2026-02-10T16:39:30.308Z"}"#;

const WAITING: &str = r#"{"id": 2065002, "status": "waiting", "from_currency": "usdttrc20", "to_currency": "USDTERC20",
    "from_amount": "50", "to_amount": null, "createdAt": 1770741490675}"#;

fn convert() -> CreateConversion {
    CreateConversion {
        amount: "50.10".parse().unwrap(),
        from_currency: "USDTTRC20".parse().unwrap(),
        to_currency: "usdterc20".parse().unwrap(),
    }
}

#[test]
fn a_conversion_is_read_in_both_spellings_and_to_the_digit() {
    let conversion = convert().read(format!(r#"{{"result": {FINISHED}}}"#).as_bytes()).unwrap();
    assert_eq!((conversion.id.as_str(), conversion.status), ("2065001", ConversionStatus::Finished));
    assert_eq!((conversion.from_currency.as_str(), conversion.to_currency.as_str()), ("trx", "eth"));
    assert_eq!(conversion.from_amount.to_string(), "1.5");
    assert_eq!(conversion.to_amount.unwrap().to_string(), "0.000041013900000000004");

    let get = GetConversion { id: "2065002".parse().unwrap() };
    assert_eq!(get.path(), "conversion/2065002");
    let conversion = get.read(format!(r#"{{"result": {WAITING}}}"#).as_bytes()).unwrap();
    assert_eq!((conversion.status, conversion.to_amount), (ConversionStatus::Waiting, None));
    assert_eq!(conversion.created_at.unwrap().timestamp_millis(), 1_770_741_490_675);
    assert_eq!(conversion.updated_at, None);
}

#[test]
fn conversions_are_listed_and_a_bad_one_is_named() {
    let list = ListConversions::default();
    let page = list.read(format!(r#"{{"result": [{FINISHED}, {WAITING}], "count": 2}}"#).as_bytes()).unwrap();
    assert_eq!((page.items.len(), page.count), (2, Some(2)));
    let bad = WAITING.replace(r#""50""#, r#""fifty""#);
    let problem = list.read(format!(r#"{{"result": [{FINISHED}, {bad}]}}"#).as_bytes()).unwrap_err();
    assert_eq!(problem.path, "result[1].from_amount");
}

#[test]
fn the_amount_is_written_as_an_exact_number() {
    assert_eq!(
        serde_json::to_string(&convert()).unwrap(),
        r#"{"amount":50.1,"from_currency":"usdttrc20","to_currency":"usdterc20"}"#
    );
}

#[test]
fn a_status_only_moves_forward_and_stays_at_its_end() {
    use ConversionStatus::{Finished, Processing, Rejected, Waiting};
    for (earlier, later) in
        [(Waiting, Processing), (Processing, Finished), (Waiting, Finished), (Processing, Rejected)]
    {
        assert!(later.may_follow(&earlier) && !earlier.may_follow(&later), "{later} after {earlier}");
    }
    assert!(!Finished.may_follow(&Rejected) && !Rejected.may_follow(&Finished));
    assert!(Finished.is_final() && Rejected.is_final() && !Processing.is_final() && !Waiting.is_final());
}

#[test]
fn what_follows_a_page_leaves_out_what_it_had() {
    let list = ListConversions { offset: 5, ..ListConversions::default() };
    assert_eq!((list.clone().after(7).offset, list.after(0).offset), (12, 5));
}
