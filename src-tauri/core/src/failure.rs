//! The one error that crosses to the window.

use nowpayments::{Outcome, Refused, Shortage};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::language::{decimal, said, words};

/// What went wrong, in words for the shop owner.
///
/// `message` says what happened, what it means for the money, and what to do next. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// A code that the window branches on.
    pub code: FailureCode,
    /// Plain words for the shop owner.
    pub message: String,
    /// The field of the form that is meant, where there is one.
    pub field: Option<String>,
}

/// What the window must tell apart. A code exists only while the window branches on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// Nothing the window could act on: it shows the message.
    Other,
    /// What was typed is not right; `field` says where.
    Invalid,
    /// NOWPayments does not know the API key.
    WrongKey,
    /// NOWPayments refuses the e-mail address and password.
    LoginRefused,
    /// NOWPayments refuses the address of this computer.
    AddressNotAllowed,
    /// NOWPayments could not be reached.
    Offline,
    /// The keychain of this computer cannot be used.
    Keychain,
    /// The PIN is wrong, or must wait.
    WrongPin,
    /// NOWPayments refused the code.
    WrongCode,
    /// What the screen showed has changed since: nothing was done.
    Stale,
    /// The outcome is not known: it must be looked up before anything is repeated.
    UnknownOutcome,
    /// No shop is open.
    NoShop,
    /// The app is locked: it takes the PIN.
    Locked,
    /// There is no such thing (any more).
    NotFound,
    /// A file cannot be read as payouts.
    File,
}

impl Failure {
    /// A failure with `code` and `message`, not tied to a field.
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None }
    }

    /// A failure that the window only shows.
    pub fn other(message: impl Into<String>) -> Self {
        Self::new(FailureCode::Other, message)
    }

    /// A field of a form is not right.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self { code: FailureCode::Invalid, message: message.into(), field: Some(field.to_owned()) }
    }

    /// The shop that this was about has been closed.
    pub(crate) fn closed() -> Self {
        Self::new(
            FailureCode::NoShop,
            said!(en: "No shop is open. Choose one first.", de: "Es ist kein Shop geöffnet. Wählen Sie zuerst einen."),
        )
    }

    /// The shop is read-only on this computer.
    pub(crate) fn read_only() -> Self {
        Self::other(said!(
            en: "This shop is read-only on this computer: nothing is made, moved or changed at NOWPayments. Nothing was \
                 done. Its owner can end that in the settings, under Shop and connection.",
            de: "Dieser Shop ist auf diesem Rechner nur zum Lesen: Bei NOWPayments wird nichts angelegt, bewegt oder \
                 geändert. Es wurde nichts getan. Wem er gehört, kann das in den Einstellungen unter „Shop und \
                 Verbindung“ beenden.",
        ))
    }

    /// There is no such `what`: a noun in English, and in German one in the accusative with what goes before it, as in
    /// `said!(en: "payment", de: "diese Zahlung")`.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            FailureCode::NotFound,
            words!(en: "There is no such {what}.", de: "Es gibt {what} nicht (mehr)."),
        )
    }
}

impl Failure {
    /// What a call to NOWPayments that failed means for the owner: what happened, what it means for the money, what to
    /// do next. The one place where the client's errors become words.
    pub fn from_api(error: &nowpayments::Error) -> Self {
        let effect = match error.outcome() {
            Outcome::NotDone => said!(en: "Nothing was done.", de: "Es wurde nichts getan."),
            Outcome::Unknown => said!(
                en: "It is not known whether it was done: look it up before you try again, so that nothing is done twice.",
                de: "Es ist nicht bekannt, ob es getan wurde: Sehen Sie nach, bevor Sie es noch einmal versuchen, damit \
                     nichts doppelt getan wird.",
            ),
        };
        let code = |otherwise| match error.outcome() {
            Outcome::NotDone => otherwise,
            Outcome::Unknown => FailureCode::UnknownOutcome,
        };
        match error {
            nowpayments::Error::Unreachable(unreachable) => {
                let what = match unreachable.timed_out {
                    true => said!(
                        en: "NOWPayments did not answer in time.",
                        de: "NOWPayments hat nicht rechtzeitig geantwortet.",
                    ),
                    false => said!(
                        en: "NOWPayments could not be reached.",
                        de: "NOWPayments ist nicht erreichbar.",
                    ),
                };
                let next = match error.outcome() {
                    Outcome::NotDone => said!(
                        en: " Check the internet connection and try again.",
                        de: " Prüfen Sie die Internetverbindung, und versuchen Sie es noch einmal.",
                    ),
                    Outcome::Unknown => "",
                };
                Self::new(code(FailureCode::Offline), format!("{what} {effect}{next}"))
            }
            nowpayments::Error::Unreadable(unreadable) => {
                let support = request_id(unreadable.request_id.as_deref());
                Self::new(
                    code(FailureCode::Other),
                    words!(
                        en: "NOWPayments gave an answer that Paydesk cannot read ({unreadable}). {effect}{support}",
                        de: "NOWPayments hat etwas geantwortet, das Paydesk nicht lesen kann ({unreadable}). \
                             {effect}{support}",
                    ),
                )
            }
            nowpayments::Error::Withheld(_) => Self::read_only(),
            nowpayments::Error::Refused(refused) => {
                Self::from_refusal(refused, code(FailureCode::Other), effect)
            }
        }
    }

