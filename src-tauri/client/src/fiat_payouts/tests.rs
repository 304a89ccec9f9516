use super::*;

const NEW: &str = r#"{"id": "123001", "provider": "transfi", "requestId": null, "status": "NEW", "fiatCurrencyCode": "EUR",
    "fiatAmount": null, "cryptoCurrencyCode": "BNBBSC", "cryptoCurrencyAmount": "20", "fiatAccountCode": "sepa_bank",
    "fiatAccountNumber": "DE02", "payoutDescription": null, "error": null, "createdAt": "2026-02-10T16:38:10.675Z",
    "updatedAt": "2026-02-10T16:38:10.675Z"}"#;

const FAILED: &str = r#"{"id": 123002, "provider": "transfi", "requestId": 77, "status": "failed", "fiatCurrencyCode": "eur",
    "fiatAmount": "12.59", "cryptoCurrencyCode": "BNBBSC", "cryptoCurrencyAmount": 0.067, "error": {"reason": "closed"},
    "created_at": "2026-02-10T16:38:10.675Z"}"#;

fn written(request: &impl Serialize) -> String {
    serde_json::to_string(request).unwrap()
}

#[test]
fn the_catalogues_are_read() {
    let providers = GetFiatProviders {}
        .read(br#"{"result": [{"code": "transfi", "name": "TransFi", "enabled": true}]}"#)
        .unwrap();
    assert_eq!((providers[0].code.as_str(), providers[0].enabled), ("transfi", true));
    let currencies = GetFiatCurrencies {}
        .read(br#"{"result": [{"provider": "transfi", "currencyCode": "EUR", "enabled": false}]}"#)
        .unwrap();
    assert_eq!((currencies[0].currency.as_str(), currencies[0].enabled), ("eur", false));
    let coins = GetFiatPayoutCoins::default()
        .read(br#"{"result": [{"provider": "transfi", "currencyCode": "USDTTRC20", "currencyNetwork": "trx", "enabled": true},
                  {"provider": "transfi", "currencyCode": "USDC", "enabled": 1}]}"#)
        .unwrap();
    assert_eq!((coins[0].currency.as_str(), coins[0].network.as_deref()), ("usdttrc20", Some("trx")));
    assert_eq!((coins[1].network.as_deref(), coins[1].enabled), (None, true));
    let methods = GetFiatPaymentMethods::default()
        .read(br#"{"result": [{"name": "A Bank", "paymentCode": "xx_bank", "provider": "transfi", "fields": [{"name": "iban",
                  "type": "String", "mandatory": true, "description": "IBAN of the recipient"}, {"name": "note", "mandatory": false}]},
                  {"name": "B", "paymentCode": "b", "provider": "transfi", "fields": null}]}"#)
        .unwrap();
    assert_eq!((methods[0].payment_code.as_str(), methods[1].fields.len()), ("xx_bank", 0));
    let [iban, note] = methods[0].fields.as_slice() else { panic!("two fields") };
    assert_eq!((iban.name.as_str(), iban.kind.as_deref(), iban.mandatory), ("iban", Some("String"), true));
    assert_eq!((note.description.as_deref(), note.mandatory), (None, false));
    let problem = GetFiatProviders {}.read(br#"{"result": [{"code": "transfi", "name": "x"}]}"#).unwrap_err();
    assert_eq!(problem.path, "result[0]");
}

