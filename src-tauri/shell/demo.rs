//! The demo shop's NOWPayments: the simulator, started in this process at the first need.

use std::{path::PathBuf, sync::Arc};

use nowpayments_simulator::{CallbackSettings, History, Options, Simulator};
use paydesk_core::{
    Changed, Core, Failure, OpenShop,
    callbacks::ListenerState,
    language::words,
    second_factor::DemoPhone,
    shops::{Bases, DemoConnection, Environment},
};
use secrecy::SecretString;
use serde::Deserialize;
use tauri::{AppHandle, Manager};
use tokio::sync::{Mutex, broadcast::error::RecvError};
use url::{Host, Url};

/// Names a simulator that runs already: the line that the `nowpayments-simulator` command prints. The demo shop then
/// uses it in place of the one in this process, and sandbox shops in place of the sandbox. It must be on the loopback.
const RUNNING_SIMULATOR: &str = "PAYDESK_SIMULATOR";

/// The simulator behind the demo shop.
pub struct Demo {
    folder: PathBuf,
    running: Mutex<Option<Arc<Running>>>,
}

struct Running {
    connection: DemoConnection,
    totp_secret: SecretString,
    /// What it signs callbacks with.
    ipn_secret: Option<SecretString>,
    /// Kept alive as long as the app is.
    simulator: Option<Simulator>,
}

/// What the `nowpayments-simulator` command prints.
#[derive(Deserialize)]
struct Printed {
    url: Url,
    api_key: SecretString,
    email: String,
    password: SecretString,
    totp_secret: SecretString,
    ipn_secret: Option<SecretString>,
}

impl Demo {
    /// A simulator that keeps its world in `folder`. It starts at the first need.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, running: Mutex::default() }
    }

    /// How to reach it.
    pub async fn connection(&self) -> Result<DemoConnection, Failure> {
        Ok(self.running().await?.connection.clone())
    }

    /// What the phone of the demo shop's owner shows; `None` in a shop of one's own.
    pub async fn phone(&self, core: &Core) -> Result<Option<DemoPhone>, Failure> {
        let shop = core.shop()?;
        if shop.shop.environment != Environment::Demo {
            return Ok(None);
        }
        shop.second_factor.phone(&self.running().await?.totp_secret).map(Some)
    }

    /// Has the demo shop listen to its simulator, and the simulator post its callbacks to where the shop listens. One that
    /// runs elsewhere is told by whoever runs it.
    async fn connect_callbacks(&self, shop: &OpenShop) -> Result<(), Failure> {
        let running = self.running().await?;
        if let Some(secret) = running.ipn_secret.clone() {
            shop.callbacks.practise(secret).await?;
        }
        if let Some(simulator) = &running.simulator {
            let forward_to = match shop.callbacks.listener().await?.state {
                ListenerState::Listening { address, .. } => Some(address),
                ListenerState::Off | ListenerState::Failed { .. } => None,
            };
            simulator.set_callbacks(CallbackSettings { forward_to, ..CallbackSettings::default() });
        }
        Ok(())
    }

    /// Ends the simulator and forgets its world: the next one is a new one.
    pub(crate) async fn forget(&self) -> Result<(), Failure> {
        let mut running = self.running.lock().await;
        // One that runs elsewhere is its owner's.
        if let Some(Running { simulator: Some(simulator), .. }) = running.take().and_then(Arc::into_inner) {
            simulator.stop().await;
        }
        match tokio::fs::remove_dir_all(&self.folder).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::other(words!(
                en: "Paydesk could not delete {} ({error}). Delete it yourself.",
                de: "Paydesk konnte {} nicht löschen ({error}). Löschen Sie es selbst.",
                self.folder.display(),
            ))),
            _ => Ok(()),
        }
    }

    async fn running(&self) -> Result<Arc<Running>, Failure> {
        let mut running = self.running.lock().await;
        if let Some(running) = &*running {
            return Ok(running.clone());
        }
        Ok(running.insert(Arc::new(self.start().await?)).clone())
    }

    async fn start(&self) -> Result<Running, Failure> {
        if let Some(printed) = already_running()? {
            return Ok(printed.into());
        }
        std::fs::create_dir_all(&self.folder).map_err(|error| cannot_start(&error))?;
        let options = Options {
            // A new world is another one than that which an earlier cache was filled from; a kept one keeps its seed.
            seed: chrono::Utc::now().timestamp_micros().unsigned_abs(),
            history: History::Demo,
            state_file: Some(self.folder.join("world.json")),
            ..Options::default()
        };
        let simulator = Simulator::start(options).await.map_err(|error| cannot_start(&error))?;
        let credentials = simulator.credentials();
        Ok(Running {
            connection: DemoConnection {
                base: simulator.url().parse().map_err(|error| cannot_start(&error))?,
                api_key: credentials.api_key.into(),
                email: credentials.email,
                password: credentials.password.into(),
            },
            totp_secret: credentials.totp_secret.into(),
            ipn_secret: Some(credentials.ipn_secret.into()),
            simulator: Some(simulator),
        })
    }
}

