//! Notifications of subscriptions: a period that was paid, one of which too little came, one that nobody paid.

use chrono::{DateTime, Utc};
use nowpayments::Amount;
use sqlx::SqliteConnection;

use super::{Notification, Standing, Stored, Subject, rules::SubscriptionNews, words};
use crate::{
    language::{said, words},
    store,
};

/// How much of a text that somebody else has written is shown.
const LONGEST: usize = 60;

/// Something new of a subscription.
pub(crate) struct SubscriptionChange<'a> {
    pub(crate) news: SubscriptionNews,
    /// The API's id of the subscription.
    pub(crate) id: &'a str,
    /// What tells the period that it is about from others: the same news of the same period is told once.
    pub(crate) period: String,
    /// An e-mail address or the name of a custody user.
    pub(crate) subscriber: Option<&'a str>,
    /// The name of the plan.
    pub(crate) plan: &'a str,
    /// The price of the period.
    pub(crate) amount: Amount,
    /// Its currency.
    pub(crate) currency: String,
}

/// Decides what the owner is told of a subscription, inside the transaction that records what has changed. Announce
/// [`Changed::Subscriptions`](crate::Changed::Subscriptions) after the commit.
pub(crate) async fn decide_on_subscription(
    db: &mut SqliteConnection,
    change: &SubscriptionChange<'_>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let SubscriptionChange { news, id, period, amount, currency, .. } = change;
    if !Standing::read(db).await?.rules.want_of_subscription(*news, amount, currency) {
        return Ok(());
    }
    let (title, body) = text(change);
    sqlx::query(
        "INSERT INTO notifications (key, title, body, subject, at, news, price_amount, price_currency) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(format!("subscription:{id}:{}:{period}", news.name()))
    .bind(title)
    .bind(body)
    .bind(Subject::Subscription { id: (*id).to_owned() }.stored())
    .bind(store::time(now))
    .bind(news.name())
    .bind(amount.to_string())
    .bind(currency)
    .execute(db)
    .await?;
    Ok(())
}

/// The title and the text. The names in it may be anything: what cannot be seen is left out.
fn text(change: &SubscriptionChange<'_>) -> (String, String) {
    let plan = words::plain(change.plan, LONGEST);
    let who = words::plain(change.subscriber.unwrap_or(change.id), LONGEST);
    let price = words::money(&change.amount, &change.currency);
    let (title, body) = match change.news {
        SubscriptionNews::Paid => (
            said!(en: "Subscription paid", de: "Abo bezahlt"),
            words!(en: "{who} has paid {price} for “{plan}”.", de: "{who} hat {price} für „{plan}“ bezahlt."),
        ),
        SubscriptionNews::Underpaid => (
            said!(en: "Subscription underpaid", de: "Abo zu wenig gezahlt"),
            words!(
                en: "{who} has paid less than the {price} that “{plan}” costs.",
                de: "{who} hat weniger als die {price} gezahlt, die „{plan}“ kostet."
            ),
        ),
        SubscriptionNews::Expired => (
            said!(en: "Subscription expired", de: "Abo abgelaufen"),
            words!(
                en: "{who} has not paid {price} for “{plan}” in time.",
                de: "{who} hat {price} für „{plan}“ nicht rechtzeitig bezahlt."
            ),
        ),
    };
    (title.to_owned(), body)
}

/// One notification in place of several.
pub(super) fn digest(rows: &[Stored], now: DateTime<Utc>) -> Option<Notification> {
    let count =
        |news: SubscriptionNews| rows.iter().filter(|row| row.news.as_deref() == Some(news.name())).count();
    let counts: Vec<String> = SubscriptionNews::ALL
        .into_iter()
        .filter(|news| count(*news) > 0)
        .map(|news| {
            let said = match news {
                SubscriptionNews::Paid => said!(en: "paid", de: "bezahlt"),
                SubscriptionNews::Underpaid => said!(en: "underpaid", de: "zu wenig gezahlt"),
                SubscriptionNews::Expired => said!(en: "expired", de: "abgelaufen"),
            };
            format!("{} {said}", count(news))
        })
        .collect();
    let of = rows.len();
    Some(Notification {
        key: format!("subscriptions:{}", store::time(now)),
        title: words!(en: "{of} subscriptions", de: "{of} Abos"),
        body: format!("{}.", counts.join(", ")),
        subject: None,
        at: now,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_who_what_and_how_much_and_nothing_that_cannot_be_seen() {
        let change = SubscriptionChange {
            news: SubscriptionNews::Underpaid,
            id: "5",
            period: String::new(),
            subscriber: Some("ann\u{202e}@post.example"),
            plan: "Coffee\nclub",
            amount: "24.90".parse().unwrap(),
            currency: "eur".to_owned(),
        };
        let (title, body) = text(&change);
        assert_eq!(title, "Subscription underpaid");
        assert_eq!(body, "ann@post.example has paid less than the 24.90 EUR that “Coffee club” costs.");
    }
}
