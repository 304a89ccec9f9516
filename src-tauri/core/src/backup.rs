//! A shop in one file, sealed with a passphrase: its database with its secrets, to be restored here or on another computer.
//!
//! A header, then JSON that says what it holds, then the database, compressed and sealed together (`sealed.rs`). What is restored
//! is looked through to its last byte before anything on this computer changes. A shop that is here already is never replaced.

mod sealed;

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use specta::Type;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use self::sealed::{Fresh, SealedReader, SealedWriter, Unopened};
use crate::{
    app::Core,
    audit,
    changes::Changed,
    data::{Watched, Work},
    failure::{Failure, FailureCode},
    fiat::{self, FIRST_CURRENCY},
    language::{said, words},
    payments,
    second_factor::sealed::Cost,
    secrets::Secret,
    shops::{Environment, Shop},
    store,
};

/// A passphrase that can be tried out without end is longer than a PIN.
const SHORTEST_PASSPHRASE: usize = 12;
/// How the folders begin in which a backup is made or looked through.
const MAKING: &str = "backup";
const RESTORING: &str = "restore";
/// After so many steps of SQLite it is asked whether the copying shall go on: many times in a second.
const STEPS: i32 = 50_000;
/// The JSON at the beginning is no larger than this.
const LARGEST_CONTENTS: u32 = 1024 * 1024;

/// What was backed up or restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BackupReport {
    /// The shop.
    pub shop: Shop,
    /// When the backup was made.
    pub made_at: DateTime<Utc>,
    /// How many payments it holds.
    pub payments: u32,
    /// How many batches of payouts it holds.
    pub batches: u32,
}

/// What stands at the beginning of a backup. The secrets are in it: it is never logged, and is wiped from memory.
#[derive(Serialize, Deserialize)]
struct Contents {
    /// The version of Paydesk that wrote it.
    paydesk: String,
    #[serde(deserialize_with = "kept_report")]
    report: BackupReport,
    /// By their names in the keychain.
    secrets: BTreeMap<String, String>,
}

/// A report as it was kept. What an earlier Paydesk knew nothing of is as it was then, or is at first: whatever is added
/// here has a default.
#[derive(Deserialize)]
struct KeptReport {
    shop: KeptShop,
    made_at: DateTime<Utc>,
    payments: u32,
    batches: u32,
}

/// The same for the shop in it.
#[derive(Deserialize)]
struct KeptShop {
    id: String,
    name: String,
    environment: Environment,
    email: Option<String>,
    added_at: DateTime<Utc>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    currency: String,
}

fn kept_report<'de, D: Deserializer<'de>>(json: D) -> Result<BackupReport, D::Error> {
    let KeptReport { shop, made_at, payments, batches } = KeptReport::deserialize(json)?;
    let KeptShop { id, name, environment, email, added_at, read_only, currency } = shop;
    let currency = fiat::find(&currency).unwrap_or(FIRST_CURRENCY).to_owned();
    let shop = Shop { id, name, environment, email, added_at, read_only, currency };
    Ok(BackupReport { shop, made_at, payments, batches })
}

impl Drop for Contents {
    fn drop(&mut self) {
        for secret in std::mem::take(&mut self.secrets).into_values() {
            drop(Zeroizing::new(secret));
        }
    }
}

impl Core {
    /// Writes a shop into the file at `target`, sealed with a passphrase. Until it is whole the file has another name. As it holds the
    /// keys of the shop, it takes the PIN that guards it ([`Self::guarding_pin`]), and stands in the audit log.
    ///
    /// # Errors
    /// When the passphrase is too short (`passphrase`), the PIN is wrong (`pin`), there is no such shop or it is the demo shop, the
    /// keychain cannot be read, the file cannot be written, or the work was stopped. A file that was there before is left as it was.
    pub async fn back_up(
        &self,
        shop: &str,
        target: &Path,
        passphrase: SecretString,
        pin: Option<SecretString>,
        work: &Work,
    ) -> Result<BackupReport, Failure> {
        let shop = self.may_back_up(shop, &passphrase, pin).await?;
        self.write_backup(shop, target, passphrase, work).await
    }

