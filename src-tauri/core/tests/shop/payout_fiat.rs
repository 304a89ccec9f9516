//! Rows that pay what a sum of money buys.

use chrono::{TimeDelta, Utc};
use nowpayments::Amount;
use nowpayments_simulator::Fault;
use paydesk_core::{
    FailureCode,
    payouts::{
        ReportFormat,
        batch::{Batch, BatchRow, BatchState, Control, ControlSum, RowEdit, RowFilter, RowQuery},
        schedule::{Interval, Repetition, Schedule},
    },
};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::common::payouts::{ETH, Owner, TRX};

/// Two sums in one coin, one in another, and an amount of a coin.
const FILE: &str = "address,currency,amount,fiat_amount,fiat_currency,description
TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH,trx,,100,eur,wages
TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH,trx,50,,,
0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,eth,,250.50,USD,
0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,eth,,20,eur,
";

async fn rows(owner: &Owner, batch: &Batch) -> Vec<BatchRow> {
    let query = RowQuery { batch: batch.summary.id.clone(), filter: RowFilter::All, limit: 100, after: None };
    owner.payouts().rows(query).await.unwrap().rows
}

async fn sent(owner: &Owner) -> Batch {
    let batch = owner.import(FILE).await;
    assert_eq!(batch.obstacles, [""; 0]);
    let batch = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
    assert_eq!(batch.summary.state, BatchState::Created, "{:?}", batch.trouble);
    batch
}

/// What a batch pays, as its totals say it in words.
fn totals(batch: &Batch) -> Vec<String> {
    batch.summary.totals.iter().map(|total| total.in_words()).collect()
}

fn exact(text: &str) -> Amount {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_sum_of_money_is_shown_in_both_and_paid_once_at_the_rate_of_nowpayments() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    assert_eq!(totals(&batch), ["20 EUR in ETH and 250.5 USD in ETH", "50 TRX and 100 EUR in TRX"]);
    let [eth, trx] = batch.summary.totals.as_slice() else { panic!("{:#?}", batch.summary.totals) };
    // 270 dollars and more, at the prices of the simulated shop.
    let worth = eth.worth.as_ref().unwrap();
    assert!(*worth > exact("270") && *worth < exact("285"), "{worth}");
    assert!(trx.in_coins().unwrap() > exact("50"), "{trx:?}");
    assert_eq!((eth.fee.is_some(), eth.short.as_ref()), (true, None));
    let about: Vec<_> = rows(&owner, &batch).await.into_iter().map(|row| row.coin_amount).collect();
    assert_eq!(about.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true, true]);

    // The rate has moved when it is sent.
    owner.pass(20 * 60);
    let batch = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
    assert_eq!(batch.summary.state, BatchState::Created, "{:?}", batch.trouble);
    let ledger = owner.world.simulator.ledger().payouts;
    let shown = rows(&owner, &batch).await;
    for (row, theirs) in shown.iter().zip(&ledger) {
        let exact = row.coin_amount.as_ref().map_or_else(|| row.amount.clone(), Amount::to_string);
        assert_eq!((&row.address, exact), (&theirs.address, theirs.amount.to_string()));
    }
    assert_ne!(shown.iter().map(|row| row.coin_amount.clone()).collect::<Vec<_>>(), about);
    let approval = batch.approval.as_ref().unwrap();
    assert_eq!(approval.totals, batch.summary.totals);

    owner.approve(&batch, &owner.code()).await.unwrap();
    let done = owner.finish(&batch.summary.id).await;
    assert_eq!((done.summary.state, done.summary.paid), (BatchState::Finished, 4));
    assert!(owner.world.simulator.ledger().payouts.iter().all(|row| row.times_paid == 1));
    let report = owner.payouts().report_file(&done.summary.id, ReportFormat::Csv).await.unwrap();
    let report = String::from_utf8(report).unwrap();
    let first = report.lines().nth(1).unwrap();
    assert!(first.contains(&format!("{TRX},,trx,{},100,eur", ledger[0].amount)), "{first}");
}

