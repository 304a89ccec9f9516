//! What a price comes to in a coin, and how small it may be there. Asked for live while the owner types, so that answers
//! are kept for a moment and a newer question ends an older one.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bigdecimal::RoundingMode;
use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::{
    Amount, Endpoint, Ticker,
    estimates::{GetEstimate, GetMinAmount},
};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{
    PayCoin, Payments, Terms,
    order::{Price, payable},
};
use crate::{
    failure::{Failure, FailureCode},
    fiat,
    language::{decimal, said, words},
    turn::Turn,
};

/// For so long a rate is shown again without asking.
const ESTIMATE_KEPT: TimeDelta = TimeDelta::seconds(15);
/// And a minimum.
const MINIMUM_KEPT: TimeDelta = TimeDelta::seconds(60);
/// So many answers are kept.
const MOST_KEPT: usize = 256;
/// So many other coins are proposed, and so many are asked about for that.
const PROPOSED: usize = 3;
const ASKED: usize = 10;

/// Which price, in which coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct QuoteRequest {
    /// The price, as it was typed.
    pub price_amount: String,
    /// The currency of the price.
    pub price_currency: String,
    /// The coin that the customer pays with.
    pub pay_currency: String,
    /// Whose fees, and which rate.
    pub terms: Terms,
}

/// What a price comes to in a coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Quote {
    /// About what the customer will pay, in the coin. Fees that the customer pays come on top.
    #[specta(type = String)]
    pub estimate: Amount,
    /// How small a payment in this coin may be.
    pub minimum: Minimum,
    /// The price is not below that.
    pub enough: bool,
}

/// How small a payment in a coin may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Minimum {
    /// In the coin.
    #[specta(type = String)]
    pub amount: Amount,
    /// About the same in the currency of the price; `None` when NOWPayments does not say.
    #[specta(type = Option<String>)]
    pub worth: Option<Amount>,
}

/// Another coin that the same price can be paid with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CoinMinimum {
    /// Which.
    pub coin: PayCoin,
    /// How small a payment in it may be.
    pub minimum: Minimum,
}

/// The answers of a moment ago, and who asks now.
#[derive(Debug, Default)]
pub(super) struct Quotes {
    kept: Mutex<Kept>,
    quoting: Turn,
    proposing: Turn,
}

#[derive(Debug, Default)]
struct Kept {
    estimates: HashMap<(Amount, Ticker, Ticker), (DateTime<Utc>, Amount)>,
    minimums: HashMap<(Ticker, Ticker, Terms), (DateTime<Utc>, Minimum)>,
    /// NOWPayments does not want to be asked before.
    closed_until: Option<DateTime<Utc>>,
}

impl Quotes {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all answers: a refusal has shown that they are old.
    pub(super) fn forget(&self) {
        let mut kept = self.kept();
        kept.estimates.clear();
        kept.minimums.clear();
    }
}

impl Payments {
    /// What a price comes to in a coin, and how small it may be there. A newer question ends an older one.
    ///
    /// # Errors
    /// When what was typed is not right (with its field), NOWPayments cannot be asked, or a newer question came
    /// (`Stale`).
    pub async fn quote(&self, request: QuoteRequest) -> Result<Quote, Failure> {
        let question = async {
            let coins = self.ctx.coins().await?;
            let price = Price::read(&request.price_amount, &request.price_currency, &coins)?;
            let coin = payable(&request.pay_currency, &coins)?;
            self.price(&price, &coin, request.terms).await
        };
        self.making.quotes.quoting.take(question).await
    }

    /// Up to three coins that the price can be paid with, the shop's own and most used first. The coin of the request,
    /// which may be empty, is left out.
    ///
    /// # Errors
    /// Those of [`Self::quote`].
    pub async fn coins_for(&self, request: QuoteRequest) -> Result<Vec<CoinMinimum>, Failure> {
        let question = async {
            let coins = self.ctx.coins().await?;
            let price = Price::read(&request.price_amount, &request.price_currency, &coins)?;
            let mut proposed = Vec::new();
            let likely = |coin: &PayCoin| coin.chosen || coin.popular || coin.used > 0;
            let others = self.choices().await?.coins.into_iter().filter(likely);
            let others = others.filter(|coin| !coin.ticker.eq_ignore_ascii_case(request.pay_currency.trim()));
            for other in others.take(ASKED) {
                let ticker = payable(&other.ticker, &coins)?;
                let minimum = match self.minimum(&price.currency, &ticker, request.terms).await {
                    Ok(minimum) => minimum,
                    // A coin that cannot be had at the moment is no proposal.
                    Err(failure) if failure.code == FailureCode::Invalid => continue,
                    Err(failure) => return Err(failure),
                };
                if minimum.worth.as_ref().is_some_and(|worth| *worth <= price.amount) {
                    proposed.push(CoinMinimum { coin: other, minimum });
                }
                if proposed.len() == PROPOSED {
                    break;
                }
            }
            Ok(proposed)
        };
        self.making.quotes.proposing.take(question).await
    }

