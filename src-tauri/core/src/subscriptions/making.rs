//! Making and changing plans, subscribing somebody, ending a subscription: each with one call, which is never made twice.

use chrono::{DateTime, Utc};
use nowpayments::{
    Amount, CustodyUserId, Outcome, PlanId, SubscriptionId, Ticker,
    subscriptions::{
        CreatePlan, DeleteSubscription, Plan as TheirPlan, Subscribe, Subscriber, Subscription, UpdatePlan,
    },
};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{
    Plan, Subscriptions, absorb, email,
    journal::{self, CallRow},
    list::takes_email,
};
use crate::{
    changes::Changed,
    coins::Catalogue,
    failure::{Failure, FailureCode},
    invoices::address,
    language::{said, words},
    payments::{Price, line},
    second_factor::provider_now,
};

/// The longest name of a plan, in characters.
const LONGEST_TITLE: usize = 100;
/// The longest period, in days: ten years.
const LONGEST_INTERVAL: u32 = 3_650;

/// A plan as the owner writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PlanEdit {
    /// The name.
    pub title: String,
    /// How many days a period has, as it was typed.
    pub interval_days: String,
    /// The price, as it was typed.
    pub amount: String,
    /// The currency of the price: a fiat one if people subscribe by e-mail.
    pub currency: String,
    /// Where callbacks go; empty for nowhere.
    pub callback_url: String,
    /// Where the customer is sent after paying; empty for nowhere.
    pub success_url: String,
    /// Where the customer is sent when the payment is called off; empty for nowhere.
    pub cancel_url: String,
    /// Where the customer is sent after paying less than the price; empty for nowhere.
    pub partially_paid_url: String,
}

/// A plan that is right in itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlanOrder {
    pub(super) title: String,
    pub(super) interval_days: u32,
    pub(super) amount: Amount,
    pub(super) currency: String,
    pub(super) callback_url: Option<String>,
    pub(super) success_url: Option<String>,
    pub(super) cancel_url: Option<String>,
    pub(super) partially_paid_url: Option<String>,
}

/// Who is to be subscribed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum WhoSubscribes {
    /// Who gets links to pay.
    Email {
        /// At this address.
        email: String,
    },
    /// A custody user, off whose balance the price is taken.
    User {
        /// The API's id.
        user: String,
    },
}

/// What is asked of NOWPayments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum SubscriptionCallKind {
    /// To make a plan.
    MakePlan,
    /// To change a plan.
    ChangePlan,
    /// To subscribe somebody.
    Subscribe,
    /// To end a subscription.
    End,
}

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum CallState {
    /// It is on its way.
    Sending,
    /// It was done.
    Done,
    /// NOWPayments refused: nothing was done.
    Refused,
    /// It ended without a clear answer. Ended only by looking.
    Unknown,
    /// What it should have done could not be found, and the owner does not wait for it any more.
    GivenUp,
}

/// Something that was asked of NOWPayments here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubscriptionCall {
    /// Our id, a UUID.
    pub id: String,
    /// What was asked for.
    pub kind: SubscriptionCallKind,
    /// How far it has come.
    pub state: CallState,
    /// The API's id of the plan; of one that is made once it is known.
    pub plan: Option<String>,
    /// The API's id of the subscription; of one that is made once it is known.
    pub subscription: Option<String>,
    /// The name of the plan as it was asked for, where a plan is made or changed.
    pub title: Option<String>,
    /// Whose e-mail address is subscribed.
    pub email: Option<String>,
    /// Which custody user is subscribed.
    pub user: Option<String>,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// What happened that needs words: a refusal, an unknown outcome.
    pub trouble: Option<String>,
    /// We looked often enough, and did not find it or not for certain: the owner may say that it was not done.
    pub may_give_up: bool,
}

/// A call that is right in itself.
#[derive(Debug, Clone)]
pub(super) enum Order {
    MakePlan(PlanOrder),
    ChangePlan(PlanId, Box<Plan>, PlanOrder),
    Subscribe(PlanId, Subscriber),
    End(SubscriptionId),
}

