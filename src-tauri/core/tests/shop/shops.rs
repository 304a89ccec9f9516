//! Shops: added, refused, reopened, removed.

use keyring_core::{Error, mock};
use nowpayments_simulator::{Fault, FaultRule, History, Options, Simulator, Switches};
use paydesk_core::{
    Core, FailureCode, GuardingPin, Settings, TextSize, Theme,
    audit::AuditArea,
    data::Work,
    language::{Formats, WeekStart},
    secrets::{Keychain, Secret},
    shops::{CheckState, DemoConnection, Environment, NewKeys, NewShop},
};
use secrecy::ExposeSecret;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tokio_util::sync::CancellationToken;

use crate::common::{
    payouts::Owner,
    world::{World, surroundings, wait_for_sync},
};

/// The demo shop is not asked for.
async fn no_demo() -> Result<DemoConnection, paydesk_core::Failure> {
    panic!("the demo shop was asked for")
}

#[tokio::test]
async fn an_added_shop_is_open_and_its_secrets_are_in_the_keychain_alone() {
    let world = World::new(History::None).await;
    let (core, shop) = world.open_shop().await;
    let state = core.state().await.unwrap();
    assert_eq!(state.shops, std::slice::from_ref(&shop));
    assert_eq!(state.open.as_deref(), Some(shop.id.as_str()));
    assert_eq!(core.shop().unwrap().shop, shop);

    let credentials = world.simulator.credentials();
    let keychain = world.surroundings().keychain;
    for (secret, value) in [(Secret::ApiKey, &credentials.api_key), (Secret::Password, &credentials.password)]
    {
        assert_eq!(keychain.read(&shop.id, secret).await.unwrap().unwrap().expose_secret(), value);
    }
    core.close().await;
    let mut files = 0;
    for folder in [world.folder.path().to_owned(), world.folder.path().join("shops")] {
        for entry in
            std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file())
        {
            let bytes = std::fs::read(entry.path()).unwrap();
            for secret in [&credentials.api_key, &credentials.password] {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{entry:?}");
            }
            files += 1;
        }
    }
    assert!(files >= 3, "two databases and the lock, not {files} files");
}

#[tokio::test]
async fn what_is_held_back_asks_nothing_until_it_may_begin() {
    let world = World::new(History::Orders(20)).await;
    let core = world.open().await;
    core.hold_back();
    core.open_demo(world.demo()).await.unwrap();
    let shop = core.shop().unwrap();
    // What the owner asks for is done, whatever waits.
    shop.payments.choices().await.unwrap();
    let calls = world.simulator.requests();
    assert!(!calls.is_empty() && !calls.iter().any(|call| call.target.contains("/payment/?")), "{calls:?}");
    assert_eq!(shop.payments.sync_status().await.unwrap().cached, 0);

    core.begin();
    wait_for_sync(&core, |sync| sync.complete).await;
    core.close().await;
}

#[tokio::test]
async fn what_is_typed_wrongly_is_refused_with_its_field_and_nothing_is_sent() {
    let world = World::new(History::None).await;
    let core = world.open().await;
    let check = async |field: &str, spoil: &dyn Fn(&mut NewShop)| {
        let mut new = world.new_shop();
        spoil(&mut new);
        let failure = core.add_shop(new).await.unwrap_err();
        assert_eq!(
            (failure.code, failure.field.as_deref()),
            (FailureCode::Invalid, Some(field)),
            "{failure}"
        );
    };
    check("name", &|new| new.name = "  ".to_owned()).await;
    check("name", &|new| new.name = "x".repeat(61)).await;
    check("environment", &|new| new.environment = Environment::Demo).await;
    check("api_key", &|new| new.api_key = " \n".into()).await;
    check("api_key", &|new| new.api_key = "ABC DEF".into()).await;
    check("api_key", &|new| new.api_key = "ABC\u{a0}DEF".into()).await;
    for email in ["", "owner", "@shop.example", "owner@", "ow ner@shop.example", "a@b@c"] {
        check("email", &|new| new.email = email.to_owned()).await;
    }
    check("password", &|new| new.password = "".into()).await;
    assert_eq!(core.state().await.unwrap().shops, []);
    assert!(world.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_key_or_a_login_that_nowpayments_refuses_adds_nothing() {
    let world = World::new(History::None).await;
    let core = world.open().await;
    let check = async |code: FailureCode, field: &str, spoil: &dyn Fn(&mut NewShop)| {
        let mut new = world.new_shop();
        spoil(&mut new);
        let failure = core.add_shop(new).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (code, Some(field)), "{failure}");
        assert!(failure.message.contains("Nothing was done"), "{failure}");
    };
    check(FailureCode::WrongKey, "api_key", &|new| new.api_key = "WRONG12-WRONG12-WRONG12-WRONG12".into())
        .await;
    check(FailureCode::LoginRefused, "password", &|new| new.password = "wrong".into()).await;
    assert_eq!(core.state().await.unwrap().shops, []);
    assert_eq!(core.shop().unwrap_err().code, FailureCode::NoShop);
}

#[tokio::test]
async fn without_a_network_adding_a_shop_says_so_and_adds_nothing() {
    let world = World::new(History::None).await;
    let core = world.open().await;
    let new = world.new_shop();
    world.simulator.stop().await;
    let failure = core.add_shop(new).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Offline, "{failure}");
    assert_eq!(core.state().await.unwrap().shops, []);
}

