//! SQLite files: one for the app, one per shop. WAL, foreign keys, numbered forward-only migrations, and a copy of
//! the file before it is migrated.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};
use sqlx::{
    ConnectOptions, Connection, SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::failure::Failure;
use crate::language::words;

/// The migrations of the app's own file.
pub(crate) static APP: Migrator = sqlx::migrate!("./migrations/app");
/// The migrations of a shop's file.
pub(crate) static SHOP: Migrator = sqlx::migrate!("./migrations/shop");

/// How many rows a statement may be ahead of whoever reads them: those of a page, so that its thread is not woken in between.
const ROWS_AHEAD: usize = 128;

/// Opens the database at `path`, makes it if missing, and brings it up to date.
///
/// A commit is on the disk when it returns (`synchronous = FULL`): a step that announces a call to NOWPayments must
/// survive the loss of power.
///
/// # Errors
/// When the file cannot be opened, is no database, or was written by a newer Paydesk. The file is left as it was.
pub(crate) async fn open(path: &Path, migrations: &'static Migrator) -> Result<SqlitePool, Failure> {
    let newest = newest(migrations);
    let version = version(path).await.map_err(|error| cannot_open(path, &error))?;
    if version > newest {
        return Err(Failure::other(words!(
            en: "{} was written by a newer Paydesk. Install that one again to go on; nothing in the file was changed.",
            de: "{} wurde von einem neueren Paydesk geschrieben. Installieren Sie das neuere wieder, um weiterzumachen; \
                 in der Datei wurde nichts geändert.",
            path.display(),
        )));
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .row_buffer_size(ROWS_AHEAD)
        .busy_timeout(Duration::from_secs(10))
        .optimize_on_close(true, None);
    let pool = SqlitePoolOptions::new()
        .max_connections(4)
        .test_before_acquire(false) // a file does not hang up
        .connect_with(options)
        .await
        .map_err(|error| cannot_open(path, &error))?;
    if let Some(version) = version.filter(|_| version < newest) {
        copy(&pool, path, version).await.map_err(|error| cannot_open(path, &error))?;
    }
    migrations.run(&pool).await.map_err(|error| cannot_open(path, &error))?;
    Ok(pool)
}

/// The one connection of an opened database for transactions that write.
pub(crate) fn writer(readers: &SqlitePool) -> SqlitePool {
    let options = SqliteConnectOptions::clone(&readers.connect_options())
        .pragma("wal_autocheckpoint", "4000")
        .pragma("temp_store", "MEMORY");
    SqlitePoolOptions::new().max_connections(1).test_before_acquire(false).connect_lazy_with(options)
}

/// Has the [`writer`] keep much of what it has read of the file, which hardly anybody else changes: while much is written.
pub(crate) async fn keep_much(writer: &SqlitePool) -> Result<(), sqlx::Error> {
    sqlx::query("PRAGMA cache_size = -16384").execute(writer).await?; // KiB
    Ok(())
}

/// Has the [`writer`] keep as little as those that read, and give back the memory of the rest.
pub(crate) async fn keep_little(writer: &SqlitePool) -> Result<(), sqlx::Error> {
    sqlx::query("PRAGMA cache_size = -2000; PRAGMA shrink_memory").execute(writer).await?;
    Ok(())
}

/// Deletes the database at `path` with all that SQLite and we have put beside it. Nobody may have it open.
pub(crate) async fn delete(path: &Path) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
    let mut entries = tokio::fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        if entry.file_name().as_encoded_bytes().starts_with(name.as_encoded_bytes()) {
            tokio::fs::remove_file(entry.path()).await?;
        }
    }
    Ok(())
}

/// Deletes the copies of the database at `path` that were made before it was migrated, and leaves the database.
pub(crate) async fn delete_copies(path: &Path) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
    let mut entries = tokio::fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        let found = entry.file_name();
        let rest = found.as_encoded_bytes().strip_prefix(name.as_encoded_bytes());
        if rest.is_some_and(|rest| rest.starts_with(b".v")) {
            tokio::fs::remove_file(entry.path()).await?;
        }
    }
    Ok(())
}

/// The last of the migrations.
pub(crate) fn newest(migrations: &Migrator) -> Option<i64> {
    migrations.iter().map(|migration| migration.version).max()
}

/// The last migration that a database has seen, found without the right to write; `None` for one that is new.
pub(crate) async fn version(path: &Path) -> Result<Option<i64>, sqlx::Error> {
    if !path.exists() {
        return Ok(None);
    }
    let mut db = SqliteConnectOptions::new().filename(path).read_only(true).connect().await?;
    let migrated: bool =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
            .fetch_one(&mut db)
            .await?;
    let version = match migrated {
        true => sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut db).await?,
        false => None,
    };
    db.close().await?;
    Ok(version)
}

/// Copies a database of an older version beside itself, so that a failed migration loses nothing. A copy that was cut
/// off half-way has another name and is made again.
async fn copy(pool: &SqlitePool, path: &Path, version: i64) -> Result<(), sqlx::Error> {
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".v{version}{ending}"));
        PathBuf::from(name)
    };
    let (copy, half) = (beside(""), beside(".half"));
    if copy.exists() {
        return Ok(());
    }
    if half.exists() {
        tokio::fs::remove_file(&half).await?;
    }
    sqlx::query("VACUUM INTO ?").bind(half.to_string_lossy().as_ref()).execute(pool).await?;
    tokio::fs::rename(&half, &copy).await?;
    Ok(())
}

