//! Characters that do not belong in an address, a number or a ticker, called by their names.
//!
//! What looks right and is not cannot be shown by printing it again: the code point and its place are named.

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
        ' ' => return "a space".to_owned(),
        '\t' => return "a tab".to_owned(),
        '\n' | '\r' => return "a line break".to_owned(),
        _ if c.is_ascii_graphic() => return format!("{c:?}").replace('\'', "\""),
        _ => {}
    }
    if let Some(known) = special(c) {
        return format!("{code}, {known}");
    }
    if let Some(twin) = full_width(c) {
        return format!("{code}, a full-width \"{twin}\"");
    }
    if let Some(twin) = look_alike(c) {
        return format!("{code}, a letter that only looks like \"{twin}\"");
    }
    if c.is_control() {
        format!("{code}, a control character")
    } else if c.is_whitespace() {
        format!("{code}, an unusual space")
    } else if c.is_numeric() {
        format!("{code}, a digit other than 0 to 9 ({c})")
    } else if c.is_alphabetic() {
        format!("{code}, a letter other than a to z ({c})")
    } else {
        format!("{code} ({})", c.escape_debug())
    }
}

/// Characters that are invisible, or that are a variant of a common sign.
fn special(c: char) -> Option<&'static str> {
    Some(match c {
        '\0' => "a NUL, which no text holds",
        '\u{A0}' => "a no-break space",
        '\u{AD}' => "an invisible soft hyphen",
        '\u{34F}' | '\u{2061}'..='\u{2064}' | '\u{180B}'..='\u{180F}' | '\u{FE00}'..='\u{FE0F}' => {
            "an invisible character"
        }
        '\u{61C}' | '\u{200E}' | '\u{200F}' => "an invisible direction mark",
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' => "an invisible filler",
        '\u{2000}'..='\u{2008}' | '\u{205F}' => "an unusual space",
        '\u{2009}' => "a thin space",
        '\u{200A}' => "a hair space",
        '\u{200B}' => "an invisible zero width space",
        '\u{200C}' => "an invisible zero width non-joiner",
        '\u{200D}' => "an invisible zero width joiner",
        '\u{2028}' | '\u{2029}' => "an invisible line separator",
        '\u{202F}' => "a narrow no-break space",
        '\u{2060}' => "an invisible word joiner",
        '\u{3000}' => "a full-width space",
        '\u{FEFF}' => "an invisible byte order mark",
        '\u{FFFD}' => "the sign for a character that could not be read",
        '\u{E0000}'..='\u{E007F}' => "an invisible tag",
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}' => "a dash that is not the sign \"-\"",
        '\u{2018}' | '\u{2019}' | '\u{2BC}' | '\u{2032}' => "an apostrophe",
        '\u{201C}'..='\u{201F}' | '\u{AB}' | '\u{BB}' => "a quotation mark that is not the sign '\"'",
        '\u{66B}' => "an Arabic decimal separator",
        '\u{66C}' => "an Arabic thousands separator",
        '£' | '¥' | '¢' | '\u{20A0}'..='\u{20CF}' => "a currency sign",
        _ if is_direction_override(c) => "an invisible sign that turns the direction of the text",
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
