//! Whether an address can be one of the coin's network, without asking anybody.
//!
//! These checks find what was mistyped, cut off, disguised, or meant for another network, before anything is sent.
//! They cannot know whether somebody holds the key: NOWPayments' own check of the address decides before money moves.
//!
//! Every address must be visible ASCII and match the coin's `wallet_regex` as a whole. Beyond that:
//!
//! | network | form | what is checked | source |
//! |---|---|---|---|
//! | Bitcoin | `1…`, `3…` | base58check, version 0 or 5 | |
//! | | `bc1…` | bech32 for version 0, bech32m for 1 to 16, lengths, case; versions without a meaning get a caution | BIP-173, BIP-350 |
//! | Ethereum, BNB Smart Chain, Polygon, Arbitrum, Optimism, Base, Avalanche C, … | `0x…` | 40 hex digits; the checksum when both cases occur | EIP-55, for Rootstock also EIP-1191 |
//! | TRON | `T…` | base58check, version 0x41 | |
//! | Litecoin | `L…`, `M…`, `3…`, `ltc1…` | base58check; bech32; `3…` gets a caution, since it may be a Bitcoin address | |
//! | Dogecoin, Dash, Zcash (`t…`), Bitcoin Gold, DigiByte, Qtum, Ravencoin, Horizen, Komodo, Verge, Firo, NEO, Ontology | | base58check with the versions of each; `dgb1…`, `btg1…`, `qc1…` as Bitcoin; versions that a larger network has too get a caution | |
//! | Zcash | `zs1…`, `u1…` | bech32, bech32m | ZIP-173, ZIP-316 |
//! | Bitcoin Cash | `q…`, `p…` | the checksum of 40 bits, version, length | CashAddr |
//! | | `1…`, `3…` | base58check, with a caution | |
//! | eCash, Kaspa | `ecash:…`, `kaspa:…` | as Bitcoin Cash, with the prefix of each | CashAddr |
//! | XRP Ledger | `r…` | base58check in its own alphabet, version 0 | |
//! | Stellar | `G…`, `M…` | CRC-16, version, length | SEP-23 |
//! | Solana | | 32 bytes of base58; there is no checksum | |
//! | Polkadot, Kusama | | 32 bytes of base58, network, BLAKE2b of all | SS58 |
//! | Cardano | `addr1…` | bech32, network and kind | CIP-19 |
//! | | `Ae2…`, `DdzFF…` | CRC-32 | Byron |
//! | TON | `EQ…`, `UQ…` | CRC-16, workchain, flag of the test network; the raw form has no checksum | |
//! | Monero | `4…`, `8…` | Keccak-256, network, length | |
//! | Algorand | | SHA-512/256 | |
//! | Tezos | `tz1…` to `tz4…`, `KT1…` | base58check | |
//! | Cosmos, BNB Beacon, MultiversX, Zilliqa, Injective, Harmony, Avalanche X, … | `cosmos1…`, `bnb1…`, … | bech32 and the prefix of the network | |
//! | NEAR, EOS | | the rules for the names of accounts; there is no checksum | |
//! | every other | | `wallet_regex` alone, and that it is not one of a network above | |

mod base32;
mod base58;
mod bech32;
pub mod characters;
mod hex;
#[cfg(test)]
mod tests;

use crate::language::{said, words};

use std::borrow::Cow;

use regex::Regex;

/// The longest text that is looked at as an address. The longest real ones, unified addresses of Zcash, stay below.
pub const LONGEST: usize = 512;

