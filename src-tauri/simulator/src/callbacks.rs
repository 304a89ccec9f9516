//! Callbacks (IPN): what NOWPayments posts to a shop when a payment or a payout has changed.
//!
//! A noun says with [`announce`] what happened, in a body of its own shape. The body is written and signed at once and
//! put into the outbox, from which the courier takes it: nobody waits here for a shop's answer. Callbacks to one
//! address follow each other, so that they arrive in their order unless a fault says otherwise.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use axum::http::Uri;
use chrono::{DateTime, Duration, Utc};
use rand::RngExt;
use serde::{Deserialize, Serialize, Serializer};
use tokio::sync::watch;

use crate::signature::{canonical, sign};
use crate::wire::Object;
use crate::world::{Event, World};

/// Callbacks that are remembered, besides those that are still to be sent.
const REMEMBERED: usize = 10_000;
/// One that is to be overtaken is sent after this if no other comes.
const LONGEST_HOLD: Duration = Duration::minutes(1);

/// How callbacks are sent: what the dashboard of NOWPayments sets, and what a computer without an address of its own
/// needs. Not in the state file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallbackSettings {
    /// One that was not answered well is sent again so often.
    pub repeats: u32,
    /// Simulated seconds from one attempt to the next.
    pub interval: u32,
    /// Real milliseconds that the answer may take.
    pub patience: u64,
    /// All callbacks are posted to this address of the loopback, whatever address the shop gave.
    pub forward_to: Option<String>,
}

impl Default for CallbackSettings {
    fn default() -> Self {
        Self { repeats: 3, interval: 60, patience: 3_000, forward_to: None }
    }
}

/// What goes wrong with a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CallbackFault {
    /// It is sent twice.
    Duplicated,
    /// It is sent so many simulated seconds later. Others do not wait for it.
    Delayed {
        /// Simulated seconds.
        seconds: u32,
    },
    /// It is sent after the next one to the same address, at the latest after a simulated minute.
    OutOfOrder,
    /// It is never sent.
    Lost,
    /// A digit of the body is another one than when it was signed.
    Tampered,
    /// It is signed with another secret.
    Forged,
    /// The header with the signature is missing.
    Unsigned,
    /// The keys of the body are not sorted, and the signature covers it as it is.
    SignedUnsorted,
    /// The keys of the body are not sorted; the signature covers the sorted form.
    SentUnsorted,
    /// The body breaks off in the middle, and the signature covers what is left of it.
    Unreadable,
    /// The other fault, in so many percent of the cases.
    Sometimes {
        /// From 0 to 100.
        percent: u32,
        /// What happens then.
        fault: Box<Self>,
    },
}

/// A fault, and the callbacks that it meets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackRule {
    /// Only callbacks whose body contains this: an id, or a status. All, if absent.
    #[serde(default)]
    pub containing: Option<String>,
    /// So many matching callbacks pass unharmed first.
    #[serde(default)]
    pub skip: u32,
    /// So many callbacks are met; all, if absent.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens to them.
    pub fault: CallbackFault,
}

/// Where a callback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackState {
    /// It will be sent, or sent again, when the simulated time has come.
    Due,
    /// It is being sent, or waits for those before it.
    UnderWay,
    /// The shop answered with a status from 200 to 299.
    Delivered,
    /// The last attempt failed too.
    GivenUp,
    /// It is not sent; the reason stands beside it.
    Skipped,
    /// A fault lost it.
    Lost,
}

/// One attempt to deliver a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackAttempt {
    /// Simulated time.
    pub at: DateTime<Utc>,
    /// The status of the shop's answer; none, if there was no answer in time.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
}

/// One callback, from the event that it announces to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// Counted from 1.
    pub id: u64,
    /// When it happened, in simulated time.
    pub at: DateTime<Utc>,
    /// Where the shop wants to be told.
    pub url: String,
    /// Exactly what is sent.
    pub body: String,
    /// The header `x-nowpayments-sig`, if it is sent.
    pub signature: Option<String>,
    /// Where it stands.
    pub state: CallbackState,
    /// Why it is not sent.
    pub reason: Option<String>,
    /// The fault that struck.
    pub fault: Option<CallbackFault>,
    /// Every attempt so far.
    pub attempts: Vec<CallbackAttempt>,
    /// How many attempts there were when it was last sent anew.
    #[serde(skip)]
    spent: usize,
}

