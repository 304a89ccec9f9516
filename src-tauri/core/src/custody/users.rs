//! Users, and what they have.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use nowpayments::{Amount, Ticker, balance::Balance, custody::UserName};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::{SqliteConnection, SqlitePool};

use super::Custody;
use crate::{
    failure::Failure,
    language::{said, words},
    moves::{
        MoveKind, MoveOrder,
        lists::{Absorbed, Cached, End, List},
    },
    payments::{Terms, exact},
    shops::ShopContext,
    store,
};

/// The most users of a page.
const LARGEST_PAGE: u32 = 500;

/// Which users are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct UserQuery {
    /// A part of the name in any case, or the id; empty for all.
    pub search: String,
    /// The cursor of the page before; `None` for the first page.
    pub after: Option<String>,
    /// How many at most, 500 at the most.
    pub limit: u32,
}

/// A page of users, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct UserPage {
    /// The users.
    pub users: Vec<CustodyUser>,
    /// The cursor of the next page; `None` when this is the last.
    pub next: Option<String>,
    /// How many there are in all that match.
    pub total: u32,
    /// What all users together have of each coin, as far as it was read.
    pub sums: Vec<CustodyBalance>,
    /// How many users' balances were read.
    pub balances_read: u32,
}

/// A user with a balance of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CustodyUser {
    /// NOWPayments' id.
    pub id: String,
    /// The name, which is unique.
    pub name: String,
    /// When it was made, where NOWPayments says.
    pub created_at: Option<DateTime<Utc>>,
    /// What it has, by coin, as it was read last. A coin that it never had is missing.
    pub balances: Vec<CustodyBalance>,
    /// When that was read; `None`: never.
    pub balances_read_at: Option<DateTime<Utc>>,
}

/// What a user, or several, have of a coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CustodyBalance {
    /// The coin, lower case.
    pub coin: String,
    /// What can be spent.
    #[specta(type = String)]
    pub amount: Amount,
    /// What is on its way.
    #[specta(type = String)]
    pub pending: Amount,
}

#[derive(sqlx::FromRow)]
struct StoredUser {
    id: String,
    name: String,
    created_at: Option<DateTime<Utc>>,
    read_at: Option<DateTime<Utc>>,
}

impl StoredUser {
    async fn whole(self, db: &mut SqliteConnection) -> Result<CustodyUser, Failure> {
        let balances: Vec<(String, String, String)> =
            sqlx::query_as("SELECT coin, amount, pending FROM custody_balances WHERE user = ? ORDER BY coin")
                .bind(&self.id)
                .fetch_all(db)
                .await?;
        let balance = |(coin, amount, pending): (String, String, String)| {
            Ok(CustodyBalance { coin, amount: exact(&amount)?, pending: exact(&pending)? })
        };
        Ok(CustodyUser {
            balances: balances.into_iter().map(balance).collect::<Result<_, Failure>>()?,
            id: self.id,
            name: self.name,
            created_at: self.created_at,
            balances_read_at: self.read_at,
        })
    }
}

impl Custody {
    /// Users by name.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn users(&self, query: &UserQuery) -> Result<UserPage, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let search = query.search.trim().to_lowercase();
        let limit = query.limit.clamp(1, LARGEST_PAGE);
        // The cursor is the last user's name and id.
        let after: Option<(String, String)> =
            query.after.as_deref().and_then(|cursor| serde_json::from_str(cursor).ok());
        let found: Vec<StoredUser> = sqlx::query_as(
            "SELECT id, name, created_at, read_at FROM custody_users WHERE (?1 = '' OR instr(lower(name), ?1) > 0 OR id = ?1) \
             AND (?2 IS NULL OR (name COLLATE NOCASE, id) > (?2, ?3)) ORDER BY name COLLATE NOCASE, id LIMIT ?4",
        )
        .bind(&search)
        .bind(after.as_ref().map(|(name, _)| name))
        .bind(after.as_ref().map(|(_, id)| id))
        .bind(limit + 1)
        .fetch_all(&mut *db)
        .await?;
        let total = sqlx::query_scalar(
            "SELECT count(*) FROM custody_users WHERE ?1 = '' OR instr(lower(name), ?1) > 0 OR id = ?1",
        )
        .bind(&search)
        .fetch_one(&mut *db)
        .await?;
        let more = found.len() > limit as usize;
        let mut users = Vec::new();
        for user in found.into_iter().take(limit as usize) {
            users.push(user.whole(&mut db).await?);
        }
        let last = users.last().filter(|_| more);
        let next = last.map(|user| serde_json::json!([user.name, user.id]).to_string());
        let sums = sums(&mut db).await?;
        let balances_read =
            sqlx::query_scalar("SELECT count(*) FROM custody_users WHERE read_at IS NOT NULL")
                .fetch_one(&mut *db)
                .await?;
        Ok(UserPage { users, next, total, sums, balances_read })
    }

    /// One user of the cache.
    ///
    /// # Errors
    /// When there is no such user in the cache, or the shop was closed.
    pub async fn user(&self, id: &str) -> Result<CustodyUser, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let user: Option<StoredUser> =
            sqlx::query_as("SELECT id, name, created_at, read_at FROM custody_users WHERE id = ?")
                .bind(id)
                .fetch_optional(&mut *db)
                .await?;
        user.ok_or_else(no_such_user)?.whole(&mut db).await
    }

    pub(super) async fn new_user(&self, name: &str) -> Result<MoveOrder, Failure> {
        let name = name.trim();
        let name: UserName =
            name.parse().ok().filter(|_| !name.chars().any(char::is_control)).ok_or_else(|| {
                Failure::invalid(
                    "name",
                    words!(
                        en: "A name has 1 to {longest} characters and is no e-mail address.",
                        de: "Ein Name hat 1 bis {longest} Zeichen und ist keine E-Mail-Adresse.",
                        longest = UserName::LONGEST
                    ),
                )
            })?;
        let taken: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM custody_users WHERE name = ?)")
            .bind(name.as_str())
            .fetch_one(&self.ctx.db)
            .await?;
        if taken {
            return Err(Failure::invalid(
                "name",
                words!(
                    en: "There is a user called “{name}” already. Nothing was made.",
                    de: "Es gibt schon einen Benutzer namens „{name}“. Es wurde nichts angelegt."
                ),
            ));
        }
        Ok(MoveOrder {
            kind: MoveKind::User,
            from: None,
            to: None,
            coin: None,
            amount: None,
            to_coin: None,
            estimate: None,
            terms: Terms::default(),
            provider: None,
            account: None,
            worth: None,
            words: words!(
                en: "A user called “{name}” is made. No money is moved.",
                de: "Ein Benutzer namens „{name}“ wird angelegt. Es wird kein Geld bewegt."
            ),
            name: Some(name),
        })
    }
}

