//! The clock of the simulation.

use chrono::{DateTime, Duration, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

/// Simulated time as a function of real time. It stands still or goes forward, never back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    simulated: DateTime<Utc>,
    real: DateTime<Utc>,
    speed: u32,
    paused: bool,
}

/// What the clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReading {
    /// Simulated time.
    pub now: DateTime<Utc>,
    /// Simulated seconds in a real second.
    pub speed: u32,
    /// Whether it stands still until it is stepped.
    pub paused: bool,
}

impl Clock {
    /// A clock that shows `simulated` now. With a speed of zero it is paused and would run at one.
    pub(crate) fn new(simulated: DateTime<Utc>, real: DateTime<Utc>, speed: u32) -> Self {
        Self { simulated, real, speed: speed.max(1), paused: speed == 0 }
    }

    /// The simulated time at this real time.
    pub(crate) fn at(&self, real: DateTime<Utc>) -> DateTime<Utc> {
        let passed = (real - self.real).max(Duration::zero());
        if self.paused {
            self.simulated
        } else {
            self.simulated + passed * i32::try_from(self.speed).unwrap_or(i32::MAX)
        }
    }

    pub(crate) fn read(&self, real: DateTime<Utc>) -> ClockReading {
        ClockReading { now: self.at(real).trunc_subsecs(3), speed: self.speed, paused: self.paused }
    }

    /// Sets it anew from what it shows: forward by `step`, and from then on at this speed, or not at all.
    pub(crate) fn set(&mut self, real: DateTime<Utc>, step: Duration, speed: u32, paused: bool) {
        *self =
            Self { simulated: self.at(real) + step.max(Duration::zero()), real, speed: speed.max(1), paused };
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(crate) fn speed(&self) -> u32 {
        self.speed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_at_its_speed_stands_still_and_never_goes_back() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let mut clock = Clock::new(at(1000), at(0), 60);
        assert_eq!(clock.at(at(2)), at(1120));
        assert_eq!(clock.at(at(-50)), at(1000));
        clock.set(at(2), Duration::zero(), 60, true);
        assert_eq!(clock.at(at(100)), at(1120));
        clock.set(at(100), Duration::seconds(5), 1, false);
        assert_eq!(clock.at(at(101)), at(1126));
    }
}
