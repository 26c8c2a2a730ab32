//! Reading backwards for the newest lines: intervals from the present into the past, each four times as long as the last.

/// The length of the first interval.
const FIRST: i64 = 30_000;
/// How much longer each interval is than the one after it.
const GROWTH: i64 = 4;

/// An interval of milliseconds since 1970, with both ends in it; without an end it reaches into the future.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Interval {
    pub(crate) start: i64,
    pub(crate) end: Option<i64>,
}

/// The intervals back to a time, or to 1970.
#[derive(Debug)]
pub(crate) struct Lookback {
    since: i64,
    end: Option<i64>,
    next: i64,
    length: i64,
}

impl Lookback {
    /// The intervals before `until`, or before `now` and all that comes after it, back to `since`.
    pub(crate) fn new(since: Option<i64>, until: Option<i64>, now: i64) -> Self {
        let next = until.unwrap_or(now);
        Self { since: since.unwrap_or(0).max(0), end: until, next, length: FIRST }
    }
}

impl Iterator for Lookback {
    type Item = Interval;

    fn next(&mut self) -> Option<Interval> {
        if self.end.is_some_and(|end| end < self.since) || self.next < self.since {
            return None;
        }
        let start = self.next.saturating_sub(self.length).max(self.since);
        let interval = Interval { start, end: self.end };
        self.next = start - 1;
        self.end = Some(start - 1);
        self.length = self.length.saturating_mul(GROWTH);
        Some(interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_intervals_leave_no_millisecond_out_and_take_none_twice() {
        for (since, until, now) in [
            (None, None, 1_795_636_799_500),
            (Some(1_795_000_000_000), None, 1_795_636_799_500),
            (Some(5), Some(20_000), 1_795_636_799_500),
        ] {
            let intervals: Vec<Interval> = Lookback::new(since, until, now).collect();
            assert_eq!(intervals[0].end, until);
            for pair in intervals.windows(2) {
                assert_eq!(pair[1].end, Some(pair[0].start - 1));
            }
            assert_eq!(intervals.last().map(|last| last.start), Some(since.unwrap_or(0)));
            assert!(intervals.len() < 20, "{}", intervals.len());
        }
    }

    #[test]
    fn there_is_nothing_between_times_in_the_wrong_order() {
        assert_eq!(Lookback::new(Some(10), Some(5), 20).next(), None);
        assert_eq!(Lookback::new(Some(30), None, 20).next(), None, "clocks differ; following begins there");
    }
}
