//! Writing down what NOWPayments shows, what has changed since it was last seen, and what the owner is told of that, all in
//! one transaction.

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::{
    Amount,
    custody::CustodyUser,
    subscriptions::{Plan, Subscriber, Subscription, SubscriptionStatus},
};
use sqlx::SqliteConnection;

use crate::{
    failure::Failure,
    notifications::{self, SubscriptionChange, SubscriptionNews},
    payments::exact,
    store,
};

/// No more periods than these are taken to be paid between two readings.
const MOST_PERIODS: i32 = 400;

/// When a list was read.
pub(super) struct Reading {
    /// When its reading began.
    pub(super) began: DateTime<Utc>,
    /// When it ended.
    pub(super) now: DateTime<Utc>,
    /// It is the first of all: nothing in it has just happened.
    pub(super) first: bool,
}

/// A subscription as it was known.
#[derive(sqlx::FromRow)]
struct Known {
    plan: String,
    email: Option<String>,
    user: Option<String>,
    status: String,
    active: bool,
    expires_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
    billed_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

/// What a plan asked for from some time on.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
struct PlanTerms {
    interval_days: u32,
    amount: String,
    currency: String,
}

/// A status as it is kept: in lower case, unknown ones too.
pub(super) fn status(status: &SubscriptionStatus) -> String {
    status.as_str().to_lowercase()
}

/// Takes in plans. Whether anything was new.
pub(super) async fn plans(db: &mut SqliteConnection, plans: &[Plan]) -> Result<bool, Failure> {
    let mut changed = false;
    for plan in plans {
        changed |= self::plan(db, plan).await?;
    }
    Ok(changed)
}

/// Takes in one plan. Whether anything of it was new.
pub(super) async fn plan(db: &mut SqliteConnection, plan: &Plan) -> Result<bool, Failure> {
    let known: Option<Option<DateTime<Utc>>> =
        sqlx::query_scalar("SELECT updated_at FROM subscription_plans WHERE id = ?")
            .bind(plan.id.as_str())
            .fetch_optional(&mut *db)
            .await?;
    if let Some(Some(updated)) = known
        && plan.updated_at.is_some_and(|at| at < updated)
    {
        return Ok(false);
    }
    let done = sqlx::query(
        "INSERT INTO subscription_plans (id, title, interval_days, amount, currency, callback_url, success_url, cancel_url, \
         partially_paid_url, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
         ON CONFLICT (id) DO UPDATE SET title = ?2, interval_days = ?3, amount = ?4, currency = ?5, callback_url = ?6, \
         success_url = ?7, cancel_url = ?8, partially_paid_url = ?9, created_at = coalesce(?10, created_at), \
         updated_at = ?11 WHERE title IS NOT ?2 OR interval_days IS NOT ?3 OR amount IS NOT ?4 OR currency IS NOT ?5 \
         OR callback_url IS NOT ?6 OR success_url IS NOT ?7 OR cancel_url IS NOT ?8 OR partially_paid_url IS NOT ?9 \
         OR updated_at IS NOT ?11",
    )
    .bind(plan.id.as_str())
    .bind(&plan.title)
    .bind(plan.interval_day)
    .bind(plan.amount.to_string())
    .bind(plan.currency.as_str())
    .bind(&plan.ipn_callback_url)
    .bind(&plan.success_url)
    .bind(&plan.cancel_url)
    .bind(&plan.partially_paid_url)
    .bind(plan.created_at.map(store::time))
    .bind(plan.updated_at.map(store::time))
    .execute(&mut *db)
    .await?;
    let terms = PlanTerms {
        interval_days: plan.interval_day,
        amount: plan.amount.to_string(),
        currency: plan.currency.to_string(),
    };
    let newest: Option<PlanTerms> = sqlx::query_as(
        "SELECT interval_days, amount, currency FROM subscription_plan_terms WHERE plan = ? ORDER BY since DESC LIMIT 1",
    )
    .bind(plan.id.as_str())
    .fetch_optional(&mut *db)
    .await?;
    if newest.as_ref() != Some(&terms) {
        let since = match newest {
            // What it asked for before the first reading is not known, and taken to be the same.
            None => String::new(),
            Some(_) => plan.updated_at.map(store::time).unwrap_or_default(),
        };
        sqlx::query(
            "INSERT INTO subscription_plan_terms (plan, since, interval_days, amount, currency) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT DO UPDATE SET interval_days = excluded.interval_days, amount = excluded.amount, \
             currency = excluded.currency",
        )
        .bind(plan.id.as_str())
        .bind(since)
        .bind(terms.interval_days)
        .bind(terms.amount)
        .bind(terms.currency)
        .execute(&mut *db)
        .await?;
    }
    Ok(done.rows_affected() > 0)
}

/// The names of custody users.
pub(super) async fn users(db: &mut SqliteConnection, users: &[CustodyUser]) -> Result<(), Failure> {
    for user in users {
        sqlx::query("INSERT INTO subscription_users (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name")
            .bind(user.id.as_str())
            .bind(&user.name)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Takes in subscriptions. Whether anything was new.
pub(super) async fn subscriptions(
    db: &mut SqliteConnection,
    subscriptions: &[Subscription],
    reading: &Reading,
) -> Result<bool, Failure> {
    let mut changed = false;
    for subscription in subscriptions {
        changed |= self::subscription(db, subscription, reading).await?;
    }
    Ok(changed)
}

/// Takes in one subscription. Whether anything of it was new.
pub(super) async fn subscription(
    db: &mut SqliteConnection,
    subscription: &Subscription,
    reading: &Reading,
) -> Result<bool, Failure> {
    let id = subscription.id.as_str();
    let known: Option<Known> = sqlx::query_as(
        "SELECT plan, email, user, status, active, expires_at, updated_at, billed_at, ended_at FROM subscriptions WHERE id = ?",
    )
    .bind(id)
    .fetch_optional(&mut *db)
    .await?;
    let is_late = known.as_ref().is_some_and(|known| {
        known.ended_at.is_some_and(|ended| reading.began <= ended)
            || known.updated_at.zip(subscription.updated_at).is_some_and(|(known, read)| read < known)
    });
    if is_late {
        return Ok(false);
    }
    let (email, user) = match &subscription.subscriber {
        Some(Subscriber::Email(email)) => (Some(email.clone()), None),
        Some(Subscriber::User(user)) => (None, Some(user.to_string())),
        None => known.as_ref().map(|known| (known.email.clone(), known.user.clone())).unwrap_or_default(),
    };
    let now = Known {
        plan: subscription.plan_id.to_string(),
        email,
        user,
        status: status(&subscription.status),
        active: subscription
            .is_active
            .unwrap_or_else(|| subscription.expire_date.is_some_and(|expires| reading.now < expires)),
        expires_at: subscription.expire_date,
        updated_at: subscription.updated_at,
        billed_at: billed(known.as_ref(), subscription, reading),
        ended_at: None,
    };
    let new = write(db, id, &now, subscription.created_at, reading).await?;
    let at = subscription
        .updated_at
        .filter(|at| *at <= reading.now)
        .filter(|at| known.as_ref().is_some_and(|known| known.updated_at.is_some_and(|known| *at > known)))
        .unwrap_or(reading.now);
    let seen = Event { subscription: id, plan: &now.plan, at, from: None, to: Some(&now.status) };
    match &known {
        None => seen.write(db, "seen", None).await?,
        Some(known) if known.ended_at.is_some() => seen.write(db, "back", None).await?,
        Some(known) if known.status != now.status => {
            Event { from: Some(&known.status), ..seen }.write(db, "status", None).await?;
        }
        Some(_) => {}
    }
    let paid = paid_periods(db, known.as_ref(), &now, subscription, reading).await?;
    for period in &paid {
        Event { to: None, ..seen }.write(db, "paid", Some(period)).await?;
    }
    if !reading.first {
        tell(db, known.as_ref(), &now, subscription, &paid, reading).await?;
    }
    Ok(new)
}

/// When the bill was made: as it began to wait, which is seen at the latest when it has got some of its money.
fn billed(known: Option<&Known>, subscription: &Subscription, reading: &Reading) -> Option<DateTime<Utc>> {
    let known_bill = known.and_then(|known| known.billed_at);
    match (&subscription.status, known) {
        (SubscriptionStatus::WaitingPay, Some(known)) if known.status == "waiting_pay" => known_bill,
        // Found waiting at the first reading: it may have been changed in between, and is not certain.
        (SubscriptionStatus::WaitingPay, _) if !reading.first => {
            Some(subscription.updated_at.unwrap_or(reading.now))
        }
        (SubscriptionStatus::WaitingPay, None) => subscription.updated_at,
        _ => known_bill,
    }
}

/// A period that was paid.
pub(super) struct PaidPeriod {
    until: DateTime<Utc>,
    /// The price, where it is certain, and its currency.
    price: Option<(Amount, String)>,
}

/// The periods that were paid since the subscription was last seen: its end has moved on.
async fn paid_periods(
    db: &mut SqliteConnection,
    known: Option<&Known>,
    now: &Known,
    subscription: &Subscription,
    reading: &Reading,
) -> Result<Vec<PaidPeriod>, Failure> {
    let before = match known {
        Some(known) => known.expires_at,
        // One that is new and paid by now has begun without a paid period.
        None if !reading.first && subscription.status == SubscriptionStatus::Paid => subscription.created_at,
        None => return Ok(Vec::new()),
    };
    let (Some(before), Some(until)) = (before, now.expires_at) else { return Ok(Vec::new()) };
    if until <= before {
        return Ok(Vec::new());
    }
    let first_bill =
        known.and_then(|known| known.billed_at).or(subscription.created_at.filter(|_| known.is_none()));
    let from = first_bill.or(known.and_then(|known| known.updated_at)).unwrap_or(reading.now);
    let terms = terms_between(db, &now.plan, from, reading.now).await?;
    let (interval, certain) = match terms.as_slice() {
        [only] => (TimeDelta::days(only.interval_days.into()), Some(only)),
        several => {
            let at_bill = several.first().filter(|_| first_bill.is_some());
            (TimeDelta::days(several.first().map_or(1, |terms| terms.interval_days).into()), at_bill)
        }
    };
    let whole =
        i32::try_from((until - before).num_seconds() / interval.num_seconds().max(1)).unwrap_or(i32::MAX);
    let is_whole = interval * whole.min(MOST_PERIODS) == until - before;
    let count = if is_whole { whole.clamp(1, MOST_PERIODS) } else { 1 };
    let mut periods = Vec::new();
    for left in (0..count).rev() {
        // Of several periods the bill that was seen is that of the first.
        let certain = certain.filter(|_| terms.len() == 1 || left == count - 1);
        let price = certain.map(|terms| Ok::<_, Failure>((exact(&terms.amount)?, terms.currency.clone())));
        periods.push(PaidPeriod { until: until - interval * left, price: price.transpose()? });
    }
    Ok(periods)
}

/// What a plan asked for at one time and later ones, up to another.
async fn terms_between(
    db: &mut SqliteConnection,
    plan: &str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<PlanTerms>, Failure> {
    Ok(sqlx::query_as(
        "SELECT interval_days, amount, currency FROM subscription_plan_terms WHERE plan = ?1 AND since <= ?3 AND since >= \
         (SELECT max(since) FROM subscription_plan_terms WHERE plan = ?1 AND since <= ?2) ORDER BY since",
    )
    .bind(plan)
    .bind(store::time(from))
    .bind(store::time(to))
    .fetch_all(db)
    .await?)
}

async fn write(
    db: &mut SqliteConnection,
    id: &str,
    now: &Known,
    created_at: Option<DateTime<Utc>>,
    reading: &Reading,
) -> Result<bool, Failure> {
    let done = sqlx::query(
        "INSERT INTO subscriptions (id, plan, email, user, status, active, expires_at, created_at, updated_at, seen_at, billed_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (id) DO UPDATE SET plan = ?2, email = ?3, user = ?4, \
         status = ?5, active = ?6, expires_at = ?7, created_at = coalesce(?8, created_at), updated_at = ?9, billed_at = ?11, \
         ended_at = NULL WHERE plan IS NOT ?2 OR email IS NOT ?3 OR user IS NOT ?4 OR status IS NOT ?5 OR active IS NOT ?6 \
         OR expires_at IS NOT ?7 OR updated_at IS NOT ?9 OR billed_at IS NOT ?11 OR ended_at IS NOT NULL",
    )
    .bind(id)
    .bind(&now.plan)
    .bind(&now.email)
    .bind(&now.user)
    .bind(&now.status)
    .bind(now.active)
    .bind(now.expires_at.map(store::time))
    .bind(created_at.map(store::time))
    .bind(now.updated_at.map(store::time))
    .bind(store::time(reading.now))
    .bind(now.billed_at.map(store::time))
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Something that was seen to happen.
#[derive(Clone, Copy)]
struct Event<'a> {
    subscription: &'a str,
    plan: &'a str,
    at: DateTime<Utc>,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

impl Event<'_> {
    async fn write(
        self,
        db: &mut SqliteConnection,
        kind: &str,
        paid: Option<&PaidPeriod>,
    ) -> Result<(), Failure> {
        let price = paid.and_then(|paid| paid.price.as_ref());
        sqlx::query(
            "INSERT INTO subscription_events (subscription, plan, kind, from_status, to_status, expires_at, amount, currency, at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.subscription)
        .bind(self.plan)
        .bind(kind)
        .bind(self.from)
        .bind(self.to)
        .bind(paid.map(|paid| store::time(paid.until)))
        .bind(price.map(|(amount, _)| amount.to_string()))
        .bind(price.map(|(_, currency)| currency))
        .bind(store::time(self.at))
        .execute(db)
        .await?;
        Ok(())
    }
}

/// Notes that a subscription is gone. Whether that was new.
pub(super) async fn ended(db: &mut SqliteConnection, id: &str, now: DateTime<Utc>) -> Result<bool, Failure> {
    let plan: Option<(String, String)> = sqlx::query_as(
        "UPDATE subscriptions SET ended_at = ? WHERE id = ? AND ended_at IS NULL RETURNING plan, status",
    )
    .bind(store::time(now))
    .bind(id)
    .fetch_optional(&mut *db)
    .await?;
    let Some((plan, status)) = plan else { return Ok(false) };
    let event = Event { subscription: id, plan: &plan, at: now, from: Some(&status), to: None };
    event.write(db, "ended", None).await?;
    Ok(true)
}

/// Decides what the owner is told of what has just changed.
async fn tell(
    db: &mut SqliteConnection,
    known: Option<&Known>,
    now: &Known,
    subscription: &Subscription,
    paid: &[PaidPeriod],
    reading: &Reading,
) -> Result<(), Failure> {
    let moved = known.is_none_or(|known| known.status != now.status);
    let news = match &subscription.status {
        _ if !paid.is_empty() => SubscriptionNews::Paid,
        SubscriptionStatus::Paid if moved => SubscriptionNews::Paid,
        SubscriptionStatus::PartiallyPaid if moved => SubscriptionNews::Underpaid,
        SubscriptionStatus::Expired if moved => SubscriptionNews::Expired,
        _ => return Ok(()),
    };
    let plan: Option<(String, String, String)> =
        sqlx::query_as("SELECT title, amount, currency FROM subscription_plans WHERE id = ?")
            .bind(&now.plan)
            .fetch_optional(&mut *db)
            .await?;
    let Some((plan, amount, currency)) = plan else { return Ok(()) };
    let (amount, currency) = match paid.last().and_then(|paid| paid.price.clone()) {
        Some(price) => price,
        None => (exact(&amount)?, currency),
    };
    let name: Option<String> = sqlx::query_scalar("SELECT name FROM subscription_users WHERE id = ?")
        .bind(&now.user)
        .fetch_optional(&mut *db)
        .await?;
    // The period that it is of: the same news of the next one is told again.
    let period = match news {
        SubscriptionNews::Paid => now.expires_at,
        _ => now.billed_at.or(now.expires_at),
    };
    let change = SubscriptionChange {
        news,
        id: subscription.id.as_str(),
        period: period.or(now.updated_at).map(store::time).unwrap_or_default(),
        subscriber: now.email.as_deref().or(name.as_deref()).or(now.user.as_deref()),
        plan: &plan,
        amount,
        currency,
    };
    notifications::decide_on_subscription(db, &change, reading.now).await?;
    Ok(())
}