#[tokio::test]
async fn spaces_that_were_copied_along_do_not_matter() {
    let world = World::new(History::None).await;
    let core = world.open().await;
    let mut new = world.new_shop();
    new.api_key = format!(" {}\n", new.api_key.expose_secret()).into();
    new.email = format!("{} ", new.email);
    new.name = " Kestrel ".to_owned();
    assert_eq!(core.add_shop(new).await.unwrap().name, "Kestrel");
}

/// A keychain whose item for checks fails once, as a locked one does.
fn failing(world: &World, error: Error) -> Keychain {
    let keychain: std::sync::Arc<keyring_core::CredentialStore> = world.store.clone();
    let item = keychain.build("paydesk", "check", None).unwrap();
    item.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
    Keychain::in_store("paydesk", keychain)
}

#[tokio::test]
async fn without_a_keychain_nothing_is_added_or_sent_and_the_words_say_what_to_do() {
    let world = World::new(History::None).await;
    let keychain = failing(&world, Error::NoStorageAccess("locked".into()));
    let core = Core::open_with(surroundings(world.folder.path(), keychain), world.bases()).await.unwrap();
    let failure = core.add_shop(world.new_shop()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Keychain);
    assert!(failure.message.contains("Unlock it"), "{failure}");
    assert_eq!(core.state().await.unwrap().shops, []);
    assert!(world.simulator.requests().is_empty());

    // Once it is unlocked, the same works.
    core.add_shop(world.new_shop()).await.unwrap();
}

#[tokio::test]
async fn a_connection_check_tells_every_item_apart() {
    use CheckState::{Bad, Good, NotTried};
    let world = World::new(History::None).await;
    let core = world.open().await;
    let check = async |expected: [CheckState; 5], new: NewShop| {
        let report = core.check_connection(&new).await;
        let items = [&report.reachable, &report.key, &report.login, &report.address, &report.keychain];
        assert_eq!(items.map(|item| item.state), expected, "{report:?}");
        assert!(items.iter().all(|item| !item.message.is_empty()));
        report
    };
    check([Good, Good, Good, Good, Good], world.new_shop()).await;
    check([Good, Bad, Good, NotTried, Good], NewShop { api_key: "WRONG".into(), ..world.new_shop() }).await;
    check([Good, Good, Bad, Good, Good], NewShop { password: "wrong".into(), ..world.new_shop() }).await;

    world
        .simulator
        .set_switches(Switches { foreign_address: Some("203.0.113.7".to_owned()), ..Switches::default() });
    let report = check([Good, Good, Good, Bad, Good], world.new_shop()).await;
    assert!(report.address.message.contains("203.0.113.7"), "{report:?}");

    let new = world.new_shop();
    world.simulator.stop().await;
    let report = core.check_connection(&new).await;
    assert_eq!([report.reachable.state, report.key.state, report.login.state], [Bad, NotTried, NotTried]);
    assert_eq!(core.state().await.unwrap().shops, []);
}

