//! What the owner keeps of the list of payments: its columns, and lists with a name.

use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::Row;

use super::{PaymentSort, Payments};
use crate::{
    changes::Changed,
    failure::Failure,
    language::{said, words},
};

/// A column that the list can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PaymentColumn {
    /// When it was made.
    Created,
    /// When the API last changed it.
    Updated,
    /// The shop's order id.
    Order,
    /// The shop's description.
    Description,
    /// What was paid in coin, or is to be paid where nothing was.
    Amount,
    /// The price.
    Price,
    /// What was paid, in the currency of the price and at the rate of then.
    Worth,
    /// The coin.
    Coin,
    /// The status.
    Status,
    /// The API's id.
    Id,
    /// Where the customer pays to.
    Address,
    /// The invoice it belongs to.
    Invoice,
    /// Its purchase.
    Purchase,
    /// What the shop gets, after conversion.
    Outcome,
}

impl PaymentColumn {
    /// Whether its cells are an amount and its currency.
    pub(super) fn is_money(self) -> bool {
        matches!(self, Self::Amount | Self::Price | Self::Worth | Self::Outcome)
    }
}

/// A column as the owner has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ListColumn {
    /// Which.
    pub column: PaymentColumn,
    /// How wide, in pixels; `None` as it comes.
    pub width: Option<u32>,
}

/// A list that the owner gave a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PaymentView {
    /// Ours.
    pub id: u32,
    /// What is kept.
    pub view: NewPaymentView,
}

/// What is kept of a list under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct NewPaymentView {
    /// Its name. No two are the same but for the case of their letters.
    pub name: String,
    /// What is searched for.
    pub search: String,
    /// What it is sorted by.
    pub sort: PaymentSort,
    /// In which direction.
    pub descending: bool,
    /// Its columns; none for those of the list as it is.
    pub columns: Vec<ListColumn>,
}

/// The longest name, in characters.
const LONGEST_NAME: usize = 60;
/// So many have a place in the menu.
const MOST: u32 = 100;

