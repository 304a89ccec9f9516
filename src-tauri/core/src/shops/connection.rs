//! Reaching a shop's account: where it is, with which credentials, and whether they are right.

use std::time::Duration;

use chrono::TimeDelta;
use nowpayments::{
    Client, Credentials, Error, Login, Options, Retry, SetupError, Url, auth::GetStatus, balance::GetBalance,
    currencies::GetMerchantCoins, payouts::ListPayouts,
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{CheckItem, CheckState, ConnectionReport, DemoConnection, Environment, NewShop, ShopCheck};
use crate::{
    failure::{Failure, FailureCode},
    language::{said, words},
    second_factor::in_words,
    surroundings::Surroundings,
};

/// Where NOWPayments is.
#[derive(Debug, Clone)]
pub struct Bases {
    /// The base URL of the sandbox.
    pub sandbox: Url,
    /// The base URL of the live service.
    pub live: Url,
}

impl Default for Bases {
    /// The documented ones.
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "both are constants")]
        let base = |text: &str| text.parse().expect("a URL");
        Self {
            sandbox: base("https://api-sandbox.nowpayments.io/v1"),
            live: base("https://api.nowpayments.io/v1"),
        }
    }
}

impl Bases {
    /// The base URL of an environment; `None` for the demo, whose is handed in.
    pub(crate) fn of(&self, environment: Environment) -> Option<&Url> {
        match environment {
            Environment::Demo => None,
            Environment::Sandbox => Some(&self.sandbox),
            Environment::Live => Some(&self.live),
        }
    }
}

/// How a trial is repeated: somebody waits for the answer.
pub(crate) const TRIAL: Retry = Retry {
    times: 1,
    shortest: Duration::from_millis(300),
    longest: Duration::from_millis(300),
    total: Duration::from_secs(20),
};

/// A client for one account. It makes no call.
pub(crate) fn client(
    base: &Url,
    api_key: SecretString,
    login: Option<Login>,
    surroundings: &Surroundings,
    retry: Retry,
) -> Result<Client, Failure> {
    let options = Options {
        now: surroundings.now.clone(),
        retry,
        timeout: surroundings.patience,
        ..Options::default()
    };
    Client::with(base.clone(), Credentials { api_key, login }, options).map_err(|error| match error {
        SetupError::Key => Failure::invalid(
            "api_key",
            said!(
                en: "The API key has characters that no key has. Copy it anew.",
                de: "Der API-Schlüssel hat Zeichen, die kein Schlüssel hat. Kopieren Sie ihn neu.",
            ),
        ),
        error => Failure::other(words!(
            en: "Paydesk cannot set up a connection to NOWPayments: {error}.",
            de: "Paydesk kann keine Verbindung zu NOWPayments einrichten: {error}.",
        )),
    })
}

impl DemoConnection {
    /// A client for the simulator.
    pub(crate) fn client(&self, surroundings: &Surroundings) -> Result<Client, Failure> {
        let login = Login { email: self.email.clone(), password: self.password.clone() };
        client(&self.base, self.api_key.clone(), Some(login), surroundings, Retry::default())
    }