#[tokio::test]
async fn the_shop_that_was_open_last_is_opened_again_without_a_network() {
    let world = World::new(History::None).await;
    let (core, shop) = world.open_shop().await;
    let other =
        core.add_shop(NewShop { environment: Environment::Sandbox, ..world.new_shop() }).await.unwrap();
    assert_eq!(core.shop().unwrap().shop.id, other.id);
    core.select_shop(&shop.id).await.unwrap();
    core.close().await;
    let (bases, surroundings) = (world.bases(), world.surroundings());
    world.simulator.stop().await;

    let core = Core::open_with(surroundings, bases).await.unwrap();
    assert_eq!(core.state().await.unwrap().open, None);
    assert_eq!(core.reopen(no_demo).await.unwrap(), Some(shop));
    assert_eq!(core.state().await.unwrap().shops.len(), 2);
    assert!(core.state().await.unwrap().trouble.is_none());
}

#[tokio::test]
async fn a_shop_whose_keys_are_lost_is_named_as_trouble_until_another_is_opened() {
    let world = World::new(History::None).await;
    let (core, shop) = world.open_shop().await;
    core.close().await;
    world.surroundings().keychain.delete(&shop.id, Secret::ApiKey).await.unwrap();

    let core = world.open().await;
    let failure = core.reopen(no_demo).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Keychain);
    assert!(failure.message.contains("Kestrel Coffee"), "{failure}");
    assert_eq!(core.state().await.unwrap().trouble, Some(failure));
    core.open_demo(world.demo()).await.unwrap();
    assert_eq!(core.state().await.unwrap().trouble, None);
}

#[tokio::test]
async fn a_removed_shop_leaves_neither_secrets_nor_files() {
    let world = World::new(History::None).await;
    let (core, shop) = world.open_shop().await;
    let open = core.shop().unwrap();
    core.remove_shop(&shop.id, None, 9).await.unwrap();
    let state = core.state().await.unwrap();
    assert_eq!((state.shops, state.open), (vec![], None));
    assert_eq!(open.payments.sync_status().await.unwrap_err().code, FailureCode::NoShop);
    assert_eq!(std::fs::read_dir(world.folder.path().join("shops")).unwrap().count(), 0);
    for secret in [Secret::ApiKey, Secret::Password, Secret::SealedTotp] {
        assert!(world.surroundings().keychain.read(&shop.id, secret).await.unwrap().is_none());
    }
    assert_eq!(core.reopen(no_demo).await.unwrap(), None);
    assert_eq!(core.remove_shop(&shop.id, None, 9).await.unwrap_err().code, FailureCode::NotFound);
}

#[tokio::test]
async fn a_shop_whose_keys_are_lost_gets_new_ones_without_being_open() {
    let world = World::new(History::Orders(20)).await;
    let (core, shop) = world.open_shop().await;
    wait_for_sync(&core, |sync| sync.complete).await;
    core.close().await;
    for secret in [Secret::ApiKey, Secret::Password] {
        world.surroundings().keychain.delete(&shop.id, secret).await.unwrap();
    }
    let core = world.open().await;
    let lost = core.reopen(no_demo).await.unwrap_err();
    assert!(lost.message.contains("Give the shop new keys"), "{lost}");
    let right = world.simulator.credentials();
    let keys = |api_key: &str, password: &str| NewKeys {
        api_key: api_key.into(),
        email: right.email.clone(),
        password: password.into(),
    };
    for (keys, field) in [(keys("", &right.password), "api_key"), (keys(&right.api_key, ""), "password")] {
        let failure = core.change_keys(&shop.id, keys).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::Invalid, Some(field)));
    }
    core.change_keys(&shop.id, keys(&right.api_key, &right.password)).await.unwrap();
    assert_eq!(core.select_shop(&shop.id).await.unwrap(), shop);
    assert_eq!(core.shop().unwrap().payments.sync_status().await.unwrap().cached, 20);
    assert!(noted(&core).await[0].contains("another access to NOWPayments"));
    core.close().await;
}

#[tokio::test]
async fn a_shop_that_cannot_be_opened_can_be_removed() {
    let world = World::new(History::None).await;
    let (core, shop) = world.open_shop().await;
    core.close().await;
    world.surroundings().keychain.delete(&shop.id, Secret::ApiKey).await.unwrap();
    let path = world.folder.path().join("shops").join(format!("{}.sqlite", shop.id));
    std::fs::write(path, "not a database any more, and not a short text either".repeat(100)).unwrap();
    let core = world.open().await;
    core.reopen(no_demo).await.unwrap_err();
    assert_eq!(core.erasure().await.unwrap().under_way.len(), 1);
    let removal = core.removal(&shop.id).await.unwrap();
    assert!(removal.under_way[0].contains("nobody knows what is under way"), "{removal:?}");
    assert_eq!(removal.pin, None);
    core.remove_shop(&shop.id, None, 1).await.unwrap();
    assert_eq!(core.state().await.unwrap().shops, []);
    assert!(world.surroundings().keychain.read(&shop.id, Secret::Password).await.unwrap().is_none());
    core.close().await;
}

