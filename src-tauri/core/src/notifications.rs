//! Notifications: the decision to tell the owner something, each exactly once even across restarts, by the owner's rules.

mod rules;
mod subject;
mod subscriptions;
mod words;

use std::sync::Arc;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use nowpayments::payments::Payment;
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

pub use self::rules::{AtLeast, NotificationRules, PaymentNews, QuietHours, SubscriptionNews, TimeOfDay};
pub use self::subject::Subject;
pub(crate) use self::subscriptions::{SubscriptionChange, decide_on_subscription};
use crate::{changes::Changed, failure::Failure, shops::ShopContext, store};

/// The time in which the owner is told no more payments one by one than the rules say. What had to wait longer is told
/// together.
const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// How much of a title and a text is kept. A text names the sums of a batch: it is cut where nobody reads on.
const LONGEST_TITLE: usize = 120;
const LONGEST_BODY: usize = 2000;

/// Something that the owner is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Notification {
    /// What makes it one: the same key is told once.
    pub key: String,
    /// The title.
    pub title: String,
    /// The text.
    pub body: String,
    /// What it is about; `None`: several things.
    pub subject: Option<Subject>,
    /// When it was decided on.
    pub at: DateTime<Utc>,
}

/// The newest notifications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct NotificationList {
    /// Told or not, newest first, 200 at the most.
    pub entries: Vec<NotificationEntry>,
    /// How many of all that there are the owner has not read.
    pub unread: u32,
    /// Nothing is told on the desktop until then, since the owner said so.
    pub paused_until: Option<DateTime<Utc>>,
}

/// A notification in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct NotificationEntry {
    /// The notification.
    pub notification: Notification,
    /// The owner has read it.
    pub read: bool,
}

/// For how long the owner wants to be told nothing on the desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Pause {
    /// For an hour from now.
    Hour,
    /// Until the next day begins where the owner is.
    UntilTomorrow,
    /// Not any more.
    Over,
}

/// What is to be told at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// To be told now, oldest first.
    pub now: Vec<Notification>,
    /// How many wait for the end of quiet hours, of a pause, or of a minute in which much was told: take again in a while.
    pub waiting: u32,
}

/// A payment whose status is new in the cache.
pub(crate) struct StatusChange<'a> {
    /// As the API answered it.
    pub(crate) payment: &'a Payment,
    /// The status that was cached before; `None` for a payment that was not.
    pub(crate) from: Option<String>,
    /// The status now, lower case.
    pub(crate) to: String,
}

/// Decides that the owner is told `notification`: to be called inside the transaction that records the reason, so that
/// neither is without the other. A key that was decided on before is left as it is. Announce [`Changed::Notifications`]
/// after the commit. Names in it may be anything: what cannot be seen is left out.
pub(crate) async fn decide(
    db: &mut SqliteConnection,
    notification: &Notification,
) -> Result<(), sqlx::Error> {
    let title = words::plain(&notification.title, LONGEST_TITLE);
    let body = words::plain(&notification.body, LONGEST_BODY);
    write(db, &Notification { title, body, ..notification.clone() }, None).await
}

/// The same for news of a move inside the account, unless the owner's rules do not want them.
pub(crate) async fn decide_on_move(
    db: &mut SqliteConnection,
    notification: &Notification,
) -> Result<(), sqlx::Error> {
    match Standing::read(db).await?.rules.moves {
        true => decide(db, notification).await,
        false => Ok(()),
    }
}

