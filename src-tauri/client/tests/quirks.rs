//! Every way in which the API is seen to write a field: each is read, and what means the same is the same.
//!
//! The forms come from the official collection of April 2026 and from recordings of the live API and the sandbox of 2025
//! and 2026; the values are our own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::Display;

use nowpayments::{
    Amount, Endpoint,
    balance::GetBalance,
    conversions::{Conversion, GetConversion},
    currencies::{GetCurrencies, GetMerchantCoins},
    custody::{CreateCustodyPayment, GetTransfer, ListCustodyUsers, Transfer},
    estimates::{GetEstimate, GetMinAmount},
    fiat_payouts::{FiatPayout, ListFiatPayouts},
    invoices::CreateInvoice,
    payments::{GetPayment, ListPayments, Payment},
    payouts::*,
    read_full_currencies,
    subscriptions::*,
};

/// A field, or several that are written alike, and the forms in which they come, each with what is read from it. An empty
/// form is a field that is missing.
struct Quirk {
    field: &'static str,
    read: fn(&str) -> String,
    forms: &'static [(&'static str, &'static str)],
}

const QUIRKS: &[Quirk] = &[
    Quirk {
        field: "payment_id on a payment that is read",
        read: |form| payment("payment_id", form).payment_id.to_string(),
        forms: &[(r#""4412087713""#, "4412087713"), ("4412087713", "4412087713")],
    },
    Quirk {
        field: "payment_id on a payment into a custody balance",
        read: |form| custody_payment("payment_id", form).payment_id.to_string(),
        forms: &[(r#""4412087713""#, "4412087713"), ("4412087713", "4412087713")],
    },
    Quirk {
        field: "purchase_id",
        read: |form| shown(payment("purchase_id", form).purchase_id),
        forms: &[(r#""6001""#, "6001"), ("6001", "6001"), ("null", "none"), ("", "none")],
    },
    Quirk {
        field: "invoice_id",
        read: |form| shown(payment("invoice_id", form).invoice_id),
        forms: &[
            ("6104417720", "6104417720"),
            (r#""6104417720""#, "6104417720"),
            ("null", "none"),
            ("0", "none"),
            (r#""0""#, "none"),
            ("", "none"),
        ],
    },
    Quirk {
        field: "parent_payment_id",
        read: |form| shown(payment("parent_payment_id", form).parent_payment_id),
        forms: &[("null", "none"), ("4412087700", "4412087700"), ("", "none")],
    },
    Quirk {
        field: "payment_extra_ids",
        read: |form| listed(payment("payment_extra_ids", form).payment_extra_ids),
        forms: &[
            ("null", ""),
            ("[]", ""),
            ("[2918473001, 5]", "2918473001 5"),
            (r#"["2918473001"]"#, "2918473001"),
            ("", ""),
        ],
    },
    Quirk {
        field: "estimated_amount",
        read: |form| {
            let answer = [("currency_from", r#""usd""#), ("amount_from", "25"), ("currency_to", r#""xrp""#)];
            let request =
                GetEstimate { amount: 25.into(), currency_from: ticker("usd"), currency_to: ticker("xrp") };
            read(&request, &object(&answer, "estimated_amount", form)).estimated_amount.to_string()
        },
        forms: &[
            (r#""19.36121163""#, "19.36121163"),
            ("19.36121163", "19.36121163"),
            ("4.10e-5", "0.000041"),
        ],
    },
    Quirk {
        field: "min_amount",
        read: |form| minimum("min_amount", form).0,
        forms: &[("0.0001701", "0.0001701"), (r#""0.0001701""#, "0.0001701")],
    },
    Quirk {
        field: "fiat_equivalent",
        read: |form| minimum("fiat_equivalent", form).1,
        forms: &[
            ("12.9010644", "12.9010644"),
            (r#""12.9010644""#, "12.9010644"),
            ("null", "none"),
            ("", "none"),
        ],
    },
    Quirk {
        field: "price_amount on a payment",
        read: |form| payment("price_amount", form).price_amount.to_string(),
        forms: &[("3999.5", "3999.5"), (r#""25.00""#, "25")],
    },
    Quirk {
        field: "price_amount on an invoice",
        read: |form| {
            let answer = [
                ("id", r#""6104417720""#),
                ("invoice_url", r#""https://pay.example""#),
                ("price_currency", r#""usd""#),
            ];
            let request = CreateInvoice::new(1.into(), ticker("usd"));
            read(&request, &object(&answer, "price_amount", form)).price_amount.to_string()
        },
        forms: &[(r#""1000""#, "1000"), ("1000.10", "1000.1")],
    },
    Quirk {
        field: "pay_amount",
        read: |form| shown(payment("pay_amount", form).pay_amount),
        forms: &[("0.17070286", "0.17070286"), (r#""3.5""#, "3.5"), ("null", "none")],
    },
    Quirk {
        field: "actually_paid_at_fiat",
        read: |form| shown(payment("actually_paid_at_fiat", form).actually_paid_at_fiat),
        forms: &[("12.75", "12.75"), ("0", "0"), ("null", "none"), ("", "none")],
    },
    Quirk {
        field: "outcome_amount",
        read: |form| shown(payment("outcome_amount", form).outcome_amount),
        forms: &[("11.8405", "11.8405"), ("null", "none")],
    },
    Quirk {
        field: "network_precision on a payment",
        read: |form| shown(payment("network_precision", form).network_precision),
        forms: &[("8", "8"), (r#""6""#, "6"), ("null", "none"), ("", "none")],
    },
    Quirk {
        field: "network_precision of a coin",
        read: |form| {
            let coin = [("code", r#""USDTTRC20""#), ("name", r#""Tether""#), ("enable", "true")];
            let answer = format!(r#"{{"currencies": [{}]}}"#, object(&coin, "network_precision", form));
            shown(read_full_currencies(answer.as_bytes()).unwrap()[0].network_precision)
        },
        forms: &[(r#""6""#, "6"), ("18", "18"), ("null", "none")],
    },
    Quirk {
        field: "smart_contract",
        read: |form| shown(payment("smart_contract", form).smart_contract),
        forms: &[(r#""""#, "none"), ("null", "none"), (r#""TR7""#, "TR7")],
    },
    Quirk {
        field: "burning_percent",
        read: |form| shown(payment("burning_percent", form).burning_percent),
        forms: &[("null", "none"), (r#""null""#, "none"), ("1.5", "1.5")],
    },
    Quirk {
        field: "time_limit, payin_extra_id, order_id, order_description",
        read: |form| {
            let fields = [
                payment("time_limit", form).time_limit,
                payment("payin_extra_id", form).payin_extra_id,
                payment("order_id", form).order_id,
                payment("order_description", form).order_description,
            ];
            assert!(fields.iter().all(|field| *field == fields[0]), "{fields:?}");
            shown(fields[0].clone())
        },
        forms: &[("null", "none"), (r#""A-17""#, "A-17"), ("", "none")],
    },
    Quirk {
        field: "is_fixed_rate, is_fee_paid_by_user",
        read: |form| {
            let fixed = payment("is_fixed_rate", form).is_fixed_rate;
            assert_eq!(payment("is_fee_paid_by_user", form).is_fee_paid_by_user, fixed);
            shown(fixed)
        },
        forms: &[
            ("true", "true"),
            (r#""True""#, "true"),
            (r#""false""#, "false"),
            ("null", "none"),
            ("", "none"),
        ],
    },
    Quirk {
        field: "created_at, updated_at",
        read: |form| {
            let created = payment("created_at", form).created_at;
            assert_eq!(payment("updated_at", form).updated_at, created);
            shown(created)
        },
        forms: &[
            (r#""2025-12-09T03:04:21.097Z""#, "2025-12-09 03:04:21.097 UTC"),
            ("1765249461097", "2025-12-09 03:04:21.097 UTC"),
            ("null", "none"),
            ("", "none"),
        ],
    },
    Quirk {
        field: "valid_until",
        read: |form| shown(payment("valid_until", form).valid_until),
        forms: &[
            (r#""valid_until_timestamp""#, "none"),
            (r#""2025-12-16T03:04:21.000Z""#, "2025-12-16 03:04:21 UTC"),
        ],
    },
    Quirk {
        field: "createdAt and created_at in one answer",
        read: |form| {
            let (snake, camel) = (object(PAYOUT, "created_at", form), object(PAYOUT, "createdAt", form));
            let batch = batch(&format!(r#"{{"id": "800001", "withdrawals": [{snake}, {camel}]}}"#));
            assert_eq!(batch.withdrawals[0], batch.withdrawals[1]);
            shown(batch.withdrawals[0].created_at)
        },
        forms: &[(r#""2026-01-02T03:04:05.678Z""#, "2026-01-02 03:04:05.678 UTC"), ("null", "none")],
    },
    Quirk {
        field: "id of a payout",
        read: |form| payout("id", form).id.to_string(),
        forms: &[(r#""5000248001""#, "5000248001"), ("5000248001", "5000248001")],
    },
    Quirk {
        field: "batch_withdrawal_id",
        read: |form| shown(payout("batch_withdrawal_id", form).batch_withdrawal_id),
        forms: &[(r#""5000145001""#, "5000145001"), ("5000145001", "5000145001"), ("", "none")],
    },
    Quirk {
        field: "batchWithdrawalId",
        read: |form| shown(payout("batchWithdrawalId", form).batch_withdrawal_id),
        forms: &[(r#""5000145001""#, "5000145001")],
    },
    Quirk {
        field: "amount of a payout",
        read: |form| payout("amount", form).amount.to_string(),
        forms: &[
            (r#""94.088939""#, "94.088939"),
            (r#""10.000000""#, "10"),
            (r#""200""#, "200"),
            ("0.1", "0.1"),
        ],
    },
    Quirk {
        field: "amount of a payout that is asked for",
        read: |form| {
            let amount = serde_json::from_str::<Amount>(form).unwrap();
            written(&NewPayout::new("T1".to_owned(), ticker("trx"), amount), "amount")
        },
        forms: &[(r#""94.088939""#, "94.088939"), (r#""10.000000""#, "10")],
    },
    Quirk {
        field: "fee of a payout",
        read: |form| shown(payout("fee", form).fee),
        forms: &[("null", "none"), ("1.32765969", "1.32765969"), ("", "none")],
    },
    Quirk {
        field: "fee_paid_by",
        read: |form| shown(payout("fee_paid_by", form).fee_paid_by),
        forms: &[("null", "none"), (r#""sender""#, "sender"), ("", "none")],
    },
    Quirk {
        field: "fee of a payment, camel case among snake case",
        read: |form| payment("fee", form).payment_id.to_string(),
        forms: &[
            (
                r#"{"currency": "btc", "depositFee": 0.000002, "serviceFee": 0.000003, "withdrawalFee": 0}"#,
                "4412087713",
            ),
            ("null", "4412087713"),
        ],
    },
    Quirk {
        field: "interval_day",
        read: |form| plan("interval_day", form).interval_day.to_string(),
        forms: &[(r#""30""#, "30"), ("30", "30")],
    },
    Quirk {
        field: "interval_day of a plan that is asked for",
        read: |form| {
            let plan = CreatePlan::new("beans".to_owned(), form.parse().unwrap(), 1.into(), ticker("usd"));
            written(&plan, "interval_day")
        },
        forms: &[("30", "30")],
    },
    Quirk {
        field: "currency of a plan",
        read: |form| plan("currency", form).currency.to_string(),
        forms: &[(r#""USD""#, "usd"), (r#""usd""#, "usd")],
    },
    Quirk {
        field: "from_amount of a conversion",
        read: |form| conversion("from_amount", form).from_amount.to_string(),
        forms: &[("50", "50"), (r#""0.10""#, "0.1")],
    },
    Quirk {
        field: "to_amount of a conversion",
        read: |form| shown(conversion("to_amount", form).to_amount),
        forms: &[("null", "none"), ("0.000041013900000000004", "0.000041013900000000004")],
    },
    Quirk {
        field: "currencies of a conversion",
        read: |form| conversion("to_currency", form).to_currency.to_string(),
        forms: &[(r#""USDTERC20""#, "usdterc20"), (r#""usdterc20""#, "usdterc20")],
    },
    Quirk {
        field: "amount of a custody transfer",
        read: |form| transfer("amount", form).amount.to_string(),
        forms: &[(r#""0.7""#, "0.7"), ("0.7", "0.7")],
    },
    Quirk {
        field: "amounts of a fiat payout",
        read: |form| {
            let fiat = fiat_payout("fiatAmount", form).fiat_amount;
            assert_eq!(fiat_payout("cryptoCurrencyAmount", form).crypto_amount, fiat);
            shown(fiat)
        },
        forms: &[(r#""12.59""#, "12.59"), ("12.59", "12.59"), ("null", "none"), ("", "none")],
    },
    Quirk {
        field: "result of a subscription that is made",
        read: |form| {
            let subscriber = Subscriber::Email("ann@customer.example".to_owned());
            let request = Subscribe { plan_id: "1062001".parse().unwrap(), subscriber };
            read(&request, &format!(r#"{{"result": {form}}}"#)).id.to_string()
        },
        forms: &[
            (r#"{"id": "148001", "subscription_plan_id": "1062001", "status": "WAITING_PAY"}"#, "148001"),
            (r#"[{"id": "148001", "subscription_plan_id": "1062001", "status": "WAITING_PAY"}]"#, "148001"),
        ],
    },
    Quirk {
        field: "result of fiat payouts",
        read: |form| {
            let page = read(&ListFiatPayouts::default(), form);
            listed(page.items.into_iter().map(|payout| payout.id))
        },
        forms: &[(r#"{"result": {"rows": []}}"#, ""), (r#"{"result": []}"#, "")],
    },
    Quirk {
        field: "envelope of a list of payments",
        read: |form| read(&ListPayments::default(), form).data.len().to_string(),
        forms: &[(r#"{"data": [], "limit": 10, "page": 0, "pagesCount": 0, "total": 0}"#, "0")],
    },
    Quirk {
        field: "envelope of a list of payouts",
        read: |form| read(&ListPayouts::default(), form).len().to_string(),
        forms: &[(r#"{"payouts": []}"#, "0")],
    },
    Quirk {
        field: "envelope of a list of users",
        read: |form| {
            let page = read(&ListCustodyUsers::default(), form);
            format!("{} of {}", page.items.len(), shown(page.count))
        },
        forms: &[(r#"{"result": [{"id": "1", "name": "ann"}], "count": 1}"#, "1 of 1")],
    },
    Quirk {
        field: "envelope of a batch",
        read: |form| batch(form).id.to_string(),
        forms: &[
            (r#"{"id": "800001", "createdAt": "2026-01-02T03:04:05.678Z", "withdrawals": []}"#, "800001"),
            ("[]", "800001"),
        ],
    },
    Quirk {
        field: "bare text",
        read: |form| {
            let id = "800001".parse().unwrap();
            read(&VerifyPayout { id, verification_code: "492817".into() }, form);
            let address =
                ValidateAddress { address: "T1".to_owned(), currency: ticker("trx"), extra_id: None };
            read(&address, form);
            "fine".to_owned()
        },
        forms: &[("OK", "fine"), ("OK\n", "fine")],
    },
    Quirk {
        field: "tickers of payments and balances",
        read: |form| {
            let balance =
                read(&GetBalance {}, &format!(r#"{{{form}: {{"amount": 1, "pendingAmount": 0}}}}"#));
            let coin = payment("pay_currency", form).pay_currency;
            assert!(balance.contains_key(&coin));
            coin.to_string()
        },
        forms: &[(r#""usdttrc20""#, "usdttrc20"), (r#""USDTTRC20""#, "usdttrc20")],
    },
    Quirk {
        field: "tickers of the shop's coins",
        read: |form| {
            let coins = read(&GetMerchantCoins::default(), form);
            listed(coins.into_iter().map(|coin| coin.currency))
        },
        forms: &[
            (r#"{"selectedCurrencies": ["BTC", "USDTTRC20"]}"#, "btc usdttrc20"),
            (r#"{"currencies": ["btc", "usdttrc20"]}"#, "btc usdttrc20"),
        ],
    },
    Quirk {
        field: "tickers with and without limits",
        read: |form| {
            let coins = read(&GetCurrencies { fixed_rate: Some(true) }, form);
            coins.into_iter().map(|coin| format!("{} {}", coin.currency, shown(coin.min_amount))).collect()
        },
        forms: &[
            (r#"{"currencies": ["btc"]}"#, "btc none"),
            (
                r#"{"currencies": [{"currency": "btc", "min_amount": "0.0001701", "max_amount": 5}]}"#,
                "btc 0.0001701",
            ),
        ],
    },
    Quirk {
        field: "ticker of a fee, as it was sent",
        read: |form| {
            let request = GetPayoutFee { currency: ticker("usdttrc20"), amount: 500.into() };
            read(&request, &object(&[("fee", "1.32765969")], "currency", form)).currency.to_string()
        },
        forms: &[(r#""USDTTRC20""#, "usdttrc20"), (r#""usdttrc20""#, "usdttrc20")],
    },
    Quirk {
        field: "payment_status",
        read: |form| payment("payment_status", form).payment_status.to_string(),
        forms: &[
            (r#""waiting""#, "waiting"),
            (r#""confirming""#, "confirming"),
            (r#""confirmed""#, "confirmed"),
            (r#""sending""#, "sending"),
            (r#""partially_paid""#, "partially_paid"),
            (r#""finished""#, "finished"),
            (r#""FAILED""#, "failed"),
            (r#""refunded""#, "refunded"),
            (r#""expired""#, "expired"),
            (r#""cancelled""#, "cancelled"),
            (r#""canceled""#, "cancelled"),
            (r#""On_Hold""#, "On_Hold"),
        ],
    },
    Quirk {
        field: "status of a payout",
        read: |form| payout("status", form).status.to_string(),
        forms: &[
            (r#""NEW""#, "NEW"),
            (r#""CREATING""#, "CREATING"),
            (r#""WAITING""#, "WAITING"),
            (r#""PROCESSING""#, "PROCESSING"),
            (r#""sending""#, "SENDING"),
            (r#""FINISHED""#, "FINISHED"),
            (r#""FAILED""#, "FAILED"),
            (r#""REJECTED""#, "REJECTED"),
            (r#""cancelled""#, "CANCELLED"),
            (r#""REJECTED_NOT_CHECKED""#, "REJECTED_NOT_CHECKED"),
            (r#""On_Hold""#, "On_Hold"),
        ],
    },
    Quirk {
        field: "network",
        read: |form| shown(payment("network", form).network),
        forms: &[
            (r#""trx""#, "trx"),
            (r#""trc20""#, "trc20"),
            (r#""TRC20""#, "TRC20"),
            (r#""""#, "none"),
            ("null", "none"),
            ("", "none"),
        ],
    },
];

#[test]
fn every_form_of_every_field_is_read() {
    for Quirk { field, read, forms } in QUIRKS {
        for (form, meaning) in *forms {
            let found = std::panic::catch_unwind(|| read(form));
            let found = found.unwrap_or_else(|_| panic!("{field}: {form} cannot be read"));
            assert_eq!(found, *meaning, "{field}: {form}");
        }
    }
}

/// What is always there, each as JSON.
type Fields<'a> = &'a [(&'a str, &'a str)];

const PAYMENT: Fields<'static> = &[
    ("payment_id", "4412087713"),
    ("payment_status", r#""waiting""#),
    ("price_amount", "12.50"),
    ("price_currency", r#""eur""#),
    ("pay_currency", r#""ltc""#),
];

const PAYOUT: Fields<'static> = &[
    ("id", r#""700001""#),
    ("address", r#""T1""#),
    ("currency", r#""trx""#),
    ("amount", r#""200""#),
    ("status", r#""WAITING""#),
];

/// An object of these fields, one of which has this form; none for an empty form.
fn object(fields: Fields<'_>, field: &str, form: &str) -> String {
    let others = fields.iter().filter(|(name, _)| *name != field);
    let chosen = Some((field, form)).filter(|(_, form)| !form.is_empty());
    let all: Vec<_> =
        others.copied().chain(chosen).map(|(name, json)| format!(r#""{name}": {json}"#)).collect();
    format!("{{{}}}", all.join(", "))
}

fn in_result(fields: Fields<'_>, field: &str, form: &str) -> String {
    format!(r#"{{"result": {}}}"#, object(fields, field, form))
}

fn read<E: Endpoint>(request: &E, body: &str) -> E::Response {
    request.read(body.as_bytes()).unwrap_or_else(|problem| panic!("{body}: {problem}"))
}

fn payment(field: &str, form: &str) -> Payment {
    read(&GetPayment { id: "4412087713".parse().unwrap() }, &object(PAYMENT, field, form))
}

fn custody_payment(field: &str, form: &str) -> Payment {
    let request = CreateCustodyPayment::new(ticker("ltc"), 1.into(), "1115001".parse().unwrap());
    read(&request, &in_result(PAYMENT, field, form))
}

fn batch(body: &str) -> PayoutBatch {
    read(&GetPayout { id: "800001".parse().unwrap() }, body)
}

fn payout(field: &str, form: &str) -> Payout {
    let payouts =
        read(&ListPayouts::default(), &format!(r#"{{"payouts": [{}]}}"#, object(PAYOUT, field, form)));
    payouts.into_iter().next().unwrap()
}

fn minimum(field: &str, form: &str) -> (String, String) {
    let request = GetMinAmount {
        currency_from: ticker("btc"),
        currency_to: None,
        fiat_equivalent: Some(ticker("usd")),
        is_fixed_rate: None,
        is_fee_paid_by_user: None,
    };
    let answer = read(&request, &object(&[("currency_from", r#""btc""#), ("min_amount", "1")], field, form));
    (answer.min_amount.to_string(), shown(answer.fiat_equivalent))
}

fn plan(field: &str, form: &str) -> Plan {
    let fields = [
        ("id", r#""1062001""#),
        ("title", r#""beans""#),
        ("interval_day", r#""30""#),
        ("amount", "0.5"),
        ("currency", r#""USD""#),
    ];
    let request = GetPlan { id: "1062001".parse().unwrap() };
    read(&request, &in_result(&fields, field, form))
}

fn conversion(field: &str, form: &str) -> Conversion {
    let fields = [
        ("id", r#""2065001""#),
        ("status", r#""WAITING""#),
        ("from_currency", r#""TRX""#),
        ("to_currency", r#""ETH""#),
        ("from_amount", "1"),
    ];
    let request = GetConversion { id: "2065001".parse().unwrap() };
    read(&request, &in_result(&fields, field, form))
}

fn transfer(field: &str, form: &str) -> Transfer {
    let fields = [
        ("id", r#""327001""#),
        ("from_sub_id", r#""5209001""#),
        ("to_sub_id", r#""1115001""#),
        ("status", r#""WAITING""#),
        ("amount", r#""1""#),
        ("currency", r#""usdtbsc""#),
    ];
    let request = GetTransfer { id: "327001".parse().unwrap() };
    read(&request, &in_result(&fields, field, form))
}

fn fiat_payout(field: &str, form: &str) -> FiatPayout {
    let fields = [
        ("id", r#""123001""#),
        ("provider", r#""transfi""#),
        ("status", r#""NEW""#),
        ("fiatCurrencyCode", r#""EUR""#),
        ("cryptoCurrencyCode", r#""BNBBSC""#),
    ];
    let body = format!(r#"{{"result": {{"rows": [{}]}}}}"#, object(&fields, field, form));
    read(&ListFiatPayouts::default(), &body).items.into_iter().next().unwrap()
}

/// A field of a request, as it is written.
fn written(request: &impl serde::Serialize, field: &str) -> String {
    let json = serde_json::to_string(request).unwrap();
    let fields: std::collections::HashMap<String, Box<serde_json::value::RawValue>> =
        serde_json::from_str(&json).unwrap();
    fields[field].get().to_owned()
}

fn ticker(text: &str) -> nowpayments::Ticker {
    text.parse().unwrap()
}

fn shown(value: Option<impl Display>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

fn listed<T: Display>(values: impl IntoIterator<Item = T>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(" ")
}
