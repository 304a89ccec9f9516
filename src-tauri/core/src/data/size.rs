//! What Paydesk takes on the disk.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use specta::Type;

use super::on_a_thread;
use crate::{app::Core, failure::Failure};

/// What Paydesk takes on the disk, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DataSize {
    /// The database of the open shop.
    #[specta(type = u32)]
    pub database: u64,
    /// What was written last and is still beside that database.
    #[specta(type = u32)]
    pub database_log: u64,
    /// The log files.
    #[specta(type = u32)]
    pub logs: u64,
    /// The whole folder of Paydesk, with all shops.
    #[specta(type = u32)]
    pub folder: u64,
}

impl Core {
    /// What Paydesk takes on the disk. Without an open shop there is no database of it.
    ///
    /// # Errors
    /// When the app is locked.
    pub async fn data_size(&self) -> Result<DataSize, Failure> {
        self.unlocked()?;
        let database = self.open_now().map(|open| self.shop_path(&open.shop.id));
        let (folder, logs) = (self.inner.surroundings.data.clone(), self.inner.surroundings.logs.clone());
        on_a_thread(move || {
            Ok(DataSize {
                database: database.as_deref().map_or(0, size_of_file),
                database_log: database.as_deref().map_or(0, |path| size_of_file(&with_ending(path, "-wal"))),
                logs: size_of_folder(&logs),
                folder: size_of_folder(&folder),
            })
        })
        .await
    }
}

/// The path of what SQLite puts beside a database.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// What is not there, or goes meanwhile, takes nothing.
pub(super) fn size_of_file(path: &Path) -> u64 {
    std::fs::symlink_metadata(path).map_or(0, |found| found.len())
}

fn size_of_folder(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => size_of_folder(&entry.path()),
            _ => size_of_file(&entry.path()),
        })
        .sum()
}
