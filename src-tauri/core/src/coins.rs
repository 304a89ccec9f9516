//! The coins of NOWPayments: which can be paid, and what their addresses and memos look like.

pub(crate) mod explorers;
mod pattern;

use std::{collections::HashMap, sync::OnceLock};

use nowpayments::Coin;

pub use self::pattern::Pattern;
use crate::addresses::{self, Family};
use crate::language::{said, words};

/// All coins, found by their ticker in any case.
#[derive(Debug, Default)]
pub struct Catalogue {
    coins: Vec<ListedCoin>,
    by_ticker: HashMap<String, usize>,
    /// Those that are an asset, by its name in letters and digits alone.
    by_asset: HashMap<String, Vec<usize>>,
}

/// A coin, with its patterns compiled when they are first needed.
#[derive(Debug)]
pub struct ListedCoin {
    coin: Coin,
    contradicted: bool,
    family: OnceLock<Family>,
    address_pattern: OnceLock<Result<Option<Pattern>, Unusable>>,
    memo_pattern: OnceLock<Result<Option<Pattern>, Unusable>>,
}

/// The list of coins gives a rule that cannot be understood, or none, so that nothing can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusable;

/// Whether a payout of a coin has a memo or tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memo {
    /// There is no such thing.
    None,
    /// Some recipients need one.
    Optional,
    /// There is no payout without one.
    Required,
}

impl Catalogue {
    /// Takes over the answer of `/full-currencies`. A ticker that is listed twice with different content cannot be used.
    #[must_use]
    pub fn new(coins: Vec<Coin>) -> Self {
        let mut catalogue = Self::default();
        for coin in coins {
            if let Some(index) = catalogue.by_ticker.get(coin.code.as_str()) {
                let listed = &mut catalogue.coins[*index];
                listed.contradicted |= listed.coin != coin;
                continue;
            }
            catalogue.by_ticker.insert(coin.code.to_string(), catalogue.coins.len());
            let asset = bare(coin.ticker.as_deref().unwrap_or(&coin.code));
            catalogue.by_asset.entry(asset).or_default().push(catalogue.coins.len());
            catalogue.coins.push(ListedCoin {
                coin,
                contradicted: false,
                family: OnceLock::new(),
                address_pattern: OnceLock::new(),
                memo_pattern: OnceLock::new(),
            });
        }
        catalogue
    }

    /// The coin with this ticker, in any case.
    #[must_use]
    pub fn get(&self, ticker: &str) -> Option<&ListedCoin> {
        let index = match self.by_ticker.get(ticker) {
            Some(index) => *index,
            None => *self.by_ticker.get(&ticker.to_ascii_lowercase())?,
        };
        self.coins.get(index)
    }

    /// All coins, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &ListedCoin> {
        self.coins.iter()
    }

    /// The tickers under which the same asset can be paid on networks of another family.
    #[must_use]
    pub fn same_asset(&self, coin: &ListedCoin, family: Family) -> Vec<&str> {
        let same = |other: &&ListedCoin| {
            other.asset() == coin.asset() && other.unavailable().is_none() && other.family() == family
        };
        self.iter().filter(same).map(ListedCoin::ticker).collect()
    }

    /// The coin that an asset is on a network, where there is exactly one that can be paid out: `usdt` on `TRC-20` is
    /// `usdttrc20`.
    #[must_use]
    pub fn on_network(&self, asset: &str, network: &str) -> Option<&ListedCoin> {
        let listed = self.by_asset.get(&bare(asset))?;
        let fits = |coin: &&ListedCoin| coin.unavailable().is_none() && coin.is_on(network);
        let mut fitting = listed.iter().filter_map(|index| self.coins.get(*index)).filter(fits);
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }

    /// The coin that a compound of a network and an asset names, in either order, where there is exactly one:
    /// `TRON_USDT`, `USDT-TRC20` and `USDT (TRC20)` are `usdttrc20`.
    #[must_use]
    pub fn read_compound(&self, text: &str) -> Option<&ListedCoin> {
        let text = text.trim_end_matches(')');
        let (one, other) = text.split_once(['_', '-', ':', '.', '/', '(', ' '])?;
        match (self.on_network(one, other), self.on_network(other, one)) {
            (Some(coin), None) | (None, Some(coin)) => Some(coin),
            (Some(coin), Some(same)) if std::ptr::eq(coin, same) => Some(coin),
            _ => None,
        }
    }

    /// A sentence that says which ticker may be meant by one that is not listed.
    #[must_use]
    pub fn suggest(&self, unknown: &str) -> Option<String> {
        let meant = bare(unknown);
        if meant.len() < 2 || meant.len() > 32 {
            return None;
        }
        let payable = || self.iter().filter(|coin| coin.unavailable().is_none());
        let tickers = |matches: &dyn Fn(&ListedCoin) -> bool| -> Vec<&str> {
            payable().filter(|coin| matches(coin)).map(ListedCoin::ticker).collect()
        };
        let exact = tickers(&|coin| bare(coin.ticker()) == meant);
        let by_asset = tickers(&|coin| coin.asset() == meant);
        let by_name = tickers(&|coin| bare(&coin.coin.name) == meant);
        let by_beginning = tickers(&|coin| meant.len() >= 3 && coin.ticker().starts_with(&meant));
        let with_network = tickers(&|coin| coin.asset().len() >= 3 && meant.starts_with(coin.asset()));
        let mistyped = tickers(&|coin| is_one_edit_away(coin.ticker(), &meant));
        let found = [exact, by_asset, by_name, by_beginning, with_network, mistyped];
        let found = found.into_iter().find(|found| !found.is_empty())?;
        Some(match found.as_slice() {
            [one] => words!(en: "Is {one} meant?", de: "Ist {one} gemeint?"),
            some => {
                let more = if some.len() > 8 { ", …" } else { "" };
                words!(
                    en: "Say which network: {}{more}.",
                    de: "Sagen Sie, in welchem Netzwerk: {}{more}.",
                    some[..some.len().min(8)].join(", "),
                )
            }
        })
    }
}

