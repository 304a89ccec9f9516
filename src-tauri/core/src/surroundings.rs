//! What core is given from outside: time, randomness, paths, the keychain. Tests hand in their own.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Local, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, TimeDelta, TimeZone, Utc};

use crate::{pins::Waits, secrets::Keychain};

/// A source of random bytes.
pub type Randomness = dyn Fn(&mut [u8]) + Send + Sync;

/// The world around core.
#[derive(Clone)]
pub struct Surroundings {
    /// The time now, UTC.
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// How long this computer was awake since some moment, by a clock that nobody can set.
    pub awake: Arc<dyn Fn() -> Duration + Send + Sync>,
    /// The waits after wrong PINs that run.
    pub waits: Arc<Waits>,
    /// When a day begins where the owner is.
    pub day_begins: Arc<dyn Fn(NaiveDate) -> DateTime<Utc> + Send + Sync>,
    /// What the owner's clock shows at a time.
    pub local: Arc<dyn Fn(DateTime<Utc>) -> NaiveDateTime + Send + Sync>,
    /// The name of the owner's time zone, such as `Europe/Berlin`; `None` where the system has none.
    pub zone: Option<String>,
    /// Fills a buffer with random bytes fit for keys.
    pub random: Arc<Randomness>,
    /// How long one call to NOWPayments may take, its whole answer included.
    pub patience: Duration,
    /// The folder for databases. Made if missing.
    pub data: PathBuf,
    /// The folder of the log files, which core does not write.
    pub logs: PathBuf,
    /// Where secrets are kept.
    pub keychain: Keychain,
}

impl Surroundings {
    /// The clock, the zone and the random numbers of this computer.
    pub fn native(data: PathBuf, keychain: Keychain) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "without the system's randomness nothing can be sealed or told apart"
        )]
        let random = |buffer: &mut [u8]| getrandom::fill(buffer).expect("the system has random numbers");
        let begun = Instant::now();
        Self {
            now: Arc::new(Utc::now),
            awake: Arc::new(move || begun.elapsed()),
            waits: Arc::default(),
            day_begins: Arc::new(|day| beginning(day, &Local)),
            local: Arc::new(|at| at.with_timezone(&Local).naive_local()),
            zone: iana_time_zone::get_timezone().ok(),
            random: Arc::new(random),
            patience: Duration::from_secs(30),
            logs: data.join("logs"),
            data,
            keychain,
        }
    }

    /// The time now, UTC, to the millisecond: as exact as it can be stored.
    pub fn now(&self) -> DateTime<Utc> {
        (self.now)().trunc_subsecs(3)
    }

    /// `N` random bytes.
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }

    /// A random (version 4) UUID.
    pub fn uuid(&self) -> uuid::Uuid {
        uuid::Builder::from_random_bytes(self.random_bytes()).into_uuid()
    }
}

/// When `day` begins in `zone`: at midnight, or as soon after it as there is a time, where clocks are put forward then.
fn beginning(day: NaiveDate, zone: &impl TimeZone) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    (0..24 * 4)
        .find_map(|quarter| {
            zone.from_local_datetime(&(midnight + TimeDelta::minutes(15 * quarter))).earliest()
        })
        .map_or_else(|| midnight.and_utc(), |begins| begins.to_utc())
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("data", &self.data).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, MappedLocalTime, Offset};

    use super::*;

    /// A zone whose clocks are put forward by an hour at midnight of the 1st of April, as they were in Cairo or Beirut.
    #[derive(Debug, Clone)]
    struct Zone;

    impl TimeZone for Zone {
        type Offset = FixedOffset;

        fn from_offset(_: &FixedOffset) -> Self {
            Self
        }

        fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<FixedOffset> {
            self.offset_from_local_datetime(&local.and_time(NaiveTime::MIN))
        }

        fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<FixedOffset> {
            let change = "2026-04-01T00:00:00".parse().unwrap();
            let hours = |hours| MappedLocalTime::Single(FixedOffset::east_opt(hours * 3600).unwrap());
            match *local {
                before if before < change => hours(2),
                after if after >= change + TimeDelta::hours(1) => hours(3),
                _ => MappedLocalTime::None,
            }
        }

        fn offset_from_utc_date(&self, utc: &NaiveDate) -> FixedOffset {
            self.offset_from_utc_datetime(&utc.and_time(NaiveTime::MIN))
        }

        fn offset_from_utc_datetime(&self, _: &NaiveDateTime) -> FixedOffset {
            Utc.fix()
        }
    }

    #[test]
    fn a_day_begins_at_midnight_or_when_the_clocks_have_been_put_forward() {
        let begins = |day: &str| beginning(day.parse().unwrap(), &Zone).to_rfc3339();
        assert_eq!(begins("2026-03-31"), "2026-03-30T22:00:00+00:00");
        assert_eq!(begins("2026-04-01"), "2026-03-31T22:00:00+00:00");
        assert_eq!(begins("2026-04-02"), "2026-04-01T21:00:00+00:00");
    }
}
