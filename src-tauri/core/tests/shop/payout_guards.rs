//! What guards the money of a batch before it is sent: limits, the address book, who is new or made to look like somebody
//! known, the same file twice, and a check that can be stopped.

use chrono::{TimeDelta, Utc};
use nowpayments_simulator::{Fault, FaultRule};
use paydesk_core::{
    FailureCode,
    audit::AuditArea,
    payouts::{
        batch::{BatchRow, BatchState, RowFilter, RowQuery},
        recipients::{Contact, ContactEdit},
        rules::RulesEdit,
        schedule::{Interval, Repetition, Schedule},
    },
};

use crate::common::payouts::{ETH, FILE, Owner, PIN, TRX, XRP};

/// Begins and ends like [`ETH`].
const LOOKS_LIKE_ETH: &str = "0x5aae00000000000000000000000000000000eaed";

fn rules(contacts_only: bool, batch_limit: &str, day_limit: &str) -> RulesEdit {
    let (batch_limit, day_limit) = (batch_limit.to_owned(), day_limit.to_owned());
    let currency = String::new();
    RulesEdit { contacts_only, batch_limit, day_limit, currency, part_size: "1000".to_owned() }
}

fn contact(name: &str, currency: &str, address: &str, extra_id: &str) -> ContactEdit {
    ContactEdit {
        id: None,
        name: name.to_owned(),
        address: address.to_owned(),
        currency: currency.to_owned(),
        extra_id: extra_id.to_owned(),
    }
}

async fn rows(owner: &Owner, batch: &str, filter: RowFilter) -> Vec<BatchRow> {
    let query = RowQuery { batch: batch.to_owned(), filter, limit: 1000, after: None };
    owner.payouts().rows(query).await.unwrap().rows
}

fn codes(rows: &[BatchRow]) -> Vec<(u32, &str)> {
    rows.iter().flat_map(|row| row.problems.iter().map(|problem| (row.line, problem.code.as_str()))).collect()
}

async fn pay(owner: &Owner, file: &str) {
    let batch = owner.import(file).await;
    let batch = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
    owner.approve(&batch, &owner.code()).await.unwrap();
    assert_eq!(owner.finish(&batch.summary.id).await.summary.state, BatchState::Finished);
    owner.pass(31);
}

#[tokio::test]
async fn a_recipient_is_new_until_it_was_paid_or_has_a_name() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    // TRX and USDT go to the same address.
    assert_eq!(batch.new_recipients, 3);
    assert_eq!(rows(&owner, &batch.summary.id, RowFilter::New).await.len(), 4);
    owner.payouts().save_contact(&contact("Ann", "eth", ETH, ""), None).await.unwrap();
    let batch = owner.get(&batch.summary.id).await;
    assert_eq!(batch.new_recipients, 2);
    let all = rows(&owner, &batch.summary.id, RowFilter::All).await;
    let names: Vec<_> = all.iter().map(|row| (row.is_new, row.contact.as_deref())).collect();
    assert_eq!(names, [(true, None), (true, None), (false, Some("Ann")), (true, None)]);
    owner.payouts().discard(&batch.summary.id).await.unwrap();

    pay(&owner, &format!("address,currency,amount\n{TRX},trx,100\n")).await;
    let batch = owner.import(FILE).await;
    assert_eq!(batch.new_recipients, 1);
    let sent = owner.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
    assert_eq!(sent.approval.unwrap().new_recipients, 1);
}

#[tokio::test]
async fn an_address_made_to_look_like_a_known_one_cannot_be_paid_until_it_has_a_name() {
    let owner = Owner::new().await;
    pay(&owner, &format!("address,currency,amount\n{ETH},eth,0.1\n")).await;
    let file = format!("address,currency,amount\n{LOOKS_LIKE_ETH},eth,0.2\n{ETH},eth,0.3\n{TRX},trx,90\n");
    let batch = owner.import(&file).await;
    let id = batch.summary.id.clone();
    let bad = rows(&owner, &id, RowFilter::Bad).await;
    assert_eq!(codes(&bad), [(2, "looks_like_another")]);
    assert!(bad[0].problems[0].message.contains(&ETH.to_ascii_lowercase()), "{:?}", bad[0].problems);
    owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap_err();
    // Whatever way of writing it.
    owner
        .payouts()
        .save_contact(&contact("New Ann", "eth", &LOOKS_LIKE_ETH.replace('a', "A"), ""), None)
        .await
        .unwrap_err();
    owner.payouts().save_contact(&contact("New Ann", "eth", LOOKS_LIKE_ETH, ""), None).await.unwrap();
    let batch = owner.get(&id).await;
    assert_eq!((batch.summary.bad, batch.obstacles.len(), batch.summary.payable), (0, 0, 3));
}