impl ListedCoin {
    /// The ticker, lower case.
    #[must_use]
    pub fn ticker(&self) -> &str {
        &self.coin.code
    }

    /// The coin as the API describes it.
    #[must_use]
    pub fn coin(&self) -> &Coin {
        &self.coin
    }

    /// What it is called without its network: `usdt` for `usdttrc20`.
    fn asset(&self) -> &str {
        self.coin.ticker.as_deref().unwrap_or(&self.coin.code)
    }

    /// Whether `network` is what it is paid on, by any name that people use for it.
    #[must_use]
    pub fn is_on(&self, network: &str) -> bool {
        let own = self.coin.network.as_deref().filter(|network| !network.trim().is_empty());
        canonical_network(&bare(own.unwrap_or(&self.coin.code))) == canonical_network(&bare(network))
    }

    /// Why it cannot be paid out, as the end of a sentence that begins with its ticker.
    #[must_use]
    pub fn unavailable(&self) -> Option<&'static str> {
        if self.contradicted {
            Some(said!(
                en: "is listed twice by NOWPayments, with different rules",
                de: "steht bei NOWPayments zweimal in der Liste, mit verschiedenen Regeln",
            ))
        } else if !self.coin.enable {
            Some(said!(en: "is switched off at NOWPayments", de: "ist bei NOWPayments ausgeschaltet"))
        } else if !self.coin.available_for_payout {
            Some(said!(
                en: "cannot be paid out by NOWPayments at the moment",
                de: "kann von NOWPayments zurzeit nicht ausgezahlt werden",
            ))
        } else {
            None
        }
    }

    /// Why customers cannot pay with it, as the end of a sentence that begins with its ticker.
    #[must_use]
    pub fn not_for_payment(&self) -> Option<&'static str> {
        if !self.coin.enable {
            Some(said!(en: "is switched off at NOWPayments", de: "ist bei NOWPayments ausgeschaltet"))
        } else if !self.coin.available_for_payment {
            Some(said!(
                en: "cannot be paid with at NOWPayments at the moment",
                de: "kann bei NOWPayments zurzeit nicht zum Bezahlen genommen werden",
            ))
        } else {
            None
        }
    }

    /// The networks whose addresses it takes.
    #[must_use]
    pub fn family(&self) -> Family {
        *self.family.get_or_init(|| {
            let pattern = self.address_pattern().ok().flatten();
            Family::of(self.coin.network.as_deref(), &self.coin.code, pattern.map(Pattern::regex))
        })
    }

    /// Whether it takes addresses of Ethereum beside those of its own network.
    #[must_use]
    pub fn takes_evm(&self) -> bool {
        self.address_pattern().ok().flatten().is_some_and(|pattern| addresses::takes_evm(pattern.regex()))
    }

    /// Whether its pattern asks for addresses that begin as this one does, and not for just any text.
    #[must_use]
    pub fn asks_for_beginning(&self, address: &str) -> bool {
        const OTHERS: [&str; 16] =
            ["1", "3", "A", "D", "E", "L", "M", "R", "T", "a", "c", "k", "q", "t", "x", "z"];
        let Some(pattern) = self.address_pattern().ok().flatten() else { return false };
        let rest = address.get(1..).unwrap_or_default();
        let taken = OTHERS.iter().filter(|first| pattern.is_match(&format!("{first}{rest}"))).count();
        pattern.is_match(address) && 2 * taken < OTHERS.len()
    }

    /// What all of an address must match; none where the API gives no pattern and the family's own check is enough.
    ///
    /// # Errors
    /// When there is a pattern that cannot be understood, or neither a pattern nor a known family.
    pub fn address_pattern(&self) -> Result<Option<&Pattern>, Unusable> {
        let compiled = self.address_pattern.get_or_init(|| {
            let pattern = compile(self.coin.wallet_regex.as_deref())?;
            let regex = pattern.as_ref().map(Pattern::regex);
            let family = Family::of(self.coin.network.as_deref(), &self.coin.code, regex);
            if pattern.is_none() && family == Family::Unknown { Err(Unusable) } else { Ok(pattern) }
        });
        compiled.as_ref().map(Option::as_ref).map_err(|unusable| *unusable)
    }

    /// Whether a payout has a memo or tag.
    #[must_use]
    pub fn memo(&self) -> Memo {
        match (self.coin.extra_id_exists, self.coin.extra_id_optional) {
            (false, _) => Memo::None,
            (true, true) => Memo::Optional,
            (true, false) => Memo::Required,
        }
    }

    /// What all of a memo must match, where the API says.
    ///
    /// # Errors
    /// When there is a pattern that cannot be understood.
    pub fn memo_pattern(&self) -> Result<Option<&Pattern>, Unusable> {
        let compiled = self.memo_pattern.get_or_init(|| compile(self.coin.extra_id_regex.as_deref()));
        compiled.as_ref().map(Option::as_ref).map_err(|unusable| *unusable)
    }

    /// The decimals of its network, where the API says.
    #[must_use]
    pub fn decimals(&self) -> Option<u32> {
        self.coin.network_precision
    }

    /// Whether an address is that of the token itself.
    #[must_use]
    pub fn is_contract(&self, address: &str) -> bool {
        self.coin.smart_contract.as_deref().is_some_and(|contract| match self.family() {
            Family::Evm | Family::Rootstock => contract.eq_ignore_ascii_case(address),
            _ => contract == address,
        })
    }
}

