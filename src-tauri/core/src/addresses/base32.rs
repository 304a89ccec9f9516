//! Addresses in base32 and base64: Stellar, Algorand, TON.

use base64::Engine;
use sha2::{Digest, Sha512_256};

use super::Fault;
use crate::language::{said, words};

/// A Stellar account (`G…`) or muxed account (`M…`): version, key, CRC-16 (SEP-23).
pub(super) fn check_stellar(address: &str) -> Result<Vec<u8>, Fault> {
    let bytes = decode(address)?;
    let Some((payload, checksum)) = bytes.split_last_chunk::<2>() else {
        return Err(Fault::format(said!(en: "is too short", de: "ist zu kurz")));
    };
    if crc16(payload) != u16::from_le_bytes(*checksum) {
        return Err(Fault::checksum());
    }
    match (payload.first(), payload.len()) {
        (Some(0x30), 33) | (Some(0x60), 41) => Ok(payload.to_vec()),
        (Some(0x90), 33) => Err(Fault::secret()),
        _ => Err(Fault::format(said!(
            en: "is well formed, but it is not an account of Stellar, which begins with G",
            de: "ist richtig geschrieben, aber kein Konto von Stellar, das mit G beginnt",
        ))),
    }
}

/// An Algorand account: the key and the last 4 bytes of its SHA-512/256.
pub(super) fn check_algorand(address: &str) -> Result<Vec<u8>, Fault> {
    if address.len() != 58 {
        return Err(Fault::format(words!(
            en: "has {} characters instead of 58",
            de: "hat {} Zeichen statt 58",
            address.len(),
        )));
    }
    let bytes = decode(address)?;
    match bytes.split_last_chunk::<4>() {
        Some((key, checksum)) if Sha512_256::digest(key)[28..] == *checksum => Ok(key.to_vec()),
        _ => Err(Fault::checksum()),
    }
}

/// A TON address: flags, workchain, account and CRC-16, in base64 of either alphabet; or the raw `workchain:hex`, which
/// has no checksum.
pub(super) fn check_ton(address: &str) -> Result<Vec<u8>, Fault> {
    if let Some((workchain, hash)) = address.split_once(':') {
        let raw = matches!(workchain, "0" | "-1")
            && hash.len() == 64
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        return if raw {
            Ok(address.to_ascii_lowercase().into_bytes())
        } else {
            Err(Fault::format(said!(en: "is not an address of TON", de: "ist keine Adresse von TON")))
        };
    }
    if address.len() != 48 {
        return Err(Fault::format(words!(
            en: "has {} characters instead of 48",
            de: "hat {} Zeichen statt 48",
            address.len(),
        )));
    }
    let bytes = base64::engine::general_purpose::URL_SAFE
        .decode(address)
        .or_else(|_| base64::engine::general_purpose::STANDARD.decode(address))
        .map_err(|_| Fault::format(said!(en: "is not an address of TON", de: "ist keine Adresse von TON")))?;
    let Some((payload, checksum)) = bytes.split_last_chunk::<2>() else {
        return Err(Fault::format(said!(en: "is too short", de: "ist zu kurz")));
    };
    if crc16(payload) != u16::from_be_bytes(*checksum) {
        return Err(Fault::checksum());
    }
    match payload {
        [0x11 | 0x51, workchain @ (0 | 0xFF), account @ ..] => {
            let workchain = if *workchain == 0 { "0" } else { "-1" };
            let account: String = account.iter().map(|byte| format!("{byte:02x}")).collect();
            Ok(format!("{workchain}:{account}").into_bytes())
        }
        [0x91 | 0xD1, ..] => Err(Fault::test_network()),
        _ => Err(Fault::format(said!(
            en: "is well formed, but it is not an address of TON",
            de: "ist richtig geschrieben, aber keine Adresse von TON",
        ))),
    }
}

/// An account of TON as an address that does not bounce, whatever way it is written in.
pub(super) fn write_ton(address: &str) -> Option<String> {
    let account = String::from_utf8(check_ton(address).ok()?).ok()?;
    let (workchain, hash) = account.split_once(':')?;
    let mut bytes = vec![0x51, if workchain == "0" { 0 } else { 0xFF }];
    for pair in hash.as_bytes().as_chunks::<2>().0 {
        bytes.push(u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?);
    }
    bytes.extend(crc16(&bytes).to_be_bytes());
    Some(base64::engine::general_purpose::URL_SAFE.encode(bytes))
}

/// Decodes base32 (RFC 4648) without padding.
fn decode(address: &str) -> Result<Vec<u8>, Fault> {
    let mut digits = Vec::with_capacity(address.len());
    for (index, character) in address.bytes().enumerate() {
        digits.push(match character {
            b'A'..=b'Z' => character - b'A',
            b'2'..=b'7' => character - b'2' + 26,
            _ => return Err(Fault::character(char::from(character), index + 1)),
        });
    }
    regroup(&digits).ok_or_else(Fault::leftover)
}

/// Turns groups of five bits into bytes; what is left over must be fewer than five bits, all zero.
pub(super) fn regroup(symbols: &[u8]) -> Option<Vec<u8>> {
    let (mut bits, mut count) = (0u32, 0);
    let mut bytes = Vec::with_capacity(symbols.len() * 5 / 8);
    for symbol in symbols {
        bits = bits << 5 | u32::from(*symbol);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count).ok()?);
            bits &= (1 << count) - 1;
        }
    }
    (count < 5 && bits == 0).then_some(bytes)
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        (0..8).fold(
            crc ^ u16::from(*byte) << 8,
            |crc, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
            },
        )
    })
}
