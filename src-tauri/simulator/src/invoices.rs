//! Invoices: prices that wait for a customer to choose a coin. The choice makes a payment, on the invoice's page (the
//! control interface plays the customer) or through `POST /invoice-payment`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::access::token_id;
use crate::amount::Amount;
use crate::api::{Answer, Call, Outcome, Refusal};
use crate::coins;
use crate::currencies::{known, priced};
use crate::payments::{self, Case, Order, Payment, Recipient, Status, settles_in};
use crate::quotes::{self, Flow};
use crate::shop;
use crate::wire::{Fields, Number, Object, object, stamp};
use crate::world::World;

/// One invoice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Invoice {
    id: u64,
    price: Amount,
    /// As it was sent.
    price_text: String,
    price_currency: String,
    /// The only coin that it can be paid with.
    pay_currency: Option<String>,
    order_id: Option<String>,
    description: Option<String>,
    callback: Option<String>,
    success_url: Option<String>,
    cancel_url: Option<String>,
    partially_paid_url: Option<String>,
    customer_email: Option<String>,
    fixed_rate: bool,
    fee_paid_by_user: bool,
    created: DateTime<Utc>,
}

/// All invoices, by their ids.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Invoices(BTreeMap<u64, Invoice>);

impl Invoice {
    fn flow(&self) -> Flow {
        Flow::new(self.fixed_rate, self.fee_paid_by_user)
    }

    /// The id and the price are strings.
    fn form(&self, token_id: String) -> Object {
        object! {
            "id": self.id.to_string(),
            "token_id": token_id,
            "order_id": self.order_id,
            "order_description": self.description,
            "price_amount": self.price_text,
            "price_currency": self.price_currency,
            "pay_currency": self.pay_currency,
            "ipn_callback_url": self.callback,
            "invoice_url": format!("https://nowpayments.io/payment/?iid={}", self.id),
            "success_url": self.success_url,
            "cancel_url": self.cancel_url,
            "customer_email": self.customer_email,
            "partially_paid_url": self.partially_paid_url,
            "payout_currency": (),
            "created_at": stamp(self.created),
            "updated_at": stamp(self.created),
            "is_fixed_rate": self.fixed_rate,
            "is_fee_paid_by_user": self.fee_paid_by_user,
        }
    }

    /// The order for a payment of this invoice in a coin.
    fn order(&self, world: &World, pay_currency: &str) -> Result<Order, Refusal> {
        let coin = payments::payable(pay_currency)?;
        if self.pay_currency.as_ref().is_some_and(|only| *only != coin.lower) {
            return Err(Refusal::new(400, "BAD_REQUEST", "Invoice is to be paid in another currency"));
        }
        let pays_it =
            |payment: &Payment| payment.invoice == Some(self.id) && payment.status == Status::Finished;
        if world.payments.all().iter().any(pays_it) {
            return Err(Refusal::new(400, "BAD_REQUEST", "Invoice is already paid"));
        }
        Ok(Order {
            price: self.price,
            price_currency: self.price_currency.clone(),
            coin,
            pay_amount: None,
            order_id: self.order_id.clone(),
            description: self.description.clone(),
            purchase_id: None,
            callback: self.callback.clone(),
            recipient: None,
            invoice: Some(self.id),
            customer_email: self.customer_email.clone(),
            flow: self.flow(),
            case: None,
        })
    }
}

