//! A batch of payouts from a file to the last row paid.

use std::io::Cursor;

use calamine::{Data, Reader};
use nowpayments_simulator::{Fault, PayoutStatus, Switches};
use paydesk_core::{
    FailureCode,
    attention::UnclearPlace,
    payouts::{
        ReportFormat,
        batch::{BatchState, RowFilter, RowQuery, RowStatus},
    },
};

use crate::common::{
    payouts::{ETH, FILE, Owner, TRX},
    world::unclear,
};

fn all(batch: &str) -> RowQuery {
    RowQuery { batch: batch.to_owned(), filter: RowFilter::All, limit: 1000, after: None }
}

#[tokio::test]
async fn a_file_is_imported_checked_sent_approved_and_paid_and_the_owner_is_told_once() {
    let mut owner = Owner::new().await;
    let file = format!("{FILE}{TRX},trx,1e3,,\n\n{ETH},usdttrc20,5,,\n{TRX},trx,-4,,=1+1\n");
    let batch = owner.import(&file).await;
    let id = batch.summary.id.clone();
    assert_eq!(
        (batch.file.records, batch.file.accepted, batch.file.rejected, batch.file.blank),
        (9, 4, 3, 1)
    );
    assert_eq!((batch.summary.state, batch.summary.payable, batch.summary.bad), (BatchState::Checked, 4, 3));
    assert_eq!(batch.obstacles.len(), 1, "{:?}", batch.obstacles);
    let bad = owner.payouts().rows(RowQuery { filter: RowFilter::Bad, ..all(&id) }).await.unwrap();
    let lines: Vec<_> = bad.rows.iter().map(|row| (row.line, row.problems[0].code.as_str())).collect();
    assert_eq!(lines, [(6, "amount_format"), (8, "address_network"), (9, "amount_negative")]);
    let failure = owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap_err();
    assert!(failure.message.contains("3 rows cannot be paid"), "{failure}");

    let batch = owner.payouts().remove_bad_rows(&id).await.unwrap();
    assert_eq!((batch.removed, batch.obstacles.len()), (3, 0), "{:?}", batch.obstacles);
    for total in &batch.summary.totals {
        assert!(
            total.fee.is_some() && total.balance.is_some() && total.short.is_none() && total.worth.is_some(),
            "{total:?}"
        );
    }
    assert!(batch.worth.is_some());
    let sent = owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap();
    assert_eq!(sent.summary.state, BatchState::Created);
    let approvals = owner.payouts().approvals().await.unwrap();
    assert_eq!((approvals.len(), approvals[0].attempts_left, approvals[0].recipients), (1, 10, 4));
    assert_eq!(sent.approval.as_ref(), approvals.first());

    let code = owner.code();
    let approved = owner.approve(&sent, &format!(" {} {} ", &code[..3], &code[3..])).await.unwrap();
    assert_eq!(approved.summary.state, BatchState::Verified);
    assert_eq!(owner.payouts().approvals().await.unwrap(), []);
    owner.pass(6);
    let sending = owner.payouts().look(&id).await.unwrap();
    assert_eq!(sending.summary.state, BatchState::Sending);
    let done = owner.finish(&id).await;
    assert_eq!(
        (done.summary.state, done.summary.paid, done.trouble.as_ref()),
        (BatchState::Finished, 4, None)
    );
    owner.assert_paid_once();

    let rows = owner.payouts().rows(all(&id)).await.unwrap().rows;
    assert_eq!(rows.len(), 4);
    for row in &rows {
        assert_eq!(row.status, RowStatus::Paid);
        assert!(row.hash.is_some() && row.provider_id.is_some() && row.fee.is_some(), "{row:?}");
        let page = owner.payouts().explorer_page(&id, row.number).await.unwrap();
        assert!(page.starts_with("https://") && page.ends_with(row.hash.as_deref().unwrap()), "{page}");
    }
    let report = owner.payouts().report_file(&id, ReportFormat::Csv).await.unwrap();
    let report = String::from_utf8(report).unwrap();
    assert_eq!(report.lines().count(), 1 + 7, "{report}");
    assert!(
        report.contains(",paid,")
            && report.contains(",removed,")
            && report.contains("'=1+1")
            && report.contains(",-4,"),
        "{report}"
    );

    let workbook = owner.payouts().report_file(&id, ReportFormat::Xlsx).await.unwrap();
    let mut workbook = calamine::Xlsx::new(Cursor::new(workbook)).unwrap();
    let sheet = workbook.worksheet_range("Payouts").unwrap();
    assert_eq!(sheet.height(), 1 + 7);
    assert_eq!(sheet.get((1, 1)).unwrap(), &Data::String(TRX.to_owned()));
    assert_eq!(sheet.get((1, 4)).unwrap(), &Data::Float(200.0));
    assert!(rows.iter().all(|row| row.paid_at.is_some()));

    let notifications = owner.core.shop().unwrap().notifications.clone();
    let told = notifications.take().await.unwrap().now;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].key, format!("batch:{id}:finished"));
    assert!(told[0].body.contains("All 4 rows") && told[0].body.contains("200 TRX"), "{}", told[0].body);
    owner.payouts().look(&id).await.unwrap();
    owner.restart().await;
    owner.payouts().look(&id).await.unwrap();
    assert_eq!(owner.core.shop().unwrap().notifications.take().await.unwrap().now, []);
}

