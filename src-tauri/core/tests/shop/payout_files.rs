//! Files of payouts as the window opens them: asked about, remembered, corrected, compared with control totals.

use nowpayments_simulator::Fault;
use paydesk_core::{
    FailureCode,
    payouts::{
        OpenFile, Opened,
        batch::{BatchState, Control, ControlSum, RowEdit, RowFilter, RowQuery, RowStatus},
        import::{Ask, Choices, Column, Numbers},
    },
};

use crate::common::payouts::{ETH, FILE, Owner, TRX};

const HEADER: &str = "address,currency,amount\n";

impl Owner {
    async fn open(&self, name: &str, text: &str) -> Opened {
        self.payouts().open_text(name, text).await.unwrap()
    }

    async fn rows(&self, batch: &str, filter: RowFilter) -> Vec<paydesk_core::payouts::batch::BatchRow> {
        let query = RowQuery { batch: batch.to_owned(), filter, limit: 1000, after: None };
        self.payouts().rows(query).await.unwrap().rows
    }
}

fn asks(opened: Opened) -> OpenFile {
    match opened {
        Opened::Asks { file } => *file,
        Opened::Batch { batch } => panic!("nothing was asked of {batch:#?}"),
    }
}

fn edit(address: &str, currency: &str, amount: &str) -> RowEdit {
    RowEdit {
        address: address.to_owned(),
        currency: currency.to_owned(),
        amount: amount.to_owned(),
        ..RowEdit::default()
    }
}

#[tokio::test]
async fn numbers_that_mean_two_things_are_asked_about_once_and_read_as_the_owner_says() {
    let owner = Owner::new().await;
    let text = format!("address;currency;amount\n{TRX};trx;1.000\n{TRX};usdttrc20;2.500,75\n{ETH};eth;7\n");
    let file = asks(owner.open("may.csv", &text).await);
    assert_eq!((file.survey.asks.as_slice(), file.survey.open_count), ([Ask::Numbers].as_slice(), 2));
    let first = &file.survey.open[0];
    assert_eq!(
        (first.line, first.text.as_str(), first.with_point.as_deref(), first.with_comma.as_deref()),
        (2, "1.000", Some("1"), Some("1000"))
    );
    assert_eq!(owner.payouts().list().await.unwrap(), [], "nothing is imported before the answer");
    let choices = Choices { numbers: Some(Numbers::Comma), ..file.choices };
    let batch = owner.payouts().answer_file(&file.id, choices.clone()).await.unwrap().batch().unwrap();
    let amounts: Vec<_> = owner.rows(&batch.summary.id, RowFilter::All).await;
    let amounts: Vec<_> = amounts.iter().map(|row| row.amount.as_str()).collect();
    assert_eq!(amounts, ["1000", "2500.75", "7"]);
    let again = owner.payouts().answer_file(&file.id, choices).await.unwrap_err();
    assert_eq!(again.code, FailureCode::Stale, "an answer counts once");
}

#[tokio::test]
async fn columns_that_are_not_known_are_asked_about_and_remembered_for_the_next_file_like_it() {
    let owner = Owner::new().await;
    let file = asks(owner.open("old.csv", &format!("who,how much,what for,in\n{TRX},5,rent,trx\n")).await);
    assert_eq!(file.survey.asks, [Ask::Columns]);
    let proposal = [Some(Column::Address), Some(Column::Amount), None, Some(Column::Currency)];
    assert_eq!(file.survey.columns, proposal);
    let columns =
        vec![Some(Column::Address), Some(Column::Amount), Some(Column::Description), Some(Column::Currency)];
    let choices = Choices { columns: Some(columns), header: Some(true), ..file.choices };
    let batch = owner.payouts().answer_file(&file.id, choices).await.unwrap().batch().unwrap();
    let row = &owner.rows(&batch.summary.id, RowFilter::All).await[0];
    assert_eq!((row.currency.as_str(), row.description.as_deref()), ("trx", Some("rent")));

    let next = owner.open("new.csv", &format!("who,how much,what for,in\n{TRX},6,water,trx\n")).await;
    let row = &owner.rows(&next.batch().unwrap().summary.id, RowFilter::All).await[0];
    assert_eq!((row.amount.as_str(), row.description.as_deref()), ("6", Some("water")));
    let other = owner.open("else.csv", &format!("who,what for,how much,in\n{TRX},water,6,trx\n")).await;
    assert!(matches!(other, Opened::Asks { .. }), "another order of columns is another file");
}

