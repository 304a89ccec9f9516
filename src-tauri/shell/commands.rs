//! What the window can ask for, in files named after the nouns of the business.

pub(crate) mod app;
pub(crate) mod attention;
pub(crate) mod audit;
pub(crate) mod balances;
pub(crate) mod callbacks;
pub(crate) mod conversions;
pub(crate) mod custody;
pub(crate) mod data;
pub(crate) mod drafts;
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

use paydesk_core::payouts::BothPins;
use secrecy::SecretString;

/// How every command answers.
pub(crate) type Answer<T> = Result<T, paydesk_core::Failure>;

/// The PINs of both persons, where the window gives any.
pub(crate) fn both_pins(preparer: Option<String>, approver: Option<String>) -> Option<BothPins> {
    if preparer.is_none() && approver.is_none() {
        return None;
    }
    let pin = |given: Option<String>| SecretString::from(given.unwrap_or_default());
    Some(BothPins { preparer: pin(preparer), approver: pin(approver) })
}
