//! Many subscribers from a file: a list of e-mail addresses in text, read by the importer's rules, and kept as a draft that can be
//! corrected.
//!
//! Each line of the file ends as accepted or rejected, so that `records = header + blank + accepted + rejected`. Rejected are
//! those that are no address, that an earlier line has, and that are subscribed to the plan already.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::{FromRow, SqliteConnection};

use super::{
    Subscriptions, email,
    job::{SubscriberFileState, SubscriberProgress},
};
use crate::{
    changes::Changed,
    failure::{Failure, FailureCode},
    language::{said, words},
    payouts::import::{
        FileError, FileErrorCode,
        plain::{self, PlainFile, PlainLine, Unread, Wanted},
        read,
    },
    store,
};

/// The largest file, in bytes, and the most rows of one.
const LARGEST: usize = 16 << 20;
const MOST_ROWS: usize = 50_000;
/// The most rows on a page.
const MOST: u32 = 500;

/// What became of a file that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum SubscriberFileOpened {
    /// It was read, and is kept.
    Draft {
        /// The file.
        file: SubscriberFile,
    },
    /// It waits for the owner to say which column holds the addresses: [`Subscriptions::answer_file`].
    Asks {
        /// The columns by the names in its first row, or numbered.
        columns: Vec<String>,
        /// Its first rows.
        sample: Vec<Vec<String>>,
    },
}

/// A file of subscribers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubscriberFile {
    /// Our id, a UUID.
    pub id: String,
    /// The API's id of the plan.
    pub plan: String,
    /// The name of the plan.
    pub plan_title: String,
    /// The name of the file.
    pub name: String,
    /// How far it is.
    pub state: SubscriberFileState,
    /// Where the lines ended when it was read.
    pub counts: SubscriberCounts,
    /// How its rows stand now.
    pub progress: SubscriberProgress,
    /// How it was read, where that is not obvious.
    pub notes: Vec<String>,
    /// Why its sending was interrupted, in words.
    pub trouble: Option<String>,
    /// When it was opened.
    pub at: DateTime<Utc>,
}

/// Where the records of a file ended: `records = header + blank + accepted + rejected`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubscriberCounts {
    /// All.
    pub records: u32,
    /// Those that name the columns or the separator.
    pub header: u32,
    /// Those that hold nothing.
    pub blank: u32,
    /// Those that can be subscribed.
    pub accepted: u32,
    /// All others: the three that follow.
    pub rejected: u32,
    /// Those that are no e-mail address, or broken.
    pub bad: u32,
    /// Those with an address that an earlier line has.
    pub duplicates: u32,
    /// Those that are subscribed to the plan already.
    pub already: u32,
}

/// How a row of a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum SubscriberRowStatus {
    /// It can be sent.
    Ready,
    /// It is no e-mail address, or broken.
    Bad,
    /// An earlier row has the same address.
    Duplicate,
    /// The address is subscribed to the plan already.
    Already,
    /// It was subscribed.
    Subscribed,
    /// NOWPayments refused it.
    Refused,
    /// It is being sent, or it is not known whether it was subscribed: Paydesk is looking for it.
    Unknown,
    /// The owner has left it out.
    LeftOut,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubscriberRowFault {
    /// The column, where one is to blame.
    pub column: Option<String>,
    /// What stood there.
    pub value: String,
    /// What is wrong, in words.
    pub message: String,
}

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubscriberRow {
    /// From 1.
    pub number: u32,
    /// The line of the file that it begins on, from 1.
    pub line: u32,
    /// The address, as it stood or was corrected.
    pub email: String,
    /// What the other columns hold, by their names.
    pub notes: Vec<(String, String)>,
    /// The row as it stood in the file.
    pub raw: String,
    /// How it stands.
    pub status: SubscriberRowStatus,
    /// What is wrong with it.
    pub problem: Option<SubscriberRowFault>,
    /// The call that was made for it last, by which it can be looked for and given up.
    pub call: Option<String>,
    /// The API's id of its subscription.
    pub subscription: Option<String>,
}

/// Rows of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubscriberRows {
    /// The rows, in the order of the file.
    pub rows: Vec<SubscriberRow>,
    /// How many match in all.
    pub total: u32,
    /// The last number on this page, to go on behind; `None` when this is the last page.
    pub next: Option<u32>,
}

