//! What somebody types into the search box: words, and operators such as `status:failed` or `amount>100`.

mod operators;
mod tokens;

use chrono::{DateTime, NaiveDate, Utc};
use nowpayments::Amount;
use sqlx::{QueryBuilder, Sqlite};

use self::{operators::condition, tokens::tokens};
use super::amounts;
use crate::{failure::Failure, language::words, store};

/// What must be known to read what was typed.
pub(super) struct Context<'a> {
    /// The time now.
    pub(super) now: DateTime<Utc>,
    /// When a day begins where the owner is.
    pub(super) day_begins: &'a (dyn Fn(NaiveDate) -> DateTime<Utc> + Send + Sync),
    /// The statuses that cached payments have, known to this version or not.
    pub(super) statuses: &'a [&'a str],
}

impl Context<'_> {
    /// The day that it is where the owner is.
    fn today(&self) -> NaiveDate {
        let day = self.now.date_naive();
        let near = [day.succ_opt(), Some(day), day.pred_opt()];
        near.into_iter().flatten().find(|day| (self.day_begins)(*day) <= self.now).unwrap_or(day)
    }
}

/// What is searched for. All of it must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Search {
    wanted: Vec<Condition>,
    excluded: Vec<Condition>,
}

/// One thing that holds of a payment, or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// An expression of FTS5 matches its words.
    Words(String),
    /// A column is exactly one of these.
    Is(&'static str, Vec<String>),
    /// The id of its invoice begins like this.
    OfInvoice(String),
    /// The key of an amount compares like this.
    Amount(&'static str, Comparison, Amount),
    /// It was made at the first time or later, and before the second.
    Made(Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

/// How an amount is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
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
            return Err(wrong(words!(
                en: "Search for at most {LONGEST} characters.",
                de: "Suchen Sie nach höchstens {LONGEST} Zeichen.",
            )));
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

    /// The same, of what was made at the first time or later, and before the second.
    pub(super) fn made(mut self, from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        self.wanted.push(Condition::Made(Some(from), Some(to)));
        self
    }

    /// Whether it asks for nothing, so that every payment is found.
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.excluded.is_empty()
    }

    /// The conditions that must hold. All words are one of them: the index of words cuts them with one another best.
    pub(super) fn wanted(&self) -> Vec<Condition> {
        let words = self.wanted.iter().filter_map(|condition| match condition {
            Condition::Words(expression) => Some(expression.as_str()),
            _ => None,
        });
        let words = words.collect::<Vec<_>>().join(" ");
        let others =
            self.wanted.iter().filter(|condition| !matches!(condition, Condition::Words(_))).cloned();
        others.chain((!words.is_empty()).then_some(Condition::Words(words))).collect()
    }

    /// The conditions of which none may hold.
    pub(super) fn excluded(&self) -> &[Condition] {
        &self.excluded
    }

    /// The condition, where there is only one and it must hold.
    pub(super) fn only(&self) -> Option<&Condition> {
        match (self.wanted.as_slice(), self.excluded.as_slice()) {
            ([condition], []) => Some(condition),
            _ => None,
        }
    }
}

impl Condition {
    /// Appends the statement that finds the numbers of all payments for which it holds, out of one index.
    pub(super) fn push_numbers(&self, sql: &mut QueryBuilder<Sqlite>) {
        match self {
            Self::Words(_) => sql.push("SELECT rowid AS number FROM payments_search WHERE "),
            _ => sql.push("SELECT number FROM payments INDEXED BY ").push(self.index()).push(" WHERE "),
        };
        self.push(sql);
    }

    /// The index whose rows are by time where it holds.
    pub(super) fn index_by_time(&self) -> Option<&'static str> {
        match self {
            Self::Is("status" | "pay_currency", values) if values.len() == 1 => Some(self.index()),
            Self::Made(..) => Some(self.index()),
            _ => None,
        }
    }

    /// The table of counts that says for how many payments it holds, and under what.
    pub(super) fn counted(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Is("status", values) if values.len() == 1 => {
                Some(("payment_counts WHERE status", &values[0]))
            }
            Self::Is("pay_currency", values) if values.len() == 1 => {
                Some(("payment_coin_counts WHERE coin", &values[0]))
            }
            _ => None,
        }
    }

    fn index(&self) -> &'static str {
        match self {
            Self::Words(_) => "payments_search",
            Self::Is("status", _) => "payments_by_status",
            Self::Is("pay_currency", _) => "payments_by_coin",
            Self::Is(..) => "payments_by_currency",
            Self::OfInvoice(_) => "payments_by_invoice",
            Self::Amount("price_key", ..) => "payments_by_price",
            Self::Amount(..) => "payments_by_paid",
            Self::Made(..) => "payments_by_created",
        }
    }

    /// Appends what holds of a row of the index.
    pub(super) fn push(&self, sql: &mut QueryBuilder<Sqlite>) {
        match self {
            Self::Words(expression) => {
                sql.push("payments_search MATCH ").push_bind(expression.clone());
            }
            Self::Is(column, values) if values.len() == 1 => {
                sql.push(column).push(" = ").push_bind(values.concat());
            }
            Self::Is(column, values) => {
                sql.push(column).push(" IN (");
                let mut separated = sql.separated(", ");
                values.iter().for_each(|value| {
                    separated.push_bind(value.clone());
                });
                sql.push(")");
            }
            Self::OfInvoice(beginning) => {
                let end = format!("{beginning}{}", char::MAX);
                sql.push("invoice_id >= ").push_bind(beginning.clone());
                sql.push(" AND invoice_id < ").push_bind(end);
            }
            Self::Amount(column, comparison, amount) => {
                sql.push(column).push(comparison.sql()).push_bind(amounts::key(amount));
            }
            Self::Made(from, to) => {
                let mut sign = "";
                for (bound, at) in [("created_at >= ", from), ("created_at < ", to)] {
                    if let Some(at) = at {
                        sql.push(sign).push(bound).push_bind(store::time(*at));
                        sign = " AND ";
                    }
                }
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
