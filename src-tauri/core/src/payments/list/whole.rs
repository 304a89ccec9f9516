//! Reading all that a list has, row after row, out of one look at the database: for what is longer than any screen.

use chrono::{DateTime, Utc};
use nowpayments::Amount;
use sqlx::{Sqlite, SqliteConnection, Transaction};
use tokio::sync::mpsc;

use super::{
    super::{cache, detail},
    PaymentRow, PaymentSelection, PaymentSort, Payments, Stored, stored,
};
use crate::{failure::Failure, payments::PaymentFee};

/// How many rows are read and handed on at a time.
const BATCH: usize = 200;

/// Which payments are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which {
    /// Selected ones, in the order of the selection.
    Selected(PaymentSelection),
    /// Those that match and were made from the first time on and before the second, the first first.
    Made { search: String, from: DateTime<Utc>, to: DateTime<Utc> },
}

/// A payment with everything that is said of it but its timeline. Its texts are whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WholePayment {
    pub(crate) row: PaymentRow,
    pub(crate) payin_extra_id: Option<String>,
    pub(crate) parent_payment_id: Option<String>,
    /// What was expected and not paid (positive) or paid beyond (negative), in coin.
    pub(crate) missing: Option<Amount>,
    pub(crate) fee: Option<PaymentFee>,
}

/// A list that is about to be read. What is written meanwhile does not change it.
pub(crate) struct WholeList {
    db: Transaction<'static, Sqlite>,
    /// The numbers of its payments, in order: 4 MB for a million.
    numbers: Vec<u32>,
}

impl WholeList {
    /// Looks for what `which` means.
    ///
    /// # Errors
    /// When what is searched for cannot be read (field `search`), or the shop was closed.
    pub(crate) async fn open(payments: &Payments, which: Which) -> Result<Self, Failure> {
        let mut db = payments.ctx.db.begin().await?;
        let numbers = match which {
            Which::Selected(selection) => payments.selected(&mut db, &selection).await?,
            Which::Made { search, from, to } => {
                let mut look = payments.understand(&mut db, &search).await?;
                look.search = look.search.made(from, to);
                look.ordered(&mut db, PaymentSort::Created).await?.iter(false).collect()
            }
        };
        Ok(Self { db, numbers })
    }

    /// How many payments it has.
    pub(crate) fn total(&self) -> u32 {
        u32::try_from(self.numbers.len()).unwrap_or(u32::MAX)
    }

    /// The first of them, at most `limit`.
    pub(crate) async fn first(mut self, limit: usize) -> Result<Vec<WholePayment>, Failure> {
        let end = limit.min(self.numbers.len());
        read(&mut self.db, &self.numbers[..end]).await
    }

    /// Hands all of them to `to`, in their order, a few at a time, and stops when nobody takes them any more. No more of
    /// them is held than is on its way.
    pub(crate) async fn hand_to(mut self, to: mpsc::Sender<Vec<WholePayment>>) -> Result<(), Failure> {
        for numbers in self.numbers.chunks(BATCH) {
            let batch = read(&mut self.db, numbers).await?;
            if to.send(batch).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// The payments with these numbers, in this order.
async fn read(db: &mut SqliteConnection, numbers: &[u32]) -> Result<Vec<WholePayment>, Failure> {
    stored(db, numbers).await?.into_iter().map(WholePayment::of).collect()
}

impl WholePayment {
    fn of(stored: Stored) -> Result<Self, Failure> {
        let row = stored.row()?;
        Ok(Self {
            missing: detail::missing(&row),
            row,
            fee: cache::fee(stored.fee.as_deref()),
            payin_extra_id: stored.payin_extra_id,
            parent_payment_id: stored.parent_payment_id,
        })
    }
}
