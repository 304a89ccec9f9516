//! The audit log: what was done with money and with what guards it, each entry chained to the one before by its hash.
//!
//! An entry is written in the transaction that does what it tells of. The chain shows that nothing was changed, left out or put
//! in afterwards. That its end was cut off or all of it written anew it cannot show: how far it was written is kept in the app's
//! file too (`audit/head.rs`), and the last hash can be noted elsewhere, as every export does.

mod head;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::{FromRow, SqliteConnection};

pub(crate) use self::head::{End, Head, end_in, forget, keep_first};
use crate::{failure::Failure, hashing::FieldHash, shops::ShopContext, spreadsheet, store};

/// What an entry of the log is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum AuditArea {
    /// A batch of payouts.
    Payouts,
    /// Limits and other rules for payouts.
    Rules,
    /// The address book.
    Contacts,
    /// The way codes are given.
    Codes,
    /// Users with balances of their own, and what is moved to and from them.
    Custody,
    /// Conversions of one coin into another.
    Conversions,
    /// Payouts to accounts at banks, and these accounts.
    FiatPayouts,
    /// Plans, and who subscribes to them.
    Subscriptions,
    /// The shop itself: its keys, its name, its currency, and whether it is read-only.
    Shop,
}

impl AuditArea {
    /// As it stands in the database and in exports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payouts => "payouts",
            Self::Rules => "rules",
            Self::Contacts => "contacts",
            Self::Codes => "codes",
            Self::Custody => "custody",
            Self::Conversions => "conversions",
            Self::FiatPayouts => "fiat_payouts",
            Self::Subscriptions => "subscriptions",
            Self::Shop => "shop",
        }
    }
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type, FromRow)]
pub struct AuditEntry {
    /// From 1, without a gap.
    pub number: u32,
    /// When.
    pub at: DateTime<Utc>,
    /// What it is about.
    pub area: AuditArea,
    /// The name of what it was done to.
    pub subject: String,
    /// Its id, and for a batch the hash of its rows.
    pub reference: String,
    /// What was done.
    pub words: String,
    /// SHA-256 of all of this and of the hash before it, hex.
    pub hash: String,
}

/// Entries of the log, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// How many there are in all.
    pub total: u32,
}

/// What looking through the whole log has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AuditVerdict {
    /// How many entries were looked at.
    pub entries: u32,
    /// The hash of the last one; empty when there is none.
    pub last_hash: String,
    /// The first entry that is not as it was written, or before which some are missing.
    pub broken_at: Option<u32>,
    /// Whether the log still holds the end that it was known to have.
    pub end: AuditEnd,
    /// How many entries were known of when that was looked at, or when something was first wrong with it.
    pub noted: u32,
}

/// How a log compares with what was kept of its end in another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum AuditEnd {
    /// It holds that end, and perhaps goes on.
    AsWritten,
    /// It was found shorter than it was known to be.
    Shorter,
    /// It was found to be another one than was written.
    Other,
    /// What was kept of it was lost, so nothing can be said of what was before.
    Lost,
}

/// The audit log of a shop.
#[derive(Debug, Clone)]
pub struct Audit {
    ctx: Arc<ShopContext>,
}

impl Audit {
    pub(crate) fn new(ctx: Arc<ShopContext>) -> Self {
        Self { ctx }
    }

