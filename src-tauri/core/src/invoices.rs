//! Invoices: links to pages of NOWPayments on which customers choose a coin and pay. NOWPayments can neither list nor
//! show them again, so that those which are made here are kept here.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use nowpayments::{Amount, Outcome, Ticker, Url, invoices::CreateInvoice};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

use crate::{
    changes::Changed,
    failure::{Failure, FailureCode},
    language::{said, words},
    payments::{
        LONGEST_DESCRIPTION, LONGEST_ORDER, MadePayment, Order, PaymentRow, Payments, Price, Terms,
        forget_draft, line, payable, refusal,
    },
    shops::{Environment, ShopContext},
    store,
    under_way::UnderWay,
};

/// So many are listed, the newest.
const LISTED: u32 = 500;
const LONGEST_URL: usize = 500;
const LONGEST_EMAIL: usize = 254;

fn lost() -> &'static str {
    said!(
        en: "The answer of NOWPayments was lost, and with it the link, if it was made. Nobody knows that link, so \
             that nobody can pay it: make another one.",
        de: "Die Antwort von NOWPayments ging verloren und mit ihr der Link, falls er angelegt wurde. Niemand kennt diesen \
             Link, also kann ihn niemand bezahlen: Legen Sie einen neuen an.",
    )
}

/// What the owner asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct NewInvoice {
    /// The price, as it was typed.
    pub price_amount: String,
    /// The currency of the price.
    pub price_currency: String,
    /// The only coin that it can be paid with; empty: the customer chooses.
    pub pay_currency: String,
    /// Whose fees, and which rate.
    pub terms: Terms,
    /// The shop's own name for the order; empty for none.
    pub order_id: String,
    /// The shop's own words for it; empty for none.
    pub order_description: String,
    /// Where the customer goes after paying; empty for nowhere.
    pub success_url: String,
    /// Where the customer goes when the payment comes to nothing; empty for nowhere.
    pub cancel_url: String,
}

/// A payment for an invoice, without its page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct NewInvoicePayment {
    /// Our id of the invoice.
    pub invoice: String,
    /// The coin that the customer pays with.
    pub pay_currency: String,
    /// Whom NOWPayments tells when it is paid; empty for nobody.
    pub customer_email: String,
}

/// How far an invoice has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceState {
    /// The call that makes it is on its way.
    Sending,
    /// It is there, and has its link.
    Made,
    /// NOWPayments refused: it was not made.
    Refused,
    /// The answer was lost, and with it the link, if there is one.
    Lost,
}

/// An invoice that was made here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Invoice {
    /// Our id, a UUID.
    pub id: String,
    /// How far it has come.
    pub state: InvoiceState,
    /// NOWPayments' id, once it is known.
    pub number: Option<String>,
    /// Its page.
    pub url: Option<String>,
    /// The price.
    #[specta(type = String)]
    pub price_amount: Amount,
    /// The currency of the price, lower case.
    pub price_currency: String,
    /// The only coin that it can be paid with, lower case; `None`: the customer chooses.
    pub pay_currency: Option<String>,
    /// The order.
    pub order_id: Option<String>,
    /// Its description.
    pub order_description: Option<String>,
    /// Whose fees, and which rate.
    pub terms: Terms,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// What happened that needs words.
    pub trouble: Option<String>,
    /// The status of that of its payments that has come furthest; `None` when it has none.
    pub status: Option<String>,
    /// How many payments it has.
    pub payments: u32,
}

/// An invoice with its payments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct InvoiceDetail {
    /// The invoice.
    pub invoice: Invoice,
    /// Its payments, oldest first.
    pub payments: Vec<PaymentRow>,
    /// Its page can be opened in the browser.
    pub opens: bool,
}

/// The invoices of a shop.
#[derive(Debug, Clone)]
pub struct Invoices {
    ctx: Arc<ShopContext>,
    payments: Payments,
    under_way: Arc<UnderWay>,
}

impl Invoices {
    pub(crate) fn new(ctx: Arc<ShopContext>, payments: Payments) -> Self {
        Self { ctx, payments, under_way: Arc::default() }
    }

