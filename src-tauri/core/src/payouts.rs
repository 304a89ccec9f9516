//! Payouts: what the shop pays. From a file to the last row paid, never twice.
//!
//! A batch has one writer at a time (a lock per batch) and goes from state to state by compare-and-set, each in one
//! transaction with everything that belongs to it. What is about to be asked of NOWPayments is on the disk before it is
//! asked; an answer that is not clear is resolved by looking, never by asking again. Money moves only when a code was
//! accepted, and a code is given for one batch of NOWPayments' only: whatever else a call may have left there by
//! accident is never approved, and NOWPayments rejects it after an hour.

pub mod batch;
pub mod import;

mod approve;
mod callback;
mod check;
mod desk;
mod draft;
mod lookup;
mod reading;
mod record;
mod report;
mod send;
mod watch;

use std::{path::Path, sync::Arc};

use secrecy::SecretString;

use self::{
    batch::{Batch, BatchSummary, PendingApproval, RowPage, RowQuery},
    desk::Desk,
};
use crate::{failure::Failure, second_factor::SecondFactors, shops::ShopContext};

/// The payouts of a shop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Payouts {
    ctx: Arc<ShopContext>,
    second_factor: SecondFactors,
    desk: Arc<Desk>,
}

impl Payouts {
    pub(crate) fn new(ctx: Arc<ShopContext>) -> Self {
        Self { second_factor: SecondFactors::new(ctx.clone()), desk: Arc::default(), ctx }
    }

    /// The background work of payouts, from the opening of the shop until it is closed: takes up what an earlier run
    /// left, checks drafts, looks after batches that were sent. Started once by [`crate::Core`]; it may be cut off at any await.
    pub(crate) async fn run(self) {
        self.watch().await;
    }

    /// Reads a file of payouts as a new batch, and begins to check it against the shop.
    ///
    /// # Errors
    /// [`FailureCode::File`](crate::FailureCode::File) when the file cannot be read as payouts at all; what is wrong with
    /// single rows is in the batch. Otherwise the list of coins could not be had from NOWPayments.
    pub async fn import_file(&self, path: &Path) -> Result<Batch, Failure> {
        let id = self.import_path(path).await?;
        self.begin_check(&id);
        self.get(&id).await
    }

    /// Reads pasted text as a new batch called `name`, and begins to check it against the shop.
    ///
    /// # Errors
    /// Those of [`Self::import_file`].
    pub async fn import_text(&self, name: &str, text: &str) -> Result<Batch, Failure> {
        let bytes = text.as_bytes().to_vec();
        let id = self.import(name, move || Ok(bytes)).await?;
        self.begin_check(&id);
        self.get(&id).await
    }

    /// All batches, newest first.
    ///
    /// # Errors
    /// When the shop was closed or its database fails, as with all that only read.
    pub async fn list(&self) -> Result<Vec<BatchSummary>, Failure> {
        self.read_list().await
    }