/// Networks whose addresses look alike and are checked alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Algorand.
    Algorand,
    /// The X-Chain of Avalanche.
    AvalancheX,
    /// Bitcoin.
    Bitcoin,
    /// Bitcoin Cash.
    BitcoinCash,
    /// Bitcoin Gold.
    BitcoinGold,
    /// Cardano.
    Cardano,
    /// A network that writes its accounts in bech32 behind this prefix.
    Cosmos(&'static str),
    /// Dash.
    Dash,
    /// DigiByte.
    DigiByte,
    /// Dogecoin.
    Dogecoin,
    /// eCash.
    Ecash,
    /// EOS.
    Eos,
    /// Ethereum and the networks with its addresses.
    Evm,
    /// Firo.
    Firo,
    /// Horizen.
    Horizen,
    /// Kaspa.
    Kaspa,
    /// Komodo.
    Komodo,
    /// Kusama.
    Kusama,
    /// Litecoin.
    Litecoin,
    /// Monero.
    Monero,
    /// NEAR.
    Near,
    /// NEO.
    Neo,
    /// Ontology.
    Ontology,
    /// Polkadot.
    Polkadot,
    /// Qtum.
    Qtum,
    /// Ravencoin.
    Ravencoin,
    /// The XRP Ledger.
    Ripple,
    /// Rootstock: as Ethereum, with a second checksum of its own.
    Rootstock,
    /// Solana.
    Solana,
    /// Stellar.
    Stellar,
    /// Tezos.
    Tezos,
    /// TON.
    Ton,
    /// TRON.
    Tron,
    /// Verge.
    Verge,
    /// Zcash.
    Zcash,
    /// Nothing is known of the form of its addresses.
    Unknown,
}

/// An address in one way of writing it, so that two that are the same account are equal, as [`Checked::account`] is within a
/// family: hexadecimal and bech32 addresses are the same in either case, those of TON whatever their flags are, cash addresses
/// with or without their prefix, and scripts of Litecoin under their old version and their new one. Nothing but the form of a
/// text is known of its network.
#[must_use]
pub fn account(address: &str) -> Cow<'_, str> {
    let is_hex = address.get(..2).is_some_and(|prefix| prefix.eq_ignore_ascii_case("0x"));
    if is_hex {
        return Cow::Owned(address.to_ascii_lowercase());
    }
    let written = match (address.len(), address.as_bytes().first()) {
        (48, _) if !address.contains(':') => base32::write_ton(address),
        (66.., Some(b'0' | b'-')) => base32::write_ton(address),
        (26..=35, Some(b'M')) => base58::rewrite(address, NEW_SCRIPT, OLD_SCRIPT),
        (42.., Some(b'q' | b'p' | b'Q' | b'P' | b'b' | b'B' | b'e' | b'E')) => cash_account(address),
        _ => None,
    };
    match written {
        Some(written) => Cow::Owned(written),
        None if ::bech32::primitives::decode::UncheckedHrpstring::new(address).is_ok() => {
            Cow::Owned(address.to_ascii_lowercase())
        }
        None => Cow::Borrowed(address),
    }
}

/// What an account is called beside what [`account`] says: a script under its new version.
#[must_use]
pub(crate) fn other_form(account: &str) -> Option<String> {
    if account.starts_with('3') { base58::rewrite(account, OLD_SCRIPT, NEW_SCRIPT) } else { None }
}

/// The versions that scripts of Litecoin have: until 2017, when they looked like those of Bitcoin, and since.
const OLD_SCRIPT: base58::Prefix = (&[5], 20);
const NEW_SCRIPT: base58::Prefix = (&[50], 20);

/// A cash address in lower case and without its prefix, which its checksum holds.
fn cash_account(address: &str) -> Option<String> {
    let lower = address.to_ascii_lowercase();
    let bare = lower.split_once(':').map_or(lower.as_str(), |(_, rest)| rest);
    let is_one = |prefix| bech32::check_cash_address(address, prefix).is_ok();
    (bare.starts_with(['q', 'p', 'z', 'r']) && (is_one("bitcoincash") || is_one("ecash")))
        .then(|| bare.to_owned())
}

/// An address that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Equal for two ways of writing the same account, different otherwise.
    pub account: Vec<u8>,
    /// What is unusual about it, as the end of a sentence that begins with "the address".
    pub caution: Option<&'static str>,
}

/// Why a text is not an address of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What sort of fault it is.
    pub kind: Kind,
    /// The end of a sentence that begins with "the address": `is too short`.
    pub message: String,
}

/// A sort of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The form is right and the checksum is not: something was mistyped.
    Checksum,
    /// It has another form.
    Format,
    /// It belongs to a test network.
    TestNetwork,
}

impl Checked {
    /// With a caution where it is in base58check of 21 bytes under a version that another network has, too.
    fn with_twin(self, version: u8, caution: &'static str) -> Self {
        let is_twin = self.account.len() == 21 && self.account[0] == version;
        Self { caution: if is_twin { Some(caution) } else { self.caution }, ..self }
    }
}

