//! Bech32 addresses: witness programs, Cardano, the Cosmos family, Zcash; and the cash addresses of Bitcoin Cash.

use bech32::{
    Bech32, Bech32m, Checksum,
    primitives::decode::{
        CharError, CheckedHrpstring, CheckedHrpstringError, ChecksumError, SegwitHrpstring,
        SegwitHrpstringError, UncheckedHrpstringError,
    },
};

use super::{Fault, base32::regroup};
use crate::language::{said, words};

/// A witness program: the version and the program.
pub(super) struct Program {
    /// From 0 to 16.
    pub(super) version: u8,
    /// 2 to 40 bytes; 20 or 32 in version 0.
    pub(super) bytes: Vec<u8>,
}

impl Program {
    /// Whether the network knows who may spend from it: versions 0 and 1 (BIP-141, BIP-341). Coins sent to another
    /// are free for anybody to take, or locked.
    pub(super) fn is_known(&self) -> bool {
        match self.version {
            0 => true,
            1 => self.bytes.len() == 32,
            _ => false,
        }
    }
}

/// A segregated witness address (BIP-173, BIP-350) of the network with the prefix `hrp`.
pub(super) fn check_segwit(address: &str, hrp: &str) -> Result<Program, Fault> {
    let decoded = SegwitHrpstring::new(address).map_err(|error| match error {
        SegwitHrpstringError::Unchecked(error) => unreadable(&error, address),
        SegwitHrpstringError::Checksum(error) => mistyped(&error),
        SegwitHrpstringError::TooLong(_) => Fault::format(said!(en: "is too long", de: "ist zu lang")),
        _ => Fault::format(said!(
            en: "is not a valid witness program (BIP-173, BIP-350)",
            de: "ist kein gültiges Witness-Programm (BIP-173, BIP-350)",
        )),
    })?;
    same_hrp(decoded.hrp().as_str(), hrp)?;
    Ok(Program { version: decoded.witness_version().to_u8(), bytes: decoded.byte_iter().collect() })
}

/// Bytes in bech32 with the prefix `hrp`, of one of the `lengths`.
pub(super) fn check(address: &str, hrp: &str, lengths: &[usize]) -> Result<Vec<u8>, Fault> {
    check_with::<Bech32>(address, hrp, lengths)
}

/// A unified address of Zcash (ZIP-316): bech32m, longer than BIP-350 allows. What is inside is not looked at.
pub(super) fn check_unified(address: &str) -> Result<Vec<u8>, Fault> {
    check_with::<Bech32m>(address, "u", &[])
}

/// A Shelley address of Cardano (CIP-19): the kind and the network in the first byte, then one or two hashes.
pub(super) fn check_shelley(address: &str) -> Result<Vec<u8>, Fault> {
    if address.starts_with("stake") {
        return Err(Fault::format(said!(
            en: "is a staking account, which cannot be paid; write the address that begins with addr1",
            de: "ist ein Staking-Konto, an das nicht gezahlt werden kann; schreiben Sie die Adresse, die mit \
                 addr1 beginnt",
        )));
    }
    let bytes = check(address, "addr", &[])?;
    match (bytes[0] >> 4, bytes[0] & 0x0F, bytes.len()) {
        (_, 0, _) => Err(Fault::test_network()),
        (0..=3, 1, 57) | (6 | 7, 1, 29) => Ok(bytes),
        (4 | 5, 1, 32..) => Ok(bytes),
        _ => Err(Fault::format(said!(
            en: "is well formed, but it is not an address of Cardano",
            de: "ist richtig geschrieben, aber keine Adresse von Cardano",
        ))),
    }
}

/// An address on the X-Chain of Avalanche: its letter, and 20 bytes in bech32.
pub(super) fn check_avalanche(address: &str) -> Result<Vec<u8>, Fault> {
    let Some(account) = address.strip_prefix("X-") else {
        return Err(Fault::format(said!(
            en: "does not begin with X-avax1, as those of this network do",
            de: "beginnt nicht mit X-avax1, wie die dieses Netzwerks",
        )));
    };
    if account.starts_with("fuji1") {
        return Err(Fault::test_network());
    }
    check(account, "avax", &[20])
}

/// A private address of Firo (Spark): bech32m, longer than BIP-350 allows. What is inside is not looked at.
pub(super) fn check_spark(address: &str) -> Result<Vec<u8>, Fault> {
    check_with::<Bech32m>(address, "sm", &[])
}

fn check_with<C: Checksum>(address: &str, hrp: &str, lengths: &[usize]) -> Result<Vec<u8>, Fault> {
    let decoded = CheckedHrpstring::new::<C>(address).map_err(|error| match error {
        CheckedHrpstringError::Parse(error) => unreadable(&error, address),
        CheckedHrpstringError::Checksum(error) => mistyped(&error),
        _ => Fault::checksum(),
    })?;
    same_hrp(decoded.hrp().as_str(), hrp)?;
    decoded.validate_segwit_padding().map_err(|_| Fault::leftover())?;
    let bytes: Vec<u8> = decoded.byte_iter().collect();
    if bytes.is_empty() || !(lengths.is_empty() || lengths.contains(&bytes.len())) {
        return Err(Fault::format(words!(
            en: "stands for {} bytes, which is no address of this network",
            de: "steht für {} Bytes, was keine Adresse dieses Netzwerks ist",
            bytes.len(),
        )));
    }
    Ok(bytes)
}