impl Payments {
    /// The lists that the owner gave a name, by name.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn views(&self) -> Result<Vec<PaymentView>, Failure> {
        let sql = "SELECT id, name, search, sort, descending, columns FROM payment_views ORDER BY name_key";
        let rows = sqlx::query(sql).fetch_all(&self.ctx.db).await?;
        let view = |row: &sqlx::sqlite::SqliteRow| {
            let view = NewPaymentView {
                name: row.try_get("name")?,
                search: row.try_get("search")?,
                // What a later version wrote and this one does not know is as if it had not been said.
                sort: serde_json::from_str(row.try_get("sort")?).unwrap_or_default(),
                descending: row.try_get("descending")?,
                columns: serde_json::from_str(row.try_get("columns")?).unwrap_or_default(),
            };
            Ok(PaymentView { id: row.try_get("id")?, view })
        };
        Ok(rows.iter().map(view).collect::<Result<_, sqlx::Error>>()?)
    }

    /// Keeps a list under a name that no other has.
    ///
    /// # Errors
    /// When the name is empty, too long or taken (field `name`), when there are very many already, or the shop was closed.
    pub async fn add_view(&self, view: NewPaymentView) -> Result<PaymentView, Failure> {
        let name = self.free_name(&view.name, None).await?;
        let count: u32 =
            sqlx::query_scalar("SELECT count(*) FROM payment_views").fetch_one(&self.ctx.db).await?;
        if count >= MOST {
            return Err(Failure::other(words!(
                en: "There are {MOST} views already. Delete one that you no longer need.",
                de: "Es gibt schon {MOST} Ansichten. Löschen Sie eine, die Sie nicht mehr brauchen.",
            )));
        }
        let id = sqlx::query_scalar(
            "INSERT INTO payment_views (name, name_key, search, sort, descending, columns) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(&name)
        .bind(name.to_lowercase())
        .bind(&view.search)
        .bind(json(&view.sort)?)
        .bind(view.descending)
        .bind(json(&view.columns)?)
        .fetch_one(&self.ctx.db)
        .await
        .map_err(|error| taken(error, &name))?;
        self.ctx.announce(Changed::PaymentViews);
        Ok(PaymentView { id, view: NewPaymentView { name, ..view } })
    }

    /// Gives a list another name.
    ///
    /// # Errors
    /// When the name is empty, too long or taken (field `name`), when there is no such list, or the shop was closed.
    pub async fn rename_view(&self, id: u32, name: &str) -> Result<(), Failure> {
        let name = self.free_name(name, Some(id)).await?;
        let renamed = sqlx::query("UPDATE payment_views SET name = ?, name_key = ? WHERE id = ?")
            .bind(&name)
            .bind(name.to_lowercase())
            .bind(id)
            .execute(&self.ctx.db)
            .await
            .map_err(|error| taken(error, &name))?;
        if renamed.rows_affected() == 0 {
            return Err(Failure::not_found(said!(en: "view", de: "diese Ansicht")));
        }
        self.ctx.announce(Changed::PaymentViews);
        Ok(())
    }

    /// Forgets a list. The payments in it stay as they are.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn delete_view(&self, id: u32) -> Result<(), Failure> {
        sqlx::query("DELETE FROM payment_views WHERE id = ?").bind(id).execute(&self.ctx.db).await?;
        self.ctx.announce(Changed::PaymentViews);
        Ok(())
    }

    /// The columns of the list as the owner left them; none before they were changed.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn columns(&self) -> Result<Vec<ListColumn>, Failure> {
        let kept: Option<String> =
            sqlx::query_scalar("SELECT columns FROM payment_columns").fetch_optional(&self.ctx.db).await?;
        Ok(kept.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
    }

    /// Keeps the columns of the list; none for those it has at first.
    ///
    /// # Errors
    /// When a column is there twice, or the shop was closed.
    pub async fn keep_columns(&self, columns: Vec<ListColumn>) -> Result<(), Failure> {
        let twice = |at: usize| columns[..at].iter().any(|other| other.column == columns[at].column);
        if (0..columns.len()).any(twice) {
            return Err(Failure::other(said!(
                en: "A column can be in the list only once.",
                de: "Eine Spalte kann nur einmal in der Liste sein.",
            )));
        }
        sqlx::query(
            "INSERT INTO payment_columns (only, columns) VALUES (1, ?) \
             ON CONFLICT (only) DO UPDATE SET columns = excluded.columns",
        )
        .bind(json(&columns)?)
        .execute(&self.ctx.db)
        .await?;
        Ok(())
    }

    /// A name as it is kept, which no other list than `own` has.
    async fn free_name(&self, name: &str, own: Option<u32>) -> Result<String, Failure> {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            return Err(Failure::invalid(
                "name",
                said!(
                    en: "Give it a name.",
                    de: "Geben Sie ihr einen Namen.",
                ),
            ));
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(Failure::invalid(
                "name",
                words!(
                    en: "A name has at most {LONGEST_NAME} characters.",
                    de: "Ein Name hat höchstens {LONGEST_NAME} Zeichen.",
                ),
            ));
        }
        let other: Option<u32> = sqlx::query_scalar("SELECT id FROM payment_views WHERE name_key = ?")
            .bind(name.to_lowercase())
            .fetch_optional(&self.ctx.db)
            .await?;
        match other.filter(|other| Some(*other) != own) {
            Some(_) => Err(name_is_taken(&name)),
            None => Ok(name),
        }
    }
}

/// Of two that are given one name at the same moment one is refused by the database.
fn taken(error: sqlx::Error, name: &str) -> Failure {
    match error.as_database_error().is_some_and(|error| error.is_unique_violation()) {
        true => name_is_taken(name),
        false => error.into(),
    }
}