    /// Makes an invoice, once. An answer that is lost makes it [`InvoiceState::Lost`], which is no error: nobody can pay
    /// by a link that nobody knows.
    ///
    /// # Errors
    /// When what was asked for is not right (with its field), the price is below the minimum of its coin, or NOWPayments
    /// refuses: nothing was made then.
    pub async fn make(&self, new: NewInvoice) -> Result<Invoice, Failure> {
        self.ctx.may_change()?;
        let coins = self.ctx.coins().await?;
        let price = Price::read(&new.price_amount, &new.price_currency, &coins)?;
        let coin = match new.pay_currency.trim() {
            "" => None,
            coin => Some(payable(coin, &coins)?),
        };
        let fixed = new.terms.fixed_rate || new.terms.fee_paid_by_customer;
        let call = CreateInvoice {
            pay_currency: coin.clone(),
            order_id: line("order_id", &new.order_id, LONGEST_ORDER)?,
            order_description: line("order_description", &new.order_description, LONGEST_DESCRIPTION)?,
            success_url: address("success_url", &new.success_url)?,
            cancel_url: address("cancel_url", &new.cancel_url)?,
            is_fixed_rate: Some(fixed),
            is_fee_paid_by_user: Some(new.terms.fee_paid_by_customer),
            ..CreateInvoice::new(price.amount.clone(), price.currency.clone())
        };
        if let Some(coin) = &coin {
            self.payments.check_minimum(&price, coin, new.terms).await?;
        }
        let invoices = self.clone();
        self.ctx.to_the_end(async move { invoices.send(call, &price, new.terms).await }).await
    }

    async fn send(&self, call: CreateInvoice, price: &Price, terms: Terms) -> Result<Invoice, Failure> {
        let id = self.ctx.surroundings.uuid().to_string();
        let mark = self.under_way.begin(&id);
        let result = self.send_once(&id, &call, price, terms).await;
        drop(mark);
        self.ctx.announce(Changed::Payments);
        result?;
        self.load(&id).await
    }

    async fn send_once(
        &self,
        id: &str,
        call: &CreateInvoice,
        price: &Price,
        terms: Terms,
    ) -> Result<(), Failure> {
        let mut db = self.ctx.write().await?;
        announce_call(&mut db, id, call, terms, self.ctx.now()).await?;
        db.commit().await?;

        let answer = self.ctx.client.send(call).await;
        let mut db = self.ctx.write().await?;
        let result = match answer {
            Ok(invoice) => {
                sqlx::query("UPDATE invoices SET state = 'made', number = ?, url = ? WHERE id = ?")
                    .bind(invoice.id.as_str())
                    .bind(&invoice.invoice_url)
                    .bind(id)
                    .execute(&mut *db)
                    .await?;
                forget_draft(&mut db).await?;
                Ok(())
            }
            Err(error) if error.outcome() == Outcome::Unknown => {
                tracing::warn!(invoice = id, %error, "the making of an invoice has an unknown end");
                end(&mut db, id, InvoiceState::Lost, lost()).await?;
                Ok(())
            }
            Err(error) => {
                let failure = refusal(&error, price, call.pay_currency.as_ref());
                end(&mut db, id, InvoiceState::Refused, &failure.message).await?;
                Err(failure)
            }
        };
        db.commit().await?;
        result
    }

    /// Writes of calls that a crash has cut off that their answers were lost.
    pub(crate) async fn settle(self) {
        if let Err(failure) = self.settle_once().await {
            tracing::warn!(%failure, "invoices that were cut off stay as they are");
        }
    }

    async fn settle_once(&self) -> Result<(), Failure> {
        let sending: Vec<String> = sqlx::query_scalar("SELECT id FROM invoices WHERE state = 'sending'")
            .fetch_all(&self.ctx.db)
            .await?;
        for id in sending {
            if self.under_way.has(&id) {
                continue;
            }
            let mut db = self.ctx.write().await?;
            end(&mut db, &id, InvoiceState::Lost, lost()).await?;
            db.commit().await?;
            self.ctx.announce(Changed::Payments);
        }
        Ok(())
    }

