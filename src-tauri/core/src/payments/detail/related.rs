//! The payments that belong to one: what it repeats, what repeats it, and those of the same purchase and invoice.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::super::{COLUMNS, PaymentRow, Stored};
use crate::failure::Failure;

/// How many are given at the most. An invoice may be paid any number of times.
const MOST: usize = 8;

/// The payments that belong to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RelatedPayments {
    /// The nearest first, at most eight.
    pub payments: Vec<RelatedPayment>,
    /// Those that are left out; `None` when none is.
    pub more: Option<MoreRelated>,
}

/// A payment that belongs to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RelatedPayment {
    /// How.
    pub relation: Relation,
    /// The payment.
    pub row: PaymentRow,
}

/// Payments that are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MoreRelated {
    /// How many.
    pub count: u32,
    /// What finds them in the list, with those that are given; `None` when no search does.
    pub search: Option<String>,
}

/// How a payment belongs to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The other repeats this one.
    First,
    /// It repeats the other: a further deposit to its address.
    Repeat,
    /// Both repeat the same one.
    Sibling,
    /// Both are of one purchase.
    Purchase,
    /// Both pay one invoice.
    Invoice,
}

/// A way in which payments belong together, and what all of them have.
enum Group<'a> {
    Ids(Relation, Vec<&'a str>),
    Same(Relation, &'static str, &'a str),
}

/// Finds what belongs to a payment; `repeats` are the ids that NOWPayments gives of those that repeat it.
pub(super) async fn read(
    db: &mut SqliteConnection,
    of: &Stored,
    repeats: &[&str],
) -> Result<RelatedPayments, Failure> {
    let parent = of.parent_payment_id.as_deref();
    let groups = [
        Some(Group::Ids(Relation::First, parent.into_iter().collect())),
        Some(Group::Ids(Relation::Repeat, repeats.to_vec())),
        Some(Group::Same(Relation::Repeat, "parent_payment_id", &of.id)),
        parent.map(|id| Group::Same(Relation::Sibling, "parent_payment_id", id)),
        of.purchase_id.as_deref().map(|id| Group::Same(Relation::Purchase, "purchase_id", id)),
        of.invoice_id.as_deref().map(|id| Group::Same(Relation::Invoice, "invoice_id", id)),
    ];
    let mut found: Vec<(Relation, Stored)> = Vec::new();
    let mut known = HashSet::from([of.number]);
    let mut more: Option<MoreRelated> = None;
    for group in groups.iter().flatten() {
        let rows = Stored::read(db, COLUMNS, "ORDER BY number DESC", |sql| {
            sql.push("FROM payments NOT INDEXED WHERE number IN (");
            group.push_numbers(sql);
            sql.push(")");
        });
        let rows = rows.await?;
        for row in rows {
            if found.len() < MOST && known.insert(row.number) {
                found.push((group.relation(), row));
            }
        }
        // Groups overlap: the largest remainder is what is left out at least, and its search finds it.
        let count: u32 = group.count().build_query_scalar().fetch_one(&mut *db).await?;
        let shown = std::iter::once(of).chain(found.iter().map(|(_, row)| row));
        let left =
            count.saturating_sub(u32::try_from(shown.filter(|row| group.has(row)).count()).unwrap_or(count));
        if left > more.as_ref().map_or(0, |more| more.count) {
            more = Some(MoreRelated { count: left, search: group.search() });
        }
    }
    let row =
        |(relation, stored): (Relation, Stored)| Ok(RelatedPayment { relation, row: stored.into_row()? });
    Ok(RelatedPayments { payments: found.into_iter().map(row).collect::<Result<_, Failure>>()?, more })
}

impl Group<'_> {
    fn relation(&self) -> Relation {
        match self {
            Self::Ids(relation, _) | Self::Same(relation, ..) => *relation,
        }
    }

    /// Appends the statement of the numbers of the newest of the group, one more than are given: the payment that is asked about
    /// may be among them.
    fn push_numbers(&self, sql: &mut QueryBuilder<Sqlite>) {
        sql.push("SELECT number FROM payments");
        self.push(sql);
        sql.push(" ORDER BY number DESC LIMIT ").push_bind(MOST as i64 + 1);
    }

    fn count(&self) -> QueryBuilder<Sqlite> {
        let mut sql = QueryBuilder::new("SELECT count(*) FROM payments");
        self.push(&mut sql);
        sql
    }

    fn push(&self, sql: &mut QueryBuilder<Sqlite>) {
        match self {
            Self::Ids(_, ids) => {
                let ids = serde_json::Value::from(ids.clone()).to_string();
                sql.push(" WHERE id IN (SELECT value FROM json_each(").push_bind(ids).push("))");
            }
            Self::Same(_, column, value) => {
                sql.push(" INDEXED BY ").push(index(column));
                sql.push(" WHERE ").push(column).push(" = ").push_bind((*value).to_owned());
            }
        }
    }

    fn has(&self, row: &Stored) -> bool {
        match self {
            Self::Ids(_, ids) => ids.contains(&row.id.as_str()),
            Self::Same(_, column, value) => {
                let of = match *column {
                    "purchase_id" => &row.purchase_id,
                    "invoice_id" => &row.invoice_id,
                    _ => &row.parent_payment_id,
                };
                of.as_deref() == Some(value)
            }
        }
    }

    fn search(&self) -> Option<String> {
        match self {
            Self::Same(Relation::Purchase, _, id) => Some(format!("purchase:{id}")),
            Self::Same(Relation::Invoice, _, id) => Some(format!("invoice:{id}")),
            _ => None,
        }
    }
}

/// The index by which a column is found.
fn index(column: &str) -> &'static str {
    match column {
        "purchase_id" => "payments_by_purchase",
        "invoice_id" => "payments_by_invoice",
        _ => "payments_by_parent",
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Connection;

    use super::*;
    use crate::store;

    #[tokio::test]
    async fn each_group_is_found_and_counted_in_an_index() {
        let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        store::SHOP.run(&mut db).await.unwrap();
        let groups = [
            Group::Ids(Relation::First, vec!["1", "2"]),
            Group::Same(Relation::Repeat, "parent_payment_id", "1"),
            Group::Same(Relation::Purchase, "purchase_id", "1"),
            Group::Same(Relation::Invoice, "invoice_id", "1"),
        ];
        for group in &groups {
            let mut numbers = QueryBuilder::new("");
            group.push_numbers(&mut numbers);
            for sql in [numbers, group.count()] {
                let mut explained = QueryBuilder::new("EXPLAIN QUERY PLAN ");
                explained.push(sql.sql().as_str().replace('?', "'1'"));
                let plan: Vec<(i64, i64, i64, String)> =
                    explained.build_query_as().fetch_all(&mut db).await.unwrap();
                let steps: Vec<_> = plan.into_iter().map(|(.., step)| step).collect();
                assert!(steps.iter().any(|step| step.starts_with("SEARCH payments USING")), "{steps:?}");
                assert!(!steps.iter().any(|step| step.starts_with("SCAN payments")), "{steps:?}");
                let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
                assert!(!sorts || matches!(group, Group::Ids(..)), "{steps:?}");
            }
        }
    }
}
