//! The file as bytes: whether it can be had, and what kind of file it is.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{FileError, FileErrorCode};

/// The largest file that is read, in bytes: 512 MiB, some five million payouts. A workbook is bound by it unpacked, too.
pub const LARGEST: u64 = 512 << 20;

/// What a file is, by how it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text in some encoding.
    Text,
    /// A workbook in the format of Excel (XLSX).
    Workbook,
}

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
    let file = File::open(path).map_err(|error| unreadable(&name, &error))?;
    // What the system says of its length may change: it only saves growing.
    let length = file.metadata().map_or(0, |metadata| metadata.len().min(LARGEST));
    read_at_most(LARGEST, file, &name, usize::try_from(length).unwrap_or(0))
}

/// Reads payouts from a source that is called `name`, as the standard input.
///
/// # Errors
/// When reading fails or gives more than [`LARGEST`].
pub fn read_from(source: impl Read, name: &str) -> Result<Vec<u8>, FileError> {
    read_at_most(LARGEST, source, name, 0)
}

pub(super) fn read_at_most(
    most: u64,
    source: impl Read,
    name: &str,
    expected: usize,
) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::with_capacity(expected + 1);
    let length = source.take(most + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if u64::try_from(length).is_ok_and(|length| length <= most) {
        return Ok(bytes);
    }
    let message = format!("{name} is larger than {} MiB. Split it into several files.", most >> 20);
    Err(FileError::new(FileErrorCode::TooLarge, message))
}

fn unreadable(name: &str, cause: &io::Error) -> FileError {
    match cause.kind() {
        io::ErrorKind::NotFound => {
            FileError::new(FileErrorCode::NotFound, format!("There is no file {name}."))
        }
        io::ErrorKind::PermissionDenied => FileError::new(
            FileErrorCode::Permission,
            format!(
                "{name} may not be read by this user. Copy it to a folder of your own, or change its permissions."
            ),
        ),
        io::ErrorKind::IsADirectory => {
            FileError::new(FileErrorCode::Directory, format!("{name} is a folder. Choose a file in it."))
        }
        _ => FileError::new(FileErrorCode::Unreadable, format!("{name} could not be read: {cause}.")),
    }
}

/// How to get from another format to one that can be read.
const SAVE_AS: &str =
    "Open it in your spreadsheet program and save it as an Excel workbook (XLSX) or as \"CSV UTF-8\".";

/// What kind of file it is.
///
/// # Errors
/// When it is one that holds no payouts. It is called by its name, since "no header found" helps nobody.
pub(super) fn kind(bytes: &[u8]) -> Result<Kind, FileError> {
    let contains =
        |part: &[u8]| bytes[..bytes.len().min(8192)].windows(part.len()).any(|window| window == part);
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let refuse = |what: &str| {
        let message = format!("The file is {what}, not a list of payouts. {SAVE_AS}");
        Err(FileError::new(FileErrorCode::NotCsv, message))
    };
    if begins(b"PK\x05\x06") {
        return refuse("an empty ZIP archive");
    }
    if begins(b"PK\x03\x04") {
        return match () {
            () if contains(b"opendocument") => refuse("an OpenDocument workbook (ODS)"),
            // Whether it is a workbook is seen when it is opened: the order of what is packed is free.
            () => Ok(Kind::Workbook),
        };
    }
    let magic: [(&[u8], &str); 9] = [
        (b"\xD0\xCF\x11\xE0", "an old Excel workbook (XLS), or one with a password"),
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
        return refuse(what);
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    match text.first() {
        Some(b'<') if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"<?xml")) => {
            refuse("XML")
        }
        Some(b'<') => refuse("a web page"),
        Some(b'{' | b'[') => refuse("JSON"),
        _ => Ok(Kind::Text),
    }
}
