//! Statistics of invocations by Lambda's reports: counts, errors, durations, cold starts, memory.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use super::{Entry, Kind, Level, histogram::Histogram};

/// The number of requests with errors in memory that have no report yet.
const MAX_OPEN: usize = 10_000;
/// The number of minutes whose counts are kept.
const MINUTES: usize = 20;
const MINUTE: i64 = 60_000;

/// The statistics of one function in one region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statistics {
    pub(crate) lines: u64,
    pub(crate) invocations: u64,
    /// Invocations that failed, or that logged an error.
    pub(crate) errors: u64,
    pub(crate) durations: Histogram,
    /// The initializations of cold starts.
    pub(crate) inits: Histogram,
    /// The most memory that an invocation used, in MB.
    pub(crate) memory_used: f64,
    pub(crate) memory_size: f64,
    /// Requests with errors that have no report yet.
    open: HashSet<Arc<str>>,
    /// Invocations by the minute of their report.
    minutes: BTreeMap<i64, u64>,
}

impl Statistics {
    /// Counts a line.
    pub(crate) fn add(&mut self, entry: &Entry) {
        self.lines += 1;
        let Kind::Report(report) = &entry.kind else {
            if entry.level == Some(Level::Error)
                && let Some(id) = &entry.request_id
                && self.open.len() < MAX_OPEN
            {
                self.open.insert(Arc::clone(id));
            }
            return;
        };
        self.invocations += 1;
        let had_error = entry.request_id.as_ref().is_some_and(|id| self.open.remove(id));
        self.errors += u64::from(had_error || report.failure.is_some());
        report.duration.into_iter().for_each(|duration| self.durations.add(duration));
        report.init.into_iter().for_each(|init| self.inits.add(init));
        self.memory_used = self.memory_used.max(report.memory_used.unwrap_or_default());
        self.memory_size = report.memory_size.unwrap_or(self.memory_size);
        *self.minutes.entry(entry.timestamp.div_euclid(MINUTE)).or_default() += 1;
        while self.minutes.len() > MINUTES {
            self.minutes.pop_first();
        }
    }

    /// The share of invocations with errors; `None` without any invocation.
    pub(crate) fn error_rate(&self) -> Option<f64> {
        (self.invocations > 0).then(|| self.errors as f64 / self.invocations as f64)
    }

    /// A small plot of the invocations of the last minutes that had any, and of those between them.
    pub(crate) fn plot(&self) -> String {
        const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let (Some(last), Some(most)) = (self.minutes.keys().next_back(), self.minutes.values().max()) else {
            return String::new();
        };
        let first = self.minutes.keys().next().copied().unwrap_or(*last).max(last - MINUTES as i64 + 1);
        let bar = |minute: i64| {
            let count = self.minutes.get(&minute).copied().unwrap_or_default();
            // The least count has a bar, too.
            BARS[usize::try_from((count * 8).div_ceil(*most)).unwrap_or(8).min(8)]
        };
        (first..=*last).map(bar).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Streams, *};
    use crate::logs::LogEvent;

    fn statistics(lines: &[(i64, &str)]) -> Statistics {
        let (mut streams, mut statistics) = (Streams::new(false), Statistics::default());
        for (minute, line) in lines {
            let event = LogEvent {
                timestamp: minute * MINUTE,
                stream: String::new(),
                id: String::new(),
                message: (*line).to_owned(),
            };
            statistics.add(&streams.entry(0, event));
        }
        statistics
    }

    #[test]
    fn an_invocation_with_several_errors_counts_once() {
        let found = statistics(&[
            (0, "START RequestId: one Version: 7"),
            (0, "[ERROR] tea"),
            (0, "[ERROR] milk"),
            (
                0,
                "REPORT RequestId: one\tDuration: 5.00 ms\tMemory Size: 256 MB\tMax Memory Used: 40 MB\tInit Duration: 20 ms",
            ),
            (0, "START RequestId: two Version: 7"),
            (0, "REPORT RequestId: two\tDuration: 1.00 ms\tMemory Size: 256 MB\tMax Memory Used: 41 MB"),
            (0, "REPORT RequestId: three\tDuration: 3000.00 ms\tStatus: timeout"),
            (0, "[ERROR] of no invocation"),
        ]);
        assert_eq!((found.lines, found.invocations, found.errors, found.inits.count()), (8, 3, 2, 1));
        assert_eq!(found.durations.most(), Some(3000.0));
        assert_eq!((found.memory_used, found.memory_size), (41.0, 256.0));
        assert!((found.error_rate().unwrap() - 2.0 / 3.0).abs() < 1e-9);
        assert!(found.open.is_empty());
        assert_eq!(Statistics::default().error_rate(), None);
    }

    #[test]
    fn the_plot_has_a_bar_a_minute() {
        let report = "REPORT RequestId: one\tDuration: 1.00 ms";
        let lines: Vec<(i64, &str)> = [0, 1, 1, 3, 3, 3, 3].iter().map(|minute| (*minute, report)).collect();
        assert_eq!(statistics(&lines).plot(), "▂▄ █");
        assert_eq!(Statistics::default().plot(), "");
        let many: Vec<(i64, &str)> = (0..100).map(|minute| (minute * 10, report)).collect();
        assert_eq!(statistics(&many).plot().chars().count(), MINUTES);
    }
}
