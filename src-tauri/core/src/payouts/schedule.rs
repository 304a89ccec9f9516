//! Batches that are paid at a time of the owner's choosing, once or again and again, and calling them off.
//!
//! NOWPayments makes each further run of a series itself, as a batch of the same rows that needs no code. Such a batch is
//! found in its list once the run before it has begun, and is one of ours from then on.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};
use nowpayments::{
    Outcome, PayoutBatchId,
    payouts::{self as api, CancelPayout, CancelPayoutBatch, GetPayout, Payout, PayoutStatus},
};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

use super::{
    Payouts,
    amount::PayoutAmount,
    batch::BatchState,
    draft::not_sent,
    lookup,
    record::{self, PayableRow, Record, stale},
};
use crate::{
    changes::Changed,
    failure::{Failure, FailureCode},
    language::{day, decimal, said, words},
    second_factor::{local, provider_now},
    store,
};

/// So long before its time a batch must be scheduled at least.
const SOONEST: TimeDelta = TimeDelta::minutes(5);
/// So long after the time of a run NOWPayments makes the next one at the latest.
const NEXT_RUN_APPEARS: TimeDelta = TimeDelta::hours(6);
/// How many pages of the provider's list are gone through for it.
const MOST_PAGES: u32 = 50;

/// When a batch is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Schedule {
    /// When, or when for the first time.
    pub execute_at: DateTime<Utc>,
    /// How it comes back, if it does.
    pub repetition: Option<Repetition>,
}

/// How a scheduled batch comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Repetition {
    /// What the time between two runs is counted in.
    pub interval: Interval,
    /// Every so many: 1 to 365 days, 52 weeks or 12 months.
    pub every: u16,
    /// No run is later than this; `None`: until it is called off.
    pub until: Option<DateTime<Utc>>,
}

/// What the time between two runs of a batch is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum Interval {
    /// Days.
    Days,
    /// Weeks.
    Weeks,
    /// Months, on the same day of the month.
    MonthsByDay,
    /// Months, on the same day of the week.
    MonthsByWeekday,
}

impl Interval {
    fn in_api(self) -> api::Interval {
        match self {
            Self::Days => api::Interval::Daily,
            Self::Weeks => api::Interval::Weekly,
            Self::MonthsByDay => api::Interval::MonthlyByDayOfMonth,
            Self::MonthsByWeekday => api::Interval::MonthlyByDayOfWeek,
        }
    }

    /// The time so many of it after another.
    fn after(self, at: DateTime<Utc>, count: u32) -> Option<DateTime<Utc>> {
        match self {
            Self::Days => at.checked_add_days(Days::new(count.into())),
            Self::Weeks => at.checked_add_days(Days::new(7 * u64::from(count))),
            Self::MonthsByDay => at.checked_add_months(Months::new(count)),
            Self::MonthsByWeekday => {
                // The second Friday is followed by the second Friday; where a month has no fifth one, its last stands for it.
                let month = at.checked_add_months(Months::new(count))?.date_naive().with_day(1)?;
                let of = |nth: u8| {
                    NaiveDate::from_weekday_of_month_opt(month.year(), month.month(), at.weekday(), nth)
                };
                let nth = u8::try_from(at.day0() / 7 + 1).ok()?;
                Some(of(nth).or_else(|| of(nth - 1))?.and_time(at.time()).and_utc())
            }
        }
    }

    fn in_words(self, every: u16) -> String {
        match self {
            Self::Days => words!(
                one: every, en: "every day", de: "jeden Tag",
                more: en: "every {every} days", de: "alle {every} Tage",
            ),
            Self::Weeks => words!(
                one: every, en: "every week", de: "jede Woche",
                more: en: "every {every} weeks", de: "alle {every} Wochen",
            ),
            Self::MonthsByDay => words!(
                one: every, en: "every month", de: "jeden Monat",
                more: en: "every {every} months", de: "alle {every} Monate",
            ),
            Self::MonthsByWeekday => words!(
                one: every, en: "every month on the same weekday", de: "jeden Monat am gleichen Wochentag",
                more: en: "every {every} months on the same weekday", de: "alle {every} Monate am gleichen Wochentag",
            ),
        }
    }

