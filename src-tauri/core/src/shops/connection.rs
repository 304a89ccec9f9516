//! Reaching a shop's account: where it is, with which credentials, and whether they are right.

use std::time::Duration;

use nowpayments::{
    Client, Credentials, Error, Login, Options, Retry, SetupError, Url,
    auth::{GetStatus, LogIn},
    balance::GetBalance,
    currencies::GetMerchantCoins,
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{CheckItem, CheckState, ConnectionReport, DemoConnection, Environment, NewShop};
use crate::{
    failure::{Failure, FailureCode},
    language::{said, words},
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
const TRIAL: Retry = Retry {
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
    let options = Options { now: surroundings.now.clone(), retry, ..Options::default() };
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
        let key = self.api_key.expose_secret().trim();
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
        let email = self.email.trim();
        let well_formed = email.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && !host.is_empty()
                && !host.contains('@')
                && !email.contains(char::is_whitespace)
        });
        if !well_formed {
            return Err(Failure::invalid(
                "email",
                said!(
                    en: "Enter the e-mail address with which you log in to the dashboard of NOWPayments. The list of \
                         payments and payouts need it.",
                    de: "Geben Sie die E-Mail-Adresse ein, mit der Sie sich am Dashboard von NOWPayments anmelden. \
                         Die Liste der Zahlungen und die Auszahlungen brauchen sie.",
                ),
            ));
        }
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
        let client = self.client(bases, surroundings)?;
        try_key(&client).await.map_err(|error| in_field(&error, "api_key"))?;
        self.try_login(&client).await.map_err(|error| in_field(&error, "password"))
    }

    async fn try_login(&self, client: &Client) -> Result<(), Error> {
        let Login { email, password } = self.login();
        client.send(&LogIn { email: &email, password: &password }).await.map(drop)
    }

    /// Tries everything, item by item.
    pub(crate) async fn report(&self, bases: &Bases, surroundings: &Surroundings) -> ConnectionReport {
        let keychain = match surroundings.keychain.check().await {
            Ok(()) => good(said!(
                en: "The keychain of this computer keeps your keys.",
                de: "Der Schlüsselbund dieses Rechners behält Ihre Schlüssel.",
            )),
            Err(failure) => bad(failure.message),
        };
        let not_tried = |why: &str| CheckItem { state: CheckState::NotTried, message: why.to_owned() };
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
        let client = match self.client(bases, surroundings) {
            Ok(client) => client,
            Err(failure) => {
                report.key = bad(failure.message);
                return report;
            }
        };
        if let Err(error) = client.send(&GetStatus {}).await {
            report.reachable = bad(Failure::from_api(&error).message);
            return report;
        }
        report.reachable = good(said!(en: "NOWPayments answers.", de: "NOWPayments antwortet."));
        let key = try_key(&client).await;
        report.key = item(
            &key,
            said!(
                en: "NOWPayments knows the API key.",
                de: "NOWPayments kennt den API-Schlüssel.",
            ),
        );
        report.login = item(
            &self.try_login(&client).await,
            said!(
                en: "NOWPayments takes the e-mail address and the password.",
                de: "NOWPayments nimmt die E-Mail-Adresse und das Passwort an.",
            ),
        );
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

fn bad(message: String) -> CheckItem {
    CheckItem { state: CheckState::Bad, message }
}

fn item<T>(outcome: &Result<T, Error>, message: &str) -> CheckItem {
    match outcome {
        Ok(_) => good(message),
        Err(error) => bad(Failure::from_api(error).message),
    }
}
