//! Selected payments as a table that a spreadsheet takes from the clipboard.

use nowpayments::Amount;

use super::{
    super::{PaymentColumn, Payments, Stored, amount},
    selection::{AT_A_TIME, PaymentSelection},
    stored,
};
use crate::{failure::Failure, spreadsheet, store};

impl Payments {
    /// Selected payments as lines with tabs between their cells, under a line with these heads. An amount is a number of its
    /// own with its currency in the cell behind it, whose head is `currency`. No cell is a formula to a spreadsheet.
    ///
    /// # Errors
    /// When they are more than 10,000, when what is searched for cannot be read, or the shop was closed.
    pub async fn table(
        &self,
        selection: PaymentSelection,
        columns: Vec<PaymentColumn>,
        heads: Vec<String>,
        currency: String,
    ) -> Result<String, Failure> {
        let mut db = self.ctx.db.begin().await?;
        let numbers = self.few_selected(&mut db, &selection).await?;
        let heads = columns.iter().zip(&heads).flat_map(|(column, head)| match column.is_money() {
            true => vec![safe(head), safe(&currency)],
            false => vec![safe(head)],
        });
        let mut lines = vec![heads.collect::<Vec<_>>().join("\t")];
        for numbers in numbers.chunks(AT_A_TIME) {
            for stored in stored(&mut db, numbers).await? {
                let cells =
                    columns.iter().map(|column| cells(*column, &stored)).collect::<Result<Vec<_>, _>>()?;
                lines.push(cells.concat().join("\t"));
            }
        }
        db.commit().await?;
        lines.push(String::new());
        Ok(lines.join("\n"))
    }
}

fn cells(column: PaymentColumn, stored: &Stored) -> Result<Vec<String>, Failure> {
    let text = |text: &Option<String>| vec![text.as_deref().map(safe).unwrap_or_default()];
    let money = |amount: Option<&Amount>, currency: &str| match amount {
        Some(amount) => vec![amount.to_string(), safe(&currency.to_uppercase())],
        None => vec![String::new(); 2],
    };
    let row = stored.row()?;
    Ok(match column {
        PaymentColumn::Created => vec![store::time(row.created_at)],
        PaymentColumn::Updated => vec![store::time(row.updated_at)],
        PaymentColumn::Order => text(&row.order_id),
        PaymentColumn::Description => text(&row.order_description),
        PaymentColumn::Amount => {
            let paid = row.actually_paid.as_ref().filter(|paid| !paid.is_zero());
            money(paid.or(row.pay_amount.as_ref()), &row.pay_currency)
        }
        PaymentColumn::Price => money(Some(&row.price_amount), &row.price_currency),
        PaymentColumn::Worth => money(row.worth.as_ref().map(|worth| &worth.amount), &row.price_currency),
        PaymentColumn::Coin => vec![safe(&row.pay_currency.to_uppercase())],
        PaymentColumn::Status => vec![safe(&row.status)],
        PaymentColumn::Id => vec![safe(&row.id)],
        PaymentColumn::Address => text(&row.pay_address),
        PaymentColumn::Invoice => text(&row.invoice_id),
        PaymentColumn::Purchase => text(&row.purchase_id),
        PaymentColumn::Outcome => {
            let outcome = amount(stored.outcome_amount.as_deref())?;
            money(outcome.as_ref(), row.outcome_currency.as_deref().unwrap_or_default())
        }
    })
}

/// Text as a cell: on one line, and never a formula. What a spreadsheet would work out gets an apostrophe before it, which
/// spreadsheets take as the sign of a text.
fn safe(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if spreadsheet::begins_formula(&line) { format!("'{line}") } else { line }
}
