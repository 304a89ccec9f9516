//! What is asked of NOWPayments, written before the call, and what became of it. Each step stands in the audit log, in the
//! transaction that makes it.

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::subscriptions::Subscriber;
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

use super::{
    email, log, look,
    making::{CallState, Order, PlanOrder, SubscriptionCall, SubscriptionCallKind},
};
use crate::{
    failure::{Failure, FailureCode},
    language::said,
    store,
};

/// So many late looks that do not find it, or more than one that it could be, let the owner say that it was not done.
const LOOKS_TO_GIVE_UP: u32 = 2;

/// Late looks that are closer to each other than this are one: what the API shows a moment later proves no more.
const LOOKS_APART: TimeDelta = TimeDelta::seconds(4);

/// A line of the journal.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct CallRow {
    pub(super) id: String,
    pub(super) kind: SubscriptionCallKind,
    pub(super) state: CallState,
    pub(super) plan: Option<String>,
    pub(super) subscription: Option<String>,
    pub(super) email: Option<String>,
    pub(super) user: Option<String>,
    wanted: String,
    before: String,
    pub(super) answered: bool,
    pub(super) sent_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    late_look_at: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
    trouble: Option<String>,
    late_looks: u32,
}

/// What a call has made.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) plan: Option<String>,
    pub(super) subscription: Option<String>,
}

impl CallRow {
    pub(super) async fn load(db: impl SqliteExecutor<'_>, id: &str) -> Result<Self, Failure> {
        let row = sqlx::query_as("SELECT * FROM subscription_calls WHERE id = ?")
            .bind(id)
            .fetch_optional(db)
            .await?;
        row.ok_or_else(|| Failure::not_found(said!(en: "call that was made here", de: "diesen Aufruf")))
    }

    /// Those that are not settled, newest first.
    pub(super) async fn open(db: &SqlitePool) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as(
            "SELECT * FROM subscription_calls WHERE state IN ('sending', 'unknown') ORDER BY at DESC, id DESC",
        )
        .fetch_all(db)
        .await
    }

    /// Those of a subscription, newest first.
    pub(super) async fn of(db: &SqlitePool, subscription: &str) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM subscription_calls WHERE subscription = ? ORDER BY at DESC, id DESC")
            .bind(subscription)
            .fetch_all(db)
            .await
    }

    /// Whether a look in lists whose reading began at `began` is late enough to prove something, and not the one before it again.
    fn is_late(&self, began: DateTime<Utc>) -> bool {
        began >= self.ended_at.unwrap_or(self.sent_at) + look::STILL_ON_ITS_WAY
            && self.late_look_at.is_none_or(|before| began >= before + LOOKS_APART)
    }

    /// The plan that was asked for.
    pub(super) fn plan_order(&self) -> Option<PlanOrder> {
        serde_json::from_str(&self.wanted).ok()
    }

    /// The ids of what looked like it before the call.
    pub(super) fn before(&self) -> Vec<String> {
        serde_json::from_str(&self.before).unwrap_or_default()
    }

    pub(super) fn call(self) -> Result<SubscriptionCall, Failure> {
        Ok(SubscriptionCall {
            title: self.plan_order().map(|order| order.title),
            may_give_up: self.late_looks >= LOOKS_TO_GIVE_UP,
            id: self.id,
            kind: self.kind,
            state: self.state,
            plan: self.plan,
            subscription: self.subscription,
            email: self.email,
            user: self.user,
            at: self.at,
            trouble: self.trouble,
        })
    }
}

/// An order as it stands in the journal.
struct Line<'a> {
    kind: SubscriptionCallKind,
    plan: Option<&'a str>,
    subscription: Option<&'a str>,
    email: Option<&'a str>,
    user: Option<&'a str>,
    wanted: String,
}

impl<'a> Line<'a> {
    fn of(order: &'a Order) -> Result<Self, Failure> {
        let json =
            |plan: &PlanOrder| serde_json::to_string(plan).map_err(|error| Failure::other(error.to_string()));
        let empty = Self {
            kind: SubscriptionCallKind::End,
            plan: None,
            subscription: None,
            email: None,
            user: None,
            wanted: "null".to_owned(),
        };
        Ok(match order {
            Order::MakePlan(plan) => {
                Self { kind: SubscriptionCallKind::MakePlan, wanted: json(plan)?, ..empty }
            }
            Order::ChangePlan(id, _, plan) => Self {
                kind: SubscriptionCallKind::ChangePlan,
                plan: Some(id.as_str()),
                wanted: json(plan)?,
                ..empty
            },
            Order::Subscribe(plan, subscriber) => {
                let (email, user) = match subscriber {
                    Subscriber::Email(email) => (Some(email.as_str()), None),
                    Subscriber::User(user) => (None, Some(user.as_str())),
                };
                Self {
                    kind: SubscriptionCallKind::Subscribe,
                    plan: Some(plan.as_str()),
                    email,
                    user,
                    ..empty
                }
            }
            Order::End(id) => Self { subscription: Some(id.as_str()), ..empty },
        })
    }
}