/// A file that waits for an answer.
#[derive(Debug)]
pub(super) struct Asking {
    plan: String,
    name: String,
    bytes: Vec<u8>,
}

#[derive(FromRow)]
struct StoredRow {
    number: u32,
    line: u32,
    email: String,
    notes: String,
    raw: String,
    status: SubscriberRowStatus,
    problem: Option<String>,
    call: Option<String>,
    subscription: Option<String>,
}

impl StoredRow {
    fn row(self) -> SubscriberRow {
        SubscriberRow {
            number: self.number,
            line: self.line,
            email: self.email,
            notes: serde_json::from_str(&self.notes).unwrap_or_default(),
            raw: self.raw,
            status: self.status,
            problem: self.problem.and_then(|json| serde_json::from_str(&json).ok()),
            call: self.call,
            subscription: self.subscription,
        }
    }
}

#[derive(FromRow)]
struct StoredFile {
    id: String,
    plan: String,
    plan_title: Option<String>,
    name: String,
    state: SubscriberFileState,
    records: u32,
    header: u32,
    blank: u32,
    notes: String,
    trouble: Option<String>,
    at: DateTime<Utc>,
}

const FILES: &str = "SELECT subscriber_files.*, title AS plan_title FROM subscriber_files \
    LEFT JOIN subscription_plans ON subscription_plans.id = plan";

