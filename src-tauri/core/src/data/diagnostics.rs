//! What helps to find a fault, in a ZIP file of plain texts that its owner can look at before sending it. It says how much there
//! is of everything, and nothing of what it is.

use std::{
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
};

use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{everything::of_zip, on_a_thread, scrub::scrubbed, size::size_of_file};
use crate::{
    app::{Core, OpenShop},
    failure::Failure,
    language::{said, words},
    moves::lists::List,
    secrets::Secret,
    shops::Shop,
    store,
};

/// So much of the newest logs is looked at, in bytes.
const LOG: usize = 512 * 1024;

/// The lists that moves are looked for in, by their tables, and whether what is in them can change.
const LISTS: [(&str, List, bool); 6] = [
    ("custody_users", List::Users, false),
    ("custody_transfers", List::Transfers, true),
    ("custody_payments", List::Payments, true),
    ("conversions", List::Conversions, true),
    ("fiat_payouts", List::FiatPayouts, true),
    ("fiat_accounts", List::FiatAccounts, false),
];

/// What the window knows of the computer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Host {
    /// The name and version of what draws the window.
    pub webview: String,
}

impl Core {
    /// A ZIP file with what helps to find a fault, and the name that it should have. No secret is in it, no address, no amount and
    /// nobody's name.
    ///
    /// # Errors
    /// When the app is locked, its database fails, or the file cannot be made.
    pub async fn diagnostics(&self, host: &Host) -> Result<(String, Vec<u8>), Failure> {
        self.unlocked()?;
        let state = self.state().await?;
        let (mut shops, mut known) = (Vec::new(), Vec::new());
        for (at, shop) in state.shops.iter().enumerate() {
            known.extend(self.known_of(shop).await);
            let path = self.shop_path(&shop.id);
            let mut told = json!({
                "shop": at + 1,
                "environment": shop.environment,
                "open": state.open.as_ref() == Some(&shop.id),
                "database_bytes": size_of_file(&path),
            });
            match database(&path).await {
                Ok(database) => told["database"] = database,
                Err(error) => tracing::warn!(%error, "a database could not be counted"),
            }
            shops.push(told);
        }
        let sync = match self.open_now() {
            Some(open) => Some(sync_of(&open).await?),
            None => None,
        };
        let data = &self.inner.surroundings.data;
        let about = json!({
            "paydesk": state.version,
            "made_at": store::time(self.inner.surroundings.now()),
            "system": {
                "kind": std::env::consts::OS, "processor": std::env::consts::ARCH, "name": system_name(),
                "webview": host.webview,
            },
            "settings": {
                "theme": state.settings.theme, "language": state.settings.language, "spoken": state.spoken,
                "lock": state.lock.enabled, "lock_after_minutes": state.lock.after_minutes,
            },
            "app_database": database(&data.join("paydesk.sqlite")).await.unwrap_or_default(),
            "schema_expected": { "app": store::newest(&store::APP), "shop": store::newest(&store::SHOP) },
            "shops": shops,
            "sync": sync,
            "trouble": state.trouble.map(|trouble| trouble.code),
        });
        let logs = self.inner.surroundings.logs.clone();
        let bytes = on_a_thread(move || {
            let log = scrubbed(&newest_log(&logs), &known);
            packed(&about, &log).map_err(|error| {
                Failure::other(words!(
                    en: "The file could not be made ({error}).",
                    de: "Die Datei konnte nicht erstellt werden ({error}).",
                ))
            })
        })
        .await?;
        Ok((format!("paydesk-diagnostics-{}.zip", self.today()), bytes))
    }

    /// What must not be in a log, should it ever be: it is taken out where it stands.
    async fn known_of(&self, shop: &Shop) -> Vec<String> {
        let mut known = vec![shop.name.clone(), shop.id.clone()];
        known.extend(shop.email.clone());
        for secret in Secret::ALL {
            // A keychain that cannot be read now has nothing to do with the log, in which no secret is written.
            if let Ok(Some(value)) = self.inner.surroundings.keychain.read(&shop.id, secret).await {
                known.push(value.expose_secret().to_owned());
            }
        }
        known
    }
}

