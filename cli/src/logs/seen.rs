//! The ids of the events that were shown, in as little memory as is safe.
//!
//! An id of CloudWatch is 56 digits. What is kept of it is a hash of 64 bits, by groups of timestamps: an event is taken for
//! another one only if both have the same hash and a timestamp in the same second. With 5 000 events a second that is one new
//! event of 3.7 × 10¹⁵, and the hashes have a random key for each run, so that a second run shows what the first one missed.

use std::{
    collections::{BTreeMap, HashSet, hash_map::RandomState},
    hash::BuildHasher as _,
};

/// The width of a group, in milliseconds.
const GROUP: i64 = 1_000;

/// Ids by the timestamps of their events, in milliseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Seen {
    groups: BTreeMap<i64, Group>,
    count: usize,
    /// Groups before it are packed.
    packed_before: i64,
    hasher: RandomState,
}

#[derive(Debug)]
enum Group {
    /// Grows quickly: 10 to 20 bytes an id.
    Loose(HashSet<u64>),
    /// Grows rarely, and is sorted: 8 bytes an id.
    Packed(Vec<u64>),
}

impl Seen {
    /// Adds an id; false if it is known.
    pub(super) fn insert(&mut self, timestamp: i64, id: &str) -> bool {
        let hash = self.hasher.hash_one((timestamp, id));
        let number = timestamp.div_euclid(GROUP);
        let is_packed = number < self.packed_before;
        let group = self.groups.entry(number).or_insert_with(|| Group::new(is_packed));
        let is_new = group.insert(hash);
        self.count += usize::from(is_new);
        is_new
    }

    /// The number of ids.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Packs the ids of the events before a time: few are added to them from now on.
    pub(super) fn pack_before(&mut self, timestamp: i64) {
        let number = timestamp.div_euclid(GROUP);
        if number <= self.packed_before {
            return;
        }
        for group in self.groups.range_mut(self.packed_before..number).map(|(_, group)| group) {
            group.pack();
        }
        self.packed_before = number;
    }

    /// Forgets the ids of the events before a time, in whole groups. Returns the time from which on all ids are known.
    pub(super) fn forget_before(&mut self, timestamp: i64) -> i64 {
        let number = timestamp.div_euclid(GROUP);
        let kept = self.groups.split_off(&number);
        self.count -= self.groups.values().map(Group::len).sum::<usize>();
        self.groups = kept;
        number * GROUP
    }

    /// Forgets the oldest group, unless it is the only one, which still grows. Returns the time from which on all ids are
    /// known.
    pub(super) fn forget_oldest(&mut self) -> Option<i64> {
        if self.groups.len() < 2 {
            return None;
        }
        let (number, group) = self.groups.pop_first()?;
        self.count -= group.len();
        Some((number + 1) * GROUP)
    }

    /// A time before which there are half of the ids, or a little more.
    pub(super) fn median(&self) -> Option<i64> {
        let mut before = 0;
        let is_half = |(_, group): &(&i64, &Group)| {
            before += group.len();
            before * 2 >= self.count
        };
        self.groups.iter().find(is_half).map(|(number, _)| (number + 1) * GROUP)
    }
}

impl Group {
    fn new(is_packed: bool) -> Self {
        if is_packed { Self::Packed(Vec::new()) } else { Self::Loose(HashSet::new()) }
    }

    fn insert(&mut self, hash: u64) -> bool {
        match self {
            Self::Loose(ids) => ids.insert(hash),
            Self::Packed(ids) => match ids.binary_search(&hash) {
                Ok(_) => false,
                Err(place) => {
                    // An eighth at a time, and not double.
                    if ids.len() == ids.capacity() {
                        ids.reserve_exact(ids.len() / 8 + 4);
                    }
                    ids.insert(place, hash);
                    true
                }
            },
        }
    }

    fn pack(&mut self) {
        if let Self::Loose(ids) = self {
            let mut packed: Vec<u64> = ids.iter().copied().collect();
            packed.sort_unstable();
            *self = Self::Packed(packed);
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Loose(ids) => ids.len(),
            Self::Packed(ids) => ids.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(i64, u8),
        Pack(i64),
        Forget(i64),
        ForgetOldest,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            20 => (0_i64..20_000, any::<u8>()).prop_map(|(timestamp, id)| Step::Insert(timestamp / 100 * 100, id % 8)),
            2 => (0_i64..20_000).prop_map(Step::Pack),
            1 => (0_i64..5_000).prop_map(Step::Forget),
            1 => Just(Step::ForgetOldest),
        ]
    }

    proptest! {
        #[test]
        fn it_is_a_set_however_it_is_packed(steps in prop::collection::vec(step(), 1..300)) {
            let (mut seen, mut known, mut floor) = (Seen::default(), HashSet::new(), 0);
            for step in steps {
                match step {
                    Step::Insert(timestamp, _) if timestamp < floor => {}
                    Step::Insert(timestamp, id) => {
                        prop_assert_eq!(seen.insert(timestamp, &id.to_string()), known.insert((timestamp, id)));
                    }
                    Step::Pack(timestamp) => seen.pack_before(timestamp),
                    Step::Forget(timestamp) => floor = floor.max(seen.forget_before(timestamp)),
                    Step::ForgetOldest => floor = floor.max(seen.forget_oldest().unwrap_or_default()),
                }
                known.retain(|(timestamp, _)| *timestamp >= floor);
                prop_assert_eq!(seen.len(), known.len());
            }
        }
    }

    #[test]
    fn packed_ids_take_eight_bytes_each() {
        let mut seen = Seen::default();
        for number in 0..50_000_i64 {
            assert!(seen.insert(number / 5, &number.to_string()));
        }
        seen.pack_before(100_000);
        let capacity = |group: &Group| match group {
            Group::Loose(_) => usize::MAX,
            Group::Packed(ids) => ids.capacity(),
        };
        assert_eq!(seen.groups.values().map(capacity).sum::<usize>(), 50_000);
        assert!(seen.insert(1, "late"));
        assert!(seen.groups.values().map(capacity).sum::<usize>() < 51_000);
    }

    #[test]
    fn the_median_halves_the_ids() {
        let mut seen = Seen::default();
        assert_eq!(seen.median(), None);
        for number in 0..100 {
            seen.insert(number * 100, "");
        }
        assert_eq!(seen.median(), Some(5_000));
    }
}