impl Subscriptions {
    /// Reads a file of subscribers to a plan and keeps it as a draft. Nothing is sent.
    ///
    /// # Errors
    /// When there is no such plan or it takes no e-mail addresses (`plan`), or the file cannot be read.
    pub async fn open_file(&self, plan: &str, path: &Path) -> Result<SubscriberFileOpened, Failure> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let path = path.to_owned();
        let bytes = tokio::task::spawn_blocking(move || read(&path))
            .await
            .map_err(|error| Failure::other(error.to_string()))?
            .map_err(|error| unread(&error))?;
        self.open_bytes(Asking { plan: plan.to_owned(), name, bytes }, None).await
    }

    /// The same with pasted text.
    ///
    /// # Errors
    /// Those of [`Self::open_file`].
    pub async fn open_text(
        &self,
        plan: &str,
        name: &str,
        text: &str,
    ) -> Result<SubscriberFileOpened, Failure> {
        let (plan, name, bytes) = (plan.to_owned(), name.to_owned(), text.as_bytes().to_vec());
        self.open_bytes(Asking { plan, name, bytes }, None).await
    }

    /// Reads the file that asks, with the addresses in this column, from 0. `header`: its first row names the columns.
    ///
    /// # Errors
    /// When none asks, and those of [`Self::open_file`].
    pub async fn answer_file(&self, column: u32, header: bool) -> Result<SubscriberFileOpened, Failure> {
        let asking = self
            .job
            .asking()
            .take()
            .ok_or_else(|| Failure::not_found(said!(en: "file", de: "diese Datei")))?;
        self.open_bytes(asking, Some((column as usize, header))).await
    }

    async fn open_bytes(
        &self,
        asking: Asking,
        chosen: Option<(usize, bool)>,
    ) -> Result<SubscriberFileOpened, Failure> {
        let plan = self.stored_plan(&asking.plan).await?;
        if !plan.takes_email {
            return Err(Failure::invalid(
                "plan",
                said!(
                    en: "By e-mail, people can subscribe only to plans in a currency such as USD or EUR.",
                    de: "Per E-Mail kann man nur Pläne in einer Währung wie USD oder EUR abonnieren."
                ),
            ));
        }
        if asking.bytes.len() > LARGEST {
            return Err(too_large());
        }
        let (asking, read) = tokio::task::spawn_blocking(move || {
            let read = read_lines(&asking.bytes, chosen);
            (asking, read)
        })
        .await
        .map_err(|error| Failure::other(error.to_string()))?;
        match read {
            Ok(file) if file.lines.len() > MOST_ROWS => Err(too_large()),
            Ok(file) => {
                let id = self.keep_file(&asking, &file).await?;
                self.ctx.announce(Changed::Subscriptions);
                Ok(SubscriberFileOpened::Draft { file: self.file(&id).await? })
            }
            Err(Unread::Error(error)) => Err(unread(&error)),
            Err(Unread::Asks { columns, sample }) => {
                *self.job.asking() = Some(asking);
                Ok(SubscriberFileOpened::Asks { columns, sample })
            }
        }
    }

    async fn keep_file(&self, asking: &Asking, file: &PlainFile) -> Result<String, Failure> {
        let id = self.ctx.surroundings.uuid().to_string();
        let json = |value: serde_json::Value| value.to_string();
        let mut db = self.ctx.write().await?;
        sqlx::query(
            "INSERT INTO subscriber_files (id, plan, name, state, records, header, blank, notes, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(&asking.plan)
        .bind(&asking.name)
        .bind(SubscriberFileState::Draft)
        .bind(file.records)
        .bind(file.header)
        .bind(file.blank)
        .bind(json(file.notes.clone().into()))
        .bind(store::time(self.ctx.now()))
        .execute(&mut *db)
        .await?;
        for (number, line) in (1_u32..).zip(&file.lines) {
            let PlainLine { line, raw, value, notes } = line;
            let (email, problem) = match value {
                Err(message) => (String::new(), Some(SubscriberRowFault::of(None, raw, message.clone()))),
                Ok(value) => match email::check(value) {
                    Ok(email) => (email, None),
                    Err(message) => {
                        (value.clone(), Some(SubscriberRowFault::of(Some("email"), value, message)))
                    }
                },
            };
            let status =
                if problem.is_none() { SubscriberRowStatus::Ready } else { SubscriberRowStatus::Bad };
            sqlx::query(
                "INSERT INTO subscriber_rows (file, number, line, email, notes, raw, verdict, status, problem) \
                 VALUES (?, ?, ?, ?, ?, ?, '', ?, ?)",
            )
            .bind(&id)
            .bind(number)
            .bind(line)
            .bind(email)
            .bind(serde_json::to_string(notes).unwrap_or_default())
            .bind(raw)
            .bind(status)
            .bind(problem.map(|problem| problem.json()))
            .execute(&mut *db)
            .await?;
        }
        judge(&mut db, &id).await?;
        sqlx::query("UPDATE subscriber_rows SET verdict = CASE status WHEN 'ready' THEN 'accepted' ELSE status END WHERE file = ?")
            .bind(&id)
            .execute(&mut *db)
            .await?;
        db.commit().await?;
        Ok(id)
    }

    /// The files that were opened, newest first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn files(&self) -> Result<Vec<SubscriberFile>, Failure> {
        let stored: Vec<StoredFile> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{FILES} ORDER BY at DESC, subscriber_files.id")))
                .fetch_all(&self.ctx.db)
                .await?;
        let mut files = Vec::new();
        for file in stored {
            files.push(self.whole_file(file).await?);
        }
        Ok(files)
    }

    /// One file.
    ///
    /// # Errors
    /// When there is no such one, or the shop was closed.
    pub async fn file(&self, id: &str) -> Result<SubscriberFile, Failure> {
        let stored: Option<StoredFile> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{FILES} WHERE subscriber_files.id = ?")))
                .bind(id)
                .fetch_optional(&self.ctx.db)
                .await?;
        self.whole_file(stored.ok_or_else(|| Failure::not_found(said!(en: "file", de: "diese Datei")))?).await
    }

    async fn whole_file(&self, file: StoredFile) -> Result<SubscriberFile, Failure> {
        let tallies: Vec<(String, SubscriberRowStatus, u32)> = sqlx::query_as(
            "SELECT verdict, status, count(*) FROM subscriber_rows WHERE file = ? GROUP BY verdict, status",
        )
        .bind(&file.id)
        .fetch_all(&self.ctx.db)
        .await?;
        let read = |verdict: &str| {
            tallies.iter().filter(|(of, ..)| of == verdict).map(|(.., count)| count).sum::<u32>()
        };
        let now = |status: SubscriberRowStatus| {
            tallies.iter().filter(|(_, of, _)| *of == status).map(|(.., count)| count).sum::<u32>()
        };
        let (bad, duplicates, already) = (read("bad"), read("duplicate"), read("already"));
        let counts = SubscriberCounts {
            records: file.records,
            header: file.header,
            blank: file.blank,
            accepted: read("accepted"),
            rejected: bad + duplicates + already,
            bad,
            duplicates,
            already,
        };
        let progress = SubscriberProgress {
            ready: now(SubscriberRowStatus::Ready),
            subscribed: now(SubscriberRowStatus::Subscribed),
            refused: now(SubscriberRowStatus::Refused),
            unknown: now(SubscriberRowStatus::Unknown),
            bad: now(SubscriberRowStatus::Bad),
            duplicates: now(SubscriberRowStatus::Duplicate),
            already: now(SubscriberRowStatus::Already),
            left_out: now(SubscriberRowStatus::LeftOut),
        };
        Ok(SubscriberFile {
            counts,
            progress,
            plan_title: file.plan_title.unwrap_or_default(),
            notes: serde_json::from_str(&file.notes).unwrap_or_default(),
            id: file.id,
            plan: file.plan,
            name: file.name,
            state: file.state,
            trouble: file.trouble,
            at: file.at,
        })
    }

    /// Rows of a file in its order: all, or those of a status, behind a number.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn rows(
        &self,
        id: &str,
        status: Option<SubscriberRowStatus>,
        after: Option<u32>,
        limit: u32,
    ) -> Result<SubscriberRows, Failure> {
        let limit = limit.clamp(1, MOST);
        let total = sqlx::query_scalar(
            "SELECT count(*) FROM subscriber_rows WHERE file = ?1 AND (?2 IS NULL OR status = ?2)",
        )
        .bind(id)
        .bind(status)
        .fetch_one(&self.ctx.db)
        .await?;
        let mut rows: Vec<StoredRow> = sqlx::query_as(
            "SELECT number, line, email, notes, raw, status, problem, call, subscription FROM subscriber_rows \
             WHERE file = ?1 AND (?2 IS NULL OR status = ?2) AND number > ?3 ORDER BY number LIMIT ?4",
        )
        .bind(id)
        .bind(status)
        .bind(after.unwrap_or_default())
        .bind(limit + 1)
        .fetch_all(&self.ctx.db)
        .await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| row.number);
        Ok(SubscriberRows { rows: rows.into_iter().map(StoredRow::row).collect(), total, next })
    }

    /// Writes another address into a row that was not sent.
    ///
    /// # Errors
    /// When it is no address (`email`), the row was sent meanwhile, or there is no such row.
    pub async fn edit_row(&self, id: &str, number: u32, email: &str) -> Result<SubscriberFile, Failure> {
        let email = email::check(email).map_err(|message| Failure::invalid("email", message))?;
        self.change_row(id, number, Some(&email)).await
    }

    /// Leaves a row out that was not sent. To take it in again, its address is written anew.
    ///
    /// # Errors
    /// When the row was sent meanwhile, or there is no such row.
    pub async fn leave_row_out(&self, id: &str, number: u32) -> Result<SubscriberFile, Failure> {
        self.change_row(id, number, None).await
    }

    async fn change_row(
        &self,
        id: &str,
        number: u32,
        email: Option<&str>,
    ) -> Result<SubscriberFile, Failure> {
        let status = if email.is_some() { SubscriberRowStatus::Ready } else { SubscriberRowStatus::LeftOut };
        let mut db = self.ctx.write().await?;
        let done = sqlx::query(
            "UPDATE subscriber_rows SET email = coalesce(?, email), status = ?, problem = NULL WHERE file = ? AND number = ? \
             AND status NOT IN ('unknown', 'subscribed')",
        )
        .bind(email)
        .bind(status)
        .bind(id)
        .bind(number)
        .execute(&mut *db)
        .await?;
        if done.rows_affected() == 0 {
            return Err(Failure::new(
                FailureCode::Stale,
                said!(
                    en: "Nothing was changed: this row was sent meanwhile, or is not there.",
                    de: "Es wurde nichts geändert: Diese Zeile wurde inzwischen gesendet, oder es gibt sie nicht."
                ),
            ));
        }
        judge(&mut db, id).await?;
        db.commit().await?;
        self.ctx.announce(Changed::Subscriptions);
        self.file(id).await
    }

    /// Throws a file away that is not being sent, and of whose rows none has an unknown end. Who was subscribed stays subscribed.
    ///
    /// # Errors
    /// When it is being sent or a row of it is not settled.
    pub async fn delete_file(&self, id: &str) -> Result<(), Failure> {
        let mut db = self.ctx.write().await?;
        let done = sqlx::query(
            "DELETE FROM subscriber_files WHERE id = ?1 AND state <> 'sending' AND NOT EXISTS \
             (SELECT 1 FROM subscriber_rows WHERE file = ?1 AND status = 'unknown')",
        )
        .bind(id)
        .execute(&mut *db)
        .await?;
        if done.rows_affected() == 0 {
            return Err(Failure::new(
                FailureCode::Stale,
                said!(
                    en: "This file is being sent, or it is not known of a row whether it was. Nothing was thrown away.",
                    de: "Diese Datei wird gerade gesendet, oder von einer Zeile ist nicht bekannt, ob sie es wurde. Es wurde nichts verworfen."
                ),
            ));
        }
        db.commit().await?;
        self.ctx.announce(Changed::Subscriptions);
        Ok(())
    }
}

