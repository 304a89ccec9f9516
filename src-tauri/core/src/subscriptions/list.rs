//! Subscriptions as a list, one by one with what happened to them, and those that are unpaid.

use chrono::{DateTime, Utc};
use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::{FromRow, QueryBuilder, Sqlite};

use super::{Plan, SubscriptionCall, Subscriptions};
use crate::{failure::Failure, fiat, language::said, payments::exact, spreadsheet, store};

/// The most rows on a page.
const MOST: u32 = 500;

/// A subscription in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type, FromRow)]
pub struct SubscriptionRow {
    /// The API's id.
    pub id: String,
    /// The API's id of the plan.
    pub plan: String,
    /// The name of the plan; empty when it is not known.
    pub plan_title: String,
    /// The e-mail address, of who pays by links.
    pub email: Option<String>,
    /// The id of the custody user whose balance pays.
    pub user: Option<String>,
    /// The name of the custody user, where it is known.
    pub user_name: Option<String>,
    /// How far the payment of the period is, lower case, as the API says it: `waiting_pay`, `paid`, `partially_paid`, `expired`,
    /// or one that this version does not know.
    pub status: String,
    /// The period that is paid for has not ended.
    pub active: bool,
    /// When the period that is paid for ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// When it was seen to have been ended for good.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What a list can be sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionSort {
    /// When it was made.
    #[default]
    Created,
    /// When it last changed.
    Updated,
    /// When the period that is paid for ends.
    Expires,
    /// The e-mail address or the name of the user.
    Subscriber,
    /// The name of the plan.
    Plan,
    /// The status.
    Status,
}

impl SubscriptionSort {
    /// What it sorts by; never NULL.
    fn key(self) -> &'static str {
        match self {
            Self::Created => "coalesce(subscriptions.created_at, '')",
            Self::Updated => "coalesce(subscriptions.updated_at, '')",
            Self::Expires => "coalesce(subscriptions.expires_at, '')",
            Self::Subscriber => SUBSCRIBER,
            Self::Plan => "coalesce(subscription_plans.title, '')",
            Self::Status => "subscriptions.status",
        }
    }
}

/// Which subscriptions, and from where on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubscriptionQuery {
    /// A part of an e-mail address, of the name or the id of a custody user, or of the id of the subscription; empty: all.
    pub search: String,
    /// Only those of this status.
    pub status: Option<String>,
    /// Only those to this plan.
    pub plan: Option<String>,
    /// Only those that are active, or only those that are not.
    pub active: Option<bool>,
    /// Those that were ended, instead of those that were not.
    pub ended: bool,
    /// What they are sorted by.
    pub sort: SubscriptionSort,
    /// The other way round.
    pub descending: bool,
    /// Behind which one; `None` from the first.
    pub after: Option<SubscriptionCursor>,
    /// How many rows at the most (1 to 500).
    pub limit: u32,
}

/// All that were not ended, newest first.
impl Default for SubscriptionQuery {
    fn default() -> Self {
        Self {
            search: String::new(),
            status: None,
            plan: None,
            active: None,
            ended: false,
            sort: SubscriptionSort::default(),
            descending: true,
            after: None,
            limit: 100,
        }
    }
}

/// Where a page has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubscriptionCursor {
    /// What its last row is sorted by.
    pub key: String,
    /// The id of its last row.
    pub id: String,
}

/// A page of subscriptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubscriptionPage {
    /// The rows.
    pub rows: Vec<SubscriptionRow>,
    /// How many match in all.
    pub total: u32,
    /// Where the next page begins; `None` when this is the last.
    pub next: Option<SubscriptionCursor>,
    /// The statuses that there are, of all that were not ended.
    pub statuses: Vec<String>,
}

/// What was seen to happen to a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum SubscriptionEventKind {
    /// It was seen for the first time.
    Seen,
    /// Its status changed.
    Status,
    /// A period was paid.
    Paid,
    /// It is not there any more.
    Ended,
    /// It is there again.
    Back,
}

