//! What is kept between two reads of lists. It holds until payments change, which the revision in the database says.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::{
    super::{
        PaymentSort,
        search::{Condition, Search},
    },
    numbers::{Ordered, Set},
};

/// The condition last asked for is last; of so many conditions the payments are kept, 125 kB for a million.
const SETS: usize = 16;
/// Of so many lists the order is kept, 4 MB for a million.
const LISTS: usize = 3;

/// Made once, however many ask for it at the same time.
pub(super) type Slot<T> = Arc<OnceCell<Arc<T>>>;

#[derive(Debug, Default)]
pub(in crate::payments) struct Kept(Mutex<Contents>);

#[derive(Debug, Default)]
struct Contents {
    revision: i64,
    sets: Vec<(Condition, Slot<Set>)>,
    lists: Vec<((Search, PaymentSort), Slot<Ordered>)>,
}

impl Kept {
    /// The payments for which a condition holds.
    pub(super) fn set(&self, revision: i64, condition: &Condition) -> Slot<Set> {
        self.at(revision, |contents| take(&mut contents.sets, condition, SETS))
    }

    /// The payments that are found, in an order.
    pub(super) fn list(&self, revision: i64, search: &Search, sort: PaymentSort) -> Slot<Ordered> {
        self.at(revision, |contents| take(&mut contents.lists, &(search.clone(), sort), LISTS))
    }

    /// Whether these payments were asked for in this order before, which they now were.
    pub(super) fn was_asked_for(&self, revision: i64, search: &Search, sort: PaymentSort) -> bool {
        self.at(revision, |contents| {
            let key = (search.clone(), sort);
            let asked = contents.lists.iter().any(|(other, _)| *other == key);
            take(&mut contents.lists, &key, LISTS);
            asked
        })
    }

    /// Looks into what is kept of a revision. A newer one has everything before it forgotten; a look that began before
    /// a change keeps nothing.
    fn at<T>(&self, revision: i64, look: impl FnOnce(&mut Contents) -> T) -> T {
        let mut contents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if revision < contents.revision {
            return look(&mut Contents::default());
        }
        if revision > contents.revision {
            *contents = Contents { revision, ..Contents::default() };
        }
        look(&mut contents)
    }
}

fn take<K: Clone + PartialEq, T>(kept: &mut Vec<(K, Slot<T>)>, key: &K, most: usize) -> Slot<T> {
    let slot = match kept.iter().position(|(other, _)| other == key) {
        Some(at) => kept.remove(at).1,
        None => Slot::default(),
    };
    if kept.len() >= most {
        kept.remove(0);
    }
    kept.push((key.clone(), slot.clone()));
    slot
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_kept_until_payments_change_and_no_longer() {
        let kept = Kept::default();
        let (all, sort) = (Search::default(), PaymentSort::Price);
        let first = kept.list(5, &all, sort);
        assert!(Arc::ptr_eq(&first, &kept.list(5, &all, sort)));
        assert!(!Arc::ptr_eq(&first, &kept.list(5, &all, PaymentSort::Coin)));
        let second = kept.list(6, &all, sort);
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(!Arc::ptr_eq(&second, &kept.list(5, &all, sort)), "a late look must not see what is newer");
        assert!(Arc::ptr_eq(&second, &kept.list(6, &all, sort)), "nor have it forgotten");
    }

    #[test]
    fn only_the_lists_asked_for_last_are_kept() {
        let kept = Kept::default();
        let all = Search::default();
        let first = kept.list(1, &all, PaymentSort::ALL[0]);
        for sort in PaymentSort::ALL.into_iter().take(LISTS) {
            kept.list(1, &all, sort);
        }
        assert!(Arc::ptr_eq(&first, &kept.list(1, &all, PaymentSort::ALL[0])));
        for sort in PaymentSort::ALL.into_iter().skip(1).take(LISTS) {
            kept.list(1, &all, sort);
        }
        assert!(!Arc::ptr_eq(&first, &kept.list(1, &all, PaymentSort::ALL[0])));
    }
}