/// Reads the lines of a file of e-mail addresses.
fn read_lines(bytes: &[u8], chosen: Option<(usize, bool)>) -> Result<PlainFile, Unread> {
    let wanted = Wanted {
        name: "email",
        is_named: &|name| {
            matches!(
                name,
                "email"
                    | "emails"
                    | "emailaddress"
                    | "mail"
                    | "mailaddress"
                    | "emailadresse"
                    | "mailadresse"
                    | "subscriberemail"
                    | "customeremail"
                    | "useremail"
                    | "contactemail"
                    | "kundenemail"
                    | "billingemail"
                    | "correo"
                    | "courriel"
            )
        },
        looks_like: &|value| value.contains('@'),
        chosen,
    };
    plain::read(bytes, &wanted)
}

/// Judges the rows of a file against each other and against who is subscribed. Those that were sent stay as they are, and keep
/// their address from others.
pub(super) async fn judge(db: &mut SqliteConnection, file: &str) -> Result<(), Failure> {
    let subscribed: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT lower(email) FROM subscriptions WHERE email IS NOT NULL AND ended_at IS NULL AND status <> 'expired' \
         AND plan = (SELECT plan FROM subscriber_files WHERE id = ?)",
    )
    .bind(file)
    .fetch_all(&mut *db)
    .await?;
    let subscribed: HashSet<String> = subscribed.into_iter().collect();
    let rows: Vec<(u32, u32, String, SubscriberRowStatus)> = sqlx::query_as(
        "SELECT number, line, email, status FROM subscriber_rows WHERE file = ? ORDER BY number",
    )
    .bind(file)
    .fetch_all(&mut *db)
    .await?;
    let sent = |status: SubscriberRowStatus| {
        matches!(
            status,
            SubscriberRowStatus::Subscribed | SubscriberRowStatus::Unknown | SubscriberRowStatus::Refused
        )
    };
    let mut first: HashMap<String, u32> = rows
        .iter()
        .filter(|(.., status)| sent(*status))
        .map(|(_, line, email, _)| (email::key(email), *line))
        .collect();
    for (number, line, email, status) in rows {
        if !matches!(
            status,
            SubscriberRowStatus::Ready | SubscriberRowStatus::Duplicate | SubscriberRowStatus::Already
        ) {
            continue;
        }
        let key = email::key(&email);
        let (now, problem) = if let Some(line) = first.get(&key) {
            let message =
                words!(en: "Line {line} has the same address.", de: "Zeile {line} hat dieselbe Adresse.");
            (SubscriberRowStatus::Duplicate, Some(SubscriberRowFault::of(Some("email"), &email, message)))
        } else if subscribed.contains(&key) {
            let message = said!(
                en: "This address is subscribed to the plan already.",
                de: "Diese Adresse hat den Plan schon abonniert."
            );
            (
                SubscriberRowStatus::Already,
                Some(SubscriberRowFault::of(Some("email"), &email, message.to_owned())),
            )
        } else {
            (SubscriberRowStatus::Ready, None)
        };
        first.entry(key).or_insert(line);
        if now != status {
            sqlx::query("UPDATE subscriber_rows SET status = ?, problem = ? WHERE file = ? AND number = ?")
                .bind(now)
                .bind(problem.map(|problem| problem.json()))
                .bind(file)
                .bind(number)
                .execute(&mut *db)
                .await?;
        }
    }
    Ok(())
}

