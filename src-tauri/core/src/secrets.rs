//! Secrets in the keychain of the operating system, one item per secret.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use keyring_core::{CredentialStore, Entry, Error};
use secrecy::{ExposeSecret, SecretString};

use crate::failure::{Failure, FailureCode};
use crate::language::{said, words};

/// The keychain of this computer, under one service name. Cheap to clone.
///
/// Items are named `{shop id}/{name}`, those of the app `app/{name}` (see [`Secret`]). Calls wait for each other, on threads of their own: a
/// desktop may ask its user to unlock the keychain, and the store for the Secret Service cannot be called from
/// asynchronous code.
#[derive(Clone)]
pub struct Keychain {
    service: Arc<str>,
    store: Arc<Mutex<Option<Arc<CredentialStore>>>>,
}

/// Which secret of a shop is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret {
    /// The API key of the shop.
    ApiKey,
    /// The password of the NOWPayments dashboard.
    Password,
    /// The TOTP secret, sealed with the PIN (see [`crate::second_factor`]).
    SealedTotp,
    /// The secret that callbacks are signed with (see [`crate::callbacks`]).
    IpnSecret,
    /// What the PIN of whoever prepares payouts is checked against.
    PreparerPin,
    /// What the PIN of whoever approves payouts is checked against.
    ApproverPin,
    /// What the PIN of the app's lock is checked against; of no shop.
    LockPin,
}

impl Secret {
    /// All that a shop has.
    pub(crate) const ALL: [Self; 6] = [
        Self::ApiKey,
        Self::Password,
        Self::SealedTotp,
        Self::IpnSecret,
        Self::PreparerPin,
        Self::ApproverPin,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ApiKey => "api-key",
            Self::Password => "password",
            Self::SealedTotp => "sealed-totp",
            Self::IpnSecret => "ipn-secret",
            Self::PreparerPin => "preparer-pin",
            Self::ApproverPin => "approver-pin",
            Self::LockPin => "lock-pin",
        }
    }

    fn item(self, shop: &str) -> String {
        format!("{shop}/{}", self.name())
    }
}

impl Keychain {
    /// The native keychain: Keychain on macOS, Credential Manager on Windows, the Secret Service elsewhere. Nothing is
    /// opened yet.
    pub fn native(service: &str) -> Self {
        Self { service: service.into(), store: Arc::default() }
    }

    /// A keychain in a store that is open already: one in memory, for tests.
    pub fn in_store(service: &str, store: Arc<CredentialStore>) -> Self {
        Self { service: service.into(), store: Arc::new(Mutex::new(Some(store))) }
    }

    /// Whether the keychain can be used now, which is found out by storing, reading and deleting an item.
    ///
    /// # Errors
    /// The failure says in words what is missing, as all failures of this type do ([`FailureCode::Keychain`]).
    pub async fn check(&self) -> Result<(), Failure> {
        const ITEM: &str = "check";
        self.run(ITEM.to_owned(), |entry| {
            save(entry, ITEM)?;
            delete(entry)
        })
        .await
    }

    /// Stores a secret of a shop, replacing it, and reads it back to be sure.
    ///
    /// # Errors
    /// When the keychain cannot be used or did not keep the secret.
    pub async fn store(&self, shop: &str, which: Secret, value: SecretString) -> Result<(), Failure> {
        self.run(which.item(shop), move |entry| save(entry, value.expose_secret())).await
    }