#[tokio::test]
async fn a_coin_that_the_file_does_not_name_is_proposed_the_next_time_and_asked_about_again() {
    let owner = Owner::new().await;
    let text = format!("who,how much\n{TRX},5\n");
    let file = asks(owner.open("old.csv", &text).await);
    let columns = Some(vec![Some(Column::Address), Some(Column::Amount)]);
    let choices = Choices { columns, currency: Some("trx".to_owned()), ..file.choices };
    owner.payouts().answer_file(&file.id, choices.clone()).await.unwrap().batch().unwrap();
    let file = asks(owner.open("new.csv", &text).await);
    assert_eq!((file.survey.asks.as_slice(), file.choices), ([Ask::Columns].as_slice(), choices));
}

#[tokio::test]
async fn a_file_without_a_header_is_read_by_position_when_the_owner_says_so() {
    let owner = Owner::new().await;
    let text = format!("{TRX},0.5\n{TRX},0.25\n");
    let file = asks(owner.open("electrum.csv", &text).await);
    let columns = Some(vec![Some(Column::Address), Some(Column::Amount)]);
    let choices = Choices { columns, header: Some(false), ..file.choices.clone() };
    let missing = owner.payouts().answer_file(&file.id, choices.clone()).await.unwrap();
    assert!(matches!(&missing, Opened::Asks { file } if file.survey.asks == [Ask::Columns]), "{missing:#?}");
    let wrong = Choices { currency: Some("trxx".to_owned()), ..choices.clone() };
    let wrong = asks(owner.payouts().answer_file(&file.id, wrong).await.unwrap());
    assert!(wrong.survey.trouble.as_ref().is_some_and(|words| words.contains("“trxx”")), "{wrong:#?}");
    let choices = Choices { currency: Some("trx".to_owned()), ..choices };
    let batch = owner.payouts().answer_file(&file.id, choices).await.unwrap().batch().unwrap();
    assert_eq!((batch.file.records, batch.file.header, batch.summary.payable), (2, 0, 2));
}

#[tokio::test]
async fn a_file_that_is_closed_is_forgotten() {
    let owner = Owner::new().await;
    let file = asks(owner.open("a.csv", &format!("{HEADER}{TRX},trx,1.000\n")).await);
    assert_eq!(owner.payouts().open_file_again(&file.id).unwrap(), file);
    owner.payouts().close_file(&file.id);
    assert_eq!(owner.payouts().open_file_again(&file.id).unwrap_err().code, FailureCode::Stale);
    assert_eq!(owner.payouts().list().await.unwrap(), []);
}

#[tokio::test]
async fn a_bad_row_is_corrected_in_place_and_the_batch_is_checked_again() {
    let owner = Owner::new().await;
    let batch = owner.import(&format!("{FILE}{TRX},trx,1e3,,\n")).await;
    let id = batch.summary.id.clone();
    let bad = owner.rows(&id, RowFilter::Bad).await.remove(0);
    assert_eq!(bad.raw.as_deref(), Some(&*format!("{TRX},trx,1e3,,")));

    let still = owner.payouts().edit_row(&id, bad.number, &edit(TRX, "trx", "1e4")).await.unwrap();
    assert_eq!(still.summary.bad, 1, "what is not right is kept and named");
    let row = owner.rows(&id, RowFilter::Bad).await.remove(0);
    assert_eq!((row.amount.as_str(), row.problems[0].code.as_str()), ("1e4", "amount_format"));

    owner.payouts().edit_row(&id, bad.number, &edit(TRX, "usdttrc20", " 1000.125 ")).await.unwrap();
    let batch = owner.wait(&id, |batch| batch.summary.state == BatchState::Checked).await;
    assert_eq!((batch.summary.bad, batch.edited, batch.summary.payable), (0, 1, 5), "{batch:#?}");
    let row = owner.rows(&id, RowFilter::Warned).await.remove(0);
    assert_eq!((row.number, row.edited, row.amount.as_str()), (bad.number, true, "1000.125"));
    assert!(row.warnings[0].message.contains("Line 3 "), "{:?}", row.warnings);
    assert_eq!(row.raw, bad.raw, "what stood in the file is kept");
    assert_eq!((batch.file.accepted, batch.file.rejected), (4, 1), "the file is what it was");
    let words = &batch.steps.iter().rev().find(|step| step.note.contains("corrected")).unwrap().note;
    assert!(words.contains("Line 6") && words.contains("1000.125"), "{words}");
}