#[tokio::test]
async fn of_two_new_addresses_that_look_alike_both_are_shown_until_one_is_taken_out() {
    let owner = Owner::new().await;
    let file = format!("address,currency,amount\n{ETH},eth,0.2\n{LOOKS_LIKE_ETH},eth,0.3\n");
    let batch = owner.import(&file).await;
    let bad = rows(&owner, &batch.summary.id, RowFilter::Bad).await;
    assert_eq!(codes(&bad), [(2, "looks_like_another"), (3, "looks_like_another")]);
    let batch = owner.payouts().remove_rows(&batch.summary.id, &[2]).await.unwrap();
    assert_eq!((batch.summary.bad, batch.summary.payable, batch.obstacles.len()), (0, 1, 0));
}

#[tokio::test]
async fn with_contacts_only_nobody_else_is_paid_and_the_rule_holds_for_what_was_checked_before_it() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    let id = batch.summary.id.clone();
    assert_eq!(batch.obstacles, [""; 0]);
    owner.payouts().set_rules(&rules(true, "", ""), None).await.unwrap();
    let stopped = owner.get(&id).await;
    assert_eq!(stopped.summary.bad, 4);
    assert_eq!(codes(&rows(&owner, &id, RowFilter::Bad).await)[0], (2, "not_a_contact"));
    owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap_err();

    // A contact is one for its coin and memo.
    for (name, currency, address, extra_id) in [
        ("Ann", "trx", TRX, ""),
        ("Ben", "eth", ETH, ""),
        ("Cleo", "xrp", XRP, "1234567"),
        ("Dan", "xrp", XRP, "7"),
    ] {
        owner.payouts().save_contact(&contact(name, currency, address, extra_id), None).await.unwrap();
    }
    let left = rows(&owner, &id, RowFilter::Bad).await;
    assert_eq!(left.iter().map(|row| row.currency.as_str()).collect::<Vec<_>>(), ["usdttrc20"]);
    let batch = owner.payouts().remove_bad_rows(&id).await.unwrap();
    assert_eq!(batch.obstacles, [""; 0]);

    let cleo = owner.payouts().contacts("cleo").await.unwrap().contacts.remove(0);
    owner.payouts().remove_contact(&cleo.id).await.unwrap();
    assert_eq!(owner.get(&id).await.summary.bad, 1);
    owner.payouts().set_rules(&rules(false, "", ""), None).await.unwrap();
    assert_eq!(owner.get(&id).await.summary.bad, 0);
}

#[tokio::test]
async fn a_contact_is_checked_like_a_row_and_stands_in_the_book_once() {
    let owner = Owner::new().await;
    for (edit, field) in [
        (contact("", "trx", TRX, ""), "name"),
        (contact(&"x".repeat(81), "trx", TRX, ""), "name"),
        (contact("Ann", "trx", &TRX.replace("KY", "KX"), ""), "address"),
        (contact("Ann", "usdttrc20", ETH, ""), "address"),
        (contact("Ann", "nocoin", TRX, ""), "currency"),
        (contact("Ann", "trx", TRX, "5"), "extra_id"),
    ] {
        let failure = owner.payouts().save_contact(&edit, None).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::Invalid, Some(field)), "{edit:?}");
    }
    let ann = owner.payouts().save_contact(&contact(" Ann ", "ETH", ETH, ""), None).await.unwrap();
    assert_eq!((ann.name.as_str(), ann.currency.as_str()), ("Ann", "eth"));
    let twin = contact("Bob", "eth", &ETH.to_ascii_lowercase(), "");
    let failure = owner.payouts().save_contact(&twin, None).await.unwrap_err();
    assert!(failure.message.contains("“Ann”"), "{failure}");
    owner.payouts().save_contact(&contact("Bob", "trx", TRX, ""), None).await.unwrap();
    let changed = ContactEdit { id: Some(ann.id.clone()), ..contact("Anna", "eth", ETH, "") };
    owner.payouts().save_contact(&changed, None).await.unwrap();
    let names = |contacts: Vec<Contact>| contacts.into_iter().map(|contact| contact.name).collect::<Vec<_>>();
    assert_eq!(names(owner.payouts().contacts("").await.unwrap().contacts), ["Anna", "Bob"]);
    assert_eq!(names(owner.payouts().contacts("TKPP").await.unwrap().contacts), ["Bob"]);
    assert_eq!(owner.payouts().contacts("_").await.unwrap().total, 0);
}