    /// The same, once it is clear that it may be done.
    pub(crate) async fn write_backup(
        &self,
        shop: Shop,
        target: &Path,
        passphrase: SecretString,
        work: &Work,
    ) -> Result<BackupReport, Failure> {
        {
            let switching = self.inner.switching.lock().await;
            let words = said!(
                en: "A backup was begun: a file, sealed with a passphrase, with all that is here of the shop, its keys too.",
                de: "Eine Sicherung wurde begonnen: eine mit einer Passphrase versiegelte Datei mit allem, was vom Shop hier \
                     ist, auch seinen Schlüsseln.",
            );
            self.note(&shop, words, &switching).await?;
        }
        let folder = self.shops_folder();
        let copy =
            tempfile::Builder::new().prefix(MAKING).tempdir_in(&folder).map_err(|error| at_disk(&error))?;
        let copy_path = copy.path().join("shop.sqlite");
        let report = self.copy_database(shop, &copy_path, work).await?;
        let mut secrets = BTreeMap::new();
        for secret in Secret::ALL {
            if let Some(value) = self.inner.surroundings.keychain.read(&report.shop.id, secret).await? {
                secrets.insert(secret.name().to_owned(), value.expose_secret().to_owned());
            }
        }
        let contents =
            Contents { paydesk: env!("CARGO_PKG_VERSION").to_owned(), report: report.clone(), secrets };
        let surroundings = &self.inner.surroundings;
        let fresh = Fresh { salt: surroundings.random_bytes(), nonce: surroundings.random_bytes() };
        let half = self.note_half(target).await?;
        let file = half.create_private().map(|(file, path)| NamedTempFile::from_parts(file, path));
        let (target, work) = (target.to_owned(), work.clone());
        let written = blocking(move || {
            let json = Zeroizing::new(serde_json::to_vec(&contents).map_err(|error| at_disk(&error))?);
            file.and_then(|file| write(&json, &copy_path, file, &target, &passphrase, &fresh, &work))
                .map_err(|error| at_disk(&error))
        })
        .await;
        self.forget_half(&half).await?;
        drop(copy);
        written.map(|()| report)
    }

    /// The shop, if it can be backed up with this passphrase.
    pub(crate) async fn may_back_up(
        &self,
        shop: &str,
        passphrase: &SecretString,
        pin: Option<SecretString>,
    ) -> Result<Shop, Failure> {
        self.unlocked()?;
        if passphrase.expose_secret().chars().count() < SHORTEST_PASSPHRASE {
            return Err(Failure::invalid(
                "passphrase",
                words!(
                    en: "Choose a longer passphrase: at least {SHORTEST_PASSPHRASE} characters, a few words for example. Whoever has the file can try as many as they like.",
                    de: "Wählen Sie eine längere Passphrase: mindestens {SHORTEST_PASSPHRASE} Zeichen, zum Beispiel ein paar Wörter. Wer die Datei hat, kann so viele ausprobieren, wie er will."
                ),
            ));
        }
        let shop = self.stored_shop(shop).await?;
        if shop.environment == Environment::Demo {
            return Err(Failure::other(said!(
                en: "The demo shop has practice money only and is not backed up.",
                de: "Der Demo-Shop enthält nur Übungsgeld und wird nicht gesichert."
            )));
        }
        self.permit(&shop.id, pin).await?;
        Ok(shop)
    }

