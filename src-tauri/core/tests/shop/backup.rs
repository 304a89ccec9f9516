//! A shop is backed up, removed and restored, and is what it was.

use std::{collections::BTreeMap, fs, path::Path};

use nowpayments_simulator::History;
use paydesk_core::{
    Core, FailureCode, GuardingPin, audit::AuditEnd, data::DataJobKind, data::Work, exports::ExportState,
    payouts::batch::BatchState, secrets::Secret,
};
use secrecy::ExposeSecret;
use sqlx::{Column, ConnectOptions, Connection, Row, ValueRef, sqlite::SqliteConnectOptions};
use tokio_util::sync::CancellationToken;

use crate::common::{
    payouts::{Owner, PIN},
    world::{World, wait_for, wait_for_sync},
};

const PASSPHRASE: &str = "green coffee in the morning";

/// Work that nobody watches.
fn idle() -> Work {
    Work::new(CancellationToken::new(), |_, _| {})
}

/// Work that is stopped as soon as so many hundredths of it are done.
fn stopped_after(hundredths: u64) -> Work {
    let stop = CancellationToken::new();
    let stopper = stop.clone();
    Work::new(stop, move |done, total| {
        if done * 100 >= total * hundredths {
            stopper.cancel();
        }
    })
}

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
    let report = core.back_up(&shop, &target, PASSPHRASE.into(), None, &idle()).await.unwrap();
    assert_eq!((report.shop.id.as_str(), report.batches), (shop.as_str(), 1));
    let before = secrets(world, &shop).await;
    assert!(before[0].is_some() && before[1].is_some() && before[2].is_some());
    let bytes = fs::read(&target).unwrap();
    for secret in before.iter().flatten() {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }

    core.remove_shop(&shop, None, 9).await.unwrap();
    assert_eq!(secrets(world, &shop).await, [None, None, None, None]);
    assert_eq!(core.restore(&target, PASSPHRASE.into(), &idle()).await.unwrap(), report);
    assert_eq!(secrets(world, &shop).await, before);
    let path = world.folder.path().join("shops").join(format!("{shop}.sqlite"));
    let restored = contents(&path).await;
    core.select_shop(&shop).await.unwrap();
    let again = owner.get(&batch.summary.id).await;
    assert_eq!((again.summary.state, &again.rows_hash), (BatchState::Created, &batch.rows_hash));
    // And approves with what was sealed before.
    let done = owner.approve_with_pin(&again, PIN).await.unwrap();
    assert_eq!(done.summary.state, BatchState::Verified);

    // The file holds what it held, whatever has happened since.
    core.remove_shop(&shop, None, 9).await.unwrap();
    core.restore(&target, PASSPHRASE.into(), &idle()).await.unwrap();
    assert_eq!(contents(&path).await, restored);
    assert!(restored["payout_rows"].len() == 4 && restored["payout_steps"].len() > 2);
}