#[tokio::test]
async fn limits_hold_a_batch_back_by_itself_and_with_all_of_24_hours() {
    let owner = Owner::new().await;
    let batch = owner.import(FILE).await;
    let id = batch.summary.id.clone();
    let worth = batch.worth.clone().unwrap();
    let below = (worth.clone() - "0.01".parse().unwrap()).to_string();
    let set = async |batch: &str, day: &str| {
        owner.payouts().set_rules(&rules(false, batch, day), None).await.unwrap()
    };

    set(&below, "").await;
    let stopped = owner.get(&id).await;
    assert!(stopped.obstacles[0].contains("your limit per batch"), "{:?}", stopped.obstacles);
    let failure = owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap_err();
    assert!(failure.message.contains("your limit per batch"), "{failure}");
    set(&worth.to_string(), &below).await;
    assert!(
        owner.get(&id).await.obstacles[0].contains("your limit is"),
        "{:?}",
        owner.get(&id).await.obstacles
    );
    set(&worth.to_string(), &worth.to_string()).await;
    owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap();

    let other = owner.import(&format!("address,currency,amount\n{TRX},trx,60\n")).await;
    assert!(other.obstacles[0].contains("in the last 24 hours"), "{:?}", other.obstacles);
    owner.payouts().send(&other.summary.id, &other.rows_hash, None).await.unwrap_err();
    // What was never paid does not count.
    owner.pass(3700);
    let expired = owner.payouts().look(&id).await.unwrap();
    assert_eq!(expired.summary.state, BatchState::Expired);
    owner.payouts().check(&other.summary.id).await.unwrap();
    let other = owner.wait(&other.summary.id, |batch| batch.summary.state == BatchState::Checked).await;
    assert_eq!(other.obstacles, [""; 0]);
}

#[tokio::test]
async fn limits_hold_when_a_batch_is_approved_too() {
    let owner = Owner::new().await;
    let batch = owner.sent().await;
    let below = (batch.worth.clone().unwrap() - "0.01".parse().unwrap()).to_string();
    owner.payouts().set_rules(&rules(false, &below, ""), None).await.unwrap();
    let failure = owner.approve(&batch, &owner.code()).await.unwrap_err();
    assert!(failure.message.contains("cannot be approved"), "{failure}");
    assert_eq!(owner.get(&batch.summary.id).await.approval.unwrap().attempts_left, 10);
    owner.payouts().set_rules(&rules(false, "", ""), None).await.unwrap();
    owner.approve(&batch, &owner.code()).await.unwrap();
}

#[tokio::test]
async fn the_limit_of_a_day_counts_on_the_day_that_is_paid_on_and_further_runs_too() {
    let owner = Owner::new().await;
    let file = |amount: u32| format!("address,currency,amount\n{TRX},trx,{amount}\n");
    let at = |hours: i64, every: Option<u16>| Schedule {
        execute_at: Utc::now() + TimeDelta::hours(hours),
        repetition: every.map(|every| Repetition { interval: Interval::Days, every, until: None }),
    };
    let first = owner.import(&file(1000)).await;
    let worth = first.worth.clone().unwrap();
    // One and a half of it in a day.
    let limit = worth.clone() + worth.to_string().parse().unwrap() - "1".parse().unwrap();
    owner.payouts().set_rules(&rules(false, "", &limit.to_string()), None).await.unwrap();
    let first = owner.payouts().set_schedule(&first.summary.id, Some(&at(48, Some(3)))).await.unwrap();
    owner.payouts().send(&first.summary.id, &first.rows_hash, None).await.unwrap();

    // What is paid now is paid on another day; what is paid near it or near a further run is not.
    let second = owner.import(&file(1001)).await;
    let id = second.summary.id.clone();
    assert_eq!(second.obstacles, [""; 0]);
    for (hours, free) in [(30, false), (70, false), (80, true), (48 + 72 - 20, false), (48 + 72 * 5, false)] {
        let second = owner.payouts().set_schedule(&id, Some(&at(hours, None))).await.unwrap();
        assert_eq!(second.obstacles.is_empty(), free, "in {hours} hours: {:?}", second.obstacles);
        if !free {
            assert!(second.obstacles[0].contains("within the same 24 hours"), "{:?}", second.obstacles);
            owner.payouts().send(&id, &second.rows_hash, None).await.unwrap_err();
        }
    }
    // Its own further runs meet those of the other.
    let second = owner.payouts().set_schedule(&id, Some(&at(80, Some(2)))).await.unwrap();
    assert_eq!(second.obstacles.len(), 1);
}

