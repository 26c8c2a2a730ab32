//! The summary of repeated invocations: latencies, errors and cold starts.

use std::time::Duration;

use serde::Serialize;

/// What one of several invocations came to.
#[derive(Clone, Copy, Debug)]
pub(in crate::commands) struct Measured {
    pub(in crate::commands) elapsed: Duration,
    pub(in crate::commands) is_error: bool,
    pub(in crate::commands) is_cold: bool,
}

/// The summary, as it is printed.
#[derive(Debug, PartialEq, Serialize)]
pub(in crate::commands) struct Summary {
    invocations: usize,
    errors: usize,
    cold_starts: usize,
    min_ms: f64,
    median_ms: f64,
    p90_ms: f64,
    max_ms: f64,
}

impl Summary {
    /// The summary of some invocations; `None` of none.
    pub(in crate::commands) fn new(measured: &[Measured]) -> Option<Self> {
        let mut elapsed: Vec<Duration> = measured.iter().map(|one| one.elapsed).collect();
        elapsed.sort_unstable();
        let (first, last) = (*elapsed.first()?, *elapsed.last()?);
        // By the nearest rank: a latency that was measured.
        let rank = |percent: usize| elapsed[(elapsed.len() * percent).div_ceil(100).max(1) - 1];
        let count = |is: fn(&Measured) -> bool| measured.iter().filter(|one| is(one)).count();
        Some(Self {
            invocations: measured.len(),
            errors: count(|one| one.is_error),
            cold_starts: count(|one| one.is_cold),
            min_ms: milliseconds(first),
            median_ms: milliseconds(rank(50)),
            p90_ms: milliseconds(rank(90)),
            max_ms: milliseconds(last),
        })
    }

    /// The number of invocations that failed.
    pub(in crate::commands) fn errors(&self) -> usize {
        self.errors
    }

    /// The number of all.
    pub(in crate::commands) fn invocations(&self) -> usize {
        self.invocations
    }

    /// Header and row of a table.
    pub(in crate::commands) fn table(&self) -> ([&'static str; 7], Vec<String>) {
        let time = |milliseconds: f64| format!("{milliseconds:.1} ms");
        let row = vec![
            self.invocations.to_string(),
            self.errors.to_string(),
            self.cold_starts.to_string(),
            time(self.min_ms),
            time(self.median_ms),
            time(self.p90_ms),
            time(self.max_ms),
        ];
        (["invocations", "errors", "cold starts", "min", "median", "p90", "max"], row)
    }
}

/// Milliseconds to a tenth.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_latencies_that_were_measured() {
        let measured: Vec<Measured> = (1..=10)
            .rev()
            .map(|number| Measured {
                elapsed: Duration::from_millis(number * 10),
                is_error: number == 3,
                is_cold: number > 8,
            })
            .collect();
        let summary = Summary::new(&measured).unwrap();
        assert_eq!((summary.min_ms, summary.median_ms, summary.p90_ms, summary.max_ms), (10.0, 50.0, 90.0, 100.0));
        assert_eq!((summary.invocations, summary.errors, summary.cold_starts), (10, 1, 2));
        let one = Summary::new(&measured[..1]).unwrap();
        assert_eq!((one.min_ms, one.median_ms, one.p90_ms, one.max_ms), (100.0, 100.0, 100.0, 100.0));
        assert_eq!(Summary::new(&[]), None);
    }
}
