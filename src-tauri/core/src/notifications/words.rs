//! The words of notifications of payments. What others have written in them (order ids, descriptions) can be anything.

use nowpayments::{Amount, payments::Payment};

use super::rules::PaymentNews;
use crate::language::{decimal, said, words};

/// How much of a text that somebody else has written is shown.
const LONGEST: usize = 60;
/// How many currencies are named in a sum.
const CURRENCIES: usize = 6;
/// Currencies without a smaller unit.
const WHOLE: [&str; 9] = ["clp", "isk", "jpy", "krw", "pyg", "ugx", "vnd", "xaf", "xof"];

/// The title and the text of news of a payment.
pub(super) fn of(news: PaymentNews, payment: &Payment) -> (String, String) {
    let price = money(&payment.price_amount, payment.price_currency.as_str());
    let order = order(payment);
    let coin = |amount: &Amount| {
        format!("{} {}", decimal(amount), plain(payment.pay_currency.as_str(), LONGEST).to_uppercase())
    };
    let paid = came(payment);
    let (title, body) = match news {
        news if is_again(news, payment) => {
            let body = match paid.map(coin) {
                Some(came) => words!(
                    en: "{came} came once more for {order}.",
                    de: "{came} kamen noch einmal für {order}.",
                ),
                None => words!(
                    en: "Something came once more for {order}.",
                    de: "Für {order} kam noch einmal etwas an.",
                ),
            };
            (said!(en: "Paid again", de: "Noch einmal gezahlt"), body)
        }
        PaymentNews::Finished => {
            let body = match paid.map(coin) {
                Some(paid) => words!(
                    en: "{price} for {order}, paid with {paid}.",
                    de: "{price} für {order}, gezahlt mit {paid}.",
                ),
                None => words!(en: "{price} for {order}.", de: "{price} für {order}."),
            };
            (said!(en: "Payment received", de: "Zahlung eingegangen"), body)
        }
        PaymentNews::PartiallyPaid => {
            let body = match (paid.map(decimal), &payment.pay_amount) {
                (Some(paid), Some(asked)) => words!(
                    en: "{paid} of {} came for {order}, which costs {price}.",
                    de: "{paid} von {} kamen für {order}. Der Preis ist {price}.",
                    coin(asked),
                ),
                (Some(_), None) => words!(
                    en: "{} came for {order}, which costs {price}.",
                    de: "{} kamen für {order}. Der Preis ist {price}.",
                    paid.map(coin).unwrap_or_default(),
                ),
                (None, _) => words!(
                    en: "Too little came for {order}, which costs {price}.",
                    de: "Für {order} kam zu wenig. Der Preis ist {price}.",
                ),
            };
            (said!(en: "Underpaid", de: "Zu wenig gezahlt"), body)
        }
        PaymentNews::Failed => (
            said!(en: "Payment failed", de: "Zahlung fehlgeschlagen"),
            words!(
                en: "{price} for {order}. Look at it in Paydesk.",
                de: "{price} für {order}. Sehen Sie in Paydesk nach.",
            ),
        ),
        PaymentNews::Expired => (
            said!(en: "Payment expired", de: "Zahlung abgelaufen"),
            words!(
                en: "{price} for {order} did not come in time.",
                de: "{price} für {order} kamen nicht rechtzeitig.",
            ),
        ),
        PaymentNews::Refunded => (
            said!(en: "Payment refunded", de: "Zahlung erstattet"),
            words!(
                en: "{price} for {order} went back to the customer.",
                de: "{price} für {order} gingen an den Kunden zurück.",
            ),
        ),
        PaymentNews::New => {
            let body = match payment.pay_amount.as_ref().map(coin) {
                Some(asked) => words!(
                    en: "{price} for {order}, to be paid with {asked}.",
                    de: "{price} für {order}, zu zahlen mit {asked}.",
                ),
                None => words!(en: "{price} for {order}.", de: "{price} für {order}."),
            };
            (said!(en: "New payment", de: "Neue Zahlung"), body)
        }
    };
    (title.to_owned(), body)
}

/// What has come, where something has.
fn came(payment: &Payment) -> Option<&Amount> {
    payment.actually_paid.as_ref().filter(|paid| paid.is_positive())
}

