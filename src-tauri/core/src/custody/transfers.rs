//! The transfers between users, and between them and the shop.

use chrono::{DateTime, Utc};
use nowpayments::{
    Amount,
    custody::{Transfer, TransferStatus},
};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

use super::{Custody, users};
use crate::{
    failure::Failure,
    language::said,
    moves::lists::{Absorbed, Cached, End, List, changed_at},
    payments::exact,
    second_factor::local,
    shops::ShopContext,
    store,
};

/// The most transfers of a page.
const LARGEST_PAGE: u32 = 500;

/// A transfer with the names of its ends, and the move that made it.
const SELECT: &str = "SELECT custody_transfers.*, f.name AS from_name, t.name AS to_name, moves.id AS made_by FROM custody_transfers \
     LEFT JOIN custody_users AS f ON f.id = from_id LEFT JOIN custody_users AS t ON t.id = to_id \
     LEFT JOIN moves ON moves.list = 'transfers' AND moves.made = custody_transfers.id WHERE ";

/// Which transfers are listed, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TransferQuery {
    /// Only those to or from this user, by NOWPayments' id.
    pub user: Option<String>,
    /// Only those of these statuses, in any case; all when empty.
    pub statuses: Vec<String>,
    /// Only those of this coin.
    pub coin: Option<String>,
    /// The cursor of the page before; `None` for the first page.
    pub after: Option<String>,
    /// How many at most, 500 at the most.
    pub limit: u32,
}

/// A page of transfers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TransferPage {
    /// The transfers.
    pub transfers: Vec<CustodyTransfer>,
    /// The cursor of the next page; `None` when this is the last.
    pub next: Option<String>,
    /// How many there are in all that match.
    pub total: u32,
}

/// A transfer between two users, or a user and the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CustodyTransfer {
    /// NOWPayments' id.
    pub id: String,
    /// From whom: NOWPayments' id, which the shop has, too.
    pub from: String,
    /// The name of whoever gives; `None`: no user, which is the shop.
    pub from_name: Option<String>,
    /// To whom.
    pub to: String,
    /// The name of whoever gets; `None`: no user, which is the shop.
    pub to_name: Option<String>,
    /// The status, lower case: `created`, `waiting`, `finished`, `rejected`, or one that this Paydesk does not know.
    pub status: String,
    /// Nothing more happens to it.
    pub ended: bool,
    /// The coin, lower case.
    pub coin: String,
    /// How much.
    #[specta(type = String)]
    pub amount: Amount,
    /// When it was made, by the clock of this computer.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// Our id of the move that made it, where that was here.
    pub made_by: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Stored {
    id: String,
    from_id: String,
    from_name: Option<String>,
    to_id: String,
    to_name: Option<String>,
    status: String,
    is_open: bool,
    coin: String,
    amount: String,
    created_at: DateTime<Utc>,
    updated_at: Option<DateTime<Utc>>,
    made_by: Option<String>,
}

impl Custody {
    /// Transfers, newest first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn transfers(&self, query: &TransferQuery) -> Result<TransferPage, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let limit = query.limit.clamp(1, LARGEST_PAGE);
        let mut sql = sqlx::QueryBuilder::new(SELECT);
        query.push_filter(&mut sql);
        let after: Option<(String, String)> =
            query.after.as_deref().and_then(|cursor| serde_json::from_str(cursor).ok());
        if let Some((at, id)) = after {
            sql.push(" AND (custody_transfers.created_at, custody_transfers.id) < (").push_bind(at);
            sql.push(", ").push_bind(id).push(")");
        }
        sql.push(" ORDER BY custody_transfers.created_at DESC, custody_transfers.id DESC LIMIT ")
            .push_bind(limit + 1);
        let rows: Vec<Stored> = sql.build_query_as().fetch_all(&mut *db).await?;
        let mut count = sqlx::QueryBuilder::new("SELECT count(*) FROM custody_transfers WHERE ");
        query.push_filter(&mut count);
        let total = count.build_query_scalar().fetch_one(&mut *db).await?;
        let more = rows.len() > limit as usize;
        let last = rows.get(limit as usize - 1).filter(|_| more);
        let next = last.map(|row| serde_json::json!([store::time(row.created_at), row.id]).to_string());
        let transfer = |row: Stored| row.into_transfer(&self.ctx);
        let transfers =
            rows.into_iter().take(limit as usize).map(transfer).collect::<Result<_, Failure>>()?;
        Ok(TransferPage { transfers, next, total })
    }

    /// One transfer, by NOWPayments' id.
    ///
    /// # Errors
    /// When there is no such one, or the shop was closed.
    pub async fn transfer(&self, id: &str) -> Result<CustodyTransfer, Failure> {
        let row: Option<Stored> = sqlx::QueryBuilder::new(SELECT)
            .push("custody_transfers.id = ")
            .push_bind(id)
            .build_query_as()
            .fetch_optional(&self.ctx.db)
            .await?;
        let row = row.ok_or_else(|| Failure::not_found(said!(en: "transfer", de: "diese Übertragung")))?;
        row.into_transfer(&self.ctx)
    }
}

