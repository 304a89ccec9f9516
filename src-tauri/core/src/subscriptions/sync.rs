//! Reading the lists of plans and subscriptions whole, again and again: they can neither be sorted nor asked for what is new.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use nowpayments::{
    ByRow, CustodyUserId, Row, SubscriptionId, UnreadableRow,
    custody::{CustodyUser, ListCustodyUsers},
    subscriptions::{GetSubscription, ListPlans, ListSubscriptions, Plan, Subscription},
};
use tokio::{sync::Notify, time::Instant};

use super::{SubscriptionSync, Subscriptions, absorb, making::is_gone};
use crate::{
    changes::Changed,
    failure::{Failure, FailureCode},
    second_factor::provider_now,
    store,
};

/// How often the lists are read while something changes, and when nothing does.
const BUSY: Duration = Duration::from_secs(30);
const QUIET: Duration = Duration::from_mins(5);
/// The longest pause after failures that pass by themselves, and the one after a refusal that only the owner can end.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// The longest that a refusal is taken to ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);
/// So many that are missing from a list are asked for by themselves at a time.
const ASKED_FOR: usize = 25;
/// So many custody users are asked for by their ids at a time.
const USERS: usize = 50;

/// Since when the lists are read, and when they were last read.
const SINCE: &str = "subscriptions_since";
const READ_AT: &str = "subscriptions_read_at";

/// What is known of the reading beside what the database holds.
#[derive(Debug, Default)]
pub(super) struct Sync {
    now: Notify,
    /// Held while the lists are read and written down: an older answer never overwrites a newer one.
    pass: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: bool,
    trouble: Option<String>,
    /// NOWPayments does not want to be asked before this.
    not_before: Option<Instant>,
    /// The last subscription that was asked for by itself: the next time those behind it are.
    asked_last: Option<String>,
}

/// Both lists as they were read.
pub(super) struct Lists {
    pub(super) plans: Vec<Plan>,
    pub(super) subscriptions: Vec<Subscription>,
    /// What of them is not what was promised.
    pub(super) unreadable_plans: Vec<UnreadableRow>,
    pub(super) unreadable_subscriptions: Vec<UnreadableRow>,
    /// When their reading began.
    pub(super) began: DateTime<Utc>,
    /// Something was not as it had been.
    changed: bool,
}

impl Sync {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the lists read soon.
    pub(super) fn soon(&self) {
        self.now.notify_one();
    }

    /// NOWPayments may have asked to be left alone for a while; until then the lists are not read. Says for how long.
    pub(super) fn wait_as_asked(&self, error: &nowpayments::Error) -> Option<Duration> {
        let asked = error.refused().and_then(|refused| refused.retry_after)?.min(LONGEST_ASKED);
        let mut state = self.state();
        state.not_before = state.not_before.max(Some(Instant::now() + asked));
        Some(asked)
    }

    /// Waits until NOWPayments wants to be asked again.
    pub(super) async fn may_ask(&self) {
        let not_before = self.state().not_before;
        if let Some(not_before) = not_before {
            tokio::time::sleep_until(not_before).await;
        }
    }
}

impl Subscriptions {
    /// Reads plans and subscriptions anew, now.
    ///
    /// # Errors
    /// When NOWPayments cannot be asked or refuses, or the shop was closed. What was read before stays.
    pub async fn refresh(&self) -> Result<(), Failure> {
        self.read_lists().await?;
        Ok(())
    }

