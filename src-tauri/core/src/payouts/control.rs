//! Control totals: what a batch must add up to, as its owner knows from elsewhere. They may be said before there is a file.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use nowpayments::Amount;
use sqlx::{SqliteConnection, SqliteExecutor};

use super::{
    Payouts,
    batch::{CoinTotal, Control, ControlSum},
    draft::{json, not_sent},
    record::Record,
};
use crate::{
    changes::Changed,
    coins::{Catalogue, ListedCoin},
    failure::Failure,
    fiat,
    language::{amount_error, decimal, words},
};

impl Payouts {
    /// Keeps what the batch must add up to.
    pub(super) async fn control(&self, id: &str, control: &Control) -> Result<(), Failure> {
        let control = exact(control, &*self.ctx.coins().await?)?;
        let _writer = self.writer(id).await;
        let mut tx = self.ctx.write().await?;
        not_sent(&Record::load(&mut *tx, id).await?)?;
        keep(&mut tx, id, &control).await?;
        tx.commit().await?;
        self.ctx.announce(Changed::Payouts { batch: id.to_owned() });
        Ok(())
    }

    /// Keeps what the next file must add up to; nothing, when nothing is said.
    pub(super) async fn control_next(&self, control: &Control) -> Result<(), Failure> {
        let control = exact(control, &*self.ctx.coins().await?)?;
        let mut tx = self.ctx.write().await?;
        sqlx::query("DELETE FROM payout_next_control").execute(&mut *tx).await?;
        if control != Control::default() {
            sqlx::query("INSERT INTO payout_next_control (control) VALUES (?)")
                .bind(json(&control))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        self.ctx.announce(Changed::PayoutFile);
        Ok(())
    }

    /// What the next file must add up to.
    pub(super) async fn read_next_control(&self) -> Result<Option<Control>, Failure> {
        next(&self.ctx.db).await
    }
}

/// The batch of a file must add up to what was said beforehand. The next one need not any more.
pub(super) async fn take_next(
    tx: &mut SqliteConnection,
    record: &Record,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let Some(control) = next(&mut *tx).await? else { return Ok(()) };
    keep(tx, &record.id, &control).await?;
    sqlx::query("DELETE FROM payout_next_control").execute(&mut *tx).await?;
    record
        .note(
            tx,
            at,
            &words!(
                en: "It must add up to {}, as you said.",
                de: "Wie Sie gesagt haben, muss sie {} ergeben.",
                in_words(&control),
            ),
        )
        .await
}

/// The totals with their currencies and sums in canonical form.
fn exact(control: &Control, coins: &Catalogue) -> Result<Control, Failure> {
    let mut sums = BTreeMap::new();
    for (index, ControlSum { currency, amount }) in control.sums.iter().enumerate() {
        let (typed, amount) = (currency.trim(), amount.trim());
        let known = coins.get(typed).map(ListedCoin::ticker).or(fiat::find(typed));
        let currency = known.ok_or_else(|| {
            let message = words!(
                en: "NOWPayments has no coin “{typed}”, and it is no currency of theirs either.",
                de: "NOWPayments hat keinen Coin „{typed}“, und eine Währung ist es dort auch nicht.",
            );
            Failure::invalid(&format!("currency {index}"), message)
        })?;
        let exact: Amount = amount.parse().map_err(|error| {
            Failure::invalid(
                &format!("amount {index}"),
                words!(
                    en: "“{amount}” is not a sum: {error}.",
                    de: "„{amount}“ ist keine Summe: {error}.",
                    error = amount_error(error),
                ),
            )
        })?;
        if sums.insert(currency.to_owned(), exact).is_some() {
            let message = words!(
                en: "{} stands there twice.",
                de: "{} steht zweimal da.",
                currency.to_ascii_uppercase(),
            );
            return Err(Failure::invalid(&format!("currency {index}"), message));
        }
    }
    let sums = sums.into_iter().map(|(currency, amount)| ControlSum { currency, amount: amount.to_string() });
    Ok(Control { rows: control.rows, sums: sums.collect() })
}

async fn keep(tx: &mut SqliteConnection, batch: &str, control: &Control) -> Result<(), Failure> {
    sqlx::query("UPDATE payout_batches SET control_rows = ? WHERE id = ?")
        .bind(control.rows)
        .bind(batch)
        .execute(&mut *tx)
        .await?;
    sqlx::query("DELETE FROM payout_control_sums WHERE batch = ?").bind(batch).execute(&mut *tx).await?;
    for ControlSum { currency, amount } in &control.sums {
        sqlx::query("INSERT INTO payout_control_sums (batch, currency, amount) VALUES (?, ?, ?)")
            .bind(batch)
            .bind(currency)
            .bind(amount)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

async fn next(db: impl SqliteExecutor<'_>) -> Result<Option<Control>, Failure> {
    let kept: Option<String> =
        sqlx::query_scalar("SELECT control FROM payout_next_control").fetch_optional(db).await?;
    Ok(kept.and_then(|control| serde_json::from_str(&control).ok()))
}

/// `12 payouts, 0.5 BTC and 250 EUR`.
fn in_words(control: &Control) -> String {
    let rows = control.rows.map(payouts_in_words);
    let sums = control
        .sums
        .iter()
        .map(|sum| format!("{} {}", decimal(&sum.amount), sum.currency.to_ascii_uppercase()));
    let mut all: Vec<String> = rows.into_iter().chain(sums).collect();
    match all.pop() {
        Some(last) if !all.is_empty() => words!(en: "{} and {last}", de: "{} und {last}", all.join(", ")),
        last => last.unwrap_or_default(),
    }
}

pub(super) fn payouts_in_words(count: u32) -> String {
    words!(
        one: count, en: "1 payout", de: "1 Auszahlung",
        more: en: "{count} payouts", de: "{count} Auszahlungen",
    )
}

/// What the owner says that the batch must add up to.
pub(super) async fn control(
    db: impl SqliteExecutor<'_>,
    record: &Record,
) -> Result<Option<Control>, Failure> {
    let sums: Vec<(String, String)> =
        sqlx::query_as("SELECT currency, amount FROM payout_control_sums WHERE batch = ? ORDER BY currency")
            .bind(&record.id)
            .fetch_all(db)
            .await?;
    let sums: Vec<_> = sums.into_iter().map(|(currency, amount)| ControlSum { currency, amount }).collect();
    let control = Control { rows: record.control_rows, sums };
    Ok((control != Control::default()).then_some(control))
}

/// Where a batch does not add up to what its owner says, in words.
pub(super) fn differences(record: &Record, totals: &[CoinTotal], control: &Control) -> Vec<String> {
    let mut differences = Vec::new();
    if let Some(rows) = control.rows.filter(|rows| *rows != record.payable) {
        differences.push(words!(
            en: "By your control totals {rows} payouts are to be made, and there are {}.",
            de: "Nach Ihren Kontrollsummen sollen es {rows} Auszahlungen sein, und es sind {}.",
            record.payable,
        ));
    }
    if control.sums.is_empty() {
        return differences;
    }
    let mut found: BTreeMap<&str, Amount> = BTreeMap::new();
    for total in totals {
        let fiat = total.fiat.iter().map(|fiat| (fiat.currency.as_str(), &fiat.amount));
        for (currency, amount) in std::iter::once((total.currency.as_str(), &total.amount)).chain(fiat) {
            if amount.is_positive() {
                *found.entry(currency).or_default() += amount;
            }
        }
    }
    for ControlSum { currency, amount } in &control.sums {
        let total = found.remove(currency.as_str()).unwrap_or_default();
        if amount.parse().as_ref() != Ok(&total) {
            let coin = currency.to_ascii_uppercase();
            differences.push(words!(
                en: "By your control totals the payouts in {coin} add up to {amount} {coin}, and they add up to \
                     {total} {coin}.",
                de: "Nach Ihren Kontrollsummen ergeben die Auszahlungen in {coin} {amount} {coin}, und sie ergeben {total} \
                     {coin}.",
                amount = decimal(amount),
                total = decimal(&total),
            ));
        }
    }
    for (currency, total) in found {
        let coin = currency.to_ascii_uppercase();
        differences.push(words!(
            en: "Your control totals have no {coin}, and {total} {coin} are to be paid.",
            de: "Ihre Kontrollsummen nennen kein {coin}, und zu zahlen sind {total} {coin}.",
            total = decimal(&total),
        ));
    }
    differences
}
