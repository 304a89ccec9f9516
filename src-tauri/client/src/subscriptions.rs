//! Subscriptions: plans of payments that come back, and who has subscribed to them.
//!
//! Who subscribes by e-mail gets a link to pay before each period begins; from a custody user the price is taken off
//! its balance. The API calls one subscriber's part in a plan a "recurring payment". The rules are those of the
//! official collection of April 2026, and the answer to [`Subscribe`] that of recordings of 2025.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    Amount, CustodyUserId, Page, PlanId, SubscriptionId, Ticker, amount,
    endpoint::{Access, Endpoint, Paged, done},
    envelope::result,
    error::Unreadable,
    status::{
        Stage::{Rest, Step},
        statuses,
    },
    wire,
};

#[cfg(test)]
mod tests;

/// Makes a plan: `POST /subscriptions/plans`.
#[derive(Debug, Clone, Serialize)]
pub struct CreatePlan {
    /// The name.
    pub title: String,
    /// How many days a period has.
    pub interval_day: u32,
    /// The price of a period.
    #[serde(with = "amount::number")]
    pub amount: Amount,
    /// The currency of the price. Only a plan in a fiat currency can be subscribed to by e-mail.
    pub currency: Ticker,
    /// Where callbacks go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipn_callback_url: Option<String>,
    /// Where the customer is sent after paying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_url: Option<String>,
    /// Where the customer is sent when the payment is called off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_url: Option<String>,
    /// Where the customer is sent after paying less than the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partially_paid_url: Option<String>,
}

impl CreatePlan {
    /// A plan of which only what is required is said.
    #[must_use]
    pub fn new(title: String, interval_day: u32, amount: Amount, currency: Ticker) -> Self {
        Self {
            title,
            interval_day,
            amount,
            currency,
            ipn_callback_url: None,
            success_url: None,
            cancel_url: None,
            partially_paid_url: None,
        }
    }
}

impl Endpoint for CreatePlan {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::Login;
    type Response = Plan;

    fn path(&self) -> Cow<'static, str> {
        "subscriptions/plans".into()
    }

    fn read(&self, body: &[u8]) -> Result<Plan, Unreadable> {
        result(body)
    }
}

/// Changes a plan: `PATCH /subscriptions/plans/:id`. What is `None` stays as it is.
///
/// It holds for the payments that are made from then on. Who has paid has paid.
#[derive(Debug, Clone, Serialize)]
pub struct UpdatePlan {
    /// Which.
    #[serde(skip)]
    pub id: PlanId,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How many days a period has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_day: Option<u32>,
    /// The price of a period.
    #[serde(with = "amount::number::option", skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The currency of the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Ticker>,
    /// Where callbacks go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipn_callback_url: Option<String>,
    /// Where the customer is sent after paying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_url: Option<String>,
    /// Where the customer is sent when the payment is called off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_url: Option<String>,
    /// Where the customer is sent after paying less than the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partially_paid_url: Option<String>,
}

impl UpdatePlan {
    /// A change that changes nothing yet.
    #[must_use]
    pub fn new(id: PlanId) -> Self {
        Self {
            id,
            title: None,
            interval_day: None,
            amount: None,
            currency: None,
            ipn_callback_url: None,
            success_url: None,
            cancel_url: None,
            partially_paid_url: None,
        }
    }
}

impl Endpoint for UpdatePlan {
    const METHOD: Method = Method::PATCH;
    const ACCESS: Access = Access::Login;
    type Response = Plan;

    fn path(&self) -> Cow<'static, str> {
        format!("subscriptions/plans/{}", self.id).into()
    }

    fn read(&self, body: &[u8]) -> Result<Plan, Unreadable> {
        result(body)
    }
}

/// Reads one plan: `GET /subscriptions/plans/:id`.
#[derive(Debug, Clone, Serialize)]
pub struct GetPlan {
    /// Which.
    #[serde(skip)]
    pub id: PlanId,
}

impl Endpoint for GetPlan {
    const METHOD: Method = Method::GET;
    type Response = Plan;

