//! Links that wallets take: the address with what is to be paid. Only where all wallets of the coin read them alike, and
//! where nothing that the customer must give along would be lost.

use nowpayments::{Amount, Coin, payments::PaymentStatus};

use super::{PaymentRow, Stored};
use crate::addresses::Family;

/// The link with which a customer pays what a payment waits for.
pub(super) fn of(stored: &Stored, row: &PaymentRow, coin: Option<&Coin>) -> Option<String> {
    let waits = PaymentStatus::from(row.status.as_str()) == PaymentStatus::Waiting;
    let nothing_paid = row.actually_paid.as_ref().is_none_or(Amount::is_zero);
    let has_memo = stored.payin_extra_id.as_deref().is_some_and(|memo| !memo.is_empty());
    if !waits || !nothing_paid || has_memo {
        return None;
    }
    link(&row.pay_currency, coin?, stored.pay_address.as_deref()?, row.pay_amount.as_ref()?)
}

/// BIP-21 for Bitcoin and the coins that have taken it over, EIP-681 for Ethereum's own coin on Ethereum.
fn link(ticker: &str, coin: &Coin, address: &str, amount: &Amount) -> Option<String> {
    const COINS: [(&str, Family, &str); 6] = [
        ("btc", Family::Bitcoin, "bitcoin"),
        ("ltc", Family::Litecoin, "litecoin"),
        ("doge", Family::Dogecoin, "dogecoin"),
        ("dash", Family::Dash, "dash"),
        ("bch", Family::BitcoinCash, "bitcoincash"),
        ("eth", Family::Evm, "ethereum"),
    ];
    let (_, family, scheme) = COINS.into_iter().find(|(code, ..)| *code == ticker)?;
    let network = coin.network.as_deref()?;
    let is_own = coin.smart_contract.as_deref().is_none_or(str::is_empty)
        && Family::of(Some(network), ticker, None) == family
        && (family != Family::Evm || network.eq_ignore_ascii_case("eth"));
    let plain = address.strip_prefix("bitcoincash:").unwrap_or(address);
    let is_address = plain.bytes().all(|byte| byte.is_ascii_alphanumeric()) && family.check(address).is_ok();
    if !is_own || !is_address || !amount.is_positive() {
        return None;
    }
    match family {
        Family::Evm => Some(format!("ethereum:{address}@1?value={}", units(amount, 18)?)),
        // The old form of an address is Bitcoin's as well.
        Family::BitcoinCash if !plain.starts_with(['q', 'p']) => None,
        _ => units(amount, 8).map(|_| format!("{scheme}:{plain}?amount={amount}")),
    }
}

/// An amount in the smallest unit of a coin with so many decimals; `None` where it has more.
fn units(amount: &Amount, decimals: usize) -> Option<String> {
    let text = amount.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let units = format!("{whole}{fraction:0<decimals$}");
    (fraction.len() <= decimals).then(|| units.trim_start_matches('0').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BITCOIN: &str = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
    const ETHEREUM: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

    #[track_caller]
    fn check(
        ticker: &str,
        network: &str,
        contract: &str,
        address: &str,
        amount: &str,
        expected: Option<&str>,
    ) {
        let coin = serde_json::json!({
            "id": 1, "code": ticker, "name": ticker, "enable": true, "network": network, "smart_contract": contract,
        });
        let coin = serde_json::from_value(coin).unwrap();
        let link = link(ticker, &coin, address, &amount.parse().unwrap());
        assert_eq!(link.as_deref(), expected, "{ticker} on {network}");
    }

    #[test]
    fn coins_with_a_common_form_of_link_have_one() {
        let bitcoin = format!("bitcoin:{BITCOIN}?amount=0.00013417");
        check("btc", "btc", "", BITCOIN, "0.00013417", Some(&bitcoin));
        let cash = "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a";
        let link = format!("bitcoincash:{cash}?amount=1.5");
        check("bch", "bch", "", cash, "1.5", Some(&link));
        check("bch", "bch", "", &format!("bitcoincash:{cash}"), "1.5", Some(&link));
        let wei = |wei| format!("ethereum:{ETHEREUM}@1?value={wei}");
        check("eth", "eth", "", ETHEREUM, "0.05", Some(&wei("50000000000000000")));
        check("eth", "eth", "", ETHEREUM, "12.000000000000000001", Some(&wei("12000000000000000001")));
    }

    #[test]
    fn where_wallets_might_differ_there_is_none() {
        check("usdterc20", "eth", "0xdac17f958d2ee523a2206206994597c13d831ec7", ETHEREUM, "5", None);
        check("eth", "arbitrum", "", ETHEREUM, "5", None);
        check("eth", "eth", "0xdac17f958d2ee523a2206206994597c13d831ec7", ETHEREUM, "5", None);
        check("btc", "ltc", "", BITCOIN, "5", None);
        check("bch", "bch", "", BITCOIN, "5", None);
        check("xrp", "xrp", "", "rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn", "5", None);
        check("btc", "btc", "", BITCOIN, "0.000000001", None);
        check("btc", "btc", "", BITCOIN, "0", None);
        for hostile in ["", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa?amount=9", "evil&label=x", "1A1z P1e"] {
            check("btc", "btc", "", hostile, "5", None);
        }
    }
}