/// How each list of the open shop stands: when it was last read, how much of it can still change, whether reading it fails.
async fn sync_of(open: &OpenShop) -> Result<Value, Failure> {
    let payments = open.payments.sync_status().await?;
    let subscriptions = open.subscriptions.sync_status().await?;
    let balances = open.balance.held().await?;
    let mut sync = json!({
        "payments": {
            "cached": payments.cached, "of": payments.total, "complete": payments.complete, "running": payments.running,
            "stopped": payments.stopped, "last_success": payments.last_success, "next_at": payments.next_at,
            "in_trouble": payments.trouble.is_some(),
        },
        "subscriptions": {
            "read_at": subscriptions.read_at, "running": subscriptions.running,
            "in_trouble": subscriptions.trouble.is_some(),
        },
        "balances": { "read_at": balances.read_at, "in_trouble": balances.trouble.is_some() },
    });
    let db = &open.moves.ctx.db;
    for (name, list, can_change) in LISTS {
        let open: Option<i64> = match can_change {
            true => {
                let open = format!("SELECT count(*) FROM {name} WHERE is_open = 1");
                Some(sqlx::query_scalar(AssertSqlSafe(open)).fetch_one(db).await?)
            }
            false => None,
        };
        sync[name] = json!({ "read_at": list.read_at(db).await?, "can_change": open });
    }
    Ok(sync)
}

/// The schema of a database, how many rows its tables have, and what is in which state.
async fn database(path: &Path) -> Result<Value, sqlx::Error> {
    if !path.exists() {
        return Ok(Value::Null);
    }
    let version = store::version(path).await?;
    let mut db = SqliteConnectOptions::new().filename(path).read_only(true).connect().await?;
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
         AND name NOT LIKE '%\\_search\\_%' ESCAPE '\\' ORDER BY name",
    )
    .fetch_all(&mut db)
    .await?;
    let mut rows = Map::new();
    for name in &names {
        let count = AssertSqlSafe(format!("SELECT count(*) FROM \"{name}\""));
        let count: i64 = sqlx::query_scalar(count).fetch_one(&mut db).await?;
        rows.insert(name.clone(), count.into());
    }
    let mut states = Map::new();
    for (table, column) in [
        ("payout_batches", "state"),
        ("moves", "state"),
        ("payments", "status"),
        ("subscription_calls", "state"),
    ] {
        if names.iter().any(|name| name == table) {
            states.insert(table.to_owned(), counted(&mut db, table, column).await?);
        }
    }
    db.close().await?;
    Ok(json!({ "schema": version, "rows": rows, "states": states }))
}

async fn counted(db: &mut SqliteConnection, table: &str, column: &str) -> Result<Value, sqlx::Error> {
    let sql = format!("SELECT {column}, count(*) FROM {table} GROUP BY {column} ORDER BY {column}");
    let counts: Vec<(String, i64)> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(db).await?;
    Ok(counts.into_iter().map(|(state, count)| (state, Value::from(count))).collect::<Map<_, _>>().into())
}

/// What the system calls itself, where it says so.
fn system_name() -> Option<String> {
    let release = fs::read_to_string("/etc/os-release").ok()?;
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(name.trim_matches('"').to_owned())
}

/// The end of the logs, the newest last. The names of the files are days.
fn newest_log(folder: &Path) -> String {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "log"));
    files.sort();
    let mut log = Vec::new();
    for path in files.iter().rev() {
        let mut bytes = fs::read(path).unwrap_or_default();
        bytes.append(&mut log);
        log = bytes;
        if log.len() >= LOG {
            break;
        }
    }
    let begins = log.len().saturating_sub(LOG);
    let log = String::from_utf8_lossy(&log[begins..]);
    // The first line may be half of one, whose secrets are halves, too.
    if begins == 0 { log.into_owned() } else { log.split_once('\n').unwrap_or_default().1.to_owned() }
}

fn packed(about: &Value, log: &str) -> std::io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let readme = said!(
        en: "What helps to find a fault in Paydesk.\r\n\r\n\
             paydesk.json  versions, settings, how many rows each table has, how the sync of each list stands\r\n\
             log.txt       the end of the log; what could be somebody's is taken out: […]\r\n\r\n\
             Not in here: keys, passwords, codes, PINs, e-mail addresses, addresses of customers, amounts, names.\r\n\
             Look through it before you send it to anybody.\r\n",
        de: "Was hilft, einen Fehler in Paydesk zu finden.\r\n\r\n\
             paydesk.json  Versionen, Einstellungen, wie viele Zeilen jede Tabelle hat, wie der Abgleich jeder Liste steht\r\n\
             log.txt       das Ende des Protokolls; was jemandem gehören könnte, ist entfernt: […]\r\n\r\n\
             Nicht enthalten: Schlüssel, Passwörter, Codes, PINs, E-Mail-Adressen, Adressen von Kunden, Beträge, Namen.\r\n\
             Sehen Sie es durch, bevor Sie es jemandem schicken.\r\n",
    );
    let about = serde_json::to_string_pretty(about)?;
    for (name, text) in [("README.txt", readme), ("paydesk.json", &about), ("log.txt", log)] {
        zip.start_file(name, options).map_err(of_zip)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish().map_err(of_zip)?.into_inner())
}
