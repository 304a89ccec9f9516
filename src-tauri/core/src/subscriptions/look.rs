//! Finding out what became of a call whose answer was lost.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::{
    UnreadableRow,
    subscriptions::{Subscriber, Subscription},
};

use super::{
    Subscriptions, email,
    journal::{self, CallRow, Found, Unsettled},
    making::{CallState, SubscriptionCall, SubscriptionCallKind},
    sync::Lists,
};
use crate::{changes::Changed, failure::Failure, language::said};

/// A call whose end is not known may still be on its way; looks within this time prove nothing.
pub(super) const STILL_ON_ITS_WAY: TimeDelta = TimeDelta::seconds(60);
/// How soon what is not found is looked for again, at first and later.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(2);

pub(super) fn lost() -> &'static str {
    said!(
        en: "The answer of NOWPayments was lost. It is not known whether it was done.",
        de: "Die Antwort von NOWPayments ging verloren. Es ist nicht bekannt, ob es getan wurde."
    )
}

pub(super) fn not_seen() -> &'static str {
    said!(
        en: "NOWPayments does not show it so far. Paydesk goes on looking.",
        de: "NOWPayments zeigt es bisher nicht. Paydesk sucht weiter."
    )
}

pub(super) fn not_done() -> &'static str {
    said!(
        en: "NOWPayments does not show it, so it was most likely not done. You can do it again.",
        de: "NOWPayments zeigt es nicht; es wurde also wahrscheinlich nicht getan. Sie können es noch einmal tun."
    )
}

fn turned_away() -> &'static str {
    said!(
        en: "NOWPayments says that these are too many calls at once. Nothing was done. Try again in a few minutes.",
        de: "NOWPayments meldet zu viele Aufrufe auf einmal. Es wurde nichts getan. Versuchen Sie es in ein paar Minuten noch einmal."
    )
}

pub(super) fn unclear() -> &'static str {
    said!(
        en: "NOWPayments shows more than one that this could be. Look at the newest ones in the list, and do not do it again before \
             you know.",
        de: "NOWPayments zeigt mehr als eines, das es sein könnte. Sehen Sie sich die neuesten in der Liste an, und tun Sie es nicht \
             noch einmal, bevor Sie es wissen."
    )
}

pub(super) fn unreadable() -> &'static str {
    said!(
        en: "NOWPayments shows something that Paydesk cannot read, and this could be it. Look at the newest ones in the dashboard, and \
             do not do it again before you know.",
        de: "NOWPayments zeigt etwas, das Paydesk nicht lesen kann, und dies könnte es sein. Sehen Sie sich die neuesten im Dashboard \
             an, und tun Sie es nicht noch einmal, bevor Sie es wissen."
    )
}

/// What a look has found.
enum Seen {
    /// It was done.
    Done(Found),
    /// It was not, so far.
    Nothing,
    /// Several that it could be.
    Several,
    /// Nothing that can be read, but something that cannot.
    Unreadable,
}

impl Subscriptions {
    /// Looks for what a call with an unknown end has done.
    ///
    /// # Errors
    /// When NOWPayments does not answer, there is no such call, or the shop was closed.
    pub async fn look_for(&self, id: &str) -> Result<SubscriptionCall, Failure> {
        self.look(id).await?;
        self.ctx.announce(Changed::Subscriptions);
        self.made(id).await
    }

    /// Looks through the lists.
    pub(super) async fn look(&self, id: &str) -> Result<(), Failure> {
        let row = CallRow::load(&self.ctx.db, id).await?;
        if row.state != CallState::Unknown {
            return Ok(());
        }
        let lists = self.read_lists().await?;
        self.look_in(&row, &lists).await
    }

    /// Looks for what a call has done in lists whose reading began after it.
    pub(super) async fn look_in(&self, row: &CallRow, lists: &Lists) -> Result<(), Failure> {
        let id = row.id.as_str();
        let seen = match self.seen(row, lists).await? {
            Seen::Nothing if lists.hides(row) => Seen::Unreadable,
            seen => seen,
        };
        let (mut db, now) = (self.ctx.write().await?, self.ctx.now());
        match seen {
            Seen::Done(found) => journal::settle(&mut db, id, CallState::Done, found, None, now).await?,
            Seen::Several => journal::count_look(&mut db, id, Unsettled::Several, lists.began).await?,
            Seen::Unreadable => {
                journal::count_look(&mut db, id, Unsettled::Unreadable, lists.began).await?;
            }
            Seen::Nothing if row.answered => {
                let none = Found::default();
                journal::settle(&mut db, id, CallState::Refused, none, Some(turned_away()), now).await?;
            }
            Seen::Nothing => journal::count_look(&mut db, id, Unsettled::Nothing, lists.began).await?,
        }
        db.commit().await?;
        Ok(())
    }