#[tokio::test]
async fn a_wrong_code_leaves_the_attempts_shown_and_a_right_one_still_approves() {
    let mut owner = Owner::new().await;
    let batch = owner.sent().await;
    let failure = owner.approve(&batch, &owner.wrong_code()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::WrongCode);
    assert!(failure.message.contains("9 more codes"), "{failure}");
    owner.restart().await;
    let batch = owner.get(&batch.summary.id).await;
    assert_eq!(batch.approval.as_ref().unwrap().attempts_left, 9);
    let batch = owner.approve(&batch, &owner.code()).await.unwrap();
    assert_eq!(batch.summary.state, BatchState::Verified);
    owner.finish(&batch.summary.id).await;
    owner.assert_paid_once();
}

#[tokio::test]
async fn ten_wrong_codes_are_the_end_and_nothing_is_paid() {
    let owner = Owner::new().await;
    let batch = owner.sent().await;
    for left in (0..10).rev() {
        owner.approve(&batch, &owner.wrong_code()).await.unwrap_err();
        let now = owner.get(&batch.summary.id).await;
        assert_eq!(now.approval.map_or(0, |approval| approval.attempts_left), left);
    }
    assert_eq!(owner.payouts().approvals().await.unwrap(), []);
    let failure = owner.approve(&batch, &owner.code()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Stale);
    owner.pass(3601);
    let batch = owner.payouts().look(&batch.summary.id).await.unwrap();
    assert_eq!(batch.summary.state, BatchState::Expired);
    assert!(owner.paid().is_empty());
}

#[tokio::test]
async fn a_batch_that_nobody_approves_expires_and_the_owner_is_told() {
    let owner = Owner::new().await;
    let batch = owner.sent().await;
    owner.pass(3599);
    let waiting = owner.payouts().look(&batch.summary.id).await.unwrap();
    assert_eq!(waiting.summary.state, BatchState::Created);
    owner.pass(2);
    let batch = owner.payouts().look(&batch.summary.id).await.unwrap();
    assert_eq!((batch.summary.state, batch.summary.failed), (BatchState::Expired, 4));
    assert_eq!(owner.payouts().approvals().await.unwrap(), []);
    let told = owner.core.shop().unwrap().notifications.take().await.unwrap().now;
    assert_eq!(told.len(), 1);
    assert!(told[0].title.starts_with("Expired") && told[0].body.contains("Nothing was paid"), "{told:?}");
    assert!(owner.paid().is_empty());
}

#[tokio::test]
async fn one_code_approves_one_batch_and_the_next_waits_for_the_next() {
    let owner = Owner::new().await;
    let first = owner.sent().await;
    let second = owner.import(&format!("address,currency,amount\n{TRX},trx,11\n")).await;
    let second = owner.payouts().send(&second.summary.id, &second.rows_hash, None).await.unwrap();
    owner.approve(&first, &owner.code()).await.unwrap();
    let second = owner.get(&second.summary.id).await;
    assert!(second.approval.as_ref().unwrap().not_before.is_some());
    let failure = owner.approve(&second, &owner.code()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::WrongCode);
    assert!(failure.message.contains("good in"), "{failure}");
    assert_eq!(owner.calls("POST", &format!("payout/{}/verify", second.provider_id.as_ref().unwrap())), 0);
    owner.pass(30);
    owner.payouts().look(&second.summary.id).await.unwrap(); // sees the provider's clock
    let second = owner.approve(&second, &owner.code()).await.unwrap();
    assert_eq!(second.summary.state, BatchState::Verified);
}