    fn path(&self) -> Cow<'static, str> {
        format!("subscriptions/plans/{}", self.id).into()
    }

    fn read(&self, body: &[u8]) -> Result<Plan, Unreadable> {
        result(body)
    }
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// The name.
    pub title: String,
    /// How many days a period has.
    #[serde(alias = "intervalDay", deserialize_with = "wire::required")]
    pub interval_day: u32,
    /// The price of a period.
    pub amount: Amount,
    /// The currency of the price.
    pub currency: Ticker,
    /// Where callbacks go.
    #[serde(default, deserialize_with = "wire::optional")]
    pub ipn_callback_url: Option<String>,
    /// Where the customer is sent after paying.
    #[serde(default, deserialize_with = "wire::optional")]
    pub success_url: Option<String>,
    /// Where the customer is sent when the payment is called off.
    #[serde(default, deserialize_with = "wire::optional")]
    pub cancel_url: Option<String>,
    /// Where the customer is sent after paying less than the price.
    #[serde(default, deserialize_with = "wire::optional")]
    pub partially_paid_url: Option<String>,
    /// When it was made.
    #[serde(default, alias = "createdAt", deserialize_with = "wire::optional")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed.
    #[serde(default, alias = "updatedAt", deserialize_with = "wire::optional")]
    pub updated_at: Option<DateTime<Utc>>,
}

/// Lists plans: `GET /subscriptions/plans`.
#[derive(Debug, Clone, Serialize)]
pub struct ListPlans {
    /// How many on a page.
    pub limit: u16,
    /// How many to leave out before.
    pub offset: usize,
}

/// All plans, in pages of a hundred. The largest page is not documented.
impl Default for ListPlans {
    fn default() -> Self {
        Self { limit: 100, offset: 0 }
    }
}

impl Endpoint for ListPlans {
    const METHOD: Method = Method::GET;
    type Response = Page<Plan>;

    fn path(&self) -> Cow<'static, str> {
        "subscriptions/plans".into()
    }
}

impl Paged for ListPlans {
    fn after(self, items: usize) -> Self {
        Self { offset: self.offset + items, ..self }
    }
}

/// Who subscribes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Subscriber {
    /// Who gets a link to pay at this e-mail address.
    #[serde(rename = "email")]
    Email(String),
    /// A custody user ("sub-partner"), off whose balance the price is taken.
    #[serde(rename = "sub_partner_id", serialize_with = "wire::number")]
    User(CustodyUserId),
}

impl<'de> Deserialize<'de> for Subscriber {
    /// Reads an object with either, where the other may be null.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Named {
            #[serde(default, deserialize_with = "wire::optional")]
            email: Option<String>,
            #[serde(default, alias = "subPartnerId", deserialize_with = "wire::optional")]
            sub_partner_id: Option<CustodyUserId>,
        }

        match Named::deserialize(deserializer)? {
            Named { sub_partner_id: Some(user), .. } => Ok(Self::User(user)),
            Named { email: Some(email), .. } => Ok(Self::Email(email)),
            _ => Err(de::Error::custom("expected an e-mail address or a user")),
        }
    }
}

/// Subscribes somebody to a plan: `POST /subscriptions`.
///
/// A plan that does not exist is a refusal of which [`Refused::is_not_found`](crate::Refused::is_not_found) is true, and
/// one in a coin, for somebody who subscribes by e-mail, of which
/// [`Refused::is_fiat_plan_wanted`](crate::Refused::is_fiat_plan_wanted) is.
#[derive(Debug, Clone, Serialize)]
pub struct Subscribe {
    /// To which plan.
    #[serde(rename = "subscription_plan_id", serialize_with = "wire::number")]
    pub plan_id: PlanId,
    /// Who.
    #[serde(flatten)]
    pub subscriber: Subscriber,
}

impl Endpoint for Subscribe {
    const METHOD: Method = Method::POST;
    const ACCESS: Access = Access::KeyAndLogin;
    type Response = Subscription;

    fn path(&self) -> Cow<'static, str> {
        "subscriptions".into()
    }

    /// The documents have the subscription in `result`; seen is an array of one there.
    fn read(&self, body: &[u8]) -> Result<Subscription, Unreadable> {
        result(body)
    }
}