    /// The newest invoices that were made here, newest first. Those that NOWPayments refused are not among them.
    ///
    /// # Errors
    /// When the shop was closed.
    pub async fn list(&self) -> Result<Vec<Invoice>, Failure> {
        let stored: Vec<Stored> = sqlx::query_as(
            "SELECT * FROM invoices WHERE state <> 'refused' ORDER BY at DESC, id DESC LIMIT ?",
        )
        .bind(LISTED)
        .fetch_all(&self.ctx.db)
        .await?;
        let statuses: Vec<(String, String)> = sqlx::query_as(
            "SELECT invoice_id, status FROM payments WHERE invoice_id IN (SELECT number FROM invoices)",
        )
        .fetch_all(&self.ctx.db)
        .await?;
        let mut by_invoice: HashMap<String, Vec<String>> = HashMap::new();
        for (invoice, status) in statuses {
            by_invoice.entry(invoice).or_default().push(status);
        }
        let of = |stored: &Stored| stored.number.as_ref().and_then(|number| by_invoice.get(number));
        stored
            .into_iter()
            .map(|each| {
                let statuses = of(&each).map(Vec::as_slice).unwrap_or_default();
                let statuses: Vec<_> = statuses.iter().map(String::as_str).collect();
                each.invoice(&statuses)
            })
            .collect()
    }

    /// One invoice with its payments.
    ///
    /// # Errors
    /// When there is no such invoice, or the shop was closed.
    pub async fn get(&self, id: &str) -> Result<InvoiceDetail, Failure> {
        let stored = self.stored(id).await?;
        let payments = match &stored.number {
            Some(number) => self.payments.of_invoice(number).await?,
            None => Vec::new(),
        };
        let statuses: Vec<_> = payments.iter().map(|row| row.status.as_str()).collect();
        let invoice = stored.invoice(&statuses)?;
        let opens = page(invoice.url.as_deref(), self.ctx.shop.environment).is_ok();
        Ok(InvoiceDetail { invoice, payments, opens })
    }

    /// The address of an invoice's page, if it is one of NOWPayments: only that is opened in the browser.
    ///
    /// # Errors
    /// When there is no such invoice, or its page is none of NOWPayments.
    pub async fn page(&self, id: &str) -> Result<String, Failure> {
        page(self.stored(id).await?.url.as_deref(), self.ctx.shop.environment)
    }

    /// Makes a payment for an invoice, for a customer who is not sent to its page.
    ///
    /// # Errors
    /// Those of [`Payments::make`]; and when the invoice has no number, or is to be paid in another coin.
    pub async fn pay(&self, new: NewInvoicePayment) -> Result<MadePayment, Failure> {
        let invoice = self.load(&new.invoice).await?;
        let coins = self.ctx.coins().await?;
        let coin = payable(&new.pay_currency, &coins)?;
        if let Some(only) = invoice.pay_currency.filter(|only| coin != **only) {
            let only = only.to_uppercase();
            let message = words!(
                en: "This invoice can be paid in {only} only.",
                de: "Diese Rechnung kann nur in {only} bezahlt werden.",
            );
            return Err(Failure::invalid("pay_currency", message));
        }
        let number = invoice.number.and_then(|number| number.parse().ok());
        let number = number.ok_or_else(|| {
            Failure::not_found(said!(en: "invoice that could be paid", de: "diese Rechnung zum Bezahlen"))
        })?;
        let currency: Ticker = invoice.price_currency.parse().map_err(|_| {
            Failure::not_found(said!(en: "currency of the invoice", de: "die Währung dieser Rechnung"))
        })?;
        self.payments
            .place(Order {
                price: Price { amount: invoice.price_amount, currency },
                coin,
                terms: invoice.terms,
                order_id: None,
                gave_order_id: false,
                description: None,
                purchase_id: None,
                case: None,
                invoice: Some(number),
                customer_email: email(&new.customer_email)?,
            })
            .await
    }

    async fn load(&self, id: &str) -> Result<Invoice, Failure> {
        self.stored(id).await?.invoice(&[])
    }

    async fn stored(&self, id: &str) -> Result<Stored, Failure> {
        let stored = sqlx::query_as("SELECT * FROM invoices WHERE id = ?").bind(id);
        stored
            .fetch_optional(&self.ctx.db)
            .await?
            .ok_or_else(|| Failure::not_found(said!(en: "invoice", de: "diese Rechnung")))
    }
}