#[tokio::test]
async fn a_code_that_was_used_at_the_end_of_its_half_minute_costs_no_attempt_in_the_next_one() {
    let owner = Owner::new().await;
    let first = owner.sent().await;
    let second = owner.import(&format!("address,currency,amount\n{TRX},trx,11\n")).await;
    let second = owner.payouts().send(&second.summary.id, &second.rows_hash, None).await.unwrap();
    let code = owner.code();
    owner.approve(&first, &code).await.unwrap();
    owner.pass(30);
    let second = owner.payouts().look(&second.summary.id).await.unwrap(); // sees the provider's clock
    let failure = owner.approve(&second, &code).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::WrongCode);
    assert!(failure.message.contains("phone shows now"), "{failure}");
    let second = owner.get(&second.summary.id).await;
    assert_eq!(second.approval.as_ref().unwrap().attempts_left, 10);
    owner.approve(&second, &owner.code()).await.unwrap();
}

#[tokio::test]
async fn rows_that_changed_since_they_were_shown_are_not_sent() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    let changed = owner.payouts().remove_rows(&batch.summary.id, &[2]).await.unwrap();
    assert_ne!(batch.rows_hash, changed.rows_hash);
    let failure = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Stale);
    assert_eq!(owner.calls("POST", "payout"), 0);
    owner.payouts().send(&batch.summary.id, &changed.rows_hash, None).await.unwrap();
    for change in [
        owner.payouts().remove_rows(&batch.summary.id, &[1]).await.map(drop),
        owner.payouts().discard(&batch.summary.id).await,
        owner.payouts().check(&batch.summary.id).await.map(drop),
    ] {
        assert_eq!(change.unwrap_err().code, FailureCode::Stale);
    }
    let approval = owner.payouts().approvals().await.unwrap().remove(0);
    let failure = owner
        .payouts()
        .approve_with_code(&approval.id, &batch.rows_hash, owner.code().into(), None)
        .await
        .unwrap_err();
    assert_eq!(failure.code, FailureCode::Stale);
}

#[tokio::test]
async fn sending_twice_at_once_creates_one_batch_and_approving_twice_pays_once() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    let (payouts, id, hash) = (owner.payouts(), &batch.summary.id, &batch.rows_hash);
    let (a, b, c) = tokio::join!(
        payouts.send(id, hash, None),
        payouts.send(id, hash, None),
        payouts.send(id, hash, None)
    );
    for batch in [a, b, c] {
        assert_eq!(batch.unwrap().summary.state, BatchState::Created);
    }
    assert_eq!((owner.calls("POST", "payout"), owner.batches()), (1, 1));
    let batch = owner.get(id).await;
    let code = owner.code();
    let (a, b) = tokio::join!(owner.approve(&batch, &code), owner.approve(&batch, &code));
    assert_eq!(
        (a.unwrap().summary.state, b.unwrap().summary.state),
        (BatchState::Verified, BatchState::Verified)
    );
    owner.finish(id).await;
    owner.assert_paid_once();
}

#[tokio::test]
async fn a_second_batch_of_the_same_rows_waits_and_is_warned_of_afterwards() {
    let owner = Owner::new().await;
    let first = owner.sent().await;
    let second = owner.import(FILE).await;
    assert!(second.obstacles.iter().any(|words| words.contains("under way")), "{:?}", second.obstacles);
    assert!(second.warnings[0].contains("Exactly these rows were sent before"), "{:?}", second.warnings);
    owner.approve(&first, &owner.code()).await.unwrap();
    owner.finish(&first.summary.id).await;
    owner.payouts().check(&second.summary.id).await.unwrap();
    let second = owner.wait(&second.summary.id, |batch| batch.summary.state == BatchState::Checked).await;
    assert_eq!(second.obstacles, [""; 0]);
    let warned = owner
        .payouts()
        .rows(RowQuery { filter: RowFilter::Warned, ..all(&second.summary.id) })
        .await
        .unwrap();
    assert_eq!(warned.total, 4);
    assert!(warned.rows.iter().all(|row| row.warnings.iter().any(|warning| warning.code == "paid_before")));
}

