//! Texts of others in the cells of a spreadsheet: what would be a formula, and what cannot be a character there. One rule
//! for all that leaves Paydesk as a table: exports, reports, and what is copied.

use std::borrow::Cow;

/// Where a spreadsheet that opens a CSV may begin a cell: at its own separator, at those of other countries, and in
/// each line, since what it takes for the wrong separator it takes for the wrong quotes, too.
const SEPARATORS: [char; 5] = [',', ';', '\t', '\r', '\n'];

/// Whether a spreadsheet may take a text that begins like this for a formula, or for what comes before one.
///
/// The characters are those of OWASP (ASVS 1.2.10, "CSV Injection"), with their full-width forms. What cannot be seen,
/// spaces and quotes before them do not make them harmless.
pub(crate) fn begins_formula(text: &str) -> bool {
    if text.starts_with(['\t', '\r', '\n', '\0']) {
        return true;
    }
    let first = text.chars().find(|character| !passed_over(*character));
    matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'))
}

fn passed_over(character: char) -> bool {
    let unseen = matches!(character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    unseen || character == '"' || character.is_whitespace() || character.is_control()
}

/// A text of a CSV that no spreadsheet takes for a formula, whichever separator it takes for the right one: each
/// beginning of one gets an apostrophe before it. `own` is what separates the cells of this file; it begins none where
/// it stands in quotes.
pub(crate) fn guarded(text: &str, own: char) -> Cow<'_, str> {
    let splits = |character: char| SEPARATORS.contains(&character) && character != own;
    let mut guarded = String::new();
    let mut copied = 0;
    let behind = text.match_indices(splits).map(|(at, separator)| at + separator.len());
    for start in std::iter::once(0).chain(behind) {
        let cell = &text[start..];
        // An empty cell begins nothing, and what comes behind it is looked at by itself.
        let empty = start > 0 && cell.starts_with(splits);
        if !empty && begins_formula(cell) {
            guarded.push_str(&text[copied..start]);
            guarded.push('\'');
            copied = start;
        }
    }
    if guarded.is_empty() {
        return Cow::Borrowed(text);
    }
    guarded.push_str(&text[copied..]);
    Cow::Owned(guarded)
}

/// A field of a CSV as RFC 4180 says: in quotes where it must be, whichever separator it is read with.
pub(crate) fn quoted(field: &str) -> Cow<'_, str> {
    let outer_space = field.starts_with(char::is_whitespace) || field.ends_with(char::is_whitespace);
    match outer_space || field.contains('"') || field.contains(SEPARATORS) {
        true => Cow::Owned(format!("\"{}\"", field.replace('"', "\"\""))),
        false => Cow::Borrowed(field),
    }
}

/// Adds a record to a CSV as RFC 4180 says.
pub(crate) fn push_record(table: &mut String, fields: &[String]) {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            table.push(',');
        }
        table.push_str(&quoted(field));
    }
    table.push_str("\r\n");
}

/// A text with a picture (`␀`) in place of each control character that spreadsheets cut off or refuse.
pub(crate) fn pictured(text: &str) -> Cow<'_, str> {
    if !text.contains(is_refused) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .map(|character| match character {
            '\0'..'\u{20}' if is_refused(character) => {
                char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ if is_refused(character) => char::REPLACEMENT_CHARACTER,
            _ => character,
        })
        .collect()
}

/// Whether XML 1.0, and with it a workbook, cannot have the character.
fn is_refused(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_a_formula_gets_an_apostrophe_wherever_a_cell_may_begin() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(guarded(text, ';'), expected);
        }
        check("=1+1", "'=1+1");
        check("-2", "'-2");
        check(" \"=1", "' \"=1");
        check("\u{202e}@x", "'\u{202e}@x");
        check("＝1", "'＝1");
        check("\tx", "'\tx");
        check("\0=1", "'\0=1");
        check("2 mugs - blue", "2 mugs - blue");
        check("a;=1", "a;=1"); // its own separator, in quotes
        check("a,=1", "a,'=1");
        check("a, =1, b", "a,' =1, b");
        check("a\n=1\r\n-2", "a\n'=1\r\n'-2");
        check("a,,+b", "a,,'+b");
        check("a\n\tb", "a\n\tb");
        assert_eq!(guarded("a,\t=1", '\t'), "a,'\t=1");
        check("a,b", "a,b");
        check("", "");
    }

    #[test]
    fn fields_are_quoted_only_where_they_must_be() {
        let fields = ["a", "b,c", "d\"e", "f\ng", " h", "i;j", ""].map(quoted);
        assert_eq!(fields, ["a", "\"b,c\"", "\"d\"\"e\"", "\"f\ng\"", "\" h\"", "\"i;j\"", ""]);
        let mut table = String::new();
        push_record(&mut table, &["a", "b,c", ""].map(str::to_owned));
        assert_eq!(table, "a,\"b,c\",\r\n");
    }

    #[test]
    fn control_characters_become_pictures_and_line_breaks_stay() {
        assert_eq!(pictured("a\0b\u{1b}c\u{ffff}"), "a␀b␛c\u{fffd}");
        assert!(matches!(pictured("a\tb\r\nc\u{202e}"), Cow::Borrowed(_)));
    }
}
