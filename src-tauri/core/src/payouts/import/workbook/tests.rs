use std::io::Write;

use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::payouts::import::record::Cell;

/// A workbook with these parts beside the usual ones.
fn packed(parts: &[(&str, &str)]) -> Vec<u8> {
    const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let usual = [
        ("_rels/.rels".to_owned(), format!(r#"<Relationships><Relationship Id="r" Type="{RELATIONS}/officeDocument" Target="/xl/book.xml"/></Relationships>"#)),
        (
            "xl/_rels/book.xml.rels".to_owned(),
            format!(
                r#"<Relationships><Relationship Id="a" Type="{RELATIONS}/worksheet" Target="a.xml"/><Relationship Id="b" Type="{RELATIONS}/worksheet" Target="/xl/b.xml"/><Relationship Id="out" Type="{RELATIONS}/worksheet" Target="file:///etc/passwd" TargetMode="External"/><Relationship Id="t" Type="{RELATIONS}/sharedStrings" Target="texts.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/book.xml".to_owned(),
            r#"<x:workbook xmlns:x="m" xmlns:r="r"><x:sheets><x:sheet name="A &amp; B" r:id="a"/><x:sheet name="Empty" r:id="b"/><x:sheet name="Away" r:id="out"/></x:sheets></x:workbook>"#.to_owned(),
        ),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let own = parts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    for (name, text) in usual.into_iter().chain(own) {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook with one sheet of texts.
pub(in crate::payouts::import) fn of_texts(table: &[Vec<String>]) -> Vec<u8> {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let cell = |text: &String| {
        format!(r#"<c t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>"#, escaped(text))
    };
    let row = |row: &Vec<String>| format!("<row>{}</row>", row.iter().map(cell).collect::<String>());
    let rows: String = table.iter().map(row).collect();
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    packed(&[("xl/a.xml", &sheet), EMPTY, ("xl/texts.xml", "<sst/>")])
}

const EMPTY: (&str, &str) = ("xl/b.xml", "<worksheet><sheetData/></worksheet>");

#[test]
fn sheets_are_found_through_relations_whatever_the_prefixes_are() {
    let sheet = r#"<s:worksheet xmlns:s="m"><s:sheetData><s:row><s:c t="s"><s:v>0</s:v></s:c><s:c><s:v>2</s:v></s:c></s:row></s:sheetData></s:worksheet>"#;
    let bytes = packed(&[("xl/a.xml", sheet), EMPTY, ("xl/texts.xml", "<sst><si><t>one</t></si></sst>")]);
    let mut workbook = Workbook::open(&bytes).unwrap();
    assert_eq!(workbook.names().unwrap(), ["A & B"], "an empty sheet and one outside the file are none");
    let sheet = workbook.into_sheet("A & B").unwrap();
    let record = sheet.record(0, 3).unwrap();
    let texts: Vec<_> = record.fields.iter().map(|field| field.text().unwrap()).collect();
    assert_eq!(
        (texts.as_slice(), record.line, &*record.raw),
        (["one", "2", ""].as_slice(), 1, &b"one,2,"[..])
    );
}

#[test]
fn what_is_unpacked_counts_against_one_budget() {
    let sheet = format!(
        r#"<worksheet><sheetData><row><c t="inlineStr"><is><t>{}</t></is></c></row></sheetData></worksheet>"#,
        "x".repeat(100_000)
    );
    let bytes = packed(&[("xl/a.xml", &sheet), EMPTY, ("xl/texts.xml", "<sst/>")]);
    assert!(Workbook::open_within(&bytes, 400_000).unwrap().into_sheet("A & B").is_ok());
    let error = Workbook::open_within(&bytes, 60_000).unwrap().into_sheet("A & B").err().unwrap();
    assert_eq!(error.code, FileErrorCode::TooLarge);
    let error = Workbook::open_within(&bytes, 10).err().unwrap();
    assert_eq!(error.code, FileErrorCode::TooLarge);
}

#[test]
fn no_digit_that_was_written_is_left_out_unseen() {
    for (written, read) in [
        ("1.1000000000000001", "1.1"),
        ("1E-6", "0.000001"),
        ("1.1000000000000001E0", "1.1"),
        ("100000000000000000000", "100000000000000000000"),
        ("100000000000000000001", "100000000000000000001"),
        ("0.10000000000000000001", "0.10000000000000000001"),
    ] {
        let sheet =
            format!("<worksheet><sheetData><row><c><v>{written}</v></c></row></sheetData></worksheet>");
        let bytes = packed(&[("xl/a.xml", &sheet), EMPTY, ("xl/texts.xml", "<sst/>")]);
        let sheet = Workbook::open(&bytes).unwrap().into_sheet("A & B").unwrap();
        let record = sheet.record(0, 1).unwrap();
        assert_eq!((record.fields[0].text(), record.fields[0].cell), (Some(read), Cell::Number), "{written}");
    }
}
