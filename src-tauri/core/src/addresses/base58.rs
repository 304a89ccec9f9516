//! Base58 addresses: Bitcoin and its relatives, TRON, the XRP Ledger, Tezos, Solana, Monero, Polkadot, old Cardano.

use blake2::Blake2b512;
use sha2::Sha256;
use sha3::{Digest, Keccak256};

use super::Fault;
use crate::language::{said, words};

/// Bytes that a base58check payload begins with, and how many follow them.
pub(super) type Prefix = (&'static [u8], usize);

/// The alphabet of Bitcoin.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// What each letter of it stands for; [`NO_DIGIT`] for every other byte.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut digit = 0;
    while digit < ALPHABET.len() {
        digits[ALPHABET[digit] as usize] = digit as u8;
        digit += 1;
    }
    digits
};

const NO_DIGIT: u8 = u8::MAX;

/// Decodes base58check with the alphabet of Bitcoin and looks for one of `prefixes`. Returns prefix and hash.
pub(super) fn check(address: &str, prefixes: &[Prefix]) -> Result<Vec<u8>, Fault> {
    if let Some([payload @ .., a, b, c, d]) = decode_25(address.as_bytes())
        && Sha256::digest(Sha256::digest(payload))[..4] == [a, b, c, d]
        && has_prefix(&payload, prefixes)
    {
        return Ok(payload.to_vec());
    }
    check_in(bs58::Alphabet::BITCOIN, address, prefixes)
}

/// Whether it is base58check of whatever version.
pub(super) fn has_checksum(text: &str) -> bool {
    short_enough(text).is_ok() && bs58::decode(text).with_check(None).into_vec().is_ok()
}

/// The same hash under another version; `None` for what is not of the one it is to have.
pub(super) fn rewrite(address: &str, from: Prefix, to: Prefix) -> Option<String> {
    let account = check(address, &[from]).ok()?;
    let hash = account.get(from.0.len()..)?;
    Some(bs58::encode([to.0, hash].concat()).with_check().into_string())
}

/// Polkadot and its relatives (SS58): the number of the network, a key of 32 bytes, and the first two bytes of the BLAKE2b of
/// all of it.
pub(super) fn check_substrate(address: &str, network: u8) -> Result<Vec<u8>, Fault> {
    const BEFORE: &[u8] = b"SS58PRE";
    let bytes = decode(address)?;
    let not_one = || {
        Fault::format(said!(
            en: "is well formed, but it is not an address of this network",
            de: "ist richtig geschrieben, aber keine Adresse dieses Netzwerks",
        ))
    };
    let Some((payload, checksum)) = bytes.split_last_chunk::<2>().filter(|(payload, _)| payload.len() >= 33)
    else {
        return Err(Fault::leftover());
    };
    if Blake2b512::new().chain_update(BEFORE).chain_update(payload).finalize()[..2] != *checksum {
        return Err(if payload.len() == 33 { Fault::checksum() } else { Fault::leftover() });
    }
    match payload {
        [own, key @ ..] if *own == network && key.len() == 32 => Ok(payload.to_vec()),
        _ => Err(not_one()),
    }
}

/// Decodes what stands for 25 bytes, as most addresses do: ten digits at a time, which is many times as fast as one at a
/// time. `None` for everything else.
fn decode_25(text: &[u8]) -> Option<[u8; 25]> {
    const MOST_DIGITS: usize = 35;
    if text.len() > MOST_DIGITS {
        return None;
    }
    // Of the 256 bits, the least significant first.
    let mut limbs = [0_u64; 4];
    for ten in text.chunks(10) {
        let (mut value, mut factor) = (0_u64, 1_u64);
        for letter in ten {
            let digit = DIGITS[usize::from(*letter)];
            if digit == NO_DIGIT {
                return None;
            }
            value = value * 58 + u64::from(digit);
            factor *= 58;
        }
        let mut carry = u128::from(value);
        for limb in &mut limbs {
            let sum = u128::from(*limb) * u128::from(factor) + carry;
            *limb = sum as u64;
            carry = sum >> 64;
        }
    }
    let mut bytes = [0; 32];
    for (eight, limb) in bytes.rchunks_exact_mut(8).zip(limbs) {
        eight.copy_from_slice(&limb.to_be_bytes());
    }
    let (above, bytes) = bytes.split_last_chunk::<25>()?;
    // A zero at the beginning is written as a 1 of its own.
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let ones = text.iter().take_while(|letter| **letter == ALPHABET[0]).count();
    (*above == [0; 7] && zeros == ones).then_some(*bytes)
}

