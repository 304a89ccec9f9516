//! All things of one kind, in the order of their creation, found by their ids.
//!
//! Ids are drawn by lot, as NOWPayments' seem to be: who sorts by them learns nothing about time.

use std::collections::BTreeMap;
use std::ops::Range;

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize, Serializer};

/// What has an id.
pub(crate) trait Entry {
    /// Where its ids are drawn from.
    const IDS: Range<u64> = 10_000_000..6_000_000_000;

    fn id(&self) -> u64;
}

/// The list, and where in it each id stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Vec<T>", bound(deserialize = "T: Entry + Deserialize<'de>"))]
pub(crate) struct Roll<T> {
    list: Vec<T>,
    index: BTreeMap<u64, usize>,
}

impl<T> Default for Roll<T> {
    fn default() -> Self {
        Self { list: Vec::new(), index: BTreeMap::new() }
    }
}

impl<T: Serialize> Serialize for Roll<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}

impl<T: Entry> From<Vec<T>> for Roll<T> {
    fn from(list: Vec<T>) -> Self {
        let index = list.iter().enumerate().map(|(i, entry)| (entry.id(), i)).collect();
        Self { list, index }
    }
}

impl<T: Entry> Roll<T> {
    /// Oldest first.
    pub(crate) fn all(&self) -> &[T] {
        &self.list
    }

    /// How many there are, as the ordinal of a stream of random numbers.
    pub(crate) fn count(&self) -> u64 {
        self.list.len() as u64
    }

    pub(crate) fn get(&self, id: u64) -> Option<&T> {
        self.index.get(&id).map(|i| &self.list[*i])
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        self.index.get(&id).map(|i| &mut self.list[*i])
    }

    pub(crate) fn add(&mut self, entry: T) {
        self.index.insert(entry.id(), self.list.len());
        self.list.push(entry);
    }

    /// Takes one out for good.
    pub(crate) fn remove(&mut self, id: u64) -> Option<T> {
        let i = self.index.remove(&id)?;
        let entry = self.list.remove(i);
        for place in self.index.values_mut().filter(|place| **place > i) {
            *place -= 1;
        }
        Some(entry)
    }

    /// An id that none of them has.
    pub(crate) fn new_id(&self, rng: &mut impl Rng) -> u64 {
        loop {
            let id = rng.random_range(T::IDS);
            if !self.index.contains_key(&id) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Entry for (u64, &str) {
        fn id(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn entries_keep_their_order_and_are_found_after_another_was_taken_out() {
        let mut roll = Roll::from(vec![(7, "a"), (3, "b"), (9, "c")]);
        assert_eq!(roll.remove(7), Some((7, "a")));
        assert_eq!(roll.remove(7), None);
        roll.add((1, "d"));
        assert_eq!(roll.all(), [(3, "b"), (9, "c"), (1, "d")]);
        assert_eq!(
            [3, 9, 1, 7].map(|id| roll.get(id).map(|(_, name)| *name)),
            [Some("b"), Some("c"), Some("d"), None]
        );
    }
}