/// Whether it came to the address of an earlier payment, whose price it carries: that is not what came.
fn is_again(news: PaymentNews, payment: &Payment) -> bool {
    matches!(news, PaymentNews::Finished | PaymentNews::PartiallyPaid) && payment.parent_payment_id.is_some()
}

/// What the payment is for: the shop's order, its description, or else the payment's own id.
fn order(payment: &Payment) -> String {
    let given = |text: &Option<String>| {
        text.as_deref().map(|text| plain(text, LONGEST)).filter(|text| !text.is_empty())
    };
    if let Some(id) = given(&payment.order_id) {
        return words!(en: "order {id}", de: "Bestellung {id}");
    }
    match given(&payment.order_description) {
        Some(description) => words!(en: "“{description}”", de: "„{description}“"),
        None => words!(
            en: "payment {}",
            de: "Zahlung {}",
            plain(payment.payment_id.as_str(), LONGEST),
        ),
    }
}

/// What a payment counts as where several are told together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) news: PaymentNews,
    pub(super) amount: Amount,
    pub(super) currency: String,
}

/// A payment counts with its price. What came once more to the address of an earlier one counts as what it is.
pub(super) fn counted(news: PaymentNews, payment: &Payment) -> Counted {
    let again = came(payment).filter(|_| is_again(news, payment));
    let (news, amount, currency) = match again {
        Some(came) => (PaymentNews::Finished, came, &payment.pay_currency),
        None => (news, &payment.price_amount, &payment.price_currency),
    };
    Counted { news, amount: amount.clone(), currency: currency.to_string() }
}

/// The title and the text that tell several payments at once: how many of each kind, and the exact sums, currency by currency.
pub(super) fn digest(payments: &[Counted]) -> (String, String) {
    let kinds: Vec<_> = PaymentNews::ALL
        .into_iter()
        .map(|news| (news, payments.iter().filter(|payment| payment.news == news).collect::<Vec<_>>()))
        .filter(|(_, of_kind)| !of_kind.is_empty())
        .collect();
    if let [(news, of_kind)] = &kinds[..] {
        let count = of_kind.len();
        let title = match news {
            PaymentNews::New => words!(en: "{count} new payments", de: "{count} neue Zahlungen"),
            news => words!(en: "{count} payments {}", de: "{count} Zahlungen {}", in_a_word(*news)),
        };
        return (title, format!("{}.", sums(of_kind)));
    }
    let counts: Vec<_> =
        kinds.iter().map(|(news, of_kind)| format!("{} {}", of_kind.len(), in_a_word(*news))).collect();
    let lines: Vec<_> = kinds
        .iter()
        .map(|(news, of_kind)| {
            let kind = in_a_word(*news);
            format!("{}{}: {}.", kind[..1].to_uppercase(), &kind[1..], sums(of_kind))
        })
        .collect();
    let title = words!(en: "{} payments: {}", de: "{} Zahlungen: {}", payments.len(), counts.join(", "));
    (title, lines.join(" "))
}

/// A kind in a word that follows a number. Its first letter is one of ASCII.
fn in_a_word(news: PaymentNews) -> &'static str {
    match news {
        PaymentNews::Finished => said!(en: "received", de: "eingegangen"),
        PaymentNews::PartiallyPaid => said!(en: "underpaid", de: "zu wenig gezahlt"),
        PaymentNews::Failed => said!(en: "failed", de: "fehlgeschlagen"),
        PaymentNews::Expired => said!(en: "expired", de: "abgelaufen"),
        PaymentNews::Refunded => said!(en: "refunded", de: "erstattet"),
        PaymentNews::New => said!(en: "new", de: "neu"),
    }
}

