//! Files that are written beside the place where they are to stand, and what a kill has left of them there.
//!
//! The place may be on any disk, and is looked at by nobody but the owner. So where such a file stands is kept before it is
//! there, and the next start, when nobody else can be writing it, deletes exactly that one.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use tempfile::TempPath;

use crate::{app::Core, failure::Failure};

/// What the settings are called that name such files.
const NOTED: &str = "half:";

/// Where a file is written until it is whole.
pub(crate) struct Half {
    path: PathBuf,
    /// The setting that names it.
    noted: String,
}

impl Half {
    /// Makes the file, which is deleted again unless it is kept: with the rights that any new file has.
    pub(crate) fn create(&self) -> io::Result<(File, TempPath)> {
        self.create_with(File::options())
    }

    /// The same for what is nobody else's business.
    pub(crate) fn create_private(&self) -> io::Result<(File, TempPath)> {
        #[cfg(unix)]
        let options = {
            let mut options = File::options();
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options
        };
        #[cfg(not(unix))]
        let options = File::options();
        self.create_with(options)
    }

    fn create_with(&self, mut options: std::fs::OpenOptions) -> io::Result<(File, TempPath)> {
        let file = options.read(true).write(true).create_new(true).open(&self.path)?;
        Ok((file, TempPath::try_from_path(&self.path)?))
    }
}

impl Core {
    /// A place beside `target` that nothing has, which is kept in mind until [`Self::forget_half`].
    pub(crate) async fn note_half(&self, target: &Path) -> Result<Half, Failure> {
        let id = self.inner.surroundings.uuid();
        // Relative to a folder that the next start need not be in, it would name another file.
        let target = std::path::absolute(target).map_err(|error| Failure::other(error.to_string()))?;
        let half = Half {
            path: target.with_file_name(format!(".paydesk-{id}.part")),
            noted: format!("{NOTED}{id}"),
        };
        // One whose name is no text could not be found again by it, and is not kept in mind.
        if let Some(path) = half.path.to_str() {
            self.set(&half.noted, Some(path)).await?;
        }
        Ok(half)
    }

    /// The file has its own name now, or is gone.
    pub(crate) async fn forget_half(&self, half: &Half) -> Result<(), Failure> {
        self.set(&half.noted, None).await
    }

    /// Deletes what was being written when Paydesk was killed. What is on a disk that is not there now stays for another start.
    pub(crate) async fn clear_up_halves(&self) -> Result<(), Failure> {
        let noted: Vec<(String, String)> =
            sqlx::query_as("SELECT key, value FROM settings WHERE key LIKE ? || '%'")
                .bind(NOTED)
                .fetch_all(&self.inner.db)
                .await?;
        for (key, path) in noted {
            match tokio::fs::remove_file(&path).await {
                Ok(()) => tracing::info!("what a killed job has left was deleted"),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if !Path::new(&path).parent().is_some_and(Path::is_dir) {
                        continue;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "what a killed job has left could not be deleted");
                    continue;
                }
            }
            self.set(&key, None).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{secrets::Keychain, surroundings::Surroundings};

    async fn start(data: &Path) -> Core {
        let keychain = Keychain::in_store("paydesk", keyring_core::mock::Store::new().unwrap());
        Core::open(Surroundings::native(data.to_owned(), keychain)).await.unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A file that nobody has come to delete, as after a kill.
    async fn left(core: &Core, target: &Path) -> Half {
        let half = core.note_half(target).await.unwrap();
        let (_, path) = half.create_private().unwrap();
        path.keep().unwrap();
        half
    }

    #[tokio::test]
    async fn what_a_kill_has_left_beside_a_file_is_gone_after_the_next_start_and_nothing_else() {
        let data = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let stick = elsewhere.path().join("stick");
        std::fs::create_dir(&stick).unwrap();
        let core = start(data.path()).await;
        left(&core, &stick.join("a.paydesk")).await;
        left(&core, &stick.join("everything.zip")).await;
        assert_eq!(names(&stick).len(), 2);
        for other in ["a.paydesk", ".paydesk-of-somebody-else.part"] {
            std::fs::write(stick.join(other), "").unwrap();
        }
        core.close().await;

        // The stick is not there at first.
        let away = elsewhere.path().join("away");
        std::fs::rename(&stick, &away).unwrap();
        start(data.path()).await.close().await;
        std::fs::rename(&away, &stick).unwrap();
        assert_eq!(names(&stick).len(), 4);
        let core = start(data.path()).await;
        assert_eq!(names(&stick), [".paydesk-of-somebody-else.part", "a.paydesk"]);
        let noted: u32 = sqlx::query_scalar("SELECT count(*) FROM settings WHERE key LIKE 'half:%'")
            .fetch_one(&core.inner.db)
            .await
            .unwrap();
        assert_eq!(noted, 0);
        core.close().await;
    }

    #[tokio::test]
    async fn a_file_that_has_its_own_name_is_kept() {
        let data = tempfile::tempdir().unwrap();
        let core = start(data.path()).await;
        let target = data.path().join("a.paydesk");
        let half = core.note_half(&target).await.unwrap();
        let (_, path) = half.create().unwrap();
        path.persist(&target).unwrap();
        // Killed before it was forgotten.
        core.close().await;
        start(data.path()).await.close().await;
        assert!(target.exists());
    }
}