pub(crate) fn create(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let price = fields.amount("price_amount")?;
    let (price, price_as_sent) = fields.required("price_amount", price)?;
    let price_currency = fields.text("price_currency")?;
    let price_currency = fields.required("price_currency", price_currency)?.to_lowercase();
    let pay_currency = fields.text("pay_currency")?.map(|currency| currency.to_lowercase());
    let (order_id, description) = (fields.text("order_id")?, fields.text("order_description")?);
    let callback = fields.url("ipn_callback_url")?;
    let (success_url, cancel_url) = (fields.url("success_url")?, fields.url("cancel_url")?);
    let (partially_paid_url, customer_email) =
        (fields.url("partially_paid_url")?, fields.text("customer_email")?);
    let (fixed_rate, fee_paid_by_user) = (fields.flag("is_fixed_rate")?, fields.flag("is_fee_paid_by_user")?);
    fields.finish()?;

    priced(world, &price_currency)?;
    let price_text = serde_json::from_str(price_as_sent.get()).unwrap_or_else(|_| price.to_string());
    let flow = Flow::new(fixed_rate, fee_paid_by_user);
    if let Some(currency) = &pay_currency {
        let coin = payments::payable(currency)?;
        let outcome = known(settles_in(currency))?;
        let due = quotes::due(world, price, &price_currency, coin, &outcome.lower, flow)?;
        quotes::check(world, due, coin, outcome, flow)?;
    }
    let invoice = Invoice {
        id: world.invoices.new_id(world),
        price,
        price_text,
        price_currency,
        pay_currency,
        order_id,
        description,
        callback,
        success_url,
        cancel_url,
        partially_paid_url,
        customer_email,
        fixed_rate: flow.fixed_rate,
        fee_paid_by_user,
        created: world.now,
    };
    let answer = Answer::json(201, &invoice.form(token_id(world)));
    world.invoices.0.insert(invoice.id, invoice);
    Ok(answer)
}

/// The demo shop sends an invoice to a customer.
pub(crate) fn send(
    world: &mut World,
    price: Amount,
    price_currency: &str,
    order_id: &str,
    description: &str,
) -> u64 {
    let invoice = Invoice {
        id: world.invoices.new_id(world),
        price,
        price_text: price.to_string(),
        price_currency: price_currency.to_owned(),
        pay_currency: None,
        order_id: Some(order_id.to_owned()),
        description: Some(description.to_owned()),
        callback: Some(shop::CALLBACK.to_owned()),
        success_url: None,
        cancel_url: None,
        partially_paid_url: None,
        customer_email: None,
        fixed_rate: false,
        fee_paid_by_user: false,
        created: world.now,
    };
    let id = invoice.id;
    world.invoices.0.insert(id, invoice);
    id
}

impl Invoices {
    fn new_id(&self, world: &World) -> u64 {
        let mut rng = world.stream("invoice", self.0.len() as u64);
        loop {
            let id = rng.random_range(4_000_000_000..6_900_000_000);
            if !self.0.contains_key(&id) {
                return id;
            }
        }
    }
}

/// `POST /invoice-payment`: makes a payment of an invoice without its page.
pub(crate) fn pay(world: &mut World, call: &Call) -> Outcome {
    let mut fields = Fields::read(&call.body)?;
    let id = fields.whole("iid")?;
    let id = fields.required("iid", id)?;
    let pay_currency = fields.text("pay_currency")?;
    let pay_currency = fields.required("pay_currency", pay_currency)?;
    let purchase_id = fields.whole("purchase_id")?;
    let (description, customer_email) = (fields.text("order_description")?, fields.text("customer_email")?);
    let recipient = Recipient::read(&mut fields)?;
    let case = fields.text("case")?;
    fields.finish()?;

    let invoice = world.invoices.0.get(&id).ok_or_else(|| Refusal::not_found("Invoice not found"))?;
    let order = invoice.order(world, &pay_currency)?;
    let order = Order {
        description: description.or(order.description),
        customer_email: customer_email.or(order.customer_email),
        purchase_id,
        recipient,
        case: case.as_deref().map(Case::read).transpose()?,
        ..order
    };
    let price = Number(order.price);
    let id = payments::place(world, order)?;
    payments::created(world, id, &price)
}

/// A customer chooses a coin on the invoice's page.
///
/// # Errors
/// The reason why this cannot be.
pub(crate) fn choose(world: &mut World, id: u64, pay_currency: &str) -> Result<u64, &'static str> {
    world.revision += 1;
    let invoice = world.invoices.0.get(&id).ok_or("no such invoice")?;
    coins::find(pay_currency).ok_or("no such coin")?;
    let order = invoice.order(world, pay_currency);
    let payment = order.and_then(|order| payments::place(world, order));
    payment.map_err(|_| "the invoice was paid already, or cannot be paid with this coin")
}
