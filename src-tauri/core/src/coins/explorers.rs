//! Block explorers: the page that shows a transaction or an address.
//!
//! NOWPayments names the explorer of many coins; for the others, and for addresses, there is a table by network. Whatever
//! says it, a link leads to a known host or there is none: what is put into it comes from outside.

use nowpayments::Coin;
use url::Url;

use crate::addresses::{Family, LONGEST};

/// An explorer that is known: the names of its network at NOWPayments, and what a hash or an address is appended to.
struct Explorer {
    networks: &'static [&'static str],
    transaction: &'static str,
    /// None where addresses cannot be looked at.
    address: Option<&'static str>,
}

const fn explorer(
    networks: &'static [&'static str],
    transaction: &'static str,
    address: &'static str,
) -> Explorer {
    Explorer { networks, transaction, address: Some(address) }
}

const EXPLORERS: &[Explorer] = &[
    explorer(&["btc", "bitcoin"], "https://mempool.space/tx/", "https://mempool.space/address/"),
    explorer(&["eth", "ethereum", "erc20"], "https://etherscan.io/tx/", "https://etherscan.io/address/"),
    explorer(
        &["trx", "tron", "trc20"],
        "https://tronscan.org/#/transaction/",
        "https://tronscan.org/#/address/",
    ),
    explorer(&["bsc", "bep20"], "https://bscscan.com/tx/", "https://bscscan.com/address/"),
    explorer(&["matic", "polygon", "pol"], "https://polygonscan.com/tx/", "https://polygonscan.com/address/"),
    explorer(&["arbitrum", "arb"], "https://arbiscan.io/tx/", "https://arbiscan.io/address/"),
    explorer(
        &["op", "optimism"],
        "https://optimistic.etherscan.io/tx/",
        "https://optimistic.etherscan.io/address/",
    ),
    explorer(&["base"], "https://basescan.org/tx/", "https://basescan.org/address/"),
    explorer(&["avaxc", "cchain"], "https://snowtrace.io/tx/", "https://snowtrace.io/address/"),
    explorer(&["sol", "solana", "spl"], "https://solscan.io/tx/", "https://solscan.io/account/"),
    explorer(&["xrp", "ripple"], "https://xrpscan.com/tx/", "https://xrpscan.com/account/"),
    explorer(
        &["xlm", "stellar"],
        "https://stellar.expert/explorer/public/tx/",
        "https://stellar.expert/explorer/public/account/",
    ),
    explorer(
        &["ltc", "litecoin"],
        "https://blockchair.com/litecoin/transaction/",
        "https://blockchair.com/litecoin/address/",
    ),
    explorer(
        &["doge", "dogecoin"],
        "https://blockchair.com/dogecoin/transaction/",
        "https://blockchair.com/dogecoin/address/",
    ),
    explorer(
        &["bch", "bitcoincash"],
        "https://blockchair.com/bitcoin-cash/transaction/",
        "https://blockchair.com/bitcoin-cash/address/",
    ),
    explorer(&["dash"], "https://blockchair.com/dash/transaction/", "https://blockchair.com/dash/address/"),
    explorer(
        &["zec", "zcash"],
        "https://blockchair.com/zcash/transaction/",
        "https://blockchair.com/zcash/address/",
    ),
    explorer(&["ton"], "https://tonviewer.com/transaction/", "https://tonviewer.com/"),
    explorer(&["ada", "cardano"], "https://cardanoscan.io/transaction/", "https://cardanoscan.io/address/"),
    explorer(&["algo", "algorand"], "https://allo.info/tx/", "https://allo.info/account/"),
    explorer(&["xtz", "tezos"], "https://tzkt.io/", "https://tzkt.io/"),
    // What is sent to an address of Monero is hidden.
    Explorer { networks: &["xmr", "monero"], transaction: "https://xmrchain.net/tx/", address: None },
];

/// Hosts that NOWPayments may name, besides those of the table.
const NAMED_HOSTS: &[&str] = &[
    "3xpl.com",
    "bithomp.com",
    "blockchain.com",
    "blockscout.com",
    "blockstream.info",
    "bloks.io",
    "btgexplorer.com",
    "celoscan.io",
    "cronoscan.com",
    "digiexplorer.info",
    "dogechain.info",
    "explore.vechain.org",
    "explorer.cardano.org",
    "explorer.firo.org",
    "explorer.horizen.io",
    "explorer.multiversx.com",
    "explorer.onegate.space",
    "explorer.ont.io",
    "explorer.solana.com",
    "finder.terra.money",
    "ftmscan.com",
    "hashscan.io",
    "kmdexplorer.io",
    "lineascan.build",
    "livenet.xrpl.org",
    "mintscan.io",
    "nearblocks.io",
    "polkadot.subscan.io",
    "qtum.info",
    "ravencoin.network",
    "stellarchain.io",
    "subnets.avax.network",
    "suiscan.xyz",
    "tonscan.org",
    "verge-blockchain.info",
    "viewblock.io",
];

