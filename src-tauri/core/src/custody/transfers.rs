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
    moves::{
        cache::{self, Answer, Entry, Filter, Shown},
        lists::{Absorbed, Cached, End, List},
    },
    payments::exact,
    second_factor::local,
};

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

impl Shown for Stored {
    const LIST: List = List::Transfers;
    const ALSO: &'static str = ", f.name AS from_name, t.name AS to_name";
    const JOINED: &'static str = "LEFT JOIN custody_users AS f ON f.id = kept.from_id \
         LEFT JOIN custody_users AS t ON t.id = kept.to_id";

    fn place(&self) -> (DateTime<Utc>, &str) {
        (self.created_at, &self.id)
    }
}

impl Custody {
    /// Transfers, newest first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn transfers(&self, query: &TransferQuery) -> Result<TransferPage, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let filter = Filter::default()
            .and("? IN (from_id, to_id)", query.user.as_deref())
            .and("coin = ?", query.coin.as_ref().map(|coin| coin.to_lowercase()))
            .statuses(&query.statuses);
        let page = cache::page(&mut db, &filter, query.after.as_deref(), query.limit).await?;
        let transfers =
            page.rows.into_iter().map(|row| self.transfer_of(row)).collect::<Result<_, Failure>>()?;
        Ok(TransferPage { transfers, next: page.next, total: page.total })
    }

    /// One transfer of the cache, by NOWPayments' id.
    ///
    /// # Errors
    /// When it is not in the cache, or the shop was closed.
    pub async fn transfer(&self, id: &str) -> Result<CustodyTransfer, Failure> {
        let row = cache::find(&mut *self.ctx.db.acquire().await?, id).await?;
        self.transfer_of(
            row.ok_or_else(|| Failure::not_found(said!(en: "transfer", de: "diese Übertragung")))?,
        )
    }

    fn transfer_of(&self, row: Stored) -> Result<CustodyTransfer, Failure> {
        Ok(CustodyTransfer {
            id: row.id,
            from: row.from_id,
            from_name: row.from_name,
            to: row.to_id,
            to_name: row.to_name,
            status: row.status.to_lowercase(),
            ended: !row.is_open,
            coin: row.coin,
            amount: exact(&row.amount)?,
            created_at: local(&self.ctx, row.created_at),
            updated_at: row.updated_at.map(|at| local(&self.ctx, at)),
            made_by: row.made_by,
        })
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

    async fn absorb(
        &self,
        db: &mut SqliteConnection,
        _: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Absorbed, Failure> {
        let absorbed = cache::absorb(db, self, now).await?;
        if absorbed.has_status() {
            for end in [&self.from_id, &self.to_id] {
                users::note_moved(db, end.as_str(), now).await?;
            }
        }
        Ok(absorbed)
    }
}

impl Entry for Transfer {
    fn answer(&self) -> Answer<'_> {
        Answer {
            status: self.status.as_str(),
            is_final: self.status.is_final(),
            updated_at: self.updated_at,
            fixed: vec![
                ("from_id", Some(self.from_id.to_string())),
                ("to_id", Some(self.to_id.to_string())),
                ("coin", Some(self.currency.to_string())),
                ("amount", Some(self.amount.to_string())),
            ],
            moving: Vec::new(),
            silence_keeps: true,
        }
    }

    fn may_follow(&self, before: &str) -> bool {
        self.status.may_follow(&before.into())
    }
}