/// Decides what the owner is told of payments, inside the transaction that takes them into the cache. Announce
/// [`Changed::Payments`] after the commit.
///
/// What happened before [`tell_from`] is not told: a payment must have been cached with another status, which it left
/// since, or the API must say that it changed later.
pub(crate) async fn decide_on_payments(
    db: &mut SqliteConnection,
    changes: &[StatusChange<'_>],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let standing = Standing::read(db).await?;
    let is_later = |at: Option<DateTime<Utc>>| at.zip(standing.told_from).is_some_and(|(at, from)| at > from);
    for StatusChange { payment, from, to } in changes {
        let told = match (PaymentNews::of(to), from) {
            (told, Some(_)) => told,
            (Some(news), None) => is_later(payment.updated_at).then_some(news),
            (None, None) => is_later(payment.created_at).then_some(PaymentNews::New),
        };
        let price = (&payment.price_amount, payment.price_currency.as_str());
        let Some(news) = told.filter(|news| standing.rules.want(*news, price.0, price.1)) else { continue };
        let (title, body) = words::of(news, payment);
        let id = payment.payment_id.as_str();
        let notification = Notification {
            key: format!("payment:{id}:{}", news.name()),
            title,
            body,
            subject: Some(Subject::Payment { id: id.to_owned() }),
            at: now,
        };
        write(db, &notification, Some(words::counted(news, payment))).await?;
    }
    Ok(())
}

/// Has payments told that change after `at`, unless that was said before: to be called as the first of them are
/// answered, with a time by the provider's clock.
pub(crate) async fn tell_from(db: &mut SqliteConnection, at: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE notification_rules SET told_from = ? WHERE told_from IS NULL")
        .bind(store::time(at))
        .execute(db)
        .await?;
    Ok(())
}

async fn write(
    db: &mut SqliteConnection,
    notification: &Notification,
    counted: Option<words::Counted>,
) -> Result<(), sqlx::Error> {
    let Notification { key, title, body, subject, at } = notification;
    sqlx::query(
        "INSERT INTO notifications (key, title, body, subject, at, news, price_amount, price_currency) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(key)
    .bind(title)
    .bind(body)
    .bind(subject.as_ref().map(Subject::stored))
    .bind(store::time(*at))
    .bind(counted.as_ref().map(|counted| counted.news.name()))
    .bind(counted.as_ref().map(|counted| counted.amount.to_string()))
    .bind(counted.map(|counted| counted.currency))
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

    /// Takes what is to be told now and marks it as told: nothing is ever handed out twice. Payments that come many at
    /// once, or had to wait, are handed out as one notification that sums them up.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn take(&self) -> Result<Taken, Failure> {
        self.take_at(self.ctx.now()).await
    }

    async fn take_at(&self, now: DateTime<Utc>) -> Result<Taken, Failure> {
        let untold: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM notifications WHERE told_at IS NULL)")
                .fetch_one(&self.ctx.db)
                .await?;
        if !untold {
            return Ok(Taken::default());
        }
        let mut db = self.ctx.write().await?;
        let taken = take(&mut db, now, (self.ctx.surroundings.local)(now).time()).await?;
        db.commit().await?;
        Ok(taken)
    }

    /// The newest notifications.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn list(&self) -> Result<NotificationList, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let rows = sqlx::query_as::<_, Stored>(
            "SELECT key, title, body, subject, at, news, price_amount, price_currency, read_at \
             FROM notifications ORDER BY at DESC, key DESC LIMIT 200",
        )
        .fetch_all(&mut *db)
        .await?;
        let unread = sqlx::query_scalar("SELECT count(*) FROM notifications WHERE read_at IS NULL")
            .fetch_one(&mut *db)
            .await?;
        let Standing { paused_until, .. } = Standing::read(&mut db).await?;
        db.commit().await?;
        let entry = |row: Stored| NotificationEntry { read: row.read_at.is_some(), notification: row.into() };
        Ok(NotificationList {
            entries: rows.into_iter().map(entry).collect(),
            unread,
            paused_until: paused_until.filter(|until| *until > self.ctx.now()),
        })
    }

    /// Marks notifications as read, by their keys.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn mark_read(&self, keys: Vec<String>) -> Result<(), Failure> {
        let query = sqlx::query(
            "UPDATE notifications SET read_at = ? \
             WHERE read_at IS NULL AND key IN (SELECT value FROM json_each(?))",
        )
        .bind(store::time(self.ctx.now()))
        .bind(serde_json::Value::from(keys).to_string());
        self.change(query).await
    }

    /// Marks all notifications as read that were decided on no later than `newest`: what comes while the owner reads is
    /// still new.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn mark_all_read(&self, newest: DateTime<Utc>) -> Result<(), Failure> {
        let query = sqlx::query("UPDATE notifications SET read_at = ? WHERE read_at IS NULL AND at <= ?")
            .bind(store::time(self.ctx.now()))
            .bind(store::time(newest));
        self.change(query).await
    }

    /// The owner's rules.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn rules(&self) -> Result<NotificationRules, Failure> {
        let mut db = self.ctx.db.acquire().await?;
        Ok(Standing::read(&mut db).await?.rules)
    }

    /// Sets the rules. What was decided on before stays decided on.
    ///
    /// # Errors
    /// When something in them is not right (with its field), the shop was closed, or its database fails.
    pub async fn save_rules(&self, rules: NotificationRules) -> Result<(), Failure> {
        let json =
            serde_json::to_string(&rules.checked()?).map_err(|error| Failure::other(error.to_string()))?;
        self.change(sqlx::query("UPDATE notification_rules SET rules = ?").bind(json)).await
    }

    /// Tells nothing on the desktop for a while; what waits meanwhile is told together at its end.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn pause(&self, pause: Pause) -> Result<(), Failure> {
        let until = self.end_of(pause, self.ctx.now());
        self.change(
            sqlx::query("UPDATE notification_rules SET paused_until = ?").bind(until.map(store::time)),
        )
        .await
    }

    fn end_of(&self, pause: Pause, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let surroundings = &self.ctx.surroundings;
        match pause {
            Pause::Hour => Some(now + TimeDelta::hours(1)),
            Pause::UntilTomorrow => {
                (surroundings.local)(now).date().succ_opt().map(|day| (surroundings.day_begins)(day))
            }
            Pause::Over => None,
        }
    }

    async fn change(
        &self,
        query: sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<(), Failure> {
        query.execute(&self.ctx.db).await?;
        self.ctx.announce(Changed::Notifications);
        Ok(())
    }
}

