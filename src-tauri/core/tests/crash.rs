//! Paydesk is killed in the middle of a payout, at every step and at random ones, while the network fails. Afterwards each
//! row was paid exactly once, by the simulator's own books.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

#[path = "common/killer.rs"]
mod killer;
#[path = "common/payouts.rs"]
mod payouts;
#[path = "common/world.rs"]
mod world;

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use killer::Killer;
use nowpayments_simulator::{Fault, FaultRule, History};
use paydesk_core::{
    Core, Failure,
    payouts::batch::{Batch, BatchState},
};
use payouts::{ETH, FILE, TRX, XRP};
use tokio::runtime;
use world::World;

/// A NOWPayments that outlives every Paydesk.
struct Stage {
    runtime: runtime::Runtime,
    world: World,
}

impl Stage {
    fn new() -> Self {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let world = runtime.block_on(async {
            let world = World::new(History::None).await;
            world.simulator.pause();
            let (core, _) = world.open_shop().await;
            core.close().await;
            world
        });
        Self { runtime, world }
    }

    /// One life of Paydesk. True when the owner got to the end of the batch.
    fn live(&self, killer: &Arc<Killer>) -> bool {
        killer.live(mind(&self.world, killer))
    }

    fn assert_paid_once(&self, seed: &str) {
        // Whatever else was left at NOWPayments ends by itself, and is not paid.
        self.world.simulator.clear_faults();
        self.world.simulator.step(Duration::from_secs(4000));
        let ledger = self.world.simulator.ledger();
        let mut paid: Vec<_> = ledger
            .payouts
            .iter()
            .filter(|row| row.times_paid > 0)
            .map(|row| (row.address.as_str(), row.currency.as_str(), row.amount.to_string(), row.times_paid))
            .collect();
        paid.sort();
        let mut rows = vec![
            (TRX, "trx", "200".to_owned(), 1),
            (TRX, "usdttrc20", "12.5".to_owned(), 1),
            (ETH, "eth", "0.25".to_owned(), 1),
            (XRP, "xrp", "30".to_owned(), 1),
        ];
        rows.sort();
        assert_eq!(paid, rows, "{seed}");
        assert!(ledger.conserved, "{seed}");
    }
}

/// The owner: does what the screen offers until the batch has ended.
async fn mind(world: &World, killer: &Arc<Killer>) {
    let core = Core::open_with(killer.surroundings(world.surroundings()), world.bases()).await.unwrap();
    core.reopen(|| async { Err(Failure::other("no demo")) }).await.unwrap();
    let shop = core.shop().unwrap();
    let payouts = &shop.payouts;
    let mut changes = core.changes();
    let mut last: Option<Batch> = None;
    for _ in 0..400 {
        let Some(summary) = payouts.list().await.unwrap().into_iter().next() else {
            let _ = payouts.open_text("wages.csv", FILE).await;
            continue;
        };
        let id = summary.id;
        let batch = payouts.get(&id).await.unwrap();
        match batch.summary.state {
            BatchState::Draft if batch.checking.is_some() => {
                let _ = tokio::time::timeout(Duration::from_millis(200), changes.recv()).await;
            }
            BatchState::Draft => drop(payouts.check(&id).await),
            BatchState::Checked => drop(payouts.send(&id, &batch.rows_hash, None).await),
            BatchState::Unknown if batch.may_release => drop(payouts.release(&id).await),
            BatchState::Created => {
                world.simulator.step(Duration::from_secs(31));
                let looked = payouts.look(&id).await;
                if let Some(approval) = looked.ok().and_then(|batch| batch.approval) {
                    let code = world.simulator.code().code;
                    let _ =
                        payouts.approve_with_code(&approval.id, &approval.rows_hash, code.into(), None).await;
                }
            }
            BatchState::Finished => {
                core.close().await;
                return;
            }
            BatchState::Locked
            | BatchState::Submitting
            | BatchState::Unknown
            | BatchState::Verified
            | BatchState::Sending => {
                world.simulator.step(Duration::from_secs(16));
                let _ = payouts.look(&id).await;
            }
            BatchState::FinishedWithFailures
            | BatchState::Rejected
            | BatchState::Expired
            | BatchState::Cancelled
            | BatchState::InParts => {
                panic!("it must not end like this: {batch:#?}")
            }
        }
        last = Some(batch);
    }
    panic!("stuck: {last:#?}");
}

