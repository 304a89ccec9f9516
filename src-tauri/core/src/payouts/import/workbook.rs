//! Workbooks in the format of Excel (XLSX, ECMA-376): a worksheet as records.
//!
//! A workbook is a ZIP archive of XML. A hostile one unpacks to far more than it holds, repeats one long text a million
//! times, or claims a million rows and has three; so everything that is unpacked and every text that is shown counts
//! against one budget. Nothing in it is computed: what a formula had given when the workbook was saved is its value.

mod formats;
mod sheet;

use std::{
    collections::HashMap,
    io::{BufReader, Cursor, Read},
};

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use zip::ZipArchive;

use self::formats::Formats;
pub(super) use self::sheet::Sheet;
use super::{FileError, FileErrorCode, file};
use crate::language::{said, words};

/// An open workbook.
pub(super) struct Workbook<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    sheets: Vec<Entry>,
    /// Texts that cells share, by their number.
    shared: Vec<Box<str>>,
    formats: Formats,
    /// Bytes that may still be unpacked.
    budget: u64,
}

/// A worksheet in the list of the workbook.
struct Entry {
    name: String,
    path: String,
    hidden: bool,
}

/// The XML of one part.
type Part<'r> = Reader<BufReader<Box<dyn Read + 'r>>>;

impl<'b> Workbook<'b> {
    /// Opens a workbook and reads everything but its worksheets.
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, FileError> {
        Self::open_within(bytes, file::LARGEST)
    }

    fn open_within(bytes: &'b [u8], budget: u64) -> Result<Self, FileError> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
        let mut this =
            Self { archive, sheets: Vec::new(), shared: Vec::new(), formats: Formats::default(), budget };
        let relations = this.relations("_rels/.rels", "")?;
        let Some(main) = relations.into_iter().find(|relation| relation.kind == "officeDocument") else {
            return Err(FileError::new(
                FileErrorCode::NotCsv,
                said!(
                    en: "The file is a ZIP archive, not a list of payouts. Unpack it, and choose the file in it.",
                    de: "Die Datei ist ein ZIP-Archiv und keine Liste von Auszahlungen. Entpacken Sie es, und wählen \
                         Sie die Datei darin.",
                ),
            ));
        };
        let (folder, name) = main.path.rsplit_once('/').unwrap_or(("", &main.path));
        let relations = this.relations(&format!("{folder}/_rels/{name}.rels"), folder)?;
        let by_id: HashMap<&str, &Relation> =
            relations.iter().map(|relation| (relation.id.as_str(), relation)).collect();
        let mut of_1904 = false;
        const PARTS: &[&str] = &["workbookPr", "sheet"];
        for (name, attributes) in this.elements(&main.path, PARTS, &["date1904", "id", "name", "state"])? {
            match name {
                "workbookPr" => of_1904 = attributes.truth("date1904"),
                "sheet" => {
                    let relation = attributes.get("id").and_then(|id| by_id.get(id));
                    // Charts and macros have sheets, too.
                    let Some(relation) = relation.filter(|relation| relation.kind == "worksheet") else {
                        continue;
                    };
                    this.sheets.push(Entry {
                        name: attributes.get("name").unwrap_or_default().to_owned(),
                        path: relation.path.clone(),
                        hidden: attributes.get("state").is_some_and(|state| state != "visible"),
                    });
                }
                _ => {}
            }
        }
        let part = |kind: &str| relations.iter().find(|relation| relation.kind == kind);
        if let Some(styles) = part("styles") {
            let elements = this.elements(&styles.path, formats::ELEMENTS, formats::ATTRIBUTES)?;
            this.formats = Formats::read(elements, of_1904);
        }
        if let Some(strings) = part("sharedStrings") {
            let path = strings.path.clone();
            let mut room = this.budget;
            this.shared = this.read_part(&path, |part| read_texts(part, &mut room))?;
            // They are held beside what is unpacked later.
            this.budget = this.budget.min(room);
        }
        Ok(this)
    }

