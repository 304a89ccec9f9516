//! The one event that crosses to the window: what has changed, so that views read again.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{failure::Failure, notifications::Subject};

/// Something changed. A view names the kinds it depends on and reads again; nothing else triggers a read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Changed {
    /// So much has changed at once that every view reads again.
    Everything,
    /// Shops were added, removed, renamed or switched.
    Shops,
    /// Settings of the app.
    Settings,
    /// The app was locked or unlocked, or its lock was changed.
    Lock,
    /// Lists of payments that the owner gave a name.
    PaymentViews,
    /// Payments in the cache.
    Payments,
    /// What the shop holds.
    Balances,
    /// What came in, day by day.
    Takings,
    /// What needs attention: cases that were settled or came back, that time made, or whose refund was prepared. Those
    /// that payments make and end come with [`Self::Payments`].
    Attention,
    /// How the sync stands.
    Sync,
    /// One batch of payouts, its rows or its approval.
    Payouts {
        /// The batch.
        batch: String,
    },
    /// Moves of money inside the account that are made here, and how far they have come.
    Moves,
    /// Users with balances of their own, what they have, and what was moved to and from them.
    Custody,
    /// Conversions of one coin into another.
    Conversions,
    /// Payouts to accounts at banks, and these accounts.
    FiatPayouts,
    /// How far the reading of a file of payouts is.
    PayoutFile,
    /// How far the export is.
    Export,
    /// How far a backup, a restore or an export of everything is.
    Data,
    /// Plans, subscriptions, what was asked for here, or a file of subscribers and how far it is.
    Subscriptions,
    /// The way codes are given, or its lock.
    SecondFactor,
    /// Notifications that were decided on.
    Notifications,
    /// Callbacks that came in, or the listener for them.
    Callbacks,
    /// A file came in from outside the window (dropped, or given on the command line) and is this batch now: show it.
    Opened {
        /// The batch.
        batch: String,
    },
    /// A file came in from outside the window and waits for the owner to say how it is to be read.
    Asks {
        /// The file.
        file: String,
    },
    /// A file was dropped on the window and waits for its importer, which is on the screen, to ask what that needs to know.
    Dropped {
        /// Its name.
        name: String,
        /// Several were dropped, and this is the first.
        only_first: bool,
    },
    /// A notification was chosen outside the window: show what it is about, or else the payments.
    Show {
        /// What it is about.
        subject: Option<Subject>,
    },
    /// A file came in from outside the window and could not be taken.
    NotOpened {
        /// Why.
        failure: Failure,
    },
}
