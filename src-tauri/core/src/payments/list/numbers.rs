//! Numbers of payments: as sets, which conditions are, and in an order, which lists are.

/// A set of numbers of payments: a bit for each.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Set {
    bits: Vec<u64>,
    /// How many there are.
    pub(super) count: usize,
}

impl Set {
    pub(super) fn has(&self, number: u32) -> bool {
        let (at, bit) = place(number);
        self.bits.get(at).is_some_and(|bits| bits & bit != 0)
    }

    /// Those that are in `other`, too.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.bits.truncate(other.bits.len());
        self.bits.iter_mut().zip(&other.bits).for_each(|(bits, other)| *bits &= other);
        self.counted()
    }

    /// Those that are not in `other`.
    pub(super) fn without(mut self, other: &Self) -> Self {
        self.bits.iter_mut().zip(&other.bits).for_each(|(bits, other)| *bits &= !other);
        self.counted()
    }

    /// All of them, the smallest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        let numbers = |(at, bits): (usize, &u64)| {
            let (first, bits) = (u32::try_from(at * 64).unwrap_or(u32::MAX), *bits);
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| first + bit)
        };
        self.bits.iter().enumerate().filter(|(_, bits)| **bits != 0).flat_map(numbers)
    }

    fn counted(self) -> Self {
        Self { count: self.bits.iter().map(|bits| bits.count_ones() as usize).sum(), ..self }
    }
}

impl FromIterator<u32> for Set {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        let mut bits = Vec::new();
        for number in numbers {
            let (at, bit) = place(number);
            if at >= bits.len() {
                bits.resize(at + 1, 0);
            }
            bits[at] |= bit;
        }
        Self { bits, count: 0 }.counted()
    }
}

fn place(number: u32) -> (usize, u64) {
    (number as usize / 64, 1 << (number % 64))
}

/// The numbers of a list, the smallest of what it is sorted by first.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Ordered {
    /// Those that have something to sort by.
    pub(super) sorted: Vec<u32>,
    /// The others. They are last in either direction.
    pub(super) blank: Vec<u32>,
}

impl Ordered {
    pub(super) fn len(&self) -> usize {
        self.sorted.len() + self.blank.len()
    }

    /// All of them in the direction that is wanted.
    pub(super) fn iter(&self, descending: bool) -> impl Iterator<Item = u32> {
        let one_way = move |part: &'_ [u32], at: usize| {
            let at = if descending { part.len().checked_sub(at + 1) } else { Some(at) };
            at.and_then(|at| part.get(at).copied())
        };
        (0..self.len()).filter_map(move |at| match at.checked_sub(self.sorted.len()) {
            None => one_way(&self.sorted, at),
            Some(at) => one_way(&self.blank, at),
        })
    }

    /// Those of them that `keep` says.
    pub(super) fn filtered(&self, keep: impl Fn(u32) -> bool) -> Self {
        let part = |part: &[u32]| part.iter().copied().filter(|number| keep(*number)).collect();
        Self { sorted: part(&self.sorted), blank: part(&self.blank) }
    }
}

/// The numbers that SQLite's `group_concat` wrote. One text is read ten times as fast as a row for each.
pub(super) fn parse(text: Option<String>) -> impl Iterator<Item = u32> {
    let mut bytes = text.unwrap_or_default().into_bytes().into_iter();
    std::iter::from_fn(move || {
        let mut number = None;
        for byte in bytes.by_ref() {
            if !byte.is_ascii_digit() {
                break;
            }
            number = Some(number.unwrap_or(0) * 10 + u32::from(byte - b'0'));
        }
        number
    })
}

/// Numbers as a statement takes them: JSON.
pub(super) fn json(numbers: impl IntoIterator<Item = u32>) -> String {
    serde_json::Value::from(numbers.into_iter().collect::<Vec<_>>()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: &[u32]) -> Set {
        numbers.iter().copied().collect()
    }

    #[test]
    fn sets_are_cut_with_one_another_whatever_their_sizes() {
        let (a, b) = (set(&[1, 63, 64, 200]), set(&[1, 64, 65]));
        assert_eq!(a.clone().and(&b), b.clone().and(&a).clone());
        assert_eq!(a.clone().and(&b).iter().collect::<Vec<_>>(), [1, 64]);
        assert_eq!(a.clone().without(&b).iter().collect::<Vec<_>>(), [63, 200]);
        assert_eq!(b.without(&a).count, 1);
        assert!(a.has(200) && !a.has(199) && !a.has(100_000));
    }

    #[test]
    fn what_has_nothing_to_sort_by_is_last_in_either_direction() {
        let list = Ordered { sorted: vec![7, 3, 5], blank: vec![1, 2] };
        assert_eq!(list.iter(false).collect::<Vec<_>>(), [7, 3, 5, 1, 2]);
        assert_eq!(list.iter(true).collect::<Vec<_>>(), [5, 3, 7, 2, 1]);
        assert_eq!(list.iter(true).skip(2).take(2).collect::<Vec<_>>(), [7, 2]);
        assert_eq!(list.filtered(|number| number > 2), Ordered { sorted: vec![7, 3, 5], blank: vec![] });
    }

    #[test]
    fn numbers_are_read_as_they_were_written() {
        let read = |text: &str| parse(Some(text.to_owned())).collect::<Vec<_>>();
        assert_eq!(read("17,3,400000"), [17, 3, 400_000]);
        assert_eq!(read("5"), [5]);
        assert_eq!(read(""), [0; 0]);
        assert_eq!(parse(None).count(), 0);
        assert_eq!(json([3, 1]), "[3,1]");
    }
}
