//! What `ipn` does: says whether a callback is signed with the shop's secret, and what it is about.

use std::{
    io::{self, Write},
    path::Path,
};

use nowpayments::{
    SecretString,
    callbacks::{self, Callback, CallbackError, Form, InvalidSignature, UnreadableBody},
    custody::TransferStatus,
    payments::PaymentStatus,
    payouts::PayoutStatus,
};
use paydesk_core::payouts::import;
use serde::Serialize;

use crate::{Unreadable, read, report::visible};

/// The largest file that can be one of a secret, in bytes. Those of NOWPayments have some thirty.
const LARGEST_SECRET: usize = 4096;

/// A callback that can be read.
pub(crate) enum Checked {
    /// Its signature is right.
    Valid {
        form: Form,
        callback: Callback,
        /// What is wrong with the part of it that is not needed to know what it is about.
        rest: Option<UnreadableBody>,
    },
    /// Its signature is not.
    Invalid(InvalidSignature),
}

/// Checks a callback.
pub(crate) fn check(body: &Path, signature: &str, secret_file: &Path) -> Result<Checked, Unreadable> {
    let secret = read_secret(secret_file)?;
    let verified = match callbacks::verify(&read(body)?, signature, &secret) {
        Ok(verified) => verified,
        Err(CallbackError::Invalid(problem)) => return Ok(Checked::Invalid(problem)),
        Err(CallbackError::Unreadable { problem, signed }) => return Err(unreadable(&problem, signed)),
        Err(CallbackError::NoSecret) => return Err(no_secret(secret_file, "is empty")),
    };
    let callback = Callback::read(&verified).map_err(|problem| unreadable(&problem, true))?;
    let rest = match &callback {
        Callback::Payment(payment) => payment.payment().and(payment.fee()).err(),
        Callback::Payout(payout) => payout.payout().err(),
        Callback::Recurring(_) | Callback::Other => None,
    };
    Ok(Checked::Valid { form: verified.form(), callback, rest })
}

fn read_secret(path: &Path) -> Result<SecretString, Unreadable> {
    let bytes = import::read(path).map_err(|error| Unreadable {
        code: "secret".to_owned(),
        message: format!("The secret cannot be read. {}", error.message),
        line: None,
    })?;
    if bytes.len() > LARGEST_SECRET {
        return Err(no_secret(path, "is too large to hold one"));
    }
    String::from_utf8(bytes).map(Into::into).map_err(|_| no_secret(path, "is not text in UTF-8"))
}

fn no_secret(path: &Path, what: &str) -> Unreadable {
    Unreadable {
        code: "secret".to_owned(),
        message: format!(
            "The secret cannot be read. {} {what}. It must hold the IPN secret, which the dashboard of NOWPayments shows when it is made.",
            path.display()
        ),
        line: None,
    }
}

fn unreadable(problem: &UnreadableBody, signed: bool) -> Unreadable {
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
    Unreadable { code: code.to_owned(), message, line: None }
}

#[derive(Serialize)]
struct Valid<'a> {
    valid: bool,
    form: &'static str,
    kind: &'static str,
    id: Option<&'a str>,
    status: Option<&'a str>,
    /// The status in words.
    meaning: Option<&'static str>,
    /// What stays the same when the callback comes again.
    key: Option<String>,
    /// What is wrong with the rest.
    problem: Option<String>,
}

/// Writes the result as one JSON object.
pub(crate) fn write_json(out: &mut impl Write, checked: &Checked) -> io::Result<()> {
    match checked {
        Checked::Valid { form, callback, rest } => {
            let About { kind, id, status, meaning } = about(callback);
            let problem = rest.as_ref().map(UnreadableBody::to_string);
            let (form, _) = form_in_words(*form);
            let valid = Valid { valid: true, form, kind, id, status, meaning, key: callback.key(), problem };
            serde_json::to_writer(&mut *out, &valid)?;
        }
        Checked::Invalid(problem) => {
            let (code, message) = problem_in_words(problem);
            let invalid =
                serde_json::json!({ "valid": false, "error": { "code": code, "message": message } });
            serde_json::to_writer(&mut *out, &invalid)?;
        }
    }
    writeln!(out)
}

/// Writes the result for people. Nothing from the body reaches the terminal unseen.
pub(crate) fn write_text(out: &mut impl Write, checked: &Checked) -> io::Result<()> {
    let (form, callback, rest) = match checked {
        Checked::Valid { form, callback, rest } => (form, callback, rest),
        Checked::Invalid(problem) => {
            return writeln!(out, "invalid: {}", visible(&problem_in_words(problem).1));
        }
    };
    let (form, words) = form_in_words(*form);
    writeln!(out, "valid: the signature is that of {words} (form: {form})")?;
    let About { kind, id, status, meaning } = about(callback);
    match callback {
        Callback::Other => writeln!(out, "kind: {kind}, with the fields of none that this version knows")?,
        _ => writeln!(out, "kind: {kind}")?,
    }
    if let Some(id) = id {
        writeln!(out, "id: {}", visible(id))?;
    }
    if let Some(status) = status {
        let meaning = meaning.map(|meaning| format!(", {meaning}")).unwrap_or_default();
        writeln!(out, "status: {}{meaning}", visible(status))?;
    }
    if let Some(problem) = rest {
        writeln!(out, "the rest cannot be read: {}", visible(&problem.to_string()))?;
    }
    Ok(())
}

/// What a callback is about.
struct About<'a> {
    kind: &'static str,
    id: Option<&'a str>,
    status: Option<&'a str>,
    meaning: Option<&'static str>,
}

fn about(callback: &Callback) -> About<'_> {
    match callback {
        Callback::Payment(payment) => About {
            kind: "payment",
            id: Some(payment.payment_id.as_str()),
            status: Some(payment.payment_status.as_str()),
            meaning: Some(payment_in_words(&payment.payment_status)),
        },
        Callback::Payout(payout) => About {
            kind: "payout",
            id: Some(payout.id.as_str()),
            status: Some(payout.status.as_str()),
            meaning: Some(payout_in_words(&payout.status)),
        },
        Callback::Recurring(recurring) => About {
            kind: "recurring",
            id: Some(recurring.id.as_str()),
            status: Some(recurring.status.as_str()),
            meaning: Some(transfer_in_words(&recurring.status)),
        },
        Callback::Other => About { kind: "other", id: None, status: None, meaning: None },
    }
}

fn form_in_words(form: Form) -> (&'static str, &'static str) {
    match form {
        Form::Raw => ("raw", "the body as it came"),
        Form::Canonical => ("canonical", "the body with its keys sorted"),
        Form::Documented => ("documented", "the body with its keys sorted and its arrays as objects"),
    }
}

/// What is wrong with a signature, for programs and for people.
fn problem_in_words(problem: &InvalidSignature) -> (&'static str, String) {
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