impl Callback {
    fn is_open(&self) -> bool {
        matches!(self.state, CallbackState::Due | CallbackState::UnderWay)
    }
}

/// What the courier carries.
pub(crate) struct Letter {
    pub(crate) id: u64,
    pub(crate) url: String,
    pub(crate) body: String,
    pub(crate) signature: Option<String>,
    pub(crate) patience: std::time::Duration,
    /// It is posted so often.
    pub(crate) copies: usize,
    /// Simulated time.
    pub(crate) at: DateTime<Utc>,
}

/// What goes to one address.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<u64>,
    is_called: bool,
}

/// All callbacks that are remembered, and those on their way.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Callbacks {
    count: u64,
    known: BTreeMap<u64, Callback>,
    #[serde(skip)]
    outbox: BTreeMap<String, Queue>,
    /// What is to be overtaken.
    #[serde(skip)]
    held: Vec<u64>,
    /// The shop's past is being lived through, of which nobody is told.
    #[serde(skip)]
    pub(crate) is_past: bool,
    /// How many are in the outbox or being sent.
    #[serde(skip)]
    under_way: watch::Sender<usize>,
    #[serde(skip)]
    pub(crate) settings: CallbackSettings,
    #[serde(skip)]
    pub(crate) rules: Vec<CallbackRule>,
}

/// The state file keeps only those that are still to be sent.
impl Serialize for Callbacks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Open<'a> {
            count: u64,
            known: BTreeMap<u64, &'a Callback>,
        }
        let open = self.known.iter().filter(|(_, callback)| callback.is_open());
        Open { count: self.count, known: open.map(|(id, callback)| (*id, callback)).collect() }
            .serialize(serializer)
    }
}

impl Callbacks {
    /// All that are remembered, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Callback> {
        self.known.values()
    }

    /// Changes whenever a callback is put into the outbox or has been answered; 0 when nothing is under way.
    pub(crate) fn under_way(&self) -> watch::Receiver<usize> {
        self.under_way.subscribe()
    }

    /// Puts everything into the outbox again that was under way when the state file was written.
    pub(crate) fn resume(&mut self) {
        let caught = self.known.values().filter(|callback| callback.state == CallbackState::UnderWay);
        for id in caught.map(|callback| callback.id).collect::<Vec<_>>() {
            self.put(id);
        }
    }

    /// What can be carried now: one letter for every address that is not being called.
    pub(crate) fn letters(&mut self, now: DateTime<Utc>) -> Vec<Letter> {
        let patience = std::time::Duration::from_millis(self.settings.patience);
        let mut letters = Vec::new();
        for (url, queue) in self.outbox.iter_mut().filter(|(_, queue)| !queue.is_called) {
            let Some(callback) = queue.waiting.pop_front().and_then(|id| self.known.get(&id)) else {
                continue;
            };
            queue.is_called = true;
            let is_doubled =
                callback.fault == Some(CallbackFault::Duplicated) && callback.attempts.is_empty();
            letters.push(Letter {
                id: callback.id,
                url: url.clone(),
                body: callback.body.clone(),
                signature: callback.signature.clone(),
                patience,
                copies: 1 + usize::from(is_doubled),
                at: now,
            });
        }
        letters
    }

    fn put(&mut self, id: u64) {
        let Some(callback) = self.known.get_mut(&id) else { return };
        callback.state = CallbackState::UnderWay;
        let url = self.settings.forward_to.as_ref().unwrap_or(&callback.url);
        self.outbox.entry(url.clone()).or_default().waiting.push_back(id);
        self.under_way.send_modify(|count| *count += 1);
    }

    /// Lets the next one to the same address go.
    fn free(&mut self, url: &str) {
        if let Some(queue) = self.outbox.get_mut(url) {
            queue.is_called = false;
            if queue.waiting.is_empty() {
                self.outbox.remove(url);
            }
        }
        self.under_way.send_modify(|count| *count = count.saturating_sub(1));
    }

    /// Sends what a fault held back until another callback to the same address was sent.
    fn release(&mut self, url: &str) {
        for id in std::mem::take(&mut self.held) {
            match self.known.get(&id) {
                Some(callback) if callback.state == CallbackState::Due && callback.url == url => self.put(id),
                Some(callback) if callback.state == CallbackState::Due => self.held.push(id),
                _ => {}
            }
        }
    }

    /// Keeps the memory within its bound.
    fn prune(&mut self) {
        if self.known.len() > REMEMBERED
            && let Some(oldest) = self.known.values().find(|callback| !callback.is_open()).map(|old| old.id)
        {
            self.known.remove(&oldest);
        }
    }
}

