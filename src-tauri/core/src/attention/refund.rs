//! Preparing a refund: a batch of one payout, read by the importer as any file is. Nothing is sent by it.

use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Attention, AttentionCase, list};
use crate::{
    changes::Changed,
    failure::{Failure, FailureCode},
    language::{amount_error, decimal, said, words},
    payouts::{
        batch::{BatchState, RowFilter, RowProblem, RowQuery},
        import::MOST_DECIMALS,
    },
};

/// Where a refund goes. NOWPayments does not say whom a payment came from: the owner has to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct NewRefund {
    /// The customer's address, of the coin that was paid.
    pub address: String,
    /// The memo or tag that goes with it.
    pub extra_id: Option<String>,
    /// How many coins, as typed.
    pub amount: String,
}

impl Attention {
    /// Makes a draft of one payout, which then waits to be checked, sent and approved as any other. The case remembers it.
    ///
    /// # Errors
    /// What was typed is not right, with its field (`address`, `extra_id`, `amount`);
    /// [`FailureCode::Stale`] when there is nothing to send back or a refund was prepared already. There is no draft then.
    pub async fn prepare_refund(&self, id: u32, refund: NewRefund) -> Result<AttentionCase, Failure> {
        let this = self.clone();
        self.ctx.to_the_end(async move { this.prepare(id, refund).await }).await
    }

    async fn prepare(&self, id: u32, refund: NewRefund) -> Result<AttentionCase, Failure> {
        let _one_at_a_time = self.preparing.lock().await;
        let case = self.get(id).await?;
        if case.refund.as_ref().is_some_and(|refund| !is_over(refund.state)) {
            let message = said!(
                en: "A refund was prepared for this already. Open it under Payouts; discard it there to make another.",
                de: "Dafür ist schon eine Erstattung vorbereitet. Öffnen Sie sie unter Auszahlungen; um eine andere \
                     zu machen, verwerfen Sie sie dort.",
            );
            return Err(Failure::new(FailureCode::Stale, message));
        }
        if case.refundable.is_none() {
            let message = said!(
                en: "There is nothing that could be sent back: the shop has not got this money.",
                de: "Es gibt nichts, was zurückgesendet werden könnte: Der Shop hat dieses Geld nicht bekommen.",
            );
            return Err(Failure::new(FailureCode::Stale, message));
        }
        let amount = amount(&refund.amount, &case)?;
        let note = words!(en: "Refund of payment {}", de: "Erstattung der Zahlung {}", case.payment.id);
        let fields = [
            refund.address.trim(),
            &case.payment.pay_currency,
            &amount,
            refund.extra_id.as_deref().unwrap_or_default().trim(),
            &note,
        ];
        let line = fields.map(|field| format!("\"{}\"", field.replace('"', "\"\""))).join(",");
        let text = format!("address,currency,amount,extra_id,description\n{line}\n");
        let batch = self.payouts.import_refund(id, &note, &text).await?.summary.id;
        if let Some(problem) = self.refused(&batch).await? {
            self.payouts.discard(&batch).await?;
            // The case remembers the one before, which came to nothing.
            if let Some(before) = &case.refund {
                sqlx::query("UPDATE attention_cases SET batch = ? WHERE id = ?")
                    .bind(&before.batch)
                    .bind(id)
                    .execute(&self.ctx.db)
                    .await?;
            }
            return Err(match problem.column.as_deref() {
                Some(field @ ("address" | "amount" | "extra_id")) => Failure::invalid(field, problem.message),
                _ => Failure::other(problem.message),
            });
        }
        self.ctx.announce(Changed::Attention);
        list::case(&mut *self.ctx.db.acquire().await?, id).await
    }

    /// What the importer found wrong with the only row of a batch.
    async fn refused(&self, batch: &str) -> Result<Option<RowProblem>, Failure> {
        let query = RowQuery { batch: batch.to_owned(), filter: RowFilter::Bad, limit: 1, after: None };
        let bad = self.payouts.rows(query).await?.rows.pop();
        Ok(bad.and_then(|row| row.problems.into_iter().next()))
    }
}

/// Whether a batch ended without having paid anything.
fn is_over(state: BatchState) -> bool {
    matches!(state, BatchState::Rejected | BatchState::Expired | BatchState::Cancelled)
}

/// The amount as the importer reads it in one way only.
fn amount(typed: &str, case: &AttentionCase) -> Result<String, Failure> {
    let wrong = |message: String| Failure::invalid("amount", message);
    let amount: Amount = typed.trim().parse().map_err(|error| {
        wrong(words!(
            en: "This is no amount: {error}.",
            de: "Das ist kein Betrag: {error}.",
            error = amount_error(error),
        ))
    })?;
    if !amount.is_positive() {
        return Err(wrong(
            said!(
                en: "The amount must be more than zero.",
                de: "Der Betrag muss größer als null sein.",
            )
            .to_owned(),
        ));
    }
    if amount.decimals() as usize > MOST_DECIMALS {
        return Err(wrong(words!(
            en: "NOWPayments pays out at most {MOST_DECIMALS} decimals, and {shown} has {}. Decide which amount to send: \
                 Paydesk does not round it for you.",
            de: "NOWPayments zahlt höchstens {MOST_DECIMALS} Nachkommastellen aus, und {shown} hat {}. Entscheiden Sie, \
                 welcher Betrag gesendet wird: Paydesk rundet ihn nicht für Sie.",
            amount.decimals(),
            shown = decimal(&amount),
        )));
    }
    let paid = case.payment.actually_paid.clone().unwrap_or_default();
    if amount > paid {
        return Err(wrong(words!(
            en: "That is more than came: {paid}.",
            de: "Das ist mehr, als ankam: {paid}.",
            paid = decimal(&paid),
        )));
    }
    // With three decimals the point could stand between thousands.
    Ok(if amount.decimals() == 3 { format!("{amount}0") } else { amount.to_string() })
}