#[tokio::test]
async fn that_nowpayments_takes_more_coins_than_at_the_check_is_read_with_the_approval() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    // The rate was another one at the check.
    let shop = owner.core.shop().unwrap().shop.id.clone();
    let file = owner.world.folder.path().join("shops").join(format!("{shop}.sqlite"));
    let mut db = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    let cheap = "UPDATE payout_rows SET coin_amount = '1' WHERE currency = 'trx' AND fiat_amount IS NOT NULL";
    sqlx::query(cheap).execute(&mut db).await.unwrap();
    let batch = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
    assert_eq!(batch.trouble, None);
    // A wrong code says something else, and this stays.
    owner.approve(&batch, &owner.wrong_code()).await.unwrap_err();
    let warning = owner.payouts().approvals().await.unwrap().remove(0).warning.unwrap();
    assert!(warning.contains("which were about 1 TRX at the check"), "{warning}");

    // Once it takes others again, it is another approval.
    sqlx::query(cheap).execute(&mut db).await.unwrap();
    owner.payouts().look(&batch.summary.id).await.unwrap();
    let failure = owner.approve(&batch, &owner.code()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Stale, "{failure}");
    let batch = owner.get(&batch.summary.id).await;
    owner.approve(&batch, &owner.code()).await.unwrap();
}

#[tokio::test]
async fn a_batch_of_sums_whose_creation_has_an_unknown_end_is_found_by_looking() {
    for fault in [Fault::DropAfter, Fault::BadGateway { handled: true }] {
        let owner = Owner::new().await;
        let batch = owner.import(FILE).await;
        owner.fault("POST", "/payout", fault.clone());
        let batch = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
        let id = batch.summary.id;
        let batch = owner.wait(&id, |batch| batch.summary.state == BatchState::Created).await;
        assert_eq!(owner.batches(), 1, "{fault:?}");
        owner.approve(&batch, &owner.code()).await.unwrap();
        assert_eq!(owner.finish(&id).await.summary.state, BatchState::Finished);
        assert!(owner.world.simulator.ledger().payouts.iter().all(|row| row.times_paid == 1));
    }
}

#[tokio::test]
async fn a_sum_below_the_minimum_of_its_coin_is_refused_with_both() {
    let owner = Owner::new().await;
    let batch = owner.import(&FILE.replace("250.50", "0.01")).await;
    let bad = rows(&owner, &batch).await.into_iter().find(|row| !row.problems.is_empty()).unwrap();
    let problem = &bad.problems[0];
    assert_eq!((problem.column.as_deref(), problem.code.as_str()), (Some("fiat_amount"), "below_minimum"));
    assert!(problem.message.contains("0.01 USD are about 0.0000"), "{}", problem.message);
}

#[tokio::test]
async fn control_totals_are_compared_with_the_sums_of_money_too() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    let id = batch.summary.id;
    let control = |sums: &[(&str, &str)]| Control {
        rows: Some(4),
        sums: sums
            .iter()
            .map(|(currency, amount)| ControlSum {
                currency: (*currency).to_owned(),
                amount: (*amount).to_owned(),
            })
            .collect(),
    };
    let right = control(&[("trx", "50"), ("EUR", "120"), ("usd", "250.50")]);
    assert_eq!(owner.payouts().set_control(&id, &right).await.unwrap().obstacles, [""; 0]);
    for (sums, words) in [
        ([("trx", "50"), ("eur", "120.01"), ("usd", "250.5")].as_slice(), "add up to 120.01 EUR"),
        (&[("trx", "50"), ("eur", "120")], "have no USD, and 250.5 USD"),
        (&[("trx", "50"), ("eur", "120"), ("usd", "250.5"), ("eth", "1")], "they add up to 0 ETH"),
    ] {
        let batch = owner.payouts().set_control(&id, &control(sums)).await.unwrap();
        assert!(batch.obstacles[0].contains(words), "{:?}", batch.obstacles);
    }
    owner.payouts().set_control(&id, &control(&[("jpy", "1")])).await.unwrap_err();
}