#[tokio::test]
async fn a_shop_is_removed_with_the_pin_and_with_what_is_under_way_in_sight() {
    let owner = Owner::new().await;
    owner.sent().await;
    let core = &owner.core;
    let shop = core.shop().unwrap().shop.id.clone();
    let still_there = async |pin: Option<&str>, seen: u32, code: FailureCode| {
        let failure = core.remove_shop(&shop, pin.map(Into::into), seen).await.unwrap_err();
        assert_eq!(failure.code, code, "{failure}");
        assert_eq!(core.state().await.unwrap().shops.len(), 1);
    };
    let removal = core.removal(&shop).await.unwrap();
    assert!(removal.under_way[0].contains("a batch of payouts is not settled"), "{removal:?}");
    assert_eq!((removal.under_way.len(), removal.pin), (1, None));
    still_there(None, 0, FailureCode::Stale).await;
    core.set_lock("7351 door".into(), None, 10).await.unwrap();
    assert_eq!(core.removal(&shop).await.unwrap().pin, Some(GuardingPin::Lock));
    still_there(None, 1, FailureCode::WrongPin).await;
    still_there(Some("1537 door"), 1, FailureCode::WrongPin).await;
    let two = ("prepares 1".into(), "approves 2".into());
    owner.payouts().require_two_persons(two.0, two.1, Some("7351 door".into())).await.unwrap();
    assert_eq!(core.removal(&shop).await.unwrap().pin, Some(GuardingPin::Approver));
    still_there(Some("7351 door"), 1, FailureCode::WrongPin).await;
    core.remove_shop(&shop, Some("approves 2".into()), 1).await.unwrap();
    assert_eq!(core.state().await.unwrap().shops, []);
}