    /// Restores the shop that is in the file at `source`: its database and its secrets, exactly. It is not opened. The work can
    /// be stopped until something is changed.
    ///
    /// # Errors
    /// When the passphrase is not that of the file (`passphrase`), the file is no backup, is damaged or comes from a newer
    /// Paydesk, the shop is on this computer already (it is never replaced), the work was stopped, or the disk or the keychain
    /// fails. Nothing has changed then.
    pub async fn restore(
        &self,
        source: &Path,
        passphrase: SecretString,
        work: &Work,
    ) -> Result<BackupReport, Failure> {
        self.unlocked()?;
        let folder = self.shops_folder();
        let copy = tempfile::Builder::new()
            .prefix(RESTORING)
            .tempdir_in(&folder)
            .map_err(|error| at_disk(&error))?;
        let copy_path = copy.path().join("shop.sqlite");
        let here: Vec<String> = sqlx::query_scalar("SELECT id FROM shops").fetch_all(&self.inner.db).await?;
        let contents = {
            let (source, target, work) = (source.to_owned(), copy_path.clone(), work.clone());
            blocking(move || read(&source, &target, &passphrase, &here, &work)).await?
        };
        let report = contents.report.clone();
        check(&copy_path).await?;

        let _switching = self.inner.switching.lock().await;
        if self.stored_shop(&report.shop.id).await.is_ok() {
            return Err(already_here(&report.shop));
        }
        work.go_on()?;
        let restored = self.take_in(&contents, &copy_path).await;
        if let Err(failure) = restored {
            if let Err(left) = self.forget(&report.shop.id).await {
                tracing::error!(failure = %left, "a shop that was not restored left something behind");
            }
            return Err(failure);
        }
        self.announce(Changed::Shops);
        Ok(report)
    }

    /// Copies the database of a shop as it is at one moment, whether it is open or not.
    async fn copy_database(&self, shop: Shop, to: &Path, work: &Work) -> Result<BackupReport, Failure> {
        let path = self.shop_path(&shop.id);
        if !path.exists() {
            // It was never opened on this computer.
            payments::open_database(&path).await?.close().await;
        }
        let mut db = SqliteConnectOptions::new().filename(&path).connect().await?;
        let size = std::fs::metadata(&path).map_or(0, |found| found.len());
        db.lock_handle().await?.set_progress_handler(STEPS, {
            let (work, to) = (work.clone(), to.to_owned());
            move || {
                let copied = std::fs::metadata(&to).map_or(0, |found| found.len());
                work.progress(copied.min(size), 2 * size); // it is read again to be sealed
                !work.is_stopped()
            }
        });
        let copied = sqlx::query("VACUUM INTO ?").bind(to.to_string_lossy().as_ref()).execute(&mut db).await;
        work.go_on()?;
        copied?;
        db.close().await?;
        let mut db = SqliteConnectOptions::new().filename(to).read_only(true).connect().await?;
        let payments = sqlx::query_scalar("SELECT count(*) FROM payments").fetch_one(&mut db).await?;
        let batches = sqlx::query_scalar("SELECT count(*) FROM payout_batches").fetch_one(&mut db).await?;
        db.close().await?;
        Ok(BackupReport { shop, made_at: self.inner.surroundings.now(), payments, batches })
    }

    /// Puts a shop where shops are.
    async fn take_in(&self, contents: &Contents, database: &Path) -> Result<(), Failure> {
        let shop = &contents.report.shop;
        let keychain = &self.inner.surroundings.keychain;
        self.note_half_shop(&shop.id).await?;
        for secret in Secret::ALL {
            if let Some(value) = contents.secrets.get(secret.name()) {
                keychain.store(&shop.id, secret, value.clone().into()).await?;
            }
        }
        let log = audit::end_in(database).await?;
        tokio::fs::rename(database, self.shop_path(&shop.id)).await.map_err(|error| at_disk(&error))?;
        self.insert_shop(shop, log).await
    }

    fn shops_folder(&self) -> PathBuf {
        self.inner.surroundings.data.join("shops")
    }
}

/// Deletes what a backup or a restore that was killed has left in the folder of the shops.
pub(crate) fn clear_up(shops: &Path) {
    for entry in std::fs::read_dir(shops).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let left = name.to_str().is_some_and(|name| name.starts_with(MAKING) || name.starts_with(RESTORING));
        if left
            && entry.path().is_dir()
            && let Err(error) = std::fs::remove_dir_all(entry.path())
        {
            tracing::warn!(%error, "what a killed backup has left could not be deleted");
        }
    }
}

