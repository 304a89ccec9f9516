//! The check of a batch against the shop: balances, fees, minimums, every address, and whether its rows were paid before.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use nowpayments::{
    Amount, Error, Ticker,
    balance::GetBalance,
    estimates::GetEstimate,
    payouts::{GetPayoutFee, GetPayoutMinimum, ValidateAddress},
};
use sqlx::SqliteConnection;

use super::{
    Payouts,
    amount::PayoutAmount,
    batch::{BatchState, Progress, RowProblem, RowStatus},
    draft::{json, not_sent},
    earlier,
    import::Column,
    lookup::{self, Contents},
    reading::share,
    recipients,
    record::{self, PayableRow, Record},
    rhythm::Rhythm,
    rules::rules,
    send::{ALL_PAGES, STILL_ON_ITS_WAY},
};
use crate::{
    changes::Changed,
    failure::Failure,
    language::{day, decimal, said, words},
    second_factor::provider_now,
    store,
};

/// How many addresses are checked at once.
const AT_ONCE: usize = 4;
/// How often an address is asked about that gets no answer,
const MOST_TRIES: u32 = 4;
/// or is answered that there were too many questions.
const MOST_TRIES_AT_A_LIMIT: u32 = 20;
/// So exactly is told what a sum of money is in coins, which nobody knows better: coins have no more on most networks.
const COIN_DECIMALS: i64 = 8;
/// How many pages of the provider's list the check goes through for payouts that were made elsewhere.
const MOST_PAGES: u32 = 200;
/// So far back it goes at least.
const LOOKED_BACK: TimeDelta = TimeDelta::days(7);

/// An address to be checked, and the rows that pay to it.
struct Recipient {
    address: String,
    currency: Ticker,
    extra_id: Option<String>,
    rows: Vec<u32>,
}

/// How a check ended.
enum Ended {
    /// It is done, or was called off.
    Whole,
    /// Other rows were there at its end than at its beginning.
    TooEarly,
}

/// What NOWPayments says of a coin.
#[derive(Default)]
struct CoinFacts {
    minimum: Option<Amount>,
    /// The fees of the smallest and of the largest row.
    fees: Option<(Amount, Amount)>,
    worth: Option<Amount>,
}

impl Payouts {
    /// Begins the check of a draft in the background, unless it is running.
    pub(super) fn begin_check(&self, id: &str) {
        let Some(ticket) = self.desk.begin_check(id) else { return };
        let (this, id) = (self.clone(), id.to_owned());
        self.ctx.in_background(async move {
            loop {
                match this.check_all(&id, ticket).await {
                    // Rows have changed meanwhile: what was found is not about them.
                    Ok(Ended::TooEarly) => {}
                    Ok(Ended::Whole) => break,
                    Err(failure) => {
                        if this.desk.is_checking(&id, ticket) {
                            this.check_failed(&id, &failure).await;
                        }
                        break;
                    }
                }
            }
            this.desk.end_check(&id, ticket);
            this.ctx.announce(Changed::Payouts { batch: id });
        });
    }

    /// Forgets what an earlier check has found, and checks again. A check that failed goes on where it was.
    pub(super) async fn check_anew(&self, id: &str) -> Result<(), Failure> {
        {
            let _writer = self.writer(id).await;
            let mut tx = self.ctx.write().await?;
            let mut record = Record::load(&mut *tx, id).await?;
            not_sent(&record)?;
            if record.state == BatchState::Checked {
                record
                    .back_to_draft(
                        &mut tx,
                        self.ctx.now(),
                        said!(
                            en: "It is checked again.",
                            de: "Sie wird noch einmal geprüft.",
                        ),
                    )
                    .await?;
            }
            record.set_trouble(&mut *tx, None).await?;
            tx.commit().await?;
        }
        self.begin_check(id);
        self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
        Ok(())
    }

