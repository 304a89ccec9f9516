//! What is asked for of subscriptions, and what came of it, in the audit log; and what subscribing somebody does, in words.

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;

use super::{
    Subscriptions, WhoSubscribes,
    describe::days,
    journal::CallRow,
    making::{CallState, Order, SubscriptionCallKind},
};
use crate::{
    audit::{self, AuditArea},
    failure::Failure,
    language::{said, words},
    moves::words::coins,
};

impl Subscriptions {
    /// What subscribing somebody does, in words, before it is done.
    ///
    /// # Errors
    /// When what was typed is not right (with its field: `plan`, `email` or `user`), or the shop was closed.
    pub async fn describe_subscribing(&self, plan: &str, who: WhoSubscribes) -> Result<String, Failure> {
        let Order::Subscribe(_, _) = self.subscription_order(plan, &who).await? else {
            return Ok(String::new());
        };
        let plan = self.stored_plan(plan).await?;
        let (price, period) = (coins(&plan.amount, &plan.currency), days(plan.interval_days));
        Ok(match who {
            WhoSubscribes::Email { email } => words!(
                en: "{email} is subscribed to “{title}” and gets a link to pay {price} before each period ({period}).",
                de: "{email} abonniert „{title}“ und bekommt vor jedem Zeitraum ({period}) einen Link, um {price} zu zahlen.",
                email = email.trim(),
                title = plan.title
            ),
            WhoSubscribes::User { user } => {
                let id = user.trim();
                let mut db = self.ctx.db.acquire().await?;
                let name = user_name(&mut db, id).await?;
                words!(
                    en: "{who} is subscribed to “{title}”: NOWPayments takes {price} off this balance now and again for each further period ({period}), \
                         until the subscription is ended. What was taken comes back only by a deposit.",
                    de: "{who} abonniert „{title}“: NOWPayments bucht jetzt und für jeden weiteren Zeitraum ({period}) {price} von diesem \
                         Guthaben ab, bis das Abo beendet wird. Was abgebucht ist, kommt nur durch eine Einzahlung zurück.",
                    who = match name == id {
                        true => words!(en: "The user {id}", de: "Der Benutzer {id}"),
                        false => words!(en: "{name} (user {id})", de: "{name} (Benutzer {id})"),
                    },
                    title = plan.title
                )
            }
        })
    }
}

/// The name of a custody user, as far as it is known; else the id.
async fn user_name(db: &mut SqliteConnection, id: &str) -> Result<String, sqlx::Error> {
    let name: Option<String> = sqlx::query_scalar(
        "SELECT coalesce((SELECT name FROM custody_users WHERE id = ?1), (SELECT name FROM subscription_users WHERE id = ?1))",
    )
    .bind(id)
    .fetch_one(db)
    .await?;
    Ok(name.unwrap_or_else(|| id.to_owned()))
}

async fn plan_title(db: &mut SqliteConnection, id: &str) -> Result<String, sqlx::Error> {
    let title: Option<String> = sqlx::query_scalar("SELECT title FROM subscription_plans WHERE id = ?")
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(title.unwrap_or_else(|| id.to_owned()))
}

/// The name of what a call is about: the plan, or who is subscribed.
async fn subject(db: &mut SqliteConnection, row: &CallRow) -> Result<String, sqlx::Error> {
    if let Some(plan) = row.plan_order() {
        return Ok(plan.title);
    }
    let (email, user) = match (&row.subscription, row.kind) {
        (Some(subscription), SubscriptionCallKind::End) => {
            let who: Option<(Option<String>, Option<String>)> =
                sqlx::query_as("SELECT email, user FROM subscriptions WHERE id = ?")
                    .bind(subscription)
                    .fetch_optional(&mut *db)
                    .await?;
            who.unwrap_or_default()
        }
        _ => (row.email.clone(), row.user.clone()),
    };
    match (email, user) {
        (Some(email), _) => Ok(email),
        (None, Some(user)) => user_name(db, &user).await,
        (None, None) => Ok(row.subscription.clone().unwrap_or_default()),
    }
}

/// Writes that a call is about to be made.
pub(super) async fn note_call(db: &mut SqliteConnection, id: &str, at: DateTime<Utc>) -> Result<(), Failure> {
    let row = CallRow::load(&mut *db, id).await?;
    let who = subject(db, &row).await?;
    let what = match (row.kind, row.plan_order()) {
        (SubscriptionCallKind::Subscribe, _) => words!(
            en: "{who} is subscribed to “{plan}”.",
            de: "{who} abonniert „{plan}“.",
            plan = plan_title(db, row.plan.as_deref().unwrap_or_default()).await?
        ),
        (SubscriptionCallKind::End, _) => {
            words!(en: "The subscription of {who} is ended.", de: "Das Abo von {who} wird beendet.")
        }
        (kind, plan) => {
            let terms = plan
                .map(|plan| format!("{}, {}", coins(&plan.amount, &plan.currency), days(plan.interval_days)));
            let terms = terms.unwrap_or_default();
            match kind {
                SubscriptionCallKind::MakePlan => {
                    words!(en: "The plan “{who}” is made: {terms}.", de: "Der Plan „{who}“ wird angelegt: {terms}.")
                }
                _ => words!(
                    en: "The plan “{old}” becomes “{who}”: {terms}.",
                    de: "Der Plan „{old}“ wird zu „{who}“: {terms}.",
                    old = plan_title(db, row.plan.as_deref().unwrap_or_default()).await?
                ),
            }
        }
    };
    let said = words!(en: "Sent to NOWPayments: {what}", de: "An NOWPayments gesendet: {what}");
    audit::write(db, at, AuditArea::Subscriptions, &who, id, &said).await
}

/// Writes what became of a call, or why that is not known.
pub(super) async fn note_end(
    db: &mut SqliteConnection,
    id: &str,
    state: CallState,
    trouble: Option<&str>,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let row = CallRow::load(&mut *db, id).await?;
    let who = subject(db, &row).await?;
    let said = match (state, trouble) {
        (CallState::Done, _) => said!(en: "Done by NOWPayments.", de: "Von NOWPayments ausgeführt."),
        (CallState::GivenUp, _) => said!(
            en: "Given up: NOWPayments did not show it.",
            de: "Aufgegeben: NOWPayments hat es nicht gezeigt."
        ),
        (_, Some(trouble)) => trouble,
        (_, None) => return Ok(()),
    };
    audit::write(db, at, AuditArea::Subscriptions, &who, id, said).await
}