/// The sums, those of the most payments first: `312.40 EUR and 20.00 USD`.
fn sums(payments: &[&Counted]) -> String {
    let mut sums: Vec<(&str, usize, Amount)> = Vec::new();
    for Counted { amount, currency, .. } in payments {
        match sums.iter_mut().find(|(of, ..)| of == currency) {
            Some((_, count, sum)) => {
                *count += 1;
                *sum += amount;
            }
            None => sums.push((currency, 1, amount.clone())),
        }
    }
    sums.sort_by(|(a, more, _), (b, less, _)| less.cmp(more).then_with(|| a.cmp(b)));
    let rest = sums.len().saturating_sub(CURRENCIES);
    let mut named: Vec<_> =
        sums.iter().take(CURRENCIES).map(|(currency, _, sum)| money(sum, currency)).collect();
    match rest {
        0 => {}
        1 => named.push(said!(en: "one more currency", de: "eine weitere Währung").to_owned()),
        rest => named.push(words!(en: "{rest} more currencies", de: "{rest} weitere Währungen")),
    }
    match named.pop() {
        Some(last) if named.is_empty() => last,
        Some(last) => words!(en: "{} and {last}", de: "{} und {last}", named.join(", ")),
        None => String::new(),
    }
}

/// An amount of money with at least the decimals that one writes: `25.00 EUR`, `1000 JPY`. Every digit is there.
pub(super) fn money(amount: &Amount, currency: &str) -> String {
    let missing = match amount.decimals() {
        _ if WHOLE.contains(&currency) => "",
        0 => ".00",
        1 => "0",
        _ => "",
    };
    format!("{} {}", decimal(format!("{amount}{missing}")), plain(currency, LONGEST).to_uppercase())
}

/// A text from outside in one line and at most `longest` characters, without anything that cannot be seen or that turns
/// the text around it. One that runs from right to left is kept to itself, so that the amounts beside it stay as they are.
pub(super) fn plain(text: &str, longest: usize) -> String {
    let seen: String =
        text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| is_seen(*c)).collect();
    let mut line = seen.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = line.char_indices().nth(longest) {
        line.truncate(cut);
        line.truncate(line.trim_end().len());
        line.push('…');
    }
    match line.chars().any(runs_from_the_right) {
        true => format!("\u{2068}{line}\u{2069}"),
        false => line,
    }
}

fn is_seen(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{E000}'..='\u{F8FF}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..)
}

