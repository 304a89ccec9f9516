//! A secret sealed with a PIN: argon2id makes a key of the PIN, XChaCha20-Poly1305 seals with it.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// How dear a try at a PIN is. It is stored with what was sealed, so that it can be raised later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Memory, in KiB.
    pub(crate) memory: u32,
    /// Passes over it.
    pub(crate) passes: u32,
}

impl Cost {
    /// 64 MiB and three passes, the second choice of RFC 9106: about a tenth of a second.
    pub(crate) const STANDARD: Self = Self { memory: 64 * 1024, passes: 3 };

    /// What a sealed secret may ask for at the most: more was not written by us.
    const MOST: Self = Self { memory: 1024 * 1024, passes: 16 };

    /// Whether something that was sealed may ask for it.
    pub(crate) fn is_bearable(self) -> bool {
        self.memory <= Self::MOST.memory && self.passes <= Self::MOST.passes
    }
}

/// What is random about a sealed secret.
pub(crate) struct Fresh {
    pub(crate) salt: [u8; SALT],
    pub(crate) nonce: [u8; NONCE],
}

/// Why a sealed secret did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unopened {
    /// The PIN is another, or what was sealed was altered or belongs to another shop: these cannot be told apart.
    WrongPin,
    /// It is no sealed secret at all.
    Damaged,
}

// version, memory, passes, salt, nonce, then the sealed secret with its tag.
const VERSION: u8 = 1;
const SALT: usize = 16;
const NONCE: usize = 24;
const HEADER: usize = 1 + 4 + 4 + SALT + NONCE;

/// Seals `secret` for `shop`. Takes [`Cost`]: call it where it may block.
pub(crate) fn seal(
    secret: &[u8],
    pin: &SecretString,
    shop: &str,
    cost: Cost,
    fresh: &Fresh,
) -> Option<SecretString> {
    let mut blob = Vec::with_capacity(HEADER + secret.len() + 16);
    blob.push(VERSION);
    blob.extend(cost.memory.to_be_bytes());
    blob.extend(cost.passes.to_be_bytes());
    blob.extend(fresh.salt);
    blob.extend(fresh.nonce);
    let bound = bound_to(&blob, shop);
    let cipher = cipher(pin, &fresh.salt, cost)?;
    let sealed = cipher.encrypt(&XNonce::from(fresh.nonce), Payload { msg: secret, aad: &bound }).ok()?;
    blob.extend(sealed);
    Some(BASE64.encode(&blob).into())
}

/// Opens what [`seal`] has sealed. Takes the cost it was sealed with: call it where it may block.
pub(crate) fn open(
    sealed: &SecretString,
    pin: &SecretString,
    shop: &str,
) -> Result<Zeroizing<Vec<u8>>, Unopened> {
    let blob = BASE64.decode(sealed.expose_secret()).map_err(|_| Unopened::Damaged)?;
    let (header, sealed) = blob.split_at_checked(HEADER).ok_or(Unopened::Damaged)?;
    let (cost, random) = header[1..].split_at(8);
    let number = |at: usize| u32::from_be_bytes([cost[at], cost[at + 1], cost[at + 2], cost[at + 3]]);
    let cost = Cost { memory: number(0), passes: number(4) };
    if header[0] != VERSION || !cost.is_bearable() {
        return Err(Unopened::Damaged);
    }
    let (salt, nonce) = random.split_at(SALT);
    let nonce = XNonce::try_from(nonce).map_err(|_| Unopened::Damaged)?;
    let cipher = cipher(pin, salt, cost).ok_or(Unopened::Damaged)?;
    let payload = Payload { msg: sealed, aad: &bound_to(header, shop) };
    cipher.decrypt(&nonce, payload).map(Zeroizing::new).map_err(|_| Unopened::WrongPin)
}

/// The cipher whose key is made of a PIN or a passphrase.
pub(crate) fn cipher(pin: &SecretString, salt: &[u8], cost: Cost) -> Option<XChaCha20Poly1305> {
    let params = Params::new(cost.memory, cost.passes, 1, Some(32)).ok()?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(pin.expose_secret().as_bytes(), salt, &mut *key)
        .ok()?;
    XChaCha20Poly1305::new_from_slice(&*key).ok()
}

/// A sealed secret opens only under its own header and for its own shop.
fn bound_to(header: &[u8], shop: &str) -> Vec<u8> {
    [header, shop.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost { memory: 8, passes: 1 };
    const FRESH: Fresh = Fresh { salt: [7; SALT], nonce: [9; NONCE] };

    fn pin(text: &str) -> SecretString {
        text.into()
    }

    #[test]
    fn the_right_pin_opens_it() {
        let sealed = seal(b"0123456789", &pin("correct horse"), "shop", CHEAP, &FRESH).unwrap();
        assert_eq!(*open(&sealed, &pin("correct horse"), "shop").unwrap(), b"0123456789");
    }

    #[test]
    fn another_pin_or_another_shop_does_not() {
        let sealed = seal(b"0123456789", &pin("correct horse"), "shop", CHEAP, &FRESH).unwrap();
        assert_eq!(open(&sealed, &pin("correct horsf"), "shop"), Err(Unopened::WrongPin));
        assert_eq!(open(&sealed, &pin("correct horse"), "other"), Err(Unopened::WrongPin));
    }

    #[test]
    fn no_altered_byte_goes_unnoticed() {
        let sealed = seal(b"0123456789", &pin("correct horse"), "shop", CHEAP, &FRESH).unwrap();
        let blob = BASE64.decode(sealed.expose_secret()).unwrap();
        for at in 0..blob.len() {
            let mut altered = blob.clone();
            altered[at] ^= 1;
            let altered = BASE64.encode(altered).into();
            assert!(open(&altered, &pin("correct horse"), "shop").is_err(), "byte {at}");
        }
    }

    #[test]
    fn what_was_never_sealed_is_damaged() {
        for text in ["", "!", "AAAA", &BASE64.encode([0xff; 80])] {
            assert_eq!(open(&text.into(), &pin("correct horse"), "shop"), Err(Unopened::Damaged), "{text}");
        }
    }

    #[test]
    fn the_secret_and_the_pin_are_not_in_it() {
        let sealed = seal(b"0123456789", &pin("correct horse"), "shop", CHEAP, &FRESH).unwrap();
        let blob = BASE64.decode(sealed.expose_secret()).unwrap();
        for needle in [b"0123456789".as_slice(), b"correct horse"] {
            assert!(!blob.windows(needle.len()).any(|window| window == needle));
        }
    }
}