/// What NOWPayments answered.
enum Answer {
    Plan(Box<TheirPlan>),
    Subscription(Box<Subscription>),
    Ended,
}

/// How a call has ended, with what the job of a file must know beside.
pub(super) struct Ended {
    pub(super) call: SubscriptionCall,
    /// Why nothing was done.
    pub(super) failure: Option<Failure>,
}

impl Subscriptions {
    /// Makes a plan, once. An answer that is lost makes it [`CallState::Unknown`], which is no error.
    ///
    /// # Errors
    /// When what was typed is not right (with its field), NOWPayments refuses, or one just like it is not settled yet: nothing
    /// was made then.
    pub async fn make_plan(&self, edit: PlanEdit) -> Result<SubscriptionCall, Failure> {
        let order = PlanOrder::read(&edit, &*self.ctx.coins().await?, None)?;
        self.call(Order::MakePlan(order)).await
    }

    /// Changes a plan, once. What [`Self::describe_change`] says happens to its subscribers.
    ///
    /// # Errors
    /// Those of [`Self::make_plan`], and when nothing would change.
    pub async fn change_plan(&self, id: &str, edit: PlanEdit) -> Result<SubscriptionCall, Failure> {
        let plan = self.stored_plan(id).await?;
        let order = PlanOrder::read(&edit, &*self.ctx.coins().await?, Some(&plan))?;
        if order.changes_nothing(&plan) {
            return Err(Failure::invalid(
                "title",
                said!(en: "Nothing is changed yet.", de: "Es ist noch nichts geändert."),
            ));
        }
        let number = id.parse().map_err(|_| Failure::not_found(said!(en: "plan", de: "diesen Plan")))?;
        self.call(Order::ChangePlan(number, Box::new(plan), order)).await
    }

    /// Subscribes somebody to a plan, once.
    ///
    /// # Errors
    /// When what was typed is not right (with its field: `plan`, `email` or `user`), they are subscribed to it already, NOWPayments
    /// refuses, or a call just like it is not settled yet: nothing was done then.
    pub async fn subscribe(&self, plan: &str, who: WhoSubscribes) -> Result<SubscriptionCall, Failure> {
        let order = self.subscription_order(plan, &who).await?;
        self.call(order).await
    }

    /// Ends a subscription for good. Who asks for it has asked the owner twice.
    ///
    /// # Errors
    /// When there is no such subscription, it was ended, NOWPayments refuses, or this is not settled yet.
    pub async fn end(&self, id: &str) -> Result<SubscriptionCall, Failure> {
        let row = self.get(id).await?.row;
        if row.ended_at.is_some() {
            return Err(Failure::new(
                FailureCode::Stale,
                said!(en: "This subscription has ended already.", de: "Dieses Abo ist schon beendet."),
            ));
        }
        let number =
            id.parse().map_err(|_| Failure::not_found(said!(en: "subscription", de: "dieses Abonnement")))?;
        self.call(Order::End(number)).await
    }