#[tokio::test]
async fn a_backup_takes_the_pin_that_guards_the_shop_and_stands_in_its_log() {
    let owner = Owner::new().await;
    let core = &owner.core;
    let shop = core.shop().unwrap().shop.id.clone();
    let target = owner.world.folder.path().join("kestrel.paydesk");
    let refused = async |pin: Option<&str>| {
        let pin = || pin.map(Into::into);
        let failure = core.back_up(&shop, &target, PASSPHRASE.into(), pin(), &idle()).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::WrongPin, Some("pin")));
        core.backup_name(&shop, &PASSPHRASE.into(), pin()).await.unwrap_err();
        core.begin_backup(&shop, &target, PASSPHRASE.into(), pin()).await.unwrap_err();
        assert!(!target.exists());
    };
    core.set_lock("7351 door".into(), None, 10).await.unwrap();
    assert_eq!(core.guarding_pin(&shop).await.unwrap(), Some(GuardingPin::Lock));
    refused(None).await;
    let lock = || Some("7351 door".into());
    owner.payouts().require_two_persons("prepares 1".into(), "approves 2".into(), lock()).await.unwrap();
    assert_eq!(core.guarding_pin(&shop).await.unwrap(), Some(GuardingPin::Approver));
    refused(None).await;
    refused(Some("7351")).await;
    let wait = owner.payouts().require_one_person("prepares 1".into(), "7351".into()).await.unwrap_err();
    assert!(wait.message.contains("Too many wrong PINs"), "each try of a backup counts: {wait}");

    owner.payouts().rules().await.unwrap();
    let log = core.shop().unwrap().audit.list(None, 1).await.unwrap();
    assert!(!log.entries[0].words.contains("backup"), "{log:?}");
    core.close().await;
    let core = Core::open_with(
        crate::common::world::ahead_by(|| 3600, owner.world.surroundings()),
        owner.world.bases(),
    )
    .await
    .unwrap();
    core.unlock("7351 door".into()).await.unwrap();
    // It need not be open.
    core.back_up(&shop, &target, PASSPHRASE.into(), Some("approves 2".into()), &idle()).await.unwrap();
    core.select_shop(&shop).await.unwrap();
    let audit = core.shop().unwrap().audit.clone();
    assert!(audit.list(None, 1).await.unwrap().entries[0].words.starts_with("A backup was begun"));
    assert_eq!(audit.verify().await.unwrap().end, AuditEnd::AsWritten);

    // What was restored has the log that it had.
    core.remove_shop(&shop, Some("approves 2".into()), 0).await.unwrap();
    core.restore(&target, PASSPHRASE.into(), &idle()).await.unwrap();
    core.select_shop(&shop).await.unwrap();
    let verdict = core.shop().unwrap().audit.verify().await.unwrap();
    assert_eq!((verdict.end, verdict.broken_at), (AuditEnd::AsWritten, None));
    core.close().await;
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
    let without_log = |mut all: BTreeMap<String, Vec<String>>| {
        all.remove("audit_log").unwrap();
        all
    };
    let report = core.back_up(&shop.id, &target, PASSPHRASE.into(), None, &idle()).await.unwrap();
    assert_eq!(usize::try_from(report.payments).unwrap(), before["payments"].len());
    core.remove_shop(&shop.id, None, 9).await.unwrap();
    assert!(!path.exists());
    core.restore(&target, PASSPHRASE.into(), &idle()).await.unwrap();
    // The backup itself stands in the log.
    assert_eq!(without_log(contents(&path).await), without_log(before));
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
    let short = core.back_up(&shop.id, &target, "too short".into(), None, &idle()).await.unwrap_err();
    assert_eq!((short.field.as_deref(), target.exists()), (Some("passphrase"), false));
    core.back_up(&shop.id, &target, PASSPHRASE.into(), None, &idle()).await.unwrap();

    let here = core.restore(&target, PASSPHRASE.into(), &idle()).await.unwrap_err();
    assert!(here.message.contains("on this computer already"), "{here}");
    core.remove_shop(&shop.id, None, 9).await.unwrap();

    let good = fs::read(&target).unwrap();
    let try_with = async |core: &Core, bytes: &[u8], passphrase: &str| {
        let file = folder.join("b.paydesk");
        fs::write(&file, bytes).unwrap();
        core.restore(&file, passphrase.into(), &idle()).await.unwrap_err()
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
    core.restore(&target, PASSPHRASE.into(), &idle()).await.unwrap();
    assert_eq!(core.select_shop(&shop.id).await.unwrap(), shop);
}

#[tokio::test]
async fn an_older_backup_is_not_lost_when_a_new_one_fails() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    let (core, shop) = world.open_shop().await;
    let nowhere = world.folder.path().join("missing").join("a.paydesk");
    core.back_up(&shop.id, &nowhere, PASSPHRASE.into(), None, &idle()).await.unwrap_err();
    let target = world.folder.path().join("a.paydesk");
    core.back_up(&shop.id, &target, PASSPHRASE.into(), None, &idle()).await.unwrap();
    let first = fs::read(&target).unwrap();
    core.back_up(&shop.id, &target, PASSPHRASE.into(), None, &idle()).await.unwrap();
    assert_ne!(fs::read(&target).unwrap(), first, "the same key would seal twice");
    assert_eq!(names(world.folder.path()).iter().filter(|name| name.contains("backup")).count(), 0);
}

#[tokio::test]
async fn a_backup_that_is_stopped_anywhere_leaves_the_earlier_one_and_nothing_else() {
    let world = World::new(History::Orders(300)).await;
    world.simulator.pause();
    let (core, shop) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    let target = world.folder.path().join("a.paydesk");
    core.back_up(&shop.id, &target, PASSPHRASE.into(), None, &idle()).await.unwrap();
    let (good, around) = (fs::read(&target).unwrap(), names(world.folder.path()));
    let in_shops = names(&world.folder.path().join("shops"));
    for hundredths in [0, 50, 75, 100] {
        let stopped =
            core.back_up(&shop.id, &target, PASSPHRASE.into(), None, &stopped_after(hundredths)).await;
        assert!(stopped.is_err(), "{hundredths}: {stopped:?}");
        assert_eq!(fs::read(&target).unwrap(), good, "{hundredths}");
        assert_eq!(names(world.folder.path()), around, "{hundredths}");
        assert_eq!(names(&world.folder.path().join("shops")), in_shops, "{hundredths}");
    }
    core.close().await;
}

