//! Collects what Paydesk writes, says and shows, so that secrets can be looked for in all of it.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{
    collections::BTreeSet,
    fmt::Debug,
    io,
    path::Path,
    sync::{Arc, LazyLock, Mutex},
};

use paydesk_core::{Core, Failure};
use serde::Serialize;
use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, sqlite::SqliteConnectOptions};
use tokio::{sync::broadcast::error::RecvError, task::JoinHandle};

use super::needles::{Find, Needles};

/// Everything that any crate of this process logs, at the finest level: `sqlx`, `reqwest` and `hyper` as well. Paydesk itself
/// logs its own crates at INFO and all others at WARN (`shell/logs.rs`), and nothing makes it log more.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .init();
    log
});

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to keep the log.
pub(crate) fn keep_log() {
    LazyLock::force(&LOG);
}

/// What was found, and where.
pub(crate) type Found = BTreeSet<(String, Find)>;

enum Piece {
    Words(String),
    Bytes(Vec<u8>),
}

/// What was collected. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Evidence(Arc<Mutex<Vec<(String, Piece)>>>);

impl Evidence {
    /// Text for people.
    pub(crate) fn words(&self, place: &str, text: impl Into<String>) {
        self.0.lock().unwrap().push((place.to_owned(), Piece::Words(text.into())));
    }

    fn bytes(&self, place: &str, bytes: Vec<u8>) {
        self.0.lock().unwrap().push((place.to_owned(), Piece::Bytes(bytes)));
    }

    /// What crosses to the window, and what it would be in a log.
    pub(crate) fn told(&self, place: &str, value: &(impl Serialize + Debug)) {
        self.words(place, format!("{value:?}\n{value:#?}\n{}", serde_json::to_string(value).unwrap()));
        self.strings(place, &serde_json::to_value(value).unwrap());
    }

    pub(crate) fn failure(&self, place: &str, failure: &Failure) {
        self.told(place, failure);
        self.words(place, failure.to_string());
    }

    /// An answer to the window, of either kind.
    pub(crate) fn answer<T: Serialize + Debug>(&self, place: &str, answer: &Result<T, Failure>) {
        match answer {
            Ok(value) => self.told(place, value),
            Err(failure) => self.failure(place, failure),
        }
    }

    /// All events from now on, until core is gone.
    pub(crate) fn events(&self, core: &Core) -> JoinHandle<()> {
        let (evidence, mut changes) = (self.clone(), core.changes());
        tokio::spawn(async move {
            loop {
                match changes.recv().await {
                    Ok(changed) => evidence.told("an event", &changed),
                    Err(RecvError::Lagged(missed)) => panic!("{missed} events were not looked at"),
                    Err(RecvError::Closed) => return,
                }
            }
        })
    }

    /// Every file under a folder as it is now, and every value of the databases among them.
    pub(crate) async fn files(&self, folder: &Path) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
                self.words("the name of a file", name.as_str());
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(&path).unwrap();
                if bytes.starts_with(b"SQLite format 3\0") {
                    self.database(&path).await;
                }
                self.bytes(&format!("the file {name}"), bytes);
                names.push(name);
            }
        }
        names
    }

    /// Every file in a ZIP file.
    pub(crate) fn zip(&self, place: &str, bytes: &[u8]) {
        let mut zip = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
        for at in 0..zip.len() {
            let mut text = String::new();
            io::Read::read_to_string(&mut zip.by_index(at).unwrap(), &mut text).unwrap();
            self.words(place, text);
        }
    }

    async fn database(&self, path: &Path) {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let mut db = options.connect().await.unwrap();
        let tables: Vec<(String, Option<String>)> =
            sqlx::query_as("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
                .fetch_all(&mut db)
                .await
                .unwrap();
        for (table, _) in tables {
            let all = AssertSqlSafe(format!("SELECT * FROM \"{table}\""));
            // What only a search can read is in the tables beside it.
            let Ok(rows) = sqlx::query(all).fetch_all(&mut db).await else { continue };
            for row in rows {
                for column in 0..row.len() {
                    let Ok(Some(value)) = row.try_get_unchecked::<Option<Vec<u8>>, _>(column) else {
                        continue;
                    };
                    self.value(&format!("the table {table}"), value);
                }
            }
        }
        db.close().await.unwrap();
    }

    /// A value of a database. Whatever has a space in it is for people, and JSON is looked into.
    fn value(&self, place: &str, value: Vec<u8>) {
        if let Ok(text) = std::str::from_utf8(&value) {
            if let Ok(json @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str::<Value>(text) {
                self.strings(place, &json);
            } else if text.contains(' ') {
                self.words(place, text);
            }
        }
        self.bytes(place, value);
    }

    fn strings(&self, place: &str, json: &Value) {
        match json {
            Value::String(text) if text.contains(' ') => self.words(place, text.as_str()),
            Value::String(text) => self.bytes(place, text.clone().into_bytes()),
            Value::Array(items) => items.iter().for_each(|item| self.strings(place, item)),
            Value::Object(fields) => fields.values().for_each(|field| self.strings(place, field)),
            _ => {}
        }
    }

    /// Looks through all that was collected.
    pub(crate) fn look_for(&self, needles: &Needles) -> Found {
        let mut found = Found::new();
        for (place, piece) in &*self.0.lock().unwrap() {
            let finds = match piece {
                Piece::Words(text) => needles.in_words(text),
                Piece::Bytes(bytes) => needles.in_bytes(bytes),
            };
            found.extend(finds.into_iter().map(|find| (place.clone(), find)));
        }
        found
    }

    /// How many pieces came from a place.
    pub(crate) fn count(&self, place: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|(known, _)| known == place).count()
    }
}

/// The log so far, without what the keychain in memory says: its items are their own secrets, and are shown with them at DEBUG.
/// Those of a real keychain are a path or a name, and nothing of it is logged by Paydesk.
pub(crate) fn log() -> String {
    let log = String::from_utf8_lossy(&LOG.0.lock().unwrap()).into_owned();
    log.split_inclusive('\n').filter(|line| !line.contains(" DEBUG keyring_core: ")).collect()
}
