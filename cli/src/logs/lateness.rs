//! How late after its timestamp an event becomes visible, as it was seen, and by how much two reads should overlap for it.

/// The longest overlap, in seconds.
const LONGEST: usize = 30;
/// The overlap until something was seen, in seconds: as if a few events had been that late.
const FIRST: usize = 10;
const FIRST_EVENTS: u32 = 50;
/// One event of so many may be later than the overlap. It is shown when its time is read again.
const LATER: u32 = 200;
/// At this many events all counts are halved, so that older ones weigh less.
const EVENTS: u32 = 20_000;
/// Below this many the overlap is doubled: little is known, and little is read.
const FEW_EVENTS: u32 = 2_000;

/// Counts of events by their lateness.
#[derive(Debug)]
pub(super) struct Lateness {
    /// By whole seconds; the last one has all that is later.
    counts: [u32; LONGEST],
    total: u32,
}

impl Default for Lateness {
    fn default() -> Self {
        let mut counts = [0; LONGEST];
        counts[FIRST - 1] = FIRST_EVENTS;
        Self { counts, total: FIRST_EVENTS }
    }
}

impl Lateness {
    /// Counts an event that became visible so many milliseconds later than a read would have had it; below zero, in time.
    pub(super) fn add(&mut self, lateness: i64) {
        let second = usize::try_from(lateness / 1_000).unwrap_or(0).min(LONGEST - 1);
        self.counts[second] += 1;
        self.total += 1;
        if self.total >= EVENTS {
            self.counts.iter_mut().for_each(|count| *count /= 2);
            self.total = self.counts.iter().sum();
        }
    }

    /// The overlap in milliseconds that nearly all events need, from one second to thirty. Of a quiet group it is twice that.
    pub(super) fn overlap(&self) -> i64 {
        let mut later = 0;
        let needs = |(_, count): &(usize, &u32)| {
            later += *count;
            later * LATER > self.total
        };
        let last = self.counts.iter().enumerate().rev().find(needs).map_or(0, |(second, _)| second);
        let factor = if self.total < FEW_EVENTS { 2 } else { 1 };
        i64::try_from(LONGEST.min((last + 1) * factor)).unwrap_or(0) * 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overlap_is_what_nearly_all_events_need() {
        let mut lateness = Lateness::default();
        assert_eq!(lateness.overlap(), 20_000, "nothing was seen yet");
        (0..40_000).for_each(|_| lateness.add(-5));
        assert_eq!(lateness.overlap(), 1_000);
        // One of a thousand is not worth reading everything again and again.
        (0..11).for_each(|_| lateness.add(25_000));
        assert_eq!(lateness.overlap(), 1_000);
        (0..500).for_each(|_| lateness.add(6_500));
        assert_eq!(lateness.overlap(), 7_000);
        (0..500).for_each(|_| lateness.add(200_000));
        assert_eq!(lateness.overlap(), 30_000);
        (0..200_000).for_each(|_| lateness.add(900));
        assert_eq!(lateness.overlap(), 1_000, "what was is forgotten");
    }

    #[test]
    fn a_few_late_events_of_a_quiet_group_count() {
        let mut lateness = Lateness::default();
        lateness.add(12_200);
        assert_eq!(lateness.overlap(), 26_000);
        lateness.add(17_000);
        assert_eq!(lateness.overlap(), 30_000);
    }
}
