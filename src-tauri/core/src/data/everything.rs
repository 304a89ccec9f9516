//! Everything of a shop as tables: a ZIP file with a CSV for each, and a text that says what is what.
//!
//! All is read in one look at the database, row after row, while a thread writes what came before. No secret is in a database.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use futures_util::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Executor, Row, SqlSafeStr, SqliteConnection,
    Statement,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use tokio::sync::mpsc;
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{
    half::Half,
    meanings::meaning,
    tables::{AMOUNTS, TABLES, Table},
    work::Work,
};
use crate::{
    app::Core,
    exports::not_written,
    failure::Failure,
    language::{said, words},
    shops::Shop,
    spreadsheet, store,
};

/// So much text is handed on at a time.
const PIECE: usize = 1 << 16;

/// What comes to the writer.
enum Piece {
    /// A file begins.
    File(String),
    /// It goes on, with so many rows.
    Text(String, u32),
}

impl Core {
    /// Writes everything of a shop into the ZIP file at `target`. Until it is whole the file has another name.
    ///
    /// # Errors
    /// When the database or the disk fails, or the work was stopped. A file that was there before is left as it was.
    pub(super) async fn write_everything(
        &self,
        shop: &Shop,
        target: &Path,
        work: &Work,
    ) -> Result<(), Failure> {
        let mut db =
            SqliteConnectOptions::new().filename(self.shop_path(&shop.id)).read_only(true).connect().await?;
        let mut look = db.begin().await?;
        let (mut counts, mut total) = (Vec::new(), 0_u64);
        for Table { name, .. } in TABLES {
            let count: u32 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {name}")))
                .fetch_one(&mut *look)
                .await?;
            total += u64::from(count);
            counts.push(count);
            work.go_on()?;
        }
        work.progress(0, total);
        let readme = readme(&mut look, shop, &store::time(self.inner.surroundings.now()), &counts).await?;

        let half = self.note_half(target).await?;
        let written = self.write_half(&mut look, &half, (readme, total), target, work).await;
        self.forget_half(&half).await?;
        written
    }

    async fn write_half(
        &self,
        look: &mut SqliteConnection,
        half: &Half,
        (readme, total): (String, u64),
        target: &Path,
        work: &Work,
    ) -> Result<(), Failure> {
        let (file, half) = half.create().map_err(|error| not_written(target, &error))?;
        let (send, receive) = mpsc::channel(4);
        let thread = {
            let work = work.clone();
            tokio::task::spawn_blocking(move || write_all(file, receive, total, &work))
        };
        let hand_over = work.stop().run_until_cancelled(hand_to(look, readme, send));
        let (read, written) = tokio::join!(hand_over, thread);
        work.go_on()?;
        if let Some(read) = read {
            read?;
        }
        let written = written.unwrap_or_else(|error| {
            tracing::error!(%error, "an export of everything broke off");
            Err(io::Error::other(error))
        });
        written.map_err(|error| not_written(target, &error))?;
        work.go_on()?;
        half.persist(target).map_err(|error| not_written(target, &error.error))?;
        Ok(())
    }
}