/// Something that was seen to happen to a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubscriptionEvent {
    /// What.
    pub kind: SubscriptionEventKind,
    /// The status before.
    pub from: Option<String>,
    /// The status after.
    pub to: Option<String>,
    /// Until when it is paid for, when a period was paid.
    pub expires_at: Option<DateTime<Utc>>,
    /// The price of the period that was paid; `None` where it is not certain.
    #[specta(type = Option<String>)]
    pub amount: Option<Amount>,
    /// The currency of the price.
    pub currency: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubscriptionDetail {
    /// What the list shows of it.
    pub row: SubscriptionRow,
    /// Its plan, where it is known.
    pub plan: Option<Plan>,
    /// What was seen to happen to it, newest first.
    pub events: Vec<SubscriptionEvent>,
    /// What was asked for here, newest first.
    pub calls: Vec<SubscriptionCall>,
}

/// A subscription that waits for its money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Unpaid {
    /// What the list shows of it.
    pub row: SubscriptionRow,
    /// What a period costs now, where the plan is known. What was paid of it already, NOWPayments does not tell.
    #[specta(type = Option<String>)]
    pub amount: Option<Amount>,
    /// The currency of the price.
    pub currency: Option<String>,
    /// Since when it waits.
    pub since: Option<DateTime<Utc>>,
    /// When it expires, if nothing at all is paid until then: seven days after the bill.
    pub until: Option<DateTime<Utc>>,
}

/// Who has subscribed, as a text.
const SUBSCRIBER: &str = "coalesce(subscriptions.email, subscription_users.name, subscriptions.user, '')";
const COLUMNS: &str = "subscriptions.id, subscriptions.plan, coalesce(subscription_plans.title, '') AS plan_title, \
    subscriptions.email, subscriptions.user, subscription_users.name AS user_name, subscriptions.status, subscriptions.active, \
    subscriptions.expires_at, subscriptions.created_at, subscriptions.updated_at, subscriptions.ended_at";
const FROM: &str = " FROM subscriptions LEFT JOIN subscription_plans ON subscription_plans.id = subscriptions.plan \
    LEFT JOIN subscription_users ON subscription_users.id = subscriptions.user";
/// Those that wait for money, or for more of it.
const UNPAID: &str =
    " WHERE subscriptions.ended_at IS NULL AND subscriptions.status IN ('waiting_pay', 'partially_paid')";
/// An unpaid bill expires after so many days.
const PATIENCE_DAYS: i64 = 7;

/// A plan as it stands in the database.
#[derive(FromRow)]
struct StoredPlan {
    id: String,
    title: String,
    interval_days: u32,
    amount: String,
    currency: String,
    callback_url: Option<String>,
    success_url: Option<String>,
    cancel_url: Option<String>,
    partially_paid_url: Option<String>,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
}

