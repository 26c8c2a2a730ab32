//! The pace of the reads of a log group: quick where little is read, slower where AWS or this machine is busy.

use std::time::Duration;

/// The shortest interval between two reads.
const SHORTEST: Duration = Duration::from_secs(1);
/// The interval after a read of several pages.
const BUSY: Duration = Duration::from_secs(3);
/// The longest interval, while AWS refuses or does not answer.
const LONGEST: Duration = Duration::from_secs(30);
/// What each log group of a region adds to the interval: the quota of `FilterLogEvents` belongs to the region.
const SHARE: Duration = Duration::from_millis(300);

/// The pace of one log group.
#[derive(Debug)]
pub(crate) struct Pace {
    shortest: Duration,
    /// The backoff; zero while all is well.
    backoff: Duration,
}

impl Pace {
    /// The pace of one of so many log groups of a region.
    pub(crate) fn new(groups: usize) -> Self {
        let share = SHARE.saturating_mul(u32::try_from(groups).unwrap_or(u32::MAX));
        Self { shortest: SHORTEST.max(share), backoff: Duration::ZERO }
    }

    /// The pause after a read that took so long, before jitter. What a read took grows where AWS throttles it.
    pub(crate) fn after(&mut self, took: Duration, pages: usize) -> Duration {
        self.backoff = if self.backoff < SHORTEST { Duration::ZERO } else { self.backoff / 2 };
        let least = if pages > 1 { self.shortest.max(BUSY) } else { self.shortest };
        least.max(took).max(self.backoff).min(LONGEST)
    }

    /// The pause after a read that failed, before jitter.
    pub(crate) fn after_failure(&mut self) -> Duration {
        self.backoff = (self.backoff * 2).clamp(self.shortest, LONGEST);
        self.backoff
    }
}

/// A pause between three and five quarters of this one, so that many readers do not ask in the same instant. `random` lies
/// between 0 and 1.
pub(crate) fn jittered(pause: Duration, random: f64) -> Duration {
    pause.mul_f64(0.75 + random / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn reads_are_quick_until_there_is_much_to_read() {
        let mut pace = Pace::new(1);
        assert_eq!(pace.after(Duration::from_millis(20), 1), seconds(1));
        assert_eq!(pace.after(Duration::from_millis(20), 2), seconds(3));
        assert_eq!(pace.after(seconds(8), 9), seconds(8), "a read that is throttled slows the next");
        assert_eq!(Pace::new(20).after(Duration::ZERO, 1), seconds(6));
    }

    #[test]
    fn failures_double_the_pause_and_successes_halve_it() {
        let mut pace = Pace::new(1);
        let pauses: Vec<u64> = (0..7).map(|_| pace.after_failure().as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        let pauses: Vec<u64> = (0..5).map(|_| pace.after(Duration::ZERO, 1).as_secs()).collect();
        assert_eq!(pauses, [15, 7, 3, 1, 1]);
    }

    #[test]
    fn jitter_stays_near_the_pause() {
        assert_eq!(jittered(seconds(4), 0.0), seconds(3));
        assert_eq!(jittered(seconds(4), 1.0), seconds(5));
    }
}