impl Fault {
    fn format(message: impl Into<String>) -> Self {
        Self { kind: Kind::Format, message: message.into() }
    }

    fn character(character: char, position: usize) -> Self {
        Self::format(words!(
            en: "has \"{character}\" at position {position}, which these addresses never hold",
            de: "hat an Stelle {position} „{character}“, das in solchen Adressen nie vorkommt",
        ))
    }

    fn leftover() -> Self {
        Self::format(said!(
            en: "has too many or too few characters",
            de: "hat zu viele oder zu wenige Zeichen",
        ))
    }

    fn checksum() -> Self {
        Self {
            kind: Kind::Checksum,
            message: said!(
                en: "has a wrong checksum: a character is mistyped, missing or in the wrong case",
                de: "hat eine falsche Prüfsumme: ein Zeichen ist vertippt, fehlt oder ist fälschlich groß oder klein \
                     geschrieben",
            ).to_owned(),
        }
    }

    fn test_network() -> Self {
        Self {
            kind: Kind::TestNetwork,
            message: said!(
                en: "belongs to a test network, where coins are worth nothing",
                de: "gehört zu einem Testnetzwerk, in dem Coins nichts wert sind",
            )
            .to_owned(),
        }
    }

    fn secret() -> Self {
        Self::format(said!(
            en: "is a secret key, not an address; whoever sees it can take the coins, so move them and delete it \
                 from the file",
            de: "ist ein geheimer Schlüssel und keine Adresse; wer ihn sieht, kann die Coins nehmen: bringen Sie \
                 sie an einen anderen Ort, und löschen Sie ihn aus der Datei",
        ))
    }

    fn secret_or_signature() -> Self {
        Self::format(said!(
            en: "is too long for an address; it may be a secret key or the hash of a transaction",
            de: "ist zu lang für eine Adresse; vielleicht ist es ein geheimer Schlüssel oder die Kennung einer \
                 Transaktion",
        ))
    }
}

/// A family, the names its networks have at NOWPayments, and what to call it.
type Entry = (Family, &'static [&'static str], &'static str);

const FAMILIES: &[Entry] = &[
    (Family::Bitcoin, &["btc", "bitcoin"], "Bitcoin"),
    (
        Family::Evm,
        &[
            "eth", "ethereum", "erc20", "bsc", "bep20", "matic", "polygon", "pol", "arbitrum", "arb", "op",
            "optimism", "base", "avaxc", "cchain", "ftm", "fantom", "celo", "cronos", "etc", "vet", "theta",
            "linea", "zksync", "manta", "glmr", "movr", "klay", "kaia", "opbnb", "mantle", "blast", "scroll",
            "sonic", "monad", "bera", "ronin", "core", "pulse",
        ],
        "Ethereum or a network like it",
    ),
    (Family::Rootstock, &["rsk", "rbtc"], "Rootstock"),
    (Family::Tron, &["trx", "tron", "trc20"], "TRON"),
    (Family::Litecoin, &["ltc", "litecoin"], "Litecoin"),
    (Family::Dogecoin, &["doge", "dogecoin"], "Dogecoin"),
    (Family::BitcoinCash, &["bch", "bitcoincash"], "Bitcoin Cash"),
    (Family::Dash, &["dash"], "Dash"),
    (Family::Zcash, &["zec", "zcash"], "Zcash"),
    (Family::Ripple, &["xrp", "ripple"], "the XRP Ledger"),
    (Family::Stellar, &["xlm", "stellar"], "Stellar"),
    (Family::Cardano, &["ada", "cardano"], "Cardano"),
    (Family::Ton, &["ton"], "TON"),
    (Family::Algorand, &["algo", "algorand"], "Algorand"),
    (Family::Monero, &["xmr", "monero"], "Monero"),
    (Family::Tezos, &["xtz", "tezos"], "Tezos"),
    (Family::BitcoinGold, &["btg"], "Bitcoin Gold"),
    (Family::DigiByte, &["dgb"], "DigiByte"),
    (Family::Qtum, &["qtum"], "Qtum"),
    (Family::Ravencoin, &["rvn"], "Ravencoin"),
    (Family::Horizen, &["zen"], "Horizen"),
    (Family::Komodo, &["kmd"], "Komodo"),
    (Family::Verge, &["xvg"], "Verge"),
    (Family::Firo, &["firo", "xzc"], "Firo"),
    (Family::Neo, &["neo", "gas"], "NEO"),
    (Family::Ontology, &["ont", "ong"], "Ontology"),
    (Family::Ecash, &["xec", "ecash"], "eCash"),
    (Family::Kaspa, &["kas", "kaspa"], "Kaspa"),
    (Family::Polkadot, &["dot", "polkadot"], "Polkadot"),
    (Family::Kusama, &["ksm", "kusama"], "Kusama"),
    (Family::AvalancheX, &["avax", "avaxx", "xchain"], "Avalanche X"),
    (Family::Cosmos("cosmos"), &["atom", "cosmos"], "Cosmos"),
    (Family::Cosmos("bnb"), &["bnb"], "the BNB Beacon Chain"),
    (Family::Cosmos("osmo"), &["osmo"], "Osmosis"),
    (Family::Cosmos("inj"), &["inj"], "Injective"),
    (Family::Cosmos("celestia"), &["tia"], "Celestia"),
    (Family::Cosmos("sei"), &["sei"], "Sei"),
    (Family::Cosmos("kava"), &["kava"], "Kava"),
    (Family::Cosmos("terra"), &["luna", "lunc", "ust"], "Terra"),
    (Family::Cosmos("thor"), &["rune"], "THORChain"),
    (Family::Cosmos("erd"), &["egld"], "MultiversX"),
    (Family::Cosmos("zil"), &["zil"], "Zilliqa"),
    (Family::Cosmos("one"), &["one", "harmony"], "Harmony"),
    (Family::Solana, &["sol", "solana", "spl"], "Solana"),
    (Family::Near, &["near"], "NEAR"),
    (Family::Eos, &["eos"], "EOS"),
];

