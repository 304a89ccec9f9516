//! What the end of a shop on this computer, and a copy of its keys, take: a PIN, where there is one.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::Core;
use crate::{
    failure::Failure,
    language::said,
    payments,
    pins::{Pin, given},
    secrets::Secret,
    shops::Shop,
};

/// Whose PIN it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum GuardingPin {
    /// That of the app's lock.
    Lock,
    /// That of whoever approves the payouts of the shop.
    Approver,
}

/// What is to be known before a shop is removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Removal {
    /// What is under way, or whose end is not known, in words. It goes on without Paydesk, which then no longer knows of it.
    pub under_way: Vec<String>,
    /// Whose PIN it takes; `None`: nobody's.
    pub pin: Option<GuardingPin>,
}

impl Core {
    /// What is to be known before a shop is removed, whether it is open or not.
    ///
    /// # Errors
    /// When the app is locked, there is no such shop, or the app's database fails.
    pub async fn removal(&self, id: &str) -> Result<Removal, Failure> {
        self.unlocked()?;
        let shop = self.stored_shop(id).await?;
        Ok(Removal { under_way: self.under_way(&shop).await, pin: self.guarding_pin(id).await? })
    }

    /// Whose PIN it takes to remove a shop or to copy its keys.
    ///
    /// # Errors
    /// When the app is locked or its database fails.
    pub async fn guarding_pin(&self, id: &str) -> Result<Option<GuardingPin>, Failure> {
        self.unlocked()?;
        if self.has_approver(id).await {
            return Ok(Some(GuardingPin::Approver));
        }
        Ok(self.lock_pin().is_set().await?.then_some(GuardingPin::Lock))
    }

    /// Whether two persons are needed for the payouts of a shop. One whose database cannot be read has nobody to ask.
    async fn has_approver(&self, id: &str) -> bool {
        let path = self.shop_path(id);
        if !path.exists() {
            return false;
        }
        let asked = async {
            let mut db = SqliteConnectOptions::new().filename(&path).read_only(true).connect().await?;
            let found: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pins WHERE which = ?)")
                .bind(Secret::ApproverPin.name())
                .fetch_one(&mut db)
                .await?;
            db.close().await?;
            Ok::<_, sqlx::Error>(found)
        };
        asked.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "whether a shop needs two persons could not be read");
            false
        })
    }

    /// Checks the PIN that it takes, if it takes one.
    pub(crate) async fn permit(&self, id: &str, pin: Option<SecretString>) -> Result<(), Failure> {
        let Some(guarding) = self.guarding_pin(id).await? else { return Ok(()) };
        let pin = given(
            pin,
            match guarding {
                GuardingPin::Lock => said!(
                    en: "This takes the PIN of the lock. Nothing was done.",
                    de: "Das braucht die PIN der Sperre. Es wurde nichts getan.",
                ),
                GuardingPin::Approver => said!(
                    en: "This takes the PIN of whoever approves payouts. Nothing was done.",
                    de: "Das braucht die PIN der Person, die Auszahlungen freigibt. Es wurde nichts getan.",
                ),
            },
        )?;
        if guarding == GuardingPin::Lock {
            return self.lock_pin().check(pin, "pin").await;
        }
        let surroundings = &self.inner.surroundings;
        let which = Secret::ApproverPin;
        if let Some(open) = self.open_now().filter(|open| open.shop.id == id) {
            return Pin { db: &open.ctx.db, surroundings, owner: id, which }.check(pin, "pin").await;
        }
        let db = payments::open_database(&self.shop_path(id)).await?;
        let checked = Pin { db: &db, surroundings, owner: id, which }.check(pin, "pin").await;
        db.close().await;
        checked
    }

    /// Whether the owner has seen all that is under way in a shop.
    pub(super) async fn seen(&self, shop: &Shop, seen: u32) -> Result<(), Failure> {
        match usize::try_from(seen).unwrap_or_default() < self.under_way(shop).await.len() {
            true => Err(crate::data::more_under_way()),
            false => Ok(()),
        }
    }
}
