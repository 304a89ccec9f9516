//! What is played: which journey, when Paydesk dies, and what fails on the way.

use std::{fmt, str::FromStr, time::Duration};

use anyhow::{Context, Error, bail};
use nowpayments_simulator::{Fault, FaultRule, Point};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::journey::{Again, Approval, Dawdles, Failing, Journey, Revision, Row, Scheduled, Then};

/// One case: its name says everything about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// A journey without harm, with one death at a known step.
    Step(Course, Step),
    /// Whatever this seed means.
    Seed(u64),
}

/// A journey that is taken to its end with one death only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// Four rows are approved with a code.
    Code,
    /// Four rows are approved with the PIN.
    Pin,
    /// Four rows are sent in two parts; one of them fails and is paid again.
    Parts,
    /// Two rows are paid at a time, and once more a day later.
    Series,
}

/// Where a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// At its nth question to the clock: between two steps of core.
    Clock(u64),
    /// When its nth call arrives, which is never handled.
    Lost(u64),
    /// When its nth call arrives, which is handled much later.
    Late(u64),
    /// When its nth call was handled and not answered.
    Unanswered(u64),
}

/// How a life ends before its time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Death {
    /// By its own hand at the nth question to the clock.
    Question(u64),
    /// By the runner's hand when its nth call is at this point.
    Call(u64, Point, Fate),
    /// By the runner's hand when its nth call to create a batch arrives.
    Creation(u64, Fate),
    /// By the runner's hand at some time.
    Instant(Duration),
}

/// What becomes of the call that a death has met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is cut off where it is.
    Lost,
    /// It goes on after so many simulated seconds.
    Late(u64),
}

/// What a case means.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) journey: Journey,
    pub(crate) faults: Vec<FaultRule>,
    /// How the lives end, one after the other; the last one lives on.
    pub(crate) deaths: Vec<Death>,
    /// How far the computer's clock is wrong in each life, in seconds.
    pub(crate) skews: Vec<i64>,
}

impl Case {
    pub(crate) fn plan(self) -> Plan {
        match self {
            Self::Step(course, step) => {
                let deaths = vec![step.death()];
                Plan { journey: course.journey(), faults: Vec::new(), deaths, skews: Vec::new() }
            }
            Self::Seed(seed) => Plan::of_seed(&mut ChaCha8Rng::seed_from_u64(seed)),
        }
    }
}

impl Course {
    pub(crate) const ALL: [Self; 4] = [Self::Code, Self::Pin, Self::Parts, Self::Series];

    fn journey(self) -> Journey {
        let rows = vec![row(0, "200"), row(1, "12.5"), row(2, "0.25"), row(3, "30")];
        match self {
            Self::Code => Journey::plain(rows, Approval::Code),
            Self::Pin => Journey::plain(rows, Approval::Pin),
            Self::Parts => {
                let failing = Some(Failing { address: rows[2].address.clone(), then: Then::PaidAgain });
                Journey { part_size: Some(2), failing, ..Journey::plain(rows, Approval::Code) }
            }
            Self::Series => {
                let schedule = Some(Scheduled { delay: 900, runs: 2 });
                let rows = vec![row(0, "200"), row(3, "30")];
                Journey { schedule, ..Journey::plain(rows, Approval::Code) }
            }
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Pin => "pin",
            Self::Parts => "parts",
            Self::Series => "series",
        }
    }
}

impl Step {
    /// Every kind of step, the nth.
    pub(crate) const KINDS: [fn(u64) -> Self; 4] = [Self::Clock, Self::Lost, Self::Late, Self::Unanswered];