/// Whether a pattern takes the addresses of Ethereum, and neither just any text nor longer ones, as those of Aptos are.
pub(crate) fn takes_evm(pattern: &Regex) -> bool {
    pattern.is_match(&format!("0x{}", "a".repeat(40)))
        && pattern.is_match(&format!("0x{}", "1".repeat(40)))
        && !pattern.is_match(&"a".repeat(42))
        && !pattern.is_match(&format!("0x{}", "a".repeat(64)))
}

impl Family {
    /// The family of a coin: by its pattern when that takes the addresses of Ethereum, as the patterns of all its tokens do,
    /// else by its network, and where the API names none by its ticker. Where a pattern takes both, its network decides.
    #[must_use]
    pub fn of(network: Option<&str>, ticker: &str, pattern: Option<&Regex>) -> Self {
        let name = network.map(str::trim).filter(|network| !network.is_empty()).unwrap_or(ticker);
        let named = FAMILIES
            .iter()
            .find(|(_, names, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)))
            .map_or(Self::Unknown, |(family, ..)| *family);
        match named {
            Self::Rootstock => named,
            _ if pattern.is_some_and(|pattern| takes_evm(pattern) && !named.is_taken_by(pattern)) => {
                Self::Evm
            }
            _ => named,
        }
    }

    /// Whether a pattern takes addresses in bech32 of this family.
    fn is_taken_by(self, pattern: &Regex) -> bool {
        let sample = match self {
            Self::Cosmos(hrp) => format!("{hrp}1{}", "q".repeat(38)),
            Self::AvalancheX => format!("X-avax1{}", "q".repeat(38)),
            _ => return false,
        };
        pattern.is_match(&sample)
    }

    /// What to call it in a sentence: in German as the object of one.
    #[must_use]
    pub fn name(self) -> &'static str {
        let named = FAMILIES.iter().find(|(family, ..)| *family == self);
        let Some((.., name)) = named else {
            return said!(en: "an unknown network", de: "ein unbekanntes Netzwerk");
        };
        said!(
            en: name,
            de: match self {
                Self::Evm => "Ethereum oder ein ähnliches Netzwerk",
                Self::Ripple => "das XRP Ledger",
                Self::Cosmos("bnb") => "die BNB Beacon Chain",
                _ => name,
            },
        )
    }

    /// The family whose address a text is, if one can be told by its form and, where there is one, its checksum.
    #[must_use]
    pub fn recognise(address: &str) -> Option<Self> {
        if address.len() > LONGEST || !address.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        if hex::has_shape(address) {
            return Some(Self::Evm);
        }
        let telling = FAMILIES.iter().map(|(family, ..)| *family).filter(|family| !family.takes_words());
        telling.into_iter().find(|family| family.check(address).is_ok())
    }

    /// Whether words may be its addresses: they have neither a checksum nor a form that hardly anything else has.
    #[must_use]
    pub fn takes_words(self) -> bool {
        matches!(self, Self::Near | Self::Eos | Self::Unknown)
    }

    /// The family whose address a text certainly is: one that has a checksum in bech32, base58check or another way, and
    /// passes it. Of what cannot be one not much is looked at.
    #[must_use]
    pub fn certain(address: &str) -> Option<Self> {
        let may_be = !address.contains('.')
            && !address.starts_with("0x")
            && (matches!(address.len(), 48 | 56 | 58 | 69 | 95 | 106)
                || address.contains(':')
                || address.starts_with("Ae2")
                || address.starts_with("DdzFF")
                || ::bech32::primitives::decode::UncheckedHrpstring::new(address).is_ok()
                || base58::has_checksum(address));
        let found = may_be.then(|| Self::recognise(address)).flatten()?;
        (!matches!(found, Self::Evm | Self::Solana)).then_some(found)
    }

    /// Checks an address of visible ASCII characters, at most [`LONGEST`] of them.
    ///
    /// # Errors
    /// When it is certain that it is no address of this family.
    pub fn check(self, address: &str) -> Result<Checked, Fault> {
        let account = match self {
            Self::Unknown => {
                let caution = hex::has_shape(address).then_some(said!(
                    en: "has a form that Ethereum uses too: make sure that it is not the recipient's Ethereum address",
                    de: "hat eine Form, die auch Ethereum verwendet: Stellen Sie sicher, dass es nicht die \
                         Ethereum-Adresse des Empfängers ist",
                ));
                return Ok(Checked { account: as_account(address), caution });
            }
            Self::Algorand => base32::check_algorand(address)?,
            Self::Bitcoin => return check_bitcoin_like(address, &[(&[0], 20), (&[5], 20)], "bc"),
            Self::BitcoinCash => return check_cash(address, "bitcoincash"),
            Self::BitcoinGold => return check_bitcoin_like(address, &[(&[38], 20), (&[23], 20)], "btg"),
            Self::Cardano if address.starts_with("addr") || address.starts_with("stake") => {
                bech32::check_shelley(address)?
            }
            Self::Cardano => base58::check_byron(address)?,
            Self::Cosmos(hrp) => bech32::check(address, hrp, &[20, 32])?,
            Self::Dash => base58::check(address, &[(&[76], 20), (&[16], 20)])?,
            Self::AvalancheX => bech32::check_avalanche(address)?,
            Self::DigiByte => {
                let versions: &[base58::Prefix] = &[(&[30], 20), (&[63], 20), (&[5], 20)];
                return check_bitcoin_like(address, versions, "dgb")
                    .map(|checked| checked.with_twin(30, maybe_dogecoin()).with_twin(5, maybe_bitcoin()));
            }
            Self::Ecash => return check_cash(address, "ecash"),
            Self::Eos => return check_eos(address),
            Self::Firo if address.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case("sm1")) => {
                bech32::check_spark(address)?
            }
            Self::Firo => base58::check(address, &[(&[82], 20), (&[7], 20), (&[0x01, 0xB9, 0xBB], 20)])?,
            Self::Horizen => base58::check(address, &[(&[0x20, 0x89], 20), (&[0x20, 0x96], 20)])?,
            Self::Kaspa => bech32::check_kaspa(address)?,
            Self::Komodo => {
                let account = base58::check(address, &[(&[60], 20), (&[85], 20)])?;
                return Ok(Checked { account, caution: None }.with_twin(60, maybe_ravencoin()));
            }
            Self::Kusama => base58::check_substrate(address, 2)?,
            Self::Near => check_near(address)?,
            Self::Neo => base58::check(address, &[(&[0x17], 20), (&[0x35], 20)])?,
            Self::Ontology => base58::check(address, &[(&[0x17], 20)])?,
            Self::Polkadot => base58::check_substrate(address, 0)?,
            Self::Verge => {
                let account = base58::check(address, &[(&[30], 20), (&[33], 20)])?;
                return Ok(Checked { account, caution: None }.with_twin(30, maybe_dogecoin()));
            }
            Self::Dogecoin => base58::check(address, &[(&[30], 20), (&[22], 20)])?,
            Self::Evm => hex::check(address, None)?,
            Self::Litecoin => return check_litecoin(address),
            Self::Monero => base58::check_monero(address)?,
            Self::Qtum => {
                let checked = check_bitcoin_like(address, &[(&[58], 20), (&[50], 20)], "qc")?;
                return Ok(checked.with_twin(50, maybe_litecoin()));
            }
            Self::Ravencoin => base58::check(address, &[(&[60], 20), (&[122], 20)])?,
            Self::Ripple => base58::check_ripple(address)?,
            Self::Rootstock => hex::check(address, Some(30))?,
            Self::Solana => base58::check_solana(address)?,
            Self::Stellar => base32::check_stellar(address)?,
            Self::Tezos => base58::check(address, TEZOS)?,
            Self::Ton => base32::check_ton(address)?,
            Self::Tron => base58::check(address, &[(&[0x41], 20)])?,
            Self::Zcash if address.starts_with("zs") || address.starts_with("ztestsapling") => {
                bech32::check(address, "zs", &[43])?
            }
            Self::Zcash if address.starts_with('u') => bech32::check_unified(address)?,
            Self::Zcash => base58::check(address, &[(&[0x1C, 0xB8], 20), (&[0x1C, 0xBD], 20)])?,
        };
        let nobody = match self {
            Self::Evm | Self::Rootstock => account.iter().all(|digit| *digit == b'0'),
            Self::Solana => account.iter().all(|byte| *byte == 0),
            Self::Tron | Self::Ripple => account[1..].iter().all(|byte| *byte == 0),
            _ => false,
        };
        let caution = nobody.then_some(said!(
            en: "is the empty account, which nobody holds the key of",
            de: "ist das leere Konto, zu dem niemand den Schlüssel hat",
        ));
        Ok(Checked { account, caution })
    }
}

