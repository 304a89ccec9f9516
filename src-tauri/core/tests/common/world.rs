//! A world for core: a simulator, a folder, and a keychain in memory.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{sync::Arc, time::Duration};

use chrono::{TimeDelta, Utc};
use keyring_core::{api::CredentialStoreApi, mock};
use nowpayments::{Client, Credentials, Login};
use nowpayments_simulator::{History, Options, Simulator};
use paydesk_core::{
    Changed, Core, Failure,
    attention::{Unclear, UnclearPlace},
    payments::SyncStatus,
    secrets::Keychain,
    shops::{Bases, DemoConnection, Environment, NewShop, Shop},
    surroundings::Surroundings,
};
use tempfile::TempDir;

/// How long anything may take before a test gives up: long enough for the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) simulator: Simulator,
    pub(crate) folder: TempDir,
    pub(crate) store: Arc<mock::Store>,
    /// How long Paydesk waits for an answer.
    pub(crate) patience: Duration,
}

impl World {
    pub(crate) async fn new(history: History) -> Self {
        let simulator = Simulator::start(Options { history, ..Options::default() }).await.unwrap();
        let (folder, store) = (tempfile::tempdir().unwrap(), mock::Store::new().unwrap());
        Self { simulator, folder, store, patience: Duration::from_secs(30) }
    }

    /// One whose owner does not wait long for an answer.
    pub(crate) async fn impatient(history: History) -> Self {
        Self { patience: Duration::from_secs(3), ..Self::new(history).await }
    }

    pub(crate) fn surroundings(&self) -> Surroundings {
        let keychain = Keychain::in_store("paydesk", self.store.clone());
        Surroundings { patience: self.patience, ..surroundings(self.folder.path(), keychain) }
    }

    /// Both services are the simulator.
    pub(crate) fn bases(&self) -> Bases {
        let base: url::Url = self.simulator.url().parse().unwrap();
        Bases { sandbox: base.clone(), live: base }
    }

    pub(crate) async fn open(&self) -> Core {
        Core::open_with(self.surroundings(), self.bases()).await.unwrap()
    }

    /// Core with a live shop.
    pub(crate) async fn open_shop(&self) -> (Core, Shop) {
        let core = self.open().await;
        let shop = core.add_shop(self.new_shop()).await.unwrap();
        (core, shop)
    }

    /// The next call for an item of the keychain (`{shop}/{secret}`) fails, as when the keychain is locked.
    pub(crate) fn keychain_fails_once_for(&self, item: &str) {
        let entry = self.store.build("paydesk", item, None).unwrap();
        let error = keyring_core::Error::NoStorageAccess("locked".into());
        entry.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
    }

    pub(crate) fn new_shop(&self) -> NewShop {
        let credentials = self.simulator.credentials();
        NewShop {
            name: "Kestrel Coffee".to_owned(),
            environment: Environment::Live,
            api_key: credentials.api_key.into(),
            email: credentials.email,
            password: credentials.password.into(),
            read_only: false,
        }
    }

    pub(crate) fn demo(&self) -> DemoConnection {
        let credentials = self.simulator.credentials();
        DemoConnection {
            base: self.simulator.url().parse().unwrap(),
            api_key: credentials.api_key.into(),
            email: credentials.email,
            password: credentials.password.into(),
        }
    }

    /// The API as somebody else sees it.
    pub(crate) fn client(&self) -> Client {
        let credentials = self.simulator.credentials();
        let login = Login { email: credentials.email, password: credentials.password.into() };
        let credentials = Credentials { api_key: credentials.api_key.into(), login: Some(login) };
        Client::new(self.simulator.url().parse().unwrap(), credentials).unwrap()
    }
}

pub(crate) fn surroundings(folder: &std::path::Path, keychain: Keychain) -> Surroundings {
    Surroundings { now: Arc::new(Utc::now), ..Surroundings::native(folder.to_owned(), keychain) }
}

/// The same with clocks that are so many seconds ahead: as if they had passed.
pub(crate) fn ahead_by(
    ahead: impl Fn() -> i64 + Clone + Send + Sync + 'static,
    surroundings: Surroundings,
) -> Surroundings {
    let (begun, passed) = (std::time::Instant::now(), ahead.clone());
    let awake = move || begun.elapsed() + Duration::from_secs(passed().try_into().unwrap_or_default());
    let now = move || Utc::now() + TimeDelta::seconds(ahead());
    Surroundings { now: Arc::new(now), awake: Arc::new(awake), ..surroundings }
}

/// Reads again after each change until `wanted` holds of what was read.
pub(crate) async fn wait_for<T, F>(core: &Core, read: impl Fn() -> F, wanted: impl Fn(&T) -> bool) -> T
where
    T: std::fmt::Debug,
    F: Future<Output = Result<T, Failure>>,
{
    let mut changes = core.changes();
    let waiting = async {
        loop {
            let now = read().await.unwrap();
            if wanted(&now) {
                return now;
            }
            // A lagging receiver has missed changes: it reads again, too.
            let _: Result<Changed, _> = changes.recv().await;
        }
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(value) => value,
        Err(_) => panic!("not within {PATIENCE:?}; at the end: {:?}", read().await),
    }
}

/// Waits for a state of the sync.
pub(crate) async fn wait_for_sync(core: &Core, wanted: impl Fn(&SyncStatus) -> bool) -> SyncStatus {
    let payments = core.shop().unwrap().payments.clone();
    wait_for(core, || payments.sync_status(), wanted).await
}

/// Where something is unclear in the open shop, and how much.
pub(crate) async fn unclear(core: &Core) -> Vec<(UnclearPlace, u32)> {
    let unclear = core.shop().unwrap().attention.unclear().await.unwrap();
    unclear.into_iter().map(|Unclear { place, count }| (place, count)).collect()
}
