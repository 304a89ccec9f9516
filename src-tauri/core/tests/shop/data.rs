//! All of a shop as tables, what helps to find a fault, and the end of all data.

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Read},
    path::Path,
};

use nowpayments_simulator::History;
use paydesk_core::{
    Core, FailureCode,
    data::{DataJob, Host},
    exports::ExportState,
    secrets::Secret,
};
use secrecy::ExposeSecret;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use crate::common::{
    payouts::{ETH, Owner, TRX, XRP},
    world::{World, wait_for, wait_for_sync},
};

/// The files of a ZIP file.
fn files(zip: &[u8]) -> BTreeMap<String, String> {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    (0..zip.len())
        .map(|at| {
            let mut file = zip.by_index(at).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().to_owned(), text)
        })
        .collect()
}

fn records(csv: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(csv.as_bytes()).deserialize().map(Result::unwrap).collect()
}

async fn ended(core: &Core) -> DataJob {
    let has_ended = |job: &Option<DataJob>| job.as_ref().is_some_and(|job| job.state != ExportState::Running);
    wait_for(core, || async { core.data_job() }, has_ended).await.unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Changes the database of a shop behind its back.
async fn change(world: &World, shop: &str, sql: &'static str) {
    let path = world.folder.path().join("shops").join(format!("{shop}.sqlite"));
    let mut db = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

#[tokio::test]
async fn everything_of_a_shop_is_in_one_file_exactly_and_without_formulas_or_secrets() {
    let owner = Owner::new().await;
    owner.enrol().await;
    let batch = owner.sent().await;
    let (world, core) = (&owner.world, &owner.core);
    let shop = core.state().await.unwrap().open.unwrap();
    change(
        world,
        &shop,
        "INSERT INTO payments (id, status, order_id, price_amount, price_currency, pay_amount, pay_currency, created_at, \
         updated_at, answer) VALUES ('77', 'finished', '=HYPERLINK(1)', '12.50', 'eur', '0.000041013900000000004', 'btc', \
         '2026-11-20T10:00:00.000Z', '2026-11-20T10:00:00.000Z', '{}'); \
         INSERT INTO balance_changes (coin, at, amount, pending) VALUES ('btc', '2026-11-20T10:00:00.000Z', '-0.50', '0');",
    )
    .await;
    let target = world.folder.path().join("all.zip");
    core.begin_everything(&target).unwrap();
    let job = ended(core).await;
    assert_eq!((job.state, job.done), (ExportState::Done, job.total), "{job:?}");
    let zip = fs::read(&target).unwrap();
    let files = files(&zip);

    let payments = records(&files["payments.csv"]);
    assert_eq!(payments.len(), 1);
    assert_eq!(payments[0]["order_id"], "'=HYPERLINK(1)");
    assert_eq!(payments[0]["price_amount"], "12.50");
    assert_eq!(payments[0]["pay_amount"], "0.000041013900000000004");
    assert!(records(&files["balance_changes.csv"]).iter().any(|change| change["amount"] == "-0.50"));
    let rows = records(&files["payout_rows.csv"]);
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row["batch"] == batch.summary.id));
    assert!(rows.iter().any(|row| row["description"] == "coffee, green" && row["extra_id"] == "1234567"));
    let log = records(&files["audit_log.csv"]);
    assert_eq!(log.last().unwrap()["hash"], core.shop().unwrap().audit.verify().await.unwrap().last_hash);
    for name in files.keys().filter(|name| *name != "README.txt") {
        assert!(files["README.txt"].contains(&format!("\n{name}: ")), "{name}");
        let head = files[name].lines().next().unwrap();
        head.split(',').for_each(|column| assert!(files["README.txt"].contains(&format!("\n  {column}: "))));
    }

    let keychain = world.surroundings().keychain;
    for secret in [Secret::ApiKey, Secret::Password, Secret::SealedTotp] {
        let value = keychain.read(&shop, secret).await.unwrap().unwrap();
        for (name, text) in &files {
            assert!(!text.contains(value.expose_secret()), "{secret:?} in {name}");
        }
    }
    core.close().await;
}