/// Reads one subscription: `GET /subscriptions/:id`.
#[derive(Debug, Clone, Serialize)]
pub struct GetSubscription {
    /// Which.
    #[serde(skip)]
    pub id: SubscriptionId,
}

impl Endpoint for GetSubscription {
    const METHOD: Method = Method::GET;
    type Response = Subscription;

    fn path(&self) -> Cow<'static, str> {
        format!("subscriptions/{}", self.id).into()
    }

    fn read(&self, body: &[u8]) -> Result<Subscription, Unreadable> {
        result(body)
    }
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Subscription {
    /// Its id.
    #[serde(alias = "subscription_id")]
    pub id: SubscriptionId,
    /// The plan.
    #[serde(rename = "subscription_plan_id", alias = "subscriptionPlanId", alias = "plan_id")]
    pub plan_id: PlanId,
    /// Whether the period that is paid for has not ended.
    #[serde(default, alias = "isActive", deserialize_with = "wire::optional")]
    pub is_active: Option<bool>,
    /// How far the payment of the period is.
    pub status: SubscriptionStatus,
    /// When the period that is paid for ends.
    #[serde(default, alias = "expireDate", deserialize_with = "wire::optional")]
    pub expire_date: Option<DateTime<Utc>>,
    /// Who has subscribed.
    #[serde(default)]
    pub subscriber: Option<Subscriber>,
    /// When it was made.
    #[serde(default, alias = "createdAt", deserialize_with = "wire::optional")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it last changed.
    #[serde(default, alias = "updatedAt", deserialize_with = "wire::optional")]
    pub updated_at: Option<DateTime<Utc>>,
}

statuses! {
    /// How far the payment of a period of a subscription is.
    ///
    /// It begins anew with each period, so any may follow any.
    SubscriptionStatus {
        /// It waits for the money.
        WaitingPay = "WAITING_PAY" => Step(0),
        /// It is paid.
        Paid = "PAID" => Step(0),
        /// Less than the price was paid.
        PartiallyPaid = "PARTIALLY_PAID" => Step(0),
        /// Nothing was paid within 7 days.
        Expired = "EXPIRED" => Rest(0),
    }
}

/// Lists subscriptions: `GET /subscriptions`.
#[derive(Debug, Clone, Serialize)]
pub struct ListSubscriptions {
    /// Only those of this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SubscriptionStatus>,
    /// Only those to this plan.
    #[serde(rename = "subscription_plan_id", skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<PlanId>,
    /// Only those that are active, or only those that are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// How many on a page.
    pub limit: u16,
    /// How many to leave out before.
    pub offset: usize,
}

/// All subscriptions, in pages of a hundred. The largest page is not documented.
impl Default for ListSubscriptions {
    fn default() -> Self {
        Self { status: None, plan_id: None, is_active: None, limit: 100, offset: 0 }
    }
}

impl Endpoint for ListSubscriptions {
    const METHOD: Method = Method::GET;
    type Response = Page<Subscription>;

    fn path(&self) -> Cow<'static, str> {
        "subscriptions".into()
    }
}

impl Paged for ListSubscriptions {
    fn after(self, items: usize) -> Self {
        Self { offset: self.offset + items, ..self }
    }
}

/// Ends a subscription for good: `DELETE /subscriptions/:id`.
///
/// When this has been done already, it is a refusal of which
/// [`Refused::is_not_found`](crate::Refused::is_not_found) is true.
#[derive(Debug, Clone, Serialize)]
pub struct DeleteSubscription {
    /// Which.
    #[serde(skip)]
    pub id: SubscriptionId,
}

impl Endpoint for DeleteSubscription {
    const METHOD: Method = Method::DELETE;
    const ACCESS: Access = Access::Login;
    type Response = ();

    fn path(&self) -> Cow<'static, str> {
        format!("subscriptions/{}", self.id).into()
    }

    fn read(&self, body: &[u8]) -> Result<(), Unreadable> {
        done(body)
    }
}
