//! What the owner changes of a shop that was added: its name, its currency, and whether it is read-only.
//!
//! Each change stands in the shop's audit log. What it changes is in another file than that log, so it is written there
//! first: a log that tells of a change which a kill has prevented is better than a change of which no log tells.

use nowpayments::Client;
use secrecy::SecretString;

use super::{Core, Switching};
use crate::{
    audit::{self, AuditArea, Head},
    changes::Changed,
    failure::Failure,
    fiat,
    language::{said, words},
    payments,
    pins::given,
    screen_lock::lock_pin_missing,
    shops::{Shop, accept_name},
};

impl Core {
    /// Gives a shop another name.
    ///
    /// # Errors
    /// [`FailureCode::Invalid`](crate::FailureCode::Invalid) with the field `name`; when there is no such shop, or the
    /// database fails.
    pub async fn rename_shop(&self, id: &str, name: &str) -> Result<Shop, Failure> {
        self.unlocked()?;
        accept_name(name)?;
        let name = name.trim();
        let switching = self.inner.switching.lock().await;
        let shop = self.stored_shop(id).await?;
        if shop.name != name {
            let words = words!(
                en: "The shop is called “{name}” from now on, no longer “{}”.",
                de: "Der Shop heißt ab jetzt „{name}“ und nicht mehr „{}“.",
                shop.name,
            );
            self.note(&shop, &words, &switching).await?;
        }
        sqlx::query("UPDATE shops SET name = ? WHERE id = ?")
            .bind(name)
            .bind(id)
            .execute(&self.inner.db)
            .await?;
        self.open_anew(id, None, &switching).await
    }

    /// From now on nothing is made, moved or changed at NOWPayments for a shop from this computer. When this returns, no
    /// such call is on its way any more. What NOWPayments does by itself, as paying what was scheduled, goes on.
    ///
    /// # Errors
    /// When there is no such shop, or the database fails.
    pub async fn begin_read_only(&self, id: &str) -> Result<Shop, Failure> {
        self.unlocked()?;
        let switching = self.inner.switching.lock().await;
        self.write_read_only(id, true, &switching).await?;
        self.open_anew(id, None, &switching).await
    }

    /// Ends that. It takes the PIN of the lock where there is one.
    ///
    /// # Errors
    /// [`FailureCode::WrongPin`](crate::FailureCode::WrongPin) with the field `pin`; when there is no such shop, or the
    /// database fails.
    pub async fn end_read_only(&self, id: &str, pin: Option<SecretString>) -> Result<Shop, Failure> {
        self.unlocked()?;
        let lock = self.lock_pin();
        if lock.is_set().await? {
            lock.check(given(pin, lock_pin_missing())?, "pin").await?;
        }
        let switching = self.inner.switching.lock().await;
        self.write_read_only(id, false, &switching).await?;
        self.open_anew(id, None, &switching).await
    }

    /// From now on what something is worth is told in another currency. What was worked out before keeps the currency that
    /// it was worked out in, and so do the limits for payouts.
    ///
    /// # Errors
    /// [`FailureCode::Invalid`](crate::FailureCode::Invalid) with the field `currency` when NOWPayments tells nothing in
    /// it; when there is no such shop, or the database fails.
    pub async fn set_shop_currency(&self, id: &str, currency: &str) -> Result<Shop, Failure> {
        self.unlocked()?;
        let currency = fiat::accept(currency)?;
        let switching = self.inner.switching.lock().await;
        let shop = self.stored_shop(id).await?;
        if shop.currency != currency {
            let words = words!(
                en: "What something is worth is told in {new} from now on, no longer in {old}.",
                de: "Was etwas wert ist, wird ab jetzt in {new} angegeben und nicht mehr in {old}.",
                new = currency.to_uppercase(),
                old = shop.currency.to_uppercase(),
            );
            self.note(&shop, &words, &switching).await?;
        }
        sqlx::query("UPDATE shops SET currency = ? WHERE id = ?")
            .bind(currency)
            .bind(id)
            .execute(&self.inner.db)
            .await?;
        self.open_anew(id, None, &switching).await
    }

    async fn write_read_only(
        &self,
        id: &str,
        read_only: bool,
        switching: &Switching<'_>,
    ) -> Result<(), Failure> {
        let shop = self.stored_shop(id).await?;
        if shop.read_only != read_only {
            let words = match read_only {
                true => said!(
                    en: "Read-only from now on: nothing is made, moved or changed at NOWPayments from this computer.",
                    de: "Nur-Lesen ab jetzt: Von diesem Rechner aus wird bei NOWPayments nichts angelegt, bewegt oder geändert.",
                ),
                false => said!(en: "No longer read-only.", de: "Nur-Lesen ist beendet."),
            };
            self.note(&shop, words, switching).await?;
        }
        sqlx::query("UPDATE shops SET read_only = ? WHERE id = ?")
            .bind(read_only)
            .bind(id)
            .execute(&self.inner.db)
            .await?;
        Ok(())
    }

    /// Writes into the audit log of a shop what is about to be changed of it, whether it is open or not.
    pub(crate) async fn note(&self, shop: &Shop, words: &str, _: &Switching<'_>) -> Result<(), Failure> {
        let now = self.inner.surroundings.now();
        if let Some(open) = self.open_now().filter(|open| open.shop.id == shop.id) {
            let mut tx = open.ctx.write().await?;
            audit::write(&mut tx, now, AuditArea::Shop, &shop.name, &shop.id, words).await?;
            tx.commit().await?;
            return Ok(());
        }
        let db = payments::open_database(&self.shop_path(&shop.id)).await?;
        let head = Head::new(self.inner.db.clone(), &shop.id);
        let noted = async {
            head.begin(&db).await?;
            let mut tx = db.begin_with("BEGIN IMMEDIATE").await?;
            audit::write(&mut tx, now, AuditArea::Shop, &shop.name, &shop.id, words).await?;
            Ok(head.commit(tx).await?)
        };
        let noted = noted.await;
        db.close().await;
        noted
    }

    /// Has all that works for a shop go by what is stored of it now. If it is the open one, it is opened once more: what
    /// worked for it has ended by then, calls that are not to be cut off included. With `client`, if another is given.
    pub(super) async fn open_anew(
        &self,
        id: &str,
        client: Option<Client>,
        switching: &Switching<'_>,
    ) -> Result<Shop, Failure> {
        let shop = self.stored_shop(id).await?;
        let Some(open) = self.open_now().filter(|open| open.shop.id == id) else {
            self.announce(Changed::Shops);
            return Ok(shop);
        };
        let client = client.unwrap_or_else(|| open.ctx.client.clone());
        self.leave(Some(id)).await;
        let opened = match payments::open_database(&self.shop_path(id)).await {
            Ok(db) => self.enter(shop, db, client, switching).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = &opened {
            self.current().trouble = Some(failure.clone());
        }
        self.announce(Changed::Everything);
        opened
    }
}
