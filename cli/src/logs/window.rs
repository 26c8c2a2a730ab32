//! The window of time that following a log group reads again and again, and the deduplication of its events by their ids.
//!
//! CloudWatch makes an event visible some time after its timestamp, in no order. So every read begins before the last one
//! began: most reads a little before, by the lateness that was seen, and one a minute by [`LATE`]. An event is known by its
//! id, and ids are forgotten as soon as no read reaches back to them. All times are milliseconds since 1970 of AWS's clock.

use std::{
    collections::{BTreeMap, HashSet, hash_map::RandomState},
    hash::BuildHasher as _,
    time::Duration,
};

/// How late after its timestamp an event may become visible and still be shown.
const LATE: i64 = 5 * 60_000;
/// The interval of the reads that reach back by [`LATE`].
const DEEP_INTERVAL: Duration = Duration::from_secs(60);
/// The overlap of two reads, within the two limits.
const MIN_OVERLAP: i64 = 1_000;
const MAX_OVERLAP: i64 = 30_000;
/// The overlap until a lateness was seen.
const FIRST_OVERLAP: i64 = 10_000;
/// The number of ids in memory. Beyond it the oldest are forgotten, and reads reach back less.
const MAX_IDS: usize = 600_000;
/// The width of a group of ids that are forgotten together.
const GROUP: i64 = 1_000;

/// One read of a log group, from its start to the present.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Sweep {
    /// Where it starts.
    pub(crate) start: i64,
    is_deep: bool,
}

/// The window of a log group.
#[derive(Debug)]
pub(crate) struct Window {
    /// Events before it are not shown: they were not asked for, or whether they were shown is forgotten.
    floor: i64,
    /// When the latest complete read began.
    latest: Option<i64>,
    /// When the latest complete deep read began.
    deep: Option<i64>,
    /// The same, by a clock that is never set.
    deep_at: Duration,
    overlap: i64,
    /// The lateness that was seen in the current read.
    lateness: i64,
    /// Hashes of the ids, by groups of timestamps.
    seen: BTreeMap<i64, HashSet<u64>>,
    count: usize,
    limit: usize,
    hasher: RandomState,
}

impl Window {
    /// A window whose first read starts at `start`.
    pub(crate) fn new(start: i64) -> Self {
        Self {
            floor: start,
            latest: None,
            deep: None,
            deep_at: Duration::ZERO,
            overlap: FIRST_OVERLAP,
            lateness: 0,
            seen: BTreeMap::new(),
            count: 0,
            limit: MAX_IDS,
            hasher: RandomState::new(),
        }
    }

    /// The next read, at a time of a clock that is never set.
    pub(crate) fn sweep(&self, at: Duration) -> Sweep {
        let (Some(latest), Some(deep)) = (self.latest, self.deep) else {
            return Sweep { start: self.floor, is_deep: true };
        };
        let is_deep = at.saturating_sub(self.deep_at) >= DEEP_INTERVAL;
        let start = if is_deep { deep - LATE } else { latest - self.overlap };
        Sweep { start: start.max(self.floor), is_deep }
    }

    /// Whether an event is new; from now on it is not.
    pub(crate) fn admit(&mut self, timestamp: i64, id: &str) -> bool {
        if timestamp < self.floor {
            return false;
        }
        let hash = self.hasher.hash_one((timestamp, id));
        if !self.seen.entry(timestamp.div_euclid(GROUP)).or_default().insert(hash) {
            return false;
        }
        self.count += 1;
        if self.count > self.limit {
            self.forget_oldest();
        }
        if let Some(latest) = self.latest {
            self.lateness = self.lateness.max(latest - timestamp);
        }
        true
    }

    /// Notes that a read is complete, that began at `begun` of AWS's clock. A read that failed is simply followed by another.
    pub(crate) fn complete(&mut self, sweep: Sweep, begun: i64, at: Duration) {
        if self.latest.is_some() {
            // Quick to grow, slow to shrink.
            let wanted = (2 * self.lateness).max(self.overlap * 9 / 10);
            self.overlap = wanted.clamp(MIN_OVERLAP, MAX_OVERLAP);
        }
        self.lateness = 0;
        // A clock that was set back would only make the next read longer.
        self.latest = Some(begun);
        if sweep.is_deep {
            self.deep = Some(begun);
            self.deep_at = at;
            self.forget_before(begun - LATE);
        }
    }

    /// Forgets what no read reaches back to.
    fn forget_before(&mut self, time: i64) {
        let kept = self.seen.split_off(&time.div_euclid(GROUP));
        self.count -= self.seen.values().map(HashSet::len).sum::<usize>();
        self.seen = kept;
        self.floor = self.floor.max(time.div_euclid(GROUP) * GROUP);
    }

