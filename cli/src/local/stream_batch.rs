//! Batches of a stream's shard: what follows when one fails. Pure.
//!
//! The order of a shard is kept: nothing after a failed record is handled before the record is handled or given up.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>

use std::{collections::VecDeque, time::Duration};

use super::emulator::Record;

/// The longest wait before a retry.
const MAX_DELAY: Duration = Duration::from_secs(60);

/// A batch, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    /// How often it was retried. A split does not count as a retry.
    pub(super) retries: u32,
}

/// What follows a batch of which something failed.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// These batches come next, in this order; the records before them are handled.
    Continue(VecDeque<Batch>),
    /// This batch is repeated after a wait.
    Retry(Batch, Duration),
    /// This batch is given up.
    GiveUp(Batch),
}

impl Batch {
    pub(super) fn new(records: Vec<Record>) -> Self {
        Self { records, retries: 0 }
    }

    /// Decides what follows. The records before `first_failed` succeeded; if it is 0, the batch failed as a whole or from its
    /// first record on.
    pub(super) fn next(mut self, first_failed: usize, bisects: bool, max_retries: Option<u32>) -> Next {
        let mut rest = self.records.split_off(first_failed.min(self.records.len()));
        let retries = self.retries;
        if bisects && first_failed > 0 {
            return Next::Continue([Self { records: rest, retries }].into());
        }
        if bisects && rest.len() > 1 {
            let second = rest.split_off(rest.len() / 2);
            return Next::Continue([rest, second].map(|records| Self { records, retries }).into());
        }
        if max_retries.is_some_and(|most| retries >= most) {
            return Next::GiveUp(Self { records: rest, retries });
        }
        let delay = Duration::from_secs(1 << retries.min(6)).min(MAX_DELAY);
        Next::Retry(Self { records: rest, retries: retries + 1 }, delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(numbers: &[&str], retries: u32) -> Batch {
        let record = |number: &&str| Record { sequence_number: (*number).to_owned(), ..Record::default() };
        Batch { records: numbers.iter().map(record).collect(), retries }
    }

    #[test]
    fn a_failed_batch_is_split_until_the_record_is_alone_and_then_repeated() {
        let halves = Next::Continue([batch(&["1"], 0), batch(&["2", "3"], 0)].into());
        assert_eq!(batch(&["1", "2", "3"], 0).next(0, true, Some(1)), halves);
        assert_eq!(batch(&["1"], 0).next(0, true, Some(1)), Next::Retry(batch(&["1"], 1), Duration::from_secs(1)));
        assert_eq!(batch(&["1"], 1).next(0, true, Some(1)), Next::GiveUp(batch(&["1"], 1)));
        // Without an end.
        assert_eq!(batch(&["1"], 9).next(0, true, None), Next::Retry(batch(&["1"], 10), MAX_DELAY));
    }

    #[test]
    fn records_before_the_first_failed_one_are_handled() {
        let rest = Next::Continue([batch(&["2", "3"], 0)].into());
        assert_eq!(batch(&["1", "2", "3"], 0).next(1, true, Some(0)), rest);
        assert_eq!(batch(&["1", "2"], 0).next(1, false, Some(0)), Next::GiveUp(batch(&["2"], 0)));
    }

    #[test]
    fn a_batch_that_is_not_split_is_repeated_as_a_whole() {
        let again = Next::Retry(batch(&["1", "2"], 1), Duration::from_secs(1));
        assert_eq!(batch(&["1", "2"], 0).next(0, false, Some(2)), again);
    }
}
