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
    pub(crate) extra_id: Option<String>,
}

/// What the owner does.
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
    /// The file, with what is wrong in it.
    pub(crate) fn file(&self) -> String {
        let mut file = "address,currency,amount,extra_id\n".to_owned();
        for (index, row) in self.rows.iter().enumerate() {
            let wrong = if self.corrected == Some(index) { "1" } else { "" };
            let Row { address, currency, amount, extra_id } = row;
            let extra_id = extra_id.as_deref().unwrap_or_default();
            file.push_str(&format!("{address},{currency},{wrong}{amount},{extra_id}\n"));
        }
        file
    }

    /// The row's number in the batch, and what is right.
    pub(crate) fn correction(&self) -> Option<(u32, RowEdit)> {
        let index = self.corrected?;
        let row = self.rows.get(index)?;
        let edit = RowEdit {
            address: row.address.clone(),
            currency: row.currency.clone(),
            amount: row.amount.clone(),
            extra_id: row.extra_id.clone().unwrap_or_default(),
            ..RowEdit::default()
        };
        Some((u32::try_from(index).ok()? + 1, edit))
    }

    /// How often each row is to be paid.
    pub(crate) fn owed(&self) -> BTreeMap<Row, u32> {
        let mut owed = BTreeMap::new();
        for row in &self.rows {
            *owed.entry(row.clone()).or_default() += if self.again == Again::Paid { 2 } else { 1 };
        }
        owed
    }
}