    /// What stands for it in the hash of the rows: the same whatever is spoken, and never another.
    pub(super) fn for_hash(self, every: u16) -> String {
        let (one, many) = match self {
            Self::Days => ("day", "days"),
            Self::Weeks => ("week", "weeks"),
            Self::MonthsByDay => ("month", "months"),
            Self::MonthsByWeekday => ("month on the same weekday", "months on the same weekday"),
        };
        if every == 1 { format!("every {one}") } else { format!("every {every} {many}") }
    }
}

impl Schedule {
    pub(super) fn in_api(&self) -> Result<api::Schedule, Failure> {
        let repetition = self.repetition.as_ref().map(|repetition| {
            api::Repetition::new(repetition.interval.in_api(), repetition.every, repetition.until).map_err(
                |_| {
                    let message = words!(
                        en: "{} is not a number from 1 to {}.",
                        de: "{} ist keine Zahl von 1 bis {}.",
                        repetition.every,
                        repetition.interval.in_api().longest(),
                    );
                    Failure::invalid("every", message)
                },
            )
        });
        Ok(api::Schedule { execute_at: self.execute_at, repetition: repetition.transpose()? })
    }

    /// When it is paid, in words, by UTC.
    pub(super) fn in_words(&self) -> String {
        let at = |at: DateTime<Utc>| format!("{} {}", day(at), at.format("%H:%M UTC"));
        match &self.repetition {
            None => at(self.execute_at),
            Some(Repetition { interval, every, until }) => {
                let end =
                    until.map(|until| words!(en: " until {}", de: " bis {}", at(until))).unwrap_or_default();
                words!(
                    en: "{} and then {}{end}",
                    de: "{} und dann {}{end}",
                    at(self.execute_at),
                    interval.in_words(*every),
                )
            }
        }
    }

    /// When it is paid after the first time, if it comes back: without an end, where it has none.
    pub(super) fn further_runs(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let (first, repetition) = (self.execute_at, self.repetition.clone());
        (1_u32..).map_while(move |number| {
            let repetition = repetition.as_ref()?;
            let at = repetition.interval.after(first, u32::from(repetition.every).checked_mul(number)?)?;
            repetition.until.is_none_or(|until| at <= until).then_some(at)
        })
    }

    fn accept(&self, now: DateTime<Utc>) -> Result<(), Failure> {
        if self.execute_at < now + SOONEST {
            return Err(Failure::invalid(
                "execute_at",
                words!(
                    en: "Choose a time that is at least {} minutes away: before it you have to approve the batch.",
                    de: "Wählen Sie einen Zeitpunkt, der mindestens {} Minuten entfernt ist: Vorher müssen Sie die \
                         Zahlliste freigeben.",
                    SOONEST.num_minutes(),
                ),
            ));
        }
        if let Some(repetition) = &self.repetition {
            let longest = repetition.interval.in_api().longest();
            if !(1..=longest).contains(&repetition.every) {
                return Err(Failure::invalid(
                    "every",
                    words!(
                        en: "Write a number from 1 to {longest}.",
                        de: "Schreiben Sie eine Zahl von 1 bis {longest}.",
                    ),
                ));
            }
            if repetition.until.is_some_and(|until| until < self.execute_at) {
                return Err(Failure::invalid(
                    "until",
                    said!(
                        en: "The end is before the first time.",
                        de: "Das Ende liegt vor dem ersten Mal.",
                    ),
                ));
            }
        }
        Ok(())
    }
}

impl Repetition {
    /// Whether there may be a run after the one at this time.
    fn goes_on_after(&self, at: DateTime<Utc>) -> bool {
        let days = match self.interval {
            Interval::Days => 1,
            Interval::Weeks => 7,
            // None is shorter.
            Interval::MonthsByDay | Interval::MonthsByWeekday => 28,
        };
        self.until.is_none_or(|until| at + TimeDelta::days(days * i64::from(self.every)) <= until)
    }
}

