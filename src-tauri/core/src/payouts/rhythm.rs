//! How fast NOWPayments is asked when much is to be asked: as fast as it bears. Its limits are not documented.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The time between two questions at the beginning, and its bounds.
const FIRST: Duration = Duration::from_millis(20);
const SHORTEST: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_secs(5);
/// The longest wait that an answer may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A rhythm of questions that becomes a little faster with every answer and halves its speed when there were too many.
#[derive(Debug)]
pub(crate) struct Rhythm(Mutex<Beat>);

#[derive(Debug)]
struct Beat {
    /// When the next question may be asked.
    next: Instant,
    gap: Duration,
}

impl Rhythm {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Beat::new(Instant::now())))
    }

    /// Waits for one's turn.
    pub(crate) async fn turn(&self) {
        let at = self.lock().turn(Instant::now());
        tokio::time::sleep_until(at).await;
    }

    /// A question was answered.
    pub(crate) fn faster(&self) {
        self.lock().faster();
    }

    /// There were too many questions; `pause` is what was asked for.
    pub(crate) fn slower(&self, pause: Option<Duration>) {
        self.lock().slower(Instant::now(), pause);
    }

    /// Nothing here is left half done by a panic.
    fn lock(&self) -> MutexGuard<'_, Beat> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Beat {
    fn new(now: Instant) -> Self {
        Self { next: now, gap: FIRST }
    }

    /// When whoever asks for a turn has it.
    fn turn(&mut self, now: Instant) -> Instant {
        let at = self.next.max(now);
        self.next = at + self.gap;
        at
    }

    fn faster(&mut self) {
        self.gap = (self.gap - self.gap / 64).max(SHORTEST);
    }

    fn slower(&mut self, now: Instant, pause: Option<Duration>) {
        self.gap = (self.gap * 2).min(LONGEST);
        let pause = pause.unwrap_or(self.gap).min(LONGEST_PAUSE);
        self.next = self.next.max(now + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_as_fast_as_the_answers_allow() {
        let now = Instant::now();
        let mut beat = Beat::new(now);
        let turns: Vec<_> = (0..3).map(|_| beat.turn(now) - now).collect();
        assert_eq!(turns, [Duration::ZERO, FIRST, 2 * FIRST]);
        (0..1000).for_each(|_| beat.faster());
        let first = beat.turn(now);
        assert_eq!(beat.turn(now) - first, SHORTEST);
    }

    #[test]
    fn too_many_questions_halve_it_and_pause_it_as_asked() {
        let now = Instant::now();
        let mut beat = Beat::new(now);
        beat.slower(now, Some(Duration::from_secs(7)));
        assert_eq!(beat.turn(now) - now, Duration::from_secs(7));
        assert_eq!(beat.turn(now) - now, Duration::from_secs(7) + 2 * FIRST);
        (0..20).for_each(|_| beat.slower(now, None));
        let first = beat.turn(now);
        assert_eq!(beat.turn(now) - first, LONGEST);
        beat.slower(now, Some(Duration::from_secs(3600)));
        assert!(beat.turn(now) - now <= LONGEST_PAUSE);
    }
}