    /// The names of the worksheets that are shown and hold anything.
    pub(super) fn names(&mut self) -> Result<Vec<String>, FileError> {
        let shown: Vec<(String, String)> = self
            .sheets
            .iter()
            .filter(|sheet| !sheet.hidden)
            .map(|sheet| (sheet.name.clone(), sheet.path.clone()))
            .collect();
        let mut names = Vec::new();
        for (name, path) in shown {
            if self.read_part(&path, sheet::holds_anything)? {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// Reads the worksheet with this name.
    pub(super) fn into_sheet(mut self, name: &str) -> Result<Sheet, FileError> {
        let Some(entry) = self.sheets.iter().find(|sheet| sheet.name == name) else {
            let message = words!(
                en: "The workbook has no sheet \"{name}\".",
                de: "Die Mappe hat kein Blatt „{name}“.",
            );
            return Err(FileError::new(FileErrorCode::SheetMissing, message));
        };
        let path = entry.path.clone();
        let (shared, formats) = (std::mem::take(&mut self.shared), std::mem::take(&mut self.formats));
        // Texts count when they are shown, not once: a short file can repeat a long text for ever.
        let room = self.budget;
        self.read_part(&path, |part| sheet::read(part, shared, &formats, room))
    }

    /// Unpacks a part, and reads it.
    fn read_part<T>(
        &mut self,
        path: &str,
        read: impl FnOnce(Part<'_>) -> Result<T, Damage>,
    ) -> Result<T, FileError> {
        let entry = self.archive.by_name(path).map_err(|error| damaged(&error))?;
        let mut left = self.budget;
        let limited: Box<dyn Read + '_> = Box::new(Limited { inner: entry, left: &mut left });
        let mut part = Reader::from_reader(BufReader::new(limited));
        part.config_mut().expand_empty_elements = true;
        let result = read(part);
        self.budget = left;
        result.map_err(|damage| match damage {
            _ if left == 0 => too_large(),
            Damage::TooLarge => too_large(),
            Damage::Other(what) => FileError::new(
                FileErrorCode::Unreadable,
                words!(
                    en: "The workbook is damaged: {what}. Save it again in your spreadsheet program.",
                    de: "Die Mappe ist beschädigt: {what}. Speichern Sie sie in Ihrer Tabellenkalkulation noch \
                         einmal.",
                ),
            ),
        })
    }

    /// The elements of a part that are `wanted`, in its order, with as many of their attributes as are.
    fn elements(
        &mut self,
        path: &str,
        wanted: &[&'static str],
        attributes: &[&str],
    ) -> Result<Vec<(&'static str, Attributes)>, FileError> {
        let mut room = self.budget;
        self.read_part(path, |mut part| {
            let mut elements = Vec::new();
            let mut buffer = Vec::new();
            loop {
                match part.read_event_into(&mut buffer)? {
                    Event::Start(element) => {
                        let name = element.local_name();
                        if let Some(name) = wanted.iter().find(|wanted| **wanted == name.as_ref()) {
                            let attributes = Attributes::read(&element, attributes)?;
                            spend(&mut room, size_of::<(&str, Attributes)>() + attributes.size())?;
                            elements.push((*name, attributes));
                        }
                    }
                    Event::Eof => return Ok(elements),
                    _ => {}
                }
                buffer.clear();
            }
        })
    }

    fn relations(&mut self, path: &str, folder: &str) -> Result<Vec<Relation>, FileError> {
        const ATTRIBUTES: &[&str] = &["TargetMode", "Target", "Type", "Id"];
        let elements = self.elements(path.trim_start_matches('/'), &["Relationship"], ATTRIBUTES)?;
        let relation = |(_, attributes): (&str, Attributes)| {
            if attributes.get("TargetMode") == Some("External") {
                return None;
            }
            let target = attributes.get("Target")?;
            let path = match target.strip_prefix('/') {
                Some(path) => path.to_owned(),
                None if folder.is_empty() => target.to_owned(),
                None => format!("{folder}/{target}"),
            };
            let kind = attributes.get("Type")?.rsplit('/').next()?.to_owned();
            Some(Relation { id: attributes.get("Id")?.to_owned(), kind, path })
        };
        Ok(elements.into_iter().filter_map(relation).collect())
    }
}

/// Takes what is held in memory, in bytes, from the room that there is for it.
fn spend(room: &mut u64, bytes: usize) -> Result<(), Damage> {
    *room = room.checked_sub(u64::try_from(bytes).unwrap_or(u64::MAX)).ok_or(Damage::TooLarge)?;
    Ok(())
}

/// What one part is to another.
struct Relation {
    id: String,
    kind: String,
    path: String,
}

/// Attributes of an element, by their name without a prefix.
struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// Those that are `wanted`.
    fn read(element: &BytesStart<'_>, wanted: &[&str]) -> Result<Self, Damage> {
        let mut attributes = Vec::new();
        for attribute in element.attributes() {
            let attribute = attribute.map_err(quick_xml::Error::from)?;
            let name = attribute.key.local_name();
            if !wanted.contains(&name.as_ref()) {
                continue;
            }
            let name = name.as_ref().to_owned();
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0)?.into_owned();
            attributes.push((name, value));
        }
        Ok(Self(attributes))
    }

    /// What it takes of memory beside itself, in bytes.
    fn size(&self) -> usize {
        self.0.iter().map(|(name, value)| size_of::<(String, String)>() + name.len() + value.len()).sum()
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn truth(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(value, "1" | "true"))
    }
}

/// The texts that cells share: of each, everything in `t` that is not a reading aid.
fn read_texts(mut part: Part<'_>, room: &mut u64) -> Result<Vec<Box<str>>, Damage> {
    let mut texts = Vec::new();
    let mut buffer = Vec::new();
    loop {
        match part.read_event_into(&mut buffer)? {
            Event::Start(element) if element.local_name().as_ref() == "si" => {
                let text = sheet::text_until(&mut part, "si")?;
                spend(room, size_of::<Box<str>>() + text.len())?;
                texts.push(text.into_boxed_str());
            }
            Event::Eof => return Ok(texts),
            _ => {}
        }
        buffer.clear();
    }
}

/// Why a part cannot be read.
#[derive(Debug)]
enum Damage {
    TooLarge,
    Other(String),
}

impl<E: Into<quick_xml::Error>> From<E> for Damage {
    fn from(error: E) -> Self {
        Self::Other(error.into().to_string())
    }
}

fn damaged(error: &zip::result::ZipError) -> FileError {
    FileError::new(
        FileErrorCode::Unreadable,
        words!(
            en: "The file looks like a workbook and cannot be unpacked ({error}). It may be damaged, or not copied \
                 whole.",
            de: "Die Datei sieht aus wie eine Mappe und lässt sich nicht entpacken ({error}). Vielleicht ist sie \
                 beschädigt oder nicht ganz kopiert.",
        ),
    )
}

fn too_large() -> FileError {
    FileError::new(
        FileErrorCode::TooLarge,
        words!(
            en: "The workbook unpacks to more than {} MiB. Split it into several files.",
            de: "Die Mappe ist entpackt größer als {} MiB. Teilen Sie sie in mehrere Dateien.",
            file::LARGEST >> 20,
        ),
    )
}

/// Reads no further than a budget reaches.
struct Limited<'l, R> {
    inner: R,
    left: &'l mut u64,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let spent = u64::try_from(read).unwrap_or(u64::MAX);
        if spent >= *self.left {
            *self.left = 0;
            return Err(std::io::Error::other("the workbook is too large"));
        }
        *self.left -= spent;
        Ok(read)
    }
}

#[cfg(test)]
pub(super) mod tests;
