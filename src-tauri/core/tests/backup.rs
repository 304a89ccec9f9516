//! A shop is backed up, removed and restored, and is what it was.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "common/payouts.rs"]
mod payouts;
#[path = "common/world.rs"]
mod world;

use std::{collections::BTreeMap, fs, path::Path};

use nowpayments_simulator::History;
use paydesk_core::{Core, FailureCode, payouts::batch::BatchState, secrets::Secret};
use payouts::Owner;
use secrecy::ExposeSecret;
use sqlx::{Column, ConnectOptions, Connection, Row, ValueRef, sqlite::SqliteConnectOptions};
use world::{World, wait_for_sync};

const PASSPHRASE: &str = "green coffee in the morning";

/// All that is in a database, table by table.
async fn contents(path: &Path) -> BTreeMap<String, Vec<String>> {
    let mut db = SqliteConnectOptions::new().filename(path).read_only(true).connect().await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    let mut all = BTreeMap::new();
    for table in tables {
        let sql = sqlx::AssertSqlSafe(format!("SELECT * FROM \"{table}\""));
        let mut rows: Vec<String> = sqlx::query(sql)
            .fetch_all(&mut db)
            .await
            .unwrap()
            .iter()
            .map(|row| {
                let value = |at: usize| match row.try_get_raw(at).unwrap().is_null() {
                    true => "NULL".to_owned(),
                    false => row
                        .try_get_unchecked::<String, _>(at)
                        .unwrap_or_else(|_| format!("{:?}", row.get_unchecked::<Vec<u8>, _>(at))),
                };
                let cells = row.columns().iter().map(|column| value(column.ordinal()));
                cells.collect::<Vec<_>>().join("|")
            })
            .collect();
        rows.sort();
        all.insert(table, rows);
    }
    db.close().await.unwrap();
    all
}