/// Tells a shop what happened: an address and a body, which is sent with sorted keys and JavaScript's numbers, and
/// signed. Of the past nobody is told, and nothing is worked out.
pub(crate) fn announce(world: &mut World, message: impl FnOnce(&World) -> Option<(String, Object)>) {
    if world.callbacks.is_past {
        return;
    }
    let Some((url, body)) = message(world) else { return };
    world.callbacks.count += 1;
    let id = world.callbacks.count;
    let unsorted = body.text();
    let sorted = canonical(&unsorted);
    let secret = world.access.ipn_secret.clone();
    let fault = fault(world, id, &sorted);
    let (body, signed) = match &fault {
        Some(CallbackFault::SignedUnsorted) => (unsorted.clone(), unsorted),
        Some(CallbackFault::SentUnsorted) => (unsorted, sorted),
        Some(CallbackFault::Tampered) => (tampered(&sorted), sorted),
        Some(CallbackFault::Unreadable) => {
            let half: String = sorted.chars().take(sorted.chars().count() / 2).collect();
            (half.clone(), half)
        }
        _ => (sorted.clone(), sorted),
    };
    let signature = match &fault {
        Some(CallbackFault::Unsigned) => None,
        Some(CallbackFault::Forged) => Some(sign(&secret.chars().rev().collect::<String>(), &signed)),
        _ => Some(sign(&secret, &signed)),
    };
    let target = world.callbacks.settings.forward_to.as_deref().unwrap_or(&url);
    let reason = if world.switches.no_ipn_secret {
        Some("there is no IPN secret in the dashboard")
    } else if loopback(target).is_none() {
        Some("only http addresses of the loopback are called")
    } else {
        None
    };
    let state = match (reason, &fault) {
        (Some(_), _) => CallbackState::Skipped,
        (None, Some(CallbackFault::Lost)) => CallbackState::Lost,
        (None, _) => CallbackState::Due,
    };
    let is_due = state == CallbackState::Due;
    let callback = Callback {
        id,
        at: world.now,
        url: url.clone(),
        body,
        signature,
        state,
        reason: reason.map(str::to_owned),
        fault: fault.clone(),
        attempts: Vec::new(),
        spent: 0,
    };
    world.callbacks.known.insert(id, callback);
    world.callbacks.prune();
    if !is_due {
        return;
    }
    match fault {
        Some(CallbackFault::Delayed { seconds }) => {
            world.after(Duration::seconds(seconds.into()), Event::Callback(id));
        }
        Some(CallbackFault::OutOfOrder) => {
            world.callbacks.held.push(id);
            world.after(LONGEST_HOLD, Event::Callback(id));
        }
        _ => {
            world.callbacks.put(id);
            world.callbacks.release(&url);
        }
    }
}

/// The fault that meets a callback. The first rule that matches decides, unless chance lets it pass.
fn fault(world: &mut World, id: u64, body: &str) -> Option<CallbackFault> {
    let mut chance = world.stream("callback", id);
    let rules = &mut world.callbacks.rules;
    for i in 0..rules.len() {
        let rule = &mut rules[i];
        if rule.containing.as_deref().is_some_and(|text| !body.contains(text)) {
            continue;
        }
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        let mut fault = rule.fault.clone();
        let mut strikes = true;
        while let CallbackFault::Sometimes { percent, fault: inner } = fault {
            strikes &= chance.random_ratio(percent.min(100), 100);
            fault = *inner;
        }
        if !strikes {
            continue;
        }
        if let Some(times) = &mut rule.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                rules.remove(i);
            }
        }
        return Some(fault);
    }
    None
}

