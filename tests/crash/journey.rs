//! What the owner of a shop does, from a file to its last row paid.

use std::collections::BTreeMap;

use paydesk_core::payouts::batch::RowEdit;
use serde::{Deserialize, Serialize};

/// The PIN of the device.
pub(crate) const PIN: &str = "402917 oak";

/// A row that is to be paid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) address: String,
    pub(crate) currency: String,
    pub(crate) amount: String,
    /// The currency of the amount, where it is a sum of money and not of the coin.
    pub(crate) fiat: Option<String>,
    pub(crate) extra_id: Option<String>,
}

/// What the owner does, and what the world has in store for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Journey {
    /// What is to be paid.
    pub(crate) rows: Vec<Row>,
    /// The row, by its index, whose amount is wrong in the file and corrected before it is sent.
    pub(crate) corrected: Option<usize>,
    /// How batches are approved.
    pub(crate) approval: Approval,
    /// Whether the owner lets the time for a code pass, and pays the rows in another batch when nothing came of the first.
    pub(crate) dawdles: Dawdles,
    /// What becomes of the same file, opened again while the first batch is under way.
    pub(crate) again: Again,
    /// How many rows are sent at once at the most, if the owner has said so.
    pub(crate) part_size: Option<u32>,
    /// When the rows are paid, if not as soon as they are approved.
    pub(crate) schedule: Option<Scheduled>,
    /// The recipient to whom nothing can be sent, and how that ends.
    pub(crate) failing: Option<Failing>,
    /// What the owner changes when a try to send was given up.
    pub(crate) revised: Option<Revision>,
}

/// When rows are paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scheduled {
    /// So many seconds after the owner has said so.
    pub(crate) delay: u64,
    /// How often they are paid, a day apart.
    pub(crate) runs: u32,
}

/// A recipient whose rows fail at NOWPayments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failing {
    pub(crate) address: String,
    pub(crate) then: Then,
}

/// What becomes of rows that have failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Then {
    /// Nothing.
    Nothing,
    /// NOWPayments pays them after all.
    PaidAfterAll,
    /// NOWPayments says that it does not, and the owner pays them again.
    PaidAgain,
}

/// Another amount for a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Revision {
    /// The row, by its index.
    pub(crate) row: usize,
    pub(crate) amount: String,
}

/// What must have become of a row in the end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Due {
    /// How often it must have been paid.
    pub(crate) paid: u32,
    /// How often it must have failed, and not have been paid by that.
    pub(crate) failed: u32,
}

/// How a batch is approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Approval {
    /// With the code that the phone shows.
    Code,
    /// With the PIN of this device.
    Pin,
}

/// When the owner lets the time for a code pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Dawdles {
    /// Not at all.
    Never,
    /// Before any code was given.
    AtOnce,
    /// After a code was given, if it is not clear what came of it.
    AfterACode,
}

/// What becomes of the same rows in a second batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Again {
    /// There is none.
    Never,
    /// It is refused as long as the first is under way, and discarded.
    Discarded,
    /// It is refused as long as the first is under way; then the owner pays the rows once more.
    Paid,
    /// It is paid once more and should not have been: the verdict must say so.
    Mistake,
}

impl Journey {
    /// All rows are paid at once, and nothing comes in between.
    pub(crate) fn plain(rows: Vec<Row>, approval: Approval) -> Self {
        Self {
            rows,
            corrected: None,
            approval,
            dawdles: Dawdles::Never,
            again: Again::Never,
            part_size: None,
            schedule: None,
            failing: None,
            revised: None,
        }
    }

    /// The file, with what is wrong in it.
    pub(crate) fn file(&self) -> String {
        let mut file = "address,currency,amount,fiat_amount,fiat_currency,extra_id\n".to_owned();
        for (index, row) in self.rows.iter().enumerate() {
            let wrong = if self.corrected == Some(index) { "1" } else { "" };
            let Row { address, currency, amount, fiat, extra_id } = row;
            let amounts = match fiat {
                None => format!("{wrong}{amount},,"),
                Some(fiat) => format!(",{wrong}{amount},{fiat}"),
            };
            let extra_id = extra_id.as_deref().unwrap_or_default();
            file.push_str(&format!("{address},{currency},{amounts},{extra_id}\n"));
        }
        file
    }

    /// What the owner wants to stand in the row with this number, before and after the rows were revised.
    pub(crate) fn wanted(&self, number: u32, is_revised: bool) -> Option<RowEdit> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let row = self.rows.get(index)?;
        let revision = self.revised.as_ref().filter(|revision| is_revised && revision.row == index);
        let amount = revision.map_or(&row.amount, |revision| &revision.amount).clone();
        let (amount, fiat_amount) =
            if row.fiat.is_none() { (amount, String::new()) } else { (String::new(), amount) };
        Some(RowEdit {
            address: row.address.clone(),
            currency: row.currency.clone(),
            amount,
            fiat_amount,
            fiat_currency: row.fiat.clone().unwrap_or_default(),
            extra_id: row.extra_id.clone().unwrap_or_default(),
            ..RowEdit::default()
        })
    }

    /// How often the rows are paid, as long as there is only one file.
    pub(crate) fn runs(&self) -> u32 {
        self.schedule.map_or(1, |schedule| schedule.runs)
    }

    /// Into how many parts the rows are split.
    pub(crate) fn parts(&self) -> usize {
        let size = self.part_size.and_then(|size| usize::try_from(size).ok());
        size.map_or(1, |size| self.rows.len().div_ceil(size))
    }

    /// What must have become of each row; `is_revised` when the owner has changed the one to be changed.
    pub(crate) fn due(&self, is_revised: bool) -> BTreeMap<Row, Due> {
        let times = self.runs() * if self.again == Again::Paid { 2 } else { 1 };
        let mut due = BTreeMap::<Row, Due>::new();
        for (index, row) in self.rows.iter().enumerate() {
            let mut row = row.clone();
            if let Some(revision) =
                self.revised.as_ref().filter(|revision| is_revised && revision.row == index)
            {
                row.amount.clone_from(&revision.amount);
            }
            let then = self
                .failing
                .as_ref()
                .filter(|failing| failing.address == row.address)
                .map(|failing| failing.then);
            let due = due.entry(row).or_default();
            due.paid += if then == Some(Then::Nothing) { 0 } else { times };
            due.failed += if matches!(then, Some(Then::Nothing | Then::PaidAgain)) { times } else { 0 };
        }
        due
    }
}
