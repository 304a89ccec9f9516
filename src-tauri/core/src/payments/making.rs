//! Making a payment: what it would come to and how small it may be, the one call that makes it, and finding out what
//! became of that call.

mod choices;
mod draft;
mod follow_up;
mod journal;
mod look;
mod order;
mod quotes;
pub(super) mod rates;

use std::{borrow::Cow, net::IpAddr};

use chrono::{DateTime, Utc};
use nowpayments::{
    Access, Amount, Endpoint, Method, Outcome, Ticker,
    invoices::CreateInvoicePayment,
    payments::{CreatePayment, Payment},
};
use serde::{Deserialize, Serialize};
use specta::Type;

use self::{choices::Chosen, journal::MadeRow, quotes::Quotes};
pub use self::{
    choices::{PayCoin, PaymentChoices},
    draft::PaymentDraft,
    follow_up::FollowUp,
    quotes::{CoinMinimum, Minimum, Quote, QuoteRequest},
    rates::{PaymentRate, RenewedRate},
};
pub(crate) use self::{
    draft::forget as forget_draft,
    order::{LONGEST_DESCRIPTION, LONGEST_ORDER, Order, Price, line, payable},
};
use super::{COLUMNS, PaymentRow, Payments, Stored, cache::absorb, single::Answer};
use crate::{
    changes::Changed,
    failure::{Failure, FailureCode},
    language::{said, words},
    second_factor::provider_now,
    under_way::UnderWay,
};

/// Whose fees, and which rate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
pub struct Terms {
    /// The amount in the coin holds for some minutes, whatever the rate does.
    pub fixed_rate: bool,
    /// The fees come on top of what the customer pays. The rate is fixed then, too.
    pub fee_paid_by_customer: bool,
}

/// What the owner asks a customer to pay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct NewPayment {
    /// The price, as it was typed.
    pub price_amount: String,
    /// The currency of the price.
    pub price_currency: String,
    /// The coin that the customer pays with.
    pub pay_currency: String,
    /// Whose fees, and which rate.
    pub terms: Terms,
    /// The shop's own name for the order. Paydesk gives it a number where it is empty, to know the payment by.
    pub order_id: String,
    /// The shop's own words for it; empty for none.
    pub order_description: String,
    /// The purchase that this is a further payment of.
    pub purchase_id: Option<String>,
    /// In the sandbox: how the payment is to end.
    pub case: Option<SandboxCase>,
}

/// How a payment in the sandbox ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum SandboxCase {
    /// It is paid at once.
    Success,
    /// It is paid after a while.
    Common,
    /// It fails.
    Failed,
    /// Less than the price is paid.
    PartiallyPaid,
}

/// How far a payment that is made here has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum MadeState {
    /// The call that makes it is on its way.
    Sending,
    /// It is there, and has its number.
    Made,
    /// NOWPayments refused: it was not made.
    Refused,
    /// The call ended without a clear answer. Ended only by looking.
    Unknown,
    /// It could not be found, and the owner does not wait for it any more.
    GivenUp,
}

/// A payment that was made here, or is just being made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MadePayment {
    /// Our id, a UUID.
    pub id: String,
    /// How far it has come.
    pub state: MadeState,
    /// NOWPayments' id, once it is known.
    pub payment: Option<String>,
    /// The price.
    #[specta(type = String)]
    pub price_amount: Amount,
    /// The currency of the price, lower case.
    pub price_currency: String,
    /// The coin, lower case.
    pub pay_currency: String,
    /// The order, as it was sent.
    pub order_id: Option<String>,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// What happened that needs words: a refusal, an unknown outcome.
    pub trouble: Option<String>,
    /// We looked often enough, and found nothing: the owner may say that it was not made.
    pub may_give_up: bool,
}

/// What is known of the making of payments beside what the database holds.
#[derive(Debug, Default)]
pub(super) struct Making {
    quotes: Quotes,
    chosen: tokio::sync::Mutex<Option<Chosen>>,
    /// The calls that are under way, and word that there is something to look for, or to follow.
    under_way: UnderWay,
}

impl Payments {
    /// Makes a payment, once. What it comes to is compared with the minimum first. An answer that is lost makes it
    /// [`MadeState::Unknown`], which is no error.
    ///
    /// # Errors
    /// When what was asked for is not right (with its field), the amount is below the minimum, NOWPayments refuses, or
    /// one just like it is not settled yet: nothing was made then.
    pub async fn make(&self, new: NewPayment) -> Result<MadePayment, Failure> {
        let coins = self.ctx.coins().await?;
        let order = Order::read(&new, &coins, self.ctx.shop.environment)?;
        self.place(order).await
    }

    /// Makes the payment of an order that is right in itself. Runs to its end whatever becomes of the caller.
    pub(crate) async fn place(&self, order: Order) -> Result<MadePayment, Failure> {
        self.ctx.may_change()?;
        self.check_minimum(&order.price, &order.coin, order.terms).await?;
        let payments = self.clone();
        self.ctx.to_the_end(async move { payments.send(order).await }).await
    }

