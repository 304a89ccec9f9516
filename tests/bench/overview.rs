//! The overview: all that it asks core for when it is opened.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use paydesk_core::{
    OpenShop,
    attention::{AttentionQuery, AttentionShelf},
    charts::{ChartSize, Palette},
    payments::{PaymentQuery, PaymentSort},
    takings::TakingsStep,
};
use serde::{Deserialize, Serialize};

use crate::{fill, measure, simulator::Shop};

/// How often it is read; the first readings are not timed.
const READINGS: usize = 220;
const WARM_UP: usize = 20;

/// How long the overview of a shop takes.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Overview {
    /// The payments that the shop has.
    pub(crate) payments: u32,
    /// The time that 99 of 100 readings were faster than, in microseconds.
    pub(crate) microseconds: u64,
}

/// Reads the overview of the shop in `folder` many times, once all of its days are summed.
pub(crate) async fn measure(shop: &Shop, folder: &Path) -> Result<Overview> {
    let core = fill::open(folder).await?;
    core.open_demo(shop.connection()).await?;
    let shop = core.shop()?;
    shop.payments.stop_sync().await?;
    while !shop.takings.summary(None).await?.complete {}
    let mut times = Vec::new();
    for _ in 0..READINGS {
        times.push(read(&shop).await?);
    }
    let payments = shop.payments.sync_status().await?.cached;
    core.close().await;
    Ok(Overview { payments, microseconds: measure::slow(times.split_off(WARM_UP))? })
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
