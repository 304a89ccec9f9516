//! Subscriptions: plans of payments that come back, and who has subscribed to them.
//!
//! NOWPayments lists both and says nothing of what was paid: what happens is what was seen to change from one reading
//! of the lists to the next, and is known since Paydesk looks. All times but those of the journal are by the
//! provider's clock, by which periods begin and end.

mod absorb;
mod charts;
mod describe;
mod email;
mod figures;
mod import;
mod job;
mod journal;
mod list;
mod log;
mod look;
mod making;
mod sync;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

pub use self::{
    charts::PlanChart,
    figures::{Churn, Collected, MonthlyRevenue, PlanFigures, RenewalDay, StatusTally, Sum},
    import::{
        SubscriberCounts, SubscriberFile, SubscriberFileOpened, SubscriberRow, SubscriberRowFault,
        SubscriberRowStatus, SubscriberRows,
    },
    job::{SubscriberFileState, SubscriberProgress},
    list::{
        SubscriptionCursor, SubscriptionDetail, SubscriptionEvent, SubscriptionEventKind, SubscriptionPage,
        SubscriptionQuery, SubscriptionRow, SubscriptionSort, Unpaid,
    },
    making::{CallState, PlanEdit, SubscriptionCall, SubscriptionCallKind, WhoSubscribes},
};
use crate::{failure::Failure, shops::ShopContext, under_way::UnderWay};

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Plan {
    /// The API's id.
    pub id: String,
    /// The name.
    pub title: String,
    /// How many days a period has.
    pub interval_days: u32,
    /// The price of a period.
    #[specta(type = String)]
    pub amount: Amount,
    /// The currency of the price, lower case.
    pub currency: String,
    /// The price is in a fiat currency: who subscribes by e-mail needs that.
    pub takes_email: bool,
    /// Where callbacks go.
    pub callback_url: Option<String>,
    /// Where the customer is sent after paying.
    pub success_url: Option<String>,
    /// Where the customer is sent when the payment is called off.
    pub cancel_url: Option<String>,
    /// Where the customer is sent after paying less than the price.
    pub partially_paid_url: Option<String>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated_at: Option<DateTime<Utc>>,
}

/// A plan with its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PlanRow {
    /// The plan.
    pub plan: Plan,
    /// What it comes to.
    pub figures: PlanFigures,
}

/// All plans, and how what is known of them stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PlanList {
    /// The plans, oldest first.
    pub plans: Vec<PlanRow>,
    /// How many subscriptions are unpaid.
    pub unpaid: u32,
    /// How the reading of the lists stands.
    pub sync: SubscriptionSync,
}

/// One plan with its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PlanDetail {
    /// The plan.
    pub plan: Plan,
    /// What it comes to.
    pub figures: PlanFigures,
    /// The paid periods that end within the next 30 days, for each of these days.
    pub renewals: Vec<RenewalDay>,
}

/// How the reading of plans and subscriptions stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubscriptionSync {
    /// Since when Paydesk looks: what happened before is not known. `None` before the first reading.
    pub since: Option<DateTime<Utc>>,
    /// When the lists were last read whole.
    pub read_at: Option<DateTime<Utc>>,
    /// They are being read.
    pub running: bool,
    /// Why they could not be read, in words. What was read before can be seen all the same.
    pub trouble: Option<String>,
}

/// The plans and subscriptions of a shop.
#[derive(Debug, Clone)]
pub struct Subscriptions {
    ctx: Arc<ShopContext>,
    sync: Arc<sync::Sync>,
    under_way: Arc<UnderWay>,
    job: Arc<job::Job>,
}

impl Subscriptions {
    pub(crate) fn new(ctx: Arc<ShopContext>) -> Self {
        Self { ctx, sync: Arc::default(), under_way: Arc::default(), job: Arc::default() }
    }

    /// All plans with their figures.
    ///
    /// # Errors
    /// When the shop was closed or its database fails.
    pub async fn plans(&self) -> Result<PlanList, Failure> {
        let mut plans = Vec::new();
        for plan in self.stored_plans().await? {
            let figures = self.figures(&plan).await?;
            plans.push(PlanRow { plan, figures });
        }
        Ok(PlanList { plans, unpaid: self.count_unpaid().await?, sync: self.sync_status().await? })
    }

    /// One plan with its figures.
    ///
    /// # Errors
    /// When there is no such plan, or the shop was closed.
    pub async fn plan(&self, id: &str) -> Result<PlanDetail, Failure> {
        let plan = self.stored_plan(id).await?;
        let (figures, renewals) = (self.figures(&plan).await?, self.renewals(&plan).await?);
        Ok(PlanDetail { plan, figures, renewals })
    }
}