    /// The newest entries, or those before the one with the number `before`; at most 500.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn list(&self, before: Option<u32>, limit: u32) -> Result<AuditPage, Failure> {
        let entries = sqlx::query_as("SELECT * FROM audit_log WHERE number < ? ORDER BY number DESC LIMIT ?")
            .bind(before.unwrap_or(u32::MAX))
            .bind(limit.clamp(1, 500))
            .fetch_all(&self.ctx.db)
            .await?;
        let total = sqlx::query_scalar("SELECT count(*) FROM audit_log").fetch_one(&self.ctx.db).await?;
        Ok(AuditPage { entries, total })
    }

    /// Looks through the whole log.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn verify(&self) -> Result<AuditVerdict, Failure> {
        let mut chain = Chain::default();
        // Nobody writes meanwhile: what is compared is one state of both files.
        let mut log = self.ctx.write().await?;
        let found = self.ctx.audit_head.compare(&mut log).await?;
        if found.trouble != AuditEnd::AsWritten {
            self.ctx.audit_head.keep(&found).await?;
        }
        let mut entries =
            sqlx::query_as::<_, AuditEntry>("SELECT * FROM audit_log ORDER BY number").fetch(&mut *log);
        while let Some(entry) = entries.try_next().await? {
            chain.follow(&entry);
        }
        Ok(AuditVerdict { end: found.trouble, noted: found.noted, ..chain.verdict })
    }

    /// The whole log as CSV, with the hash of each entry.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn csv(&self) -> Result<String, Failure> {
        let mut table = "number,at,area,subject,reference,words,hash\r\n".to_owned();
        let mut entries =
            sqlx::query_as::<_, AuditEntry>("SELECT * FROM audit_log ORDER BY number").fetch(&self.ctx.db);
        while let Some(entry) = entries.try_next().await? {
            let fields = [
                entry.number.to_string(),
                store::time(entry.at),
                entry.area.as_str().to_owned(),
                spreadsheet::guarded(&entry.subject, ',').into_owned(),
                entry.reference,
                spreadsheet::guarded(&entry.words, ',').into_owned(),
                entry.hash,
            ];
            spreadsheet::push_record(&mut table, &fields);
        }
        Ok(table)
    }
}