#[tokio::test]
async fn a_restore_that_is_stopped_changes_nothing_and_can_be_made_again() {
    let world = World::new(History::Orders(300)).await;
    world.simulator.pause();
    let (core, shop) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    let target = world.folder.path().join("a.paydesk");
    core.back_up(&shop.id, &target, PASSPHRASE.into(), None, &idle()).await.unwrap();
    core.remove_shop(&shop.id, None, 9).await.unwrap();
    for hundredths in [0, 50, 100] {
        let stopped = core.restore(&target, PASSPHRASE.into(), &stopped_after(hundredths)).await;
        assert!(stopped.is_err(), "{hundredths}: {stopped:?}");
        assert_eq!(core.state().await.unwrap().shops, []);
        assert_eq!(names(&world.folder.path().join("shops")), [""; 0]);
        assert_eq!(secrets(&world, &shop.id).await, [None, None, None, None]);
    }
    core.restore(&target, PASSPHRASE.into(), &idle()).await.unwrap();
    assert_eq!(core.state().await.unwrap().shops, [shop]);
}

#[tokio::test]
async fn a_backup_of_a_newer_paydesk_is_named_as_one() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    let (core, shop) = world.open_shop().await;
    let path = world.folder.path().join("shops").join(format!("{}.sqlite", shop.id));
    let mut db = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'x', 1, x'00', 0)")
        .execute(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
    let target = world.folder.path().join("a.paydesk");
    core.back_up(&shop.id, &target, PASSPHRASE.into(), None, &idle()).await.unwrap();
    core.remove_shop(&shop.id, None, 9).await.unwrap();
    let newer = core.restore(&target, PASSPHRASE.into(), &idle()).await.unwrap_err();
    assert!(newer.message.contains("newer Paydesk"), "{newer}");
    assert_eq!(names(&world.folder.path().join("shops")), [""; 0]);
}

#[tokio::test]
async fn a_wrong_passphrase_is_tried_again_with_the_same_file_and_the_job_tells_how_it_went() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    let (core, shop) = world.open_shop().await;
    let target = world.folder.path().join("a.paydesk");
    let ended = async |state: ExportState| {
        let ended = wait_for(
            &core,
            || async { core.data_job() },
            |job| job.as_ref().is_some_and(|job| job.state != ExportState::Running),
        )
        .await
        .unwrap();
        assert_eq!(ended.state, state, "{ended:?}");
        ended
    };
    let refused = core.begin_backup(&shop.id, &target, "short".into(), None).await.unwrap_err();
    assert_eq!((refused.field.as_deref(), core.data_job().unwrap()), (Some("passphrase"), None));
    core.begin_backup(&shop.id, &target, PASSPHRASE.into(), None).await.unwrap();
    let second = core.begin_backup(&shop.id, &target, PASSPHRASE.into(), None).await.unwrap_err();
    assert!(second.message.contains("running already"), "{second}");
    let job = ended(ExportState::Done).await;
    assert_eq!(
        (job.kind, job.done, job.report.unwrap().shop),
        (DataJobKind::Backup, job.total, shop.clone())
    );

    core.begin_restore_again(PASSPHRASE.into()).unwrap_err();
    core.remove_shop(&shop.id, None, 9).await.unwrap();
    core.begin_restore(&target, "another passphrase".into()).unwrap();
    let job = ended(ExportState::Failed).await;
    assert_eq!(job.failure.unwrap().field.as_deref(), Some("passphrase"));
    core.begin_restore_again(PASSPHRASE.into()).unwrap();
    ended(ExportState::Done).await;
    assert_eq!(core.state().await.unwrap().shops, [shop]);
    core.close().await;
}

#[tokio::test]
async fn what_a_killed_backup_has_left_is_gone_after_the_next_start() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    let (core, shop) = world.open_shop().await;
    core.close().await;
    let shops = world.folder.path().join("shops");
    let before = names(&shops);
    for left in ["backupA1b2C3", "restoreD4e5F6"] {
        fs::create_dir(shops.join(left)).unwrap();
        fs::write(shops.join(left).join("shop.sqlite"), "half of one").unwrap();
    }
    let core = world.open().await;
    assert_eq!(names(&shops), before);
    assert_eq!(core.state().await.unwrap().shops, [shop]);
    core.close().await;
}
