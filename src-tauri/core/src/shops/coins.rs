//! The coins of the open shop's NOWPayments: kept from the last answer, asked for again now and then.

use std::{borrow::Cow, sync::Arc, time::Duration};

use nowpayments::{Coin, Endpoint, Method, Unreadable, read_full_currencies};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::ShopContext;
use crate::{coins::Catalogue, failure::Failure};

impl ShopContext {
    /// The coins: those of the last answer, or of one that is asked for now when there is none yet.
    ///
    /// # Errors
    /// When there is none and NOWPayments does not give one.
    pub(crate) async fn coins(&self) -> Result<Arc<Catalogue>, Failure> {
        let mut kept = self.catalogue.lock().await;
        if let Some(coins) = &*kept {
            return Ok(coins.clone());
        }
        let coins = match self.kept_coins().await? {
            Some(coins) => coins,
            None => self.fetch_coins().await?,
        };
        Ok(kept.insert(Arc::new(Catalogue::new(coins))).clone())
    }

    /// Asks for the coins when the shop is opened, and again every few hours.
    pub(super) async fn refresh_coins(self: Arc<Self>) {
        const WHEN_KNOWN: Duration = Duration::from_hours(6);
        const WHEN_FAILED: Duration = Duration::from_mins(1);
        loop {
            let pause = match self.fetch_coins().await {
                Ok(coins) => {
                    *self.catalogue.lock().await = Some(Arc::new(Catalogue::new(coins)));
                    WHEN_KNOWN
                }
                Err(failure) => {
                    tracing::warn!(%failure, "the list of coins could not be read again");
                    WHEN_FAILED
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn kept_coins(&self) -> Result<Option<Vec<Coin>>, Failure> {
        let answers: Vec<String> =
            sqlx::query_scalar("SELECT answer FROM coins ORDER BY position").fetch_all(&self.db).await?;
        if answers.is_empty() {
            return Ok(None);
        }
        let whole = format!(r#"{{"currencies":[{}]}}"#, answers.join(","));
        // What this version cannot read any more is asked for anew.
        Ok(read_full_currencies(whole.as_bytes())
            .inspect_err(|error| tracing::warn!(%error, "the kept list of coins is of no use"))
            .ok())
    }

    async fn fetch_coins(&self) -> Result<Vec<Coin>, Failure> {
        let coins = self.client.send(&FullCurrencies {}).await.map_err(|error| Failure::from_api(&error))?;
        let mut db = self.write().await?;
        sqlx::query("DELETE FROM coins").execute(&mut *db).await?;
        for (position, RawCoin { coin, answer }) in (0_i64..).zip(&coins) {
            sqlx::query("INSERT INTO coins (code, position, answer) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
                .bind(coin.code.as_str())
                .bind(position)
                .bind(answer)
                .execute(&mut *db)
                .await?;
        }
        db.commit().await?;
        Ok(coins.into_iter().map(|raw| raw.coin).collect())
    }
}

/// `GET /full-currencies`, with the API's own JSON beside what the client reads of it.
#[derive(Serialize)]
struct FullCurrencies {}

#[derive(Deserialize)]
struct RawCoin {
    coin: Coin,
    answer: String,
}

impl Endpoint for FullCurrencies {
    const METHOD: Method = Method::GET;
    type Response = Vec<RawCoin>;

    fn path(&self) -> Cow<'static, str> {
        "full-currencies".into()
    }

    fn read(&self, body: &[u8]) -> Result<Vec<RawCoin>, Unreadable> {
        #[derive(Deserialize)]
        struct Answers<'a> {
            #[serde(borrow)]
            currencies: Vec<&'a RawValue>,
        }

        let coins = read_full_currencies(body)?;
        let answers: Answers<'_> = serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body))
            .map_err(|error| unreadable(&error))?;
        let raw = |(coin, answer): (Coin, &RawValue)| RawCoin { coin, answer: answer.get().to_owned() };
        Ok(coins.into_iter().zip(answers.currencies).map(raw).collect())
    }
}

fn unreadable(error: &serde_json::Error) -> Unreadable {
    Unreadable { call: None, path: String::new(), message: error.to_string(), request_id: None }
}

#[cfg(test)]
mod tests {
    use nowpayments_simulator::{Options, Simulator};

    use super::*;
    use crate::failure::FailureCode;

    #[tokio::test]
    async fn coins_are_asked_for_once_and_known_without_a_network_from_then_on() {
        let folder = tempfile::tempdir().unwrap();
        let offline = ShopContext::for_test(folder.path()).await;
        assert_eq!(offline.coins().await.unwrap_err().code, FailureCode::Offline);
        offline.close().await;

        let simulator = Simulator::start(Options::default()).await.unwrap();
        let key = simulator.credentials().api_key;
        let online = ShopContext::for_test_at(folder.path(), &simulator.url(), &key, None).await;
        let coins = online.coins().await.unwrap();
        assert!(coins.iter().count() >= 60);
        online.close().await;
        simulator.stop().await;

        let offline = ShopContext::for_test(folder.path()).await;
        let kept = offline.coins().await.unwrap();
        let tickers =
            |coins: &Catalogue| coins.iter().map(|coin| coin.ticker().to_owned()).collect::<Vec<_>>();
        assert_eq!(tickers(&kept), tickers(&coins));
        offline.close().await;
    }
}