    /// How the reading of the lists stands.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn sync_status(&self) -> Result<SubscriptionSync, Failure> {
        let (since, read_at) = (self.mark(SINCE).await?, self.mark(READ_AT).await?);
        let state = self.sync.state();
        Ok(SubscriptionSync { since, read_at, running: state.running, trouble: state.trouble.clone() })
    }

    /// The background work of subscriptions, from the opening of the shop until it is closed.
    pub(crate) async fn run(self) {
        tokio::join!(self.follow(), self.mind(), self.go_on_with_files());
    }

    async fn follow(&self) {
        let (mut pause, mut rhythm, mut failures) = (Duration::ZERO, BUSY, 0);
        loop {
            tokio::select! {
                () = self.sync.now.notified() => rhythm = BUSY,
                () = tokio::time::sleep(pause) => {}
            }
            self.sync.may_ask().await;
            pause = match self.read_lists().await {
                Ok(lists) => {
                    failures = 0;
                    rhythm = if lists.changed { BUSY } else { QUIET.min(rhythm * 2) };
                    rhythm
                }
                Err(failure) => {
                    tracing::info!(%failure, "plans and subscriptions could not be read");
                    let pause = match failure.code {
                        FailureCode::WrongKey
                        | FailureCode::LoginRefused
                        | FailureCode::AddressNotAllowed => LONGEST_PAUSE,
                        _ => LONGEST_PAUSE.min(BUSY * 2_u32.pow(failures)),
                    };
                    failures = (failures + 1).min(5);
                    pause
                }
            };
        }
    }

    /// Reads both lists whole and writes down what has changed.
    pub(super) async fn read_lists(&self) -> Result<Lists, Failure> {
        let _pass = self.sync.pass.lock().await;
        self.sync.state().running = true;
        let read = self.pass().await;
        let mut state = self.sync.state();
        let before = state.trouble.take();
        state.running = false;
        state.trouble = read.as_ref().err().map(|failure| failure.message.clone());
        let changed = state.trouble != before || read.as_ref().is_ok_and(|lists| lists.changed);
        drop(state);
        if changed {
            self.ctx.announce(Changed::Subscriptions);
        }
        read
    }

    async fn pass(&self) -> Result<Lists, Failure> {
        let failed = |error: nowpayments::Error| {
            self.sync.wait_as_asked(&error);
            Failure::from_api(&error)
        };
        let client = &self.ctx.client;
        // By the clock of this computer: that of the provider is not known before its first answer.
        let began = self.ctx.now();
        let plans = client.pages(ByRow(ListPlans::default())).try_concat().await.map_err(failed)?;
        let (plans, unreadable_plans) = Row::<Plan>::part(plans);
        let subscriptions =
            client.pages(ByRow(ListSubscriptions::default())).try_concat().await.map_err(failed)?;
        let (mut subscriptions, unreadable_subscriptions) = Row::<Subscription>::part(subscriptions);
        let unreadable = unreadable_plans.len() + unreadable_subscriptions.len();
        if unreadable > 0 {
            tracing::warn!(unreadable, "rows of plans and subscriptions cannot be read");
        }
        let began = began + client.clock_offset().unwrap_or_default();
        // Where one was ended meanwhile, pages overlap or leave out.
        let mut ids = HashSet::new();
        subscriptions.retain(|subscription| ids.insert(subscription.id.clone()));

        let since = self.mark(SINCE).await?;
        let mut gone = Vec::new();
        for id in self.missing(&ids).await? {
            match client.send(&GetSubscription { id: id.clone() }).await {
                Ok(subscription) => subscriptions.push(subscription),
                Err(error) if error.refused().is_some_and(is_gone) => gone.push(id),
                // One that cannot be asked for is no reason to know nothing of the others.
                Err(error) => {
                    tracing::info!(%error, "a subscription that is missing from the list could not be read");
                    if self.sync.wait_as_asked(&error).is_some() || is_about_all(&error) {
                        break;
                    }
                }
            }
        }
        let users = self.unnamed_users(&subscriptions).await?;

        let now = provider_now(&self.ctx);
        let mut db = self.ctx.write().await?;
        absorb::users(&mut db, &users).await?;
        let mut changed = absorb::plans(&mut db, &plans).await?;
        let reading = absorb::Reading { began, now, first: since.is_none() };
        changed |= absorb::subscriptions(&mut db, &subscriptions, &reading).await?;
        for id in &gone {
            changed |= absorb::ended(&mut db, id.as_str(), now).await?;
        }
        for mark in if since.is_none() { &[SINCE, READ_AT][..] } else { &[READ_AT] } {
            sqlx::query("INSERT INTO sync_marks (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
                .bind(mark)
                .bind(store::time(now))
                .execute(&mut *db)
                .await?;
        }
        db.commit().await?;
        Ok(Lists {
            plans,
            subscriptions,
            unreadable_plans,
            unreadable_subscriptions,
            began,
            changed: changed || since.is_none(),
        })
    }

    /// Subscriptions that are known and not in a list that was read, as many as are asked for at a time: first those of which it
    /// is not known whether they were ended here, then one after the other, from where the last time ended.
    async fn missing(&self, read: &HashSet<SubscriptionId>) -> Result<Vec<SubscriptionId>, Failure> {
        let after = self.sync.state().asked_last.clone().unwrap_or_default();
        let known: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM subscriptions WHERE ended_at IS NULL ORDER BY id NOT IN (SELECT subscription FROM subscription_calls \
             WHERE kind = 'end' AND state IN ('sending', 'unknown') AND subscription IS NOT NULL), id <= ?, id",
        )
        .bind(after)
        .fetch_all(&self.ctx.db)
        .await?;
        let known = known.iter().filter_map(|id| id.parse().ok());
        let asked: Vec<SubscriptionId> = known.filter(|id| !read.contains(id)).take(ASKED_FOR).collect();
        if let Some(last) = asked.last() {
            self.sync.state().asked_last = Some(last.to_string());
        }
        Ok(asked)
    }

    /// Custody users that are subscribed and whose names are not known. Names cannot change.
    async fn unnamed_users(&self, subscriptions: &[Subscription]) -> Result<Vec<CustodyUser>, Failure> {
        let known: HashSet<String> = sqlx::query_scalar("SELECT id FROM subscription_users")
            .fetch_all(&self.ctx.db)
            .await?
            .into_iter()
            .collect();
        let mut unknown: Vec<CustodyUserId> = subscriptions
            .iter()
            .filter_map(|subscription| match &subscription.subscriber {
                Some(nowpayments::subscriptions::Subscriber::User(user)) => Some(user.clone()),
                _ => None,
            })
            .filter(|user| !known.contains(user.as_str()))
            .collect();
        unknown.sort();
        unknown.dedup();
        let mut users = Vec::new();
        for ids in unknown.chunks(USERS) {
            let list = ListCustodyUsers { ids: ids.to_vec(), ..ListCustodyUsers::default() };
            // Without its name a user is called by its id: no reason to know nothing of subscriptions.
            match self.ctx.client.pages(ByRow(list)).try_concat().await {
                Ok(named) => users.extend(Row::part(named).0),
                Err(error) => tracing::info!(%error, "the names of custody users could not be read"),
            }
        }
        Ok(users)
    }

    async fn mark(&self, key: &str) -> Result<Option<DateTime<Utc>>, Failure> {
        Ok(sqlx::query_scalar("SELECT value FROM sync_marks WHERE key = ?")
            .bind(key)
            .fetch_optional(&self.ctx.db)
            .await?)
    }
}

/// Whether the next question would fail just as this one did.
fn is_about_all(error: &nowpayments::Error) -> bool {
    match error {
        nowpayments::Error::Unreachable(_) => true,
        nowpayments::Error::Refused(refused) => {
            refused.is_rate_limited()
                || refused.is_maintenance()
                || refused.is_wrong_key()
                || refused.call.is_login()
        }
        nowpayments::Error::Unreadable(_) | nowpayments::Error::Withheld(_) => false,
    }
}
