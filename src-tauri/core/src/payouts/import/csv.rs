//! A strict reader of delimiter-separated values (RFC 4180) that never mends what is broken.
//!
//! It works on bytes: the delimiter, the quote and the line ends are ASCII, which UTF-8 keeps apart from all else. It goes
//! through the text once and holds one record at a time. What it allows beyond the RFC: other delimiters than the comma, and CR and
//! LF as line ends too, also mixed in one file.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2, memchr3};

use super::record::{Cell, Fault, FaultKind, Field, MOST_FIELDS, Record};

/// Reads records one after the other.
pub(super) struct Reader<'a> {
    text: &'a [u8],
    /// The same, where it is known to be UTF-8.
    known: Option<&'a str>,
    delimiter: u8,
    at: usize,
    line: u32,
    /// There is certainly no quote from `at` on.
    plain: bool,
}

/// A piece of a text that begins and ends with whole records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) text: &'a [u8],
    /// The line it begins on, from 1.
    pub(super) line: u32,
}

/// Cuts a text into blocks of about `size` bytes.
pub(super) struct Blocks<'a> {
    reader: Reader<'a>,
    size: usize,
}

/// How many line ends there are in a text: CR LF, CR and LF each count as one.
pub(super) fn line_ends(text: &[u8]) -> u32 {
    let count = |byte| memchr_iter(byte, text).count();
    let together = memchr_iter(b'\r', text).filter(|at| text.get(at + 1) == Some(&b'\n')).count();
    // A text of four billion lines does not fit into a file that is read.
    u32::try_from(count(b'\n') + count(b'\r') - together).unwrap_or(u32::MAX)
}

impl<'a> Reader<'a> {
    /// Reads `text`, which has no byte order mark any more.
    pub(super) fn new(text: &'a [u8], delimiter: u8) -> Self {
        Self::at_line(Block { text, line: 1 }, delimiter)
    }

    /// Reads the first records of a block.
    pub(super) fn at_line(block: Block<'a>, delimiter: u8) -> Self {
        let Block { text, line } = block;
        Self { text, known: None, delimiter, at: 0, line, plain: false }
    }

    /// Reads all records of a block: quotes, and what is not UTF-8, are looked for in all of it at once.
    pub(super) fn whole(block: Block<'a>, delimiter: u8) -> Self {
        let plain = memchr(b'"', block.text).is_none();
        Self { plain, known: str::from_utf8(block.text).ok(), ..Self::at_line(block, delimiter) }
    }

    /// What comes after the records that were read.
    pub(super) fn rest(&self) -> Block<'a> {
        Block { text: &self.text[self.at..], line: self.line }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// The text from `start` to here, where it is known to be UTF-8.
    fn known(&self, start: usize) -> Option<&'a str> {
        self.known.and_then(|text| text.get(start..self.at))
    }

    fn take_line_end(&mut self) {
        self.at += if self.text[self.at..].starts_with(b"\r\n") { 2 } else { 1 };
        self.line += 1;
    }

    /// Moves to the next delimiter or line end outside quotes. True when there was a quote before it.
    fn skip_to_field_end(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let length = memchr3(self.delimiter, b'\n', b'\r', rest).unwrap_or(rest.len());
        self.at += length;
        !self.plain && memchr(b'"', &rest[..length]).is_some()
    }

    /// Reads the field that begins here. `None` as its kind of fault: there is none.
    fn field(&mut self) -> (Field<'a>, Option<FaultKind>) {
        let line = self.line;
        let mut start = self.at;
        if self.peek() != Some(b'"') {
            let inside = self.skip_to_field_end();
            let (bytes, known) = (Cow::Borrowed(&self.text[start..self.at]), self.known(start));
            let field = Field { line, cell: Cell::Written, formula: false, bytes, known };
            return (field, inside.then_some(FaultKind::Inside));
        }
        self.at += 1;
        start += 1;
        let mut before = Vec::new();
        let fault = loop {
            let rest = &self.text[self.at..];
            self.at += memchr3(b'"', b'\n', b'\r', rest).unwrap_or(rest.len());
            match self.peek() {
                None => break Some(FaultKind::Unclosed),
                Some(b'"') if self.text.get(self.at + 1) == Some(&b'"') => {
                    before.extend_from_slice(&self.text[start..=self.at]);
                    self.at += 2;
                    start = self.at;
                }
                Some(b'"') => break None,
                Some(_) => self.take_line_end(),
            }
        };
        let last = &self.text[start..self.at];
        let (bytes, known) = if before.is_empty() {
            (Cow::Borrowed(last), self.known(start))
        } else {
            before.extend_from_slice(last);
            (Cow::Owned(before), None)
        };
        let field = Field { line, cell: Cell::Quoted, formula: false, bytes, known };
        if fault.is_some() {
            return (field, fault);
        }
        self.at += 1;
        let end = self.at;
        self.skip_to_field_end();
        (field, (self.at > end).then_some(FaultKind::TextAfter))
    }

    /// Reads the next record into `record`, whatever that held before. False at the end of the text.
    pub(super) fn read(&mut self, record: &mut Record<'a>) -> bool {
        if self.peek().is_none() {
            return false;
        }
        let start = self.at;
        record.begin(self.line);
        loop {
            let (field, fault) = self.field();
            if let Some(kind) = fault
                && record.fault.is_none()
            {
                record.fault = Some(Fault { kind, field: record.count, line: field.line });
            }
            record.blank &= fault.is_none() && field.bytes.iter().all(|byte| matches!(byte, b' ' | b'\t'));
            record.count += 1;
            if record.fields.len() < MOST_FIELDS {
                record.fields.push(field);
            }
            match self.peek() {
                Some(byte) if byte == self.delimiter => self.at += 1,
                next => {
                    let raw = &self.text[start..self.at];
                    // Only an unclosed quote takes a line end along; nothing stands on the line after it.
                    record.last_line = self.line - u32::from(raw.ends_with(b"\n") || raw.ends_with(b"\r"));
                    record.raw = Cow::Borrowed(raw);
                    if next.is_some() {
                        self.take_line_end();
                    }
                    return true;
                }
            }
        }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let mut record = Record::default();
        self.read(&mut record).then_some(record)
    }
}

