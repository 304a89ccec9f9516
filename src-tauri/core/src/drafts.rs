//! What was typed into forms and not yet sent: it survives a crash, a lock and a wrong click. What a form holds is the window's own
//! business. That of a payment is kept by [`crate::payments`], and that of an account at a bank is not kept at all.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{failure::Failure, language::said, shops::ShopContext};

/// What is longer than this is no form, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum DraftForm {
    /// A plan that is made or changed.
    Plan,
    /// Somebody who is subscribed.
    Subscriber,
    /// Many who are, as text.
    Subscribers,
    /// A payment into a balance.
    CustodyPayment,
    /// A move to the balance of a user.
    Deposit,
    /// A move from the balance of a user.
    WriteOff,
    /// A move from user to user.
    Transfer,
    /// A conversion.
    Conversion,
    /// A payout to a bank.
    FiatPayout,
}

/// The drafts of a shop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Drafts {
    ctx: Arc<ShopContext>,
}

impl Drafts {
    pub(crate) fn new(ctx: Arc<ShopContext>) -> Self {
        Self { ctx }
    }

    /// What was typed into a form and not yet sent, as the window wrote it.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn get(&self, form: DraftForm) -> Result<Option<String>, Failure> {
        Ok(sqlx::query_scalar("SELECT value FROM drafts WHERE key = ?")
            .bind(form)
            .fetch_optional(&self.ctx.db)
            .await?)
    }

    /// Keeps what was typed, or forgets it.
    ///
    /// # Errors
    /// When it is longer than 4 MiB, the shop was closed or its database fails.
    pub async fn keep(&self, form: DraftForm, typed: Option<&str>) -> Result<(), Failure> {
        if typed.is_some_and(|typed| typed.len() > LONGEST) {
            return Err(Failure::other(said!(
                en: "This is too long to be kept.",
                de: "Das ist zu lang, um behalten zu werden."
            )));
        }
        let mut db = self.ctx.write().await?;
        match typed {
            None => sqlx::query("DELETE FROM drafts WHERE key = ?").bind(form).execute(&mut *db).await?,
            Some(typed) => {
                sqlx::query(
                    "INSERT INTO drafts (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                )
                .bind(form)
                .bind(typed)
                .execute(&mut *db)
                .await?
            }
        };
        db.commit().await?;
        Ok(())
    }
}