    fn from_refusal(refused: &Refused, otherwise: FailureCode, effect: &str) -> Self {
        let (code, message) = if refused.is_wrong_key() {
            (
                FailureCode::WrongKey,
                said!(
                    en: "NOWPayments does not know this API key. Nothing was done. Copy the key anew from the \
                         dashboard (Settings, Payments, API keys); a key of the sandbox works only there, and one of \
                         the live service only there.",
                    de: "NOWPayments kennt diesen API-Schlüssel nicht. Es wurde nichts getan. Kopieren Sie den \
                         Schlüssel neu aus dem Dashboard (Settings, Payments, API keys); ein Schlüssel der Sandbox \
                         gilt nur dort, und einer des echten Dienstes nur dort.",
                )
                .to_owned(),
            )
        } else if refused.is_login_refused() {
            (
                FailureCode::LoginRefused,
                said!(
                    en: "NOWPayments refuses this e-mail address and password. Nothing was done. Both are those of the \
                         dashboard, in exactly the same letters.",
                    de: "NOWPayments lehnt diese E-Mail-Adresse mit diesem Passwort ab. Es wurde nichts getan. Beide \
                         sind die des Dashboards, in genau derselben Schreibweise.",
                )
                .to_owned(),
            )
        } else if refused.is_computer_not_allowed() {
            let address =
                refused.computer_address().map(|address| format!(" ({address})")).unwrap_or_default();
            (
                FailureCode::AddressNotAllowed,
                words!(
                    en: "NOWPayments does not allow this from the address of this computer{address}. Nothing was done. Add \
                         the address to the allowed ones in the dashboard (Settings, Payouts, IP whitelist).",
                    de: "NOWPayments erlaubt das nicht von der Adresse dieses Rechners{address}. Es wurde nichts \
                         getan. Nehmen Sie die Adresse im Dashboard in die erlaubten auf (Settings, Payouts, IP \
                         whitelist).",
                ),
            )
        } else if refused.is_rate_limited() {
            let again = try_again(refused);
            (
                otherwise,
                words!(
                    en: "NOWPayments says that these are too many calls at once. {effect} {again}",
                    de: "NOWPayments sagt, dass das zu viele Abfragen auf einmal sind. {effect} {again}",
                ),
            )
        } else if refused.is_maintenance() {
            let again = try_again(refused);
            (
                otherwise,
                words!(
                    en: "NOWPayments is closed for maintenance. {effect} {again}",
                    de: "NOWPayments wird gerade gewartet. {effect} {again}",
                ),
            )
        } else if refused.is_wrong_code() {
            (
                FailureCode::WrongCode,
                said!(
                    en: "NOWPayments refused the code. No money has moved. Use the newest code that your app shows.",
                    de: "NOWPayments hat den Code abgelehnt. Es ist kein Geld geflossen. Nehmen Sie den neuesten \
                         Code, den Ihre App zeigt.",
                )
                .to_owned(),
            )
        } else if refused.is_expired_login() {
            (
                FailureCode::LoginRefused,
                said!(
                    en: "NOWPayments wants the login of the dashboard for this and did not accept ours. Nothing was \
                         done. Check the e-mail address and the password of the shop.",
                    de: "NOWPayments verlangt dafür die Anmeldung des Dashboards und hat unsere nicht angenommen. Es wurde \
                         nichts getan. Prüfen Sie E-Mail-Adresse und Passwort des Shops.",
                )
                .to_owned(),
            )
        } else if refused.is_recipient_not_allowed() {
            (
                otherwise,
                words!(
                    en: "NOWPayments pays only to addresses that are on the list in your dashboard (Settings, Payouts, \
                         Whitelist), and one of these is not. {effect}",
                    de: "NOWPayments zahlt nur an Adressen, die in Ihrem Dashboard auf der Liste stehen (Settings, \
                         Payouts, Whitelist), und eine von diesen steht nicht darauf. {effect}",
                ),
            )
        } else if refused.is_insufficient_balance() {
            let coins: String = refused.shortages.iter().map(shortage).collect();
            (
                otherwise,
                words!(
                    en: "The shop's balance at NOWPayments is too small for this.{coins} {effect}",
                    de: "Das Guthaben des Shops bei NOWPayments reicht dafür nicht.{coins} {effect}",
                ),
            )
        } else if refused.is_below_minimum() {
            let minimum = refused.minimum().map(|minimum| {
                words!(
                    en: " The smallest is {minimum}.",
                    de: " Der kleinste ist {minimum}.",
                    minimum = decimal(minimum),
                )
            });
            let minimum = minimum.unwrap_or_default();
            (
                otherwise,
                words!(
                    en: "The amount is smaller than NOWPayments handles.{minimum} {effect}",
                    de: "Der Betrag ist kleiner, als NOWPayments ihn annimmt.{minimum} {effect}",
                ),
            )
        } else if refused.is_not_found() {
            (
                FailureCode::NotFound,
                words!(
                    en: "NOWPayments does not know this under the key of the shop. {effect}",
                    de: "NOWPayments kennt das unter dem Schlüssel des Shops nicht. {effect}",
                ),
            )
        } else {
            let support = request_id(refused.request_id.as_deref());
            (
                otherwise,
                words!(
                    en: "NOWPayments refused (“{}”, {}). {effect}{support}",
                    de: "NOWPayments hat abgelehnt („{}“, {}). {effect}{support}",
                    refused.message,
                    refused.status,
                ),
            )
        };
        Self::new(code, message)
    }
}