    fn death(self) -> Death {
        match self {
            Self::Clock(nth) => Death::Question(nth),
            Self::Lost(nth) => Death::Call(nth, Point::Arrived, Fate::Lost),
            Self::Late(nth) => Death::Call(nth, Point::Arrived, Fate::Late(30)),
            Self::Unanswered(nth) => Death::Call(nth, Point::Handled, Fate::Lost),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (course, step) = match self {
            Self::Seed(seed) => return write!(f, "seed:{seed}"),
            Self::Step(course, step) => (course, step),
        };
        let (kind, nth) = match step {
            Step::Clock(nth) => ("clock", nth),
            Step::Lost(nth) => ("lost", nth),
            Step::Late(nth) => ("late", nth),
            Step::Unanswered(nth) => ("unanswered", nth),
        };
        write!(f, "{}-{kind}:{nth}", course.name())
    }
}

impl FromStr for Case {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (kind, nth) = text.split_once(':').context("a case is called `seed:17` or `code-clock:17`")?;
        let nth = nth.parse()?;
        if kind == "seed" {
            return Ok(Self::Seed(nth));
        }
        let course = |name| Course::ALL.into_iter().find(|course| course.name() == name);
        let Some((course, kind)) = kind.split_once('-').and_then(|(name, kind)| Some((course(name)?, kind)))
        else {
            bail!("there is no case `{text}`");
        };
        let step = match kind {
            "clock" => Step::Clock,
            "lost" => Step::Lost,
            "late" => Step::Late,
            "unanswered" => Step::Unanswered,
            _ => bail!("there is no case `{text}`"),
        };
        Ok(Self::Step(course, step(nth)))
    }
}

/// Recipients: address, coin, tag.
const RECIPIENTS: [(&str, &str, Option<&str>); 6] = [
    ("TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH", "trx", None),
    ("TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH", "usdttrc20", None),
    ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "eth", None),
    ("rLVo29ML6SNPRYKYWwrcQFk1xd3ktvQwat", "xrp", Some("1234567")),
    ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "trx", None),
    ("rLVo29ML6SNPRYKYWwrcQFk1xd3ktvQwat", "xrp", Some("7654321")),
];

fn row(recipient: usize, amount: &str) -> Row {
    let (address, currency, extra_id) = RECIPIENTS[recipient];
    Row {
        address: address.to_owned(),
        currency: currency.to_owned(),
        amount: amount.to_owned(),
        fiat: None,
        extra_id: extra_id.map(str::to_owned),
    }
}

/// About what a journey takes in which all rows are paid at once.
const QUESTIONS: u64 = 90;
const CALLS: u64 = 40;
const MILLISECONDS: u64 = 700;
/// A call that is older than this, in seconds, is not on its way any more for Paydesk; its login holds a while longer.
const LATE: u64 = 60;
const TOO_LATE: u64 = 250;

impl Plan {
    fn of_seed(dice: &mut ChaCha8Rng) -> Self {
        let journey = Journey::of_seed(dice);
        let mut faults: Vec<FaultRule> = (0..dice.random_range(0..6)).map(|_| fault(dice)).collect();
        if dice.random_ratio(1, 10) {
            faults.push(bad_network(dice));
        }
        let length = journey.length();
        let mut deaths: Vec<Death> =
            (0..dice.random_range(1..6)).map(|_| Death::of_seed(dice, length)).collect();
        if journey.revised.is_some() || dice.random_ratio(1, 8) {
            // Of the creations of a batch in parts any may be the one.
            let nth = dice.random_range(0..u64::try_from(journey.parts()).unwrap_or(1));
            let fate = Fate::Late(dice.random_range(LATE + 1..TOO_LATE));
            let at = dice.random_range(0..2.min(deaths.len()));
            deaths.insert(at, Death::Creation(nth, fate));
        }
        let skews = deaths.iter().map(|_| [0, 0, 0, -7_200, 420][dice.random_range(0..5)]).collect();
        Self { journey, faults, deaths, skews }
    }

    /// Whether the network does nothing wrong and every code comes in time, so that what is created must be approved.
    pub(crate) fn is_calm(&self) -> bool {
        let is_late = |death: &Death| {
            matches!(death, Death::Creation(..)) || matches!(death, Death::Call(_, _, Fate::Late(LATE..)))
        };
        self.faults.is_empty() && self.journey.dawdles == Dawdles::Never && !self.deaths.iter().any(is_late)
    }
}

