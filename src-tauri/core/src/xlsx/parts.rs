//! The parts of a workbook around its rows.

use std::fmt::Write;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const TYPES: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// What closes a sheet.
pub(super) const SHEET_FOOT: &str = "</sheetData></worksheet>";

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As it comes.
    Plain,
    /// The head of a column.
    Head,
    /// Text that stays text when somebody edits it.
    Text,
    /// The same for long texts, which the format of text shows as `###` in older versions: as if an apostrophe had been
    /// typed before it.
    Quoted,
    /// A time.
    Time,
    /// A number with so many decimals.
    Decimals(u32),
}

impl Style {
    /// The most decimals that a format can show.
    const MOST_DECIMALS: u32 = 30;

    /// Its place in the list of styles.
    pub(super) fn index(self) -> u32 {
        match self {
            Self::Plain => 0,
            Self::Head => 1,
            Self::Text => 2,
            Self::Quoted => 3,
            Self::Time => 4,
            Self::Decimals(decimals) => 5 + decimals.min(Self::MOST_DECIMALS),
        }
    }
}

/// What comes before the rows of a sheet: its first row stays in sight.
pub(super) fn sheet_head(number: u32, widths: impl Iterator<Item = u32>) -> String {
    let selected = if number == 1 { " tabSelected=\"1\"" } else { "" };
    let mut columns = String::new();
    for (at, width) in (1..).zip(widths) {
        let _ = write!(columns, "<col min=\"{at}\" max=\"{at}\" width=\"{width}\" customWidth=\"1\"/>");
    }
    format!(
        "{DECLARATION}<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView{selected} workbookViewId=\"0\">\
         <pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>\
         <cols>{columns}</cols><sheetData>"
    )
}

/// The other parts of a workbook with so many sheets, by their names.
pub(super) fn around(sheets: u32, title: &str) -> [(&'static str, String); 5] {
    let title = sheet_title(title);
    let (mut overrides, mut listed, mut relations) = (String::new(), String::new(), String::new());
    for number in 1..=sheets {
        let mut name = String::new();
        push_escaped(&mut name, &title);
        if number > 1 {
            let _ = write!(name, " {number}");
        }
        let _ = write!(
            overrides,
            "<Override PartName=\"/xl/worksheets/sheet{number}.xml\" ContentType=\"{TYPES}.worksheet+xml\"/>"
        );
        let _ = write!(listed, "<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>");
        let _ = write!(
            relations,
            "<Relationship Id=\"rId{number}\" Type=\"{RELATIONS}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        );
    }
    let styles = sheets + 1;
    [
        (
            "[Content_Types].xml",
            format!(
                "{DECLARATION}<Types xmlns=\"{PACKAGE}/content-types\">\
                 <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                 <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
                 <Override PartName=\"/xl/workbook.xml\" ContentType=\"{TYPES}.sheet.main+xml\"/>{overrides}\
                 <Override PartName=\"/xl/styles.xml\" ContentType=\"{TYPES}.styles+xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "{DECLARATION}<Relationships xmlns=\"{PACKAGE}/relationships\">\
                 <Relationship Id=\"rId1\" Type=\"{RELATIONS}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "{DECLARATION}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><bookViews><workbookView/></bookViews>\
                 <sheets>{listed}</sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "{DECLARATION}<Relationships xmlns=\"{PACKAGE}/relationships\">{relations}\
                 <Relationship Id=\"rId{styles}\" Type=\"{RELATIONS}/styles\" Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        ("xl/styles.xml", styles_part()),
    ]
}

fn styles_part() -> String {
    const TIME: u32 = 164; // the first number that is free
    const TEXT: u32 = 49;
    let mut formats = format!("<numFmt numFmtId=\"{TIME}\" formatCode=\"yyyy-mm-dd hh:mm:ss\"/>");
    let format = |number: u32, more: &str| {
        format!("<xf numFmtId=\"{number}\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"{more}/>")
    };
    let shown = " applyNumberFormat=\"1\"";
    let mut cells = [
        format(0, ""),
        "<xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/>".to_owned(),
        format(TEXT, shown),
        format(0, " quotePrefix=\"1\""),
        format(TIME, shown),
    ]
    .concat();
    for decimals in 0..=Style::MOST_DECIMALS {
        let number = TIME + 1 + decimals;
        let code = match decimals {
            0 => "0".to_owned(),
            _ => format!("0.{}", "0".repeat(decimals as usize)),
        };
        let _ = write!(formats, "<numFmt numFmtId=\"{number}\" formatCode=\"{code}\"/>");
        cells.push_str(&format(number, shown));
    }
    let count = Style::MOST_DECIMALS + 2;
    let styles = Style::Decimals(Style::MOST_DECIMALS).index() + 1;
    let font = "<sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/>";
    format!(
        "{DECLARATION}<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"{count}\">{formats}</numFmts>\
         <fonts count=\"2\"><font>{font}</font><font><b/>{font}</font></fonts>\
         <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
         <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
         <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
         <cellXfs count=\"{styles}\">{cells}</cellXfs>\
         <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>"
    )
}

/// What a sheet may be called: up to 31 characters, with room for a number, and none of those that formulas use.
fn sheet_title(title: &str) -> String {
    let kept: String =
        title.chars().filter(|each| !each.is_control() && !"[]:*?/\\'".contains(*each)).take(25).collect();
    match kept.trim() {
        "" => "Payments".to_owned(),
        kept => kept.to_owned(),
    }
}

/// The letters of a column: `A` for 0, `AA` for 26.
pub(super) fn column_name(at: usize) -> String {
    let (before, last) = (at / 26, at % 26);
    let last = char::from_u32(u32::from('A') + u32::try_from(last).unwrap_or_default()).unwrap_or('A');
    match before {
        0 => last.to_string(),
        before => format!("{}{last}", column_name(before - 1)),
    }
}

/// Appends a text as XML has it: its own signs, a carriage return (which XML would take for a line feed), and what would
/// be read as such an escape.
pub(super) fn push_escaped(xml: &mut String, text: &str) {
    for (at, character) in text.char_indices() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\r' => xml.push_str("_x000D_"),
            '_' if is_escape(&text.as_bytes()[at..]) => xml.push_str("_x005F_"),
            _ => xml.push(character),
        }
    }
}

/// Whether it begins like `_x000D_`. A carriage return begins with such a `_` when it is written.
fn is_escape(text: &[u8]) -> bool {
    match text {
        [b'_', b'x', digits @ ..] if digits.len() > 4 => {
            matches!(digits[4], b'_' | b'\r') && digits[..4].iter().all(u8::is_ascii_hexdigit)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_excel() {
        assert_eq!([0, 25, 26, 51, 52, 701, 702].map(column_name), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn what_looks_like_an_escape_of_excel_is_no_such() {
        let mut xml = String::new();
        push_escaped(&mut xml, "_x000D_ a\rb _x00_ <&>\"");
        assert_eq!(xml, "_x005F_x000D_ a_x000D_b _x00_ &lt;&amp;&gt;&quot;");
        xml.clear();
        push_escaped(&mut xml, "_x0041\r");
        assert_eq!(xml, "_x005F_x0041_x000D_");
    }

    #[test]
    fn a_sheet_has_a_name_that_excel_takes() {
        assert_eq!(sheet_title("Zahlungen: [a]/b*?\\'"), "Zahlungen ab");
        assert_eq!(sheet_title("/"), "Payments");
        assert_eq!(sheet_title(&"x".repeat(40)).len(), 25);
    }
}