const TEZOS: &[base58::Prefix] = &[
    (&[0x06, 0xA1, 0x9F], 20),
    (&[0x06, 0xA1, 0xA1], 20),
    (&[0x06, 0xA1, 0xA4], 20),
    (&[0x06, 0xA1, 0xA6], 20),
    (&[0x02, 0x5A, 0x79], 20),
];

/// Versions of base58check for the old forms, and a prefix for witness programs.
fn check_bitcoin_like(address: &str, versions: &[base58::Prefix], hrp: &str) -> Result<Checked, Fault> {
    let is_segwit = |(prefix, _): (&str, &str)| {
        [hrp, "bc", "tb", "bcrt", "ltc", "tltc"].iter().any(|hrp| prefix.eq_ignore_ascii_case(hrp))
    };
    if address.split_once('1').is_some_and(is_segwit) {
        let program = match bech32::check_segwit(address, hrp) {
            Ok(program) => program,
            // Some in base58 begin like one: LTc1…, Qc1….
            Err(fault) => {
                let account = base58::check(address, versions).map_err(|_| fault)?;
                return Ok(Checked { account, caution: None });
            }
        };
        let caution = (!program.is_known()).then_some(
            said!(
                en: "is a witness program of a kind that the network does not know yet: coins sent there may be lost",
                de: "ist ein Witness-Programm einer Art, die das Netzwerk noch nicht kennt: dorthin gesendete Coins \
                     können verloren sein",
            ),
        );
        let account = [b"segwit", &[program.version][..], &program.bytes].concat();
        return Ok(Checked { account, caution });
    }
    Ok(Checked { account: base58::check(address, versions)?, caution: None })
}