/// Writes a backup into `file`, and gives it the name `target` once it is whole.
fn write(
    contents: &[u8],
    database: &Path,
    file: NamedTempFile,
    target: &Path,
    passphrase: &SecretString,
    fresh: &Fresh,
    work: &Work,
) -> io::Result<()> {
    let sealed = SealedWriter::new(BufWriter::new(file), passphrase, Cost::STANDARD, fresh)?;
    let mut packed = DeflateEncoder::new(sealed, Compression::fast());
    let length = u32::try_from(contents.len()).map_err(io::Error::other)?;
    packed.write_all(&length.to_be_bytes())?;
    packed.write_all(contents)?;
    let size = std::fs::metadata(database)?.len();
    let from = File::open(database)?;
    io::copy(&mut Watched { from, work, done: size, total: 2 * size }, &mut packed)?;
    let file = packed.finish()?.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    work.go_on().map_err(io::Error::other)?;
    file.persist(target).map_err(|error| error.error)?;
    Ok(())
}

/// Opens a backup and writes its database to `database`. One of a shop that is `here` already is not read to its end.
fn read(
    source: &Path,
    database: &Path,
    passphrase: &SecretString,
    here: &[String],
    work: &Work,
) -> Result<Contents, Failure> {
    let from = File::open(source).map_err(|error| at_disk(&error))?;
    let total = from.metadata().map_err(|error| at_disk(&error))?.len();
    let file = BufReader::new(Watched { from, work, done: 0, total });
    let sealed = SealedReader::open(file, passphrase).map_err(unopened)?;
    let mut packed = DeflateDecoder::new(sealed);
    let mut length = [0; 4];
    packed.read_exact(&mut length).map_err(damaged)?;
    let length = u32::from_be_bytes(length);
    if length > LARGEST_CONTENTS {
        return Err(not_ours());
    }
    let mut json = Zeroizing::new(Vec::new());
    (&mut packed).take(length.into()).read_to_end(&mut json).map_err(damaged)?;
    let contents: Contents = serde_json::from_slice(&json).map_err(|_| not_ours())?;
    let shop = &contents.report.shop;
    // It names files, and is nobody's who has not made the backup with Paydesk.
    if uuid::Uuid::try_parse(&shop.id).is_err() || shop.environment == Environment::Demo {
        return Err(not_ours());
    }
    if here.contains(&shop.id) {
        return Err(already_here(shop));
    }
    let mut database =
        File::options().write(true).create_new(true).open(database).map_err(|error| at_disk(&error))?;
    io::copy(&mut packed, &mut database).map_err(damaged)?;
    // Whatever stands behind the packed database belongs to the sealed stream, too, and to its end.
    io::copy(&mut packed.into_inner(), &mut io::sink()).map_err(damaged)?;
    database.sync_all().map_err(|error| at_disk(&error))?;
    Ok(contents)
}

/// Whether a restored database is whole and not of a newer Paydesk; brings an older one up to date.
async fn check(path: &Path) -> Result<(), Failure> {
    let version = store::version(path).await.map_err(|error| at_disk(&error))?;
    if version > store::newest(&store::SHOP) {
        return Err(unopened(Unopened::Newer));
    }
    let db = payments::open_database(path).await?;
    let found: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&db).await?;
    db.close().await;
    if found == "ok" { Ok(()) } else { Err(damaged(io::Error::from(io::ErrorKind::InvalidData))) }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the thread of a backup failed");
        Err(Failure::other(said!(
            en: "Paydesk failed inside. Nothing was changed.",
            de: "In Paydesk ist ein Fehler aufgetreten. Es wurde nichts geändert."
        )))
    })
}

