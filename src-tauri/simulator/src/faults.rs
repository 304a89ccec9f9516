//! Faults on demand: what can go wrong between a program and a service far away.

use std::collections::BTreeMap;

use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::api::{Answer, fits};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The request is handled after so many real milliseconds.
    Slow {
        /// Real milliseconds.
        ms: u64,
    },
    /// The connection is closed without an answer; the request was not handled.
    DropBefore,
    /// The request was handled; then the connection is closed without an answer.
    DropAfter,
    /// Status 500 in NOWPayments' envelope.
    ServerError {
        /// Whether the request was handled all the same.
        #[serde(default)]
        handled: bool,
    },
    /// Status 502 with an HTML page.
    BadGateway {
        /// Whether the request was handled all the same.
        #[serde(default)]
        handled: bool,
    },
    /// Status 429; the request is not handled.
    TooManyRequests {
        /// The seconds in the `Retry-After` header, which is absent otherwise.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// The request is handled; half of the answer arrives behind the right `Content-Length`, then the connection is
    /// closed.
    Truncated,
    /// The request is handled; the answer has its status and no body.
    Empty,
    /// The request arrives twice and is handled twice; the second answer is given.
    Duplicated,
    /// A read is answered with what it gave last before the fault, if it was made before.
    Stale,
    /// Status 503 with the HTML page of a service under maintenance; the request is not handled.
    Maintenance,
    /// Status 401, as for a bearer token that has ended; the request is not handled.
    ExpiredToken,
    /// The request is handled; the answer has its status and JSON of another shape.
    Unreadable,
    /// The request is handled; its answer comes only after that of the next call.
    OutOfOrder {
        /// Real milliseconds that it waits at most, since a caller who makes one call at a time makes no next one.
        #[serde(default = "a_second")]
        ms: u64,
    },
    /// The request is not handled; the answer repeats it, key, token and body included, as a careless server does. Its
    /// header `x-request-id` is the key.
    Echo {
        /// The status of the answer.
        status: u16,
        /// Where in the answer it stands.
        form: EchoForm,
    },
    /// The other fault, in so many percent of the calls. The others go on to the next rule. The same seed and the same calls
    /// meet the same faults.
    Sometimes {
        /// From 0 to 100.
        percent: u32,
        /// What happens then.
        fault: Box<Self>,
    },
}

/// How an answer repeats the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EchoForm {
    /// In the message of NOWPayments' envelope.
    Envelope,
    /// As plain text.
    Text,
    /// In an HTML page.
    Page,
    /// As JSON that is nothing but a string.
    Json,
}

fn a_second() -> u64 {
    1_000
}

/// A fault, and the calls that it meets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// `GET`, `POST`, … or `*`.
    #[serde(default = "any")]
    pub method: String,
    /// A path behind `/v1`, with `:id` for any one segment, or `*`.
    #[serde(default = "any")]
    pub path: String,
    /// So many matching calls pass unharmed first.
    #[serde(default)]
    pub skip: u32,
    /// So many calls are met; all, if absent.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens to them.
    pub fault: Fault,
}

impl FaultRule {
    fn matches(&self, method: &str, path: &str) -> bool {
        (self.method == "*" || self.method.eq_ignore_ascii_case(method))
            && (self.path == "*" || fits(self.path.trim_end_matches('/'), path).is_some())
    }
}

/// What is left of a fault when chance has decided.
fn strikes(fault: &Fault, chance: &mut impl Rng) -> Option<Fault> {
    match fault {
        Fault::Sometimes { percent, fault } => {
            let happens = chance.random_ratio((*percent).min(100), 100);
            happens.then(|| strikes(fault, chance)).flatten()
        }
        certain => Some(certain.clone()),
    }
}

fn any() -> String {
    "*".to_owned()
}

/// The faults that are set, and the answers that stale ones repeat.
pub(crate) struct Faults {
    pub(crate) rules: Vec<FaultRule>,
    remembered: BTreeMap<String, Answer>,
    chance: ChaCha8Rng,
}

/// Answers that are remembered.
const MEMORY: usize = 2_000;

impl Faults {
    pub(crate) fn new(chance: ChaCha8Rng) -> Self {
        Self { rules: Vec::new(), remembered: BTreeMap::new(), chance }
    }

    /// The fault that meets this call. The first rule that matches decides, unless chance lets the call pass.
    pub(crate) fn next(&mut self, method: &str, path: &str) -> Option<Fault> {
        for i in 0..self.rules.len() {
            let rule = &mut self.rules[i];
            if !rule.matches(method, path) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                return None;
            }
            let Some(fault) = strikes(&rule.fault, &mut self.chance) else { continue };
            if let Some(times) = &mut rule.times {
                *times = times.saturating_sub(1);
                if *times == 0 {
                    self.rules.remove(i);
                }
            }
            return Some(fault);
        }
        None
    }

    /// What a read gave last, or the fresh answer, which is remembered in turn.
    pub(crate) fn recall(&mut self, target: &str, stale: bool, fresh: Answer) -> Answer {
        match self.remembered.get(target) {
            Some(old) if stale => old.clone(),
            Some(_) => {
                self.remembered.insert(target.to_owned(), fresh.clone());
                fresh
            }
            None if self.remembered.len() >= MEMORY => fresh,
            None => {
                self.remembered.insert(target.to_owned(), fresh.clone());
                fresh
            }
        }
    }
}