#[tokio::test]
async fn a_row_is_corrected_from_an_amount_to_a_sum_and_back() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    let id = batch.summary.id.clone();
    let edit = |amount: &str, sum: &str, currency: &str| RowEdit {
        address: TRX.to_owned(),
        currency: "trx".to_owned(),
        amount: amount.to_owned(),
        fiat_amount: sum.to_owned(),
        fiat_currency: currency.to_owned(),
        ..RowEdit::default()
    };
    let checked = |batch: &Batch| batch.checking.is_none() && batch.summary.state == BatchState::Checked;
    let sum = owner.payouts().edit_row(&id, 2, &edit("", "75.5", "GBP")).await.unwrap();
    assert_ne!(sum.rows_hash, batch.rows_hash);
    let sum = owner.wait(&id, checked).await;
    assert_eq!(totals(&sum)[1], "100 EUR in TRX and 75.5 GBP in TRX");
    let row = rows(&owner, &sum).await.remove(1);
    assert_eq!((row.amount.as_str(), row.fiat_currency.as_deref()), ("", Some("gbp")));
    assert!(sum.steps.iter().any(|step| step.note.contains("fiat_amount “” is “75.5” now")));

    let twice = owner.payouts().edit_row(&id, 2, &edit("50", "75.5", "gbp")).await.unwrap();
    assert_eq!((twice.summary.bad, twice.summary.payable), (1, 3));
    let row = rows(&owner, &twice).await.remove(1);
    assert_eq!((row.problems[0].code.as_str(), row.fiat_amount.as_deref()), ("amount_twice", Some("75.5")));

    owner.payouts().edit_row(&id, 2, &edit("50", "", "")).await.unwrap();
    let back = owner.wait(&id, checked).await;
    assert_eq!(totals(&back), totals(&batch));
    assert_eq!(rows(&owner, &back).await[1].coin_amount, None);
}

#[tokio::test]
async fn a_series_of_sums_is_followed_though_each_run_buys_another_amount() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    let id = batch.summary.id.clone();
    let schedule = Schedule {
        execute_at: Utc::now() + TimeDelta::hours(5),
        repetition: Some(Repetition { interval: Interval::Days, every: 2, until: None }),
    };
    let batch = owner.payouts().set_schedule(&id, Some(&schedule)).await.unwrap();
    let batch = owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap();
    owner.approve(&batch, &owner.code()).await.unwrap();
    owner.pass(6 * 3600);
    assert_eq!(owner.payouts().look(&id).await.unwrap().summary.state, BatchState::Finished);
    let second = owner.payouts().list().await.unwrap().into_iter().find(|batch| batch.id != id).unwrap();
    owner.pass(48 * 3600);
    let second = owner.payouts().look(&second.id).await.unwrap();
    assert_eq!(second.summary.state, BatchState::Finished);
    let bought = async |batch| rows(&owner, batch).await.remove(0).coin_amount.unwrap();
    let first = owner.get(&id).await;
    assert_ne!(bought(&first).await, bought(&second).await);
    assert_eq!(totals(&first), totals(&second));
}

#[tokio::test]
async fn sums_that_were_paid_before_are_warned_of_and_rejected_ones_are_drafted_again_as_sums() {
    let owner = Owner::new().await;
    let batch = sent(&owner).await;
    owner.approve(&batch, &owner.code()).await.unwrap();
    owner.finish(&batch.summary.id).await;
    let same = owner.import(&FILE.replace("100,eur", "100.01,eur")).await;
    let warned: Vec<_> = rows(&owner, &same)
        .await
        .iter()
        .map(|row| row.warnings.iter().any(|warning| warning.code == "paid_before"))
        .collect();
    assert_eq!(warned, [false, true, true, true]);

    let other = owner.payouts().send(&same.summary.id, &same.rows_hash, None).await.unwrap();
    owner.pass(3700);
    let over = owner.payouts().look(&other.summary.id).await.unwrap();
    assert_eq!(over.summary.state, BatchState::Expired);
    let again = owner.payouts().pay_again(&over.summary.id).await.unwrap();
    assert_eq!(totals(&again), ["20 EUR in ETH and 250.5 USD in ETH", "50 TRX and 100.01 EUR in TRX"]);
    assert_eq!(rows(&owner, &again).await[2].address, ETH);
}