fn same_hrp(found: &str, wanted: &str) -> Result<(), Fault> {
    let found = found.to_ascii_lowercase();
    match found.as_str() {
        same if same == wanted => Ok(()),
        "tb" | "bcrt" | "tltc" | "rltc" | "addr_test" | "ztestsapling" | "utest" => {
            Err(Fault::test_network())
        }
        _ => Err(Fault::format(words!(
            en: "begins with {found}1; addresses of this network begin with {wanted}1",
            de: "beginnt mit {found}1; Adressen dieses Netzwerks beginnen mit {wanted}1",
        ))),
    }
}

fn unreadable(error: &UncheckedHrpstringError, address: &str) -> Fault {
    match error {
        UncheckedHrpstringError::Char(CharError::MixedCase) => Fault::format(said!(
            en: "mixes upper and lower case, which such an address never does",
            de: "mischt Groß- und Kleinbuchstaben, was eine solche Adresse nie tut",
        )),
        UncheckedHrpstringError::Char(CharError::InvalidChar(c)) => {
            let position = address.rfind(*c).map_or(0, |index| index + 1);
            Fault::character(*c, position)
        }
        _ => Fault::format(said!(en: "is not a bech32 address", de: "ist keine bech32-Adresse")),
    }
}

fn mistyped(error: &ChecksumError) -> Fault {
    match error {
        ChecksumError::InvalidLength => Fault::format(said!(en: "is too short", de: "ist zu kurz")),
        ChecksumError::CodeLength(_) => Fault::format(said!(en: "is too long", de: "ist zu lang")),
        _ => Fault::checksum(),
    }
}

/// The symbols of bech32 and of cash addresses.
const SYMBOLS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// A cash address, with or without its prefix, `bitcoincash:` on Bitcoin Cash: a version byte and a hash of 20 to 64 bytes under
/// a checksum of 40 bits. Source: the CashAddr specification of Bitcoin Cash.
pub(super) fn check_cash_address(address: &str, prefix: &str) -> Result<Vec<u8>, Fault> {
    let bytes = read_cash(address, prefix, &["bchtest", "bchreg", "ectest", "ecregtest"])?;
    // The version byte: a reserved bit, four bits of kind (0 and 1 are addresses, 2 and 3 the same for tokens), three bits of size.
    let Some((version, hash)) = bytes.split_first() else {
        return Err(Fault::format(said!(
            en: "is too short",
            de: "ist zu kurz",
        )));
    };
    let size = [20, 24, 28, 32, 40, 48, 56, 64][usize::from(version & 7)];
    if version >> 3 > 3 || hash.len() != size {
        return Err(not_of_this());
    }
    Ok(bytes)
}

/// An address of Kaspa: a version byte and a key of 32 or 33 bytes or the hash of a script, under the checksum of cash addresses.
pub(super) fn check_kaspa(address: &str) -> Result<Vec<u8>, Fault> {
    let bytes = read_cash(address, "kaspa", &["kaspatest", "kaspasim", "kaspadev"])?;
    match (bytes.first(), bytes.len()) {
        (Some(0 | 8), 33) | (Some(1), 34) => Ok(bytes),
        _ => Err(not_of_this()),
    }
}

fn not_of_this() -> Fault {
    Fault::format(said!(
        en: "is well formed, but it is not an address of this network",
        de: "ist richtig geschrieben, aber keine Adresse dieses Netzwerks",
    ))
}

/// The bytes behind `own` prefix, which may be missing, in the symbols and under the checksum of cash addresses.
fn read_cash(address: &str, own: &str, tests: &[&str]) -> Result<Vec<u8>, Fault> {
    let lower = address.to_ascii_lowercase();
    if lower != address && address.to_ascii_uppercase() != address {
        return Err(Fault::format(said!(
            en: "mixes upper and lower case, which such an address never does",
            de: "mischt Groß- und Kleinbuchstaben, was eine solche Adresse nie tut",
        )));
    }
    let (prefix, data) = lower.split_once(':').unwrap_or((own, &lower));
    if prefix != own {
        return Err(if tests.contains(&prefix) {
            Fault::test_network()
        } else {
            Fault::format(words!(
                en: "begins with {prefix}:, and those of this network with {own}:",
                de: "beginnt mit {prefix}:, die dieses Netzwerks aber mit {own}:",
            ))
        });
    }
    let mut symbols = Vec::with_capacity(data.len());
    for (index, character) in data.bytes().enumerate() {
        let Some(symbol) = SYMBOLS.iter().position(|symbol| *symbol == character) else {
            return Err(Fault::character(char::from(character), lower.len() - data.len() + index + 1));
        };
        symbols.push(u8::try_from(symbol).unwrap_or_default());
    }
    let checked = prefix.bytes().map(|byte| byte & 0x1F).chain([0]).chain(symbols.iter().copied());
    if cash_polymod(checked) != 0 {
        return Err(Fault::checksum());
    }
    let payload = &symbols[..symbols.len().saturating_sub(8)];
    regroup(payload).ok_or_else(Fault::leftover)
}

/// The remainder of the generator polynomial of the CashAddr specification; 0 for what carries its own checksum.
fn cash_polymod(symbols: impl Iterator<Item = u8>) -> u64 {
    const GENERATOR: [u64; 5] =
        [0x98_F2BC_8E61, 0x79_B76D_99E2, 0xF3_3E5F_B3C4, 0xAE_2EAB_E2A8, 0x1E_4F43_E470];
    symbols.fold(1, |state, symbol| {
        let top = state >> 35;
        let shifted = (state & 0x07_FFFF_FFFF) << 5 ^ u64::from(symbol);
        GENERATOR.iter().enumerate().fold(shifted, |state, (bit, generator)| {
            if top >> bit & 1 == 1 { state ^ generator } else { state }
        })
    }) ^ 1
}