#[tokio::test]
async fn rules_are_loosened_with_the_pin_only() {
    let owner = Owner::new().await;
    owner.payouts().set_rules(&rules(true, "500", "900"), None).await.unwrap();
    owner.enrol().await;
    assert!(owner.payouts().rules().await.unwrap().needs_pin);
    owner.payouts().set_rules(&rules(true, "400", "900"), None).await.unwrap();
    for pin in [None, Some("wrong pin".into())] {
        for looser in [rules(false, "400", "900"), rules(true, "401", "900"), rules(true, "400", "")] {
            let failure = owner.payouts().set_rules(&looser, pin.clone()).await.unwrap_err();
            assert_eq!(failure.code, FailureCode::WrongPin);
            if pin.is_some() {
                break; // each costs a try
            }
        }
        let failure = owner.payouts().save_contact(&contact("Ann", "trx", TRX, ""), pin).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::WrongPin);
    }
    let now = owner.payouts().rules().await.unwrap();
    assert_eq!((now.contacts_only, now.batch_limit.unwrap().to_string()), (true, "400".to_owned()));
    owner.payouts().save_contact(&contact("Ann", "trx", TRX, ""), Some(PIN.into())).await.unwrap();
    owner.payouts().set_rules(&rules(false, "", ""), Some(PIN.into())).await.unwrap();
    assert!(!owner.payouts().rules().await.unwrap().contacts_only);
}

#[tokio::test]
async fn the_same_file_and_the_same_rows_are_recognised() {
    let owner = Owner::new().await;
    let first = owner.import(FILE).await;
    assert_eq!(first.warnings, [""; 0]);
    let second = owner.import(FILE).await;
    assert!(second.warnings[0].contains("Exactly these rows were imported before"), "{:?}", second.warnings);
    owner.payouts().send(&first.summary.id, &first.rows_hash, None).await.unwrap();
    let second = owner.payouts().remove_rows(&second.summary.id, &[1]).await.unwrap();
    assert!(second.warnings[0].contains("The same file was sent before"), "{:?}", second.warnings);
    let other = owner.import(&format!("{FILE}\n")).await;
    assert!(other.warnings[0].contains("Exactly these rows were sent before"), "{:?}", other.warnings);
}

#[tokio::test]
async fn an_external_id_that_was_paid_is_refused_whatever_it_pays_now() {
    let owner = Owner::new().await;
    pay(
        &owner,
        &format!("address,currency,amount,external_id\n{TRX},trx,100,wage-7\n{TRX},trx,101,wage-8\n"),
    )
    .await;
    let file = format!("address,currency,amount,external_id\n{ETH},eth,0.2,wage-7\n{ETH},eth,0.3,wage-9\n");
    let batch = owner.import(&file).await;
    let bad = rows(&owner, &batch.summary.id, RowFilter::Bad).await;
    assert_eq!(codes(&bad), [(2, "external_id_paid")]);
}

#[tokio::test]
async fn a_check_that_is_stopped_goes_on_where_it_was() {
    let owner = Owner::new().await;
    let validations = || owner.calls("POST", "payout/validate-address");
    // The second address gets no answer before the check is stopped.
    owner.world.simulator.set_fault(FaultRule {
        method: "POST".to_owned(),
        path: "/payout/validate-address".to_owned(),
        skip: 1,
        times: None,
        fault: Fault::TooManyRequests { retry_after: Some(1) },
    });
    let batch = owner.payouts().open_text("wages.csv", FILE).await.unwrap().batch().unwrap();
    let id = batch.summary.id;
    owner.wait(&id, |batch| batch.checking.is_some_and(|progress| progress.done > 0)).await;
    let stopped = owner.payouts().stop_check(&id).await.unwrap();
    assert_eq!((stopped.summary.state, stopped.checking), (BatchState::Draft, None));
    assert!(stopped.trouble.unwrap().contains("You stopped the check"));
    owner.world.simulator.clear_faults();
    owner.payouts().check(&id).await.unwrap();
    let checked = owner.wait(&id, |batch| batch.summary.state == BatchState::Checked).await;
    assert_eq!((checked.obstacles.len(), checked.trouble), (0, None));
    assert!(validations() >= 4);
}

#[tokio::test]
async fn too_many_questions_make_the_check_slower_and_not_wrong() {
    let owner = Owner::new().await;
    owner.world.simulator.set_fault(FaultRule {
        method: "POST".to_owned(),
        path: "/payout/validate-address".to_owned(),
        skip: 1,
        times: Some(6),
        fault: Fault::TooManyRequests { retry_after: None },
    });
    let batch = owner.import(FILE).await;
    assert_eq!((batch.summary.state, batch.trouble), (BatchState::Checked, None));
    assert_eq!(batch.obstacles, [""; 0]);
}