fn maybe_bitcoin() -> &'static str {
    said!(
        en: "has a form that Bitcoin uses too: make sure that it is not the recipient's Bitcoin address",
        de: "hat eine Form, die auch Bitcoin verwendet: Stellen Sie sicher, dass es nicht die Bitcoin-Adresse des \
             Empfängers ist",
    )
}

fn maybe_dogecoin() -> &'static str {
    said!(
        en: "has a form that Dogecoin uses too: make sure that it is not the recipient's Dogecoin address",
        de: "hat eine Form, die auch Dogecoin verwendet: Stellen Sie sicher, dass es nicht die Dogecoin-Adresse des \
             Empfängers ist",
    )
}

fn maybe_litecoin() -> &'static str {
    said!(
        en: "has a form that Litecoin uses too: make sure that it is not the recipient's Litecoin address",
        de: "hat eine Form, die auch Litecoin verwendet: Stellen Sie sicher, dass es nicht die Litecoin-Adresse des \
             Empfängers ist",
    )
}

fn maybe_ravencoin() -> &'static str {
    said!(
        en: "has a form that Ravencoin uses too: make sure that it is not the recipient's Ravencoin address",
        de: "hat eine Form, die auch Ravencoin verwendet: Stellen Sie sicher, dass es nicht die Ravencoin-Adresse des \
             Empfängers ist",
    )
}