    /// One batch.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn get(&self, id: &str) -> Result<Batch, Failure> {
        self.read(id).await
    }

    /// Rows of a batch.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rows(&self, query: RowQuery) -> Result<RowPage, Failure> {
        self.read_rows(query).await
    }

    /// Checks a batch against the shop again; what an earlier check has found is found anew. While a check is running
    /// nothing changes.
    ///
    /// # Errors
    /// [`FailureCode::Stale`](crate::FailureCode::Stale) when the batch was sent already.
    pub async fn check(&self, id: &str) -> Result<Batch, Failure> {
        self.check_anew(id).await?;
        self.get(id).await
    }

    /// Takes rows out of a batch that was not sent yet. They stay in the file's counts and in the database.
    ///
    /// # Errors
    /// [`FailureCode::Stale`](crate::FailureCode::Stale) when the batch was sent already.
    pub async fn remove_rows(&self, id: &str, numbers: &[u32]) -> Result<Batch, Failure> {
        self.remove(id, Some(numbers)).await?;
        self.get(id).await
    }

    /// Takes all bad rows out of a batch that was not sent yet.
    ///
    /// # Errors
    /// Those of [`Self::remove_rows`].
    pub async fn remove_bad_rows(&self, id: &str) -> Result<Batch, Failure> {
        self.remove(id, None).await?;
        self.get(id).await
    }

    /// Deletes a batch that was not sent. A check of it that is running ends.
    ///
    /// # Errors
    /// [`FailureCode::Stale`](crate::FailureCode::Stale) when the batch was sent already.
    pub async fn discard(&self, id: &str) -> Result<(), Failure> {
        self.delete(id).await
    }

    /// Locks the rows and creates the batch at NOWPayments. No money moves before it is approved.
    ///
    /// `rows_hash` is that of the batch as the owner saw it: a batch that has changed since is not sent. Called again for
    /// the same rows, while it is under way or after, it does nothing. A batch whose creation ended without a clear
    /// answer, and was not found at once, is no failure: its state is [`batch::BatchState::Unknown`].
    ///
    /// # Errors
    /// [`FailureCode::Stale`](crate::FailureCode::Stale) for rows that have changed, and otherwise the reason why it
    /// cannot be sent or why NOWPayments refused it. Nothing was created then.
    pub async fn send(&self, id: &str, rows_hash: &str) -> Result<Batch, Failure> {
        let (this, batch, hash) = (self.clone(), id.to_owned(), rows_hash.to_owned());
        self.ctx.to_the_end(async move { this.submit(&batch, &hash).await }).await?;
        self.get(id).await
    }

    /// What waits for the owner's code, the most urgent first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn approvals(&self) -> Result<Vec<PendingApproval>, Failure> {
        self.read_approvals().await
    }

    /// Approves a created batch with a code that the owner typed.
    ///
    /// # Errors
    /// [`FailureCode::WrongCode`](crate::FailureCode::WrongCode) when NOWPayments refuses the code (the message says how many
    /// may still be tried) or when it was used before and is not sent;
    /// [`FailureCode::UnknownOutcome`](crate::FailureCode::UnknownOutcome) when it is not known whether the code arrived: it
    /// may be given again; [`FailureCode::Stale`](crate::FailureCode::Stale) when there is no such approval of exactly these
    /// rows any more.
    pub async fn approve_with_code(
        &self,
        approval: &str,
        rows_hash: &str,
        code: SecretString,
    ) -> Result<Batch, Failure> {
        self.approve_typed(approval, rows_hash, code).await
    }

    /// Approves a created batch with a code made on this device from the secret that `pin` opens. When the code of the
    /// moment was used already it waits for the next one, up to half a minute.
    ///
    /// # Errors
    /// [`FailureCode::WrongPin`](crate::FailureCode::WrongPin), and those of [`Self::approve_with_code`].
    pub async fn approve_with_pin(
        &self,
        approval: &str,
        rows_hash: &str,
        pin: SecretString,
    ) -> Result<Batch, Failure> {
        self.approve_sealed(approval, rows_hash, pin).await
    }

    /// Looks up at NOWPayments how a batch stands, now.
    ///
    /// # Errors
    /// When NOWPayments could not be asked: the batch stays as it was.
    pub async fn look(&self, id: &str) -> Result<Batch, Failure> {
        self.take_up(id).await?;
        self.desk.follow(id);
        self.get(id).await
    }

    /// The owner's word that an unknown batch was not created, after looking found nothing: it can be sent anew. It looks
    /// once more before it believes.
    ///
    /// # Errors
    /// When it is too early to know, when the look failed, or when the batch was found after all.
    pub async fn release(&self, id: &str) -> Result<Batch, Failure> {
        let (this, batch) = (self.clone(), id.to_owned());
        self.ctx.to_the_end(async move { this.give_up_unknown(&batch).await }).await?;
        self.get(id).await
    }

    /// The page that shows the transaction of a paid row, at a known explorer.
    ///
    /// # Errors
    /// When the row has no transaction yet, or its coin no known explorer.
    pub async fn explorer_page(&self, id: &str, number: u32) -> Result<String, Failure> {
        self.read_explorer_page(id, number).await
    }

    /// The report of a batch as CSV, one line per row, removed and refused rows included.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn report_csv(&self, id: &str) -> Result<String, Failure> {
        self.report(id).await
    }
}
