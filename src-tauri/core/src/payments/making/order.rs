//! What is asked for, read and checked before anybody is asked about it.

use std::fmt;

use nowpayments::{Amount, AmountError, InvoiceId, PurchaseId, Ticker};

use super::{NewPayment, SandboxCase, Terms};
use crate::{
    coins::Catalogue,
    failure::Failure,
    fiat,
    language::{decimal, said, words},
    shops::Environment,
};

/// What a price in a coin has at the most where its own decimals are not known.
const COIN_DECIMALS: u32 = 8;
/// So long may the name of an order and its description be. NOWPayments says no limit; theirs have been seen shorter.
pub(crate) const LONGEST_ORDER: usize = 100;
pub(crate) const LONGEST_DESCRIPTION: usize = 500;

/// An order that is right in itself.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) price: Price,
    pub(crate) coin: Ticker,
    pub(crate) terms: Terms,
    pub(crate) order_id: Option<String>,
    /// The order has its number from Paydesk.
    pub(crate) gave_order_id: bool,
    pub(crate) description: Option<String>,
    pub(crate) purchase_id: Option<PurchaseId>,
    pub(crate) case: Option<SandboxCase>,
    /// The invoice that it pays.
    pub(crate) invoice: Option<InvoiceId>,
    pub(crate) customer_email: Option<String>,
}

/// A price in a currency that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) amount: Amount,
    pub(crate) currency: Ticker,
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", decimal(&self.amount), self.currency.to_uppercase())
    }
}

impl Terms {
    /// As it is kept.
    pub(crate) fn json(self) -> String {
        serde_json::json!(self).to_string()
    }
}

impl Order {
    /// Reads what the owner asks for.
    ///
    /// # Errors
    /// Names the first field that is not right.
    pub(super) fn read(
        new: &NewPayment,
        coins: &Catalogue,
        environment: Environment,
    ) -> Result<Self, Failure> {
        let price = Price::read(&new.price_amount, &new.price_currency, coins)?;
        let coin = payable(&new.pay_currency, coins)?;
        let order_id = line("order_id", &new.order_id, LONGEST_ORDER)?;
        let description = line("order_description", &new.order_description, LONGEST_DESCRIPTION)?;
        let purchase_id = match new.purchase_id.as_deref() {
            None => None,
            Some(id) => Some(id.parse().map_err(|_| {
                Failure::invalid(
                    "purchase_id",
                    said!(
                        en: "This is no purchase that a further payment could belong to.",
                        de: "Das ist kein Kauf, zu dem eine weitere Zahlung gehören könnte.",
                    ),
                )
            })?),
        };
        if new.case.is_some() && environment != Environment::Sandbox {
            return Err(Failure::invalid(
                "case",
                said!(
                    en: "How a payment ends can be chosen in the sandbox only.",
                    de: "Wie eine Zahlung endet, lässt sich nur in der Sandbox wählen.",
                ),
            ));
        }
        Ok(Self {
            price,
            coin,
            terms: new.terms,
            order_id,
            gave_order_id: false,
            description,
            purchase_id,
            case: new.case,
            invoice: None,
            customer_email: None,
        })
    }
}

impl Price {
    /// Reads a price as it was typed.
    ///
    /// # Errors
    /// Names the field that is not right: `price_amount` or `price_currency`.
    pub(crate) fn read(amount: &str, currency: &str, coins: &Catalogue) -> Result<Self, Failure> {
        let wrong = |message: String| Failure::invalid("price_amount", message);
        let typed = amount.trim();
        let unknown = || {
            Failure::invalid(
                "price_currency",
                words!(
                    en: "NOWPayments takes no prices in “{}”.",
                    de: "NOWPayments nimmt keine Preise in „{}“.",
                    currency.trim(),
                ),
            )
        };
        let currency: Ticker = currency.trim().parse().map_err(|_| unknown())?;
        let decimals = match coins.get(&currency) {
            _ if fiat::find(&currency).is_some() => fiat::DECIMALS,
            Some(coin) => coin.decimals().unwrap_or(COIN_DECIMALS),
            None => return Err(unknown()),
        };
        if typed.is_empty() {
            return Err(wrong(
                said!(
                    en: "Say how much the customer is to pay.",
                    de: "Sagen Sie, wie viel der Kunde zahlen soll.",
                )
                .to_owned(),
            ));
        }
        let amount: Amount = typed.parse().map_err(|error| {
            wrong(match error {
                AmountError::Malformed => words!(
                    en: "“{typed}” is no amount that can mean one thing only. Write digits, and one point before the \
                         decimals: 12.50.",
                    de: "„{typed}“ ist kein Betrag, der nur eines heißen kann. Schreiben Sie Ziffern und einen Punkt \
                         vor den Nachkommastellen: 12.50.",
                ),
                _ => words!(
                    en: "“{typed}” has more digits than an amount can have.",
                    de: "„{typed}“ hat mehr Ziffern, als ein Betrag haben kann.",
                ),
            })
        })?;
        if !amount.is_positive() {
            return Err(wrong(
                said!(
                    en: "The amount must be more than zero.",
                    de: "Der Betrag muss größer als null sein.",
                )
                .to_owned(),
            ));
        }
        if amount.decimals() > decimals {
            let currency = currency.to_uppercase();
            return Err(wrong(words!(
                en: "An amount in {currency} has {decimals} decimals at the most.",
                de: "Ein Betrag in {currency} hat höchstens {decimals} Nachkommastellen.",
            )));
        }
        Ok(Self { amount, currency })
    }
}