    /// Tells one simulated world from another: each makes up its own credentials.
    pub(crate) fn world(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.api_key.expose_secret(), &self.email, self.password.expose_secret()] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl NewShop {
    /// What is wrong with what was typed, the first field first.
    pub(crate) fn validate(&self) -> Result<(), Failure> {
        accept_name(&self.name)?;
        if self.environment == Environment::Demo {
            return Err(Failure::invalid(
                "environment",
                said!(
                    en: "Choose the live service or the sandbox.",
                    de: "Wählen Sie den echten Dienst oder die Sandbox.",
                ),
            ));
        }
        accept_key(&self.api_key)?;
        accept_email(&self.email)?;
        if self.password.expose_secret().is_empty() {
            return Err(Failure::invalid(
                "password",
                said!(
                    en: "Enter the password of the dashboard of NOWPayments.",
                    de: "Geben Sie das Passwort des Dashboards von NOWPayments ein.",
                ),
            ));
        }
        Ok(())
    }

    /// The key without the spaces that were copied along.
    pub(crate) fn key(&self) -> SecretString {
        self.api_key.expose_secret().trim().into()
    }

    /// The login of the dashboard. Spaces around the address were not meant; in a password they may be.
    fn login(&self) -> Login {
        Login { email: self.email.trim().to_owned(), password: self.password.clone() }
    }

    fn client(&self, bases: &Bases, surroundings: &Surroundings) -> Result<Client, Failure> {
        let base = bases.of(self.environment).ok_or_else(|| {
            Failure::invalid(
                "environment",
                said!(
                    en: "Choose the live service or the sandbox.",
                    de: "Wählen Sie den echten Dienst oder die Sandbox.",
                ),
            )
        })?;
        client(base, self.key(), Some(self.login()), surroundings, TRIAL)
    }

    /// Whether NOWPayments takes the key and the login.
    pub(crate) async fn try_out(&self, bases: &Bases, surroundings: &Surroundings) -> Result<(), Failure> {
        try_out(&self.client(bases, surroundings)?).await
    }

    /// Tries everything, item by item.
    pub(crate) async fn report(&self, bases: &Bases, surroundings: &Surroundings) -> ConnectionReport {
        report(self.client(bases, surroundings).as_ref(), surroundings).await
    }
}

/// Whether NOWPayments takes the key and the login of an account. A refusal names the field: `api_key` or `password`.
pub(crate) async fn try_out(client: &Client) -> Result<(), Failure> {
    try_key(client).await.map_err(|error| in_field(&error, "api_key"))?;
    client.log_in().await.map(drop).map_err(|error| in_field(&error, "password"))
}

/// Tries everything of an account, item by item, or says why there is no way to it.
pub(crate) async fn report(
    client: Result<&Client, &Failure>,
    surroundings: &Surroundings,
) -> ConnectionReport {
    let keychain = match surroundings.keychain.check().await {
        Ok(()) => good(said!(
            en: "The keychain of this computer keeps your keys.",
            de: "Der Schlüsselbund dieses Rechners behält Ihre Schlüssel.",
        )),
        Err(failure) => bad(failure.message),
    };
    let mut report = ConnectionReport {
        reachable: not_tried(said!(
            en: "Not tried: what was typed is not complete.",
            de: "Nicht versucht: Was eingegeben wurde, ist nicht vollständig.",
        )),
        key: not_tried(said!(
            en: "Not tried: NOWPayments could not be reached.",
            de: "Nicht versucht: NOWPayments war nicht erreichbar.",
        )),
        login: not_tried(said!(
            en: "Not tried: NOWPayments could not be reached.",
            de: "Nicht versucht: NOWPayments war nicht erreichbar.",
        )),
        address: not_tried(said!(
            en: "Not tried: the API key must be right first.",
            de: "Nicht versucht: Zuerst muss der API-Schlüssel stimmen.",
        )),
        keychain,
    };
    let client = match client {
        Ok(client) => client,
        Err(failure) => {
            report.key = bad(failure.message.clone());
            return report;
        }
    };
    if let Err(error) = client.send(&GetStatus {}).await {
        report.reachable = bad(Failure::from_api(&error).message);
        return report;
    }
    report.reachable = good(said!(en: "NOWPayments answers.", de: "NOWPayments antwortet."));
    let key = try_key(client).await;
    report.key = item(
        &key,
        said!(
            en: "NOWPayments knows the API key.",
            de: "NOWPayments kennt den API-Schlüssel.",
        ),
    );
    report.login = match client.log_in().await {
        Ok(false) => not_tried(said!(
            en: "This shop has no login. Lists of payments and payouts need one.",
            de: "Dieser Shop hat keine Anmeldung. Listen von Zahlungen und Auszahlungen brauchen eine.",
        )),
        tried => item(
            &tried,
            said!(
                en: "NOWPayments takes the e-mail address and the password.",
                de: "NOWPayments nimmt die E-Mail-Adresse und das Passwort an.",
            ),
        ),
    };
    if key.is_ok() {
        let balance = client.send(&GetBalance {}).await;
        report.address = item(
            &balance,
            said!(
                en: "Payouts are allowed from the address of this computer.",
                de: "Auszahlungen sind von der Adresse dieses Rechners erlaubt.",
            ),
        );
    }
    report
}

/// What a check of a connected shop tells beside its connection. `codes_here`: codes are made on this device.
pub(crate) async fn check(
    client: &Client,
    environment: Environment,
    connection: ConnectionReport,
    codes_here: bool,
) -> ShopCheck {
    let payouts = match connection.key.state {
        CheckState::Good => item(
            &client.send(&ListPayouts { limit: 1, ..ListPayouts::default() }).await,
            said!(
                en: "Payouts can be read and followed. NOWPayments pays to addresses on the list in its dashboard alone \
                     (Settings, Payouts, Whitelist); it tells nobody which those are.",
                de: "Auszahlungen lassen sich lesen und verfolgen. NOWPayments zahlt nur an Adressen, die in seinem \
                     Dashboard auf der Liste stehen (Settings, Payouts, Whitelist); welche das sind, verrät es \
                     niemandem.",
            ),
        ),
        _ => not_tried(said!(
            en: "Not tried: the API key must be right first.",
            de: "Nicht versucht: Zuerst muss der API-Schlüssel stimmen.",
        )),
    };
    let second_factor = if codes_here {
        good(said!(
            en: "Codes for payouts are made on this device, with your PIN.",
            de: "Codes für Auszahlungen werden auf diesem Rechner erzeugt, mit Ihrer PIN.",
        ))
    } else {
        not_tried(said!(
            en: "You type the code that your phone shows, or that comes by e-mail. NOWPayments does not tell whether \
                 two-factor login is on (Settings, Security in its dashboard): the first payout shows it.",
            de: "Sie tippen den Code, den Ihr Telefon zeigt oder der per E-Mail kommt. NOWPayments sagt nicht, ob die \
                 Zwei-Faktor-Anmeldung eingeschaltet ist (in seinem Dashboard unter Settings, Security): Das zeigt \
                 die erste Auszahlung.",
        ))
    };
    let clock = match environment {
        Environment::Demo => not_tried(said!(
            en: "The demo shop has a clock of its own, which may run faster.",
            de: "Der Demo-Shop hat eine eigene Uhr, die schneller gehen kann.",
        )),
        _ => clock(client.clock_offset()),
    };
    ShopCheck { connection, payouts, second_factor, clock }
}

/// How far the clocks may be apart: the answer takes a while, and its header has whole seconds.
const CLOCK_SLACK: TimeDelta = TimeDelta::seconds(20);

/// How the clock of this computer stands, by how far that of NOWPayments is ahead.
fn clock(ahead: Option<TimeDelta>) -> CheckItem {
    let Some(ahead) = ahead else {
        return not_tried(said!(
            en: "Not tried: NOWPayments could not be reached.",
            de: "Nicht versucht: NOWPayments war nicht erreichbar.",
        ));
    };
    if ahead.abs() <= CLOCK_SLACK {
        return good(said!(
            en: "The clock of this computer agrees with that of NOWPayments.",
            de: "Die Uhr dieses Rechners stimmt mit der von NOWPayments überein.",
        ));
    }
    let apart = in_words(ahead.abs().num_seconds());
    let next = said!(
        en: "Codes and deadlines go by the clock of NOWPayments all the same. Set the clock of this computer, so that the \
             times on the screen are right.",
        de: "Codes und Fristen richten sich trotzdem nach der Uhr von NOWPayments. Stellen Sie die Uhr dieses Rechners, \
             damit die Zeiten auf dem Bildschirm stimmen.",
    );
    bad(if ahead > TimeDelta::zero() {
        words!(
            en: "The clock of this computer is {apart} behind that of NOWPayments. {next}",
            de: "Die Uhr dieses Rechners geht gegenüber der von NOWPayments um {apart} nach. {next}",
        )
    } else {
        words!(
            en: "The clock of this computer is {apart} ahead of that of NOWPayments. {next}",
            de: "Die Uhr dieses Rechners geht gegenüber der von NOWPayments um {apart} vor. {next}",
        )
    })
}

/// Whether a shop can be called that. Spaces around it were not meant.
pub(crate) fn accept_name(name: &str) -> Result<(), Failure> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Failure::invalid(
            "name",
            said!(
                en: "Give the shop a name, so that you know it from others.",
                de: "Geben Sie dem Shop einen Namen, damit Sie ihn von anderen unterscheiden.",
            ),
        ));
    }
    if name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(Failure::invalid(
            "name",
            said!(
                en: "A name has at most 60 characters, on one line.",
                de: "Ein Name hat höchstens 60 Zeichen, in einer Zeile.",
            ),
        ));
    }
    Ok(())
}

