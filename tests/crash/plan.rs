//! What is played: which journey, when Paydesk dies, and what fails on the way.

use std::{fmt, str::FromStr, time::Duration};

use anyhow::{Context, Error, bail};
use nowpayments_simulator::{Fault, FaultRule, Point};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::journey::{Again, Approval, Dawdles, Journey, Row};

/// One case: its name says everything about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// A journey without harm, with one death at a known step.
    Step(Approval, Step),
    /// Whatever this seed means.
    Seed(u64),
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
            Self::Step(approval, step) => {
                let rows = vec![row(0, "200"), row(1, "12.5"), row(2, "0.25"), row(3, "30")];
                let dawdles = Dawdles::Never;
                let journey = Journey { rows, corrected: None, approval, dawdles, again: Again::Never };
                Plan { journey, faults: Vec::new(), deaths: vec![step.death()], skews: Vec::new() }
            }
            Self::Seed(seed) => Plan::of_seed(&mut ChaCha8Rng::seed_from_u64(seed)),
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
        let (approval, step) = match self {
            Self::Seed(seed) => return write!(f, "seed:{seed}"),
            Self::Step(approval, step) => (approval, step),
        };
        let (kind, nth) = match step {
            Step::Clock(nth) => ("clock", nth),
            Step::Lost(nth) => ("lost", nth),
            Step::Late(nth) => ("late", nth),
            Step::Unanswered(nth) => ("unanswered", nth),
        };
        let approval = match approval {
            Approval::Code => "code",
            Approval::Pin => "pin",
        };
        write!(f, "{approval}-{kind}:{nth}")
    }
}

impl FromStr for Case {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (kind, nth) = text.split_once(':').context("a case is called `seed:17` or `code-clock:17`")?;
        let nth = nth.parse()?;
        let (approval, kind) = match kind.split_once('-') {
            None if kind == "seed" => return Ok(Self::Seed(nth)),
            Some(("code", kind)) => (Approval::Code, kind),
            Some(("pin", kind)) => (Approval::Pin, kind),
            _ => bail!("there is no case `{text}`"),
        };
        let step = match kind {
            "clock" => Step::Clock,
            "lost" => Step::Lost,
            "late" => Step::Late,
            "unanswered" => Step::Unanswered,
            _ => bail!("there is no case `{text}`"),
        };
        Ok(Self::Step(approval, step(nth)))
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
        extra_id: extra_id.map(str::to_owned),
    }
}

/// About what a whole journey takes.
const QUESTIONS: u64 = 90;
const CALLS: u64 = 40;
const MILLISECONDS: u64 = 700;

impl Plan {
    fn of_seed(dice: &mut ChaCha8Rng) -> Self {
        let journey = Journey::of_seed(dice);
        let mut faults: Vec<FaultRule> = (0..dice.random_range(0..6)).map(|_| fault(dice)).collect();
        if dice.random_ratio(1, 10) {
            faults.push(bad_network(dice));
        }
        let deaths: Vec<Death> = (0..dice.random_range(1..6)).map(|_| Death::of_seed(dice)).collect();
        let skews = deaths.iter().map(|_| [0, 0, 0, -7_200, 420][dice.random_range(0..5)]).collect();
        Self { journey, faults, deaths, skews }
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
                row(recipient, &amount(&mut *dice))
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
        Self { rows, corrected, approval, dawdles, again }
    }
}

impl Death {
    fn of_seed(dice: &mut impl Rng) -> Self {
        // Later lives have less to do: early deaths are more likely than late ones.
        let mut early = |most: u64| {
            let most = dice.random_range(1..=most);
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
    use super::*;

    #[test]
    fn a_case_is_found_again_by_its_name() {
        for name in ["seed:17", "code-clock:0", "pin-lost:3", "code-late:9", "pin-unanswered:12"] {
            assert_eq!(name.parse::<Case>().unwrap().to_string(), name);
        }
        for name in ["seed", "seed:x", "clock:3", "code-sleep:3"] {
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
    fn a_file_is_wrong_only_where_it_is_corrected() {
        let rows = vec![row(0, "20.5"), row(3, "30")];
        let journey = Journey {
            rows,
            corrected: Some(1),
            approval: Approval::Code,
            dawdles: Dawdles::Never,
            again: Again::Discarded,
        };
        assert_eq!(
            journey.file(),
            "address,currency,amount,extra_id\n\
             TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH,trx,20.5,\n\
             rLVo29ML6SNPRYKYWwrcQFk1xd3ktvQwat,xrp,130,1234567\n"
        );
        let (number, edit) = journey.correction().unwrap();
        assert_eq!((number, edit.amount.as_str(), edit.extra_id.as_str()), (2, "30", "1234567"));
        assert!(journey.owed().values().all(|times| *times == 1));
    }
}