    /// What was asked for here and is not settled, newest first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn unsettled(&self) -> Result<Vec<SubscriptionCall>, Failure> {
        CallRow::open(&self.ctx.db).await?.into_iter().map(CallRow::call).collect()
    }

    /// One call that was made here.
    ///
    /// # Errors
    /// When there is no such one, or the shop was closed.
    pub async fn made(&self, id: &str) -> Result<SubscriptionCall, Failure> {
        CallRow::load(&self.ctx.db, id).await?.call()
    }

    /// What was asked for of a subscription, newest first.
    pub(super) async fn calls_of(&self, subscription: &str) -> Result<Vec<SubscriptionCall>, Failure> {
        CallRow::of(&self.ctx.db, subscription).await?.into_iter().map(CallRow::call).collect()
    }

    /// The owner's word that what could not be found was not done. It looks once more before it believes. Should it turn up after
    /// all, it stands in the list like any other.
    ///
    /// # Errors
    /// When we have not looked often enough, or it is settled already; when the look failed.
    pub async fn give_up(&self, id: &str) -> Result<SubscriptionCall, Failure> {
        self.made_that_may_be_given_up(id).await?;
        let looked = self.look(id).await;
        self.ctx.announce(Changed::Subscriptions);
        looked?;
        let call = self.made_that_may_be_given_up(id).await?;
        let mut db = self.ctx.write().await?;
        let (none, trouble) = (journal::Found::default(), call.trouble.as_deref());
        journal::settle(&mut db, id, CallState::GivenUp, none, trouble, self.ctx.now()).await?;
        db.commit().await?;
        self.ctx.announce(Changed::Subscriptions);
        self.made(id).await
    }

    async fn made_that_may_be_given_up(&self, id: &str) -> Result<SubscriptionCall, Failure> {
        let call = self.made(id).await?;
        if call.state == CallState::Unknown && call.may_give_up {
            return Ok(call);
        }
        Err(Failure::new(
            FailureCode::Stale,
            said!(
                en: "Nothing was changed: this is settled by now, or Paydesk is still looking for it.",
                de: "Es wurde nichts geändert: Das ist inzwischen geklärt, oder Paydesk sucht noch danach."
            ),
        ))
    }

    /// Reads who is to be subscribed to what.
    pub(super) async fn subscription_order(&self, plan: &str, who: &WhoSubscribes) -> Result<Order, Failure> {
        let no_plan = || {
            Failure::invalid("plan", said!(en: "There is no such plan.", de: "Es gibt keinen solchen Plan."))
        };
        let plan = self.stored_plan(plan).await.map_err(|failure| match failure.code {
            FailureCode::NotFound => no_plan(),
            _ => failure,
        })?;
        let subscriber = match who {
            WhoSubscribes::Email { email } => {
                let email = email::check(email).map_err(|message| Failure::invalid("email", message))?;
                if !plan.takes_email {
                    return Err(Failure::invalid("plan", needs_fiat(&plan)));
                }
                Subscriber::Email(email)
            }
            WhoSubscribes::User { user } => {
                let user: CustodyUserId = user.trim().parse().map_err(|_| {
                    Failure::invalid("user", said!(en: "Choose a user.", de: "Wählen Sie einen Benutzer."))
                })?;
                if user.as_str().bytes().any(|b| !b.is_ascii_digit()) {
                    return Err(Failure::invalid(
                        "user",
                        said!(en: "The id of a user is a number.", de: "Die Kennung eines Benutzers ist eine Zahl."),
                    ));
                }
                Subscriber::User(user)
            }
        };
        Ok(Order::Subscribe(plan.id.parse().map_err(|_| no_plan())?, subscriber))
    }

    /// Makes a call. Runs to its end whatever becomes of the caller.
    async fn call(&self, order: Order) -> Result<SubscriptionCall, Failure> {
        let subscriptions = self.clone();
        let ended = self.ctx.to_the_end(async move { subscriptions.send(order, None).await }).await?;
        match ended.failure {
            Some(failure) => Err(failure),
            None => Ok(ended.call),
        }
    }

    /// Writes down what is asked for, of which row of a file if it is, and asks for it.
    pub(super) async fn send(&self, order: Order, row: Option<(&str, u32)>) -> Result<Ended, Failure> {
        self.ctx.may_change()?;
        let id = self.ctx.surroundings.uuid().to_string();
        let _mark = self.under_way.begin(&id);
        let sent_at = provider_now(&self.ctx);
        let mut db = self.ctx.write().await?;
        journal::refuse_twin(&mut db, &order).await?;
        journal::announce_call(&mut db, &id, &order, sent_at, self.ctx.now()).await?;
        if let Some((file, number)) = row {
            journal::mark_row(&mut db, file, number, &id).await?;
        }
        db.commit().await?;
        // A file tells of its progress by itself, and not so often.
        let tell = || {
            if row.is_none() {
                self.ctx.announce(Changed::Subscriptions);
            }
        };
        tell();

        let client = &self.ctx.client;
        let answer = match &order {
            Order::MakePlan(plan) => client.send(&plan.make()?).await.map(Box::new).map(Answer::Plan),
            Order::ChangePlan(id, before, plan) => {
                client.send(&plan.change(id, before)?).await.map(Box::new).map(Answer::Plan)
            }
            Order::Subscribe(plan, subscriber) => {
                let call = Subscribe { plan_id: plan.clone(), subscriber: subscriber.clone() };
                client.send(&call).await.map(Box::new).map(Answer::Subscription)
            }
            Order::End(id) => match client.send(&DeleteSubscription { id: id.clone() }).await {
                // It is gone, whoever did it.
                Err(error) if error.refused().is_some_and(is_gone) => Ok(Answer::Ended),
                answer => answer.map(|()| Answer::Ended),
            },
        };
        let ended = self.conclude(&id, &order, answer, sent_at).await;
        let failure = ended.map_err(Failure::after_sending)?;
        tell();
        if row.is_none() {
            self.sync.soon();
        }
        Ok(Ended { call: self.made(&id).await.map_err(Failure::after_sending)?, failure })
    }

    /// Writes down what became of a call. Gives why nothing was done, if that is certain.
    async fn conclude(
        &self,
        id: &str,
        order: &Order,
        answer: Result<Answer, nowpayments::Error>,
        sent_at: DateTime<Utc>,
    ) -> Result<Option<Failure>, Failure> {
        let ended_at = provider_now(&self.ctx);
        let error = match answer {
            Ok(answer) => {
                let found = self.take_in(id, order, answer, sent_at).await?;
                tracing::info!(call = id, ?found, "done");
                return Ok(None);
            }
            Err(error) => error,
        };
        if error.outcome() == Outcome::NotDone {
            let failure = refusal(&error, order);
            let is_of_the_call = error.refused().is_some_and(|refused| !refused.call.is_login());
            let mut db = self.ctx.write().await?;
            if !is_of_the_call {
                // The login before it failed, or nothing was reached: that says nothing of what was asked for.
                self.sync.wait_as_asked(&error);
                journal::note_not_made(&mut db, id).await?;
            }
            let none = journal::Found::default();
            journal::settle(&mut db, id, CallState::Refused, none, Some(&failure.message), self.ctx.now())
                .await?;
            db.commit().await?;
            return Ok(Some(failure));
        }
        tracing::warn!(call = id, %error, "a call has an unknown end");
        // What was turned away for being too much is not on its way any more.
        let answered = error.refused().is_some_and(nowpayments::Refused::is_rate_limited);
        let waits = self.sync.wait_as_asked(&error).is_some();
        let mut db = self.ctx.write().await?;
        journal::lose(&mut db, id, answered, Some(ended_at), self.ctx.now()).await?;
        db.commit().await?;
        // Whether this look succeeds or not, others follow.
        if !waits && let Err(failure) = self.look(id).await {
            tracing::info!(%failure, "the first look failed");
        }
        let call = self.made(id).await?;
        let turned_away = call.state == CallState::Refused;
        Ok(turned_away.then(|| Failure::other(call.trouble.unwrap_or_default())))
    }

    /// Takes what was answered into the lists, and settles the call.
    async fn take_in(
        &self,
        id: &str,
        order: &Order,
        answer: Answer,
        sent_at: DateTime<Utc>,
    ) -> Result<journal::Found, Failure> {
        let now = provider_now(&self.ctx);
        let first = self.sync_status().await?.since.is_none();
        let reading = absorb::Reading { began: sent_at, now, first };
        let mut db = self.ctx.write().await?;
        let mut found = journal::Found::default();
        match answer {
            Answer::Plan(plan) => {
                absorb::plan(&mut db, &plan).await?;
                found.plan = Some(plan.id.to_string());
            }
            Answer::Subscription(subscription) => {
                absorb::subscription(&mut db, &subscription, &reading).await?;
                found.subscription = Some(subscription.id.to_string());
            }
            Answer::Ended => {
                if let Order::End(subscription) = order {
                    absorb::ended(&mut db, subscription.as_str(), now).await?;
                }
            }
        }
        journal::settle(&mut db, id, CallState::Done, found.clone(), None, self.ctx.now()).await?;
        db.commit().await?;
        Ok(found)
    }
}