/// Refuses an order when one just like it is under way, or its end is not known; and to subscribe who is subscribed already.
pub(super) async fn refuse_twin(db: &mut SqliteConnection, order: &Order) -> Result<(), Failure> {
    let line = Line::of(order)?;
    let state: Option<CallState> = sqlx::query_scalar(
        "SELECT state FROM subscription_calls WHERE state IN ('sending', 'unknown') AND kind = ? AND plan IS ? \
         AND subscription IS ? AND lower(email) IS ? AND user IS ? AND (kind = 'change_plan' OR wanted = ?)",
    )
    .bind(line.kind)
    .bind(line.plan)
    .bind(line.subscription)
    .bind(line.email.map(email::key))
    .bind(line.user)
    .bind(&line.wanted)
    .fetch_optional(&mut *db)
    .await?;
    if let Some(state) = state {
        let words = match state {
            CallState::Sending => said!(
                en: "Just this is being done this moment. Nothing was done a second time.",
                de: "Genau das wird in diesem Augenblick getan. Es wurde nichts ein zweites Mal getan."
            ),
            _ => said!(
                en: "It is not known yet whether just this was done. Paydesk is looking for it; nothing was done a second time.",
                de: "Es ist noch nicht bekannt, ob genau das schon getan wurde. Paydesk sucht danach; es wurde nichts ein zweites Mal getan."
            ),
        };
        return Err(Failure::new(FailureCode::UnknownOutcome, words));
    }
    if line.kind == SubscriptionCallKind::Subscribe && !alike(db, &line, true).await?.is_empty() {
        let field = if line.email.is_some() { "email" } else { "user" };
        return Err(Failure::invalid(
            field,
            said!(
                en: "They are subscribed to this plan already. Nothing was done.",
                de: "Dieser Plan ist hier schon abonniert. Es wurde nichts getan."
            ),
        ));
    }
    Ok(())
}

/// The ids of what is like that which an order makes, as far as it is known; `running`: without what has ended or expired.
async fn alike(db: &mut SqliteConnection, line: &Line<'_>, running: bool) -> Result<Vec<String>, Failure> {
    Ok(match line.kind {
        SubscriptionCallKind::MakePlan => {
            let Ok(plan) = serde_json::from_str::<PlanOrder>(&line.wanted) else { return Ok(Vec::new()) };
            sqlx::query_scalar(
                "SELECT id FROM subscription_plans WHERE title = ? AND interval_days = ? AND currency = ?",
            )
            .bind(plan.title)
            .bind(plan.interval_days)
            .bind(plan.currency)
            .fetch_all(db)
            .await?
        }
        SubscriptionCallKind::Subscribe => {
            sqlx::query_scalar(
                "SELECT id FROM subscriptions WHERE plan = ?1 AND (lower(email) = ?2 OR user = ?3) \
                 AND (NOT ?4 OR (ended_at IS NULL AND status <> 'expired'))",
            )
            .bind(line.plan)
            .bind(line.email.map(email::key))
            .bind(line.user)
            .bind(running)
            .fetch_all(db)
            .await?
        }
        SubscriptionCallKind::ChangePlan | SubscriptionCallKind::End => Vec::new(),
    })
}