impl Record {
    /// When it is paid, by the provider's clock; `None`: as soon as it is approved.
    pub(super) fn schedule(&self) -> Option<Schedule> {
        let repetition = self.repeat_interval.zip(self.repeat_every);
        Some(Schedule {
            execute_at: self.execute_at?,
            repetition: repetition.map(|(interval, every)| Repetition {
                interval,
                every,
                until: self.repeat_until,
            }),
        })
    }

    /// The time that it waits for, if that has not come.
    pub(super) fn waits_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.execute_at.filter(|at| *at > now)
    }

    /// Whether a schedule can be called off: it was created, and its time has not come.
    pub(super) fn can_be_called_off(&self, now: DateTime<Utc>) -> bool {
        matches!(self.state, BatchState::Created | BatchState::Verified) && self.waits_until(now).is_some()
    }
}

impl Payouts {
    /// Says when a batch that was not sent is paid. Times are by the clock of this computer.
    pub(super) async fn write_schedule(&self, id: &str, schedule: Option<&Schedule>) -> Result<(), Failure> {
        let ahead = provider_now(&self.ctx) - self.ctx.now();
        let schedule = schedule.map(|schedule| Schedule {
            execute_at: schedule.execute_at + ahead,
            repetition: schedule.repetition.clone().map(|repetition| Repetition {
                until: repetition.until.map(|until| until + ahead),
                ..repetition
            }),
        });
        if let Some(schedule) = &schedule {
            schedule.accept(provider_now(&self.ctx))?;
        }
        let _writer = self.writer(id).await;
        let now = self.ctx.now();
        let mut tx = self.ctx.write().await?;
        let mut record = Record::load(&mut *tx, id).await?;
        not_sent(&record)?;
        if record.whole.is_some() {
            return Err(Failure::other(said!(
                en: "A part is paid when the whole batch is. Nothing was changed.",
                de: "Ein Teil wird gezahlt, wenn die ganze Zahlliste gezahlt wird. Es wurde nichts geändert.",
            )));
        }
        if record.schedule() == schedule {
            return Ok(());
        }
        let repetition = schedule.as_ref().and_then(|schedule| schedule.repetition.as_ref());
        record.execute_at = schedule.as_ref().map(|schedule| schedule.execute_at);
        record.repeat_interval = repetition.map(|repetition| repetition.interval);
        record.repeat_every = repetition.map(|repetition| repetition.every);
        record.repeat_until = repetition.and_then(|repetition| repetition.until);
        sqlx::query(
            "UPDATE payout_batches SET execute_at = ?, repeat_interval = ?, repeat_every = ?, repeat_until = ? WHERE id = ?",
        )
        .bind(record.execute_at.map(store::time))
        .bind(record.repeat_interval)
        .bind(record.repeat_every)
        .bind(record.repeat_until.map(store::time))
        .bind(id)
        .execute(&mut *tx)
        .await?;
        record.recount(&mut tx).await?;
        let words = match &schedule {
            Some(schedule) => words!(
                en: "It is to be paid on {}.",
                de: "Sie soll gezahlt werden: {}.",
                schedule.in_words(),
            ),
            None => said!(
                en: "It is to be paid as soon as it is approved.",
                de: "Sie soll gezahlt werden, sobald sie freigegeben ist.",
            )
            .to_owned(),
        };
        record.note(&mut tx, now, &words).await?;
        tx.commit().await?;
        self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
        Ok(())
    }

    /// When a batch is paid, by the clock of this computer.
    pub(super) fn local_schedule(&self, record: &Record) -> Option<Schedule> {
        let schedule = record.schedule()?;
        Some(Schedule {
            execute_at: local(&self.ctx, schedule.execute_at),
            repetition: schedule.repetition.map(|repetition| Repetition {
                until: repetition.until.map(|until| local(&self.ctx, until)),
                ..repetition
            }),
        })
    }