fn needs_fiat(plan: &Plan) -> String {
    let currency = plan.currency.to_uppercase();
    words!(
        en: "“{title}” costs an amount of {currency}. By e-mail, people can subscribe only to plans in a currency such as USD or EUR; \
             custody users can subscribe to this one.",
        de: "„{title}“ kostet einen Betrag in {currency}. Per E-Mail kann man nur Pläne in einer Währung wie USD oder EUR abonnieren; \
             Custody-Benutzer können diesen abonnieren.",
        title = plan.title
    )
}

/// Whether NOWPayments itself says that there is no such thing. That of something between here and there says nothing.
pub(super) fn is_gone(refused: &nowpayments::Refused) -> bool {
    refused.from_api && refused.is_not_found()
}

/// What a refusal means at the fields of the form.
fn refusal(error: &nowpayments::Error, order: &Order) -> Failure {
    let failure = Failure::from_api(error);
    let Some(refused) = error.refused() else { return failure };
    match order {
        Order::Subscribe(..) if refused.is_fiat_plan_wanted() => Failure::invalid(
            "plan",
            said!(
                en: "By e-mail, people can subscribe only to plans in a fiat currency. Nothing was done.",
                de: "Per E-Mail kann man nur Pläne in einer Fiat-Währung abonnieren. Es wurde nichts getan."
            ),
        ),
        Order::Subscribe(_, Subscriber::User(_)) if refused.is_not_found() => Failure::invalid(
            "user",
            said!(
                en: "NOWPayments does not know this user or this plan. Nothing was done.",
                de: "NOWPayments kennt diesen Benutzer oder diesen Plan nicht. Es wurde nichts getan."
            ),
        ),
        _ => failure,
    }
}

