//! What `ipn` does: says whether a callback is signed with the shop's secret, and what it is about.

use std::{
    io::{self, Write},
    path::Path,
};

use nowpayments::{
    SecretString,
    callbacks::{self, Callback, CallbackError, Form, InvalidSignature, UnreadableBody},
};
use paydesk_core::{
    callbacks::{
        CallbackKind,
        words::{self, About},
    },
    payouts::import,
};
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
    let (code, message) = words::unreadable_body(problem, signed);
    Unreadable { code: code.to_owned(), message, line: None }
}

#[derive(Serialize)]
struct Valid<'a> {
    valid: bool,
    form: &'static str,
    kind: CallbackKind,
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
            let About { kind, id, status, meaning } = About::new(callback);
            let problem = rest.as_ref().map(UnreadableBody::to_string);
            let (form, _) = words::form(*form);
            let valid = Valid { valid: true, form, kind, id, status, meaning, key: callback.key(), problem };
            serde_json::to_writer(&mut *out, &valid)?;
        }
        Checked::Invalid(problem) => {
            let (code, message) = words::invalid_signature(problem);
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
            return writeln!(out, "invalid: {}", visible(&words::invalid_signature(problem).1));
        }
    };
    let (form, words) = words::form(*form);
    writeln!(out, "valid: the signature is that of {words} (form: {form})")?;
    let About { kind, id, status, meaning } = About::new(callback);
    let known = match callback {
        Callback::Other => ", with the fields of none that this version knows",
        _ => "",
    };
    writeln!(out, "kind: {}{known}", kind.name())?;
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
