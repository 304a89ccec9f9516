use std::collections::BTreeMap;

use nowpayments_simulator::{Amount, PayoutStatus};
use serde_json::{Value, json};

use crate::till::{ETHEREUM, TRON, Till, refusal};

/// Five minutes after the world's beginning.
const SOON: &str = "2026-03-02T09:07:05.000Z";
const DAY: u64 = 86_400;

fn plan(plan: Value) -> Value {
    let mut body = json!({ "withdrawals": [
        { "address": TRON, "currency": "trx", "amount": 100, "unique_external_id": "wage-1" },
        { "address": ETHEREUM, "currency": "eth", "amount": 1 },
    ] });
    body.as_object_mut().unwrap().extend(plan.as_object().unwrap().clone());
    body
}

/// Creates a batch with a plan and gives the answer.
async fn create(till: &Till, extra: Value) -> Value {
    let (status, answer) = till.post_with_login("/payout", plan(extra)).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// A verified batch that runs in five minutes: its id and the ids of its rows.
async fn scheduled(till: &Till, extra: Value) -> (String, Vec<String>) {
    let mut whole = json!({ "execute_at": SOON, "interval": "ONETIME" });
    whole.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let answer = create(till, whole).await;
    let batch = answer["id"].as_str().unwrap().to_owned();
    till.approve(&batch).await;
    let rows = answer["withdrawals"].as_array().unwrap();
    (batch, rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect())
}

async fn cancel(till: &Till, path: &str) -> (u16, Value) {
    till.post(path, json!({})).await
}

fn statuses(till: &Till) -> Vec<PayoutStatus> {
    till.simulator.ledger().payouts.iter().map(|row| row.status).collect()
}

#[tokio::test]
async fn a_scheduled_batch_runs_at_its_time_and_takes_the_money_then() {
    let till = Till::open().await;
    let before = till.simulator.ledger().accounts;
    let (batch, _) = scheduled(&till, json!({})).await;
    till.step(299);
    assert_eq!(till.statuses(&batch).await, ["WAITING"; 2]);
    let waiting = till.simulator.ledger();
    assert_eq!(waiting.accounts, before, "nothing is set aside");
    assert!(waiting.payouts.iter().all(|row| !row.set_aside && row.execute_at.is_some()));
    till.step(1);
    let running = till.simulator.ledger();
    assert!(running.accounts["trx"].pending > Amount::whole(100));
    assert!(running.payouts.iter().all(|row| row.set_aside && row.execute_at.is_none()));
    till.step(20);
    assert_eq!(till.statuses(&batch).await, ["FINISHED"; 2]);
    assert!(till.simulator.ledger().payouts.iter().all(|row| row.times_paid == 1));
    till.step(400 * DAY);
    assert_eq!(till.simulator.ledger().payouts.len(), 2, "once is once");
    assert!(till.is_conserved());
}

#[tokio::test]
async fn the_rows_of_a_scheduled_batch_show_their_plan() {
    let till = Till::open().await;
    let plan = json!({
        "execute_at": SOON, "interval": "WEEKLY", "interval_value": 2, "execute_until": "2026-05-01T00:00:00Z",
    });
    let answer = create(&till, plan).await;
    let read = till.read(&format!("/payout/{}", answer["id"].as_str().unwrap())).await;
    for row in [&answer["withdrawals"][1], &read["withdrawals"][0]] {
        assert_eq!((&row["execute_at"], &row["interval"]), (&json!(SOON), &json!("WEEKLY")));
        assert_eq!(row["interval_value"], 2);
        assert_eq!(row["execute_until"], "2026-05-01T00:00:00.000Z");
    }
    let plain = till.create(json!([{ "address": TRON, "currency": "trx", "amount": 100 }])).await;
    let plain = till.read(&format!("/payout/{plain}")).await;
    assert!(plain["withdrawals"][0].get("execute_at").is_none());
}

#[tokio::test]
async fn nothing_runs_that_nobody_verified() {
    let till = Till::open().await;
    let answer = create(&till, json!({ "execute_at": SOON, "interval": "DAILY" })).await;
    let batch = answer["id"].as_str().unwrap();
    till.step(3_599);
    assert_eq!(till.statuses(batch).await, ["CREATING"; 2]);
    till.step(3 * DAY);
    assert_eq!(till.statuses(batch).await, ["REJECTED"; 2]);
    assert_eq!(statuses(&till).len(), 2);
    assert!(till.is_conserved());
}

#[tokio::test]
async fn a_batch_that_is_verified_after_its_time_runs_at_once() {
    let till = Till::open().await;
    let answer = create(&till, json!({ "execute_at": SOON, "interval": "ONETIME" })).await;
    let batch = answer["id"].as_str().unwrap();
    till.step(1_800);
    till.approve(batch).await;
    till.step(20);
    assert_eq!(till.statuses(batch).await, ["FINISHED"; 2]);
}

#[tokio::test]
async fn each_run_of_a_series_is_a_batch_of_its_own() {
    let till = Till::open().await;
    let until =
        json!({ "interval": "DAILY", "interval_value": 3, "execute_until": "2026-03-08T12:00:00.000Z" });
    let (first, _) = scheduled(&till, until).await;
    till.step(400);
    assert_eq!(statuses(&till)[..2], [PayoutStatus::Finished; 2]);
    assert_eq!(statuses(&till)[2..], [PayoutStatus::Waiting; 2], "the next run waits");
    till.step(30 * DAY);
    let ledger = till.simulator.ledger();
    let mut batches: Vec<_> = ledger.payouts.iter().map(|row| row.batch_id.clone()).collect();
    batches.dedup();
    assert_eq!((ledger.payouts.len(), batches.len()), (6, 3), "on the 2nd, the 5th and the 8th of March");
    assert!(ledger.payouts.iter().all(|row| row.times_paid == 1));
    assert_eq!(ledger.accounts["trx"].paid, Amount::whole(300));
    let external: Vec<_> = ledger.payouts.iter().map(|row| row.unique_external_id.as_deref()).collect();
    assert_eq!(external, [Some("wage-1"), None, None, None, None, None]);
    let last = till.read(&format!("/payout/{}", batches[2])).await;
    assert_ne!(last["id"], first);
    assert_eq!(last["withdrawals"][0]["execute_at"], "2026-03-08T09:07:05.000Z");
    assert!(ledger.conserved);
}

#[tokio::test]
async fn a_run_without_money_fails_and_the_next_one_has_its_chance() {
    let till = Till::open().await;
    let set = |amount: &str| {
        let balances = BTreeMap::from([("trx".to_owned(), Amount::parse(amount).unwrap())]);
        till.simulator.set_balances(&balances).unwrap();
    };
    set("50");
    let (batch, rows) = scheduled(&till, json!({ "interval": "WEEKLY" })).await;
    till.step(320);
    assert_eq!(till.statuses(&batch).await, ["FAILED", "FINISHED"], "the coins do not wait for each other");
    let row = till.read(&format!("/payout/{}", rows[0])).await["withdrawals"][0].clone();
    assert_eq!(row["error"], "Insufficient balance");
    assert_eq!(till.simulator.ledger().accounts["trx"].balance, Amount::whole(50));
    set("500");
    till.simulator.change_payout(rows[0].parse().unwrap(), PayoutStatus::Sending).unwrap();
    till.step(7 * DAY);
    let ledger = till.simulator.ledger();
    assert!(ledger.payouts[..4].iter().all(|row| row.times_paid == 1), "{:?}", ledger.payouts);
    assert_eq!(ledger.accounts["trx"].paid, Amount::whole(200));
    assert!(ledger.conserved);
}

#[tokio::test]
async fn an_amount_in_fiat_is_worked_out_when_it_runs() {
    let till = Till::open().await;
    let rows =
        json!([{ "address": ETHEREUM, "currency": "eth", "fiat_amount": 100, "fiat_currency": "usd" }]);
    let body = json!({ "execute_at": "2026-04-02T09:00:00Z", "interval": "ONETIME", "withdrawals": rows });
    let (_, answer) = till.post_with_login("/payout", body).await;
    let before = till.simulator.ledger().payouts[0].amount;
    till.approve(answer["id"].as_str().unwrap()).await;
    till.step(32 * DAY);
    let row = till.simulator.ledger().payouts.remove(0);
    assert_ne!(row.amount, before);
    assert_eq!((row.times_paid, till.is_conserved()), (1, true));
}

#[tokio::test]
async fn a_row_is_cancelled_by_its_own_id_before_it_runs() {
    let till = Till::open().await;
    let before = till.simulator.ledger().accounts;
    let (batch, rows) = scheduled(&till, json!({ "interval": "DAILY" })).await;
    let not_found = refusal(cancel(&till, &format!("/payout/{batch}/cancel")).await);
    assert_eq!(not_found, (404, "NOT_FOUND".to_owned(), "Payout not found".to_owned()), "a batch is no row");
    assert_eq!(cancel(&till, &format!("/payout/{}/cancel", rows[0])).await, (200, json!("OK")));
    assert_eq!(till.statuses(&batch).await, ["CANCELLED", "WAITING"]);
    let again = refusal(cancel(&till, &format!("/payout/{}/cancel", rows[0])).await);
    assert_eq!(again, (400, "BAD_REQUEST".to_owned(), "Payout cannot be cancelled".to_owned()));
    till.step(320);
    assert_eq!(till.statuses(&batch).await, ["CANCELLED", "FINISHED"]);
    assert_eq!(refusal(cancel(&till, &format!("/payout/{}/cancel", rows[1])).await).0, 400, "it has run");
    let ledger = till.simulator.ledger();
    assert_eq!(ledger.payouts.len(), 3, "the series goes on without the row");
    assert_eq!(ledger.accounts["trx"], before["trx"]);
    let next = &ledger.payouts[2];
    assert_eq!(cancel(&till, &format!("/payout/{}/cancel", next.id)).await.0, 200);
    till.step(9 * DAY);
    assert_eq!(till.simulator.ledger().payouts.len(), 3, "and ends with its last one");
    assert!(till.is_conserved());
}

#[tokio::test]
async fn a_batch_is_cancelled_as_a_whole_even_before_it_is_verified() {
    let till = Till::open().await;
    let answer = create(&till, json!({ "execute_at": SOON, "interval": "DAILY" })).await;
    let batch = answer["id"].as_str().unwrap();
    assert_eq!(cancel(&till, &format!("/payout/{batch}/cancel-batch")).await, (200, json!("OK")));
    assert_eq!(till.statuses(batch).await, ["CANCELLED"; 2]);
    assert_eq!(refusal(cancel(&till, &format!("/payout/{batch}/cancel-batch")).await).0, 400);
    assert_eq!(refusal(cancel(&till, "/payout/77/cancel-batch").await).0, 404);
    let code = till.simulator.code().code;
    assert_eq!(refusal(till.verify(batch, &code).await).0, 400);
    till.step(2 * DAY);
    assert_eq!(statuses(&till), [PayoutStatus::Cancelled; 2]);
    let listed = till.read("/payout?status=cancelled").await;
    assert_eq!(listed["payouts"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_was_not_scheduled_cannot_be_cancelled() {
    let till = Till::open().await;
    let batch = till.create(json!([{ "address": TRON, "currency": "trx", "amount": 100 }])).await;
    let row = till.simulator.ledger().payouts[0].id.clone();
    for path in [format!("/payout/{row}/cancel"), format!("/payout/{batch}/cancel-batch")] {
        assert_eq!(refusal(cancel(&till, &path).await).2, "Payout cannot be cancelled");
    }
}

#[tokio::test]
async fn a_row_that_waits_for_its_time_can_be_forced_only_with_money() {
    let till = Till::open().await;
    let (_, rows) = scheduled(&till, json!({})).await;
    let id = |row: &String| row.parse().unwrap();
    till.simulator.change_payout(id(&rows[0]), PayoutStatus::Waiting).unwrap();
    till.step(60);
    assert_eq!(statuses(&till), [PayoutStatus::Waiting; 2], "it still waits");
    till.simulator.set_balances(&BTreeMap::from([("eth".to_owned(), Amount::ZERO)])).unwrap();
    assert!(till.simulator.change_payout(id(&rows[1]), PayoutStatus::Finished).is_err());
    till.simulator.change_payout(id(&rows[0]), PayoutStatus::Finished).unwrap();
    till.simulator.change_payout(id(&rows[1]), PayoutStatus::Rejected).unwrap();
    till.step(DAY);
    let ledger = till.simulator.ledger();
    assert_eq!((ledger.payouts[0].times_paid, ledger.payouts[1].times_paid), (1, 0));
    assert!(ledger.conserved);
}

#[tokio::test]
async fn wrong_plans_are_refused_with_the_field_and_the_reason() {
    let till = Till::open().await;
    for (extra, message) in [
        (json!({ "interval": "DAILY" }), "execute_at is required"),
        (json!({ "execute_at": SOON }), "interval is required"),
        (json!({ "interval_value": 2 }), "execute_at is required"),
        (
            json!({ "execute_at": "tomorrow", "interval": "DAILY" }),
            "execute_at must be in ISO 8601 date format",
        ),
        (
            json!({ "execute_at": "2026-03-02T09:02:05Z", "interval": "DAILY" }),
            "execute_at must be in the future",
        ),
        (
            json!({ "execute_at": SOON, "interval": "HOURLY" }),
            "interval must be one of [ONETIME, DAILY, WEEKLY, MONTHLY_BY_DAY_OF_MONTH, MONTHLY_BY_DAY_OF_WEEK]",
        ),
        (
            json!({ "execute_at": SOON, "interval": "ONETIME", "interval_value": 1 }),
            "interval_value is not allowed",
        ),
        (
            json!({ "execute_at": SOON, "interval": "ONETIME", "execute_until": SOON }),
            "execute_until is not allowed",
        ),
        (
            json!({ "execute_at": SOON, "interval": "DAILY", "execute_until": "2026-03-02T09:07:04.999Z" }),
            "execute_until must be greater than or equal to execute_at",
        ),
        (
            json!({ "execute_at": SOON, "interval": "DAILY", "interval_value": 0 }),
            "interval_value must be greater than or equal to 1",
        ),
        (
            json!({ "execute_at": SOON, "interval": "DAILY", "interval_value": 1.5 }),
            "interval_value must be a number",
        ),
    ] {
        let (status, code, text) = refusal(till.post_with_login("/payout", plan(extra)).await);
        assert_eq!((status, code.as_str(), text.as_str()), (400, "INVALID_REQUEST_PARAMS", message));
    }
    for (interval, most) in
        [("DAILY", 365), ("WEEKLY", 52), ("MONTHLY_BY_DAY_OF_MONTH", 12), ("MONTHLY_BY_DAY_OF_WEEK", 12)]
    {
        let with = |value: u32| json!({ "execute_at": SOON, "interval": interval, "interval_value": value });
        create(&till, with(most)).await;
        let (_, _, text) = refusal(till.post_with_login("/payout", plan(with(most + 1))).await);
        assert_eq!(text, format!("interval_value must be less than or equal to {most}"));
    }
}