/// The body with another first digit. Digits stay digits and never become a leading zero, so that it can be read.
fn tampered(body: &str) -> String {
    let Some(digit) = body.chars().find(char::is_ascii_digit) else { return body.to_owned() };
    let other = if digit == '1' { "2" } else { "1" };
    body.replacen(digit, other, 1)
}

/// The time for a callback has come.
pub(crate) fn happen(world: &mut World, id: u64) {
    if world.callbacks.known.get(&id).is_some_and(|callback| callback.state == CallbackState::Due) {
        world.callbacks.put(id);
    }
}

/// Every copy of a letter was answered, or was not.
pub(crate) fn answered(world: &mut World, letter: &Letter, outcomes: Vec<Result<u16, String>>) {
    world.revision += 1;
    let callbacks = &mut world.callbacks;
    callbacks.free(&letter.url);
    let settings = &callbacks.settings;
    let Some(callback) = callbacks.known.get_mut(&letter.id) else { return };
    let is_delivered =
        outcomes.iter().any(|outcome| outcome.as_ref().is_ok_and(|status| (200..300).contains(status)));
    callback.attempts.extend(outcomes.into_iter().map(|outcome| CallbackAttempt {
        at: letter.at,
        status: outcome.as_ref().ok().copied(),
        error: outcome.err(),
    }));
    let repeats = usize::try_from(settings.repeats).unwrap_or(usize::MAX);
    callback.state = if is_delivered {
        CallbackState::Delivered
    } else if callback.attempts.len() - callback.spent > repeats {
        CallbackState::GivenUp
    } else {
        CallbackState::Due
    };
    if callback.state == CallbackState::Due {
        let next = letter.at + Duration::seconds(settings.interval.into());
        world.after((next - world.now).max(Duration::zero()), Event::Callback(letter.id));
    }
}

/// Sends a callback once more, as the dashboard can. If it fails, it is repeated like the first time.
///
/// # Errors
/// The reason why this cannot be.
pub(crate) fn resend(world: &mut World, id: u64) -> Result<(), &'static str> {
    world.revision += 1;
    let settings = world.callbacks.settings.clone();
    let callback = world.callbacks.known.get_mut(&id).ok_or("no such callback")?;
    if callback.state == CallbackState::UnderWay {
        return Err("the callback is already under way");
    }
    if loopback(settings.forward_to.as_deref().unwrap_or(&callback.url)).is_none() {
        return Err("only http addresses of the loopback are called");
    }
    callback.reason = None;
    callback.spent = callback.attempts.len();
    world.callbacks.put(id);
    Ok(())
}

/// The parts of an address that may be called: http, and on this computer. The courier connects to the loopback
/// itself and looks no name up, so that nothing ever leaves the computer.
pub(crate) fn loopback(url: &str) -> Option<(Uri, IpAddr)> {
    let uri: Uri = url.parse().ok()?;
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let address = match host.parse::<IpAddr>() {
        Ok(address) => address,
        Err(_) if host == "localhost" || host.ends_with(".localhost") => IpAddr::from([127, 0, 0, 1]),
        Err(_) => return None,
    };
    (uri.scheme_str() == Some("http") && address.is_loopback()).then_some((uri, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_computer_is_called() {
        for url in [
            "http://127.0.0.1:8000/ipn",
            "http://127.9.9.9/ipn?shop=1",
            "http://localhost:1/",
            "http://Shop.localhost:3000",
            "http://[::1]:8000/ipn",
        ] {
            assert!(loopback(url).is_some(), "{url}");
        }
        for url in [
            "https://127.0.0.1/ipn",
            "http://127.0.0.1@203.0.113.9/ipn",
            "http://localhost.example/ipn",
            "http://0.0.0.0/ipn",
            "http://[::ffff:203.0.113.9]/ipn",
            "http://192.168.0.7/ipn",
            "https://shop.kestrel-coffee.example/ipn",
            "127.0.0.1:8000/ipn",
            "",
        ] {
            assert!(loopback(url).is_none(), "{url}");
        }
    }

    #[test]
    fn a_tampered_body_can_still_be_read_and_is_another_one() {
        for body in [r#"{"a":0.5}"#, r#"{"a":10}"#, r#"{"a":"x1"}"#] {
            let other = tampered(body);
            assert_ne!(other, body);
            assert!(serde_json::from_str::<serde_json::Value>(&other).is_ok(), "{other}");
        }
    }
}
