//! Notifications: the decision to tell the owner something, each exactly once even across restarts.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

use crate::{failure::Failure, shops::ShopContext, store};

/// Something that the owner is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Notification {
    /// What makes it one: the same key is told once.
    pub key: String,
    /// The title.
    pub title: String,
    /// The text.
    pub body: String,
    /// The batch that it is about.
    pub batch: Option<String>,
    /// The payment that it is about.
    pub payment: Option<String>,
    /// When it was decided on.
    pub at: DateTime<Utc>,
}

/// Decides that the owner is told `notification`: to be called inside the transaction that records the reason, so that
/// neither is without the other. A key that was decided on before is left as it is. Announce [`Changed::Notifications`]
/// after the commit.
///
/// [`Changed::Notifications`]: crate::changes::Changed::Notifications
pub(crate) async fn decide(
    db: &mut SqliteConnection,
    notification: &Notification,
) -> Result<(), sqlx::Error> {
    let Notification { key, title, body, batch, payment, at } = notification;
    sqlx::query("INSERT INTO notifications (key, title, body, batch, payment, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(key)
        .bind(title)
        .bind(body)
        .bind(batch)
        .bind(payment)
        .bind(store::time(*at))
        .execute(db)
        .await?;
    Ok(())
}

/// What the owner of a shop is told.
#[derive(Debug, Clone)]
pub struct Notifications {
    ctx: Arc<ShopContext>,
}

impl Notifications {
    pub(crate) fn new(ctx: Arc<ShopContext>) -> Self {
        Self { ctx }
    }

    /// Takes what has been decided on and not yet told, oldest first, and marks it as told: nothing is ever handed out
    /// twice.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn take(&self) -> Result<Vec<Notification>, Failure> {
        // One statement, so that two takers never get the same; it returns its rows in no particular order.
        let rows = sqlx::query_as::<_, Stored>(
            "UPDATE notifications SET told_at = ? WHERE told_at IS NULL RETURNING key, title, body, batch, payment, at",
        )
        .bind(store::time(self.ctx.now()))
        .fetch_all(&self.ctx.db)
        .await?;
        let mut taken: Vec<_> = rows.into_iter().map(Notification::from).collect();
        taken.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.key.cmp(&b.key)));
        Ok(taken)
    }

    /// The newest notifications, told or not, newest first.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn list(&self) -> Result<Vec<Notification>, Failure> {
        let rows = sqlx::query_as::<_, Stored>(
            "SELECT key, title, body, batch, payment, at FROM notifications ORDER BY at DESC, key DESC LIMIT 200",
        )
        .fetch_all(&self.ctx.db)
        .await?;
        Ok(rows.into_iter().map(Notification::from).collect())
    }
}

/// A notification as it stands in the database.
#[derive(sqlx::FromRow)]
struct Stored {
    key: String,
    title: String,
    body: String,
    batch: Option<String>,
    payment: Option<String>,
    at: DateTime<Utc>,
}

impl From<Stored> for Notification {
    fn from(Stored { key, title, body, batch, payment, at }: Stored) -> Self {
        Self { key, title, body, batch, payment, at }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn notification(key: &str) -> Notification {
        Notification {
            key: key.to_owned(),
            title: "Payouts finished".to_owned(),
            body: "All 12 rows were paid.".to_owned(),
            batch: Some("b".to_owned()),
            payment: None,
            at: "2026-03-01T10:00:00Z".parse().unwrap(),
        }
    }

    async fn decided(ctx: &ShopContext, key: &str) {
        let mut db = ctx.write().await.unwrap();
        decide(&mut db, &notification(key)).await.unwrap();
        db.commit().await.unwrap();
    }

    #[tokio::test]
    async fn what_is_decided_on_is_told_once_across_restarts_however_often_it_is_decided_and_asked() {
        let folder = tempfile::tempdir().unwrap();
        let ctx = ShopContext::for_test(folder.path()).await;
        for key in ["a", "b", "a"] {
            decided(&ctx, key).await;
        }
        ctx.close().await; // before anybody asked

        let ctx = ShopContext::for_test(folder.path()).await;
        let notifications = Notifications::new(ctx.clone());
        let takers = (0..8).map(|_| notifications.take());
        let told: Vec<_> =
            futures_util::future::join_all(takers).await.into_iter().flat_map(Result::unwrap).collect();
        assert_eq!(told, [notification("a"), notification("b")]);
        decided(&ctx, "a").await;
        ctx.close().await;

        let ctx = ShopContext::for_test(folder.path()).await;
        let notifications = Notifications::new(ctx.clone());
        assert_eq!(notifications.take().await.unwrap(), []);
        let listed: HashSet<_> =
            notifications.list().await.unwrap().into_iter().map(|told| told.key).collect();
        assert_eq!(listed, HashSet::from(["a".to_owned(), "b".to_owned()]), "told ones are still listed");
        ctx.close().await;
    }

    #[tokio::test]
    async fn what_is_rolled_back_is_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let ctx = ShopContext::for_test(folder.path()).await;
        let mut db = ctx.write().await.unwrap();
        decide(&mut db, &notification("a")).await.unwrap();
        db.rollback().await.unwrap();
        assert_eq!(Notifications::new(ctx.clone()).take().await.unwrap(), []);
        ctx.close().await;
    }
}