#[tokio::test]
async fn an_export_of_everything_that_fails_or_is_cancelled_leaves_what_was_there() {
    let world = World::new(History::Orders(2_000)).await;
    world.simulator.pause();
    let (core, _) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    let target = world.folder.path().join("all.zip");
    fs::write(&target, "what was there").unwrap();
    let around = names(world.folder.path());
    core.begin_everything(&target).unwrap();
    core.cancel_data_job().unwrap();
    assert_eq!(ended(&core).await.state, ExportState::Cancelled);
    assert_eq!(fs::read(&target).unwrap(), b"what was there");
    assert_eq!(names(world.folder.path()), around);

    core.begin_everything(&world.folder.path().join("missing").join("all.zip")).unwrap();
    let job = ended(&core).await;
    assert!(job.failure.unwrap().message.contains("not there any more"));
    core.close().await;
}

#[tokio::test]
async fn what_it_takes_on_the_disk_is_what_the_files_have() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    let (core, shop) = world.open_shop().await;
    core.remove_shop(&shop.id, None, 9).await.unwrap();
    fs::create_dir_all(world.folder.path().join("logs")).unwrap();
    fs::write(world.folder.path().join("logs").join("paydesk.log"), [b'x'; 1234]).unwrap();
    let size = core.data_size().await.unwrap();
    assert_eq!((size.database, size.database_log, size.logs), (0, 0, 1234));
    let shop = core.add_shop(world.new_shop()).await.unwrap();
    let path = world.folder.path().join("shops").join(format!("{}.sqlite", shop.id));
    let size = core.data_size().await.unwrap();
    assert!(size.database > 0 && size.folder > size.database + 1234, "{size:?}");
    core.close().await;
    assert!(size.folder < 100 * fs::metadata(path).unwrap().len());
}

#[tokio::test]
async fn what_helps_to_find_a_fault_tells_how_much_there_is_and_nothing_of_what_it_is() {
    let owner = Owner::new().await;
    owner.enrol().await;
    owner.sent().await;
    let (world, core) = (&owner.world, &owner.core);
    let shop = core.state().await.unwrap().shops.remove(0);
    let credentials = world.simulator.credentials();
    let keychain = world.surroundings().keychain;
    let sealed = keychain.read(&shop.id, Secret::SealedTotp).await.unwrap().unwrap();
    let needles = [
        credentials.api_key,
        credentials.password,
        credentials.totp_secret,
        credentials.ipn_secret,
        credentials.email,
        sealed.expose_secret().to_owned(),
        world.simulator.tokens().remove(0),
        owner.code(),
        shop.name.clone(),
        TRX.to_owned(),
        ETH.to_owned(),
        XRP.to_owned(),
        "1234567".to_owned(),
        "12.5".to_owned(),
        "kestrel@coffee.example".to_owned(),
    ];
    // Whatever has got into a log: it is not handed on.
    let logs = world.folder.path().join("logs");
    fs::create_dir_all(&logs).unwrap();
    let lines: String = needles
        .iter()
        .map(|needle| format!("2026-11-27T23:00:41.123456Z  WARN paydesk_core::sync: the sync rests what={needle} ({needle}) \"{needle}\"\n"))
        .collect();
    fs::write(logs.join("paydesk.2026-11-27.log"), lines).unwrap();

    let open = core.shop().unwrap();
    open.subscriptions.refresh().await.unwrap();
    open.balance.read().await.unwrap();
    open.custody.refresh().await.unwrap();
    open.conversions.refresh().await.unwrap();
    open.fiat_payouts.refresh().await.unwrap();
    drop(open);
    let (name, zip) = core.diagnostics(&Host { webview: "WebKit 2.50".to_owned() }).await.unwrap();
    assert!(name.starts_with("paydesk-diagnostics-2"), "{name}");
    let files = files(&zip);
    for (file, text) in &files {
        for needle in &needles {
            // The counts of rows are numbers, too: what is looked for there has to stand alone.
            let found = text.contains(needle.as_str());
            assert!(!found, "{needle} in {file}: {text}");
        }
    }
    assert_eq!(files["log.txt"].matches("WARN paydesk_core::sync: the sync rests").count(), needles.len());
    let about: serde_json::Value = serde_json::from_str(&files["paydesk.json"]).unwrap();
    assert_eq!(about["shops"][0]["database"]["rows"]["payout_rows"], 4);
    assert_eq!(about["shops"][0]["database"]["states"]["payout_batches"]["created"], 1);
    assert_eq!(about["shops"][0]["environment"], "live");
    assert_eq!(about["system"]["webview"], "WebKit 2.50");
    assert_eq!(about["schema_expected"]["shop"], about["shops"][0]["database"]["schema"]);
    let sync = &about["sync"];
    assert!(sync["payments"]["complete"].is_boolean() && sync["subscriptions"]["running"].is_boolean());
    for read in
        ["subscriptions", "balances", "custody_users", "custody_transfers", "conversions", "fiat_payouts"]
    {
        assert!(sync[read]["read_at"].is_string(), "{read}: {sync}");
    }
    assert!(sync["custody_payments"]["read_at"].is_null(), "nobody has looked at those: {sync}");
    assert_eq!(
        (&sync["conversions"]["can_change"], &sync["balances"]["in_trouble"]),
        (&0.into(), &false.into())
    );
    core.close().await;
}