    /// Reads a secret of a shop; `None` when there is none.
    ///
    /// # Errors
    /// When the keychain cannot be used.
    pub async fn read(&self, shop: &str, which: Secret) -> Result<Option<SecretString>, Failure> {
        self.run(which.item(shop), |entry| match entry.get_password() {
            Ok(value) => Ok(Some(value.into())),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Deletes a secret of a shop; it is no failure when there is none.
    ///
    /// # Errors
    /// When the keychain cannot be used.
    pub async fn delete(&self, shop: &str, which: Secret) -> Result<(), Failure> {
        self.run(which.item(shop), delete).await
    }

    /// Works on an item, on a thread where that may block.
    async fn run<T: Send + 'static>(
        &self,
        item: String,
        work: impl Fn(&Entry) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Failure> {
        let this = self.clone();
        let done = tokio::task::spawn_blocking(move || this.run_blocking(&item, work)).await;
        match done {
            Ok(result) => result.map_err(|error| unusable(&error)),
            Err(error) => {
                tracing::error!(%error, "the keychain's thread failed");
                Err(keychain(said!(
                    en: "The keychain of this computer failed. Nothing was saved. Try again.",
                    de: "Der Schlüsselbund dieses Rechners hat versagt. Es wurde nichts gespeichert. Versuchen \
                         Sie es noch einmal.",
                )))
            }
        }
    }

    /// A store that was opened long ago may have lost its session with a keychain that was restarted since; then the
    /// store is opened anew, once.
    fn run_blocking<T>(&self, item: &str, work: impl Fn(&Entry) -> Result<T, Error>) -> Result<T, Error> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = &*store {
            match open.build(&self.service, item, None).and_then(|entry| work(&entry)) {
                Err(Error::PlatformFailure(error)) => {
                    tracing::warn!(%error, "the keychain failed; opening it again");
                }
                done => return done,
            }
        }
        let open = store.insert(open_native()?);
        open.build(&self.service, item, None).and_then(|entry| work(&entry))
    }
}

impl fmt::Debug for Keychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keychain").field("service", &self.service).finish_non_exhaustive()
    }
}

/// Opened here and not through `keyring`, which tries once per process: a keychain that is started later could not be
/// used before a restart of Paydesk.
#[cfg(target_os = "linux")]
fn open_native() -> Result<Arc<CredentialStore>, Error> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(not(target_os = "linux"))]
fn open_native() -> Result<Arc<CredentialStore>, Error> {
    if let Err(error) = keyring::Entry::store_status() {
        tracing::error!(%error, "no keychain");
    }
    keyring_core::get_default_store().ok_or(Error::NoDefaultStore)
}

fn save(entry: &Entry, value: &str) -> Result<(), Error> {
    entry.set_password(value)?;
    if entry.get_password()? != value {
        return Err(Error::BadStoreFormat("it did not keep what it was given".to_owned()));
    }
    Ok(())
}

fn delete(entry: &Entry) -> Result<(), Error> {
    match entry.delete_credential() {
        Err(Error::NoEntry) => Ok(()),
        done => done,
    }
}

fn keychain(message: impl Into<String>) -> Failure {
    Failure::new(FailureCode::Keychain, message)
}

