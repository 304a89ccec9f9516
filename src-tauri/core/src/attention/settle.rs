//! The owner's word that a case is settled, and taking it back.

use super::{
    Attention, AttentionCase, AttentionShelf, SettledBy,
    list::case,
    notice::{EARLIER, notice},
};
use crate::{changes::Changed, failure::Failure, language::words, store};

/// The longest note, in characters.
const LONGEST_NOTE: usize = 500;

impl Attention {
    /// Marks a case as settled, whatever the payment does from now on; with the owner's note if it says anything. A case
    /// that is settled already gets the note.
    ///
    /// # Errors
    /// When there is no such case, or the note is too long (field `note`).
    pub async fn settle(&self, id: u32, note: Option<&str>) -> Result<AttentionCase, Failure> {
        let note = note.map(str::trim).filter(|note| !note.is_empty());
        if note.is_some_and(|note| note.chars().count() > LONGEST_NOTE) {
            return Err(Failure::invalid(
                "note",
                words!(
                    en: "A note has at most {LONGEST_NOTE} characters.",
                    de: "Eine Notiz hat höchstens {LONGEST_NOTE} Zeichen.",
                ),
            ));
        }
        let mut db = self.ctx.write().await?;
        sqlx::query(
            "UPDATE attention_cases SET shelf = 'settled', settled_by = 'owner', note = ?2, \
             settled_at = coalesce(settled_at, ?3), at = coalesce(settled_at, ?3) WHERE id = ?1",
        )
        .bind(id)
        .bind(note)
        .bind(store::time(self.ctx.now()))
        .execute(&mut *db)
        .await?;
        let case = case(&mut db, id).await?;
        db.commit().await?;
        self.ctx.announce(Changed::Attention);
        Ok(case)
    }

    /// Takes back that the owner has settled a case. If nothing is wrong any more it is settled by itself then.
    ///
    /// # Errors
    /// When there is no such case.
    pub async fn reopen(&self, id: u32) -> Result<AttentionCase, Failure> {
        let mut db = self.ctx.write().await?;
        let settled = case(&mut db, id).await?;
        if settled.settled.is_some_and(|settled| settled.by == SettledBy::Owner) {
            let (noticed, payment): (chrono::DateTime<chrono::Utc>, i64) =
                sqlx::query_as("SELECT noticed_at, payment FROM attention_cases WHERE id = ?")
                    .bind(id)
                    .fetch_one(&mut *db)
                    .await?;
            let shelf = match settled.since < noticed - EARLIER {
                true => AttentionShelf::Earlier,
                false => AttentionShelf::Open,
            };
            sqlx::query(
                "UPDATE attention_cases SET shelf = ?2, at = since, settled_at = NULL, settled_by = NULL, note = NULL \
                 WHERE id = ?1",
            )
            .bind(id)
            .bind(shelf)
            .execute(&mut *db)
            .await?;
            notice(&mut db, &[payment], self.ctx.now()).await?;
        }
        let case = case(&mut db, id).await?;
        db.commit().await?;
        self.ctx.announce(Changed::Attention);
        Ok(case)
    }
}
