//! The window of time that following a log group reads again and again, and the deduplication of its events by their ids.
//!
//! CloudWatch makes an event visible some time after its timestamp, in no order. So every time is read more than once: by
//! the newest sweeps, each of which begins before the last one ended by the lateness that was seen, and again when it is a
//! minute and five minutes old ([`AGES`]). An event is known by its id, and an id is forgotten when no sweep will reach it
//! any more. Where more events come than ids may be kept, times are read again sooner, before their ids are forgotten.
//!
//! A page that was read counts, also if the next one fails: the events of a sweep come by their timestamps. All times are
//! milliseconds since 1970 of AWS's clock.

use super::{lateness::Lateness, seen::Seen};

/// How old a time is when it is read again; the last one is how late an event may become visible and still be shown.
const AGES: [i64; 2] = [60_000, 5 * 60_000];
/// The index of the last one.
const LAST: usize = AGES.len() - 1;
/// The interval that is read again at once, at least.
const STRIDE: i64 = 30_000;
/// The number of ids in memory, which is ten minutes of 5 000 events a second.
const MAX_IDS: usize = 3_000_000;

/// What a sweep is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Purpose {
    /// What became visible since the newest sweep before.
    Newest,
    /// What became visible late.
    Late,
    /// The same, before its time, so that ids can be forgotten.
    Early,
}

/// One read of an interval.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Sweep {
    /// Where it starts.
    pub(crate) start: i64,
    /// Where it ends, which is not part of it; the newest sweep reads all that there is.
    pub(crate) until: Option<i64>,
    purpose: Purpose,
}

/// The window of a log group.
#[derive(Debug)]
pub(crate) struct Window {
    /// Events before it are not shown: they were not asked for, or whether they were shown is forgotten.
    floor: i64,
    /// Everything before it that was visible then has been read.
    newest: Option<i64>,
    /// The same, of what was visible at each age.
    again: [i64; AGES.len()],
    lateness: Lateness,
    seen: Seen,
    limit: usize,
    /// How late an event may have been and still be shown, where that is less than the last age and was not taken yet.
    shrunk: Option<i64>,
}

impl Window {
    /// A window whose first sweep starts at `start`.
    pub(crate) fn new(start: i64) -> Self {
        Self {
            floor: start,
            newest: None,
            again: [start; AGES.len()],
            lateness: Lateness::default(),
            seen: Seen::default(),
            limit: MAX_IDS,
            shrunk: None,
        }
    }

    /// The sweep for what is new.
    pub(crate) fn newest(&self) -> Sweep {
        let start = self.newest.map_or(self.floor, |newest| newest - self.lateness.overlap());
        Sweep { start: start.max(self.floor), until: None, purpose: Purpose::Newest }
    }

    /// A sweep of a time that is to be read again now.
    pub(crate) fn again(&self) -> Option<Sweep> {
        let newest = self.newest?;
        let due = |(age, again): (&i64, &i64)| {
            let until = newest - age;
            (until - again >= STRIDE).then_some(Sweep { start: *again, until: Some(until), purpose: Purpose::Late })
        };
        self.early(newest).or_else(|| AGES.iter().zip(&self.again).find_map(due))
    }

    /// The older half of the ids, where they become too many.
    fn early(&self, newest: i64) -> Option<Sweep> {
        if self.seen.len() < self.limit - self.limit / 4 {
            return None;
        }
        let until = self.seen.median()?.min(newest - self.lateness.overlap());
        let start = self.again[LAST];
        (start < until).then_some(Sweep { start, until: Some(until), purpose: Purpose::Early })
    }

    /// Whether an event is new; from now on it is not.
    pub(crate) fn admit(&mut self, timestamp: i64, id: &str) -> bool {
        if timestamp < self.floor || !self.seen.insert(timestamp, id) {
            return false;
        }
        if let Some(newest) = self.newest {
            self.lateness.add(newest - timestamp);
        }
        if self.seen.len() > self.limit
            && let Some(known) = self.seen.forget_oldest()
        {
            self.floor = self.floor.max(known);
            if known > self.again[LAST] {
                self.shrink(known);
                self.again.iter_mut().for_each(|again| *again = (*again).max(known));
            }
        }
        true
    }