/// What networks are called, each by the name that NOWPayments has for it first.
const NETWORKS: &[&[&str]] = &[
    &["btc", "bitcoin"],
    &["eth", "ethereum", "ethereummainnet", "erc20"],
    &["trx", "tron", "trc20"],
    &["bsc", "bep20", "bnbsmartchain", "bnbchain", "binancesmartchain", "smartchain"],
    &["matic", "polygon", "pol", "polygonpos"],
    &["arbitrum", "arb", "arbitrumone"],
    &["op", "optimism", "opmainnet"],
    &["base"],
    &["avaxc", "avalanche", "avax", "avalanchecchain", "avaxcchain", "cchain"],
    &["sol", "solana", "spl"],
    &["ton", "theopennetwork"],
    &["algo", "algorand"],
    &["xlm", "stellar"],
    &["xrp", "ripple", "xrpl", "xrpledger"],
    &["ltc", "litecoin"],
    &["doge", "dogecoin"],
    &["bch", "bitcoincash"],
    &["ada", "cardano"],
    &["atom", "cosmos"],
    &["dot", "polkadot"],
    &["near", "nearprotocol"],
    &["celo"],
    &["ftm", "fantom"],
    &["cro", "cronos"],
    &["zksync", "zksyncera"],
    &["linea"],
    &["xmr", "monero"],
    &["xtz", "tezos"],
    &["zec", "zcash"],
];

/// The first of the names of a network; those that are not known stand for themselves.
fn canonical_network(name: &str) -> &str {
    NETWORKS.iter().find(|names| names.contains(&name)).map_or(name, |names| names[0])
}

/// Letters and digits alone, in lower case.
fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Compiles a pattern, where there is one.
fn compile(pattern: Option<&str>) -> Result<Option<Pattern>, Unusable> {
    pattern.filter(|pattern| !pattern.is_empty()).map(Pattern::new).transpose().map_err(|_| Unusable)
}

/// Whether one character was added, left out, or replaced, or two neighbours were swapped.
fn is_one_edit_away(ticker: &str, other: &str) -> bool {
    let (long, short) = if ticker.len() >= other.len() {
        (ticker.as_bytes(), other.as_bytes())
    } else {
        (other.as_bytes(), ticker.as_bytes())
    };
    if short.len() < 3 || long.len() - short.len() > 1 {
        return false;
    }
    let same = long.iter().zip(short).take_while(|(a, b)| a == b).count();
    let (long, short) = (&long[same..], &short[same..]);
    if long.len() > short.len() {
        return long[1..] == *short;
    }
    match (long, short) {
        ([a, b, rest @ ..], [c, d, tail @ ..]) if a == d && b == c && rest == tail => true,
        ([_, rest @ ..], [_, tail @ ..]) => rest == tail,
        _ => true,
    }
}