#[tokio::test]
async fn after_everything_was_deleted_it_is_as_at_the_first_start() {
    let owner = Owner::new().await;
    owner.enrol().await;
    let (world, core) = (&owner.world, &owner.core);
    core.set_lock("246810".into(), None, 10).await.unwrap();
    core.is_first_time("the tray").await.unwrap();
    let shop = core.state().await.unwrap().open.unwrap();
    let logs = world.folder.path().join("logs");
    fs::create_dir_all(&logs).unwrap();
    for name in ["paydesk.2026-11-26.log", "paydesk.2026-11-27.log"] {
        fs::write(logs.join(name), "a line\n").unwrap();
    }
    fs::write(world.folder.path().join("paydesk.sqlite.v1"), "the shops of then").unwrap();
    fs::create_dir(world.folder.path().join("shops").join("backup-of-a-killed-one")).unwrap();

    let wrong = core.erase_everything("yes", 0).await.unwrap_err();
    assert_eq!((wrong.field.as_deref(), wrong.code), (Some("word"), FailureCode::Invalid));
    assert_eq!(core.state().await.unwrap().shops.len(), 1);
    core.erase_everything(" Delete", 0).await.unwrap();

    let state = core.state().await.unwrap();
    assert_eq!((state.shops.len(), state.open, state.lock.enabled), (0, None, false));
    assert!(core.is_first_time("the tray").await.unwrap());
    let keychain = world.surroundings().keychain;
    for secret in [Secret::ApiKey, Secret::Password, Secret::SealedTotp, Secret::IpnSecret] {
        assert!(keychain.read(&shop, secret).await.unwrap().is_none(), "{secret:?}");
    }
    assert!(keychain.read("app", Secret::LockPin).await.unwrap().is_none());
    assert_eq!(names(&world.folder.path().join("shops")), [""; 0]);
    assert_eq!(names(&logs), ["paydesk.2026-11-27.log"]);
    assert_eq!(fs::read(logs.join("paydesk.2026-11-27.log")).unwrap(), b"");
    assert!(!names(world.folder.path()).contains(&"paydesk.sqlite.v1".to_owned()));
    let app = fs::read(world.folder.path().join("paydesk.sqlite")).unwrap();
    assert!(!app.windows(shop.len()).any(|window| window == shop.as_bytes()), "the name of the shop is left");
    // And begins anew.
    core.add_shop(world.new_shop()).await.unwrap();
    core.close().await;
}

#[tokio::test]
async fn without_a_lock_and_without_a_keychain_everything_can_be_deleted() {
    let world = World::new(History::None).await;
    world.simulator.pause();
    for forget in [false, true] {
        let core = world.open().await;
        core.open_demo(world.demo()).await.unwrap();
        core.is_first_time("the tray").await.unwrap();
        world.keychain_fails_once_for("app/lock-pin");
        if forget {
            core.forget_all().await.unwrap();
        } else {
            core.erase_everything("delete", 0).await.unwrap();
            assert!(core.is_first_time("the tray").await.unwrap());
        }
        assert_eq!(core.state().await.unwrap().shops.len(), 0);
        core.close().await;
    }
}

#[tokio::test]
async fn what_is_under_way_is_told_before_everything_is_deleted() {
    let owner = Owner::new().await;
    owner.sent().await;
    let core = &owner.core;
    let erasure = core.erasure().await.unwrap();
    assert_eq!((erasure.shops, erasure.under_way.len()), (1, 1), "{erasure:?}");
    assert!(erasure.under_way[0].contains("a batch of payouts is not settled"), "{erasure:?}");
    let unseen = core.erase_everything("delete", 0).await.unwrap_err();
    assert_eq!((unseen.code, core.state().await.unwrap().shops.len()), (FailureCode::Stale, 1));
    core.erase_everything("löschen", 1).await.unwrap();
    assert_eq!(core.state().await.unwrap().shops.len(), 0);
    core.close().await;
}