impl StoredPlan {
    fn plan(self) -> Result<Plan, Failure> {
        Ok(Plan {
            amount: exact(&self.amount)?,
            takes_email: takes_email(&self.currency),
            id: self.id,
            title: self.title,
            interval_days: self.interval_days,
            currency: self.currency,
            callback_url: self.callback_url,
            success_url: self.success_url,
            cancel_url: self.cancel_url,
            partially_paid_url: self.partially_paid_url,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// Whether a plan in this currency can be subscribed to by e-mail.
pub(super) fn takes_email(currency: &str) -> bool {
    fiat::find(currency).is_some()
}

#[derive(FromRow)]
struct StoredEvent {
    kind: SubscriptionEventKind,
    from_status: Option<String>,
    to_status: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    amount: Option<String>,
    currency: Option<String>,
    at: DateTime<Utc>,
}

impl Subscriptions {
    /// A page of subscriptions.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn list(&self, query: SubscriptionQuery) -> Result<SubscriptionPage, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let mut sql = QueryBuilder::new("SELECT count(*)");
        push_matching(&mut sql, &query);
        let total = sql.build_query_scalar().fetch_one(&mut *db).await?;

        let limit = query.limit.clamp(1, MOST);
        let key = query.sort.key();
        let (compare, direction) = if query.descending { ("<", " DESC") } else { (">", "") };
        let mut sql = QueryBuilder::new("SELECT ");
        sql.push(COLUMNS).push(", ").push(key).push(" AS sort_key");
        push_matching(&mut sql, &query);
        if let Some(after) = &query.after {
            sql.push(format!(" AND ({key}, subscriptions.id) {compare} ("));
            sql.push_bind(&after.key).push(", ").push_bind(&after.id).push(")");
        }
        sql.push(format!(" ORDER BY {key}{direction}, subscriptions.id{direction} LIMIT {}", limit + 1));
        let mut found: Vec<Sorted> = sql.build_query_as().fetch_all(&mut *db).await?;
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next = found
            .last()
            .filter(|_| more)
            .map(|last| SubscriptionCursor { key: last.sort_key.clone(), id: last.row.id.clone() });
        let statuses = sqlx::query_scalar(
            "SELECT DISTINCT status FROM subscriptions WHERE ended_at IS NULL ORDER BY status",
        )
        .fetch_all(&mut *db)
        .await?;
        db.commit().await?;
        Ok(SubscriptionPage {
            rows: found.into_iter().map(|found| found.row).collect(),
            total,
            next,
            statuses,
        })
    }

    /// One subscription with what happened to it.
    ///
    /// # Errors
    /// When there is no such one, or the shop was closed.
    pub async fn get(&self, id: &str) -> Result<SubscriptionDetail, Failure> {
        let row: Option<SubscriptionRow> = QueryBuilder::<Sqlite>::new("SELECT ")
            .push(COLUMNS)
            .push(FROM)
            .push(" WHERE subscriptions.id = ")
            .push_bind(id)
            .build_query_as()
            .fetch_optional(&self.ctx.db)
            .await?;
        let row =
            row.ok_or_else(|| Failure::not_found(said!(en: "subscription", de: "dieses Abonnement")))?;
        let events: Vec<StoredEvent> = sqlx::query_as(
            "SELECT kind, from_status, to_status, expires_at, amount, currency, at FROM subscription_events \
             WHERE subscription = ? ORDER BY number DESC",
        )
        .bind(id)
        .fetch_all(&self.ctx.db)
        .await?;
        let events = events.into_iter().map(|event| {
            Ok(SubscriptionEvent {
                kind: event.kind,
                from: event.from_status,
                to: event.to_status,
                expires_at: event.expires_at,
                amount: event.amount.as_deref().map(exact).transpose()?,
                currency: event.currency,
                at: event.at,
            })
        });
        let plan = self.stored_plan(&row.plan).await.ok();
        Ok(SubscriptionDetail {
            plan,
            events: events.collect::<Result<_, Failure>>()?,
            calls: self.calls_of(id).await?,
            row,
        })
    }

    /// The subscriptions that wait for money, those that wait longest first.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn unpaid(&self) -> Result<Vec<Unpaid>, Failure> {
        let rows: Vec<StoredUnpaid> = QueryBuilder::<Sqlite>::new("SELECT ")
            .push(COLUMNS)
            .push(", subscription_plans.amount AS plan_amount, subscription_plans.currency AS plan_currency")
            .push(", coalesce(subscriptions.billed_at, subscriptions.updated_at) AS since")
            .push(FROM)
            .push(UNPAID)
            .push(" ORDER BY since, subscriptions.id")
            .build_query_as()
            .fetch_all(&self.ctx.db)
            .await?;
        let unpaid = rows.into_iter().map(|StoredUnpaid { row, plan_amount, plan_currency, since }| {
            let waits = row.status == "waiting_pay";
            Ok(Unpaid {
                amount: plan_amount.as_deref().map(exact).transpose()?,
                currency: plan_currency,
                until: since.filter(|_| waits).map(|since| since + chrono::TimeDelta::days(PATIENCE_DAYS)),
                since,
                row,
            })
        });
        unpaid.collect()
    }

    /// The unpaid ones as CSV for a spreadsheet; no cell of it is a formula.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn unpaid_csv(&self) -> Result<String, Failure> {
        let heads: [&str; 9] = said!(
            en: ["E-mail", "User", "Plan", "Status", "Price", "Currency", "Unpaid since", "Expires", "Subscription"],
            de: ["E-Mail", "Benutzer", "Plan", "Status", "Preis", "Währung", "Unbezahlt seit", "Läuft ab", "Abo"],
        );
        let mut table = String::new();
        spreadsheet::push_record(&mut table, &heads.map(str::to_owned));
        let text = |text: &str| spreadsheet::guarded(&spreadsheet::pictured(text), ',').into_owned();
        for Unpaid { row, amount, currency, since, until } in self.unpaid().await? {
            let user = row.user_name.as_deref().or(row.user.as_deref()).unwrap_or_default();
            let fields = [
                text(row.email.as_deref().unwrap_or_default()),
                text(user),
                text(&row.plan_title),
                text(&row.status),
                amount.map(|amount| amount.to_string()).unwrap_or_default(),
                text(&currency.unwrap_or_default().to_uppercase()),
                since.map(store::time).unwrap_or_default(),
                until.map(store::time).unwrap_or_default(),
                row.id,
            ];
            spreadsheet::push_record(&mut table, &fields);
        }
        Ok(table)
    }

    pub(super) async fn count_unpaid(&self) -> Result<u32, Failure> {
        Ok(QueryBuilder::<Sqlite>::new("SELECT count(*) FROM subscriptions")
            .push(UNPAID)
            .build_query_scalar()
            .fetch_one(&self.ctx.db)
            .await?)
    }

    /// All plans, oldest first.
    pub(super) async fn stored_plans(&self) -> Result<Vec<Plan>, Failure> {
        let plans: Vec<StoredPlan> =
            sqlx::query_as("SELECT * FROM subscription_plans ORDER BY created_at, id")
                .fetch_all(&self.ctx.db)
                .await?;
        plans.into_iter().map(StoredPlan::plan).collect()
    }

    /// One plan.
    pub(super) async fn stored_plan(&self, id: &str) -> Result<Plan, Failure> {
        let plan: Option<StoredPlan> = sqlx::query_as("SELECT * FROM subscription_plans WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.ctx.db)
            .await?;
        plan.ok_or_else(|| Failure::not_found(said!(en: "plan", de: "diesen Plan")))?.plan()
    }
}

#[derive(FromRow)]
struct Sorted {
    #[sqlx(flatten)]
    row: SubscriptionRow,
    sort_key: String,
}

#[derive(FromRow)]
struct StoredUnpaid {
    #[sqlx(flatten)]
    row: SubscriptionRow,
    plan_amount: Option<String>,
    plan_currency: Option<String>,
    since: Option<DateTime<Utc>>,
}

/// Appends the tables and the conditions of a list, without its place.
fn push_matching(sql: &mut QueryBuilder<Sqlite>, query: &SubscriptionQuery) {
    sql.push(FROM).push(match query.ended {
        true => " WHERE subscriptions.ended_at IS NOT NULL",
        false => " WHERE subscriptions.ended_at IS NULL",
    });
    if let Some(status) = &query.status {
        sql.push(" AND subscriptions.status = ").push_bind(status.to_lowercase());
    }
    if let Some(plan) = &query.plan {
        sql.push(" AND subscriptions.plan = ").push_bind(plan.clone());
    }
    if let Some(active) = query.active {
        sql.push(" AND subscriptions.active = ").push_bind(active);
    }
    let search = query.search.trim();
    if !search.is_empty() {
        sql.push(" AND instr(lower(coalesce(subscriptions.email, '') || ' ' || coalesce(subscription_users.name, '') || ' ' || \
                  coalesce(subscriptions.user, '') || ' ' || subscriptions.id), ");
        sql.push_bind(search.to_lowercase()).push(") > 0");
    }
}
