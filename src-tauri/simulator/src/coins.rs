//! The coins of the simulated NOWPayments: what `/full-currencies` says of them, and the prices, minimums and
//! network fees behind the estimates.
//!
//! Tickers, networks, contracts and address patterns are those of the real chains; prices wander around a fixed
//! level, as a function of the time alone, so that the same seed and the same clock give the same world.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use regex::Regex;

use crate::address::Codec;
use crate::amount::Amount;

/// One line of `coins.txt`, and the family that its addresses belong to.
pub(crate) struct Coin {
    pub(crate) id: u32,
    pub(crate) code: &'static str,
    /// As payments and balances write it.
    pub(crate) lower: String,
    pub(crate) name: &'static str,
    pub(crate) ticker: &'static str,
    pub(crate) network: &'static str,
    pub(crate) decimals: &'static str,
    pub(crate) contract: Option<&'static str>,
    pub(crate) cg_id: &'static str,
    pub(crate) explorer: &'static str,
    pub(crate) family: &'static Family,
    flags: &'static str,
    price: Amount,
    wallet: Regex,
    extra_id: Option<Regex>,
}

/// What all coins share whose addresses look alike.
pub(crate) struct Family {
    name: &'static str,
    pub(crate) codec: Codec,
    pub(crate) wallet_regex: &'static str,
    pub(crate) extra_id_regex: Option<&'static str>,
}

/// The fiat currencies of `/estimate`, with their price in USD.
pub(crate) const FIATS: &[(&str, Amount)] = &[
    ("usd", Amount::whole(1)),
    ("eur", Amount::scaled(11_584, 4)),
    ("cad", Amount::scaled(7_121, 4)),
    ("gbp", Amount::scaled(13_162, 4)),
    ("aud", Amount::scaled(6_534, 4)),
    ("ils", Amount::scaled(3_073, 4)),
    ("ron", Amount::scaled(2_278, 4)),
];

const TAG: Option<&str> = Some("^[0-9]{1,10}$");
const MEMO: Option<&str> = Some(r"^[0-9A-Za-z\-_,]{1,120}$");

const fn base58(versions: &'static [&'static [u8]], segwit: Option<&'static str>) -> Codec {
    Codec::Base58Check { versions, segwit }
}

const fn family(
    name: &'static str,
    codec: Codec,
    wallet_regex: &'static str,
    extra_id_regex: Option<&'static str>,
) -> Family {
    Family { name, codec, wallet_regex, extra_id_regex }
}

const FAMILIES: &[Family] = &[
    family(
        "bitcoin",
        base58(&[&[0], &[5]], Some("bc")),
        "^[13][a-km-zA-HJ-NP-Z1-9]{25,34}$|^(bc1)[0-9A-Za-z]{39,59}$",
        None,
    ),
    family(
        "litecoin",
        base58(&[&[0x30], &[0x32]], Some("ltc")),
        "^(L|M)[A-Za-z0-9]{33}$|^(ltc1)[0-9A-Za-z]{39}$",
        None,
    ),
    family("dogecoin", base58(&[&[0x1e], &[0x16]], None), "^(D|A|9)[a-km-zA-HJ-NP-Z1-9]{33,34}$", None),
    family(
        "bitcoincash",
        Codec::CashAddr,
        "^[13][a-km-zA-HJ-NP-Z1-9]{25,34}$|^((bitcoincash:)?(q|p)[0-9a-z]{41})$",
        None,
    ),
    family("bitcoingold", base58(&[&[0x26], &[0x17]], None), "^[AG][a-km-zA-HJ-NP-Z1-9]{25,34}$", None),
    family("dash", base58(&[&[0x4c], &[0x10]], None), "^(X|7)[0-9A-Za-z]{33}$", None),
    family("zcash", base58(&[&[0x1c, 0xb8], &[0x1c, 0xbd]], None), "^(t)[A-Za-z0-9]{34}$", None),
    family("horizen", base58(&[&[0x20, 0x89]], None), "^(zn)[A-Za-z0-9]{33}$", None),
    family(
        "digibyte",
        base58(&[&[0x1e], &[0x3f]], Some("dgb")),
        "^[DS][a-zA-Z0-9]{33}$|^(dgb1)[0-9A-Za-z]{39}$",
        None,
    ),
    family("ravencoin", base58(&[&[0x3c]], None), "^[Rr]{1}[A-Za-z0-9]{33,34}$", None),
    family("komodo", base58(&[&[0x3c]], None), "^(R)[A-Za-z0-9]{33}$", None),
    family("qtum", base58(&[&[0x3a], &[0x32]], None), "^[QM][A-Za-z0-9]{33}$", None),
    family("verge", base58(&[&[0x1e]], None), "^(D)[A-Za-z0-9]{33}$", None),
    family("firo", base58(&[&[0x52]], None), "^[aZ43][0-9A-Za-z]{33}$", None),
    family("tron", base58(&[&[0x41]], None), "^T[1-9A-HJ-NP-Za-km-z]{33}$", None),
    family("tezos", base58(&[&[6, 161, 159], &[6, 161, 161]], None), "^(tz[123])[a-zA-Z0-9]{33}$", None),
    family("neo", base58(&[&[0x35]], None), "^(N)[A-Za-z0-9]{33}$", None),
    family("ontology", base58(&[&[0x17]], None), "^(A)[A-Za-z0-9]{33}$", None),
    family("evm", Codec::Evm, "^(0x)[0-9A-Fa-f]{40}$", None),
    family("solana", Codec::Solana, "^[1-9A-HJ-NP-Za-km-z]{32,44}$", None),
    family("ripple", Codec::Ripple, "^r[1-9A-HJ-NP-Za-km-z]{25,34}$", TAG),
    family("stellar", Codec::Stellar, "^G[A-D]{1}[A-Z2-7]{54}$", MEMO),
    family(
        "cardano",
        Codec::Bech32 { prefix: "addr", bytes: 57 },
        "^(([0-9A-Za-z]{57,59})|([0-9A-Za-z]{100,104}))$",
        None,
    ),
    family("polkadot", Codec::Ss58, "^(1)[0-9a-zA-Z]{44,50}$", None),
    family("monero", Codec::Monero, r"^[48][a-zA-Z\d]{94}([a-zA-Z\d]{11})?$", None),
    family("cosmos", Codec::Bech32 { prefix: "cosmos", bytes: 20 }, "^(cosmos1)[0-9a-z]{38}$", MEMO),
    family("terra", Codec::Bech32 { prefix: "terra", bytes: 20 }, "^(terra1)[0-9a-z]{38}$", MEMO),
    family("multiversx", Codec::Bech32 { prefix: "erd", bytes: 32 }, "^(erd1)[0-9a-z]{58}$", None),
    family("zilliqa", Codec::Bech32 { prefix: "zil", bytes: 20 }, "^(zil1)[0-9a-z]{38}$", None),
    family("ton", Codec::Ton, "^[UE][Qf][0-9a-zA-Z-_!]{46}$", MEMO),
    family("algorand", Codec::Algorand, "^[A-Z0-9]{58}$", MEMO),
    family("near", Codec::Hex { prefix: "" }, r"^[a-z0-9_\-.]{2,64}$", None),
    family("sui", Codec::Hex { prefix: "0x" }, "^0x[a-fA-F0-9]{64}$", None),
    family("hedera", Codec::Hedera, r"^0\.0\.\d{1,8}$", TAG),
    family("eos", Codec::Eos, r"^[1-5a-z\.]{1,12}$", MEMO),
];