impl PlanOrder {
    /// Reads a plan as it was typed. An address that stands in the plan already is taken as it is.
    pub(super) fn read(edit: &PlanEdit, coins: &Catalogue, plan: Option<&Plan>) -> Result<Self, Failure> {
        let title = line("title", &edit.title, LONGEST_TITLE)?.ok_or_else(|| {
            Failure::invalid(
                "title",
                said!(en: "Give the plan a name.", de: "Geben Sie dem Plan einen Namen."),
            )
        })?;
        let typed = edit.interval_days.trim();
        let interval_days = typed
            .parse::<u32>()
            .ok()
            .filter(|days| typed.bytes().all(|b| b.is_ascii_digit()) && (1..=LONGEST_INTERVAL).contains(days))
            .ok_or_else(|| {
                Failure::invalid(
                    "interval_days",
                    words!(
                        en: "Write how many days a period has: a whole number from 1 to {LONGEST_INTERVAL}.",
                        de: "Schreiben Sie, wie viele Tage ein Zeitraum hat: eine ganze Zahl von 1 bis {LONGEST_INTERVAL}."
                    ),
                )
            })?;
        let Price { amount, currency } =
            Price::read(&edit.amount, &edit.currency, coins).map_err(|failure| Failure {
                field: failure.field.map(|field| field.trim_start_matches("price_").to_owned()),
                ..failure
            })?;
        let url = |field: &str, typed: &str, known: Option<&String>| match known {
            Some(known) if known == typed.trim() => Ok(Some(known.clone())),
            _ => address(field, typed),
        };
        Ok(Self {
            title,
            interval_days,
            amount,
            currency: currency.to_string(),
            callback_url: url(
                "callback_url",
                &edit.callback_url,
                plan.and_then(|plan| plan.callback_url.as_ref()),
            )?,
            success_url: url(
                "success_url",
                &edit.success_url,
                plan.and_then(|plan| plan.success_url.as_ref()),
            )?,
            cancel_url: url("cancel_url", &edit.cancel_url, plan.and_then(|plan| plan.cancel_url.as_ref()))?,
            partially_paid_url: url(
                "partially_paid_url",
                &edit.partially_paid_url,
                plan.and_then(|plan| plan.partially_paid_url.as_ref()),
            )?,
        })
    }

