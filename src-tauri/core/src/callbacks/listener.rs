//! The listener: whether it is on, where, and the secret that it checks with.

use std::{
    io,
    net::Ipv4Addr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use tokio::{net::TcpListener, sync::oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    CallbackListener, Callbacks, ListenerState, PATH, SUGGESTED_PORT,
    server::{self, Limits},
};
use crate::{
    changes::Changed,
    failure::Failure,
    language::{said, words},
    secrets::Secret,
    shops::Environment,
    store,
};

/// Ports below are those of the system.
const FIRST_PORT: u16 = 1024;
/// Longer than any secret of NOWPayments, and shorter than what a keychain takes.
const LONGEST_SECRET: usize = 512;

/// The listener, as far as it is in memory.
#[derive(Debug, Default)]
pub(super) struct Listener {
    /// Held while it is turned on and off.
    changing: tokio::sync::Mutex<()>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    state: ListenerState,
    secret: Option<SecretString>,
    open: Option<Open>,
}

/// A port that is listened on.
#[derive(Debug)]
struct Open {
    port: u16,
    stop: CancellationToken,
    released: oneshot::Receiver<()>,
}

/// What the owner has set.
#[derive(Debug, Default, sqlx::FromRow)]
struct Stored {
    listening: bool,
    port: Option<u16>,
    secret_at: Option<DateTime<Utc>>,
}

impl Listener {
    pub(super) fn secret(&self) -> Option<SecretString> {
        self.inner().secret.clone()
    }

    pub(super) fn port(&self) -> Option<u16> {
        self.inner().open.as_ref().map(|open| open.port)
    }

    /// Counts a callback that has come.
    pub(super) fn count(&self, right: bool) {
        if let ListenerState::Listening { verified, refused, .. } = &mut self.inner().state {
            let count = if right { verified } else { refused };
            *count = count.saturating_add(1);
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Callbacks {
    pub(super) async fn read_listener(&self) -> Result<CallbackListener, Failure> {
        let Stored { port, secret_at, .. } = self.stored().await?.unwrap_or_default();
        let last_at = self.last_at().await?;
        let state = self.listener.inner().state.clone();
        Ok(CallbackListener {
            state,
            port: port.unwrap_or(SUGGESTED_PORT),
            secret_set_at: secret_at,
            last_at,
        })
    }

    /// Takes up what an earlier run was doing.
    pub(super) async fn resume(&self) {
        let _changing = self.listener.changing.lock().await;
        // The demo shop gets its secret from outside, and listens then.
        if !self.is_practice() {
            self.listen_again().await;
        }
    }

    /// Listens as the owner has set it, or says why that cannot be. For whoever is changing the listener.
    async fn listen_again(&self) {
        let resumed = async {
            match self.stored().await? {
                Some(Stored { listening: true, port: Some(port), .. }) => {
                    self.load_secret().await?.ok_or_else(secret_lost)?;
                    self.start(bind(port).await.map_err(|error| cannot_listen(port, &error))?)
                }
                _ => Ok(()),
            }
        };
        if let Err(failure) = resumed.await {
            tracing::warn!(%failure, "callbacks are not listened for");
            let reason = words!(
                en: "{} Payments are still read from NOWPayments as always.",
                de: "{} Zahlungen werden weiterhin wie immer bei NOWPayments gelesen.",
                failure.message,
            );
            self.listener.inner().state = ListenerState::Failed { reason };
        }
        self.ctx.announce(Changed::Callbacks);
    }

    pub(super) async fn turn_on(&self, port: Option<u16>) -> Result<(), Failure> {
        let _changing = self.listener.changing.lock().await;
        if let Some(port) = port.filter(|port| *port < FIRST_PORT) {
            return Err(Failure::invalid(
                "port",
                words!(
                    en: "Port {port} belongs to the system. Choose one from {FIRST_PORT} to 65535.",
                    de: "Port {port} gehört dem System. Wählen Sie einen von {FIRST_PORT} bis 65535.",
                ),
            ));
        }
        if self.load_secret().await?.is_none() {
            return Err(Failure::invalid(
                "secret",
                said!(
                    en: "Enter the IPN secret first: without it Paydesk cannot tell a callback of NOWPayments from a \
                         forged one.",
                    de: "Geben Sie zuerst das IPN-Geheimnis ein: Ohne es kann Paydesk eine Rückmeldung von \
                         NOWPayments nicht von einer gefälschten unterscheiden.",
                ),
            ));
        }
        if port.is_some() && port == self.listener.port() {
            return Ok(());
        }
        let socket = bind(port.unwrap_or(0)).await.map_err(|error| {
            let failure = cannot_listen(port.unwrap_or(0), &error);
            Failure::invalid(
                "port",
                words!(
                    en: "{} Nothing was changed.",
                    de: "{} Es wurde nichts geändert.",
                    failure.message,
                ),
            )
        })?;
        let port = local_port(&socket)?;
        sqlx::query(
            "INSERT INTO callback_listener (only, listening, port) VALUES (1, 1, ?1)
             ON CONFLICT DO UPDATE SET listening = 1, port = ?1",
        )
        .bind(port)
        .execute(&self.ctx.db)
        .await?;
        self.stop().await;
        self.start(socket)?;
        self.ctx.announce(Changed::Callbacks);
        Ok(())
    }

    pub(super) async fn turn_off(&self) -> Result<(), Failure> {
        let _changing = self.listener.changing.lock().await;
        // The demo shop listens by itself until its owner has said that it shall not: then there is a line.
        sqlx::query(
            "INSERT INTO callback_listener (only, listening) VALUES (1, 0) ON CONFLICT DO UPDATE SET listening = 0",
        )
        .execute(&self.ctx.db)
        .await?;
        self.stop().await;
        self.ctx.announce(Changed::Callbacks);
        Ok(())
    }

    pub(super) async fn keep_secret(&self, secret: SecretString) -> Result<(), Failure> {
        self.refuse_in_practice()?;
        let secret = SecretString::from(secret.expose_secret().trim());
        let text = secret.expose_secret();
        if text.is_empty() {
            return Err(Failure::invalid(
                "secret",
                said!(
                    en: "Enter the IPN secret that the dashboard of NOWPayments shows.",
                    de: "Geben Sie das IPN-Geheimnis ein, das das Dashboard von NOWPayments zeigt.",
                ),
            ));
        }
        if text.len() > LONGEST_SECRET || text.chars().any(char::is_control) {
            return Err(Failure::invalid(
                "secret",
                said!(
                    en: "This is no IPN secret: it is one line of some thirty characters. Copy it anew from the \
                         dashboard.",
                    de: "Das ist kein IPN-Geheimnis: Es ist eine Zeile von etwa dreißig Zeichen. Kopieren Sie es neu \
                         aus dem Dashboard.",
                ),
            ));
        }
        let _changing = self.listener.changing.lock().await;
        let keychain = &self.ctx.surroundings.keychain;
        keychain.store(&self.ctx.shop.id, Secret::IpnSecret, secret.clone()).await?;
        self.mark_secret(Some(self.ctx.now())).await?;
        let failed = {
            let mut inner = self.listener.inner();
            inner.secret = Some(secret);
            matches!(inner.state, ListenerState::Failed { .. })
        };
        if failed {
            self.listen_again().await;
        }
        self.ctx.announce(Changed::Callbacks);
        Ok(())
    }

    pub(super) async fn delete_secret(&self) -> Result<(), Failure> {
        self.refuse_in_practice()?;
        let _changing = self.listener.changing.lock().await;
        self.ctx.surroundings.keychain.delete(&self.ctx.shop.id, Secret::IpnSecret).await?;
        sqlx::query("UPDATE callback_listener SET listening = 0, secret_at = NULL")
            .execute(&self.ctx.db)
            .await?;
        self.stop().await;
        self.listener.inner().secret = None;
        self.ctx.announce(Changed::Callbacks);
        Ok(())
    }

    pub(super) async fn use_practice_secret(&self, secret: SecretString) -> Result<(), Failure> {
        let _changing = self.listener.changing.lock().await;
        if !self.is_practice() || self.listener.secret().is_some() {
            return Ok(());
        }
        let stored = self.stored().await?.unwrap_or(Stored { listening: true, ..Stored::default() });
        self.listener.inner().secret = Some(secret);
        if stored.secret_at.is_none() {
            self.mark_secret(Some(self.ctx.now())).await?;
        }
        if stored.listening {
            // Nobody has set anything up for the port of a demo shop: another one does as well.
            let socket = match bind(stored.port.unwrap_or(0)).await {
                Ok(socket) => socket,
                Err(_) => bind(0).await.map_err(|error| cannot_listen(0, &error))?,
            };
            sqlx::query("UPDATE callback_listener SET listening = 1, port = ?")
                .bind(local_port(&socket)?)
                .execute(&self.ctx.db)
                .await?;
            self.start(socket)?;
        }
        self.ctx.announce(Changed::Callbacks);
        Ok(())
    }

    /// The secret, from the keychain when it is not known yet.
    pub(super) async fn secret(&self) -> Result<Option<SecretString>, Failure> {
        let _changing = self.listener.changing.lock().await;
        self.load_secret().await
    }

    /// The same for whoever is changing the listener.
    async fn load_secret(&self) -> Result<Option<SecretString>, Failure> {
        let known = self.listener.secret();
        if known.is_some() || self.is_practice() {
            return Ok(known);
        }
        let keychain = &self.ctx.surroundings.keychain;
        let secret = keychain.read(&self.ctx.shop.id, Secret::IpnSecret).await?;
        self.listener.inner().secret.clone_from(&secret);
        Ok(secret)
    }

    async fn mark_secret(&self, at: Option<DateTime<Utc>>) -> Result<(), Failure> {
        sqlx::query(
            "INSERT INTO callback_listener (only, secret_at) VALUES (1, ?1) ON CONFLICT DO UPDATE SET secret_at = ?1",
        )
        .bind(at.map(store::time))
        .execute(&self.ctx.db)
        .await?;
        Ok(())
    }

    /// Listens on a socket until it is stopped or the shop is closed.
    fn start(&self, socket: TcpListener) -> Result<(), Failure> {
        let port = local_port(&socket)?;
        let (release, released) = oneshot::channel();
        let this = self.clone();
        let stop = self.ctx.until_told(|stop| {
            let take = move |delivery| this.clone().answer(delivery);
            server::serve(socket, Limits::STANDARD, stop, release, take)
        });
        let mut inner = self.listener.inner();
        inner.open = Some(Open { port, stop, released });
        inner.state = ListenerState::Listening {
            address: format!("http://127.0.0.1:{port}{PATH}"),
            since: self.ctx.now(),
            verified: 0,
            refused: 0,
        };
        Ok(())
    }

    /// Listens no more; the port is free then.
    async fn stop(&self) {
        let open = {
            let mut inner = self.listener.inner();
            inner.state = ListenerState::Off;
            inner.open.take()
        };
        if let Some(Open { stop, released, .. }) = open {
            stop.cancel();
            let _ = released.await; // it is dropped, never sent
        }
    }

    async fn stored(&self) -> Result<Option<Stored>, Failure> {
        let stored = sqlx::query_as("SELECT listening, port, secret_at FROM callback_listener");
        Ok(stored.fetch_optional(&self.ctx.db).await?)
    }

    fn is_practice(&self) -> bool {
        self.ctx.shop.environment == Environment::Demo
    }

    fn refuse_in_practice(&self) -> Result<(), Failure> {
        match self.is_practice() {
            true => Err(Failure::other(said!(
                en: "The demo shop has the IPN secret of its simulator, which stays as it is.",
                de: "Der Demo-Shop hat das IPN-Geheimnis seines Simulators, und das bleibt, wie es ist.",
            ))),
            false => Ok(()),
        }
    }
}

/// Only programs on this computer reach the loopback.
async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

fn local_port(socket: &TcpListener) -> Result<u16, Failure> {
    socket.local_addr().map(|address| address.port()).map_err(|error| cannot_listen(0, &error))
}

fn cannot_listen(port: u16, error: &io::Error) -> Failure {
    Failure::other(match error.kind() {
        io::ErrorKind::AddrInUse => words!(
            en: "Another program on this computer uses port {port}, so no callbacks are taken there. Choose another \
                 port, or let Paydesk choose one.",
            de: "Ein anderes Programm auf diesem Rechner benutzt Port {port}, darum werden dort keine Rückmeldungen \
                 angenommen. Wählen Sie einen anderen Port, oder lassen Sie Paydesk einen wählen.",
        ),
        io::ErrorKind::PermissionDenied => {
            words!(
                en: "This computer does not let Paydesk use port {port}. Choose another one.",
                de: "Dieser Rechner lässt Paydesk Port {port} nicht benutzen. Wählen Sie einen anderen.",
            )
        }
        _ => words!(
            en: "Paydesk cannot listen on this computer ({error}). Choose another port.",
            de: "Paydesk kann auf diesem Rechner nichts empfangen ({error}). Wählen Sie einen anderen Port.",
        ),
    })
}

fn secret_lost() -> Failure {
    Failure::other(said!(
        en: "The keychain of this computer has no IPN secret for this shop any more, so no callbacks are taken. \
             Enter it anew.",
        de: "Der Schlüsselbund dieses Rechners hat für diesen Shop kein IPN-Geheimnis mehr, darum werden keine \
             Rückmeldungen angenommen. Geben Sie es neu ein.",
    ))
}
