//! Every endpoint that is documented, called through the client against the simulator: what it answers, and every refusal
//! that is documented of it. `ENDPOINTS.md` is the table of what this test has seen; with `PAYDESK_WRITE_ENDPOINTS` set it is
//! written anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod shop;

use std::{collections::BTreeMap, env, fs};

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::{
    Amount, Refused, SecretString, Ticker,
    auth::{GetStatus, LogIn},
    balance::GetBalance,
    conversions::*,
    currencies::{GetCurrencies, GetFullCurrencies, GetMerchantCoins},
    custody::*,
    estimates::{GetEstimate, GetMinAmount},
    fiat_payouts::*,
    invoices::*,
    payments::*,
    payouts::*,
    subscriptions::*,
};
use nowpayments_simulator::{PaymentChange, Share, SubscriptionChange, Switches};

use shop::Shop;

/// The calls of the official documents, chapter by chapter; `:id` stands for any one segment.
const DOCUMENTED: [&str; 52] = [
    "GET /status",
    "POST /auth",
    "GET /currencies",
    "GET /full-currencies",
    "GET /merchant/coins",
    "GET /min-amount",
    "GET /estimate",
    "POST /payment",
    "POST /invoice",
    "POST /invoice-payment",
    "POST /payment/:id/update-merchant-estimate",
    "GET /payment/:id",
    "GET /payment/",
    "GET /balance",
    "POST /payout/validate-address",
    "POST /payout",
    "POST /payout/:id/verify",
    "GET /payout/:id",
    "GET /payout",
    "GET /payout-withdrawal/min-amount/:id",
    "GET /payout/fee",
    "POST /payout/:id/cancel",
    "POST /payout/:id/cancel-batch",
    "POST /conversion",
    "GET /conversion/:id",
    "GET /conversion",
    "POST /sub-partner/balance",
    "GET /sub-partner/balance/:id",
    "GET /sub-partner",
    "GET /sub-partner/transfers",
    "GET /sub-partner/transfer/:id",
    "POST /sub-partner/transfer",
    "POST /sub-partner/payment",
    "GET /sub-partner/payments",
    "POST /sub-partner/deposit",
    "POST /sub-partner/write-off",
    "POST /subscriptions/plans",
    "PATCH /subscriptions/plans/:id",
    "GET /subscriptions/plans/:id",
    "GET /subscriptions/plans",
    "POST /subscriptions",
    "GET /subscriptions",
    "GET /subscriptions/:id",
    "DELETE /subscriptions/:id",
    "GET /fiat-payouts/providers",
    "GET /fiat-payouts/fiat-currencies",
    "GET /fiat-payouts/crypto-currencies",
    "GET /fiat-payouts/payment-methods",
    "POST /fiat-payouts/account",
    "GET /fiat-payouts/accounts",
    "POST /fiat-payouts",
    "GET /fiat-payouts",
];

/// An address of TRON whose checksum holds.
const TRON: &str = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";

