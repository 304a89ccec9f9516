//! What a change of a plan does to those who are subscribed, in words.

use nowpayments::Amount;

use super::{
    Plan, Subscriptions,
    making::{PlanEdit, PlanOrder},
};
use crate::{
    failure::Failure,
    language::{said, words},
};

/// Who is subscribed, as far as a change concerns them.
pub(super) struct Running {
    /// All.
    subscribers: u32,
    /// Those who have a bill that is not paid, or not whole.
    unpaid: u32,
    /// Those who pay by links that are sent to them.
    by_email: u32,
}

impl Subscriptions {
    /// What a change of a plan would do, in words, a sentence or two for each thing that changes; empty when nothing does.
    ///
    /// # Errors
    /// When what was typed is not right (with its field), there is no such plan, or the shop was closed.
    pub async fn describe_change(&self, id: &str, edit: PlanEdit) -> Result<Vec<String>, Failure> {
        let plan = self.stored_plan(id).await?;
        let order = PlanOrder::read(&edit, &*self.ctx.coins().await?, Some(&plan))?;
        let (subscribers, unpaid, by_email) = sqlx::query_as(
            "SELECT count(*), coalesce(sum(status IN ('waiting_pay', 'partially_paid')), 0), coalesce(sum(email IS NOT NULL), 0) \
             FROM subscriptions WHERE plan = ? AND ended_at IS NULL AND status <> 'expired'",
        )
        .bind(id)
        .fetch_one(&self.ctx.db)
        .await?;
        Ok(describe(&plan, &order, &Running { subscribers, unpaid, by_email }))
    }
}

/// The sentences.
pub(super) fn describe(plan: &Plan, order: &PlanOrder, running: &Running) -> Vec<String> {
    let Running { subscribers, unpaid, by_email } = *running;
    let mut said = Vec::new();
    let who = match subscribers {
        0 => {
            said!(en: "Nobody is subscribed at the moment.", de: "Zurzeit hat niemand abonniert.").to_owned()
        }
        1 => said!(en: "This concerns 1 subscriber.", de: "Das betrifft 1 Abonnenten.").to_owned(),
        many => words!(en: "This concerns {many} subscribers.", de: "Das betrifft {many} Abonnenten."),
    };
    let price = |amount: &Amount, currency: &str| format!("{amount} {}", currency.to_uppercase());
    let (before, after) = (price(&plan.amount, &plan.currency), price(&order.amount, &order.currency));
    if before != after {
        said.push(words!(
            en: "The price changes from {before} to {after} with the next bill of each subscriber. A period that is paid stays paid, \
                 and nothing is charged or given back for it.",
            de: "Der Preis ändert sich von {before} auf {after}, für jeden Abonnenten mit der nächsten Rechnung. Ein bezahlter Zeitraum bleibt \
                 bezahlt; dafür wird nichts nachgefordert und nichts erstattet."
        ));
    }
    let (old, new) = (plan.interval_days, order.interval_days);
    if old != new {
        let (old, new) = (days(old), days(new));
        said.push(words!(
            en: "A period has {new} instead of {old} from the next bill on. A period that is paid ends when it would have ended.",
            de: "Ein Zeitraum hat ab der nächsten Rechnung {new} (bisher {old}). Ein bezahlter Zeitraum endet, wann er ohnehin geendet hätte."
        ));
    }
    if (before != after || old != new) && unpaid > 0 {
        let bills = match unpaid {
            1 => {
                said!(en: "1 bill that is out and not paid keeps", de: "1 offene Rechnung behält").to_owned()
            }
            many => {
                words!(en: "{many} bills that are out and not paid keep", de: "{many} offene Rechnungen behalten")
            }
        };
        said.push(words!(
            en: "{bills} the old price and the old period.",
            de: "{bills} den alten Preis und den alten Zeitraum."
        ));
    }
    if plan.takes_email && !order.takes_email() && by_email > 0 {
        said.push(words!(
            en: "In a coin, nobody can be subscribed by e-mail: what becomes of the {by_email} who are, NOWPayments does not say.",
            de: "Mit einem Preis in einer Kryptowährung kann niemand per E-Mail abonnieren: Was aus den {by_email} wird, die es getan haben, sagt \
                 NOWPayments nicht."
        ));
    }
    let title = (plan.title != order.title).then(|| {
        let (old, new) = (&plan.title, &order.title);
        words!(
            en: "The name changes from “{old}” to “{new}”, for those who are subscribed, too.",
            de: "Der Name ändert sich von „{old}“ zu „{new}“, auch für die, die schon abonniert haben."
        )
    });
    let has_title = title.is_some();
    said.extend(title);
    let links = [
        (&plan.callback_url, &order.callback_url),
        (&plan.success_url, &order.success_url),
        (&plan.cancel_url, &order.cancel_url),
        (&plan.partially_paid_url, &order.partially_paid_url),
    ];
    if links.iter().any(|(old, new)| new.is_some() && old != new) {
        said.push(
            said!(
                en: "Callbacks and customers go to the new addresses from now on.",
                de: "Rückmeldungen und Kunden gehen von nun an zu den neuen Adressen."
            )
            .to_owned(),
        );
    }
    if links.iter().any(|(old, new)| new.is_none() && old.is_some()) {
        said.push(
            said!(
                en: "An address that was emptied stays as it is: NOWPayments cannot take one away.",
                de: "Eine geleerte Adresse bleibt, wie sie ist: NOWPayments kann keine entfernen."
            )
            .to_owned(),
        );
    }
    if before != after || old != new || has_title {
        said.push(who);
    }
    said
}