    /// Calls off a scheduled batch, or one row of it. Runs to its end whatever becomes of the caller.
    ///
    /// It moves nothing, so it may be asked for again after an unclear answer.
    pub(super) async fn call_off(&self, id: &str, number: Option<u32>) -> Result<(), Failure> {
        self.ctx.may_change()?;
        let _writer = self.writer(id).await;
        let mut record = Record::load(&self.ctx.db, id).await?;
        if !record.can_be_called_off(provider_now(&self.ctx)) {
            return Err(stale());
        }
        let Some(provider_id) = record.provider_id.as_deref().and_then(|id| id.parse::<PayoutBatchId>().ok())
        else {
            return Err(stale());
        };
        let rows = record::payable(&self.ctx.db, id).await?;
        let mut tx = self.ctx.write().await?;
        let words = match number.and_then(|number| rows.iter().find(|row| row.number == number)) {
            Some(row) => {
                let in_words = match row.pays()? {
                    PayoutAmount::Coin(amount) => format!("{} {}", decimal(amount), row.currency),
                    PayoutAmount::Fiat(fiat) => {
                        words!(en: "{} in {}", de: "{} in {}", decimal(fiat), row.currency)
                    }
                };
                words!(
                    en: "The payout of {in_words} to {} is called off.",
                    de: "Die Auszahlung von {in_words} an {} wird abgesagt.",
                    row.address,
                )
            }
            None => said!(en: "It is called off.", de: "Sie wird abgesagt.").to_owned(),
        };
        record.note(&mut tx, self.ctx.now(), &words).await?;
        tx.commit().await?;
        let asked = match number {
            Some(number) => self.call_off_rows(rows.iter().filter(|row| row.number == number)).await,
            None => match self.ctx.client.send(&CancelPayoutBatch { id: provider_id }).await {
                // Not every account has this call: its rows can be called off one by one.
                Err(error) if error.outcome() == Outcome::NotDone => self.call_off_rows(rows.iter()).await,
                answer => answer.map_err(Failure::from),
            },
        };
        // Whatever the answer was: what counts is how it stands now.
        let looked = self.refresh_now(&mut record).await;
        self.desk.follow(id);
        self.announce(&record);
        let rows = record::payable(&self.ctx.db, id).await?;
        let called_off = |row: &PayableRow| row.provider_status.as_deref() == Some("CANCELLED");
        let done = match number {
            Some(number) => rows.iter().filter(|row| row.number == number).all(called_off),
            None => rows.iter().all(called_off),
        };
        match (done, asked, looked) {
            (true, _, Ok(())) => Ok(()),
            (_, Err(failure), _) => Err(failure),
            _ => Err(Failure::new(
                FailureCode::UnknownOutcome,
                said!(
                    en: "NOWPayments took it, but does not show it as called off yet. Look at the batch again in a \
                         while; it can be called off again without harm.",
                    de: "NOWPayments hat es angenommen, zeigt sie aber noch nicht als abgesagt. Sehen Sie sich die \
                         Zahlliste nach einer Weile wieder an; sie kann ohne Schaden noch einmal abgesagt werden.",
                ),
            )),
        }
    }

    async fn call_off_rows(&self, rows: impl Iterator<Item = &PayableRow>) -> Result<(), Failure> {
        let mut first_failure = Ok(());
        for row in rows {
            if row.provider_status.as_deref() == Some("CANCELLED") {
                continue;
            }
            let Some(id) = row.provider_id.as_deref().and_then(|id| id.parse().ok()) else { continue };
            if let Err(error) = self.ctx.client.send(&CancelPayout { id }).await {
                first_failure = first_failure.and(Err(error.into()));
            }
        }
        first_failure
    }