#[tokio::test]
async fn a_row_that_failed_may_still_be_paid_and_is_never_sent_again() {
    let owner = Owner::new().await;
    owner
        .world
        .simulator
        .set_switches(Switches { failing_addresses: vec![ETH.to_owned()], ..Switches::default() });
    let batch = owner.sent().await;
    owner.approve(&batch, &owner.code()).await.unwrap();
    let batch = owner.finish(&batch.summary.id).await;
    assert_eq!(batch.summary.state, BatchState::FinishedWithFailures);
    assert_eq!((batch.summary.paid, batch.summary.failed), (3, 1));
    let failed =
        owner.payouts().rows(RowQuery { filter: RowFilter::Failed, ..all(&batch.summary.id) }).await.unwrap();
    assert_eq!(
        (failed.total, failed.rows[0].status, failed.rows[0].error.is_some()),
        (1, RowStatus::Failed, true)
    );
    owner.force("eth", PayoutStatus::Finished);
    let batch = owner.payouts().look(&batch.summary.id).await.unwrap();
    assert_eq!((batch.summary.state, batch.summary.paid, batch.summary.failed), (BatchState::Finished, 4, 0));
    assert_eq!(batch.trouble, None);
    owner.assert_paid_once();
    let keys: Vec<_> = owner
        .core
        .shop()
        .unwrap()
        .notifications
        .list()
        .await
        .unwrap()
        .entries
        .into_iter()
        .map(|entry| entry.notification.key)
        .collect();
    assert_eq!(keys.len(), 2, "{keys:?}");
}

#[tokio::test]
async fn the_check_names_what_the_shop_cannot_pay() {
    let owner = Owner::new().await;
    let file = format!(
        "address,currency,amount\n{TRX},trx,0.5\n{TRX},trx,51999\n{TRX},trx,2000\n{ETH},usdcbase,7\n"
    );
    let batch = owner.import(&file).await;
    let bad =
        owner.payouts().rows(RowQuery { filter: RowFilter::Bad, ..all(&batch.summary.id) }).await.unwrap();
    assert_eq!(
        bad.rows.iter().map(|row| (row.line, row.problems[0].code.as_str())).collect::<Vec<_>>(),
        [(2, "below_minimum")]
    );
    let short: Vec<_> = batch
        .summary
        .totals
        .iter()
        .filter_map(|total| Some((total.currency.as_str(), total.short.clone()?)))
        .collect();
    assert_eq!(short.len(), 2, "{:?}", batch.summary.totals);
    let trx = batch.summary.totals.iter().find(|total| total.currency == "trx").unwrap();
    let fee = trx.fee.clone().unwrap();
    assert_eq!(short[0], ("trx", "1999".parse::<nowpayments::Amount>().unwrap() + fee));
    assert!(
        batch.obstacles.iter().any(|words| words.contains(&short[0].1.to_string())),
        "{:?}",
        batch.obstacles
    );
}

#[tokio::test]
async fn an_address_that_nowpayments_did_not_judge_is_not_good() {
    let owner = Owner::new().await;
    owner.world.simulator.set_fault(nowpayments_simulator::FaultRule {
        method: "POST".to_owned(),
        path: "/payout/validate-address".to_owned(),
        skip: 2,
        times: None,
        fault: Fault::BadGateway { handled: false },
    });
    let batch = owner.import(FILE).await;
    assert_eq!(batch.summary.state, BatchState::Draft);
    assert!(batch.trouble.as_ref().unwrap().contains("did not end"), "{:?}", batch.trouble);
    assert!(batch.obstacles.iter().any(|words| words.contains("Check it again")), "{:?}", batch.obstacles);
    owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap_err();
    owner.world.simulator.clear_faults();
    owner.payouts().check(&batch.summary.id).await.unwrap();
    let batch = owner.wait(&batch.summary.id, |batch| batch.summary.state == BatchState::Checked).await;
    assert_eq!((batch.obstacles.len(), batch.trouble), (0, None));
}

#[tokio::test]
async fn an_address_that_nowpayments_refuses_is_bad_in_every_row_that_has_it() {
    let owner = Owner::new().await;
    // A good one of the days before Shelley, which the simulator does not take.
    let refused = "Ae2tdPwUPEYxqDtqyRpCSjNRTox9SFcrDAKXdBXjV1BbtngtDtUQAhKanhZ";
    let file = format!("address,currency,amount\n{refused},ada,5\n{TRX},trx,20\n{refused},ada,7\n");
    let batch = owner.import(&file).await;
    assert_eq!((batch.summary.state, batch.summary.payable, batch.summary.bad), (BatchState::Checked, 1, 2));
    let bad =
        owner.payouts().rows(RowQuery { filter: RowFilter::Bad, ..all(&batch.summary.id) }).await.unwrap();
    assert!(bad.rows.iter().all(|row| row.problems[0].code == "address_refused"), "{:?}", bad.rows);
    assert_eq!(owner.calls("POST", "payout/validate-address"), 2, "each distinct address once");
    assert_eq!(batch.summary.totals.len(), 1, "bad rows are in no total: {:?}", batch.summary.totals);
    let batch = owner.payouts().remove_bad_rows(&batch.summary.id).await.unwrap();
    assert_eq!(batch.obstacles, [""; 0]);
}