fn try_again(refused: &Refused) -> String {
    match refused.retry_after {
        Some(wait) => {
            let seconds = wait.as_secs().max(1);
            match seconds {
                1 => {
                    words!(en: "Try again in {seconds} seconds.", de: "Versuchen Sie es in einer Sekunde noch einmal.")
                }
                _ => words!(
                    en: "Try again in {seconds} seconds.",
                    de: "Versuchen Sie es in {seconds} Sekunden noch einmal.",
                ),
            }
        }
        None => said!(
            en: "Try again in a few minutes.",
            de: "Versuchen Sie es in einigen Minuten noch einmal.",
        )
        .to_owned(),
    }
}

fn shortage(Shortage { currency, requested, actual }: &Shortage) -> String {
    let ticker = currency.to_uppercase();
    match (requested, actual) {
        (Some(requested), Some(actual)) => words!(
            en: " It takes {requested} {ticker}, and there are {actual}.",
            de: " Nötig sind {requested} {ticker}, vorhanden sind {actual}.",
            requested = decimal(requested),
            actual = decimal(actual),
        ),
        (_, Some(actual)) => words!(
            en: " There are {actual} {ticker}.",
            de: " Vorhanden sind {actual} {ticker}.",
            actual = decimal(actual),
        ),
        _ => words!(en: " There is too little {ticker}.", de: " Es ist zu wenig {ticker} da."),
    }
}

fn request_id(id: Option<&str>) -> String {
    let support = |id| {
        words!(
            en: " Should you ask their support: the call was {id}.",
            de: " Falls Sie deren Support fragen: Die Abfrage war {id}.",
        )
    };
    id.map(support).unwrap_or_default()
}

impl From<nowpayments::Error> for Failure {
    fn from(error: nowpayments::Error) -> Self {
        Self::from_api(&error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolClosed) {
            return Self::closed();
        }
        tracing::error!(%error, "the local database failed");
        Self::other(words!(
            en: "Paydesk could not read or write its own file on this computer ({error}). Nothing was sent. Check \
                 that the disk is not full and try again.",
            de: "Paydesk konnte seine eigene Datei auf diesem Rechner nicht lesen oder schreiben ({error}). Es wurde \
                 nichts gesendet. Prüfen Sie, ob die Platte voll ist, und versuchen Sie es noch einmal.",
        ))
    }
}