impl<'a> Blocks<'a> {
    pub(super) fn new(block: Block<'a>, delimiter: u8, size: usize) -> Self {
        Self { reader: Reader::at_line(block, delimiter), size }
    }

    /// How far into the text the next block begins, in bytes.
    pub(super) fn at(&self) -> usize {
        self.reader.at
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        let reader = &mut self.reader;
        reader.peek()?;
        let (start, line) = (reader.at, reader.line);
        let least = start + self.size;
        let rest = &reader.text[start..];
        let length = match rest.get(self.size..).and_then(|rest| memchr2(b'\n', b'\r', rest)) {
            None => rest.len(),
            Some(more) => {
                self.size + more + if rest[self.size + more..].starts_with(b"\r\n") { 2 } else { 1 }
            }
        };
        if memchr(b'"', &rest[..length]).is_none() {
            reader.at += length;
            reader.line += line_ends(&rest[..length]);
        } else {
            // Line ends may stand in quotes: only reading the records tells where one ends.
            let mut record = Record::default();
            while reader.at < least && reader.read(&mut record) {}
        }
        Some(Block { text: &reader.text[start..reader.at], line })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn records(text: &str) -> Vec<Record<'_>> {
        Reader::new(text.as_bytes(), b',').collect()
    }

    fn rows(text: &str) -> Vec<(u32, Vec<String>)> {
        records(text)
            .iter()
            .map(|record| {
                assert_eq!(record.fault, None, "{text:?}");
                (record.line, record.fields.iter().map(|field| text_of(field)).collect())
            })
            .collect()
    }

    fn text_of(field: &Field<'_>) -> String {
        String::from_utf8(field.bytes.to_vec()).unwrap()
    }

    #[test]
    fn records_are_read_with_the_lines_they_begin_on() {
        for (text, expected) in [
            ("", vec![]),
            ("a", vec![(1, vec!["a"])]),
            ("a,b\n", vec![(1, vec!["a", "b"])]),
            ("a,\n", vec![(1, vec!["a", ""])]),
            ("a,", vec![(1, vec!["a", ""])]),
            (",", vec![(1, vec!["", ""])]),
            ("a\r\nb\rc\nd", vec![(1, vec!["a"]), (2, vec!["b"]), (3, vec!["c"]), (4, vec!["d"])]),
            ("a\n\nb", vec![(1, vec!["a"]), (2, vec![""]), (3, vec!["b"])]),
            ("\n\r\n\r", vec![(1, vec![""]), (2, vec![""]), (3, vec![""])]),
            ("\"a,b\",c", vec![(1, vec!["a,b", "c"])]),
            ("\"a\"\"b\",\"\"\"\"", vec![(1, vec!["a\"b", "\""])]),
            ("\"\",\"\"\n", vec![(1, vec!["", ""])]),
            ("\"a\nb\r\nc\rd\",e\nf", vec![(1, vec!["a\nb\r\nc\rd", "e"]), (5, vec!["f"])]),
            (" a , b \n", vec![(1, vec![" a ", " b "])]),
        ] {
            let expected: Vec<(u32, Vec<String>)> = expected
                .into_iter()
                .map(|(line, fields)| (line, fields.into_iter().map(str::to_owned).collect()))
                .collect();
            assert_eq!(rows(text), expected, "{text:?}");
        }
    }

