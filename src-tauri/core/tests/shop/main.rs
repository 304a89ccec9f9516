//! What an owner does with a shop, against the simulator. What belongs to the process, such as the language that is spoken and the
//! log, is tested in the files beside this folder.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "../common"]
mod common {
    pub(crate) mod between;
    pub(crate) mod killer;
    pub(crate) mod moving;
    pub(crate) mod payouts;
    pub(crate) mod world;
}

mod attention;
mod backup;
mod balances;
mod conversions;
mod custody;
mod data;
mod drafts;
mod fiat_payouts;
mod making;
mod moves;
mod notifications;
mod payment_detail;
mod payments;
mod payout_fiat;
mod payout_files;
mod payout_guards;
mod payout_parts;
mod payout_schedules;
mod payout_twice;
mod payouts;
mod read_only;
mod screen_lock;
mod second_factor;
mod shops;
mod subscription_calls;
mod subscriptions;
mod takings;
