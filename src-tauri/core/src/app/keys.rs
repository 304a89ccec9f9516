//! The keys of the open shop: whether they are right, and others in their place.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use nowpayments::{
    Client, Login, PaymentId, Refused, Retry, SecretString,
    payments::{GetPayment, ListPayments},
};
use secrecy::ExposeSecret;
use sqlx::SqlitePool;

use super::Core;
use crate::{
    failure::Failure,
    language::{said, words},
    payments,
    secrets::Secret,
    shops::{self, Environment, NewKeys, Shop, ShopCheck, TRIAL, accept_email, accept_key},
};

/// What opens an account.
struct Keys {
    api_key: SecretString,
    login: Login,
}

impl Core {
    /// Tries the connection of the open shop, item by item, with the keys that the keychain holds.
    ///
    /// # Errors
    /// When no shop is open, or its database fails. What is wrong with the connection is in the answer.
    pub async fn check_shop(&self) -> Result<ShopCheck, Failure> {
        let open = self.shop()?;
        let client = match open.shop.environment {
            Environment::Demo => Ok(open.ctx.client.clone()),
            // Another one than the shop works with: it has no token yet, and waits for less.
            _ => self.client(&open.shop, TRIAL).await,
        };
        let connection = shops::report(client.as_ref(), &self.inner.surroundings).await;
        let codes_here = open.second_factor.get().await?.enrolled;
        let client = client.as_ref().unwrap_or(&open.ctx.client);
        Ok(shops::check(client, open.shop.environment, connection, codes_here).await)
    }

    /// Gives a shop other keys, once NOWPayments has taken them and they are seen to be of the same account. It need not be open:
    /// the keychain may have lost those that it had.
    ///
    /// # Errors
    /// What was typed is not right, or NOWPayments refuses it (with its field: `api_key`, `email` or `password`); it is of
    /// another account; NOWPayments or the keychain cannot be reached. Nothing has changed then.
    pub async fn change_keys(&self, id: &str, new: NewKeys) -> Result<Shop, Failure> {
        self.unlocked()?;
        let shop = &self.stored_shop(id).await?;
        let base = self.inner.bases.of(shop.environment).ok_or_else(|| {
            Failure::other(said!(
                en: "The demo shop has no keys of yours.",
                de: "Der Demo-Shop hat keine Schlüssel von Ihnen.",
            ))
        })?;
        accept_email(&new.email)?;
        let before = (self.kept(shop, Secret::ApiKey).await?, self.kept(shop, Secret::Password).await?);
        let keys = Keys {
            api_key: typed(&new.api_key).or_else(|| before.0.clone()).unwrap_or_default(),
            login: Login {
                email: new.email.trim().to_owned(),
                // Spaces may be a part of a password.
                password: match new.password.expose_secret().is_empty() {
                    true => before.1.clone().unwrap_or_default(),
                    false => new.password,
                },
            },
        };
        accept_key(&keys.api_key)?;
        if keys.login.password.expose_secret().is_empty() {
            return Err(Failure::invalid(
                "password",
                said!(
                    en: "Type the password: the keychain does not have it any more.",
                    de: "Geben Sie das Passwort ein: Der Schlüsselbund hat es nicht mehr.",
                ),
            ));
        }
        let client = |retry: Retry| {
            let Keys { api_key, login } = &keys;
            shops::client(base, api_key.clone(), Some(login.clone()), &self.inner.surroundings, retry)
        };
        let trial = client(TRIAL)?;
        shops::try_out(&trial).await?;
        if !self.is_account_of(shop, &trial).await? {
            return Err(Failure::other(words!(
                en: "These keys are of another account: the newest payment of “{}” is not there. Nothing was changed. Add \
                     that account as a shop of its own.",
                de: "Diese Schlüssel gehören zu einem anderen Konto: Die neueste Zahlung von „{}“ gibt es dort nicht. Es \
                     wurde nichts geändert. Fügen Sie jenes Konto als eigenen Shop hinzu.",
                shop.name,
            )));
        }

        let switching = self.inner.switching.lock().await;
        self.note(shop, &in_words(shop, &before, &keys), &switching).await?;
        if let Err(failure) = self.keep_keys(shop, &keys).await {
            // As far as the keychain lets us.
            for (secret, value) in [(Secret::ApiKey, before.0), (Secret::Password, before.1)] {
                if let Some(value) = value
                    && let Err(failure) =
                        self.inner.surroundings.keychain.store(&shop.id, secret, value).await
                {
                    tracing::error!(%failure, "a key that was there before could not be put back");
                }
            }
            let words = said!(
                en: "The keys could not be kept: those from before were put back.",
                de: "Die Schlüssel ließen sich nicht speichern: Die von vorher wurden zurückgelegt.",
            );
            if let Err(failure) = self.note(shop, words, &switching).await {
                tracing::error!(%failure, "that keys were put back is not in the audit log");
            }
            return Err(failure);
        }
        self.open_anew(&shop.id, Some(client(Retry::default())?), &switching).await
    }

