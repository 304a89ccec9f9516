//! JSON: one list of objects, each on a line of its own. Amounts are strings, since programs read numbers as floats;
//! times are RFC 3339 with their offset.

use std::io::{self, Write};

use chrono::SecondsFormat;
use serde_json::{Map, Value};

use super::{ExportNotes, columns::Columns};
use crate::{payments::WholePayment, xlsx::Cell};

/// Writes a list of objects.
pub(super) struct JsonWriter<W> {
    to: W,
    begun: bool,
}

impl<W: Write> JsonWriter<W> {
    pub(super) fn new(mut to: W) -> io::Result<Self> {
        to.write_all(b"[")?;
        Ok(Self { to, begun: false })
    }

    pub(super) fn payment(&mut self, payment: &WholePayment, columns: &Columns) -> io::Result<()> {
        let mut object = Map::new();
        for (name, cell) in columns.names().zip(columns.cells(payment)) {
            object.insert(name.to_owned(), value(cell));
        }
        self.to.write_all(if self.begun { b",\n" } else { b"\n" })?;
        self.begun = true;
        serde_json::to_writer(&mut self.to, &object)?;
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<(W, ExportNotes)> {
        self.to.write_all(b"\n]\n")?;
        self.to.flush()?;
        Ok((self.to, ExportNotes::default()))
    }
}

fn value(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) | Cell::Code(text) => text.into_owned().into(),
        Cell::Ticker(ticker) => ticker.into(),
        Cell::Coins(amount) | Cell::Money(amount) => amount.to_string().into(),
        Cell::Time(time) => time.to_rfc3339_opts(SecondsFormat::Millis, true).into(),
    }
}