fn unopened(why: Unopened) -> Failure {
    match why {
        Unopened::Foreign => not_ours(),
        Unopened::Newer => Failure::new(
            FailureCode::File,
            said!(
                en: "This backup was made by a newer Paydesk. Install that one to restore it; nothing was changed.",
                de: "Diese Sicherung stammt von einem neueren Paydesk. Installieren Sie dieses, um sie wiederherzustellen; es wurde nichts geändert."
            ),
        ),
        Unopened::WrongPassphrase => Failure::invalid(
            "passphrase",
            said!(
                en: "This is not the passphrase of this backup, or the file is damaged. Nothing was changed.",
                de: "Das ist nicht die Passphrase dieser Sicherung, oder die Datei ist beschädigt. Es wurde nichts geändert."
            ),
        ),
        Unopened::Unreadable(error) => at_disk(&error),
    }
}

fn already_here(shop: &Shop) -> Failure {
    Failure::other(words!(
        en: "The shop of this backup, {name}, is on this computer already. Nothing was changed. To go back to the backup, remove the shop first.",
        de: "Der Shop dieser Sicherung, {name}, ist schon auf diesem Rechner. Es wurde nichts geändert. Um zur Sicherung zurückzukehren, entfernen Sie zuerst den Shop.",
        name = shop.name
    ))
}

fn not_ours() -> Failure {
    Failure::new(
        FailureCode::File,
        said!(
            en: "This file is no backup of Paydesk. Nothing was changed.",
            de: "Diese Datei ist keine Sicherung von Paydesk. Es wurde nichts geändert."
        ),
    )
}

fn damaged(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput => {
            Failure::new(
                FailureCode::File,
                said!(
                    en: "This backup is damaged: it was altered or cut off. Nothing was changed. Use another copy of it.",
                    de: "Diese Sicherung ist beschädigt: Sie wurde verändert oder abgeschnitten. Es wurde nichts geändert. Nehmen Sie eine andere Kopie."
                ),
            )
        }
        _ => at_disk(&error),
    }
}

fn at_disk(error: &dyn std::fmt::Display) -> Failure {
    Failure::other(words!(
        en: "The disk did not do what was asked of it ({error}). Nothing was changed. Check the place and the free space, and try again.",
        de: "Der Datenträger hat nicht getan, was von ihm verlangt wurde ({error}). Es wurde nichts geändert. Prüfen Sie den Ort und den freien Platz, und versuchen Sie es noch einmal."
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{secrets::Keychain, surroundings::Surroundings};

    #[tokio::test]
    async fn a_backup_of_the_first_paydesk_is_restored_with_what_it_knew_nothing_of_as_it_is_at_first() {
        let data = tempfile::tempdir().unwrap();
        let data = data.path();
        let keychain = Keychain::in_store("paydesk", keyring_core::mock::Store::new().unwrap());
        let core = Core::open(Surroundings::native(data.to_owned(), keychain)).await.unwrap();
        let id = "0f9a6c1e-5d3b-4c8a-9e2f-7b1d4a6c8e00";
        let earlier = json!({
            "paydesk": "0.1.0",
            "report": {
                "shop": {
                    "id": id, "name": "Kestrel Coffee", "environment": "sandbox", "email": "owner@kestrel.example",
                    "added_at": "2026-03-01T10:00:00Z",
                },
                "made_at": "2026-04-01T10:00:00Z", "payments": 0, "batches": 0,
            },
            "secrets": { "api-key": "K7Q2M9X-3TRW8PL-ZZ4C6VB" },
        });
        let (database, target) = (data.join("earlier.sqlite"), data.join("earlier.paydesk"));
        payments::open_database(&database).await.unwrap().close().await;
        let passphrase = SecretString::from("harbour lantern oak");
        let work = Work::new(CancellationToken::new(), |_, _| {});
        let file = NamedTempFile::new_in(data).unwrap();
        let fresh = Fresh { salt: [1; 16], nonce: [2; 19] };
        let contents = serde_json::to_vec(&earlier).unwrap();
        write(&contents, &database, file, &target, &passphrase, &fresh, &work).unwrap();

        let restored = core.restore(&target, passphrase, &work).await.unwrap().shop;
        assert_eq!((restored.name.as_str(), restored.read_only), ("Kestrel Coffee", false));
        assert_eq!(restored.currency, FIRST_CURRENCY);
        assert_eq!(core.state().await.unwrap().shops, [restored]);
        core.close().await;
    }
}