/// XRP Ledger: base58check in an alphabet of its own, version 0, 20 bytes of account id.
///
/// The X-address, which carries a tag in itself, is not taken: the tag belongs in its own column.
pub(super) fn check_ripple(address: &str) -> Result<Vec<u8>, Fault> {
    if address.starts_with('X') && address.len() > 40 {
        return Err(Fault::format(said!(
            en: "is an X-address, which holds a tag in itself; write the classic address, which begins with r, \
                 and the tag as extra_id",
            de: "ist eine X-Adresse, die ein Tag in sich trägt; schreiben Sie die klassische Adresse, die mit r \
                 beginnt, und das Tag als extra_id",
        )));
    }
    if address.starts_with('s') && check_in(bs58::Alphabet::RIPPLE, address, &[(&[33], 16)]).is_ok() {
        return Err(Fault::secret());
    }
    check_in(bs58::Alphabet::RIPPLE, address, &[(&[0], 20)])
}

fn check_in(alphabet: &bs58::Alphabet, address: &str, prefixes: &[Prefix]) -> Result<Vec<u8>, Fault> {
    short_enough(address)?;
    let mut decoded = [0; 128];
    let length =
        bs58::decode(address).with_alphabet(alphabet).with_check(None).onto(&mut decoded).map_err(explain)?;
    let payload = &decoded[..length];
    if has_prefix(payload, prefixes) {
        return Ok(payload.to_vec());
    }
    Err(match (payload.first(), payload.len()) {
        (Some(0x80), 33 | 34) => Fault::secret(),
        (Some(0x6F | 0xC4), 21) => Fault::test_network(),
        _ => Fault::format(said!(
            en: "is well formed, but it is not an address of this network",
            de: "ist richtig geschrieben, aber keine Adresse dieses Netzwerks",
        )),
    })
}

/// Whether a payload is one of `prefixes` and as many bytes as follow it.
fn has_prefix(payload: &[u8], prefixes: &[Prefix]) -> bool {
    prefixes
        .iter()
        .any(|(prefix, length)| payload.strip_prefix(*prefix).is_some_and(|hash| hash.len() == *length))
}

fn decode(address: &str) -> Result<Vec<u8>, Fault> {
    short_enough(address)?;
    bs58::decode(address).into_vec().map_err(explain)
}

/// Decoding takes time in proportion to the square of the length; no address is longer than those of Byron.
fn short_enough(address: &str) -> Result<(), Fault> {
    if address.len() > 128 { Err(Fault::format(said!(en: "is too long", de: "ist zu lang"))) } else { Ok(()) }
}

/// Solana: 32 bytes in base58. There is no checksum; only the length can be checked.
pub(super) fn check_solana(address: &str) -> Result<Vec<u8>, Fault> {
    let bytes = decode(address)?;
    match bytes.len() {
        32 => Ok(bytes),
        64 => Err(Fault::secret_or_signature()),
        other => Err(Fault::format(words!(
            en: "stands for {other} bytes; an address of Solana stands for 32",
            de: "steht für {other} Bytes; eine Adresse von Solana steht für 32",
        ))),
    }
}

/// Cardano's Byron era: base58 of CBOR `[tag 24 (bytes), CRC-32 of these bytes]`.
///
/// Source: the Cardano ledger's Byron specification, address encoding.
pub(super) fn check_byron(address: &str) -> Result<Vec<u8>, Fault> {
    let bytes = decode(address)?;
    let broken = || {
        Fault::format(said!(
            en: "is not an address of Cardano",
            de: "ist keine Adresse von Cardano",
        ))
    };
    let rest = bytes.strip_prefix(&[0x82, 0xD8, 0x18]).ok_or_else(broken)?;
    let (major, length, rest) = cbor_head(rest).ok_or_else(broken)?;
    let length = usize::try_from(length).map_err(|_| broken())?;
    let (payload, rest) = rest.split_at_checked(length).filter(|_| major == 2).ok_or_else(broken)?;
    let (major, crc, rest) = cbor_head(rest).ok_or_else(broken)?;
    if major != 0 || !rest.is_empty() {
        return Err(broken());
    }
    if crc != crc32(payload) {
        return Err(Fault::checksum());
    }
    if byron_magic(payload).ok_or_else(broken)? {
        return Err(Fault::test_network());
    }
    Ok(payload.to_vec())
}

/// Whether an address of Byron, `[root, attributes, kind]`, has the number of a network among its attributes, which only
/// those of test networks have. `None` when it is not that.
fn byron_magic(payload: &[u8]) -> Option<bool> {
    const NETWORK: u32 = 2;
    let (0x83, rest) = payload.split_first().map(|(first, rest)| (*first, rest))? else { return None };
    let bytes = |rest| -> Option<&[u8]> {
        let (major, length, rest) = cbor_head(rest)?;
        let (_, rest) = rest.split_at_checked(usize::try_from(length).ok()?).filter(|_| major == 2)?;
        Some(rest)
    };
    let (major, count, mut rest) = cbor_head(bytes(rest)?)?;
    let mut found = false;
    if major != 5 {
        return None;
    }
    for _ in 0..count {
        let (major, key, value) = cbor_head(rest)?;
        found |= major == 0 && key == NETWORK;
        rest = bytes(value)?;
    }
    Some(found)
}

