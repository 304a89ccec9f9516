//! From the bytes of a text file to UTF-8.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{FileError, FileErrorCode};
use crate::language::said;

/// How the characters of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8, with a mark at its beginning or without.
    Utf8,
    /// UTF-16, the less significant byte first.
    Utf16Le,
    /// UTF-16, the more significant byte first.
    Utf16Be,
    /// Windows-1252, as older programs in western Europe and America write it. Nothing in a file says so: it is what
    /// a file is taken for that cannot be UTF-8.
    Windows1252,
}

/// The text of a file as UTF-8, without its byte order mark.
///
/// A file that holds a character of UTF-8 outside ASCII is UTF-8, even if it also holds bytes that are not: those are
/// damaged, and the records with them are refused. A file in which every byte outside ASCII is none of UTF-8 is Windows-1252. (Bytes
/// that are both, as `é€€` in Windows-1252, are taken for UTF-8: what decides about money is ASCII in either.)
///
/// # Errors
/// When it holds no text.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, [u8]>, Encoding), FileError> {
    let marked = bytes.strip_prefix(b"\xEF\xBB\xBF");
    let text = marked.unwrap_or(bytes);
    if text.is_empty() {
        return Err(FileError::new(
            FileErrorCode::Empty,
            said!(
                en: "The file is empty.",
                de: "Die Datei ist leer.",
            ),
        ));
    }
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => {
            let message = said!(
                en: "The file is text in UTF-32. Save it as UTF-8: in Excel choose \"CSV UTF-8\", in an editor the \
                     encoding UTF-8.",
                de: "Die Datei ist Text in UTF-32. Speichern Sie sie als UTF-8: in Excel als „CSV UTF-8“, in einem \
                     Editor mit der Codierung UTF-8.",
            );
            return Err(FileError::new(FileErrorCode::Encoding, message));
        }
        [0xFF, 0xFE, rest @ ..] => return utf_16(rest, Encoding::Utf16Le),
        [0xFE, 0xFF, rest @ ..] => return utf_16(rest, Encoding::Utf16Be),
        _ => {}
    }
    let start = &text[..text.len().min(1024)];
    let zeros = |from: usize| start.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    if start.len() >= 4 && (even + odd) * 10 >= start.len() * 3 {
        return match () {
            () if even * 8 < odd => utf_16(text, Encoding::Utf16Le),
            () if odd * 8 < even => utf_16(text, Encoding::Utf16Be),
            () => Err(FileError::new(
                FileErrorCode::NotCsv,
                said!(
                    en: "The file is filled with zero bytes instead of text: it was damaged, or not copied whole. \
                         Export it again.",
                    de: "Die Datei ist mit Nullbytes statt mit Text gefüllt: Sie wurde beschädigt oder nicht ganz \
                         kopiert. Exportieren Sie sie neu.",
                ),
            )),
        };
    }
    let is_utf_8 = marked.is_some()
        || str::from_utf8(text).is_ok()
        || text.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
    if is_utf_8 {
        return Ok((Cow::Borrowed(text), Encoding::Utf8));
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(text);
    Ok((owned(text), Encoding::Windows1252))
}

/// What is no character becomes U+FFFD, which no field may hold.
fn utf_16(bytes: &[u8], encoding: Encoding) -> Result<(Cow<'_, [u8]>, Encoding), FileError> {
    let charset = if encoding == Encoding::Utf16Le { UTF_16LE } else { UTF_16BE };
    let (text, _) = charset.decode_without_bom_handling(bytes);
    if text.is_empty() {
        return Err(FileError::new(
            FileErrorCode::Empty,
            said!(
                en: "The file is empty.",
                de: "Die Datei ist leer.",
            ),
        ));
    }
    Ok((owned(text), encoding))
}

fn owned(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, Encoding) {
        let (text, encoding) = decode(bytes).unwrap();
        (String::from_utf8_lossy(&text).into_owned(), encoding)
    }

    #[test]
    fn text_is_read_in_the_encoding_that_it_is_written_in() {
        let utf_16 =
            |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> { "Café €\n".encode_utf16().flat_map(bytes).collect() };
        let (little, big) = (utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes));
        let expected = "Café €\n".to_owned();
        for (bytes, encoding) in [
            ("Café €\n".as_bytes().to_vec(), Encoding::Utf8),
            ("\u{FEFF}Café €\n".as_bytes().to_vec(), Encoding::Utf8),
            ([b"\xFF\xFE".as_slice(), &little].concat(), Encoding::Utf16Le),
            ([b"\xFE\xFF".as_slice(), &big].concat(), Encoding::Utf16Be),
            (little, Encoding::Utf16Le),
            (big, Encoding::Utf16Be),
            (b"Caf\xE9 \x80\n".to_vec(), Encoding::Windows1252),
        ] {
            assert_eq!(decoded(&bytes), (expected.clone(), encoding), "{bytes:02X?}");
        }
    }

    #[test]
    fn damaged_utf_8_is_not_taken_for_another_encoding() {
        assert_eq!(decode("é\u{0}".as_bytes()).unwrap().1, Encoding::Utf8);
        assert_eq!(decode(b"\xC3\xA9 \xE9").unwrap().1, Encoding::Utf8);
        assert_eq!(decode(b"\xEF\xBB\xBFabc\xE9").unwrap().1, Encoding::Utf8);
        assert_eq!(decoded(b"\xFF\xFEa\0\0\xD8b\0").0, "a\u{FFFD}b");
        assert_eq!(decoded(b"\xFF\xFEa\0b").0, "a\u{FFFD}");
    }

    #[test]
    fn what_holds_no_text_says_so() {
        for (bytes, code) in [
            (b"".as_slice(), FileErrorCode::Empty),
            (b"\xEF\xBB\xBF", FileErrorCode::Empty),
            (b"\xFF\xFE", FileErrorCode::Empty),
            (b"\xFF\xFE\0\0a\0\0\0", FileErrorCode::Encoding),
            (&[0; 5000], FileErrorCode::NotCsv),
        ] {
            assert_eq!(decode(bytes).unwrap_err().code, code, "{bytes:02X?}");
        }
    }
}
