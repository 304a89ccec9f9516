//! A shop at the simulator, the clients that call for it, and the table of what they met.

use std::time::Duration;

use nowpayments::{Access, Client, Credentials, Endpoint, Error, Login, Method, Options, Outcome, Refused};
use nowpayments_simulator::{Fault, FaultRule, Simulator, Switches};

use crate::DOCUMENTED;

/// A shop whose clock stands still, and how its endpoints have answered so far.
pub(crate) struct Shop {
    pub(crate) simulator: Simulator,
    client: Client,
    with_wrong_key: Client,
    with_wrong_password: Client,
    without_login: Client,
    lines: Vec<Line>,
}

/// What became of the calls of one endpoint.
struct Line {
    call: &'static str,
    access: Access,
    request: &'static str,
    answer: String,
    refusals: Vec<&'static str>,
}

/// Whether an error is the one that a fault makes.
type IsMet = fn(&Error) -> bool;

/// Calls of which the documents do not say whether the key alone is enough. The client shows both, the simulator asks for
/// the key.
const KEY_MAY_DO: [&str; 2] = ["POST /payout/:id/cancel", "POST /payout/:id/cancel-batch"];

/// Calls that do nothing, though they are not GETs: whether they were made does not matter.
const HARMLESS: [&str; 2] = ["POST /auth", "POST /payout/validate-address"];

/// What can happen to every call, whatever it is.
const FAULTS: [(&str, Fault, IsMet); 5] = [
    ("too many requests", Fault::TooManyRequests { retry_after: Some(7) }, |error| {
        let refused = error.refused();
        refused.is_some_and(|it| it.is_rate_limited() && it.retry_after == Some(Duration::from_secs(7)))
    }),
    ("maintenance", Fault::Maintenance, |error| {
        error.refused().is_some_and(|it| it.is_maintenance() && !it.from_api && it.request_id.is_some())
    }),
    ("internal error", Fault::ServerError { handled: false }, |error| {
        error.refused().is_some_and(|it| it.status == 500 && it.from_api && error.is_transient())
    }),
    ("bad gateway", Fault::BadGateway { handled: false }, |error| {
        error.refused().is_some_and(|it| it.status == 502 && !it.from_api && error.is_transient())
    }),
    ("no answer", Fault::DropBefore, |error| matches!(error, Error::Unreachable(lost) if lost.sent)),
];

impl Shop {
    pub(crate) async fn open() -> Self {
        let simulator = Simulator::start(nowpayments_simulator::Options::default()).await.unwrap();
        simulator.pause();
        let given = simulator.credentials();
        let client = |api_key: &str, password: Option<&str>| {
            let login = password.map(|it| Login { email: given.email.clone(), password: it.into() });
            // Once, so that a fault is met once.
            let mut options = Options::default();
            options.retry.times = 0;
            let base = simulator.url().parse().unwrap();
            Client::with(base, Credentials { api_key: api_key.into(), login }, options).unwrap()
        };
        Self {
            client: client(&given.api_key, Some(&given.password)),
            with_wrong_key: client("ANOTHER-KEY", Some(&given.password)),
            with_wrong_password: client(&given.api_key, Some("another password")),
            without_login: client(&given.api_key, None),
            simulator,
            lines: Vec::new(),
        }
    }

    /// Lets simulated time pass.
    pub(crate) fn pass(&self, seconds: u64) {
        self.simulator.step(Duration::from_secs(seconds));
    }

