//! Ends Paydesk between two steps: core asks for the time around everything that it does, so a clock that panics at the
//! n-th question is a kill. Everything of that life is then dropped with its runtime, requests that are under way
//! included.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Once,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::Utc;
use paydesk_core::surroundings::Surroundings;
use tokio::{runtime, sync::Notify};

const STOPPED: &str = "Paydesk was killed";

/// Ends a life of Paydesk after so many questions for the time.
#[derive(Default)]
pub(crate) struct Killer {
    questions_left: AtomicI64,
    dead: AtomicBool,
    told: Notify,
}

impl Killer {
    pub(crate) fn after(questions: i64) -> Arc<Self> {
        Arc::new(Self { questions_left: questions.into(), ..Self::default() })
    }

    pub(crate) fn surroundings(self: &Arc<Self>, calm: Surroundings) -> Surroundings {
        let killer = self.clone();
        let now = move || {
            if killer.questions_left.fetch_sub(1, Ordering::SeqCst) <= 0 {
                killer.dead.store(true, Ordering::SeqCst);
                killer.told.notify_one();
                std::panic::panic_any(STOPPED);
            }
            Utc::now()
        };
        Surroundings { now: Arc::new(now), ..calm }
    }

    /// One life of Paydesk, lived on a runtime of its own. True when it came to its end.
    pub(crate) fn live(&self, life: impl Future<Output = ()>) -> bool {
        expect_kills();
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ended = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = self.told.notified() => false,
                    () = life => true,
                }
            })
        }));
        runtime.shutdown_timeout(Duration::from_secs(10));
        match ended {
            Ok(ended) => ended,
            Err(_) if self.dead.load(Ordering::SeqCst) => false,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

fn expect_kills() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.payload().downcast_ref::<&str>() != Some(&STOPPED) {
                report(panic);
            }
        }));
    });
}