impl Failure {
    /// What fails on this computer after a call was sent says nothing of what the call has done: it has to be looked up.
    pub(crate) fn after_sending(self) -> Self {
        tracing::error!(failure = %self, "what became of a call could not be written down");
        Self::new(
            FailureCode::UnknownOutcome,
            said!(
                en: "This was sent to NOWPayments, but Paydesk could not write down on this computer what became of it. Check that \
                     the disk is not full, and look it up before you try again, so that nothing is done twice.",
                de: "Dies wurde an NOWPayments gesendet, aber Paydesk konnte auf diesem Rechner nicht festhalten, was daraus wurde. \
                     Prüfen Sie, ob die Platte voll ist, und sehen Sie nach, bevor Sie es noch einmal versuchen, damit nichts \
                     doppelt getan wird.",
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use nowpayments::{Call, Error, Method, Unreadable};

    use super::*;

    fn refused(call: &Call, status: u16, code: &str, message: &str) -> Error {
        Error::Refused(Box::new(Refused {
            call: call.clone(),
            status,
            code: (!code.is_empty()).then(|| code.to_owned()),
            message: message.to_owned(),
            retry_after: None,
            request_id: Some("8f1-FRA".to_owned()),
            from_api: true,
            shortages: Vec::new(),
        }))
    }

    #[test]
    fn each_refusal_is_told_apart_and_says_whether_anything_was_done() {
        let call = |method: Method, path: &str| Call { method, path: path.to_owned() };
        let (get, send) = (call(Method::GET, "payment/"), call(Method::POST, "payout"));
        let (login, verify) = (call(Method::POST, "auth"), call(Method::POST, "payout/5/verify"));
        #[track_caller]
        fn check(error: &Error, code: FailureCode, words: &[&str]) {
            let failure = Failure::from_api(error);
            assert_eq!(failure.code, code, "{failure}");
            for words in words {
                assert!(failure.message.contains(words), "{words:?} is not in {failure}");
            }
        }
        check(
            &refused(&get, 403, "INVALID_API_KEY", "Invalid api key"),
            FailureCode::WrongKey,
            &["dashboard"],
        );
        check(&refused(&login, 403, "ACCESS_DENIED", "no"), FailureCode::LoginRefused, &["e-mail"]);
        let address = refused(&send, 403, "ENDPOINT_NOT_ALLOWED", "Access denied | Invalid IP - 2a05::7");
        check(&address, FailureCode::AddressNotAllowed, &["2a05::7", "Nothing was done"]);
        check(&refused(&verify, 400, "", "Invalid code"), FailureCode::WrongCode, &["No money has moved"]);
        check(&refused(&get, 404, "NOT_FOUND", "Payment not found"), FailureCode::NotFound, &[]);
        check(
            &refused(&get, 429, "", "Too many"),
            FailureCode::Other,
            &["Nothing was done", "in a few minutes"],
        );
        check(
            &refused(&get, 503, "", "Maintenance"),
            FailureCode::Other,
            &["maintenance", "Nothing was done"],
        );
        check(
            &refused(&send, 400, "BAD", "min amount is 5.1"),
            FailureCode::Other,
            &["5.1", "Nothing was done"],
        );
        check(&refused(&send, 400, "BAD", "Insufficient balance"), FailureCode::Other, &["too small"]);
        check(
            &refused(&send, 400, "BAD", "odd"),
            FailureCode::Other,
            &["“odd”", "8f1-FRA", "Nothing was done"],
        );

        let unknown = ["It is not known whether it was done"];
        check(&refused(&send, 500, "", "Oops"), FailureCode::UnknownOutcome, &unknown);
        check(&refused(&send, 429, "", "Too many"), FailureCode::UnknownOutcome, &unknown);
        let garbled = |call| {
            let (path, message) = ("id".to_owned(), "missing".to_owned());
            Error::Unreadable(Unreadable { call: Some(call), path, message, request_id: None })
        };
        check(&garbled(send), FailureCode::UnknownOutcome, &unknown);
        check(&garbled(get), FailureCode::Other, &["Nothing was done"]);
    }
}