fn ticker(text: &str) -> Ticker {
    text.parse().unwrap()
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

/// An id that nothing has.
fn nobody<T: std::str::FromStr<Err: std::fmt::Debug>>() -> T {
    "1".parse().unwrap()
}

#[tokio::test]
async fn every_endpoint_that_is_documented_answers_and_refuses_as_documented() {
    let mut shop = Shop::open().await;
    service_and_coins(&mut shop).await;
    estimates(&mut shop).await;
    payments(&mut shop).await;
    invoices(&mut shop).await;
    payouts(&mut shop).await;
    scheduled_payouts(&mut shop).await;
    conversions(&mut shop).await;
    custody(&mut shop).await;
    subscriptions(&mut shop).await;
    fiat_payouts(&mut shop).await;
    assert!(shop.simulator.ledger().conserved, "money was lost or made up on the way");

    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/ENDPOINTS.md");
    let table = shop.table();
    if env::var_os("PAYDESK_WRITE_ENDPOINTS").is_some() {
        fs::write(path, &table).unwrap();
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(kept, table, "ENDPOINTS.md is stale: write it with PAYDESK_WRITE_ENDPOINTS=1");
    println!("{}", table.trim_end().lines().next_back().unwrap());
}

async fn service_and_coins(shop: &mut Shop) {
    shop.call("GET /status", GetStatus {}, |status| {
        assert_eq!(status.message, "OK");
        "`OK`".to_owned()
    })
    .await;
    let given = shop.simulator.credentials();
    let password = SecretString::from(given.password);
    let login = LogIn { email: &given.email, password: &password };
    shop.call("POST /auth", login, |_| "a token".to_owned()).await;
    let wrong = SecretString::from("wrong");
    let login = LogIn { email: &given.email, password: &wrong };
    shop.refused("POST /auth", "wrong login", &login, Refused::is_login_refused).await;

    let coins = |found: usize| {
        assert!(found >= 60, "{found} coins");
        "tickers".to_owned()
    };
    shop.call("GET /currencies", GetCurrencies { fixed_rate: None }, |found| coins(found.len())).await;
    shop.call("GET /full-currencies", GetFullCurrencies {}, |found| {
        assert!(found.len() >= 60 && found.iter().any(|coin| coin.code == "usdttrc20"));
        "coins with network and patterns".to_owned()
    })
    .await;
    let request = GetMerchantCoins { fixed_rate: None };
    shop.call("GET /merchant/coins", request, |found| {
        assert!(found.iter().any(|coin| coin.currency == "btc"));
        "tickers".to_owned()
    })
    .await;
    shop.call("GET /balance", GetBalance {}, |balance| {
        assert!(balance[&ticker("trx")].amount.is_positive());
        "amount and pending by coin".to_owned()
    })
    .await;
    shop.refused_from_elsewhere("GET /balance", &GetBalance {}).await;
}

async fn estimates(shop: &mut Shop) {
    let request = GetMinAmount {
        currency_from: ticker("eth"),
        currency_to: Some(ticker("trx")),
        fiat_equivalent: Some(ticker("usd")),
        is_fixed_rate: Some(true),
        is_fee_paid_by_user: Some(true),
    };
    shop.call("GET /min-amount", request.clone(), |least| {
        assert!(least.min_amount.is_positive() && least.fiat_equivalent.as_ref().unwrap().is_positive());
        "the minimum, and in USD".to_owned()
    })
    .await;
    let unknown = GetMinAmount { currency_from: ticker("nosuch"), ..request.clone() };
    shop.refused("GET /min-amount", "coin off", &unknown, Refused::is_currency_unavailable).await;
    let wrong = GetMinAmount { fiat_equivalent: Some(ticker("btc")), ..request };
    shop.refused("GET /min-amount", "invalid parameter", &wrong, Refused::is_invalid_request).await;

    let request =
        GetEstimate { amount: amount("25"), currency_from: ticker("usd"), currency_to: ticker("xrp") };
    shop.call("GET /estimate", request.clone(), |estimate| {
        assert!(estimate.amount_from == amount("25") && estimate.estimated_amount.is_positive());
        "an amount".to_owned()
    })
    .await;
    let unknown = GetEstimate { currency_to: ticker("nosuch"), ..request.clone() };
    shop.refused("GET /estimate", "coin off", &unknown, Refused::is_currency_unavailable).await;
    let nothing = GetEstimate { amount: Amount::zero(), ..request };
    shop.refused("GET /estimate", "invalid parameter", &nothing, Refused::is_invalid_request).await;
}

async fn payments(shop: &mut Shop) {
    let new = |price: &str, coin: &str| CreatePayment::new(amount(price), ticker("usd"), ticker(coin));
    let request = CreatePayment { order_id: Some("A-17".to_owned()), ..new("120.50", "trx") };
    let payment = shop
        .call("POST /payment", request, |payment| {
            assert_eq!(payment.price_amount, amount("120.5"));
            assert!(payment.pay_amount.as_ref().unwrap().is_positive());
            format!("a payment, {}", payment.payment_status)
        })
        .await;
    shop.refused("POST /payment", "below the minimum", &new("0.01", "btc"), Refused::is_below_minimum).await;
    let request = CreatePayment { is_fixed_rate: Some(true), ..new("900000000", "btc") };
    shop.refused("POST /payment", "above the maximum", &request, Refused::is_above_maximum).await;
    shop.refused("POST /payment", "coin off", &new("50", "nosuch"), Refused::is_currency_unavailable).await;
    let request = CreatePayment { ipn_callback_url: Some("shop".to_owned()), ..new("50", "trx") };
    shop.refused("POST /payment", "invalid parameter", &request, Refused::is_invalid_request).await;
    let request = CreatePayment {
        payout_address: Some("not an address".to_owned()),
        payout_currency: Some(ticker("trx")),
        ..new("50", "trx")
    };
    shop.refused("POST /payment", "invalid address", &request, Refused::is_invalid_address).await;

    let id = payment.payment_id;
    let call = "POST /payment/:id/update-merchant-estimate";
    shop.call(call, RenewEstimate { id: id.clone() }, |renewed| {
        assert!(renewed.pay_amount.is_positive());
        "the amount due, and until when".to_owned()
    })
    .await;
    shop.refused(call, "not found", &RenewEstimate { id: nobody() }, Refused::is_not_found).await;

    let due = nowpayments_simulator::Amount::parse(&payment.pay_amount.unwrap().to_string()).unwrap();
    shop.simulator.change_payment(id.as_str().parse().unwrap(), PaymentChange::Pay(due)).unwrap();
    shop.pass(60);
    shop.call("GET /payment/:id", GetPayment { id: id.clone() }, |payment| {
        assert_eq!(payment.payment_status, PaymentStatus::Finished);
        "the payment, finished".to_owned()
    })
    .await;
    shop.refused("GET /payment/:id", "not found", &GetPayment { id: nobody() }, Refused::is_not_found).await;
    shop.call("GET /payment/", ListPayments::default(), |page| {
        assert!(page.data.iter().any(|payment| payment.payment_id == id));
        "a page of payments, with totals".to_owned()
    })
    .await;
    let request = ListPayments { limit: 501, ..ListPayments::default() };
    shop.refused("GET /payment/", "invalid parameter", &request, Refused::is_invalid_request).await;
}

async fn invoices(shop: &mut Shop) {
    let request = CreateInvoice::new(amount("1000.50"), ticker("eur"));
    let invoice = shop
        .call("POST /invoice", request.clone(), |invoice| {
            assert!(invoice.price_amount == amount("1000.5") && invoice.invoice_url.starts_with("https://"));
            "an invoice and its link".to_owned()
        })
        .await;
    let wrong = CreateInvoice { ipn_callback_url: Some("shop".to_owned()), ..request };
    shop.refused("POST /invoice", "invalid parameter", &wrong, Refused::is_invalid_request).await;

    let pay = |coin: &str| CreateInvoicePayment::new(invoice.id.clone(), ticker(coin));
    let payment = shop
        .call("POST /invoice-payment", pay("ltc"), |payment| format!("a payment, {}", payment.payment_status))
        .await;
    let of_invoice = ListPayments { invoice_id: Some(invoice.id.clone()), ..ListPayments::default() };
    let listed = shop.send(&of_invoice).await;
    assert!(listed.data.iter().any(|listed| listed.payment_id == payment.payment_id));
    assert!(listed.data.iter().all(|listed| listed.invoice_id.as_ref() == Some(&invoice.id)));
    let unknown = CreateInvoicePayment::new(nobody(), ticker("ltc"));
    shop.refused("POST /invoice-payment", "not found", &unknown, Refused::is_not_found).await;
    shop.refused("POST /invoice-payment", "coin off", &pay("nosuch"), Refused::is_currency_unavailable).await;
}

fn batch(rows: Vec<NewPayout>) -> CreatePayout {
    CreatePayout { withdrawals: rows, ..CreatePayout::default() }
}

fn row(coin: &str, sum: &str) -> NewPayout {
    NewPayout::new(TRON.to_owned(), ticker(coin), amount(sum))
}

async fn payouts(shop: &mut Shop) {
    let address =
        |text: &str| ValidateAddress { address: text.to_owned(), currency: ticker("trx"), extra_id: None };
    let call = "POST /payout/validate-address";
    shop.call(call, address(TRON), |()| "`OK`".to_owned()).await;
    shop.refused(call, "invalid address", &address("TR7N"), Refused::is_invalid_address).await;
    let request = GetPayoutMinimum { currency: ticker("trx") };
    let call = "GET /payout-withdrawal/min-amount/:id";
    let least = shop
        .call(call, request.clone(), |least| {
            assert!(least.is_positive());
            "the minimum".to_owned()
        })
        .await;
    shop.refused_from_elsewhere(call, &request).await;
    let request = GetPayoutFee { currency: ticker("trx"), amount: amount("20") };
    shop.call("GET /payout/fee", request, |fee| {
        assert!(fee.fee.is_positive());
        "the fee".to_owned()
    })
    .await;

    let call = "POST /payout";
    let created = shop
        .call(call, batch(vec![row("trx", "20"), row("usdttrc20", "12.5")]), |batch| {
            assert!(batch.withdrawals.iter().all(|payout| payout.status == PayoutStatus::Creating));
            format!("a batch of {}, CREATING", batch.withdrawals.len())
        })
        .await;
    let mut wrong = row("trx", "20");
    wrong.address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed".to_owned();
    shop.refused(call, "invalid address", &batch(vec![wrong]), Refused::is_invalid_address).await;
    let request = batch(vec![row("trx", "90000000")]);
    shop.refused(call, "insufficient balance", &request, |refused| {
        let [short] = refused.shortages.as_slice() else { return false };
        refused.is_insufficient_balance() && short.currency == "trx" && short.requested > short.actual
    })
    .await;
    shop.refused(call, "below the minimum", &batch(vec![row("trx", "0.000001")]), |refused| {
        refused.is_below_minimum() && refused.minimum().as_ref() == Some(&least)
    })
    .await;
    let request = batch(vec![row("trx", "20.1234567")]);
    shop.refused(call, "invalid parameter", &request, Refused::is_invalid_request).await;
    shop.refused_from_elsewhere(call, &batch(vec![row("trx", "20")])).await;
    let switches = Switches { address_whitelist: Some(vec!["another".to_owned()]), ..Switches::default() };
    shop.simulator.set_switches(switches);
    let request = batch(vec![row("trx", "20")]);
    shop.refused(call, "recipient not allowed", &request, Refused::is_recipient_not_allowed).await;
    shop.simulator.set_switches(Switches::default());

    let verify = |id: &nowpayments::PayoutBatchId, code: String| VerifyPayout {
        id: id.clone(),
        verification_code: code.into(),
    };
    let (call, code) = ("POST /payout/:id/verify", shop.simulator.code().code);
    shop.call(call, verify(&created.id, code), |()| "`OK`".to_owned()).await;
    let another = shop.send(&batch(vec![row("trx", "20")])).await;
    for _ in 0..10 {
        let request = verify(&another.id, "000000".to_owned());
        shop.refused(call, "wrong code", &request, |refused| {
            refused.is_wrong_code() && !refused.is_out_of_attempts()
        })
        .await;
    }
    shop.pass(30);
    let request = verify(&another.id, shop.simulator.code().code);
    shop.refused(call, "out of attempts", &request, Refused::is_out_of_attempts).await;
    let request = verify(&nobody(), shop.simulator.code().code);
    shop.refused(call, "not found", &request, Refused::is_not_found).await;

    shop.pass(30);
    let call = "GET /payout/:id";
    shop.call(call, GetPayout { id: created.id.clone() }, |batch| {
        assert!(batch.withdrawals.iter().all(|payout| payout.status == PayoutStatus::Finished));
        "the batch, FINISHED".to_owned()
    })
    .await;
    shop.refused(call, "not found", &GetPayout { id: nobody() }, Refused::is_not_found).await;
    let request = ListPayouts { status: Some(PayoutStatus::Finished), ..ListPayouts::default() };
    shop.call("GET /payout", request, |payouts| {
        assert_eq!(payouts.len(), 2);
        "payouts, without totals".to_owned()
    })
    .await;
}

async fn scheduled_payouts(shop: &mut Shop) {
    let now: DateTime<Utc> = shop.simulator.clock().now;
    let schedule = Schedule { execute_at: now + TimeDelta::days(3), repetition: None };
    let request = || CreatePayout { schedule: Some(schedule.clone()), ..batch(vec![row("trx", "20")]) };
    let (one, all) = (shop.send(&request()).await, shop.send(&request()).await);
    for scheduled in [&one, &all] {
        shop.pass(30);
        let code = shop.simulator.code().code.into();
        shop.send(&VerifyPayout { id: scheduled.id.clone(), verification_code: code }).await;
    }
    let (call, id) = ("POST /payout/:id/cancel", one.withdrawals[0].id.clone());
    shop.call(call, CancelPayout { id }, |()| "done".to_owned()).await;
    shop.refused(call, "not found", &CancelPayout { id: nobody() }, Refused::is_not_found).await;
    let call = "POST /payout/:id/cancel-batch";
    shop.call(call, CancelPayoutBatch { id: all.id.clone() }, |()| "done".to_owned()).await;
    shop.refused(call, "not found", &CancelPayoutBatch { id: nobody() }, Refused::is_not_found).await;
    for scheduled in [one, all] {
        let batch = shop.send(&GetPayout { id: scheduled.id }).await;
        assert_eq!(batch.withdrawals[0].status, PayoutStatus::Cancelled);
    }
}

async fn conversions(shop: &mut Shop) {
    let convert = |sum: &str, from: &str, to: &str| CreateConversion {
        amount: amount(sum),
        from_currency: ticker(from),
        to_currency: ticker(to),
    };
    let call = "POST /conversion";
    let made = shop
        .call(call, convert("50", "usdttrc20", "trx"), |made| format!("a conversion, {}", made.status))
        .await;
    shop.refused(call, "no balance of the coin", &convert("1", "dash", "trx"), Refused::is_balance_missing)
        .await;
    let request = convert("1", "trx", "nosuch");
    shop.refused(call, "coin off", &request, Refused::is_currency_unavailable).await;
    shop.refused(call, "invalid parameter", &convert("0", "trx", "btc"), Refused::is_invalid_request).await;
    shop.pass(600);
    let call = "GET /conversion/:id";
    shop.call(call, GetConversion { id: made.id.clone() }, |conversion| {
        assert!(conversion.to_amount.as_ref().unwrap().is_positive());
        format!("the conversion, {}", conversion.status)
    })
    .await;
    // Recorded: an id that does not exist is an error of NOWPayments' own, not 404.
    let unknown = GetConversion { id: nobody() };
    shop.refused(call, "not found, as an internal error", &unknown, |it| it.status == 500).await;
    let request =
        ListConversions { statuses: vec![ConversionStatus::Finished], ..ListConversions::default() };
    shop.call("GET /conversion", request, |page| {
        assert_eq!(page.items.len(), 1);
        "a page of conversions".to_owned()
    })
    .await;
}

async fn custody(shop: &mut Shop) {
    let name = |text: &str| CreateCustodyUser { name: text.parse().unwrap() };
    let call = "POST /sub-partner/balance";
    let ann = shop.call(call, name("ann"), |user| format!("the user {}", user.name)).await.id;
    shop.refused(call, "duplicate user", &name("ann"), Refused::is_duplicate_user).await;
    let ben = shop.send(&name("ben")).await.id;
    shop.call("GET /sub-partner", ListCustodyUsers::default(), |page| {
        assert_eq!(page.items.len(), 2);
        "a page of users".to_owned()
    })
    .await;

    let trx = || ticker("trx");
    let deposit = |user: &nowpayments::CustodyUserId, sum: &str| CreateDeposit {
        currency: trx(),
        amount: amount(sum),
        user_id: user.clone(),
    };
    let call = "POST /sub-partner/deposit";
    let moved = shop.call(call, deposit(&ann, "100"), |it| format!("a transfer, {}", it.status)).await;
    shop.refused(call, "not found", &deposit(&nobody(), "1"), Refused::is_not_found).await;
    shop.refused(call, "invalid parameter", &deposit(&ann, "0"), Refused::is_invalid_request).await;
    shop.pass(600);
    let call = "GET /sub-partner/transfer/:id";
    shop.call(call, GetTransfer { id: moved.id }, |transfer| {
        assert_eq!((transfer.status.clone(), &transfer.to_id), (TransferStatus::Finished, &ann));
        "the transfer, FINISHED".to_owned()
    })
    .await;
    shop.refused(call, "not found", &GetTransfer { id: nobody() }, Refused::is_not_found).await;

    let transfer = |to: &nowpayments::CustodyUserId, sum: &str| CreateTransfer {
        currency: trx(),
        amount: amount(sum),
        from_id: ann.clone(),
        to_id: to.clone(),
    };
    let call = "POST /sub-partner/transfer";
    shop.call(call, transfer(&ben, "30.5"), |it| format!("a transfer, {}", it.status)).await;
    shop.refused(call, "not found", &transfer(&nobody(), "1"), Refused::is_not_found).await;
    shop.pass(600);
    // Nobody knows of a refusal for want of money: the transfer is made, and is rejected.
    let hopeless = shop.send(&transfer(&ben, "99999")).await;
    shop.pass(600);
    assert_eq!(shop.send(&GetTransfer { id: hopeless.id }).await.status, TransferStatus::Rejected);

    let write_off = |user: &nowpayments::CustodyUserId| CreateWriteOff {
        currency: trx(),
        amount: amount("9.25"),
        user_id: user.clone(),
    };
    let call = "POST /sub-partner/write-off";
    shop.call(call, write_off(&ann), |it| format!("a transfer, {}", it.status)).await;
    shop.refused(call, "not found", &write_off(&nobody()), Refused::is_not_found).await;
    shop.pass(600);
    shop.call("GET /sub-partner/transfers", ListTransfers::default(), |page| {
        assert_eq!(page.items.len(), 4);
        "a page of transfers".to_owned()
    })
    .await;
    let call = "GET /sub-partner/balance/:id";
    let request = GetCustodyBalance { id: ann.clone() };
    shop.call(call, request.clone(), |balance| {
        assert_eq!(balance.balances[&trx()].amount, amount("60.25"));
        "amount and pending by coin".to_owned()
    })
    .await;
    shop.refused_from_elsewhere(call, &request).await;
    shop.refused(call, "not found", &GetCustodyBalance { id: nobody() }, Refused::is_not_found).await;

    let pay = |coin: &str, sum: &str| CreateCustodyPayment::new(ticker(coin), amount(sum), ann.clone());
    let call = "POST /sub-partner/payment";
    shop.call(call, pay("trx", "50"), |payment| format!("a payment, {}", payment.payment_status)).await;
    shop.refused(call, "below the minimum", &pay("btc", "0.000001"), Refused::is_below_minimum).await;
    shop.refused(call, "coin off", &pay("nosuch", "5"), Refused::is_currency_unavailable).await;
    let unknown = CreateCustodyPayment::new(trx(), amount("50"), nobody());
    shop.refused(call, "not found", &unknown, Refused::is_not_found).await;
    shop.call("GET /sub-partner/payments", ListCustodyPayments::default(), |page| {
        assert_eq!(page.items.len(), 1);
        "a page of payments".to_owned()
    })
    .await;
}

async fn subscriptions(shop: &mut Shop) {
    let plan =
        |currency: &str| CreatePlan::new("Beans, monthly".to_owned(), 30, amount("19.90"), ticker(currency));
    let call = "POST /subscriptions/plans";
    let beans = shop
        .call(call, plan("usd"), |plan| {
            assert_eq!((plan.interval_day, plan.currency.as_str()), (30, "usd"));
            "a plan".to_owned()
        })
        .await
        .id;
    let wrong = CreatePlan { ipn_callback_url: Some("shop".to_owned()), ..plan("usd") };
    shop.refused(call, "invalid parameter", &wrong, Refused::is_invalid_request).await;
    let call = "PATCH /subscriptions/plans/:id";
    let change = |id| UpdatePlan { amount: Some(amount("21.50")), ..UpdatePlan::new(id) };
    shop.call(call, change(beans.clone()), |plan| {
        assert_eq!(plan.amount, amount("21.5"));
        "the plan, changed".to_owned()
    })
    .await;
    shop.refused(call, "not found", &change(nobody()), Refused::is_plan_not_found).await;
    let call = "GET /subscriptions/plans/:id";
    shop.call(call, GetPlan { id: beans.clone() }, |plan| {
        assert_eq!(plan.amount, amount("21.5"));
        "the plan".to_owned()
    })
    .await;
    shop.refused(call, "not found", &GetPlan { id: nobody() }, Refused::is_plan_not_found).await;
    let in_coin = shop.send(&plan("trx")).await.id;
    shop.call("GET /subscriptions/plans", ListPlans::default(), |page| {
        assert_eq!(page.items.len(), 2);
        "a page of plans".to_owned()
    })
    .await;

    let by_email =
        |plan_id| Subscribe { plan_id, subscriber: Subscriber::Email("carla@example.com".to_owned()) };
    let call = "POST /subscriptions";
    let carla = shop
        .call(call, by_email(beans.clone()), |subscription| {
            format!("a subscription, {}", subscription.status)
        })
        .await
        .id;
    shop.refused(call, "fiat plan wanted", &by_email(in_coin.clone()), |refused| {
        refused.is_fiat_plan_wanted() && refused.is_invalid_request()
    })
    .await;
    shop.refused(call, "not found", &by_email(nobody()), Refused::is_plan_not_found).await;
    let user = shop.send(&ListCustodyUsers::default()).await.items[0].id.clone();
    let by_user = shop.send(&Subscribe { plan_id: in_coin, subscriber: Subscriber::User(user) }).await;
    shop.pass(600);
    let by_user = shop.send(&GetSubscription { id: by_user.id }).await;
    assert_eq!(by_user.status, SubscriptionStatus::Paid, "the balance was enough");

    let (call, id) = ("GET /subscriptions/:id", carla.as_str().parse().unwrap());
    shop.simulator.change_subscription(id, SubscriptionChange::Pay(Share::Full)).unwrap();
    shop.pass(120);
    shop.call(call, GetSubscription { id: carla.clone() }, |subscription| {
        assert!(subscription.is_active == Some(true));
        format!("the subscription, {}", subscription.status)
    })
    .await;
    shop.refused(call, "not found", &GetSubscription { id: nobody() }, Refused::is_not_found).await;
    let request =
        ListSubscriptions { status: Some(SubscriptionStatus::Paid), ..ListSubscriptions::default() };
    shop.call("GET /subscriptions", request, |page| {
        assert_eq!(page.items.len(), 2);
        "a page of subscriptions".to_owned()
    })
    .await;
    let call = "DELETE /subscriptions/:id";
    shop.call(call, DeleteSubscription { id: carla.clone() }, |()| "done".to_owned()).await;
    shop.refused(call, "not found", &DeleteSubscription { id: carla }, Refused::is_not_found).await;
}

async fn fiat_payouts(shop: &mut Shop) {
    let providers = shop
        .call("GET /fiat-payouts/providers", GetFiatProviders {}, |providers| {
            format!("the company {}", providers[0].code)
        })
        .await;
    let provider = providers[0].code.clone();
    shop.call("GET /fiat-payouts/fiat-currencies", GetFiatCurrencies {}, |found| {
        assert!(!found.is_empty());
        "currencies".to_owned()
    })
    .await;
    let request = GetFiatPayoutCoins { provider: Some(provider.clone()), currency: None };
    let coins = shop
        .call("GET /fiat-payouts/crypto-currencies", request, |found| {
            assert!(!found.is_empty());
            "coins".to_owned()
        })
        .await;
    let coin = coins.iter().find(|coin| coin.currency == "usdttrc20").unwrap().currency.clone();
    let request = GetFiatPaymentMethods { provider: Some(provider.clone()), currency: Some(ticker("eur")) };
    let methods = shop
        .call("GET /fiat-payouts/payment-methods", request, |found| {
            assert!(!found.is_empty());
            "kinds of account and their fields".to_owned()
        })
        .await;

    let fields: BTreeMap<_, _> =
        methods[0].fields.iter().map(|field| (field.name.clone(), "5512 8801".to_owned())).collect();
    let account = CreateFiatAccount {
        currency: ticker("eur"),
        payment_code: methods[0].payment_code.clone(),
        fields,
        provider: provider.clone(),
        country_code: "DE".to_owned(),
    };
    let call = "POST /fiat-payouts/account";
    shop.call(call, account.clone(), |account| format!("an account in {}", account.currency)).await;
    let wrong = CreateFiatAccount { fields: BTreeMap::new(), ..account };
    shop.refused(call, "invalid parameter", &wrong, Refused::is_invalid_request).await;
    shop.call("GET /fiat-payouts/accounts", ListFiatAccounts::default(), |page| {
        assert_eq!(page.items.len(), 1);
        "a page of accounts".to_owned()
    })
    .await;

    let pay = |sum: &str, fiat: &str| CreateFiatPayout {
        fiat_currency: ticker(fiat),
        crypto_currency: coin.clone(),
        amount: amount(sum),
        provider: provider.clone(),
    };
    let call = "POST /fiat-payouts";
    shop.call(call, pay("500", "eur"), |payout| format!("a fiat payout, {}", payout.status)).await;
    shop.refused(call, "insufficient balance", &pay("900000", "eur"), Refused::is_insufficient_balance).await;
    shop.refused(call, "currency off", &pay("500", "nosuch"), Refused::is_currency_unavailable).await;
    shop.pass(7 * 24 * 3600);
    shop.call("GET /fiat-payouts", ListFiatPayouts::default(), |page| {
        assert_eq!(page.items.len(), 1);
        format!("a page of fiat payouts, {}", page.items[0].status)
    })
    .await;
}