    /// Compares what a price comes to with the minimum.
    ///
    /// # Errors
    /// When it is below, in words; or when NOWPayments cannot be asked.
    pub(crate) async fn check_minimum(
        &self,
        price: &Price,
        coin: &Ticker,
        terms: Terms,
    ) -> Result<(), Failure> {
        self.price(price, coin, terms).await?.check(price, coin)
    }

    /// What a price comes to.
    async fn price(&self, price: &Price, coin: &Ticker, terms: Terms) -> Result<Quote, Failure> {
        let minimum = self.minimum(&price.currency, coin, terms).await?;
        let estimate = self.estimate(&price.amount, &price.currency, coin).await?;
        Ok(Quote { enough: estimate >= minimum.amount, estimate, minimum })
    }

    async fn estimate(&self, amount: &Amount, from: &Ticker, to: &Ticker) -> Result<Amount, Failure> {
        if from == to {
            return Ok(amount.clone());
        }
        let key = (amount.clone(), from.clone(), to.clone());
        if let Some(known) = fresh(&self.making.quotes.kept().estimates, &key, self.ctx.now(), ESTIMATE_KEPT)
        {
            return Ok(known);
        }
        let (currency_from, currency_to) = (from.clone(), to.clone());
        let estimate = GetEstimate { amount: amount.clone(), currency_from, currency_to };
        let estimate = self.price_of(&estimate, to).await?.estimated_amount;
        keep(&mut self.making.quotes.kept().estimates, key, self.ctx.now(), estimate.clone());
        Ok(estimate)
    }

    /// The minimum depends on the coin that the shop gets in the end: the one that it got for this coin last. Where it
    /// never got any, NOWPayments takes the one of the outcome wallet.
    async fn minimum(
        &self,
        price_currency: &Ticker,
        coin: &Ticker,
        terms: Terms,
    ) -> Result<Minimum, Failure> {
        let key = (price_currency.clone(), coin.clone(), terms);
        if let Some(known) = fresh(&self.making.quotes.kept().minimums, &key, self.ctx.now(), MINIMUM_KEPT) {
            return Ok(known);
        }
        let is_fiat = fiat::find(price_currency).is_some();
        let flag = |set: bool| set.then_some(true);
        let least = GetMinAmount {
            currency_from: coin.clone(),
            currency_to: self.outcome_of(coin).await?,
            fiat_equivalent: is_fiat.then(|| price_currency.clone()),
            is_fixed_rate: flag(terms.fixed_rate || terms.fee_paid_by_customer),
            is_fee_paid_by_user: flag(terms.fee_paid_by_customer),
        };
        let least = self.price_of(&least, coin).await?;
        let worth = match least.fiat_equivalent {
            Some(worth) if is_fiat => Some(worth),
            _ if least.min_amount.is_zero() => Some(Amount::zero()),
            _ => match self.estimate(&least.min_amount, coin, price_currency).await {
                Ok(worth) => Some(worth),
                Err(failure) if failure.code == FailureCode::Offline => return Err(failure),
                Err(_) => None,
            },
        };
        let minimum = Minimum { amount: least.min_amount, worth };
        keep(&mut self.making.quotes.kept().minimums, key, self.ctx.now(), minimum.clone());
        Ok(minimum)
    }

    /// What the shop got for this coin last.
    async fn outcome_of(&self, coin: &Ticker) -> Result<Option<Ticker>, Failure> {
        let outcome: Option<String> = sqlx::query_scalar(
            "SELECT outcome_currency FROM payments WHERE pay_currency = ? AND outcome_currency IS NOT NULL \
             ORDER BY created_at DESC, id DESC LIMIT 1",
        )
        .bind(coin.as_str())
        .fetch_optional(&self.ctx.db)
        .await?;
        Ok(outcome.and_then(|ticker| ticker.parse().ok()))
    }

