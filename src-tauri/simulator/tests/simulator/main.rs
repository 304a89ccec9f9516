//! The simulator as a client sees it: over HTTP, with a clock that stands still until a test steps it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say so and end")]

mod access;
mod balances;
mod callbacks;
mod command;
mod conservation;
mod control;
mod conversions;
mod currencies;
mod custody;
mod faults;
mod fiat_payouts;
mod hold;
mod independence;
mod invoices;
mod payments;
mod payouts;
mod readme;
mod schedules;
mod state_file;
mod subscriptions;
mod till;
mod world;