#[tokio::test]
async fn discarding_ends_a_check_and_a_restart_takes_it_up_again() {
    let mut owner = Owner::new().await;
    owner.fault("GET", "/balance", Fault::Slow { ms: 3_600_000 });
    let first = owner.payouts().open_text("a.csv", FILE).await.unwrap().batch().unwrap();
    owner.payouts().discard(&first.summary.id).await.unwrap();
    assert_eq!(owner.payouts().list().await.unwrap(), []);
    assert_eq!(owner.payouts().get(&first.summary.id).await.unwrap_err().code, FailureCode::NotFound);

    owner.world.simulator.clear_faults();
    owner.fault("GET", "/balance", Fault::Slow { ms: 3_600_000 });
    let second = owner.payouts().open_text("b.csv", FILE).await.unwrap().batch().unwrap();
    owner.core.close().await;
    // The check may have been cut off before it met the fault, which must not wait for the next one then.
    owner.world.simulator.clear_faults();
    owner.open_again().await;
    owner.wait(&second.summary.id, |batch| batch.summary.state == BatchState::Checked).await;
}

#[tokio::test]
async fn what_nowpayments_refuses_was_not_sent_and_can_be_sent_later() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    owner
        .world
        .simulator
        .set_switches(Switches { address_whitelist: Some(vec![TRX.to_owned()]), ..Switches::default() });
    let failure = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap_err();
    assert!(failure.message.contains("did not create"), "{failure}");
    let refused = owner.get(&batch.summary.id).await;
    assert_eq!(
        (refused.summary.state, refused.trouble.as_deref()),
        (BatchState::Checked, Some(failure.message.as_str()))
    );
    owner.world.simulator.set_switches(Switches::default());
    let batch = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
    assert_eq!((batch.summary.state, batch.trouble.as_ref()), (BatchState::Created, None));
    assert_eq!(owner.batches(), 1);
}

#[tokio::test]
async fn every_fault_while_a_batch_is_created_ends_in_one_batch_that_is_found() {
    for (fault, created) in [
        (Fault::DropBefore, false),
        (Fault::DropAfter, true),
        (Fault::ServerError { handled: false }, false),
        (Fault::ServerError { handled: true }, true),
        (Fault::BadGateway { handled: false }, false),
        (Fault::BadGateway { handled: true }, true),
        (Fault::TooManyRequests { retry_after: Some(1) }, false),
        (Fault::Truncated, true),
        (Fault::Empty, true),
        (Fault::Duplicated, true),
    ] {
        let owner = Owner::new().await;
        let batch = owner.import(FILE).await;
        let id = &batch.summary.id;
        owner.fault("POST", "/payout", fault.clone());
        let sent = owner.payouts().send(id, &batch.rows_hash, None).await.unwrap();
        assert_eq!(owner.calls("POST", "payout"), 1, "{fault:?}: a call was repeated");
        let batch = if created {
            assert_eq!(sent.summary.state, BatchState::Created, "{fault:?}: {sent:#?}");
            sent
        } else {
            assert_eq!((sent.summary.state, sent.may_release), (BatchState::Unknown, false), "{fault:?}");
            assert_eq!(unclear(&owner.core).await, [(UnclearPlace::Payouts, 1)], "{fault:?}");
            assert_eq!(
                owner.payouts().release(id).await.unwrap_err().code,
                FailureCode::UnknownOutcome,
                "{fault:?}"
            );
            // Looks within the first minute prove nothing, however many.
            for _ in 0..3 {
                assert!(!owner.payouts().look(id).await.unwrap().may_release, "{fault:?}");
            }
            owner.pass(61);
            owner.payouts().look(id).await.unwrap();
            let missing = owner.payouts().look(id).await.unwrap();
            assert!(missing.may_release && missing.looks >= 5, "{fault:?}: {missing:#?}");
            let released = owner.payouts().release(id).await.unwrap();
            assert_eq!(released.summary.state, BatchState::Checked, "{fault:?}");
            owner.payouts().send(id, &released.rows_hash, None).await.unwrap()
        };
        owner.approve(&batch, &owner.code()).await.unwrap();
        let done = owner.finish(id).await;
        assert_eq!(done.summary.state, BatchState::Finished, "{fault:?}");
        owner.assert_paid_once();
        // What a duplicate has left is never approved.
        owner.pass(3601);
        owner.assert_paid_once();
    }
}

