//! What a shop does with NOWPayments: the cache and its sync, payouts from a file to the last row paid, approvals on
//! the device, notifications. Knows no window; the desktop shell and the command line call it.

pub mod addresses;
mod app;
pub mod attention;
pub mod audit;
pub mod backup;
pub mod balances;
pub mod callbacks;
pub mod changes;
pub mod charts;
pub mod coins;
pub mod conversions;
pub mod custody;
pub mod data;
pub mod drafts;
pub mod exports;
pub mod failure;
pub mod fiat;
pub mod fiat_payouts;
mod hashing;
pub mod invoices;
pub mod language;
pub mod moves;
pub mod notifications;
pub mod payments;
pub mod payouts;
mod pins;
pub mod qr_codes;
mod screen_lock;
pub mod second_factor;
pub mod secrets;
pub mod shops;
mod spreadsheet;
mod store;
pub mod subscriptions;
pub mod surroundings;
pub mod takings;
mod turn;
mod under_way;
mod xlsx;

pub use app::{AppState, Core, GuardingPin, OpenShop, Removal, Settings, TextSize, Theme};
pub use changes::Changed;
pub use failure::{Failure, FailureCode};
pub use language::Language;
pub use screen_lock::LockState;
