//! Characters that do not belong in an address, a number or a ticker, called by their names.
//!
//! What looks right and is not cannot be shown by printing it again: the code point and its place are named.

use crate::language::{said, words};

/// The first character of `text` that is not visible ASCII (`!` to `~`), with its position from 1.
#[must_use]
pub fn first_strange(text: &str) -> Option<(usize, char)> {
    // Without a way out at the first strange one, several are looked at in one step.
    if text.bytes().fold(true, |all, byte| all & byte.is_ascii_graphic()) {
        return None;
    }
    text.chars().enumerate().find(|(_, c)| !c.is_ascii_graphic()).map(|(index, c)| (index + 1, c))
}

/// Whether `c` turns the direction of the text around it, and so can make it read as another text.
#[must_use]
pub fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Names a character so that it can be found and replaced: `U+0430, a letter that only looks like "a"`.
#[must_use]
pub fn name(c: char) -> String {
    let code = format!("U+{:04X}", u32::from(c));
    match c {
        ' ' => return said!(en: "a space", de: "ein Leerzeichen").to_owned(),
        '\t' => return said!(en: "a tab", de: "ein Tabulator").to_owned(),
        '\n' | '\r' => return said!(en: "a line break", de: "ein Zeilenumbruch").to_owned(),
        _ if c.is_ascii_graphic() => return format!("{c:?}").replace('\'', "\""),
        _ => {}
    }
    if let Some(known) = special(c) {
        return format!("{code}, {known}");
    }
    if let Some(twin) = full_width(c) {
        return words!(en: "{code}, a full-width \"{twin}\"", de: "{code}, ein „{twin}“ in voller Breite");
    }
    if let Some(twin) = look_alike(c) {
        return words!(
            en: "{code}, a letter that only looks like \"{twin}\"",
            de: "{code}, ein Buchstabe, der nur so aussieht wie „{twin}“",
        );
    }
    if c.is_control() {
        words!(en: "{code}, a control character", de: "{code}, ein Steuerzeichen")
    } else if c.is_whitespace() {
        words!(en: "{code}, an unusual space", de: "{code}, ein ungewöhnliches Leerzeichen")
    } else if c.is_numeric() {
        words!(
            en: "{code}, a digit other than 0 to 9 ({c})",
            de: "{code}, eine andere Ziffer als 0 bis 9 ({c})",
        )
    } else if c.is_alphabetic() {
        words!(
            en: "{code}, a letter other than a to z ({c})",
            de: "{code}, ein anderer Buchstabe als a bis z ({c})",
        )
    } else {
        format!("{code} ({})", c.escape_debug())
    }
}

/// Characters that are invisible, or that are a variant of a common sign.
fn special(c: char) -> Option<&'static str> {
    Some(match c {
        '\0' => said!(en: "a NUL, which no text holds", de: "ein NUL, das in keinem Text vorkommt"),
        '\u{A0}' => said!(en: "a no-break space", de: "ein geschütztes Leerzeichen"),
        '\u{AD}' => said!(en: "an invisible soft hyphen", de: "ein unsichtbarer Trennstrich"),
        '\u{34F}' | '\u{2061}'..='\u{2064}' | '\u{180B}'..='\u{180F}' | '\u{FE00}'..='\u{FE0F}' => {
            said!(en: "an invisible character", de: "ein unsichtbares Zeichen")
        }
        '\u{61C}' | '\u{200E}' | '\u{200F}' => said!(
            en: "an invisible direction mark",
            de: "ein unsichtbares Zeichen für die Schreibrichtung",
        ),
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' => said!(
            en: "an invisible filler",
            de: "ein unsichtbares Füllzeichen",
        ),
        '\u{2000}'..='\u{2008}' | '\u{205F}' => said!(
            en: "an unusual space",
            de: "ein ungewöhnliches Leerzeichen",
        ),
        '\u{2009}' => said!(en: "a thin space", de: "ein schmales Leerzeichen"),
        '\u{200A}' => said!(en: "a hair space", de: "ein sehr schmales Leerzeichen"),
        '\u{200B}' => said!(
            en: "an invisible zero width space",
            de: "ein unsichtbares Leerzeichen ohne Breite",
        ),
        '\u{200C}' => said!(en: "an invisible zero width non-joiner", de: "ein unsichtbarer Bindehemmer"),
        '\u{200D}' => said!(
            en: "an invisible zero width joiner",
            de: "ein unsichtbarer Verbinder ohne Breite",
        ),
        '\u{2028}' | '\u{2029}' => said!(
            en: "an invisible line separator",
            de: "ein unsichtbarer Zeilentrenner",
        ),
        '\u{202F}' => said!(en: "a narrow no-break space", de: "ein schmales geschütztes Leerzeichen"),
        '\u{2060}' => said!(en: "an invisible word joiner", de: "ein unsichtbarer Wortverbinder"),
        '\u{3000}' => said!(en: "a full-width space", de: "ein Leerzeichen in voller Breite"),
        '\u{FEFF}' => said!(
            en: "an invisible byte order mark",
            de: "eine unsichtbare Marke der Byte-Reihenfolge",
        ),
        '\u{FFFD}' => said!(
            en: "the sign for a character that could not be read",
            de: "das Zeichen für etwas, das nicht gelesen werden konnte",
        ),
        '\u{E0000}'..='\u{E007F}' => said!(en: "an invisible tag", de: "eine unsichtbare Marke"),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}' => said!(
            en: "a dash that is not the sign \"-\"",
            de: "ein Strich, der nicht das Zeichen „-“ ist",
        ),
        '\u{2018}' | '\u{2019}' | '\u{2BC}' | '\u{2032}' => said!(en: "an apostrophe", de: "ein Apostroph"),
        '\u{201C}'..='\u{201F}' | '\u{AB}' | '\u{BB}' => said!(
            en: "a quotation mark that is not the sign '\"'",
            de: "ein Anführungszeichen, das nicht das Zeichen \" ist",
        ),
        '\u{66B}' => said!(en: "an Arabic decimal separator", de: "ein arabisches Dezimalzeichen"),
        '\u{66C}' => said!(en: "an Arabic thousands separator", de: "ein arabisches Tausenderzeichen"),
        '£' | '¥' | '¢' | '\u{20A0}'..='\u{20CF}' => {
            said!(en: "a currency sign", de: "ein Währungszeichen")
        }
        _ if is_direction_override(c) => said!(
            en: "an invisible sign that turns the direction of the text",
            de: "ein unsichtbares Zeichen, das die Schreibrichtung umkehrt",
        ),
        _ => return None,
    })
}

