//! One walk through the list of payments.

use std::{borrow::Cow, mem, pin::pin, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::{
    Access, Endpoint, Method, Order, Unreadable,
    payments::{ListPayments, Payment, PaymentSort},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

use super::{
    Interrupted, WINDOW,
    progress::{self, Progress},
};
use crate::{
    changes::Changed,
    language::words,
    notifications,
    payments::{
        Payments,
        cache::{Answered, absorb},
    },
};

/// An overlap, since payments made in the same moment may lie on both sides of the end of a page.
const OVERLAP: TimeDelta = TimeDelta::seconds(1);
/// Now and then the list is read back so far, for those that come to another end than they had: what has failed or expired
/// may be paid after all, what was paid may be given back. One call reads hundreds of them.
const FAR_BACK: TimeDelta = TimeDelta::days(31);
const FAR_BACK_EVERY: TimeDelta = TimeDelta::days(1);
/// After so many pages of the history the newest payments are looked at again.
const STRETCH: u32 = 40;

/// So many payments are written together at the most while the history is filled, and when hardly any is new: what is held
/// takes memory.
const TOGETHER: usize = 5_000;
const TOGETHER_LATER: usize = 1_000;
/// So long they wait for one another.
const LONGEST_TOGETHER: Duration = Duration::from_secs(1);

/// What a pass found.
#[derive(Default)]
pub(super) struct Read {
    pub(super) changed: bool,
    /// The history goes on.
    pub(super) more: bool,
    /// What is missing because it could not be read, in words.
    pub(super) unreadable: Option<String>,
}

/// A walk that is under way.
#[derive(Default)]
struct Walk {
    from: Option<DateTime<Utc>>,
    progress: Progress,
    /// Up to when the history was filled when it began.
    begun_at: Option<DateTime<Utc>>,
    held: Held,
    read: Read,
}

/// Pages that came one after the other and are not written yet: what comes slowly is written as it comes, what comes fast
/// together, since a transaction costs as much for a few payments as for many.
#[derive(Default)]
struct Held {
    payments: Vec<Answered>,
    /// How many payments there are in the list, as its first page says; `None` where that is not among these.
    total: Option<u32>,
    unreadable: Option<String>,
    /// Nothing is behind them.
    last: bool,
    /// When they are written at the latest; `None` when there are none.
    until: Option<Instant>,
}

impl Held {
    fn take(&mut self, page: Page, first: bool) {
        self.last = page.payments.is_empty() || page.more == Some(false);
        self.total = self.total.or(page.total.filter(|_| first));
        self.unreadable = page.unreadable.or(self.unreadable.take());
        self.payments.extend(page.payments);
        self.until.get_or_insert_with(|| Instant::now() + LONGEST_TOGETHER);
    }
}

impl Payments {
    pub(super) async fn read(&self) -> Result<Read, Interrupted> {
        let mut db = self.ctx.db.acquire().await?;
        let progress = Progress::read(&mut db).await?;
        drop(db);
        if progress.complete {
            let far_back =
                progress.far_back_at.is_none_or(|far_back_at| self.ctx.now() - far_back_at >= FAR_BACK_EVERY);
            let window = if far_back { FAR_BACK } else { WINDOW };
            let from = progress.filled_to.map(|filled_to| filled_to - window);
            let read = self.walk(from, progress).await?;
            if far_back {
                self.note_far_back().await?;
            }
            return Ok(read);
        }
        self.ctx.will_write(true).await?;
        // The newest first, so that the list does not begin with what happened long ago.
        let newest = ListPayments { order_by: Some(Order::Desc), ..self.sorted(None) };
        let newest = self.ctx.client.send(&List(newest)).await?;
        let mut db = self.ctx.write().await?;
        notifications::tell_from(&mut db, self.present(&newest.payments)).await?;
        let changed = absorb(&mut db, &newest.payments, self.ctx.now()).await?;
        db.commit().await?;
        if changed > 0 {
            self.ctx.announce(Changed::Payments);
        }
        let from = progress.filled_to.map(|filled_to| filled_to - OVERLAP);
        let read = self.walk(from, Progress { total: newest.total, ..progress }).await?;
        if !read.more {
            self.ctx.will_write(false).await?;
        }
        Ok(read)
    }

    /// A time by the provider's clock that none of what was just answered is later than.
    fn present(&self, answered: &[Answered]) -> DateTime<Utc> {
        // The clock is known to the second, cut off.
        let clock =
            self.ctx.now() + self.ctx.client.clock_offset().unwrap_or_default() + TimeDelta::seconds(1);
        answered.iter().filter_map(|answered| answered.payment.updated_at).fold(clock, DateTime::max)
    }

    async fn note_far_back(&self) -> Result<(), sqlx::Error> {
        let now = self.ctx.now();
        let mut db = self.ctx.write().await?;
        let progress = Progress::read(&mut db).await?;
        Progress { far_back_at: Some(now), ..progress }.write(&mut db).await?;
        db.commit().await
    }

    /// Reads all payments from a time on, the oldest first, so that new ones appear behind what was read and never in
    /// it. What is written is written together with how far that takes us: a walk that is cut off goes on from there.
    async fn walk(&self, from: Option<DateTime<Utc>>, progress: Progress) -> Result<Read, Interrupted> {
        let mut list = self.sorted(from);
        let mut walk = Walk { begun_at: progress.filled_to, from, progress, ..Walk::default() };
        let mut earlier_first = None;
        loop {
            let page = match self.page(&list, &mut walk).await {
                Ok(page) => page,
                Err(interrupted) => {
                    self.write(&mut walk).await?;
                    return Err(interrupted);
                }
            };
            let first = page.payments.first().map(|answered| answered.payment.payment_id.clone());
            if first.is_some() && first == earlier_first {
                self.write(&mut walk).await?;
                return Err(twice(list.page).into());
            }
            earlier_first = first;
            walk.held.take(page, list.page == 0);
            list.page += 1;
            let stretch = list.page.is_multiple_of(STRETCH);
            let together = if walk.progress.complete { TOGETHER_LATER } else { TOGETHER };
            if walk.held.last || stretch || walk.held.payments.len() >= together {
                let last = walk.held.last;
                self.write(&mut walk).await?;
                let goes_on = walk.progress.filled_to > walk.begun_at && !walk.progress.complete;
                walk.read.more |= stretch && !last && goes_on;
                if last || walk.read.more {
                    return Ok(walk.read);
                }
            }
        }
    }

    /// Reads a page, and writes what has waited for long enough while it does not come.
    async fn page(&self, list: &ListPayments, walk: &mut Walk) -> Result<Page, Interrupted> {
        let list = List(list.clone());
        let mut call = pin!(self.ctx.client.send(&list));
        loop {
            let Some(until) = walk.held.until else { return Ok(call.await?) };
            match timeout_at(until, call.as_mut()).await {
                Ok(answered) => return Ok(answered?),
                Err(_) => self.write(walk).await?,
            }
        }
    }

    /// Writes what waits to be written.
    async fn write(&self, walk: &mut Walk) -> Result<(), sqlx::Error> {
        if walk.held.until.is_none() {
            return Ok(());
        }
        let Walk { from, progress, read, .. } = walk;
        let held = mem::take(&mut walk.held);
        let now = self.ctx.now();
        let mut db = self.ctx.write().await?;
        if let Some(total) = held.total.filter(|_| progress.complete) {
            progress.total = Some(total + progress::cached_before(&mut db, *from).await?);
        }
        let changed = absorb(&mut db, &held.payments, now).await?;
        let newest = held.payments.iter().filter_map(|answered| answered.payment.created_at).max();
        progress.filled_to = progress.filled_to.max(newest);
        read.changed |= changed > 0;
        read.unreadable = held.unreadable.or(read.unreadable.take());
        if held.last {
            let gap = !progress.complete && progress.total > Some(progress::cached(&mut db).await?);
            if gap && !progress.repeated {
                tracing::warn!(total = progress.total, "the history has a gap; reading it again");
                progress.repeated = true;
                progress.filled_to = None;
                (read.changed, read.more) = (true, true);
            } else {
                progress.complete = true;
                progress.last_success = Some(now);
            }
        }
        progress.write(&mut db).await?;
        db.commit().await?;

        if changed > 0 {
            self.ctx.announce(Changed::Payments);
        }
        if !progress.complete {
            self.ctx.announce(Changed::Sync);
        }
        Ok(())
    }

    pub(super) fn sorted(&self, from: Option<DateTime<Utc>>) -> ListPayments {
        ListPayments {
            limit: self.sync.page,
            sort_by: Some(PaymentSort::CreatedAt),
            order_by: Some(Order::Asc),
            date_from: from,
            ..ListPayments::default()
        }
    }
}

/// `GET /payment/`, with the API's own JSON of each payment beside what the client reads of it. One that cannot be read
/// does not keep the others away.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct List(pub(super) ListPayments);

#[derive(Deserialize)]
#[serde(from = "RawPage")]
pub(super) struct Page {
    pub(super) payments: Vec<Answered>,
    total: Option<u32>,
    pub(super) more: Option<bool>,
    unreadable: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPage {
    data: Vec<Box<RawValue>>,
    page: Option<u32>,
    pages_count: Option<u32>,
    total: Option<u32>,
}

impl From<RawPage> for Page {
    fn from(raw: RawPage) -> Self {
        let mut problems = Vec::new();
        let mut payments = Vec::with_capacity(raw.data.len());
        for json in raw.data {
            match serde_json::from_str::<Payment>(json.get()) {
                Ok(payment) => {
                    payments.push(Answered { payment, json: String::from(Box::<str>::from(json)) });
                }
                Err(error) => problems.push(error),
            }
        }
        let unreadable = problems.first().map(|error| {
            words!(
                en: "{} of the payments at NOWPayments cannot be read and are not in the list ({error}). All others \
                     are. See the dashboard for them, and tell us.",
                de: "{} der Zahlungen bei NOWPayments können nicht gelesen werden und fehlen in der Liste ({error}). \
                     Alle anderen stehen darin. Sehen Sie diese im Dashboard an, und sagen Sie es uns.",
                problems.len(),
            )
        });
        let more = raw.page.zip(raw.pages_count).map(|(page, pages)| page + 1 < pages);
        Self { payments, total: raw.total, more, unreadable }
    }
}

impl Endpoint for List {
    const METHOD: Method = ListPayments::METHOD;
    const ACCESS: Access = ListPayments::ACCESS;
    type Response = Page;

    fn path(&self) -> Cow<'static, str> {
        self.0.path()
    }
}

/// The API answers with the same page again, which would go on for ever.
fn twice(page: u32) -> nowpayments::Error {
    let message = format!("page {page} is the one before it again");
    Unreadable { call: None, path: String::new(), message, request_id: None }.into()
}
