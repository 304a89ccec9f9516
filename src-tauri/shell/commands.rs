//! What the window can ask for, in files named after the nouns of the business.

pub(crate) mod app;
pub(crate) mod attention;
pub(crate) mod audit;
pub(crate) mod balances;
pub(crate) mod callbacks;
pub(crate) mod conversions;
pub(crate) mod custody;
pub(crate) mod data;
pub(crate) mod exports;
pub(crate) mod fiat_payouts;
pub(crate) mod invoices;
pub(crate) mod moves;
pub(crate) mod notifications;
pub(crate) mod payments;
pub(crate) mod payouts;
pub(crate) mod screen_lock;
pub(crate) mod second_factor;
pub(crate) mod shops;
pub(crate) mod subscriptions;
pub(crate) mod takings;

/// How every command answers.
pub(crate) type Answer<T> = Result<T, paydesk_core::Failure>;