/// Takes what is to be told at `now`, when the owner's clock shows `time`.
pub(crate) async fn take(
    db: &mut SqliteConnection,
    now: DateTime<Utc>,
    time: NaiveTime,
) -> Result<Taken, sqlx::Error> {
    let Standing { rules, paused_until, .. } = Standing::read(db).await?;
    let paused = paused_until.is_some_and(|until| until > now);
    let quiet = rules.quiet.is_some_and(|quiet| quiet.hold_at(time));

    let mut told = Vec::new();
    if !paused && (!quiet || rules.payouts_when_quiet) {
        let of_payouts = take_rows(db, now, "news IS NULL").await?;
        told.extend(of_payouts.into_iter().map(Notification::from));
    }
    if !paused && !quiet {
        told.extend(take_payments(db, now, &rules).await?);
    }
    told.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.key.cmp(&b.key)));
    let waiting = sqlx::query_scalar("SELECT count(*) FROM notifications WHERE told_at IS NULL")
        .fetch_one(&mut *db)
        .await?;
    Ok(Taken { now: told, waiting })
}

/// Takes the payments and subscriptions that are to be told now: one by one while they are few in a minute, else together.
async fn take_payments(
    db: &mut SqliteConnection,
    now: DateTime<Utc>,
    rules: &NotificationRules,
) -> Result<Vec<Notification>, sqlx::Error> {
    let (pending, oldest): (u32, Option<DateTime<Utc>>) = sqlx::query_as(
        "SELECT count(*), min(at) FROM notifications WHERE told_at IS NULL AND news IS NOT NULL",
    )
    .fetch_one(&mut *db)
    .await?;
    let Some(oldest) = oldest else { return Ok(Vec::new()) };
    let recent: u32 =
        sqlx::query_scalar("SELECT count(*) FROM notifications WHERE told_at > ? AND news IS NOT NULL")
            .bind(store::time(now - MINUTE))
            .fetch_one(&mut *db)
            .await?;
    let waited = oldest <= now - MINUTE;
    if !waited && recent > 0 && pending + recent > rules.singles {
        return Ok(Vec::new());
    }
    let rows = take_rows(db, now, "news IS NOT NULL").await?;
    let (subscriptions, payments): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| matches!(row.subject(), Some(Subject::Subscription { .. })));
    let busy = waited || pending > rules.singles;
    let together =
        |rows: Vec<Stored>, digest: fn(&[Stored], DateTime<Utc>) -> Option<Notification>| match (busy
            && rows.len() > 1)
            .then(|| digest(&rows, now))
            .flatten()
        {
            Some(digest) => vec![digest],
            None => rows.into_iter().map(Notification::from).collect(),
        };
    let mut told = together(payments, digest);
    told.extend(together(subscriptions, subscriptions::digest));
    Ok(told)
}