    /// Asks NOWPayments, unless it wants to be left in peace.
    async fn price_of<E: Endpoint>(&self, question: &E, coin: &Ticker) -> Result<E::Response, Failure> {
        let now = self.ctx.now();
        let closed = self.making.quotes.kept().closed_until.filter(|until| *until > now);
        if let Some(until) = closed {
            let seconds = (until - now).num_seconds().max(1);
            return Err(Failure::other(words!(
                en: "NOWPayments says that these are too many calls at once. Nothing was done. Try again in \
                     {seconds} seconds.",
                de: "NOWPayments sagt, dass das zu viele Abfragen auf einmal sind. Es wurde nichts getan. Versuchen \
                     Sie es in {seconds} Sekunden noch einmal.",
            )));
        }
        self.ctx.client.send(question).await.map_err(|error| {
            let refused = error.refused();
            if let Some(wait) = refused.and_then(|refused| refused.retry_after) {
                let wait = TimeDelta::from_std(wait).unwrap_or(MINIMUM_KEPT);
                self.making.quotes.kept().closed_until = Some(self.ctx.now() + wait);
            }
            match refused {
                Some(refused) if refused.is_currency_unavailable() => Failure::invalid(
                    "pay_currency",
                    words!(
                        en: "{} cannot be paid at the moment, says NOWPayments. Choose another coin.",
                        de: "In {} kann zurzeit nicht bezahlt werden, sagt NOWPayments. Wählen Sie einen anderen \
                             Coin.",
                        coin.to_uppercase(),
                    ),
                ),
                Some(refused) if refused.is_above_maximum() => {
                    Failure::invalid("price_amount", said!(
                        en: "This is more than NOWPayments takes in one payment.",
                        de: "Das ist mehr, als NOWPayments in einer Zahlung annimmt.",
                    ))
                }
                _ => Failure::from_api(&error),
            }
        })
    }
}

impl Quote {
    /// Says in words why a price is too small.
    ///
    /// # Errors
    /// When it is.
    fn check(&self, price: &Price, coin: &Ticker) -> Result<(), Failure> {
        if self.enough {
            return Ok(());
        }
        let (coin, currency) = (coin.to_uppercase(), &price.currency);
        let worth = match &self.minimum.worth {
            Some(worth) if price.currency.to_uppercase() != coin => {
                let decimals = if fiat::find(currency).is_some() { fiat::DECIMALS } else { 8 };
                let worth = worth.as_decimal().with_scale_round(decimals.into(), RoundingMode::Up);
                let worth = Amount::try_from(worth).map(|worth| worth.to_string()).unwrap_or_default();
                words!(
                    en: ", about {worth} {}",
                    de: ", etwa {worth} {}",
                    currency.to_uppercase(),
                    worth = decimal(worth),
                )
            }
            _ => String::new(),
        };
        Err(Failure::invalid(
            "price_amount",
            words!(
                en: "{price} is too little to be paid in {coin}. NOWPayments takes no less than {} {coin} \
                     there{worth}: below that, the fees of the network and the exchange would eat up too much of it. \
                     Nothing was made. Ask for more, or choose a coin with a lower minimum.",
                de: "{price} sind zu wenig, um in {coin} bezahlt zu werden. NOWPayments nimmt dort nicht weniger als \
                     {} {coin}{worth}: Darunter würden die Gebühren des Netzwerks und des Umtauschs zu viel davon \
                     aufzehren. Es wurde nichts angelegt. Verlangen Sie mehr, oder wählen Sie einen Coin mit \
                     kleinerem Mindestbetrag.",
                decimal(&self.minimum.amount),
            ),
        ))
    }
}

fn fresh<K: Eq + Hash, T: Clone>(
    kept: &HashMap<K, (DateTime<Utc>, T)>,
    key: &K,
    now: DateTime<Utc>,
    lasts: TimeDelta,
) -> Option<T> {
    kept.get(key).filter(|(at, _)| (*at..*at + lasts).contains(&now)).map(|(_, value)| value.clone())
}

fn keep<K: Eq + Hash, T>(kept: &mut HashMap<K, (DateTime<Utc>, T)>, key: K, now: DateTime<Utc>, value: T) {
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    kept.insert(key, (now, value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_for_a_while_and_not_beyond() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let mut kept = HashMap::new();
        keep(&mut kept, "a", at(100), 1);
        let known = |now| fresh(&kept, &"a", at(now), TimeDelta::seconds(15));
        assert_eq!([known(100), known(114)], [Some(1), Some(1)]);
        assert_eq!([known(115), known(99)], [None, None], "also when the clock was put back");
    }
}