/// Whether a text can be an API key. Spaces that were copied along do not matter.
pub(crate) fn accept_key(key: &SecretString) -> Result<(), Failure> {
    let key = key.expose_secret().trim();
    if key.is_empty() {
        return Err(Failure::invalid(
            "api_key",
            said!(
                en: "Paste the API key of the shop. You find it in the dashboard of NOWPayments under Settings, \
                     Payments.",
                de: "Fügen Sie den API-Schlüssel des Shops ein. Sie finden ihn im Dashboard von NOWPayments \
                     unter Settings, Payments.",
            ),
        ));
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::invalid(
            "api_key",
            said!(
                en: "An API key has only letters, digits and dashes, without spaces. Copy it anew.",
                de: "Ein API-Schlüssel hat nur Buchstaben, Ziffern und Striche, ohne Leerzeichen. Kopieren Sie \
                     ihn neu.",
            ),
        ));
    }
    Ok(())
}

/// Whether a text can be the e-mail address of a login. Spaces around it were not meant.
pub(crate) fn accept_email(email: &str) -> Result<(), Failure> {
    let email = email.trim();
    let well_formed = email.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !email.contains(char::is_whitespace)
    });
    if well_formed {
        return Ok(());
    }
    Err(Failure::invalid(
        "email",
        said!(
            en: "Enter the e-mail address with which you log in to the dashboard of NOWPayments. The list of \
                 payments and payouts need it.",
            de: "Geben Sie die E-Mail-Adresse ein, mit der Sie sich am Dashboard von NOWPayments anmelden. \
                 Die Liste der Zahlungen und die Auszahlungen brauchen sie.",
        ),
    ))
}

/// A call that needs the key and nothing else.
async fn try_key(client: &Client) -> Result<(), Error> {
    client.send(&GetMerchantCoins::default()).await.map(drop)
}

fn in_field(error: &Error, field: &str) -> Failure {
    let failure = Failure::from_api(error);
    let of_field = matches!(failure.code, FailureCode::WrongKey | FailureCode::LoginRefused);
    Failure { field: of_field.then(|| field.to_owned()), ..failure }
}

fn good(message: &str) -> CheckItem {
    CheckItem { state: CheckState::Good, message: message.to_owned() }
}

fn not_tried(why: &str) -> CheckItem {
    CheckItem { state: CheckState::NotTried, message: why.to_owned() }
}

fn bad(message: String) -> CheckItem {
    CheckItem { state: CheckState::Bad, message }
}

fn item<T>(outcome: &Result<T, Error>, message: &str) -> CheckItem {
    match outcome {
        Ok(_) => good(message),
        Err(error) => bad(Failure::from_api(error).message),
    }
}
