//! What guards payouts to accounts at banks. They leave the shop as batches do: the limits count both, and where two persons are
//! needed, both are needed for these too.

use nowpayments::Amount;
use secrecy::SecretString;
use sqlx::SqliteConnection;

use super::{Payouts, rules::rules};
use crate::{
    failure::Failure,
    language::{decimal, said, words},
    pins::given,
    secrets::Secret,
};

/// The PINs of both persons, where two are needed to pay.
#[derive(Debug, Clone)]
pub struct BothPins {
    /// That of whoever prepares payouts.
    pub preparer: SecretString,
    /// That of whoever approves them.
    pub approver: SecretString,
}

impl Payouts {
    /// Something that leads money to a bank is asked for in one step: it takes both persons, where two are needed.
    pub(crate) async fn agreed_by_both(&self, pins: Option<BothPins>) -> Result<(), Failure> {
        if !self.has_two_persons().await? {
            return Ok(());
        }
        let (preparer, approver) = pins.map(|pins| (pins.preparer, pins.approver)).unzip();
        let of = |field: &str| {
            let field = field.to_owned();
            move |failure: Failure| Failure { field: Some(field), ..failure }
        };
        let preparer = given(
            preparer,
            said!(
                en: "It takes the PIN of whoever prepares payouts. Nothing was sent.",
                de: "Das braucht die PIN der Person, die Auszahlungen vorbereitet. Es wurde nichts gesendet.",
            ),
        )
        .map_err(of("preparer"))?;
        let approver = given(
            approver,
            said!(
                en: "It takes the PIN of whoever approves payouts. Nothing was sent.",
                de: "Das braucht die PIN der Person, die Auszahlungen freigibt. Es wurde nichts gesendet.",
            ),
        )
        .map_err(of("approver"))?;
        self.person(Secret::PreparerPin).check(preparer, "preparer").await?;
        self.person(Secret::ApproverPin).check(approver, "approver").await
    }

    /// Whether two persons are needed to pay.
    pub(crate) async fn takes_both(&self) -> Result<bool, Failure> {
        self.has_two_persons().await
    }

    /// The currency in which limits are told, and whether there are any.
    pub(crate) async fn currency_of_limits(&self) -> Result<(String, bool), Failure> {
        let rules = rules(&self.ctx.db, &self.ctx).await?;
        Ok((rules.currency.clone(), rules.batch_limit.is_some() || rules.day_limit.is_some()))
    }

    /// Refuses a payout to a bank that the limits do not allow. `worth` is what it is worth, and in which currency.
    pub(crate) async fn keep_limits(
        &self,
        db: &mut SqliteConnection,
        worth: Option<&(Amount, String)>,
    ) -> Result<(), Failure> {
        let over = |words: String| Err(Failure::invalid("amount", words));
        let rules = rules(&mut *db, &self.ctx).await?;
        if rules.batch_limit.is_none() && rules.day_limit.is_none() {
            return Ok(());
        }
        let currency = rules.currency.to_ascii_uppercase();
        let Some((worth, _)) = worth.filter(|(_, told)| *told == rules.currency) else {
            return over(words!(
                en: "What this payout is worth in {currency} is not known, so your limits cannot be kept. Nothing was paid out. \
                     Change the limits in the settings, or pay out another coin.",
                de: "Was diese Auszahlung in {currency} wert ist, ist nicht bekannt, darum können Ihre Grenzen nicht eingehalten \
                     werden. Es wurde nichts ausgezahlt. Ändern Sie die Grenzen in den Einstellungen, oder zahlen Sie einen \
                     anderen Coin aus.",
            ));
        };
        if let Some(limit) = rules.batch_limit.as_ref().filter(|limit| worth > *limit) {
            return over(words!(
                en: "This payout is worth about {worth} {currency}, and your limit for one is {limit} {currency}. Nothing was \
                     paid out. Pay out less, or change the limit in the settings.",
                de: "Diese Auszahlung ist etwa {worth} {currency} wert, und Ihre Grenze für eine ist {limit} {currency}. Es \
                     wurde nichts ausgezahlt. Zahlen Sie weniger aus, oder ändern Sie die Grenze in den Einstellungen.",
                worth = decimal(worth),
                limit = decimal(limit),
            ));
        }
        let Some(limit) = &rules.day_limit else { return Ok(()) };
        match self.paid_within_a_day(db, &rules.currency).await? {
            Some(sent) if worth + &sent > *limit => over(words!(
                en: "About {sent} {currency} were paid out in the last 24 hours and this payout is worth about {worth} {currency}; \
                     your limit is {limit} {currency}. Nothing was paid out. Wait, pay out less, or change the limit in the \
                     settings.",
                de: "In den letzten 24 Stunden wurden etwa {sent} {currency} ausgezahlt, und diese Auszahlung ist etwa {worth} \
                     {currency} wert; Ihre Grenze ist {limit} {currency}. Es wurde nichts ausgezahlt. Warten Sie, zahlen Sie \
                     weniger aus, oder ändern Sie die Grenze in den Einstellungen.",
                sent = decimal(&sent),
                worth = decimal(worth),
                limit = decimal(limit),
            )),
            Some(_) => Ok(()),
            None => over(
                said!(
                    en: "What was paid out in the last 24 hours is worth an amount that is not known, so your limit of a day cannot \
                         be kept. Nothing was paid out. Wait, or change the limit in the settings.",
                    de: "Was in den letzten 24 Stunden ausgezahlt wurde, hat einen unbekannten Wert, darum kann Ihre Grenze für \
                         einen Tag nicht eingehalten werden. Es wurde nichts ausgezahlt. Warten Sie, oder ändern Sie die Grenze \
                         in den Einstellungen.",
                )
                .to_owned(),
            ),
        }
    }
}