fn runs_from_the_right(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn payment(own: serde_json::Value) -> Payment {
        let mut all = json!({
            "payment_id": 5077125051_u64, "payment_status": "finished", "price_amount": 25, "price_currency": "eur",
            "pay_amount": "0.00041", "actually_paid": "0.00041", "pay_currency": "btc", "order_id": "1017",
        });
        for (key, value) in own.as_object().unwrap() {
            all[key] = value.clone();
        }
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn each_kind_of_news_says_exactly_how_much_for_what() {
        let less = payment(json!({ "actually_paid": "0.0003" }));
        let unpaid =
            payment(json!({ "actually_paid": 0, "order_id": null, "order_description": "Two bags" }));
        let check = |news, payment: &Payment, title: &str, body: &str| {
            assert_eq!(of(news, payment), (title.to_owned(), body.to_owned()));
        };
        let paid = "25.00 EUR for order 1017, paid with 0.00041 BTC.";
        check(PaymentNews::Finished, &payment(json!({})), "Payment received", paid);
        let short = "0.0003 of 0.00041 BTC came for order 1017, which costs 25.00 EUR.";
        check(PaymentNews::PartiallyPaid, &less, "Underpaid", short);
        let again = payment(json!({ "actually_paid": "0.0003", "parent_payment_id": 5077125050_u64 }));
        for news in [PaymentNews::Finished, PaymentNews::PartiallyPaid] {
            check(news, &again, "Paid again", "0.0003 BTC came once more for order 1017.");
        }
        let failed = "25.00 EUR for “Two bags”. Look at it in Paydesk.";
        check(PaymentNews::Failed, &unpaid, "Payment failed", failed);
        let late = "25.00 EUR for “Two bags” did not come in time.";
        check(PaymentNews::Expired, &unpaid, "Payment expired", late);
        let back = "25.00 EUR for order 1017 went back to the customer.";
        check(PaymentNews::Refunded, &payment(json!({})), "Payment refunded", back);
        let begun = "25.00 EUR for “Two bags”, to be paid with 0.00041 BTC.";
        check(PaymentNews::New, &unpaid, "New payment", begun);
        let nameless = payment(json!({ "order_id": " \u{200B}", "price_amount": "25.123456789012345678" }));
        let exact = "25.123456789012345678 EUR for payment 5077125051, paid with 0.00041 BTC.";
        check(PaymentNews::Finished, &nameless, "Payment received", exact);
    }

    #[test]
    fn a_hostile_text_is_one_short_line_that_hides_and_turns_nothing() {
        let check = |text: &str, shown: &str| assert_eq!(plain(text, 20), shown, "{text:?}");
        check(" A-1\r\n\tB\u{0}\u{7}\u{1B}[31m ", "A-1 B[31m");
        check("1\u{202E}00.1\u{2066}\u{200F}\u{FEFF}\u{E0041}", "100.1");
        check(&"ü".repeat(21), &format!("{}…", "ü".repeat(20)));
        check(&"ü".repeat(20), &"ü".repeat(20));
        check("0123456789012345678  and more", "0123456789012345678…");
        check("הזמנה 1017", "\u{2068}הזמנה 1017\u{2069}");
        check("\u{2029}\u{3164}", "");
        let hostile = payment(json!({ "order_id": format!("{}\u{202E}", "\n".repeat(100_000)) }));
        assert_eq!(
            of(PaymentNews::Failed, &hostile).1,
            "25.00 EUR for payment 5077125051. Look at it in Paydesk."
        );
    }

    fn summed(news: PaymentNews, amount: &str, currency: &str) -> Counted {
        Counted { news, amount: amount.parse().unwrap(), currency: currency.to_owned() }
    }

    #[test]
    fn what_came_once_more_counts_as_what_it_is_and_not_with_the_price_of_the_payment_before_it() {
        let again = |paid| {
            payment(json!({
                "parent_payment_id": 5077125050_u64, "actually_paid": paid, "pay_currency": "usdttrc20",
            }))
        };
        for news in [PaymentNews::Finished, PaymentNews::PartiallyPaid] {
            assert_eq!(counted(news, &again("20")), summed(PaymentNews::Finished, "20", "usdttrc20"));
        }
        let expired = counted(PaymentNews::Expired, &again("0"));
        assert_eq!(expired, summed(PaymentNews::Expired, "25", "eur"));
        let first = payment(json!({ "actually_paid": "20", "pay_currency": "usdttrc20" }));
        assert_eq!(
            counted(PaymentNews::PartiallyPaid, &first),
            summed(PaymentNews::PartiallyPaid, "25", "eur")
        );
    }

    #[test]
    fn a_digest_has_the_exact_sum_of_each_currency() {
        let mut all: Vec<_> = (0..10).map(|_| summed(PaymentNews::Finished, "0.1", "eur")).collect();
        all.push(summed(PaymentNews::Finished, "0.000000000000000001", "eur"));
        all.push(summed(PaymentNews::Finished, "1500", "jpy"));
        all.push(summed(PaymentNews::Finished, "20", "usd"));
        all.push(summed(PaymentNews::Finished, "0.5", "usd"));
        let sums = "1.000000000000000001 EUR, 20.50 USD and 1500 JPY.";
        assert_eq!(digest(&all), ("14 payments received".to_owned(), sums.to_owned()));
        all.push(summed(PaymentNews::PartiallyPaid, "7", "eur"));
        let (title, body) = digest(&all);
        assert_eq!(title, "15 payments: 14 received, 1 underpaid");
        assert_eq!(body, format!("Received: {sums} Underpaid: 7.00 EUR."));
        let new = [summed(PaymentNews::New, "1", "eur"), summed(PaymentNews::New, "2", "eur")];
        assert_eq!(digest(&new), ("2 new payments".to_owned(), "3.00 EUR.".to_owned()));
    }

    #[test]
    fn a_digest_names_no_more_currencies_than_can_be_read() {
        let all: Vec<_> = (0..9).map(|i| summed(PaymentNews::Failed, "1", &format!("c{i}"))).collect();
        assert!(digest(&all).1.ends_with("1.00 C5 and 3 more currencies."), "{}", digest(&all).1);
        assert!(digest(&all[..7]).1.ends_with("1.00 C5 and one more currency."));
    }
}
