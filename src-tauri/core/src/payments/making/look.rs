//! Finding out what became of a call whose answer was lost, and following what was just made while its customer pays.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use nowpayments::{
    Order,
    payments::{ListPayments, Payment, PaymentSort, PaymentStatus},
};

use super::{
    MadePayment, MadeState, Payments, draft,
    journal::{self, MadeRow},
};
use crate::{changes::Changed, failure::Failure, language::said, second_factor::provider_now, store};

pub(super) fn lost() -> &'static str {
    said!(
        en: "The answer of NOWPayments was lost. It is not known whether the payment was made.",
        de: "Die Antwort von NOWPayments ging verloren. Es ist nicht bekannt, ob die Zahlung angelegt wurde.",
    )
}

pub(super) fn not_seen() -> &'static str {
    said!(
        en: "NOWPayments does not show this payment so far. Paydesk goes on looking.",
        de: "NOWPayments zeigt diese Zahlung bisher nicht. Paydesk sucht weiter.",
    )
}

pub(super) fn not_made() -> &'static str {
    said!(
        en: "NOWPayments does not show this payment, so it was most likely not made. You can make it again.",
        de: "NOWPayments zeigt diese Zahlung nicht, sie wurde also sehr wahrscheinlich nicht angelegt. Sie können sie neu \
             anlegen.",
    )
}

fn unclear() -> &'static str {
    said!(
        en: "NOWPayments shows more than one payment that this could be. Look at the newest ones in the list; do not \
             make it again.",
        de: "NOWPayments zeigt mehr als eine Zahlung, die es sein könnte. Sehen Sie sich die neuesten in der Liste \
             an; legen Sie sie nicht noch einmal an.",
    )
}

/// A call whose end is not known may still be on its way; looks within this time prove nothing.
const STILL_ON_ITS_WAY: TimeDelta = TimeDelta::seconds(60);
/// How soon a payment that is not found is looked for again, at first and later.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(2);
/// A customer at the counter pays within this time. So long what was made is read often.
const AT_THE_COUNTER: TimeDelta = TimeDelta::minutes(20);
const COUNTER_PAUSE: Duration = Duration::from_secs(4);
/// So many are followed so closely.
const FOLLOWED: u32 = 5;

impl Payments {
    /// Looks for a payment whose making has an unknown end.
    ///
    /// # Errors
    /// When NOWPayments does not answer, there is no such payment, or the shop was closed.
    pub async fn look_for(&self, id: &str) -> Result<MadePayment, Failure> {
        self.look(id).await?;
        self.ctx.announce(Changed::Payments);
        self.made(id).await
    }

    /// Looks through what was made at NOWPayments since the call.
    pub(super) async fn look(&self, id: &str) -> Result<(), Failure> {
        let row = MadeRow::load(&self.ctx.db, id).await?;
        if row.state() != MadeState::Unknown {
            return Ok(());
        }
        let since = row.sent_at - STILL_ON_ITS_WAY;
        let newest = ListPayments {
            sort_by: Some(PaymentSort::CreatedAt),
            order_by: Some(Order::Asc),
            date_from: Some(since),
            ..ListPayments::default()
        };
        let newest: Vec<Payment> =
            self.ctx.client.pages(newest).try_concat().await.map_err(|error| Failure::from_api(&error))?;
        // By the clock that the last answer showed: it was true of that moment.
        let is_late = provider_now(&self.ctx) >= row.sent_at + STILL_ON_ITS_WAY;
        let taken: Vec<String> =
            sqlx::query_scalar("SELECT payment FROM made_payments WHERE payment IS NOT NULL")
                .fetch_all(&self.ctx.db)
                .await?;
        let taken: HashSet<&str> = taken.iter().map(String::as_str).collect();
        let price = row.price()?;
        let found: Vec<_> = newest
            .iter()
            .filter(|payment| payment.created_at.is_some_and(|at| at >= since))
            .filter(|payment| payment.price_amount == price && row.can_be(payment))
            .map(|payment| payment.payment_id.as_str())
            .filter(|id| !taken.contains(id))
            .collect();
        if let [payment] = found.as_slice() {
            self.read_again(payment).await?;
        }
        let mut db = self.ctx.write().await?;
        match found.as_slice() {
            [payment] => {
                journal::settle(&mut db, id, MadeState::Made, Some(payment), None).await?;
                if row.is_from_draft() {
                    draft::forget(&mut db).await?;
                }
            }
            [] => journal::count_look(&mut db, &row, is_late).await?,
            _ => journal::settle(&mut db, id, MadeState::Unknown, None, Some(unclear())).await?,
        }
        db.commit().await?;
        Ok(())
    }