/// All coins, in the order of `/full-currencies`.
#[expect(clippy::expect_used, reason = "coins.txt is part of the crate, and a test reads every line of it")]
pub(crate) static COINS: LazyLock<Vec<Coin>> = LazyLock::new(|| {
    let lines = include_str!("coins.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .zip(1..)
        .map(|(line, id)| coin(id, line).expect("a line of coins.txt with all its fields"))
        .collect()
});

fn coin(id: u32, line: &'static str) -> Option<Coin> {
    let fields: Vec<&'static str> = line.split('|').collect();
    let [code, name, ticker, network, family, decimals, contract, price, flags, cg_id, explorer] =
        fields.try_into().ok()?;
    let family = FAMILIES.iter().find(|known| known.name == family)?;
    Some(Coin {
        id,
        code,
        lower: code.to_lowercase(),
        name,
        ticker,
        network,
        decimals,
        contract: (!contract.is_empty()).then_some(contract),
        cg_id,
        explorer,
        family,
        flags,
        price: Amount::parse(price)?,
        wallet: Regex::new(family.wallet_regex).ok()?,
        extra_id: family.extra_id_regex.map(Regex::new).transpose().ok()?,
    })
}

/// The coin of a ticker, written in any case.
pub(crate) fn find(code: &str) -> Option<&'static Coin> {
    COINS.iter().find(|coin| coin.code.eq_ignore_ascii_case(code))
}

/// The price of a coin or a fiat currency in USD.
pub(crate) fn price(code: &str, at: DateTime<Utc>) -> Option<Amount> {
    let fiat = FIATS.iter().find(|(fiat, _)| fiat.eq_ignore_ascii_case(code)).map(|(_, price)| *price);
    fiat.or_else(|| find(code).map(|coin| coin.price(at)))
}

/// What `amount` of one currency is worth in another, cut after eight decimals, and exactly itself in its own. `None`
/// for an unknown currency and for more than ten trillion dollars, which no coin could write.
pub(crate) fn convert(amount: Amount, from: &str, to: &str, at: DateTime<Utc>) -> Option<Amount> {
    let dollars = amount.times(price(from, at)?);
    let price = price(to, at)?;
    let worth = || if from.eq_ignore_ascii_case(to) { amount } else { dollars.over(price).cut(8) };
    (dollars <= Amount::whole(10_000_000_000_000)).then(worth)
}

/// Whether the ticker is one of the fiat currencies.
pub(crate) fn is_fiat(code: &str) -> bool {
    FIATS.iter().any(|(fiat, _)| fiat.eq_ignore_ascii_case(code))
}

