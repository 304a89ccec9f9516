//! The state file: the world on disk, so that a shop continues where it was left.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::sync::Mutex;

use crate::world::World;

/// Where the world is kept.
pub(crate) struct StateFile {
    path: PathBuf,
    /// The revision on disk. Held while writing, so that an older state never replaces a newer one.
    saved: Mutex<u64>,
}

impl StateFile {
    /// Reads the file. One that cannot be understood is set aside as `NAME.broken`, and there is no world.
    pub(crate) fn open(path: PathBuf) -> anyhow::Result<(Self, Option<World>)> {
        let world = match std::fs::read(&path) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(world) => Some(world),
                Err(error) => {
                    tracing::warn!(%error, "the state file is broken and was set aside");
                    std::fs::rename(&path, beside(&path, "broken"))
                        .context("setting the broken state file aside")?;
                    None
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).context("reading the state file"),
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).context("making the folder of the state file")?;
        }
        Ok((Self { path, saved: Mutex::new(0) }, world))
    }

    /// Writes what `changed` gives for the revision that is on disk, if anything: first beside the file, then in
    /// its place. A failure is logged, and tried again with the next change.
    pub(crate) async fn save(&self, changed: impl FnOnce(u64) -> Option<(u64, serde_json::Result<Vec<u8>>)>) {
        let mut saved = self.saved.lock().await;
        let Some((revision, bytes)) = changed(*saved) else { return };
        let temporary = beside(&self.path, "new");
        let written = async {
            tokio::fs::write(&temporary, bytes?).await?;
            tokio::fs::rename(&temporary, &self.path).await
        };
        match written.await {
            Ok(()) => *saved = revision,
            Err(error) => tracing::warn!(%error, "the state file could not be written"),
        }
    }
}

/// `state.json` becomes `state.json.broken`.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}
