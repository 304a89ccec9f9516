//! Amounts as text that sorts as the numbers do, for comparing them in SQL.

use nowpayments::Amount;

/// The key of an amount: of two keys the one of the larger amount is the larger text, and equal amounts have equal keys.
///
/// From zero on it is the number of digits before the point, in two digits, and then all digits without the point: 12.5
/// is `02125`, 0.05 is `0005`. Of two numbers with as many digits before the point the digits decide, and where one has
/// no more of them it is the smaller. Below zero the order is the other way round: a minus, the same in letters from `j`
/// for 0 to `a` for 9, and a `~`, which sorts behind them. The migration
/// `0002_payments_sorted_and_searched.sql` made the same ones of what was there before it.
pub(super) fn key(amount: &Amount) -> String {
    key_of(&amount.to_string())
}

/// The same of an amount that is text already, as [`Amount`] writes it.
pub(super) fn key_of(text: &str) -> String {
    let (negative, size) = match text.strip_prefix('-') {
        Some(size) => (true, size),
        None => (false, text),
    };
    let (whole, decimals) = size.split_once('.').unwrap_or((size, ""));
    let whole = whole.trim_start_matches('0');
    let size = format!("{:02}{whole}{decimals}", whole.len());
    match negative {
        true => {
            format!("-{}~", size.bytes().map(|digit| char::from(b'j' - (digit - b'0'))).collect::<String>())
        }
        false => size,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in crate::payments) fn amount() -> impl Strategy<Value = Amount> {
        // Short ones, so that many are near one another, and the longest there are.
        let whole = prop_oneof!["0|[1-9][0-9]{0,2}", "0|[1-9][0-9]{0,29}"];
        let decimals = prop_oneof!["(\\.[0-9]{1,2})?", "(\\.0{0,20}[0-9]{1,10})?"];
        ("-?", whole, decimals)
            .prop_map(|(sign, whole, decimals)| format!("{sign}{whole}{decimals}").parse().unwrap())
    }

    #[test]
    fn keys_are_short_and_can_be_read() {
        #[track_caller]
        fn check(amount: &str, expected: &str) {
            assert_eq!(key(&amount.parse().unwrap()), expected);
        }
        check("0", "00");
        check("12.5", "02125");
        check("0.05", "0005");
        check("100", "03100");
        check("-12.5", "-jhihe~");
        check(&format!("{0}.{0}", "9".repeat(30)), &format!("30{}", "9".repeat(60)));
    }

    proptest! {
        #[test]
        fn keys_are_in_the_order_of_the_numbers(a in amount(), b in amount()) {
            prop_assert_eq!(key(&a).cmp(&key(&b)), a.cmp(&b), "{} and {}", a, b);
        }
    }
}
