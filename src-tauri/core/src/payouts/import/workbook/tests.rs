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

#[test]
fn escapes_of_characters_in_texts_are_read_as_what_they_stand_for() {
    let sheet = r#"<worksheet><sheetData><row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>a_x005F_x0041_b</t></is></c><c t="str"><v>x_x000D_y_xZZ_</v></c></row></sheetData></worksheet>"#;
    let bytes =
        packed(&[("xl/a.xml", sheet), EMPTY, ("xl/texts.xml", "<sst><si><t>one_x000D__x</t></si></sst>")]);
    let sheet = Workbook::open(&bytes).unwrap().into_sheet("A & B").unwrap();
    let record = sheet.record(0, 3).unwrap();
    let texts: Vec<_> = record.fields.iter().map(|field| field.text().unwrap()).collect();
    assert_eq!(texts, ["one\r_x", "a_x0041_b", "x\ry_xZZ_"]);
}

#[test]
fn what_is_held_of_a_workbook_counts_against_the_budget_and_the_rest_is_not_held() {
    let sheet = "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>";
    let open = |texts: &str, budget| {
        let bytes = packed(&[("xl/a.xml", sheet), EMPTY, ("xl/texts.xml", texts)]);
        Workbook::open_within(&bytes, budget).map(|_| ()).map_err(|error| error.code)
    };
    // 5 bytes each in the file, and more than three times as many in memory.
    let empty = format!("<sst>{}</sst>", "<si/>".repeat(10_000));
    assert_eq!(open(&empty, 120_000), Err(FileErrorCode::TooLarge));
    assert_eq!(open(&empty, 400_000), Ok(()));
    // Other elements and attributes are unpacked, and nothing of them is held.
    let other = format!("<sst>{}</sst>", r#"<x a="1" b="2" c="3" d="4"/>"#.repeat(10_000));
    assert_eq!(open(&other, 400_000), Ok(()));
}

#[test]
fn elements_of_styles_count_by_what_is_kept_of_them() {
    let element = br#"<xf numFmtId="4" fontId="1" fillId="2" borderId="3" xfId="4"/>"#;
    let mut reader = Reader::from_reader(BufReader::new(&element[..]));
    reader.config_mut().expand_empty_elements = true;
    let mut buffer = Vec::new();
    let Event::Start(start) = reader.read_event_into(&mut buffer).unwrap() else { panic!("no element") };
    let attributes = Attributes::read(&start, formats::ATTRIBUTES).unwrap();
    assert_eq!(
        (attributes.0.len(), attributes.get("numFmtId"), attributes.get("fontId")),
        (1, Some("4"), None)
    );
    let mut room = 100;
    assert!(spend(&mut room, attributes.size()).is_ok());
    assert!(spend(&mut room, 101).is_err());
}
