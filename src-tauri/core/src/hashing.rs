//! SHA-256 of lists of fields, as hex: what approvals are bound to and the audit log is chained with.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The hash of fields, one after the other.
///
/// Every text is preceded by its length and every absent one told from an empty one, so that no two lists of fields give the
/// same bytes.
pub(crate) struct FieldHash(Sha256);

impl FieldHash {
    /// `name` says what is hashed, so that no two sorts of things have the same hash.
    pub(crate) fn new(name: &str) -> Self {
        let mut hash = Self(Sha256::new());
        hash.text(Some(name));
        hash
    }

    pub(crate) fn text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                self.0.update([1]);
                self.0.update((text.len() as u64).to_be_bytes());
                self.0.update(text);
            }
            None => self.0.update([0]),
        }
    }

    pub(crate) fn number(&mut self, number: u32) {
        self.0.update(number.to_be_bytes());
    }

    pub(crate) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// The hash of a file, as everybody computes it.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