    async fn send(&self, mut order: Order) -> Result<MadePayment, Failure> {
        let id = self.ctx.surroundings.uuid().to_string();
        if order.order_id.is_none() && order.invoice.is_none() {
            order.order_id = Some(order_number(self.ctx.surroundings.random_bytes()));
            order.gave_order_id = true;
        }
        let _mark = self.making.under_way.begin(&id);
        let mut db = self.ctx.write().await?;
        journal::refuse_twin(&mut db, &order).await?;
        journal::announce_call(&mut db, &id, &order, provider_now(&self.ctx), self.ctx.now()).await?;
        db.commit().await?;
        self.ctx.announce(Changed::Payments);

        let answer = match order.invoice.clone() {
            None => self.ctx.client.send(&Whole(order.call())).await,
            Some(invoice) => self.ctx.client.send(&Whole(order.invoice_call(invoice))).await,
        };
        self.conclude(&id, &order, answer).await?;
        self.made(&id).await
    }

    /// Writes down what became of the call.
    async fn conclude(
        &self,
        id: &str,
        order: &Order,
        answer: Result<Answer, nowpayments::Error>,
    ) -> Result<(), Failure> {
        let error = match answer {
            Ok(Answer(answered)) => {
                let mut db = self.ctx.write().await?;
                let payment = answered.payment.payment_id.to_string();
                let until = answered.payment.expiration_estimate_date;
                absorb(&mut db, &[answered], self.ctx.now()).await?;
                rates::write(&mut db, &payment, until).await?;
                journal::settle(&mut db, id, MadeState::Made, Some(&payment), None).await?;
                order.forget_draft(&mut db).await?;
                db.commit().await?;
                self.ctx.announce(Changed::Payments);
                return Ok(());
            }
            Err(error) => error,
        };
        if error.outcome() == Outcome::NotDone {
            let failure = refusal(&error, &order.price, Some(&order.coin));
            let mut db = self.ctx.write().await?;
            journal::settle(&mut db, id, MadeState::Refused, None, Some(&failure.message)).await?;
            db.commit().await?;
            self.making.quotes.forget();
            self.ctx.announce(Changed::Payments);
            return Err(failure);
        }
        tracing::warn!(made = id, %error, "the making of a payment has an unknown end");
        let mut db = self.ctx.write().await?;
        journal::settle(&mut db, id, MadeState::Unknown, None, Some(look::lost())).await?;
        order.forget_draft(&mut db).await?;
        db.commit().await?;
        // Whether this look succeeds or not, others follow.
        if let Err(failure) = self.look(id).await {
            tracing::info!(%failure, "the first look failed");
        }
        self.ctx.announce(Changed::Payments);
        Ok(())
    }

    /// One payment that was made here.
    ///
    /// # Errors
    /// When there is no such one, or the shop was closed.
    pub async fn made(&self, id: &str) -> Result<MadePayment, Failure> {
        MadeRow::load(&self.ctx.db, id).await?.made()
    }

    /// The payments whose making is not settled, newest first.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn unsettled(&self) -> Result<Vec<MadePayment>, Failure> {
        MadeRow::open(&self.ctx.db).await?.into_iter().map(MadeRow::made).collect()
    }

    /// The cached payments of an invoice, oldest first.
    pub(crate) async fn of_invoice(&self, number: &str) -> Result<Vec<PaymentRow>, Failure> {
        let mut db = self.ctx.db.acquire().await?;
        let stored = Stored::read(&mut db, COLUMNS, "ORDER BY created_at, id", |sql| {
            sql.push("FROM payments WHERE invoice_id = ").push_bind(number.to_owned());
        });
        stored.await?.into_iter().map(Stored::into_row).collect()
    }

    /// The owner's word that a payment which could not be found was not made. Should it turn up after all, it stands in
    /// the list like any other.
    ///
    /// # Errors
    /// When we have not looked often enough, or it is settled already.
    pub async fn give_up(&self, id: &str) -> Result<MadePayment, Failure> {
        let made = self.made(id).await?;
        if made.state != MadeState::Unknown || !made.may_give_up {
            return Err(Failure::new(
                FailureCode::Stale,
                said!(
                    en: "Nothing was changed: this payment is settled by now, or Paydesk is still looking for it.",
                    de: "Es wurde nichts geändert: Diese Zahlung ist inzwischen geklärt, oder Paydesk sucht sie noch.",
                ),
            ));
        }
        let mut db = self.ctx.write().await?;
        journal::settle(&mut db, id, MadeState::GivenUp, None, made.trouble.as_deref()).await?;
        db.commit().await?;
        self.ctx.announce(Changed::Payments);
        self.made(id).await
    }
}