#[test]
fn an_account_is_read_as_it_is_made_and_as_it_is_listed() {
    let request = CreateFiatAccount {
        currency: "EUR".parse().unwrap(),
        payment_code: "sepa_bank".to_owned(),
        fields: BTreeMap::from([("iban".to_owned(), "DE02".to_owned())]),
        provider: "transfi".to_owned(),
        country_code: "DE".to_owned(),
    };
    assert_eq!(
        written(&request),
        r#"{"currency":"eur","paymentCode":"sepa_bank","fields":{"iban":"DE02"},"provider":"transfi","countryCode":"DE"}"#
    );
    let account = request
        .read(
            br#"{"result": {"id": "4", "partnerId": "99", "provider": "transfi", "fiatCurrencyCode": "EUR", "countryCode": "DE",
                "providerAccountId": "acc-1", "providerAccountInfo": {"__v": 0, "_id": "acc-1", "status": "active",
                "metaData": {"iban": "DE02"}, "displayName": "EUR account", "paymentCode": "sepa_bank", "accountNumber": 12},
                "createdAt": "2026-02-10T16:38:10.675Z", "updatedAt": "2026-02-10T16:38:10.675Z"}}"#,
        )
        .unwrap();
    assert_eq!((account.id.unwrap().as_str(), account.currency.as_str()), ("4", "eur"));
    let info = account.provider_account_info.unwrap();
    assert_eq!((info.status.as_deref(), info.account_number.as_deref()), (Some("active"), Some("12")));

    let page = ListFiatAccounts::default()
        .read(
            br#"{"result": {"rows": [{"provider": "transfi", "fiatCurrencyCode": "PHP", "providerAccountInfo": {"currency": "PHP",
                "displayName": "PHP account"}, "createdAt": "2026-02-10T16:38:10.675Z"},
                {"provider": "transfi", "fiatCurrencyCode": "PHP", "providerAccountInfo": null}]}}"#,
        )
        .unwrap();
    assert_eq!((page.items.len(), &page.items[0].id, &page.items[0].country_code), (2, &None, &None));
    assert_eq!(page.items[1].provider_account_info, None);
}

#[test]
fn a_fiat_payout_is_written_and_read_exactly() {
    let request = CreateFiatPayout {
        fiat_currency: "eur".parse().unwrap(),
        crypto_currency: "BNBBSC".parse().unwrap(),
        amount: "20.50".parse().unwrap(),
        provider: "transfi".to_owned(),
    };
    assert_eq!(
        written(&request),
        r#"{"fiatCurrency":"eur","cryptoCurrency":"bnbbsc","amount":20.5,"provider":"transfi"}"#
    );
    let payout = request.read(format!(r#"{{"result": {NEW}}}"#).as_bytes()).unwrap();
    assert_eq!((payout.id.as_str(), payout.status), ("123001", FiatPayoutStatus::New));
    assert_eq!((payout.fiat_amount, payout.crypto_amount), (None, Some(Amount::from(20))));
    assert_eq!((payout.fiat_currency.as_str(), payout.crypto_currency.as_str()), ("eur", "bnbbsc"));
    assert_eq!(
        (payout.request_id, payout.account_number.as_deref(), payout.error),
        (None, Some("DE02"), None)
    );
}

#[test]
fn fiat_payouts_are_listed_and_a_bad_one_is_named() {
    let list = |rows: &str| {
        ListFiatPayouts::default().read(format!(r#"{{"result": {{"rows": [{rows}]}}}}"#).as_bytes())
    };
    let page = list(&format!("{NEW}, {FAILED}")).unwrap();
    let failed = &page.items[1];
    assert_eq!((failed.id.as_str(), failed.request_id.as_deref()), ("123002", Some("77")));
    assert_eq!(failed.fiat_amount.as_ref().unwrap().to_string(), "12.59");
    assert_eq!(failed.error.as_deref(), Some(r#"{"reason": "closed"}"#));
    assert!(failed.created_at.is_some() && failed.updated_at.is_none());
    let problem = list(&format!("{NEW}, {}", FAILED.replace("0.067", "[]"))).unwrap_err();
    assert_eq!(problem.path, "result.rows[1].cryptoCurrencyAmount");
}

#[test]
fn a_status_only_moves_forward_and_what_failed_may_finish_after_all() {
    use FiatPayoutStatus::{Converting, Creating, Depositing, Failed, Finished, New, Processing};
    let way = [New, Creating, Converting, Depositing, Processing, Failed, Finished];
    for (index, earlier) in way.iter().enumerate() {
        for (later_index, later) in way.iter().enumerate() {
            assert_eq!(later.may_follow(earlier), later_index >= index, "{later} after {earlier}");
        }
    }
    let unknown = FiatPayoutStatus::Other("ON_HOLD".to_owned());
    assert!(unknown.may_follow(&Failed) && !unknown.may_follow(&Finished));
    let finals: Vec<_> = way.iter().filter(|status| status.is_final()).collect();
    assert_eq!(finals, [&Failed, &Finished]);
}
