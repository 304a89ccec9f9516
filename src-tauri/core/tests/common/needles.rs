//! Looks for secrets in whatever Paydesk leaves behind, in every spelling that something on the way may have given them.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// A spelling is found by its first bytes, so that it has at least as many. Fewer would be found by chance.
const HEAD: usize = 8;
/// A secret that was cut off is found by any so many bytes of it.
const PIECE: usize = 12;

/// A secret that was found where it must not be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Find {
    /// Which secret.
    pub(crate) what: String,
    /// How it is spelled there.
    pub(crate) spelled: &'static str,
    /// What stands around it.
    pub(crate) around: String,
}

impl fmt::Display for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: …{}…", self.what, self.spelled, self.around)
    }
}

struct Needle {
    what: String,
    spelled: &'static str,
    /// In lower case, as everything is compared.
    bytes: Vec<u8>,
}

/// The secrets that are looked for.
#[derive(Default)]
pub(crate) struct Needles {
    needles: Vec<Needle>,
    heads: HashMap<[u8; HEAD], Vec<usize>>,
    /// One-time codes: six digits, which numbers of other things can have, too.
    codes: BTreeSet<String>,
}

impl Needles {
    /// Looks for a secret whole, and for pieces of it if it is long enough.
    pub(crate) fn secret(&mut self, what: &str, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        self.whole(what, value);
        if value.len() > PIECE {
            for piece in value.windows(PIECE) {
                self.add(what, "a piece", piece);
            }
        }
    }

    /// Looks for a secret whose pieces are none, such as a link.
    pub(crate) fn whole(&mut self, what: &str, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        assert!(value.len() >= HEAD, "{what} would be found by chance");
        for (spelled, bytes) in spellings(value) {
            self.add(what, spelled, &bytes);
        }
    }

    /// Looks for a one-time code: in words as a number of its own, everywhere in its longer spellings.
    pub(crate) fn code(&mut self, code: &str) {
        assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code} is no code");
        if self.codes.insert(code.to_owned()) {
            for (spelled, bytes) in spellings(code.as_bytes()) {
                self.add("a code", spelled, &bytes);
            }
        }
    }

    fn add(&mut self, what: &str, spelled: &'static str, bytes: &[u8]) {
        let bytes = bytes.to_ascii_lowercase();
        let Some(head) = bytes.first_chunk() else { return };
        self.heads.entry(*head).or_default().push(self.needles.len());
        self.needles.push(Needle { what: what.to_owned(), spelled, bytes });
    }

    /// What is found in bytes of any kind.
    pub(crate) fn in_bytes(&self, bytes: &[u8]) -> BTreeSet<Find> {
        let lower = bytes.to_ascii_lowercase();
        let mut begins = vec![false; 1 << 16];
        for head in self.heads.keys() {
            begins[usize::from(head[0]) << 8 | usize::from(head[1])] = true;
        }
        let mut found = BTreeSet::new();
        for (at, head) in lower.windows(HEAD).enumerate() {
            if !begins[usize::from(head[0]) << 8 | usize::from(head[1])] {
                continue;
            }
            let Some(places) = self.heads.get(head) else { continue };
            for needle in places.iter().map(|place| &self.needles[*place]) {
                if lower[at..].starts_with(&needle.bytes) {
                    found.insert(find(needle, bytes, at));
                }
            }
        }
        // One of each kind says enough.
        let mut kinds = BTreeSet::new();
        found.retain(|find| kinds.insert((find.what.clone(), find.spelled)));
        found
    }

    /// What is found in text for people: codes as well.
    pub(crate) fn in_words(&self, text: &str) -> BTreeSet<Find> {
        let mut found = self.in_bytes(text.as_bytes());
        for code in &self.codes {
            for spelled in [code.clone(), format!("{} {}", &code[..3], &code[3..])] {
                for (at, _) in text.match_indices(&spelled) {
                    let before = text[..at].chars().next_back();
                    let after = text[at + spelled.len()..].chars().next();
                    // What belongs to a longer number, an amount or a time is no code.
                    if before.is_none_or(is_between) && after.is_none_or(|c| is_between(c) || c == '.') {
                        let needle = Needle { what: "a code".to_owned(), spelled: "plain", bytes: vec![] };
                        found.insert(find(&needle, text.as_bytes(), at));
                    }
                }
            }
        }
        found
    }
}

fn is_between(c: char) -> bool {
    !(c.is_alphanumeric() || matches!(c, '.' | ',' | '-' | '_'))
}

fn find(needle: &Needle, bytes: &[u8], at: usize) -> Find {
    let around = &bytes[at.saturating_sub(60)..bytes.len().min(at + 60)];
    Find {
        what: needle.what.clone(),
        spelled: needle.spelled,
        around: String::from_utf8_lossy(around).escape_debug().to_string(),
    }
}

/// How a secret may be spelled. Case is not looked at.
pub(crate) fn spellings(value: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let each = |write: &dyn Fn(&u8) -> String| value.iter().map(write).collect::<String>().into_bytes();
    let unreserved = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let percent = |byte: &u8| match unreserved(byte) {
        true => char::from(*byte).to_string(),
        false => format!("%{byte:02x}"),
    };
    let mut all = vec![
        ("plain", value.to_vec()),
        ("hex", each(&|byte| format!("{byte:02x}"))),
        ("hex, spaced", each(&|byte| format!("{byte:02x} ")).trim_ascii_end().to_vec()),
        ("bytes", each(&|byte| format!("{byte}, ")).strip_suffix(b", ").unwrap_or_default().to_vec()),
        ("percent-encoded", each(&percent)),
        ("percent-encoded, each byte", each(&|byte| format!("%{byte:02x}"))),
        ("as a form", each(&|byte| if *byte == b' ' { "+".to_owned() } else { percent(byte) })),
    ];
    for shift in 0..3 {
        // How the secret is spelled depends on where it stands: signs that neighbours have a part in are left out.
        let shifted = [&vec![0; shift], value].concat();
        let (skipped, whole) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
        for text in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            all.push(("base64", text.as_bytes()[skipped..whole].to_vec()));
        }
    }
    if let Ok(text) = std::str::from_utf8(value) {
        let json = |text: &str| serde_json::Value::from(text).to_string().trim_matches('"').to_owned();
        let wide: Vec<u16> = text.encode_utf16().collect();
        let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        all.extend([
            ("JSON", json(text).into_bytes()),
            ("JSON in JSON", json(&json(text)).into_bytes()),
            (
                "JSON, all escaped",
                wide.iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>().into_bytes(),
            ),
            ("as Debug", text.escape_debug().to_string().into_bytes()),
            ("HTML", html.replace('"', "&quot;").replace('\'', "&#39;").into_bytes()),
            ("HTML of a page", html.into_bytes()),
            ("UTF-16, little end", wide.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
            ("UTF-16, big end", wide.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
        ]);
    }
    let mut seen = BTreeSet::new();
    all.retain(|(_, bytes)| seen.insert(bytes.clone()));
    all
}