    async fn is_account_of(&self, shop: &Shop, client: &Client) -> Result<bool, Failure> {
        if let Some(open) = self.open_now().filter(|open| open.shop.id == shop.id) {
            return is_same_account(&open.ctx.db, client).await;
        }
        let db = payments::open_database(&self.shop_path(&shop.id)).await?;
        let is_same = is_same_account(&db, client).await;
        db.close().await;
        is_same
    }

    async fn kept(&self, shop: &Shop, secret: Secret) -> Result<Option<SecretString>, Failure> {
        self.inner.surroundings.keychain.read(&shop.id, secret).await
    }

    async fn keep_keys(&self, shop: &Shop, keys: &Keys) -> Result<(), Failure> {
        let keychain = &self.inner.surroundings.keychain;
        keychain.store(&shop.id, Secret::ApiKey, keys.api_key.clone()).await?;
        keychain.store(&shop.id, Secret::Password, keys.login.password.clone()).await?;
        sqlx::query("UPDATE shops SET email = ? WHERE id = ?")
            .bind(&keys.login.email)
            .bind(&shop.id)
            .execute(&self.inner.db)
            .await?;
        Ok(())
    }
}

/// Which of the keys become other ones, for the audit log: nothing of what they are.
fn in_words(shop: &Shop, before: &(Option<SecretString>, Option<SecretString>), keys: &Keys) -> String {
    let is_other = |before: &Option<SecretString>, now: &SecretString| {
        before.as_ref().is_none_or(|before| before.expose_secret() != now.expose_secret())
    };
    let changed: Vec<_> = [
        (is_other(&before.0, &keys.api_key), said!(en: "API key", de: "API-Schlüssel")),
        (shop.email.as_ref() != Some(&keys.login.email), said!(en: "e-mail address", de: "E-Mail-Adresse")),
        (is_other(&before.1, &keys.login.password), said!(en: "password", de: "Passwort")),
    ]
    .into_iter()
    .filter_map(|(is_other, name)| is_other.then_some(name))
    .collect();
    if changed.is_empty() {
        let words = said!(
            en: "The keys were typed anew: they are the same ones.",
            de: "Die Schlüssel wurden neu eingegeben: Es sind dieselben.",
        );
        return words.to_owned();
    }
    words!(
        en: "The shop has another access to NOWPayments from now on. Changed: {}.",
        de: "Der Shop hat ab jetzt einen anderen Zugang zu NOWPayments. Geändert: {}.",
        changed.join(", "),
    )
}

/// A key without the spaces that were copied along; `None` where nothing was typed.
fn typed(key: &SecretString) -> Option<SecretString> {
    let key = key.expose_secret().trim();
    (!key.is_empty()).then(|| key.into())
}

/// Whether the newest payment that we know of is in the account, which need not show it to another key but lists it. Where we
/// know of none, nothing speaks against it.
async fn is_same_account(db: &SqlitePool, client: &Client) -> Result<bool, Failure> {
    const AROUND: TimeDelta = TimeDelta::minutes(1);
    let newest: Option<(String, DateTime<Utc>)> =
        sqlx::query_as("SELECT id, created_at FROM payments ORDER BY created_at DESC LIMIT 1")
            .fetch_optional(db)
            .await?;
    let newest = newest.and_then(|(id, at)| Some((id.parse::<PaymentId>().ok()?, at)));
    let Some((id, at)) = newest else { return Ok(true) };
    match client.send(&GetPayment { id: id.clone() }).await {
        Ok(_) | Err(nowpayments::Error::Unreadable(_)) => return Ok(true),
        Err(error) if error.refused().is_some_and(Refused::is_not_found) => {}
        Err(error) => return Err(Failure::from_api(&error)),
    }
    let around =
        ListPayments { date_from: Some(at - AROUND), date_to: Some(at + AROUND), ..ListPayments::default() };
    let mut pages = client.pages(around);
    while let Some(page) = pages.try_next().await.map_err(|error| Failure::from_api(&error))? {
        if page.iter().any(|payment| payment.payment_id == id) {
            return Ok(true);
        }
    }
    Ok(false)
}
