//! The coins that can be paid with, and the currencies of prices, those of this shop first.

use std::{cmp::Reverse, collections::HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::currencies::GetMerchantCoins;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::Payments;
use crate::{coins::Memo, failure::Failure, fiat};

/// So many of the newest payments say which coins and currencies are used.
const LOOKED_AT: u32 = 1000;
/// For so long the coins that the shop has chosen are not asked for again.
const CHOSEN_KEPT: TimeDelta = TimeDelta::minutes(30);

/// What a payment can be made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaymentChoices {
    /// The coins: those that the shop has chosen in its dashboard first, and of them the most used.
    pub coins: Vec<PayCoin>,
    /// The currencies of prices, lower case, the most used first.
    pub currencies: Vec<String>,
}

/// A coin that customers can pay with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PayCoin {
    /// The ticker, lower case.
    pub ticker: String,
    /// What it is called.
    pub name: String,
    /// Its network, as NOWPayments spells it.
    pub network: Option<String>,
    /// Its address comes with a memo or tag that must not be forgotten.
    pub memo: bool,
    /// It is one of those that NOWPayments shows first.
    pub popular: bool,
    /// The shop has chosen it in its dashboard.
    pub chosen: bool,
    /// How many of the newest payments are in it.
    pub used: u32,
}

/// What the shop has chosen in its dashboard, and when it was asked.
#[derive(Debug)]
pub(super) struct Chosen {
    at: DateTime<Utc>,
    coins: Vec<String>,
}

impl Payments {
    /// What a payment can be made of. Without a network the coins are those of the last answer, and none is marked as
    /// chosen that was not known to be.
    ///
    /// # Errors
    /// When the coins were never read and NOWPayments does not give them, or the shop was closed.
    pub async fn choices(&self) -> Result<PaymentChoices, Failure> {
        let catalogue = self.ctx.coins().await?;
        let chosen = self.chosen_coins().await;
        let used = self.used("pay_currency").await?;
        let payable = catalogue.iter().filter(|coin| coin.not_for_payment().is_none());
        let mut coins: Vec<PayCoin> = payable
            .map(|listed| {
                let (ticker, coin) = (listed.ticker(), listed.coin());
                PayCoin {
                    ticker: ticker.to_owned(),
                    name: coin.name.clone(),
                    network: coin.network.clone(),
                    memo: listed.memo() != Memo::None,
                    popular: coin.is_popular,
                    chosen: chosen.iter().any(|code| code == ticker),
                    used: used.get(ticker).copied().unwrap_or_default(),
                }
            })
            .collect();
        coins.sort_by_key(|coin| (Reverse(coin.chosen), Reverse(coin.used), Reverse(coin.popular)));

        let used = self.used("price_currency").await?;
        let mut currencies: Vec<String> = fiat::CURRENCIES.map(str::to_owned).to_vec();
        currencies.extend(used.keys().filter(|code| fiat::find(code).is_none()).cloned());
        currencies.sort_by_key(|code| {
            let place = fiat::CURRENCIES.iter().position(|fiat| fiat == code).unwrap_or(usize::MAX);
            (Reverse(used.get(code).copied().unwrap_or_default()), place, code.clone())
        });
        Ok(PaymentChoices { coins, currencies })
    }

    /// How often the newest payments have each value of a column.
    async fn used(&self, column: &'static str) -> Result<HashMap<String, u32>, Failure> {
        let rows: Vec<(String, u32)> = sqlx::QueryBuilder::new("SELECT code, count(*) FROM (SELECT ")
            .push(column)
            .push(" AS code FROM payments ORDER BY created_at DESC, id DESC LIMIT ")
            .push_bind(LOOKED_AT)
            .push(") GROUP BY code")
            .build_query_as()
            .fetch_all(&self.ctx.db)
            .await?;
        Ok(rows.into_iter().collect())
    }

    /// The coins that the shop has chosen, lower case; none when NOWPayments does not say.
    async fn chosen_coins(&self) -> Vec<String> {
        let mut kept = self.making.chosen.lock().await;
        let now = self.ctx.now();
        if let Some(chosen) =
            kept.as_ref().filter(|chosen| (chosen.at..chosen.at + CHOSEN_KEPT).contains(&now))
        {
            return chosen.coins.clone();
        }
        match self.ctx.client.send(&GetMerchantCoins::default()).await {
            Ok(coins) => {
                let coins: Vec<_> = coins.into_iter().map(|coin| coin.currency.to_string()).collect();
                *kept = Some(Chosen { at: now, coins: coins.clone() });
                coins
            }
            Err(error) => {
                tracing::warn!(%error, "the coins of the shop could not be read");
                kept.as_ref().map(|chosen| chosen.coins.clone()).unwrap_or_default()
            }
        }
    }
}
