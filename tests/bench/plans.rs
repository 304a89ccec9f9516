//! How SQLite goes about each statement that Paydesk reads payments with, on a file with a million of them: none may read
//! the table from one end to the other.

use std::{
    collections::BTreeSet,
    fmt::Debug,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Result, ensure};
use paydesk_core::payments::{PaymentSelection, PaymentSort, Payments};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer, filter::Targets, layer::Context, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::{
    fill,
    lists::{self, Bare},
    simulator::Shop,
};

/// A statement and its plan, as `EXPLAIN QUERY PLAN` gives it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) statement: String,
    pub(crate) plan: Vec<String>,
}

/// Does everything that reads payments, once, and has SQLite explain each statement that this took.
pub(crate) async fn explain(shop: &Shop, folder: &Path) -> Result<Vec<Plan>> {
    let heard = Heard::default();
    let statements = heard.0.clone();
    let only = Targets::new().with_target("sqlx::query", tracing::Level::DEBUG);
    tracing_subscriber::registry().with(heard.with_filter(only)).init();

    let core = fill::open(folder).await?;
    core.open_demo(shop.connection()).await?;
    let open = core.shop()?;
    sync_once(&open.payments).await?;
    let bare = Bare::open(folder)?;
    lists::read_each(&open.payments, &bare).await?;
    let id = bare.sample(0)?.id;
    open.payments.filters().await?;
    open.payments.get(&id).await?;
    open.payments.answer(&id).await?;
    let found = PaymentSelection::All {
        search: "status:failed".to_owned(),
        sort: PaymentSort::Price,
        descending: true,
        except: vec![id.clone()],
    };
    open.payments.totals(found).await?;
    open.payments.totals(PaymentSelection::Ids { ids: vec![id] }).await?;
    open.attention.count().await?;
    core.close().await;

    let db = Connection::open(folder.join("shops").join("demo.sqlite"))?;
    let heard = statements.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut plans = Vec::new();
    for statement in heard.into_iter().filter(|statement| of_payments(statement)) {
        let plan = plan(&db, &statement)?;
        ensure!(
            !plan.iter().any(|line| line == "SCAN payments"),
            "{statement}\nreads all payments: {plan:?}"
        );
        plans.push(Plan { statement, plan });
    }
    Ok(plans)
}

/// A pass of the sync over what is recent.
async fn sync_once(payments: &Payments) -> Result<()> {
    let before = payments.sync_status().await?.last_success;
    payments.resume_sync().await?;
    loop {
        let status = payments.sync_status().await?;
        if status.last_success != before && !status.running {
            return Ok(payments.stop_sync().await?);
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// Whether a statement looks into payments.
fn of_payments(statement: &str) -> bool {
    let reads = ["SELECT", "UPDATE", "INSERT", "WITH"].iter().any(|verb| statement.starts_with(verb));
    reads && statement.contains("payment")
}

fn plan(db: &Connection, statement: &str) -> Result<Vec<String>> {
    let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {statement}"))?;
    let lines = explain.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>()?;
    Ok(lines)
}

/// Listens to the statements that sqlx says it has run.
#[derive(Default)]
struct Heard(Arc<Mutex<BTreeSet<String>>>);

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        let Statement { summary, whole } = statement;
        // What is short enough is only in the summary.
        let text = if whole.trim().is_empty() { summary } else { whole };
        let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(folded);
    }
}

#[derive(Default)]
struct Statement {
    summary: String,
    whole: String,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.summary = value.to_owned(),
            "db.statement" => self.whole = value.to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