/// Hands all files to `to`, until nobody takes them any more.
async fn hand_to(db: &mut SqliteConnection, readme: String, to: mpsc::Sender<Piece>) -> Result<(), Failure> {
    for piece in [Piece::File("README.txt".to_owned()), Piece::Text(readme, 0)] {
        if to.send(piece).await.is_err() {
            return Ok(());
        }
    }
    for table in TABLES {
        let names = columns(db, table).await?;
        let mut text = String::new();
        spreadsheet::push_record(&mut text, &names);
        if to.send(Piece::File(format!("{}.csv", table.name))).await.is_err() {
            return Ok(());
        }
        let (mut rows, mut count) = (sqlx::query(table.sql).fetch(&mut *db), 0);
        while let Some(row) = rows.try_next().await? {
            spreadsheet::push_record(&mut text, &fields(&row, &names)?);
            count += 1;
            if text.len() >= PIECE {
                if to.send(Piece::Text(std::mem::take(&mut text), count)).await.is_err() {
                    return Ok(());
                }
                count = 0;
            }
        }
        if to.send(Piece::Text(text, count)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// The names of a file's columns.
async fn columns(db: &mut SqliteConnection, table: &Table) -> Result<Vec<String>, sqlx::Error> {
    let statement = db.prepare(table.sql.into_sql_str()).await?;
    Ok(statement.columns().iter().map(|column| column.name().to_owned()).collect())
}

/// What stands in a row: what is in the database, exactly, but for what a spreadsheet would take for a formula.
fn fields(row: &SqliteRow, names: &[String]) -> Result<Vec<String>, sqlx::Error> {
    let field = |(at, name): (usize, &String)| {
        let value = row.try_get_unchecked::<Option<String>, _>(at)?.unwrap_or_default();
        let is_amount = AMOUNTS.contains(&name.as_str()) && is_number(&value);
        Ok(if is_amount { value } else { spreadsheet::guarded(&value, ',').into_owned() })
    };
    names.iter().enumerate().map(field).collect()
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Writes all that comes, and has it on the disk in the end.
fn write_all(file: File, mut pieces: mpsc::Receiver<Piece>, total: u64, work: &Work) -> io::Result<()> {
    let mut zip = ZipWriter::new(BufWriter::with_capacity(PIECE, file));
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
    let mut done = 0;
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::File(name) => zip.start_file(name, options).map_err(of_zip)?,
            Piece::Text(text, rows) => {
                zip.write_all(text.as_bytes())?;
                done += u64::from(rows);
                work.progress(done, total);
            }
        }
    }
    let file = zip.finish().map_err(of_zip)?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()
}

pub(super) fn of_zip(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        error => io::Error::other(error),
    }
}

/// What is what, for whoever opens the file.
async fn readme(
    db: &mut SqliteConnection,
    shop: &Shop,
    made_at: &str,
    counts: &[u32],
) -> Result<String, Failure> {
    let mut text = words!(
        en: "Everything that Paydesk {version} had of the shop {name} on {made_at}.\n",
        de: "Alles, was Paydesk {version} am {made_at} vom Shop {name} hatte.\n",
        version = env!("CARGO_PKG_VERSION"), name = shop.name,
    );
    text.push_str(said!(
        en: "\nEach file is a CSV (RFC 4180) in UTF-8, with commas between its fields. Its first line names the columns.\n\
             Amounts are exact decimal text with a point. Times are UTC, as ISO 8601 writes them. What is empty is not known or\n\
             does not exist. A text that a spreadsheet would take for a formula has an apostrophe before it.\n\
             Not in here: API keys, passwords, PINs and other secrets; the answers of NOWPayments word for word; what Paydesk\n\
             works out for its screens; how far it has come with its own work, and how its window was left. A backup has all\n\
             of that, sealed.\n",
        de: "\nJede Datei ist eine CSV (RFC 4180) in UTF-8, mit Kommas zwischen den Feldern. Ihre erste Zeile nennt die Spalten.\n\
             Beträge sind exakter Dezimaltext mit einem Punkt. Zeiten sind UTC, wie ISO 8601 sie schreibt. Was leer ist, ist nicht\n\
             bekannt oder gibt es nicht. Vor einem Text, den eine Tabellenkalkulation für eine Formel hielte, steht ein Apostroph.\n\
             Nicht enthalten sind: API-Schlüssel, Passwörter, PINs und andere Geheimnisse; die Antworten von NOWPayments im\n\
             Wortlaut; was Paydesk für seine Anzeigen ausrechnet; wie weit es mit der eigenen Arbeit ist, und wie sein Fenster\n\
             verlassen wurde. Eine Sicherung hat das alles, versiegelt.\n",
    ));
    for (table, count) in TABLES.iter().zip(counts) {
        text.push_str(&words!(
            en: "\n{name}.csv: {about} Rows: {count}.\n",
            de: "\n{name}.csv: {about} Zeilen: {count}.\n",
            name = table.name, about = table.about(),
        ));
        for column in columns(db, table).await? {
            let meaning = meaning(&column).unwrap_or_default();
            text.push_str(&format!("  {column}: {meaning}\n"));
        }
    }
    Ok(text.replace('\n', "\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::tables::LEFT_OUT;

    #[tokio::test]
    async fn every_file_and_every_column_has_a_meaning_and_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let db = store::open(&folder.path().join("shop.sqlite"), &store::SHOP).await.unwrap();
        let mut connection = db.acquire().await.unwrap();
        for table in TABLES {
            let names = columns(&mut connection, table).await.unwrap();
            for column in &names {
                assert!(meaning(column).is_some(), "{} of {}", column, table.name);
            }
            assert!(!table.about().is_empty());
            sqlx::query(table.sql).fetch_all(&mut *connection).await.unwrap();
        }
        drop(connection);
        db.close().await;
    }

    #[tokio::test]
    async fn every_column_of_the_database_is_in_a_file_or_left_out_for_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let db = store::open(&folder.path().join("shop.sqlite"), &store::SHOP).await.unwrap();
        let schema: Vec<(String, String)> = sqlx::query_as(
            "SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
             WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'",
        )
        .fetch_all(&db)
        .await
        .unwrap();
        let in_a_file = |name: &str, column: &str| {
            TABLES.iter().filter(|table| table.name == name).any(|table| {
                let selected = table.sql.split(" FROM ").next().unwrap();
                selected
                    .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                    .any(|word| word == column)
            })
        };
        let left_out = |name: &str, column: &str| {
            let is_meant = |columns: &[&str]| columns.is_empty() || columns.contains(&column);
            LEFT_OUT.iter().any(|(table, columns, _)| *table == name && is_meant(columns))
        };
        // A payment is named by its id, and its row is not; what is there to sort by and count with is worked out.
        let is_key = |name: &str, column: &str| {
            name == "payments" && (column == "number" || column == "waits_until" || column.ends_with("_key"))
        };
        let mut wrong = Vec::new();
        for (name, column) in &schema {
            let ways = [in_a_file(name, column), left_out(name, column) || is_key(name, column)];
            if ways.iter().filter(|way| **way).count() != 1 {
                wrong.push(format!("{name}.{column}: {ways:?}"));
            }
        }
        assert_eq!(wrong, [""; 0]);
        for (name, columns, _) in LEFT_OUT {
            assert!(schema.iter().any(|(table, _)| table == name), "{name}");
            for column in *columns {
                assert!(schema.contains(&((*name).to_owned(), (*column).to_owned())), "{name}.{column}");
            }
        }
        db.close().await;
    }

    #[test]
    fn a_negative_amount_stays_a_number() {
        for (text, expected) in
            [("-0.5", true), ("12", true), ("", false), ("-", false), ("=1", false), ("1e3", false)]
        {
            assert_eq!(is_number(text), expected, "{text}");
        }
    }
}