#[tokio::test]
async fn a_row_that_is_changed_during_the_check_is_checked_as_it_is_now() {
    let owner = Owner::new().await;
    owner.fault("POST", "/payout/validate-address", Fault::Slow { ms: 300 });
    let batch = owner.payouts().open_text("wages.csv", FILE).await.unwrap().batch().unwrap();
    let id = batch.summary.id;
    // Far below the minimum: a check of what stood there before would not see it.
    owner.payouts().edit_row(&id, 1, &edit(TRX, "trx", "0.000001")).await.unwrap();
    let batch =
        owner.wait(&id, |batch| batch.checking.is_none() && batch.summary.state == BatchState::Checked).await;
    assert_eq!(batch.summary.bad, 1, "{batch:#?}");
    assert_eq!(owner.rows(&id, RowFilter::Bad).await[0].problems[0].code, "below_minimum");
}

#[tokio::test]
async fn an_external_id_that_another_row_has_is_refused_when_it_is_typed() {
    let owner = Owner::new().await;
    let file = format!("address,currency,amount,external_id\n{TRX},trx,200,a\n{ETH},eth,0.25,b\n");
    let batch = owner.import(&file).await;
    let twin = RowEdit { external_id: "a".to_owned(), ..edit(ETH, "eth", "0.25") };
    let batch = owner.payouts().edit_row(&batch.summary.id, 2, &twin).await.unwrap();
    assert_eq!(batch.summary.bad, 1);
    let row = owner.rows(&batch.summary.id, RowFilter::Bad).await.remove(0);
    assert_eq!((row.status, row.problems[0].code.as_str()), (RowStatus::Bad, "external_id_duplicate"));
}

#[tokio::test]
async fn a_row_cannot_be_changed_once_the_batch_was_sent() {
    let owner = Owner::new().await;
    let batch = owner.sent().await;
    let failure = owner.payouts().edit_row(&batch.summary.id, 1, &edit(TRX, "trx", "1")).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Stale);
    let failure = owner.payouts().set_control(&batch.summary.id, &Control::default()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Stale);
    assert_eq!(owner.get(&batch.summary.id).await.rows_hash, batch.rows_hash);
}

#[tokio::test]
async fn a_batch_that_differs_from_its_control_totals_cannot_be_sent() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    let id = batch.summary.id.clone();
    let sum = |currency: &str, amount: &str| ControlSum {
        currency: currency.to_owned(),
        amount: amount.to_owned(),
    };
    let right = [sum("trx", "200"), sum("usdttrc20", "12.50"), sum("ETH", "0.25"), sum("xrp", "30")];
    for (control, words) in [
        (Control { rows: Some(5), sums: Vec::new() }, "5 payouts are to be made, and there are 4"),
        (Control { rows: None, sums: vec![sum("trx", "200.000001")] }, "add up to 200 TRX"),
        (Control { rows: Some(4), sums: right[..3].to_vec() }, "have no XRP"),
        (Control { rows: Some(4), sums: [&right[..], &[sum("btc", "1")]].concat() }, "add up to 0 BTC"),
    ] {
        let batch = owner.payouts().set_control(&id, &control).await.unwrap();
        let obstacles = batch.obstacles.join(" ");
        assert!(obstacles.contains(words), "{control:?}: {obstacles}");
        let failure = owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap_err();
        assert!(failure.message.contains(words), "{failure}");
    }
    for (control, field) in [
        (vec![sum("trx", "200"), sum("trxx", "1")], "currency 1"),
        (vec![sum("trx", "2,5")], "amount 0"),
        (vec![sum("trx", "1"), sum("TRX", "1")], "currency 1"),
    ] {
        let control = Control { rows: None, sums: control };
        let failure = owner.payouts().set_control(&id, &control).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::Invalid, Some(field)));
    }
    let control = Control { rows: Some(4), sums: right.to_vec() };
    let batch = owner.payouts().set_control(&id, &control).await.unwrap();
    assert_eq!(batch.obstacles, [""; 0]);
    let sent = owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap();
    assert_eq!(sent.summary.state, BatchState::Created);
}