/// Marks what is untold and meets `condition` as told, and hands it out, in one statement: two takers never get the same.
async fn take_rows(
    db: &mut SqliteConnection,
    now: DateTime<Utc>,
    condition: &'static str,
) -> Result<Vec<Stored>, sqlx::Error> {
    sqlx::QueryBuilder::new("UPDATE notifications SET told_at = ")
        .push_bind(store::time(now))
        .push(" WHERE told_at IS NULL AND ")
        .push(condition)
        .push(" RETURNING key, title, body, subject, at, news, price_amount, price_currency, read_at")
        .build_query_as()
        .fetch_all(db)
        .await
}

/// One notification in place of several; `None` when one of them cannot be summed.
fn digest(rows: &[Stored], now: DateTime<Utc>) -> Option<Notification> {
    let counted: Option<Vec<_>> = rows.iter().map(Stored::counted).collect();
    let (title, body) = words::digest(&counted?);
    Some(Notification { key: format!("digest:{}", store::time(now)), title, body, subject: None, at: now })
}

/// How the owner wants to be told, as it stands in the database.
struct Standing {
    rules: NotificationRules,
    paused_until: Option<DateTime<Utc>>,
    told_from: Option<DateTime<Utc>>,
}

impl Standing {
    async fn read(db: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let (rules, paused_until, told_from): (Option<String>, _, _) =
            sqlx::query_as("SELECT rules, paused_until, told_from FROM notification_rules")
                .fetch_one(db)
                .await?;
        let rules = rules.map(|json| NotificationRules::read(&json)).transpose();
        // Rules that cannot be read must not keep payments from the cache; to be told too much is the lesser harm.
        let rules = rules.unwrap_or_else(|error| {
            tracing::error!(%error, "the rules for notifications cannot be read");
            None
        });
        Ok(Self { rules: rules.unwrap_or_default(), paused_until, told_from })
    }
}

/// A notification as it stands in the database.
#[derive(sqlx::FromRow)]
struct Stored {
    key: String,
    title: String,
    body: String,
    subject: Option<String>,
    at: DateTime<Utc>,
    news: Option<String>,
    price_amount: Option<String>,
    price_currency: Option<String>,
    read_at: Option<DateTime<Utc>>,
}

impl Stored {
    fn subject(&self) -> Option<Subject> {
        self.subject.as_deref().and_then(Subject::read)
    }

    fn counted(&self) -> Option<words::Counted> {
        let name = self.news.as_deref()?;
        Some(words::Counted {
            news: PaymentNews::ALL.into_iter().find(|news| news.name() == name)?,
            amount: self.price_amount.as_deref()?.parse().ok()?,
            currency: self.price_currency.clone()?,
        })
    }
}

impl From<Stored> for Notification {
    fn from(stored: Stored) -> Self {
        let subject = stored.subject();
        let Stored { key, title, body, at, .. } = stored;
        Self { key, title, body, subject, at }
    }
}

#[cfg(test)]
mod tests;