/// Runs `work` for every number from 0 until it says that there are no more, on all cores.
fn for_each(work: impl Fn(u64) -> bool + Sync) {
    let (next, failed) = (AtomicU64::new(0), Mutex::new(None));
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !end.load(Ordering::SeqCst) {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    match catch_unwind(AssertUnwindSafe(|| work(number))) {
                        Ok(true) => {}
                        Ok(false) => end.store(true, Ordering::SeqCst),
                        Err(_) => {
                            failed.lock().unwrap().get_or_insert(number);
                            end.store(true, Ordering::SeqCst);
                        }
                    }
                }
            });
        }
    });
    assert_eq!(*failed.lock().unwrap(), None, "this one failed");
}

#[test]
fn killed_between_any_two_steps_paydesk_pays_every_row_once() {
    let kills = AtomicU64::new(0);
    for_each(|step| {
        let stage = Stage::new();
        let killed = !stage.live(&Killer::after(i64::try_from(step).unwrap()));
        if killed {
            kills.fetch_add(1, Ordering::SeqCst);
            assert!(stage.live(&Killer::after(i64::MAX)));
        }
        stage.assert_paid_once(&format!("killed after {step}"));
        // The network did nothing wrong here, so it was never created again either.
        let batches: BTreeSet<_> =
            stage.world.simulator.ledger().payouts.into_iter().map(|row| row.batch_id).collect();
        assert_eq!(batches.len(), 1, "killed after {step}");
        stage.runtime.shutdown_background();
        killed
    });
    assert!(kills.load(Ordering::SeqCst) > 30, "a journey has more steps than {kills:?}");
}

/// A generator of numbers that are the same for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % most
    }

    fn fault(&mut self) -> FaultRule {
        let (method, path) = [
            ("POST", "/payout"),
            ("POST", "/payout"),
            ("POST", "/payout/:id/verify"),
            ("POST", "/payout/:id/verify"),
            ("GET", "/payout"),
            ("GET", "/payout/:id"),
            ("POST", "/payout/validate-address"),
        ][usize::try_from(self.below(7)).unwrap()];
        let handled = self.below(2) == 0;
        let fault = match self.below(10) {
            0 => Fault::DropBefore,
            1 | 2 => Fault::DropAfter,
            3 => Fault::ServerError { handled },
            4 => Fault::BadGateway { handled },
            5 => Fault::TooManyRequests { retry_after: None },
            6 => Fault::Truncated,
            7 => Fault::Empty,
            8 => Fault::Stale,
            _ => Fault::Duplicated,
        };
        let skip = u32::try_from(self.below(2)).unwrap();
        FaultRule { method: method.to_owned(), path: path.to_owned(), skip, times: Some(1), fault }
    }
}

/// How many seeds the gate plays. `PAYDESK_CRASH_SEEDS` asks for more.
const SEEDS: u64 = 40;

#[test]
fn whatever_fails_and_whenever_it_is_killed_paydesk_pays_every_row_once() {
    let seeds =
        std::env::var("PAYDESK_CRASH_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    for_each(|seed| {
        if seed >= seeds {
            return false;
        }
        let mut dice = Dice(seed);
        let stage = Stage::new();
        let faults: Vec<_> = (0..dice.below(4)).map(|_| dice.fault()).collect();
        faults.iter().for_each(|fault| stage.world.simulator.set_fault(fault.clone()));
        let mut kills = Vec::new();
        let mut done = false;
        for _ in 0..dice.below(4) {
            let killer = Killer::after(i64::try_from(dice.below(110)).unwrap());
            done = stage.live(&killer);
            kills.push(killer.asked.load(Ordering::SeqCst));
            if done {
                break;
            }
        }
        if !done {
            assert!(stage.live(&Killer::after(i64::MAX)));
        }
        stage.assert_paid_once(&format!("seed {seed}, killed after {kills:?}, with {faults:?}"));
        stage.runtime.shutdown_background();
        true
    });
}
