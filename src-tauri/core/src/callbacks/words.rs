//! What a check of a callback has found, in words. The command line says it in the same ones.

use nowpayments::{
    callbacks::{Callback, Form, InvalidSignature, UnreadableBody},
    custody::TransferStatus,
    payments::PaymentStatus,
    payouts::PayoutStatus,
};

use super::CallbackKind;

/// What a callback is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    /// The kind of it.
    pub kind: CallbackKind,
    /// The id of the payment, payout or charge.
    pub id: Option<&'a str>,
    /// The status that it tells, as the API says it.
    pub status: Option<&'a str>,
    /// The status in words.
    pub meaning: Option<&'static str>,
}

impl<'a> About<'a> {
    /// Says what a callback is about.
    pub fn new(callback: &'a Callback) -> Self {
        match callback {
            Callback::Payment(payment) => Self {
                kind: CallbackKind::Payment,
                id: Some(payment.payment_id.as_str()),
                status: Some(payment.payment_status.as_str()),
                meaning: Some(payment_in_words(&payment.payment_status)),
            },
            Callback::Payout(payout) => Self {
                kind: CallbackKind::Payout,
                id: Some(payout.id.as_str()),
                status: Some(payout.status.as_str()),
                meaning: Some(payout_in_words(&payout.status)),
            },
            Callback::Recurring(recurring) => Self {
                kind: CallbackKind::Recurring,
                id: Some(recurring.id.as_str()),
                status: Some(recurring.status.as_str()),
                meaning: Some(transfer_in_words(&recurring.status)),
            },
            Callback::Other => Self { kind: CallbackKind::Other, id: None, status: None, meaning: None },
        }
    }
}

/// The form of the body that was signed, for programs and for people.
pub fn form(form: Form) -> (&'static str, &'static str) {
    match form {
        Form::Raw => ("raw", "the body as it came"),
        Form::Canonical => ("canonical", "the body with its keys sorted"),
        Form::Documented => ("documented", "the body with its keys sorted and its arrays as objects"),
    }
}

/// What is wrong with a signature, for programs and for people.
pub fn invalid_signature(problem: &InvalidSignature) -> (&'static str, String) {
    const RIGHT: &str = "It must be all that the header x-nowpayments-sig says.";
    match problem {
        InvalidSignature::Length { found: 0 } => ("length", format!("The signature is empty. {RIGHT}")),
        InvalidSignature::Length { found } => {
            ("length", format!("The signature has {found} hex digits instead of 128. {RIGHT}"))
        }
        InvalidSignature::NotHex { found } => {
            ("not_hex", format!("The signature has the character {found:?}, which is no hex digit. {RIGHT}"))
        }
        InvalidSignature::Mismatch => (
            "mismatch",
            "The signature is not that of this body with this secret, in none of its forms. The body must be that of \
             the same callback, byte for byte, and the secret the IPN secret of the account that sent it."
                .to_owned(),
        ),
        InvalidSignature::Respelled { key, sent, signed } => (
            "respelled",
            format!(
                "{key} is spelled {sent}, but {signed} was signed: somebody has changed the body on its way."
            ),
        ),
    }
}

/// What is wrong with a body, for programs and for people. `signed`: its signature is right all the same.
pub fn unreadable_body(problem: &UnreadableBody, signed: bool) -> (&'static str, String) {
    let code = match problem {
        UnreadableBody::TooLarge => "too_large",
        UnreadableBody::TooDeep => "too_deep",
        UnreadableBody::NotJson { .. } => "not_json",
        UnreadableBody::DuplicateKey { .. } => "duplicate_key",
        UnreadableBody::NotFinite { .. } => "not_finite",
        UnreadableBody::Unexpected { .. } => "unexpected",
    };
    let mut message = format!("The body cannot be read: {problem}.");
    if signed {
        message
            .push_str(" Its signature is right, but nothing must be done upon a body that cannot be read.");
    }
    (code, message)
}

fn payment_in_words(status: &PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Waiting => "nothing has been paid yet",
        PaymentStatus::Confirming => "the deposit is on the chain and not confirmed yet",
        PaymentStatus::Confirmed => "the chain has confirmed the deposit",
        PaymentStatus::Sending => "the money is on its way to the shop",
        PaymentStatus::PartiallyPaid => "less than the price was paid",
        PaymentStatus::Finished => "the shop has got its money",
        PaymentStatus::Failed => "something went wrong",
        PaymentStatus::Refunded => "the customer has got the money back",
        PaymentStatus::Expired => "nothing was paid in time",
        PaymentStatus::Cancelled => "it was called off",
        PaymentStatus::Other(_) => "which this version does not know",
    }
}

fn payout_in_words(status: &PayoutStatus) -> &'static str {
    match status {
        PayoutStatus::New | PayoutStatus::Creating => "it waits to be verified",
        PayoutStatus::Waiting => "it is verified and waits for its turn",
        PayoutStatus::Processing => "it is being made",
        PayoutStatus::Sending => "it is on its way",
        PayoutStatus::Finished => "it has arrived",
        PayoutStatus::Failed => "it went wrong, and may be taken up again",
        PayoutStatus::Rejected | PayoutStatus::RejectedNotChecked => "it will not be made",
        PayoutStatus::Cancelled => "it was called off",
        PayoutStatus::Other(_) => "which this version does not know",
    }
}

fn transfer_in_words(status: &TransferStatus) -> &'static str {
    match status {
        TransferStatus::Created => "it is being made",
        TransferStatus::Waiting => "it waits for the money",
        TransferStatus::Finished => "the money has moved",
        TransferStatus::Rejected => "it failed",
        TransferStatus::Other(_) => "which this version does not know",
    }
}