impl Coin {
    pub(crate) fn is_popular(&self) -> bool {
        self.flags.contains('p')
    }

    pub(crate) fn is_stable(&self) -> bool {
        self.flags.contains('s')
    }

    pub(crate) fn is_defi(&self) -> bool {
        self.flags.contains('d')
    }

    pub(crate) fn is_capped(&self) -> bool {
        self.flags.contains('m')
    }

    pub(crate) fn for_payout(&self) -> bool {
        !self.flags.contains('x')
    }

    pub(crate) fn for_payment(&self) -> bool {
        !self.flags.contains('n')
    }

    /// Whether other coins can be converted into it.
    pub(crate) fn for_conversion(&self) -> bool {
        self.for_payout() && self.is_popular()
    }

    /// The price in USD: a fixed level and two waves, of months and of hours, that differ from coin to coin.
    pub(crate) fn price(&self, at: DateTime<Utc>) -> Amount {
        if self.is_stable() {
            return self.price;
        }
        // Coins that stand for the same asset share a price, whatever their network.
        let phase = self.cg_id.bytes().fold(7_i64, |phase, byte| phase * 31 % 9_973 + i64::from(byte));
        let minutes = at.timestamp() / 60;
        let months = triangle(minutes + phase * 97, 131 * 24 * 60 + phase, 1_800);
        let hours = triangle(minutes + phase * 13, 611 + phase % 97, 90);
        self.price.times(Amount::scaled(10_000 + months + hours, 4))
    }

    /// The network's fee for one payout, in this coin.
    pub(crate) fn fee(&self, at: DateTime<Utc>) -> Amount {
        let token = self.contract.is_some();
        let cents = match self.network {
            "btc" => 210,
            "eth" if token => 260,
            "eth" => 140,
            "trx" if token => 133,
            "trx" => 30,
            "bsc" | "ton" => 15,
            _ => 4,
        };
        self.worth(cents, at)
    }

    /// The least that a customer can pay, in this coin.
    pub(crate) fn minimum_payment(&self, at: DateTime<Utc>) -> Amount {
        let cents = match self.network {
            "btc" => 620,
            "eth" => 780,
            "trx" => 340,
            _ => 110,
        };
        self.worth(cents, at)
    }

    /// The least that one payout can send, in this coin. It does not follow the price.
    pub(crate) fn minimum_payout(&self) -> Amount {
        let cents = match self.network {
            "btc" | "eth" => 500,
            "trx" => 200,
            _ => 100,
        };
        Amount::scaled(cents, 2).over(self.price).cut(8)
    }

    fn worth(&self, cents: i64, at: DateTime<Utc>) -> Amount {
        Amount::scaled(cents, 2).over(self.price(at)).cut(8)
    }

    /// The shape and, where the kind has one, the checksum.
    pub(crate) fn accepts(&self, address: &str) -> bool {
        self.wallet.is_match(address) && self.family.codec.checks(address)
    }

    /// Whether the tag or memo may stand beside an address of this coin.
    pub(crate) fn accepts_extra_id(&self, extra_id: &str) -> bool {
        self.extra_id.as_ref().is_some_and(|pattern| pattern.is_match(extra_id))
    }
}

/// A wave of straight lines between minus and plus `height`.
fn triangle(at: i64, period: i64, height: i64) -> i64 {
    let position = at.rem_euclid(period);
    let half = period / 2;
    let rising = if position < half { position } else { period - position };
    rising * 2 * height / half - height
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_coin_makes_addresses_that_it_accepts() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        assert!(COINS.len() >= 70, "{}", COINS.len());
        for coin in COINS.iter() {
            for _ in 0..20 {
                let address = coin.family.codec.generate(&mut rng);
                assert!(coin.accepts(&address), "{} {address}", coin.code);
            }
        }
    }

    #[test]
    fn codes_are_unique_and_some_coins_cannot_be_paid_out_or_in() {
        let mut codes: Vec<_> = COINS.iter().map(|coin| coin.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), COINS.len());
        assert!(COINS.iter().filter(|coin| !coin.for_payout()).count() > 5);
        assert!(COINS.iter().any(|coin| !coin.for_payment()));
    }

    #[test]
    fn every_coin_has_a_minimum_and_a_fee() {
        for coin in COINS.iter() {
            assert!(coin.minimum_payout() > Amount::ZERO, "{}", coin.code);
            assert!(coin.fee(DateTime::UNIX_EPOCH) > Amount::ZERO, "{}", coin.code);
        }
    }

    #[test]
    fn prices_move_and_stay_near_their_level() {
        let bitcoin = find("btc").unwrap();
        let prices: Vec<_> =
            (0..500).map(|day| bitcoin.price(DateTime::from_timestamp(day * 86_400, 0).unwrap())).collect();
        assert!(prices.iter().all(|price| *price > Amount::whole(75_000) && *price < Amount::whole(118_000)));
        assert!(prices.iter().max() > prices.iter().min());
    }
}