/// The page of a transaction, at the explorer that NOWPayments names for the coin or else at that of its network; none
/// where neither is known, or the hash is none of that network.
pub(crate) fn transaction(coin: &Coin, hash: &str) -> Option<String> {
    let network = network(coin)?;
    is_hash(Family::of(Some(network), &coin.code, None), hash).then_some(())?;
    let named = coin.explorer_link_hash.as_deref().and_then(|link| page(link, hash));
    named.or_else(|| page(of_network(network)?.transaction, hash))
}

/// The page of an address that was checked to be one of the coin's network.
pub(crate) fn address(coin: &Coin, address: &str) -> Option<String> {
    let network = network(coin)?;
    let family = Family::of(Some(network), &coin.code, None);
    let is_one = family != Family::Unknown
        && address.len() <= LONGEST
        && address.bytes().all(|byte| byte.is_ascii_graphic())
        && family.check(address).is_ok();
    let bare = address.strip_prefix("bitcoincash:").unwrap_or(address);
    page(of_network(network)?.address?, bare).filter(|_| is_one)
}

/// A link with a hash or an address behind it; none where it does not lead to a known explorer, or where what is put
/// behind it could lead elsewhere.
pub(crate) fn page(link: &str, id: &str) -> Option<String> {
    const LONGEST_ID: usize = 128;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=+/".contains(&byte));
    if id.is_empty() || id.len() > LONGEST_ID || !plain {
        return None;
    }
    let id = id.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let (before, after) = (known(link)?, known(&format!("{link}{id}"))?);
    (before.host_str() == after.host_str()).then(|| after.to_string())
}

/// Whether a link is one to an explorer that is known.
fn known(link: &str) -> Option<Url> {
    let url = Url::parse(link).ok()?;
    let host = url.host_str()?.trim_start_matches("www.");
    let in_table = |explorer: &Explorer| explorer.transaction.split('/').nth(2) == Some(host);
    let is_known = NAMED_HOSTS.contains(&host) || EXPLORERS.iter().any(in_table);
    let bare = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    (url.scheme() == "https" && is_known && bare).then_some(url)
}

fn network(coin: &Coin) -> Option<&str> {
    coin.network.as_deref().map(str::trim).filter(|network| !network.is_empty())
}

fn of_network(network: &str) -> Option<&'static Explorer> {
    EXPLORERS
        .iter()
        .find(|explorer| explorer.networks.iter().any(|known| known.eq_ignore_ascii_case(network)))
}