impl Journey {
    fn of_seed(dice: &mut impl Rng) -> Self {
        let count = if dice.random_ratio(1, 20) { 40 } else { dice.random_range(1..8) };
        let amount =
            |dice: &mut dyn Rng| format!("{}.{}", dice.random_range(20..90), dice.random_range(1..10));
        let mut rows: Vec<Row> = (0..count)
            .map(|_| {
                let recipient = dice.random_range(0..RECIPIENTS.len());
                // What a sum of money is in coins changes by itself, from the check to the payment.
                let fiat = dice.random_ratio(1, 4).then(|| "eur".to_owned());
                Row { fiat, ..row(recipient, &amount(&mut *dice)) }
            })
            .collect();
        if dice.random_ratio(1, 3) {
            rows.push(rows[0].clone());
        }
        let corrected = dice.random_ratio(1, 4).then(|| dice.random_range(0..rows.len()));
        let approval = if dice.random_ratio(1, 4) { Approval::Pin } else { Approval::Code };
        let (dawdles, again) = match dice.random_range(0..10) {
            0 => (Dawdles::AtOnce, Again::Never),
            1 | 2 => (Dawdles::AfterACode, Again::Never),
            3 => (Dawdles::Never, Again::Discarded),
            4 => (Dawdles::Never, Again::Paid),
            _ => (Dawdles::Never, Again::Never),
        };
        let journey = Self { corrected, dawdles, again, ..Self::plain(rows, approval) };
        journey.with_course_of_seed(dice)
    }

    /// The same rows on a longer way. What becomes of them must be certain, so not everything goes together.
    fn with_course_of_seed(self, dice: &mut impl Rng) -> Self {
        let count = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let is_simple = self.dawdles == Dawdles::Never && self.again == Again::Never;
        let in_parts = count > 1 && dice.random_ratio(1, 3);
        let part_size = in_parts.then(|| dice.random_range(count.div_ceil(4)..=count.div_ceil(2)));
        let is_scheduled = self.again == Again::Never && dice.random_ratio(1, if in_parts { 5 } else { 3 });
        let schedule = is_scheduled.then(|| Scheduled {
            delay: if in_parts { dice.random_range(1_000..5_000) } else { dice.random_range(400..2_000) },
            runs: if in_parts { 1 } else { dice.random_range(1..4) },
        });
        let fails = is_simple && !(in_parts && is_scheduled) && dice.random_ratio(3, 5);
        let failing = fails.then(|| Failing {
            address: self.rows[dice.random_range(0..self.rows.len())].address.clone(),
            then: match dice.random_range(0..3) {
                // A series is paid again by itself.
                1 if schedule.is_none_or(|schedule| schedule.runs == 1) => Then::PaidAfterAll,
                2 if schedule.is_none_or(|schedule| schedule.runs == 1) => Then::PaidAgain,
                _ => Then::Nothing,
            },
        });
        let is_revised = is_simple && dice.random_ratio(1, 2);
        let revised = is_revised.then(|| Revision {
            row: dice.random_range(0..self.rows.len()),
            amount: format!("{}.{}", dice.random_range(90..99), dice.random_range(1..10)),
        });
        Self { part_size, schedule, failing, revised, ..self }
    }

    /// How many times as long it is as one in which all rows are paid at once.
    fn length(&self) -> u64 {
        let is_paid_again = self.failing.as_ref().is_some_and(|failing| failing.then == Then::PaidAgain);
        let more = u64::try_from(self.parts() - 1).unwrap_or_default();
        1 + more / 2 + u64::from(self.runs()) / 2 + u64::from(is_paid_again)
    }
}

