//! Calls that are under way in this life of Paydesk, told apart from those that a crash has left behind.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// The calls that are under way, by id, and word of it whenever one of them is over.
#[derive(Debug, Default)]
pub(crate) struct UnderWay {
    ids: Mutex<HashSet<String>>,
    stirred: Notify,
}

impl UnderWay {
    /// A call is under way for as long as the mark lives.
    pub(crate) fn begin(&self, id: &str) -> Mark<'_> {
        self.ids().insert(id.to_owned());
        Mark { under_way: self, id: id.to_owned() }
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.ids().contains(id)
    }

    /// There is something new to look after.
    pub(crate) fn stir(&self) {
        self.stirred.notify_one();
    }

    /// Waits until there is something new to look after. Nothing is missed between two waits.
    pub(crate) async fn stirred(&self) {
        self.stirred.notified().await;
    }

    fn ids(&self) -> MutexGuard<'_, HashSet<String>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stands for a call while it is under way.
#[derive(Debug)]
pub(crate) struct Mark<'a> {
    under_way: &'a UnderWay,
    id: String,
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        self.under_way.ids().remove(&self.id);
        // Not a moment earlier: whoever looks after what is not known passes over what is under way.
        self.under_way.stir();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_call_that_is_over_stirs_once_it_is_no_longer_under_way() {
        let under_way = UnderWay::default();
        let mark = under_way.begin("a");
        assert!(under_way.has("a") && !under_way.has("b"));
        assert_eq!(under_way.stirred().now_or_never(), None);
        drop(mark);
        assert!(!under_way.has("a"));
        assert_eq!(under_way.stirred().now_or_never(), Some(()));
    }
}
