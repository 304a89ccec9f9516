use std::collections::BTreeMap;

use nowpayments_simulator::{Amount, Cause, History, PaymentChange, PaymentStatus, PayoutStatus, Switches};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::till::{BITCOIN, ETHEREUM, TRON, Till, options};

#[tokio::test]
async fn a_balance_is_a_map_of_numbers_by_ticker() {
    let till = Till::open().await;
    let balances = BTreeMap::from([("xmr".to_owned(), Amount::parse("0.000000200000000001").unwrap())]);
    till.simulator.set_balances(&balances).unwrap();
    let answer = till.send(reqwest::Method::GET, "/balance", None, None).await.unwrap().text().await.unwrap();
    assert!(answer.contains(r#""btc":{"amount":1.35,"pendingAmount":0}"#), "{answer}");
    assert!(answer.contains(r#""xmr":{"amount":2.00000000001e-7,"pendingAmount":0}"#), "{answer}");
    assert!(till.is_conserved());
}

/// Thousands of calls and interventions, right and wrong ones, in any order: no coin is lost or made up, no row is
/// paid twice, and the movements alone lead to the same accounts.
#[tokio::test]
async fn money_is_conserved_through_thousands_of_random_operations() {
    let till = Till::with(options(History::Demo)).await;
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut token = till.log_in().await;
    let (mut batches, mut payments, mut accepted) = (Vec::new(), Vec::new(), 0);
    for round in 0..3_000 {
        if round % 40 == 0 {
            token = till.log_in().await;
        }
        let post =
            async |path: &str, body| till.call(reqwest::Method::POST, path, Some(&token), Some(body)).await;
        match rng.random_range(0..12) {
            0..3 => {
                let (address, currency, most) =
                    [(TRON, "trx", 9_000), (BITCOIN, "btc", 1), (ETHEREUM, "eth", 3)][rng.random_range(0..3)];
                let amount = Amount::scaled(rng.random_range(1..most * 100_000), 5).to_string();
                let rows = vec![
                    json!({ "address": address, "currency": currency, "amount": amount });
                    rng.random_range(1..4)
                ];
                let (status, answer) = post("/payout", json!({ "withdrawals": rows })).await;
                if status == 200 {
                    batches.push(answer["id"].as_str().unwrap().to_owned());
                }
            }
            3..6 if !batches.is_empty() => {
                let batch = &batches[rng.random_range(batches.len().saturating_sub(2)..batches.len())];
                let code = if rng.random() { till.simulator.code().code } else { "000000".to_owned() };
                let path = format!("/payout/{batch}/verify");
                accepted += u32::from(post(&path, json!({ "verification_code": code })).await.0 == 200);
            }
            6 => {
                let order = json!({ "price_amount": 90, "price_currency": "usd", "pay_currency": "eth", "case": "success" });
                let (_, answer) = post("/payment", order).await;
                payments.push(answer["payment_id"].as_str().unwrap().parse().unwrap());
            }
            7 if !payments.is_empty() => {
                let id = payments[rng.random_range(0..payments.len())];
                let change = [
                    PaymentChange::Pay(Amount::scaled(3, 2)),
                    PaymentChange::Status(PaymentStatus::Finished),
                    PaymentChange::Status(PaymentStatus::Refunded),
                ];
                // May be refused, because the payment has ended.
                let _ = till.simulator.change_payment(id, change[rng.random_range(0..3)].clone());
            }
            8 => {
                let rows = till.simulator.ledger().payouts;
                let row: u64 = rows[rng.random_range(0..rows.len())].id.parse().unwrap();
                let status = [
                    PayoutStatus::Failed,
                    PayoutStatus::Sending,
                    PayoutStatus::Finished,
                    PayoutStatus::Rejected,
                ];
                // May be refused, because the row has ended.
                let _ = till.simulator.change_payout(row, status[rng.random_range(0..4)]);
            }
            9 => {
                let failing_addresses = if rng.random() { vec![TRON.to_owned()] } else { Vec::new() };
                till.simulator.set_switches(Switches { failing_addresses, ..Switches::default() });
            }
            _ => till.step(rng.random_range(1..100)),
        }
    }
    let ledger = till.simulator.ledger();
    assert!(accepted > 50, "{accepted}");
    assert!(ledger.conserved);
    assert!(
        ledger.payouts.iter().all(|row| row.times_paid == u32::from(row.status == PayoutStatus::Finished))
    );
    for (currency, account) in &ledger.accounts {
        let sum = |cause: Cause, with_fee: bool| -> Amount {
            let of = ledger.movements.iter().filter(|m| m.cause == cause && m.currency == *currency);
            of.map(|m| if with_fee { m.amount + m.fee } else { m.amount }).sum()
        };
        let received = sum(Cause::Opening, false) + sum(Cause::Payment, false) + sum(Cause::Adjusted, false);
        assert_eq!(account.received, received, "{currency}");
        assert_eq!(
            account.balance,
            received - sum(Cause::Reserved, true) + sum(Cause::Released, true),
            "{currency}"
        );
        let rows = |status: &dyn Fn(PayoutStatus) -> bool, with_fee: bool| -> Amount {
            let of = ledger.payouts.iter().filter(|row| status(row.status) && row.currency == *currency);
            of.map(|row| if with_fee { row.amount + row.fee } else { row.amount }).sum()
        };
        assert_eq!(account.paid, rows(&|status| status == PayoutStatus::Finished, false), "{currency}");
        assert_eq!(account.pending, rows(&|status| status < PayoutStatus::Finished, true), "{currency}");
        assert!(account.balance >= Amount::ZERO, "{currency}");
    }
}
