//! Payments that the owner has selected: which they are, and what they come to.

use std::collections::BTreeMap;

use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

use super::{
    super::{PaymentSort, Payments, Worth, amount, asked, exact},
    numbers::{Set, json, parse},
};
use crate::failure::Failure;
use crate::language::words;

/// So many payments at the most are handed out at once, as ids or as a table.
pub(super) const MOST: usize = 10_000;
/// So many rows are read at a time.
pub(super) const AT_A_TIME: usize = 1_000;

/// Payments that were selected in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PaymentSelection {
    /// These, in this order.
    Ids {
        /// Their ids. What is no payment is passed over.
        ids: Vec<String>,
    },
    /// All that match, in the order of the list.
    All {
        /// What is searched for.
        search: String,
        /// What they are sorted by.
        sort: PaymentSort,
        /// In which direction.
        descending: bool,
        /// The ids of those that were taken out again.
        except: Vec<String>,
    },
}

/// What selected payments come to. Every total is exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaymentTotals {
    /// How many they are.
    pub count: u32,
    /// Their prices, by currency.
    pub price: Vec<CurrencyTotal>,
    /// What was paid, by coin.
    pub paid: Vec<CurrencyTotal>,
    /// What that was worth when it was paid, by the currency of the price.
    pub worth: Vec<CurrencyTotal>,
}

/// A sum in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CurrencyTotal {
    /// The currency, lower case.
    pub currency: String,
    /// How much.
    #[specta(type = String)]
    pub amount: Amount,
    /// There are payments in it for which it is worked out.
    pub about: bool,
}

impl Payments {
    /// What selected payments come to.
    ///
    /// # Errors
    /// When what is searched for cannot be read, or the shop was closed.
    pub async fn totals(&self, selection: PaymentSelection) -> Result<PaymentTotals, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let numbers = self.selected(&mut db, &selection).await?;
        let (mut price, mut paid, mut worth) = (Sums::default(), Sums::default(), Sums::default());
        for numbers in numbers.chunks(AT_A_TIME) {
            let lines: Vec<Line> = sqlx::query_as(
                "SELECT price_amount, price_currency, pay_amount, actually_paid, actually_paid_at_fiat, pay_currency, \
                    origin_type \
                 FROM payments NOT INDEXED WHERE number IN (SELECT value FROM json_each(?))",
            )
            .bind(json(numbers.iter().copied()))
            .fetch_all(&mut *db)
            .await?;
            for line in lines {
                let price_of_it = exact(&line.price_amount)?;
                let [to_pay, came, stated] =
                    [&line.pay_amount, &line.actually_paid, &line.actually_paid_at_fiat]
                        .map(|text| amount(text.as_deref()));
                let (to_pay, came) = (to_pay?, came?);
                let to_pay = asked(to_pay.as_ref(), line.origin_type.as_deref());
                if let Some(of_it) = Worth::of(&price_of_it, to_pay, came.as_ref(), stated?.as_ref()) {
                    worth.add(&line.price_currency, &of_it.amount, of_it.about);
                }
                price.add(&line.price_currency, &price_of_it, false);
                if let Some(came) = came.filter(|came| !came.is_zero()) {
                    paid.add(&line.pay_currency, &came, false);
                }
            }
        }
        db.commit().await?;
        let count = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        Ok(PaymentTotals { count, price: price.totals(), paid: paid.totals(), worth: worth.totals() })
    }

    /// The ids of selected payments.
    ///
    /// # Errors
    /// When they are more than 10,000, when what is searched for cannot be read, or the shop was closed.
    pub async fn selected_ids(&self, selection: PaymentSelection) -> Result<Vec<String>, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let numbers = self.few_selected(&mut db, &selection).await?;
        let mut ids = Vec::with_capacity(numbers.len());
        for numbers in numbers.chunks(AT_A_TIME) {
            let sql = "SELECT payments.id FROM json_each(?) AS wanted JOIN payments ON number = wanted.value ORDER BY wanted.key";
            let found: Vec<String> =
                sqlx::query_scalar(sql).bind(json(numbers.iter().copied())).fetch_all(&mut *db).await?;
            ids.extend(found);
        }
        db.commit().await?;
        Ok(ids)
    }

    /// The numbers of selected payments, which are not too many to be handed out.
    pub(super) async fn few_selected(
        &self,
        db: &mut SqliteConnection,
        selection: &PaymentSelection,
    ) -> Result<Vec<u32>, Failure> {
        let numbers = self.selected(db, selection).await?;
        match numbers.len() <= MOST {
            true => Ok(numbers),
            false => Err(Failure::other(words!(
                en: "{} payments are too many to be copied; 10,000 can be. Nothing was copied. Narrow the list, or \
                     export it to a file.",
                de: "{} Zahlungen sind zu viele zum Kopieren; 10.000 gehen. Es wurde nichts kopiert. Grenzen Sie die \
                     Liste ein, oder exportieren Sie sie in eine Datei.",
                numbers.len(),
            ))),
        }
    }

    /// The numbers of selected payments, in order.
    pub(in crate::payments) async fn selected(
        &self,
        db: &mut SqliteConnection,
        selection: &PaymentSelection,
    ) -> Result<Vec<u32>, Failure> {
        match selection {
            PaymentSelection::Ids { ids } => Ok(numbers_of_ids(db, ids).await?.collect()),
            PaymentSelection::All { search, sort, descending, except } => {
                let except: Set = numbers_of_ids(db, except).await?.collect();
                let look = self.understand(db, search).await?;
                let list = look.ordered(db, *sort).await?;
                Ok(list.iter(*descending).filter(|number| !except.has(*number)).collect())
            }
        }
    }
}

/// The numbers of payments with these ids, in this order; each once.
async fn numbers_of_ids(
    db: &mut SqliteConnection,
    ids: &[String],
) -> Result<impl Iterator<Item = u32>, sqlx::Error> {
    let text: Option<String> = sqlx::query_scalar(
        "SELECT group_concat(number) FROM (SELECT number FROM json_each(?) AS wanted JOIN payments ON payments.id = wanted.value \
         GROUP BY number ORDER BY min(wanted.key))",
    )
    .bind(serde_json::Value::from(ids).to_string())
    .fetch_one(db)
    .await?;
    Ok(parse(text))
}

#[derive(sqlx::FromRow)]
struct Line {
    price_amount: String,
    price_currency: String,
    pay_amount: Option<String>,
    actually_paid: Option<String>,
    actually_paid_at_fiat: Option<String>,
    pay_currency: String,
    origin_type: Option<String>,
}

/// Sums by currency.
#[derive(Default)]
struct Sums(BTreeMap<String, (Amount, bool)>);

impl Sums {
    fn add(&mut self, currency: &str, amount: &Amount, about: bool) {
        if let Some((sum, some_about)) = self.0.get_mut(currency) {
            *sum += amount;
            *some_about |= about;
        } else {
            self.0.insert(currency.to_owned(), (amount.clone(), about));
        }
    }

    fn totals(self) -> Vec<CurrencyTotal> {
        let total = |(currency, (amount, about))| CurrencyTotal { currency, amount, about };
        self.0.into_iter().map(total).collect()
    }
}
