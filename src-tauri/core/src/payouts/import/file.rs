//! The file as bytes: whether it can be had, and what kind of file it is.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{FileError, FileErrorCode};
use crate::language::{said, words};

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
    let message = words!(
        en: "{name} is larger than {} MiB. Split it into several files.",
        de: "{name} ist größer als {} MiB. Teilen Sie sie in mehrere Dateien.",
        most >> 20,
    );
    Err(FileError::new(FileErrorCode::TooLarge, message))
}

fn unreadable(name: &str, cause: &io::Error) -> FileError {
    match cause.kind() {
        io::ErrorKind::NotFound => FileError::new(
            FileErrorCode::NotFound,
            words!(
                en: "There is no file {name}.",
                de: "Es gibt keine Datei {name}.",
            ),
        ),
        io::ErrorKind::PermissionDenied => FileError::new(
            FileErrorCode::Permission,
            words!(
                en: "{name} may not be read by this user. Copy it to a folder of your own, or change its permissions.",
                de: "{name} darf dieser Benutzer nicht lesen. Kopieren Sie sie in einen eigenen Ordner, oder ändern \
                     Sie ihre Rechte.",
            ),
        ),
        io::ErrorKind::IsADirectory => FileError::new(
            FileErrorCode::Directory,
            words!(
                en: "{name} is a folder. Choose a file in it.",
                de: "{name} ist ein Ordner. Wählen Sie eine Datei darin.",
            ),
        ),
        _ => FileError::new(
            FileErrorCode::Unreadable,
            words!(
                en: "{name} could not be read: {cause}.",
                de: "{name} konnte nicht gelesen werden: {cause}.",
            ),
        ),
    }
}

/// How to get from another format to one that can be read.
fn save_as() -> &'static str {
    said!(
        en: "Open it in your spreadsheet program and save it as an Excel workbook (XLSX) or as \"CSV UTF-8\".",
        de: "Öffnen Sie sie in Ihrer Tabellenkalkulation, und speichern Sie sie als Excel-Mappe (XLSX) oder als „CSV \
             UTF-8“.",
    )
}

/// What kind of file it is.
///
/// # Errors
/// When it is one that holds no payouts. It is called by its name, since "no header found" helps nobody.
pub(super) fn kind(bytes: &[u8]) -> Result<Kind, FileError> {
    let contains =
        |part: &[u8]| bytes[..bytes.len().min(8192)].windows(part.len()).any(|window| window == part);
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let refuse = |what: &str| {
        let message = words!(
            en: "The file is {what}, not a list of payouts. {}",
            de: "Die Datei ist {what} und keine Liste von Auszahlungen. {}",
            save_as(),
        );
        Err(FileError::new(FileErrorCode::NotCsv, message))
    };
    if begins(b"PK\x05\x06") {
        return refuse(said!(en: "an empty ZIP archive", de: "ein leeres ZIP-Archiv"));
    }
    if begins(b"PK\x03\x04") {
        return match () {
            () if contains(b"opendocument") => refuse(said!(
                en: "an OpenDocument workbook (ODS)",
                de: "eine OpenDocument-Mappe (ODS)",
            )),
            // Whether it is a workbook is seen when it is opened: the order of what is packed is free.
            () => Ok(Kind::Workbook),
        };
    }
    let magic: [(&[u8], &str); 9] = [
        (
            b"\xD0\xCF\x11\xE0",
            said!(
                en: "an old Excel workbook (XLS), or one with a password",
                de: "eine alte Excel-Mappe (XLS) oder eine mit Passwort",
            ),
        ),
        (b"%PDF-", said!(en: "a PDF", de: "ein PDF")),
        (b"\x1F\x8B", said!(en: "compressed (GZIP)", de: "komprimiert (GZIP)")),
        (b"7z\xBC\xAF", said!(en: "a 7z archive", de: "ein 7z-Archiv")),
        (b"Rar!", said!(en: "a RAR archive", de: "ein RAR-Archiv")),
        (b"\x89PNG", said!(en: "a picture", de: "ein Bild")),
        (b"\xFF\xD8\xFF", said!(en: "a picture", de: "ein Bild")),
        (
            b"{\\rtf",
            said!(
                en: "a word processor's document (RTF)",
                de: "ein Dokument einer Textverarbeitung (RTF)",
            ),
        ),
        (b"SQLite format 3\0", said!(en: "a database", de: "eine Datenbank")),
    ];
    if let Some((_, what)) = magic.iter().find(|(magic, _)| begins(magic)) {
        return refuse(what);
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    match text.first() {
        Some(b'<') if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"<?xml")) => {
            refuse("XML")
        }
        Some(b'<') => refuse(said!(en: "a web page", de: "eine Webseite")),
        Some(b'{' | b'[') => refuse("JSON"),
        _ => Ok(Kind::Text),
    }
}
