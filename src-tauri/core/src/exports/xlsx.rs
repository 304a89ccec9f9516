//! Payments as a workbook.

use std::io::{self, Seek, Write};

use super::{ExportColumn, ExportNotes, columns::Columns};
use crate::{
    payments::WholePayment,
    xlsx::{Heads, SheetLimits, Workbook},
};

/// Writes a workbook.
pub(super) struct XlsxWriter<W: Write + Seek>(Workbook<W>);

impl<W: Write + Seek> XlsxWriter<W> {
    pub(super) fn new(to: W, columns: &Columns, limits: SheetLimits) -> io::Result<Self> {
        let widths = columns.columns.iter().map(|column| width(*column));
        let heads = Heads {
            title: columns.title.clone(),
            columns: columns.heads.iter().cloned().zip(widths).collect(),
        };
        Workbook::new(to, heads, limits).map(Self)
    }

    pub(super) fn payment(&mut self, payment: &WholePayment, columns: &Columns) -> io::Result<()> {
        self.0.row(columns.cells(payment))
    }

    pub(super) fn finish(self) -> io::Result<(W, ExportNotes)> {
        let (to, notes) = self.0.finish()?;
        let notes = ExportNotes {
            numbers_as_text: notes.numbers_as_text,
            cut: notes.cut,
            pictures: notes.pictures,
            ..ExportNotes::default()
        };
        Ok((to, notes))
    }
}

/// How wide a column is, in digits.
fn width(column: ExportColumn) -> u32 {
    use ExportColumn as C;
    match column {
        C::CreatedAt | C::UpdatedAt | C::OrderId => 20,
        C::OrderDescription | C::PayAddress => 44,
        C::PriceCurrency | C::PayCurrency | C::OutcomeCurrency | C::FeeCurrency | C::UtcOffset => 10,
        _ => 16,
    }
}
