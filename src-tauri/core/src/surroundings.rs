//! What core is given from outside: time, randomness, paths, the keychain. Tests hand in their own.

use std::{path::PathBuf, sync::Arc};

use chrono::{DateTime, SubsecRound, Utc};

use crate::secrets::Keychain;

/// A source of random bytes.
pub type Randomness = dyn Fn(&mut [u8]) + Send + Sync;

/// The world around core.
#[derive(Clone)]
pub struct Surroundings {
    /// The time now, UTC.
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// Fills a buffer with random bytes fit for keys.
    pub random: Arc<Randomness>,
    /// The folder for databases. Made if missing.
    pub data: PathBuf,
    /// Where secrets are kept.
    pub keychain: Keychain,
}

impl Surroundings {
    /// The clock and the random numbers of this computer.
    pub fn native(data: PathBuf, keychain: Keychain) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "without the system's randomness nothing can be sealed or told apart"
        )]
        let random = |buffer: &mut [u8]| getrandom::fill(buffer).expect("the system has random numbers");
        Self { now: Arc::new(Utc::now), random: Arc::new(random), data, keychain }
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

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("data", &self.data).finish_non_exhaustive()
    }
}