/// Whether a text has the form that hashes have on networks of this family. NOWPayments also writes other things there.
fn is_hash(family: Family, text: &str) -> bool {
    let hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let between = |shortest, longest| (shortest..=longest).contains(&text.len());
    match family {
        Family::Evm | Family::Rootstock => text.strip_prefix("0x").is_some_and(hex),
        Family::Solana => between(64, 90) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        Family::Ton => hex(text) || between(43, 44),
        Family::Algorand => hex(text) || between(52, 52),
        Family::Tezos => hex(text) || (between(51, 51) && text.starts_with('o')),
        Family::Cosmos(_) => hex(text.strip_prefix("0x").unwrap_or(text)),
        Family::Unknown => between(32, 128),
        _ => hex(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coin(code: &str, network: Option<&str>, link: Option<&str>) -> Coin {
        let json = serde_json::json!({
            "id": 1, "code": code, "name": code, "enable": true, "network": network, "explorer_link_hash": link,
        });
        serde_json::from_value(json).unwrap()
    }

    const HEX: &str = "a1075db55d416d3ca199f55b6084e2115b9345e16c5cf302fc80e9d5fbf5d48d";

    #[test]
    fn a_transaction_is_shown_by_the_explorer_of_its_network() {
        #[track_caller]
        fn check(code: &str, network: &str, hash: &str, expected: Option<&str>) {
            let page = transaction(&coin(code, Some(network), None), hash);
            assert_eq!(page, expected.map(|start| format!("{start}{hash}")), "{code} on {network}");
        }
        let evm = format!("0x{HEX}");
        let signature = "5".repeat(88);
        check("btc", "btc", HEX, Some("https://mempool.space/tx/"));
        check("eth", "eth", &evm, Some("https://etherscan.io/tx/"));
        check("usdterc20", "ETH", &evm, Some("https://etherscan.io/tx/"));
        check("usdttrc20", "trx", HEX, Some("https://tronscan.org/#/transaction/"));
        check("usdtbsc", "bsc", &evm, Some("https://bscscan.com/tx/"));
        check("usdtmatic", "matic", &evm, Some("https://polygonscan.com/tx/"));
        check("ethbase", "base", &evm, Some("https://basescan.org/tx/"));
        check("usdtop", "op", &evm, Some("https://optimistic.etherscan.io/tx/"));
        check("usdcarb", "arbitrum", &evm, Some("https://arbiscan.io/tx/"));
        check("avaxc", "avaxc", &evm, Some("https://snowtrace.io/tx/"));
        check("sol", "sol", &signature, Some("https://solscan.io/tx/"));
        check("xrp", "xrp", HEX, Some("https://xrpscan.com/tx/"));
        check("xlm", "xlm", HEX, Some("https://stellar.expert/explorer/public/tx/"));
        check("ltc", "ltc", HEX, Some("https://blockchair.com/litecoin/transaction/"));
        check("doge", "doge", HEX, Some("https://blockchair.com/dogecoin/transaction/"));
        check("bch", "bch", HEX, Some("https://blockchair.com/bitcoin-cash/transaction/"));
        check("dash", "dash", HEX, Some("https://blockchair.com/dash/transaction/"));
        check("ton", "ton", HEX, Some("https://tonviewer.com/transaction/"));
        check("ada", "ada", HEX, Some("https://cardanoscan.io/transaction/"));
        check("xmr", "xmr", HEX, Some("https://xmrchain.net/tx/"));
        // Unknown, or a hash of another network: no link rather than a wrong one.
        check("btcln", "btcln", HEX, None);
        check("egld", "egld", HEX, None);
        check("eth", "eth", HEX, None);
        check("btc", "btc", &evm, None);
        check("sol", "sol", HEX.split_at(40).0, None);
        check("btc", "btc", "internal", None);
        assert_eq!(transaction(&coin("btc", None, None), HEX), None, "the network is not known");
    }

    #[test]
    fn the_explorer_that_nowpayments_names_comes_first_if_it_is_known() {
        let page = |link| transaction(&coin("btc", Some("btc"), Some(link)), HEX);
        let named = "https://blockchair.com/bitcoin/transaction/";
        assert_eq!(page(named), Some(format!("{named}{HEX}")));
        for odd in [
            "http://blockchair.com/bitcoin/transaction/",
            "https://blockchair.com.evil.example/tx/",
            "https://blockchair.com@evil.example/tx/",
            "https://blockchair.com:8443/tx/",
            "https://127.0.0.1/tx/",
            "javascript:alert(1)//",
            "file:///tx/",
            "",
        ] {
            assert_eq!(page(odd), Some(format!("https://mempool.space/tx/{HEX}")), "{odd}");
        }
    }

    #[test]
    fn an_address_is_shown_only_when_it_is_one_of_its_network() {
        #[track_caller]
        fn check(code: &str, network: &str, text: &str, expected: Option<&str>) {
            assert_eq!(address(&coin(code, Some(network), None), text).as_deref(), expected, "{text}");
        }
        let tron = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
        let genesis = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
        check("trx", "trx", tron, Some(&format!("https://tronscan.org/#/address/{tron}")));
        check("btc", "btc", genesis, Some(&format!("https://mempool.space/address/{genesis}")));
        check(
            "bch",
            "bch",
            "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
            Some("https://blockchair.com/bitcoin-cash/address/qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
        );
        check("btc", "btc", tron, None);
        check("btc", "btc", "../../evil", None);
        check("near", "near", "anything.near", None);
        check(
            "xmr",
            "xmr",
            "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
            None,
        );
    }

    #[test]
    fn what_is_appended_cannot_lead_to_another_page() {
        let link = "https://tronscan.org/#/transaction/";
        assert_eq!(page(link, "ab12").as_deref(), Some("https://tronscan.org/#/transaction/ab12"));
        let encoded = page("https://tonviewer.com/transaction/", "a+/=");
        assert_eq!(encoded.as_deref(), Some("https://tonviewer.com/transaction/a%2B%2F%3D"));
        let long = "a".repeat(129);
        for (link, id) in [
            (link, "a?b"),
            (link, "a#b"),
            (link, "../x"),
            (link, "%2e%2e"),
            (link, "a b"),
            (link, "a\nb"),
            (link, "\u{202e}ab"),
            (link, ""),
            (link, long.as_str()),
            ("javascript:", "alert"),
            ("https://tronscan.org", "@evil.org"),
            ("https://tronscan.org", "evil"),
            ("https://tronscan.or", "g"),
        ] {
            assert_eq!(page(link, id), None, "{link}{id}");
        }
    }

    #[test]
    fn every_explorer_of_the_table_is_one_of_its_own_hosts() {
        for explorer in EXPLORERS {
            for link in [Some(explorer.transaction), explorer.address].into_iter().flatten() {
                assert!(known(link).is_some(), "{link}");
            }
        }
    }
}