#[tokio::test]
async fn every_fault_while_a_batch_is_approved_ends_in_one_payment() {
    for (fault, accepted) in [
        (Fault::DropBefore, false),
        (Fault::DropAfter, true),
        (Fault::ServerError { handled: false }, false),
        (Fault::ServerError { handled: true }, true),
        (Fault::BadGateway { handled: false }, false),
        (Fault::BadGateway { handled: true }, true),
        (Fault::TooManyRequests { retry_after: None }, false),
        (Fault::Truncated, true),
        (Fault::Empty, true),
        (Fault::Duplicated, true),
    ] {
        let owner = Owner::new().await;
        let batch = owner.sent().await;
        owner.fault("POST", "/payout/:id/verify", fault.clone());
        let approved = owner.approve(&batch, &owner.code()).await;
        if accepted {
            let state = approved.unwrap().summary.state;
            assert!(matches!(state, BatchState::Verified | BatchState::Sending), "{fault:?}: {state:?}");
        } else {
            let failure = approved.unwrap_err();
            assert_eq!(failure.code, FailureCode::UnknownOutcome, "{fault:?}: {failure}");
            let waiting = owner.get(&batch.summary.id).await;
            assert_eq!(waiting.approval.as_ref().unwrap().attempts_left, 9, "{fault:?}");
            owner.pass(31);
            owner.payouts().look(&batch.summary.id).await.unwrap();
            owner.approve(&waiting, &owner.code()).await.unwrap();
        }
        let done = owner.finish(&batch.summary.id).await;
        assert_eq!(done.summary.state, BatchState::Finished, "{fault:?}");
        owner.assert_paid_once();
        assert_eq!(owner.batches(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_try_that_turns_up_after_it_was_given_up_is_taken_instead_of_sending_again() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    let id = &batch.summary.id;
    owner.give_up(&batch).await;
    // The lost call arrives after all: the same body, from a network that kept it.
    let body = owner
        .world
        .simulator
        .requests()
        .into_iter()
        .find(|call| call.method == "POST" && call.target.ends_with("payout"))
        .unwrap()
        .body
        .unwrap();
    let lost: serde_json::Value = serde_json::from_str(&body).unwrap();
    let withdrawals =
        lost["withdrawals"].as_array().unwrap().iter().map(|row| nowpayments::payouts::NewPayout {
            extra_id: row["extra_id"].as_str().map(str::to_owned),
            unique_external_id: row["unique_external_id"].as_str().map(str::to_owned),
            ..nowpayments::payouts::NewPayout::new(
                row["address"].as_str().unwrap().to_owned(),
                row["currency"].as_str().unwrap().parse().unwrap(),
                row["amount"].to_string().parse().unwrap(),
            )
        });
    let late =
        nowpayments::payouts::CreatePayout { withdrawals: withdrawals.collect(), ..Default::default() };
    owner.world.client().send(&late).await.unwrap();

    let batch = owner.payouts().send(id, &batch.rows_hash, None).await.unwrap();
    assert_eq!(batch.summary.state, BatchState::Created);
    assert_eq!(owner.batches(), 1, "it was sent again");
    owner.approve(&batch, &owner.code()).await.unwrap();
    owner.finish(id).await;
    owner.assert_paid_once();
}

#[tokio::test]
async fn rows_sent_from_another_computer_since_the_check_stop_the_sending_once() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    let elsewhere =
        nowpayments::payouts::NewPayout::new(TRX.to_owned(), "trx".parse().unwrap(), "200".parse().unwrap());
    let other = nowpayments::payouts::CreatePayout { withdrawals: vec![elsewhere], ..Default::default() };
    owner.pass(2);
    owner.world.client().send(&other).await.unwrap();
    let failure = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Stale);
    assert_eq!(owner.batches(), 1);
    owner.pass(2);
    let batch = owner.wait(&batch.summary.id, |batch| batch.summary.state == BatchState::Checked).await;
    let warned =
        owner.payouts().rows(RowQuery { filter: RowFilter::Warned, ..all(&batch.summary.id) }).await.unwrap();
    assert_eq!(
        warned.rows.iter().map(|row| row.warnings[0].code.as_str()).collect::<Vec<_>>(),
        ["paid_elsewhere"]
    );
}