fn cannot_open(path: &Path, error: &dyn std::error::Error) -> Failure {
    tracing::error!(path = %path.display(), %error, "cannot open the database");
    Failure::other(words!(
        en: "Paydesk cannot open its own file {} ({error}). Nothing was sent, and what the file holds was left as it \
             was.",
        de: "Paydesk kann seine eigene Datei {} nicht öffnen ({error}). Es wurde nichts gesendet, und was die Datei \
             enthält, ist unverändert.",
        path.display(),
    ))
}

/// A time as it stands in the database: RFC 3339, UTC, milliseconds.
pub(crate) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Migrations made on the spot, as those of some release.
    async fn release(folder: &Path, files: &[(&str, &str)]) -> &'static Migrator {
        fs::create_dir_all(folder).unwrap();
        for (name, sql) in files {
            fs::write(folder.join(name), sql).unwrap();
        }
        Box::leak(Box::new(Migrator::new(folder).await.unwrap()))
    }

    const FIRST: (&str, &str) = ("0001_first.sql", "CREATE TABLE things (name TEXT) STRICT;");
    const SECOND: (&str, &str) = ("0002_second.sql", "ALTER TABLE things ADD COLUMN size INTEGER;");

    #[tokio::test]
    async fn a_database_is_copied_before_it_is_migrated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        let old = open(&path, release(&folder.path().join("old"), &[FIRST]).await).await.unwrap();
        sqlx::query("INSERT INTO things (name) VALUES ('kept')").execute(&old).await.unwrap();
        old.close().await;

        let new = open(&path, release(&folder.path().join("new"), &[FIRST, SECOND]).await).await.unwrap();
        let (name, size): (String, Option<i64>) =
            sqlx::query_as("SELECT * FROM things").fetch_one(&new).await.unwrap();
        assert_eq!((name.as_str(), size), ("kept", None));
        new.close().await;

        let copy = folder.path().join("a.sqlite.v1");
        assert_eq!(version(&copy).await.unwrap(), Some(1));
        let mut copy = SqliteConnectOptions::new().filename(copy).read_only(true).connect().await.unwrap();
        let (name,): (String,) = sqlx::query_as("SELECT * FROM things").fetch_one(&mut copy).await.unwrap();
        assert_eq!(name, "kept");
    }

    #[tokio::test]
    async fn a_migration_that_fails_leaves_the_data_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        open(&path, release(&folder.path().join("old"), &[FIRST]).await).await.unwrap().close().await;
        let broken = release(
            &folder.path().join("new"),
            &[FIRST, ("0002_broken.sql", "DROP TABLE things; NONSENSE;")],
        )
        .await;
        let failure = open(&path, broken).await.unwrap_err();
        assert!(failure.message.contains("a.sqlite"), "{failure}");

        let old = open(&path, release(&folder.path().join("old"), &[FIRST]).await).await.unwrap();
        sqlx::query("SELECT name FROM things").fetch_all(&old).await.unwrap();
    }

    #[tokio::test]
    async fn a_database_of_a_newer_paydesk_is_refused_and_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        let new = release(&folder.path().join("new"), &[FIRST, SECOND]).await;
        open(&path, new).await.unwrap().close().await;
        let before = fs::read(&path).unwrap();

        let failure = open(&path, release(&folder.path().join("old"), &[FIRST]).await).await.unwrap_err();
        assert!(failure.message.contains("newer Paydesk"), "{failure}");
        assert_eq!(fs::read(&path).unwrap(), before);
        assert!(!folder.path().join("a.sqlite.v2").exists());
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_refused_and_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        fs::write(&path, "a shopping list, and not a short one: ".repeat(40)).unwrap();
        let before = fs::read(&path).unwrap();
        let failure = open(&path, &APP).await.unwrap_err();
        assert!(failure.message.contains("not a database"), "{failure}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[tokio::test]
    async fn both_schemas_stand() {
        let folder = tempfile::tempdir().unwrap();
        for (name, migrations) in [("app", &APP), ("shop", &SHOP)] {
            let db = open(&folder.path().join(name), migrations).await.unwrap();
            let problems: Vec<String> =
                sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&db).await.unwrap();
            assert_eq!(problems, ["ok"]);
            db.close().await;
        }
    }

    #[tokio::test]
    async fn the_copies_can_be_deleted_alone() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.sqlite", "a.sqlite-wal", "a.sqlite.v1", "a.sqlite.v2.half", "b.sqlite.v1"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        delete_copies(&folder.path().join("a.sqlite")).await.unwrap();
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["a.sqlite", "a.sqlite-wal", "b.sqlite.v1"]);
    }

    #[tokio::test]
    async fn deleting_takes_copies_and_logs_along_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.sqlite", "a.sqlite-wal", "a.sqlite-shm", "a.sqlite.v1", "b.sqlite"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        delete(&folder.path().join("a.sqlite")).await.unwrap();
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["b.sqlite"]);
    }
}
