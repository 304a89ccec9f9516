use super::*;

const USER: &str = r#"{"id": "1115001", "name": "ann-17", "created_at": "2026-02-10T16:38:10.675Z", "updated_at": "2026-02-10T16:38:10.675Z"}"#;

const TRANSFER: &str = r#"{"id": "327001", "from_sub_id": "5209001", "to_sub_id": 1115001, "status": "WAITING", "amount": "0.7",
    "currency": "USDDTRC20", "created_at": "2026-02-10T16:38:10.675Z", "updated_at": "2026-02-10T16:38:10.675Z", "type": "DEPOSIT"}"#;

fn user() -> CustodyUserId {
    "1115001".parse().unwrap()
}

fn written(request: &impl Serialize) -> String {
    serde_json::to_string(request).unwrap()
}

#[test]
fn the_name_of_a_user_is_one_that_the_api_takes() {
    for name in ["a", "ann 17", "ünïcode", "@ann", "ann@", &"x".repeat(30), &"\u{1f600}".repeat(15)] {
        let name: UserName = name.parse().unwrap_or_else(|problem| panic!("{name}: {problem}"));
        assert_eq!(
            written(&CreateCustodyUser { name: name.clone() }),
            format!(r#"{{"name":"{}"}}"#, name.as_str())
        );
    }
    for name in ["", "ann@customer.example", &"x".repeat(31), &"\u{1f600}".repeat(16)] {
        assert_eq!(name.parse::<UserName>(), Err(UserNameError), "{name}");
    }
}

#[test]
fn a_user_is_read_with_and_without_the_array_around_it() {
    let request = CreateCustodyUser { name: "ann-17".parse().unwrap() };
    for body in [format!(r#"{{"result": {USER}}}"#), format!(r#"{{"result": [{USER}]}}"#)] {
        let user = request.read(body.as_bytes()).unwrap();
        assert_eq!((user.id.as_str(), user.name.as_str()), ("1115001", "ann-17"), "{body}");
        assert!(user.created_at.is_some() && user.created_at == user.updated_at);
    }
    let page = ListCustodyUsers::default()
        .read(format!(r#"{{"result": [{USER}], "count": 1}}"#).as_bytes())
        .unwrap();
    assert_eq!((page.items[0].name.as_str(), page.count), ("ann-17", Some(1)));
}

#[test]
fn the_balance_of_a_user_is_exact_and_by_coin() {
    let request = GetCustodyBalance { id: user() };
    assert_eq!(request.path(), "sub-partner/balance/1115001");
    let balance = request
        .read(
            br#"{"result": {"subPartnerId": "1115001", "balances": {"USDTBSC": {"amount": 1.0001341847350678, "pendingAmount": 0},
                "trx": {"amount": "0.7", "pendingAmount": null}, "eth": {"amount": 0}}}}"#,
        )
        .unwrap();
    assert_eq!(balance.user_id, user());
    let found: Vec<_> = balance
        .balances
        .iter()
        .map(|(coin, balance)| {
            (coin.as_str(), balance.amount.to_string(), balance.pending_amount.to_string())
        })
        .collect();
    let zero = || "0".to_owned();
    assert_eq!(
        found,
        [
            ("eth", zero(), zero()),
            ("trx", "0.7".to_owned(), zero()),
            ("usdtbsc", "1.0001341847350678".to_owned(), zero())
        ]
    );
    let problem = request
        .read(br#"{"result": {"subPartnerId": "1", "balances": {"trx": {"amount": "?"}}}}"#)
        .unwrap_err();
    assert_eq!(problem.path, "result.balances.trx.amount");
}

#[test]
fn a_transfer_is_read_from_each_call_that_makes_one() {
    let (currency, amount): (Ticker, Amount) = ("trx".parse().unwrap(), "0.70".parse().unwrap());
    let transfer = CreateTransfer {
        currency: currency.clone(),
        amount: amount.clone(),
        from_id: "5209001".parse().unwrap(),
        to_id: user(),
    };
    let deposit = CreateDeposit { currency: currency.clone(), amount: amount.clone(), user_id: user() };
    let write_off = CreateWriteOff { currency, amount, user_id: user() };
    let get = GetTransfer { id: "327001".parse().unwrap() };
    let body = format!(r#"{{"result": {TRANSFER}}}"#);
    for read in [
        transfer.read(body.as_bytes()),
        deposit.read(body.as_bytes()),
        write_off.read(body.as_bytes()),
        get.read(body.as_bytes()),
    ] {
        let read = read.unwrap();
        assert_eq!((read.id.as_str(), read.status), ("327001", TransferStatus::Waiting));
        assert_eq!((read.from_id.as_str(), read.to_id), ("5209001", user()));
        assert_eq!((read.amount.to_string().as_str(), read.currency.as_str()), ("0.7", "usddtrc20"));
    }
    assert_eq!(
        written(&transfer),
        r#"{"currency":"trx","amount":0.7,"from_id":"5209001","to_id":"1115001"}"#
    );
    let moved = r#"{"currency":"trx","amount":0.7,"sub_partner_id":"1115001"}"#;
    assert_eq!((written(&deposit).as_str(), written(&write_off).as_str()), (moved, moved));
    assert_eq!(
        (deposit.path(), write_off.path()),
        ("sub-partner/deposit".into(), "sub-partner/write-off".into())
    );
}

#[test]
fn a_transfer_without_an_id_is_unreadable() {
    let body = format!(r#"{{"result": {}}}"#, TRANSFER.replace(r#""id": "327001", "#, ""));
    let request =
        CreateDeposit { currency: "trx".parse().unwrap(), amount: Amount::from(1), user_id: user() };
    assert!(request.read(body.as_bytes()).unwrap_err().message.contains("missing field `id`"));
}

#[test]
fn a_payment_into_a_balance_is_a_payment() {
    let request = CreateCustodyPayment::new("trx".parse().unwrap(), "50".parse().unwrap(), user());
    assert_eq!(written(&request), r#"{"currency":"trx","amount":50,"sub_partner_id":"1115001"}"#);
    let payment = r#"{"payment_id": "5250001", "payment_status": "waiting", "pay_address": "T1", "price_amount": 50,
        "price_currency": "trx", "pay_amount": 50, "amount_received": 0.0272467, "pay_currency": "trx", "smart_contract": null,
        "network_precision": null, "is_fixed_rate": false, "is_fee_paid_by_user": true, "valid_until": "valid_until_timestamp"}"#;
    let read = request.read(format!(r#"{{"result": {payment}}}"#).as_bytes()).unwrap();
    assert_eq!((read.payment_id.as_str(), read.payment_status), ("5250001", PaymentStatus::Waiting));
    assert_eq!((read.valid_until, read.is_fee_paid_by_user), (None, Some(true)));
    for body in [
        format!(r#"{{"result": [{payment}], "count": 1}}"#),
        format!(r#"{{"data": [{payment}], "limit": 10, "page": 0, "pagesCount": 1, "total": 1}}"#),
    ] {
        let page = ListCustodyPayments::default().read(body.as_bytes()).unwrap();
        assert_eq!((page.items[0].payment_id.as_str(), page.count), ("5250001", Some(1)), "{body}");
    }
}

#[test]
fn a_transfer_only_moves_forward_and_stays_at_its_end() {
    use TransferStatus::{Created, Finished, Rejected, Waiting};
    for (earlier, later) in
        [(Created, Waiting), (Waiting, Finished), (Created, Finished), (Waiting, Rejected)]
    {
        assert!(later.may_follow(&earlier) && !earlier.may_follow(&later), "{later} after {earlier}");
    }
    assert!(!Finished.may_follow(&Rejected) && !Rejected.may_follow(&Finished));
    assert!(Finished.is_final() && Rejected.is_final() && !Waiting.is_final() && !Created.is_final());
}
