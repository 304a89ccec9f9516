use std::path::Path;

use nowpayments_simulator::{History, Options};
use serde_json::{Value, json};

use crate::till::{TRON, Till, options, refusal};

fn kept(path: &Path) -> Options {
    Options { state_file: Some(path.to_owned()), ..options(History::Demo) }
}

#[tokio::test]
async fn a_world_continues_where_it_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("below/world.json");
    let till = Till::with(kept(&path)).await;
    till.step(90);
    let (ledger, credentials) = (till.simulator.ledger(), till.credentials.clone());
    till.simulator.stop().await;

    let till = Till::with(Options { seed: 99, ..kept(&path) }).await;
    assert!(till.credentials == credentials);
    let later = till.simulator.ledger();
    assert!(later.at >= ledger.at);
    assert_eq!(later.payouts, ledger.payouts);
    assert_eq!(later.movements[..ledger.movements.len()], ledger.movements);
    assert!(later.conserved);
}

/// A killed simulator forgets nothing that it answered.
#[tokio::test]
async fn what_was_answered_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.json");
    let copy = folder.path().join("copy.json");
    let till = Till::with(kept(&path)).await;
    let row = json!([{ "address": TRON, "currency": "trx", "amount": 20, "unique_external_id": "u-1" }]);
    let (first, second) = (till.create(row.clone()).await, till.create(row).await);
    let code = till.simulator.code().code;
    till.approve(&first).await;
    std::fs::copy(&path, &copy).unwrap();

    let till = Till::with(kept(&copy)).await;
    assert_eq!(till.statuses(&second).await, ["CREATING"]);
    assert_ne!(till.statuses(&first).await, ["CREATING"]);
    assert_eq!(refusal(till.verify(&second, &code).await).2, "Invalid verification code", "it was used");
    till.step(30);
    till.approve(&second).await;
    till.step(20);
    let ledger = till.simulator.ledger();
    let paid: Vec<_> = ledger
        .payouts
        .iter()
        .filter(|row| row.unique_external_id.is_some())
        .map(|row| row.times_paid)
        .collect();
    assert_eq!(paid, [1, 1]);
}

/// A shop's file may be older than invoices, callbacks and schedules are.
#[tokio::test]
async fn a_world_that_knows_less_is_read_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.json");
    let till = Till::with(kept(&path)).await;
    let batch = till.create(json!([{ "address": TRON, "currency": "trx", "amount": 20 }])).await;
    till.simulator.stop().await;
    let mut world: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for field in ["invoices", "callbacks"] {
        world.as_object_mut().unwrap().remove(field).unwrap();
    }
    for payment in world["payments"].as_array_mut().unwrap() {
        for field in ["invoice", "customer_email", "own_amount", "estimated"] {
            payment.as_object_mut().unwrap().remove(field).unwrap();
        }
    }
    for (list, field) in [("batches", "schedule"), ("rows", "awaits")] {
        for found in world["payouts"][list].as_object_mut().unwrap().values_mut() {
            found.as_object_mut().unwrap().remove(field).unwrap();
        }
    }
    std::fs::write(&path, world.to_string()).unwrap();

    let till = Till::with(kept(&path)).await;
    assert_eq!(till.statuses(&batch).await, ["CREATING"]);
    till.approve(&batch).await;
    till.step(20);
    assert_eq!(till.statuses(&batch).await, ["FINISHED"]);
    assert!(till.is_conserved());
}

#[tokio::test]
async fn a_broken_file_is_set_aside_and_a_new_world_begins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.json");
    std::fs::write(&path, "{\"seed\":1,").unwrap();
    let till = Till::with(kept(&path)).await;
    till.read("/balance").await;
    assert_eq!(std::fs::read_to_string(folder.path().join("world.json.broken")).unwrap(), "{\"seed\":1,");
    assert!(serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()).is_ok());
}