    #[test]
    fn broken_quotes_are_told_apart_and_end_where_the_record_ends() {
        use FaultKind::{Inside, TextAfter, Unclosed};
        for (text, kind, field, line, lines, raw) in [
            ("\"a\"b,c\nd", TextAfter, 0, 1, (1, 1), "\"a\"b,c"),
            ("x,\"a\" ,c\nd", TextAfter, 1, 1, (1, 1), "x,\"a\" ,c"),
            ("a\"b,c\nd", Inside, 0, 1, (1, 1), "a\"b,c"),
            ("a, \"b\"\nd", Inside, 1, 1, (1, 1), "a, \"b\""),
            ("a,\"b\nc\nd", Unclosed, 1, 1, (1, 3), "a,\"b\nc\nd"),
            ("a,\"b\nc\n", Unclosed, 1, 1, (1, 2), "a,\"b\nc\n"),
            ("\"a\nb\",\"c\"d,\"e\nf\"\ng", TextAfter, 1, 2, (1, 3), "\"a\nb\",\"c\"d,\"e\nf\""),
            ("\"", Unclosed, 0, 1, (1, 1), "\""),
            ("\"\"\"", Unclosed, 0, 1, (1, 1), "\"\"\""),
        ] {
            let records = records(text);
            let first = &records[0];
            assert_eq!(first.fault, Some(Fault { kind, field, line }), "{text:?}");
            assert_eq!((first.line, first.last_line), lines, "{text:?}");
            assert_eq!(first.raw, raw.as_bytes(), "{text:?}");
            assert!(records[1..].iter().all(|record| record.fault.is_none()), "{text:?}");
        }
    }

    #[test]
    fn only_empty_fields_make_a_blank_record() {
        for (text, blank) in [
            ("\n", true),
            (" \t \n", true),
            (" , ,\t\n", true),
            ("\"\",\" \"\n", true),
            ("\"", false),
            ("\"\" \"\"", false),
            (",x,", false),
            ("\u{a0}\n", false),
        ] {
            assert_eq!(records(text)[0].blank, blank, "{text:?}");
        }
    }

    #[test]
    fn a_field_knows_the_line_it_begins_on() {
        let records = records("\"a\nb\",c,\"d\ne\",f\ng");
        assert_eq!(records[0].fields.iter().map(|field| field.line).collect::<Vec<_>>(), [1, 2, 2, 3]);
        assert_eq!((records[0].last_line, records[1].line), (3, 4));
    }

    #[test]
    fn fields_beyond_the_bound_are_counted_and_not_kept() {
        let text = ",".repeat(100_000);
        let records = records(&text);
        assert_eq!((records[0].count, records[0].fields.len()), (100_001, MOST_FIELDS));
    }

    /// Writes a table in one of the ways that mean it: quotes where needed and elsewhere as `quote` says.
    fn write(table: &[Vec<String>], ends: &[&str], quote: &[bool]) -> String {
        let mut quote = quote.iter().cycle();
        let mut ends = ends.iter().cycle();
        let mut text = String::new();
        for row in table {
            let fields: Vec<String> = row
                .iter()
                .map(|field| {
                    if *quote.next().unwrap() || field.contains([',', '"', '\n', '\r']) {
                        format!("\"{}\"", field.replace('"', "\"\""))
                    } else {
                        field.clone()
                    }
                })
                .collect();
            text.push_str(&fields.join(","));
            // An empty last line would be no line at all without an end.
            text.push_str(ends.next().unwrap());
        }
        text
    }

    #[test]
    fn line_ends_of_every_sort_are_counted_once() {
        for (text, expected) in [("", 0), ("a", 0), ("a\n", 1), ("\r\n\r\n", 2), ("\r\r\n\n", 3), ("\n\r", 2)]
        {
            assert_eq!(line_ends(text.as_bytes()), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_table_reads_back_exactly(
            table in prop::collection::vec(prop::collection::vec("[a-z ,\"\r\n\t;é\u{1F600}]{0,6}", 1..5), 0..6),
            ends in prop::collection::vec(prop::sample::select(vec!["\n", "\r\n"]), 1..4),
            quote in prop::collection::vec(any::<bool>(), 1..6),
        ) {
            let text = write(&table, &ends, &quote);
            let read: Vec<Vec<String>> = rows(&text).into_iter().map(|(_, fields)| fields).collect();
            prop_assert_eq!(read, table);
        }

        #[test]
        fn every_byte_belongs_to_one_record_and_lines_never_go_back(
            bytes in prop::collection::vec(prop::sample::select(b"a,\"\r\n \xff".to_vec()), 0..60),
        ) {
            let mut length = 0;
            let mut line = 0;
            for record in Reader::new(&bytes, b',') {
                prop_assert!(record.line > line && record.last_line >= record.line);
                line = record.last_line;
                length += record.raw.len();
            }
            let ends = bytes.len() - length;
            prop_assert!(ends <= bytes.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count());
        }

        #[test]
        fn blocks_are_read_as_the_whole_text_is(
            bytes in prop::collection::vec(prop::sample::select(b"aa,,\"\r\n ".to_vec()), 0..80),
            size in 1usize..20,
        ) {
            let shape = |record: Record<'_>| {
                let fields: Vec<_> = record.fields.iter().map(|field| (field.line, field.bytes.to_vec())).collect();
                (record.line, record.last_line, record.raw.to_vec(), fields, record.fault, record.blank)
            };
            let whole: Vec<_> = Reader::new(&bytes, b',').map(shape).collect();
            let blocks = Blocks::new(Block { text: &bytes, line: 1 }, b',', size);
            let pieces: Vec<_> = blocks.flat_map(|block| Reader::whole(block, b',')).map(shape).collect();
            prop_assert_eq!(pieces, whole);
        }
    }
}