    /// Looks for the next run of a series whose run has begun, and takes it for ours. Whether it may still show by itself.
    ///
    /// It is there as soon as the run before has begun. Paydesk may have been closed for long then: of a run that is over
    /// the next one is looked for whenever somebody asks.
    pub(super) async fn find_next_run(&self, record: &Record) -> Result<bool, Failure> {
        let now = provider_now(&self.ctx);
        let Some((at, schedule)) = record.execute_at.zip(record.schedule()) else { return Ok(false) };
        let begun = match record.state {
            BatchState::Verified | BatchState::Sending => (at..=at + NEXT_RUN_APPEARS).contains(&now),
            BatchState::Finished | BatchState::FinishedWithFailures => true,
            _ => false,
        };
        if !begun || !schedule.repetition.as_ref().is_some_and(|repetition| repetition.goes_on_after(at)) {
            return Ok(false);
        }
        let followed: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM payout_batches WHERE repeats = ?)")
                .bind(&record.id)
                .fetch_one(&self.ctx.db)
                .await?;
        if followed {
            return Ok(false);
        }
        let listing = lookup::list(&self.ctx.client, at - TimeDelta::minutes(1), MOST_PAGES).await?;
        // Where the list shows when payouts are due, one that shows none is no run.
        let shows_times = listing.payouts.iter().any(|payout| payout.execute_at.is_some());
        let taken = lookup::taken(&mut *self.ctx.db.acquire().await?, "").await?;
        let mut batches = BTreeMap::<&str, Vec<&Payout>>::new();
        for payout in &listing.payouts {
            if let Some(id) = payout.batch_withdrawal_id.as_ref().filter(|id| !taken.contains(id.as_str())) {
                batches.entry(id.as_str()).or_default().push(payout);
            }
        }
        // Ids are given to what we send; NOWPayments makes the next run without them.
        let rows: Vec<PayableRow> = record::payable(&self.ctx.db, &record.id)
            .await?
            .into_iter()
            .map(|row| PayableRow { unique_external_id: None, provider_id: None, ..row })
            .collect();
        let batches: Vec<_> = batches
            .into_iter()
            .map(|(id, payouts)| (payouts.iter().filter_map(|payout| payout.created_at).min(), id, payouts))
            .filter(|(created, ..)| created.unwrap_or(now) <= at + NEXT_RUN_APPEARS)
            .collect();
        let mut further = schedule.further_runs();
        let (next, after_it) = (further.next(), further.next());
        let mut runs = Vec::new();
        for (created, provider_id, payouts) in batches {
            let due = payouts.iter().filter_map(|payout| payout.execute_at).min();
            // The one after it may be there, too.
            let is_next = |due: DateTime<Utc>| match (next, after_it) {
                (Some(next), Some(after_it)) => due < next + (after_it - next) / 2,
                _ => true,
            };
            let in_time = match due {
                Some(due) => due > at && is_next(due),
                None => !shows_times || payouts.iter().any(|payout| has_begun(&payout.status)),
            };
            // A run needs no code: what waits for one was made by somebody, and of what is over nothing comes.
            let waits_for_a_code = |payout: &&Payout| {
                payout.unique_external_id.is_some()
                    || matches!(payout.status, PayoutStatus::New | PayoutStatus::Creating)
            };
            if in_time
                && !payouts.iter().any(waits_for_a_code)
                && !payouts.iter().all(|payout| lookup::is_over(&payout.status))
                && let Some(pairs) = lookup::pair(&rows, &payouts)?
                && let Ok(id) = provider_id.parse::<PayoutBatchId>()
            {
                runs.push((due.is_none(), created, provider_id, id, payouts, pairs));
            }
        }
        // One that is due when the next is goes before those that have begun; of those the first is the next.
        runs.sort_by_key(|(is_untimed, created, ..)| (*is_untimed, *created));
        let waits = |payouts: &[&Payout]| !payouts.iter().any(|payout| has_begun(&payout.status));
        let unclear = match runs.as_slice() {
            [(first, .., one, _), (second, .., two, _), ..] => first == second && waits(one) && waits(two),
            _ => false,
        };
        if unclear {
            let ids: Vec<_> = runs.iter().map(|(_, _, id, ..)| *id).collect();
            self.say_that_runs_are_alike(record, &ids).await?;
            return Ok(now <= at + NEXT_RUN_APPEARS);
        }
        if let Some((_, created, provider_id, id, payouts, pairs)) = runs.into_iter().next() {
            let batch = self.ctx.client.send(&GetPayout { id }).await?;
            let run = Run {
                provider_id,
                execute_at: batch.withdrawals.iter().find_map(|payout| payout.execute_at).or(next),
                created: created.unwrap_or(now),
            };
            let mut tx = self.ctx.write().await?;
            let own = self.keep_run(&mut tx, record, &run, &rows, &payouts, &pairs).await?;
            tx.commit().await?;
            self.desk.follow_now(&own);
            self.ctx.announce(Changed::Payouts { batch: own });
            return Ok(false);
        }
        Ok(now <= at + NEXT_RUN_APPEARS)
    }

    /// Says once that the next run of a series is not taken for one, since several may be it.
    async fn say_that_runs_are_alike(&self, record: &Record, ids: &[&str]) -> Result<(), Failure> {
        let words = words!(
            en: "NOWPayments shows several batches that may be the next run of this series ({}). Paydesk follows none of \
                 them; look at them in the dashboard of NOWPayments.",
            de: "NOWPayments zeigt mehrere Zahllisten, die die nächste Ausführung dieser Serie sein können ({}). Paydesk \
                 verfolgt keine davon; sehen Sie sie im Dashboard von NOWPayments an.",
            ids.join(", "),
        );
        let mut tx = self.ctx.write().await?;
        let said: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM payout_steps WHERE batch = ? AND note = ?)")
                .bind(&record.id)
                .bind(&words)
                .fetch_one(&mut *tx)
                .await?;
        if !said {
            record.note(&mut tx, self.ctx.now(), &words).await?;
            record.clone().set_trouble(&mut *tx, Some(&words)).await?;
            tx.commit().await?;
            self.ctx.announce(Changed::Payouts { batch: record.id.clone() });
        }
        Ok(())
    }

    async fn keep_run(
        &self,
        tx: &mut SqliteConnection,
        record: &Record,
        found: &Run<'_>,
        rows: &[PayableRow],
        payouts: &[&Payout],
        pairs: &[usize],
    ) -> Result<String, Failure> {
        let now = self.ctx.now();
        let id = self.ctx.surroundings.uuid().to_string();
        sqlx::query(
            "INSERT INTO payout_batches (id, name, state, records, header, blank, accepted, rejected, checked_at, provider_id, execute_at,
                    repeat_interval, repeat_every, repeat_until, repeats, submitted_at, created_at, updated_at)
             SELECT ?1, name, 'verified', payable, 0, 0, payable, 0, checked_at, ?2, ?3,
                    repeat_interval, repeat_every, repeat_until, id, ?6, ?4, ?4 FROM payout_batches WHERE id = ?5",
        )
        .bind(&id)
        .bind(found.provider_id)
        .bind(found.execute_at.map(store::time))
        .bind(store::time(now))
        .bind(&record.id)
        .bind(store::time(found.created))
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "INSERT INTO payout_coins (batch, currency, rows, amount, fee, balance, worth, worth_of, worth_currency, explorer)
             SELECT ?1, currency, rows, amount, fee, NULL, worth, worth_of, worth_currency, explorer FROM payout_coins WHERE batch = ?2",
        )
        .bind(&id)
        .bind(&record.id)
        .execute(&mut *tx)
        .await?;
        for (row, pair) in rows.iter().zip(pairs) {
            sqlx::query(
                "INSERT INTO payout_rows (batch, number, status, line, address, account, currency, amount, fiat_amount, fiat_currency,
                        coin_amount, extra_id, description, external_id, notes, problems, warnings, fee_estimate, provider_id)
                 SELECT ?1, number, 'processing', line, address, account, currency, amount, fiat_amount, fiat_currency,
                        coin_amount, extra_id, description, external_id, notes, '[]', '[]', fee_estimate, ?2 FROM payout_rows WHERE batch = ?3 AND number = ?4",
            )
            .bind(&id)
            .bind(payouts[*pair].id.as_str())
            .bind(&record.id)
            .bind(row.number)
            .execute(&mut *tx)
            .await?;
        }
        let mut run = Record::load(&mut *tx, &id).await?;
        run.recount(tx).await?;
        run.note(
            tx,
            now,
            said!(
                en: "NOWPayments has made the next run of this series. It needs no code.",
                de: "NOWPayments hat die nächste Ausführung dieser Serie angelegt. Sie braucht keinen Code.",
            ),
        )
        .await?;
        Ok(id)
    }
}