impl SubscriberRowFault {
    fn of(column: Option<&str>, value: &str, message: String) -> Self {
        Self { column: column.map(str::to_owned), value: value.to_owned(), message }
    }

    fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn unread(error: &FileError) -> Failure {
    let message = match error.code {
        FileErrorCode::NotCsv => said!(
            en: "The file is no list of e-mail addresses as text. Save it as CSV (in Excel: “CSV UTF-8”).",
            de: "Die Datei ist keine Liste von E-Mail-Adressen als Text. Speichern Sie sie als CSV (in Excel: „CSV UTF-8“)."
        ),
        _ => &error.message,
    };
    let line = error.line.map(|line| words!(en: " (line {line})", de: " (Zeile {line})")).unwrap_or_default();
    let nothing = said!(en: "Nothing was taken over.", de: "Es wurde nichts übernommen.");
    Failure::new(FailureCode::File, format!("{message}{line} {nothing}"))
}

fn too_large() -> Failure {
    Failure::new(
        FailureCode::File,
        words!(
            en: "The file has more than {MOST_ROWS} rows, or more than 16 MiB. Split it into several files. Nothing was taken over.",
            de: "Die Datei hat mehr als {MOST_ROWS} Zeilen oder mehr als 16 MiB. Teilen Sie sie auf mehrere Dateien auf. Es wurde nichts übernommen."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u32, Result<String, String>)> {
        let read = read_lines(text.as_bytes(), None).unwrap();
        assert_eq!(read.records as usize, (read.header + read.blank) as usize + read.lines.len(), "{text:?}");
        read.lines.into_iter().map(|line| (line.line, line.value)).collect()
    }

    fn emails(text: &str) -> Vec<String> {
        lines(text).into_iter().map(|(_, value)| value.unwrap()).collect()
    }

    #[test]
    fn the_column_is_found_by_its_name_in_any_usual_spelling_and_one_alone_needs_none() {
        for text in [
            "email\na@b.example\nc@d.example\n",
            "a@b.example\nc@d.example",
            "\u{FEFF}E-Mail;Name\r\na@b.example;Ann\r\n\r\nc@d.example;Cem\r\n",
            "Name\tE-mail address\nAnn\ta@b.example\nCem\tc@d.example\n",
            "sep=;\nName;Mail\nAnn;a@b.example\nCem;c@d.example\n",
            "Subscribers\na@b.example\nc@d.example\n",
            "1,a@b.example\n2,c@d.example\n",
        ] {
            assert_eq!(emails(text), ["a@b.example", "c@d.example"], "{text:?}");
        }
    }

    #[test]
    fn a_file_whose_column_is_not_known_asks_for_it() {
        let text = "who,how\nann,x\nben,y\n";
        let Err(Unread::Asks { columns, sample }) = read_lines(text.as_bytes(), None) else { panic!() };
        assert_eq!((columns, sample.len()), (vec!["who".to_owned(), "how".to_owned()], 3));
        let read = read_lines(text.as_bytes(), Some((0, true))).unwrap();
        assert_eq!((read.records, read.header, read.lines.len()), (3, 1, 2));
        let Err(Unread::Error(error)) = read_lines(b"email,E-Mail\na@b.example,c@d.example", None) else {
            panic!()
        };
        assert_eq!(error.code, FileErrorCode::ColumnDuplicate);
    }

    #[test]
    fn other_columns_are_notes_and_a_broken_record_is_rejected_by_itself() {
        let text = "email,name\na@b.example,Ann\n\"c@d.example,Cem\"x,\ne@f.example\n\"g@h.example\",\"Gül, \"\"G\"\"\"\n";
        let read = read_lines(text.as_bytes(), None).unwrap();
        assert_eq!((read.records, read.header, read.lines.len()), (5, 1, 4));
        assert_eq!(read.lines[0].notes, [("name".to_owned(), "Ann".to_owned())]);
        assert!(read.lines[1].value.as_ref().unwrap_err().contains("closing quote"));
        assert!(read.lines[2].value.as_ref().unwrap_err().contains("1 fields"));
        assert_eq!(read.lines[3].value.as_deref(), Ok("g@h.example"));
        assert_eq!(read.lines[3].notes[0].1, "Gül, \"G\"");
    }

    #[test]
    fn what_is_no_text_is_refused_by_what_it_is() {
        for bytes in [b"%PDF-1.7".as_slice(), b"PK\x03\x04xxxx"] {
            let Err(Unread::Error(error)) = read_lines(bytes, None) else { panic!() };
            assert_eq!(error.code, FileErrorCode::NotCsv);
        }
    }
}