    async fn seen(&self, row: &CallRow, lists: &Lists) -> Result<Seen, Failure> {
        let since = row.sent_at - STILL_ON_ITS_WAY;
        let is_new = |at: Option<DateTime<Utc>>| at.is_none_or(|at| at >= since);
        let mut known = row.before();
        match row.kind {
            SubscriptionCallKind::MakePlan => {
                known.extend(self.taken("plan", row.kind).await?);
                let Some(order) = row.plan_order() else { return Ok(Seen::Nothing) };
                let found = lists
                    .plans
                    .iter()
                    .filter(|plan| order.is(plan) && is_new(plan.created_at))
                    .map(|plan| plan.id.as_str());
                Ok(only(found, &known, |plan| Found { plan: Some(plan), ..Found::default() }))
            }
            SubscriptionCallKind::ChangePlan => {
                let wanted = row.plan_order();
                let is_so = lists.plans.iter().any(|plan| {
                    Some(plan.id.as_str()) == row.plan.as_deref()
                        && wanted.as_ref().is_some_and(|wanted| wanted.is_whole(plan))
                });
                Ok(if is_so { Seen::Done(Found::default()) } else { Seen::Nothing })
            }
            SubscriptionCallKind::Subscribe => {
                known.extend(self.taken("subscription", row.kind).await?);
                let found = lists
                    .subscriptions
                    .iter()
                    .filter(|theirs| row.can_be(theirs) && is_new(theirs.created_at))
                    .map(|theirs| theirs.id.as_str());
                Ok(only(found, &known, |id| Found { subscription: Some(id), ..Found::default() }))
            }
            SubscriptionCallKind::End => {
                let ended: Option<bool> =
                    sqlx::query_scalar("SELECT ended_at IS NOT NULL FROM subscriptions WHERE id = ?")
                        .bind(&row.subscription)
                        .fetch_optional(&self.ctx.db)
                        .await?;
                Ok(if ended == Some(true) { Seen::Done(Found::default()) } else { Seen::Nothing })
            }
        }
    }

    /// What other calls have made.
    async fn taken(&self, column: &'static str, kind: SubscriptionCallKind) -> Result<Vec<String>, Failure> {
        let sql = format!(
            "SELECT {column} FROM subscription_calls WHERE kind = ? AND {column} IS NOT NULL AND state = 'done'"
        );
        Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(kind).fetch_all(&self.ctx.db).await?)
    }

    /// Settles what earlier lives left behind and what is not known, from the opening of the shop until it is closed.
    pub(super) async fn mind(&self) {
        let mut pauses: HashMap<String, Duration> = HashMap::new();
        loop {
            let pause = self.mind_once(&mut pauses).await.unwrap_or_else(|failure| {
                tracing::warn!(%failure, "calls that were made here cannot be looked after");
                Some(LONGEST_PAUSE)
            });
            let stirred = self.under_way.stirred();
            match pause {
                None => stirred.await,
                Some(pause) => drop(tokio::time::timeout(pause, stirred).await),
            }
        }
    }

    /// One round; says after which time there is something to do, if there is.
    async fn mind_once(&self, pauses: &mut HashMap<String, Duration>) -> Result<Option<Duration>, Failure> {
        self.sync.may_ask().await;
        let mut next: Option<Duration> = None;
        let mut open = CallRow::open(&self.ctx.db).await?;
        open.retain(|row| !self.under_way.has(&row.id));
        if open.is_empty() {
            return Ok(None);
        }
        for row in &open {
            self.lose_left_behind(row).await?;
        }
        let lists = self.read_lists().await;
        for row in open {
            match &lists {
                Ok(lists) => self.look_in(&row, lists).await?,
                Err(failure) => tracing::info!(%failure, "what a call has done could not be looked for"),
            }
            self.ctx.announce(Changed::Subscriptions);
            let pause = pauses.entry(row.id).or_insert(FIRST_PAUSE);
            next = Some(next.map_or(*pause, |next| next.min(*pause)));
            *pause = LONGEST_PAUSE.min(*pause * 2);
        }
        Ok(next)
    }

    /// A call that is on its way and not under way was left behind by an earlier life.
    pub(super) async fn lose_left_behind(&self, row: &CallRow) -> Result<(), Failure> {
        if row.state == CallState::Sending {
            let mut db = self.ctx.write().await?;
            journal::lose(&mut db, &row.id, false, None, self.ctx.now()).await?;
            db.commit().await?;
        }
        Ok(())
    }
}

impl Lists {
    /// Whether what a call has done may be where these cannot be read.
    fn hides(&self, row: &CallRow) -> bool {
        let since = row.sent_at - STILL_ON_ITS_WAY;
        let may_be =
            |rows: &[UnreadableRow]| rows.iter().any(|row| row.created_at.is_none_or(|at| at >= since));
        match row.kind {
            SubscriptionCallKind::MakePlan => may_be(&self.unreadable_plans),
            // A plan that is changed may be an old one.
            SubscriptionCallKind::ChangePlan => {
                !self.unreadable_plans.is_empty()
                    && !self.plans.iter().any(|plan| Some(plan.id.as_str()) == row.plan.as_deref())
            }
            SubscriptionCallKind::Subscribe => may_be(&self.unreadable_subscriptions),
            // It is in the list, or it is asked for by itself.
            SubscriptionCallKind::End => !self
                .subscriptions
                .iter()
                .any(|subscription| Some(subscription.id.as_str()) == row.subscription.as_deref()),
        }
    }
}

/// The one that is not known, if there is one.
fn only<'a>(
    found: impl Iterator<Item = &'a str>,
    known: &[String],
    made: impl FnOnce(String) -> Found,
) -> Seen {
    let found: Vec<&str> = found.filter(|id| !known.iter().any(|known| known == id)).collect();
    match found.as_slice() {
        [] => Seen::Nothing,
        [id] => Seen::Done(made((*id).to_owned())),
        _ => Seen::Several,
    }
}

impl CallRow {
    /// Whether a subscription of NOWPayments is what the call can have made: of the same plan and subscriber.
    fn can_be(&self, theirs: &Subscription) -> bool {
        let who = match &theirs.subscriber {
            Some(Subscriber::Email(theirs)) => {
                self.email.as_ref().is_some_and(|ours| email::key(ours) == email::key(theirs))
            }
            Some(Subscriber::User(theirs)) => self.user.as_deref() == Some(theirs.as_str()),
            None => false,
        };
        who && self.plan.as_deref() == Some(theirs.plan_id.as_str())
    }
}