    /// Notes that a sweep has read all events before `position`, or to its end. `asked` is a time at which it had not begun.
    pub(crate) fn advance(&mut self, sweep: Sweep, asked: i64, position: Option<i64>) {
        let end = sweep.until.unwrap_or(i64::MAX);
        // A clock that was set back would only make the next sweep longer.
        let asked = self.newest.map_or(asked, |newest| newest.max(asked));
        let position = position.map_or(end, |position| position.min(end));
        for (again, age) in self.again.iter_mut().zip(AGES) {
            if sweep.start <= *again {
                *again = (*again).max(position.min(asked - age));
            }
        }
        match sweep.purpose {
            Purpose::Newest => self.newest = self.newest.max(Some(position.min(asked))),
            Purpose::Late => {}
            Purpose::Early => {
                self.again.iter_mut().for_each(|again| *again = (*again).max(position));
                self.shrink(position);
            }
        }
        self.floor = self.floor.max(self.seen.forget_before(self.again[LAST]));
        self.seen.pack_before(asked - AGES[0]);
    }

    /// How late an event may become visible and still be shown, in milliseconds, if that has become less than it was.
    pub(crate) fn take_shrunk(&mut self) -> Option<i64> {
        self.shrunk.take()
    }

    /// Notes that nothing before this time will be read again.
    fn shrink(&mut self, time: i64) {
        if let Some(newest) = self.newest {
            let late = (newest - time).max(0);
            if late >= AGES[LAST] {
                return;
            }
            self.shrunk = Some(self.shrunk.map_or(late, |before| before.min(late)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const LATE: i64 = AGES[LAST];

    /// An event of a log group: its timestamp, and how late it becomes visible.
    #[derive(Clone, Copy, Debug)]
    struct Late {
        timestamp: i64,
        delay: i64,
    }

    /// A log group that is read with a window; its clock runs while it is read.
    struct Group<'a> {
        events: &'a [Late],
        window: Window,
        now: i64,
        /// The number of events of a page, and how long one takes.
        page: usize,
        page_takes: i64,
        calls: usize,
        /// Whether a call fails, by its number.
        fails: fn(usize) -> bool,
        shown: BTreeMap<usize, usize>,
        /// How late an event may be, as the window said.
        shrunk: Option<i64>,
    }

    impl<'a> Group<'a> {
        /// A group whose events are in the order of their timestamps.
        fn new(events: &'a [Late], window: Window) -> Self {
            Self {
                events,
                window,
                now: 0,
                page: 100,
                page_takes: 0,
                calls: 0,
                fails: |_| false,
                shown: BTreeMap::new(),
                shrunk: None,
            }
        }

        /// Makes a sweep; false if one of its calls fails.
        fn sweep(&mut self, sweep: Sweep) -> bool {
            let (asked, end) = (self.now, sweep.until.unwrap_or(i64::MAX));
            let mut next = self.events.partition_point(|event| event.timestamp < sweep.start);
            loop {
                self.calls += 1;
                if (self.fails)(self.calls) {
                    return false;
                }
                let mut page = Vec::new();
                while page.len() < self.page && self.events.get(next).is_some_and(|event| event.timestamp < end) {
                    if self.events[next].timestamp + self.events[next].delay <= self.now {
                        page.push(next);
                    }
                    next += 1;
                }
                for number in &page {
                    if self.window.admit(self.events[*number].timestamp, &number.to_string()) {
                        *self.shown.entry(*number).or_default() += 1;
                    }
                }
                self.now += self.page_takes;
                let position = page.last().map(|last| self.events[*last].timestamp);
                if page.len() < self.page {
                    self.window.advance(sweep, asked, None);
                    return true;
                }
                self.window.advance(sweep, asked, position);
            }
        }

        /// Reads what is new, and again what is due.
        fn read(&mut self) -> bool {
            let mut is_read = self.sweep(self.window.newest());
            while is_read && let Some(sweep) = self.window.again() {
                is_read = self.sweep(sweep);
            }
            let shrunk = self.window.take_shrunk();
            self.shrunk = [self.shrunk, shrunk].into_iter().flatten().min();
            is_read
        }

        /// Reads until a time, with pauses.
        fn read_until(&mut self, end: i64, pause: i64) {
            while self.now < end {
                self.read();
                self.now += pause;
            }
        }

        fn times(&self, number: usize) -> usize {
            self.shown.get(&number).copied().unwrap_or_default()
        }
    }

    fn sorted(mut events: Vec<Late>) -> Vec<Late> {
        events.sort_by_key(|event| event.timestamp);
        events
    }

    proptest! {
        #[test]
        fn every_event_is_shown_once_however_late_it_is(
            // Few milliseconds, so that many events have equal timestamps.
            events in prop::collection::vec((0_i64..400_000, 0_i64..LATE), 1..200),
            gaps in prop::collection::vec(1_i64..20_000, 1..60),
            page in 60_usize..200,
            failing in 2_usize..20,
            sleep in 0_i64..2_000_000,
        ) {
            let late = |(timestamp, delay): (i64, i64)| Late { timestamp: timestamp / 100 * 100, delay };
            let events = sorted(events.into_iter().map(late).collect());
            let mut group = Group { page, page_takes: 10, ..Group::new(&events, Window::new(0)) };
            for (number, gap) in gaps.into_iter().enumerate() {
                group.fails = if number % failing == 0 { |call| call % 2 == 0 } else { |_| false };
                group.now += gap;
                group.read();
            }
            // The machine sleeps, or AWS does not answer, for a while.
            group.now += sleep;
            group.fails = |_| false;
            group.read_until(group.now.max(400_000 + LATE) + LATE + 2 * STRIDE, STRIDE / 3);
            for (number, event) in events.iter().enumerate() {
                prop_assert_eq!(group.times(number), 1, "{:?}", event);
            }
        }

        #[test]
        fn with_few_ids_in_memory_no_event_is_shown_twice(
            events in prop::collection::vec((0_i64..100_000, 0_i64..LATE), 1..200),
            gaps in prop::collection::vec(1_i64..20_000, 1..60),
            limit in 1_usize..50,
        ) {
            let events = sorted(events.into_iter().map(|(timestamp, delay)| Late { timestamp, delay }).collect());
            let mut group = Group::new(&events, Window { limit, ..Window::new(0) });
            for gap in gaps {
                group.now += gap;
                group.read();
            }
            prop_assert!(group.shown.values().all(|times| *times == 1), "{:?}", group.shown);
        }
    }

    /// Fifty events a second: most up to two seconds late, every twentieth up to a minute.
    fn load(seconds: i64) -> Vec<Late> {
        let event = |number: i64| {
            let random = number.wrapping_mul(0x5851_F42D_4C95_7F2D).rotate_right(17).rem_euclid(60_000);
            let delay = if number % 20 == 7 { random } else { 200 + random % 1_800 };
            Late { timestamp: number * 20, delay }
        };
        (0..seconds * 50).map(event).collect()
    }

    /// Series of refusals that outlast all tries of a call.
    fn is_throttled(call: usize) -> bool {
        call % 50 >= 46
    }

    // 13 of 1 200 000 lines were lost: ids of two minutes were kept, while the next sweep that reached back so far came later.
    #[test]
    fn late_events_are_shown_while_calls_are_slow_and_refused() {
        let events = load(600);
        // The proportions of 5 000 events a second.
        let window = Window { limit: MAX_IDS / 100, ..Window::new(0) };
        let mut group = Group { page_takes: 600, fails: is_throttled, ..Group::new(&events, window) };
        group.read_until(600_000 + 2 * LATE, 3_000);
        assert!((0..events.len()).all(|number| group.times(number) == 1));
        assert_eq!(group.shrunk, None);
    }

    #[test]
    fn times_are_read_again_before_their_ids_are_forgotten() {
        let events = load(600);
        // Ids of three minutes.
        let window = Window { limit: 9_000, ..Window::new(0) };
        let mut group = Group { page_takes: 100, fails: is_throttled, ..Group::new(&events, window) };
        group.read_until(600_000 + 2 * LATE, 3_000);
        let lost: Vec<Late> =
            (0..events.len()).filter(|number| group.times(*number) != 1).map(|number| events[number]).collect();
        assert!(lost.is_empty(), "{lost:?}");
        let shrunk = group.shrunk.expect("later events could have been missed");
        assert!((60_000..120_000).contains(&shrunk), "{shrunk}");
    }

    #[test]
    fn a_long_past_is_read_with_few_ids() {
        let events: Vec<Late> = (0..100_000).map(|number| Late { timestamp: number * 20, delay: 0 }).collect();
        let mut group = Group::new(&events, Window { limit: 24_000, ..Window::new(0) });
        group.now = 2_000_000;
        assert!(group.read());
        assert_eq!(group.shown.len(), events.len());
        assert!(group.window.seen.len() <= 15_100, "{}", group.window.seen.len());
        assert_eq!(group.shrunk, None, "five minutes are still known");
    }

    #[test]
    fn the_work_is_bounded() {
        let events = load(600);
        let mut group = Group { page_takes: 10, ..Group::new(&events, Window::new(0)) };
        group.read_until(600_000, 3_000);
        // Every event once as it comes, twice again, and what overlaps.
        let read = group.calls * group.page;
        assert!(read < events.len() * 14, "{read}");
    }

    #[test]
    fn memory_is_bounded_by_number() {
        let mut window = Window { limit: 1_000, ..Window::new(0) };
        for second in 0..100 {
            for number in 0..100 {
                assert!(window.admit(second * 1_000, &format!("{second} {number}")));
            }
        }
        assert!(window.seen.len() <= 1_000, "{}", window.seen.len());
        assert!(!window.admit(0, "too late, and perhaps shown before"));
        window.advance(window.newest(), 100_000 + 2 * LATE, None);
        assert_eq!(window.seen.len(), 0);
    }

    #[test]
    fn times_are_read_again_at_their_ages() {
        let mut window = Window::new(0);
        let first = window.newest();
        assert_eq!((first.start, first.until), (0, None));
        window.advance(first, 1_000_000, None);
        assert_eq!(window.newest().start, 980_000);
        assert_eq!(window.again(), None, "the first sweep has seen it all");
        window.advance(window.newest(), 1_000_000 + STRIDE, None);
        let minute = window.again().unwrap();
        assert_eq!((minute.start, minute.until), (940_000, Some(940_000 + STRIDE)));
        window.advance(minute, 1_000_000 + STRIDE, None);
        let last = window.again().unwrap();
        assert_eq!((last.start, last.until), (700_000, Some(700_000 + STRIDE)));
        // A call fails after a page.
        window.advance(last, 1_000_000 + STRIDE, Some(710_000));
        assert_eq!(window.again(), None, "only what is missing, once it is worth a call");
        window.advance(window.newest(), 1_010_000 + STRIDE, None);
        assert_eq!(window.again().map(|again| again.start), Some(710_000));
    }

    #[test]
    fn an_event_of_a_clock_that_is_ahead_does_not_move_the_window() {
        let mut window = Window::new(0);
        assert!(window.admit(7_200_000, "two hours ahead"));
        window.advance(window.newest(), 1_000, Some(7_200_000));
        assert_eq!(window.newest, Some(1_000));
        assert!(window.admit(900, "of a clock that is right"));
        assert!(!window.admit(7_200_000, "two hours ahead"));
    }
}