impl Stored {
    fn into_transfer(self, ctx: &ShopContext) -> Result<CustodyTransfer, Failure> {
        Ok(CustodyTransfer {
            id: self.id,
            from: self.from_id,
            from_name: self.from_name,
            to: self.to_id,
            to_name: self.to_name,
            status: self.status.to_lowercase(),
            ended: !self.is_open,
            coin: self.coin,
            amount: exact(&self.amount)?,
            created_at: local(ctx, self.created_at),
            updated_at: self.updated_at.map(|at| local(ctx, at)),
            made_by: self.made_by,
        })
    }
}

impl TransferQuery {
    fn push_filter(&self, sql: &mut sqlx::QueryBuilder<sqlx::Sqlite>) {
        sql.push("1 = 1");
        if let Some(user) = &self.user {
            sql.push(" AND ")
                .push_bind(user)
                .push(" IN (custody_transfers.from_id, custody_transfers.to_id)");
        }
        if let Some(coin) = &self.coin {
            sql.push(" AND custody_transfers.coin = ").push_bind(coin.to_lowercase());
        }
        if !self.statuses.is_empty() {
            let statuses: Vec<_> = self.statuses.iter().map(|status| status.to_lowercase()).collect();
            sql.push(" AND lower(custody_transfers.status) IN (SELECT value FROM json_each(");
            sql.push_bind(serde_json::Value::from(statuses).to_string()).push("))");
        }
    }
}

impl Cached for Transfer {
    const LIST: List = List::Transfers;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn created_at(&self) -> Option<DateTime<Utc>> {
        self.created_at
    }

    fn end(&self) -> Option<End> {
        match self.status {
            TransferStatus::Finished => Some(End::Finished),
            TransferStatus::Rejected => Some(End::Rejected),
            _ => None,
        }
    }

    /// A status only moves forward: an older answer that comes late changes nothing.
    async fn absorb(
        &self,
        db: &mut SqliteConnection,
        _: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Absorbed, Failure> {
        let kept: Option<String> = sqlx::query_scalar("SELECT status FROM custody_transfers WHERE id = ?")
            .bind(self.id.as_str())
            .fetch_optional(&mut *db)
            .await?;
        if let Some(kept) = kept {
            let kept = TransferStatus::from(kept.as_str());
            if kept == self.status || !self.status.may_follow(&kept) {
                return Ok(Absorbed::Same);
            }
            sqlx::query(
                "UPDATE custody_transfers SET status = ?, is_open = ?, updated_at = coalesce(?, updated_at), changed_at = ? \
                 WHERE id = ?",
            )
            .bind(self.status.as_str())
            .bind(!self.status.is_final())
            .bind(self.updated_at.map(store::time))
            .bind(store::time(now))
            .bind(self.id.as_str())
            .execute(&mut *db)
            .await?;
            for end in [&self.from_id, &self.to_id] {
                users::note_moved(db, end.as_str(), now).await?;
            }
            return Ok(Absorbed::Moved);
        }
        sqlx::query(
            "INSERT INTO custody_transfers (id, from_id, to_id, status, is_open, coin, amount, created_at, dated, updated_at, \
             changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.id.as_str())
        .bind(self.from_id.as_str())
        .bind(self.to_id.as_str())
        .bind(self.status.as_str())
        .bind(!self.status.is_final())
        .bind(self.currency.as_str())
        .bind(self.amount.to_string())
        .bind(store::time(self.created_at.unwrap_or(now)))
        .bind(self.created_at.is_some())
        .bind(self.updated_at.map(store::time))
        .bind(store::time(changed_at(self.updated_at.or(self.created_at), now)))
        .execute(&mut *db)
        .await?;
        for end in [&self.from_id, &self.to_id] {
            users::note_moved(db, end.as_str(), now).await?;
        }
        Ok(Absorbed::New)
    }
}
