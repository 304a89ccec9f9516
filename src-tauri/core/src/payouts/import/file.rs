//! The file as bytes: whether it can be had, and whether it is text at all.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{FileError, FileErrorCode};

/// The largest file that is read, in bytes: 512 MiB, some five million payouts.
pub const LARGEST: u64 = 512 << 20;

/// Reads a file of payouts into memory.
///
/// # Errors
/// When it does not exist, is a folder, may not be read, or is larger than [`LARGEST`].
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let name = path.display().to_string();
    // A folder can be opened on some systems, and cannot be told from a missing permission on others.
    if path.is_dir() {
        return Err(unreadable(&name, &io::ErrorKind::IsADirectory.into()));
    }
    read_from(File::open(path).map_err(|error| unreadable(&name, &error))?, &name)
}

/// Reads payouts from a source that is called `name`, as the standard input.
///
/// # Errors
/// When reading fails or gives more than [`LARGEST`].
pub fn read_from(source: impl Read, name: &str) -> Result<Vec<u8>, FileError> {
    read_at_most(LARGEST, source, name)
}

pub(super) fn read_at_most(most: u64, source: impl Read, name: &str) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let length = source.take(most + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if u64::try_from(length).is_ok_and(|length| length <= most) {
        return Ok(bytes);
    }
    let message = format!("{name} is larger than {} MiB. Split it into several files.", most >> 20);
    Err(error(FileErrorCode::TooLarge, message))
}

fn unreadable(name: &str, cause: &io::Error) -> FileError {
    match cause.kind() {
        io::ErrorKind::NotFound => error(FileErrorCode::NotFound, format!("There is no file {name}.")),
        io::ErrorKind::PermissionDenied => error(
            FileErrorCode::Permission,
            format!(
                "{name} may not be read by this user. Copy it to a folder of your own, or change its permissions."
            ),
        ),
        io::ErrorKind::IsADirectory => {
            error(FileErrorCode::Directory, format!("{name} is a folder. Choose a file in it."))
        }
        _ => error(FileErrorCode::Unreadable, format!("{name} could not be read: {cause}.")),
    }
}

fn error(code: FileErrorCode, message: impl Into<String>) -> FileError {
    FileError { code, message: message.into(), line: None }
}

/// How to get from a workbook to a file that can be read.
const SAVE_AS: &str = "Open it in your spreadsheet program and save it as \"CSV UTF-8 (comma delimited)\".";

/// The text of a file, without its byte order mark, if it is one that can be comma-separated values in UTF-8.
///
/// What is recognised as something else is called by its name, since "no header found" helps nobody.
pub(super) fn plain_text(bytes: &[u8]) -> Result<&[u8], FileError> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if text.is_empty() {
        return Err(error(FileErrorCode::Empty, "The file is empty."));
    }
    let utf16 = |what: &str| {
        error(
            FileErrorCode::Utf16,
            format!(
                "The file is text in {what}, not in UTF-8. Save it as UTF-8: in Excel choose \"CSV UTF-8\", in an editor the encoding UTF-8."
            ),
        )
    };
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => return Err(utf16("UTF-32")),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => return Err(utf16("UTF-16")),
        _ => {}
    }
    if let Some(what) = other_kind(text) {
        return Err(error(
            FileErrorCode::NotCsv,
            format!("The file is {what}, not comma-separated text. {SAVE_AS}"),
        ));
    }
    let start = &text[..text.len().min(1024)];
    let zeros = |from: usize| start.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    if start.len() >= 4 && (even + odd) * 10 >= start.len() * 3 {
        return Err(if even * 8 < odd || odd * 8 < even {
            utf16("UTF-16 without a mark that says so")
        } else {
            error(
                FileErrorCode::NotCsv,
                "The file is filled with zero bytes instead of text: it was damaged, or not copied whole. Export it again.",
            )
        });
    }
    Ok(text)
}

/// Names a kind of file that is not comma-separated text, by how it begins.
fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    let contains =
        |part: &[u8]| bytes[..bytes.len().min(8192)].windows(part.len()).any(|window| window == part);
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") {
        return Some(if contains(b"[Content_Types].xml") || contains(b"xl/") {
            "an Excel workbook (XLSX)"
        } else if contains(b"opendocument") {
            "an OpenDocument workbook (ODS)"
        } else {
            "a ZIP archive"
        });
    }
    let magic: [(&[u8], &str); 9] = [
        (b"\xD0\xCF\x11\xE0", "an old Excel workbook (XLS)"),
        (b"%PDF-", "a PDF"),
        (b"\x1F\x8B", "compressed (GZIP)"),
        (b"7z\xBC\xAF", "a 7z archive"),
        (b"Rar!", "a RAR archive"),
        (b"\x89PNG", "a picture"),
        (b"\xFF\xD8\xFF", "a picture"),
        (b"{\\rtf", "a word processor's document (RTF)"),
        (b"SQLite format 3\0", "a database"),
    ];
    if let Some((_, what)) = magic.iter().find(|(magic, _)| begins(magic)) {
        return Some(what);
    }
    let text = bytes.trim_ascii_start();
    match text.first() {
        Some(b'<') if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"<?xml")) => Some("XML"),
        Some(b'<') => Some("a web page"),
        Some(b'{' | b'[') => Some("JSON"),
        _ => None,
    }
}
