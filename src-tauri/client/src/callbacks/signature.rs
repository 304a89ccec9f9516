//! The signature, and the key that it is checked with.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha512;

use super::{CallbackError, InvalidSignature};

/// The bytes of an HMAC-SHA512.
const LENGTH: usize = 64;

/// What the header says.
pub(super) struct Signature([u8; LENGTH]);

impl Signature {
    /// Reads 128 hex digits in any case, with space around them.
    pub(super) fn read(header: &str) -> Result<Self, InvalidSignature> {
        let header = header.trim();
        if let Some(found) = header.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(InvalidSignature::NotHex { found });
        }
        if header.len() != 2 * LENGTH {
            return Err(InvalidSignature::Length { found: header.len() });
        }
        let mut bytes = [0; LENGTH];
        for (byte, digits) in bytes.iter_mut().zip(header.as_bytes().chunks_exact(2)) {
            *byte = digits.iter().fold(0, |byte, digit| byte << 4 | value(*digit));
        }
        Ok(Self(bytes))
    }
}

/// The value of a hex digit.
fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit.to_ascii_lowercase() - b'a' + 10,
    }
}

/// The secret, ready to be used.
pub(super) struct Key(Hmac<Sha512>);

impl Key {
    /// Takes the secret without the space that was copied with it. There must be some secret: with an empty one
    /// everybody can sign.
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    pub(super) fn new(secret: &SecretString) -> Result<Self, CallbackError> {
        let secret = secret.expose_secret().trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if secret.is_empty() {
            return Err(CallbackError::NoSecret);
        }
        Ok(Self(Hmac::new_from_slice(secret.as_bytes()).expect("a key of any length")))
    }

    /// Whether the signature is that of the text. How long this takes does not depend on where they differ.
    pub(super) fn has_signed(&self, text: &[u8], signature: &Signature) -> bool {
        self.0.clone().chain_update(text).verify_slice(&signature.0).is_ok()
    }
}