pub(super) fn no_such_user() -> Failure {
    Failure::new(
        crate::FailureCode::NotFound,
        said!(en: "There is no such user.", de: "Es gibt keinen solchen Benutzer."),
    )
}

/// What all users together have, as far as it was read.
async fn sums(db: &mut SqliteConnection) -> Result<Vec<CustodyBalance>, Failure> {
    let all: Vec<(String, String, String)> =
        sqlx::query_as("SELECT coin, amount, pending FROM custody_balances").fetch_all(db).await?;
    let mut sums = BTreeMap::<String, (Amount, Amount)>::new();
    for (coin, amount, pending) in all {
        let sum = sums.entry(coin).or_default();
        sum.0 += &exact(&amount)?;
        sum.1 += &exact(&pending)?;
    }
    Ok(sums.into_iter().map(|(coin, (amount, pending))| CustodyBalance { coin, amount, pending }).collect())
}

/// The name of a user of the cache.
pub(crate) async fn name_of(db: &SqlitePool, id: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT name FROM custody_users WHERE id = ?").bind(id).fetch_optional(db).await
}

/// Notes that something changed what a user has: what is known of it is old.
pub(super) async fn note_moved(
    db: &mut SqliteConnection,
    id: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE custody_users SET moved_at = ? WHERE id = ?")
        .bind(store::time(now))
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

/// The users whose balances are known and not any more what they were.
pub(crate) async fn with_old_balances(db: &SqlitePool) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM custody_users WHERE read_at <= moved_at").fetch_all(db).await
}

/// Keeps what a user of the cache has, as it was asked for at that time.
pub(crate) async fn keep_balances(
    ctx: &ShopContext,
    id: &str,
    balances: &BTreeMap<Ticker, Balance>,
    asked_at: DateTime<Utc>,
) -> Result<(), Failure> {
    let mut db = ctx.write().await?;
    let known = sqlx::query("UPDATE custody_users SET read_at = ? WHERE id = ?")
        .bind(store::time(asked_at))
        .bind(id)
        .execute(&mut *db)
        .await?;
    if known.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query("DELETE FROM custody_balances WHERE user = ?").bind(id).execute(&mut *db).await?;
    for (coin, balance) in balances {
        sqlx::query("INSERT INTO custody_balances (user, coin, amount, pending) VALUES (?, ?, ?, ?)")
            .bind(id)
            .bind(coin.as_str())
            .bind(balance.amount.to_string())
            .bind(balance.pending_amount.to_string())
            .execute(&mut *db)
            .await?;
    }
    db.commit().await?;
    Ok(())
}

impl Cached for nowpayments::custody::CustodyUser {
    const LIST: List = List::Users;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn created_at(&self) -> Option<DateTime<Utc>> {
        self.created_at
    }

    fn end(&self) -> Option<End> {
        None
    }

    async fn absorb(
        &self,
        db: &mut SqliteConnection,
        _: Option<&str>,
        _: DateTime<Utc>,
    ) -> Result<Absorbed, Failure> {
        let kept: Option<(String, Option<DateTime<Utc>>)> =
            sqlx::query_as("SELECT name, created_at FROM custody_users WHERE id = ?")
                .bind(self.id.as_str())
                .fetch_optional(&mut *db)
                .await?;
        let created_at = self.created_at.or(kept.as_ref().and_then(|(_, at)| *at)).map(store::time);
        let absorbed = match &kept {
            None => Absorbed::New,
            Some((name, at)) if *name == self.name && at.map(store::time) == created_at => {
                return Ok(Absorbed::Same);
            }
            Some(_) => Absorbed::Changed,
        };
        sqlx::query(
            "INSERT INTO custody_users (id, name, created_at) VALUES (?1, ?2, ?3) \
             ON CONFLICT (id) DO UPDATE SET name = ?2, created_at = ?3",
        )
        .bind(self.id.as_str())
        .bind(&self.name)
        .bind(created_at)
        .execute(db)
        .await?;
        Ok(absorbed)
    }
}