    /// Stops the check of a draft. What it has found is kept, and the next one goes on from there.
    pub(super) async fn halt_check(&self, id: &str) -> Result<(), Failure> {
        if !self.desk.stop_check(id) {
            return Ok(());
        }
        let mut tx = self.ctx.write().await?;
        let mut record = Record::load(&mut *tx, id).await?;
        if record.state == BatchState::Draft {
            let words = said!(
                en: "You stopped the check against your shop. What was checked is kept.",
                de: "Sie haben die Prüfung gegen Ihren Shop angehalten. Was geprüft ist, bleibt behalten.",
            );
            record.set_trouble(&mut *tx, Some(words)).await?;
            record.note(&mut tx, self.ctx.now(), words).await?;
            tx.commit().await?;
        }
        self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
        Ok(())
    }

    async fn check_failed(&self, id: &str, failure: &Failure) {
        let written = async {
            let mut tx = self.ctx.write().await?;
            let mut record = Record::load(&mut *tx, id).await?;
            if record.state == BatchState::Draft {
                let trouble = words!(
                    en: "The check against your shop did not end: {}",
                    de: "Die Prüfung gegen Ihren Shop kam nicht zu Ende: {}",
                    failure.message,
                );
                record.set_trouble(&mut *tx, Some(&trouble)).await?;
                record.note(&mut tx, self.ctx.now(), &trouble).await?;
                tx.commit().await?;
            }
            Ok::<_, Failure>(())
        };
        // The batch may have been discarded, or the shop closed.
        if let Err(failure) = written.await {
            tracing::debug!(%failure, "the failure of a check was not kept");
        }
    }