    /// Settles what earlier lives left behind and what is not known, and follows what was just made; from the opening of
    /// the shop until it is closed.
    pub(crate) async fn mind(self) {
        let mut pauses: HashMap<String, Duration> = HashMap::new();
        loop {
            let pause = self.mind_once(&mut pauses).await.unwrap_or_else(|failure| {
                tracing::warn!(%failure, "payments that were made here cannot be looked after");
                Some(LONGEST_PAUSE)
            });
            let stirred = self.making.under_way.stirred();
            match pause {
                None => stirred.await,
                Some(pause) => drop(tokio::time::timeout(pause, stirred).await),
            }
        }
    }

    /// One round; says after which time there is something to do, if there is.
    async fn mind_once(&self, pauses: &mut HashMap<String, Duration>) -> Result<Option<Duration>, Failure> {
        let mut next: Option<Duration> = None;
        let mut within = |pause: Duration| next = Some(next.map_or(pause, |next| next.min(pause)));
        for row in MadeRow::open(&self.ctx.db).await? {
            if self.making.under_way.has(&row.id) {
                continue;
            }
            if row.state() == MadeState::Sending {
                let mut db = self.ctx.write().await?;
                journal::settle(&mut db, &row.id, MadeState::Unknown, None, Some(lost())).await?;
                db.commit().await?;
            }
            if let Err(failure) = self.look(&row.id).await {
                tracing::info!(%failure, "a payment could not be looked for");
            }
            self.ctx.announce(Changed::Payments);
            let pause = pauses.entry(row.id).or_insert(FIRST_PAUSE);
            within(*pause);
            *pause = LONGEST_PAUSE.min(*pause * 2);
        }
        for id in self.at_the_counter().await? {
            if let Err(failure) = self.read_again(&id).await {
                tracing::info!(%failure, "a payment could not be read again");
            }
            within(COUNTER_PAUSE);
        }
        Ok(next)
    }

    /// The payments that were just made and whose customers may be paying now.
    async fn at_the_counter(&self) -> Result<Vec<String>, Failure> {
        let newest: Option<DateTime<Utc>> =
            sqlx::query_scalar("SELECT max(at) FROM made_payments").fetch_one(&self.ctx.db).await?;
        let since = self.ctx.now() - AT_THE_COUNTER;
        if newest.is_none_or(|newest| newest < since) {
            return Ok(Vec::new());
        }
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT payments.id, payments.status FROM made_payments JOIN payments ON payments.id = made_payments.payment \
             WHERE made_payments.at >= ? ORDER BY made_payments.at DESC LIMIT ?",
        )
        .bind(store::time(since))
        .bind(FOLLOWED)
        .fetch_all(&self.ctx.db)
        .await?;
        let open = |(_, status): &(String, String)| !PaymentStatus::from(status.as_str()).is_final();
        Ok(rows.into_iter().filter(open).map(|(id, _)| id).collect())
    }
}

impl MadeRow {
    /// Whether a payment of NOWPayments is what the call can have made: of the same invoice, or of the same order and
    /// purchase, in the same coin and currency. One that repeats another was made by a customer.
    fn can_be(&self, payment: &Payment) -> bool {
        let same = |ours: &Option<String>, theirs: Option<&str>| ours.as_deref() == theirs;
        let purchase = payment.purchase_id.as_ref().map(|id| id.as_str());
        let what = match &self.invoice {
            Some(_) => same(&self.invoice, payment.invoice_id.as_ref().map(|id| id.as_str())),
            None => same(&self.order_id, payment.order_id.as_deref()),
        };
        what && payment.parent_payment_id.is_none()
            && payment.pay_currency == *self.pay_currency
            && payment.price_currency == *self.price_currency
            && (self.purchase_id.is_none() || same(&self.purchase_id, purchase))
    }
}
