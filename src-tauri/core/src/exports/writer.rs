//! One writer for the three kinds of file, and the way to the disk that can be stopped.

use std::io::{self, Seek, SeekFrom, Write};

use tokio_util::sync::CancellationToken;

use super::{
    ExportChoices, ExportFormat, ExportNotes, columns::Columns, csv::CsvWriter, json::JsonWriter,
    xlsx::XlsxWriter,
};
use crate::{payments::WholePayment, xlsx::SheetLimits};

/// Writes payments as one of the three kinds of file.
pub(super) struct Writer<W: Write + Seek> {
    columns: Columns,
    kind: Kind<W>,
}

enum Kind<W: Write + Seek> {
    Csv(CsvWriter<W>),
    Xlsx(Box<XlsxWriter<W>>),
    Json(JsonWriter<W>),
}

impl<W: Write + Seek> Writer<W> {
    pub(super) fn new(to: W, columns: Columns, choices: &ExportChoices) -> io::Result<Self> {
        let kind = match choices.format {
            ExportFormat::Csv => Kind::Csv(CsvWriter::new(to, &columns, choices)?),
            ExportFormat::Xlsx => Kind::Xlsx(Box::new(XlsxWriter::new(to, &columns, SheetLimits::EXCEL)?)),
            ExportFormat::Json => Kind::Json(JsonWriter::new(to)?),
        };
        Ok(Self { columns, kind })
    }

    pub(super) fn payment(&mut self, payment: &WholePayment) -> io::Result<()> {
        match &mut self.kind {
            Kind::Csv(csv) => csv.payment(payment, &self.columns),
            Kind::Xlsx(xlsx) => xlsx.payment(payment, &self.columns),
            Kind::Json(json) => json.payment(payment, &self.columns),
        }
    }

    /// Writes the end. Gives back what was written to.
    pub(super) fn finish(self) -> io::Result<(W, ExportNotes)> {
        match self.kind {
            Kind::Csv(csv) => csv.finish(),
            Kind::Xlsx(xlsx) => xlsx.finish(),
            Kind::Json(json) => json.finish(),
        }
    }
}

/// Something to write to that refuses everything once it is stopped.
pub(super) struct Stoppable<W> {
    to: W,
    stop: CancellationToken,
}

impl<W> Stoppable<W> {
    pub(super) fn new(to: W, stop: CancellationToken) -> Self {
        Self { to, stop }
    }

    pub(super) fn into_inner(self) -> W {
        self.to
    }

    fn go_on(&self) -> io::Result<()> {
        match self.stop.is_cancelled() {
            true => Err(io::Error::other("stopped")),
            false => Ok(()),
        }
    }
}

impl<W: Write> Write for Stoppable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.go_on()?;
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.go_on()?;
        self.to.flush()
    }
}

impl<W: Seek> Seek for Stoppable<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.to.seek(to)
    }
}