pub(super) fn days(days: u32) -> String {
    match days {
        1 => said!(en: "1 day", de: "1 Tag").to_owned(),
        many => words!(en: "{many} days", de: "{many} Tage"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            id: "1".to_owned(),
            title: "Coffee".to_owned(),
            interval_days: 30,
            amount: "24.90".parse().unwrap(),
            currency: "eur".to_owned(),
            takes_email: true,
            callback_url: None,
            success_url: Some("https://a.example/".to_owned()),
            cancel_url: None,
            partially_paid_url: None,
            created_at: None,
            updated_at: None,
        }
    }

    fn order() -> PlanOrder {
        let plan = plan();
        PlanOrder {
            title: plan.title,
            interval_days: plan.interval_days,
            amount: plan.amount,
            currency: plan.currency,
            callback_url: plan.callback_url,
            success_url: plan.success_url,
            cancel_url: plan.cancel_url,
            partially_paid_url: plan.partially_paid_url,
        }
    }

    #[test]
    fn what_does_not_change_is_not_spoken_of() {
        assert!(describe(&plan(), &order(), &Running { subscribers: 3, unpaid: 1, by_email: 3 }).is_empty());
    }

    #[test]
    fn each_change_says_what_it_does_to_those_who_are_subscribed() {
        let dearer =
            PlanOrder { amount: "30".parse().unwrap(), interval_days: 31, success_url: None, ..order() };
        let said = describe(&plan(), &dearer, &Running { subscribers: 3, unpaid: 1, by_email: 3 });
        let all = said.join(" ");
        for words in [
            "from 24.9 EUR to 30 EUR",
            "31 days instead of 30 days",
            "1 bill that is out",
            "cannot take one away",
            "3 subscribers",
        ] {
            assert!(all.contains(words), "{words:?} is not in {all:?}");
        }
        let in_coins = PlanOrder { currency: "btc".to_owned(), ..order() };
        let said =
            describe(&plan(), &in_coins, &Running { subscribers: 2, unpaid: 0, by_email: 2 }).join(" ");
        assert!(said.contains("nobody can be subscribed by e-mail"), "{said}");
        assert!(!said.contains("bill that is out"), "{said}");
    }
}