#[tokio::test]
async fn secrets_of_a_shop_that_was_being_added_when_it_was_killed_are_gone_after_the_next_start() {
    let world = World::new(History::None).await;
    let (core, shop) = world.open_shop().await;
    core.close().await;
    // As it stands between the keychain and the list.
    let app = world.folder.path().join("paydesk.sqlite");
    let mut db = SqliteConnectOptions::new().filename(&app).connect().await.unwrap();
    let noted: u32 = sqlx::query_scalar("SELECT count(*) FROM settings WHERE key LIKE 'half-shop:%'")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(noted, 0, "it was added");
    let half = "0f9a6c1e-5d3b-4c8a-9e2f-7b1d4a6c8e00";
    sqlx::query("INSERT INTO settings (key, value) VALUES ('half-shop:' || ?, '')")
        .bind(half)
        .execute(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
    let keychain = world.surroundings().keychain;
    keychain.store(half, Secret::ApiKey, "K7Q2M9X".into()).await.unwrap();
    // The keychain is locked at first.
    world.keychain_fails_once_for(&format!("{half}/api-key"));
    world.open().await.close().await;
    assert!(keychain.read(half, Secret::ApiKey).await.unwrap().is_some());
    let core = world.open().await;
    assert!(keychain.read(half, Secret::ApiKey).await.unwrap().is_none());
    assert!(keychain.read(&shop.id, Secret::ApiKey).await.unwrap().is_some());
    assert_eq!(core.state().await.unwrap().shops, [shop]);
    core.close().await;
}

#[tokio::test]
async fn a_shop_is_noted_before_its_secrets_are_stored() {
    let world = World::new(History::None).await;
    let (core, shop) = world.open_shop().await;
    let target = world.folder.path().join("a.paydesk");
    let work = || Work::new(CancellationToken::new(), |_, _| {});
    core.back_up(&shop.id, &target, "green coffee in the morning".into(), None, &work()).await.unwrap();
    core.remove_shop(&shop.id, None, 0).await.unwrap();
    // Whatever is stored first is stored after the note, and the note goes with what was taken back.
    let app = world.folder.path().join("paydesk.sqlite");
    let mut db = SqliteConnectOptions::new().filename(&app).connect().await.unwrap();
    sqlx::raw_sql(
        "CREATE TABLE seen (key TEXT); CREATE TRIGGER sees AFTER INSERT ON settings
         BEGIN INSERT INTO seen VALUES (new.key); END;",
    )
    .execute(&mut db)
    .await
    .unwrap();
    world.keychain_fails_once_for(&format!("{}/api-key", shop.id));
    core.restore(&target, "green coffee in the morning".into(), &work()).await.unwrap_err();
    let seen: Vec<String> = sqlx::query_scalar("SELECT key FROM seen").fetch_all(&mut db).await.unwrap();
    assert_eq!(seen, [format!("half-shop:{}", shop.id)]);
    db.close().await.unwrap();
    core.close().await;
}

#[tokio::test]
async fn the_demo_shop_needs_no_keychain_and_comes_back() {
    let world = World::new(History::None).await;
    let core = world.open().await;
    let shop = core.open_demo(world.demo()).await.unwrap();
    assert_eq!((shop.id.as_str(), shop.environment), ("demo", Environment::Demo));
    core.close().await;

    let core = world.open().await;
    let reopened = core.reopen(async || Ok(world.demo())).await.unwrap();
    assert_eq!(reopened, Some(shop));
    assert_eq!(core.state().await.unwrap().shops.len(), 1);
}

#[tokio::test]
async fn opening_the_open_shop_again_changes_nothing() {
    let world = World::new(History::None).await;
    let (core, shop) = world.open_shop().await;
    assert_eq!(core.select_shop(&shop.id).await.unwrap(), shop);
    assert!(core.shop().unwrap().payments.sync_status().await.is_ok());
    assert_eq!(core.select_shop("no such").await.unwrap_err().code, FailureCode::NotFound);
    assert_eq!(core.shop().unwrap().shop.id, shop.id);
}

#[tokio::test]
async fn only_one_process_has_the_data_open() {
    let world = World::new(History::None).await;
    let core = world.open().await;
    let failure = Core::open_with(world.surroundings(), world.bases()).await.unwrap_err();
    assert!(failure.message.contains("open already"), "{failure}");
    core.close().await;
    Core::open_with(world.surroundings(), world.bases()).await.unwrap();
}

#[tokio::test]
async fn settings_are_kept() {
    let world = World::new(History::None).await;
    let core = world.open().await;
    assert_eq!(core.state().await.unwrap().settings, Settings::default());
    let settings = Settings {
        theme: Theme::Dark,
        text_size: TextSize::Larger,
        language: Some("de".to_owned()),
        formats: Formats::EnglishUk,
        week_start: WeekStart::Saturday,
    };
    core.save_settings(settings.clone()).await.unwrap();
    core.close().await;
    assert_eq!(world.open().await.state().await.unwrap().settings, settings);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let world = World::new(History::None).await;
    let file = world.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let keychain = world.surroundings().keychain;
    let failure = Core::open(surroundings(&file, keychain)).await.unwrap_err();
    assert!(failure.message.contains(&*file.to_string_lossy()), "{failure}");
}

#[tokio::test]
async fn a_shop_is_renamed_and_works_on() {
    let world = World::new(History::None).await;
    let (core, shop) = world.open_shop().await;
    for name in [" ", &"x".repeat(61)] {
        let failure = core.rename_shop(&shop.id, name).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::Invalid, Some("name")));
    }
    let renamed = core.rename_shop(&shop.id, " Kestrel Tea ").await.unwrap();
    assert_eq!(renamed.name, "Kestrel Tea");
    assert_eq!(core.state().await.unwrap().shops, std::slice::from_ref(&renamed));
    assert_eq!(core.shop().unwrap().shop, renamed);
    core.shop().unwrap().payments.choices().await.unwrap();
    assert_eq!(core.rename_shop("no such", "Tea").await.unwrap_err().code, FailureCode::NotFound);
}

/// What stands in the audit log of the open shop about the shop itself, oldest first.
async fn noted(core: &Core) -> Vec<String> {
    let audit = core.shop().unwrap().audit.clone();
    assert_eq!(audit.verify().await.unwrap().broken_at, None);
    let mut entries = audit.list(None, 500).await.unwrap().entries;
    entries.retain(|entry| entry.area == AuditArea::Shop);
    entries.reverse();
    entries.into_iter().map(|entry| format!("{}: {}", entry.subject, entry.words)).collect()
}