    pub(super) fn takes_email(&self) -> bool {
        takes_email(&self.currency)
    }

    fn currency(&self) -> Result<Ticker, Failure> {
        self.currency.parse().map_err(|_| Failure::invalid("currency", self.currency.clone()))
    }

    fn make(&self) -> Result<CreatePlan, Failure> {
        let new =
            CreatePlan::new(self.title.clone(), self.interval_days, self.amount.clone(), self.currency()?);
        Ok(CreatePlan {
            ipn_callback_url: self.callback_url.clone(),
            success_url: self.success_url.clone(),
            cancel_url: self.cancel_url.clone(),
            partially_paid_url: self.partially_paid_url.clone(),
            ..new
        })
    }

    /// The change of a plan: only what differs. An address cannot be taken away.
    fn change(&self, id: &PlanId, before: &Plan) -> Result<UpdatePlan, Failure> {
        let differs = |new: &Option<String>, old: &Option<String>| new.clone().filter(|_| new != old);
        let priced = self.amount != before.amount || self.currency != before.currency;
        Ok(UpdatePlan {
            title: (self.title != before.title).then(|| self.title.clone()),
            interval_day: (self.interval_days != before.interval_days).then_some(self.interval_days),
            amount: priced.then(|| self.amount.clone()),
            currency: if self.currency == before.currency { None } else { Some(self.currency()?) },
            ipn_callback_url: differs(&self.callback_url, &before.callback_url),
            success_url: differs(&self.success_url, &before.success_url),
            cancel_url: differs(&self.cancel_url, &before.cancel_url),
            partially_paid_url: differs(&self.partially_paid_url, &before.partially_paid_url),
            ..UpdatePlan::new(id.clone())
        })
    }

    fn changes_nothing(&self, plan: &Plan) -> bool {
        let same = |new: &Option<String>, old: &Option<String>| new.is_none() || new == old;
        self.is_priced_like(plan.interval_days, &plan.amount, &plan.currency)
            && self.title == plan.title
            && same(&self.callback_url, &plan.callback_url)
            && same(&self.success_url, &plan.success_url)
            && same(&self.cancel_url, &plan.cancel_url)
            && same(&self.partially_paid_url, &plan.partially_paid_url)
    }

    fn is_priced_like(&self, interval_days: u32, amount: &Amount, currency: &str) -> bool {
        self.interval_days == interval_days && self.amount == *amount && self.currency == currency
    }

    /// Whether a plan of NOWPayments can be what this asks for: what its subscribers see is the same.
    pub(super) fn is(&self, plan: &TheirPlan) -> bool {
        self.title == plan.title
            && self.is_priced_like(plan.interval_day, &plan.amount, plan.currency.as_str())
    }

    /// Whether a plan of NOWPayments is as this asks for, with its addresses. One that is not asked for cannot be taken away.
    pub(super) fn is_whole(&self, plan: &TheirPlan) -> bool {
        let same = |new: &Option<String>, theirs: &Option<String>| new.is_none() || new == theirs;
        self.is(plan)
            && same(&self.callback_url, &plan.ipn_callback_url)
            && same(&self.success_url, &plan.success_url)
            && same(&self.cancel_url, &plan.cancel_url)
            && same(&self.partially_paid_url, &plan.partially_paid_url)
    }
}