/// A coin that customers can pay with.
pub(crate) fn payable(ticker: &str, coins: &Catalogue) -> Result<Ticker, Failure> {
    let wrong = |message: String| Failure::invalid("pay_currency", message);
    let ticker = ticker.trim();
    if ticker.is_empty() {
        return Err(wrong(
            said!(
                en: "Choose the coin that the customer pays with.",
                de: "Wählen Sie den Coin, mit dem der Kunde bezahlt.",
            )
            .to_owned(),
        ));
    }
    let coin = coins.get(ticker).ok_or_else(|| {
        let meant = coins.suggest(ticker).map(|meant| format!(" {meant}")).unwrap_or_default();
        wrong(words!(
            en: "NOWPayments has no coin “{ticker}”.{meant}",
            de: "NOWPayments hat keinen Coin „{ticker}“.{meant}",
        ))
    })?;
    match coin.not_for_payment() {
        Some(why) => Err(wrong(words!(
            en: "{} {why}. Choose another coin.",
            de: "{} {why}. Wählen Sie einen anderen Coin.",
            coin.ticker().to_uppercase(),
        ))),
        None => Ok(coin.coin().code.clone()),
    }
}

/// One line of text; `None` when it is empty.
///
/// # Errors
/// When it is longer than that, or has line breaks or other characters that are not shown.
pub(crate) fn line(field: &str, text: &str, longest: usize) -> Result<Option<String>, Failure> {
    let text = text.trim();
    if text.chars().count() > longest {
        return Err(Failure::invalid(
            field,
            words!(
                en: "This is too long: {longest} characters at the most.",
                de: "Das ist zu lang: höchstens {longest} Zeichen.",
            ),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(Failure::invalid(
            field,
            said!(
                en: "This must be one line, without characters that cannot be seen.",
                de: "Das muss eine Zeile sein, ohne Zeichen, die man nicht sieht.",
            ),
        ));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use nowpayments::read_full_currencies;

    use super::*;

    fn coins() -> Catalogue {
        let coin = |code: &str, enable: bool, payable: bool| {
            serde_json::json!({"code": code, "name": code, "enable": enable, "available_for_payment": payable,
                "network_precision": "6"})
        };
        let all = serde_json::json!({"currencies": [
            coin("LTC", true, true), coin("XMR", false, true), coin("GUSD", true, false)
        ]});
        Catalogue::new(read_full_currencies(all.to_string().as_bytes()).unwrap())
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut NewPayment), wrong: Option<(&str, &str)>) {
        let mut new = NewPayment {
            price_amount: "12.50".to_owned(),
            price_currency: "EUR".to_owned(),
            pay_currency: "ltc".to_owned(),
            ..NewPayment::default()
        };
        change(&mut new);
        let read = Order::read(&new, &coins(), Environment::Live);
        match (read, wrong) {
            (Ok(_), None) => {}
            (Err(failure), Some((field, words))) => {
                assert_eq!(failure.field.as_deref(), Some(field), "{failure}");
                assert!(failure.message.contains(words), "{words:?} is not in {failure}");
            }
            (read, wrong) => panic!("{read:?} instead of {wrong:?}"),
        }
    }

    #[test]
    fn what_is_not_right_is_named_at_its_field() {
        let amount = |typed: &'static str| move |new: &mut NewPayment| new.price_amount = typed.to_owned();
        check(|_| {}, None);
        check(amount(" 12 "), None);
        check(amount(""), Some(("price_amount", "how much")));
        check(amount("12,50"), Some(("price_amount", "12,50")));
        check(amount("1e3"), Some(("price_amount", "1e3")));
        check(amount("0.00"), Some(("price_amount", "more than zero")));
        check(amount("-5"), Some(("price_amount", "more than zero")));
        check(amount("12.505"), Some(("price_amount", "2 decimals")));
        check(amount("12.500"), None);
        check(|new| new.price_currency = "gold".to_owned(), Some(("price_currency", "gold")));
        check(|new| new.price_currency = String::new(), Some(("price_currency", "no prices")));
        check(|new| (new.price_currency, new.price_amount) = ("ltc".to_owned(), "0.123456".to_owned()), None);
        check(
            |new| (new.price_currency, new.price_amount) = ("ltc".to_owned(), "0.1234567".to_owned()),
            Some(("price_amount", "6 decimals")),
        );
        check(|new| new.pay_currency = String::new(), Some(("pay_currency", "Choose the coin")));
        check(|new| new.pay_currency = "lct".to_owned(), Some(("pay_currency", "Is ltc meant?")));
        check(|new| new.pay_currency = "xmr".to_owned(), Some(("pay_currency", "switched off")));
        check(|new| new.pay_currency = "gusd".to_owned(), Some(("pay_currency", "cannot be paid with")));
        check(|new| new.order_id = "x".repeat(101), Some(("order_id", "100 characters")));
        check(|new| new.order_description = "a\nb".to_owned(), Some(("order_description", "one line")));
        check(|new| new.purchase_id = Some("../auth".to_owned()), Some(("purchase_id", "no purchase")));
        check(|new| new.case = Some(SandboxCase::Failed), Some(("case", "sandbox only")));
    }
}