#[tokio::test]
async fn control_totals_that_were_said_beforehand_belong_to_the_next_file_and_to_no_other() {
    let owner = Owner::new().await;
    let sum = |currency: &str, amount: &str| ControlSum { currency: currency.into(), amount: amount.into() };
    let control = Control { rows: Some(5), sums: vec![sum(" ETH ", "0.250"), sum("trx", "200")] };
    owner.payouts().set_next_control(&control).await.unwrap();
    let kept = Control { rows: Some(5), sums: vec![sum("eth", "0.25"), sum("trx", "200")] };
    assert_eq!(owner.payouts().next_control().await.unwrap().as_ref(), Some(&kept));
    let failure = owner
        .payouts()
        .set_next_control(&Control { rows: None, sums: vec![sum("eur", "1"), sum("trx", "1,5")] })
        .await
        .unwrap_err();
    assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::Invalid, Some("amount 1")));

    let batch = owner.import(FILE).await;
    assert_eq!(batch.control.as_ref(), Some(&kept));
    assert!(batch.steps[1].note.contains("5 payouts, 0.25 ETH and 200 TRX"), "{:?}", batch.steps);
    assert_eq!(batch.obstacles.len(), 3, "{:?}", batch.obstacles);
    assert_eq!(owner.payouts().next_control().await.unwrap(), None);
    assert_eq!(owner.import(FILE).await.control, None);

    owner.payouts().set_next_control(&control).await.unwrap();
    owner.payouts().set_next_control(&Control::default()).await.unwrap();
    assert_eq!(owner.import(FILE).await.control, None);
}

#[tokio::test]
async fn bad_rows_are_saved_with_their_reasons_and_read_again_once_they_are_corrected() {
    let owner = Owner::new().await;
    let batch = owner.import(&format!("{FILE}{TRX},trx,1e3,,\"a, b\"\nx,trx,5,,\n")).await;
    let file = owner.payouts().bad_rows_csv(&batch.summary.id).await.unwrap();
    let lines: Vec<_> = file.lines().collect();
    assert_eq!(lines.len(), 3, "{file}");
    assert!(
        lines[1].starts_with(&format!("{TRX},trx,1e3,,,,\"a, b\",,,6,\"amount: Write the amount out")),
        "{file}"
    );
    let corrected =
        file.replace("1e3", "1000").replace("\r\nx,", &format!("\r\n{ETH},")).replace(",trx,5", ",eth,5");
    let batch = owner.import(&corrected).await;
    assert_eq!((batch.summary.payable, batch.file.rejected), (2, 0), "{batch:#?}");
}

#[tokio::test]
async fn a_corrected_row_of_a_file_with_commas_keeps_the_amount_that_the_file_means() {
    let owner = Owner::new().await;
    let text = format!(
        "address;currency;amount\nbad;trx;1,500\nbad;trx;1.500\nbad;trx;0,500\nbad;trx;0.500\n{TRX};trx;2,5\n"
    );
    let file = asks(owner.open("may.csv", &text).await);
    let choices = Choices { numbers: Some(Numbers::Comma), ..file.choices };
    let batch = owner.payouts().answer_file(&file.id, choices).await.unwrap().batch().unwrap();
    let id = batch.summary.id;
    let amounts = async |filter| -> Vec<String> {
        owner.rows(&id, filter).await.into_iter().map(|row| row.amount).collect()
    };
    assert_eq!(amounts(RowFilter::Bad).await, ["1.5", "1500", "0.5", ""], "the last has no certain meaning");
    // What the window sends when only the address is corrected.
    for row in owner.rows(&id, RowFilter::Bad).await {
        owner.payouts().edit_row(&id, row.number, &edit(TRX, "trx", &row.amount)).await.unwrap();
    }
    assert_eq!(amounts(RowFilter::All).await, ["1.5", "1500", "0.5", "", "2.5"]);
    let bad = owner.rows(&id, RowFilter::Bad).await;
    assert_eq!((bad.len(), bad[0].problems[0].code.as_str()), (1, "amount_missing"));
    assert!(bad[0].raw.as_ref().is_some_and(|raw| raw.ends_with(";0.500")), "what stood there is kept");
}

