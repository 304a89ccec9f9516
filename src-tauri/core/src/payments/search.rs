//! What somebody types into the search box: words, and operators such as `status:failed` or `amount>100`.

mod operators;
mod tokens;

use chrono::{DateTime, NaiveDate, Utc};
use nowpayments::Amount;
use sqlx::{QueryBuilder, Sqlite};

use self::{operators::condition, tokens::tokens};
use super::amounts;
use crate::{failure::Failure, store};

/// What must be known to read what was typed.
pub(super) struct Context<'a> {
    /// When a day begins where the owner is.
    pub(super) day_begins: &'a (dyn Fn(NaiveDate) -> DateTime<Utc> + Send + Sync),
    /// The statuses that cached payments have, known to this version or not.
    pub(super) statuses: &'a [&'a str],
}

/// What is searched for. All of it must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Search {
    wanted: Vec<Condition>,
    excluded: Vec<Condition>,
}

/// One thing that holds of a payment, or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    /// An expression of FTS5 matches its words.
    Words(String),
    /// A column is exactly this.
    Is(&'static str, String),
    /// The id of its invoice begins like this.
    OfInvoice(String),
    /// The key of an amount compares like this.
    Amount(&'static str, Comparison, Amount),
    /// It was made at the first time or later, and before the second.
    Made(Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

/// How an amount is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Search {
    /// Reads what was typed.
    ///
    /// A word must occur, or be the beginning of one; `"…"` finds these words in this order; `-` excludes. Nothing in a
    /// word is ever syntax, and one with a colon that is no operator's is a word. What has neither letter nor digit
    /// cannot be found, since the index has only these: it is left out, and when nothing remains nothing is found.
    ///
    /// # Errors
    /// When it is longer than anybody would type, or an operator has a value that it cannot have; says which would be
    /// right.
    pub(super) fn parse(typed: &str, context: &Context<'_>) -> Result<Self, Failure> {
        const LONGEST: usize = 500;
        if typed.chars().count() > LONGEST {
            return Err(wrong(format!("Search for at most {LONGEST} characters.")));
        }
        let mut search = Self::default();
        for token in tokens(typed) {
            let Some(condition) = condition(&token, context)? else { continue };
            match token.excluded {
                true => search.excluded.push(condition),
                false => search.wanted.push(condition),
            }
        }
        if search.is_empty() && !typed.trim().is_empty() {
            search.wanted.push(Condition::Words("\"\"".to_owned()));
        }
        Ok(search)
    }

    /// Whether it asks for nothing, so that every payment is found.
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.excluded.is_empty()
    }

    /// The index out of which all that matches is read fastest, as SQL behind the name of the table.
    pub(super) fn source(&self) -> &'static str {
        let wants = |kind: fn(&Condition) -> bool| self.wanted.iter().any(kind);
        if wants(|condition| matches!(condition, Condition::Words(_))) {
            " NOT INDEXED" // by number
        } else if wants(|condition| matches!(condition, Condition::OfInvoice(_))) {
            " INDEXED BY payments_by_invoice"
        } else {
            " INDEXED BY payments_by_created" // which has all other columns that are asked for
        }
    }

    /// Appends the conditions, each with an `AND` before it.
    pub(super) fn push(&self, sql: &mut QueryBuilder<Sqlite>) {
        let mut words = Vec::new();
        for condition in &self.wanted {
            if let Condition::Words(expression) = condition {
                words.push(expression.as_str());
                continue;
            }
            sql.push(" AND ");
            condition.push(sql);
        }
        if !words.is_empty() {
            sql.push(" AND ");
            Condition::Words(words.join(" ")).push(sql);
        }
        for condition in &self.excluded {
            sql.push(" AND (");
            condition.push(sql);
            sql.push(") IS NOT TRUE");
        }
    }
}

impl Condition {
    fn push(&self, sql: &mut QueryBuilder<Sqlite>) {
        match self {
            Self::Words(expression) => {
                sql.push("number IN (SELECT rowid FROM payments_search WHERE payments_search MATCH ");
                sql.push_bind(expression.clone()).push(")");
            }
            Self::Is(column, value) => {
                sql.push(column).push(" = ").push_bind(value.clone());
            }
            Self::OfInvoice(beginning) => {
                let end = format!("{beginning}{}", char::MAX);
                sql.push("(invoice_id >= ").push_bind(beginning.clone());
                sql.push(" AND invoice_id < ").push_bind(end).push(")");
            }
            Self::Amount(column, comparison, amount) => {
                sql.push(column).push(comparison.sql()).push_bind(amounts::key(amount));
            }
            Self::Made(from, to) => {
                sql.push("(TRUE");
                if let Some(from) = from {
                    sql.push(" AND created_at >= ").push_bind(store::time(*from));
                }
                if let Some(to) = to {
                    sql.push(" AND created_at < ").push_bind(store::time(*to));
                }
                sql.push(")");
            }
        }
    }
}

impl Comparison {
    fn sql(self) -> &'static str {
        match self {
            Self::Equal => " = ",
            Self::Less => " < ",
            Self::AtMost => " <= ",
            Self::More => " > ",
            Self::AtLeast => " >= ",
        }
    }
}

/// What was typed cannot be searched for.
fn wrong(message: impl Into<String>) -> Failure {
    Failure::invalid("search", message)
}

#[cfg(test)]
mod tests;