/// An invoice as it stands in the database.
#[derive(sqlx::FromRow)]
struct Stored {
    id: String,
    state: String,
    number: Option<String>,
    url: Option<String>,
    price_amount: String,
    price_currency: String,
    pay_currency: Option<String>,
    order_id: Option<String>,
    order_description: Option<String>,
    terms: String,
    trouble: Option<String>,
    at: DateTime<Utc>,
}

impl Stored {
    fn invoice(self, statuses: &[&str]) -> Result<Invoice, Failure> {
        Ok(Invoice {
            state: InvoiceState::named(&self.state),
            status: furthest(statuses),
            payments: u32::try_from(statuses.len()).unwrap_or(u32::MAX),
            price_amount: crate::payments::exact(&self.price_amount)?,
            terms: serde_json::from_str(&self.terms).unwrap_or_default(),
            id: self.id,
            number: self.number,
            url: self.url,
            price_currency: self.price_currency,
            pay_currency: self.pay_currency,
            order_id: self.order_id,
            order_description: self.order_description,
            at: self.at,
            trouble: self.trouble,
        })
    }
}

impl InvoiceState {
    fn name(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Made => "made",
            Self::Refused => "refused",
            Self::Lost => "lost",
        }
    }

    fn named(name: &str) -> Self {
        let all = [Self::Sending, Self::Made, Self::Refused];
        all.into_iter().find(|state| state.name() == name).unwrap_or(Self::Lost)
    }
}

/// The status that has come furthest.
fn furthest(statuses: &[&str]) -> Option<String> {
    const WAY: [&str; 10] = [
        "cancelled",
        "failed",
        "expired",
        "refunded",
        "waiting",
        "confirming",
        "confirmed",
        "sending",
        "partially_paid",
        "finished",
    ];
    let place = |status: &&&str| WAY.iter().position(|known| known == *status);
    statuses.iter().max_by_key(place).map(|status| (*status).to_owned())
}

