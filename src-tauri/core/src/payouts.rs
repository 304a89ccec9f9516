//! Payouts: what the shop pays. From a file to the last row paid, never twice.
//!
//! A batch has one writer at a time (a lock per batch) and goes from state to state by compare-and-set, each in one
//! transaction with everything that belongs to it. What is about to be asked of NOWPayments is on the disk before it is
//! asked; an answer that is not clear is resolved by looking, never by asking again. Money moves only when a code was
//! accepted, and a code is given for one batch of NOWPayments' only: whatever else a call may have left there by
//! accident is never approved, and NOWPayments rejects it after an hour.

pub mod batch;
pub mod import;

mod again;
pub mod amount;
mod approve;
mod bank;
mod callback;
mod check;
mod control;
mod desk;
mod draft;
mod earlier;
mod files;
mod lookup;
mod parts;
mod reading;
pub mod recipients;
mod record;
mod report;
pub(crate) mod rhythm;
pub mod rules;
pub mod schedule;
mod send;
mod watch;

use std::{path::Path, sync::Arc};

use secrecy::SecretString;

pub use self::{
    bank::BothPins,
    files::{FileInProgress, OpenFile, Opened},
    report::{ReportFormat, template},
};
use self::{
    batch::{Batch, BatchSummary, Control, PendingApproval, RowEdit, RowPage, RowQuery},
    desk::Desk,
    files::Purpose,
    import::Choices,
    recipients::{Contact, ContactEdit, ContactPage},
    rules::{Rules, RulesEdit},
    schedule::Schedule,
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

    /// Opens a file of payouts: it becomes a batch that is checked against the shop, or waits for the owner to say how it is
    /// to be read.
    ///
    /// # Errors
    /// [`FailureCode::File`](crate::FailureCode::File) when the file cannot be read as payouts at all; what is wrong with
    /// single rows is in the batch. Otherwise the list of coins could not be had from NOWPayments.
    pub async fn open_file(&self, path: &Path) -> Result<Opened, Failure> {
        self.open_path(path).await
    }

    /// Opens pasted text as if it were a file called `name`.
    ///
    /// # Errors
    /// Those of [`Self::open_file`].
    pub async fn open_text(&self, name: &str, text: &str) -> Result<Opened, Failure> {
        self.open_bytes(name, text.as_bytes().to_vec()).await
    }

    /// A file that waits for an answer.
    ///
    /// # Errors
    /// [`FailureCode::Stale`](crate::FailureCode::Stale) when it is not open any more.
    pub fn open_file_again(&self, id: &str) -> Result<OpenFile, Failure> {
        self.waiting_file(id)
    }

    /// Reads a file that waits, as the owner says that it is to be read. What the columns hold is remembered for files that look
    /// the same.
    ///
    /// # Errors
    /// Those of [`Self::open_file`], and [`FailureCode::Stale`](crate::FailureCode::Stale) when it is not open any more.
    pub async fn answer_file(&self, id: &str, choices: Choices) -> Result<Opened, Failure> {
        self.answer(id, choices).await
    }

    /// Closes a file that waits for an answer. Nothing of it is kept.
    pub fn close_file(&self, id: &str) {
        self.close_waiting(id);
    }

    /// The file that is being read, and how far that is.
    #[must_use]
    pub fn reading_file(&self) -> Option<FileInProgress> {
        self.file_in_progress()
    }

    /// Stops reading a file. Nothing of it is kept, and whoever opened it is told.
    pub fn stop_reading(&self) {
        self.stop_file();
    }

    /// Reads text that this app wrote itself as the refund of a case that needs attention: a new batch called `name`, which it begins
    /// to check against the shop.
    ///
    /// # Errors
    /// Those of [`Self::open_file`].
    pub(crate) async fn import_refund(&self, case: u32, name: &str, text: &str) -> Result<Batch, Failure> {
        self.import_rows(name, text, Purpose::Refund(case)).await
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

    /// Stops the check of a batch. What it has found is kept: [`Self::check`] goes on from there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stop_check(&self, id: &str) -> Result<Batch, Failure> {
        self.halt_check(id).await?;
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

    /// Writes other values into a row of a batch that was not sent, and checks the batch again. Values that are not right are kept,
    /// too: the row says what is wrong with them.
    ///
    /// # Errors
    /// [`FailureCode::Stale`](crate::FailureCode::Stale) when the batch was sent already; not found when the row is not there any more.
    pub async fn edit_row(&self, id: &str, number: u32, edit: &RowEdit) -> Result<Batch, Failure> {
        self.edit(id, number, edit).await?;
        self.get(id).await
    }

    /// Says what a batch that was not sent must add up to. It cannot be sent as long as it does not.
    ///
    /// # Errors
    /// What was written is no sum of a coin, with its field (`currency 0`, `amount 0`, …);
    /// [`FailureCode::Stale`](crate::FailureCode::Stale) when the batch was sent already.
    pub async fn set_control(&self, id: &str, control: &Control) -> Result<Batch, Failure> {
        self.control(id, control).await?;
        self.get(id).await
    }

    /// Says what the next file must add up to: its batch has these control totals from the beginning. An empty [`Control`] takes
    /// them back.
    ///
    /// # Errors
    /// What was written is no sum of a currency, with its field (`currency 0`, `amount 0`, …).
    pub async fn set_next_control(&self, control: &Control) -> Result<(), Failure> {
        self.control_next(control).await
    }

    /// What the next file must add up to; `None` when nothing was said.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn next_control(&self) -> Result<Option<Control>, Failure> {
        self.read_next_control().await
    }

    /// The bad rows of a batch as CSV, as they stood in the file, with the reasons: to be corrected and imported by themselves.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn bad_rows_csv(&self, id: &str) -> Result<String, Failure> {
        self.bad_rows(id).await
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
    /// `pin` is that of whoever prepares payouts, where two persons are needed ([`Rules::two_persons`]).
    ///
    /// `rows_hash` is that of the batch as the owner saw it: a batch that has changed since is not sent. Called again for
    /// the same rows, while it is under way or after, it does nothing. A batch whose creation ended without a clear
    /// answer, and was not found at once, is no failure: its state is [`batch::BatchState::Unknown`].
    ///
    /// # Errors
    /// [`FailureCode::Stale`](crate::FailureCode::Stale) for rows that have changed, and otherwise the reason why it
    /// cannot be sent or why NOWPayments refused it. Nothing was created then.
    pub async fn send(&self, id: &str, rows_hash: &str, pin: Option<SecretString>) -> Result<Batch, Failure> {
        self.prepared_by(pin).await?;
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

    /// Approves a created batch with a code that the owner typed. `pin` is that of whoever approves, where two persons are needed
    /// ([`Rules::two_persons`]).
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
        pin: Option<SecretString>,
    ) -> Result<Batch, Failure> {
        self.approved_by(pin).await?;
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
        self.approved_by(Some(pin.clone())).await?;
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

    /// A person's word that one of the provider's batches which an unknown one may be ([`Batch::candidates`]) is another. It is
    /// looked for without that one from then on.
    ///
    /// # Errors
    /// [`FailureCode::Stale`](crate::FailureCode::Stale) when it is not unknown any more, or that batch no candidate; when
    /// NOWPayments could not be asked.
    pub async fn is_not(&self, id: &str, candidate: &str) -> Result<Batch, Failure> {
        let (this, batch, candidate) = (self.clone(), id.to_owned(), candidate.to_owned());
        self.ctx.to_the_end(async move { this.declare_not_ours(&batch, &candidate).await }).await?;
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

    /// Says when a batch that was not sent is paid, by the clock of this computer; `None`: as soon as it is approved.
    ///
    /// # Errors
    /// What cannot be a schedule, with its field (`execute_at`, `every`, `until`);
    /// [`FailureCode::Stale`](crate::FailureCode::Stale) when the batch was sent already.
    pub async fn set_schedule(&self, id: &str, schedule: Option<&Schedule>) -> Result<Batch, Failure> {
        self.write_schedule(id, schedule).await?;
        self.get(id).await
    }

    /// Calls off a scheduled batch whose time has not come, or one row of it.
    ///
    /// # Errors
    /// [`FailureCode::Stale`](crate::FailureCode::Stale) when it is not scheduled or its time has come;
    /// [`FailureCode::UnknownOutcome`](crate::FailureCode::UnknownOutcome) when NOWPayments does not show it as called off: it
    /// may be asked for again.
    pub async fn cancel(&self, id: &str, row: Option<u32>) -> Result<Batch, Failure> {
        let (this, batch) = (self.clone(), id.to_owned());
        self.ctx.to_the_end(async move { this.call_off(&batch, row).await }).await?;
        self.get(id).await
    }

    /// The parts of a batch that was too large to be sent at once, in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn parts(&self, id: &str) -> Result<Vec<BatchSummary>, Failure> {
        self.read_parts(id).await
    }

    /// Gives up the parts of a batch that were not sent yet. Those that were go on.
    ///
    /// # Errors
    /// [`FailureCode::Stale`](crate::FailureCode::Stale) when it is not sent in parts, or all of them have ended.
    pub async fn give_up_parts(&self, id: &str) -> Result<Batch, Failure> {
        self.stop_parts(id).await?;
        self.get(id).await
    }

    /// Makes a new draft of the rows that an ended batch has not paid, after a look at NOWPayments. Rows that have failed may
    /// still be paid there: the check warns of each.
    ///
    /// # Errors
    /// [`FailureCode::Stale`](crate::FailureCode::Stale) when the batch has not ended, or every row was paid after all; when
    /// NOWPayments could not be asked.
    pub async fn pay_again(&self, id: &str) -> Result<Batch, Failure> {
        self.draft_of_unpaid(id).await
    }

    /// The rules for payouts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rules(&self) -> Result<Rules, Failure> {
        self.read_rules().await
    }

    /// Changes the rules for payouts. What is loosened takes the PIN where there is one ([`Rules::needs_pin`]).
    ///
    /// # Errors
    /// What was written is no limit, with its field; [`FailureCode::WrongPin`](crate::FailureCode::WrongPin).
    pub async fn set_rules(&self, edit: &RulesEdit, pin: Option<SecretString>) -> Result<Rules, Failure> {
        self.write_rules(edit, pin).await?;
        self.rules().await
    }

    /// Has every batch sent with the PIN of one person and approved with that of another from now on. Where codes are made on this
    /// device, whoever approves is the one with the PIN that they are made with; where they are not and the app has a lock, it takes
    /// the PIN of the `lock`.
    ///
    /// # Errors
    /// PINs that cannot be taken, with the field (`preparer`, `approver`, `lock`).
    pub async fn require_two_persons(
        &self,
        preparer: SecretString,
        approver: SecretString,
        lock: Option<SecretString>,
    ) -> Result<Rules, Failure> {
        self.begin_two_persons(preparer, approver, lock).await?;
        self.rules().await
    }

    /// One person is enough again, which takes both PINs.
    ///
    /// # Errors
    /// [`FailureCode::WrongPin`](crate::FailureCode::WrongPin) with the field (`preparer`, `approver`).
    pub async fn require_one_person(
        &self,
        preparer: SecretString,
        approver: SecretString,
    ) -> Result<Rules, Failure> {
        self.end_two_persons(preparer, approver).await?;
        self.rules().await
    }

    /// The address book: contacts with `search` in their name, coin or address, at most 500.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contacts(&self, search: &str) -> Result<ContactPage, Failure> {
        self.read_contacts(search).await
    }

    /// Adds a contact to the address book or changes one. As long as only contacts are paid, that takes the PIN where a secret
    /// is sealed on this device.
    ///
    /// # Errors
    /// What was written is no recipient, with its field; [`FailureCode::WrongPin`](crate::FailureCode::WrongPin).
    pub async fn save_contact(
        &self,
        edit: &ContactEdit,
        pin: Option<SecretString>,
    ) -> Result<Contact, Failure> {
        self.write_contact(edit, pin).await
    }

    /// Takes a contact out of the address book.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_contact(&self, id: &str) -> Result<(), Failure> {
        self.delete_contact(id).await
    }

    /// The page that shows the transaction of a paid row, at a known explorer.
    ///
    /// # Errors
    /// When the row has no transaction yet, or its coin no known explorer.
    pub async fn explorer_page(&self, id: &str, number: u32) -> Result<String, Failure> {
        self.read_explorer_page(id, number).await
    }

    /// The report of a batch as a file, one line per row, removed and refused rows included.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn report_file(&self, id: &str, format: ReportFormat) -> Result<Vec<u8>, Failure> {
        self.report(id, format).await
    }
}