/// What a refusal to make a payment or an invoice means at the fields of the form.
pub(crate) fn refusal(error: &nowpayments::Error, price: &Price, coin: Option<&Ticker>) -> Failure {
    let failure = Failure::from_api(error);
    let Some(refused) = error.refused() else { return failure };
    let coin = coin
        .map_or_else(|| said!(en: "any coin", de: "irgendeinem Coin").to_owned(), |coin| coin.to_uppercase());
    if refused.is_below_minimum() {
        Failure::invalid(
            "price_amount",
            words!(
                en: "{price} is too little to be paid in {coin} now: the minimum of NOWPayments has just changed. \
                     Nothing was made. Ask for more, or choose another coin.",
                de: "{price} sind jetzt zu wenig, um in {coin} bezahlt zu werden: Der Mindestbetrag von NOWPayments \
                     hat sich gerade geändert. Es wurde nichts angelegt. Verlangen Sie mehr, oder wählen Sie einen \
                     anderen Coin.",
            ),
        )
    } else if refused.is_above_maximum() {
        Failure::invalid(
            "price_amount",
            words!(
                en: "{price} is more than NOWPayments takes in one payment in {coin}. Nothing was made. Choose \
                     another coin, or ask for it in parts.",
                de: "{price} sind mehr, als NOWPayments in einer Zahlung in {coin} annimmt. Es wurde nichts \
                     angelegt. Wählen Sie einen anderen Coin, oder verlangen Sie den Betrag in Teilen.",
            ),
        )
    } else if refused.is_currency_unavailable() {
        Failure::invalid(
            "pay_currency",
            words!(
                en: "{coin} cannot be paid at the moment, says NOWPayments. Nothing was made. Choose another coin.",
                de: "In {coin} kann zurzeit nicht bezahlt werden, sagt NOWPayments. Es wurde nichts angelegt. Wählen \
                     Sie einen anderen Coin.",
            ),
        )
    } else {
        failure
    }
}

/// A number for an order that has none, which nobody mistakes when it is read aloud: `PD-7K3M-Q9XW`.
fn order_number(random: [u8; 5]) -> String {
    const LETTERS: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let number = random.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let letter = |place: u32| char::from(LETTERS[(number >> (5 * place) & 31) as usize]);
    let letters: String = (0..8).rev().map(letter).collect();
    format!("PD-{}-{}", &letters[..4], &letters[4..])
}

/// A call that answers with a payment, with the API's own JSON beside what the client reads of it.
#[derive(Serialize)]
#[serde(transparent)]
struct Whole<E>(E);

impl<E: Endpoint<Response = Payment>> Endpoint for Whole<E> {
    const METHOD: Method = E::METHOD;
    const ACCESS: Access = E::ACCESS;
    type Response = Answer;

    fn path(&self) -> Cow<'static, str> {
        self.0.path()
    }

    fn origin_ip(&self) -> Option<IpAddr> {
        self.0.origin_ip()
    }
}

impl Order {
    /// Forgets what was typed, if it was typed as a payment of its own.
    async fn forget_draft(&self, db: &mut sqlx::SqliteConnection) -> Result<(), sqlx::Error> {
        match self.invoice.is_none() && self.purchase_id.is_none() {
            true => draft::forget(db).await,
            false => Ok(()),
        }
    }

    fn call(&self) -> CreatePayment {
        let Price { amount, currency } = &self.price;
        CreatePayment {
            order_id: self.order_id.clone(),
            order_description: self.description.clone(),
            purchase_id: self.purchase_id.clone(),
            is_fixed_rate: Some(self.terms.fixed_rate || self.terms.fee_paid_by_customer),
            is_fee_paid_by_user: Some(self.terms.fee_paid_by_customer),
            case: self.case.map(Into::into),
            ..CreatePayment::new(amount.clone(), currency.clone(), self.coin.clone())
        }
    }

    fn invoice_call(&self, invoice: nowpayments::InvoiceId) -> CreateInvoicePayment {
        CreateInvoicePayment {
            customer_email: self.customer_email.clone(),
            ..CreateInvoicePayment::new(invoice, self.coin.clone())
        }
    }
}

impl From<SandboxCase> for nowpayments::payments::SandboxCase {
    fn from(case: SandboxCase) -> Self {
        match case {
            SandboxCase::Success => Self::Success,
            SandboxCase::Common => Self::Common,
            SandboxCase::Failed => Self::Failed,
            SandboxCase::PartiallyPaid => Self::PartiallyPaid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_for_an_order_has_no_letters_that_look_alike() {
        assert_eq!(order_number([0; 5]), "PD-0000-0000");
        assert_eq!(order_number([255; 5]), "PD-ZZZZ-ZZZZ");
        assert_eq!(order_number([0, 0, 0, 0, 33]), "PD-0000-0011");
        let all: String = (0_u8..=255).map(|byte| order_number([byte, !byte, byte, 7, byte])).collect();
        assert!(!all.contains(['I', 'L', 'O', 'U']));
    }
}