#[tokio::test]
async fn what_is_changed_of_a_shop_stands_in_its_audit_log_whether_it_is_open_or_not() {
    let world = World::new(History::None).await;
    let (core, shop) = world.open_shop().await;
    let name = shop.name.clone();
    core.rename_shop(&shop.id, " Kestrel Tea ").await.unwrap();
    core.set_shop_currency(&shop.id, "EUR").await.unwrap();
    core.open_demo(world.demo()).await.unwrap();
    core.begin_read_only(&shop.id).await.unwrap();
    core.end_read_only(&shop.id, None).await.unwrap();
    assert!(noted(&core).await.is_empty(), "the demo shop has a log of its own");
    core.select_shop(&shop.id).await.unwrap();
    let told = [
        format!("{name}: The shop is called “Kestrel Tea” from now on, no longer “{name}”."),
        "Kestrel Tea: What something is worth is told in EUR from now on, no longer in USD.".to_owned(),
        "Kestrel Tea: Read-only from now on: nothing is made, moved or changed at NOWPayments from this computer."
            .to_owned(),
        "Kestrel Tea: No longer read-only.".to_owned(),
    ];
    assert_eq!(noted(&core).await, told);

    // What changes nothing and what is refused is no news.
    core.rename_shop(&shop.id, "Kestrel Tea").await.unwrap();
    core.rename_shop(&shop.id, " ").await.unwrap_err();
    core.set_shop_currency(&shop.id, "eur").await.unwrap();
    core.end_read_only(&shop.id, None).await.unwrap();
    assert_eq!(noted(&core).await, told);
}

/// What a check of the open shop finds, in the order of the screen.
async fn found(core: &Core) -> [CheckState; 8] {
    let check = core.check_shop().await.unwrap();
    let of = &check.connection;
    [
        &of.reachable,
        &of.key,
        &of.login,
        &of.address,
        &of.keychain,
        &check.payouts,
        &check.second_factor,
        &check.clock,
    ]
    .map(|item| {
        assert!(!item.message.is_empty());
        item.state
    })
}

#[tokio::test]
async fn the_connection_of_the_open_shop_is_checked_with_the_keys_of_the_keychain() {
    use CheckState::{Bad, Good, NotTried};
    let world = World::new(History::None).await;
    let (core, shop) = world.open_shop().await;
    // Whether the account has a second factor nobody tells.
    assert_eq!(found(&core).await, [Good, Good, Good, Good, Good, Good, NotTried, Good]);

    let keychain = world.surroundings().keychain;
    let of = |secret: Secret, value: &str| {
        let (keychain, shop, value) = (keychain.clone(), shop.id.clone(), value.to_owned());
        async move { keychain.store(&shop, secret, value.into()).await.unwrap() }
    };
    let right = world.simulator.credentials();
    of(Secret::Password, "wrong").await;
    assert_eq!(found(&core).await, [Good, Good, Bad, Good, Good, Good, NotTried, Good]);
    of(Secret::Password, &right.password).await;
    of(Secret::ApiKey, "WRONG").await;
    assert_eq!(found(&core).await, [Good, Bad, Good, NotTried, Good, NotTried, NotTried, Good]);
    of(Secret::ApiKey, &right.api_key).await;

    world
        .simulator
        .set_switches(Switches { foreign_address: Some("203.0.113.7".to_owned()), ..Switches::default() });
    let check = core.check_shop().await.unwrap();
    assert_eq!(check.connection.address.state, Bad);
    assert!(check.connection.address.message.contains("203.0.113.7"), "{check:?}");
    world.simulator.set_switches(Switches::default());

    world.simulator.step(std::time::Duration::from_secs(300));
    let clock = core.check_shop().await.unwrap().clock;
    assert_eq!(clock.state, Bad);
    assert!(clock.message.contains("minutes behind that of NOWPayments"), "{clock:?}");

    world.simulator.stop().await;
    let check = core.check_shop().await.unwrap();
    assert_eq!([check.connection.reachable.state, check.payouts.state], [Bad, NotTried]);
}

