//! The data of Paydesk as a whole: what it takes on the disk, backups and what is restored from them, all of it as tables,
//! what helps to find a fault, and its end.

mod diagnostics;
mod erase;
mod everything;
pub(crate) mod half;
mod jobs;
mod meanings;
mod scrub;
mod size;
mod tables;
mod work;

use std::path::Path;

use secrecy::SecretString;

pub use self::{
    diagnostics::Host,
    erase::Erasure,
    jobs::{DataJob, DataJobKind},
    size::DataSize,
    work::Work,
};
pub(crate) use self::{erase::more_under_way, jobs::Jobs, work::Watched};
use crate::{app::Core, exports::ExportState, failure::Failure, language::said, shops::Shop};

impl Core {
    /// The name that a backup of the shop should have: `kestrel-coffee-2026-11-27.paydesk`.
    ///
    /// # Errors
    /// What [`Self::back_up`] refuses at once, before a file is named.
    pub async fn backup_name(
        &self,
        shop: &str,
        passphrase: &SecretString,
        pin: Option<SecretString>,
    ) -> Result<String, Failure> {
        let shop = self.may_back_up(shop, passphrase, pin).await?;
        Ok(format!("{}-{}.paydesk", plain(&shop), self.today()))
    }

    /// The name that a file with everything of the open shop should have.
    ///
    /// # Errors
    /// When no shop is open or the app is locked.
    pub fn everything_name(&self) -> Result<String, Failure> {
        Ok(format!("{}-{}.zip", plain(&self.shop()?.shop), self.today()))
    }

    /// Begins to write a shop into the file at `target`, which is replaced once the new one is whole.
    ///
    /// # Errors
    /// When another job runs, or what [`Self::back_up`] refuses at once. What goes wrong later is said by [`Self::data_job`].
    pub async fn begin_backup(
        &self,
        shop: &str,
        target: &Path,
        passphrase: SecretString,
        pin: Option<SecretString>,
    ) -> Result<(), Failure> {
        let shop = self.may_back_up(shop, &passphrase, pin).await?;
        self.begin_job(DataJobKind::Backup, target, |core, target, work| async move {
            core.write_backup(shop, &target, passphrase, &work).await.map(Some)
        })
    }

    /// Begins to restore the shop that is in the file at `source`. It is not opened.
    ///
    /// # Errors
    /// When another job runs or the app is locked. What goes wrong later is said by [`Self::data_job`].
    pub fn begin_restore(&self, source: &Path, passphrase: SecretString) -> Result<(), Failure> {
        self.unlocked()?;
        self.begin_job(DataJobKind::Restore, source, |core, source, work| async move {
            core.restore(&source, passphrase, &work).await.map(Some)
        })
    }

    /// The same file again, with another passphrase.
    ///
    /// # Errors
    /// When there was no restore that failed, and those of [`Self::begin_restore`].
    pub fn begin_restore_again(&self, passphrase: SecretString) -> Result<(), Failure> {
        let ended = [ExportState::Failed, ExportState::Cancelled];
        let source = self.data_file(&ended, &[DataJobKind::Restore])?;
        self.begin_restore(&source, passphrase)
    }

    /// Begins to write everything of the open shop into a ZIP file at `target`, which is replaced once the new one is whole.
    ///
    /// # Errors
    /// When another job runs, no shop is open, or the app is locked. What goes wrong later is said by [`Self::data_job`].
    pub fn begin_everything(&self, target: &Path) -> Result<(), Failure> {
        let shop = self.shop()?.shop.clone();
        self.begin_job(DataJobKind::Everything, target, |core, target, work| async move {
            core.write_everything(&shop, &target, &work).await.map(|()| None)
        })
    }

    fn today(&self) -> String {
        let surroundings = &self.inner.surroundings;
        (surroundings.local)(surroundings.now()).date().to_string()
    }
}

/// The name of a shop as the beginning of one of a file.
fn plain(shop: &Shop) -> String {
    let name: String = shop
        .name
        .chars()
        .map(|letter| if letter.is_alphanumeric() { letter } else { '-' })
        .take(40)
        .flat_map(char::to_lowercase)
        .collect();
    let name: Vec<_> = name.split('-').filter(|part| !part.is_empty()).collect();
    if name.is_empty() { "paydesk".to_owned() } else { name.join("-") }
}

/// Works where it may block.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "work on the data failed");
        Err(Failure::other(said!(
            en: "Paydesk failed inside. Try again.",
            de: "In Paydesk ist ein Fehler aufgetreten. Versuchen Sie es noch einmal.",
        )))
    })
}