fn name_is_taken(name: &str) -> Failure {
    Failure::invalid(
        "name",
        words!(
            en: "There is a view “{name}” already. Choose another name.",
            de: "Es gibt schon eine Ansicht „{name}“. Wählen Sie einen anderen Namen.",
        ),
    )
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "a view cannot be written");
        Failure::other(said!(
            en: "Paydesk failed inside. Nothing was kept.",
            de: "In Paydesk ist ein Fehler aufgetreten. Es wurde nichts gespeichert.",
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shops::ShopContext;

    fn view(name: &str) -> NewPaymentView {
        NewPaymentView {
            name: name.to_owned(),
            search: "status:failed coin:btc".to_owned(),
            sort: PaymentSort::Price,
            descending: true,
            columns: vec![
                ListColumn { column: PaymentColumn::Worth, width: Some(120) },
                ListColumn { column: PaymentColumn::Id, width: None },
            ],
        }
    }

    #[tokio::test]
    async fn views_are_there_again_after_a_restart_as_they_were_kept() {
        let folder = tempfile::tempdir().unwrap();
        let ctx = ShopContext::for_test(folder.path()).await;
        let payments = Payments::new(ctx.clone());
        let added = payments.add_view(view("  Big   ones ")).await.unwrap();
        payments.add_view(view("another")).await.unwrap();
        assert_eq!(added.view, view("Big ones"));
        payments.keep_columns(view("").columns).await.unwrap();
        ctx.close().await;

        let payments = Payments::new(ShopContext::for_test(folder.path()).await);
        let names =
            |views: Vec<PaymentView>| views.into_iter().map(|view| view.view.name).collect::<Vec<_>>();
        assert_eq!(names(payments.views().await.unwrap()), ["another", "Big ones"]);
        assert_eq!(payments.views().await.unwrap()[1], added);
        assert_eq!(payments.columns().await.unwrap(), view("").columns);

        payments.rename_view(added.id, "Ärger").await.unwrap();
        payments.rename_view(added.id, "ärger").await.unwrap();
        assert_eq!(names(payments.views().await.unwrap()), ["another", "ärger"]);
        payments.delete_view(added.id).await.unwrap();
        assert_eq!(names(payments.views().await.unwrap()), ["another"]);
        payments.keep_columns(Vec::new()).await.unwrap();
        assert_eq!(payments.columns().await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_name_is_there_once_and_is_one_that_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let payments = Payments::new(ShopContext::for_test(folder.path()).await);
        let first = payments.add_view(view("Ärger")).await.unwrap();
        let other = payments.add_view(view("Other")).await.unwrap();
        for (name, word) in [("ÄRGER", "already"), (" \t", "Give"), (&"x".repeat(61), "60")] {
            for refused in
                [payments.add_view(view(name)).await.map(|_| ()), payments.rename_view(other.id, name).await]
            {
                let failure = refused.unwrap_err();
                assert_eq!(failure.field.as_deref(), Some("name"), "{name}");
                assert!(failure.message.contains(word), "{failure}");
            }
        }
        payments.add_view(view(&"x".repeat(60))).await.unwrap();
        assert_eq!(payments.rename_view(99, "New").await.unwrap_err().code, crate::FailureCode::NotFound);
        payments.delete_view(first.id).await.unwrap();
        payments.add_view(view("ärger")).await.unwrap();
    }

    #[tokio::test]
    async fn what_a_later_version_wrote_loses_no_view() {
        let folder = tempfile::tempdir().unwrap();
        let ctx = ShopContext::for_test(folder.path()).await;
        let payments = Payments::new(ctx.clone());
        payments.add_view(view("Kept")).await.unwrap();
        sqlx::query("UPDATE payment_views SET sort = '\"mood\"', columns = '[{\"column\":\"mood\"}]'")
            .execute(&ctx.db)
            .await
            .unwrap();
        let views = payments.views().await.unwrap();
        assert_eq!((views[0].view.sort, views[0].view.columns.len()), (PaymentSort::Created, 0));
    }

    #[tokio::test]
    async fn a_column_is_in_the_list_once() {
        let folder = tempfile::tempdir().unwrap();
        let payments = Payments::new(ShopContext::for_test(folder.path()).await);
        let column = ListColumn { column: PaymentColumn::Id, width: None };
        payments.keep_columns(vec![column.clone(), column]).await.unwrap_err();
        assert_eq!(payments.columns().await.unwrap(), []);
    }
}
