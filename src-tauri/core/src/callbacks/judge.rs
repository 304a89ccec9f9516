//! Whether a callback is genuine, and why not when it is not.

mod suspicions;
#[cfg(test)]
mod tests;

use nowpayments::callbacks::{
    self, Callback, CallbackError, Form, InvalidSignature, UnreadableBody, Verified,
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    CallbackKind, CallbackToCheck, Callbacks, SIGNATURE, Verdict, sample, tokens,
    words::{self, About},
};
use crate::failure::Failure;
use crate::language::{said, words};

/// A larger body is not looked into for what may have happened to it.
const LARGEST_TO_LOOK_INTO: usize = 64 << 10;

/// What a callback has turned out to be.
pub(super) enum Judgement {
    /// Somebody who knows the secret has signed it, and it can be read.
    Genuine(Genuine),
    /// Nothing must be done upon it.
    Refused(Refused),
}

pub(super) struct Genuine {
    pub(super) verified: Verified,
    pub(super) callback: Callback,
    pub(super) kind: CallbackKind,
}

pub(super) struct Refused {
    /// Why, in words.
    pub(super) message: String,
    /// What probably happened to it, and what to do.
    pub(super) notes: Vec<String>,
    /// It is the signature that is not right, rather than the body.
    pub(super) unsigned: bool,
}

impl Refused {
    /// All of it in one text.
    pub(super) fn reason(self) -> String {
        std::iter::once(self.message).chain(self.notes).collect::<Vec<_>>().join(" ")
    }
}

/// Checks a callback with a secret. Without the header there is no signature.
pub(super) fn judge(body: &[u8], signature: Option<&str>, secret: &SecretString) -> Judgement {
    let signature = signature.unwrap_or_default();
    let verified = match callbacks::verify(body, signature, secret) {
        Ok(verified) => verified,
        Err(CallbackError::Invalid(problem)) => {
            let notes = match &problem {
                InvalidSignature::Mismatch if body.len() <= LARGEST_TO_LOOK_INTO => {
                    suspicions::of_mismatch(body, signature, secret)
                }
                InvalidSignature::Mismatch | InvalidSignature::Respelled { .. } => Vec::new(),
                InvalidSignature::Length { .. } | InvalidSignature::NotHex { .. } => {
                    suspicions::of_signature(signature)
                }
            };
            let message = words::invalid_signature(&problem).1;
            return Judgement::Refused(Refused { message, notes, unsigned: true });
        }
        Err(CallbackError::Unreadable { problem, signed }) => {
            let mut notes = Vec::from_iter(place(body, &problem));
            if !signed {
                notes.push(
                    said!(
                        en: "The signature is not that of these bytes either.",
                        de: "Auch die Signatur ist nicht die dieser Bytes.",
                    )
                    .to_owned(),
                );
            }
            let message = words::unreadable_body(&problem, signed).1;
            return Judgement::Refused(Refused { message, notes, unsigned: !signed });
        }
        Err(CallbackError::NoSecret) => {
            let message = said!(
                en: "There is no IPN secret to check it with.",
                de: "Es gibt kein IPN-Geheimnis, mit dem sie geprüft werden könnte.",
            )
            .to_owned();
            return Judgement::Refused(Refused { message, notes: Vec::new(), unsigned: true });
        }
    };
    match Callback::read(&verified) {
        Ok(callback) => {
            let kind = match About::new(&callback).kind {
                CallbackKind::Other if sample::is_one(verified.text()) => CallbackKind::Test,
                kind => kind,
            };
            Judgement::Genuine(Genuine { verified, callback, kind })
        }
        Err(problem) => {
            let message = words::unreadable_body(&problem, true).1;
            Judgement::Refused(Refused { message, notes: Vec::new(), unsigned: false })
        }
    }
}

/// Where in the text a body stops being JSON, as an editor counts.
fn place(body: &[u8], problem: &UnreadableBody) -> Option<String> {
    let UnreadableBody::NotJson { at, .. } = problem else { return None };
    let before = String::from_utf8_lossy(body.get(..*at)?);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next()?.chars().count() + 1;
    Some(words!(
        en: "That is in line {line}, column {column}.",
        de: "Das steht in Zeile {line}, Spalte {column}.",
    ))
}

impl Callbacks {
    pub(super) async fn judge_brought(&self, brought: CallbackToCheck) -> Result<Verdict, Failure> {
        let CallbackToCheck { body, signature, secret } = brought;
        let (secret, own) = match secret.filter(|secret| !secret.expose_secret().trim().is_empty()) {
            Some(secret) => (secret, true),
            None => (self.secret().await?.ok_or_else(no_secret)?, false),
        };
        // Large bodies take a while, and this is asked by a window that must go on.
        tokio::task::spawn_blocking(move || verdict(&body, &signature, &secret, own)).await.map_err(|error| {
            tracing::error!(%error, "a check of a callback failed");
            Failure::other(said!(
                en: "Paydesk failed inside. Nothing was changed.",
                de: "In Paydesk ist ein Fehler aufgetreten. Es wurde nichts geändert.",
            ))
        })
    }
}

