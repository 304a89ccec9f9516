//! The columns of an export, and what of a payment stands in them.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, Offset, Utc};
use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{ExportFormat, ExportRequest, ExportWords, ExportZone};
use crate::{
    language::said,
    payments::{PaymentFee, WholePayment},
    surroundings::Surroundings,
    xlsx::Cell,
};

/// A column of an export. In JSON it goes by the name that it has here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ExportColumn {
    /// When it was made.
    CreatedAt,
    /// When the API last changed it.
    UpdatedAt,
    /// How far the clocks were from UTC when it was made: `UTC+01:00`.
    UtcOffset,
    /// The API's id.
    PaymentId,
    /// The status, as the API says it.
    Status,
    /// The status in the owner's words.
    StatusWord,
    /// The shop's order id.
    OrderId,
    /// The shop's description.
    OrderDescription,
    /// The price.
    PriceAmount,
    /// The currency of the price.
    PriceCurrency,
    /// The coin.
    PayCurrency,
    /// What the customer was to pay, in coin.
    PayAmount,
    /// What the customer has paid, in coin.
    ActuallyPaid,
    /// What was expected and not paid (positive) or paid beyond (negative), in coin.
    Missing,
    /// What was paid, in the currency of the price and at the rate of then.
    Worth,
    /// Whether NOWPayments has said that, or it was worked out.
    WorthOrigin,
    /// What the shop gets, after conversion.
    OutcomeAmount,
    /// In which coin.
    OutcomeCurrency,
    /// The coin of the fees.
    FeeCurrency,
    /// For taking the deposit.
    DepositFee,
    /// For the service of NOWPayments.
    ServiceFee,
    /// For sending the money on to the shop.
    WithdrawalFee,
    /// Where the customer pays to.
    PayAddress,
    /// The memo or tag that goes with the address.
    PayinExtraId,
    /// The invoice it belongs to.
    InvoiceId,
    /// Ties several payments of one purchase together.
    PurchaseId,
    /// The payment that this one repeats.
    ParentPaymentId,
}

impl ExportColumn {
    /// All there are, in the order in which one would expect them.
    pub const ALL: [Self; 27] = [
        Self::CreatedAt,
        Self::UpdatedAt,
        Self::UtcOffset,
        Self::PaymentId,
        Self::Status,
        Self::StatusWord,
        Self::OrderId,
        Self::OrderDescription,
        Self::PriceAmount,
        Self::PriceCurrency,
        Self::PayCurrency,
        Self::PayAmount,
        Self::ActuallyPaid,
        Self::Missing,
        Self::Worth,
        Self::WorthOrigin,
        Self::OutcomeAmount,
        Self::OutcomeCurrency,
        Self::FeeCurrency,
        Self::DepositFee,
        Self::ServiceFee,
        Self::WithdrawalFee,
        Self::PayAddress,
        Self::PayinExtraId,
        Self::InvoiceId,
        Self::PurchaseId,
        Self::ParentPaymentId,
    ];

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::UtcOffset => "utc_offset",
            Self::PaymentId => "payment_id",
            Self::Status => "status",
            Self::StatusWord => "status_word",
            Self::OrderId => "order_id",
            Self::OrderDescription => "order_description",
            Self::PriceAmount => "price_amount",
            Self::PriceCurrency => "price_currency",
            Self::PayCurrency => "pay_currency",
            Self::PayAmount => "pay_amount",
            Self::ActuallyPaid => "actually_paid",
            Self::Missing => "missing",
            Self::Worth => "worth",
            Self::WorthOrigin => "worth_origin",
            Self::OutcomeAmount => "outcome_amount",
            Self::OutcomeCurrency => "outcome_currency",
            Self::FeeCurrency => "fee_currency",
            Self::DepositFee => "deposit_fee",
            Self::ServiceFee => "service_fee",
            Self::WithdrawalFee => "withdrawal_fee",
            Self::PayAddress => "pay_address",
            Self::PayinExtraId => "payin_extra_id",
            Self::InvoiceId => "invoice_id",
            Self::PurchaseId => "purchase_id",
            Self::ParentPaymentId => "parent_payment_id",
        }
    }
}

/// The columns of one export with all that is needed to fill them.
pub(super) struct Columns {
    pub(super) columns: Vec<ExportColumn>,
    /// The heads, those of times with the zone.
    pub(super) heads: Vec<String>,
    pub(super) title: String,
    words: Words,
    zone: ExportZone,
    surroundings: Surroundings,
}

struct Words {
    statuses: HashMap<String, String>,
    stated: String,
    worked_out: String,
}

