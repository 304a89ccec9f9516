//! Who pays out, in which currencies, from which coins, and to which kinds of account.

use nowpayments::{
    Ticker,
    fiat_payouts::{GetFiatCurrencies, GetFiatPaymentMethods, GetFiatPayoutCoins, GetFiatProviders},
};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::kinds;
use crate::{
    failure::Failure,
    language::{said, words},
    shops::ShopContext,
};

/// What fiat payouts can be made of. Only what can be used now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatCatalogue {
    /// The companies.
    pub providers: Vec<FiatProvider>,
    /// The currencies that can arrive, each with the company that pays it.
    pub currencies: Vec<FiatChoice>,
    /// The coins that are taken, each with the company that takes it.
    pub coins: Vec<FiatCoin>,
}

/// A company that pays out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatProvider {
    /// As NOWPayments calls it.
    pub code: String,
    /// For people.
    pub name: String,
}

/// A currency that can arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatChoice {
    /// The company, by its code.
    pub provider: String,
    /// The currency, lower case.
    pub currency: String,
}

/// A coin that is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatCoin {
    /// The company, by its code.
    pub provider: String,
    /// The coin, lower case.
    pub coin: String,
    /// Its network, as NOWPayments calls it.
    pub network: Option<String>,
}

/// A kind of account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatMethod {
    /// As NOWPayments calls it.
    pub code: String,
    /// For people.
    pub name: String,
    /// What must be known of an account.
    pub fields: Vec<FiatField>,
}

/// Something that must, or may, be known of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatField {
    /// As NOWPayments calls it.
    pub name: String,
    /// Of which type it is, such as `String`, in NOWPayments' words.
    pub kind: Option<String>,
    /// It must be given.
    pub mandatory: bool,
    /// What it is, in NOWPayments' words.
    pub description: Option<String>,
}

impl FiatField {
    /// What is wrong with a value, if anything: as far as NOWPayments describes what it wants.
    pub(super) fn complaint(&self, value: &str) -> Option<String> {
        let is_number = matches!(
            self.kind.as_deref().map(str::to_ascii_lowercase).as_deref(),
            Some("number" | "integer")
        );
        if value.is_empty() {
            return self.mandatory.then(|| {
                said!(en: "This is needed for an account of this kind.", de: "Dies wird für ein Konto dieser Art gebraucht.")
                    .to_owned()
            });
        }
        if value.chars().any(char::is_control) {
            return Some(
                said!(en: "Write it in one line.", de: "Schreiben Sie es in eine Zeile.").to_owned(),
            );
        }
        (is_number && !value.bytes().all(|digit| digit.is_ascii_digit()))
            .then(|| said!(en: "Write digits only.", de: "Schreiben Sie nur Ziffern.").to_owned())
    }
}

impl FiatCatalogue {
    /// The name of a company, once it is sure that it turns this coin into this currency.
    ///
    /// # Errors
    /// Names the field that cannot be.
    pub(crate) fn check(&self, provider: &str, currency: &str, coin: &str) -> Result<&str, Failure> {
        let name = self.provider(provider)?;
        self.check_currency(provider, currency)?;
        if !self.coins.iter().any(|each| each.provider == provider && each.coin == coin) {
            let coin = coin.to_uppercase();
            return Err(Failure::invalid(
                "coin",
                words!(en: "{name} does not take {coin} at the moment.", de: "{name} nimmt {coin} zurzeit nicht an."),
            ));
        }
        Ok(name)
    }

    pub(super) fn check_currency(&self, provider: &str, currency: &str) -> Result<(), Failure> {
        let name = self.provider(provider)?;
        if self.currencies.iter().any(|each| each.provider == provider && each.currency == currency) {
            return Ok(());
        }
        let currency = currency.to_uppercase();
        Err(Failure::invalid(
            "currency",
            words!(
                en: "{name} does not pay out in {currency} at the moment.",
                de: "{name} zahlt zurzeit nicht in {currency} aus."
            ),
        ))
    }

    pub(super) fn provider(&self, code: &str) -> Result<&str, Failure> {
        self.providers.iter().find(|each| each.code == code).map(|each| each.name.as_str()).ok_or_else(|| {
            Failure::invalid(
                "provider",
                said!(
                    en: "Choose a provider. NOWPayments has none of this name at the moment.",
                    de: "Wählen Sie einen Anbieter. NOWPayments hat zurzeit keinen dieses Namens."
                ),
            )
        })
    }
}

/// Asks NOWPayments for all of it.
pub(crate) async fn read(ctx: &ShopContext) -> Result<FiatCatalogue, Failure> {
    let client = &ctx.client;
    let all_coins = GetFiatPayoutCoins::default();
    let (providers, currencies, coins) = tokio::try_join!(
        client.send(&GetFiatProviders {}),
        client.send(&GetFiatCurrencies {}),
        client.send(&all_coins),
    )
    .map_err(|error| Failure::from_api(&error))?;
    let providers: Vec<_> = providers
        .into_iter()
        .filter(|each| each.enabled)
        .map(|each| FiatProvider { code: each.code, name: each.name })
        .collect();
    let is_there = |code: &str| providers.iter().any(|each| each.code == code);
    Ok(FiatCatalogue {
        currencies: currencies
            .into_iter()
            .filter(|each| each.enabled && is_there(&each.provider))
            .map(|each| FiatChoice { currency: each.currency.to_string(), provider: each.provider })
            .collect(),
        coins: coins
            .into_iter()
            .filter(|each| each.enabled && is_there(&each.provider))
            .map(|each| FiatCoin {
                coin: each.currency.to_string(),
                provider: each.provider,
                network: each.network,
            })
            .collect(),
        providers,
    })
}

/// Asks NOWPayments for the kinds of account of one company and currency.
pub(super) async fn methods(
    ctx: &ShopContext,
    provider: &str,
    currency: &str,
) -> Result<Vec<FiatMethod>, Failure> {
    let question = GetFiatPaymentMethods {
        provider: Some(provider.to_owned()),
        currency: Some(read_currency(currency)?),
    };
    let answer = ctx.client.send(&question).await.map_err(|error| Failure::from_api(&error))?;
    let of_this = answer.into_iter().filter(|method| method.provider == provider);
    Ok(of_this
        .map(|method| FiatMethod {
            name: kinds::known(&method.payment_code).map_or(method.name, str::to_owned),
            code: method.payment_code,
            fields: method
                .fields
                .into_iter()
                .map(|field| FiatField {
                    name: field.name,
                    kind: field.kind,
                    mandatory: field.mandatory,
                    description: field.description,
                })
                .collect(),
        })
        .collect())
}

/// Reads the code of a currency.
pub(crate) fn read_currency(typed: &str) -> Result<Ticker, Failure> {
    typed.trim().parse().map_err(|_| {
        Failure::invalid("currency", said!(en: "Choose a currency.", de: "Wählen Sie eine Währung."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_held_against_what_the_method_says_of_it() {
        let field = |kind: &str, mandatory: bool| FiatField {
            name: "accountNumber".to_owned(),
            kind: Some(kind.to_owned()),
            mandatory,
            description: None,
        };
        let check = |field: FiatField, value: &str, right: bool| {
            assert_eq!(field.complaint(value).is_none(), right, "{value:?} for {field:?}");
        };
        check(field("String", true), "", false);
        check(field("String", false), "", true);
        check(field("String", true), "DE89 3704", true);
        check(field("String", true), "DE89\n3704", false);
        check(field("Number", true), "0123", true);
        check(field("Number", true), "12a", false);
        check(field("Number", false), "", true);
    }
}