/// Writes that the call is about to be made.
pub(super) async fn announce_call(
    db: &mut SqliteConnection,
    id: &str,
    order: &Order,
    sent_at: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let line = Line::of(order)?;
    let before = serde_json::Value::from(alike(db, &line, false).await?).to_string();
    sqlx::query(
        "INSERT INTO subscription_calls (id, kind, state, plan, subscription, email, user, wanted, before, sent_at, at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(line.kind)
    .bind(CallState::Sending)
    .bind(line.plan)
    .bind(line.subscription)
    .bind(line.email)
    .bind(line.user)
    .bind(line.wanted)
    .bind(before)
    .bind(store::time(sent_at))
    .bind(store::time(at))
    .execute(&mut *db)
    .await?;
    log::note_call(db, id, at).await
}

/// Writes that a row of a file is subscribed with this call: until that is settled its end is not known.
pub(super) async fn mark_row(
    db: &mut SqliteConnection,
    file: &str,
    number: u32,
    call: &str,
) -> Result<(), Failure> {
    let done = sqlx::query(
        "UPDATE subscriber_rows SET status = 'unknown', call = ? WHERE file = ? AND number = ? AND status = 'ready'",
    )
    .bind(call)
    .bind(file)
    .bind(number)
    .execute(db)
    .await?;
    match done.rows_affected() {
        1 => Ok(()),
        _ => Err(Failure::new(
            FailureCode::Stale,
            said!(en: "This row has changed meanwhile.", de: "Diese Zeile hat sich inzwischen geändert."),
        )),
    }
}

/// Writes that a call itself was not made, since something before it failed: the row of a file can be sent again.
pub(super) async fn note_not_made(db: &mut SqliteConnection, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE subscription_calls SET answered = 1 WHERE id = ?").bind(id).execute(db).await?;
    Ok(())
}

/// Writes that the answer to a call was lost; `answered`: one came, but does not say whether it was done. `ended_at` is when that
/// was, by the provider's clock, where it was seen.
pub(super) async fn lose(
    db: &mut SqliteConnection,
    id: &str,
    answered: bool,
    ended_at: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let lost = sqlx::query(
        "UPDATE subscription_calls SET state = 'unknown', answered = ?, ended_at = ?, trouble = ? \
         WHERE id = ? AND state = 'sending'",
    )
    .bind(answered)
    .bind(ended_at.map(store::time))
    .bind(look::lost())
    .bind(id)
    .execute(&mut *db)
    .await?;
    match lost.rows_affected() {
        0 => Ok(()),
        _ => log::note_end(db, id, CallState::Unknown, Some(look::lost()), at).await,
    }
}

/// Writes how a call that is not settled has ended, or that its end is not known, and what that means for the row of a file that
/// it was made for. One that is settled stays as it is.
pub(super) async fn settle(
    db: &mut SqliteConnection,
    id: &str,
    state: CallState,
    found: Found,
    trouble: Option<&str>,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let answered: Option<bool> = sqlx::query_scalar(
        "UPDATE subscription_calls SET state = ?, plan = coalesce(?, plan), subscription = coalesce(?, subscription), trouble = ? \
         WHERE id = ? AND state IN ('sending', 'unknown') RETURNING answered",
    )
    .bind(state)
    .bind(&found.plan)
    .bind(&found.subscription)
    .bind(trouble)
    .bind(id)
    .fetch_optional(&mut *db)
    .await?;
    if answered.is_some() {
        log::note_end(db, id, state, trouble, at).await?;
    }
    let row = match (state, answered) {
        (_, None) => return Ok(()),
        (CallState::Done, _) => "subscribed",
        // It was turned away for being too much, and may be sent again.
        (CallState::Refused, Some(true)) | (CallState::GivenUp, _) => "ready",
        (CallState::Refused, _) => "refused",
        (CallState::Unknown | CallState::Sending, _) => return Ok(()),
    };
    sqlx::query(
        "UPDATE subscriber_rows SET status = ?1, subscription = coalesce(?2, subscription), \
         problem = CASE WHEN ?1 = 'refused' THEN json_object('column', NULL, 'value', email, 'message', ?3) ELSE problem END \
         WHERE call = ?4 AND status = 'unknown'",
    )
    .bind(row)
    .bind(found.subscription)
    .bind(trouble)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// What a look that settled nothing has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsettled {
    /// Nothing.
    Nothing,
    /// Several that it could be.
    Several,
    /// Something that cannot be read, and that it could be.
    Unreadable,
}

/// Counts a look that settled nothing, in lists whose reading began at `began`, by the provider's clock.
pub(super) async fn count_look(
    db: &mut SqliteConnection,
    id: &str,
    found: Unsettled,
    began: DateTime<Utc>,
) -> Result<(), Failure> {
    let is_late = CallRow::load(&mut *db, id).await?.is_late(began);
    let (enough, so_far) = match found {
        Unsettled::Nothing => (look::not_done(), look::not_seen()),
        Unsettled::Several => (look::unclear(), look::unclear()),
        Unsettled::Unreadable => (look::unreadable(), look::unreadable()),
    };
    sqlx::query(
        "UPDATE subscription_calls SET looks = looks + 1, late_looks = late_looks + ?1, late_look_at = iif(?1, ?6, late_look_at), \
         trouble = CASE WHEN late_looks + ?1 >= ?2 THEN ?3 ELSE ?4 END WHERE id = ?5 AND state = 'unknown'",
    )
    .bind(is_late)
    .bind(LOOKS_TO_GIVE_UP)
    .bind(enough)
    .bind(so_far)
    .bind(id)
    .bind(store::time(began))
    .execute(db)
    .await?;
    Ok(())
}