/// Says what is wrong with the keychain and what to do. Only the operating system's own words are looked at, which
/// hold no secret; what an item holds is in other variants and never printed.
fn unusable(error: &Error) -> Failure {
    tracing::warn!(%error, "the keychain cannot be used");
    let details = match error {
        Error::PlatformFailure(error) | Error::NoStorageAccess(error) => format!("{error:?}"),
        _ => String::new(),
    };
    let linux = cfg!(target_os = "linux");
    keychain(match error {
        Error::NoStorageAccess(_) if linux => {
            said!(
                en: "The keychain of this computer is locked, so Paydesk can neither save nor read your keys. Unlock \
                     it (log in to your desktop anew, or open “Passwords and Keys” or KWallet) and try again.",
                de: "Der Schlüsselbund dieses Rechners ist gesperrt, darum kann Paydesk Ihre Schlüssel weder \
                     speichern noch lesen. Entsperren Sie ihn (melden Sie sich neu am Desktop an, oder öffnen Sie \
                     „Passwörter und Schlüssel“ oder KWallet), und versuchen Sie es noch einmal.",
            ).to_owned()
        }
        Error::NoStorageAccess(_) => {
            said!(
                en: "The keychain of this computer is locked or did not let Paydesk in, so it can neither save nor \
                     read your keys. Unlock it and try again.",
                de: "Der Schlüsselbund dieses Rechners ist gesperrt oder hat Paydesk nicht eingelassen, darum kann \
                     es Ihre Schlüssel weder speichern noch lesen. Entsperren Sie ihn, und versuchen Sie es noch \
                     einmal.",
            ).to_owned()
        }
        Error::PlatformFailure(_) if linux && details.contains("ServiceUnknown") => {
            said!(
                en: "This computer has no keychain running, so Paydesk has no safe place for your keys. Install and \
                     start GNOME Keyring (package gnome-keyring) or KWallet, then try again.",
                de: "Auf diesem Rechner läuft kein Schlüsselbund, darum hat Paydesk keinen sicheren Ort für Ihre \
                     Schlüssel. Installieren und starten Sie GNOME Keyring (Paket gnome-keyring) oder KWallet, und \
                     versuchen Sie es dann noch einmal.",
            ).to_owned()
        }
        Error::PlatformFailure(_) if linux => {
            said!(
                en: "Paydesk cannot reach the keychain of this computer: there is no D-Bus session. Start Paydesk \
                     from your desktop, with GNOME Keyring (package gnome-keyring) or KWallet running, and try again.",
                de: "Paydesk erreicht den Schlüsselbund dieses Rechners nicht: Es gibt keine D-Bus-Sitzung. Starten \
                     Sie Paydesk von Ihrem Desktop aus, während GNOME Keyring (Paket gnome-keyring) oder KWallet \
                     läuft, und versuchen Sie es noch einmal.",
            ).to_owned()
        }
        Error::NoDefaultStore => {
            said!(
                en: "Paydesk could not open the keychain of this computer. Make sure that it works, start Paydesk \
                     again, and try once more.",
                de: "Paydesk konnte den Schlüsselbund dieses Rechners nicht öffnen. Sorgen Sie dafür, dass er \
                     funktioniert, starten Sie Paydesk neu, und versuchen Sie es noch einmal.",
            ).to_owned()
        }
        Error::TooLong(_, limit) => {
            words!(
                en: "This is too long for the keychain of this computer, which takes at most {limit} characters.",
                de: "Das ist zu lang für den Schlüsselbund dieses Rechners, der höchstens {limit} Zeichen nimmt.",
            )
        }
        _ => said!(
            en: "The keychain of this computer did not keep or give back what Paydesk asked for. Nothing was sent. \
                 Unlock it and try again; if that does not help, enter your keys anew.",
            de: "Der Schlüsselbund dieses Rechners hat nicht behalten oder zurückgegeben, was Paydesk wollte. Es \
                 wurde nichts gesendet. Entsperren Sie ihn, und versuchen Sie es noch einmal; hilft das nicht, geben \
                 Sie Ihre Schlüssel neu ein.",
        ).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Error {
        Error::PlatformFailure(text.to_owned().into())
    }

    #[test]
    fn what_is_wrong_with_the_keychain_is_said_in_words_with_what_to_do() {
        #[track_caller]
        fn check(error: &Error, words: &str) {
            let failure = unusable(error);
            assert_eq!(failure.code, FailureCode::Keychain);
            assert!(failure.message.contains(words), "{}", failure.message);
        }
        check(&Error::NoStorageAccess("NoResult".into()), "locked");
        check(&Error::NoDefaultStore, "start Paydesk again");
        check(&Error::TooLong("secret".to_owned(), 2560), "2560");
        check(&Error::NoEntry, "did not keep");
        if cfg!(target_os = "linux") {
            check(
                &platform("MethodError(org.freedesktop.DBus.Error.ServiceUnknown)"),
                "Install and start GNOME",
            );
            check(&platform("Connection(NotFound)"), "no D-Bus session");
        }
    }

    #[test]
    fn no_failure_repeats_what_an_item_holds() {
        for error in [
            Error::BadEncoding(b"hunter2".to_vec()),
            Error::BadDataFormat(b"hunter2".to_vec(), "malformed".into()),
        ] {
            assert!(!unusable(&error).message.contains("hunter2"));
        }
    }
}