#[tokio::test]
async fn a_shop_gets_other_keys_once_nowpayments_has_taken_them() {
    let world = World::new(History::Orders(20)).await;
    let (core, shop) = world.open_shop().await;
    wait_for_sync(&core, |sync| sync.complete).await;
    let right = world.simulator.credentials();
    let keys = |api_key: &str, email: &str, password: &str| NewKeys {
        api_key: api_key.into(),
        email: email.to_owned(),
        password: password.into(),
    };
    for (keys, code, field) in [
        (keys("ABC DEF", &right.email, ""), FailureCode::Invalid, "api_key"),
        (keys("", "nobody", ""), FailureCode::Invalid, "email"),
        (keys("WRONG12-WRONG12-WRONG12-WRONG12", &right.email, ""), FailureCode::WrongKey, "api_key"),
        (keys("", &right.email, "wrong"), FailureCode::LoginRefused, "password"),
    ] {
        let failure = core.change_keys(&shop.id, keys).await.unwrap_err();
        assert_eq!((failure.code, failure.field.as_deref()), (code, Some(field)), "{failure}");
    }
    let keychain = world.surroundings().keychain;
    let kept = async |secret: Secret| {
        keychain.read(&shop.id, secret).await.unwrap().unwrap().expose_secret().to_owned()
    };
    assert_eq!(kept(Secret::ApiKey).await, right.api_key);
    assert_eq!(kept(Secret::Password).await, right.password);

    // The same ones, typed anew, where other ones were kept.
    keychain.store(&shop.id, Secret::ApiKey, "OLD".into()).await.unwrap();
    let changed = core
        .change_keys(
            &shop.id,
            keys(&format!(" {}\n", right.api_key), &format!(" {}", right.email), &right.password),
        )
        .await
        .unwrap();
    assert_eq!(changed, shop);
    assert_eq!(kept(Secret::ApiKey).await, right.api_key);
    let access = "The shop has another access to NOWPayments from now on. Changed: API key.";
    assert_eq!(noted(&core).await, [format!("{}: {access}", shop.name)], "refused ones are in no log");
    core.change_keys(&shop.id, keys("", &right.email, "")).await.unwrap();
    assert!(noted(&core).await[1].ends_with("The keys were typed anew: they are the same ones."));
    let payments = core.shop().unwrap().payments.clone();
    assert_eq!(payments.sync_status().await.unwrap().cached, 20);
    payments.choices().await.unwrap();
}

#[tokio::test]
async fn keys_of_another_account_are_refused_and_nothing_changes() {
    let world = World::new(History::Orders(20)).await;
    let (core, shop) = world.open_shop().await;
    wait_for_sync(&core, |sync| sync.complete).await;
    core.close().await;

    // The same NOWPayments, with another account.
    let other = Simulator::start(Options { history: History::None, ..Options::default() }).await.unwrap();
    let base: url::Url = other.url().parse().unwrap();
    let bases = paydesk_core::shops::Bases { sandbox: base.clone(), live: base };
    let core = Core::open_with(world.surroundings(), bases).await.unwrap();
    core.reopen(no_demo).await.unwrap();
    let theirs = other.credentials();
    let keys = || NewKeys {
        api_key: theirs.api_key.clone().into(),
        email: theirs.email.clone(),
        password: theirs.password.clone().into(),
    };
    let failure = core.change_keys(&shop.id, keys()).await.unwrap_err();
    assert!(failure.message.contains("of another account"), "{failure}");
    let kept = world.surroundings().keychain.read(&shop.id, Secret::ApiKey).await.unwrap().unwrap();
    assert_eq!(kept.expose_secret(), world.simulator.credentials().api_key);

    // A payment that is merely not to be read is no proof.
    let (method, path) = ("GET".to_owned(), "/payment/:id".to_owned());
    let fault = Fault::ServerError { handled: false };
    other.set_fault(FaultRule { method, path, skip: 0, times: None, fault });
    let failure = core.change_keys(&shop.id, keys()).await.unwrap_err();
    assert!(!failure.message.contains("of another account"), "{failure}");
}

#[tokio::test]
async fn the_demo_shop_is_checked_too_and_has_no_keys_to_change() {
    let world = World::new(History::None).await;
    let core = world.open().await;
    let shop = core.open_demo(world.demo()).await.unwrap();
    let check = core.check_shop().await.unwrap();
    assert_eq!(check.connection.login.state, CheckState::Good);
    assert_eq!(check.clock.state, CheckState::NotTried);
    let keys = NewKeys { api_key: "A".into(), email: "a@b.c".to_owned(), password: "x".into() };
    assert!(core.change_keys(&shop.id, keys).await.unwrap_err().message.contains("demo shop"));
}