async fn secrets(world: &World, shop: &str) -> Vec<Option<String>> {
    let keychain = world.surroundings().keychain;
    let mut found = Vec::new();
    for secret in [Secret::ApiKey, Secret::Password, Secret::SealedTotp, Secret::IpnSecret] {
        found.push(keychain.read(shop, secret).await.unwrap().map(|value| value.expose_secret().to_owned()));
    }
    found
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_shop_that_is_backed_up_removed_and_restored_is_what_it_was() {
    let owner = Owner::new().await;
    owner.enrol().await;
    let batch = owner.sent().await;
    let (world, core) = (&owner.world, &owner.core);
    let shop = core.state().await.unwrap().open.unwrap();
    let target = world.folder.path().join("kestrel.paydesk");
    // The shop is open meanwhile.
    let report = core.back_up(&shop, &target, PASSPHRASE.into()).await.unwrap();
    assert_eq!((report.shop.id.as_str(), report.batches), (shop.as_str(), 1));
    let before = secrets(world, &shop).await;
    assert!(before[0].is_some() && before[1].is_some() && before[2].is_some());
    let bytes = fs::read(&target).unwrap();
    for secret in before.iter().flatten() {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }

    core.remove_shop(&shop).await.unwrap();
    assert_eq!(secrets(world, &shop).await, [None, None, None, None]);
    assert_eq!(core.restore(&target, PASSPHRASE.into()).await.unwrap(), report);
    assert_eq!(secrets(world, &shop).await, before);
    let path = world.folder.path().join("shops").join(format!("{shop}.sqlite"));
    let restored = contents(&path).await;
    core.select_shop(&shop).await.unwrap();
    let again = owner.get(&batch.summary.id).await;
    assert_eq!((again.summary.state, &again.rows_hash), (BatchState::Created, &batch.rows_hash));
    // And approves with what was sealed before.
    let done = owner.approve_with_pin(&again, payouts::PIN).await.unwrap();
    assert_eq!(done.summary.state, BatchState::Verified);

    // The file holds what it held, whatever has happened since.
    core.remove_shop(&shop).await.unwrap();
    core.restore(&target, PASSPHRASE.into()).await.unwrap();
    assert_eq!(contents(&path).await, restored);
    assert!(restored["payout_rows"].len() == 4 && restored["payout_steps"].len() > 2);
}

#[tokio::test]
async fn a_shop_with_a_history_comes_back_row_by_row() {
    let world = World::new(History::Orders(1_500)).await;
    world.simulator.pause();
    let (core, shop) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    core.close().await;
    let path = world.folder.path().join("shops").join(format!("{}.sqlite", shop.id));
    let before = contents(&path).await;
    assert!(before["payments"].len() > 1_000);

    let core = world.open().await;
    let target = world.folder.path().join("a.paydesk");
    let report = core.back_up(&shop.id, &target, PASSPHRASE.into()).await.unwrap();
    assert_eq!(usize::try_from(report.payments).unwrap(), before["payments"].len());
    core.remove_shop(&shop.id).await.unwrap();
    assert!(!path.exists());
    core.restore(&target, PASSPHRASE.into()).await.unwrap();
    assert_eq!(contents(&path).await, before);
    let shops = core.state().await.unwrap().shops;
    assert_eq!(shops, [shop]);
}

#[tokio::test]
async fn what_cannot_be_restored_changes_nothing() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    let (core, shop) = world.open_shop().await;
    let folder = world.folder.path();
    let target = folder.join("a.paydesk");
    let short = core.back_up(&shop.id, &target, "too short".into()).await.unwrap_err();
    assert_eq!((short.field.as_deref(), target.exists()), (Some("passphrase"), false));
    core.back_up(&shop.id, &target, PASSPHRASE.into()).await.unwrap();

    let here = core.restore(&target, PASSPHRASE.into()).await.unwrap_err();
    assert!(here.message.contains("on this computer already"), "{here}");
    core.remove_shop(&shop.id).await.unwrap();

    let good = fs::read(&target).unwrap();
    let try_with = async |core: &Core, bytes: &[u8], passphrase: &str| {
        let file = folder.join("b.paydesk");
        fs::write(&file, bytes).unwrap();
        core.restore(&file, passphrase.into()).await.unwrap_err()
    };
    let wrong = try_with(&core, &good, "another passphrase").await;
    assert_eq!(wrong.field.as_deref(), Some("passphrase"));
    assert_eq!(try_with(&core, b"hello", PASSPHRASE).await.code, FailureCode::File);
    for at in [60, good.len() / 2, good.len() - 1] {
        let mut altered = good.clone();
        altered[at] ^= 1;
        try_with(&core, &altered, PASSPHRASE).await;
        try_with(&core, &good[..at], PASSPHRASE).await;
    }
    try_with(&core, &[&good[..], b"more"].concat(), PASSPHRASE).await;
    assert_eq!(core.state().await.unwrap().shops, []);
    assert_eq!(secrets(&world, &shop.id).await, [None, None, None, None]);
    assert_eq!(names(&folder.join("shops")), [""; 0]);
    // Nothing of all that has spoiled the good one.
    core.restore(&target, PASSPHRASE.into()).await.unwrap();
    assert_eq!(core.select_shop(&shop.id).await.unwrap(), shop);
}

#[tokio::test]
async fn an_older_backup_is_not_lost_when_a_new_one_fails() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    let (core, shop) = world.open_shop().await;
    let nowhere = world.folder.path().join("missing").join("a.paydesk");
    core.back_up(&shop.id, &nowhere, PASSPHRASE.into()).await.unwrap_err();
    let target = world.folder.path().join("a.paydesk");
    core.back_up(&shop.id, &target, PASSPHRASE.into()).await.unwrap();
    let first = fs::read(&target).unwrap();
    core.back_up(&shop.id, &target, PASSPHRASE.into()).await.unwrap();
    assert_ne!(fs::read(&target).unwrap(), first, "the same key would seal twice");
    assert_eq!(names(world.folder.path()).iter().filter(|name| name.contains("backup")).count(), 0);
}