fn no_secret() -> Failure {
    Failure::invalid(
        "secret",
        said!(
            en: "The shop has no IPN secret yet. Enter the one to check this callback with.",
            de: "Der Shop hat noch kein IPN-Geheimnis. Geben Sie das ein, mit dem diese Rückmeldung geprüft werden soll.",
        ),
    )
}

/// Checks what was copied by hand. `own`: the secret was typed with it.
fn verdict(body: &str, signature: &str, secret: &SecretString, own: bool) -> Verdict {
    let signature = only_the_value(signature);
    match judge(body.as_bytes(), Some(signature), secret) {
        Judgement::Genuine(Genuine { verified, callback, kind }) => {
            let about = About::new(&callback);
            let (_, form) = words::form(verified.form());
            let mut message = words!(
                en: "It was signed with this secret: the signature is that of {form}.",
                de: "Sie wurde mit diesem Geheimnis unterschrieben. Unterschrieben ist {form}.",
            );
            if let (Some(id), Some(status)) = (about.id, about.status) {
                let meaning = about.meaning.map(|meaning| format!(": {meaning}")).unwrap_or_default();
                message.push_str(&words!(
                    en: " The {} {id} is {status}{meaning}.",
                    de: " {} {id} ist {status}{meaning}.",
                    words::noun(kind),
                ));
            }
            let mut notes = Vec::new();
            if verified.form() != Form::Raw {
                notes.extend(rewritten(body));
            }
            let rest = match &callback {
                Callback::Payment(payment) => payment.payment().and(payment.fee()).err(),
                Callback::Payout(payout) => payout.payout().err(),
                Callback::Recurring(_) | Callback::Other => None,
            };
            if let Some(problem) = rest {
                notes.push(words!(
                    en: "The rest of it cannot be read: {problem}.",
                    de: "Der Rest lässt sich nicht lesen: {problem}.",
                ));
            }
            Verdict {
                genuine: true,
                message,
                notes,
                form: Some(verified.form().into()),
                kind: Some(kind),
                subject: about.id.map(str::to_owned),
                status: about.status.map(str::to_ascii_lowercase),
            }
        }
        Judgement::Refused(Refused { message, mut notes, unsigned }) => {
            if unsigned && !own && notes.is_empty() {
                notes.push(
                    said!(
                        en: "It was checked with the IPN secret of this shop. If that was made anew in the \
                             dashboard, enter the new one.",
                        de: "Geprüft wurde mit dem IPN-Geheimnis dieses Shops. Wurde es im Dashboard neu gemacht, \
                             geben Sie das neue ein.",
                    ).to_owned(),
                );
            }
            Verdict { genuine: false, message, notes, form: None, kind: None, subject: None, status: None }
        }
    }
}

/// A header may have been copied with its name, or with quotes.
fn only_the_value(signature: &str) -> &str {
    let signature = signature.trim();
    let value = match signature.split_once(':') {
        Some((name, value)) if name.trim_matches(['"', '\'']).eq_ignore_ascii_case(SIGNATURE) => value,
        _ => signature,
    };
    value.trim().trim_matches(['"', '\'', ',']).trim()
}

/// In what a body differs from the text that was signed. The body was verified, so that it is JSON.
fn rewritten(body: &str) -> Vec<String> {
    let Ok(canonical) = Form::Canonical.text(body.as_bytes()) else { return Vec::new() };
    let respelled =
        |token: &str| Form::Canonical.text(token.as_bytes()).ok().filter(|canonical| canonical != token);
    let (mut numbers, mut texts, mut normal) = (0_u32, 0_u32, String::with_capacity(body.len()));
    for token in tokens::tokens(body) {
        let other = match token.as_bytes() {
            [b'"', ..] => respelled(token).inspect(|_| texts += 1),
            [b'-' | b'0'..=b'9', ..] => respelled(token).inspect(|_| numbers += 1),
            _ => None,
        };
        normal.push_str(other.as_deref().unwrap_or(token));
    }
    let mut found = Vec::new();
    if tokens::compact(body) != body {
        found.push(said!(
            en: "spaces or line breaks were put in",
            de: "es wurden Leerzeichen oder Zeilenumbrüche eingefügt",
        ));
    }
    if numbers > 0 {
        found.push(said!(
            en: "numbers are written in another way (such as 12.50 for 12.5)",
            de: "Zahlen sind anders geschrieben (etwa 12.50 statt 12.5)",
        ));
    }
    if texts > 0 {
        found.push(said!(
            en: "characters are written in another way (such as \\u00e9 for é)",
            de: "Zeichen sind anders geschrieben (etwa \\u00e9 statt é)",
        ));
    }
    if normal != canonical {
        found.push(said!(
            en: "its keys are in another order",
            de: "die Schlüssel stehen in anderer Reihenfolge",
        ));
    }
    if found.is_empty() {
        return Vec::new();
    }
    vec![words!(
        en: "These are not the bytes that were signed: {}. Something on the way has written the body anew. That does \
             no harm; a program that checks the bytes alone would refuse it.",
        de: "Das sind nicht die Bytes, die unterschrieben wurden: {}. Etwas unterwegs hat den Inhalt neu \
             geschrieben. Das schadet nicht; ein Programm, das nur die Bytes prüft, würde ihn ablehnen.",
        found.join(", "),
    )]
}
