//! The words of the screen in the language that it is shown in. Tests are written in the English ones; where another language is
//! shown these find what it says instead, in the window's own messages.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use thirtyfour::WebDriver;

use crate::repository;

/// What core says, and the messages do not: both ways of saying it.
const OF_CORE: &[(&str, &str)] = &[
    ("is no amount", "ist kein Betrag"),
    ("This PIN is wrong", "Diese PIN ist falsch"),
    ("{rows} payouts are to be made", "sollen es {rows} Auszahlungen sein"),
];

/// Finds the lines of the screen in which a word stands that is in nearly every English sentence, and in no German one. What
/// NOWPayments has answered, what the owner has written and what stands in quotes is left out.
const ENGLISH: &str = r#"
    const word = /(?<![-\w])(the|is|are|of|and|not|has|have|were|it|this|that|there|your|with|for|to)(?![-\w])/;
    const visible = element => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
    const found = new Set();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        const element = node.parentElement;
        if (!visible(element) || element.closest('script, style, pre, code, textarea, [role=gridcell], [translate=no]')) continue;
        const text = node.nodeValue.replace(/\s+/g, ' ').replace(/„[^“]*“|"[^"]*"/g, '').trim();
        if (word.test(text)) found.add(text.slice(0, 120));
    }
    return [...found];
"#;

/// Fails when something on a screen that is not English is.
pub(crate) async fn check(driver: &WebDriver, screen: &str) -> Result<()> {
    match driver.execute(ENGLISH, vec![]).await?.json() {
        Value::Array(found) if found.is_empty() => Ok(()),
        found => bail!("English on {screen}: {found:#}"),
    }
}

/// How the language that is shown says what the tests call by its English words.
#[derive(Debug, Default)]
pub(crate) struct Words {
    said: Vec<(Phrase, Phrase)>,
}

/// A message: what is always said, with something between each two pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Phrase(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Said(String),
    Filled(String),
}

impl Words {
    /// Those of the language of this code; none for English.
    ///
    /// # Errors
    /// When there are no messages in it.
    pub(crate) fn of(language: &str) -> Result<Self> {
        let [english, other] = ["en", language].map(messages);
        let (english, other) = (english?, other?);
        let pairs = english
            .into_iter()
            .filter_map(|(key, said)| Some((Phrase::read(&said), Phrase::read(other.get(&key)?))));
        let of_core = OF_CORE.iter().map(|(english, other)| (Phrase::read(english), Phrase::read(other)));
        let said = if language == "en" { Vec::new() } else { pairs.chain(of_core).collect() };
        Ok(Self { said })
    }

    /// All that a control, a label or a row may be called that is `text` in English; `text` where no message says it.
    pub(crate) fn names(&self, text: &str) -> Vec<String> {
        let mut names: Vec<String> = self
            .said
            .iter()
            .filter_map(|(english, other)| self.filled(other, &english.fits(text)?))
            .collect();
        names.sort_by_key(String::len);
        names.dedup();
        if names.is_empty() { vec![text.to_owned()] } else { names }
    }

    /// All that can stand on the screen where `text` does in English. It may be a part of a message: then the longest of what that
    /// message always says is looked for, too.
    pub(crate) fn texts(&self, text: &str) -> Vec<String> {
        let parts = self.said.iter().filter(|(english, _)| english.says(text));
        let parts = parts.filter_map(|(_, other)| other.longest()).map(str::to_owned);
        let sentence = self.names(&format!("{text}."));
        self.names(text).into_iter().chain(sentence).chain(parts).chain([text.to_owned()]).collect()
    }

    /// A message with what the English one was filled with, in the other language where that was a message, too.
    fn filled(&self, other: &Phrase, with: &BTreeMap<&str, &str>) -> Option<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Said(said) => Some(said.clone()),
            Piece::Filled(name) => with.get(name.as_str()).map(|with| self.names(with).swap_remove(0)),
        };
        other.0.iter().map(piece).collect()
    }
}