/// Whether a payout is on its way or has been.
fn has_begun(status: &PayoutStatus) -> bool {
    matches!(
        status,
        PayoutStatus::Processing | PayoutStatus::Sending | PayoutStatus::Finished | PayoutStatus::Failed
    )
}

/// The next run of a series, as NOWPayments has made it.
struct Run<'a> {
    provider_id: &'a str,
    execute_at: Option<DateTime<Utc>>,
    created: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn what_cannot_be_scheduled_is_said_with_its_field() {
        let now = at("2026-11-27T12:00:00Z");
        let schedule = |execute_at: &str, repetition: Option<(Interval, u16, Option<&str>)>| Schedule {
            execute_at: at(execute_at),
            repetition: repetition.map(|(interval, every, until)| Repetition {
                interval,
                every,
                until: until.map(at),
            }),
        };
        for (schedule, field) in [
            (schedule("2026-11-27T11:00:00Z", None), Some("execute_at")),
            (schedule("2026-11-27T12:04:00Z", None), Some("execute_at")),
            (schedule("2026-11-27T12:05:00Z", None), None),
            (schedule("2026-12-01T09:00:00Z", Some((Interval::Weeks, 0, None))), Some("every")),
            (schedule("2026-12-01T09:00:00Z", Some((Interval::Weeks, 53, None))), Some("every")),
            (schedule("2026-12-01T09:00:00Z", Some((Interval::Days, 365, None))), None),
            (
                schedule(
                    "2026-12-01T09:00:00Z",
                    Some((Interval::MonthsByDay, 1, Some("2026-11-30T00:00:00Z"))),
                ),
                Some("until"),
            ),
        ] {
            let refused = schedule.accept(now).err().and_then(|failure| failure.field);
            assert_eq!(refused.as_deref(), field, "{schedule:?}");
        }
    }

    #[test]
    fn the_further_runs_of_a_series_follow_its_interval_to_its_end() {
        let runs = |interval, every, until: Option<&str>| {
            let repetition = Some(Repetition { interval, every, until: until.map(at) });
            let schedule = Schedule { execute_at: at("2026-12-31T09:00:00Z"), repetition };
            let days = schedule.further_runs().take(3).map(|at| at.format("%m-%d").to_string());
            days.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(runs(Interval::Days, 2, None), "01-02 01-04 01-06");
        assert_eq!(runs(Interval::Weeks, 1, Some("2027-01-14T09:00:00Z")), "01-07 01-14");
        assert_eq!(runs(Interval::MonthsByDay, 1, None), "01-31 02-28 03-31");
        assert_eq!(runs(Interval::MonthsByWeekday, 1, None), "01-28 02-25 03-25", "the last Thursday");
        let once = Schedule { execute_at: at("2026-12-31T09:00:00Z"), repetition: None };
        assert_eq!(once.further_runs().count(), 0);
    }

    #[test]
    fn a_schedule_is_said_in_words() {
        let repetition =
            Repetition { interval: Interval::MonthsByDay, every: 1, until: Some(at("2027-06-01T09:00:00Z")) };
        let mut schedule = Schedule { execute_at: at("2026-12-01T09:00:00Z"), repetition: Some(repetition) };
        assert_eq!(
            schedule.in_words(),
            "2026-12-01 09:00 UTC and then every month until 2027-06-01 09:00 UTC"
        );
        schedule.repetition = None;
        assert_eq!(schedule.in_words(), "2026-12-01 09:00 UTC");
    }
}