/// Connects the demo shop's callbacks, now and whenever a shop was opened or its listener has moved.
pub(crate) fn carry_callbacks(app: &AppHandle, core: &Core) {
    let (app, core) = (app.clone(), core.clone());
    let mut changes = core.changes();
    tauri::async_runtime::spawn(async move {
        loop {
            match changes.recv().await {
                Ok(Changed::Shops | Changed::Callbacks) | Err(RecvError::Lagged(_)) => {}
                Ok(_) => continue,
                Err(RecvError::Closed) => return,
            }
            let Ok(shop) = core.shop() else { continue };
            if shop.shop.environment != Environment::Demo {
                continue;
            }
            if let Err(failure) = app.state::<Demo>().connect_callbacks(&shop).await {
                tracing::warn!(%failure, "the demo shop does not hear of its callbacks");
            }
        }
    });
}

/// Where NOWPayments is.
///
/// # Errors
/// When the environment names a simulator that cannot be used.
pub(crate) fn bases() -> Result<Bases, Failure> {
    let documented = Bases::default();
    Ok(match already_running()? {
        Some(printed) => Bases { sandbox: printed.url, ..documented },
        None => documented,
    })
}

fn already_running() -> Result<Option<Printed>, Failure> {
    let Ok(line) = std::env::var(RUNNING_SIMULATOR) else { return Ok(None) };
    let printed: Printed = serde_json::from_str(&line).map_err(|error| {
        Failure::other(words!(
            en: "{RUNNING_SIMULATOR} does not hold the line that nowpayments-simulator prints ({error}).",
            de: "{RUNNING_SIMULATOR} enthält nicht die Zeile, die nowpayments-simulator ausgibt ({error}).",
        ))
    })?;
    let on_loopback = match printed.url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    };
    if !on_loopback {
        return Err(Failure::other(words!(
            en: "{RUNNING_SIMULATOR} must name an address on this computer (127.0.0.1).",
            de: "{RUNNING_SIMULATOR} muss eine Adresse auf diesem Rechner nennen (127.0.0.1).",
        )));
    }
    Ok(Some(printed))
}

impl From<Printed> for Running {
    fn from(printed: Printed) -> Self {
        Self {
            connection: DemoConnection {
                base: printed.url,
                api_key: printed.api_key,
                email: printed.email,
                password: printed.password,
            },
            totp_secret: printed.totp_secret,
            ipn_secret: printed.ipn_secret,
            simulator: None,
        }
    }
}

fn cannot_start(error: &dyn std::fmt::Display) -> Failure {
    Failure::other(words!(
        en: "The demo shop could not be started on this computer: {error}.",
        de: "Der Demo-Shop konnte auf diesem Rechner nicht gestartet werden: {error}.",
    ))
}
