//! A histogram of durations in bounded memory, exact to one percent.

use std::collections::BTreeMap;

/// The upper end of the first bucket, in milliseconds.
const LEAST: f64 = 0.01;
/// How much wider each bucket is than the one before.
const GROWTH: f64 = 1.02;

/// Counts of durations, in buckets that grow by two percent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    buckets: BTreeMap<u16, u64>,
    count: u64,
    most: f64,
}

impl Histogram {
    /// Adds a duration in milliseconds.
    pub(crate) fn add(&mut self, milliseconds: f64) {
        // A cast of a float saturates, so that no value is out of range.
        let bucket = ((milliseconds / LEAST).ln() / GROWTH.ln()).round() as u16;
        *self.buckets.entry(bucket).or_default() += 1;
        self.count += 1;
        self.most = self.most.max(milliseconds);
    }

    /// The number of durations.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The longest duration; `None` without any.
    pub(crate) fn most(&self) -> Option<f64> {
        (self.count > 0).then_some(self.most)
    }

    /// The duration that this share of all does not exceed; `None` without any.
    pub(crate) fn percentile(&self, share: f64) -> Option<f64> {
        let rank = ((share * self.count as f64).ceil() as u64).max(1);
        let mut counted = 0;
        let (bucket, _) = self.buckets.iter().find(|(_, count)| {
            counted += **count;
            counted >= rank
        })?;
        Some((LEAST * GROWTH.powi(i32::from(*bucket))).min(self.most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_exact_to_one_percent() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.percentile(0.5), histogram.most()), (None, None));
        (1..=10_000).for_each(|duration| histogram.add(f64::from(duration)));
        for (share, expected) in [(0.5, 5_000.0), (0.9, 9_000.0), (0.99, 9_900.0), (0.0001, 1.0)] {
            let found = histogram.percentile(share).unwrap();
            assert!((found / expected - 1.0).abs() < 0.011, "{share}: {found}");
        }
        assert_eq!((histogram.count(), histogram.most()), (10_000, Some(10_000.0)));
        assert!(histogram.buckets.len() < 600, "{}", histogram.buckets.len());
    }

    #[test]
    fn odd_durations_are_counted_too() {
        let mut histogram = Histogram::default();
        [0.0, -1.0, f64::NAN, f64::MAX].into_iter().for_each(|duration| histogram.add(duration));
        assert_eq!(histogram.count(), 4);
        assert!(histogram.percentile(1.0).is_some());
    }
}