    async fn check_all(&self, id: &str, ticket: u64) -> Result<Ended, Failure> {
        let client = &self.ctx.client;
        let balances = client.send(&GetBalance {}).await?;
        let began = provider_now(&self.ctx);
        let (rows, hash, created) = {
            let mut tx = self.ctx.db.begin().await?;
            let record = Record::load(&mut *tx, id).await?;
            (record::payable(&mut *tx, id).await?, record.rows_hash, record.created_at)
        };
        let (sums, tickers) = (sums_of(&rows)?, tickers_of(&rows));
        let recipients = self.unchecked(id).await?;
        let mut progress = Progress { done: 0, of: count(sums.len() + tickers.len() + recipients.len()) };
        if !self.desk.set_progress(id, ticket, progress) {
            return Ok(Ended::Whole);
        }
        self.ctx.announce(Changed::Payouts { batch: id.to_owned() });

        let mut rates = BTreeMap::new();
        for ((currency, fiat), sum) in sums {
            let estimate = self.estimate(fiat, &currency, &sum).await?;
            rates.insert((currency, fiat), estimate.map(|coins| (coins, sum)));
            progress.done += 1;
            if !self.desk.set_progress(id, ticket, progress) {
                return Ok(Ended::Whole);
            }
        }
        let amounts = rows.iter().map(|row| in_coins(row, &rates)).collect::<Result<Vec<_>, _>>()?;
        let coins = coins_of(&rows, &amounts);
        let worth_in = self.worth_in().await?;
        let mut facts = BTreeMap::new();
        for (currency, (smallest, largest, total)) in &coins {
            facts.insert(
                currency.clone(),
                self.ask_about(currency, smallest, largest, total, &worth_in).await?,
            );
            progress.done += 1;
            if !self.desk.set_progress(id, ticket, progress) {
                return Ok(Ended::Whole);
            }
        }
        // What was restored from a backup may be older than what it has paid since: all of its life is looked at.
        let (since, most_pages) = match created < began - LOOKED_BACK {
            true => (created, ALL_PAGES),
            false => (began - LOOKED_BACK, MOST_PAGES),
        };
        let elsewhere = lookup::list(client, since - STILL_ON_ITS_WAY, most_pages).await?;

        let step = (progress.of / 50).max(1);
        let rhythm = Rhythm::new();
        let verdicts = stream::iter(recipients)
            .map(|recipient| async {
                let verdict = self.validate(&recipient, &rhythm, || self.desk.is_checking(id, ticket)).await;
                (verdict, recipient)
            })
            .buffer_unordered(AT_ONCE)
            .ready_chunks(64);
        let mut verdicts = std::pin::pin!(verdicts);
        while let Some(chunk) = verdicts.next().await {
            let mut failed = None;
            let mut tx = self.ctx.write().await?;
            let before = progress.done;
            for (verdict, recipient) in chunk {
                match verdict {
                    Ok(refusal) => keep_verdict(&mut tx, id, &recipient, refusal.as_deref()).await?,
                    Err(error) => failed = Some(error),
                }
                progress.done += 1;
            }
            tx.commit().await?;
            if let Some(error) = failed {
                return Err(error.into());
            }
            if !self.desk.set_progress(id, ticket, progress) {
                return Ok(Ended::Whole);
            }
            if before / step != progress.done / step {
                self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
            }
        }

        let _writer = self.writer(id).await;
        let mut tx = self.ctx.write().await?;
        let mut record = Record::load(&mut *tx, id).await?;
        if record.state != BatchState::Draft || !self.desk.is_checking(id, ticket) {
            return Ok(Ended::Whole);
        }
        if record.rows_hash != hash {
            return Ok(Ended::TooEarly);
        }
        for (row, amount) in rows.iter().zip(&amounts) {
            let Some(amount) = amount else {
                find_problem(&mut tx, id, row.number, &without_rate(row)?).await?;
                continue;
            };
            let Some(facts) = facts.get(&row.currency) else { continue };
            if let Some(minimum) = facts.minimum.as_ref().filter(|minimum| amount < *minimum) {
                find_problem(&mut tx, id, row.number, &below_minimum(row, amount, minimum)?).await?;
            }
            let smallest = coins.get(&row.currency).map(|(smallest, largest, _)| (smallest, largest));
            let fee = smallest.zip(facts.fees.as_ref()).and_then(|(ends, fees)| fee_of(amount, ends, fees));
            let bought = row.fiat_amount.as_ref().map(|_| amount.to_string());
            sqlx::query(
                "UPDATE payout_rows SET fee_estimate = ?, coin_amount = ? WHERE batch = ? AND number = ?",
            )
            .bind(fee.map(|fee| fee.to_string()))
            .bind(bought)
            .bind(id)
            .bind(row.number)
            .execute(&mut *tx)
            .await?;
        }
        earlier::judge(&mut tx, &record).await?;
        warn_of_elsewhere(&mut tx, id, &rows, &elsewhere).await?;
        for (currency, facts) in &facts {
            let balance = balances.get(currency.as_str());
            let total = coins.get(currency).map(|(_, _, total)| total);
            sqlx::query("UPDATE payout_coins SET balance = ?, worth = ?, worth_of = ?, worth_currency = ? WHERE batch = ? AND currency = ?")
                .bind(balance.map(|balance| balance.amount.clone()).unwrap_or_default().to_string())
                .bind(facts.worth.as_ref().map(Amount::to_string))
                .bind(total.map(Amount::to_string))
                .bind(&worth_in)
                .bind(id)
                .bind(currency)
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query(
            "UPDATE payout_batches SET checked_at = ?, check_ended_at = ?, seen_in_part = ? WHERE id = ?",
        )
        .bind(store::time(began))
        .bind(store::time(provider_now(&self.ctx)))
        .bind(!elsewhere.complete)
        .bind(id)
        .execute(&mut *tx)
        .await?;
        recipients::judge(&mut tx, id).await?;
        record.recount(&mut tx).await?;
        record.set_trouble(&mut *tx, None).await?;
        let note = match record.bad {
            0 => words!(
                en: "Checked against your shop: {} can be paid.",
                de: "Gegen Ihren Shop geprüft: {} zahlbar.",
                rows_in_words(record.payable),
            ),
            bad => words!(
                en: "Checked against your shop: {} can be paid, {bad} cannot.",
                de: "Gegen Ihren Shop geprüft: {} zahlbar, {bad} nicht.",
                rows_in_words(record.payable),
            ),
        };
        record.advance(&mut tx, BatchState::Checked, self.ctx.now(), &note).await?;
        tx.commit().await?;
        Ok(Ended::Whole)
    }

    /// The distinct recipients that were not checked yet.
    async fn unchecked(&self, id: &str) -> Result<Vec<Recipient>, Failure> {
        let rows: Vec<(u32, String, String, Option<String>)> = sqlx::query_as(
            "SELECT number, address, currency, extra_id FROM payout_rows
             WHERE batch = ? AND removed_at IS NULL AND status = 'ready' AND address_checked = 0 ORDER BY number",
        )
        .bind(id)
        .fetch_all(&self.ctx.db)
        .await?;
        let mut known = HashMap::new();
        let mut recipients: Vec<Recipient> = Vec::new();
        for (number, address, currency, extra_id) in rows {
            let at = *known
                .entry((address.clone(), currency.clone(), extra_id.clone()))
                .or_insert(recipients.len());
            if at == recipients.len() {
                recipients.push(Recipient {
                    address,
                    currency: ticker(&currency)?,
                    extra_id,
                    rows: Vec::new(),
                });
            }
            recipients[at].rows.push(number);
        }
        Ok(recipients)
    }

    async fn ask_about(
        &self,
        currency: &str,
        smallest: &Amount,
        largest: &Amount,
        total: &Amount,
        worth_in: &str,
    ) -> Result<CoinFacts, Failure> {
        let client = &self.ctx.client;
        let coin = ticker(currency)?;
        let fee = |amount: &Amount| GetPayoutFee { currency: coin.clone(), amount: amount.clone() };
        let first = if_known(client.send(&fee(smallest)).await)?.map(|answer| answer.fee);
        let fees = match first {
            Some(first) if smallest == largest => Some((first.clone(), first)),
            Some(first) => if_known(client.send(&fee(largest)).await)?.map(|answer| (first, answer.fee)),
            None => None,
        };
        Ok(CoinFacts {
            minimum: if_known(client.send(&GetPayoutMinimum { currency: coin }).await)?,
            fees,
            worth: self.estimate(currency, worth_in, total).await?,
        })
    }

    /// In what it is told what a batch is worth: where there are limits it is compared with them, else what the shop counts in.
    async fn worth_in(&self) -> Result<String, Failure> {
        Ok(rules(&self.ctx.db, &self.ctx).await?.currency)
    }

    /// What an amount of one currency is in another, at the rate of the moment.
    async fn estimate(&self, from: &str, to: &str, amount: &Amount) -> Result<Option<Amount>, Failure> {
        let estimate =
            GetEstimate { amount: amount.clone(), currency_from: ticker(from)?, currency_to: ticker(to)? };
        Ok(if_known(self.ctx.client.send(&estimate).await)?.map(|answer| answer.estimated_amount))
    }

    /// Asks NOWPayments about an address: `None` when it is good, else the reason in its words. An answer that is neither
    /// is asked for again a few times, and is an error then: it never passes for a good one. Who is asked to be slower is.
    async fn validate(
        &self,
        recipient: &Recipient,
        rhythm: &Rhythm,
        goes_on: impl Fn() -> bool,
    ) -> Result<Option<String>, Error> {
        let request = ValidateAddress {
            address: recipient.address.clone(),
            currency: recipient.currency.clone(),
            extra_id: recipient.extra_id.clone(),
        };
        let (mut tries, mut wait) = (0, Duration::from_millis(500));
        loop {
            rhythm.turn().await;
            let error = match self.ctx.client.send(&request).await {
                Ok(()) => {
                    rhythm.faster();
                    return Ok(None);
                }
                Err(error) if is_verdict(&error) => {
                    rhythm.faster();
                    return Ok(error.refused().map(|refused| refused.message.clone()));
                }
                Err(error) => error,
            };
            // It changes nothing at the provider, so unlike other POSTs it may be repeated.
            tries += 1;
            let slower = error.refused().is_some_and(|refused| refused.status == 429);
            let most = if slower { MOST_TRIES_AT_A_LIMIT } else { MOST_TRIES };
            if !error.is_transient() || tries >= most || !goes_on() {
                return Err(error);
            }
            if slower {
                rhythm.slower(error.refused().and_then(|refused| refused.retry_after));
            } else {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
        }
    }
}

impl Record {
    /// Forgets what the check has found.
    pub(super) async fn back_to_draft(
        &mut self,
        tx: &mut SqliteConnection,
        at: chrono::DateTime<chrono::Utc>,
        note: &str,
    ) -> Result<(), Failure> {
        sqlx::query(
            "UPDATE payout_rows SET found_problems = '[]', found_warnings = '[]', taken_for = NULL, address_checked = 0, fee_estimate = NULL, coin_amount = NULL,
                    status = CASE problems WHEN '[]' THEN 'ready' ELSE 'bad' END
             WHERE batch = ?",
        )
        .bind(&self.id)
        .execute(&mut *tx)
        .await?;
        sqlx::query("UPDATE payout_coins SET balance = NULL, worth = NULL, worth_of = NULL WHERE batch = ?")
            .bind(&self.id)
            .execute(&mut *tx)
            .await?;
        self.recount(tx).await?;
        self.advance(tx, BatchState::Draft, at, note).await
    }
}

/// The sums of money that rows pay in each coin.
fn sums_of(rows: &[PayableRow]) -> Result<BTreeMap<(String, &'static str), Amount>, Failure> {
    let mut sums = BTreeMap::<_, Amount>::new();
    for row in rows {
        if let PayoutAmount::Fiat(fiat) = row.pays()? {
            *sums.entry((row.currency.clone(), fiat.currency)).or_default() += &fiat.amount;
        }
    }
    Ok(sums)
}

fn tickers_of(rows: &[PayableRow]) -> BTreeSet<&str> {
    rows.iter().map(|row| row.currency.as_str()).collect()
}

/// What sums of money are in coins: each with the sum that was asked about; `None` where NOWPayments says nothing.
type Rates = BTreeMap<(String, &'static str), Option<(Amount, Amount)>>;

/// How much of its coin a row pays; `None` when its sum of money cannot be told in coins.
fn in_coins(row: &PayableRow, rates: &Rates) -> Result<Option<Amount>, Failure> {
    Ok(match row.pays()? {
        PayoutAmount::Coin(amount) => Some(amount),
        PayoutAmount::Fiat(fiat) => {
            let rate = rates.get(&(row.currency.clone(), fiat.currency)).and_then(Option::as_ref);
            let bought = rate.and_then(|(coins, sum)| share(coins, &fiat.amount, sum, COIN_DECIMALS));
            bought.filter(Amount::is_positive)
        }
    })
}

/// The smallest and the largest row and the total of each coin.
fn coins_of(rows: &[PayableRow], amounts: &[Option<Amount>]) -> BTreeMap<String, (Amount, Amount, Amount)> {
    let mut coins = BTreeMap::<String, (Amount, Amount, Amount)>::new();
    for (row, amount) in rows.iter().zip(amounts) {
        let Some(amount) = amount.clone() else { continue };
        match coins.get_mut(&row.currency) {
            Some((smallest, largest, total)) => {
                *total += &amount;
                if amount < *smallest {
                    *smallest = amount;
                } else if amount > *largest {
                    *largest = amount;
                }
            }
            None => drop(coins.insert(row.currency.clone(), (amount.clone(), amount.clone(), amount))),
        }
    }
    coins
}

/// The fee of a row between the smallest and the largest: fees are fixed or follow the amount, and either lies on the line
/// between the two. Rounded up.
fn fee_of(
    amount: &Amount,
    (smallest, largest): (&Amount, &Amount),
    (low, high): &(Amount, Amount),
) -> Option<Amount> {
    let (span, rise) = (largest - smallest, high - low);
    if span.is_zero() || rise.is_zero() {
        return Some(low.clone());
    }
    let part = (amount - smallest).as_decimal() * rise.as_decimal() / span.as_decimal();
    let part = part.with_scale_round(12, bigdecimal::RoundingMode::Up);
    Some(low + &Amount::try_from(part).ok()?)
}

/// An answer, or nothing when the API has none for this coin. A failure that concerns all coins stays one.
fn if_known<T>(answer: Result<T, Error>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_verdict(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether the API has refused what was asked about, rather than who asks or for the moment.
fn is_verdict(error: &Error) -> bool {
    error.refused().is_some_and(|refused| {
        refused.from_api
            && matches!(refused.status, 400 | 404 | 422)
            && !refused.is_wrong_key()
            && !refused.is_computer_not_allowed()
    })
}

async fn keep_verdict(
    tx: &mut SqliteConnection,
    batch: &str,
    recipient: &Recipient,
    refusal: Option<&str>,
) -> Result<(), Failure> {
    for number in &recipient.rows {
        sqlx::query("UPDATE payout_rows SET address_checked = 1 WHERE batch = ? AND number = ?")
            .bind(batch)
            .bind(number)
            .execute(&mut *tx)
            .await?;
        if let Some(reason) = refusal {
            let problem = RowProblem {
                column: Some("address".to_owned()),
                value: recipient.address.clone(),
                code: "address_refused".to_owned(),
                message: words!(
                    en: "NOWPayments does not take this as an address for {}: “{reason}”. Ask the recipient for it \
                         again.",
                    de: "NOWPayments nimmt das nicht als Adresse für {}: „{reason}“. Fragen Sie den Empfänger noch \
                         einmal danach.",
                    recipient.currency.to_ascii_uppercase(),
                ),
            };
            find_problem(tx, batch, *number, &problem).await?;
        }
    }
    Ok(())
}

/// Adds a problem to a row, which is bad from then on.
pub(super) async fn find_problem(
    tx: &mut SqliteConnection,
    batch: &str,
    number: u32,
    problem: &RowProblem,
) -> Result<(), Failure> {
    sqlx::query(
        "UPDATE payout_rows SET found_problems = json_insert(found_problems, '$[#]', json(?)), status = ?
         WHERE batch = ? AND number = ?",
    )
    .bind(json(problem))
    .bind(RowStatus::Bad)
    .bind(batch)
    .bind(number)
    .execute(&mut *tx)
    .await?;
    Ok(())
}

pub(super) async fn warn(
    tx: &mut SqliteConnection,
    batch: &str,
    number: u32,
    code: &str,
    message: String,
) -> Result<(), Failure> {
    let warning = RowProblem { column: None, value: String::new(), code: code.to_owned(), message };
    sqlx::query(
        "UPDATE payout_rows SET found_warnings = json_insert(found_warnings, '$[#]', json(?)) WHERE batch = ? AND number = ?",
    )
    .bind(json(&warning))
    .bind(batch)
    .bind(number)
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// A problem with how much a row pays, which is `amount` of its coin.
fn amount_problem(row: &PayableRow, code: &str, message: String) -> Result<RowProblem, Failure> {
    let (column, value) = match row.pays()? {
        PayoutAmount::Coin(amount) => (Column::Amount, amount),
        PayoutAmount::Fiat(fiat) => (Column::FiatAmount, fiat.amount),
    };
    Ok(RowProblem {
        column: Some(column.to_string()),
        value: value.to_string(),
        code: code.to_owned(),
        message,
    })
}

fn below_minimum(row: &PayableRow, amount: &Amount, minimum: &Amount) -> Result<RowProblem, Failure> {
    let coin = row.currency.to_ascii_uppercase();
    let minimum = decimal(minimum);
    let message = match row.pays()? {
        PayoutAmount::Coin(_) => words!(
            en: "NOWPayments pays out at least {minimum} {coin} at a time. Pay more at once, or remove the row.",
            de: "NOWPayments zahlt mindestens {minimum} {coin} auf einmal aus. Zahlen Sie mehr auf einmal, oder \
                 entfernen Sie die Zeile.",
        ),
        PayoutAmount::Fiat(fiat) => words!(
            en: "NOWPayments pays out at least {minimum} {coin} at a time, and {fiat} are about {amount} {coin}. Pay \
                 more at once, or remove the row.",
            de: "NOWPayments zahlt mindestens {minimum} {coin} auf einmal aus, und {fiat} sind etwa {amount} {coin}. \
                 Zahlen Sie mehr auf einmal, oder entfernen Sie die Zeile.",
            fiat = decimal(fiat),
            amount = decimal(amount),
        ),
    };
    amount_problem(row, "below_minimum", message)
}

fn without_rate(row: &PayableRow) -> Result<RowProblem, Failure> {
    let message = words!(
        en: "NOWPayments does not say how much {} is in {}. Write an amount of the coin instead, or check again later.",
        de: "NOWPayments sagt nicht, wie viel {} in {} sind. Schreiben Sie stattdessen einen Betrag des Coins, oder prüfen \
             Sie später erneut.",
        decimal(row.pays()?),
        row.currency.to_ascii_uppercase(),
    );
    amount_problem(row, "no_rate", message)
}

/// Warns of rows that NOWPayments shows as payouts that no batch of this computer has made.
async fn warn_of_elsewhere(
    tx: &mut SqliteConnection,
    batch: &str,
    rows: &[PayableRow],
    elsewhere: &lookup::Listing,
) -> Result<(), Failure> {
    let contents = Contents::of(rows);
    let mut seen = BTreeMap::new();
    for payout in &elsewhere.payouts {
        let alike = if lookup::is_over(&payout.status) { Vec::new() } else { contents.alike(payout) };
        if !alike.is_empty() && !lookup::is_ours(&mut *tx, payout).await? {
            for row in alike {
                seen.entry(row.number).or_insert(payout);
            }
        }
    }
    for (number, payout) in seen {
        let at = payout.created_at.map(|at| words!(en: " on {}", de: " am {}", day(at))).unwrap_or_default();
        let message = match lookup::was_tried_here(&mut *tx, payout).await? {
            true => words!(
                en: "The same amount was sent to this address{at} already, by a try on this computer that was given up or \
                     whose batch was discarded.",
                de: "Derselbe Betrag wurde{at} schon an diese Adresse gesendet, durch einen Versuch auf diesem Rechner, \
                     der aufgegeben oder dessen Zahlliste verworfen wurde.",
            ),
            false => words!(
                en: "The same amount was sent to this address{at} already, but not from this computer.",
                de: "Derselbe Betrag wurde{at} schon an diese Adresse gesendet, aber nicht von diesem Rechner.",
            ),
        };
        warn(tx, batch, number, "paid_elsewhere", message).await?;
    }
    Ok(())
}

pub(super) fn rows_in_words(count: u32) -> String {
    words!(one: count, en: "1 row", de: "1 Zeile", more: en: "{count} rows", de: "{count} Zeilen")
}

/// A ticker that the importer took from the list of coins.
pub(super) fn ticker(text: &str) -> Result<Ticker, Failure> {
    text.parse().map_err(|_| {
        Failure::other(words!(
            en: "“{text}” is no ticker of NOWPayments.",
            de: "„{text}“ ist kein Kürzel von NOWPayments.",
        ))
    })
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fee_of_a_row_lies_between_those_of_the_ends() {
        let amount = |text: &str| text.parse::<Amount>().unwrap();
        for (row, ends, fees, fee) in [
            ("5", ("1", "9"), ("0.5", "0.5"), "0.5"),
            ("5", ("5", "5"), ("0.5", "0.5"), "0.5"),
            ("1", ("1", "9"), ("0.1", "0.9"), "0.1"),
            ("9", ("1", "9"), ("0.1", "0.9"), "0.9"),
            ("5", ("1", "9"), ("0.1", "0.9"), "0.5"),
            ("2", ("1", "4"), ("0", "1"), "0.333333333334"),
        ] {
            let fees = (amount(fees.0), amount(fees.1));
            assert_eq!(
                fee_of(&amount(row), (&amount(ends.0), &amount(ends.1)), &fees),
                Some(amount(fee)),
                "{row}"
            );
        }
    }
}