impl Death {
    fn of_seed(dice: &mut impl Rng, length: u64) -> Self {
        // Later lives have less to do: early deaths are more likely than late ones.
        let mut early = |most: u64| {
            let most = dice.random_range(1..=most * length);
            dice.random_range(0..most)
        };
        let (question, call, milliseconds) = (early(QUESTIONS), early(CALLS), early(MILLISECONDS));
        match dice.random_range(0..10) {
            0..3 => Self::Question(question),
            3 | 4 => Self::Call(call, Point::Arrived, Fate::Lost),
            5 => Self::Call(call, Point::Arrived, Fate::Late(dice.random_range(1..50))),
            6 | 7 => Self::Call(call, Point::Handled, Fate::Lost),
            _ => Self::Instant(Duration::from_millis(milliseconds)),
        }
    }
}

/// A fault that meets a call here and there as long as the journey takes.
fn bad_network(dice: &mut impl Rng) -> FaultRule {
    let percent = dice.random_range(3..20);
    let fault = Fault::Sometimes { percent, fault: Box::new(kind_of_fault(dice)) };
    FaultRule { method: "*".to_owned(), path: "*".to_owned(), skip: 0, times: None, fault }
}

/// A fault that meets one call.
fn fault(dice: &mut impl Rng) -> FaultRule {
    const CREATE: (&str, &str) = ("POST", "/payout");
    const VERIFY: (&str, &str) = ("POST", "/payout/:id/verify");
    const LIST: (&str, &str) = ("GET", "/payout");
    let places = [
        CREATE,
        CREATE,
        CREATE,
        VERIFY,
        VERIFY,
        LIST,
        LIST,
        ("GET", "/payout/:id"),
        ("POST", "/payout/validate-address"),
        ("GET", "/balance"),
        ("POST", "/auth"),
        ("*", "*"),
    ];
    let (method, path) = places[dice.random_range(0..places.len())];
    let fault = kind_of_fault(dice);
    let skip = [0, 0, 0, 1, 2][dice.random_range(0..5)];
    FaultRule { method: method.to_owned(), path: path.to_owned(), skip, times: Some(1), fault }
}

fn kind_of_fault(dice: &mut impl Rng) -> Fault {
    let handled = dice.random_ratio(1, 2);
    match dice.random_range(0..13) {
        0 => Fault::DropBefore,
        1 | 2 => Fault::DropAfter,
        3 => Fault::ServerError { handled },
        4 => Fault::BadGateway { handled },
        5 => Fault::TooManyRequests { retry_after: handled.then_some(1) },
        6 => Fault::Truncated,
        7 => Fault::Empty,
        8 => Fault::Stale,
        9 => Fault::Unreadable,
        10 => Fault::Maintenance,
        11 => Fault::ExpiredToken,
        _ => Fault::Duplicated,
    }
}

#[cfg(test)]
mod tests {
    use crate::journey::Due;

    use super::*;

    #[test]
    fn a_case_is_found_again_by_its_name() {
        let names = ["seed:17", "code-clock:0", "pin-lost:3", "parts-late:9", "series-unanswered:12"];
        for name in names {
            assert_eq!(name.parse::<Case>().unwrap().to_string(), name);
        }
        for name in ["seed", "seed:x", "clock:3", "code-sleep:3", "whole-clock:3"] {
            assert!(name.parse::<Case>().is_err(), "{name}");
        }
    }

    #[test]
    fn a_seed_always_means_the_same() {
        let plan = |seed| format!("{:?}", Case::Seed(seed).plan());
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
    }