async fn announce_call(
    db: &mut SqliteConnection,
    id: &str,
    call: &CreateInvoice,
    terms: Terms,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO invoices (id, state, price_amount, price_currency, pay_currency, order_id, order_description, \
         success_url, cancel_url, terms, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(InvoiceState::Sending.name())
    .bind(call.price_amount.to_string())
    .bind(call.price_currency.as_str())
    .bind(call.pay_currency.as_ref().map(Ticker::as_str))
    .bind(&call.order_id)
    .bind(&call.order_description)
    .bind(&call.success_url)
    .bind(&call.cancel_url)
    .bind(terms.json())
    .bind(store::time(at))
    .execute(db)
    .await?;
    Ok(())
}

async fn end(
    db: &mut SqliteConnection,
    id: &str,
    state: InvoiceState,
    trouble: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE invoices SET state = ?, trouble = ? WHERE id = ? AND state = 'sending'")
        .bind(state.name())
        .bind(trouble)
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

/// The address of a page that a customer is sent to; `None` when there is none.
pub(crate) fn address(field: &str, typed: &str) -> Result<Option<String>, Failure> {
    let Some(typed) = line(field, typed, LONGEST_URL)? else { return Ok(None) };
    match typed.parse::<Url>() {
        Ok(url) if url.scheme() == "https" && url.has_host() => Ok(Some(typed)),
        _ => Err(Failure::invalid(
            field,
            said!(
                en: "This must be the whole address of a page: https://…",
                de: "Das muss die ganze Adresse einer Seite sein: https://…",
            ),
        )),
    }
}

fn email(typed: &str) -> Result<Option<String>, Failure> {
    let Some(typed) = line("customer_email", typed, LONGEST_EMAIL)? else { return Ok(None) };
    let whole = typed.split_once('@').is_some_and(|(who, host)| !who.is_empty() && host.contains('.'));
    match whole && !typed.contains(char::is_whitespace) {
        true => Ok(Some(typed)),
        false => Err(Failure::invalid(
            "customer_email",
            said!(
                en: "This is not a whole e-mail address.",
                de: "Das ist keine vollständige E-Mail-Adresse.",
            ),
        )),
    }
}

/// The page of an invoice, if it may be opened: one of NOWPayments itself, and in the demo shop one of its simulator. That
/// has none, so that the demo shop never opens a page of the real NOWPayments for an invoice that is not there.
fn page(url: Option<&str>, environment: Environment) -> Result<String, Failure> {
    let url = url.ok_or_else(|| {
        Failure::not_found(said!(en: "page of this invoice", de: "die Seite dieser Rechnung"))
    })?;
    let parsed: Url = url.parse().map_err(|_| {
        Failure::not_found(said!(en: "page of this invoice", de: "die Seite dieser Rechnung"))
    })?;
    let host = parsed.host_str().unwrap_or_default();
    let of_nowpayments = host == "nowpayments.io" || host.ends_with(".nowpayments.io");
    match environment {
        Environment::Demo if parsed.scheme() == "http" && matches!(host, "127.0.0.1" | "[::1]") => {}
        Environment::Demo => {
            return Err(Failure::other(said!(
                en: "The demo shop's invoices have no page: NOWPayments does not know them. Pay one from here \
                     instead.",
                de: "Die Rechnungen des Demo-Shops haben keine Seite: NOWPayments kennt sie nicht. Bezahlen Sie \
                     stattdessen von hier aus eine.",
            )));
        }
        _ if parsed.scheme() == "https" && of_nowpayments => {}
        _ => {
            return Err(Failure::new(
                FailureCode::Other,
                words!(
                    en: "{url} is no page of NOWPayments, so Paydesk does not open it.",
                    de: "{url} ist keine Seite von NOWPayments, darum öffnet Paydesk sie nicht.",
                ),
            ));
        }
    }
    Ok(parsed.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_nowpayments_are_opened() {
        #[track_caller]
        fn check(url: &str, environment: Environment, opens: bool) {
            assert_eq!(page(Some(url), environment).is_ok(), opens, "{url}");
        }
        let live = Environment::Live;
        check("https://nowpayments.io/payment/?iid=5", live, true);
        check("https://sandbox.nowpayments.io/payment/?iid=5", Environment::Sandbox, true);
        check("http://nowpayments.io/payment/?iid=5", live, false);
        check("https://nowpayments.io.example.com/", live, false);
        check("https://evilnowpayments.io/", live, false);
        check("https://nowpayments.io@example.com/", live, false);
        check("file:///etc/passwd", live, false);
        check("javascript:alert(1)", live, false);
        check("nonsense", live, false);
        check("http://127.0.0.1:4010/payment/?iid=5", live, false);
        check("http://127.0.0.1:4010/payment/?iid=5", Environment::Demo, true);
        check("https://nowpayments.io/payment/?iid=5", Environment::Demo, false);
    }

    #[test]
    fn an_invoice_is_as_far_as_the_best_of_its_payments() {
        assert_eq!(furthest(&[]), None);
        assert_eq!(furthest(&["expired", "waiting", "failed"]).as_deref(), Some("waiting"));
        assert_eq!(furthest(&["finished", "waiting"]).as_deref(), Some("finished"));
        assert_eq!(furthest(&["partially_paid", "confirming"]).as_deref(), Some("partially_paid"));
        assert_eq!(furthest(&["odd"]).as_deref(), Some("odd"));
    }

    #[test]
    fn addresses_are_whole() {
        let wrong = |result: Result<Option<String>, Failure>| result.unwrap_err().field.unwrap();
        assert_eq!(address("success_url", " ").unwrap(), None);
        assert!(address("success_url", "https://kestrel.example/thanks").unwrap().is_some());
        for typed in ["kestrel.example", "http://kestrel.example", "https://", "javascript:alert(1)"] {
            assert_eq!(wrong(address("success_url", typed)), "success_url", "{typed}");
        }
        assert_eq!(email("").unwrap(), None);
        assert!(email("ada@example.com").unwrap().is_some());
        for typed in ["ada", "ada@example", "@example.com", "ada b@example.com"] {
            assert_eq!(wrong(email(typed)), "customer_email", "{typed}");
        }
    }
}
