//! What a check of a callback has found, in words. The command line says it in the same ones.

use nowpayments::{
    callbacks::{Callback, DEEPEST, Form, InvalidSignature, LARGEST_BODY, MOST_VALUES, UnreadableBody},
    custody::TransferStatus,
    payments::PaymentStatus,
    payouts::PayoutStatus,
};

use super::CallbackKind;
use crate::language::{said, words};

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
        Form::Raw => ("raw", said!(en: "the body as it came", de: "der Inhalt, wie er kam")),
        Form::Canonical => (
            "canonical",
            said!(
                en: "the body with its keys sorted",
                de: "der Inhalt mit sortierten Schlüsseln",
            ),
        ),
        Form::Documented => (
            "documented",
            said!(
                en: "the body with its keys sorted and its arrays as objects",
                de: "der Inhalt mit sortierten Schlüsseln, Listen als Objekte",
            ),
        ),
    }
}

/// What is wrong with a signature, for programs and for people.
pub fn invalid_signature(problem: &InvalidSignature) -> (&'static str, String) {
    let right = said!(
        en: "It must be all that the header x-nowpayments-sig says.",
        de: "Sie muss alles sein, was in der Kopfzeile x-nowpayments-sig steht.",
    );
    match problem {
        InvalidSignature::Length { found: 0 } => ("length", words!(en: "The signature is empty. {right}", de: "Die Signatur ist leer. {right}")),
        InvalidSignature::Length { found } => {
            ("length", words!(
                en: "The signature has {found} hex digits instead of 128. {right}",
                de: "Die Signatur hat {found} statt 128 Hexziffern. {right}",
            ))
        }
        InvalidSignature::NotHex { found } => {
            ("not_hex", words!(
                en: "The signature has the character {found:?}, which is no hex digit. {right}",
                de: "Die Signatur hat das Zeichen {found:?}, das keine Hexziffer ist. {right}",
            ))
        }
        InvalidSignature::Mismatch => (
            "mismatch",
            said!(
                en: "The signature is not that of this body with this secret, in none of its forms. The body must be \
                     that of the same callback, byte for byte, and the secret the IPN secret of the account that \
                     sent it.",
                de: "Die Signatur ist nicht die dieses Inhalts mit diesem Geheimnis, in keiner seiner Formen. Der \
                     Inhalt muss der derselben Rückmeldung sein, Byte für Byte, und das Geheimnis das IPN-Geheimnis \
                     des Kontos, das sie gesendet hat.",
            ).to_owned(),
        ),
        InvalidSignature::Respelled { key, sent, signed } => (
            "respelled",
            words!(
                en: "{key} is spelled {sent}, but {signed} was signed: somebody has changed the body on its way.",
                de: "{key} steht als {sent} da, unterschrieben wurde aber {signed}: Jemand hat den Inhalt unterwegs \
                     geändert.",
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
    let mut message = words!(
        en: "The body cannot be read: {problem}.",
        de: "Der Inhalt lässt sich nicht lesen: {problem}.",
        problem = unreadable(problem),
    );
    if signed {
        message
            .push_str(said!(
                en: " Its signature is right, but nothing must be done upon a body that cannot be read.",
                de: " Die Signatur stimmt, aber auf einen Inhalt hin, der sich nicht lesen lässt, darf nichts getan \
                     werden.",
            ));
    }
    (code, message)
}

fn unreadable(problem: &UnreadableBody) -> String {
    said!(
        en: problem.to_string(),
        de: match problem {
            UnreadableBody::TooLarge => {
                format!("er ist größer als {} MiB oder hat mehr als {MOST_VALUES} Werte", LARGEST_BODY >> 20)
            }
            UnreadableBody::TooDeep => format!("er ist mehr als {DEEPEST}-fach verschachtelt"),
            UnreadableBody::NotJson { at, message } => format!("er ist kein JSON: {message} bei Byte {at}"),
            UnreadableBody::DuplicateKey { key } => {
                format!("der Schlüssel {key:?} kommt in einem Objekt zweimal vor")
            }
            UnreadableBody::NotFinite { number } => format!("die Zahl {number} ist zu groß"),
            UnreadableBody::Unexpected { path, message } => format!("{path}: {message}"),
        },
    )
}

/// What a callback is about, as the subject of a sentence: in German with a capital letter.
pub(super) fn noun(kind: CallbackKind) -> &'static str {
    said!(
        en: kind.name(),
        de: match kind {
            CallbackKind::Payment => "Zahlung",
            CallbackKind::Payout => "Auszahlung",
            CallbackKind::Recurring => "Abbuchung",
            CallbackKind::Test => "Probe",
            CallbackKind::Other => "Rückmeldung",
        },
    )
}

fn payment_in_words(status: &PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Waiting => said!(en: "nothing has been paid yet", de: "es wurde noch nichts gezahlt"),
        PaymentStatus::Confirming => said!(
            en: "the deposit is on the chain and not confirmed yet",
            de: "die Einzahlung ist auf der Blockchain und noch nicht bestätigt",
        ),
        PaymentStatus::Confirmed => said!(
            en: "the chain has confirmed the deposit",
            de: "die Blockchain hat die Einzahlung bestätigt",
        ),
        PaymentStatus::Sending => said!(
            en: "the money is on its way to the shop",
            de: "das Geld ist unterwegs zum Shop",
        ),
        PaymentStatus::PartiallyPaid => said!(
            en: "less than the price was paid",
            de: "es wurde weniger als der Preis gezahlt",
        ),
        PaymentStatus::Finished => said!(en: "the shop has got its money", de: "der Shop hat sein Geld"),
        PaymentStatus::Failed => said!(en: "something went wrong", de: "etwas ging schief"),
        PaymentStatus::Refunded => said!(
            en: "the customer has got the money back",
            de: "der Kunde hat das Geld zurück",
        ),
        PaymentStatus::Expired => said!(
            en: "nothing was paid in time",
            de: "es wurde nicht rechtzeitig gezahlt",
        ),
        PaymentStatus::Cancelled => said!(en: "it was called off", de: "sie wurde abgesagt"),
        PaymentStatus::Other(_) => said!(
            en: "which this version does not know",
            de: "was diese Version nicht kennt",
        ),
    }
}

fn payout_in_words(status: &PayoutStatus) -> &'static str {
    match status {
        PayoutStatus::New | PayoutStatus::Creating => said!(
            en: "it waits to be verified",
            de: "sie wartet auf die Freigabe",
        ),
        PayoutStatus::Waiting => said!(
            en: "it is verified and waits for its turn",
            de: "sie ist freigegeben und wartet, bis sie an der Reihe ist",
        ),
        PayoutStatus::Processing => said!(en: "it is being made", de: "sie wird gerade gemacht"),
        PayoutStatus::Sending => said!(en: "it is on its way", de: "sie ist unterwegs"),
        PayoutStatus::Finished => said!(en: "it has arrived", de: "sie ist angekommen"),
        PayoutStatus::Failed => said!(
            en: "it went wrong, and may be taken up again",
            de: "sie ging schief und wird vielleicht wieder aufgenommen",
        ),
        PayoutStatus::Rejected | PayoutStatus::RejectedNotChecked => said!(
            en: "it will not be made",
            de: "sie wird nicht gemacht",
        ),
        PayoutStatus::Cancelled => said!(en: "it was called off", de: "sie wurde abgesagt"),
        PayoutStatus::Other(_) => said!(
            en: "which this version does not know",
            de: "was diese Version nicht kennt",
        ),
    }
}

fn transfer_in_words(status: &TransferStatus) -> &'static str {
    match status {
        TransferStatus::Created => said!(en: "it is being made", de: "sie wird gerade gemacht"),
        TransferStatus::Waiting => said!(en: "it waits for the money", de: "sie wartet auf das Geld"),
        TransferStatus::Finished => said!(en: "the money has moved", de: "das Geld ist geflossen"),
        TransferStatus::Rejected => said!(en: "it failed", de: "sie schlug fehl"),
        TransferStatus::Other(_) => said!(
            en: "which this version does not know",
            de: "was diese Version nicht kennt",
        ),
    }
}