    #[test]
    fn few_seeds_are_enough_for_everything_to_come_together() {
        type Test = fn(&Journey) -> bool;
        let journeys: Vec<_> = (0..100).map(|seed| Case::Seed(seed).plan().journey).collect();
        let mixtures: [(&str, Test); 10] = [
            ("parts, with failures", |journey| journey.parts() > 1 && journey.failing.is_some()),
            ("parts, late", |journey| journey.parts() > 1 && journey.dawdles != Dawdles::Never),
            ("parts, scheduled", |journey| journey.parts() > 1 && journey.schedule.is_some()),
            ("parts, revised", |journey| journey.parts() > 1 && journey.revised.is_some()),
            ("parts, paid twice", |journey| journey.parts() > 1 && journey.again == Again::Paid),
            ("series, with failures", |journey| journey.runs() > 2 && journey.failing.is_some()),
            ("series, revised", |journey| journey.runs() > 1 && journey.revised.is_some()),
            ("sums, in parts", |journey| {
                journey.parts() > 1 && journey.rows.iter().any(|row| row.fiat.is_some())
            }),
            ("sums, in a series", |journey| {
                journey.runs() > 1 && journey.rows.iter().any(|row| row.fiat.is_some())
            }),
            ("failures, revised", |journey| journey.failing.is_some() && journey.revised.is_some()),
        ];
        for (name, is_it) in mixtures {
            assert!(journeys.iter().any(is_it), "{name}");
        }
        for then in [Then::Nothing, Then::PaidAfterAll, Then::PaidAgain] {
            let is = |failing: &Failing| failing.then == then;
            assert!(journeys.iter().any(|journey| journey.failing.as_ref().is_some_and(is)), "{then:?}");
        }
    }

    #[test]
    fn a_file_is_wrong_only_where_it_is_corrected() {
        let rows = vec![Row { fiat: Some("eur".to_owned()), ..row(0, "20.5") }, row(3, "30")];
        let again = Again::Discarded;
        let journey = Journey { corrected: Some(1), again, ..Journey::plain(rows, Approval::Code) };
        assert_eq!(
            journey.file(),
            "address,currency,amount,fiat_amount,fiat_currency,extra_id\n\
             TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH,trx,,20.5,eur,\n\
             rLVo29ML6SNPRYKYWwrcQFk1xd3ktvQwat,xrp,130,,,1234567\n"
        );
        let wanted = journey.wanted(2, false).unwrap();
        assert_eq!((wanted.amount.as_str(), wanted.extra_id.as_str()), ("30", "1234567"));
        let wanted = journey.wanted(1, false).unwrap();
        assert_eq!((wanted.fiat_amount.as_str(), wanted.fiat_currency.as_str()), ("20.5", "eur"));
        assert!(journey.due(false).values().all(|due| *due == Due { paid: 1, failed: 0 }));
    }

    #[test]
    fn what_is_due_follows_from_what_the_owner_wants_and_from_what_cannot_be_sent() {
        let rows = vec![row(0, "20.5"), row(3, "30")];
        let revised = Some(Revision { row: 0, amount: "91".to_owned() });
        let failing = |then| Some(Failing { address: rows[1].address.clone(), then });
        let schedule = Some(Scheduled { delay: 900, runs: 3 });
        let plain = || Journey { revised: revised.clone(), ..Journey::plain(rows.clone(), Approval::Code) };
        let due = |journey: Journey, is_revised| {
            let due = journey.due(is_revised).into_iter();
            due.map(|(row, due)| (row.amount, due.paid, due.failed)).collect::<Vec<_>>()
        };
        let row = |amount: &str, paid, failed| (amount.to_owned(), paid, failed);
        assert_eq!(due(plain(), false), [row("20.5", 1, 0), row("30", 1, 0)]);
        assert_eq!(due(plain(), true), [row("91", 1, 0), row("30", 1, 0)]);
        assert_eq!(due(Journey { schedule, ..plain() }, true), [row("91", 3, 0), row("30", 3, 0)]);
        for (then, paid, failed) in
            [(Then::Nothing, 0, 1), (Then::PaidAfterAll, 1, 0), (Then::PaidAgain, 1, 1)]
        {
            let journey = Journey { failing: failing(then), ..plain() };
            assert_eq!(due(journey, false), [row("20.5", 1, 0), row("30", paid, failed)]);
        }
    }
}