/// Writes an entry, in the transaction that does what it tells of.
pub(crate) async fn write(
    tx: &mut SqliteConnection,
    at: DateTime<Utc>,
    area: AuditArea,
    subject: &str,
    reference: &str,
    words: &str,
) -> Result<(), Failure> {
    let last: Option<(u32, String)> =
        sqlx::query_as("SELECT number, hash FROM audit_log ORDER BY number DESC LIMIT 1")
            .fetch_optional(&mut *tx)
            .await?;
    let (number, before) = last.map_or((1, String::new()), |(number, hash)| (number + 1, hash));
    let mut entry = AuditEntry {
        number,
        at,
        area,
        subject: subject.to_owned(),
        reference: reference.to_owned(),
        words: words.to_owned(),
        hash: String::new(),
    };
    entry.hash = hash(&entry, &before);
    sqlx::query(
        "INSERT INTO audit_log (number, at, area, subject, reference, words, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(entry.number)
    .bind(store::time(entry.at))
    .bind(entry.area)
    .bind(&entry.subject)
    .bind(&entry.reference)
    .bind(&entry.words)
    .bind(&entry.hash)
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// The hash of an entry that comes after one with the hash `before`.
fn hash(entry: &AuditEntry, before: &str) -> String {
    let mut hash = FieldHash::new("paydesk audit 1");
    hash.text(Some(before));
    hash.number(entry.number);
    hash.text(Some(&store::time(entry.at)));
    for text in [entry.area.as_str(), &entry.subject, &entry.reference, &entry.words] {
        hash.text(Some(text));
    }
    hash.finish()
}

/// The log as far as it was looked through.
struct Chain {
    verdict: AuditVerdict,
}

impl Default for Chain {
    fn default() -> Self {
        let (last_hash, broken_at, end) = (String::new(), None, AuditEnd::AsWritten);
        Self { verdict: AuditVerdict { entries: 0, last_hash, broken_at, end, noted: 0 } }
    }
}

impl Chain {
    fn follow(&mut self, entry: &AuditEntry) {
        let verdict = &mut self.verdict;
        verdict.entries += 1;
        let whole = entry.number == verdict.entries && hash(entry, &verdict.last_hash) == entry.hash;
        if !whole && verdict.broken_at.is_none() {
            verdict.broken_at = Some(entry.number.min(verdict.entries));
        }
        verdict.last_hash.clone_from(&entry.hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn log() -> (tempfile::TempDir, Arc<ShopContext>, Audit) {
        let folder = tempfile::tempdir().unwrap();
        let ctx = ShopContext::for_test(folder.path()).await;
        let audit = Audit::new(ctx.clone());
        (folder, ctx, audit)
    }

    async fn fill(ctx: &ShopContext) {
        for (area, subject, words) in [
            (AuditArea::Rules, "Payouts", "The limit per batch is 500 USD."),
            (AuditArea::Payouts, "wages.csv", "Created at NOWPayments."),
            (AuditArea::Payouts, "=wages.csv", "A typed code is given."),
        ] {
            let mut tx = ctx.write().await.unwrap();
            write(&mut tx, ctx.now(), area, subject, "b1", words).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    #[tokio::test]
    async fn every_entry_is_chained_to_the_one_before() {
        let (_folder, ctx, audit) = log().await;
        assert_eq!(audit.verify().await.unwrap(), Chain::default().verdict);
        fill(&ctx).await;
        let page = audit.list(None, 2).await.unwrap();
        assert_eq!((page.total, page.entries[0].number, page.entries[1].number), (3, 3, 2));
        assert_eq!(
            audit.list(Some(2), 10).await.unwrap().entries[0].words,
            "The limit per batch is 500 USD."
        );
        let verdict = audit.verify().await.unwrap();
        assert_eq!((verdict.entries, verdict.broken_at), (3, None));
        assert_eq!(verdict.last_hash, page.entries[0].hash);
        ctx.close().await;
    }

    #[tokio::test]
    async fn the_database_changes_and_deletes_no_entry() {
        let (_folder, ctx, audit) = log().await;
        fill(&ctx).await;
        for change in ["UPDATE audit_log SET words = '' WHERE number = 2", "DELETE FROM audit_log"] {
            let refused = sqlx::query(change).execute(&ctx.db).await.unwrap_err();
            assert!(refused.to_string().contains("the audit log is not"), "{refused}");
        }
        assert_eq!(audit.verify().await.unwrap().broken_at, None);
        ctx.close().await;
    }

    #[tokio::test]
    async fn whatever_is_changed_behind_its_back_is_noticed() {
        for (change, at) in [
            ("UPDATE audit_log SET words = 'x' WHERE number = 2", 2),
            ("UPDATE audit_log SET at = '2020-01-01T00:00:00.000Z' WHERE number = 1", 1),
            ("UPDATE audit_log SET area = 'codes' WHERE number = 3", 3),
            ("UPDATE audit_log SET subject = 'x' WHERE number = 3", 3),
            ("UPDATE audit_log SET reference = 'x' WHERE number = 3", 3),
            ("UPDATE audit_log SET hash = 'x' WHERE number = 1", 1),
            ("DELETE FROM audit_log WHERE number = 1", 1),
            ("DELETE FROM audit_log WHERE number = 2", 2),
            ("DELETE FROM audit_log WHERE number = 2; UPDATE audit_log SET number = 2 WHERE number = 3", 2),
        ] {
            let (_folder, ctx, audit) = log().await;
            fill(&ctx).await;
            let change = format!(
                "DROP TRIGGER audit_log_is_not_changed; DROP TRIGGER audit_log_is_not_deleted; {change}"
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(change.clone())).execute(&ctx.db).await.unwrap();
            assert_eq!(audit.verify().await.unwrap().broken_at, Some(at), "{change}");
            ctx.close().await;
        }
    }

    /// Does something to the database that only somebody with the file could do.
    async fn behind_its_back(ctx: &ShopContext, change: &str) {
        let change =
            format!("DROP TRIGGER audit_log_is_not_changed; DROP TRIGGER audit_log_is_not_deleted; {change}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(change)).execute(&ctx.db).await.unwrap();
    }

    async fn found(audit: &Audit) -> (u32, Option<u32>, AuditEnd, u32) {
        let AuditVerdict { entries, broken_at, end, noted, .. } = audit.verify().await.unwrap();
        (entries, broken_at, end, noted)
    }

    #[tokio::test]
    async fn a_log_whose_end_was_cut_off_is_shorter_than_it_was_even_after_it_went_on() {
        for (change, left) in [("DELETE FROM audit_log WHERE number > 1", 1), ("DELETE FROM audit_log", 0)] {
            let (_folder, ctx, audit) = log().await;
            fill(&ctx).await;
            assert_eq!(found(&audit).await, (3, None, AuditEnd::AsWritten, 3));
            behind_its_back(&ctx, change).await;
            assert_eq!(found(&audit).await, (left, None, AuditEnd::Shorter, 3));
            fill(&ctx).await;
            assert_eq!(found(&audit).await, (left + 3, None, AuditEnd::Shorter, 3));
            ctx.close().await;
        }
        // Nobody has looked before it went on.
        let (_folder, ctx, audit) = log().await;
        fill(&ctx).await;
        behind_its_back(&ctx, "DELETE FROM audit_log WHERE number > 2").await;
        fill(&ctx).await;
        assert_eq!(found(&audit).await, (5, None, AuditEnd::Other, 3));
        ctx.close().await;
    }

    #[tokio::test]
    async fn a_log_that_was_written_anew_is_not_the_one_that_was_written() {
        let (_folder, ctx, audit) = log().await;
        fill(&ctx).await;
        let entries = audit.list(None, 10).await.unwrap().entries;
        behind_its_back(&ctx, "DELETE FROM audit_log").await;
        let mut forged = ctx.db.acquire().await.unwrap();
        for entry in entries.iter().rev() {
            write(&mut forged, entry.at, entry.area, "Somebody else", "", &entry.words).await.unwrap();
        }
        drop(forged);
        assert_eq!(found(&audit).await, (3, None, AuditEnd::Other, 3));
        ctx.close().await;
    }

    #[tokio::test]
    async fn what_was_kept_of_the_end_may_be_behind_after_a_kill_but_must_not_be_lost() {
        let (folder, ctx, audit) = log().await;
        fill(&ctx).await;
        // Killed between the two files.
        let mut tx = ctx.db.begin().await.unwrap();
        write(&mut tx, ctx.now(), AuditArea::Rules, "Payouts", "", "The last one.").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(found(&audit).await, (4, None, AuditEnd::AsWritten, 3));
        ctx.audit_head.begin(&ctx.db).await.unwrap();
        assert_eq!(found(&audit).await, (4, None, AuditEnd::AsWritten, 4));

        let app = store::open(&folder.path().join("paydesk.sqlite"), &store::APP).await.unwrap();
        forget(&app, &ctx.shop.id).await.unwrap();
        assert_eq!(found(&audit).await, (4, None, AuditEnd::Lost, 0));
        app.close().await;
        ctx.close().await;
    }

    #[tokio::test]
    async fn a_log_of_an_earlier_paydesk_is_taken_as_it_is_at_first() {
        let (folder, ctx, audit) = log().await;
        fill(&ctx).await;
        let app = store::open(&folder.path().join("paydesk.sqlite"), &store::APP).await.unwrap();
        forget(&app, &ctx.shop.id).await.unwrap();
        sqlx::query("DELETE FROM sync_marks").execute(&ctx.db).await.unwrap();
        ctx.audit_head.begin(&ctx.db).await.unwrap();
        assert_eq!(found(&audit).await, (3, None, AuditEnd::AsWritten, 3));
        app.close().await;
        ctx.close().await;
    }

    #[tokio::test]
    async fn the_export_holds_every_entry_and_no_formula() {
        let (_folder, ctx, audit) = log().await;
        fill(&ctx).await;
        let csv = audit.csv().await.unwrap();
        let lines: Vec<_> = csv.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[1].contains(",rules,Payouts,b1,The limit per batch is 500 USD.,"), "{}", lines[1]);
        assert!(lines[3].contains(",'=wages.csv,"), "{}", lines[3]);
        assert!(lines[3].ends_with(&audit.verify().await.unwrap().last_hash));
        ctx.close().await;
    }
}
