//! The overview: all that it asks core for when it is opened. Beside it bare SQLite sums the payments of the last 30 days by day
//! and by coin, as somebody would who keeps no sums: without exact amounts, balances, or what needs attention.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use chrono::{SecondsFormat, TimeDelta, Utc};
use paydesk_core::{
    OpenShop,
    attention::{AttentionQuery, AttentionShelf},
    charts::{ChartSize, Palette},
    payments::{PaymentQuery, PaymentSort},
    takings::TakingsStep,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::{fill, measure, simulator::Shop};

/// How often it is read; the first readings are not timed.
const READINGS: usize = 220;
const WARM_UP: usize = 20;

/// How long the overview of a shop takes: the time, in microseconds, that 99 of 100 readings were faster than.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Overview {
    /// The payments that the shop has.
    pub(crate) payments: u32,
    /// How many of them were made in the last 30 days.
    pub(crate) lately: u32,
    /// Bare SQLite.
    pub(crate) bare: u64,
    /// Paydesk.
    pub(crate) paydesk: u64,
}

/// The last 30 days: how many there were and what they came to, by day, and by coin.
const BARE: [&str; 2] = [
    "SELECT substr(created_at, 1, 10), price_currency, status, count(*), sum(price_amount) FROM payments \
     WHERE created_at >= ?1 GROUP BY 1, 2, 3",
    "SELECT pay_currency, price_currency, status, count(*), sum(price_amount), sum(actually_paid) FROM payments \
     WHERE created_at >= ?1 GROUP BY 1, 2, 3",
];

/// Reads the overview of the shop in `folder` many times, once all of its days are summed.
pub(crate) async fn measure(shop: &Shop, folder: &Path) -> Result<Overview> {
    let core = fill::open(folder).await?;
    core.open_demo(shop.connection()).await?;
    let shop = core.shop()?;
    shop.payments.stop_sync().await?;
    while !shop.takings.summary(None).await?.complete {}
    let db = Connection::open(folder.join("shops").join("demo.sqlite"))?;
    let since = (Utc::now() - TimeDelta::days(30)).to_rfc3339_opts(SecondsFormat::Millis, true);
    let (mut bare, mut paydesk) = (Vec::new(), Vec::new());
    for _ in 0..READINGS {
        bare.push(read_bare(&db, &since)?);
        paydesk.push(read(&shop).await?);
    }
    let payments = shop.payments.sync_status().await?.cached;
    let lately =
        db.query_row("SELECT count(*) FROM payments WHERE created_at >= ?1", [&since], |row| row.get(0))?;
    core.close().await;
    let slow = |mut times: Vec<Duration>| measure::slow(times.split_off(WARM_UP));
    Ok(Overview { payments, lately, bare: slow(bare)?, paydesk: slow(paydesk)? })
}

fn read_bare(db: &Connection, since: &str) -> Result<Duration> {
    let begun = Instant::now();
    for statement in BARE {
        let mut statement = db.prepare_cached(statement)?;
        let mut rows = statement.query([since])?;
        while rows.next()?.is_some() {}
    }
    Ok(begun.elapsed())
}

async fn read(shop: &OpenShop) -> Result<Duration> {
    let black = String::from("#000000");
    let palette = Palette { ink: black.clone(), lines: black.clone(), series: vec![black] };
    let begun = Instant::now();
    shop.payments.sync_status().await?;
    let summary = shop.takings.summary(None).await?;
    ensure!(summary.complete, "days are summed anew while nothing changes");
    let currency = summary.currency.unwrap_or_default();
    let size = ChartSize { width: 800, height: 320 };
    shop.takings.chart(TakingsStep::Day, 30, &currency, &palette, size).await?;
    shop.takings.breakdown(30, &currency).await?;
    shop.attention.count().await?;
    let newest = AttentionQuery { shelf: AttentionShelf::Open, kind: None, limit: 4, after: None };
    shop.attention.list(newest).await?;
    shop.payouts.approvals().await?;
    shop.balance.held().await?;
    let (search, sort) = (String::new(), PaymentSort::Created);
    shop.payments.list(PaymentQuery { search, sort, descending: true, from: 0, limit: 6 }).await?;
    Ok(begun.elapsed())
}
