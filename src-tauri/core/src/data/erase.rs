//! The end of all data on this computer: shops, keys, settings and logs. What is at NOWPayments stays there.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::on_a_thread;
use crate::{
    app::Core,
    changes::Changed,
    failure::{Failure, FailureCode},
    language::{said, words},
    shops::{Environment, Shop},
};

/// What would be deleted, and what is under way meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Erasure {
    /// How many shops there are.
    pub shops: u32,
    /// What is under way, or whose end is not known, in words. It goes on without Paydesk, which then no longer knows of it.
    pub under_way: Vec<String>,
}

/// What can be under way: the table, and the states in which it is.
const UNDER_WAY: [(&str, &str); 4] = [
    ("payout_batches", "'locked', 'submitting', 'unknown', 'created', 'verified', 'sending'"),
    ("moves", "'sending', 'unknown'"),
    ("made_payments", "'sending', 'unknown'"),
    ("subscription_calls", "'sending', 'unknown'"),
];

impl Core {
    /// What [`Self::erase_everything`] would delete.
    ///
    /// # Errors
    /// When the app is locked, or a database cannot be read.
    pub async fn erasure(&self) -> Result<Erasure, Failure> {
        self.unlocked()?;
        let shops = self.state().await?.shops;
        let mut under_way = Vec::new();
        for shop in &shops {
            under_way.extend(self.under_way(shop).await);
        }
        Ok(Erasure { shops: u32::try_from(shops.len()).unwrap_or(u32::MAX), under_way })
    }

    /// Deletes all shops with their databases and keys, the lock, the settings and the logs. `word` is what the owner typed to say
    /// so, and `seen` how many things the owner knows to be under way. Everything is as at the first start then.
    ///
    /// # Errors
    /// When the word is another (`word`), more is under way than the owner has seen (`Stale`), the app is locked, or the keychain
    /// or the disk fails; what was not yet deleted is still there then.
    pub async fn erase_everything(&self, word: &str, seen: u32) -> Result<(), Failure> {
        self.unlocked()?;
        let word = word.trim().to_lowercase();
        if !said!(each: en: "delete", de: "löschen").contains(&word.as_str()) {
            return Err(Failure::invalid(
                "word",
                said!(
                    en: "Type the word “delete” to go on. Nothing was deleted.",
                    de: "Schreiben Sie das Wort „löschen“, um fortzufahren. Es wurde nichts gelöscht.",
                ),
            ));
        }
        if usize::try_from(seen).unwrap_or_default() < self.erasure().await?.under_way.len() {
            return Err(more_under_way());
        }
        self.inner.jobs.stop().await;
        self.inner.jobs.forget();
        self.forget_all().await?;
        sqlx::raw_sql("DELETE FROM settings; DELETE FROM pins; VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")
            .execute(&self.inner.db)
            .await?;
        let (shops, logs) =
            (self.inner.surroundings.data.join("shops"), self.inner.surroundings.logs.clone());
        on_a_thread(move || {
            empty(&shops)?;
            clear_logs(&logs)
        })
        .await?;
        self.announce(Changed::Everything);
        Ok(())
    }

    /// What is under way in a shop, or whose end is not known, in words.
    pub(crate) async fn under_way(&self, shop: &Shop) -> Vec<String> {
        self.read_under_way(shop).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what is under way in a shop could not be read");
            vec![words!(
                en: "{}: its database cannot be read, so nobody knows what is under way.",
                de: "{}: Die Datenbank ist nicht lesbar, darum weiß niemand, was noch läuft.",
                shop.name,
            )]
        })
    }

    async fn read_under_way(&self, shop: &Shop) -> Result<Vec<String>, sqlx::Error> {
        let path = self.shop_path(&shop.id);
        // Practice money is nothing to be warned of.
        if !path.exists() || shop.environment == Environment::Demo {
            return Ok(Vec::new());
        }
        let mut db = SqliteConnectOptions::new().filename(&path).read_only(true).connect().await?;
        let mut found = Vec::new();
        for (table, states) in UNDER_WAY {
            let count = count(&mut db, table, states).await?;
            if count > 0 {
                found.push(in_words(&shop.name, table, count));
            }
        }
        db.close().await?;
        Ok(found)
    }
}