/// An account of NEAR: a name below another (`anna.near`), or a key or an account of Ethereum as hexadecimal digits. A name
/// without a point, of which a few are there, may be just any word.
fn check_near(address: &str) -> Result<Vec<u8>, Fault> {
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let implicit = address.len() == 64 && is_hex(address)
        || address.strip_prefix("0x").is_some_and(|digits| digits.len() == 40 && is_hex(digits));
    let is_name = |part: &str| {
        let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
        ends(part.bytes().next())
            && ends(part.bytes().next_back())
            && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
            && !["--", "__", "-_", "_-"].iter().any(|twice| part.contains(twice))
    };
    if address.ends_with(".testnet") {
        return Err(Fault::test_network());
    }
    if implicit || address.len() <= 64 && address.contains('.') && address.split('.').all(is_name) {
        return Ok(address.as_bytes().to_vec());
    }
    Err(Fault::format(said!(
        en: "is no account of NEAR, which is a name with a point in it, like anna.near, or 64 hexadecimal digits",
        de: "ist kein Konto von NEAR, das ein Name mit einem Punkt darin ist wie anna.near, oder 64 hexadezimale Ziffern",
    )))
}

/// An account of EOS: up to 12 of the letters a to z, the digits 1 to 5 and points. Shorter names without a point were sold
/// one by one, so that few have them.
fn check_eos(address: &str) -> Result<Checked, Fault> {
    let is_name = !address.is_empty()
        && address.len() <= 12
        && !address.starts_with('.')
        && !address.ends_with('.')
        && address.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'1'..=b'5' | b'.'));
    if !is_name {
        return Err(Fault::format(said!(
            en: "is no account of EOS, which is a name of 12 of the letters a to z and the digits 1 to 5",
            de: "ist kein Konto von EOS, das ein Name aus 12 der Buchstaben a bis z und Ziffern 1 bis 5 ist",
        )));
    }
    let caution = (address.len() < 12 && !address.contains('.')).then_some(said!(
        en: "is shorter than accounts of EOS usually are: make sure that it is one",
        de: "ist kürzer, als Konten von EOS es meist sind: Stellen Sie sicher, dass es eines ist",
    ));
    Ok(Checked { account: address.as_bytes().to_vec(), caution })
}

fn check_litecoin(address: &str) -> Result<Checked, Fault> {
    let mut checked = check_bitcoin_like(address, &[(&[48], 20), (&[50], 20), (&[5], 20)], "ltc")?;
    // The same script has had two versions: 5 until 2017, 50 since.
    if checked.account.len() == 21 && checked.account[0] == 5 {
        checked.account[0] = 50;
        checked.caution = Some(maybe_bitcoin());
    }
    Ok(checked)
}

/// Bitcoin Cash, or another network with cash addresses of its own prefix.
fn check_cash(address: &str, prefix: &str) -> Result<Checked, Fault> {
    if address.starts_with(['1', '3']) {
        let mut account = base58::check(address, &[(&[0], 20), (&[5], 20)])?;
        // As the version byte of a cash address of 20 bytes writes the two kinds.
        account[0] = if account[0] == 5 { 8 } else { 0 };
        return Ok(Checked { account, caution: Some(maybe_bitcoin()) });
    }
    Ok(Checked { account: bech32::check_cash_address(address, prefix)?, caution: None })
}

/// The account of a form that is not known: hexadecimal digits are the same in either case.
fn as_account(address: &str) -> Vec<u8> {
    match address.strip_prefix("0x") {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            address.to_ascii_lowercase().into_bytes()
        }
        _ => address.as_bytes().to_vec(),
    }
}