#[tokio::test]
async fn an_amount_that_is_typed_and_means_two_things_is_refused() {
    let owner = Owner::new().await;
    let batch = owner.import(&format!("{HEADER}{TRX},trx,12.3456\n{TRX},trx,0.5\n{TRX},trx,12.345\n")).await;
    let id = batch.summary.id;
    for (typed, code) in [
        ("1.500", Some("amount_ambiguous")),
        ("1,500", Some("amount_ambiguous")),
        ("1 500", Some("amount_ambiguous")),
        ("1,5", Some("amount_ambiguous")),
        ("1.5", None),
        ("1500", None),
        ("0.125", None),
    ] {
        owner.payouts().edit_row(&id, 1, &edit(TRX, "trx", typed)).await.unwrap();
        let row = owner.rows(&id, RowFilter::All).await.remove(0);
        assert_eq!(row.problems.first().map(|problem| problem.code.as_str()), code, "{typed}");
    }
    // What stands there already is certain.
    owner.payouts().edit_row(&id, 3, &edit(ETH, "eth", "12.345")).await.unwrap();
    let row = owner.rows(&id, RowFilter::All).await.remove(2);
    assert_eq!((row.amount.as_str(), row.problems.as_slice()), ("12.345", [].as_slice()));
}

#[tokio::test]
async fn the_network_of_a_bad_row_is_kept_until_the_row_is_right_and_is_saved_with_it() {
    let owner = Owner::new().await;
    let text = format!("address,currency,network,amount\n{ETH},usdterc20,TRX,5\n{TRX},usdt,TRC-20,1e3\n");
    let batch = owner.import(&text).await;
    let id = batch.summary.id;
    let row = async |index| owner.rows(&id, RowFilter::All).await.remove(index);
    let first = row(0).await;
    assert_eq!(
        (first.network.as_deref(), first.problems[0].code.as_str()),
        (Some("TRX"), "network_mismatch")
    );
    let with = |network: &str, edit: RowEdit| RowEdit { network: network.to_owned(), ..edit };

    // Another field alone: the network is still another one.
    let again = with("TRX", edit(ETH, "usdterc20", "6"));
    owner.payouts().edit_row(&id, 1, &again).await.unwrap();
    assert_eq!(row(0).await.problems[0].code, "network_mismatch");
    let file = owner.payouts().bad_rows_csv(&id).await.unwrap();
    assert!(file.lines().next().unwrap().contains(",network,"), "{file}");
    let saved = owner.import(&file).await;
    let rows = owner.rows(&saved.summary.id, RowFilter::All).await;
    assert_eq!(rows[0].problems[0].code, "network_mismatch", "{file}");

    owner.payouts().edit_row(&id, 1, &with("ERC20", again)).await.unwrap();
    owner.payouts().edit_row(&id, 2, &with("TRC-20", edit(TRX, "usdt", "1000"))).await.unwrap();
    let (first, second) = (row(0).await, row(1).await);
    assert_eq!((first.currency.as_str(), first.network), ("usdterc20", None), "the ticker says it");
    assert_eq!((second.currency.as_str(), second.network), ("usdttrc20", None));
}

#[tokio::test]
async fn a_first_payout_is_never_taken_for_a_header() {
    let owner = Owner::new().await;
    let file = asks(owner.open("a.csv", &format!("{TRX},usdttrc20,5,wallet\n{TRX},trx,7,x\n")).await);
    assert_eq!((file.survey.asks.as_slice(), file.survey.header), ([Ask::Columns].as_slice(), false));
}

#[tokio::test]
async fn a_column_that_may_be_the_memo_or_the_network_is_asked_about() {
    let owner = Owner::new().await;
    let text = format!("address,currency,amount,Exchange memo\n{TRX},trx,0.5,7\n");
    let file = asks(owner.open("a.csv", &text).await);
    assert_eq!(file.survey.asks, [Ask::Columns]);
    assert!(file.survey.trouble.as_ref().is_some_and(|words| words.contains("Exchange memo")));
    let columns = Some(vec![Some(Column::Address), Some(Column::Currency), Some(Column::Amount), None]);
    let choices = Choices { columns, header: Some(true), ..file.choices };
    let batch = owner.payouts().answer_file(&file.id, choices).await.unwrap().batch().unwrap();
    assert_eq!(batch.summary.payable, 1);
}