/// What is said where the owner has seen less than there is.
pub(crate) fn more_under_way() -> Failure {
    Failure::new(
        FailureCode::Stale,
        said!(
            en: "Something else has got under way meanwhile. Nothing was deleted. Look at it first.",
            de: "Inzwischen ist noch etwas in Gang gekommen. Es wurde nichts gelöscht. Sehen Sie es sich zuerst an.",
        ),
    )
}

/// How many rows of a table are in one of these states. A database that was not opened for long may not have the table.
async fn count(db: &mut SqliteConnection, table: &str, states: &str) -> Result<u32, sqlx::Error> {
    let there: bool =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?")
            .bind(table)
            .fetch_one(&mut *db)
            .await?;
    if !there {
        return Ok(0);
    }
    let sql = format!("SELECT count(*) FROM {table} WHERE state IN ({states})");
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(db).await
}

fn in_words(shop: &str, table: &str, count: u32) -> String {
    match table {
        "payout_batches" => words!(
            one: count,
            en: "{shop}: a batch of payouts is not settled. It goes on at NOWPayments.",
            de: "{shop}: Eine Sammelauszahlung ist nicht abgeschlossen. Sie läuft bei NOWPayments weiter.",
            more:
            en: "{shop}: {count} batches of payouts are not settled. They go on at NOWPayments.",
            de: "{shop}: {count} Sammelauszahlungen sind nicht abgeschlossen. Sie laufen bei NOWPayments weiter.",
        ),
        "moves" => words!(
            one: count,
            en: "{shop}: the end of a move inside the account is not known.",
            de: "{shop}: Der Ausgang einer Bewegung innerhalb des Kontos ist nicht bekannt.",
            more:
            en: "{shop}: the end of {count} moves inside the account is not known.",
            de: "{shop}: Der Ausgang von {count} Bewegungen innerhalb des Kontos ist nicht bekannt.",
        ),
        "made_payments" => words!(
            one: count,
            en: "{shop}: it is not known whether a payment was made.",
            de: "{shop}: Ob eine Zahlung angelegt wurde, ist nicht bekannt.",
            more:
            en: "{shop}: it is not known whether {count} payments were made.",
            de: "{shop}: Ob {count} Zahlungen angelegt wurden, ist nicht bekannt.",
        ),
        _ => words!(
            one: count,
            en: "{shop}: it is not known what became of a subscription.",
            de: "{shop}: Was aus einem Abo wurde, ist nicht bekannt.",
            more:
            en: "{shop}: it is not known what became of {count} subscriptions.",
            de: "{shop}: Was aus {count} Abos wurde, ist nicht bekannt.",
        ),
    }
}

/// Deletes what a killed backup may have left where the shops were.
fn empty(folder: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let deleted = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        deleted.map_err(|error| not_deleted(&path, &error))?;
    }
    Ok(())
}

/// Empties all log files and deletes them, but for the newest, which is being written.
fn clear_logs(folder: &Path) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut logs: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    logs.sort();
    let newest = logs.pop();
    for log in &logs {
        fs::remove_file(log).map_err(|error| not_deleted(log, &error))?;
    }
    match newest {
        Some(log) => {
            let emptied = fs::File::options().write(true).open(&log).and_then(|file| file.set_len(0));
            emptied.map_err(|error| not_deleted(&log, &error))
        }
        None => Ok(()),
    }
}

fn not_deleted(path: &Path, error: &std::io::Error) -> Failure {
    Failure::other(words!(
        en: "Paydesk could not delete {path} ({error}). Delete it yourself.",
        de: "Paydesk konnte {path} nicht löschen ({error}). Löschen Sie es selbst.",
        path = path.display(),
    ))
}
