//! Addresses: how each kind is made, and how its checksum is checked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use bech32::{Bech32, Hrp};
use blake2::Blake2b512;
use rand::{Rng, RngExt};
use sha2::{Digest, Sha256, Sha512_256};
use sha3::Keccak256;

/// How the addresses of a chain are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Codec {
    /// Base58Check over a version and a 20-byte hash, and Bech32 or Bech32m with this prefix (BIP 173, BIP 350).
    Base58Check { versions: &'static [&'static [u8]], segwit: Option<&'static str> },
    /// Bitcoin Cash: CashAddr, and the old Base58Check form.
    CashAddr,
    /// Twenty bytes in hexadecimal, mixed case being a checksum (EIP-55).
    Evm,
    /// Base58Check in Ripple's alphabet.
    Ripple,
    /// Base32 with a CRC-16 (Stellar's StrKey).
    Stellar,
    /// A 32-byte key in Base58.
    Solana,
    /// Bech32 with this prefix over so many bytes.
    Bech32 { prefix: &'static str, bytes: usize },
    /// Polkadot's SS58.
    Ss58,
    /// Monero's Base58 in blocks over two keys and a Keccak checksum.
    Monero,
    /// Base32 over a key and the end of its SHA-512/256.
    Algorand,
    /// TON's user-friendly form: Base64 with a CRC-16.
    Ton,
    /// A 32-byte key in hexadecimal behind this prefix.
    Hex { prefix: &'static str },
    /// A number on Hedera's shard 0, realm 0.
    Hedera,
    /// A name of twelve letters.
    Eos,
}

impl Codec {
    /// A new address with the right checksum.
    pub(crate) fn generate(self, rng: &mut impl Rng) -> String {
        match self {
            Self::Base58Check { segwit: Some(prefix), .. } if rng.random_ratio(2, 3) => {
                segwit(prefix, &bytes::<20>(rng))
            }
            Self::Base58Check { versions, .. } => {
                let version = versions[rng.random_range(0..versions.len())];
                bs58::encode([version, &bytes::<20>(rng)].concat()).with_check().into_string()
            }
            Self::CashAddr => cashaddr(&bytes::<20>(rng)),
            Self::Evm => eip55(&hex(&bytes::<20>(rng))),
            Self::Ripple => bs58::encode([&[0][..], &bytes::<20>(rng)].concat())
                .with_alphabet(bs58::Alphabet::RIPPLE)
                .with_check()
                .into_string(),
            Self::Stellar => with_crc([&[6 << 3][..], &bytes::<32>(rng)].concat(), u16::to_le_bytes, base32),
            // The highest bit is set, so that the text always has 43 or 44 characters.
            Self::Solana => bs58::encode(key(rng)).into_string(),
            Self::Bech32 { prefix, bytes } => {
                let data: Vec<u8> = (0..bytes).map(|_| rng.random()).collect();
                bech32(prefix, &data)
            }
            Self::Ss58 => ss58(&key(rng)),
            Self::Monero => monero(&[&[18][..], &bytes::<32>(rng), &bytes::<32>(rng)].concat()),
            Self::Algorand => algorand(&bytes::<32>(rng)),
            Self::Ton => with_crc([&[0x11, 0][..], &bytes::<32>(rng)].concat(), u16::to_be_bytes, |data| {
                URL_SAFE.encode(data)
            }),
            Self::Hex { prefix } => format!("{prefix}{}", hex(&bytes::<32>(rng))),
            Self::Hedera => format!("0.0.{}", rng.random_range(100_000..9_999_999)),
            Self::Eos => (0..12)
                .map(|_| char::from(b"12345abcdefghijklmnopqrstuvwxyz"[rng.random_range(0..31)]))
                .collect(),
        }
    }

    /// Whether the checksum of an address that already has the right shape is right. Kinds without a checksum
    /// always are.
    pub(crate) fn checks(self, address: &str) -> bool {
        match self {
            Self::Base58Check { versions, segwit } => {
                let is_segwit = segwit.is_some_and(|prefix| {
                    bech32::segwit::decode(address).is_ok_and(|(hrp, ..)| hrp.to_lowercase() == prefix)
                });
                is_segwit
                    || base58_payload(address, bs58::Alphabet::BITCOIN).is_some_and(|payload| {
                        versions.iter().any(|version| {
                            payload.starts_with(version) && payload.len() == version.len() + 20
                        })
                    })
            }
            Self::CashAddr => {
                const LEGACY: &[&[u8]] = &[&[0], &[5]];
                is_cashaddr(address) || Self::Base58Check { versions: LEGACY, segwit: None }.checks(address)
            }
            Self::Evm => {
                let digits = address.trim_start_matches("0x");
                let mixed = digits.bytes().any(|c| c.is_ascii_lowercase())
                    && digits.bytes().any(|c| c.is_ascii_uppercase());
                !mixed || eip55(&digits.to_lowercase()) == address
            }
            Self::Ripple => base58_payload(address, bs58::Alphabet::RIPPLE)
                .is_some_and(|payload| payload.len() == 21 && payload[0] == 0),
            Self::Stellar => base32_decoded(address)
                .is_some_and(|data| data.len() == 35 && crc16(&data[..33]).to_le_bytes() == data[33..]),
            Self::Solana => bs58::decode(address).into_vec().is_ok_and(|key| key.len() == 32),
            Self::Bech32 { prefix, .. } => {
                bech32::decode(address).is_ok_and(|(hrp, _)| hrp.to_lowercase() == prefix)
            }
            Self::Ton => URL_SAFE
                .decode(address.replace('+', "-").replace('/', "_"))
                .is_ok_and(|data| data.len() == 36 && crc16(&data[..34]).to_be_bytes() == data[34..]),
            Self::Algorand => base32_decoded(address).is_some_and(|data| {
                data.len() >= 36 && algorand(&data[..32].try_into().unwrap_or_default()) == address
            }),
            Self::Ss58 => bs58::decode(address).into_vec().is_ok_and(|data| {
                data.len() == 35 && ss58(&data[1..33].try_into().unwrap_or_default()) == address
            }),
            Self::Monero | Self::Hex { .. } | Self::Hedera | Self::Eos => true,
        }
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn bytes<const N: usize>(rng: &mut impl Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

fn key(rng: &mut impl Rng) -> [u8; 32] {
    let mut key: [u8; 32] = bytes(rng);
    key[0] |= 0x80;
    key
}

fn base58_payload(address: &str, alphabet: &bs58::Alphabet) -> Option<Vec<u8>> {
    bs58::decode(address).with_alphabet(alphabet).with_check(None).into_vec().ok()
}

#[expect(clippy::expect_used, reason = "the prefixes are constants of this crate and the lengths are fixed")]
fn bech32(prefix: &str, data: &[u8]) -> String {
    bech32::encode::<Bech32>(Hrp::parse(prefix).expect("a valid prefix"), data).expect("a short payload")
}

#[expect(clippy::expect_used, reason = "the prefixes are constants of this crate and the lengths are fixed")]
fn segwit(prefix: &str, program: &[u8; 20]) -> String {
    bech32::segwit::encode_v0(Hrp::parse(prefix).expect("a valid prefix"), program).expect("20 bytes")
}

/// Writes 40 lower-case hexadecimal digits with the checksum of EIP-55.
fn eip55(digits: &str) -> String {
    let hash = Keccak256::digest(digits.as_bytes());
    let cased = digits.chars().enumerate().map(|(i, digit)| {
        let nibble = hash[i / 2] >> (if i % 2 == 0 { 4 } else { 0 }) & 0xf;
        if nibble >= 8 { digit.to_ascii_uppercase() } else { digit }
    });
    format!("0x{}", cased.collect::<String>())
}

/// The checksum of CashAddr: a BCH code over 5-bit symbols.
fn cash_polymod(symbols: impl Iterator<Item = u8>) -> u64 {
    const GENERATORS: [u64; 5] = [0x98f2_bc8e61, 0x79b7_6d99e2, 0xf33e_5fb3c4, 0xae2e_abe2a8, 0x1e4f_43e470];
    let mut checksum = 1_u64;
    for symbol in symbols {
        let top = checksum >> 35;
        checksum = (checksum & 0x07_ffff_ffff) << 5 ^ u64::from(symbol);
        for (bit, generator) in GENERATORS.iter().enumerate() {
            if top >> bit & 1 == 1 {
                checksum ^= generator;
            }
        }
    }
    checksum ^ 1
}

const CASH_ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

fn cash_prefix() -> impl Iterator<Item = u8> {
    b"bitcoincash".iter().map(|letter| letter & 0x1f).chain([0])
}

fn cashaddr(hash: &[u8; 20]) -> String {
    let mut symbols = five_bits(&[&[0][..], hash].concat());
    let checksum = cash_polymod(cash_prefix().chain(symbols.iter().copied()).chain([0; 8]));
    symbols.extend((0..8).map(|i| (checksum >> (5 * (7 - i)) & 0x1f) as u8));
    symbols.iter().map(|symbol| char::from(CASH_ALPHABET[usize::from(*symbol)])).collect()
}

fn is_cashaddr(address: &str) -> bool {
    let body = address.strip_prefix("bitcoincash:").unwrap_or(address);
    let symbols: Option<Vec<u8>> = body
        .bytes()
        .map(|letter| {
            CASH_ALPHABET.iter().position(|known| *known == letter).and_then(|i| u8::try_from(i).ok())
        })
        .collect();
    symbols.is_some_and(|symbols| symbols.len() == 42 && cash_polymod(cash_prefix().chain(symbols)) == 0)
}

/// Regroups bytes into 5-bit symbols, the last one filled up with zeros.
fn five_bits(data: &[u8]) -> Vec<u8> {
    let bit = |i: usize| data.get(i / 8).map_or(0, |byte| byte >> (7 - i % 8) & 1);
    (0..(data.len() * 8).div_ceil(5))
        .map(|i| (0..5).fold(0, |symbol, j| symbol << 1 | bit(i * 5 + j)))
        .collect()
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(data: &[u8]) -> String {
    five_bits(data).into_iter().map(|symbol| char::from(BASE32[usize::from(symbol)])).collect()
}

fn base32_decoded(text: &str) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    let (mut bits, mut count) = (0_u16, 0);
    for letter in text.bytes() {
        bits = bits << 5 | u16::try_from(BASE32.iter().position(|known| *known == letter)?).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            data.push((bits >> count & 0xff) as u8);
        }
    }
    Some(data)
}

/// CRC-16/XMODEM.
fn crc16(data: &[u8]) -> u16 {
    data.iter().fold(0, |crc, byte| {
        (0..8)
            .fold(crc ^ u16::from(*byte) << 8, |crc, _| crc << 1 ^ if crc & 0x8000 == 0 { 0 } else { 0x1021 })
    })
}

fn with_crc(mut data: Vec<u8>, order: fn(u16) -> [u8; 2], text: fn(&[u8]) -> String) -> String {
    let crc = crc16(&data);
    data.extend(order(crc));
    text(&data)
}

fn ss58(key: &[u8; 32]) -> String {
    let mut data = [&[0][..], key].concat();
    let checksum = Blake2b512::digest([&b"SS58PRE"[..], &data].concat());
    data.extend(&checksum[..2]);
    bs58::encode(data).into_string()
}

fn algorand(key: &[u8; 32]) -> String {
    base32(&[&key[..], &Sha512_256::digest(key)[28..]].concat())
}

fn monero(payload: &[u8]) -> String {
    const LENGTHS: [usize; 9] = [0, 2, 3, 5, 6, 7, 9, 10, 11];
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let data = [payload, &Keccak256::digest(payload)[..4]].concat();
    let block = |block: &[u8]| {
        let mut number = block.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let mut letters = vec![ALPHABET[0]; LENGTHS[block.len()]];
        for letter in letters.iter_mut().rev() {
            *letter = ALPHABET[(number % 58) as usize];
            number /= 58;
        }
        letters
    };
    data.chunks(8).flat_map(block).map(char::from).collect()
}

/// A transaction id: 32 bytes in hexadecimal, with `0x` where the chain writes it so.
pub(crate) fn transaction_hash(codec: Codec, rng: &mut impl Rng) -> String {
    match codec {
        Codec::Evm => format!("0x{}", hex(&bytes::<32>(rng))),
        Codec::Solana => bs58::encode([bytes::<32>(rng), bytes::<32>(rng)].concat()).into_string(),
        _ => hex(&Sha256::digest(bytes::<32>(rng))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BITCOIN: Codec = Codec::Base58Check { versions: &[&[0], &[5]], segwit: Some("bc") };
    const TRON: Codec = Codec::Base58Check { versions: &[&[0x41]], segwit: None };

    #[test]
    fn published_addresses_pass_and_one_wrong_letter_does_not() {
        for (codec, good, bad) in [
            (BITCOIN, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"),
            (BITCOIN, "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLz"),
            (
                BITCOIN,
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            ),
            (
                BITCOIN,
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj1",
            ),
            (TRON, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u"),
            (
                Codec::Evm,
                "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
            ),
            (
                Codec::CashAddr,
                "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
                "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6q",
            ),
            (Codec::Ripple, "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTi"),
            (
                Codec::Stellar,
                "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ",
                "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGY",
            ),
        ] {
            assert!(codec.checks(good), "{good}");
            assert!(!codec.checks(bad), "{bad}");
        }
    }

    #[test]
    fn addresses_in_one_case_carry_no_checksum_on_evm_chains() {
        assert!(Codec::Evm.checks("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"));
        assert!(Codec::Evm.checks("0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED"));
    }

    #[test]
    fn codes_agree_with_their_published_vectors() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        // Alice's well-known development key on Polkadot.
        let alice = "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
        let key: Vec<u8> =
            (0..32).map(|i| u8::from_str_radix(&alice[i * 2..i * 2 + 2], 16).unwrap()).collect();
        assert_eq!(ss58(&key.try_into().unwrap()), "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5");
    }
}