    /// Makes a call of an endpoint that has its line already.
    pub(crate) async fn send<E: Endpoint>(&self, request: &E) -> E::Response {
        self.client.send(request).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Makes the call of an endpoint: first as somebody who may not, then with everything that can happen to any call, and
    /// then as it should be. `answer` looks at what came, and says it.
    pub(crate) async fn call<E: Endpoint>(
        &mut self,
        call: &'static str,
        request: E,
        answer: impl FnOnce(&E::Response) -> String,
    ) -> E::Response {
        let path = format!("/{}", request.path());
        let (method, pattern) = call.split_once(' ').unwrap();
        assert!(E::METHOD == method && fits(pattern, &path), "{} {path} is no {call}", E::METHOD);
        let mut refusals = Vec::new();
        if matches!(E::ACCESS, Access::Key | Access::KeyAndLogin) {
            let error = failure(&self.with_wrong_key, call, "wrong key", &request).await;
            assert!(error.refused().is_some_and(Refused::is_wrong_key), "{call}: {error}");
            refusals.push("wrong key");
        }
        if matches!(E::ACCESS, Access::Login | Access::KeyAndLogin) {
            if !KEY_MAY_DO.contains(&call) {
                let error = failure(&self.without_login, call, "no login", &request).await;
                assert!(error.refused().is_some_and(Refused::is_expired_login), "{call}: {error}");
                refusals.push("no login");
            }
            let error = failure(&self.with_wrong_password, call, "wrong login", &request).await;
            assert!(error.refused().is_some_and(Refused::is_login_refused), "{call}: {error}");
            refusals.push("wrong login");
            // A token that has ended is renewed once: two that have are a refusal.
            self.fault(method, pattern, Fault::ExpiredToken, 2);
            let error = failure(&self.client, call, "expired login", &request).await;
            assert!(error.refused().is_some_and(Refused::is_expired_login), "{call}: {error}");
            refusals.push("expired login");
        }
        for (name, fault, is_met) in FAULTS {
            self.fault(method, pattern, fault, 1);
            let error = failure(&self.client, call, name, &request).await;
            assert!(is_met(&error), "{call}, {name}: {error}");
            let is_harmless = E::METHOD == Method::GET || HARMLESS.contains(&call);
            let expected = if is_harmless { Outcome::NotDone } else { Outcome::Unknown };
            assert_eq!(error.outcome(), expected, "{call}, {name}");
        }
        if E::METHOD == Method::GET {
            self.fault(method, pattern, Fault::Unreadable, 1);
            match failure(&self.client, call, "unreadable", &request).await {
                Error::Unreadable(problem) => {
                    assert!(problem.request_id.is_some_and(|id| id.ends_with("-SIM")), "{call}");
                }
                other => panic!("{call}: {other}"),
            }
        }
        let response = self.send(&request).await;
        let answer = answer(&response);
        let request = std::any::type_name::<E>().split('<').next().unwrap().rsplit("::").next().unwrap();
        self.lines.push(Line { call, access: E::ACCESS, request, answer, refusals });
        response
    }

    /// A call that the shop's computer may not make from where it is.
    pub(crate) async fn refused_from_elsewhere<E: Endpoint>(&mut self, call: &'static str, request: &E) {
        for (seen, address) in [("203.0.113.9", true), ("2a05:dfc0::7", true), ("undefined", false)] {
            let switches = Switches { foreign_address: Some(seen.to_owned()), ..Switches::default() };
            self.simulator.set_switches(switches);
            self.refused(call, "address of this computer", request, |refused| {
                let known = refused.computer_address().map(|known| known.to_string());
                refused.is_computer_not_allowed() && known.as_deref() == address.then_some(seen)
            })
            .await;
        }
        self.simulator.set_switches(Switches::default());
    }

    /// A call of an endpoint that has its line already is refused for a reason of its own.
    pub(crate) async fn refused<E: Endpoint>(
        &mut self,
        call: &'static str,
        reason: &'static str,
        request: &E,
        is_it: impl FnOnce(&Refused) -> bool,
    ) {
        let error = failure(&self.client, call, reason, request).await;
        assert!(error.refused().is_some_and(is_it), "{call}, {reason}: {error}");
        assert_eq!(error.outcome(), Outcome::NotDone, "{call}, {reason}");
        let line = self.lines.iter_mut().find(|line| line.call == call);
        let line = line.unwrap_or_else(|| panic!("{call} was not made before"));
        if !line.refusals.contains(&reason) {
            line.refusals.push(reason);
        }
    }

    fn fault(&self, method: &str, pattern: &str, fault: Fault, times: u32) {
        self.simulator.set_fault(FaultRule {
            method: method.to_owned(),
            path: pattern.to_owned(),
            skip: 0,
            times: Some(times),
            fault,
        });
    }

    /// The table, in the order of the documents. Every endpoint that is documented has a line in it.
    pub(crate) fn table(&self) -> String {
        let mut table = String::from(HEAD);
        for (number, call) in (1..).zip(DOCUMENTED) {
            let line = self.lines.iter().find(|line| line.call == call);
            let Line { access, request, answer, refusals, .. } =
                line.unwrap_or_else(|| panic!("{call} was never made"));
            let shows = match access {
                Access::Open => "",
                Access::Key => "K",
                Access::Login => "J",
                Access::KeyAndLogin => "K J",
            };
            let refusals = refusals.join(", ");
            table.push_str(&format!(
                "| {number} | `{call}` | {shows} | `{request}` | {answer} | {refusals} |\n"
            ));
        }
        table.push_str(&format!("\n{} of {}.\n", self.lines.len(), DOCUMENTED.len()));
        table
    }
}

const HEAD: &str = "\
# Every endpoint, called

Written by `tests/endpoints`, which makes each call through the client against `nowpayments-simulator` and fails when this
table is not what it has seen. \"K\" shows the API key, \"J\" the token of the dashboard login.

What is listed under \"refused\" was met, and told from everything else by a question of `Refused`. Every call also met too
many requests (with `Retry-After`), the page of a maintenance, an internal error, a bad gateway and a connection that broke,
and `Error::outcome` was right about each: unknown for what may move something, not done for the rest. Every GET met an answer
of another shape, which is unreadable and has the `cf-ray` of the call.

| | call | shows | type | answered | refused |
|---|---|---|---|---|---|
";

/// Makes a call that must fail.
async fn failure<E: Endpoint>(client: &Client, call: &str, reason: &str, request: &E) -> Error {
    match client.send(request).await {
        Err(error) => error,
        Ok(_) => panic!("{call} was answered in spite of: {reason}"),
    }
}

/// Whether a path fits a pattern in which `:name` stands for any one segment.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern
            .iter()
            .zip(path)
            .all(|(expected, segment)| expected.starts_with(':') || *expected == segment)
}