#[tokio::test]
async fn everything_that_was_done_stands_in_the_audit_log_and_the_chain_holds() {
    let owner = Owner::new().await;
    owner.payouts().set_rules(&rules(false, "5000000", ""), None).await.unwrap();
    owner.payouts().save_contact(&contact("Ann", "trx", TRX, ""), None).await.unwrap();
    owner.enrol().await;
    owner.pass(31);
    let batch = owner.sent().await;
    owner.approve_with_pin(&batch, "wrong pin").await.unwrap_err();
    owner.approve_with_pin(&batch, PIN).await.unwrap();
    owner.finish(&batch.summary.id).await;
    let other = owner.import(FILE).await;
    owner.payouts().discard(&other.summary.id).await.unwrap();

    let audit = owner.core.shop().unwrap().audit.clone();
    let page = audit.list(None, 500).await.unwrap();
    let said = |area: AuditArea, words: &str| {
        assert!(
            page.entries.iter().any(|entry| entry.area == area && entry.words.contains(words)),
            "{words}: {:#?}",
            page.entries
        );
    };
    said(AuditArea::Rules, "Limit per batch: 5000000 USD");
    said(AuditArea::Contacts, "Added: TRX");
    said(AuditArea::Codes, "sealed with a PIN");
    said(AuditArea::Codes, "A wrong PIN was given; 9 may still be");
    for words in [
        "4 rows are fixed for sending",
        "It is being created at NOWPayments",
        "Created at NOWPayments",
        "A code made on this device is given",
        "Approved; NOWPayments pays",
        "Every row was paid",
        "It was discarded",
    ] {
        said(AuditArea::Payouts, words);
    }
    let locked = page.entries.iter().find(|entry| entry.words.contains("fixed for sending")).unwrap();
    assert!(locked.reference.contains(&batch.summary.id) && locked.reference.contains(&batch.rows_hash));
    let verdict = audit.verify().await.unwrap();
    assert_eq!((verdict.entries, verdict.broken_at), (page.total, None));
}

#[tokio::test]
async fn limits_keep_their_currency_whatever_the_shop_counts_in() {
    let owner = Owner::new().await;
    let shop = owner.core.shop().unwrap().shop.id.clone();
    owner.payouts().set_rules(&rules(false, "50", ""), None).await.unwrap();
    let changed = owner.core.set_shop_currency(&shop, "EUR").await.unwrap();
    assert_eq!(changed.currency, "eur");
    let kept = owner.payouts().rules().await.unwrap();
    assert_eq!((kept.currency.as_str(), kept.batch_limit.unwrap().to_string()), ("usd", "50".to_owned()));

    // What is compared with them is told in their currency.
    let batch = owner.import(FILE).await;
    assert_eq!(batch.worth_currency.as_deref(), Some("usd"));
    assert!(
        batch.obstacles.iter().any(|words| words.contains("your limit per batch is 50 USD")),
        "{batch:?}"
    );
    owner.payouts().discard(&batch.summary.id).await.unwrap();

    // Without limits there is nothing that keeps it.
    owner.payouts().set_rules(&rules(false, "", ""), None).await.unwrap();
    assert_eq!(owner.payouts().rules().await.unwrap().currency, "eur");
    let batch = owner.import(FILE).await;
    assert_eq!((batch.worth_currency.as_deref(), batch.obstacles.len()), (Some("eur"), 0), "{batch:?}");

    // A limit in another currency than the worth that is known cannot be kept until it is asked for.
    let in_pounds = RulesEdit { currency: "gbp".to_owned(), ..rules(false, "1000000", "2000000") };
    owner.payouts().set_rules(&in_pounds, None).await.unwrap();
    let before = owner.get(&batch.summary.id).await;
    assert_eq!(before.worth_currency.as_deref(), Some("eur"), "nothing is relabelled");
    assert!(before.obstacles.iter().any(|words| words.contains("is not known")), "{before:?}");
    owner.payouts().check(&batch.summary.id).await.unwrap();
    let checked = owner.wait(&batch.summary.id, |batch| batch.checking.is_none()).await;
    assert_eq!((checked.worth_currency.as_deref(), checked.obstacles.len()), (Some("gbp"), 0), "{checked:?}");

    let failure =
        owner.payouts().set_rules(&RulesEdit { currency: "doge".to_owned(), ..in_pounds }, None).await;
    assert_eq!(failure.unwrap_err().field.as_deref(), Some("currency"));
}
