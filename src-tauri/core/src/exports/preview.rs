//! What an export would look like: its first payments, as they would stand in the file.

use std::{borrow::Cow, io::Cursor};

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{ExportFormat, ExportRequest, Exports, columns::Columns, job, writer::Writer};
use crate::{
    failure::Failure,
    payments::{WholeList, WholePayment, cut},
    spreadsheet,
    xlsx::{Cell, numbers},
};

/// The beginning of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ExportPreview {
    /// How many payments it would have.
    pub total: u32,
    /// The name that is suggested for the file.
    pub file_name: String,
    /// The first lines of a CSV or JSON. Long texts are shortened here, and here alone.
    pub text: Option<String>,
    /// The first rows of a workbook, with that of the heads.
    pub rows: Vec<Vec<PreviewCell>>,
}

/// A cell of a workbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PreviewCell {
    /// What it shows.
    pub text: String,
    /// It is a number.
    pub number: bool,
}

/// How many payments are shown.
const SHOWN: usize = 3;

impl Exports {
    /// The beginning of what [`Exports::start`] would write.
    ///
    /// # Errors
    /// When a choice, the search or the period is not right (with its field), or the shop was closed.
    pub async fn preview(&self, request: ExportRequest) -> Result<ExportPreview, Failure> {
        request.check()?;
        let list = WholeList::open(&self.payments, self.which(&request)?).await?;
        let (total, file_name) = (list.total(), self.file_name(&request)?);
        let mut payments = list.first(SHOWN).await?;
        for payment in &mut payments {
            shorten(payment);
        }
        let columns = Columns::new(&request, &self.ctx.surroundings);
        let (text, rows) = match request.choices.format {
            ExportFormat::Xlsx => (None, rows(&columns, &payments)),
            ExportFormat::Csv | ExportFormat::Json => {
                let text = text(columns, &request, &payments);
                (Some(text.map_err(|error| job::not_written(file_name.as_ref(), &error))?), Vec::new())
            }
        };
        Ok(ExportPreview { total, file_name, text, rows })
    }
}

fn text(columns: Columns, request: &ExportRequest, payments: &[WholePayment]) -> std::io::Result<String> {
    let mut writer = Writer::new(Cursor::new(Vec::new()), columns, &request.choices)?;
    for payment in payments {
        writer.payment(payment)?;
    }
    let (written, _) = writer.finish()?;
    let text = String::from_utf8_lossy(&written.into_inner()).into_owned();
    Ok(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"))
}

fn rows(columns: &Columns, payments: &[WholePayment]) -> Vec<Vec<PreviewCell>> {
    let head = |head: &String| PreviewCell { text: head.clone(), number: false };
    let row = |payment| columns.cells(payment).map(shown).collect();
    std::iter::once(columns.heads.iter().map(head).collect()).chain(payments.iter().map(row)).collect()
}

fn shown(cell: Cell<'_>) -> PreviewCell {
    let text =
        |text: Cow<'_, str>| PreviewCell { text: spreadsheet::pictured(&text).into_owned(), number: false };
    match cell {
        Cell::Empty => text("".into()),
        Cell::Text(written) | Cell::Code(written) => text(written),
        Cell::Ticker(ticker) => text(ticker.to_uppercase().into()),
        Cell::Coins(amount) | Cell::Money(amount) => {
            PreviewCell { text: amount.to_string(), number: numbers::exact(amount).is_some() }
        }
        Cell::Time(time) => text(time.format("%Y-%m-%d %H:%M:%S").to_string().into()),
    }
}

/// What customers and shops write has no end; a preview has.
fn shorten(payment: &mut WholePayment) {
    const LONGEST: usize = 100;
    for text in [&mut payment.row.order_id, &mut payment.row.order_description].into_iter().flatten() {
        cut(text, LONGEST);
    }
}