impl Columns {
    pub(super) fn new(request: &ExportRequest, surroundings: &Surroundings) -> Self {
        let ExportWords { title, heads, statuses, mut stated, mut worked_out } = request.words.clone();
        if request.choices.format == ExportFormat::Json {
            (stated, worked_out) = ("stated".to_owned(), "worked_out".to_owned());
        }
        let (columns, zone) = (request.choices.columns.clone(), request.choices.time_zone);
        let clocks = match zone {
            ExportZone::Utc => "UTC",
            ExportZone::Local => surroundings.zone.as_deref().unwrap_or(said!(
                en: "local time",
                de: "Ortszeit",
            )),
        };
        let heads = columns.iter().zip(heads).map(|(column, head)| match column {
            ExportColumn::CreatedAt | ExportColumn::UpdatedAt => format!("{head} ({clocks})"),
            _ => head,
        });
        Self {
            heads: heads.collect(),
            columns,
            title,
            words: Words {
                statuses: statuses.into_iter().map(|each| (each.status, each.word)).collect(),
                stated,
                worked_out,
            },
            zone,
            surroundings: surroundings.clone(),
        }
    }

    /// The names of the columns in JSON.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|column| column.name())
    }

    /// The cells of a payment.
    pub(super) fn cells<'a>(&'a self, payment: &'a WholePayment) -> impl Iterator<Item = Cell<'a>> {
        self.columns.iter().map(|column| self.cell(*column, payment))
    }

    fn cell<'a>(&'a self, column: ExportColumn, payment: &'a WholePayment) -> Cell<'a> {
        use ExportColumn as C;
        let row = &payment.row;
        match column {
            C::CreatedAt => self.time(row.created_at),
            C::UpdatedAt => self.time(row.updated_at),
            C::UtcOffset => Cell::Code(format!("UTC{}", self.offset(row.created_at)).into()),
            C::PaymentId => code(&row.id),
            C::Status => code(&row.status),
            C::StatusWord => text(self.words.statuses.get(&row.status).unwrap_or(&row.status)),
            C::OrderId => row.order_id.as_ref().map_or(Cell::Empty, code),
            C::OrderDescription => row.order_description.as_ref().map_or(Cell::Empty, text),
            C::PriceAmount => Cell::Money(&row.price_amount),
            C::PriceCurrency => Cell::Ticker(&row.price_currency),
            C::PayCurrency => Cell::Ticker(&row.pay_currency),
            C::PayAmount => row.pay_amount.as_ref().map_or(Cell::Empty, Cell::Coins),
            C::ActuallyPaid => row.actually_paid.as_ref().map_or(Cell::Empty, Cell::Coins),
            C::Missing => payment.missing.as_ref().map_or(Cell::Empty, Cell::Coins),
            C::Worth => row.worth.as_ref().map_or(Cell::Empty, |worth| Cell::Money(&worth.amount)),
            C::WorthOrigin => match &row.worth {
                None => Cell::Empty,
                Some(worth) if worth.about => text(&self.words.worked_out),
                Some(_) => text(&self.words.stated),
            },
            C::OutcomeAmount => row.outcome_amount.as_ref().map_or(Cell::Empty, Cell::Coins),
            C::OutcomeCurrency => row.outcome_currency.as_deref().map_or(Cell::Empty, Cell::Ticker),
            C::FeeCurrency => payment.fee.as_ref().map_or(Cell::Empty, |fee| Cell::Ticker(&fee.currency)),
            C::DepositFee => fee(payment, |fee| fee.deposit.as_ref()),
            C::ServiceFee => fee(payment, |fee| fee.service.as_ref()),
            C::WithdrawalFee => fee(payment, |fee| fee.withdrawal.as_ref()),
            C::PayAddress => row.pay_address.as_ref().map_or(Cell::Empty, code),
            C::PayinExtraId => payment.payin_extra_id.as_ref().map_or(Cell::Empty, code),
            C::InvoiceId => row.invoice_id.as_ref().map_or(Cell::Empty, code),
            C::PurchaseId => row.purchase_id.as_ref().map_or(Cell::Empty, code),
            C::ParentPaymentId => payment.parent_payment_id.as_ref().map_or(Cell::Empty, code),
        }
    }

    fn time(&self, at: DateTime<Utc>) -> Cell<'static> {
        Cell::Time(at.with_timezone(&self.offset(at)))
    }

    fn offset(&self, at: DateTime<Utc>) -> FixedOffset {
        self.surroundings.offset(self.zone, at)
    }
}

impl Surroundings {
    /// How far the clocks of a zone are from UTC at a time.
    pub(super) fn offset(&self, zone: ExportZone, at: DateTime<Utc>) -> FixedOffset {
        match zone {
            ExportZone::Utc => Utc.fix(),
            ExportZone::Local => {
                let ahead = (self.local)(at) - at.naive_utc();
                let seconds = i32::try_from(ahead.num_seconds()).ok();
                seconds.and_then(FixedOffset::east_opt).unwrap_or_else(|| Utc.fix())
            }
        }
    }
}

fn code(text: &String) -> Cell<'_> {
    Cell::Code(text.into())
}

fn text(text: &String) -> Cell<'_> {
    Cell::Text(text.into())
}

fn fee(payment: &WholePayment, of: impl Fn(&PaymentFee) -> Option<&Amount>) -> Cell<'_> {
    payment.fee.as_ref().and_then(of).map_or(Cell::Empty, Cell::Coins)
}
