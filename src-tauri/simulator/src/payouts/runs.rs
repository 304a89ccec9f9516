//! Scheduled batches: they run when their time has come, again if they are a series, or are called off before.

use super::{Batch, Row, Schedule, Status, announce, change, go, reserve};
use crate::amount::Amount;
use crate::api::{Answer, Call, Outcome, Refusal};
use crate::coins;
use crate::world::{Event, World};

/// The time of a scheduled batch has come: its rows go their way or fail for want of money, and the next run of the
/// series is put on the agenda.
pub(crate) fn run(world: &mut World, batch: u64) {
    let Some(found) = world.payouts.batches.get(&batch) else { return };
    let rows: Vec<_> = found.rows.iter().copied().filter(|id| world.payouts.rows[id].is_ready()).collect();
    let next = found.schedule.as_ref().and_then(|schedule| schedule.next(world.now));
    if let Some(next) = next.filter(|_| !rows.is_empty()) {
        repeat(world, &rows, next);
    }
    for id in rows {
        requote(world, id);
        match reserve(world, id) {
            Ok(()) => go(world, id),
            Err(_) => change(world, id, Status::Failed),
        }
    }
}

/// Works the amount in the coin out anew where it was asked for in fiat, and the fee.
fn requote(world: &mut World, id: u64) {
    let now = world.now;
    let Some(row) = world.payouts.rows.get_mut(&id) else { return };
    let Some(coin) = coins::find(&row.currency) else { return };
    row.fee = coin.fee(now);
    let worth = |(amount, currency): &(Amount, String)| coins::convert(*amount, currency, &coin.lower, now);
    if let Some(amount) = row.fiat.as_ref().and_then(worth) {
        row.amount = amount;
    }
}

/// The next run of a series: a verified batch of the same rows that waits for its time.
fn repeat(world: &mut World, rows: &[u64], schedule: Schedule) {
    let (id, now) = (world.payouts.next_batch(), world.now);
    let mut batch =
        Batch { created: now, verified: Some(now), wrong_codes: 0, rows: Vec::new(), schedule: None };
    for row in rows {
        let row = Row {
            id: world.payouts.next_row(),
            batch: id,
            external_id: None,
            created: now,
            updated: Some(now),
            awaits: Some(schedule.at),
            ..world.payouts.rows[row].clone()
        };
        batch.rows.push(row.id);
        world.payouts.rows.insert(row.id, row);
    }
    world.after(schedule.at - now, Event::Scheduled(id));
    let rows = batch.rows.clone();
    batch.schedule = Some(schedule);
    world.payouts.batches.insert(id, batch);
    for row in rows {
        announce(world, row);
    }
}

/// Calls a scheduled row off, by its own id and not by the batch's.
pub(crate) fn cancel(world: &mut World, call: &Call) -> Outcome {
    let id = call.id.parse().unwrap_or_default();
    let row = world.payouts.rows.get(&id).ok_or_else(|| Refusal::not_found("Payout not found"))?;
    if !row.can_be_cancelled() {
        return Err(Refusal::new(400, "BAD_REQUEST", "Payout cannot be cancelled"));
    }
    change(world, id, Status::Cancelled);
    Ok(Answer::ok())
}

/// Calls off every row of a scheduled batch whose time has not come.
pub(crate) fn cancel_batch(world: &mut World, call: &Call) -> Outcome {
    let id = call.id.parse().unwrap_or_default();
    let batch = world.payouts.batches.get(&id).ok_or_else(|| Refusal::not_found("Payout not found"))?;
    let waiting = batch.rows.iter().copied().filter(|id| world.payouts.rows[id].can_be_cancelled());
    let waiting: Vec<_> = waiting.collect();
    if waiting.is_empty() {
        return Err(Refusal::new(400, "BAD_REQUEST", "Payout cannot be cancelled"));
    }
    for row in waiting {
        change(world, row, Status::Cancelled);
    }
    Ok(Answer::ok())
}