    fn forget_oldest(&mut self) {
        // The group that still grows stays, whatever its size.
        if self.seen.len() > 1
            && let Some((group, ids)) = self.seen.pop_first()
        {
            self.count -= ids.len();
            self.floor = self.floor.max((group + 1) * GROUP);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// An event of a log group: its timestamp, and how late it becomes visible.
    #[derive(Clone, Copy, Debug)]
    struct Late {
        timestamp: i64,
        delay: i64,
    }

    /// What is shown of a log group that is read at these times; a read that fails has seen half of the events.
    fn shown(window: &mut Window, events: &[Late], reads: &[(i64, bool)]) -> BTreeMap<usize, usize> {
        let mut shown = BTreeMap::new();
        for (time, fails) in reads {
            let at = Duration::from_millis(u64::try_from(*time).unwrap());
            let sweep = window.sweep(at);
            let mut visible: Vec<(usize, &Late)> = events
                .iter()
                .enumerate()
                .filter(|(_, event)| event.timestamp >= sweep.start && event.timestamp + event.delay <= *time)
                .collect();
            visible.sort_by_key(|(_, event)| event.timestamp);
            if *fails {
                visible.truncate(visible.len() / 2);
            }
            for (number, event) in visible {
                if window.admit(event.timestamp, &number.to_string()) {
                    *shown.entry(number).or_default() += 1;
                }
            }
            if !fails {
                window.complete(sweep, *time, at);
            }
        }
        shown
    }

    proptest! {
        #[test]
        fn every_event_is_shown_once_however_late_it_is(
            // Few milliseconds, so that many events have equal timestamps.
            events in prop::collection::vec((0_i64..400_000, 0_i64..LATE), 1..200),
            gaps in prop::collection::vec((1_i64..20_000, prop::bool::weighted(0.2)), 1..60),
            sleep in 0_i64..2_000_000,
        ) {
            let events: Vec<Late> =
                events.into_iter().map(|(timestamp, delay)| Late { timestamp: timestamp / 100 * 100, delay }).collect();
            let mut time = 0;
            let mut reads: Vec<(i64, bool)> = gaps.into_iter().map(|(gap, fails)| { time += gap; (time, fails) }).collect();
            // The machine sleeps, or AWS does not answer, for a while; after the last event the window is read once more.
            time += sleep;
            reads.push((time, false));
            let deep = i64::try_from(DEEP_INTERVAL.as_millis()).unwrap();
            reads.push((time.max(400_000 + LATE) + deep, false));
            let shown = shown(&mut Window::new(0), &events, &reads);
            for (number, event) in events.iter().enumerate() {
                prop_assert_eq!(shown.get(&number), Some(&1), "{:?}", event);
            }
        }

        #[test]
        fn with_few_ids_in_memory_no_event_is_shown_twice(
            events in prop::collection::vec((0_i64..100_000, 0_i64..LATE), 1..200),
            gaps in prop::collection::vec(1_i64..20_000, 1..60),
            limit in 1_usize..50,
        ) {
            let events: Vec<Late> = events.into_iter().map(|(timestamp, delay)| Late { timestamp, delay }).collect();
            let mut time = 0;
            let reads: Vec<(i64, bool)> = gaps.into_iter().map(|gap| { time += gap; (time, false) }).collect();
            let mut window = Window { limit, ..Window::new(0) };
            let shown = shown(&mut window, &events, &reads);
            prop_assert!(shown.values().all(|times| *times == 1), "{shown:?}");
            prop_assert_eq!(window.count, window.seen.values().map(HashSet::len).sum::<usize>());
        }
    }

    #[test]
    fn memory_is_bounded_by_time_and_by_number() {
        let mut window = Window { limit: 1_000, ..Window::new(0) };
        for second in 0..100 {
            for number in 0..100 {
                assert!(window.admit(second * 1_000, &format!("{second} {number}")));
            }
        }
        assert!(window.count <= 1_000, "{}", window.count);
        assert!(!window.admit(0, "too late, and perhaps shown before"));
        let sweep = window.sweep(Duration::ZERO);
        window.complete(sweep, 100_000 + 2 * LATE, Duration::ZERO);
        assert_eq!(window.count, 0);
    }

    #[test]
    fn reads_overlap_by_what_was_seen() {
        let mut window = Window::new(0);
        let second = |seconds| Duration::from_secs(seconds);
        let first = window.sweep(second(0));
        assert_eq!(first.start, 0);
        window.complete(first, 1_000_000, second(0));
        assert_eq!(window.sweep(second(1)).start, 1_000_000 - FIRST_OVERLAP);
        for number in 1..100 {
            let sweep = Sweep { start: 0, is_deep: false };
            window.complete(sweep, 1_000_000 + number, second(1));
        }
        assert_eq!(window.sweep(second(1)).start, 1_000_099 - MIN_OVERLAP);
        // An event that is seven seconds late.
        let sweep = window.sweep(second(1));
        assert!(window.admit(1_000_099 - 7_000, "late"));
        window.complete(sweep, 1_001_000, second(2));
        assert_eq!(window.sweep(second(2)).start, 1_001_000 - 14_000);
        // Once a minute the whole window.
        assert_eq!(window.sweep(second(60)).start, 1_000_000 - LATE);
    }

    #[test]
    fn an_event_of_a_clock_that_is_ahead_does_not_move_the_window() {
        let mut window = Window::new(0);
        let first = window.sweep(Duration::ZERO);
        assert!(window.admit(7_200_000, "two hours ahead"));
        window.complete(first, 1_000, Duration::ZERO);
        assert!(window.admit(900, "of a clock that is right"));
        assert!(!window.admit(7_200_000, "two hours ahead"));
    }
}