impl Phrase {
    fn read(message: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = message;
        while let Some((said, (name, after))) =
            rest.split_once('{').and_then(|(said, rest)| Some((said, rest.split_once('}')?)))
        {
            pieces.extend((!said.is_empty()).then(|| Piece::Said(said.to_owned())));
            pieces.push(Piece::Filled(name.trim().to_owned()));
            rest = after;
        }
        pieces.extend((!rest.is_empty()).then(|| Piece::Said(rest.to_owned())));
        Self(pieces)
    }

    /// What it is filled with to be `text`; `None` when it never is. One that is nothing but filled fits nothing.
    fn fits<'a>(&'a self, text: &'a str) -> Option<BTreeMap<&'a str, &'a str>> {
        self.longest()?;
        let mut filled = BTreeMap::new();
        let (mut rest, mut open) = (text, None);
        for piece in &self.0 {
            match (piece, open.take()) {
                (Piece::Filled(name), None) => open = Some(name.as_str()),
                (Piece::Filled(_), Some(_)) => return None,
                (Piece::Said(said), None) => rest = rest.strip_prefix(said.as_str())?,
                (Piece::Said(said), Some(name)) => {
                    let (with, after) = rest.split_once(said.as_str())?;
                    filled.insert(name, with);
                    rest = after;
                }
            }
        }
        match open {
            Some(name) => drop(filled.insert(name, rest)),
            None if rest.is_empty() => {}
            None => return None,
        }
        filled.values().all(|with| !with.is_empty()).then_some(filled)
    }

    fn says(&self, text: &str) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Said(said) if said.contains(text)))
    }

    /// The longest that is always said, where that is words at all.
    fn longest(&self) -> Option<&str> {
        let said = self.0.iter().filter_map(|piece| match piece {
            Piece::Said(said) => Some(said.trim()),
            Piece::Filled(_) => None,
        });
        said.filter(|said| said.chars().any(char::is_alphabetic)).max_by_key(|said| said.len())
    }
}

/// The messages of a language. One with several forms is several, told apart by what each is for.
fn messages(language: &str) -> Result<BTreeMap<String, String>> {
    let file = repository("ui/messages").join(language).with_extension("json");
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let all: BTreeMap<String, Value> = serde_json::from_str(&text)?;
    let mut messages = BTreeMap::new();
    for (key, message) in all {
        let Some(forms) = message[0]["match"].as_object() else {
            messages.extend(message.as_str().map(|said| (key, said.to_owned())));
            continue;
        };
        for (form, said) in forms {
            messages.extend(said.as_str().map(|said| (format!("{key} {form}"), said.to_owned())));
        }
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(said: &[(&str, &str)]) -> Words {
        Words { said: said.iter().map(|(one, other)| (Phrase::read(one), Phrase::read(other))).collect() }
    }

    #[test]
    fn what_is_said_is_found_whole_filled_in_part_or_left_as_it_is() {
        let words = words(&[
            ("Payments", "Zahlungen"),
            ("Send {payouts}…", "{payouts} senden…"),
            ("{n} payouts", "{n} Auszahlungen"),
            ("{n} of {all} found", "{n} von {all} sind gefunden"),
            ("Sent to {n} people.", "An {n} Leute gesandt."),
            ("{n}", "{n}."),
        ]);
        assert_eq!(words.names("Payments"), ["Zahlungen"]);
        assert_eq!(words.names("Send 10 payouts…"), ["10 Auszahlungen senden…"]);
        assert!(words.texts("found").contains(&"sind gefunden".to_owned()));
        assert!(words.texts("Sent to 2 people").contains(&"An 2 Leute gesandt.".to_owned()));
        assert_eq!(words.names("found"), ["found"], "a control is never called by a part of its name");
        assert!(words.texts("payroll.csv").contains(&"payroll.csv".to_owned()));
    }

    #[test]
    fn english_is_said_as_it_is_written() {
        assert_eq!(Words::of("en").unwrap().names("Payments"), ["Payments"]);
    }

    #[test]
    fn the_messages_of_the_window_are_read() {
        let words = Words::of("de").unwrap();
        assert_eq!(words.names("Settings"), ["Einstellungen"]);
        assert!(Words::of("xx").is_err());
    }
}