/// The head of a CBOR item (RFC 8949, section 3): major type, argument, and what follows.
fn cbor_head(bytes: &[u8]) -> Option<(u8, u32, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let width = match first & 0x1F {
        small @ 0..=23 => return Some((first >> 5, u32::from(small), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        _ => return None,
    };
    let (argument, rest) = rest.split_at_checked(width)?;
    Some((first >> 5, argument.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)), rest))
}

/// CRC-32 as in ISO-HDLC (zip, PNG).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// Monero: blocks of 8 bytes as 11 characters; one byte of network, two keys, an optional payment id, and the
/// first 4 bytes of the Keccak-256 of all of it.
pub(super) fn check_monero(address: &str) -> Result<Vec<u8>, Fault> {
    let bytes = decode_blocks(address).ok_or_else(|| {
        Fault::format(said!(
            en: "is not an address of Monero",
            de: "ist keine Adresse von Monero",
        ))
    })?;
    let (payload, checksum) =
        bytes.split_at_checked(bytes.len().saturating_sub(4)).ok_or_else(Fault::checksum)?;
    if Keccak256::digest(payload)[..4] != *checksum {
        return Err(Fault::checksum());
    }
    match (payload.first(), payload.len()) {
        (Some(18 | 42), 65) | (Some(19), 73) => Ok(payload.to_vec()),
        (Some(24 | 25 | 36 | 53 | 54 | 63), _) => Err(Fault::test_network()),
        _ => Err(Fault::format(said!(
            en: "is well formed, but it is not an address of Monero",
            de: "ist richtig geschrieben, aber keine Adresse von Monero",
        ))),
    }
}

fn decode_blocks(address: &str) -> Option<Vec<u8>> {
    /// How many bytes a block of so many characters holds.
    const SIZES: [Option<usize>; 12] =
        [None, None, Some(1), Some(2), None, Some(3), Some(4), Some(5), None, Some(6), Some(7), Some(8)];
    let mut bytes = Vec::with_capacity(80);
    for block in address.as_bytes().chunks(11) {
        let size = SIZES[block.len()]?;
        let mut value = 0u128;
        for character in block {
            let digit = Some(DIGITS[usize::from(*character)]).filter(|digit| *digit != NO_DIGIT)?;
            value = value * 58 + u128::from(digit);
        }
        let value = value.to_be_bytes();
        let (unused, used) = value.split_at(16 - size);
        if unused.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(used);
    }
    Some(bytes)
}

fn explain(error: bs58::decode::Error) -> Fault {
    match error {
        bs58::decode::Error::InvalidCharacter { character, index } => Fault::character(character, index + 1),
        bs58::decode::Error::InvalidChecksum { .. } => Fault::checksum(),
        _ => Fault::format(said!(en: "is too short", de: "ist zu kurz")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the crate makes of a text, where that is 25 bytes.
    fn by_the_crate(text: &[u8]) -> Option<[u8; 25]> {
        bs58::decode(text).into_vec().ok()?.try_into().ok()
    }

    proptest! {
        #[test]
        fn what_stands_for_25_bytes_is_decoded_as_the_crate_decodes_it(
            zeros in 0_usize..=25,
            bytes in any::<[u8; 25]>(),
        ) {
            let mut bytes = bytes;
            bytes[..zeros].fill(0);
            prop_assert_eq!(decode_25(bs58::encode(bytes).into_string().as_bytes()), Some(bytes));
        }

        #[test]
        fn other_texts_are_decoded_or_refused_as_the_crate_does(
            text in prop_oneof![
                "1{0,30}[1-9A-HJ-NP-Za-km-z]{0,40}",
                "[1z]{33,36}",
                "[!-~]{0,36}",
                "1{0,3}[1-9A-HJ-NP-Za-km-z]{30,35}[\\x00-\\xFF]?",
            ],
        ) {
            prop_assert_eq!(decode_25(text.as_bytes()), by_the_crate(text.as_bytes()));
        }
    }

    #[test]
    fn the_smallest_and_the_largest_are_decoded_and_what_is_beyond_them_is_not() {
        for text in
            ["", "1", &"1".repeat(24), &"1".repeat(25), &"1".repeat(26), &"z".repeat(34), &"z".repeat(35)]
        {
            assert_eq!(decode_25(text.as_bytes()), by_the_crate(text.as_bytes()), "{text}");
        }
        let largest = bs58::encode([0xFF; 25]).into_string();
        assert_eq!(decode_25(largest.as_bytes()), Some([0xFF; 25]));
        assert_eq!(
            decode_25(bs58::encode([[1].as_slice(), &[0; 25]].concat()).into_string().as_bytes()),
            None
        );
    }
}