/// The ASCII character that a full-width form stands for.
fn full_width(c: char) -> Option<char> {
    let code = u32::from(c);
    (0xFF01..=0xFF5E).contains(&code).then(|| char::from_u32(code - 0xFEE0)).flatten()
}

/// The ASCII letter that a letter of another alphabet looks like, for the ones that do to the eye.
fn look_alike(c: char) -> Option<char> {
    Some(match c {
        // Cyrillic
        'а' => 'a',
        'с' => 'c',
        'ԁ' => 'd',
        'е' | 'ё' => 'e',
        'һ' => 'h',
        'і' | 'ї' => 'i',
        'ј' => 'j',
        'ӏ' | 'Ӏ' => 'l',
        'о' => 'o',
        'р' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' => 's',
        'ѵ' => 'v',
        'ԝ' => 'w',
        'х' => 'x',
        'у' | 'ү' => 'y',
        'А' => 'A',
        'В' => 'B',
        'С' => 'C',
        'Е' => 'E',
        'Н' => 'H',
        'І' => 'I',
        'Ј' => 'J',
        'К' => 'K',
        'М' => 'M',
        'О' => 'O',
        'Р' => 'P',
        'Ѕ' => 'S',
        'Т' => 'T',
        'Х' => 'X',
        'У' | 'Ү' => 'Y',
        'З' => '3',
        'б' => '6',
        // Greek
        'α' => 'a',
        'ϲ' => 'c',
        'ι' => 'i',
        'ϳ' => 'j',
        'κ' => 'k',
        'ν' => 'v',
        'ο' => 'o',
        'ρ' => 'p',
        'υ' => 'u',
        'χ' => 'x',
        'Α' => 'A',
        'Β' => 'B',
        'Ε' => 'E',
        'Ζ' => 'Z',
        'Η' => 'H',
        'Ι' => 'I',
        'Κ' => 'K',
        'Μ' => 'M',
        'Ν' => 'N',
        'Ο' => 'O',
        'Ρ' => 'P',
        'Τ' => 'T',
        'Υ' => 'Y',
        'Χ' => 'X',
        // Latin, Armenian and letter-like signs
        'ı' => 'i',
        'ɑ' => 'a',
        'ɡ' => 'g',
        'օ' => 'o',
        'ո' => 'n',
        'ս' => 'u',
        'հ' => 'h',
        '\u{212A}' => 'K',
        '\u{2160}' => 'I',
        '\u{2169}' => 'X',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visible_ascii_is_never_strange() {
        let all: String = ('!'..='~').collect();
        assert_eq!(first_strange(&all), None);
    }

    #[test]
    fn strange_characters_are_found_at_their_position_and_named() {
        for (text, position, words) in [
            ("ab\u{200B}c", 3, "U+200B, an invisible zero width space"),
            ("é\u{FEFF}", 1, "U+00E9, a letter other than a to z (é)"),
            ("TА", 2, "U+0410, a letter that only looks like \"A\""),
            ("１", 1, "U+FF11, a full-width \"1\""),
            ("a٣", 2, "U+0663, a digit other than 0 to 9 (٣)"),
            ("a b", 2, "a space"),
            ("1\u{A0}000", 2, "U+00A0, a no-break space"),
            ("a\u{202E}b", 2, "U+202E, an invisible sign that turns the direction of the text"),
            ("\u{7}", 1, "U+0007, a control character"),
            ("a\n", 2, "a line break"),
            ("5€", 2, "U+20AC, a currency sign"),
            ("\0", 1, "U+0000, a NUL, which no text holds"),
        ] {
            let (found, c) = first_strange(text).unwrap();
            assert_eq!((found, name(c).as_str()), (position, words), "{text:?}");
        }
    }
}
